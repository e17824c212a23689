//go:build unix

package ldap

import (
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"portico/internal/catalog"
	"portico/internal/catalog/index"
	"portico/internal/discovery"
	"portico/internal/discovery/org"
	"portico/internal/discovery/org/ldap/slapdtest"
	"portico/internal/pg/pgtest"
)

// A directory is a source of the catalog: who is deleted there is missing here, and a directory that ends, or that hides
// what it has, makes nobody missing.
func TestSlapdIsASource(t *testing.T) {
	t.Parallel()
	s := filled(t)
	o := options(t, s)
	o.Users[0].Filter = "(objectClass=person)"
	server, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	loc := catalog.Location{Type: "ldap-org", Target: "default"}
	reader, err := discovery.New(discovery.Options{Organizations: &org.Reader{Sources: map[string]org.Source{loc.String(): server.Directory}}})
	if err != nil {
		t.Fatal(err)
	}
	log := slog.New(slog.DiscardHandler)
	store, ix := catalog.NewStore(pgtest.New(t)), index.New(index.Options{})
	refresher := &catalog.Refresher{Store: store, Reader: reader, Every: time.Hour, Log: log}
	follower := &catalog.Follower{Store: store, Index: ix, Log: log}
	ids, err := store.SetDeclared(t.Context(), catalog.FromConfig, []catalog.Declared{{Location: loc, Rules: []catalog.Rule{{Kind: "User"}, {Kind: "Group"}}}})
	if err != nil {
		t.Fatal(err)
	}
	refresh := func() (o catalog.Outcome, missing []string) {
		t.Helper()
		src, err := store.Source(t.Context(), ids[0])
		if err == nil {
			o, err = refresher.Refresh(t.Context(), src, "test")
		}
		if err == nil {
			err = follower.CatchUp(t.Context())
		}
		if err != nil {
			t.Fatal(err)
		}
		in, err := store.Inbox(t.Context(), catalog.Retention{Grace: time.Hour, Removed: time.Hour}, 10)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range in.Missing {
			missing = append(missing, m.Ref)
		}
		return o, missing
	}
	refs := func() (out []string) {
		for r := range ix.Snapshot().Refs() {
			if !strings.HasPrefix(r, "location:") {
				out = append(out, r)
			}
		}
		slices.Sort(out)
		return out
	}
	if o, missing := refresh(); o.State != "current" || len(missing) > 0 {
		t.Fatalf("%+v %v", o, missing)
	}
	all := []string{"group:default/all", "group:default/quay-team", "group:default/unix", "user:default/ann", "user:default/bob", "user:default/dora-m-ller"}
	if d := cmp.Diff(all, refs()); d != "" {
		t.Fatalf("(-want +got):\n%s", d)
	}
	before := ix.Snapshot().Revision()
	if refresh(); ix.Snapshot().Revision() != before {
		t.Error("a directory that did not change was written")
	}
	s.Delete("uid=bob," + people)
	if o, missing := refresh(); o.State != "current" || !slices.Equal(missing, []string{"user:default/bob"}) {
		t.Errorf("%+v %v", o, missing)
	}
	// The place where others are is an entry, too, and no person. It is said, and everybody else is there.
	server.o.Users[0].Filter = "(objectClass=*)"
	if o, missing := refresh(); o.State != "degraded" || len(missing) != 1 {
		t.Errorf("%+v %v", o, missing)
	}
	// What it has is there, and this account may not see it any more.
	server.o.Users[0].DN = slapdtest.Hidden
	if o, missing := refresh(); o.State != "failed" || len(missing) != 1 {
		t.Errorf("%+v %v", o, missing)
	}
	server.o.Users[0].DN = people
	s.Kill()
	if o, missing := refresh(); o.State != "failed" || !strings.Contains(o.Message, "does not answer") || len(missing) != 1 {
		t.Errorf("%+v %v", o, missing)
	}
	if d := cmp.Diff(all, refs()); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
}
