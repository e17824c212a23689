package signin

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/hex"
	"net/url"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"portico/internal/errs"
	"portico/internal/identity"
	"portico/internal/pg"
)

// A sign-in must be done in this time.
const flowWithin = 10 * time.Minute

// flow is a sign-in under way. The state goes to the provider and back; the secret stays in the browser, and from it
// come nonce and PKCE verifier. The database has the digests of both, so reading it helps nobody.
type flow struct {
	state, secret string
	returnTo      string
	opener        string // the origin of the page whose pop-up window this is, "" for none
}

func newFlow(returnTo string) flow {
	return flow{state: identity.NewSecret(), secret: identity.NewSecret(), returnTo: localPath(returnTo)}
}

func (f flow) derive(what string) string {
	mac := hmac.New(sha256.New, []byte(f.secret))
	mac.Write([]byte(what))
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}

func (f flow) nonce() string    { return f.derive("nonce") }
func (f flow) verifier() string { return f.derive("PKCE verifier") }

// cookie is what the flow's cookie is called: one each, so that two tabs can sign in at once.
func (f flow) cookie() string {
	d := sha256.Sum256([]byte(f.state))
	return "portico-flow-" + hex.EncodeToString(d[:6])
}

func equal(a, b string) bool { return subtle.ConstantTimeCompare([]byte(a), []byte(b)) == 1 }

// Store keeps flows.
type Store struct{ DB *pg.Pool }

func (s *Store) begin(ctx context.Context, provider string, f flow) (err error) {
	defer errs.Wrap(&err, "signin: begin a flow")
	state, _ := identity.Digest(f.state)
	browser, _ := identity.Digest(f.secret)
	if _, err := s.DB.Exec(ctx, `DELETE FROM identity_flows WHERE expires_at < now()`); err != nil {
		return pg.Err(err)
	}
	_, err = s.DB.Exec(ctx, `
		INSERT INTO identity_flows (digest, browser, provider, return_to, expires_at, opener)
		VALUES ($1, $2, $3, $4, now() + $5::interval, $6)`, state[:], browser[:], provider, f.returnTo, flowWithin, f.opener)
	return pg.Err(err)
}

// take finds the flow of this state and this browser and deletes it: it is used once.
func (s *Store) take(ctx context.Context, provider, state, secret string) (_ flow, err error) {
	defer errs.Wrap(&err, "signin: take up a flow")
	d, ok := identity.Digest(state)
	browser, has := identity.Digest(secret)
	if !ok || !has {
		return flow{}, failed(codeExpired, "the state, or this browser's cookie, is none of ours")
	}
	type row struct{ ReturnTo, Opener string }
	got, err := pg.Collect1(ctx, s.DB, pgx.RowToStructByPos[row], `
		DELETE FROM identity_flows
		WHERE digest = $1 AND browser = $2 AND provider = $3 AND expires_at > now()
		RETURNING return_to, opener`, d[:], browser[:], provider)
	if errs.Is(err, errs.NotFound) {
		return flow{}, failed(codeExpired, "no sign-in of this state and browser is under way")
	}
	return flow{state: state, secret: secret, returnTo: got.ReturnTo, opener: got.Opener}, err
}

// localPath is where to go after signing in: a path of this portal, whatever was asked for.
func localPath(to string) string {
	const home = "/"
	if len(to) > 2000 || !strings.HasPrefix(to, "/") || strings.HasPrefix(to, "//") {
		return home
	}
	for _, c := range to {
		if c <= ' ' || c == '\\' || c >= 0x7f {
			return home // browsers drop some of these and read others as a slash
		}
	}
	u, err := url.Parse(to)
	if err != nil || u.Host != "" || u.Scheme != "" || u.User != nil || strings.HasPrefix(u.Path, "//") || strings.HasPrefix(u.Path, "/\\") {
		return home
	}
	if u.Path == "/sign-in" || strings.HasPrefix(u.Path, "/api/") {
		return home
	}
	return to
}
