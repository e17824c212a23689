package discovery

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"portico/internal/app/apptest"
	"portico/internal/forge/gitea/giteatest"
)

// A real Gitea fills a catalog: what is declared and what is not, teams and people, who may own what. Pushes show, a renamed
// repository stays what it was, and what leaves is missing.
func TestGitea(t *testing.T) {
	t.Parallel()
	s := giteatest.Shared(t)
	s.Organization(t, "quay", false)
	s.User(t, "ann", "Ann Berth")
	s.User(t, "bo", "Bo Crane")
	s.Team(t, "quay", "harbour", "write", "ann")
	s.Repository(t, "quay", "declared", map[string]string{"catalog-info.yaml": descriptor("declared", "first"), "README.md": "# Declared\n"})
	s.Repository(t, "quay", "boats", map[string]string{
		"README.md": "# Boats\n\nWhat floats, and who steers it.\n", "CODEOWNERS": "/services/tide/ @quay/pilots\n",
		"services/tide/go.mod": "module example.com/tide\n\ngo 1.26\n", "services/tide/main.go": "package main\n\nfunc main() {}\n", "services/tide/Dockerfile": "FROM scratch\nEXPOSE 8080\n",
		"services/mooring/package.json": `{"name": "mooring", "scripts": {"start": "node ."}}`, "services/mooring/Dockerfile": "FROM node\n",
	})
	s.TeamOf(t, "quay", "pilots", "write", "boats")
	for name, text := range map[string]string{"leaves": "# Leaves\n\nIt goes to another owner.\n", "ends": "# Ends\n\nIt is deleted.\n", "named": "# Named\n\nIt gets another name.\n"} {
		s.Repository(t, "quay", name, map[string]string{"README.md": text, "go.mod": "module example.com/" + name + "\n\ngo 1.26\n", "main.go": "package main\n\nfunc main() {}\n"})
	}
	for i := range 8 { // those that go are few of all
		s.Repository(t, "quay", fmt.Sprintf("more-%d", i), map[string]string{"go.mod": "module m\n\ngo 1.26\n", "main.go": "package main\n\nfunc main() {}\n"})
	}
	host := strings.TrimPrefix(s.URL, "http://")
	p := start(t, "", `
integrations: {gitea: [{host: '`+host+`', baseUrl: '`+s.URL+`', username: `+giteatest.Admin+`, password: '`+s.Token+`'}]}
catalog: {providers: {gitea: {quay: {host: '`+host+`', organization: quay, schedule: {frequency: {hours: 6}}}}}}
portico: {reading: {allowPrivateHosts: ['`+host+`']}, catalog: {organizations: [{source: 'gitea:quay'}]}}
`)
	const account = "/quay#quay"
	apptest.Until(t, time.Minute, "the account is read", func() bool { return p.provider("gitea:quay").LastWhole != nil })
	if r := p.provider("gitea:quay").Repositories; r.Read != 13 || r.Failed != 0 {
		t.Errorf("of 13 repositories: %+v", r)
	}
	has := func(what string, done func() bool) {
		t.Helper()
		apptest.Until(t, 20*time.Second, what, done)
	}
	field := func(ref, name string) string {
		e := p.entity(ref)
		if e == nil {
			return ""
		}
		return fmt.Sprint(e.Spec[name])
	}
	has("what is declared is there", func() bool {
		e := p.entity("component/declared")
		return e != nil && e.Metadata.Description == "first" && e.Spec["owner"] == "team-a"
	})
	names := p.names("component")
	for _, want := range []string{"tide", "mooring"} {
		if !slices.ContainsFunc(names, func(n string) bool { return strings.Contains(n, want) }) {
			t.Errorf("the monorepo's %s is not among %v", want, names)
		}
	}

	// Teams and people, and who may own what.
	has("teams and people are there", func() bool {
		return p.entity("group/harbour") != nil && p.entity("group/pilots") != nil && p.entity("user/ann") != nil
	})
	if e := p.entity("user/ann"); !strings.Contains(fmt.Sprint(e.Spec["memberOf"]), "harbour") {
		t.Errorf("ann is a member of %v", e.Spec["memberOf"])
	}
	tide := names[slices.IndexFunc(names, func(n string) bool { return strings.Contains(n, "tide") })]
	has("CODEOWNERS proposes the owner of the part", func() bool { return strings.HasSuffix(field("component/"+tide, "owner"), "pilots") })
	has("the only team that may write is proposed", func() bool { return strings.HasSuffix(field("component/named", "owner"), "harbour") })
	has("their inboxes have open claims", func() bool {
		text := string(p.must(200, "GET", "/api/portico/ownership/inbox?scope=all", ""))
		return strings.Contains(text, "component:default/"+tide) && strings.Contains(text, "group:default/pilots") && strings.Contains(text, "component:default/named")
	})

	// A push is told by a hook.
	s.Hook(t, "quay", p.url+"/api/portico/webhooks/gitea:quay", secret)
	begun := time.Now()
	var was struct {
		SHA string `json:"sha"`
	}
	s.Call(t, s.Token, "GET", "/repos/quay/declared/contents/catalog-info.yaml", nil, &was)
	s.Call(t, s.Token, "PUT", "/repos/quay/declared/contents/catalog-info.yaml", map[string]any{"branch": "main", "message": "Say more", "content": []byte(descriptor("declared", "second")), "sha": was.SHA}, nil)
	has("what was pushed is there", func() bool { return p.entity("component/declared").Metadata.Description == "second" })
	t.Logf("a push to Gitea is visible after %s, %.2f s after its delivery", time.Since(begun).Round(10*time.Millisecond),
		sql[float64](p, `SELECT extract(epoch FROM clock_timestamp() - max(received_at))::float8 FROM forge_deliveries`))

	// Another name is another name of the same.
	uid := p.entity("component/named").Metadata.UID
	s.Call(t, s.Token, "PATCH", "/repos/quay/named", map[string]any{"name": "called"}, nil)
	p.reread(account, time.Minute)
	e := p.entity("component/named")
	if e == nil || e.missing() || e.Metadata.UID != uid {
		t.Fatalf("after the repository was renamed its entity is %+v, and was %s", e, uid)
	}
	if text, _ := json.Marshal(e.Metadata.Annotations); !strings.Contains(string(text), "/quay/called") || strings.Contains(string(text), "/quay/named") {
		t.Errorf("after the repository was renamed its entity says %s", text)
	}
	if slices.Contains(p.names("component"), "called") {
		t.Error("the renamed repository is there twice")
	}

	// What goes to another owner, and what is deleted, is missing.
	s.Organization(t, "elsewhere", false)
	s.Call(t, s.Token, "POST", "/repos/quay/leaves/transfer", map[string]any{"new_owner": "elsewhere"}, nil)
	s.Call(t, s.Token, "DELETE", "/repos/quay/ends", nil, nil)
	has("what was deleted is missing, by its hook or by the next look", func() bool {
		if e := p.entity("component/ends"); e != nil && !e.missing() {
			p.reread(account, time.Minute)
		}
		return p.entity("component/ends").missing()
	})
	p.reread(account, time.Minute)
	if e := p.entity("component/leaves"); e == nil || !e.missing() {
		t.Errorf("what went to another owner is %+v", e)
	}
	if e := p.entity("component/more-3"); e == nil || e.missing() {
		t.Errorf("what stayed is %+v", e)
	}

	// A team that is new comes with the next look at the organisation.
	s.Team(t, "quay", "divers", "read", "bo")
	for _, src := range p.sources() {
		if src.Type == "gitea-org" {
			p.refresh(src)
		}
	}
	has("the new team is there", func() bool { return p.entity("group/divers") != nil && p.entity("user/bo") != nil })
}
