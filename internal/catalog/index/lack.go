package index

import "slices"

// What names something that is not in the catalog needs somebody. Of a target that comes or goes all who name it are looked
// at, and of a document that changed it alone, so that a change costs what hangs on it.

// named notes that an entity came or went.
func (b *batch) named(ref string) {
	if b.first {
		return // everything that is there came with this batch
	}
	if t := b.targets[ref]; t != nil {
		for _, e := range t.edges {
			b.namers[e.src] = struct{}{}
		}
	}
}

// lack brings the index up to who names something that is not there. It comes after relate.
func (b *batch) lack() {
	b.stable = true
	if b.first {
		b.field(fieldNeeds) // a reader to whom something is hidden may find what lacks it where nothing is absent
	}
	for id := range b.dirty {
		b.settle(id)
	}
	for id := range b.namers {
		b.settle(id)
	}
}

func (b *batch) settle(id uint32) {
	doc := b.docs.get(id)
	if doc == nil {
		return
	}
	lacks := b.lacksOf(doc)
	if lacks == doc.lacks {
		return
	}
	b.changed = true
	now := *doc // the document may be published
	now.lacks = lacks
	*b.docs.slot(b.gen, id) = &now
	if lacks {
		b.field(fieldNeeds).add(b, fieldNeeds, id, string(Absent), string(Absent))
	} else {
		b.field(fieldNeeds).remove(id, string(Absent))
	}
}

func (b *batch) lacksOf(doc *Doc) bool {
	for i := range doc.rels {
		if r := &doc.rels[i]; r.typ.names && r.from == declared {
			if _, there := b.numberOf(fieldRef, r.target); !there {
				return true
			}
		}
	}
	return false
}

// absentOf counts what a document names that is not there for a reader, each thing once, with the first that it names.
func (s *Snapshot) absentOf(doc *Doc, r *Restriction) (n int, first string) {
	if r.filter() == nil && !doc.lacks {
		return 0, ""
	}
	var refs []string
	for i := range doc.rels {
		if rel := &doc.rels[i]; rel.typ.names && rel.from == declared && s.ByRef(rel.target, r) == nil {
			refs = append(refs, rel.target)
		}
	}
	if len(refs) == 0 {
		return 0, ""
	}
	first = refs[0]
	slices.Sort(refs)
	return len(slices.Compact(refs)), first
}

// lacking is the set of documents that name something which is there, and hidden: to the reader it is absent. It looks at
// what is hidden, once for each snapshot.
func (v *veil) lacking(s *Snapshot) docset {
	v.lacks.Do(func() {
		var ids []fieldID
		for _, name := range named {
			if id, ok := s.reg.lookup(relationKeys + lower(name)); ok && s.field(id) != nil && !s.field(id).own.empty() {
				ids = append(ids, id)
			}
		}
		var word []uint64
		hidden := s.live.andNot(v.visible)
		for doc := range hidden.all() {
			ref := s.docs.get(doc).ref
			for _, id := range ids {
				who := s.field(id).equals(ref)
				for src := range who.all() {
					if s.docs.get(src).declares(id, ref) {
						word = setBit(word, src)
					}
				}
			}
		}
		v.lack = fromWords(word)
	})
	return v.lack
}

// absent reports whether a value of a field is that of what names something absent, of which a reader may see more.
func (v *veil) absent(id fieldID, text string) bool {
	return v != nil && id == fieldNeeds && text == string(Absent)
}
