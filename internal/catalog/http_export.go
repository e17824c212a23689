package catalog

import (
	"encoding/json"
	"iter"
	"mime"
	"net/http"
	"slices"
	"strings"
	"time"

	"portico/internal/catalog/entity"
	"portico/internal/catalog/index"
	"portico/internal/errs"
	"portico/internal/httpx"
)

// exportFormat is a sort of file that a list of entities is written as.
type exportFormat struct {
	ending, contentType string
	// write appends entities to what send takes, which reports whether to go on.
	write func(docs iter.Seq[*index.Doc], columns []column, send func([]byte) bool) error
}

var exportFormats = map[string]exportFormat{
	"csv":  {"csv", "text/csv; charset=utf-8", writeCSV},
	"json": {"json", "application/json; charset=utf-8", writeJSON},
	"yaml": {"yaml", "application/yaml; charset=utf-8", writeYAML},
}

// getExport is GET /entities/export: all that the parameters of a list find, as a file. It is of one snapshot however long
// it takes, and is written as it is read: what it takes of memory does not grow with what it finds.
func (h *Handler) getExport(w http.ResponseWriter, r *http.Request) error {
	rd, err := h.read(w, r)
	if err != nil {
		return err
	}
	q, err := queryOf(r)
	if err != nil {
		return err
	}
	format, ok := exportFormats[q.Get("format")]
	if !ok {
		return errs.New(errs.Invalid, `format must be "csv", "json" or "yaml", not %q`, cut(q.Get("format")))
	}
	var query index.Query
	if query.Text, err = textOf(q); err != nil {
		return err
	}
	if query.Filter, err = index.ParseFilters(q["filter"]); err != nil {
		return err
	}
	predicate := json.RawMessage(q.Get("query"))
	if query.Query, err = index.ParsePredicate(predicate); err != nil {
		return err
	}
	if query.Order, err = index.ParseOrderFields(q["orderField"]); err != nil {
		return err
	}
	if len(query.Order) == 0 {
		query.Order = []index.Order{{Field: "metadata.name"}}
	}
	shown, err := columnsOf(q["columns"])
	if err != nil {
		return err
	}
	docs, err := rd.snap.Each(query, rd.seen)
	if err != nil {
		return err
	}
	name := exportName(kindAsked(q["filter"], predicate), time.Now(), format.ending)
	w.Header().Set("Content-Type", format.contentType)
	w.Header().Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": name}))
	if r.Method == http.MethodHead {
		w.WriteHeader(http.StatusOK)
		return nil
	}
	out := httpx.StreamAs(w, r)
	gone := false
	err = format.write(docs, shown, func(b []byte) bool {
		_, err := out.Write(b)
		gone = err != nil || r.Context().Err() != nil
		return !gone
	})
	if err != nil && !gone {
		h.Log.Error("an export of the catalog was cut short", "format", format.ending, "error", err)
	}
	if err != nil || gone {
		panic(http.ErrAbortHandler) // or what was sent would look complete
	}
	return out.Close()
}

// exportName names the file by what it holds and when.
func exportName(kind string, at time.Time, ending string) string {
	name := "catalog"
	if kind = strings.ToLower(kind); kind != "" && len(kind) <= 63 && !strings.ContainsFunc(kind, func(r rune) bool { return (r < 'a' || r > 'z') && (r < '0' || r > '9') }) {
		name += "-" + kind
	}
	return name + "-" + at.UTC().Format(time.DateOnly) + "." + ending
}

// kindAsked is the one kind that a filter finds, as far as that is easily seen; "" is any.
func kindAsked(filters []string, predicate json.RawMessage) string {
	var p struct {
		Kind any `json:"kind"`
		All  []struct {
			Kind any `json:"kind"`
		} `json:"$all"`
	}
	if len(predicate) > 0 && json.Unmarshal(predicate, &p) == nil {
		if kind, ok := p.Kind.(string); ok {
			return kind
		}
		for _, one := range p.All {
			if kind, ok := one.Kind.(string); ok {
				return kind
			}
		}
	}
	kinds := map[string]bool{}
	for _, f := range filters {
		of := ""
		for part := range strings.SplitSeq(f, ",") {
			if key, value, _ := strings.Cut(part, "="); strings.EqualFold(strings.TrimSpace(key), "kind") {
				if of != "" {
					return "" // any of these
				}
				of = strings.ToLower(strings.TrimSpace(value))
			}
		}
		kinds[of] = true
	}
	if len(kinds) != 1 {
		return ""
	}
	for kind := range kinds {
		return kind
	}
	return ""
}

// chunks sends what is appended to a buffer, a piece at a time.
type chunks struct {
	buf  []byte
	send func([]byte) bool
}

// ok reports whether to go on.
func (p *chunks) ok() bool {
	if len(p.buf) < piece {
		return true
	}
	return p.flush()
}

func (p *chunks) flush() bool {
	ok := p.send(p.buf)
	p.buf = p.buf[:0]
	return ok
}

func writeJSON(docs iter.Seq[*index.Doc], _ []column, send func([]byte) bool) error {
	p := chunks{buf: []byte("["), send: send}
	between := "\n"
	for doc := range docs {
		p.buf = doc.AppendJSON(append(p.buf, between...))
		between = ",\n"
		if !p.ok() {
			return nil
		}
	}
	p.buf = append(p.buf, "\n]\n"...)
	p.flush()
	return nil
}

func writeYAML(docs iter.Seq[*index.Doc], _ []column, send func([]byte) bool) error {
	p := chunks{send: send}
	for doc := range docs {
		text, err := entity.YAML([]byte(doc.Declared()))
		if err != nil {
			return err
		}
		p.buf = append(append(p.buf, "---\n"...), text...)
		if !p.ok() {
			return nil
		}
	}
	p.flush()
	return nil
}

// column is one of a table.
type column struct {
	name  string
	value func(row *exported) string
}

// exported is an entity whose columns are written.
type exported struct {
	doc *index.Doc
	all map[string]any // its declaration
}

// columns are those that have a name of their own.
var columns = []column{
	{"ref", func(row *exported) string { return row.doc.Ref() }},
	{"kind", at("kind")},
	{"namespace", func(row *exported) string {
		if ns := at("metadata", "namespace")(row); ns != "" {
			return ns
		}
		return entity.DefaultNamespace
	}},
	{"name", at("metadata", "name")},
	{"title", func(row *exported) string {
		if title := at("metadata", "title")(row); title != "" {
			return title
		}
		return at("spec", "profile", "displayName")(row)
	}},
	{"owner", related("ownedBy", "")},
	{"system", related("partOf", "system:")},
	{"domain", related("partOf", "domain:")},
	{"type", at("spec", "type")},
	{"lifecycle", at("spec", "lifecycle")},
	{"tags", at("metadata", "tags")},
	{"description", at("metadata", "description")},
	{"links", func(row *exported) string {
		meta, _ := row.all["metadata"].(map[string]any)
		list, _ := meta["links"].([]any)
		var out []string
		for _, l := range list {
			if m, ok := l.(map[string]any); ok {
				out = append(out, cellText(m["url"]))
			}
		}
		return strings.Join(out, " ")
	}},
	{"uid", func(row *exported) string { return row.doc.UID() }},
	{"changed", func(row *exported) string {
		at := row.doc.Changed()
		if at.IsZero() {
			return ""
		}
		return at.Format(time.RFC3339)
	}},
}

// usualColumns are those of a table for which none are named.
var usualColumns = columns[:12]

const maxColumns = 50

// columnsOf reads the names of columns; one with a dot is a path of the entity, such as metadata.labels.tier.
func columnsOf(params []string) (out []column, err error) {
	names := commaList(params)
	if len(names) == 0 {
		return usualColumns, nil
	}
	if len(names) > maxColumns {
		return nil, errs.New(errs.Invalid, "columns names %d of them; at most %d are written", len(names), maxColumns)
	}
	for _, name := range names {
		i := slices.IndexFunc(columns, func(c column) bool { return c.name == name })
		switch {
		case i >= 0:
			out = append(out, columns[i])
		case strings.Contains(name, ".") && len(name) <= maxRelationLen:
			out = append(out, column{name, func(row *exported) string { return cellText(lookUp(row.all, name)) }})
		default:
			known := make([]string, len(columns))
			for i, c := range columns {
				known[i] = c.name
			}
			return nil, errs.WithRemedy(errs.New(errs.Invalid, "columns has %q, which is no column", cut(name)),
				"choose among "+strings.Join(known, ", ")+", or write a path such as metadata.labels.tier")
		}
	}
	return out, nil
}

// at is the value at a path of the entity.
func at(path ...string) func(*exported) string {
	return func(row *exported) string {
		var v any = row.all
		for _, key := range path {
			m, _ := v.(map[string]any)
			v = m[key]
		}
		return cellText(v)
	}
}

// related lists the entities, of refs that begin so, to which one has a relation.
func related(typ, prefix string) func(*exported) string {
	return func(row *exported) string {
		var out []string
		for _, r := range row.doc.Relations() {
			if r.Type == typ && strings.HasPrefix(r.TargetRef, prefix) {
				out = append(out, r.TargetRef)
			}
		}
		return strings.Join(out, ", ")
	}
}

// lookUp finds the value at a dotted path. Keys may hold dots, so that a part of the path may be one.
func lookUp(v any, path string) any {
	m, ok := v.(map[string]any)
	if !ok {
		return nil
	}
	if v, ok := m[path]; ok {
		return v
	}
	for i, c := range path {
		if c != '.' {
			continue
		}
		if below, ok := m[path[:i]]; ok {
			if found := lookUp(below, path[i+1:]); found != nil {
				return found
			}
		}
	}
	return nil
}

// cellText writes a value for people: a list of texts with commas between, anything else that has parts as JSON.
func cellText(v any) string {
	switch v := v.(type) {
	case nil:
		return ""
	case string:
		return v
	case json.Number:
		return v.String()
	case []any:
		var out []string
		for _, item := range v {
			s, ok := item.(string)
			if !ok {
				return asJSON(v)
			}
			out = append(out, s)
		}
		return strings.Join(out, ", ")
	}
	return asJSON(v)
}

func asJSON(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		return "" // it was JSON
	}
	return string(b)
}

// writeCSV begins with a byte order mark: who opens a table opens it in a spreadsheet, and those take UTF-8 for something
// else without one. Programs have JSON.
func writeCSV(docs iter.Seq[*index.Doc], shown []column, send func([]byte) bool) error {
	p := chunks{buf: []byte("\uFEFF"), send: send}
	for i, c := range shown {
		p.buf = appendCell(p.buf, i, c.name)
	}
	p.buf = append(p.buf, "\r\n"...)
	for doc := range docs {
		row := exported{doc: doc}
		dec := json.NewDecoder(strings.NewReader(doc.Declared()))
		dec.UseNumber()
		if err := dec.Decode(&row.all); err != nil {
			return err
		}
		for i, c := range shown {
			p.buf = appendCell(p.buf, i, c.value(&row))
		}
		p.buf = append(p.buf, "\r\n"...)
		if !p.ok() {
			return nil
		}
	}
	p.flush()
	return nil
}

// appendCell appends the cell of a column. What a spreadsheet would take for a formula is text: it gets an apostrophe.
func appendCell(dst []byte, i int, s string) []byte {
	if i > 0 {
		dst = append(dst, ',')
	}
	if first := strings.TrimLeft(s, " "); first != "" && strings.IndexAny(first, "=+-@\t\r\n＝＋－＠") == 0 {
		s = "'" + s
	}
	if !strings.ContainsAny(s, "\",\r\n;\t") && !strings.HasPrefix(s, " ") && !strings.HasSuffix(s, " ") {
		return append(dst, s...)
	}
	dst = append(dst, '"')
	dst = append(dst, strings.ReplaceAll(s, `"`, `""`)...)
	return append(dst, '"')
}
