package me

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"portico/internal/httpx"
)

var (
	read     = httpx.Permission{Name: "catalog.entity.read", Action: "read"}
	register = httpx.Permission{Name: "catalog.location.create", Action: "create"}
	remove   = httpx.Permission{Name: "catalog.entity.delete", Action: "delete"}
)

const (
	mine     = "/api/portico/me/tokens"
	services = "/api/portico/tokens"
)

func TestPersonalToken(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	r := w.replica(true)
	ann, bob := r.enter("ann"), r.enter("bob")
	m := r.make(ann, mine, `{"name":"laptop","scopes":["catalog:read"]}`)
	if !regexp.MustCompile(`^portico_[a-z2-7]{58}$`).MatchString(m.Secret) {
		t.Errorf("the token %q is not of the form that scanners look for", m.Secret)
	}
	if left := time.Until(m.ExpiresAt); left < 29*day || left > 30*day {
		t.Errorf("it lasts %s, want 30 days", left)
	}
	token := as{token: m.Secret}
	if who := r.want(200, token, "GET", "/api/catalog.entity.read", ""); who != "user user:default/ann" {
		t.Errorf("it stands for %s", who)
	}
	if text := r.want(403, token, "GET", "/api/catalog.location.create", ""); !strings.Contains(text, "a token with the scope catalog:write") {
		t.Errorf("beyond its scopes it is told %s", text)
	}
	var kept int
	w.scan(&kept, `SELECT count(*) FROM identity_tokens t WHERE t::text LIKE '%' || $1 || '%'`, m.Secret[8:])
	if kept != 0 {
		t.Error("the database knows the secret itself")
	}
	w.scan(&kept, `SELECT count(*) FROM audit_log a WHERE a::text LIKE '%' || $1 || '%'`, m.Secret[8:])
	if kept != 0 {
		t.Error("the audit log knows the secret")
	}
	if text := r.want(200, ann, "GET", mine, ""); strings.Contains(text, m.Secret) || !strings.Contains(text, `"name":"laptop"`) || strings.Contains(text, `"usedAt":null`) {
		t.Errorf("the list is %s", text)
	}
	// Of somebody else it is neither seen nor ended.
	if text := r.want(200, bob, "GET", mine, ""); !strings.Contains(text, `"items":[]`) {
		t.Errorf("bob sees %s", text)
	}
	one := fmt.Sprintf("%s/%d", mine, m.ID)
	r.want(404, bob, "DELETE", one, "")
	r.want(404, as{}, "DELETE", fmt.Sprintf("%s/%d", services, m.ID), "")
	r.want(200, token, "GET", "/api/catalog.entity.read", "")
	r.want(204, ann, "DELETE", one, "")
	r.want(401, token, "GET", "/api/catalog.entity.read", "")
	r.want(404, ann, "DELETE", one, "")
	if c, v := w.records("identity.token.create"), w.records("identity.token.revoke"); c != 1 || v != 1 {
		t.Errorf("%d records of a token made and %d of one revoked, want 1 each", c, v)
	}
}

// What a token was made with is less than what its owner may do, at the time of each request.
func TestRightsAreTheOwners(t *testing.T) {
	t.Parallel()
	r := newWorld(t).replica(true)
	token := as{token: r.make(r.enter("ann"), mine, `{"name":"x","scopes":["catalog:write","catalog.entity.read"]}`).Secret}
	r.want(200, token, "GET", "/api/catalog.entity.read", "")
	r.want(200, token, "GET", "/api/catalog.location.create", "")
	r.want(403, token, "GET", "/api/catalog.entity.delete", "") // the scope has it, and an author does not
}

func TestWhatIsRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	r := w.replica(true)
	ann, guest := r.enter("ann"), as{}
	tests := []struct {
		name, path, body string
		who              as
		want             int
	}{
		{"no name", mine, `{"scopes":["catalog:read"]}`, ann, 400},
		{"no scope", mine, `{"name":"x","scopes":[]}`, ann, 400},
		{"no such scope", mine, `{"name":"x","scopes":["everything"]}`, ann, 400},
		{"a scope twice", mine, `{"name":"x","scopes":["catalog:read","catalog:read"]}`, ann, 400},
		{"a scope that makes tokens", mine, `{"name":"x","scopes":["portico.me.manage"]}`, ann, 400},
		{"a scope that manages services", mine, `{"name":"x","scopes":["portico.token.manage"]}`, ann, 400},
		{"a right that ann has not", mine, `{"name":"x","scopes":["catalog.entity.delete"]}`, ann, 403},
		{"too long", mine, `{"name":"x","scopes":["catalog:read"],"days":91}`, ann, 400},
		{"days that overflow", mine, `{"name":"x","scopes":["catalog:read"],"days":200000000}`, ann, 400},
		{"an end in the past", mine, `{"name":"x","scopes":["catalog:read"],"days":-1}`, ann, 400},
		{"nobody's own", mine, `{"name":"x","scopes":["catalog:read"]}`, guest, 403},
		{"a service's by somebody who does not manage them", services, `{"name":"ci","scopes":["catalog:read"]}`, ann, 403},
		{"a service with a name that is none", services, `{"name":"C I","scopes":["catalog:read"]}`, guest, 400},
		{"a login without a challenge", "/api/portico/me/login", `{"name":"x","scopes":["catalog:read"],"port":4000}`, ann, 400},
		{"a login at a port of the system", "/api/portico/me/login", `{"name":"x","scopes":["catalog:read"],"port":25}`, ann, 400},
	}
	for _, tt := range tests {
		if status, text := r.do(tt.who, "POST", tt.path, tt.body); status != tt.want {
			t.Errorf("%s: status %d, want %d: %s", tt.name, status, tt.want, text)
		}
	}
	var n int
	w.scan(&n, `SELECT (SELECT count(*) FROM identity_tokens) + (SELECT count(*) FROM identity_grants) + (SELECT count(*) FROM audit_log WHERE outcome = 'allowed')`)
	if n != 0 {
		t.Errorf("%d tokens, codes and records came of it", n)
	}
	for name, token := range map[string]string{
		"a piece of a token": "portico_abcdef", "a whole one that nobody made": "portico_" + strings.Repeat("a", 58), "a code that nobody gave out": "portico_code_x",
	} {
		if status, _ := r.do(as{token: token}, "GET", "/api/catalog.entity.read", ""); status != 401 {
			t.Errorf("%s: status %d, want 401", name, status)
		}
	}
}

// Whatever its scopes, a token makes, lists and widens no tokens, and ends no sessions. So it is with one of the configuration.
func TestOnlyPeopleHandleTokens(t *testing.T) {
	t.Parallel()
	r := newWorld(t).replica(true)
	ann := r.enter("ann")
	personal := r.make(ann, mine, `{"name":"x","scopes":["catalog:read","catalog:write"]}`)
	service := r.make(as{}, services, `{"name":"ci","scopes":["catalog:read","catalog:write"]}`)
	for _, token := range []string{personal.Secret, service.Secret, "the-token-of-the-configuration"} {
		for _, route := range []string{
			"GET /api/portico/me", "GET /api/portico/me/sessions", "DELETE /api/portico/me/sessions/1", "POST /api/portico/me/sessions/end-others",
			"GET " + mine, "POST " + mine, fmt.Sprintf("DELETE %s/%d", mine, personal.ID), "POST /api/portico/me/login",
			"GET " + services, "POST " + services, fmt.Sprintf("POST %s/%d/rotate", services, service.ID), fmt.Sprintf("DELETE %s/%d", services, service.ID),
		} {
			method, path, _ := strings.Cut(route, " ")
			// The cookie beside it does not help.
			if status, text := r.do(as{token, ann.cookies}, method, path, `{"name":"y","scopes":["catalog:read"]}`); status != 403 {
				t.Errorf("%s by %s: status %d, want 403: %s", route, token, status, text)
			}
		}
	}
	r.want(204, as{token: personal.Secret}, "DELETE", "/api/portico/token", "")
	r.want(401, as{token: personal.Secret}, "GET", "/api/catalog.entity.read", "")
	r.want(200, as{token: service.Secret}, "GET", "/api/catalog.entity.read", "")
}

func TestServiceToken(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	r := w.replica(true)
	admin := as{}
	m := r.make(admin, services, `{"name":"ci","scopes":["catalog:read"],"days":7}`)
	old := as{token: m.Secret}
	if who := r.want(200, old, "GET", "/api/catalog.entity.read", ""); who != "service service:ci" {
		t.Errorf("it stands for %s", who)
	}
	r.want(403, old, "GET", "/api/catalog.location.create", "")
	r.want(409, admin, "POST", services, `{"name":"ci","scopes":["catalog:read"]}`)
	renewed := r.make(admin, fmt.Sprintf("%s/%d/rotate", services, m.ID), `{"days":90}`)
	if renewed.Secret == m.Secret || renewed.ID != m.ID || renewed.PreviousUntil == nil || time.Until(*renewed.PreviousUntil) > 24*time.Hour {
		t.Errorf("rotation made %+v", renewed.Token)
	}
	for _, token := range []as{old, {token: renewed.Secret}} {
		r.want(200, token, "GET", "/api/catalog.entity.read", "")
	}
	if text := r.want(200, admin, "GET", services, ""); strings.Contains(text, `"previousUsedAt":null`) || strings.Contains(text, `"usedAt":null`) {
		t.Errorf("the list does not say that both were used: %s", text)
	}
	w.exec(`UPDATE identity_tokens SET previous_until = now() - interval '1 second'`)
	r.tokens.Forget()
	r.want(401, old, "GET", "/api/catalog.entity.read", "")
	r.want(200, as{token: renewed.Secret}, "GET", "/api/catalog.entity.read", "")
	last := r.make(admin, fmt.Sprintf("%s/%d/rotate", services, m.ID), `{"overlapHours":0}`)
	r.want(401, as{token: renewed.Secret}, "GET", "/api/catalog.entity.read", "")
	r.want(204, admin, "DELETE", fmt.Sprintf("%s/%d", services, m.ID), "")
	r.want(401, as{token: last.Secret}, "GET", "/api/catalog.entity.read", "")
	r.make(admin, services, `{"name":"ci","scopes":["catalog:read"]}`) // the name is free again
	for action, want := range map[string]int{"identity.token.create": 2, "identity.token.rotate": 2, "identity.token.revoke": 1} {
		if n := w.records(action); n != want {
			t.Errorf("%d records of %s, want %d", n, action, want)
		}
	}
}

// That a token is used is written once a minute, not with each request.
func TestUseIsWrittenSeldom(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	r := w.replica(true)
	m := r.make(as{}, services, `{"name":"ci","scopes":["catalog:read"]}`)
	var first, then time.Time
	use := func(into *time.Time) {
		r.tokens.Forget()
		r.want(200, as{token: m.Secret}, "GET", "/api/catalog.entity.read", "")
		w.scan(into, `SELECT used_at FROM identity_tokens`)
	}
	use(&first)
	if use(&then); !then.Equal(first) {
		t.Error("the second use in a minute was written")
	}
	w.exec(`UPDATE identity_tokens SET used_at = now() - interval '61 seconds'`)
	if use(&then); !then.After(first) {
		t.Error("a use a minute later was not written")
	}
}

// What cannot be recorded is not done.
func TestNothingWithoutItsRecord(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	r := w.replica(true)
	ann := r.enter("ann")
	m := r.make(ann, mine, `{"name":"x","scopes":["catalog:read"]}`)
	w.exec(`DELETE FROM audit_head`)
	var id int64
	w.scan(&id, `SELECT id FROM identity_sessions`)
	for _, route := range []string{
		"POST " + mine, fmt.Sprintf("DELETE %s/%d", mine, m.ID), fmt.Sprintf("DELETE /api/portico/me/sessions/%d", id), "POST /api/portico/me/sessions/end-others",
	} {
		method, path, _ := strings.Cut(route, " ")
		if status, text := r.do(ann, method, path, `{"name":"y","scopes":["catalog:read"]}`); status != 500 {
			t.Errorf("%s: status %d, want 500: %s", route, status, text)
		}
	}
	var left string
	w.scan(&left, `SELECT (SELECT count(*) FROM identity_tokens WHERE revoked_at IS NULL) || ' ' || (SELECT count(*) FROM identity_sessions)`)
	if left != "1 1" {
		t.Errorf("tokens and sessions are %s, want 1 1", left)
	}
}
