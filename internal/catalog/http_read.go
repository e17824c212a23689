package catalog

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"

	"portico/internal/catalog/entity"
	"portico/internal/catalog/index"
	"portico/internal/errs"
	"portico/internal/httpx"
)

// restriction is what the caller may see. Permissions by entity come with the identity work; until
// then whoever may read may read everything.
func restriction(*http.Request) *index.Restriction { return nil }

// buffers hold answers while they are put together.
var buffers = sync.Pool{New: func() any { b := make([]byte, 0, 64<<10); return &b }}

const keepBuffer = 1 << 20 // a larger one is left to the garbage collector

// answer writes what fill appends, and tells remember, if there is one.
func answer(w http.ResponseWriter, r *http.Request, remember func([]byte), fill func([]byte) []byte) {
	p := buffers.Get().(*[]byte)
	b := fill((*p)[:0])
	httpx.RawFor(w, r, http.StatusOK, b)
	if remember != nil {
		remember(b)
	}
	if cap(b) <= keepBuffer {
		*p = b
		buffers.Put(p)
	}
}

// maxQuery bounds the query string: no filter that a person or a program means is longer.
const maxQuery = 64 << 10

func queryOf(r *http.Request) (url.Values, error) {
	if len(r.URL.RawQuery) > maxQuery {
		return nil, errs.WithRemedy(errs.New(errs.Invalid, "the query is longer than %d bytes", maxQuery), "send it as the body of POST /api/catalog/entities/by-query")
	}
	q, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return nil, errs.Public(errs.Invalid, "the query string is not well-formed: a % must be followed by two hexadecimal digits, and ; must be written %3B", err)
	}
	return q, nil
}

// number reads a whole number; absent gives def.
func number(q url.Values, name string, def int) (int, error) {
	v, given := q[name]
	if !given || v[0] == "" {
		return def, nil
	}
	n, err := strconv.Atoi(v[0])
	if err != nil || n < 0 {
		return 0, errs.New(errs.Invalid, "%s must be a whole number from 0, not %q", name, v[0])
	}
	return n, nil
}

func refOf(r *http.Request) entity.Ref {
	return entity.Ref{Kind: r.PathValue("kind"), Namespace: r.PathValue("namespace"), Name: r.PathValue("name")}
}

func (h *Handler) getByName(w http.ResponseWriter, r *http.Request) error {
	snap, err := h.snapshot(r)
	if err != nil {
		return err
	}
	ref := refOf(r)
	doc := snap.ByRef(ref.String(), restriction(r))
	if doc == nil {
		return notFound(ref)
	}
	return h.writeDoc(w, r, doc)
}

func (h *Handler) getByUID(w http.ResponseWriter, r *http.Request) error {
	snap, err := h.snapshot(r)
	if err != nil {
		return err
	}
	doc := snap.ByUID(r.PathValue("uid"), restriction(r))
	if doc == nil {
		return errs.New(errs.NotFound, "No entity with uid '%s' found", r.PathValue("uid"))
	}
	return h.writeDoc(w, r, doc)
}

// unchanged tells the caller the tag of what would be answered, and answers 304 when they have that
// already. A list shows a whole snapshot's worth of facts, so its tag is the revision.
func unchanged(w http.ResponseWriter, r *http.Request, tag string) bool {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		return false
	}
	w.Header()["Etag"] = []string{tag}
	if match := r.Header["If-None-Match"]; len(match) == 0 || match[0] != tag && !listsTag(match, tag) {
		return false
	}
	w.WriteHeader(http.StatusNotModified)
	return true
}

// listsTag compares weakly: a proxy may have made the tag strong, and a client may know several.
func listsTag(match []string, tag string) bool {
	for _, header := range match {
		for one := range strings.SplitSeq(header, ",") {
			if one = strings.TrimSpace(one); one == "*" || strings.TrimPrefix(one, "W/") == strings.TrimPrefix(tag, "W/") {
				return true
			}
		}
	}
	return false
}

func revisionTag(s *index.Snapshot) string {
	b := append(make([]byte, 0, 24), `W/"r`...)
	b = strconv.AppendInt(b, s.Revision(), 10)
	return string(append(b, '"'))
}

func (h *Handler) writeDoc(w http.ResponseWriter, r *http.Request, doc *index.Doc) error {
	if !unchanged(w, r, `W/"`+doc.ETag()+`"`) {
		answer(w, r, nil, doc.AppendJSON)
	}
	return nil
}

func (h *Handler) getAncestry(w http.ResponseWriter, r *http.Request) error {
	snap, err := h.snapshot(r)
	if err != nil {
		return err
	}
	seen := restriction(r)
	done, remember := h.again(w, r, snap, seen)
	if done {
		return nil
	}
	ref := refOf(r)
	a := snap.Ancestry(ref.String(), seen)
	if a == nil {
		return notFound(ref)
	}
	if unchanged(w, r, revisionTag(snap)) {
		return nil
	}
	answer(w, r, remember, func(b []byte) []byte { return index.AppendAncestry(b, a) })
	return nil
}

// getEntities is GET /entities: everything that matches, or a stretch of it.
func (h *Handler) getEntities(w http.ResponseWriter, r *http.Request) error {
	snap, err := h.snapshot(r)
	if err != nil {
		return err
	}
	q, err := queryOf(r)
	if err != nil {
		return err
	}
	filter, err := index.ParseFilters(q["filter"])
	if err != nil {
		return err
	}
	fields, err := index.ParseFields(q["fields"])
	if err != nil {
		return err
	}
	orders, err := index.ParseOrders(q["order"])
	if err != nil {
		return err
	}
	limit, err := number(q, "limit", -1)
	if err != nil {
		return err
	}
	offset, err := number(q, "offset", 0)
	if err != nil {
		return err
	}
	if after := q.Get("after"); after != "" {
		from, page, err := index.ParseAfter(after)
		if err != nil {
			return err
		}
		if from >= 0 {
			offset = from
		}
		if page >= 0 {
			limit = page
		}
	}
	if unchanged(w, r, revisionTag(snap)) {
		return nil
	}
	docs, more, err := snap.List(index.Filters{Filter: filter}, orders, offset, limit, restriction(r))
	if err != nil {
		return err
	}
	if more && len(docs) > 0 { // with limit=0 it would lead to itself
		next := *r.URL
		nq := q
		nq.Del("offset")
		nq.Set("after", index.After(offset+len(docs), limit))
		next.RawQuery = nq.Encode()
		w.Header().Set("Link", "<"+next.RequestURI()+`>; rel="next"`)
	}
	if len(docs) <= atOnce {
		answer(w, r, nil, func(b []byte) []byte { return index.AppendDocs(b, docs, fields) })
		return nil
	}
	return streamDocs(w, r, docs, fields)
}

// atOnce is how many entities are put together before any is sent.
const atOnce = 512

// streamDocs writes the array of the documents as it goes, so that a whole catalog in one answer costs no
// more memory than a page.
func streamDocs(w http.ResponseWriter, r *http.Request, docs []*index.Doc, fields *index.Fields) error {
	out := httpx.StreamFor(w, r)
	defer out.Close()
	p := buffers.Get().(*[]byte)
	defer buffers.Put(p)
	b := append((*p)[:0], '[')
	for i, d := range docs {
		if i > 0 {
			b = append(b, ',')
		}
		if b = d.AppendFields(b, fields); len(b) < streamChunk && i < len(docs)-1 {
			continue
		}
		if i == len(docs)-1 {
			b = append(b, ']')
		}
		if _, err := out.Write(b); err != nil {
			return nil // the client is gone
		}
		b = b[:0]
	}
	if cap(b) <= keepBuffer {
		*p = b
	}
	return nil
}

const streamChunk = 32 << 10

func (h *Handler) getByQuery(w http.ResponseWriter, r *http.Request) error {
	snap, err := h.snapshot(r)
	if err != nil {
		return err
	}
	seen := restriction(r)
	done, remember := h.again(w, r, snap, seen)
	if done {
		return nil
	}
	q, err := queryOf(r)
	if err != nil {
		return err
	}
	var query index.Query
	if query.Filter, err = index.ParseFilters(q["filter"]); err != nil {
		return err
	}
	if query.Order, err = index.ParseOrderFields(q["orderField"]); err != nil {
		return err
	}
	fields, err := index.ParseFields(q["fields"])
	if err != nil {
		return err
	}
	if query.Limit, err = number(q, "limit", index.DefaultLimit); err != nil {
		return err
	}
	if query.Offset, err = number(q, "offset", 0); err != nil {
		return err
	}
	if query.NoTotal, err = noTotal(q.Get("totalItems")); err != nil {
		return err
	}
	query.Cursor = q.Get("cursor")
	query.Text = index.TextQuery{Term: q.Get("fullTextFilterTerm"), Fields: commaList(q["fullTextFilterFields"])}
	return writePage(w, r, snap, seen, remember, query, fields)
}

func noTotal(v string) (bool, error) {
	switch v {
	case "", "include":
		return false, nil
	case "exclude":
		return true, nil
	}
	return false, errs.New(errs.Invalid, `totalItems must be "include" or "exclude", not %q`, v)
}

func commaList(params []string) []string {
	var out []string
	for _, p := range params {
		for s := range strings.SplitSeq(p, ",") {
			if s = strings.TrimSpace(s); s != "" {
				out = append(out, s)
			}
		}
	}
	return out
}

func (h *Handler) postByQuery(w http.ResponseWriter, r *http.Request) error {
	var body struct {
		Cursor  string `json:"cursor"`
		Limit   *int   `json:"limit"`
		Offset  int    `json:"offset"`
		OrderBy []struct {
			Field string `json:"field"`
			Order string `json:"order"`
		} `json:"orderBy"`
		FullTextFilter *struct {
			Term   string   `json:"term"`
			Fields []string `json:"fields"`
		} `json:"fullTextFilter"`
		Fields     []string        `json:"fields"`
		TotalItems string          `json:"totalItems"`
		Query      json.RawMessage `json:"query"`
	}
	if r.ContentLength != 0 {
		if err := httpx.Decode(r, &body); err != nil {
			return err
		}
	}
	query := index.Query{Limit: index.DefaultLimit, Offset: body.Offset, Cursor: body.Cursor}
	var err error
	if body.Limit != nil {
		query.Limit = *body.Limit
	}
	if query.Limit < 0 || query.Offset < 0 {
		return errs.New(errs.Invalid, "limit and offset must be 0 or more")
	}
	for i, o := range body.OrderBy {
		switch {
		case o.Field == "":
			return errs.New(errs.Invalid, "orderBy[%d].field is missing", i)
		case o.Order != "asc" && o.Order != "desc":
			return errs.New(errs.Invalid, `orderBy[%d].order must be "asc" or "desc", not %q`, i, o.Order)
		}
		query.Order = append(query.Order, index.Order{Field: o.Field, Desc: o.Order == "desc"})
	}
	if query.Query, err = index.ParsePredicate(body.Query); err != nil {
		return err
	}
	if query.NoTotal, err = noTotal(body.TotalItems); err != nil {
		return err
	}
	if t := body.FullTextFilter; t != nil {
		query.Text = index.TextQuery{Term: t.Term, Fields: t.Fields}
	}
	fields, err := index.ParseFields(body.Fields)
	if err != nil {
		return err
	}
	snap, err := h.snapshot(r)
	if err != nil {
		return err
	}
	return writePage(w, r, snap, restriction(r), nil, query, fields)
}

func writePage(w http.ResponseWriter, r *http.Request, snap *index.Snapshot, seen *index.Restriction, remember func([]byte), query index.Query, fields *index.Fields) error {
	if unchanged(w, r, revisionTag(snap)) {
		return nil
	}
	page, err := snap.Query(query, seen)
	if err != nil {
		return err
	}
	answer(w, r, remember, func(b []byte) []byte { return index.AppendPage(b, &page, fields) })
	return nil
}

// maxRefs bounds by-refs; Backstage's client sends at most a thousand at a time.
const maxRefs = 10_000

func (h *Handler) getByRefs(w http.ResponseWriter, r *http.Request) error {
	body, err := readRefs(r)
	if err != nil {
		return err
	}
	if body.EntityRefs == nil {
		return errs.New(errs.Invalid, `entityRefs is missing; send {"entityRefs": ["component:default/a"]}`)
	}
	if len(body.EntityRefs) > maxRefs {
		return errs.New(errs.Invalid, "entityRefs holds %d refs; at most %d are answered at once", len(body.EntityRefs), maxRefs)
	}
	var filters index.Filters
	if len(r.URL.RawQuery) > 0 {
		q, err := queryOf(r)
		if err != nil {
			return err
		}
		if filters.Filter, err = index.ParseFilters(q["filter"]); err != nil {
			return err
		}
	}
	if filters.Query, err = index.ParsePredicate(body.Query); err != nil {
		return err
	}
	fields, err := index.ParseFields(body.Fields)
	if err != nil {
		return err
	}
	for i, s := range body.EntityRefs {
		body.EntityRefs[i] = canonical(s)
	}
	snap, err := h.snapshot(r)
	if err != nil {
		return err
	}
	docs := snap.Batch(body.EntityRefs, filters, restriction(r))
	answer(w, r, nil, func(b []byte) []byte { return index.AppendBatch(b, docs, fields) })
	return nil
}

// canonical fills in the namespace that a ref leaves out. What is no ref stays as it is: it names nobody, and one bad
// ref of a batch must not cost the others their answer.
func canonical(ref string) string {
	if c := strings.IndexByte(ref, ':'); c > 0 && strings.IndexByte(ref[c:], '/') > 1 {
		return ref // the usual form; the index takes any case
	}
	p, err := entity.ParseRef(ref, entity.Ref{})
	if err != nil {
		return ref
	}
	return p.String()
}

func (h *Handler) getFacets(w http.ResponseWriter, r *http.Request) error {
	snap, err := h.snapshot(r)
	if err != nil {
		return err
	}
	seen := restriction(r)
	done, remember := h.again(w, r, snap, seen)
	if done {
		return nil
	}
	q, err := queryOf(r)
	if err != nil {
		return err
	}
	filter, err := index.ParseFilters(q["filter"])
	if err != nil {
		return err
	}
	text := index.TextQuery{Term: q.Get("fullTextFilterTerm"), Fields: commaList(q["fullTextFilterFields"])}
	return writeFacets(w, r, snap, seen, remember, q["facet"], index.Filters{Filter: filter}, text)
}

// The full-text filter of facets is ours: counts beside a list that is being searched.
func (h *Handler) postFacets(w http.ResponseWriter, r *http.Request) error {
	var body struct {
		Facets         []string        `json:"facets"`
		Query          json.RawMessage `json:"query"`
		FullTextFilter struct {
			Term   string   `json:"term"`
			Fields []string `json:"fields"`
		} `json:"fullTextFilter"`
	}
	if err := httpx.Decode(r, &body); err != nil {
		return err
	}
	query, err := index.ParsePredicate(body.Query)
	if err != nil {
		return err
	}
	text := index.TextQuery{Term: body.FullTextFilter.Term, Fields: body.FullTextFilter.Fields}
	snap, err := h.snapshot(r)
	if err != nil {
		return err
	}
	return writeFacets(w, r, snap, restriction(r), nil, body.Facets, index.Filters{Query: query}, text)
}

func writeFacets(w http.ResponseWriter, r *http.Request, snap *index.Snapshot, seen *index.Restriction, remember func([]byte), names []string, filters index.Filters, text index.TextQuery) error {
	names, err := index.ParseFacets(names)
	if err != nil {
		return err
	}
	if unchanged(w, r, revisionTag(snap)) {
		return nil
	}
	facets, err := snap.FacetsOf(names, filters, text, seen)
	if err != nil {
		return err
	}
	answer(w, r, remember, func(b []byte) []byte { return index.AppendFacets(b, facets) })
	return nil
}
