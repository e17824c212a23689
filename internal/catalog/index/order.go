package index

import (
	"cmp"
	"slices"
	"sort"
)

// order lists the documents of one field by value, and by uid where values are equal. A document whose
// field holds several values stands at the smallest.
type order struct {
	docs []uint32 // by position
	keys []string // by position: the value, in lower case; nil: all have the value same
	same string

	// Where a document stands: by document, or, where few have the field, only for these.
	rank []uint32 // its position, or unranked
	few  []ranked // sorted by document
}

type ranked struct{ doc, rank uint32 }

const (
	unranked = ^uint32(0)
	fewRanks = 8 // fewer than one document in so many
)

// alike is the same order of documents that all have one value.
func (o *order) alike(key string) *order {
	return &order{docs: o.docs, same: key, rank: o.rank, few: o.few}
}

func (o *order) key(at int) string {
	if o.keys == nil {
		return o.same
	}
	return o.keys[at]
}

// size is the memory that the order takes, in bytes, about; the values are those of the index.
func (o *order) size() int {
	return 4*cap(o.docs) + 16*cap(o.keys) + 4*cap(o.rank) + 8*cap(o.few) + 300
}

// place is the first position whose value and uid are at least the given ones.
func (o *order) place(s *Snapshot, key, uid string) int {
	return sort.Search(len(o.docs), func(i int) bool {
		if c := cmp.Compare(o.key(i), key); c != 0 {
			return c > 0
		}
		return s.docs.get(o.docs[i]).uid >= uid
	})
}

func (o *order) rankOf(doc uint32) uint32 {
	if int(doc) < len(o.rank) {
		return o.rank[doc]
	}
	return o.fewRank(doc)
}

// fewRank is apart so that rankOf, which runs for every document of a large set, is inlined.
func (o *order) fewRank(doc uint32) uint32 {
	i, ok := slices.BinarySearchFunc(o.few, doc, func(r ranked, doc uint32) int { return cmp.Compare(r.doc, doc) })
	if !ok {
		return unranked
	}
	return o.few[i].rank
}

// arrange turns a set of documents into the set of their positions; documents without a place are
// left out.
func (o *order) arrange(set docset) docset {
	if o.few != nil && len(o.docs) < set.n {
		out := make([]uint64, (len(o.docs)+63)/64)
		for r, doc := range o.docs {
			if set.has(doc) {
				out[r>>6] |= 1 << (r & 63)
			}
		}
		return fromWords(out)
	}
	if set.n == len(o.docs) && set.n > minBitmap { // likely everything
		if pos := o.arrangeBits(set); pos.n == set.n {
			return pos
		}
	}
	if set.word != nil {
		return o.arrangeBits(set)
	}
	pos := make([]uint32, 0, set.n)
	for _, doc := range set.ids {
		if r := o.rankOf(doc); r != unranked {
			pos = append(pos, r)
		}
	}
	slices.Sort(pos)
	return fromIDs(pos)
}

func (o *order) arrangeBits(set docset) docset {
	out := make([]uint64, (len(o.docs)+63)/64)
	for doc := range set.all() {
		if r := o.rankOf(doc); r != unranked {
			out[r>>6] |= 1 << (r & 63)
		}
	}
	return fromWords(out)
}

// entry is a document on its way into an order.
type entry struct {
	key string
	uid string
	doc uint32
}

func compareEntries(a, b entry) int {
	return cmp.Or(cmp.Compare(a.key, b.key), cmp.Compare(a.uid, b.uid))
}

// orderOf returns the order of a field, working it out unless it is kept: from the order of an earlier
// version if there is one, else from nothing.
func (s *Snapshot) orderOf(id fieldID) *order {
	f := s.fields[id]
	if o := s.orders.use(f.order.Load()); o != nil {
		return o
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if o := s.orders.use(f.order.Load()); o != nil {
		return o
	}
	s.orders.building <- struct{}{}
	defer func() { <-s.orders.building }()
	var o *order
	if base := f.base.Load().get(); base != nil {
		o = s.mergeOrder(id, base, f.dirty)
	} else {
		o = s.buildOrder(id, f, nil)
	}
	if kept := s.orders.keep(id, f.gen, o, len(s.docs.page)*pageSize); kept != nil {
		f.order.Store(kept)
		f.base.Store(nil) // edit takes the order from here on
	}
	return o
}

func (s *Snapshot) buildOrder(id fieldID, f *field, v *veil) *order {
	entries := make([]entry, 0, f.terms.n)
	smallest := make([]int, 64*len(s.docs.page)) // by document: 1 + its place in entries
	for text, p := range f.terms.all() {
		docs := p.docs()
		if v != nil && id != fieldNeeds {
			docs = v.related(s, id, text, docs)
		}
		for doc := range docs.all() {
			if i := smallest[doc]; i > 0 {
				entries[i-1].key = min(entries[i-1].key, text)
				continue
			}
			entries = append(entries, entry{key: text, uid: s.docs.get(doc).uid, doc: doc})
			smallest[doc] = len(entries)
		}
	}
	if v.absent(id, string(Absent)) {
		lack := v.lacking(s)
		for doc := range lack.all() {
			if i := smallest[doc]; i > 0 {
				entries[i-1].key = min(entries[i-1].key, string(Absent))
				continue
			}
			entries = append(entries, entry{key: string(Absent), uid: s.docs.get(doc).uid, doc: doc})
			smallest[doc] = len(entries)
		}
	}
	slices.SortFunc(entries, compareEntries)
	o := &order{docs: make([]uint32, len(entries)), keys: make([]string, len(entries))}
	for i, e := range entries {
		o.docs[i], o.keys[i] = e.doc, e.key
	}
	o.number(len(s.docs.page) * pageSize)
	return o
}

// mergeOrder makes an order from an earlier one, of which only the dirty documents may have changed.
func (s *Snapshot) mergeOrder(id fieldID, base *order, dirty []uint32) *order {
	dirty = slices.Clone(dirty)
	slices.Sort(dirty)
	dirty = slices.Compact(dirty)
	var leaving []int // positions
	var coming []entry
	terms := &s.fields[id].terms
	sc := s.scanner()
	defer s.release(sc)
	for _, doc := range dirty {
		if r := base.rankOf(doc); r != unranked {
			leaving = append(leaving, int(r))
		}
		if d := s.docs.get(doc); d != nil {
			if key, ok := d.smallest(sc, id); ok {
				coming = append(coming, entry{key: terms.own(key), uid: d.uid, doc: doc})
			}
		}
	}
	slices.Sort(leaving)
	slices.SortFunc(coming, compareEntries)
	// What leaves may stand where something comes, and the uid of a number that was given anew is not
	// that of the document the base knew: so first out, then in.
	n := len(base.docs) - len(leaving) + len(coming)
	kept := &order{docs: make([]uint32, 0, n), keys: make([]string, 0, n)}
	from := 0
	for _, at := range append(leaving, len(base.docs)) {
		kept.docs = append(kept.docs, base.docs[from:at]...)
		kept.keys = append(kept.keys, base.keys[from:at]...)
		from = at + 1
	}
	places := make([]int, len(coming))
	for i, e := range coming {
		places[i] = kept.place(s, e.key, e.uid)
	}
	end := len(kept.docs)
	kept.docs, kept.keys = kept.docs[:n], kept.keys[:n]
	for i := len(coming) - 1; i >= 0; i-- { // from the back, so that each stretch moves once
		at := places[i]
		copy(kept.docs[at+i+1:], kept.docs[at:end])
		copy(kept.keys[at+i+1:], kept.keys[at:end])
		kept.docs[at+i], kept.keys[at+i] = coming[i].doc, coming[i].key
		end = at
	}
	kept.number(len(s.docs.page) * pageSize)
	return kept
}

// number fills in the ranks.
func (o *order) number(docs int) {
	if len(o.docs) < docs/fewRanks {
		o.few = make([]ranked, len(o.docs))
		for i, doc := range o.docs {
			o.few[i] = ranked{doc, uint32(i)}
		}
		slices.SortFunc(o.few, func(a, b ranked) int { return cmp.Compare(a.doc, b.doc) })
		return
	}
	o.rank = o.ranks(docs)
}

// ranks is the rank of every document.
func (o *order) ranks(docs int) []uint32 {
	if len(o.rank) >= docs && docs > 0 {
		return o.rank
	}
	rank := make([]uint32, docs)
	for i := range rank {
		rank[i] = unranked
	}
	for i, doc := range o.docs {
		rank[doc] = uint32(i)
	}
	return rank
}

// smallest is the value of d that decides its place in the order of a field.
func (d *Doc) smallest(sc *docScanner, id fieldID) (key string, ok bool) {
	switch id {
	case fieldUID:
		return lower(d.uid), true
	case fieldRef:
		return d.ref, true
	}
	consider := func(text string) {
		if !ok || text < key {
			key, ok = text, true
		}
	}
	sc.scan(d.base, &sc.out)
	sc.known(d.status, d.changed, &sc.out)
	for i := range sc.out.leaves {
		if l := &sc.out.leaves[i]; l.field == id && !l.null {
			consider(l.text)
		}
	}
	for _, r := range d.rels {
		if r.typ.field == id {
			consider(r.target)
		}
	}
	if id == fieldNeeds && d.lacks {
		consider(string(Absent))
	}
	return key, ok
}
