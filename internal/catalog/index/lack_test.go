package index

import (
	"fmt"
	"slices"
	"testing"
)

// TestAttentionIsOneNotion changes a catalog at random. What the filter says needs somebody, of what some own, is what they
// are told of at once when they come, whoever asks.
func TestAttentionIsOneNotion(t *testing.T) {
	const attention = `{"$all":[{"portico.needs":{"$in":["error","missing","conflict","absent"]}},{"relations.ownedBy":{"$exists":true}}]}`
	f, err := ParsePredicate([]byte(attention))
	if err != nil {
		t.Fatal(err)
	}
	asking, hidden := 0, 0
	for seed := range uint64(12) {
		c := newCatalog(seed)
		for range 15 {
			c.change(1 + c.g.r.IntN(10))
			s := c.x.Snapshot()
			for i := range 4 {
				var r *Restriction
				if i > 0 {
					r = Restrict(mustPredicate(t, c.g.cond(1)))
				}
				var owners []string
				for _, v := range s.Facets([]string{"relations.ownedBy"}, Filters{}, r)[0].Values {
					owners = append(owners, v.Value)
				}
				var want []string
				for _, o := range s.Owned(owners, r) {
					if o.Level() >= 2 {
						want = append(want, o.Doc.Ref())
					}
				}
				docs, _, err := s.List(Filters{Query: f}, nil, 0, -1, r)
				if err != nil {
					t.Fatal(err)
				}
				got := docRefs(docs)
				slices.Sort(want)
				if !slices.Equal(got, want) {
					t.Fatalf("seed %d: the filter finds %v, and their owners are told of %v", seed, got, want)
				}
				if asking += len(got); r != nil && s.veil(r).lack.n > 0 {
					hidden++
				}
			}
		}
	}
	if asking == 0 || hidden == 0 {
		t.Errorf("%d ask for somebody, and %d times for one to whom something is hidden: this tests nothing", asking, hidden)
	}
}

// What names another is told of when that comes and goes, though it does not change itself.
func TestLackFollowsTheTarget(t *testing.T) {
	row := func(name, spec string) Row {
		return Row{UID: "uid-" + name, Ref: "component:default/" + name, Revision: 1, JSON: fmt.Appendf(nil, `{"kind":"Component","metadata":{"name":%q},"spec":{%s}}`, name, spec)}
	}
	x := New(Options{})
	needs := func(step string, want int) {
		t.Helper()
		n := 0
		for _, v := range x.Snapshot().Facets([]string{needsKey}, Filters{}, nil)[0].Values {
			n += v.Count
		}
		if n != want {
			t.Errorf("%s: %d lack something, want %d", step, n, want)
		}
	}
	x.Apply([]Row{row("a", `"dependsOn":["component:b"]`), row("c", `"dependsOn":["component:a"]`), row("d", `"owner":"nobody"`)}, 1)
	needs("at first", 1)
	before := x.Snapshot().ByRef("component:default/a", nil)
	x.Apply([]Row{row("b", "")}, 2)
	needs("it comes", 0)
	x.Apply([]Row{{Ref: "component:default/b", Deleted: true}}, 3)
	needs("it goes", 1)
	x.Apply([]Row{{Ref: "component:default/a", Deleted: true}}, 4)
	needs("who named it goes, and is named", 1)
	x.Apply([]Row{row("c", "")}, 5)
	needs("nothing is named", 0)
	if before.lacks != true {
		t.Error("an entity of an earlier snapshot changed")
	}
}

// A list is sorted by when entities changed, both ways, page by page, equal times by uid; who has no time is not in it.
func TestOrderByWhenItChanged(t *testing.T) {
	c := newCatalog(5)
	c.change(60)
	for _, desc := range []bool{false, true} {
		q := Query{Limit: 3, Order: []Order{{Field: changedField, Desc: desc}}}
		var all []*Doc
		for {
			page, err := c.x.Snapshot().Query(q, nil)
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, page.Docs...)
			if page.Next == "" {
				break
			}
			q = Query{Limit: 3, Cursor: page.Next}
		}
		known := 0
		for d := range c.x.Snapshot().All() {
			if !d.Changed().IsZero() {
				known++
			}
		}
		if len(all) != known || known == 0 || known == c.x.Snapshot().Len() {
			t.Errorf("%d are listed, of %d with a time and %d in all", len(all), known, c.x.Snapshot().Len())
		}
		if !slices.IsSortedFunc(all, func(a, b *Doc) int {
			d := a.Changed().Compare(b.Changed())
			if d == 0 {
				d = int(slices.Compare([]byte(a.UID()), []byte(b.UID())))
			}
			if desc {
				return -d
			}
			return d
		}) {
			t.Errorf("desc %t: not in order", desc)
		}
	}
	// A change of the time alone moves an entity.
	var row Row
	for _, one := range c.rows {
		if !one.Changed.IsZero() {
			row = one
		}
	}
	row.Changed = row.Changed.AddDate(1, 0, 0)
	c.revision++
	s := c.x.Apply([]Row{row}, c.revision)
	page, err := s.Query(Query{Limit: 1, Order: []Order{{Field: changedField, Desc: true}}}, nil)
	if err != nil || len(page.Docs) != 1 || page.Docs[0].Ref() != row.Ref {
		t.Errorf("the last changed is %v (%v), want %s", page.Docs, err, row.Ref)
	}
}
