package me

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
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

var (
	read     = httpx.Permission{Name: "catalog.entity.read", Action: "read"}
	register = httpx.Permission{Name: "catalog.location.create", Action: "create"}
	remove   = httpx.Permission{Name: "catalog.entity.delete", Action: "delete"}
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

const (
	mine     = "/api/portico/me/tokens"
	services = "/api/portico/tokens"
)

func TestPersonalToken(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	r := w.replica(true)
	ann, bob := r.enter("ann"), r.enter("bob")
	m := r.make(ann, mine, `{"name":"laptop","scopes":["catalog:read"]}`)
	if !regexp.MustCompile(`^portico_[a-z2-7]{58}$`).MatchString(m.Secret) {
		t.Errorf("the token %q is not of the form that scanners look for", m.Secret)
	}
	if left := time.Until(m.ExpiresAt); left < 29*day || left > 30*day {
		t.Errorf("it lasts %s, want 30 days", left)
	}
	token := as{token: m.Secret}
	if who := r.want(200, token, "GET", "/api/catalog.entity.read", ""); who != "user user:default/ann" {
		t.Errorf("it stands for %s", who)
	}
	if text := r.want(403, token, "GET", "/api/catalog.location.create", ""); !strings.Contains(text, "a token with the scope catalog:write") {
		t.Errorf("beyond its scopes it is told %s", text)
	}
	var kept int
	w.scan(&kept, `SELECT count(*) FROM identity_tokens t WHERE t::text LIKE '%' || $1 || '%'`, m.Secret[8:])
	if kept != 0 {
		t.Error("the database knows the secret itself")
	}
	w.scan(&kept, `SELECT count(*) FROM audit_log a WHERE a::text LIKE '%' || $1 || '%'`, m.Secret[8:])
	if kept != 0 {
		t.Error("the audit log knows the secret")
	}
	if text := r.want(200, ann, "GET", mine, ""); strings.Contains(text, m.Secret) || !strings.Contains(text, `"name":"laptop"`) || strings.Contains(text, `"usedAt":null`) {
		t.Errorf("the list is %s", text)
	}
	// Of somebody else it is neither seen nor ended.
	if text := r.want(200, bob, "GET", mine, ""); !strings.Contains(text, `"items":[]`) {
		t.Errorf("bob sees %s", text)
	}
	one := fmt.Sprintf("%s/%d", mine, m.ID)
	r.want(404, bob, "DELETE", one, "")
	r.want(404, as{}, "DELETE", fmt.Sprintf("%s/%d", services, m.ID), "")
	r.want(200, token, "GET", "/api/catalog.entity.read", "")
	r.want(204, ann, "DELETE", one, "")
	r.want(401, token, "GET", "/api/catalog.entity.read", "")
	r.want(404, ann, "DELETE", one, "")
	if c, v := w.records("identity.token.create"), w.records("identity.token.revoke"); c != 1 || v != 1 {
		t.Errorf("%d records of a token made and %d of one revoked, want 1 each", c, v)
	}
}

// What a token was made with is less than what its owner may do, at the time of each request.
func TestRightsAreTheOwners(t *testing.T) {
	t.Parallel()
	r := newWorld(t).replica(true)
	token := as{token: r.make(r.enter("ann"), mine, `{"name":"x","scopes":["catalog:write","catalog.entity.read"]}`).Secret}
	r.want(200, token, "GET", "/api/catalog.entity.read", "")
	r.want(200, token, "GET", "/api/catalog.location.create", "")
	r.want(403, token, "GET", "/api/catalog.entity.delete", "") // the scope has it, and an author does not
}

func TestWhatIsRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	r := w.replica(true)
	ann, guest := r.enter("ann"), as{}
	tests := []struct {
		name, path, body string
		who              as
		want             int
	}{
		{"no name", mine, `{"scopes":["catalog:read"]}`, ann, 400},
		{"no scope", mine, `{"name":"x","scopes":[]}`, ann, 400},
		{"no such scope", mine, `{"name":"x","scopes":["everything"]}`, ann, 400},
		{"a scope twice", mine, `{"name":"x","scopes":["catalog:read","catalog:read"]}`, ann, 400},
		{"a scope that makes tokens", mine, `{"name":"x","scopes":["portico.me.manage"]}`, ann, 400},
		{"a scope that manages services", mine, `{"name":"x","scopes":["portico.token.manage"]}`, ann, 400},
		{"a right that ann has not", mine, `{"name":"x","scopes":["catalog.entity.delete"]}`, ann, 403},
		{"too long", mine, `{"name":"x","scopes":["catalog:read"],"days":91}`, ann, 400},
		{"days that overflow", mine, `{"name":"x","scopes":["catalog:read"],"days":200000000}`, ann, 400},
		{"an end in the past", mine, `{"name":"x","scopes":["catalog:read"],"days":-1}`, ann, 400},
		{"nobody's own", mine, `{"name":"x","scopes":["catalog:read"]}`, guest, 403},
		{"a service's by somebody who does not manage them", services, `{"name":"ci","scopes":["catalog:read"]}`, ann, 403},
		{"a service with a name that is none", services, `{"name":"C I","scopes":["catalog:read"]}`, guest, 400},
		{"a login without a challenge", "/api/portico/me/login", `{"name":"x","scopes":["catalog:read"],"port":4000}`, ann, 400},
		{"a login at a port of the system", "/api/portico/me/login", `{"name":"x","scopes":["catalog:read"],"port":25}`, ann, 400},
	}
	for _, tt := range tests {
		if status, text := r.do(tt.who, "POST", tt.path, tt.body); status != tt.want {
			t.Errorf("%s: status %d, want %d: %s", tt.name, status, tt.want, text)
		}
	}
	var n int
	w.scan(&n, `SELECT (SELECT count(*) FROM identity_tokens) + (SELECT count(*) FROM identity_grants) + (SELECT count(*) FROM audit_log WHERE outcome = 'allowed')`)
	if n != 0 {
		t.Errorf("%d tokens, codes and records came of it", n)
	}
	for name, token := range map[string]string{
		"a piece of a token": "portico_abcdef", "a whole one that nobody made": "portico_" + strings.Repeat("a", 58), "a code that nobody gave out": "portico_code_x",
	} {
		if status, _ := r.do(as{token: token}, "GET", "/api/catalog.entity.read", ""); status != 401 {
			t.Errorf("%s: status %d, want 401", name, status)
		}
	}
}

// Whatever its scopes, a token makes, lists and widens no tokens, and ends no sessions. So it is with one of the configuration.
func TestOnlyPeopleHandleTokens(t *testing.T) {
	t.Parallel()
	r := newWorld(t).replica(true)
	ann := r.enter("ann")
	personal := r.make(ann, mine, `{"name":"x","scopes":["catalog:read","catalog:write"]}`)
	service := r.make(as{}, services, `{"name":"ci","scopes":["catalog:read","catalog:write"]}`)
	for _, token := range []string{personal.Secret, service.Secret, "the-token-of-the-configuration"} {
		for _, route := range []string{
			"GET /api/portico/me", "GET /api/portico/me/sessions", "DELETE /api/portico/me/sessions/1", "POST /api/portico/me/sessions/end-others",
			"GET " + mine, "POST " + mine, fmt.Sprintf("DELETE %s/%d", mine, personal.ID), "POST /api/portico/me/login",
			"GET " + services, "POST " + services, fmt.Sprintf("POST %s/%d/rotate", services, service.ID), fmt.Sprintf("DELETE %s/%d", services, service.ID),
		} {
			method, path, _ := strings.Cut(route, " ")
			// The cookie beside it does not help.
			if status, text := r.do(as{token, ann.cookies}, method, path, `{"name":"y","scopes":["catalog:read"]}`); status != 403 {
				t.Errorf("%s by %s: status %d, want 403: %s", route, token, status, text)
			}
		}
	}
	r.want(204, as{token: personal.Secret}, "DELETE", "/api/portico/token", "")
	r.want(401, as{token: personal.Secret}, "GET", "/api/catalog.entity.read", "")
	r.want(200, as{token: service.Secret}, "GET", "/api/catalog.entity.read", "")
}

func TestServiceToken(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	r := w.replica(true)
	admin := as{}
	m := r.make(admin, services, `{"name":"ci","scopes":["catalog:read"],"days":7}`)
	old := as{token: m.Secret}
	if who := r.want(200, old, "GET", "/api/catalog.entity.read", ""); who != "service service:ci" {
		t.Errorf("it stands for %s", who)
	}
	r.want(403, old, "GET", "/api/catalog.location.create", "")
	r.want(409, admin, "POST", services, `{"name":"ci","scopes":["catalog:read"]}`)
	renewed := r.make(admin, fmt.Sprintf("%s/%d/rotate", services, m.ID), `{"days":90}`)
	if renewed.Secret == m.Secret || renewed.ID != m.ID || renewed.PreviousUntil == nil || time.Until(*renewed.PreviousUntil) > 24*time.Hour {
		t.Errorf("rotation made %+v", renewed.Token)
	}
	for _, token := range []as{old, {token: renewed.Secret}} {
		r.want(200, token, "GET", "/api/catalog.entity.read", "")
	}
	if text := r.want(200, admin, "GET", services, ""); strings.Contains(text, `"previousUsedAt":null`) || strings.Contains(text, `"usedAt":null`) {
		t.Errorf("the list does not say that both were used: %s", text)
	}
	w.exec(`UPDATE identity_tokens SET previous_until = now() - interval '1 second'`)
	r.tokens.Forget()
	r.want(401, old, "GET", "/api/catalog.entity.read", "")
	r.want(200, as{token: renewed.Secret}, "GET", "/api/catalog.entity.read", "")
	last := r.make(admin, fmt.Sprintf("%s/%d/rotate", services, m.ID), `{"overlapHours":0}`)
	r.want(401, as{token: renewed.Secret}, "GET", "/api/catalog.entity.read", "")
	r.want(204, admin, "DELETE", fmt.Sprintf("%s/%d", services, m.ID), "")
	r.want(401, as{token: last.Secret}, "GET", "/api/catalog.entity.read", "")
	r.make(admin, services, `{"name":"ci","scopes":["catalog:read"]}`) // the name is free again
	for action, want := range map[string]int{"identity.token.create": 2, "identity.token.rotate": 2, "identity.token.revoke": 1} {
		if n := w.records(action); n != want {
			t.Errorf("%d records of %s, want %d", n, action, want)
		}
	}
}

// That a token is used is written once a minute, not with each request.
func TestUseIsWrittenSeldom(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	r := w.replica(true)
	m := r.make(as{}, services, `{"name":"ci","scopes":["catalog:read"]}`)
	var first, then time.Time
	use := func(into *time.Time) {
		r.tokens.Forget()
		r.want(200, as{token: m.Secret}, "GET", "/api/catalog.entity.read", "")
		w.scan(into, `SELECT used_at FROM identity_tokens`)
	}
	use(&first)
	if use(&then); !then.Equal(first) {
		t.Error("the second use in a minute was written")
	}
	w.exec(`UPDATE identity_tokens SET used_at = now() - interval '61 seconds'`)
	if use(&then); !then.After(first) {
		t.Error("a use a minute later was not written")
	}
}

func proof(verifier string) string {
	d := sha256.Sum256([]byte(verifier))
	return base64.RawURLEncoding.EncodeToString(d[:])
}

func TestLogin(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	r := w.replica(true)
	ann := r.enter("ann")
	allow := func(more string) map[string]string {
		var answer map[string]string
		body := fmt.Sprintf(`{"name":"Portico CLI on quay","scopes":["catalog:read"],"days":10,"challenge":%q%s}`, proof("the verifier"), more)
		if err := json.Unmarshal([]byte(r.want(201, ann, "POST", "/api/portico/me/login", body)), &answer); err != nil {
			t.Fatal(err)
		}
		return answer
	}
	to, err := url.Parse(allow(`,"port":40123,"state":"a state&x=y"`)["redirect"])
	if err != nil || to.Scheme != "http" || to.Host != "127.0.0.1:40123" || to.Path != "/callback" || to.Query().Get("state") != "a state&x=y" {
		t.Fatalf("the browser is sent to %s", to)
	}
	code := as{token: to.Query().Get("code")}
	r.want(403, code, "GET", "/api/catalog.entity.read", "") // it is good for one thing
	r.want(403, code, "GET", mine, "")
	var m made
	if err := json.Unmarshal([]byte(r.want(201, code, "POST", "/api/portico/token", `{"verifier":"the verifier"}`)), &m); err != nil {
		t.Fatal(err)
	}
	r.want(200, as{token: m.Secret}, "GET", "/api/catalog.entity.read", "")
	if left := time.Until(m.ExpiresAt); left < 9*day || left > 10*day {
		t.Errorf("the token lasts %s, want 10 days", left)
	}
	r.want(401, code, "POST", "/api/portico/token", `{"verifier":"the verifier"}`)
	// Whoever has the code and not the proof gets nothing, and has spoilt it.
	code = as{token: allow("")["code"]}
	r.want(401, code, "POST", "/api/portico/token", `{"verifier":"another"}`)
	r.want(401, code, "POST", "/api/portico/token", `{"verifier":"the verifier"}`)
	code = as{token: allow("")["code"]}
	w.exec(`UPDATE identity_grants SET expires_at = now() - interval '1 second'`)
	r.want(401, code, "POST", "/api/portico/token", `{"verifier":"the verifier"}`)
	if a, c := w.records("identity.login.allow"), w.records("identity.token.create"); a != 3 || c != 1 {
		t.Errorf("%d records of consent and %d of tokens, want 3 and 1", a, c)
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
}

// What cannot be recorded is not done.
func TestNothingWithoutItsRecord(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	r := w.replica(true)
	ann := r.enter("ann")
	m := r.make(ann, mine, `{"name":"x","scopes":["catalog:read"]}`)
	w.exec(`DELETE FROM audit_head`)
	var id int64
	w.scan(&id, `SELECT id FROM identity_sessions`)
	for _, route := range []string{
		"POST " + mine, fmt.Sprintf("DELETE %s/%d", mine, m.ID), fmt.Sprintf("DELETE /api/portico/me/sessions/%d", id), "POST /api/portico/me/sessions/end-others",
	} {
		method, path, _ := strings.Cut(route, " ")
		if status, text := r.do(ann, method, path, `{"name":"y","scopes":["catalog:read"]}`); status != 500 {
			t.Errorf("%s: status %d, want 500: %s", route, status, text)
		}
	}
	var left string
	w.scan(&left, `SELECT (SELECT count(*) FROM identity_tokens WHERE revoked_at IS NULL) || ' ' || (SELECT count(*) FROM identity_sessions)`)
	if left != "1 1" {
		t.Errorf("tokens and sessions are %s, want 1 1", left)
	}
}
