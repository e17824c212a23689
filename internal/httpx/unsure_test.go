package httpx

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"portico/internal/errs"
)

// awayGate cannot ask its database.
type awayGate struct{}

func (awayGate) Admit(_ *http.Request, a Access) (Caller, error) {
	if _, needed := a.Permission(); needed {
		return Caller{}, errs.New(errs.Unavailable, "the database does not answer")
	}
	return Caller{Unsure: true}, nil
}

// While the database is away a good token is not known either: whoever sends it has guessed nothing.
func TestAnOutageIsNoGuess(t *testing.T) {
	h, _ := serve(t, Options{Gate: awayGate{}, Limits: Limits{FailedSignIns: 3}},
		Route{Pattern: "GET /x", Access: read, Handler: ok}, Route{Pattern: "GET /open", Access: Public("test"), Handler: ok})
	for i := range 10 {
		if w := get(h, request("192.0.2.1:1", fmt.Sprint("token-", i))); w.Code != http.StatusServiceUnavailable {
			t.Errorf("token %d: got %d, want 503", i, w.Code)
		}
		r := request("192.0.2.1:1", fmt.Sprint("another-", i))
		r.URL.Path = "/open"
		if w := get(h, r); w.Code != http.StatusOK {
			t.Errorf("token %d on a public route: got %d, want 200", i, w.Code)
		}
	}
}

// guessGate may know in a moment what it is asked, and cannot tell it from what is made up.
type guessGate struct{}

func (guessGate) Admit(_ *http.Request, a Access) (Caller, error) {
	if _, needed := a.Permission(); needed {
		return Caller{}, errs.Public(errs.Unavailable, "not known yet", ErrGuess)
	}
	return Caller{}, nil
}

// What may be known in a moment counts like what is not known, once for each token, and is nothing to warn of.
func TestGuessesThatMayBeKnownInAMoment(t *testing.T) {
	h, log := serve(t, Options{Gate: guessGate{}, Limits: Limits{FailedSignIns: 3}}, Route{Pattern: "GET /x", Access: read, Handler: ok})
	now := time.Unix(1_000_000, 0)
	h.(*server).gates.guesses.now = func() time.Time { return now }
	for i := range 50 {
		if w := get(h, request("192.0.2.1:1", "again")); w.Code != http.StatusServiceUnavailable || w.Header().Get("Retry-After") == "" {
			t.Errorf("the same token, time %d: got %d, want 503", i, w.Code)
		}
	}
	for i := range 10 {
		want := http.StatusServiceUnavailable
		if i > 1 {
			want = http.StatusTooManyRequests
		}
		if w := get(h, request("192.0.2.1:1", fmt.Sprint("token-", i))); w.Code != want {
			t.Errorf("token %d: got %d, want %d", i, w.Code, want)
		}
	}
	if strings.Contains(log.String(), "level=WARN") {
		t.Errorf("the log warns:\n%.1000s", log)
	}
}
