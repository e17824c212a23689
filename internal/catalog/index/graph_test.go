package index

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"portico/internal/catalog/entity"
)

// plainGraph is a snapshot as one reader is served it, entity by entity.
type plainGraph struct {
	s      *Snapshot
	r      *Restriction
	wanted func(typ string) bool
	dir    Direction
}

func (p plainGraph) there(ref string) bool { return p.s.ByRef(ref, p.r) != nil }

// around lists the ends of the relations of an entity that are gone along, in the order in which they are served.
func (p plainGraph) around(ref string, dir Direction) (out []string) {
	doc := p.s.ByRef(ref, p.r)
	if doc == nil {
		return nil
	}
	for _, rel := range doc.Relations() {
		need, back := entity.Need(rel.Type)
		if p.wanted(need) && (dir != Upstream || back) && (dir != Downstream || !back) {
			out = append(out, rel.TargetRef)
		}
	}
	return out
}

// graph is what Graph says of itself, in as few words as it can be said.
func (p plainGraph) graph(q GraphQuery) *Graph {
	g := new(Graph)
	at := map[string]int{}
	add := func(ref string, depth int) {
		at[ref] = len(g.Nodes)
		g.Nodes = append(g.Nodes, GraphNode{Ref: ref, Depth: depth})
	}
	left := map[string]bool{}
	for _, ref := range q.Roots {
		if _, known := at[ref]; !known && p.there(ref) && len(g.Nodes) < q.Limit {
			add(ref, 0)
		}
	}
	for depth := range q.Depth {
		var layer []string
		for _, n := range g.Nodes {
			if n.Depth == depth {
				layer = append(layer, n.Ref)
			}
		}
		slices.SortStableFunc(layer, func(a, b string) int { return len(p.around(a, p.dir)) - len(p.around(b, p.dir)) })
		for _, ref := range layer {
			for _, to := range p.around(ref, p.dir) {
				if _, known := at[to]; known {
					continue
				}
				if len(g.Nodes) == q.Limit {
					left[to] = true
				} else {
					add(to, depth+1)
				}
			}
		}
	}
	g.Omitted = len(left)
	edges := map[GraphEdge]bool{}
	counts := map[string]int{}
	for i, n := range g.Nodes {
		beyond := map[string]bool{}
		for _, to := range p.around(n.Ref, p.dir) {
			if _, known := at[to]; !known {
				beyond[to] = true
			}
		}
		g.Nodes[i].More = len(beyond)
		if doc := p.s.ByRef(n.Ref, p.r); doc != nil {
			for _, rel := range doc.Relations() {
				need, back := entity.Need(rel.Type)
				if _, known := at[rel.TargetRef]; !known || !p.wanted(need) {
					continue
				}
				e := GraphEdge{n.Ref, rel.TargetRef, need}
				if back {
					e.From, e.To = e.To, e.From
				}
				if !edges[e] {
					edges[e] = true
					counts[need]++
				}
			}
		}
	}
	g.Edges = slices.SortedFunc(maps.Keys(edges), compareEdges)
	for typ, n := range counts {
		g.Relations = append(g.Relations, RelationCount{typ, n})
	}
	return g
}

func compareEdges(a, b GraphEdge) int { return strings.Compare(fmt.Sprint(a), fmt.Sprint(b)) }

// tangle makes a catalog in which everything relates to everything: to what is not there, to itself, around in circles.
func tangle(r *rand.Rand, n int) []Row {
	kinds := []string{"Component", "API", "Resource", "System", "Domain", "Group", "User"}
	ref := func() string {
		return fmt.Sprintf("%s:n%d", strings.ToLower(kinds[r.IntN(len(kinds))]), r.IntN(n))
	}
	var rows []Row
	taken := map[string]bool{}
	for i := range n * 2 {
		kind, name := kinds[r.IntN(len(kinds))], fmt.Sprintf("n%d", r.IntN(n))
		if key := kind + name; taken[key] {
			continue
		} else {
			taken[key] = true
		}
		var spec []string
		for _, f := range []string{"dependsOn", "dependencyOf", "providesApis", "consumesApis", "members", "children", "memberOf"} {
			var refs []string
			for range r.IntN(4) {
				refs = append(refs, fmt.Sprintf("%q", ref()))
			}
			spec = append(spec, fmt.Sprintf("%q:[%s]", f, strings.Join(refs, ",")))
		}
		for _, f := range []string{"owner", "system", "domain", "parent", "subcomponentOf"} {
			if r.IntN(2) == 0 {
				spec = append(spec, fmt.Sprintf("%q:%q", f, ref()))
			}
		}
		label := []string{"a", "b", "c"}[r.IntN(3)]
		rows = append(rows, Row{
			UID: fmt.Sprintf("uid-%d", i), Ref: strings.ToLower(kind) + ":default/" + name,
			JSON: fmt.Appendf(nil, `{"kind":%q,"metadata":{"name":%q,"labels":{"of":%q},"title":"The %s"},"spec":{%s}}`, kind, name, label, name, strings.Join(spec, ",")),
		})
	}
	return rows
}

// sights are who looks at a tangle: everybody, and two who see a part of it.
func sights(t testing.TB) []*Restriction {
	t.Helper()
	out := []*Restriction{nil}
	for _, filter := range []string{"metadata.labels.of=a,metadata.labels.of=b", "metadata.labels.of=c"} {
		f, err := ParseFilters([]string{filter})
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, Restrict(f))
	}
	return out
}

func TestGraph(t *testing.T) {
	types := []string{"dependsOn", "consumesApi", "ownedBy", "partOf", "memberOf", "childOf", "providesApi"}
	compared, cut, absent := 0, 0, 0
	for seed := range uint64(30) {
		r := rand.New(rand.NewPCG(seed, 3))
		rows := tangle(r, 4+r.IntN(20))
		s := New(Options{}).Apply(rows, 1)
		for _, see := range sights(t) {
			for range 30 {
				q := GraphQuery{Depth: 1 + r.IntN(4), Limit: 1 + r.IntN(30), Direction: []Direction{"", Both, Upstream, Downstream}[r.IntN(4)]}
				for range 1 + r.IntN(3) {
					q.Roots = append(q.Roots, rows[r.IntN(len(rows))].Ref)
				}
				wanted := map[string]bool{}
				if r.IntN(2) == 0 {
					for range 1 + r.IntN(3) {
						typ := types[r.IntN(len(types))]
						wanted[typ] = true
						if r.IntN(2) == 0 {
							typ = entity.Back(typ)
						}
						q.Relations = append(q.Relations, strings.ToUpper(typ))
					}
				}
				p := plainGraph{s, see, func(typ string) bool { return len(wanted) == 0 || wanted[typ] }, q.Direction}
				got, want := s.Graph(q, see), p.graph(q)
				all := p
				all.wanted = func(string) bool { return true }
				counts := map[string]int{}
				for _, c := range append(all.graph(q).Relations, want.Relations...) {
					counts[c.Type] = max(counts[c.Type], c.Count)
				}
				gotCounts := map[string]int{}
				for _, c := range got.Relations {
					gotCounts[c.Type] = c.Count
				}
				for i, n := range got.Nodes {
					if (n.Doc != nil) != p.there(n.Ref) {
						t.Fatalf("%s: found is %v", n.Ref, n.Doc != nil)
					}
					if n.Doc == nil {
						absent++
					}
					got.Nodes[i].Doc = nil
				}
				if cmp.Diff(want.Edges, slices.SortedFunc(slices.Values(got.Edges), compareEdges)) != "" {
					t.Fatalf("seed %d, %+v: edges\n%s", seed, q, cmp.Diff(want.Edges, got.Edges))
				}
				if d := cmp.Diff(want.Nodes, got.Nodes) + cmp.Diff(counts, gotCounts) + cmp.Diff(want.Omitted, got.Omitted); d != "" {
					t.Fatalf("seed %d, %+v: (-want +got)\n%s", seed, q, d)
				}
				if compared++; got.Omitted > 0 {
					cut++
				}
			}
		}
	}
	if cut == 0 || absent == 0 {
		t.Errorf("of %d graphs %d were cut, %d nodes were not there: this tests too little", compared, cut, absent)
	}
}
