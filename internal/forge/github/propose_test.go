package github

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"portico/internal/errs"
	"portico/internal/forge"
	"portico/internal/forge/githubtest"
)

func proposal(change ...func(*forge.Change)) forge.Change {
	c := forge.Change{
		Repository: "marrowby/quay", Branch: "portico/quay", Title: "Describe quay", Body: "What the portal knows.", Message: "Describe quay\n\nIt has an owner.",
		Files: []forge.ChangedFile{{Path: "catalog-info.yaml", Data: []byte("kind: Component\n")}, {Path: "docs/index.md", Data: []byte("# Quay\n")}},
	}
	for _, ch := range change {
		ch(&c)
	}
	return c
}

func quay(t *testing.T) (*githubtest.GitHub, string, *Forge) {
	t.Helper()
	g, base := githubtest.Start(t)
	g.AddRepository(githubtest.Repository{Owner: "marrowby", Name: "quay", Branch: "trunk", Files: map[string]string{"README.md": "# Quay\n"}})
	return g, base, room(t, g, base, "marrowby")
}

func TestPropose(t *testing.T) {
	t.Parallel()
	g, base, f := quay(t)
	pr, err := f.Propose(t.Context(), proposal())
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(&forge.PullRequest{Number: 1, URL: base + "/marrowby/quay/pull/1"}, pr); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	want := []githubtest.Pull{{Base: "trunk", Head: "portico/quay", Title: "Describe quay", Body: "What the portal knows.", State: "OPEN"}}
	if diff := cmp.Diff(want, g.Pulls("marrowby/quay")); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	if text, _ := g.File("marrowby/quay", "portico/quay", "docs/index.md"); text != "# Quay\n" || g.Commits("marrowby/quay", "portico/quay") != 2 || g.Commits("marrowby/quay", "trunk") != 1 {
		t.Errorf("the branch has %q, and %d commits", text, g.Commits("marrowby/quay", "portico/quay"))
	}

	// The same again finds it and commits nothing.
	pr, err = f.Propose(t.Context(), proposal())
	if err != nil || !pr.Existing || pr.Number != 1 || g.Commits("marrowby/quay", "portico/quay") != 2 {
		t.Errorf("again: %+v, %v, %d commits", pr, err, g.Commits("marrowby/quay", "portico/quay"))
	}
	// Other files are one commit more, and the words change.
	pr, err = f.Propose(t.Context(), proposal(func(c *forge.Change) { c.Files[0].Data = []byte("kind: API\n"); c.Title, c.Base = "Anew", "trunk" }))
	text, _ := g.File("marrowby/quay", "portico/quay", "catalog-info.yaml")
	if err != nil || !pr.Existing || text != "kind: API\n" || g.Commits("marrowby/quay", "portico/quay") != 3 || g.Pulls("marrowby/quay")[0].Title != "Anew" {
		t.Errorf("changed: %+v, %v, %q", pr, err, text)
	}
	// Renamed meanwhile: the old name leads there.
	g.Rename("marrowby/quay", "pier")
	if pr, err = f.Propose(t.Context(), proposal()); err != nil || pr.URL != base+"/marrowby/pier/pull/1" {
		t.Errorf("renamed: %+v, %v", pr, err)
	}
}

// What is left of a pull request that is closed is taken anew, unless somebody went on with it.
func TestProposeAfterAnother(t *testing.T) {
	t.Parallel()
	other := func(c *forge.Change) { c.Files = []forge.ChangedFile{{Path: "other.yaml", Data: []byte("a: b\n")}} }
	for name, tt := range map[string]struct {
		goOn    bool
		commits int
		kept    bool
	}{"left": {false, 2, false}, "gone on with": {true, 4, true}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			g, _, f := quay(t)
			if _, err := f.Propose(t.Context(), proposal()); err != nil {
				t.Fatal(err)
			}
			g.ClosePull("marrowby/quay", 1, true)
			if tt.goOn {
				g.PushTo("marrowby/quay", "portico/quay", map[string][]byte{"mine": []byte("x")})
			}
			pr, err := f.Propose(t.Context(), proposal(other))
			if err != nil || pr.Existing || pr.Number != 2 {
				t.Fatalf("%+v, %v", pr, err)
			}
			_, kept := g.File("marrowby/quay", "portico/quay", "catalog-info.yaml")
			if n := g.Commits("marrowby/quay", "portico/quay"); n != tt.commits || kept != tt.kept {
				t.Errorf("%d commits, what was there is kept: %v", n, kept)
			}
		})
	}
}

func TestProposeIsNotFooled(t *testing.T) {
	t.Parallel()
	g, _, f := quay(t)
	g.OpenPullOfFork("marrowby/quay", "portico/quay")
	pr, err := f.Propose(t.Context(), proposal())
	if err != nil || pr.Existing || pr.Number != 2 {
		t.Errorf("a fork's pull request of the same name: %+v, %v", pr, err)
	}
}

func TestProposeRefused(t *testing.T) {
	t.Parallel()
	g, base, f := quay(t)
	g.AddRepository(githubtest.Repository{Owner: "marrowby", Name: "old", Archived: true, Files: map[string]string{"a": "b"}})
	g.AddRepository(githubtest.Repository{Owner: "marrowby", Name: "empty"})
	g.AddRepository(githubtest.Repository{Owner: "marrowby", Name: "open", Visibility: "public", Files: map[string]string{"a": "b"}})
	reader := room(t, g, base, "marrowby", func(o *Options) { o.Token = g.Token("read:org") })
	for name, tt := range map[string]struct {
		change func(*forge.Change)
		f      *Forge
		want   errs.Kind
	}{
		"archived":         {func(c *forge.Change) { c.Repository = "marrowby/old" }, f, errs.Conflict},
		"empty":            {func(c *forge.Change) { c.Repository = "marrowby/empty" }, f, errs.Conflict},
		"no repository":    {func(c *forge.Change) { c.Repository = "marrowby/none" }, f, errs.NotFound},
		"no base":          {func(c *forge.Change) { c.Base = "none" }, f, errs.NotFound},
		"nothing new":      {func(c *forge.Change) { c.Files = []forge.ChangedFile{{Path: "README.md", Data: []byte("# Quay\n")}} }, f, errs.Conflict},
		"read only":        {func(c *forge.Change) { c.Repository = "marrowby/open" }, reader, errs.Forbidden},
		"on the base":      {func(c *forge.Change) { c.Branch = "trunk" }, f, errs.Invalid},
		"an odd name":      {func(c *forge.Change) { c.Repository = "a/b/c" }, f, errs.Invalid},
		"a way up":         {func(c *forge.Change) { c.Files[0].Path = "../x" }, f, errs.Invalid},
		"an absolute path": {func(c *forge.Change) { c.Files[0].Path = "/x" }, f, errs.Invalid},
		"git's own":        {func(c *forge.Change) { c.Files[0].Path = ".git/config" }, f, errs.Invalid},
		"no files":         {func(c *forge.Change) { c.Files = nil }, f, errs.Invalid},
		"no title":         {func(c *forge.Change) { c.Title = "" }, f, errs.Invalid},
		"too large":        {func(c *forge.Change) { c.Files[0].Data = make([]byte, maxChangedBytes) }, f, errs.Invalid},
	} {
		pr, err := tt.f.Propose(t.Context(), proposal(tt.change))
		if pr != nil || !errs.Is(err, tt.want) || errs.Sentence(err) == "" {
			t.Errorf("%s: %+v, %s: %v", name, pr, errs.KindOf(err).Name(), err)
		}
	}
	if len(g.Pulls("marrowby/quay")) != 0 {
		t.Error("something was opened")
	}
}

// A path with quotes is a text in the query, and nothing more.
func TestProposeQuotes(t *testing.T) {
	t.Parallel()
	g, _, f := quay(t)
	odd := `a"b\c $x {}%s` + "é.yaml"
	c := proposal(func(c *forge.Change) { c.Files = []forge.ChangedFile{{Path: odd, Data: []byte("x")}} })
	for range 2 {
		if _, err := f.Propose(t.Context(), c); err != nil {
			t.Fatal(err)
		}
	}
	if text, ok := g.File("marrowby/quay", "portico/quay", odd); text != "x" || g.Commits("marrowby/quay", "portico/quay") != 2 {
		t.Errorf("%q, %v", text, ok)
	}
	if strings.Contains(fmt.Sprint(g.Pulls("marrowby/quay")), "%!") {
		t.Error("a text was taken for a format")
	}
}
