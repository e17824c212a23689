package catalog

import (
	"fmt"
	"strings"
	"testing"

	"portico/internal/errs"
	"portico/internal/identity/audit"
)

func components(prefix string, n int) string {
	var b strings.Builder
	for i := range n {
		b.WriteString(component(fmt.Sprintf("%s-%d", prefix, i), "") + "---\n")
	}
	return b.String()
}

// What trying a location refuses, registering it does not take either, and the other way round. What an operator names
// is not limited like this.
func TestRegisteredLocationsAreLimited(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name  string
		set   func(*world)
		want  string // in the refusal; "" where it is taken
		taken int    // components of the registered location
	}{
		{"as deep as may be", func(w *world) { w.chain(5) }, "", 1},
		{"too deep", func(w *world) { w.chain(6) }, "lead more than 5 deep", 0},
		{"as many files as may be", func(w *world) { w.fan(499) }, "", 0},
		{"too many files", func(w *world) { w.fan(500) }, "lead to more than 500 files", 0},
		{"as many entities as may be", func(w *world) { w.set("/org/all.yaml", components("c", 500)) }, "", 500},
		{"too many entities", func(w *world) { w.set("/org/all.yaml", components("c", 501)) }, "more than 500 entities", 0},
		{"too many entities in several files", func(w *world) {
			w.set("/org/all.yaml", location("all", "./a.yaml", "./b.yaml"))
			w.set("/org/a.yaml", components("a", 250))
			w.set("/org/b.yaml", components("b", 250))
		}, "more than 500 entities", 250},
		{"a large file", func(w *world) { w.set("/org/all.yaml", component("x", "")+"# "+strings.Repeat("x", 1<<20)) }, "a file of a registered location at most 1048576", 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			tt.set(w)
			loc := Location{Type: "file", Target: "/org/all.yaml"}
			_, err := w.refresher.Preview(t.Context(), loc)
			switch {
			case tt.want == "" && err != nil:
				t.Errorf("trying it: %v", err)
			case tt.want != "" && (!errs.Is(err, errs.Invalid) || !strings.Contains(errs.Sentence(err), tt.want) || !strings.Contains(errs.Remedy(err), "operator")):
				t.Errorf("trying it: %v; %s", err, errs.Remedy(err))
			}
			src, _, err := w.store.Register(t.Context(), loc, false, audit.System("user:default/ana"))
			if err != nil {
				t.Fatal(err)
			}
			for range 2 {
				o := w.refresh(src)
				if (o.State == "current") != (tt.want == "") {
					t.Errorf("registered, it is %s: %s", o.State, o.Message)
				}
				if got := w.components(); got != tt.taken {
					t.Errorf("%d components are taken, want %d", got, tt.taken)
				}
			}
			if tt.want != "" && !strings.Contains(w.sayings(src), tt.want) {
				t.Errorf("nothing says %q: %s", tt.want, w.sayings(src))
			}
			own := newWorld(t)
			tt.set(own)
			if o := own.refresh(own.source("/org/all.yaml")[0]); o.State != "current" {
				t.Errorf("in the configuration, it is %s: %s", o.State, o.Message)
			}
		})
	}
}

// What is there may change and move; only growing past the limit is refused, and what goes makes room.
func TestAFullLocationCanChange(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.set("/org/all.yaml", location("all", "./*.yaml"))
	w.set("/org/a.yaml", components("a", 300))
	w.set("/org/b.yaml", components("b", 199))
	src, _, err := w.store.Register(t.Context(), Location{Type: "file", Target: "/org/all.yaml"}, false, audit.System("user:default/ana"))
	if err != nil {
		t.Fatal(err)
	}
	if w.refresh(src); w.components() != 499 {
		t.Fatalf("%d components", w.components())
	}
	w.set("/org/a.yaml", components("c", 300))
	if o := w.refresh(src); o.State != "current" && o.State != "held" {
		t.Errorf("after a change of all names: %s, %s", o.State, o.Message)
	}
	w.set("/org/b.yaml", components("b", 210))
	if o := w.refresh(src); o.State == "current" || !strings.Contains(w.sayings(src), "more than 500 entities") {
		t.Errorf("grown too large: %s, %s", o.State, w.sayings(src))
	}
	w.set("/org/a.yaml", components("c", 100))
	w.refresh(src)
	w.refresh(src) // in the first, the file that grew may have been read before the other made room
	if s := w.sayings(src); strings.Contains(s, "more than 500 entities") {
		t.Errorf("with room again: %s", s)
	}
}

// chain makes a file n Location entities away from the first.
func (w *world) chain(n int) {
	name := "all"
	for i := range n {
		next := fmt.Sprintf("l%d", i)
		w.set("/org/"+name+".yaml", location(name, "./"+next+".yaml"))
		name = next
	}
	w.set("/org/"+name+".yaml", component("end", ""))
}

// fan makes a file that leads to n that are empty.
func (w *world) fan(n int) {
	var targets []string
	for i := range n {
		targets = append(targets, fmt.Sprintf("./f%d.yaml", i))
		w.set(fmt.Sprintf("/org/f%d.yaml", i), "# nothing\n")
	}
	w.set("/org/all.yaml", location("all", targets...))
}

func (w *world) components() (n int) {
	for _, ref := range w.refs() {
		if strings.HasPrefix(ref, "component:") {
			n++
		}
	}
	return n
}

// sayings are what a source and its problems say.
func (w *world) sayings(src *Source) string {
	w.t.Helper()
	s, err := w.store.Source(w.t.Context(), src.ID)
	if err != nil {
		w.t.Fatal(err)
	}
	all := s.Message
	for _, p := range w.inbox().Errors {
		all += "\n" + p.Message + " (" + p.Remedy + ")"
	}
	return all
}
