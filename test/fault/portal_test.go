package fault

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"portico/internal/app"
	"portico/internal/app/apptest"
)

const token = "fault-tests-may-do-everything"

const access = `
backend:
  auth:
    externalAccess:
      - {type: static, options: {token: ` + token + `, subject: fault}}
catalog:
  rules:
    - allow: [Component, API, Resource, System, Domain, Group, User, Location, Template]
`

// portal is a portal that runs in this process.
type portal struct {
	client
	run  *apptest.Portal
	log  *logs
	once sync.Once
}

// options returns what starts a portal on the database with the configuration text.
func options(t testing.TB, dsn, text string) (app.Options, *logs) {
	t.Helper()
	s, out := setup(t, dsn, text)
	return apptest.Options(t, s), out
}

func setup(t testing.TB, dsn, text string) (apptest.Setup, *logs) {
	t.Helper()
	out := new(logs)
	return apptest.Setup{Texts: []string{access, text}, DSN: dsn, Log: slog.NewTextHandler(out, nil)}, out
}

// configFiles writes the configuration of a test into dir.
func configFiles(t testing.TB, dir, text string) []string {
	t.Helper()
	files := []string{filepath.Join(dir, "access.yaml"), filepath.Join(dir, "test.yaml")}
	write(t, files[0], access)
	write(t, files[1], text)
	return files
}

// start runs a portal until the test ends.
func start(t testing.TB, dsn, text string) *portal {
	t.Helper()
	s, out := setup(t, dsn, text)
	begun := time.Now()
	run := apptest.Start(t, s)
	t.Logf("started in %s", time.Since(begun).Round(time.Millisecond))
	p := &portal{client: client{t: t, url: run.URL}, run: run, log: out}
	t.Cleanup(p.stop)
	return p
}

// stop ends the portal once.
func (p *portal) stop() {
	p.once.Do(func() {
		begun := time.Now()
		p.run.Stop()
		if took := time.Since(begun); took > 2*time.Second {
			p.t.Errorf("stopping took %s", took)
		} else {
			p.t.Logf("stopped in %s", took.Round(time.Millisecond))
		}
		if p.t.Failed() {
			p.t.Logf("the portal's log:\n%s", p.log)
		}
	})
}

// logs keeps the end of what a portal logs.
type logs struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (l *logs) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if bytes.Contains(p, []byte("msg=request ")) || bytes.Contains(p, []byte("kind=ServiceUnavailableError")) {
		return len(p), nil
	}
	return l.buf.Write(p)
}

func (l *logs) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	b := l.buf.Bytes()
	return string(b[max(0, len(b)-20_000):])
}

func (l *logs) contains(s string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return bytes.Contains(l.buf.Bytes(), []byte(s))
}

// client talks to a portal.
type client struct {
	t   testing.TB
	url string
}

var httpClient = &http.Client{Timeout: 20 * time.Second, Transport: &http.Transport{MaxIdleConnsPerHost: 64}}

// ask sends a request with the token that may do everything. The error is the connection's.
func (c client) ask(method, path, body string, header ...string) (status int, head http.Header, text []byte, err error) {
	r, err := http.NewRequestWithContext(c.t.Context(), method, c.url+path, strings.NewReader(body))
	if err != nil {
		return 0, nil, nil, err
	}
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	r.Header.Set("Authorization", "Bearer "+token)
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	resp, err := httpClient.Do(r)
	if err != nil {
		return 0, nil, nil, err
	}
	defer resp.Body.Close()
	text, err = io.ReadAll(resp.Body)
	return resp.StatusCode, resp.Header, text, err
}

// must is ask for an answer that has to be want.
func (c client) must(want int, method, path, body string, header ...string) (http.Header, []byte) {
	c.t.Helper()
	status, head, text, err := c.ask(method, path, body, header...)
	if err != nil {
		c.t.Fatalf("%s %s: %v", method, path, err)
	}
	if status != want {
		c.t.Fatalf("%s %s answered %d, not %d: %s", method, path, status, want, cut(text))
	}
	return head, text
}

func cut(b []byte) string {
	if len(b) > 500 {
		return string(b[:500]) + "…"
	}
	return string(b)
}

// get decodes the answer to a GET.
func (c client) get(path string, into any, header ...string) {
	c.t.Helper()
	_, text := c.must(http.StatusOK, "GET", path, "", header...)
	if err := json.Unmarshal(text, into); err != nil {
		c.t.Fatalf("GET %s: %v: %s", path, err, cut(text))
	}
}

type entity struct {
	Metadata struct {
		Name, Namespace, UID, Description string
		Annotations                       map[string]string
	}
	Spec struct {
		Owner string
		Type  string
	}
	Status struct {
		Items []struct{ Type, Level, Message string }
	}
}

// missing reports whether the entity is in its grace period.
func (e *entity) missing() bool {
	for _, i := range e.Status.Items {
		if i.Type == "portico.dev/missing" {
			return true
		}
	}
	return false
}

// component returns one component, nil when there is none of the name.
func (c client) component(name string, header ...string) *entity {
	c.t.Helper()
	status, _, text, err := c.ask("GET", byName(name), "", header...)
	if err != nil {
		c.t.Fatal(err)
	}
	switch status {
	case http.StatusNotFound:
		return nil
	case http.StatusOK:
	default:
		c.t.Fatalf("component %s: %d %s", name, status, cut(text))
	}
	e := new(entity)
	if err := json.Unmarshal(text, e); err != nil {
		c.t.Fatal(err)
	}
	return e
}

func byName(name string) string {
	return "/api/catalog/entities/by-name/component/default/" + name
}

// components returns all components by name.
func (c client) components() map[string]*entity {
	c.t.Helper()
	var list []*entity
	c.get("/api/catalog/entities?filter=kind=component", &list)
	m := make(map[string]*entity, len(list))
	for _, e := range list {
		m[e.Metadata.Name] = e
	}
	return m
}

// count is the number of entities that a filter finds; without one, of all.
func (c client) count(filter string) int {
	c.t.Helper()
	var page struct{ TotalItems int }
	path := "/api/catalog/entities/by-query?limit=0"
	if filter != "" {
		path += "&filter=" + filter
	}
	c.get(path, &page)
	return page.TotalItems
}

type source struct {
	ID, Type, Target, State, Message   string
	LastAttemptAt, LastSuccessAt       *time.Time
	Units, Entities, Problems, Missing int
	Held                               *struct{ Missing, Of int }
}

func (c client) sources() []source {
	c.t.Helper()
	var list struct{ Items []source }
	c.get("/api/catalog/sources", &list)
	return list.Items
}

// source returns the source with the target.
func (c client) source(target string) source {
	c.t.Helper()
	for _, s := range c.sources() {
		if s.Target == target {
			return s
		}
	}
	c.t.Fatalf("there is no source %s", target)
	return source{}
}

type problem struct {
	Location, File, Path, Level, Message, Remedy string
	Ref                                          *string
	Line, Column                                 int
}

func (c client) problems() []problem {
	c.t.Helper()
	var list struct{ Errors []problem }
	c.get("/api/catalog/problems", &list)
	return list.Errors
}

type change struct {
	Revision      int64
	Ref, Op       string
	Source, Actor string
	At            time.Time
	Diff          []struct {
		Path     string
		From, To any
	}
}

// changes returns the whole change log.
func (c client) changes(after int64) (all []change) {
	c.t.Helper()
	for {
		var page struct{ Items []change }
		c.get(fmt.Sprintf("/api/catalog/changes?limit=500&after=%d", after), &page)
		all = append(all, page.Items...)
		if len(page.Items) < 500 {
			return all
		}
		after = page.Items[len(page.Items)-1].Revision
	}
}

// history returns the operations on an entity, the oldest first.
func (c client) history(ref string) []change {
	c.t.Helper()
	kind, name, _ := strings.Cut(ref, ":default/")
	var list struct{ Items []change }
	c.get("/api/catalog/entities/by-name/"+kind+"/default/"+name+"/history?limit=200", &list)
	for i, j := 0, len(list.Items)-1; i < j; i, j = i+1, j-1 {
		list.Items[i], list.Items[j] = list.Items[j], list.Items[i]
	}
	return list.Items
}

func ops(list []change) string {
	words := make([]string, len(list))
	for i, c := range list {
		words[i] = c.Op
	}
	return strings.Join(words, " ")
}

// revision is the one that the portal shows.
func (c client) revision() int64 {
	c.t.Helper()
	var page struct{ Revision int64 }
	c.get("/api/catalog/changes?limit=1", &page)
	return page.Revision
}

// settle waits until every source was read since it was last asked for.
func (c client) settle(limit time.Duration) {
	c.t.Helper()
	apptest.Until(c.t, limit, "every source is read and served", func() bool {
		entities := 0
		for _, s := range c.sources() {
			if s.State == "reading" || s.LastAttemptAt == nil || (s.LastSuccessAt == nil && s.State != "failed") {
				return false
			}
			entities += s.Entities + s.Missing
		}
		return c.count("") == entities
	})
}

func write(t testing.TB, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

// save replaces a file as editors do: another one takes its name.
func save(t testing.TB, path, text string) {
	t.Helper()
	write(t, path+".tmp", text)
	if err := os.Rename(path+".tmp", path); err != nil {
		t.Fatal(err)
	}
}

// declare is the descriptor of components, a document each.
func declare(description string, names ...string) string {
	var b strings.Builder
	for _, n := range names {
		fmt.Fprintf(&b, "---\napiVersion: backstage.io/v1alpha1\nkind: Component\nmetadata:\n  name: %s\n  description: %s\nspec:\n  type: service\n  lifecycle: production\n  owner: team-a\n", n, strconv.Quote(description))
	}
	return b.String()
}

// named makes n names.
func named(prefix string, n int) []string {
	names := make([]string, n)
	for i := range names {
		names[i] = fmt.Sprintf("%s-%04d", prefix, i)
	}
	return names
}

func fileSource(targets ...string) string {
	text := "catalog:\n  locations:\n"
	for _, t := range targets {
		text += "    - {type: file, target: " + strconv.Quote(t) + "}\n"
	}
	return text
}

// goroutines returns the stacks of this process without their numbers, counted.
func goroutines() map[string]int {
	buf := make([]byte, 8<<20)
	buf = buf[:runtime.Stack(buf, true)]
	m := map[string]int{}
	for g := range strings.SplitSeq(string(buf), "\n\n") {
		lines := strings.Split(g, "\n")
		var calls []string
		for _, l := range lines[1:] {
			if strings.HasPrefix(l, "\t") {
				continue
			}
			name := l
			if i := strings.LastIndexByte(l, '('); i > 0 {
				name = l[:i]
			}
			if rest, ok := strings.CutPrefix(l, "created by "); ok {
				name, _, _ = strings.Cut(rest, " in goroutine")
				name = "by " + name
			}
			calls = append(calls, name)
		}
		m[strings.Join(calls, " < ")]++
	}
	return m
}

// leaked returns the goroutines that were not there before, apart from those of the HTTP client of
// these tests and of the server that all tests share.
func leaked(before map[string]int) (list []string) {
	for stack, n := range goroutines() {
		ours := strings.Contains(stack, "net/http.(*persistConn)") || strings.Contains(stack, "net/http.(*Transport)") || strings.Contains(stack, "pgtest")
		if extra := n - before[stack]; extra > 0 && !ours && !strings.Contains(stack, "testing.") {
			list = append(list, fmt.Sprintf("%d × %s", extra, stack))
		}
	}
	return list
}

// noLeak waits until no goroutine is left that was not there before.
func noLeak(t testing.TB, before map[string]int) {
	t.Helper()
	httpClient.CloseIdleConnections()
	for end := time.Now().Add(3 * time.Second); len(leaked(before)) > 0; time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			list := leaked(before)
			t.Fatalf("%d kinds of goroutines are left over:\n%s", len(list), strings.Join(list, "\n"))
		}
	}
}
