package org_test

import (
	"context"
	"fmt"
	"log/slog"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"portico/internal/catalog"
	"portico/internal/catalog/index"
	"portico/internal/discovery"
	"portico/internal/discovery/org"
	"portico/internal/errs"
	"portico/internal/forge"
	"portico/internal/httpx"
	"portico/internal/identity/audit"
	"portico/internal/pg/pgtest"
)

var loc = catalog.Location{Type: "gitea-org", Target: "marrowby"}

// harbour is a catalog that an organisation is imported into.
type harbour struct {
	t         *testing.T
	org       *forge.Organization
	err       error
	store     *catalog.Store
	refresher *catalog.Refresher
	follower  *catalog.Follower
	index     *index.Index
	source    string
	displaced []string
}

func newHarbour(t *testing.T, people int) *harbour {
	h := &harbour{t: t, org: &forge.Organization{}}
	h.grow(people)
	f := &org.Forge{Kind: "gitea", Host: "git.example", Accounts: []org.Account{{Name: "marrowby", Read: func(context.Context) (*forge.Organization, error) {
		if h.err != nil {
			return nil, h.err
		}
		return h.org, nil
	}}}}
	reader, err := discovery.New(discovery.Options{Organizations: &org.Reader{Sources: map[string]org.Source{loc.String(): f.Directory}}})
	if err != nil {
		t.Fatal(err)
	}
	log := slog.New(slog.DiscardHandler)
	h.store = catalog.NewStore(pgtest.New(t))
	h.store.Displace = func(_ context.Context, _ pgx.Tx, refs []string) error {
		h.displaced = append(h.displaced, refs...)
		return nil
	}
	h.index = index.New(index.Options{})
	h.refresher = &catalog.Refresher{Store: h.store, Reader: catalog.WithNewcomers(reader, h.store), Every: time.Hour, Log: log}
	h.follower = &catalog.Follower{Store: h.store, Index: h.index, Log: log}
	ids, err := h.store.SetDeclared(t.Context(), catalog.FromConfig, []catalog.Declared{{Location: loc, Rules: []catalog.Rule{{Kind: "User"}, {Kind: "Group"}}}})
	if err != nil {
		t.Fatal(err)
	}
	h.source = ids[0]
	return h
}

func (h *harbour) grow(people int) {
	for n := len(h.org.People); n < people; n++ {
		h.org.People = append(h.org.People, forge.Person{ID: fmt.Sprint(n + 1), Login: fmt.Sprintf("p%03d", n), Email: fmt.Sprintf("p%03d@marrowby.example", n)})
	}
}

func (h *harbour) refresh() catalog.Outcome {
	h.t.Helper()
	src, err := h.store.Source(h.t.Context(), h.source)
	if err != nil {
		h.t.Fatal(err)
	}
	o, err := h.refresher.Refresh(h.t.Context(), src, "test")
	if err == nil {
		err = h.follower.CatchUp(h.t.Context())
	}
	if err != nil {
		h.t.Fatal(err)
	}
	return o
}

func (h *harbour) refs() (out []string) {
	for r := range h.index.Snapshot().Refs() {
		if !strings.HasPrefix(r, "location:") {
			out = append(out, r)
		}
	}
	slices.Sort(out)
	return out
}

func (h *harbour) revision() int64 { return h.index.Snapshot().Revision() }

// missing returns who is in their grace.
func (h *harbour) missing() (out []string) {
	h.t.Helper()
	in, err := h.store.Inbox(h.t.Context(), catalog.Retention{Grace: time.Hour, Removed: time.Hour}, 100)
	if err != nil {
		h.t.Fatal(err)
	}
	for _, m := range in.Missing {
		out = append(out, m.Ref)
	}
	slices.Sort(out)
	return out
}

// Teams and people come, change and go; who leaves is missing, and what did not change is not written again.
func TestImport(t *testing.T) {
	t.Parallel()
	h := newHarbour(t, 3)
	h.org.Teams = []forge.Team{{ID: "1", Slug: "quay", Name: "Quay", Members: []string{"p000", "p001"}}}
	if o := h.refresh(); o.State != "current" {
		t.Fatalf("%+v", o)
	}
	all := []string{"group:default/quay", "user:default/p000", "user:default/p001", "user:default/p002"}
	if d := cmp.Diff(all, h.refs()); d != "" {
		t.Fatalf("(-want +got):\n%s", d)
	}
	before := h.revision()
	h.refresh()
	if h.revision() != before {
		t.Error("an organisation that did not change was written")
	}
	h.org.Teams[0].Members = []string{"p001"}
	h.org.People = h.org.People[1:]
	if o := h.refresh(); o.State != "current" {
		t.Fatalf("%+v", o)
	}
	if d := cmp.Diff([]string{"user:default/p000"}, h.missing()); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
	h.grow(3) // somebody else comes, whom the host gave another number
	h.org.People[2] = forge.Person{ID: "77", Login: "new"}
	h.refresh()
	if d := cmp.Diff([]string{"group:default/quay", "user:default/new", "user:default/p000", "user:default/p001", "user:default/p002"}, h.refs()); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
	if err := h.store.Expire(t.Context(), catalog.Retention{}); err != nil {
		t.Fatal(err)
	}
	if err := h.follower.CatchUp(t.Context()); err != nil {
		t.Fatal(err)
	}
	if slices.Contains(h.refs(), "user:default/p000") {
		t.Error("who left is there after the grace")
	}
}

// Whatever a host answers but who is there leaves the catalog as it is.
func TestRefusalIsNotAbsence(t *testing.T) {
	t.Parallel()
	h := newHarbour(t, 60)
	h.org.Teams = []forge.Team{{ID: "1", Slug: "quay", Members: []string{"p000"}}}
	h.refresh()
	before, people, teams := h.refs(), h.org.People, h.org.Teams
	if len(before) != 61 {
		t.Fatalf("%d", len(before))
	}
	for _, kind := range []errs.Kind{errs.NotFound, errs.Gone, errs.Forbidden, errs.Unavailable, errs.Internal, errs.TooLarge} {
		h.err = errs.New(kind, "the host says no")
		if o := h.refresh(); o.State != "failed" || !strings.Contains(o.Message, "the host says no") || o.Held != nil {
			t.Errorf("%v: %+v", kind, o)
		}
	}
	h.err = nil
	h.org.People = nil
	if o := h.refresh(); o.State != "failed" || !strings.Contains(o.Message, "shows nobody") {
		t.Errorf("nobody: %+v", o)
	}
	h.org.People, h.org.Teams = people[:40], nil // a third of it at once is held
	if o := h.refresh(); o.Held == nil || o.Held.Missing != 21 {
		t.Errorf("%+v", o)
	}
	if d := cmp.Diff(before, h.refs()); d != "" || len(h.missing()) > 0 {
		t.Errorf("%v (-want +got):\n%s", h.missing(), d)
	}
	h.org.People, h.org.Teams = people, teams
	if o := h.refresh(); o.State != "current" || o.Held != nil {
		t.Errorf("%+v", o)
	}
}

// An organisation that grows is cut into more parts, and nobody is missing for a moment, held, or in conflict.
func TestPartsAreMadeAnew(t *testing.T) {
	t.Parallel()
	h := newHarbour(t, 150)
	h.refresh()
	h.grow(450)
	if o := h.refresh(); o.State != "current" || o.Held != nil {
		t.Fatalf("%+v", o)
	}
	in, err := h.store.Inbox(t.Context(), catalog.Retention{Grace: time.Hour, Removed: time.Hour}, 100)
	if err != nil || in.Totals != (catalog.InboxTotals{}) {
		t.Errorf("%+v, %v", in.Totals, err)
	}
	if n := len(h.refs()); n != 450 {
		t.Errorf("%d people", n)
	}
	for _, r := range h.refs() {
		if d, err := h.store.DeclarationOf(t.Context(), r); err != nil || !strings.Contains(d.Location, "-of-3") {
			t.Fatalf("%s: %+v, %v", r, d, err)
		}
	}
}

func TestRead(t *testing.T) {
	t.Parallel()
	d := func() *org.Directory {
		d := &org.Directory{Groups: []*org.Entry{{Key: "g", Label: "g", Fields: map[string]any{}}}}
		for i := range 599 { // one more would be a part more, if it were not for what is known
			d.People = append(d.People, &org.Entry{Key: fmt.Sprint(i + 1), Label: fmt.Sprintf("p%d", i), Fields: map[string]any{}})
		}
		return d
	}
	now := d()
	r := &org.Reader{Sources: map[string]org.Source{loc.String(): func(context.Context) (*org.Directory, error) { return now, nil }}}
	first, err := r.Read(t.Context(), loc, catalog.Known{})
	if err != nil || len(first.Files) != 4 {
		t.Fatalf("%+v, %v", first, err)
	}
	known := catalog.Known{Revision: first.Revision, Files: map[string]string{}}
	for _, f := range first.Files {
		known.Files[f.Location.String()] = f.Revision
	}
	now = d()
	if _, err := r.Read(t.Context(), loc, known); err != catalog.ErrUnchanged {
		t.Errorf("%v", err)
	}
	now = d()
	now.People = append(now.People, &org.Entry{Key: "new", Label: "new", Fields: map[string]any{}})
	second, err := r.Read(t.Context(), loc, known)
	if err != nil {
		t.Fatal(err)
	}
	var changed []string
	for _, f := range second.Files {
		if !f.Unchanged {
			changed = append(changed, f.Location.String())
		}
	}
	if len(changed) != 1 || !strings.HasPrefix(changed[0], "gitea-org:marrowby/people/") {
		t.Errorf("one person changed %v", changed)
	}

	// Two people of one name are a problem that an operator sees, and only one of them is there.
	now = &org.Directory{People: []*org.Entry{{Key: "uid=ann,ou=b", Label: "ann", Fields: map[string]any{}}, {Key: "uid=ann,ou=a", Label: "Ann", Fields: map[string]any{}}, {Key: "x", Fields: map[string]any{}}}}
	third, err := r.Read(t.Context(), loc, known)
	if err != nil || len(third.Files) != 2 || !strings.Contains(string(third.Files[0].Data), `name: "Ann"`) || strings.Contains(string(third.Files[0].Data), `name: "ann"`) {
		t.Fatalf("%+v, %v", third, err)
	}
	want := `left out: the user "uid=ann,ou=b" would be called ann, as "uid=ann,ou=a" is; the user "x" has no name`
	if got := errs.Sentence(third.Files[1].Err); got != want {
		t.Errorf("%s", got)
	}
	if _, err := r.Read(t.Context(), catalog.Location{Type: "gitea-org", Target: "other"}, known); !errs.Is(err, errs.Invalid) {
		t.Errorf("%v", err)
	}
	var none *org.Reader
	if none.Reads("gitea-org") || !r.Reads("ldap-org") || r.Reads("url") {
		t.Error("types")
	}
}

// Who signed in before the organisation was imported gives way to the imported user of the same name, without a conflict.
// While they are imported nobody signs in as a newcomer of the name, and neither once they left.
func TestImportedUserTakesOverNewcomer(t *testing.T) {
	t.Parallel()
	h := newHarbour(t, 3)
	if _, err := h.store.SetNewcomers(t.Context(), true); err != nil {
		t.Fatal(err)
	}
	admit := func() error {
		_, _, err := h.store.Admit(t.Context(), catalog.Newcomer{Issuer: "https://id.example", Subject: "1", Provider: "oidc", Name: "p001"}, func(ref string) audit.Author {
			r := httptest.NewRequestWithContext(t.Context(), "GET", "/", nil)
			return audit.Self(httpx.WithCaller(r.Context(), httpx.Caller{RequestID: "id"}), ref, "identity.user.create")
		})
		return err
	}
	if err := admit(); err != nil {
		t.Fatal(err)
	}
	h.refresh()
	d, err := h.store.DeclarationOf(t.Context(), "user:default/p001")
	if err != nil || !strings.HasPrefix(d.Location, "gitea-org:marrowby/people/") || len(d.Problems) > 0 {
		t.Errorf("%+v, %v", d, err)
	}
	if d := cmp.Diff([]string{"user:default/p001"}, h.displaced); d != "" {
		t.Errorf("signed out (-want +got):\n%s", d)
	}
	if err := admit(); !errs.Is(err, errs.Conflict) {
		t.Errorf("while they are imported: %v", err)
	}
	h.org.People = slices.Delete(h.org.People, 1, 2)
	h.refresh()
	if d := cmp.Diff([]string{"user:default/p001"}, h.missing()); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
	if err := admit(); !errs.Is(err, errs.Conflict) {
		t.Errorf("once they left: %v", err)
	}
}
