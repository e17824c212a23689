package main

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"
)

func TestSweepTrials(t *testing.T) {
	tmp := t.TempDir()
	trial := func(name string, age time.Duration) {
		dir := filepath.Join(tmp, name, "postgres")
		if err := os.MkdirAll(filepath.Join(tmp, name, "git"), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.MkdirAll(dir, 0o755); err != nil {
			t.Fatal(err)
		}
		lock := filepath.Join(dir, "portico.lock")
		if err := os.WriteFile(lock, []byte("{}"), 0o644); err != nil {
			t.Fatal(err)
		}
		then := time.Now().Add(-age)
		if err := os.Chtimes(lock, then, then); err != nil {
			t.Fatal(err)
		}
	}
	trial(trialPrefix+"killed", time.Hour)
	trial(trialPrefix+"starting", 0)
	trial("somebody-else", time.Hour)
	if err := os.Chmod(tmp, 0o1777); err != nil {
		t.Fatal(err)
	}
	sweepTrials(t.Context(), tmp)
	entries, err := os.ReadDir(tmp)
	if err != nil {
		t.Fatal(err)
	}
	var left []string
	for _, e := range entries {
		left = append(left, e.Name())
	}
	if want := []string{trialPrefix + "starting", "somebody-else"}; !slices.Equal(left, want) {
		t.Errorf("left is %v, want %v", left, want)
	}
}

// TestSweepTrialsPlanted has links where trials were: others may put them into the temporary folder, and
// whoever runs `portico try` must not write, signal or remove anything through them.
func TestSweepTrialsPlanted(t *testing.T) {
	tmp, away := t.TempDir(), t.TempDir()
	then := time.Now().Add(-time.Hour)
	write := func(path, text string) {
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(path, then, then); err != nil {
			t.Fatal(err)
		}
	}
	link := func(to, at string) {
		if err := os.MkdirAll(filepath.Dir(at), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.Symlink(to, at); err != nil {
			t.Fatal(err)
		}
	}
	precious := map[string]string{}
	keep := func(path, text string) {
		write(path, text)
		precious[path] = text
	}
	keep(filepath.Join(away, "file"), "precious")
	keep(filepath.Join(away, "data", "postmaster.pid"), "0\n")
	keep(filepath.Join(away, "trial", "postgres", "portico.lock"), "{}")
	keep(filepath.Join(away, "server", "portico.lock"), "{}")

	link(filepath.Join(away, "file"), filepath.Join(tmp, trialPrefix+"lock", "postgres", "portico.lock"))
	write(filepath.Join(tmp, trialPrefix+"data", "postgres", "portico.lock"), "{}")
	link(filepath.Join(away, "data"), filepath.Join(tmp, trialPrefix+"data", "postgres", "data"))
	link(filepath.Join(away, "trial"), filepath.Join(tmp, trialPrefix+"trial"))
	link(filepath.Join(away, "server"), filepath.Join(tmp, trialPrefix+"server", "postgres"))
	if os.Geteuid() == 0 {
		theirs := filepath.Join(tmp, trialPrefix+"theirs")
		keep(filepath.Join(theirs, "postgres", "portico.lock"), "{}")
		if err := os.Chown(theirs, 65534, 65534); err != nil {
			t.Fatal(err)
		}
	}
	open := filepath.Join(tmp, trialPrefix+"open")
	keep(filepath.Join(open, "postgres", "portico.lock"), "{}")
	if err := os.Chmod(open, 0o777); err != nil { // anybody may have put into it what is there
		t.Fatal(err)
	}

	sweepTrials(t.Context(), tmp)
	for path, want := range precious {
		if got, err := os.ReadFile(path); err != nil || string(got) != want {
			t.Errorf("%s: %q, %v; want %q", path, got, err, want)
		}
	}
}
