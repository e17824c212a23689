//go:build unix

package private_test

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"portico/internal/errs"
	"portico/internal/pg/pgtest"
	"portico/internal/pg/private"
)

// TestFindNone names both ways out.
func TestFindNone(t *testing.T) {
	t.Parallel()
	_, err := private.Find(t.Context(), private.Search{NPMOnly: true, NodeModules: []string{t.TempDir()}}, 0)
	if !errs.Is(err, errs.Unavailable) || !strings.Contains(errs.Sentence(err), "no PostgreSQL server (14 or newer) was found") {
		t.Fatalf("got %v", err)
	}
	for _, want := range []string{"install PostgreSQL from the system's packages", "npm install --prefix .cache/postgres " + private.NPMPackage() + "@" + private.NPMVersion, "backend.database"} {
		if !strings.Contains(errs.Remedy(err), want) {
			t.Errorf("the remedy lacks %q: %s", want, errs.Remedy(err))
		}
	}
}

// fakeServer is a folder with a server that says it is of some version.
func fakeServer(t *testing.T, dir, version string) string {
	t.Helper()
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"postgres", "initdb"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte("#!/bin/sh\necho '"+name+" (PostgreSQL) "+version+"'\n"), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// TestFind is not parallel: it sets the environment.
func TestFind(t *testing.T) {
	root := filepath.Dir(shortDir(t))
	good := fakeServer(t, filepath.Join(root, "good", "bin"), "16.4 (Debian 16.4-1)")
	beta := fakeServer(t, filepath.Join(root, "beta", "bin"), "19beta1")
	old := fakeServer(t, filepath.Join(root, "old", "bin"), "13.2")
	nonsense := fakeServer(t, filepath.Join(root, "nonsense", "bin"), "")
	half := fakeServer(t, filepath.Join(root, "half", "bin"), "17.1")
	if err := os.Remove(filepath.Join(half, "initdb")); err != nil {
		t.Fatal(err)
	}
	links := filepath.Join(root, "links")
	if err := os.Mkdir(links, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(filepath.Join(good, "postgres"), filepath.Join(links, "postgres")); err != nil {
		t.Fatal(err)
	}

	path := func(dirs ...string) map[string]string {
		return map[string]string{"PATH": strings.Join(append(dirs, "/usr/bin", "/bin"), ":")}
	}
	tests := []struct {
		name   string
		env    map[string]string
		search private.Search
		major  int
		want   string // "version directory"
	}{
		{"on PATH", path(good), private.Search{}, 0, "16.4 " + good},
		{"through a link", path(links), private.Search{}, 0, "16.4 " + good},
		{"past what will not do", path(old, nonsense, half, good), private.Search{}, 0, "16.4 " + good},
		{"a beta", path(beta, good), private.Search{}, 0, "19beta1 " + beta},
		{"the version asked for", path(beta, good), private.Search{}, 16, "16.4 " + good},
		{"the variable first", map[string]string{"PATH": good, private.EnvBinDir: beta}, private.Search{}, 0, "19beta1 " + beta},
		{"the option before the variable", map[string]string{private.EnvBinDir: beta}, private.Search{BinDir: good}, 0, "16.4 " + good},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			for k, v := range tt.env {
				t.Setenv(k, v)
			}
			got, err := private.Find(t.Context(), tt.search, tt.major)
			if err != nil {
				t.Fatal(err)
			}
			if s := got.Version + " " + got.Dir; s != tt.want {
				t.Errorf("got %s, want %s", s, tt.want)
			}
		})
	}
	for name, dir := range map[string]string{"old": old, "nonsense": nonsense, "half": half, "absent": filepath.Join(root, "absent")} {
		t.Run("only "+name, func(t *testing.T) {
			t.Setenv(private.EnvBinDir, dir)
			_, err := private.Find(t.Context(), private.Search{}, 0)
			if !errs.Is(err, errs.Unavailable) || !strings.Contains(errs.Sentence(err), dir) || !strings.Contains(errs.Remedy(err), private.EnvBinDir) {
				t.Errorf("got %v, remedy %q", err, errs.Remedy(err))
			}
		})
	}
}

// TestFindInNPM takes a package as npm leaves it when it runs no scripts: without links.
func TestFindInNPM(t *testing.T) {
	t.Parallel()
	installed := pgtest.NPM(t)
	pkg := filepath.FromSlash(private.NPMPackage())

	t.Run("without links", func(t *testing.T) {
		t.Parallel()
		nm := filepath.Join(filepath.Dir(shortDir(t)), "node_modules")
		unlinkedCopy(t, filepath.Join(installed, pkg), filepath.Join(nm, pkg))
		for range 2 { // the second time there is nothing to do
			bin, err := private.Find(t.Context(), private.Search{NPMOnly: true, NodeModules: []string{t.TempDir(), nm}}, 0)
			if err != nil {
				t.Fatal(err)
			}
			if bin.Dir != filepath.Join(nm, pkg, "native", "bin") {
				t.Errorf("found %s", bin)
			}
		}
	})
	t.Run("out of reach", func(t *testing.T) {
		t.Parallel()
		if os.Geteuid() != 0 || runtime.GOOS != "linux" {
			// Only root starts servers as somebody else; for the rest this place is like any other.
			return
		}
		home := t.TempDir() // as root's home: for root alone
		if err := os.Chmod(home, 0o700); err != nil {
			t.Fatal(err)
		}
		nm := filepath.Join(home, "node_modules")
		unlinkedCopy(t, filepath.Join(installed, pkg), filepath.Join(nm, pkg))
		cache := filepath.Join(filepath.Dir(shortDir(t)), "cache")
		search := private.Search{NPMOnly: true, NodeModules: []string{nm}, CacheDir: cache}
		bin, err := private.FindAs(t.Context(), search)
		if err != nil {
			t.Fatal(err)
		}
		if !strings.HasPrefix(bin.Dir, cache) || bin.Major != 18 {
			t.Errorf("found %s", bin)
		}
		entries, err := os.ReadDir(cache)
		if err != nil || len(entries) != 1 {
			t.Errorf("the cache holds %v, %v", entries, err)
		}
		again, err := private.FindAs(t.Context(), search)
		if err != nil || again != bin {
			t.Errorf("then found %s, %v", again, err)
		}
		start(t, fast(filepath.Join(home, "pg"), bin))
	})
	t.Run("links that point out", func(t *testing.T) {
		t.Parallel()
		nm := filepath.Join(filepath.Dir(shortDir(t)), "node_modules")
		unlinkedCopy(t, filepath.Join(installed, pkg), filepath.Join(nm, pkg))
		list := `[{"source":"native/lib/x","target":"native/../../../../evil"}]`
		if err := os.WriteFile(filepath.Join(nm, pkg, "native", "pg-symlinks.json"), []byte(list), 0o644); err != nil {
			t.Fatal(err)
		}
		if bin, err := private.Find(t.Context(), private.Search{NPMOnly: true, NodeModules: []string{nm}}, 0); err == nil {
			t.Errorf("found %s", bin)
		}
		if _, err := os.Lstat(filepath.Join(filepath.Dir(nm), "evil")); err == nil {
			t.Error("a link was made outside the package")
		}
	})
}

// unlinkedCopy copies a package, libraries without their links.
func unlinkedCopy(t *testing.T, src, dst string) {
	t.Helper()
	if err := os.CopyFS(dst, os.DirFS(src)); err != nil {
		t.Fatal(err)
	}
	libs, err := filepath.Glob(filepath.Join(dst, "native", "lib", "*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, lib := range libs {
		if fi, err := os.Lstat(lib); err != nil {
			t.Fatal(err)
		} else if fi.Mode()&os.ModeSymlink != 0 {
			if err := os.Remove(lib); err != nil {
				t.Fatal(err)
			}
		}
	}
}
