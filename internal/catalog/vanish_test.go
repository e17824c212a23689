package catalog

import (
	"fmt"
	"strings"
	"testing"
	"time"
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
	if _, err := w.store.change(t.Context(), "system:expire", func(t *settler) error {
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
