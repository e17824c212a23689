package policy

import (
	"fmt"
	"iter"
	"strconv"
	"strings"

	"github.com/cedar-policy/cedar-go"
	"github.com/cedar-policy/cedar-go/types"
	"github.com/cedar-policy/cedar-go/x/exp/eval"

	"portico/internal/httpx"
)

// Decision is whether something is allowed, and by which policies.
type Decision struct {
	Allowed bool
	// Because are the policies that decided: those that permit, or those that forbid. None permits what is denied
	// without any.
	Because []*Policy
}

// Why is the decision in words: `the policy "viewer" permits it ((shipped):9): reads …`, "no policy permits it".
func (d Decision) Why() string {
	if len(d.Because) == 0 {
		return "no policy permits it"
	}
	verb := "forbids"
	if d.Allowed {
		verb = "permits"
	}
	const most = 3
	parts := make([]string, min(len(d.Because), most))
	for i, p := range d.Because[:len(parts)] {
		name, at := strconv.Quote(p.ID), " ("+p.At()+")"
		if p.ID == p.At() || strings.HasSuffix(p.ID, "/"+p.At()) {
			name, at = "at "+p.At(), ""
		}
		parts[i] = "the policy " + name + " " + verb + " it" + at
		if p.Words != "" {
			parts[i] += ": " + p.Words
		}
	}
	if more := len(d.Because) - most; more > 0 {
		parts = append(parts, fmt.Sprintf("and %d more", more))
	}
	return strings.Join(parts, "; ")
}

// Decide reports whether a subject may use a permission on an entity, or, where res is nil, on the portal. Of a permission
// that is not about one entity, the entity does not matter.
func (e *Engine) Decide(s Subject, p httpx.Permission, res *Resource) Decision {
	g := e.current.Load()
	return g.factsOf(e, s).decide(p, res)
}

func (f *facts) decide(p httpx.Permission, res *Resource) Decision {
	switch known, ok := ByName(p.Name); {
	case ok && !known.Entity:
		return f.anywhere(p) // on the portal, of which there is one: the answer is kept
	case ok && res != nil:
		return f.on(p, res)
	}
	return f.ask(p, res, f.rules.of(p.Name, p.Action))
}

// clause is a policy, and of which entities it speaks, for somebody and a permission.
type clause struct {
	policy *Policy
	when   *formula
	unsure bool // a part of when must be asked of Cedar
}

// clauses translates the policies about a permission once; those that can never apply are left out.
func (f *facts) clauses(p httpx.Permission) []clause {
	f.mu.Lock()
	defer f.mu.Unlock()
	list, ok := f.translated[p.Name]
	if ok {
		return list
	}
	for _, pol := range f.rules.of(p.Name, p.Action) {
		t := f.translator(p)
		when, err := t.policy(pol)
		if err != nil { // nothing is an error where Cedar can be asked
			when, t.unsure = &formula{op: opMaybe, ask: func(r *Resource) bool { return len(f.ask(p, r, []*Policy{pol}).Because) > 0 }}, true
		}
		if !when.isNever() { // never is never, whatever the rest is
			list = append(list, clause{pol, when, t.unsure})
		}
	}
	f.translated[p.Name] = list
	return list
}

// on decides about an entity by the very conditions that lists are filtered by. Cedar is asked of those alone that no
// filter has.
func (f *facts) on(p httpx.Permission, res *Resource) Decision {
	var permits, forbids []*Policy
	for _, c := range f.clauses(p) {
		switch {
		case !c.when.holds(res):
		case c.policy.Permit:
			permits = append(permits, c.policy)
		default:
			forbids = append(forbids, c.policy)
		}
	}
	if len(forbids) > 0 {
		return Decision{Because: forbids}
	}
	return Decision{Allowed: len(permits) > 0, Because: permits}
}

// applying iterates policies as Cedar wants them.
type applying []*Policy

// All implements cedar.PolicyIterator.
func (a applying) All() iter.Seq2[cedar.PolicyID, *cedar.Policy] {
	return func(yield func(cedar.PolicyID, *cedar.Policy) bool) {
		for _, p := range a {
			if !yield(cedar.PolicyID(p.ID), p.cedar) {
				return
			}
		}
	}
}

// ask lets Cedar decide. A policy that fails does not apply; that of validated policies only arithmetic can.
func (f *facts) ask(p httpx.Permission, res *Resource, policies []*Policy) Decision {
	s := &scene{facts: f, action: actionOf(p), res: res}
	uid := portal
	if res != nil {
		uid = res.uid()
	}
	ok, diag := cedar.Authorize(applying(policies), s, cedar.Request{Principal: f.uid, Action: s.action.UID, Resource: uid})
	d := Decision{Allowed: bool(ok)}
	for _, r := range diag.Reasons {
		d.Because = append(d.Because, f.rules.byID[r.PolicyID])
	}
	return d
}

func (f *facts) translator(p httpx.Permission) *translator {
	s := &scene{facts: f, action: actionOf(p)}
	return &translator{facts: f, action: s.action, groups: f.groups, env: eval.Env{
		Entities: s, Principal: f.uid, Action: s.action.UID, Resource: types.NewEntityUID(typeEntity, ""), Context: types.Record{},
	}}
}

// Allow reports whether there can be anything on which a subject may use a permission: what a route asks before its
// resource is known.
func (e *Engine) Allow(s Subject, p httpx.Permission) Decision {
	g := e.current.Load()
	return g.factsOf(e, s).anywhere(p)
}

func (f *facts) anywhere(p httpx.Permission) Decision {
	f.mu.Lock()
	d, ok := f.possible[p]
	f.mu.Unlock()
	if ok {
		return d
	}
	if ofEntity(p.Name) {
		d = f.possibly(p)
	} else {
		d = f.ask(p, nil, f.rules.of(p.Name, p.Action))
	}
	if _, known := ByName(p.Name); known {
		f.mu.Lock()
		f.possible[p] = d
		f.mu.Unlock()
	}
	return d
}

// possibly decides where every policy's condition on the entity may or may not hold.
func (f *facts) possibly(p httpx.Permission) Decision {
	var permits, forbids []*Policy
	for _, c := range f.clauses(p) {
		switch {
		case c.policy.Permit:
			permits = append(permits, c.policy)
		case !c.unsure && c.when.isAlways():
			forbids = append(forbids, c.policy)
		}
	}
	if len(forbids) > 0 {
		return Decision{Because: forbids}
	}
	return Decision{Allowed: len(permits) > 0, Because: permits}
}
