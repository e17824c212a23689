package index

import (
	"bytes"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"testing"
)

// manyFields makes entities that each have a value at all of the fields note.f0, note.f1, …
func manyFields(entities, fields int) []Row {
	rows := make([]Row, entities)
	for i := range rows {
		var b bytes.Buffer
		fmt.Fprintf(&b, `{"kind":"Component","metadata":{"name":"n%d","tags":["t"]},"note":{`, i)
		for k := range fields {
			fmt.Fprintf(&b, `"f%d":"%d",`, k, (i*7+k)%13)
		}
		b.Truncate(b.Len() - 1)
		b.WriteString("}}")
		rows[i] = Row{UID: fmt.Sprintf("%06d", i), Ref: fmt.Sprintf("component:default/n%d", i), JSON: b.Bytes()}
	}
	return rows
}

func heap() int {
	var m runtime.MemStats
	runtime.GC()
	runtime.GC()
	runtime.ReadMemStats(&m)
	return int(m.HeapAlloc)
}

// TestOrdersAreBounded sorts by a thousand keys that no entity has, by one that all have in a list, and by two
// hundred that all have. Not parallel: it measures the heap.
func TestOrdersAreBounded(t *testing.T) {
	const entities, fields, most = 2000, 200, 6 << 20
	x := New(Options{})
	s := x.Apply(manyFields(entities, fields), 1)
	first := func(field string, desc bool) Page {
		t.Helper()
		page, err := s.Query(Query{Order: []Order{{Field: field, Desc: desc}}, Limit: 1}, nil)
		if err != nil {
			t.Fatal(err)
		}
		return page
	}
	first("metadata.name", false)
	before := heap()
	for i := range 1000 {
		if n := first(fmt.Sprintf("x%d", i), false).TotalItems; n != 0 {
			t.Fatalf("%d entities have the key x%d", n, i)
		}
		f, err := ParseFilters([]string{fmt.Sprintf("kind=component,metadata.name=n%d", i)})
		if err != nil {
			t.Fatal(err)
		}
		for _, field := range []string{"metadata.tags.t", "note.f0"} {
			if page, err := s.Query(Query{Filters: Filters{Filter: f}, Order: []Order{{Field: field}}, Limit: 1}, nil); err != nil || len(page.Docs) != 1 {
				t.Fatal(page, err)
			}
		}
	}
	if n := first("metadata.tags.t", false).TotalItems; n != entities {
		t.Fatalf("%d entities have the tag", n)
	}
	if grown := heap() - before; grown > most {
		t.Errorf("keys that are no fields: the heap has grown by %d bytes, want at most %d", grown, most)
	}
	name := s.fields[fieldName].order.Load().get()
	for k := range fields {
		if n := first(fmt.Sprintf("note.f%d", k), k%2 == 0).TotalItems; n != entities {
			t.Fatalf("%d entities have f%d", n, k)
		}
	}
	if grown := heap() - before; grown > most {
		t.Errorf("with many fields: the heap has grown by %d bytes, want at most %d", grown, most)
	}
	if got := s.fields[fieldName].order.Load().get(); got == nil || got != name {
		t.Error("the order by name was forgotten")
	}
	runtime.KeepAlive(x)
}

// TestOrdersComeBack walks through pages while the order that they are in is forgotten and the catalog changes.
func TestOrdersComeBack(t *testing.T) {
	t.Parallel()
	const entities, fields = 1000, 70
	rows := manyFields(entities, fields)
	x := New(Options{})
	x.Apply(rows, 1)
	forget := func(s *Snapshot) {
		t.Helper()
		for k := 1; k < fields; k++ {
			if _, err := s.Query(Query{Order: []Order{{Field: fmt.Sprintf("note.f%d", k)}}, Limit: 1}, nil); err != nil {
				t.Fatal(err)
			}
		}
		id, _ := s.reg.lookup("note.f0")
		if s.fields[id].order.Load().get() != nil {
			t.Fatal("the order by f0 is still there")
		}
	}
	var got []string
	q := Query{Order: []Order{{Field: "note.f0"}}, Limit: 300}
	for rev := int64(2); ; rev++ {
		s := x.Snapshot()
		page, err := s.Query(q, nil)
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, docRefs(page.Docs)...)
		if page.Next == "" {
			break
		}
		q.Cursor = page.Next
		forget(s)
		x.Apply([]Row{{UID: "new", Ref: "component:default/new", Revision: rev, JSON: []byte(`{"kind":"Component","metadata":{"name":"new"},"note":{"f1":"0"}}`)}}, rev)
	}
	fresh := New(Options{}).Apply(rows, 1)
	page, err := fresh.Query(Query{Order: q.Order, Limit: entities}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(got, docRefs(page.Docs)) {
		t.Errorf("the pages hold %d entities in another order than one page with all %d", len(got), len(page.Docs))
	}
}

// TestFewRanks compares the order of a field that few have with what sorting by hand gives.
func TestFewRanks(t *testing.T) {
	t.Parallel()
	rows := manyFields(3000, 1)
	var want []string
	for i := 0; i < len(rows); i += 100 {
		rows[i].JSON = bytes.Replace(rows[i].JSON, []byte(`"note":{`), fmt.Appendf(nil, `"note":{"rare":"%d",`, (i*31)%7), 1)
		want = append(want, fmt.Sprintf("%d/%s", (i*31)%7, rows[i].Ref))
	}
	slices.SortStableFunc(want, func(a, b string) int { return strings.Compare(a[:1], b[:1]) }) // rows come by uid
	for i := range want {
		want[i] = want[i][2:]
	}
	s := New(Options{}).Apply(rows, 1)
	page, err := s.Query(Query{Order: []Order{{Field: "note.rare"}}, Limit: len(rows)}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if got := docRefs(page.Docs); !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	list, _, err := s.List(Filters{}, []Order{{Field: "note.rare"}}, 0, -1, nil)
	if err != nil || len(list) != len(rows) {
		t.Fatal(len(list), err)
	}
	if got := docRefs(list[:len(want)]); !slices.Equal(got, want) {
		t.Errorf("the list begins with %v, want %v", got, want)
	}
}

// TestDigest is the same for the same entities, however they came about, and another for others.
func TestDigest(t *testing.T) {
	t.Parallel()
	rows := func() []Row { return manyFields(200, 2) }
	want := New(Options{}).Apply(rows(), 1).Digest()
	x := New(Options{})
	for i, row := range slices.Backward(rows()) {
		x.Apply([]Row{row}, int64(i))
	}
	if got := x.Snapshot().Digest(); got != want {
		t.Errorf("one by one gives %x, all at once %x", got, want)
	}
	seen := map[uint64]string{want: "as it was"}
	for name, change := range map[string]func(*Row){
		"another value": func(r *Row) { r.JSON = bytes.Replace(r.JSON, []byte(`"f0":"`), []byte(`"f0":"x`), 1) },
		"another uid":   func(r *Row) { r.UID = "other" },
		"a parent":      func(r *Row) { r.Parent = "location:default/l" },
		"a status":      func(r *Row) { r.Status = []byte(`[{"level":"error"}]`) },
		"gone":          func(r *Row) { r.Deleted = true },
	} {
		all := rows()
		row := all[77]
		change(&row)
		got := x.Apply([]Row{row}, 1).Digest()
		if other, ok := seen[got]; ok {
			t.Errorf("%s has the digest of %s", name, other)
		}
		seen[got] = name
		if back := x.Apply(all[77:78], 1).Digest(); back != want {
			t.Errorf("after %s and back the digest is %x, want %x", name, back, want)
		}
	}
}
