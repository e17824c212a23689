package fault

import (
	"bytes"
	"compress/gzip"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"math/big"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"portico/internal/app/apptest"
	"portico/internal/pg/pgtest"
)

// host is a server that answers well until it is told not to, a script a path.
type host struct {
	*httptest.Server
	mu      sync.Mutex
	scripts map[string]http.HandlerFunc // by the first part of the path
	canary  atomic.Int64                // requests for what nobody may ask for
}

func newHost(t *testing.T) *host {
	h := &host{scripts: map[string]http.HandlerFunc{}}
	h.Server = httptest.NewTLSServer(h)
	t.Cleanup(func() {
		h.CloseClientConnections()
		h.Close()
	})
	return h
}

func (h *host) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	name, _, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
	if name == "canary" {
		h.canary.Add(1)
	}
	h.mu.Lock()
	script := h.scripts[name]
	h.mu.Unlock()
	if script != nil {
		script(w, r)
		return
	}
	_, _ = fmt.Fprint(w, declare("from a host", named(name, 5)...))
}

func (h *host) play(name string, script http.HandlerFunc) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.scripts[name] = script
}

func (h *host) address() string       { return strings.TrimPrefix(h.URL, "https://") }
func (h *host) of(name string) string { return h.URL + "/" + name + "/catalog-info.yaml" }

func (c client) register(target string) {
	c.t.Helper()
	body, err := json.Marshal(map[string]string{"type": "url", "target": target})
	if err != nil {
		c.t.Fatal(err)
	}
	c.must(http.StatusCreated, "POST", "/api/catalog/locations", string(body))
}

func status(code int, head ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		for i := 0; i+1 < len(head); i += 2 {
			w.Header().Set(head[i], head[i+1])
		}
		w.WriteHeader(code)
		_, _ = fmt.Fprint(w, "<html><body><h1>It is not working</h1><script>alert(1)</script></body></html>")
	}
}

func text(body string, head ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		for i := 0; i+1 < len(head); i += 2 {
			w.Header().Set(head[i], head[i+1])
		}
		_, _ = fmt.Fprint(w, body)
	}
}

// endless writes until the other side has enough.
func endless(w http.ResponseWriter, _ *http.Request) {
	line := []byte(strings.Repeat("# nothing\n", 6000))
	for range 10_000 {
		if _, err := w.Write(line); err != nil {
			return
		}
	}
}

// cutOff ends the connection in the middle of what it promised.
func cutOff(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Length", "5000")
	_, _ = fmt.Fprint(w, declare("half of it", "cut-off-0000"))
	panic(http.ErrAbortHandler)
}

func drip(w http.ResponseWriter, r *http.Request) {
	for {
		if _, err := fmt.Fprint(w, "#"); err != nil {
			return
		}
		_ = http.NewResponseController(w).Flush()
		select {
		case <-r.Context().Done():
			return
		case <-time.After(time.Second):
		}
	}
}

func gzipBomb(t *testing.T) http.HandlerFunc {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	for range 200 {
		if _, err := z.Write(bytes.Repeat([]byte("#"), 1<<20)); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Encoding", "gzip")
		_, _ = w.Write(b.Bytes())
	}
}

// untrusted is a certificate for 127.0.0.1 that nobody signed.
func untrusted(t *testing.T) tls.Certificate {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour), DNSNames: []string{"localhost"}}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}

// A host that misbehaves costs no entity, whatever it does. Only when it says that the file is gone are its
// entities missing, dated, and still served.
func TestBadUpstream(t *testing.T) {
	t.Parallel()
	h, dead := newHost(t), newHost(t)
	self := httptest.NewUnstartedServer(h)
	self.TLS = &tls.Config{Certificates: []tls.Certificate{untrusted(t)}}
	self.Config.ErrorLog = log.New(io.Discard, "", 0) // the handshake is meant to fail
	self.StartTLS()
	t.Cleanup(self.Close)
	// A label of a host name has 63 letters at most: resolvers refuse this one without asking anybody.
	nowhere := strings.Repeat("n", 64) + ".invalid"

	scripts := []struct {
		name string
		play http.HandlerFunc
		gone bool
		says string // part of the source's message
	}{
		{name: "limited", play: status(http.StatusTooManyRequests, "Retry-After", "600"), says: "limits our requests"},
		{name: "limited-softly", play: status(http.StatusForbidden, "X-RateLimit-Remaining", "0", "X-RateLimit-Reset", strconv.FormatInt(time.Now().Add(10*time.Minute).Unix(), 10)), says: "limits our requests"},
		{name: "forbidden", play: status(http.StatusForbidden), says: "403"},
		{name: "signed-out", play: status(http.StatusUnauthorized), says: "401"},
		{name: "broken", play: status(http.StatusInternalServerError), says: "500"},
		{name: "gateway", play: status(http.StatusBadGateway), says: "502"},
		{name: "teapot", play: status(http.StatusTeapot), says: "418"},
		{name: "garbage", play: text("<!doctype html><html><body>Sign in to continue</body></html>"), says: "problem"},
		{name: "half-a-document", play: text(declare("half", "half-a-document-0000")[:60]), says: "problem"},
		{name: "json-page", play: text(`{"message":"not what you want"}`), says: "problem"},
		{name: "empty", play: text(""), says: "problem"},
		{name: "blank", play: text("\n---\n# nothing\n---\n"), says: "problem"},
		{name: "cut-off", play: cutOff, says: "does not answer"},
		{name: "endless", play: endless, says: "larger than"},
		{name: "gzip-bomb", play: gzipBomb(t), says: "larger than"},
		{name: "bad-gzip", play: text("this is no gzip", "Content-Encoding", "gzip"), says: "does not answer"},
		{name: "circle", play: func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, r.URL.Path+"?again", http.StatusFound)
		}, says: "redirects more than"},
		{name: "to-private", play: status(http.StatusFound, "Location", "https://10.0.0.1/catalog-info.yaml"), says: "no rule opens"},
		{name: "to-metadata", play: status(http.StatusTemporaryRedirect, "Location", "https://169.254.169.254/latest/meta-data"), says: "no rule opens"},
		{name: "to-file", play: status(http.StatusMovedPermanently, "Location", "file:///etc/passwd"), says: "https"},
		{name: "to-http", play: status(http.StatusFound, "Location", "http://"+dead.address()+"/canary/x"), says: "http"},
		{name: "gone", play: status(http.StatusNotFound), gone: true, says: "not there"},
		{name: "gone-for-good", play: status(http.StatusGone), gone: true, says: "not there"},
	}
	dir := t.TempDir()
	local := filepath.Join(dir, "local.yaml")
	write(t, local, declare("first", "local"))
	p := start(t, pgtest.DSN(t), fileSource(local)+`
portico:
  catalog: {refreshInterval: 5m}
  reading:
    allowPrivateHosts: [`+quoted(h.address(), dead.address(), strings.TrimPrefix(self.URL, "https://"))+`]
backend:
  reading:
    allow: [{host: `+quoted(h.address())+`}, {host: `+quoted(dead.address())+`}, {host: `+quoted(strings.TrimPrefix(self.URL, "https://"))+`}, {host: `+nowhere+`}]
`)
	for _, s := range scripts {
		p.register(h.of(s.name))
	}
	p.register(dead.of("refused"))
	p.register(h.of("healthy"))
	p.settle(time.Minute)
	before := p.components()
	if len(before) != 5*(len(scripts)+2)+1 {
		t.Fatalf("%d components were read while all was well, want %d", len(before), 5*(len(scripts)+2)+1)
	}
	base := p.revision()

	for _, s := range scripts {
		h.play(s.name, s.play)
	}
	dead.CloseClientConnections()
	dead.Close()
	check := func(target, says string) {
		t.Helper()
		var src source
		apptest.Until(t, 15*time.Second, target+" is read again", func() bool {
			src = p.source(target)
			return src.State == "failed" || src.State == "degraded"
		})
		words := src.Message
		if src.State == "degraded" {
			for _, pr := range p.problems() {
				if pr.Location == "url:"+target {
					words += " " + pr.Message
				}
			}
		}
		if !strings.Contains(words, says) {
			t.Errorf("%s: the source is %s and says %q, want something with %q", target, src.State, words, says)
		}
		for _, raw := range []string{"the log has the cause", "dial tcp", "x509:", "EOF", "context", "goroutine", "errgroup", "<html"} {
			if strings.Contains(src.Message, raw) {
				t.Errorf("%s: what the source says is not for people: %q", target, src.Message)
			}
		}
	}
	for _, src := range p.sources() {
		if src.Type == "url" {
			p.must(http.StatusAccepted, "POST", "/api/catalog/sources/"+src.ID+"/refresh", "")
		}
	}
	for _, s := range scripts {
		check(h.of(s.name), s.says)
	}
	check(dead.of("refused"), "does not answer")
	p.register(self.URL + "/self-signed/catalog-info.yaml")
	check(self.URL+"/self-signed/catalog-info.yaml", "certificate")
	p.register("https://" + nowhere + "/catalog-info.yaml")
	check("https://"+nowhere+"/catalog-info.yaml", "DNS")
	apptest.Until(t, 10*time.Second, "the healthy source is current", func() bool { return p.source(h.of("healthy")).State == "current" })

	// Who asks to be left alone is.
	var next struct {
		Items []struct {
			Target string
			NextAt *time.Time
		}
	}
	p.get("/api/catalog/sources", &next)
	for _, s := range next.Items {
		if s.Target != h.of("limited") && s.Target != h.of("limited-softly") {
			continue
		}
		if s.NextAt == nil || time.Until(*s.NextAt) < 9*time.Minute || time.Until(*s.NextAt) > 11*time.Minute {
			t.Errorf("%s asked for ten minutes and is read again at %v", s.Target, s.NextAt)
		}
	}

	goes := func(name string) bool {
		for _, s := range scripts {
			if s.gone && strings.HasPrefix(name, s.name+"-0") {
				return true
			}
		}
		return false
	}
	missing := 0
	for name := range before {
		if goes(name) {
			missing++
		}
	}
	var got []change
	apptest.Until(t, other, "all that the sources were read for is shown", func() bool {
		got = slices.DeleteFunc(p.changes(base), func(c change) bool { // that a file broke, or was mended, alters its entity's notes alone
			return c.Op == "updated" && len(c.Diff) == 1 && c.Diff[0].Path == "status"
		})
		return len(got) >= missing+2
	})
	after := p.components()
	for name, was := range before {
		switch is := after[name]; {
		case is == nil:
			t.Errorf("%s is not served any more", name)
		case is.missing() != goes(name):
			t.Errorf("%s is missing: %v, want %v", name, is.missing(), goes(name))
		case is.Metadata.Description != was.Metadata.Description || is.Metadata.UID != was.Metadata.UID:
			t.Errorf("%s was altered", name)
		}
	}
	if len(got) != missing+2 { // the Location entities of the two that were registered late
		t.Errorf("%d changes were logged, want %d missing and 2 created", len(got), missing)
	}
	if n := h.canary.Load() + dead.canary.Load(); n > 0 {
		t.Errorf("%d requests went where no redirect may lead", n)
	}

	// More hosts than there are workers answer a byte a second. Files here do not wait for them.
	const slow = 10
	for i := range slow {
		name := fmt.Sprintf("drip-%d", i)
		h.play(name, drip)
		p.register(h.of(name))
	}
	apptest.Until(t, 5*time.Second, "the slow ones are being read", func() bool { return p.source(h.of("drip-0")).LastAttemptAt != nil })
	begun := time.Now()
	save(t, local, declare("beside the slow ones", "local"))
	t.Logf("a local change beside %d slow hosts is served after %s", slow, apptest.Until(t, seen, "a local change is served", func() bool {
		return p.component("local").Metadata.Description == "beside the slow ones"
	}))
	h.play("empty", nil)
	took := apptest.Until(t, 35*time.Second, "the first slow one is given up", func() bool { return p.source(h.of("drip-0")).State == "failed" })
	t.Logf("a slow host is given up after %s", (time.Since(begun)).Round(time.Millisecond))
	if took < 20*time.Second {
		t.Errorf("a slow host was given up after %s already", took)
	}
	check(h.of("drip-0"), "did not answer in time")

	// What has recovered is current again.
	p.must(http.StatusAccepted, "POST", "/api/catalog/sources/"+p.source(h.of("empty")).ID+"/refresh", "")
	apptest.Until(t, 10*time.Second, "a host that recovered is read", func() bool { return p.source(h.of("empty")).State == "current" })
}

func quoted(list ...string) string {
	for i := range list {
		list[i] = strconv.Quote(list[i])
	}
	return strings.Join(list, ", ")
}
