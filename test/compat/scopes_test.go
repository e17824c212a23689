package compat

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"portico/internal/app"
)

// scopes are what tokens may be made for and the permissions that each opens, written down apart from the portal's own table.
var scopes = map[string][]string{
	"catalog:read":    {"catalog.entity.read", "catalog.entity.validate", "catalog.location.read", "ownership.claim.read"},
	"catalog:write":   {"catalog.entity.refresh", "catalog.entity.edit", "catalog.entity.delete", "catalog.location.create", "catalog.location.delete", "catalog.location.analyze"},
	"ownership:write": {"ownership.claim.decide", "ownership.claim.create"},
	"sources:read":    {"catalog.ingestion.read"}, "sources:manage": {"catalog.ingestion.manage"},
	"audit:read":             {"portico.audit.read"},
	"catalog.entity.refresh": {"catalog.entity.refresh"}, // a permission is a scope, too
}

// Every scope before every route of the registry. The tokens are of services, which may whatever their scopes say.
func TestScopes(t *testing.T) {
	p := startSmall(t, guest+operators).in(t)
	tokens := map[string]option{}
	offered := map[string][]string{}
	for scope := range scopes {
		var made struct {
			Token string
		}
		name := strings.NewReplacer(":", "-").Replace(scope)
		body, err := json.Marshal(map[string]any{"name": name, "scopes": []string{scope}})
		if err != nil {
			t.Fatal(err)
		}
		r := p.do("POST", "/api/portico/tokens", string(body), anonymous, sameOrigin)
		if err := json.Unmarshal(r.body, &made); err != nil || made.Token == "" {
			t.Fatalf("%s: %d %s", scope, r.status, r.body)
		}
		tokens[scope] = bearer(made.Token)
	}
	var list struct {
		Scopes []struct {
			Name        string
			Permissions []string
		}
	}
	p.get("/api/portico/tokens", anonymous).ok().into(&list)
	for _, s := range list.Scopes {
		offered[s.Name] = s.Permissions
		if !slices.Equal(s.Permissions, scopes[s.Name]) {
			t.Errorf("the scope %s opens %v, want %v", s.Name, s.Permissions, scopes[s.Name])
		}
	}
	if len(offered) != len(scopes)-1 {
		t.Errorf("%d scopes are offered, want %d", len(offered), len(scopes)-1)
	}
	cells := 0
	for _, route := range app.Routes() {
		permission, guarded := route.Access.Permission()
		method, path, _ := strings.Cut(route.Pattern, " ")
		if !guarded || permission.Name == "portico.token.end" { // which each may: the token would be gone
			continue
		}
		body := ""
		if method == "POST" || method == "PUT" {
			body = "{}"
		}
		for scope, opens := range scopes {
			cells++
			r := p.do(method, parameter.ReplaceAllString(path, "none"), body, tokens[scope])
			if !slices.Contains(opens, permission.Name) {
				if e := r.refused(403); e.Error.Remedy == "" {
					t.Errorf("%s with %s: nothing says what to do", route.Pattern, scope)
				}
				continue
			}
			if r.status == 401 || r.status == 403 || r.status >= 500 || bytes.Contains(r.body, []byte("there is no "+method+" ")) {
				t.Errorf("%s with %s: %d %s", route.Pattern, scope, r.status, r.body)
			}
		}
	}
	t.Logf("wall: S11 | cells scope × route | %d", cells)
	// What only a token may do: end itself.
	for scope, token := range tokens {
		if r := p.do("DELETE", "/api/portico/token", "", token); r.status != 204 {
			t.Errorf("%s does not end itself: %d %s", scope, r.status, r.body)
		}
		p.get("/api/catalog/entities", token).refused(401)
	}
}
