package giteatest

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Where root's tests are in a folder that others may not enter, the program is copied to where its account may.
func TestReachable(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "tools")
	if err := os.MkdirAll(filepath.Join(folder, "static", "options"), 0o700); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{"gitea": "#!", "static/options/x": "y"} {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(text), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	s := &Server{dir: t.TempDir()}
	binary := filepath.Join(folder, "gitea")
	got, err := s.reachable(binary)
	if err != nil {
		t.Fatal(err)
	}
	if os.Getuid() != 0 {
		if got != binary {
			t.Errorf("it is at %s", got)
		}
		return
	}
	text, err := os.ReadFile(filepath.Join(filepath.Dir(got), "static", "options", "x"))
	if !strings.HasPrefix(got, s.dir) || err != nil || string(text) != "y" {
		t.Errorf("it is at %s with %q: %v", got, text, err)
	}
}
