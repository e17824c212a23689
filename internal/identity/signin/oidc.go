package signin

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"portico/internal/outbound"
)

// OIDC is an OpenID Connect provider. Its fields do not change once it is in use.
type OIDC struct {
	Issuer       string
	ClientID     string
	ClientSecret string
	CallbackURL  string
	Scopes       []string // beside openid, profile and email
	// Params go to the provider with the browser. None is one of the protocol's.
	Params map[string]string
	// Entra says that the issuer is one tenant of Entra ID, whose tokens say otherwise what others say.
	Entra bool
	// Private lets the hosts that it names be inside the operator's network.
	Private func(host string) bool
	// Setting is where the operator wrote it, for what is logged.
	Setting string

	mu      sync.Mutex
	found   *discovered
	retryAt time.Time
	lastErr error
}

// discovered is what the provider says of itself.
type discovered struct {
	provider *oidc.Provider
	issuer   string // as it writes it
	client   *http.Client
	iss      bool // it names itself in every answer (RFC 9207)
	at       time.Time
}

const (
	// Discovery is repeated after this time, in case that addresses changed.
	rediscover = 24 * time.Hour
	// A provider that does not answer is not asked again for this time.
	discoverPause = 2 * time.Second
)

// signingAlgs are what an ID token may be signed with: everything with a public key. A secret that we share with
// the provider, or no signature, proves nothing.
var signingAlgs = []string{
	oidc.RS256, oidc.RS384, oidc.RS512, oidc.ES256, oidc.ES384, oidc.ES512, oidc.PS256, oidc.PS384, oidc.PS512, oidc.EdDSA,
}

// discover reads the provider's metadata, once: a provider that is down must not keep the portal from starting.
func (p *OIDC) discover(ctx context.Context) (*discovered, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := time.Now()
	if p.found != nil && now.Sub(p.found.at) < rediscover {
		return p.found, nil
	}
	if now.Before(p.retryAt) {
		if p.found != nil {
			return p.found, nil
		}
		return nil, p.lastErr
	}
	// Whoever waits behind the lock is not to suffer from a browser that goes away.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), answerWithin)
	defer cancel()
	d, err := p.ask(ctx)
	if err == nil {
		d.at, p.found = now, d
		return d, nil
	}
	p.retryAt, p.lastErr = time.Now().Add(discoverPause), err
	if p.found != nil {
		return p.found, nil // better a day old than none
	}
	return nil, err
}

func (p *OIDC) ask(ctx context.Context) (*discovered, error) {
	first, err := p.client([]string{p.Issuer})
	if err != nil {
		return nil, err
	}
	issuer := p.Issuer
	found, err := oidc.NewProvider(oidc.ClientContext(ctx, first), issuer)
	// Some write their issuer with a slash at the end, which the address of their metadata does not show.
	var other *oidc.IssuerMismatchError
	if errors.As(err, &other) && other.Discovered == issuer+"/" {
		issuer = other.Discovered
		found, err = oidc.NewProvider(oidc.ClientContext(ctx, first), issuer)
	}
	if err != nil {
		return nil, err
	}
	var said struct {
		Token    string   `json:"token_endpoint"`
		Auth     string   `json:"authorization_endpoint"`
		UserInfo string   `json:"userinfo_endpoint"`
		Keys     string   `json:"jwks_uri"`
		Algs     []string `json:"id_token_signing_alg_values_supported"`
		Iss      bool     `json:"authorization_response_iss_parameter_supported"`
	}
	if err := found.Claims(&said); err != nil {
		return nil, err
	}
	reached := []string{p.Issuer}
	used := []string{said.Token, said.Keys, said.Auth}
	if said.UserInfo != "" { // it need not have one
		used = append(used, said.UserInfo)
	}
	for _, address := range used {
		if err := checkEndpoint(p.Issuer, address); err != nil {
			return nil, err
		}
		if address != said.Auth { // only the browser goes there
			reached = append(reached, address)
		}
	}
	client, err := p.client(reached)
	if err != nil {
		return nil, err
	}
	// A provider that the metadata describes, with a client that reaches all that they name.
	algs := slices.DeleteFunc(said.Algs, func(alg string) bool { return !slices.Contains(signingAlgs, alg) })
	if len(algs) == 0 {
		algs = []string{oidc.RS256}
	}
	full := (&oidc.ProviderConfig{
		IssuerURL: issuer, AuthURL: said.Auth, TokenURL: said.Token, UserInfoURL: said.UserInfo, JWKSURL: said.Keys, Algorithms: algs,
	}).NewProvider(oidc.ClientContext(context.WithoutCancel(ctx), client))
	return &discovered{provider: full, issuer: issuer, client: client, iss: said.Iss}, nil
}

func checkEndpoint(issuer, address string) error {
	if u, err := url.Parse(address); err != nil || u.Host == "" || u.Scheme != "https" && !strings.HasPrefix(issuer, "http://") {
		return errors.New("the metadata lacks an endpoint, or names one without https: " + outbound.Shown(address))
	}
	return nil
}

// client reaches the hosts of the addresses and nothing else.
func (p *OIDC) client(addresses []string) (*http.Client, error) {
	c, err := reach(addresses, p.Private, p.Setting, answerWithin)
	if err != nil {
		return nil, err
	}
	return c.HTTP(), nil
}

func (p *OIDC) callback() string { return p.CallbackURL }

func (p *OIDC) oauth(d *discovered) *oauth2.Config {
	return &oauth2.Config{
		ClientID: p.ClientID, ClientSecret: p.ClientSecret, RedirectURL: p.CallbackURL, Endpoint: d.provider.Endpoint(),
		Scopes: append([]string{oidc.ScopeOpenID, "profile", "email"}, p.Scopes...),
	}
}

// authorize is where the browser goes.
func (p *OIDC) authorize(ctx context.Context, f flow) (string, error) {
	d, err := p.discover(ctx)
	if err != nil {
		return "", failedFor(codeProvider, err)
	}
	var params []oauth2.AuthCodeOption
	for name, value := range p.Params {
		params = append(params, oauth2.SetAuthURLParam(name, value))
	}
	return p.oauth(d).AuthCodeURL(f.state, append(params, oidc.Nonce(f.nonce()), oauth2.S256ChallengeOption(f.verifier()))...), nil
}

// redeem exchanges the code for what the provider says of the person, and checks all of it.
func (p *OIDC) redeem(r *http.Request, f flow) (Person, error) {
	ctx, code, iss := r.Context(), r.URL.Query().Get("code"), r.URL.Query().Get("iss")
	d, err := p.discover(ctx)
	if err != nil {
		return Person{}, failedFor(codeProvider, err)
	}
	if iss != "" && iss != d.issuer || iss == "" && d.iss {
		return Person{}, failed(codeRefused, "the answer names the issuer %q, not %q", iss, d.issuer)
	}
	ctx = oidc.ClientContext(ctx, d.client)
	token, err := p.oauth(d).Exchange(ctx, code, oauth2.VerifierOption(f.verifier()))
	if err != nil {
		var answer *oauth2.RetrieveError
		if !errors.As(err, &answer) {
			return Person{}, failedFor(codeProvider, err)
		}
		fault := codeRefused
		if answer.Response.StatusCode >= http.StatusInternalServerError {
			fault = codeProvider
		}
		// The body may repeat what we sent; its error code is enough.
		return Person{}, failed(fault, "the provider does not redeem the code: status %d, error %q", answer.Response.StatusCode, answer.ErrorCode)
	}
	raw, _ := token.Extra("id_token").(string)
	if raw == "" {
		return Person{}, failed(codeRefused, "the provider sent no ID token")
	}
	id, err := d.provider.VerifierContext(ctx, &oidc.Config{ClientID: p.ClientID}).Verify(ctx, raw)
	if err != nil {
		return Person{}, failedFor(codeRefused, err)
	}
	var c claims
	if err := id.Claims(&c); err != nil {
		return Person{}, failedFor(codeRefused, err)
	}
	if err := p.check(id, c, f); err != nil {
		return Person{}, err
	}
	if (c.Email == "" || c.Username == "") && d.provider.UserInfoEndpoint() != "" {
		if err := c.complete(ctx, d, token, id.Subject); err != nil {
			return Person{}, err
		}
	}
	return c.person(p.Entra, d.issuer, id.Subject), nil
}

// check is what go-oidc leaves to its user. It has checked issuer, audience, signature and expiry.
func (p *OIDC) check(id *oidc.IDToken, c claims, f flow) error {
	switch {
	case id.Subject == "" || len(id.Subject) > 255:
		return failed(codeRefused, "the ID token has no subject that can be used")
	case !equal(id.Nonce, f.nonce()):
		return failed(codeRefused, "the ID token is of another sign-in: its nonce differs")
	case c.AuthorizedParty != "" && c.AuthorizedParty != p.ClientID, len(id.Audience) > 1 && c.AuthorizedParty == "":
		return failed(codeRefused, "the ID token was made for the client %q", c.AuthorizedParty)
	case id.IssuedAt.After(time.Now().Add(5 * time.Minute)):
		return failed(codeRefused, "the ID token is of the future; compare the clocks")
	}
	return nil
}

// claims are what we read of an ID token or of the userinfo endpoint.
type claims struct {
	AuthorizedParty string   `json:"azp"`
	Email           string   `json:"email"`
	EmailVerified   verified `json:"email_verified"`
	Username        string   `json:"preferred_username"`
	Name            string   `json:"name"`
	Picture         string   `json:"picture"`
	// Entra ID's own: who it is in the whole tenant, where a guest is at home, and whether the tenant owns the domain
	// of the address.
	ObjectID    string          `json:"oid"`
	Home        string          `json:"idp"`
	DomainOwned json.RawMessage `json:"xms_edov"`
}

// verified is true where the provider says so, as a boolean or, as some do, as a string.
type verified bool

func (v *verified) UnmarshalJSON(b []byte) error {
	*v = string(b) == "true" || string(b) == `"true"`
	return nil
}

// complete asks for what the ID token does not say.
func (c *claims) complete(ctx context.Context, d *discovered, token *oauth2.Token, subject string) error {
	info, err := d.provider.UserInfo(ctx, oauth2.StaticTokenSource(token))
	if err != nil {
		return failedFor(codeProvider, err)
	}
	if info.Subject != subject {
		return failed(codeRefused, "the userinfo endpoint speaks of another subject")
	}
	var more claims
	if err := info.Claims(&more); err != nil {
		return failedFor(codeRefused, err)
	}
	if c.Email == "" {
		c.Email, c.EmailVerified = more.Email, more.EmailVerified
	}
	if c.Username == "" {
		c.Username = more.Username
	}
	if c.Name == "" {
		c.Name = more.Name
	}
	return nil
}

func (c *claims) person(entra bool, issuer, subject string) Person {
	p := Person{Issuer: issuer, Subject: subject, ID: subject, Username: c.Username, Name: c.Name, Picture: c.Picture}
	verified := bool(c.EmailVerified)
	if entra {
		p.ID, verified = c.ObjectID, c.entraVerified(issuer)
	}
	if verified {
		p.Email = c.Email
	} else {
		p.Unverified = c.Email
	}
	return p
}

// entraVerified judges an address of Entra ID, which has no email_verified. In a tenant its administrators alone set the
// addresses of its own people. Those of guests come from elsewhere, and nobody checked them. Where the application asks
// for the claim xms_edov, it decides.
func (c *claims) entraVerified(issuer string) bool {
	switch strings.Trim(string(c.DomainOwned), `"`) {
	case "":
		return c.Home == "" || c.Home == issuer
	case "true", "1":
		return true
	}
	return false
}
