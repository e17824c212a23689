package signin

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"maps"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"portico/internal/httpx"
	"portico/internal/identity"
	"portico/internal/pg/pgtest"
)

var ann = User{Ref: "user:default/ann", DisplayName: "Ann"}

// subjectAnnotation is that of the resolver oidcSubClaimMatchingUserEntityAnnotation.
const subjectAnnotation = "oidc.io/sub"

var (
	permission = httpx.Permission{Name: "catalog.entity.read", Action: "read"}
	change     = httpx.Permission{Name: "catalog.entity.delete", Action: "delete"}
)

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
