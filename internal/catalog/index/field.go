package index

import (
	"cmp"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
)

// fieldID numbers the index keys that have ever been seen, in the order of their appearance.
type fieldID uint32

// Fields that the index itself relies on. The four texts come first and in this order: a textEntry has
// a place for each.
const (
	fieldName fieldID = iota
	fieldTitle
	fieldDescription
	fieldDisplayName
	fieldUID
	fieldNamespace
	fieldRef     // the entity reference: no index key of Backstage's, so that no filter can name it
	fieldNeeds   // needsKey
	fieldChanged // changedField
	firstFreeField
)

const textFields = int(fieldDisplayName) + 1

// registry knows the number of each index key. It only grows: a catalog has some hundred keys, and a
// key that went is likely to come back.
type registry struct {
	mu    sync.RWMutex
	names map[string]fieldID
	items map[string]fieldID // the strings of the list at a key, as in "metadata.tags.java=true"
	next  fieldID

	relations map[fieldID]bool // which of names are of relations
}

func newRegistry() *registry {
	return &registry{
		names: map[string]fieldID{
			"metadata.name": fieldName, "metadata.title": fieldTitle, "metadata.description": fieldDescription,
			"spec.profile.displayname": fieldDisplayName, "metadata.uid": fieldUID, "metadata.namespace": fieldNamespace,
			needsKey: fieldNeeds, changedKey: fieldChanged,
		},
		items: map[string]fieldID{},
		next:  firstFreeField,

		relations: map[fieldID]bool{},
	}
}

func (r *registry) field(key string) fieldID   { return r.number(r.names, key) }
func (r *registry) itemsOf(key string) fieldID { return r.number(r.items, key) }

func (r *registry) number(in map[string]fieldID, key string) fieldID {
	r.mu.Lock()
	defer r.mu.Unlock()
	id, ok := in[key]
	if !ok {
		id = r.next
		in[strings.Clone(key)] = id
		r.next++
	}
	return id
}

// relation is field for the key of a type of relation.
func (r *registry) relation(key string) fieldID {
	id := r.field(key)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.relations[id] = true
	return id
}

func (r *registry) isRelation(id fieldID) bool {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return r.relations[id]
}

func (r *registry) lookup(key string) (fieldID, bool) {
	r.mu.RLock()
	defer r.mu.RUnlock()
	id, ok := r.names[key]
	return id, ok
}

func (r *registry) lookupItems(key string) (fieldID, bool) {
	r.mu.RLock()
	defer r.mu.RUnlock()
	id, ok := r.items[key]
	return id, ok
}

// field is everything that is known about one index key: from each value to the documents with it.
// A published field never changes but for what it works out about itself on demand.
type field struct {
	gen   generation
	terms cowMap[posting]
	nulls docset // documents that have the key without a value that could be compared

	// Of a type of relation: the documents whose own spec gives one, and those that another's does. Some are in both.
	own, given docset

	exists atomic.Pointer[docset]
	sorted atomic.Pointer[[]facetTerm]
	order  atomic.Pointer[keptOrder]
	mu     sync.Mutex // held while an order is worked out

	// What the order can be made of: the order of an earlier version, and who changed since. Once the order is
	// there, base is nil.
	base  atomic.Pointer[keptOrder]
	dirty []uint32
}

// posting is the documents that have one value. Most values have one document.
type posting struct {
	list   *postingList // nil: the document is one
	one    uint32
	folded bool // with one: the value as written differs from the key
}

type postingList struct {
	gen   generation
	docs  docset
	forms *forms // nil: all write the value as the key
}

// forms are the ways in which a value is written.
type forms []form

// form is one way to write a value: "Java" or "java".
type form struct {
	text string
	docs docset
}

func (p posting) docs() docset {
	if p.list == nil {
		return docset{n: 1, ids: []uint32{p.one}}
	}
	return p.list.docs
}

// edit returns a version of f that the batch gen may change.
func (f *field) edit(gen generation) *field {
	if f == nil {
		return &field{gen: gen}
	}
	if f.gen == gen {
		return f
	}
	next := &field{gen: gen, terms: f.terms, nulls: f.nulls.clone(), own: f.own.clone(), given: f.given.clone()}
	base := f.base.Load() // first: it goes when the order has come
	if o := f.order.Load(); o.get() != nil {
		next.base.Store(o)
	} else if base.get() != nil {
		next.base.Store(base)
		next.dirty = slices.Clone(f.dirty)
	}
	return next
}

// touch notes that the place of doc in the order may have changed.
func (f *field) touch(doc uint32) {
	base := f.base.Load()
	switch k := len(f.dirty); {
	case base == nil || k > 0 && f.dirty[k-1] == doc:
	case base.get() == nil || k > 1024+f.terms.n/4: // then making it anew costs no more
		f.base.Store(nil)
		f.dirty = nil
	default:
		f.dirty = append(f.dirty, doc)
	}
}

// add notes that doc has a value. It returns the key that is stored when the value is new, else "".
func (f *field) add(b *batch, id fieldID, doc uint32, text, orig string) string {
	f.touch(doc)
	at := f.terms.slot(f.gen, text)
	if !at.found {
		key := b.keep(text)
		at.insert(key, posting{one: doc, folded: orig != text})
		return key
	}
	p := at.value()
	switch {
	case p.list == nil && p.one == doc && p.folded == (orig != text) && (!p.folded || b.written(doc, id, text) == orig):
		return "" // the same value twice in one entity
	case p.list == nil:
		p.list = &postingList{gen: f.gen}
		first := text
		if p.folded {
			first = b.written(p.one, id, text)
		}
		p.list.add(p.one, text, first)
		p.folded = false
	case p.list.gen != f.gen:
		p.list = p.list.edit(f.gen)
	}
	p.list.add(doc, text, orig)
	return ""
}

// remove forgets that doc has a value.
func (f *field) remove(doc uint32, text string) {
	f.touch(doc)
	at := f.terms.slot(f.gen, text)
	if !at.found {
		return
	}
	p := at.value()
	if p.list == nil {
		if p.one == doc {
			at.remove()
		}
		return
	}
	if p.list.gen != f.gen {
		p.list = p.list.edit(f.gen)
	}
	if p.list.remove(doc); p.list.docs.empty() {
		at.remove()
	}
}

func (l *postingList) edit(gen generation) *postingList {
	next := &postingList{gen: gen, docs: l.docs.clone()}
	if l.forms != nil {
		copied := slices.Clone(*l.forms)
		for i := range copied {
			copied[i].docs = copied[i].docs.clone()
		}
		next.forms = &copied
	}
	return next
}

func (l *postingList) add(doc uint32, key, orig string) {
	if l.forms == nil && orig != key {
		l.forms = &forms{}
		if !l.docs.empty() {
			*l.forms = forms{{text: key, docs: l.docs.clone()}}
		}
	}
	l.docs.add(doc)
	if l.forms != nil {
		l.forms.add(doc, orig)
	}
}

func (l *postingList) remove(doc uint32) {
	l.docs.remove(doc)
	if l.forms != nil {
		l.forms.remove(doc)
	}
}

func (f *forms) add(doc uint32, text string) {
	for i := range *f {
		if (*f)[i].text == text {
			(*f)[i].docs.add(doc)
			return
		}
	}
	one := form{text: strings.Clone(text)}
	one.docs.add(doc)
	*f = append(*f, one)
}

func (f *forms) remove(doc uint32) {
	for i := range *f {
		(*f)[i].docs.remove(doc)
	}
	*f = slices.DeleteFunc(*f, func(f form) bool { return f.docs.empty() })
}

// equals is the set of documents with a value; text is in lower case.
func (f *field) equals(text string) docset {
	p, ok := f.terms.get(text)
	if !ok {
		return docset{}
	}
	return p.docs()
}

// having is the set of documents that have the key at all.
func (f *field) having() docset {
	if s := f.exists.Load(); s != nil {
		return *s
	}
	s := f.matching(func(string) bool { return true })
	if !f.nulls.empty() {
		s = union([]docset{s, f.nulls})
	}
	f.exists.Store(&s)
	return s
}

// matching is the set of documents with a value that ok accepts. It looks at every value.
func (f *field) matching(ok func(text string) bool) docset {
	var word []uint64
	var last docset
	found := 0
	for text, p := range f.terms.all() {
		if !ok(text) {
			continue
		}
		found++
		if p.list == nil {
			word = setBit(word, p.one)
			continue
		}
		last = p.list.docs
		word = p.list.docs.orInto(word)
	}
	if found == 1 && !last.empty() {
		return last
	}
	return fromWords(word)
}

// facetTerm is one value as written.
type facetTerm struct {
	text string
	one  uint32
	docs *docset // nil: the document one
}

// facetTerms lists the values as they are written, sorted. written tells how a document writes a value
// of this field.
func (f *field) facetTerms(written func(doc uint32, text string) string) []facetTerm {
	if t := f.sorted.Load(); t != nil {
		return *t
	}
	terms := make([]facetTerm, 0, f.terms.n)
	for text, p := range f.terms.all() {
		switch {
		case p.list == nil && p.folded:
			terms = append(terms, facetTerm{text: written(p.one, text), one: p.one})
		case p.list == nil:
			terms = append(terms, facetTerm{text: text, one: p.one})
		case p.list.forms == nil:
			terms = append(terms, facetTerm{text: text, docs: &p.list.docs})
		default:
			for i := range *p.list.forms {
				one := &(*p.list.forms)[i]
				terms = append(terms, facetTerm{text: one.text, docs: &one.docs})
			}
		}
	}
	slices.SortFunc(terms, func(a, b facetTerm) int { return cmp.Compare(a.text, b.text) })
	f.sorted.Store(&terms)
	return terms
}
