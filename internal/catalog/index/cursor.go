package index

import (
	"encoding/base64"
	"encoding/json"
	"math"
	"strconv"
	"strings"
)

// A cursor is base64 of JSON with the names that Backstage uses, because its client decodes it to see
// whether the next request must be a POST. It holds the whole question, so that nothing is kept between
// two pages, and the value and uid of the entity that it continues from.

const (
	maxCursorBytes = 4 * maxFilterBytes
	cursorRemedy   = "send a cursor exactly as pageInfo of the previous answer gave it, or none to begin at the first page"
)

// walk is where a reader stands in a list.
type walk struct {
	Query
	back  bool   // towards the first page
	from  *entry // continue from here; nil: the first page
	first *entry // the first entity of the first page
	total int    // of the first page; -1: not known yet
}

func (w *walk) orderField() (Order, bool) {
	if len(w.Order) == 0 {
		return Order{}, false
	}
	return w.Order[0], true
}

// encode writes the cursor that continues from an entity.
func (w *walk) encode(from, first entry, back bool, total int) string {
	dst := make([]byte, 0, 512)
	dst = append(dst, '{')
	if w.Filter != nil {
		dst = append(append(append(dst, `"filter":`...), w.Filter.json...), ',')
	}
	if w.Filters.Query != nil {
		dst = append(append(append(dst, `"query":`...), w.Filters.Query.json...), ',')
	}
	dst = append(dst, `"orderFields":[`...)
	for i, o := range w.Order {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = appendString(append(dst, `{"field":`...), o.Field)
		dst = append(appendString(append(dst, `,"order":`...), o.word()), '}')
	}
	dst = append(dst, ']')
	if w.Text.Term != "" {
		dst = appendString(append(dst, `,"fullTextFilter":{"term":`...), w.Text.Term)
		if len(w.Text.Fields) > 0 {
			dst = appendStrings(append(dst, `,"fields":`...), w.Text.Fields)
		}
		if w.Text.Words {
			dst = append(dst, `,"words":true`...)
		}
		dst = append(dst, '}')
	}
	dst = w.appendValues(append(dst, `,"orderFieldValues":`...), from)
	dst = w.appendValues(append(dst, `,"firstSortFieldValues":`...), first)
	dst = strconv.AppendBool(append(dst, `,"isPrevious":`...), back)
	dst = strconv.AppendInt(append(dst, `,"totalItems":`...), int64(total), 10)
	dst = append(dst, '}')
	return base64.StdEncoding.EncodeToString(dst)
}

func (w *walk) appendValues(dst []byte, e entry) []byte {
	dst = append(dst, '[')
	if len(w.Order) > 0 {
		dst = append(appendString(dst, e.key), ',')
	}
	return append(appendString(dst, e.uid), ']')
}

// decodeCursor replaces everything that the cursor holds in q: filters, text and order.
func decodeCursor(q Query) (*walk, error) {
	if len(q.Cursor) > maxCursorBytes {
		return nil, invalid(cursorRemedy, "the cursor is %d bytes long; at most %d are read", len(q.Cursor), maxCursorBytes)
	}
	raw, err := decodeBase64(q.Cursor)
	if err != nil {
		return nil, invalid(cursorRemedy, "the cursor is not base64")
	}
	var c struct {
		OrderFields []struct {
			Field string `json:"field"`
			Order string `json:"order"`
		} `json:"orderFields"`
		FullTextFilter *struct {
			Term   string   `json:"term"`
			Fields []string `json:"fields"`
			Words  bool     `json:"words"`
		} `json:"fullTextFilter"`
		OrderFieldValues     []*string       `json:"orderFieldValues"`
		FirstSortFieldValues []*string       `json:"firstSortFieldValues"`
		Filter               json.RawMessage `json:"filter"`
		Query                json.RawMessage `json:"query"`
		IsPrevious           bool            `json:"isPrevious"`
		TotalItems           *float64        `json:"totalItems"`
	}
	if err := json.Unmarshal(raw, &c); err != nil {
		return nil, invalid(cursorRemedy, "the cursor does not hold what a cursor of this catalog holds")
	}
	w := &walk{Query: q, back: c.IsPrevious, total: -1}
	w.Filters, w.Text, w.Order, w.Offset = Filters{}, TextQuery{}, nil, 0
	for _, o := range c.OrderFields {
		if o.Order != "" && o.Order != "asc" && o.Order != "desc" {
			return nil, invalid(cursorRemedy, "the cursor has the order %s", quoteShort(o.Order))
		}
		w.Order = append(w.Order, Order{Field: o.Field, Desc: o.Order == "desc"})
	}
	if c.FullTextFilter != nil {
		w.Text = TextQuery(*c.FullTextFilter)
	}
	if w.from, err = w.entry(c.OrderFieldValues); err != nil {
		return nil, err
	}
	if c.FirstSortFieldValues != nil {
		if w.first, err = w.entry(c.FirstSortFieldValues); err != nil {
			return nil, err
		}
	}
	if c.TotalItems != nil && *c.TotalItems >= 0 && *c.TotalItems < math.MaxInt32 {
		w.total = int(*c.TotalItems)
	}
	if w.Filters, err = cursorFilters(c.Filter, c.Query); err != nil {
		return nil, err
	}
	return w, nil
}

func decodeBase64(s string) ([]byte, error) {
	s = strings.TrimRight(s, "=")
	if strings.ContainsAny(s, "-_ ") { // for URLs, or a "+" that a URL turned into a space
		s = strings.NewReplacer("-", "+", "_", "/", " ", "+").Replace(s)
	}
	return base64.RawStdEncoding.DecodeString(s)
}

func (w *walk) entry(values []*string) (*entry, error) {
	want := 1
	if len(w.Order) > 0 {
		want = 2
	}
	if len(values) != want {
		return nil, invalid(cursorRemedy, "the cursor has %d values to continue from and should have %d", len(values), want)
	}
	for _, v := range values {
		if v == nil {
			return nil, invalid(cursorRemedy, "the cursor has no value to continue from")
		}
	}
	e := &entry{uid: *values[want-1]}
	if e.key = e.uid; want == 2 {
		e.key = *values[0]
	}
	return e, nil
}

func cursorFilters(filter, query json.RawMessage) (f Filters, err error) {
	if filter != nil && string(filter) != "null" {
		if len(filter) > maxFilterBytes {
			return f, invalid(cursorRemedy, "the filter in the cursor is %d bytes long; at most %d are read", len(filter), maxFilterBytes)
		}
		if f.Filter, err = parseFilterJSON(filter); err != nil {
			return f, err
		}
	}
	if query != nil && string(query) != "null" {
		if f.Query, err = ParsePredicate(query); err != nil {
			return f, err
		}
	}
	return f, nil
}

// parseFilterJSON reads what appendFilterJSON writes, and any other filter of Backstage's form.
func parseFilterJSON(raw []byte) (*Filter, error) {
	text, ok := compactJSON(raw)
	if !ok {
		return nil, invalid(cursorRemedy, "the filter in the cursor is not valid JSON")
	}
	p := filterParser{reader: reader{s: text}}
	root, err := p.filter(0)
	if err != nil {
		return nil, err
	}
	root.fold()
	return newFilter(root.simplify(), text), nil
}

type filterParser struct {
	reader
	terms int
}

func (p *filterParser) filter(depth int) (*expr, error) {
	if p.terms++; p.terms > maxTerms || depth > maxDepth {
		return nil, invalid(cursorRemedy, "the filter in the cursor is too large")
	}
	bad := invalid(cursorRemedy, "the filter in the cursor is not understood")
	if p.peek() != '{' {
		return nil, bad
	}
	e := &expr{op: opExists}
	named, subs := false, false
	err := p.object(func(key string) error {
		subs = subs || key != "key" && key != "values"
		switch key {
		case "key":
			if named = p.peek() == '"'; !named {
				return bad
			}
			e.key = p.str()
		case "values":
			return p.values(e, bad)
		case "not":
			e.op = opNot
			sub, err := p.filter(depth + 1)
			e.subs = append(e.subs, sub)
			return err
		case "anyOf", "allOf":
			if e.op = opAny; key == "allOf" {
				e.op = opAll
			}
			if p.peek() != '[' {
				return bad
			}
			return p.array(func(int) error {
				sub, err := p.filter(depth + 1)
				e.subs = append(e.subs, sub)
				return err
			})
		default:
			return bad
		}
		return nil
	})
	if err == nil && (named == subs || e.op == opNot && len(e.subs) != 1) {
		err = bad
	}
	return e, err
}

func (p *filterParser) values(e *expr, bad error) error {
	if p.peek() != '[' {
		return bad
	}
	e.op = opIn
	return p.array(func(int) error {
		if p.terms++; p.terms > maxTerms || p.peek() != '"' {
			return bad
		}
		e.values = append(e.values, p.str())
		return nil
	})
}
