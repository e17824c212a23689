package index

import (
	"cmp"
	"errors"
	"slices"
	"strings"

	"portico/internal/catalog/entity"
)

// batch is one run of Apply. First it takes over what rows declare; then it derives anew the relations
// of every entity that a row or a neighbour touched.
type batch struct {
	*Index
	bulk    bool // so many rows that it is worth using every processor
	first   bool // the index was empty
	changed bool

	// dirty is the documents to derive anew, with the relations of their own spec where the batch has
	// just read them, and nil where only a neighbour changed.
	dirty map[uint32][]relation
	// namers are documents that name one which came or went.
	namers map[uint32]struct{}

	scan   *scanner
	old    parsed  // the earlier version of what is replaced
	probe  scanned // for written
	arena  arena
	parent map[string]string // one copy of each ref that rows name as their parent
	name   string            // of the entity at hand: it tends to come again in annotations
	stable bool              // texts given to keep live as long as the index does
}

// parsed is what a row holds.
type parsed struct {
	scanned
	edges []entity.Edge
	err   error
}

const (
	bulkRows = 1024 // from here on a batch is worked on in parallel
	stretch  = 256  // rows that a worker takes at a time
)

var errNoEntity = errors.New("the stored JSON is not an object with an object metadata")

func (x *Index) begin(rows int) *batch {
	x.gen++
	x.live = x.live.clone()
	x.fields = slices.Clone(x.fields)
	return &batch{
		Index: x,
		bulk:  rows >= bulkRows,
		first: x.live.empty(),
		scan:  newScanner(x.reg),
		dirty: make(map[uint32][]relation, rows),

		namers: map[uint32]struct{}{},

		parent: map[string]string{},
	}
}

// declare takes over what rows say.
func (b *batch) declare(rows []Row) {
	if !b.bulk {
		var p parsed
		for i := range rows {
			b.parse(b.scan, &rows[i], &p)
			b.put(&rows[i], &p)
		}
		return
	}
	inOrder(len(rows), stretch,
		func() func(lo, hi int, into *[stretch]parsed) {
			sc := newScanner(b.reg)
			return func(lo, hi int, into *[stretch]parsed) {
				for i := lo; i < hi; i++ {
					b.parse(sc, &rows[i], &into[i-lo])
				}
			}
		},
		func(lo, hi int, from *[stretch]parsed) {
			for i := lo; i < hi; i++ {
				b.put(&rows[i], &from[i-lo])
			}
		})
}

// parse reads a row. It touches nothing of the batch.
func (b *batch) parse(sc *scanner, row *Row, into *parsed) {
	into.edges, into.err = nil, nil
	if row.Deleted {
		return
	}
	if !sc.scan(view(row.JSON), &into.scanned) {
		into.err = errNoEntity
		return
	}
	sc.known(statusOf(row.Status), row.changed(), &into.scanned)
	into.derive(b.edges, row.Ref)
}

func (p *parsed) derive(edges func(entity.Ref, func(string) []string) []entity.Edge, ref string) {
	self, err := entity.ParseRef(ref, entity.Ref{})
	if err != nil {
		p.err = err
		return
	}
	p.edges = edges(self, p.values)
}

// put takes over one row.
func (b *batch) put(row *Row, p *parsed) {
	ref := lower(row.Ref)
	id, there := b.numberOf(fieldRef, ref)
	if row.Deleted {
		if there {
			b.remove(id)
		}
		return
	}
	if p.err != nil {
		b.broken(row.Ref, p.err)
		return
	}
	if other, ok := b.numberOf(fieldUID, lower(row.UID)); ok && !(there && other == id) {
		b.remove(other)
	}
	doc := &Doc{
		uid: row.UID, ref: ref, parent: b.parentRef(row.Parent), revision: row.Revision,
		base: view(row.JSON), status: statusOf(row.Status), changed: row.changed(), metaEnd: uint32(p.metaEnd),
	}
	if there {
		if old := b.docs.get(id); old.uid == row.UID {
			b.update(old, doc, p)
			return
		}
		b.remove(id)
	}
	b.insert(doc, p)
}

func (b *batch) parentRef(ref string) string {
	if ref == "" {
		return ""
	}
	ref = lower(ref)
	one, ok := b.parent[ref]
	if !ok {
		one = ref
		b.parent[ref] = ref
	}
	return one
}

func (b *batch) numberOf(in fieldID, text string) (uint32, bool) {
	if int(in) >= len(b.fields) || b.fields[in] == nil {
		return 0, false
	}
	p, ok := b.fields[in].terms.get(text)
	return p.one, ok
}

func (b *batch) insert(doc *Doc, p *parsed) {
	if k := len(b.free); k > 0 {
		doc.id = b.free[k-1]
		b.free = b.free[:k-1]
	} else {
		doc.id = b.next
		b.next++
	}
	b.changed = true
	b.live.add(doc.id)
	*b.docs.slot(b.gen, doc.id) = doc
	var text textEntry
	for i := range p.leaves {
		l := &p.leaves[i]
		f := b.field(l.field)
		if l.null {
			f.nulls.add(doc.id)
			continue
		}
		key := f.add(b, l.field, doc.id, l.text, l.orig)
		if int(l.field) < textFields {
			if key == "" {
				key = b.keep(l.text)
			}
			text.add(l.field, key)
		}
		if l.field == fieldName {
			b.name = key
		}
	}
	b.stable = true
	b.field(fieldUID).add(b, fieldUID, doc.id, lower(doc.uid), doc.uid)
	b.field(fieldRef).add(b, fieldRef, doc.id, doc.ref, doc.ref)
	b.stable = false
	b.setText(doc.id, text)
	b.link(doc.id, p.edges)
	b.named(doc.ref)
	b.dirty[doc.id] = b.relationsOf(p.edges)
}

// update replaces old by doc, which has the same ref and uid.
func (b *batch) update(old, doc *Doc, p *parsed) {
	doc.id, doc.rels, doc.etag, doc.escapes, doc.lacks = old.id, old.rels, old.etag, old.escapes, old.lacks
	if old.base == doc.base && old.status == doc.status && old.parent == doc.parent && old.revision == doc.revision && old.changed == doc.changed {
		return
	}
	b.changed = true
	*b.docs.slot(b.gen, doc.id) = doc
	if old.base == doc.base && old.status == doc.status && old.changed == doc.changed {
		return
	}
	b.scan.scan(old.base, &b.old.scanned)
	b.scan.known(old.status, old.changed, &b.old.scanned)
	b.old.derive(b.edges, old.ref)
	b.swapLeaves(doc.id, b.old.leaves, p.leaves)
	if !slices.Equal(b.old.edges, p.edges) {
		b.unlink(doc.id, b.old.edges)
		b.link(doc.id, p.edges)
	}
	b.dirty[doc.id] = b.relationsOf(p.edges)
}

// remove takes a document out.
func (b *batch) remove(id uint32) {
	doc := b.docs.get(id)
	b.changed = true
	b.scan.scan(doc.base, &b.old.scanned)
	b.scan.known(doc.status, doc.changed, &b.old.scanned)
	b.old.derive(b.edges, doc.ref)
	b.swapLeaves(id, b.old.leaves, nil)
	b.field(fieldUID).remove(id, lower(doc.uid))
	b.field(fieldRef).remove(id, doc.ref)
	for _, r := range doc.rels {
		b.field(r.typ.field).remove(id, r.target)
	}
	b.sides(id, doc.rels, nil)
	if doc.lacks {
		b.field(fieldNeeds).remove(id, string(Absent))
	}
	b.named(doc.ref)
	b.unlink(id, b.old.edges)
	delete(b.dirty, id)
	b.live.remove(id)
	*b.docs.slot(b.gen, id) = nil
	b.setText(id, textEntry{})
	b.free = append(b.free, id)
}

// swapLeaves replaces the index entries of a document. Entries that are in both stay untouched, and so
// does every field of which nothing changes.
func (b *batch) swapLeaves(id uint32, old, now []leaf) {
	textChanged := false
	old, now = distinct(old), distinct(now)
	all := now
	for len(old) > 0 || len(now) > 0 {
		was, is := old, now
		switch c := compareHeads(old, now); {
		case c < 0:
			was, is = old[:sameTerm(old)], nil
		case c > 0:
			was, is = nil, now[:sameTerm(now)]
		default:
			was, is = old[:sameTerm(old)], now[:sameTerm(now)]
		}
		old, now = old[len(was):], now[len(is):]
		if slices.Equal(was, is) {
			continue
		}
		for i, l := range was {
			textChanged = textChanged || int(l.field) < textFields
			if f := b.field(l.field); l.null {
				f.touch(id)
				f.nulls.remove(id)
			} else if i == 0 { // the rest is the same value in other letters
				f.remove(id, l.text)
			}
		}
		if len(is) > 1 { // one value in several letters: the document's own order tells which a posting of one stands for
			first := b.written(id, is[0].field, is[0].text)
			if i := slices.IndexFunc(is, func(l leaf) bool { return l.orig == first }); i > 0 {
				is[0], is[i] = is[i], is[0]
			}
		}
		for _, l := range is {
			textChanged = textChanged || int(l.field) < textFields
			if f := b.field(l.field); l.null {
				f.touch(id)
				f.nulls.add(id)
			} else {
				f.add(b, l.field, id, l.text, l.orig)
			}
		}
	}
	if !textChanged {
		return
	}
	var text textEntry
	for _, l := range all {
		if int(l.field) < textFields && !l.null {
			text.add(l.field, b.keep(l.text))
		}
	}
	b.setText(id, text)
}

// distinct sorts leaves in place and drops repeats.
func distinct(leaves []leaf) []leaf {
	slices.SortFunc(leaves, func(a, b leaf) int {
		return cmp.Or(compareTerms(a, b), cmp.Compare(a.orig, b.orig))
	})
	return slices.Compact(leaves)
}

// compareTerms orders leaves by field and value, whatever the case.
func compareTerms(a, b leaf) int {
	if c := cmp.Compare(a.field, b.field); c != 0 {
		return c
	}
	if a.null != b.null {
		if a.null {
			return -1
		}
		return 1
	}
	return cmp.Compare(a.text, b.text)
}

func compareHeads(a, b []leaf) int {
	switch {
	case len(b) == 0:
		return -1
	case len(a) == 0:
		return 1
	}
	return compareTerms(a[0], b[0])
}

// sameTerm is the number of leaves at the front that have one field and value.
func sameTerm(l []leaf) int {
	n := 1
	for n < len(l) && compareTerms(l[0], l[n]) == 0 {
		n++
	}
	return n
}

// field returns a field for the batch to change.
func (b *batch) field(id fieldID) *field {
	for int(id) >= len(b.fields) {
		b.fields = append(b.fields, nil)
	}
	f := b.fields[id]
	if f == nil || f.gen != b.gen {
		f = f.edit(b.gen)
		b.fields[id] = f
	}
	return f
}

func (b *batch) setText(id uint32, e textEntry) {
	e.sign()
	*b.text.slot(b.gen, id) = e
}

// written is how a document writes a value.
func (b *batch) written(doc uint32, id fieldID, text string) string {
	return b.docs.get(doc).written(b.scan, &b.probe, id, text)
}

func (d *Doc) written(sc *scanner, into *scanned, id fieldID, text string) string {
	if id == fieldUID {
		return d.uid
	}
	sc.scan(d.base, into)
	for i := range into.leaves {
		if l := &into.leaves[i]; l.field == id && !l.null && l.text == text {
			return l.orig
		}
	}
	return text
}

// keep returns a copy of text that does not hold on to the JSON it came from.
func (b *batch) keep(text string) string {
	switch {
	case b.stable:
		return text
	case !b.bulk:
		return strings.Clone(text)
	case b.name == text:
		return b.name
	}
	return b.arena.keep(text)
}

// arena copies many small strings into few allocations.
type arena struct{ b strings.Builder }

func (a *arena) keep(s string) string {
	const block = 64 << 10
	if a.b.Cap()-a.b.Len() < len(s) {
		a.b = strings.Builder{}
		a.b.Grow(max(block, len(s)))
	}
	start := a.b.Len()
	a.b.WriteString(s)
	return a.b.String()[start:]
}
