package index

import (
	"context"
	"slices"
	"strconv"
)

// PathQuery asks for the shortest way between two entities.
type PathQuery struct {
	From, To  string   // refs
	Relations []string // types, in any case and of either end; none: all
	Without   []string // types that are not gone along, as Relations has them
	Avoid     []string // refs that the way does not lead through; an end is none of them
	// Along goes only from who needs to what it needs; otherwise relations are gone along either way. An API needs who
	// provides it: it lives from that.
	Along bool
	// Most is how many entities are looked at before the search gives up.
	Most int
}

// Path is a way between two entities, or that there is none.
type Path struct {
	Nodes []GraphNode // in order; none where nothing was found
	Edges []GraphEdge // all between one node and the next
	// Looked is how many entities were looked at. Cut is set where the search gave up because of their number.
	Looked int
	Cut    bool
}

// Path looks for a shortest way, from both ends at once. Of several it returns the same one each time. It does not go
// through what is not seen. When ctx ends, the error is ctx's. It returns nil where an end is not seen.
func (s *Snapshot) Path(ctx context.Context, q PathQuery, r *Restriction) (*Path, error) {
	w := &wayfinder{relating: relating{
		s: s, v: s.veil(r), wanted: relationsNamed(q.Relations), never: relationsNamed(q.Without), lives: q.Along,
	}, most: q.Most}
	from, to := w.find(lower(q.From)), w.find(lower(q.To))
	if from == nowhere || to == nowhere {
		return nil, nil
	}
	for _, ref := range q.Avoid {
		if id := w.find(lower(ref)); id != nowhere && id != from && id != to {
			w.avoid = append(w.avoid, id)
		}
	}
	ways := [2]Direction{Both, Both}
	if q.Along {
		ways = [2]Direction{Downstream, Upstream}
	}
	here, there := w.begin(from, ways[0]), w.begin(to, ways[1])
	p := new(Path)
	met := from
	for from != to {
		if len(here.rim) == 0 || len(there.rim) == 0 {
			p.Looked = w.looked
			return p, nil
		}
		// From the side with fewer relations: an entity to which everything belongs is then come to, not gone on from.
		a, b := &here, &there
		if there.size < here.size {
			a, b = b, a
		}
		var ok bool
		var err error
		if met, ok, err = w.step(ctx, a, b); err != nil {
			return nil, err
		}
		if ok {
			break
		}
		if w.looked >= w.most {
			p.Looked, p.Cut = w.looked, true
			return p, nil
		}
	}
	p.Looked = w.looked
	ids := here.trail(met)
	slices.Reverse(ids)
	ids = append(ids, there.trail(met)[1:]...)
	w.describe(p, ids, q.Along)
	return p, nil
}

// wayfinder looks for a way.
type wayfinder struct {
	relating
	most, looked int
	avoid        []uint32
}

// side is what was come to from one end.
type side struct {
	dir  Direction
	from map[uint32]uint32 // by number: the one that it was come to from; the end itself from itself
	rim  []uint32          // those to go on from
	size int               // relations of the rim
}

func (w *wayfinder) begin(end uint32, dir Direction) side {
	w.looked++
	w.dir = dir
	return side{dir: dir, from: map[uint32]uint32{end: end}, rim: []uint32{end}, size: w.degree(w.s.docs.get(end))}
}

// step goes one further from all of a's rim. It reports where it met b.
func (w *wayfinder) step(ctx context.Context, a, b *side) (met uint32, ok bool, err error) {
	w.dir = a.dir
	var next []uint32
	size := 0
	for i, id := range a.rim {
		if i%64 == 0 && ctx.Err() != nil {
			return 0, false, ctx.Err()
		}
		w.each(w.s.docs.get(id), func(n neighbour) bool {
			if n.id == nowhere || slices.Contains(w.avoid, n.id) {
				return true
			}
			if _, known := a.from[n.id]; known {
				return true
			}
			a.from[n.id] = id
			if _, ok = b.from[n.id]; ok {
				met = n.id
				return false
			}
			if w.looked >= w.most {
				return false
			}
			w.looked++
			next = append(next, n.id)
			return true
		})
		if ok || w.looked >= w.most {
			return met, ok, nil
		}
	}
	for _, id := range next {
		size += w.degree(w.s.docs.get(id))
	}
	a.rim, a.size = next, size
	return 0, false, nil
}

// trail lists the way back from an entity to the end.
func (a *side) trail(id uint32) []uint32 {
	ids := []uint32{id}
	for a.from[id] != id {
		id = a.from[id]
		ids = append(ids, id)
	}
	return ids
}

// describe fills in nodes and edges.
func (w *wayfinder) describe(p *Path, ids []uint32, along bool) {
	for i, id := range ids {
		d := w.s.docs.get(id)
		p.Nodes = append(p.Nodes, GraphNode{Ref: d.ref, Doc: d, Depth: i})
		if i == 0 {
			continue
		}
		w.dir = Both
		if along {
			w.dir = Downstream
		}
		before := w.s.docs.get(ids[i-1])
		w.each(before, func(n neighbour) bool {
			if n.id != id {
				return true
			}
			e := GraphEdge{From: before.ref, To: d.ref, Type: n.typ.need}
			if n.typ.back {
				e.From, e.To = e.To, e.From
			}
			p.Edges = append(p.Edges, e)
			return true
		})
	}
}

// AppendPath appends {"revision":N,"nodes":[…],"edges":[…],"found":…,"looked":N}.
func AppendPath(dst []byte, p *Path, revision int64) []byte {
	dst = strconv.AppendInt(append(dst, `{"revision":`...), revision, 10)
	dst = appendNodes(append(dst, ','), p.Nodes)
	dst = appendEdges(dst, p.Edges)
	dst = strconv.AppendBool(append(dst, `,"found":`...), len(p.Nodes) > 0)
	dst = strconv.AppendInt(append(dst, `,"looked":`...), int64(p.Looked), 10)
	if p.Cut {
		dst = append(dst, `,"cut":true`...)
	}
	return append(dst, '}')
}
