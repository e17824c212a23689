package pg_test

import (
	"context"
	"errors"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"

	"portico/internal/errs"
	"portico/internal/pg"
	"portico/internal/pg/pgtest"
)

func counters(t *testing.T) *pg.Pool {
	pool := pgtest.New(t)
	_, err := pool.Exec(t.Context(), "CREATE TABLE counters (id integer PRIMARY KEY, n integer NOT NULL)")
	if err == nil {
		_, err = pool.Exec(t.Context(), "INSERT INTO counters VALUES (1, 0), (2, 0)")
	}
	if err != nil {
		t.Fatal(err)
	}
	return pool
}

func value(t *testing.T, pool *pg.Pool, id int) int {
	t.Helper()
	n, err := pg.Collect1(t.Context(), pool, pgx.RowTo[int], "SELECT n FROM counters WHERE id = $1", id)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func add(ctx context.Context, db pg.DB, id, n int) error {
	_, err := db.Exec(ctx, "UPDATE counters SET n = n + $2 WHERE id = $1", id, n)
	return err
}

func TestTransact(t *testing.T) {
	t.Parallel()
	pool := counters(t)
	ctx := t.Context()
	no := errors.New("no")

	if err := pg.Transact(ctx, pool, pg.TxOptions{}, func(tx pgx.Tx) error { return add(ctx, tx, 1, 1) }); err != nil || value(t, pool, 1) != 1 {
		t.Errorf("commit: %v, %d", err, value(t, pool, 1))
	}
	err := pg.Transact(ctx, pool, pg.TxOptions{}, func(tx pgx.Tx) error {
		if err := add(ctx, tx, 1, 10); err != nil {
			return err
		}
		return no
	})
	if !errors.Is(err, no) || value(t, pool, 1) != 1 {
		t.Errorf("roll back: %v, %d", err, value(t, pool, 1))
	}
	func() {
		defer func() {
			if recover() == nil {
				t.Error("the panic is lost")
			}
		}()
		_ = pg.Transact(ctx, pool, pg.TxOptions{}, func(tx pgx.Tx) error {
			if err := add(ctx, tx, 1, 10); err != nil {
				return err
			}
			panic("bug")
		})
	}()
	if n := pool.Stat().AcquiredConns(); n != 0 || value(t, pool, 1) != 1 {
		t.Errorf("panic: %d connections kept, value %d", n, value(t, pool, 1))
	}
	err = pg.Transact(ctx, pool, pg.TxOptions{}, func(tx pgx.Tx) error {
		if err := add(ctx, tx, 1, 1); err != nil {
			return err
		}
		inner := pg.Transact(ctx, tx, pg.TxOptions{}, func(tx pgx.Tx) error {
			if err := add(ctx, tx, 2, 1); err != nil {
				return err
			}
			_, err := tx.Exec(ctx, "SELECT 1/0")
			return err
		})
		if inner == nil {
			t.Error("the inner transaction's error is lost")
		}
		return nil // the savepoint lets the outer one go on
	})
	if err != nil || value(t, pool, 1) != 2 || value(t, pool, 2) != 0 {
		t.Errorf("nested: %v, %d, %d", err, value(t, pool, 1), value(t, pool, 2))
	}
	if err := pg.Transact(ctx, pool, pg.TxOptions{ReadOnly: true}, func(tx pgx.Tx) error { return add(ctx, tx, 1, 1) }); err == nil {
		t.Error("a read-only transaction wrote")
	}
	ended, cancel := context.WithCancel(ctx)
	err = pg.Transact(ended, pool, pg.TxOptions{}, func(tx pgx.Tx) error {
		cancel()
		return ended.Err()
	})
	if !errors.Is(err, context.Canceled) || pool.Stat().AcquiredConns() != 0 {
		t.Errorf("cancelled: %v, %d connections kept", err, pool.Stat().AcquiredConns())
	}
}

// TestTransactRepeats has two serializable transactions read and then write the same row.
func TestTransactRepeats(t *testing.T) {
	t.Parallel()
	for _, idempotent := range []bool{true, false} {
		pool := counters(t)
		ctx := t.Context()
		var bothRead, wg sync.WaitGroup
		bothRead.Add(2)
		errc := make(chan error, 2)
		for range 2 {
			wg.Go(func() {
				first := true
				errc <- pg.Transact(ctx, pool, pg.TxOptions{Isolation: pgx.Serializable, Idempotent: idempotent}, func(tx pgx.Tx) error {
					n, err := pg.Collect1(ctx, tx, pgx.RowTo[int], "SELECT n FROM counters WHERE id = 1")
					if first {
						first = false
						bothRead.Done()
						bothRead.Wait()
					}
					if err != nil {
						return err
					}
					_, err = tx.Exec(ctx, "UPDATE counters SET n = $1 WHERE id = 1", n+1)
					return err
				})
			})
		}
		wg.Wait()
		failed := 0
		for range 2 {
			if err := <-errc; err != nil {
				failed++
				if !errs.Is(err, errs.Unavailable) || errs.Sentence(err) != "another change was in the way" {
					t.Errorf("got %v", err)
				}
			}
		}
		want, wantFailed := 2, 0
		if !idempotent {
			want, wantFailed = 1, 1
		}
		if got := value(t, pool, 1); got != want || failed != wantFailed {
			t.Errorf("idempotent %v: value %d, %d failed; want %d, %d", idempotent, got, failed, want, wantFailed)
		}
	}
}

// TestTransactGivesUp repeats a bounded number of times.
func TestTransactGivesUp(t *testing.T) {
	t.Parallel()
	pool := counters(t)
	runs := 0
	err := pg.Transact(t.Context(), pool, pg.TxOptions{Idempotent: true}, func(tx pgx.Tx) error {
		runs++
		_, err := tx.Exec(t.Context(), "DO $$ BEGIN RAISE EXCEPTION 'again' USING ERRCODE = '40P01'; END $$")
		return err
	})
	if runs != 3 || !errs.Is(err, errs.Unavailable) {
		t.Errorf("ran %d times, %v", runs, err)
	}
}

// What a transaction tells others may end its own context: the commit took place, and whoever asked for it is told so.
func TestCommitOutlastsItsContext(t *testing.T) {
	t.Parallel()
	pool := counters(t)
	if _, err := pool.Exec(t.Context(), `
		CREATE FUNCTION wait() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_advisory_xact_lock(7); RETURN NULL; END $$;
		CREATE CONSTRAINT TRIGGER wait AFTER UPDATE ON counters DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION wait()`); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	done := make(chan error, 1)
	err := pg.Transact(t.Context(), pool, pg.TxOptions{}, func(held pgx.Tx) error {
		if _, err := held.Exec(t.Context(), `SELECT pg_advisory_xact_lock(7)`); err != nil {
			return err
		}
		go func() {
			done <- pg.Transact(ctx, pool, pg.TxOptions{}, func(tx pgx.Tx) error { return add(ctx, tx, 1, 1) })
		}()
		for waiting := false; !waiting; { // until it is in its commit
			if err := pool.QueryRow(t.Context(), `SELECT EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND objid = 7 AND NOT granted
				AND database = (SELECT oid FROM pg_database WHERE datname = current_database()))`).Scan(&waiting); err != nil {
				return err
			}
		}
		cancel()
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := <-done; err != nil || value(t, pool, 1) != 1 {
		t.Errorf("%v, and the counter is %d", err, value(t, pool, 1))
	}
	// One that has not begun is not made.
	ctx, cancel = context.WithCancel(t.Context())
	err = pg.Transact(ctx, pool, pg.TxOptions{}, func(tx pgx.Tx) error {
		defer cancel()
		return add(ctx, tx, 1, 1)
	})
	if !errors.Is(err, context.Canceled) || value(t, pool, 1) != 1 {
		t.Errorf("%v, and the counter is %d", err, value(t, pool, 1))
	}
}
