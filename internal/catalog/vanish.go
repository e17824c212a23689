package catalog

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/cespare/xxhash/v2"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"portico/internal/catalog/entity"
	"portico/internal/errs"
	"portico/internal/identity/audit"
	"portico/internal/pg"
)

// A refresh that would make more than a fifth of a source's entities missing, and more than ten,
// is held until an operator confirms it: a lost credential looks just like a mass deletion.
const (
	heldShare = 5 // one in
	heldFloor = 10
	heldShown = 200 // refs listed
)

// Vanish ends a complete reading of a source. What a unit no longer names goes to another of the source
// that declares it now, as when files are moved. The rest goes to whoever else claims it, or becomes
// missing, or is held when too much of it would disappear.
func (s *Store) Vanish(ctx context.Context, src *Source, seen Seen, actor string) (held *Held, revision int64, err error) {
	defer errs.Wrap(&err, "catalog: vanish in %s", src.ID)
	var touched map[string]bool
	err = pg.Transact(ctx, s.db, pg.TxOptions{Idempotent: true}, func(tx pgx.Tx) error {
		rev, err := lockRevision(ctx, tx)
		if err != nil {
			return err
		}
		withdrawn, bare, err := endReading(ctx, tx, src.ID, seen)
		if err != nil {
			return err
		}
		t := settler{ctx: ctx, tx: tx, rev: rev, actor: actor, now: time.Now().UTC()}
		if err := t.recompose(bare, src.Location.String()); err != nil {
			return err
		}
		if t.rev, err = tellClaims(ctx, tx, t.rev, nil, withdrawn, actor, t.now); err != nil {
			return err
		}
		dropped, err := t.dropped(src.ID)
		if err != nil {
			return err
		}
		if dropped, err = t.promoteTo(src.ID, dropped); err != nil {
			return err
		}
		if held, err = t.guard(src.ID, dropped); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `UPDATE catalog_sources SET held = $2 WHERE id = $1`, src.ID, heldColumn(held)); err != nil {
			return err
		}
		if held == nil {
			if err := t.vanish(dropped); err != nil {
				return err
			}
		}
		revision, touched = t.rev, t.sources
		if t.rev == rev {
			return nil
		}
		return advance(ctx, tx, t.rev)
	})
	if err == nil {
		delete(touched, src.ID) // it is counted when its reading ends
		s.retally(ctx, touched)
	}
	return held, revision, err
}

// endReading writes which units and targets a reading found, and marks what the others named as no
// longer asserted. It returns the refused claims that are withdrawn with them, and the refs of which nothing is inferred any
// more.
func endReading(ctx context.Context, tx pgx.Tx, sourceID string, seen Seen) (withdrawn []refused, bare []string, err error) {
	type row struct {
		Location string   `json:"location"`
		Parent   string   `json:"parent_ref"`
		Revision string   `json:"revision"`
		Units    []string `json:"units"`
	}
	rows := make([]row, 0, len(seen.Targets))
	for loc, t := range seen.Targets {
		rows = append(rows, row{loc, t.parent, t.revision, emptyNotNull(t.units)})
	}
	targets, err := json.Marshal(rows)
	if err != nil {
		return nil, nil, err
	}
	var b pgx.Batch
	b.Queue(`
		WITH now AS (
			SELECT * FROM json_to_recordset($2::json) AS t (location text, parent_ref text, revision text, units text[])
		), over AS (
			DELETE FROM catalog_targets WHERE source_id = $1 AND location NOT IN (SELECT location FROM now)
		)
		INSERT INTO catalog_targets AS t (source_id, location, parent_ref, revision, units)
		SELECT $1, location, parent_ref, revision, units FROM now
		ON CONFLICT (source_id, location) DO UPDATE
		SET parent_ref = EXCLUDED.parent_ref, revision = EXCLUDED.revision, units = EXCLUDED.units
		WHERE (t.parent_ref, t.revision, t.units) IS DISTINCT FROM (EXCLUDED.parent_ref, EXCLUDED.revision, EXCLUDED.units)`,
		sourceID, string(targets))
	// A place that is named but not there keeps its problem; what was wrong with a text that is gone is over.
	b.Queue(`
		WITH gone AS (
			UPDATE catalog_units
			SET state = 'missing', problems = CASE WHEN location = ANY($3) THEN problems ELSE '[]' END
			WHERE source_id = $1 AND NOT (location = ANY($2)) AND (state <> 'missing' OR NOT (location = ANY($3)) AND problems::text <> '[]')
			RETURNING id, location
		), dropped AS (
			UPDATE catalog_entities SET asserted = false
			WHERE unit_id IN (SELECT id FROM gone) AND asserted
		)
		DELETE FROM catalog_conflicts AS c USING gone WHERE c.unit_id = gone.id
		RETURNING c.ref, gone.location`, sourceID, seen.Units, emptyNotNull(seen.Gone)).Query(func(rows pgx.Rows) error {
		withdrawn, err = pgx.CollectRows(rows, scanRefused)
		return err
	})
	dropLayers(&b, sourceID, &bare)
	b.Queue(`
		DELETE FROM catalog_units AS u
		WHERE source_id = $1 AND state = 'missing' AND NOT (location = ANY($2))
		  AND NOT EXISTS (SELECT FROM catalog_entities AS e WHERE e.unit_id = u.id AND e.state <> 'removed')`,
		sourceID, emptyNotNull(seen.Gone))
	err = tx.SendBatch(ctx, &b).Close()
	return withdrawn, bare, err
}

// DecideHeld answers a held removal: apply makes its entities missing, keep leaves them and does not
// ask about them again. digest is of what the operator saw; when something else would go by now, the
// error is errs.Conflict. What against refuses is not applied.
func (s *Store) DecideHeld(ctx context.Context, id, digest string, apply bool, against veto, by audit.Author) (revision int64, err error) {
	defer errs.Wrap(&err, "catalog: decide held removal of %s", id)
	return s.change(ctx, by, func(t *settler) error {
		src, err := pg.Collect1(ctx, t.tx, scanSource, `SELECT `+sourceColumns+` FROM catalog_sources WHERE id = $1 FOR UPDATE`, id)
		if err != nil {
			if errs.Is(err, errs.NotFound) {
				return absentSource(id)
			}
			return err
		}
		if src.Held == nil {
			return nothingHeld(src)
		}
		dropped, err := t.dropped(id)
		if err != nil {
			return err
		}
		losing, err := t.losing(dropped)
		if err != nil {
			return err
		}
		if digest != src.Held.Digest || digest != digestOf(losing) {
			return errs.WithRemedy(errs.New(errs.Conflict, "what would disappear from %s has changed", src.Location), "look at the source again, then decide")
		}
		if apply && against != nil {
			if err := against(losing); err != nil {
				return err
			}
		}
		if apply {
			err = t.vanish(dropped)
		} else {
			_, err = t.tx.Exec(ctx, `UPDATE catalog_entities SET kept = true WHERE uid = ANY($1)`, uidsOf(dropped))
		}
		if err != nil {
			return err
		}
		_, err = t.tx.Exec(ctx, `UPDATE catalog_sources 
			SET held = NULL, state = CASE WHEN state = 'held' THEN 'current' ELSE state END, message = CASE WHEN state = 'held' THEN '' ELSE message END
			WHERE id = $1`, id)
		t.recorded(src.Location.Shown(), map[string]any{"source": id, "decision": decision(apply), "missing": src.Held.Missing, "of": src.Held.Of, "digest": digest})
		return err
	})
}

func nothingHeld(src *Source) error {
	return errs.WithRemedy(errs.New(errs.Conflict, "nothing is held for %s", src.Location), "it may have been decided already; look at the source again")
}

func decision(apply bool) string {
	if apply {
		return "apply"
	}
	return "keep"
}

// settler changes the state of entities under the revision lock.
type settler struct {
	ctx   context.Context
	tx    pgx.Tx
	rev   int64
	actor string
	now   time.Time
	// sources yield what was changed, or did until then; they are to be counted anew.
	sources map[string]bool

	target string         // for the audit log
	detail map[string]any // for the audit log
}

// recorded says what the audit log calls what is changed.
func (t *settler) recorded(target string, detail map[string]any) { t.target, t.detail = target, detail }

// touch notes which sources yield the entities.
func (t *settler) touch(uids []uuid.UUID) error {
	ids, err := pg.Collect(t.ctx, t.tx, pgx.RowTo[string], `
		SELECT DISTINCT u.source_id
		FROM catalog_entities AS e JOIN catalog_units AS u ON u.id = e.unit_id
		WHERE e.uid = ANY($1)`, uids)
	for _, id := range ids {
		if t.sources == nil {
			t.sources = map[string]bool{}
		}
		t.sources[id] = true
	}
	return err
}

// gone is an entity that its unit no longer names.
type gone struct {
	uid      uuid.UUID
	ref      string
	location string
}

func scanGone(row pgx.CollectableRow) (g gone, err error) {
	err = row.Scan(&g.uid, &g.ref, &g.location)
	return g, err
}

// dropped returns the active entities of a source that it no longer names, but for those that an
// operator said to keep.
func (t *settler) dropped(sourceID string) ([]gone, error) {
	return pg.Collect(t.ctx, t.tx, scanGone, `
		SELECT e.uid, e.ref, e.location
		FROM catalog_entities AS e JOIN catalog_units AS u ON u.id = e.unit_id
		WHERE u.source_id = $1 AND e.state = 'active' AND NOT e.asserted AND NOT e.kept
		ORDER BY e.ref`, sourceID)
}

// vanish gives each entity to whoever else claims it, and makes the others missing.
func (t *settler) vanish(dropped []gone) error {
	rest, err := t.promote(dropped)
	if err != nil {
		return err
	}
	return t.setState(rest, Missing, `
		UPDATE catalog_entities AS e
		SET state = 'missing', missing_since = $1, reason = 'its source no longer declares it', revision = u.revision
		FROM unnest($2::uuid[], $3::bigint[]) AS u (uid, revision)
		WHERE e.uid = u.uid`, t.now)
}

func uidsOf(list []gone) []uuid.UUID {
	out := make([]uuid.UUID, len(list))
	for i, g := range list {
		out[i] = g.uid
	}
	return out
}

// heldColumn encodes what is held; nil is SQL's NULL.
func heldColumn(h *Held) []byte {
	if h == nil {
		return nil
	}
	return heldJSON(h)
}

func digestOf(list []gone) string {
	h := xxhash.New()
	for _, g := range list {
		_, _ = h.WriteString(g.ref + "\n")
	}
	return hex.EncodeToString(h.Sum(nil))
}

// guard holds a removal that is too large to be believed.
func (t *settler) guard(sourceID string, dropped []gone) (*Held, error) {
	if len(dropped) <= heldFloor {
		return nil, nil
	}
	losing, err := t.losing(dropped)
	if err != nil || len(losing) <= heldFloor {
		return nil, err
	}
	var total int
	err = t.tx.QueryRow(t.ctx, `
		SELECT count(*) FROM catalog_entities AS e JOIN catalog_units AS u ON u.id = e.unit_id
		WHERE u.source_id = $1 AND e.state = 'active'`, sourceID).Scan(&total)
	if err != nil || len(losing)*heldShare <= total {
		return nil, err
	}
	h := &Held{Missing: len(losing), Of: total, Digest: digestOf(losing)}
	for _, g := range losing[:min(len(losing), heldShown)] {
		h.Refs = append(h.Refs, g.ref)
	}
	return h, nil
}

// losing leaves out of dropped entities those that somebody else claims: they change hands, and the
// catalog does not lose them.
func (t *settler) losing(dropped []gone) (list []gone, err error) {
	refs := make([]string, len(dropped))
	for i, g := range dropped {
		refs[i] = g.ref
	}
	claimed, err := pg.Collect(t.ctx, t.tx, pgx.RowTo[string], `
		SELECT DISTINCT c.ref
		FROM catalog_conflicts AS c JOIN catalog_units AS u ON u.id = c.unit_id
		WHERE c.ref = ANY($1) AND u.state <> 'missing'`, refs)
	if err != nil {
		return nil, err
	}
	has := make(map[string]bool, len(claimed))
	for _, ref := range claimed {
		has[ref] = true
	}
	return slices.DeleteFunc(slices.Clone(dropped), func(g gone) bool { return has[g.ref] }), nil
}

// promote gives each ref to the oldest unit that also claims it and returns the refs that nobody does.
func (t *settler) promote(list []gone) (rest []gone, err error) {
	return t.promoteTo("", list)
}

// promoteTo is promote among the units of one source; "" is any.
func (t *settler) promoteTo(sourceID string, list []gone) (rest []gone, err error) {
	if len(list) == 0 {
		return nil, nil
	}
	uids, refs := uidsOf(list), make([]string, len(list))
	byRef := make(map[string]gone, len(list))
	for i, g := range list {
		refs[i], byRef[g.ref] = g.ref, g
	}
	type claim struct {
		ref, digest, parent  string
		whence               whence
		body, before, status []byte
		line, endLine        int
	}
	claims, err := pg.Collect(t.ctx, t.tx, func(row pgx.CollectableRow) (c claim, err error) {
		err = row.Scan(&c.ref, &c.whence.unitID, &c.body, &c.digest, &c.line, &c.endLine, &c.whence.location, &c.whence.name, &c.whence.sourceID, &c.whence.folder, &c.parent, &c.before, &c.status)
		return c, err
	}, `
		SELECT DISTINCT ON (c.ref) c.ref, c.unit_id, c.entity, c.digest, c.line, c.end_line, u.location, u.name, u.source_id, u.source_location, u.parent_ref, e.entity, e.status
		FROM catalog_conflicts AS c
		JOIN catalog_units AS u ON u.id = c.unit_id
		JOIN catalog_entities AS e ON e.ref = c.ref
		WHERE c.ref = ANY($1) AND u.state <> 'missing' AND ($2 = '' OR u.source_id = $2)
		ORDER BY c.ref, c.since, c.unit_id`, refs, sourceID)
	if err != nil {
		return nil, err
	}
	if len(claims) == 0 {
		return list, nil
	}
	if err := t.touch(uids); err != nil {
		return nil, err
	}
	claimed, owners := make([]string, len(claims)), []string{}
	for i, c := range claims {
		claimed[i] = c.ref
		if o := ownerOf(c.body); o != "" {
			owners = append(owners, resolveOwner(o, c.ref))
		}
	}
	layers := composer{ctx: t.ctx, tx: t.tx}
	if err := layers.load(claimed, owners); err != nil {
		return nil, err
	}
	var b pgx.Batch
	for _, c := range claims {
		g := byRef[c.ref]
		delete(byRef, c.ref)
		t.rev++
		e, alone := layers.compose(c.ref, c.body, c.whence)
		layers.keepBase(c.ref, c.body, c.whence, alone, nil)
		if !alone {
			c.body, c.digest = e.JSON, e.Digest
		}
		status, err := withItems(c.status, claimItem(c.whence.location))
		if err != nil {
			return nil, err
		}
		diff := append(entity.Diff(c.before, c.body), statusChange(status, nil)...)
		b.Queue(`
			UPDATE catalog_entities
			SET unit_id = $2, entity = $3, digest = $4, line = $5, end_line = $6, location = $7, parent_ref = $8, revision = $9,
			    changed_at = $10, asserted = true, kept = false, status = NULL, state = 'active', missing_since = NULL, removed_at = NULL, reason = ''
			WHERE uid = $1`, g.uid, c.whence.unitID, c.body, c.digest, c.line, c.endLine, c.whence.location, c.parent, t.rev, t.now)
		b.Queue(`DELETE FROM catalog_conflicts WHERE unit_id = $1 AND ref = $2`, c.whence.unitID, c.ref)
		b.Queue(insertChange, t.rev, c.ref, g.uid, Updated, mustDiff(diff), c.whence.location, t.actor, t.now)
	}
	if err := t.tx.SendBatch(t.ctx, &b).Close(); err != nil {
		return nil, err
	}
	if err := layers.write(); err != nil {
		return nil, err
	}
	for _, g := range list {
		if _, still := byRef[g.ref]; still {
			rest = append(rest, g)
		}
	}
	return rest, t.touch(uids)
}

const insertChange = `
	INSERT INTO catalog_changes (revision, ref, uid, op, diff, source, actor, at)
	VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`

// setState logs op for each entity and runs update with (args…, uids, revisions).
func (t *settler) setState(list []gone, op Op, update string, args ...any) error {
	if len(list) == 0 {
		return nil
	}
	uids := uidsOf(list)
	if err := t.touch(uids); err != nil {
		return err
	}
	revs := make([]int64, len(list))
	rows := make([][]any, len(list))
	for i, g := range list {
		t.rev++
		revs[i] = t.rev
		rows[i] = []any{t.rev, g.ref, g.uid, string(op), nil, g.location, t.actor, t.now}
	}
	if _, err := t.tx.Exec(t.ctx, update, append(args, uids, revs)...); err != nil {
		return err
	}
	_, err := t.tx.CopyFrom(t.ctx, changeTable, logColumns, pgx.CopyFromRows(rows))
	return err
}

// remove takes entities out of the catalog; they can be restored for 30 days.
func (t *settler) remove(list []gone, reason string) error {
	return t.removeAs(list, reason, false)
}

func (t *settler) removeAs(list []gone, reason string, byHand bool) error {
	return t.setState(list, Removed, `
		UPDATE catalog_entities AS e
		SET state = 'removed', removed_at = $1, removed_by = $2, reason = $3, by_hand = $4, missing_since = NULL, revision = u.revision
		FROM unnest($5::uuid[], $6::bigint[]) AS u (uid, revision)
		WHERE e.uid = u.uid`, t.now, t.actor, reason, byHand)
}

// removeSource ends a source: what others claim too goes to them, the rest is removed.
func removeSource(ctx context.Context, tx pgx.Tx, id, actor, reason string) error {
	rev, err := lockRevision(ctx, tx)
	if err != nil {
		return err
	}
	// All, and in the order in which requests lock several: two that want the same ones in different
	// orders would stop each other.
	if _, err := tx.Exec(ctx, `SELECT FROM catalog_sources ORDER BY id FOR UPDATE`); err != nil {
		return err
	}
	t := settler{ctx: ctx, tx: tx, rev: rev, actor: actor, now: time.Now().UTC()}
	withdrawn, err := pg.Collect(ctx, tx, scanRefused, `
		DELETE FROM catalog_conflicts AS c USING catalog_units AS u
		WHERE u.source_id = $1 AND c.unit_id = u.id
		RETURNING c.ref, u.location`, id)
	if err != nil {
		return err
	}
	if t.rev, err = tellClaims(ctx, tx, t.rev, nil, withdrawn, actor, t.now); err != nil {
		return err
	}
	list, err := pg.Collect(ctx, tx, scanGone, `
		SELECT e.uid, e.ref, e.location
		FROM catalog_entities AS e JOIN catalog_units AS u ON u.id = e.unit_id
		WHERE u.source_id = $1 AND e.state <> 'removed'
		ORDER BY e.ref`, id)
	if err != nil {
		return err
	}
	if list, err = t.promote(list); err != nil {
		return err
	}
	if err := t.remove(list, reason); err != nil {
		return err
	}
	// Others that lead to files which were this one's until now yield them from now on.
	if _, err := tx.Exec(ctx, `
		UPDATE catalog_sources
		SET requested_at = clock_timestamp(), next_at = now()
		WHERE id <> $1 AND id IN (
			SELECT t.source_id
			FROM catalog_targets AS t CROSS JOIN LATERAL unnest(t.units || t.location) AS l (location)
			JOIN catalog_units AS u ON u.location = l.location
			WHERE u.source_id = $1
			UNION
			SELECT s.id
			FROM catalog_sources AS s JOIN catalog_units AS u ON u.location = s.type || ':' || s.target
			WHERE u.source_id = $1)`, id); err != nil {
		return err
	}
	bare, err := pg.Collect(ctx, tx, pgx.RowTo[string], `
		SELECT l.ref FROM catalog_layers AS l JOIN catalog_units AS u ON u.id = l.unit_id
		WHERE u.source_id = $1 AND l.layer = 'inferred'`, id)
	if err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, `DELETE FROM catalog_sources WHERE id = $1`, id); err != nil {
		return err
	}
	if err := t.recompose(bare, ""); err != nil {
		return err
	}
	if t.rev == rev {
		return nil
	}
	return advance(ctx, tx, t.rev)
}

// Remove takes one entity out of the catalog at once: as the JSON that was judged declares it, or any where that is "".
// Errors: errs.NotFound; *otherVersion.
func (s *Store) Remove(ctx context.Context, uid uuid.UUID, judged string, by audit.Author) (revision int64, err error) {
	defer errs.Wrap(&err, "catalog: remove %s", uid)
	return s.change(ctx, by, func(t *settler) error {
		var version int64
		var declared string
		g, err := pg.Collect1(ctx, t.tx, func(row pgx.CollectableRow) (g gone, err error) {
			return g, row.Scan(&g.uid, &g.ref, &g.location, &version, &declared)
		}, `SELECT uid, ref, location, revision, entity::text FROM catalog_entities WHERE uid = $1 AND state <> 'removed'`, uid)
		if err != nil {
			if errs.Is(err, errs.NotFound) {
				return noEntity(uid)
			}
			return err
		}
		if judged != "" && declared != judged {
			return &otherVersion{version}
		}
		t.recorded(g.ref, map[string]any{"uid": uid, "source": g.location})
		rest, err := t.promote([]gone{g})
		if err != nil {
			return err
		}
		if err := t.removeAs(rest, "it was removed by hand", true); err != nil || !ofNewcomer(g.location) {
			return err
		}
		return s.signOut(ctx, t.tx, []string{g.ref}) // it writes records, which others wait for
	})
}

func noEntity(uid uuid.UUID) error {
	return errs.New(errs.NotFound, "there is no entity with the uid %s", uid)
}

// change runs fn under the revision lock, announces what it handed out, and records it.
func (s *Store) change(ctx context.Context, by audit.Author, fn func(*settler) error) (revision int64, err error) {
	var touched map[string]bool
	err = pg.Transact(ctx, s.db, pg.TxOptions{Idempotent: true}, func(tx pgx.Tx) error {
		rev, err := lockRevision(ctx, tx)
		if err != nil {
			return err
		}
		t := &settler{ctx: ctx, tx: tx, rev: rev, actor: by.Name, now: time.Now().UTC(), detail: map[string]any{}}
		if err := fn(t); err != nil {
			return err
		}
		revision, touched = t.rev, t.sources
		if t.rev != rev {
			if err := advance(ctx, tx, t.rev); err != nil {
				return err
			}
		}
		t.detail["revision"] = t.rev
		return by.Record(ctx, tx, t.target, t.detail)
	})
	if err == nil {
		s.retally(ctx, touched)
	}
	return revision, err
}

// retally counts sources anew after a change that is done already: when it fails, the next reading counts.
func (s *Store) retally(ctx context.Context, touched map[string]bool) {
	_ = s.tally(ctx, slices.Sorted(maps.Keys(touched)))
}

// heldJSON is for the API.
func heldJSON(h *Held) json.RawMessage {
	if h == nil {
		return json.RawMessage("null")
	}
	b, err := json.Marshal(h)
	if err != nil {
		panic(fmt.Errorf("catalog: encode held: %w", err)) // strings and numbers
	}
	return b
}
