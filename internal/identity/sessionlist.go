package identity

import (
	"context"
	"net/http"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"portico/internal/errs"
	"portico/internal/pg"
)

// Session is a browser that signed in, as its owner sees it.
type Session struct {
	ID        int64     `json:"id"`
	Device    string    `json:"device"`  // "Firefox on Linux"
	Address   string    `json:"address"` // where it signed in from, without the port
	CreatedAt time.Time `json:"createdAt"`
	SeenAt    time.Time `json:"seenAt"`
	ExpiresAt time.Time `json:"expiresAt"`
	This      bool      `json:"this"`
}

// List returns the sessions that hold of the person whose session the request is in, that one first, then the latest seen.
func (s *Sessions) List(ctx context.Context, r *http.Request) (list []Session, err error) {
	defer errs.Wrap(&err, "identity: list sessions")
	d, _ := s.presented(r)
	list, err = pg.Collect(ctx, s.DB, pgx.RowToStructByPos[Session], `
		SELECT s.id, s.user_agent, s.address, s.created_at, s.seen_at, s.expires_at, s.digest = $2
		FROM identity_sessions s
		WHERE s.account_id IN (`+theirs(2)+`) AND s.expires_at > now() AND s.seen_at > now() - $1::interval
		ORDER BY s.digest = $2 DESC, s.seen_at DESC, s.id`, SessionIdle, d[:])
	for i := range list {
		list[i].Device, list[i].Address = device(list[i].Device), withoutPort(list[i].Address)
	}
	return list, err
}

// EndOne ends a session of the person whose session the request is in. Errors: errs.NotFound, also for somebody else's.
func (t *Tokens) EndOne(ctx context.Context, s *Sessions, r *http.Request, userRef string, id int64) (err error) {
	defer errs.Wrap(&err, "identity: end session %d", id)
	d, _ := s.presented(r)
	return t.endSessions(ctx, s, userRef, func(tx pgx.Tx) (int64, error) {
		tag, err := tx.Exec(ctx, `DELETE FROM identity_sessions s WHERE s.id = $1 AND s.account_id IN (`+theirs(2)+`)`, id, d[:])
		if err == nil && tag.RowsAffected() == 0 {
			return 0, errs.WithRemedy(errs.New(errs.NotFound, "there is no such session"), "it may have ended; load the list again")
		}
		return tag.RowsAffected(), err
	})
}

// EndOthers ends all sessions of the person but that of the request.
func (t *Tokens) EndOthers(ctx context.Context, s *Sessions, r *http.Request, userRef string) (n int64, err error) {
	defer errs.Wrap(&err, "identity: end the other sessions")
	d, _ := s.presented(r)
	err = t.endSessions(ctx, s, userRef, func(tx pgx.Tx) (int64, error) {
		tag, err := tx.Exec(ctx, `
			DELETE FROM identity_sessions s WHERE s.digest <> $1 AND s.account_id IN (`+theirs(1)+`)`, d[:])
		n = tag.RowsAffected()
		return n, err
	})
	return n, err
}

func (t *Tokens) endSessions(ctx context.Context, s *Sessions, userRef string, del func(tx pgx.Tx) (int64, error)) error {
	ctx, cancel := lasting(ctx)
	defer cancel()
	err := t.change(ctx, "identity.session.revoke", func(tx pgx.Tx) (string, any, error) {
		n, err := del(tx)
		return userRef, map[string]any{"sessions": n}, err
	})
	s.Forget()
	return err
}

// EndGone ends for good the sessions and tokens of people whom the catalog no longer has, and of those whom it never had
// and who have the name of a User that it has now. Until it has run, nothing
// that they hold lets them in either; after it, a User of the same name finds nothing of theirs.
func (t *Tokens) EndGone(ctx context.Context) (err error) {
	defer errs.Wrap(&err, "identity: end what people hold who are gone")
	type whose struct {
		UserRef     string
		WithoutUser bool
	}
	held, err := pg.Collect(ctx, t.DB, pgx.RowToStructByPos[whose], `
		SELECT DISTINCT a.user_ref, a.without_user
		FROM identity_accounts a
		WHERE a.user_ref <> ''
		  AND (EXISTS (SELECT FROM identity_sessions s WHERE s.account_id = a.id)
		       OR EXISTS (SELECT FROM identity_tokens t WHERE t.account_id = a.id AND t.revoked_at IS NULL AND t.expires_at > now()))`)
	if err != nil {
		return err
	}
	for _, h := range held {
		if !lost(t.Gone, h.UserRef, h.WithoutUser) {
			continue
		}
		err := t.change(ctx, "identity.user.disable", func(tx pgx.Tx) (string, any, error) {
			return h.UserRef, nil, disable(ctx, tx, h.UserRef, h.WithoutUser, t.Record)
		})
		if err != nil && !errs.Is(err, errs.NotFound) {
			return err
		}
	}
	return nil
}

// disable ends what a person holds, of those with a User or of those without, and records each token that ends by it.
// Errors: errs.NotFound where another replica did.
func disable(ctx context.Context, tx pgx.Tx, userRef string, withoutUser bool, record Recorder) error {
	sessions, err := tx.Exec(ctx, `
		DELETE FROM identity_sessions s USING identity_accounts a
		WHERE s.account_id = a.id AND a.user_ref = $1 AND a.without_user = $2`, userRef, withoutUser)
	if err != nil {
		return err
	}
	tokens, err := pg.Collect(ctx, tx, pgx.RowToStructByPos[revoked], `
		UPDATE identity_tokens t SET revoked_at = now()
		FROM identity_accounts a
		WHERE t.account_id = a.id AND a.user_ref = $1 AND a.without_user = $2 AND t.revoked_at IS NULL AND t.expires_at > now()
		RETURNING t.id, t.name, a.user_ref`, userRef, withoutUser)
	if err != nil {
		return err
	}
	if sessions.RowsAffected() == 0 && len(tokens) == 0 {
		return errs.New(errs.NotFound, "%s holds nothing any more", userRef)
	}
	why := "gone"
	if withoutUser {
		why = "displaced" // the name is a User's now
	}
	return recordRevoked(ctx, tx, tokens, why, record)
}

// withoutPort is the host of an address as net/http gives it.
func withoutPort(address string) string {
	if i := strings.LastIndexByte(address, ':'); i > 0 && strings.Count(address, ":") == 1 || i > 0 && address[i-1] == ']' {
		address = address[:i]
	}
	return strings.Trim(address, "[]")
}

// device says in words what a browser calls itself. The order counts: each claims to be those after it.
func device(agent string) string {
	var browser, system string
	for _, b := range []struct{ sign, name string }{
		{"Edg", "Edge"}, {"OPR/", "Opera"}, {"Vivaldi", "Vivaldi"}, {"SamsungBrowser", "Samsung Internet"}, {"Firefox/", "Firefox"}, {"FxiOS", "Firefox"},
		{"CriOS", "Chrome"}, {"Chrome/", "Chrome"}, {"Chromium/", "Chromium"}, {"Safari/", "Safari"}, {"curl/", "curl"},
	} {
		if strings.Contains(agent, b.sign) {
			browser = b.name
			break
		}
	}
	for _, s := range []struct{ sign, name string }{
		{"iPhone", "an iPhone"}, {"iPad", "an iPad"}, {"Android", "Android"}, {"CrOS", "ChromeOS"}, {"Mac OS X", "macOS"}, {"Windows", "Windows"}, {"Linux", "Linux"},
	} {
		if strings.Contains(agent, s.sign) {
			system = s.name
			break
		}
	}
	switch {
	case browser != "" && system != "":
		return browser + " on " + system
	case browser+system != "":
		return browser + system
	}
	return "Unknown browser"
}
