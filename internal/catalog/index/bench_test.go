package index

import (
	"bytes"
	"fmt"
	"runtime"
	"sync"
	"testing"
	"time"
)

var benchSizes = []int{10_000, 50_000, 100_000}

var benchIndexes struct {
	sync.Mutex
	byN map[int]*Index
}

// benchIndex is filled once for each size and shared; whoever changes it changes what the next see.
func benchIndex(b *testing.B, n int) *Index {
	b.Helper()
	benchIndexes.Lock()
	defer benchIndexes.Unlock()
	if benchIndexes.byN[n] == nil {
		x := New(Options{})
		x.Apply(synth(n), int64(n))
		benchIndexes.byN = map[int]*Index{n: x} // one at a time, for the memory
	}
	return benchIndexes.byN[n]
}

func forSizes(b *testing.B, run func(b *testing.B, n int)) {
	for _, n := range benchSizes {
		b.Run(fmt.Sprint(n), func(b *testing.B) { run(b, n) })
	}
}

// BenchmarkLoad fills an empty index. heap-MB is what lives afterwards, with the JSON of the rows.
func BenchmarkLoad(b *testing.B) {
	forSizes(b, func(b *testing.B, n int) {
		for b.Loop() {
			b.StopTimer()
			rows := synth(n)
			runtime.GC()
			b.StartTimer()
			x := New(Options{})
			x.Apply(rows, 1)
			b.StopTimer()
			rows = nil
			var m runtime.MemStats
			runtime.GC()
			runtime.GC()
			runtime.ReadMemStats(&m)
			served := 0
			for d := range x.Snapshot().All() {
				served += d.size()
			}
			b.ReportMetric(float64(m.HeapAlloc)/1e6, "heap-MB")
			b.ReportMetric(float64(served)/1e6, "json-MB")
			runtime.KeepAlive(x)
			b.StartTimer()
		}
	})
}

// BenchmarkPublish changes the description of one entity.
func BenchmarkPublish(b *testing.B) {
	changes := map[string]func(row Row, i int) Row{
		"description": func(row Row, i int) Row {
			row.JSON = bytes.Replace(row.JSON, []byte(`"description":"`), fmt.Appendf(nil, `"description":"Change %d `, i), 1)
			return row
		},
		"owner": func(row Row, i int) Row {
			row.JSON = bytes.Replace(row.JSON, []byte(`"owner":"group:default/`), fmt.Appendf(nil, `"owner":"group:default/x%d-`, i%7), 1)
			return row
		},
		"coming": func(row Row, i int) Row {
			row.UID, row.Ref = fmt.Sprintf("00000000-0000-4000-8000-%012d", i), fmt.Sprintf("component:default/new-%d", i)
			return row
		},
	}
	forSizes(b, func(b *testing.B, n int) {
		rows := synth(n)
		for name, change := range changes {
			b.Run(name, func(b *testing.B) {
				x := New(Options{})
				x.Apply(rows, 1)
				rev := int64(1)
				b.ResetTimer()
				for i := 0; b.Loop(); i++ {
					rev++
					x.Apply([]Row{change(rows[n-1-i%(n/2)], i)}, rev)
				}
			})
		}
	})
}

// BenchmarkReadAfterChange has an entity come before each read, so that the order by name has changed.
// read-ns is the read alone.
func BenchmarkReadAfterChange(b *testing.B) {
	forSizes(b, func(b *testing.B, n int) {
		rows := synth(n)
		x := New(Options{})
		x.Apply(rows, 1)
		page := benchRequests(x.Snapshot())["page"]
		buf := make([]byte, 0, 256<<10)
		var reads time.Duration
		i := 0
		for b.Loop() {
			row := rows[n-1-i%(n/2)]
			row.UID, row.Ref = fmt.Sprintf("00000000-0000-4000-8000-%012d", i), fmt.Sprintf("component:default/new-%d", i)
			s := x.Apply([]Row{row}, int64(i))
			start := time.Now()
			buf = page(s, buf[:0])
			reads += time.Since(start)
			i++
		}
		b.ReportMetric(float64(reads.Nanoseconds())/float64(i), "read-ns")
	})
}

// BenchmarkReadParallel is BenchmarkRead with every processor asking.
func BenchmarkReadParallel(b *testing.B) {
	forSizes(b, func(b *testing.B, n int) {
		s := benchIndex(b, n).Snapshot()
		requests := benchRequests(s)
		b.ResetTimer()
		b.RunParallel(func(pb *testing.PB) {
			buf := make([]byte, 0, 256<<10)
			for i := 0; pb.Next(); i++ {
				buf = requests[benchNames[i%len(benchNames)]](s, buf[:0])
			}
		})
	})
}

// benchRequests are the requests of the bench scripts, by name.
func benchRequests(s *Snapshot) map[string]func(s *Snapshot, buf []byte) []byte {
	filter := func(params ...string) Filters {
		f, err := ParseFilters(params)
		if err != nil {
			panic(err)
		}
		return Filters{Filter: f}
	}
	components := filter("kind=component")
	byName := []Order{{Field: "metadata.name"}}
	owner := s.Facets([]string{"spec.owner"}, components, nil)[0].Values[0].Value
	var refs []string
	page, err := s.Query(Query{Filters: components, Order: byName, Limit: 50, Offset: s.Len() / 3}, nil)
	if err != nil {
		panic(err)
	}
	for _, d := range page.Docs {
		refs = append(refs, d.Ref())
	}
	query := func(q Query) func(s *Snapshot, buf []byte) []byte {
		return func(s *Snapshot, buf []byte) []byte {
			page, err := s.Query(q, nil)
			if err != nil || len(page.Docs) == 0 {
				panic("no page")
			}
			return AppendPage(buf, &page, nil, nil)
		}
	}
	facets := func(f Filters, names ...string) func(s *Snapshot, buf []byte) []byte {
		return func(s *Snapshot, buf []byte) []byte { return AppendFacets(buf, s.Facets(names, f, nil)) }
	}
	named := []string{"metadata.name", "metadata.title", "metadata.description", "metadata.tags", "spec.profile.displayName"}
	return map[string]func(s *Snapshot, buf []byte) []byte{
		"page":     query(Query{Filters: components, Order: byName, Limit: 20}),
		"next":     query(Query{Cursor: page.Next, Limit: 20}),
		"fulltext": query(Query{Filters: components, Order: byName, Limit: 20, Text: TextQuery{Term: "payment", Fields: named}}),
		"rare":     query(Query{Filters: components, Order: byName, Limit: 20, Text: TextQuery{Term: "t-api-00", Fields: named}}),
		"rest":     query(Query{Filters: components, Order: byName, Limit: 20, Text: TextQuery{Term: "service", Fields: named}}),
		"words":    query(Query{Filters: components, Order: byName, Limit: 20, Text: TextQuery{Term: "payment service", Fields: named, Words: true}}),
		"short":    query(Query{Filters: components, Order: byName, Limit: 20, Text: TextQuery{Term: "pa", Fields: named}}),
		"owner":    query(Query{Filters: filter("kind=component,spec.owner=" + owner), Order: byName, Limit: 20}),
		"relation": query(Query{Filters: filter("relations.ownedBy=" + owner), Order: byName, Limit: 20}),
		"tags":     facets(Filters{}, "metadata.tags"),
		"four":     facets(components, "kind", "spec.type", "spec.lifecycle", "metadata.tags"),
		"owners":   facets(components, "relations.ownedBy"),
		"name":     func(s *Snapshot, buf []byte) []byte { return s.ByRef(refs[7], nil).AppendJSON(buf) },
		"refs":     func(s *Snapshot, buf []byte) []byte { return AppendBatch(buf, s.Batch(refs, Filters{}, nil), nil, nil) },
		"ancestry": func(s *Snapshot, buf []byte) []byte { return AppendAncestry(buf, s.Ancestry(refs[3], nil)) },
		"fields": func(s *Snapshot, buf []byte) []byte {
			f := &Fields{paths: []string{"kind", "metadata.name", "metadata.annotations", "relations"}}
			return AppendDocs(buf, page.Docs[:20], f, nil)
		},
	}
}

var benchNames = []string{"page", "next", "fulltext", "rest", "words", "rare", "short", "owner", "relation", "tags", "four", "owners", "name", "refs", "ancestry", "fields"}

// BenchmarkRead answers the same request again and again.
func BenchmarkRead(b *testing.B) {
	forSizes(b, func(b *testing.B, n int) {
		s := benchIndex(b, n).Snapshot()
		requests := benchRequests(s)
		for _, name := range benchNames {
			b.Run(name, func(b *testing.B) {
				buf := make([]byte, 0, 256<<10)
				b.ReportAllocs()
				for b.Loop() {
					buf = requests[name](s, buf[:0])
				}
				b.ReportMetric(float64(len(buf)), "bytes")
			})
		}
	})
}

// BenchmarkReadFirst answers each request as if nobody had asked before in this snapshot.
func BenchmarkReadFirst(b *testing.B) {
	forSizes(b, func(b *testing.B, n int) {
		s := *benchIndex(b, n).Snapshot()
		requests := benchRequests(&s)
		for _, name := range benchNames {
			b.Run(name, func(b *testing.B) {
				buf := make([]byte, 0, 256<<10)
				b.ReportAllocs()
				for b.Loop() {
					s.memo = newMemos()
					buf = requests[name](&s, buf[:0])
				}
			})
		}
	})
}
