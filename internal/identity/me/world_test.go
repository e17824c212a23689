package me

import (
	"cmp"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"portico/internal/httpx"
	"portico/internal/identity"
	"portico/internal/identity/audit"
	"portico/internal/pg"
	"portico/internal/pg/pgtest"
)

// world is a database with replicas of a portal before it. The guest is an operator: that is who manages services.
type world struct {
	t    *testing.T
	pool *pg.Pool
	mu   sync.Mutex
	gone map[string]bool // users whom the catalog lost
}

type replica struct {
	*httptest.Server
	w        *world
	tokens   *identity.Tokens
	sessions *identity.Sessions
}

func newWorld(t *testing.T) *world {
	t.Helper()
	return &world{t: t, pool: pgtest.New(t), gone: map[string]bool{}}
}

func (w *world) isGone(ref string) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.gone[ref]
}

// replica starts one; following says whether it hears of what happens at others.
func (w *world) replica(following bool) *replica {
	w.t.Helper()
	r := &replica{w: w, sessions: &identity.Sessions{DB: w.pool, Gone: w.isGone}}
	r.tokens = &identity.Tokens{
		DB: w.pool, MaxAge: 90 * day, Gone: w.isGone, Known: append([]httpx.Permission{read, register, remove}, identity.Permissions()...),
		Configured: []string{"ops", "Deploy-Bot"},
		Record: func(ctx context.Context, tx pgx.Tx, action, target string, detail any) error {
			return audit.For(ctx, action).Record(ctx, tx, target, detail)
		},
	}
	gate, err := identity.NewGate(&identity.Guest{Ref: "user:default/guest", Operator: true},
		[]identity.StaticToken{{Token: "the-token-of-the-configuration", Subject: "ops"}}, r.sessions, r.tokens)
	if err != nil {
		w.t.Fatal(err)
	}
	var g httpx.Registry
	(&Handler{Tokens: r.tokens, Sessions: r.sessions, Profile: func(_ context.Context, ref string) Profile { return Profile{Ref: ref} }}).Mount(&g)
	for _, p := range []httpx.Permission{read, register, remove} {
		g.Add(httpx.Route{
			Pattern: "GET /api/" + p.Name, Access: httpx.Require(p), Audit: httpx.Unaudited("a test"),
			Handler: func(w http.ResponseWriter, r *http.Request) error {
				p := identity.Of(r.Context())
				_, err := io.WriteString(w, p.Type+" "+p.Ref)
				return err
			},
		})
	}
	g.Add(
		httpx.Route{Pattern: "POST /api/enter/{who}", Access: httpx.Public("a test signs in"), Handler: func(w http.ResponseWriter, q *http.Request) error {
			who := q.PathValue("who")
			return r.sessions.Start(q.Context(), w, q, identity.Account{
				Issuer: "https://idp.example", Subject: cmp.Or(q.URL.Query().Get("subject"), who), UserRef: "user:default/" + who, DisplayName: who, WithoutUser: who == "visitor",
			})
		}},
		httpx.Route{Pattern: "GET /api/stream", Access: httpx.Require(read), Handler: func(w http.ResponseWriter, q *http.Request) error {
			w.WriteHeader(http.StatusOK)
			if _, err := io.WriteString(w, "open\n"); err != nil {
				return err
			}
			if err := http.NewResponseController(w).Flush(); err != nil {
				return err
			}
			<-q.Context().Done()
			return nil
		}},
	)
	h, err := g.Handler(httpx.Options{Gate: gate, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		w.t.Fatal(err)
	}
	r.Server = httptest.NewServer(h)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		if following {
			identity.Follow(ctx, w.pool, r.sessions, r.tokens)
		}
	}()
	w.t.Cleanup(func() {
		r.CloseClientConnections()
		r.Close()
		cancel()
		<-done
	})
	return r
}

// as is a request's credentials: a token, or cookies; none is the guest.
type as struct {
	token   string
	cookies []*http.Cookie
}

func (r *replica) send(who as, method, path, body string) *http.Response {
	r.w.t.Helper()
	req, err := http.NewRequestWithContext(r.w.t.Context(), method, r.URL+path, strings.NewReader(body))
	if err != nil {
		r.w.t.Fatal(err)
	}
	if who.token != "" {
		req.Header.Set("Authorization", "Bearer "+who.token)
	} else {
		req.Header.Set("Sec-Fetch-Site", "same-origin")
	}
	for _, c := range who.cookies {
		req.AddCookie(c)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		r.w.t.Fatal(err)
	}
	return resp
}

// do returns the status and the body.
func (r *replica) do(who as, method, path, body string) (int, string) {
	r.w.t.Helper()
	resp := r.send(who, method, path, body)
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		r.w.t.Fatal(err)
	}
	return resp.StatusCode, string(b)
}

func (r *replica) want(status int, who as, method, path, body string) string {
	r.w.t.Helper()
	got, text := r.do(who, method, path, body)
	if got != status {
		r.w.t.Fatalf("%s %s: status %d, want %d: %s", method, path, got, status, text)
	}
	return text
}

func (r *replica) enter(who string) as {
	r.w.t.Helper()
	resp := r.send(as{}, "POST", "/api/enter/"+who, "")
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		r.w.t.Fatalf("%s is not signed in: %d", who, resp.StatusCode)
	}
	return as{cookies: resp.Cookies()}
}

func (r *replica) make(who as, path, body string) made {
	r.w.t.Helper()
	var m made
	if err := json.Unmarshal([]byte(r.want(201, who, "POST", path, body)), &m); err != nil {
		r.w.t.Fatal(err)
	}
	return m
}

func (w *world) scan(into any, sql string, args ...any) {
	w.t.Helper()
	if err := w.pool.QueryRow(w.t.Context(), sql, args...).Scan(into); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) exec(sql string, args ...any) {
	w.t.Helper()
	if _, err := w.pool.Exec(w.t.Context(), sql, args...); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) records(action string) (n int) {
	w.scan(&n, `SELECT count(*) FROM audit_log WHERE action = $1`, action)
	return n
}

func (r *replica) until(what string, done func() bool) {
	r.w.t.Helper()
	every := time.NewTicker(20 * time.Millisecond)
	defer every.Stop()
	for deadline := time.Now().Add(5 * time.Second); time.Now().Before(deadline); <-every.C {
		if done() {
			return
		}
	}
	r.w.t.Errorf("after five seconds it is still not so that %s", what)
}

// lose takes a user out of the catalog, and has the portal find out.
func (w *world) lose(r *replica, ref string) {
	w.t.Helper()
	w.mu.Lock()
	w.gone[ref] = true
	w.mu.Unlock()
	if err := r.tokens.EndGone(w.t.Context()); err != nil {
		w.t.Fatal(err)
	}
}
