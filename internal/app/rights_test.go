package app

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"portico/internal/config"
	"portico/internal/identity"
	"portico/internal/pg"
	"portico/internal/pg/pgtest"
)

// guardedPortal is a portal with policies, and what a test asks of it.
type guardedPortal struct {
	t    *testing.T
	app  *App
	pool *pg.Pool
	dir  string // of its files
}

const operators = "the-token-of-the-operators"

// startGuarded starts a portal with the people of leavingPeople and more, under the rules in Cedar.
func startGuarded(t *testing.T, rules, settings, entities string) *guardedPortal {
	t.Helper()
	dsn, dir := pgtest.DSN(t), t.TempDir()
	text := strings.ReplaceAll(leavingConfig, "portico: {", "portico:\n  policies: {paths: [./rules.cedar], roles: {owner: [\"group:default/pilots\"]}}\n  ")
	text = strings.ReplaceAll(text, `["127.0.0.1:1"]}}`, `["127.0.0.1:1"]}`)
	text = strings.ReplaceAll(text, "backend:\n", "backend:\n"+settings)
	text = strings.ReplaceAll(text, "Component]", "Component, API]")
	files := map[string]string{"app-config.yaml": text, "people.yaml": leavingPeople + entities, "rules.cedar": rules}
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	cfg, err := config.Load(config.Options{Files: []string{filepath.Join(dir, "app-config.yaml")}, RequireFiles: true})
	if err != nil {
		t.Fatal(err)
	}
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	g := &guardedPortal{t: t, dir: dir}
	if g.app, err = Start(t.Context(), Options{Config: cfg, DatabaseURL: dsn, Listener: l, Version: "test", Log: slog.New(slog.DiscardHandler)}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
		defer cancel()
		if err := g.app.Stop(ctx); err != nil {
			t.Error(err)
		}
	})
	if g.pool, err = pg.Open(t.Context(), pg.Options{DSN: dsn}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(g.pool.Close)
	g.until("the catalog has been read", func() bool { return g.sees(operators, "component:default/tide-table") })
	return g
}

func (g *guardedPortal) until(what string, done func() bool) {
	g.t.Helper()
	every := time.NewTicker(30 * time.Millisecond)
	defer every.Stop()
	for deadline := time.Now().Add(30 * time.Second); time.Now().Before(deadline); <-every.C {
		if done() {
			return
		}
	}
	g.t.Fatalf("after 30 seconds it is still not so that %s", what)
}

// call makes a request as whoever has the token, or the cookie of signIn. A body is sent as JSON.
func (g *guardedPortal) call(method, path string, who any, body any, headers ...string) (int, string) {
	g.t.Helper()
	var b bytes.Buffer
	if body != nil {
		if err := json.NewEncoder(&b).Encode(body); err != nil {
			g.t.Fatal(err)
		}
	}
	r, err := http.NewRequestWithContext(g.t.Context(), method, g.app.URL()+path, &b)
	if err != nil {
		g.t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	switch who := who.(type) {
	case string:
		r.Header.Set("Authorization", "Bearer "+who)
	case *http.Cookie:
		r.AddCookie(who)
		r.Header.Set("Sec-Fetch-Site", "same-origin")
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		g.t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		g.t.Fatal(err)
	}
	return resp.StatusCode, string(text)
}

// sees reports whether somebody is shown an entity.
func (g *guardedPortal) sees(who any, ref string) bool {
	g.t.Helper()
	kind, name, _ := strings.Cut(ref, ":")
	status, _ := g.call("GET", "/api/catalog/entities/by-name/"+kind+"/"+name, who, nil)
	return status == http.StatusOK
}

// signIn is the cookie of a user of the catalog.
func (g *guardedPortal) signIn(name string) *http.Cookie {
	g.t.Helper()
	w := httptest.NewRecorder()
	if err := (&identity.Sessions{DB: g.pool}).Start(g.t.Context(), w, httptest.NewRequest("GET", "/", nil), identity.Account{
		Issuer: "https://idp.example", Subject: name, Provider: "oidc", UserRef: "user:default/" + name, DisplayName: name,
	}); err != nil {
		g.t.Fatal(err)
	}
	return w.Result().Cookies()[0]
}

// Whoever may register a location and may not take one away cannot point one elsewhere, which does both.
func TestMovingALocation(t *testing.T) {
	t.Parallel()
	shop := "apiVersion: backstage.io/v1alpha1\nkind: Component\nmetadata: {name: shop}\nspec: {type: website, lifecycle: production, owner: group:default/others}\n"
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, shop) }))
	defer web.Close()
	host := strings.TrimPrefix(web.URL, "http://")
	g := startGuarded(t, `
@id("movers") permit (principal == User::"user:default/mia", action == Action::"catalog.location.delete", resource);
@id("no-more") forbid (principal == User::"user:default/mia", action == Action::"catalog.location.create", resource);
`, "  reading: {allow: [{host: \""+host+"\"}]}\n", "---\napiVersion: backstage.io/v1alpha1\nkind: User\nmetadata: {name: mia}\nspec: {memberOf: []}\n")
	var made struct{ Location struct{ ID string } }
	status, text := g.call("POST", "/api/catalog/locations", operators, map[string]any{"type": "url", "target": web.URL + "/theirs/catalog-info.yaml"})
	if err := json.Unmarshal([]byte(text), &made); err != nil || status != http.StatusCreated {
		t.Fatalf("%d %s", status, text)
	}
	path := "/api/catalog/locations/" + made.Location.ID
	moved := map[string]any{"type": "url", "target": web.URL + "/mine/catalog-info.yaml"}
	for _, tt := range []struct {
		method, who, permission string
	}{
		{"DELETE", "ann", "catalog.location.delete"},
		{"PUT", "ann", "catalog.location.delete"},
		{"PUT", "mia", "catalog.location.create"},
	} {
		status, text := g.call(tt.method, path, g.signIn(tt.who), moved)
		if status != http.StatusForbidden || !strings.Contains(text, tt.permission) {
			t.Errorf("%s by %s: %d %s", tt.method, tt.who, status, text)
		}
		if _, text = g.call("GET", path, operators, nil); !strings.Contains(text, "/theirs/") {
			t.Fatalf("after %s by %s it is %s", tt.method, tt.who, text)
		}
	}
	if status, text := g.call("PUT", path, operators, moved); status != http.StatusOK || !strings.Contains(text, "/mine/") {
		t.Errorf("an operator moves it: %d %s", status, text)
	}
}

// A token of a service does nothing that whoever made it, or gave it a new secret, may not do themselves.
func TestServicesOfTheRestricted(t *testing.T) {
	t.Parallel()
	g := startGuarded(t, `
@id("makers") permit (principal in Group::"group:default/pilots", action == Action::"portico.token.manage", resource);
@id("hide") forbid (principal in Group::"group:default/pilots", action == Action::"catalog.entity.read", resource is Entity) when { resource.tags.contains("secret") };
@id("bosses") permit (principal == User::"user:default/mia", action, resource);
`, "", "---\napiVersion: backstage.io/v1alpha1\nkind: User\nmetadata: {name: mia}\nspec: {memberOf: []}\n"+
		"---\napiVersion: backstage.io/v1alpha1\nkind: Component\nmetadata: {name: hidden, tags: [secret]}\nspec: {type: website, lifecycle: production, owner: others}\n")
	ann, mia := g.signIn("ann"), g.signIn("mia")
	if g.sees(ann, "component:default/hidden") || !g.sees(mia, "component:default/hidden") {
		t.Fatal("the policies do not work")
	}
	const tokens = "/api/portico/tokens"
	wanted := func(scopes ...string) map[string]any {
		return map[string]any{"name": "svc", "scopes": scopes, "days": 30}
	}
	for scope, why := range map[string]string{
		"catalog:read":           `the policy \"hide\"`,      // some is hidden from her
		"catalog.entity.read":    `the policy \"hide\"`,      // the permission alone is a scope, too
		"catalog.entity.delete":  "catalog.entity.delete",    // some is hers, not all
		"catalog:write":          "catalog.entity.delete",    // it opens that
		"sources:manage":         "catalog.ingestion.manage", // nothing of it
		"catalog.entity.refresh": "",                         // every author may, on everything
	} {
		status, text := g.call("POST", tokens, ann, wanted(scope))
		switch {
		case why == "" && status != http.StatusCreated:
			t.Errorf("%s: %d %s", scope, status, text)
		case why != "" && (status != http.StatusForbidden || !strings.Contains(text, why) || !strings.Contains(text, "wider than what you may do yourself")):
			t.Errorf("%s: %d %s", scope, status, text)
		}
	}
	// What she is offered is what making one lets her have, and what she is not says why.
	var offer struct {
		Scopes   []struct{ Name string }
		Withheld []struct{ Name, Title, Permission, Why string }
	}
	if status, text := g.call("GET", tokens, ann, nil); status != http.StatusOK || json.Unmarshal([]byte(text), &offer) != nil {
		t.Fatalf("%d %s", status, text)
	}
	why := map[string]string{}
	for _, w := range offer.Withheld {
		if w.Title == "" {
			t.Errorf("%s has no words", w.Name)
		}
		why[w.Name] = w.Permission + " " + w.Why
	}
	for scope, want := range map[string]string{
		"catalog:read":   `catalog.entity.read you may not everywhere: the policy "hide" forbids it`,
		"catalog:write":  "catalog.entity.delete you may not on all that it could",
		"sources:manage": "catalog.ingestion.manage you may not",
	} {
		if !strings.HasPrefix(why[scope], want) {
			t.Errorf("%s is withheld for %q, want %q", scope, why[scope], want)
		}
	}
	if len(offer.Scopes) == 0 || len(offer.Scopes)+len(offer.Withheld) != len(identity.ScopeNames()) {
		t.Errorf("offered %v, withheld %v", offer.Scopes, offer.Withheld)
	}
	for i, s := range offer.Scopes {
		body := wanted(s.Name)
		body["name"] = "offered-" + strconv.Itoa(i)
		if status, text := g.call("POST", tokens, ann, body); status != http.StatusCreated {
			t.Errorf("%s was offered: %d %s", s.Name, status, text)
		}
	}
	// One that somebody else made is as little hers to have.
	var made struct {
		ID    int64
		Token string
	}
	body := wanted("catalog:read", "catalog:write")
	body["name"] = "wide"
	status, text := g.call("POST", tokens, mia, body)
	if err := json.Unmarshal([]byte(text), &made); err != nil || status != http.StatusCreated || !g.sees(made.Token, "component:default/hidden") {
		t.Fatalf("%d %s", status, text)
	}
	rotate := tokens + "/" + strconv.FormatInt(made.ID, 10) + "/rotate"
	if status, text := g.call("POST", rotate, ann, map[string]any{"days": 30}); status != http.StatusForbidden || !strings.Contains(text, `the policy \"hide\"`) {
		t.Errorf("a new secret of it: %d %s", status, text)
	}
	if !g.sees(made.Token, "component:default/hidden") {
		t.Error("the secret of before is gone")
	}
	if status, text := g.call("POST", rotate, mia, map[string]any{"days": 30}); status != http.StatusCreated && status != http.StatusOK {
		t.Errorf("who made it: %d %s", status, text)
	}
}
