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

// EndPerson ends all that a person holds, by all accounts that lead to them. They may sign in again. Errors: errs.Invalid for
// what is no ref of a user, errs.NotFound for whom nobody ever signed in as.
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
			{&out.Tokens, `UPDATE identity_tokens SET revoked_at = now() WHERE account_id = ANY($1) AND revoked_at IS NULL AND expires_at > now()`},
		} {
			tag, err := tx.Exec(ctx, end.sql, accounts)
			if err != nil {
				return "", nil, err
			}
			*end.n = tag.RowsAffected()
		}
		return ref, out, nil
	})
	s.Forget()
	return out, err
}
