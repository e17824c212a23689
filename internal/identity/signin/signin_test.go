package signin

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"errors"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"portico/internal/httpx"
	"portico/internal/identity"
	"portico/internal/identity/audit"
	"portico/internal/pg"
	"portico/internal/pg/pgtest"
)

// world is a portal with one user, ann, whose provider is a stand-in; "two" is another client of the same.
type world struct {
	*httptest.Server
	t        *testing.T
	pool     *pg.Pool
	idp      *standIn
	provider *Provider
	sessions *identity.Sessions
	users    users
	routes   httpx.Registry
	limits   httpx.Limits
}

// users are a directory: by e-mail address, name and subject.
type users map[string][]User

func (u users) UsersByEmail(email string) []User     { return u[email] }
func (u users) UsersByName(name string) []User       { return u[name] }
func (u users) UsersByAnnotation(k, v string) []User { return u[k+"="+v] }

var ann = User{Ref: "user:default/ann", DisplayName: "Ann"}

// subjectAnnotation is that of the resolver oidcSubClaimMatchingUserEntityAnnotation.
const subjectAnnotation = "oidc.io/sub"

var (
	permission = httpx.Permission{Name: "catalog.entity.read", Action: "read"}
	change     = httpx.Permission{Name: "catalog.entity.delete", Action: "delete"}
)

func newWorld(t *testing.T) *world {
	t.Helper()
	return newWorldOn(t, pgtest.New(t))
}

func newWorldOn(t *testing.T, pool *pg.Pool) *world {
	t.Helper()
	w := &world{t: t, pool: pool, idp: newStandIn(t), users: users{"ann@marrowby.example": {ann}, "ann": {ann}, subjectAnnotation + "=1001": {ann}}}
	w.Server = httptest.NewUnstartedServer(nil)
	base := "http://" + w.Listener.Addr().String()
	provider := func(id string) *Provider {
		return &Provider{
			ID: id, Title: id, Resolvers: []Resolver{{By: Email}}, Protocol: &OIDC{
				Issuer: w.idp.URL, ClientID: clientID, ClientSecret: clientSecret, CallbackURL: base + "/api/auth/" + id + "/handler/frame",
				Private: func(string) bool { return true },
			},
		}
	}
	w.provider = provider("oidc")
	w.sessions = &identity.Sessions{DB: w.pool}
	w.Config.Handler = w.handler(w.sessions, w.provider, provider("two"))
	w.Start()
	t.Cleanup(w.Close)
	return w
}

func (w *world) handler(sessions *identity.Sessions, providers ...*Provider) http.Handler {
	w.t.Helper()
	gate, err := identity.NewGate(nil, nil, sessions)
	if err != nil {
		w.t.Fatal(err)
	}
	g := httpx.Registry{}
	log := discard()
	denials := &audit.Denials{Store: &audit.Store{DB: w.pool}, Log: log}
	sessions.Record = audit.Session
	(&Handler{Providers: providers, Sessions: sessions, Store: &Store{DB: w.pool}, Directory: w.users, Origins: []string{page}, Log: log, Denied: denials.Note}).Mount(&g)
	w.routes = g
	g.Add(httpx.Route{Pattern: "GET /api/who", Access: httpx.Require(permission), Handler: func(w http.ResponseWriter, r *http.Request) error {
		_, err := io.WriteString(w, identity.Of(r.Context()).Ref)
		return err
	}}, httpx.Route{Pattern: "POST /api/change", Access: httpx.Require(change), Audit: httpx.Audited("x.y.change"), Handler: func(http.ResponseWriter, *http.Request) error {
		return errors.New("nobody gets here")
	}})
	h, err := g.Handler(httpx.Options{Gate: gate, Log: log, Limits: w.limits, Denied: denials.Note})
	if err != nil {
		w.t.Fatal(err)
	}
	return h
}

func discard() *slog.Logger { return slog.New(slog.DiscardHandler) }

// browser follows no redirect by itself.
func browser() *http.Client {
	jar, _ := cookiejar.New(nil)
	return &http.Client{Jar: jar, Timeout: 20 * time.Second, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
}

// get returns where the portal sends the browser, or the body.
func (w *world) get(c *http.Client, address string) (to *url.URL, body string) {
	w.t.Helper()
	if strings.HasPrefix(address, "/") {
		address = w.URL + address
	}
	resp, err := c.Get(address)
	if err != nil {
		w.t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		w.t.Fatal(err)
	}
	to, _ = resp.Location()
	return to, string(b)
}

// begin goes to the provider and returns what it is asked.
func (w *world) begin(c *http.Client) *url.URL {
	w.t.Helper()
	to, _ := w.get(c, "/api/auth/oidc/start?redirectUrl="+url.QueryEscape("/catalog?kind=api"))
	if to == nil || !strings.HasPrefix(to.String(), w.idp.URL+"/auth?") {
		w.t.Fatalf("start leads to %v", to)
	}
	return to
}

// back is the way back, with the code and the state of what the provider was asked.
func (w *world) back(asked *url.URL, more ...string) string {
	q := url.Values{"code": {w.idp.authorize(asked)}, "state": {asked.Query().Get("state")}}
	for i := 0; i+1 < len(more); i += 2 {
		if more[i+1] == "" {
			q.Del(more[i])
		} else {
			q.Set(more[i], more[i+1])
		}
	}
	return "/api/auth/oidc/handler/frame?" + q.Encode()
}

func (w *world) signIn(c *http.Client) {
	w.t.Helper()
	if to, body := w.get(c, w.back(w.begin(c))); to == nil || to.RequestURI() != "/catalog?kind=api" {
		w.t.Fatalf("the provider's answer leads to %v %s", to, body)
	}
}

func (w *world) who(c *http.Client) string {
	_, body := w.get(c, "/api/who")
	if strings.Contains(body, `"AuthenticationError"`) {
		return "nobody"
	}
	return body
}

func (w *world) post(c *http.Client, path, body, site string) int {
	w.t.Helper()
	r, err := http.NewRequestWithContext(w.t.Context(), http.MethodPost, w.URL+path, strings.NewReader(body))
	if err != nil {
		w.t.Fatal(err)
	}
	if site != "" {
		r.Header.Set("Sec-Fetch-Site", site)
	}
	resp, err := c.Do(r)
	if err != nil {
		w.t.Fatal(err)
	}
	_ = resp.Body.Close()
	return resp.StatusCode
}

func (w *world) count() (n int) {
	w.t.Helper()
	if err := w.pool.QueryRow(w.t.Context(), `SELECT count(*) FROM identity_sessions`).Scan(&n); err != nil {
		w.t.Fatal(err)
	}
	return n
}

func (w *world) exec(sql string) {
	w.t.Helper()
	if _, err := w.pool.Exec(w.t.Context(), sql); err != nil {
		w.t.Fatal(err)
	}
}

func TestSignIn(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := browser()
	if who := w.who(c); who != "nobody" {
		t.Fatalf("before anything %q is signed in", who)
	}
	w.provider.Protocol.(*OIDC).Params = map[string]string{"prompt": "login"}
	asked := w.begin(c).Query()
	if asked.Get("prompt") != "login" {
		t.Errorf("the provider is not told what the configuration says: %v", asked)
	}
	if asked.Get("code_challenge_method") != "S256" || asked.Get("nonce") == "" || asked.Get("response_type") != "code" {
		t.Errorf("the provider is asked %v", asked)
	}
	w.signIn(c)
	if who := w.who(c); who != ann.Ref {
		t.Fatalf("%q is signed in, want %s", who, ann.Ref)
	}
	u, _ := url.Parse(w.URL)
	for _, cookie := range c.Jar.Cookies(u) {
		if cookie.Name != "portico-session" && !strings.HasPrefix(cookie.Name, "portico-flow-") {
			t.Errorf("a cookie %s", cookie.Name)
		}
	}
	before := c.Jar.Cookies(u)
	w.signIn(c)
	if w.count() != 1 {
		t.Errorf("%d sessions after signing in twice in one browser, want 1", w.count())
	}
	old := browser()
	old.Jar.SetCookies(u, before)
	if who := w.who(old); who != "nobody" {
		t.Errorf("the id of before signing in again is still %q", who)
	}
}

// Whatever address the sign-in began with, it ends at this portal.
func TestEndsHere(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, to := range []string{"//evil.example", "https://evil.example", "/\\evil.example", "/api/auth/oidc/start"} {
		c := browser()
		asked, _ := w.get(c, "/api/auth/oidc/start?redirectUrl="+url.QueryEscape(to))
		if back, _ := w.get(c, w.back(asked)); back == nil || back.String() != w.URL+"/" {
			t.Errorf("%s leads to %v", to, back)
		}
	}
}

// A provider that names itself in its answers is believed when it does.
func TestNamedAnswer(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.idp.wrong.named = true
	c := browser()
	if to, _ := w.get(c, w.back(w.begin(c), "iss", w.idp.URL)); to == nil || to.Path != "/catalog" || w.who(c) != ann.Ref {
		t.Errorf("leads to %v, and %q is signed in", to, w.who(c))
	}
}

// The issuer is what the provider calls itself: with a slash more, or not at all another.
func TestIssuer(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.idp.wrong.issuer = "https://evil.example"
	if to, _ := w.get(browser(), "/api/auth/oidc/start"); to == nil || to.Query().Get("error") != codeProvider {
		t.Errorf("metadata of another issuer lead to %v", to)
	}
	w = newWorldOn(t, w.pool)
	w.idp.wrong = wrong{issuer: w.idp.URL + "/", claims: func(c map[string]any) { c["iss"] = w.idp.URL + "/" }}
	c := browser()
	w.signIn(c)
	if who := w.who(c); who != ann.Ref {
		t.Errorf("%q is signed in", who)
	}
}

// A tenant of Entra ID says who people are in other claims.
func TestEntra(t *testing.T) {
	t.Parallel()
	pool := pgtest.New(t)
	for name, tt := range map[string]struct {
		by     Resolver
		claims map[string]any
	}{
		"an address":                      {Resolver{By: Email}, nil},
		"an address of the tenant itself": {Resolver{By: Email}, map[string]any{"idp": "itself"}},
		"a guest's, whose domain is ours": {Resolver{By: Email}, map[string]any{"idp": "https://sts.windows.net/another/", "xms_edov": true}},
		"its domain is ours, as a number": {Resolver{By: Email}, map[string]any{"xms_edov": "1"}},
		"the id in the tenant":            {Resolver{By: ID, Annotation: "graph.microsoft.com/user-id"}, map[string]any{"sub": "pairwise", "oid": "0000-1001"}},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorldOn(t, pool)
			w.users["graph.microsoft.com/user-id=0000-1001"] = []User{ann}
			w.provider.Protocol.(*OIDC).Entra = true
			w.provider.Resolvers = []Resolver{tt.by}
			w.idp.wrong.claims = func(c map[string]any) {
				delete(c, "email_verified")
				maps.Copy(c, tt.claims)
				if c["idp"] == "itself" {
					c["idp"] = w.idp.URL
				}
			}
			c := browser()
			w.signIn(c)
			if who := w.who(c); who != ann.Ref {
				t.Errorf("%q is signed in", who)
			}
		})
	}
}

// Nothing that the metadata names is reached in the clear, unless the provider itself is, on one's own machine.
func TestEndpoints(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		issuer, address string
		want            bool
	}{
		{"https://id.example", "https://other.example/token", true},
		{"https://id.example", "http://id.example/token", false},
		{"https://id.example", "ftp://id.example/token", false},
		{"https://id.example", "/token", false},
		{"http://127.0.0.1:5556", "", false},
		{"https://id.example", "https://id.example/%zz", false},
		{"http://127.0.0.1:5556", "http://127.0.0.1:5556/token", true},
	} {
		if err := checkEndpoint(tt.issuer, tt.address); (err == nil) != tt.want {
			t.Errorf("%s names %s: %v", tt.issuer, tt.address, err)
		}
	}
}

func TestSessionCookie(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, secure := range []bool{true, false} {
		s := &identity.Sessions{DB: w.pool, Secure: secure}
		rec := httptest.NewRecorder()
		if err := s.Start(t.Context(), rec, httptest.NewRequest(http.MethodGet, "/", nil), identity.Account{Issuer: "i", Subject: "s", UserRef: ann.Ref}); err != nil {
			t.Fatal(err)
		}
		c := rec.Result().Cookies()[0]
		want := "portico-session"
		if secure {
			want = "__Host-portico-session"
		}
		if c.Name != want || c.Secure != secure || !c.HttpOnly || c.SameSite != http.SameSiteLaxMode || c.Path != "/" || c.Domain != "" || len(c.Value) != 43 {
			t.Errorf("secure %t: %v", secure, c)
		}
		var kept int
		if err := w.pool.QueryRow(t.Context(), `SELECT count(*) FROM identity_sessions s WHERE s::text LIKE '%' || $1 || '%'`, c.Value).Scan(&kept); err != nil || kept != 0 {
			t.Errorf("the database knows the id itself (%d, %v)", kept, err)
		}
	}
}

// The request that signs out came in the session that it ends, and may be over before it is answered.
func TestSignOutOutlivesItsRequest(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := browser()
	w.signIn(c)
	u, _ := url.Parse(w.URL)
	if got := w.who(c); got != ann.Ref { // who it is, is known from here on
		t.Fatalf("the session is of %q", got)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	r := httptest.NewRequestWithContext(ctx, http.MethodPost, w.URL+"/api/portico/session/end", nil)
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	for _, cookie := range c.Jar.Cookies(u) {
		r.AddCookie(cookie)
	}
	answer := httptest.NewRecorder()
	w.Config.Handler.ServeHTTP(answer, r)
	if answer.Code != http.StatusNoContent {
		t.Errorf("got %d %s", answer.Code, answer.Body)
	}
	if got := answer.Result().Cookies(); len(got) != 1 || got[0].MaxAge >= 0 {
		t.Errorf("the browser keeps its cookie: %v", got)
	}
	if got := w.who(c); got == ann.Ref {
		t.Errorf("the session lets %s in", got)
	}
}

// What ends a session, and how soon that holds at another replica.
func TestSessionEnds(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		end  func(w *world, c *http.Client)
		here bool // at once where it was asked for
	}{
		{"signing out", func(w *world, c *http.Client) { w.post(c, "/api/portico/session/end", "", "same-origin") }, true},
		{"signing out as Backstage does", func(w *world, c *http.Client) { w.post(c, "/api/auth/oidc/logout", "", "same-origin") }, true},
		{"signing out everywhere, in another browser", func(w *world, _ *http.Client) {
			other := browser()
			w.signIn(other)
			w.post(other, "/api/portico/session/end", `{"all":true}`, "same-origin")
		}, true},
		{"eight hours without a request", func(w *world, _ *http.Client) {
			w.exec(`UPDATE identity_sessions SET seen_at = now() - interval '8 hours 1 second'`)
		}, false},
		{"a day", func(w *world, _ *http.Client) {
			w.exec(`UPDATE identity_sessions SET expires_at = now() - interval '1 second'`)
		}, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			replica := &identity.Sessions{DB: w.pool}
			go replica.Follow(t.Context())
			second := httptest.NewServer(w.handler(replica))
			defer second.Close()
			c := browser()
			w.signIn(c)
			u, _ := url.Parse(w.URL)
			thief := browser() // who has the cookie, after the browser forgot it
			thief.Jar.SetCookies(u, c.Jar.Cookies(u))
			there := func() string {
				_, body := w.get(thief, second.URL+"/api/who")
				return body
			}
			if w.who(thief) != ann.Ref || there() != ann.Ref {
				t.Fatal("the session does not hold at both replicas")
			}
			tt.end(w, c)
			if who := w.who(thief); tt.here && who != "nobody" {
				t.Errorf("%q is signed in right after it", who)
			}
			for begun := time.Now(); w.who(thief) != "nobody" || there() == ann.Ref; time.Sleep(20 * time.Millisecond) {
				if time.Since(begun) > 5*time.Second {
					t.Fatal("after five seconds somebody is still signed in")
				}
			}
		})
	}
}

func TestAnotherSiteDoesNotSignOut(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := browser()
	w.signIn(c)
	for _, site := range []string{"", "cross-site", "same-site"} {
		for _, path := range []string{"/api/portico/session/end", "/api/auth/oidc/logout"} {
			if status := w.post(c, path, "", site); status != http.StatusForbidden {
				t.Errorf("%s from %q: status %d, want 403", path, site, status)
			}
		}
	}
	if who := w.who(c); who != ann.Ref {
		t.Errorf("%q is signed in", who)
	}
}

// Every flow here is wrong in one thing, and leaves nobody signed in.
func TestBadFlows(t *testing.T) {
	t.Parallel()
	set := func(name string, v any) func(*world) {
		return func(w *world) { w.idp.wrong.claims = func(c map[string]any) { c[name] = v } }
	}
	drop := func(name string) func(*world) {
		return func(w *world) { w.idp.wrong.claims = func(c map[string]any) { delete(c, name) } }
	}
	token := func(make func(*standIn, map[string]any) string) func(*world) {
		return func(w *world) { w.idp.wrong.token = make }
	}
	resolver := func(r Resolver, more func(*world)) func(*world) {
		return func(w *world) {
			w.provider.Resolvers = []Resolver{r}
			if more != nil {
				more(w)
			}
		}
	}
	// entra makes the provider a tenant of Entra ID, which says nothing of what is verified.
	entra := func(by *Resolver, change func(map[string]any)) func(*world) {
		return func(w *world) {
			w.provider.Protocol.(*OIDC).Entra = true
			if by != nil {
				w.provider.Resolvers = []Resolver{*by}
			}
			w.idp.wrong.claims = func(c map[string]any) {
				delete(c, "email_verified")
				if change != nil {
					change(c)
				}
			}
		}
	}
	rs256 := map[string]any{"alg": "RS256", "kid": "one"}
	tests := []struct {
		name string
		set  func(w *world)                                        // before it begins; nil: nothing
		back func(w *world, c *http.Client, asked *url.URL) string // the way back; nil: the right one
		want string
	}{
		{"no state", nil, func(w *world, _ *http.Client, a *url.URL) string { return w.back(a, "state", "") }, codeExpired},
		{"a state of one's own", nil, func(w *world, _ *http.Client, a *url.URL) string { return w.back(a, "state", identity.NewSecret()) }, codeExpired},
		{"a state that is no state", nil, func(w *world, _ *http.Client, a *url.URL) string { return w.back(a, "state", "' OR true --") }, codeExpired},
		{"a state for the second time", nil, func(w *world, c *http.Client, a *url.URL) string {
			u, _ := url.Parse(w.URL)
			kept := c.Jar.Cookies(u)
			w.get(c, w.back(a, "error", "access_denied"))
			c.Jar.SetCookies(u, kept)
			return w.back(a)
		}, codeExpired},
		{"another browser", nil, func(w *world, c *http.Client, a *url.URL) string {
			*c = *browser()
			return w.back(a)
		}, codeExpired},
		{"another browser, with a sign-in of its own", nil, func(w *world, c *http.Client, a *url.URL) string {
			*c = *browser()
			w.begin(c)
			return w.back(a)
		}, codeExpired},
		{"the cookie of another sign-in", nil, func(w *world, c *http.Client, a *url.URL) string {
			u, _ := url.Parse(w.URL)
			*c = *browser()
			f := flow{state: a.Query().Get("state")}
			c.Jar.SetCookies(u, []*http.Cookie{{Name: f.cookie(), Value: identity.NewSecret()}})
			return w.back(a)
		}, codeExpired},
		{"a state of one's own, with the secret of a sign-in under way", nil, func(w *world, c *http.Client, a *url.URL) string {
			u, _ := url.Parse(w.URL)
			own := flow{state: identity.NewSecret()}
			theirs := flow{state: a.Query().Get("state")}
			for _, cookie := range c.Jar.Cookies(u) {
				if cookie.Name == theirs.cookie() {
					c.Jar.SetCookies(u, []*http.Cookie{{Name: own.cookie(), Value: cookie.Value}})
				}
			}
			return w.back(a, "state", own.state)
		}, codeExpired},
		{"too late", nil, func(w *world, _ *http.Client, a *url.URL) string {
			w.exec(`UPDATE identity_flows SET expires_at = now()`)
			return w.back(a)
		}, codeExpired},
		{"another provider's way back", nil, func(w *world, _ *http.Client, a *url.URL) string {
			return strings.Replace(w.back(a), "/oidc/", "/two/", 1)
		}, codeExpired},
		{"an unknown provider's way back", nil, func(w *world, _ *http.Client, a *url.URL) string {
			return strings.Replace(w.back(a), "/oidc/", "/three/", 1)
		}, codeNoProvider},
		{"an answer of another issuer", nil, func(w *world, _ *http.Client, a *url.URL) string { return w.back(a, "iss", "https://evil.example") }, codeRefused},
		{"an answer of nobody, where the provider names itself", func(w *world) { w.idp.wrong.named = true }, nil, codeRefused},
		{"no code", nil, func(w *world, _ *http.Client, a *url.URL) string { return w.back(a, "code", "") }, codeRefused},
		{"two codes", nil, func(w *world, _ *http.Client, a *url.URL) string { return w.back(a) + "&code=other" }, codeRefused},
		{"a code of one's own", nil, func(w *world, _ *http.Client, a *url.URL) string { return w.back(a, "code", "guessed") }, codeRefused},
		{"somebody else's code", nil, func(w *world, _ *http.Client, a *url.URL) string {
			return w.back(a, "code", w.idp.authorize(w.begin(browser()))) // PKCE
		}, codeRefused},
		{"somebody else's code, from a provider without PKCE", nil, func(w *world, _ *http.Client, a *url.URL) string {
			theirs := w.begin(browser())
			q := theirs.Query()
			q.Set("code_challenge", a.Query().Get("code_challenge"))
			theirs.RawQuery = q.Encode()
			return w.back(a, "code", w.idp.authorize(theirs)) // the nonce
		}, codeRefused},
		{"the provider refuses", nil, func(w *world, _ *http.Client, a *url.URL) string { return w.back(a, "error", "access_denied") }, codeDenied},
		{"the provider fails", nil, func(w *world, _ *http.Client, a *url.URL) string { return w.back(a, "error", "server_error") }, codeProvider},
		{"the token endpoint fails", func(w *world) { w.idp.wrong.status = http.StatusBadGateway }, nil, codeProvider},
		{"the token endpoint leads elsewhere", func(w *world) { w.idp.wrong.status = http.StatusTemporaryRedirect }, nil, codeRefused},
		{"the wrong client secret", func(w *world) { w.provider.Protocol.(*OIDC).ClientSecret = "another" }, nil, codeRefused},

		{"no ID token", token(func(*standIn, map[string]any) string { return "" }), nil, codeRefused},
		{"no nonce", drop("nonce"), nil, codeRefused},
		{"another nonce", set("nonce", "another"), nil, codeRefused},
		{"no issuer", drop("iss"), nil, codeRefused},
		{"another issuer", set("iss", "https://evil.example"), nil, codeRefused},
		{"no audience", drop("aud"), nil, codeRefused},
		{"another audience", set("aud", "other-client"), nil, codeRefused},
		{"two audiences, made for nobody", set("aud", []string{clientID, "other-client"}), nil, codeRefused},
		{"made for another client", set("azp", "other-client"), nil, codeRefused},
		{"no subject", drop("sub"), nil, codeRefused},
		{"an endless subject", set("sub", strings.Repeat("x", 256)), nil, codeRefused},
		{"no end", drop("exp"), nil, codeRefused},
		{"at its end", set("exp", time.Now().Add(-time.Minute).Unix()), nil, codeRefused},
		{"not yet", set("nbf", time.Now().Add(time.Hour).Unix()), nil, codeRefused},
		{"of the future", set("iat", time.Now().Add(time.Hour).Unix()), nil, codeRefused},
		{"alg none", token(func(_ *standIn, c map[string]any) string {
			return unsigned(map[string]any{"alg": "none"}, c) + "."
		}), nil, codeRefused},
		{"HS256 with the public key", token(func(s *standIn, c map[string]any) string {
			return hmacSigned(x509.MarshalPKCS1PublicKey(&s.key.PublicKey), map[string]any{"alg": "HS256", "kid": "one"}, c)
		}), nil, codeRefused},
		{"HS256 with the client's secret", token(func(_ *standIn, c map[string]any) string {
			return hmacSigned([]byte(clientSecret), map[string]any{"alg": "HS256"}, c)
		}), nil, codeRefused},
		{"HS256 with a secret that the provider publishes", func(w *world) {
			secret := []byte("everybody reads it, so it proves nothing")
			w.idp.wrong.keys = []any{map[string]any{"kty": "oct", "kid": "two", "k": b64(secret)}}
			token(func(_ *standIn, c map[string]any) string {
				return hmacSigned(secret, map[string]any{"alg": "HS256", "kid": "two"}, c)
			})(w)
		}, nil, codeRefused},
		{"another key under the same name", token(func(_ *standIn, c map[string]any) string {
			key, err := rsa.GenerateKey(rand.Reader, 2048)
			if err != nil {
				panic(err)
			}
			return signedBy(key, rs256, c)
		}), nil, codeRefused},
		{"a key of an unknown name", token(func(s *standIn, c map[string]any) string {
			return s.signed(map[string]any{"alg": "RS256", "kid": "../../dev/null"}, c)
		}), nil, codeRefused},
		{"another's signature", token(func(s *standIn, c map[string]any) string {
			good := s.signed(rs256, c)
			c["email"] = "root@marrowby.example"
			return unsigned(rs256, c) + good[strings.LastIndexByte(good, '.'):]
		}), nil, codeRefused},

		{"an unverified e-mail address", set("email_verified", false), nil, codeUnverified},
		{"an e-mail address of which nothing is said", drop("email_verified"), nil, codeUnverified},
		{"verified, in a word", set("email_verified", "yes"), nil, codeUnverified},
		{"an address with two @", set("email", "ann@marrowby.example@evil.example"), nil, codeUnknownUser},
		{"letters that look like others", set("email", "аnn@marrowby.example"), nil, codeUnknownUser},
		{"an address with a name", set("email", "Ann <ann@marrowby.example>"), nil, codeUnknownUser},
		{"an address with a comma", set("email", "x@evil.example,ann@marrowby.example"), nil, codeUnknownUser},
		{"an address of nobody", set("email", "bob@marrowby.example"), nil, codeUnknownUser},
		{"an address of two", func(w *world) { w.users["ann@marrowby.example"] = []User{ann, {Ref: "user:default/ann-2"}} }, nil, codeAmbiguous},
		{"a local part at another domain", resolver(Resolver{By: LocalPart, Domains: []string{"marrowby.example"}}, set("email", "ann@evil.example")), nil, codeUnknownUser},
		{"a local part at a domain below", resolver(Resolver{By: LocalPart, Domains: []string{"marrowby.example"}}, set("email", "ann@x.marrowby.example")), nil, codeUnknownUser},
		{"a name that leads elsewhere", resolver(Resolver{By: Username, WithoutUser: true}, set("preferred_username", "x/../group:default/admins")), nil, codeUnknownUser},
		{"Entra ID: a guest's address", entra(nil, func(c map[string]any) { c["idp"] = "https://sts.windows.net/another/" }), nil, codeUnverified},
		{"Entra ID: an address of a domain that the tenant does not own", entra(nil, func(c map[string]any) { c["xms_edov"] = false }), nil, codeUnverified},
		{"Entra ID: what the address says of itself", entra(nil, func(c map[string]any) { c["email_verified"], c["xms_edov"] = true, "0" }), nil, codeUnverified},
		{"Entra ID: no id in the tenant", entra(&Resolver{By: ID, Annotation: subjectAnnotation}, nil), nil, codeUnknownUser},
		{"Entra ID: another tenant", entra(nil, func(c map[string]any) { c["iss"] = "https://login.microsoftonline.com/another/v2.0" }), nil, codeRefused},
		{"another subject", resolver(Resolver{By: ID, Annotation: subjectAnnotation}, set("sub", "1002")), nil, codeUnknownUser},
		{"the userinfo of another", func(w *world) {
			drop("email")(w)
			w.idp.wrong.userinfo = map[string]any{"sub": "1002", "email": "ann@marrowby.example", "email_verified": true}
		}, nil, codeRefused},
	}
	t.Logf("wall: S1 | sign-ins: with a provider | %d", len(tests))
	pool := pgtest.New(t)
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorldOn(t, pool)
			w.exec(`DELETE FROM identity_sessions`) // of a case that let somebody in
			if tt.set != nil {
				tt.set(w)
			}
			c := browser()
			asked := w.begin(c)
			way := w.back(asked)
			if tt.back != nil {
				way = tt.back(w, c, asked)
			}
			to, body := w.get(c, way)
			if to == nil || to.Path != "/sign-in" || to.Host != w.Listener.Addr().String() {
				t.Fatalf("leads to %v %s, want the sign-in page", to, body)
			}
			if got := to.Query(); got.Get("error") != tt.want || len(got.Get("id")) != 9 {
				t.Errorf("the sign-in page is told %v, want the error %s with an id", got, tt.want)
			}
			if n := w.count(); n != 0 {
				t.Errorf("%d sessions", n)
			}
			if who := w.who(c); who != "nobody" {
				t.Errorf("%q is signed in", who)
			}
		})
	}
}

func TestLocalPath(t *testing.T) {
	t.Parallel()
	for _, to := range []string{
		"", "catalog", "//evil.example", "///evil.example", "/\\evil.example", "\\\\evil.example", "https://evil.example", "https:evil.example",
		"javascript:alert(1)", "/\t/evil.example", "/\n/evil.example", " //evil.example", "/%2f/../\\evil.example", "/\x00/x", "/%2Fevil.example", "/%5Cevil.example",
		"/sign-in?to=/sign-in", "/api/auth/oidc/start", "/аpi", "/" + strings.Repeat("x", 2000), "/%zz",
	} {
		if got := localPath(to); got != "/" {
			t.Errorf("%q leads to %q", to, got)
		}
	}
	for _, to := range []string{"/", "/catalog?kind=api&q=a%20b", "/catalog/default/component/x#top", "/operate/sources"} {
		if got := localPath(to); got != to {
			t.Errorf("%q leads to %q", to, got)
		}
	}
}

func TestResolve(t *testing.T) {
	t.Parallel()
	ops := User{Ref: "user:default/ops", DisplayName: "Operations"}
	dir := users{
		"ann@marrowby.example": {ann}, "ann": {ann}, subjectAnnotation + "=1001": {ann}, "okta.com/email=ann@marrowby.example": {ann},
		"bob+ops@marrowby.example": {ops}, "@marrowby.example": {ann}, "../ann": {ann},
	}
	person := Person{Subject: "1001", ID: "1001", Email: "Ann@Marrowby.Example", Username: "Ann", Name: "Ann at the provider"}
	stranger := Person{Subject: "7", ID: "7", Email: "bob@marrowby.example", Username: "bob", Name: "Bob"}
	tests := []struct {
		name   string
		list   []Resolver
		person Person
		want   User
	}{
		{"e-mail, in any case", []Resolver{{By: Email}}, person, ann},
		{"e-mail of the right domain", []Resolver{{By: Email, Domains: []string{"MARROWBY.example"}}}, person, ann},
		{"e-mail of another domain", []Resolver{{By: Email, Domains: []string{"other.example"}}}, person, User{}},
		{"local part", []Resolver{{By: LocalPart, Domains: []string{"marrowby.example"}}}, person, ann},
		{"user name", []Resolver{{By: Username}}, person, ann},
		{"subject", []Resolver{{By: ID, Annotation: subjectAnnotation}}, person, ann},
		{"the second of two", []Resolver{{By: Email, Domains: []string{"other.example"}}, {By: Username}}, person, ann},
		{"a stranger", []Resolver{{By: Email}, {By: Username}, {By: ID, Annotation: subjectAnnotation}}, stranger, User{}},
		{"a stranger who may come in", []Resolver{{By: Username, WithoutUser: true}}, stranger, User{Ref: "user:default/bob", DisplayName: "Bob", Absent: true}},
		{"a stranger of another domain", []Resolver{{By: LocalPart, Domains: []string{"other.example"}, WithoutUser: true}}, stranger, User{}},
		{"a stranger's id", []Resolver{{By: ID, Annotation: subjectAnnotation, WithoutUser: true}}, stranger, User{Ref: "user:default/7", DisplayName: "Bob", Absent: true}},
		{"an id that differs from another in case", []Resolver{{By: ID, Annotation: subjectAnnotation, WithoutUser: true}}, Person{Subject: "aB", ID: "aB"}, User{}},
		{"an id that is another's name", []Resolver{{By: ID, Annotation: subjectAnnotation, WithoutUser: true}}, Person{Subject: "ann", ID: "ann"}, User{}},
		{"no id", []Resolver{{By: ID, Annotation: subjectAnnotation, WithoutUser: true}}, Person{Subject: "7"}, User{}},
		{"an id that is the name", []Resolver{{By: ID}}, Person{Subject: "Ann", ID: "Ann"}, ann},
		{"a stranger's id as a name", []Resolver{{By: ID, WithoutUser: true}}, stranger, User{Ref: "user:default/7", DisplayName: "Bob", Absent: true}},
		{"an annotated address", []Resolver{{By: Email, Annotation: "okta.com/email"}}, person, ann},
		{"an annotated address that is a profile's alone", []Resolver{{By: Email, Annotation: "google.com/email"}}, person, User{}},
		{"an annotated address of another domain", []Resolver{{By: Email, Annotation: "okta.com/email", Domains: []string{"other.example"}}}, person, User{}},
		{"a stranger's address", []Resolver{{By: Email, Annotation: "okta.com/email", WithoutUser: true}}, stranger, User{Ref: "user:default/bob@marrowby.example", DisplayName: "Bob", Absent: true}},
		{"an address that goes on", []Resolver{{By: LocalPart}}, Person{Subject: "1", Email: "ann@marrowby.example@evil.example"}, User{}},
		{"a name that leads elsewhere", []Resolver{{By: Username}}, Person{Subject: "1", Username: "../ann"}, User{}},
		{"an id that leads elsewhere", []Resolver{{By: ID}}, Person{Subject: "1", ID: "../ann"}, User{}},
		{"an address with a note", []Resolver{{By: Email}}, Person{Subject: "1", Email: "ann+portal@marrowby.example"}, ann},
		{"an address that has the note in the catalog", []Resolver{{By: Email}}, Person{Subject: "1", Email: "bob+ops@marrowby.example"}, ops},
		{"an address that is a note alone", []Resolver{{By: Email}}, Person{Subject: "1", Email: "+ann@marrowby.example"}, User{}},
		{"a note is no part of a name", []Resolver{{By: LocalPart, Domains: []string{"marrowby.example"}}}, Person{Subject: "1", Email: "ann+portal@marrowby.example"}, User{}},
		{"a name that others can take over", []Resolver{{By: Username, Pinned: true}}, person, User{Ref: ann.Ref, DisplayName: ann.DisplayName, pinned: true}},
		{"and of a stranger", []Resolver{{By: Username, Pinned: true, WithoutUser: true}}, stranger, User{Ref: "user:default/bob", DisplayName: "Bob", Absent: true, pinned: true}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := resolve(tt.list, dir, tt.person)
			if got != tt.want || (err == nil) != (tt.want != User{}) {
				t.Errorf("%+v, %v; want %+v", got, err, tt.want)
			}
		})
	}
}
