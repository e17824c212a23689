package index

import (
	"slices"
	"strings"

	"github.com/cespare/xxhash/v2"

	"portico/internal/catalog/entity"
)

// link notes the relations that the spec of a document gives to others.
func (b *batch) link(id uint32, edges []entity.Edge) {
	for _, e := range edges {
		t := b.targets[e.Target]
		if t == nil {
			t = &target{ref: strings.Clone(e.Target)}
			b.targets[t.ref] = t
		}
		t.edges = append(t.edges, inEdge{src: id, typ: b.relationType(e.Inverse)})
		b.touch(t.ref)
	}
}

func (b *batch) unlink(id uint32, edges []entity.Edge) {
	for _, e := range edges {
		t := b.targets[e.Target]
		if t == nil {
			continue // the same target by another field, done already
		}
		t.edges = slices.DeleteFunc(t.edges, func(in inEdge) bool { return in.src == id })
		if len(t.edges) == 0 {
			delete(b.targets, t.ref)
		}
		b.touch(t.ref)
	}
}

// touch has the relations of an entity derived anew, if it is there.
func (b *batch) touch(ref string) {
	if b.first {
		return // everything that is there came with this batch
	}
	id, ok := b.numberOf(fieldRef, ref)
	if !ok {
		return
	}
	if _, ok := b.dirty[id]; !ok {
		b.dirty[id] = nil
	}
}

// relationsOf returns linked edges as relations, never nil. All that lead to one target share its ref.
func (b *batch) relationsOf(edges []entity.Edge) []relation {
	rels := make([]relation, len(edges))
	for i, e := range edges {
		rels[i] = relation{typ: b.typeList[b.relationType(e.Type)], target: b.targets[e.Target].ref, from: declared}
	}
	return rels
}

// relationType returns the place of a type in typeList.
func (b *batch) relationType(name string) uint32 {
	i, ok := b.types[name]
	if !ok {
		name = strings.Clone(name)
		i = len(b.typeList)
		b.types[name] = i
		need, back := entity.Need(name)
		other := need
		if !back {
			other = entity.Back(name)
		}
		b.typeList = append(b.typeList, &relationType{
			name: name, need: need, other: other, back: back, names: slices.Contains(named, name), field: b.reg.relation(relationKeys + lower(name)),
			json: string(append(appendString([]byte(`{"type":`), name), `,"targetRef":`...)),
		})
	}
	return uint32(i)
}

// derived is a document with new relations, and those it had.
type derived struct {
	doc    *Doc
	was    []relation
	copied bool // the document was published; the batch goes on with a copy
}

// relate derives relations and etag of every dirty document.
func (b *batch) relate() {
	ids := make([]uint32, 0, len(b.dirty))
	for id := range b.dirty {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	var copies []*Doc
	b.stable = true
	inOrder(len(ids), stretch,
		func() func(lo, hi int, into *[stretch]derived) {
			d := deriver{batch: b, scan: newScanner(b.reg), hash: xxhash.New()}
			return func(lo, hi int, into *[stretch]derived) {
				for i := lo; i < hi; i++ {
					into[i-lo] = d.derive(ids[i])
				}
			}
		},
		func(lo, hi int, from *[stretch]derived) {
			for _, d := range from[:hi-lo] {
				if d.copied {
					copies = append(copies, d.doc)
				}
				b.serve(d)
			}
		})
	for _, doc := range copies {
		*b.docs.slot(b.gen, doc.id) = doc
	}
	if b.bulk {
		for _, f := range b.fields {
			if f != nil {
				f.terms.compact(b.gen)
			}
		}
	}
}

// deriver is for one goroutine. Meanwhile serve writes to fields; nobody writes to the documents that
// others derive from but for what nobody else reads of them.
type deriver struct {
	*batch
	scan *scanner
	p    parsed
	rels []relation
	buf  []byte
	hash *xxhash.Digest
}

func (d *deriver) derive(id uint32) derived {
	doc := d.docs.get(id)
	own := d.dirty[id]
	out := derived{doc: doc, was: doc.rels, copied: own == nil}
	rels := append(d.rels[:0], own...)
	if own == nil {
		published := *doc
		out.doc = &published
		d.scan.scan(doc.base, &d.p.scanned)
		d.p.derive(d.edges, doc.ref)
		for _, e := range d.p.edges {
			rels = append(rels, relation{typ: d.typeList[d.types[e.Type]], target: d.targets[e.Target].ref, from: declared})
		}
	}
	if t := d.targets[doc.ref]; t != nil && !d.alone {
		for _, in := range t.edges {
			rels = append(rels, relation{typ: d.typeList[in.typ], target: d.docs.get(in.src).ref, from: in.src})
		}
	}
	d.rels = sortRelations(rels)
	if !slices.Equal(d.rels, out.was) {
		out.doc.rels = slices.Clone(d.rels)
	}
	d.buf = out.doc.finish(d.hash, d.buf)
	return out
}

// serve brings the index up to the new relations of a document.
func (b *batch) serve(d derived) {
	now, id := d.doc.rels, d.doc.id
	for _, was := range d.was {
		for len(now) > 0 && compareRelations(now[0], was) < 0 {
			b.addRelation(id, now[0])
			now = now[1:]
		}
		if len(now) > 0 && compareRelations(now[0], was) == 0 {
			now = now[1:]
			continue
		}
		b.changed = true
		b.field(was.typ.field).remove(id, was.target)
	}
	for _, r := range now {
		b.addRelation(id, r)
	}
	b.sides(id, d.was, d.doc.rels)
}

// sides notes of which types of relation a document gives some itself, and is given some.
func (b *batch) sides(id uint32, was, now []relation) {
	for _, r := range was {
		if !slices.ContainsFunc(now, r.alike) && b.fields[r.typ.field].side(r).has(id) {
			b.field(r.typ.field).side(r).remove(id)
		}
	}
	for _, r := range now {
		if !b.fields[r.typ.field].side(r).has(id) {
			b.field(r.typ.field).side(r).add(id)
		}
	}
}

// alike reports whether two relations are of one type, and from the same side.
func (r relation) alike(other relation) bool {
	return r.typ.field == other.typ.field && (r.from == declared) == (other.from == declared)
}

// side is the set of the documents that have a relation as r: of their own, or given.
func (f *field) side(r relation) *docset {
	if r.from == declared {
		return &f.own
	}
	return &f.given
}

func (b *batch) addRelation(id uint32, r relation) {
	b.changed = true
	b.field(r.typ.field).add(b, r.typ.field, id, r.target, r.target)
}
