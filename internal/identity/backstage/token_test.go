package backstage

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"maps"
	"net/http"
	"strings"
	"testing"
	"time"
)

func TestToken(t *testing.T) {
	p := newPortal(t)
	got := p.signIn(ann).refresh("oidc").BackstageIdentity
	head, payload := parts(t, got.Token)
	if head["typ"] != typeUser || head["alg"] != "ES256" || head["kid"] == "" || len(head) != 3 {
		t.Errorf("the header is %v", head)
	}
	if payload["iss"] != issuer || payload["sub"] != ann || payload["aud"] != "backstage" || payload["exp"].(float64)-payload["iat"].(float64) != 3600 || payload["ent"] != nil || payload["uip"] == "" {
		t.Errorf("the claims are %v", payload)
	}
	if a := p.with(got.Token); a.status != http.StatusOK || string(a.body) != ann {
		t.Errorf("the token opens: %d %s", a.status, a.body)
	}
	if got.ExpiresInSeconds < 3590 || got.ExpiresInSeconds > 3600 {
		t.Errorf("it lives %d seconds", got.ExpiresInSeconds)
	}
}

func TestTokenWithOwnership(t *testing.T) {
	p := replicas(t, 1, func(tokens *Tokens) { tokens.Ownership = true })[0]
	token := p.signIn(ann).refresh("oidc").BackstageIdentity.Token
	limited := cookieOf(t, p.nobody().do(http.MethodGet, "/api/catalog/.backstage/auth/v1/cookie", "Authorization", "Bearer "+token)).Value
	if a := p.nobody().do(http.MethodGet, "/api/auth/v1/userinfo", "Authorization", "Bearer "+limited); a.status != http.StatusOK {
		t.Errorf("the limited token is not good: %d %s", a.status, a.body)
	}
	_, payload := parts(t, token)
	if ent, _ := payload["ent"].([]any); len(ent) != 2 || ent[1] != "group:default/quay" {
		t.Errorf("it says %v", payload["ent"])
	}
}

// A token lives no longer than the session that it is of.
func TestTokenEndsWithItsSession(t *testing.T) {
	p := replicas(t, 1, func(tokens *Tokens) { tokens.Lifetime = MaxLifetime })[0]
	b := p.signIn(ann)
	if _, err := p.pool.Exec(t.Context(), `UPDATE identity_sessions SET expires_at = now() + interval '10 minutes'`); err != nil {
		t.Fatal(err)
	}
	if s := b.refresh("oidc").BackstageIdentity.ExpiresInSeconds; s > 600 {
		t.Errorf("it lives %d seconds", s)
	}
}

// Whoever signs out has no token any more, here at once, elsewhere as soon as their session is looked up again.
func TestSignedOut(t *testing.T) {
	list := replicas(t, 2, nil)
	here, there := list[0], list[1]
	one, two, ben := here.signIn(ann), here.signIn(ann), here.signIn("user:default/ben")
	first, second, bens := one.refresh("oidc").BackstageIdentity.Token, two.refresh("oidc").BackstageIdentity.Token, ben.refresh("oidc").BackstageIdentity.Token
	open := func(p *portal, token string, want int) {
		t.Helper()
		if a := p.with(token); a.status != want {
			t.Errorf("got %d %s, want %d", a.status, a.body, want)
		}
	}
	open(there, first, http.StatusOK)
	one.signOut(false)
	open(here, first, http.StatusUnauthorized)
	open(here, second, http.StatusOK)
	there.sessions.Forget() // as a notification does
	open(there, first, http.StatusUnauthorized)
	open(there, second, http.StatusOK)
	again := one.p.signIn(ann)
	if a := again.do(http.MethodGet, "/api/auth/v1/userinfo", "Authorization", "Bearer "+first); a.status != http.StatusUnauthorized {
		t.Errorf("a token of an earlier session: %d", a.status)
	}
	two.signOut(true)
	there.sessions.Forget()
	for _, p := range list {
		open(p, second, http.StatusUnauthorized)
		open(p, bens, http.StatusOK)
	}
}

// forged changes a good token of the portal's own key.
type forged struct {
	name    string
	head    map[string]any
	payload map[string]any
}

func TestRefusedTokens(t *testing.T) {
	p := newPortal(t)
	good := p.signIn(ann).refresh("oidc").BackstageIdentity.Token
	key, err := p.tokens.Keys.signer(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	now := time.Now().Unix()
	for _, f := range []forged{
		{"as it was", nil, nil},
		{"another kind", map[string]any{"typ": "JWT"}, nil},
		{"no kind", map[string]any{"typ": nil}, nil},
		{"a kind in other letters", map[string]any{"typ": "VND.backstage.user"}, nil},
		{"a limited one", map[string]any{"typ": typeLimited}, nil},
		{"a plugin's", map[string]any{"typ": typePlugin}, map[string]any{"sub": "catalog", "aud": "catalog"}},
		{"another issuer", nil, map[string]any{"iss": "https://evil.example/api/auth"}},
		{"no issuer", nil, map[string]any{"iss": nil}},
		{"another audience", nil, map[string]any{"aud": "catalog"}},
		{"two audiences", nil, map[string]any{"aud": []string{"backstage", "catalog"}}},
		{"no audience", nil, map[string]any{"aud": nil}},
		{"expired", nil, map[string]any{"exp": now - 1}},
		{"without an end", nil, map[string]any{"exp": nil}},
		{"an end that is text", nil, map[string]any{"exp": "tomorrow"}},
		{"two days long", nil, map[string]any{"exp": now + 48*3600}},
		{"of the future", nil, map[string]any{"iat": now + 600}},
		{"without a beginning", nil, map[string]any{"iat": nil}},
		{"not yet", nil, map[string]any{"nbf": now + 600}},
		{"another user of the same session", nil, map[string]any{"sub": "user:default/ben"}},
		{"a user without a session", nil, map[string]any{"sid": nil}},
		{"another session", nil, map[string]any{"sid": base64.RawURLEncoding.EncodeToString(make([]byte, 32))}},
		{"a session that is none", nil, map[string]any{"sid": "x"}},
		{"no user", nil, map[string]any{"sub": ""}},
		{"a header that must be understood", map[string]any{"crit": []string{"exp"}, "exp": 1}, nil},
		{"a key of another name", map[string]any{"kid": strings.Repeat("a", 43)}, nil},
		{"a key that is a path", map[string]any{"kid": "../../../../dev/null"}, nil},
		{"a key that is SQL", map[string]any{"kid": "' OR '1'='1"}, nil},
		{"no key's name", map[string]any{"kid": nil}, nil},
	} {
		t.Run(f.name, func(t *testing.T) {
			want := http.StatusUnauthorized
			if f.head == nil && f.payload == nil {
				want = http.StatusOK
			}
			if a := p.with(signed(t, good, key.private, f.head, f.payload)); a.status != want {
				t.Errorf("the route answers %d %s, want %d", a.status, a.body, want)
			}
		})
	}
}

// signed is the token with other headers and claims, signed as it should be. nil removes one.
func signed(t *testing.T, token string, private *ecdsa.PrivateKey, head, payload map[string]any) string {
	t.Helper()
	text := changed(t, token, head, payload)
	sum := sha256.Sum256([]byte(text))
	r, s, err := ecdsa.Sign(rand.Reader, private, sum[:])
	if err != nil {
		t.Fatal(err)
	}
	var sig [64]byte
	r.FillBytes(sig[:32])
	s.FillBytes(sig[32:])
	return text + "." + base64.RawURLEncoding.EncodeToString(sig[:])
}

func changed(t *testing.T, token string, head, payload map[string]any) string {
	t.Helper()
	h, c := parts(t, token)
	maps.Copy(h, head)
	maps.Copy(c, payload)
	drop := func(_ string, v any) bool { return v == nil }
	maps.DeleteFunc(h, drop)
	maps.DeleteFunc(c, drop)
	return encoded(t, h) + "." + encoded(t, c)
}

func encoded(t *testing.T, v any) string {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return base64.RawURLEncoding.EncodeToString(b)
}

func TestForgedTokens(t *testing.T) {
	p := newPortal(t)
	good := p.signIn(ann).refresh("oidc").BackstageIdentity.Token
	key, err := p.tokens.Keys.signer(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	public, err := key.public().MarshalJSON()
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKIXPublicKey(&key.private.PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	mine, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	mac := func(head map[string]any, secret []byte) string {
		text := changed(t, good, head, nil)
		m := hmac.New(sha256.New, secret)
		m.Write([]byte(text))
		return text + "." + base64.RawURLEncoding.EncodeToString(m.Sum(nil))
	}
	seg := strings.Split(good, ".")
	jwk := map[string]any{"kty": "EC", "crv": "P-256", "x": base64.RawURLEncoding.EncodeToString(mine.X.FillBytes(make([]byte, 32))), "y": base64.RawURLEncoding.EncodeToString(mine.Y.FillBytes(make([]byte, 32)))}
	flipped := []byte(seg[2])
	flipped[10] ^= 1
	dup := base64.RawURLEncoding.EncodeToString([]byte(`{"typ":"vnd.backstage.user","alg":"none","alg":"ES256","kid":"` + key.kid + `"}`))
	for name, token := range map[string]string{
		"no signature, and no algorithm":           changed(t, good, map[string]any{"alg": "none"}, nil) + ".",
		"no algorithm, in other letters":           changed(t, good, map[string]any{"alg": "nOnE"}, nil) + ".",
		"the signature left out":                   seg[0] + "." + seg[1] + ".",
		"the signature cut":                        good[:len(good)-4],
		"a bit of the signature":                   seg[0] + "." + seg[1] + "." + string(flipped),
		"a signature of zeros":                     seg[0] + "." + seg[1] + "." + base64.RawURLEncoding.EncodeToString(make([]byte, 64)),
		"HS256 with the public key as JSON":        mac(map[string]any{"alg": "HS256"}, public),
		"HS256 with the public key as PEM":         mac(map[string]any{"alg": "HS256"}, pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})),
		"HS256 with the public key as DER":         mac(map[string]any{"alg": "HS256"}, der),
		"HS256 with nothing":                       mac(map[string]any{"alg": "HS256"}, nil),
		"another key under the name of ours":       signed(t, good, mine, nil, nil),
		"another key that came along":              signed(t, good, mine, map[string]any{"jwk": jwk}, nil),
		"another key, and where to find it":        signed(t, good, mine, map[string]any{"jku": "https://evil.example/keys"}, nil),
		"another algorithm under our key":          signed(t, good, key.private, map[string]any{"alg": "ES384"}, nil),
		"the algorithm given twice":                dup + "." + seg[1] + "." + seg[2],
		"longer than a token may be":               signed(t, good, key.private, nil, map[string]any{"pad": strings.Repeat("a", 32<<10)}),
		"a token within a token":                   signed(t, good, key.private, map[string]any{"cty": "JWT", "typ": "JWT"}, map[string]any{"token": good}),
		"five parts":                               good + ".a.b",
		"two parts":                                seg[0] + "." + seg[1],
		"as JSON":                                  `{"payload":"` + seg[1] + `","protected":"` + seg[0] + `","signature":"` + seg[2] + `"}`,
		"padded":                                   seg[0] + "=." + seg[1] + "." + seg[2],
		"the claims of one, the signature of none": seg[0] + "." + encoded(t, map[string]any{"sub": ann}) + "." + seg[2],
	} {
		if a := p.with(token); a.status != http.StatusUnauthorized {
			t.Errorf("%s: %d %s", name, a.status, a.body)
		} else if strings.Contains(string(a.body), "eyJ") {
			t.Errorf("%s: the answer repeats the token: %s", name, a.body)
		}
	}
	for name, header := range map[string][]string{
		"twice":          {"Authorization", "Bearer " + good, "Authorization", "Bearer " + good},
		"another scheme": {"Authorization", "Basic " + good},
		"a list":         {"Authorization", "Bearer " + good + ", Bearer " + good},
	} {
		if a := p.nobody().do(http.MethodGet, "/api/who", header...); a.status != http.StatusUnauthorized {
			t.Errorf("%s: %d %s", name, a.status, a.body)
		}
	}
	if a := p.with(good); a.status != http.StatusOK {
		t.Errorf("and the good one: %d %s", a.status, a.body)
	}
}
