package identity

import (
	"context"
	"encoding/base64"
	"net/http"
	"time"

	"github.com/jackc/pgx/v5"

	"portico/internal/errs"
	"portico/internal/pg"
)

// Signed is a session that somebody has, for tokens that are to end with it.
type Signed struct {
	ID          string // names the session to tokens; nobody is signed in by it
	UserRef     string
	Provider    string // that let them in
	DisplayName string
	ExpiresAt   time.Time
}

// Signed returns the session of the request as the database has it, nil for nobody.
func (s *Sessions) Signed(ctx context.Context, r *http.Request) (_ *Signed, err error) {
	defer errs.Wrap(&err, "identity: find a session")
	d, ok := s.presented(r)
	if !ok {
		return nil, nil
	}
	type row struct {
		UserRef, Provider, DisplayName string
		WithoutUser                    bool
		ExpiresAt                      time.Time
	}
	got, err := pg.Collect1(ctx, s.DB, pgx.RowToStructByPos[row], `
		SELECT a.user_ref, a.provider, a.display_name, a.without_user, s.expires_at
		FROM identity_sessions s
		JOIN identity_accounts a ON a.id = s.account_id
		WHERE s.digest = $1 AND s.expires_at > now() AND s.seen_at > now() - $2::interval`, d[:], SessionIdle)
	if errs.Is(err, errs.NotFound) || err == nil && lost(s.Gone, got.UserRef, got.WithoutUser) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return &Signed{base64.RawURLEncoding.EncodeToString(d[:]), got.UserRef, got.Provider, got.DisplayName, got.ExpiresAt}, nil
}

// Bound returns who has the session of the id, nil when it has ended. It is as fresh as Of.
func (s *Sessions) Bound(ctx context.Context, id string) (*Principal, error) {
	b, err := base64.RawURLEncoding.Strict().DecodeString(id)
	if err != nil || len(b) != len(digest{}) {
		return nil, nil
	}
	return s.principal(ctx, digest(b))
}

// Since reports whether the user still has a session of those that were there at a time: not after signing out everywhere.
func (s *Sessions) Since(ctx context.Context, userRef string, at time.Time) (has bool, err error) {
	defer errs.Wrap(&err, "identity: find the sessions of %s", userRef)
	withoutUser, err := pg.Collect(ctx, s.DB, pgx.RowTo[bool], `
		SELECT DISTINCT a.without_user
		FROM identity_sessions s
		JOIN identity_accounts a ON a.id = s.account_id
		WHERE a.user_ref = $1 AND s.created_at <= $2 AND s.expires_at > now() AND s.seen_at > now() - $3::interval`,
		userRef, at, SessionIdle)
	for _, w := range withoutUser {
		has = has || !lost(s.Gone, userRef, w)
	}
	return has, err
}

// External is a program, by the name that its credentials give it.
func External(subject string, rs []Restriction) *Principal {
	return &Principal{Type: "service", Ref: "service:" + subject, DisplayName: subject, Role: Admin, Within: restricted(rs)}
}
