package catalog

import (
	"net/http"
	"strings"
	"testing"

	"portico/internal/catalog/index"
	"portico/internal/errs"
)

// caughtUp waits until the replica shows what is in the database.
func (a *guarded) caughtUp() {
	a.t.Helper()
	var revision int64
	if err := a.store.db.QueryRow(a.t.Context(), `SELECT revision FROM catalog_state`).Scan(&revision); err != nil {
		a.t.Fatal(err)
	}
	if _, err := a.ix.Wait(a.t.Context(), revision); err != nil {
		a.t.Fatal(err)
	}
}

// The text of an entity is shown as of the version that was judged, and not of one that came into the database since and
// that may hide it.
func TestSourceIsOfWhatIsSeen(t *testing.T) {
	t.Parallel()
	a := newGuarded(t, false, nil)
	a.guard.set(restrictedTo(t, onlyUnhidden), nil)
	q := ask{pattern: "GET " + byNameRoute + "/source", path: api + "/entities/by-name/component/default/half/source"}
	declare := func(hidden bool, typ string) {
		t.Helper()
		a.set("/pub/half.yaml", doc("Component", "half", hidden, "type: "+typ+", lifecycle: production, owner: team-a"))
		a.reread(a.srcs["/pub/*.yaml"])
	}
	if got := a.ask(q); got.status != http.StatusOK || strings.Contains(got.body, "confided") {
		t.Fatalf("at first: %s", got)
	}
	declare(true, "confided")
	if got := a.ask(q); got.status != http.StatusServiceUnavailable || strings.Contains(got.body, "confided") {
		t.Errorf("while this replica is behind: %s", got)
	}
	a.follow(func() {
		if got := a.ask(q); got.status != http.StatusNotFound || strings.Contains(got.body, "confided") {
			t.Errorf("once it is not: %s", got)
		}
		declare(false, "published")
		a.caughtUp()
		if got := a.ask(q); got.status != http.StatusOK || !strings.Contains(got.body, "published") {
			t.Errorf("shown again: %s", got)
		}
		declare(false, "changed")
		if got := a.ask(q); got.status != http.StatusOK || !strings.Contains(got.body, "changed") {
			t.Errorf("of a version that comes meanwhile: %s", got)
		}
	})
}

// An entity is removed as it was judged: what somebody else was given meanwhile stays, whatever this replica still shows.
func TestRemovedIsWhatWasJudged(t *testing.T) {
	t.Parallel()
	a := newGuarded(t, false, nil)
	a.guard.set(restrictedTo(t, onlyUnhidden), nil)
	declare := func(hidden bool) {
		t.Helper()
		a.set("/pub/half.yaml", doc("Component", "half", hidden, "type: service, lifecycle: production, owner: team-a"))
		a.reread(a.srcs["/pub/*.yaml"])
	}
	uid := a.uid("component:default/half")
	remove := ask{pattern: "DELETE " + api + "/entities/by-uid/{uid}", path: api + "/entities/by-uid/" + uid}
	declare(true)
	if got := a.ask(remove); got.status != http.StatusServiceUnavailable {
		t.Errorf("while this replica is behind: %s", got)
	}
	a.follow(func() {
		if got := a.ask(remove); got.status != http.StatusNotFound {
			t.Errorf("once it is not: %s", got)
		}
		declare(false)
		a.caughtUp()
		if got := a.ask(remove); got.status != http.StatusNoContent {
			t.Errorf("shown again: %s", got)
		}
	})
}

// What a replica does not show yet cannot be judged, and is not let go.
func TestNothingUnseenIsLetGo(t *testing.T) {
	t.Parallel()
	v := &sight{guard: &testGuard{}, snap: index.New(index.Options{}).Snapshot()}
	list := []gone{{uid: mustUUID(t, "0f0e0d0c-0000-4000-8000-000000000001"), ref: "component:default/new"}}
	if err := v.spare(t.Context(), entityDelete)(list); !errs.Is(err, errs.Conflict) || !strings.Contains(err.Error(), "component:default/new") {
		t.Errorf("let go: %v", err)
	}
}
