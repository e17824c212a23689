package catalog

import (
	"context"
	"encoding/json"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"

	"portico/internal/catalog/entity"
	"portico/internal/errs"
	"portico/internal/pg"
)

// Op is what happened to an entity.
type Op string

// The operations of the change log.
const (
	Created  Op = "created"
	Updated  Op = "updated"  // fields changed, or another unit took it over
	Missing  Op = "missing"  // its source no longer names it; it stays for the grace period
	Returned Op = "returned" // its source names it again
	Removed  Op = "removed"  // gone from the catalog; kept for 30 days to be restored
	Restored Op = "restored" // brought back by a person
)

// Change is one row of the change log.
type Change struct {
	Revision int64                `json:"revision"`
	Ref      string               `json:"ref"`
	UID      string               `json:"uid"`
	Op       Op                   `json:"op"`
	Diff     []entity.FieldChange `json:"diff"`
	Source   string               `json:"source"`
	Actor    string               `json:"actor"`
	At       time.Time            `json:"at"`
}

func scanChange(row pgx.CollectableRow) (c Change, err error) {
	var diff []byte
	err = row.Scan(&c.Revision, &c.Ref, &c.UID, &c.Op, &diff, &c.Source, &c.Actor, &c.At)
	c.At = c.At.UTC()
	c.Diff = []entity.FieldChange{}
	if err == nil && diff != nil {
		err = json.Unmarshal(diff, &c.Diff)
	}
	return c, err
}

const changeColumns = `revision, ref, uid::text, op, diff, source, actor, at`

// Changes returns up to limit changes with a revision greater than after, oldest first, of one
// entity when ref is not empty. An after that is older than the log, or newer than the
// catalog, is an errs.Gone error.
func (s *Store) Changes(ctx context.Context, after int64, limit int, ref string) (_ []Change, err error) {
	defer errs.Wrap(&err, "catalog: changes after %d", after)
	var revision, purged int64
	if err := s.db.QueryRow(ctx, `SELECT revision, log_purged FROM catalog_state`).Scan(&revision, &purged); err != nil {
		return nil, err
	}
	switch {
	case after > revision:
		return nil, errs.WithRemedy(errs.New(errs.Gone, "revision %d has not been; this catalog is at revision %d", after, revision),
			"read the entities anew and follow from the revision they were read at; the catalog may have been restored from a backup")
	case after > 0 && after < purged:
		return nil, errGone(purged + 1)
	}
	return pg.Collect(ctx, s.db, scanChange, `
		SELECT `+changeColumns+`
		FROM catalog_changes
		WHERE revision > $1 AND ($3 = '' OR ref = $3)
		ORDER BY revision
		LIMIT $2`, after, limit, ref)
}

// History returns the changes of one entity, newest first, before a revision when before > 0.
func (s *Store) History(ctx context.Context, ref string, before int64, limit int) (_ []Change, err error) {
	defer errs.Wrap(&err, "catalog: history of %s", ref)
	return pg.Collect(ctx, s.db, scanChange, `
		SELECT `+changeColumns+`
		FROM catalog_changes
		WHERE ref = $1 AND ($2 = 0 OR revision < $2)
		ORDER BY revision DESC
		LIMIT $3`, ref, before, limit)
}

// errGone says that a feed cannot be resumed from where the caller stands.
func errGone(oldest int64) error {
	return errs.WithRemedy(errs.New(errs.Gone, "the change log no longer reaches back that far"),
		"read the entities anew and follow from the revision they were read at; the oldest change kept is revision "+strconv.FormatInt(oldest, 10))
}
