package codeowners

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestOwner(t *testing.T) {
	const hub = "# all\n* @org/all\n*.js @js # inline\n/build/logs/ @org/ops\ndocs/* docs@example.com\napps/ @org/apps\n/scripts @org/scripts\n**/logs @logs\n/apps/free\n/pa\\ th/x @space\n!apps @no\n"
	const lab = "* @all\n\n[Backend] @org/backend\nsrc/api/\nsrc/jobs/ @org/jobs\n^[Docs][2] @org/docs\n*.md\n[backend]\n/src/api/gen/ @org/gen\n[range]x @org/range\n"
	const tea = ".*\\.go @go\nweb/.* @org/web\n!.*/.* @top\n(((( @broken\n"
	tests := []struct {
		style      Style
		file, path string
		want       string // owners
		line       int
	}{
		{GitHub, hub, "README", "@org/all", 2},
		{GitHub, hub, "a/b/x.js", "@js", 3},
		{GitHub, hub, "build/logs/a/b", "@logs", 8},
		{GitHub, hub, "x/build/logs", "@logs", 8},
		{GitHub, hub, "docs/a.md", "docs@example.com", 5},
		{GitHub, hub, "docs/a/b.md", "@org/all", 2},
		{GitHub, hub, "x/apps/y/z", "@org/apps", 6},
		{GitHub, hub, "x/apps", "@org/all", 2},
		{GitHub, hub, "scripts/x/y.sh", "@org/scripts", 7},
		{GitHub, hub, "x/scripts/y.sh", "@org/all", 2},
		{GitHub, hub, "apps/free/x", "", 9},
		{GitHub, hub, "pa th/x", "@space", 10},
		{GitHub, "*.go @x\n", "a.md", "-", 0},
		{GitHub, "/* @x\n", "a.md", "@x", 1},
		{GitHub, "/* @x\n", "a/a.md", "-", 0},
		{GitHub, "/a/**/z @x\n", "a/z", "@x", 1},
		{GitHub, "/a/**/z @x\n", "a/b/c/z/y", "@x", 1},
		{GitHub, "/ @x\n", "a/b", "@x", 1},
		{GitHub, "é* @x\n", "ét", "@x", 1},
		{GitHub, "a?c @x\n", "abc", "@x", 1},
		{GitLab, lab, "main.go", "@all", 1},
		{GitLab, lab, "x/src/api/a.go", "@org/backend", 3},
		{GitLab, lab, "src/jobs/a.go", "@org/jobs", 5},
		{GitLab, lab, "README.md", "@org/docs", 6},
		{GitLab, lab, "src/api/r.md", "@org/backend", 3},
		{GitLab, lab, "src/api/gen/x", "@org/gen", 9},
		{GitLab, "docs/a.md @x", "deep/docs/a.md", "@x", 1},
		{GitHub, "docs/a.md @x", "deep/docs/a.md", "-", 0},
		{Gitea, tea, "a/b.go", "@go", 1},
		{Gitea, tea, "web/x/y", "@org/web", 2},
		{Gitea, tea, "LICENSE", "@top", 3},
		{Gitea, "x{1,2} @x", "x", "-", 0},
	}
	for _, tt := range tests {
		r, ok := Parse(tt.style, []byte(tt.file)).Owner(tt.path)
		got, line := strings.Join(r.Owners, " "), r.OwnersLine
		if !ok {
			got = "-"
		}
		if got != tt.want || line != tt.line {
			t.Errorf("%q: got %q of line %d, want %q of %d", tt.path, got, line, tt.want, tt.line)
		}
	}
}

func TestStyleOf(t *testing.T) {
	for _, tt := range []struct {
		file, host, data string
		want             Style
	}{
		{"CODEOWNERS", "", "* @x", GitHub},
		{"CODEOWNERS", "", "[A] @x\n*", GitLab},
		{"CODEOWNERS", "", "[ab]x @x", GitHub},
		{"CODEOWNERS", "gitlab.example.com", "", GitLab},
		{"docs/CODEOWNERS", "codeberg.org", "", Gitea},
		{".gitea/CODEOWNERS", "github.com", "", Gitea},
		{".github/CODEOWNERS", "gitlab.com", "", GitHub},
	} {
		if got := StyleOf(tt.file, tt.host, []byte(tt.data)); got != tt.want {
			t.Errorf("%+v: got %d", tt, got)
		}
	}
}

func TestBounds(t *testing.T) {
	f := Parse(GitHub, []byte(strings.Repeat("a/b @x\n", maxRules+10)+strings.Repeat("y", maxLine+1)))
	if len(f.Rules) != maxRules || !f.Cut {
		t.Errorf("%d rules, cut %v", len(f.Rules), f.Cut)
	}
	long := Parse(GitHub, []byte(strings.Repeat("*a", 200)+" @x\n"+strings.Repeat("**/", 170)+"z @y\n"))
	if len(long.Rules) != 2 {
		t.Fatalf("%d rules", len(long.Rules))
	}
	if r, ok := long.Owner(strings.Repeat("a", 2000) + "/" + strings.Repeat("b/", 900) + "z"); !ok || r.Owners[0] != "@y" {
		t.Errorf("%v %v", r, ok)
	}
	got := Parse(GitHub, []byte("* "+strings.Repeat("@x ", 3)+"@y\n")).Rules[0].Owners
	if diff := cmp.Diff([]string{"@x", "@y"}, got); diff != "" {
		t.Error(diff)
	}
}

func FuzzParse(f *testing.F) {
	f.Add("* @a\n/x/** @b\n[S] @c\n", "a/b")
	f.Add("(a{1000}){1000} @a\n!**//**/ \\\n", "//")
	f.Add("\ufeff[a][b\n^[x]\\ @\xff", "\x00")
	f.Fuzz(func(t *testing.T, file, p string) {
		for _, style := range []Style{GitHub, GitLab, Gitea} {
			parsed := Parse(style, []byte(file))
			for _, r := range parsed.Rules {
				if r.Line < 1 || r.OwnersLine < 1 || r.OwnersLine > r.Line || len(r.Owners) > maxOwners {
					t.Fatalf("%+v", r)
				}
			}
			parsed.Owner(p)
		}
	})
}
