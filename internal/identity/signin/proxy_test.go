package signin

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/netip"
	"net/url"
	"strings"
	"testing"

	"portico/internal/httpx"
	"portico/internal/identity"
	"portico/internal/pg"
	"portico/internal/pg/pgtest"
)

// doorman is a portal behind a proxy that lets ann in; what the proxy sends can be changed.
type doorman struct {
	*world
	with   *Proxy
	sends  http.Header
	inside *httptest.Server // the portal itself
	seen   http.Header      // what the last request looked like behind BehindProxies
}

const proxySecret = "a secret between proxy and portal"

func newDoorman(t *testing.T, pool *pg.Pool) *doorman {
	t.Helper()
	d := &doorman{world: &world{t: t, pool: pool, users: users{"ann": {ann}, "bob": {{Ref: "user:default/bob"}}, "ann@marrowby.example": {ann}}}}
	d.with = &Proxy{
		ID: "oauth2Proxy", Peers: []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")}, Secret: proxySecret, SecretHeader: "X-Portico-Proxy-Secret",
		User: "X-Forwarded-User", Username: "X-Forwarded-Preferred-Username", Email: "X-Forwarded-Email", SignOutURL: "/oauth2/sign_out",
	}
	d.sends = http.Header{"X-Portico-Proxy-Secret": {proxySecret}, "X-Forwarded-User": {"ann"}}
	d.provider = &Provider{ID: "oauth2Proxy", Protocol: d.with, Resolvers: []Resolver{{By: ID}}}
	d.sessions = &identity.Sessions{DB: pool}
	log := discard()
	h := &Handler{Providers: []*Provider{d.provider}, Sessions: d.sessions, Store: &Store{DB: pool}, Directory: d.users, Log: log}
	gate, err := identity.NewGate(nil, nil, d.sessions)
	if err != nil {
		t.Fatal(err)
	}
	var g httpx.Registry
	h.Mount(&g)
	g.Add(httpx.Route{Pattern: "GET /api/who", Access: httpx.Require(permission), Handler: func(w http.ResponseWriter, r *http.Request) error {
		_, err := io.WriteString(w, identity.Of(r.Context()).Ref)
		return err
	}})
	portal, err := g.Handler(httpx.Options{Gate: gate, Log: log})
	if err != nil {
		t.Fatal(err)
	}
	d.inside = httptest.NewServer(h.BehindProxies(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		d.seen = r.Header.Clone()
		portal.ServeHTTP(w, r)
	})))
	t.Cleanup(d.inside.Close)
	to, _ := url.Parse(d.inside.URL)
	d.Server = httptest.NewServer(&httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) {
		r.SetURL(to)
		r.Out.Host = r.In.Host
		for name, values := range d.sends {
			r.Out.Header[name] = values
		}
	}})
	t.Cleanup(d.Server.Close)
	return d
}

// signIn returns where the browser ends up, or the error that the sign-in page is told.
func (d *doorman) signIn(c *http.Client) string {
	d.t.Helper()
	at := "/api/auth/oauth2Proxy/start?redirectUrl=/catalog"
	for range 2 {
		to, body := d.get(c, at)
		if to == nil {
			d.t.Fatalf("%s leads nowhere: %s", at, body)
		}
		if code := to.Query().Get("error"); code != "" {
			return code
		}
		at = to.RequestURI()
	}
	return at
}

func TestProxy(t *testing.T) {
	t.Parallel()
	d := newDoorman(t, pgtest.New(t))
	c := browser()
	if got := d.signIn(c); got != "/catalog" || d.who(c) != ann.Ref {
		t.Fatalf("leads to %s, and %q is signed in", got, d.who(c))
	}
	for name := range d.seen {
		if strings.Contains(name, "Secret") || strings.Contains(name, "X-Forwarded-User") {
			t.Errorf("the portal sees the header %s", name)
		}
	}
	// The session is one as any other, and the proxy is told when it ends.
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, d.URL+"/api/portico/session/end", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	resp, err := c.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if body, _ := io.ReadAll(resp.Body); resp.StatusCode != http.StatusOK || !strings.Contains(string(body), `"signOutUrl":"/oauth2/sign_out"`) {
		t.Errorf("signing out answers %d %s", resp.StatusCode, body)
	}
	if who := d.who(c); who != "nobody" {
		t.Errorf("%q is still signed in", who)
	}
	u, _ := url.Parse(d.URL)
	if left := c.Jar.Cookies(u); len(left) != 0 {
		t.Errorf("cookies are left: %v", left)
	}
}

func TestProxyResolvers(t *testing.T) {
	t.Parallel()
	pool := pgtest.New(t)
	for _, tt := range []struct {
		name  string
		by    Resolver
		sends http.Header
		want  string
	}{
		{"the user", Resolver{By: ID}, http.Header{"X-Forwarded-User": {"ann"}}, "/catalog"},
		{"the name", Resolver{By: Username}, http.Header{"X-Forwarded-User": {"8f14e45f"}, "X-Forwarded-Preferred-Username": {"ann"}}, "/catalog"},
		{"the address", Resolver{By: Email}, http.Header{"X-Forwarded-User": {"8f14e45f"}, "X-Forwarded-Email": {"ann@marrowby.example"}}, "/catalog"},
		{"no name", Resolver{By: Username}, http.Header{"X-Forwarded-User": {"ann"}}, codeUnknownUser},
		{"no address", Resolver{By: Email}, http.Header{"X-Forwarded-User": {"ann"}}, codeUnknownUser},
		{"a name without a user", Resolver{By: Username}, http.Header{"X-Forwarded-Preferred-Username": {"ann"}}, codeRefused},
	} {
		t.Run(tt.name, func(t *testing.T) {
			d := newDoorman(t, pool)
			d.provider.Resolvers = []Resolver{tt.by}
			tt.sends.Set("X-Portico-Proxy-Secret", proxySecret)
			d.sends = tt.sends
			if got := d.signIn(browser()); got != tt.want {
				t.Errorf("leads to %s, want %s", got, tt.want)
			}
		})
	}
}

// A name that the proxy gives to somebody else from now on leads them to nobody; its former owner is still found by it.
func TestProxyNameChangesHands(t *testing.T) {
	t.Parallel()
	d := newDoorman(t, pgtest.New(t))
	d.provider.Resolvers = []Resolver{{By: Username, Pinned: true}}
	for _, tt := range []struct{ user, want string }{{"8f14e45f", "/catalog"}, {"c9f0f895", codeAnother}, {"8f14e45f", "/catalog"}} {
		d.sends.Set("X-Forwarded-User", tt.user)
		d.sends.Set("X-Forwarded-Preferred-Username", "ann")
		if got := d.signIn(browser()); got != tt.want {
			t.Errorf("%s as ann is led to %s, want %s", tt.user, got, tt.want)
		}
	}
}

// Whatever is wrong, or forged, nobody is signed in.
func TestForgedProxy(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		set  func(d *doorman)
	}{
		{"from elsewhere", func(d *doorman) { d.with.Peers = []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")} }},
		{"from nowhere that is trusted", func(d *doorman) { d.with.Peers = nil }},
		{"from elsewhere, which says to be there", func(d *doorman) {
			d.with.Peers = []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}
			d.sends["X-Forwarded-For"], d.sends["X-Real-Ip"], d.sends["Forwarded"] = []string{"10.0.0.1"}, []string{"10.0.0.1"}, []string{"for=10.0.0.1"}
		}},
		{"without the secret", func(d *doorman) { delete(d.sends, "X-Portico-Proxy-Secret") }},
		{"with an empty secret", func(d *doorman) { d.sends["X-Portico-Proxy-Secret"] = []string{""} }},
		{"with another secret", func(d *doorman) { d.sends["X-Portico-Proxy-Secret"] = []string{proxySecret + "x"} }},
		{"with the secret twice", func(d *doorman) { d.sends["X-Portico-Proxy-Secret"] = []string{proxySecret, proxySecret} }},
		{"with a guess beside the secret", func(d *doorman) { d.sends["X-Portico-Proxy-Secret"] = []string{"guess", proxySecret} }},
		{"with the secret in an underscore form", func(d *doorman) {
			delete(d.sends, "X-Portico-Proxy-Secret")
			d.sends["X_Portico_Proxy_Secret"] = []string{proxySecret}
		}},
		{"no secret is configured", func(d *doorman) {
			d.with.Secret = ""
			delete(d.sends, "X-Portico-Proxy-Secret")
		}},
		{"without a user", func(d *doorman) { delete(d.sends, "X-Forwarded-User") }},
		{"with an empty user", func(d *doorman) { d.sends["X-Forwarded-User"] = []string{" "} }},
		{"with two users", func(d *doorman) { d.sends["X-Forwarded-User"] = []string{"ann", "bob"} }},
		{"with the user twice", func(d *doorman) { d.sends["X-Forwarded-User"] = []string{"ann", "ann"} }},
		{"with two users in one", func(d *doorman) { d.sends["X-Forwarded-User"] = []string{"ann, bob"} }},
		{"with a user in an underscore form", func(d *doorman) {
			delete(d.sends, "X-Forwarded-User")
			d.sends["X_Forwarded_User"] = []string{"ann"}
		}},
		{"with an underscore form beside", func(d *doorman) { d.sends["X_Forwarded_User"] = []string{"ann"} }},
		{"with half an underscore form beside", func(d *doorman) { d.sends["x-forwarded_user"] = []string{"ann"} }},
		{"with two addresses", func(d *doorman) { d.sends["X-Forwarded-Email"] = []string{"a@x.example", "ann@marrowby.example"} }},
		{"with an endless user", func(d *doorman) { d.sends["X-Forwarded-User"] = []string{strings.Repeat("x", 256)} }},
		{"with letters that look like others", func(d *doorman) { d.sends["X-Forwarded-User"] = []string{"аnn"} }},
		{"with headers that others trust", func(d *doorman) {
			d.sends = http.Header{"X-Portico-Proxy-Secret": {proxySecret}}
			for _, name := range []string{"X-Webauth-User", "Remote-User", "X-Remote-User", "X-Auth-Request-User", "X-Forwarded-Preferred-Username", "X-Goog-Authenticated-User-Email"} {
				d.sends[name] = []string{"ann"}
			}
		}},
	}
	pool := pgtest.New(t)
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			d := newDoorman(t, pool)
			d.exec(`DELETE FROM identity_sessions`) // of a case that let somebody in
			tt.set(d)
			c := browser()
			if got := d.signIn(c); got != codeRefused {
				t.Errorf("leads to %s, want %s", got, codeRefused)
			}
			if n := d.count(); n != 0 || d.who(c) != "nobody" {
				t.Errorf("%d sessions, and %q is signed in", n, d.who(c))
			}
			for name := range d.seen {
				for _, h := range d.with.headers() {
					if strings.EqualFold(strings.ReplaceAll(name, "_", "-"), h) {
						t.Errorf("the portal sees the header %s", name)
					}
				}
			}
		})
	}
	t.Run("around the proxy", func(t *testing.T) {
		d := newDoorman(t, pool)
		d.with.Peers = []netip.Prefix{netip.MustParsePrefix("192.0.2.1/32")}
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, d.inside.URL+"/api/who", nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header = d.sends.Clone()
		resp, err := browser().Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		if resp.StatusCode != http.StatusUnauthorized || len(d.seen["X-Forwarded-User"]) != 0 {
			t.Errorf("status %d, and the portal sees %v", resp.StatusCode, d.seen)
		}
	})
}

// The way back of one browser is of no use to another.
func TestProxyFlowIsTheBrowsers(t *testing.T) {
	t.Parallel()
	d := newDoorman(t, pgtest.New(t))
	to, _ := d.get(browser(), "/api/auth/oauth2Proxy/start")
	c := browser()
	if to, _ = d.get(c, to.RequestURI()); to == nil || to.Query().Get("error") != codeExpired || d.who(c) != "nobody" {
		t.Errorf("leads to %v, and %q is signed in", to, d.who(c))
	}
}

// Somebody else signs in at the proxy, in the browser of who did so before.
func TestProxySaysAnother(t *testing.T) {
	t.Parallel()
	d := newDoorman(t, pgtest.New(t))
	c := browser()
	if got := d.signIn(c); got != "/catalog" {
		t.Fatalf("leads to %s", got)
	}
	d.sends["X-Forwarded-User"] = []string{"bob"}
	if who := d.who(c); who != "nobody" {
		t.Errorf("bob goes on as %q", who)
	}
	if got := d.signIn(c); got != "/catalog" || d.who(c) != "user:default/bob" {
		t.Errorf("leads to %s, and %q is signed in", got, d.who(c))
	}
	d.sends["X-Forwarded-User"] = []string{"ann"}
	if who := d.who(c); who != "nobody" {
		t.Errorf("ann goes on as %q", who)
	}
}

// Headers that nobody judged are nobody's word.
func TestUnjudged(t *testing.T) {
	t.Parallel()
	r := httptest.NewRequest(http.MethodGet, "/", nil)
	r.Header = http.Header{"S": {proxySecret}, "U": {"ann"}}
	if person, err := (&Proxy{Secret: proxySecret, SecretHeader: "S", User: "U"}).redeem(r, flow{}); err == nil {
		t.Errorf("%+v", person)
	}
}

func TestPeers(t *testing.T) {
	t.Parallel()
	p := &Proxy{
		Peers: []netip.Prefix{netip.MustParsePrefix("10.0.3.0/24"), netip.MustParsePrefix("fd00::7/128")}, Secret: proxySecret, SecretHeader: "S", User: "U", Username: "N", Email: "E",
	}
	for address, want := range map[string]bool{
		"10.0.3.9": true, "::ffff:10.0.3.9": true, "fd00::7": true, "10.0.4.9": false, "fd00::8": false, "127.0.0.1": false,
	} {
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.RemoteAddr = net.JoinHostPort(address, "4711")
		r.Header = http.Header{"S": {proxySecret}, "U": {"ann"}}
		if said := p.judge(r); (said.err == nil) != want {
			t.Errorf("%s: %v", address, fmt.Sprint(said.err))
		}
	}
}
