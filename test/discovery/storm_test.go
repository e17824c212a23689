package discovery

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"portico/internal/app/apptest"
	"portico/internal/forge/githubtest"
)

// readings notes when a host was asked for which repositories by their ids.
type readings struct {
	next http.Handler

	mu sync.Mutex
	at map[string][]time.Time
}

func (h *readings) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if strings.HasSuffix(r.URL.Path, "/graphql") {
		text, err := io.ReadAll(r.Body)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		var q struct{ Variables struct{ IDs []string } }
		if json.Unmarshal(text, &q) == nil {
			h.mu.Lock()
			for _, id := range q.Variables.IDs {
				h.at[id] = append(h.at[id], time.Now())
			}
			h.mu.Unlock()
		}
		r.Body = io.NopCloser(bytes.NewReader(text))
	}
	h.next.ServeHTTP(w, r)
}

// deliver sends a delivery as GitHub does, with an id of its own, and returns what was answered.
func (p *portal) deliver(d githubtest.Delivery, id string) (status int, err error) {
	r, err := http.NewRequestWithContext(p.t.Context(), http.MethodPost, p.url+"/api/portico/webhooks/github:yourOrg", bytes.NewReader(d.Body))
	if err != nil {
		return 0, err
	}
	r.Header = d.Header.Clone()
	r.Header.Set("X-GitHub-Delivery", id)
	resp, err := httpClient.Do(r)
	if err != nil {
		return 0, err
	}
	defer resp.Body.Close()
	_, err = io.Copy(io.Discard, resp.Body)
	return resp.StatusCode, err
}

// Ten thousand deliveries, each twice and in no order: all are taken, each repository is read after the last of them, and
// none is read more often than twice in ten seconds.
func TestStorm(t *testing.T) {
	g := newGitHub(t)
	seen := &readings{next: g, at: map[string][]time.Time{}}
	g.host = secure(t, seen)
	const repositories, before, after = 20, 240, 10 // deliveries of each, apart from that each is sent twice
	name := func(i int) string { return fmt.Sprintf("svc-%04d", i) }
	for i := range repositories {
		g.AddRepository(githubtest.Repository{Owner: "your-org", Name: name(i), Files: map[string]string{"catalog-info.yaml": descriptor(name(i), "first")}})
	}
	p := start(t, "", g.config(""))
	apptest.Until(t, time.Minute, "all are read", func() bool {
		return p.provider("github:yourOrg").LastWhole != nil && p.count("component") == repositories
	})
	collect := httptest.NewServer(http.NotFoundHandler())
	defer collect.Close()
	g.Hook(collect.URL, secret)
	for i := range repositories {
		g.Push("your-org/"+name(i), map[string][]byte{"catalog-info.yaml": []byte(descriptor(name(i), "second"))})
	}
	bodies := g.Deliveries()
	g.Unhook()

	type sent struct {
		repo int
		id   string
	}
	storm := func(from, to int) (list []sent) {
		for i := range repositories {
			for n := from; n < to; n++ {
				s := sent{i, fmt.Sprintf("storm-%d-%d", i, n)}
				list = append(list, s, s)
			}
		}
		random := rand.New(rand.NewPCG(1, uint64(from)))
		random.Shuffle(len(list), func(a, b int) { list[a], list[b] = list[b], list[a] })
		return list
	}
	var mu sync.Mutex
	var took []time.Duration
	send := func(list []sent) {
		work := make(chan sent)
		var all sync.WaitGroup
		for range 16 {
			all.Go(func() {
				for s := range work {
					begun := time.Now()
					status, err := p.deliver(bodies[s.repo], s.id)
					d := time.Since(begun)
					mu.Lock()
					if took = append(took, d); err != nil || status != http.StatusAccepted {
						t.Errorf("a delivery was answered %d: %v", status, err)
					}
					mu.Unlock()
				}
			})
		}
		for _, s := range list {
			work <- s
		}
		close(work)
		all.Wait()
	}
	begun := time.Now()
	send(storm(0, before))
	for i := range repositories {
		g.Push("your-org/"+name(i), map[string][]byte{"catalog-info.yaml": []byte(descriptor(name(i), "last"))})
	}
	send(storm(before, before+after))
	slices.Sort(took)
	t.Logf("%d deliveries in %s; half were taken within %s, 99 %% within %s, all within %s", len(took), time.Since(begun).Round(10*time.Millisecond),
		took[len(took)/2].Round(time.Millisecond/10), took[len(took)*99/100].Round(time.Millisecond/10), took[len(took)-1].Round(time.Millisecond/10))
	if len(took) != 10_000 {
		t.Errorf("%d deliveries were sent", len(took))
	}
	for i := range repositories {
		apptest.Until(t, 30*time.Second, "the last push to "+name(i)+" is there", func() bool { return p.entity("component/"+name(i)).Metadata.Description == "last" })
	}
	apptest.Until(t, 30*time.Second, "no delivery waits", func() bool { return p.provider("github:yourOrg").DeliveriesWaiting == 0 })
	if n := sql[int](p, `SELECT count(*)::int FROM forge_deliveries`); n != 5000 {
		t.Errorf("%d deliveries are kept, not 5,000", n)
	}
	seen.mu.Lock()
	defer seen.mu.Unlock()
	most := 0
	for id, at := range seen.at {
		most = max(most, len(at))
		for i := 2; i < len(at); i++ {
			if d := at[i].Sub(at[i-2]); d < 10*time.Second {
				t.Errorf("%s was read three times within %s", id, d)
			}
		}
	}
	if len(seen.at) != repositories {
		t.Errorf("%d repositories were read", len(seen.at))
	}
	t.Logf("each repository was read at most %d times", most)
}
