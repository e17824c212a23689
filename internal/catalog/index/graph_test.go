package index

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"portico/internal/catalog/entity"
	"portico/internal/errs"
)

// plainGraph is a snapshot as one reader is served it, entity by entity.
type plainGraph struct {
	s      *Snapshot
	r      *Restriction
	wanted func(typ string) bool
	dir    Direction
	lives  bool            // an API needs who provides it
	avoid  map[string]bool // refs that no way leads through
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
		back = back != (p.lives && need == "providesApi")
		if p.wanted(need) && (dir != Upstream || back) && (dir != Downstream || !back) {
			out = append(out, rel.TargetRef)
		}
	}
	return out
}

// rareFirst is around, the types of which there are the fewest first.
func (p plainGraph) rareFirst(ref string) (out []string) {
	byType := map[string][]string{}
	doc := p.s.ByRef(ref, p.r)
	if doc == nil {
		return nil
	}
	for _, rel := range doc.Relations() {
		need, back := entity.Need(rel.Type)
		if p.wanted(need) && (p.dir != Upstream || back) && (p.dir != Downstream || !back) {
			byType[rel.Type] = append(byType[rel.Type], rel.TargetRef)
		}
	}
	for _, typ := range slices.SortedFunc(maps.Keys(byType), func(a, b string) int {
		if n := len(byType[a]) - len(byType[b]); n != 0 {
			return n
		}
		return strings.Compare(a, b)
	}) {
		out = append(out, byType[typ]...)
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
			for _, to := range p.rareFirst(ref) {
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
				p := plainGraph{s: s, r: see, wanted: func(typ string) bool { return len(wanted) == 0 || wanted[typ] }, dir: q.Direction}
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

// steps is how many steps it is from one to another; -1 where there is no way.
func (p plainGraph) steps(from, to string) int {
	at := map[string]int{from: 0}
	for rim := []string{from}; len(rim) > 0; {
		ref := rim[0]
		rim = rim[1:]
		if ref == to {
			return at[ref]
		}
		for _, next := range p.around(ref, p.dir) {
			if _, known := at[next]; !known && p.there(next) && (next == to || !p.avoid[next]) {
				at[next] = at[ref] + 1
				rim = append(rim, next)
			}
		}
	}
	return -1
}

func TestPath(t *testing.T) {
	types := []string{"dependsOn", "consumesApi", "providesApi", "ownedBy", "partOf", "memberOf"}
	found, lost, longest, around := 0, 0, 0, 0
	for seed := range uint64(40) {
		r := rand.New(rand.NewPCG(seed, 5))
		rows := tangle(r, 4+r.IntN(40))
		if seed%2 == 0 { // with ways that are long
			rows = nil
			for i := range 30 {
				rows = append(rows, Row{UID: fmt.Sprint(i), Ref: fmt.Sprintf("component:default/n%d", i), JSON: fmt.Appendf(nil,
					`{"kind":"Component","metadata":{"name":"n%d","labels":{"of":%q}},"spec":{"dependsOn":["component:n%d","component:n%d"]}}`, i, []string{"a", "b", "c"}[r.IntN(8)/3], i+1, i-1-r.IntN(3))})
			}
		}
		s := New(Options{}).Apply(rows, 1)
		r.Shuffle(len(rows), func(i, j int) { rows[i], rows[j] = rows[j], rows[i] })
		again := New(Options{}).Apply(rows, 1)
		for _, see := range sights(t) {
			for range 60 {
				q := PathQuery{From: rows[r.IntN(len(rows))].Ref, To: rows[r.IntN(len(rows))].Ref, Along: r.IntN(2) == 0, Most: 10_000}
				wanted := map[string]bool{}
				for range r.IntN(3) {
					wanted[types[r.IntN(len(types))]] = true
				}
				q.Relations = slices.Sorted(maps.Keys(wanted))
				never, avoid := map[string]bool{}, map[string]bool{}
				for range r.IntN(3) {
					never[types[r.IntN(len(types))]] = true
					avoid[rows[r.IntN(len(rows))].Ref] = true
				}
				q.Without, q.Avoid = slices.Sorted(maps.Keys(never)), slices.Sorted(maps.Keys(avoid))
				p := plainGraph{s, see, func(typ string) bool { return (len(wanted) == 0 || wanted[typ]) && !never[typ] }, Both, q.Along, avoid}
				if q.Along {
					p.dir = Downstream
				}
				got, err := s.Path(t.Context(), q, see)
				if err != nil {
					t.Fatal(err)
				}
				if !p.there(q.From) || !p.there(q.To) {
					if got != nil {
						t.Fatalf("%+v: a way to what is not seen", q)
					}
					continue
				}
				if want := p.steps(q.From, q.To); len(got.Nodes)-1 != want || got.Cut {
					t.Fatalf("seed %d, %+v: %d steps, want %d", seed, q, len(got.Nodes)-1, want)
				}
				if len(got.Nodes) == 0 {
					lost++
					continue
				}
				found++
				longest = max(longest, len(got.Nodes)-1)
				for _, n := range got.Nodes[1:max(1, len(got.Nodes)-1)] {
					if avoid[n.Ref] {
						t.Fatalf("%+v: leads through %s", q, n.Ref)
					}
				}
				free := q
				free.Avoid = nil
				if p, err := s.Path(t.Context(), free, see); err == nil && len(p.Nodes) < len(got.Nodes) {
					around++
				}
				want := map[GraphEdge]bool{}
				for i, n := range got.Nodes[:len(got.Nodes)-1] {
					before := len(want)
					for _, rel := range s.ByRef(n.Ref, see).Relations() {
						need, back := entity.Need(rel.Type)
						e := GraphEdge{n.Ref, rel.TargetRef, need}
						if back {
							e.From, e.To = e.To, e.From
						}
						against := back != (need == "providesApi")
						if rel.TargetRef == got.Nodes[i+1].Ref && p.wanted(need) && !(q.Along && against) {
							want[e] = true
						}
					}
					if len(want) == before {
						t.Fatalf("%+v: no step from %s to %s", q, n.Ref, got.Nodes[i+1].Ref)
					}
				}
				if d := cmp.Diff(slices.SortedFunc(maps.Keys(want), compareEdges), slices.SortedFunc(slices.Values(got.Edges), compareEdges)); d != "" || got.Nodes[0].Ref != q.From || got.Nodes[len(got.Nodes)-1].Ref != q.To {
					t.Fatalf("%+v: %v %s", q, got.Nodes, d)
				}
				short := q
				short.Most = 2
				if p, err := s.Path(t.Context(), short, see); err != nil || len(p.Nodes) == 0 && !p.Cut || len(p.Nodes) > 0 && len(p.Nodes) != len(got.Nodes) || p.Looked > 2 {
					t.Fatalf("%+v, looking at two: %+v (%v)", q, p, err)
				}
				other, err := again.Path(t.Context(), q, see)
				if err != nil || !bytes.Equal(AppendPath(nil, got, 1), AppendPath(nil, other, 1)) {
					t.Fatalf("%+v: another way where the rows come in another order (%v)", q, err)
				}
			}
		}
	}
	if found < 100 || lost < 100 || longest < 6 || around < 5 {
		t.Errorf("%d ways, %d without one, the longest of %d steps, %d around what is avoided: this tests too little", found, lost, longest, around)
	}
}

// TestPathAlongAnAPI: who calls an API needs what provides it, and what that needs.
func TestPathAlongAnAPI(t *testing.T) {
	rows := namedRows(t,
		[3]string{"component:default/shop", "", `"consumesApis":["pay"]`},
		[3]string{"api:default/pay", "", ""},
		[3]string{"component:default/till", "", `"providesApis":["pay"],"dependsOn":["resource:db"]`},
		[3]string{"resource:default/db", "", ""},
	)
	var got []string
	p, err := rows.Path(t.Context(), PathQuery{From: "component:default/shop", To: "resource:default/db", Along: true, Most: 100}, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range p.Edges {
		got = append(got, e.From+" "+e.Type+" "+e.To)
	}
	want := []string{"component:default/shop consumesApi api:default/pay", "component:default/till providesApi api:default/pay", "component:default/till dependsOn resource:default/db"}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	if p, err = rows.Path(t.Context(), PathQuery{From: "resource:default/db", To: "component:default/shop", Along: true, Most: 100}, nil); err != nil || len(p.Nodes) != 0 {
		t.Errorf("a way against the need: %v (%v)", p.Nodes, err)
	}
}

// hub is a group that owns n components, of which the reader sees those with an even number, and two that only it has in common.
func hub(n int) []Row {
	rows := []Row{{UID: "g", Ref: "group:default/all", JSON: []byte(`{"kind":"Group","metadata":{"name":"all","labels":{"of":"a"}},"spec":{}}`)}}
	for i := range n {
		rows = append(rows, Row{UID: fmt.Sprint(i), Ref: fmt.Sprintf("component:default/c%06d", i), JSON: fmt.Appendf(nil,
			`{"kind":"Component","metadata":{"name":"c%06d","labels":{"of":%q}},"spec":{"owner":"all","dependsOn":["resource:none"]}}`, i, []string{"a", "c"}[i%2])})
	}
	return rows
}

// TestHub: what everything belongs to says how much more there is, and a way leads through it without a look at all of it.
func TestHub(t *testing.T) {
	const n = 50_000
	s := New(Options{}).Apply(hub(n), 1)
	for see, seen := range map[*Restriction]int{nil: n, sights(t)[1]: n / 2} {
		g := s.Graph(GraphQuery{Roots: []string{"component:default/c000000"}, Depth: 2, Limit: 10}, see)
		if len(g.Nodes) != 10 || g.Nodes[0].More != 0 || g.Omitted != seen-8 {
			t.Errorf("%d nodes, %d more at the root, %d left out", len(g.Nodes), g.Nodes[0].More, g.Omitted)
		}
		if i := slices.IndexFunc(g.Nodes, func(n GraphNode) bool { return n.Ref == "group:default/all" }); i < 0 || g.Nodes[i].More != seen-8 {
			t.Errorf("the group has %d more", g.Nodes[i].More)
		}
		p, err := s.Path(t.Context(), PathQuery{From: "component:default/c000000", To: "component:default/c049998", Most: 100}, see)
		if err != nil || len(p.Nodes) != 3 || p.Nodes[1].Ref != "group:default/all" || p.Looked > 10 {
			t.Errorf("the way is %v after %d (%v)", p.Nodes, p.Looked, err)
		}
		p, err = s.Path(t.Context(), PathQuery{From: "group:default/all", To: "component:default/c049998", Relations: []string{"memberOf", "ownedBy"}, Most: 100}, see)
		if err != nil || len(p.Nodes) != 2 || p.Looked > 10 {
			t.Errorf("from the group the way is %v after %d (%v)", p.Nodes, p.Looked, err)
		}
	}
	rows := append(hub(1000), Row{UID: "x", Ref: "system:default/x", JSON: []byte(`{"kind":"System","metadata":{"name":"x"},"spec":{"domain":"y"}}`)},
		Row{UID: "y", Ref: "domain:default/y", JSON: []byte(`{"kind":"Domain","metadata":{"name":"y"},"spec":{"owner":"all","subdomainOf":"domain:z"}}`)},
		Row{UID: "z", Ref: "domain:default/z", JSON: []byte(`{"kind":"Domain","metadata":{"name":"z"},"spec":{}}`)})
	few := New(Options{}).Apply(rows, 1)
	q := PathQuery{From: "group:default/all", To: "user:default/none", Most: 50}
	if p, err := few.Path(t.Context(), q, nil); p != nil || err != nil {
		t.Errorf("a way to nobody: %v %v", p, err)
	}
	q.To = "component:default/c000001"
	q.Most = 1
	if p, err := few.Path(t.Context(), q, nil); err != nil || len(p.Nodes) == 0 && !p.Cut {
		t.Errorf("a search that may look at one entity: %+v %v", p, err)
	}
	ended, stop := context.WithCancel(t.Context())
	stop()
	if _, err := few.Path(ended, q, nil); !errors.Is(err, context.Canceled) {
		t.Errorf("a search for nobody goes on: %v", err)
	}
}

// impact is what Impact says of itself: who loses something at once, and how far away it is for those who may fail.
func (p plainGraph) impact(alone *Snapshot, goes []string) (rows map[string]bool, losing map[string]bool, indirect map[string]int) {
	p.wanted = func(string) bool { return true }
	rows, losing, indirect = map[string]bool{}, map[string]bool{}, map[string]int{}
	lost := func(ref, target string) (types []string) { // the types by which an entity loses the target
		for _, rel := range p.s.ByRef(ref, p.r).Relations() {
			_, back := entity.Need(rel.Type)
			own := slices.Contains(alone.ByRef(ref, nil).Relations(), rel)
			if rel.TargetRef == target && (!back || rel.Type == "apiProvidedBy" || own) {
				types = append(types, rel.Type)
			}
		}
		return types
	}
	breaks := func(types []string) bool {
		return slices.ContainsFunc(types, func(t string) bool { return t == "dependsOn" || t == "consumesApi" || t == "apiProvidedBy" })
	}
	var all []string
	for d := range p.s.All() {
		if p.there(d.Ref()) && !slices.Contains(goes, d.Ref()) {
			all = append(all, d.Ref())
		}
	}
	rim := map[string]bool{}
	for _, ref := range all {
		for _, target := range goes {
			if !p.there(target) {
				continue
			}
			types := lost(ref, target)
			for _, typ := range types {
				rows[ref+" "+typ+" "+target] = true
				losing[ref] = true
			}
			if breaks(types) {
				rim[ref] = true
			}
		}
	}
	failing := maps.Clone(rim)
	for depth := 2; len(rim) > 0; depth++ {
		next := map[string]bool{}
		for _, ref := range all {
			for from := range rim {
				if !failing[ref] && breaks(lost(ref, from)) {
					next[ref] = true
				}
			}
		}
		for ref := range next {
			failing[ref] = true
			if !losing[ref] {
				indirect[ref] = depth
			}
		}
		rim = next
	}
	return rows, losing, indirect
}

func TestImpact(t *testing.T) {
	far, named := 0, 0
	for seed := range uint64(40) {
		r := rand.New(rand.NewPCG(seed, 9))
		rows := tangle(r, 6+r.IntN(20))
		s, alone := New(Options{}).Apply(rows, 1), New(Options{Alone: true}).Apply(rows, 1)
		for _, see := range sights(t) {
			for range 10 {
				var goes []string
				for range 1 + r.IntN(3) {
					goes = append(goes, rows[r.IntN(len(rows))].Ref)
				}
				got := s.Impact(ImpactQuery{Goes: goes, Limit: 10_000, Most: 10_000}, see)
				wantRows, losing, indirect := plainGraph{s: s, r: see}.impact(alone, goes)
				gotRows, gotIndirect := map[string]bool{}, map[string]int{}
				depth := 1
				for _, l := range got.Loses {
					if l.Depth < depth {
						t.Fatalf("%v is told after what is further away", l)
					}
					if depth = l.Depth; depth > 1 {
						far++
						gotIndirect[l.Doc.Ref()] = l.Depth
						continue
					}
					if key := l.Doc.Ref() + " " + l.Type + " " + l.Target; gotRows[key] {
						t.Fatalf("%s is told twice", key)
					} else {
						gotRows[key] = true
					}
					if l.Type == "hasMember" || l.Type == "parentOf" {
						named++
					}
				}
				if d := cmp.Diff(wantRows, gotRows) + cmp.Diff(indirect, gotIndirect); d != "" || got.Losing != len(losing) || got.Indirect != len(indirect) || got.Cut || got.Omitted != 0 {
					t.Fatalf("seed %d, %v go: %d and %d, want %d and %d (-want +got)\n%s", seed, goes, got.Losing, got.Indirect, len(losing), len(indirect), d)
				}
				few := s.Impact(ImpactQuery{Goes: goes, Limit: 2, Most: 10_000}, see)
				if len(few.Loses)+few.Omitted != len(got.Loses) || few.Losing != got.Losing || few.Indirect != got.Indirect {
					t.Fatalf("of %d losses %d are listed and %d left out", len(got.Loses), len(few.Loses), few.Omitted)
				}
			}
		}
	}
	if far < 100 || named < 10 {
		t.Errorf("%d losses far away, %d of those who name what goes: this tests too little", far, named)
	}
	both := New(Options{}).Apply([]Row{
		{UID: "u", Ref: "user:default/ann", JSON: []byte(`{"kind":"User","metadata":{"name":"ann"},"spec":{"memberOf":["team","other"]}}`)},
		{UID: "g", Ref: "group:default/team", JSON: []byte(`{"kind":"Group","metadata":{"name":"team"},"spec":{"members":["ann"]}}`)},
		{UID: "o", Ref: "group:default/other", JSON: []byte(`{"kind":"Group","metadata":{"name":"other"},"spec":{}}`)},
	}, 1)
	if m := both.Impact(ImpactQuery{Goes: []string{"user:default/ann"}, Limit: 10, Most: 10}, nil); len(m.Loses) != 1 || m.Loses[0].Doc.Ref() != "group:default/team" || m.Loses[0].Type != "hasMember" {
		t.Errorf("who names a member that goes, as the member names them: %+v", m.Loses)
	}
	const n = 50_000
	big := New(Options{}).Apply(hub(n), 1)
	for see, seen := range map[*Restriction]int{nil: n, sights(t)[1]: n / 2} {
		m := big.Impact(ImpactQuery{Goes: []string{"group:default/all"}, Limit: 10, Most: 100}, see)
		if len(m.Loses) != 10 || m.Losing != seen || m.Omitted != seen-10 || m.Indirect != 0 || m.Cut {
			t.Errorf("of %d who lose their owner %d are listed, %d counted, %d left out (%v)", seen, len(m.Loses), m.Losing, m.Omitted, m.Cut)
		}
	}
}

// TestEach: what is yielded is what the pages of a query hold.
func TestEach(t *testing.T) {
	several := 0
	for _, n := range []int{0, 3, 256, 700} {
		s := New(Options{}).Apply(synth(n), 1)
		g := randomRows{rand.New(rand.NewPCG(uint64(n), 4))}
		for range 60 {
			q := Query{Order: []Order{{Field: g.pick("metadata.name", "spec.owner", "spec.lifecycle", "metadata.tags", "metadata.tags.java", "relations.ownedBy", "none"), Desc: g.r.IntN(2) == 0}}}
			if g.r.IntN(3) == 0 {
				q.Order = nil
			}
			if g.r.IntN(2) == 0 {
				f, err := ParseFilters([]string{g.pick("kind=component", "kind=api", "spec.lifecycle=production")})
				if err != nil {
					t.Fatal(err)
				}
				q.Filter = f
			}
			docs, err := s.Each(q, nil)
			if err != nil {
				t.Fatal(err)
			}
			got := docRefs(slices.Collect(docs))
			all := q
			all.Limit = 10_000
			page, err := s.Query(all, nil)
			if d := cmp.Diff(docRefs(page.Docs), got); err != nil || d != "" {
				t.Fatalf("%d entities, %+v: %v %s", n, q, err, d)
			}
			if len(got) > 256 {
				several++
			}
			for range docs {
				break
			}
		}
	}
	if several == 0 {
		t.Error("nothing was longer than a stretch")
	}
	if _, err := New(Options{}).Snapshot().Each(Query{Text: TextQuery{Term: strings.Repeat("x", 2000)}}, nil); !errs.Is(err, errs.Invalid) {
		t.Errorf("a term that is too long: %v", err)
	}
}
