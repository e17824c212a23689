package index

import (
	"strings"
	"testing"
)

// BenchmarkGraph asks a catalog of a hundred thousand entities for what is around one, for ways, and who loses what.
func BenchmarkGraph(b *testing.B) {
	s := benchIndex(b, 100_000).Snapshot()
	var component, other, group string // the group that owns the most
	most := 0
	for d := range s.All() {
		switch {
		case strings.HasPrefix(d.ref, "component:"):
			component = max(component, d.ref)
			if other == "" || d.ref < other {
				other = d.ref
			}
		case strings.HasPrefix(d.ref, "group:") && len(d.rels) > most:
			group, most = d.ref, len(d.rels)
		}
	}
	only, err := ParseFilters([]string{"kind=component", "kind=group", "kind=system"})
	if err != nil {
		b.Fatal(err)
	}
	for name, r := range map[string]*Restriction{"all": nil, "restricted": Restrict(only)} {
		for ask, q := range map[string]GraphQuery{
			"near":  {Roots: []string{component}, Depth: 1, Limit: 200},
			"far":   {Roots: []string{component}, Depth: 8, Limit: 500},
			"hub":   {Roots: []string{group}, Depth: 3, Limit: 500},
			"needs": {Roots: []string{component}, Depth: 4, Limit: 200, Relations: []string{"dependsOn"}, Direction: Downstream},
		} {
			b.Run(name+"/"+ask, func(b *testing.B) {
				b.ReportAllocs()
				var buf []byte
				for b.Loop() {
					buf = AppendGraph(buf[:0], s.Graph(q, r), 1)
				}
			})
		}
		for ask, q := range map[string]PathQuery{
			"path":  {From: component, To: other, Most: 50_000},
			"none":  {From: component, To: group, Relations: []string{"childOf"}, Most: 50_000},
			"along": {From: component, To: other, Along: true, Most: 50_000},
		} {
			b.Run(name+"/"+ask, func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					if _, err := s.Path(b.Context(), q, r); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
		b.Run(name+"/impact", func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				s.Impact(ImpactQuery{Goes: []string{group}, Limit: 500, Most: 20_000}, r)
			}
		})
	}
}
