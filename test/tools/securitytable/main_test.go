package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"portico/internal/testenv"
)

func TestRun(t *testing.T) {
	const figure = `{"Action":"output","Package":"p","Test":"TestS5","Output":"    x_test.go:1: wall: S5 | cells | 12\n"}` + "\n"
	all := figure
	for _, part := range []string{"paths", "addresses", "markup", "documents", "requests", "sign-ins", "repositories"} {
		all += `{"Action":"output","Package":"p","Test":"T","Output":"wall: S1 | ` + part + `: x | 300\n"}` + "\n"
	}
	for _, g := range goals {
		all += `{"Action":"output","Package":"p","Test":"T","Output":"wall: ` + g.id + ` | paths: y | 1\n"}` + "\n"
		for _, name := range g.tests {
			all += `{"Action":"pass","Package":"p","Test":"` + name + `"}` + "\n"
		}
	}
	tests := []struct {
		name, in string
		ok       bool
		says     string
	}{
		{"all ran", all, true, "cells: 12"},
		{"figures add up", all + figure, true, "cells: 24"},
		{"what is owed is told", all + `{"Action":"output","Package":"p","Test":"T","Output":"pending: S21 | TestAdv_X | docs: y\n"}` + "\n", true, "pending: TestAdv_X (docs: y)"},
		{"hostile inputs add up", all, true, "in all: 2101, of at least 1200"},
		{"too few hostile inputs", strings.Replace(all, "documents: x | 300", "documents: x | 3", 1), false, "TOO FEW hostile inputs, documents: 3, fewer than 100"},
		{"a test that did not run", figure, false, "TestBadFlows DID NOT RUN"},
		{"a goal without a figure", figure, false, "NO FIGURE"},
		{"a test that failed", all + `{"Action":"output","Package":"p","Test":"TestX","Output":"oh\n"}` + "\n" + `{"Action":"fail","Package":"p","Test":"TestX"}` + "\n", false, "FAILED p TestX\noh"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var out strings.Builder
			ok, err := run(strings.NewReader(tt.in), &out)
			if err != nil || ok != tt.ok || !strings.Contains(out.String(), tt.says) {
				t.Errorf("%v %v %s", ok, err, out.String())
			}
		})
	}
	if _, err := run(strings.NewReader("no JSON"), new(strings.Builder)); err == nil {
		t.Error("what is no JSON is taken")
	}
}

// A test that is called otherwise now would be missed in the table alone, which nobody looks at every day.
func TestGoalsNameTests(t *testing.T) {
	root := testenv.Repo(t)
	var all strings.Builder
	for _, dir := range []string{"cmd", "internal", "test"} {
		err := filepath.WalkDir(filepath.Join(root, dir), func(path string, d os.DirEntry, err error) error {
			if err != nil || d.IsDir() || !strings.HasSuffix(path, "_test.go") {
				return err
			}
			text, err := os.ReadFile(path)
			all.Write(text)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, g := range goals {
		for _, name := range g.tests {
			if !strings.Contains(all.String(), "\nfunc "+name+"(t *testing.T) {") {
				t.Errorf("%s has the test %s, which there is not", g.id, name)
			}
		}
	}
}
