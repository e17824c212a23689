package entity

import "strings"

// The formats of names, as Kubernetes and Backstage have them. All are ASCII, so bytes are
// characters.

const (
	maxName   = 63
	maxPrefix = 253
)

func isLower(c byte) bool    { return c >= 'a' && c <= 'z' }
func isUpper(c byte) bool    { return c >= 'A' && c <= 'Z' }
func isAlnum(c byte) bool    { return isLower(c) || isUpper(c) || isDigit(c) }
func isLowAlnum(c byte) bool { return isLower(c) || isDigit(c) }
func isNameChar(c byte) bool { return isAlnum(c) || c == '-' || c == '_' || c == '.' }
func isTagChar(c byte) bool  { return isLowAlnum(c) || c == ':' || c == '+' || c == '#' }

// validName is the format of metadata.name, of label values and of the names of keys.
func validName(s string) bool {
	return len(s) >= 1 && len(s) <= maxName && all(s, isNameChar) && isAlnum(s[0]) && isAlnum(s[len(s)-1])
}

// validLabel is a DNS label: the format of namespaces and of the parts of a prefix.
func validLabel(s string) bool {
	if len(s) < 1 || len(s) > maxName || !isLowAlnum(s[0]) || !isLowAlnum(s[len(s)-1]) {
		return false
	}
	for i := range len(s) {
		if !isLowAlnum(s[i]) && s[i] != '-' {
			return false
		}
	}
	return true
}

// validDomain is a DNS name: the format of the prefix of keys and of apiVersion.
func validDomain(s string) bool {
	if len(s) < 1 || len(s) > maxPrefix {
		return false
	}
	for more := true; more; {
		var part string
		if part, s, more = strings.Cut(s, "."); !validLabel(part) {
			return false
		}
	}
	return true
}

// prefixed is "[<domain>/]<suffix>".
func prefixed(s string, suffix func(string) bool) bool {
	prefix, rest, ok := strings.Cut(s, "/")
	if !ok {
		return suffix(s)
	}
	return validDomain(prefix) && suffix(rest)
}

func validAPIVersion(s string) bool {
	return prefixed(s, func(v string) bool { return len(v) <= maxName && all(v, isAlnum) })
}

func validKey(s string) bool { return prefixed(s, validName) }

func validKind(s string) bool {
	return len(s) >= 1 && len(s) <= maxName && !isDigit(s[0]) && all(s, isAlnum)
}

// validTag is sequences of [a-z0-9:+#] joined by single hyphens.
func validTag(s string) bool {
	if len(s) < 1 || len(s) > maxName {
		return false
	}
	hyphen := true // before the first sequence
	for i := range len(s) {
		if s[i] == '-' && !hyphen {
			hyphen = true
			continue
		}
		if !isTagChar(s[i]) {
			return false
		}
		hyphen = false
	}
	return !hyphen
}

// blank reports whether s has only what JavaScript calls white space.
func blank(s string) bool {
	return strings.TrimFunc(s, func(r rune) bool {
		switch {
		case r >= 0x09 && r <= 0x0D, r == ' ', r == 0xA0, r == 0xFEFF, r == 0x1680, r >= 0x2000 && r <= 0x200A,
			r == 0x2028, r == 0x2029, r == 0x202F, r == 0x205F, r == 0x3000:
			return true
		}
		return false
	}) == ""
}

// mended turns s into something of a format: characters that do not belong become one hyphen, the
// ends are trimmed. It returns "" when nothing is left. It is for suggestions only.
func mended(s string, ok func(byte) bool, valid func(string) bool) string {
	b := make([]byte, 0, min(len(s), maxName))
	for i := 0; i < len(s) && len(b) < maxName; i++ {
		switch c := s[i]; {
		case ok(c):
			b = append(b, c)
		case ok(c|0x20) && isUpper(c):
			b = append(b, c|0x20)
		case len(b) > 0 && b[len(b)-1] != '-':
			b = append(b, '-')
		}
	}
	m := strings.Trim(string(b), "-_.")
	if !valid(m) {
		return ""
	}
	return m
}
