package catalog

import (
	"context"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"portico/internal/errs"
	"portico/internal/identity/audit"
	"portico/internal/pg"
)

// Restore brings an entity back. A removed one is active again if its source still declares it;
// otherwise it is missing, with a new grace period. A missing one is kept: it stays until its source
// declares it again, or somebody removes it. Restore returns the entity's ref.
func (s *Store) Restore(ctx context.Context, uid uuid.UUID, by audit.Author) (ref string, revision int64, err error) {
	defer errs.Wrap(&err, "catalog: restore %s", uid)
	revision, err = s.change(ctx, by, func(t *settler) error {
		var state string
		g, err := pg.Collect1(ctx, t.tx, func(row pgx.CollectableRow) (g gone, err error) {
			err = row.Scan(&g.uid, &g.ref, &g.location, &state)
			return g, err
		}, `SELECT uid, ref, location, state FROM catalog_entities WHERE uid = $1 AND state <> 'active'`, uid)
		if err != nil {
			if errs.Is(err, errs.NotFound) {
				return nothingToRestore(uid)
			}
			return err
		}
		ref = g.ref
		t.recorded(ref, map[string]any{"uid": uid, "was": state})
		if state == "missing" {
			return t.keep([]gone{g})
		}
		return t.restore([]gone{g})
	})
	return ref, revision, err
}

func nothingToRestore(uid uuid.UUID) error {
	return errs.WithRemedy(errs.New(errs.NotFound, "there is no removed or missing entity with the uid %s", uid), "removed entities are kept for 30 days; it may be back already")
}

// chosen narrows a list down.
func (t *settler) chosen(list []gone, only choice) ([]gone, error) {
	if only == nil || len(list) == 0 {
		return list, nil
	}
	return only(t.ctx, t.tx, list)
}

// RestoreRemoved restores all that was removed at one moment. A removal is one transaction, and all that
// it takes has its time, so this undoes the removal.
func (s *Store) RestoreRemoved(ctx context.Context, at time.Time, only choice, by audit.Author) (n int, revision int64, err error) {
	defer errs.Wrap(&err, "catalog: restore what was removed at %s", at)
	revision, err = s.change(ctx, by, func(t *settler) error {
		list, err := pg.Collect(ctx, t.tx, scanGone, `
			SELECT uid, ref, location FROM catalog_entities
			WHERE state = 'removed' AND removed_at = $1
			ORDER BY ref`, at)
		if err != nil {
			return err
		}
		if list, err = t.chosen(list, only); err != nil {
			return err
		}
		if n = len(list); n == 0 {
			return errs.WithRemedy(errs.New(errs.NotFound, "nothing that was removed at %s can be restored", at.Format(time.RFC3339Nano)),
				"look at the list of removed entities again; they may be back already, or forgotten")
		}
		t.recorded("removed:"+at.UTC().Format(time.RFC3339Nano), map[string]any{"entities": n})
		return t.restore(list)
	})
	return n, revision, err
}

// RestoreMissing keeps all that went missing at one moment, as one reading or decision made it.
func (s *Store) RestoreMissing(ctx context.Context, since time.Time, only choice, by audit.Author) (n int, revision int64, err error) {
	defer errs.Wrap(&err, "catalog: keep what is missing since %s", since)
	revision, err = s.change(ctx, by, func(t *settler) error {
		list, err := pg.Collect(ctx, t.tx, scanGone, `
			SELECT uid, ref, location FROM catalog_entities
			WHERE state <> 'active' AND state = 'missing' AND missing_since = $1
			ORDER BY ref`, since)
		if err != nil {
			return err
		}
		if list, err = t.chosen(list, only); err != nil {
			return err
		}
		if n = len(list); n == 0 {
			return errs.WithRemedy(errs.New(errs.NotFound, "nothing is missing since %s", since.Format(time.RFC3339Nano)),
				"look at the list of missing entities again; they may be back already, or removed")
		}
		t.recorded("missing:"+since.UTC().Format(time.RFC3339Nano), map[string]any{"entities": n})
		return t.keep(list)
	})
	return n, revision, err
}

// restore brings removed entities back, with what was inferred and set of them meanwhile.
func (t *settler) restore(list []gone) error {
	if err := t.revive(list); err != nil {
		return err
	}
	refs := make([]string, len(list))
	for i, g := range list {
		refs[i] = g.ref
	}
	return t.recompose(refs, "")
}

func (t *settler) revive(list []gone) error {
	return t.setState(list, Restored, `
		UPDATE catalog_entities AS e
		SET state = CASE WHEN e.asserted AND n.id IS NOT NULL THEN 'active' ELSE 'missing' END,
		    missing_since = CASE WHEN e.asserted AND n.id IS NOT NULL THEN NULL ELSE $1::timestamptz END,
		    reason = CASE WHEN e.asserted AND n.id IS NOT NULL THEN '' ELSE 'it was restored, but no source declares it' END,
		    removed_at = NULL, removed_by = NULL, by_hand = false, revision = u.revision
		FROM unnest($2::uuid[], $3::bigint[]) AS u (uid, revision)
		JOIN catalog_entities AS o ON o.uid = u.uid
		LEFT JOIN catalog_units AS n ON n.id = o.unit_id AND n.state <> 'missing'
		WHERE e.uid = u.uid`, t.now)
}

// keep makes missing entities stay although no source declares them.
func (t *settler) keep(list []gone) error {
	return t.setState(list, Restored, `
		UPDATE catalog_entities AS e
		SET state = 'active', kept = true, missing_since = NULL, reason = '', revision = u.revision
		FROM unnest($1::uuid[], $2::bigint[]) AS u (uid, revision)
		WHERE e.uid = u.uid`)
}
