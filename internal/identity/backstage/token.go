package backstage

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"strings"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"

	"portico/internal/errs"
	"portico/internal/identity"
)

// How long a token of a user may live.
const (
	MinLifetime     = 10 * time.Minute
	DefaultLifetime = time.Hour
	MaxLifetime     = 24 * time.Hour
)

// Kinds of tokens, as the header typ names them.
const (
	typeUser    = "vnd.backstage.user"
	typeLimited = "vnd.backstage.limited-user"
	typePlugin  = "vnd.backstage.plugin"
)

const (
	audience  = "backstage"
	maxToken  = 32 << 10         // characters
	clockSkew = 30 * time.Second // that a token of ours may be ahead of us
)

// Tokens makes and verifies tokens of users. It is a Bearer.
type Tokens struct {
	Keys     *Keys
	Sessions *identity.Sessions
	Issuer   string        // https://portal.example.com/api/auth
	Lifetime time.Duration // from MinLifetime to MaxLifetime
	// Guest is whom a token without a session may stand for; nil: nobody.
	Guest *Guest
	// Ownership puts what a user owns into their tokens, as Backstage did before 1.50.
	Ownership bool
}

// Guest is who comes in without signing in.
type Guest struct {
	Ref       string
	Ownership []string
}

// token is one that was made.
type token struct {
	text    string
	expires time.Time
}

// header has its fields in the order in which Backstage writes them: whoever has a token of a user can put a limited one
// together from it, whose signature is of these very bytes.
type header struct {
	Typ string `json:"typ"`
	Alg string `json:"alg"`
	Kid string `json:"kid"`
}

type limitedPayload struct {
	Sub string `json:"sub"`
	Iat int64  `json:"iat"`
	Exp int64  `json:"exp"`
}

type userPayload struct {
	Iss string   `json:"iss"`
	Sub string   `json:"sub"`
	Ent []string `json:"ent,omitempty"`
	Aud string   `json:"aud"`
	Iat int64    `json:"iat"`
	Exp int64    `json:"exp"`
	Uip string   `json:"uip"`           // the signature of the limited token
	Sid string   `json:"sid,omitempty"` // the session that it ends with
}

// subject is whom a token is made for.
type subject struct {
	ref       string
	ownership []string
	session   *identity.Signed // nil for the guest
}

// issue makes a token of the user and, from it, the limited one.
func (t *Tokens) issue(ctx context.Context, of subject) (user, limited token, err error) {
	defer errs.Wrap(&err, "backstage: token of %s", of.ref)
	key, err := t.Keys.signer(ctx)
	if err != nil {
		return user, limited, err
	}
	now := t.Keys.clock()
	expires := now.Add(t.Lifetime)
	p := userPayload{Iss: t.Issuer, Sub: of.ref, Aud: audience, Iat: now.Unix()}
	if of.session != nil {
		p.Sid = of.session.ID
		if of.session.ExpiresAt.Before(expires) {
			expires = of.session.ExpiresAt
		}
	}
	p.Exp = expires.Unix()
	if t.Ownership {
		p.Ent = of.ownership
	}
	if limited.text, err = sign(key, typeLimited, limitedPayload{p.Sub, p.Iat, p.Exp}); err != nil {
		return user, limited, err
	}
	p.Uip = limited.text[strings.LastIndexByte(limited.text, '.')+1:]
	if user.text, err = sign(key, typeUser, p); err != nil {
		return user, limited, err
	}
	user.expires, limited.expires = time.Unix(p.Exp, 0), time.Unix(p.Exp, 0)
	return user, limited, nil
}

func sign(key signingKey, typ string, payload any) (string, error) {
	h, err := segment(header{typ, string(jose.ES256), key.kid})
	if err != nil {
		return "", err
	}
	p, err := segment(payload)
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256([]byte(h + "." + p))
	r, s, err := ecdsa.Sign(rand.Reader, key.private, sum[:])
	if err != nil {
		return "", err
	}
	var sig [64]byte
	r.FillBytes(sig[:32])
	s.FillBytes(sig[32:])
	return h + "." + p + "." + base64.RawURLEncoding.EncodeToString(sig[:]), nil
}

// segment is JSON as browsers write it, without escapes for HTML.
func segment(v any) (string, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return "", err
	}
	return base64.RawURLEncoding.EncodeToString(bytes.TrimRight(b.Bytes(), "\n")), nil
}

// claims are what is read of a token of ours.
type claims struct {
	jwt.Claims
	Uip string `json:"uip"`
	Sid string `json:"sid"`
}

// verified is a token that was found to be good, and whom it stands for.
type verified struct {
	principal *identity.Principal
	claims    claims
	kid       string
	limited   bool
}

// typeOf reads what kind of token a text says it is, without believing it; "" for what is no JWT.
func typeOf(token string) string {
	head, rest, ok := strings.Cut(token, ".")
	if !ok || strings.Count(rest, ".") != 1 {
		return ""
	}
	raw, err := base64.RawURLEncoding.DecodeString(head)
	if err != nil {
		return ""
	}
	var h struct {
		Typ string `json:"typ"`
		Alg string `json:"alg"`
	}
	if json.Unmarshal(raw, &h) != nil || h.Alg == "" {
		return ""
	}
	if h.Typ == "" {
		return "JWT"
	}
	return h.Typ
}

// Bearer implements identity.Bearer. Tokens of plugins are refused: the portal has none. So are limited ones, which open
// no route by themselves.
func (t *Tokens) Bearer(ctx context.Context, token string) (*identity.Principal, error) {
	switch typeOf(token) {
	case typeUser:
		v, err := t.verify(ctx, token, false)
		return v.principal, err
	case typeLimited:
		return nil, errs.WithRemedy(errs.New(errs.Unauthenticated, "a limited token of a user opens nothing here"), "send the token that /api/auth/PROVIDER/refresh answers with")
	case typePlugin:
		return nil, errs.WithRemedy(errs.New(errs.Unauthenticated, "tokens of plugins are not taken here"), "give the program a token of its own in backend.auth.externalAccess")
	}
	return nil, nil
}

// verify checks everything about a token of ours. Errors: errs.Unauthenticated where it is not good, errs.Unavailable
// where that cannot be told.
func (t *Tokens) verify(ctx context.Context, text string, limitedToo bool) (v verified, err error) {
	refused := func(why string) (verified, error) {
		return verified{}, errs.WithRemedy(errs.New(errs.Unauthenticated, "this token of a user is not valid: %s", why), "sign in again, or ask /api/auth/PROVIDER/refresh for another")
	}
	if len(text) > maxToken {
		return refused("it is longer than 32768 characters")
	}
	parsed, err := jwt.ParseSigned(text, []jose.SignatureAlgorithm{jose.ES256})
	if err != nil || len(parsed.Headers) != 1 {
		return refused("it is no JWT that is signed with ES256")
	}
	head := parsed.Headers[0]
	typ, _ := head.ExtraHeaders[jose.HeaderType].(string)
	v = verified{kid: head.KeyID, limited: typ == typeLimited}
	if typ != typeUser && (!v.limited || !limitedToo) {
		return refused("it is of another kind")
	}
	key, ok, err := t.Keys.byID(ctx, head.KeyID)
	switch {
	case err != nil:
		return verified{}, err
	case !ok:
		return refused("no key of this portal has signed it, or one that is no longer published")
	}
	if err := parsed.Claims(&key.private.PublicKey, &v.claims); err != nil {
		return refused("its signature or its form is wrong")
	}
	if why := t.check(&v.claims, v.limited); why != "" {
		return refused(why)
	}
	if v.principal, err = t.standsFor(ctx, &v); err != nil {
		return verified{}, err
	}
	if v.principal == nil {
		return refused("whoever it was made for has signed out")
	}
	return v, nil
}

// check returns what is wrong with the claims.
func (t *Tokens) check(c *claims, limited bool) string {
	now := t.Keys.clock()
	switch {
	case c.Subject == "" || c.Expiry == nil || c.IssuedAt == nil:
		return "it lacks a claim"
	case !now.Before(c.Expiry.Time()):
		return "it has expired"
	case c.IssuedAt.Time().After(now.Add(clockSkew)):
		return "it was made in the future; compare the clocks"
	case c.NotBefore != nil && c.NotBefore.Time().After(now.Add(clockSkew)):
		return "its time has not come"
	case c.Expiry.Time().Sub(c.IssuedAt.Time()) > MaxLifetime:
		return "it would live too long"
	case limited:
		return ""
	case c.Issuer != t.Issuer:
		return "another issuer has made it"
	case len(c.Audience) != 1 || c.Audience[0] != audience:
		return "it was made for others"
	}
	return ""
}

// standsFor returns nil where the token has ended before its time.
func (t *Tokens) standsFor(ctx context.Context, v *verified) (*identity.Principal, error) {
	ref := v.claims.Subject
	switch {
	case v.claims.Sid != "":
		p, err := t.Sessions.Bound(ctx, v.claims.Sid)
		if err != nil || p == nil || p.Ref != ref {
			return nil, err
		}
		return p, nil
	case t.Guest != nil && t.Guest.Ref == ref:
		return &identity.Principal{Type: "guest", Ref: ref, DisplayName: "Guest", Role: identity.Viewer}, nil
	case v.limited:
		// It names no session. The user must have one that was there when the token was made, to the second.
		ok, err := t.Sessions.Since(ctx, ref, v.claims.IssuedAt.Time().Add(time.Second))
		if err != nil || !ok {
			return nil, err
		}
		// It opens nothing that has a permission.
		return &identity.Principal{Type: "user", Ref: ref, DisplayName: ref}, nil
	}
	return nil, nil
}
