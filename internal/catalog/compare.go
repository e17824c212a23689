package catalog

import (
	"context"
	"encoding/json"
	"net/http"
	"time"

	"github.com/jackc/pgx/v5"

	"portico/internal/catalog/entity"
	"portico/internal/errs"
	"portico/internal/httpx"
)

// Comparison is what differs between an entity at two revisions of the catalog.
type Comparison struct {
	Ref     string               `json:"ref"`
	From    Point                `json:"from"`
	To      Point                `json:"to"`
	Changes int                  `json:"changes"` // of the entity in between, the one that made To among them
	Between []Event              `json:"between"` // those in which it came, or went; the oldest first
	Diff    []entity.FieldChange `json:"diff"`
	// Since is set where it was made anew in between, as another entity of the same ref: the diff is from there on.
	Since int64 `json:"since,omitempty"`
}

// Point is an entity at a revision, with the change that made it what it was then.
type Point struct {
	Revision int64      `json:"revision"`
	There    bool       `json:"there"` // it was in the catalog
	Change   int64      `json:"change,omitempty"`
	Op       Op         `json:"op,omitempty"`
	Source   string     `json:"source,omitempty"`
	Actor    string     `json:"actor,omitempty"`
	At       *time.Time `json:"at,omitempty"` // absent where the log does not reach back to it
}

// Event is a change without its diff.
type Event struct {
	Revision int64     `json:"revision"`
	Op       Op        `json:"op"`
	Actor    string    `json:"actor"`
	At       time.Time `json:"at"`
}

// What one comparison takes in. Nobody reads a diff of more, and an entity that flaps has no end.
const (
	mostCompared      = 10_000   // changes
	mostComparedBytes = 64 << 20 // of their diffs
	eventsTold        = 50
)

func errTooFar() error {
	return errs.WithRemedy(errs.New(errs.TooLarge, "too much changed between the two points to compare them"), "choose points that are nearer to each other")
}

func (h *Handler) compareHistory(w http.ResponseWriter, r *http.Request) error {
	ref := refOf(r)
	shown := h.Index.Snapshot().Revision()
	from, err := intParam(r, "from", -1, 0, 1<<62)
	if err != nil {
		return err
	}
	to, err := intParam(r, "to", shown, 0, 1<<62)
	if err != nil {
		return err
	}
	if from < 0 {
		return errs.WithRemedy(errs.New(errs.Invalid, "from is missing"), "write the two revisions as the history has them: ?from=12&to=34; without to it is compared with now")
	}
	if last := max(from, to); last > shown {
		return errs.New(errs.Invalid, "revision %d has not been; this catalog is at revision %d", last, shown)
	}
	c, err := h.compare(r.Context(), ref, from, to)
	if err != nil {
		return err
	}
	httpx.JSON(w, http.StatusOK, c)
	return nil
}

// compare composes the changes between two revisions. From may be the later one: the diff leads from it to the other.
func (h *Handler) compare(ctx context.Context, ref entity.Ref, from, to int64) (*Comparison, error) {
	low, high := min(from, to), max(from, to)
	last, err := h.history(ctx, ref.String(), high+1, 1)
	if err != nil {
		return nil, err
	}
	alive := h.Index.Snapshot().ByRef(ref.String(), h.seen(ctx)) != nil
	if len(last) == 0 && !alive {
		return nil, notFound(ref)
	}
	first, err := h.history(ctx, ref.String(), low+1, 1)
	if err != nil {
		return nil, err
	}
	c, err := h.Store.compose(ctx, ref.String(), low, high, h.sight(ctx))
	if err != nil {
		return nil, err
	}
	// The first change that is known says what was before it.
	before := alive || len(last) > 0
	if len(first) == 0 && c.Changes > 0 {
		if before = c.first != Created; before {
			// Of an entity with as many changes as are kept of one, older ones may be gone that lay in between.
			if full, err := h.Store.logFull(ctx, ref.String(), h.Retention.ChangeCount); err != nil {
				return nil, err
			} else if full {
				return nil, errTrimmed(low, c.oldest)
			}
		}
	}
	c.From, c.To = pointAt(low, first, before), pointAt(high, last, alive)
	if from > to {
		c.From, c.To = c.To, c.From
		for i := range c.Diff {
			c.Diff[i].From, c.Diff[i].To = c.Diff[i].To, c.Diff[i].From
		}
	}
	entity.Shorten(c.Diff)
	return &c.Comparison, nil
}

// pointAt is where an entity stood; without a change that says so, there or not.
func pointAt(revision int64, last []Change, there bool) Point {
	if len(last) == 0 {
		return Point{Revision: revision, There: there}
	}
	l := last[0]
	return Point{Revision: revision, There: l.Op != Removed, Change: l.Revision, Op: l.Op, Source: l.Source, Actor: l.Actor, At: &l.At}
}

type composed struct {
	Comparison
	first  Op
	oldest int64 // the revision of that
}

func errTrimmed(low, oldest int64) error {
	return errs.WithRemedy(errs.New(errs.Gone, "the change log no longer reaches back to revision %d", low),
		"compare from revision "+idOf(oldest, "")+" on; nothing older is kept")
}

// logFull reports whether as many changes of an entity are kept as may be. most 0 is no limit.
func (s *Store) logFull(ctx context.Context, ref string, most int) (full bool, err error) {
	if most == 0 {
		return false, nil
	}
	err = s.db.QueryRow(ctx, `
		SELECT count(*) = $2
		FROM (SELECT FROM catalog_changes WHERE ref = $1 LIMIT $2) AS kept`, ref, most).Scan(&full)
	return full, err
}

// compose reads the changes of an entity above low and not above high. A low that is older than the log is errs.Gone.
func (s *Store) compose(ctx context.Context, ref string, low, high int64, seen *sight) (_ *composed, err error) {
	defer errs.Wrap(&err, "catalog: compare %s at %d and %d", ref, low, high)
	var purged int64
	if err := s.db.QueryRow(ctx, `SELECT log_purged FROM catalog_state`).Scan(&purged); err != nil {
		return nil, err
	}
	if low < purged {
		return nil, errTrimmed(low, purged)
	}
	revisions := []int64(nil) // nil: all
	if seen.restricted() {
		if revisions, err = seen.pick(ctx, pickPart{after: low, before: high + 1, ref: ref, limit: mostCompared + 1}); err != nil {
			return nil, err
		}
		revisions = emptyNotNull(revisions)
	}
	rows, err := s.db.Query(ctx, `
		SELECT revision, uid::text, op, diff, actor, at
		FROM catalog_changes
		WHERE ref = $1 AND revision > $2 AND revision <= $3 AND ($4::bigint[] IS NULL OR revision = ANY($4))
		ORDER BY revision
		LIMIT $5`, ref, low, high, revisions, mostCompared+1)
	if err != nil {
		return nil, err
	}
	c := &composed{Comparison: Comparison{Ref: ref, Between: []Event{}}}
	var diffs entity.Composed
	var e Event
	var uid, last string
	var raw []byte
	size := 0
	if _, err := pgx.ForEachRow(rows, []any{&e.Revision, &uid, &e.Op, &raw, &e.Actor, &e.At}, func() error {
		if c.Changes++; c.Changes == 1 {
			c.first, c.oldest = e.Op, e.Revision
		}
		if size += len(raw); size > mostComparedBytes || c.Changes > mostCompared {
			return errTooFar()
		}
		if e.Op == Created && c.Changes > 1 && uid != last { // what it was before is another entity's
			diffs, c.Since = entity.Composed{}, e.Revision
		}
		last = uid
		if e.Op != Updated && len(c.Between) < eventsTold {
			c.Between = append(c.Between, Event{e.Revision, e.Op, e.Actor, e.At.UTC()})
		}
		if raw == nil {
			return nil
		}
		var diff []entity.FieldChange
		if err := json.Unmarshal(raw, &diff); err != nil {
			return err
		}
		if !diffs.Then(diff) {
			return errTooFar()
		}
		return nil
	}); err != nil {
		return nil, err
	}
	c.Diff = diffs.Diff()
	if seen.restricted() {
		cut := Change{Diff: c.Diff}
		seen.trim(&cut)
		c.Diff = cut.Diff
	}
	return c, nil
}
