package discovery

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"portico/internal/catalog"
	"portico/internal/errs"
	"portico/internal/forge/git"
)

func gitReader(t *testing.T) *Reader {
	t.Helper()
	c, err := git.New(git.Options{AllowFile: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return reader(t, Options{Git: c, CacheDir: t.TempDir()})
}

func commitAll(t *testing.T, dir string) string {
	t.Helper()
	gitRun(t, dir, "add", "-A")
	gitRun(t, dir, "commit", "-q", "-m", "x")
	return gitRun(t, dir, "rev-parse", "HEAD")
}

// forget makes the reader ask for the tip of branches again at once.
func (r *Reader) forget() {
	r.mu.Lock()
	defer r.mu.Unlock()
	clear(r.commits)
}

func TestReadGit(t *testing.T) {
	dir := t.TempDir()
	gitInit(t, dir)
	write(t, dir, map[string]string{
		"catalog-info.yaml": "root", "services/a/catalog-info.yaml": "a", "services/a/openapi.yaml": "openapi", "testdata/catalog-info.yaml": "no", "x.yaml": "x",
	})
	if err := os.Symlink("/etc/passwd", filepath.Join(dir, "services", "catalog-info.yaml")); err != nil {
		t.Fatal(err)
	}
	first := commitAll(t, dir)
	gitRun(t, dir, "tag", "v1")
	url := "file://" + dir
	r := gitReader(t)
	loc := func(s string) catalog.Location { return catalog.Location{Type: "git", Target: url + s} }

	reading, got := read(t, r, loc(""))
	want := map[string]string{"git:" + url + "#:catalog-info.yaml": "root", "git:" + url + "#:services/a/catalog-info.yaml": "a"}
	if diff := cmp.Diff(want, got); diff != "" || reading.Revision != first {
		t.Errorf("at %s: %s", reading.Revision, diff)
	}
	if f := reading.Files[1]; f.SourceLocation != "git:"+url+"#:services/a/" || f.Name != "a/catalog-info.yaml" || f.Revision == "" {
		t.Errorf("%+v", f)
	}
	if _, got := read(t, r, loc("#v1:x.yaml")); got["git:"+url+"#v1:x.yaml"] != "x" {
		t.Errorf("one file: %v", got)
	}
	if _, got := read(t, r, loc("#main:**/*.yaml")); len(got) != 5 {
		t.Errorf("pattern: %v", got)
	}
	base := loc("#:services/a/catalog-info.yaml")
	if data, at, err := include(t.Context(), r, base, "./openapi.yaml"); err != nil || string(data) != "openapi" || at != loc("#:services/a/openapi.yaml") {
		t.Errorf("relative: %q at %s, %v", data, at, err)
	}
	for _, target := range []string{"../../../x", "/etc/passwd", "../catalog-info.yaml", "../absent", "file:///etc/passwd", "https://elsewhere.example/x"} {
		if data, _, err := include(t.Context(), r, base, target); err == nil || errs.Sentence(err) == "" {
			t.Errorf("%s: got %q, %v", target, data, err)
		}
	}
	for s, kind := range map[string]errs.Kind{
		"#absent": errs.NotFound, "#main:absent.yaml": errs.NotFound, "#main:../x": errs.Forbidden, "#--upload-pack=x": errs.Invalid, "#main:/x": errs.Forbidden,
		"#main:services/catalog-info.yaml": 0,
	} {
		reading, err := r.Read(t.Context(), loc(s), catalog.Known{})
		if kind == 0 { // a link: it is there, and is not read
			if err != nil || !errs.Is(reading.Files[0].Err, errs.Forbidden) {
				t.Errorf("%s: got %v, %v", s, reading, err)
			}
		} else if !errs.Is(err, kind) {
			t.Errorf("%s: got %v", s, err)
		}
	}

	// A new commit that does not touch a file leaves that file's revision.
	write(t, dir, map[string]string{"services/a/catalog-info.yaml": "a2"})
	second := commitAll(t, dir)
	r.forget()
	again, err := r.Read(t.Context(), loc(""), catalog.Known{Revision: first})
	if err != nil || again.Revision != second || string(again.Files[1].Data) != "a2" || again.Files[0].Revision != reading.Files[0].Revision || again.Files[1].Revision == reading.Files[1].Revision {
		t.Errorf("after a commit: %+v, %v", again, err)
	}
	if _, err := r.Read(t.Context(), loc("#main:x.yaml"), catalog.Known{Revision: "blob:" + gitRun(t, dir, "rev-parse", "HEAD:x.yaml")}); !errors.Is(err, catalog.ErrUnchanged) {
		t.Errorf("an untouched file: %v", err)
	}
	if _, err := reader(t, Options{}).Read(t.Context(), loc(""), catalog.Known{}); !errs.Is(err, errs.NotImplemented) {
		t.Errorf("without git: %v", err)
	}
}

// TestCloneThatIsGone reads again after the clone, a part of it, or git's home was removed.
func TestCloneThatIsGone(t *testing.T) {
	tmp := t.TempDir()
	t.Setenv("TMPDIR", tmp)
	dir := t.TempDir()
	gitInit(t, dir)
	write(t, dir, map[string]string{"catalog-info.yaml": "root"})
	commitAll(t, dir)
	gitRun(t, dir, "branch", "other")
	r := gitReader(t)
	base := catalog.Location{Type: "git", Target: "file://" + dir}
	other := catalog.Location{Type: "git", Target: "file://" + dir + "#other"}
	remove := func(pattern string) {
		t.Helper()
		found, err := filepath.Glob(pattern)
		if err != nil || len(found) == 0 {
			t.Fatalf("nothing is %s, %v", pattern, err)
		}
		for _, f := range found {
			if err := os.RemoveAll(f); err != nil {
				t.Fatal(err)
			}
		}
	}
	readBoth := func(after string) {
		t.Helper()
		for _, loc := range []catalog.Location{base, other} {
			if _, got := read(t, r, loc); len(got) != 1 {
				t.Errorf("%s, after %s was removed: %v", loc, after, got)
			}
		}
	}
	readBoth("nothing")
	for _, part := range []string{"*.git/objects", "*.git/objects/*", "*.git/refs", "*.git/HEAD", "*.git", ""} {
		remove(filepath.Join(r.clones(), part))
		readBoth(part)
	}
	remove(filepath.Join(tmp, "portico-git-*"))
	readBoth("git's home")
	if err := r.PruneClones(time.Now().Add(2 * unusedFor)); err != nil {
		t.Fatal(err)
	}
	readBoth("what is not needed")
}

func TestGitWithoutDescriptorIsInferred(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "ledger")
	write(t, dir, map[string]string{"README.md": "# Ledger\n\nBooks every payment there is.", "go.mod": "module x", "main.go": "package main"})
	gitInit(t, dir)
	commitAll(t, dir)
	r := gitReader(t)
	reading, err := r.Read(t.Context(), catalog.Location{Type: "git", Target: "file://" + dir}, catalog.Known{})
	if err != nil || len(reading.Files) != 1 {
		t.Fatalf("%v, %v", reading, err)
	}
	f := reading.Files[0]
	if f.Location.Type != "inferred" || !strings.Contains(string(f.Data), "name: ledger") || !strings.Contains(string(f.Data), "Books every payment") {
		t.Errorf("%s: %s", f.Location, f.Data)
	}
	files, err := r.Analyze(t.Context(), catalog.Location{Type: "git", Target: "file://" + dir}, "")
	if err != nil || len(files) != 1 || files[0].Location.Type != "inferred" {
		t.Errorf("analyze: %v, %v", files, err)
	}
}

func TestGitTargets(t *testing.T) {
	for in, want := range map[string]gitTarget{
		"https://h/o/r.git":             {"https://h/o/r.git", "", ""},
		"https://h/o/r.git#main":        {"https://h/o/r.git", "main", ""},
		"https://h/o/r.git#feature/x:a": {"https://h/o/r.git", "feature/x", "a"},
		"https://h/o/r.git#:a/b.yaml":   {"https://h/o/r.git", "", "a/b.yaml"},
	} {
		got, err := parseGitTarget(in)
		if err != nil || got != want || got.String() != in {
			t.Errorf("%s: got %+v (%s), %v", in, got, got, err)
		}
	}
}
