package index

import (
	"slices"
	"sort"
	"strings"
	"sync"

	"github.com/cespare/xxhash/v2"
)

// A veil is one snapshot as a restricted reader sees it: as if what they may not see had never been. Documents that
// they may not see are left out of every set. What is left are the relations that a hidden entity gives to one that
// they do see (its inverse relations): these are left out of documents, of etags, and of what is found, counted,
// sorted and searched by relation. A relation that stands in the spec of a visible entity stays, whatever it names:
// it is that entity's own text, and says nothing of whether there is such an entity.
//
// The nil veil hides nothing.
type veil struct {
	visible docset
	key     string // of the restriction

	covers *covers

	lacks sync.Once
	lack  docset // what lacking found
}

// covers are documents that lost relations, by the whole ones: those that were asked for lately. Snapshots share them for as
// long as the same documents are seen.
type covers struct {
	mu sync.RWMutex
	of map[*Doc]*Doc
}

// maxCovers bounds the documents that a veil keeps, and coverBytes is about what one takes.
const (
	maxCovers  = 1024
	coverBytes = 400
)

// veil returns nil for the nil restriction.
func (s *Snapshot) veil(r *Restriction) *veil {
	f := r.filter()
	if f == nil {
		return nil
	}
	return s.memo.veils.get([]byte(f.key), func() (*veil, int) {
		// What a reader may see is judged by everything there is: who may see a part of a system need not see the system.
		v := s.memo.carried[f.key].onto(s, f)
		if v == nil {
			v = &veil{visible: s.every([]*expr{f.root}, nil), key: f.key, covers: new(covers)}
		}
		return v, v.visible.size() + maxCovers*coverBytes
	})
}

func (v *veil) sees(doc uint32) bool { return v == nil || v.visible.has(doc) }

// doc is the document as it is seen; d itself where that is the same.
func (v *veil) doc(d *Doc) *Doc {
	if v == nil || d == nil {
		return d
	}
	for i := range d.rels {
		if v.hides(&d.rels[i]) {
			return v.covered(d)
		}
	}
	return d
}

func (v *veil) covered(d *Doc) *Doc {
	c := v.covers
	c.mu.RLock()
	seen := c.of[d]
	c.mu.RUnlock()
	if seen != nil {
		return seen
	}
	seen = v.cover(d)
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.of == nil || len(c.of) >= maxCovers {
		c.of = map[*Doc]*Doc{}
	}
	c.of[d] = seen
	return seen
}

func (v *veil) hides(r *relation) bool { return r.from != declared && !v.visible.has(r.from) }

// cover is a copy of d without what is hidden, with the etag that it would have.
func (v *veil) cover(d *Doc) *Doc {
	seen := *d
	seen.rels = make([]relation, 0, len(d.rels))
	for i := range d.rels {
		if !v.hides(&d.rels[i]) {
			seen.rels = append(seen.rels, d.rels[i])
		}
	}
	var stack [1024]byte
	seen.finish(xxhash.New(), stack[:0])
	return &seen
}

// hidden reports whether a relation to target may come from a hidden entity alone.
func (v *veil) hidden(s *Snapshot, target string) bool {
	f := s.field(fieldRef)
	if f == nil {
		return false
	}
	p, ok := f.terms.get(target)
	return ok && !v.visible.has(p.one)
}

// related is the set of those documents that are seen to have a relation to target, of all that have it; id is its field.
func (v *veil) related(s *Snapshot, id fieldID, target string, all docset) docset {
	if all.empty() || s.field(id).given.empty() || !v.hidden(s, target) {
		return all
	}
	return v.relatedOnly(s, id, target, all)
}

// relatedOnly is related where target is hidden: what is left are the relations of documents' own. Only where others give
// relations of the type must documents be looked at, and only those that give some themselves.
func (v *veil) relatedOnly(s *Snapshot, id fieldID, target string, all docset) docset {
	f := s.field(id)
	given := all.and(f.given)
	if given.empty() {
		return all
	}
	var ids []uint32
	both := given.and(f.own)
	for doc := range both.all() {
		if s.docs.get(doc).declares(id, target) {
			ids = append(ids, doc)
		}
	}
	return union([]docset{all.andNot(given), fromIDs(ids)})
}

// declares reports whether the spec of d gives the relation.
func (d *Doc) declares(id fieldID, target string) bool {
	for rest := d.rels; len(rest) > 0; {
		typ := rest[0].typ
		n := sort.Search(len(rest), func(i int) bool { return rest[i].typ.name > typ.name })
		if typ.field == id {
			at, ok := slices.BinarySearchFunc(rest[:n], target, func(r relation, t string) int { return strings.Compare(r.target, t) })
			if ok && rest[at].from == declared {
				return true
			}
		}
		rest = rest[n:]
	}
	return false
}

// The functions below are those of field, as they come out through a veil.

// veiled reports whether the values of a field may be hidden one by one: it is one of relations.
func (s *Snapshot) veiled(v *veil, id fieldID) bool { return v != nil && s.reg.isRelation(id) }

func (s *Snapshot) equals(v *veil, id fieldID, f *field, text string) docset {
	docs := f.equals(text)
	switch {
	case v.absent(id, text):
		docs = union([]docset{docs, v.lacking(s)})
	case s.veiled(v, id):
		docs = v.related(s, id, text, docs)
	}
	return docs
}

// having leaves out documents that are hidden themselves where others give them all their relations of the type.
func (s *Snapshot) having(v *veil, id fieldID, f *field) docset {
	if v != nil && id == fieldNeeds {
		return union([]docset{f.having(), v.lacking(s)})
	}
	if !s.veiled(v, id) || f.given.empty() {
		return f.having()
	}
	word := f.own.bitmap(0)
	only := f.given.andNot(f.own).and(v.visible)
	for doc := range only.all() {
		if slices.ContainsFunc(s.docs.get(doc).rels, func(r relation) bool { return r.typ.field == id && !v.hides(&r) }) {
			word = setBit(word, doc)
		}
	}
	return fromWords(word)
}

func (s *Snapshot) matching(v *veil, id fieldID, f *field, ok func(text string) bool) docset {
	if v != nil && id == fieldNeeds && ok(string(Absent)) {
		return union([]docset{f.matching(ok), v.lacking(s)})
	}
	if !s.veiled(v, id) || f.given.empty() {
		return f.matching(ok)
	}
	var word []uint64
	for text, p := range f.terms.all() {
		switch {
		case !ok(text):
		case p.list != nil:
			docs := v.related(s, id, text, p.list.docs)
			word = docs.orInto(word)
		case !f.given.has(p.one) || !v.hidden(s, text) || f.own.has(p.one) && s.docs.get(p.one).declares(id, text):
			word = setBit(word, p.one)
		}
	}
	return fromWords(word)
}

// orderFor is orderOf as it comes out through a veil.
func (s *Snapshot) orderFor(v *veil, id fieldID) *order {
	if v != nil && id == fieldNeeds {
		if lack := v.lacking(s); lack.empty() {
			return s.orderOf(id)
		}
	} else if !s.veiled(v, id) || s.fields[id].given.empty() {
		return s.orderOf(id)
	}
	key := append([]byte{byte(id), byte(id >> 8), byte(id >> 16), byte(id >> 24)}, v.key...)
	return s.memo.orders.get(key, func() (*order, int) {
		s.orders.building <- struct{}{}
		defer func() { <-s.orders.building }()
		o := s.buildOrder(id, s.fields[id], v)
		return o, o.size()
	})
}
