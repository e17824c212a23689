package entity

import (
	"strconv"
	"strings"
	"unicode/utf8"

	"golang.org/x/net/idna"
)

// validURL reports whether a browser's URL parser (WHATWG URL, no base) accepts s. It decides, and
// keeps no parts: everything that the standard mends on the way is let through.
func validURL(s string) bool {
	s = strings.TrimFunc(s, func(r rune) bool { return r <= ' ' })
	if strings.ContainsAny(s, "\t\n\r") {
		s = strings.NewReplacer("\t", "", "\n", "", "\r", "").Replace(s)
	}
	scheme, rest, ok := strings.Cut(s, ":")
	if !ok || !isScheme(scheme) {
		return false
	}
	switch strings.ToLower(scheme) {
	case "http", "https", "ws", "wss", "ftp":
		rest = strings.TrimLeft(rest, `/\`)
		if i := strings.IndexAny(rest, `/\?#`); i >= 0 {
			rest = rest[:i]
		}
		return validAuthority(rest, true)
	case "file":
		return validFileURL(rest)
	}
	if !strings.HasPrefix(rest, "//") {
		return true
	}
	rest = rest[2:]
	if i := strings.IndexAny(rest, "/?#"); i >= 0 {
		rest = rest[:i]
	}
	return validAuthority(rest, false)
}

func isSlash(s string, i int) bool { return i < len(s) && (s[i] == '/' || s[i] == '\\') }

func validFileURL(rest string) bool {
	if !isSlash(rest, 0) || !isSlash(rest, 1) {
		return true
	}
	host := rest[2:]
	if i := strings.IndexAny(host, `/\?#`); i >= 0 {
		host = host[:i]
	}
	if host == "" || len(host) == 2 && isAlnum(host[0]) && !isDigit(host[0]) && (host[1] == ':' || host[1] == '|') {
		return true // no host, or a Windows drive
	}
	return validHost(host, true)
}

// validAuthority is user:password@host:port.
func validAuthority(s string, special bool) bool {
	at := strings.LastIndexByte(s, '@')
	host := s[at+1:]
	if host == "" {
		return !special && at < 0
	}
	port := ""
	if i := portColon(host); i >= 0 {
		if i == 0 {
			return false
		}
		host, port = host[:i], host[i+1:]
	}
	if port != "" {
		if !all(port, isDigit) {
			return false
		}
		port = strings.TrimLeft(port, "0")
		if n, err := strconv.Atoi("0" + port); err != nil || n > 65535 {
			return false
		}
	}
	return validHost(host, special)
}

// portColon finds the first colon that is not within brackets.
func portColon(s string) int {
	inside := false
	for i := range len(s) {
		switch s[i] {
		case '[':
			inside = true
		case ']':
			inside = false
		case ':':
			if !inside {
				return i
			}
		}
	}
	return -1
}

const forbiddenHost = "\x00\t\n\r #/:<>?@[\\]^|"

// domains is "domain to ASCII" of the standard, not strict.
var domains = idna.New(idna.MapForLookup(), idna.BidiRule(), idna.CheckHyphens(false), idna.CheckJoiners(true),
	idna.StrictDomainName(false), idna.Transitional(false), idna.VerifyDNSLength(false))

func validHost(s string, special bool) bool {
	if strings.HasPrefix(s, "[") {
		return strings.HasSuffix(s, "]") && validIPv6(s[1:len(s)-1])
	}
	if !special {
		return !strings.ContainsAny(s, forbiddenHost)
	}
	s = percentDecode(s)
	ascii := all(s, func(c byte) bool { return c < utf8.RuneSelf })
	s = strings.ToLower(s)
	if !ascii || strings.Contains(s, "xn--") {
		for label := range strings.SplitSeq(s, ".") {
			if rest, ok := strings.CutPrefix(label, "xn--"); ok && !all(rest, func(c byte) bool { return c < utf8.RuneSelf }) {
				return false
			}
		}
		var err error
		if s, err = domains.ToASCII(strings.ToValidUTF8(s, "\uFFFD")); err != nil {
			return false
		}
	}
	if s == "" || !all(s, func(c byte) bool { return c > 0x1F && c != '%' && c != 0x7F }) || strings.ContainsAny(s, forbiddenHost) {
		return false
	}
	if endsInNumber(s) {
		return validIPv4(s)
	}
	return true
}

func percentDecode(s string) string {
	if !strings.Contains(s, "%") {
		return s
	}
	b := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		if s[i] == '%' && i+2 < len(s) && isHex(s[i+1]) && isHex(s[i+2]) {
			v, _ := strconv.ParseUint(s[i+1:i+3], 16, 8)
			b = append(b, byte(v))
			i += 2
			continue
		}
		b = append(b, s[i])
	}
	return string(b)
}

// endsInNumber decides whether a host is to be read as an IPv4 address.
func endsInNumber(s string) bool {
	s = strings.TrimSuffix(s, ".")
	last := s[strings.LastIndexByte(s, '.')+1:]
	if all(last, isDigit) {
		return true
	}
	_, ok := ipv4Number(last)
	return ok
}

// ipv4Number reads decimal, 0x hexadecimal and 0 octal. Past 2^32 the value is only large.
func ipv4Number(s string) (uint64, bool) {
	if s == "" {
		return 0, false
	}
	base := 10
	switch {
	case len(s) >= 2 && s[0] == '0' && (s[1] == 'x' || s[1] == 'X'):
		s, base = s[2:], 16
	case len(s) >= 2 && s[0] == '0':
		s, base = s[1:], 8
	}
	if s == "" {
		return 0, true
	}
	in := map[int]func(byte) bool{8: isOctal, 10: isDigit, 16: isHex}[base]
	if !all(s, in) {
		return 0, false
	}
	n, err := strconv.ParseUint(s, base, 64)
	if err != nil {
		n = 1 << 62
	}
	return n, true
}

func validIPv4(s string) bool {
	parts := strings.Split(strings.TrimSuffix(s, "."), ".")
	if len(parts) > 4 {
		return false
	}
	for i, p := range parts {
		n, ok := ipv4Number(p)
		if !ok {
			return false
		}
		limit := uint64(256)
		if i == len(parts)-1 {
			limit = 1 << (8 * (5 - len(parts)))
		}
		if n >= limit {
			return false
		}
	}
	return true
}

// validIPv6 is the address between the brackets, without a zone.
func validIPv6(s string) bool {
	pieces, compressed := 0, false
	if strings.HasPrefix(s, ":") {
		if !strings.HasPrefix(s, "::") {
			return false
		}
		s, compressed = s[2:], true
		pieces++
	}
	for s != "" {
		if pieces == 8 {
			return false
		}
		if s[0] == ':' {
			if compressed {
				return false
			}
			s, compressed = s[1:], true
			pieces++
			continue
		}
		n := 0
		for n < len(s) && n < 4 && isHex(s[n]) {
			n++
		}
		if n < len(s) && s[n] == '.' {
			return n > 0 && pieces <= 6 && dotted(s) && (compressed || pieces == 6)
		}
		s = s[n:]
		if s != "" {
			if s[0] != ':' || len(s) == 1 {
				return false
			}
			s = s[1:]
		}
		pieces++
	}
	return compressed || pieces == 8
}

// dotted is an IPv4 address at the end of an IPv6 one: four decimal numbers without leading zeros.
func dotted(s string) bool {
	parts := strings.Split(s, ".")
	if len(parts) != 4 {
		return false
	}
	for _, p := range parts {
		if len(p) > 3 || !all(p, isDigit) || len(p) > 1 && p[0] == '0' {
			return false
		}
		if n, _ := strconv.Atoi(p); n > 255 {
			return false
		}
	}
	return true
}
