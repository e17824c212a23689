package entity

import (
	"fmt"
	"strings"
	"testing"

	"portico/internal/testenv"
)

// TestMistakes holds what people read about the mistakes that they make. testdata/mistakes.txt has a
// document each and, below "--- says", what is said of it.
func TestMistakes(t *testing.T) {
	cases := strings.Split(string(read(t, "testdata/mistakes.txt")), "=== ")[1:]
	if len(cases) < 60 {
		t.Fatalf("%d cases left", len(cases))
	}
	var out strings.Builder
	for _, c := range cases {
		name, rest, _ := strings.Cut(c, "\n")
		doc, _, ok := strings.Cut(rest, "--- says\n")
		if !ok {
			t.Fatalf("%s: no line --- says", name)
		}
		fmt.Fprintf(&out, "=== %s\n%s--- says\n", name, doc)
		for _, r := range Check("f.yaml", []byte(doc)) {
			fmt.Fprintf(&out, "%s %s\n", r.Ref, r.Verdict)
			for _, p := range append(r.Errors, r.Warnings...) {
				fmt.Fprintf(&out, "  %d:%d %s: %s: %s\n", p.Line, p.Column, p.Level, or(p.Path, "document"), p.Message)
				if p.Remedy == "" {
					t.Errorf("%s: no remedy for %q", name, p.Message)
				}
				fmt.Fprintf(&out, "      %s\n", p.Remedy)
			}
		}
	}
	testenv.Golden(t, "mistakes.txt", out.String())
}
