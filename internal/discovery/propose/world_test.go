package propose

import (
	"log/slog"
	"net/http"
	"net/url"
	"os"
	"testing"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"

	"portico/internal/catalog"
	"portico/internal/discovery/crawl"
	"portico/internal/forge/git"
	"portico/internal/forge/gitea"
	"portico/internal/forge/gitea/giteatest"
	"portico/internal/identity/audit"
	"portico/internal/outbound"
	"portico/internal/pg/pgtest"
)

func TestMain(m *testing.M) { os.Exit(giteatest.Main(m)) }

// world is a catalog that reads an organisation of a real Gitea.
type world struct {
	*Proposer
	t      *testing.T
	gitea  *giteatest.Server
	org    string
	worker *catalog.RefreshWorker
	source string
}

var ann = audit.System("user:default/ann")

// newWorld has the credential write with a token; the repositories are read with the administrator's.
func newWorld(t *testing.T, org, token string, filters crawl.Filters) *world {
	t.Helper()
	s := giteatest.Shared(t)
	u, err := url.Parse(s.URL)
	if err != nil {
		t.Fatal(err)
	}
	out, err := outbound.New(outbound.Options{Allow: []outbound.Rule{{Host: u.Host, HTTP: true, AllowPrivate: true}}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(out.Close)
	client, err := git.New(git.Options{Outbound: out, Credentials: []git.Credential{{Host: u.Host, Username: giteatest.Admin, Password: s.Token}}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = client.Close() })
	if token == "" {
		token = s.Token
	}
	f, err := gitea.New(gitea.Options{BaseURL: s.URL, Owner: org, Client: http.DefaultClient, Token: token, Entry: "integrations.gitea[0]"})
	if err != nil {
		t.Fatal(err)
	}
	db, log := pgtest.New(t), slog.New(slog.DiscardHandler)
	p := &crawl.Provider{ID: "gitea:own", Kind: "gitea", Account: org, BaseURL: s.URL, Forge: f, Filters: filters}
	crawler := &crawl.Crawler{DB: db, Providers: crawl.Providers{p}, Git: client, CloneDir: t.TempDir(), Log: log}
	store := catalog.NewStore(db)
	ids, err := store.SetDeclared(t.Context(), catalog.FromConfig, []catalog.Declared{{Location: p.Location(), Rules: []catalog.Rule{{Any: true}}}})
	if err != nil {
		t.Fatal(err)
	}
	return &world{Proposer: &Proposer{Store: store, Crawler: crawler, Layers: store.LayersOf, Log: log}, t: t, gitea: s, org: org, source: ids[0],
		worker: &catalog.RefreshWorker{Refresher: &catalog.Refresher{Store: store, Crawler: crawler, Reader: noReader{}, Every: time.Hour, Log: log}}}
}

// noReader is for a catalog whose descriptors lead nowhere.
type noReader struct{ catalog.Reader }

// crawl is what the schedule does.
func (w *world) crawl() {
	w.t.Helper()
	if err := w.worker.Work(w.t.Context(), &river.Job[catalog.RefreshArgs]{
		JobRow: &rivertype.JobRow{Attempt: 1, MaxAttempts: 5, CreatedAt: time.Now()}, Args: catalog.RefreshArgs{SourceID: w.source, Actor: "test"},
	}); err != nil {
		w.t.Fatal(err)
	}
}

// overlay sets fields in the portal, in JSON by path.
func (w *world) overlay(ref string, fields map[string]string) {
	w.t.Helper()
	set := map[string][]byte{}
	for path, value := range fields {
		set[path] = []byte(value)
	}
	if _, err := w.Store.SetOverlay(w.t.Context(), ref, raws(set), ann); err != nil {
		w.t.Fatal(err)
	}
}

// pull is a pull request as Gitea has it.
type pull struct {
	Number      int
	State       string
	Title, Body string
	Head        struct{ Ref string }
}

func (w *world) pulls(repo, state string) (list []pull) {
	w.t.Helper()
	w.gitea.Call(w.t, w.gitea.Token, "GET", "/repos/"+w.org+"/"+repo+"/pulls?state="+state, nil, &list)
	return list
}
