package crawl

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"portico/internal/catalog"
	"portico/internal/errs"
	"portico/internal/forge"
	"portico/internal/forge/forgetest"
)

// deliver keeps a delivery as the route does.
func (w *world) deliver(e forge.Event) {
	w.t.Helper()
	header, body := forgetest.Delivery(e)
	if err := w.crawler.keep(w.t.Context(), w.p, header, body); err != nil {
		w.t.Fatal(err)
	}
}

// news is what the loop over deliveries does.
func (w *world) news() {
	w.t.Helper()
	if err := w.worker.Refresher.News(w.t.Context(), w.source, "test"); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) waitingDeliveries() int {
	return value[int](w, `SELECT count(*)::int FROM forge_deliveries WHERE done_at IS NULL`)
}

func TestPush(t *testing.T) {
	w := newWorld(t)
	id := w.host.Create("acme/a", map[string]string{"catalog-info.yaml": declared("a")})
	w.host.Create("acme/b", map[string]string{"catalog-info.yaml": declared("b")})
	before := w.crawl()
	w.host.Requests()
	commit := w.host.Push(id, map[string]string{"catalog-info.yaml": declared("a2")})
	event := forge.Event{Delivery: "1", Name: "push", What: forge.Pushed, RepositoryID: id, Repository: "acme/a", Branch: "main", Commit: commit}
	w.deliver(event)
	w.deliver(event) // once more, as hosts do
	w.news()
	w.wantStates("a push", map[string]string{"a": "missing", "a2": "active", "b": "active"})
	w.wantRequests("a push", map[string]int{"some": 1})
	if n := value[int](w, `SELECT count(*)::int FROM forge_deliveries`); n != 1 || w.waitingDeliveries() != 0 {
		t.Errorf("%d deliveries are kept, %d wait", n, w.waitingDeliveries())
	}
	w.deliver(event)
	w.news()
	w.wantRequests("an old delivery", map[string]int{})
	after, err := w.worker.Refresher.Store.Source(t.Context(), w.source)
	if err != nil || !after.NextAt.Equal(*before.NextAt) || after.State != "current" {
		t.Errorf("news moved the schedule from %v to %v (%v), state %s", before.NextAt, after.NextAt, err, after.State)
	}
}

// A repository that is made after the crawl comes with its delivery.
func TestCreatedByDelivery(t *testing.T) {
	w := newWorld(t)
	w.host.Create("acme/a", map[string]string{"catalog-info.yaml": declared("a")})
	w.crawl()
	id := w.host.Create("acme/new", map[string]string{"catalog-info.yaml": declared("new")})
	w.deliver(forge.Event{Delivery: "1", Name: "repository", What: forge.RepositoryChanged, RepositoryID: id, Repository: "acme/new"})
	w.news()
	w.wantStates("a new repository", map[string]string{"a": "active", "new": "active"})
	w.crawl()
	w.wantStates("a crawl after it", map[string]string{"a": "active", "new": "active"})
}

// A host that cannot be asked loses no delivery.
func TestDeliveryWaits(t *testing.T) {
	w := newWorld(t)
	id := w.host.Create("acme/a", map[string]string{"catalog-info.yaml": declared("a")})
	w.crawl()
	w.host.Push(id, map[string]string{"catalog-info.yaml": declared("a2")})
	w.deliver(forge.Event{Delivery: "1", Name: "push", What: forge.Pushed, RepositoryID: id})
	w.host.Fail(func(string) error { return errs.New(errs.Unavailable, "the host is away") })
	if err := w.worker.Refresher.News(t.Context(), w.source, "test"); !errs.Is(err, errs.Unavailable) {
		t.Errorf("got %v", err)
	}
	if why := value[string](w, `SELECT error FROM forge_deliveries WHERE done_at IS NULL AND attempts = 1 AND retry_at > now()`); why != "the host is away" {
		t.Errorf("it says %q", why)
	}
	w.host.Fail(nil)
	if _, err := w.crawler.DB.Exec(t.Context(), `UPDATE forge_deliveries SET retry_at = now()`); err != nil {
		t.Fatal(err)
	}
	w.news()
	w.wantStates("after the host is back", map[string]string{"a": "missing", "a2": "active"})
	if w.waitingDeliveries() != 0 {
		t.Error("the delivery still waits")
	}
}

// Many deliveries, duplicated and in any order, are few readings, and each repository is read after its last.
func TestStorm(t *testing.T) {
	w := newWorld(t)
	ids := make([]string, 20)
	for i := range ids {
		ids[i] = w.host.Create(fmt.Sprintf("acme/r%02d", i), map[string]string{"catalog-info.yaml": declared(fmt.Sprintf("r%02d", i))})
	}
	w.crawl()
	w.host.Requests()
	const events = 10_000
	order := rand.New(rand.NewPCG(1, 2)).Perm(events)
	halves := [][]int{order[:events/2], order[events/2:]}
	for n, half := range halves {
		for _, id := range ids {
			w.host.Push(id, map[string]string{"n.txt": fmt.Sprint(n + 1)})
		}
		rows := make([][]any, len(half))
		for i, e := range half {
			rows[i] = []any{fmt.Sprintf("d%d", e*7/10), ids[e%len(ids)]} // three of ten are the same as others
		}
		for _, r := range rows {
			if _, err := w.crawler.DB.Exec(t.Context(), `
				INSERT INTO forge_deliveries (provider, delivery_id, event, what, repo_id) VALUES ('github:acme', $1, 'push', 1, $2) ON CONFLICT DO NOTHING`, r...); err != nil {
				t.Fatal(err)
			}
		}
		for range 20 { // while repositories rest
			w.news()
		}
	}
	for _, id := range ids {
		if n := w.host.Asked(id); n != 1 {
			t.Errorf("%s was asked for %d times before it had rested", id, n)
		}
	}
	if w.waitingDeliveries() == 0 {
		t.Error("no delivery waits, although repositories rest")
	}
	if _, err := w.crawler.DB.Exec(t.Context(), `UPDATE forge_repositories SET told_at = told_at - make_interval(secs => $1)`, restFor.Seconds()); err != nil {
		t.Fatal(err)
	}
	w.news()
	if n := w.waitingDeliveries(); n != 0 {
		t.Errorf("%d deliveries wait", n)
	}
	if n := value[int](w, `SELECT count(*)::int FROM forge_repositories WHERE read_head <> wants`); n != 0 {
		t.Errorf("%d repositories were not read after their last delivery", n)
	}
	for _, id := range ids {
		if n := w.host.Asked(id); n != 2 {
			t.Errorf("%s was asked for %d times", id, n)
		}
	}
}

// While a crawl is on, deliveries are taken along.
func TestNewsDuringCrawl(t *testing.T) {
	w := newWorld(t)
	w.host.PageSize = 1
	first := w.host.Create("acme/a", map[string]string{"catalog-info.yaml": declared("a")})
	w.host.Create("acme/b", map[string]string{"catalog-info.yaml": declared("b")})
	w.host.Create("acme/c", map[string]string{"catalog-info.yaml": declared("c")})
	w.crawl()
	w.host.Push(first, map[string]string{"n.txt": "x"})
	w.deliver(forge.Event{Delivery: "1", Name: "repository", What: forge.RepositoryGone, RepositoryID: first, Repository: "acme/a"})
	x := w.crawler.pass(w.p, catalog.Known{}, func([]catalog.File) error { return nil })
	x.lastNews = time.Time{}
	if err := x.begin(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := x.news(t.Context()); err != nil {
		t.Fatal(err)
	}
	if !x.done[first] || len(x.pending) != 1 {
		t.Errorf("a delivery was not taken along: %v, %v", x.done, x.pending)
	}
	if w.waitingDeliveries() != 1 {
		t.Error("a delivery is done before it is applied")
	}
	if err := x.applied(t.Context()); err != nil {
		t.Fatal(err)
	}
	if w.waitingDeliveries() != 0 {
		t.Error("a delivery that is applied waits")
	}
}
