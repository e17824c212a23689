package discovery

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"portico/internal/app/apptest"
	"portico/internal/forge/githubtest"
)

// gitHub is a host with an organisation, and the configuration that reads it: the snippet that a guide for Backstage shows,
// with the host that it is here.
type gitHub struct {
	*githubtest.GitHub
	host string
}

func newGitHub(t *testing.T) *gitHub {
	t.Helper()
	g := githubtest.New()
	t.Cleanup(g.Close)
	g.AddOrganization("your-org")
	begun := time.Date(2026, 11, 2, 9, 0, 0, 0, time.UTC)
	g.Clock(func() time.Time { return begun }) // what is the same is the same commit
	return &gitHub{g, secure(t, g)}
}

// config has the organisation read by api, "" of which is the host's own.
func (g *gitHub) config(api string) string {
	if api == "" {
		api = "https://" + g.host
	}
	return fmt.Sprintf(`
integrations:
  github:
    - {host: '%[1]s', apiBaseUrl: '%[2]s/api/v3', token: %[3]s}
catalog:
  providers:
    github:
      yourOrg:
        organization: your-org
        catalogPath: /catalog-info.yaml
        host: '%[1]s'
portico: {reading: {allowPrivateHosts: ['%[1]s']}}
`, g.host, api, g.Token("repo", "read:org"))
}

// fill makes repositories of few different contents: each tenth with a descriptor, and each twentieth with folders, so that
// git has to fetch it.
func (g *gitHub) fill(n int) {
	for i := range n {
		name := fmt.Sprintf("svc-%04d", i)
		files := map[string]string{"README.md": "# A service\n\nIt serves.\n", "go.mod": "module example.com/service\n\ngo 1.26\n"}
		switch {
		case i%20 == 5:
			files["cmd/service/main.go"] = "package main\n\nfunc main() {}\n"
		case i%10 == 0:
			files["catalog-info.yaml"] = descriptor(name, "declared")
		case i%3 == 0:
			files = map[string]string{"README.md": "# A page\n\nIt shows.\n", "package.json": `{"name": "page", "scripts": {"start": "serve"}}`}
		}
		g.AddRepository(githubtest.Repository{Owner: "your-org", Name: name, Files: files})
	}
}

func (g *gitHub) hook(p *portal) {
	g.Hook(p.url+"/api/portico/webhooks/github:yourOrg", secret)
}

// spent is what was asked of the API since before.
func (g *gitHub) spent(before githubtest.Counts) int {
	now := g.Counts()
	return now.REST + now.GraphQL - before.REST - before.GraphQL
}

const org = "/your-org#yourOrg"

// A thousand repositories are in the catalog for few requests, looking at them again costs fewer, and a push costs one or two.
// Then 300 vanish from the list.
func TestThousandRepositories(t *testing.T) {
	g := newGitHub(t)
	begun := time.Now()
	g.fill(1000)
	t.Logf("1,000 repositories made in %s", time.Since(begun).Round(time.Millisecond))
	p := start(t, "", g.config(""))
	begun = time.Now()
	since := func() time.Duration { return time.Since(begun).Round(10 * time.Millisecond) }
	apptest.Until(t, time.Minute, "something is there", func() bool { return p.count("component") > 0 })
	t.Logf("the first entities are there after %s", since())
	apptest.Until(t, time.Minute, "what is declared is there", func() bool { return p.count("component") >= 100 })
	t.Logf("the declared ones are there after %s", since())
	apptest.Until(t, 5*time.Minute, "all is read", func() bool { return p.provider("github:yourOrg").LastWhole != nil && p.count("component") >= 1000 })
	apptest.Until(t, time.Minute, "the reading is over", func() bool { return !p.reading(p.source(org).ID) })
	cold := g.Counts()
	t.Logf("all 1,000 are read after %s; asked of the host: %+v", since(), cold)
	if n := cold.REST + cold.GraphQL; n > 40 {
		t.Errorf("1,000 repositories cost %d requests of the API, more than 40", n)
	}
	if cold.Git > 50*8 {
		t.Errorf("git asked %d times, and 50 repositories are more than what a page brings", cold.Git)
	}

	begun = time.Now()
	p.reread(org, time.Minute)
	t.Logf("an unchanged account is looked at again in %s, with %d requests", since(), g.spent(cold))
	if n := g.spent(cold); n > 20 {
		t.Errorf("looking again costs %d requests of the API, more than 20", n)
	}
	if n := g.Counts().Git - cold.Git; n > 0 {
		t.Errorf("looking again fetched %d times", n)
	}

	others := p.source(org).Entities - 1000 // what they are part of
	g.hook(p)
	var slowest time.Duration
	for i := range 5 {
		name, text := fmt.Sprintf("svc-%04d", i*10), fmt.Sprintf("pushed, %d", i)
		before := g.Counts()
		begun = time.Now()
		g.Push("your-org/"+name, map[string][]byte{"catalog-info.yaml": []byte(descriptor(name, text))})
		apptest.Until(t, 20*time.Second, "what was pushed is there", func() bool { return p.entity("component/"+name).Metadata.Description == text })
		slowest = max(slowest, since())
		apptest.Until(t, 20*time.Second, "the delivery is done", func() bool { return p.provider("github:yourOrg").DeliveriesWaiting == 0 })
		if n := g.spent(before); n < 1 || n > 2 {
			t.Errorf("a push cost %d requests of the API, not one or two", n)
		}
	}
	t.Logf("a push is visible after at most %s", slowest)

	// A third of them goes: somebody has to say that it is meant.
	g.Unhook()
	for i := range 300 {
		g.Delete(fmt.Sprintf("your-org/svc-%04d", i))
	}
	s := p.reread(org, time.Minute)
	if s.State != "held" || s.Held == nil || s.Held.Missing != 300 || s.Held.Of != 1000+others {
		t.Fatalf("after 300 of 1,000 vanished the source is %+v, %+v", s, s.Held)
	}
	if e := p.entity("component/svc-0001"); e == nil || e.missing() {
		t.Errorf("what is held was touched: %+v", e)
	}
	t.Logf("held: %s", s.Message)
	p.must(http.StatusOK, "POST", "/api/catalog/sources/"+s.ID+"/held", `{"decision": "apply", "digest": "`+s.Held.Digest+`"}`)
	apptest.Until(t, 20*time.Second, "they are missing", func() bool { e := p.entity("component/svc-0001"); return e != nil && e.missing() })
	if s := p.source(org); s.Missing != 300 || s.State == "held" {
		t.Errorf("after it was confirmed the source is %+v", s)
	}
	if e := p.entity("component/svc-0999"); e == nil || e.missing() {
		t.Errorf("what is still listed is %+v", e)
	}
	if strings.Contains(p.log.String(), "level=ERROR") {
		t.Error("the log has errors")
	}
}
