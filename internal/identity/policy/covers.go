package policy

import (
	"slices"

	"github.com/cedar-policy/cedar-go/x/exp/ast"
	"github.com/cedar-policy/cedar-go/x/exp/eval"

	"portico/internal/httpx"
)

// Covers reports whether a subject may use a permission wherever another may: on every entity that there can be, or, where
// the permission is about none, on the portal. What cannot be proven by comparing conditions is denied. Because are the
// policies that keep the subject from more than the other; none where too little is permitted.
func (e *Engine) Covers(s, other Subject, p httpx.Permission) Decision {
	g := e.current.Load()
	mine, theirs := g.factsOf(e, s), g.factsOf(e, other)
	if !ofEntity(p.Name) {
		return mine.anywhere(p)
	}
	permits, forbids := mine.bounds(p, never, always)
	theirPermits, theirForbids := theirs.bounds(p, always, never)
	reach := all(either(formulas(theirPermits)...), not(either(formulas(theirForbids)...)))
	d := Decision{Allowed: implies(reach, either(formulas(permits)...))}
	for _, c := range permits {
		d.Because = append(d.Because, c.policy)
	}
	if !d.Allowed {
		return Decision{}
	}
	var narrower []*Policy
	for _, c := range forbids {
		if !implies(reach, not(c.when)) {
			narrower = append(narrower, c.policy)
		}
	}
	if len(narrower) > 0 {
		return Decision{Because: narrower}
	}
	return d
}

// bounds are the clauses about a permission. Where a condition holds too little, the two formulas stand for it: that of
// permits, and that of forbids. A condition that does not hang on who asks is the same for everybody; such forbids are
// left out where they cannot be compared.
func (f *facts) bounds(p httpx.Permission, permit, forbid *formula) (permits, forbids []clause) {
	for _, c := range f.clauses(p) {
		switch {
		case c.policy.Permit:
			if c.unsure {
				c.when = permit
			}
			permits = append(permits, c)
		case !c.unsure:
			forbids = append(forbids, c)
		case aboutPrincipal(c.policy):
			c.when = forbid
			forbids = append(forbids, c)
		}
	}
	return permits, forbids
}

func formulas(list []clause) []*formula {
	out := make([]*formula, len(list))
	for i, c := range list {
		out[i] = c.when
	}
	return out
}

func aboutPrincipal(p *Policy) (found bool) {
	ast.Inspect(ast.NewNode(eval.PolicyToNode(p.ast).AsIsNode()), func(n ast.IsNode) bool {
		if v, ok := n.(ast.NodeTypeVariable); ok && v.Name == "principal" {
			found = true
		}
		return !found
	})
	return found
}

// implies reports whether b can be seen to hold wherever a does. It is not told of every a and b.
func implies(a, b *formula) bool {
	some := func(subs []*formula, f func(*formula) bool) bool { return slices.ContainsFunc(subs, f) }
	every := func(subs []*formula, f func(*formula) bool) bool {
		return !slices.ContainsFunc(subs, func(s *formula) bool { return !f(s) })
	}
	switch {
	case a.op == opAny: // never implies anything
		return every(a.subs, func(s *formula) bool { return implies(s, b) })
	case b.op == opAll:
		return every(b.subs, func(s *formula) bool { return implies(a, s) })
	case a.op == opMaybe || b.op == opMaybe:
		return false
	case a.op == opNot && b.op == opNot:
		return implies(b.subs[0], a.subs[0])
	case a.op == opAll && some(a.subs, func(s *formula) bool { return implies(s, b) }):
		return true
	case b.op == opAny:
		return some(b.subs, func(s *formula) bool { return implies(a, s) })
	case a.op != b.op || a.key != b.key:
		return false
	case a.op == opExists:
		return true
	case a.op == opIn:
		return within(a.values, b.values)
	case a.op == opPrefix:
		return len(a.values[0]) >= len(b.values[0]) && a.values[0][:len(b.values[0])] == b.values[0]
	}
	return false
}

// within reports whether all of the sorted list a is in the sorted list b.
func within(a, b []string) bool {
	for _, v := range a {
		if _, found := slices.BinarySearch(b, v); !found {
			return false
		}
	}
	return true
}
