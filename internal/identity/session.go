package identity

import (
	"cmp"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"portico/internal/errs"
	"portico/internal/httpx"
	"portico/internal/pg"
)

// How long a session lasts: without a request, and at most.
const (
	SessionIdle     = 8 * time.Hour
	SessionAbsolute = 24 * time.Hour
)

// Account is somebody as a provider knows them. Issuer and Subject alone say who it is.
type Account struct {
	Issuer, Subject string
	Provider        string
	UserRef         string // the User entity that a resolver led to
	WithoutUser     bool   // a resolver let them in although the catalog has no such User
	DisplayName     string
	// Pinned says that others can take over the name that led to the user: it leads there only whom it led there first.
	Pinned bool
	// Still reports, in the transaction that signs them in, whether the user is still who it was when it was found. It may
	// be nil.
	Still func(ctx context.Context, tx pgx.Tx) (bool, error)
}

// Sessions keeps who is signed in. What it answers is at most two seconds old, and usually no older than a
// notification of the database takes.
type Sessions struct {
	DB *pg.Pool
	// Secure says that browsers reach the portal by https. Without it, which is for one's own machine, the cookie
	// has no __Host- prefix and no Secure: browsers would refuse it.
	Secure bool
	// Record writes down that somebody signed in or out, in the transaction that does it; what it refuses is not done.
	// It is called last. It may be nil.
	Record func(ctx context.Context, tx pgx.Tx, e Event) error
	// Gone reports whether the catalog has no such User, or no longer; nil: that is not asked.
	Gone func(userRef string) bool

	memory
}

// Event is what is recorded of a session: whose it is, and what belongs to it.
type Event struct {
	UserRef string
	Detail  map[string]any
}

func (s *Sessions) record(ctx context.Context, tx pgx.Tx, e Event) error {
	if s.Record == nil {
		return nil
	}
	return s.Record(ctx, tx, e)
}

type digest = [sha256.Size]byte

// CookieName is what the session's cookie is called.
func (s *Sessions) CookieName() string { return CookieName("portico-session", s.Secure) }

// CookieName adds the prefix that keeps other hosts and plain http from setting a cookie.
func CookieName(name string, secure bool) string {
	if secure {
		return "__Host-" + name
	}
	return name
}

// Cookie is a cookie that scripts cannot read and that other sites' pages send along with nothing but a link. An empty
// value removes it.
func Cookie(name, value string, secure bool, age time.Duration) *http.Cookie {
	c := &http.Cookie{
		Name: CookieName(name, secure), Value: value, Path: "/", MaxAge: int(age.Seconds()),
		HttpOnly: true, Secure: secure, SameSite: http.SameSiteLaxMode,
	}
	if value == "" {
		c.MaxAge = -1
	}
	return c
}

// NewSecret returns 256 random bits as text.
func NewSecret() string {
	var b [32]byte
	_, _ = rand.Read(b[:]) // it never fails
	return base64.RawURLEncoding.EncodeToString(b[:])
}

// Digest is what the database keeps of a secret. ok is false for what NewSecret never made.
func Digest(secret string) (d [sha256.Size]byte, ok bool) {
	if b, err := base64.RawURLEncoding.Strict().DecodeString(secret); err != nil || len(b) != 32 {
		return d, false
	}
	return sha256.Sum256([]byte(secret)), true
}

// ErrAnother is why an account is not signed in: the name led another one to the user first.
var ErrAnother = errs.New(errs.Conflict, "another account was this user before")

// Start signs the account in and sends the browser its cookie. A session that the browser had before ends. Errors:
// ErrAnother; errs.Conflict also where the user is no longer who it was when it was found.
func (s *Sessions) Start(ctx context.Context, w http.ResponseWriter, r *http.Request, a Account) (err error) {
	defer errs.Wrap(&err, "identity: start a session of %s", a.UserRef)
	ctx, cancel := lasting(ctx)
	defer cancel()
	id := NewSecret()
	d, _ := Digest(id)
	old, had := s.presented(r)
	err = pg.Transact(ctx, s.DB, pg.TxOptions{Idempotent: true}, func(tx pgx.Tx) error {
		if err := a.mayStart(ctx, tx); err != nil {
			return err
		}
		e := Event{UserRef: a.UserRef, Detail: map[string]any{"provider": a.Provider, "issuer": a.Issuer, "subject": a.Subject}}
		if had {
			before, err := pg.Collect(ctx, tx, pgx.RowTo[string], `
				DELETE FROM identity_sessions s USING identity_accounts a
				WHERE s.digest = $1 AND a.id = s.account_id
				RETURNING a.user_ref`, old[:])
			if err != nil {
				return err
			}
			if len(before) > 0 {
				e.Detail["ended"] = before[0]
			}
		}
		// Nobody is signed in by these any more.
		if _, err := tx.Exec(ctx, `
			DELETE FROM identity_sessions
			WHERE expires_at < now() OR account_id = (SELECT id FROM identity_accounts WHERE issuer = $1 AND subject = $2) AND seen_at < now() - $3::interval`,
			a.Issuer, a.Subject, SessionIdle); err != nil {
			return err
		}
		var account int64
		if err := tx.QueryRow(ctx, `
			INSERT INTO identity_accounts (issuer, subject, provider, user_ref, display_name, without_user)
			VALUES ($1, $2, $3, $4, $5, $6)
			ON CONFLICT (issuer, subject) DO UPDATE
			SET provider = excluded.provider, user_ref = excluded.user_ref, display_name = excluded.display_name,
			    without_user = excluded.without_user, signed_in_at = now()
			RETURNING id`,
			a.Issuer, a.Subject, a.Provider, a.UserRef, a.DisplayName, a.WithoutUser).Scan(&account); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `
			INSERT INTO identity_sessions (digest, account_id, expires_at, user_agent, address)
			VALUES ($1, $2, now() + $3::interval, $4, $5)`,
			d[:], account, SessionAbsolute, cut(r.UserAgent(), 300), addressOf(r)); err != nil {
			return err
		}
		if err := notify(ctx, tx); err != nil {
			return err
		}
		return s.record(ctx, tx, e)
	})
	if err != nil {
		return err
	}
	s.Forget()
	http.SetCookie(w, Cookie("portico-session", id, s.Secure, SessionAbsolute))
	return nil
}

// addressOf is where a browser signs in from, by the word of a proxy where that counts; "" where it is not known.
func addressOf(r *http.Request) string {
	if a := httpx.Address(r); a.IsValid() {
		return cut(a.String(), 100)
	}
	return ""
}

// mayStart refuses an account whose user is no longer what it was found to be, and one of a name that led another
// account of the issuer to the user first. It writes down the first of each, whatever led it there.
func (a *Account) mayStart(ctx context.Context, tx pgx.Tx) error {
	if a.Still != nil {
		still, err := a.Still(ctx, tx)
		if err != nil {
			return err
		}
		if !still {
			return errs.New(errs.Conflict, "%s became another while they signed in", a.UserRef)
		}
	}
	// Of two at once the second waits here for the first.
	if _, err := tx.Exec(ctx, `
		INSERT INTO identity_pins (issuer, user_ref, subject) VALUES ($1, $2, $3)
		ON CONFLICT DO NOTHING`, a.Issuer, a.UserRef, a.Subject); err != nil || !a.Pinned {
		return err
	}
	first, err := pg.Collect1(ctx, tx, pgx.RowTo[string], `SELECT subject FROM identity_pins WHERE issuer = $1 AND user_ref = $2`, a.Issuer, a.UserRef)
	if err == nil && first != a.Subject {
		return ErrAnother
	}
	return err
}

// cut keeps text short, and text: PostgreSQL takes no other.
func cut(text string, most int) string {
	clean := make([]rune, 0, min(len(text), most))
	for _, c := range text {
		if len(clean) == most {
			break
		}
		if c != 0 {
			clean = append(clean, c)
		}
	}
	return string(clean)
}

// lasting is for what ends the credential that its request came with: the request's own context ends by that, and the
// answer must still say that it worked. cancel must be called.
func lasting(ctx context.Context) (_ context.Context, cancel context.CancelFunc) {
	return context.WithTimeout(context.WithoutCancel(ctx), lastsAtMost)
}

// lastsAtMost is how long the end of a credential may take.
const lastsAtMost = 10 * time.Second

func notify(ctx context.Context, db pg.DB) error {
	_, err := db.Exec(ctx, `SELECT pg_notify($1, '')`, channel)
	return err
}

// End ends the session of the request, or all sessions of the person whose it is, by all accounts that lead to them, and
// takes the browser's cookie away. A request without a session has nothing to end.
func (s *Sessions) End(ctx context.Context, w http.ResponseWriter, r *http.Request, all bool) (err error) {
	defer errs.Wrap(&err, "identity: end a session")
	ctx, cancel := lasting(ctx)
	defer cancel()
	if d, ok := s.presented(r); ok {
		where := `s.digest = $1 AND s.expires_at > now() AND s.seen_at > now() - $2::interval`
		if all {
			where = `s.account_id IN (` + theirs(1) + ` AND own.expires_at > now() AND own.seen_at > now() - $2::interval)`
		}
		err := pg.Transact(ctx, s.DB, pg.TxOptions{}, func(tx pgx.Tx) error {
			// A session that is over ends nothing: whoever finds its cookie is nobody.
			gone, err := pg.Collect(ctx, tx, pgx.RowTo[string], `
				DELETE FROM identity_sessions s USING identity_accounts a
				WHERE a.id = s.account_id AND `+where+`
				RETURNING a.user_ref`, d[:], SessionIdle)
			if err != nil || len(gone) == 0 {
				return err
			}
			if err := notify(ctx, tx); err != nil {
				return err
			}
			return s.record(ctx, tx, Event{UserRef: gone[0], Detail: map[string]any{"sessions": len(gone), "everywhere": all}})
		})
		if err != nil {
			return err
		}
		s.Forget()
	}
	http.SetCookie(w, Cookie("portico-session", "", s.Secure, 0))
	return nil
}

// presented returns the digest of the session that the browser says it has.
func (s *Sessions) presented(r *http.Request) (digest, bool) {
	c, err := r.Cookie(s.CookieName())
	if err != nil {
		return digest{}, false
	}
	return Digest(c.Value)
}

// Recorder writes a record into the audit log, among the last statements of its transaction.
type Recorder func(ctx context.Context, tx pgx.Tx, action, target string, detail any) error

// SignOut ends all that accounts hold as these users, by their refs: sessions, tokens and grants. The accounts are
// detached, so that what is being made for one of them at the same time lets nobody in as the user either. What makes it
// do so is recorded there, and here each token that is revoked by it.
func SignOut(ctx context.Context, tx pgx.Tx, refs []string, record Recorder) error {
	tokens, err := signOut(ctx, tx, refs)
	if err != nil {
		return err
	}
	return recordRevoked(ctx, tx, tokens, "removed", record)
}

// Displace is SignOut where the users of the refs are others from now on: names may lead other accounts to them.
func Displace(ctx context.Context, tx pgx.Tx, refs []string, record Recorder) error {
	tokens, err := signOut(ctx, tx, refs)
	if err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, `DELETE FROM identity_pins WHERE user_ref = ANY($1)`, refs); err != nil {
		return err
	}
	return recordRevoked(ctx, tx, tokens, "displaced", record)
}

// revoked is a token that ended with its account's user.
type revoked struct {
	ID            int64
	Name, UserRef string
}

func signOut(ctx context.Context, tx pgx.Tx, refs []string) ([]revoked, error) {
	type account struct {
		ID      int64
		UserRef string
	}
	accounts, err := pg.Collect(ctx, tx, pgx.RowToStructByPos[account], `
		UPDATE identity_accounts a SET user_ref = '', without_user = false
		FROM (SELECT id, user_ref FROM identity_accounts WHERE user_ref = ANY($1) ORDER BY id FOR UPDATE) AS was
		WHERE a.id = was.id
		RETURNING a.id, was.user_ref`, refs)
	if err != nil || len(accounts) == 0 {
		return nil, err
	}
	var ids []int64
	var users []string
	for _, a := range accounts {
		ids, users = append(ids, a.ID), append(users, a.UserRef)
	}
	if _, err := tx.Exec(ctx, `DELETE FROM identity_sessions WHERE account_id = ANY($1)`, ids); err != nil {
		return nil, err
	}
	tokens, err := pg.Collect(ctx, tx, pgx.RowToStructByPos[revoked], `
		UPDATE identity_tokens t SET revoked_at = now()
		FROM unnest($1::bigint[], $2::text[]) AS a(id, user_ref)
		WHERE t.account_id = a.id AND t.revoked_at IS NULL AND t.expires_at > now()
		RETURNING t.id, t.name, a.user_ref`, ids, users)
	if err != nil {
		return nil, err
	}
	if _, err := tx.Exec(ctx, `DELETE FROM identity_grants WHERE account_id = ANY($1)`, ids); err != nil {
		return nil, err
	}
	return tokens, notify(ctx, tx)
}

func recordRevoked(ctx context.Context, tx pgx.Tx, tokens []revoked, why string, record Recorder) error {
	slices.SortFunc(tokens, func(a, b revoked) int { return cmp.Compare(a.ID, b.ID) })
	for _, t := range tokens {
		if err := record(ctx, tx, "identity.token.revoke", t.UserRef, map[string]any{"id": t.ID, "name": t.Name, "because": why}); err != nil {
			return err
		}
	}
	return nil
}

// Led reports whether another account than that of issuer and subject is the user, or was.
func Led(ctx context.Context, tx pgx.Tx, userRef, issuer, subject string) (another bool, err error) {
	defer errs.Wrap(&err, "identity: look for who was %s", userRef)
	return pg.Collect1(ctx, tx, pgx.RowTo[bool], `
		SELECT EXISTS (SELECT FROM identity_accounts WHERE user_ref = $1 AND (issuer, subject) <> ($2, $3))
		    OR EXISTS (SELECT FROM identity_pins WHERE user_ref = $1 AND (issuer, subject) <> ($2, $3))`, userRef, issuer, subject)
}

// Presented reports whether the browser says that it has a session, whether or not it has.
func (s *Sessions) Presented(r *http.Request) bool {
	_, err := r.Cookie(s.CookieName())
	return err == nil
}

// Of returns who made the request by its cookie, nil for nobody. An error means that it cannot be known now.
func (s *Sessions) Of(r *http.Request) (*Principal, error) {
	d, ok := s.presented(r)
	if !ok {
		return nil, nil
	}
	return s.principal(r.Context(), d)
}

// principal returns whose session it is, nil for nobody's.
func (s *Sessions) principal(ctx context.Context, d digest) (*Principal, error) {
	p, err := s.of(d, func() (*Principal, error) { return s.lookUp(ctx, d) })
	if errs.Is(err, errs.NotFound) {
		return nil, nil
	}
	return p, err
}

func (s *Sessions) lookUp(ctx context.Context, d digest) (_ *Principal, err error) {
	defer errs.Wrap(&err, "identity: look up a session")
	type row struct {
		UserRef, DisplayName string
		WithoutUser, Stale   bool
		Account              int64
	}
	got, err := pg.Collect1(ctx, s.DB, pgx.RowToStructByPos[row], `
		SELECT a.user_ref,
		       a.display_name,
		       a.without_user,
		       s.seen_at < now() - $3::interval,
		       a.id
		FROM identity_sessions s
		JOIN identity_accounts a ON a.id = s.account_id
		WHERE s.digest = $1 AND s.expires_at > now() AND s.seen_at > now() - $2::interval`, d[:], SessionIdle, seenEvery)
	if err != nil {
		return nil, err
	}
	if lost(s.Gone, got.UserRef, got.WithoutUser) {
		return nil, errs.New(errs.NotFound, "the account is no longer %s", got.UserRef)
	}
	if got.Stale {
		if _, err := s.DB.Exec(ctx, `UPDATE identity_sessions SET seen_at = now() WHERE digest = $1`, d[:]); err != nil {
			return nil, pg.Err(err)
		}
	}
	p := person(got.UserRef, got.DisplayName)
	if got.WithoutUser {
		p.Account = got.Account
	}
	return p, nil
}

// lost reports whether an account lets in nobody any more: the catalog lost its User, or, where it was let in without
// one, has a User of that name now, who is somebody else; or the account was detached from its user. What belongs to no
// account, which is a service's, is without a user and a ref.
func lost(gone func(userRef string) bool, userRef string, withoutUser bool) bool {
	switch {
	case userRef == "":
		return !withoutUser
	case gone == nil:
		return false
	}
	return gone(userRef) != withoutUser
}

// Forget makes the next request of every session look it up again.
func (s *Sessions) Forget() { s.forget() }

// Follow forgets sessions as soon as one ends on any replica, and ends what is under way in them, until ctx ends.
func (s *Sessions) Follow(ctx context.Context) { Follow(ctx, s.DB, s) }

func (s *Sessions) holdOpen(ctx context.Context) {
	s.hold(ctx, func(ctx context.Context, digests [][]byte) (map[digest]bool, error) {
		return holding(ctx, s.DB, s.Gone, `
			SELECT s.digest, a.user_ref, a.without_user
			FROM identity_sessions s
			JOIN identity_accounts a ON a.id = s.account_id
			WHERE s.digest = ANY($1) AND s.expires_at > now() AND s.seen_at > now() - $2::interval`, digests, SessionIdle)
	})
}

// holding returns which credentials hold: rows of (digest, user_ref, without_user) that are not lost.
func holding(ctx context.Context, db pg.DB, gone func(string) bool, sql string, args ...any) (map[digest]bool, error) {
	type row struct {
		Digest      []byte
		UserRef     string
		WithoutUser bool
	}
	rows, err := pg.Collect(ctx, db, pgx.RowToStructByPos[row], sql, args...)
	hold := make(map[digest]bool, len(rows))
	for _, r := range rows {
		if !lost(gone, r.UserRef, r.WithoutUser) {
			hold[digest(r.Digest)] = true
		}
	}
	return hold, err
}
