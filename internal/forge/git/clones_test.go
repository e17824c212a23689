package git

import (
	"os"
	"path/filepath"
	"testing"
	"time"
)

func TestPruneClones(t *testing.T) {
	dir := t.TempDir()
	now := time.Now()
	old := now.Add(-2 * time.Hour)
	for _, name := range []string{"old.git", "needed.git", "new.git"} {
		clone := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Join(clone, "objects"), 0o700); err != nil {
			t.Fatal(err)
		}
		if name != "new.git" {
			if err := os.Chtimes(clone, old, old); err != nil {
				t.Fatal(err)
			}
		}
	}
	Repo{Dir: filepath.Join(dir, "needed.git")}.Used()
	if err := PruneClones(dir, time.Hour, now); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]bool{"old.git": false, "needed.git": true, "new.git": true} {
		if _, err := os.Stat(filepath.Join(dir, name)); (err == nil) != want {
			t.Errorf("%s is there: %v, want %v", name, err == nil, want)
		}
	}
	if err := PruneClones(filepath.Join(dir, "none"), time.Hour, now); err != nil {
		t.Errorf("a folder that is not there: %v", err)
	}
}

// TestHomeThatIsGone has the temporary folder swept, and then somebody else's folder where the home was.
func TestHomeThatIsGone(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	c, err := New(Options{AllowFile: true})
	if err != nil {
		t.Fatal(err)
	}
	version := command{args: []string{"--version"}, limit: 1 << 10}
	first := c.home
	if err := os.Remove(first); err != nil {
		t.Fatal(err)
	}
	if _, err := c.run(t.Context(), version); err != nil {
		t.Errorf("after it was removed: %v", err)
	}
	second := c.home
	if err := os.Remove(second); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(t.TempDir(), second); err != nil {
		t.Fatal(err)
	}
	if _, err := c.run(t.Context(), version); err != nil || c.home == second || c.home == first {
		t.Errorf("with a link in its place: home %s, %v", c.home, err)
	}
	if err := c.Close(); err != nil {
		t.Error(err)
	}
	if left, _ := filepath.Glob(filepath.Join(os.TempDir(), "portico-git-*")); len(left) != 1 || left[0] != second {
		t.Errorf("left is %v", left)
	}
}
