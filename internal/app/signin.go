package app

import (
	"context"
	"encoding/json"
	"net/url"
	"strings"

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
		Sessions: &identity.Sessions{DB: a.pool, Record: audit.Session}, Store: &signin.Store{DB: a.pool}, Directory: directory{a.index}, Newcomers: newcomers{a.store, a.index}, Log: a.o.Log,
		Denied: a.denials.Note,
	}
	cfg := a.o.Config
	if len(cfg.Auth.SignIn) == 0 {
		return nil
	}
	base := a.url
	if given := cfg.Backend.BaseURL; given != "" && !elsewhere(given, a.o.Listener.Addr()) {
		base = given
	}
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
		p := &signin.Provider{
			ID: c.ID, Title: c.Title, Issuer: c.Issuer, ClientID: c.ClientID, ClientSecret: c.ClientSecret.Reveal(), Scopes: c.Scopes,
			CallbackURL: c.CallbackURL, Resolvers: resolversOf(c.Resolvers), Setting: "auth.providers." + c.ID,
			Private: func(host string) bool { return isPrivate(private, host) },
		}
		if c.Create != nil {
			p.Create = &signin.Creation{Domains: c.Create.AllowedDomains}
		}
		if p.CallbackURL == "" {
			p.CallbackURL = strings.TrimSuffix(base, "/") + "/api/auth/" + c.ID + "/handler/frame"
		}
		a.signIn.Providers = append(a.signIn.Providers, p)
	}
	a.background(a.signIn.Sessions.Follow)
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

var resolvers = map[string]signin.By{
	config.ByEmail: signin.Email, config.ByLocalPart: signin.LocalPart, config.ByUsername: signin.Username, config.BySubject: signin.Subject,
}

func resolversOf(list []config.SignInResolver) (out []signin.Resolver) {
	for _, r := range list {
		out = append(out, signin.Resolver{By: resolvers[r.Resolver], Domains: r.AllowedDomains, WithoutUser: r.WithoutUser})
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
		Profile struct{ DisplayName, Email string }
	}
}

func (u user) named(ref string) signin.User {
	for _, name := range []string{u.Spec.Profile.DisplayName, u.Metadata.Title} {
		if name != "" {
			return signin.User{Ref: ref, DisplayName: name}
		}
	}
	return signin.User{Ref: ref, DisplayName: u.Metadata.Name}
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
