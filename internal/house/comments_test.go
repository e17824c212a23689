package house

import (
	"fmt"
	"strings"
	"testing"
)

// Every package says what it owns.
func comments(files []*goFile) (faults []string) {
	said := map[string]string{}   // folder → package comment
	name := map[string]string{}   // folder → package name
	isTest := map[string]bool{}   // folder → has nothing but test files
	first := map[string]*goFile{} // folder → a file to name
	for _, f := range files {
		if first[f.dir] == nil {
			first[f.dir], isTest[f.dir] = f, true
		}
		if f.test {
			continue
		}
		isTest[f.dir], name[f.dir] = false, f.ast.Name.Name
		if f.ast.Doc != nil {
			said[f.dir] += f.ast.Doc.Text()
		}
	}
	for dir := range first {
		if isTest[dir] {
			continue
		}
		want := "Package " + name[dir] + " "
		if name[dir] == "main" {
			want = "Command "
		}
		if !strings.HasPrefix(said[dir], want) {
			faults = append(faults, fmt.Sprintf("%s needs one package comment, and it begins %q: say what the package owns and what it leaves to others", dir, want))
		}
	}
	return faults
}

func TestPackageComments(t *testing.T) { report(t, comments(goFiles(t))) }

func TestPackageCommentsBite(t *testing.T) {
	tests := []struct {
		name, path, text, want string
	}{
		{"said", "internal/pg/doc.go", "// Package pg holds the pool.\npackage pg\n", ""},
		{"unsaid", "internal/pg/pool.go", "package pg\n", `begins "Package pg "`},
		{"set apart", "internal/pg/pool.go", "// Package pg holds the pool.\n\npackage pg\n", `begins "Package pg "`},
		{"another name", "internal/pg/pool.go", "// Package db holds the pool.\npackage pg\n", `begins "Package pg "`},
		{"a command", "cmd/portico/main.go", "// Command portico is the portal.\npackage main\n", ""},
		{"a mute command", "cmd/portico/main.go", "package main\n", `begins "Command "`},
		{"tests alone", "test/fault/x_test.go", "package fault\n", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) { expect(t, comments(source(t, tt.path, tt.text)), tt.want) })
	}
}
