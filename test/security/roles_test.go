package security

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"portico/internal/app"
	"portico/internal/errs"
	"portico/internal/httpx"
	"portico/internal/identity"
)

// A role is somebody who may stand before a route. A new kind of caller is one line of roles.
type role struct {
	name  string
	guest bool // of the portal that lets a guest in
	// dress makes requests theirs.
	dress func(*portal) option
	// may says what they may do, written apart from the portal's own roles; nil is nothing.
	may may
	// refused is the status of what they may not.
	refused int
}

var roles = []role{
	{"nobody", false, as(), nil, http.StatusUnauthorized},
	{"a wrong token", false, as(bearer(unknownToken)), nil, http.StatusUnauthorized},
	{"another scheme", false, as(with("Authorization", "Basic d2lkZTp3aWRl")), nil, http.StatusUnauthorized},
	{"a cookie of one's own", false, as(with("Cookie", "portico-session="+strings.Repeat("A", 43)), sameOrigin), nil, http.StatusUnauthorized},
	{"an expired session", false, session("ann", `UPDATE identity_sessions SET expires_at = now() - interval '1 second'`), nil, http.StatusUnauthorized},
	{"an idle session", false, session("ann", `UPDATE identity_sessions SET seen_at = now() - interval '9 hours'`), nil, http.StatusUnauthorized},
	{"a revoked session", false, session("ann", `DELETE FROM identity_sessions`), nil, http.StatusUnauthorized},
	{"a token for another plugin", false, as(bearer(elseToken)), nil, http.StatusForbidden},
	{"a narrow token", false, as(bearer(narrowToken)), readsCatalog, http.StatusForbidden},
	{"a wide token", false, as(bearer(wideToken)), nobodys(byToken(is("admin"))), http.StatusForbidden},
	{"a guest", true, as(sameOrigin, with("X-Forwarded-For", "203.0.113.9")), nobodys(is("viewer")), http.StatusForbidden},
	{"a guest at the machine", true, as(sameOrigin), nobodys(is("admin")), http.StatusForbidden},
	{"somebody signed in", false, session("ann", ""), is("author"), http.StatusForbidden},
	{"an owner", false, session("olga", ""), owning, http.StatusForbidden},
	{"another owner", false, session("oleg", ""), owning, http.StatusForbidden},
	{"an operator", false, session("olive", ""), is("operator"), http.StatusForbidden},
	{"an admin", false, session("ada", ""), is("admin"), http.StatusForbidden},
	{"a narrow personal token", false, personal("ada", "catalog:read", ""), scoped(is("admin"), readScope), http.StatusForbidden},
	{"a wide personal token", false, personal("ada", everyScope, ""), scoped(is("admin"), everything), http.StatusForbidden},
	{"a wide personal token of an author", false, personal("ann", "catalog:read catalog:write ownership:write sources:read audit:read", ""), scoped(is("author"), everything), http.StatusForbidden},
	{"a personal token of an owner", false, personal("olga", "catalog:write", ""), scoped(owning, "catalog.entity.refresh catalog.entity.edit catalog.entity.delete catalog.location.create catalog.location.analyze"), http.StatusForbidden},
	{"a revoked personal token", false, personal("ada", everyScope, `UPDATE identity_tokens SET revoked_at = now() WHERE id = $1`), nil, http.StatusUnauthorized},
	{"an expired personal token", false, personal("ada", everyScope, `UPDATE identity_tokens SET expires_at = now() - interval '1 second' WHERE id = $1`), nil, http.StatusUnauthorized},
	{"a narrow token of a service", false, service("catalog:read"), scoped(is("admin"), readScope), http.StatusForbidden},
	{"a wide token of a service", false, service(everyScope), nobodys(scoped(is("admin"), everything)), http.StatusForbidden},
	{"a code of portico login", false, code, func(p httpx.Permission) bool { return p.Name == "portico.token.redeem" }, http.StatusForbidden},
	{"a Backstage token", false, backstageToken("ann", false), byToken(is("author")), http.StatusForbidden},
	{"a Backstage token of an admin", false, backstageToken("ada", false), byToken(is("admin")), http.StatusForbidden},
	{"a Backstage token that outlived its session", false, backstageToken("ada", true), nil, http.StatusUnauthorized},
	{"a program with a shared key", false, legacy, nobodys(byToken(is("admin"))), http.StatusForbidden},
	{"a program with a published key", false, published, func(p httpx.Permission) bool { return p.Name == "catalog.entity.read" }, http.StatusForbidden},
}

func as(o ...option) func(*portal) option {
	return func(*portal) option {
		return func(r *http.Request) {
			for _, change := range o {
				change(r)
			}
		}
	}
}

// session signs somebody in, as sign-in does, then does to the sessions what the SQL says.
func session(name, sql string) func(*portal) option {
	return func(p *portal) option {
		p.t.Helper()
		if sql != "" {
			if _, err := p.pool.Exec(p.t.Context(), `DELETE FROM identity_sessions`); err != nil {
				p.t.Fatal(err)
			}
		}
		cookie := cookieOf(p, name, false)
		if sql != "" {
			if _, err := p.pool.Exec(p.t.Context(), sql); err != nil {
				p.t.Fatal(err)
			}
		}
		return func(r *http.Request) {
			r.Header.Set("Cookie", cookie.Name+"="+cookie.Value)
			sameOrigin(r)
		}
	}
}

func readsCatalog(p httpx.Permission) bool {
	return p.Action == "read" && strings.HasPrefix(p.Name, "catalog.")
}

// ownWay are the public routes that refuse by themselves whom they have nothing to give: that is no refusal of a role.
var ownWay = map[string]string{
	"GET /api/auth/{provider}/refresh":            "hands a token to the page of whoever signed in with the provider",
	"POST /api/auth/{provider}/refresh":           "the same",
	"GET /api/auth/v1/userinfo":                   "tells whom the token of a user stands for",
	"GET /api/{plugin}/.backstage/auth/v1/cookie": "hands a cookie to the page of whoever is signed in",
	"GET /api/portico/policy/explain":             "answers who is signed in, whatever they may",
	"POST /api/permission/authorize":              "answers people who are signed in, whatever they may, and says 403 to programs",
}

// A route as a request asks for it.
type asked struct {
	httpx.Route
	method, path, body string
}

// question fills in the parameters of a route with what is there, where the portal is asked to do it.
func question(r httpx.Route) asked {
	method, path, _ := strings.Cut(r.Pattern, " ")
	for name, value := range map[string]string{
		"{kind}": "component", "{namespace}": "default", "{name}": "lighthouse", "{provider}": "oidc",
		"{uid}": "00000000-0000-4000-8000-000000000000", "{id}": "00000000-0000-4000-8000-000000000000",
	} {
		path = strings.ReplaceAll(path, name, value)
	}
	for strings.Contains(path, "{") { // parameters that nothing above names
		before, rest, _ := strings.Cut(path, "{")
		_, after, _ := strings.Cut(rest, "}")
		path = before + "x" + after
	}
	a := asked{Route: r, method: method, path: path}
	if method != "GET" && method != "DELETE" {
		a.body = "{}"
	}
	return a
}

func questions() (list []asked) {
	for _, r := range app.Routes() {
		list = append(list, question(r))
	}
	return list
}

// want is the status of a refusal, 0 where the route is open to the role.
func (w *role) want(a httpx.Access) int {
	p, needed := a.Permission()
	if !needed || w.may != nil && w.may(p) {
		return 0
	}
	return w.refused
}

// judged are routes that answer for the entity itself, so that who may do it to what is theirs is refused what is another's.
var judged = map[string]bool{
	"GET /api/portico/entities/{kind}/{namespace}/{name}/proposal":  true,
	"POST /api/portico/entities/{kind}/{namespace}/{name}/proposal": true,
}

// S3: every route for everybody who may stand before it.
func TestS3EveryRouteForEveryRole(t *testing.T) {
	closed, open := start(t, staffed(t, "", "")), start(t, staffed(t, guestToo, ""))
	cells := 0
	for _, q := range questions() {
		if p, needed := q.Access.Permission(); needed && least[p.Name] == "" {
			t.Errorf("%s asks for %s, which is new: say in least which role has it, and in owners and byHand where that is so", q.Pattern, p.Name)
			continue
		}
		for i := range roles {
			w := &roles[i]
			p := closed
			if w.guest {
				p = open
			}
			got := p.do(q.method, q.path, q.body, w.dress(p))
			cells++
			want := w.want(q.Access)
			if want == 0 && judged[q.Pattern] && w.name == "another owner" {
				want = http.StatusForbidden
			}
			switch {
			case want != 0 && got.status != want:
				t.Errorf("%s by %s: %d, want %d: %.200s", q.Pattern, w.name, got.status, want, got.body)
			case want == 0 && ownWay[q.Pattern] != "" && (got.status == http.StatusUnauthorized || strings.Contains(string(got.body), "services do not ask here")):
			case want == 0 && (got.refused() || got.status >= 500 && !idpAway(got)):
				t.Errorf("%s by %s: %d, want to be let in: %.200s", q.Pattern, w.name, got.status, got.body)
			case want != 0 && strings.Contains(string(got.body), "lighthouse") && !strings.Contains(q.path, "lighthouse"):
				t.Errorf("%s by %s: the refusal tells of the catalog: %.200s", q.Pattern, w.name, got.body)
			}
		}
	}
	for pattern := range ownWay {
		if _, needed := routeOf(t, pattern).Access.Permission(); needed {
			t.Errorf("%s is argued to be public, and is not", pattern)
		}
	}
	count(t, "S3", "cells route × role", cells)
	count(t, "S3", "roles", len(roles))
	if len(roles) < 10 {
		t.Errorf("only %d roles", len(roles))
	}
}

// S3: what is one's own is not another's, whatever their role lets them do elsewhere.
func TestS3OnWhatSomebodyOwns(t *testing.T) {
	cells := 0
	var texts strings.Builder
	for i := range roles {
		fmt.Fprintf(&texts, "---\napiVersion: backstage.io/v1alpha1\nkind: Component\nmetadata: {name: owned%02d}\nspec: {type: service, lifecycle: production, owner: keepers}\n", i)
	}
	closed, open := start(t, staffed(t, "", texts.String())), start(t, staffed(t, guestToo, texts.String()))
	refresh, edit, remove := routeOf(t, "POST /api/catalog/refresh"), routeOf(t, "PATCH /api/catalog/entities/by-name/{kind}/{namespace}/{name}/overlay"), routeOf(t, "DELETE /api/catalog/entities/by-uid/{uid}")
	foreign := map[string]bool{"another owner": true}
	for i := range roles {
		w := &roles[i]
		p := closed
		if w.guest {
			p = open
		}
		name := fmt.Sprintf("owned%02d", i)
		uid := p.value(`SELECT uid::text FROM catalog_entities WHERE ref = 'component:default/` + name + `'`)
		for _, q := range []asked{
			{refresh, "POST", "/api/catalog/refresh", `{"entityRef":"component:default/` + name + `"}`},
			{edit, "PATCH", "/api/catalog/entities/by-name/component/default/" + name + "/overlay", `{"fields":{"metadata.title":"Theirs"}}`},
			{remove, "DELETE", "/api/catalog/entities/by-uid/" + uid, ""},
		} {
			cells++
			want := w.want(q.Access)
			if foreign[w.name] && q.method != "POST" {
				want = http.StatusForbidden // the role opens the door, and this is not theirs
			}
			got := p.do(q.method, q.path, q.body, w.dress(p))
			if want != 0 && got.status != want || want == 0 && got.status/100 != 2 {
				t.Errorf("%s of what keepers own by %s: %d, want %d (0 is a success): %.200s", q.Pattern, w.name, got.status, want, got.body)
			}
			if there := p.value(`SELECT count(*)::text FROM catalog_entities WHERE removed_at IS NULL AND uid = '` + uid + `'`); q.method == "DELETE" && (there == "1") != (want != 0) {
				t.Errorf("after the removal by %s there are %s of it", w.name, there)
			}
		}
	}
	count(t, "S3", "cells of what somebody owns × role", cells)
}

// idpAway tells that a provider was asked that nobody can reach.
func idpAway(r *reply) bool { return r.status == errs.Unavailable.Status() }

// S3: a route without a rule stops the boot, and so do two that differ in case alone.
func TestS3NoRouteWithoutARule(t *testing.T) {
	h := func(http.ResponseWriter, *http.Request) error { return nil }
	rule := httpx.Public("a test")
	for name, routes := range map[string][]httpx.Route{
		"no rule":            {{Pattern: "GET /api/x", Handler: h}},
		"no method":          {{Pattern: "/api/x", Handler: h, Access: rule}},
		"no handler":         {{Pattern: "GET /api/x", Access: rule}},
		"a change unaudited": {{Pattern: "POST /api/x", Handler: h, Access: httpx.Require(httpx.Permission{Name: "x.y.z", Action: "create"})}},
		"only case differs":  {{Pattern: "GET /api/x", Handler: h, Access: rule}, {Pattern: "GET /API/x", Handler: h, Access: rule}},
		"only a name":        {{Pattern: "GET /api/{x}", Handler: h, Access: rule}, {Pattern: "GET /api/{y}", Handler: h, Access: rule}},
	} {
		g := new(httpx.Registry)
		g.Add(routes...)
		if _, err := g.Handler(httpx.Options{}); err == nil {
			t.Errorf("%s: the portal would start", name)
		}
	}
}

// cookieOf signs somebody in and returns the cookie that their browser gets.
func cookieOf(p *portal, name string, secure bool) *http.Cookie {
	p.t.Helper()
	s := &identity.Sessions{DB: p.pool, Secure: secure}
	w := httptest.NewRecorder()
	account := identity.Account{Issuer: "https://idp.invalid", Subject: name, Provider: "oidc", UserRef: "user:default/" + name, DisplayName: name}
	if err := s.Start(p.t.Context(), w, httptest.NewRequest("GET", "/", nil), account); err != nil {
		p.t.Fatal(err)
	}
	return w.Result().Cookies()[0]
}

// routeOf is the route with the pattern.
func routeOf(t *testing.T, pattern string) httpx.Route {
	t.Helper()
	for _, r := range app.Routes() {
		if r.Pattern == pattern {
			return r
		}
	}
	t.Fatalf("there is no route %s", pattern)
	return httpx.Route{}
}
