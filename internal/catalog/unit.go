package catalog

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/cespare/xxhash/v2"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"portico/internal/catalog/entity"
	"portico/internal/errs"
	"portico/internal/pg"
)

// knownOf returns what the database knows of a source.
func (s *Store) knownOf(ctx context.Context, sourceID string) (_ known, err error) {
	defer errs.Wrap(&err, "catalog: units of %s", sourceID)
	k := known{units: map[string]knownUnit{}, targets: map[string]knownTarget{}}
	rows, err := s.db.Query(ctx, `
		SELECT location, revision, parent_ref, state, include_targets, include_revisions
		FROM catalog_units WHERE source_id = $1`, sourceID)
	if err != nil {
		return k, err
	}
	var loc string
	var u knownUnit
	var targets, revisions []string
	if _, err = pgx.ForEachRow(rows, []any{&loc, &u.revision, &u.parent, &u.state, &targets, &revisions}, func() error {
		u.includes = nil
		for i, t := range targets {
			u.includes = append(u.includes, Include{Target: t, Revision: revisions[i]})
		}
		k.units[loc] = u
		return nil
	}); err != nil {
		return k, err
	}
	rows, err = s.db.Query(ctx, `SELECT location, parent_ref, revision, units FROM catalog_targets WHERE source_id = $1`, sourceID)
	if err != nil {
		return k, err
	}
	var t knownTarget
	if _, err = pgx.ForEachRow(rows, []any{&loc, &t.parent, &t.revision, &t.units}, func() error {
		k.targets[loc] = t
		t.units = nil // the next row's is another slice
		return nil
	}); err != nil {
		return k, err
	}
	// A Location entity that lost its ref to another leads on all the same.
	rows, err = s.db.Query(ctx, `
		SELECT u.location, e.ref, e.entity
		FROM catalog_entities AS e JOIN catalog_units AS u ON u.id = e.unit_id
		WHERE u.source_id = $1 AND e.state = 'active' AND e.asserted AND e.ref LIKE 'location:%'
		UNION ALL
		SELECT u.location, c.ref, c.entity
		FROM catalog_conflicts AS c JOIN catalog_units AS u ON u.id = c.unit_id
		WHERE u.source_id = $1 AND c.ref LIKE 'location:%'
		ORDER BY 2`, sourceID)
	if err != nil {
		return k, err
	}
	var ref string
	var body []byte
	_, err = pgx.ForEachRow(rows, []any{&loc, &ref, &body}, func() error {
		u := k.units[loc]
		if spec, err := entity.LocationOf(body); err == nil {
			u.children = append(u.children, locationEntity{ref: ref, spec: spec})
		} else {
			u.revision = "" // one that cannot be followed must not stop the source; its file is read again
		}
		k.units[loc] = u
		return nil
	})
	return k, err
}

// refsOf returns the refs that a unit yielded.
func (s *Store) refsOf(ctx context.Context, location string) (_ []string, err error) {
	defer errs.Wrap(&err, "catalog: refs of %s", location)
	return pg.Collect(ctx, s.db, pgx.RowTo[string], `
		SELECT e.ref FROM catalog_entities AS e JOIN catalog_units AS u ON u.id = e.unit_id
		WHERE u.location = $1 AND e.state <> 'removed'`, location)
}

// unreadable is a location that could not be read.
type unreadable struct {
	sourceID string
	location string
	parent   string
	problem  Problem
	// lasting is set when the answer was about this one place and will be the same until somebody mends
	// it, so that its entities say so. A host that does not answer is the source's problem alone.
	lasting bool
}

// lasts reports whether an error is an answer about a place, and not that nobody could be asked.
func lasts(err error) bool {
	switch errs.KindOf(err) {
	case errs.Invalid, errs.Forbidden, errs.NotFound, errs.Gone, errs.TooLarge:
		return true
	}
	return false
}

// failUnit records that a location could not be read. What it yielded before stays as it was declared.
func (s *Store) failUnit(ctx context.Context, u unreadable, actor string) (err error) {
	defer errs.Wrap(&err, "catalog: record the failure of %s", u.location)
	problems, err := json.Marshal([]Problem{u.problem})
	if err != nil {
		return err
	}
	done, err := s.turn(ctx)
	if err != nil {
		return err
	}
	defer done()
	return pg.Transact(ctx, s.db, pg.TxOptions{Idempotent: true}, func(tx pgx.Tx) error {
		var rev int64
		if u.lasting { // before the unit, as Apply does
			if rev, err = lockRevision(ctx, tx); err != nil {
				return err
			}
		}
		var id int64
		err := tx.QueryRow(ctx, `
			INSERT INTO catalog_units AS u (source_id, location, name, parent_ref, state, problems, problems_since)
			VALUES ($1, $2, $2, $3, 'failed', $4, now())
			ON CONFLICT (location) DO UPDATE
			SET state = 'failed', revision = '', problems = EXCLUDED.problems, problems_since = coalesce(u.problems_since, now())
			WHERE u.source_id = EXCLUDED.source_id
			RETURNING id`, u.sourceID, u.location, u.parent, problems).Scan(&id)
		if errs.Is(pg.Err(err), errs.NotFound) {
			return nil // another source's
		}
		if err != nil || !u.lasting {
			return err
		}
		p := u.problem
		p.Ref = nil // of all that it yielded
		a := applier{
			ctx: ctx, tx: tx, unitID: id, actor: actor, rev: rev, now: time.Now().UTC(),
			unit: &Unit{SourceID: u.sourceID, File: File{Location: splitLocation(u.location)}, Problems: []Problem{p}, KeepAll: true},
		}
		known, err := a.known(nil)
		if err != nil {
			return err
		}
		if err := a.markRest(nil, known); err != nil {
			return err
		}
		if err := a.writeLog(); err != nil || a.rev == rev {
			return err
		}
		return advance(ctx, tx, a.rev)
	})
}

// Declaration is the text that declares an entity.
type Declaration struct {
	Location      string    `json:"location"`
	File          string    `json:"file"`
	Line          int       `json:"line"`
	EndLine       int       `json:"endLine"`
	Text          string    `json:"text"`
	ReadAt        time.Time `json:"readAt"`
	Revision      string    `json:"revision"`
	Problems      []Problem `json:"problems"`
	ViewURL       string    `json:"viewUrl,omitempty"`
	EditURL       string    `json:"editUrl,omitempty"`
	FileTextLines int       `json:"fileLines"`
}

// body returns an entity as it was asserted, in whatever state it is.
func (s *Store) body(ctx context.Context, uid uuid.UUID) (body []byte, err error) {
	defer errs.Wrap(&err, "catalog: body of %s", uid)
	err = s.db.QueryRow(ctx, `SELECT entity FROM catalog_entities WHERE uid = $1`, uid).Scan(&body)
	return body, err
}

// yields reports whether a location has entities that it is taken to declare.
func (s *Store) yields(ctx context.Context, location string) (yes bool, err error) {
	defer errs.Wrap(&err, "catalog: entities of %s", location)
	err = s.db.QueryRow(ctx, `
		SELECT EXISTS (
			SELECT FROM catalog_entities AS e JOIN catalog_units AS u ON u.id = e.unit_id
			WHERE u.location = $1 AND e.asserted AND e.state <> 'removed')`, location).Scan(&yes)
	return yes, err
}

// DeclarationOf returns the lines of the file that declare the entity, as they were last read.
func (s *Store) DeclarationOf(ctx context.Context, ref string) (_ *Declaration, err error) {
	return s.declarationOf(ctx, ref, nil)
}

// otherVersion says that the database has another version of an entity than the one that was judged: that of the revision.
type otherVersion struct{ revision int64 }

func (e *otherVersion) Error() string {
	return fmt.Sprintf("the database has the entity of revision %d, which is not what was judged", e.revision)
}

// declarationOf is DeclarationOf of what is seen. Errors: also *otherVersion, where something may be hidden.
func (s *Store) declarationOf(ctx context.Context, ref string, v *sight) (_ *Declaration, err error) {
	defer errs.Wrap(&err, "catalog: declaration of %s", ref)
	absent := errs.New(errs.NotFound, "there is no entity %s", ref)
	if !v.hasRef(ref) {
		return nil, absent
	}
	var d Declaration
	var text, problems []byte
	var since, readAt *time.Time
	var uid string
	var revision int64
	err = s.db.QueryRow(ctx, `
		SELECT e.uid::text, e.revision, e.location, coalesce(u.name, ''), e.line, e.end_line, t.text, u.read_at, coalesce(u.revision, ''),
		       coalesce(u.problems, '[]'), u.problems_since, coalesce(u.view_url, ''), coalesce(u.edit_url, '')
		FROM catalog_entities AS e
		LEFT JOIN catalog_units AS u ON u.id = e.unit_id
		LEFT JOIN catalog_unit_texts AS t ON t.unit_id = u.id
		WHERE e.ref = $1 AND e.state <> 'removed'`, ref).
		Scan(&uid, &revision, &d.Location, &d.File, &d.Line, &d.EndLine, &text, &readAt, &d.Revision, &problems, &since, &d.ViewURL, &d.EditURL)
	if err != nil {
		if errs.Is(err, errs.NotFound) {
			return nil, absent
		}
		return nil, err
	}
	if v.restricted() { // what became hidden meanwhile is in the text already
		if doc := v.snap.ByRef(ref, v.seen); doc.UID() != uid || doc.Revision() != revision {
			return nil, &otherVersion{revision}
		}
	}
	if readAt != nil {
		d.ReadAt = readAt.UTC()
	}
	var all []Problem
	if err := json.Unmarshal(problems, &all); err != nil {
		return nil, err
	}
	d.Problems = []Problem{}
	for _, p := range all {
		if since != nil {
			p.Since = since.UTC()
		}
		if p.Ref == nil || *p.Ref == ref {
			d.Problems = append(d.Problems, p)
		}
	}
	if v.restricted() {
		v.declaration(&d, ref, text)
		return &d, nil
	}
	lines := linesOf(text)
	d.FileTextLines = len(lines)
	if d.Line > 0 && d.EndLine >= d.Line && d.EndLine <= len(lines) {
		d.Text = strings.Join(lines[d.Line-1:d.EndLine], "\n")
	} else {
		d.Text = strings.Join(lines, "\n")
		d.Line, d.EndLine = 1, len(lines)
	}
	return &d, nil
}

func linesOf(text []byte) []string {
	return strings.Split(strings.ToValidUTF8(string(text), "\uFFFD"), "\n")
}

// WatchPaths returns the local paths that sources were read from: files, what their placeholders
// read, and the globs and folders that they look into.
func (s *Store) WatchPaths(ctx context.Context) (_ []string, err error) {
	defer errs.Wrap(&err, "catalog: paths to watch")
	return pg.Collect(ctx, s.db, pgx.RowTo[string], `
		SELECT DISTINCT substr(l, strpos(l, ':') + 1) FROM (
			SELECT location AS l FROM catalog_units
			UNION SELECT location FROM catalog_targets
			UNION SELECT unnest(includes) FROM catalog_units
			UNION SELECT type || ':' || target FROM catalog_sources
		) AS p
		WHERE l LIKE 'file:%' OR l LIKE 'folder:%' OR l LIKE 'inferred:%'`)
}

// SourcesOfPaths returns the ids of the sources that read any of the local paths, or that may find
// a new one by a glob or in a folder.
func (s *Store) SourcesOfPaths(ctx context.Context, paths []string) (_ []string, err error) {
	defer errs.Wrap(&err, "catalog: sources of changed files")
	paths = slices.Clone(paths)
	for i, p := range paths {
		paths[i] = storable(p)
	}
	return pg.Collect(ctx, s.db, pgx.RowTo[string], `
		WITH p AS (SELECT path, 'file:' || path AS loc FROM unnest($1::text[]) AS path)
		SELECT source_id FROM catalog_units WHERE location IN (SELECT loc FROM p) OR includes && ARRAY(SELECT loc FROM p)
		UNION
		SELECT source_id FROM catalog_targets WHERE location IN (SELECT loc FROM p)
		UNION
		SELECT l.source_id
		FROM (
			SELECT source_id, substr(location, strpos(location, ':') + 1) AS target, split_part(location, ':', 1) AS type FROM catalog_targets
			UNION ALL
			SELECT id, target, type FROM catalog_sources
		) AS l, p
		WHERE l.type IN ('file', 'folder')
		  AND (p.path = l.target
		    OR (l.type = 'folder' AND starts_with(p.path, rtrim(l.target, '/') || '/'))
		    OR (l.target ~ '[*?[{]' AND starts_with(p.path, substring(l.target FROM '^[^*?[{]*'))) -- a pattern, unless it is there as it is written
		    -- a folder that holds the target came, went or was renamed
		    OR starts_with(l.target, rtrim(p.path, '/') || '/'))`, paths)
}

// What a location may have. The database keeps them in an index, whose rows have a limit, and as text.
const (
	maxLocation = 2000 // bytes
	shownOfLong = 200  // of one that has more
)

// checkLocation refuses a location that the database cannot keep.
func checkLocation(l Location) error {
	s := l.String()
	switch {
	case len(s) > maxLocation:
		return errs.WithRemedy(errs.New(errs.Invalid, "the location has %d bytes; at most %d are read", len(s), maxLocation), "use a shorter path")
	case !utf8.ValidString(s) || strings.ContainsRune(s, 0):
		return errs.WithRemedy(errs.New(errs.Invalid, "the location has bytes that are not text"), "rename the file: its name must be UTF-8")
	}
	return nil
}

// storable makes text that the database can keep of any other; different texts stay different.
func storable(s string) string {
	out := strings.ReplaceAll(strings.ToValidUTF8(s, "\uFFFD"), "\x00", "\uFFFD")
	if len(out) > maxLocation {
		out = strings.ToValidUTF8(out[:shownOfLong], "") + "…"
	}
	if out != s {
		out += fmt.Sprintf("#%016x", xxhash.Sum64String(s))
	}
	return out
}
