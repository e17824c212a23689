package discovery

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"portico/internal/app/apptest"
)

const (
	token  = "discovery-tests-may-do-everything"
	secret = "hooks-of-these-tests"
)

const access = `
backend: {auth: {externalAccess: [{type: static, options: {token: ` + token + `, subject: discovery}}]}}
events: {modules: {github: {webhookSecret: ` + secret + `}, gitea: {webhookSecret: ` + secret + `}}}
`

// portal is a portal that runs in this process, and a client of it.
type portal struct {
	t   testing.TB
	url string
	dsn string
	log *logs
	run *apptest.Portal

	dial sync.Once
	db   *pgxpool.Pool
}

// start runs a portal until the test ends. dsn may be "".
func start(t testing.TB, dsn string, texts ...string) *portal {
	t.Helper()
	out := new(logs)
	run := apptest.Start(t, apptest.Setup{Texts: append([]string{access}, texts...), DSN: dsn, Log: slog.NewTextHandler(out, nil)})
	p := &portal{t: t, url: run.URL, dsn: run.DSN, log: out, run: run}
	t.Cleanup(func() {
		p.stop()
		if strings.Contains(out.String(), "panic") {
			t.Error("something panicked")
		}
		if t.Failed() {
			t.Logf("the portal's log ends with:\n%s", out.tail())
		}
	})
	return p
}

func (p *portal) stop() { p.run.Stop() }

// logs keeps what a portal logs but for requests.
type logs struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (l *logs) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if bytes.Contains(p, []byte("msg=request ")) {
		return len(p), nil
	}
	return l.buf.Write(p)
}

func (l *logs) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.String()
}

func (l *logs) tail() string {
	s := l.String()
	return s[max(0, len(s)-12_000):]
}

var httpClient = &http.Client{Timeout: 20 * time.Second, Transport: &http.Transport{MaxIdleConnsPerHost: 64}}

func (p *portal) ask(method, path, body string) (status int, text []byte) {
	p.t.Helper()
	r, err := http.NewRequestWithContext(p.t.Context(), method, p.url+path, strings.NewReader(body))
	if err != nil {
		p.t.Fatal(err)
	}
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	r.Header.Set("Authorization", "Bearer "+token)
	resp, err := httpClient.Do(r)
	if err != nil {
		p.t.Fatal(err)
	}
	defer resp.Body.Close()
	if text, err = io.ReadAll(resp.Body); err != nil {
		p.t.Fatal(err)
	}
	return resp.StatusCode, text
}

func (p *portal) must(want int, method, path, body string) []byte {
	p.t.Helper()
	status, text := p.ask(method, path, body)
	if status != want {
		p.t.Fatalf("%s %s answered %d, not %d: %.500s", method, path, status, want, text)
	}
	return text
}

func (p *portal) get(path string, into any) {
	p.t.Helper()
	if text := p.must(http.StatusOK, "GET", path, ""); json.Unmarshal(text, into) != nil {
		p.t.Fatalf("GET %s: %.500s", path, text)
	}
}

type entity struct {
	Kind     string
	Metadata struct {
		Name, UID, Description string
		Annotations            map[string]string
	}
	Spec   map[string]any
	Status struct {
		Items []struct{ Type, Message string }
	}
}

func (e *entity) missing() bool {
	for _, i := range e.Status.Items {
		if i.Type == "portico.dev/missing" {
			return true
		}
	}
	return false
}

// entity returns one by "kind/name" in the namespace default, nil where there is none.
func (p *portal) entity(ref string) *entity {
	p.t.Helper()
	kind, name, _ := strings.Cut(ref, "/")
	status, text := p.ask("GET", "/api/catalog/entities/by-name/"+kind+"/default/"+name, "")
	if status == http.StatusNotFound {
		return nil
	}
	e := new(entity)
	if status != http.StatusOK || json.Unmarshal(text, e) != nil {
		p.t.Fatalf("%s: %d %.500s", ref, status, text)
	}
	return e
}

// count is the number of entities of a kind.
func (p *portal) count(kind string) int {
	p.t.Helper()
	var page struct{ TotalItems int }
	p.get("/api/catalog/entities/by-query?limit=0&filter=kind="+kind, &page)
	return page.TotalItems
}

type source struct {
	ID, Type, Target, State, Message string
	LastAttemptAt, LastSuccessAt     *time.Time
	NextAt                           *time.Time
	Entities, Missing                int
	Held                             *struct {
		Missing, Of int
		Digest      string
	}
}

// source returns the one whose target ends so.
func (p *portal) source(end string) source {
	p.t.Helper()
	for _, s := range p.sources() {
		if strings.HasSuffix(s.Target, end) {
			return s
		}
	}
	p.t.Fatalf("there is no source …%s", end)
	return source{}
}

func (p *portal) refresh(s source) {
	p.t.Helper()
	p.must(http.StatusAccepted, "POST", "/api/catalog/sources/"+s.ID+"/refresh", "")
}

// reread asks for a source and waits until it was read since.
func (p *portal) reread(end string, limit time.Duration) source {
	p.t.Helper()
	s := p.source(end)
	p.refresh(s)
	apptest.Until(p.t, limit, "…"+end+" is read again", func() bool {
		now := p.source(end)
		again := now.State != "reading" && (s.LastAttemptAt == nil || now.LastAttemptAt.After(*s.LastAttemptAt)) && !p.reading(now.ID)
		s.State, s.Message, s.Held, s.NextAt = now.State, now.Message, now.Held, now.NextAt
		return again
	})
	return s
}

type provider struct {
	ID           string
	Repositories struct{ Listed, Read, Waiting, LeftOut, Failed int }
	Running      *struct{ Pages, Listed, Read, ToRead int }
	LastWhole    *struct {
		StartedAt, FinishedAt *time.Time
		Pages, Read, Requests int
	}
	LastFailure       *struct{ Error string }
	DeliveriesWaiting int
}

func (p *portal) provider(id string) provider {
	p.t.Helper()
	var list struct{ Items []provider }
	p.get("/api/portico/providers", &list)
	for _, x := range list.Items {
		if x.ID == id {
			return x
		}
	}
	p.t.Fatalf("there is no provider %s", id)
	return provider{}
}

// descriptor declares a component.
func descriptor(name, description string) string {
	return fmt.Sprintf("apiVersion: backstage.io/v1alpha1\nkind: Component\nmetadata:\n  name: %s\n  description: %q\nspec: {type: service, lifecycle: production, owner: team-a}\n", name, description)
}

// sql asks the portal's database for one value.
func sql[T any](p *portal, text string, args ...any) (v T) {
	p.t.Helper()
	p.dial.Do(func() {
		db, err := pgxpool.New(p.t.Context(), p.dsn)
		if err != nil {
			p.t.Fatal(err)
		}
		p.t.Cleanup(db.Close)
		p.db = db
	})
	if err := p.db.QueryRow(p.t.Context(), text, args...).Scan(&v); err != nil {
		p.t.Fatalf("%s: %v", text, err)
	}
	return v
}

// reading reports whether a source is being read, or is about to be.
func (p *portal) reading(id string) bool {
	p.t.Helper()
	return sql[bool](p, `SELECT EXISTS (SELECT FROM river_job WHERE kind = 'catalog_refresh' AND args->>'sourceId' = $1 AND finalized_at IS NULL)`, id)
}

// names are those of the entities of a kind.
func (p *portal) names(kind string) (names []string) {
	p.t.Helper()
	var list []entity
	p.get("/api/catalog/entities?fields=metadata.name&filter=kind="+kind, &list)
	for _, e := range list {
		names = append(names, e.Metadata.Name)
	}
	return names
}

func (p *portal) sources() []source {
	p.t.Helper()
	var list struct{ Items []source }
	p.get("/api/catalog/sources", &list)
	return list.Items
}
