package policy

import (
	"encoding/json"
	"fmt"
	"iter"
	"slices"
	"strings"
	"sync"

	"github.com/cedar-policy/cedar-go"
	public "github.com/cedar-policy/cedar-go/ast"
	"github.com/cedar-policy/cedar-go/types"
	"github.com/cedar-policy/cedar-go/x/exp/ast"
	"github.com/cedar-policy/cedar-go/x/exp/eval"

	"portico/internal/errs"
)

// translator turns a policy into a condition on the entity, for one principal and one permission.
type translator struct {
	env    eval.Env
	groups []string // refs that the principal owns by
	// What has no counterpart in the read model is an error, or, where facts are given, opMaybe.
	facts  *facts
	action types.Entity
	unsure bool // that was needed
	// structure keeps what hangs on the principal alone open, so that no part goes unseen.
	structure bool
}

// meaning is a condition of a policy: when it is true, and when false. When neither, it fails, and the policy does not
// apply. One that cannot fail is total; then no is what yes is not, and stays as small.
type meaning struct {
	yes, no *formula
	total   bool
}

func total(f *formula) meaning { return meaning{f, not(f), true} }

var failing = meaning{yes: never, no: never}

// policy says of which entities a policy speaks.
func (t *translator) policy(p *Policy) (*formula, error) {
	m, err := t.boolean(eval.PolicyToNode(p.ast).AsIsNode())
	if err != nil {
		return nil, err
	}
	return m.yes, nil
}

func aboutResource(n ast.IsNode) (found bool) {
	ast.Inspect(ast.NewNode(n), func(n ast.IsNode) bool {
		if v, ok := n.(ast.NodeTypeVariable); ok && v.Name == "resource" {
			found = true
		}
		return !found
	})
	return found
}

// value works out what does not hang on the entity.
func (t *translator) value(n ast.IsNode) (types.Value, bool, error) {
	if aboutResource(n) {
		return nil, false, nil
	}
	v, err := eval.Eval(n, t.env)
	return v, true, err
}

// open stands for what hangs on the principal where only the structure is looked at.
var open = &formula{op: opIn, key: keyKind, values: []string{"?"}}

func (t *translator) boolean(n ast.IsNode) (meaning, error) {
	if v, ok, err := t.value(n); ok {
		b, isBool := v.(types.Boolean)
		switch {
		case t.structure:
			return total(open), nil
		case err != nil || !isBool:
			return failing, nil
		}
		return total(constant(bool(b))), nil
	}
	switch n := n.(type) {
	case ast.NodeTypeAnd:
		a, b, err := t.both(n.Left, n.Right)
		if a.total && b.total {
			return total(all(a.yes, b.yes)), err
		}
		return meaning{yes: all(a.yes, b.yes), no: either(a.no, all(a.yes, b.no))}, err
	case ast.NodeTypeOr:
		a, b, err := t.both(n.Left, n.Right)
		if a.total && b.total {
			return total(either(a.yes, b.yes)), err
		}
		return meaning{yes: either(a.yes, all(a.no, b.yes)), no: all(a.no, b.no)}, err
	case ast.NodeTypeNot:
		a, err := t.boolean(n.Arg)
		return meaning{a.no, a.yes, a.total}, err
	case ast.NodeTypeIfThenElse:
		c, err := t.boolean(n.If)
		if err != nil {
			return failing, err
		}
		a, b, err := t.both(n.Then, n.Else)
		yes := either(all(c.yes, a.yes), all(c.no, b.yes))
		if c.total && a.total && b.total {
			return total(yes), err
		}
		return meaning{yes: yes, no: either(all(c.yes, a.no), all(c.no, b.no))}, err
	}
	f, ok := t.condition(n)
	if !ok {
		if t.facts != nil {
			t.unsure = true
			if m, ok := matched(n); ok {
				return m, nil
			}
			yes := ast.NewNode(n)
			return meaning{yes: t.asked(yes), no: t.asked(ast.Not(yes))}, nil
		}
		return failing, untranslatable(n)
	}
	return total(f), nil
}

func (t *translator) both(left, right ast.IsNode) (a, b meaning, err error) {
	if a, err = t.boolean(left); err != nil {
		return failing, failing, err
	}
	if b, err = t.boolean(right); err != nil {
		return failing, failing, err
	}
	return a, b, nil
}

// matched are conditions without a filter that can do without Cedar, whose own way to match is used: resource.name like
// "*-test", and attributes that are compared with each other. Where an attribute is missing, both fail.
func matched(n ast.IsNode) (m meaning, ok bool) {
	var holds func(r *Resource) (holds, fails bool)
	switch n := n.(type) {
	case ast.NodeTypeLike:
		key, ok := textOf(n.Arg)
		if !ok {
			return m, false
		}
		pattern := n.Value
		holds = func(r *Resource) (bool, bool) {
			text, there := r.text(key)
			return there && pattern.Match(text), !there
		}
	case ast.NodeTypeEquals:
		a, ok := textOf(n.Left)
		b, both := textOf(n.Right)
		if !ok || !both {
			return m, false
		}
		holds = func(r *Resource) (bool, bool) {
			left, there := r.text(a)
			right, too := r.text(b)
			return left == right, !there || !too
		}
	default:
		return m, false
	}
	m.yes = &formula{op: opMaybe, ask: func(r *Resource) bool { is, fails := holds(r); return is && !fails }}
	m.no = &formula{op: opMaybe, ask: func(r *Resource) bool { is, fails := holds(r); return !is && !fails }}
	return m, true
}

// asked is a condition that Cedar is asked about, by itself: what stands around it, and who asks for what, was worked out
// before. Where it fails it does not hold, and neither does what is not so.
func (t *translator) asked(n ast.Node) *formula {
	p := t.facts.rules.conditions.policy(n)
	f, action := t.facts, t.action
	return &formula{op: opMaybe, ask: func(r *Resource) bool {
		ok, _ := cedar.Authorize(p, &scene{facts: f, action: action, res: r}, cedar.Request{Principal: f.uid, Action: action.UID, Resource: r.uid()})
		return bool(ok)
	}}
}

// conditions are policies of one condition each, that were compiled before.
type conditions struct {
	mu   sync.Mutex
	kept map[string]lone
}

// lone is a policy by itself, as Cedar wants several.
type lone func(yield func(cedar.PolicyID, *cedar.Policy) bool)

// All implements cedar.PolicyIterator.
func (l lone) All() iter.Seq2[cedar.PolicyID, *cedar.Policy] {
	return iter.Seq2[cedar.PolicyID, *cedar.Policy](l)
}

func (c *conditions) policy(n ast.Node) lone {
	p := cedar.NewPolicyFromAST((*public.Policy)(ast.Permit().When(n)))
	text := string(p.MarshalCedar())
	c.mu.Lock()
	defer c.mu.Unlock()
	l, ok := c.kept[text]
	if !ok {
		l = func(yield func(cedar.PolicyID, *cedar.Policy) bool) { yield("", p) }
		if c.kept == nil {
			c.kept = map[string]lone{}
		}
		c.kept[text] = l
	}
	return l
}

func untranslatable(n ast.IsNode) error {
	p := ast.Permit().When(ast.NewNode(n))
	text := cedarText(p)
	return errs.WithRemedy(errs.New(errs.Invalid, "%s has no exact counterpart in the catalog's filters, and lists would show another set of entities than the policy says", text),
		"compare kind, namespace, name, type and lifecycle with texts by ==, !=, [\"a\", \"b\"].contains(…) or like \"start*\"; ask tags, labels, annotations and owners by contains, containsAny or containsAll; or take catalog.entity.read out of what the policy is about")
}

// condition translates what is asked of the entity itself. What a validated policy asks, there is whenever it is asked:
// no such condition fails.
func (t *translator) condition(n ast.IsNode) (*formula, bool) {
	switch n := n.(type) {
	case ast.NodeTypeEquals:
		return t.equals(n.Left, n.Right)
	case ast.NodeTypeNotEquals:
		f, ok := t.equals(n.Left, n.Right)
		if !ok {
			return nil, false
		}
		return not(f), true
	case ast.NodeTypeLike:
		return t.like(n)
	case ast.NodeTypeHas:
		if isResource(n.Arg) {
			if key, ok := textKeys[n.Value]; ok {
				return exists(key), true
			}
			_, ok := setKeys[n.Value]
			return always, ok
		}
	case ast.NodeTypeIs:
		return constant(n.EntityType == typeEntity), isResource(n.Left)
	case ast.NodeTypeContains:
		return t.contains(n.Left, n.Right)
	case ast.NodeTypeContainsAny:
		if f, ok := t.containsEach(n.Left, n.Right, opAny); ok {
			return f, true
		}
		return t.containsEach(n.Right, n.Left, opAny)
	case ast.NodeTypeContainsAll:
		return t.containsEach(n.Left, n.Right, opAll)
	case ast.NodeTypeIsEmpty:
		if key, ok := setOf(n.Arg); ok && (key == keyTags || key == keyOwners) {
			return not(exists(key)), true
		}
	case ast.NodeTypeIn:
		return t.in(n.Left, n.Right)
	}
	return nil, false
}

func exists(key string) *formula { return &formula{op: opExists, key: key} }

func isResource(n ast.IsNode) bool {
	v, ok := n.(ast.NodeTypeVariable)
	return ok && v.Name == "resource"
}

// textOf returns the key of resource.kind and the like, setOf that of resource.tags.
func textOf(n ast.IsNode) (string, bool) { return attribute(n, textKeys) }
func setOf(n ast.IsNode) (string, bool)  { return attribute(n, setKeys) }

func attribute(n ast.IsNode, keys map[types.String]string) (string, bool) {
	a, ok := n.(ast.NodeTypeAccess)
	if !ok || !isResource(a.Arg) {
		return "", false
	}
	key, ok := keys[a.Value]
	return key, ok
}

// known works out a value that does not hang on the entity.
func (t *translator) known(n ast.IsNode) (types.Value, bool) {
	v, ok, err := t.value(n)
	return v, ok && err == nil
}

func (t *translator) equals(left, right ast.IsNode) (*formula, bool) {
	if aboutResource(right) {
		left, right = right, left
	}
	v, ok := t.known(right)
	if !ok {
		return nil, false
	}
	if isResource(left) {
		uid, ok := v.(types.EntityUID)
		return isRef(uid), ok
	}
	key, ok := textOf(left)
	text, isText := v.(types.String)
	return in(key, string(text)), ok && isText
}

// isRef chooses one entity by its ref, which the read model knows in three parts.
func isRef(uid types.EntityUID) *formula {
	kind, rest, ok := strings.Cut(string(uid.ID), ":")
	namespace, name, named := strings.Cut(rest, "/")
	if uid.Type != typeEntity || !ok || !named {
		return never
	}
	return all(in(keyKind, kind), in(keyNamespace, namespace), in(keyName, name))
}

func (t *translator) like(n ast.NodeTypeLike) (*formula, bool) {
	key, ok := textOf(n.Arg)
	if !ok {
		return nil, false
	}
	raw, err := json.Marshal(n.Value)
	if err != nil {
		return nil, false
	}
	var parts []any
	if err := json.Unmarshal(raw, &parts); err != nil {
		return nil, false
	}
	literal := func(i int) (string, bool) {
		m, ok := parts[i].(map[string]any)
		s, _ := m["Literal"].(string)
		return s, ok
	}
	switch len(parts) {
	case 0:
		return in(key, ""), true
	case 1:
		if s, ok := literal(0); ok {
			return in(key, s), true
		}
		return exists(key), true
	case 2:
		if s, ok := literal(0); ok {
			return &formula{op: opPrefix, key: key, values: []string{s}}, true
		}
	}
	return nil, false
}

func (t *translator) contains(set, item ast.IsNode) (*formula, bool) {
	if key, ok := textOf(item); ok { // ["a", "b"].contains(resource.kind)
		v, ok := t.known(set)
		if !ok {
			return nil, false
		}
		s, ok := v.(types.Set)
		var texts []string
		for e := range s.All() {
			text, isText := e.(types.String)
			ok = ok && isText
			texts = append(texts, string(text))
		}
		return in(key, texts...), ok
	}
	if isResource(item) { // [Entity::"a", Entity::"b"].contains(resource)
		return t.oneOf(set)
	}
	key, ok := setOf(set)
	if !ok {
		return nil, false
	}
	v, ok := t.known(item)
	if !ok {
		return nil, false
	}
	return member(key, v)
}

// oneOf chooses the entities of a set, or one.
func (t *translator) oneOf(set ast.IsNode) (*formula, bool) {
	v, ok := t.known(set)
	if !ok {
		return nil, false
	}
	switch v := v.(type) {
	case types.EntityUID:
		return isRef(v), true
	case types.Set:
		f := never
		for e := range v.All() {
			uid, ok := e.(types.EntityUID)
			if !ok {
				return nil, false
			}
			f = either(f, isRef(uid))
		}
		return f, true
	}
	return nil, false
}

// member asks a list of the entity for one value.
func member(key string, v types.Value) (*formula, bool) {
	switch v := v.(type) {
	case types.EntityUID:
		if key != keyOwners || v.Type != typeGroup {
			return never, key == keyOwners
		}
		return in(key, string(v.ID)), true
	case types.String:
		switch key {
		case keyTags:
			return in(key, string(v)), true
		case keyLabels, keyAnnotations:
			name, value, valued := strings.Cut(string(v), "=")
			if valued {
				return in(key+"."+name, value), true
			}
			return exists(key + "." + name), true
		}
	}
	return nil, false
}

func (t *translator) containsEach(set, items ast.IsNode, o op) (*formula, bool) {
	key, ok := setOf(set)
	if !ok {
		return nil, false
	}
	v, ok := t.known(items)
	if !ok {
		return nil, false
	}
	s, ok := v.(types.Set)
	if !ok {
		return nil, false
	}
	var subs []*formula
	for e := range s.All() {
		f, ok := member(key, e)
		if !ok {
			return nil, false
		}
		subs = append(subs, f)
	}
	slices.SortFunc(subs, func(a, b *formula) int {
		return strings.Compare(fmt.Sprint(a.key, a.op, a.values), fmt.Sprint(b.key, b.op, b.values))
	})
	return join(o, subs), true
}

// in translates `principal in resource.owners` and `resource in Entity::"…"`.
func (t *translator) in(left, right ast.IsNode) (*formula, bool) {
	if isResource(left) {
		return t.oneOf(right)
	}
	key, ok := setOf(right)
	if !ok || key != keyOwners {
		return nil, false
	}
	v, ok := t.known(left)
	if !ok {
		return nil, false
	}
	uid, ok := v.(types.EntityUID)
	switch {
	case !ok:
		return nil, false
	case t.structure:
		return in(key, "?"), true
	case uid == t.env.Principal:
		return in(key, t.groups...), true
	case uid.Type == typeGroup:
		return in(key, string(uid.ID)), true
	}
	return never, true
}

// cedarText is an expression as it is written.
func cedarText(p *ast.Policy) string {
	text := string(cedar.NewPolicyFromAST((*public.Policy)(p)).MarshalCedar())
	if _, after, ok := strings.Cut(text, "when {"); ok {
		text = strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(after), ";")), "}"))
	}
	return strings.Join(strings.Fields(text), " ")
}
