package git_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"portico/internal/forge/git"
)

func TestLocal(t *testing.T) {
	wc := repository(t, map[string]string{"a": "A"})
	id := run(t, wc, "rev-parse", "HEAD")
	check := func(dir, wantBranch, wantCommit string) {
		t.Helper()
		branch, commit, err := git.Head(dir)
		if err != nil || branch != wantBranch || commit != wantCommit {
			t.Errorf("Head = %q, %q, %v; want %q, %q", branch, commit, err, wantBranch, wantCommit)
		}
	}
	check(wc, "main", id)
	run(t, wc, "pack-refs", "--all")
	check(wc, "main", id)
	worktree := filepath.Join(t.TempDir(), "wt")
	run(t, wc, "worktree", "add", "-q", "-b", "side/line", worktree)
	check(worktree, "side/line", id)
	run(t, wc, "remote", "add", "origin", "https://user:secret@github.com/o/r.git")
	if got, err := git.RemoteURL(worktree); err != nil || got != "https://github.com/o/r.git" {
		t.Errorf("the remote of a worktree: %q, %v", got, err)
	}
	run(t, wc, "checkout", "-q", "--detach")
	check(wc, "", id)
	empty := t.TempDir()
	run(t, empty, "init", "-q", "-b", "trunk")
	check(empty, "trunk", "")
	if _, _, err := git.Head(t.TempDir()); err == nil {
		t.Error("a plain folder has a head")
	}
	sub := filepath.Join(wc, "x", "y")
	if err := os.MkdirAll(sub, 0o755); err != nil {
		t.Fatal(err)
	}
	if got := git.Top(sub); got != wc {
		t.Errorf("Top = %q, want %q", got, wc)
	}
}

func TestRemoteURL(t *testing.T) {
	for in, want := range map[string]string{
		"https://github.com/o/r":                         "https://github.com/o/r",
		"https://token@gitlab.example.com/g/s/r.git?x=1": "https://gitlab.example.com/g/s/r.git",
		"git@github.com:o/r.git":                         "git@github.com:o/r.git",
		"ssh://me:pw@host.example/o/r.git":               "ssh://git@host.example/o/r.git",
		"/srv/git/r.git":                                 "",
		"file:///srv/git/r.git":                          "",
		"ext::sh -c evil":                                "",
		"javascript:alert(1)":                            "",
	} {
		wc := repository(t, map[string]string{"a": "A"})
		run(t, wc, "config", "remote.origin.url", in)
		if got, err := git.RemoteURL(wc); err != nil || got != want {
			t.Errorf("%s: got %q, %v; want %q", in, got, err, want)
		}
	}
}

// A .git that points elsewhere tells nothing of what is there.
func TestHostileGitFile(t *testing.T) {
	secret := filepath.Join(t.TempDir(), "HEAD")
	if err := os.WriteFile(secret, []byte("canary"), 0o644); err != nil {
		t.Fatal(err)
	}
	for name, content := range map[string]string{
		"outside":   "gitdir: " + filepath.Dir(secret),
		"pretender": "gitdir: " + filepath.Dir(secret) + "/.git/../",
		"device":    "gitdir: /dev/.git/../zero",
		"nonsense":  strings.Repeat("x", 10_000),
	} {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, ".git"), []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
		branch, commit, err := git.Head(dir)
		if err == nil || branch+commit != "" || strings.Contains(err.Error(), "canary") {
			t.Errorf("%s: got %q %q %v", name, branch, commit, err)
		}
	}
}
