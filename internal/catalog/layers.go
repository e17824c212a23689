package catalog

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"portico/internal/catalog/entity"
	"portico/internal/catalog/layer"
	"portico/internal/pg"
)

// What lies over what is kept in catalog_layers, and what comes of it in catalog_entities. An entity of which there is one
// file and no more has no rows. One that has more has its base among them: what the unit that it belongs to says of it, as a
// row of that unit of the layer inferred or declared.

// typeInferred is the type of location of a file that was made from what can be seen of a repository.
const typeInferred = "inferred"

// whence is a unit, as far as it decides what may be laid over what.
type whence struct {
	unitID   int64
	location string
	name     string
	sourceID string
	folder   string // its source location; "" where none is known
}

func (p whence) guesses() bool { return strings.HasPrefix(p.location, typeInferred+":") }

func (p whence) base() string {
	if p.guesses() {
		return layer.Inferred
	}
	return layer.Declared
}

// lends reports whether what a unit inferred may become part of what another declares: it must be of the same repository.
// Else whoever declares somebody's ref in vain would have a say in what theirs is.
func (p whence) lends(to whence) bool {
	if p.folder == "" || to.folder == "" {
		return p.sourceID == to.sourceID
	}
	return strings.HasPrefix(to.folder, p.folder)
}

// layerRow is a row of catalog_layers; its whence is the zero one where it has no unit.
type layerRow struct {
	ref, layer       string
	entity, evidence []byte
	at               time.Time
	missing          bool // its unit is
	whence
}

func scanLayer(row pgx.CollectableRow) (l layerRow, err error) {
	err = row.Scan(&l.ref, &l.layer, &l.entity, &l.evidence, &l.at, &l.missing, &l.unitID, &l.location, &l.name, &l.sourceID, &l.folder)
	return l, err
}

const selectLayers = `
	SELECT l.ref, l.layer, l.entity, l.evidence, l.at, coalesce(u.state = 'missing', false),
	       coalesce(u.id, 0), coalesce(u.location, ''), coalesce(u.name, ''), coalesce(u.source_id, ''), coalesce(u.source_location, '')
	FROM catalog_layers AS l LEFT JOIN catalog_units AS u ON u.id = l.unit_id
	WHERE `

// composer composes entities within a transaction that holds the revision lock.
type composer struct {
	ctx context.Context
	tx  pgx.Tx

	rows    map[string]map[string]layerRow // by ref and layer
	aliases map[string]string              // of the owners that were asked for
	handled map[string]bool                // refs that were composed
	units   map[int64]whence               // that had a part in these
	faults  []Problem                      // of layers that were left out
	left    []string                       // which they are
	puts    []layerRow
	drops   []layerRow
}

// load reads the rows of refs, and the aliases of those owners that stand alone.
func (c *composer) load(refs, owners []string) error {
	c.rows, c.aliases = map[string]map[string]layerRow{}, map[string]string{}
	c.handled, c.units = map[string]bool{}, map[int64]whence{}
	if len(refs) == 0 {
		return nil
	}
	// One query for both: nearly every unit has neither.
	list, err := pg.Collect(c.ctx, c.tx, scanLayer, selectLayers+`l.ref = ANY($1)
		UNION ALL
		SELECT old_ref, '', to_json(new_ref), '[]', at, false, 0, '', '', '', '' FROM owner_aliases WHERE old_ref = ANY($2)`, refs, emptyNotNull(owners))
	if err != nil || len(list) == 0 {
		return err
	}
	var more []string
	for _, l := range list {
		if l.layer == "" {
			c.aliases[l.ref] = jsonText(l.entity)
			continue
		}
		c.put(l)
		if owner := ownerOf(l.entity); owner != "" {
			more = append(more, resolveOwner(owner, l.ref))
		}
	}
	if len(more) == 0 {
		return nil
	}
	rows, err := c.tx.Query(c.ctx, `SELECT old_ref, new_ref FROM owner_aliases WHERE old_ref = ANY($1)`, more)
	if err != nil {
		return err
	}
	var from, to string
	_, err = pgx.ForEachRow(rows, []any{&from, &to}, func() error {
		c.aliases[from] = to
		return nil
	})
	return err
}

func (c *composer) put(l layerRow) {
	if c.rows[l.ref] == nil {
		c.rows[l.ref] = map[string]layerRow{}
	}
	c.rows[l.ref][l.layer] = l
}

func jsonText(raw []byte) (s string) {
	_ = json.Unmarshal(raw, &s)
	return s
}

// ownerOf is the text of spec.owner.
func ownerOf(body []byte) string {
	var e struct {
		Spec struct {
			Owner any `json:"owner"`
		} `json:"spec"`
	}
	_ = json.Unmarshal(body, &e)
	s, _ := e.Spec.Owner.(string)
	return s
}

// resolveOwner is the ref that the text of spec.owner of an entity means, in its canonical form; "" where it is none.
func resolveOwner(owner, of string) string {
	of, _, _ = strings.Cut(of, "/")
	_, namespace, _ := strings.Cut(of, ":")
	r, err := entity.ParseRef(owner, entity.Ref{Kind: "group", Namespace: namespace})
	if err != nil || strings.IndexByte(owner, 0) >= 0 || !utf8.ValidString(owner) { // which the database cannot be asked for
		return ""
	}
	return r.String()
}

// parts are what is known of an entity that belongs to a unit, which says body of it.
func (c *composer) parts(ref string, body []byte, at whence) layer.Parts {
	p := layer.Parts{Base: body, Guessed: at.guesses(), Owner: func(owner string) string {
		if to, ok := c.aliases[resolveOwner(owner, ref)]; ok {
			return to
		}
		return owner
	}}
	if l, ok := c.rows[ref][layer.Overlay]; ok {
		p.Overlay = l.entity
	}
	if l, ok := c.rows[ref][layer.Inferred]; ok && !p.Guessed && l.unitID != at.unitID && !l.missing && l.lends(at) && !strings.HasPrefix(ref, "location:") {
		p.Inferred = l.entity
	}
	return p
}

// compose returns what an entity is, as one that belongs to the unit, which says body of it. A layer that would make it
// none is left out. alone is true where it is the body as it stands, and nothing lies over or under it; e may be nil then.
func (c *composer) compose(ref string, body []byte, at whence) (e *entity.Entity, alone bool) {
	p := c.parts(ref, body, at)
	c.handled[ref] = true
	c.units[at.unitID] = at
	if l, ok := c.rows[ref][layer.Inferred]; ok && l.unitID != 0 {
		c.units[l.unitID] = l.whence
	}
	alone = p.Overlay == nil && p.Inferred == nil
	if e, _, err := entity.Layered(layer.Compose(p), body); err == nil && e != nil {
		return e, alone && string(e.JSON) == string(body)
	}
	// One after the other, the lower first: what does not fit is left out.
	one := layer.Parts{Base: p.Base, Guessed: p.Guessed}
	for _, try := range []struct {
		name string
		at   whence
		has  bool
		set  func(*layer.Parts)
	}{
		{layer.Inferred, c.rows[ref][layer.Inferred].whence, p.Inferred != nil, func(q *layer.Parts) { q.Inferred = p.Inferred }},
		{layer.Overlay, at, p.Overlay != nil, func(q *layer.Parts) { q.Overlay = p.Overlay }},
		{"", at, true, func(q *layer.Parts) { q.Owner = p.Owner }},
	} {
		if !try.has {
			continue
		}
		with := one
		try.set(&with)
		made, faults, err := entity.Layered(layer.Compose(with), body)
		if err == nil && len(faults) == 0 {
			one, e = with, made
			continue
		}
		if try.name != "" {
			c.left = append(c.left, try.name)
			c.faults = append(c.faults, leftOut(ref, try.name, try.at, faults, err))
		}
	}
	return e, e == nil
}

// pathLayer marks problems of a layer, which come and go with it.
const pathLayer = "layer"

func leftOut(ref, name string, at whence, faults []entity.Problem, err error) Problem {
	what := "what was inferred of it"
	remedy := "declare the fields in the repository's catalog-info.yaml"
	if name == layer.Overlay {
		what, remedy = "what was set of it in the portal", "set the field anew on the page of the entity"
	}
	why := "it would be no entity"
	if len(faults) > 0 {
		why = faults[0].Message
	} else if err != nil {
		why = sentence(err)
	}
	p := Problem{SourceID: at.sourceID, Location: at.location, Ref: &ref, File: at.name, Path: pathLayer, Level: "warning",
		Message: fmt.Sprintf("%s is shown without %s: %s", ref, what, why), Remedy: remedy}
	p.ID = problemID(p)
	return p
}

// keepBase keeps what a unit says of an entity beside what comes of it, or no longer.
func (c *composer) keepBase(ref string, body []byte, at whence, alone bool, evidence []byte) {
	other := layer.Inferred
	if at.guesses() {
		other = layer.Declared
	}
	if l, ok := c.rows[ref][other]; ok && other == layer.Declared {
		c.drops = append(c.drops, l)
	}
	had, ok := c.rows[ref][at.base()]
	switch {
	case alone && evidence == nil:
		if ok && (had.unitID == at.unitID || at.base() == layer.Declared) {
			c.drops = append(c.drops, had)
		}
		return
	case evidence == nil && ok && had.unitID == at.unitID:
		evidence = had.evidence
	case evidence == nil:
		evidence = []byte("[]")
	}
	if !ok || had.unitID != at.unitID || string(had.entity) != string(body) || string(had.evidence) != string(evidence) {
		c.puts = append(c.puts, layerRow{ref: ref, layer: at.base(), whence: at, entity: body, evidence: evidence})
	}
}

// write writes the rows that changed, and the problems of layers.
func (c *composer) write() error {
	var b pgx.Batch
	if len(c.drops) > 0 {
		refs, layers := make([]string, len(c.drops)), make([]string, len(c.drops))
		for i, l := range c.drops {
			refs[i], layers[i] = l.ref, l.layer
		}
		b.Queue(`DELETE FROM catalog_layers AS l USING unnest($1::text[], $2::text[]) AS d (ref, layer) WHERE l.ref = d.ref AND l.layer = d.layer`, refs, layers)
	}
	if len(c.puts) > 0 {
		var refs, layers, entities, evidence []string
		var units []*int64
		for _, l := range c.puts {
			refs, layers, entities, evidence = append(refs, l.ref), append(layers, l.layer), append(entities, string(l.entity)), append(evidence, string(l.evidence))
			var unit *int64
			if l.unitID != 0 {
				unit = &l.unitID
			}
			units = append(units, unit)
		}
		b.Queue(`
			INSERT INTO catalog_layers (ref, layer, unit_id, entity, evidence)
			SELECT ref, layer, unit_id, entity::json, evidence::json
			FROM unnest($1::text[], $2::text[], $3::bigint[], $4::text[], $5::text[]) AS l (ref, layer, unit_id, entity, evidence)
			ON CONFLICT (ref, layer) DO UPDATE
			SET unit_id = EXCLUDED.unit_id, entity = EXCLUDED.entity, evidence = EXCLUDED.evidence, at = now()`,
			refs, layers, units, entities, evidence)
	}
	c.drops, c.puts = nil, nil
	if b.Len() > 0 {
		if err := c.tx.SendBatch(c.ctx, &b).Close(); err != nil {
			return err
		}
	}
	return c.tell()
}

// tell makes the problems of the units that had a part in what was composed say what was left out, and no more.
func (c *composer) tell() error {
	if len(c.units) == 0 {
		return nil
	}
	type unit struct {
		id       int64
		problems []byte
	}
	units, err := pg.Collect(c.ctx, c.tx, func(row pgx.CollectableRow) (u unit, err error) {
		return u, row.Scan(&u.id, &u.problems)
	}, `SELECT id, problems FROM catalog_units WHERE id = ANY($1)`, slices.Collect(maps.Keys(c.units)))
	if err != nil {
		return err
	}
	var b pgx.Batch
	for _, u := range units {
		var before []Problem
		if err := json.Unmarshal(u.problems, &before); err != nil {
			return err
		}
		after := slices.DeleteFunc(slices.Clone(before), func(p Problem) bool {
			return p.Path == pathLayer && p.Ref != nil && c.handled[*p.Ref]
		})
		for _, p := range c.faults {
			if p.Location == c.units[u.id].location && !slices.ContainsFunc(after, func(q Problem) bool { return q.ID == p.ID }) {
				after = append(after, p)
			}
		}
		same := slices.EqualFunc(before, after, func(a, b Problem) bool { return a.ID == b.ID })
		if same {
			continue
		}
		text, err := json.Marshal(emptyNotNull(after))
		if err != nil {
			return err
		}
		b.Queue(`UPDATE catalog_units SET problems = $2 WHERE id = $1`, u.id, string(text))
	}
	if b.Len() == 0 {
		return nil
	}
	return c.tx.SendBatch(c.ctx, &b).Close()
}

// holder is an entity as it stands, and the unit that it belongs to.
type holder struct {
	uid    uuid.UUID
	ref    string
	digest string
	body   []byte
	state  string
	whence
}

func scanHolder(row pgx.CollectableRow) (h holder, err error) {
	err = row.Scan(&h.uid, &h.ref, &h.digest, &h.body, &h.state, &h.unitID, &h.location, &h.name, &h.sourceID, &h.folder)
	return h, err
}

const selectHolders = `
	SELECT e.uid, e.ref, e.digest, e.entity, e.state, coalesce(e.unit_id, 0), e.location, coalesce(u.name, ''), coalesce(u.source_id, ''), coalesce(u.source_location, '')
	FROM catalog_entities AS e LEFT JOIN catalog_units AS u ON u.id = e.unit_id
	WHERE e.ref = ANY($1)`

// recomposing is what composing anew changes.
type recomposing struct {
	rev           int64
	actor, source string // source "": the location of each entity
	now           time.Time
	changes       [][]any // for the log
}

// base is what the unit that an entity belongs to says of it.
func (c *composer) base(h holder) []byte {
	if l, ok := c.rows[h.ref][h.base()]; ok && l.unitID == h.unitID {
		return l.entity
	}
	return h.body
}

// recompose makes entities what their layers make of them now. It does not write the layers.
func (c *composer) recompose(holders []holder, r *recomposing) error {
	var up updates
	for _, h := range holders {
		if h.state == "removed" {
			continue
		}
		body := c.base(h)
		e, alone := c.compose(h.ref, body, h.whence)
		if l, kept := c.rows[h.ref][layer.Inferred]; !(h.guesses() && kept && l.unitID == h.unitID) {
			c.keepBase(h.ref, body, h.whence, alone, nil)
		}
		if e == nil || e.Digest == h.digest {
			continue
		}
		r.rev++
		up.refs, up.entities, up.digests, up.revisions = append(up.refs, h.ref), append(up.entities, string(e.JSON)), append(up.digests, e.Digest), append(up.revisions, r.rev)
		source := r.source
		if source == "" {
			source = h.location
		}
		r.changes = append(r.changes, []any{r.rev, h.ref, h.uid, string(Updated), mustDiff(entity.Diff(h.body, e.JSON)), source, r.actor, r.now})
	}
	if len(up.refs) == 0 {
		return nil
	}
	_, err := c.tx.Exec(c.ctx, `
		UPDATE catalog_entities AS e
		SET entity = u.entity::json, digest = u.digest, revision = u.revision, changed_at = $1
		FROM unnest($2::text[], $3::text[], $4::text[], $5::bigint[]) AS u (ref, entity, digest, revision)
		WHERE e.ref = u.ref`, r.now, up.refs, up.entities, up.digests, up.revisions)
	return err
}

// recompose makes entities what their layers make of them now, after these were written.
func (t *settler) recompose(refs []string, source string) error {
	if len(refs) == 0 {
		return nil
	}
	holders, err := pg.Collect(t.ctx, t.tx, scanHolder, selectHolders, refs)
	if err != nil || len(holders) == 0 {
		return err
	}
	owners := make([]string, 0, len(holders))
	for _, h := range holders {
		if o := ownerOf(h.body); o != "" {
			owners = append(owners, resolveOwner(o, h.ref))
		}
	}
	c := composer{ctx: t.ctx, tx: t.tx}
	if err := c.load(refs, owners); err != nil {
		return err
	}
	r := recomposing{rev: t.rev, actor: t.actor, source: source, now: t.now}
	if err := c.recompose(holders, &r); err != nil {
		return err
	}
	t.rev = r.rev
	if err := c.write(); err != nil || len(r.changes) == 0 {
		return err
	}
	_, err = t.tx.CopyFrom(t.ctx, changeTable, logColumns, pgx.CopyFromRows(r.changes))
	return err
}
