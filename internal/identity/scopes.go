package identity

import (
	"slices"
	"strings"

	"portico/internal/errs"
	"portico/internal/httpx"
)

// Permissions of identity's own.
var (
	// MeRead is to see what the portal knows of oneself.
	MeRead = httpx.Permission{Name: "portico.me.read", Action: "read"}
	// MeManage is to end one's sessions, and to make and revoke one's tokens.
	MeManage = httpx.Permission{Name: "portico.me.manage", Action: "update"}
	// SettingsRead is to see one's own settings.
	SettingsRead = httpx.Permission{Name: "portico.settings.read", Action: "read"}
	// SettingsManage is to change them.
	SettingsManage = httpx.Permission{Name: "portico.settings.manage", Action: "update"}
	// TokenManage is to make, renew and revoke tokens of services, and to end what somebody holds.
	TokenManage = httpx.Permission{Name: "portico.token.manage", Action: "update"}
	// TokenEnd is for a token to revoke itself.
	TokenEnd = httpx.Permission{Name: "portico.token.end", Action: "delete"}
	// TokenRedeem is to exchange the code of `portico login` for a token.
	TokenRedeem = httpx.Permission{Name: "portico.token.redeem", Action: "create"}
)

// Permissions lists them, for whoever tells callers what they may do.
func Permissions() []httpx.Permission {
	return []httpx.Permission{MeRead, MeManage, SettingsRead, SettingsManage, TokenManage, TokenEnd, TokenRedeem}
}

// ForPeople reports whether a permission is for somebody in their browser, and never for a token, whatever its scopes: what
// makes tokens and ends sessions must not be done by one that leaked.
func ForPeople(p httpx.Permission) bool {
	return p.Name == MeRead.Name || p.Name == MeManage.Name || p.Name == TokenManage.Name
}

// ofPeople reports whether a permission is about what is kept of people who signed in, and of nobody else.
func ofPeople(p httpx.Permission) bool {
	return p.Name == SettingsRead.Name || p.Name == SettingsManage.Name
}

// Scope is a group of permissions that a token may be made for, with words for people.
type Scope struct {
	Name        string   `json:"name"` // "catalog:read"
	Title       string   `json:"title"`
	Permissions []string `json:"permissions"`
}

// scopes are offered in this order. The name of a permission is a scope, too, and opens that one alone.
var scopes = []Scope{
	{"catalog:read", "See the catalog", []string{"catalog.entity.read", "catalog.entity.validate", "catalog.location.read", "ownership.claim.read"}},
	{"catalog:write", "Register, refresh, edit and remove what is in the catalog", []string{
		"catalog.entity.refresh", "catalog.entity.edit", "catalog.entity.delete", "catalog.location.create", "catalog.location.delete", "catalog.location.analyze",
	}},
	{"ownership:write", "Claim for teams, and answer what asks them", []string{"ownership.claim.decide", "ownership.claim.create"}},
	{"sources:read", "See the sources and their problems", []string{"catalog.ingestion.read"}},
	{"sources:manage", "Read sources anew, and decide what is held back", []string{"catalog.ingestion.manage"}},
	{"audit:read", "Read the audit log", []string{"portico.audit.read"}},
}

// Scopes lists the groups of which p may do something.
func Scopes(p *Principal, all []httpx.Permission) []Scope {
	out := []Scope{}
	for _, s := range scopes {
		if slices.ContainsFunc(all, func(perm httpx.Permission) bool { return slices.Contains(s.Permissions, perm.Name) && p.May(perm) }) {
			out = append(out, s)
		}
	}
	return out
}

// Withheld is a group that somebody may not give to a service, and the first permission of it that stands against it.
type Withheld struct {
	Scope
	Permission string `json:"permission"`
	Why        string `json:"why"` // "you may not", "you may not everywhere: the policy …"
}

// ServiceScopes parts the groups into those that p may give to a service and those with which making its token is refused.
// Which service it will be is not known yet: what a policy says of one by its name is found when the token is made.
func ServiceScopes(p *Principal, all []httpx.Permission) (may []Scope, withheld []Withheld) {
	may, withheld = []Scope{}, []Withheld{}
	unnamed := serviceOf("")
next:
	for _, s := range scopes {
		for _, perm := range all {
			if !slices.Contains(s.Permissions, perm.Name) {
				continue
			}
			if why := p.lacks(unnamed, perm); why != "" {
				withheld = append(withheld, Withheld{s, perm.Name, why})
				continue next
			}
		}
		may = append(may, s)
	}
	return may, withheld
}

// ScopeNames are the names of the groups.
func ScopeNames() (names []string) {
	for _, s := range scopes {
		names = append(names, s.Name)
	}
	return names
}

// IsScope reports whether tokens may be made for a scope: a group, or the name of a permission that a token may have.
func IsScope(name string, perm *httpx.Permission) bool {
	return slices.Contains(ScopeNames(), name) || perm != nil && perm.Name == name && scopeFor(*perm) != ""
}

// opens lists the permissions that a scope stands for.
func opens(scope string) []string {
	for _, s := range scopes {
		if s.Name == scope {
			return s.Permissions
		}
	}
	return []string{scope}
}

// scopeFor is the group that has a permission, else the permission's own name; "" where no token may have it.
func scopeFor(perm httpx.Permission) string {
	for _, s := range scopes {
		if slices.Contains(s.Permissions, perm.Name) {
			return s.Name
		}
	}
	if strings.HasPrefix(perm.Name, "portico.token.") || ForPeople(perm) {
		return ""
	}
	return perm.Name
}

// within is what a token with the scopes may do at most: nothing without any, but revoke itself.
func within(list []string) func(httpx.Permission) bool {
	names := map[string]bool{TokenEnd.Name: true}
	for _, s := range list {
		for _, name := range opens(s) {
			names[name] = true
		}
	}
	return func(p httpx.Permission) bool { return names[p.Name] }
}

// checkScopes refuses scopes that are none, and those that are wider than whoever makes the token: for a token of their
// own, where service is "", of which they may do nothing; for one of a service, with which it could do anything that they
// may not. For who has a token of a service acts as that service, whoever made it.
func checkScopes(by *Principal, list []string, all []httpx.Permission, service string) error {
	if len(list) == 0 {
		return errs.WithRemedy(errs.New(errs.Invalid, "a token without a scope could do nothing"), "choose what it is for")
	}
	for i, s := range list {
		if slices.Contains(list[:i], s) {
			return errs.New(errs.Invalid, "the scope %q is given twice", cut(s, 100))
		}
		may, of := 0, 0
		for _, perm := range all {
			if !slices.Contains(opens(s), perm.Name) || scopeFor(perm) == "" {
				continue
			}
			of++
			if by.May(perm) {
				may++
			}
			if service == "" {
				continue
			}
			if err := by.covers(serviceOf(service), perm, s); err != nil {
				return err
			}
		}
		switch {
		case of == 0:
			return errs.WithRemedy(errs.New(errs.Invalid, "there is no scope %q", cut(s, 100)), "GET /api/portico/me/tokens lists them; the name of a permission is one, too")
		case may == 0:
			return errs.WithRemedy(errs.New(errs.Forbidden, "the scope %s is wider than what you may do yourself", s), "leave it out")
		}
	}
	return nil
}

// serviceOf is who a token of a service stands for.
func serviceOf(name string) *Principal {
	return &Principal{Type: "service", Ref: "service:" + name, DisplayName: name, Role: Admin}
}

// covers refuses a scope with which a service could use a permission where the principal may not.
func (p *Principal) covers(service *Principal, perm httpx.Permission, scope string) error {
	why := p.lacks(service, perm)
	if why == "" {
		return nil
	}
	return errs.WithRemedy(errs.New(errs.Forbidden, "the scope %s is wider than what you may do yourself: %s could use the permission %s, and %s", scope, service.Ref, perm.Name, why),
		"leave it out, or have the token made by somebody who may do all of it")
}

// lacks says why the principal may do less with a permission than a service could; "" where they may do as much.
func (p *Principal) lacks(service *Principal, perm httpx.Permission) string {
	d := p.decides().Covers(p.Subject(), service.Subject(), perm)
	switch {
	case !p.May(perm):
		return "you may not"
	case d.Allowed:
		return ""
	case len(d.Because) > 0:
		return "you may not everywhere: " + d.Why()
	}
	return "you may not on all that it could"
}
