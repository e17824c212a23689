package catalog

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"runtime"
	"runtime/debug"
	"slices"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"portico/internal/catalog/entity"
	"portico/internal/errs"
)

// Limits of one source: past them the rest is not read, and the source says so.
const (
	maxDepth = 10      // of Location entities that lead to others
	maxUnits = 100_000 // files
)

// Refresher reads sources and applies what they hold.
type Refresher struct {
	Store  *Store
	Reader Reader
	// Rules returns what may come from a source beside its own rules. Nil: Component, API and
	// Location, as in Backstage.
	Rules func(Location) []Rule
	// Every is the time until a source is read again unprompted.
	Every time.Duration
	Log   *slog.Logger

	// revisions remembers what locations without a unit of their own (globs, folders) were at.
	// Losing it costs one reading.
	revisions sync.Map // source id + location → string
}

// Refresh reads one source completely and applies what changed. Faults of the source are written
// to it and are no error; an error means that the database or ctx failed.
func (r *Refresher) Refresh(ctx context.Context, src *Source, actor string) (Outcome, error) {
	units, err := r.Store.unitsOf(ctx, src.ID)
	if err != nil {
		return Outcome{}, err
	}
	w := r.walk(src, units, actor)
	root, err := w.root(ctx)
	if err != nil {
		return Outcome{}, err
	}
	if err := w.run(ctx, []target{root}); err != nil {
		return Outcome{}, err
	}
	o := Outcome{State: "current", NextAt: time.Now().Add(r.Every)}
	if w.wait > 0 {
		o.NextAt = time.Now().Add(w.wait)
	}
	visited := make([]string, 0, len(w.visited))
	for loc := range w.visited {
		visited = append(visited, loc)
	}
	slices.Sort(visited)
	if w.rootErr == nil || errs.Is(w.rootErr, errs.NotFound) {
		held, _, err := r.Store.Vanish(ctx, src, visited, actor)
		if err != nil {
			return Outcome{}, err
		}
		o.Held = held
	}
	switch {
	case w.rootErr != nil:
		o.State, o.Message = "failed", sentence(w.rootErr)
	case o.Held != nil:
		o.State, o.Message = "held", fmt.Sprintf("%d of %d entities would disappear; nothing was removed", o.Held.Missing, o.Held.Of)
	case w.truncated != "":
		o.State, o.Message = "degraded", w.truncated
	case w.failed > 0:
		o.State, o.Message = "degraded", plural(w.failed, "file has problems", "files have problems")
	}
	return o, nil
}

func (r *Refresher) walk(src *Source, units map[string]knownUnit, actor string) *walk {
	global := defaultRules
	if r.Rules != nil {
		global = r.Rules(src.Location)
	}
	return &walk{Refresher: r, src: src, units: units, actor: actor, visited: map[string]bool{}, rules: append(slices.Clone(src.Rules), global...)}
}

func sentence(err error) string {
	if s := errs.Sentence(err); s != "" {
		if r := errs.Remedy(err); r != "" {
			return s + "; " + r
		}
		return s
	}
	return "it could not be read; the log has the cause"
}

func plural(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

// target is a location to be read, and what led to it.
type target struct {
	loc      Location
	parent   string // ref of the Location entity
	depth    int
	optional bool
}

// knownUnit is what the database knows of a unit.
type knownUnit struct {
	revision string
	parent   string
	state    string
	includes bool
	children []locationEntity // what its Location entities point to
}

type locationEntity struct {
	ref  string
	spec entity.LocationSpec
}

// walk is one reading of a source.
type walk struct {
	*Refresher
	src   *Source
	units map[string]knownUnit
	rules []Rule
	actor string

	mu        sync.Mutex
	visited   map[string]bool // locations of units that are there
	failed    int
	truncated string
	rootErr   error
	wait      time.Duration // that a host asks us to leave it alone
}

// bootstrapRevision changes when the Location entity of a source is made in another way.
const bootstrapRevision = "1"

// root makes the Location entity that stands for the source, and returns where to begin.
func (w *walk) root(ctx context.Context) (target, error) {
	loc := w.src.Location
	file := File{Location: Location{Type: "bootstrap", Target: w.src.ID}, Name: loc.String(), Revision: bootstrapRevision + loc.String()}
	w.visited[file.Location.String()] = true
	root := target{loc: loc, parent: w.src.EntityRef(), optional: w.src.Optional}
	if k, ok := w.units[file.Location.String()]; ok && k.revision == file.Revision {
		return root, nil
	}
	e, err := sourceEntity(loc)
	if err != nil {
		return target{}, err
	}
	_, err = w.Store.Apply(ctx, &Unit{SourceID: w.src.ID, File: file, Asserted: []Asserted{{Entity: e}}}, w.actor)
	return root, err
}

// sourceEntity is the Location entity that stands for a source.
func sourceEntity(loc Location) (*entity.Entity, error) {
	descriptor, err := json.Marshal(map[string]any{
		"apiVersion": "backstage.io/v1alpha1",
		"kind":       "Location",
		"metadata":   map[string]any{"name": generatedName(loc)},
		"spec":       map[string]any{"type": loc.Type, "target": loc.Target},
	})
	if err != nil {
		return nil, err
	}
	d := entity.Parse(loc.String(), descriptor)[0]
	d.Validate()
	return d.Entity(map[string]string{
		entity.AnnotationManagedByLocation:       loc.String(),
		entity.AnnotationManagedByOriginLocation: loc.String(),
	})
}

// run reads targets and everything they lead to, a level at a time, in parallel within a level.
func (w *walk) run(ctx context.Context, level []target) error {
	seen := map[string]bool{}
	for depth := 0; len(level) > 0; depth++ {
		var mu sync.Mutex
		var next []target
		g, gctx := errgroup.WithContext(ctx)
		g.SetLimit(max(2, runtime.GOMAXPROCS(0)))
		for _, t := range level {
			if seen[t.loc.String()] {
				continue
			}
			seen[t.loc.String()] = true
			t.depth = depth
			g.Go(func() error {
				children, err := w.read(gctx, t)
				if err != nil {
					return err
				}
				mu.Lock()
				next = append(next, children...)
				mu.Unlock()
				return nil
			})
		}
		if err := g.Wait(); err != nil {
			return err
		}
		if len(next) > 0 && (depth+1 >= maxDepth || len(seen)+len(next) > maxUnits) {
			w.truncated = fmt.Sprintf("its Location entities lead more than %d deep or to more than %d files; the rest was not read", maxDepth, maxUnits)
			w.keepBelow(next)
			return nil
		}
		level = next
	}
	return nil
}

// keepBelow counts units as seen that a limit kept us from looking at: nothing is lost for a limit.
func (w *walk) keepBelow(targets []target) {
	for _, t := range targets {
		for _, c := range w.below(t.loc.String()) {
			w.visited[c] = true
		}
	}
}

func (w *walk) below(loc string) []string {
	if _, ok := w.units[loc]; !ok {
		return nil
	}
	return []string{loc}
}

// read reads one target and applies its files. The error is the database's or the context's.
func (w *walk) read(ctx context.Context, t target) ([]target, error) {
	key := t.loc.String()
	known := ""
	unit, isUnit := w.units[key]
	switch {
	case isUnit && !unit.includes && unit.parent == t.parent && unit.state != "missing":
		known = unit.revision
	case !isUnit:
		if v, ok := w.revisions.Load(w.src.ID + " " + key); ok {
			known = v.(string)
		}
	}
	reading, err := w.readSafely(ctx, t.loc, known)
	switch {
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case errors.Is(err, ErrUnchanged):
		return w.unchanged(t, isUnit, unit), nil
	case err != nil:
		return w.unreadable(ctx, t, isUnit, unit, err)
	}
	var children []target
	complete := true
	for i := range reading.Files {
		f := &reading.Files[i]
		cs, ok, err := w.file(ctx, t, f)
		if err != nil {
			return nil, err
		}
		complete = complete && ok
		children = append(children, cs...)
	}
	if !isUnit && complete {
		w.revisions.Store(w.src.ID+" "+key, reading.Revision)
	} else {
		w.revisions.Delete(w.src.ID + " " + key)
	}
	return children, nil
}

// readSafely is the reader's Read; a panic in it is a fault of this location alone.
func (w *walk) readSafely(ctx context.Context, loc Location, known string) (r *Reading, err error) {
	defer func() {
		if v := recover(); v != nil {
			w.Log.Error("reading a location failed; this is a fault of the portal", "location", loc.String(), "panic", v, "stack", string(debug.Stack()))
			r, err = nil, errs.WithRemedy(errs.New(errs.Internal, "it could not be read because of a fault of the portal"), "report it, with the lines of the log that name it")
		}
	}()
	return w.Reader.Read(ctx, loc, known)
}

// unchanged goes on below a location that is still at the known revision.
func (w *walk) unchanged(t target, isUnit bool, unit knownUnit) []target {
	if isUnit {
		w.visit(t.loc.String(), unit.state == "failed")
		return w.children(t.loc, t.loc.String(), unit.children)
	}
	// A glob or a folder: its units are those that the same Location entity led to.
	var out []target
	for loc, u := range w.units {
		if u.parent == t.parent && u.state != "missing" && loc != "bootstrap:"+w.src.ID {
			w.visit(loc, u.state == "failed")
			out = append(out, w.children(splitLocation(loc), loc, u.children)...)
		}
	}
	return out
}

// unreadable deals with a target that could not be read: what it yielded before stays, unless it is
// known to be gone.
func (w *walk) unreadable(ctx context.Context, t target, isUnit bool, unit knownUnit, err error) ([]target, error) {
	gone := errs.Is(err, errs.NotFound)
	if gone && t.optional {
		return nil, nil
	}
	w.Log.Warn("a location could not be read", "source", w.src.Location.String(), "location", t.loc.String(), "error", err)
	var asked interface{ RetryIn() time.Duration }
	w.mu.Lock()
	if errors.As(err, &asked) {
		w.wait = max(w.wait, asked.RetryIn())
	}
	if t.depth == 0 {
		w.rootErr = err
	}
	w.mu.Unlock()
	ref := t.parent
	p := Problem{SourceID: w.src.ID, Location: t.loc.String(), Ref: &ref, File: t.loc.String(), Level: "error",
		Message: sentence(err), Remedy: errs.Remedy(err)}
	if s := errs.Sentence(err); s != "" {
		p.Message = s
	}
	p.ID = problemID(p)
	// The revision is forgotten, so that the next reading does not take the failure for unchanged.
	if err := w.Store.failUnit(ctx, w.src.ID, t.loc.String(), t.parent, p); err != nil {
		return nil, err
	}
	if gone {
		w.mu.Lock()
		w.failed++
		w.mu.Unlock()
		return nil, nil // not visited: Vanish dates it
	}
	w.visit(t.loc.String(), true)
	if isUnit {
		return w.children(t.loc, t.loc.String(), unit.children), nil
	}
	return w.unchanged(t, false, unit), nil
}

func (w *walk) visit(loc string, failed bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if failed && !w.visited[loc] {
		w.failed++
	}
	w.visited[loc] = true
}

// children makes targets of the Location entities of a unit.
func (w *walk) children(base Location, loc string, list []locationEntity) []target {
	var out []target
	for _, le := range list {
		typ := le.spec.Type
		if typ == "" {
			typ = base.Type
		}
		for _, tgt := range le.spec.Targets {
			l, err := w.follow(base, typ, tgt)
			if err != nil {
				continue // file says so when the unit is read
			}
			out = append(out, target{loc: l, parent: le.ref, optional: le.spec.Presence == "optional"})
		}
	}
	return out
}

// file parses and applies one file. complete is false when it should be read again although its
// revision does not move.
func (w *walk) file(ctx context.Context, t target, f *File) (_ []target, complete bool, err error) {
	if f.Err == nil {
		f.Err = checkLocation(f.Location)
	}
	f.Location.Target, f.Name = storable(f.Location.Target), storable(f.Name)
	loc := f.Location.String()
	k, known := w.units[loc]
	if f.Err != nil {
		w.Log.Warn("a file could not be read", "source", w.src.Location.String(), "file", loc, "error", f.Err)
		p := Problem{SourceID: w.src.ID, Location: loc, File: f.Name, Level: "error", Message: sentence(f.Err), Remedy: errs.Remedy(f.Err)}
		p.ID = problemID(p)
		if err := w.Store.failUnit(ctx, w.src.ID, loc, t.parent, p); err != nil {
			return nil, false, err
		}
		w.visit(loc, true)
		return w.children(f.Location, loc, k.children), false, nil
	}
	if known && k.revision == f.Revision && k.parent == t.parent && k.state != "missing" && !k.includes {
		w.visit(loc, k.state == "failed")
		return w.children(f.Location, loc, k.children), true, nil
	}
	u, locations, err := w.declareSafely(ctx, t, f)
	if ctx.Err() != nil {
		return nil, false, ctx.Err()
	}
	if err != nil {
		return nil, false, err
	}
	children, problems := w.resolve(f, locations)
	u.Problems = append(u.Problems, problems...)
	res, err := w.Store.Apply(ctx, u, w.actor)
	if err != nil {
		return nil, false, err
	}
	if res.Shared {
		return nil, true, nil // its other source reads what it leads to
	}
	w.visit(loc, hasErrors(u.Problems))
	return children, u.File.Revision != "", nil
}

// follow makes the target of a Location entity absolute.
func (w *walk) follow(base Location, typ, target string) (Location, error) {
	l, err := w.Reader.Resolve(base, typ, target)
	if err != nil {
		return Location{}, err
	}
	return l, checkLocation(l)
}

// resolve makes targets of the Location entities of a freshly read file, with a problem for each
// that cannot be followed.
func (w *walk) resolve(f *File, list []locationEntity) (out []target, problems []Problem) {
	for _, le := range list {
		typ := le.spec.Type
		if typ == "" {
			typ = f.Location.Type
		}
		for _, tgt := range le.spec.Targets {
			l, err := w.follow(f.Location, typ, tgt)
			if err != nil {
				ref := le.ref
				p := Problem{SourceID: w.src.ID, Location: f.Location.String(), Ref: &ref, File: f.Name, Path: "spec.targets", Level: "error",
					Message: fmt.Sprintf("the target %q cannot be followed: %s", short(tgt), sentence(err)), Remedy: errs.Remedy(err)}
				p.ID = problemID(p)
				problems = append(problems, p)
				continue
			}
			out = append(out, target{loc: l, parent: le.ref, optional: le.spec.Presence == "optional"})
		}
	}
	return out, problems
}

// short cuts what is quoted in a message.
func short(s string) string {
	if len(s) <= shownOfLong {
		return s
	}
	return s[:shownOfLong] + "…"
}

func splitLocation(s string) Location {
	for i := range len(s) {
		if s[i] == ':' {
			return Location{Type: s[:i], Target: s[i+1:]}
		}
	}
	return Location{Target: s}
}
