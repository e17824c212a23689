package signin

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"portico/internal/errs"
	"portico/internal/pg"
	"portico/internal/pg/pgtest"
)

func TestFlowsOfANetwork(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.exec(fmt.Sprintf(`INSERT INTO identity_flows (digest, browser, provider, return_to, expires_at, network)
		SELECT sha256(n::text::bytea), '', 'oidc', '/', now() + interval '5 minutes', '127.0.0.1' FROM generate_series(1, %d) n`, mostOfOne-2))
	var all sync.WaitGroup
	answers := make(chan *http.Response, 12)
	for range cap(answers) {
		all.Go(func() {
			if resp, err := browser().Get(w.URL + "/api/auth/oidc/start"); err != nil {
				t.Error(err)
			} else {
				_ = resp.Body.Close()
				answers <- resp
			}
		})
	}
	all.Wait()
	close(answers)
	begun := 0
	for resp := range answers {
		switch {
		case resp.StatusCode == http.StatusFound:
			begun++
		case resp.StatusCode != http.StatusTooManyRequests || resp.Header.Get("Retry-After") == "" || len(resp.Cookies()) > 0:
			t.Errorf("past the most: %d %v", resp.StatusCode, resp.Header)
		}
	}
	if begun != 2 {
		t.Errorf("%d sign-ins were begun, want 2", begun)
	}
	for _, rt := range w.routes.Routes() {
		if begins := rt.Pattern == "GET /api/auth/{provider}/start"; begins != rt.SignsIn {
			t.Errorf("%s is among what an address may do a number of times a minute: %v", rt.Pattern, rt.SignsIn)
		}
	}
	w.exec(`UPDATE identity_flows SET expires_at = now() - interval '1 second'`)
	c := browser()
	if to, body := w.get(c, w.back(w.begin(c))); to == nil || to.Path != "/catalog" {
		t.Errorf("after ten minutes it leads to %v %s", to, body)
	}
}

// A person who is refused for how much comes from their address is told so on the sign-in page, or in the window; a
// program as by any other route.
func TestTooManySignIns(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.limits.SignIns = 1
	limited := w.handler(w.sessions, w.provider)
	answer := func(h http.Handler, query string, headers ...string) *httptest.ResponseRecorder {
		r := httptest.NewRequest("GET", "/api/auth/oidc/start?"+query, nil)
		r.Host = w.Listener.Addr().String()
		for i := 0; i < len(headers); i += 2 {
			r.Header.Set(headers[i], headers[i+1])
		}
		a := httptest.NewRecorder()
		h.ServeHTTP(a, r)
		return a
	}
	const mode, accept, back = "Sec-Fetch-Mode", "Accept", "redirectUrl=/catalog%3Fkind%3Dapi"
	if a := answer(limited, back, mode, "navigate"); a.Code != http.StatusFound || !strings.HasPrefix(a.Header().Get("Location"), w.idp.URL) {
		t.Fatalf("the first: %d %v", a.Code, a.Header())
	}
	w.exec(fmt.Sprintf(`INSERT INTO identity_flows (digest, browser, provider, return_to, expires_at, network)
		SELECT sha256(n::text::bytea), '', 'oidc', '/', now() + interval '5 minutes', '192.0.2.1' FROM generate_series(1, %d) n`, mostOfOne))
	page := "flow=popup&origin=" + url.QueryEscape(page)
	for what, h := range map[string]http.Handler{"begun in a minute": limited, "under way": w.Config.Handler} {
		for _, headers := range [][]string{{mode, "navigate"}, {accept, "text/html,application/xhtml+xml,*/*;q=0.8"}} {
			a := answer(h, back, headers...)
			to, err := a.Result().Location()
			if err != nil || a.Code != http.StatusFound || to.Path != "/sign-in" || to.Query().Get("error") != codeBusy || to.Query().Get("id") == "" ||
				to.Query().Get("to") != "/catalog?kind=api" || a.Header().Get("Retry-After") != "" || len(a.Result().Cookies()) != 0 {
				t.Errorf("%s, %v: %d %v", what, headers, a.Code, a.Header())
			}
			if to, _ := answer(h, "redirectUrl=https://evil.example", headers...).Result().Location(); to == nil || to.Host != "" || to.Query().Has("to") {
				t.Errorf("%s, %v: elsewhere leads to %v", what, headers, to)
			}
			a = answer(h, page, headers...)
			if data, _ := attributes(t, a.Body.String()); a.Code != http.StatusOK || !strings.HasPrefix(data["data-message"], sentences[codeBusy]) {
				t.Errorf("%s, %v, in a window: %d %s", what, headers, a.Code, a.Body)
			}
		}
		for _, headers := range [][]string{nil, {accept, "application/json"}, {mode, "cors", accept, "text/html"}} {
			a := answer(h, back, headers...)
			if a.Code != http.StatusTooManyRequests || a.Header().Get("Retry-After") == "" || !strings.Contains(a.Body.String(), `"TooManyRequestsError"`) {
				t.Errorf("%s, %v: %d %s", what, headers, a.Code, a.Body)
			}
		}
	}
}

// fill keeps flows of networks in turn, each a millisecond older than the next, the youngest of this age.
func fill(t *testing.T, pool *pg.Pool, n, networks int, age time.Duration) {
	t.Helper()
	if _, err := pool.Exec(t.Context(), `
		INSERT INTO identity_flows (digest, browser, provider, return_to, expires_at, network)
		SELECT sha256(n::text::bytea), '', 'oidc', '/', now() + $2::interval - ($1 - n) * interval '1 ms', '198.51.100.' || n % $3 FROM generate_series(1, $1) n`, n, flowWithin-age, networks); err != nil {
		t.Fatal(err)
	}
}

// However many one network begins, another's are not lost, and there are never more than the most.
func TestFlowsInAll(t *testing.T) {
	t.Parallel()
	pool := pgtest.New(t)
	s := &Store{DB: pool}
	quiet := newFlow("/quiet") // the oldest of all
	if err := s.begin(t.Context(), "oidc", "192.0.2.1", quiet); err != nil {
		t.Fatal(err)
	}
	if _, err := pool.Exec(t.Context(), `UPDATE identity_flows SET expires_at = now() + interval '1 minute'`); err != nil {
		t.Fatal(err)
	}
	fill(t, pool, mostFlows, 50, 2*time.Minute)
	s.room = 0
	for i := range 2*someFlows + 3 {
		if err := s.begin(t.Context(), "oidc", fmt.Sprintf("203.0.113.%d", i), newFlow("/")); err != nil {
			t.Fatal(err)
		}
	}
	var n, gone int
	if err := pool.QueryRow(t.Context(), `
		SELECT count(*), $1 - count(*) FILTER (WHERE network LIKE '203%' OR network LIKE '192%') FROM identity_flows`, 2*someFlows+4).Scan(&n, &gone); err != nil {
		t.Fatal(err)
	}
	if n > mostFlows || n < mostFlows-someFlows || gone != 0 {
		t.Errorf("%d sign-ins are under way, want %d, and %d of the quiet are lost", n, mostFlows, gone)
	}
	var oldest bool
	if err := pool.QueryRow(t.Context(), `SELECT EXISTS (SELECT FROM identity_flows WHERE digest = sha256('1'))`).Scan(&oldest); err != nil || oldest {
		t.Errorf("the oldest of the heaviest is there: %v, %v", oldest, err)
	}
	if f, err := s.take(t.Context(), "oidc", quiet.state, quiet.secret); err != nil || f.returnTo != "/quiet" {
		t.Errorf("the quiet one: %v, %v", f.returnTo, err)
	}
	if err := s.begin(t.Context(), "oidc", "198.51.100.1", newFlow("/")); err != nil && !errs.Is(err, errs.TooMany) {
		t.Error(err)
	}
}

// Who began within a minute is not put out by however many begin after; those are told to come again.
func TestFreshFlowsStay(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := browser()
	at := w.begin(c)
	fill(t, w.pool, mostFlows, 1000, 0)
	full := w.handler(w.sessions, w.provider)
	answer := func(headers ...string) *httptest.ResponseRecorder {
		r := httptest.NewRequest("GET", "/api/auth/oidc/start?redirectUrl=/catalog", nil)
		r.Host = w.Listener.Addr().String()
		for i := 0; i < len(headers); i += 2 {
			r.Header.Set(headers[i], headers[i+1])
		}
		a := httptest.NewRecorder()
		full.ServeHTTP(a, r)
		return a
	}
	for range 3 {
		if a := answer("Accept", "application/json"); a.Code != http.StatusServiceUnavailable || a.Header().Get("Retry-After") != "60" || !strings.Contains(a.Body.String(), "too many sign-ins are under way") || len(a.Result().Cookies()) > 0 {
			t.Errorf("a program: %d %v %s", a.Code, a.Header(), a.Body)
		}
		a := answer("Sec-Fetch-Mode", "navigate")
		if to, err := a.Result().Location(); err != nil || to.Path != "/sign-in" || to.Query().Get("error") != codeBusy || to.Query().Get("to") != "/catalog" {
			t.Errorf("a browser: %d %v", a.Code, a.Header())
		}
	}
	if to, body := w.get(c, w.back(at)); to == nil || to.Path != "/catalog" {
		t.Errorf("who began before: %v %s", to, body)
	}
}

// A few dozen networks that begin as many as they may, again and again, keep nobody else out.
func TestYoungFlowsOfTheHeaviestGo(t *testing.T) {
	t.Parallel()
	pool := pgtest.New(t)
	s := &Store{DB: pool}
	fill(t, pool, mostFlows, 50, 0)
	if err := s.begin(t.Context(), "oidc", "203.0.113.1", newFlow("/")); err != nil {
		t.Fatal(err)
	}
	var n, least int
	if err := pool.QueryRow(t.Context(), `SELECT sum(n), min(n) FROM (SELECT count(*) AS n FROM identity_flows WHERE network LIKE '198%' GROUP BY network) AS each`).Scan(&n, &least); err != nil {
		t.Fatal(err)
	}
	if n != mostFlows-someFlows || least < flowsSafe {
		t.Errorf("%d are left, and %d of the one with the fewest", n, least)
	}
}

// Flows are counted once for some of them, and not again at once where there is no room.
func TestFlowsAreCountedSeldom(t *testing.T) {
	t.Parallel()
	pool := pgtest.New(t)
	s := &Store{DB: pool}
	begin := func() error { return s.begin(t.Context(), "oidc", "192.0.2.1", newFlow("/")) }
	if err := begin(); err != nil || s.room != someFlows-1 {
		t.Fatalf("room for %d, %v", s.room, err)
	}
	fill(t, pool, mostFlows, 1000, 0)
	if err := begin(); err != nil {
		t.Errorf("counted although there was room: %v", err)
	}
	s.room = 0
	if err := begin(); !errors.Is(err, errFull) {
		t.Errorf("no room: %v", err)
	}
	if _, err := pool.Exec(t.Context(), `DELETE FROM identity_flows`); err != nil {
		t.Fatal(err)
	}
	s.full = time.Now().Add(time.Hour)
	if err := begin(); !errors.Is(err, errFull) {
		t.Errorf("counted again at once: %v", err)
	}
	s.full = time.Now().Add(-fullFor)
	if err := begin(); err != nil {
		t.Errorf("not counted again: %v", err)
	}
}
