package org

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"portico/internal/catalog/entity"
)

// What texts of somebody else's may have, in characters.
const (
	MaxTitle       = 200
	MaxDescription = 2000
)

// Text is s on one line, without characters that show nothing or turn what is around them, and not longer than most.
func Text(s string, most int) string {
	var b strings.Builder
	n, blank := 0, false
	for _, r := range strings.ToValidUTF8(s, "\uFFFD") {
		switch {
		case unicode.IsSpace(r):
			blank = b.Len() > 0
			continue
		case unicode.IsControl(r), unicode.In(r, unicode.Cf, unicode.Co, unicode.Zl, unicode.Zp):
			continue
		}
		if n += 1; n > most {
			b.WriteString("…")
			break
		}
		if blank {
			b.WriteByte(' ')
			n, blank = n+1, false
		}
		b.WriteRune(r)
	}
	return b.String()
}

// Email is s where it can be an address, else "".
func Email(s string) string {
	local, domain, ok := strings.Cut(s, "@")
	if !ok || local == "" || domain == "" || len(s) > 254 || !utf8.ValidString(s) || strings.ContainsAny(domain, "@[]") {
		return ""
	}
	for _, r := range s {
		if unicode.IsSpace(r) || unicode.IsControl(r) || unicode.In(r, unicode.Cf, unicode.Zl, unicode.Zp) || strings.ContainsRune(`<>()",;:\`, r) {
			return ""
		}
	}
	return s
}

// Link is s where it is an address of the web that may become a link or a picture, else "".
func Link(s string) string {
	scheme, _, _ := strings.Cut(s, ":")
	if len(s) > 2048 || !strings.EqualFold(scheme, "https") && !strings.EqualFold(scheme, "http") || !entity.SafeURL(s) {
		return ""
	}
	return s
}
