package edit

import (
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"portico/internal/catalog/entity"
	"portico/internal/errs"
	"portico/internal/testenv"
)

const sample = `# The shop.
apiVersion: backstage.io/v1alpha1
kind: Component
metadata:
  name: shop   # as in the chart
  # what people read
  description: "Sells things"  # short

  tags:
  - go
  - web # the front
  annotations:
    # for the tab
    github.com/project-slug: acme/shop

spec:
  type: service
  lifecycle: production
  # who is called at night
  owner: team-a

---
apiVersion: backstage.io/v1alpha1
kind: API
metadata: {name: shop, description: x} # in braces
spec:
  type: openapi
  lifecycle: production
  owner: team-a
  definition: |
    openapi: 3.0.0
    # not a comment of ours
    info: {}
`

func TestSet(t *testing.T) {
	shop, api := "component:default/shop", "api:default/shop"
	tests := []struct {
		name, text, ref, path, value string
		want                         [][2]string // replacements that make the result of text
	}{
		{"a scalar keeps its comment", sample, shop, "spec.owner", `"group:default/team-b"`, [][2]string{{"  owner: team-a\n\n---", "  owner: group:default/team-b\n\n---"}}},
		{"a quoted one, too", sample, shop, "metadata.description", `"Sells: everything"`, [][2]string{{`"Sells things"  # short`, `'Sells: everything'  # short`}}},
		{"a text of lines", sample, shop, "metadata.description", `"one\ntwo"`, [][2]string{{`  description: "Sells things"  # short`, "  description: |-\n    one\n    two"}}},
		{"a new one has its place", sample, shop, "metadata.title", `"The shop"`, [][2]string{{"# as in the chart\n", "# as in the chart\n  title: The shop\n"}}},
		{"one that is last", sample, shop, "spec.system", `"retail"`, [][2]string{{"  owner: team-a\n\n---", "  owner: team-a\n  system: retail\n\n---"}}},
		{"an item keeps its comment", sample, shop, "metadata.tags", `["go","web","shop"]`, [][2]string{{"  - web # the front\n", "  - web # the front\n  - shop\n"}}},
		{"an item less", sample, shop, "metadata.tags", `["web"]`, [][2]string{{"  - go\n", ""}}},
		{"another order", sample, shop, "metadata.tags", `["web","go"]`, [][2]string{{"  tags:\n  - go\n  - web # the front\n", "  tags:\n    - web\n    - go\n"}}},
		{"no tags", sample, shop, "metadata.tags", `null`, [][2]string{{"  tags:\n  - go\n  - web # the front\n", ""}}},
		{"a key with dots", sample, shop, "metadata.annotations.backstage~io/techdocs-ref", `"dir:."`, [][2]string{{"slug: acme/shop\n", "slug: acme/shop\n    backstage.io/techdocs-ref: dir:.\n"}}},
		{"the last annotation goes with its map", sample, shop, "metadata.annotations.github~com/project-slug", `null`, [][2]string{{"  annotations:\n    # for the tab\n    github.com/project-slug: acme/shop\n", ""}}},
		{"a map that is not there", sample, shop, "metadata.labels.tier", `"1"`, [][2]string{{"slug: acme/shop\n", "slug: acme/shop\n  labels:\n    tier: \"1\"\n"}}},
		{"links", sample, shop, "metadata.links", `[{"url":"https://a.example.com","title":"A"}]`, [][2]string{{"slug: acme/shop\n", "slug: acme/shop\n  links:\n    - url: https://a.example.com\n      title: A\n"}}},
		{"what is so already", sample, shop, "spec.type", `"service"`, nil},
		{"what is gone already", sample, shop, "spec.system", `null`, nil},
		{"behind a text of lines", sample, api, "spec.system", `"retail"`, [][2]string{{"    info: {}\n", "    info: {}\n  system: retail\n"}}},
		{"in braces", sample, api, "metadata.description", `"y"`, [][2]string{{"metadata: {name: shop, description: x} # in braces", "metadata: {name: shop, description: y} # in braces"}}},
		{"an empty map", "apiVersion: a/v1\nkind: Component\nmetadata:\n  name: shop\nspec:\n", shop, "spec.owner", `"a"`, [][2]string{{"spec:\n", "spec:\n  owner: a\n"}}},
		{"no map", "apiVersion: a/v1\nkind: Component\nmetadata:\n  name: shop\n", shop, "spec.owner", `"a"`, [][2]string{{"shop\n", "shop\nspec:\n  owner: a\n"}}},
		{"no line end", "apiVersion: a/v1\nkind: Component\nmetadata:\n  name: shop", shop, "metadata.title", `"a"`, [][2]string{{"shop", "shop\n  title: a"}}},
		{"what looks like a number", sample, shop, "spec.system", `"007"`, [][2]string{{"  owner: team-a\n\n---", "  owner: team-a\n  system: \"007\"\n\n---"}}},
		{"Windows", strings.ReplaceAll(sample, "\n", "\r\n"), shop, "spec.owner", `"b"`, [][2]string{{"  owner: team-a\r\n\r\n---", "  owner: b\r\n\r\n---"}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			want := tt.text
			for _, r := range tt.want {
				if !strings.Contains(want, r[0]) {
					t.Fatalf("the test replaces %q, which is not there", r[0])
				}
				want = strings.Replace(want, r[0], r[1], 1)
			}
			path := strings.Split(tt.path, ".")
			for i := range path {
				path[i] = strings.ReplaceAll(path[i], "~", ".")
			}
			got, err := Set("catalog-info.yaml", []byte(tt.text), tt.ref, []Field{{path, json.RawMessage(tt.value)}})
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, string(got)); diff != "" {
				t.Errorf("-want +got\n%s", diff)
			}
		})
	}
}

func TestSetRefuses(t *testing.T) {
	for _, tt := range []struct {
		name, text, ref, path, value, says string
		kind                               errs.Kind
	}{
		{"another entity", sample, "component:default/x", "spec.owner", `"a"`, "does not declare component:default/x", errs.NotFound},
		{"twice", sample + "---\n" + sample, "component:default/shop", "spec.owner", `"a"`, "twice, in line 1 and in line", errs.Invalid},
		{"through a scalar", sample, "component:default/shop", "spec.type.name", `"a"`, "spec.type is not a map", errs.Invalid},
		{"an alias", "kind: Component\nmetadata: &m\n  name: shop\nspec: *m\n", "component:default/shop", "spec.owner", `"a"`, "edit", errs.Invalid},
		{"a level too high", sample, "component:default/shop", "spec", `{}`, "spec is not a field that can be set", errs.Invalid},
		{"no JSON", sample, "component:default/shop", "spec.owner", `{`, "spec.owner is not set to JSON", errs.Invalid},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := Set("catalog-info.yaml", []byte(tt.text), tt.ref, []Field{{strings.Split(tt.path, "."), json.RawMessage(tt.value)}})
			if !errs.Is(err, tt.kind) || !strings.Contains(errs.Sentence(err)+errs.Remedy(err), tt.says) {
				t.Errorf("got %v, want %v that says %q", err, tt.kind, tt.says)
			}
		})
	}
}

func TestAppend(t *testing.T) {
	for _, tt := range []struct{ name, data, want string }{
		{"to nothing", " \n", "kind: X\n"},
		{"to a document", "kind: A\n\n\n", "kind: A\n---\nkind: X\n"},
	} {
		if got := string(Append([]byte(tt.data), []byte("kind: X\n"))); got != tt.want {
			t.Errorf("%s: got %q, want %q", tt.name, got, tt.want)
		}
	}
}

var comments = regexp.MustCompile(`(?m)^\s*#.*$`)

// TestCorpus sets fields in real descriptors: each result says what it should, and comments are still there.
func TestCorpus(t *testing.T) {
	dir := testenv.Shared(t, "corpus", "catalog")
	files, set, anew := 0, 0, 0
	err := filepath.WalkDir(dir, func(p string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || filepath.Ext(p) != ".yaml" && filepath.Ext(p) != ".yml" {
			return err
		}
		data, err := os.ReadFile(p)
		if err != nil {
			return err
		}
		if len(data) > 64<<10 {
			return nil // each field reads the file several times
		}
		files++
		for i, doc := range entity.Parse(p, data) {
			if i == 3 {
				break
			}
			if doc.Node == nil || doc.Ref.Kind == "" || doc.Ref.Name == "" {
				continue
			}
			for _, f := range []Field{
				{[]string{"metadata", "description"}, json.RawMessage(`"Set: by a test"`)},
				{[]string{"metadata", "tags"}, json.RawMessage(`["portico","test"]`)},
				{[]string{"metadata", "links"}, json.RawMessage(`[{"url":"https://example.com","title":"E"}]`)},
				{[]string{"metadata", "annotations", "portico.dev/x"}, json.RawMessage(`"y"`)},
				{[]string{"spec", "owner"}, json.RawMessage(`"group:default/owners"`)},
				{[]string{"spec", "owner"}, nil},
			} {
				got, err := Set(p, data, doc.Ref.String(), []Field{f})
				if err != nil {
					if errs.Is(err, errs.Invalid) && (strings.Contains(err.Error(), "twice") || strings.Contains(err.Error(), "a map")) {
						continue
					}
					t.Errorf("%s %s %s: %v", filepath.Base(p), doc.Ref, f.name(), err)
					continue
				}
				set++
				if changedLines(string(data), string(got)) > 12 {
					anew++
				}
				if f.Path[1] != "owner" && f.Path[1] != "annotations" {
					continue // those have comments within what is replaced
				}
				for _, c := range comments.FindAllString(string(data), -1) {
					if c = strings.TrimSpace(c); !strings.Contains(string(got), c) {
						t.Errorf("%s %s %s: the comment %q is gone", filepath.Base(p), doc.Ref, f.name(), c)
					}
				}
			}
		}
		return nil
	})
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		t.Fatal(err)
	}
	if files < 100 || set < 500 {
		t.Fatalf("only %d files with %d fields were tried", files, set)
	}
	t.Logf("%d files, %d fields set, %d of them by more than 12 changed lines", files, set, anew)
	if anew*50 > set {
		t.Errorf("%d of %d fields changed more than their own lines", anew, set)
	}
}

// changedLines is how many lines of before are not in after.
func changedLines(before, after string) (n int) {
	left := map[string]int{}
	for l := range strings.SplitSeq(after, "\n") {
		left[strings.TrimRight(l, "\r")]++
	}
	for l := range strings.SplitSeq(before, "\n") {
		l = strings.TrimRight(l, "\r")
		if left[l]--; left[l] < 0 {
			n++
		}
	}
	return n
}

func FuzzSet(f *testing.F) {
	f.Add(sample, "component:default/shop", "spec", "owner", `"a"`)
	f.Add(sample, "api:default/shop", "metadata", "tags", `["a"]`)
	f.Add("{\"kind\":\"Component\",\"metadata\":{\"name\":\"a\"}}", "component:default/a", "metadata", "title", `"b"`)
	f.Add("kind: Component\nmetadata:\n name: a\n x: &a [1]\n y: *a\n", "component:default/a", "metadata", "x", `{"a":[1]}`)
	f.Fuzz(func(t *testing.T, text, ref, first, second, value string) {
		field := Field{[]string{first, second}, json.RawMessage(value)}
		out, err := Set("x.yaml", []byte(text), ref, []Field{field})
		if err != nil {
			return
		}
		again, err := Set("x.yaml", out, ref, []Field{field})
		if err != nil || string(again) != string(out) {
			t.Fatalf("setting twice differs: %v\n%q\n%q", err, out, again)
		}
	})
}
