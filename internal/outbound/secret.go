package outbound

import (
	"net/url"
	"slices"
	"strings"
)

// Secret names what in a URL is, or looks like, a credential: "a user name", "a password", `the parameter "token"`; "" where
// nothing does. Whoever keeps and shows URLs refuses those that hold one.
func Secret(raw string) string {
	authority, query, fragment := parts(raw)
	if at := strings.LastIndexByte(authority, '@'); at >= 0 {
		if strings.Contains(authority[:at], ":") {
			return "a password"
		}
		return "a user name"
	}
	for _, list := range []string{query, fragment} {
		for name := range parameters(list) {
			if credential(name) {
				return "the parameter \"" + plain(name) + "\""
			}
		}
	}
	return ""
}

// Masked is the URL with what Secret finds replaced by "…": it may be kept and shown, and still says which one it is.
func Masked(raw string) string {
	if Secret(raw) == "" {
		return raw
	}
	authority, query, fragment := parts(raw)
	out := raw
	if i := strings.Index(out, "//"); i >= 0 {
		if at := strings.LastIndexByte(authority, '@'); at >= 0 {
			out = out[:i+2] + "…" + out[i+2+at:]
		}
	}
	for _, list := range []string{query, fragment} {
		for name, field := range parameters(list) {
			if credential(name) {
				key, _, _ := strings.Cut(field, "=")
				out = strings.ReplaceAll(out, field, key+"=…")
			}
		}
	}
	return out
}

// parts cuts a URL without asking for a valid one: what cannot be parsed can be shown too.
func parts(raw string) (authority, query, fragment string) {
	rest, fragment, _ := strings.Cut(raw, "#")
	rest, query, _ = strings.Cut(rest, "?")
	if _, after, ok := strings.Cut(rest, "//"); ok {
		authority, _, _ = strings.Cut(after, "/")
	}
	return authority, query, fragment
}

// parameters yields the decoded name of each parameter that has a value, and its text.
func parameters(list string) func(yield func(name, field string) bool) {
	return func(yield func(name, field string) bool) {
		for field := range strings.FieldsFuncSeq(list, func(c rune) bool { return c == '&' || c == ';' }) {
			name, value, _ := strings.Cut(field, "=")
			if decoded, err := url.QueryUnescape(name); err == nil {
				name = decoded
			}
			if value != "" && !yield(name, field) {
				return
			}
		}
	}
}

// credentials are names of parameters that carry one at the hosts where descriptors lie: tokens of GitHub and GitLab, and
// the signed URLs of object stores. Compared in lower case and without separators.
var credentials = []string{
	"sig", "signature", "auth", "authorization", "jwt", "bearer", "pat", "key", "apikey", "accesskey", "awsaccesskeyid", "googleaccessid",
	"pass", "passwd", "pwd", "credential", "credentials", "sessionid",
}

func credential(name string) bool {
	name = strings.NewReplacer("-", "", "_", "", ".", "", " ", "").Replace(strings.ToLower(name))
	for _, part := range []string{"token", "secret", "password"} {
		if strings.Contains(name, part) {
			return true
		}
	}
	return strings.HasPrefix(name, "xamz") || strings.HasPrefix(name, "xgoog") || slices.Contains(credentials, name)
}

// plain is a name that may stand in a sentence.
func plain(s string) string {
	s = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || r == '"' {
			return '?'
		}
		return r
	}, strings.ToValidUTF8(s, "?"))
	if len(s) > 60 {
		s = strings.ToValidUTF8(s[:60], "") + "…"
	}
	return s
}
