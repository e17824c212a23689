// Package identity decides who makes a request and what they may do.
//
// There are three kinds of caller: whoever presents a static token from backend.auth.externalAccess (a
// service), a browser that signed in (a user; how, is the business of the package signin), and the guest,
// where the configuration or the trial mode lets one in. Everything else is refused.
package identity

import (
	"context"
	"crypto/sha256"
	"fmt"
	"net/http"
	"strings"
	"time"

	"portico/internal/errs"
	"portico/internal/httpx"
)

// Principal is somebody who may make requests.
type Principal struct {
	// Type is "guest", "user" or "service".
	Type string
	// Ref names the caller in logs and in the change log: "user:default/guest", "service:ci".
	Ref string
	// DisplayName is for people.
	DisplayName string
	// Role is what the principal may do at most.
	Role Role
	// Within narrows that to what a token was made for; nil narrows nothing.
	Within func(httpx.Permission) bool
	// Token is what the principal came with, nil for a session and a guest.
	Token *TokenInfo

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

// May reports whether the principal has the permission. It is the one place that knows of scopes.
func (p *Principal) May(perm httpx.Permission) bool {
	return p != nil && p.Role.may(perm) && (p.Within == nil || p.Within(perm)) && (p.Token == nil || !forPeople(perm))
}

// Role is a set of permissions. The zero value has none.
type Role string

// Roles, each with all that the one before it may do.
const (
	Viewer Role = "viewer" // reads what the portal is for
	Author Role = "author" // reads everything, asks for a fresh reading, registers
	Admin  Role = "admin"  // does everything
)

func (r Role) may(p httpx.Permission) bool {
	switch r {
	case Viewer:
		return viewerMay(p)
	case Author:
		return authorMay(p)
	case Admin:
		return true
	}
	return false
}

// viewerMay lets read what the portal is for. Sources and their problems are the operators' rooms: they name
// paths, hosts and repositories, and the texts of files that were never meant to be shown. So is the audit log, which
// names people and where they were.
func viewerMay(p httpx.Permission) bool {
	return p.Action == "read" && p.Name != "catalog.ingestion.read" && p.Name != "portico.audit.read"
}

// authorMay is what everybody who is signed in may do: read everything, ask for a fresh reading, and register. What
// removes, and what decides about sources, is for operators.
func authorMay(p httpx.Permission) bool {
	switch p.Name {
	case "catalog.entity.refresh", "catalog.entity.validate", "catalog.location.create", "catalog.location.analyze",
		MeManage.Name, TokenEnd.Name, TokenRedeem.Name:
		return true
	}
	return p.Action == "read"
}

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
	// kind is refused: errs.Unauthenticated, or errs.Unavailable where it cannot be told now.
	Bearer(ctx context.Context, token string) (*Principal, error)
}

// Gate implements httpx.Gate.
type Gate struct {
	guest    *Principal
	operator *Principal // the guest who sits at the machine; nil where there is none
	tokens   map[[sha256.Size]byte]*Principal
	bearers  []Bearer
	sessions *Sessions // nil where nobody can sign in
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
			return httpx.Caller{Ambient: ambient, Principal: unknown{err}, Unsure: !errs.Is(err, errs.Unauthenticated)}, nil
		}
		return httpx.Caller{}, err
	}
	if p == nil {
		if !needed {
			return httpx.Caller{}, nil
		}
		return httpx.Caller{Claimed: g.sessions != nil && g.sessions.Presented(r)}, errs.WithRemedy(errs.New(errs.Unauthenticated, "nobody is signed in"),
			"send `Authorization: Bearer TOKEN` with a token from backend.auth.externalAccess, or sign in")
	}
	c := httpx.Caller{Name: p.Ref, Ambient: ambient, Principal: p, Watch: p.watch}
	if needed && !p.May(perm) {
		return c, errs.WithRemedy(errs.New(errs.Forbidden, "%s may not do this: it needs the permission %s", p.DisplayName, perm.Name),
			remedyFor(p, perm))
	}
	return c, nil
}

func remedyFor(p *Principal, perm httpx.Permission) string {
	if p.Token != nil && forPeople(perm) {
		return "this is for people in their browser: open the portal and sign in there"
	}
	if p.Token != nil && p.Token.ID != 0 && p.Role.may(perm) {
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
	for _, b := range g.bearers {
		p, err := b.Bearer(r.Context(), token)
		if p != nil && p.Token == nil { // whatever kind it is, it is none of a person's own hands
			other := *p
			other.Token = &TokenInfo{Name: "bearer"}
			p = &other
		}
		if p != nil || err != nil {
			return p, false, err
		}
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
