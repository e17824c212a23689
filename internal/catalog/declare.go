package catalog

import (
	"context"
	"fmt"
	"runtime/debug"

	"portico/internal/catalog/entity"
	"portico/internal/errs"
)

// declareSafely is declare for files of which nobody knows what they do to us: one that makes the code
// panic is a file with a problem, and all others are read. The error is the database's.
func (w *walk) declareSafely(ctx context.Context, t target, f *File) (u *Unit, locations []locationEntity, err error) {
	defer func() {
		if v := recover(); v != nil {
			w.Log.Error("reading a file failed; this is a fault of the portal", "source", w.src.Location.Shown(), "file", f.Location.Shown(), "panic", v, "stack", string(debug.Stack()))
			u, locations, err = &Unit{SourceID: w.src.ID, ParentRef: t.parent, File: *f, KeepAll: true}, nil, nil
			u.fail("the file could not be read because of a fault of the portal", "report it, with the file and the lines of the log that name it")
		}
	}()
	u, locations = w.declare(ctx, t, f)
	if len(u.Asserted)+len(u.Kept) > 0 || u.KeepAll || len(f.Layers) > 0 || ctx.Err() != nil {
		return u, locations, nil
	}
	// A file that is being saved, or a host that answers with nothing, looks like this.
	yields, err := w.Store.yields(ctx, f.Location.String())
	if yields {
		u.KeepAll = true
		u.fail("the file is empty; what it declared before is kept", "delete the file if its entities are meant to go")
	}
	return u, locations, err
}

// fail records what is wrong with the file as a whole.
func (u *Unit) fail(message, remedy string) {
	u.Problems = append(u.Problems, u.problem(entity.Problem{Level: entity.Error, Message: message, Remedy: remedy}, ""))
}

// declare turns a file into the unit that it asserts. It reads what placeholders refer to, and
// nothing else. locations are the Location entities among the asserted.
func (w *walk) declare(ctx context.Context, t target, f *File) (u *Unit, locations []locationEntity) {
	u = &Unit{SourceID: w.src.ID, ParentRef: t.parent, File: *f}
	first := map[string]int{} // ref → line of the document that has it
	for _, d := range entity.Parse(f.Name, f.Data) {
		w.include(ctx, u, d)
		d.Validate()
		ref := ""
		if d.Ref.Kind != "" && d.Ref.Name != "" {
			ref = d.Ref.String()
		}
		broken := false
		for _, p := range d.Problems {
			broken = broken || p.Level == entity.Error
			u.Problems = append(u.Problems, u.problem(p, ref))
		}
		switch {
		case d.Verdict == entity.Empty:
			continue
		case broken && ref == "":
			u.KeepAll = true
			continue
		case broken:
			u.Kept = append(u.Kept, ref)
			continue
		}
		if line, twice := first[ref]; twice {
			u.addProblem(d, ref, "metadata.name", fmt.Sprintf("%s is declared twice in this file, first in line %d", ref, line),
				"remove one of them or give it another name")
			continue
		}
		first[ref] = d.Line
		// Rules say what files may declare; what was inferred nobody declared.
		if f.Location.Type != typeInferred && !allowed(w.rules, d.Ref.Kind, d.SpecString("type")) {
			u.addProblem(d, ref, "kind", fmt.Sprintf("%s entities are not allowed from this location", d.Ref.Kind),
				fmt.Sprintf("add `allow: [%s]` to the location's rules, or to catalog.rules, in the configuration", d.Ref.Kind))
			u.Kept = append(u.Kept, ref)
			continue
		}
		e, err := d.Entity(w.annotations(d, f))
		if err != nil {
			u.addProblem(d, ref, "", sentence(err), errs.Remedy(err))
			u.Kept = append(u.Kept, ref)
			continue
		}
		u.Asserted = append(u.Asserted, Asserted{Entity: e, Line: d.Line, EndLine: d.EndLine, Owner: d.SpecString("owner")})
		if spec, ok := e.Location(); ok {
			locations = append(locations, locationEntity{ref: ref, spec: spec})
		}
	}
	return u, locations
}

// addProblem records an error found after the entity's own rules.
func (u *Unit) addProblem(d *entity.Document, ref, path, message, remedy string) {
	at := d.At(path)
	u.Problems = append(u.Problems, u.problem(entity.Problem{Position: at, Path: path, Level: entity.Error, Message: message, Remedy: remedy}, ref))
}

// include resolves the placeholders of a document. One that cannot be read is a problem of the
// document, and the unit's revision is forgotten so that the next refresh tries again.
func (w *walk) include(ctx context.Context, u *Unit, d *entity.Document) {
	for _, ph := range d.Placeholders() {
		f, err := w.included(ctx, &u.File, ph.Target)
		if err == nil {
			u.Includes = append(u.Includes, Include{Target: ph.Target, Location: f.Location.String(), Revision: storable(f.Revision)})
			err = d.Resolve(ph, f.Data)
		}
		if err != nil {
			u.File.Revision = ""
			d.Refuse(ph, fmt.Sprintf("%s %q could not be read: %s", ph.Kind, ph.Target, sentence(err)), errs.Remedy(err))
		}
	}
}

// annotations are what the catalog writes into an entity. Where it comes from is a fact and
// overrides the file; links to the source are kept when the file names its own.
func (w *walk) annotations(d *entity.Document, f *File) map[string]string {
	a := map[string]string{
		entity.AnnotationManagedByLocation:       f.Location.String(),
		entity.AnnotationManagedByOriginLocation: w.src.Location.String(),
	}
	for name, value := range map[string]string{
		entity.AnnotationSourceLocation: f.SourceLocation,
		entity.AnnotationViewURL:        f.ViewURL,
		entity.AnnotationEditURL:        f.EditURL,
	} {
		if value != "" && d.Annotation(name) == "" {
			a[name] = value
		}
	}
	return a
}
