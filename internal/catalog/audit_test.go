package catalog

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"

	"portico/internal/httpx"
	"portico/internal/identity"
	"portico/internal/identity/audit"
)

// audited is a catalog with all that can be changed in it, its routes, and its audit log.
type audited struct {
	*world
	routes  *httpx.Registry
	handler http.Handler
	book    *audit.Store
	denials *audit.Denials
	held    *Source
	gone    *Source
	rest    *Source
}

func newAudited(t *testing.T, readonly bool) *audited {
	w := newWorld(t)
	log := slog.New(slog.DiscardHandler)
	jobs, err := river.NewClient(riverpgxv5.New(w.store.db.Pool), &river.Config{Logger: log})
	if err != nil {
		t.Fatal(err)
	}
	a := &audited{world: w, routes: new(httpx.Registry), book: &audit.Store{DB: w.store.db}}
	a.denials = &audit.Denials{Store: a.book, Log: log}
	h := w.operator()
	h.Requests, h.Refresher, h.Readonly = &Requests{Store: w.store, Jobs: jobs}, w.refresher, readonly
	h.Mount(a.routes)
	gate, err := identity.NewGate(&identity.Guest{Ref: "user:default/guest"}, []identity.StaticToken{
		{Token: "operator-token", Subject: "ci"}, {Token: "reader-token", Subject: "reader", Restrictions: []identity.Restriction{{Plugin: "catalog", Actions: []string{"read"}}}},
	}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if a.handler, err = a.routes.Handler(httpx.Options{Gate: gate, Log: log, Denied: a.denials.Note, Hosts: httpx.Hosts{Names: []string{"localhost"}}}); err != nil {
		t.Fatal(err)
	}

	for i := range 30 {
		w.set(fmt.Sprintf("/held/%02d.yaml", i), component(fmt.Sprintf("held%02d", i), ""))
	}
	for _, name := range []string{"here", "miss", "miss2", "removed", "removed2"} {
		w.set("/d/"+name+".yaml", component(name, ""))
	}
	w.set("/d/team.yaml", "apiVersion: backstage.io/v1alpha1\nkind: Group\nmetadata: {name: team-b}\nspec: {type: team, children: []}\n")
	srcs := w.source("/held/*.yaml", "/d/*.yaml")
	a.held, a.rest = srcs[0], srcs[1]
	w.refresh(a.held)
	w.refresh(a.rest)
	w.removeByHand("component:default/removed")
	w.removeByHand("component:default/removed2")
	w.remove("/d/miss.yaml")
	w.refresh(a.rest)
	w.remove("/d/miss2.yaml")
	w.refresh(a.rest)
	for i := range 30 {
		w.remove(fmt.Sprintf("/held/%02d.yaml", i))
	}
	w.refresh(a.held)
	if a.gone, _, err = w.store.Register(t.Context(), Location{Type: "url", Target: "https://example.com/old"}, false, audit.System("test")); err != nil {
		t.Fatal(err)
	}
	if _, _, err := w.store.SetAlias(t.Context(), "group:default/once", "group:default/team-b", audit.System("test")); err != nil {
		t.Fatal(err)
	}
	w.catchUp()
	return a
}

// change is a request that changes something.
type change struct {
	name, pattern, path, body string
	action, target            string
}

func (a *audited) changes() []change {
	a.t.Helper()
	stored := func(column, ref string) string {
		var at time.Time
		if err := a.store.db.QueryRow(a.t.Context(), `SELECT `+column+` FROM catalog_entities WHERE ref = $1`, ref).Scan(&at); err != nil {
			a.t.Fatal(err)
		}
		return at.UTC().Format(time.RFC3339Nano)
	}
	held := a.stored(a.held).Held
	if held == nil {
		a.t.Fatal("nothing is held")
	}
	const c = "/api/catalog"
	removed2, miss2 := stored("removed_at", "component:default/removed2"), stored("missing_since", "component:default/miss2")
	return []change{
		{"refresh an entity", "POST " + c + "/refresh", c + "/refresh", `{"entityRef":"component:default/here"}`, "catalog.entity.refresh", "component:default/here"},
		{"edit an entity", "PATCH " + c + "/entities/by-name/{kind}/{namespace}/{name}/overlay", c + "/entities/by-name/component/default/here/overlay", `{"fields":{"metadata.title":"Here"}}`, "catalog.entity.edit", "component:default/here"},
		{"let a team stand for another", "PUT " + c + "/owner-aliases", c + "/owner-aliases", `{"oldRef":"group:default/team-a","newRef":"group:default/team-b"}`, "catalog.alias.set", "group:default/team-a"},
		{"no longer", "DELETE " + c + "/owner-aliases/{kind}/{namespace}/{name}", c + "/owner-aliases/group/default/once", "", "catalog.alias.remove", "group:default/once"},
		{"refresh a source", "POST " + c + "/sources/{id}/refresh", c + "/sources/" + a.rest.ID + "/refresh", "", "catalog.source.refresh", a.rest.Location.String()},
		{"register", "POST " + c + "/locations", c + "/locations", `{"type":"url","target":"https://example.com/new"}`, "catalog.location.register", "url:https://example.com/new"},
		{"register what is there", "POST " + c + "/locations", c + "/locations?onConflict=refresh", `{"type":"url","target":"https://example.com/old"}`, "catalog.location.register", "url:https://example.com/old"},
		{"point elsewhere", "PUT " + c + "/locations/{id}", c + "/locations/" + a.gone.LocationID.String(), `{"type":"url","target":"https://example.com/moved"}`, "catalog.location.update", "url:https://example.com/moved"},
		{"unregister", "DELETE " + c + "/locations/{id}", c + "/locations/" + a.gone.LocationID.String(), "", "catalog.location.unregister", "url:https://example.com/moved"},
		{"restore a removal", "POST " + c + "/removed/restore", c + "/removed/restore", `{"removedAt":"` + removed2 + `"}`, "catalog.removed.restore", "removed:" + removed2},
		{"keep what is missing", "POST " + c + "/missing/restore", c + "/missing/restore", `{"since":"` + miss2 + `"}`, "catalog.missing.restore", "missing:" + miss2},
		{"restore one", "POST " + c + "/entities/by-uid/{uid}/restore", c + "/entities/by-uid/" + a.uid("component:default/removed") + "/restore", "", "catalog.entity.restore", "component:default/removed"},
		{"remove a missing one", "POST " + c + "/entities/by-uid/{uid}/remove", c + "/entities/by-uid/" + a.uid("component:default/miss") + "/remove", "", "catalog.entity.remove", "component:default/miss"},
		{"delete one", "DELETE " + c + "/entities/by-uid/{uid}", c + "/entities/by-uid/" + a.uid("component:default/here"), "", "catalog.entity.remove", "component:default/here"},
		{"decide what is held", "POST " + c + "/sources/{id}/held", c + "/sources/" + a.held.ID + "/held", `{"decision":"keep","digest":"` + held.Digest + `"}`, "catalog.held.decide", a.held.Location.String()},
	}
}

func (a *audited) changeCalled(name string) change {
	a.t.Helper()
	for _, c := range a.changes() {
		if c.name == name {
			return c
		}
	}
	a.t.Fatalf("no change is called %q", name)
	return change{}
}

func (a *audited) send(c change, header ...string) *httptest.ResponseRecorder {
	a.t.Helper()
	method, _, _ := strings.Cut(c.pattern, " ")
	r := httptest.NewRequestWithContext(a.t.Context(), method, "http://localhost"+c.path, strings.NewReader(c.body))
	for i := 0; i < len(header); i += 2 {
		if header[i] == "Host" {
			r.Host = header[i+1]
		}
		r.Header.Set(header[i], header[i+1])
	}
	rec := httptest.NewRecorder()
	a.handler.ServeHTTP(rec, r)
	return rec
}

func (a *audited) records() []audit.Record {
	a.t.Helper()
	list, _, err := a.book.Latest(a.t.Context(), audit.Filter{}, 1<<40, 500)
	if err != nil {
		a.t.Fatal(err)
	}
	return list
}

const byOperator, operatorToken = "Authorization", "Bearer operator-token"

// Every route that changes something writes one record; the table has a request for each of them.
func TestEveryChangeIsRecorded(t *testing.T) {
	t.Parallel()
	a := newAudited(t, false)
	missing := map[string]bool{}
	for _, r := range a.routes.Routes() {
		if _, ok := r.Audit.Action(); ok {
			missing[r.Pattern] = true
		}
	}
	a.following(func() {
		for _, c := range a.changes() {
			delete(missing, c.pattern)
			before := len(a.records())
			if rec := a.send(c, byOperator, operatorToken); rec.Code >= 300 {
				t.Errorf("%s: %d %s", c.name, rec.Code, rec.Body)
				continue
			}
			list := a.records()
			if len(list) != before+1 {
				t.Errorf("%s: %d records, want 1", c.name, len(list)-before)
				continue
			}
			want := audit.Record{Actor: "service:ci", Principal: "service", Action: c.action, Target: c.target, Outcome: audit.Allowed, Address: "192.0.2.1"}
			r := list[0]
			got := audit.Record{Actor: r.Actor, Principal: r.Principal, Action: r.Action, Target: r.Target, Outcome: r.Outcome, Status: r.Status, Address: r.Address}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%s (-want +got)\n%s", c.name, diff)
			}
			if r.RequestID == "" || !json.Valid(r.Detail) {
				t.Errorf("%s: request %q, detail %s", c.name, r.RequestID, r.Detail)
			}
		}
	})
	for pattern := range missing {
		t.Errorf("%s is audited, and no request here proves it", pattern)
	}
	if rep, err := a.book.Verify(t.Context(), nil); err != nil || !rep.OK {
		t.Errorf("%+v, %v", rep, err)
	}
}

// What cannot be recorded is not done, and what is not done is not recorded.
func TestNoChangeWithoutItsRecord(t *testing.T) {
	t.Parallel()
	a := newAudited(t, false)
	state := func() (s string) {
		t.Helper()
		err := a.store.db.QueryRow(t.Context(), `
			SELECT concat((SELECT string_agg(e::text, ' ' ORDER BY uid) FROM catalog_entities AS e),
			              (SELECT string_agg(s::text, ' ' ORDER BY id) FROM catalog_sources AS s), (SELECT count(*) FROM river_job), (SELECT count(*) FROM catalog_changes))`).Scan(&s)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	before, changes := state(), a.changes()
	a.exec(`ALTER TABLE audit_log ADD CONSTRAINT no_more CHECK (false) NOT VALID`)
	for _, c := range changes {
		if rec := a.send(c, byOperator, operatorToken); rec.Code != http.StatusInternalServerError {
			t.Errorf("%s: %d %s", c.name, rec.Code, rec.Body)
		}
	}
	if diff := cmp.Diff(before, state()); diff != "" {
		t.Errorf("done without a record\n%s", diff)
	}
	a.exec(`ALTER TABLE audit_log DROP CONSTRAINT no_more`)
	for _, c := range []change{
		{pattern: "POST ", path: "/api/catalog/locations", body: `{"type":"url","target":"https://example.com/old"}`},             // 409
		{pattern: "POST ", path: "/api/catalog/locations?dryRun=true", body: `{"type":"url","target":"https://example.com/old"}`}, // tried
		{pattern: "POST ", path: "/api/catalog/locations", body: `{"type":"file","target":"/etc"}`},                               // 400
		{pattern: "POST ", path: "/api/catalog/refresh", body: `{"entityRef":"component:default/nobody"}`},                        // 404
		{pattern: "POST ", path: "/api/catalog/sources/src_0/refresh"},
		{pattern: "POST ", path: "/api/catalog/entities/by-refs", body: `{"entityRefs":[]}`},
	} {
		a.send(c, byOperator, operatorToken)
	}
	if list := a.records(); len(list) != 0 {
		t.Errorf("recorded what was not done: %+v", list)
	}
}

// A change whose transaction does not end in a commit is neither done nor recorded.
func TestAChangeThatIsCutShort(t *testing.T) {
	t.Parallel()
	a := newAudited(t, false)
	ctx, cancel := context.WithCancel(t.Context())
	tx, err := a.store.db.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tx.Exec(t.Context(), `SELECT FROM audit_head FOR UPDATE`); err != nil {
		t.Fatal(err)
	}
	c := a.changeCalled("delete one")
	done := make(chan struct{})
	go func() {
		defer close(done)
		r := httptest.NewRequestWithContext(ctx, http.MethodDelete, c.path, nil)
		r.Header.Set(byOperator, operatorToken)
		a.handler.ServeHTTP(httptest.NewRecorder(), r)
	}()
	ended := false
	for waits := 0; waits == 0 && !ended; { // for the head
		select {
		case <-done:
			ended = true
		default:
		}
		if err := a.store.db.QueryRow(t.Context(), `SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`).Scan(&waits); err != nil {
			t.Fatal(err)
		}
	}
	cancel()
	<-done
	if err := tx.Rollback(t.Context()); err != nil {
		t.Fatal(err)
	}
	if ended {
		t.Error("the change did not wait for its record")
	}
	if n := a.count(`SELECT count(*) FROM catalog_entities WHERE ref = 'component:default/here' AND state = 'active'`); n != 1 || len(a.records()) != 0 {
		t.Errorf("active %d, records %+v", n, a.records())
	}
}

func TestDeniedChangesAreRecorded(t *testing.T) {
	t.Parallel()
	a := newAudited(t, true)
	register := a.changeCalled("register")
	tests := []struct {
		name   string
		header []string
		status int
		want   *audit.Record
	}{
		{"nobody", []string{"Host", "localhost"}, 403, &audit.Record{Actor: "user:default/guest", Principal: "guest"}},
		{"an unknown token", []string{byOperator, "Bearer who-knows-this"}, 401, &audit.Record{Actor: "unknown"}},
		{"a reader", []string{byOperator, "Bearer reader-token"}, 403, &audit.Record{Actor: "service:reader", Principal: "service"}},
		{"another site", []string{"Host", "localhost", "Origin", "https://evil.example"}, 403, nil}, // counted with the first
		{"a catalog that is read-only", []string{byOperator, operatorToken}, 403, &audit.Record{Actor: "service:ci", Principal: "service"}},
	}
	for _, tt := range tests {
		before := len(a.records())
		if rec := a.send(register, tt.header...); rec.Code != tt.status {
			t.Errorf("%s: %d %s", tt.name, rec.Code, rec.Body)
		}
		list := a.records()
		if tt.want == nil {
			if len(list) != before {
				t.Errorf("%s: recorded again: %+v", tt.name, list[0])
			}
			continue
		}
		if len(list) != before+1 {
			t.Errorf("%s: %d records, want 1", tt.name, len(list)-before)
			continue
		}
		r := list[0]
		if r.Actor != tt.want.Actor || r.Principal != tt.want.Principal || r.Action != "catalog.location.register" || r.Target != "/api/catalog/locations" || r.Outcome != audit.Denied || r.Status != tt.status {
			t.Errorf("%s: %+v", tt.name, r)
		}
		if strings.Contains(string(r.Detail), "who-knows-this") {
			t.Errorf("%s: the record holds the token: %s", tt.name, r.Detail)
		}
	}
}
