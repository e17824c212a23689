package identity

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"strconv"
	"sync"
	"testing"

	"portico/internal/errs"
	"portico/internal/httpx"
	"portico/internal/pg/pgtest"
)

// begin signs the account in and returns its cookie.
func begin(t *testing.T, s *Sessions, a Account) (*http.Cookie, error) {
	t.Helper()
	w := httptest.NewRecorder()
	if err := s.Start(t.Context(), w, httptest.NewRequest("GET", "/", nil), a); err != nil {
		return nil, err
	}
	return w.Result().Cookies()[0], nil
}

// Of several who come at once under one name, one becomes the user.
func TestPinnedAtOnce(t *testing.T) {
	t.Parallel()
	s := &Sessions{DB: pgtest.New(t)}
	const many = 8
	var in, out int
	var mu sync.Mutex
	var wg sync.WaitGroup
	for i := range many {
		wg.Go(func() {
			_, err := begin(t, s, Account{Issuer: "i", Subject: strconv.Itoa(i), UserRef: "user:default/ann", Pinned: true})
			mu.Lock()
			defer mu.Unlock()
			switch {
			case err == nil:
				in++
			case errors.Is(err, ErrAnother):
				out++
			default:
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if in != 1 || out != many-1 {
		t.Errorf("%d are the user, %d are not", in, out)
	}
	if _, err := begin(t, s, Account{Issuer: "j", Subject: "0", UserRef: "user:default/ann", Pinned: true}); err != nil {
		t.Errorf("an account of another issuer: %v", err)
	}
}

// A session is from where its person is, not from the proxy before the portal; and who is no proxy names nobody else.
func TestSessionAddress(t *testing.T) {
	t.Parallel()
	s := &Sessions{DB: pgtest.New(t)}
	for _, tt := range []struct{ name, peer, said, want string }{
		{"nobody between", "203.0.113.7:4711", "", "203.0.113.7"},
		{"a neighbour of one's own network", "10.0.0.3:4711", "198.51.100.1, 203.0.113.7", "10.0.0.3"},
		{"a proxy on the machine", "[::1]:4711", "2001:db8::7", "2001:db8::7"},
		{"a proxy that says nothing", "127.0.0.1:4711", "", "127.0.0.1"},
		{"a proxy that says nonsense", "127.0.0.1:4711", "somewhere", "127.0.0.1"},
		{"somebody who says to be a proxy", "203.0.113.7:4711", "198.51.100.1", "203.0.113.7"},
		{"nowhere", "", "", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := httptest.NewRequest("GET", "/", nil)
			r.RemoteAddr = tt.peer
			if tt.said != "" {
				r.Header.Set("X-Forwarded-For", tt.said)
			}
			w := httptest.NewRecorder()
			if err := s.Start(t.Context(), w, r, Account{Issuer: "i", Subject: "ann", UserRef: "user:default/ann"}); err != nil {
				t.Fatal(err)
			}
			again := httptest.NewRequest("GET", "/", nil)
			again.AddCookie(w.Result().Cookies()[0])
			list, err := s.List(t.Context(), again)
			if err != nil || len(list) == 0 || !list[0].This || list[0].Address != tt.want {
				t.Errorf("%+v, %v; want %q", list, err, tt.want)
			}
		})
	}
}

// Whose cookie is over is nobody, and whoever is refused with it claimed to be somebody: that is what is recorded of them.
func TestClaimed(t *testing.T) {
	t.Parallel()
	s := &Sessions{DB: pgtest.New(t)}
	cookie, err := begin(t, s, Account{Issuer: "i", Subject: "ann", UserRef: "user:default/ann"})
	if err != nil {
		t.Fatal(err)
	}
	with := func(c *http.Cookie) *http.Request {
		r := httptest.NewRequest("POST", "/", nil)
		if c != nil {
			r.AddCookie(c)
		}
		return r
	}
	g, err := NewGate(nil, nil, s)
	if err != nil {
		t.Fatal(err)
	}
	if c, err := g.Admit(with(cookie), httpx.Require(read)); err != nil || c.Claimed || c.Name != "user:default/ann" {
		t.Fatalf("with a session: %+v, %v", c, err)
	}
	if err := s.End(t.Context(), httptest.NewRecorder(), with(cookie), false); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name   string
		cookie *http.Cookie
		want   bool
	}{
		{"of a session that is over", cookie, true},
		{"that was never one", &http.Cookie{Name: s.CookieName(), Value: "x"}, true},
		{"of somebody else's", &http.Cookie{Name: "another", Value: cookie.Value}, false},
		{"none", nil, false},
	} {
		c, err := g.Admit(with(tt.cookie), httpx.Require(read))
		if !errs.Is(err, errs.Unauthenticated) || c.Claimed != tt.want || c.Name != "" {
			t.Errorf("a cookie %s: claimed %t, want %t; as %q, %v", tt.name, c.Claimed, tt.want, c.Name, err)
		}
	}
	g, err = NewGate(nil, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	if c, err := g.Admit(with(cookie), httpx.Require(read)); c.Claimed || err == nil {
		t.Errorf("where nobody can sign in: claimed %t, %v", c.Claimed, err)
	}
}
