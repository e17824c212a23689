package catalog

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"runtime"
	"runtime/debug"
	"slices"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"portico/internal/catalog/entity"
	"portico/internal/errs"
)

// target is a place to be read, and what led to it.
type target struct {
	loc      Location
	parent   string // ref of the Location entity
	depth    int
	optional bool
}

// known is what the database knows of a source.
type known struct {
	units   map[string]knownUnit   // by location of the file
	targets map[string]knownTarget // by location as a Location entity names it
}

// knownUnit is what the database knows of a unit.
type knownUnit struct {
	revision string
	parent   string
	state    string
	includes []Include        // without locations
	children []locationEntity // what its Location entities point to, those that lost their ref too
}

// knownTarget is what a place yielded when it was last read.
type knownTarget struct {
	parent   string
	revision string // "": read it again
	units    []string
}

type locationEntity struct {
	ref  string
	spec entity.LocationSpec
}

// walk is one reading of a source.
type walk struct {
	*Refresher
	known
	src    *Source
	rules  []Rule
	actor  string
	limits limits
	has    map[string]int // by location of a unit: its entities, where they are limited

	mu        sync.Mutex
	visited   map[string]bool        // locations of units that are there
	gone      map[string]bool        // locations of targets that are not
	noted     map[string]knownTarget // the targets of this reading
	named     map[string][]string    // by location of a target: the Location entities that lead to it
	parents   map[string]string      // by location of a unit: the one that it is taken to come from
	moved     map[string]*File       // by unit and target: what placeholders refer to, where it is not as it was
	yields    map[string][]string    // by location of a unit: the targets that yielded it before
	entities  int                    // of the source, where they are limited
	failed    int
	truncated string
	rootErr   error
	writeErr  error         // of the database, or the context's, while a crawl hands over
	wait      time.Duration // that a host asks us to leave it alone
}

// Seen is what a complete reading of a source found.
type Seen struct {
	Units   []string               // locations of the units that are there
	Gone    []string               // locations that are named but not there
	Targets map[string]knownTarget // by location
}

func (w *walk) reading() Seen {
	return Seen{
		Units:   slices.Sorted(maps.Keys(w.visited)),
		Gone:    slices.Sorted(maps.Keys(w.gone)),
		Targets: w.noted,
	}
}

// run reads targets and everything they lead to, a level at a time, in parallel within a level.
func (w *walk) run(ctx context.Context, level []target) error {
	seen := map[string]bool{}
	for depth := 0; len(level) > 0; depth++ {
		for _, t := range level {
			w.named[t.loc.String()] = append(w.named[t.loc.String()], t.parent)
		}
		children := make([][]target, len(level))
		g, gctx := errgroup.WithContext(ctx)
		g.SetLimit(max(2, runtime.GOMAXPROCS(0)))
		for i, t := range level {
			if seen[t.loc.String()] {
				continue
			}
			seen[t.loc.String()] = true
			t.depth = depth
			g.Go(func() (err error) {
				children[i], err = w.read(gctx, t)
				return err
			})
		}
		if err := g.Wait(); err != nil {
			return err
		}
		next := slices.Concat(children...) // in the order of the files, whoever was done first
		if len(next) == 0 {
			return nil
		}
		if err := w.limits.tooFar(depth+1, len(seen)+len(next)); err != nil {
			w.truncated = errs.Sentence(err) + ", and the rest was not read; " + errs.Remedy(err)
			return nil
		}
		level = next
	}
	return nil
}

// read reads one target and applies its files. The error is the database's or the context's.
func (w *walk) read(ctx context.Context, t target) ([]target, error) {
	before, known := w.believed(ctx, t)
	reading, err := w.readSafely(ctx, t.loc, known)
	switch {
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case errors.Is(err, ErrUnchanged):
		w.note(t, before)
		return w.keep(before), nil
	case err != nil:
		return w.unreadable(ctx, t, before, err)
	}
	now := knownTarget{parent: t.parent, revision: storable(reading.Revision)}
	var children []target
	for i := range reading.Files {
		cs, settled, err := w.file(ctx, t, &reading.Files[i])
		if err != nil {
			return nil, err
		}
		if !settled {
			now.revision = ""
		}
		now.units = append(now.units, reading.Files[i].Location.String())
		children = append(children, cs...)
	}
	w.note(t, now)
	return children, nil
}

// believed returns what the target yielded before, and at which revisions that need not be read again:
// the target as a whole only while everything that it yielded is as it was.
func (w *walk) believed(ctx context.Context, t target) (before knownTarget, k Known) {
	before, ok := w.targets[t.loc.String()]
	if !ok {
		return before, k
	}
	same := make([]bool, len(before.units))
	var g errgroup.Group
	g.SetLimit(4)
	for i, loc := range before.units {
		u, ok := w.units[loc]
		if !ok || u.state == "missing" || u.revision == "" || u.parent != w.parent(t, loc) {
			continue
		}
		if len(u.includes) == 0 {
			same[i] = true
			continue
		}
		g.Go(func() error {
			same[i] = w.includesSame(ctx, splitLocation(loc), u.includes)
			return nil
		})
	}
	_ = g.Wait()
	k.Revision, k.Files = before.revision, make(map[string]string, len(before.units))
	for i, loc := range before.units {
		if same[i] {
			k.Files[loc] = w.units[loc].revision
		} else {
			k.Revision = ""
		}
	}
	return before, k
}

// includesSame reports whether all that placeholders read into a unit is as it was. What cannot be read
// now is not: reading the unit says so.
func (w *walk) includesSame(ctx context.Context, base Location, includes []Include) (same bool) {
	defer func() {
		if v := recover(); v != nil {
			same = false // as above
		}
	}()
	for _, in := range includes {
		if in.Revision == "" {
			return false
		}
		f, err := w.reader(base).ReadRelative(ctx, base, in.Target, in.Revision)
		if err == nil {
			w.mu.Lock()
			w.moved[base.String()+"\x00"+in.Target] = f
			w.mu.Unlock()
		}
		if !errors.Is(err, ErrUnchanged) {
			return false
		}
	}
	return true
}

// included reads what a placeholder of a unit refers to, unless that was done to see whether it moved, or it came along.
func (w *walk) included(ctx context.Context, file *File, target string) (*File, error) {
	if file.Beside != nil {
		return file.Beside(ctx, target)
	}
	base := file.Location
	w.mu.Lock()
	f := w.moved[base.String()+"\x00"+target]
	w.mu.Unlock()
	if f != nil {
		return f, nil
	}
	return w.reader(base).ReadRelative(ctx, base, target, "")
}

// parent is the Location entity that a unit is taken to come from. Where several lead to it, as close to
// the root as t or closer, the one that it came from before stays.
func (w *walk) parent(t target, unit string) string {
	w.mu.Lock()
	defer w.mu.Unlock()
	if p, ok := w.parents[unit]; ok {
		return p
	}
	p := t.parent
	if before := w.units[unit].parent; before != p && w.leads(before, unit) {
		p = before
	}
	w.parents[unit] = p
	return p
}

// leads reports whether a Location entity still leads to a unit. w.mu is held.
func (w *walk) leads(parent, unit string) bool {
	if w.yields == nil {
		w.yields = map[string][]string{}
		for loc, t := range w.targets {
			for _, u := range t.units {
				w.yields[u] = append(w.yields[u], loc)
			}
		}
	}
	return slices.Contains(w.named[unit], parent) ||
		slices.ContainsFunc(w.yields[unit], func(loc string) bool { return slices.Contains(w.named[loc], parent) })
}

func (w *walk) note(t target, k knownTarget) {
	w.mu.Lock()
	defer w.mu.Unlock()
	k.parent = t.parent
	w.noted[t.loc.String()] = k
}

// keep goes on below what a target yielded before.
func (w *walk) keep(k knownTarget) (out []target) {
	for _, loc := range k.units {
		u, ok := w.units[loc]
		if !ok {
			continue // another source's
		}
		w.visit(loc, u.state == "failed")
		out = append(out, w.children(splitLocation(loc), u.children)...)
	}
	return out
}

// readSafely is the reader's Read; a panic in it is a fault of this location alone.
func (w *walk) readSafely(ctx context.Context, loc Location, known Known) (r *Reading, err error) {
	defer func() {
		if v := recover(); v != nil {
			w.Log.Error("reading a location failed; this is a fault of the portal", "location", loc.Shown(), "panic", v, "stack", string(debug.Stack()))
			r, err = nil, errs.WithRemedy(errs.New(errs.Internal, "it could not be read because of a fault of the portal"), "report it, with the lines of the log that name it")
		}
	}()
	return w.reader(loc).Read(ctx, loc, known)
}

// unreadable deals with a target that could not be read: what it yielded before stays, unless it is
// known to be gone.
func (w *walk) unreadable(ctx context.Context, t target, before knownTarget, err error) ([]target, error) {
	gone := errs.Is(err, errs.NotFound)
	if gone && t.optional {
		return nil, nil
	}
	w.Log.Warn("a location could not be read", "source", w.src.Location.Shown(), "location", t.loc.Shown(), "error", err)
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
	if err := w.Store.failUnit(ctx, unreadable{w.src.ID, t.loc.String(), t.parent, p, lasts(err) && !gone}, w.actor); err != nil {
		return nil, err
	}
	if gone {
		w.mu.Lock()
		w.failed++
		w.gone[t.loc.String()] = true
		w.mu.Unlock()
		return nil, nil // not visited: Vanish dates it
	}
	w.visit(t.loc.String(), true)
	before.revision = ""
	w.note(t, before)
	return w.keep(before), nil
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
func (w *walk) children(base Location, list []locationEntity) []target {
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

// file parses and applies one file. settled is false when it should be read again although its
// revision does not move.
func (w *walk) file(ctx context.Context, t target, f *File) (_ []target, settled bool, err error) {
	if f.Err == nil {
		f.Err = cmp.Or(checkLocation(f.Location), w.limits.tooLarge(f))
	}
	f.Location.Target, f.Name, f.Revision = storable(f.Location.Target), storable(f.Name), storable(f.Revision)
	loc := f.Location.String()
	k, isKnown := w.units[loc]
	t.parent = w.parent(t, loc)
	if f.Err != nil {
		return w.refuse(ctx, t, f, f.Err)
	}
	if f.Unchanged || isKnown && k.revision != "" && k.revision == f.Revision && k.parent == t.parent && k.state != "missing" && len(k.includes) == 0 {
		w.visit(loc, k.state == "failed")
		return w.children(f.Location, k.children), true, nil
	}
	u, locations, err := w.declareSafely(ctx, t, f)
	if ctx.Err() != nil {
		return nil, false, ctx.Err()
	}
	if err != nil {
		return nil, false, err
	}
	if err := w.room(loc, len(u.Asserted)); err != nil {
		return w.refuse(ctx, t, f, err)
	}
	if err := w.keepRenamed(ctx, u, isKnown); err != nil {
		return nil, false, err
	}
	children, problems := w.resolve(f, locations)
	u.Problems = append(u.Problems, problems...)
	// A Location entity that cannot be used now still leads to where it led: its own last good state
	// stays, so what it declared has to stay too.
	for _, le := range k.children {
		if slices.Contains(u.Kept, le.ref) || u.KeepAll && !u.asserts(le.ref) {
			children = append(children, w.children(f.Location, []locationEntity{le})...)
		}
	}
	res, err := w.Store.Apply(ctx, u, w.actor)
	if err != nil {
		return nil, false, err
	}
	if res.Shared {
		return nil, false, nil // its other source reads what it leads to, until it lets go of it
	}
	w.visit(loc, hasErrors(u.Problems))
	// What somebody removed leads nowhere, whether or not its file is read.
	children = slices.DeleteFunc(children, func(c target) bool { return slices.Contains(res.ByHand, c.parent) })
	return children, u.File.Revision != "", nil
}

// refuse records why a file is not taken. What it declared before stays, and where it led.
func (w *walk) refuse(ctx context.Context, t target, f *File, why error) (_ []target, settled bool, err error) {
	loc := f.Location.String()
	w.Log.Warn("a file could not be read", "source", w.src.Location.Shown(), "file", f.Location.Shown(), "error", why)
	p := Problem{SourceID: w.src.ID, Location: loc, File: f.Name, Level: "error", Message: sentence(why), Remedy: errs.Remedy(why)}
	p.ID = problemID(p)
	if err := w.Store.failUnit(ctx, unreadable{w.src.ID, loc, t.parent, p, lasts(why)}, w.actor); err != nil {
		return nil, false, err
	}
	w.visit(loc, true)
	return w.children(f.Location, w.units[loc].children), false, nil
}

// keepRenamed sees to documents that cannot be used and have a name that the unit never had: they may
// be any of those that it no longer names, with a slip in the name itself. Then all stay.
func (w *walk) keepRenamed(ctx context.Context, u *Unit, isKnown bool) error {
	if !isKnown || u.KeepAll || len(u.Kept) == 0 {
		return nil
	}
	refs, err := w.Store.refsOf(ctx, u.File.Location.String())
	if err != nil {
		return err
	}
	for _, kept := range u.Kept {
		u.KeepAll = u.KeepAll || !slices.Contains(refs, kept)
	}
	return nil
}

// follow makes the target of a Location entity absolute.
func (w *walk) follow(base Location, typ, target string) (Location, error) {
	l, err := w.reader(base).Resolve(base, typ, target)
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
