package house

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
)

const module = "portico"

// textFile is a file of the tree that holds text; path is slash-separated and relative to the root.
type textFile struct {
	path string
	text []byte
}

// goFile is a parsed Go file, whatever its build constraints.
type goFile struct {
	path string // relative to the root
	dir  string // of the package; "." is the root
	test bool   // a _test.go file
	ast  *ast.File
	fset *token.FileSet
}

// at names a place in f for people.
func (f *goFile) at(pos token.Pos) string {
	return fmt.Sprintf("%s:%d", f.path, f.fset.Position(pos).Line)
}

// imported is one import of a file.
type imported struct {
	path string
	name string // what selectors use; the last element of the path unless renamed
	pos  token.Pos
}

func (f *goFile) imports() []imported {
	var list []imported
	for _, spec := range f.ast.Imports {
		p, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			continue // the parser refuses such a file
		}
		name := path.Base(p)
		if spec.Name != nil {
			name = spec.Name.Name
		}
		list = append(list, imported{p, name, spec.Pos()})
	}
	return list
}

// ships reports whether the file may be part of a binary: no test file, in no package for tests.
func (f *goFile) ships() bool { return !f.test && !forTests(f.dir) }

// forTests reports whether the package in dir exists for tests alone.
func forTests(dir string) bool {
	return dir == "internal/testenv" || dir == "internal/house" || dir == "test" || strings.HasPrefix(dir, "test/") ||
		strings.HasPrefix(dir, "internal/") && strings.HasSuffix(path.Base(dir), "test")
}

// below reports whether p is root or lies under it.
func below(p, root string) bool { return p == root || strings.HasPrefix(p, root+"/") }

func belowAny(p string, roots ...string) bool {
	return slices.ContainsFunc(roots, func(root string) bool { return below(p, root) })
}

var tree = sync.OnceValues(func() ([]textFile, error) {
	var files []textFile
	err := fs.WalkDir(os.DirFS(root), ".", func(p string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name := entry.Name()
		if entry.IsDir() {
			// Made by tools, or not ours.
			hidden := strings.HasPrefix(name, ".") && p != "." && name != ".ci" && name != ".github"
			if hidden || name == "node_modules" || p == "bin" || p == "site" || p == "web/dist" || p == "web/e2e/results" {
				return fs.SkipDir
			}
			return nil
		}
		if p == ".git" {
			return nil // of a worktree, it says where the repository is
		}
		if !entry.Type().IsRegular() || strings.HasSuffix(name, ".test") || strings.HasSuffix(name, ".prof") {
			return nil
		}
		text, err := os.ReadFile(filepath.Join(root, filepath.FromSlash(p)))
		if os.IsNotExist(err) {
			return nil // went while we looked: an editor's temporary file
		}
		if err != nil {
			return err
		}
		if !bytes.Contains(text[:min(len(text), 8000)], []byte{0}) {
			files = append(files, textFile{p, text})
		}
		return nil
	})
	return files, err
})

// root is the repository as seen from this package, which is where its tests run.
var root = filepath.Join("..", "..")

// texts returns every text file of the tree.
func texts(t *testing.T) []textFile {
	t.Helper()
	files, err := tree()
	if err != nil {
		t.Fatal(err)
	}
	if len(files) < 20 {
		t.Fatalf("only %d files found: the walk is wrong", len(files))
	}
	return files
}

var parsed = sync.OnceValues(func() ([]*goFile, error) {
	files, err := tree()
	if err != nil {
		return nil, err
	}
	var list []*goFile
	for _, f := range files {
		// What lies in testdata is data, as for the go command, and what templates are filled in from is nobody's code yet.
		if !strings.HasSuffix(f.path, ".go") || strings.Contains("/"+f.path, "/testdata/") || belowAny(f.path, "examples", "templates") {
			continue
		}
		parsed, err := parse(f.path, f.text)
		if err != nil {
			return nil, err
		}
		list = append(list, parsed)
	}
	return list, nil
})

func parse(p string, text []byte) (*goFile, error) {
	fset := token.NewFileSet()
	file, err := parser.ParseFile(fset, p, text, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		return nil, err
	}
	return &goFile{path: p, dir: path.Dir(p), test: strings.HasSuffix(p, "_test.go"), ast: file, fset: fset}, nil
}

// goFiles returns every Go file of the tree.
func goFiles(t *testing.T) []*goFile {
	t.Helper()
	texts(t)
	files, err := parsed()
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// source is one file made up for a test of a rule.
func source(t *testing.T, p, text string) []*goFile {
	t.Helper()
	f, err := parse(p, []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return []*goFile{f}
}

// report fails the test with one line a fault.
func report(t *testing.T, faults []string) {
	t.Helper()
	slices.Sort(faults)
	for _, fault := range slices.Compact(faults) {
		t.Error(fault)
	}
}

// expect compares faults found in made-up files with a part of the one that is wanted; "" wants none.
func expect(t *testing.T, faults []string, want string) {
	t.Helper()
	switch {
	case want == "" && len(faults) > 0:
		t.Errorf("faults %q, want none", faults)
	case want != "" && (len(faults) != 1 || !strings.Contains(faults[0], want)):
		t.Errorf("faults %q, want one with %q", faults, want)
	}
}
