package policy

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"

	"portico/internal/errs"
)

// Case is one line of a test of policies: who asks for what, and what must come of it.
type Case struct {
	Name       string   `yaml:"name"`
	Principal  string   `yaml:"principal"` // user:default/ana, service:ci, or guest
	Groups     []string `yaml:"groups"`    // that a user belongs to, those above them too
	Roles      []string `yaml:"roles"`     // beside those of the configuration
	Permission string   `yaml:"permission"`
	// Entity is a descriptor, as in catalog-info.yaml; none asks about the portal, or whether there can be any entity.
	Entity map[string]any `yaml:"entity"`
	Owners []string       `yaml:"owners"`  // refs; not written: spec.owner of the entity
	Want   string         `yaml:"want"`    // allow or deny
	By     string         `yaml:"because"` // the policy that must be among those that decide, by its @id or file:line

	Line int `yaml:"-"`
}

// ParseCases reads a file of cases. Errors are errs.Invalid and name the line.
func ParseCases(name string, text []byte) ([]Case, error) {
	var file struct {
		Cases []yaml.Node `yaml:"cases"`
	}
	d := yaml.NewDecoder(bytes.NewReader(text))
	d.KnownFields(true)
	if err := d.Decode(&file); err != nil {
		return nil, errs.WithRemedy(errs.Public(errs.Invalid, fmt.Sprintf("%s is not a list of cases: %s", name, oneLine(err)), err), casesRemedy)
	}
	if len(file.Cases) == 0 {
		return nil, errs.WithRemedy(errs.New(errs.Invalid, "%s holds no cases", name), casesRemedy)
	}
	var cases []Case
	for i, n := range file.Cases {
		at := fmt.Sprintf("%s:%d", name, n.Line)
		raw, err := yaml.Marshal(&n)
		if err != nil {
			return nil, errs.Public(errs.Invalid, at+": "+oneLine(err), err)
		}
		c := Case{Line: n.Line}
		d := yaml.NewDecoder(bytes.NewReader(raw))
		d.KnownFields(true)
		if err := d.Decode(&c); err != nil {
			return nil, errs.WithRemedy(errs.Public(errs.Invalid, at+": "+oneLine(err), err), "a case has name, principal, groups, roles, permission, entity, owners, want and because")
		}
		if c.Name == "" {
			c.Name = fmt.Sprintf("case %d", i+1)
		}
		if c.Want != "allow" && c.Want != "deny" {
			return nil, errs.WithRemedy(errs.New(errs.Invalid, "%s: want is %q", at, c.Want), "write allow or deny")
		}
		cases = append(cases, c)
	}
	return cases, nil
}

const casesRemedy = "write cases: and below it, each after a dash, principal, permission and want; docs/permissions.md has an example"

func oneLine(err error) string { return strings.Join(strings.Fields(err.Error()), " ") }

// Check decides a case. wrong says in words how it came out otherwise, "" when as wanted. Errors: errs.Invalid for a case
// that cannot be decided.
func (e *Engine) Check(c Case) (x Explanation, wrong string, err error) {
	s, err := ParseSubject(c.Principal)
	if err != nil {
		return x, "", err
	}
	p, ok := ByName(c.Permission)
	if !ok {
		return x, "", errs.WithRemedy(errs.New(errs.Invalid, "there is no permission %q", c.Permission), "docs/permissions.md lists them")
	}
	var res *Resource
	if c.Entity != nil {
		if !p.Entity {
			return x, "", errs.WithRemedy(errs.New(errs.Invalid, "%s is not about an entity", p.Name), "leave entity out")
		}
		if res, err = described(c.Entity, c.Owners); err != nil {
			return x, "", err
		}
	}
	g := e.current.Load()
	groups := c.Groups
	if s.Type == "user" {
		groups = append([]string{s.Ref}, groups...)
	}
	groups = foldAll(groups)
	for _, role := range c.Roles {
		if !slices.Contains(g.rules.roles, role) {
			return x, "", errs.WithRemedy(errs.New(errs.Invalid, "there is no role %q", role), "there are "+strings.Join(g.rules.roles, ", "))
		}
	}
	roles := withImplied(append(e.o.Assignments.rolesOf(s, groups), c.Roles...))
	x = newFacts(g.rules, s, roles, groups).explain(s, p.Permission, res)
	switch by := slices.ContainsFunc(x.Policies, func(d Deciding) bool { return d.ID == c.By || d.At == c.By }); {
	case x.Allowed != (c.Want == "allow"):
		wrong = "want " + c.Want + ", but " + x.Why
	case c.By != "" && !by:
		wrong = fmt.Sprintf("%s as wanted, but not because of %q: %s", c.Want, c.By, x.Why)
	}
	return x, wrong, nil
}

func foldAll(refs []string) []string {
	out := make([]string, len(refs))
	for i, r := range refs {
		out[i] = fold(r)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// described makes a resource of a descriptor.
func described(tree map[string]any, owners []string) (*Resource, error) {
	raw, err := json.Marshal(tree)
	if err != nil {
		return nil, errs.Public(errs.Invalid, "the entity is no descriptor: "+err.Error(), err)
	}
	return Described(raw, owners)
}

// Described makes a resource of a descriptor in JSON; without owners, its spec.owner owns it. Errors: errs.Invalid.
func Described(raw []byte, owners []string) (*Resource, error) {
	var e struct {
		Kind     string
		Metadata struct{ Name, Namespace string }
		Spec     struct{ Owner string }
	}
	if err := json.Unmarshal(raw, &e); err != nil {
		return nil, errs.Public(errs.Invalid, "the entity is no descriptor", err)
	}
	if e.Kind == "" || e.Metadata.Name == "" {
		return nil, errs.WithRemedy(errs.New(errs.Invalid, "the entity has no kind, or no metadata.name"), "write it as in a catalog-info.yaml")
	}
	ns := e.Metadata.Namespace
	if ns == "" {
		ns = "default"
	}
	if owners == nil && e.Spec.Owner != "" {
		kind, rest, has := strings.Cut(e.Spec.Owner, ":")
		if !has {
			kind, rest = "group", e.Spec.Owner
		}
		if !strings.Contains(rest, "/") {
			rest = ns + "/" + rest
		}
		owners = []string{kind + ":" + rest}
	}
	return NewResource(e.Kind+":"+ns+"/"+e.Metadata.Name, raw, owners)
}
