package signin

import (
	"crypto"
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"io"
	"math/big"
	"net/http"
	"net/http/httptest"
	"net/url"
	"sync"
	"testing"
	"time"
)

// standIn is an OpenID Connect provider that can be told to do wrong. It lets everybody in as ann.
type standIn struct {
	*httptest.Server
	key *rsa.PrivateKey

	mu    sync.Mutex
	codes map[string]url.Values // what the browser brought for each code
	wrong wrong
}

// wrong is what the provider does otherwise.
type wrong struct {
	claims   func(map[string]any)
	token    func(s *standIn, claims map[string]any) string // the ID token
	userinfo map[string]any
	issuer   string // in its metadata
	keys     []any  // that it publishes beside its own
	named    bool   // it says that its answers name it
	status   int
}

const clientID, clientSecret = "portico", "the secret of the client"

var rsaKey = sync.OnceValues(func() (*rsa.PrivateKey, error) { return rsa.GenerateKey(rand.Reader, 2048) })

func newStandIn(t *testing.T) *standIn {
	t.Helper()
	key, err := rsaKey()
	if err != nil {
		t.Fatal(err)
	}
	s := &standIn{key: key, codes: map[string]url.Values{}}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /.well-known/openid-configuration", func(w http.ResponseWriter, _ *http.Request) {
		s.mu.Lock()
		defer s.mu.Unlock()
		issuer := s.wrong.issuer
		if issuer == "" {
			issuer = s.URL
		}
		answer(w, map[string]any{
			"issuer": issuer, "authorization_endpoint": s.URL + "/auth", "token_endpoint": s.URL + "/token", "jwks_uri": s.URL + "/keys",
			"userinfo_endpoint": s.URL + "/userinfo", "authorization_response_iss_parameter_supported": s.wrong.named,
			// A provider that offers weak algorithms is taken up on none of them.
			"id_token_signing_alg_values_supported": []string{"RS256", "HS256", "none"},
		})
	})
	mux.HandleFunc("GET /keys", func(w http.ResponseWriter, _ *http.Request) {
		s.mu.Lock()
		defer s.mu.Unlock()
		answer(w, map[string]any{"keys": append([]any{map[string]any{
			"kty": "RSA", "kid": "one", "use": "sig", "alg": "RS256", "n": b64(key.N.Bytes()), "e": b64(big.NewInt(int64(key.E)).Bytes()),
		}}, s.wrong.keys...)})
	})
	mux.HandleFunc("GET /userinfo", func(w http.ResponseWriter, _ *http.Request) {
		s.mu.Lock()
		defer s.mu.Unlock()
		info := s.wrong.userinfo
		if info == nil {
			info = map[string]any{"sub": "1001"}
		}
		answer(w, info)
	})
	mux.HandleFunc("POST /token", s.redeem)
	s.Server = httptest.NewServer(mux)
	t.Cleanup(s.Close)
	return s
}

func answer(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(v)
}

// authorize is what happens at the provider between the two redirects. It returns the code.
func (s *standIn) authorize(address *url.URL) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	code := rand.Text()
	s.codes[code] = address.Query()
	return code
}

func (s *standIn) redeem(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	asked, ok := s.codes[r.FormValue("code")]
	delete(s.codes, r.FormValue("code"))
	id, secret, basic := r.BasicAuth()
	if !basic {
		id, secret = r.FormValue("client_id"), r.FormValue("client_secret")
	}
	secret, _ = url.QueryUnescape(secret)
	challenge := sha256.Sum256([]byte(r.FormValue("code_verifier")))
	switch {
	case s.wrong.status != 0:
		w.WriteHeader(s.wrong.status)
		_, _ = io.WriteString(w, "it is not so that "+r.PostFormValue("code")+" and "+r.PostFormValue("code_verifier")+" go together")
		return
	case id != clientID || secret != clientSecret:
		w.WriteHeader(http.StatusUnauthorized)
		answer(w, map[string]any{"error": "invalid_client"})
		return
	case !ok || asked.Get("code_challenge_method") != "S256" || b64(challenge[:]) != asked.Get("code_challenge") ||
		r.FormValue("redirect_uri") != asked.Get("redirect_uri"):
		w.WriteHeader(http.StatusBadRequest)
		answer(w, map[string]any{"error": "invalid_grant"})
		return
	}
	now := time.Now()
	claims := map[string]any{
		"iss": s.URL, "aud": clientID, "sub": "1001", "nonce": asked.Get("nonce"), "iat": now.Unix(), "exp": now.Add(time.Hour).Unix(),
		"email": "ann@marrowby.example", "email_verified": true, "preferred_username": "ann", "name": "Ann at the provider",
	}
	if s.wrong.claims != nil {
		s.wrong.claims(claims)
	}
	token := s.signed(map[string]any{"alg": "RS256", "kid": "one"}, claims)
	if s.wrong.token != nil {
		token = s.wrong.token(s, claims)
	}
	answer(w, map[string]any{"access_token": "opaque", "token_type": "Bearer", "expires_in": 3600, "id_token": token})
}

func b64(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

func unsigned(header, claims map[string]any) string {
	h, _ := json.Marshal(header)
	c, _ := json.Marshal(claims)
	return b64(h) + "." + b64(c)
}

func (s *standIn) signed(header, claims map[string]any) string {
	return signedBy(s.key, header, claims)
}

func signedBy(key *rsa.PrivateKey, header, claims map[string]any) string {
	text := unsigned(header, claims)
	sum := sha256.Sum256([]byte(text))
	sig, err := rsa.SignPKCS1v15(rand.Reader, key, crypto.SHA256, sum[:])
	if err != nil {
		panic(err)
	}
	return text + "." + b64(sig)
}

func hmacSigned(secret []byte, header, claims map[string]any) string {
	text := unsigned(header, claims)
	mac := hmac.New(sha256.New, secret)
	mac.Write([]byte(text))
	return text + "." + b64(mac.Sum(nil))
}
