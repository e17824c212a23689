package identity

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base32"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"portico/internal/errs"
	"portico/internal/httpx"
	"portico/internal/pg"
)

// Kinds of tokens.
const (
	Personal = "personal" // of somebody who signed in: their rights, within its scopes
	Service  = "service"  // of a script: its scopes
)

const (
	tokenPrefix = "portico_"
	codePrefix  = "portico_code_" // of `portico login`
	// How long a code may be exchanged.
	codeWithin = 2 * time.Minute
	// TokenOverlap is how long the secret of before is taken beside a new one.
	TokenOverlap = 24 * time.Hour
	// Tokens that ended are shown and kept this long.
	endedKept = 30 * 24 * time.Hour
	// The most tokens that one person, and that all services together, may have.
	mostPersonal, mostService = 50, 1000
)

// DefaultTokenAge is how long a token lasts where nothing else is said.
const DefaultTokenAge = 30 * 24 * time.Hour

// Token is one token. Its secret is in nobody's memory but its holder's.
type Token struct {
	ID        int64      `json:"id"`
	Name      string     `json:"name"`
	Scopes    []string   `json:"scopes"`
	CreatedAt time.Time  `json:"createdAt"`
	CreatedBy string     `json:"createdBy"`
	ExpiresAt time.Time  `json:"expiresAt"`
	UsedAt    *time.Time `json:"usedAt"` // to the minute
	// The secret before the present one is taken until this time; null when there is none any more.
	PreviousUntil  *time.Time `json:"previousUntil"`
	PreviousUsedAt *time.Time `json:"previousUsedAt"`
	RevokedAt      *time.Time `json:"revokedAt"`
}

// NewToken is what a token is made of.
type NewToken struct {
	Name   string
	Scopes []string
	Age    time.Duration // 0: DefaultTokenAge, or MaxAge where that is less
}

// Tokens keeps who holds which token. What it answers is at most two seconds old.
type Tokens struct {
	DB *pg.Pool
	// MaxAge is the longest that a token may last.
	MaxAge time.Duration
	// Gone reports whether the catalog has no such User, or no longer; nil: that is not asked.
	Gone func(userRef string) bool
	// Configured are the names of programs that the configuration lets in, which no token of a service may have in any case.
	Configured []string
	// Known are all permissions of the portal, which scopes are made of.
	Known []httpx.Permission
	// Record writes what was done into the audit log, as the last statement of the transaction that does it.
	Record Recorder

	memory
}

var tokenText = base32.NewEncoding("abcdefghijklmnopqrstuvwxyz234567").WithPadding(base32.NoPadding)

// newTokenSecret returns 256 random bits and their checksum, by which a scanner knows a token from what looks like one.
func newTokenSecret(prefix string) string {
	b := make([]byte, 32, 36)
	_, _ = rand.Read(b) // it never fails
	return prefix + tokenText.EncodeToString(binary.BigEndian.AppendUint32(b, crc32.ChecksumIEEE(b)))
}

// whole reports whether a text is a token of ours with nothing missing.
func whole(prefix, token string) bool {
	rest, ok := strings.CutPrefix(token, prefix)
	b, err := tokenText.DecodeString(rest)
	return ok && err == nil && len(b) == 36 && binary.BigEndian.Uint32(b[32:]) == crc32.ChecksumIEEE(b[:32])
}

// Bearer implements the interface of that name.
func (t *Tokens) Bearer(ctx context.Context, token string) (*Principal, error) {
	switch {
	case strings.HasPrefix(token, codePrefix):
		return t.code(ctx, token)
	case !strings.HasPrefix(token, tokenPrefix):
		return nil, nil
	case !whole(tokenPrefix, token):
		return nil, errs.WithRemedy(errs.New(errs.Unauthenticated, "this is not a whole token of this portal"), "copy it again, from its first letter to its last")
	}
	d := sha256.Sum256([]byte(token))
	p, err := t.of(d, func() (*Principal, error) { return t.lookUp(ctx, d) })
	if errs.Is(err, errs.NotFound) {
		return nil, errs.WithRemedy(errs.New(errs.Unauthenticated, "this token is not known here: it expired, was revoked, or is another portal's"),
			"make a new one in the portal, on the page about you; or run `portico login` again")
	}
	return p, err
}

// live is the condition of a token that holds. $1 is the list of digests.
const live = `
	(t.digest = ANY($1) OR t.previous = ANY($1) AND t.previous_until > now()) AND t.revoked_at IS NULL AND t.expires_at > now()`

func (t *Tokens) lookUp(ctx context.Context, d digest) (_ *Principal, err error) {
	defer errs.Wrap(&err, "identity: look up a token")
	type row struct {
		ID                   int64
		Kind, Name           string
		Scopes               []string
		ExpiresAt            time.Time
		UserRef, DisplayName string
		WithoutUser          bool
		Old, Stale           bool
		Account              int64
	}
	got, err := pg.Collect1(ctx, t.DB, pgx.RowToStructByPos[row], `
		SELECT t.id, t.kind, t.name, t.scopes, t.expires_at,
		       coalesce(a.user_ref, ''),
		       coalesce(a.display_name, ''),
		       coalesce(a.without_user, true),
		       t.digest <> $2,
		       coalesce(CASE WHEN t.digest = $2 THEN t.used_at ELSE t.previous_used_at END < now() - $3::interval, true),
		       coalesce(a.id, 0)
		FROM identity_tokens t
		LEFT JOIN identity_accounts a ON a.id = t.account_id
		WHERE `+live, [][]byte{d[:]}, d[:], seenEvery)
	if err != nil {
		return nil, err
	}
	if lost(t.Gone, got.UserRef, got.WithoutUser) {
		return nil, errs.New(errs.NotFound, "the account is no longer %s", got.UserRef)
	}
	if got.Stale {
		column := "used_at"
		if got.Old {
			column = "previous_used_at"
		}
		// The condition again: several replicas may have found it stale.
		if _, err := t.DB.Exec(ctx, `
			UPDATE identity_tokens SET `+column+` = now()
			WHERE id = $1 AND coalesce(`+column+` < now() - $2::interval, true)`, got.ID, seenEvery); err != nil {
			return nil, pg.Err(err)
		}
	}
	p := person(got.UserRef, got.DisplayName)
	if got.WithoutUser {
		p.Account = got.Account
	}
	if got.Kind == Service {
		p = serviceOf(got.Name)
	}
	p.Within = within(got.Scopes)
	p.Token = &TokenInfo{ID: got.ID, Name: got.Name, Scopes: got.Scopes, ExpiresAt: got.ExpiresAt}
	return p, nil
}

// Forget makes the next request with each token look it up again.
func (t *Tokens) Forget() { t.forget() }

func (t *Tokens) holdOpen(ctx context.Context) {
	t.hold(ctx, func(ctx context.Context, digests [][]byte) (map[digest]bool, error) {
		return holding(ctx, t.DB, t.Gone, `
			SELECT d, coalesce(a.user_ref, ''), coalesce(a.without_user, true)
			FROM identity_tokens t
			CROSS JOIN LATERAL (VALUES (t.digest), (CASE WHEN t.previous_until > now() THEN t.previous END)) AS digests(d)
			LEFT JOIN identity_accounts a ON a.id = t.account_id
			WHERE d = ANY($1) AND`+live, digests)
	})
}

// change runs fn in a transaction, records what it did, and tells all replicas.
func (t *Tokens) change(ctx context.Context, action string, fn func(tx pgx.Tx) (target string, detail any, err error)) error {
	err := pg.Transact(ctx, t.DB, pg.TxOptions{}, func(tx pgx.Tx) error {
		target, detail, err := fn(tx)
		if err != nil {
			return err
		}
		if err := notify(ctx, tx); err != nil {
			return err
		}
		return t.Record(ctx, tx, action, target, detail)
	})
	t.Forget()
	return err
}

const tokenColumns = `t.id, t.name, t.scopes, t.created_at, t.created_by, t.expires_at, t.used_at,
	CASE WHEN t.previous_until > now() THEN t.previous_until END, t.previous_used_at, t.revoked_at`

// shown is the condition of a token that is listed: it holds, or ended a short time ago.
const shown = `coalesce(t.revoked_at, t.expires_at) > now() - $1::interval`

// Of lists the tokens of the person whose session the request is in, newest first.
func (t *Tokens) Of(ctx context.Context, s *Sessions, r *http.Request) (_ []Token, err error) {
	defer errs.Wrap(&err, "identity: list tokens")
	d, _ := s.presented(r)
	return pg.Collect(ctx, t.DB, pgx.RowToStructByPos[Token], `
		SELECT `+tokenColumns+`
		FROM identity_tokens t
		WHERE t.account_id IN (`+theirs(2)+`) AND `+shown+`
		ORDER BY t.id DESC`, endedKept, d[:])
}

// theirs selects the accounts of the person whose session has the digest that the parameter is: all that were led to the
// same User; without a User the account alone, since another of the same name is somebody else.
func theirs(parameter int) string {
	return fmt.Sprintf(`
		SELECT a.id
		FROM identity_sessions own
		JOIN identity_accounts mine ON mine.id = own.account_id
		JOIN identity_accounts a ON a.id = mine.id
		  OR a.user_ref = mine.user_ref AND NOT a.without_user AND NOT mine.without_user AND mine.user_ref <> ''
		WHERE own.digest = $%d`, parameter)
}

// Services lists the tokens of services, by name.
func (t *Tokens) Services(ctx context.Context) (_ []Token, err error) {
	defer errs.Wrap(&err, "identity: tokens of services")
	return pg.Collect(ctx, t.DB, pgx.RowToStructByPos[Token], `
		SELECT `+tokenColumns+`
		FROM identity_tokens t
		WHERE t.kind = '`+Service+`' AND `+shown+`
		ORDER BY t.name, t.id DESC`, endedKept)
}

// check completes n. Errors: errs.Invalid, errs.Forbidden.
func (t *Tokens) check(by *Principal, n *NewToken, service bool) error {
	n.Name = strings.TrimSpace(n.Name)
	switch {
	case service && !serviceName.MatchString(n.Name):
		return errs.New(errs.Invalid, "the name of a service is of 1 to 63 small letters, digits, dots and dashes, not %q", cut(n.Name, 100))
	case n.Name == "" || n.Name != cut(n.Name, 100):
		return errs.New(errs.Invalid, "a token has a name of 1 to 100 characters, by which you know it again")
	}
	if n.Age == 0 {
		n.Age = min(DefaultTokenAge, t.MaxAge)
	}
	if n.Age < time.Minute || n.Age > t.MaxAge {
		return errs.WithRemedy(errs.New(errs.Invalid, "a token lasts for at most %d days here", int(t.MaxAge.Hours()/24)),
			"choose a shorter time; who runs the portal may set portico.tokens.maxAge")
	}
	if !service {
		return checkScopes(by, n.Scopes, t.Known, "")
	}
	return checkScopes(by, n.Scopes, t.Known, n.Name)
}

var serviceName = regexp.MustCompile(`^[a-z0-9]([a-z0-9.-]{0,61}[a-z0-9])?$`)

// insert makes a token; accountID is nil for one of a service.
func (t *Tokens) insert(ctx context.Context, tx pgx.Tx, kind string, accountID *int64, by string, n NewToken) (Token, string, error) {
	// Nobody asks for these any more.
	if _, err := tx.Exec(ctx, `DELETE FROM identity_tokens t WHERE NOT (`+shown+`)`, endedKept); err != nil {
		return Token{}, "", err
	}
	most := mostService
	if kind == Personal {
		most = mostPersonal
	}
	var has int
	if err := tx.QueryRow(ctx, `
		SELECT count(*) FROM identity_tokens
		WHERE kind = $1 AND account_id IS NOT DISTINCT FROM $2 AND revoked_at IS NULL AND expires_at > now()`, kind, accountID).Scan(&has); err != nil {
		return Token{}, "", err
	}
	if has >= most {
		return Token{}, "", errs.WithRemedy(errs.New(errs.Conflict, "there are %d tokens already, which is the most", has), "revoke one that is not used")
	}
	secret := newTokenSecret(tokenPrefix)
	d := sha256.Sum256([]byte(secret))
	made, err := pg.Collect1(ctx, tx, pgx.RowToStructByPos[Token], `
		INSERT INTO identity_tokens AS t (digest, kind, account_id, name, scopes, created_by, expires_at)
		VALUES ($1, $2, $3, $4, $5, $6, now() + $7::interval)
		RETURNING `+tokenColumns, d[:], kind, accountID, n.Name, n.Scopes, by, n.Age)
	if pg.IsUnique(err, "identity_tokens_service") {
		err = errs.WithRemedy(errs.New(errs.Conflict, "there is a token of %s already", n.Name), "give that one a new secret, revoke it, or choose another name")
	}
	return made, secret, err
}

// tokenDetail is what a record says of a token.
func tokenDetail(n Token) any {
	return map[string]any{"id": n.ID, "name": n.Name, "scopes": n.Scopes, "expiresAt": n.ExpiresAt}
}

// accountOf returns the account that the session of the request belongs to. Errors: errs.Forbidden where there is none.
func accountOf(ctx context.Context, db pg.DB, s *Sessions, r *http.Request) (id int64, err error) {
	d, ok := s.presented(r)
	if ok {
		err = pg.Err(db.QueryRow(ctx, `SELECT account_id FROM identity_sessions WHERE digest = $1 FOR SHARE`, d[:]).Scan(&id))
	}
	if !ok || errs.Is(err, errs.NotFound) {
		return 0, errs.WithRemedy(errs.New(errs.Forbidden, "only somebody who signed in has tokens of their own"), "sign in first")
	}
	return id, err
}

// Make makes a personal token of whoever signed in. The secret is returned once and never again. Errors: errs.Invalid,
// errs.Forbidden, errs.Conflict.
func (t *Tokens) Make(ctx context.Context, s *Sessions, r *http.Request, by *Principal, n NewToken) (made Token, secret string, err error) {
	defer errs.Wrap(&err, "identity: make a token of %s", by.Ref)
	if err := t.check(by, &n, false); err != nil {
		return made, "", err
	}
	err = t.change(ctx, "identity.token.create", func(tx pgx.Tx) (string, any, error) {
		account, err := accountOf(ctx, tx, s, r)
		if err != nil {
			return "", nil, err
		}
		made, secret, err = t.insert(ctx, tx, Personal, &account, by.Ref, n)
		return by.Ref, tokenDetail(made), err
	})
	return made, secret, err
}

// MakeService makes a token of a service. Errors: errs.Invalid, errs.Forbidden, errs.Conflict.
func (t *Tokens) MakeService(ctx context.Context, by *Principal, n NewToken) (made Token, secret string, err error) {
	defer errs.Wrap(&err, "identity: make a token of the service %s", n.Name)
	if err := t.check(by, &n, true); err != nil {
		return made, "", err
	}
	// Whoever reads a record or a policy of service:ci must know which of the two it is.
	if i := slices.IndexFunc(t.Configured, func(name string) bool { return strings.EqualFold(name, n.Name) }); i >= 0 {
		return made, "", errs.WithRemedy(errs.New(errs.Conflict, "the configuration lets in a program as %s already", t.Configured[i]),
			"choose another name, or rename the subject in backend.auth.externalAccess")
	}
	err = t.change(ctx, "identity.token.create", func(tx pgx.Tx) (string, any, error) {
		made, secret, err = t.insert(ctx, tx, Service, nil, by.Ref, n)
		return "service:" + made.Name, tokenDetail(made), err
	})
	return made, secret, err
}

// Rotate gives the token of a service a new secret and a new end. The secret of before is taken for overlap more. Errors:
// errs.NotFound, and those of MakeService: whoever renews a token must be able to make it.
func (t *Tokens) Rotate(ctx context.Context, by *Principal, id int64, age, overlap time.Duration) (made Token, secret string, err error) {
	defer errs.Wrap(&err, "identity: rotate token %d", id)
	if overlap < 0 || overlap > 7*TokenOverlap {
		return made, "", errs.New(errs.Invalid, "the secret of before may be taken for 0 to 7 days more")
	}
	err = t.change(ctx, "identity.token.rotate", func(tx pgx.Tx) (string, any, error) {
		old, err := pg.Collect1(ctx, tx, pgx.RowToStructByPos[Token], `
			SELECT `+tokenColumns+` FROM identity_tokens t
			WHERE t.id = $1 AND t.kind = '`+Service+`' AND t.revoked_at IS NULL
			FOR UPDATE`, id)
		if err != nil {
			return "", nil, noToken(err)
		}
		n := NewToken{Name: old.Name, Scopes: old.Scopes, Age: age}
		if err := t.check(by, &n, true); err != nil {
			return "", nil, err
		}
		secret = newTokenSecret(tokenPrefix)
		d := sha256.Sum256([]byte(secret))
		made, err = pg.Collect1(ctx, tx, pgx.RowToStructByPos[Token], `
			UPDATE identity_tokens t
			SET previous = t.digest,
			    previous_until = least(t.expires_at, now() + $3::interval), -- it does not live longer than it would have
			    previous_used_at = t.used_at,
			    digest = $2,
			    used_at = NULL,
			    expires_at = now() + $4::interval
			WHERE t.id = $1
			RETURNING `+tokenColumns, id, d[:], overlap, n.Age)
		return "service:" + made.Name, tokenDetail(made), err
	})
	return made, secret, err
}

func noToken(err error) error {
	if errs.Is(err, errs.NotFound) {
		return errs.WithRemedy(errs.Public(errs.NotFound, "there is no such token", err), "it may have been revoked; load the list again")
	}
	return err
}

// Revoke ends a token of the person whose session the request is in. Errors: errs.NotFound, also for somebody else's.
func (t *Tokens) Revoke(ctx context.Context, s *Sessions, r *http.Request, id int64) (err error) {
	defer errs.Wrap(&err, "identity: revoke token %d", id)
	d, _ := s.presented(r)
	return t.change(ctx, "identity.token.revoke", func(tx pgx.Tx) (string, any, error) {
		return revoke(ctx, tx, `t.id = $1 AND t.account_id IN (`+theirs(2)+`)`, id, d[:])
	})
}

// RevokeService ends a token of a service. Errors: errs.NotFound, also for a person's.
func (t *Tokens) RevokeService(ctx context.Context, id int64) (err error) {
	defer errs.Wrap(&err, "identity: revoke token %d", id)
	return t.change(ctx, "identity.token.revoke", func(tx pgx.Tx) (string, any, error) {
		return revoke(ctx, tx, `t.id = $1 AND t.account_id IS NULL`, id)
	})
}

// RevokeItself ends the token that the principal came with. Errors: errs.NotFound where it is none of this portal's.
func (t *Tokens) RevokeItself(ctx context.Context, p *Principal) (err error) {
	defer errs.Wrap(&err, "identity: a token revokes itself")
	if p.Token == nil || p.Token.ID == 0 {
		return errs.New(errs.NotFound, "this request came without a token that could be revoked here")
	}
	ctx, cancel := lasting(ctx)
	defer cancel()
	return t.change(ctx, "identity.token.revoke", func(tx pgx.Tx) (string, any, error) {
		return revoke(ctx, tx, `t.id = $1`, p.Token.ID)
	})
}

func revoke(ctx context.Context, tx pgx.Tx, where string, args ...any) (target string, detail any, err error) {
	type row struct {
		ID          int64
		Name, Owner string
	}
	got, err := pg.Collect1(ctx, tx, pgx.RowToStructByPos[row], `
		UPDATE identity_tokens t SET revoked_at = now()
		WHERE t.revoked_at IS NULL AND `+where+`
		RETURNING t.id, t.name, coalesce((SELECT a.user_ref FROM identity_accounts a WHERE a.id = t.account_id), 'service:' || t.name)`, args...)
	return got.Owner, map[string]any{"id": got.ID, "name": got.Name}, noToken(err)
}
