package backstage

import (
	"encoding/base64"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"portico/internal/httpx"
	"portico/internal/identity"
	"portico/internal/pg"
	"portico/internal/pg/pgtest"
	"portico/internal/secret"
	"portico/internal/secret/keyring"
)

const issuer = "https://portal.marrowby.example/api/auth"

var (
	quiet = slog.New(slog.DiscardHandler)
	reads = httpx.Permission{Name: "catalog.entity.read", Action: "read"}
	ann   = "user:default/ann"
)

// portal is one replica.
type portal struct {
	*httptest.Server
	t        *testing.T
	pool     *pg.Pool
	tokens   *Tokens
	sessions *identity.Sessions
	clock    *clock
}

// clock is one that tests move; it goes on from there.
type clock struct {
	mu    sync.Mutex
	ahead time.Duration
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return time.Now().Add(c.ahead)
}

func (c *clock) move(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.ahead += d
}

type users map[string]Profile

func (u users) Profile(ref string) Profile {
	if p, ok := u[ref]; ok {
		return p
	}
	return Profile{Ownership: []string{ref}}
}

var people = users{ann: {Email: "ann@marrowby.example", DisplayName: "Ann", Picture: "https://marrowby.example/ann.png", Ownership: []string{ann, "group:default/quay"}}}

// replicas are portals on one database.
func replicas(t *testing.T, n int, change func(*Tokens)) []*portal {
	t.Helper()
	pool, key, c := pgtest.New(t), secret.NewKey(), new(clock)
	var list []*portal
	for range n {
		keys, err := secret.ParseKeys(secret.New(key))
		if err != nil {
			t.Fatal(err)
		}
		p := &portal{t: t, pool: pool, clock: c, sessions: &identity.Sessions{DB: pool}}
		p.tokens = &Tokens{
			Keys: &Keys{DB: pool, Keyring: &keyring.Keyring{DB: pool, Keys: keys}, Log: quiet, now: c.now}, Sessions: p.sessions,
			Issuer: issuer, Lifetime: DefaultLifetime, Guest: &Guest{"user:default/guest", []string{"user:default/guest", "group:default/guests"}},
		}
		if change != nil {
			change(p.tokens)
		}
		p.Server = httptest.NewServer(p.handler(&identity.Guest{Ref: "user:default/guest"}))
		t.Cleanup(p.Close)
		list = append(list, p)
	}
	return list
}

func newPortal(t *testing.T) *portal {
	t.Helper()
	return replicas(t, 1, nil)[0]
}

func (p *portal) handler(guest *identity.Guest, bearers ...identity.Bearer) http.Handler {
	p.t.Helper()
	gate, err := identity.NewGate(guest, nil, p.sessions, append([]identity.Bearer{p.tokens}, bearers...)...)
	if err != nil {
		p.t.Fatal(err)
	}
	var g httpx.Registry
	(&Handler{Tokens: p.tokens, Directory: people, Providers: []string{"oidc", "okta"}, Plugins: []string{"catalog", "auth"}}).Mount(&g)
	g.Add(httpx.Route{Pattern: "GET /api/who", Access: httpx.Require(reads), Handler: func(w http.ResponseWriter, r *http.Request) error {
		_, err := io.WriteString(w, identity.Of(r.Context()).Ref)
		return err
	}})
	h, err := g.Handler(httpx.Options{Gate: gate, Log: quiet})
	if err != nil {
		p.t.Fatal(err)
	}
	return h
}

// browser is somebody's, with a session where they are signed in.
type browser struct {
	p      *portal
	cookie *http.Cookie
}

func (p *portal) signIn(ref string) *browser {
	p.t.Helper()
	w := httptest.NewRecorder()
	name := ref[strings.LastIndexByte(ref, '/')+1:]
	err := p.sessions.Start(p.t.Context(), w, httptest.NewRequest(http.MethodGet, "/", nil), identity.Account{
		Issuer: "https://id.example", Subject: name, Provider: "oidc", UserRef: ref, DisplayName: name + " at the provider",
	})
	if err != nil {
		p.t.Fatal(err)
	}
	return &browser{p, w.Result().Cookies()[0]}
}

func (b *browser) signOut(all bool) {
	b.p.t.Helper()
	r := httptest.NewRequest(http.MethodPost, "/", nil)
	r.AddCookie(b.cookie)
	if err := b.p.sessions.End(b.p.t.Context(), httptest.NewRecorder(), r, all); err != nil {
		b.p.t.Fatal(err)
	}
}

type answer struct {
	status int
	header http.Header
	body   []byte
}

func (b *browser) do(method, path string, header ...string) answer {
	b.p.t.Helper()
	r, err := http.NewRequestWithContext(b.p.t.Context(), method, b.p.URL+path, nil)
	if err != nil {
		b.p.t.Fatal(err)
	}
	if b.cookie != nil {
		r.AddCookie(b.cookie)
	}
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	for i := 0; i+1 < len(header); i += 2 {
		if header[i] == "Host" {
			r.Host = header[i+1]
		}
		if header[i] == "Sec-Fetch-Site" {
			r.Header.Del(header[i])
		}
		r.Header.Add(header[i], header[i+1])
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		b.p.t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		b.p.t.Fatal(err)
	}
	return answer{resp.StatusCode, resp.Header, body}
}

// refresh asks for a token.
func (b *browser) refresh(provider string) refreshed {
	b.p.t.Helper()
	a := b.do(http.MethodGet, "/api/auth/"+provider+"/refresh?optional&env=production", "X-Requested-With", "XMLHttpRequest")
	var got refreshed
	if err := json.Unmarshal(a.body, &got); err != nil || a.status != http.StatusOK {
		b.p.t.Fatalf("refresh: %d %s", a.status, a.body)
	}
	return got
}

func (p *portal) nobody() *browser { return &browser{p: p} }

// with tries the route with a token and nothing else.
func (p *portal) with(token string) answer {
	p.t.Helper()
	return p.nobody().do(http.MethodGet, "/api/who", "Authorization", "Bearer "+token)
}

// parts decodes a token.
func parts(t *testing.T, token string) (head, payload map[string]any) {
	t.Helper()
	for i, into := range []*map[string]any{&head, &payload} {
		raw, err := base64.RawURLEncoding.DecodeString(strings.Split(token, ".")[i])
		if err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(raw, into); err != nil {
			t.Fatal(err)
		}
	}
	return head, payload
}
