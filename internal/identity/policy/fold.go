package policy

import (
	"bytes"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/cedar-policy/cedar-go"
	"github.com/cedar-policy/cedar-go/types"
	"github.com/cedar-policy/cedar-go/x/exp/ast"
	"github.com/cedar-policy/cedar-go/x/exp/eval"
)

// Types of Cedar entities.
const (
	typeRole    types.EntityType = "Role"
	typeGroup   types.EntityType = "Group"
	typeUser    types.EntityType = "User"
	typeService types.EntityType = "Service"
	typeGuest   types.EntityType = "Guest"
	typePortal  types.EntityType = "Portal"
	typeEntity  types.EntityType = "Entity"
	typeAction  types.EntityType = "Action"
)

// foldPolicy returns the policy with every text that is compared in lower case. What it is called, and the names of
// actions and attributes, stay.
func foldPolicy(p *cedar.Policy) (*cedar.Policy, error) {
	raw, err := p.MarshalJSON()
	if err != nil {
		return nil, err
	}
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	var tree map[string]any
	if err := d.Decode(&tree); err != nil {
		return nil, err
	}
	for key, part := range tree {
		if key != "annotations" {
			foldTree(part)
		}
	}
	if raw, err = json.Marshal(tree); err != nil {
		return nil, err
	}
	out := new(cedar.Policy)
	if err := out.UnmarshalJSON(raw); err != nil {
		return nil, err
	}
	(*ast.Policy)(out.AST()).Position = ast.Position(p.Position())
	return out, nil
}

// foldTree lowers texts in Cedar's JSON: {"Value": "x"}, {"Literal": "x"} and {"type": …, "id": "x"}.
func foldTree(v any) {
	switch v := v.(type) {
	case []any:
		for _, item := range v {
			foldTree(item)
		}
	case map[string]any:
		for key, item := range v {
			text, isText := item.(string)
			switch {
			case isText && (key == "Value" || key == "Literal"):
				v[key] = fold(text)
			case isText && key == "id" && v["type"] != string(typeAction):
				v[key] = fold(text)
			case !isText:
				foldTree(item)
			}
		}
	}
}

// maxLiteral is the longest text that a policy compares with, in bytes. The read model keeps no longer ones.
const maxLiteral = 160

var (
	ownerRef  = regexp.MustCompile(`^(group|user):[^/:\s]+/[^/\s]+$`)
	entityRef = regexp.MustCompile(`^[^/:\s]+:[^/:\s]+/[^/\s]+$`)
)

// strict says what Cedar's own validation would let pass, and what could never be what was meant.
func (r *rules) strict(p *Policy) (problems []string) {
	say := func(format string, args ...any) {
		if s := fmt.Sprintf(format, args...); !slices.Contains(problems, s) {
			problems = append(problems, s)
		}
	}
	ast.Inspect(eval.PolicyToNode(p.ast), func(n ast.IsNode) bool {
		switch n := n.(type) {
		case ast.NodeValue:
			r.strictValue(n.Value, say)
		case ast.NodeTypeExtensionCall:
			say("%s is not understood here: policies speak of who asks, of the permission and of an entity, not of times and addresses", n.Name)
		case ast.NodeTypeVariable:
			if n.Name == "context" {
				say("context is empty here; speak of principal, action and resource")
			}
		case ast.NodeTypeIsIn:
			if uid, ok := valueOf(n.Entity).(types.EntityUID); ok && uid.Type == typeEntity {
				say("an entity is in nothing but itself; write resource == %s", uid)
			}
		}
		return true
	})
	return problems
}

func valueOf(n ast.IsNode) types.Value {
	if v, ok := n.(ast.NodeValue); ok {
		return v.Value
	}
	return nil
}

func (r *rules) strictValue(v types.Value, say func(string, ...any)) {
	switch v := v.(type) {
	case types.String:
		if len(v) > maxLiteral {
			say("the text %.40q… is longer than %d bytes; nothing so long is compared", string(v), maxLiteral)
		}
		if strings.ContainsRune(string(v), 0) {
			say("the text %q holds a zero byte", string(v))
		}
	case types.Set:
		for item := range v.All() {
			r.strictValue(item, say)
		}
	case types.EntityUID:
		id := string(v.ID)
		switch v.Type {
		case typeRole:
			r.named[id] = true
			if !slices.Contains(r.roles, id) {
				say("there is no role %q; there are %s, and those that portico.policies.roles names", id, strings.Join(r.roles, ", "))
			}
		case typeGroup:
			if !ownerRef.MatchString(id) {
				say(`Group::%q is no ref; write Group::"group:default/payments", or Group::"user:default/ana" for one person`, id)
			}
		case typeUser, typeGuest:
			if !strings.HasPrefix(id, "user:") || !entityRef.MatchString(id) {
				say(`%s::%q is no ref; write %s::"user:default/ana"`, v.Type, id, v.Type)
			}
		case typeService:
			if !strings.HasPrefix(id, "service:") {
				say(`Service::%q names no service; write Service::"service:ci"`, id)
			}
		case typeEntity:
			if !entityRef.MatchString(id) {
				say(`Entity::%q is no ref; write Entity::"component:default/checkout"`, id)
			}
		}
	}
}
