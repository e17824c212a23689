package crawl

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"portico/internal/errs"
	"portico/internal/forge"
	"portico/internal/forge/forgetest"
	"portico/internal/httpx"
)

func (w *world) handler() *Handler {
	return &Handler{Crawler: w.crawler, Source: w.worker.Refresher.Store.SourceAt, Whole: func(context.Context) error { return nil }}
}

// post sends a delivery to a route of the handler, with the server's bound of bodies.
func post(h *Handler, path string, header http.Header, body []byte) error {
	r := httptest.NewRequest(http.MethodPost, path, bytes.NewReader(body))
	r.Header = header
	w := httptest.NewRecorder()
	r.Body = http.MaxBytesReader(w, r.Body, 1<<20)
	i := strings.LastIndexByte(path, '/')
	if strings.HasPrefix(path, "/api/events/") {
		r.SetPathValue("topic", path[i+1:])
		return h.postEvent(w, r)
	}
	r.SetPathValue("provider", path[i+1:])
	return h.postWebhook(w, r)
}

// taken is no kind of error.
const taken errs.Kind = -1

func TestWebhookRoute(t *testing.T) {
	w := newWorld(t)
	h := w.handler()
	header, body := forgetest.Delivery(forge.Event{Delivery: "1", Name: "push", What: forge.Pushed, RepositoryID: "7"})
	ping, pong := forgetest.Delivery(forge.Event{Delivery: "2", Name: "ping"})
	unnamed, anon := forgetest.Delivery(forge.Event{Name: "push", What: forge.Pushed, RepositoryID: "8"})
	tests := []struct {
		name   string
		path   string
		header http.Header
		body   []byte
		kind   errs.Kind // taken: it is kept
		kept   int       // deliveries after it
	}{
		{"unsigned", "/api/portico/webhooks/github:acme", http.Header{}, body, errs.Unauthenticated, 0},
		{"signed otherwise", "/api/portico/webhooks/github:acme", http.Header{"X-Signature": {"00"}}, body, errs.Unauthenticated, 0},
		{"another body", "/api/portico/webhooks/github:acme", header, append([]byte(" "), body...), errs.Unauthenticated, 0},
		{"no such provider", "/api/portico/webhooks/github:none", header, body, errs.NotFound, 0},
		{"no such kind", "/api/events/http/bitbucketCloud", header, body, errs.NotFound, 0},
		{"too large", "/api/portico/webhooks/github:acme", header, make([]byte, 1<<20+1), errs.Internal, 0}, // the server makes 413 of it
		{"ours", "/api/portico/webhooks/github:acme", header, body, taken, 1},
		{"once more, as Backstage has it", "/api/events/http/github", header, body, taken, 1},
		{"a ping", "/api/events/http/github", ping, pong, taken, 2},
		{"without an id", "/api/events/http/github", unnamed, anon, taken, 3},
		{"the same without an id", "/api/events/http/github", unnamed, anon, taken, 3},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			err := post(h, tt.path, tt.header, tt.body)
			if (err == nil) != (tt.kind == taken) || err != nil && errs.KindOf(err) != tt.kind {
				t.Errorf("got %v", err)
			}
			if n := value[int](w, `SELECT count(*)::int FROM forge_deliveries`); n != tt.kept {
				t.Errorf("%d deliveries are kept, want %d", n, tt.kept)
			}
		})
	}
	if n := w.waitingDeliveries(); n != 2 {
		t.Errorf("%d deliveries wait, want the two pushes", n)
	}
	w.p.Webhooks = false
	if err := post(h, "/api/portico/webhooks/github:acme", header, body); !errs.Is(err, errs.Unauthenticated) || !strings.Contains(errs.Remedy(err), "webhookSecret") {
		t.Errorf("without a secret: %v", err)
	}
}

// A kind of host has one address for all its accounts: a delivery is for those whose secret signed it.
func TestWhoseDelivery(t *testing.T) {
	w := newWorld(t)
	other := *w.p
	other.ID, other.Forge = "github:other", deaf{w.host}
	w.crawler.Providers = Providers{&other, w.p}
	header, body := forgetest.Delivery(forge.Event{Delivery: "1", Name: "push", What: forge.Pushed, RepositoryID: "7"})
	if err := post(w.handler(), "/api/events/http/github", header, body); err != nil {
		t.Fatal(err)
	}
	if got := value[string](w, `SELECT string_agg(provider, ' ') FROM forge_deliveries`); got != "github:acme" {
		t.Errorf("it is kept for %s", got)
	}
}

// deaf is an account with another secret.
type deaf struct{ forge.Forge }

func (deaf) Webhook(http.Header, []byte) (*forge.Event, error) {
	return nil, errs.New(errs.Unauthenticated, "the signature is missing or wrong")
}

// What is signed and makes no sense is refused or kept as text that the database takes, and breaks nothing.
func TestPoisonousDeliveries(t *testing.T) {
	w := newWorld(t)
	h := w.handler()
	long := strings.Repeat("x", 100_000)
	for _, e := range []forge.Event{
		{Delivery: long, Name: long, What: forge.Pushed, RepositoryID: long, Repository: long},
		{Delivery: "nul\x00", Name: "a\x00b", What: forge.RepositoryChanged, RepositoryID: "\x00", Repository: "o/\x00"},
		{Delivery: "bad utf8 \xff", Name: "\xff", What: 99, RepositoryID: "'; DROP TABLE forge_deliveries; --", Repository: "../../x"},
		{Delivery: "neg", What: -1},
		{Delivery: "nobody", What: forge.RepositoryGone, Repository: "acme/never-seen"},
	} {
		header, body := forgetest.Delivery(e)
		if err := post(h, "/api/portico/webhooks/github:acme", header, body); err != nil {
			t.Errorf("%.40q: %v", e.Delivery, err)
		}
	}
	for _, body := range []string{"", "{", "[]", "null", `{"What":"x"}`, "\xff\xfe", strings.Repeat("[", 100_000)} {
		signed := []byte(body)
		err := post(h, "/api/portico/webhooks/github:acme", forgetest.Signed(signed), signed)
		if body != "null" && !errs.Is(err, errs.Invalid) {
			t.Errorf("%.20q: %v", body, err)
		}
	}
	w.news()
	if n := w.waitingDeliveries(); n != 0 {
		t.Errorf("%d deliveries wait for ever", n)
	}
}

// Addresses that send what nobody signed are let go without their bodies being read.
func TestStrangers(t *testing.T) {
	w := newWorld(t)
	h := w.handler()
	var kinds []errs.Kind
	for range badAMinute + 1 {
		kinds = append(kinds, errs.KindOf(post(h, "/api/portico/webhooks/github:acme", http.Header{}, []byte("x"))))
	}
	if kinds[badAMinute-1] != errs.Unauthenticated || kinds[badAMinute] != errs.TooMany {
		t.Errorf("answers end with %v", kinds[badAMinute-1:])
	}
	now := time.Now()
	if h.bad.wait("other", now) != 0 {
		t.Error("another address waits")
	}
	s := new(strangers)
	for i := range badAddresses + 10 {
		s.note(fmt.Sprint(i), now)
	}
	if len(s.n) > badAddresses {
		t.Errorf("%d addresses are remembered", len(s.n))
	}
}

func get[T any](t *testing.T, fn httpx.HandlerFunc, target, provider string) (out T) {
	t.Helper()
	r := httptest.NewRequest(http.MethodGet, target, nil)
	r.SetPathValue("provider", provider)
	rec := httptest.NewRecorder()
	if err := fn(rec, r); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(rec.Body.Bytes(), &out); err != nil {
		t.Fatal(err)
	}
	return out
}

func TestReads(t *testing.T) {
	w := newWorld(t)
	h := w.handler()
	w.p.Credential = "cred"
	for i := range 5 {
		w.host.Create(fmt.Sprintf("acme/r%d", i), map[string]string{"README.md": "x"})
	}
	old := w.host.Create("acme/old", map[string]string{"README.md": "x"})
	w.host.Change(old, func(r *forge.Repository) { r.Archived = true })
	spoilt := w.host.Create("acme/spoilt", map[string]string{"README.md": "x"})
	w.host.Spoil(spoilt)
	w.crawl()
	w.deliver(forge.Event{Delivery: "1", Name: "push", What: forge.Pushed, RepositoryID: old})
	if _, err := w.crawler.DB.Exec(t.Context(), `
		INSERT INTO forge_budgets (credential, resource, host, quota, remaining, resets_at) VALUES ('cred', 'core', 'git.test', 5000, 10, now() + interval '30 minutes');
		INSERT INTO forge_spending (credential, resource, provider, purpose, hour, requests, points) VALUES ('cred', 'core', 'github:acme', 'crawl', date_trunc('hour', now(), 'UTC'), 40, 40)`); err != nil {
		t.Fatal(err)
	}
	list := get[struct{ Items []providerJSON }](t, h.getProviders, "/", "")
	p := list.Items[0]
	if want := (countsJSON{Listed: 7, Read: 5, LeftOut: 1, Failed: 1}); p.Counts != want {
		t.Errorf("repositories are %+v, want %+v", p.Counts, want)
	}
	if len(p.LeftOut) != 1 || p.LeftOut[0] != (reasonJSON{"it is archived", 1}) || p.Source != w.source || p.Webhook != "/api/portico/webhooks/github:acme" ||
		p.Running != nil || p.LastWhole == nil || p.LastWhole.Listed != 7 || p.Waiting != 1 || len(p.Deliveries) != 1 || p.Deliveries[0].Repository != "acme/old" {
		t.Errorf("got %+v", p)
	}
	if len(p.Budgets) != 1 || p.Budgets[0].PerHour != 40 || p.Budgets[0].Enough || len(p.Spent) != 1 || p.Spent[0] != (spentJSON{"crawl", 40, 40}) {
		t.Errorf("budgets are %+v, spent %+v", p.Budgets, p.Spent)
	}

	type page struct {
		Items      []repositoryJSON
		Total      int
		NextCursor string
	}
	var names []string
	for cursor, n := "", 0; ; n++ {
		got := get[page](t, h.getRepositories, "/?limit=3&cursor="+cursor, "github:acme")
		for _, r := range got.Items {
			names = append(names, r.Name)
		}
		if got.Total != 7 || n > 3 {
			t.Fatalf("page %d: %+v", n, got)
		}
		if cursor = got.NextCursor; cursor == "" {
			break
		}
	}
	if want := []string{"acme/old", "acme/r0", "acme/r1", "acme/r2", "acme/r3", "acme/r4", "acme/spoilt"}; !slices.Equal(names, want) {
		t.Errorf("pages have %v", names)
	}
	if got := get[page](t, h.getRepositories, "/?state=failed", "github:acme"); got.Total != 1 || got.Items[0].Name != "acme/spoilt" || got.Items[0].Why == "" {
		t.Errorf("failed: %+v", got)
	}
	if got := get[page](t, h.getRepositories, "/?q=R3", "github:acme"); got.Total != 1 || got.Items[0].State != "read" || got.Items[0].Declared {
		t.Errorf("q: %+v", got)
	}
	for _, q := range []string{"state=x", "limit=0", "limit=x", "cursor=x", "q=%00"} {
		r := httptest.NewRequest(http.MethodGet, "/?"+q, nil)
		r.SetPathValue("provider", "github:acme")
		if err := h.getRepositories(httptest.NewRecorder(), r); !errs.Is(err, errs.Invalid) || !strings.Contains(err.Error(), q[:strings.IndexByte(q, '=')]) {
			t.Errorf("%s: %v", q, err)
		}
	}
}

// How long a delivery takes to be kept, and to be visible. It says so, and asserts nothing of time.
func TestDeliveryTimes(t *testing.T) {
	w := newWorld(t)
	h := w.handler()
	id := w.host.Create("acme/a", map[string]string{"catalog-info.yaml": declared("a")})
	w.crawl()
	var took []time.Duration
	for i := range 200 {
		header, body := forgetest.Delivery(forge.Event{Delivery: fmt.Sprint("d", i), Name: "push", What: forge.Pushed, RepositoryID: "none"})
		start := time.Now()
		if err := post(h, "/api/events/http/github", header, body); err != nil {
			t.Fatal(err)
		}
		took = append(took, time.Since(start))
	}
	slices.Sort(took)
	applied := make(chan struct{}, 100)
	d := &Deliveries{Crawler: w.crawler, News: w.worker.Refresher.News, Source: w.worker.Refresher.Store.SourceAt, Done: func() { applied <- struct{}{} }}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() { d.Run(ctx); close(ended) }()
	<-applied // of those before
	w.host.Push(id, map[string]string{"catalog-info.yaml": declared("b")})
	start := time.Now()
	w.deliver(forge.Event{Delivery: "last", Name: "push", What: forge.Pushed, RepositoryID: id})
	for w.states()["b"] != "active" {
		<-applied
	}
	t.Logf("kept in %v (p50), %v (p99); visible after %v", took[len(took)/2], took[len(took)*99/100], time.Since(start))
	cancel()
	<-ended
}
