package app

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"portico/internal/catalog/index"
	"portico/internal/config"
	"portico/internal/errs"
	"portico/internal/httpx"
	"portico/internal/identity"
	"portico/internal/identity/policy"
)

// policyOptions are the policies of a configuration, without a catalog to know groups from.
func policyOptions(cfg *config.Config) (policy.Options, error) {
	o := policy.Options{Compile: compileFilter, Assignments: policy.Assignments{
		Roles: cfg.Portico.Policies.Roles, SignedIn: cfg.Portico.Policies.SignedIn, Guest: cfg.Portico.Policies.Guest,
	}}
	for _, p := range cfg.Portico.Policies.Paths {
		path, err := besideConfig(p.Path, p.Position)
		if err != nil {
			return o, err
		}
		o.Paths = append(o.Paths, path)
	}
	return o, nil
}

// besideConfig makes a path of the configuration absolute: it is relative to the file that names it.
func besideConfig(path string, at config.Position) (string, error) {
	path = filepath.FromSlash(path)
	if filepath.IsAbs(path) {
		return filepath.Clean(path), nil
	}
	dir, err := filepath.Abs(filepath.Dir(at.File))
	if err != nil {
		return "", errs.Public(errs.Invalid, at.String()+": the working folder cannot be told, so "+path+" cannot be made absolute", err)
	}
	return filepath.Join(dir, path), nil
}

// LoadPolicies are those of a configuration, for whoever asks without a portal.
func LoadPolicies(cfg *config.Config) (*policy.Engine, error) {
	o, err := policyOptions(cfg)
	if err != nil {
		return nil, err
	}
	return newPolicies(cfg, o)
}

func newPolicies(cfg *config.Config, o policy.Options) (*policy.Engine, error) {
	e, err := policy.New(o)
	if err != nil {
		return nil, err
	}
	return e, misspeltRoles(cfg, e)
}

// misspeltRoles is an errs.Invalid with the places of roles that neither ship nor stand in a policy: whoever was meant to
// have more has nothing by them, and whoever was meant to have less may have what all have.
func misspeltRoles(cfg *config.Config, e *policy.Engine) error {
	unnamed := e.UnnamedRoles()
	known := slices.DeleteFunc(e.Roles(), func(role string) bool { return slices.Contains(unnamed, role) })
	var faults []string
	fault := func(at config.Node, path, role string) {
		remedy := "write one of " + strings.Join(known, ", ") + ", or a policy with Role::\"" + role + "\""
		if meant := config.Nearest(role, known); meant != "" {
			remedy = "write " + meant + " if that is what you mean, or a policy with Role::\"" + role + "\""
		}
		faults = append(faults, fmt.Sprintf("%s: %s: no policy names the role %q, so nobody may do anything by it; %s", at.Position(), path, role, remedy))
	}
	written := cfg.Node("portico.policies")
	for _, role := range written.Get("roles").Keys() {
		if slices.Contains(unnamed, role) {
			fault(written.Get("roles").Get(role), "portico.policies.roles."+role, role)
		}
	}
	for _, key := range []string{"signedIn", "guest"} {
		for _, item := range written.Get(key).Items() {
			if slices.Contains(unnamed, item.Text()) {
				fault(item, "portico.policies."+key, item.Text())
			}
		}
	}
	if len(faults) == 0 {
		return nil
	}
	return errs.WithRemedy(errs.New(errs.Invalid, "portico.policies names roles that there are not:\n%s", strings.Join(faults, "\n")),
		"mend them, and run `portico policy check`")
}

// compileFilter makes a restriction of the read model of a predicate.
func compileFilter(predicate []byte) (any, error) {
	f, err := index.ParsePredicate(predicate)
	if err != nil {
		return nil, err
	}
	return index.Restrict(f), nil
}

func (a *App) startPolicies(context.Context) error {
	o, err := policyOptions(a.o.Config)
	if err != nil {
		return err
	}
	a.policyNews.more = make(chan struct{}, 1)
	o.Directory, o.Log, o.Changed = groupsOf{a}, a.o.Log, a.policyNews.add
	if a.policies, err = newPolicies(a.o.Config, o); err != nil {
		return err
	}
	if len(o.Paths) > 0 {
		a.background(a.policies.Watch)
	}
	return nil
}

// groupsOf knows from the read model who belongs to which groups.
type groupsOf struct{ app *App }

// Version implements policy.Directory. It does not hang on what entities hold: who writes some could make a content that
// passes for the one before, and keep their groups by it.
func (g groupsOf) Version() uint64 {
	if g.app.index == nil {
		return 0
	}
	return g.app.index.Snapshot().Serial()
}

// Groups implements policy.Directory.
func (g groupsOf) Groups(user string) []string {
	if g.app.index == nil {
		return nil
	}
	return groupsIn(g.app.index.Snapshot(), user, nil)
}

// groupsIn follows memberOf from a user, and childOf from group to group, through what is seen.
func groupsIn(s *index.Snapshot, user string, seen *index.Restriction) (groups []string) {
	const most = 5000 // far more than anybody is in
	follow := func(ref, relation string) {
		doc := s.ByRef(ref, seen)
		if doc == nil {
			return
		}
		for _, r := range doc.Relations() {
			if r.Type == relation && !slices.Contains(groups, r.TargetRef) && len(groups) < most {
				groups = append(groups, r.TargetRef)
			}
		}
	}
	follow(user, "memberOf")
	for i := 0; i < len(groups); i++ {
		follow(groups[i], "childOf")
	}
	return groups
}

// resourceOf is an entity of the read model as policies see it.
func resourceOf(doc *index.Doc) (*policy.Resource, error) {
	var owners []string
	for _, r := range doc.Relations() {
		if r.Type == "ownedBy" {
			owners = append(owners, r.TargetRef)
		}
	}
	return policy.NewResource(doc.Ref(), []byte(doc.Declared()), owners)
}

// guard answers the catalog's questions about who makes a request.
type guard struct{ policies *policy.Engine }

// Seen is what the caller may read, nil for everything. Where that cannot be told, it is nothing.
func (g guard) Seen(ctx context.Context) *index.Restriction {
	p := identity.Of(ctx)
	if p == nil {
		return nothing
	}
	return g.seenBy(p.Subject())
}

// seenBy is Seen of somebody who need not make the request.
func (g guard) seenBy(s policy.Subject) *index.Restriction {
	v, err := g.policies.View(s)
	switch {
	case err != nil: // the engine has said so in the log
		return nothing
	case v.All:
		return nil
	}
	r, ok := v.Filter.(*index.Restriction)
	if !ok {
		return nothing
	}
	return r
}

// nothing is what a caller sees of whom it cannot be told what they may see.
var nothing = func() *index.Restriction {
	r, err := compileFilter([]byte(`{"$any":[]}`))
	if err != nil {
		panic(err)
	}
	return r.(*index.Restriction)
}()

// May returns nil where the caller may use the permission on an entity, and else an errs.Forbidden whose remedy says
// why not. A nil doc stands for the portal as a whole.
func (g guard) May(ctx context.Context, perm httpx.Permission, doc *index.Doc) error {
	p := identity.Of(ctx)
	if doc == nil {
		return p.MayOn(perm, nil)
	}
	res, err := resourceOf(doc)
	if err != nil {
		return err
	}
	return p.MayOn(perm, res)
}

// Forbids returns an errs.Forbidden where a policy forbids the caller the permission on an entity.
func (g guard) Forbids(ctx context.Context, perm httpx.Permission, doc *index.Doc) error {
	res, err := resourceOf(doc)
	if err != nil {
		return err
	}
	return identity.Of(ctx).ForbiddenOn(perm, res)
}

// entityFor finds an entity that the caller may read, nil where there is none such.
func (a *App) entityFor(ctx context.Context, ref string) (*policy.Resource, error) {
	doc := a.index.Snapshot().ByRef(ref, guard{a.policies}.Seen(ctx))
	if doc == nil {
		return nil, nil
	}
	return resourceOf(doc)
}

// groupsSeen are the groups of a user as far as the caller may see that they belong to them.
func (a *App) groupsSeen(ctx context.Context, user string) []string {
	return groupsIn(a.index.Snapshot(), user, guard{a.policies}.Seen(ctx))
}

// whole returns nil where the caller sees all that there is. The audit log is for these alone: a record can name
// anything, and of a chain with records left out nobody can tell that it is complete.
func (g guard) whole(ctx context.Context) error {
	if g.Seen(ctx) == nil {
		return nil
	}
	return errs.WithRemedy(errs.New(errs.Forbidden, "the audit log is for those who may see every entity, and policies hide some from you: its records name what they are about"),
		"ask whoever writes the policies to exempt you from what hides entities, or somebody who sees everything to look for you")
}

// Operates reports whether whoever makes the request may see the sources of the catalog.
func (g guard) Operates(ctx context.Context) bool {
	p := identity.Of(ctx)
	return p != nil && p.May(httpx.Permission{Name: "catalog.ingestion.read", Action: "read"})
}
