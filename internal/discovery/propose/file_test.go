package propose

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"portico/internal/catalog"
	"portico/internal/catalog/layer"
	"portico/internal/errs"
)

func TestRelative(t *testing.T) {
	for _, tt := range []struct{ dir, target, want string }{
		{"", "./api/openapi.yaml", "./api/openapi.yaml"},
		{"api", "./api/openapi.yaml", "./openapi.yaml"},
		{"a/b", "./a/c/d.yaml", "../c/d.yaml"},
		{"a/b", "./openapi.yaml", "../../openapi.yaml"},
		{"openapi.yaml", "./openapi.yaml", "../openapi.yaml"}, // a folder of that name is no reason to name nothing
	} {
		if got := relative(tt.dir, tt.target); got != tt.want {
			t.Errorf("relative(%q, %q) = %q, want %q", tt.dir, tt.target, got, tt.want)
		}
	}
}

func TestBranch(t *testing.T) {
	seen := map[string]string{}
	for ref, want := range map[string]string{
		"component:default/shop": "portico/component-default-shop",
		"api:default/a_b-c":      "portico/api-default-a_b-c",
		"component:b-c/d":        "portico/component-b-c-d-" + digestOf("component:b-c/d"),
		"component:b/c-d":        "portico/component-b-c-d-" + digestOf("component:b/c-d"),
		"component:default/a.b":  "portico/component-default-a-b-" + digestOf("component:default/a.b"),
		"component:default/a-b":  "portico/component-default-a-b",
	} {
		got := branch(ref)
		if got != want {
			t.Errorf("%s: %s, want %s", ref, got, want)
		}
		if seen[got] != "" {
			t.Errorf("%s and %s have one branch", ref, seen[got])
		}
		seen[got] = ref
	}
	if got := branch("component:default/" + strings.Repeat("x", 500)); len(got) > 200 {
		t.Errorf("a long name makes a branch of %d bytes", len(got))
	}
}

func digestOf(ref string) string {
	b := branch(ref)
	return b[strings.LastIndexByte(b, '-')+1:]
}

func TestPlain(t *testing.T) {
	for _, s := range []string{"@team", "#12", "!3", "$1", "https://evil.test", "www.evil.test", "a`b", "[x](y)", "<img>", "**x**", "| a |", "a\n# b", "&amp;", "x\\"} {
		got := plain(s)
		for _, not := range []string{"@t", "#1", "!3", "$1", "://", "w.e", "](", "<i", "\n", "&a"} {
			if strings.Contains(strings.ReplaceAll(got, "\\<", ""), not) {
				t.Errorf("%q is written %q", s, got)
			}
		}
		if n := strings.Count(got, "`") - strings.Count(got, "\\`"); n != 0 {
			t.Errorf("%q is written %q", s, got)
		}
	}
	if got := code("a`b` @x\nc"); got != "`aˋbˋ @\u200bx c`" {
		t.Errorf("code is %q", got)
	}
}

const seen = `apiVersion: backstage.io/v1alpha1
kind: API
metadata:
  name: cart-api
  annotations:
    portico.dev/inferred: "true"
    portico.dev/evidence: '{}'
    backstage.io/source-location: url:https://git.test/o/r/tree/main/api/
    example.com/kept: "1"
  tags: [go]
spec:
  type: openapi
  lifecycle: unknown
  owner: unknown
  definition: {$text: ./api/openapi.yaml}
`

func TestComposed(t *testing.T) {
	l := &catalog.Layers{Ref: "api:default/cart-api", Guessed: true, File: "r", Text: []byte(seen), Parts: layer.Parts{
		Base: json.RawMessage(`{"spec":{"definition":"resolved"}}`), Guessed: true,
		Overlay: json.RawMessage(`{"metadata":{"tags":["core"]},"spec":{"owner":"group:default/web"}}`),
	}}
	write := func(dir, here string) string {
		t.Helper()
		m, err := composed(l)
		if err != nil {
			t.Fatal(err)
		}
		doc, err := document(m, dir, here)
		if err != nil {
			t.Fatal(err)
		}
		return string(doc)
	}
	want := `apiVersion: backstage.io/v1alpha1
kind: API
metadata:
  name: cart-api
  annotations:
    example.com/kept: "1"
  tags:
    - core
spec:
  type: openapi
  lifecycle: unknown
  owner: group:default/web
  definition:
    $text: ./openapi.yaml
`
	if d := cmp.Diff(want, write("api", "url:https://git.test/o/r/tree/main/api")); d != "" {
		t.Errorf("in its folder (-want +got):\n%s", d)
	}
	if got := write("", "url:https://git.test/o/r/tree/main"); !strings.Contains(got, "backstage.io/source-location: url:https://git.test/o/r/tree/main/api/\n") || !strings.Contains(got, "$text: ./api/openapi.yaml\n") {
		t.Errorf("at the top:\n%s", got)
	}
	l.Ref = "api:default/other"
	if _, err := composed(l); !errs.Is(err, errs.Conflict) {
		t.Errorf("what is no longer seen: %v", err)
	}
}
