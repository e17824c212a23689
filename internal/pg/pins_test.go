package pg_test

import (
	"io/fs"
	"testing"
	"testing/fstest"
	"time"

	"github.com/jackc/pgx/v5"

	"portico/internal/pg"
)

// Whom a name led to a user before there were pins is pinned: the first of each issuer.
func TestPinsOfBefore(t *testing.T) {
	t.Parallel()
	pool := empty(t)
	before := fstest.MapFS{}
	for _, name := range []string{"0001_meta.sql", "0008_identity.sql", "0009_identity_tokens.sql"} {
		text, err := pg.Files.ReadFile("migrations/" + name)
		if err != nil {
			t.Fatal(err)
		}
		before["000"+string(rune('1'+len(before)))+name[4:]] = &fstest.MapFile{Data: text}
	}
	if _, err := pg.NewMigrator(before, time.Second).Migrate(t.Context(), pool); err != nil {
		t.Fatal(err)
	}
	names, err := fs.Glob(pg.Files, "migrations/*_identity_pins.sql")
	if err != nil || len(names) != 1 {
		t.Fatal(names, err)
	}
	pins, err := pg.Files.ReadFile(names[0])
	if err != nil {
		t.Fatal(err)
	}
	for _, sql := range []string{`
		INSERT INTO identity_accounts (issuer, subject, provider, user_ref, display_name, created_at) VALUES
			('a', '2', 'p', 'user:default/ann', '', '2026-02-01'),
			('a', '1', 'p', 'user:default/ann', '', '2026-01-01'),
			('a', '3', 'p', 'user:default/bob', '', '2026-01-01'),
			('b', '2', 'p', 'user:default/ann', '', '2026-01-01')`, string(pins)} {
		if _, err := pool.Exec(t.Context(), sql); err != nil {
			t.Fatal(err)
		}
	}
	got, err := pg.Collect1(t.Context(), pool, pgx.RowTo[string], `
		SELECT string_agg(issuer || ' ' || user_ref || ' ' || subject, ', ' ORDER BY issuer, user_ref) FROM identity_pins`)
	if want := "a user:default/ann 1, a user:default/bob 3, b user:default/ann 2"; err != nil || got != want {
		t.Errorf("pins %s, %v; want %s", got, err, want)
	}
}
