package pg

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/jackc/pgx/v5"
)

// TxOptions are the ways in which a transaction may differ from the usual one: read committed, read
// and write, run once.
type TxOptions struct {
	Isolation pgx.TxIsoLevel // "" is the server's default, read committed
	ReadOnly  bool
	// Idempotent says that the function may run again from the start: it changes nothing but
	// the database, or what it changes besides may be changed twice. Then a transaction that the
	// server gave up for the sake of another (40001, 40P01) is repeated, three times at most in all.
	Idempotent bool
}

const maxAttempts = 3

// Transact runs fn in a transaction and commits it when fn returns nil; otherwise, and on a panic,
// it rolls back. Where db is a transaction already, fn runs in a savepoint of it, and options are
// left to the outer one. The errors of fn come back unchanged apart from what [Err] adds.
//
// A commit that has begun is waited for although ctx ends, for two seconds more: what the transaction tells others may be
// what ends ctx, as when somebody ends their own session, and then it did take place. When the connection breaks during
// the commit nobody knows whether it took place: the error is errs.Unavailable, and the function is not repeated.
func Transact(ctx context.Context, db DB, o TxOptions, fn func(tx pgx.Tx) error) error {
	if outer, ok := db.(pgx.Tx); ok {
		return attempt(ctx, fn, outer.Begin)
	}
	starter, ok := db.(interface {
		BeginTx(context.Context, pgx.TxOptions) (pgx.Tx, error)
	})
	if !ok {
		return fmt.Errorf("pg: a %T cannot start a transaction", db)
	}
	opts := pgx.TxOptions{IsoLevel: o.Isolation}
	if o.ReadOnly {
		opts.AccessMode = pgx.ReadOnly
	}
	begin := func(ctx context.Context) (pgx.Tx, error) { return starter.BeginTx(ctx, opts) }

	var err error
	for n := 1; ; n++ {
		err = attempt(ctx, fn, begin)
		if !o.Idempotent || n == maxAttempts || !hasCode(err, codeSerialization, codeDeadlock) {
			return err
		}
		// Apart by chance, or the two would meet again.
		select {
		case <-time.After(time.Duration(n)*10*time.Millisecond + rand.N(20*time.Millisecond)):
		case <-ctx.Done():
			return err
		}
	}
}

func attempt(ctx context.Context, fn func(pgx.Tx) error, begin func(context.Context) (pgx.Tx, error)) (err error) {
	tx, err := begin(ctx)
	if err != nil {
		return Err(err)
	}
	done := false
	defer func() {
		if done {
			return
		}
		// Even where ctx has ended: a connection in a transaction is of no use to the pool.
		rctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*time.Second)
		defer cancel()
		if rerr := tx.Rollback(rctx); rerr != nil && !errors.Is(rerr, pgx.ErrTxClosed) && err != nil {
			err = errors.Join(err, fmt.Errorf("roll back: %w", rerr))
		}
	}()
	if err := fn(tx); err != nil {
		return Err(err)
	}
	if err := ctx.Err(); err != nil {
		return Err(err)
	}
	done = true
	cctx, cancel := afterwards(ctx)
	defer cancel()
	if err := tx.Commit(cctx); err != nil {
		return Err(fmt.Errorf("pg: commit: %w", err))
	}
	return nil
}

// commitWithin is how long a commit may take when its context has ended.
const commitWithin = 2 * time.Second

// afterwards returns a context that ends commitWithin later than ctx.
func afterwards(ctx context.Context) (context.Context, context.CancelFunc) {
	later, cancel := context.WithCancel(context.WithoutCancel(ctx))
	stop := context.AfterFunc(ctx, func() {
		select {
		case <-time.After(commitWithin):
			cancel()
		case <-later.Done():
		}
	})
	return later, func() {
		stop()
		cancel()
	}
}
