package app

import (
	"context"
	"fmt"
	"net/url"
	"strings"
	"time"

	"portico/internal/config"
	"portico/internal/errs"
	"portico/internal/identity"
	"portico/internal/identity/backstage"
	"portico/internal/outbound"
)

// backendURL is the address by which clients call the API.
func (a *App) backendURL() string {
	if given := a.o.Config.Backend.BaseURL; given != "" && !elsewhere(given, a.o.Listener.Addr()) {
		return given
	}
	return a.url
}

// startBackstage makes what Backstage's clients want of the portal.
func (a *App) startBackstage() {
	cfg := a.o.Config.Auth
	keys := &backstage.Keys{DB: a.pool, Keyring: a.keyring, Memory: cfg.KeyStore.Provider == "memory", Log: a.o.Log}
	tokens := &backstage.Tokens{
		Keys: keys, Sessions: a.signIn.Sessions, Issuer: strings.TrimSuffix(a.backendURL(), "/") + "/api/auth",
		Lifetime: cfg.TokenExpiration, Ownership: !cfg.OmitOwnership,
	}
	if ref := a.guestRef(); ref != "" {
		tokens.Guest = &backstage.Guest{Ref: ref, Ownership: []string{ref}}
		if cfg.Guest != nil {
			tokens.Guest.Ownership = cfg.Guest.OwnershipEntityRefs
		}
	}
	a.backstage = &backstage.Handler{Tokens: tokens, Directory: profiles{a.index, a.policies}, Plugins: []string{"auth", "catalog"}}
	for _, p := range a.signIn.Providers {
		a.backstage.Providers = append(a.backstage.Providers, p.ID)
	}
	if !keys.Memory {
		a.background(keys.Run)
	}
}

// origins are those of pages that may be told of a sign-in: exactly those, none by a pattern.
func (a *App) origins() (list []string) {
	cfg := a.o.Config
	for _, base := range []string{a.url, cfg.App.BaseURL, cfg.Backend.BaseURL} {
		if u, err := url.Parse(base); err == nil && u.Host != "" {
			host := strings.ToLower(u.Host)
			if port := map[string]string{"http": ":80", "https": ":443"}[u.Scheme]; port != "" {
				host = strings.TrimSuffix(host, port)
			}
			list = append(list, u.Scheme+"://"+host)
		}
	}
	for _, origin := range cfg.Backend.CORS.Origin {
		if !strings.Contains(origin, "*") {
			list = append(list, origin)
		}
	}
	return append(list, cfg.Auth.ExtraOrigins...)
}

// jwksWithin is how long a client waits for keys to be fetched.
const jwksWithin = 5 * time.Second

// bearers know the tokens that are not static: of users, and of programs that sign their own.
func (a *App) bearers() (list []identity.Bearer, err error) {
	list = append(list, a.backstage.Tokens)
	auth := a.o.Config.Backend.Auth
	var shared backstage.SharedKeys
	for _, k := range auth.Keys {
		shared = append(shared, backstage.SharedKey{Key: config.SharedKeyBytes(k.Secret), Subject: "external:backstage-plugin"})
	}
	for i, e := range auth.ExternalAccess {
		switch {
		case e.Legacy != nil:
			shared = append(shared, backstage.SharedKey{Key: config.SharedKeyBytes(e.Legacy.Secret), Subject: e.Legacy.Subject, Restrictions: restrictionsOf(e.Restrictions)})
		case e.JWKS != nil:
			u, err := url.Parse(e.JWKS.URL)
			if err != nil {
				return nil, errs.Public(errs.Invalid, fmt.Sprintf("backend.auth.externalAccess[%d]: the URL cannot be read", i), err)
			}
			client, err := outbound.New(outbound.Options{
				Allow:     []outbound.Rule{{Host: u.Host, HTTP: u.Scheme == "http", AllowPrivate: isPrivate(a.o.Config.Portico.Reading.AllowPrivateHosts, u.Host), Name: fmt.Sprintf("backend.auth.externalAccess[%d]", i)}},
				UserAgent: "portico/" + a.o.Version, Timeout: jwksWithin, MaxBody: 1 << 20, MaxRedirects: -1,
			})
			if err != nil {
				return nil, err
			}
			a.cleanup(func(context.Context) { client.Close() })
			list = append(list, &backstage.JWKS{
				URL: e.JWKS.URL, Algorithms: e.JWKS.Algorithm, Issuers: e.JWKS.Issuer, Audiences: e.JWKS.Audience, Prefix: e.JWKS.SubjectPrefix,
				Restrictions: restrictionsOf(e.Restrictions), Client: client, Log: a.o.Log,
			})
		}
	}
	return append(list, shared), nil
}

func restrictionsOf(list []config.AccessRestriction) (out []identity.Restriction) {
	for _, r := range list {
		out = append(out, identity.Restriction{Plugin: r.Plugin, Permissions: r.Permission, Actions: r.PermissionAttribute.Action})
	}
	return out
}
