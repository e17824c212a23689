package index

import (
	"cmp"
	"iter"
	"slices"
	"strings"

	"portico/internal/errs"
)

// DefaultLimit is the number of entities on a page when a request names none.
const DefaultLimit = 200

// Query asks for a page of entities.
type Query struct {
	Filters
	Text  TextQuery
	Order []Order // the first decides; none: by uid
	// Limit is the number of entities on the page: 0 asks for the count alone, and what stands for
	// "not given" is the caller's business (DefaultLimit).
	Limit  int
	Offset int // entities to skip on the first page
	// NoTotal leaves TotalItems at 0.
	NoTotal bool
	// Cursor continues an earlier query. It then holds Filters, Text and Order; what is given here of
	// these does not count.
	Cursor string
}

// TextQuery keeps the entities that have Term, in any case, within a value of one of the Fields.
// Without Fields it is looked for in the order field, and without that in metadata.uid.
type TextQuery struct {
	Term   string
	Fields []string
	// Words takes Term for words set apart by white space: every one must occur, each in any of the fields. Backstage
	// knows only the term as a whole.
	Words bool
}

// Order is a field to sort by. Values compare by bytes, in lower case.
type Order struct {
	Field string
	Desc  bool
}

func (o Order) word() string {
	if o.Desc {
		return "desc"
	}
	return "asc"
}

// Page is one page of entities.
type Page struct {
	Docs       []*Doc
	TotalItems int    // all that match, on any page; entities without the order field do not
	Next, Prev string // cursors; "" where there is nothing more
}

// arranged is a result in order: positions in an order.
type arranged struct {
	order *order
	docset
}

// places is a result in order as it is remembered: without the order, which is much larger. The positions are
// the same however often the order of a field is worked out.
type places struct {
	by   fieldID
	same bool // by tells only who comes first: all have the value true
	docset
}

// Query returns a page. The error is errs.Invalid: a cursor that is none, a number below zero, a search
// term that is too long.
func (s *Snapshot) Query(q Query, r *Restriction) (Page, error) {
	w := &walk{Query: q, total: -1}
	if q.Cursor != "" {
		var err error
		if w, err = decodeCursor(q); err != nil {
			return Page{}, err
		}
	}
	if err := w.check(); err != nil {
		return Page{}, err
	}
	if q.NoTotal && w.total < 0 && q.Limit == 0 {
		return Page{}, nil
	}
	all, order := s.arrangedBy(w, r)
	page := Page{TotalItems: all.n}
	switch {
	case w.total >= 0:
		page.TotalItems = w.total
	case q.NoTotal:
		page.TotalItems = 0
	}
	if q.Limit > 0 && !all.empty() {
		if order == nil {
			order = s.orderFor(s.veil(r), all.by)
		}
		if all.same {
			order = order.alike("true")
		}
		s.fill(&page, w, &arranged{order: order, docset: all.docset}, s.veil(r))
	}
	return page, nil
}

func (q *Query) check() error {
	switch {
	case q.Limit < 0:
		return invalid("write a number from 0", "limit is %d", q.Limit)
	case q.Offset < 0:
		return invalid("write a number from 0", "offset is %d", q.Offset)
	case len(q.Order) > maxOrders:
		return invalid("sort by one field", "there are %d order fields; at most %d are read", len(q.Order), maxOrders)
	}
	return q.Text.check()
}

func (t *TextQuery) check() error {
	switch {
	case len(t.Term) > maxTextTerm:
		return invalid("search for a part of a word", "the full-text term is %d bytes long; at most %d are read", len(t.Term), maxTextTerm)
	case len(t.Fields) > maxTextFields:
		return invalid("search in fewer fields", "there are %d full-text fields; at most %d are read", len(t.Fields), maxTextFields)
	case t.Words && len(strings.Fields(t.Term)) > maxTextWords:
		return invalid("look for fewer words", "%d words are looked for; at most %d are read", len(strings.Fields(t.Term)), maxTextWords)
	}
	return nil
}

// arrangedBy is everything that a walk passes through, from the first page to the last. The order is nil unless
// it was needed.
func (s *Snapshot) arrangedBy(w *walk, r *Restriction) (all places, o *order) {
	field := ""
	if o, ok := w.orderField(); ok {
		field = lower(o.Field)
	}
	text := w.Text.filter(field)
	key := text.appendKey(w.Filters.appendKey(make([]byte, 0, 512), r))
	key = append(key, field...)
	all = s.memo.places.get(key, func() (places, int) {
		var p places
		p, o = s.arrange(s.found(w.Filters, text, r), field, s.veil(r))
		return p, p.size()
	})
	return all, o
}

func (t TextQuery) filter(orderField string) textFilter {
	term := lower(strings.TrimSpace(t.Term))
	terms := []string{term}
	if t.Words {
		terms = termsOf(term)
	}
	switch {
	case term == "":
		return textFilter{}
	case len(t.Fields) > 0:
		return textFilter{terms: terms, fields: t.Fields}
	case orderField != "":
		return textFilter{terms: terms, fields: []string{orderField}}
	}
	return textFilter{terms: terms, fields: []string{"metadata.uid"}}
}

// arrange sorts a set by a field; "" is by uid. It returns the order that it used, if any.
func (s *Snapshot) arrange(set docset, field string, v *veil) (places, *order) {
	if field == "" {
		return s.arrangeBy(set, fieldUID, v)
	}
	f, id, items := s.resolve(field)
	if f != nil && (len(items) == 0 || s.has(v, id, f)) {
		return s.arrangeBy(set, id, v)
	}
	// Every entity that has the key has the same value: true.
	p, o := s.arrangeBy(set.and(union(items)), fieldUID, v)
	p.same = true
	return p, o
}

// has reports whether any entity that is seen has the key of a field itself. That hidden ones have it, or that one had
// it that is gone, must not decide how a list is sorted.
func (s *Snapshot) has(v *veil, id fieldID, f *field) bool {
	docs := s.having(v, id, f)
	if v != nil {
		docs = docs.and(v.visible)
	}
	return !docs.empty()
}

func (s *Snapshot) arrangeBy(set docset, id fieldID, v *veil) (places, *order) {
	if set.empty() || s.field(id) == nil {
		return places{by: id}, nil
	}
	o := s.orderFor(v, id)
	return places{by: id, docset: o.arrange(set)}, o
}

// Each yields the entities that a query finds, on all pages and in its order, without a list of them. Limit, Offset and
// Cursor do not count. The error is errs.Invalid, as that of Query.
func (s *Snapshot) Each(q Query, r *Restriction) (iter.Seq[*Doc], error) {
	q.Limit, q.Offset, q.Cursor = 0, 0, ""
	w := &walk{Query: q, total: -1}
	if err := w.check(); err != nil {
		return nil, err
	}
	all, o := s.arrangedBy(w, r)
	v := s.veil(r)
	return func(yield func(*Doc) bool) {
		if all.empty() {
			return
		}
		if o == nil {
			o = s.orderFor(v, all.by)
		}
		by, _ := w.orderField()
		var stretch [256]uint32
		for from := 0; ; {
			at := stretch[:0]
			if by.Desc {
				at = all.takeDown(at, len(o.docs)-from, 0, len(stretch))
			} else {
				at = all.take(at, from, 0, len(stretch))
			}
			for _, p := range at {
				if !yield(v.doc(s.docs.get(o.docs[p]))) {
					return
				}
			}
			if len(at) < len(stretch) {
				return
			}
			if from = int(at[len(at)-1]) + 1; by.Desc {
				from = len(o.docs) - int(at[len(at)-1])
			}
		}
	}, nil
}

// fill puts the entities of one page into it, and the cursors that lead away from it.
func (s *Snapshot) fill(page *Page, w *walk, all *arranged, v *veil) {
	o, _ := w.orderField()
	limit := min(w.Limit, all.n)
	up := o.Desc == w.back
	want := limit
	if !w.back {
		want++ // one more tells whether there is a next page
	}
	at := make([]uint32, 0, want)
	switch {
	case w.from == nil && up:
		at = all.take(at, 0, w.Offset, want)
	case w.from == nil:
		at = all.takeDown(at, len(all.order.docs), w.Offset, want)
	case up:
		at = all.take(at, all.order.after(s, *w.from), 0, want)
	default:
		at = all.takeDown(at, all.order.place(s, w.from.key, w.from.uid), 0, want)
	}
	if w.back {
		slices.Reverse(at)
	}
	more := w.back
	if len(at) > limit {
		at, more = at[:limit], true
	}
	if len(at) == 0 {
		return
	}
	page.Docs = make([]*Doc, len(at))
	for i, p := range at {
		page.Docs[i] = v.doc(s.docs.get(all.order.docs[p]))
	}
	head, tail := all.entry(s, at[0]), all.entry(s, at[len(at)-1])
	first := head
	if w.first != nil {
		first = *w.first
	}
	if more {
		page.Next = w.encode(tail, first, false, page.TotalItems)
	}
	if w.first != nil && !head.same(first) && all.before(at[0], o.Desc) {
		page.Prev = w.encode(head, first, true, page.TotalItems)
	}
}

func (e entry) same(f entry) bool { return e.key == f.key && e.uid == f.uid }

func (a *arranged) entry(s *Snapshot, at uint32) entry {
	return entry{key: a.order.key(int(at)), uid: s.docs.get(a.order.docs[at]).uid}
}

// before reports whether anything comes before a position, in the direction of reading.
func (a *arranged) before(at uint32, desc bool) bool {
	var one [1]uint32
	if desc {
		return len(a.take(one[:0], int(at)+1, 0, 1)) > 0
	}
	return len(a.takeDown(one[:0], int(at), 0, 1)) > 0
}

// after is the first position beyond the given value and uid.
func (o *order) after(s *Snapshot, e entry) int {
	p := o.place(s, e.key, e.uid)
	if p < len(o.docs) && o.key(p) == e.key && s.docs.get(o.docs[p]).uid == e.uid {
		p++
	}
	return p
}

// List is GET /entities: all entities that match, or a stretch of them. Without an order they come by
// ref. With one, entities that lack the field come last, and equal ones by uid. A limit below zero means
// all. It reports whether there are more behind the last.
func (s *Snapshot) List(filters Filters, orders []Order, offset, limit int, r *Restriction) (docs []*Doc, more bool, err error) {
	if offset < 0 {
		return nil, false, invalid("write a number from 0", "offset is %d", offset)
	}
	if len(orders) > maxOrders {
		return nil, false, invalid("sort by one field", "there are %d order fields; at most %d are read", len(orders), maxOrders)
	}
	key := filters.appendKey(nil, r)
	for _, o := range orders {
		key = appendCounted(append(key, o.word()...), lower(o.Field))
	}
	v := s.veil(r)
	ids := s.memo.lists.get(key, func() ([]uint32, int) {
		ids := s.sortedBy(s.filtered(filters, r), orders, v)
		return ids, 4 * len(ids)
	})
	ids = ids[min(offset, len(ids)):]
	if limit >= 0 && limit < len(ids) {
		ids, more = ids[:limit], true
	}
	docs = make([]*Doc, len(ids))
	for i, id := range ids {
		docs[i] = v.doc(s.docs.get(id))
	}
	return docs, more, nil
}

// sortedBy sorts a set by several fields, entities that lack one last.
func (s *Snapshot) sortedBy(set docset, orders []Order, v *veil) []uint32 {
	if len(orders) == 0 {
		p, o := s.arrangeBy(set, fieldRef, v)
		ids := make([]uint32, 0, p.n)
		for at := range p.all() {
			ids = append(ids, o.docs[at])
		}
		return ids
	}
	if set.empty() {
		return nil
	}
	type sorting struct {
		*order
		rank []uint32
		desc bool
	}
	documents := len(s.docs.page) * pageSize
	var by []sorting
	for _, o := range orders {
		if id, ok := s.reg.lookup(lower(o.Field)); ok && s.field(id) != nil {
			of := s.orderFor(v, id)
			by = append(by, sorting{of, of.ranks(documents), o.Desc})
		}
	}
	uid := s.orderOf(fieldUID)
	ids := set.list()
	slices.SortFunc(ids, func(a, b uint32) int {
		for _, o := range by {
			ra, rb := o.rank[a], o.rank[b]
			switch {
			case ra == unranked && rb == unranked:
				continue
			case ra == unranked:
				return 1
			case rb == unranked:
				return -1
			}
			if c := cmp.Compare(o.keys[ra], o.keys[rb]); c != 0 {
				if o.desc {
					return -c
				}
				return c
			}
		}
		return cmp.Compare(uid.rankOf(a), uid.rankOf(b))
	})
	return ids
}

// ParseOrderFields reads the values of the parameter orderField: "metadata.name" or
// "metadata.name,desc". Errors are errs.Invalid.
func ParseOrderFields(params []string) ([]Order, error) {
	return parseOrders(params, "orderField", "write orderField=metadata.name,asc or orderField=metadata.name,desc", func(p string) (string, string) {
		field, dir, ok := strings.Cut(p, ",")
		if !ok {
			dir = "asc"
		}
		return field, dir
	})
}

// ParseOrders reads the values of the parameter order of GET /entities: "asc:metadata.name". Errors are
// errs.Invalid.
func ParseOrders(params []string) ([]Order, error) {
	return parseOrders(params, "order", "write order=asc:metadata.name or order=desc:metadata.name", func(p string) (string, string) {
		dir, field, _ := strings.Cut(p, ":")
		return field, dir
	})
}

func parseOrders(params []string, name, remedy string, split func(string) (field, dir string)) ([]Order, error) {
	if len(params) > maxOrders {
		return nil, invalid("sort by one field", "the parameter %s comes %d times; at most %d are read", name, len(params), maxOrders)
	}
	var orders []Order
	for _, p := range params {
		field, dir := split(p)
		field, dir = strings.TrimSpace(field), strings.TrimSpace(dir)
		if field == "" || len(field) > maxKey*4 || dir != "asc" && dir != "desc" {
			return nil, errs.WithRemedy(errs.New(errs.Invalid, "the parameter %s has %s, which does not name a field and asc or desc", name, quoteShort(p)), remedy)
		}
		orders = append(orders, Order{Field: field, Desc: dir == "desc"})
	}
	return orders, nil
}
