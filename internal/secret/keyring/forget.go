package keyring

import (
	"context"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"

	"portico/internal/errs"
	"portico/internal/pg"
	"portico/internal/secret"
)

// Forgotten says what cannot be opened, and is removed.
type Forgotten struct {
	Keys     []string       `json:"keys"`     // the operator's that are lost, by their names
	DataKeys int            `json:"dataKeys"` // sealed with them
	Values   map[string]int `json:"values"`   // by column; their rows go
}

// Any reports whether there is anything.
func (f Forgotten) Any() bool {
	n := f.DataKeys
	for _, values := range f.Values {
		n += values
	}
	return n > 0
}

// Forget removes the data keys that none of the operator's keys opens and the rows whose values cannot be opened therefore,
// and makes a data key of which the next values are sealed. With look it only says what that would be. What opens stays.
// Errors: errs.Invalid where there is no key to begin anew with.
func (k *Keyring) Forget(ctx context.Context, columns []Column, look bool) (out Forgotten, err error) {
	defer errs.Wrap(&err, "keyring: forget")
	if !look && !k.Keys.IsSet() {
		return out, errs.WithRemedy(errs.New(errs.Invalid, "the portal has no key to begin anew with"), secret.HowToKey)
	}
	err = pg.Transact(ctx, k.DB, pg.TxOptions{ReadOnly: look}, func(tx pgx.Tx) error {
		out = Forgotten{Keys: []string{}, Values: map[string]int{}}
		rows, err := k.locked(ctx, tx, look)
		if err != nil {
			return err
		}
		var lost []dataKey
		ids, newest := []int64{}, int64(0)
		opens := [][]byte{}
		for _, row := range rows {
			newest = row.ID
			if _, err := k.Keys.Unwrap(row.ID, row.Sealed, row.By); err == nil {
				opens = append(opens, secret.Prefix(row.ID))
				continue
			}
			lost = append(lost, row)
			ids = append(ids, row.ID)
		}
		if by := sealers(lost); by != nil {
			out.Keys = by
		}
		out.DataKeys = len(lost)
		for _, c := range columns {
			if out.Values[c.String()], err = c.without(ctx, tx, opens, look); err != nil {
				return err
			}
		}
		if look || !out.Any() {
			return nil
		}
		// Under a number that no data key had: a replica may know the one that goes by its number.
		if err := k.insert(ctx, tx, newest+1); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `DELETE FROM secret_keys WHERE id = ANY($1)`, ids); err != nil {
			return err
		}
		return k.record(ctx, tx, "secret.forget", struct {
			Forgotten
			Key string `json:"key"` // of the operator, from now on
		}{out, k.Keys.IDs()[0]})
	})
	return out, err
}

// locked returns the data keys; unless one only looks, nobody seals with them until the transaction ends.
func (k *Keyring) locked(ctx context.Context, tx pgx.Tx, look bool) ([]dataKey, error) {
	if look {
		return k.load(ctx, tx)
	}
	if _, err := tx.Exec(ctx, `SELECT pg_advisory_xact_lock($1)`, lock); err != nil {
		return nil, err
	}
	if _, err := tx.Exec(ctx, `SELECT FROM secret_keys FOR UPDATE`); err != nil {
		return nil, err
	}
	return k.load(ctx, tx)
}

// without counts, or deletes, the rows whose values begin with none of the prefixes.
func (c Column) without(ctx context.Context, tx pgx.Tx, prefixes [][]byte, look bool) (int, error) {
	column := pgx.Identifier{c.Column}.Sanitize()
	where := fmt.Sprintf(`FROM %[1]s WHERE %[2]s IS NOT NULL AND NOT substring(%[2]s FROM 1 FOR %[3]d) = ANY($1)`,
		pgx.Identifier{c.Table}.Sanitize(), column, len(secret.Prefix(0)))
	if look {
		return pg.Collect1(ctx, tx, pgx.RowTo[int], `SELECT count(*) `+where, prefixes)
	}
	tag, err := tx.Exec(ctx, `DELETE `+where, prefixes)
	return int(tag.RowsAffected()), err
}

// String says it in words, without an end.
func (f Forgotten) String() string {
	values := 0
	for _, n := range f.Values {
		values += n
	}
	by := ""
	if len(f.Keys) > 0 {
		by = ", sealed with " + strings.Join(f.Keys, ", ")
	}
	return fmt.Sprintf("data keys: %d%s; values: %d", f.DataKeys, by, values)
}
