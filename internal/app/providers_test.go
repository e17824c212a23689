package app

import (
	"bytes"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"portico/internal/config"
	"portico/internal/forge"
	"portico/internal/forge/forgetest"
)

// withForge has one kind's accounts read from a host for a test.
func withForge(t *testing.T, kind string, h *forgetest.Host) *forgeOptions {
	t.Helper()
	got := new(forgeOptions)
	before, had := forges[kind]
	forges[kind] = func(o forgeOptions) (forge.Forge, error) { *got = o; return h, nil }
	t.Cleanup(func() {
		if delete(forges, kind); had {
			forges[kind] = before
		}
	})
	return got
}

// An account of the configuration fills the catalog, is told of by webhooks, and says how it stands.
func TestProvider(t *testing.T) {
	host := forgetest.New(t)
	base := host.Serve()
	got := withForge(t, "gitea", host)
	u, err := url.Parse(base)
	if err != nil {
		t.Fatal(err)
	}
	id := host.Create("acme/payments", map[string]string{"README.md": "# Payments\n\nTakes the money of the ferry company.\n", "go.mod": "module payments", "main.go": "package main"})
	a := startApp(t, func(o *Options) {
		o.Config = load(t, `
integrations:
  gitea: [{host: '`+u.Host+`', baseUrl: '`+base+`', password: a-token-of-gitea}]
catalog:
  providers: {gitea: {own: {host: '`+u.Host+`', organization: acme, schedule: {frequency: {hours: 1}}}}}
events: {modules: {gitea: {webhookSecret: hush}}}
portico: {reading: {allowPrivateHosts: ['`+u.Host+`']}, guest: {operator: true}}
auth: {providers: {guest: {}}}
`)
	})
	defer func() { _ = a.Stop(t.Context()) }()
	if got.Account != "acme" || got.APIBaseURL != base+"/api/v1" || got.Token.Reveal() != "a-token-of-gitea" || len(got.WebhookSecrets) != 1 || got.HTTP == nil {
		t.Errorf("the room is given %+v", got)
	}
	await(t, a, "/api/catalog/entities/by-name/component/default/payments", "Takes the money")
	await(t, a, "/api/portico/providers", `"finishedAt":"`)
	sources := ask(t, a, "/api/catalog/sources")
	if !strings.Contains(sources, `"kind":"provider"`) || !strings.Contains(sources, u.Host+`/acme"`) {
		t.Errorf("the sources are %s", sources)
	}

	host.Push(id, map[string]string{"catalog-info.yaml": strings.Join([]string{
		"apiVersion: backstage.io/v1alpha1", "kind: Component", "metadata: {name: payments, description: Declared by now}", "spec: {type: service, lifecycle: production, owner: team-a}", ""}, "\n")})
	header, body := forgetest.Delivery(forge.Event{Delivery: "1", Name: "push", What: forge.Pushed, RepositoryID: id, Repository: "acme/payments"})
	r, err := http.NewRequest(http.MethodPost, a.URL()+"/api/portico/webhooks/gitea:own", bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header = header
	start := time.Now()
	resp, err := http.DefaultClient.Do(r)
	if err != nil || resp.StatusCode != http.StatusAccepted {
		t.Fatalf("the delivery: %v, %v", resp, err)
	}
	_ = resp.Body.Close()
	await(t, a, "/api/catalog/entities/by-name/component/default/payments", "Declared by now")
	t.Logf("visible %v after its delivery", time.Since(start))

	var providers struct {
		Items []struct {
			ID           string
			Signed       bool
			Repositories map[string]int
			Deliveries   []struct{ Event string }
		}
	}
	if err := json.Unmarshal([]byte(ask(t, a, "/api/portico/providers")), &providers); err != nil {
		t.Fatal(err)
	}
	if p := providers.Items[0]; p.ID != "gitea:own" || !p.Signed || p.Repositories["read"] != 1 || len(p.Deliveries) != 1 {
		t.Errorf("the provider is %+v", p)
	}
	if text := ask(t, a, "/api/portico/providers/gitea:own/repositories?state=read"); !strings.Contains(text, `"declared":true`) {
		t.Errorf("the repositories are %s", text)
	}
}

func load(t *testing.T, text string) *config.Config {
	t.Helper()
	file := filepath.Join(t.TempDir(), "app-config.yaml")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	cfg, err := config.Load(config.Options{Files: []string{file}})
	if err != nil {
		t.Fatal(err)
	}
	return cfg
}

func ask(t *testing.T, a *App, path string) string {
	t.Helper()
	r, err := http.NewRequest(http.MethodGet, "http://"+net.JoinHostPort("127.0.0.1", a.o.Listener.Addr().String()[strings.LastIndexByte(a.o.Listener.Addr().String(), ':')+1:])+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// await asks until the answer has a text.
func await(t *testing.T, a *App, path, want string) {
	t.Helper()
	var last string
	for range 600 {
		if last = ask(t, a, path); strings.Contains(last, want) {
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
	t.Fatalf("%s has no %q: %.1000s", path, want, last)
}

func TestAccounts(t *testing.T) {
	cfg := load(t, `
integrations:
  github: [{host: ghe.example.com, apiBaseUrl: 'https://ghe.example.com/api/v3', apps: [{appId: 1, privateKey: x, webhookSecret: of-the-app}]}]
catalog:
  providers:
    github:
      a: {organization: acme, filters: {repository: 'svc-.*', allowForks: false}}
      b: {host: ghe.example.com, app: 1, schedule: {frequency: '0 3 * * *'}}
      c: {host: nowhere.example.com, organization: x}
    gitlab: {d: {host: gitlab.com, group: g, topics: 'a,b', schedule: {frequency: manual}}}
`)
	list := accounts(cfg)
	if len(list) != 4 {
		t.Fatalf("%d accounts", len(list))
	}
	now := time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)
	for i, want := range []struct {
		api, fault string
		next       time.Time
		secrets    int
	}{
		{"https://api.github.com", "", now.Add(30 * time.Minute), 0},
		{"https://ghe.example.com/api/v3", "", time.Date(2026, 5, 2, 3, 0, 0, 0, time.UTC), 1},
		{"", "no integration names the host nowhere.example.com", now.Add(30 * time.Minute), 0},
		{"https://gitlab.com/api/v4", "", time.Time{}, 0},
	} {
		err := list[i].reach(cfg)
		next, nerr := list[i].next()
		if (err == nil) != (want.fault == "") || err != nil && !strings.Contains(err.Error(), want.fault) || nerr != nil {
			t.Errorf("%s: %v, %v", list[i].key, err, nerr)
		}
		if list[i].o.APIBaseURL != want.api || !next(now).Equal(want.next) || len(list[i].o.WebhookSecrets) != want.secrets {
			t.Errorf("%s: API %q, next %v, %d secrets", list[i].key, list[i].o.APIBaseURL, next(now), len(list[i].o.WebhookSecrets))
		}
	}
	if f := list[0].filters; !f.Repository.MatchString("svc-a") || f.Repository.MatchString("my-svc-a") || !f.NoForks {
		t.Errorf("the filters are %+v", f)
	}
}
