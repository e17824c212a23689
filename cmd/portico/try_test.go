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
