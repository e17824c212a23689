package catalog

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"portico/internal/catalog/index"
	"portico/internal/errs"
	"portico/internal/httpx"
)

// ask is one request.
type ask struct {
	pattern string // of the route
	path    string
	body    string
	header  []string // name, value, …
}

var errorID = regexp.MustCompile(`"id":"[0-9A-F]{4}-[0-9A-F]{4}"`)

func (a *guarded) ask(q ask) answer {
	a.t.Helper()
	method, _, _ := strings.Cut(q.pattern, " ")
	r, err := http.NewRequestWithContext(a.t.Context(), method, a.url+q.path, strings.NewReader(q.body))
	if err != nil {
		a.t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer x")
	r.Header.Set("Accept-Encoding", "identity")
	for i := 0; i < len(q.header); i += 2 {
		r.Header.Set(q.header[i], q.header[i+1])
	}
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		a.t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		a.t.Fatal(err)
	}
	h := res.Header.Clone()
	for _, random := range []string{"Date", "X-Request-Id"} {
		h.Del(random)
	}
	return answer{res.StatusCode, h, errorID.ReplaceAllString(string(body), `"id":"…"`)}
}

func (a answer) String() string {
	return fmt.Sprintf("%d %v\n%s", a.status, a.header, a.body)
}

const api = "/api/catalog"
const byNameRoute = api + "/entities/by-name/{kind}/{namespace}/{name}"

// The two-world test. Whoever is restricted asks every route of the registry, in a catalog that holds what they may
// not see, and in one that never did: the answers are the same to the byte.
func TestTwoWorlds(t *testing.T) {
	t.Parallel()
	with := newGuarded(t, true, nil)
	without := newGuarded(t, false, with)
	hidden := uidsIn(with, `entity->'metadata'->'labels'->>'hidden' = 'true'`)
	if len(hidden) < 30 || len(uidsIn(without, `entity->'metadata'->'labels'->>'hidden' = 'true'`)) > 0 {
		t.Fatalf("%d entities are hidden in the one world", len(hidden))
	}
	missing := map[string]bool{}
	for _, route := range with.routes.Routes() {
		missing[route.Pattern] = true
	}
	compared := 0
	same := func(t *testing.T, q ask) answer {
		t.Helper()
		compared++
		delete(missing, q.pattern)
		got, want := with.ask(q), without.ask(q)
		if diff := cmp.Diff(want.String(), got.String()); diff != "" {
			t.Errorf("%s %s %s\n(-without +with) %s", q.pattern, q.path, q.body, diff)
		}
		return got
	}
	for name, predicate := range map[string]string{"what is labelled is hidden": onlyUnhidden, "what is not listed is hidden": onlyListed} {
		with.guard.set(restrictedTo(t, predicate), nil)
		without.guard.set(restrictedTo(t, predicate), nil)
		t.Run("read, "+name, func(t *testing.T) {
			ok := 0
			for _, q := range with.reads(hidden) {
				if a := same(t, q); a.status == http.StatusOK {
					ok++
					if tag := a.header.Get("Etag"); tag != "" {
						q.header = append(q.header, "If-None-Match", tag)
						if again := same(t, q); again.status != http.StatusNotModified {
							t.Errorf("%s with its own tag: %d", q.path, again.status)
						}
					}
				}
				if t.Failed() {
					return // one is enough to look at
				}
			}
			if ok < 500 {
				t.Errorf("%d requests were answered with 200: this tests little", ok)
			}
		})
	}
	with.guard.set(restrictedTo(t, onlyUnhidden), nil)
	without.guard.set(restrictedTo(t, onlyUnhidden), nil)
	t.Run("stream", func(t *testing.T) {
		with.follow(func() { without.follow(func() { compareStreams(t, with, without) }) })
	})
	t.Run("change", func(t *testing.T) {
		with.hold()
		with.follow(func() {
			without.follow(func() {
				for _, q := range with.writes(t, hidden) {
					same(t, q)
					without.burn(with)
				}
			})
		})
	})
	for pattern := range missing {
		t.Errorf("%s is not asked: say in this test what it shows of entities", pattern)
	}
	t.Logf("wall: S4 | answers of routes compared, with what is hidden and without | %d", compared)
}

// TestPagesInTwoWorlds follows cursors and links from the first page to the last.
func TestPagesInTwoWorlds(t *testing.T) {
	t.Parallel()
	with := newGuarded(t, true, nil)
	without := newGuarded(t, false, with)
	with.guard.set(restrictedTo(t, onlyUnhidden), nil)
	without.guard.set(restrictedTo(t, onlyUnhidden), nil)
	follow := func(a *guarded, first ask, next func(answer) (ask, bool)) (all []string) {
		q := first
		for range 40 {
			one := a.ask(q)
			all = append(all, one.String())
			var more bool
			if q, more = next(one); !more {
				return all
			}
		}
		t.Fatalf("%s has no last page", first.path)
		return nil
	}
	field := func(name, path string) func(answer) (ask, bool) {
		return func(a answer) (ask, bool) {
			var page map[string]json.RawMessage
			if err := json.Unmarshal([]byte(a.body), &page); err != nil {
				t.Fatalf("%s: %v", a, err)
			}
			if info := page["pageInfo"]; info != nil {
				page = nil
				if err := json.Unmarshal(info, &page); err != nil {
					t.Fatal(err)
				}
			}
			var v any
			if raw := page[name]; raw == nil || json.Unmarshal(raw, &v) != nil || v == nil {
				return ask{}, false
			}
			return ask{pattern: "GET ", path: path + url.QueryEscape(fmt.Sprint(v))}, true
		}
	}
	link := regexp.MustCompile(`<([^>]+)>`)
	for _, tt := range []struct {
		path string
		next func(answer) (ask, bool)
	}{
		{api + "/entities/by-query?limit=2&orderField=relations.ownedBy,desc", field("nextCursor", api+"/entities/by-query?limit=2&cursor=")},
		{api + "/entities/by-query?limit=3&orderField=metadata.name", field("nextCursor", api+"/entities/by-query?limit=3&cursor=")},
		{api + "/entities/by-query?limit=1&filter=kind=component&fullTextFilterTerm=e&fullTextFilterFields=metadata.name", field("nextCursor", api+"/entities/by-query?limit=1&cursor=")},
		{api + "/removed?limit=1", field("nextCursor", api+"/removed?limit=1&cursor=")},
		{byNamePath("component:default/shop") + "/history?limit=1", field("next", byNamePath("component:default/shop")+"/history?limit=1&before=")},
		{api + "/entities?limit=2", func(a answer) (ask, bool) {
			m := link.FindStringSubmatch(a.header.Get("Link"))
			if m == nil {
				return ask{}, false
			}
			return ask{pattern: "GET ", path: m[1]}, true
		}},
	} {
		got, want := follow(with, ask{pattern: "GET ", path: tt.path}, tt.next), follow(without, ask{pattern: "GET ", path: tt.path}, tt.next)
		if diff := cmp.Diff(want, got); diff != "" || len(want) < 2 {
			t.Errorf("%s: %d pages (-without +with)\n%s", tt.path, len(want), diff)
		}
	}
}

func byNamePath(ref string) string {
	kind, rest, _ := strings.Cut(ref, ":")
	return api + "/entities/by-name/" + kind + "/" + rest
}

// compareStreams resumes from the beginning, and follows while hidden and visible entities change.
func compareStreams(t *testing.T, with, without *guarded) {
	open := func(a *guarded) *bufio.Scanner {
		r, err := http.NewRequestWithContext(t.Context(), "GET", a.url+api+"/changes", nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Accept", "text/event-stream")
		r.Header.Set("Authorization", "Bearer x")
		r.Header.Set("Last-Event-ID", "0")
		res, err := http.DefaultClient.Do(r)
		if err != nil || res.StatusCode != http.StatusOK {
			t.Fatalf("%v %v", res, err)
		}
		t.Cleanup(func() { res.Body.Close() })
		return bufio.NewScanner(res.Body)
	}
	live := regexp.MustCompile(`"at":"[^"]*"`)
	marks := regexp.MustCompile(`^(id: [0-9]+)\.[0-9a-f]{16}$`) // of who is restricted, whatever is hidden
	until := func(s *bufio.Scanner, last string) (lines []string) {
		for s.Scan() {
			lines = append(lines, marks.ReplaceAllString(live.ReplaceAllString(s.Text(), `"at":"…"`), "$1"))
			if strings.HasPrefix(s.Text(), "data: ") && strings.Contains(s.Text(), last) {
				return lines
			}
		}
		t.Fatalf("the stream ended: %v", s.Err())
		return nil
	}
	a, b := open(with), open(without)
	got, want := until(a, `"ref":"component:default/gone2","uid"`), until(b, `"ref":"component:default/gone2","uid"`)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("resumed from the beginning (-without +with)\n%s", diff)
	}
	// Both go on to the removal of gone2; now something comes while they are open.
	got, want = until(a, `"op":"removed"`), until(b, `"op":"removed"`)
	for round := range 4 {
		description := "round " + strconv.Itoa(round)
		change := func(a *guarded, file, text string) {
			a.set(file, strings.Replace(text, "spec:", "  description: "+description+"\nspec:", 1))
			if src := a.srcs[pathOf(file)]; src != nil {
				a.reread(src)
			}
		}
		change(with, "/hidden/new.yaml", doc("Component", "secret-new", true, "type: service, lifecycle: production, owner: team-a"))
		if round == 2 {
			with.remove("/hidden/new.yaml")
			with.reread(with.srcs["/hidden/*.yaml"])
			for _, uid := range uidsIn(with, `ref = 'component:default/secret-core'`) {
				if _, err := with.store.Remove(t.Context(), mustUUID(t, uid), "", auditSystem()); err != nil {
					t.Fatal(err)
				}
			}
		}
		without.burn(with)
		for _, a := range []*guarded{with, without} {
			change(a, "/pub/db.yaml", doc("Resource", "db", false, "type: database, owner: secret-team"))
		}
		last := `"ref":"resource:default/db"`
		got, want = append(got, until(a, last)...), append(want, until(b, last)...)
		without.burn(with)
	}
	if diff := cmp.Diff(want, got); diff != "" || len(want) < 12 {
		t.Errorf("while open: %d lines (-without +with)\n%s", len(want), diff)
	}
}

func pathOf(file string) string {
	return file[:strings.LastIndexByte(file, '/')] + "/*.yaml"
}

// TestMay: what is seen and may not be changed is refused with the reason, and stays as it is.
func TestMay(t *testing.T) {
	t.Parallel()
	a := newGuarded(t, true, nil)
	const reason = "only its owners may"
	for name, see := range map[string]*index.Restriction{"restricted": restrictedTo(t, onlyUnhidden), "unrestricted": nil} {
		a.guard.set(see, func(p httpx.Permission, d *index.Doc) error {
			if see != nil && strings.Contains(d.Ref(), "secret") {
				t.Errorf("asked about %s, which is hidden", d.Ref())
			}
			return errs.New(errs.Forbidden, "%s %s: %s", p.Name, d.Ref(), reason)
		})
		shop, gone, second := uidsIn(a, `ref = 'component:default/shop'`)[0], uidsIn(a, `ref = 'component:default/gone'`)[0], a.srcs["https://example.com/second.yaml"]
		var removed, since time.Time
		if err := a.store.db.QueryRow(t.Context(), `SELECT removed_at, (SELECT missing_since FROM catalog_entities WHERE ref = 'component:default/miss') FROM catalog_entities WHERE ref = 'component:default/gone'`).Scan(&removed, &since); err != nil {
			t.Fatal(err)
		}
		state := func() (s string) {
			if err := a.store.db.QueryRow(t.Context(), `SELECT revision || ' ' || (SELECT string_agg(target || requested_at, ' ') FROM catalog_sources) FROM catalog_state`).Scan(&s); err != nil {
				t.Fatal(err)
			}
			return s
		}
		before := state()
		for _, q := range []ask{
			{pattern: "DELETE ", path: api + "/entities/by-uid/" + shop},
			{pattern: "POST ", path: api + "/entities/by-uid/" + shop + "/remove"},
			{pattern: "POST ", path: api + "/entities/by-uid/" + gone + "/restore"},
			{pattern: "POST ", path: api + "/removed/restore", body: `{"removedAt":"` + removed.UTC().Format(time.RFC3339Nano) + `"}`},
			{pattern: "POST ", path: api + "/missing/restore", body: `{"since":"` + since.UTC().Format(time.RFC3339Nano) + `"}`},
			{pattern: "POST ", path: api + "/refresh", body: `{"entityRef":"component:default/shop"}`},
			{pattern: "POST ", path: api + "/sources/" + second.ID + "/refresh"},
			{pattern: "POST ", path: api + "/sources/" + second.ID + "/held", body: `{"decision":"keep","digest":"d"}`},
			{pattern: "POST ", path: api + "/locations", body: `{"type":"url","target":"https://example.com/brand-new.yaml"}`},
			{pattern: "POST ", path: api + "/locations?dryRun=true", body: `{"type":"url","target":"https://example.com/all.yaml"}`},
			{pattern: "POST ", path: api + "/analyze-location", body: `{"location":{"type":"url","target":"https://example.com/all.yaml"}}`},
			{pattern: "PUT ", path: api + "/locations/" + second.LocationID.String(), body: `{"type":"url","target":"https://example.com/brand-new.yaml"}`},
			{pattern: "DELETE ", path: api + "/locations/" + second.LocationID.String()},
		} {
			if got := a.ask(q); got.status != http.StatusForbidden || !strings.Contains(got.body, reason) {
				t.Errorf("%s, %s%s: %s", name, q.pattern, q.path, got)
			}
		}
		if after := state(); after != before {
			t.Errorf("%s: something changed: %s, was %s", name, after, before)
		}
	}
	// Moving a location takes the old one away, and registers the new one.
	second := a.srcs["https://example.com/second.yaml"]
	brandNew := Source{Location: Location{Type: "url", Target: "https://example.com/brand-new.yaml"}}
	for _, denied := range []struct {
		what, permission, ref string
	}{
		{"who may not take the old one away", "catalog.location.delete", second.EntityRef()},
		{"who may not register the new one", "catalog.location.create", brandNew.EntityRef()},
	} {
		asked := false
		a.guard.set(nil, func(p httpx.Permission, d *index.Doc) error {
			if p.Name == denied.permission && d.Ref() == denied.ref {
				asked = true
				return errs.New(errs.Forbidden, reason)
			}
			return nil
		})
		got := a.ask(ask{pattern: "PUT ", path: api + "/locations/" + second.LocationID.String(), body: `{"type":"url","target":"https://example.com/brand-new.yaml"}`})
		if !asked || got.status != http.StatusForbidden || !strings.Contains(got.body, reason) {
			t.Errorf("moved by %s: %s", denied.what, got)
		}
	}
	// Whoever sees everything and may do everything does.
	a.guard.set(nil, nil)
	a.follow(func() {
		for _, q := range []ask{
			{pattern: "DELETE ", path: api + "/entities/by-uid/" + uidsIn(a, `ref = 'component:default/secret-core'`)[0]},
			{pattern: "POST ", path: api + "/entities/by-uid/" + uidsIn(a, `ref = 'component:default/secret-gone'`)[0] + "/restore"},
		} {
			if got := a.ask(q); got.status >= 300 {
				t.Errorf("%s%s: %s", q.pattern, q.path, got)
			}
		}
	})
}

// TestNothingSeen: a restriction that allows nothing is no permission to see everything.
func TestNothingSeen(t *testing.T) {
	t.Parallel()
	a := newGuarded(t, true, nil)
	a.guard.set(index.Restrict(nil), nil)
	for path, want := range map[string]string{
		"/entities": `[]`, "/entities/by-query": `{"items":[],"totalItems":0,"pageInfo":{}}`, "/entity-facets?facet=kind": `{"facets":{"kind":[]}}`,
		"/locations": `[]`, "/sources": `{"items":[]}`, "/removed": `{"items":[],"nextCursor":null}`,
		"/problems": `{"errors":[],"conflicts":[],"missing":[],"removed":[],"totals":{"errors":0,"conflicts":0,"missing":0,"removed":0}}`,
	} {
		if got := a.ask(ask{pattern: "GET ", path: api + path}); got.status != http.StatusOK || strings.TrimSpace(got.body) != want {
			t.Errorf("%s: %s", path, got)
		}
	}
	if got := a.ask(ask{pattern: "GET ", path: api + "/changes"}); !strings.HasPrefix(got.body, `{"items":[],`) {
		t.Errorf("changes: %s", got)
	}
}

// TestHiddenLocations: of an entity that is seen, the locations that led to it are told only where they are seen.
func TestHiddenLocations(t *testing.T) {
	t.Parallel()
	a := newGuarded(t, true, nil)
	a.set("/x/root.yaml", location("first", "leaf.yaml"))
	a.set("/x/leaf.yaml", component("leaf", ""))
	src := a.source("/pub/*.yaml", "/hidden/*.yaml", "/x/root.yaml")[2]
	a.refresh(src)
	a.set("/x/root.yaml", location("second", "leaf.yaml"))
	a.refresh(src)
	told := func(see *index.Restriction) (out string) {
		a.guard.set(see, nil)
		for _, path := range []string{byNamePath("component:default/leaf") + "/history", byNamePath("component:default/leaf") + "/ancestry", api + "/changes?limit=500&ref=component:default/leaf"} {
			out += a.ask(ask{pattern: "GET ", path: path}).body
		}
		return out
	}
	if all := told(nil); !strings.Contains(all, `{"path":"parent","from":"location:default/first","to":"location:default/second"}`) || strings.Count(all, "location:default/") < 6 {
		t.Errorf("whoever sees all is told %s", all)
	}
	if some := told(restrictedTo(t, `{"kind":"component"}`)); strings.Contains(some, "location:default/") || !strings.Contains(some, "component:default/leaf") {
		t.Errorf("whoever sees components is told %s", some)
	}
	if some := told(restrictedTo(t, `{"$any":[{"kind":"component"},{"metadata.name":"second"}]}`)); strings.Contains(some, "location:default/first") || !strings.Contains(some, `{"path":"parent","to":"location:default/second"}`) {
		t.Errorf("whoever sees the second location is told %s", some)
	}
	a.guard.set(restrictedTo(t, `{"kind":"component"}`), nil)
	if got := a.ask(ask{pattern: "GET ", path: api + "/locations/by-entity/component/default/leaf"}); got.status != http.StatusNotFound {
		t.Errorf("the location of leaf: %s", got)
	}
}

// TestRemovedByThemselves: what a restriction excludes by relation cannot be judged of what is removed, and is not shown.
func TestRemovedByThemselves(t *testing.T) {
	t.Parallel()
	a := newGuarded(t, true, nil)
	removed := func(predicate string) string {
		a.guard.set(restrictedTo(t, predicate), nil)
		return a.ask(ask{pattern: "GET ", path: api + "/removed"}).body
	}
	for predicate, want := range map[string]int{
		`{"relations.ownedBy":"group:default/team-a"}`:     4,
		`{"relations.ownedBy":"group:default/nobody"}`:     0,
		`{"metadata.labels.hidden":{"$exists":false}}`:     2,
		`{"$not":{"relations.partOf":"system:default/x"}}`: 0,
	} {
		if got := removed(predicate); strings.Count(got, `"ref"`) != want {
			t.Errorf("%s shows %s, want %d", predicate, got, want)
		}
	}
}

// TestTextAround: a restricted reader is shown the text of an entity, and nothing of what stands around it in its file.
func TestTextAround(t *testing.T) {
	t.Parallel()
	a := newGuarded(t, true, nil)
	var d Declaration
	source := func(see *index.Restriction) string {
		t.Helper()
		a.guard.set(see, nil)
		d = Declaration{}
		got := a.ask(ask{pattern: "GET ", path: byNamePath("component:default/half") + "/source"})
		if err := json.Unmarshal([]byte(got.body), &d); err != nil || got.status != http.StatusOK {
			t.Fatalf("%v: %s", err, got)
		}
		return got.body
	}
	// The document moves down, below one that is hidden, and cannot be used: its lines are those of when it could.
	own := "kind: Component\nmetadata: {name: half}\nspec: {type: service}\n"
	a.set("/pub/half.yaml", strings.Repeat("# \n", 2)+doc("Component", "half-secret", true, "type: service, lifecycle: secret-text, owner: team-a")+"---\n"+own)
	a.refresh(a.srcs["/pub/*.yaml"])
	if all := source(nil); !strings.Contains(all, "secret-text") {
		t.Fatalf("the lines are not stale: %s", all)
	}
	for range 2 {
		some := source(restrictedTo(t, onlyUnhidden))
		if strings.Contains(some, "secret") || d.FileTextLines != d.EndLine || d.Revision != "" {
			t.Errorf("shows %s", some)
		}
		for _, p := range d.Problems {
			if p.Excerpt != nil || p.Ref == nil {
				t.Errorf("shows the problem %+v", p)
			}
		}
		if strings.TrimSpace(d.Text) != "" && !strings.Contains(d.Text, "name: half}") {
			t.Errorf("the text is %q", d.Text)
		}
		a.set("/pub/half.yaml", "kind: [\n---\n"+own)
		a.refresh(a.srcs["/pub/*.yaml"])
	}
	problems := a.ask(ask{pattern: "GET ", path: api + "/problems"}).body
	if strings.Contains(problems, `"excerpt"`) || strings.Contains(problems, `"ref":null`) {
		t.Errorf("problems: %s", problems)
	}
}

// TestListsOfRestricted: lists are not remembered for others, have a tag of what they hold, and none where they are too
// long to be held at once.
func TestListsOfRestricted(t *testing.T) {
	t.Parallel()
	ix := index.New(index.Options{})
	rows := benchRows(1500)
	ix.Apply(rows, 1)
	guard := new(testGuard)
	g := new(httpx.Registry)
	(&Handler{Index: ix, Guard: guard}).Mount(g)
	handler, err := g.Handler(httpx.Options{Gate: benchGate{}, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	get := func(path, tag string) *httptest.ResponseRecorder {
		r := httptest.NewRequest("GET", api+path, nil)
		if tag != "" {
			r.Header.Set("If-None-Match", tag)
		}
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, r)
		return w
	}
	const few, all = "/entities/by-query?filter=kind=component&limit=5", "/entities"
	one, two := restrictedTo(t, `{"spec.system":"system-1"}`), restrictedTo(t, `{"spec.system":"system-2"}`)
	seen := map[string]string{}
	for _, see := range []*index.Restriction{nil, one, two} {
		guard.set(see, nil)
		for range 4 {
			w := get(few, "")
			tag := w.Header().Get("Etag")
			if again := get(few, tag); again.Code != http.StatusNotModified || tag == "" {
				t.Errorf("its own tag %s: %d", tag, again.Code)
			}
			key := string(see.AppendKey(nil))
			if now := tag + w.Body.String(); seen[key] == "" {
				seen[key] = now
			} else if now != seen[key] {
				t.Errorf("answered anew: %s, was %s", now, seen[key])
			}
		}
	}
	if a, b, c := seen[""], seen[string(one.AppendKey(nil))], seen[string(two.AppendKey(nil))]; a == b || b == c || a == c {
		t.Error("somebody was answered what another was")
	}
	guard.set(restrictedTo(t, `{"kind":"component"}`), nil)
	if w := get(all, ""); w.Body.Len() < atOnce || w.Header().Get("Etag") != "" {
		t.Errorf("%d bytes have the tag %q", w.Body.Len(), w.Header().Get("Etag"))
	}
	guard.set(one, nil)
	before := get(few, "").Header().Get("Etag")
	hidden := rows[2]
	hidden.JSON = bytes.Replace(hidden.JSON, []byte("Takes part"), []byte("Took part"), 1)
	ix.Apply([]index.Row{hidden}, 2)
	if after := get(few, before); after.Code != http.StatusNotModified {
		t.Errorf("a change of what is hidden shows: %s, was %s", after.Header().Get("Etag"), before)
	}
}
