package catalog

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"portico/internal/catalog/entity"
	"portico/internal/catalog/index"
	"portico/internal/errs"
	"portico/internal/httpx"
)

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
	rd, err := h.read(w, r)
	if err != nil {
		return err
	}
	ref := refOf(r)
	doc := rd.snap.ByRef(ref.String(), rd.seen)
	if doc == nil {
		return notFound(ref)
	}
	rd.doc(doc)
	return nil
}

func (h *Handler) getByUID(w http.ResponseWriter, r *http.Request) error {
	rd, err := h.read(w, r)
	if err != nil {
		return err
	}
	doc := rd.snap.ByUID(r.PathValue("uid"), rd.seen)
	if doc == nil {
		return errs.New(errs.NotFound, "No entity with uid '%s' found", r.PathValue("uid"))
	}
	rd.doc(doc)
	return nil
}

func (h *Handler) getAncestry(w http.ResponseWriter, r *http.Request) error {
	rd, err := h.read(w, r)
	if err != nil || rd.again() {
		return err
	}
	ref := refOf(r)
	a := rd.snap.Ancestry(ref.String(), rd.seen)
	if a == nil {
		return notFound(ref)
	}
	if !rd.unchanged() {
		rd.answer(func(b []byte, _ index.Spill) []byte { return index.AppendAncestry(b, a) })
	}
	return nil
}

// getEntities is GET /entities: everything that matches, or a stretch of it.
func (h *Handler) getEntities(w http.ResponseWriter, r *http.Request) error {
	rd, err := h.read(w, r)
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
	if rd.unchanged() {
		return nil
	}
	docs, more, err := rd.snap.List(index.Filters{Filter: filter}, orders, offset, limit, rd.seen)
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
	fields = fields.For(rd.snap, rd.seen)
	rd.answer(func(b []byte, spill index.Spill) []byte { return index.AppendDocs(b, docs, fields, spill) })
	return nil
}

func (h *Handler) getByQuery(w http.ResponseWriter, r *http.Request) error {
	rd, err := h.read(w, r)
	if err != nil || rd.again() {
		return err
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
	if query.Text, err = textOf(q); err != nil {
		return err
	}
	return rd.page(query, fields)
}

// fullText is the full-text filter of a body. Backstage knows a term and fields; words is ours.
type fullText struct {
	Term   string   `json:"term"`
	Fields []string `json:"fields"`
	Words  bool     `json:"words"`
}

// textOf reads the full-text filter of an address.
func textOf(q url.Values) (index.TextQuery, error) {
	text := index.TextQuery{Term: q.Get("fullTextFilterTerm"), Fields: commaList(q["fullTextFilterFields"])}
	switch v := q.Get("fullTextFilterWords"); v {
	case "", "false":
	case "true":
		text.Words = true
	default:
		return text, errs.New(errs.Invalid, `fullTextFilterWords must be "true" or "false", not %q`, cut(v))
	}
	return text, nil
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
		FullTextFilter *fullText       `json:"fullTextFilter"`
		Fields         []string        `json:"fields"`
		TotalItems     string          `json:"totalItems"`
		Query          json.RawMessage `json:"query"`
		MostRelations  *int            `json:"mostRelations"`
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
		query.Text = index.TextQuery(*t)
	}
	fields, err := index.ParseFields(body.Fields)
	if err != nil {
		return err
	}
	if fields, err = mostOf(fields, body.MostRelations); err != nil {
		return err
	}
	rd, err := h.read(w, r)
	if err != nil {
		return err
	}
	return rd.page(query, fields)
}

func (rd *reading) page(query index.Query, fields *index.Fields) error {
	if rd.unchanged() {
		return nil
	}
	page, err := rd.snap.Query(query, rd.seen)
	if err != nil {
		return err
	}
	fields = fields.For(rd.snap, rd.seen)
	rd.answer(func(b []byte, spill index.Spill) []byte { return index.AppendPage(b, &page, fields, spill) })
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
	if fields, err = mostOf(fields, body.MostRelations); err != nil {
		return err
	}
	for i, s := range body.EntityRefs {
		body.EntityRefs[i] = canonical(s)
	}
	rd, err := h.read(w, r)
	if err != nil {
		return err
	}
	docs := rd.snap.Batch(body.EntityRefs, filters, rd.seen)
	fields = fields.For(rd.snap, rd.seen)
	rd.answer(func(b []byte, spill index.Spill) []byte { return index.AppendBatch(b, docs, fields, spill) })
	return nil
}

// mostOf are the fields with as many relations of each type as a body asks for: mostRelations, which is Portico's own.
func mostOf(fields *index.Fields, most *int) (*index.Fields, error) {
	switch {
	case most == nil:
		return fields, nil
	case *most < 1:
		return nil, errs.New(errs.Invalid, "mostRelations must be a whole number from 1, not %d", *most)
	}
	return fields.Most(*most), nil
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
	rd, err := h.read(w, r)
	if err != nil || rd.again() {
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
	text, err := textOf(q)
	if err != nil {
		return err
	}
	return rd.facets(q["facet"], index.Filters{Filter: filter}, text)
}

// The full-text filter of facets is ours: counts beside a list that is being searched.
func (h *Handler) postFacets(w http.ResponseWriter, r *http.Request) error {
	var body struct {
		Facets         []string        `json:"facets"`
		Query          json.RawMessage `json:"query"`
		FullTextFilter fullText        `json:"fullTextFilter"`
	}
	if err := httpx.Decode(r, &body); err != nil {
		return err
	}
	query, err := index.ParsePredicate(body.Query)
	if err != nil {
		return err
	}
	rd, err := h.read(w, r)
	if err != nil {
		return err
	}
	return rd.facets(body.Facets, index.Filters{Query: query}, index.TextQuery(body.FullTextFilter))
}

func (rd *reading) facets(names []string, filters index.Filters, text index.TextQuery) error {
	names, err := index.ParseFacets(names)
	if err != nil {
		return err
	}
	if rd.unchanged() {
		return nil
	}
	facets, err := rd.snap.FacetsOf(names, filters, text, rd.seen)
	if err != nil {
		return err
	}
	rd.answer(func(b []byte, _ index.Spill) []byte { return index.AppendFacets(b, facets) })
	return nil
}
