package catalog

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"portico/internal/catalog/entity"
	"portico/internal/errs"
	"portico/internal/pg"
)

// Channel is the PostgreSQL channel on which every commit announces its revision.
const Channel = "portico_catalog"

// Unit is everything that one exact location declared when it was read.
type Unit struct {
	SourceID  string
	ParentRef string // the Location entity that led here; "" at the root
	File      File
	Asserted  []Asserted
	Problems  []Problem
	// Includes are the files that placeholders ($text and the like) read into it.
	Includes []Include
	// Kept are refs whose document is there but cannot be used: their last good state stays.
	Kept []string
	// KeepAll is set when a document could not even be read, so that nobody can tell which entities
	// the unit still names: all of them stay.
	KeepAll bool
}

func (u *Unit) asserts(ref string) bool {
	return slices.ContainsFunc(u.Asserted, func(a Asserted) bool { return a.Entity.Ref.String() == ref })
}

// Include is a file that a placeholder read into a unit.
type Include struct {
	Target   string // as the placeholder names it
	Location string
	Revision string // at which it was read
}

// Asserted is one entity as a unit declares it.
type Asserted struct {
	Entity        *entity.Entity
	Line, EndLine int
	Owner         string // the text of spec.owner
}

// Applied says what applying a unit did.
type Applied struct {
	Revision                              int64 // of the catalog after it
	Created, Updated, Returned, Conflicts int
	// Shared is true when another source yields the same location: nothing was written.
	Shared bool
	// ByHand are the asserted refs that stay removed, because somebody removed them.
	ByHand []string
}

// stored is what the database knows of one ref.
type stored struct {
	uid      uuid.UUID
	ref      string
	unitID   *int64
	digest   string
	state    string
	asserted bool
	kept     bool
	byHand   bool // it was removed by hand
	status   []byte
	line     int
	endLine  int
	location string
	parent   string
}

func scanStored(row pgx.CollectableRow) (e stored, err error) {
	err = row.Scan(&e.uid, &e.ref, &e.unitID, &e.digest, &e.state, &e.asserted, &e.kept, &e.byHand, &e.status, &e.line, &e.endLine, &e.location, &e.parent)
	return e, err
}

const storedColumns = `uid, ref, unit_id, digest, state, asserted, kept, by_hand, status, line, end_line, location, parent_ref`

// lockRevision takes the lock under which revisions are handed out and returns the latest.
func lockRevision(ctx context.Context, tx pgx.Tx) (rev int64, err error) {
	err = tx.QueryRow(ctx, `SELECT revision FROM catalog_state FOR UPDATE`).Scan(&rev)
	return rev, err
}

// advance writes the last revision handed out and announces it at commit.
func advance(ctx context.Context, tx pgx.Tx, rev int64) error {
	var b pgx.Batch
	b.Queue(`UPDATE catalog_state SET revision = $1`, rev)
	b.Queue(`SELECT pg_notify($1, $2)`, Channel, strconv.FormatInt(rev, 10))
	return tx.SendBatch(ctx, &b).Close()
}

// Apply writes what a unit asserts, in one transaction. It never makes an entity missing: what the
// unit no longer names is only marked, and Vanish decides once the whole source has been read.
func (s *Store) Apply(ctx context.Context, u *Unit, actor string) (res Applied, err error) {
	defer errs.Wrap(&err, "catalog: apply %s", u.File.Location)
	done, err := s.turn(ctx)
	if err != nil {
		return Applied{}, err
	}
	defer done()
	err = pg.Transact(ctx, s.db, pg.TxOptions{Idempotent: true}, func(tx pgx.Tx) error {
		res = Applied{}
		rev, err := lockRevision(ctx, tx)
		if err != nil {
			return err
		}
		unitID, owned, err := putUnit(ctx, tx, u)
		if err != nil {
			return err
		}
		if !owned {
			res.Shared, res.Revision = true, rev
			return nil
		}
		a := applier{ctx: ctx, tx: tx, unit: u, unitID: unitID, actor: actor, rev: rev, now: time.Now().UTC()}
		if err := a.run(&res); err != nil {
			return err
		}
		if err := s.displace(ctx, tx, a.displaced); err != nil {
			return err
		}
		res.Revision = a.rev
		if a.rev == rev {
			return nil
		}
		return advance(ctx, tx, a.rev)
	})
	return res, err
}

// turn waits until a unit may be written. They are done one after the other anyway: those that wait must
// not hold connections that others need.
func (s *Store) turn(ctx context.Context) (done func(), err error) {
	select {
	case s.applying <- struct{}{}:
		return func() { <-s.applying }, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// putUnit writes the unit's row and text. owned is false when the location belongs to another source.
func putUnit(ctx context.Context, tx pgx.Tx, u *Unit) (id int64, owned bool, err error) {
	problems, err := json.Marshal(emptyNotNull(u.Problems))
	if err != nil {
		return 0, false, err
	}
	state := "ok"
	if hasErrors(u.Problems) {
		state = "failed"
	}
	locations, targets, revisions := make([]string, len(u.Includes)), make([]string, len(u.Includes)), make([]string, len(u.Includes))
	for i, in := range u.Includes {
		locations[i], targets[i], revisions[i] = in.Location, in.Target, in.Revision
	}
	err = tx.QueryRow(ctx, `
		INSERT INTO catalog_units AS u (source_id, location, name, parent_ref, revision, state, problems, problems_since, source_location, view_url, edit_url, includes, include_targets, include_revisions, read_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, CASE WHEN $6 = 'failed' THEN now() END, $8, $9, $10, $11, $12, $13, now())
		ON CONFLICT (location) DO UPDATE
		SET source_id = EXCLUDED.source_id, name = EXCLUDED.name, parent_ref = EXCLUDED.parent_ref, revision = EXCLUDED.revision,
		    state = EXCLUDED.state, problems = EXCLUDED.problems,
		    problems_since = CASE WHEN EXCLUDED.state = 'failed' THEN coalesce(u.problems_since, now()) END,
		    source_location = EXCLUDED.source_location, view_url = EXCLUDED.view_url, edit_url = EXCLUDED.edit_url,
		    includes = EXCLUDED.includes, include_targets = EXCLUDED.include_targets, include_revisions = EXCLUDED.include_revisions, read_at = now()
		WHERE u.source_id = EXCLUDED.source_id OR u.state = 'missing'
		RETURNING id`,
		u.SourceID, u.File.Location.String(), u.File.Name, u.ParentRef, u.File.Revision, state, problems,
		u.File.SourceLocation, u.File.ViewURL, u.File.EditURL, locations, targets, revisions).Scan(&id)
	if errs.Is(pg.Err(err), errs.NotFound) {
		return 0, false, nil
	}
	if err != nil {
		return 0, false, err
	}
	if u.File.Data != nil || len(u.File.Layers) > 0 {
		_, err = tx.Exec(ctx, `
			INSERT INTO catalog_unit_texts (unit_id, text) VALUES ($1, $2)
			ON CONFLICT (unit_id) DO UPDATE SET text = EXCLUDED.text`, id, emptyNotNull(u.File.Data))
	}
	return id, true, err
}

// applier is one run of Apply.
type applier struct {
	ctx    context.Context
	tx     pgx.Tx
	unit   *Unit
	unitID int64
	actor  string
	rev    int64
	now    time.Time

	creates [][]any // rows of catalog_entities
	changes [][]any // rows of catalog_changes
	updates updates // rows to be changed
	moves   updates // rows of which only the place changes, which the read model does not show
	lost    []Asserted

	displaced []string // refs of users whom a sign-in made, and who are this unit's now

	layers   composer
	whence   whence
	composed map[string]laid // by ref: what comes of an assertion that does not stand alone
	guessed  []int64         // units that had inferred what this one declares
}

// updates are columns of an UPDATE … FROM unnest, a column a slice.
type updates struct {
	refs, entities, digests, locations, parents []string
	lines, endLines                             []int32
	revisions                                   []int64
}

func (a *applier) next() int64 { a.rev++; return a.rev }

func (a *applier) run(res *Applied) error {
	refs := make([]string, len(a.unit.Asserted))
	for i, as := range a.unit.Asserted {
		refs[i] = as.Entity.Ref.String()
	}
	if err := a.compose(refs); err != nil {
		return err
	}
	known, err := a.known(refs)
	if err != nil {
		return err
	}
	before, err := a.bodies(known, refs)
	if err != nil {
		return err
	}
	for i, as := range a.unit.Asserted {
		if err := a.assert(as, refs[i], known, before, res); err != nil {
			return err
		}
	}
	res.Conflicts = len(a.lost)
	if err := a.write(); err != nil {
		return err
	}
	if err := a.writeLayers(refs); err != nil {
		return err
	}
	if err := a.writeConflicts(); err != nil {
		return err
	}
	if err := a.markRest(refs, known); err != nil {
		return err
	}
	return a.writeLog()
}

func (a *applier) writeLog() error {
	if len(a.changes) == 0 {
		return nil
	}
	_, err := a.tx.CopyFrom(a.ctx, changeTable, logColumns, pgx.CopyFromRows(a.changes))
	return err
}

// known returns what the database has for the unit and for the asserted refs.
func (a *applier) known(refs []string) (map[string]stored, error) {
	rows, err := pg.Collect(a.ctx, a.tx, scanStored, `
		SELECT `+storedColumns+` FROM catalog_entities WHERE unit_id = $1
		UNION ALL
		SELECT `+storedColumns+` FROM catalog_entities WHERE ref = ANY($2) AND unit_id IS DISTINCT FROM $1`, a.unitID, refs)
	if err != nil {
		return nil, err
	}
	m := make(map[string]stored, len(rows))
	for _, e := range rows {
		m[e.ref] = e
	}
	return m, nil
}

// bodies returns the stored JSON of the entities that are about to change, for their diffs.
func (a *applier) bodies(known map[string]stored, refs []string) (map[string][]byte, error) {
	var changed []string
	for i, as := range a.unit.Asserted {
		if e, ok := known[refs[i]]; ok && e.digest != a.shown(refs[i], as).Entity.Digest {
			changed = append(changed, refs[i])
		}
	}
	m := map[string][]byte{}
	if len(changed) == 0 {
		return m, nil
	}
	rows, err := a.tx.Query(a.ctx, `SELECT ref, entity FROM catalog_entities WHERE ref = ANY($1)`, changed)
	if err != nil {
		return nil, err
	}
	var ref string
	var body []byte
	_, err = pgx.ForEachRow(rows, []any{&ref, &body}, func() error {
		m[ref] = slices.Clone(body)
		return nil
	})
	return m, err
}

// assert decides what one assertion means.
func (a *applier) assert(as Asserted, ref string, known map[string]stored, before map[string][]byte, res *Applied) error {
	e, exists := known[ref]
	mine := exists && e.unitID != nil && *e.unitID == a.unitID
	declared := as
	as = a.shown(ref, as)
	switch {
	case !exists:
		uid, err := uuid.NewV7()
		if err != nil {
			return err
		}
		rev := a.next()
		a.creates = append(a.creates, []any{uid, ref, a.unitID, a.unit.File.Location.String(), a.unit.ParentRef,
			as.Entity.JSON, as.Entity.Digest, int32(as.Line), int32(as.EndLine), rev, a.now, a.now})
		a.log(rev, ref, uid, Created, nil)
		res.Created++
		return nil
	case !mine && ofNewcomer(e.location): // whoever declares the user means more than that somebody signed in
		a.displaced = append(a.displaced, ref)
	case !mine && e.unitID != nil && guesses(e.location) && !a.whence.guesses(): // declared goes before inferred
		a.guessed = append(a.guessed, *e.unitID)
	case !mine && e.state == "active" && (e.asserted || !e.kept): // what is only kept goes to whoever declares it
		a.lost = append(a.lost, declared)
		return nil
	}
	same := mine && e.digest == as.Entity.Digest
	byHand := (same || mine && a.saysNothingNew(ref, declared)) && e.state == "removed" && e.byHand && e.asserted // removed by hand
	if byHand {
		res.ByHand = append(res.ByHand, ref)
	}
	if byHand || same && e.state == "active" && e.parent == a.unit.ParentRef && e.status == nil {
		if e.line != as.Line || e.endLine != as.EndLine || !e.asserted || e.kept {
			m := &a.moves
			m.refs = append(m.refs, ref)
			m.lines = append(m.lines, int32(as.Line))
			m.endLines = append(m.endLines, int32(as.EndLine))
		}
		return nil
	}
	rev := a.next()
	u := &a.updates
	u.refs = append(u.refs, ref)
	u.entities = append(u.entities, string(as.Entity.JSON))
	u.digests = append(u.digests, as.Entity.Digest)
	u.locations = append(u.locations, a.unit.File.Location.String())
	u.parents = append(u.parents, a.unit.ParentRef)
	u.lines = append(u.lines, int32(as.Line))
	u.endLines = append(u.endLines, int32(as.EndLine))
	u.revisions = append(u.revisions, rev)

	diff := a.diff(as, e, before[ref])
	if e.state != "active" {
		a.log(rev, ref, e.uid, Returned, diff)
		res.Returned++
		return nil
	}
	a.log(rev, ref, e.uid, Updated, diff)
	res.Updated++
	return nil
}

// diff says what differs from what was stored: nothing when only the order of keys does.
func (a *applier) diff(as Asserted, e stored, before []byte) (diff []entity.FieldChange) {
	if e.digest != as.Entity.Digest {
		diff = entity.Diff(before, as.Entity.JSON)
	}
	diff = append(diff, statusChange(e.status, nil)...)
	if len(diff) == 0 && e.parent != a.unit.ParentRef { // a Location entity was renamed, or another one leads here now
		diff = append(diff, entity.FieldChange{Path: "parent", From: refJSON(e.parent), To: refJSON(a.unit.ParentRef)})
	}
	return diff
}

// refJSON encodes a ref; none is absent.
func refJSON(ref string) json.RawMessage {
	if ref == "" {
		return nil
	}
	return json.RawMessage(strconv.Quote(ref)) // refs are made of letters, digits and -_.:/
}

func (a *applier) log(rev int64, ref string, uid uuid.UUID, op Op, diff []entity.FieldChange) {
	a.changes = append(a.changes, []any{rev, ref, uid, string(op), mustDiff(diff), a.unit.File.Location.String(), a.actor, a.now})
}

// mustDiff encodes a diff; nil is SQL's NULL.
func mustDiff(d []entity.FieldChange) []byte {
	if len(d) == 0 {
		return nil
	}
	b, err := json.Marshal(d)
	if err != nil {
		panic(fmt.Errorf("catalog: encode a diff: %w", err)) // made of valid JSON only
	}
	return b
}

var (
	entityTable   = pgx.Identifier{"catalog_entities"}
	createColumns = []string{"uid", "ref", "unit_id", "location", "parent_ref", "entity", "digest", "line", "end_line", "revision", "created_at", "changed_at"}
	changeTable   = pgx.Identifier{"catalog_changes"}
	logColumns    = []string{"revision", "ref", "uid", "op", "diff", "source", "actor", "at"}
)

func (a *applier) write() error {
	if len(a.creates) > 0 {
		if _, err := a.tx.CopyFrom(a.ctx, entityTable, createColumns, pgx.CopyFromRows(a.creates)); err != nil {
			return err
		}
	}
	if u := &a.updates; len(u.refs) > 0 {
		_, err := a.tx.Exec(a.ctx, `
			UPDATE catalog_entities AS e
			SET unit_id = $1, entity = u.entity::json, digest = u.digest, location = u.location, parent_ref = u.parent_ref,
			    line = u.line, end_line = u.end_line, revision = u.revision, changed_at = CASE WHEN e.digest = u.digest THEN e.changed_at ELSE $2 END,
			    asserted = true, kept = false, status = NULL, state = 'active', missing_since = NULL, removed_at = NULL, removed_by = NULL, by_hand = false, reason = ''
			FROM unnest($3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::int[], $9::int[], $10::bigint[])
			  AS u (ref, entity, digest, location, parent_ref, line, end_line, revision)
			WHERE e.ref = u.ref`,
			a.unitID, a.now, u.refs, u.entities, u.digests, u.locations, u.parents, u.lines, u.endLines, u.revisions)
		if err != nil {
			return err
		}
	}
	if m := &a.moves; len(m.refs) > 0 {
		_, err := a.tx.Exec(a.ctx, `
			UPDATE catalog_entities AS e
			SET line = u.line, end_line = u.end_line, asserted = true, kept = false
			FROM unnest($1::text[], $2::int[], $3::int[]) AS u (ref, line, end_line)
			WHERE e.ref = u.ref`, m.refs, m.lines, m.endLines)
		if err != nil {
			return err
		}
	}
	return nil
}

// writeConflicts makes the unit's rows in the conflicts inbox equal to what it lost, and tells those who
// hold the refs.
func (a *applier) writeConflicts() error {
	refs := make([]string, len(a.lost))
	loc := a.unit.File.Location.String()
	var came, went []refused
	var b pgx.Batch
	for i, as := range a.lost {
		refs[i] = as.Entity.Ref.String()
		b.Queue(`
			INSERT INTO catalog_conflicts (unit_id, ref, entity, digest, line, end_line)
			VALUES ($1, $2, $3, $4, $5, $6)
			ON CONFLICT (unit_id, ref) DO UPDATE
			SET entity = EXCLUDED.entity, digest = EXCLUDED.digest, line = EXCLUDED.line, end_line = EXCLUDED.end_line
			RETURNING since = now() -- of a row that was there already it is older`,
			a.unitID, refs[i], as.Entity.JSON, as.Entity.Digest, as.Line, as.EndLine).QueryRow(func(row pgx.Row) error {
			var fresh bool
			err := row.Scan(&fresh)
			if fresh {
				came = append(came, refused{refs[i], loc})
			}
			return err
		})
	}
	b.Queue(`DELETE FROM catalog_conflicts WHERE unit_id = $1 AND NOT (ref = ANY($2)) RETURNING ref`, a.unitID, refs).Query(func(rows pgx.Rows) error {
		var ref string
		_, err := pgx.ForEachRow(rows, []any{&ref}, func() error {
			if !slices.Contains(a.updates.refs, ref) { // who took it over says so already
				went = append(went, refused{ref, loc})
			}
			return nil
		})
		return err
	})
	if err := a.tx.SendBatch(a.ctx, &b).Close(); err != nil {
		return err
	}
	var err error
	a.rev, err = tellClaims(a.ctx, a.tx, a.rev, came, went, a.actor, a.now)
	return err
}

// markRest deals with what the unit yielded before and does not assert now: kept entities get a
// status that says why, the others are marked as no longer asserted. What was missing and is kept has
// returned: its document is there again, though it cannot be used, so its grace is over.
func (a *applier) markRest(refs []string, known map[string]stored) error {
	named := make(map[string]bool, len(refs))
	for _, r := range refs {
		named[r] = true
	}
	var dropped, stays []string
	var broken updates
	var statuses []*string
	for ref, e := range known {
		if named[ref] || e.unitID == nil || *e.unitID != a.unitID {
			continue
		}
		if a.unit.KeepAll || slices.Contains(a.unit.Kept, ref) {
			if e.state == "removed" {
				continue
			}
			status := statusOf(a.unit.Problems, ref)
			if e.state == "active" && string(status) == string(e.status) {
				if !e.asserted {
					stays = append(stays, ref)
				}
				continue
			}
			rev := a.next()
			broken.refs = append(broken.refs, ref)
			broken.revisions = append(broken.revisions, rev)
			statuses = append(statuses, textOrNull(status))
			op := Updated
			if e.state == "missing" {
				op = Returned
			}
			var diff []entity.FieldChange
			if string(status) != string(e.status) {
				diff = statusChange(e.status, status)
			}
			a.log(rev, ref, e.uid, op, diff)
			continue
		}
		if e.asserted {
			dropped = append(dropped, ref)
		}
	}
	var b pgx.Batch
	if len(broken.refs) > 0 {
		b.Queue(`
			UPDATE catalog_entities AS e
			SET status = u.status::json, asserted = true, revision = u.revision, state = 'active', missing_since = NULL, reason = ''
			FROM unnest($1::text[], $2::text[], $3::bigint[]) AS u (ref, status, revision)
			WHERE e.ref = u.ref`, broken.refs, statuses, broken.revisions)
	}
	if len(stays) > 0 {
		b.Queue(`UPDATE catalog_entities SET asserted = true WHERE ref = ANY($1)`, stays)
	}
	if len(dropped) > 0 {
		b.Queue(`UPDATE catalog_entities SET asserted = false WHERE ref = ANY($1)`, dropped)
	}
	if b.Len() == 0 {
		return nil
	}
	return a.tx.SendBatch(a.ctx, &b).Close()
}

// textOrNull is a column of text; nil is SQL's NULL.
func textOrNull(b []byte) *string {
	if b == nil {
		return nil
	}
	s := string(b)
	return &s
}
