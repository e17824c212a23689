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
	"sync"
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

// How many flows may be under way: from one network, and in all. So many go at once where there are too many in all, and
// each process begins so many between two counts, by which all may be more.
const mostOfOne, mostFlows, someFlows = 300, 10_000, 100

// A flow that is younger is not ended for others: its person is at the provider. But of one network so many are safe, or a
// few dozen networks could keep everybody else out.
const (
	flowSafe  = time.Minute
	flowsSafe = 20
)

// fullFor is how long nothing is looked up where there was no room.
const fullFor = time.Second

// errFull is what nobody can begin with, whatever they have begun themselves.
var errFull = errs.WithRemedy(errs.New(errs.Unavailable, "too many sign-ins are under way"), "sign in again in a minute")

// Store keeps flows.
type Store struct {
	DB *pg.Pool

	mu   sync.Mutex
	room int       // how many may begin before they are counted again
	full time.Time // when there was no room
}

// begin keeps a flow. Errors: errs.TooMany where its own network has too many, [errFull] where all have.
func (s *Store) begin(ctx context.Context, provider, network string, f flow) (err error) {
	defer errs.Wrap(&err, "signin: begin a flow")
	if err := s.enter(ctx); err != nil {
		return err
	}
	state, _ := identity.Digest(f.state)
	browser, _ := identity.Digest(f.secret)
	return pg.Transact(ctx, s.DB, pg.TxOptions{Idempotent: true}, func(tx pgx.Tx) error {
		// A network's one at a time, or all would count before any is there.
		if _, err := tx.Exec(ctx, `SELECT pg_advisory_xact_lock(hashtextextended($1, $2))`, network, flowLock); err != nil {
			return err
		}
		tag, err := tx.Exec(ctx, `
			INSERT INTO identity_flows (digest, browser, provider, return_to, expires_at, opener, network)
			SELECT $1, $2, $3, $4, now() + $5::interval, $6, $7
			WHERE (SELECT count(*) FROM identity_flows WHERE network = $7 AND expires_at > now()) < $8`,
			state[:], browser[:], provider, f.returnTo, flowWithin, f.opener, network, mostOfOne)
		if err != nil {
			return err
		}
		if tag.RowsAffected() == 0 {
			return errs.WithRemedy(errs.New(errs.TooMany, "%d sign-ins from this address are under way", mostOfOne), "end one of them, or wait for ten minutes")
		}
		return nil
	})
}

// enter takes room for one more among all, and makes some where there is none.
func (s *Store) enter(ctx context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.room == 0 {
		if time.Since(s.full) < fullFor {
			return errFull
		}
		all, err := s.clear(ctx)
		if err != nil {
			return err
		}
		if all >= mostFlows {
			s.full = time.Now()
			return errFull
		}
		s.room = min(someFlows, mostFlows-all)
	}
	s.room--
	return nil
}

// clear removes flows that are over and returns how many are left. Where these are too many, the oldest of the networks
// with the most go, so that no network keeps others out, but not the few of each that began a moment ago.
func (s *Store) clear(ctx context.Context) (all int, err error) {
	err = pg.Transact(ctx, s.DB, pg.TxOptions{Idempotent: true}, func(tx pgx.Tx) error {
		// One process at a time: two would remove the same.
		if _, err := tx.Exec(ctx, `SELECT pg_advisory_xact_lock($1)`, flowLock); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `DELETE FROM identity_flows WHERE expires_at <= now()`); err != nil {
			return err
		}
		if err := tx.QueryRow(ctx, `SELECT count(*) FROM identity_flows`).Scan(&all); err != nil || all < mostFlows {
			return err
		}
		// The newest of each network is its first: who has the most has the last.
		tag, err := tx.Exec(ctx, `
			DELETE FROM identity_flows
			WHERE digest IN (
				SELECT digest
				FROM (SELECT digest, expires_at, row_number() OVER (PARTITION BY network ORDER BY expires_at DESC, digest) AS place FROM identity_flows) AS placed
				WHERE expires_at < now() + $2::interval OR place > $3
				ORDER BY place DESC, expires_at
				LIMIT $1)`, all-mostFlows+someFlows, flowWithin-flowSafe, flowsSafe)
		all -= int(tag.RowsAffected())
		return err
	})
	return all, err
}

// flowLock is the advisory lock of whoever removes flows, and with a network's name that of whoever begins one there.
const flowLock = 0x706f7274666c6f // "portflo"

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
