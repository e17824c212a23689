package fault

import (
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"portico/internal/app/apptest"
)

type record struct {
	Seq             int64
	Action, Target  string
	Outcome         string
	Actor, Address  string
	Detail          struct{ Before string }
	RequestID, Prev string
}

// records returns the whole audit log, the oldest first.
func (c client) records() (list []record) {
	c.t.Helper()
	_, text := c.must(200, "GET", "/api/portico/audit/export", "")
	for line := range strings.SplitSeq(strings.TrimSpace(string(text)), "\n") {
		if line == "" {
			continue
		}
		var r record
		if err := json.Unmarshal([]byte(line), &r); err != nil {
			c.t.Fatalf("%v: %s", err, line)
		}
		list = append(list, r)
	}
	return list
}

// registered returns what is registered, by target.
func (c client) registered() map[string]string {
	c.t.Helper()
	var list []struct{ Data struct{ ID, Target string } }
	c.get("/api/catalog/locations", &list)
	m := map[string]string{}
	for _, l := range list {
		m[l.Data.Target] = l.Data.ID
	}
	return m
}

// The portal is killed four times while four callers register locations, point them elsewhere and unregister them. After
// each start the locations are exactly those that the records lead to: nothing was done without its record, nothing is
// recorded that was not done, what was answered is there, and the chain holds.
func TestKilledDuringChanges(t *testing.T) {
	t.Parallel()
	const kills, callers = 4, 4
	seed := uint64(time.Now().UnixNano())
	if s := os.Getenv("PORTICO_SEED"); s != "" {
		seed, _ = strconv.ParseUint(s, 10, 64)
	}
	t.Logf("seed %d (PORTICO_SEED repeats it)", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	bin := program(t)
	home := shortDir(t)
	pgDir := filepath.Join(home, "postgres")
	files := configFiles(t, t.TempDir(), "portico:\n  catalog: {refreshInterval: 10m}\n")

	var mu sync.Mutex
	answered := map[string]int{} // by action and target: how often the portal said that it was done
	done := func(action, target string) {
		mu.Lock()
		defer mu.Unlock()
		answered[action+" url:"+target]++
	}
	total := 0
	for round := range kills {
		p := launch(t, bin, pgDir, files)
		p.ready(30 * time.Second)
		var wg sync.WaitGroup
		for caller := range callers {
			wg.Go(func() {
				for n := 0; ; n++ {
					target := fmt.Sprintf("https://nowhere.invalid/%d/%d/%d.yaml", round, caller, n)
					status, _, text, err := p.ask("POST", "/api/catalog/locations", `{"type":"url","target":"`+target+`"}`)
					if err != nil {
						return // killed
					}
					var made struct{ Location struct{ ID string } }
					if status != 201 || json.Unmarshal(text, &made) != nil {
						continue // the database went away first
					}
					done("catalog.location.register", target)
					path := "/api/catalog/locations/" + made.Location.ID
					switch n % 3 {
					case 1:
						status, _, _, err = p.ask("PUT", path, `{"type":"url","target":"`+target+`?moved"}`)
						if err == nil && status == 200 {
							done("catalog.location.update", target+"?moved")
						}
					case 2:
						status, _, _, err = p.ask("DELETE", path, "")
						if err == nil && status == 204 {
							done("catalog.location.unregister", target)
						}
					}
					if err != nil {
						return
					}
				}
			})
		}
		time.Sleep(time.Second + time.Duration(random.Int64N(int64(500*time.Millisecond)))) // the kill's moment is what is random here
		p.end(syscall.SIGKILL)
		wg.Wait()

		p = launch(t, bin, pgDir, files)
		p.ready(30 * time.Second)
		want := map[string]bool{}
		recorded := map[string]int{}
		for _, r := range p.records() {
			if r.Outcome != "allowed" {
				t.Errorf("record %d: %+v", r.Seq, r)
			}
			recorded[r.Action+" "+r.Target]++
			target := strings.TrimPrefix(r.Target, "url:")
			switch r.Action {
			case "catalog.location.register":
				want[target] = true
			case "catalog.location.update":
				delete(want, strings.TrimPrefix(r.Detail.Before, "url:"))
				want[target] = true
			case "catalog.location.unregister":
				delete(want, target)
			default:
				t.Errorf("record %d: %+v", r.Seq, r)
			}
		}
		got := p.registered()
		for target := range got {
			if !want[target] {
				t.Errorf("round %d: %s is registered without a record", round, target)
			}
		}
		for target := range want {
			if got[target] == "" {
				t.Errorf("round %d: %s is recorded, and was not done", round, target)
			}
		}
		for _, what := range slices.Sorted(maps.Keys(answered)) {
			if recorded[what] != answered[what] {
				t.Errorf("round %d: %s was answered %d times and recorded %d times", round, what, answered[what], recorded[what])
			}
		}
		var chain struct {
			OK      bool
			Records int
			Broken  json.RawMessage
		}
		p.get("/api/portico/audit/status", &chain)
		if !chain.OK {
			t.Errorf("round %d: the chain is broken: %s", round, chain.Broken)
		}
		if chain.Records <= total {
			t.Errorf("round %d: %d records after %d: nothing happened before the kill", round, chain.Records, total)
		}
		total = chain.Records
		p.end(syscall.SIGTERM)
	}
	t.Logf("%d records", total)
	apptest.Until(t, 5*time.Second, "no PostgreSQL is left over", func() bool { return len(servers(home)) == 0 })
}
