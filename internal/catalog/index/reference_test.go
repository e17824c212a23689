package index

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf16"

	"portico/internal/catalog/entity"
)

// reference answers the same questions as a snapshot, by looking at every decoded entity. It shares no
// code with the index but for deriving edges.
type reference struct {
	all   []*refEntity // by uid
	byRef map[string]*refEntity
}

type refEntity struct {
	row    Row
	entity map[string]any // as served, but for the etag
	rows   []refRow
}

// refRow is one line of Backstage's search table.
type refRow struct {
	key   string
	null  bool
	value string // lower case
	orig  string
}

func newReference(rows map[string]Row) *reference {
	r := &reference{byRef: map[string]*refEntity{}}
	type rel struct{ typ, target string }
	rels := map[string]map[rel]bool{}
	names := map[string][]string{} // by ref: what should be there
	relate := func(from string, x rel) {
		if rels[from] == nil {
			rels[from] = map[rel]bool{}
		}
		rels[from][x] = true
	}
	for ref, row := range rows {
		e := &refEntity{row: row, entity: decode(row.JSON)}
		r.all = append(r.all, e)
		r.byRef[ref] = e
		self, err := entity.ParseRef(ref, entity.Ref{})
		if err != nil {
			panic(err)
		}
		spec, _ := e.entity["spec"].(map[string]any)
		for _, edge := range entity.Edges(self, func(field string) []string { return stringsOf(spec[field]) }) {
			relate(ref, rel{edge.Type, edge.Target})
			relate(edge.Target, rel{edge.Inverse, ref})
			if slices.Contains([]string{"consumesApi", "dependsOn", "partOf", "providesApi"}, edge.Type) {
				names[ref] = append(names[ref], edge.Target)
			}
		}
	}
	for ref, e := range r.byRef {
		var list []rel
		for x := range rels[ref] {
			list = append(list, x)
		}
		slices.SortFunc(list, func(a, b rel) int { return cmp.Or(cmp.Compare(a.typ, b.typ), cmp.Compare(a.target, b.target)) })
		relations := []any{}
		for _, x := range list {
			relations = append(relations, map[string]any{"type": x.typ, "targetRef": x.target})
		}
		e.rows = searchRows(e.entity, e.row.UID)
		for _, x := range list {
			e.rows = append(e.rows, refRow{key: strings.ToLower("relations." + x.typ), value: x.target, orig: x.target})
		}
		if slices.ContainsFunc(names[ref], func(target string) bool { return r.byRef[target] == nil }) {
			e.rows = append(e.rows, refRow{key: "portico.needs", value: "absent", orig: "absent"})
		}
		var items []struct{ Type, Level string }
		if json.Unmarshal(e.row.Status, &items) == nil {
			for _, item := range items {
				what := map[string]string{"portico.dev/missing": "missing", "portico.dev/conflict": "conflict"}[item.Type]
				if what == "" && item.Level == "error" {
					what = "error"
				}
				if what != "" {
					e.rows = append(e.rows, refRow{key: "portico.needs", value: what, orig: what})
				}
			}
		}
		if !e.row.Changed.IsZero() {
			at := e.row.Changed.UTC().Format("2006-01-02 15:04:05.000")
			e.rows = append(e.rows, refRow{key: "portico.changedat", value: at, orig: at})
		}
		e.entity["relations"] = relations
		e.entity["metadata"].(map[string]any)["uid"] = e.row.UID
		if len(e.row.Status) > 0 {
			var items []any
			if json.Unmarshal(e.row.Status, &items) == nil && len(items) > 0 {
				e.entity["status"] = map[string]any{"items": items}
			}
		}
	}
	slices.SortFunc(r.all, func(a, b *refEntity) int { return cmp.Compare(a.row.UID, b.row.UID) })
	return r
}

// through is a catalog in which there never was anything but what a condition chooses of this one.
func (r *reference) through(see cond) *reference {
	rows := map[string]Row{}
	for _, e := range r.matching(see) {
		rows[e.row.Ref] = e.row
	}
	return newReference(rows)
}

func decode(raw []byte) map[string]any {
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	var m map[string]any
	if err := d.Decode(&m); err != nil {
		panic(fmt.Sprintf("%v in %s", err, raw))
	}
	return m
}

func stringsOf(v any) []string {
	switch v := v.(type) {
	case string:
		return []string{v}
	case []any:
		var out []string
		for _, item := range v {
			if s, ok := item.(string); ok {
				out = append(out, s)
			}
		}
		return out
	}
	return nil
}

func searchRows(e map[string]any, uid string) []refRow {
	var rows []refRow
	add := func(key string, value any) {
		key = strings.ToLower(key)
		if len(utf16.Encode([]rune(key))) > 200 {
			return
		}
		var text string
		switch v := value.(type) {
		case nil:
			rows = append(rows, refRow{key: key, null: true})
			return
		case string:
			text = v
		case bool:
			text = strconv.FormatBool(v)
		case json.Number:
			text = jsNumber(v)
		}
		if len(utf16.Encode([]rune(strings.ToLower(text)))) > 200 {
			rows = append(rows, refRow{key: key, null: true})
			return
		}
		rows = append(rows, refRow{key: key, value: strings.ToLower(text), orig: text})
	}
	var visit func(path string, v any)
	visit = func(path string, v any) {
		switch path {
		case "relations", "status", "attachments", "metadata.uid", "metadata.etag":
			return
		}
		switch v := v.(type) {
		case []any:
			for _, item := range v {
				visit(path, item)
				if s, ok := item.(string); ok {
					key := strings.ToLower(path + "." + s)
					if !slices.ContainsFunc(rows, func(r refRow) bool { return r.key == key }) {
						add(path+"."+s, true)
					}
				}
			}
		case map[string]any:
			for key, item := range v {
				if path != "" {
					key = path + "." + key
				}
				visit(key, item)
			}
		default:
			add(path, v)
		}
	}
	visit("", e)
	add("metadata.uid", uid)
	if ns, _ := e["metadata"].(map[string]any)["namespace"].(string); ns == "" {
		add("metadata.namespace", "default")
	}
	return rows
}

// jsNumber covers what the random catalogs hold.
func jsNumber(n json.Number) string {
	f, err := n.Float64()
	if err != nil {
		panic(err)
	}
	if f == 0 {
		return "0"
	}
	return strconv.FormatFloat(f, 'f', -1, 64)
}

// A cond is a filter that can be written as a parameter, as a predicate, and tried on an entity.
type cond interface{ match(e *refEntity) bool }

type condExists struct{ key string }
type condIn struct {
	key    string
	values []string
}
type condPrefix struct{ key, prefix string }
type condAll []cond
type condAny []cond
type condNot struct{ cond }

func (e *refEntity) has(key string, ok func(r refRow) bool) bool {
	key = strings.ToLower(key)
	return slices.ContainsFunc(e.rows, func(r refRow) bool { return r.key == key && ok(r) })
}

func (c condExists) match(e *refEntity) bool {
	return e.has(c.key, func(refRow) bool { return true })
}
func (c condIn) match(e *refEntity) bool {
	return e.has(c.key, func(r refRow) bool {
		return !r.null && slices.ContainsFunc(c.values, func(v string) bool { return strings.ToLower(v) == r.value })
	})
}
func (c condPrefix) match(e *refEntity) bool {
	return e.has(c.key, func(r refRow) bool { return !r.null && strings.HasPrefix(r.value, strings.ToLower(c.prefix)) })
}
func (c condAll) match(e *refEntity) bool {
	return !slices.ContainsFunc(c, func(c cond) bool { return !c.match(e) })
}
func (c condAny) match(e *refEntity) bool {
	return slices.ContainsFunc(c, func(c cond) bool { return c.match(e) })
}
func (c condNot) match(e *refEntity) bool { return !c.cond.match(e) }

// predicate writes a condition as the JSON that ParsePredicate reads.
func predicate(c cond) any {
	list := func(conds []cond) []any {
		out := []any{}
		for _, c := range conds {
			out = append(out, predicate(c))
		}
		return out
	}
	switch c := c.(type) {
	case condExists:
		if typ, ok := strings.CutPrefix(c.key, "relations."); ok {
			return map[string]any{"relations": map[string]any{"$contains": map[string]any{"type": typ}}}
		}
		return map[string]any{c.key: map[string]any{"$exists": true}}
	case condIn:
		if typ, ok := strings.CutPrefix(c.key, "relations."); ok && len(c.values) > 0 {
			return map[string]any{"relations": map[string]any{"$contains": map[string]any{"type": typ, "targetRef": map[string]any{"$in": c.values}}}}
		}
		if len(c.values) == 1 {
			return map[string]any{c.key: c.values[0]}
		}
		return map[string]any{c.key: map[string]any{"$in": c.values}}
	case condPrefix:
		return map[string]any{c.key: map[string]any{"$hasPrefix": c.prefix}}
	case condAll:
		return map[string]any{"$all": list(c)}
	case condAny:
		return map[string]any{"$any": list(c)}
	case condNot:
		if e, ok := c.cond.(condExists); ok && !strings.HasPrefix(e.key, "relations.") {
			return map[string]any{e.key: map[string]any{"$exists": false}}
		}
		return map[string]any{"$not": predicate(c.cond)}
	}
	panic("unknown condition")
}

func (r *reference) matching(c cond) []*refEntity {
	var out []*refEntity
	for _, e := range r.all {
		if c == nil || c.match(e) {
			out = append(out, e)
		}
	}
	return out
}

// smallest is the value by which an entity is sorted.
func (e *refEntity) smallest(key string) (value string, ok bool) {
	for _, row := range e.rows {
		if row.key == strings.ToLower(key) && !row.null && (!ok || row.value < value) {
			value, ok = row.value, true
		}
	}
	return value, ok
}

// sorted is the whole list that Query pages through.
func (r *reference) sorted(list []*refEntity, o []Order) []*refEntity {
	if len(o) > 0 {
		list = slices.DeleteFunc(slices.Clone(list), func(e *refEntity) bool {
			_, ok := e.smallest(o[0].Field)
			return !ok
		})
		slices.SortStableFunc(list, func(a, b *refEntity) int {
			x, _ := a.smallest(o[0].Field)
			y, _ := b.smallest(o[0].Field)
			return cmp.Compare(x, y)
		})
		if o[0].Desc {
			slices.Reverse(list)
		}
	}
	return list
}

func (r *reference) facet(list []*refEntity, key string) []FacetValue {
	counts := map[string]int{}
	for _, e := range list {
		seen := map[string]bool{}
		for _, row := range e.rows {
			if row.key == strings.ToLower(key) && !row.null && !seen[row.orig] {
				seen[row.orig] = true
				counts[row.orig]++
			}
		}
	}
	var out []FacetValue
	for v, n := range counts {
		out = append(out, FacetValue{v, n})
	}
	slices.SortFunc(out, func(a, b FacetValue) int { return cmp.Compare(a.Value, b.Value) })
	return out
}

// finding are those of a list in which a text is found: the whole term, or every word of it, in any of the fields.
func finding(list []*refEntity, text TextQuery, usual string) []*refEntity {
	if text.Term == "" {
		return list
	}
	fields, terms := text.Fields, []string{text.Term}
	if len(fields) == 0 {
		fields = []string{usual}
	}
	if text.Words {
		terms = strings.Fields(text.Term)
	}
	return slices.DeleteFunc(slices.Clone(list), func(e *refEntity) bool {
		return slices.ContainsFunc(terms, func(term string) bool { return !e.contains(term, fields) })
	})
}

// textQuery is a text of one word or several, at times as a whole and at times word by word.
func (g randomRows) textQuery() TextQuery {
	text := TextQuery{Words: g.r.IntN(3) > 0}
	for range 1 + g.r.IntN(3) {
		text.Term += g.pick(" ", " ", "", "\t ") + g.pick("pay", "PAYMENT", " java ", "a", "é", "o", "comp", "n1", "quote", "tru", "%", "_", "smile 😀", "service", "vice", "default", "null\x00")
	}
	if g.r.IntN(4) > 0 {
		for range 1 + g.r.IntN(4) {
			text.Fields = append(text.Fields, g.pick(randomKeys...))
		}
	}
	return text
}

func (e *refEntity) contains(term string, fields []string) bool {
	return slices.ContainsFunc(e.rows, func(r refRow) bool {
		return !r.null && slices.ContainsFunc(fields, func(f string) bool { return strings.ToLower(f) == r.key }) &&
			strings.Contains(r.value, strings.ToLower(strings.TrimSpace(term)))
	})
}

// project keeps what fields names of a decoded value; it reports whether anything was kept.
func project(v any, fields []string) (any, bool) {
	m, ok := v.(map[string]any)
	if !ok {
		return nil, false
	}
	out := map[string]any{}
	for key, value := range m {
		var below []string
		whole := false
		for _, f := range fields {
			if f == key {
				whole = true
			}
			if rest, ok := strings.CutPrefix(f, key+"."); ok {
				below = append(below, rest)
			}
		}
		if whole {
			out[key] = value
		} else if kept, ok := project(value, below); ok {
			out[key] = kept
		}
	}
	return out, len(out) > 0
}

// randomRows makes small catalogs of the strangest entities that pass validation, and some that do not.
type randomRows struct{ r *rand.Rand }

func (g randomRows) pick(list ...string) string { return list[g.r.IntN(len(list))] }

func (g randomRows) ref() string {
	return strings.ToLower(g.pick("Component", "API", "Group", "User", "System", "Location", "Widget")) + ":" +
		g.pick("default", "default", "default", "other") + "/" + fmt.Sprintf("n%d", g.r.IntN(12))
}

func (g randomRows) value(depth int) any {
	switch n := g.r.IntN(16); {
	case n == 0:
		return nil
	case n == 1:
		return g.r.IntN(2) == 0
	case n == 2:
		return json.Number(g.pick("1", "1.0", "10e2", "-0", "0.5", "-3", "123456789012345678", "2.50"))
	case n < 5 && depth < 3:
		list := []any{}
		for range g.r.IntN(4) {
			list = append(list, g.value(depth+1))
		}
		return list
	case n < 7 && depth < 3:
		m := map[string]any{}
		for range g.r.IntN(4) {
			m[g.pick("a", "b", "c", "a.b", "b.c", "x/y", "é", "C-d")] = g.value(depth + 1)
		}
		return m
	}
	return g.text()
}

func (g randomRows) text() string {
	switch g.r.IntN(20) {
	case 0:
		return strings.Repeat(g.pick("long ", "Ünïcödé", "x"), 30+g.r.IntN(180))
	case 1:
		return ""
	case 2:
		return g.pick("tab\tand \"quote\"", "back\\slash", "line\nbreak", "smile 😀", "<b>&amp;</b>", "\u2028", "null\x00byte", "İstanbul", "ΣΑΣ")
	}
	return g.pick("java", "Java", "go", "b", "a.b", "true", "True", "payment service", "Payment", "pay", "component:default/n1", "1", "service", "with, comma", "k=v")
}

func (g randomRows) refs() []any {
	list := []any{}
	for range g.r.IntN(4) {
		list = append(list, g.pick(g.ref(), g.ref(), "n3", "other/n4", "::", "gone"))
	}
	return list
}

// row makes an entity of that ref.
func (g randomRows) row(ref, uid string, revision int64) Row {
	kind, rest, _ := strings.Cut(ref, ":")
	ns, name, _ := strings.Cut(rest, "/")
	meta := map[string]any{"name": name}
	if ns != "default" || g.r.IntN(3) == 0 {
		meta["namespace"] = ns
	}
	for range g.r.IntN(6) {
		switch g.r.IntN(5) {
		case 0:
			meta["title"] = g.text()
		case 1:
			meta["description"] = g.text()
		case 2:
			meta["tags"] = []any{g.pick("java", "Java", "go"), g.pick("java", "b.c", "x"), g.pick("go", "GO")}
		case 3:
			meta["annotations"] = map[string]any{g.pick("a.b/c", "backstage.io/x", "plain"): g.text(), "other": g.text()}
		case 4:
			meta["links"] = []any{map[string]any{"url": g.text(), "title": g.text()}, map[string]any{"url": g.text()}}
		}
	}
	spec := map[string]any{}
	for range g.r.IntN(6) {
		switch g.r.IntN(8) {
		case 0:
			spec["owner"] = g.pick("n1", "group:default/n2", "user:other/n3", "team a")
		case 1:
			spec["system"] = g.pick("n1", "n2")
		case 2:
			spec["dependsOn"] = g.refs()
		case 3:
			spec["providesApis"] = g.refs()
		case 4:
			spec["memberOf"], spec["parent"], spec["children"] = g.refs(), "n5", g.refs()
		case 5:
			spec["type"] = g.pick("service", "Service", "website")
		case 6:
			spec["profile"] = map[string]any{"displayName": g.text(), "email": g.text()}
		default:
			spec[g.pick("a", "b", "c", "nested", "Upper")] = g.value(0)
		}
	}
	// What goes in must be canonical: indented or not must not matter, and HTML is not escaped.
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(g.r.IntN(2) == 0)
	if g.r.IntN(4) == 0 {
		enc.SetIndent("", "  ")
	}
	if err := enc.Encode(map[string]any{"apiVersion": "x/v1", "kind": g.pick(kind, strings.ToUpper(kind[:1])+kind[1:]), "metadata": meta, "spec": spec}); err != nil {
		panic(err)
	}
	row := Row{UID: uid, Ref: ref, Revision: revision, JSON: bytes.TrimSpace(buf.Bytes())}
	if g.r.IntN(2) == 0 {
		row.Parent = "location:default/" + fmt.Sprintf("n%d", g.r.IntN(12))
	}
	if g.r.IntN(4) == 0 {
		row.Status = []byte(g.pick(`[]`, `[{"type":"t","level":"error","message":"m"}]`, `null`,
			`[{"type":"portico.dev/missing","level":"warning","message":"m"},{"type":"portico.dev/conflict","level":"warning","message":"c"}]`))
	}
	if k := g.r.IntN(6); k > 0 {
		row.Changed = time.UnixMilli(1_790_000_000_000 + int64(k)*3_600_321)
	}
	return row
}

var randomKeys = []string{
	"kind", "Kind", "apiVersion", "metadata.name", "metadata.namespace", "metadata.uid", "metadata.title", "metadata.description", "metadata.tags",
	"metadata.tags.java", "metadata.tags.b.c", "metadata.annotations.a.b/c", "metadata.annotations.other", "metadata.links.url", "metadata.links.title",
	"spec.owner", "spec.type", "spec.system", "spec.dependsOn", "spec.dependsOn.n3", "spec.a", "spec.b", "spec.a.b", "spec.a.b.c", "spec.a.java", "spec.nested.a",
	"spec.nested.b.go", "spec.UPPER", "spec.profile.displayName", "spec.memberOf", "relations.ownedBy", "relations.OWNEROF", "relations.partOf", "relations.dependsOn",
	"relations.hasMember", "spec.nothing", "nonsense", "spec", "metadata.tags.GO", "portico.needs", "portico.changedAt",
}

func (g randomRows) cond(depth int) cond {
	key := g.pick(randomKeys...)
	switch n := g.r.IntN(10); {
	case n < 2 && depth < 3:
		all := condAll{}
		for range g.r.IntN(4) {
			all = append(all, g.cond(depth+1))
		}
		return all
	case n < 4 && depth < 3:
		any := condAny{}
		for range g.r.IntN(4) {
			any = append(any, g.cond(depth+1))
		}
		return any
	case n == 4 && depth < 3:
		return condNot{g.cond(depth + 1)}
	case n == 5:
		return condExists{key}
	case n == 6 && !strings.HasPrefix(key, "relations."):
		return condPrefix{key, g.pick("", "j", "PAY", "component", "n", "t", "group:", "é", "a", "2026-")}
	}
	var values []string
	for range 1 + g.r.IntN(2) {
		values = append(values, g.pick("java", "GO", "component", "user", "default", "n1", "n2", "service", "true", "1", "1000", "0", "", "Payment", "b",
			"group:default/n2", "component:default/n1", "absent", "error", "missing", "0.5", "smile 😀", "istanbul"))
	}
	return condIn{key, values}
}
