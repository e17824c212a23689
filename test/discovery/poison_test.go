package discovery

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"portico/internal/app/apptest"
	"portico/internal/forge/githubtest"
)

// mutants are a payload with each of its parts, two levels deep, gone, null, or of another kind.
func mutants(payload map[string]any, yield func(body any)) {
	for _, key := range slices.Sorted(maps.Keys(payload)) {
		for _, value := range []any{nil, "", 1e300, []any{}, map[string]any{}, strings.Repeat("../", 500)} {
			m := maps.Clone(payload)
			m[key] = value
			yield(m)
		}
		m := maps.Clone(payload)
		delete(m, key)
		yield(m)
		if key != "repository" && key != "organization" && key != "installation" && key != "changes" {
			continue
		}
		inner, ok := payload[key].(map[string]any)
		if !ok {
			continue
		}
		for _, below := range []string{"id", "node_id", "full_name", "name", "owner", "login", "account", "default_branch", "repository"} {
			for _, value := range []any{nil, true, "\x00", strings.Repeat("x", 5000), map[string]any{"from": nil}, map[string]any{"login": "your-org", "from": map[string]any{"user": 1}}} {
				i := maps.Clone(inner)
				i[below] = value
				m := maps.Clone(payload)
				m[key] = i
				yield(m)
			}
		}
	}
}

// Whatever a signed delivery holds, it is taken, or refused as the caller's fault; and the next good one works.
func TestPoisonDeliveries(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(githubtest.Published(t, "webhooks"))
	if err != nil {
		t.Fatal(err)
	}
	var events []struct {
		Name     string
		Examples []map[string]any
	}
	if err := json.Unmarshal(text, &events); err != nil {
		t.Fatal(err)
	}
	g := newGitHub(t)
	g.AddRepository(githubtest.Repository{Owner: "your-org", Name: "good", Files: map[string]string{"catalog-info.yaml": descriptor("good", "first")}})
	p := start(t, "", g.config(""))
	apptest.Until(t, time.Minute, "it is read", func() bool { return p.provider("github:yourOrg").LastWhole != nil })

	bodies := make(chan githubtest.Delivery)
	var all sync.WaitGroup
	var mu sync.Mutex
	answers := map[int]int{}
	for range 8 {
		all.Go(func() {
			for d := range bodies {
				mac := hmac.New(sha256.New, []byte(secret))
				mac.Write(d.Body)
				d.Header = http.Header{"Content-Type": {"application/json"}, "X-Github-Event": {d.Event}, "X-Hub-Signature-256": {"sha256=" + hex.EncodeToString(mac.Sum(nil))}}
				status, err := p.deliver(d, d.ID)
				mu.Lock()
				if answers[status]++; err != nil || status != http.StatusAccepted && (status < 400 || status > 499) {
					t.Errorf("%s was answered %d, %v: %.300s", d.Event, status, err, d.Body)
				}
				mu.Unlock()
			}
		})
	}
	n := 0
	send := func(event string, body []byte) {
		n++
		bodies <- githubtest.Delivery{ID: fmt.Sprintf("poison-%d", n), Event: event, Body: body}
	}
	seen := map[string]bool{}
	for _, e := range events {
		for _, example := range e.Examples {
			whole, err := json.Marshal(example)
			if err != nil {
				t.Fatal(err)
			}
			send(e.Name, whole)
			send(e.Name, whole[:len(whole)/2])
			action, _ := example["action"].(string)
			if seen[e.Name+action] { // another example of the same has the same parts
				continue
			}
			seen[e.Name+action] = true
			// Of this account: what is of another is not looked at.
			if r, ok := example["repository"].(map[string]any); ok {
				r["owner"] = map[string]any{"login": "your-org"}
				r["full_name"] = "your-org/good"
			}
			if o, ok := example["organization"].(map[string]any); ok {
				o["login"] = "your-org"
			}
			mutants(example, func(body any) {
				text, err := json.Marshal(body)
				if err != nil {
					t.Fatal(err)
				}
				send(e.Name, text)
			})
		}
		for _, text := range []string{"", "null", "[]", "0", `""`, "{", "\x00", "\xff\xfe", strings.Repeat(`{"repository":`, 5000) + "1" + strings.Repeat("}", 5000), `{"repository":[],"action":{}}`} {
			send(e.Name, []byte(text))
		}
	}
	close(bodies)
	all.Wait()
	t.Logf("%d deliveries of %d events were answered so: %v", n, len(events), answers)
	if answers[http.StatusAccepted] < n/10 || answers[http.StatusBadRequest] == 0 {
		t.Error("too few of them came so far")
	}

	g.hook(p)
	g.Push("your-org/good", map[string][]byte{"catalog-info.yaml": []byte(descriptor("good", "second"))})
	took := apptest.Until(t, time.Minute, "a good delivery works", func() bool { e := p.entity("component/good"); return e != nil && e.Metadata.Description == "second" })
	t.Logf("a good delivery after them shows after %s", took.Round(time.Millisecond))
}

// poison are repositories that somebody made to do harm, by what they are to be refused as: "problem", "failed", "leftOut", or
// "" where they are read like any other.
func poison() map[string]struct {
	as   string
	repo githubtest.Repository
} {
	bomb := "a: &a [x,x,x,x,x,x,x,x,x]\n"
	for c := 'b'; c <= 'k'; c++ {
		bomb += fmt.Sprintf("%c: &%c [*%[3]c,*%[3]c,*%[3]c,*%[3]c,*%[3]c,*%[3]c,*%[3]c,*%[3]c,*%[3]c]\n", c, c, c-1)
	}
	type one = struct {
		as   string
		repo githubtest.Repository
	}
	files := func(as string, f map[string]string) one { return one{as, githubtest.Repository{Files: f}} }
	return map[string]one{
		"aliases": files("problem", map[string]string{"catalog-info.yaml": "apiVersion: backstage.io/v1alpha1\nkind: Component\nmetadata: {name: aliases}\nspec:\n" + strings.ReplaceAll("\n"+bomb, "\n", "\n  ")}),
		"large":   files("problem", map[string]string{"catalog-info.yaml": descriptor("large", strings.Repeat("x", 5<<20))}),
		"named":   files("problem", map[string]string{"catalog-info.yaml": descriptor("../../named", "x")}),
		"reaches": files("problem", map[string]string{"catalog-info.yaml": "apiVersion: backstage.io/v1alpha1\nkind: API\nmetadata: {name: reaches}\nspec:\n  type: openapi\n  lifecycle: production\n  owner: x\n  definition: {$text: ../../../../../../etc/passwd}\n"}),
		"links": {"", githubtest.Repository{Files: map[string]string{"go.mod": "module links\n"},
			Links: map[string]string{"catalog-info.yaml": "/etc/passwd", "README.md": "../../../../etc/passwd", "docs": "/etc"}}},
		"names": files("", map[string]string{"go.mod": "module names\n", "-rf": "x", "--upload-pack=touch x": "x", "caf\xe9/main.go": "package main\n", `we"ird/main.go`: "package main\n",
			"new\nline/main.go": "package main\n", strings.Repeat("d/", 200) + "main.go": "package main\n", "$(id)/`id`.go": "package main\n"}),
		"builds": files("", map[string]string{"package.json": strings.Repeat(`{"a":`, 30_000) + "1" + strings.Repeat("}", 30_000), "go.mod": "\x00\xff\n", "pom.xml": `<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><project><artifactId>&e;</artifactId></project>`,
			"Cargo.toml": "[package]\nname = \"../../x\"\n", "README.md": strings.Repeat("# x\n", 1<<20), "docker-compose.yml": bomb, "sub/go.mod": "module sub\n"}),
		"workspaces": files("", map[string]string{"package.json": `{"name": "../x", "workspaces": ["../../../..", "/etc/*", "**/**/**/**/**"]}`, "a/package.json": `{"name": "a"}`}),
		"quotes":     {"leftOut", githubtest.Repository{Branch: `it's-"quoted"`, Files: map[string]string{"go.mod": "module quotes\n", "cmd/main.go": "package main\n"}}},
		"spaces":     {"leftOut", githubtest.Repository{Branch: "a branch", Files: map[string]string{"go.mod": "module spaces\n"}}},
		"option":     {"leftOut", githubtest.Repository{Branch: "--upload-pack=x", Files: map[string]string{"go.mod": "module option\n"}}},
		"tells":      {"", githubtest.Repository{Description: "\x1b[31m<script>alert(1)</script>\u202e", Topics: []string{"<b>", "../..", strings.Repeat("t", 500)}, Files: map[string]string{"go.mod": "module tells\n"}}},
	}
}

// Among hostile repositories the good ones are all there, and each hostile one carries what is wrong with it.
func TestPoisonRepositories(t *testing.T) {
	t.Parallel()
	g := newGitHub(t)
	good := func(i int) string { return fmt.Sprintf("good-%02d", i) }
	bad := poison()
	list := slices.Sorted(maps.Keys(bad))
	for i := range 20 {
		files := map[string]string{"catalog-info.yaml": descriptor(good(i), "good")}
		if i%4 == 0 {
			files["cmd/main.go"] = "package main\n"
		}
		g.AddRepository(githubtest.Repository{Owner: "your-org", Name: good(i), Files: files})
		if i < len(list) {
			r := bad[list[i]].repo
			r.Owner, r.Name = "your-org", list[i]
			g.AddRepository(r)
		}
	}
	p := start(t, "", g.config(""))
	apptest.Until(t, 2*time.Minute, "the account is read", func() bool { return p.provider("github:yourOrg").LastWhole != nil && !p.reading(p.source(org).ID) })
	for i := range 20 {
		if e := p.entity("component/" + good(i)); e == nil || e.Metadata.Description != "good" || e.missing() {
			t.Errorf("%s is %+v", good(i), e)
		}
	}
	problems := string(p.must(http.StatusOK, "GET", "/api/catalog/problems", ""))
	for _, name := range list {
		switch as := bad[name].as; as {
		case "problem":
			if !strings.Contains(problems, "/your-org/"+name+"/") {
				t.Errorf("nothing is said of %s: %.2000s", name, problems)
			}
		case "":
			if e := p.entity("component/" + name); e == nil {
				t.Errorf("%s is not there: %v; the problems are %.2000s", name, p.names("component"), problems)
			}
		default:
			if text := string(p.must(http.StatusOK, "GET", "/api/portico/providers/github:yourOrg/repositories?state="+as, "")); !strings.Contains(text, "your-org/"+name+`"`) {
				t.Errorf("%s is not said to be %s: %.1000s", name, as, text)
			}
		}
	}
	if n := strings.Count(p.log.String(), "was not read yet"); n > 0 {
		t.Errorf("%d files that a list did not bring were taken for ones that are not there", n)
	}
	if n := sql[int](p, `SELECT count(*)::int FROM catalog_entities WHERE entity::text LIKE '%root:x:%'`); n > 0 {
		t.Errorf("%d entities hold what is of this machine", n)
	}

	// A host that names what can be no repository is not believed at all: nothing is altered, and the source says so.
	before := sql[string](p, `SELECT md5(string_agg(e::text, '|' ORDER BY uid)) FROM catalog_entities AS e`)
	g.AddRepository(githubtest.Repository{Owner: "your-org", Name: "..", Files: map[string]string{"go.mod": "module up\n"}})
	if s := p.reread(org, time.Minute); s.State != "failed" || s.Message == "" {
		t.Errorf("with a repository named .. the source is %s: %q", s.State, s.Message)
	}
	if after := sql[string](p, `SELECT md5(string_agg(e::text, '|' ORDER BY uid)) FROM catalog_entities AS e`); after != before {
		t.Error("a repository named .. altered others")
	}
}
