package coverage

import (
	"fmt"
	"testing"

	"portico/internal/catalog/index"
)

// many is a catalog of n entities, a thousand teams among them.
func many(n int) []index.Row {
	rows := make([]index.Row, 0, n)
	for i := range 1000 {
		parent := ""
		if i > 0 {
			parent = fmt.Sprintf(`"parent":"team-%d",`, (i-1)/10)
		}
		rows = append(rows, row(fmt.Sprintf("group:team-%d", i), "", "", parent+`"type":"team","children":[]`))
	}
	for i := range 4000 {
		rows = append(rows, row(fmt.Sprintf("user:u-%d", i), "", "", fmt.Sprintf(`"memberOf":["team-%d"]`, i%900)))
	}
	for i := range n / 8 {
		rows = append(rows, row(fmt.Sprintf("api:a-%d", i), "", "", fmt.Sprintf(`"type":"openapi","owner":"team-%d","definition":"openapi %d"`, i%1100, i)))
	}
	for i := 0; len(rows) < n; i++ {
		rows = append(rows, row(fmt.Sprintf("component:c-%d", i), `"backstage.io/techdocs-ref":"dir:."`, fmt.Sprintf(`"tier":"%d"`, i%6),
			fmt.Sprintf(`"type":"service","owner":"team-%d","system":"s-%d","providesApis":["a-%d"]`, i%1100, i%3000, i%(n/8+100))))
	}
	return rows
}

func BenchmarkView(b *testing.B) {
	snap := index.New(index.Options{}).Apply(many(100_000), 1)
	hides := restricted(b, `{"$not":{"metadata.labels.tier":"1"}}`)
	for _, bb := range []struct {
		name string
		seen *index.Restriction
	}{{"everything", nil}, {"restricted", hides}} {
		b.Run("measure/"+bb.name, func(b *testing.B) {
			for b.Loop() {
				newView(snap, bb.seen, nil, today)
			}
		})
		v := newView(snap, bb.seen, nil, today)
		b.Run("table/"+bb.name, func(b *testing.B) {
			for b.Loop() {
				one := newView(snap, bb.seen, nil, today)
				one.table()
			}
		})
		b.Run("shares/"+bb.name, func(b *testing.B) {
			for b.Loop() {
				set, _ := v.within(Scope{Ref: "group:default/team-0"})
				for _, m := range ofEntities {
					v.share(m, set, true)
				}
			}
		})
		b.Run("list/"+bb.name, func(b *testing.B) {
			for b.Loop() {
				docs, _ := v.list(Ownership, v.all, false).After("component:default/c-5", 50)
				v.gaps(Ownership, docs, false)
			}
		})
	}
}
