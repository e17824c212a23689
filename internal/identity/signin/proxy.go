package signin

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"

	"portico/internal/identity"
)

// Proxy is a proxy before the portal that lets people in and says in headers who they are. Its word counts only when the
// request comes from one of its addresses and carries its secret. Its fields do not change once it is in use.
type Proxy struct {
	ID           string // of the provider that it is the protocol of
	Peers        []netip.Prefix
	Secret       string
	SecretHeader string
	// The headers that name who was let in. User always comes, and identifies; the others may be missing.
	User, Username, Email string
	// SignOutURL is where the proxy ends its own session; "" when it does not say.
	SignOutURL string
}

func (p *Proxy) callback() string { return "" }

// authorize leads back at once: who comes through the proxy was let in.
func (p *Proxy) authorize(_ context.Context, f flow) (string, error) {
	q := url.Values{"state": {f.state}, "code": {"proxy"}}
	return "/api/auth/" + url.PathEscape(p.ID) + "/handler/frame?" + q.Encode(), nil
}

func (p *Proxy) redeem(r *http.Request, _ flow) (Person, error) {
	said, ok := r.Context().Value(proxied{p}).(testimony)
	if !ok {
		return Person{}, failed(codePortal, "the request did not come by way of BehindProxies")
	}
	return said.person, said.err
}

// proxied is the key of what a proxy says of a request.
type proxied struct{ *Proxy }

type testimony struct {
	person Person
	err    error // why it does not count
}

// headers are those that the proxy alone may send.
func (p *Proxy) headers() []string { return []string{p.SecretHeader, p.User, p.Username, p.Email} }

// spelt reports whether name is the header, or what a server that reads _ as - takes for it.
func spelt(name, header string) bool {
	return header != "" && strings.EqualFold(strings.ReplaceAll(name, "_", "-"), strings.ReplaceAll(header, "_", "-"))
}

// judge returns whom the proxy says that it let in.
func (p *Proxy) judge(r *http.Request) testimony {
	refuse := func(format string, args ...any) testimony {
		return testimony{err: failed(codeRefused, format, args...)}
	}
	peer, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil || !slices.ContainsFunc(p.Peers, func(n netip.Prefix) bool { return n.Contains(peer.Addr().Unmap()) }) {
		return refuse("the request comes from %s, which is not among trustedPeers: its headers mean nothing", r.RemoteAddr)
	}
	for name := range r.Header {
		for _, header := range p.headers() {
			if spelt(name, header) && name != http.CanonicalHeaderKey(header) {
				return refuse("the request has the header %q beside %s; let the proxy drop what is spelt with _", name, header)
			}
		}
	}
	values := map[string]string{}
	for _, header := range p.headers() {
		switch list := r.Header.Values(header); {
		case len(list) > 1:
			return refuse("the request has the header %s %d times; let the proxy set it, not add it", header, len(list))
		case len(list) == 1:
			values[header] = strings.TrimSpace(list[0])
		}
	}
	given, want := sha256.Sum256([]byte(values[p.SecretHeader])), sha256.Sum256([]byte(p.Secret))
	if p.Secret == "" || !equal(string(given[:]), string(want[:])) {
		return refuse("the header %s is missing, or is not the secret", p.SecretHeader)
	}
	user := values[p.User]
	if user == "" || len(user) > 255 || strings.ContainsFunc(user, func(c rune) bool { return c <= ' ' || c == ',' || c >= 0x7f }) {
		return refuse("the header %s names nobody", p.User)
	}
	return testimony{person: Person{
		Issuer: "proxy:" + p.ID, Subject: user, ID: user, Username: values[p.Username], Email: values[p.Email], Name: values[p.Username],
	}}
}

func (h *Handler) proxies() (list []*Proxy) {
	for _, p := range h.Providers {
		if x, ok := p.Protocol.(*Proxy); ok {
			list = append(list, x)
		}
	}
	return list
}

// BehindProxies takes the headers of the proxies out of every request, so that nobody behind it sees the secret or
// believes what anyone can write, and keeps what the proxies say for sign-in. Somebody whom the proxy says to be another
// than the one whose session it began is not let go on with that session.
func (h *Handler) BehindProxies(next http.Handler) http.Handler {
	proxies := h.proxies()
	if len(proxies) == 0 {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx := r.Context()
		begunBy, mark := h.mark(r)
		for _, p := range proxies {
			said := p.judge(r)
			ctx = context.WithValue(ctx, proxied{p}, said)
			if said.err == nil && begunBy == p && mark != markOf(said.person) {
				h.withoutSession(r)
			}
		}
		for name := range r.Header {
			for _, p := range proxies {
				if slices.ContainsFunc(p.headers(), func(header string) bool { return spelt(name, header) }) {
					delete(r.Header, name)
				}
			}
		}
		next.ServeHTTP(w, r.WithContext(ctx))
	})
}

func (h *Handler) withoutSession(r *http.Request) {
	kept := r.Cookies()
	r.Header.Del("Cookie")
	for _, c := range kept {
		if c.Name != h.Sessions.CookieName() {
			r.AddCookie(c)
		}
	}
}

// The mark is a cookie that says which proxy began the session, and for whom.
const markCookie = "portico-proxied"

func markOf(p Person) string {
	d := sha256.Sum256([]byte(p.Subject))
	return hex.EncodeToString(d[:16])
}

func (h *Handler) mark(r *http.Request) (by *Proxy, mark string) {
	c, err := r.Cookie(identity.CookieName(markCookie, h.Sessions.Secure))
	if err != nil {
		return nil, ""
	}
	id, mark, _ := strings.Cut(c.Value, ".")
	for _, p := range h.proxies() {
		if p.ID == id {
			return p, mark
		}
	}
	return nil, ""
}

// remember marks the session that is about to begin.
func (h *Handler) remember(w http.ResponseWriter, r *http.Request, p *Provider, who Person) {
	if _, ok := p.Protocol.(*Proxy); ok {
		http.SetCookie(w, identity.Cookie(markCookie, p.ID+"."+markOf(who), h.Sessions.Secure, identity.SessionAbsolute))
		return
	}
	h.leave(w, r)
}

// leave takes the mark away. It returns where the proxy that began the session ends its own; "" where none did.
func (h *Handler) leave(w http.ResponseWriter, r *http.Request) string {
	by, _ := h.mark(r)
	if by == nil {
		return ""
	}
	http.SetCookie(w, identity.Cookie(markCookie, "", h.Sessions.Secure, 0))
	return by.SignOutURL
}
