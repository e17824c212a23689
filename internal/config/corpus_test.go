package config

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"portico/internal/testenv"
)

// TestRealFiles loads the configurations of real portals as their owners would: each repository's
// main file alone, every other file alone, and on top of the main one; with an empty environment
// and with every variable set.
func TestRealFiles(t *testing.T) {
	dir := testenv.Shared(t, "corpus", "appconfig")
	paths, err := filepath.Glob(filepath.Join(dir, "*.yaml"))
	if err != nil || len(paths) == 0 {
		t.Fatalf("no files in %s: %v", dir, err)
	}
	broken := brokenFiles(t)
	for _, path := range paths {
		t.Run(filepath.Base(path), func(t *testing.T) {
			if broken[filepath.Base(path)] {
				checkBroken(t, path)
				return
			}
			groups := [][]string{{path}}
			if main := mainFile(path, paths); main != "" && main != path && !broken[filepath.Base(main)] {
				groups = append(groups, []string{main, path})
			}
			for _, group := range groups {
				checkGood(t, group, nil)
				checkGood(t, group, dummies(t, group))
			}
		})
	}
}

func checkGood(t *testing.T, group, environ []string) {
	t.Helper()
	cfg, err := Load(Options{Files: group, Environ: environ})
	if err != nil {
		t.Errorf("with %d variables: %v", len(environ), err)
		return
	}
	for _, p := range cfg.Warnings {
		if !placed(p.Position) || p.Path == "" {
			t.Errorf("warning without a place: %s", p)
		}
	}
	for _, i := range cfg.Ignored {
		if !placed(i.Position) || i.Path == "" {
			t.Errorf("ignored key without a place: %+v", i)
		}
	}
	var yaml, js bytes.Buffer
	if err := errors.Join(cfg.Print(&yaml, YAML), cfg.Print(&js, JSON)); err != nil {
		t.Error(err)
	}
	if !json.Valid(js.Bytes()) {
		t.Error("the printed JSON is not JSON")
	}
	rep, budget := &report{}, maxValues
	if (&parser{rep, "printed.yaml", &budget}).parse(yaml.Bytes()) == nil {
		t.Errorf("the printed YAML is not YAML: %v", rep.err())
	}
}

// placed: some of the files take variables that count as overrides as well, and those have no line.
func placed(p Position) bool {
	return p.Line > 0 || strings.HasPrefix(p.File, "environment variable "+overridePrefix)
}

func checkBroken(t *testing.T, path string) {
	t.Helper()
	_, err := Load(Options{Files: []string{path}})
	var faults *Faults
	if !errors.As(err, &faults) {
		t.Fatalf("loads, though it is broken: %v", err)
	}
	for _, p := range faults.Items {
		if p.Position.File != path || p.Position.Line == 0 || p.Position.Column == 0 {
			t.Errorf("fault without a place: %s", p)
		}
	}
}

// brokenFiles are the ones that no YAML reader accepts, by the corpus's own table.
func brokenFiles(t *testing.T) map[string]bool {
	t.Helper()
	table, err := os.ReadFile(testenv.Shared(t, "corpus", "EDGE-CASES.tsv"))
	if err != nil {
		t.Fatal(err)
	}
	broken := map[string]bool{}
	for line := range strings.Lines(string(table)) {
		cells := strings.Split(strings.TrimSpace(line), "\t")
		if len(cells) >= 3 && cells[0] == "appconfig" && (strings.Contains(cells[2], "duplicate mapping key") || strings.Contains(cells[2], "not parsable")) {
			broken[cells[1]] = true
		}
	}
	return broken
}

var variant = regexp.MustCompile(`app-config[^/]*\.yaml$`)

// mainFile is the app-config.yaml in the folder of path; folders are part of the names here.
func mainFile(path string, all []string) string {
	main := variant.ReplaceAllString(path, "app-config.yaml")
	if slices.Contains(all, main) {
		return main
	}
	return ""
}

var (
	variable = regexp.MustCompile(`\$\{\s*([^{}:]+?)\s*(?::-[^{}]*)?\}`)
	keyed    = regexp.MustCompile(`^\s*(?:-\s+)?["']?([\w.-]+)["']?:\s*["']?(\$\{[^{}]*\})?`)
)

// dummies gives every variable of the files a value of the sort that its key wants.
func dummies(t *testing.T, group []string) []string {
	t.Helper()
	set := map[string]string{}
	for _, path := range group {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(string(text)) {
			key, first := "", ""
			if m := keyed.FindStringSubmatch(line); m != nil {
				key, first = strings.ToLower(m[1]), m[2]
			}
			for _, m := range variable.FindAllStringSubmatch(line, -1) {
				name, dummy := m[1], "dummy-value-of-"+strings.ToLower(m[1])
				switch {
				case key == "port" || key == "appid" || strings.HasSuffix(name, "PORT"):
					dummy = "5432"
				case m[0] == first && (strings.HasSuffix(key, "url") || strings.HasSuffix(name, "URL")):
					dummy = "https://dummy.example"
				case strings.Contains(name, "PROTOCOL") || strings.Contains(name, "SCHEME"):
					dummy = "https"
				case key == "enabled" || key == "readonly":
					dummy = "true"
				}
				if old, ok := set[name]; !ok || strings.HasPrefix(old, "dummy-value") {
					set[name] = dummy
				}
			}
		}
	}
	var environ []string
	for name, dummy := range set {
		environ = append(environ, name+"="+dummy)
	}
	return environ
}
