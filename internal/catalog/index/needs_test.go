package index

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// What the status asks for is found as any field is, and follows the status, not the file.
func TestNeedsAreAFilter(t *testing.T) {
	const (
		faulty  = `[{"type":"backstage.io/catalog-processing","level":"error","message":"a.yaml:3:1: e"}]`
		missing = `[{"type":"portico.dev/missing","level":"warning","message":"m"}]`
		both    = `[{"type":"portico.dev/conflict","level":"warning","message":"c"},{"type":"portico.dev/missing","level":"warning","message":"m"}]`
		note    = `[{"type":"other","level":"info","message":"i"}]`
	)
	row := func(name, status, extra string) Row {
		return Row{
			UID: "uid-" + name, Ref: "component:default/" + name, Revision: 1, Status: []byte(status),
			JSON: fmt.Appendf(nil, `{"kind":"Component","metadata":{"name":%q},"spec":{}%s}`, name, extra),
		}
	}
	x := New(Options{})
	x.Apply([]Row{
		row("broken", faulty, ""), row("calm", "", ""), row("going", missing, ""), row("noted", note, ""), row("twice", both, ""),
		row("says-so", "", `,"portico":{"needs":"error"},"portico.needs":["missing"]`),
	}, 1)
	f, err := ParsePredicate([]byte(`{"kind":"component","portico.needs":{"$in":["error","missing","conflict"]}}`))
	if err != nil {
		t.Fatal(err)
	}
	hides, err := ParsePredicate([]byte(`{"$not":{"metadata.name":"going"}}`))
	if err != nil {
		t.Fatal(err)
	}
	check := func(step string, r *Restriction, want ...string) {
		t.Helper()
		page, err := x.Snapshot().Query(Query{Filters: Filters{Query: f}, Limit: 20, Order: []Order{{Field: "metadata.name"}}}, r)
		if err != nil {
			t.Fatal(err)
		}
		got := []string{}
		for _, d := range page.Docs {
			got = append(got, d.Ref()[len("component:default/"):])
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: %s", step, diff)
		}
		n := 0
		for _, v := range x.Snapshot().Facets([]string{"kind"}, Filters{Query: f}, r)[0].Values {
			n += v.Count
		}
		if n != len(want) {
			t.Errorf("%s: %d are counted, want %d", step, n, len(want))
		}
	}
	check("at first", nil, "broken", "going", "twice")
	check("what is hidden", Restrict(hides), "broken", "twice")
	x.Apply([]Row{row("broken", "", ""), row("calm", faulty, ""), {Ref: "component:default/going", Deleted: true}, row("twice", missing, "")}, 2)
	check("mended, broken, gone, half mended", nil, "calm", "twice")
	values := x.Snapshot().Facets([]string{needsKey}, Filters{}, nil)[0].Values
	if diff := cmp.Diff([]FacetValue{{"error", 1}, {"missing", 1}}, values); diff != "" {
		t.Error(diff)
	}
	page, err := x.Snapshot().Query(Query{Limit: 20, Order: []Order{{Field: needsKey}}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if len(page.Docs) == 0 || page.Docs[0].Ref() != "component:default/calm" {
		t.Errorf("by need the first is %v", page.Docs)
	}
}

// When an entity changed stands in an answer only where it is asked for by name.
func TestWhenItChangedIsAFieldOfItsOwn(t *testing.T) {
	x := New(Options{})
	x.Apply([]Row{{
		UID: "u", Ref: "component:default/a", Revision: 1, Changed: time.Date(2026, 1, 31, 10, 0, 0, 500_000_000, time.UTC),
		JSON: []byte(`{"kind":"Component","metadata":{"name":"a"},"spec":{"x":1}}`),
	}, {UID: "v", Ref: "component:default/b", Revision: 1, JSON: []byte(`{"kind":"Component","metadata":{"name":"b"}}`)}}, 1)
	for _, tt := range []struct{ ref, fields, want string }{
		{"component:default/a", "kind,portico.changedAt", `{"kind":"Component","portico":{"changedAt":"2026-01-31T10:00:00.5Z"}}`},
		{"component:default/a", "portico.changedAt", `{"portico":{"changedAt":"2026-01-31T10:00:00.5Z"}}`},
		{"component:default/a", "kind", `{"kind":"Component"}`},
		{"component:default/b", "kind,portico.changedAt", `{"kind":"Component"}`},
	} {
		f, err := ParseFields([]string{tt.fields})
		if err != nil {
			t.Fatal(err)
		}
		if got := string(x.Snapshot().ByRef(tt.ref, nil).AppendFields(nil, f)); got != tt.want {
			t.Errorf("%s of %s: %s, want %s", tt.fields, tt.ref, got, tt.want)
		}
	}
	if d := x.Snapshot().ByRef("component:default/a", nil); strings.Contains(string(d.JSON()), "changedAt") {
		t.Errorf("the entity holds %s", d.JSON())
	}
}
