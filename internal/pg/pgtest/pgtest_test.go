//go:build unix

package pgtest_test

import (
	"testing"

	"github.com/jackc/pgx/v5"

	"portico/internal/pg"
	"portico/internal/pg/pgtest"
)

func TestNew(t *testing.T) {
	for range 4 {
		t.Run("isolated", func(t *testing.T) {
			t.Parallel()
			pool := pgtest.New(t)
			if err := pg.Check(t.Context(), pool); err != nil {
				t.Fatal(err)
			}
			// The same table in each, so they cannot be one database.
			if _, err := pool.Exec(t.Context(), "CREATE TABLE mine (n integer)"); err != nil {
				t.Fatal(err)
			}
		})
	}
}

func TestEmpty(t *testing.T) {
	t.Parallel()
	pool, err := pg.Open(t.Context(), pg.Options{DSN: pgtest.Empty(t)})
	if err != nil {
		t.Fatal(err)
	}
	defer pool.Close()
	tables, err := pg.Collect(t.Context(), pool, pgx.RowTo[string], "SELECT relname::text FROM pg_class WHERE relnamespace = 'public'::regnamespace")
	if err != nil || len(tables) != 0 {
		t.Errorf("got tables %v, error %v; want none", tables, err)
	}
}

// TestServer ends a server in each way; what was acknowledged stays.
func TestServer(t *testing.T) {
	t.Parallel()
	s := pgtest.NewServer(t)
	pool := s.Pool()
	exec := func(sql string, args ...any) {
		t.Helper()
		if _, err := pool.Exec(t.Context(), sql, args...); err != nil {
			t.Fatal(err)
		}
	}
	exec("CREATE TABLE acked (n integer)")
	for n, end := range []func(){s.Stop, s.StopImmediate, s.Kill9} {
		exec("INSERT INTO acked VALUES ($1)", n)
		end()
		if err := pool.Ping(t.Context()); err == nil {
			t.Error("a stopped server answered")
		}
		s.Start()
		pool.Reset()
		rows, err := pg.Collect1(t.Context(), pool, pgx.RowTo[int], "SELECT count(*) FROM acked")
		if err != nil || rows != n+1 {
			t.Fatalf("after end %d: %d rows, error %v; want %d", n, rows, err, n+1)
		}
	}
	s.Restart()
}
