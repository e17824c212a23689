package cage_test

import (
	"context"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"portico/internal/cage"
	"portico/internal/errs"
)

const canary = "canary: outside of the cage"

// tree makes a folder "in" with files, beside a file that must never be read.
func tree(t testing.TB, files map[string]string) (dir, outside string) {
	t.Helper()
	top := t.TempDir()
	outside = filepath.Join(top, "outside.txt")
	write(t, outside, canary)
	dir = filepath.Join(top, "in")
	if err := os.Mkdir(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	for name, data := range files {
		write(t, filepath.Join(dir, name), data)
	}
	return dir, outside
}

func write(t testing.TB, path, data string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(data), 0o644); err != nil {
		t.Fatal(err)
	}
}

func link(t testing.TB, target, path string) {
	t.Helper()
	if err := os.Symlink(target, path); err != nil {
		t.Fatal(err)
	}
}

func open(t testing.TB, dir string) *cage.Root {
	t.Helper()
	r, err := cage.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = r.Close() })
	return r
}

func TestOpen(t *testing.T) {
	dir, outside := tree(t, nil)
	if _, err := cage.Open(filepath.Join(dir, "absent")); !errs.Is(err, errs.NotFound) {
		t.Errorf("absent: got %v", err)
	}
	if _, err := cage.Open(outside); !errs.Is(err, errs.Invalid) {
		t.Errorf("a file: got %v", err)
	}
}

func TestReadFile(t *testing.T) {
	dir, _ := tree(t, map[string]string{"a.txt": "A", "sub/b.txt": "BB", "sub/..odd": "odd", "empty": ""})
	r := open(t, dir)
	tests := []struct {
		name string
		want string
		kind errs.Kind
	}{
		{name: "a.txt", want: "A"},
		{name: "sub/b.txt", want: "BB"},
		{name: "sub/..odd", want: "odd"},
		{name: "empty", want: ""},
		{name: "absent", kind: errs.NotFound},
		{name: "a.txt/b", kind: errs.NotFound},
		{name: "sub", kind: errs.Forbidden},
		{name: ".", kind: errs.Forbidden},
		{name: "", kind: errs.Forbidden},
		{name: "..", kind: errs.Forbidden},
		{name: "../outside.txt", kind: errs.Forbidden},
		{name: "sub/../../outside.txt", kind: errs.Forbidden},
		{name: "sub/../a.txt", kind: errs.Forbidden},
		{name: "./a.txt", kind: errs.Forbidden},
		{name: "sub//b.txt", kind: errs.Forbidden},
		{name: "sub/", kind: errs.Forbidden},
		{name: "/etc/passwd", kind: errs.Forbidden},
		{name: "a.txt\x00", kind: errs.Forbidden},
		{name: strings.Repeat("n", 300), kind: errs.Invalid},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := r.ReadFile(tt.name, 100)
			if tt.kind != 0 {
				if !errs.Is(err, tt.kind) || errs.Sentence(err) == "" {
					t.Fatalf("got %q, %v; want kind %s with a sentence", got, err, tt.kind.Name())
				}
				return
			}
			if err != nil || string(got) != tt.want {
				t.Errorf("got %q, %v; want %q", got, err, tt.want)
			}
		})
	}
	if _, err := r.ReadFile("sub/b.txt", 1); !errs.Is(err, errs.TooLarge) {
		t.Errorf("past the limit: got %v", err)
	}
	if got, err := r.ReadFile("sub/b.txt", 2); err != nil || string(got) != "BB" {
		t.Errorf("exactly the limit: got %q, %v", got, err)
	}
}

func TestSymlinks(t *testing.T) {
	dir, outside := tree(t, map[string]string{"a.txt": "A", "sub/b.txt": "B"})
	link(t, "a.txt", filepath.Join(dir, "inside"))
	link(t, "../a.txt", filepath.Join(dir, "sub", "up"))
	link(t, outside, filepath.Join(dir, "absolute"))
	link(t, "../outside.txt", filepath.Join(dir, "relative"))
	link(t, "relative", filepath.Join(dir, "chain"))
	link(t, "..", filepath.Join(dir, "parent"))
	link(t, "loop", filepath.Join(dir, "loop"))
	link(t, "/proc/self/environ", filepath.Join(dir, "environ"))
	link(t, "absent", filepath.Join(dir, "dangling"))
	r := open(t, dir)
	for name, want := range map[string]string{"inside": "A", "sub/up": "A"} {
		if got, err := r.ReadFile(name, 100); err != nil || string(got) != want {
			t.Errorf("%s: got %q, %v", name, got, err)
		}
	}
	for _, name := range []string{"absolute", "relative", "chain", "parent/outside.txt", "loop", "environ", "parent", "environ/x"} {
		if got, err := r.ReadFile(name, 1<<20); !errs.Is(err, errs.Forbidden) || got != nil {
			t.Errorf("%s: got %q, %v; want Forbidden", name, got, err)
		}
		if _, err := r.Stat(name); err == nil {
			t.Errorf("%s: Stat told what lies outside", name)
		}
	}
	if _, err := r.ReadFile("dangling", 100); !errs.Is(err, errs.NotFound) {
		t.Errorf("dangling: got %v", err)
	}
	var seen []string
	if err := r.Walk(t.Context(), cage.WalkOptions{}, func(name string, _ fs.FileInfo) error { seen = append(seen, name); return nil }); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"a.txt", "inside", "sub", "sub/b.txt", "sub/up"}, seen); diff != "" {
		t.Error("walk:", diff)
	}
	for _, p := range []string{"**/outside.txt", "parent/*", "parent/**", "*/outside.txt"} {
		if got, err := r.Glob(t.Context(), p, 10); len(got) != 0 || err != nil && !errs.Is(err, errs.Forbidden) {
			t.Errorf("glob %s: got %v, %v", p, got, err)
		}
	}
}

// A reader must not hang on a pipe, nor open a device.
func TestOddFiles(t *testing.T) {
	dir, _ := tree(t, nil)
	if err := syscall.Mkfifo(filepath.Join(dir, "pipe"), 0o644); err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("unix", filepath.Join(dir, "sock"))
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	r := open(t, dir)
	for _, name := range []string{"pipe", "sock"} {
		if _, err := r.ReadFile(name, 100); !errs.Is(err, errs.Forbidden) {
			t.Errorf("%s: got %v", name, err)
		}
	}
	if got, err := r.Glob(t.Context(), "*", 10); err != nil || len(got) != 0 {
		t.Errorf("glob: got %v, %v", got, err)
	}
	if _, err := cage.Open(filepath.Join(dir, "pipe")); !errs.Is(err, errs.Invalid) {
		t.Errorf("a pipe as folder: got %v", err)
	}
}

// A name that is now a file, now a link to the canary: whatever is read, it is never the canary.
func TestSwappedLink(t *testing.T) {
	dir, outside := tree(t, map[string]string{"real": "A"})
	link(t, outside, filepath.Join(dir, "evil"))
	r := open(t, dir)
	var stop atomic.Bool
	done := make(chan int)
	go func() {
		swaps := 0
		name := filepath.Join(dir, "name")
		for ; !stop.Load(); swaps++ {
			from := "real"
			if swaps%2 == 0 {
				from = "evil"
			}
			tmp := filepath.Join(dir, "tmp")
			if from == "evil" {
				_ = os.Symlink(outside, tmp)
			} else {
				_ = os.WriteFile(tmp, []byte("A"), 0o644)
			}
			_ = os.Rename(tmp, name)
		}
		done <- swaps
	}()
	deadline := time.Now().Add(5 * time.Second)
	tries := 0
	for ; tries < 10_000 && time.Now().Before(deadline); tries++ {
		if got, _ := r.ReadFile("name", 1000); string(got) == canary {
			t.Error("the canary was read")
			break
		}
	}
	stop.Store(true)
	if swaps := <-done; swaps < 10 || tries < 100 {
		t.Errorf("only %d swaps over %d reads: the race was not tried", swaps, tries)
	}
}

func TestWalk(t *testing.T) {
	dir, _ := tree(t, map[string]string{
		"b/2": "", "b/1": "", "a": "", "b/c/d/deep": "", ".git/config": "", "x/node_modules/m": "", "z/skip/me": "",
	})
	r := open(t, dir)
	walk := func(o cage.WalkOptions) (names []string, err error) {
		err = r.Walk(t.Context(), o, func(name string, info fs.FileInfo) error {
			if name == "z" {
				return fs.SkipDir
			}
			if !info.IsDir() {
				names = append(names, name)
			}
			return nil
		})
		return names, err
	}
	tests := []struct {
		name string
		opts cage.WalkOptions
		kind errs.Kind
		want []string
	}{
		{"all", cage.WalkOptions{}, 0, []string{"a", "b/1", "b/2", "b/c/d/deep"}},
		{"depth", cage.WalkOptions{MaxDepth: 2}, 0, []string{"a", "b/1", "b/2"}},
		{"below", cage.WalkOptions{Dir: "b", MaxDepth: 1}, 0, []string{"b/1", "b/2"}},
		{"own rule", cage.WalkOptions{SkipDir: func(n string) bool { return n != "b" }}, 0, []string{"a", "b/1", "b/2"}},
		{"too many", cage.WalkOptions{MaxEntries: 3}, errs.TooLarge, nil},
		{"absent", cage.WalkOptions{Dir: "nope"}, errs.NotFound, nil},
		{"out", cage.WalkOptions{Dir: "../"}, errs.Forbidden, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := walk(tt.opts)
			if tt.kind != 0 {
				if !errs.Is(err, tt.kind) {
					t.Fatalf("got %v", err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := r.Walk(ctx, cage.WalkOptions{}, func(string, fs.FileInfo) error { return nil }); err == nil {
		t.Error("a cancelled walk succeeded")
	}
}

func TestGlob(t *testing.T) {
	dir, _ := tree(t, map[string]string{
		"catalog-info.yaml": "", "a/catalog-info.yaml": "", "a/b/catalog-info.yaml": "", "a/b/x.yml": "", "a/b/x.txt": "", ".git/catalog-info.yaml": "",
	})
	r := open(t, dir)
	tests := []struct {
		pattern string
		limit   int
		kind    errs.Kind
		want    []string
	}{
		{pattern: "**/catalog-info.yaml", want: []string{"a/b/catalog-info.yaml", "a/catalog-info.yaml", "catalog-info.yaml"}},
		{pattern: "*/catalog-info.yaml", want: []string{"a/catalog-info.yaml"}},
		{pattern: "a/*/*.{yaml,yml}", want: []string{"a/b/catalog-info.yaml", "a/b/x.yml"}},
		{pattern: "a/b/x.[ty]*", want: []string{"a/b/x.txt", "a/b/x.yml"}},
		{pattern: "**", limit: 2, kind: errs.TooLarge},
		{pattern: "nothing/*", kind: errs.NotFound},
		{pattern: "*/nothing"},
		{pattern: "../*", kind: errs.Forbidden},
		{pattern: "a/{b,../../}/*", kind: errs.Forbidden},
		{pattern: "/etc/*", kind: errs.Forbidden},
		{pattern: "a/[", kind: errs.Invalid},
	}
	for _, tt := range tests {
		t.Run(tt.pattern, func(t *testing.T) {
			if tt.limit == 0 {
				tt.limit = 100
			}
			got, err := r.Glob(t.Context(), tt.pattern, tt.limit)
			if tt.kind != 0 {
				if !errs.Is(err, tt.kind) {
					t.Fatalf("got %v, %v", got, err)
				}
				return
			}
			if diff := cmp.Diff(tt.want, got); err != nil || diff != "" {
				t.Error(err, diff)
			}
		})
	}
}

func FuzzCage(f *testing.F) {
	dir, outside := tree(f, map[string]string{"a.txt": "A", "sub/b.txt": "B"})
	link(f, outside, filepath.Join(dir, "absolute"))
	link(f, "..", filepath.Join(dir, "parent"))
	link(f, "parent", filepath.Join(dir, "sub", "chain"))
	r := open(f, dir)
	for _, s := range []string{"a.txt", "../outside.txt", "parent/outside.txt", "sub/chain/outside.txt", "absolute/", "/etc/passwd", "sub/../../outside.txt", "**", "{a,b}*", "parent/**"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, name string) {
		if data, err := r.ReadFile(name, 1<<20); err == nil && string(data) != "A" && string(data) != "B" {
			t.Fatalf("%q escaped and read %q", name, data)
		}
		if info, err := r.Stat(name); err == nil && info.Size() == int64(len(canary)) && info.Mode().IsRegular() {
			t.Fatalf("%q escaped", name)
		}
		names, err := r.Glob(t.Context(), name, 100)
		for _, n := range names {
			if err == nil && n != "a.txt" && n != "sub/b.txt" {
				t.Fatalf("pattern %q found %q", name, fmt.Sprint(names))
			}
		}
	})
}
