package httpx

import (
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
)

var inside10 = []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("fd00::/8")}

// Who makes a request is told by the proxies that are listed, and by nobody else.
func TestWhoIsBelieved(t *testing.T) {
	for _, tt := range []struct {
		name, peer string
		said       []string
		listed     []netip.Prefix
		want       string
	}{
		{"nobody between", "203.0.113.7:1", nil, inside10, "203.0.113.7"},
		{"the machine, where none are listed", "127.0.0.1:1", []string{"203.0.113.7"}, nil, "203.0.113.7"},
		{"the machine as IPv6 shows IPv4", "[::ffff:127.0.0.1]:1", []string{"203.0.113.7"}, nil, "203.0.113.7"},
		{"a private address, where none are listed", "10.1.2.3:1", []string{"203.0.113.7"}, nil, "10.1.2.3"},
		{"the machine, where others are listed", "127.0.0.1:1", []string{"203.0.113.7"}, inside10, "127.0.0.1"},
		{"listed", "10.1.2.3:1", []string{"203.0.113.7"}, inside10, "203.0.113.7"},
		{"listed, with what the client said", "10.1.2.3:1", []string{"198.51.100.1, 203.0.113.7"}, inside10, "203.0.113.7"},
		{"through three that are listed", "10.1.2.3:1", []string{"198.51.100.1", "203.0.113.7, 10.0.0.9", " 10.0.0.8 "}, inside10, "203.0.113.7"},
		{"one between is not listed", "10.1.2.3:1", []string{"203.0.113.7, 192.168.0.1, 10.0.0.9"}, inside10, "192.168.0.1"},
		{"all are listed", "10.1.2.3:1", []string{"10.0.0.7, 10.0.0.8"}, inside10, "10.0.0.7"},
		{"with ports", "10.1.2.3:1", []string{"203.0.113.7:4711, 10.0.0.9:80"}, inside10, "203.0.113.7"},
		{"IPv6", "[fd00::1]:1", []string{"2001:db8::7, [fd00::2]:80"}, inside10, "2001:db8::7"},
		{"of a link", "[fd00::1]:1", []string{"fe80::7%eth0"}, inside10, "fe80::7"},
		{"nonsense", "10.1.2.3:1", []string{"203.0.113.7, unknown"}, inside10, "10.1.2.3"},
		{"nonsense before a proxy", "10.1.2.3:1", []string{"unknown, 10.0.0.9"}, inside10, "10.0.0.9"},
		{"nothing", "10.1.2.3:1", []string{""}, inside10, "10.1.2.3"},
		{"a stranger", "198.51.100.7:1", []string{"203.0.113.7"}, inside10, "198.51.100.7"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var got [2]netip.Addr
			h, _ := serve(t, Options{Gate: openGate{}, Proxies: tt.listed}, Route{Pattern: "GET /x", Access: read, Handler: func(w http.ResponseWriter, r *http.Request) error {
				c := CallerOf(r.Context())
				c.name(&recorder{}, r)
				got = [2]netip.Addr{Address(r), c.Address}
				return ok(w, r)
			}})
			r := httptest.NewRequest("GET", "http://localhost/x", nil)
			r.RemoteAddr = tt.peer
			r.Header["X-Forwarded-For"] = tt.said
			if get(h, r); got[0].String() != tt.want || got[1] != got[0] {
				t.Errorf("it is of %s, want %s", got, tt.want)
			}
		})
	}
}

// Where a proxy of one's own may stand that is not listed, the log says so once. Of strangers it says nothing.
func TestProxiesNotListed(t *testing.T) {
	h, log := serve(t, Options{Gate: namedGate{}}, Route{Pattern: "GET /x", Access: read, Handler: ok})
	ask := func(peer string) { get(h, request(peer, "", "X-Forwarded-For", "203.0.113.7")) }
	ask("198.51.100.7:1")
	ask("127.0.0.1:1")
	if n := strings.Count(log.String(), "backend.trustProxy"); n != 0 {
		t.Errorf("warned of strangers, or of the machine: %s", log)
	}
	ask("10.1.2.3:1")
	ask("10.1.2.4:1")
	if n := strings.Count(log.String(), "level=WARN"); n != 1 || !strings.Contains(log.String(), "backend.trustProxy") || !strings.Contains(log.String(), "peer=10.1.2.3") {
		t.Errorf("warned %d times: %s", n, log)
	}
}
