package app

import (
	"cmp"
	"context"
	"encoding/json"
	"net/url"
	"strings"

	"portico/internal/catalog"
	"portico/internal/catalog/index"
	"portico/internal/config"
	"portico/internal/errs"
	"portico/internal/identity"
	"portico/internal/identity/audit"
	"portico/internal/identity/signin"
)

// startSignIn makes the providers of the configuration ways in. Without any there are no sessions.
func (a *App) startSignIn(context.Context) error {
	a.signIn = &signin.Handler{
		Sessions: &identity.Sessions{DB: a.pool, Record: audit.Session}, Store: &signin.Store{DB: a.pool}, Directory: directory{a.index},
		Newcomers: newcomers{a.store, a.index}, Origins: a.origins(), Log: a.o.Log, Denied: a.denials.Note,
	}
	cfg := a.o.Config
	if len(cfg.Auth.SignIn) == 0 {
		return nil
	}
	base := a.backendURL()
	u, err := url.Parse(base)
	if err != nil {
		return errs.Public(errs.Invalid, "the portal's own address is not a URL", err)
	}
	if u.Scheme != "https" && !loopback(u.Hostname()) {
		return errs.WithRemedy(errs.New(errs.Invalid, "auth.providers: people cannot sign in at %s, where everybody between them and the portal reads along", base),
			"put https before the portal, and write its https:// address into app.baseUrl and backend.baseUrl")
	}
	a.signIn.Sessions.Secure = u.Scheme == "https"
	private := cfg.Portico.Reading.AllowPrivateHosts
	for _, c := range cfg.Auth.SignIn {
		if c.CallbackURL == "" {
			c.CallbackURL = strings.TrimSuffix(base, "/") + "/api/auth/" + c.ID + "/handler/frame"
		}
		p := &signin.Provider{
			ID: c.ID, Title: c.Title, Protocol: protocolOf(c, func(host string) bool { return isPrivate(private, host) }), Resolvers: resolversOf(c),
		}
		if c.Create != nil {
			p.Create = &signin.Creation{Domains: c.Create.AllowedDomains}
		}
		a.signIn.Providers = append(a.signIn.Providers, p)
	}
	return nil
}

func loopback(host string) bool {
	return len(namesElsewhere([]string{"http://" + bracketed(host)})) == 0
}

func bracketed(host string) string {
	if strings.Contains(host, ":") {
		return "[" + host + "]"
	}
	return host
}

func protocolOf(c config.SignInProvider, private func(host string) bool) signin.Protocol {
	setting := "auth.providers." + c.ID
	switch c.Protocol {
	case config.ByGitHub:
		return &signin.GitHub{
			URL: c.Issuer, ClientID: c.ClientID, ClientSecret: c.ClientSecret.Reveal(), CallbackURL: c.CallbackURL, Scopes: c.Scopes,
			Organizations: c.Organizations, Teams: c.Teams, Private: private, Setting: setting,
		}
	case config.ByProxy:
		p := c.Proxy
		return &signin.Proxy{
			ID: c.ID, Peers: p.Peers, Secret: p.Secret.Reveal(), SecretHeader: p.SecretHeader,
			User: p.UserHeader, Username: p.UsernameHeader, Email: p.EmailHeader, SignOutURL: p.SignOutURL,
		}
	}
	return &signin.OIDC{
		Issuer: c.Issuer, ClientID: c.ClientID, ClientSecret: c.ClientSecret.Reveal(), CallbackURL: c.CallbackURL, Scopes: c.Scopes,
		Params: c.Params, Entra: c.ID == "microsoft", Private: private, Setting: setting,
	}
}

// resolvers are what those of Backstage's names compare, and with what unless that is the provider's own.
var resolvers = map[string]signin.Resolver{
	config.ByEmail:             {By: signin.Email},
	config.ByLocalPart:         {By: signin.LocalPart},
	config.ByAnnotatedEmail:    {By: signin.Email},
	config.ByLogin:             {By: signin.Username, Pinned: true},
	config.ByUsername:          {By: signin.Username, Pinned: true},
	config.ByID:                {By: signin.ID},
	config.BySubject:           {By: signin.ID, Annotation: "oidc.io/sub"},
	config.ByForwardedUser:     {By: signin.ID},
	config.ByForwardedUsername: {By: signin.Username, Pinned: true},
}

// annotations are Backstage's, for addresses and for ids.
var annotations = map[string]map[string]string{
	config.ByAnnotatedEmail: {"okta": "okta.com/email", "google": "google.com/email", "microsoft": "microsoft.com/email"},
	config.ByID:             {"github": "github.com/user-id", "microsoft": "graph.microsoft.com/user-id"},
}

func resolversOf(c config.SignInProvider) (out []signin.Resolver) {
	for _, written := range c.Resolvers {
		r := resolvers[written.Resolver]
		if key, ok := annotations[written.Resolver][c.ID]; ok {
			r.Annotation = key
		}
		if u, err := url.Parse(c.Issuer); err == nil && written.Resolver == config.ByID && c.ID == "gitlab" {
			r.Annotation = u.Hostname() + "/user-id" // each GitLab numbers its people; no annotation has a port
		}
		r.Domains, r.WithoutUser = written.AllowedDomains, written.WithoutUser
		out = append(out, r)
	}
	return out
}

// directory answers sign-in's questions from the read model.
type directory struct{ index *index.Index }

// user is what is read of a User entity.
type user struct {
	Metadata struct {
		Name, Title string
		Annotations map[string]string
	}
	Spec struct {
		Profile struct{ DisplayName, Email, Picture string }
	}
}

func (u user) named(ref string) signin.User {
	return signin.User{
		Ref: ref, DisplayName: cmp.Or(u.Spec.Profile.DisplayName, u.Metadata.Title, u.Metadata.Name),
		Made: catalog.MadeBySignIn(u.Metadata.Annotations["backstage.io/managed-by-origin-location"]),
	}
}

func (d directory) UsersByName(name string) []signin.User {
	doc := d.index.Snapshot().ByRef("user:default/"+name, nil)
	if doc == nil {
		return nil
	}
	var u user
	if err := json.Unmarshal(doc.JSON(), &u); err != nil {
		return nil
	}
	return []signin.User{u.named(doc.Ref())}
}

func (d directory) UsersByEmail(email string) []signin.User {
	return d.matching("spec.profile.email", email, func(u user) bool { return strings.EqualFold(u.Spec.Profile.Email, email) })
}

func (d directory) UsersByAnnotation(key, value string) []signin.User {
	return d.matching("metadata.annotations."+key, value, func(u user) bool { return u.Metadata.Annotations[key] == value })
}

// matching asks the index, which knows no case, and then looks: two people's subjects may differ in case alone.
func (d directory) matching(key, value string, is func(user) bool) (found []signin.User) {
	if value == "" || strings.ContainsAny(value, ", \t\r\n") {
		return nil // such a value would be several conditions
	}
	filter, err := index.ParseFilters([]string{"kind=user," + key + "=" + value})
	if err != nil {
		return nil
	}
	const enough = 100 // one is a match, two are too many; the rest differ in case
	docs, _, err := d.index.Snapshot().List(index.Filters{Filter: filter}, nil, 0, enough, nil)
	if err != nil {
		return nil
	}
	for _, doc := range docs {
		var u user
		if json.Unmarshal(doc.JSON(), &u) == nil && is(u) {
			found = append(found, u.named(doc.Ref()))
		}
	}
	return found
}
