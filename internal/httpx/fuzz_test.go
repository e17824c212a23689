package httpx

import (
	"bufio"
	"bytes"
	"io"
	"log/slog"
	"net/http"
	"testing"

	"portico/internal/errs"
)

// FuzzRequest writes requests in every way that net/http reads: none gets past a gate that is shut, and each answer says
// what it may load.
func FuzzRequest(f *testing.F) {
	reached := false
	open := func(http.ResponseWriter, *http.Request) error { reached = true; return nil }
	g := new(Registry)
	g.Add(
		Route{Pattern: "GET /api/things", Access: read, Handler: open},
		Route{Pattern: "GET /api/things/{id}", Access: read, Handler: open},
		Route{Pattern: "POST /api/things/{id}/end", Access: read, Handler: open},
		Route{Pattern: "GET /api/public", Access: Public("a test"), Handler: ok},
	)
	h, err := g.Handler(Options{Gate: closedGate{errs.New(errs.Unauthenticated, "nobody")}, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		f.Fatal(err)
	}
	for _, seed := range []string{
		"GET /api/things HTTP/1.1\r\nHost: x\r\n\r\n", "GET //api/./things/%2e%2e/things HTTP/1.1\r\nHost: x\r\n\r\n", "POST /api/things/a%2fb/end HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
		"CONNECT /api/things HTTP/1.1\r\nHost: x\r\n\r\n", "OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n", "GET http://y/api/things;x HTTP/1.1\r\nHost: x\r\nX-HTTP-Method-Override: POST\r\n\r\n", "GET /API/THINGS/%00 HTTP/1.0\r\n\r\n",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		r, err := http.ReadRequest(bufio.NewReader(bytes.NewReader(text)))
		if err != nil || len(text) > 1<<14 {
			return
		}
		reached = false
		w := get(h, r)
		_, _ = io.Copy(io.Discard, r.Body)
		if reached {
			t.Fatalf("%q is let in", text)
		}
		if w.Header().Get("X-Content-Type-Options") != "nosniff" || w.Header().Get("Content-Security-Policy") == "" || w.Code >= 500 {
			t.Fatalf("%q: %d %v", text, w.Code, w.Header())
		}
	})
}
