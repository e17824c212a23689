package security

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"portico/internal/app/apptest"
	"portico/internal/config"
	"portico/internal/pg"
)

// The tokens of every portal that a test starts.
const (
	wideToken    = "wall-may-do-everything"
	narrowToken  = "wall-only-reads-the-catalog"
	elseToken    = "wall-is-for-another-plugin"
	unknownToken = "wall-nobody-knows-this-one"
)

// staticTokens are entries of backend.auth.externalAccess.
const staticTokens = `
      - {type: static, options: {token: ` + wideToken + `, subject: wide}}
      - type: static
        options: {token: ` + narrowToken + `, subject: narrow}
        accessRestrictions: [{plugin: catalog, permissionAttribute: {action: read}}]
      - type: static
        options: {token: ` + elseToken + `, subject: elsewhere}
        accessRestrictions: [{plugin: scaffolder}]`

// base is the configuration of every portal: tokens, a provider that nobody can reach, so that there are sessions, and
// a small catalog.
const base = `
portico: {limits: {failedSignIns: 0}}
backend:
  auth:
    externalAccess:
` + staticTokens + `
auth:
  providers:
    oidc:
      development:
        metadataUrl: https://idp.invalid/.well-known/openid-configuration
        clientId: portico
        clientSecret: wall-client-secret
        signIn: {resolvers: [{resolver: emailMatchingUserEntityProfileEmail}]}
catalog:
  rules: [{allow: [Component, API, Resource, System, Domain, Group, User, Location, Template]}]
  locations: [{type: file, target: ./catalog.yaml}]
`

// guestToo is more configuration: a guest who sits at the machine and may do everything.
const guestToo = `
auth: {providers: {guest: {}}}
portico: {guest: {operator: true}}
`

// catalogText is what the small catalog declares.
const catalogText = `
apiVersion: backstage.io/v1alpha1
kind: Component
metadata: {name: lighthouse, annotations: {example.com/note: a note}}
spec: {type: service, lifecycle: production, owner: keepers}
---
apiVersion: backstage.io/v1alpha1
kind: Group
metadata: {name: keepers}
spec: {type: team, children: []}
---
apiVersion: backstage.io/v1alpha1
kind: User
metadata: {name: ann}
spec: {profile: {email: ann@marrowby.example}, memberOf: [keepers]}
`

// portal is a started portal, its database, and the ways to talk to it.
type portal struct {
	t    testing.TB
	url  string // http://127.0.0.1:PORT
	addr string
	dir  string
	pool *pg.Pool
	log  *logs
}

// setup says what portal a test wants.
type setup struct {
	config   []string // more configuration, later files over earlier ones
	files    map[string]string
	bare     bool                              // without base
	listener func(net.Listener) net.Listener   // wraps the one that is served
	dsn      string                            // "" is a database of the test's own
	meant    []string                          // what errors in the log say that the test means to cause
	settings func(*testing.T, *config.Options) // the environment, as a rule
}

func start(t *testing.T, s setup) *portal {
	t.Helper()
	p := &portal{t: t, dir: t.TempDir(), log: &logs{t: t, meant: s.meant}}
	texts := s.config
	if !s.bare {
		texts = append([]string{base}, texts...)
		write(t, filepath.Join(p.dir, "catalog.yaml"), catalogText)
	}
	for name, text := range s.files {
		write(t, filepath.Join(p.dir, name), text)
	}
	run := apptest.Setup{Dir: p.dir, Texts: texts, DSN: s.dsn, Key: apptest.NewKey(), Log: slog.NewTextHandler(p.log, &slog.HandlerOptions{Level: slog.LevelDebug})}
	if s.settings != nil {
		run.Config = func(o *config.Options) { s.settings(t, o) }
	}
	if s.listener != nil {
		run.Listener = s.listener(apptest.Listen(t))
	}
	running := apptest.Start(t, run)
	p.url, p.addr = running.URL, strings.TrimPrefix(running.URL, "http://")
	var err error
	if p.pool, err = pg.Open(t.Context(), pg.Options{DSN: running.DSN, MaxConns: 2, AcquireTimeout: 10 * time.Second, ConnectTimeout: 10 * time.Second}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.pool.Close)
	if !s.bare {
		p.until("the catalog is shown", func() bool {
			return bytes.Contains(p.do("GET", "/api/catalog/entities?filter=kind=component", "", bearer(wideToken)).body, []byte("lighthouse"))
		})
		p.until("no source is being read", func() bool {
			n, err := pg.Collect1(t.Context(), p.pool, pgx.RowTo[int], `SELECT count(*)::int FROM catalog_sources WHERE state = 'reading' OR last_attempt_at IS NULL`)
			return err == nil && n == 0
		})
		// They are in the database before they are in the replica's own memory.
		p.until("all of the catalog is shown", func() bool {
			var page struct{ TotalItems int }
			err := json.Unmarshal(p.do("GET", "/api/catalog/entities/by-query?limit=0", "", bearer(wideToken)).body, &page)
			return err == nil && p.value(`SELECT count(*)::text FROM catalog_entities WHERE state <> 'removed'`) == strconv.Itoa(page.TotalItems)
		})
	}
	return p
}

func write(t testing.TB, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func (p *portal) until(what string, done func() bool) {
	p.t.Helper()
	apptest.Until(p.t, 20*time.Second, what, done)
}

// logs keeps what a portal logs, and makes every error and every panic in it a failure: nothing that a caller sends
// may be one.
type logs struct {
	t     *testing.T
	meant []string
	mu    sync.Mutex
	buf   bytes.Buffer
}

func (l *logs) Write(line []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	fault := bytes.Contains(line, []byte("level=ERROR"))
	for _, m := range l.meant {
		fault = fault && !bytes.Contains(line, []byte(m))
	}
	if fault {
		l.t.Errorf("the portal logged an error: %s", bytes.TrimSpace(line))
	}
	return l.buf.Write(line)
}

func (l *logs) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.String()
}

// reply is an answer of the portal.
type reply struct {
	status int
	header http.Header
	body   []byte
}

func (r *reply) refused() bool {
	return r.status == http.StatusUnauthorized || r.status == http.StatusForbidden
}

// option changes a request.
type option func(*http.Request)

func with(name, value string) option { return func(r *http.Request) { r.Header.Set(name, value) } }
func bearer(token string) option     { return with("Authorization", "Bearer "+token) }

var sameOrigin = with("Sec-Fetch-Site", "same-origin")

var client = &http.Client{
	Timeout:       30 * time.Second,
	Transport:     &http.Transport{MaxIdleConnsPerHost: 16},
	CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
}

// do sends a request with nothing but what the options say; a body is JSON unless one says otherwise.
func (p *portal) do(method, path, body string, o ...option) *reply {
	p.t.Helper()
	r, err := http.NewRequestWithContext(p.t.Context(), method, p.url+path, strings.NewReader(body))
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
	resp, err := client.Do(r)
	if err != nil {
		p.t.Fatalf("%s %.200s: %v", method, path, err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		p.t.Fatalf("%s %.200s: the answer ended early: %v", method, path, err)
	}
	return &reply{resp.StatusCode, resp.Header, text}
}

// contents is a digest of every table of the portal, but of those that say who is there, what was tried and how far jobs are, and of
// what the audit log says that anybody but the portal itself did.
func (p *portal) contents() map[string]string {
	p.t.Helper()
	tables, err := pg.Collect(p.t.Context(), p.pool, pgx.RowTo[string], `
		SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY tablename`)
	if err != nil {
		p.t.Fatal(err)
	}
	out := map[string]string{}
	for _, table := range tables {
		// A job of the portal's own keeps coverage, by the clock and whoever asks for what.
		if strings.HasPrefix(table, "river_") || slices.Contains([]string{"audit_log", "audit_head", "identity_flows", "identity_sessions", "portico_meta", "coverage_days", "ownership_state"}, table) {
			continue
		}
		// A row's times of being read are no content.
		got, err := pg.Collect1(p.t.Context(), p.pool, pgx.RowTo[string], `
			SELECT coalesce(md5(string_agg(t::text, E'\n' ORDER BY t::text)), '')
			FROM (SELECT to_jsonb(x) - '{requested_at,next_at,read_at,used_at,last_attempt_at,last_success_at,state}'::text[] AS t FROM `+pgx.Identifier{table}.Sanitize()+` x) AS rows`)
		if err != nil {
			p.t.Fatal(err)
		}
		out[table] = got
	}
	out["done"], err = pg.Collect1(p.t.Context(), p.pool, pgx.RowTo[string], `
		SELECT coalesce(string_agg(actor || ' ' || action, ', ' ORDER BY seq), '') FROM audit_log WHERE outcome = 'allowed' AND principal <> 'system'`)
	if err != nil {
		p.t.Fatal(err)
	}
	return out
}

// count logs a figure for the table of `make security`.
func count(t testing.TB, goal, what string, figure int) {
	t.Helper()
	t.Logf("wall: %s | %s | %d", goal, what, figure)
}

// pending logs, by name, what has no part of the portal to stand on yet.
func pending(t testing.TB, goal, what, why string) {
	t.Helper()
	t.Logf("pending: %s | %s | %s", goal, what, why)
}

// rawJSON is a part of a token.
func rawJSON(v any) string {
	text, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return base64.RawURLEncoding.EncodeToString(text)
}
