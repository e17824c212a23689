package catalog

import (
	"fmt"
	"strings"
	"testing"

	"portico/internal/identity/audit"
)

func TestInboxCountsWhatItLeavesOut(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for i := range 5 {
		w.set(fmt.Sprintf("/d/bad-%d.yaml", i), "kind: Component\n")
		w.set(fmt.Sprintf("/d/twice-%d.yaml", i), component("same", ""))
	}
	src := w.source("/d/*.yaml")[0]
	w.refresh(src)
	in, err := w.store.Inbox(t.Context(), Retention{}, 2)
	if err != nil {
		t.Fatal(err)
	}
	if len(in.Errors) != 2 || in.Totals.Errors < 5 || len(in.Conflicts) != 2 || in.Totals.Conflicts != 4 {
		t.Errorf("%d of %d errors, %d of %d conflicts", len(in.Errors), in.Totals.Errors, len(in.Conflicts), in.Totals.Conflicts)
	}
	if in, err = w.store.Inbox(t.Context(), Retention{}, 0); err != nil || len(in.Errors)+len(in.Conflicts) != 0 || in.Totals.Conflicts != 4 {
		t.Errorf("with a limit of 0: %v %+v", err, in)
	}
	// The source is counted as it is, and again after a change by hand.
	w.wantTally(src, Tally{Units: 10, Entities: 2, Problems: in.Totals.Errors})
}

func TestOneFileDoesNotHideTheProblemsOfOthers(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.set("/d/a-many.yaml", strings.Repeat("---\nkind: Component\n", 50))
	for i := range 3 {
		w.set(fmt.Sprintf("/d/b%d.yaml", i), "kind: Component\n")
	}
	w.refresh(w.source("/d/*.yaml")[0])
	in, err := w.store.Inbox(t.Context(), Retention{}, 20)
	if err != nil {
		t.Fatal(err)
	}
	files := map[string]int{}
	for _, p := range in.Errors {
		files[p.File]++
	}
	if len(files) != 4 || len(in.Errors) > 20 {
		t.Errorf("%d problems of the files %v; want some of each, 20 in all", len(in.Errors), files)
	}
}

func TestTallyFollowsARefToItsNewSource(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.set("/one.yaml", component("shared", ""))
	w.set("/two.yaml", component("shared", ""))
	srcs := w.source("/one.yaml", "/two.yaml")
	w.refresh(srcs[0])
	w.refresh(srcs[1])
	w.wantTally(srcs[0], Tally{Units: 1, Entities: 2})
	w.wantTally(srcs[1], Tally{Units: 1, Entities: 1}) // its own Location alone
	uid := mustUUID(t, w.get("component:default/shared").Metadata.UID)
	if _, err := w.store.Remove(t.Context(), uid, "", audit.System("test")); err != nil {
		t.Fatal(err)
	}
	w.wantTally(srcs[0], Tally{Units: 1, Entities: 1})
	w.wantTally(srcs[1], Tally{Units: 1, Entities: 2})
}
