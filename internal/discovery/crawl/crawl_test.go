package crawl

import (
	"context"
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"portico/internal/errs"
	"portico/internal/forge"
)

func TestCrawl(t *testing.T) {
	w := newWorld(t)
	w.host.PageSize = 2
	w.host.Create("acme/payments", map[string]string{"catalog-info.yaml": declared("payments"), "go.mod": "module x"})
	plain := w.host.Create("acme/ledger", map[string]string{"README.md": "# Ledger\n\nBooks every payment of the ferry company.\n", "main.go": "package main", "go.mod": "module ledger"})
	w.host.Create("acme/empty", nil)
	w.host.Create("acme/mono", map[string]string{"a/catalog-info.yaml": declared("a"), "b/catalog-info.yaml": declared("b")})

	s := w.crawl()
	if s.State != "current" || s.Message != "" {
		t.Errorf("the source is %s: %s", s.State, s.Message)
	}
	w.wantStates("a first crawl", map[string]string{"payments": "active", "ledger": "active", "a": "active", "b": "active"})
	w.wantRequests("a first crawl", map[string]int{"page": 2})
	got := w.entities()
	for name, want := range map[string]string{
		"payments": "url:https://git.test/acme/payments/blob/main/catalog-info.yaml", "ledger": "inferred:https://git.test/acme/ledger",
		"a": "url:https://git.test/acme/mono/blob/main/a/catalog-info.yaml",
	} {
		if got[name].Location != want {
			t.Errorf("%s is at %s, want %s", name, got[name].Location, want)
		}
	}

	rev := value[int64](w, `SELECT revision FROM catalog_state`)
	read := value[int](w, `SELECT sum(read)::int FROM forge_crawls`)
	w.crawl()
	w.wantRequests("a crawl without changes", map[string]int{"page": 2})
	if now := value[int64](w, `SELECT revision FROM catalog_state`); now != rev {
		t.Errorf("a crawl without changes made revision %d of %d", now, rev)
	}
	if now := value[int](w, `SELECT sum(read)::int FROM forge_crawls`); now != read {
		t.Errorf("a crawl without changes read %d repositories", now-read)
	}

	w.host.Push(plain, map[string]string{"catalog-info.yaml": declared("ledger")})
	w.crawl()
	if e := w.entities()["ledger"]; e.UID != got["ledger"].UID || e.State != "active" || !strings.HasPrefix(e.Location, "url:") {
		t.Errorf("a repository that got a descriptor is %+v, was %+v", e, got["ledger"])
	}
	if n := value[int](w, `SELECT sum(read)::int FROM forge_crawls`) - read; n != 1 {
		t.Errorf("one push had %d repositories read", n)
	}
	if n := value[int](w, `SELECT count(*)::int FROM forge_crawls WHERE whole AND requests = 2 AND listed = 4`); n != 3 {
		t.Errorf("%d of 3 crawls say that they were whole, with 2 requests for 4 repositories", n)
	}
}

// The first pages of a first crawl fill the catalog before any repository is read.
func TestGlances(t *testing.T) {
	w := newWorld(t)
	w.host.Glances = true
	w.host.Create("acme/payments", map[string]string{"catalog-info.yaml": declared("payments")})
	w.host.Create("acme/included", map[string]string{"catalog-info.yaml": strings.Replace(declared("included"), "  name:", "  description: {$text: ./about.txt}\n  name:", 1), "about.txt": "beside"})
	spoilt := w.host.Create("acme/spoilt", map[string]string{"catalog-info.yaml": declared("spoilt")})
	w.host.Spoil(spoilt)
	s := w.crawl()
	w.wantStates("what a page brought", map[string]string{"payments": "active", "included": "active", "spoilt": "active"})
	if got := value[string](w, `SELECT entity->'metadata'->>'description' FROM catalog_entities WHERE ref LIKE '%/included'`); got != "beside" {
		t.Errorf("a placeholder came out as %q", got)
	}
	if s.State != "degraded" || !strings.Contains(s.Message, "1 of 3 repositories could not be read") {
		t.Errorf("the source is %s: %s", s.State, s.Message)
	}
	if why := value[string](w, `SELECT error FROM forge_repositories WHERE name = 'acme/spoilt'`); !strings.Contains(why, "is not there") {
		t.Errorf("the repository says %q", why)
	}
	w.host.Requests()
	w.crawl()
	w.wantRequests("a crawl in which placeholders did not move", map[string]int{"page": 1})
}

// A process that goes away in the middle is gone on from where it stopped, and what it saw counts.
func TestResume(t *testing.T) {
	w := newWorld(t)
	w.host.PageSize = 2
	for i := range 6 {
		w.host.Create(fmt.Sprintf("acme/r%d", i), map[string]string{"catalog-info.yaml": declared(fmt.Sprintf("r%d", i))})
	}
	w.crawl()
	w.host.Requests()

	ctx, cancel := context.WithCancel(t.Context())
	w.host.Fail(func(what string) error {
		if what == "page 2" {
			cancel()
			return ctx.Err()
		}
		return nil
	})
	w.crawlWith(ctx)
	w.host.Fail(nil)
	w.wantRequests("the first part", map[string]int{"page": 2})

	next := &Crawler{DB: w.crawler.DB, Providers: w.crawler.Providers, Git: w.crawler.Git, CloneDir: w.crawler.CloneDir, Log: w.crawler.Log}
	w.crawler, w.worker.Refresher.Crawler = next, next
	s := w.crawl()
	w.wantRequests("the second part", map[string]int{"page": 2})
	want := map[string]string{}
	for i := range 6 {
		want[fmt.Sprintf("r%d", i)] = "active"
	}
	w.wantStates("after both", want)
	if s.State != "current" || s.Held != nil {
		t.Errorf("the source is %s: %s", s.State, s.Message)
	}
}

// A pass that takes long lets others have a turn, and goes on.
func TestTakesTurns(t *testing.T) {
	w := newWorld(t)
	w.host.PageSize = 1
	w.host.Create("acme/a", map[string]string{"catalog-info.yaml": declared("a")})
	w.host.Create("acme/b", map[string]string{"catalog-info.yaml": declared("b")})
	w.crawl()
	w.crawler.limit = time.Nanosecond
	s := w.crawl()
	if s.State != "degraded" || !strings.Contains(s.Message, "it goes on") || s.NextAt == nil || time.Until(*s.NextAt) > time.Minute {
		t.Errorf("the source is %s: %s; next at %v", s.State, s.Message, s.NextAt)
	}
	w.wantStates("in between", map[string]string{"a": "active", "b": "active"})
	w.crawler.limit = 0
	if s = w.crawl(); s.State != "current" {
		t.Errorf("the source is %s: %s", s.State, s.Message)
	}
}

func TestRenamedDeletedTransferred(t *testing.T) {
	for _, how := range []string{"crawl", "news"} {
		t.Run(how, func(t *testing.T) {
			w := newWorld(t)
			ids := map[string]string{}
			for _, name := range []string{"declared", "plain", "goes", "leaves", "stays"} {
				files := map[string]string{"README.md": "# " + name}
				if name == "declared" {
					files["catalog-info.yaml"] = declared("declared")
				}
				ids[name] = w.host.Create("acme/"+name, files)
			}
			w.crawl()
			before := w.entities()
			w.host.Change(ids["declared"], func(r *forge.Repository) { r.Name = "acme/renamed" })
			w.host.Change(ids["plain"], func(r *forge.Repository) { r.Name = "acme/simple" })
			w.host.Delete(ids["goes"])
			if how == "crawl" {
				w.host.Delete(ids["leaves"])
				w.crawl()
			} else {
				w.host.Change(ids["leaves"], func(r *forge.Repository) { r.Name = "other/leaves" })
				for name, what := range map[string]forge.What{"declared": forge.RepositoryChanged, "plain": forge.RepositoryChanged, "goes": forge.RepositoryGone, "leaves": forge.RepositoryChanged} {
					w.deliver(forge.Event{Delivery: name, Name: "repository", What: what, RepositoryID: ids[name], Repository: "acme/" + name})
				}
				w.host.Requests()
				w.news()
				w.wantRequests("four deliveries", map[string]int{"some": 1})
			}
			w.wantStates("after", map[string]string{"declared": "active", "plain": "active", "goes": "missing", "leaves": "missing", "stays": "active"})
			after := w.entities()
			for name, at := range map[string]string{"declared": "url:https://git.test/acme/renamed/blob/main/catalog-info.yaml", "plain": "inferred:https://git.test/acme/simple"} {
				if after[name].UID != before[name].UID || after[name].Location != at {
					t.Errorf("%s is %+v, was %+v, and is to be at %s", name, after[name], before[name], at)
				}
			}
			if n := value[int](w, `SELECT count(*)::int FROM catalog_conflicts`); n != 0 {
				t.Errorf("%d conflicts are left", n)
			}
			if n := value[int](w, `SELECT count(*)::int FROM forge_repositories`); n != 3 {
				t.Errorf("%d repositories are kept, want 3", n)
			}
		})
	}
}

// What looks like nothing, or like less, removes nothing.
func TestRefusalIsNotAbsence(t *testing.T) {
	refused := errs.New(errs.Forbidden, "the credential is refused")
	tests := []struct {
		name    string
		make    func(w *world)
		state   string
		message string
	}{
		{"refused", func(w *world) { w.host.Fail(func(string) error { return refused }) }, "failed", "the credential is refused"},
		{"not found", func(w *world) {
			w.host.Fail(func(string) error { return errs.New(errs.NotFound, "no such organisation") })
		}, "failed", "no such organisation"},
		{"refused later", func(w *world) {
			w.host.Fail(func(what string) error {
				if what == "page 2" {
					return refused
				}
				return nil
			})
		}, "failed", "the credential is refused"},
		{"empty", func(w *world) { w.host.Cut(40); w.host.NoTotal = true }, "failed", "the host lists no repository, and there were 40"},
		{"fewer than the host says", func(w *world) { w.host.Cut(6) }, "degraded", "the host speaks of 40 repositories and listed 34"},
		{"fewer than there were", func(w *world) { w.host.Cut(20); w.host.NoTotal = true }, "degraded", "left out at least 20 repositories that it still has"},
		{"nobody can say", func(w *world) {
			w.host.Cut(20)
			w.host.NoTotal = true
			w.host.Fail(func(what string) error {
				if what == "some" {
					return refused
				}
				return nil
			})
		}, "degraded", "does not say what became of them"},
	}
	w := newWorld(t)
	w.host.PageSize = 10
	want := map[string]string{}
	for i := range 40 {
		name := fmt.Sprintf("r%02d", i)
		w.host.Create("acme/"+name, map[string]string{"catalog-info.yaml": declared(name)})
		want[name] = "active"
	}
	w.crawl()
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			tt.make(w)
			s := w.crawl()
			w.host.Fail(nil)
			w.host.Cut(0)
			w.host.NoTotal = false
			if s.State != tt.state || !strings.Contains(s.Message, tt.message) {
				t.Errorf("the source is %s: %s", s.State, s.Message)
			}
			w.wantStates("after it", want)
			if s := w.crawl(); s.State != "current" {
				t.Errorf("later the source is %s: %s", s.State, s.Message)
			}
		})
	}
	t.Run("really gone, and many", func(t *testing.T) {
		for i := range 20 {
			w.host.Delete(fmt.Sprint(1001 + i))
		}
		s := w.crawl()
		if s.State != "held" || s.Held == nil || s.Held.Missing != 20 {
			t.Errorf("the source is %s: %s, %+v", s.State, s.Message, s.Held)
		}
		w.wantStates("held", want)
	})
}

func TestNamesAreDistinct(t *testing.T) {
	w := newWorld(t)
	w.host.Create("acme/web", map[string]string{"README.md": "x"})
	w.host.Create("acme/sub/web", map[string]string{"README.md": "x"})
	w.host.Create("acme/Web", map[string]string{"README.md": "x"})
	w.host.Create("acme/sub-web", map[string]string{"README.md": "x"})
	w.crawl()
	w.crawl()
	w.wantStates("four of one name", map[string]string{"web": "active", "acme-sub-web": "active", "acme-web": "active", "sub-web": "active"})
}

func TestFilters(t *testing.T) {
	repo := func(fn func(*forge.Repository)) *forge.Repository {
		r := &forge.Repository{ID: "1", Name: "acme/payments", DefaultBranch: "main", Head: "x", Visibility: "private", Topics: []string{"go", "core"}}
		if fn != nil {
			fn(r)
		}
		return r
	}
	tests := []struct {
		name string
		f    Filters
		r    *forge.Repository
		want string
	}{
		{"none", Filters{}, repo(nil), ""},
		{"archived", Filters{}, repo(func(r *forge.Repository) { r.Archived = true }), "it is archived"},
		{"archived, and let in", Filters{Archived: true}, repo(func(r *forge.Repository) { r.Archived = true }), ""},
		{"fork", Filters{NoForks: true}, repo(func(r *forge.Repository) { r.Fork = true }), "it is a fork"},
		{"name", Filters{Repository: regexp.MustCompile(`^(?:ledger.*)$`)}, repo(nil), "its name does not match the filter"},
		{"name that matches", Filters{Repository: regexp.MustCompile(`^(?:pay.*)$`)}, repo(nil), ""},
		{"whole name", Filters{Repository: regexp.MustCompile(`acme/`), WholeName: true}, repo(nil), ""},
		{"excluded", Filters{Exclude: []string{"acme/payments"}}, repo(nil), "it is excluded by name"},
		{"visibility", Filters{Visibility: []string{"public"}}, repo(nil), "its visibility is private"},
		{"topic", Filters{Topics: []string{"java", "go"}}, repo(nil), ""},
		{"no topic", Filters{Topics: []string{"java"}}, repo(nil), "it has none of the topics"},
		{"each topic", Filters{AllTopics: []string{"go", "java"}}, repo(nil), "it lacks a topic"},
		{"excluded topic wins", Filters{Topics: []string{"go"}, WithoutTopics: []string{"core"}}, repo(nil), "it has an excluded topic"},
		{"empty", Filters{}, repo(func(r *forge.Repository) { r.Head = "" }), "it is empty"},
		{"head not known", Filters{}, repo(func(r *forge.Repository) { r.Head, r.HeadUnknown = "", true }), ""},
		{"no branch", Filters{}, repo(func(r *forge.Repository) { r.DefaultBranch = "" }), "it has no default branch"},
		{"branch", Filters{FallbackBranch: "trunk"}, repo(func(r *forge.Repository) { r.DefaultBranch = "" }), ""},
		{"branch that is an option", Filters{}, repo(func(r *forge.Repository) { r.DefaultBranch = "--upload-pack=x" }), "the name of its branch cannot be used"},
		{"name that climbs", Filters{}, repo(func(r *forge.Repository) { r.Name = "acme/.." }), "its name cannot be part of an address"},
		{"name with a query", Filters{}, repo(func(r *forge.Repository) { r.Name = "acme/x?y" }), "its name cannot be part of an address"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := tt.f.leaves(tt.r); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
	paths := map[string]map[string]bool{
		"":                        {"catalog-info.yaml": true, "a/catalog-info.yml": true, "node_modules/catalog-info.yaml": false, "x.yaml": false},
		"/catalog-info.yaml":      {"catalog-info.yaml": true, "a/catalog-info.yaml": false},
		"/**/catalog-info.yaml":   {"catalog-info.yaml": true, "a/b/catalog-info.yaml": true, "a/x.yaml": false},
		"/services/*/entity.yaml": {"services/a/entity.yaml": true, "services/entity.yaml": false},
	}
	for pattern, files := range paths {
		f := Filters{CatalogPath: pattern}
		got := map[string]bool{}
		for p := range files {
			got[p] = f.descriptor(p)
		}
		if diff := cmp.Diff(files, got); diff != "" {
			t.Errorf("catalogPath %q (-want +got):\n%s", pattern, diff)
		}
	}
}

// What filters leave out goes, and says why.
func TestLeftOut(t *testing.T) {
	w := newWorld(t)
	id := w.host.Create("acme/old", map[string]string{"README.md": "x"})
	w.host.Create("acme/new", map[string]string{"README.md": "x"})
	w.crawl()
	w.host.Change(id, func(r *forge.Repository) { r.Archived = true })
	w.crawl()
	w.wantStates("an archived one", map[string]string{"old": "missing", "new": "active"})
	if why := value[string](w, `SELECT left_out FROM forge_repositories WHERE name = 'acme/old'`); why != "it is archived" {
		t.Errorf("it says %q", why)
	}
}

// A list that does not say at which commits repositories are has those read that may have moved.
func TestHeadsUnknown(t *testing.T) {
	w := newWorld(t)
	w.host.NoHeads = true
	id := w.host.Create("acme/a", map[string]string{"catalog-info.yaml": declared("a")})
	w.host.Create("acme/b", map[string]string{"catalog-info.yaml": declared("b")})
	w.crawl()
	w.host.Push(id, map[string]string{"catalog-info.yaml": declared("a2")})
	w.crawl()
	w.wantStates("a push", map[string]string{"a": "missing", "a2": "active", "b": "active"})
	if n := value[int](w, `SELECT read FROM forge_crawls ORDER BY id DESC LIMIT 1`); n != 1 {
		t.Errorf("%d repositories were read, want 1", n)
	}
}

// Descriptors of hosts have the addresses that Backstage's providers give them.
func TestPages(t *testing.T) {
	for kind, want := range map[string][3]string{
		"github": {"https://h/o/r/blob/main/a/catalog-info.yaml", "https://h/o/r/tree/main", "https://h/o/r/edit/main/x%20y"},
		"gitlab": {"https://h/o/r/-/blob/main/a/catalog-info.yaml", "https://h/o/r/-/tree/main", "https://h/o/r/-/edit/main/x%20y"},
		"gitea":  {"https://h/o/r/src/branch/main/a/catalog-info.yaml", "https://h/o/r/src/branch/main", "https://h/o/r/_edit/main/x%20y"},
	} {
		p := &Provider{Kind: kind, BaseURL: "https://h"}
		got := [3]string{p.page("o/r", "blob", "main", "a/catalog-info.yaml"), p.page("o/r", "tree", "main", ""), p.page("o/r", "edit", "main", "x y")}
		if got != want {
			t.Errorf("%s: got %v, want %v", kind, got, want)
		}
	}
}
