package settings

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/jackc/pgx/v5"

	"portico/internal/errs"
	"portico/internal/pg"
)

// Store keeps settings.
type Store struct {
	DB *pg.Pool
}

// channel tells all replicas whose setting changed.
const channel = "portico_settings"

// Get returns a setting. Errors: errs.NotFound.
func (s *Store) Get(ctx context.Context, o Owner, p Place) (value json.RawMessage, err error) {
	defer errs.Wrap(&err, "settings: get %s %s", p.Bucket, p.Key)
	return pg.Collect1(ctx, s.DB, pgx.RowTo[json.RawMessage], `
		SELECT s.value
		FROM user_settings s
		JOIN setting_owners o ON o.id = s.owner_id
		WHERE o.user_ref = $1 AND o.account_id = $2 AND s.bucket = $3 AND s.key = $4`, o.Ref, o.Account, p.Bucket, p.Key)
}

// Some returns the settings that are there of those asked for, in no order.
func (s *Store) Some(ctx context.Context, o Owner, places []Place) (_ []Setting, err error) {
	defer errs.Wrap(&err, "settings: get %d settings", len(places))
	buckets, keys := make([]string, len(places)), make([]string, len(places))
	for i, p := range places {
		buckets[i], keys[i] = p.Bucket, p.Key
	}
	return pg.Collect(ctx, s.DB, scan, `
		SELECT s.bucket, s.key, s.value
		FROM user_settings s
		JOIN setting_owners o ON o.id = s.owner_id
		WHERE o.user_ref = $1 AND o.account_id = $2
		  AND (s.bucket, s.key) IN (SELECT * FROM unnest($3::text[], $4::text[]))`, o.Ref, o.Account, buckets, keys)
}

// All returns the settings of a person, or those in the given buckets, by bucket and key.
func (s *Store) All(ctx context.Context, o Owner, buckets []string) (_ []Setting, err error) {
	defer errs.Wrap(&err, "settings: list")
	return pg.Collect(ctx, s.DB, scan, `
		SELECT s.bucket, s.key, s.value
		FROM user_settings s
		JOIN setting_owners o ON o.id = s.owner_id
		WHERE o.user_ref = $1 AND o.account_id = $2
		  AND (cardinality($3::text[]) = 0 OR s.bucket = ANY($3))
		ORDER BY s.bucket, s.key`, o.Ref, o.Account, append([]string{}, buckets...))
}

func scan(row pgx.CollectableRow) (s Setting, err error) {
	err = row.Scan(&s.Bucket, &s.Key, &s.Value)
	return s, err
}

// owned is what a person keeps, locked until the transaction ends.
type owned struct {
	ID       int64
	Settings int
	Bytes    int64
}

// Set keeps a setting, which has been checked, and tells the owner's other pages. Errors: errs.Conflict where the person keeps
// too much already.
func (s *Store) Set(ctx context.Context, o Owner, n Setting) (err error) {
	defer errs.Wrap(&err, "settings: set %s %s", n.Bucket, n.Key)
	return pg.Transact(ctx, s.DB, pg.TxOptions{Idempotent: true}, func(tx pgx.Tx) error {
		// The update changes nothing, and locks the row that is there.
		has, err := pg.Collect1(ctx, tx, pgx.RowToStructByPos[owned], `
			INSERT INTO setting_owners AS o (user_ref, account_id)
			VALUES ($1, $2)
			ON CONFLICT (user_ref, account_id) DO UPDATE SET settings = o.settings
			RETURNING o.id, o.settings, o.bytes`, o.Ref, o.Account)
		if err != nil {
			return err
		}
		before, there, err := remove(ctx, tx, has.ID, n.Place)
		if err != nil {
			return err
		}
		has.Bytes += int64(len(n.Value) - len(before))
		if !there {
			has.Settings++
		}
		switch remedy := "remove settings that are not used any more"; {
		case has.Settings > mostSettings:
			return errs.WithRemedy(errs.New(errs.Conflict, "there are %d settings already, which is the most", mostSettings), remedy)
		case has.Bytes > mostBytes && len(n.Value) > len(before): // what makes it less is always taken
			return errs.WithRemedy(errs.New(errs.Conflict, "all settings together would have more than %d bytes, which is the most", mostBytes), remedy)
		}
		if _, err := tx.Exec(ctx, `
			INSERT INTO user_settings (owner_id, bucket, key, value)
			VALUES ($1, $2, $3, $4)`, has.ID, n.Bucket, n.Key, n.Value); err != nil {
			return err
		}
		return sum(ctx, tx, o, has, n.Place, before, n.Value)
	})
}

// Delete removes a setting; one that is not there is removed already.
func (s *Store) Delete(ctx context.Context, o Owner, p Place) (err error) {
	defer errs.Wrap(&err, "settings: delete %s %s", p.Bucket, p.Key)
	return pg.Transact(ctx, s.DB, pg.TxOptions{Idempotent: true}, func(tx pgx.Tx) error {
		has, err := pg.Collect1(ctx, tx, pgx.RowToStructByPos[owned], `
			SELECT id, settings, bytes FROM setting_owners
			WHERE user_ref = $1 AND account_id = $2
			FOR UPDATE`, o.Ref, o.Account)
		if errs.Is(err, errs.NotFound) {
			return nil
		}
		if err != nil {
			return err
		}
		before, there, err := remove(ctx, tx, has.ID, p)
		if err != nil || !there {
			return err
		}
		has.Settings--
		has.Bytes -= int64(len(before))
		return sum(ctx, tx, o, has, p, before, nil)
	})
}

// remove takes out a setting of a locked owner.
func remove(ctx context.Context, tx pgx.Tx, owner int64, p Place) (before json.RawMessage, there bool, err error) {
	gone, err := pg.Collect(ctx, tx, pgx.RowTo[json.RawMessage], `
		DELETE FROM user_settings
		WHERE owner_id = $1 AND bucket = $2 AND key = $3
		RETURNING value`, owner, p.Bucket, p.Key)
	if err != nil || len(gone) == 0 {
		return nil, false, err
	}
	return gone[0], true, nil
}

// sum writes down what a locked owner has after a change, counts stars, and tells of it.
func sum(ctx context.Context, tx pgx.Tx, o Owner, has owned, p Place, before, after json.RawMessage) error {
	if _, err := tx.Exec(ctx, `UPDATE setting_owners SET settings = $2, bytes = $3 WHERE id = $1`, has.ID, has.Settings, has.Bytes); err != nil {
		return err
	}
	if p == starred {
		if err := count(ctx, tx, starsIn(before), starsIn(after)); err != nil {
			return err
		}
	}
	text, err := json.Marshal(told{o, p})
	if err != nil {
		return fmt.Errorf("settings: encode: %w", err)
	}
	_, err = tx.Exec(ctx, `SELECT pg_notify($1, $2)`, channel, string(text))
	return err
}

// Forget removes all that people keep as these users, with a User or without.
func Forget(ctx context.Context, tx pgx.Tx, refs []string) (err error) {
	defer errs.Wrap(&err, "settings: forget %d people", len(refs))
	return forget(ctx, tx, `user_ref IN (SELECT lower(ref) FROM unnest($1::text[]) AS ref)`, refs)
}

// forget removes owners by a condition, and their stars from the counts.
func forget(ctx context.Context, tx pgx.Tx, where string, args ...any) error {
	owners, err := pg.Collect(ctx, tx, pgx.RowTo[int64], `SELECT id FROM setting_owners WHERE `+where+` ORDER BY id FOR UPDATE`, args...)
	if err != nil {
		return err
	}
	for _, id := range owners {
		before, _, err := remove(ctx, tx, id, starred)
		if err == nil {
			err = count(ctx, tx, starsIn(before), nil)
		}
		if err == nil {
			_, err = tx.Exec(ctx, `DELETE FROM setting_owners WHERE id = $1`, id)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// ForgetGone removes what those keep whom the catalog no longer has, and those whom it never had and whose name is a User's
// now. gone reports whether the catalog has no such User.
func (s *Store) ForgetGone(ctx context.Context, gone func(userRef string) bool) (err error) {
	defer errs.Wrap(&err, "settings: forget people who are gone")
	type owner struct {
		ID, Account int64
		Ref         string
	}
	all, err := pg.Collect(ctx, s.DB, pgx.RowToStructByPos[owner], `SELECT id, account_id, user_ref FROM setting_owners`)
	if err != nil {
		return err
	}
	for _, o := range all {
		if gone(o.Ref) != (o.Account == 0) {
			continue
		}
		if err := pg.Transact(ctx, s.DB, pg.TxOptions{Idempotent: true}, func(tx pgx.Tx) error {
			return forget(ctx, tx, `id = $1`, o.ID)
		}); err != nil {
			return err
		}
	}
	return nil
}
