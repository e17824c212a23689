package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const goodEntity = "apiVersion: backstage.io/v1alpha1\nkind: Component\nmetadata: {name: billing}\nspec: {type: service, lifecycle: production, owner: payments}\n"

// tree writes files into a new folder and makes it the working folder.
func tree(t *testing.T, files map[string]string) {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	t.Chdir(dir)
}

func TestValidateFiles(t *testing.T) {
	api := strings.Replace(goodEntity, "Component", "API", 1)
	api = strings.Replace(api, "owner: payments}", "owner: payments, definition: {$text: ", 1)
	tests := []struct {
		name  string
		files map[string]string
		args  []string
		stdin string
		fails bool
		want  string
	}{
		{"a good file", map[string]string{"a.yaml": goodEntity}, []string{"a.yaml"}, "", false, "1 entity in 1 file: no problems\n"},
		{"errors", map[string]string{"a.yaml": strings.Replace(goodEntity, ", owner: payments", "", 1)}, []string{"a.yaml"}, "", true,
			"a.yaml:4:1: error: spec.owner: owner is missing: it says which team or person answers for it\n    add below spec: owner: group:default/payments\n1 entity in 1 file: 1 error\n"},
		{"warnings do not fail", map[string]string{"a.yaml": strings.Replace(goodEntity, "owner:", "dependson: [x], owner:", 1)}, []string{"a.yaml"}, "", false,
			"a.yaml:4:46: warning: spec.dependson: a Component has no field dependson: it is kept, and makes no relation\n    did you mean dependsOn?\n1 entity in 1 file: 0 errors, 1 warning\n"},
		{"standard input", nil, []string{"-"}, goodEntity + "---\n---\na: [\n", true,
			"-:8:1: error: a value is missing here, or a [ or { above is not closed\n    close the bracket; write an empty list as [] and an empty map as {}\n2 entities in 1 file: 1 error\n"},
		{"a folder", map[string]string{
			"catalog-info.yaml": goodEntity, "deploy/pod.yaml": "apiVersion: v1\nkind: Pod\n", "more/team.yml": strings.Replace(goodEntity, "name: billing", "name: ledger", 1),
			"node_modules/x/catalog-info.yaml": "a: [", "tpl/skeleton/catalog-info.yaml": "a: [", "tpl/content/catalog-info.yaml": "name: ${{ values.name }}\n", "README.md": "apiVersion: backstage.io/",
			"svc/.catalog-info.yaml": "kind: Component\n",
		}, []string{"."}, "", true,
			"svc/.catalog-info.yaml:1:1: error: apiVersion: apiVersion is missing: it says by which rules the entity is read\n    add a line at the top: apiVersion: backstage.io/v1alpha1\n" +
				"svc/.catalog-info.yaml:1:1: error: metadata: metadata is missing: it holds the name\n    add: metadata, and indented below it: name: my-service\n3 entities in 3 files: 2 errors\n"},
		{"placeholders of the repository are read", map[string]string{".git/HEAD": "", "svc/a.yaml": api + "../specs/openapi.yaml}}\n", "specs/openapi.yaml": "openapi: 3.0.0\n"}, []string{"svc/a.yaml"}, "", false,
			"1 entity in 1 file: no problems\n"},
		{"the top of the repository", map[string]string{".git/HEAD": "", "svc/a.yaml": api + "/specs/openapi.yaml}}\n", "specs/openapi.yaml": "openapi: 3.0.0\n"}, []string{"svc/a.yaml"}, "", false,
			"1 entity in 1 file: no problems\n"},
		{"a missing file", map[string]string{"a.yaml": api + "./none.yaml}}\n"}, []string{"a.yaml"}, "", true,
			"a.yaml:4:75: error: spec.definition: $text \"./none.yaml\" could not be read: "},
		{"a path that leaves the repository is not followed", map[string]string{"r/.git/HEAD": "", "r/a.yaml": api + "../secret}}\n", "secret": "x"}, []string{"r/a.yaml"}, "", true,
			"r/a.yaml:4:75: error: spec.definition: $text \"../secret\" could not be read: "},
		{"a file by its address", map[string]string{"a.yaml": api + "file:///etc/hostname}}\n"}, []string{"a.yaml"}, "", true,
			"a.yaml:4:75: error: spec.definition: $text \"file:///etc/hostname\" could not be read: "},
		{"no path at all", map[string]string{"a.yaml": api + "[x]}}\n"}, []string{"a.yaml"}, "", true,
			"a.yaml:4:75: error: spec.definition: $text needs the path or the URL of a file\n"},
		{"addresses are not fetched", map[string]string{"a.yaml": api + "https://example.com/x.yaml}}\n"}, []string{"a.yaml"}, "", false, "1 entity in 1 file: no problems\n"},
		{"a placeholder that does not parse", map[string]string{"a.yaml": strings.Replace(api, "$text", "$json", 1) + "./b.json}}\n", "b.json": "{"}, []string{"a.yaml"}, "", true,
			"a.yaml:4:75: error: spec.definition: ./b.json is not JSON: unexpected EOF\n"},
		{"declared twice", map[string]string{"a.yaml": goodEntity, "b.yaml": goodEntity}, []string{"a.yaml", "b.yaml", "a.yaml"}, "", false,
			"b.yaml:1:1: warning: metadata.name: component:default/billing is declared here and at a.yaml:1; a catalog keeps the one it reads first\n    give one of the two another name, or a namespace of its own\n2 entities in 2 files: 0 errors, 1 warning\n"},
		{"declared twice in one file", map[string]string{"a.yaml": goodEntity, "b.yaml": goodEntity + "---\n" + goodEntity}, []string{"a.yaml", "b.yaml"}, "", true,
			"b.yaml:1:1: warning: metadata.name: component:default/billing is declared here and at a.yaml:1; a catalog keeps the one it reads first\n    give one of the two another name, or a namespace of its own\n" +
				"b.yaml:8:18: error: metadata.name: component:default/billing is declared twice in this file, first in line 1\n    remove one of them or give it another name\n3 entities in 2 files: 1 error, 1 warning\n"},
		{"nothing steers the terminal", map[string]string{"a.yaml": strings.Replace(goodEntity, "billing", `"\e[2Jx"`, 1)}, []string{"a.yaml"}, "", true, "a.yaml:3:18: error: metadata.name: name \"\\x1b[2Jx\" may hold"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			tree(t, tt.files)
			var out bytes.Buffer
			err := validateFiles(&out, strings.NewReader(tt.stdin), tt.args, false)
			var code exitCode
			if failed := errors.As(err, &code) && code == exitError; failed != tt.fails || err != nil && !failed {
				t.Errorf("error %v, want failure %v", err, tt.fails)
			}
			got := filepath.ToSlash(out.String())
			if !strings.HasPrefix(got, tt.want) || strings.Contains(tt.want, " file") && strings.Contains(tt.want, " in ") && got != tt.want {
				t.Errorf("(-want +got)\n%s", cmp.Diff(tt.want, got))
			}
		})
	}
}

func TestValidateJSON(t *testing.T) {
	tree(t, map[string]string{"a.yaml": goodEntity + "---\n---\nkind: <b>\n---\na: [\n"})
	var out bytes.Buffer
	if err := validateFiles(&out, nil, []string{"a.yaml"}, true); err != exitCode(exitError) {
		t.Errorf("error %v", err)
	}
	want := []string{"a.yaml 0 Component:billing valid 0", "a.yaml 1 - empty 0", "a.yaml 2 <b>:? invalid 3", "a.yaml 3 - unreadable 1"}
	var got []string
	for _, line := range strings.Split(strings.TrimSpace(out.String()), "\n") {
		var keys map[string]json.RawMessage
		var r struct {
			File, Ref, Verdict string
			Document           int
			Errors             []struct{ Line, Column int }
		}
		if err := errors.Join(json.Unmarshal([]byte(line), &keys), json.Unmarshal([]byte(line), &r)); err != nil {
			t.Fatal(err)
		}
		if string(keys["errors"]) == "null" || keys["errors"] == nil {
			t.Errorf("errors is not a list in %s", line)
		}
		got = append(got, fmt.Sprintf("%s %d %s %s %d", r.File, r.Document, r.Ref, r.Verdict, len(r.Errors)))
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("(-want +got)\n%s", d)
	}
}

func TestValidateUsage(t *testing.T) {
	tree(t, map[string]string{"empty/x.txt": ""})
	for name, args := range map[string][]string{"a file that is not there": {"nope.yaml"}} {
		if err := validateFiles(new(bytes.Buffer), nil, args, false); !errors.As(err, new(usageError)) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := validateFiles(new(bytes.Buffer), nil, []string{"empty"}, false); err == nil || errors.As(err, new(exitCode)) {
		t.Errorf("a folder without descriptors: %v", err)
	}
	cmd := newCatalogCommand()
	cmd.SetArgs([]string{"validate"})
	cmd.SilenceErrors, cmd.SilenceUsage = true, true
	if err := cmd.Execute(); !errors.As(err, new(usageError)) {
		t.Errorf("no arguments: %v", err)
	}
}
