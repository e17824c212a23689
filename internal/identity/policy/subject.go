package policy

import (
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/cedar-policy/cedar-go/types"

	"portico/internal/errs"
	"portico/internal/httpx"
)

// The roles that ship with the portal.
const (
	Viewer   = "viewer"
	Author   = "author"
	Owner    = "owner"
	Operator = "operator"
	Admin    = "admin"
)

var roleNames = []string{Viewer, Author, Owner, Operator, Admin}

// implied are the roles that a role includes.
var implied = map[string][]string{Author: {Viewer}, Operator: {Author, Viewer}, Admin: {Operator, Author, Viewer}}

// Subject is who asks, as the door knows them.
type Subject struct {
	Type string // "user", "service" or "guest"
	Ref  string // user:default/ana, service:ci
	// Role is what the door gives: a role by name; for users and guests the configuration may say another.
	Role string
}

// Assignments say who has which role.
type Assignments struct {
	Roles    map[string][]string // refs of users, groups and services by role
	SignedIn []string            // roles of everybody who is signed in; nil: author
	Guest    []string            // roles of a guest; nil: viewer
}

func (a Assignments) custom() (names []string) {
	for name := range a.Roles {
		names = append(names, name)
	}
	names = slices.Concat(names, a.SignedIn, a.Guest)
	slices.Sort(names)
	return slices.Compact(names)
}

// rolesOf lists the roles of a subject with groups, those included in others too, in a stable order.
func (a Assignments) rolesOf(s Subject, groups []string) []string {
	given := []string{s.Role}
	switch {
	case s.Role == Admin: // a guest at the machine, a token of the configuration
	case s.Type == "user" && s.Role == Author && a.SignedIn != nil:
		given = slices.Clone(a.SignedIn)
	case s.Type == "guest" && s.Role == Viewer && a.Guest != nil:
		given = slices.Clone(a.Guest)
	}
	refs := append([]string{fold(s.Ref)}, groups...)
	if s.Type != "guest" { // anybody can be that
		for role, members := range a.Roles {
			if slices.ContainsFunc(members, func(m string) bool { return slices.Contains(refs, fold(m)) }) {
				given = append(given, role)
			}
		}
	}
	return withImplied(given)
}

func withImplied(given []string) (out []string) {
	for _, role := range given {
		if role != "" {
			out = append(append(out, role), implied[role]...)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// Directory knows who belongs to which groups.
type Directory interface {
	// Groups lists the groups that a user belongs to and those above them, by refs in lower case.
	Groups(user string) []string
	// Version is another one whenever an answer of Groups may be.
	Version() uint64
}

// facts are all that decisions about a subject hang on, and what was worked out from them. But for version they never
// change.
type facts struct {
	rules  *rules
	uid    types.EntityUID
	roles  []string
	groups []string // that they own by, themselves included
	entity types.Entity

	version atomic.Uint64

	mu         sync.Mutex
	possible   map[httpx.Permission]Decision
	translated map[string][]clause // by the name of a permission about entities
	with       map[string]*facts   // the same with one role more

	viewing    sync.Mutex
	view       *View
	unviewable error // why there is no view
}

func uidOf(s Subject) types.EntityUID {
	t := typeUser
	switch s.Type {
	case "service":
		t = typeService
	case "guest":
		t = typeGuest
	}
	return types.NewEntityUID(t, types.String(fold(s.Ref)))
}

func newFacts(r *rules, s Subject, roles, groups []string) *facts {
	f := &facts{rules: r, uid: uidOf(s), roles: roles, groups: groups, possible: map[httpx.Permission]Decision{}, translated: map[string][]clause{}, with: map[string]*facts{}}
	var parents []types.EntityUID
	for _, role := range roles {
		parents = append(parents, types.NewEntityUID(typeRole, types.String(role)))
	}
	for _, g := range groups {
		parents = append(parents, types.NewEntityUID(typeGroup, types.String(g)))
	}
	_, name, _ := strings.Cut(fold(s.Ref), "/")
	f.entity = types.Entity{
		UID: f.uid, Parents: types.NewEntityUIDSet(parents...),
		Attributes: types.NewRecord(types.RecordMap{"name": types.String(name)}),
	}
	return f
}

// scene is what Cedar looks entities up in.
type scene struct {
	*facts
	action types.Entity
	res    *Resource
}

// Get implements types.EntityGetter.
func (s *scene) Get(uid types.EntityUID) (types.Entity, bool) {
	switch {
	case uid == s.uid:
		return s.entity, true
	case uid.Type == typeAction && uid == s.action.UID:
		return s.action, true
	case s.res != nil && uid == s.res.uid():
		return s.res.cedar(), true
	}
	return types.Entity{}, false
}

func actionOf(p httpx.Permission) types.Entity {
	e := types.Entity{UID: types.NewEntityUID(typeAction, types.String(p.Name))}
	if p.Action != "" {
		e.Parents = types.NewEntityUIDSet(types.NewEntityUID(typeAction, types.String(p.Action)))
	}
	return e
}

// ParseSubject reads a ref as somebody who asks: user:default/ana, service:ci, or guest. Errors are errs.Invalid.
func ParseSubject(ref string) (Subject, error) {
	switch low := fold(ref); {
	case low == "guest":
		return Subject{Type: "guest", Ref: "user:default/guest", Role: Viewer}, nil
	case strings.HasPrefix(low, "user:") && entityRef.MatchString(low):
		return Subject{Type: "user", Ref: low, Role: Author}, nil
	case strings.HasPrefix(low, "service:") && len(low) > len("service:"):
		return Subject{Type: "service", Ref: ref, Role: Admin}, nil
	}
	return Subject{}, errs.WithRemedy(errs.New(errs.Invalid, "%.80q is nobody who could ask", ref), "write user:default/ana, service:ci, or guest")
}
