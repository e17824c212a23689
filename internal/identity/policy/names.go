package policy

import (
	"slices"
	"strings"

	"github.com/cedar-policy/cedar-go/types"
	"github.com/cedar-policy/cedar-go/x/exp/ast"
	"github.com/cedar-policy/cedar-go/x/exp/eval"
)

// Names reports whether an assignment of roles or a policy of a file speaks of the ref of a user: the ref, the name in
// it, or a pattern that principal.name is compared with and the name fits. A text that means something else counts too.
func (e *Engine) Names(ref string) bool {
	ref = fold(ref)
	for _, members := range e.o.Assignments.Roles {
		if slices.ContainsFunc(members, func(m string) bool { return fold(m) == ref }) {
			return true
		}
	}
	_, name, _ := strings.Cut(ref, "/")
	for _, p := range e.current.Load().rules.policies {
		if p.file != shippedFile && names(p, ref, name) {
			return true
		}
	}
	return false
}

func names(p *Policy, ref, name string) (found bool) {
	ast.Inspect(eval.PolicyToNode(p.ast), func(n ast.IsNode) bool {
		switch n := n.(type) {
		case ast.NodeValue:
			found = found || namesValue(n.Value, ref, name)
		case ast.NodeTypeLike:
			found = found || nameOfPrincipal(n.Arg) && n.Value.Match(types.String(name))
		}
		return !found
	})
	return found
}

func namesValue(v types.Value, ref, name string) bool {
	switch v := v.(type) {
	case types.String:
		return string(v) == ref || string(v) == name
	case types.EntityUID:
		return string(v.ID) == ref && v.Type != typeAction
	case types.Set:
		for item := range v.All() {
			if namesValue(item, ref, name) {
				return true
			}
		}
	}
	return false
}

func nameOfPrincipal(n ast.IsNode) bool {
	access, ok := n.(ast.NodeTypeAccess)
	if !ok {
		return false
	}
	v, ok := access.Arg.(ast.NodeTypeVariable)
	return ok && v.Name == "principal" && access.Value == "name"
}
