package catalog

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"portico/internal/errs"
)

// Preview reads a location as a registration would and returns the entities that it declares,
// canonical JSON, without writing anything. A document that cannot be used is an errs.Invalid error
// that names every problem with its place.
func (r *Refresher) Preview(ctx context.Context, loc Location) ([]json.RawMessage, error) {
	src := &Source{ID: "preview", Location: loc, Origin: FromRegister}
	w := r.walk(src, known{}, "")
	entities := []json.RawMessage{}
	var problems []Problem
	seen := map[string]bool{}
	level := []target{{loc: loc, parent: src.EntityRef()}}
	for depth := 0; len(level) > 0; depth++ {
		var next []target
		for _, t := range level {
			if seen[t.loc.String()] {
				continue
			}
			seen[t.loc.String()] = true
			if err := w.limits.tooFar(depth, len(seen)); err != nil {
				return nil, errs.WithRemedy(errs.Public(errs.Invalid, loc.Target+" cannot be registered: "+errs.Sentence(err), err), errs.Remedy(err))
			}
			reading, err := r.Reader.Read(ctx, t.loc, Known{})
			if err != nil {
				if errs.Is(err, errs.NotFound) && t.optional {
					continue
				}
				if errs.Is(err, errs.NotFound) {
					return nil, errs.Public(errs.Invalid, fmt.Sprintf("%s is not there", t.loc.Target), err)
				}
				return nil, err
			}
			for i := range reading.Files {
				f := &reading.Files[i]
				if f.Err != nil {
					return nil, f.Err
				}
				if err := w.limits.tooLarge(f); err != nil {
					return nil, errs.WithRemedy(errs.Public(errs.Invalid, f.Name+" cannot be registered: "+errs.Sentence(err), err), errs.Remedy(err))
				}
				u, locations := w.declare(ctx, t, f)
				if err := w.room(f.Location.String(), len(u.Asserted)); err != nil {
					return nil, errs.WithRemedy(errs.Public(errs.Invalid, f.Name+" cannot be registered: "+errs.Sentence(err), err), errs.Remedy(err))
				}
				for _, a := range u.Asserted {
					entities = append(entities, a.Entity.JSON)
				}
				children, ps := w.resolve(f, locations)
				next = append(next, children...)
				problems = append(append(problems, u.Problems...), ps...)
			}
		}
		level = next
	}
	var lines []string
	for _, p := range problems {
		if p.Level == "error" {
			line := fmt.Sprintf("%s:%d:%d: %s", p.File, p.Line, p.Column, p.Message)
			if p.Remedy != "" {
				line += " (" + p.Remedy + ")"
			}
			lines = append(lines, line)
		}
	}
	if len(lines) > 0 {
		return nil, errs.New(errs.Invalid, "%s", strings.Join(lines, "\n"))
	}
	if len(entities) == 0 {
		return nil, errs.WithRemedy(errs.New(errs.Invalid, "%s declares no entity", loc.Target), "point to a catalog-info.yaml")
	}
	return entities, nil
}
