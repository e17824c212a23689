package compat

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const rulesOfTheHouse = `
@id("freeze")
@description("nothing is registered before the audit")
forbid (principal, action == Action::"catalog.location.create", resource);

@id("teams-refresh")
permit (principal is User, action == Action::"catalog.entity.delete", resource is Entity)
when { principal in resource.owners };

@id("web-is-hidden")
forbid (principal is Guest, action == Action::"catalog.entity.read", resource is Entity)
when { resource.name == "Web" };
`

const ruled = `
portico:
  policies:
    paths: [rules]
    roles: {operator: [group:default/team-a]}
`

type explanation struct {
	Principal, Permission, Entity, Why string
	Allowed                            bool
	Policies                           []struct{ ID, Effect, At, Words string }
	Roles, Groups, WouldAllow          []string
}

// startRuled starts a portal with policies; write replaces them.
func startRuled(t *testing.T, logs string) (p *portal, write func(text string)) {
	t.Helper()
	s := smallSetup(t, guest+ruled)
	s.logs = logs
	write = func(text string) {
		t.Helper()
		if err := os.MkdirAll(filepath.Join(s.dir, "rules"), 0o750); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(s.dir, "rules", "house.cedar"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write(rulesOfTheHouse)
	return start(t, s), write
}

func TestPoliciesAreAsked(t *testing.T) {
	p, _ := startRuled(t, "")
	e := p.post("/api/catalog/locations", `{"type":"url","target":"https://example.com/x.yaml"}`).refused(403, "catalog.location.create", `"freeze"`, "before the audit", "house.cedar:2")
	if strings.Contains(e.Error.Message+e.Error.Remedy, p.Dir) {
		t.Errorf("it is told where the portal keeps its files: %s", e.Error.Message)
	}
	p.do("DELETE", "/api/catalog/entities/by-uid/none", "", anonymous, sameOrigin).refused(403, "no policy permits it", "operator or admin")

	var x explanation
	explain := func(query string, o ...option) explanation {
		t.Helper()
		var x explanation
		p.get("/api/portico/policy/explain?"+query, o...).ok().into(&x)
		return x
	}
	x = explain("permission=catalog.entity.delete&entity=component:default/web&principal=user:default/ben")
	if !x.Allowed || !slices.Contains(x.Groups, "group:default/team-a") || !slices.Contains(x.Roles, "operator") || len(x.Policies) != 2 {
		t.Errorf("an owner, and an operator by the group above their own: %+v", x)
	}
	x = explain("permission=catalog.entity.delete&entity=component:default/web&principal=user:default/cyd")
	if x.Allowed || !strings.Contains(x.Why, "no policy permits it") || !slices.Equal(x.WouldAllow, []string{"operator", "admin"}) {
		t.Errorf("nobody of the owners: %+v", x)
	}
	x = explain("permission=catalog.entity.read&entity=component:default/WEB&principal=guest")
	if x.Allowed || len(x.Policies) != 1 || x.Policies[0].ID != "web-is-hidden" || x.Policies[0].Effect != "forbid" || x.Principal != "user:development/guest" || len(x.WouldAllow) > 0 {
		t.Errorf("what is hidden from guests: %+v", x)
	}
	if x = explain("permission=catalog.entity.read", anonymous); !x.Allowed || x.Principal != "user:development/guest" || !slices.Equal(x.Roles, []string{"viewer"}) {
		t.Errorf("oneself: %+v", x)
	}
	x = explain("permission=catalog.entity.delete", bearer(readOnlyToken))
	if x.Allowed || !strings.Contains(x.Why, "this token was not made for catalog.entity.delete") {
		t.Errorf("a token that only reads: %+v", x)
	}
	x = explain("permission=catalog.entity.read", bearer(elsewhere))
	if x.Allowed || !strings.Contains(x.Why, "this token was not made for catalog.entity.read") {
		t.Errorf("a token that reads nothing: %+v", x)
	}
	p.get("/api/portico/policy/explain?permission=catalog.entity.delete&entity=component:default/web", bearer(elsewhere)).refused(404, "that you can see")
	x = explain("permission=catalog.entity.delete&principal=service:reader")
	if !x.Allowed || !strings.Contains(x.Why, "accessRestrictions of its token may narrow that") {
		t.Errorf("another's token: %+v", x)
	}
	for _, q := range []string{"permission=portico.token.manage", "permission=portico.me.manage", "permission=portico.token.manage&principal=service:reader"} {
		if x = explain(q); x.Allowed { // as POST /api/portico/tokens has it
			t.Errorf("%s, which no token may: %+v", q, x)
		}
	}
	p.get("/api/portico/policy/explain?permission=catalog.entity.read&principal=user:default/ana", anonymous).refused(403, "portico.policy.explain")
	p.get("/api/portico/policy/explain?permission=catalog.entity.read&principal=ana").refused(400, "user:default/ana")
	p.get("/api/portico/policy/explain?permission=catalog.entity.reed").refused(400, "catalog.entity.read")
	p.get("/api/portico/policy/explain").refused(400, "missing")
	p.get("/api/portico/policy/explain?permission=catalog.location.create&entity=component:default/web").refused(400, "not about an entity")
	hidden := p.get("/api/portico/policy/explain?permission=catalog.entity.read&entity=component:default/web", anonymous).refused(404)
	absent := p.get("/api/portico/policy/explain?permission=catalog.entity.read&entity=component:default/wep", anonymous).refused(404)
	if strings.ReplaceAll(absent.Error.Message, "wep", "web") != hidden.Error.Message {
		t.Errorf("what is hidden is told apart from what is not there: %q, %q", hidden.Error.Message, absent.Error.Message)
	}
}

func TestPoliciesAreReadAnew(t *testing.T) {
	p, write := startRuled(t, "the policies cannot be used")
	type status struct {
		Generation int
		Files      []string
		Error      string
	}
	now := func() (s status) {
		p.get("/api/portico/policy").ok().into(&s)
		return s
	}
	if s := now(); s.Generation != 1 || len(s.Files) != 1 || s.Error != "" {
		t.Fatalf("at first: %+v", s)
	}
	write("forbid (")
	p.until("a file that cannot be used is told of", func() bool { return strings.Contains(now().Error, "house.cedar:1:") })
	p.post("/api/catalog/locations?dryRun=true", `{}`).refused(403, "freeze")
	write("// nothing is forbidden any more\n")
	p.until("a file that can be used counts", func() bool { s := now(); return s.Generation == 2 && s.Error == "" })
	p.post("/api/catalog/locations?dryRun=true", `{}`).refused(400)
}

func TestAuthorize(t *testing.T) {
	p, _ := startRuled(t, "")
	ask := func(items string) *reply {
		return p.post("/api/permission/authorize", `{"items":[`+items+`]}`, anonymous, sameOrigin)
	}
	const read = `"permission":{"type":"resource","name":"catalog.entity.read","attributes":{"action":"read"},"resourceType":"catalog-entity"}`
	tests := []struct{ name, items, want string }{
		{"basic", `{"id":"1","permission":{"type":"basic","name":"catalog.location.create","attributes":{"action":"create"}}}`, `{"items":[{"id":"1","result":"DENY"}]}`},
		{"a resource", `{"id":"1",` + read + `,"resourceRef":"Component:default/Cart"}`, `{"items":[{"id":"1","result":"ALLOW"}]}`},
		{"several, hidden and absent alike", `{"id":"1",` + read + `,"resourceRef":["component:default/cart","component:default/web","component:default/none"]}`, `{"items":[{"id":"1","result":["ALLOW","DENY","DENY"]}]}`},
		{"none of several", `{"id":"1",` + read + `,"resourceRef":[]}`, `{"items":[{"id":"1","result":[]}]}`},
		{"what nothing here has", `{"id":"1","permission":{"type":"basic","name":"scaffolder.task.read","attributes":{"action":"read"}}}`, `{"items":[{"id":"1","result":"DENY"}]}`},
		{"no questions", ``, `{"items":[]}`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := strings.TrimSpace(string(ask(tt.items).ok().body)); got != tt.want {
				t.Errorf("%s, want %s", got, tt.want)
			}
		})
	}
	ask(`{"id":"1",`+read+`}`).refused(400, "resourceRef")
	ask(`{"id":"1","permission":{"type":"basic","name":"catalog.entity.read"}}`).refused(400, "resourceRef")
	ask(`{"id":"1","permission":{"type":"basic","name":"catalog.location.read"},"resourceRef":"component:default/cart"}`).refused(400, "resourceRef")
	ask(`{"id":"1",`+read+`,"resourceRef":{}}`).refused(400, "resourceRef")
	ask(`{"id":"1"}`).refused(400, "permission")
	p.post("/api/permission/authorize", `{"items":[]}`).refused(403, "services")
	p.post("/api/permission/authorize", `{"items":[]}`, anonymous).refused(403)
}
