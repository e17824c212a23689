package policy

import (
	"encoding/json"
	"strings"
	"testing"
)

// What anybody may do is answered to who may nothing, too.
func TestAuthorizeForWhoMayNothing(t *testing.T) {
	t.Parallel()
	p := start(t, files(true), `forbid (principal is User, action, resource);`)
	ben := p.signIn("ben")
	p.do("GET", pathOf("component:default/depot"), "", ben).is(403, "catalog.entity.read")
	const items = `{"items":[
		{"id":"1","permission":{"type":"basic","name":"catalog.location.create","attributes":{"action":"create"}}},
		{"id":"2","permission":{"type":"resource","name":"catalog.entity.read","resourceType":"catalog-entity"},"resourceRef":["component:default/depot","component:default/none"]}]}`
	if got := p.do("POST", "/api/permission/authorize", items, ben).is(200).body; strings.TrimSpace(got) != `{"items":[{"id":"1","result":"DENY"},{"id":"2","result":["DENY","DENY"]}]}` {
		t.Errorf("who may nothing is told %s", got)
	}
	p.do("POST", "/api/permission/authorize", items).is(401, "nobody is signed in", "remedy")
	p.do("POST", "/api/permission/authorize", items, bearer("nobody-knows-this-token")).is(401, "remedy")
	p.do("POST", "/api/permission/authorize", items, bearer(opsToken)).is(403, "services do not ask here")
	p.do("POST", "/api/permission/authorize", items, ben, with("Sec-Fetch-Site", "cross-site"), with("Origin", "https://evil.example")).is(403)
}

// Who may nothing is told why; of what they may not read, nothing.
func TestExplainingToWhoMayNothing(t *testing.T) {
	t.Parallel()
	p := start(t, files(true), `@id("none") forbid (principal is User, action, resource);`)
	ben := p.signIn("ben")
	const explain = "/api/portico/policy/explain?permission="
	p.do("GET", explain+"catalog.location.create", "", ben).is(200, `"allowed":false`, `"none"`, `"principal":"user:default/ben"`, `"groups":["user:default/ben"]`)
	hidden := p.do("GET", explain+"catalog.entity.read&entity=component:default/depot", "", ben).is(404, "that you can see")
	absent := p.do("GET", explain+"catalog.entity.read&entity=component:default/depoz", "", ben).is(404)
	if same := strings.NewReplacer("depoz", "depot").Replace(absent.body); len(same) != len(hidden.body) {
		t.Errorf("what is hidden is told apart from what is not there: %s, %s", hidden.body, absent.body)
	}
	p.do("GET", explain+"catalog.entity.read&principal=user:default/ann", "", ben).is(403, "portico.policy.explain")
	p.do("GET", explain+"catalog.entity.read", "").is(401, "nobody is signed in", "remedy")
	p.do("GET", explain+"catalog.entity.read", "", bearer("nobody-knows-this-token")).is(401, "remedy")
}

// A token that is not made for reading tells no more of its owner than their name.
func TestExplainingToATokenThatReadsNothing(t *testing.T) {
	t.Parallel()
	p := start(t, files(true), ``)
	ben := p.signIn("ben")
	const explain = "/api/portico/policy/explain?permission=catalog.entity.refresh"
	if got := p.do("GET", explain, "", ben).is(200).body; !strings.Contains(got, `"group:`) {
		t.Fatalf("ben is in no group: %s", got)
	}
	var made struct{ Token string }
	if err := json.Unmarshal([]byte(p.do("POST", "/api/portico/me/tokens", `{"name":"x","scopes":["catalog:write"]}`, ben).is(201).body), &made); err != nil {
		t.Fatal(err)
	}
	if got := p.do("GET", explain, "", bearer(made.Token)).is(200, `"allowed":true`).body; strings.Contains(got, `"group:`) {
		t.Errorf("it is told %s", got)
	}
}

// The audit log is for those from whom nothing is hidden; the permission alone does not do.
func TestAuditLogIsForWhoSeesEverything(t *testing.T) {
	t.Parallel()
	p := start(t, files(true), rules)
	ben, ola := p.signIn("ben"), p.signIn("ops")
	const permission = `"portico.audit.read"`
	for _, path := range []string{"/api/portico/audit", "/api/portico/audit/export", "/api/portico/audit/status", "/api/portico/audit?target=component:default/by-tag"} {
		p.do("GET", path, "", ben).is(403, "policies hide some from you", "remedy")
		p.do("GET", path, "", ola).is(200)
		p.ops("GET", path, "").is(200)
	}
	if body := p.do("GET", "/api/portico/session", "", ben).ok().body; strings.Contains(body, permission) {
		t.Errorf("the log is offered to whom it is refused: %s", body)
	}
	if body := p.do("GET", "/api/portico/session", "", ola).ok().body; !strings.Contains(body, permission) {
		t.Errorf("the log is not offered to an operator who sees everything: %s", body)
	}
}

// An operator, one of the group above whose role it is, sees everything; the owner of what is secret sees that.
func TestWhoSeesWhat(t *testing.T) {
	t.Parallel()
	p := start(t, files(true), rules)
	sees := map[string]string{ // by "ann ben ola", y or n
		"component:default/depot": "yyy", "component:default/by-tag": "yny", "template:default/by-kind": "nny", "component:vault/by-space": "nny",
		"component:default/by-owner": "nny", "api:default/by-group": "yny", "group:default/watched": "nny",
	}
	for i, name := range []string{"ann", "ben", "ops"} {
		who := p.signIn(name)
		for ref, by := range sees {
			status := map[byte]int{'y': 200, 'n': 404}[by[i]]
			p.do("GET", pathOf(ref), "", who).is(status)
			p.do("GET", pathOf(ref)+"/source", "", who).is(status)
			p.do("GET", pathOf(ref)+"/history", "", who).is(status)
		}
	}
	// Of one's own teams, those that one may see; of what they own, too.
	p.do("GET", "/api/portico/me", "", p.signIn("ben")).is(200, `"teams":["group:default/contractors"]`, `"owns":[{"kind":"component","count":2}]`)
	p.do("GET", "/api/portico/me", "", p.signIn("ann")).is(200, `"teams":["group:default/pilots"]`, `"owns":[{"kind":"component","count":1}]`)
	if body := p.do("GET", "/api/auth/oidc/refresh", "", p.signIn("ben"), script).ok().body; strings.Contains(body, "watched") || !strings.Contains(body, "group:default/contractors") {
		t.Errorf("ownership told to Backstage's clients: %s", body)
	}
}
