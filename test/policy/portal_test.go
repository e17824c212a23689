package policy

import (
	"bytes"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"portico/internal/app/apptest"
	"portico/internal/identity"
	"portico/internal/pg"
	"portico/internal/pg/pgtest"
)

const opsToken = "policy-may-do-everything"

const configuration = `
auth:
  providers:
    oidc:
      development:
        metadataUrl: http://127.0.0.1:1/.well-known/openid-configuration
        clientId: portico
        clientSecret: a-secret-of-tests
        signIn: {resolvers: [{resolver: emailMatchingUserEntityProfileEmail}]}
backend:
  auth: {externalAccess: [{type: static, options: {token: ` + opsToken + `, subject: ops}}]}
portico:
  reading: {allowPrivateHosts: ["127.0.0.1:1"]}
  policies:
    paths: [rules]
    roles: {operator: [group:default/platform]}
    signedIn: [author, owner]
catalog:
  rules: [{allow: [User, Group, Component, API, Template, Location]}]
  locations: [{type: file, target: ./catalog/all.yaml}]
`

// rules hide by tag, kind, namespace, owner, group and ref.
const rules = `
@id("secrets")
forbid (principal, action == Action::"catalog.entity.read", resource is Entity)
when { resource.tags.contains("secret") } unless { principal in resource.owners || principal in Role::"operator" || principal is Service };

@id("templates")
forbid (principal, action == Action::"catalog.entity.read", resource is Entity)
when { resource.kind == "Template" } unless { principal in Group::"group:default/adopters" || principal in Role::"operator" || principal is Service };

@id("vault")
forbid (principal, action == Action::"catalog.entity.read", resource is Entity)
when { resource.namespace == "vault" } unless { principal in Role::"operator" || principal is Service };

@id("deals")
forbid (principal, action == Action::"catalog.entity.read", resource is Entity)
when { resource.owners.contains(Group::"group:default/deals") } unless { principal in Group::"group:default/deals" || principal in Role::"operator" || principal is Service };

@id("contractors")
forbid (principal in Group::"group:default/contractors", action == Action::"catalog.entity.read", resource is Entity)
when { resource.kind == "API" };

@id("watched")
forbid (principal, action == Action::"catalog.entity.read", resource == Entity::"group:default/watched")
unless { principal in Role::"operator" || principal is Service };
`

// doc writes one descriptor.
func doc(kind, name, metadata, spec string) string {
	return "---\napiVersion: backstage.io/v1alpha1\nkind: " + kind + "\nmetadata: {name: " + name + metadata + "}\nspec: {" + spec + "}\n"
}

const service = "type: service, lifecycle: production, owner: "

// files are the catalog: with what policies hide from Ben, or without.
func files(hidden bool) map[string]string {
	with := func(shown string, docs ...string) string {
		if hidden {
			shown += strings.Join(docs, "")
		}
		return shown
	}
	return map[string]string{
		"all.yaml": doc("Location", "all", "", "targets: [./shop.yaml]"),
		"shop.yaml": with( // one file, which is read as one: so changes come in one order
			doc("User", "ann", "", "profile: {displayName: Ann, email: ann@marrowby.example}, memberOf: [pilots]")+
				doc("User", "ben", "", "profile: {displayName: Ben, email: ben@marrowby.example}, memberOf: [contractors]")+
				doc("User", "ops", "", "profile: {displayName: Ola, email: ola@marrowby.example}, memberOf: [sre]")+
				doc("Group", "pilots", "", "type: team, parent: air, children: []")+
				doc("Group", "air", "", "type: department, children: []")+
				doc("Group", "contractors", "", "type: team, children: []")+
				doc("Group", "sre", "", "type: team, parent: platform, children: []")+
				doc("Group", "platform", "", "type: department, children: []")+
				doc("Component", "tide-table", ", tags: [java]", service+"air, dependsOn: ['component:depot']")+
				doc("Component", "depot", "", service+"contractors")+
				doc("Component", "old", "", service+"contractors"),
			doc("Group", "watched", "", "type: team, children: [], members: [ben, ann]"),
			doc("Component", "by-tag", ", tags: [secret, java]", service+"pilots, dependsOn: ['component:depot'], dependencyOf: ['component:tide-table']"),
			doc("Template", "by-kind", "", "type: service, owner: contractors, steps: []"),
			doc("Component", "by-space", ", namespace: vault", service+"'group:default/contractors', dependsOn: ['component:default/depot']"),
			doc("Component", "by-owner", "", service+"deals"),
			doc("API", "by-group", "", "type: openapi, lifecycle: production, owner: contractors, definition: x"),
			doc("Component", "old-secret", ", tags: [secret]", service+"deals")),
	}
}

// hiddenRefs are those that only the one world has.
var hiddenRefs = []string{
	"group:default/watched", "component:default/by-tag", "template:default/by-kind", "component:vault/by-space", "component:default/by-owner",
	"api:default/by-group", "component:default/old-secret",
}

// portal is a started portal, and who is signed in to it.
type portal struct {
	*apptest.Portal
	t    *testing.T
	dir  string
	pool *pg.Pool
	logs *logs
	dsn  string
}

// logs keeps what the portal logs.
type logs struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (l *logs) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.Write(b)
}

func (l *logs) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.String()
}

// start runs a portal until the test ends, and waits until its catalog is shown.
func start(t *testing.T, texts map[string]string, policies string) *portal {
	t.Helper()
	return startWith(t, texts, policies, configuration)
}

func startWith(t *testing.T, texts map[string]string, policies, appConfig string) *portal {
	t.Helper()
	p := &portal{t: t, dir: t.TempDir(), logs: new(logs), dsn: pgtest.DSN(t)}
	p.write("app-config.yaml", appConfig)
	p.write("rules/house.cedar", policies)
	for name, text := range texts {
		p.write("catalog/"+name, text)
	}
	p.run()
	p.until("the catalog is shown", func() bool {
		var page struct{ TotalItems int }
		p.ops("GET", "/api/catalog/entities/by-query?limit=0&filter=kind=component", "").ok().into(&page)
		return page.TotalItems >= 3
	})
	return p
}

func (p *portal) run() {
	p.t.Helper()
	p.Portal = apptest.Start(p.t, apptest.Setup{
		Files: []string{filepath.Join(p.dir, "app-config.yaml")}, DSN: p.dsn, Key: apptest.NewKey(), Log: slog.NewTextHandler(p.logs, nil),
	})
	p.t.Cleanup(func() {
		if p.t.Failed() {
			p.t.Logf("the portal's log:\n%s", p.logs)
		}
	})
	var err error
	if p.pool, err = pg.Open(p.t.Context(), pg.Options{DSN: p.dsn}); err != nil {
		p.t.Fatal(err)
	}
	p.t.Cleanup(p.pool.Close)
}

// write replaces a file at once, as deployments do.
func (p *portal) write(name, text string) {
	p.t.Helper()
	path := filepath.Join(p.dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
		p.t.Fatal(err)
	}
	if err := os.WriteFile(path+".new", []byte(text), 0o600); err != nil {
		p.t.Fatal(err)
	}
	if err := os.Rename(path+".new", path); err != nil {
		p.t.Fatal(err)
	}
}

func (p *portal) until(what string, done func() bool) {
	p.t.Helper()
	apptest.Until(p.t, 20*time.Second, what, done)
}

// option changes a request.
type option func(*http.Request)

func with(name, value string) option { return func(r *http.Request) { r.Header.Set(name, value) } }
func bearer(token string) option     { return with("Authorization", "Bearer "+token) }

// signIn gives a user a session, and returns it.
func (p *portal) signIn(name string) option {
	p.t.Helper()
	w := httptest.NewRecorder()
	r := httptest.NewRequestWithContext(p.t.Context(), "GET", "/", http.NoBody)
	if err := (&identity.Sessions{DB: p.pool}).Start(p.t.Context(), w, r, identity.Account{
		Issuer: "https://idp.example", Subject: name, Provider: "oidc", UserRef: "user:default/" + name, DisplayName: name,
	}); err != nil {
		p.t.Fatal(err)
	}
	cookies := w.Result().Cookies()
	return func(r *http.Request) {
		for _, c := range cookies {
			r.AddCookie(c)
		}
		r.Header.Set("Sec-Fetch-Site", "same-origin")
	}
}

// reply is an answer of the portal.
type reply struct {
	t      *testing.T
	asked  string
	status int
	header http.Header
	body   string
}

func (p *portal) ops(method, path, body string) *reply {
	p.t.Helper()
	return p.do(method, path, body, bearer(opsToken))
}

func (p *portal) request(method, path, body string, o ...option) *http.Request {
	p.t.Helper()
	r, err := http.NewRequestWithContext(p.t.Context(), method, p.App.URL()+path, strings.NewReader(body))
	if err != nil {
		p.t.Fatal(err)
	}
	if body == "" {
		r.Body, r.ContentLength = http.NoBody, 0
	} else {
		r.Header.Set("Content-Type", "application/json")
	}
	for _, change := range o {
		change(r)
	}
	return r
}

func (p *portal) do(method, path, body string, o ...option) *reply {
	p.t.Helper()
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	resp, err := client.Do(p.request(method, path, body, o...))
	if err != nil {
		p.t.Fatalf("%s %s: %v", method, path, err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		p.t.Fatalf("%s %s: the answer ended early: %v", method, path, err)
	}
	return &reply{p.t, method + " " + path, resp.StatusCode, resp.Header, string(b)}
}

func (r *reply) ok() *reply {
	r.t.Helper()
	if r.status/100 != 2 {
		r.t.Fatalf("%s: got %d %s", r.asked, r.status, r.body)
	}
	return r
}

// is fails the test unless the answer has the status and the words.
func (r *reply) is(status int, words ...string) *reply {
	r.t.Helper()
	if r.status != status {
		r.t.Errorf("%s: got %d, want %d: %s", r.asked, r.status, status, r.body)
	}
	for _, w := range words {
		if !strings.Contains(r.body, w) {
			r.t.Errorf("%s: %q is not said: %s", r.asked, w, r.body)
		}
	}
	return r
}

func (r *reply) into(v any) {
	r.t.Helper()
	if err := json.Unmarshal([]byte(r.body), v); err != nil {
		r.t.Fatalf("%s: %v in %s", r.asked, err, r.body)
	}
}

// pathOf is where an entity is found by its name.
func pathOf(ref string) string {
	return "/api/catalog/entities/by-name/" + strings.Replace(ref, ":", "/", 1)
}

// uid is that of an entity.
func (p *portal) uid(ref string) string {
	p.t.Helper()
	var e struct{ Metadata struct{ UID string } }
	p.ops("GET", pathOf(ref), "").ok().into(&e)
	return e.Metadata.UID
}
