package policy

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
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
	list, err := caseNodes(name, text)
	if err != nil {
		return nil, err
	}
	var cases []Case
	for i, n := range list {
		at := fmt.Sprintf("%s:%d", name, n.Line)
		if err := checkKeys(name, n, caseKeys); err != nil {
			return nil, err
		}
		c := Case{Line: n.Line}
		if err := n.Decode(&c); err != nil {
			return nil, errs.WithRemedy(errs.Public(errs.Invalid, at+": the case cannot be read: "+oneLine(err), err), caseRemedy)
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

// A key of a case, and what stands behind it: in words, and for YAML.
type caseKey struct {
	name, is string
	kind     yaml.Kind
}

var caseKeys = []caseKey{
	{"name", "text", yaml.ScalarNode}, {"principal", "text", yaml.ScalarNode}, {"groups", "a list", yaml.SequenceNode}, {"roles", "a list", yaml.SequenceNode},
	{"permission", "text", yaml.ScalarNode}, {"entity", "an entity, as in catalog-info.yaml", yaml.MappingNode}, {"owners", "a list", yaml.SequenceNode},
	{"want", "text", yaml.ScalarNode}, {"because", "text", yaml.ScalarNode},
}

const caseRemedy = "a case has name, principal, groups, roles, permission, entity, owners, want and because"

// caseNodes finds the cases of a file.
func caseNodes(name string, text []byte) ([]*yaml.Node, error) {
	var doc yaml.Node
	if err := yaml.NewDecoder(bytes.NewReader(text)).Decode(&doc); err != nil && !errors.Is(err, io.EOF) {
		return nil, errs.WithRemedy(errs.Public(errs.Invalid, fmt.Sprintf("%s is not a list of cases: %s", name, oneLine(err)), err), casesRemedy)
	}
	none := errs.WithRemedy(errs.New(errs.Invalid, "%s holds no cases", name), casesRemedy)
	if len(doc.Content) == 0 {
		return nil, none
	}
	top := doc.Content[0]
	if top.Kind != yaml.MappingNode {
		return nil, errs.WithRemedy(errs.New(errs.Invalid, "%s is not a list of cases: it does not begin with cases:", name), casesRemedy)
	}
	if err := checkKeys(name, top, []caseKey{{"cases", "a list", yaml.SequenceNode}}); err != nil {
		return nil, err
	}
	if len(top.Content) < 2 || len(top.Content[1].Content) == 0 {
		return nil, none
	}
	return top.Content[1].Content, nil
}

// checkKeys says in words, with its line, what of a mapping is no key of ours, or is not what stands behind one.
func checkKeys(file string, n *yaml.Node, keys []caseKey) error {
	remedy := caseRemedy
	if len(keys) == 1 {
		remedy = casesRemedy
	}
	if n.Kind == yaml.AliasNode {
		n = n.Alias
	}
	if n.Kind != yaml.MappingNode {
		return errs.WithRemedy(errs.New(errs.Invalid, "%s:%d: this is no case: it has no keys", file, n.Line), remedy)
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		at := slices.IndexFunc(keys, func(k caseKey) bool { return k.name == key.Value })
		if at < 0 {
			return errs.WithRemedy(errs.New(errs.Invalid, "%s:%d: there is no key %q", file, key.Line, key.Value), remedy)
		}
		if value.Kind == yaml.AliasNode {
			value = value.Alias
		}
		empty := value.Kind == yaml.ScalarNode && value.Tag == "!!null"
		if value.Kind != keys[at].kind && !empty || value.Kind == yaml.SequenceNode && slices.ContainsFunc(value.Content, func(v *yaml.Node) bool { return len(keys) > 1 && v.Kind != yaml.ScalarNode }) {
			return errs.WithRemedy(errs.New(errs.Invalid, "%s:%d: %s is %s", file, value.Line, key.Value, keys[at].is), remedy)
		}
	}
	return nil
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
