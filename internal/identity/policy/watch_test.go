package policy

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// A volume of Kubernetes has its files behind a link to a hidden folder, which is swapped as a whole.
func TestWatchSeesAVolumeSwapped(t *testing.T) {
	dir := t.TempDir()
	version := func(name, text string) {
		t.Helper()
		if err := os.Mkdir(filepath.Join(dir, name), 0o750); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name, "a.cedar"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Symlink(name, filepath.Join(dir, "..data_tmp")); err != nil {
			t.Fatal(err)
		}
		if err := os.Rename(filepath.Join(dir, "..data_tmp"), filepath.Join(dir, "..data")); err != nil {
			t.Fatal(err)
		}
	}
	version("..v1", `forbid (principal, action == Action::"catalog.location.create", resource);`)
	if err := os.Symlink("..data/a.cedar", filepath.Join(dir, "a.cedar")); err != nil {
		t.Fatal(err)
	}
	e, err := New(Options{Paths: []string{dir}})
	if err != nil {
		t.Fatal(err)
	}
	if s := e.Status(); len(s.Files) != 1 || s.Policies != len(Default().current.Load().rules.policies)+1 {
		t.Fatalf("the file is read more than once, or not: %+v", s)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		e.Watch(ctx)
	}()
	defer func() { cancel(); <-ended }()
	version("..v2", "")
	every := time.NewTicker(10 * time.Millisecond)
	defer every.Stop()
	for deadline := time.Now().Add(30 * time.Second); e.Status().Generation != 2; <-every.C {
		if time.Now().After(deadline) {
			t.Fatalf("the swapped volume was not seen: %+v", e.Status())
		}
	}
	if !e.Allow(ana, perm(t, "catalog.location.create")).Allowed {
		t.Error("the policies of before still count")
	}
}
