package catalog

import (
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"

	"portico/internal/catalog/index"
	"portico/internal/httpx"
	"portico/internal/identity/audit"
	"portico/internal/pg"
)

// testGuard shows what its restriction shows, and lets change what may says.
type testGuard struct {
	mu   sync.Mutex
	see  *index.Restriction
	deny func(httpx.Permission, *index.Doc) error
}

func (g *testGuard) Seen(context.Context) *index.Restriction {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.see
}

func (g *testGuard) May(_ context.Context, p httpx.Permission, doc *index.Doc) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.deny == nil {
		return nil
	}
	return g.deny(p, doc)
}

func (g *testGuard) Forbids(ctx context.Context, p httpx.Permission, doc *index.Doc) error {
	return g.May(ctx, p, doc)
}

func (g *testGuard) set(see *index.Restriction, deny func(httpx.Permission, *index.Doc) error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.see, g.deny = see, deny
}

// onlyUnhidden hides what is labelled so, and the locations that hold nothing else.
const onlyUnhidden = `{"$not":{"$any":[{"metadata.labels.hidden":"true"},
	{"spec.target":{"$hasPrefix":"/hidden"}},{"spec.target":{"$hasPrefix":"https://hidden."}}]}}`

// onlyListed shows what is named, so that what nobody thought of is hidden.
const onlyListed = `{"$any":[{"metadata.labels.shown":"true"},{"$all":[{"kind":"location"},{"$any":[
	{"spec.target":{"$hasPrefix":"/pub"}},{"spec.target":{"$hasPrefix":"https://example."}}]}]}]}`

func restrictedTo(t testing.TB, predicate string) *index.Restriction {
	t.Helper()
	f, err := index.ParsePredicate([]byte(predicate))
	if err != nil {
		t.Fatal(err)
	}
	return index.Restrict(f)
}

// doc writes one document. What is hidden is labelled so.
func doc(kind, name string, hidden bool, spec string) string {
	label := "shown: \"true\""
	if hidden {
		label = "hidden: \"true\""
	}
	return "apiVersion: backstage.io/v1alpha1\nkind: " + kind + "\nmetadata:\n  name: " + name + "\n  labels: {" + label + "}\n  tags: [java, " + name + "]\nspec: {" + spec + "}\n"
}

// guarded is a catalog behind a guard and a real server.
type guarded struct {
	*world
	guard  *testGuard
	routes *httpx.Registry
	url    string
	srcs   map[string]*Source
}

// newGuarded makes a world that holds hidden entities of every sort, or the same one that never did. What it answers
// comes from like, if that is given: what is random by nature (uids, ids of locations), times and revisions.
func newGuarded(t *testing.T, withHidden bool, like *guarded) *guarded {
	w := newWorld(t)
	a := &guarded{world: w, guard: &testGuard{}, routes: new(httpx.Registry), srcs: map[string]*Source{}}
	a.tell(withHidden)
	if like != nil {
		a.alignWith(like)
		w.ix = index.New(index.Options{})
		w.follower = &Follower{Store: w.store, Index: w.ix, Log: w.follower.Log}
	}
	w.catchUp()
	a.serve()
	return a
}

// tell makes the world: everything that a catalog lives through.
func (a *guarded) tell(withHidden bool) {
	w, t := a.world, a.t
	with := func(shown, hidden string) string {
		if withHidden {
			return shown + "---\n" + hidden
		}
		return shown
	}
	w.set("/pub/team.yaml", with(doc("Group", "team-a", false, "type: team, children: []"),
		doc("Group", "secret-team", true, "type: team, children: [team-a], parent: team-a, members: [pat]")))
	w.set("/pub/pat.yaml", doc("User", "pat", false, "memberOf: [team-a]"))
	w.set("/pub/system.yaml", with(doc("System", "checkout", false, "owner: team-a"), doc("Domain", "secret-domain", true, "owner: team-a")))
	w.set("/pub/api.yaml", doc("API", "cart", false, "type: openapi, lifecycle: production, owner: team-a, system: checkout, definition: x"))
	w.set("/pub/shop.yaml", with(doc("Component", "shop", false, "type: service, lifecycle: production, owner: team-a, system: checkout, consumesApis: [cart], dependsOn: [\"component:secret-core\", \"resource:db\"]"),
		doc("Component", "shop-secret", true, "type: service, lifecycle: production, owner: team-a, system: checkout, subcomponentOf: shop, dependsOn: [\"component:shop\"]")))
	w.set("/pub/db.yaml", doc("Resource", "db", false, "type: database, owner: secret-team"))
	w.set("/pub/broken.yaml", with(doc("Component", "broken", false, "type: service, lifecycle: production, owner: team-a"),
		doc("Component", "broken-secret", true, "type: service, lifecycle: production, owner: team-a")))
	w.set("/pub/half.yaml", with(doc("Component", "half", false, "type: service, lifecycle: production, owner: team-a"),
		doc("Component", "half-secret", true, "type: service, lifecycle: production, owner: team-a")))
	for _, name := range []string{"miss", "miss2", "gone", "gone2", "keep"} {
		w.set("/pub/"+name+".yaml", doc("Component", name, false, "type: service, lifecycle: production, owner: team-a"))
		if withHidden {
			w.set("/pub/z-secret-"+name+".yaml", doc("Component", "secret-"+name, true, "type: service, lifecycle: experimental, owner: team-a, dependsOn: [\"component:shop\"]"))
		}
	}
	w.files["file:/pub/dup.yaml"] = doc("Component", "keep", false, "type: library, lifecycle: production, owner: team-a")
	w.files["url:https://example.com/all.yaml"] = doc("Component", "remote", false, "type: service, lifecycle: production, owner: team-a, providesApis: [cart]")
	w.files["url:https://example.com/second.yaml"] = doc("Component", "second", false, "type: service, lifecycle: production, owner: team-a")
	if withHidden {
		w.set("/hidden/core.yaml", doc("Component", "secret-core", true, "type: service, lifecycle: deprecated, owner: team-a, system: checkout, providesApis: [cart], dependencyOf: [\"component:shop\"], dependsOn: [\"resource:db\"]")+
			"---\n"+doc("User", "secret-user", true, "memberOf: [team-a]")+"---\n"+doc("API", "secret-api", true, "type: grpc, lifecycle: production, owner: team-a, definition: x"))
		w.set("/hidden/old.yaml", doc("Component", "secret-old", true, "type: service, lifecycle: production, owner: team-a"))
		w.set("/hidden/dup.yaml", doc("Component", "secret-core", true, "type: other, lifecycle: production, owner: team-a"))
		w.set("/hidden/bad.yaml", "kind: Component\nmetadata: {name: secret-bad}\n")
		for i := range 15 {
			w.set("/hidden/held-"+string(rune('a'+i))+".yaml", doc("Component", "secret-held-"+string(rune('a'+i)), true, "type: service, lifecycle: production, owner: team-a"))
		}
		w.files["url:https://hidden.example.com/all.yaml"] = doc("Component", "secret-remote", true, "type: service, lifecycle: production, owner: team-a, dependsOn: [\"component:shop\", \"component:remote\"]")
	}
	// Somebody claims a name that is taken in the one world; it is looked at, and not registered.
	w.files["url:https://example.com/claims.yaml"] = doc("Component", "secret-core", false, "type: service, lifecycle: production, owner: team-a")
	targets := []string{"/pub/*.yaml"}
	if withHidden {
		targets = append(targets, "/hidden/*.yaml")
	}
	// Ids of sources are random, or as good as that; here they hang on the target.
	known := func(s *Source) {
		id := uuid.NewSHA1(uuid.NameSpaceURL, []byte(s.Location.Target))
		if _, err := w.store.db.Exec(t.Context(), `UPDATE catalog_sources SET id = $2, location_id = $3 WHERE id = $1`, s.ID, "src_"+id.String()[:8], id); err != nil {
			t.Fatal(err)
		}
		s.ID, s.LocationID = "src_"+id.String()[:8], id
		a.srcs[s.Location.Target] = s
	}
	for _, s := range w.source(targets...) {
		known(s)
	}
	register := func(target string) {
		s, _, err := w.store.Register(t.Context(), Location{Type: "url", Target: target}, false, audit.System("test"))
		if err != nil {
			t.Fatal(err)
		}
		known(s)
	}
	register("https://example.com/all.yaml")
	if withHidden {
		register("https://hidden.example.com/all.yaml")
	}
	register("https://example.com/second.yaml")
	read := func() {
		for _, name := range []string{"/pub/*.yaml", "/hidden/*.yaml", "https://example.com/all.yaml", "https://hidden.example.com/all.yaml", "https://example.com/second.yaml"} {
			if s := a.srcs[name]; s != nil {
				w.refresh(s)
			}
		}
	}
	read()

	// Changes, faults, renamings, removals.
	w.set("/pub/shop.yaml", with(doc("Component", "shop", false, "type: website, lifecycle: production, owner: team-a, system: checkout, consumesApis: [cart], dependsOn: [\"component:secret-core\", \"resource:db\"]"),
		doc("Component", "shop-secret", true, "type: website, lifecycle: production, owner: team-a, system: checkout, subcomponentOf: shop, dependsOn: [\"component:shop\"]")))
	w.set("/pub/broken.yaml", with(doc("Component", "broken", false, "type: service"), doc("Component", "broken-secret", true, "type: service")))
	w.set("/pub/half.yaml", with(doc("Component", "half", false, "type: library, lifecycle: production, owner: team-a"), doc("Component", "half-secret", true, "type: service")))
	if withHidden {
		w.remove("/hidden/old.yaml")
		w.set("/hidden/new.yaml", doc("Component", "secret-new", true, "type: service, lifecycle: production, owner: team-a"))
		for i := range 12 {
			w.remove("/hidden/held-" + string(rune('a'+i)) + ".yaml")
		}
	}
	for _, name := range []string{"miss", "miss2"} {
		w.remove("/pub/" + name + ".yaml")
		if withHidden {
			w.remove("/pub/z-secret-" + name + ".yaml")
		}
		read()
	}
	// Together, as one removal takes them.
	together := func(refs ...string) {
		if _, err := w.store.change(t.Context(), audit.System("test"), func(s *settler) error {
			list, err := pg.Collect(t.Context(), s.tx, scanGone, `SELECT uid, ref, location FROM catalog_entities WHERE ref = ANY($1) ORDER BY ref`, refs)
			if err != nil {
				return err
			}
			return s.removeAs(list, "it was removed by hand", true)
		}); err != nil {
			t.Fatal(err)
		}
	}
	together("component:default/gone", "component:default/secret-gone")
	together("component:default/gone2", "component:default/secret-gone2")
	if withHidden {
		a.hold()
	}
}

// hold has a removal of hidden entities wait, in a source that is seen.
func (a *guarded) hold() {
	a.t.Helper()
	if _, err := a.store.db.Exec(a.t.Context(), `
			UPDATE catalog_sources
			SET state = 'held', message = '12 of 40 entities would disappear; nothing was removed', held = '{"missing":12,"of":40,"refs":["component:default/secret-miss"],"digest":"d"}'
			WHERE target = '/pub/*.yaml'`); err != nil {
		a.t.Fatal(err)
	}
}

// alignWith takes over from another world what is random, and what counts and tells the time, so that both can answer
// with the same bytes: uids, ids of locations, times, and revisions, of which the other world has handed out more.
func (a *guarded) alignWith(like *guarded) {
	t := a.t
	from, to := like.store.db, a.store.db
	exec := func(sql string, args ...any) {
		t.Helper()
		if _, err := to.Exec(t.Context(), sql, args...); err != nil {
			t.Fatal(err)
		}
	}
	exec(`UPDATE catalog_changes SET revision = revision + 1000000`)
	rows, err := from.Query(t.Context(), `SELECT ref, uid, revision, missing_since, removed_at, created_at, changed_at FROM catalog_entities`)
	if err != nil {
		t.Fatal(err)
	}
	var ref string
	var uid uuid.UUID
	var rev int64
	var missing, removed *time.Time
	var created, changed time.Time
	if _, err := pgx.ForEachRow(rows, []any{&ref, &uid, &rev, &missing, &removed, &created, &changed}, func() error {
		exec(`UPDATE catalog_entities SET uid = $2, revision = $3, missing_since = $4, removed_at = $5, created_at = $6, changed_at = $7 WHERE ref = $1`, ref, uid, rev, missing, removed, created, changed)
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	rows, err = from.Query(t.Context(), `SELECT ref, uid, revision, at, row_number() OVER (PARTITION BY ref ORDER BY revision) FROM catalog_changes`)
	if err != nil {
		t.Fatal(err)
	}
	var nth int64
	if _, err := pgx.ForEachRow(rows, []any{&ref, &uid, &rev, &created, &nth}, func() error {
		exec(`
			UPDATE catalog_changes AS c SET uid = $2, revision = $3, at = $4
			FROM (SELECT revision, row_number() OVER (ORDER BY revision % 1000000) AS nth FROM catalog_changes WHERE ref = $1) AS n
			WHERE n.nth = $5 AND n.revision = c.revision AND c.revision > 1000000`, ref, uid, rev, created, nth)
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	var left int
	if err := to.QueryRow(t.Context(), `SELECT count(*) FROM catalog_changes WHERE revision > 1000000`).Scan(&left); err != nil || left > 0 {
		t.Fatalf("%d changes are in one world only (%v)", left, err)
	}
	rows, err = from.Query(t.Context(), `SELECT location, read_at, problems_since FROM catalog_units`)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := pgx.ForEachRow(rows, []any{&ref, &missing, &removed}, func() error {
		exec(`UPDATE catalog_units SET read_at = $2, problems_since = $3 WHERE location = $1`, ref, missing, removed)
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	for name, s := range like.srcs {
		if a.srcs[name] == nil {
			continue
		}
		now := like.stored(s)
		exec(`UPDATE catalog_sources SET last_attempt_at = $2, last_success_at = $3, next_at = $4 WHERE target = $1`, s.Location.Target, now.LastAttemptAt, now.LastSuccessAt, now.NextAt)
	}
	rows, err = from.Query(t.Context(), `SELECT c.ref, u.location, c.since FROM catalog_conflicts AS c JOIN catalog_units AS u ON u.id = c.unit_id`)
	if err != nil {
		t.Fatal(err)
	}
	var loc string
	if _, err := pgx.ForEachRow(rows, []any{&ref, &loc, &created}, func() error {
		exec(`UPDATE catalog_conflicts AS c SET since = $3 FROM catalog_units AS u WHERE u.id = c.unit_id AND c.ref = $1 AND u.location = $2`, ref, loc, created)
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	a.burn(like)
}

// burn hands out as many revisions as the other world has.
func (a *guarded) burn(like *guarded) {
	a.t.Helper()
	var rev int64
	if err := like.store.db.QueryRow(a.t.Context(), `SELECT revision FROM catalog_state`).Scan(&rev); err != nil {
		a.t.Fatal(err)
	}
	if _, err := a.store.db.Exec(a.t.Context(), `UPDATE catalog_state SET revision = $1`, rev); err != nil {
		a.t.Fatal(err)
	}
}

// serve starts the server, with what it needs running.
func (a *guarded) serve() {
	t := a.t.(*testing.T)
	log := slog.New(slog.DiscardHandler)
	jobs, err := river.NewClient(riverpgxv5.New(a.store.db.Pool), &river.Config{Logger: log})
	if err != nil {
		t.Fatal(err)
	}
	h := a.operator()
	h.Guard = a.guard
	h.Requests, h.Refresher, h.Analyzer = &Requests{Store: a.store, Jobs: jobs}, a.refresher, testAnalyzer{a.memory}
	h.Feed = &Feed{Store: a.store, Log: log}
	h.Mount(a.routes)
	handler, err := a.routes.Handler(httpx.Options{Gate: benchGate{}, Log: log, Hosts: httpx.Hosts{Addresses: true}})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() { h.Feed.Run(ctx, a.ix) })
	server := httptest.NewServer(handler)
	a.url = server.URL
	t.Cleanup(func() {
		cancel()
		running.Wait()
		server.Close()
	})
}

// follow has the read model follow while fn runs.
func (a *guarded) follow(fn func()) {
	ctx, cancel := context.WithCancel(a.t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = a.follower.Run(ctx) // ends with ctx
	}()
	fn()
	cancel()
	<-done
}

// testAnalyzer finds one descriptor in a repository: the file of its URL.
type testAnalyzer struct{ *memory }

func (m testAnalyzer) Analyze(ctx context.Context, loc Location, _ string) ([]File, error) {
	r, err := m.Read(ctx, loc, Known{})
	if err != nil {
		return nil, err
	}
	return r.Files, nil
}

// answer is what a request was answered, without what differs by nature: the date, the id of the request, and that of
// an error.
type answer struct {
	status int
	header http.Header
	body   string
}

func uidsIn(a *guarded, where string) (uids []string) {
	a.t.Helper()
	uids, err := pg.Collect(a.t.Context(), a.store.db, pgx.RowTo[string], `SELECT uid::text FROM catalog_entities WHERE `+where+` ORDER BY ref`)
	if err != nil {
		a.t.Fatal(err)
	}
	return uids
}

func auditSystem() audit.Author { return audit.System("test") }

// reread reads a source without catching up: the follower does.
func (a *guarded) reread(src *Source) {
	a.t.Helper()
	s, err := a.store.begin(a.t.Context(), src.ID)
	if err != nil {
		a.t.Fatal(err)
	}
	if _, err := a.refresher.Refresh(a.t.Context(), s, "test"); err != nil {
		a.t.Fatal(err)
	}
}
