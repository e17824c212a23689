package index

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestOwned(t *testing.T) {
	s := namedRows(t,
		[3]string{"group:default/payments", "", `"type":"team","children":[]`},
		[3]string{"component:default/calm", "", `"owner":"group:default/payments","lifecycle":"production"`},
		[3]string{"api:default/old", "", `"owner":"group:default/payments","lifecycle":"Deprecated"`},
		[3]string{"component:default/uses-old", "", `"owner":"group:default/payments","consumesApis":["api:default/old"],"dependsOn":["resource:default/stray","component:default/calm"]`},
		[3]string{"component:default/dangling", "", `"owner":"group:default/payments","system":"system:default/none","dependsOn":["component:default/gone","component:default/uses-old"]`},
		[3]string{"resource:default/stray", "", `"type":"database"`},
		[3]string{"component:default/theirs", "", `"owner":"group:default/freight","dependsOn":["component:default/calm"]`},
	)
	got := func(r *Restriction) string {
		var out strings.Builder
		for _, o := range s.Owned([]string{"Group:default/Payments"}, r) {
			fmt.Fprintf(&out, "%s %d %d", strings.TrimPrefix(o.Doc.Ref(), "component:default/"), o.Level(), o.Users)
			for _, n := range o.Needs {
				fmt.Fprintf(&out, " %s=%s", n.What, n.Ref)
			}
			out.WriteByte('\n')
		}
		return out.String()
	}
	want := `dangling 2 0 absent=component:default/gone absent=system:default/none
uses-old 1 1 deprecated=api:default/old ownerless=resource:default/stray
calm 0 2
api:default/old 0 1
`
	if diff := cmp.Diff(want, got(nil)); diff != "" {
		t.Error(diff)
	}
	// What is hidden is absent, and uses nothing.
	f, err := ParsePredicate([]byte(`{"$not":{"metadata.name":{"$in":["theirs","old"]}}}`))
	if err != nil {
		t.Fatal(err)
	}
	want = `dangling 2 0 absent=component:default/gone absent=system:default/none
uses-old 2 1 absent=api:default/old ownerless=resource:default/stray
calm 0 1
`
	if diff := cmp.Diff(want, got(Restrict(f))); diff != "" {
		t.Error(diff)
	}
	var near []string
	for _, n := range s.Around([]string{"group:default/payments"}, 4, nil) {
		near = append(near, fmt.Sprintf("%s %v %v", n.Ref, n.Own, n.For))
	}
	if diff := cmp.Diff([]string{
		"component:default/gone false [component:default/dangling]", "resource:default/stray false [component:default/uses-old]",
		"component:default/dangling true []", "component:default/uses-old true [component:default/dangling]",
	}, near); diff != "" {
		t.Error(diff)
	}
}

func TestStatusNeeds(t *testing.T) {
	needs := statusNeeds(`[{"type":"portico.dev/missing","level":"warning","message":"m"},{"type":"portico.dev/conflict","level":"warning","message":"c"},
		{"type":"backstage.io/catalog-processing","level":"error","message":"a.yaml:3:1: e"},{"type":"other","level":"info","message":"i"}]`)
	if diff := cmp.Diff([]Need{{What: Vanishing, Message: "m"}, {What: Contested, Message: "c"}, {What: Faulty, Message: "a.yaml:3:1: e"}}, needs); diff != "" {
		t.Error(diff)
	}
	for _, none := range []string{"", "[]", "nonsense"} {
		if n := statusNeeds(none); n != nil {
			t.Errorf("%q: %v", none, n)
		}
	}
}

// BenchmarkOwned lists what the largest owner owns, and what is around it.
func BenchmarkOwned(b *testing.B) {
	forSizes(b, func(b *testing.B, n int) {
		s := benchIndex(b, n).Snapshot()
		var owner string
		most := 0
		for _, v := range s.Facets([]string{"relations.ownedBy"}, Filters{}, nil)[0].Values {
			if v.Count > most {
				owner, most = v.Value, v.Count
			}
		}
		b.Run("owned", func(b *testing.B) {
			for b.Loop() {
				s.Owned([]string{owner}, nil)
			}
			b.ReportMetric(float64(most), "entities")
		})
		b.Run("around", func(b *testing.B) {
			for b.Loop() {
				s.Around([]string{owner}, 300, nil)
			}
		})
	})
}

// The teams below one are found at any depth, a circle ends, and what is hidden is neither found nor gone through.
func TestBelow(t *testing.T) {
	s := namedRows(t,
		[3]string{"group:default/top", "", `"type":"team","children":[]`},
		[3]string{"group:default/left", "", `"type":"team","parent":"top","children":[]`},
		[3]string{"group:default/right", "", `"type":"team","parent":"top","children":["gone"]`},
		[3]string{"group:default/leaf", "", `"type":"team","parent":"left","children":["top"]`},
		[3]string{"group:default/other", "", `"type":"team","children":[]`},
	)
	hidden, err := ParsePredicate([]byte(`{"$not":{"metadata.name":"left"}}`))
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name   string
		owners []string
		most   int
		seen   *Restriction
		want   string
		cut    bool
	}{
		{name: "all below", owners: []string{"Group:default/Top"}, most: 10, want: "top left right leaf"},
		{name: "two, each once", owners: []string{"group:default/left", "group:default/other", "group:default/left"}, most: 10, want: "left other leaf top right"},
		{name: "no team", owners: []string{"group:default/none"}, most: 10, want: "none"},
		{name: "as many as may be", owners: []string{"group:default/top"}, most: 4, want: "top left right leaf"},
		{name: "too many", owners: []string{"group:default/top"}, most: 3, want: "top left right", cut: true},
		{name: "not through what is hidden", owners: []string{"group:default/top"}, most: 10, seen: Restrict(hidden), want: "top right"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			refs, cut := s.Below(tt.owners, tt.most, tt.seen)
			if got := strings.ReplaceAll(strings.Join(refs, " "), "group:default/", ""); got != tt.want || cut != tt.cut {
				t.Errorf("got %s, %v; want %s, %v", got, cut, tt.want, tt.cut)
			}
		})
	}
}

// A brief entity has of each type so many relations, and says how many there are where that leaves some out.
func TestBrief(t *testing.T) {
	rows := [][3]string{{"group:default/big", "", `"type":"team","children":[]`}, {"user:default/ana", "", `"memberOf":["big"],"owner":"big"`}}
	for _, name := range []string{"a", "b", "c"} {
		rows = append(rows, [3]string{"component:default/" + name, "", `"owner":"group:default/big"`})
	}
	s := namedRows(t, rows...)
	big := s.ByRef("group:default/big", nil)
	for most, want := range map[int]string{
		2: `"relations":[{"type":"hasMember","targetRef":"user:default/ana"},{"type":"ownerOf","targetRef":"component:default/a"},{"type":"ownerOf","targetRef":"component:default/b"}],"portico":{"related":4,"relations":{"ownerOf":3}}}`,
		3: `{"type":"ownerOf","targetRef":"component:default/c"}]}`,
		9: `{"type":"ownerOf","targetRef":"component:default/c"}]}`,
	} {
		got := string(AppendBatch(nil, []*Doc{big, nil}, (*Fields)(nil).Most(most), nil))
		if !strings.HasSuffix(got, want+`,null]}`) || !strings.HasPrefix(got, `{"items":[{`) {
			t.Errorf("%d: %s", most, got)
		}
	}
	if got := string(big.AppendBrief(nil, 9)); got != string(big.JSON()) {
		t.Errorf("nothing is left out, and yet it is %s", got)
	}
}
