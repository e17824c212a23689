package security

import (
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"portico/internal/pg/pgtest"
)

// es256 is a token that [ciKey] signed.
func es256(t testing.TB, claims map[string]any) string {
	t.Helper()
	text := rawJSON(map[string]any{"alg": "ES256", "kid": "k"}) + "." + rawJSON(claims)
	sum := sha256.Sum256([]byte(text))
	r, s, err := ecdsa.Sign(rand.Reader, ciKey, sum[:])
	if err != nil {
		t.Fatal(err)
	}
	var sig [64]byte
	r.FillBytes(sig[:32])
	s.FillBytes(sig[32:])
	return text + "." + b64(sig[:])
}

// ciKeys is the public half, as it is published.
func ciKeys(t testing.TB) string {
	t.Helper()
	point, err := ciKey.PublicKey.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf(`{"keys":[{"kty":"EC","crv":"P-256","kid":"k","x":%q,"y":%q}]}`, b64(point[1:33]), b64(point[33:]))
}

// A provider of the world: it does everything right, but that one of its endpoints is elsewhere, or leads there.
type provider struct {
	t       *testing.T
	at      string            // its address
	named   map[string]string // endpoint → the address that its metadata have for it
	secrets map[string]string // that it hands out or is sent, by what they are
	leading string            // the path that answers with a redirect
	to      string            // where it leads
	mu      sync.Mutex
	nonce   string
	asked   map[string]int // path → requests
}

func (i *provider) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.asked[r.URL.Path]++
	if r.URL.Path == i.leading {
		http.Redirect(w, r, i.to, http.StatusTemporaryRedirect)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	answered := map[string]any{"sub": "1", "email": "ann@marrowby.example", "email_verified": true}
	var answer any
	switch r.URL.Path {
	case "/.well-known/openid-configuration":
		said := map[string]any{"issuer": i.at, "authorization_endpoint": i.at + "/auth", "token_endpoint": i.at + "/token", "jwks_uri": i.at + "/keys", "userinfo_endpoint": i.at + "/userinfo", "id_token_signing_alg_values_supported": []string{"ES256"}}
		for endpoint, address := range i.named {
			said[endpoint] = address
		}
		answer = said
	case "/token":
		claims := map[string]any{"iss": i.at, "aud": "portico", "sub": "1", "nonce": i.nonce, "exp": time.Now().Add(time.Hour).Unix(), "iat": time.Now().Unix()}
		i.secrets = map[string]string{"ID token": es256(i.t, claims), "access token": canary(40), "refresh token": canary(41), "code's verifier": r.PostFormValue("code_verifier"), "code": r.PostFormValue("code")}
		answer = map[string]any{"access_token": i.secrets["access token"], "refresh_token": i.secrets["refresh token"], "token_type": "Bearer", "id_token": i.secrets["ID token"]}
	case "/userinfo":
		answer = answered
	case "/keys":
		_, _ = w.Write([]byte(ciKeys(i.t)))
		return
	default:
		http.NotFound(w, r)
		return
	}
	_ = json.NewEncoder(w).Encode(answer)
}

// signIn goes through a sign-in as a browser would, and reports whether somebody is signed in at its end.
func (i *provider) signIn(p *portal) bool {
	return strings.Contains(strings.Join(i.goThrough(p), " "), "portico-session=")
}

// goThrough returns the cookies that the browser has at its end, and what it had on the way.
func (i *provider) goThrough(p *portal) []string {
	got := p.do("GET", "/api/auth/oidc/start?redirectUrl=/", "", ownName(p))
	to, err := url.Parse(got.header.Get("Location"))
	if err != nil {
		i.t.Fatal(err)
	}
	state := to.Query().Get("state")
	if state == "" {
		return nil
	}
	i.mu.Lock()
	i.nonce = to.Query().Get("nonce")
	i.mu.Unlock()
	cookie := strings.SplitN(got.header.Get("Set-Cookie"), ";", 2)[0]
	got = p.do("GET", "/api/auth/oidc/handler/frame?code="+url.QueryEscape(canary(42))+"&state="+url.QueryEscape(state), "", with("Cookie", cookie), ownName(p))
	return append(got.header["Set-Cookie"], cookie)
}

// few are enough where the door is what is tried: all of them are tried at others.
var few = addrs("127.0.0.1", "169.254.169.254", "::1")

// S6: nor through sign-in: neither the provider's metadata nor any endpoint that they name, nor where one of them leads.
func TestS6SignIn(t *testing.T) {
	if !inNamespace(t, func() string {
		if dsn := pgtest.DSN(t); strings.Contains(dsn, "host=%2F") || strings.Contains(dsn, "host=/") {
			return dsn
		}
		return pgtest.NewServer(t).DSN()
	}) {
		return
	}
	w := newWorld(t)
	good := "https://" + named("ip", host)
	paths := map[string]string{"metadata": "/.well-known/openid-configuration", "token_endpoint": "/token", "jwks_uri": "/keys", "userinfo_endpoint": "/userinfo"}
	const turning = "a name that turns to it" // and is the good one when it is asked first, so that somebody may be signed in
	// Before each endpoint that is tried, the sign-in has asked those.
	before := map[string][]string{"metadata": nil, "token_endpoint": {"metadata"}, "jwks_uri": {"metadata", "token_endpoint"}, "userinfo_endpoint": {"metadata", "token_endpoint", "jwks_uri"}}
	tried := 0
	try := func(name, issuer string, i *provider, want bool) {
		i.t, i.at, i.asked = t, good, map[string]int{}
		w.answer(i.ServeHTTP)
		t.Run(name, func(t *testing.T) {
			p := start(t, setup{dsn: os.Getenv("PORTICO_WALL_DSN"), config: []string{"auth: {providers: {oidc: {development: {metadataUrl: '" + issuer + "/.well-known/openid-configuration'}}}}"}})
			if in := i.signIn(p); in != want && !strings.Contains(name, turning) {
				t.Errorf("somebody is signed in: %v, want %v", in, want)
			}
			tried++
		})
		if hits := w.taken(); len(hits) > 0 {
			t.Errorf("%s: connections to %v", name, hits)
		}
	}
	control := &provider{}
	try("a provider that does everything right", good, control, true)
	for endpoint, path := range paths {
		if control.asked[path] == 0 {
			t.Fatalf("sign-in does not ask the %s: what follows proves nothing", endpoint)
		}
	}
	for n, a := range few {
		bare := a.String()
		if a.Is6() {
			bare = "[" + bare + "]"
		}
		elsewhere := map[string]string{"a name of it": "https://" + named("ip", a), "a name of it too": "https://" + named("ip", host, a)}
		if n < 2 {
			elsewhere["itself"], elsewhere[turning] = "https://"+bare, "https://"+named("flip", host, a)
		}
		for how, evil := range elsewhere {
			if how != turning {
				try(fmt.Sprintf("the issuer is %s, %s", a, how), evil, &provider{}, false)
			}
			for endpoint, path := range paths {
				if endpoint == "metadata" {
					continue
				}
				i := &provider{named: map[string]string{endpoint: evil + path}}
				try(fmt.Sprintf("the %s is %s, %s", endpoint, a, how), good, i, false)
				for _, first := range before[endpoint] {
					if i.asked[paths[first]] == 0 {
						t.Errorf("the %s is %s, %s: sign-in did not come to it: the %s was not asked", endpoint, a, how, first)
					}
				}
			}
		}
		if n >= 2 {
			continue
		}
		for endpoint, path := range paths {
			i := &provider{leading: path, to: "https://" + named("ip", a) + path}
			try(fmt.Sprintf("the %s leads to %s", endpoint, a), good, i, false)
			if i.asked[path] == 0 {
				t.Errorf("the %s was not asked", endpoint)
			}
		}
	}
	count(t, "S6", "providers that lead elsewhere", tried-1)
}

// S6: nor through the keys of programs, nor through GitHub's sign-in at an Enterprise Server.
func TestS6KeysAndEnterprise(t *testing.T) {
	if !inNamespace(t, func() string {
		if dsn := pgtest.DSN(t); strings.Contains(dsn, "host=%2F") || strings.Contains(dsn, "host=/") {
			return dsn
		}
		return pgtest.NewServer(t).DSN()
	}) {
		return
	}
	w := newWorld(t)
	var to string
	w.answer(func(rw http.ResponseWriter, r *http.Request) {
		if to != "" {
			http.Redirect(rw, r, to, http.StatusTemporaryRedirect)
			return
		}
		_, _ = rw.Write([]byte(ciKeys(t)))
	})
	token := func() option {
		return bearer(es256(t, map[string]any{"iss": "https://ci.example", "aud": "portal", "sub": "deploy", "exp": time.Now().Add(time.Hour).Unix()}))
	}
	try := func(name, at string, want int) {
		t.Run(name, func(t *testing.T) {
			p := start(t, setup{dsn: os.Getenv("PORTICO_WALL_DSN"), config: []string{`
backend:
  auth:
    externalAccess:
` + staticTokens + `
      - {type: jwks, options: {url: '` + at + `/keys', issuer: 'https://ci.example', audience: [portal], algorithm: ES256, subjectPrefix: ci}}
auth: {providers: {github: {development: {enterpriseInstanceUrl: '` + at + `', clientId: c, clientSecret: wall-github-secret, signIn: {resolvers: [{resolver: usernameMatchingUserEntityName}]}}}}}
`}})
			if got := p.do("GET", "/api/catalog/entities?limit=1", "", token()); got.status != want {
				t.Errorf("a program with its keys there: %d, want %d: %s", got.status, want, got.body)
			}
			got := p.do("GET", "/api/auth/github/start?redirectUrl=/", "", ownName(p))
			begun, err := url.Parse(got.header.Get("Location"))
			if err != nil || begun.Query().Get("state") == "" {
				t.Fatalf("sign-in did not begin: %d %s", got.status, got.header.Get("Location"))
			}
			cookie := strings.SplitN(got.header.Get("Set-Cookie"), ";", 2)[0]
			got = p.do("GET", "/api/auth/github/handler/frame?code=x&state="+url.QueryEscape(begun.Query().Get("state")), "", with("Cookie", cookie), ownName(p))
			if strings.Contains(strings.Join(got.header["Set-Cookie"], " "), "portico-session=") {
				t.Error("somebody is signed in")
			}
		})
		if hits := w.taken(); len(hits) > 0 {
			t.Errorf("%s: connections to %v", name, hits)
		}
	}
	good := "https://" + named("ip", host)
	try("where it may be", good, http.StatusOK)
	tried := 0
	for _, a := range few {
		tried += 3
		to = ""
		try(a.String(), "https://"+named("ip", a), http.StatusServiceUnavailable)
		try(a.String()+" too", "https://"+named("ip", host, a), http.StatusServiceUnavailable)
		to = "https://" + named("ip", a) + "/keys"
		try("where it may be, which leads to "+a.String(), good, http.StatusServiceUnavailable)
	}
	count(t, "S6", "addresses of programs' keys and of an Enterprise Server", 2*tried)
}
