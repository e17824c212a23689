package identity

import (
	"context"
	"strings"

	"github.com/jackc/pgx/v5"

	"portico/internal/errs"
	"portico/internal/pg"
)

// Ended is what somebody held until it was ended.
type Ended struct {
	Sessions int64 `json:"sessions"`
	Tokens   int64 `json:"tokens"` // personal ones
	Logins   int64 `json:"logins"` // of `portico login`, allowed and not yet redeemed
}

// EndPerson ends all that a person holds, by all accounts that lead to them, and records each token that ends by it. They may
// sign in again. Errors: errs.Invalid for what is no ref of a user, errs.NotFound for whom nobody ever signed in as.
func (t *Tokens) EndPerson(ctx context.Context, s *Sessions, userRef string) (out Ended, err error) {
	defer errs.Wrap(&err, "identity: end what %s holds", userRef)
	ref := strings.ToLower(strings.TrimSpace(userRef))
	if name, ok := strings.CutPrefix(ref, "user:"); !ok || strings.Count(name, "/") != 1 || strings.HasPrefix(name, "/") || strings.HasSuffix(name, "/") || cut(ref, 300) != ref {
		return out, errs.WithRemedy(errs.New(errs.Invalid, "%q names no user", cut(userRef, 300)), "write it as user:default/ana")
	}
	ctx, cancel := lasting(ctx)
	defer cancel()
	err = t.change(ctx, "identity.user.end", func(tx pgx.Tx) (string, any, error) {
		accounts, err := pg.Collect(ctx, tx, pgx.RowTo[int64], `SELECT id FROM identity_accounts WHERE lower(user_ref) = $1 ORDER BY id`, ref)
		if err != nil {
			return "", nil, err
		}
		if len(accounts) == 0 {
			return "", nil, errs.WithRemedy(errs.New(errs.NotFound, "nobody has signed in as %s", ref), "look at how the audit log names them")
		}
		// What tokens come from goes first: whoever is about to make one has it locked, and is waited for.
		for _, end := range []struct {
			n   *int64
			sql string
		}{
			{&out.Sessions, `DELETE FROM identity_sessions WHERE account_id = ANY($1)`},
			{&out.Logins, `DELETE FROM identity_grants WHERE account_id = ANY($1)`},
		} {
			tag, err := tx.Exec(ctx, end.sql, accounts)
			if err != nil {
				return "", nil, err
			}
			*end.n = tag.RowsAffected()
		}
		tokens, err := pg.Collect(ctx, tx, pgx.RowToStructByPos[revoked], `
			UPDATE identity_tokens t SET revoked_at = now()
			FROM identity_accounts a
			WHERE t.account_id = a.id AND a.id = ANY($1) AND t.revoked_at IS NULL AND t.expires_at > now()
			RETURNING t.id, t.name, a.user_ref`, accounts)
		if err != nil {
			return "", nil, err
		}
		out.Tokens = int64(len(tokens))
		return ref, out, recordRevoked(ctx, tx, tokens, "ended", t.Record)
	})
	s.Forget()
	return out, err
}
