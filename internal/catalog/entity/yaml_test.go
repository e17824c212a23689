package entity

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// oddTexts are texts that YAML would read as something else, or not at all, where they stood as they are.
var oddTexts = []string{
	"", " ", "~", "null", "true", "yes", "No", "on", "0", "007", "1e3", "0x1F", "0o17", "1_000", "12:30:45", "2024-01-31", ".inf", "-", "--- a", "...", "- a", "? a", ": b", "a: b", "a #b", "#", "*a", "&a", "!a", "%a", "@a", "`a",
	"'", `"`, `\`, "a\nb", "a\n", "\na", "  a\nb", "a \nb", "a\n\n\nb\n\n", "a\tb", "\ta\nb", "a\n\tb", "---\na", "a\n---\nb", "a\n...\n", "a\r\nb", "é", "日本", "😀", "\u0085", "a\u0085\nb", "\u2028\n", "\ufeffa", "\u007f", "\u0001", "\u0001\n", "{", "[a", "a]", "<<", "=", "|", ">", "a: |\n  b",
	"1.0", "+1", "-0", "NaN", ".5", "5.", "Infinity", strings.Repeat("long words ", 30), strings.Repeat("x", 300) + "\n" + strings.Repeat("y z ", 80), " leading", "trailing ", "key:", "$text", "${{ a }}", "\\u0041",
}

// FuzzYAML writes an entity with odd texts as YAML and reads it: it is the same.
func FuzzYAML(f *testing.F) {
	for i, s := range oddTexts {
		f.Add(s, oddTexts[len(oddTexts)-1-i])
	}
	f.Fuzz(func(t *testing.T, a, b string) {
		raw, err := json.Marshal(map[string]any{"apiVersion": "backstage.io/v1alpha1", "kind": "Thing", "metadata": map[string]any{"name": "a", "description": a}, "spec": map[string]any{"a": b, "list": []any{a, []string{b}}, "at": map[string]string{a: b}}})
		if err != nil {
			t.Fatal(err)
		}
		sameFromYAML(t, raw)
	})
}

// TestYAMLIsReadAgain writes entities as YAML and reads them: they are the same.
func TestYAMLIsReadAgain(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	letters := []rune(" \n\n\t:#-'\"{}[],|>&*!%@`~?=<\\/$.+_a1é\r\u0085\u00a0\u2028\ufeff\u0007")
	text := func() string {
		if r.IntN(2) == 0 {
			return oddTexts[r.IntN(len(oddTexts))]
		}
		var b strings.Builder
		for range r.IntN(14) {
			b.WriteRune(letters[r.IntN(len(letters))])
		}
		return b.String()
	}
	var value func(depth int) any
	value = func(depth int) any {
		switch n := r.IntN(12); {
		case n == 0:
			return nil
		case n == 1:
			return r.IntN(2) == 0
		case n == 2:
			return json.Number([]string{"0", "-3", "1.5", "1e21", "123456789012", "0.001", "-1.25e-7"}[r.IntN(7)])
		case n < 5 && depth < 4:
			list := []any{}
			for range r.IntN(4) {
				list = append(list, value(depth+1))
			}
			return list
		case n < 8 && depth < 4:
			m := map[string]any{}
			for range r.IntN(4) {
				m[text()] = value(depth + 1)
			}
			return m
		}
		return text()
	}
	compared := 0
	same := func(raw []byte) {
		t.Helper()
		if sameFromYAML(t, raw) {
			compared++
		}
	}
	for i, s := range oddTexts {
		raw, err := json.Marshal(map[string]any{"apiVersion": "backstage.io/v1alpha1", "kind": "Thing", "metadata": map[string]any{"name": fmt.Sprintf("n%d", i), "description": s}, "spec": map[string]any{"a": s, "list": []string{s, s}, "at": map[string]string{s: "b"}}})
		if err != nil {
			t.Fatal(err)
		}
		same(raw)
	}
	for i := range 4000 {
		raw, err := json.Marshal(map[string]any{"apiVersion": "backstage.io/v1alpha1", "kind": "Thing", "metadata": map[string]any{"name": fmt.Sprintf("n%d", i)}, "spec": map[string]any{"a": value(0), "b": value(0), "c": text()}})
		if err != nil {
			t.Fatal(err)
		}
		same(raw)
	}
	if compared < 1500 {
		t.Errorf("only %d entities were compared", compared)
	}
}

// sameFromYAML writes an entity as YAML and reads it. It reports whether it was one.
func sameFromYAML(t *testing.T, raw []byte) bool {
	t.Helper()
	d := ParseJSON("a", raw)
	d.Validate()
	if !d.Usable() {
		return false
	}
	e, err := d.Entity(map[string]string{AnnotationManagedByLocation: "url:x", AnnotationManagedByOriginLocation: "url:y"})
	if err != nil {
		return false
	}
	out, err := YAML(e.JSON)
	if err != nil {
		t.Fatalf("%v: %s", err, e.JSON)
	}
	if strings.Contains(string(out), "managed-by") {
		t.Fatalf("it says where it comes from:\n%s", out)
	}
	docs := Parse("a.yaml", append([]byte("---\n"), out...))
	if len(docs) != 1 {
		t.Fatalf("%d documents in\n%s", len(docs), out)
	}
	docs[0].Validate()
	again, err := docs[0].Entity(map[string]string{AnnotationManagedByLocation: "url:x", AnnotationManagedByOriginLocation: "url:y"})
	if err != nil {
		t.Fatalf("%v, %+v:\n%s\nof %s", err, docs[0].Problems, out, e.JSON)
	}
	var want, got any
	if json.Unmarshal(e.JSON, &want) != nil || json.Unmarshal(again.JSON, &got) != nil {
		t.Fatal("no JSON")
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Fatalf("(-as it was +read again)\n%s\n%s", diff, out)
	}
	return true
}
