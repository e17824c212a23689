package app

import (
	"context"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"portico/internal/config"
	"portico/internal/errs"
	"portico/internal/identity"
	"portico/internal/identity/backstage"
	"portico/internal/outbound"
	"portico/internal/secret"
	"portico/internal/secret/keyring"
)

// sealed are the columns that hold sealed values.
var sealed = []keyring.Column{backstage.Sealed}

// keyFile is the operator's key of a private PostgreSQL, beside its data.
const keyFile = "portico.key"

// hideSecrets takes those of the configuration out of what is logged from here on, and of errors that are answered.
func (a *App) hideSecrets() {
	a.net.Add(a.o.Config.Secrets()...)
	for _, keys := range []secret.Text{a.o.Key, a.o.Config.Portico.Secrets.Key} {
		for key := range strings.FieldsSeq(keys.Reveal()) {
			a.net.Add(secret.New(key))
		}
	}
	if u, err := url.Parse(a.o.DatabaseURL); err == nil && u.User != nil {
		password, _ := u.User.Password()
		a.net.Add(secret.New(password))
	}
	a.o.Log = slog.New(a.net.Handler(a.o.Log.Handler()))
}

// operatorKeys are those that seal data keys: of PORTICO_KEY, of the configuration, or of the file beside the private
// PostgreSQL, which is made where create is true. None is no error: a portal may have nothing to seal.
func (a *App) operatorKeys(create bool) (secret.Keys, error) {
	switch configured := a.o.Config.Portico.Secrets.Key; {
	case a.o.Key.IsSet():
		return secret.ParseKeys(a.o.Key)
	case configured.IsSet():
		return secret.ParseKeys(configured)
	case a.o.PrivatePostgres == "":
		return secret.Keys{}, nil
	}
	path := filepath.Join(a.o.PrivatePostgres, keyFile)
	text, err := os.ReadFile(path)
	if os.IsNotExist(err) && create {
		text, err = makeKeyFile(path)
	}
	if os.IsNotExist(err) {
		return secret.Keys{}, nil
	}
	if err != nil {
		return secret.Keys{}, errs.WithRemedy(errs.Public(errs.Unavailable, "the key file "+path+" cannot be read: "+cause(err), err), "let the portal's user read it")
	}
	a.net.Add(secret.New(string(text)))
	keys, err := secret.ParseKeys(secret.New(string(text)))
	if err == nil && !keys.IsSet() {
		err = errs.WithRemedy(errs.New(errs.Invalid, "the key file %s is empty", path), "put it back from a backup; if there was never anything in it, remove it, and the portal makes another")
	}
	return keys, err
}

// makeKeyFile writes a key where there is none, whole or not at all.
func makeKeyFile(path string) ([]byte, error) {
	f, err := os.CreateTemp(filepath.Dir(path), keyFile+".new-") // 0600
	if err != nil {
		return nil, err
	}
	defer os.Remove(f.Name())
	_, err = fmt.Fprintln(f, secret.NewKey())
	if err == nil {
		err = f.Sync()
	}
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	if err != nil {
		return nil, err
	}
	if err := os.Link(f.Name(), path); err != nil && !os.IsExist(err) { // somebody else's stays
		return nil, err
	}
	return os.ReadFile(path)
}

// startSecrets finds the operator's keys. A key that does not open what is sealed stops the portal; to have none does not.
func (a *App) startSecrets(ctx context.Context) error {
	keys, err := a.operatorKeys(true)
	if err != nil {
		return err
	}
	a.keyring = &keyring.Keyring{DB: a.pool, Keys: keys}
	if err := a.keyring.Check(ctx); err != nil && (keys.IsSet() || !errs.Is(err, errs.Unavailable)) {
		return err
	} else if err != nil {
		a.o.Log.Warn("secrets in the database cannot be opened; there are no tokens for Backstage's clients", "error", errs.Sentence(err), "remedy", errs.Remedy(err))
	}
	return nil
}

// Secrets gives fn the keyring of the configured database, and the columns that are sealed, without starting a portal.
func Secrets(ctx context.Context, o Options, fn func(*keyring.Keyring, []keyring.Column) error) error {
	return withDatabase(ctx, o, "the secrets", func(a *App) error {
		keys, err := a.operatorKeys(false)
		if err != nil {
			return err
		}
		return fn(&keyring.Keyring{DB: a.pool, Keys: keys}, sealed)
	})
}

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
