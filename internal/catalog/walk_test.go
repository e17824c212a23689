package catalog

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"
	"golang.org/x/sync/errgroup"

	"portico/internal/errs"
	"portico/internal/identity/audit"
	"portico/internal/pg"
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
	if _, err := w.store.Remove(w.t.Context(), mustUUID(w.t, w.uid(ref)), "", audit.System("user:default/ana")); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) restore(ref string) {
	w.t.Helper()
	if _, _, err := w.store.Restore(w.t.Context(), mustUUID(w.t, w.uid(ref)), audit.System("user:default/ana")); err != nil {
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

func (w *world) revision() (rev int64) {
	w.t.Helper()
	if err := w.store.db.QueryRow(w.t.Context(), `SELECT revision FROM catalog_state`).Scan(&rev); err != nil {
		w.t.Fatal(err)
	}
	return rev
}

func (w *world) stored(src *Source) *Source {
	w.t.Helper()
	s, err := w.store.Source(w.t.Context(), src.ID)
	if err != nil {
		w.t.Fatal(err)
	}
	return s
}

func (w *world) exec(sql string, args ...any) {
	w.t.Helper()
	if _, err := w.store.db.Exec(w.t.Context(), sql, args...); err != nil {
		w.t.Fatal(err)
	}
}

// sentSince are the files whose content was read since the last call, sorted.
func (w *world) sentSince() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	out := w.sent
	w.sent = nil
	slices.Sort(out)
	return out
}

// Whatever one stored document looks like, its source is read.
func TestALocationThatDoesNotParse(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.set("/all.yaml", location("all", "./x.yaml"))
	w.set("/x.yaml", component("x", ""))
	src := w.source("/all.yaml")[0]
	w.refresh(src)
	w.exec(`UPDATE catalog_entities SET entity = '[]' WHERE ref = 'location:default/all'`)
	for range 2 {
		if o := w.refresh(src); o.State != "current" {
			t.Errorf("%+v", o)
		}
		w.wantState("with a document that does not parse", "x", false, false)
	}
}

func TestASourceSaysThatItCouldNotBeRead(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.set("/x.yaml", component("x", ""))
	src := w.source("/x.yaml")[0]
	w.refresh(src)
	w.exec(`ALTER TABLE catalog_targets RENAME TO elsewhere`)
	worker := &RefreshWorker{Refresher: w.refresher}
	for _, tt := range []struct {
		attempt int
		want    string
	}{{1, "current"}, {4, "current"}, {5, "failed"}} {
		job := &river.Job[RefreshArgs]{JobRow: &rivertype.JobRow{Attempt: tt.attempt, MaxAttempts: 5}, Args: RefreshArgs{SourceID: src.ID, Actor: "test"}}
		if err := worker.Work(t.Context(), job); err == nil {
			t.Fatal("a missing table is no error")
		}
		if s := w.stored(src); s.State != tt.want || (s.State == "failed") != strings.Contains(s.Message, "could not be read") {
			t.Errorf("after attempt %d: %s %q, want %s", tt.attempt, s.State, s.Message, tt.want)
		}
	}
	w.exec(`ALTER TABLE elsewhere RENAME TO catalog_targets`)
	w.refresh(src)
	if s := w.stored(src); s.State != "current" || s.Message != "" {
		t.Errorf("mended: %s %q", s.State, s.Message)
	}
}

func TestChangedRulesHoldForFilesThatStay(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	group := "apiVersion: backstage.io/v1alpha1\nkind: Group\nmetadata:\n  name: g\nspec:\n  type: team\n  children: []\n"
	w.set("/all.yaml", location("all", "./g/*.yaml"))
	w.set("/g/group.yaml", group)
	w.set("/g/x.yaml", component("x", ""))
	declare := func(rules ...Rule) *Source {
		t.Helper()
		ids, err := w.store.SetDeclared(t.Context(), FromConfig, []Declared{{Location: Location{Type: "file", Target: "/all.yaml"}, Rules: rules}})
		if err != nil {
			t.Fatal(err)
		}
		return &Source{ID: ids[0]}
	}
	global := defaultRules
	w.refresher.Rules = func(Location) []Rule { return global }
	src := declare()
	w.refresh(src)
	w.wantRefs("component:default/x", "location:default/all")

	src = declare(Rule{Kind: "Group"})
	w.breakRead("/g/*.yaml", errs.New(errs.Unavailable, "not now"))
	w.refresh(src) // the rules are not met by files that could not be read meanwhile
	w.breakRead("/g/*.yaml", nil)
	if o := w.refresh(src); o.State != "current" {
		t.Errorf("allowed: %+v", o)
	}
	w.wantRefs("component:default/x", "group:default/g", "location:default/all")
	w.sentSince()
	w.refresh(src)
	if sent := w.sentSince(); len(sent) > 0 {
		t.Errorf("by the same rules, %v were read again", sent)
	}

	global = []Rule{{Kind: "Location"}}
	if o := w.refresh(src); o.State != "degraded" {
		t.Errorf("tightened: %+v", o)
	}
	in := w.inbox()
	if len(in.Errors) != 1 || in.Errors[0].Ref == nil || *in.Errors[0].Ref != "component:default/x" || !strings.Contains(in.Errors[0].Message, "not allowed") {
		t.Errorf("tightened: %+v", in.Errors)
	}
}

func TestOnlyWhatMovedIsRead(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.set("/all.yaml", location("all", "./g/*.yaml", "./one.yaml"))
	for i := range 20 {
		w.set(fmt.Sprintf("/g/c%02d.yaml", i), component(fmt.Sprintf("c%02d", i), ""))
	}
	note := "  annotations:\n    note: {$text: %s}\n"
	w.set("/g/c07.yaml", component("c07", fmt.Sprintf(note, "../note.txt")))
	w.set("/one.yaml", component("one", fmt.Sprintf(note, "./note.txt")))
	w.set("/note.txt", "first")
	src := w.source("/all.yaml")[0]
	w.refresh(src)
	w.sentSince()
	for _, s := range []struct {
		name string
		do   func()
		want []string
	}{
		{"nothing", func() {}, nil},
		{"one file", func() { w.set("/g/c03.yaml", component("c03", "  description: new\n")) }, []string{"/g/c03.yaml"}},
		{"what two refer to", func() { w.set("/note.txt", "second") }, []string{"/g/c07.yaml", "/note.txt", "/note.txt", "/one.yaml"}},
		{"nothing again", func() {}, nil},
		{"it goes", func() { w.remove("/note.txt") }, []string{"/g/c07.yaml", "/one.yaml"}},
		{"it returns", func() { w.set("/note.txt", "third") }, []string{"/g/c07.yaml", "/note.txt", "/note.txt", "/one.yaml"}},
		{"and stays", func() {}, nil},
	} {
		s.do()
		w.refresh(src)
		if d := cmp.Diff(s.want, w.sentSince()); d != "" {
			t.Errorf("%s: files read (-want +got):\n%s", s.name, d)
		}
	}
	if got := w.get("component:default/c07").Metadata.Annotations["note"]; got != "third" {
		t.Errorf("the note says %q", got)
	}
}

func TestAFileThatSeveralName(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.set("/all.yaml", location("all", "./a.yaml", "./b.yaml", "./c.yaml"))
	w.set("/a.yaml", location("a", "./f.yaml", "./g/*.yaml"))
	w.set("/b.yaml", location("b", "./f.yaml", "./g/x.yaml"))
	w.set("/c.yaml", location("c", "./f.yaml"))
	w.set("/f.yaml", component("f", ""))
	w.set("/g/x.yaml", component("x", ""))
	src := w.source("/all.yaml")[0]
	parent := func(name string) (ref string) {
		t.Helper()
		if err := w.store.db.QueryRow(t.Context(), `SELECT parent_ref FROM catalog_entities WHERE ref = $1`, "component:default/"+name).Scan(&ref); err != nil {
			t.Fatal(err)
		}
		return ref
	}
	w.refresh(src)
	rev, f, x := w.revision(), parent("f"), parent("x")
	for range 3 {
		w.refresh(src)
	}
	if got := w.revision(); got != rev {
		t.Errorf("nothing changed, and the catalog went from revision %d to %d", rev, got)
	}
	w.set("/0.yaml", location("0", "./f.yaml"))
	w.set("/all.yaml", location("all", "./0.yaml", "./a.yaml", "./b.yaml", "./c.yaml"))
	w.set("/f.yaml", component("f", "  description: new\n"))
	w.refresh(src)
	if got := []string{parent("f"), parent("x")}; !slices.Equal(got, []string{f, x}) {
		t.Errorf("from %v to %v although the first still name them", []string{f, x}, got)
	}
	w.set("/"+strings.TrimPrefix(f, "location:default/")+".yaml", location(strings.TrimPrefix(f, "location:default/"), "./g/*.yaml"))
	for range 2 {
		w.refresh(src)
		w.wantState("another names it", "f", false, false)
	}
	if got := parent("f"); got == f {
		t.Errorf("%s names it no longer", got)
	}
}

func TestALocationRemovedByHandLeadsNowhere(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	all := location("all", "./x.yaml")
	w.set("/all.yaml", all)
	w.set("/x.yaml", component("x", ""))
	src := w.source("/all.yaml")[0]
	w.refresh(src)
	w.removeByHand("location:default/all")
	for _, text := range []string{all, "# read again\n" + all, all, all} {
		w.set("/all.yaml", text)
		w.refresh(src)
		w.wantState("removed", "x", true, false)
	}
	w.wantOps("component:default/x", "created", "missing")
	w.restore("location:default/all")
	w.refresh(src)
	w.wantState("restored", "x", false, false)
}

func TestFailuresAreToldWhileHeld(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var b strings.Builder
	for i := range 30 {
		b.WriteString(component(fmt.Sprintf("c%02d", i), "") + "---\n")
	}
	w.set("/all.yaml", b.String())
	src := w.source("/all.yaml")[0]
	w.refresh(src)
	w.set("/all.yaml", component("c00", ""))
	w.refresh(src)
	if s := w.stored(src); s.State != "held" || !strings.Contains(s.Message, "29 of 31") {
		t.Fatalf("%+v", s)
	}
	w.breakRead("/all.yaml", errs.New(errs.Unavailable, "the host answered 401"))
	w.refresh(src)
	s := w.stored(src)
	if s.State != "failed" || !strings.Contains(s.Message, "401") || s.Held == nil {
		t.Errorf("failed while held: %+v", s)
	}
	if _, err := w.store.DecideHeld(t.Context(), src.ID, s.Held.Digest, true, nil, audit.System("op")); err != nil {
		t.Fatal(err)
	}
	if s := w.stored(src); s.State != "failed" || !strings.Contains(s.Message, "401") || s.Held != nil {
		t.Errorf("decided, and still failed: %+v", s)
	}
	w.breakRead("/all.yaml", nil)
	w.refresh(src)
	if s := w.stored(src); s.State != "current" || s.Message != "" {
		t.Errorf("mended: %+v", s)
	}
}

// Removing a source asks those that lead to its files to yield them, and no others.
func TestWhoIsAskedWhenASourceGoes(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.set("/a.yaml", location("a", "./f.yaml", "./g/x.yaml", "./h.yaml"))
	w.set("/b.yaml", location("b", "./f.yaml"))
	w.set("/g/x.yaml", component("x", ""))
	for _, name := range []string{"c", "f", "h"} {
		w.set("/"+name+".yaml", component(name, ""))
	}
	all := []string{"/a.yaml", "/b.yaml", "/g/*.yaml", "/h.yaml", "/c.yaml"}
	srcs := w.source(all...)
	for _, s := range srcs {
		w.refresh(s)
	}
	w.source(all[1:]...)
	for i, want := range []bool{true, true, true, false} {
		before := srcs[i+1]
		if s := w.stored(before); s.RequestedAt.After(before.RequestedAt) != want {
			t.Errorf("%s: asked to be read %t, want %t", s.Location, !want, want)
		}
		w.refresh(before)
	}
	for _, name := range []string{"f", "x", "h", "c"} {
		w.wantState("without the first", name, false, false)
	}
}

// Those that wait for their turn to write leave connections to others.
func TestAppliersLeaveConnections(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	src := w.source("/x.yaml")[0]
	g, ctx := errgroup.WithContext(t.Context())
	err := pg.Transact(t.Context(), w.store.db, pg.TxOptions{}, func(tx pgx.Tx) error {
		if _, err := lockRevision(ctx, tx); err != nil {
			return err
		}
		for i := range 12 {
			g.Go(func() error {
				_, err := w.store.Apply(ctx, &Unit{SourceID: src.ID, File: File{Location: Location{Type: "file", Target: fmt.Sprintf("/%d.yaml", i)}}}, "test")
				return err
			})
		}
		for waiting := 0; waiting < maxApplying; {
			actx, cancel := context.WithTimeout(ctx, 10*time.Second)
			err := w.store.db.QueryRow(actx, `
				SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`).Scan(&waiting)
			cancel()
			if err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := g.Wait(); err != nil {
		t.Fatal(err)
	}
	// One holds the lock, one looks, and those that apply.
	if n := w.store.db.Stat().TotalConns(); n > 2+maxApplying {
		t.Errorf("%d connections were in use at once", n)
	}
}

func TestPatternsConcernTheirSources(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.source("/org/{a,b}.yaml", "/team/t-?.yaml", "/set/[ab].yaml")
	for p, want := range map[string]int{"/org/a.yaml": 1, "/team/t-1.yaml": 1, "/set/b.yaml": 1, "/set": 1, "/other/a.yaml": 0} {
		if ids, err := w.store.SourcesOfPaths(t.Context(), []string{p}); err != nil || len(ids) != want {
			t.Errorf("%s concerns %v, %v; want %d", p, ids, err, want)
		}
	}
}
