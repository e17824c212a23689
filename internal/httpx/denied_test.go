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

// A refused request is told of when its method may change something, and when somebody tried to be somebody.
func TestDenied(t *testing.T) {
	forbidden := errs.New(errs.Forbidden, "no")
	unknown := errs.New(errs.Unauthenticated, "this token is not known here")
	audited := Audited("x.make")
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
			route := Route{Pattern: tt.method + " /x", Access: Require(Permission{Name: "x", Action: "create"}), Audit: tt.audit, Handler: func(w http.ResponseWriter, _ *http.Request) error { return tt.fails }}
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
			// What the caller was shown leads to the record.
			if id := regexp.MustCompile(`"id":"([^"]+)"`).FindStringSubmatch(rec.Body.String()); id == nil || id[1] != got.Caller.RequestID {
				t.Errorf("the answer says %v, the record %q", id, got.Caller.RequestID)
			}
		})
	}
}
