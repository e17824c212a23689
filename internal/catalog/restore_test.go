package catalog

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"portico/internal/errs"
	"portico/internal/httpx"
	"portico/internal/identity/audit"
)

func TestAMissingEntityIsKept(t *testing.T) {
	t.Parallel()
	const ref = "component:default/b"
	w := newWorld(t)
	w.set("/d/a.yaml", component("a", ""))
	w.set("/d/b.yaml", component("b", ""))
	src := w.source("/d/*.yaml")[0]
	w.refresh(src)
	uid := mustUUID(t, w.get(ref).Metadata.UID)
	keep := func() {
		t.Helper()
		w.remove("/d/b.yaml")
		w.refresh(src)
		if got, _, err := w.store.Restore(t.Context(), uid, audit.System("user:default/ana")); err != nil || got != ref {
			t.Fatalf("kept %s, %v", got, err)
		}
		w.refresh(src) // and it stays so
		if err := w.store.Expire(t.Context(), Retention{ChangeAge: time.Hour, ChangeCount: 100, FollowerSlow: time.Hour}); err != nil {
			t.Fatal(err)
		}
		w.catchUp()
		if items := w.get(ref).Status.Items; len(items) != 0 {
			t.Errorf("kept, and still %+v", items)
		}
	}
	keep()
	w.wantOps(ref, "created", "missing", "restored")
	w.wantTally(src, Tally{Units: 1, Entities: 3})

	// Declared again, it is as any other.
	w.set("/d/b.yaml", component("b", ""))
	w.refresh(src)
	w.remove("/d/b.yaml")
	w.refresh(src)
	if items := w.get(ref).Status.Items; len(items) != 1 || items[0].Type != "portico.dev/missing" {
		t.Errorf("what was declared again and went: %+v", items)
	}

	// What is kept goes to another file that declares it.
	w.set("/d/b.yaml", component("b", ""))
	w.refresh(src)
	keep()
	w.set("/d/c.yaml", component("b", "  description: from c\n"))
	w.refresh(src)
	if b := w.get(ref); b.Metadata.Description != "from c" || b.Metadata.UID != uid.String() {
		t.Errorf("another file declares it, but it is %+v", b.Metadata)
	}
	if cs := w.inbox().Conflicts; len(cs) != 0 {
		t.Errorf("conflicts with nobody: %+v", cs)
	}
	w.remove("/d/c.yaml")
	w.refresh(src)
	keep()
	if _, err := w.store.Remove(t.Context(), uid, "", audit.System("user:default/ana")); err != nil {
		t.Fatal(err)
	}
	w.catchUp()
	w.wantRefs("component:default/a")
	w.wantLogged()
}

// asOperator is the context of a request to an audited route.
func asOperator(t *testing.T) context.Context {
	return httpx.WithCaller(t.Context(), httpx.Caller{Name: "user:default/ana", Action: "catalog.test.restore"})
}

// following runs fn while the read model follows the database.
func (w *world) following(fn func()) {
	ctx, cancel := context.WithCancel(w.t.Context())
	done := make(chan struct{})
	go func() { defer close(done); _ = w.follower.Run(ctx) }()
	fn()
	cancel()
	<-done
}

func TestARemovalIsUndoneAsAWhole(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var many strings.Builder
	for i := range 25 {
		many.WriteString("---\n" + component(fmt.Sprintf("c%02d", i), ""))
	}
	w.set("/many.yaml", many.String())
	w.set("/one.yaml", component("one", ""))
	srcs := w.source("/many.yaml", "/one.yaml")
	w.refresh(srcs[0])
	w.refresh(srcs[1])
	if _, err := w.store.Remove(t.Context(), mustUUID(t, w.get("component:default/one").Metadata.UID), "", audit.System("user:default/ana")); err != nil {
		t.Fatal(err)
	}
	w.source("/one.yaml") // the other is no longer configured
	w.catchUp()

	// All pages, as the API has them.
	h := w.operator()
	var refs []string
	var first RemovedEntity
	for cursor, pages := "", 0; ; pages++ {
		rec := httptest.NewRecorder()
		if err := h.getRemoved(rec, httptest.NewRequestWithContext(t.Context(), "GET", "/?limit=10&cursor="+cursor, nil)); err != nil {
			t.Fatal(err)
		}
		var page struct {
			Items      []RemovedEntity
			NextCursor *string
		}
		if err := json.Unmarshal(rec.Body.Bytes(), &page); err != nil {
			t.Fatal(err)
		}
		if pages == 0 {
			first = page.Items[0]
		}
		for _, e := range page.Items {
			refs = append(refs, e.Ref)
		}
		if page.NextCursor == nil {
			break
		}
		cursor = *page.NextCursor
	}
	if n := len(refs); n != 27 || refs[n-1] != "component:default/one" || !slices.IsSorted(refs[:n-1]) { // with its Location, the latest first
		t.Errorf("the pages have %d entities: %s", n, refs)
	}
	for q, want := range map[string]int{"C1": 10, "/one": 1, "%": 0, "": 27} {
		items, next, err := w.store.Removed(t.Context(), h.Retention, removedPart{text: q, limit: 100})
		if err != nil || len(items) != want || next != nil {
			t.Errorf("%q finds %d, want %d; %v", q, len(items), want, err)
		}
	}
	for _, query := range []string{"cursor=x", "cursor=bnVsbA", "limit=0", "q=" + url.QueryEscape("\x00")} {
		if err := h.getRemoved(httptest.NewRecorder(), httptest.NewRequestWithContext(t.Context(), "GET", "/?"+query, nil)); !errs.Is(err, errs.Invalid) {
			t.Errorf("%s: %v", query, err)
		}
	}

	// The time goes out and comes back as it was.
	at, err := json.Marshal(first.RemovedAt)
	if err != nil {
		t.Fatal(err)
	}
	restore := func() (rec *httptest.ResponseRecorder, err error) {
		rec = httptest.NewRecorder()
		w.following(func() {
			err = h.restoreRemoved(rec, httptest.NewRequestWithContext(asOperator(t), "POST", "/", strings.NewReader(`{"removedAt":`+string(at)+`}`)))
		})
		return rec, err
	}
	rec, err := restore()
	if err != nil || !strings.Contains(rec.Body.String(), `"restored":26`) {
		t.Errorf("%v %s", err, rec.Body)
	}
	if _, err := restore(); !errs.Is(err, errs.NotFound) {
		t.Errorf("restoring twice: %v", err)
	}
	w.catchUp()
	if n := len(w.refs()); n != 25 {
		t.Errorf("%d entities are back", n)
	}
	w.wantLogged()
}

func TestWhatALettingGoMadeMissingIsKeptAsAWhole(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var many strings.Builder
	for i := range 25 {
		many.WriteString("---\n" + component(fmt.Sprintf("c%02d", i), ""))
	}
	w.set("/d/many.yaml", many.String())
	w.set("/d/one.yaml", component("one", ""))
	src := w.source("/d/*.yaml")[0]
	w.refresh(src)
	w.remove("/d/one.yaml")
	w.refresh(src) // by itself, and not undone with the others
	w.remove("/d/many.yaml")
	o := w.refresh(src)
	if o.Held == nil {
		t.Fatalf("%+v", o)
	}
	if _, err := w.store.DecideHeld(t.Context(), src.ID, o.Held.Digest, true, nil, audit.System("user:default/ana")); err != nil {
		t.Fatal(err)
	}
	missing := w.inbox().Missing
	since, err := json.Marshal(missing[len(missing)-1].Since)
	if err != nil {
		t.Fatal(err)
	}
	h := w.operator()
	rec := httptest.NewRecorder()
	w.following(func() {
		err = h.restoreMissing(rec, httptest.NewRequestWithContext(asOperator(t), "POST", "/", strings.NewReader(`{"since":`+string(since)+`}`)))
	})
	if err != nil || !strings.Contains(rec.Body.String(), `"restored":25`) {
		t.Errorf("%v %s", err, rec.Body)
	}
	if o := w.refresh(src); o.Held != nil {
		t.Errorf("an operator kept them, and is asked again: %+v", o)
	}
	if missing := w.inbox().Missing; len(missing) != 1 || missing[0].Ref != "component:default/one" {
		t.Errorf("missing: %+v", missing)
	}
	if err := h.restoreMissing(rec, httptest.NewRequestWithContext(t.Context(), "POST", "/", strings.NewReader(`{}`))); !errs.Is(err, errs.Invalid) {
		t.Errorf("without a time: %v", err)
	}
}
