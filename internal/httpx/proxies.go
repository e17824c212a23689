package httpx

import (
	"log/slog"
	"maps"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"time"
)

// proxies are the peers whose word of where a request comes from is believed. Everybody else could give themselves a new
// address with each request, and other people's in the audit log. Nil believes those at the machine itself.
type proxies struct {
	networks []netip.Prefix
	log      *slog.Logger
	now      func() time.Time

	mu   sync.Mutex
	told map[netip.Prefix]time.Time // when the log last said that a network's proxies are not believed
}

// maxTold bounds the memory, and what neighbours can make the log say in an hour.
const maxTold = 256

// machine are the proxies where none are named.
var machine = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("::1/128")}

func newProxies(networks []netip.Prefix, log *slog.Logger) *proxies {
	if len(networks) == 0 {
		networks = machine
	}
	return &proxies{networks: networks, log: log, now: time.Now, told: map[netip.Prefix]time.Time{}}
}

func (p *proxies) believe(a netip.Addr) bool {
	networks := machine
	if p != nil {
		networks = p.networks
	}
	a = a.WithZone("")
	return slices.ContainsFunc(networks, func(n netip.Prefix) bool { return n.Contains(a) })
}

// client is the address of whoever makes the request. Each proxy adds at the right whom it heard it from: the first from
// there that is no proxy is the client. Where a proxy wrote what is no address, it is as far as one can see.
func (p *proxies) client(r *http.Request) netip.Addr {
	addr := peerOf(r)
	said := r.Header["X-Forwarded-For"]
	if len(said) == 0 {
		return addr
	}
	if !p.believe(addr) {
		p.warn(addr)
		return addr
	}
	for i := len(said) - 1; i >= 0; i-- {
		for rest, more := said[i], true; more; {
			var last string
			if at := strings.LastIndexByte(rest, ','); at >= 0 {
				rest, last = rest[:at], rest[at+1:]
			} else {
				last, more = rest, false
			}
			a, ok := addressIn(last)
			if !ok {
				return addr
			}
			if addr = a; !p.believe(a) {
				return addr
			}
		}
	}
	return addr
}

// addressIn is the address that a proxy wrote; some write the port with it.
func addressIn(text string) (netip.Addr, bool) {
	text = strings.TrimSpace(text)
	a, err := netip.ParseAddr(text)
	if err != nil {
		ap, err := netip.ParseAddrPort(text)
		if err != nil {
			return netip.Addr{}, false
		}
		a = ap.Addr()
	}
	return a.Unmap().WithZone(""), true
}

// shared are addresses that some clusters give their pods, and providers those who subscribe.
var shared = netip.MustParsePrefix("100.64.0.0/10")

// near reports whether the operator's own proxy may be at an address.
func near(a netip.Addr) bool {
	return a.IsPrivate() || a.IsLoopback() || a.IsLinkLocalUnicast() || shared.Contains(a)
}

// warn tells, once an hour of each network, that what may be the operator's own proxy is not believed: everybody behind
// it is one caller.
func (p *proxies) warn(peer netip.Addr) {
	if p == nil || p.log == nil || !near(peer) || !p.untold(peer) {
		return
	}
	p.log.Warn("X-Forwarded-For comes from an address that backend.trustProxy does not list, and is not believed: all who come through it are one caller", "peer", peer.String(),
		"remedy", "where a proxy of yours is there, list its addresses in backend.trustProxy, such as [10.42.7.0/24]; never a network that your people are in")
}

// untold reports whether the log has not said it of the peer's network within an hour, and takes it for said.
func (p *proxies) untold(peer netip.Addr) bool {
	bits := 24
	if peer.Is6() {
		bits = 64
	}
	network, err := peer.WithZone("").Prefix(bits)
	if err != nil {
		return false
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	now := p.now()
	if at, ok := p.told[network]; ok && now.Sub(at) < time.Hour {
		return false
	}
	if len(p.told) >= maxTold {
		maps.DeleteFunc(p.told, func(_ netip.Prefix, at time.Time) bool { return now.Sub(at) >= time.Hour })
		if len(p.told) >= maxTold {
			return false
		}
	}
	p.told[network] = now
	return true
}

// remedy is for a limit that an address is past. Where the request may have come through a proxy that is not listed, many
// people share the limit of one, and that is to be mended first.
func (p *proxies) remedy(r *http.Request, otherwise string) string {
	if len(r.Header["X-Forwarded-For"]) == 0 || p.believe(peerOf(r)) {
		return otherwise
	}
	return "where a proxy stands before the portal, list its addresses in backend.trustProxy: until then all who come through it are one caller; else " + otherwise
}

// Address is where a request comes from, as in [Caller]: not valid where that cannot be told. Where the context has no
// [Caller], or one that no route made, as in the fallback and in a [Gate], it is not known which proxies are listed, and
// only those at the machine itself are believed.
func Address(r *http.Request) netip.Addr {
	var p *proxies
	if c, _ := r.Context().Value(callerKey{}).(*Caller); c != nil {
		p = c.from
	}
	return p.client(r)
}

// Network names where a request comes from as the limits do: an IPv4 address, or 64 bits of IPv6.
func Network(r *http.Request) string {
	a := Address(r).WithZone("")
	if a.Is6() {
		if p, err := a.Prefix(64); err == nil {
			return p.String()
		}
	}
	return a.String()
}
