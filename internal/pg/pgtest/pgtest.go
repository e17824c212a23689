//go:build unix

package pgtest

import (
	"context"
	"crypto/rand"
	"fmt"
	"net/url"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"portico/internal/errs"
	"portico/internal/pg"
)

// EnvURL is the environment variable that names a server for the tests.
const EnvURL = "PORTICO_TEST_DATABASE_URL"

// host is the server that a process's tests share.
type host struct {
	dsn      func(database string) string
	template string // a migrated database that nobody connects to
	admin    *pg.Pool
}

var shared = sync.OnceValues(func() (*host, error) {
	// Nobody's in particular: it serves all tests of the process.
	ctx, cancel := context.WithTimeout(context.Background(), 3*time.Minute)
	defer cancel()
	if base := os.Getenv(EnvURL); base != "" {
		return namedHost(ctx, base)
	}
	return privateHost(ctx)
})

func sharedHost(t testing.TB) *host {
	t.Helper()
	h, err := shared()
	if err != nil {
		fatal(t, "start PostgreSQL for the tests", err)
	}
	return h
}

// New returns a pool on a migrated database of the test's own.
func New(t testing.TB) *pg.Pool {
	t.Helper()
	return open(t, DSN(t))
}

// DSN returns the connection string, as URL, of a migrated database of the test's own, for programs
// that open it themselves.
func DSN(t testing.TB) string {
	t.Helper()
	return sharedHost(t).create(t, sharedHost(t).template)
}

// Empty returns the connection string of a database of the test's own without any table.
func Empty(t testing.TB) string {
	t.Helper()
	return sharedHost(t).create(t, "template0")
}

func open(t testing.TB, dsn string) *pg.Pool {
	t.Helper()
	pool, err := pg.Open(t.Context(), pg.Options{DSN: dsn, MaxConns: 8, AcquireTimeout: 10 * time.Second, ConnectTimeout: 10 * time.Second})
	if err != nil {
		fatal(t, "open a test's database", err)
	}
	t.Cleanup(func() {
		closed := make(chan struct{})
		go func() {
			pool.Close()
			close(closed)
		}()
		select {
		case <-closed:
		case <-time.After(10 * time.Second):
			t.Errorf("pgtest: %d connections were never given back to the pool: rows not closed, or a transaction not ended", pool.Stat().AcquiredConns())
		}
	})
	return pool
}

const namePrefix = "portico_test_"

func (h *host) create(t testing.TB, template string) string {
	t.Helper()
	// The time is for sweepOld.
	name := fmt.Sprintf("%s%d_%s", namePrefix, time.Now().Unix(), strings.ToLower(rand.Text()[:8]))
	if err := createDatabase(t.Context(), h.admin, name, template); err != nil {
		fatal(t, "create a test's database", err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
		defer cancel()
		// A session that is just ending makes DROP sleep 100 ms; this is mostly over in 2.
		for range 20 {
			if n, err := pg.Collect1(ctx, h.admin, pgx.RowTo[int], "SELECT count(*) FROM pg_stat_activity WHERE datname = $1", name); err != nil || n == 0 {
				break
			}
			time.Sleep(2 * time.Millisecond)
		}
		if _, err := h.admin.Exec(ctx, "DROP DATABASE "+pgx.Identifier{name}.Sanitize()+" WITH (FORCE)"); err != nil {
			t.Errorf("pgtest: drop the test's database: %v", err)
		}
	})
	return h.dsn(name)
}

func createDatabase(ctx context.Context, db pg.DB, name, template string) error {
	_, err := db.Exec(ctx, "CREATE DATABASE "+pgx.Identifier{name}.Sanitize()+" TEMPLATE "+pgx.Identifier{template}.Sanitize())
	return err
}

func openAdmin(ctx context.Context, dsn string) (*pg.Pool, error) {
	return pg.Open(ctx, pg.Options{DSN: dsn, MaxConns: 4, ConnectTimeout: 10 * time.Second,
		AcquireTimeout: time.Minute, ApplicationName: "portico pgtest"})
}

// migrated brings the database at dsn up to date and leaves no connection behind.
func migrated(ctx context.Context, dsn string) error {
	pool, err := openAdmin(ctx, dsn)
	if err != nil {
		return err
	}
	defer pool.Close()
	_, err = pg.Migrate(ctx, pool)
	return err
}

// namedHost uses the server of EnvURL. The template is made once a schema, by whichever process
// comes first.
func namedHost(ctx context.Context, base string) (*host, error) {
	u, err := url.Parse(base)
	if err != nil || u.Scheme != "postgres" && u.Scheme != "postgresql" {
		return nil, fmt.Errorf("%s: write it as postgres://user:password@host:5432/postgres", EnvURL)
	}
	digest, err := pg.Digest()
	if err != nil {
		return nil, err
	}
	h := &host{template: "portico_template_" + digest[:12]}
	h.dsn = func(database string) string {
		v := *u
		v.Path = "/" + database
		return v.String()
	}
	if h.admin, err = openAdmin(ctx, base); err != nil {
		return nil, err
	}
	conn, err := h.admin.Acquire(ctx)
	if err != nil {
		return nil, err
	}
	defer conn.Release()
	const lock = 0x70677465737400 // "pgtest", per database: all must name the same in EnvURL
	if _, err := conn.Exec(ctx, "SELECT pg_advisory_lock($1)", int64(lock)); err != nil {
		return nil, err
	}
	defer conn.Exec(context.WithoutCancel(ctx), "SELECT pg_advisory_unlock($1)", int64(lock))

	if err := sweepOld(ctx, h.admin); err != nil {
		return nil, err
	}
	var there bool
	if err := conn.QueryRow(ctx, "SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)", h.template).Scan(&there); err != nil {
		return nil, err
	}
	if there {
		return h, nil
	}
	// Under another name until it is complete.
	half := h.template + "_half"
	for _, sql := range []string{"DROP DATABASE IF EXISTS " + half + " WITH (FORCE)", "CREATE DATABASE " + half + " TEMPLATE template0"} {
		if _, err := conn.Exec(ctx, sql); err != nil {
			return nil, err
		}
	}
	if err := migrated(ctx, h.dsn(half)); err != nil {
		return nil, err
	}
	_, err = conn.Exec(ctx, "ALTER DATABASE "+half+" RENAME TO "+h.template)
	return h, err
}

// sweepOld drops databases of tests that were killed more than three hours ago.
func sweepOld(ctx context.Context, db pg.DB) error {
	old, err := pg.Collect(ctx, db, pgx.RowTo[string], `
		SELECT datname
		FROM pg_database
		WHERE datname ~ ('^' || $1 || '[0-9]+_')
		  AND split_part(datname, '_', 3)::bigint < extract(epoch FROM now()) - 3 * 3600`, namePrefix)
	if err != nil {
		return err
	}
	for _, name := range old {
		if _, err := db.Exec(ctx, "DROP DATABASE IF EXISTS "+pgx.Identifier{name}.Sanitize()+" WITH (FORCE)"); err != nil {
			return err
		}
	}
	return nil
}

func fatal(t testing.TB, what string, err error) {
	t.Helper()
	if r := errs.Remedy(err); r != "" {
		t.Fatalf("pgtest: %s: %v\n%s", what, err, r)
	}
	t.Fatalf("pgtest: %s: %v", what, err)
}
