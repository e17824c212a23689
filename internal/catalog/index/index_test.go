package index

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"portico/internal/errs"
)

// catalog is an index beside the rows that it should show.
type catalog struct {
	x        *Index
	rows     map[string]Row
	revision int64
	g        randomRows
}

func newCatalog(seed uint64) *catalog {
	return &catalog{x: New(Options{}), rows: map[string]Row{}, g: randomRows{rand.New(rand.NewPCG(seed, 7))}}
}

// change applies a few random changes in one batch.
func (c *catalog) change(n int) *Snapshot {
	c.revision++
	var batch []Row
	for range n {
		ref := c.g.ref()
		old, there := c.rows[ref]
		switch k := c.g.r.IntN(10); {
		case k < 3 && there:
			batch = append(batch, Row{Ref: ref, Deleted: true})
			delete(c.rows, ref)
			continue
		case k < 8 && there:
			batch = append(batch, c.g.row(ref, old.UID, c.revision))
		default:
			batch = append(batch, c.g.row(ref, synthUID(c.g.r), c.revision))
		}
		c.rows[ref] = batch[len(batch)-1]
	}
	return c.x.Apply(batch, c.revision)
}

func (c *catalog) fresh() *Snapshot {
	x := New(Options{})
	var rows []Row
	for _, row := range c.rows {
		rows = append(rows, row)
	}
	return x.Apply(rows, c.revision)
}

func mustPredicate(t testing.TB, c cond) *Filter {
	t.Helper()
	raw, err := json.Marshal(predicate(c))
	if err != nil {
		t.Fatal(err)
	}
	f, err := ParsePredicate(raw)
	if err != nil {
		t.Fatalf("%s: %v", raw, err)
	}
	return f
}

func docRefs(docs []*Doc) []string {
	out := []string{}
	for _, d := range docs {
		out = append(out, d.Ref())
	}
	return out
}

func entityRefs(list []*refEntity) []string {
	out := []string{}
	for _, e := range list {
		out = append(out, e.row.Ref)
	}
	return out
}

// TestAgainstReference asks a catalog that has lived through many changes, and one that was loaded at
// once, what a brute-force implementation is asked as well.
func TestAgainstReference(t *testing.T) {
	for seed := range uint64(12) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			c := newCatalog(seed)
			for range 30 {
				c.change(1 + c.g.r.IntN(12))
				if c.g.r.IntN(3) == 0 { // have orders and sorted values carried along
					page, err := c.x.Snapshot().Query(Query{Order: []Order{{Field: c.g.pick(randomKeys...)}}, Limit: 3}, nil)
					if err != nil || page.TotalItems < len(page.Docs) {
						t.Fatal(page, err)
					}
					c.x.Snapshot().Facets([]string{c.g.pick(randomKeys...)}, Filters{}, nil)
				}
			}
			r := newReference(c.rows)
			for name, s := range map[string]*Snapshot{"changed": c.x.Snapshot(), "fresh": c.fresh()} {
				t.Run(name, func(t *testing.T) { compare(t, c.g, s, r) })
			}
		})
	}
}

func compare(t *testing.T, g randomRows, s *Snapshot, r *reference) {
	if s.Len() != len(r.all) {
		t.Fatalf("%d entities, want %d", s.Len(), len(r.all))
	}
	for _, want := range r.all {
		compareEntity(t, s, want)
	}
	for range 150 {
		r, c, restriction := r, g.cond(0), (*Restriction)(nil)
		f := Filters{Query: mustPredicate(t, c)}
		if g.r.IntN(3) == 0 {
			see := g.cond(1)
			restriction = Restrict(mustPredicate(t, see))
			r = r.through(see)
		}
		list := r.matching(c)
		compareQuery(t, g, s, r, f, list, restriction)
		key := g.pick(randomKeys...)
		got := s.Facets([]string{key}, f, restriction)[0]
		if diff := cmp.Diff(r.facet(list, key), got.Values); diff != "" {
			t.Fatalf("facet %s of %s: %s", key, f.Query.json, diff)
		}
		text := g.textQuery()
		counted, err := s.FacetsOf([]string{key}, f, text, restriction)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(r.facet(finding(list, text, "metadata.uid"), key), counted[0].Values); diff != "" {
			t.Fatalf("facet %s of %s with %+v: %s", key, f.Query.json, text, diff)
		}
		compareLookups(t, g, s, r, f, list, restriction)
	}
}

func compareEntity(t *testing.T, s *Snapshot, want *refEntity) {
	t.Helper()
	doc := s.ByRef(strings.ToUpper(want.row.Ref), nil)
	if doc == nil || doc != s.ByUID(want.row.UID, nil) {
		t.Fatalf("%s: not found by ref and uid", want.row.Ref)
	}
	served := doc.JSON()
	if !json.Valid(served) {
		t.Fatalf("%s: invalid JSON %s", want.row.Ref, served)
	}
	got := decode(served)
	meta := got["metadata"].(map[string]any)
	if meta["etag"] != doc.ETag() || len(doc.ETag()) != 16 {
		t.Fatalf("%s: etag %v, want %s", want.row.Ref, meta["etag"], doc.ETag())
	}
	delete(meta, "etag")
	if diff := cmp.Diff(want.entity, got); diff != "" {
		t.Fatalf("%s: %s", want.row.Ref, diff)
	}
}

func compareQuery(t *testing.T, g randomRows, s *Snapshot, r *reference, f Filters, list []*refEntity, restriction *Restriction) {
	t.Helper()
	q := Query{Filters: f, Limit: g.r.IntN(9), Offset: g.r.IntN(3)}
	if g.r.IntN(3) > 0 {
		q.Order = []Order{{Field: g.pick(randomKeys...), Desc: g.r.IntN(2) == 0}}
	}
	if g.r.IntN(2) == 0 {
		q.Text = g.textQuery()
	}
	usual := "metadata.uid"
	if len(q.Order) > 0 {
		usual = q.Order[0].Field
	}
	list = r.sorted(finding(list, q.Text, usual), q.Order)
	page, err := s.Query(q, restriction)
	if err != nil {
		t.Fatal(err)
	}
	want := list[min(q.Offset, len(list)):]
	want = want[:min(q.Limit, len(want))]
	if diff := cmp.Diff(entityRefs(want), docRefs(page.Docs)); diff != "" || page.TotalItems != len(list) {
		t.Fatalf("query %s %+v %+v: total %d, want %d: %s", f.Query.json, q.Order, q.Text, page.TotalItems, len(list), diff)
	}
	if more := q.Limit > 0 && q.Offset+q.Limit < len(list); more != (page.Next != "") || page.Prev != "" {
		t.Fatalf("next %q, prev %q, want next: %v", page.Next, page.Prev, more)
	}
}

func compareLookups(t *testing.T, g randomRows, s *Snapshot, r *reference, f Filters, list []*refEntity, restriction *Restriction) {
	t.Helper()
	var refs []string
	for range 5 {
		refs = append(refs, g.ref())
	}
	for i, doc := range s.Batch(refs, f, restriction) {
		want := slices.ContainsFunc(list, func(e *refEntity) bool { return e.row.Ref == refs[i] })
		if (doc != nil) != want || doc != nil && doc.Ref() != refs[i] {
			t.Fatalf("batch %s: %v, want %v", refs[i], doc, want)
		}
	}
	ref := refs[0]
	got := s.Ancestry(ref, restriction)
	var want []string
	for e := r.byRef[ref]; e != nil && !slices.Contains(want, e.row.Ref); e = r.byRef[e.row.Parent] {
		want = append(want, e.row.Ref)
	}
	if (got == nil) != (len(want) == 0) {
		t.Fatalf("ancestry of %s: %v, want %v", ref, got, want)
	}
	if got != nil {
		var way []string
		for _, item := range got.Items {
			way = append(way, item.Doc.Ref())
		}
		if diff := cmp.Diff(want, way); diff != "" || got.Root != ref {
			t.Fatalf("ancestry of %s: %s", ref, diff)
		}
	}
	all, more, err := s.List(f, nil, 0, -1, restriction)
	byRef := entityRefs(list)
	slices.Sort(byRef)
	if diff := cmp.Diff(byRef, docRefs(all)); diff != "" || more || err != nil {
		t.Fatalf("list of %s: %s, more %v, %v", f.Query.json, diff, more, err)
	}
}

// TestListSorts covers what only GET /entities does: several fields, and entities without one last.
func TestListSorts(t *testing.T) {
	row := func(name, uid, spec string) Row {
		return Row{UID: uid, Ref: "component:default/" + name, JSON: []byte(`{"kind":"Component","metadata":{"name":"` + name + `"},"spec":` + spec + `}`)}
	}
	x := New(Options{})
	s := x.Apply([]Row{
		row("a", "4", `{"type":"x","tier":1}`), row("b", "3", `{"type":"X","tier":2}`), row("c", "2", `{"type":"w"}`), row("d", "1", `{}`), row("e", "0", `{"tier":2}`),
	}, 1)
	tests := []struct {
		name   string
		orders []Order
		want   string
	}{
		{"by ref", nil, "abcde"},
		{"one field", []Order{{Field: "spec.type"}}, "cbaed"},
		{"one field down", []Order{{Field: "spec.Type", Desc: true}}, "baced"},
		{"two fields", []Order{{Field: "spec.type"}, {Field: "spec.tier"}}, "cabed"},
		{"two fields down", []Order{{Field: "spec.tier", Desc: true}, {Field: "metadata.name", Desc: true}}, "ebadc"},
		{"no such field", []Order{{Field: "spec.none"}}, "edcba"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			docs, _, err := s.List(Filters{}, tt.orders, 0, -1, nil)
			if err != nil {
				t.Fatal(err)
			}
			got := ""
			for _, d := range docs {
				got += strings.TrimPrefix(d.Ref(), "component:default/")
			}
			if got != tt.want {
				t.Errorf("got %s, want %s", got, tt.want)
			}
			part, more, err := s.List(Filters{}, tt.orders, 1, 2, nil)
			if diff := cmp.Diff(docRefs(docs[1:3]), docRefs(part)); diff != "" || !more || err != nil {
				t.Errorf("stretch: %s, more %v, %v", diff, more, err)
			}
		})
	}
}

// show is all that a snapshot has to say, as bytes.
func show(t testing.TB, s *Snapshot) []byte {
	t.Helper()
	docs, _, err := s.List(Filters{}, nil, 0, -1, nil)
	if err != nil {
		t.Fatal(err)
	}
	out := AppendDocs(nil, docs, nil, nil)
	out = AppendFacets(out, s.Facets(randomKeys, Filters{}, nil))
	for _, key := range randomKeys {
		page, err := s.Query(Query{Order: []Order{{Field: key}}, Limit: 1000, Text: TextQuery{Term: "a", Fields: []string{"metadata.name", "metadata.title", key}}}, nil)
		if err != nil {
			t.Fatal(err)
		}
		out = AppendPage(out, &page, &Fields{paths: []string{"metadata.name", "kind"}}, nil)
	}
	return out
}

// TestIncrementalEqualsFresh compares, byte by byte, a catalog after many small changes with one that
// was loaded at once: entities, relations, etags, facets, orders.
func TestIncrementalEqualsFresh(t *testing.T) {
	for seed := range uint64(6) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			c := newCatalog(100 + seed)
			for i := range 60 {
				s := c.change(1 + c.g.r.IntN(6))
				if s.Revision() != c.revision || c.x.Snapshot() != s {
					t.Fatalf("revision %d, want %d", s.Revision(), c.revision)
				}
				if i%3 > 0 {
					continue
				}
				if got, want := show(t, s), show(t, c.fresh()); !bytes.Equal(got, want) {
					t.Fatalf("after %d changes the catalog differs from a fresh one:\n%s\n%s", i, got, want)
				}
			}
			c.empty(t)
		})
	}
}

// empty deletes everything and looks for what was left behind.
func (c *catalog) empty(t *testing.T) {
	t.Helper()
	var gone []Row
	for ref := range c.rows {
		gone = append(gone, Row{Ref: ref, Deleted: true})
	}
	s := c.x.Apply(gone, c.revision+1)
	if s.Len() != 0 || len(c.x.targets) != 0 {
		t.Errorf("%d entities and %d targets left", s.Len(), len(c.x.targets))
	}
	for id, f := range s.fields {
		if f != nil && (f.terms.n != 0 || !f.nulls.empty()) {
			t.Errorf("field %d still has %d values and %d nulls", id, f.terms.n, f.nulls.n)
		}
	}
}

// TestBulk loads enough rows at once for the parallel way, twice over, and compares with single steps.
func TestBulk(t *testing.T) {
	rows := synth(3 * bulkRows)
	all, steps := New(Options{}), New(Options{})
	all.Apply(rows, 1)
	for i := 0; i < len(rows); i += 100 {
		steps.Apply(rows[i:min(i+100, len(rows))], 1)
	}
	if got, want := show(t, all.Snapshot()), show(t, steps.Snapshot()); !bytes.Equal(got, want) {
		t.Fatal("a load in parallel differs from one in steps")
	}
	before := all.Snapshot()
	again := all.Apply(rows, 2)
	if again.Revision() != 2 || again.memo != before.memo {
		t.Error("rows that change nothing made new answers")
	}
	for i := range rows {
		rows[i].JSON = bytes.Replace(rows[i].JSON, []byte(`"owner":"group:default/`), []byte(`"owner":"group:other/`), 1)
	}
	fresh := New(Options{})
	if got, want := show(t, all.Apply(rows, 3)), show(t, fresh.Apply(rows, 3)); !bytes.Equal(got, want) {
		t.Fatal("a second load in parallel differs from a fresh one")
	}
}

// TestSnapshotsStay reads old snapshots while new ones are made. The race detector watches.
func TestSnapshotsStay(t *testing.T) {
	c := newCatalog(5)
	c.change(60)
	type held struct {
		s    *Snapshot
		want []byte
	}
	var holding []held
	var wg sync.WaitGroup
	for i := range 40 {
		s := c.x.Snapshot()
		h := held{s, show(t, s)}
		holding = append(holding, h)
		if i%4 == 0 {
			wg.Go(func() {
				for range 5 {
					forgetful := *s
					forgetful.memo = newMemos()
					if !bytes.Equal(show(t, &forgetful), h.want) {
						t.Error("a snapshot changed while later ones were made")
						return
					}
				}
			})
		} else {
			wg.Go(func() {
				if !bytes.Equal(show(t, s), h.want) {
					t.Error("a snapshot changed while later ones were made")
				}
			})
		}
		c.change(1 + c.g.r.IntN(8))
	}
	wg.Wait()
	for i, h := range holding {
		if !bytes.Equal(show(t, h.s), h.want) {
			t.Fatalf("snapshot %d changed", i)
		}
	}
}

func TestRowsThatCollide(t *testing.T) {
	entity := func(name, desc string) []byte {
		return []byte(`{"kind":"Component","metadata":{"name":"` + name + `","description":"` + desc + `"}}`)
	}
	var broken []string
	x := New(Options{Broken: func(ref string, err error) { broken = append(broken, ref+": "+err.Error()) }})
	check := func(name string, rows []Row, want map[string]string) {
		t.Helper()
		s := x.Apply(rows, x.Snapshot().Revision()+1)
		got := map[string]string{}
		for d := range s.All() {
			got[d.Ref()] = d.UID() + " " + decode(d.JSON())["metadata"].(map[string]any)["description"].(string)
			if s.ByUID(d.UID(), nil) != d || s.ByRef(d.Ref(), nil) != d {
				t.Errorf("%s: %s is not found by its uid and ref", name, d.Ref())
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
	check("first", []Row{{UID: "1", Ref: "component:default/a", JSON: entity("a", "x")}}, map[string]string{"component:default/a": "1 x"})
	check("ref in other letters", []Row{{UID: "1", Ref: "Component:default/A", JSON: entity("A", "y")}}, map[string]string{"component:default/a": "1 y"})
	check("new uid", []Row{{UID: "2", Ref: "component:default/a", JSON: entity("a", "z")}}, map[string]string{"component:default/a": "2 z"})
	check("uid moves to another ref", []Row{{UID: "2", Ref: "component:default/b", JSON: entity("b", "z")}}, map[string]string{"component:default/b": "2 z"})
	check("twice in a batch", []Row{
		{UID: "3", Ref: "component:default/c", JSON: entity("c", "1")}, {UID: "3", Ref: "component:default/c", JSON: entity("c", "2")},
		{Ref: "component:default/c", Deleted: true}, {UID: "4", Ref: "component:default/c", JSON: entity("c", "4")},
	}, map[string]string{"component:default/b": "2 z", "component:default/c": "4 4"})
	check("no entity", []Row{
		{UID: "2", Ref: "component:default/b", JSON: []byte(`[]`)}, {UID: "9", Ref: "component:default/d", JSON: []byte(`{"metadata":1}`)},
		{UID: "9", Ref: "component:default/d", JSON: nil}, {UID: "9", Ref: "no ref", JSON: entity("b", "y")}, {Ref: "component:default/never", Deleted: true},
	}, map[string]string{"component:default/b": "2 z", "component:default/c": "4 4"})
	if len(broken) != 4 {
		t.Errorf("told of %d broken rows, want 4: %q", len(broken), broken)
	}
}

func TestWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		x := New(Options{})
		ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
		defer cancel()
		go func() {
			time.Sleep(time.Second)
			x.Apply(nil, 1)
			x.Apply(nil, 3)
		}()
		s, err := x.Wait(ctx, 2)
		if err != nil || s.Revision() != 3 {
			t.Fatal(s, err)
		}
		if _, err := x.Wait(ctx, 4); !errs.Is(err, errs.Unavailable) || errs.Remedy(err) == "" {
			t.Errorf("got %v, want unavailable with a remedy", err)
		}
		synctest.Wait()
	})
}

// TestHidden makes sure that no way of reading shows what a restriction hides.
func TestHidden(t *testing.T) {
	s := New(Options{}).Apply(synth(1500), 1)
	only, err := ParseFilters([]string{"kind=API"})
	if err != nil {
		t.Fatal(err)
	}
	r := Restrict(only)
	visible := 0
	for d := range s.All() {
		if seen := s.ByRef(d.Ref(), r) != nil; seen != strings.HasPrefix(d.Ref(), "api:") || seen != (s.ByUID(d.UID(), r) != nil) || seen != (s.Ancestry(d.Ref(), r) != nil) {
			t.Fatalf("%s: visible %v", d.Ref(), seen)
		} else if seen {
			visible++
			if a := s.Ancestry(d.Ref(), r); len(a.Items) != 1 || len(a.Items[0].Parents) != 0 {
				t.Fatalf("%s: its ancestry shows %v", d.Ref(), a)
			}
		}
	}
	page, err := s.Query(Query{Order: []Order{{Field: "metadata.name"}}, Limit: 5}, r)
	if err != nil || page.TotalItems != visible {
		t.Errorf("total %d, want %d: %v", page.TotalItems, visible, err)
	}
	if page, err = s.Query(Query{Cursor: page.Next, Limit: 5000}, nil); err != nil || len(page.Docs) <= visible {
		t.Errorf("a cursor carried the restriction of another reader: %d, %v", len(page.Docs), err)
	}
	kinds := s.Facets([]string{"kind"}, Filters{}, r)
	if diff := cmp.Diff([]FacetValue{{"API", visible}}, kinds[0].Values); diff != "" {
		t.Error(diff)
	}
	if docs, _, err := s.List(Filters{}, nil, 0, -1, r); err != nil || len(docs) != visible {
		t.Errorf("listed %d, want %d: %v", len(docs), visible, err)
	}
}
