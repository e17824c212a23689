package catalog

import (
	"testing"
	"time"

	"portico/internal/catalog/index"
	"portico/internal/pg/pgtest"
)

// BenchmarkInbox asks for what is wrong where 5,000 files have problems and 10,000 entities are removed, which is far more than
// anybody puts up with, as somebody who sees everything and as somebody who sees half.
func BenchmarkInbox(b *testing.B) {
	db := pgtest.New(b)
	for _, statement := range []string{
		`INSERT INTO catalog_sources (id, location_id, type, target, origin) VALUES ('bench', gen_random_uuid(), 'file', '/bench', 'config')`,
		`INSERT INTO catalog_units (source_id, location, state, problems, read_at)
		 SELECT 'bench', 'file:/bench/' || i, 'failed', json_build_array(json_build_object('level', 'error', 'message', 'spec.owner is missing', 'location', 'file:/bench/' || i, 'ref', 'component:default/c-' || i)), now()
		 FROM generate_series(1, 5000) AS i`,
		`INSERT INTO catalog_entities (uid, ref, location, entity, digest, state, removed_at, revision)
		 SELECT gen_random_uuid(), 'component:default/gone-' || i, 'file:/bench/' || i,
		   json_build_object('apiVersion', 'backstage.io/v1alpha1', 'kind', 'Component', 'metadata', json_build_object('name', 'gone-' || i, 'description', repeat('What it does. ', 60)), 'spec', json_build_object('type', CASE WHEN i % 2 = 0 THEN 'service' ELSE 'library' END, 'lifecycle', 'production', 'owner', 'a')),
		   '', 'removed', now() - make_interval(secs => i), i
		 FROM generate_series(1, 10000) AS i`,
	} {
		if _, err := db.Exec(b.Context(), statement); err != nil {
			b.Fatal(err)
		}
	}
	half := restrictedTo(b, `{"spec.type":"service"}`)
	store, ix := NewStore(db), index.New(index.Options{})
	r := Retention{Grace: time.Hour, Removed: time.Hour}
	b.Run("all", func(b *testing.B) {
		for b.Loop() {
			if in, err := store.Inbox(b.Context(), r, 50); err != nil || in.Totals.Removed != 10_000 {
				b.Fatal(in, err)
			}
		}
	})
	b.Run("half", func(b *testing.B) {
		for b.Loop() {
			v := &sight{store: store, snap: ix.Snapshot(), seen: half}
			if in, err := v.inbox(b.Context(), r, 50); err != nil || in.Totals.Removed != 5_000 {
				b.Fatal(in, err)
			}
		}
	})
	b.Run("removed-page-half", func(b *testing.B) {
		for b.Loop() {
			v := &sight{store: store, snap: ix.Snapshot(), seen: half}
			if list, err := v.removed(b.Context(), db, time.Hour, removedPart{limit: 50}); err != nil || len(list) != 50 {
				b.Fatal(len(list), err)
			}
		}
	})
}
