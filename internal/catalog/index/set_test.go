package index

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// A set says what a filter would, to every reader, and pages through it by ref.
func TestSet(t *testing.T) {
	x := New(Options{})
	s := x.Apply(synth(2000), 1)
	hides, err := ParsePredicate([]byte(`{"$not":{"spec.type":"library"}}`))
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range []*Restriction{nil, Restrict(hides), Restrict(nil)} {
		list := func(query string) (refs []string) {
			f, err := ParsePredicate([]byte(query))
			if err != nil {
				t.Fatal(err)
			}
			docs, _, err := s.List(Filters{Query: f}, nil, 0, -1, r)
			if err != nil {
				t.Fatal(err)
			}
			for _, d := range docs {
				refs = append(refs, d.ref)
			}
			return refs
		}
		all := s.Set(r)
		owned := all.With("relations.ownedBy")
		components := all.With("KIND", "Component")
		for name, tt := range map[string]struct {
			got   Set
			query string
		}{
			"owned":      {owned, `{"relations.ownedBy":{"$exists":true}}`},
			"components": {components, `{"kind":"component"}`},
			"both":       {owned.And(components), `{"$all":[{"kind":"component"},{"relations.ownedBy":{"$exists":true}}]}`},
			"without":    {components.Without(all.With("spec.type", "service", "website")), `{"$all":[{"kind":"component"},{"$not":{"spec.type":{"$in":["service","website"]}}}]}`},
			"either":     {all.With("kind", "api").Or(all.With("kind", "group")), `{"kind":{"$in":["api","group"]}}`},
		} {
			want := list(tt.query)
			var got []string
			for after := ""; ; {
				docs, more := tt.got.After(after, 7)
				for _, d := range docs {
					got = append(got, d.ref)
				}
				if !more {
					break
				}
				after = got[len(got)-1]
			}
			if diff := cmp.Diff(want, got); diff != "" || tt.got.Len() != len(want) {
				t.Errorf("%s of %s: %d, %d: %s", name, r.AppendKey(nil), tt.got.Len(), len(want), diff)
			}
		}
		if n := owned.Both(components); n != owned.And(components).Len() {
			t.Errorf("both: %d", n)
		}
		var owners []string
		for ref, set := range components.Values("relations.ownedBy") {
			owners = append(owners, ref)
			if want := list(`{"$all":[{"kind":"component"},{"relations.ownedBy":"` + ref + `"}]}`); len(want) != set.Len() {
				t.Errorf("%s owns %d, want %d", ref, set.Len(), len(want))
			}
		}
		named := s.Named(slices.Values(append(owners, "group:default/none")), r)
		for d := range named.All() {
			if !slices.Contains(owners, d.ref) || !strings.HasPrefix(d.ref, "group:") && !strings.HasPrefix(d.ref, "user:") {
				t.Errorf("named %s", d.ref)
			}
		}
		if len(owners) > 0 && named.Len() == 0 {
			t.Error("no owner is there")
		}
	}
}
