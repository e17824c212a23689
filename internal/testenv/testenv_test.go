package testenv

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// recorder stands in for the test that calls a helper, so that its refusals can be looked at. It embeds the real one for
// everything else, and ends its goroutine as a real refusal does.
type recorder struct {
	testing.TB
	said    string
	skipped bool
	failed  bool
}

func (r *recorder) Helper() {}

func (r *recorder) Errorf(format string, args ...any) {
	r.failed, r.said = true, fmt.Sprintf(format, args...)
}

func (r *recorder) Fatalf(format string, args ...any) {
	r.Errorf(format, args...)
	runtime.Goexit()
}

func (r *recorder) Skipf(format string, args ...any) {
	r.skipped, r.said = true, fmt.Sprintf(format, args...)
	runtime.Goexit()
}

func record(t *testing.T, f func(testing.TB)) *recorder {
	t.Helper()
	r := &recorder{TB: t}
	done := make(chan struct{})
	go func() {
		defer close(done)
		f(r)
	}()
	<-done
	return r
}

func TestRepo(t *testing.T) {
	root := Repo(t)
	if _, err := os.Stat(filepath.Join(root, "internal", "testenv", "testenv.go")); err != nil {
		t.Errorf("Repo() = %s, which does not hold this package", root)
	}
	t.Chdir(t.TempDir())
	if r := record(t, func(tb testing.TB) { Repo(tb) }); !r.failed || !strings.Contains(r.said, "no go.mod of Portico") {
		t.Errorf("outside the repository: failed %v, said %q", r.failed, r.said)
	}
}

func TestShared(t *testing.T) {
	outside := t.TempDir()
	if err := os.Mkdir(filepath.Join(outside, "corpus"), 0o755); err != nil {
		t.Fatal(err)
	}
	// A repository of its own, with nothing beside it.
	lonely := filepath.Join(t.TempDir(), "repo")
	if err := os.Mkdir(lonely, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(lonely, "go.mod"), []byte("module portico\n"), 0o644); err != nil {
		t.Fatal(err)
	}

	tests := []struct {
		name, env string
		elem      []string
		skip      bool
		fail      bool
		want      string // path, or part of what is said
	}{
		{name: "the folder", env: outside, want: outside},
		{name: "an entry", env: outside, elem: []string{"corpus"}, want: filepath.Join(outside, "corpus")},
		{name: "a missing entry", env: outside, elem: []string{"no", "such"}, fail: true, want: "lack " + filepath.Join("no", "such")},
		{name: "a wrong folder", env: filepath.Join(outside, "gone"), fail: true, want: "PORTICO_SHARED names"},
		{name: "no folder", skip: true, want: "set PORTICO_SHARED"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Chdir(lonely)
			t.Setenv("PORTICO_SHARED", tt.env)
			var got string
			r := record(t, func(tb testing.TB) { got = Shared(tb, tt.elem...) })
			if r.skipped != tt.skip || r.failed != tt.fail {
				t.Fatalf("skipped %v, failed %v, said %q", r.skipped, r.failed, r.said)
			}
			if tt.skip || tt.fail {
				got = r.said
			}
			if !strings.Contains(got, tt.want) {
				t.Errorf("got %q, want %q in it", got, tt.want)
			}
		})
	}
}

func TestGolden(t *testing.T) {
	t.Chdir(t.TempDir())
	setUpdate := func(v bool) {
		was := *update
		*update = v
		t.Cleanup(func() { *update = was })
	}

	setUpdate(false)
	if r := record(t, func(tb testing.TB) { Golden(tb, "a/b.txt", "one\n") }); !r.failed || !strings.Contains(r.said, "-update") {
		t.Errorf("without a file: failed %v, said %q", r.failed, r.said)
	}
	setUpdate(true)
	Golden(t, "a/b.txt", "one\n")
	setUpdate(false)
	Golden(t, "a/b.txt", []byte("one\n"))
	r := record(t, func(tb testing.TB) { Golden(tb, "a/b.txt", "two\n") })
	if !r.failed || !strings.Contains(r.said, "one") || !strings.Contains(r.said, "two") {
		t.Errorf("with another text: failed %v, said %q", r.failed, r.said)
	}
}
