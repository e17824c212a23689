package compat

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

const scripts = "XMLHttpRequest"

// The answer to a refresh has the fields that Backstage's front end reads, and no others.
func TestRefreshShape(t *testing.T) {
	p := startSmall(t, "\nauth:\n  providers: {guest: {userEntityRef: user:default/visitor, ownershipEntityRefs: [user:default/visitor, group:default/visitors]}}\n")
	for _, method := range []string{"GET", "POST"} {
		r := p.in(t).do(method, "/api/auth/guest/refresh?optional&env=development", "", anonymous, sameOrigin, with("X-Requested-With", scripts))
		var got map[string]any
		if err := json.Unmarshal(r.body, &got); err != nil {
			t.Fatalf("%d %s", r.status, r.body)
		}
		id, _ := got["backstageIdentity"].(map[string]any)
		token, _ := id["token"].(string)
		if s, _ := id["expiresInSeconds"].(float64); s < 3500 || s > 3600 || strings.Count(token, ".") != 2 {
			t.Errorf("%s: %v", method, id)
		}
		delete(id, "token")
		delete(id, "expiresInSeconds")
		want := map[string]any{"profile": map[string]any{}, "providerInfo": map[string]any{}, "backstageIdentity": map[string]any{"identity": map[string]any{
			"type": "user", "userEntityRef": "user:default/visitor", "ownershipEntityRefs": []any{"user:default/visitor", "group:default/visitors"},
		}}}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: %s", method, diff)
		}
		if r := p.in(t).do("GET", "/api/catalog/entities?limit=1", "", bearer(token)); r.status != http.StatusOK {
			t.Errorf("the token opens %d %s", r.status, r.body)
		}
		if r := p.in(t).do("POST", "/api/catalog/locations", "{}", bearer(token)); r.status != http.StatusForbidden {
			t.Errorf("a guest's token does more than a guest: %d %s", r.status, r.body)
		}
	}
}

// Programs that sign their own tokens get in, and have what accessRestrictions leave.
func TestExternalAccess(t *testing.T) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	enc := base64.RawURLEncoding.EncodeToString
	keys := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		point, err := key.PublicKey.Bytes()
		if err != nil {
			t.Error(err)
		}
		fmt.Fprintf(w, `{"keys":[{"kty":"EC","crv":"P-256","kid":"k","x":%q,"y":%q}]}`, enc(point[1:33]), enc(point[33:]))
	}))
	t.Cleanup(keys.Close)
	u, err := url.Parse(keys.URL)
	if err != nil {
		t.Fatal(err)
	}
	const shared = "bm90IGEga2V5IGF0IGFsbCE="
	p := startSmall(t, fmt.Sprintf(`
backend:
  auth:
    keys: [{secret: YW5vdGhlciBrZXkgYXQgYWxs}]
    externalAccess:
      - {type: static, options: {token: %s, subject: compat}}
      - {type: legacy, options: {secret: %s, subject: old-backend}, accessRestrictions: [{plugin: catalog, permissionAttribute: {action: read}}]}
      - {type: jwks, options: {url: %q, issuer: 'https://ci.example', audience: [portal], algorithm: ES256, subjectPrefix: ci}, accessRestrictions: [{plugin: catalog, permission: catalog.entity.read}]}
portico: {reading: {allowPrivateHosts: [%q]}}
`, fullToken, shared, keys.URL+"/jwks", u.Host))
	now := time.Now()
	segment := func(v any) string {
		b, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		return enc(b)
	}
	legacy := func(secret string) string {
		raw, err := base64.StdEncoding.DecodeString(secret)
		if err != nil {
			t.Fatal(err)
		}
		text := segment(map[string]any{"alg": "HS256"}) + "." + segment(map[string]any{"sub": "backstage-server", "exp": now.Add(time.Hour).Unix()})
		mac := hmac.New(sha256.New, raw)
		mac.Write([]byte(text))
		return text + "." + enc(mac.Sum(nil))
	}
	text := segment(map[string]any{"alg": "ES256", "kid": "k"}) + "." + segment(map[string]any{"iss": "https://ci.example", "aud": "portal", "sub": "deploy", "exp": now.Add(time.Hour).Unix()})
	sum := sha256.Sum256([]byte(text))
	r, s, err := ecdsa.Sign(rand.Reader, key, sum[:])
	if err != nil {
		t.Fatal(err)
	}
	var sig [64]byte
	r.FillBytes(sig[:32])
	s.FillBytes(sig[32:])
	const reads, locations, removes = "GET /api/catalog/entities?limit=1", "GET /api/catalog/locations", "DELETE /api/catalog/entities/by-uid/none"
	for _, tt := range []struct {
		name, token string
		want        map[string]int
	}{
		{"the old form", legacy("YW5vdGhlciBrZXkgYXQgYWxs"), map[string]int{reads: 200, locations: 200, removes: 404}},
		{"legacy", legacy(shared), map[string]int{reads: 200, locations: 200, removes: 403}},
		{"jwks", text + "." + enc(sig[:]), map[string]int{reads: 200, locations: 403, removes: 403}},
		{"a key that nobody has", legacy("c29tZSBrZXkgdGhhdCBub2JvZHkgaGFz"), map[string]int{reads: 401, locations: 401, removes: 401}},
	} {
		for route, want := range tt.want {
			method, path, _ := strings.Cut(route, " ")
			if r := p.in(t).do(method, path, "", bearer(tt.token)); r.status != want {
				t.Errorf("%s: %s answers %d %s, want %d", tt.name, route, r.status, r.body, want)
			}
		}
	}
}
