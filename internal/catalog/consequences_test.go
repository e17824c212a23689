package catalog

import (
	"encoding/json"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"portico/internal/errs"
	"portico/internal/identity/audit"
)

// consequences is the answer.
type consequences struct {
	Ref             string
	Goes            []struct{ Ref, Kind string }
	Loses           []struct{ Ref, Type, SpecType, Target string }
	Going, Losing   int
	Indirect        int
	Omitted         int
	Passes, Returns *DeclaredAt
}

func (h *Handler) consequencesFor(t *testing.T, ref, query string) (c consequences, err error) {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), "GET", "/"+query, nil)
	kind, rest, _ := strings.Cut(ref, ":")
	namespace, name, _ := strings.Cut(rest, "/")
	r.SetPathValue("kind", kind)
	r.SetPathValue("namespace", namespace)
	r.SetPathValue("name", name)
	rec := httptest.NewRecorder()
	if err := h.getConsequences(rec, r); err != nil {
		return c, err
	}
	if err := json.Unmarshal(rec.Body.Bytes(), &c); err != nil {
		t.Fatalf("%v in %s", err, rec.Body)
	}
	return c, nil
}

// there are the refs that are shown, but for those that are missing.
func (w *world) there() (refs []string) {
	for d := range w.ix.Snapshot().All() {
		if !strings.Contains(string(d.JSON()), "portico.dev/missing") {
			refs = append(refs, d.Ref())
		}
	}
	slices.Sort(refs)
	return refs
}

// TestConsequences asks, then does it, and compares what went with what was told.
func TestConsequences(t *testing.T) {
	t.Parallel()
	const app = "component:default/app"
	tests := []struct {
		name, ref, of     string
		passes            bool
		returns, comeBack string // the file that it comes back from; "" is none
	}{
		{"one that others depend on", app, "entity", false, "/d/app.yaml", "/d/app.yaml"},
		{"one that two files declare", "component:default/twice", "entity", true, "", ""},
		{"one whose file is gone", "component:default/lost", "entity", false, "", ""},
		{"a Location that leads to more", "location:default/all", "entity", false, "/l/all.yaml", ""},
		{"a Location below another", "location:default/below", "entity", false, "/l/below.yaml", ""},
		{"the Location of a source", "generated", "entity", false, "", ""},
		{"a registered location", "component:default/reg-a", "location", false, "", ""},
		{"a registered location that leads where another does", "component:default/both", "location", false, "/r/both.yaml", "/r/both.yaml"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.set("/d/app.yaml", component("app", "")+"  dependsOn: [component:lost]\n")
			w.set("/d/user.yaml", component("user", "")+"  dependsOn: [component:app, component:twice, component:reg-a, component:in-a, component:both]\n")
			w.set("/d/twice1.yaml", component("twice", ""))
			w.set("/d/twice2.yaml", component("twice", "  title: Another\n"))
			w.set("/d/lost.yaml", component("lost", ""))
			w.set("/l/all.yaml", location("all", "./below.yaml", "./a.yaml", "./shared.yaml"))
			w.set("/l/below.yaml", location("below", "./b.yaml", "./shared.yaml", "./b*.yaml"))
			w.set("/l/other.yaml", location("other", "./shared.yaml"))
			w.set("/l/a.yaml", component("in-a", ""))
			w.set("/l/b.yaml", component("in-b", ""))
			w.set("/l/shared.yaml", component("shared", ""))
			w.set("/l/root.yaml", location("root", "./all.yaml", "./other.yaml"))
			w.set("/r/reg.yaml", component("reg-a", "")+"---\n"+component("reg-b", ""))
			w.set("/r/both.yaml", component("both", ""))
			w.set("/r/lead.yaml", location("lead", "./both.yaml"))
			srcs := w.source("/d/*.yaml", "/l/root.yaml")
			for _, target := range []string{"/r/both.yaml", "/r/lead.yaml", "/r/reg.yaml"} {
				s, _, err := w.store.Register(t.Context(), Location{Type: "file", Target: target}, false, audit.System("test"))
				if err != nil {
					t.Fatal(err)
				}
				srcs = append(srcs, s)
			}
			read := func() {
				for _, s := range srcs {
					if _, err := w.store.Source(t.Context(), s.ID); err == nil {
						w.refresh(s)
					}
				}
			}
			read()
			w.remove("/d/lost.yaml")
			read()
			ref := tt.ref
			if ref == "generated" {
				ref = srcs[1].EntityRef()
			}
			h := w.operator()
			h.Refresher = w.refresher
			c, err := h.consequencesFor(t, ref, "?of="+tt.of)
			if err != nil {
				t.Fatal(err)
			}
			told := []string{}
			for _, g := range c.Goes {
				told = append(told, g.Ref)
			}
			if len(told) > 0 && told[0] != ref || c.Going != len(told) || (c.Passes != nil) != tt.passes || (c.Returns != nil) != (tt.returns != "") || c.Returns != nil && c.Returns.Source == "" {
				t.Errorf("told %v (%d), passes to %v, returns from %v", told, c.Going, c.Passes, c.Returns)
			}

			before := w.there()
			if tt.of == "entity" {
				w.removeByHand(ref)
			} else {
				id, err := w.store.SourceOf(t.Context(), ref)
				if err != nil {
					t.Fatal(err)
				}
				src := srcs[slices.IndexFunc(srcs, func(s *Source) bool { return s.ID == id })]
				if _, err := w.store.Unregister(t.Context(), src.LocationID, audit.System("test")); err != nil {
					t.Fatal(err)
				}
				w.catchUp()
			}
			after := w.there()
			if tt.of == "entity" {
				read()
				after = w.there()
			}
			var gone []string
			for _, r := range before {
				if !slices.Contains(after, r) {
					gone = append(gone, r)
				}
			}
			slices.Sort(told)
			told = slices.DeleteFunc(told, func(r string) bool { return !slices.Contains(before, r) }) // what was missing already
			if d := cmp.Diff(told, gone); d != "" && len(told)+len(gone) > 0 {
				t.Errorf("what went is not what was told (-told +gone)\n%s", d)
			}
			if tt.comeBack != "" {
				w.set(tt.comeBack, strings.Replace(w.text(tt.comeBack), "lifecycle: production", "lifecycle: experimental", 1))
				read()
			} else if tt.of == "location" {
				read()
			}
			if back := slices.Contains(w.there(), ref); back != (tt.comeBack != "") && !tt.passes {
				t.Errorf("%s is back: %t", ref, back)
			}
			for _, r := range gone {
				w.wantLoses(c, r, before)
			}
		})
	}
}

// text is what a file holds.
func (m *memory) text(name string) string {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.files["file:"+name]
}

// wantLoses wants that user is told of, where it depends on what went.
func (w *world) wantLoses(c consequences, ref string, before []string) {
	w.t.Helper()
	if !slices.Contains([]string{"component:default/app", "component:default/twice", "component:default/reg-a", "component:default/in-a", "component:default/both"}, ref) {
		return
	}
	if !slices.ContainsFunc(c.Loses, func(l struct{ Ref, Type, SpecType, Target string }) bool {
		return l.Ref == "component:default/user" && l.Type == "dependsOn" && l.Target == ref && l.SpecType == "service"
	}) {
		w.t.Errorf("nobody says that user loses %s: %+v", ref, c.Loses)
	}
}

func TestConsequencesThatAreNone(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.set("/a.yaml", component("a", ""))
	w.refresh(w.source("/a.yaml")[0])
	h := w.operator()
	h.Refresher = w.refresher
	for _, tt := range []struct {
		ref, query string
		kind       errs.Kind
		words      string
	}{
		{"component:default/none", "", errs.NotFound, "none"},
		{"component:default/a", "?of=everything", errs.Invalid, `"location"`},
		{"component:default/a", "?of=location", errs.Forbidden, "configuration"},
	} {
		if _, err := h.consequencesFor(t, tt.ref, tt.query); !errs.Is(err, tt.kind) || !strings.Contains(errs.Sentence(err), tt.words) {
			t.Errorf("%s%s: %v", tt.ref, tt.query, err)
		}
	}
}
