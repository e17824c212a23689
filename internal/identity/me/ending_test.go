package me

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"portico/internal/identity"
)

// Whoever ends what they came with is told that it worked: the news of it ends requests, and not this one.
func TestEndingOnesOwn(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	r := w.replica(true)
	ctx, cancel := context.WithCancel(t.Context())
	var followers sync.WaitGroup
	for range 4 { // whoever hears first looks at once what is held
		followers.Go(func() { identity.Follow(ctx, w.pool, r.sessions, r.tokens) })
	}
	t.Cleanup(func() {
		cancel()
		followers.Wait()
	})
	const people, times = 6, 12
	var all sync.WaitGroup
	for n := range people {
		all.Go(func() {
			who := fmt.Sprintf("person%d", n)
			for range times {
				me := r.enter(who)
				var list struct{ Items []identity.Session }
				if _, text := r.do(me, "GET", "/api/portico/me/sessions", ""); json.Unmarshal([]byte(text), &list) != nil || len(list.Items) == 0 {
					t.Errorf("the sessions are %s", text)
					return
				}
				if status, text := r.do(me, "DELETE", fmt.Sprintf("/api/portico/me/sessions/%d", list.Items[0].ID), ""); status != 204 {
					t.Errorf("ending this session: %d %s", status, text)
				}
				me = r.enter(who)
				status, text := r.do(me, "POST", mine, `{"name":"x","scopes":["catalog:read"]}`)
				var m made
				if status != 201 || json.Unmarshal([]byte(text), &m) != nil {
					t.Errorf("making a token: %d %s", status, text)
					return
				}
				if status, text := r.do(as{token: m.Secret}, "DELETE", "/api/portico/token", ""); status != 204 {
					t.Errorf("ending this token: %d %s", status, text)
				}
				if status, text := r.do(me, "POST", "/api/portico/me/sessions/end-others", ""); status != 200 {
					t.Errorf("ending the others: %d %s", status, text)
				}
				if status, text := r.do(me, "POST", "/api/enter/"+who, ""); status != 200 { // replaces it
					t.Errorf("signing in again: %d %s", status, text)
				}
			}
		})
	}
	all.Wait()
	var denied int
	w.scan(&denied, `SELECT count(*) FROM audit_log WHERE outcome = 'denied'`)
	if denied != 0 {
		t.Errorf("%d refusals are recorded", denied)
	}
}

// The request's context may end at any moment of it.
func TestEndingOutlastsTheRequest(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	r := w.replica(false)
	enter := func() *http.Request {
		q := httptest.NewRequestWithContext(t.Context(), "POST", "/", nil)
		for _, c := range r.enter("ann").cookies {
			q.AddCookie(c)
		}
		return q
	}
	var end context.CancelFunc
	s := &identity.Sessions{DB: w.pool, Record: func(context.Context, pgx.Tx, identity.Event) error {
		end()
		return nil
	}}
	tokens := &identity.Tokens{DB: w.pool, Record: func(context.Context, pgx.Tx, string, string, any) error {
		end()
		return nil
	}}
	const ann = "user:default/ann"
	var id int64
	for _, tt := range []struct {
		name string
		do   func(ctx context.Context, w http.ResponseWriter, q *http.Request) error
	}{
		{"this session", func(ctx context.Context, w http.ResponseWriter, q *http.Request) error {
			return s.End(ctx, w, q, false)
		}},
		{"all sessions", func(ctx context.Context, w http.ResponseWriter, q *http.Request) error { return s.End(ctx, w, q, true) }},
		{"one that another replaces", func(ctx context.Context, w http.ResponseWriter, q *http.Request) error {
			return s.Start(ctx, w, q, identity.Account{Issuer: "https://idp.example", Subject: "ann", UserRef: ann})
		}},
		{"one of the list", func(ctx context.Context, _ http.ResponseWriter, q *http.Request) error {
			return tokens.EndOne(ctx, s, q, ann, id)
		}},
		{"the others", func(ctx context.Context, _ http.ResponseWriter, q *http.Request) error {
			_, err := tokens.EndOthers(ctx, s, q, ann)
			return err
		}},
		{"a token", func(ctx context.Context, _ http.ResponseWriter, _ *http.Request) error {
			return tokens.RevokeItself(ctx, &identity.Principal{Token: &identity.TokenInfo{ID: id}})
		}},
	} {
		q := enter()
		if tt.name == "a token" {
			id = r.make(as{cookies: q.Cookies()}, mine, `{"name":"x","scopes":["catalog:read"]}`).ID
		} else {
			w.scan(&id, `SELECT max(id) FROM identity_sessions`)
		}
		ctx, cancel := context.WithCancel(t.Context())
		end = cancel
		rec := httptest.NewRecorder()
		if err := tt.do(ctx, rec, q); err != nil || ctx.Err() == nil {
			t.Errorf("%s: %v", tt.name, err)
		}
		if set := rec.Result().Cookies(); (tt.name == "this session" || tt.name == "all sessions") && (len(set) != 1 || set[0].MaxAge >= 0) {
			t.Errorf("%s: the browser keeps its cookie: %v", tt.name, set)
		}
		cancel()
	}
}

// ended is what is recorded of the tokens that ended with what their owner was.
func (w *world) ended() (all string) {
	w.scan(&all, `
		SELECT coalesce(string_agg(r.actor || ' ' || r.target || ' ' || t.name || ' ' || (r.detail->>'because'), ';' ORDER BY r.seq), '')
		FROM audit_log r JOIN identity_tokens t ON t.id = (r.detail->>'id')::bigint AND t.name = r.detail->>'name'
		WHERE r.action = 'identity.token.revoke' AND r.detail->>'because' IS NOT NULL`)
	return all
}

func TestEndPerson(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	here, there := w.replica(true), w.replica(true)
	const end = "/api/portico/people/end"
	ann, again, bob := here.enter("ann"), there.enter("ann"), there.enter("bob")
	w.exec(`UPDATE identity_accounts SET user_ref = 'user:default/Ann' WHERE subject = 'bob'`) // another account of hers, as a resolver wrote it
	token := as{token: here.make(again, mine, `{"name":"x","scopes":["catalog:read"]}`).Secret}
	there.make(bob, mine, `{"name":"y","scopes":["catalog:read"]}`)
	there.want(204, again, "DELETE", fmt.Sprintf("%s/%d", mine, here.make(again, mine, `{"name":"revoked before","scopes":["catalog:read"]}`).ID), "")
	carl := there.enter("carl")
	stay := as{token: there.make(as{}, services, `{"name":"ci","scopes":["catalog:read"]}`).Secret}
	proof := sha256.Sum256([]byte("verifier"))
	code := here.want(201, ann, "POST", "/api/portico/me/login", `{"name":"x","scopes":["catalog:read"],"challenge":"`+base64.RawURLEncoding.EncodeToString(proof[:])+`"}`)
	stream := there.send(again, "GET", "/api/stream", "")
	defer stream.Body.Close()
	for name, tt := range map[string]struct {
		who  as
		body string
		want int
	}{
		"by somebody who manages no tokens": {carl, `{"user":"user:default/ann"}`, 403},
		"by a service":                      {stay, `{"user":"user:default/ann"}`, 403},
		"no user":                           {as{}, `{"user":"group:default/ann"}`, 400},
		"nobody's name":                     {as{}, `{"user":"user:default/"}`, 400},
		"nothing":                           {as{}, `{}`, 400},
		"whom nobody signed in as":          {as{}, `{"user":"user:default/zoe"}`, 404},
	} {
		if status, text := here.do(tt.who, "POST", end, tt.body); status != tt.want {
			t.Errorf("%s: status %d, want %d: %s", name, status, tt.want, text)
		}
	}
	there.want(200, token, "GET", "/api/catalog.entity.read", "")
	if text := here.want(200, as{}, "POST", end, `{"user":"User:default/ANN"}`); strings.TrimSpace(text) != `{"sessions":3,"tokens":2,"logins":1}` {
		t.Errorf("it answers %s", text)
	}
	if _, err := io.ReadAll(stream.Body); err != nil { // it ends
		t.Error(err)
	}
	for _, r := range []*replica{here, there} {
		for name, who := range map[string]as{"a session": ann, "another": again, "one of another account": bob, "a token": token} {
			// The stream's end says that the news has come there.
			if status, text := r.do(who, "GET", "/api/catalog.entity.read", ""); status == 200 && strings.Contains(strings.ToLower(text), "ann") {
				t.Errorf("%s still lets in: %s", name, text)
			}
		}
		r.want(200, carl, "GET", "/api/catalog.entity.read", "")
		r.want(200, stay, "GET", "/api/catalog.entity.read", "")
	}
	var secret struct{ Code string }
	if err := json.Unmarshal([]byte(code), &secret); err != nil {
		t.Fatal(err)
	}
	here.want(401, as{token: secret.Code}, "POST", "/api/portico/token", `{"verifier":"verifier"}`)
	here.want(200, as{}, "POST", end, `{"user":"user:default/ann"}`) // nothing is left, and that is recorded, too
	var record string
	w.scan(&record, `SELECT string_agg(actor || ' ' || target || ' ' || detail::text, ';' ORDER BY seq) FROM audit_log WHERE action = 'identity.user.end' AND outcome = 'allowed'`)
	if want := `user:default/guest user:default/ann {"sessions":3,"tokens":2,"logins":1};user:default/guest user:default/ann {"sessions":0,"tokens":0,"logins":0}`; strings.ReplaceAll(record, ": ", ":") != want && record != want {
		t.Errorf("recorded: %s", record)
	}
	if got, want := w.ended(), "user:default/guest user:default/ann x ended;user:default/guest user:default/Ann y ended"; got != want {
		t.Errorf("of tokens it is recorded: %s; want %s", got, want)
	}
	var unnamed int // a route without its mark names neither
	w.scan(&unnamed, `SELECT count(*) FROM audit_log WHERE (action = 'identity.user.end' OR detail->>'because' = 'ended') AND (request_id = '' OR address <> '127.0.0.1')`)
	if unnamed != 0 {
		t.Errorf("%d records say not by which request, or from where", unnamed)
	}
}

// Who is about to make a token when what they hold is ended has none afterwards.
func TestEndPersonWhileTheyMakeTokens(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	r := w.replica(true)
	var all sync.WaitGroup
	for range 6 {
		me := r.enter("ann")
		all.Go(func() {
			for range 8 {
				r.do(me, "POST", mine, `{"name":"x","scopes":["catalog:read"]}`)
			}
		})
	}
	r.want(200, as{}, "POST", "/api/portico/people/end", `{"user":"user:default/ann"}`)
	all.Wait()
	var left int
	w.scan(&left, `SELECT count(*) FROM identity_tokens WHERE revoked_at IS NULL`)
	if left != 0 {
		t.Errorf("%d tokens are left", left)
	}
}

func TestSessions(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	r := w.replica(true)
	first, second, bob := r.enter("ann"), r.enter("ann"), r.enter("bob")
	list := func(who as) (out struct{ Items []identity.Session }) {
		if err := json.Unmarshal([]byte(r.want(200, who, "GET", "/api/portico/me/sessions", "")), &out); err != nil {
			t.Fatal(err)
		}
		return out
	}
	items := list(first).Items
	if len(items) != 2 || !items[0].This || items[1].This || items[0].Address != "127.0.0.1" {
		t.Fatalf("ann sees %+v", items)
	}
	other := fmt.Sprintf("/api/portico/me/sessions/%d", items[1].ID)
	r.want(404, bob, "DELETE", other, "")
	r.want(200, second, "GET", "/api/portico/me/sessions", "")
	r.want(204, first, "DELETE", other, "")
	if n := len(list(first).Items); n != 1 {
		t.Errorf("ann sees %d sessions after ending one of two", n)
	}
	third := r.enter("ann")
	if text := r.want(200, first, "POST", "/api/portico/me/sessions/end-others", ""); !strings.Contains(text, `"ended":1`) {
		t.Errorf("ending the others: %s", text)
	}
	for who, left := range map[*as]int{&first: 1, &second: 0, &third: 0, &bob: 1} {
		if n := len(list(*who).Items); n != left {
			t.Errorf("%d sessions are left, want %d", n, left)
		}
	}
	if n := w.records("identity.session.revoke"); n != 2 {
		t.Errorf("%d records, want 2", n)
	}
}

// Whoever signs out everywhere does so by all accounts that lead to their User. Where there is none, another account of
// the name is somebody else. Whoever finds a cookie that is over signs nobody out.
func TestSignOutEverywhere(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	here, there := w.replica(true), w.replica(true)
	w.without("visitor")
	everywhere := func(who as) {
		r := httptest.NewRequest("POST", "/", nil)
		r.AddCookie(who.cookies[0])
		if err := here.sessions.End(t.Context(), httptest.NewRecorder(), r, true); err != nil {
			t.Fatal(err)
		}
	}
	sessions := func(name string) (n int) {
		w.scan(&n, `
			SELECT count(*) FROM identity_sessions s JOIN identity_accounts a ON a.id = s.account_id
			WHERE a.user_ref = 'user:default/' || $1`, name)
		return n
	}
	for _, tt := range []struct {
		who  string
		left int
	}{{"visitor", 1}, {"ann", 0}} {
		one, again, other := here.enter(tt.who), here.enter(tt.who), here.enter(tt.who+"?subject=another+"+tt.who)
		bob := here.enter("bob")
		stream := there.send(other, "GET", "/api/stream", "")
		defer stream.Body.Close()
		if _, err := io.ReadFull(stream.Body, make([]byte, len("open\n"))); err != nil {
			t.Fatal(err)
		}
		w.exec(`UPDATE identity_sessions SET expires_at = now() WHERE id = (SELECT min(s.id) FROM identity_sessions s JOIN identity_accounts a ON a.id = s.account_id WHERE a.user_ref = $1)`,
			"user:default/"+tt.who)
		if everywhere(one); sessions(tt.who) != 3 {
			t.Fatalf("a cookie that is over left %d sessions of %s", sessions(tt.who), tt.who)
		}
		if everywhere(again); sessions(tt.who) != tt.left || sessions("bob") == 0 {
			t.Fatalf("%d sessions of %s are left, want %d; and %d of bob", sessions(tt.who), tt.who, tt.left, sessions("bob"))
		}
		there.want(200, bob, "GET", reading, "")
		if tt.left > 0 {
			there.want(200, other, "GET", "/api/portico/me/sessions", "")
			continue
		}
		late := time.AfterFunc(20*time.Second, there.CloseClientConnections)
		_, _ = io.ReadAll(stream.Body) // until it ends
		if !late.Stop() {
			t.Error("the stream of the other account goes on")
		}
		there.until("the other account is signed out", func() bool {
			_, text := there.do(other, "GET", reading, "")
			return text == "guest user:default/guest"
		})
	}
}

// Every way in which access ends, while a stream is open at another replica: it ends there too, and nothing more is let in.
func TestStreamsEnd(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name  string
		token bool // or the session
		end   func(w *world, here *replica, ann as, m made)
	}{
		{"signed out", false, func(_ *world, here *replica, ann as, _ made) {
			r := httptest.NewRequest("POST", "/", nil)
			r.AddCookie(ann.cookies[0])
			if err := here.sessions.End(context.Background(), httptest.NewRecorder(), r, false); err != nil {
				here.w.t.Fatal(err)
			}
		}},
		{"session revoked", false, func(w *world, here *replica, _ as, _ made) {
			var id int64
			w.scan(&id, `SELECT id FROM identity_sessions`)
			here.want(204, here.enter("ann"), "DELETE", fmt.Sprintf("/api/portico/me/sessions/%d", id), "")
		}},
		{"session over, and nobody says so", false, func(w *world, _ *replica, _ as, _ made) {
			w.exec(`UPDATE identity_sessions SET expires_at = now()`)
		}},
		{"session idle, and nobody says so", false, func(w *world, _ *replica, _ as, _ made) {
			w.exec(`UPDATE identity_sessions SET seen_at = now() - interval '8 hours 1 second'`)
		}},
		{"token revoked", true, func(_ *world, here *replica, ann as, m made) {
			here.want(204, ann, "DELETE", fmt.Sprintf("%s/%d", mine, m.ID), "")
		}},
		{"token over", true, func(w *world, _ *replica, _ as, _ made) { w.exec(`UPDATE identity_tokens SET expires_at = now()`) }},
		{"user gone, session", false, func(w *world, here *replica, _ as, _ made) { w.lose(here, "user:default/ann") }},
		{"user gone, token", true, func(w *world, here *replica, _ as, _ made) { w.lose(here, "user:default/ann") }},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			here, there := w.replica(true), w.replica(true)
			ann := here.enter("ann")
			m := here.make(ann, mine, `{"name":"x","scopes":["catalog:read"]}`)
			who := ann
			if tt.token {
				who = as{token: m.Secret}
			}
			stream := there.send(who, "GET", "/api/stream", "")
			defer stream.Body.Close()
			opened := make([]byte, 5)
			if _, err := io.ReadFull(stream.Body, opened); err != nil {
				t.Fatal(err)
			}
			tt.end(w, here, ann, m)
			begun := time.Now()
			_, _ = io.ReadAll(stream.Body) // until it ends; the test's own deadline is the other end
			if took := time.Since(begun); took > 5*time.Second {
				t.Errorf("the stream ended after %s", took)
			}
			if tt.token {
				for _, r := range []*replica{here, there} {
					r.until("the token is refused", func() bool { status, _ := r.do(who, "GET", "/api/catalog.entity.read", ""); return status == 401 })
				}
				return
			}
			for _, r := range []*replica{here, there} {
				r.until("the session is over", func() bool { // a guest comes in instead
					_, text := r.do(who, "GET", "/api/catalog.entity.read", "")
					return text == "guest user:default/guest"
				})
			}
		})
	}
}

// While the database cannot say what holds, a request under way ends, too. Here it is asked and does not answer.
func TestStreamsEndWithoutTheDatabase(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	r := w.replica(true)
	stream := r.send(r.enter("ann"), "GET", "/api/stream", "")
	defer stream.Body.Close()
	if _, err := io.ReadFull(stream.Body, make([]byte, len("open\n"))); err != nil {
		t.Fatal(err)
	}
	hold, err := w.pool.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = hold.Rollback(context.WithoutCancel(t.Context())) }()
	if _, err := hold.Exec(t.Context(), `LOCK TABLE identity_sessions IN ACCESS EXCLUSIVE MODE`); err != nil {
		t.Fatal(err)
	}
	late := time.AfterFunc(20*time.Second, r.CloseClientConnections)
	_, _ = io.ReadAll(stream.Body) // until it ends
	if !late.Stop() {
		t.Error("the stream goes on")
	}
}

// Who leaves the catalog has nothing when they, or others of the same name, come back. Whom a resolver let in without a
// User the catalog cannot lose.
func TestGone(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	r := w.replica(true)
	tokens := map[string]as{}
	w.without("visitor")
	for _, who := range []string{"ann", "bob", "visitor"} {
		tokens[who] = as{token: r.make(r.enter(who), mine, `{"name":"x","scopes":["catalog:read"]}`).Secret}
	}
	// Before anything is ended for good, nothing lets in.
	w.without("ann")
	r.tokens.Forget()
	r.want(401, tokens["ann"], "GET", "/api/catalog.entity.read", "")
	for range 2 {
		if err := r.tokens.EndGone(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	w.mu.Lock()
	delete(w.gone, "user:default/ann")
	w.mu.Unlock()
	r.want(401, tokens["ann"], "GET", "/api/catalog.entity.read", "")
	r.want(200, tokens["bob"], "GET", "/api/catalog.entity.read", "")
	r.want(200, tokens["visitor"], "GET", "/api/catalog.entity.read", "")
	var sessions int
	w.scan(&sessions, `SELECT count(*) FROM identity_sessions`)
	if sessions != 2 {
		t.Errorf("%d sessions are left, want those of bob and of the visitor", sessions)
	}
	var actor string
	w.scan(&actor, `SELECT string_agg(actor || ' ' || target, ';') FROM audit_log WHERE action = 'identity.user.disable'`)
	if actor != "system:identity user:default/ann" {
		t.Errorf("the record is %q", actor)
	}
	if got, want := w.ended(), "system:identity user:default/ann x gone"; got != want {
		t.Errorf("of tokens it is recorded: %s; want %s", got, want)
	}
}
