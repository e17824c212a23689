package settings

import (
	"cmp"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"portico/internal/httpx"
	"portico/internal/identity"
	"portico/internal/pg"
	"portico/internal/pg/pgtest"
)

// replica is one of the portals before a database. Whoever enters as visitor is let in without a User; nobody sees what is
// called hidden.
type replica struct {
	*httptest.Server
	t    *testing.T
	news *News
}

func start(t *testing.T, pool *pg.Pool) *replica {
	t.Helper()
	r := &replica{t: t, news: new(News)}
	sessions := &identity.Sessions{DB: pool}
	gate, err := identity.NewGate(&identity.Guest{Ref: "user:default/guest", Operator: true},
		[]identity.StaticToken{{Token: "the-token-of-the-configuration", Subject: "ops"}}, sessions)
	if err != nil {
		t.Fatal(err)
	}
	var g httpx.Registry
	(&Handler{Store: &Store{DB: pool}, News: r.news, Seen: func(_ context.Context, ref string) bool { return !strings.Contains(ref, "hidden") }}).Mount(&g)
	g.Add(httpx.Route{Pattern: "POST /enter/{who}", Access: httpx.Public("a test signs in"), Handler: func(w http.ResponseWriter, q *http.Request) error {
		who := q.PathValue("who")
		return sessions.Start(q.Context(), w, q, identity.Account{
			Issuer: "https://idp.example", Subject: cmp.Or(q.URL.Query().Get("subject"), who), UserRef: "user:default/" + who, DisplayName: who,
			WithoutUser: who == "visitor",
		})
	}})
	h, err := g.Handler(httpx.Options{Gate: gate, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	r.Server = httptest.NewServer(h)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = r.news.Run(ctx, pool)
	}()
	t.Cleanup(func() {
		r.Close()
		cancel()
		<-done
	})
	return r
}

// who makes requests: with a cookie, a token, or neither, which is the guest.
type who struct {
	cookie *http.Cookie
	token  string
}

func (r *replica) enter(name string) who {
	r.t.Helper()
	resp, _ := r.send(who{}, "POST", "/enter/"+name, "")
	return who{cookie: resp.Cookies()[0]}
}

func (r *replica) send(w who, method, path, body string) (*http.Response, string) {
	r.t.Helper()
	req, err := http.NewRequestWithContext(r.t.Context(), method, r.URL+path, strings.NewReader(body))
	if err != nil {
		r.t.Fatal(err)
	}
	req.Header.Set("Sec-Fetch-Site", "same-origin")
	if w.cookie != nil {
		req.AddCookie(w.cookie)
	}
	if w.token != "" {
		req.Header.Set("Authorization", "Bearer "+w.token)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		r.t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		r.t.Fatal(err)
	}
	return resp, strings.TrimSpace(string(text))
}

// want sends a request, and wants a status and a text in the answer.
func (r *replica) want(w who, method, path, body string, status int, part string) string {
	r.t.Helper()
	resp, text := r.send(w, method, path, body)
	if resp.StatusCode != status || !strings.Contains(text, part) {
		r.t.Errorf("%s %.200s: %d %.300s; want %d with %s", method, path, resp.StatusCode, text, status, part)
	}
	return text
}

func (r *replica) set(w who, p Place, value string) {
	r.t.Helper()
	r.want(w, "PUT", at(p), `{"value":`+value+`}`, http.StatusOK, `"value"`)
}

// settingsOf are what the person finds in one answer.
func (r *replica) settingsOf(w who) string {
	r.t.Helper()
	return r.want(w, "GET", "/api/portico/me/settings", "", http.StatusOK, `"items"`)
}

func (r *replica) people(w who, name string) (people int, mine bool) {
	r.t.Helper()
	var got struct {
		People int
		Mine   bool
	}
	text := r.want(w, "GET", "/api/catalog/entities/by-name/Component/default/"+name+"/stars", "", http.StatusOK, `"ref":"component:default/`+name+`"`)
	if err := json.Unmarshal([]byte(text), &got); err != nil {
		r.t.Fatal(err)
	}
	return got.People, got.Mine
}

func world(t *testing.T) (*pg.Pool, *replica) {
	t.Helper()
	pool := pgtest.New(t)
	return pool, start(t, pool)
}
