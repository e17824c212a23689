package catalog

import (
	"cmp"
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"portico/internal/errs"
	"portico/internal/identity/audit"
	"portico/internal/pg"
)

// Retention says how long things are kept.
type Retention struct {
	Grace        time.Duration // a missing entity is removed after it
	Removed      time.Duration // a removed entity can be restored for it
	ChangeAge    time.Duration // changes older than it leave the log
	ChangeCount  int           // of one entity, at most so many changes stay
	FollowerSlow time.Duration // changes younger than it stay, whatever the count
	Batch        int           // rows that one transaction deletes; 5,000 when 0
}

const (
	expireBatch  = 5000
	expireRounds = 20 // transactions of each step; the next sweep, seconds later, goes on
	removeBatch  = 1000
)

// Expire ends grace periods, forgets what was removed long ago and trims the change log. Each step works
// in short transactions of their own, and in a bounded number of them, so that writers wait for none for
// long, and what is over is no more than what the next call goes on with.
func (s *Store) Expire(ctx context.Context, r Retention) (err error) {
	defer errs.Wrap(&err, "catalog: expire")
	r.Batch = cmp.Or(r.Batch, expireBatch)
	for _, step := range []func(context.Context, Retention) (more bool, err error){s.endGraces, s.purge, s.trimByAge, s.trimByCount} {
		for more, n := true, 0; more && n < expireRounds; n++ {
			if more, err = step(ctx, r); err != nil {
				return err
			}
		}
	}
	return nil
}

// due reports whether a query finds a row, so that the revision lock is not taken for nothing.
func (s *Store) due(ctx context.Context, query string, args ...any) (yes bool, err error) {
	err = s.db.QueryRow(ctx, `SELECT EXISTS (`+query+`)`, args...).Scan(&yes)
	return yes, err
}

// The first condition of each is the one of the index.
const (
	graceOver  = `FROM catalog_entities WHERE state <> 'active' AND state = 'missing' AND missing_since < now() - make_interval(secs => $1)`
	removedOld = `FROM catalog_entities WHERE state = 'removed' AND removed_at < now() - make_interval(secs => $1)`
)

// endGraces removes what no source declared for the grace.
func (s *Store) endGraces(ctx context.Context, r Retention) (more bool, err error) {
	if yes, err := s.due(ctx, `SELECT `+graceOver, r.Grace.Seconds()); err != nil || !yes {
		return false, err
	}
	limit := min(r.Batch, removeBatch) // each is a row to be written, and a change
	_, err = s.change(ctx, audit.System("system:expire"), func(t *settler) error {
		list, err := pg.Collect(ctx, t.tx, scanGone, `
			SELECT uid, ref, location `+graceOver+`
			ORDER BY missing_since LIMIT $2`, r.Grace.Seconds(), limit)
		if err != nil {
			return err
		}
		more = len(list) == limit
		return t.remove(list, fmt.Sprintf("no source declared it for %s", r.Grace))
	})
	return more, err
}

// purge forgets what was removed long ago. Followers that are further behind load the catalog anew, so
// they must see how far it got together with what it took.
func (s *Store) purge(ctx context.Context, r Retention) (more bool, err error) {
	if yes, err := s.due(ctx, `SELECT `+removedOld, r.Removed.Seconds()); err != nil || !yes {
		return false, err
	}
	err = pg.Transact(ctx, s.db, pg.TxOptions{Idempotent: true}, func(tx pgx.Tx) error {
		if _, err := lockRevision(ctx, tx); err != nil { // before entities, as all writers do
			return err
		}
		var n int
		var last int64
		err := tx.QueryRow(ctx, `
			WITH purged AS (
				DELETE FROM catalog_entities
				WHERE uid IN (SELECT uid `+removedOld+` ORDER BY removed_at LIMIT $2)
				RETURNING ref, revision
			), layers AS ( -- what people set of an entity goes when it is gone for good
				DELETE FROM catalog_layers WHERE layer <> 'inferred' AND ref IN (SELECT ref FROM purged)
			)
			SELECT count(*), coalesce(max(revision), 0) FROM purged`, r.Removed.Seconds(), r.Batch).Scan(&n, &last)
		if err != nil {
			return err
		}
		more = n == r.Batch
		_, err = tx.Exec(ctx, `UPDATE catalog_state SET purged_revision = greatest(purged_revision, $1)`, last)
		return err
	})
	return more, err
}

// logPart is a part of the log, from where it was left to the last change that is older than something.
type logPart struct {
	full bool  // there may be more behind it
	last int64 // revision; 0: nothing is old enough
}

// oldPart looks at the next changes after a revision. They are in the order of time but for what the
// clocks of replicas differ, so the last that is old enough stands for those before it.
func (s *Store) oldPart(ctx context.Context, column string, age time.Duration, limit int) (p logPart, err error) {
	var n int
	err = s.db.QueryRow(ctx, `
		SELECT count(*), coalesce(max(revision) FILTER (WHERE at < now() - make_interval(secs => $1)), 0)
		FROM (
			SELECT revision, at FROM catalog_changes
			WHERE revision > (SELECT `+column+` FROM catalog_state)
			ORDER BY revision LIMIT $2
		) AS next`, age.Seconds(), limit).Scan(&n, &p.last)
	p.full = n == limit
	return p, err
}

// trimByAge takes old changes from the log. Nobody else locks rows of the log, so the revision lock is
// taken last, and held for the commit alone.
func (s *Store) trimByAge(ctx context.Context, r Retention) (more bool, err error) {
	part, err := s.oldPart(ctx, "log_purged", r.ChangeAge, r.Batch)
	if err != nil || part.last == 0 {
		return false, err
	}
	err = pg.Transact(ctx, s.db, pg.TxOptions{Idempotent: true}, func(tx pgx.Tx) error {
		var b pgx.Batch
		b.Queue(`DELETE FROM catalog_changes WHERE revision <= $1`, part.last)
		b.Queue(`UPDATE catalog_state SET log_purged = greatest(log_purged, $1)`, part.last)
		return tx.SendBatch(ctx, &b).Close()
	})
	return part.full, err
}

// trimByCount takes from the log what is too many of one entity: one that changes all the time must not
// fill it. The feed skips what is trimmed here, but not within the time that a follower may be behind.
// Each change is looked at once, when it is older than that: only entities that changed then have more
// changes that may go.
func (s *Store) trimByCount(ctx context.Context, r Retention) (more bool, err error) {
	part, err := s.oldPart(ctx, "log_trimmed", r.FollowerSlow, r.Batch)
	if err != nil || part.last == 0 {
		return false, err
	}
	tag, err := s.db.Exec(ctx, `
		DELETE FROM catalog_changes
		WHERE revision IN (
			SELECT c.revision
			FROM (
				SELECT DISTINCT ref FROM catalog_changes
				WHERE revision > (SELECT log_trimmed FROM catalog_state) AND revision <= $1
			) AS r
			CROSS JOIN LATERAL (
				SELECT revision FROM catalog_changes WHERE ref = r.ref ORDER BY revision DESC OFFSET $2 LIMIT 1
			) AS first -- of those that are too many
			JOIN catalog_changes AS c ON c.ref = r.ref AND c.revision <= least(first.revision, $1)
			LIMIT $3
		)`, part.last, r.ChangeCount, r.Batch)
	if err != nil || tag.RowsAffected() == int64(r.Batch) {
		return err == nil, err
	}
	_, err = s.db.Exec(ctx, `UPDATE catalog_state SET log_trimmed = greatest(log_trimmed, $1)`, part.last)
	return part.full, err
}
