package policy

import (
	"fmt"
	"strings"

	"portico/internal/httpx"
)

// Explanation says why somebody may, or may not.
type Explanation struct {
	Principal  string     `json:"principal"`
	Permission string     `json:"permission"`
	Entity     string     `json:"entity,omitempty"` // ref; "" where the question is whether there can be any
	Allowed    bool       `json:"allowed"`
	Why        string     `json:"why"` // a sentence for people
	Policies   []Deciding `json:"policies"`
	Roles      []string   `json:"roles"`  // of the principal
	Groups     []string   `json:"groups"` // refs by which the principal owns
	WouldAllow []string   `json:"wouldAllow,omitempty"`
}

// Deciding is a policy that decided.
type Deciding struct {
	ID     string `json:"id"`
	Effect string `json:"effect"` // permit or forbid
	At     string `json:"at"`     // file:line
	Words  string `json:"words,omitempty"`
}

// Explain decides as Decide does, or, where res is nil, as Allow does, and says why.
func (e *Engine) Explain(s Subject, p httpx.Permission, res *Resource) Explanation {
	return e.current.Load().factsOf(e, s).explain(s, p, res)
}

func (f *facts) explain(s Subject, p httpx.Permission, res *Resource) Explanation {
	d := f.onThatOrAnything(p, res)
	x := Explanation{
		Principal: s.Ref, Permission: p.Name, Allowed: d.Allowed, Policies: []Deciding{},
		Roles: append([]string{}, f.roles...), Groups: append([]string{}, f.groups...),
	}
	if res != nil {
		x.Entity = res.Ref
	}
	for _, pol := range d.Because {
		effect := "forbid"
		if pol.Permit {
			effect = "permit"
		}
		x.Policies = append(x.Policies, Deciding{pol.ID, effect, pol.At(), pol.Words})
	}
	verb, on := "may", ""
	if !d.Allowed {
		verb = "may not"
		x.WouldAllow = f.rolesThat(s, p, res)
	}
	switch {
	case res != nil:
		on = " on " + res.Ref
	case ofEntity(p.Name) && d.Allowed:
		on = " on some entities, or on all"
	case ofEntity(p.Name):
		on = " on any entity"
	}
	x.Why = fmt.Sprintf("%s %s use %s%s: %s", s.Ref, verb, p.Name, on, d.Why())
	if len(x.WouldAllow) > 0 {
		x.Why += "; with the role " + strings.Join(x.WouldAllow, " or ") + " it would be allowed"
	}
	return x
}
