package compat

import (
	"bytes"
	"encoding/json"
	"maps"
	"net/http"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"portico/internal/app"
	"portico/internal/testenv"
)

// rule is what this test expects of a route, written down apart from the registry: who may, and whether whoever only
// reads may.
type rule struct {
	access string // a permission, or "public"
	reads  bool
}

// rules has every route. One that is added to the registry without a line here fails the test.
var rules = map[string]rule{
	"GET /.backstage/health/v1/liveness":  {"public", true},
	"GET /.backstage/health/v1/readiness": {"public", true},
	"GET /api/portico/session":            {"public", true},
	"GET /api/portico/audit":              {"portico.audit.read", true},
	"GET /api/portico/audit/export":       {"portico.audit.read", true},
	"GET /api/portico/audit/status":       {"portico.audit.read", true},
	"POST /api/portico/session/end":       {"public", true},
	"GET /api/portico/policy":             {"portico.policy.read", true},
	"GET /api/portico/policy/explain":     {"public", true},

	"POST /api/permission/authorize":                              {"public", true},
	"GET /api/permission/health":                                  {"public", true},
	"GET /api/catalog/.well-known/backstage/permissions/metadata": {"catalog.entity.read", true},

	"GET /api/portico/me":                      {"portico.me.read", true},
	"GET /api/portico/me/sessions":             {"portico.me.read", true},
	"DELETE /api/portico/me/sessions/{id}":     {"portico.me.manage", false},
	"POST /api/portico/me/sessions/end-others": {"portico.me.manage", false},
	"GET /api/portico/me/tokens":               {"portico.me.read", true},
	"POST /api/portico/me/tokens":              {"portico.me.manage", false},
	"DELETE /api/portico/me/tokens/{id}":       {"portico.me.manage", false},
	"POST /api/portico/me/login":               {"portico.me.manage", false},
	"GET /api/portico/me/settings":             {"portico.settings.read", true},
	"GET /api/portico/tokens":                  {"portico.token.manage", false},
	"POST /api/portico/tokens":                 {"portico.token.manage", false},
	"POST /api/portico/tokens/{id}/rotate":     {"portico.token.manage", false},
	"DELETE /api/portico/tokens/{id}":          {"portico.token.manage", false},
	"POST /api/portico/people/end":             {"portico.token.manage", false},
	"POST /api/portico/token":                  {"portico.token.redeem", false},
	"DELETE /api/portico/token":                {"portico.token.end", false},

	"GET /api/portico/ownership/inbox":                              {"ownership.claim.read", true},
	"GET /api/portico/ownership/entities/{kind}/{namespace}/{name}": {"ownership.claim.read", true},
	"GET /api/portico/ownership/findings":                           {"ownership.claim.read", true},
	"POST /api/portico/ownership/decisions":                         {"ownership.claim.decide", false},
	"POST /api/portico/ownership/claims":                            {"ownership.claim.create", false},

	"GET /api/user-settings/buckets/{bucket}/keys/{key}":    {"portico.settings.read", true},
	"PUT /api/user-settings/buckets/{bucket}/keys/{key}":    {"portico.settings.manage", false},
	"DELETE /api/user-settings/buckets/{bucket}/keys/{key}": {"portico.settings.manage", false},
	"POST /api/user-settings/multiget":                      {"portico.settings.read", true},

	"GET /api/auth/{provider}/start":         {"public", true},
	"GET /api/auth/{provider}/handler/frame": {"public", true},
	"POST /api/auth/{provider}/logout":       {"public", true},

	"GET /api/auth/{provider}/refresh":               {"public", true},
	"POST /api/auth/{provider}/refresh":              {"public", true},
	"GET /api/auth/.well-known/openid-configuration": {"public", true},
	"GET /api/auth/.well-known/jwks.json":            {"public", true},
	"GET /api/auth/v1/userinfo":                      {"public", true},
	"GET /api/{plugin}/.backstage/auth/v1/jwks.json": {"public", true},
	"GET /api/{plugin}/.backstage/auth/v1/cookie":    {"public", true},
	"DELETE /api/{plugin}/.backstage/auth/v1/cookie": {"public", true},

	"POST /api/catalog/refresh":                                                   {"catalog.entity.refresh", false},
	"GET /api/catalog/entities":                                                   {"catalog.entity.read", true},
	"GET /api/catalog/entities/by-uid/{uid}":                                      {"catalog.entity.read", true},
	"DELETE /api/catalog/entities/by-uid/{uid}":                                   {"catalog.entity.delete", false},
	"POST /api/catalog/entities/by-uid/{uid}/remove":                              {"catalog.entity.delete", false},
	"POST /api/catalog/entities/by-uid/{uid}/restore":                             {"catalog.ingestion.manage", false},
	"GET /api/catalog/entities/by-name/{kind}/{namespace}/{name}":                 {"catalog.entity.read", true},
	"GET /api/catalog/entities/by-name/{kind}/{namespace}/{name}/ancestry":        {"catalog.entity.read", true},
	"GET /api/catalog/entities/by-name/{kind}/{namespace}/{name}/history":         {"catalog.entity.read", true},
	"GET /api/catalog/entities/by-name/{kind}/{namespace}/{name}/source":          {"catalog.entity.read", true},
	"GET /api/catalog/entities/by-name/{kind}/{namespace}/{name}/stars":           {"catalog.entity.read", true},
	"POST /api/catalog/entities/by-refs":                                          {"catalog.entity.read", true},
	"GET /api/catalog/entities/by-query":                                          {"catalog.entity.read", true},
	"POST /api/catalog/entities/by-query":                                         {"catalog.entity.read", true},
	"GET /api/catalog/entity-facets":                                              {"catalog.entity.read", true},
	"POST /api/catalog/entity-facets":                                             {"catalog.entity.read", true},
	"GET /api/catalog/changes":                                                    {"catalog.entity.read", true},
	"POST /api/catalog/locations":                                                 {"catalog.location.create", false},
	"GET /api/catalog/locations":                                                  {"catalog.location.read", true},
	"POST /api/catalog/locations/by-query":                                        {"catalog.location.read", true},
	"GET /api/catalog/locations/{id}":                                             {"catalog.location.read", true},
	"PUT /api/catalog/locations/{id}":                                             {"catalog.location.delete", false},
	"DELETE /api/catalog/locations/{id}":                                          {"catalog.location.delete", false},
	"GET /api/catalog/locations/by-entity/{kind}/{namespace}/{name}":              {"catalog.location.read", true},
	"POST /api/catalog/analyze-location":                                          {"catalog.location.analyze", false},
	"POST /api/catalog/validate-entity":                                           {"catalog.entity.validate", true},
	"GET /api/catalog/entities/by-name/{kind}/{namespace}/{name}/consequences":    {"catalog.entity.read", true},
	"GET /api/catalog/entities/export":                                            {"catalog.entity.read", true},
	"GET /api/catalog/graph/path":                                                 {"catalog.entity.read", true},
	"GET /api/catalog/graph":                                                      {"catalog.entity.read", true},
	"GET /api/catalog/entities/by-name/{kind}/{namespace}/{name}/provenance":      {"catalog.entity.read", true},
	"PATCH /api/catalog/entities/by-name/{kind}/{namespace}/{name}/overlay":       {"catalog.entity.edit", false},
	"GET /api/portico/entities/{kind}/{namespace}/{name}/proposal":                {"catalog.entity.edit", false},
	"POST /api/portico/entities/{kind}/{namespace}/{name}/proposal":               {"catalog.entity.edit", false},
	"GET /api/catalog/owner-aliases":                                              {"catalog.ingestion.read", true},
	"PUT /api/catalog/owner-aliases":                                              {"catalog.ingestion.manage", false},
	"DELETE /api/catalog/owner-aliases/{kind}/{namespace}/{name}":                 {"catalog.ingestion.manage", false},
	"GET /api/catalog/sources":                                                    {"catalog.ingestion.read", true},
	"GET /api/catalog/problems":                                                   {"catalog.ingestion.read", true},
	"GET /api/catalog/removed":                                                    {"catalog.ingestion.read", true},
	"POST /api/catalog/removed/restore":                                           {"catalog.ingestion.manage", false},
	"POST /api/catalog/missing/restore":                                           {"catalog.ingestion.manage", false},
	"POST /api/catalog/sources/{id}/refresh":                                      {"catalog.ingestion.manage", false},
	"POST /api/catalog/sources/{id}/held":                                         {"catalog.ingestion.manage", false},
	"GET /api/catalog/find":                                                       {"catalog.entity.read", true},
	"GET /api/portico/coverage":                                                   {"catalog.entity.read", true},
	"GET /api/portico/coverage/teams":                                             {"catalog.entity.read", true},
	"GET /api/portico/coverage/trend":                                             {"catalog.entity.read", true},
	"GET /api/portico/coverage/gaps":                                              {"catalog.entity.read", true},
	"GET /api/catalog/owned":                                                      {"catalog.entity.read", true},
	"GET /api/catalog/owned/changes":                                              {"catalog.entity.read", true},
	"GET /api/catalog/entities/by-name/{kind}/{namespace}/{name}/history/compare": {"catalog.entity.read", true},

	"GET /api/portico/providers":                         {"catalog.ingestion.read", true},
	"GET /api/portico/providers/{provider}/repositories": {"catalog.ingestion.read", true},
	"POST /api/portico/webhooks/{provider}":              {"public", true},
	"POST /api/events/http/{topic}":                      {"public", true},
}

const guest = "\nauth:\n  providers: {guest: {}}\n"

// operators is the configuration of a portal whose guest sits at the machine.
const operators = "\nportico: {guest: {operator: true}, limits: {failedSignIns: 0}}\n"

// tries is the configuration of a portal that looks at any number of wrong tokens.
const tries = "\nportico: {limits: {failedSignIns: 0}}\n"

// elsewhereToo is the configuration of a portal that others can reach: its guest only reads, whatever is asked for.
const elsewhereToo = operators + "\napp: {baseUrl: \"https://portal.example.com\"}\n"

var parameter = regexp.MustCompile(`\{\w+\}`)

// sameOrigin is what a browser says of a request from the portal's own pages.
var sameOrigin = with("Sec-Fetch-Site", "same-origin")

// Every route of the registry, for everybody who may stand before it.
func TestAccess(t *testing.T) {
	closed := startSmall(t, tries)
	open := startSmall(t, guest+elsewhereToo)
	plain := startSmall(t, guest+tries)
	here := startSmall(t, guest+operators)
	const yes, unknown, forbidden = 0, 401, 403
	people := []struct {
		name   string
		portal *portal
		o      []option
		may    func(rule) int // yes, or the status of the refusal
	}{
		{"nobody, where no guest is let in", closed, []option{anonymous}, func(rule) int { return unknown }},
		{"a wrong token", closed, []option{bearer("compat-nobody-knows-this-one")}, func(rule) int { return unknown }},
		{"a wrong token, where a guest is let in", open, []option{bearer("compat-nobody-knows-this-one")}, func(rule) int { return unknown }},
		{"another scheme", open, []option{with("Authorization", "Basic YTpi")}, func(rule) int { return unknown }},
		{"a token without its scheme", closed, []option{with("Authorization", fullToken)}, func(rule) int { return unknown }},
		{"a token for another plugin", closed, []option{bearer(elsewhere)}, func(rule) int { return forbidden }},
		{"a token that only reads", closed, []option{bearer(readOnlyToken)}, ifReads},
		{"a token that may do everything", closed, nil, ifToken},
		{"a guest whom others could be", open, []option{anonymous, sameOrigin}, ifGuest},
		{"a guest on this machine, who was given no more", plain, []option{anonymous, sameOrigin}, ifGuest},
		{"a guest on this machine, through a proxy", here, []option{anonymous, sameOrigin, with("X-Forwarded-For", "203.0.113.9")}, ifGuest},
		{"a guest on this machine", here, []option{anonymous, sameOrigin}, func(rule) int { return yes }},
		{"a guest under a name that is not the portal's", here, []option{anonymous, sameOrigin, func(r *http.Request) { r.Host = "evil.example" }}, func(rule) int { return forbidden }},
		{"another site in a guest's browser", here, []option{anonymous, with("Sec-Fetch-Site", "cross-site"), with("Origin", "https://evil.example")}, nil},
	}
	seen := map[string]bool{}
	for _, route := range app.Routes() {
		seen[route.Pattern] = true
		want, known := rules[route.Pattern]
		if !known {
			t.Errorf("%s (%s) is new: say in this test who may use it", route.Pattern, route.Access)
			continue
		}
		permission, needed := route.Access.Permission()
		if got := permission.Name; needed && got != want.access || !needed && want.access != "public" || needed && (permission.Action == "read") != want.reads {
			t.Errorf("%s: the rule is %s (%s), want %+v", route.Pattern, route.Access, permission.Action, want)
		}
		method, path, _ := strings.Cut(route.Pattern, " ")
		path = parameter.ReplaceAllString(path, "none")
		body := ""
		if method == "POST" || method == "PUT" {
			body = "{}"
		}
		for _, who := range people {
			t.Run(route.Pattern+" by "+who.name, func(t *testing.T) {
				may := who.may
				if may == nil { // reads of another site are harmless: it cannot see the answer
					may = func(rule) int {
						if method == "GET" {
							return yes
						}
						return forbidden
					}
				}
				r := who.portal.in(t).do(method, path, body, who.o...)
				status := may(want)
				changesFromElsewhere := who.may == nil && method != "GET"
				if want.access == "public" && !strings.Contains(who.name, "name that is not") && !changesFromElsewhere {
					status = yes
				}
				if route.Signed {
					status = yes // whoever sends it, and from where, counts for nothing; its signature does
				}
				if status == yes && strings.HasPrefix(want.access, "portico.settings.") {
					status = forbidden // nobody here is somebody who signed in
				}
				if asks := "GET /api/auth/v1/userinfo"; route.Pattern == asks && status == yes {
					status = unknown // it is public, and looks itself for the token of a user
				}
				if asks := "POST /api/permission/authorize"; route.Pattern == asks && status == yes {
					status = authorizes(who.name) // it is public, and looks itself who is signed in
				}
				if asks := "GET /api/portico/policy/explain"; route.Pattern == asks && status == yes && authorizes(who.name) == unknown {
					status = unknown // as that, but for services too
				}
				if status != yes {
					e := r.refused(status)
					if e.Error.Remedy == "" {
						t.Errorf("nothing says what to do: %q", e.Error.Message)
					}
					if status == unknown && !strings.HasPrefix(r.header.Get("WWW-Authenticate"), "Bearer ") {
						t.Errorf("WWW-Authenticate is %q", r.header.Get("WWW-Authenticate"))
					}
					return
				}
				if r.status == unknown || r.status == forbidden || r.status >= 500 || bytes.Contains(r.body, []byte("there is no "+method+" ")) {
					t.Errorf("got %d %s", r.status, r.body)
				}
			})
		}
	}
	for pattern := range rules {
		if !seen[pattern] {
			t.Errorf("%s is not in the registry any more", pattern)
		}
	}
}

// authorizes is what Backstage's question for permissions is answered: a person whatever they may do, no service, and nobody
// who is not signed in.
func authorizes(who string) int {
	switch {
	case strings.HasPrefix(who, "a token "), strings.HasPrefix(who, "everything"):
		if who == "a token without its scheme" {
			return 401
		}
		return 403
	case strings.HasPrefix(who, "nobody"), strings.HasPrefix(who, "a wrong token"), who == "another scheme":
		return 401
	}
	return 0
}

// forPeople are the permissions that no token has: what makes tokens and ends sessions is done by somebody in a browser.
var forPeople = []string{"portico.me.read", "portico.me.manage", "portico.settings.read", "portico.settings.manage", "portico.token.manage"}

// ifToken is for a token that may do whatever tokens may.
func ifToken(r rule) int {
	if slices.Contains(forPeople, r.access) {
		return 403
	}
	return 0
}

// ifReads is for a token that reads the catalog.
func ifReads(r rule) int {
	if r.reads && !strings.HasPrefix(r.access, "portico.") && !strings.HasPrefix(r.access, "ownership.") {
		return 0
	}
	return 403
}

// ifGuest is for those who read the catalog, and not how it comes about.
func ifGuest(r rule) int {
	if r.reads && r.access != "portico.settings.read" && r.access != "catalog.ingestion.read" && r.access != "portico.audit.read" && r.access != "portico.policy.read" {
		return 0
	}
	return 403
}

// What the session says one may do is what the routes let one do.
func TestSessionSaysWhoMayWhat(t *testing.T) {
	closed, open := startSmall(t, ""), startSmall(t, guest+elsewhereToo)
	// To explain the decisions about others takes a permission of its own, for a parameter.
	all, reading, visiting := map[string]bool{"portico.policy.explain": true}, map[string]bool{}, map[string]bool{}
	for _, r := range rules {
		if r.access != "public" {
			if ifToken(r) == 0 {
				all[r.access] = true
			}
			if ifReads(r) == 0 {
				reading[r.access] = true
			}
			if ifGuest(r) == 0 {
				visiting[r.access] = true
			}
		}
	}
	tests := []struct {
		name     string
		portal   *portal
		o        option
		signedIn bool
		want     map[string]bool
	}{
		{"nobody", closed, anonymous, false, nil},
		{"a wrong token", closed, bearer("compat-nobody-knows-this-one"), false, nil},
		{"everything", closed, bearer(fullToken), true, all},
		{"only reading", closed, bearer(readOnlyToken), true, reading},
		{"another plugin", closed, bearer(elsewhere), true, nil},
		{"a guest", open, anonymous, true, visiting},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var got struct {
				SignedIn    bool
				Permissions []string
			}
			tt.portal.in(t).get("/api/portico/session", tt.o).ok().into(&got)
			have := map[string]bool{}
			for _, p := range got.Permissions {
				have[p] = true
			}
			if tt.want == nil {
				tt.want = map[string]bool{}
			}
			if d := cmp.Diff(tt.want, have); d != "" || got.SignedIn != tt.signedIn {
				t.Errorf("signed in %t; permissions (-want +got):\n%s", got.SignedIn, d)
			}
		})
	}
}

// rolesOf are the roles that the command tells of, for one permission of each kind.
var rolesOf = map[string]string{
	"catalog.entity.read":      "viewer author operator admin",
	"catalog.entity.refresh":   "owner author operator admin",
	"catalog.entity.edit":      "owner operator admin",
	"catalog.entity.delete":    "owner operator admin",
	"catalog.ingestion.read":   "author operator admin",
	"catalog.ingestion.manage": "operator admin",
	"portico.token.manage":     "admin",
}

// The command lists the registry that the server goes by.
func TestRoutesCommand(t *testing.T) {
	root := testenv.Repo(t)
	binary := filepath.Join(t.TempDir(), "portico")
	build := exec.CommandContext(t.Context(), "go", "build", "-o", binary, "./cmd/portico")
	build.Dir = root
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	out, err := exec.CommandContext(t.Context(), binary, "routes", "--json").Output()
	if err != nil {
		t.Fatal(err)
	}
	var lines []struct {
		Method, Path, Access, Permission string
		Roles                            []string
	}
	if err := json.Unmarshal(out, &lines); err != nil {
		t.Fatalf("%v in %s", err, out)
	}
	var got, want []string
	left := maps.Clone(rolesOf)
	for _, l := range lines {
		got = append(got, l.Method+" "+l.Path+" "+l.Access)
		if all := "viewer owner author operator admin"; l.Permission == "" && strings.Join(l.Roles, " ") != all {
			t.Errorf("%s %s is public, and is for %v", l.Method, l.Path, l.Roles)
		} else if want, told := rolesOf[l.Permission]; told && strings.Join(l.Roles, " ") != want {
			t.Errorf("%s %s is for %v, want %s", l.Method, l.Path, l.Roles, want)
		} else if told {
			delete(left, l.Permission)
		}
	}
	for _, r := range app.Routes() {
		want = append(want, r.Pattern+" "+r.Access.String())
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("(-registry +command):\n%s", d)
	}
	for permission := range left {
		t.Errorf("no route asks for %s", permission)
	}
	text, err := exec.CommandContext(t.Context(), binary, "routes").Output()
	if err != nil {
		t.Fatal(err)
	}
	plain := strings.Split(strings.TrimSpace(string(text)), "\n")
	for i, line := range plain {
		plain[i] = strings.Join(strings.Fields(line), " ")
	}
	if !slices.Equal(plain, want) {
		t.Errorf("(-registry +command):\n%s", cmp.Diff(want, plain))
	}
}
