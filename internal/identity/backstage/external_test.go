package backstage

import (
	"crypto"
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"math/big"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"portico/internal/errs"
	"portico/internal/httpx"
	"portico/internal/identity"
	"portico/internal/outbound"
)

func hs256(t *testing.T, key []byte, head, payload map[string]any) string {
	t.Helper()
	text := encoded(t, head) + "." + encoded(t, payload)
	m := hmac.New(sha256.New, key)
	m.Write([]byte(text))
	return text + "." + base64.RawURLEncoding.EncodeToString(m.Sum(nil))
}

var deletes = httpx.Permission{Name: "catalog.entity.delete", Action: "delete"}

func TestSharedKeys(t *testing.T) {
	one, two := []byte("eighteen bytes long"), []byte("another key, shorter than go-jose")
	keys := SharedKeys{{one, "old", nil}, {two, "narrow", []identity.Restriction{{Plugin: "catalog", Actions: []string{"read"}}}}}
	now := time.Now().Unix()
	head := map[string]any{"alg": "HS256"}
	good := map[string]any{"sub": legacySubject, "exp": now + 3600}
	with := func(key string, v any) map[string]any {
		c := map[string]any{"sub": legacySubject, "exp": now + 3600, key: v}
		if v == nil {
			delete(c, key)
		}
		return c
	}
	tests := []struct {
		name, token string
		who         string // "" is nobody
		refused     bool
	}{
		{"one", hs256(t, one, head, good), "service:old", false},
		{"the other", hs256(t, two, head, good), "service:narrow", false},
		{"with a kind", hs256(t, one, map[string]any{"alg": "HS256", "typ": "JWT"}, good), "service:old", false},
		{"another key", hs256(t, []byte("some key that nobody has"), head, good), "", false},
		{"no key", hs256(t, nil, head, good), "", false},
		{"no algorithm", encoded(t, map[string]any{"alg": "none"}) + "." + encoded(t, good) + ".", "", false},
		{"another algorithm", hs256(t, one, map[string]any{"alg": "HS512"}, good), "", false},
		{"another subject", hs256(t, one, head, with("sub", "user:default/ann")), "", false},
		{"an audience", hs256(t, one, head, with("aud", "backstage")), "", false},
		{"expired", hs256(t, one, head, with("exp", now-1)), "", true},
		{"never ends", hs256(t, one, head, with("exp", nil)), "", true},
		{"not yet", hs256(t, one, head, with("nbf", now+600)), "", true},
		{"of the future", hs256(t, one, head, with("iat", now+600)), "", true},
		{"too long", hs256(t, one, head, with("pad", strings.Repeat("a", maxToken))), "", false},
		{"no token", "one-that-is-static", "", false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p, err := keys.Bearer(t.Context(), tt.token)
			switch {
			case tt.refused && !errs.Is(err, errs.Unauthenticated), !tt.refused && err != nil:
				t.Errorf("the error is %v", err)
			case tt.who == "" && p != nil, tt.who != "" && (p == nil || p.Ref != tt.who):
				t.Errorf("it is %+v", p)
			}
			if p != nil && (!p.May(reads) || p.May(deletes) != (tt.who == "service:old")) {
				t.Errorf("%s: its restrictions are not kept", p.Ref)
			}
		})
	}
}

// issuerHost publishes keys, and can be told to do wrong.
type issuerHost struct {
	*httptest.Server
	mu    sync.Mutex
	keys  map[string]*rsa.PrivateKey
	wrong http.HandlerFunc
	asked int
}

var someKeys = sync.OnceValues(func() (list []*rsa.PrivateKey, err error) {
	for range 2 {
		key, err := rsa.GenerateKey(rand.Reader, 2048)
		if err != nil {
			return nil, err
		}
		list = append(list, key)
	}
	return list, nil
})

func (h *issuerHost) change(fn func()) {
	h.mu.Lock()
	defer h.mu.Unlock()
	fn()
}

func (h *issuerHost) count() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.asked
}

func newIssuer(t *testing.T) (*issuerHost, *JWKS, *clock) {
	t.Helper()
	list, err := someKeys()
	if err != nil {
		t.Fatal(err)
	}
	h := &issuerHost{keys: map[string]*rsa.PrivateKey{"one": list[0]}}
	h.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h.mu.Lock()
		defer h.mu.Unlock()
		h.asked++
		if h.wrong != nil {
			h.wrong(w, r)
			return
		}
		var keys []string
		for kid, key := range h.keys {
			keys = append(keys, rsaJWK(kid, &key.PublicKey))
		}
		// Beside what signs there are keys of other kinds, which are passed over.
		keys = append(keys, `{"kty":"oct","kid":"shared","k":"c2VjcmV0LXNlY3JldC1zZWNyZXQtc2VjcmV0LXNlY3JldA"}`, `{"kty":"new","kid":"x"}`,
			strings.Replace(rsaJWK("sealing", &list[0].PublicKey), `"sig"`, `"enc"`, 1))
		fmt.Fprintf(w, `{"keys":[%s]}`, strings.Join(keys, ","))
	}))
	t.Cleanup(h.Close)
	u, err := url.Parse(h.URL)
	if err != nil {
		t.Fatal(err)
	}
	client, err := outbound.New(outbound.Options{
		Allow: []outbound.Rule{{Host: u.Host, HTTP: true, AllowPrivate: true}}, Timeout: 5 * time.Second, MaxBody: 1 << 20, MaxRedirects: -1,
	})
	if err != nil {
		t.Fatal(err)
	}
	c := new(clock)
	return h, &JWKS{
		URL: h.URL + "/keys", Issuers: []string{"https://id.example"}, Audiences: []string{"portal"}, Prefix: "ci", Client: client, Log: quiet, now: c.now,
		Restrictions: []identity.Restriction{{Plugin: "catalog", Actions: []string{"read"}}},
	}, c
}

func rsaJWK(kid string, key *rsa.PublicKey) string {
	enc := base64.RawURLEncoding.EncodeToString
	return fmt.Sprintf(`{"kty":"RSA","kid":%q,"use":"sig","alg":"RS256","n":%q,"e":%q}`, kid, enc(key.N.Bytes()), enc(big.NewInt(int64(key.E)).Bytes()))
}

func rs256(t *testing.T, key *rsa.PrivateKey, head, payload map[string]any) string {
	t.Helper()
	text := encoded(t, head) + "." + encoded(t, payload)
	sum := sha256.Sum256([]byte(text))
	sig, err := rsa.SignPKCS1v15(rand.Reader, key, crypto.SHA256, sum[:])
	if err != nil {
		t.Fatal(err)
	}
	return text + "." + base64.RawURLEncoding.EncodeToString(sig)
}

func job(change ...any) map[string]any {
	c := map[string]any{"iss": "https://id.example", "aud": "portal", "sub": "deploy", "exp": time.Now().Add(time.Hour).Unix(), "iat": time.Now().Unix()}
	for i := 0; i+1 < len(change); i += 2 {
		if c[change[i].(string)] = change[i+1]; change[i+1] == nil {
			delete(c, change[i].(string))
		}
	}
	return c
}

func head(change ...any) map[string]any {
	h := map[string]any{"alg": "RS256", "kid": "one"}
	for i := 0; i+1 < len(change); i += 2 {
		if h[change[i].(string)] = change[i+1]; change[i+1] == nil {
			delete(h, change[i].(string))
		}
	}
	return h
}

func TestJWKS(t *testing.T) {
	h, j, _ := newIssuer(t)
	list, err := someKeys()
	if err != nil {
		t.Fatal(err)
	}
	key, other := list[0], list[1]
	public := rsaJWK("one", &key.PublicKey)
	tests := []struct {
		name, token string
		good        bool
		refused     bool // an error says why
		later       bool // its key may be newer than those that are known
	}{
		{"good", rs256(t, key, head(), job()), true, false, false},
		{"without the name of its key", rs256(t, key, head("kid", nil), job()), true, false, false},
		{"for several", rs256(t, key, head(), job("aud", []string{"x", "portal"})), true, false, false},
		{"another key under that name", rs256(t, other, head(), job()), false, false, false},
		{"an unknown key", rs256(t, other, head("kid", "two"), job()), false, false, true},
		{"a key that came along", rs256(t, other, head("jwk", map[string]any{"kty": "RSA", "n": "AQAB", "e": "AQAB"}), job()), false, false, false},
		{"a key that seals", rs256(t, key, head("kid", "sealing"), job()), false, false, true},
		{"a shared key that is published", hs256(t, []byte("secret-secret-secret-secret-secret"), map[string]any{"alg": "HS256", "kid": "shared"}, job()), false, false, false},
		{"HS256 with the public key", hs256(t, []byte(public), map[string]any{"alg": "HS256", "kid": "one"}, job()), false, false, false},
		{"no algorithm", encoded(t, head("alg", "none")) + "." + encoded(t, job()) + ".", false, false, false},
		{"another algorithm", rs256(t, key, head("alg", "PS256"), job()), false, false, false},
		{"another issuer", rs256(t, key, head(), job("iss", "https://evil.example")), false, false, false},
		{"no issuer", rs256(t, key, head(), job("iss", nil)), false, false, false},
		{"another audience", rs256(t, key, head(), job("aud", "x")), false, false, false},
		{"no audience", rs256(t, key, head(), job("aud", nil)), false, false, false},
		{"an issuer in other letters", rs256(t, key, head(), job("iss", "https://evil.example", "isſ", "https://id.example")), false, false, false},
		{"expired", rs256(t, key, head(), job("exp", time.Now().Unix()-1)), false, true, false},
		{"never ends", rs256(t, key, head(), job("exp", nil)), false, true, false},
		{"not yet", rs256(t, key, head(), job("nbf", time.Now().Unix()+600)), false, true, false},
		{"of the future", rs256(t, key, head(), job("iat", time.Now().Unix()+600)), false, true, false},
		{"no subject", rs256(t, key, head(), job("sub", nil)), false, true, false},
		{"a subject of two lines", rs256(t, key, head(), job("sub", "a\nb")), false, true, false},
		{"too long", rs256(t, key, head(), job("pad", strings.Repeat("a", maxToken))), false, false, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p, err := j.Bearer(t.Context(), tt.token)
			switch {
			case tt.later != errs.Is(err, errs.Unavailable), tt.refused != errs.Is(err, errs.Unauthenticated), !tt.refused && !tt.later && err != nil:
				t.Errorf("the error is %v", err)
			case tt.good != (p != nil):
				t.Errorf("it is %+v", p)
			case p != nil && (p.Ref != "service:external:ci:deploy" || !p.May(reads) || p.May(deletes)):
				t.Errorf("it is %+v, or may too much", p)
			}
		})
	}
	if n := h.count(); n != 1 {
		t.Errorf("the keys were fetched %d times", n)
	}
}

func TestJWKSAlgorithms(t *testing.T) {
	_, j, _ := newIssuer(t)
	list, err := someKeys()
	if err != nil {
		t.Fatal(err)
	}
	j.Algorithms = []string{"ES256"}
	if p, err := j.Bearer(t.Context(), rs256(t, list[0], head(), job())); p != nil || err != nil {
		t.Errorf("an algorithm that is not in the list: %v, %v", p, err)
	}
}

// Whoever knows nothing cannot make the portal ask the issuer again and again.
func TestJWKSIsAskedRarely(t *testing.T) {
	h, j, c := newIssuer(t)
	list, err := someKeys()
	if err != nil {
		t.Fatal(err)
	}
	for i := range 50 {
		// Who has asked can tell that there is no such key, and for those after it may be newer than the answer.
		p, err := j.Bearer(t.Context(), rs256(t, list[1], head("kid", fmt.Sprint(i)), job()))
		if later := i > 0; p != nil || later != errs.Is(err, errs.Unavailable) || !later && err != nil {
			t.Fatalf("%d: %v, %v", i, p, err)
		}
		if p, err := j.Bearer(t.Context(), rs256(t, list[1], head("kid", fmt.Sprint(i)), job("iss", "https://evil.example"))); p != nil || err != nil {
			t.Fatalf("%v, %v", p, err)
		}
	}
	if n := h.count(); n != 1 {
		t.Errorf("it was asked %d times", n)
	}
	// A key that the issuer begins to use is found.
	h.change(func() { h.keys["two"] = list[1] })
	if p, err := j.Bearer(t.Context(), rs256(t, list[1], head("kid", "two"), job())); p != nil || !errs.Is(err, errs.Unavailable) || errs.Remedy(err) == "" {
		t.Errorf("a new key, in the pause: %v, %v", p, err)
	}
	c.move(jwksPause)
	if p, err := j.Bearer(t.Context(), rs256(t, list[1], head("kid", "two"), job())); p == nil || err != nil {
		t.Errorf("a new key: %v, %v", p, err)
	}
	// One that it withdraws is good no longer than keys are kept.
	h.change(func() { delete(h.keys, "one") })
	c.move(jwksFresh)
	if p, err := j.Bearer(t.Context(), rs256(t, list[0], head(), job())); p != nil || err != nil {
		t.Errorf("a key that was withdrawn: %v, %v", p, err)
	}
}

func TestJWKSThatDoesWrong(t *testing.T) {
	list, err := someKeys()
	if err != nil {
		t.Fatal(err)
	}
	elsewhere := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		t.Error("a redirect was followed")
		fmt.Fprintf(w, `{"keys":[%s]}`, rsaJWK("one", &list[0].PublicKey))
	}))
	t.Cleanup(elsewhere.Close)
	small, err := rsa.GenerateKey(rand.Reader, 1024)
	if err != nil {
		t.Fatal(err)
	}
	for name, wrong := range map[string]http.HandlerFunc{
		"a fault":   func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusInternalServerError) },
		"not found": func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNotFound) },
		"no JSON":   func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "<html>") },
		"no keys":   func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, `{"keys":[]}`) },
		"huge": func(w http.ResponseWriter, _ *http.Request) {
			fmt.Fprint(w, `{"keys":["`+strings.Repeat("a", 2<<20)+`"]}`)
		},
		"many keys": func(w http.ResponseWriter, _ *http.Request) {
			fmt.Fprint(w, `{"keys":[`+strings.Repeat(rsaJWK("one", &list[0].PublicKey)+",", 100)+rsaJWK("one", &list[0].PublicKey)+`]}`)
		},
		"a short key": func(w http.ResponseWriter, _ *http.Request) {
			fmt.Fprintf(w, `{"keys":[%s]}`, rsaJWK("one", &small.PublicKey))
		},
		"a redirect":  func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, elsewhere.URL, http.StatusFound) },
		"it hangs up": func(w http.ResponseWriter, _ *http.Request) { panic(http.ErrAbortHandler) },
	} {
		t.Run(name, func(t *testing.T) {
			h, j, c := newIssuer(t)
			good := rs256(t, list[0], head(), job("exp", time.Now().Add(9*time.Hour).Unix()))
			h.change(func() { h.wrong = wrong })
			for range 3 {
				if p, err := j.Bearer(t.Context(), good); p != nil || !errs.Is(err, errs.Unavailable) || errs.Remedy(err) == "" {
					t.Fatalf("before it ever answered: %v, %v", p, err)
				}
			}
			if n := h.count(); n != 1 {
				t.Errorf("it was asked %d times at once", n)
			}
			h.change(func() { h.wrong = nil })
			c.move(jwksRetry)
			if p, err := j.Bearer(t.Context(), good); p == nil || err != nil {
				t.Fatalf("when it answers: %v, %v", p, err)
			}
			// Keys that are known outlive an outage, for an hour.
			h.change(func() { h.wrong = wrong })
			c.move(jwksFresh)
			if p, err := j.Bearer(t.Context(), good); p == nil || err != nil {
				t.Errorf("in an outage: %v, %v", p, err)
			}
			c.move(jwksStale)
			if p, err := j.Bearer(t.Context(), good); p != nil || !errs.Is(err, errs.Unavailable) {
				t.Errorf("in a long outage: %v, %v", p, err)
			}
		})
	}
}

// A slow issuer holds nobody up for longer than the client waits.
func TestJWKSThatIsSlow(t *testing.T) {
	list, err := someKeys()
	if err != nil {
		t.Fatal(err)
	}
	release := make(chan struct{})
	slow := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		select {
		case <-release:
		case <-r.Context().Done():
		}
	}))
	t.Cleanup(slow.Close)
	t.Cleanup(func() { close(release) })
	_, j, _ := newIssuer(t)
	u, err := url.Parse(slow.URL)
	if err != nil {
		t.Fatal(err)
	}
	j.URL = slow.URL
	if j.Client, err = outbound.New(outbound.Options{Allow: []outbound.Rule{{Host: u.Host, HTTP: true, AllowPrivate: true}}, Timeout: 50 * time.Millisecond, MaxRedirects: -1}); err != nil {
		t.Fatal(err)
	}
	if p, err := j.Bearer(t.Context(), rs256(t, list[0], head(), job())); p != nil || !errs.Is(err, errs.Unavailable) {
		t.Errorf("%v, %v", p, err)
	}
}

// A key that cannot be fetched now is not one that nobody has: a program that gets 401 would give up its good token.
func TestJWKSThatCannotTell(t *testing.T) {
	h, j, c := newIssuer(t)
	list, err := someKeys()
	if err != nil {
		t.Fatal(err)
	}
	if p, err := j.Bearer(t.Context(), rs256(t, list[0], head(), job())); p == nil || err != nil {
		t.Fatalf("%v, %v", p, err)
	}
	h.change(func() {
		h.keys["two"] = list[1]
		h.wrong = func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusInternalServerError) }
	})
	c.move(jwksPause)
	rotated := rs256(t, list[1], head("kid", "two"), job())
	for range 3 {
		if p, err := j.Bearer(t.Context(), rotated); p != nil || !errs.Is(err, errs.Unavailable) {
			t.Errorf("while the issuer fails: %v, %v", p, err)
		}
	}
	if n := h.count(); n != 2 {
		t.Errorf("it was asked %d times", n)
	}
	h.change(func() { h.wrong = nil })
	c.move(jwksRetry)
	if p, err := j.Bearer(t.Context(), rotated); p == nil || err != nil {
		t.Errorf("when it answers: %v, %v", p, err)
	}
}

// An issuer that fails after a long time is not asked again and again for one token.
func TestJWKSThatFailsLate(t *testing.T) {
	h, j, c := newIssuer(t)
	list, err := someKeys()
	if err != nil {
		t.Fatal(err)
	}
	failed := 0
	h.change(func() {
		h.wrong = func(w http.ResponseWriter, _ *http.Request) {
			if failed++; failed > 3 { // or the test would not end
				fmt.Fprintf(w, `{"keys":[%s]}`, rsaJWK("one", &list[0].PublicKey))
				return
			}
			c.move(jwksRetry + time.Second)
			w.WriteHeader(http.StatusGatewayTimeout)
		}
	})
	if p, err := j.Bearer(t.Context(), rs256(t, list[0], head(), job())); p != nil || !errs.Is(err, errs.Unavailable) {
		t.Errorf("%v, %v", p, err)
	}
	if n := h.count(); n != 1 {
		t.Errorf("it was asked %d times", n)
	}
}

// While keys are fetched for a token that nobody knows, those whose key is known are not held up, and nobody else asks.
func TestJWKSWhileItIsAsked(t *testing.T) {
	h, j, c := newIssuer(t)
	list, err := someKeys()
	if err != nil {
		t.Fatal(err)
	}
	good := rs256(t, list[0], head(), job())
	if p, err := j.Bearer(t.Context(), good); p == nil || err != nil {
		t.Fatalf("%v, %v", p, err)
	}
	entered, release := make(chan struct{}), make(chan struct{})
	h.change(func() {
		h.wrong = func(w http.ResponseWriter, _ *http.Request) {
			close(entered)
			<-release
			fmt.Fprintf(w, `{"keys":[%s]}`, rsaJWK("two", &list[1].PublicKey))
		}
	})
	c.move(jwksPause)
	var wg sync.WaitGroup
	for range 3 {
		wg.Go(func() {
			if p, err := j.Bearer(t.Context(), rs256(t, list[1], head("kid", "two"), job())); p == nil || err != nil {
				t.Errorf("a new key: %v, %v", p, err)
			}
		})
	}
	<-entered
	if p, err := j.Bearer(t.Context(), good); p == nil || err != nil {
		t.Errorf("a known key meanwhile: %v, %v", p, err)
	}
	c.move(jwksFresh) // and when it is due to be fetched itself
	if p, err := j.Bearer(t.Context(), good); p == nil || err != nil {
		t.Errorf("an old key meanwhile: %v, %v", p, err)
	}
	c.move(-jwksFresh)
	close(release)
	wg.Wait()
}
