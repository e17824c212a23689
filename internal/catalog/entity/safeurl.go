package entity

import (
	"strings"
	"unicode"
)

// unsafeSchemes run what the address holds, or show what the browser alone should.
var unsafeSchemes = map[string]bool{
	"javascript": true, "vbscript": true, "livescript": true, "mocha": true, "jscript": true, "ecmascript": true, "data": true, "blob": true,
	"filesystem": true, "file": true, "about": true, "view-source": true, "feed": true, "jar": true, "wyciwyg": true, "resource": true,
	"chrome": true, "chrome-extension": true, "moz-extension": true, "intent": true, "mhtml": true, "mk": true, "res": true, "ms-its": true,
}

// SafeURL reports whether an address that somebody wrote may become a link: it is absolute, its
// scheme runs nothing, and it holds no control, format or blank characters. It is strict where
// browsers are lenient, so that an address cannot be read differently there: "java\tscript:",
// "&#106;avascript:" and "//evil" are all refused.
func SafeURL(s string) bool {
	scheme, rest, ok := strings.Cut(s, ":")
	if !ok || rest == "" || len(s) > 8192 || !isScheme(scheme) || unsafeSchemes[strings.ToLower(scheme)] {
		return false
	}
	for _, r := range s {
		if r == unicode.ReplacementChar || unicode.IsControl(r) || unicode.IsSpace(r) || unicode.In(r, unicode.Cf, unicode.Zl, unicode.Zp) {
			return false
		}
	}
	switch strings.ToLower(scheme) {
	case "http", "https":
		return strings.HasPrefix(rest, "//") && !strings.ContainsRune(rest, '\\') && validURL(s)
	}
	return true
}

// isScheme is the grammar of a scheme: a letter, then letters, digits, "+", "-" and ".".
func isScheme(s string) bool {
	return s != "" && (isLower(s[0]|0x20) && isAlnum(s[0])) && all(s, func(c byte) bool { return isAlnum(c) || c == '+' || c == '-' || c == '.' })
}

// unsafeAnnotation reports whether an annotation that becomes a link holds an address that may not.
func unsafeAnnotation(key, value string) bool {
	switch {
	case value == "":
		return false
	case urlAnnotations[key]:
		return !SafeURL(value)
	case locationAnnotations[key]:
		typ, target, ok := strings.Cut(value, ":")
		if !ok {
			return false
		}
		if strings.TrimSpace(typ) == "url" {
			return !safeTarget(strings.TrimSpace(target))
		}
		return !SafeURL(value) && isScheme(strings.TrimSpace(typ)) && unsafeSchemes[strings.ToLower(strings.TrimSpace(typ))] && !strings.EqualFold(strings.TrimSpace(typ), "file")
	}
	return false
}

// safeTarget is SafeURL, and relative paths, which some annotations allow.
func safeTarget(s string) bool {
	head, _, _ := strings.Cut(s, "/")
	if strings.HasPrefix(s, "//") || strings.HasPrefix(s, `\`) {
		return false
	}
	if !strings.ContainsAny(head, ":&%") && !strings.ContainsFunc(s, unicode.IsControl) {
		return true
	}
	return SafeURL(s)
}
