package compat

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"portico/internal/app"
	"portico/internal/config"
	"portico/internal/pg/pgtest"
	"portico/internal/secret"
)

// The tokens of every portal that a test starts.
const (
	fullToken     = "compat-may-do-everything"
	elsewhere     = "compat-is-for-another-plugin"
	readOnlyToken = "compat-only-reads-the-catalog"
)

const tokens = `
backend:
  auth:
    externalAccess:
      - {type: static, options: {token: ` + fullToken + `, subject: compat}}
      - type: static
        options: {token: ` + elsewhere + `, subject: other}
        accessRestrictions: [{plugin: scaffolder}]
      - type: static
        options: {token: ` + readOnlyToken + `, subject: reader}
        accessRestrictions: [{plugin: catalog, permissionAttribute: {action: read}}]
`

// portal is a started portal and a way to talk to it.
type portal struct {
	t   testing.TB
	app *app.App
	url string // http://127.0.0.1:PORT
	dir string // of the configuration that the test wrote
	dsn string // of its database
}

// setup says what portal a test wants.
type setup struct {
	files  []string     // configuration that exists
	config string       // more of it; relative targets are relative to the portal's folder
	dir    string       // that folder; "" is a new one
	listen string       // "127.0.0.1:0" when empty
	log    *slog.Logger // nil: one that makes every error a failure
	logs   string       // what errors in the log say that the test means to cause; "" is none
}

// start runs a portal on a database of its own until the test ends, and waits until its sources are read.
func start(t testing.TB, s setup) *portal {
	t.Helper()
	if s.dir == "" {
		s.dir = t.TempDir()
	}
	if s.listen == "" {
		s.listen = "127.0.0.1:0"
	}
	files := s.files
	// The later file wins: a test may have a list of tokens of its own.
	for _, file := range []struct{ name, text string }{{"tokens.yaml", tokens}, {"compat.yaml", s.config}} {
		if file.text == "" {
			continue
		}
		path := filepath.Join(s.dir, file.name)
		if err := os.WriteFile(path, []byte(file.text), 0o600); err != nil {
			t.Fatal(err)
		}
		files = append(files, path)
	}
	cfg, err := config.Load(config.Options{Files: files, RequireFiles: true})
	if err != nil {
		t.Fatal(err)
	}
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", s.listen)
	if err != nil {
		t.Fatal(err)
	}
	_, port, err := net.SplitHostPort(l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	if s.log == nil {
		s.log = slog.New(slog.NewTextHandler(faults{t, s.logs}, &slog.HandlerOptions{Level: slog.LevelError}))
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	dsn := pgtest.DSN(t)
	a, err := app.Start(ctx, app.Options{
		Config: cfg, DatabaseURL: dsn, Key: secret.New(secret.NewKey()), Listener: l, Version: "compat", Log: s.log,
	})
	if err != nil {
		t.Fatal(err)
	}
	p := &portal{t: t, app: a, url: "http://127.0.0.1:" + port, dir: s.dir, dsn: dsn}
	t.Cleanup(p.stop)
	p.settle()
	return p
}

// faults makes every error that the portal logs a failure: what a client sends must never be one.
type faults struct {
	t     testing.TB
	meant string
}

func (f faults) Write(line []byte) (int, error) {
	if f.meant == "" || !bytes.Contains(line, []byte(f.meant)) {
		f.t.Errorf("the portal logged an error: %s", bytes.TrimSpace(line))
	}
	return len(line), nil
}

func (p *portal) stop() {
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	if err := p.app.Stop(ctx); err != nil {
		p.t.Errorf("stop the portal: %v", err)
	}
}

// settle waits until every source was read and is shown.
func (p *portal) settle() {
	p.t.Helper()
	written := 0
	p.until("all sources are read", func() bool {
		var list struct {
			Items []struct {
				State         string
				LastAttemptAt *time.Time
				Entities      int
			}
		}
		p.get("/api/catalog/sources").ok().into(&list)
		written = 0
		for _, s := range list.Items {
			if s.State == "reading" || s.LastAttemptAt == nil {
				return false
			}
			written += s.Entities
		}
		return true
	})
	// Sources are counted in the database; entities and changes are shown once they are in the replica's own memory.
	p.until("all entities are shown", func() bool { return p.page("limit=0").TotalItems == written })
}

// until asks again and again, for at most 20 seconds, until done says so.
func (p *portal) until(what string, done func() bool) {
	p.t.Helper()
	every := time.NewTicker(20 * time.Millisecond)
	defer every.Stop()
	for deadline := time.Now().Add(20 * time.Second); time.Now().Before(deadline); <-every.C {
		if done() {
			return
		}
	}
	p.t.Fatalf("after 20 seconds it is still not so that %s", what)
}

// reply is an answer of the portal.
type reply struct {
	t      testing.TB
	asked  string
	status int
	header http.Header
	body   []byte
	took   time.Duration
}

// option changes a request.
type option func(*http.Request)

func with(name, value string) option { return func(r *http.Request) { r.Header.Set(name, value) } }
func bearer(token string) option     { return with("Authorization", "Bearer "+token) }
func anonymous(r *http.Request)      { r.Header.Del("Authorization") }

func (p *portal) get(path string, o ...option) *reply { return p.do("GET", path, "", o...) }
func (p *portal) post(path, body string, o ...option) *reply {
	return p.do("POST", path, body, o...)
}

// do sends a request with the token that may do everything; a body is JSON unless an option says otherwise.
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
	bearer(fullToken)(r)
	for _, change := range o {
		change(r)
	}
	return p.send(r)
}

var client = &http.Client{
	Timeout:       30 * time.Second,
	CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
}

func (p *portal) send(r *http.Request) *reply {
	p.t.Helper()
	asked := fmt.Sprintf("%s %s", r.Method, r.URL.RequestURI())
	if len(asked) > 200 {
		asked = asked[:200] + "…"
	}
	begun := time.Now()
	resp, err := client.Do(r)
	if err != nil {
		p.t.Fatalf("%s: %v", asked, err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		p.t.Fatalf("%s: the answer ended early: %v", asked, err)
	}
	return &reply{t: p.t, asked: asked, status: resp.StatusCode, header: resp.Header, body: body, took: time.Since(begun)}
}

// ok fails the test unless the answer is a success.
func (r *reply) ok() *reply {
	r.t.Helper()
	if r.status/100 != 2 {
		r.t.Fatalf("%s: got %d %s", r.asked, r.status, r.body)
	}
	return r
}

// is fails the test unless the answer has the status.
func (r *reply) is(status int) *reply {
	r.t.Helper()
	if r.status != status {
		r.t.Fatalf("%s: got %d, want %d: %s", r.asked, r.status, status, r.body)
	}
	return r
}

// into decodes the body.
func (r *reply) into(v any) *reply {
	r.t.Helper()
	if err := json.Unmarshal(r.body, v); err != nil {
		r.t.Fatalf("%s: %v in %s", r.asked, err, r.body)
	}
	return r
}

// entity is what the tests look at.
type entity struct {
	Kind     string
	Metadata struct{ Namespace, Name, UID, ETag string }
}

func (e *entity) ref() string {
	if e == nil || e.Kind == "" {
		return "null"
	}
	namespace := e.Metadata.Namespace
	if namespace == "" {
		namespace = "default"
	}
	return strings.ToLower(e.Kind + ":" + namespace + "/" + e.Metadata.Name)
}
