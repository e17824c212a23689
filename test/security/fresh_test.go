package security

import (
	"bytes"
	"encoding/base64"
	"io/fs"
	"net"
	"net/http"
	"net/netip"
	"path"
	"strings"
	"testing"

	"portico/internal/app"
	"portico/internal/config"
	"portico/web"
)

// openToAll are the routes that answer whoever asks on a fresh installation: whether the portal is well, who one is, and
// what signs in and out. A route that is public and not argued here fails the test.
var openToAll = map[string]string{
	"GET /.backstage/health/v1/liveness":     "health",
	"GET /.backstage/health/v1/readiness":    "health",
	"GET /api/portico/session":               "says that nobody is signed in",
	"GET /api/auth/{provider}/start":         "signs in",
	"GET /api/auth/{provider}/handler/frame": "signs in",
	"POST /api/auth/{provider}/logout":       "signs out, and there is nobody",
	"POST /api/portico/session/end":          "signs out, and there is nobody",

	"POST /api/portico/webhooks/{provider}": "answers 404 of a provider that there is not, and 401 to what no host signed",
	"POST /api/events/http/{topic}":         "the same",

	"GET /api/permission/health":                     "health",
	"GET /api/auth/{provider}/refresh":               "answers 404 of a provider that there is not, and is open to nobody",
	"POST /api/auth/{provider}/refresh":              "the same",
	"GET /api/auth/.well-known/openid-configuration": "says where the keys are that verify tokens",
	"GET /api/auth/.well-known/jwks.json":            "the keys that verify tokens, of which there is no secret half",
	"GET /api/{plugin}/.backstage/auth/v1/jwks.json": "the keys of a plugin: none, and 404 of a plugin that there is not",
	"GET /api/{plugin}/.backstage/auth/v1/cookie":    "answers 404 of a plugin that there is not, and 401 to nobody",
	"DELETE /api/{plugin}/.backstage/auth/v1/cookie": "takes a cookie from who asks, and there is none",
}

// defaults are what products have let people in with.
var defaults = []string{
	"admin:admin", "admin:password", "admin:portico", "portico:portico", "root:root", "admin:", "guest:guest", "backstage:backstage", "admin:changeme", "test:test",
}

// S19: a portal that nobody configured lets nobody in.
func TestS19FreshStart(t *testing.T) {
	cfg, err := config.Load(config.Options{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	host, _, err := net.SplitHostPort(cfg.Backend.Listen.Address())
	if ip, perr := netip.ParseAddr(host); err != nil || perr != nil || !ip.IsLoopback() {
		t.Errorf("it listens on %q", cfg.Backend.Listen.Address())
	}
	if cfg.Auth.Guest != nil || len(cfg.Auth.SignIn) > 0 || len(cfg.Backend.Auth.ExternalAccess) > 0 {
		t.Error("somebody is let in without configuration")
	}
	p := start(t, setup{bare: true, config: []string{"portico: {limits: {failedSignIns: 0}}"}}) // or most would be refused unseen
	closed, left := 0, map[string]bool{}
	for pattern := range openToAll {
		left[pattern] = true
	}
	for _, q := range questions() {
		got := p.do(q.method, q.path, q.body)
		if _, open := openToAll[q.Pattern]; open {
			delete(left, q.Pattern)
			if bytes.Contains(got.body, []byte(`"signedIn":true`)) || len(got.header["Set-Cookie"]) > 0 && q.method == "GET" && !strings.Contains(q.path, "/handler/") {
				t.Errorf("%s lets somebody in: %.200s", q.Pattern, got.body)
			}
			continue
		}
		closed++
		ways := []option{as()(p), sameOrigin, bearer(""), bearer("undefined"), bearer("null")}
		for _, pair := range defaults {
			_, word, _ := strings.Cut(pair, ":")
			ways = append(ways, with("Authorization", "Basic "+base64.StdEncoding.EncodeToString([]byte(pair))), bearer(word), with("Cookie", "portico-session="+word))
		}
		for _, o := range ways {
			if got := p.do(q.method, q.path, q.body, o); got.status != http.StatusUnauthorized {
				t.Errorf("%s: %d, want 401: %.200s", q.Pattern, got.status, got.body)
			}
		}
	}
	for pattern := range left {
		t.Errorf("%s is argued here, and is no route", pattern)
	}
	count(t, "S19", "routes that answer 401", closed)
	count(t, "S19", "routes open to all", len(openToAll))
}

// S19: the page and its assets are there before anybody signs in, and nothing else is.
func TestS19PagesAndNothingElse(t *testing.T) {
	p := start(t, setup{bare: true})
	pages, built := 0, web.Built()
	err := fs.WalkDir(web.Dist(), ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || path.Base(name) == "index.html" || strings.HasSuffix(name, ".gz") || name == web.Placeholder {
			return err
		}
		pages++
		if got := p.do("GET", "/"+name, ""); got.status != http.StatusOK || got.header.Get("X-Content-Type-Options") != "nosniff" || got.header.Get("Content-Security-Policy") == "" {
			t.Errorf("/%s: %d, %v", name, got.status, got.header)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	// Without a build the page says how to make one, and is served with the same headers.
	shell := http.StatusOK
	if !built {
		shell = http.StatusNotFound
	}
	for _, at := range []string{"/", "/catalog", "/operate/sources", "/sign-in", "/admin", "/debug/pprof/", "/debug/vars", "/metrics"} {
		got := p.do("GET", at, "")
		if got.status != shell || !strings.HasPrefix(got.header.Get("Content-Type"), "text/html") || got.header.Get("Content-Security-Policy") == "" {
			t.Errorf("%s: %d %v", at, got.status, got.header)
		}
		if bytes.Contains(got.body, []byte("goroutine")) {
			t.Errorf("%s tells of the process", at)
		}
	}
	for _, at := range []string{"/.env", "/.git/config", "/app-config.yaml", "/app-config.local.yaml", "/go.mod", "/../go.mod", "/assets/../../go.mod", "/%2e%2e/go.mod",
		"/assets/%2e%2e%2f%2e%2e%2fgo.mod", "/index.html.gz", "/placeholder.html%00.js", "/etc/passwd.txt", "/assets//etc/passwd.txt", "/api/", "/api/portico/config", "/.backstage/"} {
		got := p.do("GET", at, "")
		if got.status == http.StatusOK && !strings.HasPrefix(got.header.Get("Content-Type"), "text/html") {
			t.Errorf("%s: %d %.200s", at, got.status, got.body)
		}
	}
	for _, r := range app.Routes() {
		if strings.Contains(r.Pattern, "pprof") || strings.Contains(r.Pattern, "/debug") {
			t.Errorf("%s: what tells of the process belongs on a port of its own", r.Pattern)
		}
	}
	count(t, "S19", "assets served", pages)
}
