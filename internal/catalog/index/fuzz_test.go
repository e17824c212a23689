package index

import (
	"encoding/base64"
	"encoding/json"
	"math/rand/v2"
	"reflect"
	"strings"
	"sync"
	"testing"

	"portico/internal/errs"
)

// fuzzed is a catalog of odd entities that the fuzz targets ask.
var fuzzed = sync.OnceValue(func() *catalog {
	c := newCatalog(77)
	for range 10 {
		c.change(20)
	}
	return c
})

func refused(t *testing.T, err error) bool {
	t.Helper()
	if err != nil && (!errs.Is(err, errs.Invalid) || errs.Remedy(err) == "") {
		t.Fatalf("got %v, want an invalid input with a remedy", err)
	}
	return err != nil
}

// FuzzFilter holds what a filter chooses against the plainest reading of its text.
func FuzzFilter(f *testing.F) {
	for _, s := range []string{"kind=component", "kind=a,kind=b", "metadata.tags.java", "metadata.tags.b.c=true", "=", "a==b", " , kind = user ,", "spec.a.b", "relations.ownedBy=group:default/n2", "spec.a.b.c.d="} {
		f.Add(s, "kind=API")
	}
	c := fuzzed()
	s, r := c.x.Snapshot(), newReference(c.rows)
	f.Fuzz(func(t *testing.T, one, two string) {
		filter, err := ParseFilters([]string{one, two})
		if refused(t, err) {
			return
		}
		any := condAny{}
		for _, p := range []string{one, two} {
			byKey, all := map[string]condIn{}, condAll{}
			for _, part := range strings.Split(p, ",") {
				key, value, valued := strings.Cut(strings.TrimSpace(part), "=")
				if key = strings.TrimSpace(key); key == "" {
					continue
				}
				in := byKey[key]
				if valued {
					in.values = append(in.values, strings.TrimSpace(value))
				}
				byKey[key] = condIn{key, in.values}
			}
			for key, in := range byKey {
				if in.values == nil {
					all = append(all, condExists{key})
				} else {
					all = append(all, in)
				}
			}
			if len(all) > 0 {
				any = append(any, all)
			}
		}
		want := len(r.all)
		if len(any) > 0 {
			want = len(r.matching(any))
		}
		page, err := s.Query(Query{Filters: Filters{Filter: filter}}, nil)
		if err != nil || page.TotalItems != want {
			t.Fatalf("%q and %q choose %d, want %d: %v", one, two, page.TotalItems, want, err)
		}
	})
}

// FuzzPredicate wants that what is accepted can be written to a cursor and read back, that negation
// turns the choice around, and that nothing else panics.
func FuzzPredicate(f *testing.F) {
	g := randomRows{rand.New(rand.NewPCG(1, 1))}
	for range 50 {
		raw, err := json.Marshal(predicate(g.cond(0)))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(raw)
	}
	f.Add([]byte(`{"relations":{"$contains":{"type":"ownedBy","targetRef":{"$in":["group:default/n2"]}}},"a":{"$exists":false}}`))
	s := fuzzed().x.Snapshot()
	f.Fuzz(func(t *testing.T, raw []byte) {
		filter, err := ParsePredicate(raw)
		if refused(t, err) || filter == nil {
			return
		}
		again, err := ParsePredicate([]byte(filter.json))
		if err != nil || again.key != filter.key {
			t.Fatalf("%s is read back as %v: %v", filter.json, again, err)
		}
		not := newFilter(&expr{op: opNot, subs: []*expr{filter.root}}, "")
		if in, out := s.filtered(Filters{Query: filter}, nil), s.filtered(Filters{Query: not}, nil); in.n+out.n != s.Len() || in.and(out).n > 0 {
			t.Fatalf("%s chooses %d and leaves %d of %d", filter.json, in.n, out.n, s.Len())
		}
	})
}

func FuzzCursor(f *testing.F) {
	s := fuzzed().x.Snapshot()
	g := randomRows{rand.New(rand.NewPCG(2, 2))}
	for range 60 {
		page, err := s.Query(Query{Filters: Filters{Query: mustPredicate(f, g.cond(2))}, Order: []Order{{Field: g.pick("kind", "metadata.name", "spec.type")}}, Limit: 1, Text: TextQuery{Term: g.pick("", "o"), Fields: []string{"kind"}}}, nil)
		if err != nil {
			f.Fatal(err)
		}
		if page.Next != "" {
			f.Add(mustBase64(f, page.Next), 2)
		}
	}
	f.Add([]byte(`{"orderFieldValues":["a"],"isPrevious":true,"filter":{"not":{"anyOf":[{"key":"kind","values":["x"]}]}},"totalItems":-1e99}`), 3)
	f.Fuzz(func(t *testing.T, raw []byte, limit int) {
		limit &= 31
		_, _ = s.Query(Query{Cursor: string(raw), Limit: limit}, nil)
		page, err := s.Query(Query{Cursor: base64.StdEncoding.EncodeToString(raw), Limit: limit}, nil)
		if refused(t, err) {
			return
		}
		if len(page.Docs) > limit || page.TotalItems < 0 {
			t.Fatalf("%d documents, total %d", len(page.Docs), page.TotalItems)
		}
		for _, cursor := range []string{page.Next, page.Prev} {
			if cursor != "" {
				if _, err := s.Query(Query{Cursor: cursor, Limit: limit}, nil); err != nil {
					t.Fatalf("a cursor that was given is refused: %v", err)
				}
			}
		}
	})
}

// FuzzFields projects an entity and compares with the projection of the decoded entity.
func FuzzFields(f *testing.F) {
	for _, s := range []string{"kind", "metadata.name,metadata.tags", "metadata.annotations.a.b/c", "spec.a.b.c,spec.a", "relations.type,status", ".", "metadata..name", "spec.nested.x/y.é"} {
		f.Add(s, uint64(3))
	}
	f.Fuzz(func(t *testing.T, text string, seed uint64) {
		fields, err := ParseFields([]string{text})
		if refused(t, err) || fields == nil {
			return
		}
		g := randomRows{rand.New(rand.NewPCG(seed, 1))}
		doc := New(Options{}).Apply([]Row{g.row("component:default/n1", "uid", 1)}, 1).ByUID("uid", nil)
		got := decode(doc.AppendFields(nil, fields))
		want, kept := project(decode(doc.JSON()), fields.paths)
		if !kept {
			want = map[string]any{}
		}
		if !reflect.DeepEqual(want, any(got)) {
			t.Fatalf("%q of %s is %v, want %v", text, doc.JSON(), got, want)
		}
	})
}

// FuzzScan feeds the scanner what no row may hold. It must neither panic nor loop, and what it takes for
// an entity must be served without a panic.
func FuzzScan(f *testing.F) {
	g := randomRows{rand.New(rand.NewPCG(5, 5))}
	for range 20 {
		f.Add(g.row("component:default/n1", "1", 1).JSON)
	}
	for _, s := range []string{`{"metadata":{}`, `{"metadata":{}}`, `{"metadata":{},"a":[1,2`, `{"metadata":{"a":"\`, `{"metadata":{"a":"\u12`, `{"metadata":{"\ud83d":1}}`, `{"metadata":{},}`, `{"metadata":{]}}`, `{"metadata" {}}`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		x := New(Options{})
		s := x.Apply([]Row{{UID: "1", Ref: "component:default/a", JSON: append([]byte(nil), raw...)}}, 1)
		doc := s.ByUID("1", nil)
		if doc == nil {
			return
		}
		served := doc.AppendFields(doc.JSON(), &Fields{paths: []string{"metadata.name", "spec"}})
		s.Facets([]string{"metadata.name", "kind"}, Filters{}, nil)
		if json.Valid(raw) && !json.Valid(doc.JSON()) {
			t.Fatalf("valid %s is served as %s", raw, served)
		}
		x.Apply([]Row{{Ref: "component:default/a", Deleted: true}}, 2)
	})
}
