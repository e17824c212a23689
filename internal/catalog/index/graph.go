package index

import (
	"cmp"
	"slices"
	"sort"
	"strings"

	"portico/internal/catalog/entity"
)

// Direction is which way a walk goes along relations.
type Direction string

// The directions. Upstream are those who need an entity or belong to it, downstream is what it needs or belongs to.
const (
	Both       Direction = "both"
	Upstream   Direction = "upstream"
	Downstream Direction = "downstream"
)

// GraphQuery asks for a neighbourhood.
type GraphQuery struct {
	Roots     []string  // refs; those that are not seen are left out
	Depth     int       // steps from a root
	Relations []string  // types, in any case and of either end; none: all
	Direction Direction // "" is Both
	Limit     int       // nodes
}

// Graph is a neighbourhood: the entities within so many steps, the nearest first, and the edges between them.
type Graph struct {
	Nodes []GraphNode
	Edges []GraphEdge
	// Relations counts edges by type, those of types that were not asked for too. A type that was asked for has at least
	// the edges that are there.
	Relations []RelationCount
	// Omitted is how many entities within the depth are next to a node and no nodes themselves, because of the limit.
	Omitted int
	// EdgesOmitted is how many edges between nodes are left out.
	EdgesOmitted int
}

// GraphNode is an entity of a graph.
type GraphNode struct {
	Ref   string
	Doc   *Doc // as it is seen of itself, but for its relations; nil: there is none that is seen, and a node names it
	Depth int  // steps from the nearest root
	More  int  // neighbours, by the relations and in the direction that were asked for, that are no nodes
}

// GraphEdge leads from who needs or belongs to what it needs or belongs to.
type GraphEdge struct{ From, To, Type string }

// RelationCount is how many edges there are of a type.
type RelationCount struct {
	Type  string
	Count int
}

// maxGraphEdges bounds the edges of a graph: nodes that are all related would have as many as their number squared.
const maxGraphEdges = 10_000

// Graph walks from the roots to their neighbours, breadth first. It takes time in proportion to the relations of the
// nodes that it shows. Of the entities that are as far from the roots, those with fewer relations are walked from first,
// and of one the types of which there are fewer, so that what everything belongs to does not take all the room; the rest is
// by type and ref.
//
// A walk does not go through what is not seen. What an entity names itself is a node also where it is not seen or not
// there, as it stands among the relations of the entity; nothing is known of it but its ref.
func (s *Snapshot) Graph(q GraphQuery, r *Restriction) *Graph {
	v := s.veil(r)
	w := s.walkTo(&q, v, relationsNamed(q.Relations))
	g := &Graph{Omitted: w.left.n}
	w.finish(g)
	all := g.Relations
	if w.wanted != nil {
		every := s.walkTo(&q, v, nil)
		var other Graph
		every.finish(&other)
		for _, c := range all {
			i := slices.IndexFunc(other.Relations, func(o RelationCount) bool { return o.Type == c.Type })
			if i < 0 {
				other.Relations = append(other.Relations, c)
			} else {
				other.Relations[i].Count = max(other.Relations[i].Count, c.Count)
			}
		}
		g.Relations = other.Relations
	}
	slices.SortFunc(g.Relations, func(a, b RelationCount) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), strings.Compare(a.Type, b.Type))
	})
	return g
}

// relationsNamed makes a set of types, in lower case, as who needs has them. nil is all.
func relationsNamed(types []string) map[string]bool {
	if len(types) == 0 {
		return nil
	}
	set := make(map[string]bool, len(types))
	for _, t := range types {
		for _, known := range entity.Relations() {
			if strings.EqualFold(known, t) {
				t, _ = entity.Need(known)
				break
			}
		}
		set[lower(t)] = true
	}
	return set
}

// relating goes along the relations that one reader sees.
type relating struct {
	s      *Snapshot
	v      *veil
	wanted map[string]bool // nil: all
	never  map[string]bool // types that are not gone along whatever is wanted
	dir    Direction
	lives  bool // an API needs who provides it, rather than the other way round
}

// neighbour is the other end of a relation.
type neighbour struct {
	typ   *relationType
	ref   string
	id    uint32 // of its document, or nowhere
	given bool   // its spec gives the relation
}

// nowhere is the number of what is not seen or not there.
const nowhere = ^uint32(0)

// each calls visit with the neighbours of a document, by type and then ref, until it returns false.
func (g *relating) each(d *Doc, visit func(n neighbour) bool) {
	for rels := range d.byType {
		if g.takes(rels[0].typ) && !g.among(rels, visit) {
			return
		}
	}
}

// eachRareFirst is each with the types of which there are the fewest first.
func (g *relating) eachRareFirst(d *Doc, visit func(n neighbour) bool) {
	type counted struct {
		rels []relation
		n    int
	}
	var room [8]counted
	list := room[:0]
	for rels := range d.byType {
		if g.takes(rels[0].typ) {
			n := 0
			for i := range rels {
				if rels[i].from == declared || g.v.sees(rels[i].from) {
					n++
				}
			}
			list = append(list, counted{rels, n})
		}
	}
	slices.SortStableFunc(list, func(a, b counted) int { return cmp.Compare(a.n, b.n) })
	for _, c := range list {
		if !g.among(c.rels, visit) {
			return
		}
	}
}

// byType yields the relations of a document, those of one type at a time.
func (d *Doc) byType(yield func(rels []relation) bool) {
	for rest := d.rels; len(rest) > 0; {
		n := len(rest)
		if typ := rest[0].typ; rest[n-1].typ != typ {
			n = sort.Search(n, func(i int) bool { return rest[i].typ.name > typ.name })
		}
		if !yield(rest[:n]) {
			return
		}
		rest = rest[n:]
	}
}

// among calls visit with the neighbours by relations of one type, and reports whether to go on.
func (g *relating) among(rels []relation, visit func(n neighbour) bool) bool {
	for i := range rels {
		n := neighbour{typ: rels[i].typ, ref: rels[i].target, id: rels[i].from, given: true}
		if n.id == declared {
			n.id, n.given = g.find(n.ref), false
		} else if !g.v.sees(n.id) {
			continue
		}
		if !visit(n) {
			return false
		}
	}
	return true
}

func (g *relating) takes(typ *relationType) bool {
	need := lower(typ.need)
	if g.wanted != nil && !g.wanted[need] || g.never[need] {
		return false
	}
	back := typ.back != (g.lives && need == "providesapi")
	return (g.dir != Upstream || back) && (g.dir != Downstream || !back)
}

// find is the number of the document of that ref, which is in lower case.
func (g *relating) find(ref string) uint32 {
	f := g.s.field(fieldRef)
	if f == nil {
		return nowhere
	}
	p, ok := f.terms.get(ref)
	if !ok || !g.v.sees(p.one) {
		return nowhere
	}
	return p.one
}

// degree is the number of relations that each would visit.
func (g *relating) degree(d *Doc) (n int) {
	g.each(d, func(neighbour) bool { n++; return true })
	return n
}

// someEntities is a set of entities, of which some may not be seen or not be there.
type someEntities struct {
	n       int
	word    []uint64
	nowhere map[string]bool
}

// add reports whether n is new.
func (e *someEntities) add(n neighbour) bool {
	if n.id == nowhere {
		if e.nowhere[n.ref] {
			return false
		}
		if e.nowhere == nil {
			e.nowhere = map[string]bool{}
		}
		e.nowhere[n.ref] = true
	} else {
		at, bit := int(n.id>>6), uint64(1)<<(n.id&63)
		if at >= len(e.word) {
			e.word = append(e.word, make([]uint64, at+1-len(e.word))...)
		}
		if e.word[at]&bit != 0 {
			return false
		}
		e.word[at] |= bit
	}
	e.n++
	return true
}

// has reports whether an entity that is seen is in the set.
func (e *someEntities) has(id uint32) bool {
	at := int(id >> 6)
	return at < len(e.word) && e.word[at]&(1<<(id&63)) != 0
}

// drop takes out again what was added.
func (e *someEntities) drop(ids []uint32) {
	for _, id := range ids {
		e.word[id>>6] &^= 1 << (id & 63)
	}
	clear(e.nowhere)
	e.n = 0
}

// roaming is a walk through a neighbourhood.
type roaming struct {
	relating
	nodes []GraphNode
	at    map[uint32]int // by number: the place in nodes
	named map[string]int // the same of those that are not seen or not there
	left  someEntities
}

func (s *Snapshot) walkTo(q *GraphQuery, v *veil, wanted map[string]bool) *roaming {
	w := &roaming{relating: relating{s: s, v: v, wanted: wanted, dir: q.Direction}, at: map[uint32]int{}, named: map[string]int{}}
	for _, ref := range q.Roots {
		if id := w.find(lower(ref)); id != nowhere && len(w.nodes) < q.Limit {
			w.add(neighbour{ref: s.docs.get(id).ref, id: id}, 0)
		}
	}
	for depth, from := 0, 0; depth < q.Depth && from < len(w.nodes); depth++ {
		to := len(w.nodes)
		for _, i := range w.smallestFirst(from, to) {
			w.eachRareFirst(w.nodes[i].Doc, func(n neighbour) bool {
				switch {
				case w.isNode(n):
				case len(w.nodes) < q.Limit:
					w.add(n, depth+1)
				default:
					w.left.add(n)
				}
				return true
			})
		}
		from = to
	}
	return w
}

// smallestFirst lists the nodes from one place to another that can be walked from, those with the fewest relations first.
func (w *roaming) smallestFirst(from, to int) []int {
	type sized struct{ at, degree int }
	var list []sized
	for i := from; i < to; i++ {
		if d := w.nodes[i].Doc; d != nil {
			list = append(list, sized{i, w.degree(d)})
		}
	}
	slices.SortStableFunc(list, func(a, b sized) int { return cmp.Compare(a.degree, b.degree) })
	out := make([]int, len(list))
	for i, l := range list {
		out[i] = l.at
	}
	return out
}

func (w *roaming) isNode(n neighbour) bool { _, ok := w.place(n); return ok }

func (w *roaming) place(n neighbour) (i int, ok bool) {
	if n.id == nowhere {
		i, ok = w.named[n.ref]
	} else {
		i, ok = w.at[n.id]
	}
	return i, ok
}

func (w *roaming) add(n neighbour, depth int) {
	if w.isNode(n) {
		return
	}
	node := GraphNode{Ref: n.ref, Depth: depth}
	if n.id == nowhere {
		w.named[n.ref] = len(w.nodes)
	} else {
		w.at[n.id], node.Doc = len(w.nodes), w.s.docs.get(n.id)
	}
	w.nodes = append(w.nodes, node)
}

// finish fills in what is known once all nodes are: the edges, and what lies beyond.
func (w *roaming) finish(g *Graph) {
	g.Nodes = w.nodes
	counts := map[string]int{}
	both := w.relating
	both.dir = Both // between nodes, every edge
	for i := range g.Nodes {
		if g.Nodes[i].Doc == nil {
			continue
		}
		both.each(g.Nodes[i].Doc, func(n neighbour) bool {
			if n.typ.back && n.id != nowhere {
				return true // the other end has it too
			}
			if !w.isNode(n) {
				return true
			}
			counts[n.typ.need]++
			if len(g.Edges) == maxGraphEdges {
				g.EdgesOmitted++
				return true
			}
			e := GraphEdge{From: g.Nodes[i].Ref, To: n.ref, Type: n.typ.need}
			if n.typ.back {
				e.From, e.To = e.To, e.From
			}
			g.Edges = append(g.Edges, e)
			return true
		})
	}
	for typ, n := range counts {
		g.Relations = append(g.Relations, RelationCount{typ, n})
	}
	w.countMore()
}

// countMore counts for each node the neighbours that are no nodes.
func (w *roaming) countMore() {
	var beyond someEntities
	var ids []uint32
	for i := range w.nodes {
		if w.nodes[i].Doc == nil {
			continue
		}
		ids = ids[:0]
		w.each(w.nodes[i].Doc, func(n neighbour) bool {
			if !w.isNode(n) && beyond.add(n) && n.id != nowhere {
				ids = append(ids, n.id)
			}
			return true
		})
		w.nodes[i].More = beyond.n
		beyond.drop(ids)
	}
}
