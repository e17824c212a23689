// Package keyring keeps data keys in the database, and seals and opens what others store there.
//
// It owns the table secret_keys. Whoever has a column of sealed values names it, so that rotation finds it.
package keyring

import (
	"context"
	"errors"
	"slices"
	"sync"

	"github.com/jackc/pgx/v5"

	"portico/internal/errs"
	"portico/internal/pg"
	"portico/internal/secret"
)

// Keyring seals and opens. It is safe for concurrent use, and any number of replicas may have one each.
type Keyring struct {
	DB   *pg.Pool
	Keys secret.Keys // those that the operator holds; none: nothing can be sealed, nor opened
	// Record writes what was done into the audit log, as the last statement of the transaction that ends it. It may be nil.
	Record func(ctx context.Context, tx pgx.Tx, action string, detail any) error

	mu   sync.Mutex
	ring secret.Ring
}

// lock keeps two programs from making or removing data keys at once.
const lock = 0x706f72746b6579 // "portkey"

// Check finds out whether the operator's keys open the data keys. Errors: errs.Unavailable where one of them is missing.
func (k *Keyring) Check(ctx context.Context) (err error) {
	defer errs.Wrap(&err, "keyring: check")
	rows, err := k.load(ctx, k.DB)
	if err != nil {
		return err
	}
	return k.learn(rows)
}

// Sealed are the names of the operator's keys that data keys are sealed with.
func (k *Keyring) Sealed(ctx context.Context) (by []string, err error) {
	defer errs.Wrap(&err, "keyring: keys that seal")
	rows, err := k.load(ctx, k.DB)
	return sealers(rows), err
}

func sealers(rows []dataKey) (by []string) {
	for _, row := range rows {
		if !slices.Contains(by, row.By) {
			by = append(by, row.By)
		}
	}
	return by
}

func (k *Keyring) record(ctx context.Context, tx pgx.Tx, action string, detail any) error {
	if k.Record == nil {
		return nil
	}
	return k.Record(ctx, tx, action, detail)
}

type dataKey struct {
	ID     int64
	Sealed []byte
	By     string
}

func (k *Keyring) load(ctx context.Context, db pg.DB) ([]dataKey, error) {
	return pg.Collect(ctx, db, pgx.RowToStructByPos[dataKey], `
		SELECT id, sealed, operator_key
		FROM secret_keys
		ORDER BY id`)
}

func (k *Keyring) learn(rows []dataKey) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	for _, row := range rows {
		if k.ring.Has(row.ID) {
			continue
		}
		plain, err := k.Keys.Unwrap(row.ID, row.Sealed, row.By)
		if err != nil {
			return err
		}
		if k.ring, err = k.ring.With(row.ID, plain); err != nil {
			return err
		}
	}
	return nil
}

func (k *Keyring) current() secret.Ring {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.ring
}

// Seal makes of plain what may be stored at the place, in the transaction that stores it: until its end the data key
// cannot be removed. The first call of all makes the first data key. Errors: errs.Unavailable where the operator's key is
// missing.
func (k *Keyring) Seal(ctx context.Context, tx pgx.Tx, at secret.Place, plain []byte) (_ []byte, err error) {
	defer errs.Wrap(&err, "keyring: seal")
	newest, err := k.hold(ctx, tx)
	if errs.Is(err, errs.NotFound) {
		if _, err = k.create(ctx, true); err == nil {
			newest, err = k.hold(ctx, tx)
		}
	}
	if err != nil {
		return nil, err
	}
	if err := k.learn([]dataKey{newest}); err != nil {
		return nil, err
	}
	return k.current().Seal(at, plain)
}

// hold returns the newest data key, and keeps it from being removed until the transaction ends.
func (k *Keyring) hold(ctx context.Context, tx pgx.Tx) (dataKey, error) {
	return pg.Collect1(ctx, tx, pgx.RowToStructByPos[dataKey], `
		SELECT id, sealed, operator_key
		FROM secret_keys
		ORDER BY id DESC
		LIMIT 1
		FOR KEY SHARE`)
}

// create makes a data key in a transaction of its own. With first, it makes one only where there is none.
func (k *Keyring) create(ctx context.Context, first bool) (made int64, err error) {
	err = pg.Transact(ctx, k.DB, pg.TxOptions{}, func(tx pgx.Tx) error {
		made = 0
		if _, err := tx.Exec(ctx, `SELECT pg_advisory_xact_lock($1)`, lock); err != nil {
			return err
		}
		var newest int64
		if err := tx.QueryRow(ctx, `SELECT coalesce(max(id), 0) FROM secret_keys`).Scan(&newest); err != nil {
			return err
		}
		if first && newest > 0 {
			return nil
		}
		made = newest + 1
		return k.insert(ctx, tx, made)
	})
	return made, err
}

func (k *Keyring) insert(ctx context.Context, tx pgx.Tx, id int64) error {
	sealed, by, err := k.Keys.Wrap(id, secret.NewDataKey())
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `INSERT INTO secret_keys (id, sealed, operator_key) VALUES ($1, $2, $3)`, id, sealed, by)
	return err
}

// Open returns what was sealed at the place. Errors: errs.Unavailable where the operator's key is missing.
func (k *Keyring) Open(ctx context.Context, db pg.DB, at secret.Place, sealed []byte) (_ []byte, err error) {
	defer errs.Wrap(&err, "keyring: open")
	plain, err := k.current().Open(at, sealed)
	if !errors.Is(err, secret.ErrKey) {
		return plain, err
	}
	rows, err := k.load(ctx, db)
	if err != nil {
		return nil, err
	}
	if err := k.learn(rows); err != nil {
		return nil, err
	}
	return k.current().Open(at, sealed)
}
