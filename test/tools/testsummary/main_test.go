package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// Each case is a package that the go command really tests: the format is its, not ours.
func TestRun(t *testing.T) {
	tests := []struct {
		name   string
		source string
		strict bool
		corpus bool
		ok     bool
		want   []string // parts of the output, in any order
		not    []string
	}{
		{
			name:   "leaves are counted",
			source: `func TestA(t *testing.T) { t.Run("x", func(t *testing.T) {}); t.Run("y", func(t *testing.T) { t.Log("quiet") }) }; func TestB(t *testing.T) {}`,
			ok:     true,
			want:   []string{"ok  \tprobe", "go: 3 passed, 0 failed, 0 skipped\n"},
			not:    []string{"quiet"},
		},
		{
			name:   "a failure shows its output",
			source: `func TestA(t *testing.T) { t.Run("x", func(t *testing.T) { t.Error("broken thing") }) }; func TestB(t *testing.T) {}`,
			want:   []string{"broken thing", "go: 1 passed, 1 failed, 0 skipped\n"},
		},
		{
			name:   "a parent's own failure counts",
			source: `func TestA(t *testing.T) { t.Run("x", func(t *testing.T) {}); t.Error("parent") }`,
			want:   []string{"parent", "go: 1 passed, 1 failed, 0 skipped\n"},
		},
		{
			name:   "a panic",
			source: `func TestA(t *testing.T) { panic("oh") }`,
			want:   []string{"panic: oh", "go: 0 passed, 1 failed, 0 skipped\n"},
		},
		{
			name:   "an exit in mid-test",
			source: `func TestA(t *testing.T) { os.Exit(3) }`,
			want:   []string{"go: 0 passed, 1 failed, 0 skipped\n"},
		},
		{
			name:   "no build",
			source: `func TestA(t *testing.T) { missing() }`,
			want:   []string{"undefined: missing", "go: 0 passed, 1 failed, 0 skipped\n"},
		},
		{
			name:   "no test",
			source: ``,
			want:   []string{"no test ran", "go: 0 passed, 0 failed, 0 skipped\n"},
		},
		{
			name:   "the permitted skip",
			source: `func TestA(t *testing.T) { t.Skip("corpora not there; set PORTICO_SHARED") }; func TestB(t *testing.T) {}`,
			strict: true,
			ok:     true,
			want:   []string{"skipped: 1 for this reason: corpora not there; set PORTICO_SHARED\n  probe.TestA\n", "go: 1 passed, 0 failed, 1 skipped\n"},
		},
		{
			name:   "another skip",
			source: `func TestA(t *testing.T) { t.Skip("no database here") }; func TestB(t *testing.T) {}`,
			strict: true,
			want:   []string{"SKIPPED without leave: 1 for this reason: no database here", "go: 1 passed, 0 failed, 1 skipped\n"},
		},
		{
			name:   "another skip by hand",
			source: `func TestA(t *testing.T) { t.SkipNow() }; func TestB(t *testing.T) {}`,
			ok:     true,
			want:   []string{"SKIPPED without leave: 1 for this reason: no reason given"},
		},
		{
			name:   "too few hostile inputs",
			source: `func TestA(t *testing.T) { for _, part := range []string{"paths", "addresses", "markup", "documents", "requests", "sign-ins"} { t.Logf("wall: S1 | %s: x | 300", part) } }`,
			corpus: true,
			want:   []string{"hostile inputs, repositories: 0, fewer than 60\n", "go: 1800 hostile inputs, of at least 1200\n"},
			not:    []string{"documents: "},
		},
		{
			name:   "enough hostile inputs",
			source: `func TestA(t *testing.T) { for _, part := range []string{"paths", "addresses", "markup", "documents", "requests", "sign-ins", "repositories"} { t.Logf("wall: S1 | %s: x | 300", part) } }`,
			corpus: true,
			ok:     true,
			want:   []string{"go: 2100 hostile inputs, of at least 1200\n"},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			write(t, filepath.Join(dir, "go.mod"), "module probe\n\ngo 1.26\n")
			write(t, filepath.Join(dir, "probe_test.go"), "package probe\n\nimport (\n\"os\"\n\"testing\"\n)\n\nvar _ = os.Exit\nvar _ testing.TB\n\n"+tt.source+"\n")
			cmd := exec.Command("go", "test", "-json", "-vet=off", "./...")
			cmd.Dir = dir
			events, err := cmd.Output() // its exit code says what the events say
			if err != nil && len(events) == 0 {
				t.Fatal(err)
			}

			var out strings.Builder
			ok, err := run(strings.NewReader(string(events)), &out, "go", tt.strict, tt.corpus)
			if err != nil {
				t.Fatal(err)
			}
			if ok != tt.ok {
				t.Errorf("ok = %v, want %v", ok, tt.ok)
			}
			for _, want := range tt.want {
				if !strings.Contains(out.String(), want) {
					t.Errorf("the output lacks %q", want)
				}
			}
			for _, not := range tt.not {
				if strings.Contains(out.String(), not) {
					t.Errorf("the output holds %q", not)
				}
			}
			if t.Failed() {
				t.Logf("output:\n%s", out.String())
			}
		})
	}
}

// What is not an event is passed on, and on its own is no success.
func TestRunPassesOn(t *testing.T) {
	var out strings.Builder
	ok, err := run(strings.NewReader("go: cannot find main module\n"), &out, "go", false, false)
	if ok || err != nil || !strings.HasPrefix(out.String(), "go: cannot find main module\n") {
		t.Errorf("ok %v, error %v, output %q", ok, err, out.String())
	}
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}
