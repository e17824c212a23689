package keyring

import (
	"bytes"
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"portico/internal/errs"
	"portico/internal/pg"
	"portico/internal/secret"
)

// Column is one whose values are sealed.
type Column struct {
	Table, Column string
	Key           string // the column of the primary key
}

func (c Column) String() string { return c.Table + "." + c.Column }

// batch is how many values are sealed anew in one transaction.
const batch = 100

// Rotated says what a rotation did.
type Rotated struct {
	DataKey   int64          `json:"dataKey"`   // the one that everything is sealed under now
	Resumed   bool           `json:"resumed"`   // an earlier rotation had not ended, and did now
	Rewrapped int            `json:"rewrapped"` // data keys that another key of the operator had sealed
	Resealed  map[string]int `json:"resealed"`  // values by column
	Removed   int            `json:"removed"`   // data keys that nothing needs any more
}

// Rotate makes a new data key, seals the values of all columns under it, and removes the data keys that were before.
// Where an earlier rotation did not end, it ends that one instead. Other programs may seal and open meanwhile. Data keys
// that are sealed by another key of the operator than the first are sealed by the first.
func (k *Keyring) Rotate(ctx context.Context, columns []Column) (out Rotated, err error) {
	defer errs.Wrap(&err, "keyring: rotate")
	out.Resealed = map[string]int{}
	rows, err := k.load(ctx, k.DB)
	if err != nil {
		return out, err
	}
	if !k.Keys.IsSet() && len(rows) == 0 {
		return out, errs.WithRemedy(errs.New(errs.Invalid, "the portal has no key to seal secrets with"), secret.HowToKey)
	}
	if err := k.learn(rows); err != nil {
		return out, err
	}
	if out.Rewrapped, err = k.rewrap(ctx); err != nil {
		return out, err
	}
	if len(rows) > 1 { // the old ones are removed last
		out.Resumed, out.DataKey = true, rows[len(rows)-1].ID
	} else {
		if out.DataKey, err = k.create(ctx, false); err != nil {
			return out, err
		}
		if rows, err = k.load(ctx, k.DB); err != nil {
			return out, err
		}
		if err := k.learn(rows); err != nil {
			return out, err
		}
	}
	for _, c := range columns {
		for {
			n, err := k.reseal(ctx, c, out.DataKey)
			if err != nil {
				return out, err
			}
			out.Resealed[c.String()] += n
			if n < batch {
				break
			}
		}
	}
	err = k.remove(ctx, columns, &out)
	return out, err
}

// rewrap seals by the first key of the operator what another one sealed.
func (k *Keyring) rewrap(ctx context.Context) (n int, err error) {
	err = pg.Transact(ctx, k.DB, pg.TxOptions{}, func(tx pgx.Tx) error {
		n = 0
		if _, err := tx.Exec(ctx, `SELECT pg_advisory_xact_lock($1)`, lock); err != nil {
			return err
		}
		rows, err := k.load(ctx, tx)
		if err != nil {
			return err
		}
		for _, row := range rows {
			if row.By == k.Keys.IDs()[0] {
				continue
			}
			plain, err := k.Keys.Unwrap(row.ID, row.Sealed, row.By)
			if err != nil {
				return err
			}
			sealed, by, err := k.Keys.Wrap(row.ID, plain)
			if err != nil {
				return err
			}
			if _, err := tx.Exec(ctx, `UPDATE secret_keys SET sealed = $2, operator_key = $3 WHERE id = $1`, row.ID, sealed, by); err != nil {
				return err
			}
			n++
		}
		return nil
	})
	return n, err
}

// reseal seals one batch of values under the data key and returns how many there were.
func (k *Keyring) reseal(ctx context.Context, c Column, id int64) (n int, err error) {
	table, column, key := pgx.Identifier{c.Table}.Sanitize(), pgx.Identifier{c.Column}.Sanitize(), pgx.Identifier{c.Key}.Sanitize()
	type value struct {
		Row, At string
		Sealed  []byte
	}
	err = pg.Transact(ctx, k.DB, pg.TxOptions{}, func(tx pgx.Tx) error {
		rows, err := pg.Collect(ctx, tx, pgx.RowToStructByPos[value], fmt.Sprintf(`
			SELECT %[3]s::text, ctid::text, %[2]s
			FROM %[1]s
			WHERE %[2]s IS NOT NULL AND substring(%[2]s FROM 1 FOR $1) <> $2
			ORDER BY %[3]s
			LIMIT $3
			FOR UPDATE`, table, column, key), len(secret.Prefix(id)), secret.Prefix(id), batch)
		if err != nil {
			return err
		}
		for _, v := range rows {
			at := secret.Place{Table: c.Table, Column: c.Column, Row: v.Row}
			plain, err := k.Open(ctx, tx, at, v.Sealed)
			if err != nil {
				return err
			}
			sealed, err := k.Seal(ctx, tx, at, plain)
			clear(plain)
			if err != nil {
				return err
			}
			if !bytes.HasPrefix(sealed, secret.Prefix(id)) {
				return errs.WithRemedy(errs.New(errs.Conflict, "another rotation began meanwhile"), "run `portico secrets rotate` again once it has ended")
			}
			if _, err := tx.Exec(ctx, fmt.Sprintf(`UPDATE %s SET %s = $2 WHERE ctid = $1::tid`, table, column), v.At, sealed); err != nil {
				return err
			}
		}
		n = len(rows)
		return nil
	})
	return n, err
}

// remove deletes the data keys before the newest, if nothing is sealed under them, and records the rotation.
func (k *Keyring) remove(ctx context.Context, columns []Column, out *Rotated) error {
	newest := out.DataKey
	return pg.Transact(ctx, k.DB, pg.TxOptions{}, func(tx pgx.Tx) error {
		// Whoever seals under one of them now holds it; after that the new one is used.
		if _, err := tx.Exec(ctx, `SELECT FROM secret_keys WHERE id < $1 FOR UPDATE`, newest); err != nil {
			return err
		}
		used, err := usage(ctx, tx, columns)
		if err != nil {
			return err
		}
		for id, count := range used {
			if id != newest && count > 0 {
				return errs.WithRemedy(errs.New(errs.Conflict, "%d values were sealed under the data key %d meanwhile", count, id), "run `portico secrets rotate` again, which goes on where this stopped")
			}
		}
		tag, err := tx.Exec(ctx, `DELETE FROM secret_keys WHERE id < $1`, newest)
		if err != nil {
			return err
		}
		out.Removed = int(tag.RowsAffected())
		return k.record(ctx, tx, "secret.rotate", struct {
			Rotated
			Key string `json:"key"` // of the operator
		}{*out, k.Keys.IDs()[0]})
	})
}

// usage counts the values that are sealed under each data key. 0 stands for what is no sealed value.
func usage(ctx context.Context, db pg.DB, columns []Column) (map[int64]int, error) {
	used := map[int64]int{}
	for _, c := range columns {
		type group struct {
			Beginning []byte
			Count     int
		}
		column := pgx.Identifier{c.Column}.Sanitize()
		groups, err := pg.Collect(ctx, db, pgx.RowToStructByPos[group], fmt.Sprintf(`
			SELECT substring(%[2]s FROM 1 FOR $1), count(*)
			FROM %[1]s
			WHERE %[2]s IS NOT NULL
			GROUP BY 1`, pgx.Identifier{c.Table}.Sanitize(), column), len(secret.Prefix(0)))
		if err != nil {
			return nil, err
		}
		for _, g := range groups {
			id, _ := secret.KeyOf(g.Beginning)
			used[id] += g.Count
		}
	}
	return used, nil
}

// Status says which keys there are.
type Status struct {
	Keys     []string     `json:"keys"` // the operator's, by their names; the one that seals first
	DataKeys []DataStatus `json:"dataKeys"`
}

// DataStatus is what is known of a data key.
type DataStatus struct {
	ID        int64     `json:"id"`
	Key       string    `json:"key"`   // the operator's key that sealed it
	Opens     bool      `json:"opens"` // with the keys that are given
	Values    int       `json:"values"`
	CreatedAt time.Time `json:"createdAt"`
}

// Status looks at the keys and at what is sealed.
func (k *Keyring) Status(ctx context.Context, columns []Column) (s Status, err error) {
	defer errs.Wrap(&err, "keyring: status")
	s = Status{Keys: k.Keys.IDs(), DataKeys: []DataStatus{}}
	if s.Keys == nil {
		s.Keys = []string{}
	}
	type row struct {
		dataKey
		CreatedAt time.Time
	}
	rows, err := pg.Collect(ctx, k.DB, pgx.RowToStructByPos[row], `
		SELECT id, sealed, operator_key, created_at
		FROM secret_keys
		ORDER BY id`)
	if err != nil {
		return s, err
	}
	used, err := usage(ctx, k.DB, columns)
	if err != nil {
		return s, err
	}
	for _, r := range rows {
		_, err := k.Keys.Unwrap(r.ID, r.Sealed, r.By)
		s.DataKeys = append(s.DataKeys, DataStatus{ID: r.ID, Key: r.By, Opens: err == nil, Values: used[r.ID], CreatedAt: r.CreatedAt})
	}
	return s, nil
}
