package app

import (
	"bufio"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"portico/internal/config"
	"portico/internal/identity"
	"portico/internal/pg"
	"portico/internal/pg/pgtest"
)

const leavingConfig = `
auth:
  providers:
    oidc:
      development:
        metadataUrl: http://127.0.0.1:1/.well-known/openid-configuration
        clientId: portico
        clientSecret: a-secret-of-tests
        signIn: {resolvers: [{resolver: emailMatchingUserEntityProfileEmail}]}
backend:
  auth: {externalAccess: [{type: static, options: {token: the-token-of-the-operators, subject: ops}}, {type: legacy, options: {secret: MDEyMzQ1Njc4OWFiY2RlZg==, subject: Old-CI}}]}
portico: {reading: {allowPrivateHosts: ["127.0.0.1:1"]}}
catalog:
  rules: [{allow: [User, Group, Component]}]
  locations: [{type: file, target: ./people.yaml}]
`

const leavingPeople = `
apiVersion: backstage.io/v1alpha1
kind: User
metadata: {name: ann}
spec: {profile: {displayName: Ann, email: ann@marrowby.example}, memberOf: [pilots]}
---
apiVersion: backstage.io/v1alpha1
kind: Group
metadata: {name: pilots}
spec: {type: team, children: []}
---
apiVersion: backstage.io/v1alpha1
kind: Component
metadata: {name: tide-table}
spec: {type: website, lifecycle: production, owner: pilots}
`

// Somebody works in the portal, with a page that follows the catalog, and is then removed from it.
func TestLeaving(t *testing.T) {
	t.Parallel()
	dsn, dir := pgtest.DSN(t), t.TempDir()
	file := filepath.Join(dir, "app-config.yaml")
	for name, text := range map[string]string{file: leavingConfig, filepath.Join(dir, "people.yaml"): leavingPeople} {
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
	a, err := Start(t.Context(), Options{Config: cfg, DatabaseURL: dsn, Listener: l, Version: "test", Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
		defer cancel()
		if err := a.Stop(ctx); err != nil {
			t.Error(err)
		}
	})
	if got := a.tokens.Configured; !slices.Equal(got, []string{"ops", "Old-CI"}) {
		t.Errorf("no token may be of %v", got)
	}
	pool, err := pg.Open(t.Context(), pg.Options{DSN: dsn})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	var cookie *http.Cookie
	send := func(method, path string, headers ...string) *http.Response {
		t.Helper()
		r, err := http.NewRequestWithContext(t.Context(), method, a.URL()+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		for i := 0; i+1 < len(headers); i += 2 {
			r.Header.Set(headers[i], headers[i+1])
		}
		if r.Header.Get("Authorization") == "" && cookie != nil {
			r.AddCookie(cookie)
		}
		resp, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		return resp
	}
	get := func(path string, into any, headers ...string) int {
		t.Helper()
		resp := send("GET", path, headers...)
		defer resp.Body.Close()
		text, err := io.ReadAll(resp.Body)
		if err == nil && into != nil && resp.StatusCode == http.StatusOK {
			err = json.Unmarshal(text, into)
		}
		if err != nil {
			t.Fatal(err)
		}
		return resp.StatusCode
	}
	until := func(what string, done func() bool) {
		t.Helper()
		every := time.NewTicker(30 * time.Millisecond)
		defer every.Stop()
		for deadline := time.Now().Add(30 * time.Second); time.Now().Before(deadline); <-every.C {
			if done() {
				return
			}
		}
		t.Fatalf("after 30 seconds it is still not so that %s", what)
	}
	const ops = "Bearer the-token-of-the-operators"
	var ann struct{ Metadata struct{ UID string } }
	until("the catalog has all of them", func() bool {
		return get("/api/catalog/entities/by-name/user/default/ann", &ann, "Authorization", ops) == http.StatusOK &&
			get("/api/catalog/entities/by-name/component/default/tide-table", nil, "Authorization", ops) == http.StatusOK
	})
	w := httptest.NewRecorder()
	if err := (&identity.Sessions{DB: pool}).Start(t.Context(), w, httptest.NewRequest("GET", "/", nil), identity.Account{
		Issuer: "https://idp.example", Subject: "1001", UserRef: "user:default/ann", DisplayName: "Ann",
	}); err != nil {
		t.Fatal(err)
	}
	cookie = w.Result().Cookies()[0]
	var me struct {
		DisplayName, Email string
		InCatalog          bool
		Teams              []string
		Owns               []struct {
			Kind  string
			Count int
		}
	}
	if status := get("/api/portico/me", &me); status != http.StatusOK || !me.InCatalog || me.DisplayName != "Ann" || me.Email != "ann@marrowby.example" ||
		len(me.Teams) != 1 || me.Teams[0] != "group:default/pilots" || len(me.Owns) != 1 || me.Owns[0].Kind != "component" || me.Owns[0].Count != 1 {
		t.Errorf("the profile is %d %+v", status, me)
	}
	stream := send("GET", "/api/catalog/changes", "Accept", "text/event-stream")
	defer stream.Body.Close()
	if stream.StatusCode != http.StatusOK {
		t.Fatalf("the stream answers %d", stream.StatusCode)
	}
	// What she chooses in one page is told to the stream of the other.
	kept, err := http.NewRequestWithContext(t.Context(), "PUT", a.URL()+"/api/user-settings/buckets/default.starredEntities/keys/entityRefs", strings.NewReader(`{"value":["component:default/tide-table"]}`))
	if err != nil {
		t.Fatal(err)
	}
	kept.AddCookie(cookie)
	kept.Header.Set("Sec-Fetch-Site", "same-origin")
	put, err := http.DefaultClient.Do(kept)
	if err != nil {
		t.Fatal(err)
	}
	_ = put.Body.Close()
	if put.StatusCode != http.StatusOK {
		t.Fatalf("keeping a setting answers %d", put.StatusCode)
	}
	lines := bufio.NewScanner(stream.Body)
	for told := ""; told != `data: {"bucket":"default.starredEntities","key":"entityRefs"}`; told = lines.Text() {
		if !lines.Scan() {
			t.Fatal("the stream ends and has told of no setting")
		}
	}
	var stars struct{ People int }
	if status := get("/api/catalog/entities/by-name/component/default/tide-table/stars", &stars, "Authorization", ops); status != http.StatusOK || stars.People != 1 {
		t.Errorf("the stars are %d %+v", status, stars)
	}
	removed := send("DELETE", "/api/catalog/entities/by-uid/"+ann.Metadata.UID, "Authorization", ops)
	_ = removed.Body.Close()
	if removed.StatusCode != http.StatusNoContent {
		t.Fatalf("removing ann answers %d", removed.StatusCode)
	}
	if _, err := io.ReadAll(stream.Body); err != nil { // until it ends
		t.Logf("the stream ended with %v", err)
	}
	if status := get("/api/portico/me", nil); status != http.StatusUnauthorized {
		t.Errorf("after it ann gets %d, want 401", status)
	}
	until("what she had has ended for good, with a record", func() bool {
		var sessions, settings, records int
		if err := pool.QueryRow(t.Context(), `
			SELECT (SELECT count(*) FROM identity_sessions),
			       (SELECT count(*) FROM user_settings) + (SELECT count(*) FROM star_counts),
			       (SELECT count(*) FROM audit_log WHERE action = 'identity.user.disable' AND target = 'user:default/ann')`).Scan(&sessions, &settings, &records); err != nil {
			t.Fatal(err)
		}
		return sessions == 0 && settings == 0 && records == 1
	})
}
