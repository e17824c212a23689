package config

import (
	"cmp"
	"encoding/base64"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"
)

// BackAuth is backend.auth.
type BackAuth struct {
	// ExternalAccess are the tokens by which other programs call the API.
	ExternalAccess []ExternalAccess `config:"externalAccess"`
	// Keys are shared keys in their old form. Whoever signs with one may do everything.
	Keys []SharedKey `config:"keys"`

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

// SharedKey is a key, base64, that signs HS256 tokens.
type SharedKey struct {
	Secret Secret `config:"secret,required"`

	_ struct{} `config:",open"`
}

func (k *SharedKey) checkConfig(d *decoder, n Node) bool {
	return checkShared(d, n.Get("secret"), k.Secret)
}

// checkShared leaves out what is no base64, or too short to keep anybody from guessing it.
func checkShared(d *decoder, n Node, text Secret) bool {
	key, err := base64.StdEncoding.DecodeString(padded(text.Reveal()))
	switch {
	case err != nil:
		d.warn(n, "write the output of: openssl rand -base64 24", "the secret is not base64, so it is left out")
	case len(key) < minShared:
		d.warn(n, "write the output of: openssl rand -base64 24", "the secret has %d bytes, fewer than %d, and could be guessed, so it is left out", len(key), minShared)
	default:
		return true
	}
	return false
}

const minShared = 16

// padded makes standard base64 of what may be without its end, or in the form for URLs.
func padded(text string) string {
	text = strings.NewReplacer("-", "+", "_", "/").Replace(strings.TrimRight(text, "="))
	return text + strings.Repeat("=", (4-len(text)%4)%4)
}

// SharedKeyBytes is the key that the text of a [SharedKey] or a [LegacyToken] stands for.
func SharedKeyBytes(text Secret) []byte {
	key, _ := base64.StdEncoding.DecodeString(padded(text.Reveal())) // it was checked
	return key
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
		return d.into(options, e.Legacy) && checkShared(d, options.Get("secret"), e.Legacy.Secret) && checkSubject(d, options)
	default:
		e.JWKS = &JWKS{}
		return d.into(options, e.JWKS) && checkJWKS(d, options, e.JWKS)
	}
}

// checkJWKS leaves out what would let in more than whoever wrote it can have meant.
func checkJWKS(d *decoder, options Node, j *JWKS) bool {
	if u, err := url.Parse(j.URL); err != nil || u.Scheme != "https" && !loopback(u.Hostname()) {
		d.warn(options.Get("url"), "write an address that begins with https://", "without https anybody could answer with keys of their own, so this entry is left out")
		return false
	}
	if len(j.Audience) == 0 {
		d.warn(options, "add audience, the one that tokens for this portal are made for", "every token of that issuer, for whatever it was made, would be let in, so this entry is left out")
		return false
	}
	for _, alg := range j.Algorithm {
		if !slices.Contains(keyAlgorithms, alg) {
			d.warn(options.Get("algorithm"), "write some of "+strings.Join(keyAlgorithms, ", "), "%q does not sign with a key that can be published, so this entry is left out", scrub(alg))
			return false
		}
	}
	return true
}

// keyAlgorithms sign with keys whose other half can be published.
var keyAlgorithms = []string{"RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"}

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

	TokenExpiration time.Duration `config:"backstageTokenExpiration"`        // of users' tokens; from 10m to 24h, default 1h
	TokenAlgorithm  string        `config:"identityTokenAlgorithm"`          // ES256, whatever is written
	OmitOwnership   bool          `config:"omitIdentityTokenOwnershipClaim"` // default true
	ExtraOrigins    StringList    `config:"experimentalExtraAllowedOrigins"` // that a sign-in in a pop-up window may answer to
	KeyStore        KeyStore      `config:"keyStore"`

	_ struct{} `config:",open"`
}

// KeyStore is where the keys are that sign users' tokens.
type KeyStore struct {
	Provider string `config:"provider"` // "" and "database", or "memory"

	_ struct{} `config:",open"`
}

// The bounds of auth.backstageTokenExpiration.
const (
	minTokenExpiration = 10 * time.Minute
	maxTokenExpiration = 24 * time.Hour
)

// checkTokens keeps what is written of users' tokens within what there is.
func (a *Auth) checkTokens(d *decoder, n Node) {
	if e := a.TokenExpiration; e < minTokenExpiration || e > maxTokenExpiration {
		a.TokenExpiration = min(max(e, minTokenExpiration), maxTokenExpiration)
		d.warn(n.Get("backstageTokenExpiration"), "write from 10 minutes to 24 hours", "%s is not possible, so it is %s", e, a.TokenExpiration)
	}
	if alg := n.Get("identityTokenAlgorithm"); alg.Exists() && a.TokenAlgorithm != "ES256" {
		d.warn(alg, "remove it", "tokens are signed with ES256, so this changes nothing")
		a.TokenAlgorithm = "ES256"
	}
	switch store := n.Get("keyStore").Get("provider"); a.KeyStore.Provider {
	case "", "database", "memory":
	default:
		d.warn(store, "remove it, or write database or memory", "%s is not a key store here, so keys are in the database", show(store))
		a.KeyStore.Provider = "database"
	}
	var origins StringList
	for _, o := range a.ExtraOrigins {
		origin, ok := originOf(o)
		if !ok || strings.Contains(origin, "*") {
			d.warn(n.Get("experimentalExtraAllowedOrigins"), "write for example https://other.example.com", "%q is not one origin, so it is left out", scrub(o))
			continue
		}
		origins = append(origins, origin)
	}
	a.ExtraOrigins = origins
}

// Guest lets everybody in without signing in.
type Guest struct {
	UserEntityRef       string   `config:"userEntityRef"`       // default user:development/guest
	OwnershipEntityRefs []string `config:"ownershipEntityRefs"` // default: the user itself
	// OutsideDevelopment lets guests in whatever auth.environment is.
	OutsideDevelopment bool `config:"dangerouslyAllowOutsideDevelopment"`
	Position           Position
	_                  struct{} `config:",open"`
}

var entityRef = regexp.MustCompile(`^(?:[A-Za-z][\w-]*:)?(?:[\w.-]+/)?[\w.-]+$`)

func (a *Auth) checkConfig(d *decoder, n Node) bool {
	delete(a.Providers, "guest")
	a.checkTokens(d, n)
	providers := n.Get("providers")
	a.decodeSignIn(d, providers)
	guest := providers.Get("guest")
	switch {
	case guest.Kind() == Null:
		d.rep.warn(keyPosition(providers, "guest"), guest.path, "write guest: {} to let guests in, or remove the key", "empty, so there is no guest access")
	case guest.Exists():
		g := &Guest{UserEntityRef: "user:development/guest", Position: guest.pos}
		if !d.into(guest, g) {
			break
		}
		if env := a.environment(); env != development && !g.OutsideDevelopment {
			d.rep.warn(keyPosition(providers, "guest"), guest.path, "remove it, or write dangerouslyAllowOutsideDevelopment: true below it, and everybody who can reach the portal reads the catalog",
				"auth.environment is %s, and guests are for development, so nobody comes in as a guest", scrub(env))
			break
		}
		a.Guest = g
	}
	return true
}

const development = "development"

// environment is which block of a provider counts.
func (a *Auth) environment() string { return cmp.Or(a.Environment, development) }

// Notices are the warnings, and what hangs on where the portal listens, which the command line may have said.
func (c *Config) Notices() []Problem {
	how := c.reachedFromElsewhere()
	if c.Auth.Guest == nil || how == "" {
		return c.Warnings
	}
	remedy := "remove it once people can sign in, or listen on 127.0.0.1"
	if c.Auth.Guest.OutsideDevelopment {
		remedy = "dangerouslyAllowOutsideDevelopment asks for that; remove both if it was not meant"
	}
	return inOrder(append(slices.Clone(c.Warnings), Problem{c.Auth.Guest.Position, "auth.providers.guest", how + ", and everybody who can reach the portal reads the catalog without signing in", remedy}))
}

// reachedFromElsewhere says by what others than this machine may reach the portal, or "".
func (c *Config) reachedFromElsewhere() string {
	switch host := c.Backend.Listen.Host; {
	case host == "":
		return "the portal listens on every interface"
	case !loopback(host):
		return "the portal listens on " + scrub(host)
	}
	for _, base := range []string{c.App.BaseURL, c.Backend.BaseURL} {
		if u, err := url.Parse(base); err == nil && base != "" && !loopback(u.Hostname()) {
			return "the portal's address is " + scrub(u.Hostname())
		}
	}
	return ""
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
