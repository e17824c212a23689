package outbound

import "net/netip"

// A class says what an address is and whether a rule with AllowPrivate opens it.
type class struct {
	name    string
	private bool // opened by AllowPrivate; all others stay shut
}

type prefixClass struct {
	prefix netip.Prefix
	class
}

// The table is written out because the predicates of net/netip know only half of it: carrier-grade
// NAT, NAT64, 6to4 and benchmarking networks pass IsGlobalUnicast. More special prefixes come first.
var table = []prefixClass{
	// Metadata services that sit inside networks which AllowPrivate opens.
	{netip.MustParsePrefix("100.100.100.200/32"), class{"a cloud metadata address", false}},
	{netip.MustParsePrefix("168.63.129.16/32"), class{"a cloud metadata address", false}},
	{netip.MustParsePrefix("fd00:ec2::/32"), class{"a cloud metadata address", false}},
	{netip.MustParsePrefix("fd20:ce::/32"), class{"a cloud metadata address", false}},

	{netip.MustParsePrefix("127.0.0.0/8"), class{"a loopback address", true}},
	{netip.MustParsePrefix("10.0.0.0/8"), class{"a private address", true}},
	{netip.MustParsePrefix("172.16.0.0/12"), class{"a private address", true}},
	{netip.MustParsePrefix("192.168.0.0/16"), class{"a private address", true}},
	{netip.MustParsePrefix("100.64.0.0/10"), class{"a carrier-grade NAT address", true}},
	{netip.MustParsePrefix("169.254.0.0/16"), class{"a link-local or metadata address", false}},
	{netip.MustParsePrefix("0.0.0.0/8"), class{"an address of this network", false}},
	{netip.MustParsePrefix("192.0.0.0/24"), class{"an IETF protocol address", false}},
	{netip.MustParsePrefix("192.0.2.0/24"), class{"a documentation address", false}},
	{netip.MustParsePrefix("192.88.99.0/24"), class{"a 6to4 relay address", false}},
	{netip.MustParsePrefix("198.18.0.0/15"), class{"a benchmarking address", false}},
	{netip.MustParsePrefix("198.51.100.0/24"), class{"a documentation address", false}},
	{netip.MustParsePrefix("203.0.113.0/24"), class{"a documentation address", false}},
	{netip.MustParsePrefix("224.0.0.0/4"), class{"a multicast address", false}},
	{netip.MustParsePrefix("240.0.0.0/4"), class{"a reserved address", false}},

	{netip.MustParsePrefix("::1/128"), class{"a loopback address", true}},
	{netip.MustParsePrefix("fc00::/7"), class{"a private address", true}},
	{netip.MustParsePrefix("fe80::/10"), class{"a link-local address", false}},
	{netip.MustParsePrefix("fec0::/10"), class{"a site-local address", false}},
	{netip.MustParsePrefix("ff00::/8"), class{"a multicast address", false}},
	{netip.MustParsePrefix("64:ff9b::/96"), class{"a NAT64 address", false}},
	{netip.MustParsePrefix("64:ff9b:1::/48"), class{"a NAT64 address", false}},
	{netip.MustParsePrefix("2001::/23"), class{"an IETF protocol address", false}},
	{netip.MustParsePrefix("2001:db8::/32"), class{"a documentation address", false}},
	{netip.MustParsePrefix("2002::/16"), class{"a 6to4 address", false}},
	{netip.MustParsePrefix("3fff::/20"), class{"a documentation address", false}},
	{netip.MustParsePrefix("5f00::/16"), class{"a segment routing address", false}},
}

var globalUnicast6 = netip.MustParsePrefix("2000::/3")

// classify returns nil for an address of the public internet.
func classify(addr netip.Addr) *class {
	if addr.Zone() != "" {
		return &class{"an address with a zone", false}
	}
	// ::ffff:10.0.0.1 reaches 10.0.0.1, so it is judged as that.
	addr = addr.Unmap()
	for i := range table {
		if table[i].prefix.Contains(addr) {
			return &table[i].class
		}
	}
	// Only 2000::/3 is handed out; the rest (unspecified, IPv4-compatible, whatever comes) is not.
	if !addr.IsValid() || addr.Is6() && !globalUnicast6.Contains(addr) {
		return &class{"an address outside the public internet", false}
	}
	return nil
}
