package signin

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"portico/internal/identity/audit"
)

func (w *world) records() []audit.Record {
	w.t.Helper()
	list, _, err := (&audit.Store{DB: w.pool}).Latest(w.t.Context(), audit.Filter{}, 1<<40, 500)
	if err != nil {
		w.t.Fatal(err)
	}
	return list
}

// said is what a record says, without what differs each time.
type said struct {
	Actor, Principal, Action, Target string
	Outcome                          audit.Outcome
	Status                           int
	Detail                           map[string]any
}

// newest returns what the newest record says. It must be the only one since the last look.
func (w *world) newest(seen *int) said {
	w.t.Helper()
	list := w.records()
	if len(list) != *seen+1 {
		w.t.Fatalf("%d records more, want 1", len(list)-*seen)
	}
	*seen++
	r := list[0]
	s := said{Actor: r.Actor, Principal: r.Principal, Action: r.Action, Target: r.Target, Outcome: r.Outcome, Status: r.Status}
	if err := json.Unmarshal(r.Detail, &s.Detail); err != nil {
		w.t.Fatal(err)
	}
	if r.RequestID == "" || r.Address != "127.0.0.1" {
		w.t.Errorf("request %q from %q", r.RequestID, r.Address)
	}
	return s
}

func (w *world) same(want, got said) {
	w.t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		w.t.Errorf("(-want +got)\n%s", diff)
	}
}

// Every route of this package that is audited is here: it writes one record when it does something, none when there is
// nothing to do, and one when it is refused.
func TestSigningInAndOutIsRecorded(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	seen := 0
	mine := func(action string, detail map[string]any) said {
		return said{ann.Ref, "user", action, ann.Ref, audit.Allowed, 0, detail}
	}
	started := func(more map[string]any) said {
		detail := map[string]any{"provider": "oidc", "issuer": w.idp.URL, "subject": "1001"}
		for k, v := range more {
			detail[k] = v
		}
		return mine("identity.session.start", detail)
	}
	ended := func(n int, all bool) said {
		return mine("identity.session.end", map[string]any{"sessions": float64(n), "everywhere": all})
	}
	elsewhere := func(path string) {
		t.Helper()
		c := browser()
		w.signIn(c)
		w.newest(&seen)
		w.post(c, path, "", "cross-site")
		w.same(said{ann.Ref, "user", "identity.session.end", path, audit.Denied, http.StatusForbidden,
			map[string]any{"method": "POST", "reason": "this request came from another site and was refused"}}, w.newest(&seen))
		w.exec(`DELETE FROM identity_sessions`)
		w.sessions.Forget()
	}
	cases := map[string]func(){
		"GET /api/auth/{provider}/handler/frame": func() {
			c := browser()
			w.signIn(c)
			w.same(started(nil), w.newest(&seen))
			w.signIn(c)
			w.same(started(map[string]any{"ended": ann.Ref}), w.newest(&seen))
			w.get(browser(), w.back(w.begin(c)))
			w.same(said{"unknown", "", "identity.session.start", "provider:oidc", audit.Denied, http.StatusUnauthorized, map[string]any{
				"method": "GET", "code": "expired", "reason": "the state, or this browser's cookie, is none of ours",
			}}, w.newest(&seen))
			w.exec(`DELETE FROM identity_sessions`)
		},
		"POST /api/auth/{provider}/logout": func() {
			c := browser()
			w.signIn(c)
			w.newest(&seen)
			w.post(c, "/api/auth/oidc/logout", "", "same-origin")
			w.same(ended(1, false), w.newest(&seen))
			w.post(c, "/api/auth/oidc/logout", "", "same-origin")
		},
		"POST /api/portico/session/end": func() {
			c := browser()
			for _, each := range []*http.Client{browser(), browser(), c} {
				w.signIn(each)
				w.newest(&seen)
			}
			u, _ := url.Parse(w.URL)
			kept := c.Jar.Cookies(u)
			w.post(c, "/api/portico/session/end", `{"all":true}`, "same-origin")
			w.same(ended(3, true), w.newest(&seen))
			c.Jar.SetCookies(u, kept)
			w.post(c, "/api/portico/session/end", `{"all":true}`, "same-origin")
			elsewhere("/api/portico/session/end")
		},
	}
	routes := w.routes // of the package alone
	for _, r := range routes.Routes() {
		if action, ok := r.Audit.Action(); !ok || !strings.HasPrefix(action, "identity.") {
			continue
		}
		run := cases[r.Pattern]
		if run == nil {
			t.Errorf("%s is audited, and no request here proves it", r.Pattern)
			continue
		}
		run()
	}
	if n := len(w.records()); n != seen {
		t.Errorf("%d records, want %d: what there was not to do was recorded", n, seen)
	}
	if rep, err := (&audit.Store{DB: w.pool}).Verify(t.Context(), nil); err != nil || !rep.OK {
		t.Errorf("%+v, %v", rep, err)
	}
}

// Who was not let in is recorded with the code that the page has words for, and with whom the provider named. Each code is
// a kind of attempt of its own; the same again is counted.
func TestRefusedSignInsAreRecorded(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	seen := 0
	tests := []struct {
		code   string
		status int
		named  bool
		set    func()
		more   []string
	}{
		{"denied", 401, false, nil, []string{"error", "access_denied"}},
		{"refused", 401, false, nil, []string{"code", "guessed"}},
		{"unknown", 403, true, func() { delete(w.users, "ann@marrowby.example") }, nil},
		{"ambiguous", 403, true, func() { w.users["ann@marrowby.example"] = []User{ann, {Ref: "user:default/anne"}} }, nil},
		{"unverified", 403, true, func() { w.idp.wrong.claims = func(c map[string]any) { c["email_verified"] = false } }, nil},
	}
	for _, tt := range tests {
		if tt.set != nil {
			tt.set()
		}
		for range 2 {
			w.get(browser(), w.back(w.begin(browser()), append(tt.more, "state", "")...)) // another browser: counted after the first
			c := browser()
			w.get(c, w.back(w.begin(c), tt.more...))
		}
		if seen == 0 {
			seen = 1 // the record of the other browsers
		}
		got := w.newest(&seen)
		if got.Actor != "unknown" || got.Outcome != audit.Denied || got.Status != tt.status || got.Detail["code"] != tt.code || (got.Detail["subject"] == "1001") != tt.named {
			t.Errorf("%s: %+v", tt.code, got)
		}
	}
	if n := w.count(); n != 0 {
		t.Errorf("%d sessions", n)
	}
	// The provider's failure refuses nobody.
	w.idp.wrong.status = http.StatusBadGateway
	c := browser()
	w.get(c, w.back(w.begin(c)))
	if list := w.records(); len(list) != seen {
		t.Errorf("recorded: %+v", list[0])
	}
}

// A session's cookie that means nobody any more, with a change, is an attempt; with a read it is a page that was left open.
func TestAStaleCookieIsRecorded(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	seen := 0
	c := browser()
	w.signIn(c)
	w.newest(&seen)
	w.exec(`DELETE FROM identity_sessions`)
	w.sessions.Forget()
	w.who(c)
	w.post(browser(), "/api/change", "", "same-origin") // nobody
	for range 3 {
		if status := w.post(c, "/api/change", "", "same-origin"); status != http.StatusUnauthorized {
			t.Fatalf("status %d", status)
		}
	}
	got := w.newest(&seen)
	if got.Actor != "unknown" || got.Action != "x.y.change" || got.Status != 401 || got.Outcome != audit.Denied {
		t.Errorf("%+v", got)
	}
}

// What cannot be recorded is not done: nobody is signed in, and nobody signed out.
func TestNoSessionWithoutItsRecord(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := browser()
	w.signIn(c)
	w.exec(`ALTER TABLE audit_log ADD CONSTRAINT no_more CHECK (false) NOT VALID`)
	other := browser()
	if to, _ := w.get(other, w.back(w.begin(other))); to == nil || to.Query().Get("error") != codePortal {
		t.Errorf("signing in leads to %v", to)
	}
	for _, path := range []string{"/api/portico/session/end", "/api/auth/oidc/logout"} {
		if status := w.post(c, path, "", "same-origin"); status != http.StatusInternalServerError {
			t.Errorf("%s: %d", path, status)
		}
	}
	if n := w.count(); n != 1 || w.who(c) != ann.Ref || w.who(other) != "nobody" {
		t.Errorf("%d sessions; the browsers are %q and %q", n, w.who(c), w.who(other))
	}
}
