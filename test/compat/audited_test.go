package compat

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"portico/internal/app"
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
}

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
	for _, name := range []string{"here", "deleted", "miss", "miss2", "removed", "removed2"} {
		write("d/" + name + ".yaml")
	}
	c := &changing{portal: start(t, setup{dir: dir, config: tries + "catalog:\n  locations:\n    - {type: file, target: ./held/*.yaml}\n    - {type: file, target: ./d/*.yaml}\n"})}
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
	return c
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
type request struct{ path, body, target string }

// requests has, for every audited route, a request with something to do.
var requests = map[string]func(c *changing) request{
	"POST /api/catalog/refresh": func(*changing) request {
		return request{"/api/catalog/refresh", `{"entityRef":"component:default/here"}`, "component:default/here"}
	},
	"POST /api/catalog/sources/{id}/refresh": func(c *changing) request {
		s := c.source("d")
		return request{"/api/catalog/sources/" + s.ID + "/refresh", "", "file:" + s.Target}
	},
	"POST /api/catalog/sources/{id}/held": func(c *changing) request {
		s := c.source("held")
		return request{"/api/catalog/sources/" + s.ID + "/held", `{"decision":"keep","digest":"` + s.Held.Digest + `"}`, "file:" + s.Target}
	},
	"POST /api/catalog/locations": func(*changing) request {
		return request{"/api/catalog/locations", `{"type":"url","target":"https://nowhere.invalid/new"}`, "url:https://nowhere.invalid/new"}
	},
	"PUT /api/catalog/locations/{id}": func(c *changing) request {
		return request{"/api/catalog/locations/" + c.moves, `{"type":"url","target":"https://nowhere.invalid/moved"}`, "url:https://nowhere.invalid/moved"}
	},
	"DELETE /api/catalog/locations/{id}": func(c *changing) request {
		return request{"/api/catalog/locations/" + c.gone, "", "url:https://nowhere.invalid/gone"}
	},
	"POST /api/catalog/removed/restore": func(c *changing) request {
		_, at := c.inbox().removed("removed2")
		return request{"/api/catalog/removed/restore", `{"removedAt":"` + at + `"}`, "removed:" + at}
	},
	"POST /api/catalog/missing/restore": func(c *changing) request {
		_, since := c.inbox().missing("miss2")
		return request{"/api/catalog/missing/restore", `{"since":"` + since + `"}`, "missing:" + since}
	},
	"POST /api/catalog/entities/by-uid/{uid}/restore": func(c *changing) request {
		uid, _ := c.inbox().removed("removed")
		return request{"/api/catalog/entities/by-uid/" + uid + "/restore", "", "component:default/removed"}
	},
	"POST /api/catalog/entities/by-uid/{uid}/remove": func(c *changing) request {
		uid, _ := c.inbox().missing("miss")
		return request{"/api/catalog/entities/by-uid/" + uid + "/remove", "", "component:default/miss"}
	},
	"DELETE /api/catalog/entities/by-uid/{uid}": func(c *changing) request {
		return request{"/api/catalog/entities/by-uid/" + c.uid("deleted"), "", "component:default/deleted"}
	},
}

// provedElsewhere are audited routes that need more than this portal has.
var provedElsewhere = map[string]string{
	"GET /api/auth/{provider}/handler/frame": "a provider: TestSigningInAndOutIsRecorded in internal/identity/signin",
	"POST /api/auth/{provider}/logout":       "the same",
	"POST /api/portico/session/end":          "the same",
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
	refused := map[string]bool{}
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
		method, _, _ := strings.Cut(route.Pattern, " ")
		r := make(c)
		before := len(c.records())
		token, actor := readOnlyToken, "service:reader"
		if refused[action] { // the same caller's at the same action are counted
			token, actor = elsewhere, "service:other"
		}
		refused[action] = true
		id := c.do(method, r.path, r.body, bearer(token)).refused(403).Error.ID
		if got := one(route.Pattern, "denied", 403, id, before); got.Action != action || got.Actor != actor || got.Target != r.path {
			t.Errorf("%s, refused: %+v", route.Pattern, got)
		}
		before++
		c.do(method, r.path, r.body).ok()
		if got := one(route.Pattern, "allowed", 0, "", before); got.Action != action || got.Actor != "service:compat" || got.Target != r.target {
			t.Errorf("%s, done: %+v", route.Pattern, got)
		}
	}
	for pattern := range left {
		t.Errorf("%s is not audited any more", pattern)
	}
	var chain struct{ OK bool }
	if c.get("/api/portico/audit/status").ok().into(&chain); !chain.OK {
		t.Error("the chain is broken")
	}
}
