package signin

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"portico/internal/forge/githubtest"
	"portico/internal/identity"
	"portico/internal/pg"
	"portico/internal/pg/pgtest"
)

// hub is a portal whose people sign in at a GitHub, with the same user ann. Members of the organisation marrowby and of
// the team acme/platform may come in.
type hub struct {
	*world
	github *githubtest.GitHub
	with   *GitHub
}

func newHub(t *testing.T, pool *pg.Pool, change func(*GitHub)) *hub {
	t.Helper()
	g, address := githubtest.Start(t, githubtest.Person{
		ID: 1001, Login: "ann", Name: "Ann at GitHub", Emails: []githubtest.Email{{Address: "old@marrowby.example", Verified: true}, {Address: "ann@marrowby.example", Primary: true, Verified: true}},
		Organizations: map[string]string{"marrowby": "active"},
	})
	h := &hub{github: g, world: &world{t: t, pool: pool, users: users{"ann@marrowby.example": {ann}, "ann": {ann}, "github.com/user-id=1001": {ann}}}}
	h.Server = httptest.NewUnstartedServer(nil)
	callback := "http://" + h.Listener.Addr().String() + "/api/auth/github/handler/frame"
	g.Register(githubtest.App{ClientID: clientID, ClientSecret: clientSecret, CallbackURL: callback})
	h.with = &GitHub{
		URL: address, ClientID: clientID, ClientSecret: clientSecret, CallbackURL: callback, Private: func(string) bool { return true },
		Organizations: []string{"Marrowby"}, Teams: []string{"acme/platform"},
	}
	if change != nil {
		change(h.with)
	}
	h.provider = &Provider{ID: "github", Protocol: h.with, Resolvers: []Resolver{{By: Username, Pinned: true}}}
	h.sessions = &identity.Sessions{DB: pool}
	h.Config.Handler = h.handler(h.sessions, h.provider)
	h.Start()
	t.Cleanup(h.Close)
	return h
}

func (h *hub) begin(c *http.Client) *url.URL {
	h.t.Helper()
	to, _ := h.get(c, "/api/auth/github/start?redirectUrl=/catalog")
	if to == nil || !strings.HasPrefix(to.String(), h.with.URL+"/login/oauth/authorize?") {
		h.t.Fatalf("start leads to %v", to)
	}
	return to
}

// back is the way back of the person, with more or other parameters.
func (h *hub) back(asked *url.URL, login string, more ...string) string {
	q := url.Values{"code": {h.github.Authorize(asked, login)}, "state": {asked.Query().Get("state")}}
	for i := 0; i+1 < len(more); i += 2 {
		q.Set(more[i], more[i+1])
	}
	return "/api/auth/github/handler/frame?" + q.Encode()
}

// signIn returns where it leads the person's browser.
func (h *hub) signIn(c *http.Client, login string) string {
	h.t.Helper()
	to, body := h.get(c, h.back(h.begin(c), login))
	if to == nil {
		h.t.Fatalf("the way back leads nowhere: %s", body)
	}
	if code := to.Query().Get("error"); code != "" {
		return code
	}
	return to.RequestURI()
}

func (h *hub) accounts() (list []string) {
	h.t.Helper()
	rows, err := h.pool.Query(h.t.Context(), `SELECT issuer || ' ' || subject || ' ' || user_ref FROM identity_accounts ORDER BY id`)
	if err != nil {
		h.t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var s string
		if err := rows.Scan(&s); err != nil {
			h.t.Fatal(err)
		}
		list = append(list, s)
	}
	return list
}

func TestGitHub(t *testing.T) {
	t.Parallel()
	h := newHub(t, pgtest.New(t), nil)
	c := browser()
	asked := h.begin(c).Query()
	if asked.Get("code_challenge_method") != "S256" || asked.Get("scope") != "read:user user:email read:org" || asked.Get("client_id") != clientID {
		t.Errorf("GitHub is asked %v", asked)
	}
	if to := h.signIn(c, "ann"); to != "/catalog" || h.who(c) != ann.Ref {
		t.Errorf("the way back leads to %s, and %q is signed in", to, h.who(c))
	}
	if got, want := fmt.Sprint(h.accounts()), "["+h.with.URL+" 1001 "+ann.Ref+"]"; got != want {
		t.Errorf("accounts %s, want %s", got, want)
	}
	for _, request := range h.github.Asked() {
		if strings.Contains(request, clientSecret) || strings.Contains(request, "code_verifier") {
			t.Errorf("a secret in an address: %s", request)
		}
	}
}

// What the API is asked at is not where the browser goes.
func TestGitHubAPI(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]string{
		"https://github.com": "https://api.github.com", "https://ghe.marrowby.example": "https://ghe.marrowby.example/api/v3",
		"https://marrowby.ghe.com": "https://api.marrowby.ghe.com", "https://github.com.evil.example": "https://github.com.evil.example/api/v3",
	} {
		if got := (&GitHub{URL: address}).api(); got != want {
			t.Errorf("%s: %s, want %s", address, got, want)
		}
	}
	to, err := (&GitHub{URL: "https://github.com"}).authorize(t.Context(), newFlow("/"))
	if err != nil || strings.Contains(to, "read%3Aorg") {
		t.Errorf("without a restriction GitHub is asked for organisations: %s, %v", to, err)
	}
}

// Who is a member, and who is none.
func TestGitHubMembers(t *testing.T) {
	t.Parallel()
	const in = "/catalog"
	many := map[string]string{}
	var teams []string
	for i := range 150 {
		many[fmt.Sprintf("another-%03d", i)] = "active"
		teams = append(teams, fmt.Sprintf("acme/team-%03d", i))
	}
	tests := []struct {
		name   string
		change func(*githubtest.Person)
		want   string
	}{
		{"of the organisation", nil, in},
		{"of the team", func(p *githubtest.Person) { p.Organizations, p.Teams = nil, []string{"acme/platform"} }, in},
		{"of the organisation, on the second page", func(p *githubtest.Person) { many["marrowby"] = "active"; p.Organizations = many }, in},
		{"of the team, on the second page", func(p *githubtest.Person) { p.Organizations, p.Teams = nil, append(teams, "acme/platform") }, in},
		{"nowhere", func(p *githubtest.Person) { p.Organizations = nil }, codeDenied},
		{"invited, no more", func(p *githubtest.Person) { p.Organizations["marrowby"] = "pending" }, codeDenied},
		{"of another organisation", func(p *githubtest.Person) {
			p.Organizations = map[string]string{"marrowby-x": "active", "acme": "active"}
		}, codeDenied},
		{"of a team of the name elsewhere", func(p *githubtest.Person) { p.Organizations, p.Teams = nil, []string{"marrowby2/platform"} }, codeDenied},
		{"of another team", func(p *githubtest.Person) { p.Organizations, p.Teams = nil, []string{"acme/platform-2"} }, codeDenied},
	}
	pool := pgtest.New(t)
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			h := newHub(t, pool, nil)
			if tt.change != nil {
				h.github.Change("ann", tt.change)
			}
			if got := h.signIn(browser(), "ann"); got != tt.want {
				t.Errorf("leads to %s, want %s", got, tt.want)
			}
		})
	}
	t.Run("no member any more", func(t *testing.T) {
		h := newHub(t, pool, nil)
		if got := h.signIn(browser(), "ann"); got != in {
			t.Fatalf("leads to %s", got)
		}
		h.github.Change("ann", func(p *githubtest.Person) { p.Organizations = nil })
		if got := h.signIn(browser(), "ann"); got != codeDenied {
			t.Errorf("leads to %s, want %s", got, codeDenied)
		}
	})
}

// A login that somebody gave up is another's: the user it led to stays who it was.
func TestGitHubLogins(t *testing.T) {
	t.Parallel()
	member := map[string]string{"marrowby": "active"}
	pool := pgtest.New(t)
	again := func(t *testing.T, resolvers ...Resolver) *hub {
		t.Helper()
		if _, err := pool.Exec(t.Context(), `TRUNCATE identity_accounts, identity_pins CASCADE`); err != nil {
			t.Fatal(err)
		}
		h := newHub(t, pool, nil)
		if len(resolvers) > 0 {
			h.provider.Resolvers = resolvers
		}
		if got := h.signIn(browser(), "ann"); got != "/catalog" {
			t.Fatalf("ann is led to %s", got)
		}
		h.github.Change("ann", func(p *githubtest.Person) { p.Login = "annie" })
		return h
	}
	t.Run("renamed", func(t *testing.T) {
		h := again(t)
		if got := h.signIn(browser(), "annie"); got != codeUnknownUser {
			t.Errorf("the renamed is led to %s, want %s", got, codeUnknownUser)
		}
	})
	t.Run("renamed, known by id", func(t *testing.T) {
		h := again(t, Resolver{By: ID, Annotation: "github.com/user-id"})
		if got := h.signIn(browser(), "annie"); got != "/catalog" {
			t.Errorf("the renamed is led to %s", got)
		}
	})
	t.Run("renamed to another user, and registered again by another", func(t *testing.T) {
		h := again(t)
		h.users["annie"] = []User{{Ref: "user:default/annie", DisplayName: "Annie"}}
		if got := h.signIn(browser(), "annie"); got != "/catalog" {
			t.Fatalf("the renamed is led to %s", got)
		}
		h.github.Add(githubtest.Person{ID: 2002, Login: "ann", Organizations: member})
		c := browser()
		if got := h.signIn(c, "ann"); got != codeAnother || h.who(c) != "nobody" {
			t.Errorf("another is led to %s, and %q is signed in", got, h.who(c))
		}
		h.github.Change("annie", func(p *githubtest.Person) { p.Login = "ann-of-old" })
		h.users["ann-of-old"] = []User{ann}
		if got := h.signIn(browser(), "ann-of-old"); got != "/catalog" {
			t.Errorf("back at the user that it was first, it is led to %s", got)
		}
	})
	for _, tt := range []struct {
		name      string
		resolvers []Resolver
		want      string
	}{
		{"registered again by another", nil, codeAnother},
		{"in other letters", nil, codeAnother},
		{"without a user in the catalog", []Resolver{{By: Username, Pinned: true, WithoutUser: true}}, codeAnother},
		{"known by id", []Resolver{{By: ID, Annotation: "github.com/user-id"}}, codeUnknownUser},
		{"known by the new id", []Resolver{{By: ID, Annotation: "github.com/user-id"}, {By: Username, Pinned: true}}, "/catalog"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			h := again(t, tt.resolvers...)
			login := "ann"
			switch tt.name {
			case "in other letters":
				login = "ANN"
			case "without a user in the catalog":
				delete(h.users, "ann")
			case "known by the new id":
				h.users["github.com/user-id=2002"] = []User{ann} // the operator wrote it down
			}
			h.github.Add(githubtest.Person{ID: 2002, Login: login, Organizations: member})
			c := browser()
			if got := h.signIn(c, login); got != tt.want {
				t.Errorf("leads to %s, want %s", got, tt.want)
			}
			if who := h.who(c); (who == ann.Ref) != (tt.want == "/catalog") {
				t.Errorf("%q is signed in", who)
			}
		})
	}
}

// Every flow here is wrong in one thing, and leaves nobody signed in.
func TestBadGitHubFlows(t *testing.T) {
	t.Parallel()
	answers := func(path string, with http.HandlerFunc) func(*hub) {
		return func(h *hub) {
			h.github.Wrong(func(w http.ResponseWriter, r *http.Request) bool {
				if r.URL.Path != path {
					return false
				}
				with(w, r)
				return true
			})
		}
	}
	says := func(status int, kind, body string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", kind)
			w.WriteHeader(status)
			_, _ = io.WriteString(w, body)
		}
	}
	const token, user, orgs, teams, emails, json = "/login/oauth/access_token", "/api/v3/user", "/api/v3/user/memberships/orgs", "/api/v3/user/teams", "/api/v3/user/emails", "application/json"
	limited := func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Retry-After", "60")
		says(http.StatusTooManyRequests, json, `{"message":"API rate limit exceeded"}`)(w, r)
	}
	endless := func(start, part string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", json)
			_, _ = io.WriteString(w, start)
			for part := strings.Repeat(part, 1000); ; {
				if _, err := io.WriteString(w, part); err != nil {
					return
				}
			}
		}
	}
	silent := func(path string) func(*hub) {
		return func(h *hub) {
			h.with.within = 50 * time.Millisecond
			answers(path, func(_ http.ResponseWriter, r *http.Request) {
				_, _ = io.Copy(io.Discard, r.Body)
				<-r.Context().Done()
			})(h)
		}
	}
	byEmail := func(change func(*githubtest.Person)) func(*hub) {
		return func(h *hub) {
			h.provider.Resolvers = []Resolver{{By: Email}}
			h.github.Change("ann", change)
		}
	}
	tests := []struct {
		name string
		set  func(h *hub)                                        // before it begins; nil: nothing
		back func(h *hub, c *http.Client, asked *url.URL) string // the way back; nil: the right one
		want string
	}{
		{"no state", nil, func(h *hub, _ *http.Client, a *url.URL) string { return h.back(a, "ann", "state", "") }, codeExpired},
		{"a state of one's own", nil, func(h *hub, _ *http.Client, a *url.URL) string {
			return h.back(a, "ann", "state", identity.NewSecret())
		}, codeExpired},
		{"a state for the second time", nil, func(h *hub, c *http.Client, a *url.URL) string {
			u, _ := url.Parse(h.URL)
			kept := c.Jar.Cookies(u)
			h.get(c, h.back(a, "ann", "error", "access_denied"))
			c.Jar.SetCookies(u, kept)
			return h.back(a, "ann")
		}, codeExpired},
		{"another browser", nil, func(h *hub, c *http.Client, a *url.URL) string {
			*c = *browser()
			h.begin(c)
			return h.back(a, "ann")
		}, codeExpired},
		{"a code of one's own", nil, func(h *hub, _ *http.Client, a *url.URL) string { return h.back(a, "ann", "code", "guessed") }, codeRefused},
		{"no code", nil, func(h *hub, _ *http.Client, a *url.URL) string { return h.back(a, "ann", "code", "") }, codeRefused},
		{"a code for the second time", nil, func(h *hub, c *http.Client, a *url.URL) string {
			used := h.back(a, "ann")
			other := browser()
			u, _ := url.Parse(h.URL)
			other.Jar.SetCookies(u, c.Jar.Cookies(u))
			h.get(other, used)
			h.exec(`DELETE FROM identity_sessions`)
			again, _ := url.Parse(used)
			return h.back(h.begin(c), "ann", "code", again.Query().Get("code"))
		}, codeRefused},
		{"somebody else's code", nil, func(h *hub, _ *http.Client, a *url.URL) string {
			return h.back(a, "ann", "code", h.github.Authorize(h.begin(browser()), "ann")) // PKCE
		}, codeRefused},
		{"a code for another app", nil, func(h *hub, _ *http.Client, a *url.URL) string {
			h.github.Register(githubtest.App{ClientID: "other", CallbackURL: h.with.CallbackURL})
			q := a.Query()
			q.Set("client_id", "other")
			return h.back(a, "ann", "code", h.github.Authorize(&url.URL{RawQuery: q.Encode()}, "ann"))
		}, codeRefused},
		{"an answer of another issuer", nil, func(h *hub, _ *http.Client, a *url.URL) string { return h.back(a, "ann", "iss", "https://github.com") }, codeRefused},
		{"the person turns back", nil, func(h *hub, _ *http.Client, a *url.URL) string { return h.back(a, "ann", "error", "access_denied") }, codeDenied},
		{"the wrong client secret", func(h *hub) { h.with.ClientSecret = "another" }, nil, codeRefused},

		{"an address that is not verified", byEmail(func(p *githubtest.Person) { p.Emails[1].Verified = false }), nil, codeUnverified},
		{"an address that is not the primary one", byEmail(func(p *githubtest.Person) { p.Emails[1].Primary, p.Emails[0].Primary = false, true }), nil, codeUnknownUser},
		{"no primary address", byEmail(func(p *githubtest.Person) { p.Emails[1].Primary = false }), nil, codeUnknownUser},
		{"no address", byEmail(func(p *githubtest.Person) { p.Emails = nil }), nil, codeUnknownUser},
		{"an id of nobody", func(h *hub) {
			h.provider.Resolvers = []Resolver{{By: ID, Annotation: "github.com/user-id"}}
			h.github.Change("ann", func(p *githubtest.Person) { p.ID = 1002 })
		}, nil, codeUnknownUser},

		{"the token endpoint fails", answers(token, says(502, json, "{}")), nil, codeProvider},
		{"the token endpoint leads elsewhere", answers(token, func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "https://evil.example/", http.StatusTemporaryRedirect)
		}), nil, codeProvider},
		{"the token endpoint answers with a page", answers(token, says(200, "text/html", `{"access_token":"x","token_type":"bearer"}`)), nil, codeProvider},
		{"no token", answers(token, says(200, json, `{"token_type":"bearer"}`)), nil, codeRefused},
		{"a token beside an error", answers(token, says(200, json, `{"error":"bad_verification_code","access_token":"x","token_type":"bearer"}`)), nil, codeRefused},
		{"a token of another type", answers(token, says(200, json, `{"access_token":"x","token_type":"mac"}`)), nil, codeRefused},
		{"a token that is none", answers(token, says(200, json, `{"access_token":"x","token_type":"bearer"}`)), nil, codeProvider},
		{"the token endpoint is limited", answers(token, limited), nil, codeProvider},
		{"the token endpoint is silent", silent(token), nil, codeProvider},
		{"an endless token", answers(token, endless(`{"access_token":"`, "x")), nil, codeProvider},

		{"the API fails", answers(user, says(500, json, "{}")), nil, codeProvider},
		{"the API is limited", answers(user, limited), nil, codeProvider},
		{"the API is silent", silent(user), nil, codeProvider},
		{"the API answers with a page", answers(user, says(200, "text/html", `{"id":1001,"login":"ann","type":"User"}`)), nil, codeProvider},
		{"the API answers without a kind", answers(user, says(200, "", `{"id":1001,"login":"ann","type":"User"}`)), nil, codeProvider},
		{"the API answers no JSON", answers(user, says(200, json, `<html>`)), nil, codeProvider},
		{"the API leads elsewhere", answers(user, func(w http.ResponseWriter, r *http.Request) {
			if r.URL.RawQuery == "" {
				http.Redirect(w, r, user+"?elsewhere", http.StatusFound)
				return
			}
			says(200, json, `{"id":1001,"login":"ann","type":"User"}`)(w, r)
		}), nil, codeProvider},
		{"the API never ends", answers(user, endless(`{"id":1001,"login":"ann","type":"User","bio":"`, "x")), nil, codeProvider},
		{"no id", answers(user, says(200, json, `{"login":"ann","type":"User"}`)), nil, codeRefused},
		{"an id as a text", answers(user, says(200, json, `{"id":"1001","login":"ann","type":"User"}`)), nil, codeProvider},
		{"an organisation", answers(user, says(200, json, `{"id":1001,"login":"ann","type":"Organization"}`)), nil, codeRefused},
		{"a robot", answers(user, says(200, json, `{"id":1001,"login":"ann","type":"Bot"}`)), nil, codeRefused},
		{"no login", answers(user, says(200, json, `{"id":1001,"type":"User"}`)), nil, codeRefused},
		{"the organisations cannot be asked for", answers(orgs, says(403, json, `{"message":"the organization has enabled OAuth App access restrictions"}`)), nil, codeProvider},
		{"an invitation, from a server that does not look at what is asked for", answers(orgs, says(200, json, `[{"state":"pending","organization":{"login":"marrowby"}}]`)), nil, codeDenied},
		{"the organisations are no list", answers(orgs, says(200, json, `{"state":"active"}`)), nil, codeProvider},
		{"the organisations never end", answers(orgs, endless(`[`, `{"state":"active","organization":{"login":"x"}},`)), nil, codeProvider},
		{"the pages never end", answers(orgs, says(200, json, "["+strings.Repeat(`{"state":"active","organization":{"login":"x"}},`, 99)+"{}]")), nil, codeDenied},
		{"the teams cannot be asked for", func(h *hub) {
			h.github.Change("ann", func(p *githubtest.Person) { p.Organizations = nil })
			answers(teams, says(404, json, "{}"))(h)
		}, nil, codeProvider},
		{"the addresses cannot be asked for", answers(emails, says(404, json, "{}")), nil, codeProvider},
	}
	t.Logf("wall: S1 | sign-ins: with GitHub | %d", len(tests))
	pool := pgtest.New(t)
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			h := newHub(t, pool, nil)
			h.exec(`DELETE FROM identity_sessions`) // of a case that let somebody in
			if tt.set != nil {
				tt.set(h)
			}
			c := browser()
			asked := h.begin(c)
			var way string
			if tt.back != nil {
				way = tt.back(h, c, asked)
			} else {
				way = h.back(asked, "ann")
			}
			to, body := h.get(c, way)
			if to == nil || to.Path != "/sign-in" || to.Query().Get("error") != tt.want {
				t.Fatalf("leads to %v %s, want the sign-in page with %s", to, body, tt.want)
			}
			if n := h.count(); n != 0 || h.who(c) != "nobody" {
				t.Errorf("%d sessions, and %q is signed in", n, h.who(c))
			}
		})
	}
	t.Run("GitHub is down", func(t *testing.T) {
		gone := httptest.NewServer(http.NotFoundHandler())
		gone.Close()
		h := newHub(t, pool, nil)
		c := browser()
		asked := h.begin(c)
		way := h.back(asked, "ann")
		h.with.URL = gone.URL
		if to, _ := h.get(c, way); to == nil || to.Query().Get("error") != codeProvider || h.count() != 0 {
			t.Errorf("leads to %v, with %d sessions", to, h.count())
		}
	})
	if t.Failed() {
		return
	}
	h := newHub(t, pool, nil)
	if got := h.signIn(browser(), "ann"); got != "/catalog" {
		t.Errorf("with nothing wrong it leads to %s", got)
	}
}
