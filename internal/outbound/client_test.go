package outbound_test

import (
	"compress/gzip"
	"context"
	"crypto/x509"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"portico/internal/errs"
	"portico/internal/outbound"
)

// host is a TLS server on loopback, reached under a name of its own.
type host struct {
	*httptest.Server
	port string
}

func serve(t *testing.T, h http.HandlerFunc) host {
	t.Helper()
	srv := httptest.NewTLSServer(h)
	t.Cleanup(srv.Close)
	_, port, err := net.SplitHostPort(srv.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	return host{srv, port}
}

// at is an URL of the host under the name example.com, for which httptest's certificate holds.
func (h host) at(name, path string) string { return "https://" + name + ":" + h.port + path }

func pool(hosts ...host) *x509.CertPool {
	p := x509.NewCertPool()
	for _, h := range hosts {
		p.AddCert(h.Certificate())
	}
	return p
}

func loopback(context.Context, string) ([]netip.Addr, error) {
	return []netip.Addr{netip.MustParseAddr("127.0.0.1")}, nil
}

func client(t *testing.T, o outbound.Options) *outbound.Client {
	t.Helper()
	if o.Lookup == nil {
		o.Lookup = loopback
	}
	c, err := outbound.New(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

func TestDo(t *testing.T) {
	srv := serve(t, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/ok":
			w.Header().Set("ETag", `"v1"`)
			if r.Header.Get("If-None-Match") == `"v1"` {
				w.WriteHeader(304)
				return
			}
			_, _ = w.Write([]byte("auth=" + r.Header.Get("Authorization") + " ua=" + r.UserAgent()))
		case "/missing":
			w.WriteHeader(404)
		case "/secret":
			w.WriteHeader(401)
		case "/limited":
			w.Header().Set("X-RateLimit-Remaining", "0")
			w.Header().Set("Retry-After", "7")
			w.WriteHeader(403)
		case "/slow-down":
			w.Header().Set("Retry-After", "999999")
			w.WriteHeader(429)
		case "/broken":
			w.WriteHeader(502)
		case "/odd":
			w.WriteHeader(418)
		case "/large":
			_, _ = w.Write(make([]byte, 2000))
		case "/bomb":
			w.Header().Set("Content-Encoding", "gzip")
			z := gzip.NewWriter(w)
			_, _ = z.Write(make([]byte, 50<<20))
			_ = z.Close()
		case "/header":
			w.Header().Set("X-Long", strings.Repeat("x", 100<<10))
		case "/loop":
			http.Redirect(w, r, "/loop", http.StatusFound)
		case "/moved":
			http.Redirect(w, r, "/ok", http.StatusMovedPermanently)
		}
	})
	c := client(t, outbound.Options{
		Allow: []outbound.Rule{{
			Host: "example.com:" + srv.port, AllowPrivate: true, Name: "integrations.github[0]",
			Header: http.Header{"Authorization": {"Bearer canary"}},
		}},
		RootCAs: pool(srv), MaxBody: 1000,
	})
	tests := []struct {
		path   string
		kind   errs.Kind
		remedy string
		retry  time.Duration
		body   string
	}{
		{path: "/ok", body: "auth=Bearer canary ua=portico"},
		{path: "/moved", body: "auth=Bearer canary ua=portico"},
		{path: "/missing", kind: errs.NotFound, remedy: "integrations.github[0]"},
		{path: "/secret", kind: errs.Forbidden, remedy: "integrations.github[0]"},
		{path: "/limited", kind: errs.Unavailable, remedy: "integrations.github[0]", retry: 7 * time.Second},
		{path: "/slow-down", kind: errs.Unavailable, retry: time.Hour},
		{path: "/broken", kind: errs.Unavailable},
		{path: "/odd", kind: errs.Invalid},
		{path: "/large", kind: errs.TooLarge},
		{path: "/bomb", kind: errs.TooLarge},
		{path: "/header", kind: errs.Unavailable},
		{path: "/loop", kind: errs.Unavailable},
	}
	for _, tt := range tests {
		t.Run(tt.path, func(t *testing.T) {
			resp, err := c.Get(t.Context(), srv.at("example.com", tt.path)+"?token=canary-query")
			if tt.body != "" {
				if err != nil || string(resp.Body) != tt.body {
					t.Fatalf("got %v, %v; want body %q", resp, err, tt.body)
				}
				return
			}
			if !errs.Is(err, tt.kind) || errs.Sentence(err) == "" {
				t.Fatalf("got %v (%s), want a sentence of kind %s", err, errs.KindOf(err).Name(), tt.kind.Name())
			}
			if !strings.Contains(errs.Remedy(err), tt.remedy) {
				t.Errorf("remedy %q does not name %q", errs.Remedy(err), tt.remedy)
			}
			if strings.Contains(err.Error()+errs.Remedy(err), "canary") {
				t.Errorf("the error tells a secret: %v", err)
			}
			var se *outbound.StatusError
			if tt.retry != 0 && (!errors.As(err, &se) || se.RetryAfter != tt.retry) {
				t.Errorf("retry after %+v, want %s", se, tt.retry)
			}
		})
	}

	resp, err := c.Do(t.Context(), outbound.Request{URL: srv.at("example.com", "/ok"), IfNoneMatch: `"v1"`})
	if err != nil || !resp.NotModified || resp.ETag != `"v1"` {
		t.Errorf("with the known ETag: got %+v, %v", resp, err)
	}
	resp, err = c.Do(t.Context(), outbound.Request{URL: srv.at("example.com", "/ok"), Anonymous: true})
	if err != nil || string(resp.Body) != "auth= ua=portico" {
		t.Errorf("an anonymous request: got %q, %v", resp.Body, err)
	}
	resp, err = c.Do(t.Context(), outbound.Request{URL: srv.at("example.com", "/large"), MaxBody: 4000})
	if err != nil || len(resp.Body) != 2000 {
		t.Errorf("with a larger limit: %v", err)
	}
	_, err = c.Do(t.Context(), outbound.Request{Method: "POST", URL: srv.at("example.com", "/moved")})
	if !errs.Is(err, errs.Unavailable) {
		t.Errorf("a redirected POST: got %v", err)
	}
}

func TestUntrustedCertificateAndTimeout(t *testing.T) {
	srv := serve(t, func(w http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	rule := outbound.Rule{Host: "example.com:" + srv.port, AllowPrivate: true}
	_, err := client(t, outbound.Options{Allow: []outbound.Rule{rule}}).Get(t.Context(), srv.at("example.com", "/"))
	if !errs.Is(err, errs.Unavailable) || !strings.Contains(errs.Sentence(err), "certificate") {
		t.Errorf("untrusted certificate: got %v", err)
	}
	c := client(t, outbound.Options{Allow: []outbound.Rule{rule}, RootCAs: pool(srv), Timeout: 200 * time.Millisecond})
	if _, err := c.Get(t.Context(), srv.at("example.com", "/")); !errs.Is(err, errs.Unavailable) {
		t.Errorf("a host that never answers: got %v", err)
	}
}

// A redirect chosen by one host must not carry its credentials, or any others, to the next, nor
// lead where no rule leads.
func TestRedirects(t *testing.T) {
	var seen atomic.Value
	other := serve(t, func(w http.ResponseWriter, r *http.Request) {
		seen.Store(r.Header.Clone())
		if back := r.URL.Query().Get("back"); back != "" {
			http.Redirect(w, r, back, http.StatusFound)
		}
	})
	var canary atomic.Int32
	forbidden, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer forbidden.Close()
	go func() {
		for {
			conn, err := forbidden.Accept()
			if err != nil {
				return
			}
			canary.Add(1)
			_ = conn.Close()
		}
	}()
	var homeHeaders []http.Header
	home := serve(t, func(w http.ResponseWriter, r *http.Request) {
		homeHeaders = append(homeHeaders, r.Header.Clone())
		if to := r.URL.Query().Get("to"); to != "" {
			http.Redirect(w, r, to, http.StatusTemporaryRedirect)
		}
	})
	c := client(t, outbound.Options{
		RootCAs: pool(home, other),
		Allow: []outbound.Rule{
			{Host: "example.com:" + home.port, AllowPrivate: true, Header: http.Header{"Authorization": {"Bearer home"}}},
			{Host: "www.example.com:" + other.port, AllowPrivate: true, Header: http.Header{"Private-Token": {"other"}}},
			{Host: "intern.example.com", Name: "no private addresses"},
		},
	})
	redirect := func(to string) string { return home.at("example.com", "/?to="+url.QueryEscape(to)) }

	_, err = c.Do(t.Context(), outbound.Request{URL: redirect(other.at("www.example.com", "/x")), Header: http.Header{"X-Secret": {"s"}}})
	if err != nil {
		t.Fatal(err)
	}
	h := seen.Load().(http.Header)
	for _, k := range []string{"Authorization", "Private-Token", "X-Secret"} {
		if h.Get(k) != "" {
			t.Errorf("%s reached the second host", k)
		}
	}
	homeHeaders = nil
	back := other.at("www.example.com", "/?back="+url.QueryEscape(home.at("example.com", "/admin")))
	if _, err := c.Get(t.Context(), redirect(back)); err != nil {
		t.Fatal(err)
	}
	if len(homeHeaders) != 2 || homeHeaders[1].Get("Authorization") != "" {
		t.Errorf("credentials returned to the first host on a path that another host chose: %v", homeHeaders)
	}
	refused := []string{
		"http://169.254.169.254/latest/meta-data", "https://169.254.169.254/", "https://" + forbidden.Addr().String() + "/",
		"http://" + forbidden.Addr().String() + "/", "file:///etc/passwd", "gopher://example.com/", "https://intern.example.com/",
		"http://example.com:" + home.port + "/", "//[::1]/", "https://example.com:" + home.port + "/%2e%2e/x", "https://u:p@example.com/",
		"https://[::ffff:127.0.0.1]:" + strings.Split(forbidden.Addr().String(), ":")[1] + "/",
	}
	for _, to := range refused {
		if _, err := c.Get(t.Context(), redirect(to)); !errs.Is(err, errs.Forbidden) {
			t.Errorf("redirect to %s: got %v, want Forbidden", to, err)
		}
	}
	if n := canary.Load(); n != 0 {
		t.Errorf("%d connections to the forbidden listener", n)
	}
}

// Whatever DNS says, a host without AllowPrivate is not reached on a private address; with it, the
// metadata addresses stay shut.
func TestAddresses(t *testing.T) {
	public := netip.MustParseAddr("93.184.215.14")
	tests := []struct {
		name    string
		answers []string
		private bool
	}{
		{"loopback", []string{"127.0.0.1"}, false},
		{"loopback elsewhere", []string{"127.8.9.10"}, false},
		{"public then loopback", []string{public.String(), "127.0.0.1"}, false},
		{"loopback then public", []string{"127.0.0.1", public.String()}, false},
		{"ten", []string{"10.0.0.5"}, false},
		{"172", []string{"172.31.255.255"}, false},
		{"192.168", []string{"192.168.1.1"}, false},
		{"CGNAT", []string{"100.64.0.1"}, false},
		{"metadata", []string{"169.254.169.254"}, true},
		{"metadata of Alibaba", []string{"100.100.100.200"}, true},
		{"metadata of Azure", []string{"168.63.129.16"}, true},
		{"metadata of Oracle", []string{"192.0.0.192"}, true},
		{"metadata of EC2 over IPv6", []string{"fd00:ec2::254"}, true},
		{"this network", []string{"0.0.0.0"}, true},
		{"benchmarking", []string{"198.19.0.1"}, true},
		{"reserved", []string{"240.0.0.1"}, true},
		{"broadcast", []string{"255.255.255.255"}, true},
		{"multicast", []string{"224.0.0.1"}, true},
		{"mapped loopback", []string{"::ffff:127.0.0.1"}, false},
		{"mapped metadata", []string{"::ffff:169.254.169.254"}, true},
		{"compatible loopback", []string{"::127.0.0.1"}, true},
		{"loopback v6", []string{"::1"}, false},
		{"unspecified v6", []string{"::"}, true},
		{"NAT64 of metadata", []string{"64:ff9b::a9fe:a9fe"}, true},
		{"local NAT64", []string{"64:ff9b:1::1"}, true},
		{"6to4 of loopback", []string{"2002:7f00:1::"}, true},
		{"Teredo", []string{"2001::1"}, true},
		{"unique local", []string{"fd12::1"}, false},
		{"link-local", []string{"fe80::1"}, true},
		{"link-local with zone", []string{"fe80::1%lo"}, true},
		{"site-local", []string{"fec0::1"}, true},
		{"multicast v6", []string{"ff02::1"}, true},
		{"not handed out", []string{"4000::1"}, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := client(t, outbound.Options{
				Allow: []outbound.Rule{{Host: "git.example.com", AllowPrivate: tt.private}},
				Lookup: func(context.Context, string) (out []netip.Addr, _ error) {
					for _, a := range tt.answers {
						out = append(out, netip.MustParseAddr(a))
					}
					return out, nil
				},
			})
			if _, err := c.Get(t.Context(), "https://git.example.com/x"); !errs.Is(err, errs.Forbidden) {
				t.Errorf("got %v, want Forbidden", err)
			}
		})
	}
}

func TestProxyOfTheEnvironmentIsIgnored(t *testing.T) {
	var proxied atomic.Int32
	proxy := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { proxied.Add(1) }))
	defer proxy.Close()
	for _, k := range []string{"HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "ALL_PROXY"} {
		t.Setenv(k, proxy.URL)
	}
	srv := serve(t, func(w http.ResponseWriter, r *http.Request) {})
	c := client(t, outbound.Options{RootCAs: pool(srv), Allow: []outbound.Rule{{Host: "example.com:" + srv.port, AllowPrivate: true}}})
	if _, err := c.Get(t.Context(), srv.at("example.com", "/")); err != nil || proxied.Load() != 0 {
		t.Errorf("got %v with %d requests at the proxy", err, proxied.Load())
	}
}

func TestUnknownHost(t *testing.T) {
	c := client(t, outbound.Options{
		Allow:  []outbound.Rule{{Host: "gone.example.com"}},
		Lookup: func(context.Context, string) ([]netip.Addr, error) { return nil, errors.New("NXDOMAIN") },
	})
	if _, err := c.Get(t.Context(), "https://gone.example.com/"); !errs.Is(err, errs.Unavailable) {
		t.Errorf("got %v, want Unavailable", err)
	}
}

func TestNewRefusesBadRules(t *testing.T) {
	for _, r := range []outbound.Rule{
		{Host: ""}, {Host: "https://x.example"}, {Host: "x.example/path"}, {Host: "2130706433"},
		{Host: "*.example.com", Header: http.Header{"Authorization": {"x"}}},
		{Host: "x.example", PathPrefixes: []string{"org"}}, {Host: "x.example", PathPrefixes: []string{"/a/../b"}},
	} {
		if _, err := outbound.New(outbound.Options{Allow: []outbound.Rule{r}}); !errs.Is(err, errs.Invalid) {
			t.Errorf("%+v: got %v, want Invalid", r, err)
		}
	}
}

// A server sees its client go and ends the body in good order. What was read until then is no answer.
func TestBodyCutByDeadline(t *testing.T) {
	h := serve(t, func(w http.ResponseWriter, r *http.Request) {
		for r.Context().Err() == nil {
			_, _ = w.Write([]byte("#"))
			_ = http.NewResponseController(w).Flush()
			select {
			case <-r.Context().Done():
			case <-time.After(20 * time.Millisecond):
			}
		}
	})
	c := client(t, outbound.Options{
		Allow: []outbound.Rule{{Host: "example.com:" + h.port, AllowPrivate: true}}, RootCAs: pool(h), Timeout: 60 * time.Millisecond,
	})
	for range 30 {
		if resp, err := c.Get(t.Context(), h.at("example.com", "/x")); !errs.Is(err, errs.Unavailable) {
			t.Fatalf("got %v, %v", resp, err)
		}
	}
}
