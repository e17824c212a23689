package catalog

import (
	"context"
	"errors"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"portico/internal/errs"
	"portico/internal/httpx"
	"portico/internal/identity/audit"
	"portico/internal/pg"
)

// arrivals is a catalog that makes users of who signs in.
type arrivals struct {
	*world
	book *audit.Store

	mu  sync.Mutex
	out []string // refs of who was signed out
	new []string // those whom another source declares
}

func newArrivals(t *testing.T) *arrivals {
	a := &arrivals{world: newWorld(t)}
	a.book = &audit.Store{DB: a.store.db}
	a.refresher.Reader = WithNewcomers(a.memory, a.store)
	a.store.SignOut = func(_ context.Context, _ pgx.Tx, refs []string) error {
		a.mu.Lock()
		defer a.mu.Unlock()
		a.out = append(a.out, refs...)
		return nil
	}
	a.store.Displace = func(_ context.Context, _ pgx.Tx, refs []string) error {
		a.mu.Lock()
		defer a.mu.Unlock()
		a.new = append(a.new, refs...)
		return nil
	}
	a.ask(true)
	return a
}

func (a *arrivals) ask(asked bool) []string {
	a.t.Helper()
	ids, err := a.store.SetNewcomers(a.t.Context(), asked)
	if err != nil {
		a.t.Fatal(err)
	}
	return ids
}

var ana = Newcomer{Issuer: "https://id.example", Subject: "1", Provider: "oidc", Name: "ana", DisplayName: `Ana "A" O'Ñe: #1`, Email: "ana@a.example", Picture: "https://a.example/ana.png"}

func (a *arrivals) admit(n Newcomer) (string, error) {
	a.t.Helper()
	ref, rev, err := a.store.Admit(a.t.Context(), n, func(ref string) audit.Author {
		r := httptest.NewRequestWithContext(a.t.Context(), "GET", "/", nil)
		return audit.Self(httpx.WithCaller(r.Context(), httpx.Caller{RequestID: "id"}), ref, "identity.user.create")
	})
	if err == nil && rev > 0 {
		a.catchUp()
	}
	return ref, err
}

func (a *arrivals) must(n Newcomer) {
	a.t.Helper()
	if ref, err := a.admit(n); err != nil || ref != "user:default/"+n.Name {
		a.t.Fatalf("%q, %v", ref, err)
	}
}

func (a *arrivals) refused(n Newcomer, kind errs.Kind) {
	a.t.Helper()
	before := a.refs()
	if ref, err := a.admit(n); !errs.Is(err, kind) {
		a.t.Errorf("%+v: %q, %v, want %v", n, ref, err, kind)
	}
	a.catchUp()
	a.wantRefs(before...)
}

func (a *arrivals) src() *Source {
	a.t.Helper()
	all, err := a.store.Sources(a.t.Context())
	if err != nil {
		a.t.Fatal(err)
	}
	i := slices.IndexFunc(all, func(s *Source) bool { return s.Location == newcomers })
	if i < 0 {
		a.t.Fatal("there is no source of newcomers")
	}
	return all[i]
}

func (a *arrivals) records() []audit.Record {
	a.t.Helper()
	list, _, err := a.book.Latest(a.t.Context(), audit.Filter{}, 1<<40, 100)
	if err != nil {
		a.t.Fatal(err)
	}
	return list
}

const userAna = "apiVersion: backstage.io/v1alpha1\nkind: User\nmetadata: {name: ana, description: the real one}\nspec: {memberOf: []}\n"

// Who signs in first is there at once, stays through readings and restarts, is found again, and is recorded once.
func TestNewcomer(t *testing.T) {
	t.Parallel()
	a := newArrivals(t)
	a.must(ana)
	a.wantRefs("user:default/ana")
	e := a.get("user:default/ana")
	if e.Metadata.Annotations["backstage.io/managed-by-location"] != "sign-in:users/ana" || e.Metadata.Annotations["backstage.io/managed-by-origin-location"] != "sign-in:users" ||
		e.Metadata.Annotations[AnnotationSignInProvider] != "oidc" {
		t.Errorf("%+v", e.Metadata)
	}
	d, err := a.store.DeclarationOf(t.Context(), "user:default/ana")
	if err != nil || !strings.Contains(d.Text, `displayName: "Ana \"A\" O'Ñe: #1"`) {
		t.Errorf("%+v %v", d, err)
	}
	if list := a.records(); len(list) != 1 || list[0].Action != "identity.user.create" || list[0].Actor != "user:default/ana" || list[0].Target != "user:default/ana" || list[0].Principal != "user" ||
		!strings.Contains(string(list[0].Detail), `"subject":"1"`) {
		t.Errorf("%+v", list)
	}
	changed := ana
	changed.Name, changed.DisplayName = "anna", "Anna"
	if ref, err := a.admit(changed); err != nil || ref != "user:default/ana" { // issuer and subject say who it is
		t.Errorf("%q %v", ref, err)
	}
	for range 2 {
		a.refresh(a.src())
	}
	if ids := a.ask(false); len(ids) != 1 {
		t.Errorf("sources %v: who was made is to stay", ids)
	}
	a.exec(`UPDATE catalog_sources SET read_by = 'another release'`)
	a.refresh(a.src())
	a.wantRefs("user:default/ana")
	a.wantOps("user:default/ana", "created")
	a.wantTally(a.src(), Tally{Units: 1, Entities: 2})
	if list := a.records(); len(list) != 1 {
		t.Errorf("%d records", len(list))
	}
	if in := a.inbox(); in.Totals != (InboxTotals{}) {
		t.Errorf("%+v", in)
	}
}

// Nobody becomes whom the catalog has already, or has still: active, missing, removed, or another newcomer. A name that
// is none makes nobody.
func TestNewcomerWhoseNameIsTaken(t *testing.T) {
	t.Parallel()
	a := newArrivals(t)
	a.set("/d/ana.yaml", userAna)
	src := a.source("/d/*.yaml")[0]
	a.refresh(src)
	a.refused(ana, errs.Conflict)
	a.remove("/d/ana.yaml")
	a.refresh(src)
	if s := a.get("user:default/ana"); len(s.Status.Items) != 1 {
		t.Fatalf("%+v", s)
	}
	a.refused(ana, errs.Conflict)
	a.removeByHand("user:default/ana")
	a.catchUp()
	a.refused(ana, errs.Conflict)

	bob, other := ana, ana
	bob.Name, bob.Subject = "bob", "2"
	a.must(bob)
	other.Name, other.Issuer = "bob", "https://other.example"
	a.refused(other, errs.Conflict)
	for i, name := range []string{"", "a b", "ana/x", "-", strings.Repeat("a", 64), "Ana"} {
		n := ana
		n.Name, n.Subject = name, "none"+string(rune('0'+i))
		a.refused(n, errs.Invalid)
	}
	if list := a.records(); len(list) != 1 {
		t.Errorf("%+v", list)
	}
	if n := a.count(`SELECT count(*) FROM catalog_newcomers`); n != 1 {
		t.Errorf("%d newcomers", n)
	}
}

// A source that declares the user wins, without a conflict; whoever signed in under the name is signed out and does not
// become whom it declares.
func TestNewcomerGivesWay(t *testing.T) {
	t.Parallel()
	a := newArrivals(t)
	a.must(ana)
	a.set("/d/ana.yaml", userAna)
	src := a.source("/d/*.yaml")[0]
	a.refresh(src)
	a.refresh(a.src())
	a.refresh(src)
	if e := a.get("user:default/ana"); e.Metadata.Description != "the real one" || len(e.Status.Items) != 0 || e.Metadata.Annotations[AnnotationSignInProvider] != "" {
		t.Errorf("%+v", e)
	}
	a.wantOps("user:default/ana", "created", "updated")
	if in := a.inbox(); in.Totals != (InboxTotals{}) {
		t.Errorf("%+v", in.Totals)
	}
	if !slices.Equal(a.new, []string{"user:default/ana"}) || len(a.out) > 0 {
		t.Errorf("displaced: %v, signed out: %v", a.new, a.out)
	}
	a.refused(ana, errs.Conflict)
	a.wantTally(a.src(), Tally{Entities: 1})
}

// While a sign-in goes on as a user whom a sign-in made, no source gets the name; once one has it, none goes on.
func TestNewcomerIsStillThere(t *testing.T) {
	t.Parallel()
	a := newArrivals(t)
	a.must(ana)
	still := func(issuer, subject string) (yes bool) {
		t.Helper()
		if err := pg.Transact(t.Context(), a.store.db, pg.TxOptions{}, func(tx pgx.Tx) (err error) {
			if yes, err = a.store.Admitted(t.Context(), tx, "user:default/ana", issuer, subject); err != nil || !yes {
				return err
			}
			return pg.Transact(t.Context(), a.store.db, pg.TxOptions{}, func(other pgx.Tx) error {
				var name string
				if err := other.QueryRow(t.Context(), `SELECT name FROM catalog_newcomers FOR UPDATE SKIP LOCKED`).Scan(&name); !errors.Is(err, pgx.ErrNoRows) {
					t.Errorf("another source can have %q: %v", name, err)
				}
				return nil
			})
		}); err != nil {
			t.Fatal(err)
		}
		return yes
	}
	if !still("", "") || !still(ana.Issuer, ana.Subject) {
		t.Error("she is none who was made")
	}
	if still(ana.Issuer, "2") || still("https://other.example", ana.Subject) {
		t.Error("another is she")
	}
	a.set("/d/ana.yaml", userAna)
	a.refresh(a.source("/d/*.yaml")[0])
	if still("", "") || still(ana.Issuer, ana.Subject) {
		t.Error("the user whom a source declares is one who was made")
	}
}

// Somebody whom an operator removed stays removed, and is signed out, until the removal is taken back or forgotten.
func TestNewcomerIsRemoved(t *testing.T) {
	t.Parallel()
	a := newArrivals(t)
	a.must(ana)
	uid := a.uid("user:default/ana")
	a.removeByHand("user:default/ana")
	a.catchUp()
	a.refresh(a.src())
	a.wantRefs()
	if !slices.Equal(a.out, []string{"user:default/ana"}) {
		t.Errorf("signed out: %v", a.out)
	}
	a.refused(ana, errs.Gone)
	if _, _, err := a.store.Restore(t.Context(), mustUUID(t, uid), audit.System("test")); err != nil {
		t.Fatal(err)
	}
	a.must(ana)
	a.removeByHand("user:default/ana")
	a.exec(`UPDATE catalog_entities SET removed_at = now() - interval '31 days' WHERE state = 'removed'`)
	if err := a.store.Expire(t.Context(), Retention{Grace: time.Hour, Removed: 30 * 24 * time.Hour, ChangeAge: time.Hour, ChangeCount: 10, FollowerSlow: time.Hour}); err != nil {
		t.Fatal(err)
	}
	a.catchUp()
	a.must(ana)
	a.wantRefs("user:default/ana")
	if got := a.uid("user:default/ana"); got == uid {
		t.Error("the uid of who was forgotten came back")
	}
}

// What cannot be recorded is not done.
func TestNoNewcomerWithoutARecord(t *testing.T) {
	t.Parallel()
	a := newArrivals(t)
	a.exec(`ALTER TABLE audit_log ADD CONSTRAINT no_more CHECK (false) NOT VALID`)
	if _, err := a.admit(ana); err == nil {
		t.Error("it was made")
	}
	a.catchUp()
	a.wantRefs()
	if n := a.count(`SELECT count(*) FROM catalog_newcomers`) + a.count(`SELECT count(*) FROM catalog_units`); n != 0 {
		t.Errorf("%d rows are left", n)
	}
}

// Many who sign in at once, each several times, while the source is read over and over: each is made once, and nobody is
// ever missing.
func TestNewcomersAtOnce(t *testing.T) {
	t.Parallel()
	a := newArrivals(t)
	src := a.src()
	stop, read := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(read)
		for {
			select {
			case <-stop:
				return
			default:
			}
			conn, err := a.store.db.Acquire(t.Context())
			if err != nil {
				t.Error(err)
				return
			}
			if _, err := conn.Exec(t.Context(), `SELECT pg_advisory_lock($1)`, sourceLock(src.ID)); err != nil { // as the worker does
				t.Error(err)
			}
			if _, err := a.refresher.Refresh(t.Context(), src, "test"); err != nil {
				t.Error(err)
			}
			if _, err := conn.Exec(t.Context(), `SELECT pg_advisory_unlock($1)`, sourceLock(src.ID)); err != nil {
				t.Error(err)
			}
			conn.Release()
		}
	}()
	var wg sync.WaitGroup
	want := []string{}
	for _, name := range []string{"a", "b", "c", "d", "e"} {
		want = append(want, "user:default/"+name)
		n := ana
		n.Name, n.Subject = name, name
		for range 4 {
			wg.Go(func() {
				if _, _, err := a.store.Admit(t.Context(), n, func(ref string) audit.Author { return audit.Self(t.Context(), ref, "identity.user.create") }); err != nil {
					t.Error(err)
				}
			})
		}
	}
	wg.Wait()
	close(stop)
	<-read
	a.refresh(src)
	a.wantRefs(want...)
	for _, ref := range want {
		a.wantOps(ref, "created")
	}
	if list := a.records(); len(list) != len(want) {
		t.Errorf("%d records", len(list))
	}
}
