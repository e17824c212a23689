package config

import (
	"net/netip"
	"net/url"
	"slices"
	"strings"
)

// SignInProvider is a place that knows people, by the protocol OpenID Connect.
type SignInProvider struct {
	ID           string // its key below auth.providers
	Title        string // for people
	Issuer       string
	ClientID     string
	ClientSecret Secret
	CallbackURL  string   // "": worked out from the portal's address
	Scopes       []string // beside openid, profile and email
	Resolvers    []SignInResolver
	Create       *CreateUser // nil unless it is on
	Position     Position
}

// CreateUser says that somebody whom no resolver finds gets a User entity. It is a key of our own.
type CreateUser struct {
	Enabled        bool       `config:"enabled"`
	AllowedDomains StringList `config:"allowedDomains,narrows"` // only e-mail addresses of these make users
}

// SignInResolver leads from somebody whom the provider knows to a User entity. The first that finds one counts.
type SignInResolver struct {
	Resolver       string     `config:"resolver,required"`
	AllowedDomains StringList `config:"allowedDomains,narrows"` // e-mail addresses of other domains match nothing
	// WithoutUser lets in whom the catalog does not have.
	WithoutUser bool `config:"dangerouslyAllowSignInWithoutUserInCatalog"`

	_ struct{} `config:",open"`
}

// The providers that people can sign in with, and what people call them.
var signInTitles = map[string]string{"oidc": "single sign-on", "google": "Google", "okta": "Okta", "gitlab": "GitLab"}

func signInIDs() []string { return []string{"oidc", "okta", "google", "gitlab"} }

// decodeSignIn reads the providers' blocks of the environment that counts.
func (a *Auth) decodeSignIn(d *decoder, providers Node) {
	environment := a.Environment
	if environment == "" {
		environment = "development"
	}
	for _, id := range signInIDs() {
		block := providers.Get(id)
		if !block.Exists() {
			continue
		}
		n := block.Get(environment)
		if !n.Exists() {
			d.warn(block, "write the settings below "+environment+", or name their environment in auth.environment", "it has no settings for the environment %s, so nobody signs in with it", environment)
			continue
		}
		if p, ok := decodeProvider(d, id, n); ok {
			a.SignIn = append(a.SignIn, p)
		}
		delete(a.Providers, id)
	}
}

func decodeProvider(d *decoder, id string, n Node) (SignInProvider, bool) {
	var raw struct {
		ClientID     string     `config:"clientId,required"`
		ClientSecret Secret     `config:"clientSecret,required"`
		MetadataURL  string     `config:"metadataUrl,url"`         // oidc
		Audience     string     `config:"audience"`                // okta, gitlab
		AuthServer   string     `config:"authServerId"`            // okta
		CallbackURL  string     `config:"callbackUrl,url,narrows"` // default: the portal's own address
		Scopes       StringList `config:"additionalScopes"`
		SignIn       struct {
			Resolvers []SignInResolver `config:"resolvers"`
			Create    CreateUser       `config:"createUser"`

			_ struct{} `config:",open"`
		} `config:"signIn"`

		_ struct{} `config:",open"`
	}
	if !d.into(n, &raw) {
		return SignInProvider{}, false
	}
	p := SignInProvider{
		ID: id, Title: signInTitles[id], ClientID: raw.ClientID, ClientSecret: raw.ClientSecret, CallbackURL: raw.CallbackURL,
		Position: n.pos,
	}
	for _, list := range raw.Scopes {
		p.Scopes = append(p.Scopes, strings.Fields(list)...)
	}
	key, issuer := "audience", raw.Audience
	switch id {
	case "oidc":
		key, issuer = "metadataUrl", strings.TrimSuffix(raw.MetadataURL, "/.well-known/openid-configuration")
	case "google":
		issuer = "https://accounts.google.com"
	case "okta":
		if issuer = strings.TrimSuffix(issuer, "/"); issuer != "" && raw.AuthServer != "" {
			issuer += "/oauth2/" + url.PathEscape(raw.AuthServer)
		}
	case "gitlab":
		if issuer = strings.TrimSuffix(issuer, "/"); issuer == "" {
			issuer = "https://gitlab.com"
		}
	}
	p.Issuer = issuer
	if issuer == "" {
		d.faultKey(n, key, "add it", "missing")
		return p, false
	}
	if u, err := url.Parse(issuer); err != nil || u.Scheme != "https" && !loopback(u.Hostname()) {
		d.warn(n.Get(key), "write an address that begins with https://", "without https anybody could answer for the provider, so nobody signs in with it")
		return p, false
	}
	if c := raw.SignIn.Create; c.Enabled {
		if len(c.AllowedDomains) == 0 && anybody(issuer) {
			d.warn(n.Get("signIn").Get("createUser"), "list the domains of your company's addresses in allowedDomains", "anybody can have an account at %s, so nobody who signs in with it becomes a user", issuer)
		} else {
			p.Create = &c
		}
	}
	if p.Resolvers = usable(d, n.Get("signIn").Get("resolvers"), raw.SignIn.Resolvers); len(p.Resolvers) == 0 && p.Create == nil {
		d.warn(n, "name one in signIn.resolvers, for example emailMatchingUserEntityProfileEmail", "no resolver leads to a user of the catalog, so nobody signs in with it")
		return p, false
	}
	return p, true
}

// anybody reports whether an issuer knows others than one company's people.
func anybody(issuer string) bool {
	u, err := url.Parse(issuer)
	if err != nil {
		return true
	}
	switch strings.ToLower(u.Hostname()) {
	case "accounts.google.com", "gitlab.com", "github.com", "appleid.apple.com", "www.facebook.com", "www.linkedin.com":
		return true
	case "login.microsoftonline.com":
		tenant, _, _ := strings.Cut(strings.TrimPrefix(u.Path, "/"), "/")
		return slices.Contains([]string{"common", "organizations", "consumers"}, strings.ToLower(tenant))
	}
	return false
}

// Resolvers that this release knows, by Backstage's names.
const (
	ByEmail     = "emailMatchingUserEntityProfileEmail"
	ByLocalPart = "emailLocalPartMatchingUserEntityName"
	ByUsername  = "preferredUsernameMatchingUserEntityName"
	BySubject   = "oidcSubClaimMatchingUserEntityAnnotation"
)

// usable leaves out, with a warning, the resolvers that must not be used as they are written.
func usable(d *decoder, n Node, list []SignInResolver) (out []SignInResolver) {
	known := []string{ByEmail, ByLocalPart, ByUsername, BySubject}
	for i, r := range list {
		at := n
		if items := n.Items(); len(items) == len(list) {
			at = items[i]
		}
		switch {
		case !slices.Contains(known, r.Resolver):
			d.warn(at, "name one of "+strings.Join(known, ", "), "there is no resolver %q here, so it is left out", r.Resolver)
		case r.Resolver == ByLocalPart && len(r.AllowedDomains) == 0:
			// ann@one.example and ann@two.example are two people.
			d.warn(at, "list the domains of your company's addresses in allowedDomains", "whoever has the same name at any other domain would be let in, so it is left out")
		default:
			out = append(out, r)
		}
	}
	return out
}

func loopback(host string) bool {
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.IsLoopback() || strings.EqualFold(host, "localhost")
}
