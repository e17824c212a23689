package httpx

import (
	"log/slog"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"sync/atomic"
)

// proxies are the peers whose word of where a request comes from is believed. Everybody else could give themselves a new
// address with each request, and other people's in the audit log. Nil believes those at the machine itself.
type proxies struct {
	networks []netip.Prefix
	log      *slog.Logger
	told     atomic.Bool // that there is one which is not believed
}

// machine are the proxies where none are named.
var machine = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("::1/128")}

func newProxies(networks []netip.Prefix, log *slog.Logger) *proxies {
	if len(networks) == 0 {
		networks = machine
	}
	return &proxies{networks: networks, log: log}
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

// warn tells once that what may be the operator's own proxy is not believed: everybody behind it is one caller.
func (p *proxies) warn(peer netip.Addr) {
	if p == nil || p.log == nil || !peer.IsPrivate() && !peer.IsLoopback() && !peer.IsLinkLocalUnicast() || p.told.Swap(true) {
		return
	}
	p.log.Warn("X-Forwarded-For comes from an address that backend.trustProxy does not list, and is not believed: all who come through it are one caller", "peer", peer.String(),
		"remedy", "where a proxy of yours is there, list its network in backend.trustProxy, such as [10.0.0.0/8]")
}

// Address is where a request comes from, as in [Caller]: not valid where that cannot be told.
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
