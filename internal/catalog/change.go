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
	Restored Op = "restored" // brought back by a person, or kept when it was missing
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
	entity.Shorten(c.Diff) // row by row, so that a page of large ones is never held whole
	return c, err
}

const changeColumns = `revision, ref, uid::text, op, diff, source, actor, at`

// Notice is a change as streams tell of it: which fields, not what they hold.
type Notice struct {
	Revision int64     `json:"revision"`
	Ref      string    `json:"ref"`
	UID      string    `json:"uid"`
	Op       Op        `json:"op"`
	Paths    []string  `json:"paths"`
	More     int       `json:"morePaths,omitempty"` // that are not among Paths
	Source   string    `json:"source"`
	Actor    string    `json:"actor"`
	At       time.Time `json:"at"`
}

func scanNotice(row pgx.CollectableRow) (n Notice, err error) {
	err = row.Scan(&n.Revision, &n.Ref, &n.UID, &n.Op, &n.Paths, &n.Source, &n.Actor, &n.At)
	n.At = n.At.UTC()
	n.Paths = emptyNotNull(n.Paths)
	return n, err
}

const noticeColumns = `revision, ref, uid::text, op, ARRAY(SELECT d->>'path' FROM json_array_elements(diff) AS d), source, actor, at`

// fromOldest asks for changes from the oldest that is kept.
const fromOldest = -1

// Stretch is a part of the change log.
type Stretch struct {
	After int64 // fromOldest: all that are kept
	UpTo  int64 // what a replica can show
	Ref   string
	Limit int
	seen  *sight // what of it is told; nil: all
}

// Changes returns the first of the changes with a revision above After and not above UpTo, oldest
// first, of one entity when Ref is not empty. An After that is older than the log, or newer than the
// catalog, is an errs.Gone error.
func (s *Store) Changes(ctx context.Context, part Stretch) (_ []Change, err error) {
	defer errs.Wrap(&err, "catalog: changes after %d", part.After)
	items, err := stretch(ctx, s, scanChange, changeColumns, part)
	if part.seen.restricted() {
		for i := range items {
			part.seen.trim(&items[i])
		}
	}
	return items, err
}

// Notices is Changes without what the fields hold, which the database does not send either.
func (s *Store) Notices(ctx context.Context, part Stretch) (_ []Notice, err error) {
	defer errs.Wrap(&err, "catalog: notices after %d", part.After)
	return stretch(ctx, s, scanNotice, noticeColumns, part)
}

func stretch[T any](ctx context.Context, s *Store, scan pgx.RowToFunc[T], columns string, part Stretch) ([]T, error) {
	var revision, purged int64
	if err := s.db.QueryRow(ctx, `SELECT revision, log_purged FROM catalog_state`).Scan(&revision, &purged); err != nil {
		return nil, err
	}
	switch {
	case part.After > revision:
		return nil, errs.WithRemedy(errs.New(errs.Gone, "revision %d has not been; this catalog is at revision %d", part.After, revision),
			"read the entities anew and follow from the revision they were read at; the catalog may have been restored from a backup")
	case part.After != fromOldest && part.After < purged:
		return nil, errGone(purged + 1)
	}
	if part.seen.restricted() {
		return picked(ctx, part.seen, scan, columns, pickPart{after: max(part.After, purged), before: part.UpTo + 1, ref: part.Ref, limit: part.Limit})
	}
	q := `
		SELECT ` + columns + `
		FROM catalog_changes
		WHERE revision > $1 AND revision <= $2`
	args := []any{max(part.After, purged), part.UpTo, part.Limit}
	if part.Ref != "" {
		q += ` AND ref = $4`
		args = append(args, part.Ref)
	}
	return pg.Collect(ctx, s.db, scan, q+`
		ORDER BY revision
		LIMIT $3`, args...)
}

// Latest returns changes with a revision below before, newest first, of one entity when ref is not empty.
func (s *Store) Latest(ctx context.Context, before int64, limit int, ref string) (_ []Change, err error) {
	defer errs.Wrap(&err, "catalog: changes before %d", before)
	if ref != "" {
		return s.History(ctx, ref, before, limit)
	}
	return pg.Collect(ctx, s.db, scanChange, `
		SELECT `+changeColumns+`
		FROM catalog_changes
		WHERE revision < $1
		ORDER BY revision DESC
		LIMIT $2`, before, limit)
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
