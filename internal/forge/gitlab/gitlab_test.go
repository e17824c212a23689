package gitlab

import (
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"portico/internal/errs"
	"portico/internal/forge"
	"portico/internal/forge/gitlab/gitlabtest"
)

// credentials are a client that brings a token.
type credentials string

func (c credentials) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.Header.Set("Private-Token", string(c))
	return http.DefaultTransport.RoundTrip(r)
}

const hookToken = "a-token-of-hooks"

func room(t *testing.T, base, group, token string) *Forge {
	t.Helper()
	f, err := New(Options{BaseURL: base, Group: group, Client: &http.Client{Transport: credentials(token)}, WebhookTokens: []string{"an older token", hookToken}, Entry: "integrations.gitlab[0]"})
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// all reads a whole listing, doing between after the first page.
func all(t *testing.T, f *Forge, between func()) (list []forge.Repository, total int) {
	t.Helper()
	for cursor, pages := "", 0; ; {
		page, err := f.Repositories(t.Context(), cursor)
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, page.Repositories...)
		if pages++; pages == 1 && between != nil {
			between()
		}
		if cursor = page.Next; cursor == "" {
			return list, page.Total
		}
		if pages > 50 {
			t.Fatal("the listing does not end")
		}
	}
}

func names(list []forge.Repository) (names []string) {
	for _, r := range list {
		names = append(names, r.Name)
	}
	return names
}

func withFiles(path string, files map[string]string) gitlabtest.Project {
	return gitlabtest.Project{Path: path, Branches: map[string]map[string]string{"main": files}}
}

func TestRepositories(t *testing.T) {
	g, base := gitlabtest.Start(t)
	g.AddGroup(gitlabtest.Group{Path: "quay"})
	g.AddGroup(gitlabtest.Group{Path: "quay/cranes"})
	g.AddGroup(gitlabtest.Group{Path: "quayside"})
	rich := withFiles("quay/cranes/lift", map[string]string{
		"README.md": "# Lift\n", "catalog-info.yaml": "kind: Component\n", "go.mod": "module lift\n", "docs/CODEOWNERS": "* @quay/cranes\n",
	})
	rich.Description, rich.Visibility, rich.Topics, rich.Fork = "Lifts\x00 things", "internal", []string{"cranes"}, true
	rich.Languages = map[string]float64{"Shell": 9.5, "Go": 90.5}
	id := g.AddProject(rich)
	g.AddProject(withFiles("quayside/not-ours", map[string]string{"a": "b"}))
	g.AddProject(gitlabtest.Project{Path: "quay/empty"})
	archived := withFiles("quay/archived", map[string]string{"only": "one"})
	archived.Archived = true
	g.AddProject(archived)
	hidden := withFiles("quay/hidden-code", map[string]string{"a": "b"})
	hidden.NoCode = true
	g.AddProject(hidden)

	list, total := all(t, room(t, base, "quay", gitlabtest.Token), nil)
	if want := []string{"quay/cranes/lift", "quay/empty", "quay/archived", "quay/hidden-code"}; !slices.Equal(names(list), want) || total != 4 {
		t.Fatalf("%d of %v", total, names(list))
	}
	if n := len(g.Asked()); n != 1 {
		t.Errorf("a page cost %d requests: %v", n, g.Asked())
	}
	active, _ := time.Parse(time.RFC3339, "2026-01-02T03:04:05Z")
	want := forge.Repository{
		ID: id, Name: "quay/cranes/lift", URL: base + "/quay/cranes/lift", CloneURL: base + "/quay/cranes/lift.git", Description: "Lifts things",
		DefaultBranch: "main", Head: list[0].Head, Stamp: "2026-01-02T03:04:05Z", Fork: true, Visibility: "internal", Topics: []string{"cranes"},
		Languages: []forge.Language{{Name: "Go", Bytes: 9050}, {Name: "Shell", Bytes: 950}}, PushedAt: active,
		Teams: []forge.Access{{Team: "quay/cranes", Permission: "write"}},
		Glance: &forge.Glance{Files: []forge.GlanceFile{
			{Path: "README.md", Size: 7, Data: []byte("# Lift\n")},
			{Path: "catalog-info.yaml", Size: 16, Data: []byte("kind: Component\n")},
			{Path: "go.mod"},
			{Path: "docs/CODEOWNERS", Size: 15, Data: []byte("* @quay/cranes\n")},
		}},
	}
	if diff := cmp.Diff(want, list[0]); diff != "" || len(list[0].Head) != 40 {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if r := list[1]; r.Head != "" || r.HeadUnknown || r.Glance != nil {
		t.Errorf("an empty one is %+v", r)
	}
	if r := list[2]; !r.Archived || !r.Glance.Whole {
		t.Errorf("an archived one is %+v", r)
	}
	if r := list[3]; r.Head != "" || !r.HeadUnknown || r.Glance != nil {
		t.Errorf("one whose code may not be read is %+v", r)
	}
}

func TestManyProjects(t *testing.T) {
	g, base := gitlabtest.Start(t)
	g.AddGroup(gitlabtest.Group{Path: "quay"})
	for i := range 120 {
		g.AddProject(withFiles(fmt.Sprintf("quay/p%03d", i), map[string]string{"README.md": fmt.Sprint(i)}))
	}
	f := room(t, base, "quay", gitlabtest.Token)
	// One that goes between pages moves no other over an edge.
	list, total := all(t, f, func() { g.Change("1", func(p *gitlabtest.Project) { p.Path = "gone" }) })
	if len(list) != 120 || list[119].Name != "quay/p119" || total != 119 || len(g.Asked()) != 3 {
		t.Errorf("%d of %d for %d requests", len(list), total, len(g.Asked()))
	}
	var ids []string
	for _, r := range list[:60] {
		ids = append(ids, r.ID)
	}
	found, gone, err := f.Some(t.Context(), ids)
	if err != nil || len(found) != 59 || !slices.Equal(gone, []string{"1"}) || len(g.Asked()) != 5 {
		t.Errorf("found %d, gone %v for %d requests: %v", len(found), gone, len(g.Asked())-3, err)
	}
	if diff := cmp.Diff(list[1:60], found); diff != "" {
		t.Errorf("one by one they are not as in the list (-list +one):\n%s", diff)
	}
}

func TestWholeHost(t *testing.T) {
	g, base := gitlabtest.Start(t)
	g.AddUser(gitlabtest.User{Username: "ann"})
	g.AddGroup(gitlabtest.Group{Path: "quay", Members: []string{"ann"}})
	g.AddGroup(gitlabtest.Group{Path: "dock"})
	mine := withFiles("dock/b", map[string]string{"a": "b"})
	mine.Mine = true
	ids := []string{g.AddProject(withFiles("quay/a", map[string]string{"a": "b"})), g.AddProject(mine)}
	tests := []struct {
		name   string
		member bool
		want   []string
	}{
		{"all", false, []string{"quay/a", "dock/b"}},
		{"of the account", true, []string{"dock/b"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f, err := New(Options{BaseURL: base, Client: http.DefaultClient, Token: gitlabtest.Token, Membership: tt.member})
			if err != nil {
				t.Fatal(err)
			}
			list, _ := all(t, f, nil)
			found, gone, err := f.Some(t.Context(), append(ids, "77"))
			if err != nil || !slices.Equal(names(list), tt.want) || !slices.Equal(names(found), tt.want) || len(gone) != 3-len(found) {
				t.Errorf("listed %v, found %v, gone %v: %v", names(list), names(found), gone, err)
			}
			org, err := f.Organization(t.Context())
			if tt.member {
				if org != nil || !errs.Is(err, errs.Invalid) {
					t.Errorf("%+v, %v", org, err)
				}
			} else if err != nil || len(org.Teams) != 2 || len(org.People) != 1 {
				t.Errorf("%+v, %v", org, err)
			}
		})
	}
}

func TestRenameAndTransfer(t *testing.T) {
	g, base := gitlabtest.Start(t)
	g.AddGroup(gitlabtest.Group{Path: "quay"})
	g.AddGroup(gitlabtest.Group{Path: "dock"})
	var ids []string
	for _, name := range []string{"renamed", "transferred", "deleted"} {
		ids = append(ids, g.AddProject(withFiles("quay/"+name, map[string]string{"a": "b"})))
	}
	g.Change(ids[0], func(p *gitlabtest.Project) { p.Path = "quay/called-anew" })
	g.Change(ids[1], func(p *gitlabtest.Project) { p.Path = "dock/transferred" })
	g.Change(ids[2], func(p *gitlabtest.Project) { p.Path = "" })
	found, gone, err := room(t, base, "quay", gitlabtest.Token).Some(t.Context(), ids)
	if err != nil || !slices.Equal(names(found), []string{"quay/called-anew"}) || !slices.Equal(gone, ids[1:]) {
		t.Errorf("found %v, gone %v: %v", names(found), gone, err)
	}
}

func TestOldVersions(t *testing.T) {
	g, base := gitlabtest.Start(t)
	g.Old()
	g.AddGroup(gitlabtest.Group{Path: "quay"})
	g.AddProject(withFiles("quay/a", map[string]string{"a": "b"}))
	f := room(t, base, "quay", gitlabtest.Token)
	for _, want := range []int{2, 3} {
		page, err := f.Repositories(t.Context(), "")
		if err != nil || len(page.Repositories) != 1 || len(g.Asked()) != want {
			t.Errorf("%+v for %d requests: %v", page, len(g.Asked()), err)
		}
	}
}

// A page whose answer is past the limit is asked for in pieces, and at last without contents.
func TestLargePages(t *testing.T) {
	g, base := gitlabtest.Start(t)
	g.AddGroup(gitlabtest.Group{Path: "quay"})
	for i := range 42 {
		g.AddProject(withFiles(fmt.Sprintf("quay/p%02d", i), map[string]string{"README.md": strings.Repeat("x", 250<<10)}))
	}
	g.AddProject(withFiles("quay/huge", map[string]string{"README.md": strings.Repeat("x", 11<<20)}))
	list, _ := all(t, room(t, base, "quay", gitlabtest.Token), nil)
	if len(list) != 43 || list[0].Glance == nil || len(list[0].Glance.Files[0].Data) != 250<<10 {
		t.Errorf("%d came", len(list))
	}
	if last := list[len(list)-1]; last.Name != "quay/huge" || last.Head == "" || last.Glance != nil {
		t.Errorf("one that is too large for any page is %+v", last)
	}
}

func TestRefusalIsNoEmptyList(t *testing.T) {
	g, base := gitlabtest.Start(t)
	g.AddGroup(gitlabtest.Group{Path: "quay"})
	id := g.AddProject(withFiles("quay/a", map[string]string{"a": "b"}))
	html := func(w http.ResponseWriter, _ *http.Request) bool {
		_, _ = io.WriteString(w, "<html>")
		return true
	}
	tests := []struct {
		name, group, token string
		wrong              func(w http.ResponseWriter, r *http.Request) bool
		want               errs.Kind
		says               string
	}{
		{"a wrong token", "quay", "glpat-wrong", nil, errs.Forbidden, "does not accept the credentials"},
		{"an unknown group", "nobody", gitlabtest.Token, nil, errs.NotFound, "shows no group nobody"},
		{"a private group", "quay", gitlabtest.Stranger, nil, errs.NotFound, "shows no group quay"},
		{"HTML", "quay", gitlabtest.Token, html, errs.Unavailable, "no JSON"},
		{"an error beside an answer", "quay", gitlabtest.Token, says(200, `{"data":{"group":{"projects":{"nodes":[]},"id":"gid://gitlab/Group/1","fullPath":"quay"}},"errors":[{"message":"Timeout on Project.repository"}]}`), errs.Unavailable, "did not answer the whole question"},
		{"no data", "quay", gitlabtest.Token, says(200, `{}`), errs.Unavailable, "did not answer the whole question"},
		{"null for a list", "quay", gitlabtest.Token, says(200, `{"data":{"group":{"projects":null}}}`), errs.Unavailable, ""},
		{"too weak a token", "quay", gitlabtest.Token, says(403, `{"error":"insufficient_scope"}`), errs.Forbidden, "refuses"},
		{"a limit", "quay", gitlabtest.Token, says(429, `Retry later`), errs.Unavailable, "limits our requests"},
		{"broken", "quay", gitlabtest.Token, says(502, ``), errs.Unavailable, "answered 502"},
		{"elsewhere", "quay", gitlabtest.Token, says(302, ``), errs.Unavailable, "somewhere else"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			g.Wrong(tt.wrong)
			f := room(t, base, tt.group, tt.token)
			page, err := f.Repositories(t.Context(), "")
			if page != nil || !errs.Is(err, tt.want) || !strings.Contains(errs.Sentence(err), tt.says) {
				t.Errorf("%+v, %v (%s)", page, err, errs.KindOf(err).Name())
			}
			if org, err := f.Organization(t.Context()); org != nil || !errs.Is(err, tt.want) {
				t.Errorf("%+v, %v (%s)", org, err, errs.KindOf(err).Name())
			}
			if found, gone, err := f.Some(t.Context(), []string{id}); found != nil || gone != nil || !errs.Is(err, tt.want) {
				t.Errorf("found %v, gone %v, %v", found, gone, err)
			}
			if err != nil && strings.Contains(err.Error(), "glpat") {
				t.Errorf("a token in %q", err)
			}
		})
	}
}

func says(status int, body string) func(w http.ResponseWriter, r *http.Request) bool {
	return func(w http.ResponseWriter, _ *http.Request) bool {
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Location", "http://169.254.169.254/")
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
		return true
	}
}

// What no GitLab answers, but somebody else may.
func TestHostileAnswers(t *testing.T) {
	g, base := gitlabtest.Start(t)
	node := func(id, path, more string) string {
		return fmt.Sprintf(`{"data":{"group":{"projects":{"count":1,"pageInfo":{"hasNextPage":false},"nodes":[{"id":%q,"fullPath":%q%s}]}}}}`, id, path, more)
	}
	bad := map[string]string{
		"another kind":          node("gid://gitlab/User/1", "quay/a", ""),
		"an id that is none":    node("gid://gitlab/Project/1/../2", "quay/a", ""),
		"up the tree":           node("gid://gitlab/Project/1", "quay/../a", ""),
		"another group":         node("gid://gitlab/Project/1", "dock/a", ""),
		"a group of like names": node("gid://gitlab/Project/1", "quayside/a", ""),
		"control characters":    node("gid://gitlab/Project/1", "quay/a\n", ""),
		"nothing":               `{"data":{"group":{"projects":{"nodes":[null]}}}}`,
		"on without a cursor":   `{"data":{"group":{"projects":{"nodes":[],"pageInfo":{"hasNextPage":true}}}}}`,
	}
	f := room(t, base, "quay", gitlabtest.Token)
	for name, body := range bad {
		g.Wrong(says(200, body))
		if page, err := f.Repositories(t.Context(), ""); page != nil || !errs.Is(err, errs.Unavailable) || strings.ContainsAny(err.Error(), "\n\x00") {
			t.Errorf("%s: %+v, %v", name, page, err)
		}
	}
	if _, _, err := f.Some(t.Context(), []string{"1' or"}); !errs.Is(err, errs.Invalid) {
		t.Error(err)
	}
	if _, err := f.Repositories(t.Context(), "a\nb"); !errs.Is(err, errs.Invalid) {
		t.Error(err)
	}
	// An odd branch, and files that nobody asked for or that can be none, spoil nothing else.
	g.Wrong(says(200, node("gid://gitlab/Project/1", "quay/a", `,"repository":{"rootRef":"--upload-pack=x","tree":{"lastCommit":{"sha":"1111111111111111111111111111111111111111"},
		"blobs":{"nodes":[{"path":"../x"},{"path":"a\u0000b"},{"path":"ok"}]}},"blobs":{"nodes":[{"path":"../README.md","rawSize":"1","rawBlob":"x"},{"path":"secret","rawSize":1,"rawBlob":"x"}]}}`)))
	page, err := f.Repositories(t.Context(), "")
	if err != nil || page.Repositories[0].DefaultBranch != "" || len(page.Repositories[0].Glance.Files) != 1 {
		t.Errorf("%+v, %v", page, err)
	}
}

func TestOrganization(t *testing.T) {
	g, base := gitlabtest.Start(t)
	var many []string
	for i := range 130 {
		name := fmt.Sprintf("crew%03d", i)
		g.AddUser(gitlabtest.User{Username: name, Name: "Crew " + fmt.Sprint(i)})
		many = append(many, name)
	}
	g.AddUser(gitlabtest.User{Username: "ann", Name: "Ann", PublicEmail: "ann@quay.example"})
	g.AddUser(gitlabtest.User{Username: "bob", Name: "Bob", State: "blocked"})
	g.AddUser(gitlabtest.User{Username: "group_7_bot", Bot: true})
	g.AddGroup(gitlabtest.Group{Path: "quay", Name: "The Quay", Description: "All of it", Members: []string{"ann", "group_7_bot"}})
	g.AddGroup(gitlabtest.Group{Path: "quay/cranes", Members: many})
	g.AddGroup(gitlabtest.Group{Path: "quay/cranes/small", Members: []string{"bob", "ann"}})
	for i := range 60 {
		g.AddGroup(gitlabtest.Group{Path: fmt.Sprintf("quay/empty%02d", i)})
	}
	g.AddGroup(gitlabtest.Group{Path: "dock", Members: []string{"bob"}})
	f := room(t, base, "quay", gitlabtest.Token)
	org, err := f.Organization(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if n := len(g.Asked()); n != 3 || len(org.Teams) != 63 || len(org.People) != 132 {
		t.Errorf("%d teams and %d people for %d requests", len(org.Teams), len(org.People), n)
	}
	want := []forge.Team{
		{ID: "100", Slug: "quay", Name: "The Quay", Description: "All of it", URL: base + "/groups/quay", Members: []string{"ann"}},
		{ID: "101", Slug: "quay/cranes", Name: "cranes", Parent: "quay", URL: base + "/groups/quay/cranes", Members: many},
		{ID: "102", Slug: "quay/cranes/small", Name: "small", Parent: "quay/cranes", URL: base + "/groups/quay/cranes/small", Members: []string{"ann", "bob"}},
	}
	if diff := cmp.Diff(want, org.Teams[:3]); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	for _, p := range org.People {
		if p.Login == "ann" && p.Email != "ann@quay.example" || p.Login == "bob" != p.Suspended || p.URL != base+"/"+p.Login {
			t.Errorf("%+v", p)
		}
	}
	g.AddGroup(gitlabtest.Group{Path: "quay/secret", HideMembers: true})
	if org, err := f.Organization(t.Context()); org != nil || !errs.Is(err, errs.Forbidden) {
		t.Errorf("members that are not shown are %+v, %v", org, err)
	}
}

func TestPropose(t *testing.T) {
	g, base := gitlabtest.Start(t)
	g.AddGroup(gitlabtest.Group{Path: "quay"})
	g.AddProject(withFiles("quay/cranes/app", map[string]string{"README.md": "# App\n", "docs/old.md": "old\n"}))
	g.AddProject(gitlabtest.Project{Path: "quay/bare"})
	done := withFiles("quay/done", map[string]string{"a": "b"})
	done.Archived = true
	g.AddProject(done)
	f := room(t, base, "quay", gitlabtest.Token)
	change := forge.Change{
		Repository: "quay/cranes/app", Branch: "portico/catalog-info", Title: "Describe app", Body: "As it was found.", Message: "Describe app",
		Files: []forge.ChangedFile{
			{Path: "catalog-info.yaml", Data: []byte("kind: Component\n")},
			{Path: "docs/old.md", Data: []byte("new\n")},
			{Path: "README.md", Data: []byte("# App\n")},
		},
	}
	first, err := f.Propose(t.Context(), change)
	if err != nil || first.Existing || first.Number != 1 || first.URL != base+"/quay/cranes/app/-/merge_requests/1" || g.Commits() != 1 {
		t.Fatalf("%+v with %d commits: %v", first, g.Commits(), err)
	}
	want := []gitlabtest.MergeRequest{{IID: 1, Project: 1, Source: "portico/catalog-info", Target: "main", Title: "Describe app", Text: "As it was found.", State: "opened"}}
	if diff := cmp.Diff(want, g.MergeRequests()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	var branch map[string]string
	g.Change("1", func(p *gitlabtest.Project) { branch = p.Branches["portico/catalog-info"] })
	if diff := cmp.Diff(map[string]string{"README.md": "# App\n", "docs/old.md": "new\n", "catalog-info.yaml": "kind: Component\n"}, branch); diff != "" {
		t.Errorf("the branch (-want +got):\n%s", diff)
	}
	change.Files[0].Data = []byte("kind: Component\nmetadata: {name: app}\n")
	for _, commits := range []int{2, 2} {
		if again, err := f.Propose(t.Context(), change); err != nil || !again.Existing || again.Number != 1 || g.Commits() != commits {
			t.Errorf("%+v with %d commits: %v", again, g.Commits(), err)
		}
	}
	g.CloseMergeRequest(1)
	if next, err := f.Propose(t.Context(), change); err != nil || next.Existing || next.Number != 2 {
		t.Errorf("after closing: %+v, %v", next, err)
	}
	same := change
	same.Branch, same.Files = "portico/nothing", []forge.ChangedFile{{Path: "README.md", Data: []byte("# App\n")}}
	tests := []struct {
		name string
		edit func(*forge.Change)
		want errs.Kind
	}{
		{"nothing to change", func(c *forge.Change) { *c = same }, errs.Conflict},
		{"another group", func(c *forge.Change) { c.Repository = "dock/app" }, errs.Forbidden},
		{"no such project", func(c *forge.Change) { c.Repository = "quay/none" }, errs.NotFound},
		{"an empty project", func(c *forge.Change) { c.Repository = "quay/bare" }, errs.Conflict},
		{"an archived project", func(c *forge.Change) { c.Repository = "quay/done" }, errs.Conflict},
		{"the default branch", func(c *forge.Change) { c.Branch = "main" }, errs.Invalid},
		{"a file up the tree", func(c *forge.Change) { c.Files = []forge.ChangedFile{{Path: "../x"}} }, errs.Invalid},
		{"no base", func(c *forge.Change) { c.Base, c.Branch = "nowhere", "other" }, errs.Invalid},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := change
			tt.edit(&c)
			if pr, err := f.Propose(t.Context(), c); pr != nil || !errs.Is(err, tt.want) {
				t.Errorf("%+v, %v (%s)", pr, err, errs.KindOf(err).Name())
			}
		})
	}
}

func TestNewRefuses(t *testing.T) {
	good := Options{BaseURL: "https://git.example.com/", APIBaseURL: "https://git.example.com/api/v4", Group: "quay/cranes", Client: http.DefaultClient}
	if _, err := New(good); err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name string
		edit func(*Options)
	}{
		{"no address", func(o *Options) { o.BaseURL = "" }},
		{"another scheme", func(o *Options) { o.BaseURL = "javascript:alert(1)" }},
		{"an address with credentials", func(o *Options) { o.APIBaseURL = "https://me:pass@git.example.com" }},
		{"all of gitlab.com", func(o *Options) { o.Group, o.BaseURL = "", "https://gitlab.com" }},
		{"a group up the tree", func(o *Options) { o.Group = "quay/.." }},
		{"a group with a slash at the end", func(o *Options) { o.Group = "quay/" }},
		{"no client", func(o *Options) { o.Client = nil }},
		{"too many files", func(o *Options) { o.Files = make([]string, 21) }},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			o := good
			tt.edit(&o)
			if f, err := New(o); f != nil || !errs.Is(err, errs.Invalid) {
				t.Errorf("%+v, %v", f, err)
			}
		})
	}
}
