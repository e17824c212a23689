package index

import (
	"slices"
	"strings"
)

// A change of the catalog leaves most of what a restricted reader sees as it was. So the first request after one judges
// only the entities that changed since the restriction was last asked for, and not the catalog.

// carriedVeil is a veil of an earlier snapshot, and the documents that changed since.
type carriedVeil struct {
	*veil
	changed []uint32 // in no order, with repeats
}

const (
	maxCarried = 128  // veils
	maxChanged = 1000 // documents: judging these one by one takes about as long as judging all by their values
)

// carry returns what the snapshot after prev can make its veils of.
func (b *batch) carry(prev *Snapshot) map[string]carriedVeil {
	done := prev.memo.veils.all()
	if b.bulk || len(done)+len(prev.memo.carried) == 0 {
		return nil
	}
	changed := b.changedSince(prev)
	if len(changed) > maxChanged {
		return nil
	}
	out := make(map[string]carriedVeil, len(done))
	for _, v := range done {
		if len(out) < maxCarried {
			out[v.key] = carriedVeil{v, changed}
		}
	}
	for key, c := range prev.memo.carried { // nobody asked prev for these
		if _, newer := out[key]; !newer && len(out) < maxCarried && len(c.changed)+len(changed) <= maxChanged {
			out[key] = carriedVeil{c.veil, slices.Concat(c.changed, changed)}
		}
	}
	return out
}

// changedSince lists the numbers of documents that are not those of prev any more.
func (b *batch) changedSince(prev *Snapshot) (ids []uint32) {
	for i, now := range b.docs.page {
		var was *page[*Doc]
		if i < len(prev.docs.page) {
			was = prev.docs.page[i]
		}
		if now == was {
			continue
		}
		for k, d := range now.at {
			if was == nil || was.at[k] != d {
				ids = append(ids, uint32(i*pageSize+k))
			}
		}
	}
	return ids
}

// onto is the veil of a restriction for a later snapshot; nil where there is none to make it of.
func (c carriedVeil) onto(s *Snapshot, f *Filter) *veil {
	if c.veil == nil {
		return nil
	}
	v := &veil{visible: c.visible, key: c.key, covers: c.covers}
	sc := s.scanner()
	defer s.release(sc)
	own := false
	for _, id := range c.changed {
		d := s.docs.get(id)
		sees := d != nil && s.judge(sc, d, f.root)
		if sees == v.visible.has(id) {
			continue
		}
		if !own { // what others see is theirs
			v.visible, v.covers, own = v.visible.clone(), new(covers), true
		}
		if sees {
			v.visible.add(id)
		} else {
			v.visible.remove(id)
		}
	}
	return v
}

// judge reports whether a document is in what eval makes of an expression without a veil.
func (s *Snapshot) judge(sc *docScanner, d *Doc, e *expr) bool {
	sc.scan(d.base, &sc.out)
	sc.known(d.status, d.changed, &sc.out)
	leaves := append(sc.out.leaves, leaf{field: fieldUID, text: lower(d.uid)})
	if d.lacks {
		leaves = append(leaves, leaf{field: fieldNeeds, text: string(Absent)})
	}
	for _, r := range d.rels {
		leaves = append(leaves, leaf{field: r.typ.field, text: r.target})
	}
	sc.out.leaves = leaves
	return s.holds(e, leaves)
}

func (s *Snapshot) holds(e *expr, leaves []leaf) bool {
	switch e.op {
	case opAll:
		return !slices.ContainsFunc(e.subs, func(sub *expr) bool { return !s.holds(sub, leaves) })
	case opAny:
		return slices.ContainsFunc(e.subs, func(sub *expr) bool { return s.holds(sub, leaves) })
	case opNot:
		return !s.holds(e.subs[0], leaves)
	}
	is := func(text string) bool {
		switch e.op {
		case opIn:
			return slices.Contains(e.values, text)
		case opPrefix:
			return strings.HasPrefix(text, e.values[0])
		}
		return true
	}
	if id, ok := s.reg.lookup(e.key); ok {
		for i := range leaves {
			if l := &leaves[i]; l.field == id && (l.null && e.op == opExists || !l.null && is(l.text)) {
				return true
			}
		}
	}
	return is("true") && s.item(e.key, leaves)
}

// item reports whether a key is that of a list and one of its texts, as resolve does.
func (s *Snapshot) item(key string, leaves []leaf) bool {
	for i := range len(key) {
		if key[i] != '.' {
			continue
		}
		of, ok := s.reg.lookupItems(key[:i])
		if ok && slices.ContainsFunc(leaves, func(l leaf) bool { return l.field == of && !l.null && l.text == key[i+1:] }) {
			return true
		}
	}
	return false
}
