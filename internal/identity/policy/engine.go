package policy

import (
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/cedar-policy/cedar-go/types"
	"github.com/cedar-policy/cedar-go/x/exp/eval"

	"portico/internal/errs"
	"portico/internal/httpx"
)

// Options make an Engine. The zero value is that of the shipped policies alone.
type Options struct {
	Paths       []string // files, and folders with *.cedar in and below them
	Assignments Assignments
	// Directory knows the groups of users; without one there are none.
	Directory Directory
	// Compile makes a filter of the read model of a predicate, or says why it cannot be. It may be nil.
	Compile func(predicate []byte) (any, error)
	// Log is told of files that cannot be used; nothing when nil.
	Log *slog.Logger
	// Changed is called after other policies count, or the files began or ceased to be unusable; not for the first load. It
	// may be nil, and must be quick.
	Changed func(Status)
}

// Engine decides. Its policies may be loaded anew while it does.
type Engine struct {
	o       Options
	current atomic.Pointer[generation]

	mu     sync.Mutex // held while policies are loaded
	state  Status
	tried  string // the digest of the files that were last compiled
	failed error  // what came of it
}

// generation is one set of policies, with what is known of who asked since.
type generation struct {
	number int
	rules  *rules
	mu     sync.RWMutex
	known  map[Subject]*facts
}

// Status says which policies count.
type Status struct {
	Generation int       `json:"generation"` // 1 is that of the start
	LoadedAt   time.Time `json:"loadedAt"`
	Digest     string    `json:"digest"`
	Files      []string  `json:"files"`
	Policies   int       `json:"policies"` // those that ship with the portal, too
	Roles      []string  `json:"roles"`
	// Error says why what the files hold now does not count; then the policies are the last that could be used.
	Error string `json:"error,omitempty"`
}

// New loads the policies. Errors are errs.Invalid and name file and line.
func New(o Options) (*Engine, error) {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	e := &Engine{o: o}
	return e, e.Load()
}

// Default is an engine of the shipped policies alone, without groups.
var Default = sync.OnceValue(func() *Engine {
	e, err := New(Options{})
	if err != nil {
		panic(err) // what is built in is wrong; the tests of this package say where
	}
	return e
})

// Load reads the policies anew. Where they cannot be used, the error says why, Status shows it, and the last that
// could be stay. Nothing changes where the files hold what they held.
func (e *Engine) Load() error {
	e.mu.Lock()
	before := e.state
	err := e.load()
	after := e.state
	e.mu.Unlock()
	if e.o.Changed != nil && before.Generation > 0 && (before.Digest != after.Digest || before.Error != after.Error) {
		e.o.Changed(after)
	}
	return err
}

func (e *Engine) load() error {
	files, err := ReadFiles(e.o.Paths)
	if err != nil {
		return e.refused(err)
	}
	digest := digestOf(files)
	if e.tried == digest {
		if e.failed != nil {
			return e.refused(e.failed)
		}
		e.state.Error = ""
		return nil
	}
	e.tried, e.failed = digest, nil
	r, err := compile(files, e.o.Assignments.custom(), func(predicate []byte) error {
		if e.o.Compile == nil {
			return nil
		}
		_, err := e.o.Compile(predicate)
		return err
	})
	if err != nil {
		e.failed = err
		return e.refused(err)
	}
	next := &generation{number: 1, rules: r, known: map[Subject]*facts{}}
	if last := e.current.Load(); last != nil {
		next.number = last.number
		if last.rules.digest != r.digest {
			next.number++
			e.o.Log.Info("policies loaded", "generation", next.number, "files", len(r.files), "policies", len(r.policies))
			if roles := r.unnamed(); len(roles) > 0 { // what they take away counts, so that they are not refused
				e.o.Log.Warn("no policy names these roles any more, and the portal does not start again so: take them out of portico.policies", "roles", roles)
			}
		}
	}
	e.state = Status{
		Generation: next.number, LoadedAt: time.Now().UTC(), Digest: r.digest, Files: append([]string{}, r.files...), Policies: len(r.policies), Roles: r.roles,
	}
	e.current.Store(next)
	return nil
}

// refused notes that what the files hold cannot be used, and says so once.
func (e *Engine) refused(err error) error {
	if text := errs.Sentence(err); e.state.Error != text {
		e.state.Error = text
		if e.current.Load() != nil {
			e.o.Log.Error("the policies cannot be used; those of before stay", "error", text)
		}
	}
	return err
}

// UnnamedRoles are roles of the configuration that neither ship nor stand in any policy: nobody may do anything by them.
func (e *Engine) UnnamedRoles() []string { return e.current.Load().rules.unnamed() }

func (r *rules) unnamed() (roles []string) {
	for _, role := range r.roles {
		if !r.named[role] && !slices.Contains(roleNames, role) {
			roles = append(roles, role)
		}
	}
	return roles
}

// Status says which policies count now.
func (e *Engine) Status() Status {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.state
}

// restrictions refuses what cannot become a filter of the read model.
func (r *rules) restrictions(check func([]byte) error) (faults []string) {
	t := &translator{structure: true, env: eval.Env{
		Entities:  &scene{facts: newFacts(r, Subject{Type: "user", Ref: "user:default/somebody"}, nil, nil)},
		Principal: types.NewEntityUID(typeUser, "user:default/somebody"), Action: actionOf(EntityRead).UID, Resource: types.NewEntityUID(typeEntity, ""),
	}}
	var permits, forbids []*formula
	for _, p := range r.of(EntityRead.Name, EntityRead.Action) {
		f, err := t.policy(p)
		if err != nil {
			faults = append(faults, fmt.Sprintf("%s:%d: %s; %s", p.file, p.Line, errs.Sentence(err), errs.Remedy(err)))
			continue
		}
		if p.Permit {
			permits = append(permits, f)
		} else {
			forbids = append(forbids, f)
		}
	}
	if len(faults) > 0 {
		return faults
	}
	if err := check(all(either(permits...), not(either(forbids...))).predicate()); err != nil {
		faults = append(faults, "all policies about reading together are more than one filter of the catalog holds: "+errs.Sentence(err))
	}
	return faults
}

// factsOf finds what decisions about a subject hang on.
func (g *generation) factsOf(e *Engine, s Subject) *facts {
	version := uint64(0)
	if e.o.Directory != nil {
		version = e.o.Directory.Version()
	}
	g.mu.RLock()
	f := g.known[s]
	g.mu.RUnlock()
	if f != nil && f.version.Load() == version {
		return f
	}
	groups := e.groupsOf(s)
	roles := e.o.Assignments.rolesOf(s, groups)
	if f != nil && slices.Equal(f.groups, groups) { // then so are the roles
		f.version.Store(version)
		return f
	}
	f = newFacts(g.rules, s, roles, groups)
	f.version.Store(version)
	const most = 10_000
	g.mu.Lock()
	defer g.mu.Unlock()
	if len(g.known) >= most {
		clear(g.known)
	}
	g.known[s] = f
	return f
}

// groupsOf lists the refs that a subject owns by. A guest, whom anybody can be, belongs to no group.
func (e *Engine) groupsOf(s Subject) []string {
	if s.Type == "service" {
		return nil
	}
	groups := []string{fold(s.Ref)}
	if s.Type == "user" && e.o.Directory != nil {
		for _, g := range e.o.Directory.Groups(groups[0]) {
			groups = append(groups, fold(g))
		}
	}
	slices.Sort(groups)
	return slices.Compact(groups)
}

var portal = types.NewEntityUID(typePortal, "portico")

// View is what a subject may read, worked out once for each generation and each set of facts. It never changes.
type View struct {
	All bool // everything
	// Predicate is the filter predicate of the read model that chooses what may be read; nil where All.
	Predicate []byte
	// Filter is what Options.Compile made of it.
	Filter any
}

// View returns what a subject may read. Errors: errs.Invalid where that is more than one filter holds, which can be so
// for somebody in thousands of groups.
func (e *Engine) View(s Subject) (*View, error) {
	g := e.current.Load()
	f := g.factsOf(e, s)
	f.viewing.Lock()
	defer f.viewing.Unlock()
	if f.view != nil || f.unviewable != nil {
		return f.view, f.unviewable
	}
	v := f.viewed()
	if !v.All && e.o.Compile != nil {
		filter, err := e.o.Compile(v.Predicate)
		if err != nil {
			f.unviewable = errs.Public(errs.Invalid, "what "+s.Ref+" may read cannot be told by one filter: "+errs.Sentence(err), err)
			e.o.Log.Error("what somebody may read cannot be told, and so is nothing", "principal", s.Ref, "groups", len(f.groups), "error", err)
			return nil, f.unviewable
		}
		v.Filter = filter
	}
	f.view = v
	return v, nil
}

func (f *facts) viewed() *View {
	var permits, forbids []*formula
	for _, c := range f.clauses(EntityRead) {
		switch {
		case c.unsure:
			return &View{Predicate: never.predicate()} // what was not refused at load, although it should have been: nothing is shown
		case c.policy.Permit:
			permits = append(permits, c.when)
		default:
			forbids = append(forbids, c.when)
		}
	}
	v := &View{}
	allow := all(either(permits...), not(either(forbids...)))
	if v.All = allow.isAlways(); !v.All {
		v.Predicate = allow.predicate()
	}
	return v
}

// RolesThat lists the roles that would allow what a subject may not, of those that the subject has not.
func (e *Engine) RolesThat(s Subject, p httpx.Permission, res *Resource) (roles []string) {
	return e.current.Load().factsOf(e, s).rolesThat(s, p, res)
}

func (f *facts) rolesThat(s Subject, p httpx.Permission, res *Resource) (roles []string) {
	for _, role := range f.rules.roles {
		if !slices.Contains(f.roles, role) && f.having(s, role).onThatOrAnything(p, res).Allowed {
			roles = append(roles, role)
		}
	}
	return roles
}

// having are the facts with one more role.
func (f *facts) having(s Subject, role string) *facts {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.with[role] == nil {
		f.with[role] = newFacts(f.rules, s, withImplied(append(slices.Clone(f.roles), role)), f.groups)
	}
	return f.with[role]
}

// onThatOrAnything decides on an entity, or on anything where none is given.
func (f *facts) onThatOrAnything(p httpx.Permission, res *Resource) Decision {
	if res == nil {
		return f.anywhere(p)
	}
	return f.decide(p, res)
}

// Of lists the roles of a subject and the refs that it owns by.
func (e *Engine) Of(s Subject) (roles, groups []string) {
	f := e.current.Load().factsOf(e, s)
	return slices.Clone(f.roles), slices.Clone(f.groups)
}

// Roles lists the roles that there are.
func (e *Engine) Roles() []string { return slices.Clone(e.current.Load().rules.roles) }

// Members lists who has a role by the configuration.
func (a Assignments) Members(role string) []string { return slices.Clone(a.Roles[role]) }
