package gitea

import (
	"context"
	"fmt"
	"testing"

	"portico/internal/errs"
	"portico/internal/forge"
	"portico/internal/forge/gitea/giteatest"
)

func TestPropose(t *testing.T) {
	s := giteatest.Shared(t)
	s.Organization(t, "proposed", false)
	s.Repository(t, "proposed", "app", map[string]string{"README.md": "# App\n", "docs/old.md": "old\n"})
	s.Repository(t, "proposed", "bare", nil)
	f, asked := room(t, s.URL, "proposed", s.Token)
	change := forge.Change{
		Repository: "proposed/app", Branch: "portico/catalog-info", Title: "Describe app", Body: "As it was found.", Message: "Describe app",
		Files: []forge.ChangedFile{
			{Path: "catalog-info.yaml", Data: []byte("kind: Component\n")},
			{Path: "docs/old.md", Data: []byte("new\n")},
			{Path: "README.md", Data: []byte("# App\n")},
		},
	}
	first, err := f.Propose(t.Context(), change)
	if err != nil {
		t.Fatal(err)
	}
	if first.Existing || first.Number != 1 || first.URL != s.URL+"/proposed/app/pulls/1" {
		t.Errorf("the first is %+v", first)
	}
	if got := s.File(t, "proposed/app", "portico/catalog-info", "docs/old.md"); got != "new\n" {
		t.Errorf("the branch has %q", got)
	}
	var files []struct{ Filename, Status string }
	s.Call(t, s.Token, "GET", "/repos/proposed/app/pulls/1/files", nil, &files)
	if got := fmt.Sprint(files); got != "[{catalog-info.yaml added} {docs/old.md changed}]" {
		t.Errorf("the pull request changes %s", got)
	}
	commits := func() int {
		var list []struct{ SHA string }
		s.Call(t, s.Token, "GET", "/repos/proposed/app/pulls/1/commits", nil, &list)
		return len(list)
	}
	if n := commits(); n != 1 {
		t.Errorf("several files made %d commits", n)
	}

	change.Files[0].Data = []byte("kind: Component\nmetadata: {name: app}\n")
	second, err := f.Propose(t.Context(), change)
	if err != nil || !second.Existing || second.Number != 1 || commits() != 2 {
		t.Errorf("the second is %+v with %d commits: %v", second, commits(), err)
	}
	if got := s.File(t, "proposed/app", "portico/catalog-info", "catalog-info.yaml"); got != string(change.Files[0].Data) {
		t.Errorf("the branch has %q", got)
	}
	before := asked.asked.Load()
	third, err := f.Propose(t.Context(), change)
	if err != nil || !third.Existing || commits() != 2 {
		t.Errorf("without a change there are %d commits: %+v, %v", commits(), third, err)
	}
	if n := asked.asked.Load() - before; n != 6 {
		t.Errorf("three files that are as they should be cost %d requests, not 6", n)
	}

	// One that was closed is not opened again: there is a new one, which the next finds behind it.
	s.Call(t, s.Token, "PATCH", "/repos/proposed/app/pulls/1", map[string]any{"state": "closed"}, nil)
	fourth, err := f.Propose(t.Context(), change)
	if err != nil || fourth.Existing || fourth.Number != 2 {
		t.Errorf("after closing: %+v, %v", fourth, err)
	}
	fifth, err := f.Propose(t.Context(), change)
	if err != nil || !fifth.Existing || fifth.Number != 2 {
		t.Errorf("and again: %+v, %v", fifth, err)
	}

	same := change
	same.Branch, same.Files = "portico/nothing", []forge.ChangedFile{{Path: "README.md", Data: []byte("# App\n")}}
	tests := []struct {
		name string
		edit func(*forge.Change)
		want errs.Kind
	}{
		{"nothing to change", func(c *forge.Change) { *c = same }, errs.Conflict},
		{"another account", func(c *forge.Change) { c.Repository = "elsewhere/app" }, errs.Forbidden},
		{"no such repository", func(c *forge.Change) { c.Repository = "proposed/none" }, errs.NotFound},
		{"an empty repository", func(c *forge.Change) { c.Repository = "proposed/bare" }, errs.Conflict},
		{"the default branch", func(c *forge.Change) { c.Branch = "main" }, errs.Invalid},
		{"a branch up the tree", func(c *forge.Change) { c.Branch = "../x" }, errs.Invalid},
		{"a file up the tree", func(c *forge.Change) { c.Files = []forge.ChangedFile{{Path: "../x"}} }, errs.Invalid},
		{"a file of git", func(c *forge.Change) { c.Files = []forge.ChangedFile{{Path: ".git/config"}} }, errs.Invalid},
		{"a repository up the tree", func(c *forge.Change) { c.Repository = "proposed/.." }, errs.Invalid},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := change
			tt.edit(&c)
			if pr, err := f.Propose(context.Background(), c); pr != nil || !errs.Is(err, tt.want) {
				t.Errorf("%+v, %v (%s)", pr, err, errs.KindOf(err).Name())
			}
		})
	}
}
