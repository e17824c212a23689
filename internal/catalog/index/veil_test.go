package index

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"
)

// TestTwoWorlds asks a catalog as a restricted reader, and one that never held what they may not see as anybody. Both
// must answer with the same bytes: etags, cursors and totals among them.
func TestTwoWorlds(t *testing.T) {
	hidden, covered, compared := 0, 0, 0
	for seed := range uint64(24) {
		c := newCatalog(seed)
		for range 20 {
			c.change(1 + c.g.r.IntN(12))
			c.x.Snapshot().Facets([]string{c.g.pick(randomKeys...)}, Filters{}, nil) // have sorted values carried along
		}
		ref := newReference(c.rows)
		for range 12 {
			see := c.g.cond(1)
			r := Restrict(mustPredicate(t, see))
			without := ref.through(see)
			var rows []Row
			for _, e := range without.all {
				rows = append(rows, e.row)
			}
			hidden += len(ref.all) - len(rows)
			b := New(Options{}).Apply(rows, c.revision)
			for name, a := range map[string]*Snapshot{"changed": c.x.Snapshot(), "fresh": c.fresh()} {
				for d := range a.All() {
					if seen := a.ByRef(d.Ref(), r); seen != nil && seen != d {
						covered++
					}
				}
				for i := range 40 {
					ask := c.g.question(t, ref)
					for range 2 { // and once more, of what is remembered
						compared++
						if got, want := ask(a, r), ask(b, nil); !bytes.Equal(got, want) {
							t.Fatalf("seed %d, %s, question %d, hidden by %s:\n got %s\nwant %s", seed, name, i, r.filter().json, got, want)
						}
					}
				}
			}
		}
	}
	t.Logf("wall: S4 | answers of the read model compared, with what is hidden and without | %d", compared)
	if hidden == 0 || covered == 0 {
		t.Errorf("%d entities were hidden, %d lost a relation: this tests nothing", hidden, covered)
	}
}

// question is one request of any kind, as bytes.
func (g randomRows) question(t *testing.T, ref *reference) func(s *Snapshot, r *Restriction) []byte {
	filters := Filters{Query: mustPredicate(t, g.cond(0))}
	text := TextQuery{}
	if g.r.IntN(3) == 0 {
		text = TextQuery{Term: g.pick("a", "pay", "component:default", "group", "n1", "tru", "1", "e", "n1 e", "default n1 t"), Fields: []string{g.pick(randomKeys...), g.pick(randomKeys...)}, Words: g.r.IntN(2) == 0}
	}
	orders := []Order{{Field: g.pick(randomKeys...), Desc: g.r.IntN(2) == 0}}
	related := g.pick("relations.ownerof", "relations.ownedby", "relations.partof", "relations.haspart", "relations.dependencyof", "relations.dependson")
	if g.r.IntN(3) == 0 {
		orders[0].Field = related
	}
	if g.r.IntN(4) == 0 {
		f, err := ParsePredicate(fmt.Appendf(nil, `{%q:{"$hasPrefix":%q}}`, related, g.pick("component:", "group:", "c", "system:default/n1")))
		if err != nil {
			t.Fatal(err)
		}
		filters.Query = f
	}
	var refs []string
	for range 12 {
		refs = append(refs, g.ref())
	}
	var uids []string
	for _, e := range ref.all {
		uids = append(uids, e.row.UID)
	}
	owners := []string{refs[0], refs[1], "group:default/n1", "group:default/n2"}
	switch g.r.IntN(12) {
	case 10:
		f := Find{Words: []string{g.pick("a", "n", "n1", "pay", "e", "1")}, Mine: owners, Limit: g.r.IntN(6)}
		if g.r.IntN(3) == 0 {
			f.Tags = []string{g.pick("j", "java", "b")}
		}
		return func(s *Snapshot, r *Restriction) []byte {
			found, err := s.Find(f, r)
			return fmt.Appendf(AppendDocs(nil, found.Docs, nil, nil), " %d %v %v", found.Total, found.ByKind, err)
		}
	case 11:
		return func(s *Snapshot, r *Restriction) (out []byte) {
			for _, o := range s.Owned(owners, r) {
				out = fmt.Appendf(o.Doc.AppendJSON(out), " %d %v %d\n", o.Users, o.Needs, o.More)
			}
			for _, n := range s.Around(owners, 9, r) {
				out = fmt.Appendf(out, "%s %v %v\n", n.Ref, n.Own, n.For)
			}
			return out
		}
	case 9:
		q := Query{Filters: filters, Text: text, Order: orders}
		return func(s *Snapshot, r *Restriction) (out []byte) {
			docs, err := s.Each(q, r)
			if err != nil {
				t.Fatal(err)
			}
			for d := range docs {
				out = d.AppendJSON(out)
			}
			return out
		}
	case 8:
		q := ImpactQuery{Goes: refs[:1+g.r.IntN(3)], Limit: g.r.IntN(20), Most: 1 + g.r.IntN(30)}
		return func(s *Snapshot, r *Restriction) []byte {
			m := s.Impact(q, r)
			return AppendLosses(AppendGoing(nil, m, 5), m)
		}
	case 7:
		q := PathQuery{From: refs[0], To: refs[1], Along: g.r.IntN(3) == 0, Most: 2 + g.r.IntN(30)}
		if g.r.IntN(2) == 0 {
			q.Without, q.Avoid = []string{"ownedBy"}, refs[2:3]
		}
		return func(s *Snapshot, r *Restriction) []byte {
			p, err := s.Path(t.Context(), q, r)
			if err != nil {
				t.Fatal(err)
			}
			if p == nil {
				return nil
			}
			return AppendPath(nil, p, s.Revision())
		}
	case 6:
		q := GraphQuery{Roots: refs[:2], Depth: 1 + g.r.IntN(4), Limit: 1 + g.r.IntN(30), Direction: []Direction{Both, Upstream, Downstream}[g.r.IntN(3)]}
		if g.r.IntN(2) == 0 {
			q.Relations = []string{related[len("relations."):], "ownedBy"}
		}
		return func(s *Snapshot, r *Restriction) []byte { return AppendGraph(nil, s.Graph(q, r), s.Revision()) }
	case 0: // all pages, there and back
		q := Query{Filters: filters, Text: text, Order: orders, Limit: 1 + g.r.IntN(4)}
		return func(s *Snapshot, r *Restriction) (out []byte) {
			next := q
			for range 30 {
				page, err := s.Query(next, r)
				if err != nil {
					t.Fatal(err)
				}
				out = append(AppendPage(out, &page, nil, nil), '\n')
				if page.Prev != "" {
					back, err := s.Query(Query{Cursor: page.Prev, Limit: q.Limit}, r)
					if err != nil {
						t.Fatal(err)
					}
					out = append(AppendPage(out, &back, nil, nil), '\n')
				}
				if page.Next == "" {
					break
				}
				next = Query{Cursor: page.Next, Limit: q.Limit}
			}
			return out
		}
	case 1:
		names := []string{g.pick(randomKeys...), g.pick(randomKeys...), "relations.ownerOf", "relations.partOf"}
		return func(s *Snapshot, r *Restriction) []byte {
			f, err := s.FacetsOf(names, filters, text, r)
			if err != nil {
				t.Fatal(err)
			}
			return AppendFacets(nil, f)
		}
	case 2:
		offset, limit := g.r.IntN(4), g.r.IntN(20)-1
		orders = orders[:g.r.IntN(2)]
		return func(s *Snapshot, r *Restriction) []byte {
			docs, more, err := s.List(filters, orders, offset, limit, r)
			return fmt.Appendf(AppendDocs(nil, docs, nil, nil), " %v %v", more, err)
		}
	case 3:
		return func(s *Snapshot, r *Restriction) []byte {
			return AppendBatch(nil, s.Batch(refs, filters, r), &Fields{paths: []string{"metadata", "relations"}}, nil)
		}
	case 4:
		return func(s *Snapshot, r *Restriction) (out []byte) {
			for _, ref := range refs {
				if a := s.Ancestry(ref, r); a != nil {
					out = AppendAncestry(out, a)
				}
			}
			return out
		}
	}
	return func(s *Snapshot, r *Restriction) (out []byte) {
		for _, uid := range uids {
			if d := s.ByUID(uid, r); d != nil {
				out = d.AppendJSON(out)
			}
		}
		return out
	}
}

// TestNothingAllowed: a restriction that was made of no rules shows nothing.
func TestNothingAllowed(t *testing.T) {
	s := New(Options{}).Apply(synth(50), 1)
	none, err := ParseFilters(nil)
	if err != nil {
		t.Fatal(err)
	}
	for name, raw := range map[string]string{"$any of nothing": `{"$any":[]}`, "$in nothing": `{"kind":{"$in":[]}}`, "no filter": ""} {
		f := none
		if raw != "" {
			if f, err = ParsePredicate([]byte(raw)); err != nil {
				t.Fatal(err)
			}
		}
		r := Restrict(f)
		docs, _, err := s.List(Filters{}, nil, 0, -1, r)
		page, _ := s.Query(Query{Limit: 5}, r)
		facets := s.Facets([]string{"kind"}, Filters{}, r)
		if len(docs)+len(page.Docs)+page.TotalItems+len(facets[0].Values) != 0 || err != nil || len(r.AppendKey(nil)) == 0 {
			t.Errorf("%s: shows %d, page %d of %d, %v (%v)", name, len(docs), len(page.Docs), page.TotalItems, facets[0].Values, err)
		}
	}
}

// TestSayingSoIsNoRelation: whoever writes an entity cannot write its relations, and so not ask whether another is there.
func TestSayingSoIsNoRelation(t *testing.T) {
	for _, more := range []string{`"relations.ownedBy":"group:default/secret"`, `"Relations":{"ownedBy":"group:default/secret"}`, `"":{"relations":{"ownedBy":["group:default/secret"]}}`} {
		rows := []Row{
			{UID: "1", Ref: "component:default/a", JSON: []byte(`{"kind":"Component","metadata":{"name":"a"},"spec":{},` + more + `}`)},
			{UID: "2", Ref: "group:default/secret", JSON: []byte(`{"kind":"Group","metadata":{"name":"secret"},"spec":{}}`)},
		}
		for _, filter := range []string{"relations.ownedby", "relations.ownedby=group:default/secret", "relations.ownedby.group:default/secret=true"} {
			f, err := ParseFilters([]string{filter})
			if err != nil {
				t.Fatal(err)
			}
			if docs, _, err := New(Options{}).Apply(rows, 1).List(Filters{Filter: f}, nil, 0, -1, nil); err != nil || len(docs) > 0 {
				t.Errorf("%s finds %v by %s (%v)", more, docRefs(docs), filter, err)
			}
		}
	}
}

func TestRelational(t *testing.T) {
	for raw, want := range map[string]bool{
		`{"kind":"Component"}`:                    false,
		`{"$not":{"kind":"Group"}}`:               false,
		`{"relations.ownedBy":"group:default/a"}`: false,
		`{"$all":[{"$not":{"$any":[{"relations":{"$contains":{"type":"partOf"}}}]}}]}`: true,
		`{"relations.partOf":{"$exists":false}}`:                                       true,
	} {
		f, err := ParsePredicate([]byte(raw))
		if err != nil {
			t.Fatal(err)
		}
		if got := Restrict(f).Relational(); got != want {
			t.Errorf("%s: %v, want %v", raw, got, want)
		}
	}
	if (*Restriction)(nil).Relational() {
		t.Error("nil excludes")
	}
}

// TestAlone: what others declare gives an entity nothing.
func TestAlone(t *testing.T) {
	s := New(Options{Alone: true}).Apply(synth(300), 1)
	for d := range s.All() {
		for _, r := range d.rels {
			if r.from != declared {
				t.Fatalf("%s has %s %s from another", d.ref, r.typ.name, r.target)
			}
		}
	}
	if !slices.ContainsFunc(slices.Collect(s.All()), func(d *Doc) bool { return len(d.rels) > 0 && strings.HasPrefix(d.ref, "component:") }) {
		t.Error("nobody has relations of its own")
	}
}

// TestSortedLikeOthers: a hidden entity that has as a key what others have as an item of a list does not decide how they are sorted.
func TestSortedLikeOthers(t *testing.T) {
	row := func(uid, kind, name, tags string) Row {
		return Row{UID: uid, Ref: strings.ToLower(kind) + ":default/" + name, JSON: []byte(`{"kind":"` + kind + `","metadata":{"name":"` + name + `","tags":` + tags + `},"spec":{}}`)}
	}
	rows := []Row{row("1", "API", "a", `["java"]`), row("2", "API", "b", `["java","go"]`), row("3", "Resource", "c", `{"java":"x"}`)}
	only, err := ParseFilters([]string{"kind=api"})
	if err != nil {
		t.Fatal(err)
	}
	q := Query{Order: []Order{{Field: "metadata.tags.java"}}, Limit: 9}
	seen, err := New(Options{}).Apply(rows, 1).Query(q, Restrict(only))
	if err != nil {
		t.Fatal(err)
	}
	alone, err := New(Options{}).Apply(rows[:2], 1).Query(q, nil)
	if got, want := AppendPage(nil, &seen, nil, nil), AppendPage(nil, &alone, nil, nil); err != nil || !bytes.Equal(got, want) || alone.TotalItems != 2 {
		t.Errorf("got %s, want %s (%v)", got, want, err)
	}
}

// TestOwnRelationsStay: what an entity says itself stays, also where the hidden entity says it as well.
func TestOwnRelationsStay(t *testing.T) {
	var refs []string
	var rows []Row
	for i := range 60 {
		name := fmt.Sprintf("r%02d", i)
		refs = append(refs, fmt.Sprintf("%q", "resource:default/"+name))
		rows = append(rows, Row{UID: name, Ref: "resource:default/" + name, JSON: []byte(`{"kind":"Resource","metadata":{"name":"` + name + `"},"spec":{"dependencyOf":["component:default/a"],"dependsOn":["component:default/a"]}}`)})
	}
	a := Row{UID: "a", Ref: "component:default/a", JSON: []byte(`{"kind":"Component","metadata":{"name":"a"},"spec":{"dependsOn":[` + strings.Join(refs, ",") + `]}}`)}
	only, err := ParseFilters([]string{"kind=component"})
	if err != nil {
		t.Fatal(err)
	}
	got := New(Options{}).Apply(append(rows, a), 1).ByUID("a", Restrict(only)).JSON()
	want := New(Options{}).Apply([]Row{a}, 1).ByUID("a", nil).JSON()
	if !bytes.Equal(got, want) || bytes.Count(want, []byte(`"dependsOn","targetRef"`)) != 60 {
		t.Errorf("got %s\nwant %s", got, want)
	}
}

// TestInverseFindsNothing: no form of filter finds an entity by what a hidden one says of it.
func TestInverseFindsNothing(t *testing.T) {
	s := New(Options{}).Apply([]Row{
		{UID: "1", Ref: "group:default/a", JSON: []byte(`{"kind":"Group","metadata":{"name":"a"},"spec":{}}`)},
		{UID: "2", Ref: "component:default/secret", JSON: []byte(`{"kind":"Component","metadata":{"name":"secret"},"spec":{"owner":"group:default/a"}}`)},
	}, 1)
	only, err := ParseFilters([]string{"kind=group"})
	if err != nil {
		t.Fatal(err)
	}
	for _, raw := range []string{
		`{"relations.ownerOf":{"$hasPrefix":"component:"}}`, `{"relations.ownerOf":{"$exists":true}}`, `{"relations.ownerOf":"component:default/secret"}`,
		`{"relations":{"$contains":{"type":"ownerOf"}}}`, `{"$not":{"$not":{"relations":{"$contains":{"type":"ownerOf","targetRef":"component:default/secret"}}}}}`,
	} {
		f, err := ParsePredicate([]byte(raw))
		if err != nil {
			t.Fatal(err)
		}
		all, _, err := s.List(Filters{Query: f}, nil, 0, -1, nil)
		if err != nil || len(all) != 1 {
			t.Errorf("%s finds %v for whoever sees all (%v)", raw, docRefs(all), err)
		}
		if seen, _, err := s.List(Filters{Query: f}, nil, 0, -1, Restrict(only)); err != nil || len(seen) != 0 {
			t.Errorf("%s finds %v (%v)", raw, docRefs(seen), err)
		}
	}
}

// TestCoversAreBounded: what a veil keeps of documents does not grow with the catalog.
func TestCoversAreBounded(t *testing.T) {
	s := New(Options{}).Apply(synth(12000), 1)
	only, err := ParseFilters([]string{"kind=group,kind=api,kind=system,kind=user"})
	if err != nil {
		t.Fatal(err)
	}
	r := Restrict(only)
	covered := 0
	for d := range s.All() {
		if seen := s.ByRef(d.Ref(), r); seen != nil && seen != d {
			covered++
			if again := s.ByRef(d.Ref(), r); again != seen {
				t.Fatalf("%s is made anew", d.Ref())
			}
		}
	}
	if kept := len(s.veil(r).covers.of); covered <= maxCovers || kept > maxCovers {
		t.Errorf("%d of %d are kept", kept, covered)
	}
}

// TestOwnBesideGiven: an entity that a hidden one gives a relation of a type is still found by those of the type that it has
// itself, also to hidden ones.
func TestOwnBesideGiven(t *testing.T) {
	hidden := func(name string) Row {
		return Row{UID: name, Ref: "resource:default/" + name, JSON: []byte(`{"kind":"Resource","metadata":{"name":"` + name + `"},"spec":{"dependencyOf":["component:default/a"]}}`)}
	}
	a := Row{UID: "a", Ref: "component:default/a", JSON: []byte(`{"kind":"Component","metadata":{"name":"a"},"spec":{"dependsOn":["resource:default/named"]}}`)}
	only, err := ParseFilters([]string{"kind=component"})
	if err != nil {
		t.Fatal(err)
	}
	s, r := New(Options{}).Apply([]Row{hidden("named"), hidden("unnamed"), a}, 1), Restrict(only)
	for query, want := range map[string]int{
		`{"relations.dependsOn":"resource:default/named"}`:                  1,
		`{"relations.dependsOn":"resource:default/unnamed"}`:                0,
		`{"relations.dependsOn":{"$hasPrefix":"resource:default/named"}}`:   1,
		`{"relations.dependsOn":{"$hasPrefix":"resource:default/unnamed"}}`: 0,
		`{"relations.dependsOn":{"$exists":true}}`:                          1,
	} {
		f, err := ParsePredicate([]byte(query))
		if err != nil {
			t.Fatal(err)
		}
		if seen, _, err := s.List(Filters{Query: f}, nil, 0, -1, r); err != nil || len(seen) != want {
			t.Errorf("%s finds %v (%v)", query, docRefs(seen), err)
		}
	}
	if got := s.Facets([]string{"relations.dependsOn"}, Filters{}, r)[0].Values; len(got) != 1 || got[0] != (FacetValue{"resource:default/named", 1}) {
		t.Errorf("the facet has %v", got)
	}
}
