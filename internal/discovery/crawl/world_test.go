package crawl

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"

	"portico/internal/catalog"
	"portico/internal/forge/forgetest"
	"portico/internal/forge/git"
	"portico/internal/pg"
	"portico/internal/pg/pgtest"
)

// world is a catalog with one provider of a host.
type world struct {
	t       *testing.T
	host    *forgetest.Host
	p       *Provider
	crawler *Crawler
	worker  *catalog.RefreshWorker
	source  string
}

func newWorld(t *testing.T) *world {
	t.Helper()
	db := pgtest.New(t)
	log := slog.New(slog.DiscardHandler)
	client, err := git.New(git.Options{AllowFile: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = client.Close() })
	host := forgetest.New(t)
	w := &world{t: t, host: host, p: &Provider{ID: "github:acme", Kind: "github", Account: "acme", BaseURL: "https://git.test", Forge: host, Webhooks: true}}
	w.crawler = &Crawler{DB: db, Providers: Providers{w.p}, Git: client, CloneDir: t.TempDir(), Log: log}
	store := catalog.NewStore(db)
	ids, err := store.SetDeclared(t.Context(), catalog.FromConfig, []catalog.Declared{{Location: w.p.Location(), Rules: []catalog.Rule{{Any: true}}}})
	if err != nil {
		t.Fatal(err)
	}
	w.source = ids[0]
	w.worker = &catalog.RefreshWorker{Refresher: &catalog.Refresher{Store: store, Crawler: w.crawler, Reader: noReader{}, Every: time.Hour, Log: log}}
	return w
}

// noReader is for a catalog whose descriptors lead nowhere.
type noReader struct{ catalog.Reader }

// crawl is what the schedule does.
func (w *world) crawl() *catalog.Source {
	w.t.Helper()
	return w.crawlWith(w.t.Context())
}

func (w *world) crawlWith(ctx context.Context) *catalog.Source {
	w.t.Helper()
	err := w.worker.Work(ctx, &river.Job[catalog.RefreshArgs]{
		JobRow: &rivertype.JobRow{Attempt: 1, MaxAttempts: 5, CreatedAt: time.Now()}, Args: catalog.RefreshArgs{SourceID: w.source, Actor: "test"},
	})
	if err != nil && !errors.Is(err, context.Canceled) {
		w.t.Fatal(err)
	}
	s, err := w.worker.Refresher.Store.Source(w.t.Context(), w.source)
	if err != nil {
		w.t.Fatal(err)
	}
	return s
}

// entity is what a test looks at of one.
type entity struct{ Location, State, UID string }

// entities of the catalog but for the sources' own, by name.
func (w *world) entities() map[string]entity {
	w.t.Helper()
	rows, err := w.crawler.DB.Query(w.t.Context(), `SELECT ref, location, state, uid::text FROM catalog_entities WHERE ref NOT LIKE 'location:%generated-%'`)
	if err != nil {
		w.t.Fatal(err)
	}
	out := map[string]entity{}
	var ref string
	var e entity
	if _, err := pgx.ForEachRow(rows, []any{&ref, &e.Location, &e.State, &e.UID}, func() error {
		out[ref[strings.LastIndexByte(ref, '/')+1:]] = e
		return nil
	}); err != nil {
		w.t.Fatal(err)
	}
	return out
}

// states is entities without all but their states.
func (w *world) states() map[string]string {
	w.t.Helper()
	out := map[string]string{}
	for name, e := range w.entities() {
		out[name] = e.State
	}
	return out
}

func (w *world) wantStates(when string, want map[string]string) {
	w.t.Helper()
	if diff := cmp.Diff(want, w.states()); diff != "" {
		w.t.Errorf("%s (-want +got):\n%s", when, diff)
	}
}

func (w *world) wantRequests(when string, want map[string]int) {
	w.t.Helper()
	if diff := cmp.Diff(want, w.host.Requests()); diff != "" {
		w.t.Errorf("requests of %s (-want +got):\n%s", when, diff)
	}
}

// value is one value of the database.
func value[T any](w *world, query string, args ...any) T {
	w.t.Helper()
	v, err := pg.Collect1(w.t.Context(), w.crawler.DB, pgx.RowTo[T], query, args...)
	if err != nil {
		w.t.Fatal(err)
	}
	return v
}

// declared is a descriptor.
func declared(name string) string {
	return "apiVersion: backstage.io/v1alpha1\nkind: Component\nmetadata:\n  name: " + name + "\nspec:\n  type: service\n  lifecycle: production\n  owner: team-a\n"
}
