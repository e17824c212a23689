package app

import (
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"portico/internal/catalog"
	"portico/internal/catalog/index"
	"portico/internal/httpx"
	"portico/internal/identity"
	"portico/internal/identity/policy"
	"portico/internal/identity/policy/policytest"
)

// BenchmarkRestrictedPage asks for pages of 20 of 100,000, counts, facets and searches, as an operator who sees everything and
// as somebody whom policies hide much from: gate, engine, guard, read model and router, to the last byte. cpu-ns is the
// processor time of the thread that answers. "anew" is the first request after a change of an entity that is seen.
func BenchmarkRestrictedPage(b *testing.B) {
	rng := rand.New(rand.NewPCG(5, 6))
	var rows []index.Row
	for n := range 100_000 {
		_, declared, _ := policytest.Entity(rng, n)
		rows = append(rows, index.Row{UID: strconv.Itoa(n), Ref: "component:default/e-" + strconv.Itoa(n), Revision: 1, JSON: declared})
	}
	x := index.New(index.Options{Edges: byOwners})
	x.Apply(rows, 1)
	file := filepath.Join(b.TempDir(), "rules.cedar")
	text := `permit (principal is User, action == Action::"catalog.entity.read", resource is Entity) when { principal in resource.owners || resource.tags.containsAny(["java", "go"]) };
		forbid (principal is User, action == Action::"catalog.entity.read", resource is Entity) when { resource.labels.contains("tier=gold") } unless { principal in resource.owners };`
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		b.Fatal(err)
	}
	e, err := policy.New(policy.Options{Paths: []string{file}, Directory: knownGroups(policytest.Groups), Compile: compileFilter, Assignments: policy.Assignments{SignedIn: []string{}}})
	if err != nil {
		b.Fatal(err)
	}
	who := identity.PersonSubject(policytest.People[0])
	gate, err := identity.NewGate(nil, []identity.StaticToken{{Token: "everything", Subject: "ops"}}, nil, personal{"restricted", &identity.Principal{Type: who.Type, Ref: who.Ref, Role: identity.Role(who.Role)}})
	if err != nil {
		b.Fatal(err)
	}
	gate.Rules = e
	g := new(httpx.Registry)
	(&catalog.Handler{Index: x, Guard: guard{e}}).Mount(g)
	h, err := g.Handler(httpx.Options{Gate: gate, Log: slog.New(slog.DiscardHandler), Limits: httpx.Limits{Requests: 64, Streams: 16, FailedSignIns: 30}})
	if err != nil {
		b.Fatal(err)
	}
	ask := func(b *testing.B, token, path string) {
		r := httptest.NewRequest(http.MethodGet, "/api/catalog/"+path, http.NoBody)
		r.Header.Set("Authorization", "Bearer "+token)
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if w.Code != http.StatusOK || w.Body.Len() < 20 {
			b.Fatal(w.Code, w.Body)
		}
	}
	const pages = "entities/by-query?limit=20&orderField=metadata.name,asc"
	same := func(path string) func(int) string { return func(int) string { return path } }
	seen := guard{e}.seenBy(who)
	page, _, err := x.Snapshot().List(index.Filters{}, nil, 0, 100, seen)
	if err != nil || seen == nil || len(page) < 100 {
		b.Fatal(err, len(page))
	}
	all, err := x.Snapshot().Query(index.Query{Limit: 1}, seen)
	if err != nil {
		b.Fatal(err)
	}
	b.Logf("the restricted see %d of %d", all.TotalItems, len(rows))
	elsewhere := func(i int) string { return pages + "&offset=" + strconv.Itoa(i%20_000) }
	for _, bb := range []struct {
		name   string
		path   func(i int) string
		change bool
	}{
		{"another", elsewhere, false},
		{"again", same(pages), false},
		{"anew", same(pages), true},
		{"another-anew", elsewhere, true},
		{"filtered-anew", same(pages + "&filter=kind=component,spec.type=service"), true},
		{"search-anew", same(pages + "&fullTextFilterTerm=e-99&fullTextFilterFields=metadata.name"), true},
		{"count-anew", same("entities/by-query?limit=0&filter=metadata.tags=java"), true},
		{"facets-anew", same("entity-facets?facet=kind&facet=spec.type&facet=metadata.tags&facet=relations.ownedBy"), true},
	} {
		for _, token := range []string{"everything", "restricted"} {
			b.Run(bb.name+"-"+token, func(b *testing.B) {
				runtime.LockOSThread()
				defer runtime.UnlockOSThread()
				ask(b, token, bb.path(0))
				var spent int64
				i := 0
				for b.Loop() {
					if bb.change {
						b.StopTimer()
						n, err := strconv.Atoi(page[i%len(page)].UID())
						if err != nil {
							b.Fatal(err)
						}
						row := rows[n]
						row.Revision, row.JSON = int64(i+2), []byte(strings.Replace(string(row.JSON), `"metadata":{`, `"metadata":{"title":"`+strconv.Itoa(i)+`",`, 1))
						x.Apply([]index.Row{row}, x.Snapshot().Revision()+1)
						b.StartTimer()
					}
					begun := threadTime(b)
					ask(b, token, bb.path(i))
					spent += threadTime(b) - begun
					i++
				}
				b.ReportMetric(float64(spent)/float64(b.N), "cpu-ns/op")
			})
		}
	}
}

// threadTime is the processor time that this thread has used, in nanoseconds. The kernel brings it up to date with the
// clock's tick, of which one request is a thousandth, and when a thread steps back for others.
func threadTime(b *testing.B) int64 {
	if _, _, err := syscall.RawSyscall(syscall.SYS_SCHED_YIELD, 0, 0, 0); err != 0 {
		b.Fatal(err)
	}
	var u syscall.Rusage
	const thread = 1 // RUSAGE_THREAD
	if err := syscall.Getrusage(thread, &u); err != nil {
		b.Fatal(err)
	}
	return u.Utime.Nano() + u.Stime.Nano()
}
