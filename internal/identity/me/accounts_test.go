package me

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"portico/internal/identity"
	"portico/internal/pg"
)

// without makes the catalog have no such user.
func (w *world) without(name string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.gone["user:default/"+name] = true
}

// gain makes the catalog have the user, and the replicas look again.
func (w *world) gain(name string, replicas ...*replica) {
	w.mu.Lock()
	delete(w.gone, "user:default/"+name)
	w.mu.Unlock()
	for _, r := range replicas {
		r.sessions.Forget()
		r.tokens.Forget()
	}
}

const reading = "/api/catalog.entity.read"

// Whom a resolver let in without a User is not the User of that name whom the catalog has later.
func TestWithoutUser(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	r := w.replica(true)
	w.without("visitor")
	visitor := r.enter("visitor")
	token := as{token: r.make(visitor, mine, `{"name":"x","scopes":["catalog:read"]}`).Secret}
	r.want(200, visitor, "GET", reading, "")
	r.want(200, token, "GET", reading, "")
	w.gain("visitor", r)
	r.want(401, token, "GET", reading, "")
	if who := r.want(200, visitor, "GET", reading, ""); !strings.HasPrefix(who, "guest ") {
		t.Errorf("the browser is %s", who)
	}
	for range 2 {
		if err := r.tokens.EndGone(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if n := w.records("identity.user.disable"); n != 1 {
		t.Errorf("%d records", n)
	}
	if got, want := w.ended(), "system:identity user:default/visitor x displaced"; got != want {
		t.Errorf("of tokens it is recorded: %s; want %s", got, want)
	}
	w.without("visitor")
	r.tokens.Forget()
	r.sessions.Forget()
	r.want(401, token, "GET", reading, "")
	var sessions int
	if w.scan(&sessions, `SELECT count(*) FROM identity_sessions`); sessions != 0 {
		t.Errorf("%d sessions are left", sessions)
	}
}

// A request under way ends with what let it in when the catalog has a User of the name.
func TestStreamWithoutUser(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	r := w.replica(true)
	w.without("visitor")
	stream := r.send(r.enter("visitor"), "GET", "/api/stream", "")
	defer stream.Body.Close()
	if _, err := io.ReadFull(stream.Body, make([]byte, len("open\n"))); err != nil {
		t.Fatal(err)
	}
	w.gain("visitor", r)
	late := time.AfterFunc(20*time.Second, r.CloseClientConnections)
	_, _ = io.ReadAll(stream.Body) // until it ends
	if !late.Stop() {
		t.Error("the stream goes on")
	}
}

// Two accounts without a User under one name are two people; two accounts that lead to one User are one.
func TestOneName(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	r := w.replica(true)
	w.without("visitor")
	for _, tt := range []struct {
		who    string
		shared bool
	}{{"visitor", false}, {"ann", true}} {
		t.Run(tt.who, func(t *testing.T) {
			one, other := r.enter(tt.who), r.enter(tt.who+"?subject=another+"+tt.who)
			m := r.make(one, mine, `{"name":"laptop","scopes":["catalog:read"]}`)
			token := as{token: m.Secret}
			list := func(who as, path string) (ids []int64) {
				var body struct{ Items []struct{ ID int64 } }
				if err := json.Unmarshal([]byte(r.want(200, who, "GET", path, "")), &body); err != nil {
					t.Fatal(err)
				}
				for _, item := range body.Items {
					ids = append(ids, item.ID)
				}
				return ids
			}
			const sessions = "/api/portico/me/sessions"
			own := list(one, sessions)
			if got := len(list(other, sessions)); (got == 2) != tt.shared || (len(own) == 2) != tt.shared {
				t.Errorf("the other sees %d sessions, and the one %d", got, len(own))
			}
			if got := len(list(other, mine)); (got == 1) != tt.shared {
				t.Errorf("the other sees %d tokens", got)
			}
			if tt.shared {
				r.want(200, other, "POST", sessions+"/end-others", "")
				r.want(204, other, "DELETE", fmt.Sprintf("%s/%d", mine, m.ID), "")
				r.want(401, token, "GET", reading, "")
				return
			}
			r.want(404, other, "DELETE", fmt.Sprintf("%s/%d", sessions, own[0]), "")
			r.want(404, other, "DELETE", fmt.Sprintf("%s/%d", mine, m.ID), "")
			if text := r.want(200, other, "POST", sessions+"/end-others", ""); !strings.Contains(text, `"ended":0`) {
				t.Errorf("the other ends %s", text)
			}
			r.want(200, token, "GET", reading, "")
			r.want(200, one, "GET", sessions, "")
		})
	}
}

// Who is signed out by their user has nothing left, also of what was under way, and the next of the name finds nothing.
func TestSignOut(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	r := w.replica(true)
	ann, bob := r.enter("ann"), r.enter("bob")
	token := as{token: r.make(ann, mine, `{"name":"x","scopes":["catalog:read"]}`).Secret}
	late := as{token: r.make(ann, mine, `{"name":"late","scopes":["catalog:read"]}`).Secret}
	r.want(201, ann, "POST", "/api/portico/me/login", fmt.Sprintf(`{"name":"x","scopes":["catalog:read"],"challenge":%q,"port":4000,"state":"0123456789abcdef"}`, strings.Repeat("A", 43)))
	ended := r.make(ann, mine, `{"name":"ended","scopes":["catalog:read"]}`)
	r.want(204, ann, "DELETE", fmt.Sprintf("%s/%d", mine, ended.ID), "")
	r.make(ann, mine, `{"name":"over","scopes":["catalog:read"]}`)
	w.exec(`UPDATE identity_tokens SET expires_at = now() WHERE name = 'over'`)
	news, err := w.pool.Acquire(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer news.Release()
	if _, err := news.Exec(t.Context(), `LISTEN portico_identity`); err != nil {
		t.Fatal(err)
	}
	if err := pg.Transact(t.Context(), w.pool, pg.TxOptions{}, func(tx pgx.Tx) error {
		return identity.SignOut(t.Context(), tx, []string{"user:default/ann", "user:default/nobody"}, r.tokens.Record)
	}); err != nil {
		t.Fatal(err)
	}
	var revoked string
	if w.scan(&revoked, `
		SELECT string_agg(actor || ' ' || target || ' ' || (detail->>'name') || ' ' || (detail->>'because') || ' ' || (detail->>'id' = (SELECT id::text FROM identity_tokens t WHERE t.name = detail->>'name')), ';' ORDER BY seq)
		FROM audit_log WHERE action = 'identity.token.revoke' AND detail->>'because' IS NOT NULL`); revoked != "system:identity user:default/ann x removed true;system:identity user:default/ann late removed true" {
		t.Errorf("recorded: %s", revoked)
	}
	heard, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	if _, err := news.Conn().WaitForNotification(heard); err != nil {
		t.Errorf("the other replicas are not told: %v", err)
	}
	var left int
	if w.scan(&left, `
		SELECT (SELECT count(*) FROM identity_grants)
		     + (SELECT count(*) FROM identity_tokens WHERE revoked_at IS NULL AND name <> 'over')
		     + (SELECT count(*) FROM identity_sessions WHERE account_id = (SELECT id FROM identity_accounts WHERE subject = 'ann'))`); left != 0 {
		t.Errorf("%d things of ann's are left", left)
	}
	w.exec(`UPDATE identity_tokens SET revoked_at = NULL WHERE name = 'late'`) // it was being made meanwhile
	r.tokens.Forget()
	r.sessions.Forget()
	other := r.enter("ann?subject=another")
	r.want(401, token, "GET", reading, "")
	r.want(401, late, "GET", reading, "")
	if who := r.want(200, ann, "GET", reading, ""); !strings.HasPrefix(who, "guest ") {
		t.Errorf("the browser is %s", who)
	}
	if text := r.want(200, other, "GET", mine, ""); !strings.Contains(text, `"items":[]`) {
		t.Errorf("another of the name sees %s", text)
	}
	if who := r.want(200, bob, "GET", reading, ""); who != "user user:default/bob" {
		t.Errorf("bob is %s", who)
	}
}
