package identity

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"net/http"
	"time"

	"github.com/jackc/pgx/v5"

	"portico/internal/errs"
	"portico/internal/httpx"
	"portico/internal/pg"
)

// Grant lets `portico login` fetch a token that the person agreed to: it returns a code, to be exchanged within two
// minutes by whoever knows the verifier of which challenge is the SHA-256, as in PKCE.
func (t *Tokens) Grant(ctx context.Context, s *Sessions, r *http.Request, by *Principal, n NewToken, challenge string) (code string, err error) {
	defer errs.Wrap(&err, "identity: a grant of %s", by.Ref)
	if b, err := base64.RawURLEncoding.Strict().DecodeString(challenge); err != nil || len(b) != sha256.Size {
		return "", errs.WithRemedy(errs.New(errs.Invalid, "the address does not come from `portico login`, or a piece of it is missing"), "run `portico login` again")
	}
	if err := t.check(by, &n, false); err != nil {
		return "", err
	}
	code = newTokenSecret(codePrefix)
	d := sha256.Sum256([]byte(code))
	err = t.change(ctx, "identity.login.allow", func(tx pgx.Tx) (string, any, error) {
		account, err := accountOf(ctx, tx, s, r)
		if err != nil {
			return "", nil, err
		}
		if _, err := tx.Exec(ctx, `DELETE FROM identity_grants WHERE expires_at < now() OR account_id = $1`, account); err != nil {
			return "", nil, err
		}
		_, err = tx.Exec(ctx, `
			INSERT INTO identity_grants (digest, account_id, challenge, name, scopes, age, expires_at)
			VALUES ($1, $2, $3, $4, $5, $6, now() + $7::interval)`, d[:], account, challenge, n.Name, n.Scopes, n.Age, codeWithin)
		return by.Ref, map[string]any{"name": n.Name, "scopes": n.Scopes}, err
	})
	return code, err
}

// code returns whom a code stands for: they may exchange it, and nothing else.
func (t *Tokens) code(ctx context.Context, code string) (_ *Principal, err error) {
	defer errs.Wrap(&err, "identity: look up a code")
	type row struct {
		UserRef, DisplayName string
		WithoutUser          bool
	}
	d := sha256.Sum256([]byte(code))
	got, err := pg.Collect1(ctx, t.DB, pgx.RowToStructByPos[row], `
		SELECT a.user_ref, a.display_name, a.without_user
		FROM identity_grants g
		JOIN identity_accounts a ON a.id = g.account_id
		WHERE g.digest = $1 AND g.expires_at > now()`, d[:])
	if errs.Is(err, errs.NotFound) || err == nil && lost(t.Gone, got.UserRef, got.WithoutUser) {
		return nil, noCode()
	}
	if err != nil {
		return nil, err
	}
	p := person(got.UserRef, got.DisplayName)
	p.Within = func(perm httpx.Permission) bool { return perm.Name == TokenRedeem.Name }
	p.Token = &TokenInfo{Name: "login"}
	return p, nil
}

func noCode() error {
	return errs.WithRemedy(errs.New(errs.Unauthenticated, "this code is not known here: it was used, or is older than two minutes"), "run `portico login` again")
}

// Redeem exchanges a code for the token that its person agreed to. Whatever comes of it, the code is used up.
func (t *Tokens) Redeem(ctx context.Context, by *Principal, code, verifier string) (made Token, secret string, err error) {
	defer errs.Wrap(&err, "identity: redeem a code")
	type row struct {
		Account         int64
		Challenge, Name string
		Scopes          []string
		Age             time.Duration
	}
	d := sha256.Sum256([]byte(code))
	got, err := pg.Collect1(ctx, t.DB, pgx.RowToStructByPos[row], `
		SELECT account_id, challenge, name, scopes, age
		FROM identity_grants
		WHERE digest = $1 AND expires_at > now()`, d[:])
	if errs.Is(err, errs.NotFound) {
		return made, "", noCode()
	}
	if err != nil {
		return made, "", err
	}
	proof := sha256.Sum256([]byte(verifier))
	if subtle.ConstantTimeCompare([]byte(base64.RawURLEncoding.EncodeToString(proof[:])), []byte(got.Challenge)) == 0 {
		return made, "", t.useUp(ctx, d, noCode()) // not left for another try
	}
	err = t.change(ctx, "identity.token.create", func(tx pgx.Tx) (string, any, error) {
		// Here, so that whoever ends what the person holds finds the code or the token.
		if tag, err := tx.Exec(ctx, `DELETE FROM identity_grants WHERE digest = $1`, d[:]); err != nil {
			return "", nil, err
		} else if tag.RowsAffected() == 0 {
			return "", nil, noCode()
		}
		made, secret, err = t.insert(ctx, tx, Personal, &got.Account, by.Ref, NewToken{Name: got.Name, Scopes: got.Scopes, Age: got.Age})
		return by.Ref, tokenDetail(made), err
	})
	if err != nil {
		return Token{}, "", t.useUp(ctx, d, err)
	}
	return made, secret, nil
}

// useUp ends a code that nothing came of.
func (t *Tokens) useUp(ctx context.Context, d digest, why error) error {
	ctx, cancel := lasting(ctx)
	defer cancel()
	if _, err := t.DB.Exec(ctx, `DELETE FROM identity_grants WHERE digest = $1`, d[:]); err != nil {
		return pg.Err(err)
	}
	return why
}
