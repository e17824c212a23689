package catalog

import (
	"context"
	"encoding/json"
	"slices"

	"github.com/jackc/pgx/v5"

	"portico/internal/catalog/entity"
	"portico/internal/errs"
	"portico/internal/pg"
)

// What registering a location would do to an entity.
const (
	wouldCreate   = "create"
	wouldUpdate   = "update"
	wouldNothing  = "unchanged"
	wouldConflict = "conflict" // another place declares it, and keeps it
)

// Plan is what registering a location would do, as far as the caller sees the catalog.
type Plan struct {
	Entities []Planned `json:"entities"`
	Problems []Problem `json:"problems"` // the first problemsPlanned
	Errors   int       `json:"errors"`   // of all problems
	Files    int       `json:"files"`    // that were read
}

const problemsPlanned = 200

// Planned is one entity that a location declares.
type Planned struct {
	Ref         string `json:"ref"`
	Kind        string `json:"kind"` // as written
	Title       string `json:"title,omitempty"`
	Description string `json:"description,omitempty"`
	Type        string `json:"type,omitempty"`
	Owner       string `json:"owner,omitempty"` // as written
	Location    string `json:"location"`
	File        string `json:"file"`
	Line        int    `json:"line"`
	Would       string `json:"would"`
	// Why says it where the word alone would not do.
	Why string `json:"why,omitempty"`
	// By is the location that keeps it, of a conflict.
	By string `json:"by,omitempty"`
	// Changed are the fields that would change, the first fieldsPlanned.
	Changed []string `json:"changed,omitempty"`
}

const (
	fieldsPlanned    = 20
	longestPlanned   = 300 // characters of a description
	removedByHand    = "it was removed by hand, and stays so until its file changes"
	removedReturns   = "it was removed, and comes back"
	missingReturns   = "it is missing, and comes back"
	readByAnother    = "another location leads to this file already, and goes on reading it"
	declaredTwice    = "another file of this location declares it first"
	keptWithoutOwner = "it was kept when its file went, and is declared again"
)

// Plan reads a location as a registration would, and says what would come of it. Only where the location itself cannot be
// read it returns an error; all else is among the problems. Nothing is written.
func (r *Refresher) Plan(ctx context.Context, loc Location, v *sight) (_ *Plan, bodies []json.RawMessage, err error) {
	var refused []Problem
	f, err := r.look(ctx, loc, func(t target, file *File, err error) error {
		if t.depth == 0 && file == nil {
			return err
		}
		p := Problem{SourceID: "preview", Location: t.loc.String(), File: t.loc.Target, Level: "error", Message: errs.Sentence(err), Remedy: errs.Remedy(err)}
		if p.Message == "" {
			p.Message = sentence(err)
		}
		if file != nil {
			p.Location, p.File = file.Location.String(), file.Name
		}
		p.ID = problemID(p)
		refused = append(refused, p)
		return nil
	})
	if err != nil {
		return nil, nil, err
	}
	plan := &Plan{Entities: []Planned{}, Files: len(f.units)}
	for _, p := range append(refused, f.problems...) {
		if p.Level == "error" {
			plan.Errors++
		}
		if len(plan.Problems) < problemsPlanned {
			plan.Problems = append(plan.Problems, p)
		}
	}
	plan.Problems = emptyNotNull(plan.Problems)
	if plan.Entities, err = r.Store.plan(ctx, loc, f.units, v); err != nil {
		return nil, nil, err
	}
	return plan, f.bodies(), nil
}

// had is what the database has of a ref.
type had struct {
	ref, location, digest, state string
	asserted, kept, byHand       bool
}

// plan decides for each entity as Apply would.
func (s *Store) plan(ctx context.Context, loc Location, units []*Unit, v *sight) (_ []Planned, err error) {
	defer errs.Wrap(&err, "catalog: plan %s", loc.Shown())
	var refs, locations []string
	for _, u := range units {
		locations = append(locations, u.File.Location.String())
		for _, a := range u.Asserted {
			if ref := a.Entity.Ref.String(); v.hasRef(ref) {
				refs = append(refs, ref)
			}
		}
	}
	list, err := pg.Collect(ctx, s.db, func(row pgx.CollectableRow) (h had, err error) {
		err = row.Scan(&h.ref, &h.location, &h.digest, &h.state, &h.asserted, &h.kept, &h.byHand)
		return h, err
	}, `
		SELECT ref, location, digest, state, asserted, kept, by_hand
		FROM catalog_entities
		WHERE ref = ANY($1)`, emptyNotNull(refs))
	if err != nil {
		return nil, err
	}
	known := map[string]had{}
	for _, h := range list {
		known[h.ref] = h
	}
	shared, err := s.readElsewhere(ctx, loc, locations)
	if err != nil {
		return nil, err
	}
	out, first := []Planned{}, map[string]bool{}
	var changed []string
	after := map[string]json.RawMessage{}
	for _, u := range units {
		at := u.File.Location.String()
		revision, elsewhere := shared[at]
		for _, a := range u.Asserted {
			p := planned(a, u)
			h, exists := known[p.Ref]
			switch {
			case first[p.Ref]:
				p.Would, p.Why = wouldConflict, declaredTwice
			case elsewhere && exists && h.location == at:
				p.Would, p.Why = wouldUpdate, readByAnother
				if revision == u.File.Revision {
					p.Would = wouldNothing
				}
			default:
				h.decide(&p, exists, at, a.Entity.Digest)
				if p.Would == wouldUpdate && h.state == "active" {
					changed, after[p.Ref] = append(changed, p.Ref), a.Entity.JSON
				}
			}
			first[p.Ref] = true
			out = append(out, p)
		}
	}
	return out, s.tellChanged(ctx, out, changed, after)
}

// decide is applier.assert for who only wants to know.
func (h had) decide(p *Planned, exists bool, at, digest string) {
	switch mine := h.location == at; {
	case !exists:
		p.Would = wouldCreate
	case !mine && !ofNewcomer(h.location) && h.state == "active" && (h.asserted || !h.kept):
		p.Would, p.By = wouldConflict, h.location
	case mine && h.digest == digest && h.state == "removed" && h.byHand && h.asserted:
		p.Would, p.Why = wouldNothing, removedByHand
	case h.state == "removed":
		p.Would, p.Why = wouldCreate, removedReturns
	case h.state == "missing":
		p.Would, p.Why = wouldUpdate, missingReturns
	case mine && h.digest == digest:
		p.Would = wouldNothing
	case h.kept:
		p.Would, p.Why = wouldUpdate, keptWithoutOwner
	default:
		p.Would = wouldUpdate
	}
}

// readElsewhere returns those of the files that another source reads, with the revision at which it did last.
func (s *Store) readElsewhere(ctx context.Context, loc Location, locations []string) (map[string]string, error) {
	rows, err := s.db.Query(ctx, `
		SELECT u.location, u.revision
		FROM catalog_units AS u JOIN catalog_sources AS s ON s.id = u.source_id
		WHERE u.location = ANY($1) AND u.state <> 'missing' AND (s.type <> $2 OR s.target <> $3)`, emptyNotNull(locations), loc.Type, loc.Target)
	if err != nil {
		return nil, err
	}
	m := map[string]string{}
	var at, revision string
	_, err = pgx.ForEachRow(rows, []any{&at, &revision}, func() error {
		m[at] = revision
		return nil
	})
	return m, err
}

// tellChanged names the fields that would change.
func (s *Store) tellChanged(ctx context.Context, out []Planned, refs []string, after map[string]json.RawMessage) error {
	if len(refs) == 0 {
		return nil
	}
	rows, err := s.db.Query(ctx, `SELECT ref, entity FROM catalog_entities WHERE ref = ANY($1)`, refs)
	if err != nil {
		return err
	}
	fields := map[string][]string{}
	var ref string
	var body []byte
	if _, err = pgx.ForEachRow(rows, []any{&ref, &body}, func() error {
		for _, d := range entity.Diff(body, after[ref]) {
			if len(fields[ref]) == fieldsPlanned {
				break
			}
			fields[ref] = append(fields[ref], d.Path)
		}
		return nil
	}); err != nil {
		return err
	}
	for i := range out {
		if out[i].Would == wouldUpdate {
			out[i].Changed = fields[out[i].Ref]
		}
	}
	return nil
}

func planned(a Asserted, u *Unit) Planned {
	var e struct {
		Metadata struct{ Title, Description string }
		Spec     struct{ Type, Owner any }
	}
	_ = json.Unmarshal(a.Entity.JSON, &e) // what does not fit is left out
	p := Planned{
		Ref: a.Entity.Ref.String(), Kind: a.Entity.Kind, Title: e.Metadata.Title, Description: e.Metadata.Description,
		Location: u.File.Location.String(), File: u.File.Name, Line: a.Line,
	}
	p.Type, _ = e.Spec.Type.(string)
	p.Owner, _ = e.Spec.Owner.(string)
	if r := []rune(p.Description); len(r) > longestPlanned {
		p.Description = string(slices.Concat(r[:longestPlanned], []rune("…")))
	}
	return p
}
