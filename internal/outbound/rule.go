package outbound

import (
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"

	"portico/internal/errs"
)

// Rule opens one host.
type Rule struct {
	// Host is a host name or address, with ":port" where it is not the scheme's usual port.
	// "*.example.com" opens every name below example.com.
	Host string
	// PathPrefixes narrows the rule to these paths and what lies below them: "/org" opens "/org"
	// and "/org/x", not "/organisation". Empty opens every path.
	PathPrefixes []string
	// HTTP opens plain http beside https.
	HTTP bool
	// AllowPrivate lets the host have a loopback, private or carrier-grade NAT address.
	// Link-local and metadata addresses stay shut. It holds for the host, whichever rule says it.
	AllowPrivate bool
	// Header is sent with each request that this rule admits: the credentials of one integration.
	// A rule with a Header must name one host, not a pattern.
	Header http.Header
	// Name is where the operator wrote the rule, for remedies: "integrations.github[0]".
	Name string
}

// admits reports whether the rule opens u, which [parse] has accepted.
func (r *Rule) admits(u *url.URL) bool {
	if u.Scheme == "http" && !r.HTTP {
		return false
	}
	if !r.matchesHost(u.Hostname(), portOf(u)) {
		return false
	}
	if len(r.PathPrefixes) == 0 {
		return true
	}
	for _, prefix := range r.PathPrefixes {
		// Both forms must lie below the prefix: the escaped one is what is sent, the decoded one is
		// what the other side acts on.
		if below(prefix, u.EscapedPath()) && below(prefix, u.Path) {
			return true
		}
	}
	return false
}

func (r *Rule) matchesHost(host, port string) bool {
	name, want := splitHostPort(r.Host)
	if want == "" {
		// Without a port a rule means the usual one of a scheme that it opens.
		if port != "443" && !(r.HTTP && port == "80") {
			return false
		}
	} else if want != port {
		return false
	}
	if parent, ok := strings.CutPrefix(name, "*."); ok {
		return strings.HasSuffix(host, "."+parent)
	}
	return host == name
}

// below reports whether path is prefix or lies below it, cutting at a segment boundary.
func below(prefix, path string) bool {
	prefix = strings.TrimRight(prefix, "/")
	rest, ok := strings.CutPrefix(path, prefix)
	return ok && (rest == "" || rest[0] == '/')
}

func portOf(u *url.URL) string {
	if p := u.Port(); p != "" {
		return p
	}
	if u.Scheme == "http" {
		return "80"
	}
	return "443"
}

// splitHostPort cuts "host:port", "[::1]:port", "host" and "::1", lower case.
func splitHostPort(s string) (host, port string) {
	s = strings.ToLower(s)
	if h, p, err := net.SplitHostPort(s); err == nil {
		return h, p
	}
	return strings.Trim(s, "[]"), ""
}

// parse accepts an URL that means the same to us, to a resolver and to the other side, and refuses
// every other: what is checked must be what is reached.
func parse(raw string) (*url.URL, error) {
	refuse := func(why string) error {
		return errs.WithRemedy(errs.New(errs.Forbidden, "the address %s is refused: %s", Shown(raw), why),
			"write the address as https://host/path, as a browser shows it")
	}
	for _, c := range raw {
		if c <= ' ' || c == '\\' || c == 0x7f {
			return nil, refuse("it contains a space, a backslash or a control character")
		}
	}
	u, err := url.Parse(raw)
	if err != nil {
		return nil, refuse("it is not a valid URL")
	}
	switch {
	case u.Scheme != "https" && u.Scheme != "http":
		return nil, refuse("only https is read")
	case u.Opaque != "" || u.Host == "":
		return nil, refuse("it names no host")
	case u.User != nil:
		return nil, refuse("it carries a user name or password; credentials belong in the configuration")
	}
	host := strings.ToLower(strings.TrimSuffix(u.Hostname(), "."))
	if why := oddHost(host); why != "" {
		return nil, refuse(why)
	}
	if p := u.Port(); p != "" {
		u.Host = net.JoinHostPort(host, p)
	} else if strings.Contains(host, ":") {
		u.Host = "[" + host + "]"
	} else {
		u.Host = host
	}
	if why := oddPath(u.EscapedPath()); why != "" {
		return nil, refuse(why)
	}
	u.Fragment, u.RawFragment = "", ""
	return u, nil
}

// oddHost says what is wrong with a host: a form that some resolver reads as another host.
func oddHost(host string) string {
	if host == "" {
		return "it names no host"
	}
	if addr, err := netip.ParseAddr(host); err == nil {
		if addr.Zone() != "" {
			return "the host has a zone"
		}
		return ""
	}
	for _, c := range host {
		if c >= 0x80 {
			return "the host has letters outside ASCII; write it in its xn-- form"
		}
		if !(c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || c == '-' || c == '.' || c == '_') {
			return "the host has characters that no host name has"
		}
	}
	if len(host) > 253 || strings.Contains(host, "..") || host[0] == '.' {
		return "the host is not a host name"
	}
	// A name whose last label is a number (2130706433, 0x7f.1, 0177.0.0.1) is read as an address
	// by C resolvers, each in its own way.
	last := host[strings.LastIndexByte(host, '.')+1:]
	if isNumber(last) {
		return "the host is an address in an unusual form; write it with four decimal numbers"
	}
	return ""
}

func isNumber(s string) bool {
	if hex, ok := strings.CutPrefix(s, "0x"); ok {
		return strings.Trim(hex, "0123456789abcdef") == ""
	}
	return s != "" && strings.Trim(s, "0123456789") == ""
}

// oddPath says what is wrong with an escaped path. It decodes until nothing is left to decode: the
// other side, or a proxy before it, may do so as well.
func oddPath(path string) string {
	for range 8 {
		for _, segment := range strings.FieldsFunc(path, func(r rune) bool { return r == '/' || r == '\\' }) {
			// "..;x" is ".." to servers that cut path parameters.
			name, _, _ := strings.Cut(segment, ";")
			if name == "." || name == ".." {
				return "its path has a . or .. segment"
			}
		}
		if strings.ContainsRune(path, '\\') {
			return "its path has a backslash"
		}
		if strings.ContainsFunc(path, func(r rune) bool { return r < ' ' || r == 0x7f }) {
			return "its path has a control character"
		}
		next, err := url.PathUnescape(path)
		if err != nil || next == path {
			// A lone % after decoding is part of a name.
			return ""
		}
		path = next
	}
	return "its path is escaped many times over"
}

// Shown is an URL as it may appear in a message or a log: without user, query and fragment, where
// credentials hide.
func Shown(raw string) string {
	cut := raw
	if i := strings.IndexAny(cut, "?#"); i >= 0 {
		cut = cut[:i]
	}
	if i := strings.Index(cut, "//"); i >= 0 {
		rest := cut[i+2:]
		end := strings.IndexByte(rest, '/')
		if end < 0 {
			end = len(rest)
		}
		if at := strings.LastIndexByte(rest[:end], '@'); at >= 0 {
			cut = cut[:i+2] + rest[at+1:]
		}
	}
	cut = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return '?'
		}
		return r
	}, cut)
	if len(cut) > 300 {
		cut = cut[:300] + "…"
	}
	return cut
}
