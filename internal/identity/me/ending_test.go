package me

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"

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
		{"one of the list", func(ctx context.Context, _ http.ResponseWriter, _ *http.Request) error {
			return tokens.EndOne(ctx, s, ann, id)
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
