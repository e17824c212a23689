package httpx

import (
	"context"
	"net/http"
	"net/http/httptest"
	"regexp"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"portico/internal/errs"
)

// staleGate knows nobody by the cookie that came along.
type staleGate struct{}

func (staleGate) Admit(*http.Request, Access) (Caller, error) {
	return Caller{Claimed: true}, errs.New(errs.Unauthenticated, "nobody is signed in")
}

// A refused request is told of when its method may change something, when somebody tried to be somebody by a token, and
// when it is a read of what is guarded.
func TestDenied(t *testing.T) {
	forbidden := errs.New(errs.Forbidden, "no")
	unknown := errs.New(errs.Unauthenticated, "this token is not known here")
	guess := errs.Public(errs.Unavailable, "not known yet", ErrGuess)
	audited, guarded := Audited("x.make"), http.Header{"Room": {"yes"}} // whose permission is guarded
	tests := []struct {
		name   string
		gate   Gate
		method string
		header http.Header
		audit  Audit
		fails  error // of the handler
		want   *Denial
	}{
		{"let in", openGate{}, "POST", nil, audited, nil, nil},
		{"a fault of the request", openGate{}, "POST", nil, audited, errs.New(errs.Invalid, "x"), nil},
		{"forbidden by the gate", closedGate{forbidden}, "POST", nil, audited, nil, &Denial{Action: "x.make", Method: "POST", Path: "/x", Status: 403, Reason: "no"}},
		{"forbidden by the handler", openGate{}, "POST", nil, audited, forbidden, &Denial{Action: "x.make", Method: "POST", Path: "/x", Status: 403, Reason: "no"}},
		{"a route that records nothing", closedGate{forbidden}, "POST", nil, Unaudited("it looks"), nil, &Denial{Action: "x", Method: "POST", Path: "/x", Status: 403, Reason: "no"}},
		{"a read", closedGate{forbidden}, "GET", nil, audited, nil, nil},
		{"a read of the operators", closedGate{forbidden}, "GET", guarded, Audit{}, nil, &Denial{Action: "x.room", Method: "GET", Path: "/x", Status: 403, Reason: "no"}},
		{"a read of the operators, refused by the handler", openGate{}, "GET", guarded, Audit{}, forbidden, &Denial{Action: "x.room", Method: "GET", Path: "/x", Status: 403, Reason: "no"}},
		{"a read of the operators by nobody", closedGate{unknown}, "GET", guarded, Audit{}, nil, nil},
		{"a read with an unknown token", closedGate{unknown}, "GET", http.Header{"Authorization": {"Bearer x"}}, audited, nil, &Denial{Action: "x.make", Method: "GET", Path: "/x", Status: 401, Reason: "this token is not known here"}},
		{"its head alone", closedGate{unknown}, "HEAD", http.Header{"Authorization": {"Bearer x"}}, audited, nil, &Denial{Action: "x.make", Method: "HEAD", Path: "/x", Status: 401, Reason: "this token is not known here"}},
		{"a read with a token that may be known in a moment", closedGate{guess}, "GET", http.Header{"Authorization": {"Bearer x"}}, audited, nil, &Denial{Action: "x.make", Method: "GET", Path: "/x", Status: 503, Reason: "not known yet"}},
		{"such a token", closedGate{guess}, "POST", http.Header{"Authorization": {"Bearer x"}}, audited, nil, &Denial{Action: "x.make", Method: "POST", Path: "/x", Status: 503, Reason: "not known yet"}},
		{"a token while the database is away", closedGate{errs.New(errs.Unavailable, "away")}, "POST", http.Header{"Authorization": {"Bearer x"}}, audited, nil, nil},
		{"a read by nobody", closedGate{unknown}, "GET", nil, audited, nil, nil},
		{"a read with a token that is known, and may not", closedGate{forbidden}, "GET", http.Header{"Authorization": {"Bearer x"}}, audited, nil, nil},
		{"an unknown token", closedGate{unknown}, "POST", http.Header{"Authorization": {"Bearer x"}}, audited, nil, &Denial{Action: "x.make", Method: "POST", Path: "/x", Status: 401, Reason: "this token is not known here"}},
		{"nobody", closedGate{unknown}, "POST", nil, audited, nil, nil},
		{"the cookie of a session that is over", staleGate{}, "POST", nil, audited, nil, &Denial{Action: "x.make", Method: "POST", Path: "/x", Status: 401, Reason: "nobody is signed in"}},
		{"a read with such a cookie", staleGate{}, "GET", nil, audited, nil, nil},
		{"another host", openGate{ambient: true}, "POST", http.Header{"Host": {"evil.example"}}, audited, nil, &Denial{Action: "x.make", Method: "POST", Path: "/x", Status: 403, Reason: `this portal is not called "evil.example"`}},
		{"another site", openGate{ambient: true}, "POST", http.Header{"Sec-Fetch-Site": {"cross-site"}}, audited, nil, &Denial{Action: "x.make", Method: "POST", Path: "/x", Status: 403, Reason: "this request came from another site and was refused"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var got *Denial
			o := Options{Gate: tt.gate, Hosts: Hosts{Names: []string{"localhost"}}, Denied: func(_ context.Context, d Denial) { got = &d }}
			asks := Permission{Name: "x", Action: "create"}
			if o.Guarded = func(p Permission) bool { return p.Name == "x.room" }; tt.header["Room"] != nil {
				asks = Permission{Name: "x.room", Action: "read"}
			}
			route := Route{Pattern: tt.method + " /x", Access: Require(asks), Audit: tt.audit, Handler: func(w http.ResponseWriter, _ *http.Request) error { return tt.fails }}
			h, _ := serve(t, o, route)
			r := httptest.NewRequestWithContext(t.Context(), tt.method, "http://localhost/x", nil)
			for k, v := range tt.header {
				if r.Header[k] = v; k == "Host" {
					r.Host = v[0]
				}
			}
			rec := httptest.NewRecorder()
			h.ServeHTTP(rec, r)
			if diff := cmp.Diff(tt.want, got, cmpopts.IgnoreFields(Denial{}, "Caller")); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
			if got == nil {
				return
			}
			if got.Caller.Address.String() != "192.0.2.1" {
				t.Errorf("from %s", got.Caller.Address)
			}
			if tt.method == "HEAD" {
				return // there is no answer to look at
			}
			// What the caller was shown leads to the record.
			if id := regexp.MustCompile(`"id":"([^"]+)"`).FindStringSubmatch(rec.Body.String()); id == nil || id[1] != got.Caller.RequestID {
				t.Errorf("the answer says %v, the record %q", id, got.Caller.RequestID)
			}
		})
	}
}
