package config

import (
	"net/netip"
	"slices"
	"strconv"
	"strings"
)

// TrustProxy says whose X-Forwarded-For is believed. Who signs people in is another matter: [TrustedProxy].
type TrustProxy struct {
	Networks []netip.Prefix // none: the machine's own
}

// named are the networks that have a name in Backstage.
var named = map[string][]netip.Prefix{
	"loopback":    prefixes("127.0.0.0/8", "::1/128"),
	"linklocal":   prefixes("169.254.0.0/16", "fe80::/10"),
	"uniquelocal": prefixes("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7"),
}

// inside are the networks that people and their machines are in, too, and where most proxies are.
var inside = slices.Concat(named["linklocal"], named["uniquelocal"], prefixes("100.64.0.0/10"))

// wide reports whether a network is more than a proxy's: its people could name any address as their own. A site has 16
// bits of IPv4 and 48 of IPv6 in common.
func wide(network netip.Prefix) bool {
	site := 16
	if network.Addr().Is6() {
		site = 48
	}
	return network.Bits() < site && slices.ContainsFunc(inside, network.Overlaps)
}

func prefixes(texts ...string) (list []netip.Prefix) {
	for _, t := range texts {
		list = append(list, netip.MustParsePrefix(t))
	}
	return list
}

func (p *TrustProxy) decodeConfig(d *decoder, n Node) bool {
	const remedy = "list the network of your proxy, such as [10.42.7.0/24], or write loopback"
	var list StringList
	if n.Kind() == Bool || n.Kind() == Number {
		list = StringList{n.Text()}
	} else if !d.into(n, &list) {
		return false
	}
	ok := true
	var wider []string
	for _, text := range strings.Split(strings.Join(list, ","), ",") {
		text = strings.TrimSpace(text)
		if networks := named[text]; networks != nil {
			p.Networks = append(p.Networks, networks...)
			if text != "loopback" {
				wider = append(wider, text)
			}
			continue
		}
		if _, err := strconv.ParseFloat(text, 64); err == nil || text == "true" {
			d.warn(n, remedy, "%s would believe whoever connects, so X-Forwarded-For is believed of this machine alone", text)
			p.Networks = nil
			return ok
		}
		if text == "" || text == "false" {
			continue
		}
		network, err := netip.ParsePrefix(text)
		if a, is := netip.ParseAddr(text); is == nil {
			network, err = a.WithZone("").Prefix(a.BitLen())
		}
		if a := network.Addr(); a.Is4In6() && network.Bits() >= 96 {
			network = netip.PrefixFrom(a.Unmap(), network.Bits()-96)
		}
		switch {
		case err != nil:
			d.fault(n, remedy, "%q is not an address", scrub(text))
			ok = false
		case network.Bits() == 0:
			d.fault(n, remedy, "%q is everybody", text)
			ok = false
		default:
			p.Networks = append(p.Networks, network.Masked())
			if wide(network) {
				wider = append(wider, text)
			}
		}
	}
	for _, text := range wider {
		d.warn(n, "list the proxy's addresses alone, such as [10.42.7.0/24]; never a network that your people are in",
			"whoever is in %s is taken for a proxy, and can name any address as their own", text)
	}
	return ok
}
