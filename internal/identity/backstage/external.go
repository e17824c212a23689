package backstage

import (
	"context"
	"crypto/hmac"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"log/slog"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"

	"portico/internal/errs"
	"portico/internal/httpx"
	"portico/internal/identity"
	"portico/internal/outbound"
)

// SharedKey lets in programs that sign with a key which they share with the portal.
type SharedKey struct {
	Key          []byte
	Subject      string
	Restrictions []identity.Restriction
}

// SharedKeys knows Backstage's legacy tokens: HS256, for the subject backstage-server and no audience. It is a Bearer.
type SharedKeys []SharedKey

const legacySubject = "backstage-server"

// Bearer implements identity.Bearer.
func (s SharedKeys) Bearer(_ context.Context, token string) (*identity.Principal, error) {
	said, ok := peek(token)
	if !ok || said.Alg != string(jose.HS256) || said.Subject != legacySubject || len(said.Audience) > 0 {
		return nil, nil
	}
	parsed, err := jwt.ParseSigned(token, []jose.SignatureAlgorithm{jose.HS256})
	if err != nil {
		return nil, nil
	}
	signed, sig := token[:strings.LastIndexByte(token, '.')], token[strings.LastIndexByte(token, '.')+1:]
	sum, err := base64.RawURLEncoding.Strict().DecodeString(sig)
	if err != nil {
		return nil, nil
	}
	for _, key := range s {
		// Keys of Backstage are usually shorter than go-jose wants them.
		mac := hmac.New(sha256.New, key.Key)
		mac.Write([]byte(signed))
		if !hmac.Equal(mac.Sum(nil), sum) {
			continue
		}
		var c jwt.Claims
		if err := parsed.UnsafeClaimsWithoutVerification(&c); err != nil {
			return nil, notValid("its claims cannot be read")
		}
		if why := checkTimes(&c, time.Now()); why != "" {
			return nil, notValid(why)
		}
		return identity.External(key.Subject, key.Restrictions), nil
	}
	return nil, nil
}

func notValid(why string) error {
	return errs.WithRemedy(errs.New(errs.Unauthenticated, "this token is not valid: %s", why), "let the program make another")
}

// checkTimes returns what is wrong with when a token is good. It must end.
func checkTimes(c *jwt.Claims, now time.Time) string {
	switch {
	case c.Expiry == nil:
		return "it never ends; it needs the claim exp"
	case !now.Before(c.Expiry.Time()):
		return "it has expired"
	case c.NotBefore != nil && c.NotBefore.Time().After(now.Add(clockSkew)):
		return "its time has not come"
	case c.IssuedAt != nil && c.IssuedAt.Time().After(now.Add(clockSkew)):
		return "it was made in the future; compare the clocks"
	}
	return ""
}

// said is what a token says of itself, before anything is believed.
type said struct {
	Alg      string
	Subject  string       `json:"sub"`
	Issuer   string       `json:"iss"`
	Audience jwt.Audience `json:"aud"`
}

func peek(token string) (s said, ok bool) {
	if len(token) > maxToken || typeOf(token) == "" {
		return s, false
	}
	parts := strings.Split(token, ".")
	for _, part := range parts[:2] {
		raw, err := base64.RawURLEncoding.DecodeString(part)
		if err != nil || json.Unmarshal(raw, &s) != nil {
			return s, false
		}
	}
	return s, true
}

// JWKS lets in programs whose tokens are signed with keys that are published at a URL. It is a Bearer. Its fields do not
// change once it is in use.
type JWKS struct {
	URL          string
	Algorithms   []string // none: every one whose keys can be published
	Issuers      []string // none: any
	Audiences    []string // one at least
	Prefix       string   // of the subject, in our names for it
	Restrictions []identity.Restriction
	Client       *outbound.Client
	Log          *slog.Logger

	now func() time.Time // nil: the clock; tests move it

	mu      sync.Mutex
	keys    []jose.JSONWebKey
	fetched time.Time
	tried   time.Time
	lastErr error
	busy    chan struct{} // closed when the fetch that goes on has ended; nil: none does
}

// Times of published keys.
const (
	jwksFresh = 10 * time.Minute // they are fetched again after this time,
	jwksStale = time.Hour        // are used no longer than this while that fails,
	jwksPause = 30 * time.Second // and not more often than this for a key that is not among them
	jwksRetry = 5 * time.Second  // an address that does not answer is not asked again for this time
	jwksMost  = 100              // keys
)

var publicAlgs = []jose.SignatureAlgorithm{
	jose.RS256, jose.RS384, jose.RS512, jose.PS256, jose.PS384, jose.PS512, jose.ES256, jose.ES384, jose.ES512, jose.EdDSA,
}

func (j *JWKS) algs() []jose.SignatureAlgorithm {
	return slices.DeleteFunc(slices.Clone(publicAlgs), func(a jose.SignatureAlgorithm) bool {
		return len(j.Algorithms) > 0 && !slices.Contains(j.Algorithms, string(a))
	})
}

// meant reports whether a token says that it is for us. Others lead to no request.
func (j *JWKS) meant(issuer string, audience []string) bool {
	return (len(j.Issuers) == 0 || slices.Contains(j.Issuers, issuer)) &&
		slices.ContainsFunc(audience, func(a string) bool { return slices.Contains(j.Audiences, a) })
}

var plainSubject = regexp.MustCompile(`^[!-~]{1,255}$`)

// Bearer implements identity.Bearer.
func (j *JWKS) Bearer(ctx context.Context, token string) (*identity.Principal, error) {
	s, ok := peek(token)
	if !ok || !slices.Contains(j.algs(), jose.SignatureAlgorithm(s.Alg)) || !j.meant(s.Issuer, s.Audience) {
		return nil, nil
	}
	parsed, err := jwt.ParseSigned(token, j.algs())
	if err != nil || len(parsed.Headers) != 1 {
		return nil, nil
	}
	keys, err := j.matching(ctx, parsed.Headers[0])
	if err != nil {
		return nil, err
	}
	for i := range keys {
		var c jwt.Claims
		if parsed.Claims(keys[i].Key, &c) != nil {
			continue
		}
		// What was peeked at need not be what was signed.
		if !j.meant(c.Issuer, c.Audience) {
			return nil, nil
		}
		if why := checkTimes(&c, j.clock()); why != "" {
			return nil, notValid(why)
		}
		if !plainSubject.MatchString(c.Subject) {
			return nil, notValid("it has no subject that can be used")
		}
		subject := "external:" + c.Subject
		if j.Prefix != "" {
			subject = "external:" + j.Prefix + ":" + c.Subject
		}
		return identity.External(subject, j.Restrictions), nil
	}
	return nil, nil
}

func (j *JWKS) clock() time.Time {
	if j.now != nil {
		return j.now()
	}
	return time.Now()
}

// errNotKnownYet is of a key that is not among those that were fetched a moment ago: it may be newer than they are, or be
// made up.
var errNotKnownYet = errs.WithRemedy(errs.Public(errs.Unavailable, "the key that this token is signed with is not known here yet", httpx.ErrGuess), "try again; if it stays so, let the program make a token with a key that is published")

// matching are the keys that may have signed. One caller at a time fetches; those whose key is known need not wait for it.
// Only who has fetched can tell that there is no such key.
func (j *JWKS) matching(ctx context.Context, h jose.Header) ([]jose.JSONWebKey, error) {
	fetched := false
	j.mu.Lock()
	for {
		now, found := j.clock(), j.among(h)
		named := h.KeyID == "" || slices.ContainsFunc(j.keys, func(key jose.JSONWebKey) bool { return key.KeyID == h.KeyID })
		age := now.Sub(j.fetched)
		old := len(found) > 0 && age < jwksStale
		switch {
		case age < jwksFresh && (len(found) > 0 || j.lastErr == nil && now.Sub(j.tried) < jwksPause), j.busy != nil && old:
			j.mu.Unlock()
			if !named && !fetched {
				return nil, errNotKnownYet
			}
			return found, nil
		case j.lastErr != nil && now.Sub(j.tried) < jwksRetry:
			err := j.lastErr
			j.mu.Unlock()
			if old {
				return found, nil
			}
			return nil, err
		case j.busy != nil:
			busy := j.busy
			j.mu.Unlock()
			select {
			case <-busy:
			case <-ctx.Done():
				return nil, ctx.Err()
			}
			j.mu.Lock()
		default:
			busy := make(chan struct{})
			j.busy = busy
			j.mu.Unlock()
			// Whoever waits is not to suffer from a client that goes away.
			keys, err := j.fetch(context.WithoutCancel(ctx))
			fetched = true
			if err != nil {
				j.Log.Warn("keys that tokens are verified with could not be fetched", "url", outbound.Shown(j.URL), "error", err)
			}
			j.mu.Lock()
			// From its end on: one that waited for longer than jwksRetry is not begun again at once.
			if j.tried, j.lastErr, j.busy = j.clock(), err, nil; err == nil {
				j.keys, j.fetched = keys, now
			}
			close(busy)
		}
	}
}

func (j *JWKS) among(h jose.Header) (out []jose.JSONWebKey) {
	const enough = 8 // a token without the name of its key is tried with no more
	for _, key := range j.keys {
		if len(out) < enough && (h.KeyID == "" || key.KeyID == h.KeyID) && (key.Algorithm == "" || key.Algorithm == h.Algorithm) {
			out = append(out, key)
		}
	}
	return out
}

func (j *JWKS) fetch(ctx context.Context) ([]jose.JSONWebKey, error) {
	unavailable := func(cause error) error {
		return errs.WithRemedy(errs.Public(errs.Unavailable, "the keys that this token is verified with cannot be had now", cause), "try again; the portal's log has the cause")
	}
	resp, err := j.Client.Get(ctx, j.URL)
	if err != nil {
		return nil, unavailable(err)
	}
	var set struct {
		Keys []json.RawMessage `json:"keys"`
	}
	if err := json.Unmarshal(resp.Body, &set); err != nil {
		return nil, unavailable(err)
	}
	if len(set.Keys) > jwksMost {
		return nil, unavailable(errors.New("there are more than a hundred keys"))
	}
	var keys []jose.JSONWebKey
	for _, raw := range set.Keys {
		var key jose.JSONWebKey
		if key.UnmarshalJSON(raw) != nil || !usable(&key) {
			continue // others may be of kinds that nobody here verifies with
		}
		keys = append(keys, key)
	}
	if len(keys) == 0 {
		return nil, unavailable(errors.New("there is no key that can be used"))
	}
	return keys, nil
}

// usable lets keys that sign pass, unless they are short. One that is shared fits no algorithm that is taken.
func usable(key *jose.JSONWebKey) bool {
	if r, ok := key.Key.(*rsa.PublicKey); ok && r.N.BitLen() < 2048 {
		return false
	}
	return key.Valid() && (key.Use == "" || key.Use == "sig")
}
