package backstage

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

const script, xhr = "X-Requested-With", "XMLHttpRequest"

func TestRefresh(t *testing.T) {
	p := newPortal(t)
	a := p.signIn(ann).do(http.MethodPost, "/api/auth/oidc/refresh", script, xhr)
	var got map[string]any
	if err := json.Unmarshal(a.body, &got); err != nil {
		t.Fatalf("%d %s", a.status, a.body)
	}
	id, _ := got["backstageIdentity"].(map[string]any)
	for _, v := range []string{"token", "expiresInSeconds"} {
		if id[v] == nil {
			t.Errorf("it has no %s", v)
		}
		delete(id, v)
	}
	want := map[string]any{
		"profile": map[string]any{"email": "ann@marrowby.example", "displayName": "Ann", "picture": "https://marrowby.example/ann.png"}, "providerInfo": map[string]any{},
		"backstageIdentity": map[string]any{"identity": map[string]any{"type": "user", "userEntityRef": ann, "ownershipEntityRefs": []any{ann, "group:default/quay"}}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if cc := a.header.Get("Cache-Control"); cc != "no-store" {
		t.Errorf("browsers keep it: %q", cc)
	}
	stranger := p.signIn("user:default/ben").refresh("oidc")
	if stranger.Profile.DisplayName != "ben at the provider" || !slices.Equal(stranger.BackstageIdentity.Identity.OwnershipEntityRefs, []string{"user:default/ben"}) {
		t.Errorf("whom the catalog does not have is %+v", stranger)
	}
}

func TestRefreshAsGuest(t *testing.T) {
	p := newPortal(t)
	for name, b := range map[string]*browser{"nobody": p.nobody(), "ann": p.signIn(ann)} {
		got := b.refresh("guest").BackstageIdentity
		if got.Identity.UserEntityRef != "user:default/guest" || len(got.Identity.OwnershipEntityRefs) != 2 {
			t.Errorf("%s is %+v", name, got.Identity)
		}
		if a := p.with(got.Token); string(a.body) != "user:default/guest" {
			t.Errorf("%s: %d %s", name, a.status, a.body)
		}
	}
	token := p.nobody().refresh("guest").BackstageIdentity.Token
	closed := &portal{t: t, pool: p.pool, sessions: p.sessions, clock: p.clock}
	closed.tokens = &Tokens{Keys: p.tokens.Keys, Sessions: p.sessions, Issuer: issuer, Lifetime: DefaultLifetime}
	closed.Server = httptest.NewServer(closed.handler(nil))
	t.Cleanup(closed.Close)
	if a := closed.nobody().do(http.MethodGet, "/api/auth/guest/refresh", script, xhr); a.status != http.StatusNotFound {
		t.Errorf("where no guest is let in: %d %s", a.status, a.body)
	}
	if a := closed.with(token); a.status != http.StatusUnauthorized {
		t.Errorf("a guest's token where no guest is let in any more: %d %s", a.status, a.body)
	}
}

func TestRefreshRefuses(t *testing.T) {
	p := newPortal(t)
	b := p.signIn(ann)
	good := b.refresh("oidc").BackstageIdentity.Token
	out := p.signIn(ann)
	out.signOut(false)
	for _, tt := range []struct {
		name   string
		a      answer
		status int
	}{
		{"no session", p.nobody().do(http.MethodGet, "/api/auth/oidc/refresh", script, xhr), 401},
		{"a session that has ended", out.do(http.MethodGet, "/api/auth/oidc/refresh", script, xhr), 401},
		{"a link, which sends no header", b.do(http.MethodGet, "/api/auth/oidc/refresh"), 401},
		{"another header", b.do(http.MethodGet, "/api/auth/oidc/refresh", script, "fetch"), 401},
		{"a provider with which ann did not sign in", b.do(http.MethodGet, "/api/auth/okta/refresh", script, xhr), 401},
		{"a provider that is none", b.do(http.MethodGet, "/api/auth/github/refresh", script, xhr), 404},
		{"another site", b.do(http.MethodPost, "/api/auth/oidc/refresh", script, xhr, "Sec-Fetch-Site", "cross-site"), 403},
		{"a token in place of the session", p.nobody().do(http.MethodGet, "/api/auth/oidc/refresh", script, xhr, "Authorization", "Bearer "+good), 401},
		{"a token beside the session", b.do(http.MethodGet, "/api/auth/oidc/refresh", script, xhr, "Authorization", "Bearer "+good), 401},
		// Whoever leads a name of theirs here, and sends any token so that the name is not looked at, is no guest.
		{"a guest with a token that is none", p.nobody().do(http.MethodGet, "/api/auth/guest/refresh", script, xhr, "Authorization", "Bearer x.y.z"), 401},
	} {
		if tt.a.status != tt.status || strings.Contains(string(tt.a.body), "eyJ") {
			t.Errorf("%s: %d %s, want %d", tt.name, tt.a.status, tt.a.body, tt.status)
		}
	}
}

func TestUserInfo(t *testing.T) {
	p := newPortal(t)
	b := p.signIn(ann)
	user := b.refresh("oidc").BackstageIdentity.Token
	limited := cookieOf(t, b.do(http.MethodGet, "/api/catalog/.backstage/auth/v1/cookie")).Value
	const want = `{"claims":{"sub":"user:default/ann","ent":["user:default/ann","group:default/quay"]}}` + "\n"
	for name, token := range map[string]string{"a user's": user, "a limited one": limited} {
		if a := p.nobody().do(http.MethodGet, "/api/auth/v1/userinfo", "Authorization", "Bearer "+token); string(a.body) != want {
			t.Errorf("%s: %d %s", name, a.status, a.body)
		}
	}
	guest := p.nobody().refresh("guest").BackstageIdentity.Token
	if a := p.nobody().do(http.MethodGet, "/api/auth/v1/userinfo", "Authorization", "Bearer "+guest); !strings.Contains(string(a.body), `"ent":["user:default/guest","group:default/guests"]`) {
		t.Errorf("a guest's: %d %s", a.status, a.body)
	}
	for name, a := range map[string]answer{
		"a session alone": b.do(http.MethodGet, "/api/auth/v1/userinfo"),
		"no token":        p.nobody().do(http.MethodGet, "/api/auth/v1/userinfo"),
		"a wrong one":     p.nobody().do(http.MethodGet, "/api/auth/v1/userinfo", "Authorization", "Bearer a.b.c"),
		"two":             p.nobody().do(http.MethodGet, "/api/auth/v1/userinfo", "Authorization", "Bearer "+user, "Authorization", "Bearer "+user),
	} {
		if a.status != http.StatusUnauthorized {
			t.Errorf("%s: %d %s", name, a.status, a.body)
		}
	}
}

func cookieOf(t *testing.T, a answer) *http.Cookie {
	t.Helper()
	list := (&http.Response{Header: a.header}).Cookies()
	if a.status >= 300 || len(list) != 1 {
		t.Fatalf("%d %s, %d cookies", a.status, a.body, len(list))
	}
	return list[0]
}

func TestCookie(t *testing.T) {
	p := newPortal(t)
	b := p.signIn(ann)
	user := b.refresh("oidc").BackstageIdentity.Token
	for name, a := range map[string]answer{
		"by the session": b.do(http.MethodGet, "/api/catalog/.backstage/auth/v1/cookie"),
		"by a token":     p.nobody().do(http.MethodGet, "/api/catalog/.backstage/auth/v1/cookie", "Authorization", "Bearer "+user),
	} {
		c := cookieOf(t, a)
		if c.Name != "backstage-auth" || c.Path != "/api/catalog" || !c.HttpOnly || c.SameSite != http.SameSiteLaxMode || c.Domain != "" {
			t.Errorf("%s: the cookie is %+v", name, c)
		}
		var said struct{ ExpiresAt time.Time }
		if err := json.Unmarshal(a.body, &said); err != nil || !said.ExpiresAt.Equal(c.Expires) || time.Until(said.ExpiresAt) > time.Hour {
			t.Errorf("%s: %s, and the cookie until %s", name, a.body, c.Expires)
		}
		head, payload := parts(t, c.Value)
		if head["typ"] != typeLimited || len(payload) != 3 || payload["sub"] != ann {
			t.Errorf("%s: it holds %v %v", name, head, payload)
		}
		if a := p.nobody().do(http.MethodGet, "/api/auth/v1/userinfo", "Authorization", "Bearer "+c.Value); a.status != http.StatusOK {
			t.Errorf("%s: its signature is not good: %d %s", name, a.status, a.body)
		}
		if a := p.with(c.Value); a.status != http.StatusUnauthorized {
			t.Errorf("%s: a limited token opens %d %s", name, a.status, a.body)
		}
		if a := (&browser{p, c}).do(http.MethodGet, "/api/who"); string(a.body) == ann {
			t.Errorf("%s: the cookie opens what it is not for", name)
		}
		if a := p.nobody().do(http.MethodGet, "/api/catalog/.backstage/auth/v1/cookie", "Authorization", "Bearer "+c.Value); a.status != http.StatusUnauthorized {
			t.Errorf("%s: a limited token is renewed by itself: %d", name, a.status)
		}
	}
	limited := cookieOf(t, b.do(http.MethodGet, "/api/catalog/.backstage/auth/v1/cookie")).Value
	if c := cookieOf(t, b.do(http.MethodDelete, "/api/catalog/.backstage/auth/v1/cookie")); c.Value != "" || c.MaxAge >= 0 || c.Path != "/api/catalog" {
		t.Errorf("it is removed by %+v", c)
	}
	if a := b.do(http.MethodGet, "/api/scaffolder/.backstage/auth/v1/cookie"); a.status != http.StatusNotFound {
		t.Errorf("a plugin that does not run: %d", a.status)
	}
	b.signOut(true)
	p.signIn(ann) // a later session does not make an earlier token good
	if _, err := p.pool.Exec(t.Context(), `UPDATE identity_sessions SET created_at = created_at + interval '5 seconds'`); err != nil {
		t.Fatal(err)
	}
	if a := p.nobody().do(http.MethodGet, "/api/auth/v1/userinfo", "Authorization", "Bearer "+limited); a.status != http.StatusUnauthorized {
		t.Errorf("after signing out everywhere: %d %s", a.status, a.body)
	}
}

func TestDiscovery(t *testing.T) {
	p := newPortal(t)
	if a := p.nobody().do(http.MethodGet, "/api/auth/.well-known/jwks.json"); string(a.body) != `{"keys":[]}`+"\n" {
		t.Errorf("before there is a token: %d %s", a.status, a.body)
	}
	head, _ := parts(t, p.signIn(ann).refresh("oidc").BackstageIdentity.Token)
	var set struct{ Keys []map[string]any }
	a := p.nobody().do(http.MethodGet, "/api/auth/.well-known/jwks.json")
	if err := json.Unmarshal(a.body, &set); err != nil || len(set.Keys) != 1 {
		t.Fatalf("%d %s", a.status, a.body)
	}
	if k := set.Keys[0]; k["kid"] != head["kid"] || k["alg"] != "ES256" || k["use"] != "sig" || k["kty"] != "EC" || k["d"] != nil {
		t.Errorf("the key is %v", k)
	}
	var config map[string]any
	a = p.nobody().do(http.MethodGet, "/api/auth/.well-known/openid-configuration")
	if err := json.Unmarshal(a.body, &config); err != nil || config["issuer"] != issuer || config["jwks_uri"] != issuer+"/.well-known/jwks.json" || config["userinfo_endpoint"] != issuer+"/v1/userinfo" {
		t.Errorf("%d %s", a.status, a.body)
	}
	for plugin, want := range map[string]string{"catalog": `{"keys":[]}`, "auth": `{"keys":[]}`, "scaffolder": "NotFoundError"} {
		if a := p.nobody().do(http.MethodGet, "/api/"+plugin+"/.backstage/auth/v1/jwks.json"); !strings.Contains(string(a.body), want) {
			t.Errorf("%s: %d %s", plugin, a.status, a.body)
		}
	}
}

// Without the operator's key the portal works; tokens alone do not, and it is said what to do.
func TestWithoutAKey(t *testing.T) {
	p := replicas(t, 1, func(tokens *Tokens) { tokens.Keys.Keyring.Keys = noKeys })[0]
	b := p.signIn(ann)
	if a := b.do(http.MethodGet, "/api/who"); string(a.body) != ann {
		t.Errorf("%d %s", a.status, a.body)
	}
	if a := b.do(http.MethodGet, "/api/auth/oidc/refresh", script, xhr); a.status != http.StatusServiceUnavailable || !strings.Contains(string(a.body), "portico secrets key") {
		t.Errorf("%d %s", a.status, a.body)
	}
	if a := p.nobody().do(http.MethodGet, "/api/auth/.well-known/jwks.json"); a.status != http.StatusOK {
		t.Errorf("%d %s", a.status, a.body)
	}
	memory := replicas(t, 1, func(tokens *Tokens) { tokens.Keys.Keyring.Keys, tokens.Keys.Memory = noKeys, true })[0]
	token := memory.signIn(ann).refresh("oidc").BackstageIdentity.Token
	if a := memory.with(token); a.status != http.StatusOK {
		t.Errorf("with keys in memory: %d %s", a.status, a.body)
	}
}

// While the database cannot be asked, nobody is told that their token is wrong.
func TestTokensInAnOutage(t *testing.T) {
	p := newPortal(t)
	token := p.signIn(ann).refresh("oidc").BackstageIdentity.Token
	p.sessions.Forget()
	p.pool.Close()
	if a := p.with(token); a.status == http.StatusUnauthorized || a.status == http.StatusOK {
		t.Errorf("%d %s", a.status, a.body)
	}
	if _, err := p.tokens.Bearer(t.Context(), token); err == nil {
		t.Error("the token is good, whatever became of its session")
	}
}
