package index

import (
	"iter"
	"strings"
)

// Set is some of the entities of one snapshot, as one reader sees them. It never changes, and sets of the same snapshot and
// reader are combined at the cost of their bits: whoever measures a catalog does so without looking at its entities.
type Set struct {
	s    *Snapshot
	v    *veil
	docs docset
}

// Set is all that a reader sees.
func (s *Snapshot) Set(r *Restriction) Set {
	return Set{s: s, v: s.veil(r), docs: s.filtered(Filters{}, r)}
}

// With leaves those that have one of the values, in any case, under an index key. Without values it leaves those that have
// the key at all.
func (a Set) With(key string, values ...string) Set {
	e := &expr{op: opExists, key: lower(key)}
	if len(values) > 0 {
		e.op, e.values = opIn, make([]string, len(values))
		for i, v := range values {
			e.values[i] = lower(v)
		}
	}
	return a.set(a.docs.and(a.s.eval(e, a.v)))
}

// Values yields each value of an index key, in lower case and in no order, with those of the set that have it.
func (a Set) Values(key string) iter.Seq2[string, Set] {
	return func(yield func(string, Set) bool) {
		id, ok := a.s.reg.lookup(lower(key))
		if !ok || a.s.field(id) == nil {
			return
		}
		f := a.s.field(id)
		for text := range f.terms.all() {
			if one := a.docs.and(a.s.equals(a.v, id, f, text)); !one.empty() && !yield(text, a.set(one)) {
				return
			}
		}
	}
}

// Keys lists the index keys, in lower case, that begin and end so. An entity that is not seen may have them.
func (s *Snapshot) Keys(prefix, suffix string) (keys []string) {
	s.reg.mu.RLock()
	defer s.reg.mu.RUnlock()
	for key, id := range s.reg.names {
		if s.field(id) != nil && strings.HasPrefix(key, prefix) && strings.HasSuffix(key, suffix) {
			keys = append(keys, key)
		}
	}
	return keys
}

// Named are those of the refs that the reader sees.
func (s *Snapshot) Named(refs iter.Seq[string], r *Restriction) Set {
	a := Set{s: s, v: s.veil(r)}
	var word []uint64
	for ref := range refs {
		if doc := s.ByRef(ref, r); doc != nil {
			word = setBit(word, doc.id)
		}
	}
	return a.set(fromWords(word))
}

func (a Set) set(docs docset) Set { return Set{s: a.s, v: a.v, docs: docs} }

// Len is how many there are.
func (a Set) Len() int { return a.docs.n }

// And are those that are in both.
func (a Set) And(b Set) Set { return a.set(a.docs.and(b.docs)) }

// Without are those that are not in b.
func (a Set) Without(b Set) Set { return a.set(a.docs.andNot(b.docs)) }

// Or are those that are in either.
func (a Set) Or(b Set) Set { return a.set(union([]docset{a.docs, b.docs})) }

// Both counts those that are in both.
func (a Set) Both(b Set) int {
	if a.docs.n > b.docs.n {
		a, b = b, a
	}
	if a.docs.n == 0 {
		return 0
	}
	return a.docs.andCount(b.docs.words())
}

// Has reports whether an entity of the same snapshot is in the set.
func (a Set) Has(doc *Doc) bool { return a.docs.has(doc.id) }

// All yields the entities, as the reader sees them, in no order.
func (a Set) All() iter.Seq[*Doc] {
	return func(yield func(*Doc) bool) {
		for id := range a.docs.all() {
			if !yield(a.v.doc(a.s.docs.get(id))) {
				return
			}
		}
	}
}

// After lists, by ref, the entities whose refs come after one, at most limit; more says whether there are others behind.
func (a Set) After(ref string, limit int) (docs []*Doc, more bool) {
	if a.docs.empty() || a.s.field(fieldRef) == nil {
		return nil, false
	}
	o := a.s.orderFor(a.v, fieldRef)
	places := o.arrange(a.docs)
	from := 0
	if ref != "" {
		from = o.place(a.s, lower(ref)+"\x00", "")
	}
	at := places.take(nil, from, 0, limit+1)
	if len(at) > limit {
		at, more = at[:limit], true
	}
	for _, p := range at {
		docs = append(docs, a.v.doc(a.s.docs.get(o.docs[p])))
	}
	return docs, more
}
