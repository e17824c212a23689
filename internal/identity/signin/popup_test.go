package signin

import (
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"golang.org/x/net/html"
)

// page is the origin of a front end that may open windows.
const page = "https://app.marrowby.example"

// window goes to an address as a pop-up window does, and returns the answer.
func (w *world) window(c *http.Client, address string) (*http.Response, string) {
	w.t.Helper()
	if strings.HasPrefix(address, "/") {
		address = w.URL + address
	}
	resp, err := c.Get(address)
	if err != nil {
		w.t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		w.t.Fatal(err)
	}
	return resp, string(b)
}

// open begins a sign-in in a window, and returns what the provider is asked.
func (w *world) open(c *http.Client, more string) *url.URL {
	w.t.Helper()
	resp, body := w.window(c, "/api/auth/oidc/start?flow=popup&env=production&scope=openid&origin="+url.QueryEscape(page)+more)
	to, err := resp.Location()
	if err != nil || !strings.HasPrefix(to.String(), w.idp.URL+"/auth?") {
		w.t.Fatalf("start answers %d %s", resp.StatusCode, body)
	}
	return to
}

// attributes are those of the page's body, and what scripts there are.
func attributes(t *testing.T, body string) (data map[string]string, scripts []*html.Node) {
	t.Helper()
	root, err := html.Parse(strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	data = map[string]string{}
	for n := range root.Descendants() {
		switch n.Data {
		case "script":
			scripts = append(scripts, n)
		case "body":
			for _, a := range n.Attr {
				data[a.Key] = a.Val
			}
		}
		for _, a := range n.Attr {
			if strings.HasPrefix(a.Key, "on") || a.Key == "src" || a.Key == "href" {
				t.Errorf("%s has %s=%q", n.Data, a.Key, a.Val)
			}
		}
	}
	return data, scripts
}

var nonceOf = regexp.MustCompile(`script-src 'nonce-([A-Z2-7]{26})';`)

func TestPopup(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := browser()
	resp, body := w.window(c, w.back(w.open(c, "&redirectUrl=https://evil.example")))
	if resp.StatusCode != http.StatusOK || resp.Header.Get("Content-Type") != "text/html; charset=utf-8" {
		t.Fatalf("%d %s", resp.StatusCode, body)
	}
	data, scripts := attributes(t, body)
	if data["data-opener"] != page || data["data-refresh"] != "/api/auth/oidc/refresh" || data["data-message"] != "" || len(scripts) != 1 {
		t.Errorf("the page has %v and %d scripts", data, len(scripts))
	}
	csp := resp.Header.Get("Content-Security-Policy")
	nonce := nonceOf.FindStringSubmatch(csp)
	if nonce == nil || scripts[0].Attr[0].Val != nonce[1] || !strings.HasPrefix(csp, "default-src 'none';") || !strings.Contains(csp, "frame-ancestors 'none'") || strings.Contains(csp, "unsafe") {
		t.Errorf("the policy is %s", csp)
	}
	if strings.Contains(body, "eyJ") || strings.Contains(body, "evil") {
		t.Errorf("the page has what it need not: %s", body)
	}
	if who := w.who(c); who != ann.Ref {
		t.Errorf("%q is signed in", who)
	}
	again, _ := w.window(browser(), w.back(w.open(browser(), "")))
	if again.StatusCode != http.StatusFound || !strings.HasPrefix(again.Header.Get("Location"), "/sign-in?error=expired") {
		t.Errorf("another browser is answered %d %s", again.StatusCode, again.Header.Get("Location"))
	}
}

// A page that the portal does not know learns nothing, and is not gone back to.
func TestPopupOrigins(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, origin := range []string{
		"", "null", "*", "https://evil.example", "http://app.marrowby.example", page + "/", page + ":443", page + ".evil.example", page + "@evil.example", "https://APP.marrowby.example",
		"https://xapp.marrowby.example", "https://marrowby.example", page + "%00", page + "?", page + "#", " " + page, page + "\t", "javascript:alert(1)", page + "&origin=https://evil.example",
	} {
		q := "&origin=" + url.QueryEscape(origin)
		if strings.Contains(origin, "&origin=") {
			q = "&origin=" + origin
		}
		resp, body := w.window(browser(), "/api/auth/oidc/start?flow=popup"+q)
		if resp.StatusCode != http.StatusForbidden || resp.Header.Get("Location") != "" || len(resp.Cookies()) != 0 {
			t.Errorf("%q: %d %s", origin, resp.StatusCode, body)
		}
	}
}

// Nothing that comes along on the way back is in the page as it came: advisory GHSA-w7fj-336r-vw49.
func TestPopupReflectsNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	const hostile = `</script><script>alert(1)</script><img src=x onerror=alert(1)>"'` + "\u2028"
	for _, name := range []string{"error", "error_description", "error_uri", "env", "origin", "flow", "redirectUrl", "scope", "code", "iss", "session_state"} {
		c := browser()
		asked := w.open(c, "&redirectUrl="+url.QueryEscape(hostile))
		resp, body := w.window(c, w.back(asked, name, hostile))
		if resp.StatusCode != http.StatusOK {
			t.Errorf("%s: %d %s", name, resp.StatusCode, body)
			continue
		}
		data, scripts := attributes(t, body)
		if len(scripts) != 1 || data["data-opener"] != page || strings.Contains(body, "alert") || strings.Contains(body, "onerror") {
			t.Errorf("%s: %s", name, body)
		}
		if failed := name == "error" || name == "code" || name == "iss"; failed != (data["data-message"] != "") {
			t.Errorf("%s: the message is %q", name, data["data-message"])
		}
		if data["data-message"] != "" && w.who(c) != "nobody" {
			t.Errorf("%s: somebody is signed in", name)
		}
	}
}

// Each end has words.
func TestPopupSaysWhy(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.idp.wrong.claims = func(c map[string]any) { c["email"] = "stranger@marrowby.example" }
	c := browser()
	_, body := w.window(c, w.back(w.open(c, "")))
	data, _ := attributes(t, body)
	if !regexp.MustCompile(`^the catalog has no user that is you \([0-9A-F]{4}-[0-9A-F]{4}\)$`).MatchString(data["data-message"]) {
		t.Errorf("it says %q", data["data-message"])
	}
	for _, code := range []string{codeExpired, codeRefused, codeDenied, codeProvider, codeUnknownUser, codeAmbiguous, codeAnother, codeUnverified, codeTaken, codeRemoved, codeBusy, codePortal, codeNoProvider} {
		if sentences[code] == "" {
			t.Errorf("%s has no words", code)
		}
	}
	w.idp.Close()
	p := w.provider.Protocol.(*OIDC)
	p.mu.Lock()
	p.found = nil
	p.mu.Unlock()
	resp, body := w.window(browser(), "/api/auth/oidc/start?flow=popup&origin="+url.QueryEscape(page))
	if data, _ := attributes(t, body); resp.StatusCode != http.StatusOK || !strings.HasPrefix(data["data-message"], sentences[codeProvider]) {
		t.Errorf("a provider that is down: %d %s", resp.StatusCode, body)
	}
}
