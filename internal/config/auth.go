package config

import (
	"regexp"
	"strings"
)

// BackAuth is backend.auth.
type BackAuth struct {
	// ExternalAccess are the tokens by which other programs call the API.
	ExternalAccess []ExternalAccess `config:"externalAccess"`

	_ struct{} `config:",open"`
}

func (a *BackAuth) checkConfig(d *decoder, n Node) bool {
	if off := n.Get("dangerouslyDisableDefaultAuthPolicy"); off.Text() == "true" {
		d.warn(off, "remove it; to let everybody in, configure auth.providers.guest", "Portico never serves without authentication, so this changes nothing")
	}
	return true
}

// ExternalAccess is one way in for a program. Exactly one of Static, Legacy and JWKS is set.
type ExternalAccess struct {
	Static       *StaticToken
	Legacy       *LegacyToken
	JWKS         *JWKS
	Restrictions []AccessRestriction // none: everything that the subject's permissions allow
	Position     Position
}

// StaticToken is a bearer token as it is sent.
type StaticToken struct {
	Token   Secret `config:"token,required"` // at least 8 characters, no white space
	Subject string `config:"subject,required"`
}

// LegacyToken is a shared key, base64, that signs HS256 tokens.
type LegacyToken struct {
	Secret  Secret `config:"secret,required"`
	Subject string `config:"subject,required"`
}

// JWKS accepts tokens signed by keys that are published at a URL.
type JWKS struct {
	URL           string     `config:"url,required,url"`
	Algorithm     StringList `config:"algorithm,narrows"`
	Issuer        StringList `config:"issuer,narrows"`
	Audience      StringList `config:"audience,narrows"`
	SubjectPrefix string     `config:"subjectPrefix,narrows"`
}

// AccessRestriction limits a token to one plugin, and there to some permissions.
type AccessRestriction struct {
	Plugin              string              `config:"plugin,required"`
	Permission          StringList          `config:"permission,narrows"`
	PermissionAttribute PermissionAttribute `config:"permissionAttribute,narrows"`
}

// PermissionAttribute matches permissions by what they do: create, read, update or delete.
type PermissionAttribute struct {
	Action StringList `config:"action,narrows"`
}

const minToken = 8

func (e *ExternalAccess) decodeConfig(d *decoder, n Node) bool {
	var raw struct {
		Type         string              `config:"type,required,enum=static|legacy|jwks"`
		Options      Node                `config:"options,required"`
		Restrictions []AccessRestriction `config:"accessRestrictions,narrows"`
	}
	if !d.into(n, &raw) {
		return false
	}
	*e = ExternalAccess{Restrictions: raw.Restrictions, Position: n.pos}
	options := raw.Options
	switch raw.Type {
	case "static":
		e.Static = &StaticToken{}
		return d.into(options, e.Static) && checkToken(d, options.Get("token"), e.Static.Token.Reveal()) && checkSubject(d, options)
	case "legacy":
		e.Legacy = &LegacyToken{}
		return d.into(options, e.Legacy) && checkSubject(d, options)
	default:
		e.JWKS = &JWKS{}
		return d.into(options, e.JWKS)
	}
}

func checkToken(d *decoder, n Node, token string) bool {
	switch {
	case strings.ContainsAny(token, " \t\r\n"):
		d.fault(n, "write one without", "the token holds white space")
	case len(token) < minToken:
		d.fault(n, "write a longer one, for example the output of: openssl rand -base64 24", "the token has %d characters, fewer than %d", len(token), minToken)
	default:
		return true
	}
	return false
}

func checkSubject(d *decoder, options Node) bool {
	subject := options.Get("subject")
	if strings.ContainsAny(subject.Text(), " \t\r\n") {
		d.fault(subject, "write a name such as ci-pipeline", "the subject holds white space")
		return false
	}
	return true
}

// Auth is how people sign in.
type Auth struct {
	Environment string          `config:"environment"` // which block of a provider counts; "" is development
	Providers   map[string]Node `config:"providers"`   // those that Portico does not know
	SignIn      []SignInProvider
	Guest       *Guest // nil: nobody enters without signing in

	_ struct{} `config:",open"`
}

// Guest lets everybody in without signing in.
type Guest struct {
	UserEntityRef       string   `config:"userEntityRef"`       // default user:development/guest
	OwnershipEntityRefs []string `config:"ownershipEntityRefs"` // default: the user itself
	OutsideDevelopment  bool     `config:"dangerouslyAllowOutsideDevelopment"`
	Position            Position
	_                   struct{} `config:",open"`
}

var entityRef = regexp.MustCompile(`^(?:[A-Za-z][\w-]*:)?(?:[\w.-]+/)?[\w.-]+$`)

func (a *Auth) checkConfig(d *decoder, n Node) bool {
	delete(a.Providers, "guest")
	providers := n.Get("providers")
	a.decodeSignIn(d, providers)
	guest := providers.Get("guest")
	switch {
	case guest.Kind() == Null:
		d.rep.warn(keyPosition(providers, "guest"), guest.path, "write guest: {} to let guests in, or remove the key", "empty, so there is no guest access")
	case guest.Exists():
		g := &Guest{UserEntityRef: "user:development/guest", Position: guest.pos}
		if d.into(guest, g) {
			a.Guest = g
		}
	}
	return true
}

func (g *Guest) checkConfig(d *decoder, n Node) bool {
	ok := true
	check := func(n Node) {
		if n.Exists() && !entityRef.MatchString(n.Text()) {
			d.fault(n, "write for example user:default/guest", "%s is not an entity reference", show(n))
			ok = false
		}
	}
	check(n.Get("userEntityRef"))
	for _, ref := range n.Get("ownershipEntityRefs").Items() {
		check(ref)
	}
	if len(g.OwnershipEntityRefs) == 0 {
		g.OwnershipEntityRefs = []string{g.UserEntityRef}
	}
	return ok
}
