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
	asking, hidden, marked := 0, 0, 0
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
					marked += c.marked(t, s, r, o)
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
	if asking == 0 || hidden == 0 || marked == 0 {
		t.Errorf("%d ask for somebody, %d times for one to whom something is hidden, and %d rows are marked: this tests nothing", asking, hidden, marked)
	}
}

// marked wants the row of a list to say as many absent things as its owner is told of, and the same first one. It returns how many rows do.
func (c *catalog) marked(t *testing.T, s *Snapshot, r *Restriction, o Standing) int {
	t.Helper()
	f, err := ParseFields([]string{"kind,portico.absent"})
	if err != nil {
		t.Fatal(err)
	}
	var refs []string
	for _, n := range o.Needs {
		if n.What == Absent && !slices.Contains(refs, n.Ref) {
			refs = append(refs, n.Ref)
		}
	}
	got := decode(o.Doc.AppendFields(nil, f.For(s, r)))
	if len(refs) == 0 {
		if got["portico"] != nil && o.More == 0 {
			t.Fatalf("%s: nothing is absent, and its row has %v", o.Doc.Ref(), got)
		}
		return 0
	}
	own, _ := got["portico"].(map[string]any)
	absent, _ := own["absent"].(map[string]any)
	if absent["first"] != refs[0] || o.More == 0 && fmt.Sprint(absent["count"]) != fmt.Sprint(len(refs)) {
		t.Fatalf("%s: %v are absent, and its row has %v", o.Doc.Ref(), refs, got)
	}
	return 1
}

// What an entity names twice is one thing, and is said after the time and before the relations that were cut.
func TestWhatARowSays(t *testing.T) {
	s := namedRows(t,
		[3]string{"component:default/a", "", `"type":"service","lifecycle":"x","owner":"ana","dependsOn":["api:gone","component:b","component:c"],"consumesApis":["gone","far"]`},
		[3]string{"component:default/b", "", `"type":"service","lifecycle":"x","owner":"ana"`},
		[3]string{"component:default/c", "", `"type":"service","lifecycle":"x","owner":"ana"`},
	)
	hidden, err := ParsePredicate([]byte(`{"$not":{"metadata.name":"b"}}`))
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		ref, fields string
		most        int
		seen        *Restriction
		want        string
	}{
		{"component:default/a", "kind,portico.absent", 0, nil, `{"kind":"component","portico":{"absent":{"count":2,"first":"api:default/far"}}}`},
		{"component:default/a", "kind,portico.absent", 0, Restrict(hidden), `{"kind":"component","portico":{"absent":{"count":3,"first":"api:default/far"}}}`},
		{"component:default/b", "kind,portico.absent", 0, nil, `{"kind":"component"}`},
		{"component:default/a", "portico.absent,relations", 1, nil, `{"relations":[{"type":"consumesApi","targetRef":"api:default/far"},{"type":"dependsOn","targetRef":"api:default/gone"},{"type":"ownedBy","targetRef":"group:default/ana"}],"portico":{"absent":{"count":2,"first":"api:default/far"},"relations":{"consumesApi":2,"dependsOn":3}}}`},
		{"component:default/a", "kind", 1, nil, `{"kind":"component"}`},
		{"component:default/b", "kind,relations", 1, nil, `{"kind":"component","relations":[{"type":"dependencyOf","targetRef":"component:default/a"},{"type":"ownedBy","targetRef":"group:default/ana"}]}`},
	} {
		f, err := ParseFields([]string{tt.fields})
		if err != nil {
			t.Fatal(err)
		}
		if tt.most > 0 {
			f = f.Most(tt.most)
		}
		if got := string(s.ByRef(tt.ref, tt.seen).AppendFields(nil, f.For(s, tt.seen))); got != tt.want {
			t.Errorf("%s of %s, at most %d:\n%s, want\n%s", tt.fields, tt.ref, tt.most, got, tt.want)
		}
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
