package catalog

import (
	"bytes"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"portico/internal/catalog/index"
	"portico/internal/httpx"
)

// BenchmarkGuard asks 100,000 entities as somebody who sees all, and as somebody who sees half of them: a request from
// the router to the last byte. Every component depends on another, so that half of those that are seen are depended on
// by one that is hidden, and are served without that relation, under another etag. cpu-ns is the processor time of the thread that
// answers: other work on the machine does not count.
func BenchmarkGuard(b *testing.B) {
	const n = 100_000
	rows := benchRows(n)
	for i := range rows {
		rows[i].JSON = bytes.Replace(rows[i].JSON, []byte(`"consumesApis":`), fmt.Appendf(nil, `"dependsOn":["component:default/payment-service-%05d"],"consumesApis":`, (i*31+7)%n), 1)
	}
	ix := index.New(index.Options{})
	ix.Apply(rows, 1)
	var systems []string
	for i := 0; i < 100; i += 2 {
		systems = append(systems, fmt.Sprintf("%q", fmt.Sprintf("system-%d", i/2)))
	}
	half := restrictedTo(b, `{"spec.system":{"$in":[`+strings.Join(systems, ",")+`]}}`)
	guard := new(testGuard)
	g := new(httpx.Registry)
	(&Handler{Index: ix, Guard: guard}).Mount(g)
	h, err := g.Handler(httpx.Options{Gate: benchGate{}, Log: slog.New(slog.NewJSONHandler(io.Discard, nil)), Limits: httpx.Limits{Requests: 64, Streams: 16, FailedSignIns: 30}})
	if err != nil {
		b.Fatal(err)
	}
	seen, _, err := ix.Snapshot().List(index.Filters{}, nil, 0, 200, half)
	if err != nil || len(seen) < 200 {
		b.Fatal(len(seen), err)
	}
	var refs []string
	covered := 0
	for i, d := range seen {
		if i < 100 {
			refs = append(refs, fmt.Sprintf("%q", d.Ref()))
		}
		if whole := ix.Snapshot().ByRef(d.Ref(), nil); whole != d {
			covered++
		}
	}
	if covered < 50 || covered > 150 {
		b.Fatalf("%d of 200 lost a relation", covered)
	}
	byRefs := `{"entityRefs":[` + strings.Join(refs, ",") + `]}`
	const facets = "/entity-facets?facet=kind&facet=spec.type&facet=spec.lifecycle&facet=metadata.tags&filter=kind=component"
	owner := ""
	for _, r := range seen[0].Relations() {
		if r.Type == "ownedBy" {
			owner = r.TargetRef
		}
	}
	const owners = "/entity-facets?facet=relations.ownedBy&facet=relations.dependencyOf&filter=spec.system=system-4"
	for _, bb := range []struct {
		name, method string
		path         func(i int) string
		body         string
		change       bool
	}{
		{"by_name", "GET", func(int) string { return strings.TrimPrefix(byNamePath(seen[50].Ref()), api) }, "", false},
		{"page", "GET", func(int) string {
			return "/entities/by-query?filter=kind=component&limit=20&orderField=metadata.name,asc"
		}, "", false},
		{"page_elsewhere", "GET", func(i int) string {
			return fmt.Sprintf("/entities/by-query?filter=kind=component&limit=20&orderField=metadata.name,asc&offset=%d", i*20%49_000)
		}, "", false},
		{"facets_four", "GET", func(int) string { return facets }, "", false},
		{"by_refs_100", "POST", func(int) string { return "/entities/by-refs" }, byRefs, false},
		{"page_after_change", "GET", func(int) string {
			return "/entities/by-query?filter=kind=component&limit=20&orderField=metadata.name,asc"
		}, "", true},
		{"facets_four_after_change", "GET", func(int) string { return facets }, "", true},
		{"search_after_change", "GET", func(int) string {
			return "/entities/by-query?filter=kind=component&limit=20&orderField=metadata.name,asc&fullTextFilterTerm=service-0004&fullTextFilterFields=metadata.name,metadata.title"
		}, "", true},
		{"count_after_change", "GET", func(int) string { return "/entities/by-query?filter=spec.lifecycle=production&limit=0" }, "", true},
		{"page_by_owner_after_change", "GET", func(int) string {
			return "/entities/by-query?filter=kind=component,relations.ownedBy=" + owner + "&limit=20&orderField=metadata.name,asc"
		}, "", true},
		{"facet_of_owners_after_change", "GET", func(int) string { return "/entity-facets?facet=relations.ownedBy" }, "", true},
		{"facets_of_relations_after_change", "GET", func(int) string { return owners }, "", true},
	} {
		for _, who := range []struct {
			name string
			see  *index.Restriction
		}{{"all", nil}, {"half", half}} {
			b.Run(bb.name+"/"+who.name, func(b *testing.B) {
				b.ReportAllocs()
				guard.set(who.see, nil)
				runtime.LockOSThread()
				defer runtime.UnlockOSThread()
				i, used := 0, time.Duration(0)
				for b.Loop() {
					if bb.change {
						b.StopTimer()
						row := rows[7]
						row.JSON = bytes.Replace(row.JSON, []byte("Takes part"), fmt.Appendf(nil, "Took part %d", i), 1)
						ix.Apply([]index.Row{row}, int64(i))
						b.StartTimer()
					}
					r := httptest.NewRequest(bb.method, api+bb.path(i), strings.NewReader(bb.body))
					r.Header.Set("Authorization", "Bearer x")
					i++
					w := &discardResponse{h: http.Header{}}
					before := threadTime(b)
					h.ServeHTTP(w, r)
					used += threadTime(b) - before
					if w.n == 0 {
						b.Fatal("nothing was answered")
					}
				}
				b.ReportMetric(float64(used.Nanoseconds())/float64(i), "cpu-ns/op")
			})
		}
	}
}

// threadTime is the processor time that this thread has used. The kernel brings it up to date with the clock's tick, of which
// one request is a thousandth, and when a thread steps back for others.
func threadTime(b *testing.B) time.Duration {
	if _, _, err := syscall.RawSyscall(syscall.SYS_SCHED_YIELD, 0, 0, 0); err != 0 {
		b.Fatal(err)
	}
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_THREAD, &used); err != nil {
		b.Fatal(err)
	}
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}
