package security

import (
	"bytes"
	"fmt"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"portico/internal/pg"
)

// peers is a listener whose connections come from an address of the internet.
type peers struct {
	net.Listener
	from *net.TCPAddr
}

type peer struct {
	net.Conn
	from net.Addr
}

func (p peers) Accept() (net.Conn, error) {
	c, err := p.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return peer{c, p.from}, nil
}

func (p peer) RemoteAddr() net.Addr { return p.from }

const (
	stranger = "198.51.100.7" // whom nothing is believed
	claimed  = "203.0.113.66" // who they say that they are
)

// forged are what a proxy would say, said by a stranger. %s is the address that they claim.
var forged = func() (sets []http.Header) {
	addresses := []string{
		"X-Forwarded-For", "X-Real-Ip", "X-Client-Ip", "X-Cluster-Client-Ip", "X-Originating-Ip", "X-Remote-Ip", "X-Remote-Addr", "Client-Ip", "True-Client-Ip",
		"Cf-Connecting-Ip", "Fastly-Client-Ip", "X-Appengine-User-Ip", "X-Azure-Clientip", "X-Envoy-External-Address", "X-Original-Forwarded-For", "X-Forwarded",
		"Forwarded-For", "X_Forwarded_For", "X_Real_Ip", "Via",
	}
	for _, name := range addresses {
		sets = append(sets, http.Header{name: {claimed}})
	}
	for _, v := range []string{"127.0.0.1", "::1", claimed + ", 127.0.0.1", "127.0.0.1, " + claimed, "10.0.0.1", "unknown", "", strings.Repeat(claimed+", ", 100) + claimed, "[::ffff:127.0.0.1]:80", claimed + "\t"} {
		sets = append(sets, http.Header{"X-Forwarded-For": {v}})
	}
	sets = append(sets, http.Header{"X-Forwarded-For": {claimed, "127.0.0.1"}})
	for _, v := range []string{"for=" + claimed, "for=127.0.0.1;proto=https;host=evil.example", `for="[::1]"`, "for=_hidden;by=127.0.0.1"} {
		sets = append(sets, http.Header{"Forwarded": {v}})
	}
	for _, name := range []string{
		"X-Webauth-User", "X-Forwarded-User", "X-Auth-Request-User", "X-Auth-Request-Email", "X-Remote-User", "Remote-User", "X-User", "X-Authenticated-User", "X-Goog-Authenticated-User-Email",
		"X-Goog-Iap-Jwt-Assertion", "Cf-Access-Jwt-Assertion", "X-Amzn-Oidc-Identity", "X-Amzn-Oidc-Data", "X-Ms-Client-Principal", "X-Ms-Client-Principal-Name", "X-Forwarded-Access-Token",
		"X-Forwarded-Email", "X-Forwarded-Groups", "X-Forwarded-Preferred-Username", "X_Webauth_User", "Impersonate-User", "Backstage-User", "X-Portico-Principal",
	} {
		sets = append(sets, http.Header{name: {"admin"}})
	}
	for _, name := range []string{"X-Forwarded-Host", "X-Host", "X-Forwarded-Server", "X-Original-Host", "X-Forwarded-Prefix", "X-Forwarded-Proto", "X-Forwarded-Port", "X-Forwarded-Scheme", "X-Original-Url", "X-Rewrite-Url", "Front-End-Https", "Base-Url"} {
		sets = append(sets, http.Header{name: {"evil.example"}})
	}
	return sets
}()

// S20: what a stranger says of itself as only a proxy could changes nothing: not of the internet, not in one's own network,
// and not through a proxy that is believed.
func TestS20ForgedProxyHeaders(t *testing.T) {
	for _, tt := range []struct{ name, from, trust, sees string }{
		{"of the internet", stranger, "", ""},
		{"of one's own network", "10.1.2.3", "", ""},
		{"of a network that is not listed", "10.1.2.3", "backend: {trustProxy: [10.1.3.0/24, loopback]}", ""},
		{"through a proxy that is listed", "10.1.2.3", "backend: {trustProxy: [10.1.2.0/24, 127.0.0.1]}", stranger},
	} {
		t.Run(tt.name, func(t *testing.T) { forgeProxyHeaders(t, tt.from, tt.trust, tt.sees) })
	}
	if len(forged) < 60 {
		t.Errorf("only %d sets of headers", len(forged))
	}
	count(t, "S1", "requests: forged headers", len(forged))
	count(t, "S20", "forged sets of headers", len(forged))
}

// forgeProxyHeaders sends what is forged from an address. A proxy there adds whom it sees, "" for none.
func forgeProxyHeaders(t *testing.T, from, trust, sees string) {
	client := from
	if sees != "" {
		client = sees
	}
	headers := func(h http.Header) option {
		return func(r *http.Request) {
			maps.Copy(r.Header, h)
			if sees != "" {
				r.Header["X-Forwarded-For"] = append(slices.Clone(h["X-Forwarded-For"]), sees)
			}
		}
	}
	var idp *httptest.Server
	idp = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(w, `{"issuer":%q,"authorization_endpoint":%q,"token_endpoint":%q,"jwks_uri":%q}`, idp.URL, idp.URL+"/auth", idp.URL+"/token", idp.URL+"/keys")
	}))
	defer idp.Close()
	host := strings.TrimPrefix(idp.URL, "http://")
	p := start(t, setup{
		config: []string{fmt.Sprintf(`
portico: {reading: {allowPrivateHosts: [%q]}, limits: {failedSignIns: 5, signIns: 1000}}
auth: {providers: {oidc: {development: {metadataUrl: %s/.well-known/openid-configuration}}}}
%s
`, host, idp.URL, trust)},
		listener: func(l net.Listener) net.Listener {
			return peers{l, &net.TCPAddr{IP: net.ParseIP(from), Port: 4711}}
		},
	})
	authorize := func(h http.Header) string {
		got := p.do("GET", "/api/auth/oidc/start", "", headers(h), ownName(p))
		u, err := url.Parse(got.header.Get("Location"))
		if err != nil || got.status != http.StatusFound {
			t.Fatalf("sign-in begins with %d %.200s", got.status, got.body)
		}
		if u.Query().Get("redirect_uri") == "" {
			t.Fatalf("sign-in leads to %s", u)
		}
		return u.Scheme + "://" + u.Host + u.Path + " " + u.Query().Get("redirect_uri")
	}
	session := func(h http.Header) string {
		return string(p.do("GET", "/api/portico/session", "", headers(h)).body)
	}
	wantURL, wantSession := authorize(nil), session(nil)
	before := p.contents()
	for _, h := range forged {
		if got := authorize(h); got != wantURL {
			t.Errorf("%v: sign-in leads to %s, not %s", h, got, wantURL)
		}
		if got := session(h); got != wantSession {
			t.Errorf("%v: the session is %s, not %s", h, got, wantSession)
		}
		if got := p.do("GET", "/api/catalog/entities", "", headers(h)); got.status != http.StatusUnauthorized {
			t.Errorf("%v: %d without a token", h, got.status)
		}
		if got := p.do("POST", "/api/catalog/refresh", `{"entityRef":"component:default/lighthouse"}`, headers(h), bearer(narrowToken)); got.status != http.StatusForbidden {
			t.Errorf("%v: %d with a token that only reads", h, got.status)
		}
	}
	if now := p.contents(); !maps.Equal(before, now) {
		t.Errorf("the database changed: %v → %v", before, now)
	}
	// The audit log has it of where it came from. Of attempts that repeat, the log has a count.
	if got := p.do("POST", "/api/catalog/refresh", `{"entityRef":"component:default/lighthouse"}`, headers(forged[0]), bearer(wideToken)); got.status != http.StatusOK {
		t.Fatalf("%d %s", got.status, got.body)
	}
	var seen []string
	p.until("the audit log has the attempts", func() bool {
		var err error
		seen, err = pg.Collect(t.Context(), p.pool, pgx.RowTo[string], `SELECT DISTINCT address FROM audit_log WHERE principal <> 'system' AND outcome = ANY ('{allowed,denied}')`)
		if err != nil {
			t.Fatal(err)
		}
		return len(seen) > 0 && p.value(`SELECT count(*)::text FROM audit_log WHERE outcome = 'denied'`) != "0"
	})
	if len(seen) != 1 || seen[0] != client {
		t.Errorf("the audit log has it from %q", seen)
	}
	if text := p.log.String(); strings.Contains(text, "from="+claimed) {
		t.Error("the log has it from whom the stranger said")
	}
	// Guesses are held against the stranger, whatever address they claim.
	refused := 0
	for i, h := range append(forged, forged...) {
		got := p.do("GET", "/api/catalog/entities", "", headers(h), bearer(fmt.Sprintf("a-guess-number-%d", i)))
		if got.status == http.StatusTooManyRequests {
			refused++
		}
	}
	if most := 2 * len(forged); refused < most-8 {
		t.Errorf("of %d guesses %d were refused", most, refused)
	}
	if told := strings.Contains(p.log.String(), "backend.trustProxy does not list"); told != (from != stranger && sees == "") {
		t.Errorf("that a neighbour is not believed is told: %v", told)
	}
}

// S20: nor does Host, by any name that is not the portal's, where the browser's own authority is used.
func TestS20ForgedHost(t *testing.T) {
	p := start(t, setup{config: []string{guestToo}})
	hosts := []string{"evil.example", "localhost.evil.example", "127.0.0.1.evil.example", "evil.example:80", "localhost@evil.example", "[::1].evil.example", "0x7f.1", "2130706433", "localhost.", "xn--lcalhost-1bb"}
	for _, host := range hosts {
		m := p.clean(question(routeOf(t, "GET /api/catalog/entities")), sameOrigin)
		m.host = host
		if got := p.send("GET", m.String()); got.status == http.StatusOK || bytes.Contains(got.body, []byte("lighthouse")) {
			t.Errorf("Host %q: %d %.100s", host, got.status, got.body)
		}
	}
	count(t, "S20", "forged names", len(hosts))
}

// ownName asks under the name that the portal calls itself by; under another, sign-in first leads there.
func ownName(p *portal) option {
	return func(r *http.Request) {
		_, port, _ := net.SplitHostPort(p.addr)
		r.Host = net.JoinHostPort("localhost", port)
	}
}
