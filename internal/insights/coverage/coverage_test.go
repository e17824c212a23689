package coverage

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"portico/internal/catalog/index"
	"portico/internal/httpx"
	"portico/internal/pg/pgtest"
)

var today = time.Date(2026, 11, 30, 9, 0, 0, 0, time.UTC)

// row writes an entity: "component:shop" with annotations, labels and spec as JSON members.
func row(ref, annotations, labels, spec string) index.Row {
	kind, name, _ := strings.Cut(ref, ":")
	names := map[string]string{"component": "Component", "api": "API", "resource": "Resource", "system": "System", "domain": "Domain", "group": "Group", "user": "User", "template": "Template", "location": "Location"}
	return index.Row{
		UID: "uid-" + ref, Ref: kind + ":default/" + name, Revision: 1,
		JSON: fmt.Appendf(nil, `{"apiVersion":"backstage.io/v1alpha1","kind":%q,"metadata":{"name":%q,"annotations":{%s},"labels":{%s}},"spec":{%s}}`, names[kind], name, annotations, labels, spec),
	}
}

// town is a catalog of which every number below was counted by hand:
//
//   - teams: dept, with crew below it and ana in crew; ghosts without anybody; leavers, whose only member is suspended.
//   - owned by crew: shop (tier 1), till (tier 3, inferred), cart-api, db. Owned by dept: portal. Owned by ghosts: attic.
//     By leavers: cellar. By a person: hobby. By who is not there: lost. By nobody: stray, a system named town.
func town() []index.Row {
	return []index.Row{
		row("group:dept", "", "", `"type":"dept","children":[]`),
		row("group:crew", "", "", `"type":"team","parent":"dept","children":[],"profile":{"displayName":"The crew"}`),
		row("group:ghosts", "", "", `"type":"team","children":[]`),
		row("group:leavers", "", "", `"type":"team","children":[]`),
		row("user:ana", "", "", `"memberOf":["crew"]`),
		row("user:leo", `"portico.dev/suspended":"true"`, "", `"memberOf":["leavers"]`),
		row("system:town", "", "", `"x":1`),
		row("component:shop", `"backstage.io/techdocs-ref":"dir:."`, `"tier":"1"`, `"type":"service","owner":"crew","system":"town","providesApis":["cart-api"]`),
		row("component:till", `"portico.dev/owner-inferred":"true","acme.example/service-tier":"tier-3"`, "", `"type":"service","owner":"group:crew","providesApis":["bare-api","not-there"]`),
		row("component:portal", `"backstage.io/techdocs-entity":"component:default/shop","portico.dev/owner-inferred":"false"`, "", `"type":"website","owner":"dept"`),
		row("component:attic", `"backstage.io/techdocs-ref":""`, `"tier":"backend"`, `"type":"service","owner":"ghosts"`),
		row("component:cellar", "", "", `"type":"library","owner":"leavers"`),
		row("component:hobby", "", "", `"type":"Service","owner":"user:ana","providesApis":["not-there"]`),
		row("component:lost", "", "", `"type":"library","owner":"nobody@example.com","criticality":"high"`),
		row("component:stray", "", "", `"type":"library"`),
		row("api:cart-api", "", "", `"type":"openapi","owner":"crew","definition":"`+strings.Repeat("openapi: 3.1.0 ", 40)+`"`),
		row("api:bare-api", "", "", `"type":"openapi","owner":"ghosts","definition":""`),
		row("resource:db", "", "", `"type":"database","owner":"crew"`),
		row("location:here", "", "", `"targets":[]`),
	}
}

func viewOf(t testing.TB, rows []index.Row, predicate string, verified map[string][]string) *view {
	t.Helper()
	snap := index.New(index.Options{}).Apply(rows, 1)
	return newView(snap, restricted(t, predicate), verified, today)
}

func restricted(t testing.TB, predicate string) *index.Restriction {
	t.Helper()
	if predicate == "" {
		return nil
	}
	f, err := index.ParsePredicate([]byte(predicate))
	if err != nil {
		t.Fatal(err)
	}
	return index.Restrict(f)
}

func TestFormulas(t *testing.T) {
	claims := map[string][]string{
		"component:default/shop":   {"group:default/crew"},
		"component:default/portal": {"group:default/crew"},   // it is dept's by now
		"component:default/attic":  {"group:default/ghosts"}, // nobody is in it any more
		"component:default/gone":   {"group:default/crew"},
	}
	// Somebody should own 12: town, 8 components, 2 APIs, db. crew owns shop, till, cart-api, db, and dept portal.
	// Weights: shop 4, till 2, lost 3, the others 1: 9 + 9 = 18.
	tests := []struct {
		name     string
		sees     string
		scope    Scope
		weighted bool
		want     map[Measure]Share
	}{
		{name: "everything", want: map[Measure]Share{
			Ownership: {5, 12}, Declared: {4, 12}, Inferred: {1, 12}, Verified: {1, 12}, Docs: {2, 8}, Definitions: {1, 2}, APIs: {1, 4},
		}},
		{name: "weighted", weighted: true, want: map[Measure]Share{
			Ownership: {9, 18}, Declared: {7, 18}, Inferred: {2, 18}, Verified: {4, 18}, Docs: {5, 14}, Definitions: {1, 2}, APIs: {4, 8},
		}},
		{name: "a team and the team below", scope: Scope{Ref: "group:default/dept"}, want: map[Measure]Share{
			Ownership: {5, 5}, Declared: {4, 5}, Inferred: {1, 5}, Verified: {1, 5}, Docs: {2, 3}, Definitions: {1, 1}, APIs: {1, 2},
		}},
		{name: "a team alone", scope: Scope{Ref: "group:default/dept", Own: true}, want: map[Measure]Share{
			Ownership: {1, 1}, Declared: {1, 1}, Inferred: {0, 1}, Verified: {0, 1}, Docs: {1, 1}, Definitions: {0, 0}, APIs: {0, 0},
		}},
		{name: "an empty team", scope: Scope{Ref: "group:default/ghosts"}, want: map[Measure]Share{
			Ownership: {0, 2}, Declared: {0, 2}, Inferred: {0, 2}, Verified: {0, 2}, Docs: {0, 1}, Definitions: {0, 1}, APIs: {0, 1},
		}},
		{name: "nobody's: town, hobby, lost, stray", scope: Scope{Nobody: true}, want: map[Measure]Share{
			Ownership: {0, 4}, Declared: {0, 4}, Inferred: {0, 4}, Verified: {0, 4}, Docs: {0, 3}, Definitions: {0, 0}, APIs: {0, 1},
		}},
		{name: "a system", scope: Scope{Ref: "system:default/town"}, want: map[Measure]Share{
			Ownership: {1, 1}, Declared: {1, 1}, Inferred: {0, 1}, Verified: {1, 1}, Docs: {1, 1}, Definitions: {0, 0}, APIs: {1, 1},
		}},
		{name: "who may not see crew", sees: `{"$not":{"metadata.name":"crew"}}`, want: map[Measure]Share{
			// Nobody else is seen to be in dept.
			Ownership: {0, 12}, Declared: {0, 12}, Inferred: {0, 12}, Verified: {0, 12}, Docs: {2, 8}, Definitions: {1, 2}, APIs: {1, 4},
		}},
		{name: "who may not see the only member", sees: `{"$not":{"metadata.name":"ana"}}`, want: map[Measure]Share{
			Ownership: {0, 12}, Declared: {0, 12}, Inferred: {0, 12}, Verified: {0, 12}, Docs: {2, 8}, Definitions: {1, 2}, APIs: {1, 4},
		}},
		{name: "who may not see the API", sees: `{"$not":{"kind":"api"}}`, want: map[Measure]Share{
			Ownership: {4, 10}, Declared: {3, 10}, Inferred: {1, 10}, Verified: {1, 10}, Docs: {2, 8}, Definitions: {0, 0}, APIs: {0, 4},
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			v := viewOf(t, town(), tt.sees, claims)
			set, ok := v.within(tt.scope)
			if !ok {
				t.Fatal("no such scope")
			}
			got := map[Measure]Share{}
			for m := range tt.want {
				got[m] = v.share(m, set, tt.weighted)
			}
			if diff := gocmp.Diff(tt.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// Every number is as long as its list, whatever the scope and the reader.
func TestListsAreAsLongAsNumbers(t *testing.T) {
	for _, sees := range []string{"", `{"$not":{"metadata.name":"crew"}}`, `{"kind":{"$in":["component","api"]}}`} {
		v := viewOf(t, town(), sees, nil)
		scopes := []Scope{{}, {Nobody: true}, {Ref: "system:default/town"}}
		for ref := range v.groups {
			scopes = append(scopes, Scope{Ref: ref}, Scope{Ref: ref, Own: true})
		}
		for _, s := range scopes {
			set, ok := v.within(s)
			if !ok {
				continue
			}
			for _, m := range ofEntities {
				share := v.share(m, set, false)
				have, missing := v.list(m, set, true).Len(), v.list(m, set, false).Len()
				if float64(have) != share.Numerator || float64(have+missing) != share.Denominator {
					t.Errorf("%s %v %s: %v, lists of %d and %d", sees, s, m, share, have, missing)
				}
			}
		}
	}
}

func TestTiers(t *testing.T) {
	tests := []struct {
		annotations, labels, spec string
		want                      float64
	}{
		{"", "", `"type":"x"`, 1},
		{"", `"tier":"1"`, "", 4},
		{"", `"tier":"backend"`, "", 1},
		{`"contentful.example/service-tier":"4"`, "", "", 1},
		{`"contentful.example/service-tier":"2"`, "", "", 3},
		{`"aurora.example/security-tier":"1"`, "", "", 1}, // another sort of tier
		{`"acme.example/criticality":"Critical"`, "", "", 4},
		{"", "", `"tier":3`, 2},
		{"", `"tier":"tier-3"`, `"criticality":"mission-critical"`, 4},
	}
	for i, tt := range tests {
		v := viewOf(t, []index.Row{row("component:a", tt.annotations, tt.labels, tt.spec)}, "", nil)
		if s := v.share(Docs, v.all, true); s.Denominator != tt.want {
			t.Errorf("%d: weight %v, want %v", i, s.Denominator, tt.want)
		}
	}
}

func TestReasons(t *testing.T) {
	v := viewOf(t, town(), "", nil)
	got := map[Measure][]string{}
	for _, m := range []Measure{Ownership, APIs, Docs, Definitions, Verified} {
		docs, more := v.list(m, v.all, false).After("", 50)
		if more {
			t.Error(m, "more than there are")
		}
		for _, g := range v.gaps(m, docs, false) {
			if g.Reason.Says == "" || !json.Valid(g.Entity) {
				t.Error(m, g)
			}
			_, name, _ := strings.Cut(g.Ref, "/")
			got[m] = append(got[m], name+" "+g.Reason.Code)
		}
	}
	want := map[Measure][]string{
		Ownership:   {"bare-api owner-empty", "attic owner-empty", "cellar owner-empty", "hobby owner-person", "lost owner-missing", "stray no-owner", "town no-owner"},
		APIs:        {"attic no-api", "hobby api-missing", "till api-undefined"},
		Docs:        {"attic no-docs", "cellar no-docs", "hobby no-docs", "lost no-docs", "stray no-docs", "till no-docs"},
		Definitions: {"bare-api no-definition"},
		Verified:    {"cart-api not-verified", "portal not-verified", "shop not-verified", "till not-verified", "db not-verified"},
	}
	if diff := gocmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestTable(t *testing.T) {
	v := viewOf(t, town(), "", nil)
	got := []string{}
	for _, r := range v.table() {
		_, name, _ := strings.Cut(r.Ref, "/")
		got = append(got, fmt.Sprintf("%s %v %v", cmp.Or(name, "-"), r.Gaps, r.GapsW))
	}
	// Nobody's: 4 without owner, 3 without docs, 1 without API; lost weighs 3 in two of them. ghosts: 2, 1, 1, 1. leavers: 1, 1.
	// crew: till lacks docs and API, and weighs 2.
	want := []string{"- 8 12", "ghosts 5 5", "crew 2 4", "leavers 2 2", "dept 0 0"}
	if diff := gocmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestTeamsInACircle(t *testing.T) {
	rows := []index.Row{
		row("group:a", "", "", `"type":"team","parent":"b","children":["b"]`),
		row("group:b", "", "", `"type":"team","parent":"a","children":["a"]`),
		row("user:u", "", "", `"memberOf":["a"]`),
		row("component:c", "", "", `"type":"service","owner":"b"`),
		row("system:s", "", "", `"domain":"d"`),
		row("domain:d", "", "", `"subdomainOf":"d"`),
	}
	v := viewOf(t, rows, "", nil)
	set, _ := v.within(Scope{Ref: "group:default/a"})
	if got := v.share(Ownership, set, false); got != (Share{1, 1}) {
		t.Error(got)
	}
	if set, ok := v.within(Scope{Ref: "domain:default/d"}); !ok || set.Len() != 2 {
		t.Error(set.Len(), ok)
	}
}

// world is a coverage over a real database.
type world struct {
	*Coverage
	handler http.Handler
	guard   *testGuard
	now     time.Time
}

type testGuard struct {
	see      *index.Restriction
	operates bool
}

func (g *testGuard) Seen(context.Context) *index.Restriction { return g.see }
func (g *testGuard) Operates(context.Context) bool           { return g.operates }

type openGate struct{}

func (openGate) Admit(*http.Request, httpx.Access) (httpx.Caller, error) {
	return httpx.Caller{Name: "user:default/ana"}, nil
}

func newWorld(t *testing.T) *world {
	w := &world{now: today, guard: &testGuard{operates: true}}
	w.Coverage = &Coverage{Store: &Store{DB: pgtest.New(t)}, Index: index.New(index.Options{}), Now: func() time.Time { return w.now }}
	w.Index.Apply(town(), 1)
	routes := new(httpx.Registry)
	(&Handler{Coverage: w.Coverage, Guard: w.guard}).Mount(routes)
	var err error
	if w.handler, err = routes.Handler(httpx.Options{Gate: openGate{}, Log: slog.New(slog.DiscardHandler)}); err != nil {
		t.Fatal(err)
	}
	return w
}

func (w *world) exec(t *testing.T, sql string, args ...any) {
	t.Helper()
	if _, err := w.Store.DB.Exec(t.Context(), sql, args...); err != nil {
		t.Fatal(err)
	}
}

func (w *world) get(t *testing.T, path string, into any) int {
	t.Helper()
	rec := httptest.NewRecorder()
	w.handler.ServeHTTP(rec, httptest.NewRequestWithContext(t.Context(), "GET", "/api/portico/coverage"+path, nil))
	if into != nil {
		if err := json.Unmarshal(rec.Body.Bytes(), into); err != nil {
			t.Fatalf("%s: %v: %s", path, err, rec.Body)
		}
	}
	return rec.Code
}

type answer struct {
	Whole    bool
	Measures []struct {
		Measure                Measure
		State                  string
		Numerator, Denominator float64
		Why, Remedy            string
		Unknown                int
		AsOf                   *time.Time
		Providers              []Provider
		Parts                  []struct{ Measure Measure }
	}
}

// repositories fills the tables as a crawl does. Of two providers: five active repositories, of which two are linked.
func (w *world) repositories(t *testing.T) {
	w.exec(t, `INSERT INTO catalog_sources (id, location_id, type, target, origin) VALUES ('s', gen_random_uuid(), 'url', 'https://git.example', 'config')`)
	w.exec(t, `INSERT INTO catalog_units (source_id, location) VALUES ('s', 'inferred:a'), ('s', 'inferred:b'), ('s', 'inferred:c')`)
	for i, e := range []string{"component:default/shop inferred:a active", "location:default/b inferred:b active", "component:default/old inferred:c removed"} {
		f := strings.Fields(e)
		w.exec(t, `INSERT INTO catalog_entities (uid, ref, unit_id, location, entity, digest, state, revision)
			SELECT gen_random_uuid(), $1, id, location, '{}', '', $3, $4 FROM catalog_units WHERE location = $2`, f[0], f[1], f[2], i+1)
	}
	repo := func(provider, id, unit string, days int, fork, archived bool, leftOut string) {
		var pushed *time.Time
		if days >= 0 {
			at := today.AddDate(0, 0, -days)
			pushed = &at
		}
		w.exec(t, `INSERT INTO forge_repositories (provider, repo_id, name, entity_name, url, clone_url, pushed_at, fork, archived, units, left_out)
			VALUES ($1, $2, 'o/' || $2, $2, 'https://git.example/' || $2, '', $3, $4, $5, CASE WHEN $6 = '' THEN '{}' ELSE ARRAY[$6] END, $7)`, provider, id, pushed, fork, archived, unit, leftOut)
	}
	repo("gitea:one", "1", "inferred:a", 1, false, false, "")
	repo("gitea:one", "2", "inferred:a", 89, false, false, "") // two repositories of one unit are both linked
	repo("gitea:one", "3", "inferred:b", 2, false, false, "")  // a Location is no entity of its own
	repo("gitea:one", "4", "inferred:a", 91, false, false, "") // not active
	repo("gitea:one", "5", "inferred:a", 1, true, false, "")   // a fork
	repo("gitea:one", "6", "inferred:a", 1, false, true, "")   // archived
	repo("gitea:one", "7", "", -1, false, false, "")           // who knows
	repo("github:two", "8", "inferred:c", 3, false, false, "") // what came from it was removed
	repo("github:two", "9", "", 3, false, false, "the topic is not service")
	w.exec(t, `INSERT INTO forge_crawls (provider, finished_at, whole) VALUES ('gitea:one', $1, true), ('github:two', $2, true), ('github:two', $1, false)`, today, today.Add(-time.Hour))
}

func TestRepositories(t *testing.T) {
	w := newWorld(t)
	var a answer
	if w.get(t, "", &a); a.Measures[0].State != unknown || !strings.Contains(a.Measures[0].Remedy, "catalog.providers") {
		t.Errorf("without providers: %+v", a.Measures[0])
	}
	w.repositories(t)
	w.now = today.Add(freshFor)
	a = answer{}
	w.get(t, "", &a)
	m := a.Measures[0]
	if m.State != measured || m.Numerator != 2 || m.Denominator != 5 || m.Unknown != 1 || !m.AsOf.Equal(today.Add(-time.Hour)) || len(m.Providers) != 2 || m.Providers[1].Active != 2 || m.Providers[1].Linked != 0 {
		t.Errorf("%+v", m)
	}
	var codes []string
	for cursor := ""; ; {
		var page struct {
			Repositories []Repository
			NextCursor   string
		}
		if code := w.get(t, "/gaps?measure=repositories&limit=1&cursor="+cursor, &page); code != 200 {
			t.Fatal(code)
		}
		for _, r := range page.Repositories {
			codes = append(codes, r.ID+" "+r.Reason.Code)
		}
		if cursor = page.NextCursor; cursor == "" {
			break
		}
	}
	if diff := gocmp.Diff([]string{"3 unread", "8 unread", "9 left-out"}, codes); diff != "" {
		t.Error(diff)
	}
	w.exec(t, `INSERT INTO forge_crawls (provider) VALUES ('gitlab:three')`)
	w.now = w.now.Add(freshFor)
	if w.get(t, "", &a); a.Measures[0].State != unknown || a.Measures[0].AsOf != nil && a.Measures[0].Numerator != 0 {
		t.Errorf("a provider that was never read in full: %+v", a.Measures[0])
	}
}

func TestWhoSeesWhat(t *testing.T) {
	w := newWorld(t)
	w.repositories(t)
	for _, tt := range []struct {
		name              string
		sees              string
		operates          bool
		repositories      string
		owned             float64
		trend, repos, rep int
	}{
		{"sees all and operates", "", true, measured, 12, 200, 200, 200},
		{"sees all", "", false, withheld, 12, 200, 403, 403},
		{"something is hidden", `{"kind":{"$in":["component","group","user"]}}`, true, withheld, 8, 403, 403, 403},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w.guard.see, w.guard.operates = restricted(t, tt.sees), tt.operates
			var a answer
			if code := w.get(t, "", &a); code != 200 || a.Measures[0].State != tt.repositories || a.Measures[1].Denominator != tt.owned || a.Whole != (tt.sees == "") {
				t.Errorf("%d %+v", code, a)
			}
			if a.Measures[0].State == withheld && (len(a.Measures[0].Providers) > 0 || a.Measures[0].Denominator > 0) {
				t.Errorf("repositories are told: %+v", a.Measures[0])
			}
			if code := w.get(t, "/trend?measure=docs", nil); code != tt.trend {
				t.Errorf("trend: %d", code)
			}
			if code := w.get(t, "/trend?measure=repositories", nil); code != tt.repos {
				t.Errorf("trend of repositories: %d", code)
			}
			if code := w.get(t, "/gaps?measure=repositories", nil); code != tt.rep {
				t.Errorf("repositories: %d", code)
			}
		})
	}
	var page struct {
		Total int
		Items []Gap
	}
	w.guard.see = restricted(t, `{"kind":"component"}`)
	if w.get(t, "/gaps?measure=ownership", &page); page.Total != 8 || slices.ContainsFunc(page.Items, func(g Gap) bool { return !strings.HasPrefix(g.Ref, "component:") }) {
		t.Errorf("%+v", page)
	}
	if code := w.get(t, "?scope=group:default/crew", nil); code != 404 {
		t.Errorf("a hidden scope: %d", code)
	}
}

func TestKeep(t *testing.T) {
	w := newWorld(t)
	w.repositories(t)
	job := &KeepWorker{Coverage: w.Coverage}
	keep := func() {
		t.Helper()
		if err := job.Work(t.Context(), nil); err != nil {
			t.Fatal(err)
		}
	}
	keep()
	keep() // the same day again
	var n int
	if err := w.Store.DB.QueryRow(t.Context(), `SELECT count(*) FROM coverage_days`).Scan(&n); err != nil || n == 0 {
		t.Fatal(n, err)
	}
	w.now = today.AddDate(0, 0, 1)
	w.Index.Apply([]index.Row{{Ref: "group:default/ghosts", Deleted: true}, row("component:stray", `"backstage.io/techdocs-ref":"dir:."`, "", `"type":"library"`)}, 2)
	keep()
	trend := func(query string) (points []Point) {
		t.Helper()
		var a struct{ Points []Point }
		if code := w.get(t, "/trend?"+query, &a); code != 200 {
			t.Fatal(query, code)
		}
		return a.Points
	}
	for query, want := range map[string][]Point{
		"measure=docs":                                        {{"2026-11-30", Share{2, 8}}, {"2026-12-01", Share{3, 8}}},
		"measure=docs&weighted=true":                          {{"2026-11-30", Share{5, 14}}, {"2026-12-01", Share{6, 14}}},
		"measure=docs&days=1":                                 {{"2026-12-01", Share{3, 8}}},
		"measure=ownership&scope=group:default/ghosts":        {{"2026-11-30", Share{0, 2}}},                              // gone, and stays in the past
		"measure=repositories":                                {{"2026-11-30", Share{2, 5}}, {"2026-12-01", Share{1, 4}}}, // one was pushed to 90 days ago to the hour
		"measure=ownership.inferred&scope=group:default/crew": {{"2026-11-30", Share{1, 4}}, {"2026-12-01", Share{1, 4}}},
		"measure=definitions&scope=group:default/leavers":     {}, // it has no API: not measured, and not 0
	} {
		if diff := gocmp.Diff(want, trend(query)); diff != "" {
			t.Error(query, diff)
		}
	}
	w.now = today.AddDate(3, 0, 0)
	keep()
	if got := trend("measure=docs&days=732"); len(got) != 1 {
		t.Errorf("what is older than the history goes: %v", got)
	}
}

func TestBadRequests(t *testing.T) {
	w := newWorld(t)
	for path, want := range map[string]int{
		"?scope=component:default/shop": 400, "?scope=%00": 400, "?scope=group:default/none": 404, "?weighted=1": 400, "?below=no": 400, "?a=%zz": 400,
		"/teams?weighted=x": 400, "/trend": 400, "/trend?measure=docs&days=0": 400, "/trend?measure=docs&scope=nobody": 400,
		"/gaps?measure=all": 400, "/gaps?measure=docs&limit=0": 400, "/gaps?measure=docs&cursor=!": 400, "/gaps?measure=docs&list=x": 400,
		"/gaps?measure=repositories&cursor=AAAA": 400, "/gaps?measure=repositories&cursor=AAo": 400, "/gaps?measure=repositories&scope=nobody": 400,
		"/gaps?measure=docs&scope=nobody": 200, "/teams": 200, "/gaps?measure=repositories": 200,
	} {
		var a struct{ Error struct{ Message string } }
		if code := w.get(t, path, &a); code != want || want >= 400 && a.Error.Message == "" {
			t.Errorf("%s: %d, want %d", path, code, want)
		}
	}
}
