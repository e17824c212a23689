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
