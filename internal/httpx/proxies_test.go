package httpx

import (
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"

	"portico/internal/errs"
)

var inside10 = []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("fd00::/8")}

// pods is what operators are told to list: where the proxy is, and nobody else.
var pods = []netip.Prefix{netip.MustParsePrefix("10.42.7.0/24")}

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
		{"a person in a network that is listed, so do not list it", "10.9.9.9:1", []string{"203.0.113.7, 10.1.2.3"}, inside10, "203.0.113.7"},
		{"a person beside the network that is listed", "10.42.7.9:1", []string{"203.0.113.7, 10.1.2.3"}, pods, "10.1.2.3"},
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

// Where a proxy of one's own may stand that is not listed, the log says so: once an hour of each network. Of strangers it
// says nothing.
func TestProxiesNotListed(t *testing.T) {
	h, log := serve(t, Options{Gate: namedGate{}}, Route{Pattern: "GET /x", Access: read, Handler: ok})
	p := h.(*server).gates.from
	now := time.Unix(1_000_000, 0)
	p.now = func() time.Time { return now }
	want := func(peer string, told bool) {
		t.Helper()
		log.Reset()
		get(h, request(peer, "", "X-Forwarded-For", "203.0.113.7"))
		if n := strings.Count(log.String(), "level=WARN"); n > 1 || (n == 1) != told || told != strings.Contains(log.String(), "backend.trustProxy") {
			t.Errorf("warned %d times of %s: %s", n, peer, log)
		}
	}
	want("198.51.100.7:1", false)
	want("127.0.0.1:1", false)
	want("100.128.0.1:1", false)
	want("10.1.2.3:1", true)
	if !strings.Contains(log.String(), "peer=10.1.2.3") || !strings.Contains(log.String(), "10.42.7.0/24") {
		t.Errorf("it does not say of whom, or what to list: %s", log)
	}
	want("10.1.2.4:1", false)
	want("10.1.3.4:1", true)
	want("100.64.0.1:1", true)
	want("100.127.255.1:1", true)
	want("[fd00::1]:1", true)
	want("[fd00::ffff:1]:1", false)
	want("[fd00:0:0:1::1]:1", true)
	want("[fe80::1%eth0]:1", true)
	want("[fe80::2%eth1]:1", false)
	now = now.Add(time.Hour - 1)
	want("10.1.2.3:1", false)
	now = now.Add(1)
	want("10.1.2.5:1", true)
	want("10.1.2.3:1", false)

	told := 0
	for i := range 2 * maxTold {
		if p.untold(netip.AddrFrom4([4]byte{172, 16, byte(i), byte(i >> 8)})) {
			told++
		}
	}
	if len(p.told) != maxTold || told >= maxTold {
		t.Errorf("%d networks are remembered, and %d of them were told", len(p.told), told)
	}
	want("192.168.0.1:1", false)
	now = now.Add(time.Hour)
	want("192.168.0.1:1", true)
	if len(p.told) != 1 {
		t.Errorf("%d networks are remembered after an hour", len(p.told))
	}
}

// Whoever is refused for what everybody behind a proxy did is told what to do about that.
func TestWhoIsOneCallerIsToldWhy(t *testing.T) {
	p := newProxies(pods, nil)
	for _, tt := range []struct {
		name  string
		r     *http.Request
		blame bool
	}{
		{"through a proxy that is not listed", request("10.42.8.1:1", "guess", "X-Forwarded-For", "203.0.113.7"), true},
		{"through one that has a public address", request("198.51.100.7:1", "guess", "X-Forwarded-For", "203.0.113.7"), true},
		{"through one that is listed", request("10.42.7.1:1", "guess", "X-Forwarded-For", "203.0.113.7"), false},
		{"without a proxy", request("10.42.8.1:1", "guess"), false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			g := newGates(Limits{Requests: 1, Streams: 1, FailedSignIns: 1, SignIns: 1}, p)
			c := Caller{from: p}
			stream := tt.r.Clone(t.Context())
			stream.Header.Set("Accept", "text/event-stream")
			enter := func(r *http.Request, c Caller) error {
				_, err := g.enter(httptest.NewRecorder(), r, identify(r, &c))
				return err
			}
			spend := func() error { return g.signIns.spend(httptest.NewRecorder(), tt.r) }
			if err := enter(tt.r, c); err != nil {
				t.Fatal(err)
			}
			if err := enter(stream, c); err != nil {
				t.Fatal(err)
			}
			if err := spend(); err != nil {
				t.Fatal(err)
			}
			g.guesses.failed(tt.r)
			for what, err := range map[string]error{
				"portico.limits.requests": enter(tt.r, c), "portico.limits.streams": enter(stream, c),
				"portico.limits.signIns": spend(), "backend.auth.externalAccess": g.guesses.check(httptest.NewRecorder(), tt.r),
			} {
				if remedy := errs.Remedy(err); !errs.Is(err, errs.TooMany) || !strings.Contains(remedy, what) || strings.Contains(remedy, "backend.trustProxy") != tt.blame {
					t.Errorf("%s: %v, to be mended so: %s", what, err, remedy)
				}
			}
			// A service has its own share, whoever it comes through.
			ci := Caller{Name: "service:ci", from: p}
			if err := enter(tt.r, ci); err != nil {
				t.Fatal(err)
			}
			if err := enter(tt.r, ci); !errs.Is(err, errs.TooMany) || strings.Contains(errs.Remedy(err), "backend.trustProxy") {
				t.Errorf("a service: %v, to be mended so: %s", err, errs.Remedy(err))
			}
		})
	}
}
