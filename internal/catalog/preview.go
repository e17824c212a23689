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
	found, err := r.look(ctx, loc, func(_ target, _ *File, err error) error { return err })
	if err != nil {
		return nil, err
	}
	var lines []string
	for _, p := range found.problems {
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
	entities := found.bodies()
	if len(entities) == 0 {
		return nil, errs.WithRemedy(errs.New(errs.Invalid, "%s declares no entity", loc.Target), "point to a catalog-info.yaml")
	}
	return entities, nil
}

// found is what a location holds that nobody registered yet.
type found struct {
	units    []*Unit
	problems []Problem
}

func (f *found) bodies() []json.RawMessage {
	out := []json.RawMessage{}
	for _, u := range f.units {
		for _, a := range u.Asserted {
			out = append(out, a.Entity.JSON)
		}
	}
	return out
}

// look reads a location and all that it leads to. What cannot be taken is given to refuse, with the file where there is
// one; where that returns an error, nothing more is read.
func (r *Refresher) look(ctx context.Context, loc Location, refuse func(t target, f *File, err error) error) (*found, error) {
	src := &Source{ID: "preview", Location: loc, Origin: FromRegister}
	w := r.walk(src, known{}, "")
	out := &found{}
	seen := map[string]bool{}
	level := []target{{loc: loc, parent: src.EntityRef()}}
	for depth := 0; len(level) > 0; depth++ {
		var next []target
		for _, t := range level {
			if seen[t.loc.String()] {
				continue
			}
			seen[t.loc.String()] = true
			t.depth = depth
			if err := w.limits.tooFar(depth, len(seen)); err != nil {
				err = errs.WithRemedy(errs.Public(errs.Invalid, loc.Target+" cannot be registered: "+errs.Sentence(err), err), errs.Remedy(err))
				return out, refuse(t, nil, err)
			}
			reading, err := w.reader(t.loc).Read(ctx, t.loc, Known{})
			if err != nil {
				if ctx.Err() != nil {
					return nil, ctx.Err()
				}
				if errs.Is(err, errs.NotFound) && t.optional {
					continue
				}
				if errs.Is(err, errs.NotFound) {
					why := errs.Sentence(err)
					if why == "" {
						why = t.loc.Target + " is not there"
					}
					err = errs.Public(errs.Invalid, why, err)
				}
				if err := refuse(t, nil, err); err != nil {
					return nil, err
				}
				continue
			}
			for i := range reading.Files {
				children, err := w.try(ctx, t, &reading.Files[i], out)
				if err != nil {
					if err := refuse(t, &reading.Files[i], err); err != nil {
						return nil, err
					}
				}
				next = append(next, children...)
			}
		}
		level = next
	}
	return out, nil
}

// try adds what one file declares. The error says why it is not taken.
func (w *walk) try(ctx context.Context, t target, f *File, out *found) ([]target, error) {
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
	children, ps := w.resolve(f, locations)
	out.units = append(out.units, u)
	out.problems = append(append(out.problems, u.Problems...), ps...)
	return children, nil
}
