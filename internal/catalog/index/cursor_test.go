package index

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"portico/internal/errs"
)

// TestCursorsWalk pages forward to the end and back to the start, for many questions, and compares with
// the list at once.
func TestCursorsWalk(t *testing.T) {
	c := newCatalog(3)
	for range 20 {
		c.change(12)
	}
	s := c.x.Snapshot()
	for range 200 {
		q := Query{Filters: Filters{Query: mustPredicate(t, c.g.cond(1))}, Limit: 1 + c.g.r.IntN(7)}
		if c.g.r.IntN(4) > 0 {
			q.Order = []Order{{Field: c.g.pick(randomKeys...), Desc: c.g.r.IntN(2) == 0}}
		}
		if c.g.r.IntN(3) == 0 {
			q.Text = TextQuery{Term: c.g.pick("a", "n", "de", "n1 de", "t a"), Fields: []string{"metadata.name", "kind", "metadata.namespace"}, Words: c.g.r.IntN(2) == 0}
		}
		all, err := s.Query(Query{Filters: q.Filters, Order: q.Order, Text: q.Text, Limit: 1000}, nil)
		if err != nil {
			t.Fatal(err)
		}
		var there, back []string
		page, err := s.Query(q, nil)
		for {
			if err != nil || page.TotalItems != all.TotalItems {
				t.Fatalf("total %d, want %d: %v", page.TotalItems, all.TotalItems, err)
			}
			there = append(there, docRefs(page.Docs)...)
			if page.Next == "" {
				break
			}
			page, err = s.Query(Query{Cursor: page.Next, Limit: q.Limit}, nil)
		}
		if diff := cmp.Diff(docRefs(all.Docs), there); diff != "" && all.TotalItems > 0 {
			t.Fatalf("%s %+v: forward: %s", q.Filters.Query.json, q.Order, diff)
		}
		for len(page.Docs) > 0 {
			refs := docRefs(page.Docs)
			slices.Reverse(refs)
			back = append(back, refs...)
			if page.Prev == "" {
				break
			}
			if page, err = s.Query(Query{Cursor: page.Prev, Limit: q.Limit}, nil); err != nil || page.Next == "" {
				t.Fatalf("backwards: next %q, %v", page.Next, err)
			}
		}
		slices.Reverse(back)
		if diff := cmp.Diff(there, back); diff != "" {
			t.Fatalf("%s %+v: backwards: %s", q.Filters.Query.json, q.Order, diff)
		}
	}
}

// TestCursorsWalkWhileTheCatalogChanges wants every entity that stays as it is exactly once, whatever
// comes, goes and moves around it.
func TestCursorsWalkWhileTheCatalogChanges(t *testing.T) {
	for _, order := range [][]Order{nil, {{Field: "metadata.name"}}, {{Field: "spec.type", Desc: true}}} {
		t.Run(fmt.Sprint(order), func(t *testing.T) {
			g := randomRows{rand.New(rand.NewPCG(9, 9))}
			x := New(Options{})
			row := func(name string) Row {
				return Row{UID: synthUID(g.r), Ref: "widget:default/" + name, JSON: fmt.Appendf(nil, `{"kind":"Widget","metadata":{"name":%q},"spec":{"type":%q}}`, name, g.pick("a", "b", "c"))}
			}
			var stay, pass []Row
			for i := range 300 {
				stay = append(stay, row(fmt.Sprintf("stay-%03d", g.r.IntN(1000)*1000+i)))
				pass = append(pass, row(fmt.Sprintf("%c-pass-%d", 'a'+i%26, i)))
			}
			x.Apply(slices.Concat(stay, pass), 1)
			seen := map[string]int{}
			walk := func(start Query, next func(Page) string) Page {
				page, err := x.Snapshot().Query(start, nil)
				for {
					if err != nil {
						t.Fatal(err)
					}
					for _, d := range page.Docs {
						seen[d.Ref()]++
					}
					cursor := next(page)
					if cursor == "" {
						return page
					}
					i := g.r.IntN(len(pass))
					x.Apply([]Row{{Ref: pass[i].Ref, Deleted: true}, row(fmt.Sprintf("%c-new-%d", 'a'+g.r.IntN(26), g.r.IntN(50)))}, x.Snapshot().Revision()+1)
					page, err = x.Snapshot().Query(Query{Cursor: cursor, Limit: 7}, nil)
				}
			}
			last := walk(Query{Order: order, Limit: 7}, func(p Page) string { return p.Next })
			check := func() {
				t.Helper()
				for _, r := range stay {
					if seen[r.Ref] != 1 {
						t.Fatalf("%s was seen %d times", r.Ref, seen[r.Ref])
					}
				}
			}
			check()
			tail := docRefs(last.Docs)
			clear(seen)
			for _, ref := range tail {
				seen[ref]++
			}
			if last.Prev != "" {
				walk(Query{Cursor: last.Prev, Limit: 7}, func(p Page) string { return p.Prev })
			}
			check()
		})
	}
}

// TestCursorIsBackstages pins the names that Backstage's client looks for, and reads a cursor that a
// Backstage of release 1.55 would give.
func TestCursorIsBackstages(t *testing.T) {
	s := New(Options{}).Apply(synth(1100), 1)
	f, err := ParseFilters([]string{"kind=component,spec.type=service,spec.type=job,metadata.name", "kind=API"})
	if err != nil {
		t.Fatal(err)
	}
	q, err := ParsePredicate([]byte(` { "$not" : {"spec.type": "grpc"} } `))
	if err != nil {
		t.Fatal(err)
	}
	page, err := s.Query(Query{Filters: Filters{Filter: f, Query: q}, Order: []Order{{Field: "metadata.name", Desc: true}, {Field: "kind"}}, Text: TextQuery{Term: "a", Fields: []string{"metadata.name"}}, Limit: 2}, nil)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := base64.StdEncoding.DecodeString(page.Next)
	if err != nil {
		t.Fatal(err)
	}
	var got map[string]any
	if err := json.Unmarshal(raw, &got); err != nil {
		t.Fatal(err)
	}
	entry := func(d *Doc) []any {
		return []any{decode(d.JSON())["metadata"].(map[string]any)["name"], d.UID()}
	}
	want := map[string]any{
		"filter": map[string]any{"anyOf": []any{
			map[string]any{"allOf": []any{
				map[string]any{"key": "kind", "values": []any{"component"}},
				map[string]any{"key": "spec.type", "values": []any{"service", "job"}},
				map[string]any{"key": "metadata.name"},
			}},
			map[string]any{"allOf": []any{map[string]any{"key": "kind", "values": []any{"API"}}}},
		}},
		"query":                map[string]any{"$not": map[string]any{"spec.type": "grpc"}},
		"orderFields":          []any{map[string]any{"field": "metadata.name", "order": "desc"}, map[string]any{"field": "kind", "order": "asc"}},
		"fullTextFilter":       map[string]any{"term": "a", "fields": []any{"metadata.name"}},
		"orderFieldValues":     entry(page.Docs[1]),
		"firstSortFieldValues": entry(page.Docs[0]),
		"isPrevious":           false,
		"totalItems":           float64(page.TotalItems),
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}

	theirs := base64.StdEncoding.EncodeToString([]byte(`{"orderFields":[{"field":"metadata.name","order":"asc"}],"fullTextFilter":{"term":""},
		"filter":{"allOf":[{"key":"kind","values":["Component"]},{"not":{"key":"spec.type","values":["job"]}},{"anyOf":[{"key":"metadata.tags"}]}]},
		"orderFieldValues":["m","00000000-0000-0000-0000-000000000000"],"firstSortFieldValues":["a","b"],"isPrevious":false,"totalItems":77}`))
	for _, cursor := range []string{theirs, strings.TrimRight(theirs, "="), base64.URLEncoding.EncodeToString([]byte(mustBase64(t, theirs))), strings.ReplaceAll(theirs, "+", " ")} {
		page, err = s.Query(Query{Cursor: cursor, Limit: 3}, nil)
		if err != nil || page.TotalItems != 77 || len(page.Docs) != 3 || page.Prev == "" {
			t.Fatalf("%d documents, total %d, prev %q: %v", len(page.Docs), page.TotalItems, page.Prev, err)
		}
		for _, d := range page.Docs {
			if !strings.HasPrefix(d.Ref(), "component:default/") || strings.TrimPrefix(d.Ref(), "component:default/") < "m" {
				t.Errorf("%s should not be here", d.Ref())
			}
		}
	}
}

func mustBase64(t testing.TB, s string) []byte {
	t.Helper()
	raw, err := base64.StdEncoding.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

func TestBadCursors(t *testing.T) {
	s := New(Options{}).Apply(synth(1100), 1)
	enc := func(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) }
	for name, cursor := range map[string]string{
		"not base64":          "!",
		"not JSON":            enc("x"),
		"no object":           enc("[]"),
		"no values":           enc(`{"orderFields":[]}`),
		"too few values":      enc(`{"orderFields":[{"field":"kind","order":"asc"}],"orderFieldValues":["a"]}`),
		"no value":            enc(`{"orderFields":[],"orderFieldValues":[null]}`),
		"other order":         enc(`{"orderFields":[{"field":"kind","order":"up"}],"orderFieldValues":["a","b"]}`),
		"no filter":           enc(`{"orderFieldValues":["a"],"filter":[]}`),
		"filter of nothing":   enc(`{"orderFieldValues":["a"],"filter":{}}`),
		"filter of two minds": enc(`{"orderFieldValues":["a"],"filter":{"key":"a","anyOf":[]}}`),
		"unknown filter":      enc(`{"orderFieldValues":["a"],"filter":{"some":[]}}`),
		"not what":            enc(`{"orderFieldValues":["a"],"filter":{"not":[]}}`),
		"not twice":           enc(`{"orderFieldValues":["a"],"filter":{"not":{"key":"a"},"not":{"key":"a"}}}`),
		"number as value":     enc(`{"orderFieldValues":["a"],"filter":{"key":"a","values":[1]}}`),
		"deep filter":         enc(`{"orderFieldValues":["a"],"filter":` + strings.Repeat(`{"not":`, 99) + `{"key":"a"}` + strings.Repeat(`}`, 99) + `}`),
		"bad predicate":       enc(`{"orderFieldValues":["a"],"query":{"$some":1}}`),
		"long":                strings.Repeat("A", 1<<20),
		"first of nothing":    enc(`{"orderFieldValues":["a"],"firstSortFieldValues":[]}`),
		"many orders":         enc(`{"orderFields":[` + strings.Repeat(`{"field":"a"},`, 99) + `{"field":"a"}],"orderFieldValues":["a","b"]}`),
	} {
		if _, err := s.Query(Query{Cursor: cursor, Limit: 1}, nil); !errs.Is(err, errs.Invalid) || errs.Remedy(err) == "" || len(err.Error()) > 400 {
			t.Errorf("%s: got %v, want an invalid cursor with a remedy", name, err)
		}
	}
	for _, q := range []Query{{Limit: -1}, {Offset: -1, Limit: 1}, {Text: TextQuery{Term: strings.Repeat("x", 2000)}}, {Text: TextQuery{Term: "x", Fields: make([]string, 99)}}, {Text: TextQuery{Term: strings.Repeat("x ", 17), Words: true}}} {
		if _, err := s.Query(q, nil); !errs.Is(err, errs.Invalid) {
			t.Errorf("%+v: got %v, want invalid", q, err)
		}
	}
}

// TestTotals covers what is counted when.
func TestTotals(t *testing.T) {
	s := New(Options{}).Apply(synth(1100), 1)
	tests := []struct {
		name              string
		q                 Query
		docs, total, want int
	}{
		{"count alone", Query{}, 0, 1100, 0},
		{"no count", Query{Limit: 3, NoTotal: true}, 3, 0, 0},
		{"neither", Query{NoTotal: true}, 0, 0, 0},
		{"huge limit", Query{Limit: 1 << 40}, 1100, 1100, 0},
		{"beyond the end", Query{Limit: 3, Offset: 5000}, 0, 1100, 0},
		{"no such order", Query{Limit: 3, Order: []Order{{Field: "nonsense"}}}, 0, 0, 0},
	}
	for _, tt := range tests {
		page, err := s.Query(tt.q, nil)
		if err != nil || len(page.Docs) != tt.docs || page.TotalItems != tt.total {
			t.Errorf("%s: %d documents, total %d, %v; want %d and %d", tt.name, len(page.Docs), page.TotalItems, err, tt.docs, tt.total)
		}
	}
	page, err := s.Query(Query{Limit: 3, NoTotal: true}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if page, err = s.Query(Query{Limit: 3, Cursor: page.Next}, nil); err != nil || page.TotalItems != 0 {
		t.Errorf("a cursor of a page without a total has total %d, %v", page.TotalItems, err)
	}
}

func TestAfter(t *testing.T) {
	if offset, limit, err := ParseAfter(After(40, 20)); offset != 40 || limit != 20 || err != nil {
		t.Error(offset, limit, err)
	}
	if offset, limit, err := ParseAfter(base64.StdEncoding.EncodeToString([]byte(`{"limit":5}`))); offset != -1 || limit != 5 || err != nil {
		t.Error(offset, limit, err)
	}
	for _, bad := range []string{"!", "e30x", base64.StdEncoding.EncodeToString([]byte(`{"limit":"5"}`)), base64.StdEncoding.EncodeToString([]byte(`{"offset":-5}`)), strings.Repeat("A", 5000)} {
		if _, _, err := ParseAfter(bad); !errs.Is(err, errs.Invalid) || errs.Remedy(err) == "" {
			t.Errorf("%.20s: %v", bad, err)
		}
	}
}
