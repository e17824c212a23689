// Package githubtest stands in for GitHub in tests: the web flow by which people sign in to an OAuth app, the routes of the
// REST API that Portico asks, GraphQL, repositories that git can fetch, GitHub Apps, and webhooks when something changes. It
// speaks HTTP. Its own tests hold its answers against the OpenAPI document that GitHub publishes, and the schema that each
// query is validated and answered by against the published one.
//
// It is an Enterprise Server: REST is below /api/v3, GraphQL at /api/graphql. It counts requests and has quotas; and it has
// no branch protection, no forks' branches, and takes no pushes over git: what is pushed is said by [GitHub.Push].
package githubtest

import (
	"cmp"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"html/template"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// Person is somebody with an account.
type Person struct {
	ID          int64
	Login, Name string
	Emails      []Email
	// Organizations are those whose member the person is, and in what state: "active", or "pending" who was invited.
	Organizations map[string]string
	Teams         []string // "organisation/team"
	Suspended     bool
}

// Email is one address of a person.
type Email struct {
	Address           string
	Primary, Verified bool
}

// App is an OAuth app.
type App struct{ ClientID, ClientSecret, CallbackURL string }

// GitHub is the stand-in, an [http.Handler]. It is safe for concurrent use.
type GitHub struct {
	mux *http.ServeMux

	mu     sync.Mutex
	apps   []App
	people []*Person
	codes  map[string]grant // by code
	tokens map[string]grant // by token
	wrong  func(w http.ResponseWriter, r *http.Request) bool
	asked  []string
	counts Counts

	// What the API tells of.
	base          string // where it is served, "" before it is known
	now           func() time.Time
	organizations map[string]string // login by lower case
	verified      map[string]string // domain by organisation
	teams         []Team
	repositories  []*Repository          // oldest first
	moved         map[string]*Repository // by names of before, lower case
	access        map[string]*access     // by token
	gitHubApps    []*app
	made          int64 // things, for their ids
	quota         int
	largest       int
	hooks         []hook
	events        []event
	sent          []Delivery
	queries       []Query
	folder        string // of bare repositories
}

// grant is what a code, or a token, stands for.
type grant struct {
	app       App
	person    *Person
	scopes    []string
	challenge string
	redirect  string
}

// New returns a GitHub with these people.
func New(people ...Person) *GitHub {
	g := &GitHub{
		codes: map[string]grant{}, tokens: map[string]grant{}, mux: http.NewServeMux(), now: time.Now, organizations: map[string]string{},
		verified: map[string]string{}, moved: map[string]*Repository{}, access: map[string]*access{},
	}
	for _, p := range people {
		g.people = append(g.people, &p)
	}
	g.mux.HandleFunc("GET /login/oauth/authorize", g.form)
	g.mux.HandleFunc("POST /login/oauth/authorize", g.consent)
	g.mux.HandleFunc("POST /login/oauth/access_token", g.token)
	for path, list := range map[string]func(base string, p *Person, has func(scope string) bool) ([]any, string){
		"/user/emails": emails, "/user/memberships/orgs": memberships, "/user/teams": teams,
	} {
		g.mux.HandleFunc("GET /api/v3"+path, g.signedIn(func(w http.ResponseWriter, r *http.Request, p *Person, has func(string) bool) {
			items, needs := list(base(r), p, has)
			if needs != "" {
				refuse(w, http.StatusForbidden, "You need at least "+needs+" scope.")
				return
			}
			if state := r.URL.Query().Get("state"); state != "" {
				items = slices.DeleteFunc(items, func(item any) bool { return item.(object)["state"] != state })
			}
			page(w, r, items)
		}))
	}
	g.mux.HandleFunc("GET /api/v3/user", g.signedIn(func(w http.ResponseWriter, r *http.Request, p *Person, _ func(string) bool) {
		answer(w, http.StatusOK, privateUser(base(r), p))
	}))
	g.appRoutes()
	g.mux.HandleFunc("GET /api/v3/rate_limit", g.rateLimits)
	g.mux.HandleFunc("POST /api/graphql", g.serveGraphQL)
	g.mux.HandleFunc("/{owner}/{repository}/", g.serveGit)
	g.mux.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) { refuse(w, http.StatusNotFound, "Not Found") })
	return g
}

// Start serves a new GitHub on loopback until the test ends, and returns its address beside it.
func Start(t testing.TB, people ...Person) (*GitHub, string) {
	t.Helper()
	g := New(people...)
	s := httptest.NewServer(g)
	g.base = s.URL
	t.Cleanup(g.Close)
	t.Cleanup(s.Close)
	return g, s.URL
}

func (g *GitHub) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	g.mu.Lock()
	wrong := g.wrong
	g.asked = append(g.asked, r.Method+" "+r.URL.RequestURI())
	g.count(r.URL.Path)
	if g.base == "" {
		g.base = base(r)
	}
	g.mu.Unlock()
	if wrong != nil && wrong(w, r) {
		return
	}
	g.mux.ServeHTTP(w, r)
}

// Register makes an OAuth app.
func (g *GitHub) Register(a App) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.apps = append(g.apps, a)
}

// Change changes a person, whoever has that login: renames, moves, removes.
func (g *GitHub) Change(login string, change func(*Person)) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, p := range g.people {
		if strings.EqualFold(p.Login, login) {
			change(p)
		}
	}
}

// Add makes an account more.
func (g *GitHub) Add(p Person) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.people = append(g.people, &p)
}

// Wrong lets answer answer first; false means that it leaves the request to GitHub. nil ends it.
func (g *GitHub) Wrong(answer func(w http.ResponseWriter, r *http.Request) bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.wrong = answer
}

// Asked are the requests so far, as "GET /api/v3/user".
func (g *GitHub) Asked() []string {
	g.mu.Lock()
	defer g.mu.Unlock()
	return slices.Clone(g.asked)
}

// Authorize is what happens in the browser between the two redirects, without a browser: the person of the login says yes
// to what address asks. It returns the code, "" where GitHub would refuse.
func (g *GitHub) Authorize(address *url.URL, login string) string {
	g.mu.Lock()
	defer g.mu.Unlock()
	q := address.Query()
	app, ok := g.app(q.Get("client_id"))
	i := slices.IndexFunc(g.people, func(p *Person) bool { return p.Login == login })
	if !ok || i < 0 || q.Get("redirect_uri") != app.CallbackURL {
		return ""
	}
	c := grant{app: app, person: g.people[i], scopes: strings.Fields(q.Get("scope")), redirect: q.Get("redirect_uri")}
	if c.challenge = q.Get("code_challenge"); c.challenge != "" && q.Get("code_challenge_method") != "S256" {
		return ""
	}
	code := strings.ToLower(rand.Text()[:20])
	g.codes[code] = c
	return code
}

func (g *GitHub) app(id string) (App, bool) {
	i := slices.IndexFunc(g.apps, func(a App) bool { return a.ClientID == id })
	if i < 0 {
		return App{}, false
	}
	return g.apps[i], true
}

var formPage = template.Must(template.New("").Parse(`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Authorize application</title><link rel="icon" href="data:,"></head><body><main>
<h1>Authorize application</h1>
<form method="post">{{range .}}<button name="login" value="{{.}}">Continue as {{.}}</button>{{end}}</form>
</main></body></html>`))

// form asks who it is that signs in.
func (g *GitHub) form(w http.ResponseWriter, r *http.Request) {
	g.mu.Lock()
	_, ok := g.app(r.URL.Query().Get("client_id"))
	var logins []string
	for _, p := range g.people {
		logins = append(logins, p.Login)
	}
	g.mu.Unlock()
	if !ok {
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_ = formPage.Execute(w, logins)
}

func (g *GitHub) consent(w http.ResponseWriter, r *http.Request) {
	code := g.Authorize(r.URL, r.PostFormValue("login"))
	if code == "" {
		http.Error(w, "The redirect_uri is not associated with this application.", http.StatusBadRequest)
		return
	}
	q := url.Values{"code": {code}, "state": {r.URL.Query().Get("state")}}
	http.Redirect(w, r, r.URL.Query().Get("redirect_uri")+"?"+q.Encode(), http.StatusFound)
}

// token redeems a code. As at GitHub, an error has status 200, and the answer is a form unless JSON is asked for.
func (g *GitHub) token(w http.ResponseWriter, r *http.Request) {
	g.mu.Lock()
	defer g.mu.Unlock()
	code := r.PostFormValue("code")
	c, ok := g.codes[code]
	app, known := g.app(r.PostFormValue("client_id"))
	verifier := sha256.Sum256([]byte(r.PostFormValue("code_verifier")))
	said := object{}
	switch {
	case !known || r.PostFormValue("client_secret") != app.ClientSecret:
		said["error"] = "incorrect_client_credentials"
		said["error_description"] = "The client_id and/or client_secret passed are incorrect."
	case cmp.Or(r.PostFormValue("redirect_uri"), c.redirect) != c.redirect && ok:
		said["error"] = "redirect_uri_mismatch"
		said["error_description"] = "The redirect_uri MUST match the registered callback URL for this application."
	case !ok || c.app != app, c.challenge != "" && c.challenge != base64.RawURLEncoding.EncodeToString(verifier[:]):
		said["error"] = "bad_verification_code"
		said["error_description"] = "The code passed is incorrect or expired."
	default:
		delete(g.codes, code)
		token := "gho_" + rand.Text()
		g.tokens[token] = c
		said["access_token"], said["token_type"], said["scope"] = token, "bearer", strings.Join(c.scopes, ",")
	}
	if strings.Contains(r.Header.Get("Accept"), "json") {
		answer(w, http.StatusOK, said)
		return
	}
	form := url.Values{}
	for k, v := range said {
		form.Set(k, v.(string))
	}
	w.Header().Set("Content-Type", "application/x-www-form-urlencoded; charset=utf-8")
	_, _ = w.Write([]byte(form.Encode()))
}

// signedIn answers for whom the token of the request stands for.
func (g *GitHub) signedIn(next func(w http.ResponseWriter, r *http.Request, p *Person, has func(scope string) bool)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		g.mu.Lock()
		defer g.mu.Unlock()
		_, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
		c, ok := g.tokens[token]
		if !ok {
			refuse(w, http.StatusUnauthorized, "Bad credentials")
			return
		}
		w.Header().Set("X-OAuth-Scopes", strings.Join(c.scopes, ", "))
		next(w, r, c.person, func(scope string) bool { return slices.Contains(c.scopes, scope) })
	}
}
