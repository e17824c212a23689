package house

import (
	"bytes"
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// A word is something that no file of the tree may say. The patterns are put together from pieces, so that this file
// keeps its own rule.
type word struct {
	what    string
	pattern *regexp.Regexp
	except  *regexp.Regexp // what the pattern finds and may stay; nil: nothing
	sources bool           // only files that people program in
	why     string
}

func anyOf(parts ...string) string { return "(?:" + strings.Join(parts, "|") + ")" }

var words = []word{
	{
		what:    "a path of one machine",
		pattern: regexp.MustCompile(`(?:^|[^\w.\-/~])` + anyOf("/wo"+"rk/", "/ro"+"ot/", "/home/"+`[a-z]+`, "/Us"+"ers/"+`[a-z]+`)),
		except:  regexp.MustCompile(`/linuxbrew$`), // Homebrew's folder is the same on every Linux
		why:     "it is somewhere else on the next machine",
	},
	{
		what: "the host of a package registry",
		pattern: regexp.MustCompile(anyOf(
			`registry\.npmjs`+`\.org`, `registry\.yarnpkg`+`\.com`, `proxy\.golang`+`\.org`, `sum\.golang`+`\.org`, `\bpypi`+`\.org`,
			`files\.pythonhosted`+`\.org`, `\bcrates`+`\.io`, `repo1?\.maven`+`\.(?:apache\.)?org`, `deb\.debian`+`\.org`, `security\.debian`+`\.org`,
		)),
		why: "packages are named, and each machine knows where it gets them",
	},
	{
		what:    "unfinished work",
		pattern: regexp.MustCompile(`\b` + anyOf("TO"+"DO", "FIX"+"ME", "X"+"XX", "HA"+"CK") + `\b`),
		sources: true,
		why:     "finish it, or write down why it is right as it is",
	},
	{
		what:    "the number of an issue",
		pattern: regexp.MustCompile(`(?i)\bissue` + `s? (?:no\. ?|number )?#?\d+\b`),
		why:     "say what it was about: numbers mean nothing in another place",
	},
	{
		what:    "begging",
		pattern: regexp.MustCompile(`(?i)\bplea` + `se\b`),
		sources: true,
		why:     "say what to do, plainly",
	},
}

var sourceTypes = []string{".go", ".ts", ".tsx", ".js", ".mjs", ".css", ".sql", ".sh"}

// inSources reports whether people program in the file, as opposed to data that tests or samples hold.
func inSources(p string) bool {
	if strings.Contains("/"+p, "/testdata/") || belowAny(p, "examples", "templates", "docs") {
		return false
	}
	return slices.Contains(sourceTypes, path.Ext(p)) || path.Base(p) == "Makefile" || p == ".ci/run"
}

func spoken(files []textFile) (faults []string) {
	for _, f := range files {
		for _, w := range words {
			if w.sources && !inSources(f.path) || !w.pattern.Match(f.text) {
				continue
			}
			for i, line := range bytes.Split(f.text, []byte("\n")) {
				if found := w.pattern.Find(line); found != nil && (w.except == nil || !w.except.Match(found)) {
					faults = append(faults, fmt.Sprintf("%s:%d: %s (%q): %s", f.path, i+1, w.what, strings.TrimSpace(string(found)), w.why))
				}
			}
		}
	}
	return faults
}

func TestWords(t *testing.T) { report(t, spoken(texts(t))) }

func TestWordsBite(t *testing.T) {
	tests := []struct{ name, path, text, want string }{
		{"nothing", "internal/pg/x.go", "package pg // fine\n", ""},
		{"a machine's path", "docs/x.md", "see /wo" + "rk/shared\n", "docs/x.md:1: a path of one machine"},
		{"everyone's home", "internal/pg/x.go", `"/ho` + `me/linuxbrew/opt"`, ""},
		{"a home", "web/src/x.ts", "const a = 1\nconst p = '/ho" + "me/ann/x'\n", "x.ts:2: a path of one machine"},
		{"part of another path", "docs/x.md", "the folder ./wo" + "rk/x and http://x/wo" + "rk/\n", ""},
		{"a registry", "web/package-lock.json", `"resolved": "https://registry.npmjs` + `.org/x"`, "the host of a package registry"},
		{"unfinished", "internal/pg/x.go", "// TO" + "DO: later\n", "unfinished work"},
		{"unfinished in a sample", "examples/x.md", "TO" + "DO\n", ""},
		{"unfinished in test data", "internal/x/testdata/a.go", "// TO" + "DO\n", ""},
		{"an issue", "docs/x.md", "as in issue" + " #12\n", "the number of an issue"},
		{"begging", "internal/pg/x.go", "// Plea" + "se try again\n", "begging"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) { expect(t, spoken([]textFile{{tt.path, []byte(tt.text)}}), tt.want) })
	}
}

// Past softLines a file asks to be looked at, past hardLines it is refused. Generated files are as long as they are.
const softLines, hardLines = 600, 800

var generated = regexp.MustCompile(`(?m)^(?://|--|/\*|#) Code generated .* DO NOT EDIT`)

func long(files []textFile, limit int) (list []string) {
	for _, f := range files {
		if !inSources(f.path) || below(f.path, "web/src/gen") || generated.Match(f.text) || path.Base(f.path) == "schema.sql" {
			continue
		}
		if n := bytes.Count(f.text, []byte("\n")); n > limit {
			list = append(list, fmt.Sprintf("%s has %d lines: cut it by subject", f.path, n))
		}
	}
	return list
}

func TestFileLength(t *testing.T) {
	files := texts(t)
	report(t, long(files, hardLines))
	for _, line := range long(files, softLines) {
		t.Log(line)
	}
}

func TestFileLengthBites(t *testing.T) {
	lines := strings.Repeat("\n", hardLines+1)
	tests := []struct{ name, path, text, want string }{
		{"short", "internal/pg/x.go", lines[1:], ""},
		{"long", "internal/pg/x.go", lines, "has 801 lines"},
		{"long page", "web/src/app/x.tsx", lines, "has 801 lines"},
		{"generated", "internal/pg/x.go", "// Code generated by x. DO NOT EDIT.\n" + lines, ""},
		{"generated types", "web/src/gen/x.ts", lines, ""},
		{"data", "examples/x.yaml", lines, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) { expect(t, long([]textFile{{tt.path, []byte(tt.text)}}, hardLines), tt.want) })
	}
}
