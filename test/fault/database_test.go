package fault

import (
	"context"
	"fmt"
	"net/http"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"portico/internal/app/apptest"
	"portico/internal/pg"
	"portico/internal/pg/pgtest"
)

// PostgreSQL goes and comes back three times while four clients read, one changes files and asks for
// refreshes, and one removes and restores. Reads come from memory and never fail; what was acknowledged is
// there afterwards; everything that runs in the background goes on.
func TestDatabaseRestarts(t *testing.T) {
	dir := t.TempDir()
	file := func(i int) string { return filepath.Join(dir, fmt.Sprintf("file-%d.yaml", i)) }
	for i := range 10 {
		write(t, file(i), declare("before", named(fmt.Sprintf("steady-%d", i), 20)...))
	}
	srv := pgtest.NewServer(t)
	glob := filepath.Join(dir, "*.yaml")
	alone := filepath.Join(t.TempDir(), "alone.yaml") // a source that nobody asks to be read
	write(t, alone, declare("before", "alone"))
	p := start(t, srv.DSN(), fileSource(glob, alone))
	p.settle(time.Minute)
	uid := p.component("steady-9-0019").Metadata.UID
	src := p.source(glob)
	p.must(http.StatusOK, "GET", "/.backstage/health/v1/readiness", "")
	apptest.Until(t, 20*time.Second, "the portal leads, which takes some goroutines", func() bool {
		for stack := range goroutines() {
			if strings.Contains(stack, "PeriodicJobEnqueuer") {
				return true
			}
		}
		return false
	})
	// A leader starts its services one after the other, and the start's own goroutines end meanwhile.
	still, last := 0, -1
	apptest.Until(t, 30*time.Second, "the portal has started all that it runs", func() bool {
		httpClient.CloseIdleConnections()
		time.Sleep(200 * time.Millisecond)
		if n := total(goroutines()); max(n-last, last-n) <= 4 { // jobs that come and go move it by a few
			still++
		} else {
			still, last = 0, n
		}
		return still >= 8
	})
	before := goroutines()

	removed := false
	known := 0 // writes acknowledged in all cycles
	restarts := []struct {
		name string
		down func()
		away time.Duration // besides
		back time.Duration // from accepting connections to the first write that succeeds
	}{
		{"fast", srv.Stop, 0, 2 * time.Second},
		{"immediate", srv.StopImmediate, 0, 2 * time.Second},
		{"kill -9", srv.Kill9, 11 * time.Second, 2 * time.Second},
	}
	for cycle, r := range restarts {
		ctx, stopLoad := context.WithCancel(t.Context())
		var reads, failed, acked, refusals atomic.Int64
		var mu sync.Mutex
		var ledger []string // what was acknowledged, in order
		var wg sync.WaitGroup
		for reader := range 4 {
			wg.Go(func() {
				for n := reader; ctx.Err() == nil; n++ {
					paths := []string{byName(fmt.Sprintf("steady-%d-0005", n%10)), "/api/catalog/entities/by-query?limit=20&filter=kind=component", "/api/catalog/entity-facets?facet=spec.type"}
					status, _, text, err := p.ask("GET", paths[n%3], "")
					if err != nil || status != http.StatusOK {
						if failed.Add(1) < 3 {
							t.Errorf("a read failed: %d %s %v", status, cut(text), err)
						}
					}
					reads.Add(1)
					time.Sleep(2 * time.Millisecond)
				}
			})
		}
		wg.Go(func() { // one entity, removed and restored in turn
			for ctx.Err() == nil {
				path, op := "remove", "removed"
				if removed {
					path, op = "restore", "restored"
				}
				status, _, text, err := p.ask("POST", "/api/catalog/entities/by-uid/"+uid+"/"+path, "")
				switch {
				case err == nil && (status == http.StatusNoContent || status == http.StatusOK):
					mu.Lock()
					ledger = append(ledger, op)
					mu.Unlock()
					removed = !removed
					acked.Add(1)
				case err == nil && status == http.StatusServiceUnavailable:
					refusals.Add(1)
				case err == nil && status == http.StatusNotFound && refusals.Load() > 0:
					removed = !removed // the commit whose answer was lost took place
				default:
					t.Errorf("a write: %d %s %v", status, cut(text), err)
				}
				time.Sleep(5 * time.Millisecond)
			}
		})
		edits := 0
		wg.Go(func() {
			for ctx.Err() == nil {
				save(t, file(edits%9), declare(fmt.Sprintf("%s edit %d", r.name, edits), named(fmt.Sprintf("steady-%d", edits%9), 20)...))
				edits++
				status, _, text, err := p.ask("POST", "/api/catalog/sources/"+src.ID+"/refresh", "")
				if err != nil || status != http.StatusAccepted && status != http.StatusServiceUnavailable {
					t.Errorf("a refresh request: %d %s %v", status, cut(text), err)
				}
				time.Sleep(50 * time.Millisecond)
			}
		})
		time.Sleep(400 * time.Millisecond)

		r.down() // returns when the server is gone
		gone := time.Now()
		save(t, alone, declare("saved while it was away: "+r.name, "alone"))
		if r.away > 0 {
			apptest.Until(t, r.away+2*time.Second, "the portal says that it is not ready", func() bool {
				status, _, _, err := p.ask("GET", "/.backstage/health/v1/readiness", "")
				return err == nil && status == http.StatusServiceUnavailable
			})
			t.Logf("%s: not ready after %s", r.name, time.Since(gone).Round(time.Millisecond))
			p.must(http.StatusOK, "GET", "/.backstage/health/v1/liveness", "")
		}
		srv.Start()
		accepting, base := time.Now(), acked.Load()
		write := apptest.Until(t, r.back, "a write succeeds again", func() bool { return acked.Load() > base })
		ready := apptest.Until(t, 3*time.Second, "the portal is ready again", func() bool {
			status, _, _, err := p.ask("GET", "/.backstage/health/v1/readiness", "")
			return err == nil && status == http.StatusOK
		})
		t.Logf("%s: away for %s, then a write after %s, ready after %s", r.name, accepting.Sub(gone).Round(time.Millisecond), write.Round(time.Millisecond), ready.Round(time.Millisecond))
		time.Sleep(300 * time.Millisecond)
		stopLoad()
		wg.Wait()
		if failed.Load() > 0 {
			t.Errorf("%s: %d of %d reads failed", r.name, failed.Load(), reads.Load())
		}

		took := apptest.Until(t, 5*time.Second, "what was saved during the outage is served", func() bool {
			return p.component("alone").Metadata.Description == "saved while it was away: "+r.name
		})
		t.Logf("%s: a file saved during it is served, at most %s after the load's end", r.name, took.Round(time.Millisecond))

		// The files' last content is served without being asked for, though they changed while nobody could note it.
		begun := time.Now()
		apptest.Until(t, 10*time.Second, "what was written to the files is served", func() bool {
			for i := range min(9, edits) {
				last := edits - 1 - i
				if p.component(fmt.Sprintf("steady-%d-0003", last%9)).Metadata.Description != fmt.Sprintf("%s edit %d", r.name, last) {
					return false
				}
			}
			return true
		})
		t.Logf("%s: %d reads, %d acknowledged writes, %d refused, %d edits, all served %s after the last", r.name, reads.Load(), acked.Load(), refusals.Load(), edits, time.Since(begun).Round(time.Millisecond))

		// Every acknowledged write is in the log, in order. A commit whose answer was lost may be beside them.
		var log []string
		for _, c := range p.changes(0) {
			if c.Ref == "component:default/steady-9-0019" && (c.Op == "removed" || c.Op == "restored") {
				log = append(log, c.Op)
			}
		}
		for i := 1; i < len(log); i++ {
			if log[i] == log[i-1] {
				t.Fatalf("%s: the log has %s twice in a row", r.name, log[i])
			}
		}
		known += len(ledger)
		if len(log) < known {
			t.Errorf("%s: %d writes were acknowledged, and the log has %d", r.name, known, len(log))
		}

		// A request works, a change is seen.
		at := p.source(glob).LastSuccessAt
		p.must(http.StatusAccepted, "POST", "/api/catalog/sources/"+src.ID+"/refresh", "")
		apptest.Until(t, 3*time.Second, "a refresh request is acted on", func() bool { return p.source(glob).LastSuccessAt.After(*at) })
		text := fmt.Sprintf("after cycle %d", cycle)
		save(t, file(0), declare(text, named("steady-0", 20)...))
		apptest.Until(t, 3*time.Second, "a change of a file is seen", func() bool { return p.component("steady-0-0003").Metadata.Description == text })
	}
	// The sweep is a periodic job, which needs a leader to be elected again.
	pool, err := pg.Open(t.Context(), pg.Options{DSN: srv.DSN(), MaxConns: 1})
	if err != nil {
		t.Fatal(err)
	}
	at := p.source(glob).LastSuccessAt
	if _, err := pool.Exec(t.Context(), `UPDATE catalog_sources SET next_at = now() - interval '1 second'`); err != nil {
		t.Fatal(err)
	}
	pool.Close()
	took := apptest.Until(t, 40*time.Second, "the sweep finds what is due", func() bool { return p.source(glob).LastSuccessAt.After(*at) })
	t.Logf("the sweep acted after %s", took.Round(time.Millisecond))
	httpClient.CloseIdleConnections()
	var extra []string
	for end := time.Now().Add(5 * time.Second); time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		if extra = leaked(before); len(extra) == 0 || total(goroutines()) <= total(before)+10 {
			return
		}
	}
	t.Errorf("there were %d goroutines before, and there are %d:\n%s", total(before), total(goroutines()), strings.Join(extra, "\n"))
}

func total(m map[string]int) (n int) {
	for _, c := range m {
		n += c
	}
	return n
}
