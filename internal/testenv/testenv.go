// Package testenv gives tests what lies outside their own folder: the root of the repository, the shared corpora beside
// it, and golden files behind one -update flag.
//
// It never ships: internal/house proves that no binary imports it.
package testenv

import (
	"errors"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// The flag is registered here and nowhere else: a second registration in a test binary panics.
var update = flag.Bool("update", false, "write golden files instead of comparing with them")

// Update reports whether the test run was asked to write its golden files, for helpers such as testscript that write
// their own.
func Update() bool { return *update }

// Repo returns the absolute path of the repository's root: the folder with Portico's go.mod.
func Repo(t testing.TB) string {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatalf("the working folder is not known: %v", err)
	}
	for at := dir; ; at = filepath.Dir(at) {
		text, err := os.ReadFile(filepath.Join(at, "go.mod"))
		if err == nil && strings.HasPrefix(string(text), "module portico\n") {
			return at
		}
		if at == filepath.Dir(at) {
			t.Fatalf("no go.mod of Portico in %s or above it: run the tests inside the repository", dir)
		}
	}
}

// Shared returns the absolute path of an entry of the shared corpora, or of their folder when elem is empty. The folder
// is the one that PORTICO_SHARED names, else shared beside the repository.
//
// A machine without the folder skips the test: that is the one skip this project permits, and make test counts it.
// A folder that PORTICO_SHARED names wrongly, or that lacks the entry, fails the test.
func Shared(t testing.TB, elem ...string) string {
	t.Helper()
	dir, named := os.LookupEnv("PORTICO_SHARED")
	if named = named && dir != ""; !named {
		dir = filepath.Join(filepath.Dir(Repo(t)), "shared")
	}
	dir, err := filepath.Abs(dir)
	if err != nil {
		t.Fatalf("PORTICO_SHARED: %v", err)
	}
	if info, err := os.Stat(dir); err != nil || !info.IsDir() {
		if named {
			t.Fatalf("PORTICO_SHARED names %s, which is not a folder: %v", dir, err)
		}
		t.Skipf("the shared corpora are not at %s; set PORTICO_SHARED to their folder to run this test", dir)
	}
	path := filepath.Join(append([]string{dir}, elem...)...)
	if _, err := os.Stat(path); err != nil {
		t.Fatalf("the shared corpora at %s lack %s: %v", dir, filepath.Join(elem...), err)
	}
	return path
}

// Golden compares got with the file testdata/name of the package under test, name being slash-separated. With -update it
// writes the file instead.
func Golden[T ~string | ~[]byte](t testing.TB, name string, got T) {
	t.Helper()
	path := filepath.Join("testdata", filepath.FromSlash(name))
	if *update {
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if errors.Is(err, os.ErrNotExist) {
		t.Fatalf("%s does not exist; run this package's tests with -update to write it", path)
	}
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("%s differs from what came out (-want +got); if the change is meant, run with -update\n%s", path, diff)
	}
}
