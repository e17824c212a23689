package outbound_test

import (
	"net/url"
	"strings"
	"testing"

	"portico/internal/errs"
	"portico/internal/outbound"
)

func TestCheck(t *testing.T) {
	c, err := outbound.New(outbound.Options{Allow: []outbound.Rule{
		{Host: "git.example.com", PathPrefixes: []string{"/org", "/api/v4/"}},
		{Host: "plain.example.com", HTTP: true},
		{Host: "port.example.com:8443"},
		{Host: "*.wild.example.com"},
		{Host: "192.168.7.7", AllowPrivate: true},
		{Host: "127.0.0.1", AllowPrivate: true},
	}})
	if err != nil {
		t.Fatal(err)
	}
	allowed := []string{
		"https://git.example.com/org", "https://git.example.com/org/repo/x.yaml?ref=main", "https://GIT.example.com/org/",
		"https://git.example.com:443/org/x", "https://git.example.com./org/x", "https://git.example.com/api/v4/projects/a%2Fb/x",
		"http://plain.example.com/", "https://plain.example.com/", "https://port.example.com:8443/", "https://a.b.wild.example.com/",
		"https://192.168.7.7/", "https://git.example.com/org/100%25.yaml", "https://git.example.com/org/a%20b",
	}
	for _, u := range allowed {
		if err := c.Check(u); err != nil {
			t.Errorf("%s: refused: %v", u, err)
		}
	}
	refused := []string{
		"", "x", "/x", "//git.example.com/org", "https:/git.example.com/org", "https:git.example.com/org", "https://", "https:///org",
		"http://git.example.com/org", "ftp://git.example.com/org", "file:///etc/passwd", "javascript:alert(1)", "HTTPS//git.example.com",
		// other paths, and ways out of the prefix
		"https://git.example.com/", "https://git.example.com/organisation", "https://git.example.com/orgx/y", "https://git.example.com/ORG/x",
		"https://git.example.com/org/../x", "https://git.example.com/org/..", "https://git.example.com/org/./x", "https://git.example.com/org%2f..%2fx",
		"https://git.example.com/org/%2e%2e/x", "https://git.example.com/org/%2E./x", "https://git.example.com/org/%252e%252e/x", "https://git.example.com/org/%25252e%25252e%25252fx",
		"https://git.example.com/org/..;/x", "https://git.example.com/org/..%3b/x", `https://git.example.com/org/..\x`, "https://git.example.com/org/..%5cx", "https://git.example.com/org%5c..%5cx",
		"https://git.example.com/org%2f", "https://git.example.com/%6frg%2fx", "https://git.example.com//org/x", "https://git.example.com/org/%00", "https://git.example.com/org/%0d%0aHost:x",
		"https://git.example.com/org/\tx", "https://git.example.com/org/ x", "https://git.example.com/org/\x7f",
		// other hosts, and spellings of them
		"https://git.example.com.evil.example/org", "https://evil.example/git.example.com/org", "https://git.example.com@evil.example/org", "https://evil.example#git.example.com/org",
		"https://user@git.example.com/org", "https://user:pw@git.example.com/org", "https://git.example.com:8443/org", "https://git.example.com:0/org", "https://git.example.com:99999/org",
		`https://git.example.com\@evil.example/org`, "https://gıt.example.com/org", "https://git。example.com/org", "https://git.example.com%2eevil/org", "https://ｇit.example.com/org",
		"https://wild.example.com/", "https://xwild.example.com/", "https://.wild.example.com/", "https://a..wild.example.com/", "https://port.example.com/",
		// addresses in every dress
		"https://127.1/", "https://2130706433/", "https://0x7f000001/", "https://0x7f.0.0.1/", "https://0177.0.0.1/", "https://017700000001/", "https://127.0.0.1.:8080/",
		"https://127.0.0.01/", "https://[::1]/", "https://[::ffff:127.0.0.1]/", "https://[0:0:0:0:0:ffff:7f00:1]/", "https://[fe80::1%25lo]/", "https://[::]/", "https://0/", "https://0.0.0.0/",
		"https://①②⑦.0.0.1/", "https://192.168.7.8/", "https://192.168.1799/", "https://3232237319/", "https://localhost/", "https://169.254.169.254/",
	}
	for _, u := range refused {
		err := c.Check(u)
		if !errs.Is(err, errs.Forbidden) || errs.Remedy(err) == "" {
			t.Errorf("%q: got %v, want Forbidden with a remedy", u, err)
		}
		if err != nil && strings.Contains(err.Error(), "user:pw") {
			t.Errorf("%q: the message repeats a password: %v", u, err)
		}
	}
}

func TestShown(t *testing.T) {
	for in, want := range map[string]string{
		"https://h/p?token=x#y":   "https://h/p",
		"https://u:p@h/p@q":       "https://h/p@q",
		"https://a@b@h":           "https://h",
		"https://h/a\nforged log": "https://h/a?forged log",
	} {
		if got := outbound.Shown(in); got != want {
			t.Errorf("Shown(%q) = %q, want %q", in, got, want)
		}
	}
}

// What Check admits has, by the standard parser, the host and the path prefix of the rule, and no
// dot segment after any number of decodings.
func FuzzCheck(f *testing.F) {
	for _, s := range []string{"https://git.example.com/org/x", "https://git.example.com/org/%252e%252e/y", "https://a@git.example.com/org", `https://git.example.com\org`, "https://git.example.com/org%2fx"} {
		f.Add(s)
	}
	c, err := outbound.New(outbound.Options{Allow: []outbound.Rule{{Host: "git.example.com", PathPrefixes: []string{"/org"}}}})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		if c.Check(raw) != nil {
			return
		}
		u, err := url.Parse(raw)
		if err != nil || u.Scheme != "https" || u.User != nil || strings.TrimSuffix(strings.ToLower(u.Hostname()), ".") != "git.example.com" {
			t.Fatalf("%q was admitted as %v", raw, u)
		}
		p := u.EscapedPath()
		for range 10 {
			if p != "/org" && !strings.HasPrefix(p, "/org/") || strings.Contains(p+"/", "/../") || strings.Contains(p, `\`) {
				t.Fatalf("%q was admitted with path %q", raw, p)
			}
			q, err := url.PathUnescape(p)
			if err != nil {
				break
			}
			p = q
		}
	})
}
