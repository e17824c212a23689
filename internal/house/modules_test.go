package house

import (
	"bytes"
	"encoding/json"
	"fmt"
	"go/ast"
	"go/token"
	"go/version"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"testing"
)

// goMod is what these rules need of a go.mod.
type goMod struct {
	toolchain string            // the newer of the go and toolchain lines, as go1.26.8
	require   map[string]string // module → version
	replace   []string
}

func parseGoMod(text string) goMod {
	m := goMod{require: map[string]string{}}
	block := ""
	for line := range strings.Lines(text) {
		line, _, _ = strings.Cut(line, "//")
		fields := strings.Fields(line)
		switch {
		case len(fields) == 0:
			continue
		case fields[0] == ")":
			block = ""
			continue
		case len(fields) == 2 && fields[1] == "(":
			block = fields[0]
			continue
		case block != "":
			fields = append([]string{block}, fields...)
		}
		switch {
		case fields[0] == "go" && len(fields) == 2:
			if v := "go" + fields[1]; version.Compare(v, m.toolchain) > 0 {
				m.toolchain = v
			}
		case fields[0] == "toolchain" && len(fields) == 2:
			if version.Compare(fields[1], m.toolchain) > 0 {
				m.toolchain = fields[1]
			}
		case fields[0] == "require" && len(fields) == 3:
			m.require[fields[1]] = fields[2]
		case fields[0] == "replace":
			m.replace = append(m.replace, strings.Join(fields[1:], " "))
		}
	}
	return m
}

func readGoMod(t *testing.T) goMod {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, "go.mod"))
	if err != nil {
		t.Fatal(err)
	}
	m := parseGoMod(string(text))
	if len(m.require) == 0 {
		t.Fatal("no requirement found in go.mod: the parser is wrong")
	}
	return m
}

// A floor is the first version of a module without an advisory that would matter to us.
type floor struct {
	module string // and its later major versions
	least  string
	why    string
}

const goFloor = "go1.26.6" // escapes of os.Root, scripts through html/template, header time-outs, sparse tar files

var floors = []floor{
	{"github.com/yuin/goldmark", "1.7.17", "GO-2026-5320"},
	{"github.com/jackc/pgx", "5.9.2", "advisories on the wire protocol"},
	{"github.com/go-git/go-git", "5.19.2", "advisories on paths and URLs; better, run git in its cage"},
	{"github.com/go-git/go-billy", "5.9.0", "advisories on paths; better, use internal/cage"},
	{"github.com/go-chi/chi", "5.3.0", "GO-2026-5777; better, internal/httpx"},
	{"github.com/go-jose/go-jose", "4.1.4", "advisories on tokens"},
	{"github.com/microcosm-cc/bluemonday", "1.0.16", "advisories on the sanitiser"},
	{"helm.sh/helm/v4", "4.1.4", "advisories on charts"},
	{"helm.sh/helm/v3", "3.20.2", "advisories on charts"},
}

// forbidden modules have an advisory that no version fixes.
var forbidden = map[string]string{
	"github.com/gorilla/csrf": "GO-2025-3884 has no fix; use http.CrossOriginProtection and the rule for header-less requests",
}

func tooOld(m goMod, running string) (faults []string) {
	if version.Compare(m.toolchain, goFloor) < 0 {
		faults = append(faults, fmt.Sprintf("go.mod builds with %s; the floor is %s: name it, or a later one, in its toolchain line", m.toolchain, goFloor))
	}
	// A development build of Go has no version to compare.
	if version.IsValid(running) && version.Compare(running, goFloor) < 0 {
		faults = append(faults, fmt.Sprintf("this is %s; the floor is %s: install a newer Go", running, goFloor))
	}
	for mod, got := range m.require {
		if why, ok := forbidden[mod]; ok {
			faults = append(faults, fmt.Sprintf("go.mod has %s: %s", mod, why))
		}
		for _, f := range floors {
			if below(mod, f.module) && older(got, f.least) {
				faults = append(faults, fmt.Sprintf("go.mod has %s %s; the floor is %s: %s", mod, got, f.least, f.why))
			}
		}
	}
	return faults
}

var numbers = regexp.MustCompile(`^v?(\d+)\.(\d+)\.(\d+)(-)?`)

// older compares semantic versions; a pre-release or a pseudo-version is older than the release that it leads to.
func older(got, least string) bool {
	g, l := numbers.FindStringSubmatch(got), numbers.FindStringSubmatch(least)
	if g == nil || l == nil {
		return true
	}
	for i := 1; i <= 3; i++ {
		a, _ := strconv.Atoi(g[i])
		b, _ := strconv.Atoi(l[i])
		if a != b {
			return a < b
		}
	}
	return g[4] != ""
}

// TestVersionFloors holds whether or not the vulnerability database can be reached; scripts/vulncheck.sh calls it by name.
func TestVersionFloors(t *testing.T) { report(t, tooOld(readGoMod(t), runtime.Version())) }

func TestVersionFloorsBite(t *testing.T) {
	tests := []struct{ name, mod, running, want string }{
		{"new enough", "go 1.26.0\ntoolchain go1.26.8\nrequire github.com/jackc/pgx/v5 v5.12.0\n", "go1.26.8", ""},
		{"a later Go", "go 1.27.0\n", "go1.27rc1", ""},
		{"an old toolchain line", "go 1.26.0\ntoolchain go1.26.5\n", "go1.26.8", "go.mod builds with go1.26.5"},
		{"an old Go", "go 1.26.6\n", "go1.26.3", "this is go1.26.3"},
		{"a Go being made", "go 1.26.6\n", "devel go1.28-abc", ""},
		{"an old driver", "go 1.26.6\nrequire (\n\tgithub.com/jackc/pgx/v5 v5.9.1 // indirect\n)\n", "go1.26.6", "the floor is 5.9.2"},
		{"a pre-release of the floor", "go 1.26.6\nrequire github.com/go-jose/go-jose/v4 v4.1.4-rc1\n", "go1.26.6", "the floor is 4.1.4"},
		{"without a fix", "go 1.26.6\nrequire github.com/gorilla/csrf v9.9.9\n", "go1.26.6", "no fix"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) { expect(t, tooOld(parseGoMod(tt.mod), tt.running), tt.want) })
	}
}

const mostModules = 60

func TestModules(t *testing.T) {
	m := readGoMod(t)
	if n := len(m.require); n > mostModules {
		t.Errorf("go.mod needs %d modules, more than %d: each is somebody else's code that we ship", n, mostModules)
	}
	for _, r := range m.replace {
		t.Errorf("go.mod replaces %s: users of go install would build something else", r)
	}
}

// argued returns a fault for each module that our code imports without a word in the decisions. A module is argued under
// its path without the host (jackc/pgx/v5, x/sync) or a leading part of that.
func argued(files []*goFile, m goMod, decisions string) (faults []string) {
	first := map[string]string{} // module → where it is imported
	for _, f := range files {
		for _, imp := range f.imports() {
			mod := ""
			for candidate := range m.require {
				if below(imp.path, candidate) && len(candidate) > len(mod) {
					mod = candidate
				}
			}
			if mod != "" && first[mod] == "" {
				first[mod] = f.at(imp.pos)
			}
		}
	}
	for mod, where := range first {
		_, name, _ := strings.Cut(mod, "/")
		if !mentioned(decisions, name) {
			faults = append(faults, fmt.Sprintf("%s imports %s, which no decision in docs/adr argues for: add a line to its table of dependencies", where, mod))
		}
	}
	return faults
}

func mentioned(text, name string) bool {
	for name != "" {
		if regexp.MustCompile(`(?m)(^|[^\w/-]|/)` + regexp.QuoteMeta(name) + `($|[^\w/-])`).MatchString(text) {
			return true
		}
		i := strings.LastIndexByte(name, '/')
		if i < 0 || !strings.Contains(name[:i], "/") {
			return false // one element alone says too little
		}
		name = name[:i]
	}
	return false
}

func TestDependenciesAreArgued(t *testing.T) {
	var decisions bytes.Buffer
	for _, f := range texts(t) {
		if below(f.path, "docs/adr") {
			decisions.Write(f.text)
			decisions.WriteByte('\n')
		}
	}
	report(t, argued(goFiles(t), readGoMod(t), decisions.String()))
}

func TestDependenciesAreArguedBites(t *testing.T) {
	m := parseGoMod("require (\n\texample.org/a/b v1.0.0\n\texample.org/a/b/c v1.0.0\n\texample.org/x/net v0.1.0\n)\n")
	tests := []struct{ name, imports, decisions, want string }{
		{"argued", "example.org/a/b", "| a/b | because |", ""},
		{"with its host", "example.org/a/b/sub", "example.org/a/b is needed", ""},
		{"under its family", "example.org/a/b/c", "| a/b | because |", ""},
		{"in a list", "example.org/x/net/html", "| example.org/x/sync, x/net | because |", ""},
		{"not argued", "example.org/a/b", "| a/other | because |", "imports example.org/a/b, which no decision"},
		{"a longer name", "example.org/a/b", "| a/bc | because |", "no decision"},
		{"not a dependency", "fmt", "", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			expect(t, argued(source(t, "internal/pg/x.go", "package x\n\nimport _ \""+tt.imports+"\"\n"), m, tt.decisions), tt.want)
		})
	}
}

// The private PostgreSQL names the npm package for people, scripts/postgres-or-npm.sh installs it: one version, written
// twice because the one is Go and the other a lock file.
func TestOneServerPackage(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(root, "scripts", "postgres", "package.json"))
	if err != nil {
		t.Fatal(err)
	}
	var manifest struct {
		OptionalDependencies map[string]string `json:"optionalDependencies"`
	}
	if err := json.Unmarshal(text, &manifest); err != nil {
		t.Fatal(err)
	}
	if len(manifest.OptionalDependencies) == 0 {
		t.Fatal("scripts/postgres/package.json names no server package")
	}
	// Read, not imported: a rule of the house must not fail because something else does not build.
	named := ""
	for _, f := range goFiles(t) {
		if f.dir != "internal/pg/private" {
			continue
		}
		ast.Inspect(f.ast, func(n ast.Node) bool {
			if spec, ok := n.(*ast.ValueSpec); ok && spec.Names[0].Name == "NPMVersion" && len(spec.Values) == 1 {
				if lit, ok := spec.Values[0].(*ast.BasicLit); ok {
					named, _ = strconv.Unquote(lit.Value)
				}
			}
			return true
		})
	}
	for name, got := range manifest.OptionalDependencies {
		if got != named {
			t.Errorf("scripts/postgres/package.json has %s %s; internal/pg/private says %s", name, got, named)
		}
	}
}

// The linker sets a variable by name and says nothing when there is none, so the Makefile and the command are held together.
func TestVersionVariable(t *testing.T) {
	makefile, err := os.ReadFile(filepath.Join(root, "Makefile"))
	if err != nil {
		t.Fatal(err)
	}
	found := regexp.MustCompile(`-X main\.(\w+)=`).FindSubmatch(makefile)
	if found == nil {
		t.Fatal("the Makefile sets no version with -X main.…")
	}
	name := string(found[1])
	for _, f := range goFiles(t) {
		if f.dir != "cmd/portico" || f.test {
			continue
		}
		for _, decl := range f.ast.Decls {
			vars, ok := decl.(*ast.GenDecl)
			if !ok || vars.Tok != token.VAR {
				continue
			}
			for _, spec := range vars.Specs {
				for _, id := range spec.(*ast.ValueSpec).Names {
					if id.Name == name {
						return
					}
				}
			}
		}
	}
	t.Errorf("the Makefile sets main.%s, and cmd/portico has no such variable: bin/portico would not know its version", name)
}
