package signin

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"
	"time"

	"portico/internal/identity"
)

func TestSessionCookie(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, secure := range []bool{true, false} {
		s := &identity.Sessions{DB: w.pool, Secure: secure}
		rec := httptest.NewRecorder()
		if err := s.Start(t.Context(), rec, httptest.NewRequest(http.MethodGet, "/", nil), identity.Account{Issuer: "i", Subject: "s", UserRef: ann.Ref}); err != nil {
			t.Fatal(err)
		}
		c := rec.Result().Cookies()[0]
		want := "portico-session"
		if secure {
			want = "__Host-portico-session"
		}
		if c.Name != want || c.Secure != secure || !c.HttpOnly || c.SameSite != http.SameSiteLaxMode || c.Path != "/" || c.Domain != "" || len(c.Value) != 43 {
			t.Errorf("secure %t: %v", secure, c)
		}
		var kept int
		if err := w.pool.QueryRow(t.Context(), `SELECT count(*) FROM identity_sessions s WHERE s::text LIKE '%' || $1 || '%'`, c.Value).Scan(&kept); err != nil || kept != 0 {
			t.Errorf("the database knows the id itself (%d, %v)", kept, err)
		}
	}
}

// The request that signs out came in the session that it ends, and may be over before it is answered.
func TestSignOutOutlivesItsRequest(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := browser()
	w.signIn(c)
	u, _ := url.Parse(w.URL)
	if got := w.who(c); got != ann.Ref { // who it is, is known from here on
		t.Fatalf("the session is of %q", got)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	r := httptest.NewRequestWithContext(ctx, http.MethodPost, w.URL+"/api/portico/session/end", nil)
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	for _, cookie := range c.Jar.Cookies(u) {
		r.AddCookie(cookie)
	}
	answer := httptest.NewRecorder()
	w.Config.Handler.ServeHTTP(answer, r)
	if answer.Code != http.StatusNoContent {
		t.Errorf("got %d %s", answer.Code, answer.Body)
	}
	if got := answer.Result().Cookies(); len(got) != 1 || got[0].MaxAge >= 0 {
		t.Errorf("the browser keeps its cookie: %v", got)
	}
	if got := w.who(c); got == ann.Ref {
		t.Errorf("the session lets %s in", got)
	}
}

// What ends a session, and how soon that holds at another replica.
func TestSessionEnds(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		end  func(w *world, c *http.Client)
		here bool // at once where it was asked for
	}{
		{"signing out", func(w *world, c *http.Client) { w.post(c, "/api/portico/session/end", "", "same-origin") }, true},
		{"signing out as Backstage does", func(w *world, c *http.Client) { w.post(c, "/api/auth/oidc/logout", "", "same-origin") }, true},
		{"signing out everywhere, in another browser", func(w *world, _ *http.Client) {
			other := browser()
			w.signIn(other)
			w.post(other, "/api/portico/session/end", `{"all":true}`, "same-origin")
		}, true},
		{"eight hours without a request", func(w *world, _ *http.Client) {
			w.exec(`UPDATE identity_sessions SET seen_at = now() - interval '8 hours 1 second'`)
		}, false},
		{"a day", func(w *world, _ *http.Client) {
			w.exec(`UPDATE identity_sessions SET expires_at = now() - interval '1 second'`)
		}, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			replica := &identity.Sessions{DB: w.pool}
			go replica.Follow(t.Context())
			second := httptest.NewServer(w.handler(replica))
			defer second.Close()
			c := browser()
			w.signIn(c)
			u, _ := url.Parse(w.URL)
			thief := browser() // who has the cookie, after the browser forgot it
			thief.Jar.SetCookies(u, c.Jar.Cookies(u))
			there := func() string {
				_, body := w.get(thief, second.URL+"/api/who")
				return body
			}
			if w.who(thief) != ann.Ref || there() != ann.Ref {
				t.Fatal("the session does not hold at both replicas")
			}
			tt.end(w, c)
			if who := w.who(thief); tt.here && who != "nobody" {
				t.Errorf("%q is signed in right after it", who)
			}
			for begun := time.Now(); w.who(thief) != "nobody" || there() == ann.Ref; time.Sleep(20 * time.Millisecond) {
				if time.Since(begun) > 5*time.Second {
					t.Fatal("after five seconds somebody is still signed in")
				}
			}
		})
	}
}

func TestAnotherSiteDoesNotSignOut(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := browser()
	w.signIn(c)
	for _, site := range []string{"", "cross-site", "same-site"} {
		for _, path := range []string{"/api/portico/session/end", "/api/auth/oidc/logout"} {
			if status := w.post(c, path, "", site); status != http.StatusForbidden {
				t.Errorf("%s from %q: status %d, want 403", path, site, status)
			}
		}
	}
	if who := w.who(c); who != ann.Ref {
		t.Errorf("%q is signed in", who)
	}
}
