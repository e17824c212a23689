package catalog

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"portico/internal/catalog/entity"
	"portico/internal/catalog/index"
	"portico/internal/errs"
	"portico/internal/identity/audit"
)

func TestRefreshLoadsWhatASourceLeadsTo(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.set("/org/all.yaml", location("all", "./a.yaml", "./more/*.yaml"))
	w.set("/org/a.yaml", component("a", "")+"---\n"+component("b", "  description: second\n"))
	w.set("/org/more/c.yaml", component("c", ""))
	w.set("/org/more/teams.yaml", "apiVersion: backstage.io/v1alpha1\nkind: Group\nmetadata:\n  name: team-a\nspec:\n  type: team\n  children: []\n")
	src := w.source("/org/all.yaml")[0]
	if o := w.refresh(src); o.State != "current" {
		t.Errorf("outcome %+v", o)
	}
	w.wantRefs("component:default/a", "component:default/b", "component:default/c", "group:default/team-a", "location:default/all")
	a := w.get("component:default/a")
	if len(a.Relations) != 1 || a.Relations[0].Type != "ownedBy" || a.Relations[0].TargetRef != "group:default/team-a" {
		t.Errorf("relations of a: %+v", a.Relations)
	}
	if n := len(w.get("group:default/team-a").Relations); n != 3 {
		t.Errorf("the team shows %d relations, want the other side of 3", n)
	}
	for name, want := range map[string]string{entity.AnnotationManagedByLocation: "file:/org/a.yaml", entity.AnnotationManagedByOriginLocation: "file:/org/all.yaml"} {
		if got := a.Metadata.Annotations[name]; got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
	w.wantOps("component:default/b", "created")

	before := w.ix.Snapshot().Revision()
	w.refresh(src)
	if after := w.ix.Snapshot().Revision(); after != before {
		t.Errorf("reading unchanged files moved the revision from %d to %d", before, after)
	}

	w.set("/org/a.yaml", component("a", "")+"---\n"+component("b", "  description: changed\n"))
	w.refresh(src)
	w.wantOps("component:default/a", "created")
	w.wantOps("component:default/b", "created", "updated")
	cs, err := w.store.History(t.Context(), "component:default/b", 0, 1)
	if err != nil {
		t.Fatal(err)
	}
	want := []entity.FieldChange{{Path: "metadata.description", From: json.RawMessage(`"second"`), To: json.RawMessage(`"changed"`)}}
	if d := cmp.Diff(want, cs[0].Diff); d != "" {
		t.Errorf("diff (-want +got):\n%s", d)
	}
	if cs[0].Actor != "test" || cs[0].Source != "file:/org/a.yaml" {
		t.Errorf("change by %q from %q", cs[0].Actor, cs[0].Source)
	}
}

func TestNothingGoodIsLost(t *testing.T) {
	t.Parallel()
	good := component("a", "") + "---\n" + component("b", "")
	tests := []struct {
		name     string
		breakIt  func(*world)
		state    string
		problem  string
		atEntity string // which entity shows it
	}{
		{"a document becomes invalid", func(w *world) {
			w.set("/o.yaml", component("a", "")+"---\n"+strings.Replace(component("b", ""), "  type: service\n", "", 1))
		}, "degraded", "type", "component:default/b"},
		{"the file is no YAML", func(w *world) { w.set("/o.yaml", component("a", "")+"---\n{{ nothing }\n") }, "degraded", "", "component:default/b"},
		{"the file is empty of sense", func(w *world) { w.set("/o.yaml", "\tx") }, "degraded", "", "component:default/a"},
		{"the place does not answer", func(w *world) { w.breakRead("/o.yaml", errs.New(errs.Unavailable, "host does not answer")) }, "failed", "host does not answer", ""},
		{"a kind is not allowed", func(w *world) {
			w.set("/o.yaml", component("a", "")+"---\n"+component("b", ""))
			w.refresher.Rules = func(Location) []Rule { return []Rule{{Kind: "Location"}} }
			w.set("/o.yaml", good+"# touched\n")
		}, "degraded", "not allowed from this location", "component:default/a"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.set("/o.yaml", good)
			src := w.source("/o.yaml")[0]
			w.refresh(src)
			tt.breakIt(w)
			for range 2 { // and it stays so
				if o := w.refresh(src); o.State != tt.state {
					t.Errorf("outcome %+v, want %s", o, tt.state)
				}
				w.wantRefs("component:default/a", "component:default/b")
			}
			ps := w.inbox().Errors
			if len(ps) == 0 || !strings.Contains(ps[0].Message, tt.problem) {
				t.Errorf("problems %+v, want one that says %q", ps, tt.problem)
			}
			if tt.atEntity != "" {
				if items := w.get(tt.atEntity).Status.Items; len(items) == 0 || items[0].Level != "error" {
					t.Errorf("%s shows no error: %+v", tt.atEntity, items)
				}
			}
			w.breakRead("/o.yaml", nil)
			w.refresher.Rules = everyKind
			w.set("/o.yaml", good+"# mended\n")
			if o := w.refresh(src); o.State != "current" {
				t.Errorf("after mending: %+v", o)
			}
			if items := w.get("component:default/b").Status.Items; len(items) != 0 {
				t.Errorf("the error stays: %+v", items)
			}
			if ps := w.inbox().Errors; len(ps) != 0 {
				t.Errorf("problems stay: %+v", ps)
			}
		})
	}
}

func TestVanishGraceRemovalRestore(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ctx := t.Context()
	w.set("/all.yaml", location("all", "./a.yaml", "./b.yaml"))
	w.set("/a.yaml", component("a", ""))
	w.set("/b.yaml", component("b", ""))
	src := w.source("/all.yaml")[0]
	w.refresh(src)
	uid := w.get("component:default/b").Metadata.UID

	w.remove("/b.yaml")
	w.refresh(src)
	w.wantRefs("component:default/a", "component:default/b", "location:default/all")
	if items := w.get("component:default/b").Status.Items; len(items) != 1 || items[0].Type != "portico.dev/missing" {
		t.Errorf("a missing entity must say so: %+v", items)
	}
	missing := w.inbox().Missing
	if len(missing) != 1 || missing[0].Ref != "component:default/b" || missing[0].RemoveAt.Sub(missing[0].Since) != time.Hour {
		t.Errorf("missing: %+v", missing)
	}
	w.wantTally(src, Tally{Units: 2, Entities: 3, Missing: 1, Problems: 1}) // its Location still leads to the file

	w.set("/b.yaml", component("b", ""))
	w.refresh(src)
	if items := w.get("component:default/b").Status.Items; len(items) != 0 {
		t.Errorf("it returned, and still: %+v", items)
	}
	w.remove("/b.yaml")
	w.refresh(src)
	r := Retention{Grace: time.Hour, Removed: time.Hour, ChangeAge: time.Hour, ChangeCount: 100}
	if err := w.store.Expire(ctx, r); err != nil {
		t.Fatal(err)
	}
	w.catchUp()
	w.wantRefs("component:default/a", "component:default/b", "location:default/all") // the grace is not over
	r.Grace = 0
	if err := w.store.Expire(ctx, r); err != nil {
		t.Fatal(err)
	}
	w.catchUp()
	w.wantRefs("component:default/a", "location:default/all")
	w.wantOps("component:default/b", "created", "missing", "returned", "missing", "removed")

	ref, _, err := w.store.Restore(ctx, mustUUID(t, uid), audit.System("user:default/ana"))
	if err != nil || ref != "component:default/b" {
		t.Fatalf("restore: %s %v", ref, err)
	}
	w.catchUp()
	if items := w.get("component:default/b").Status.Items; len(items) != 1 {
		t.Errorf("restored without a source, it must be missing: %+v", items)
	}
	if _, _, err := w.store.Restore(ctx, mustUUID(t, uid), audit.System("x")); err != nil { // missing, it is kept
		t.Errorf("restoring twice: %v", err)
	}
	if _, _, err := w.store.Restore(ctx, mustUUID(t, uid), audit.System("x")); !errs.Is(err, errs.NotFound) {
		t.Errorf("restoring what is there: %v", err)
	}

	// Removed by hand although it is declared: back as it was when restored.
	uidA := mustUUID(t, w.get("component:default/a").Metadata.UID)
	if _, err := w.store.Remove(ctx, uidA, "", audit.System("user:default/ana")); err != nil {
		t.Fatal(err)
	}
	w.refresh(src) // the file did not change, so the removal stands
	w.wantRefs("component:default/b", "location:default/all")
	if _, _, err := w.store.Restore(ctx, uidA, audit.System("user:default/ana")); err != nil {
		t.Fatal(err)
	}
	w.catchUp()
	if items := w.get("component:default/a").Status.Items; len(items) != 0 {
		t.Errorf("restored, it is declared: %+v", items)
	}

	r.Grace, r.Removed = time.Hour, 0
	if _, err := w.store.Remove(ctx, uidA, "", audit.System("x")); err != nil {
		t.Fatal(err)
	}
	if err := w.store.Expire(ctx, r); err != nil {
		t.Fatal(err)
	}
	if _, _, err := w.store.Restore(ctx, uidA, audit.System("x")); !errs.Is(err, errs.NotFound) {
		t.Errorf("what was purged cannot come back, got %v", err)
	}
}

func TestMassRemovalIsHeld(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	many := func(n int) string {
		var b strings.Builder
		for i := range n {
			b.WriteString(component(fmt.Sprintf("c%03d", i), "") + "---\n")
		}
		return b.String()
	}
	w := newWorld(t)
	w.set("/all.yaml", location("all", "./some.yaml", "./rest.yaml"))
	w.set("/some.yaml", many(60))
	w.set("/rest.yaml", strings.ReplaceAll(many(40), "name: c", "name: d"))
	src := w.source("/all.yaml")[0]
	w.refresh(src)
	n := len(w.refs())

	w.remove("/rest.yaml") // 40 of 102
	o := w.refresh(src)
	if o.Held == nil || o.Held.Missing != 40 || len(o.Held.Refs) != 40 {
		t.Fatalf("outcome %+v", o)
	}
	if got := len(w.refs()); got != n || len(w.get("component:default/d001").Status.Items) != 0 {
		t.Errorf("%d entities of %d; nothing may change while held", got, n)
	}
	if o := w.refresh(src); o.Held == nil {
		t.Errorf("looked at again: %+v", o)
	}
	digest := o.Held.Digest
	if _, err := w.store.DecideHeld(ctx, src.ID, "another", true, nil, audit.System("op")); !errs.Is(err, errs.Conflict) {
		t.Errorf("a decision about something else: %v", err)
	}
	if _, err := w.store.DecideHeld(ctx, src.ID, digest, false, nil, audit.System("op")); err != nil {
		t.Fatal(err)
	}
	if o := w.refresh(src); o.Held != nil {
		t.Errorf("an operator said keep, and was asked again: %+v", o)
	}
	w.set("/some.yaml", many(59)) // one more goes, by itself: the kept ones are not asked about again, nor lost
	if o := w.refresh(src); o.Held != nil {
		t.Errorf("outcome %+v", o)
	}
	if len(w.get("component:default/d001").Status.Items) != 0 || len(w.get("component:default/c059").Status.Items) != 1 {
		t.Error("what was kept must stay, and what was not must not")
	}
	w.set("/rest.yaml", strings.ReplaceAll(many(40), "name: c", "name: d")) // they return, so that keeping is over
	w.refresh(src)
	w.remove("/rest.yaml")
	if o = w.refresh(src); o.Held == nil || o.Held.Missing != 40 {
		t.Fatalf("outcome %+v", o)
	}
	if s, err := w.store.Source(ctx, src.ID); err != nil || s.State != "degraded" || s.Held == nil {
		t.Errorf("its file is not where it is named: %v %+v", err, s)
	}
	if _, err := w.store.DecideHeld(ctx, src.ID, o.Held.Digest, true, nil, audit.System("op")); err != nil {
		t.Fatal(err)
	}
	w.catchUp()
	if items := w.get("component:default/d001").Status.Items; len(items) != 1 || items[0].Type != "portico.dev/missing" {
		t.Errorf("applied, and yet %+v", items)
	}
	if _, err := w.store.DecideHeld(ctx, src.ID, o.Held.Digest, true, nil, audit.System("op")); !errs.Is(err, errs.Conflict) {
		t.Errorf("deciding twice: %v", err)
	}
	// A fifth or less goes by itself.
	w.set("/some.yaml", many(50))
	if o := w.refresh(src); o.Held != nil {
		t.Errorf("9 of 59 are not many: %+v", o)
	}
}

func TestConflictsAndTheirEnd(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.set("/one.yaml", component("shared", "  description: from one\n"))
	w.set("/two.yaml", component("shared", "  description: from two\n"))
	srcs := w.source("/one.yaml", "/two.yaml")
	w.refresh(srcs[0])
	w.refresh(srcs[1])
	if got := w.get("component:default/shared").Metadata.Description; got != "from one" {
		t.Errorf("the first keeps it, but it says %q", got)
	}
	cs := w.inbox().Conflicts
	if len(cs) != 1 || cs[0].Kept.Location != "file:/one.yaml" || cs[0].Refused.Location != "file:/two.yaml" {
		t.Fatalf("conflicts: %+v", cs)
	}
	shared := w.get("component:default/shared")
	if items := shared.Status.Items; len(items) != 1 || items[0].Type != "portico.dev/conflict" || items[0].Level != "warning" || !strings.HasPrefix(items[0].Message, "file:/two.yaml declares it too and was refused; ") {
		t.Errorf("the entity does not say that another claims it: %+v", items)
	}
	uid := shared.Metadata.UID
	w.set("/one.yaml", component("other", ""))
	w.refresh(srcs[0])
	s := w.get("component:default/shared")
	if s.Metadata.Description != "from two" || s.Metadata.UID != uid || len(s.Status.Items) != 0 {
		t.Errorf("the second takes over, at once and as the same entity: %+v", s)
	}
	if cs := w.inbox().Conflicts; len(cs) != 0 {
		t.Errorf("conflicts: %+v", cs)
	}
	w.wantOps("component:default/shared", "created", "updated", "updated")

	// A file that is renamed within a source is the same entity too.
	w2 := newWorld(t)
	w2.set("/d/a.yaml", component("x", ""))
	src := w2.source("/d/*.yaml")[0]
	w2.refresh(src)
	w2.set("/d/b.yaml", component("x", ""))
	w2.remove("/d/a.yaml")
	w2.refresh(src)
	w2.wantRefs("component:default/x")
	if items := w2.get("component:default/x").Status.Items; len(items) != 0 {
		t.Errorf("a renamed file made its entity %+v", items)
	}
}

func TestProblemsEndWithTheirFile(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.set("/d/a.yaml", component("a", ""))
	w.set("/d/b.yaml", "kind: [")
	src := w.source("/d/*.yaml")[0]
	if o := w.refresh(src); o.State != "degraded" {
		t.Fatalf("%+v", o)
	}
	w.remove("/d/b.yaml")
	if o := w.refresh(src); o.State != "current" {
		t.Errorf("%+v", o)
	}
	if ps := w.inbox().Errors; len(ps) != 0 {
		t.Errorf("the file is gone, its problems are not: %+v", ps)
	}
}

func TestRemovedByHandStaysRemoved(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	text := component("a", "  annotations:\n    note: {$text: ./note.txt}\n")
	w.set("/a.yaml", text)
	w.set("/note.txt", "one")
	src := w.source("/a.yaml")[0]
	w.refresh(src)
	uid := mustUUID(t, w.get("component:default/a").Metadata.UID)
	if _, err := w.store.Remove(t.Context(), uid, "", audit.System("user:default/ana")); err != nil {
		t.Fatal(err)
	}
	w.refresh(src) // a file with placeholders is read each time
	w.wantRefs()
	w.set("/note.txt", "two")
	w.refresh(src)
	w.wantRefs("component:default/a")
	w.wantOps("component:default/a", "created", "removed", "returned")
}

func TestASourceThatGoesTakesItsEntitiesAlong(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.set("/one.yaml", component("a", "")+"---\n"+component("both", ""))
	w.set("/two.yaml", component("b", "")+"---\n"+component("both", ""))
	for _, s := range w.source("/one.yaml", "/two.yaml") {
		w.refresh(s)
	}
	w.source("/two.yaml") // one is no longer configured
	w.catchUp()
	w.wantRefs("component:default/b", "component:default/both")
	w.wantOps("component:default/a", "created", "removed")
}

func TestPlaceholdersAreFollowed(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	api := "apiVersion: backstage.io/v1alpha1\nkind: API\nmetadata:\n  name: a\nspec:\n  type: openapi\n  lifecycle: production\n  owner: x\n  definition:\n    $text: ./a.openapi.yaml\n"
	w.set("/api.yaml", api)
	src := w.source("/api.yaml")[0]
	if o := w.refresh(src); o.State != "degraded" {
		t.Errorf("a definition that is not there: %+v", o)
	}
	w.wantRefs()
	w.set("/a.openapi.yaml", "openapi: 3.1.0")
	if o := w.refresh(src); o.State != "current" {
		t.Errorf("%+v", o)
	}
	w.wantRefs("api:default/a")
	w.set("/a.openapi.yaml", "openapi: 3.1.1")
	w.refresh(src)
	if body := string(w.ix.Snapshot().ByRef("api:default/a", nil).JSON()); !strings.Contains(body, "3.1.1") {
		t.Errorf("the definition changed, the entity did not: %s", body)
	}
	ids, err := w.store.SourcesOfPaths(t.Context(), []string{"/a.openapi.yaml"})
	if err != nil || len(ids) != 1 {
		t.Errorf("a change of the included file concerns %v, %v", ids, err)
	}
}

func TestRevisionsGrowAndFollowersAgree(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	other := &Follower{Store: w.store, Index: index.New(index.Options{}), Log: w.follower.Log}
	var targets []string
	for i := range 8 {
		name := fmt.Sprintf("/f%d.yaml", i)
		w.set(name, component(fmt.Sprintf("c%d", i), ""))
		targets = append(targets, name)
	}
	srcs := w.source(targets...)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	done := make(chan error, 1)
	fctx, stop := context.WithCancel(ctx)
	go func() { done <- other.Run(fctx) }()
	var wg sync.WaitGroup
	for i, s := range srcs {
		wg.Go(func() {
			for round := range 10 {
				w.set(targets[i], component(fmt.Sprintf("c%d", i), fmt.Sprintf("  description: round %d\n", round)))
				src, err := w.store.begin(ctx, s.ID)
				if err == nil {
					_, err = w.refresher.Refresh(ctx, src, "test")
				}
				if err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	w.catchUp()
	rev := w.ix.Snapshot().Revision()
	if _, err := other.Index.Wait(ctx, rev); err != nil {
		t.Fatal(err)
	}
	for ref := range w.ix.Snapshot().Refs() {
		a, b := w.ix.Snapshot().ByRef(ref, nil).JSON(), other.Index.Snapshot().ByRef(ref, nil).JSON()
		if d := cmp.Diff(string(a), string(b)); d != "" {
			t.Errorf("replicas differ on %s:\n%s", ref, d)
		}
	}
	stop()
	<-done
	changes, err := w.store.Changes(ctx, Stretch{UpTo: rev, Limit: 10000})
	if err != nil {
		t.Fatal(err)
	}
	if !slices.IsSortedFunc(changes, func(a, b Change) int { return int(a.Revision - b.Revision) }) || changes[len(changes)-1].Revision > rev {
		t.Error("the log is not in the order of revisions")
	}
}

func TestALateFollowerReloads(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.set("/a.yaml", component("a", "")+"---\n"+component("b", ""))
	src := w.source("/a.yaml")[0]
	w.refresh(src)
	late := &Follower{Store: w.store, Index: index.New(index.Options{}), Log: w.follower.Log}
	if err := late.CatchUp(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := w.store.Remove(t.Context(), mustUUID(t, w.get("component:default/b").Metadata.UID), "", audit.System("x")); err != nil {
		t.Fatal(err)
	}
	if err := w.store.Expire(t.Context(), Retention{Grace: time.Hour, Removed: 0, ChangeAge: time.Hour, ChangeCount: 9}); err != nil {
		t.Fatal(err)
	}
	if err := late.CatchUp(t.Context()); err != nil { // the row that said "removed" is gone
		t.Fatal(err)
	}
	if late.Index.Snapshot().ByRef("component:default/b", nil) != nil {
		t.Error("a follower that was away still shows what was purged")
	}
	if late.Index.Snapshot().ByRef("component:default/a", nil) == nil {
		t.Error("a follower that reloaded lost what is there")
	}
}

func TestTheLogSaysWhereItBegins(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	src := w.source("/a.yaml")[0]
	for i := range 5 {
		w.set("/a.yaml", component("a", fmt.Sprintf("  description: d%d\n", i)))
		w.refresh(src)
	}
	first, err := w.store.Changes(t.Context(), Stretch{UpTo: 1 << 60, Limit: 100})
	if err != nil || len(first) < 5 {
		t.Fatalf("%v %+v", err, first)
	}
	page, err := w.store.Changes(t.Context(), Stretch{After: first[1].Revision, UpTo: 1 << 60, Limit: 2})
	if err != nil || len(page) != 2 || page[0].Revision != first[2].Revision {
		t.Errorf("a page after %d: %v %+v", first[1].Revision, err, page)
	}
	if err := w.store.Expire(t.Context(), Retention{Grace: time.Hour, Removed: time.Hour, ChangeAge: 0, ChangeCount: 100}); err != nil {
		t.Fatal(err)
	}
	if _, err := w.store.Changes(t.Context(), Stretch{After: first[1].Revision, UpTo: 1 << 60, Limit: 2}); !errs.Is(err, errs.Gone) {
		t.Errorf("resuming from before the log begins: %v", err)
	}
}

func TestAFollowerOfARestoredDatabaseReloads(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.set("/a.yaml", component("a", "")+"---\n"+component("b", ""))
	src := w.source("/a.yaml")[0]
	w.refresh(src)
	ctx := t.Context()
	rev := w.ix.Snapshot().Revision()
	if _, err := w.store.Changes(ctx, Stretch{After: rev + 1, UpTo: 1 << 60, Limit: 10}); !errs.Is(err, errs.Gone) {
		t.Errorf("a revision that has not been: %v", err)
	}
	// As a backup would have it: an earlier state, and an earlier revision.
	if _, err := w.store.db.Exec(ctx, `DELETE FROM catalog_entities WHERE ref = 'component:default/b'`); err != nil {
		t.Fatal(err)
	}
	if _, err := w.store.db.Exec(ctx, `UPDATE catalog_state SET revision = $1`, rev-1); err != nil {
		t.Fatal(err)
	}
	w.catchUp()
	w.wantRefs("component:default/a")
	if got := w.ix.Snapshot().Revision(); got != rev-1 {
		t.Errorf("at revision %d, the database is at %d", got, rev-1)
	}
}

func TestTheLogOfOneEntityIsTrimmed(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	src := w.source("/a.yaml")[0]
	for i := range 6 {
		w.set("/a.yaml", component("a", fmt.Sprintf("  description: d%d\n", i))+"---\n"+component("b", ""))
		w.refresh(src)
	}
	r := Retention{Grace: time.Hour, Removed: time.Hour, ChangeAge: time.Hour, ChangeCount: 3, FollowerSlow: time.Hour}
	if err := w.store.Expire(t.Context(), r); err != nil {
		t.Fatal(err)
	}
	if n := len(w.ops("component:default/a")); n != 6 {
		t.Errorf("%d changes; a follower may still need them all", n)
	}
	if _, err := w.store.db.Exec(t.Context(), `UPDATE catalog_changes SET at = at - interval '90 minutes' WHERE revision < (SELECT max(revision) FROM catalog_changes)`); err != nil {
		t.Fatal(err)
	}
	r.ChangeAge = 24 * time.Hour
	if err := w.store.Expire(t.Context(), r); err != nil {
		t.Fatal(err)
	}
	if a, b := len(w.ops("component:default/a")), len(w.ops("component:default/b")); a != 3 || b != 1 {
		t.Errorf("%d and %d changes are left, want 3 and 1", a, b)
	}
}
