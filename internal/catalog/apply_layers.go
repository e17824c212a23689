package catalog

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/jackc/pgx/v5"

	"portico/internal/catalog/entity"
	"portico/internal/catalog/layer"
	"portico/internal/pg"
)

// What a file may bring as layers; what is more is not taken, and the file's problems say so.
const (
	maxLayers      = 2000
	maxLayerSize   = 256 << 10 // bytes of what one layer says
	maxEvidence    = 500       // of one layer
	maxEvidenceLen = 500       // bytes of each of its texts
	maxRef         = 300       // bytes
)

// laid is what comes of an assertion where other layers may have a part in it.
type laid struct {
	entity *entity.Entity
	alone  bool // nothing has
}

func guesses(location string) bool { return whence{location: location}.guesses() }

// compose finds out what comes of what the unit asserts. One query serves all of it, and what has no layers stays as it is.
func (a *applier) compose(refs []string) error {
	a.whence = whence{unitID: a.unitID, location: a.unit.File.Location.String(), name: a.unit.File.Name, sourceID: a.unit.SourceID, folder: a.unit.File.SourceLocation}
	a.layers = composer{ctx: a.ctx, tx: a.tx}
	a.composed = map[string]laid{}
	all := refs
	var owners []string
	for i, as := range a.unit.Asserted {
		if as.Owner != "" {
			owners = append(owners, resolveOwner(as.Owner, refs[i]))
		}
	}
	slices.Sort(owners)
	owners = slices.Compact(owners)
	if a.whence.guesses() {
		all = slices.Clone(refs)
		for _, l := range a.unit.File.Layers {
			if ref, ok := layerRef(l.Ref); ok {
				all = append(all, ref)
			}
		}
	}
	if err := a.layers.load(all, owners); err != nil {
		return err
	}
	for i, as := range a.unit.Asserted {
		if a.layers.rows[refs[i]] == nil && (as.Owner == "" || a.layers.aliases[resolveOwner(as.Owner, refs[i])] == "") {
			continue
		}
		e, alone := a.layers.compose(refs[i], as.Entity.JSON, a.whence)
		a.composed[refs[i]] = laid{e, alone}
	}
	return nil
}

// shown is an assertion with what comes of it.
func (a *applier) shown(ref string, as Asserted) Asserted {
	if c, ok := a.composed[ref]; ok && !c.alone {
		as.Entity = c.entity
	}
	return as
}

// saysNothingNew reports whether the unit said the same of an entity before, whatever lies over it.
func (a *applier) saysNothingNew(ref string, as Asserted) bool {
	l, ok := a.layers.rows[ref][a.whence.base()]
	return ok && l.unitID == a.unitID && string(l.entity) == string(as.Entity.JSON)
}

// layerRef is the ref that a layer is of, in its canonical form. What a Location entity points to is its file's alone.
func layerRef(s string) (string, bool) {
	if len(s) > maxRef || strings.IndexByte(s, 0) >= 0 || !utf8.ValidString(s) {
		return "", false
	}
	r, err := entity.ParseRef(s, entity.Ref{})
	if err != nil || strings.EqualFold(r.Kind, "location") {
		return "", false
	}
	return r.String(), true
}

// writeLayers keeps the layers of the unit, and what it says of entities of which there are others. Entities of other units
// that its layers have a part in are composed anew.
func (a *applier) writeLayers(refs []string) error {
	lost := map[string]bool{}
	for _, as := range a.lost {
		lost[as.Entity.Ref.String()] = true
	}
	brings := a.brought()
	won := map[string]bool{}
	for i, as := range a.unit.Asserted {
		ref := refs[i]
		if lost[ref] {
			continue
		}
		won[ref] = true
		l, inferred := brings[ref]
		if c, ok := a.composed[ref]; ok || inferred {
			a.layers.keepBase(ref, as.Entity.JSON, a.whence, !ok || c.alone, l.evidence)
		}
	}
	// What was left out of an entity that is another's is none of this unit's business.
	a.layers.faults = slices.DeleteFunc(a.layers.faults, func(p Problem) bool { return p.Ref != nil && lost[*p.Ref] })
	for ref := range lost {
		delete(a.layers.handled, ref)
	}
	if a.whence.guesses() && !a.unit.KeepAll {
		if err := a.lend(brings, won); err != nil {
			return err
		}
	}
	if len(a.guessed) > 0 { // they are read again, to say what is left of them
		if _, err := a.tx.Exec(a.ctx, `UPDATE catalog_units SET revision = '' WHERE id = ANY($1)`, a.guessed); err != nil {
			return err
		}
	}
	return a.layers.write()
}

// brought are the layers that came with the file, as rows.
func (a *applier) brought() map[string]layerRow {
	if !a.whence.guesses() {
		return nil
	}
	out := make(map[string]layerRow, len(a.unit.File.Layers))
	over := 0
	for _, l := range a.unit.File.Layers {
		ref, ok := layerRef(l.Ref)
		body := bytes.ToValidUTF8(l.Entity, []byte("\uFFFD"))
		if len(body) == 0 {
			body = []byte("{}")
		}
		switch _, twice := out[ref]; {
		case !ok || twice:
		case len(out) == maxLayers || len(body) > maxLayerSize || !json.Valid(body):
			over++
		default:
			out[ref] = layerRow{ref: ref, layer: layer.Inferred, whence: a.whence, entity: body, evidence: evidenceJSON(l.Evidence)}
		}
	}
	if over > 0 {
		p := Problem{SourceID: a.whence.sourceID, Location: a.whence.location, File: a.whence.name, Path: pathLayer, Level: "warning",
			Message: fmt.Sprintf("what was inferred of %s is not taken: it is too much, or no JSON", plural(over, "entity", "entities")),
			Remedy:  "declare them in the repository's catalog-info.yaml"}
		p.ID = problemID(p)
		a.layers.faults = append(a.layers.faults, p)
		a.layers.units[a.unitID] = a.whence
	}
	return out
}

func evidenceJSON(list []layer.Evidence) []byte {
	list = slices.Clone(list[:min(len(list), maxEvidence)])
	for i := range list {
		for _, s := range []*string{&list[i].Field, &list[i].Value, &list[i].File, &list[i].Says, &list[i].Sure} {
			*s = strings.ReplaceAll(strings.ToValidUTF8((*s)[:min(len(*s), maxEvidenceLen)], ""), "\x00", "")
		}
	}
	b, err := json.Marshal(emptyNotNull(list))
	if err != nil {
		panic(fmt.Errorf("catalog: encode evidence: %w", err)) // texts and numbers
	}
	return b
}

// lend makes the unit's inferred layers those that came with it, and composes those entities of others anew that they are
// of. The first unit that has a ref keeps it, unless the entity is of the repository of another.
func (a *applier) lend(brings map[string]layerRow, won map[string]bool) error {
	before, err := pg.Collect(a.ctx, a.tx, scanLayer, selectLayers+`l.unit_id = $1 AND l.layer = 'inferred'`, a.unitID)
	if err != nil {
		return err
	}
	var refs []string
	for ref := range brings {
		if !won[ref] {
			refs = append(refs, ref)
		}
	}
	for _, l := range before {
		if _, ok := brings[l.ref]; !ok && !won[l.ref] {
			refs = append(refs, l.ref)
		}
	}
	if len(refs) == 0 {
		return nil
	}
	slices.Sort(refs)
	list, err := pg.Collect(a.ctx, a.tx, scanHolder, selectHolders, refs)
	if err != nil {
		return err
	}
	holders := make(map[string]holder, len(list))
	var owners []string
	for _, h := range list {
		holders[h.ref] = h
		owners = append(owners, resolveOwner(ownerOf(h.body), h.ref))
	}
	c := composer{ctx: a.ctx, tx: a.tx}
	if err := c.load(refs, owners); err != nil {
		return err
	}
	var over []holder
	for _, ref := range refs {
		h, exists := holders[ref]
		mine := exists && h.unitID == a.unitID
		had, taken := c.rows[ref][layer.Inferred]
		l, comes := brings[ref]
		switch {
		case comes && (!taken || had.unitID == a.unitID || had.missing || exists && a.whence.lends(h.whence) && !had.lends(h.whence)):
			if !taken || had.unitID != a.unitID || string(had.entity) != string(l.entity) || string(had.evidence) != string(l.evidence) {
				c.puts = append(c.puts, l)
			}
			c.put(l)
		case !comes && taken && had.unitID == a.unitID && !mine: // of its own it is what they are composed of, as long as they are there
			c.drops = append(c.drops, had)
			delete(c.rows[ref], layer.Inferred)
			c.handled[ref] = true
			c.units[a.unitID] = a.whence
		}
		if exists && !mine {
			over = append(over, h)
		}
	}
	r := recomposing{rev: a.rev, actor: a.actor, source: a.whence.location, now: a.now}
	if err := c.recompose(over, &r); err != nil {
		return err
	}
	a.rev = r.rev
	a.changes = append(a.changes, r.changes...)
	return c.write()
}

// dropLayers takes the inferred layers of units of a source that are missing, but for those of entities that are still
// theirs, and returns whose they were.
func dropLayers(b *pgx.Batch, sourceID string, refs *[]string) {
	b.Queue(`
		DELETE FROM catalog_layers AS l USING catalog_units AS u
		WHERE u.source_id = $1 AND u.state = 'missing' AND l.unit_id = u.id AND l.layer = 'inferred'
		  AND NOT EXISTS (SELECT FROM catalog_entities AS e WHERE e.ref = l.ref AND e.unit_id = u.id)
		RETURNING l.ref`, sourceID).Query(func(rows pgx.Rows) (err error) {
		*refs, err = pgx.CollectRows(rows, pgx.RowTo[string])
		return err
	})
}
