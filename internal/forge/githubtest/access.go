package githubtest

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
)

// access is what a token may do.
type access struct {
	token        string
	scopes       []string // of a classic token
	owner        string   // the account of an installation; "" for a person's token
	installation int64
	until        time.Time // zero: without end
	used         map[string]int
	reset        map[string]time.Time
}

func (a *access) has(scopes ...string) bool {
	return a.owner != "" || slices.ContainsFunc(scopes, func(s string) bool { return slices.Contains(a.scopes, s) })
}

// sees reports whether a token may read a repository; the caller holds the lock.
func (g *GitHub) sees(a *access, r *Repository) bool {
	if r.Visibility == "public" {
		return true
	}
	if a == nil || !a.until.IsZero() && !g.now().Before(a.until) {
		return false
	}
	return a.owner == "" && a.has("repo") || strings.EqualFold(a.owner, r.Owner)
}

// Token makes a personal access token of the classic kind. Without the scope repo it sees public repositories alone.
func (g *GitHub) Token(scopes ...string) string {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.grant(&access{token: "ghp_" + rand.Text(), scopes: scopes})
}

func (g *GitHub) grant(a *access) string {
	a.used, a.reset = map[string]int{}, map[string]time.Time{}
	g.access[a.token] = a
	return a.token
}

// Revoke makes a token worthless.
func (g *GitHub) Revoke(token string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	delete(g.access, token)
}

// Quota lets each token ask this often in an hour: of REST by requests, of GraphQL by points. 0 is GitHub's 5,000.
func (g *GitHub) Quota(n int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.quota = n
}

// Clock makes now the time of the stand-in.
func (g *GitHub) Clock(now func() time.Time) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.now = now
}

// Largest makes GraphQL give up on pages of more than n repositories with GitHub's 502; 0 is no limit.
func (g *GitHub) Largest(n int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.largest = n
}

// Counts are requests by kind.
type Counts struct{ REST, GraphQL, Git int }

// Counts are the requests so far, of whatever answer.
func (g *GitHub) Counts() Counts {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.counts
}

func (g *GitHub) count(path string) {
	switch {
	case path == "/api/graphql":
		g.counts.GraphQL++
	case strings.HasPrefix(path, "/api/v3/"):
		g.counts.REST++
	case strings.Contains(path, ".git/"):
		g.counts.Git++
	}
}

// spend takes points from a token's quota and says so in the headers. false means that they are used up, which was answered
// where it says so; the caller holds the lock.
func (g *GitHub) spend(h http.Header, a *access, resource string, points int) bool {
	limit := g.limit()
	if now := g.now(); !now.Before(a.reset[resource]) {
		a.used[resource], a.reset[resource] = 0, now.Add(time.Hour).Truncate(time.Second)
	}
	ok := a.used[resource]+points <= limit
	if ok {
		a.used[resource] += points
	} else {
		a.used[resource] = limit
	}
	for name, v := range map[string]int{"Limit": limit, "Remaining": limit - a.used[resource], "Used": a.used[resource]} {
		h.Set("X-RateLimit-"+name, strconv.Itoa(v))
	}
	h.Set("X-RateLimit-Reset", strconv.FormatInt(a.reset[resource].Unix(), 10))
	h.Set("X-RateLimit-Resource", resource)
	return ok
}

func (g *GitHub) limit() int {
	if g.quota > 0 {
		return g.quota
	}
	return 5000
}

// GitHubApp is a GitHub App with its key.
type GitHubApp struct {
	ID         int64
	PrivateKey []byte // PEM
}

type app struct {
	id        int64
	key       *rsa.PublicKey
	installed []*installation
}

type installation struct {
	id        int64
	owner     string
	suspended bool
}

// Keys take a second to make.
var appKey = sync.OnceValues(func() (*rsa.PrivateKey, error) { return rsa.GenerateKey(rand.Reader, 2048) })

// RegisterApp makes a GitHub App and installs it in these accounts.
func (g *GitHub) RegisterApp(owners ...string) GitHubApp {
	key, err := appKey()
	if err != nil {
		panic(err)
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	a := &app{id: int64(4000 + len(g.gitHubApps)), key: &key.PublicKey}
	g.gitHubApps = append(g.gitHubApps, a)
	for _, o := range owners {
		g.install(a, o)
	}
	return GitHubApp{a.id, pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(key)})}
}

func (g *GitHub) install(a *app, owner string) {
	g.made++
	a.installed = append(a.installed, &installation{id: 80_000 + g.made, owner: owner})
}

// Install installs an App in an account; one that was there is removed first, with its tokens.
func (g *GitHub) Install(a GitHubApp, owner string) {
	g.Uninstall(a, owner)
	g.withApp(a, func(a *app) { g.install(a, owner) })
}

// Uninstall removes an App from an account.
func (g *GitHub) Uninstall(a GitHubApp, owner string) {
	g.withApp(a, func(a *app) {
		a.installed = slices.DeleteFunc(a.installed, func(i *installation) bool { return strings.EqualFold(i.owner, owner) })
		for t, o := range g.access {
			if strings.EqualFold(o.owner, owner) {
				delete(g.access, t)
			}
		}
	})
}

// Suspend suspends an App in an account.
func (g *GitHub) Suspend(a GitHubApp, owner string) {
	g.withApp(a, func(a *app) {
		for _, i := range a.installed {
			if strings.EqualFold(i.owner, owner) {
				i.suspended = true
			}
		}
	})
}

func (g *GitHub) withApp(a GitHubApp, do func(*app)) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, o := range g.gitHubApps {
		if o.id == a.ID {
			do(o)
		}
	}
}

// appRoutes are the routes that an App asks in its own name.
func (g *GitHub) appRoutes() {
	g.mux.HandleFunc("GET /api/v3/app/installations", g.asApp(func(w http.ResponseWriter, r *http.Request, a *app) {
		items := []any{}
		for _, i := range a.installed {
			items = append(items, g.installationJSON(base(r), a, i))
		}
		page(w, r, items)
	}))
	for _, path := range []string{"/orgs/{login}/installation", "/users/{login}/installation"} {
		g.mux.HandleFunc("GET /api/v3"+path, g.asApp(func(w http.ResponseWriter, r *http.Request, a *app) {
			for _, i := range a.installed {
				person := g.person(i.owner) != nil
				if strings.EqualFold(i.owner, r.PathValue("login")) && person == strings.HasPrefix(path, "/users") {
					answer(w, http.StatusOK, g.installationJSON(base(r), a, i))
					return
				}
			}
			refuse(w, http.StatusNotFound, "Not Found")
		}))
	}
	g.mux.HandleFunc("POST /api/v3/app/installations/{id}/access_tokens", g.asApp(func(w http.ResponseWriter, r *http.Request, a *app) {
		for _, i := range a.installed {
			if strconv.FormatInt(i.id, 10) != r.PathValue("id") {
				continue
			}
			if i.suspended {
				refuse(w, http.StatusForbidden, "This installation has been suspended")
				return
			}
			until := g.now().Add(time.Hour).UTC().Truncate(time.Second)
			token := g.grant(&access{token: "ghs_" + rand.Text(), owner: i.owner, installation: i.id, until: until})
			answer(w, http.StatusCreated, object{"token": token, "expires_at": until.Format(time.RFC3339), "permissions": object{"contents": "read", "metadata": "read"}, "repository_selection": "all"})
			return
		}
		refuse(w, http.StatusNotFound, "Not Found")
	}))
}

func (g *GitHub) installationJSON(base string, a *app, i *installation) object {
	account, kind := user(base, &Person{ID: number(i.owner), Login: i.owner}), "Organization"
	if p := g.person(i.owner); p != nil {
		account, kind = user(base, p), "User"
	} else {
		account["type"], account["node_id"] = "Organization", node("O", number(i.owner))
	}
	// The account is a person, an organisation or an enterprise, and the document that is published wants all of them at once.
	maps.Copy(account, object{"name": i.owner, "slug": strings.ToLower(i.owner), "created_at": made, "updated_at": made})
	var suspended, by any
	if i.suspended {
		suspended, by = made, account
	}
	at := fmt.Sprintf("%s/api/v3/app/installations/%d", base, i.id)
	return object{
		"id": i.id, "account": account, "repository_selection": "all", "access_tokens_url": at + "/access_tokens", "repositories_url": base + "/api/v3/installation/repositories",
		"html_url": fmt.Sprintf("%s/organizations/%s/settings/installations/%d", base, url.PathEscape(i.owner), i.id), "app_id": a.id, "app_slug": fmt.Sprintf("app-%d", a.id),
		"target_id": account["id"], "target_type": kind, "permissions": object{"contents": "read", "metadata": "read", "members": "read"}, "events": []string{"push", "repository"},
		"created_at": made, "updated_at": made, "single_file_name": nil, "suspended_at": suspended, "suspended_by": by,
	}
}

// asApp answers for the App whose JWT the request carries.
func (g *GitHub) asApp(next func(w http.ResponseWriter, r *http.Request, a *app)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		g.mu.Lock()
		defer g.mu.Unlock()
		text, _ := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
		token, err := jwt.ParseSigned(text, []jose.SignatureAlgorithm{jose.RS256})
		if err != nil {
			refuse(w, http.StatusUnauthorized, "A JSON web token could not be decoded")
			return
		}
		for _, a := range g.gitHubApps {
			var c jwt.Claims
			if token.Claims(a.key, &c) != nil || c.Issuer != strconv.FormatInt(a.id, 10) {
				continue
			}
			now := g.now()
			if c.Expiry == nil || c.IssuedAt == nil || !now.Before(c.Expiry.Time()) || c.Expiry.Time().After(now.Add(10*time.Minute)) || c.IssuedAt.Time().After(now) {
				refuse(w, http.StatusUnauthorized, "'Expiration time' claim ('exp') must be a numeric value representing the future time at which the assertion expires")
				return
			}
			next(w, r, a)
			return
		}
		refuse(w, http.StatusUnauthorized, "Integration not found")
	}
}

// rateLimits tells a token's quotas; it costs nothing.
func (g *GitHub) rateLimits(w http.ResponseWriter, r *http.Request) {
	g.mu.Lock()
	defer g.mu.Unlock()
	_, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	a := g.access[token]
	if a == nil {
		refuse(w, http.StatusUnauthorized, "Bad credentials")
		return
	}
	resources := object{}
	for _, name := range []string{"core", "search", "graphql"} {
		reset := a.reset[name]
		if reset.IsZero() {
			reset = g.now().Add(time.Hour)
		}
		resources[name] = object{"limit": g.limit(), "used": a.used[name], "remaining": g.limit() - a.used[name], "reset": reset.Unix()}
	}
	answer(w, http.StatusOK, object{"resources": resources, "rate": resources["core"]})
}

// VerifiedDomain makes a domain the organisation's own: the addresses of its members there are told.
func (g *GitHub) VerifiedDomain(login, domain string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.verified[strings.ToLower(login)] = domain
}
