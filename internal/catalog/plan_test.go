package catalog

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"portico/internal/errs"
	"portico/internal/identity/audit"
)

func TestPlan(t *testing.T) {
	w := newWorld(t)
	w.set("/known.yaml", component("same", "")+"---\n"+component("changing", ""))
	w.set("/other.yaml", component("taken", ""))
	w.source("/known.yaml", "/other.yaml")
	for _, src := range w.source("/known.yaml", "/other.yaml") {
		w.refresh(src)
	}
	plan := func(target string) *Plan {
		t.Helper()
		p, _, err := w.refresher.Plan(t.Context(), Location{Type: "file", Target: target}, nil)
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	words := func(p *Plan) (out []string) {
		for _, e := range p.Entities {
			line := e.Ref + " " + e.Would
			if e.By != "" {
				line += " by " + e.By
			}
			if e.Why != "" {
				line += ": " + e.Why
			}
			if len(e.Changed) > 0 {
				line += " [" + strings.Join(e.Changed, " ") + "]"
			}
			out = append(out, line)
		}
		return out
	}
	w.set("/known.yaml", component("same", "")+"---\n"+component("changing", "  title: New\n"))
	w.set("/broken.yaml", "apiVersion: backstage.io/v1alpha1\nkind: Component\nmetadata:\n  name: not good\nspec: {type: service, lifecycle: production, owner: a}\n")
	w.set("/new/a.yaml", component("new-a", ""))
	w.set("/new/b.yaml", component("new-a", "")+"---\n"+component("taken", ""))
	w.set("/all.yaml", location("all", "./new/*.yaml", "./broken.yaml", "./none.yaml"))
	tests := []struct {
		name, target string
		want         []string
		errors       int
	}{
		{"registered already", "/known.yaml", []string{"component:default/same unchanged", "component:default/changing update [metadata.title]"}, 0},
		{"many files, of which some cannot be used", "/all.yaml", []string{
			"location:default/all create",
			"component:default/new-a create",
			"component:default/new-a conflict: " + declaredTwice,
			"component:default/taken conflict by file:/other.yaml",
		}, 2},
		{"nothing usable", "/broken.yaml", nil, 1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			before := w.ix.Snapshot().Revision()
			p := plan(tt.target)
			if d := cmp.Diff(tt.want, words(p)); d != "" {
				t.Errorf("(-want +got):\n%s", d)
			}
			if p.Errors != tt.errors || len(p.Problems) != tt.errors {
				t.Errorf("%d errors, and problems %+v; want %d", p.Errors, p.Problems, tt.errors)
			}
			w.catchUp()
			if now := w.ix.Snapshot().Revision(); now != before {
				t.Errorf("it wrote: revision %d became %d", before, now)
			}
		})
	}

	p := plan("/broken.yaml").Problems[0]
	if p.Line != 4 || p.Column == 0 || p.Excerpt == nil || p.Remedy == "" || !strings.Contains(strings.Join(p.Excerpt.Lines, "\n"), "not good") {
		t.Errorf("the problem does not say where it is and what to write: %+v", p)
	}
	if _, _, err := w.refresher.Plan(t.Context(), Location{Type: "file", Target: "/none.yaml"}, nil); !errs.Is(err, errs.Invalid) {
		t.Errorf("a location that is not there: %v", err)
	}

	// What went missing, and what was removed by hand.
	w.set("/known.yaml", component("same", ""))
	src := w.source("/known.yaml", "/other.yaml")[0]
	w.refresh(src)
	w.set("/known.yaml", component("same", "")+"---\n"+component("changing", ""))
	if _, err := w.store.Remove(t.Context(), mustUUID(t, w.get("component:default/same").Metadata.UID), "", audit.System("x")); err != nil {
		t.Fatal(err)
	}
	want := []string{"component:default/same unchanged: " + removedByHand, "component:default/changing update: " + missingReturns}
	if d := cmp.Diff(want, words(plan("/known.yaml"))); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
	w.set("/also.yaml", location("also", "./other.yaml"))
	want = []string{"location:default/also create", "component:default/taken unchanged: " + readByAnother}
	if d := cmp.Diff(want, words(plan("/also.yaml"))); d != "" {
		t.Errorf("a file that another location leads to (-want +got):\n%s", d)
	}
}
