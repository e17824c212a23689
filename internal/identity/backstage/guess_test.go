package backstage

import (
	"bytes"
	"context"
	"crypto/rsa"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"portico/internal/httpx"
	"portico/internal/identity"
)

// door is a portal whose gate has bearers and nothing else.
type door struct {
	http.Handler
	t      *testing.T
	log    bytes.Buffer
	denied int
}

func newDoor(t *testing.T, failed int, bearers ...identity.Bearer) *door {
	t.Helper()
	gate, err := identity.NewGate(nil, nil, nil, bearers...)
	if err != nil {
		t.Fatal(err)
	}
	var g httpx.Registry
	g.Add(httpx.Route{Pattern: "GET /api/who", Access: httpx.Require(reads), Handler: func(w http.ResponseWriter, r *http.Request) error {
		_, err := io.WriteString(w, identity.Of(r.Context()).Ref)
		return err
	}}, httpx.Route{Pattern: "GET /api/open", Access: httpx.Public("test"), Handler: func(http.ResponseWriter, *http.Request) error { return nil }})
	d := &door{t: t}
	if d.Handler, err = g.Handler(httpx.Options{
		Gate: gate, Log: slog.New(slog.NewTextHandler(&d.log, nil)), Limits: httpx.Limits{FailedSignIns: failed},
		Denied: func(context.Context, httpx.Denial) { d.denied++ },
	}); err != nil {
		t.Fatal(err)
	}
	return d
}

func (d *door) with(path, token string) *httptest.ResponseRecorder {
	d.t.Helper()
	r := httptest.NewRequestWithContext(d.t.Context(), http.MethodGet, "http://localhost"+path, nil)
	r.Header.Set("Authorization", "Bearer "+token)
	w := httptest.NewRecorder()
	d.ServeHTTP(w, r)
	return w
}

// made is a token that nobody signed.
func made(t *testing.T, typ, alg, kid string) string {
	t.Helper()
	return encoded(t, map[string]any{"typ": typ, "alg": alg, "kid": kid}) + "." + encoded(t, job()) + "." + strings.Repeat("A", 86)
}

// Several issuers may make tokens for one audience: what the first cannot tell is for the next to say.
func TestSeveralIssuers(t *testing.T) {
	list, err := someKeys()
	if err != nil {
		t.Fatal(err)
	}
	ofFirst, ofSecond := rs256(t, list[0], head(), job()), rs256(t, list[1], head("kid", "two"), job())
	expired := rs256(t, list[1], head("kid", "two"), job("exp", time.Now().Unix()-1))
	ofNobody := rs256(t, list[1], head("kid", "three"), job())
	two := func() (*issuerHost, *door) {
		first, one, _ := newIssuer(t)
		second, other, _ := newIssuer(t)
		second.change(func() { second.keys = map[string]*rsa.PrivateKey{"two": list[1]} })
		one.Issuers, other.Issuers, other.Prefix = nil, nil, "second"
		return first, newDoor(t, 0, one, other)
	}
	type step struct {
		what, token string
		code        int
	}
	steps := func(d *door, list ...step) {
		t.Helper()
		for _, s := range list {
			for i := range 3 {
				if w := d.with("/api/who", s.token); w.Code != s.code || s.token == ofSecond && w.Body.String() != "service:external:second:deploy" {
					t.Errorf("%s, time %d: %d %s", s.what, i+1, w.Code, w.Body)
				}
			}
		}
	}
	_, d := two()
	steps(d, step{"a token of the second", ofSecond, 200}, step{"of the first", ofFirst, 200}, step{"an old one of the second", expired, 401})
	if w := d.with("/api/who", ofNobody); w.Code != http.StatusServiceUnavailable {
		t.Errorf("a key that none has yet: %d %s", w.Code, w.Body)
	}
	first, d := two()
	first.change(func() {
		first.wrong = func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusInternalServerError) }
	})
	steps(d, step{"a token of the second, while the first is away", ofSecond, 200}, step{"of the first", ofFirst, 503}, step{"an old one of the second", expired, 401})
}

// Whoever makes up names of keys is held to what unknown tokens are held to, and fills neither the log nor goes without a
// record.
func TestMadeUpKeysAreGuesses(t *testing.T) {
	const limit, sent = 3, 1000
	tests := []struct {
		name string
		door func(*testing.T) *door
		typ  string
		alg  string
	}{
		{"of an issuer", func(t *testing.T) *door {
			_, j, _ := newIssuer(t)
			return newDoor(t, limit, j)
		}, "JWT", "RS256"},
		{"of several", func(t *testing.T) *door {
			_, one, _ := newIssuer(t)
			_, other, _ := newIssuer(t)
			return newDoor(t, limit, one, other)
		}, "JWT", "RS256"},
		{"of the portal", func(t *testing.T) *door {
			p := newPortal(t)
			if _, _, err := p.tokens.issue(t.Context(), subject{ref: "user:default/guest"}); err != nil {
				t.Fatal(err)
			}
			return newDoor(t, limit, p.tokens)
		}, typeUser, "ES256"},
	}
	for _, tt := range tests {
		for _, path := range []string{"/api/who", "/api/open"} {
			t.Run(tt.name+" at "+path, func(t *testing.T) {
				d, codes := tt.door(t), map[int]int{}
				for range sent {
					codes[d.with(path, made(t, tt.typ, tt.alg, identity.NewSecret())).Code]++
				}
				// The bucket fills again while this goes on, a token in 20 seconds.
				if seen := sent - codes[http.StatusTooManyRequests]; seen < limit || seen > 10*limit {
					t.Errorf("%d of %d were looked at: %v", seen, sent, codes)
				}
				if path == "/api/who" && (codes[http.StatusServiceUnavailable] == 0 || d.denied != sent-codes[http.StatusTooManyRequests]) {
					t.Errorf("%d were told of: %v", d.denied, codes)
				}
				if strings.Contains(d.log.String(), "level=WARN") {
					t.Errorf("the log warns of them:\n%.1000s", d.log.String())
				}
			})
		}
	}
}

// A program whose key is newer than what the portal has may try again until it is known.
func TestRetriesAreNoGuesses(t *testing.T) {
	h, j, c := newIssuer(t)
	list, err := someKeys()
	if err != nil {
		t.Fatal(err)
	}
	d := newDoor(t, 2, j)
	if w := d.with("/api/who", rs256(t, list[0], head(), job())); w.Code != http.StatusOK {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	h.change(func() { h.keys["two"] = list[1] })
	rotated := rs256(t, list[1], head("kid", "two"), job())
	for i := range 50 {
		if w := d.with("/api/who", rotated); w.Code != http.StatusServiceUnavailable || w.Header().Get("Retry-After") == "" {
			t.Fatalf("time %d: %d %s", i+1, w.Code, w.Body)
		}
	}
	c.move(jwksPause)
	if w := d.with("/api/who", rotated); w.Code != http.StatusOK || fmt.Sprint(w.Body) != "service:external:ci:deploy" {
		t.Errorf("when it may be asked for: %d %s", w.Code, w.Body)
	}
}
