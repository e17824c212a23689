package catalog

import (
	"context"
	"strings"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"portico/internal/errs"
	"portico/internal/pg"
)

// Consequences is what removing an entity, or unregistering the location that it comes from, takes out of the catalog.
type Consequences struct {
	// Goes are refs, that of the entity first. What goes with it does so at the next reading of its source.
	Goes []string
	// Returns is where it is declared all the same: it comes back, at the latest when that file changes. nil: it does not.
	Returns *DeclaredAt
	// Passes is where it is declared too, so that nothing goes: the entity is that one's from then on. nil: nobody does.
	Passes *DeclaredAt
}

// DeclaredAt is a file of a source.
type DeclaredAt struct {
	Source string `json:"source,omitempty"` // "" where the caller does not see it
	File   string `json:"file"`
}

// consequencesOf answers for the removal of an entity. Errors: errs.NotFound; *otherVersion, where something may be hidden.
func (h *Handler) consequencesOf(ctx context.Context, ref string, v *sight) (_ *Consequences, err error) {
	defer errs.Wrap(&err, "catalog: consequences for %s", ref)
	e, err := h.Store.placeOf(ctx, ref, v)
	if err != nil {
		return nil, err
	}
	c := &Consequences{}
	if c.Passes, err = h.claimant(ctx, ref, v); err != nil || c.Passes != nil {
		return c, err
	}
	c.Goes = []string{ref}
	if e.sourceID == "" || !e.asserted || e.gone || strings.HasPrefix(e.location, "bootstrap:") || ofNewcomer(e.location) {
		return c, nil
	}
	if c.Returns, err = h.declaredAt(ctx, e.sourceID, e.file, v); err != nil || !strings.HasPrefix(ref, "location:") {
		return c, err
	}
	units, err := h.ledTo(ctx, e.sourceID, ref)
	if err != nil || len(units) == 0 {
		return c, err
	}
	with, err := pg.Collect(ctx, h.Store.db, pgx.RowTo[string], `
		SELECT e.ref
		FROM catalog_entities AS e JOIN catalog_units AS u ON u.id = e.unit_id
		WHERE u.source_id = $1 AND u.location = ANY($2) AND e.state <> 'removed' AND e.ref <> $3 AND NOT e.kept
		  AND NOT EXISTS (
			SELECT FROM catalog_conflicts AS c JOIN catalog_units AS o ON o.id = c.unit_id
			WHERE c.ref = e.ref AND o.state <> 'missing' AND NOT (o.location = ANY($2)))
		ORDER BY e.ref`, e.sourceID, units, ref)
	c.Goes = append(c.Goes, with...)
	return c, err
}

// place is where an entity comes from.
type place struct {
	uid            uuid.UUID
	revision       int64
	sourceID       string // "": nowhere
	location, file string
	asserted, gone bool // its file named it when it was last read; the file is not there
}

func (s *Store) placeOf(ctx context.Context, ref string, v *sight) (*place, error) {
	e, err := pg.Collect1(ctx, s.db, func(row pgx.CollectableRow) (e place, err error) {
		return e, row.Scan(&e.uid, &e.revision, &e.sourceID, &e.location, &e.file, &e.asserted, &e.gone)
	}, `
		SELECT e.uid, e.revision, coalesce(u.source_id, ''), coalesce(u.location, ''), coalesce(u.name, ''), e.asserted, coalesce(u.state = 'missing', true)
		FROM catalog_entities AS e LEFT JOIN catalog_units AS u ON u.id = e.unit_id
		WHERE e.ref = $1 AND e.state <> 'removed'`, ref)
	if errs.Is(err, errs.NotFound) {
		return nil, errs.New(errs.NotFound, "there is no entity %s", ref)
	}
	if err == nil && v.restricted() {
		if doc := v.snap.ByRef(ref, v.seen); doc == nil || doc.UID() != e.uid.String() || doc.Revision() != e.revision {
			return nil, &otherVersion{e.revision}
		}
	}
	return &e, err
}

// claimant is the oldest of those that declare an entity too.
func (h *Handler) claimant(ctx context.Context, ref string, v *sight) (*DeclaredAt, error) {
	type claim struct{ sourceID, file string }
	c, err := pg.Collect1(ctx, h.Store.db, func(row pgx.CollectableRow) (c claim, err error) {
		return c, row.Scan(&c.sourceID, &c.file)
	}, `
		SELECT u.source_id, u.name
		FROM catalog_conflicts AS c JOIN catalog_units AS u ON u.id = c.unit_id
		WHERE c.ref = $1 AND u.state <> 'missing'
		ORDER BY c.since, c.unit_id
		LIMIT 1`, ref)
	if errs.Is(err, errs.NotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return h.declaredAt(ctx, c.sourceID, c.file, v)
}

func (h *Handler) declaredAt(ctx context.Context, sourceID, file string, v *sight) (*DeclaredAt, error) {
	d := &DeclaredAt{File: file}
	src, err := h.Store.Source(ctx, sourceID)
	if errs.Is(err, errs.NotFound) {
		return d, nil // removed meanwhile
	}
	if err != nil {
		return nil, err
	}
	seen, err := v.sources([]*Source{src})
	if len(seen) > 0 {
		d.Source = src.Location.Shown()
	}
	return d, err
}

// ledTo lists the units of a source that nothing would lead to any more but for a Location entity, as the source was last
// read.
func (h *Handler) ledTo(ctx context.Context, sourceID, ref string) ([]string, error) {
	src, err := h.Store.Source(ctx, sourceID)
	if err != nil {
		return nil, err
	}
	k, err := h.Store.knownOf(ctx, sourceID)
	if err != nil {
		return nil, err
	}
	w := h.Refresher.walk(src, k, "")
	reached := func(without string) map[string]bool {
		units, level := map[string]bool{}, []string{src.Location.String()}
		seen := map[string]bool{level[0]: true}
		for len(level) > 0 {
			at := level[0]
			level = level[1:]
			for _, loc := range k.targets[at].units {
				u, ok := k.units[loc]
				if !ok || units[loc] {
					continue
				}
				units[loc] = true
				for _, t := range w.children(splitLocation(loc), u.children) {
					if to := t.loc.String(); t.parent != without && !seen[to] {
						seen[to] = true
						level = append(level, to)
					}
				}
			}
		}
		return units
	}
	left := reached(ref)
	var out []string
	for loc := range reached("") {
		if !left[loc] {
			out = append(out, loc)
		}
	}
	return out, nil
}

// consequencesOfLocation answers for unregistering the location that an entity comes from. Errors: errs.NotFound;
// errs.Forbidden where the location is not a registered one; *otherVersion, where something may be hidden.
func (h *Handler) consequencesOfLocation(ctx context.Context, ref string, v *sight) (_ *Consequences, err error) {
	defer errs.Wrap(&err, "catalog: consequences of unregistering the location of %s", ref)
	e, err := h.Store.placeOf(ctx, ref, v)
	if err != nil {
		return nil, err
	}
	var src *Source
	if e.sourceID != "" {
		if src, err = h.Store.Source(ctx, e.sourceID); err != nil && !errs.Is(err, errs.NotFound) {
			return nil, err
		}
	}
	if src != nil {
		seen, err := v.sources([]*Source{src})
		if err != nil {
			return nil, err
		}
		if len(seen) == 0 {
			src = nil
		}
	}
	switch {
	case src == nil:
		return nil, errs.New(errs.NotFound, "no location of this catalog declares %s", ref)
	case src.Origin != FromRegister:
		return nil, notRegistered()
	}
	c := &Consequences{}
	c.Goes, err = pg.Collect(ctx, h.Store.db, pgx.RowTo[string], `
		SELECT e.ref
		FROM catalog_entities AS e JOIN catalog_units AS u ON u.id = e.unit_id
		WHERE u.source_id = $1 AND e.state <> 'removed'
		  AND NOT EXISTS (
			SELECT FROM catalog_conflicts AS c JOIN catalog_units AS o ON o.id = c.unit_id
			WHERE c.ref = e.ref AND o.state <> 'missing' AND o.source_id <> $1)
		ORDER BY e.ref <> $2, e.ref`, src.ID, ref)
	if err != nil {
		return nil, err
	}
	c.Returns, err = h.leadsToo(ctx, src, v)
	return c, err
}

// leadsToo is another source that leads to files of one, as removeSource has it read again.
func (h *Handler) leadsToo(ctx context.Context, src *Source, v *sight) (*DeclaredAt, error) {
	type leading struct{ sourceID, file string }
	list, err := pg.Collect(ctx, h.Store.db, func(row pgx.CollectableRow) (l leading, err error) {
		return l, row.Scan(&l.sourceID, &l.file)
	}, `
		SELECT source_id, min(name) FROM (
			SELECT t.source_id, u.name
			FROM catalog_targets AS t CROSS JOIN LATERAL unnest(t.units || t.location) AS l (location)
			JOIN catalog_units AS u ON u.location = l.location
			WHERE u.source_id = $1 AND t.source_id <> $1
			UNION
			SELECT s.id, u.name
			FROM catalog_sources AS s JOIN catalog_units AS u ON u.location = s.type || ':' || s.target
			WHERE u.source_id = $1 AND s.id <> $1
		) AS l
		GROUP BY source_id
		ORDER BY source_id`, src.ID)
	if err != nil {
		return nil, err
	}
	for _, l := range list {
		if d, err := h.declaredAt(ctx, l.sourceID, l.file, v); err != nil || d.Source != "" {
			return d, err
		}
	}
	return nil, nil
}
