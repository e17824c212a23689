package pg_test

import (
	"testing"
	"testing/fstest"
	"time"

	"github.com/jackc/pgx/v5"

	"portico/internal/pg"
)

// A log that had lost its beginning to retention before that was recorded is trusted as far as that.
func TestTrustOfWhatExpiredBefore(t *testing.T) {
	t.Parallel()
	pool := empty(t)
	before := fstest.MapFS{}
	for name, as := range map[string]string{"0001_meta.sql": "0001_meta.sql", "0007_audit.sql": "0002_audit.sql"} {
		text, err := pg.Files.ReadFile("migrations/" + name)
		if err != nil {
			t.Fatal(err)
		}
		before[as] = &fstest.MapFile{Data: text}
	}
	if _, err := pg.NewMigrator(before, time.Second).Migrate(t.Context(), pool); err != nil {
		t.Fatal(err)
	}
	expiry, err := pg.Files.ReadFile("migrations/0014_audit_expiry.sql")
	if err != nil {
		t.Fatal(err)
	}
	for _, sql := range []string{`UPDATE audit_head SET seq = 9, anchor_seq = 5`, string(expiry)} {
		if _, err := pool.Exec(t.Context(), sql); err != nil {
			t.Fatal(err)
		}
	}
	if got, err := pg.Collect1(t.Context(), pool, pgx.RowTo[int64], `SELECT trusted_seq FROM audit_head`); err != nil || got != 5 {
		t.Errorf("trusted up to %d, %v; want 5", got, err)
	}
}
