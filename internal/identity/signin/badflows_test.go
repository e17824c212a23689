package signin

import (
	"bytes"
	"compress/flate"
	"crypto/rand"
	"crypto/rsa"
	"encoding/json"
	"math/big"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"testing"

	"portico/internal/pg/pgtest"
)

// What else a provider, or somebody between, may send: none of it signs anybody in.
func TestMoreBadFlows(t *testing.T) {
	t.Parallel()
	other, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	// shaped makes the token of a provider that signs what it means, in a strange form.
	type made = func(s *standIn, c map[string]any) string
	header := func(h map[string]any) made {
		return func(s *standIn, c map[string]any) string { return s.signed(h, c) }
	}
	claim := func(name string, v any) made {
		return func(s *standIn, c map[string]any) string {
			c[name] = v
			return s.signed(map[string]any{"alg": "RS256", "kid": "one"}, c)
		}
	}
	bent := func(change func(string) string) made {
		return func(s *standIn, c map[string]any) string {
			return change(s.signed(map[string]any{"alg": "RS256", "kid": "one"}, c))
		}
	}
	parts := func(n int, change func(string) string) made {
		return bent(func(token string) string {
			p := strings.Split(token, ".")
			p[n] = change(p[n])
			return strings.Join(p, ".")
		})
	}
	foreign := map[string]any{"kty": "RSA", "n": b64(other.N.Bytes()), "e": b64(big.NewInt(int64(other.E)).Bytes())}
	tests := []struct {
		name string
		make made
	}{
		{"alg None", func(_ *standIn, c map[string]any) string { return unsigned(map[string]any{"alg": "None"}, c) + "." }},
		{"alg NONE with a signature", header(map[string]any{"alg": "NONE"})},
		{"no alg", header(map[string]any{"kid": "one"})},
		{"an alg in lower case", header(map[string]any{"alg": "rs256", "kid": "one"})},
		{"an alg that is a list", header(map[string]any{"alg": []string{"RS256"}, "kid": "one"})},
		{"ES256 over an RSA signature", header(map[string]any{"alg": "ES256", "kid": "one"})},
		{"PS256 over PKCS #1", header(map[string]any{"alg": "PS256", "kid": "one"})},
		{"RS512 over SHA-256", header(map[string]any{"alg": "RS512", "kid": "one"})},
		{"a key in the header", func(_ *standIn, c map[string]any) string {
			return signedBy(other, map[string]any{"alg": "RS256", "kid": "one", "jwk": foreign}, c)
		}},
		{"an address of keys in the header", func(_ *standIn, c map[string]any) string {
			return signedBy(other, map[string]any{"alg": "RS256", "kid": "one", "jku": "https://evil.example/keys", "x5u": "https://evil.example/x"}, c)
		}},
		{"a certificate in the header", func(_ *standIn, c map[string]any) string {
			return signedBy(other, map[string]any{"alg": "RS256", "x5c": []string{"AAAA"}}, c)
		}},
		{"what must be understood", header(map[string]any{"alg": "RS256", "kid": "one", "crit": []string{"wall"}, "wall": true})},
		{"a kid that is SQL", header(map[string]any{"alg": "RS256", "kid": "' OR 1=1 --"})},
		{"a kid of a megabyte", header(map[string]any{"alg": "RS256", "kid": strings.Repeat("k", 1<<20)})},
		{"no signature", parts(2, func(string) string { return "" })},
		{"half a signature", parts(2, func(p string) string { return p[:len(p)/2] })},
		{"a signature of zeros", parts(2, func(p string) string { return strings.Repeat("A", len(p)) })},
		{"claims with padding", parts(1, func(p string) string { return p + "==" })},
		{"other claims", parts(1, func(p string) string { return b64([]byte(`{"sub":"1001"}`)) })},
		{"claims that are a list", parts(1, func(string) string { return b64([]byte(`[]`)) })},
		{"two parts", bent(func(s string) string { return s[:strings.LastIndexByte(s, '.')] })},
		{"four parts", bent(func(s string) string { return s + ".x" })},
		{"five parts, as if encrypted", bent(func(s string) string { return s + ".x.y" })},
		{"a token within a token", bent(func(s string) string { return b64([]byte(s)) })},
		{"two tokens", bent(func(s string) string { return s + " " + s })},
		{"a token as JSON", func(s *standIn, c map[string]any) string {
			p := strings.Split(s.signed(map[string]any{"alg": "RS256", "kid": "one"}, c), ".")
			b, _ := json.Marshal(map[string]any{"payload": p[1], "signatures": []any{map[string]any{"protected": b64([]byte(`{"alg":"none"}`)), "signature": ""}, map[string]any{"protected": p[0], "signature": "AAAA"}}})
			return string(b)
		}},
		{"a token that grows", func(s *standIn, _ map[string]any) string {
			var b bytes.Buffer
			w, _ := flate.NewWriter(&b, 9)
			_, _ = w.Write(bytes.Repeat([]byte("x"), 8<<20))
			_ = w.Close()
			return b64([]byte(`{"alg":"dir","enc":"A128GCM","zip":"DEF"}`)) + ".." + b64([]byte("123456789012")) + "." + b64(b.Bytes()) + "." + b64([]byte("1234567890123456"))
		}},
		{"an end that is text", claim("exp", "never")},
		{"an end long ago", claim("exp", -1)},
		{"an end that is a list", claim("exp", []int{4102444800})},
		{"an audience that is an object", claim("aud", map[string]any{"portico": true})},
		{"an audience of nobody", claim("aud", []string{})},
		{"an audience in other letters", claim("aud", "PORTICO")},
		{"an audience with a space", claim("aud", "portico other-client")},
		{"a subject that is a number", claim("sub", 1001)},
		{"a subject that is nothing", claim("sub", nil)},
		{"an issuer with a slash", func(s *standIn, c map[string]any) string {
			c["iss"] = s.URL + "//"
			return s.signed(map[string]any{"alg": "RS256", "kid": "one"}, c)
		}},
		{"an issuer that is a list", claim("iss", []string{"https://evil.example"})},
		{"a nonce that is a list", claim("nonce", []string{"x"})},
		{"an e-mail address that is a list", claim("email", []string{"ann@marrowby.example"})},
		{"an e-mail address with a line after it", claim("email", "ann@marrowby.example\n")},
		{"an e-mail address with a NUL", claim("email", "ann@marrowby.example\x00")},
		{"an e-mail address with a space", claim("email", " ann@marrowby.example")},
		{"an e-mail address in quotes", claim("email", `"ann"@marrowby.example`)},
		{"an e-mail address with a comment", claim("email", "ann(x)@marrowby.example")},
		{"an e-mail address below", claim("email", "ann@x.marrowby.example")},
		{"an e-mail address that goes on", claim("email", "ann@marrowby.example.evil.example")},
		{"a wide @", claim("email", "ann＠marrowby.example")},
		{"a domain with another letter", claim("email", "ann@mаrrowby.example")},
		{"a verified that is an object", claim("email_verified", map[string]any{"true": true})},
		{"a verified that is a number", claim("email_verified", 1)},
	}
	t.Logf("wall: S1 | sign-ins: with a provider, of strange form | %d", len(tests))
	pool := pgtest.New(t)
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorldOn(t, pool)
			w.idp.wrong.token = tt.make
			c := browser()
			to, body := w.get(c, w.back(w.begin(c)))
			if to == nil || to.Path != "/sign-in" || to.Query().Get("error") == "" {
				t.Fatalf("leads to %v %.200s, want the sign-in page", to, body)
			}
			if n, who := w.count(), w.who(c); n != 0 || who != "nobody" {
				t.Errorf("%d sessions, %q is signed in", n, who)
			}
		})
	}
}

// FuzzLocalPath: where sign-in leads back to is, as browsers read addresses, at the portal.
func FuzzLocalPath(f *testing.F) {
	for _, seed := range []string{"/", "/catalog?kind=api#x", "//evil.example", `/\evil.example`, "/\t/evil.example", "https:evil.example", "/%2f/evil", "/..//evil.example", "/x/../..//evil.example", "/.//evil.example", "/sign-in"} {
		f.Add(seed)
	}
	here, err := url.Parse("https://portal.example/api/auth/oidc/handler/frame")
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, to string) {
		got := localPath(to)
		if got != localPath(got) {
			t.Fatalf("%q leads to %q, and that elsewhere", to, got)
		}
		// Browsers drop tabs and line ends, and read a backslash as a slash.
		read := strings.NewReplacer("\t", "", "\n", "", "\r", "", `\`, "/").Replace(strings.TrimSpace(got))
		u, err := here.Parse(read)
		if err != nil || u.Host != here.Host || u.Scheme != here.Scheme || u.User != nil || strings.HasPrefix(read, "//") {
			t.Fatalf("%q leads to %q, which is %v, %v", to, got, u, err)
		}
	})
}

// FuzzClaims: what a provider says of a person is read or refused, and an address is theirs only where it says so.
func FuzzClaims(f *testing.F) {
	for _, seed := range []string{`{"email":"a@b.example","email_verified":true}`, `{"email":"a@b.example","email_verified":"true"}`, `{"email":["a"]}`, `{"email_verified":{"true":true},"email":"a@b.example"}`, `{"Email":"a@b.example","EMAIL_VERIFIED":true}`, `[]`, `null`} {
		f.Add([]byte(seed))
	}
	dir := users{"ann@marrowby.example": {ann}, "ann": {ann}}
	f.Fuzz(func(t *testing.T, text []byte) {
		var c claims
		if json.Unmarshal(text, &c) != nil {
			return
		}
		p := c.person(false, "https://idp.example", "1")
		if p.Email != "" && (!bool(c.EmailVerified) || p.Email != c.Email || !bytes.Contains(text, []byte("true"))) {
			t.Fatalf("%q: the address %q is believed", text, p.Email)
		}
		got, err := resolve([]Resolver{{By: Email}, {By: LocalPart, Domains: []string{"marrowby.example"}}}, dir, p)
		if err == nil && got.Ref != "" && !strings.EqualFold(p.Email, "ann@marrowby.example") {
			t.Fatalf("%q is %q", text, got.Ref)
		}
	})
}

// What a provider says of its failure may repeat what it was sent, and is not for the log.
func TestFailureIsNotRepeated(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	f := newFlow("/")
	for _, status := range []int{http.StatusBadRequest, http.StatusBadGateway} {
		w.idp.wrong.status = status
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/?code=the-code-of-ann", nil)
		_, err := w.provider.Protocol.redeem(r, f)
		if err == nil || strings.Contains(err.Error(), "the-code-of-ann") || strings.Contains(err.Error(), f.verifier()) || !strings.Contains(err.Error(), strconv.Itoa(status)) {
			t.Errorf("%d: %v", status, err)
		}
	}
}
