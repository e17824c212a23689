package security

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

// S17: what costs little to ask costs little to answer, or is refused.
func TestS17CheapRequests(t *testing.T) {
	p := start(t, setup{})
	deep := func(open, shut string, n int) string { return strings.Repeat(open, n) + strings.Repeat(shut, n) }
	type request struct {
		name string
		m    message
		want []int // nil: anything below 500
	}
	at := func(method, target, body string, header ...string) message {
		return message{method: method, target: target, host: p.addr, body: body, header: append(header, "Authorization: Bearer "+wideToken, "Content-Type: application/json")}
	}
	list := []request{
		{"a header of a mebibyte", at("GET", "/api/catalog/entities", "", "X-Long: "+strings.Repeat("x", 1<<20)), []int{431, 0}},
		{"ten thousand headers", at("GET", "/api/catalog/entities", "", slices.Repeat([]string{"X-Many: x"}, 100_000)...), []int{431, 0}},
		{"a long cookie", at("GET", "/api/portico/session", "", "Cookie: "+strings.Repeat("a=b; ", 5000)), nil},
		{"a long path", at("GET", "/api/"+strings.Repeat("a/", 12_000), ""), []int{404, 414, 431, 0}},
		{"a path of dots", at("GET", strings.Repeat("/..", 8_000), ""), nil},
		{"a body that never comes", message{method: "POST", target: "/api/catalog/entities/by-query", host: p.addr, header: []string{"Content-Type: application/json"}, framing: []string{"Content-Length: 99999999999"}}, []int{401, 403, 400, 413}},
	}
	for _, q := range questions() {
		if q.method != "POST" && q.method != "PUT" {
			continue
		}
		if !strings.Contains(q.path, "/auth/") && !strings.HasSuffix(q.path, "/remove") && !strings.HasSuffix(q.path, "/restore") && !strings.HasSuffix(q.path, "/refresh") || q.path == "/api/catalog/refresh" {
			want := []int{413, 400}
			if p, _ := q.Access.Permission(); byHand[p.Name] || persons[p.Name] || q.path == "/api/permission/authorize" {
				want = []int{403} // to a token, before anything is read
			}
			if q.Signed {
				want = []int{404} // here is no host whose signature it could have
			}
			list = append(list, request{"a body of two mebibytes to " + q.path, at(q.method, q.path, `{"x":"`+strings.Repeat("x", 2<<20)+`"}`), want})
		}
		for name, body := range map[string]string{
			"deep lists": deep("[", "]", 400_000), "deep objects": strings.Repeat(`{"a":`, 100_000) + "1" + strings.Repeat("}", 100_000), "a long number": strings.Repeat("9", 900_000),
			"many keys": "{" + strings.TrimSuffix(strings.Repeat(`"a":1,`, 150_000), ",") + "}", "a long text": `"` + strings.Repeat("\\u0041", 150_000) + `"`, "deep filter": strings.Repeat(`{"query":{"$not":`, 1) + strings.Repeat(`{"$not":`, 50_000) + "{}" + strings.Repeat("}", 50_002),
			"many queries": `{"query":{"$all":[` + strings.TrimSuffix(strings.Repeat(`{"kind":"x"},`, 60_000), ",") + `]}}`, "many refs": `{"entityRefs":[` + strings.TrimSuffix(strings.Repeat(`"component:default/a",`, 40_000), ",") + `]}`,
		} {
			list = append(list, request{name + " to " + q.path, at(q.method, q.path, body), nil})
		}
	}
	for name, query := range map[string]string{
		"many filters": strings.Repeat("filter=kind=component&", 1200), "a long filter": "filter=" + strings.Repeat("kind=a,", 4000), "many fields": "fields=" + strings.Repeat("a.b,", 7000), "many orders": strings.Repeat("orderField=a,asc&", 1500),
		"everything": "limit=99999999999", "far away": "offset=9223372036854775807", "before all": "offset=-1", "a long term": "fullTextFilterTerm=" + strings.Repeat("a+", 14_000), "many facets": strings.Repeat("facet=metadata.name&", 1400),
		"a pattern": "fullTextFilterTerm=" + url.QueryEscape(strings.Repeat("(a*)*", 2000)+"b"), "nested": "filter=" + strings.Repeat("%5B", 9000), "a cursor": "cursor=" + strings.Repeat("A", 30_000),
	} {
		for _, route := range []string{"/api/catalog/entities", "/api/catalog/entities/by-query", "/api/catalog/entity-facets", "/api/catalog/changes", "/api/catalog/find", "/api/catalog/owned", "/api/portico/coverage", "/api/portico/coverage/gaps", "/api/portico/audit"} {
			list = append(list, request{name + " of " + route, at("GET", route+"?"+query, ""), nil})
		}
	}
	var worst time.Duration
	var slowest string
	for _, r := range list {
		cpu := used()
		got := p.send(r.m.method, r.m.String())
		if spent := used() - cpu; spent > worst {
			worst, slowest = spent, r.name
		}
		if r.want != nil && !slices.Contains(r.want, got.status) || got.status >= 500 {
			t.Errorf("%s: %d %.200s", r.name, got.status, got.body)
		}
	}
	count(t, "S17", "requests", len(list))
	count(t, "S17", "ms of CPU of the worst, with what asks: "+slowest, int(worst.Milliseconds()))
	if len(list) < 150 {
		t.Errorf("only %d requests", len(list))
	}
}

// used is the CPU time that this process has taken, the portal and whoever asks it.
func used() time.Duration {
	var u syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// S17: five hundred connections that say a letter and wait keep nobody from being answered.
func TestS17SlowConnections(t *testing.T) {
	p := start(t, setup{})
	const many = 500
	for i := range many {
		c, err := net.Dial("tcp", p.addr)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = c.Close() })
		start := "GET /api/catalog/entities HTTP/1.1\r\nHost: x\r\nX-Slow: "
		if i%2 > 0 {
			start = fmt.Sprintf("POST /api/catalog/entities/by-query HTTP/1.1\r\nHost: %s\r\nAuthorization: Bearer %s\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n{", p.addr, narrowToken)
		}
		_, _ = io.WriteString(c, start)
	}
	var times []time.Duration
	for range 200 {
		begun := time.Now()
		if got := p.do("GET", "/api/catalog/entities?limit=1", "", bearer(wideToken)); got.status != http.StatusOK {
			t.Fatalf("somebody else is answered %d", got.status)
		}
		times = append(times, time.Since(begun))
	}
	slices.Sort(times)
	count(t, "S17", "slow connections", many)
	count(t, "S17", "µs at the 99th percentile beside them", int(times[197].Microseconds()))
}
