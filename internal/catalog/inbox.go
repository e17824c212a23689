package catalog

import (
	"context"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"portico/internal/errs"
	"portico/internal/pg"
)

// Inbox is what asks an operator to act. Lists are cut at a limit; Totals count everything.
type Inbox struct {
	Errors    []Problem       `json:"errors"`    // errors before warnings, the newest first
	Conflicts []Conflict      `json:"conflicts"` // the newest first
	Missing   []MissingEntity `json:"missing"`   // the soonest to go first
	Removed   []RemovedEntity `json:"removed"`   // the latest first
	Totals    InboxTotals     `json:"totals"`
}

// InboxTotals counts what an inbox lists, and what it leaves out.
type InboxTotals struct {
	Errors    int `json:"errors"`
	Conflicts int `json:"conflicts"`
	Missing   int `json:"missing"`
	Removed   int `json:"removed"`
}

// Inbox returns the first of everything that is wrong, missing or was removed, at most limit of each.
func (s *Store) Inbox(ctx context.Context, r Retention, limit int) (_ *Inbox, err error) {
	defer errs.Wrap(&err, "catalog: inbox")
	in := new(Inbox)
	err = pg.Transact(ctx, s.db, pg.TxOptions{Isolation: pgx.RepeatableRead, ReadOnly: true, Idempotent: true}, func(tx pgx.Tx) error {
		if err := tx.QueryRow(ctx, `
			SELECT (SELECT coalesce(sum(json_array_length(problems)), 0) FROM catalog_units WHERE problems::text <> '[]'),
			       (SELECT count(*) FROM catalog_conflicts),
			       (SELECT count(*) FROM catalog_entities WHERE state <> 'active' AND state = 'missing'),
			       (SELECT count(*) FROM catalog_entities WHERE state = 'removed')`).
			Scan(&in.Totals.Errors, &in.Totals.Conflicts, &in.Totals.Missing, &in.Totals.Removed); err != nil {
			return err
		}
		if in.Errors, err = problems(ctx, tx, limit); err != nil {
			return err
		}
		if in.Conflicts, err = conflicts(ctx, tx, limit); err != nil {
			return err
		}
		if in.Missing, err = missingEntities(ctx, tx, r.Grace, limit); err != nil {
			return err
		}
		in.Removed, err = removedEntities(ctx, tx, r.Removed, removedPart{limit: limit})
		return err
	})
	return in, err
}

func problems(ctx context.Context, tx pgx.Tx, limit int) ([]Problem, error) {
	units, err := unitsWithProblems(ctx, tx, limit)
	return share(units, limit), err
}

// Conflict is a ref that two units claim.
type Conflict struct {
	Ref     string `json:"ref"`
	Kept    Claim  `json:"kept"`
	Refused Claim  `json:"refused"`

	uid string // of the entity that keeps the ref
}

// Claim is one side of a conflict.
type Claim struct {
	Location string    `json:"location"`
	Line     int       `json:"line"`
	Since    time.Time `json:"since"`
}

func conflicts(ctx context.Context, tx pgx.Tx, limit int) ([]Conflict, error) {
	return pg.Collect(ctx, tx, func(row pgx.CollectableRow) (c Conflict, err error) {
		err = row.Scan(&c.Ref, &c.uid, &c.Kept.Location, &c.Kept.Line, &c.Kept.Since, &c.Refused.Location, &c.Refused.Line, &c.Refused.Since)
		return c, err
	}, `
		SELECT c.ref, e.uid::text, e.location, e.line, e.created_at, u.location, c.line, c.since
		FROM catalog_conflicts AS c
		JOIN catalog_units AS u ON u.id = c.unit_id
		JOIN catalog_entities AS e ON e.ref = c.ref
		ORDER BY c.since DESC, c.ref
		LIMIT $1`, limit)
}

// MissingEntity is an entity that its source no longer declares.
type MissingEntity struct {
	Ref      string    `json:"ref"`
	UID      string    `json:"uid"`
	Location string    `json:"location"`
	Reason   string    `json:"reason"`
	Since    time.Time `json:"since"`
	RemoveAt time.Time `json:"removeAt"`
}

func missingEntities(ctx context.Context, tx pgx.Tx, grace time.Duration, limit int) ([]MissingEntity, error) {
	return pg.Collect(ctx, tx, func(row pgx.CollectableRow) (m MissingEntity, err error) {
		err = row.Scan(&m.Ref, &m.UID, &m.Location, &m.Reason, &m.Since)
		m.Since = m.Since.UTC()
		m.RemoveAt = m.Since.Add(grace)
		return m, err
	}, `
		SELECT ref, uid::text, location, reason, missing_since
		FROM catalog_entities WHERE state <> 'active' AND state = 'missing' ORDER BY missing_since, ref LIMIT $1`, limit)
}

// RemovedEntity is an entity that can still be restored.
type RemovedEntity struct {
	Ref             string    `json:"ref"`
	UID             string    `json:"uid"`
	Location        string    `json:"location"`
	Reason          string    `json:"reason"`
	RemovedAt       time.Time `json:"removedAt"`
	RestorableUntil time.Time `json:"restorableUntil"`
	Actor           string    `json:"actor"`

	revision int64
}

// removedPart is a part of the list of removed entities.
type removedPart struct {
	after *removedCursor // nil: from the latest
	text  string         // what the ref has to contain
	limit int
}

// removedCursor is the entity after which a page begins.
type removedCursor struct {
	RemovedAt time.Time `json:"removedAt"`
	Ref       string    `json:"ref"`
}

// Removed returns a page of the removed entities, the latest first, and where the next one begins: nil after
// the last.
func (s *Store) Removed(ctx context.Context, r Retention, part removedPart) (items []RemovedEntity, next *removedCursor, err error) {
	return s.removedSeen(ctx, r, part, nil)
}

func (s *Store) removedSeen(ctx context.Context, r Retention, part removedPart, v *sight) (items []RemovedEntity, next *removedCursor, err error) {
	defer errs.Wrap(&err, "catalog: removed entities")
	limit := part.limit
	part.limit++ // one more tells whether there is a next page
	if v.restricted() {
		items, err = v.removed(ctx, s.db, r.Removed, part)
	} else {
		items, err = removedEntities(ctx, s.db, r.Removed, part)
	}
	if err != nil {
		return nil, nil, err
	}
	if len(items) > limit {
		items = items[:limit]
		last := items[limit-1]
		next = &removedCursor{last.RemovedAt, last.Ref}
	}
	return items, next, nil
}

func removedEntities(ctx context.Context, db pg.DB, keep time.Duration, part removedPart) ([]RemovedEntity, error) {
	var after removedCursor
	if part.after != nil {
		after = *part.after
	}
	return pg.Collect(ctx, db, func(row pgx.CollectableRow) (m RemovedEntity, err error) {
		err = row.Scan(&m.Ref, &m.UID, &m.Location, &m.Reason, &m.RemovedAt, &m.Actor, &m.revision)
		m.RemovedAt = m.RemovedAt.UTC()
		m.RestorableUntil = m.RemovedAt.Add(keep)
		return m, err
	}, `
		SELECT ref, uid::text, location, reason, removed_at, coalesce(removed_by, ''), revision
		FROM catalog_entities
		WHERE state = 'removed'
		  AND ($2 OR removed_at <= $3 AND (removed_at < $3 OR ref > $4))
		  AND strpos(ref, $5) > 0
		ORDER BY removed_at DESC, ref
		LIMIT $1`, part.limit, part.after == nil, after.RemovedAt, after.Ref, strings.ToLower(part.text))
}
