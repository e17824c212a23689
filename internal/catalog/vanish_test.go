package catalog

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"portico/internal/identity/audit"
)

func TestWhatComesBackBrokenIsKept(t *testing.T) {
	t.Parallel()
	const ref = "component:default/b"
	good := component("b", "")
	tests := []struct {
		name, text string
	}{
		{"with the marks of a merge", "<<<<<<< ours\n" + good + "=======\n" + good + ">>>>>>> theirs\n"},
		{"without its type", strings.Replace(good, "  type: service\n", "", 1)},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.set("/d/a.yaml", component("a", ""))
			w.set("/d/b.yaml", good)
			src := w.source("/d/*.yaml")[0]
			w.refresh(src)
			w.remove("/d/b.yaml")
			w.refresh(src)
			w.wantState("gone", "b", true, false)
			w.set("/d/b.yaml", tt.text)
			w.refresh(src)
			w.wantState("back, and broken", "b", false, false)
			if items := w.get(ref).Status.Items; len(items) == 0 || items[0].Level != "error" {
				t.Errorf("it does not say what is wrong: %+v", items)
			}
			if err := w.store.Expire(t.Context(), Retention{ChangeAge: time.Hour, ChangeCount: 100, FollowerSlow: time.Hour}); err != nil {
				t.Fatal(err)
			}
			w.catchUp()
			w.wantState("the grace is over", "b", false, false)
			w.set("/d/b.yaml", good)
			w.refresh(src)
			if items := w.get(ref).Status.Items; len(items) != 0 {
				t.Errorf("mended, and still %+v", items)
			}
			w.wantOps(ref, "created", "missing", "returned", "updated")
			w.wantLogged()
		})
	}
}

func TestOnlyWhatWasRemovedByHandStaysRemoved(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.set("/d/a.yaml", component("a", ""))
	w.set("/d/b.yaml", component("b", ""))
	src := w.source("/d/*.yaml")[0]
	w.refresh(src)
	w.removeByHand("component:default/a")
	// As a grace would end that began before its file was read again.
	if _, err := w.store.change(t.Context(), audit.System("system:expire"), func(t *settler) error {
		g, err := t.pick("component:default/b")
		if err != nil {
			return err
		}
		return t.remove(g, "no source declared it")
	}); err != nil {
		t.Fatal(err)
	}
	w.set("/d/a.yaml", "# read again\n"+component("a", ""))
	w.set("/d/b.yaml", "# read again\n"+component("b", ""))
	w.refresh(src)
	w.wantRefs("component:default/b")
	w.wantOps("component:default/b", "created", "removed", "returned")
	w.restore("component:default/a")
	w.catchUp()
	w.wantRefs("component:default/a", "component:default/b")
}

func TestMovedFilesAreNoRemoval(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	put := func(dir string, n int) {
		for i := range n {
			w.set(fmt.Sprintf("/%s/%02d.yaml", dir, i), component(fmt.Sprintf("c%02d", i), ""))
		}
	}
	w.set("/all.yaml", location("all", "./services/*.yaml", "./apps/*.yaml"))
	w.set("/other.yaml", component("c07", "  description: another\n"))
	put("services", 30)
	srcs := w.source("/all.yaml", "/other.yaml")
	w.refresh(srcs[0])
	w.refresh(srcs[1]) // claims one, and that before the new place of it does
	uid := w.get("component:default/c03").Metadata.UID

	for i := range 30 {
		w.remove(fmt.Sprintf("/services/%02d.yaml", i))
	}
	put("apps", 25)
	if o := w.refresh(srcs[0]); o.Held != nil || o.State != "current" {
		t.Errorf("25 of 30 moved: %+v", o)
	}
	if c := w.get("component:default/c03"); c.Metadata.UID != uid || len(c.Status.Items) != 0 {
		t.Errorf("a moved file's entity is %+v", c)
	}
	if c := w.get("component:default/c07"); c.Metadata.Description != "" {
		t.Errorf("what moves within a source stays in it: %+v", c)
	}
	w.wantState("not moved", "c28", true, false)
	if missing := w.inbox().Missing; len(missing) != 5 {
		t.Errorf("missing: %+v", missing)
	}
	w.wantLogged()
}

func TestWhatOthersClaimIsNotHeld(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	many := func(n int, more string) string {
		var b strings.Builder
		for i := range n {
			b.WriteString(component(fmt.Sprintf("c%02d", i), more) + "---\n")
		}
		return b.String()
	}
	w.set("/one.yaml", many(30, ""))
	w.set("/two.yaml", many(18, "  description: two\n"))
	srcs := w.source("/one.yaml", "/two.yaml")
	w.refresh(srcs[0])
	w.refresh(srcs[1])
	w.set("/one.yaml", "# nothing\n"+component("own", ""))
	o := w.refresh(srcs[0])
	if o.Held == nil || o.Held.Missing != 12 || len(o.Held.Refs) != 12 {
		t.Fatalf("12 would disappear, the other 18 have who declares them: %+v", o)
	}
	if got := w.get("component:default/c00").Metadata.Description; got != "" {
		t.Errorf("while the removal is held, its entities are %q", got)
	}
	if _, err := w.store.DecideHeld(t.Context(), srcs[0].ID, o.Held.Digest, true, nil, audit.System("op")); err != nil {
		t.Fatal(err)
	}
	w.catchUp()
	if got := w.get("component:default/c00").Metadata.Description; got != "two" {
		t.Errorf("let go, and c00 is %q", got)
	}
	w.wantState("let go", "c29", true, false)

	// By itself, a change of hands is held never.
	w.set("/one.yaml", many(18, "")+component("own", ""))
	w.refresh(srcs[0])
	w.set("/two.yaml", component("two", ""))
	if o := w.refresh(srcs[1]); o.Held != nil || o.State != "current" {
		t.Errorf("nothing disappears: %+v", o)
	}
	w.wantState("handed over", "c00", false, false)
	w.wantLogged()
}
