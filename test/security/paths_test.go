package security

import (
	"bytes"
	"fmt"
	"maps"
	"net/http"
	"strings"
	"testing"

	"portico/internal/app"
)

// A variant is another way to write a request, which some server before us, or some code behind the access rule, may
// take for the clean one.
type variant struct {
	name string
	make func(message) message
}

// spelt writes the request's path in another way.
func spelt(name string, change func(string) string) variant {
	return variant{name, func(m message) message { m.target = change(m.target); return m }}
}

// headed adds headers to the request as another method, or as the same one.
func headed(name, method string, header ...string) variant {
	return variant{name, func(m message) message {
		if method != "" {
			m.header, m.method = append(m.header, "X-Asked-For: "+m.method), method
		}
		for _, h := range header {
			m.header = append(m.header, strings.NewReplacer("METHOD", m.method, "PATH", m.target).Replace(h))
		}
		return m
	}}
}

func inner(old, new string) func(string) string {
	return func(p string) string { return p[:1] + strings.Replace(p[1:], old, new, 1) }
}

var variants = []variant{
	spelt("upper case", strings.ToUpper),
	spelt("one letter in another case", func(p string) string { return "/" + strings.ToUpper(p[1:2]) + p[2:] }),
	spelt("two slashes before", func(p string) string { return "/" + p }),
	spelt("two slashes within", inner("/", "//")),
	spelt("a dot segment before", func(p string) string { return "/." + p }),
	spelt("a dot segment within", inner("/", "/./")),
	spelt("up again", func(p string) string { return "/x/.." + p }),
	spelt("up again within", inner("/", "/x/../")),
	spelt("up from what is public", func(p string) string { return "/.backstage/health/v1/liveness/../../../.." + p }),
	spelt("%2f for a slash", inner("/", "%2f")),
	spelt("%2f before", func(p string) string { return "/%2f" + p[1:] }),
	spelt("%2e segment", func(p string) string { return "/%2e" + p }),
	spelt("%2e%2e up again", func(p string) string { return "/x/%2e%2e" + p }),
	spelt("%252f for a slash", inner("/", "%252f")),
	spelt("%252e%252e up again", func(p string) string { return "/x/%252e%252e" + p }),
	spelt("a letter as %61", func(p string) string { return strings.Replace(p, "a", "%61", 1) }),
	spelt("a parameter after", func(p string) string { return p + ";x=1" }),
	spelt("a parameter within", inner("/", ";x/")),
	spelt("a parameter that goes up", func(p string) string { return "/x/..;" + p }),
	spelt("a slash after", func(p string) string { return p + "/" }),
	spelt("a dot segment after", func(p string) string { return p + "/." }),
	spelt("backslashes", func(p string) string { return "/" + strings.ReplaceAll(p[1:], "/", `\`) }),
	spelt("an escaped backslash", inner("/", "%5c")),
	spelt("NUL after", func(p string) string { return p + "\x00" }),
	spelt("%00 after", func(p string) string { return p + "%00" }),
	spelt("%00 and an extension", func(p string) string { return p + "%00.png" }),
	spelt("an extension", func(p string) string { return p + ".json" }),
	spelt("a space after", func(p string) string { return p + "%20" }),
	spelt("a tab after", func(p string) string { return p + "%09" }),
	spelt("a line feed after", func(p string) string { return p + "%0a" }),
	spelt("%3f for a question", func(p string) string { return p + "%3fx=1" }),
	spelt("a fragment", func(p string) string { return p + "#x" }),
	spelt("an over-long slash", inner("/", "%c0%af")),
	spelt("a wide slash", inner("/", "%ef%bc%8f")),
	spelt("a public path in the query", func(p string) string { return p + "?/.backstage/health/v1/liveness" }),
	spelt("a token in the query", func(p string) string { return p + "?access_token=" + wideToken + "&token=" + wideToken }),
	spelt("absolute form", func(p string) string { return "http://127.0.0.1" + p }),
	spelt("absolute form of another host", func(p string) string { return "http://evil.example" + p }),
	spelt("absolute form with a user", func(p string) string { return "http://wide:" + wideToken + "@127.0.0.1" + p }),
	spelt("no slash before", func(p string) string { return p[1:] }),

	headed("HEAD", "HEAD"),
	headed("OPTIONS", "OPTIONS"),
	headed("OPTIONS of a preflight", "OPTIONS", "Origin: https://evil.example", "Access-Control-Request-Method: METHOD"),
	headed("TRACE", "TRACE"),
	headed("CONNECT", "CONNECT"),
	headed("a method in lower case", "get"),
	headed("a method nobody knows", "WALL"),
	headed("GET that means another", "GET", "X-HTTP-Method-Override: DELETE", "X-Method-Override: DELETE", "X-HTTP-Method: DELETE"),
	headed("POST that means GET", "POST", "X-HTTP-Method-Override: GET"),
	headed("names of the path in headers", "", "X-Original-URL: /.backstage/health/v1/liveness", "X-Rewrite-URL: /.backstage/health/v1/liveness", "X-Forwarded-Uri: /"),
	{"the path in headers alone", func(m message) message {
		m.header = append(m.header, "X-Original-URL: "+m.target, "X-Rewrite-URL: "+m.target, "X-Forwarded-Uri: "+m.target)
		m.target = "/.backstage/health/v1/liveness"
		return m
	}},
	headed("an upgrade", "", "Upgrade: websocket", "Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA=="),
	headed("a second Host", "", "Host: evil.example"),
	headed("two tokens", "", "Authorization: Bearer "+unknownToken, "Authorization: Bearer "+elseToken),
	headed("identity in headers", "", "X-Forwarded-User: admin", "X-WEBAUTH-USER: admin", "X_Forwarded_User: admin", "Remote-User: admin", "X-Portico-Principal: user:default/admin"),
	headed("hop by hop", "", "Connection: close, Authorization, Cookie"),
	{"chunked and a length", func(m message) message {
		m.framing = []string{"Content-Length: 4", "Transfer-Encoding: chunked"}
		m.body = fmt.Sprintf("%x\r\n%s\r\n0\r\n\r\n", len(m.body), m.body)
		if strings.HasPrefix(m.body, "0") {
			m.body = "0\r\n\r\n"
		}
		return m
	}},
	{"two lengths", func(m message) message {
		m.framing = []string{fmt.Sprintf("Content-Length: %d", len(m.body)), "Content-Length: 1"}
		return m
	}},
	{"a request within the body", func(m message) message {
		m.body = "0\r\n\r\nGET " + m.target + " HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer " + wideToken + "\r\n\r\n"
		m.framing = []string{"Transfer-Encoding: chunked", fmt.Sprintf("Content-Length: %d", len(m.body))}
		return m
	}},
	{"HTTP/1.0 without Host", func(m message) message { m.proto, m.host = "HTTP/1.0", "-"; return m }},
	{"no Host", func(m message) message { m.host = "-"; return m }},
	{"HTTP/0.9", func(m message) message { m.proto = "HTTP/0.9"; return m }},
}

// publicAnswer is one that everybody gets: the page of the user interface, an asset of it, or what a public route says.
func publicAnswer(r *reply) bool {
	return strings.HasPrefix(r.header.Get("Content-Type"), "text/html") && r.header.Get("Content-Security-Policy") != "" ||
		bytes.Equal(bytes.TrimSpace(r.body), []byte(`{"status":"ok"}`)) || bytes.HasPrefix(r.body, []byte(`{"signedIn":false`))
}

// S5: however a request is written, whoever may not make it as it is meant does not make it.
func TestS5NoSpellingIsLetIn(t *testing.T) {
	closed, open := start(t, staffed(t, "", "")), start(t, staffed(t, guestToo, ""))
	cells := 0
	for i := range roles {
		w := &roles[i]
		p := closed
		if w.guest {
			p = open
		}
		dress := w.dress(p)
		before := p.contents() // with whom the test signed in, and what it had made for them
		for _, q := range questions() {
			want := w.want(q.Access)
			if want == 0 {
				continue // it is open to them: nothing is weaker
			}
			clean := p.clean(q, dress)
			if got := p.send(q.method, clean.String()); got.status != want {
				t.Errorf("%s by %s, as it is meant: %d, want %d", q.Pattern, w.name, got.status, want)
				continue
			}
			for _, v := range variants {
				m := v.make(clean)
				got := p.send(m.method, m.String())
				cells++
				if got.status >= 500 && got.status != http.StatusNotImplemented && got.status != http.StatusHTTPVersionNotSupported {
					t.Errorf("%s by %s, %s: %d %.200s", q.Pattern, w.name, v.name, got.status, got.body)
				}
				if got.status/100 == 2 && m.method != "OPTIONS" && !publicAnswer(got) && !w.mayOther(p, m) {
					t.Errorf("%s by %s, %s: it is let in: %d %.200s\n%.300s", q.Pattern, w.name, v.name, got.status, got.body, m)
				}
				if bytes.Contains(got.body, []byte("keepers")) {
					t.Errorf("%s by %s, %s: the answer tells of the catalog: %.200s", q.Pattern, w.name, v.name, got.body)
				}
			}
		}
		if now := p.contents(); !maps.Equal(before, now) {
			t.Errorf("by %s the database changed: %v → %v", w.name, before, now)
		}
	}
	count(t, "S1", "requests: spelt otherwise", len(variants))
	count(t, "S5", "variants", len(variants))
	count(t, "S5", "cells route × role × variant", cells)
	if len(variants) < 24 {
		t.Errorf("only %d variants", len(variants))
	}
}

// mayOther reports whether the request, with its method changed, is another route that is open to the role: a GET
// beside the DELETE of the same path.
func (w *role) mayOther(_ *portal, m message) bool {
	at, _, _ := strings.Cut(m.target, "?")
	for _, r := range app.Routes() {
		q := question(r)
		if method := strings.ToUpper(m.method); w.want(r.Access) == 0 && at == q.path && (method == q.method || method == "HEAD" && q.method == "GET") {
			return true
		}
	}
	return false
}
