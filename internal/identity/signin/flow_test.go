package signin

import (
	"fmt"
	"net/http"
	"sync"
	"testing"

	"portico/internal/errs"
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

// However many one network begins, another's are not lost, and there are never more than the most.
func TestFlowsInAll(t *testing.T) {
	t.Parallel()
	pool := pgtest.New(t)
	s := &Store{DB: pool}
	quiet := newFlow("/quiet") // the oldest of all
	if err := s.begin(t.Context(), "oidc", "192.0.2.1", quiet); err != nil {
		t.Fatal(err)
	}
	if _, err := pool.Exec(t.Context(), `
		INSERT INTO identity_flows (digest, browser, provider, return_to, expires_at, network)
		SELECT sha256(n::text::bytea), '', 'oidc', '/', now() + interval '11 minutes' + n * interval '1 ms', '198.51.100.' || n % 50 FROM generate_series(1, $1) n`, mostFlows); err != nil {
		t.Fatal(err)
	}
	for i := range 3 {
		if err := s.begin(t.Context(), "oidc", fmt.Sprintf("203.0.113.%d", i), newFlow("/")); err != nil {
			t.Fatal(err)
		}
	}
	var n, gone int
	if err := pool.QueryRow(t.Context(), `
		SELECT count(*), 4 - count(*) FILTER (WHERE network LIKE '203%' OR network LIKE '192%') FROM identity_flows`).Scan(&n, &gone); err != nil {
		t.Fatal(err)
	}
	if n != mostFlows || gone != 0 {
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
