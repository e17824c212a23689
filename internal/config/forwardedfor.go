package config

import (
	"net/netip"
	"strconv"
	"strings"
)

// TrustProxy says whose X-Forwarded-For is believed.
type TrustProxy struct {
	Networks []netip.Prefix // none: the machine's own
}

// named are the networks that have a name in Backstage.
var named = map[string][]netip.Prefix{
	"loopback":    prefixes("127.0.0.0/8", "::1/128"),
	"linklocal":   prefixes("169.254.0.0/16", "fe80::/10"),
	"uniquelocal": prefixes("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7"),
}

func prefixes(texts ...string) (list []netip.Prefix) {
	for _, t := range texts {
		list = append(list, netip.MustParsePrefix(t))
	}
	return list
}

func (p *TrustProxy) decodeConfig(d *decoder, n Node) bool {
	const remedy = "list the network of your proxy, such as [10.0.0.0/8], or loopback, linklocal, uniquelocal"
	var list StringList
	if n.Kind() == Bool || n.Kind() == Number {
		list = StringList{n.Text()}
	} else if !d.into(n, &list) {
		return false
	}
	ok := true
	for _, text := range strings.Split(strings.Join(list, ","), ",") {
		text = strings.TrimSpace(text)
		if networks := named[text]; networks != nil {
			p.Networks = append(p.Networks, networks...)
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
		}
	}
	return ok
}
