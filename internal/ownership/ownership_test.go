package ownership

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"portico/internal/catalog/layer"
	"portico/internal/identity/audit"
)

func (w *world) wantClaims(want ...string) {
	w.t.Helper()
	if d := cmp.Diff(want, w.claims()); d != "" {
		w.t.Fatalf("claims (-want +got):\n%s", d)
	}
}

var nothing []string

func TestStanding(t *testing.T) {
	t.Parallel()
	w := newWorld(t, `
		component:default/declared owner=web
		component:default/above owner=platform
		component:default/inferred owner=web inferred=true
		component:default/not-inferred owner=web inferred=false
		component:default/absent owner=nowhere
		component:default/gone owner=ghosts
		component:default/empty owner=void
		component:default/person owner=user:default/ann
		component:default/no-person owner=user:default/nobody
		component:default/unknown
		system:default/alone owner=web`)
	w.tabulate()
	for _, tt := range []struct {
		name  string
		owner string
		state State
		fault Fault
	}{
		{"declared", "group:default/web", Declared, ""},
		{"above", "group:default/platform", Declared, ""},
		{"inferred", "group:default/web", Inferred, ""},
		{"not-inferred", "group:default/web", Declared, ""},
		{"absent", "group:default/nowhere", Declared, Absent},
		{"gone", "group:default/ghosts", Declared, Gone},
		{"empty", "group:default/void", Declared, Empty},
		{"person", "user:default/ann", Declared, Person},
		{"no-person", "user:default/nobody", Declared, Absent},
		{"unknown", "", None, Unknown},
	} {
		want := Standing{Ref: "component:default/" + tt.name, Owner: tt.owner, State: tt.state, Fault: tt.fault, Resolves: tt.fault == "" || tt.fault == Person}
		if d := cmp.Diff(want, w.standing(tt.name)); d != "" {
			t.Errorf("%s (-want +got):\n%s", tt.name, d)
		}
		if d := cmp.Diff(want, *w.desk.Book.Table().Of(want.Ref)); d != "" {
			t.Errorf("%s in the table (-want +got):\n%s", tt.name, d)
		}
	}
	if s := w.desk.Book.Table().Of("group:default/web"); s != nil {
		t.Errorf("a team stands in the table: %+v", s)
	}
	if n := w.desk.Book.Table().Len(); n != 11 {
		t.Errorf("the table has %d, want 11", n)
	}
	w.declare(`- user:default/cem
		component:default/last owner=data`) // the team's only member leaves
	if s := w.standing("last"); s.Fault != "" {
		t.Errorf("while %s is only missing: %+v", "cem", s)
	}
}

func TestProposals(t *testing.T) {
	t.Parallel()
	w := newWorld(t, `
		component:default/a owner=web inferred=true
		component:default/b owner=nowhere inferred=true
		component:default/c inferred=false github.com/project-slug=Acme/C
		component:default/d inferred=false
		component:default/e owner=web
		component:default/f inferred=false github.com/project-slug=acme/c backstage.io/source-location=url:https://other.example/acme/c/`)
	w.say("component:default/a", codeowners(3, ""), codeowners(4, "@acme/data"))
	w.say("component:default/d", codeowners(3, "@acme/data"))
	w.exec(`INSERT INTO forge_repositories (provider, repo_id, name, entity_name, url, clone_url, teams)
		VALUES ('github:acme', '1', 'acme/C', 'c', 'https://github.com/acme/C', '', '[{"Team":"data","Permission":"write"},{"Team":"web","Permission":"admin"}]')`)
	w.propose()
	want := []string{"open proposed a → web", "open proposed c → web", "open proposed d → data"}
	w.wantClaims(want...)
	// Again, anew from the start and after an hour: nothing comes twice.
	w.propose()
	w.exec(`UPDATE ownership_state SET revision = 0`)
	w.propose()
	w.now = w.now.Add(2 * time.Hour)
	w.propose()
	w.wantClaims(want...)

	// The reason goes: a file declares the owner, another entity is gone from the file, the evidence changes its mind.
	w.declare(`component:default/a owner=data
		component:default/d inferred=false system=x`)
	w.say("component:default/d", codeowners(3, "@acme/web"))
	w.propose()
	w.wantClaims("withdrawn proposed a → web", "open proposed c → web", "withdrawn proposed d → data", "open proposed d → web")

	// A team that comes later is asked from then on.
	w.declare(`group:default/nowhere members=ann`)
	w.propose()
	w.wantClaims("withdrawn proposed a → web", "open proposed c → web", "withdrawn proposed d → data", "open proposed d → web", "open proposed b → nowhere")
}

// Evidence that moved is not new; evidence that says something else is.
func TestRejected(t *testing.T) {
	t.Parallel()
	w := newWorld(t, `component:default/a owner=web inferred=true`)
	w.say("component:default/a", codeowners(3, "@acme/web"), codeowners(9, "@acme/data"))
	w.propose()
	ann, cem := w.enter("ann"), w.enter("cem")
	w.decide(ann, 1, "reject", `,"note":"never heard of it"`, 200, `"next":{"id":2`, `"owner":"group:default/data"`)
	w.wantClaims("rejected proposed a → web", "open proposed a → data")
	if s := w.standing("a"); s.State != None || s.Fault != Disputed {
		t.Errorf("after the rejection: %+v", s)
	}
	w.decide(cem, 2, "reject", "", 200)
	w.say("component:default/a", codeowners(30, "@acme/web"), codeowners(90, "@acme/data"))
	again := func() {
		t.Helper()
		w.now = w.now.Add(2 * time.Hour)
		w.propose()
	}
	again()
	w.wantClaims("rejected proposed a → web", "rejected proposed a → data")
	moved := codeowners(3, "@acme/data")
	moved.File = "CODEOWNERS"
	w.say("component:default/a", moved)
	again()
	w.wantClaims("rejected proposed a → web", "rejected proposed a → data", "open proposed a → data")
}

func TestConfirm(t *testing.T) {
	t.Parallel()
	w := newWorld(t, `component:default/a owner=web inferred=true`)
	w.say("component:default/a", codeowners(3, "@acme/web"))
	w.propose()
	ann, bob, cem, root := w.enter("ann"), w.enter("bob"), w.enter("cem"), w.enter("root")
	w.decide(who{}, 1, "confirm", "", 403)
	w.decide(cem, 1, "confirm", "", 403, "ownership.claim.decide")
	w.wantClaims("open proposed a → web")
	w.decide(ann, 1, "confirm", "", 200, `"done":1,"failed":0`, `"state":"confirmed"`, `"verifyUntil":"2031-08-31T12:00:00Z"`)
	s := w.standing("a")
	if d := cmp.Diff(Standing{Ref: "component:default/a", Owner: "group:default/web", State: Verified, Resolves: true,
		Answer: &Answer{By: "user:default/ann", At: w.now, Until: w.now.Add(180 * 24 * time.Hour)}}, s, cmp.Comparer(time.Time.Equal)); d != "" {
		t.Errorf("after the confirmation (-want +got):\n%s", d)
	}
	w.decide(bob, 1, "reject", "", 409, "confirmed already by user:default/ann")
	w.decide(root, 99, "confirm", "", 404, "there is no claim 99")
	w.propose()
	w.wantClaims("confirmed proposed a → web")

	// Time passes: the team is asked again, once, and what it says counts.
	w.now = w.now.Add(181 * 24 * time.Hour)
	w.propose()
	w.propose()
	w.wantClaims("confirmed proposed a → web", "open verify a → web")
	if s := w.standing("a"); s.State != Declared || s.Answer == nil {
		t.Errorf("after its time: %+v", s)
	}
	w.want(bob, "GET", "inbox", "", 200, `"total":1`, `"verify":1`, "last confirmed by user:default/ann on 4 March 2031", `"mayDecide":true`)
	w.decide(bob, 2, "confirm", "", 200)
	if s := w.standing("a"); s.State != Verified || s.Answer.By != "user:default/bob" {
		t.Errorf("after the second confirmation: %+v", s)
	}
	w.now = w.now.Add(181 * 24 * time.Hour)
	w.propose()
	w.decide(ann, 3, "reject", `,"note":"handed over"`, 200)
	if s := w.standing("a"); s.State != None {
		t.Errorf("after they said that it is not theirs any more: %+v", s)
	}
	var got []string
	records, _, err := w.book.Latest(t.Context(), audit.Filter{}, 1<<40, 50)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range records {
		if strings.HasPrefix(r.Action, "ownership.") {
			got = append(got, fmt.Sprintf("%s %s %s %s", r.Outcome, r.Actor, r.Action, r.Target))
		}
	}
	if d := cmp.Diff([]string{
		"allowed user:default/ann ownership.claim.decide component:default/a",
		"allowed user:default/bob ownership.claim.decide component:default/a",
		"allowed user:default/ann ownership.claim.decide component:default/a",
	}, got); d != "" {
		t.Errorf("records (-want +got):\n%s", d)
	}
}

// What a file declares is verified, and not written again.
func TestVerifyDeclared(t *testing.T) {
	t.Parallel()
	w := newWorld(t, `component:default/a owner=web`)
	w.desk.Overlays = nil
	ann := w.enter("ann")
	w.want(ann, "POST", "claims", `{"refs":["component:default/a"],"owner":"group:default/web"}`, 200, `"state":"confirmed"`)
	if s := w.standing("a"); s.State != Verified {
		t.Errorf("%+v", s)
	}
}

func TestPass(t *testing.T) {
	t.Parallel()
	w := newWorld(t, `component:default/a owner=web inferred=true
		group:default/hidden members=ann`)
	w.say("component:default/a", codeowners(3, "@acme/web"))
	w.propose()
	ann, cem := w.enter("ann"), w.enter("cem")
	w.decide(ann, 1, "pass", "", 400, "to is missing")
	w.decide(ann, 1, "pass", `,"to":"group:default/none"`, 400, "to names group:default/none")
	w.decide(ann, 1, "pass", `,"to":"group:default/hidden"`, 400, "to names group:default/hidden")
	w.decide(ann, 1, "pass", `,"to":"component:default/a"`, 400, "to names component:default/a")
	w.decide(ann, 1, "pass", `,"to":"group:default/web"`, 400, "asked already")
	w.decide(ann, 1, "pass", `,"to":"group:default/data","note":"moved in May"`, 200, `"next":{"id":2`, "passed on by user:default/ann of group:default/web: moved in May")
	w.propose()
	w.wantClaims("passed proposed a → web", "open passed a → data")
	w.decide(cem, 2, "confirm", "", 200)
	if s := w.standing("a"); s.Owner != "group:default/data" || s.State != Verified {
		t.Errorf("%+v", s)
	}
	w.propose()
	w.wantClaims("passed proposed a → web", "confirmed passed a → data")
}

func TestClaim(t *testing.T) {
	t.Parallel()
	w := newWorld(t, `component:default/free
		component:default/taken owner=data
		component:default/left owner=ghosts
		component:default/hidden
		component:default/more`)
	ann, cem := w.enter("ann"), w.enter("cem")
	claim := func(as who, ref, owner string, status int, parts ...string) {
		t.Helper()
		w.want(as, "POST", "claims", fmt.Sprintf(`{"refs":[%q],"owner":%q}`, ref, owner), status, parts...)
		w.apply()
		w.tabulate()
	}
	claim(who{}, "component:default/free", "group:default/web", 403)
	claim(ann, "component:default/free", "group:default/data", 403, "ownership.claim.create")
	claim(ann, "component:default/hidden", "group:default/web", 404, "there is no entity component:default/hidden")
	claim(ann, "group:default/data", "group:default/web", 400, "nobody owns a team")
	claim(ann, "free", "group:default/web", 400, "refs[0]")
	claim(ann, "component:default/free", "nowhere", 400, "owner names nowhere")
	w.wantClaims(nothing...)
	claim(ann, "Component:default/Free", "web", 200, `"state":"confirmed"`)
	claim(ann, "component:default/left", "group:default/platform", 200, `"state":"confirmed"`, `"stillDeclared":"group:default/ghosts"`)
	claim(ann, "component:default/taken", "group:default/web", 200, `"state":"open"`, `"asked":"group:default/data"`)
	claim(ann, "component:default/taken", "group:default/web", 409, "asked already")
	w.propose()
	w.wantClaims("confirmed claimed free → web", "confirmed claimed left → platform", "open claimed taken → web asks data")
	for name, owner := range map[string]string{"free": "group:default/web", "left": "group:default/platform", "taken": "group:default/data"} {
		if s := w.standing(name); s.Owner != owner || (s.State == Verified) == (name == "taken") {
			t.Errorf("%s: %+v", name, s)
		}
	}
	w.want(cem, "GET", "inbox", "", 200, `"total":1`, "claimed by user:default/ann")
	w.want(ann, "GET", "inbox", "", 200, `"total":0`)
	w.decide(ann, 3, "confirm", "", 403) // not theirs to give
	w.decide(cem, 3, "pass", `,"to":"group:default/web"`, 400, "not passed on")
	w.decide(cem, 3, "confirm", "", 200)
	if s := w.standing("taken"); s.Owner != "group:default/web" || s.State != Verified {
		t.Errorf("%+v", s)
	}
	// That a claim was refused says nothing of who owns the entity.
	claim(cem, "component:default/taken", "group:default/data", 200, `"asked":"group:default/web"`)
	w.decide(ann, 4, "reject", "", 200)
	if s := w.standing("taken"); s.Owner != "group:default/web" || s.State != Verified {
		t.Errorf("after a refused claim: %+v", s)
	}
}

// Of many each is answered by itself.
func TestMany(t *testing.T) {
	t.Parallel()
	lines := &strings.Builder{}
	for i := range 30 {
		fmt.Fprintf(lines, "component:default/a%02d owner=%s inferred=true\n", i, []string{"web", "data"}[i%2])
	}
	w := newWorld(t, lines.String())
	w.propose()
	ann := w.enter("ann")
	var ids []string
	for i := range 30 {
		ids = append(ids, fmt.Sprint(i+1))
	}
	body := func(ids []string) string {
		return `{"decision":"confirm","claims":[` + strings.Join(ids, ",") + `]}`
	}
	w.want(ann, "POST", "decisions", body(append(ids, "1", "999")), 200, `"done":15,"failed":16`, `"name":"NotAllowedError"`, `"message":"there is no claim 999"`)
	if n := strings.Count(strings.Join(w.claims(), "\n"), "confirmed"); n != 15 {
		t.Errorf("%d are confirmed, want 15", n)
	}
	many := make([]string, maxAtOnce+1)
	for i := range many {
		many[i] = fmt.Sprint(i)
	}
	w.want(ann, "POST", "decisions", body(many), 400, "claims has 501; at most 500")
	w.want(ann, "POST", "decisions", body(nil), 400, "claims is missing or empty")
	w.want(ann, "POST", "decisions", `{"decision":"confirm","claims":[16],"note":"`+strings.Repeat("x", maxNote+1)+`"}`, 400, "note has 1001 characters")
	w.want(ann, "POST", "decisions", `{"decision":"maybe","claims":[16]}`, 400, "decision must be")
	w.want(ann, "POST", "claims", `{"refs":["component:default/a01","component:default/none"],"owner":"group:default/web"}`, 200, `"done":1,"failed":1`)
}

func TestInbox(t *testing.T) {
	t.Parallel()
	w := newWorld(t, `
		component:default/a owner=web inferred=true backstage.io/source-location=url:https://git.example/acme/a/tree/main/
		component:default/b owner=data inferred=true backstage.io/source-location=url:javascript:alert(1)
		component:default/c owner=platform inferred=true
		component:default/hidden-1 owner=web inferred=true
		component:default/z owner=web inferred=true`)
	w.say("component:default/a", codeowners(3, "@acme/web"))
	w.propose()
	ann, cem, pat, root := w.enter("ann"), w.enter("cem"), w.enter("pat"), w.enter("root")
	// Who is in a team answers for those above it, and not for those below.
	text := w.want(ann, "GET", "inbox", "", 200, `"total":3`, `{"ref":"group:default/platform","open":1,"verify":0}`, `{"ref":"group:default/web","open":2,"verify":0}`,
		`"file":".github/CODEOWNERS","line":3`, `"source":"https://git.example/acme/a/tree/main/"`, `"state":"inferred"`)
	if strings.Contains(text, "hidden") {
		t.Errorf("the inbox names what is hidden: %s", text)
	}
	w.want(pat, "GET", "inbox", "", 200, `"total":1`)
	if text := w.want(cem, "GET", "inbox", "", 200, `"total":1`); strings.Contains(text, "javascript") {
		t.Errorf("a source that is no page is named: %s", text)
	}
	w.want(cem, "GET", "inbox?owner=group:default/web", "", 200, `"total":0`)
	w.want(cem, "GET", "inbox?scope=all&owner=group:default/web", "", 200, `"total":2`, `"mayDecide":false`)
	w.want(root, "GET", "inbox?scope=all", "", 200, `"total":5`, `"mayDecide":true`)
	w.want(who{}, "GET", "inbox", "", 200, `"total":0`, `"items":[]`)
	w.want(ann, "GET", "inbox?scope=x", "", 400, "scope")
	w.want(ann, "GET", "inbox?limit=x", "", 400, "limit")
	w.want(ann, "GET", "inbox?owner=%00", "", 400, "owner")
	seen := ""
	path := "inbox?limit=1"
	for range 3 {
		text := w.want(ann, "GET", path, "", 200, `"total":3`)
		_, rest, _ := strings.Cut(text, `"ref":"component:default/`)
		seen += rest[:1]
		_, next, _ := strings.Cut(text, `"next":"`)
		next, _, _ = strings.Cut(next, `"`)
		path = "inbox?limit=1&after=" + strings.ReplaceAll(next, " ", "%20")
	}
	if seen != "caz" {
		t.Errorf("page by page: %s", seen)
	}
}

func TestEntity(t *testing.T) {
	t.Parallel()
	w := newWorld(t, `component:default/a owner=web inferred=true
		component:default/secret owner=hidden
		group:default/hidden members=cem
		component:default/hidden`)
	w.propose()
	ann, root := w.enter("ann"), w.enter("root")
	w.want(ann, "GET", "entities/component/default/a", "", 200, `"owner":"group:default/web","state":"inferred","resolves":true`, `"claimFor":["group:default/web","group:default/platform"],"claimForAny":false`)
	w.want(root, "GET", "entities/component/default/a", "", 200, `"claimFor":[],"claimForAny":true`)
	w.want(ann, "GET", "entities/component/default/hidden", "", 404)
	w.want(ann, "GET", "entities/group/default/web", "", 404)
	// Whether an owner who is hidden is there, and who belongs to them, is not told.
	if text := w.want(ann, "GET", "entities/component/default/secret", "", 200, `"owner":"group:default/hidden","state":"declared","resolves":false,"fault":"absent"`, "is not in the catalog"); strings.Contains(text, "cem") {
		t.Error(text)
	}
	w.want(root, "GET", "entities/component/default/secret", "", 200, `"resolves":true`)
}

func TestFindings(t *testing.T) {
	t.Parallel()
	w := newWorld(t, `
		system:default/shop owner=web
		component:default/fine owner=web
		component:default/u1
		component:default/u2 system=shop
		component:default/absent owner=nowhere system=shop
		component:default/gone owner=ghosts
		component:default/empty owner=void
		component:default/person owner=user:default/ann
		component:default/hidden
		component:default/secret owner=hidden-team
		group:default/hidden-team`)
	w.tabulate()
	ann, root := w.enter("ann"), w.enter("root")
	w.want(ann, "GET", "findings", "", 200, `"counts":{"absent":2,"disputed":0,"empty":1,"gone":1,"person":1,"unknown":2},"total":7`,
		`"says":"every member of group:default/ghosts has left the catalog"`, `"todo":"name a team that will be there when they are not"`)
	w.want(root, "GET", "findings", "", 200, `"empty":2`, `"unknown":3`, `"total":8`)
	w.want(ann, "GET", "findings?kind=unknown", "", 200, `"total":2`, `"absent":2`, "component:default/u1")
	w.want(ann, "GET", "findings?owner=group:default/void", "", 200, `"total":1`, "component:default/empty")
	w.want(ann, "GET", "findings?system=system:default/shop", "", 200, `"total":2`, "component:default/u2", "component:default/absent")
	w.want(ann, "GET", "findings?limit=2&offset=1", "", 200, `"total":7`, `"next":3`, "component:default/u2")
	w.want(ann, "GET", "findings?kind=x", "", 400, "kind must be")
	w.want(ann, "GET", "findings?offset=-1", "", 400, "offset must be")
	w.want(ann, "GET", "findings?system=x", "", 400, "system must be")
}

func TestOwnerNamed(t *testing.T) {
	t.Parallel()
	w := newWorld(t, `group:default/gh-1 github.com/team-slug=acme/core
		group:default/twin-1 github.com/team-slug=acme/twin
		group:default/twin-2 github.com/team-slug=acme/twin`)
	for value, want := range map[string]string{
		"@acme/core": "group:default/data", "@acme/old-web": "group:default/web", "group:default/Old-Web": "group:default/web", "x": "", "@acme/web": "group:default/web", "group:default/web": "group:default/web", "Group:web": "group:default/web",
		"web": "group:default/web", "@ann": "user:default/ann", "user:ann": "user:default/ann", "@acme/twin": "", "": "", "@": "", "a/": "", "component:default/a": "",
		"nobody@example.com": "", "::": "", `"},{"kind":"group"`: "", strings.Repeat("x", 5000): "",
	} {
		if got := ownerNamed(w.index.Snapshot(), aliases{"group:default/old-web": "group:default/web", "group:default/gh-1": "group:default/data", "group:default/x": "group:default/nobody"}, value); got != want {
			t.Errorf("%.50q is %q, want %q", value, got, want)
		}
	}
}

// What repositories hold is anybody's text.
func TestHostileEvidence(t *testing.T) {
	t.Parallel()
	w := newWorld(t, `component:default/a owner=web inferred=true`)
	list := make([]layer.Evidence, 500)
	for i := range list {
		list[i] = layer.Evidence{Field: ownerField, Value: "group:default/web", File: strings.Repeat("ü", 4000) + fmt.Sprint(i), Says: "\x1b[31m" + strings.Repeat("x", 9000), Sure: "?"}
	}
	w.say("component:default/a", list...)
	w.propose()
	if text := w.want(w.enter("ann"), "GET", "inbox", "", 200, `"total":1`); len(text) > 40_000 {
		t.Errorf("the answer has %d bytes", len(text))
	}
}

// What is decided on one replica is known on the others.
func TestOtherReplica(t *testing.T) {
	t.Parallel()
	w := newWorld(t, `component:default/a owner=web inferred=true`)
	w.propose()
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
	w.decide(w.enter("ann"), 1, "confirm", "", 200)
	<-other.changed
	doc := w.index.Snapshot().ByRef("component:default/a", nil)
	if s := other.Standing(w.index.Snapshot(), doc); s.State != Verified {
		t.Errorf("the other replica says %+v", s)
	}
}

// Two replicas that propose at the same time propose once.
func TestOneTurn(t *testing.T) {
	t.Parallel()
	w := newWorld(t, `component:default/a owner=web inferred=true`)
	tx, err := w.pool.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, mine, err := turn(t.Context(), tx); err != nil || !mine {
		t.Fatal(mine, err)
	}
	w.propose()
	w.wantClaims(nothing...)
	if err := tx.Rollback(t.Context()); err != nil {
		t.Fatal(err)
	}
	w.propose()
	w.wantClaims("open proposed a → web")
}
