// Package identity decides who makes a request and what they may do.
//
// There are three kinds of caller: whoever presents a static token from backend.auth.externalAccess (a
// service), a browser that signed in (a user; how, is the business of the package signin), and the guest,
// where the configuration or the trial mode lets one in. Everything else is refused.
package identity

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"portico/internal/errs"
	"portico/internal/httpx"
	"portico/internal/identity/policy"
)

// Principal is somebody who may make requests.
type Principal struct {
	// Type is "guest", "user" or "service".
	Type string
	// Ref names the caller in logs and in the change log: "user:default/guest", "service:ci".
	Ref string
	// DisplayName is for people.
	DisplayName string
	// Account is the account of a user who was let in without a User, whom the ref alone does not tell from others of the name;
	// else 0.
	Account int64
	// Role is what the door gives. Policies and assignments of the configuration may give more, or take from it.
	Role Role
	// Within narrows that to what a token was made for; nil narrows nothing.
	Within func(httpx.Permission) bool
	// Token is what the principal came with, nil for a session and a guest.
	Token *TokenInfo

	rules Rules                               // nil: those that ship
	watch func(end func(error)) (stop func()) // calls end when what let them in ends; nil: it does not
}

// TokenInfo says which token somebody came with. One of the configuration has no ID.
type TokenInfo struct {
	ID        int64
	Name      string
	Scopes    []string
	ExpiresAt time.Time
}

// person is somebody who signed in, or a token of theirs.
func person(ref, displayName string) *Principal {
	return &Principal{Type: "user", Ref: ref, DisplayName: displayName, Role: Author}
}

// Subject is the principal as policies know it.
func (p *Principal) Subject() policy.Subject {
	return policy.Subject{Type: p.Type, Ref: p.Ref, Role: string(p.Role)}
}

// PersonSubject is somebody who signs in, by the ref of their User, as policies know them.
func PersonSubject(ref string) policy.Subject { return person(ref, "").Subject() }

// May reports whether there can be anything on which the principal may use the permission. Whether they may on one
// entity is a question of its own, where the permission is about entities.
func (p *Principal) May(perm httpx.Permission) bool {
	return p != nil && p.Reaches(perm) && p.decides().Allow(p.Subject(), perm).Allowed
}

// MayOn reports whether the principal may use the permission on an entity, or, where res is nil, on the portal. The
// error is errs.Forbidden and says why not, and who may.
func (p *Principal) MayOn(perm httpx.Permission, res *policy.Resource) error {
	switch {
	case p == nil:
		return errs.WithRemedy(errs.New(errs.Forbidden, "nobody is signed in"), "sign in")
	case p.CanOn(perm, res):
		return nil
	}
	return p.refused(perm, res)
}

// ForbiddenOn returns an errs.Forbidden where a policy forbids the principal the permission on an entity, and nil also where
// none permits it or their token was not made for it.
func (p *Principal) ForbiddenOn(perm httpx.Permission, res *policy.Resource) error {
	if p == nil {
		return p.MayOn(perm, res)
	}
	d := p.decides().Decide(p.Subject(), perm, res)
	if d.Allowed || len(d.Because) == 0 {
		return nil
	}
	return errs.New(errs.Forbidden, "%s may not use the permission %s there, and %s", p.DisplayName, perm.Name, d.Why())
}

// CanOn is MayOn without the reasons.
func (p *Principal) CanOn(perm httpx.Permission, res *policy.Resource) bool {
	return p != nil && p.Reaches(perm) && p.decides().Decide(p.Subject(), perm, res).Allowed
}

// Reaches reports whether what the principal came with may be used for the permission. It is the one place that knows of scopes
// and of what is for people alone.
func (p *Principal) Reaches(perm httpx.Permission) bool {
	return (p.Within == nil || p.Within(perm)) && (p.Token == nil || !ForPeople(perm)) && (p.Type == "user" || !ofPeople(perm))
}

func (p *Principal) decides() Rules {
	if p.rules == nil {
		return policy.Default()
	}
	return p.rules
}

// Rules decide what principals may do: policy.Engine.
type Rules interface {
	// Decide is about one entity, or the portal where res is nil.
	Decide(s policy.Subject, perm httpx.Permission, res *policy.Resource) policy.Decision
	// Allow is about anything that there can be.
	Allow(s policy.Subject, perm httpx.Permission) policy.Decision
	// Covers is about everything on which another may use it.
	Covers(s, other policy.Subject, perm httpx.Permission) policy.Decision
	// RolesThat lists the roles that would allow what is denied.
	RolesThat(s policy.Subject, perm httpx.Permission, res *policy.Resource) []string
}

// Role is what the door gives to whom it lets in; see package policy for what each may do.
type Role string

// Roles that the door gives.
const (
	Viewer Role = policy.Viewer
	Author Role = policy.Author
	Admin  Role = policy.Admin
)

// Guest lets in everyone who can reach the portal.
type Guest struct {
	// Ref is the entity that stands for the guest: "user:default/guest".
	Ref string
	// Operator gives every right to a guest whose request comes straight from this machine. Without
	// it a guest reads.
	Operator bool
}

// StaticToken is one entry of backend.auth.externalAccess with type static.
type StaticToken struct {
	Token   string
	Subject string
	// Restrictions narrow what the token may do; none means everything.
	Restrictions []Restriction
}

// Restriction allows the permissions of one plugin, as Backstage's accessRestrictions.
type Restriction struct {
	Plugin      string   // "catalog": the first part of a permission's name
	Permissions []string // exact names; empty: all of the plugin
	Actions     []string // "read", "create", "update", "delete"; empty: all
}

// Bearer knows the tokens of one kind.
type Bearer interface {
	// Bearer returns whom the token stands for, nil where it is none of this kind. An error says why a token of this
	// kind is refused: errs.Unauthenticated, or errs.Unavailable where it cannot be told now; then the others are asked.
	Bearer(ctx context.Context, token string) (*Principal, error)
}

// Gate implements httpx.Gate.
type Gate struct {
	guest    *Principal
	operator *Principal // the guest who sits at the machine; nil where there is none
	tokens   map[[sha256.Size]byte]*Principal
	bearers  []Bearer
	sessions *Sessions // nil where nobody can sign in

	// Rules decide what those may do who come in; nil: the policies that ship.
	Rules Rules
}

// NewGate builds the gate. Tokens are kept as digests only. sessions is nil where nobody can sign in. What is no static
// token is shown to the bearers in their order.
func NewGate(guest *Guest, tokens []StaticToken, sessions *Sessions, bearers ...Bearer) (*Gate, error) {
	g := &Gate{tokens: make(map[[sha256.Size]byte]*Principal, len(tokens)), sessions: sessions, bearers: bearers}
	if guest != nil {
		g.guest = &Principal{Type: "guest", Ref: guest.Ref, DisplayName: "Guest", Role: Viewer}
		if guest.Operator {
			g.operator = &Principal{Type: "guest", Ref: guest.Ref, DisplayName: "Guest", Role: Admin}
		}
	}
	for i, t := range tokens {
		if len(t.Token) < 8 {
			return nil, errs.New(errs.Invalid, "backend.auth.externalAccess[%d]: the token is shorter than 8 characters", i)
		}
		key := sha256.Sum256([]byte(t.Token))
		if _, dup := g.tokens[key]; dup {
			return nil, errs.New(errs.Invalid, "backend.auth.externalAccess[%d]: the same token is given twice", i)
		}
		g.tokens[key] = &Principal{
			Type: "service", Ref: "service:" + t.Subject, DisplayName: t.Subject, Role: Admin, Within: restricted(t.Restrictions),
			Token: &TokenInfo{Name: t.Subject},
		}
	}
	return g, nil
}

func restricted(rs []Restriction) func(httpx.Permission) bool {
	if len(rs) == 0 {
		return nil
	}
	return func(p httpx.Permission) bool {
		plugin, _, _ := strings.Cut(p.Name, ".")
		for _, r := range rs {
			if r.Plugin == plugin && oneOf(r.Permissions, p.Name) && oneOf(r.Actions, p.Action) {
				return true
			}
		}
		return false
	}
}

func oneOf(list []string, v string) bool {
	for _, s := range list {
		if s == v {
			return true
		}
	}
	return len(list) == 0
}

// Admit implements httpx.Gate.
func (g *Gate) Admit(r *http.Request, a httpx.Access) (httpx.Caller, error) {
	perm, needed := a.Permission()
	p, ambient, err := g.authenticate(r)
	if err != nil {
		if !needed {
			return httpx.Caller{Ambient: ambient, Principal: unknown{err}, Unsure: !errs.Is(err, errs.Unauthenticated) && !errors.Is(err, httpx.ErrGuess)}, nil
		}
		return httpx.Caller{}, err
	}
	if p == nil {
		if !needed {
			return httpx.Caller{}, nil
		}
		return httpx.Caller{Claimed: g.sessions != nil && g.sessions.Presented(r)}, errs.WithRemedy(errs.New(errs.Unauthenticated, "nobody is signed in"),
			"send `Authorization: Bearer TOKEN` with a token that you make at /settings/tokens, or with one from backend.auth.externalAccess; or sign in")
	}
	p = p.under(g.Rules)
	c := httpx.Caller{Name: p.Ref, Ambient: ambient, Principal: p, Watch: p.watch}
	if needed && !p.May(perm) {
		return c, p.refused(perm, nil)
	}
	return c, nil
}

func (p *Principal) under(r Rules) *Principal {
	if r == nil {
		return p
	}
	ruled := *p
	ruled.rules = r
	return &ruled
}

// refused says that the principal may not use the permission, why, and who may.
func (p *Principal) refused(perm httpx.Permission, res *policy.Resource) error {
	if p.Type != "user" && ofPeople(perm) {
		return errs.WithRemedy(errs.New(errs.Forbidden, "%s has no settings: they are kept of people who signed in, and of nobody else", p.DisplayName),
			"sign in; a guest's are kept in their browser")
	}
	if !p.Reaches(perm) {
		return errs.WithRemedy(errs.New(errs.Forbidden, "%s may not do this: it needs the permission %s, which the token was not made for", p.DisplayName, perm.Name),
			remedyFor(p, perm))
	}
	d := p.decides().Allow(p.Subject(), perm)
	if res != nil {
		d = p.decides().Decide(p.Subject(), perm, res)
	}
	remedy := remedyFor(p, perm)
	if p.Type == "service" {
		remedy = "ask whoever writes the policies of this portal"
	}
	if roles := p.decides().RolesThat(p.Subject(), perm, res); len(roles) > 0 {
		remedy += "; it takes the role " + strings.Join(roles, " or ")
	}
	return errs.WithRemedy(errs.New(errs.Forbidden, "%s may not do this: it needs the permission %s, and %s", p.DisplayName, perm.Name, d.Why()), remedy)
}

func remedyFor(p *Principal, perm httpx.Permission) string {
	if p.Token != nil && ForPeople(perm) {
		return "this is for people in their browser: open the portal and sign in there"
	}
	if p.Token != nil && p.Token.ID != 0 && p.decides().Allow(p.Subject(), perm).Allowed {
		if s := scopeFor(perm); s != "" {
			return fmt.Sprintf("make a token with the scope %s, and use it instead", s)
		}
		return "no token may do this"
	}
	switch p.Type {
	case "guest":
		return "a guest only reads the catalog; sign in, or use a token from backend.auth.externalAccess"
	case "user":
		return "ask whoever runs this portal to do it, or use a token from backend.auth.externalAccess"
	}
	return fmt.Sprintf("widen accessRestrictions of the token of %q in backend.auth.externalAccess", p.DisplayName)
}

// authenticate finds the caller. A token that is presented but not known is refused even where a
// guest could come in: whoever sends one means to be somebody. A cookie is sent by the browser, and means
// nothing once its session is over.
func (g *Gate) authenticate(r *http.Request) (p *Principal, ambient bool, err error) {
	header := r.Header["Authorization"]
	if len(header) == 0 {
		if g.sessions != nil {
			if p, err := g.sessions.Of(r); p != nil || err != nil {
				return p, true, err
			}
		}
		if g.operator != nil && !forwarded(r.Header) {
			return g.operator, true, nil
		}
		return g.guest, true, nil
	}
	scheme, token, _ := strings.Cut(header[0], " ")
	if !strings.EqualFold(scheme, "Bearer") || token == "" || len(header) > 1 {
		return nil, false, errs.WithRemedy(errs.New(errs.Unauthenticated, "the Authorization header is not of the form `Bearer TOKEN`"), "send one such header")
	}
	if p, ok := g.tokens[sha256.Sum256([]byte(token))]; ok {
		return p, false, nil
	}
	var untold error // of a bearer that cannot tell now; one of the others may know the token
	for _, b := range g.bearers {
		p, err := b.Bearer(r.Context(), token)
		if p != nil && p.Token == nil { // whatever kind it is, it is none of a person's own hands
			other := *p
			other.Token = &TokenInfo{Name: "bearer"}
			p = &other
		}
		switch {
		case p != nil || err != nil && !errs.Is(err, errs.Unavailable):
			return p, false, err
		case err != nil && (untold == nil || errors.Is(untold, httpx.ErrGuess)): // while one is away it is no guess
			untold = err
		}
	}
	if untold != nil {
		return nil, false, untold
	}
	return nil, false, errs.WithRemedy(errs.New(errs.Unauthenticated, "this token is not known here"),
		"check it against backend.auth.externalAccess; it may have been replaced")
}

// forwarded reports whether a proxy passed the request on: then whoever makes it need not be at this machine, although
// the connection comes from there.
func forwarded(h http.Header) bool {
	for _, name := range forwardingHeaders {
		if len(h[name]) > 0 {
			return true
		}
	}
	return false
}

// forwardingHeaders are in the form that net/http gives them.
var forwardingHeaders = []string{"Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Real-Ip", "Via"}

// HasGuest reports whether anyone may come in without signing in.
func (g *Gate) HasGuest() bool { return g.guest != nil }

// unknown stands for a caller of a public route whom the database could not name.
type unknown struct{ err error }

// Unknown says why it cannot be told now who makes the request, nil where it can.
func Unknown(ctx context.Context) error {
	u, _ := httpx.CallerOf(ctx).Principal.(unknown)
	if errs.Is(u.err, errs.Unauthenticated) {
		return nil // a token that is none: that is told
	}
	return u.err
}

// Of returns the principal of a request, nil when nobody is signed in.
func Of(ctx context.Context) *Principal {
	p, _ := httpx.CallerOf(ctx).Principal.(*Principal)
	return p
}
