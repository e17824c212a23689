package catalog

import (
	"testing"
	"time"

	"github.com/google/uuid"

	"portico/internal/catalog/index"
	"portico/internal/pg/pgtest"
)

// TestVerdicts: what is remembered of a removed entity holds for one restriction, for what was removed then, and not for what
// is there again.
func TestVerdicts(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	store, ix := NewStore(db), index.New(index.Options{})
	service, library := restrictedTo(t, `{"spec.type":"service"}`), restrictedTo(t, `{"spec.type":"library"}`)
	uid := uuid.NewString()
	entity := func(kind string) string {
		return `{"apiVersion":"backstage.io/v1alpha1","kind":"Component","metadata":{"name":"gone"},"spec":{"type":"` + kind + `","lifecycle":"production","owner":"a"}}`
	}
	look := func(what string, see *index.Restriction, want int) {
		t.Helper()
		for range 2 { // and once more, of what is remembered
			v := &sight{store: store, snap: ix.Snapshot(), seen: see}
			if list, err := v.removed(t.Context(), db, time.Hour, removedPart{limit: 10}); err != nil || len(list) != want {
				t.Errorf("%s: %d are seen, want %d (%v)", what, len(list), want, err)
			}
		}
	}
	exec := func(statement string, args ...any) {
		t.Helper()
		if _, err := db.Exec(t.Context(), statement, args...); err != nil {
			t.Fatal(err)
		}
	}
	exec(`INSERT INTO catalog_entities (uid, ref, location, entity, digest, state, removed_at, revision) VALUES ($1, 'component:default/gone', 'file:/x', $2, '', 'removed', now(), 1)`, uid, entity("service"))
	look("removed as a service", service, 1)
	look("removed as a service", library, 0)

	ix.Apply([]index.Row{{UID: uid, Ref: "component:default/gone", Revision: 2, JSON: []byte(entity("library"))}}, 2)
	look("there again as a library, where this replica knows it already", service, 0)

	exec(`UPDATE catalog_entities SET entity = $1, revision = 3`, entity("library"))
	ix.Apply([]index.Row{{Ref: "component:default/gone", Deleted: true}}, 3)
	look("removed again, as a library", service, 0)
	look("removed again, as a library", library, 1)
	if n := len(store.verdicts.known); n != 4 {
		t.Errorf("%d verdicts are kept, want 4", n)
	}
}
