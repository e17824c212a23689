package catalog

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// A source as organisations have them: a file that leads to a glob and to files. Whatever happens to
// one part, what is declared is active, what is not declared any more is missing, and nothing that
// was good is lost for a fault elsewhere. Each step is read twice: a second look changes nothing.
func TestWhatIsDeclaredIsThere(t *testing.T) {
	t.Parallel()
	const root = "/org/all.yaml"
	whole := location("all", "./g/*.yaml", "./x.yaml", "./y.yaml")
	type step struct {
		name    string
		do      func(*world)
		missing []string // of a, b, x, y; all others are active
		absent  []string
	}
	tests := []struct {
		name  string
		steps []step
	}{
		{"the root breaks and is mended", []step{
			{"no YAML", func(w *world) { w.set(root, whole+"x: [") }, nil, nil},
			{"invalid", func(w *world) { w.set(root, strings.Replace(whole, "name: all", "name: -all-", 1)) }, nil, nil},
			{"not a Location that can be used", func(w *world) { w.set(root, strings.Replace(whole, "targets: [", "targets: 3 #[", 1)) }, nil, nil},
			{"mended", func(w *world) { w.set(root, whole+"# mended\n") }, nil, nil},
		}},
		{"a file goes and returns", []step{
			{"goes", func(w *world) { w.remove("/org/x.yaml") }, []string{"x"}, nil},
			{"returns", func(w *world) { w.set("/org/x.yaml", component("x", "")) }, nil, nil},
		}},
		{"a file of the glob goes and returns", []step{
			{"goes", func(w *world) { w.remove("/org/g/a.yaml") }, []string{"a"}, nil},
			{"another goes", func(w *world) { w.remove("/org/x.yaml") }, []string{"a", "x"}, nil},
			{"the first returns", func(w *world) { w.set("/org/g/a.yaml", component("a", "")) }, []string{"x"}, nil},
		}},
		{"a target is dropped and named again", []step{
			{"dropped", func(w *world) { w.set(root, location("all", "./g/*.yaml", "./x.yaml")) }, []string{"y"}, nil},
			{"the glob too", func(w *world) { w.set(root, location("all", "./x.yaml")) }, []string{"a", "b", "y"}, nil},
			{"named again", func(w *world) { w.set(root, whole) }, nil, nil},
		}},
		{"the root goes and returns", []step{
			{"goes", func(w *world) { w.remove(root) }, []string{"a", "b", "x", "y"}, nil},
			{"returns", func(w *world) { w.set(root, whole) }, nil, nil},
		}},
		{"a Location of a name that is taken", []step{
			{"leads on", func(w *world) {
				w.set("/org/x.yaml", component("x", "")+"---\n"+location("other", "./z.yaml"))
				w.set("/org/y.yaml", component("y", "")+"---\n"+location("other", "./v.yaml"))
				w.set("/org/z.yaml", component("z", ""))
				w.set("/org/v.yaml", component("v", ""))
			}, nil, nil},
			{"and stays so", func(w *world) { w.set("/org/g/a.yaml", component("a", "  description: new\n")) }, nil, nil},
		}},
		{"removed by hand, let go, restored", []step{
			{"removed", func(w *world) { w.removeByHand("component:default/x") }, nil, []string{"x"}},
			{"let go", func(w *world) { w.set("/org/x.yaml", component("x2", "")) }, nil, []string{"x"}},
			{"restored", func(w *world) { w.restore("component:default/x") }, []string{"x"}, nil},
			{"declared", func(w *world) { w.set("/org/x.yaml", component("x", "")+"---\n"+component("x2", "")) }, nil, nil},
		}},
		{"removed by hand, let go, declared", []step{
			{"removed", func(w *world) { w.removeByHand("component:default/x") }, nil, []string{"x"}},
			{"let go", func(w *world) { w.set("/org/x.yaml", component("x2", "")) }, nil, []string{"x"}},
			{"declared", func(w *world) { w.set("/org/x.yaml", component("x", "")+"---\n"+component("x2", "")) }, nil, nil},
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.set(root, whole)
			for _, f := range []string{"g/a", "g/b", "x", "y"} {
				w.set("/org/"+f+".yaml", component(strings.TrimPrefix(f, "g/"), ""))
			}
			src := w.source(root)[0]
			w.refresh(src)
			for _, s := range tt.steps {
				s.do(w)
				for range 2 {
					w.refresh(src)
					for _, name := range []string{"a", "b", "x", "y"} {
						w.wantState(s.name, name, slices.Contains(s.missing, name), slices.Contains(s.absent, name))
					}
					for _, name := range []string{"z", "v"} {
						if w.ix.Snapshot().ByRef("component:default/"+name, nil) != nil {
							w.wantState(s.name, name, false, false)
						}
					}
				}
			}
		})
	}
}

func (w *world) wantState(step, name string, missing, absent bool) {
	w.t.Helper()
	ref := "component:default/" + name
	doc := w.ix.Snapshot().ByRef(ref, nil)
	if (doc == nil) != absent {
		w.t.Errorf("%s: %s there: %t, want %t", step, name, doc != nil, !absent)
	}
	if doc == nil {
		return
	}
	got := false
	for _, i := range w.get(ref).Status.Items {
		got = got || i.Type == "portico.dev/missing"
	}
	if got != missing {
		w.t.Errorf("%s: %s missing: %t, want %t", step, name, got, missing)
	}
}

func (w *world) uid(ref string) string {
	w.t.Helper()
	var uid string
	if err := w.store.db.QueryRow(w.t.Context(), `SELECT uid::text FROM catalog_entities WHERE ref = $1`, ref).Scan(&uid); err != nil {
		w.t.Fatal(err)
	}
	return uid
}

func (w *world) removeByHand(ref string) {
	w.t.Helper()
	if _, err := w.store.Remove(w.t.Context(), mustUUID(w.t, w.uid(ref)), "user:default/ana"); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) restore(ref string) {
	w.t.Helper()
	if _, _, err := w.store.Restore(w.t.Context(), mustUUID(w.t, w.uid(ref)), "user:default/ana"); err != nil {
		w.t.Fatal(err)
	}
}

func TestTwoSourcesNameOneFile(t *testing.T) {
	t.Parallel()
	for _, how := range []string{"the first lets go of it", "the first is unregistered"} {
		t.Run(how, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.set("/a.yaml", location("a", "./f.yaml"))
			w.set("/b.yaml", location("b", "./f.yaml"))
			w.set("/f.yaml", component("f", ""))
			srcs := w.source("/a.yaml", "/b.yaml")
			for range 2 {
				for _, s := range srcs {
					w.refresh(s)
				}
			}
			w.wantState("both", "f", false, false)
			if how == "the first lets go of it" {
				w.set("/a.yaml", location("a", "./nothing.yaml"))
				w.refresh(srcs[0])
			} else {
				srcs = append(srcs[:0], nil, w.source("/b.yaml")[0])
			}
			w.refresh(srcs[1])
			w.wantState(how, "f", false, false)
		})
	}
}

func TestNothingChangesHandsWhileHeld(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var b strings.Builder
	for i := range 30 {
		b.WriteString(component(fmt.Sprintf("c%02d", i), "  description: mine\n") + "---\n")
	}
	w.set("/one.yaml", b.String())
	w.set("/two.yaml", component("c07", "  description: stolen\n"))
	srcs := w.source("/one.yaml", "/two.yaml")
	w.refresh(srcs[0])
	w.refresh(srcs[1])
	w.set("/one.yaml", component("c00", ""))
	if o := w.refresh(srcs[0]); o.Held == nil {
		t.Fatalf("%+v", o)
	}
	if got := w.get("component:default/c07").Metadata.Description; got != "mine" {
		t.Errorf("while the removal is held, its entities are %q", got)
	}
	w.set("/one.yaml", b.String())
	if o := w.refresh(srcs[0]); o.Held != nil || o.State != "current" {
		t.Errorf("%+v", o)
	}
	if s, err := w.store.Source(t.Context(), srcs[0].ID); err != nil || s.Held != nil || s.State != "current" {
		t.Errorf("mended, and still held: %v %+v", err, s)
	}
}

func TestPathsOfTargetsAreWatched(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.set("/org/all.yaml", location("all", "./g/*.yaml", "./x.yaml"))
	w.set("/org/g/a.yaml", component("a", ""))
	src := w.source("/org/all.yaml")[0]
	w.refresh(src)
	paths, err := w.store.WatchPaths(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"/org/all.yaml", "/org/g/*.yaml", "/org/g/a.yaml", "/org/x.yaml"} {
		if !slices.Contains(paths, want) {
			t.Errorf("%s is not watched: %v", want, paths)
		}
	}
	for _, p := range []string{"/org/g/new.yaml", "/org/x.yaml", "/org/all.yaml", "/org/g", "/org"} {
		if ids, err := w.store.SourcesOfPaths(t.Context(), []string{p}); err != nil || len(ids) != 1 {
			t.Errorf("%s concerns %v, %v", p, ids, err)
		}
	}
	if ids, err := w.store.SourcesOfPaths(t.Context(), []string{"/elsewhere/x.yaml"}); err != nil || len(ids) != 0 {
		t.Errorf("a path of nobody's concerns %v, %v", ids, err)
	}
}
