package config

import (
	"net/netip"
	"net/url"
	"regexp"
	"slices"
	"strings"
)

// SignInProvider is a place that knows people.
type SignInProvider struct {
	ID           string // its key below auth.providers
	Title        string // for people
	Protocol     SignInProtocol
	Issuer       string // of OpenID Connect; GitHub's address; "" of a proxy
	ClientID     string
	ClientSecret Secret
	CallbackURL  string   // "": worked out from the portal's address
	Scopes       []string // beside those that sign-in needs
	// Params go to the provider with the browser, beside those of the protocol.
	Params map[string]string
	// At GitHub, whose members are let in; none: everybody.
	Organizations, Teams []string
	Proxy                *TrustedProxy // of the protocol ByProxy
	Resolvers            []SignInResolver
	Create               *CreateUser // nil unless it is on
	Position             Position
}

// SignInProtocol is how a provider is asked.
type SignInProtocol int

// The protocols.
const (
	ByOIDC SignInProtocol = iota
	ByGitHub
	ByProxy
)

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
var signInTitles = map[string]string{
	"oidc": "single sign-on", "google": "Google", "okta": "Okta", "gitlab": "GitLab", "microsoft": "Microsoft", "github": "GitHub",
	"oauth2Proxy": "company account", "proxy": "company account",
}

func signInIDs() []string {
	return []string{"oidc", "okta", "google", "gitlab", "microsoft", "github", "oauth2Proxy", "proxy"}
}

// signInInstead says what to use in place of Backstage's other providers.
var signInInstead = map[string]string{
	"atlassian":           "configure auth.providers.oidc with the provider that your Atlassian accounts come from",
	"auth0":               "configure auth.providers.oidc with metadataUrl: https://DOMAIN/",
	"awsalb":              "configure auth.providers.oidc with the provider that the load balancer asks",
	"azureEasyAuth":       "configure auth.providers.microsoft with the tenant's id",
	"bitbucket":           "configure auth.providers.oidc with the provider that your Atlassian accounts come from",
	"bitbucketServer":     "configure auth.providers.oidc with the provider that Bitbucket asks",
	"cfaccess":            "configure auth.providers.oidc with an OIDC application of Cloudflare Access",
	"gcpIap":              "configure auth.providers.google; the portal may stay behind IAP",
	"oauth2":              "configure auth.providers.oidc where the provider speaks OpenID Connect, or put oauth2-proxy before the portal",
	"onelogin":            "configure auth.providers.oidc with metadataUrl: https://NAME.onelogin.com/oidc/2",
	"openshift":           "put oauth2-proxy before the portal, and configure auth.providers.oauth2Proxy",
	"pinniped":            "configure auth.providers.oidc with the address of the federation domain",
	"saml":                "configure auth.providers.oidc: nearly all that speak SAML speak OpenID Connect too",
	"vmwareCloudServices": "configure auth.providers.oidc with metadataUrl: https://console.cloud.vmware.com/csp/gateway/am/api",
}

// decodeSignIn reads the providers' blocks of the environment that counts.
func (a *Auth) decodeSignIn(d *decoder, providers Node) {
	environment := a.environment()
	for _, id := range providers.Keys() {
		n := providers.Get(id)
		switch instead, ok := signInInstead[id]; {
		case id == "guest" || signInTitles[id] != "" || n.Kind() <= Null:
		case ok:
			d.rep.warn(keyPosition(providers, id), n.path, instead, "this way to sign in is not built, so nobody signs in with it")
		default:
			there := append([]string{"guest"}, signInIDs()...)
			remedy := "those that there are: " + strings.Join(there, ", ")
			if meant := Nearest(id, there); meant != "" {
				remedy = "write " + meant + " if that is what you mean; " + remedy
			}
			d.rep.warn(keyPosition(providers, id), n.path, remedy, "there is no such provider, so nobody signs in with it")
		}
	}
	for _, id := range signInIDs() {
		block := providers.Get(id)
		if !block.Exists() {
			continue
		}
		n := block.Get(environment)
		if signInByProxy(id) && block.Get("signIn").Exists() {
			n = block // Backstage reads those of proxies without an environment too
		}
		if !n.Exists() {
			d.warn(block, "write the settings below "+environment+", or name their environment in auth.environment", "it has no settings for the environment %s, so nobody signs in with it", environment)
			continue
		}
		decode := decodeProvider
		if signInByProxy(id) {
			decode = decodeProxy
		}
		if p, ok := decode(d, id, n); ok {
			a.SignIn = append(a.SignIn, p)
		}
		delete(a.Providers, id)
	}
}

func signInByProxy(id string) bool { return id == "oauth2Proxy" || id == "proxy" }

func decodeProvider(d *decoder, id string, n Node) (SignInProvider, bool) {
	var raw struct {
		ClientID      string     `config:"clientId,required"`
		ClientSecret  Secret     `config:"clientSecret,required"`
		MetadataURL   string     `config:"metadataUrl,url"`                   // oidc
		Audience      string     `config:"audience"`                          // okta, gitlab
		AuthServer    string     `config:"authServerId"`                      // okta
		Tenant        string     `config:"tenantId,narrows"`                  // microsoft
		Enterprise    string     `config:"enterpriseInstanceUrl,url,narrows"` // github
		Organizations StringList `config:"allowedOrganizations,narrows"`      // github
		Teams         StringList `config:"allowedTeams,narrows"`              // github
		CallbackURL   string     `config:"callbackUrl,url,narrows"`           // default: the portal's own address
		Scopes        StringList `config:"additionalScopes"`

		Prompt     string            `config:"prompt"`               // oidc
		Params     map[string]string `config:"startUrlSearchParams"` // oidc
		IDP        string            `config:"idp"`                  // okta
		DomainHint string            `config:"domainHint"`           // microsoft
		Duration   Node              `config:"sessionDuration"`

		SignIn struct {
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
	if raw.Duration.Exists() {
		d.warn(raw.Duration, "remove it", "a session ends after 8 hours without a request and after 24 in any case, whatever is written here")
	}
	p.Params = raw.Params
	for param, value := range map[string]string{"prompt": strings.TrimPrefix(raw.Prompt, "auto"), "idp": raw.IDP, "domain_hint": raw.DomainHint} {
		if value != "" {
			if p.Params == nil {
				p.Params = map[string]string{}
			}
			p.Params[param] = value
		}
	}
	for param := range raw.Params {
		if slices.Contains(protocolParams, param) {
			d.fault(n.Get("startUrlSearchParams"), "remove it", "%q is the protocol's own, and checked when the browser comes back", param)
			return p, false
		}
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
	case "microsoft":
		if key, issuer = "tenantId", ""; raw.Tenant != "" && !oneTenant(d, n, raw.Tenant) {
			return p, false
		} else if raw.Tenant != "" {
			issuer = "https://login.microsoftonline.com/" + strings.ToLower(raw.Tenant) + "/v2.0"
		}
	case "github":
		p.Protocol, p.Organizations, p.Teams = ByGitHub, raw.Organizations, raw.Teams
		if key, issuer = "enterpriseInstanceUrl", strings.TrimSuffix(raw.Enterprise, "/"); issuer == "" {
			issuer = "https://github.com"
		}
		if !membership(d, n, p) {
			return p, false
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
	return p, p.decodeSignIn(d, n, raw.SignIn.Resolvers, raw.SignIn.Create)
}

// protocolParams are what the portal itself says to a provider.
var protocolParams = []string{
	"client_id", "code_challenge", "code_challenge_method", "nonce", "redirect_uri", "request", "request_uri", "response_mode", "response_type", "scope", "state",
}

var guid = regexp.MustCompile(`^[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}$`)

// oneTenant refuses what stands for many tenants of Entra ID: there everybody who makes a tenant of their own chooses the
// addresses and names that its tokens say.
func oneTenant(d *decoder, n Node, tenant string) bool {
	at, remedy := n.Get("tenantId"), "write the Directory (tenant) ID that the portal's registration shows, as 11111111-2222-3333-4444-555555555555"
	switch strings.ToLower(tenant) {
	case "common", "organizations", "consumers":
		d.warn(at, remedy, "%s lets in people of tenants that anybody can make, so nobody signs in with it", show(at))
		return false
	}
	if !guid.MatchString(tenant) {
		d.warn(at, remedy, "%s is no tenant's id, by which its tokens name it, so nobody signs in with it", show(at))
		return false
	}
	return true
}

// membership checks the lists of GitHub's organisations and teams. One that is there and empty was meant to narrow.
func membership(d *decoder, n Node, p SignInProvider) bool {
	ok := true
	for key, list := range map[string][]string{"allowedOrganizations": p.Organizations, "allowedTeams": p.Teams} {
		at := n.Get(key)
		if at.Exists() && len(list) == 0 {
			d.warn(at, "name at least one, or remove the key", "the list is empty, so nobody signs in with it")
			ok = false
		}
		for _, name := range list {
			org, team, slash := strings.Cut(name, "/")
			switch {
			case key == "allowedTeams" && (!slash || !githubName.MatchString(org) || !githubName.MatchString(team)):
				d.fault(at, "write organisation/team, as in acme/platform: the last parts of the team's address", "%q is not a team", name)
				ok = false
			case key == "allowedOrganizations" && !githubName.MatchString(name):
				d.fault(at, "write the name in the organisation's address", "%q is not an organisation", name)
				ok = false
			}
		}
	}
	return ok
}

var githubName = regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9_.-]{0,99}$`)

func loopback(host string) bool {
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.IsLoopback() || strings.EqualFold(host, "localhost")
}
