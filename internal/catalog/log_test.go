package catalog

import (
	"fmt"
	"strings"
	"testing"
)

// wantLogged says that every revision that was handed out is in the change log: whoever follows the log
// misses nothing that the read model shows.
func (w *world) wantLogged() {
	w.t.Helper()
	changes, err := w.store.Changes(w.t.Context(), Stretch{UpTo: 1 << 60, Limit: 1 << 20})
	if err != nil {
		w.t.Fatal(err)
	}
	want := int64(1)
	for _, c := range changes {
		if c.Revision != want {
			w.t.Errorf("revision %d is not in the log", want)
		}
		want = c.Revision + 1
	}
	if now := w.ix.Snapshot().Revision(); now != want-1 {
		w.t.Errorf("the log ends at %d, the catalog is at %d", want-1, now)
	}
}

// lastDiff is the newest change of an entity, as "path from to".
func (w *world) lastDiff(ref string) string {
	w.t.Helper()
	list, err := w.store.History(w.t.Context(), ref, 0, 1)
	if err != nil || len(list) == 0 {
		w.t.Fatalf("%s has no history: %v", ref, err)
	}
	var out []string
	for _, f := range list[0].Diff {
		out = append(out, f.Path+" "+string(f.From)+" → "+string(f.To))
	}
	return string(list[0].Op) + ": " + strings.Join(out, "; ")
}

func TestABrokenFileIsLogged(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	good := component("a", "") + "---\n" + component("b", "")
	w.set("/o.yaml", good)
	src := w.source("/o.yaml")[0]
	w.refresh(src)
	w.set("/o.yaml", component("a", "")+"---\n"+strings.Replace(component("b", ""), "  type: service\n", "", 1))
	w.refresh(src)
	if got := w.lastDiff("component:default/b"); !strings.HasPrefix(got, `updated: status  → [{"type":"backstage.io/catalog-processing"`) {
		t.Errorf("a file broke: %s", got)
	}
	w.wantOps("component:default/a", "created")
	w.set("/o.yaml", good)
	w.refresh(src)
	if got := w.lastDiff("component:default/b"); !strings.HasPrefix(got, `updated: status [{"type":"backstage.io/catalog-processing"`) || !strings.HasSuffix(got, "→ ") {
		t.Errorf("a file was mended: %s", got)
	}
	w.wantLogged()
}

func TestMovedLinesAreNoRevision(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.set("/o.yaml", component("a", "")+"---\n"+component("b", ""))
	src := w.source("/o.yaml")[0]
	w.refresh(src)
	before := w.ix.Snapshot().Revision()
	w.set("/o.yaml", "# A comment.\n---\n"+component("b", "")+"---\n"+component("a", ""))
	w.refresh(src)
	if got := w.ix.Snapshot().Revision(); got != before {
		t.Errorf("lines moved, and the revision from %d to %d", before, got)
	}
	d, err := w.store.DeclarationOf(t.Context(), "component:default/a")
	if err != nil || d.Line != 12 || !strings.Contains(d.Text, "name: a") {
		t.Errorf("the declaration is still where it was: %v %+v", err, d)
	}
}

func TestAnotherParentIsLogged(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.set("/all.yaml", location("all", "./a.yaml"))
	w.set("/a.yaml", component("a", ""))
	src := w.source("/all.yaml")[0]
	w.refresh(src)
	w.set("/all.yaml", location("everything", "./a.yaml"))
	w.refresh(src)
	if got, want := w.lastDiff("component:default/a"), `updated: parent "location:default/all" → "location:default/everything"`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	w.set("/a.yaml", strings.Replace(component("a", ""), "  type: service\n  lifecycle: production\n", "  lifecycle: production\n  type: service\n", 1))
	w.refresh(src)
	w.wantLogged() // what differs in the order of keys alone is a revision too, because it is shown
}

func TestConflictsAreShownAndLogged(t *testing.T) {
	t.Parallel()
	const ref = "component:default/shared"
	ends := []struct {
		name string
		end  func(w *world, srcs []*Source)
	}{
		{"the second file names it no more", func(w *world, srcs []*Source) {
			w.set("/d/two.yaml", component("other", ""))
			w.refresh(srcs[1])
		}},
		{"the second file goes", func(w *world, srcs []*Source) {
			w.remove("/d/two.yaml")
			w.refresh(srcs[1])
		}},
		{"the second source goes", func(w *world, _ []*Source) {
			w.source("/one.yaml")
			w.catchUp()
		}},
	}
	for _, tt := range ends {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.set("/one.yaml", component("shared", ""))
			w.set("/d/two.yaml", component("shared", ""))
			w.set("/d/rest.yaml", component("rest", ""))
			srcs := w.source("/one.yaml", "/d/*.yaml")
			w.refresh(srcs[0])
			before := w.ix.Snapshot().Revision()
			w.refresh(srcs[1])
			if items := w.get(ref).Status.Items; len(items) != 1 || items[0].Type != "portico.dev/conflict" {
				t.Errorf("claimed by two: %+v", items)
			}
			if got := w.lastDiff(ref); !strings.HasPrefix(got, `updated: status  → [{"type":"portico.dev/conflict"`) {
				t.Errorf("the claim is logged as %s", got)
			}
			w.set("/d/two.yaml", "# again\n"+component("shared", "")) // the same claim is no change
			w.refresh(srcs[1])
			w.wantOps(ref, "created", "updated")
			if w.ix.Snapshot().Revision() == before {
				t.Error("nothing tells followers of the claim")
			}
			tt.end(w, srcs)
			if items := w.get(ref).Status.Items; len(items) != 0 {
				t.Errorf("the claim is over, and still: %+v", items)
			}
			if got := w.lastDiff(ref); !strings.HasPrefix(got, `updated: status [{"type":"portico.dev/conflict"`) || !strings.HasSuffix(got, "→ ") {
				t.Errorf("the end of the claim is logged as %s", got)
			}
			w.wantLogged()
		})
	}
}

func TestManyClaimsAreCounted(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for i := range claimsShown + 4 {
		w.set(fmt.Sprintf("/d/%02d.yaml", i), component("same", ""))
	}
	w.refresh(w.source("/d/*.yaml")[0])
	items := w.get("component:default/same").Status.Items
	if len(items) != claimsShown+1 || !strings.HasPrefix(items[claimsShown].Message, "3 more places declare it too") {
		t.Errorf("%d items, the last is %+v", len(items), items[len(items)-1])
	}
}
