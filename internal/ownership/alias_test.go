package ownership

import (
	"context"
	"testing"
	"time"

	"portico/internal/catalog"
	"portico/internal/identity/audit"
)

// alias has one owner stand for another, as the catalog does it, and all of it is known. "" takes it back.
func (w *world) alias(from, to string) {
	w.t.Helper()
	store, by := catalog.NewStore(w.pool), audit.System("user:default/root")
	var err error
	if to == "" {
		_, _, err = store.RemoveAlias(w.t.Context(), "group:default/"+from, by)
	} else {
		_, _, err = store.SetAlias(w.t.Context(), "group:default/"+from, "group:default/"+to, by)
	}
	if err != nil {
		w.t.Fatal(err)
	}
	w.apply()
	w.tabulate()
}

// A team has another name: what it was asked is asked of the new one, once, and what it confirmed is confirmed.
func TestRenamed(t *testing.T) {
	t.Parallel()
	w := newWorld(t, `
		group:default/site members=cem
		component:default/asked inferred=false
		component:default/sure owner=web inferred=true
		component:default/refused inferred=false
		component:default/given owner=web
		component:default/file owner=data`)
	for _, name := range []string{"asked", "sure", "refused"} {
		w.say("component:default/"+name, codeowners(3, "@acme/web"))
	}
	w.propose()
	w.wantClaims("open proposed asked → web", "open proposed refused → web", "open proposed sure → web")
	ann, cem := w.enter("ann"), w.enter("cem")
	w.decide(ann, 3, "confirm", "", 200)
	w.decide(ann, 2, "reject", "", 200)
	w.want(cem, "GET", "inbox", "", 200, `"total":0`)
	w.want(cem, "POST", "claims", `{"refs":["component:default/given"],"owner":"data"}`, 200, `"state":"open"`, `"asked":"group:default/web"`)

	w.alias("web", "site")
	want := []string{
		"open proposed asked → site", "rejected proposed refused → site", "confirmed proposed sure → site",
		"open claimed given → data asks site",
	}
	w.wantClaims(want...)
	w.want(ann, "GET", "inbox", "", 200, `"total":0`)
	w.want(cem, "GET", "inbox", "", 200, `"total":2`, `{"ref":"group:default/site","open":2,"verify":0}`)
	w.want(cem, "GET", "inbox?owner=group:default/site", "", 200, `"total":2`)
	w.want(ann, "GET", "inbox?scope=all&owner=group:default/web", "", 200, `"total":0`)
	if s := w.standing("sure"); s.Owner != "group:default/site" || s.State != Verified {
		t.Errorf("what was confirmed: %+v", s)
	}
	w.propose() // nobody is asked a second time
	w.wantClaims(want...)

	// It is time to ask again: once, however often it was confirmed under which name.
	w.now = w.now.Add(181 * 24 * time.Hour)
	w.propose()
	want = append(want, "open verify sure → site")
	w.wantClaims(want...)
	w.decide(ann, 5, "confirm", "", 403)
	w.decide(cem, 5, "confirm", "", 200)
	w.propose()
	want[4] = "confirmed verify sure → site"
	w.wantClaims(want...)

	// Who claims in the old name claims in the new one.
	w.want(cem, "POST", "claims", `{"refs":["component:default/file"],"owner":"group:default/web"}`, 200, `"owner":"group:default/site"`)

	// A mistake leaves nothing behind.
	w.alias("web", "")
	if got := w.claims()[0]; got != "open proposed asked → web" {
		t.Errorf("without the alias: %s", got)
	}
	if s := w.standing("sure"); s.Owner != "group:default/web" || s.Answer == nil || !s.Answer.At.Before(w.now.Add(-time.Hour)) {
		t.Errorf("without the alias: %+v", s)
	}
}

// Both were asked about one thing, and are one team now: one question is left. What spoke for an old name that is in no
// catalog any more speaks for the new one.
func TestMerged(t *testing.T) {
	t.Parallel()
	w := newWorld(t, `
		component:default/both owner=nowhere inferred=true
		component:default/late inferred=false`)
	w.say("component:default/both", codeowners(3, "@acme/web"), codeowners(4, "@acme/data"))
	w.say("component:default/late", codeowners(3, "@acme/frontend"))
	w.propose()
	w.wantClaims("open proposed both → web")
	w.decide(w.enter("ann"), 1, "pass", `,"to":"data"`, 200)
	w.exec(`INSERT INTO ownership_claims (ref, owner_ref, asked_ref, reason, state, proposed_by)
		VALUES ('component:default/both', 'group:default/web', 'group:default/web', 'passed', 'open', 'user:default/x')`)
	w.alias("web", "data")
	w.propose()
	w.wantClaims("passed proposed both → data", "open passed both → data", "withdrawn passed both → data")

	w.alias("frontend", "data")
	w.propose()
	if got := w.claims()[3]; got != "open proposed late → data" {
		t.Errorf("by the old name: %s", got)
	}
}

// Other replicas are told.
func TestRenamedElsewhere(t *testing.T) {
	t.Parallel()
	w := newWorld(t, `component:default/a owner=web inferred=true`)
	w.say("component:default/a", codeowners(3, "@acme/web"))
	w.propose()
	w.decide(w.enter("ann"), 1, "confirm", "", 200)
	other := NewBook(w.pool, w.index, w.desk.Book.Log)
	other.Now = w.desk.Now
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		other.listen(ctx)
	}()
	defer func() {
		cancel()
		<-done
	}()
	<-other.changed // it listens, and has read what there is
	w.alias("web", "data")
	<-other.changed
	doc := w.index.Snapshot().ByRef("component:default/a", nil)
	if s := other.Standing(w.index.Snapshot(), doc); s.Owner != "group:default/data" || s.State != Verified {
		t.Errorf("the other replica says %+v", s)
	}
}
