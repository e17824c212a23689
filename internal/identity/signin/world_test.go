package signin

import (
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"portico/internal/httpx"
	"portico/internal/identity"
	"portico/internal/identity/audit"
	"portico/internal/pg"
	"portico/internal/pg/pgtest"
)

// world is a portal with one user, ann, whose provider is a stand-in; "two" is another client of the same.
type world struct {
	*httptest.Server
	t        *testing.T
	pool     *pg.Pool
	idp      *standIn
	provider *Provider
	sessions *identity.Sessions
	users    users
	routes   httpx.Registry
	limits   httpx.Limits
}

// users are a directory: by e-mail address, name and subject.
type users map[string][]User

func (u users) UsersByEmail(email string) []User { return u[email] }

func (u users) UsersByName(name string) []User { return u[name] }

func (u users) UsersByAnnotation(k, v string) []User { return u[k+"="+v] }

func newWorld(t *testing.T) *world {
	t.Helper()
	return newWorldOn(t, pgtest.New(t))
}

func newWorldOn(t *testing.T, pool *pg.Pool) *world {
	t.Helper()
	w := &world{t: t, pool: pool, idp: newStandIn(t), users: users{"ann@marrowby.example": {ann}, "ann": {ann}, subjectAnnotation + "=1001": {ann}}}
	w.Server = httptest.NewUnstartedServer(nil)
	base := "http://" + w.Listener.Addr().String()
	provider := func(id string) *Provider {
		return &Provider{
			ID: id, Title: id, Resolvers: []Resolver{{By: Email}}, Protocol: &OIDC{
				Issuer: w.idp.URL, ClientID: clientID, ClientSecret: clientSecret, CallbackURL: base + "/api/auth/" + id + "/handler/frame",
				Private: func(string) bool { return true },
			},
		}
	}
	w.provider = provider("oidc")
	w.sessions = &identity.Sessions{DB: w.pool}
	w.Config.Handler = w.handler(w.sessions, w.provider, provider("two"))
	w.Start()
	t.Cleanup(w.Close)
	return w
}

func (w *world) handler(sessions *identity.Sessions, providers ...*Provider) http.Handler {
	w.t.Helper()
	gate, err := identity.NewGate(nil, nil, sessions)
	if err != nil {
		w.t.Fatal(err)
	}
	g := httpx.Registry{}
	log := discard()
	denials := &audit.Denials{Store: &audit.Store{DB: w.pool}, Log: log}
	sessions.Record = audit.Session
	(&Handler{Providers: providers, Sessions: sessions, Store: &Store{DB: w.pool}, Directory: w.users, Origins: []string{page}, Log: log, Denied: denials.Note}).Mount(&g)
	w.routes = g
	g.Add(httpx.Route{Pattern: "GET /api/who", Access: httpx.Require(permission), Handler: func(w http.ResponseWriter, r *http.Request) error {
		_, err := io.WriteString(w, identity.Of(r.Context()).Ref)
		return err
	}}, httpx.Route{Pattern: "POST /api/change", Access: httpx.Require(change), Audit: httpx.Audited("x.y.change"), Handler: func(http.ResponseWriter, *http.Request) error {
		return errors.New("nobody gets here")
	}})
	h, err := g.Handler(httpx.Options{Gate: gate, Log: log, Limits: w.limits, Denied: denials.Note})
	if err != nil {
		w.t.Fatal(err)
	}
	return h
}

func discard() *slog.Logger { return slog.New(slog.DiscardHandler) }

// browser follows no redirect by itself.
func browser() *http.Client {
	jar, _ := cookiejar.New(nil)
	return &http.Client{Jar: jar, Timeout: 20 * time.Second, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
}

// get returns where the portal sends the browser, or the body.
func (w *world) get(c *http.Client, address string) (to *url.URL, body string) {
	w.t.Helper()
	if strings.HasPrefix(address, "/") {
		address = w.URL + address
	}
	resp, err := c.Get(address)
	if err != nil {
		w.t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		w.t.Fatal(err)
	}
	to, _ = resp.Location()
	return to, string(b)
}

// begin goes to the provider and returns what it is asked.
func (w *world) begin(c *http.Client) *url.URL {
	w.t.Helper()
	to, _ := w.get(c, "/api/auth/oidc/start?redirectUrl="+url.QueryEscape("/catalog?kind=api"))
	if to == nil || !strings.HasPrefix(to.String(), w.idp.URL+"/auth?") {
		w.t.Fatalf("start leads to %v", to)
	}
	return to
}

// back is the way back, with the code and the state of what the provider was asked.
func (w *world) back(asked *url.URL, more ...string) string {
	q := url.Values{"code": {w.idp.authorize(asked)}, "state": {asked.Query().Get("state")}}
	for i := 0; i+1 < len(more); i += 2 {
		if more[i+1] == "" {
			q.Del(more[i])
		} else {
			q.Set(more[i], more[i+1])
		}
	}
	return "/api/auth/oidc/handler/frame?" + q.Encode()
}

func (w *world) signIn(c *http.Client) {
	w.t.Helper()
	if to, body := w.get(c, w.back(w.begin(c))); to == nil || to.RequestURI() != "/catalog?kind=api" {
		w.t.Fatalf("the provider's answer leads to %v %s", to, body)
	}
}

func (w *world) who(c *http.Client) string {
	_, body := w.get(c, "/api/who")
	if strings.Contains(body, `"AuthenticationError"`) {
		return "nobody"
	}
	return body
}

func (w *world) post(c *http.Client, path, body, site string) int {
	w.t.Helper()
	r, err := http.NewRequestWithContext(w.t.Context(), http.MethodPost, w.URL+path, strings.NewReader(body))
	if err != nil {
		w.t.Fatal(err)
	}
	if site != "" {
		r.Header.Set("Sec-Fetch-Site", site)
	}
	resp, err := c.Do(r)
	if err != nil {
		w.t.Fatal(err)
	}
	_ = resp.Body.Close()
	return resp.StatusCode
}

func (w *world) count() (n int) {
	w.t.Helper()
	if err := w.pool.QueryRow(w.t.Context(), `SELECT count(*) FROM identity_sessions`).Scan(&n); err != nil {
		w.t.Fatal(err)
	}
	return n
}

func (w *world) exec(sql string) {
	w.t.Helper()
	if _, err := w.pool.Exec(w.t.Context(), sql); err != nil {
		w.t.Fatal(err)
	}
}
