package git_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"portico/internal/errs"
	"portico/internal/forge/git"
	"portico/internal/outbound"
)

// The latest commits come with the addresses of their authors as these wrote them, without merges, without what the commits
// hold, and again once there are more.
func TestLog(t *testing.T) {
	wc := repository(t, map[string]string{"a": strings.Repeat("x", 5000), ".mailmap": "Boss <boss@x.example> <p0@x.example>\n"})
	by := func(email string) {
		t.Helper()
		cmd := exec.Command("git", "commit", "-q", "--allow-empty", "-m", "x")
		cmd.Dir = wc
		cmd.Env = append(os.Environ(), "GIT_CONFIG_NOSYSTEM=1", "GIT_CONFIG_GLOBAL=/dev/null", "GIT_AUTHOR_NAME=n", "GIT_AUTHOR_EMAIL="+email,
			"GIT_COMMITTER_NAME=t", "GIT_COMMITTER_EMAIL=t@example.com", "GIT_AUTHOR_DATE=1764460800 +0000")
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
	}
	run(t, wc, "branch", "side")
	by("p0@x.example")
	by("two words@x.example\n1 evil@x.example")
	run(t, wc, "checkout", "-q", "side")
	by("p1@x.example")
	run(t, wc, "checkout", "-q", "main")
	run(t, wc, "merge", "-q", "--no-edit", "side")
	s := serve(t, wc, true, "", "")
	c := client(t, git.Options{}, []outbound.Rule{{Host: s.host(), AllowPrivate: true}}, s)
	repo := git.Repo{URL: s.repoURL(), Dir: filepath.Join(t.TempDir(), "log.git")}
	log := func(most int) []string {
		t.Helper()
		out, err := c.Log(t.Context(), repo, "", most)
		if err != nil {
			t.Fatal(err)
		}
		var emails []string
		for line := range strings.Lines(string(out)) {
			_, email, _ := strings.Cut(strings.TrimSpace(line), " ")
			emails = append(emails, email)
		}
		return emails
	}
	got := log(10)
	if len(got) != 4 || got[3] != "t@example.com" {
		t.Fatalf("%q", got)
	}
	if all := strings.Join(got, "|"); !strings.Contains(all, "p0@x.example") || strings.Contains(all, "boss") || !strings.Contains(all, "two words@x.example1 evil@x.example") {
		t.Errorf("%q", got)
	}
	// Of what was committed, nothing is here, and nothing was asked for to print the log.
	if objects := run(t, repo.Dir, "cat-file", "--batch-all-objects", "--batch-check=%(objecttype)"); strings.Contains(objects, "blob") || strings.Contains(objects, "tree") {
		t.Errorf("fetched:\n%s", objects)
	}
	by("p2@x.example")
	if d := cmp.Diff([]string{"p2@x.example"}, log(1)); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
	for _, most := range []int{0, -1, 5001} {
		if _, err := c.Log(t.Context(), repo, "", most); !errs.Is(err, errs.Invalid) {
			t.Errorf("%d: %v", most, err)
		}
	}
	if _, err := c.Log(t.Context(), repo, "--all", 5); !errs.Is(err, errs.Invalid) {
		t.Errorf("%v", err)
	}
	if _, err := c.Log(t.Context(), repo, "absent", 5); !errs.Is(err, errs.NotFound) {
		t.Errorf("%v", err)
	}
}
