package compat

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"portico/internal/app/apptest"
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
	*apptest.Portal
	t testing.TB
}

// setup says what portal a test wants.
type setup struct {
	files  []string     // configuration that exists
	config string       // more of it; relative targets are relative to the portal's folder
	dir    string       // that folder; "" is a new one
	log    slog.Handler // nil: one that makes every error a failure
	logs   string       // what errors in the log say that the test means to cause; "" is none
}

// start runs a portal on a database of its own until the test ends, and waits until its sources are read.
func start(t testing.TB, s setup) *portal {
	t.Helper()
	texts := []string{tokens, s.config} // the later wins: a test may have a list of tokens of its own
	if s.log == nil {
		s.log = slog.NewTextHandler(faults{t, s.logs}, &slog.HandlerOptions{Level: slog.LevelError})
	}
	p := &portal{t: t, Portal: apptest.Start(t, apptest.Setup{Dir: s.dir, Files: s.files, Texts: texts, Key: apptest.NewKey(), Log: s.log})}
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

func (p *portal) until(what string, done func() bool) {
	p.t.Helper()
	apptest.Until(p.t, 20*time.Second, what, done)
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
	r, err := http.NewRequestWithContext(p.t.Context(), method, p.URL+path, strings.NewReader(body))
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
