package index

import (
	"slices"
	"strconv"

	"portico/internal/catalog/entity"
)

// ImpactQuery asks who lacks something when entities go.
type ImpactQuery struct {
	Goes  []string // refs; those that are not seen are left out
	Limit int      // losses that are listed
	Most  int      // entities that are looked at before the search ends
}

// Impact is who lacks something.
type Impact struct {
	Goes  []*Doc // as they were asked for
	Loses []Loss // the nearest first
	// Losing is how many entities relate to one that goes, and Indirect how many feel it further away.
	Losing, Indirect int
	// Omitted is how many losses are not listed. Cut is set where there may be more who feel it.
	Omitted int
	Cut     bool
}

// Loss is one relation that an entity has and that leads to what goes, or to who loses something.
type Loss struct {
	Doc    *Doc
	Type   string // as the entity has it
	Target string // ref
	Depth  int    // 1: the target goes
}

// breaking are the relations by which it is felt further away that an entity lacks something, as those have them who feel
// it: who depends on it or consumes it, and an API without its provider.
var breaking = []string{"dependsOn", "consumesApi", "apiProvidedBy"}

// losing are the relations by which an entity loses something, in the order in which they are told; those of any other
// type come after them.
var losing = []string{"dependsOn", "consumesApi", "apiProvidedBy", "partOf", "ownedBy", "memberOf", "childOf"}

// Impact tells who lacks something when the entities go: who needs one or belongs to it, an API that one of them
// provides, and whoever names one in its own spec. Further away it tells of those only who may fail.
func (s *Snapshot) Impact(q ImpactQuery, r *Restriction) *Impact {
	w := &losses{relating: relating{s: s, v: s.veil(r)}, most: q.Most, limit: q.Limit}
	for _, ref := range q.Goes {
		if id := w.find(lower(ref)); id != nowhere && w.goes.add(neighbour{id: id}) {
			w.out.Goes = append(w.out.Goes, s.docs.get(id))
		}
	}
	for _, typ := range losing {
		need, back := entity.Need(typ)
		w.wanted, w.dir = map[string]bool{lower(need): true}, Upstream
		if back {
			w.dir = Downstream
		}
		w.direct(func(as string) bool { return as == typ })
	}
	w.wanted, w.dir = nil, Both
	w.direct(func(as string) bool { return !slices.Contains(losing, as) })
	w.out.Losing = w.lost.n
	for depth := 2; len(w.rim) > 0 && !w.out.Cut; depth++ {
		rim := w.rim
		w.rim = nil
		for _, d := range rim {
			w.each(d, func(n neighbour) bool { return w.further(d, n, depth) })
		}
	}
	return &w.out
}

// losses collects them.
type losses struct {
	relating
	out     Impact
	goes    someEntities
	lost    someEntities // those that lose something at once
	failing someEntities // those that may fail, near and far
	rim     []*Doc       // those of them to go on from

	most, limit int
}

// asLost is the type of a relation as its other end has it, where that loses something when d goes.
func (w *losses) asLost(d *Doc, n neighbour) string {
	other := n.typ.other
	switch {
	case n.id == nowhere:
		return ""
	case n.typ.back || other == "apiProvidedBy":
		return other
	case other == "" && n.given:
		return n.typ.name
	case other != "" && (n.given || w.names(n.id, other, d.ref)):
		return other
	}
	return ""
}

// names reports whether a document's own spec gives the relation.
func (w *losses) names(id uint32, typ, target string) bool {
	f, ok := w.s.reg.lookup(relationKeys + lower(typ))
	return ok && w.s.docs.get(id).declares(f, target)
}

// direct notes what is lost of what goes, by the relations that are told now.
func (w *losses) direct(now func(as string) bool) {
	for _, d := range w.out.Goes {
		w.each(d, func(n neighbour) bool {
			as := w.asLost(d, n)
			if as == "" || !now(as) || w.goes.has(n.id) {
				return true
			}
			w.lost.add(n)
			w.list(Loss{w.s.docs.get(n.id), as, d.ref, 1})
			if slices.Contains(breaking, as) {
				w.fails(n)
			}
			return true
		})
	}
}

// further notes who feels what d lacks.
func (w *losses) further(d *Doc, n neighbour, depth int) bool {
	as := w.asLost(d, n)
	if as == "" || !slices.Contains(breaking, as) || w.goes.has(n.id) || !w.fails(n) {
		return true
	}
	if !w.lost.has(n.id) {
		w.out.Indirect++
		w.list(Loss{w.s.docs.get(n.id), as, d.ref, depth})
	}
	return true
}

// fails reports whether it is new that somebody may fail, and may be looked at.
func (w *losses) fails(n neighbour) bool {
	if w.failing.n >= w.most {
		w.out.Cut = true
		return false
	}
	if !w.failing.add(n) {
		return false
	}
	w.rim = append(w.rim, w.s.docs.get(n.id))
	return true
}

func (w *losses) list(l Loss) {
	if len(w.out.Loses) < w.limit {
		w.out.Loses = append(w.out.Loses, l)
	} else {
		w.out.Omitted++
	}
}

// AppendGoing appends the members "goes" and "going": the first is itself, the others go with it.
func AppendGoing(dst []byte, m *Impact, limit int) []byte {
	dst = append(dst, `"goes":[`...)
	for i, d := range m.Goes[:min(limit, len(m.Goes))] {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(appendSummary(dst, `,"type":`, d.ref, d), `,"found":true}`...)
	}
	return strconv.AppendInt(append(dst, `],"going":`...), int64(len(m.Goes)), 10)
}

// AppendLosses appends the members "loses", "losing", "indirect" and "omitted", and "cut" where that is so.
func AppendLosses(dst []byte, m *Impact) []byte {
	dst = append(dst, `"loses":[`...)
	for i := range m.Loses {
		l := &m.Loses[i]
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = appendSummary(dst, `,"specType":`, l.Doc.ref, l.Doc)
		dst = appendString(append(dst, `,"found":true,"type":`...), l.Type)
		dst = appendString(append(dst, `,"target":`...), l.Target)
		dst = append(strconv.AppendInt(append(dst, `,"depth":`...), int64(l.Depth), 10), '}')
	}
	dst = strconv.AppendInt(append(dst, `],"losing":`...), int64(m.Losing), 10)
	dst = strconv.AppendInt(append(dst, `,"indirect":`...), int64(m.Indirect), 10)
	dst = strconv.AppendInt(append(dst, `,"omitted":`...), int64(m.Omitted), 10)
	if m.Cut {
		dst = append(dst, `,"cut":true`...)
	}
	return dst
}
