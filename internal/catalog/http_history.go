package catalog

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/jackc/pgx/v5"

	"portico/internal/catalog/entity"
	"portico/internal/errs"
	"portico/internal/httpx"
	"portico/internal/pg"
)

// Who changed which field of an entity, and when: its part of the change log, whole or narrowed down.

// What one question about the changes of an entity looks at. More than these are kept of what flaps alone, and of what
// holds a definition of megabytes that changes every day.
const (
	mostLooked      = 2000     // changes
	mostLookedBytes = 16 << 20 // of their diffs, as they are stored
)

// Past narrows down the changes of one entity.
type Past struct {
	Before int64      // a revision that is left out, as what is newer; 0: none
	Until  *time.Time // nothing that was later
	Field  string     // of those that changed this field, or what is below it
	Actor  string
	Limit  int
	seen   *sight // what of it is told; nil: all
}

func (p *Past) narrow() bool { return p.Until != nil || p.Field != "" || p.Actor != "" }

// Summary is what the changes of an entity are about, of all that are kept.
type Summary struct {
	Changes int          `json:"changes"`
	Oldest  *time.Time   `json:"oldest"`
	Fields  []FieldCount `json:"fields"` // the most often changed first
	Actors  []ActorCount `json:"actors"`
	// Since is set where there are more changes than are looked at: the revision from which on they were.
	Since int64 `json:"since,omitempty"`
}

// FieldCount is how many changes were of a field.
type FieldCount struct {
	Path  string `json:"path"`
	Count int    `json:"count"`
}

// ActorCount is how many changes somebody made.
type ActorCount struct {
	Actor string `json:"actor"`
	Count int    `json:"count"`
}

// mostCounted bounds the fields and the people that a summary names.
const mostCounted = 200

func (h *Handler) getHistory(w http.ResponseWriter, r *http.Request) error {
	ref := refOf(r)
	q, err := queryOf(r)
	if err != nil {
		return err
	}
	limit, err := intParam(r, "limit", 50, 1, 200)
	if err != nil {
		return err
	}
	before, err := intParam(r, "before", 0, 0, 1<<62)
	if err != nil {
		return err
	}
	summary, err := boolParam(q, "summary")
	if err != nil {
		return err
	}
	past := Past{Before: before, Field: q.Get("field"), Actor: q.Get("actor"), Limit: int(limit), seen: h.sight(r.Context())}
	for _, text := range []string{past.Field, past.Actor} {
		if strings.IndexByte(text, 0) >= 0 || !utf8.ValidString(text) {
			return errs.New(errs.Invalid, "field and actor must be text; write field=spec.owner, actor=user:default/ines")
		}
	}
	if until := q.Get("until"); until != "" {
		at, err := time.Parse(time.RFC3339, until)
		if err != nil {
			return errs.New(errs.Invalid, "until must be a time such as 2026-03-01T12:00:00Z, not %q", cut(until))
		}
		past.Until = &at
	}
	items, next, err := h.past(r.Context(), ref.String(), past)
	if err != nil {
		return err
	}
	if len(items) == 0 && before == 0 && h.Index.Snapshot().ByRef(ref.String(), h.seen(r.Context())) == nil {
		any := items
		if past.narrow() { // what went may have changed, only not so
			if any, err = h.history(r.Context(), ref.String(), 0, 1); err != nil {
				return err
			}
		}
		if len(any) == 0 {
			return notFound(ref)
		}
	}
	answer := map[string]any{"items": items, "next": next}
	if summary {
		if answer["summary"], err = h.Store.summary(r.Context(), ref.String(), past.seen); err != nil {
			return err
		}
	}
	httpx.JSON(w, http.StatusOK, answer)
	return nil
}

// past is a page of the changes of an entity, newest first, and the revision before which the next one begins.
func (h *Handler) past(ctx context.Context, ref string, p Past) (items []Change, next *int64, err error) {
	if p.narrow() {
		return h.Store.narrowed(ctx, ref, p)
	}
	items, err = h.history(ctx, ref, p.Before, p.Limit+1)
	if len(items) > p.Limit {
		items = items[:p.Limit]
		next = &items[len(items)-1].Revision
	}
	return items, next, err
}

// lookedAt are the last changes of one entity, as far as they are looked at: $1 is its ref, $2 the revision before which
// they are, $3 the revisions that are seen (NULL: all), $4 the time until which they were, $5 and $6 the bounds. What a diff
// weighs is known without reading it.
const lookedAt = `
	WITH last AS (
		SELECT ` + changeColumns + `, coalesce(pg_column_size(diff), 0) AS size
		FROM catalog_changes
		WHERE ref = $1
			AND revision < $2
			AND ($3::bigint[] IS NULL OR revision = ANY($3))
			AND ($4::timestamptz IS NULL OR at <= $4)
		ORDER BY revision DESC
		LIMIT $5
	), weighed AS (
		SELECT *, sum(size) OVER (ORDER BY revision DESC) - size AS before
		FROM last
	), looked AS (
		SELECT * FROM weighed WHERE before <= $6
	)`

// looking are the arguments of lookedAt, and the revision below which there may be changes that its seen ones leave out.
func looking(ctx context.Context, ref string, before int64, until *time.Time, v *sight) (args []any, low int64, err error) {
	if before <= 0 {
		before = 1 << 62
	}
	var only []int64 // nil: all
	if v.restricted() {
		before = min(before, v.snap.Revision()+1) // what is newer than the snapshot is not judged by it
		if only, err = v.pick(ctx, pickPart{before: before, ref: ref, desc: true, limit: mostLooked}); err != nil {
			return nil, 0, err
		}
		if len(only) == mostLooked {
			low = only[len(only)-1]
		}
		only = emptyNotNull(only)
	}
	return []any{ref, before, only, until, mostLooked, mostLookedBytes}, low, nil
}

// extent is how far lookedAt got.
type extent struct {
	changes int
	oldest  *time.Time
	low     int64 // the lowest revision that was looked at; 0: there are none below
}

func (s *Store) extent(ctx context.Context, args []any, low int64) (e extent, err error) {
	var looked int
	var lowest int64
	err = s.db.QueryRow(ctx, lookedAt+`
		SELECT
			(SELECT count(*) FROM last),
			(SELECT min(at) FROM last),
			(SELECT count(*) FROM looked),
			(SELECT coalesce(min(revision), 0) FROM looked)`, args...).Scan(&e.changes, &e.oldest, &looked, &lowest)
	switch {
	case looked == mostLooked || looked < e.changes:
		e.low = lowest
	default:
		e.low = low
	}
	if e.oldest != nil {
		*e.oldest = e.oldest.UTC()
	}
	return e, err
}

// narrowed is a page of those changes of an entity that match. It looks at a part of them at a time: a page may hold few of
// them, or none, and still have a next one.
func (s *Store) narrowed(ctx context.Context, ref string, p Past) (items []Change, next *int64, err error) {
	defer errs.Wrap(&err, "catalog: changes of %s", ref)
	args, low, err := looking(ctx, ref, p.Before, p.Until, p.seen)
	if err != nil {
		return nil, nil, err
	}
	items, err = pg.Collect(ctx, s.db, scanChange, lookedAt+`
		SELECT `+changeColumns+`
		FROM looked
		WHERE ($7 = '' OR actor = $7)
			AND ($8 = '' OR op = 'updated' AND EXISTS (
				SELECT FROM json_array_elements(diff) AS d
				WHERE d->>'path' = $8 OR starts_with(d->>'path', $8 || '.')
			))
		ORDER BY revision DESC
		LIMIT $9`, append(args, p.Actor, p.Field, p.Limit+1)...)
	if err != nil {
		return nil, nil, err
	}
	if len(items) > p.Limit {
		items = items[:p.Limit]
		next = &items[len(items)-1].Revision
	} else if e, err := s.extent(ctx, args, low); err != nil {
		return nil, nil, err
	} else if e.low > 0 {
		next = &e.low
	}
	if !p.seen.restricted() {
		return items, next, nil
	}
	kept := items[:0]
	for i := range items {
		c := &items[i]
		if p.seen.trim(c); p.Field == "" || slices.ContainsFunc(c.Diff, func(d entity.FieldChange) bool { return isOrBelow(d.Path, p.Field) }) {
			kept = append(kept, *c)
		}
	}
	return kept, next, nil
}

// isOrBelow reports whether a path is a field, or below it.
func isOrBelow(path, field string) bool {
	rest, ok := strings.CutPrefix(path, field)
	return ok && (rest == "" || rest[0] == '.')
}

// summary counts what the changes of an entity are about.
func (s *Store) summary(ctx context.Context, ref string, v *sight) (_ *Summary, err error) {
	defer errs.Wrap(&err, "catalog: summary of the changes of %s", ref)
	args, low, err := looking(ctx, ref, 0, nil, v)
	if err != nil {
		return nil, err
	}
	e, err := s.extent(ctx, args, low)
	if err != nil {
		return nil, err
	}
	sum := &Summary{Changes: e.changes, Oldest: e.oldest, Since: e.low}
	// Which Location entity led to it is told to those alone who see that one.
	sum.Fields, err = pg.Collect(ctx, s.db, pgx.RowToStructByPos[FieldCount], lookedAt+`
		SELECT d->>'path', count(DISTINCT revision)
		FROM looked, json_array_elements(diff) AS d
		WHERE op = 'updated' AND ($7 OR d->>'path' <> 'parent')
		GROUP BY 1
		ORDER BY 2 DESC, 1
		LIMIT $8`, append(args, !v.restricted(), mostCounted)...)
	if err != nil {
		return nil, err
	}
	sum.Actors, err = pg.Collect(ctx, s.db, pgx.RowToStructByPos[ActorCount], lookedAt+`
		SELECT actor, count(*)
		FROM looked
		GROUP BY 1
		ORDER BY 2 DESC, 1
		LIMIT $7`, append(args, mostCounted)...)
	sum.Fields, sum.Actors = emptyNotNull(sum.Fields), emptyNotNull(sum.Actors)
	return sum, err
}
