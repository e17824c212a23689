package compat

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"portico/internal/app"
	"portico/internal/identity"
	"portico/internal/pg"
)

// record is what these tests look at of a record.
type record struct {
	Action, Target, Outcome, Actor, RequestID, Address string
	Seq, Status                                        int
}

func (p *portal) records() []record {
	p.t.Helper()
	var list struct{ Items []record }
	p.get("/api/portico/audit?limit=500").ok().into(&list)
	return list.Items
}

// changing is a portal in which there is something to do for every route that changes something.
type changing struct {
	*portal
	gone, moves string // ids of registered locations
	person      option // signs requests as Ann, who may do everything
	third       string // a token of a service that only reads
}

// signIn is the configuration of a portal at which people sign in, and Ann is an admin.
const signIn = `
auth:
  providers:
    oidc:
      development:
        metadataUrl: https://idp.invalid/.well-known/openid-configuration
        clientId: portico
        clientSecret: compat-client-secret
        signIn: {resolvers: [{resolver: emailMatchingUserEntityProfileEmail}]}
portico: {limits: {failedSignIns: 0}, policies: {roles: {admin: [user:default/ann]}}}
`

func startChanging(t *testing.T) *changing {
	t.Helper()
	dir := t.TempDir()
	write := func(name string) {
		t.Helper()
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		entity := strings.TrimSuffix(filepath.Base(name), ".yaml")
		text := "apiVersion: backstage.io/v1alpha1\nkind: Component\nmetadata: {name: " + entity + "}\nspec: {type: service, lifecycle: production, owner: nobody}\n"
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	remove := func(name string) {
		t.Helper()
		if err := os.Remove(filepath.Join(dir, filepath.FromSlash(name))); err != nil {
			t.Fatal(err)
		}
	}
	for i := range 30 {
		write(fmt.Sprintf("held/held%02d.yaml", i))
	}
	if err := os.WriteFile(filepath.Join(dir, "ann.yaml"), []byte("apiVersion: backstage.io/v1alpha1\nkind: User\nmetadata: {name: ann}\nspec: {memberOf: []}\n---\napiVersion: backstage.io/v1alpha1\nkind: User\nmetadata: {name: cleo}\nspec: {memberOf: []}\n"+
		"---\napiVersion: backstage.io/v1alpha1\nkind: Component\nmetadata: {name: mine}\nspec: {type: service, lifecycle: production, owner: \"user:default/ann\"}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"here", "deleted", "miss", "miss2", "removed", "removed2"} {
		write("d/" + name + ".yaml")
	}
	c := &changing{portal: start(t, setup{dir: dir, config: signIn + "catalog:\n  rules: [{allow: [Component, Location, User]}]\n  locations:\n    - {type: file, target: ./ann.yaml}\n    - {type: file, target: ./held/*.yaml}\n    - {type: file, target: ./d/*.yaml}\n"})}
	for _, name := range []string{"removed", "removed2"} {
		c.do("DELETE", "/api/catalog/entities/by-uid/"+c.uid(name), "").ok()
	}
	for i, name := range []string{"miss", "miss2"} { // in two readings, so that each has a time of its own
		remove("d/" + name + ".yaml")
		c.until(name+" is missing", func() bool { return len(c.inbox().Missing) == i+1 })
	}
	for i := range 30 {
		remove(fmt.Sprintf("held/held%02d.yaml", i))
	}
	c.until("a removal is held", func() bool { return c.source("held").Held != nil })
	for target, id := range map[string]*string{"gone": &c.gone, "old": &c.moves} {
		var made struct{ Location struct{ ID string } }
		c.post("/api/catalog/locations", `{"type":"url","target":"https://nowhere.invalid/`+target+`"}`).ok().into(&made)
		*id = made.Location.ID
	}
	c.person = c.browser()
	c.third, _ = c.service("third")
	return c
}

// browser signs Ann in, as sign-in does, in a browser of its own.
func (c *changing) browser() option { return c.enter("ann") }

func (c *changing) enter(name string) option {
	c.t.Helper()
	pool, err := pg.Open(c.t.Context(), pg.Options{DSN: c.DSN, MaxConns: 1, AcquireTimeout: 10 * time.Second, ConnectTimeout: 10 * time.Second})
	if err != nil {
		c.t.Fatal(err)
	}
	defer pool.Close()
	w := httptest.NewRecorder()
	account := identity.Account{Issuer: "https://idp.invalid", Subject: name, Provider: "oidc", UserRef: "user:default/" + name, DisplayName: name}
	if err := (&identity.Sessions{DB: pool}).Start(c.t.Context(), w, httptest.NewRequest("GET", "/", nil), account); err != nil {
		c.t.Fatal(err)
	}
	cookie := w.Result().Cookies()[0]
	return func(r *http.Request) {
		anonymous(r)
		sameOrigin(r)
		r.AddCookie(cookie)
	}
}

// service makes a token of a service.
func (c *changing) service(name string) (token string, id int64) {
	c.t.Helper()
	return c.token("/api/portico/tokens", name)
}

// personal makes one of Ann's.
func (c *changing) personal(name string) (token string, id int64) {
	c.t.Helper()
	return c.token("/api/portico/me/tokens", name)
}

func (c *changing) token(path, name string) (token string, id int64) {
	c.t.Helper()
	var made struct {
		Token string
		ID    int64
	}
	c.post(path, `{"name":"`+name+`","scopes":["catalog:read"]}`, c.person).is(201).into(&made)
	return made.Token, made.ID
}

func (c *changing) uid(name string) string {
	c.t.Helper()
	var e entity
	c.get("/api/catalog/entities/by-name/component/default/" + name).ok().into(&e)
	return e.Metadata.UID
}

type inbox struct {
	Missing []struct{ Ref, UID, Since string }
	Removed []struct{ Ref, UID, RemovedAt string }
}

func (c *changing) inbox() (in inbox) {
	c.t.Helper()
	c.get("/api/catalog/problems").ok().into(&in)
	return in
}

func (in inbox) missing(name string) (uid, since string) {
	for _, m := range in.Missing {
		if m.Ref == "component:default/"+name {
			return m.UID, m.Since
		}
	}
	return "none", "none"
}

func (in inbox) removed(name string) (uid, at string) {
	for _, r := range in.Removed {
		if r.Ref == "component:default/"+name {
			return r.UID, r.RemovedAt
		}
	}
	return "none", "none"
}

type sourceState struct {
	ID, Target string
	Held       *struct{ Digest string }
}

func (c *changing) source(folder string) sourceState {
	c.t.Helper()
	var list struct{ Items []sourceState }
	c.get("/api/catalog/sources").ok().into(&list)
	for _, s := range list.Items {
		if strings.Contains(s.Target, "/"+folder+"/") {
			return s
		}
	}
	c.t.Fatalf("there is no source %s", folder)
	return sourceState{}
}

// request is a request that does something, and what is recorded as its target.
type request struct {
	path, body, target string
	as                 option // who does it; nil is the token of the configuration
	actor              string // their ref
}

const ann = "user:default/ann"

// plain is a request of the token of the configuration.
func plain(path, body, target string) request {
	return request{path: path, body: body, target: target, actor: "service:compat"}
}

// asked is a request of Ann's.
func (c *changing) asked(path, body, target string) request {
	return request{path, body, target, c.person, ann}
}

// requests has, for every audited route, a request with something to do.
var requests = map[string]func(c *changing) request{
	"POST /api/catalog/refresh": func(*changing) request {
		return plain("/api/catalog/refresh", `{"entityRef":"component:default/here"}`, "component:default/here")
	},
	"POST /api/catalog/sources/{id}/refresh": func(c *changing) request {
		s := c.source("d")
		return plain("/api/catalog/sources/"+s.ID+"/refresh", "", "file:"+s.Target)
	},
	"POST /api/catalog/sources/{id}/held": func(c *changing) request {
		s := c.source("held")
		return plain("/api/catalog/sources/"+s.ID+"/held", `{"decision":"keep","digest":"`+s.Held.Digest+`"}`, "file:"+s.Target)
	},
	"POST /api/catalog/locations": func(*changing) request {
		return plain("/api/catalog/locations", `{"type":"url","target":"https://nowhere.invalid/new"}`, "url:https://nowhere.invalid/new")
	},
	"PUT /api/catalog/locations/{id}": func(c *changing) request {
		return plain("/api/catalog/locations/"+c.moves, `{"type":"url","target":"https://nowhere.invalid/moved"}`, "url:https://nowhere.invalid/moved")
	},
	"DELETE /api/catalog/locations/{id}": func(c *changing) request {
		return plain("/api/catalog/locations/"+c.gone, "", "url:https://nowhere.invalid/gone")
	},
	"POST /api/catalog/removed/restore": func(c *changing) request {
		_, at := c.inbox().removed("removed2")
		return plain("/api/catalog/removed/restore", `{"removedAt":"`+at+`"}`, "removed:"+at)
	},
	"POST /api/catalog/missing/restore": func(c *changing) request {
		_, since := c.inbox().missing("miss2")
		return plain("/api/catalog/missing/restore", `{"since":"`+since+`"}`, "missing:"+since)
	},
	"POST /api/catalog/entities/by-uid/{uid}/restore": func(c *changing) request {
		uid, _ := c.inbox().removed("removed")
		return plain("/api/catalog/entities/by-uid/"+uid+"/restore", "", "component:default/removed")
	},
	"PATCH /api/catalog/entities/by-name/{kind}/{namespace}/{name}/overlay": func(*changing) request {
		return plain("/api/catalog/entities/by-name/component/default/here/overlay", `{"fields":{"metadata.title":"Here"}}`, "component:default/here")
	},
	"PUT /api/catalog/owner-aliases": func(*changing) request {
		return plain("/api/catalog/owner-aliases", `{"oldRef":"group:default/once","newRef":"`+ann+`"}`, "group:default/once")
	},
	"DELETE /api/catalog/owner-aliases/{kind}/{namespace}/{name}": func(c *changing) request {
		c.do("PUT", "/api/catalog/owner-aliases", `{"oldRef":"group:default/twice","newRef":"`+ann+`"}`).ok()
		return plain("/api/catalog/owner-aliases/group/default/twice", "", "group:default/twice")
	},
	"POST /api/catalog/entities/by-uid/{uid}/remove": func(c *changing) request {
		uid, _ := c.inbox().missing("miss")
		return plain("/api/catalog/entities/by-uid/"+uid+"/remove", "", "component:default/miss")
	},
	"DELETE /api/catalog/entities/by-uid/{uid}": func(c *changing) request {
		return plain("/api/catalog/entities/by-uid/"+c.uid("deleted"), "", "component:default/deleted")
	},
	"POST /api/portico/ownership/claims": func(*changing) request {
		return plain("/api/portico/ownership/claims", `{"refs":["component:default/mine"],"owner":"user:default/ann"}`, "component:default/mine")
	},
	"POST /api/portico/ownership/decisions": func(c *changing) request {
		var made struct {
			Results []struct{ Claim struct{ ID int64 } }
		}
		c.post("/api/portico/ownership/claims", `{"refs":["component:default/mine"],"owner":"user:default/cleo"}`).ok().into(&made)
		return c.asked("/api/portico/ownership/decisions", fmt.Sprintf(`{"decision":"reject","claims":[%d]}`, made.Results[0].Claim.ID), "component:default/mine")
	},
	"POST /api/portico/me/login": func(c *changing) request {
		return c.asked("/api/portico/me/login", login, ann)
	},
	"POST /api/portico/me/sessions/end-others": func(c *changing) request {
		c.browser()
		return c.asked("/api/portico/me/sessions/end-others", "", ann)
	},
	"DELETE /api/portico/me/sessions/{id}": func(c *changing) request {
		c.browser()
		var list struct {
			Items []struct {
				ID   int64
				This bool
			}
		}
		c.get("/api/portico/me/sessions", c.person).ok().into(&list)
		for _, s := range list.Items {
			if !s.This {
				return c.asked(fmt.Sprintf("/api/portico/me/sessions/%d", s.ID), "", ann)
			}
		}
		c.t.Fatalf("there is one session alone: %+v", list)
		return request{}
	},
	"POST /api/portico/me/tokens": func(c *changing) request {
		return c.asked("/api/portico/me/tokens", `{"name":"laptop","scopes":["catalog:read"]}`, ann)
	},
	"DELETE /api/portico/me/tokens/{id}": func(c *changing) request {
		_, id := c.personal("lost")
		return c.asked(fmt.Sprintf("/api/portico/me/tokens/%d", id), "", ann)
	},
	"POST /api/portico/tokens": func(c *changing) request {
		return c.asked("/api/portico/tokens", `{"name":"ci","scopes":["catalog:read"]}`, "service:ci")
	},
	"POST /api/portico/tokens/{id}/rotate": func(c *changing) request {
		_, id := c.service("rotated")
		return c.asked(fmt.Sprintf("/api/portico/tokens/%d/rotate", id), "{}", "service:rotated")
	},
	"DELETE /api/portico/tokens/{id}": func(c *changing) request {
		_, id := c.service("revoked")
		return c.asked(fmt.Sprintf("/api/portico/tokens/%d", id), "", "service:revoked")
	},
	"POST /api/portico/people/end": func(c *changing) request {
		c.enter("bob")
		return c.asked("/api/portico/people/end", `{"user":"user:default/bob"}`, "user:default/bob")
	},
	"POST /api/portico/token": func(c *changing) request {
		var made struct{ Code string }
		c.post("/api/portico/me/login", login, c.person).is(201).into(&made)
		return request{"/api/portico/token", `{"verifier":"` + verifier + `"}`, ann, bearer(made.Code), ann}
	},
	"DELETE /api/portico/token": func(c *changing) request {
		token, _ := c.service("itself")
		return request{"/api/portico/token", "", "service:itself", bearer(token), "service:itself"}
	},
}

// verifier is what `portico login` proves itself with, login what it has the person agree to.
const (
	verifier = "compat-proves-itself"
	login    = `{"name":"cli","scopes":["catalog:read"],"challenge":"RwEfPzY0xWjASFoAUivvVtdULG6zKxYRbezWfIm8Pho"}`
)

// provedElsewhere are audited routes that need more than this portal has.
var provedElsewhere = map[string]string{
	"GET /api/auth/{provider}/handler/frame": "a provider: TestSigningInAndOutIsRecorded in internal/identity/signin",
	"POST /api/auth/{provider}/logout":       "the same",
	"POST /api/portico/session/end":          "the same",

	"POST /api/portico/entities/{kind}/{namespace}/{name}/proposal": "a host: TestOverHTTP in internal/discovery/propose",
}

// Every route of the portal that is audited writes exactly one record when it does something, and exactly one when it is
// refused. A route without a request here fails.
func TestEveryAuditedRouteWritesOneRecord(t *testing.T) {
	t.Parallel()
	c := startChanging(t)
	left := map[string]bool{}
	for pattern := range requests {
		left[pattern] = true
	}
	for pattern := range provedElsewhere {
		left[pattern] = true
	}
	one := func(pattern, outcome string, status int, id string, before int) record {
		t.Helper()
		list := c.records()
		if len(list) != before+1 {
			t.Errorf("%s, %s: %d records, want 1", pattern, outcome, len(list)-before)
			return record{}
		}
		if r := list[0]; r.Outcome != outcome || r.Status != status || r.Address != "127.0.0.1" || r.RequestID == "" || id != "" && r.RequestID != id {
			t.Errorf("%s: want %s %d of request %q, got %+v", pattern, outcome, status, id, r)
		}
		return list[0]
	}
	refused, proved := map[string]int{}, 0
	for _, route := range app.Routes() {
		action, audited := route.Audit.Action()
		if !audited {
			continue
		}
		delete(left, route.Pattern)
		if provedElsewhere[route.Pattern] != "" {
			continue
		}
		make := requests[route.Pattern]
		if make == nil {
			t.Errorf("%s is audited as %s, and no request here proves it", route.Pattern, action)
			continue
		}
		proved++
		method, _, _ := strings.Cut(route.Pattern, " ")
		r := make(c)
		before := len(c.records())
		// The same caller's at the same action are counted, and so are those of a caller who is refused too much at once.
		token, actor := "", ""
		for _, by := range []struct{ token, actor string }{{readOnlyToken, "service:reader"}, {elsewhere, "service:other"}, {c.third, "service:third"}} {
			if refused[by.actor] < 20 && refused[by.actor+" "+action] == 0 {
				token, actor = by.token, by.actor
				break
			}
		}
		if actor == "" {
			t.Fatalf("%s: this test needs one more caller", route.Pattern)
		}
		refused[actor]++
		refused[actor+" "+action]++
		id := c.do(method, r.path, r.body, bearer(token)).refused(403).Error.ID
		if got := one(route.Pattern, "denied", 403, id, before); got.Action != action || got.Actor != actor || got.Target != r.path {
			t.Errorf("%s, refused: %+v", route.Pattern, got)
		}
		before++
		as := r.as
		if as == nil {
			as = bearer(fullToken)
		}
		c.do(method, r.path, r.body, as).ok()
		if got := one(route.Pattern, "allowed", 0, "", before); got.Action != action || got.Actor != r.actor || got.Target != r.target {
			t.Errorf("%s, done: %+v", route.Pattern, got)
		}
	}
	for pattern := range left {
		t.Errorf("%s is not audited any more", pattern)
	}
	t.Logf("wall: S15 | routes with one record, done and refused | %d", proved)
	t.Logf("wall: S15 | routes that need a provider, proved in sign-in | %d", len(provedElsewhere))
	var chain struct{ OK bool }
	if c.get("/api/portico/audit/status").ok().into(&chain); !chain.OK {
		t.Error("the chain is broken")
	}
}
