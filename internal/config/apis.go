package config

import (
	"net"
	"net/url"
	"regexp"
	"strings"
)

// PorticoAPIs says what the pages of APIs may do.
type PorticoAPIs struct {
	TryIt []TryItServer `config:"tryIt"` // default none: no page sends a request to another server
}

// TryItServer is a server that readers may send requests to from the page of an API.
type TryItServer struct {
	Origin string   // as browsers write it
	APIs   []string // refs, in small letters, of the APIs whose pages may; none: every API that names the server
}

var (
	tryItHost = regexp.MustCompile(`^[a-z0-9]([a-z0-9.-]*[a-z0-9])?(:[0-9]{1,5})?$`)
	apiRef    = regexp.MustCompile(`(?i)^api:[^/:\s]+/[^/:\s]+$`)
)

// decodeConfig reads an origin, or {origin, apis}.
func (t *TryItServer) decodeConfig(d *decoder, n Node) bool {
	raw := struct {
		Origin string     `config:"origin,required"`
		APIs   StringList `config:"apis,narrows"`
	}{}
	at := n
	if n.Kind() == Map {
		if !d.into(n, &raw) {
			return false
		}
		at = n.Get("origin")
	} else if text, ok := d.text(n); ok {
		raw.Origin = text
	} else {
		return false
	}
	origin, ok := originOf(raw.Origin)
	u, err := url.Parse(origin)
	// The origin becomes a part of the policy of every page: it is one host, and no text that the policy reads otherwise.
	if !ok || err != nil || !tryItHost.MatchString(u.Host) {
		d.fault(at, "write scheme, host and port alone, such as https://sandbox.example.com", "%s is not the origin of one server", show(at))
		return false
	}
	if u.Scheme == "http" && !onThisMachine(u.Hostname()) {
		d.fault(at, "write https://"+u.Host, "what is sent to %s could be read on its way; http is for this machine alone", show(at))
		return false
	}
	t.Origin = origin
	if n.Kind() == Map && n.Get("apis").Exists() && len(raw.APIs) == 0 {
		d.fault(n.Get("apis"), "name an API, or take the key out", "an empty list would be every API")
		return false
	}
	for _, ref := range raw.APIs {
		if !apiRef.MatchString(ref) {
			d.fault(n.Get("apis"), "write for example api:default/orders", "%q is no ref of an API", ref)
			return false
		}
		t.APIs = append(t.APIs, strings.ToLower(ref))
	}
	return true
}

func onThisMachine(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}
