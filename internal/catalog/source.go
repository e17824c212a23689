package catalog

import (
	"context"
	"crypto/sha1"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"portico/internal/errs"
	"portico/internal/identity/audit"
	"portico/internal/pg"
)

// Origin says who named a source.
type Origin string

// The origins.
const (
	FromConfig   Origin = "config"     // catalog.locations
	FromRegister Origin = "registered" // POST /api/catalog/locations
	FromTrial    Origin = "trial"      // portico try PATH
	FromSignIn   Origin = "sign-in"    // whoever signs in and is nobody yet
)

// Rule allows entities of a kind, and of a spec.type where Type is set. Both compare without case.
type Rule struct {
	Kind string `json:"kind"`
	Type string `json:"type,omitempty"`
	Any  bool   `json:"any,omitempty"` // every kind, those of one's own too
}

// defaultRules are Backstage's: what may come from anywhere.
var defaultRules = []Rule{{Kind: "Component"}, {Kind: "API"}, {Kind: "Location"}}

func allowed(rules []Rule, kind, typ string) bool {
	for _, r := range rules {
		if r.Any || strings.EqualFold(r.Kind, kind) && (r.Type == "" || strings.EqualFold(r.Type, typ)) {
			return true
		}
	}
	return false
}

// Source is what an operator configured or registered.
type Source struct {
	ID            string
	LocationID    uuid.UUID
	Location      Location
	Origin        Origin
	Optional      bool // a location that is not there is no fault
	Rules         []Rule
	State         string // current, reading, degraded, failed, held
	Message       string
	Held          *Held
	RequestedAt   time.Time
	LastAttemptAt *time.Time
	LastSuccessAt *time.Time
	NextAt        *time.Time
	CreatedBy     string
	Tally         Tally
	ReadBy        string // what its files were judged by when they were read: see walk.judges
}

// Tally counts what a source yields, as of when it was last counted: while it is being read, after that, and
// after what is done by hand.
type Tally struct {
	Units    int // files that are there
	Entities int // active ones
	Missing  int // entities in their grace period
	Problems int
}

// Held is a removal that waits for an operator.
type Held struct {
	Missing int      `json:"missing"` // how many entities would go
	Of      int      `json:"of"`      // of how many
	Refs    []string `json:"refs"`    // the first 200 of them, sorted
	Digest  string   `json:"digest"`  // of all of them
}

// EntityRef is the ref of the Location entity that stands for the source, named as Backstage does.
func (s *Source) EntityRef() string { return "location:default/" + generatedName(s.Location) }

func generatedName(l Location) string {
	sum := sha1.Sum([]byte(l.String()))
	return "generated-" + hex.EncodeToString(sum[:])
}

const sourceColumns = `
	id, location_id, type, target, origin, presence = 'optional' AS optional, rules, state, message, held,
	requested_at, last_attempt_at, last_success_at, next_at, created_by, units, entities, missing, problems, read_by`

func scanSource(row pgx.CollectableRow) (*Source, error) {
	s := new(Source)
	var rules, held []byte
	err := row.Scan(&s.ID, &s.LocationID, &s.Location.Type, &s.Location.Target, &s.Origin, &s.Optional, &rules, &s.State, &s.Message, &held,
		&s.RequestedAt, &s.LastAttemptAt, &s.LastSuccessAt, &s.NextAt, &s.CreatedBy,
		&s.Tally.Units, &s.Tally.Entities, &s.Tally.Missing, &s.Tally.Problems, &s.ReadBy)
	if err != nil {
		return nil, err
	}
	if err := json.Unmarshal(rules, &s.Rules); err != nil {
		return nil, fmt.Errorf("source %s: rules: %w", s.ID, err)
	}
	if held != nil {
		s.Held = new(Held)
		if err := json.Unmarshal(held, s.Held); err != nil {
			return nil, fmt.Errorf("source %s: held: %w", s.ID, err)
		}
	}
	return s, nil
}

// Store reads and writes the catalog's tables.
type Store struct {
	// SignOut ends what people hold as users whom a sign-in made and somebody removed, in the transaction that removes them;
	// Displace does where another source declares the users, who are somebody else. Reserved says why a sign-in may make no
	// user of the ref, "" where it may: what the catalog says is that of the revision, and stays it in the transaction. All
	// may be nil, and are not changed once the store is in use.
	SignOut, Displace func(ctx context.Context, tx pgx.Tx, refs []string) error
	Reserved          func(ctx context.Context, tx pgx.Tx, ref string, n Newcomer, revision int64) (why string, err error)

	db       *pg.Pool
	applying chan struct{} // holds a token for each Apply that has a connection
	// admitting holds a token while a newcomer is made.
	admitting chan struct{}
	verdicts  verdicts
}

// maxApplying is how many units are applied at once: one has the revision lock, the next is ready for it.
const maxApplying = 2

// NewStore returns a store on the pool.
func NewStore(db *pg.Pool) *Store {
	return &Store{db: db, applying: make(chan struct{}, maxApplying), admitting: make(chan struct{}, 1)}
}

// Sources returns all sources, oldest first.
func (s *Store) Sources(ctx context.Context) (_ []*Source, err error) {
	defer errs.Wrap(&err, "catalog: sources")
	return pg.Collect(ctx, s.db, scanSource, `SELECT `+sourceColumns+` FROM catalog_sources ORDER BY created_at, id`)
}

// Source returns one source by its id.
func (s *Store) Source(ctx context.Context, id string) (_ *Source, err error) {
	defer errs.Wrap(&err, "catalog: source %s", id)
	src, err := pg.Collect1(ctx, s.db, scanSource, `SELECT `+sourceColumns+` FROM catalog_sources WHERE id = $1`, id)
	if errs.Is(err, errs.NotFound) {
		return nil, absentSource(id)
	}
	return src, err
}

// SourceAt returns the id of the source of a location.
func (s *Store) SourceAt(ctx context.Context, loc Location) (id string, err error) {
	defer errs.Wrap(&err, "catalog: source %s", loc.Shown())
	err = pg.Err(s.db.QueryRow(ctx, `SELECT id FROM catalog_sources WHERE type = $1 AND target = $2`, loc.Type, loc.Target).Scan(&id))
	if errs.Is(err, errs.NotFound) {
		return "", errs.New(errs.NotFound, "%s is no source", loc.Shown())
	}
	return id, err
}

func absentSource(id string) error { return errs.New(errs.NotFound, "there is no source %s", id) }

// Declared is a source as the configuration or the command line names it.
type Declared struct {
	Location Location
	Rules    []Rule
	Optional bool
}

// SetDeclared makes the sources of an origin equal to the declared ones: new ones are added, ones
// that are no longer declared are removed with what they yielded. It returns the ids of all of them.
func (s *Store) SetDeclared(ctx context.Context, origin Origin, declared []Declared) (ids []string, err error) {
	defer errs.Wrap(&err, "catalog: set %s sources", origin)
	err = pg.Transact(ctx, s.db, pg.TxOptions{Idempotent: true}, func(tx pgx.Tx) error {
		ids = ids[:0]
		keep := map[string]bool{}
		// Before any source is locked, as everywhere: another replica may be removing one.
		if _, err := lockRevision(ctx, tx); err != nil {
			return err
		}
		for _, d := range declared {
			rules, err := json.Marshal(emptyNotNull(d.Rules))
			if err != nil {
				return err
			}
			presence := "required"
			if d.Optional {
				presence = "optional"
			}
			var id string
			err = tx.QueryRow(ctx, `
				INSERT INTO catalog_sources (id, location_id, type, target, origin, presence, rules, created_by)
				VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
				ON CONFLICT (type, target) DO UPDATE
				SET origin = EXCLUDED.origin, rules = EXCLUDED.rules, presence = EXCLUDED.presence
				RETURNING id`,
				sourceID(d.Location), uuid.New(), d.Location.Type, d.Location.Target, origin, presence, rules, "system:"+string(origin)).Scan(&id)
			if err != nil {
				return err
			}
			if !keep[id] {
				keep[id] = true
				ids = append(ids, id)
			}
		}
		gone, err := pg.Collect(ctx, tx, pgx.RowTo[string], `
			SELECT id FROM catalog_sources WHERE origin = $1 AND NOT (id = ANY($2)) ORDER BY id`, origin, ids)
		if err != nil {
			return err
		}
		for _, id := range gone {
			if err := removeSource(ctx, tx, id, "system:"+string(origin), "its source is no longer in the configuration"); err != nil {
				return err
			}
		}
		return nil
	})
	return ids, err
}

func emptyNotNull[T any](s []T) []T {
	if s == nil {
		return []T{}
	}
	return s
}

func sourceID(l Location) string {
	sum := sha1.Sum([]byte(l.String()))
	return "src_" + hex.EncodeToString(sum[:6])
}

// Register adds a source at a user's request. When the location is a source already, it returns
// that one and exists is true.
func (s *Store) Register(ctx context.Context, loc Location, optional bool, by audit.Author) (src *Source, exists bool, err error) {
	defer errs.Wrap(&err, "catalog: register %s", loc)
	presence := "required"
	if optional {
		presence = "optional"
	}
	// Not sourceID: Retarget moves a source and leaves its id, so the id of a location may be taken by one that was there.
	id := uuid.New()
	err = pg.Transact(ctx, s.db, pg.TxOptions{Idempotent: true}, func(tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, `
			INSERT INTO catalog_sources (id, location_id, type, target, origin, presence, created_by)
			VALUES ($1, $2, $3, $4, 'registered', $5, $6)
			ON CONFLICT (type, target) DO NOTHING`,
			"src_"+hex.EncodeToString(id[:6]), id, loc.Type, loc.Target, presence, by.Name)
		if err != nil {
			return err
		}
		src, err = pg.Collect1(ctx, tx, scanSource, `
			SELECT `+sourceColumns+` FROM catalog_sources WHERE type = $1 AND target = $2`, loc.Type, loc.Target)
		if exists = tag.RowsAffected() == 0; err != nil || exists {
			return err
		}
		return by.Record(ctx, tx, loc.Shown(), map[string]any{"source": src.ID, "location": src.LocationID, "presence": presence})
	})
	return src, exists, err
}

// Retarget points a registered source elsewhere. What it yielded stays until the next refresh, which
// makes missing what the new target does not declare.
func (s *Store) Retarget(ctx context.Context, id uuid.UUID, loc Location, by audit.Author) (src *Source, err error) {
	defer errs.Wrap(&err, "catalog: retarget location %s", id)
	err = pg.Transact(ctx, s.db, pg.TxOptions{Idempotent: true}, func(tx pgx.Tx) error {
		var from Location
		err := tx.QueryRow(ctx, `
			SELECT type, target FROM catalog_sources WHERE location_id = $1 AND origin = 'registered' FOR UPDATE`, id).Scan(&from.Type, &from.Target)
		if err != nil {
			return err
		}
		src, err = pg.Collect1(ctx, tx, scanSource, `
			UPDATE catalog_sources
			SET type = $2, target = $3, requested_at = clock_timestamp()
			WHERE location_id = $1
			RETURNING `+sourceColumns, id, loc.Type, loc.Target)
		if err != nil {
			return err
		}
		return by.Record(ctx, tx, loc.Shown(), map[string]any{"source": src.ID, "location": id, "before": from.Shown()})
	})
	switch {
	case pg.IsUnique(err, ""):
		return nil, errs.Public(errs.Conflict, fmt.Sprintf("%s is registered already", loc), err)
	case errs.Is(err, errs.NotFound):
		return nil, errs.New(errs.NotFound, "there is no registered location %s", id)
	}
	return src, err
}

// Unregister removes a registered source and everything it yielded, at once; the entities can be
// restored for 30 days.
func (s *Store) Unregister(ctx context.Context, id uuid.UUID, by audit.Author) (revision int64, err error) {
	defer errs.Wrap(&err, "catalog: unregister location %s", id)
	err = pg.Transact(ctx, s.db, pg.TxOptions{Idempotent: true}, func(tx pgx.Tx) error {
		var sid string
		var origin Origin
		var loc Location
		err := tx.QueryRow(ctx, `SELECT id, origin, type, target FROM catalog_sources WHERE location_id = $1`, id).Scan(&sid, &origin, &loc.Type, &loc.Target)
		if err != nil {
			if errs.Is(pg.Err(err), errs.NotFound) {
				return noLocation(id)
			}
			return err
		}
		if origin != FromRegister {
			return notRegistered()
		}
		if err := removeSource(ctx, tx, sid, by.Name, "its location was unregistered"); err != nil {
			return err
		}
		if err := tx.QueryRow(ctx, `SELECT revision FROM catalog_state`).Scan(&revision); err != nil {
			return err
		}
		return by.Record(ctx, tx, loc.Shown(), map[string]any{"source": sid, "location": id, "revision": revision})
	})
	return revision, err
}

func notRegistered() error {
	return errs.WithRemedy(errs.New(errs.Forbidden, "this location comes from the configuration, not from a registration"),
		"remove it from catalog.locations and restart")
}

// Outcome is how a refresh of a source ended.
type Outcome struct {
	State   string
	Message string
	NextAt  time.Time // zero: when it is asked for
	Held    *Held
}

func (s *Store) begin(ctx context.Context, id string) (_ *Source, err error) {
	defer errs.Wrap(&err, "catalog: begin refresh of %s", id)
	src, err := pg.Collect1(ctx, s.db, scanSource, `
		UPDATE catalog_sources
		SET last_attempt_at = clock_timestamp(), next_at = now() + make_interval(secs => $2), state = CASE WHEN state IN ('current', 'degraded', 'failed') AND last_success_at IS NOT NULL THEN state ELSE 'reading' END
		WHERE id = $1
		RETURNING `+sourceColumns, id, lease.Seconds())
	if errs.Is(err, errs.NotFound) {
		return nil, errs.New(errs.NotFound, "there is no source %s", id)
	}
	return src, err
}

// judgeBy forgets at which revisions the files of a source were read when they were judged by something
// else than now. Each is then read again, also where that takes several attempts.
func (s *Store) judgeBy(ctx context.Context, id, what string) (err error) {
	defer errs.Wrap(&err, "catalog: judge %s anew", id)
	return pg.Transact(ctx, s.db, pg.TxOptions{Idempotent: true}, func(tx pgx.Tx) error {
		if _, err := lockRevision(ctx, tx); err != nil {
			return err
		}
		var b pgx.Batch
		b.Queue(`UPDATE catalog_sources SET read_by = $2 WHERE id = $1`, id, what)
		b.Queue(`UPDATE catalog_units SET revision = '' WHERE source_id = $1 AND revision <> ''`, id)
		b.Queue(`UPDATE catalog_targets SET revision = '' WHERE source_id = $1 AND revision <> ''`, id)
		return tx.SendBatch(ctx, &b).Close()
	})
}

// renew says that the source is still being read, and what it has yielded so far.
func (s *Store) renew(ctx context.Context, id string) (err error) {
	defer errs.Wrap(&err, "catalog: renew the lease of %s", id)
	if _, err = s.db.Exec(ctx, `UPDATE catalog_sources SET next_at = now() + make_interval(secs => $2) WHERE id = $1`, id, lease.Seconds()); err != nil {
		return err
	}
	return s.tally(ctx, []string{id})
}

// tally counts what sources yield. It takes time in proportion to that, so it is done when they have been read
// and after changes by hand, and never under the revision lock.
func (s *Store) tally(ctx context.Context, ids []string) (err error) {
	defer errs.Wrap(&err, "catalog: count what %v yield", ids)
	if len(ids) == 0 {
		return nil
	}
	_, err = s.db.Exec(ctx, `
		WITH asked AS (
			SELECT id FROM catalog_sources WHERE id = ANY($1) ORDER BY id FOR NO KEY UPDATE -- as requests lock them
		)
		UPDATE catalog_sources AS s
		SET units = t.units, entities = t.entities, missing = t.missing, problems = t.problems
		FROM (
			SELECT asked.id,
			       count(u.id) FILTER (WHERE u.state <> 'missing' AND u.location NOT LIKE 'bootstrap:%') AS units,
			       coalesce(sum(e.active), 0) AS entities, coalesce(sum(e.missing), 0) AS missing,
			       coalesce(sum(json_array_length(u.problems)), 0) AS problems
			FROM asked
			LEFT JOIN catalog_units AS u ON u.source_id = asked.id
			LEFT JOIN LATERAL (
				SELECT count(*) FILTER (WHERE state = 'active') AS active, count(*) FILTER (WHERE state = 'missing') AS missing
				FROM catalog_entities WHERE unit_id = u.id
			) AS e ON true
			GROUP BY asked.id
		) AS t
		WHERE t.id = s.id AND (s.units, s.entities, s.missing, s.problems) IS DISTINCT FROM (t.units, t.entities, t.missing, t.problems)`, ids)
	return err
}

// finish writes how a refresh ended, and what the source yields now. What is held was written by Vanish, and
// may have been decided since; while it is, the state says so only where there is no fault to be told. again is true when another refresh was asked for meanwhile.
func (s *Store) finish(ctx context.Context, src *Source, o Outcome) (again bool, err error) {
	defer errs.Wrap(&err, "catalog: finish refresh of %s", src.ID)
	if err := s.tally(ctx, []string{src.ID}); err != nil {
		return false, err
	}
	return s.end(ctx, src.ID, o)
}

// end is finish without counting, for when that may be what fails.
func (s *Store) end(ctx context.Context, id string, o Outcome) (again bool, err error) {
	var next *time.Time
	if !o.NextAt.IsZero() {
		next = &o.NextAt
	}
	err = s.db.QueryRow(ctx, `
		UPDATE catalog_sources
		SET state = CASE WHEN held IS NULL OR $2 IN ('failed', 'degraded') THEN $2 ELSE 'held' END,
		    message = CASE WHEN held IS NULL OR $2 IN ('failed', 'degraded') THEN $3 ELSE (held->>'missing') || ' of ' || (held->>'of') || ' entities would disappear; nothing was removed' END,
		    next_at = $4,
		    last_success_at = CASE WHEN $2 IN ('current', 'degraded') THEN clock_timestamp() ELSE last_success_at END
		WHERE id = $1
		RETURNING requested_at > last_attempt_at`,
		id, o.State, o.Message, next).Scan(&again)
	if errs.Is(pg.Err(err), errs.NotFound) {
		return false, nil // removed meanwhile
	}
	return again, err
}
