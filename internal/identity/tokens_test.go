package identity

import (
	"context"
	"net/http/httptest"
	"strings"
	"testing"

	"portico/internal/errs"
	"portico/internal/httpx"
)

func TestTokenIsWhole(t *testing.T) {
	token := newTokenSecret(tokenPrefix)
	if !whole(tokenPrefix, token) {
		t.Fatalf("%s is not taken", token)
	}
	for name, wrong := range map[string]string{
		"shorter": token[:len(token)-1], "longer": token + "a", "in capitals": strings.ToUpper(token), "of another prefix": "gh_" + token,
		"another letter": strings.Replace(token, token[20:21], map[bool]string{true: "b", false: "a"}[token[20] == 'a'], 1), "empty": tokenPrefix,
	} {
		if whole(tokenPrefix, wrong) {
			t.Errorf("%s: %s is taken for a token", name, wrong)
		}
	}
}

func TestDevice(t *testing.T) {
	for agent, want := range map[string]string{
		"Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0":                                                                 "Firefox on Linux",
		"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36 Edg/140.0.0.0":          "Edge on Windows",
		"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Safari/605.1.15":                  "Safari on macOS",
		"Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) CriOS/140.0 Mobile/15E148 Safari/604.1": "Chrome on an iPhone",
		"Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Mobile Safari/537.36":                  "Chrome on Android",
		"curl/8.5.0": "curl", "": "Unknown browser", "<script>alert(1)</script>": "Unknown browser",
	} {
		if got := device(agent); got != want {
			t.Errorf("%q is %q, want %q", agent, got, want)
		}
	}
	for address, want := range map[string]string{"192.0.2.7:4021": "192.0.2.7", "[2001:db8::1]:4021": "2001:db8::1", "2001:db8::1": "2001:db8::1", "192.0.2.7": "192.0.2.7", "": ""} {
		if got := withoutPort(address); got != want {
			t.Errorf("%q is %q, want %q", address, got, want)
		}
	}
}

// bearer answers every token alike.
type bearer struct {
	p   *Principal
	err error
}

func (b bearer) Bearer(context.Context, string) (*Principal, error) { return b.p, b.err }

// Whatever kind of bearer lets somebody in, it does not make them a person in their browser; and while it cannot be told
// whose a token is, nobody has guessed wrong.
func TestBearers(t *testing.T) {
	r := httptest.NewRequest("GET", "/", nil)
	r.Header.Set("Authorization", "Bearer of-some-kind")
	g, err := NewGate(nil, nil, nil, bearer{p: &Principal{Type: "user", Ref: "user:default/ann", Role: Admin}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := g.Admit(r, httpx.Require(remove)); err != nil {
		t.Errorf("its rights: %v", err)
	}
	for _, perm := range []httpx.Permission{MeRead, MeManage, TokenManage} {
		if _, err := g.Admit(r, httpx.Require(perm)); !errs.Is(err, errs.Forbidden) {
			t.Errorf("%s: %v, want Forbidden", perm.Name, err)
		}
	}
	for kind, unsure := range map[errs.Kind]bool{errs.Unavailable: true, errs.Unauthenticated: false} {
		g, err := NewGate(nil, nil, nil, bearer{err: errs.New(kind, "no")})
		if err != nil {
			t.Fatal(err)
		}
		if c, err := g.Admit(r, httpx.Public("test")); err != nil || c.Unsure != unsure {
			t.Errorf("%s: unsure %t (%v), want %t", kind.Name(), c.Unsure, err, unsure)
		}
	}
	guess, away, no := errs.Public(errs.Unavailable, "not yet", httpx.ErrGuess), errs.New(errs.Unavailable, "away"), errs.New(errs.Unauthenticated, "no")
	knows, none := bearer{p: &Principal{Type: "service", Ref: "service:ci", Role: Admin}}, bearer{}
	for _, tt := range []struct {
		name    string
		bearers []Bearer
		want    error
		unsure  bool
	}{
		{"a guess", []Bearer{bearer{err: guess}, none}, guess, false},
		{"a guess, unless who is away knows it", []Bearer{none, bearer{err: guess}, bearer{err: away}}, away, true},
		{"in the other order", []Bearer{bearer{err: away}, bearer{err: guess}}, away, true},
		{"away, and known to the next", []Bearer{bearer{err: away}, none, knows}, nil, false},
		{"a guess, and known to the next", []Bearer{bearer{err: guess}, knows}, nil, false},
		{"away, and refused by the next", []Bearer{bearer{err: away}, bearer{err: no}, knows}, no, false},
		{"refused", []Bearer{bearer{err: no}, knows}, no, false},
	} {
		g, err := NewGate(nil, nil, nil, tt.bearers...)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := g.Admit(r, httpx.Require(remove)); err != tt.want {
			t.Errorf("%s: %v, want %v", tt.name, err, tt.want)
		}
		if c, err := g.Admit(r, httpx.Public("test")); err != nil || c.Unsure != tt.unsure {
			t.Errorf("%s: unsure %t (%v), want %t", tt.name, c.Unsure, err, tt.unsure)
		}
	}
}
