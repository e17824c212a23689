package pg_test

import (
	"context"
	"errors"
	"net"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"portico/internal/errs"
	"portico/internal/pg"
	"portico/internal/pg/pgtest"
)

// TestOpenRefuses checks what whoever starts the program is told, and that it holds no password.
func TestOpenRefuses(t *testing.T) {
	t.Parallel()
	there, err := url.Parse(pgtest.Empty(t))
	if err != nil {
		t.Fatal(err)
	}
	with := func(change func(*url.URL)) string {
		u := *there
		change(&u)
		return u.String()
	}
	silent := silentServer(t)
	tests := []struct {
		name string
		dsn  string
		kind errs.Kind
		want string // part of the sentence
	}{
		{"nobody listens", "postgres://u:hush@127.0.0.1:1/x", errs.Unavailable, "PostgreSQL at 127.0.0.1:1 does not answer"},
		{"nobody answers", "postgres://u:hush@" + silent + "/x?sslmode=disable", errs.Unavailable, "PostgreSQL at " + silent + " does not answer"},
		{"no such socket", "host=/nowhere user=u password=hush", errs.Unavailable, "PostgreSQL at /nowhere/.s.PGSQL.5432 does not answer"},
		{"no such database", with(func(u *url.URL) { u.Path = "/nosuch" }), errs.Unavailable, `has no database "nosuch"`},
		{"no such user", with(func(u *url.URL) { u.User = url.UserPassword("mallory", "hush") }), errs.Unavailable, `refused the user "mallory"`},
		{"not a string", "postgres://u:hush@host:port/x", errs.Invalid, "connection string cannot be read"},
		{"simple protocol", with(func(u *url.URL) { u.RawQuery += "&default_query_exec_mode=simple_protocol" }), errs.Invalid, "simple protocol"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			began := time.Now()
			pool, err := pg.Open(t.Context(), pg.Options{DSN: tt.dsn, ConnectTimeout: 500 * time.Millisecond})
			if err == nil {
				pool.Close()
				t.Fatal("it opened")
			}
			if !errs.Is(err, tt.kind) || !strings.Contains(errs.Sentence(err), tt.want) {
				t.Errorf("got kind %v, sentence %q; want %v, %q", errs.KindOf(err), errs.Sentence(err), tt.kind, tt.want)
			}
			if errs.Remedy(err) == "" {
				t.Error("no remedy")
			}
			if strings.Contains(errs.Sentence(err)+errs.Remedy(err)+err.Error(), "hush") {
				t.Errorf("the password is told: %v", err)
			}
			if took := time.Since(began); took > 5*time.Second {
				t.Errorf("took %s", took)
			}
		})
	}
}

// silentServer accepts connections and says nothing; it returns its address.
func silentServer(t *testing.T) string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			t.Cleanup(func() { c.Close() })
		}
	}()
	return l.Addr().String()
}

func TestSession(t *testing.T) {
	t.Parallel()
	pool := pgtest.New(t)
	type session struct{ Application, Statement, Idle, Zone string }
	got, err := pg.Collect1(t.Context(), pool, pgx.RowToStructByPos[session], `
		SELECT current_setting('application_name'),
		       current_setting('statement_timeout'),
		       current_setting('idle_in_transaction_session_timeout'),
		       current_setting('timezone')`)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(session{"portico", "1min", "1min", "UTC"}, got); diff != "" {
		t.Error(diff)
	}
}

// TestEveryWayReturnsItsConnection uses a pool of one: what keeps its connection blocks the next.
func TestEveryWayReturnsItsConnection(t *testing.T) {
	t.Parallel()
	pool, err := pg.Open(t.Context(), pg.Options{DSN: pgtest.DSN(t), MaxConns: 1, AcquireTimeout: 3 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	defer pool.Close()
	ctx := t.Context()
	if _, err := pool.Exec(ctx, "CREATE TABLE items (n integer UNIQUE)"); err != nil {
		t.Fatal(err)
	}
	var n int
	steps := []struct {
		name string
		do   func() error
		fail bool
	}{
		{"exec", func() error { _, err := pool.Exec(ctx, "INSERT INTO items VALUES (1)"); return err }, false},
		{"exec fails", func() error { _, err := pool.Exec(ctx, "INSERT INTO items VALUES (1)"); return err }, true},
		{"row", func() error { return pool.QueryRow(ctx, "SELECT n FROM items").Scan(&n) }, false},
		{"no row", func() error { return pool.QueryRow(ctx, "SELECT n FROM items WHERE n = 7").Scan(&n) }, true},
		{"row of another type", func() error { return pool.QueryRow(ctx, "SELECT 'x'").Scan(&n) }, true},
		{"row fails late", func() error { return pool.QueryRow(ctx, "SELECT 1 / n FROM (VALUES (1), (0)) AS v (n)").Scan(&n) }, true},
		{"query fails", func() error { _, err := pool.Query(ctx, "SELECT nonsense"); return err }, true},
		{"collect", func() error { _, err := pg.Collect(ctx, pool, pgx.RowTo[int], "SELECT n FROM items"); return err }, false},
		{"collect another type", func() error { _, err := pg.Collect(ctx, pool, pgx.RowTo[int], "SELECT 'x'"); return err }, true},
		{"half-read rows", func() error {
			rows, err := pool.Query(ctx, "SELECT generate_series(1, 3)")
			if err != nil {
				return err
			}
			rows.Next()
			rows.Close()
			return rows.Err()
		}, false},
		{"values", func() error {
			rows, err := pool.Query(ctx, "SELECT 1")
			if err != nil {
				return err
			}
			for rows.Next() {
				if v, err := rows.Values(); err != nil || v[0] != int32(1) {
					return errors.Join(err, errors.New("not 1"))
				}
			}
			return rows.Err()
		}, false},
		{"copy", func() error {
			_, err := pool.CopyFrom(ctx, pgx.Identifier{"items"}, []string{"n"}, pgx.CopyFromRows([][]any{{2}, {3}}))
			return err
		}, false},
		{"copy fails", func() error {
			_, err := pool.CopyFrom(ctx, pgx.Identifier{"items"}, []string{"n"}, pgx.CopyFromRows([][]any{{2}}))
			return err
		}, true},
		{"batch", func() error {
			b := &pgx.Batch{}
			b.Queue("INSERT INTO items VALUES (4)")
			b.Queue("INSERT INTO items VALUES (5)")
			return pool.SendBatch(ctx, b).Close()
		}, false},
		{"batch fails", func() error {
			b := &pgx.Batch{}
			b.Queue("INSERT INTO items VALUES (4)")
			return pool.SendBatch(ctx, b).Close()
		}, true},
		{"transaction", func() error {
			tx, err := pool.Begin(ctx)
			if err != nil {
				return err
			}
			return tx.Rollback(ctx)
		}, false},
		{"transact", func() error {
			return pg.Transact(ctx, pool, pg.TxOptions{}, func(pgx.Tx) error { return errors.New("no") })
		}, true},
	}
	for _, s := range steps {
		if err := s.do(); (err != nil) != s.fail {
			t.Errorf("%s: error %v", s.name, err)
		}
		if n := pool.Stat().AcquiredConns(); n != 0 {
			t.Fatalf("%s: %d connections not returned", s.name, n)
		}
	}
}

// TestExhausted is a pool whose connections are all in use: an answer within the limit, not a wait.
func TestExhausted(t *testing.T) {
	t.Parallel()
	pool, err := pg.Open(t.Context(), pg.Options{DSN: pgtest.DSN(t), MaxConns: 1, AcquireTimeout: 100 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	defer pool.Close()
	busy, err := pool.Acquire(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	_, err = pool.Exec(t.Context(), "SELECT 1")
	if !errs.Is(err, errs.Unavailable) || errs.Sentence(err) != "the database is busy" || errs.Remedy(err) == "" {
		t.Errorf("got %v (%v)", err, errs.KindOf(err))
	}
	if took := time.Since(began); took > 2*time.Second {
		t.Errorf("took %s", took)
	}
	busy.Release()
	if _, err := pool.Exec(t.Context(), "SELECT 1"); err != nil {
		t.Error(err)
	}
}

// TestServerGoesAndComes is PostgreSQL stopped under a pool in use: errors of the right kind, soon,
// then service again without anything being done.
func TestServerGoesAndComes(t *testing.T) {
	t.Parallel()
	srv := pgtest.NewServer(t)
	pool, err := pg.Open(t.Context(), pg.Options{DSN: srv.DSN()})
	if err != nil {
		t.Fatal(err)
	}
	defer pool.Close()
	for name, end := range map[string]func(){"stop": srv.Stop, "immediate": srv.StopImmediate, "kill": srv.Kill9} {
		conn, err := pool.Acquire(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		end()
		// One that was held, one from the pool, and a transaction.
		_, held := conn.Exec(t.Context(), "SELECT 1")
		conn.Release()
		_, exec := pool.Exec(t.Context(), "SELECT 1")
		_, collect := pg.Collect(t.Context(), pool, pgx.RowTo[int], "SELECT 1")
		tx := pg.Transact(t.Context(), pool, pg.TxOptions{}, func(pgx.Tx) error { return nil })
		for what, err := range map[string]error{"held": pg.Err(held), "exec": exec, "collect": collect, "transact": tx} {
			if !errs.Is(err, errs.Unavailable) || errs.Sentence(err) != "the database does not answer" || errs.Remedy(err) == "" {
				t.Errorf("%s: %s: got %v (%v)", name, what, err, errs.KindOf(err))
			}
		}
		srv.Start()
		ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
		for {
			if _, err = pool.Exec(ctx, "SELECT 1"); err == nil || ctx.Err() != nil {
				break
			}
		}
		cancel()
		if err != nil {
			t.Fatalf("%s: not back within 2 s: %v", name, err)
		}
	}
}
