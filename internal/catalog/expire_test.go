package catalog

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"portico/internal/identity/audit"
	"portico/internal/pg"
)

// pick returns one entity by its ref.
func (t *settler) pick(ref string) ([]gone, error) {
	return pg.Collect(t.ctx, t.tx, scanGone, `SELECT uid, ref, location FROM catalog_entities WHERE ref = $1`, ref)
}

// count is the only number that a query yields.
func (w *world) count(query string, args ...any) (n int) {
	w.t.Helper()
	if err := w.store.db.QueryRow(w.t.Context(), query, args...).Scan(&n); err != nil {
		w.t.Fatal(err)
	}
	return n
}

func (w *world) expire(r Retention) {
	w.t.Helper()
	if err := w.store.Expire(w.t.Context(), r); err != nil {
		w.t.Fatal(err)
	}
	w.catchUp()
}

func TestExpireWorksInBatches(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	const batch, n = 2, 2*expireRounds + 5
	var many strings.Builder
	for i := range n {
		many.WriteString("---\n" + component(fmt.Sprintf("c%02d", i), ""))
	}
	w.set("/d/many.yaml", many.String())
	src := w.source("/d/*.yaml")[0]
	w.refresh(src)
	w.remove("/d/many.yaml")
	o := w.refresh(src)
	if _, err := w.store.DecideHeld(t.Context(), src.ID, o.Held.Digest, true, nil, audit.System("op")); err != nil {
		t.Fatal(err)
	}
	r := Retention{Removed: time.Hour, ChangeAge: time.Hour, ChangeCount: 100, FollowerSlow: time.Hour, Batch: batch}
	gone := `SELECT count(*) FROM catalog_entities WHERE state = 'removed'`
	w.expire(r)
	if got := w.count(gone); got != batch*expireRounds {
		t.Errorf("one sweep removed %d, want %d", got, batch*expireRounds)
	}
	w.expire(r)
	if got := w.count(gone); got != n {
		t.Errorf("two sweeps removed %d, want %d", got, n)
	}
	w.wantRefs()
	w.wantLogged()

	r.Grace, r.Removed = time.Hour, 0
	w.expire(r)
	if got := w.count(gone); got != n-batch*expireRounds {
		t.Errorf("one sweep forgot all but %d, want %d", got, n-batch*expireRounds)
	}
	w.expire(r)
	if got := w.count(gone); got != 0 {
		t.Errorf("two sweeps forgot all but %d", got)
	}
	if got, last := w.count(`SELECT purged_revision FROM catalog_state`), w.count(`SELECT revision FROM catalog_state`); got != last {
		t.Errorf("forgotten up to %d, the last removal was %d", got, last)
	}

	changes := w.count(`SELECT count(*) FROM catalog_changes`)
	r.ChangeAge = 0
	for swept := 0; ; swept += batch * expireRounds {
		if left := w.count(`SELECT count(*) FROM catalog_changes`); left != max(0, changes-swept) {
			t.Errorf("%d of %d changes are left, want %d", left, changes, changes-swept)
		}
		if last, first := w.count(`SELECT log_purged FROM catalog_state`), w.count(`SELECT coalesce(min(revision), 0) FROM catalog_changes`); first != 0 && first != last+1 {
			t.Errorf("the log begins at %d, and says that it ends at %d", first, last)
		}
		if swept >= changes {
			break
		}
		w.expire(r)
	}
}

func TestTheLogOfManyEntitiesIsTrimmed(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	src := w.source("/a.yaml")[0]
	for i := range 7 {
		text := component("quiet", "")
		for _, name := range []string{"a", "b", "c"} {
			text += "---\n" + component(name, fmt.Sprintf("  description: d%d\n", i))
		}
		w.set("/a.yaml", text)
		w.refresh(src)
	}
	r := Retention{Grace: time.Hour, Removed: time.Hour, ChangeAge: 24 * time.Hour, ChangeCount: 3, FollowerSlow: time.Hour, Batch: 2}
	w.expire(r)
	if n := len(w.ops("component:default/a")); n != 7 {
		t.Errorf("%d changes; a follower may still need them all", n)
	}
	if _, err := w.store.db.Exec(t.Context(), `UPDATE catalog_changes SET at = at - interval '90 minutes'`); err != nil {
		t.Fatal(err)
	}
	w.expire(r)
	w.expire(r)
	for name, want := range map[string]int{"a": 3, "b": 3, "c": 3, "quiet": 1} {
		if n := len(w.ops("component:default/" + name)); n != want {
			t.Errorf("%d changes of %s are left, want %d", n, name, want)
		}
	}
	if got, last := w.count(`SELECT log_trimmed FROM catalog_state`), w.count(`SELECT max(revision) FROM catalog_changes`); got != last {
		t.Errorf("looked at up to %d of %d", got, last)
	}
}

func TestASweepWithNothingToDoWaitsForNobody(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.set("/a.yaml", component("a", ""))
	w.refresh(w.source("/a.yaml")[0])
	r := Retention{Grace: time.Hour, Removed: time.Hour, ChangeAge: time.Hour, ChangeCount: 3, FollowerSlow: time.Hour}
	err := pg.Transact(t.Context(), w.store.db, pg.TxOptions{}, func(tx pgx.Tx) error {
		if _, err := lockRevision(t.Context(), tx); err != nil {
			return err
		}
		ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second) // it would wait for ever
		defer cancel()
		return w.store.Expire(ctx, r)
	})
	if err != nil {
		t.Error(err)
	}
}
