package fault

import (
	"fmt"
	"net/http"
	"path/filepath"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"portico/internal/app/apptest"
	"portico/internal/pg/pgtest"
)

// A thousand writes on five entities by 25 clients, on two replicas. Each that was answered with success is
// one change, each that was refused is none, and what the log says of an entity happened one after the other.
func TestThousandConcurrentWrites(t *testing.T) {
	const clients, each, entities = 25, 40, 5
	dir := t.TempDir()
	write(t, filepath.Join(dir, "one.yaml"), declare("x", named("fought-for", entities)...))
	dsn, text := pgtest.DSN(t), fileSource(filepath.Join(dir, "*.yaml"))
	a, b := start(t, dsn, text), start(t, dsn, text)
	a.settle(30 * time.Second)
	names := named("fought-for", entities)
	uids := make([]string, entities)
	for i, n := range names {
		uids[i] = a.component(n).Metadata.UID
	}
	base := a.revision()

	type key struct {
		entity int
		op     string
	}
	var mu sync.Mutex
	done := map[key]int{}
	revisions := map[string]int{}
	var refused, registered, conflicts atomic.Int64
	var wg sync.WaitGroup
	begun := time.Now()
	for c := range clients {
		wg.Go(func() {
			p := []*portal{a, b}[c%2]
			for n := range each {
				i := (c + n) % entities
				switch (c*7 + n) % 8 {
				case 0: // registrations of few targets: one of all wins, and unregistering goes on beside
					target := fmt.Sprintf(`{"type":"url","target":"https://nobody.invalid/%d.yaml"}`, n%3)
					status, _, body, err := p.ask("POST", "/api/catalog/locations", target)
					switch {
					case err == nil && status == http.StatusCreated:
						registered.Add(1)
					case err == nil && status == http.StatusConflict:
						conflicts.Add(1)
					default:
						t.Errorf("register: %d %s %v", status, cut(body), err)
					}
				case 1:
					status, _, body, err := p.ask("POST", "/api/catalog/refresh", `{"entityRef":"component:default/`+names[i]+`"}`)
					if err != nil || status != http.StatusOK && status != http.StatusNotFound {
						t.Errorf("refresh: %d %s %v", status, cut(body), err)
					}
				default:
					op, path, want := "removed", "remove", http.StatusNoContent
					if (c+n/2)%2 == 1 {
						op, path, want = "restored", "restore", http.StatusOK
					}
					status, head, body, err := p.ask("POST", "/api/catalog/entities/by-uid/"+uids[i]+"/"+path, "")
					switch {
					case err == nil && status == want:
						mu.Lock()
						done[key{i, op}]++
						revisions[head.Get("Portico-Revision")]++
						mu.Unlock()
					case err == nil && status == http.StatusNotFound:
						refused.Add(1) // it is so already
					default:
						t.Errorf("%s: %d %s %v", path, status, cut(body), err)
					}
				}
			}
		})
	}
	wg.Wait()
	t.Logf("%d writes in %s: %d changed an entity, %d came too late, %d registered, %d were there already",
		clients*each, time.Since(begun).Round(time.Millisecond), len(revisions), refused.Load(), registered.Load(), conflicts.Load())
	if len(revisions) < 20 || registered.Load() != 3 {
		t.Errorf("%d writes succeeded and %d registrations: the test fights for nothing, or more than one won", len(revisions), registered.Load())
	}
	for rev, n := range revisions {
		if n > 1 {
			t.Errorf("%d writes were answered with revision %s", n, rev)
		}
	}

	var acknowledged int64
	for rev := range revisions {
		n, err := strconv.ParseInt(rev, 10, 64)
		if err != nil {
			t.Fatalf("Portico-Revision %q is no number", rev)
		}
		acknowledged = max(acknowledged, n)
	}
	// The log of a replica ends where the replica is, and the last write may have gone to the other one.
	apptest.Until(t, other, "the replica asked has followed the last write", func() bool { return a.revision() >= acknowledged })

	logged := map[key]int{}
	var last int64
	state := map[string]string{}
	for _, c := range a.changes(base) {
		if c.Revision <= last {
			t.Fatalf("revision %d follows %d", c.Revision, last)
		}
		last = c.Revision
		i := slices.Index(names, c.Ref[len("component:default/"):])
		if i < 0 {
			continue // the Location entities of the registered ones
		}
		logged[key{i, c.Op}]++
		switch before := state[c.Ref]; {
		case c.Op == "removed" && before == "removed":
			t.Errorf("revision %d removes %s, which was removed", c.Revision, c.Ref)
		case c.Op == "restored" && before != "removed":
			t.Errorf("revision %d restores %s, which was %q", c.Revision, c.Ref, before)
		case c.Op != "removed" && c.Op != "restored":
			t.Errorf("revision %d: %s of %s, which nobody asked for", c.Revision, c.Op, c.Ref)
		}
		state[c.Ref] = c.Op
	}
	for k, n := range done {
		if logged[k] != n {
			t.Errorf("%s was %s %d times, and the log knows %d", names[k.entity], k.op, n, logged[k])
		}
	}
	for k, n := range logged {
		if done[k] != n {
			t.Errorf("the log has %s %s %d times, and %d were acknowledged", names[k.entity], k.op, n, done[k])
		}
	}
	apptest.Until(t, other, "both replicas show what the log says", func() bool {
		for _, n := range names {
			gone := state["component:default/"+n] == "removed"
			if (a.component(n) == nil) != gone || (b.component(n) == nil) != gone {
				return false
			}
		}
		return true
	})
}
