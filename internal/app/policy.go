package app

import (
	"context"
	"path/filepath"
	"slices"

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
		path := filepath.FromSlash(p.Path)
		if !filepath.IsAbs(path) { // relative to the file that names it
			dir, err := filepath.Abs(filepath.Dir(p.Position.File))
			if err != nil {
				return o, errs.Public(errs.Invalid, "portico.policies.paths: the working folder cannot be told, so "+p.Path+" cannot be made absolute", err)
			}
			path = filepath.Join(dir, path)
		}
		o.Paths = append(o.Paths, path)
	}
	return o, nil
}

// LoadPolicies are those of a configuration, for whoever asks without a portal.
func LoadPolicies(cfg *config.Config) (*policy.Engine, error) {
	o, err := policyOptions(cfg)
	if err != nil {
		return nil, err
	}
	return policy.New(o)
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
	o.Directory, o.Log = groupsOf{a}, a.o.Log
	if a.policies, err = policy.New(o); err != nil {
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
	return groupsIn(g.app.index.Snapshot(), user)
}

// groupsIn follows memberOf from a user, and childOf from group to group.
func groupsIn(s *index.Snapshot, user string) (groups []string) {
	const most = 5000 // far more than anybody is in
	follow := func(ref, relation string) {
		doc := s.ByRef(ref, nil)
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
	v, err := g.policies.View(p.Subject())
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

// entityFor finds an entity that the caller may read, nil where there is none such.
func (a *App) entityFor(ctx context.Context, ref string) (*policy.Resource, error) {
	doc := a.index.Snapshot().ByRef(ref, guard{a.policies}.Seen(ctx))
	if doc == nil {
		return nil, nil
	}
	return resourceOf(doc)
}
