package crawl

import (
	"context"
	"fmt"
	"testing"
	"time"

	"portico/internal/discovery/infer"
	"portico/internal/errs"
	"portico/internal/forge"
)

// A repository that has an old name of another keeps what it yields, whichever of the two is read first.
func TestNameTakenByAnother(t *testing.T) {
	w := newWorld(t)
	w.host.PageSize = 100
	old := w.host.Create("acme/ledger", map[string]string{"catalog-info.yaml": declared("ledger-old")})
	var others []string
	for i := range 8 * readAtOnce {
		others = append(others, w.host.Create(fmt.Sprintf("acme/r%02d", i), map[string]string{"catalog-info.yaml": declared(fmt.Sprintf("r%02d", i))}))
	}
	w.crawl()
	w.host.Change(old, func(r *forge.Repository) { r.Name = "acme/ledger-classic" })
	for _, id := range others {
		w.host.Push(id, map[string]string{"README.md": "# More\n"})
		w.host.Change(id, func(r *forge.Repository) { r.PushedAt = time.Unix(1700001000, 0) })
	}
	taken := w.host.Create("acme/ledger", map[string]string{"catalog-info.yaml": declared("ledger-new")})
	w.host.Change(taken, func(r *forge.Repository) { r.PushedAt = time.Unix(1700002000, 0) }) // it is read first, and the renamed one last
	w.crawl()
	if got := w.states(); got["ledger-new"] != "active" || got["ledger-old"] != "active" {
		t.Errorf("the new one is %s, the renamed one %s", got["ledger-new"], got["ledger-old"])
	}
}

// What a delivery spoke of and git could not read is tried again.
func TestUnreadDeliveryWaits(t *testing.T) {
	w := newWorld(t)
	id := w.host.Create("acme/a", map[string]string{"catalog-info.yaml": declared("a")})
	w.crawl()
	commit := w.host.Push(id, map[string]string{"catalog-info.yaml": declared("a2")})
	w.host.Spoil(id)
	w.deliver(forge.Event{Delivery: "1", Name: "push", What: forge.Pushed, RepositoryID: id, Repository: "acme/a", Branch: "main", Commit: commit})
	_ = w.worker.Refresher.News(t.Context(), w.source, "test")
	if n := w.waitingDeliveries(); n != 1 {
		t.Errorf("%d deliveries wait, want the one whose repository could not be read", n)
	}
	w.wantStates("a push that could not be read", map[string]string{"a": "active"})
}

// An entity's name is one for all accounts, and a repository that two accounts hold has one.
func TestNamesAcrossAccounts(t *testing.T) {
	w := newWorld(t)
	name := func(p *Provider, id, repo string) string {
		rows, err := w.crawler.upsert(t.Context(), p, 0, []forge.Repository{{ID: id, Name: repo, URL: "https://git.test/" + repo, CloneURL: "https://git.test/" + repo + ".git", DefaultBranch: "main", Head: "a"}})
		if err != nil || len(rows) != 1 {
			t.Fatal(rows, err)
		}
		return rows[0].EntityName
	}
	other := &Provider{ID: "github:other", Kind: "github", Account: "other", BaseURL: "https://git.test"}
	for _, tt := range []struct {
		p              *Provider
		id, repo, want string
	}{
		{w.p, "1", "acme/ledger", "ledger"}, {other, "2", "other/ledger", "other-ledger"},
		{other, "1", "acme/ledger", "ledger"}, {w.p, "1", "acme/ledger", "ledger"},
	} {
		if got := name(tt.p, tt.id, tt.repo); got != tt.want {
			t.Errorf("%s in %s is called %q, want %q", tt.repo, tt.p.ID, got, tt.want)
		}
	}
}

// A file that is there and cannot be read just now is no file that is not there.
func TestUnreadFileIsNotAbsent(t *testing.T) {
	w := newWorld(t)
	r := &row{Repository: forge.Repository{Name: "acme/a", DefaultBranch: "main"}, EntityName: "a"}
	tr := &tree{files: []infer.File{{Path: "go.mod"}, {Path: "main.go"}}, read: func(_ context.Context, p string, _ int64) ([]byte, error) {
		if p == "go.mod" {
			return nil, errs.New(errs.Unavailable, "the host is busy")
		}
		return []byte("package main\n"), nil
	}}
	if f, err := w.crawler.seen(t.Context(), w.p, r, tr); f != nil || !errs.Is(err, errs.Unavailable) {
		t.Errorf("got %v, %v, want the host's answer", f, err)
	}
}
