package httpx

import (
	"fmt"
	"net/http"
	"testing"

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
