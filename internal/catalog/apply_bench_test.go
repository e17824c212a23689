package catalog

import (
	"fmt"
	"strings"
	"testing"

	"portico/internal/catalog/entity"
)

// BenchmarkApply is a file of 100 components, as most readings find it: with nothing new, or with another description each.
func BenchmarkApply(b *testing.B) {
	w := newWorld(b)
	src := w.source("/d/*.yaml")[0]
	unit := func(round int) *Unit {
		u := &Unit{SourceID: src.ID, File: File{Location: Location{Type: "file", Target: "/d/all.yaml"}, Name: "all.yaml", Revision: "1", Data: []byte("x")}}
		var text strings.Builder
		for i := range 100 {
			fmt.Fprintf(&text, "---\n%s", component(fmt.Sprintf("c-%03d", i), fmt.Sprintf("  description: round %d\n", round)))
		}
		for _, d := range entity.Parse("all.yaml", []byte(text.String())) {
			d.Validate()
			e, err := d.Entity(nil)
			if err != nil {
				b.Fatal(err)
			}
			u.Asserted = append(u.Asserted, Asserted{Entity: e, Line: d.Line, EndLine: d.EndLine, Owner: d.SpecString("owner")})
		}
		return u
	}
	units := []*Unit{unit(0), unit(1)}
	for name, round := range map[string]func(int) *Unit{
		"same":    func(int) *Unit { return units[0] },
		"changed": func(n int) *Unit { return units[n%2] },
	} {
		b.Run(name, func(b *testing.B) {
			n := 0
			for b.Loop() {
				n++
				if _, err := w.store.Apply(b.Context(), round(n), "bench"); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
