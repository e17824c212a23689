package github

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"portico/internal/errs"
	"portico/internal/forge"
	"portico/internal/forge/githubtest"
)

// signed adds a token as the guarded client does: not where there is one.
type signed struct{ token string }

func (s signed) RoundTrip(r *http.Request) (*http.Response, error) {
	if s.token != "" && r.Header.Get("Authorization") == "" {
		r = r.Clone(r.Context())
		r.Header.Set("Authorization", "Bearer "+s.token)
	}
	return http.DefaultTransport.RoundTrip(r)
}

func client(token string) *http.Client {
	return &http.Client{Transport: signed{token}, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
}

// room is the account org of a stand-in, by a token that may read all.
func room(t *testing.T, g *githubtest.GitHub, base, org string, change ...func(*Options)) *Forge {
	t.Helper()
	o := Options{BaseURL: base, Organization: org, Token: g.Token("repo", "read:org", "read:user"), Client: client("")}
	for _, c := range change {
		c(&o)
	}
	f, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { valid(t, g) })
	return f
}

// valid holds every query that was sent against what GitHub publishes.
func valid(t *testing.T, g *githubtest.GitHub) {
	t.Helper()
	seen := map[string]bool{}
	for _, q := range g.Queries() {
		if seen[q.Text] || strings.Contains(q.Text, "suspendedAt") {
			continue // what is published is github.com's, and only Enterprise Server has that field
		}
		seen[q.Text] = true
		for _, err := range githubtest.PublishedSchema(t).ValidateWithVariables(q.Text, q.Variables) {
			t.Errorf("GitHub would refuse the query: %v\n%s", err, q.Text)
		}
	}
}

// all lists every page.
func all(t *testing.T, f *Forge) (list []forge.Repository, pages int) {
	t.Helper()
	for cursor := ""; ; {
		page, err := f.Repositories(t.Context(), cursor)
		if err != nil {
			t.Fatal(err)
		}
		list, cursor = append(list, page.Repositories...), page.Next
		if pages++; cursor == "" {
			if page.Total != len(list) {
				t.Errorf("%d repositories, and the host says %d", len(list), page.Total)
			}
			return list, pages
		}
		if len(list) > 2000 {
			t.Fatal("the list has no end")
		}
	}
}

func names(list []forge.Repository) (n []string) {
	for _, r := range list {
		n = append(n, r.Name)
	}
	return n
}

func TestRepositoryWhole(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC)
	g, base := githubtest.Start(t)
	g.Clock(func() time.Time { return at })
	long := strings.Repeat("x", maxGlanceFile+1)
	g.AddRepository(githubtest.Repository{
		Owner: "marrowby", Name: "quay", Description: "Where ships lie", Topics: []string{"ships", "go"}, Languages: map[string]int64{"Go": 900, "HTML": 20, "Shell": 70}, Visibility: "internal",
		Files: map[string]string{
			"README.md": "# Quay\n", ".github/CODEOWNERS": "* @marrowby/quay\n", "docs/CODEOWNERS": "x", "go.mod": "module quay\n", "main.go": "package main\n",
			"catalog-info.yaml": "kind: Component\n", "package.json": long, "mkdocs.yml": "a\x00b", "portal/about.yaml": "kind: API\n",
		},
		Links: map[string]string{"CODEOWNERS": ".github/CODEOWNERS"},
	})
	g.AddRepository(githubtest.Repository{Owner: "marrowby", Name: "empty", Visibility: "public", Archived: true, Fork: true})
	g.AddRepository(githubtest.Repository{Owner: "marrowby", Name: "flat", Files: map[string]string{"README.md": "# Flat\n"}})
	g.AddRepository(githubtest.Repository{Owner: "elsewhere", Name: "other", Visibility: "public", Files: map[string]string{"a": "b"}})
	var cost []Cost
	f := room(t, g, base, "Marrowby", func(o *Options) { o.Observe = func(c Cost) { cost = append(cost, c) } })
	got, err := f.Repositories(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	head, flat := g.Head("marrowby/quay"), g.Head("marrowby/flat")
	file := func(p, text string) forge.GlanceFile {
		return forge.GlanceFile{Path: p, Size: int64(len(text)), Data: []byte(text)}
	}
	stamp := at.Format(time.RFC3339)
	want := &forge.Page{Total: 3, Repositories: []forge.Repository{
		{
			ID: g.NodeID("marrowby/quay"), Name: "marrowby/quay", URL: base + "/marrowby/quay", CloneURL: base + "/marrowby/quay.git", Description: "Where ships lie",
			DefaultBranch: "main", Head: head, Stamp: stamp + " " + head, Visibility: "internal", Topics: []string{"ships", "go"},
			Languages: []forge.Language{{Name: "Go", Bytes: 900}, {Name: "Shell", Bytes: 70}, {Name: "HTML", Bytes: 20}}, PushedAt: at,
			Glance: &forge.Glance{Files: []forge.GlanceFile{
				file("README.md", "# Quay\n"), file("catalog-info.yaml", "kind: Component\n"), file("go.mod", "module quay\n"), {Path: "main.go", Size: 13}, {Path: "mkdocs.yml", Size: 3},
				{Path: "package.json", Size: int64(len(long))}, file(".github/CODEOWNERS", "* @marrowby/quay\n"), file("docs/CODEOWNERS", "x"),
			}},
		},
		{
			ID: g.NodeID("marrowby/empty"), Name: "marrowby/empty", URL: base + "/marrowby/empty", CloneURL: base + "/marrowby/empty.git", Stamp: stamp,
			Archived: true, Fork: true, Visibility: "public", Languages: []forge.Language{}, PushedAt: at,
		},
		{
			ID: g.NodeID("marrowby/flat"), Name: "marrowby/flat", URL: base + "/marrowby/flat", CloneURL: base + "/marrowby/flat.git", DefaultBranch: "main", Head: flat,
			Stamp: stamp + " " + flat, Visibility: "private", Languages: []forge.Language{}, PushedAt: at, Glance: &forge.Glance{Files: []forge.GlanceFile{file("README.md", "# Flat\n")}, Whole: true},
		},
	}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	if diff := cmp.Diff([]Cost{{Cost: 1, Limit: 5000, Remaining: 4999, ResetAt: at.Add(time.Hour)}}, cost); diff != "" {
		t.Errorf("cost (-want +got)\n%s", diff)
	}
	// A descriptor elsewhere is read there, and a pattern not at all.
	for _, path := range []string{"/portal/about.yaml", "/**/catalog-info.yaml"} {
		f := room(t, g, base, "marrowby", func(o *Options) { o.CatalogPath = path })
		found, _, err := f.Some(t.Context(), []string{g.NodeID("marrowby/quay")})
		if err != nil || len(found) != 1 {
			t.Fatalf("%v, %v", found, err)
		}
		i := slices.IndexFunc(found[0].Glance.Files, func(f forge.GlanceFile) bool { return f.Path == "catalog-info.yaml" })
		if found[0].Glance.Files[i].Data != nil {
			t.Errorf("%s: catalog-info.yaml was read", path)
		}
		below := slices.ContainsFunc(found[0].Glance.Files, func(f forge.GlanceFile) bool { return f.Path == "portal/about.yaml" && f.Data != nil })
		if below != (path == "/portal/about.yaml") {
			t.Errorf("%s: portal/about.yaml was read: %v", path, below)
		}
	}
}

// The figure to reach is 40 requests for what is new and 20 for what was seen.
func TestThousand(t *testing.T) {
	t.Parallel()
	g, base := githubtest.Start(t)
	for i := range 1000 {
		g.AddRepository(githubtest.Repository{
			Owner: "marrowby", Name: fmt.Sprintf("repo-%04d", i), Languages: map[string]int64{"Go": 1},
			Files: map[string]string{"README.md": fmt.Sprintf("# %d\n", i), "go.mod": "module x\n", "main.go": "package main\n", "catalog-info.yaml": "kind: Component\n"},
		})
	}
	for size, most := range map[int]int{50: 20, 100: 10} {
		f := room(t, g, base, "marrowby", func(o *Options) { o.PageSize = size })
		before := g.Counts()
		list, _ := all(t, f)
		after := g.Counts()
		n := after.GraphQL + after.REST - before.GraphQL - before.REST
		t.Logf("1,000 repositories with heads, languages and files by pages of %d: %d requests", size, n)
		if len(list) != 1000 || n > most || list[999].Glance == nil {
			t.Errorf("%d repositories in %d requests, want 1,000 in %d", len(list), n, most)
		}
		if seen := names(list); !slices.IsSorted(seen) || len(slices.Compact(seen)) != 1000 {
			t.Error("some came twice, or not in the order in which they were made")
		}
	}
}

func TestPagesSurviveChange(t *testing.T) {
	t.Parallel()
	g, base := githubtest.Start(t)
	for i := range 30 {
		g.AddRepository(githubtest.Repository{Owner: "marrowby", Name: fmt.Sprintf("r%02d", i)})
	}
	f := room(t, g, base, "marrowby", func(o *Options) { o.PageSize = 10 })
	page, err := f.Repositories(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	got := names(page.Repositories)
	g.Delete("marrowby/r03") // of the page before
	g.Delete("marrowby/r09") // the one that the cursor stands at
	g.Rename("marrowby/r12", "a-first-name")
	g.AddRepository(githubtest.Repository{Owner: "marrowby", Name: "r30"})
	later := room(t, g, base, "marrowby", func(o *Options) { o.PageSize = 7 }) // another process, with pages of another size
	for page.Next != "" {
		if page, err = later.Repositories(t.Context(), page.Next); err != nil {
			t.Fatal(err)
		}
		got = append(got, names(page.Repositories)...)
	}
	slices.Sort(got)
	if len(got) != 31 || len(slices.Compact(got)) != 31 || !slices.Contains(got, "marrowby/a-first-name") || !slices.Contains(got, "marrowby/r30") {
		t.Errorf("%d: %v", len(got), got)
	}
}

func TestPagesGetSmaller(t *testing.T) {
	t.Parallel()
	g, base := githubtest.Start(t)
	for i := range 60 {
		g.AddRepository(githubtest.Repository{Owner: "marrowby", Name: fmt.Sprintf("r%02d", i)})
	}
	g.Largest(8)
	f := room(t, g, base, "marrowby")
	list, _ := all(t, f)
	// 50, 25, 12 and 6 first; from then on four good pages and one of 12 that is too large.
	if n := g.Counts().GraphQL; len(list) != 60 || n != 15 {
		t.Errorf("%d repositories in %d requests", len(list), n)
	}
	g.Largest(0)
	for range 6 {
		all(t, f)
	}
	if size := f.size.Load(); size != 50 {
		t.Errorf("pages have %d in the end", size)
	}
	var ids []string
	for i := range 60 {
		ids = append(ids, g.NodeID(fmt.Sprintf("marrowby/r%02d", i)))
	}
	g.Largest(20)
	found, gone, err := f.Some(t.Context(), ids)
	if err != nil || len(found) != 60 || gone != nil || found[59].ID != ids[59] {
		t.Errorf("%d found, %v gone, %v", len(found), gone, err)
	}
}

func TestSome(t *testing.T) {
	t.Parallel()
	g, base := githubtest.Start(t, githubtest.Person{ID: 7, Login: "ann"})
	for _, name := range []string{"stays", "renamed", "given", "deleted", "hidden"} {
		g.AddRepository(githubtest.Repository{Owner: "marrowby", Name: name, Files: map[string]string{"README.md": "# " + name}})
	}
	id := map[string]string{}
	for _, name := range []string{"stays", "renamed", "given", "deleted"} {
		id[name] = g.NodeID("marrowby/" + name)
	}
	g.Rename("marrowby/renamed", "anew")
	g.Transfer("marrowby/given", "elsewhere")
	g.Delete("marrowby/deleted")
	f := room(t, g, base, "marrowby")
	found, gone, err := f.Some(t.Context(), []string{id["deleted"], id["stays"], "no id at all", id["given"], id["renamed"], "VTc="})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"marrowby/stays", "marrowby/anew"}, names(found)); diff != "" {
		t.Errorf("found (-want +got)\n%s", diff)
	}
	if diff := cmp.Diff([]string{id["deleted"], "no id at all", id["given"], "VTc="}, gone); diff != "" {
		t.Errorf("gone (-want +got)\n%s", diff)
	}
	if found[1].ID != id["renamed"] || found[0].Glance == nil {
		t.Errorf("%+v", found)
	}
	if found, gone, err := f.Some(t.Context(), nil); found != nil || gone != nil || err != nil {
		t.Errorf("of none: %v, %v, %v", found, gone, err)
	}
}

func TestAccountOfAPerson(t *testing.T) {
	t.Parallel()
	g, base := githubtest.Start(t, githubtest.Person{ID: 7, Login: "ann", Name: "Ann"})
	g.AddRepository(githubtest.Repository{Owner: "ann", Name: "dots"})
	f := room(t, g, base, "ann")
	if list, _ := all(t, f); len(list) != 1 || list[0].Name != "ann/dots" {
		t.Errorf("%v", list)
	}
	org, err := f.Organization(t.Context())
	if err != nil || len(org.Teams) != 0 || len(org.People) != 1 || org.People[0].Name != "Ann" {
		t.Errorf("%+v, %v", org, err)
	}
}

func TestNobodyThere(t *testing.T) {
	t.Parallel()
	g, base := githubtest.Start(t)
	f := room(t, g, base, "nobody")
	if _, err := f.Repositories(t.Context(), ""); !errs.Is(err, errs.NotFound) || !strings.Contains(errs.Sentence(err), "no organisation or person nobody") {
		t.Errorf("repositories: %v", err)
	}
	if _, err := f.Organization(t.Context()); !errs.Is(err, errs.NotFound) {
		t.Errorf("people: %v", err)
	}
}

func TestNew(t *testing.T) {
	t.Parallel()
	c := client("")
	for name, tt := range map[string]struct {
		o                    Options
		pages, rest, graphql string // "" is an error
	}{
		"github.com":     {Options{Organization: "o", Client: c}, "https://github.com", "https://api.github.com", "https://api.github.com/graphql"},
		"by its API":     {Options{Organization: "o", Client: c, APIBaseURL: "https://api.github.com/"}, "https://github.com", "https://api.github.com", "https://api.github.com/graphql"},
		"enterprise":     {Options{Organization: "o", Client: c, BaseURL: "https://ghe.example/"}, "https://ghe.example", "https://ghe.example/api/v3", "https://ghe.example/api/graphql"},
		"its own API":    {Options{Organization: "o", Client: c, BaseURL: "https://a.ghe.com", APIBaseURL: "https://api.a.ghe.com"}, "https://a.ghe.com", "https://api.a.ghe.com", "https://api.a.ghe.com/graphql"},
		"no account":     {o: Options{Client: c}},
		"an odd account": {o: Options{Client: c, Organization: "a/b"}},
		"no client":      {o: Options{Organization: "o"}},
		"a secret in it": {o: Options{Organization: "o", Client: c, BaseURL: "https://canary@ghe.example"}},
		"no URL":         {o: Options{Organization: "o", Client: c, APIBaseURL: "ghe.example"}},
	} {
		f, err := New(tt.o)
		switch {
		case tt.pages == "":
			if !errs.Is(err, errs.Invalid) || strings.Contains(err.Error(), "canary") {
				t.Errorf("%s: %v", name, err)
			}
		case err != nil:
			t.Errorf("%s: %v", name, err)
		case f.api.pages != tt.pages || f.api.rest != tt.rest || f.api.graphql != tt.graphql:
			t.Errorf("%s: %s %s %s", name, f.api.pages, f.api.rest, f.api.graphql)
		}
	}
}
