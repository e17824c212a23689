// Package faulttest plays what a host does wrong, before any host: sixteen scripts, from a limit with Retry-After to a name
// that does not resolve. They are data, so that a test goes through all of them.
package faulttest

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"
)

// Kind says what a client must make of a script.
type Kind int

// What a script is to be taken for. None of them is a list.
const (
	Later   Kind = iota // it may work later
	Refused             // the credential is refused
	Absent              // what was asked for is not there for us
	Nothing             // an empty list, which the client alone cannot tell from a true one
)

// Script is one way in which a host goes wrong.
type Script struct {
	Name    string
	Kind    Kind
	RetryIn time.Duration // that the host asks for; 0 where it does not
	// Deadline is true where only the client's own deadline ends it.
	Deadline bool

	answer http.HandlerFunc // nil where no connection comes about
	dial   string           // why not: "tls", "refused" or "dns"
}

// Scripts are all sixteen.
var Scripts = []Script{
	{Name: "429 with Retry-After", RetryIn: 37 * time.Second, answer: func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Retry-After", "37")
		say(w, http.StatusTooManyRequests, "application/json", `{"message":"Too many requests"}`)
	}},
	{Name: "403 secondary limit", RetryIn: 61 * time.Second, answer: func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Retry-After", "61")
		say(w, http.StatusForbidden, "application/json", `{"message":"You have exceeded a secondary rate limit. Wait a few minutes before you try again."}`)
	}},
	{Name: "500", answer: func(w http.ResponseWriter, _ *http.Request) {
		say(w, http.StatusInternalServerError, "application/json", `{"message":"Server Error"}`)
	}},
	{Name: "502 HTML", answer: func(w http.ResponseWriter, _ *http.Request) {
		say(w, http.StatusBadGateway, "text/html", "<html><body><h1>502 Bad Gateway</h1></body></html>")
	}},
	{Name: "200 garbage", answer: func(w http.ResponseWriter, _ *http.Request) {
		say(w, http.StatusOK, "application/json", "\x00\xff<html>it works</html>")
	}},
	{Name: "truncated JSON", answer: func(w http.ResponseWriter, _ *http.Request) {
		say(w, http.StatusOK, "application/json", `{"data":{"repositoryOwner":{"repositories":{"totalCount":3,"nodes":[{"id":"R_1","name`)
	}},
	{Name: "200 empty list", Kind: Nothing, answer: func(w http.ResponseWriter, _ *http.Request) {
		say(w, http.StatusOK, "application/json", "[]")
	}},
	{Name: "404 organisation", Kind: Absent, answer: func(w http.ResponseWriter, _ *http.Request) {
		say(w, http.StatusNotFound, "application/json", `{"message":"Not Found"}`)
	}},
	{Name: "401", Kind: Refused, answer: func(w http.ResponseWriter, _ *http.Request) {
		say(w, http.StatusUnauthorized, "application/json", `{"message":"Bad credentials"}`)
	}},
	{Name: "a byte a second", Deadline: true, answer: func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		drip := time.NewTicker(time.Second)
		defer drip.Stop()
		for i := 0; ; i++ {
			if _, err := w.Write([]byte(`[ `)[min(i, 1) : min(i, 1)+1]); err != nil || http.NewResponseController(w).Flush() != nil {
				return
			}
			select {
			case <-drip.C:
			case <-r.Context().Done():
				return
			}
		}
	}},
	{Name: "endless body", answer: func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		endless(w, r, "[")
	}},
	{Name: "gzip bomb", answer: func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Content-Encoding", "gzip")
		bomb := bomb()
		for range most / bombSize {
			if _, err := w.Write(bomb); err != nil || r.Context().Err() != nil {
				return
			}
		}
	}},
	{Name: "redirect loop", answer: func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, r.URL.Path, http.StatusTemporaryRedirect)
	}},
	{Name: "TLS error", dial: "tls"},
	{Name: "connection refused", dial: "refused"},
	{Name: "DNS failure", dial: "dns"},
}

// Named is the script of that name.
func Named(t testing.TB, name string) Script {
	t.Helper()
	for _, s := range Scripts {
		if s.Name == name {
			return s
		}
	}
	t.Fatalf("there is no script %q", name)
	return Script{}
}

func say(w http.ResponseWriter, status int, kind, body string) {
	w.Header().Set("Content-Type", kind)
	w.WriteHeader(status)
	_, _ = io.WriteString(w, body)
}

// most bounds what an endless body is: far more than anybody may read, and an end where a client reads it all.
const most = 256 << 20

func endless(w io.Writer, r *http.Request, begin string) {
	part := []byte(strings.Repeat(" ", 1<<20))
	if _, err := io.WriteString(w, begin); err != nil {
		return
	}
	for range most / len(part) {
		if _, err := w.Write(part); err != nil || r.Context().Err() != nil {
			return
		}
	}
}

const bombSize = 4 << 20

// bomb is a part of a gzip bomb: some kilobytes that become bombSize. Several in a row are one answer.
var bomb = sync.OnceValue(func() []byte {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	_, _ = z.Write(bytes.Repeat([]byte(" "), bombSize))
	_ = z.Close()
	return b.Bytes()
})

// Host stands before a host. It passes requests on until a script is played.
type Host struct {
	URL string

	next    http.Handler
	tls     string // host and port of a server whose certificate nobody trusts
	refused string // host and port that nobody listens at

	mu     sync.Mutex
	script *Script
	only   func(*http.Request) bool
	asked  int
}

// Start serves next, with nothing wrong, until the test ends.
func Start(t testing.TB, next http.Handler) *Host {
	t.Helper()
	h := &Host{next: next}
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	h.URL = s.URL
	untrusted := httptest.NewUnstartedServer(next)
	untrusted.Config.ErrorLog = log.New(io.Discard, "", 0) // each refused handshake is one line
	untrusted.StartTLS()
	t.Cleanup(untrusted.Close)
	h.tls = untrusted.Listener.Addr().String()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	h.refused = l.Addr().String()
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	return h
}

// Play plays a script from now on, for the requests that only admits; nil admits all.
func (h *Host) Play(s Script, only func(*http.Request) bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.script, h.only, h.asked = &s, only, 0
}

// Stop ends the script.
func (h *Host) Stop() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.script = nil
}

// Asked is how many requests met the script that is, or was, played.
func (h *Host) Asked() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.asked
}

func (h *Host) playing(r *http.Request, dial bool) *Script {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.script == nil || (h.script.dial != "") != dial || h.only != nil && !h.only(r) {
		return nil
	}
	h.asked++
	return h.script
}

func (h *Host) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if s := h.playing(r, false); s != nil {
		s.answer(w, r)
		return
	}
	h.next.ServeHTTP(w, r)
}

// Elsewhere is the host's address under a script: where the fault is one of the connection, it is another one. It is for
// those who configure an address; others use Transport.
func (h *Host) Elsewhere(s Script) string {
	switch s.dial {
	case "tls":
		return "https://" + h.tls
	case "refused":
		return "http://" + h.refused
	case "dns":
		return "http://nobody.invalid"
	}
	return h.URL
}

// Transport is inner with the faults of the connection: what it sends meets them while their script is played.
func (h *Host) Transport(inner http.RoundTripper) http.RoundTripper { return transport{h, inner} }

type transport struct {
	h     *Host
	inner http.RoundTripper
}

func (t transport) RoundTrip(r *http.Request) (*http.Response, error) {
	s := t.h.playing(r, true)
	if s == nil {
		return t.inner.RoundTrip(r)
	}
	if s.dial == "dns" {
		// A resolver that is asked in earnest takes seconds where there is no network.
		return nil, &net.OpError{Op: "dial", Net: "tcp", Err: &net.DNSError{Err: "no such host", Name: "nobody.invalid", IsNotFound: true}}
	}
	to, err := url.Parse(t.h.Elsewhere(*s))
	if err != nil {
		return nil, fmt.Errorf("faulttest: %w", err)
	}
	r = r.Clone(r.Context())
	r.URL.Scheme, r.URL.Host, r.Host = to.Scheme, to.Host, to.Host
	return t.inner.RoundTrip(r)
}
