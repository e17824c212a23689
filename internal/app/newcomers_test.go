package app

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"portico/internal/config"
	"portico/internal/errs"
	"portico/internal/identity"
	"portico/internal/identity/signin"
	"portico/internal/pg"
	"portico/internal/pg/pgtest"
)

const arrivalsConfig = `
auth:
  providers:
    guest: {userEntityRef: "user:default/Visitor", dangerouslyAllowOutsideDevelopment: true}
    oidc:
      development:
        metadataUrl: http://127.0.0.1:1/.well-known/openid-configuration
        clientId: portico
        clientSecret: a-secret-of-tests
        signIn: {createUser: {enabled: true, allowedDomains: [marrowby.example]}}
portico:
  reading: {allowPrivateHosts: ["127.0.0.1:1"]}
  policies: {paths: [./rules.cedar], roles: {admin: ["user:default/erin"], owner: ["group:default/pilots"]}}
catalog:
  rules: [{allow: [User, Group, Component]}]
  locations: [{type: file, target: ./people.yaml}]
`

const arrivalsPeople = `
apiVersion: backstage.io/v1alpha1
kind: Group
metadata: {name: pilots}
spec: {type: team, children: [], members: [frank]}
---
apiVersion: backstage.io/v1alpha1
kind: Component
metadata: {name: tide-table}
spec: {type: website, lifecycle: production, owner: "user:gina"}
---
apiVersion: backstage.io/v1alpha1
kind: Group
metadata: {name: other, namespace: elsewhere}
spec: {type: team, children: [], members: [hugo]}
`

const theRealDana = `---
apiVersion: backstage.io/v1alpha1
kind: User
metadata: {name: dana}
spec: {profile: {displayName: The real Dana}, memberOf: [pilots]}
`

// arriving is a portal that makes users of who signs in.
type arriving struct {
	*App
	t      *testing.T
	pool   *pg.Pool
	people string // the file
}

func newArriving(t *testing.T) *arriving {
	t.Helper()
	dsn, dir := pgtest.DSN(t), t.TempDir()
	w := &arriving{t: t, people: filepath.Join(dir, "people.yaml")}
	file := filepath.Join(dir, "app-config.yaml")
	for name, text := range map[string]string{
		file: arrivalsConfig, w.people: arrivalsPeople,
		filepath.Join(dir, "rules.cedar"): `permit (principal == User::"user:default/ivan", action, resource);`,
	} {
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	cfg, err := config.Load(config.Options{Files: []string{file}, RequireFiles: true})
	if err != nil {
		t.Fatal(err)
	}
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	if w.App, err = Start(t.Context(), Options{Config: cfg, DatabaseURL: dsn, Listener: l, Version: "test", Log: slog.New(slog.DiscardHandler)}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
		defer cancel()
		if err := w.Stop(ctx); err != nil {
			t.Error(err)
		}
	})
	w.pool = w.App.pool
	w.until("the catalog has the file", func() bool { return len(w.shown("group:elsewhere/other")) > 0 })
	return w
}

// shown returns the document of a ref, "" where there is none.
func (w *arriving) shown(ref string) string {
	if doc := w.index.Snapshot().ByRef(ref, nil); doc != nil {
		return string(doc.JSON())
	}
	return ""
}

func (w *arriving) until(what string, done func() bool) {
	w.t.Helper()
	every := time.NewTicker(30 * time.Millisecond)
	defer every.Stop()
	for deadline := time.Now().Add(40 * time.Second); time.Now().Before(deadline); <-every.C {
		if done() {
			return
		}
	}
	w.t.Fatalf("after 40 seconds it is still not so that %s", what)
}

func (w *arriving) admit(subject, name string) (signin.User, error) {
	return newcomers{w.store, w.index}.Admit(w.t.Context(), signin.Newcomer{Issuer: "https://idp.example", Subject: subject, Provider: "oidc", Name: name})
}

func (w *arriving) enter(subject string, u signin.User) (*http.Cookie, error) {
	a := identity.Account{Issuer: "https://idp.example", Subject: subject, Provider: "oidc", UserRef: u.Ref}
	a.Still = func(ctx context.Context, tx pgx.Tx) (bool, error) {
		return newcomers{w.store, w.index}.Still(ctx, tx, u.Ref, a.Issuer, subject)
	}
	rec := httptest.NewRecorder()
	if err := (&identity.Sessions{DB: w.pool}).Start(w.t.Context(), rec, httptest.NewRequest("GET", "/", nil), a); err != nil {
		return nil, err
	}
	return rec.Result().Cookies()[0], nil
}

// send asks with the token, or with the cookie where that is "".
func (w *arriving) send(method, path, body, token string, cookie *http.Cookie) (int, string) {
	w.t.Helper()
	r, err := http.NewRequestWithContext(w.t.Context(), method, w.URL()+path, strings.NewReader(body))
	if err != nil {
		w.t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	} else {
		r.AddCookie(cookie)
		r.Header.Set("Sec-Fetch-Site", "same-origin")
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		w.t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		w.t.Fatal(err)
	}
	return resp.StatusCode, string(text)
}

// Whoever signs in first under a name that the catalog declares later is nobody then: not by their session, not by what
// they made in it, and not by a sign-in that was under way.
func TestDisplaced(t *testing.T) {
	t.Parallel()
	w := newArriving(t)
	u, err := w.admit("1", "dana")
	if err != nil {
		t.Fatal(err)
	}
	cookie, err := w.enter("1", u)
	if err != nil {
		t.Fatal(err)
	}
	status, text := w.send("POST", "/api/portico/me/tokens", `{"name":"x","scopes":["catalog:read"]}`, "", cookie)
	var made struct{ Token string }
	if err := json.Unmarshal([]byte(text), &made); err != nil || status != http.StatusCreated {
		t.Fatal(status, text)
	}
	if status, text := w.send("GET", "/api/catalog/entities?limit=1", "", made.Token, nil); status != http.StatusOK {
		t.Fatalf("before it the token gets %d: %s", status, text)
	}
	if err := os.WriteFile(w.people, []byte(arrivalsPeople+theRealDana), 0o600); err != nil {
		t.Fatal(err)
	}
	w.until("the real Dana is there", func() bool { return strings.Contains(w.shown("user:default/dana"), "The real Dana") })
	if _, err := w.enter("1", u); !errs.Is(err, errs.Conflict) {
		t.Errorf("a sign-in that was under way: %v", err)
	}
	// The real one signs in.
	if err := (&identity.Sessions{DB: w.pool}).Start(t.Context(), httptest.NewRecorder(), httptest.NewRequest("GET", "/", nil), identity.Account{
		Issuer: "https://idp.example", Subject: "2", UserRef: "user:default/dana", Pinned: true,
	}); err != nil {
		t.Errorf("the real Dana: %v", err)
	}
	w.until("the token is nobody's", func() bool {
		status, _ := w.send("GET", "/api/catalog/entities?limit=1", "", made.Token, nil)
		return status == http.StatusUnauthorized
	})
	var recorded string
	if err := w.pool.QueryRow(t.Context(), `
		SELECT string_agg(actor || ' ' || target || ' ' || (detail->>'name') || ' ' || (detail->>'because'), ';')
		FROM audit_log WHERE action = 'identity.token.revoke'`).Scan(&recorded); err != nil || recorded != "system:identity user:default/dana x displaced" {
		t.Errorf("the token's end is recorded as %q, %v", recorded, err)
	}
	w.until("the browser is a guest", func() bool {
		_, text := w.send("GET", "/api/portico/me", "", "", cookie)
		return strings.Contains(text, `"ref":"user:default/Visitor"`)
	})
}

// A name of which something is said already is not to be had by signing in.
func TestReservedNames(t *testing.T) {
	t.Parallel()
	w := newArriving(t)
	if err := (&identity.Sessions{DB: w.pool}).Start(t.Context(), httptest.NewRecorder(), httptest.NewRequest("GET", "/", nil), identity.Account{
		Issuer: "https://other.example", Subject: "1", UserRef: "user:default/jana", WithoutUser: true,
	}); err != nil {
		t.Fatal(err)
	}
	for name, why := range map[string]string{
		"frank": "entities of the catalog", "gina": "entities of the catalog", "erin": "roles or policies", "ivan": "roles or policies",
		"visitor": "guests", "guest": "guests", "jana": "another account",
	} {
		if u, err := w.admit("of "+name, name); !errs.Is(err, errs.Conflict) || !strings.Contains(err.Error(), why) {
			t.Errorf("%s is made %q, %v; want it refused: %s", name, u.Ref, err, why)
		}
		if w.shown("user:default/"+name) != "" {
			t.Errorf("%s is in the catalog", name)
		}
	}
	for _, name := range []string{"hugo", "kim"} { // another of that name is in a group
		if _, err := w.admit("of "+name, name); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}
