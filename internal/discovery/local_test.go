package discovery

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"portico/internal/catalog"
	"portico/internal/errs"
)

const secret = "canary: not yours"

// write makes files below dir; long ago, so that their stamps are believed.
func write(t testing.TB, dir string, files map[string]string) {
	t.Helper()
	for name, data := range files {
		p := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(p), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(p, []byte(data), 0o644); err != nil {
			t.Fatal(err)
		}
		old := time.Now().Add(-time.Hour)
		if err := os.Chtimes(p, old, old); err != nil {
			t.Fatal(err)
		}
	}
}

func gitRun(t testing.TB, dir string, args ...string) string {
	t.Helper()
	cmd := exec.Command("git", args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GIT_CONFIG_NOSYSTEM=1", "GIT_CONFIG_GLOBAL=/dev/null",
		"GIT_AUTHOR_NAME=t", "GIT_AUTHOR_EMAIL=t@example.com", "GIT_COMMITTER_NAME=t", "GIT_COMMITTER_EMAIL=t@example.com")
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("git %v: %v: %s", args, err, out)
	}
	return strings.TrimSpace(string(out))
}

func gitInit(t testing.TB, dir string) { gitRun(t, dir, "init", "-q", "-b", "main") }

func reader(t testing.TB, o Options) *Reader {
	t.Helper()
	r, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func file(p string) catalog.Location { return catalog.Location{Type: "file", Target: p} }

// include reads what a descriptor refers to.
func include(ctx context.Context, r *Reader, base catalog.Location, target string) ([]byte, catalog.Location, error) {
	f, err := r.ReadRelative(ctx, base, target, "")
	if err != nil {
		return nil, catalog.Location{}, err
	}
	return f.Data, f.Location, nil
}

// read reads what must be readable, and returns content by target.
func read(t testing.TB, r *Reader, loc catalog.Location) (*catalog.Reading, map[string]string) {
	t.Helper()
	reading, err := r.Read(context.Background(), loc, catalog.Known{})
	if err != nil {
		t.Fatalf("%s: %v", loc, err)
	}
	got := map[string]string{}
	for _, f := range reading.Files {
		if f.Err != nil {
			got[f.Location.String()] = "error " + errs.KindOf(f.Err).Name()
			continue
		}
		got[f.Location.String()] = string(f.Data)
	}
	if _, err := r.Read(context.Background(), loc, catalog.Known{Revision: reading.Revision}); !errors.Is(err, catalog.ErrUnchanged) {
		t.Errorf("%s read again at its revision %q: got %v, want unchanged", loc, reading.Revision, err)
	}
	return reading, got
}

func TestReadFile(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, map[string]string{"in/payments/catalog-info.yaml": "A", "in/big": strings.Repeat("x", 101), "out.yaml": secret})
	in := filepath.Join(dir, "in")
	if err := os.Symlink(filepath.Join(dir, "out.yaml"), filepath.Join(in, "link.yaml")); err != nil {
		t.Fatal(err)
	}
	p := filepath.Join(in, "payments", "catalog-info.yaml")
	r := reader(t, Options{Local: []string{filepath.Join(in, "**/*.yaml")}, MaxFile: 100})

	reading, _ := read(t, r, file(p))
	want := []catalog.File{{Location: file(p), Name: "payments/catalog-info.yaml", Data: []byte("A"), Revision: reading.Revision, SourceLocation: "file:" + filepath.Dir(p) + "/"}}
	if diff := cmp.Diff(want, reading.Files); diff != "" {
		t.Error(diff)
	}
	for target, kind := range map[string]errs.Kind{
		filepath.Join(in, "absent.yaml"): errs.NotFound,
		filepath.Join(in, "payments"):    errs.Invalid,
		filepath.Join(in, "big"):         errs.TooLarge,
		filepath.Join(in, "link.yaml"):   errs.Forbidden,
		filepath.Join(dir, "out.yaml"):   errs.Forbidden,
		in + "/../out.yaml":              errs.Forbidden,
		"/etc/passwd":                    errs.Forbidden,
		"relative.yaml":                  errs.Invalid,
		p + "\x00":                       errs.Invalid,
		in + "/[/*":                      errs.Invalid,
		in + "/../*.yaml":                errs.Forbidden,
		in + "/{a,../../}/*.yaml":        errs.Forbidden,
	} {
		if _, err := r.Read(t.Context(), file(target), catalog.Known{}); !errs.Is(err, kind) || errs.Sentence(err) == "" {
			t.Errorf("%s: got %v (%s), want %s with a sentence", target, err, errs.KindOf(err).Name(), kind.Name())
		}
	}
	if _, err := r.Read(t.Context(), catalog.Location{Type: "s3-discovery"}, catalog.Known{}); !errs.Is(err, errs.Invalid) {
		t.Errorf("an unknown type: got %v", err)
	}
	write(t, dir, map[string]string{"in/payments/catalog-info.yaml": "B"})
	if again, err := r.Read(t.Context(), file(p), catalog.Known{Revision: reading.Revision}); err != nil || string(again.Files[0].Data) != "B" {
		t.Errorf("after a change of the same size and time: %v, %v", again, err)
	}
}

// An unchanged tree costs stats alone; this is seen by changing contents behind the stamps' back.
func TestUnchangedTreeIsNotRead(t *testing.T) {
	dir := t.TempDir()
	files := map[string]string{}
	for i := range 500 {
		files[fmt.Sprintf("d%d/f%d.yaml", i%20, i)] = fmt.Sprintf("a%d", i)
	}
	write(t, dir, files)
	glob := file(filepath.Join(dir, "**/*.yaml"))
	r := reader(t, Options{Local: []string{glob.Target}})
	reading, got := read(t, r, glob)
	if len(got) != 500 {
		t.Fatalf("%d files", len(got))
	}
	p := filepath.Join(dir, "d7", "f7.yaml")
	old := time.Now().Add(-30 * time.Minute).Truncate(time.Second)
	put := func(data string) {
		if err := os.WriteFile(p, []byte(data), 0o644); err != nil { // in place: the same inode
			t.Fatal(err)
		}
		if err := os.Chtimes(p, old, old); err != nil {
			t.Fatal(err)
		}
	}
	put("b7")
	changed, err := r.Read(t.Context(), glob, catalog.Known{Revision: reading.Revision})
	if err != nil {
		t.Fatal(err)
	}
	put("c7")
	if _, err := r.Read(t.Context(), glob, catalog.Known{Revision: changed.Revision}); !errors.Is(err, catalog.ErrUnchanged) {
		t.Errorf("with equal stamps the content was read: %v", err)
	}
	if err := os.Remove(p); err != nil {
		t.Fatal(err)
	}
	if again, err := r.Read(t.Context(), glob, catalog.Known{Revision: changed.Revision}); err != nil || len(again.Files) != 499 {
		t.Errorf("after a file went: %v", err)
	}
}

// Of a file that was written a moment ago another write may leave the same stamp: it is read.
func TestFreshFileIsReadAgain(t *testing.T) {
	dir := t.TempDir()
	p := filepath.Join(dir, "a.yaml")
	r := reader(t, Options{Local: []string{p}})
	now := time.Now().Add(time.Minute) // never settled
	put := func(s string) {
		if err := os.WriteFile(p, []byte(s), 0o644); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(p, now, now); err != nil {
			t.Fatal(err)
		}
	}
	put("A")
	first, err := r.Read(t.Context(), file(p), catalog.Known{})
	if err != nil {
		t.Fatal(err)
	}
	put("B")
	if again, err := r.Read(t.Context(), file(p), catalog.Known{Revision: first.Revision}); err != nil || string(again.Files[0].Data) != "B" {
		t.Errorf("got %v, %v", again, err)
	}
}

func TestGlobKeepsWhatItCanRead(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, map[string]string{"a.yaml": "A", "big.yaml": strings.Repeat("x", 200)})
	loc := file(filepath.Join(dir, "*.yaml"))
	r := reader(t, Options{Local: []string{loc.Target}, MaxFile: 100})
	_, got := read(t, r, loc)
	want := map[string]string{"file:" + dir + "/a.yaml": "A", "file:" + dir + "/big.yaml": "error PayloadTooLargeError"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestRootOf(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, map[string]string{"repo/catalog/all.yaml": "", "plain/x/all.yaml": ""})
	gitInit(t, filepath.Join(dir, "repo"))
	for target, want := range map[string]string{
		"repo/catalog/all.yaml": "repo", "repo/catalog/**/*.yaml": "repo", "repo/catalog": "repo", "repo": "repo",
		"plain/x/all.yaml": "plain/x", "plain/*/all.yaml": "plain", "plain": "plain", "plain/absent.yaml": "plain",
	} {
		if got, err := RootOf(filepath.Join(dir, target)); err != nil || got != filepath.Join(dir, want) {
			t.Errorf("%s: got %s, %v; want %s", target, got, err, want)
		}
	}
	for _, target := range []string{"relative", "/", "/*", "/**/x.yaml", "/x.yaml", "/a\x00"} {
		if got, err := RootOf(target); !errs.Is(err, errs.Invalid) {
			t.Errorf("%q: got %q, %v", target, got, err)
		}
	}
}

// What descriptors on this machine may refer to: their own repository, and nothing above it.
func TestLocalReferences(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, map[string]string{
		"tree/one/catalog-info.yaml": "A", "tree/one/api/openapi.yaml": "openapi", "tree/one/deep/er/x.yaml": "deep", "tree/two/secret.yaml": secret,
		"tree/loose/all.yaml": "L", "tree/loose.txt": "loose", "outside.yaml": secret,
	})
	tree := filepath.Join(dir, "tree")
	one := filepath.Join(tree, "one")
	gitInit(t, one)
	gitInit(t, filepath.Join(tree, "two"))
	for name, to := range map[string]string{"evil": filepath.Join(dir, "outside.yaml"), "up": "../two/secret.yaml", "environ": "/proc/self/environ", "inside": "api/openapi.yaml"} {
		if err := os.Symlink(to, filepath.Join(one, name)); err != nil {
			t.Fatal(err)
		}
	}
	r := reader(t, Options{Local: []string{tree}})
	base := file(filepath.Join(one, "catalog-info.yaml"))
	loose := file(filepath.Join(tree, "loose", "all.yaml"))
	for _, tt := range []struct {
		base   catalog.Location
		target string
		want   string // content, "" when it is refused
		at     string
	}{
		{base, "./api/openapi.yaml", "openapi", "one/api/openapi.yaml"},
		{base, "deep/../api/openapi.yaml", "openapi", "one/api/openapi.yaml"},
		{base, filepath.Join(one, "api/openapi.yaml"), "openapi", "one/api/openapi.yaml"},
		{base, "inside", "openapi", "one/inside"},
		{file(filepath.Join(one, "deep/er/x.yaml")), "../../api/openapi.yaml", "openapi", "one/api/openapi.yaml"},
		{loose, "../loose.txt", "loose", "loose.txt"},
		{base, "../two/secret.yaml", "", ""},
		{base, "../../../../../../etc/passwd", "", ""},
		{base, "/etc/passwd", "", ""},
		{base, filepath.Join(tree, "two/secret.yaml"), "", ""},
		{base, "../loose.txt", "", ""},
		{base, "evil", "", ""},
		{base, "up", "", ""},
		{base, "environ", "", ""},
		{base, ".", "", ""},
		{base, "", "", ""},
		{base, "api/*.yaml", "", ""},
		{base, "x\x00", "", ""},
		{base, "file:///etc/passwd", "", ""},
		{loose, "../../outside.yaml", "", ""},
		{file("/etc/hosts"), "./passwd", "", ""},
	} {
		data, loc, err := include(t.Context(), r, tt.base, tt.target)
		if tt.want == "" {
			if err == nil || errs.Sentence(err) == "" || strings.Contains(string(data)+err.Error(), "canary") {
				t.Errorf("%q: got %q, %v; want a refusal", tt.target, data, err)
			}
			continue
		}
		if err != nil || string(data) != tt.want || loc != file(filepath.Join(tree, tt.at)) {
			t.Errorf("%q: got %q at %s, %v", tt.target, data, loc, err)
		}
	}
}

func TestResolveLocal(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, map[string]string{"all.yaml": "", "sub/x.yaml": ""})
	r := reader(t, Options{Local: []string{filepath.Join(dir, "all.yaml")}})
	base := file(filepath.Join(dir, "all.yaml"))
	for _, tt := range []struct{ typ, target, want string }{
		{"file", "./sub/x.yaml", "file:" + dir + "/sub/x.yaml"},
		{"", "sub/x.yaml", "file:" + dir + "/sub/x.yaml"},
		{"file", "sub/**/*.yaml", "file:" + dir + "/sub/**/*.yaml"},
		{"file", dir + "/sub/x.yaml", "file:" + dir + "/sub/x.yaml"},
		{"folder", "sub", "folder:" + dir + "/sub"},
		{"url", "https://example.com/x.yaml", "url:https://example.com/x.yaml"},
		{"file", "https://example.com/x.yaml", "url:https://example.com/x.yaml"},
		{"git", "https://example.com/o/r.git#main", "git:https://example.com/o/r.git#main"},
		{"file", "../x.yaml", ""}, {"file", "/etc/passwd", ""}, {"file", "/etc/*", ""}, {"file", "*/../../*", ""}, {"folder", "/", ""}, {"folder", "..", ""},
		{"url", "./x.yaml", ""}, {"git", "./x", ""}, {"git", "https://example.com/o/r.git#--x", ""}, {"file", "", ""}, {"file", "a\nb", ""}, {"folder", "https://x/y", ""},
	} {
		got, err := r.Resolve(base, tt.typ, tt.target)
		if tt.want == "" {
			if err == nil || errs.Sentence(err) == "" {
				t.Errorf("%s %q: got %s, want a refusal", tt.typ, tt.target, got)
			}
		} else if err != nil || got.String() != tt.want {
			t.Errorf("%s %q: got %s, %v; want %s", tt.typ, tt.target, got, err, tt.want)
		}
	}
}

// Backstage's file locations are patterns of all kinds; a file that is there by such a name is that file.
func TestPatterns(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write(t, dir, map[string]string{
		"a.yaml": "a", "b.yaml": "b", "team-1.yaml": "1", "team-22.yaml": "22", "lit[a].yaml": "literal", "lita.yaml": "no", "[id]/x.yaml": "x", "who?.yaml": "who", "whom.yaml": "whom",
	})
	at := func(names ...string) map[string]string {
		m := map[string]string{}
		for _, n := range names {
			data, err := os.ReadFile(filepath.Join(dir, n))
			if err != nil {
				t.Fatal(err)
			}
			m["file:"+filepath.Join(dir, n)] = string(data)
		}
		return m
	}
	for target, want := range map[string]map[string]string{
		"{a,b}.yaml":  at("a.yaml", "b.yaml"),
		"team-?.yaml": at("team-1.yaml"),
		"[ab].yaml":   at("a.yaml", "b.yaml"),
		"[!a].yaml":   at("b.yaml"),
		"lit[a].yaml": at("lit[a].yaml"),
		"[id]/x.yaml": at("[id]/x.yaml"),
		"who?.yaml":   at("who?.yaml"),
		"{x,y}.yaml":  {},
	} {
		p := filepath.Join(dir, target)
		r := reader(t, Options{Local: []string{p}})
		if root, err := RootOf(p); err != nil || !strings.HasPrefix(p, root) {
			t.Errorf("%s opens %s, %v", target, root, err)
		}
		if _, got := read(t, r, file(p)); cmp.Diff(want, got) != "" {
			t.Errorf("%s: %s", target, cmp.Diff(want, got))
		}
		if err := r.AllowLocal(dir + "/*"); err != nil {
			t.Fatal(err)
		}
		if loc, err := r.Resolve(file(filepath.Join(dir, "a.yaml")), "", "./"+target); err != nil || loc != file(p) {
			t.Errorf("%s resolves to %s, %v", target, loc, err)
		}
	}
	r := reader(t, Options{Local: []string{dir + "/*"}})
	base := file(filepath.Join(dir, "a.yaml"))
	if data, _, err := include(t.Context(), r, base, "./lit[a].yaml"); err != nil || string(data) != "literal" {
		t.Errorf("a file by such a name: %q, %v", data, err)
	}
	if _, _, err := include(t.Context(), r, base, "./team-[12].yaml"); !errs.Is(err, errs.Invalid) {
		t.Errorf("a pattern: %v", err)
	}
}
