package security

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"portico/internal/outbound"
)

// An answer of a provider that holds markup is not repeated as markup: sign-in answers with a redirect and a code.
func TestAdv_GHSA_w7fj_336r_vw49(t *testing.T) {
	p := start(t, setup{})
	tried := 0
	for _, param := range []string{"error", "error_description", "state", "code", "iss", "env", "origin", "flow", "redirectUrl", "scope"} {
		for _, x := range markup {
			tried++
			for _, at := range []string{"handler/frame", "start"} {
				got := p.do("GET", "/api/auth/oidc/"+at+"?"+url.Values{param: {x}}.Encode(), "")
				if strings.HasPrefix(got.header.Get("Content-Type"), "text/html") && strings.Contains(string(got.body), x) || strings.ContainsAny(got.header.Get("Location"), "<>\"'") {
					t.Errorf("%s=%s is repeated: %s %s", param, x, got.header.Get("Location"), got.body)
				}
				if csp := got.header.Get("Content-Security-Policy"); !strings.Contains(csp, "default-src 'none'") {
					t.Errorf("%s: the policy of the answer is %q", at, csp)
				}
			}
		}
	}
	count(t, "S7", "markup in sign-in's answers", tried)
}

// strangeLinks are addresses that run something, or lead elsewhere than they seem.
var strangeLinks = []string{
	"javascript:alert(1)", "JaVaScRiPt:alert(1)", "java\\tscript:alert(1)", "java\\nscript:alert(1)", "\\u0001javascript:alert(1)", " javascript:alert(1)", "&#106;avascript:alert(1)", "javascript&colon;alert(1)", "%6Aavascript:alert(1)",
	"data:text/html,<script>alert(1)</script>", "vbscript:x", "blob:https://a/b", "file:///etc/passwd", "view-source:javascript:x", "//evil.example", "https:evil.example", "https:\\\\\\\\evil.example", "https://a b", "\\uFEFFhttps://example.com",
}

// No such address becomes a link of an entity: what is served has it as text that leads nowhere, or not at all.
func TestAdv_GHSA_7hv8_3fr9_j2hv(t *testing.T) {
	var text strings.Builder
	for i, link := range strangeLinks {
		fmt.Fprintf(&text, "---\napiVersion: backstage.io/v1alpha1\nkind: Component\nmetadata: {name: link%d, links: [{url: \"%[2]s\", title: x}], annotations: {backstage.io/view-url: \"%[2]s\", backstage.io/edit-url: \"%[2]s\", backstage.io/source-location: \"url:%[2]s\"}}\nspec: {type: service, lifecycle: x, owner: keepers}\n", i, link)
	}
	p := start(t, setup{files: map[string]string{"links.yaml": text.String()}, config: []string{"catalog: {locations: [{type: file, target: ./catalog.yaml}, {type: file, target: ./links.yaml}]}"}})
	shown := 0
	for i, link := range strangeLinks {
		got := p.do("GET", fmt.Sprintf("/api/catalog/entities/by-name/component/default/link%d", i), "", bearer(wideToken))
		if got.status != http.StatusOK {
			continue // it is no entity at all
		}
		shown++
		var e struct {
			Metadata struct {
				Links       []struct{ URL string }
				Annotations map[string]string
			}
		}
		if err := json.Unmarshal(got.body, &e); err != nil {
			t.Fatal(err)
		}
		for _, l := range e.Metadata.Links {
			if l.URL != "" {
				t.Errorf("%s is a link: %q", link, l.URL)
			}
		}
		for name, value := range e.Metadata.Annotations {
			if value = strings.TrimPrefix(value, "url:"); value != "" && (name == "backstage.io/view-url" || name == "backstage.io/edit-url" || name == "backstage.io/source-location" && !strings.HasPrefix(value, "file:"+p.dir)) {
				t.Errorf("%s is in %s: %q", link, name, value)
			}
		}
	}
	if shown == 0 {
		t.Error("none of the entities is shown: this test proves nothing")
	}
	count(t, "S1", "markup: links that run something", len(strangeLinks))
}

// leading are the names in a folder that links have which lead out of it.
var leading = []string{"sub/secret.txt", "sub/catalog-info.yaml", "relative/secret.txt", "service/catalog-info.yaml", "README.md", "one/secret.txt", "one/catalog-info.yaml", "three/secret.txt", "dangling/catalog-info.yaml", "loop"}

// folderOf makes a folder with one good descriptor, whose neighbour is a secret that links lead to.
func folderOf(t *testing.T, link func(inside, outside string)) (inside string) {
	t.Helper()
	dir := t.TempDir()
	inside, outside := filepath.Join(dir, "inside"), filepath.Join(dir, "outside")
	for _, d := range []string{inside, outside} {
		if err := os.Mkdir(d, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	write(t, filepath.Join(outside, "catalog-info.yaml"), strings.ReplaceAll(catalogText, "lighthouse", "wall-canary"))
	write(t, filepath.Join(outside, "secret.txt"), "wall-canary")
	text := strings.ReplaceAll(strings.SplitN(catalogText, "---", 2)[0], "lighthouse", "good")
	// What a descriptor puts in place, and what it leads to, may be links too; one that stays inside is read.
	write(t, filepath.Join(inside, "good.txt"), "wall-good")
	symlink(t, "good.txt", filepath.Join(inside, "linked.txt"))
	for i, at := range append([]string{"linked.txt"}, leading...) {
		text += fmt.Sprintf("---\napiVersion: backstage.io/v1alpha1\nkind: API\nmetadata: {name: placed%d}\nspec: {type: openapi, lifecycle: x, owner: x, definition: {$text: ./%s}}\n", i, at)
		text += fmt.Sprintf("---\napiVersion: backstage.io/v1alpha1\nkind: Location\nmetadata: {name: led%d}\nspec: {targets: [./%s]}\n", i, at)
	}
	write(t, filepath.Join(inside, "catalog-info.yaml"), text)
	link(inside, outside)
	return inside
}

// seesNoCanary starts a portal on the folder and looks through all that it says of it.
func seesNoCanary(t *testing.T, inside string) {
	t.Helper()
	p := start(t, setup{config: []string{fmt.Sprintf("catalog: {locations: [{type: file, target: ./catalog.yaml}, {type: folder, target: %q}]}", inside)}})
	p.until("the folder is read", func() bool {
		return p.value(`SELECT count(*)::text FROM catalog_sources WHERE state = 'reading' OR last_attempt_at IS NULL`) == "0"
	})
	p.until("what is good in it is shown", func() bool {
		return p.do("GET", "/api/catalog/entities/by-name/component/default/good", "", bearer(wideToken)).status == http.StatusOK
	})
	if got := p.do("GET", "/api/catalog/entities/by-name/api/default/placed0", "", bearer(wideToken)); !strings.Contains(string(got.body), "wall-good") {
		t.Errorf("a link that stays inside is not read: this test proves nothing: %d %s", got.status, got.body)
	}
	for _, q := range questions() {
		if q.method == "GET" {
			q.path = strings.ReplaceAll(q.path, "lighthouse", "good")
			if got := p.do("GET", q.path, "", bearer(wideToken)); strings.Contains(string(got.body), "wall-canary") {
				t.Errorf("%s tells what is outside the folder: %.300s", q.path, got.body)
			}
		}
	}
}

func symlink(t *testing.T, to, at string) {
	t.Helper()
	if err := os.Symlink(to, at); err != nil {
		t.Fatal(err)
	}
}

// A link out of a folder is not followed.
func TestAdv_GHSA_2fc9_xpp8_2g9h(t *testing.T) {
	seesNoCanary(t, folderOf(t, func(inside, outside string) {
		symlink(t, outside, filepath.Join(inside, "sub"))
		symlink(t, filepath.Join("..", "outside"), filepath.Join(inside, "relative"))
		if err := os.Mkdir(filepath.Join(inside, "service"), 0o700); err != nil {
			t.Fatal(err)
		}
		symlink(t, filepath.Join(outside, "catalog-info.yaml"), filepath.Join(inside, "service", "catalog-info.yaml"))
		symlink(t, filepath.Join(outside, "secret.txt"), filepath.Join(inside, "README.md"))
	}))
}

// Nor is a chain of them, nor one that led nowhere when it was looked at.
func TestAdv_GHSA_2p49_45hj_7mc9(t *testing.T) {
	seesNoCanary(t, folderOf(t, func(inside, outside string) {
		symlink(t, filepath.Join(inside, "two"), filepath.Join(inside, "one"))
		symlink(t, filepath.Join(inside, "three"), filepath.Join(inside, "two"))
		symlink(t, outside, filepath.Join(inside, "three"))
		symlink(t, filepath.Join(inside, "loop"), filepath.Join(inside, "loop"))
		symlink(t, filepath.Join(outside, "not-yet"), filepath.Join(inside, "dangling"))
		if err := os.Mkdir(filepath.Join(outside, "not-yet"), 0o700); err != nil {
			t.Fatal(err)
		}
		write(t, filepath.Join(outside, "not-yet", "catalog-info.yaml"), strings.ReplaceAll(catalogText, "lighthouse", "wall-canary"))
	}))
}

// oddFilters are questions that took services down.
func oddFilters() (list []string) {
	for _, name := range []string{"__proto__", "constructor.prototype", "__proto__.polluted", "prototype", "toString", "hasOwnProperty", "__defineGetter__", "a[b][c]", "a[__proto__][x]", "\x00", "metadata.\x00", "%00", "..", "...", "=", ",", ",,,,", "a=b=c", "é", "\u202e"} {
		list = append(list, name, name+"=1", "kind="+name)
	}
	return append(list, strings.Repeat("a[b]", 5000), strings.Repeat("a,", 20_000), strings.Repeat("kind=x,", 5000), strings.Repeat("x", 60_000), strings.Repeat("a.", 30_000))
}

// A filter is text to be compared, whatever it says; one that is too long is refused.
func TestAdv_GHSA_3x3f_jcp3_g22j(t *testing.T) {
	p := start(t, setup{})
	for _, f := range oddFilters() {
		for _, at := range []string{"/api/catalog/entities?filter=%s", "/api/catalog/entities/by-query?limit=5&filter=%s", "/api/catalog/entities/by-query?orderField=%s,asc", "/api/catalog/entities?fields=%s", "/api/catalog/entity-facets?facet=%s", "/api/catalog/entities/by-query?cursor=%s", "/api/catalog/entities/by-query?fullTextFilterTerm=x&fullTextFilterFields=%s",
			"/api/catalog/entities/export?format=csv&filter=%s", "/api/catalog/entities/export?format=csv&columns=name,a.b,%s", "/api/catalog/entities/export?format=yaml&query=%s", "/api/catalog/graph?ref=component:lighthouse&relation=%s", "/api/catalog/graph?ref=%s", "/api/catalog/graph/path?from=component:lighthouse&to=%s"} {
			path := fmt.Sprintf(at, url.QueryEscape(f))
			got := p.do("GET", path, "", bearer(wideToken))
			if _, query, _ := strings.Cut(path, "?"); got.status >= 500 || len(query) > 64<<10 && got.status/100 != 4 {
				t.Errorf("%.60s in %s: %d %.200s", f, at, got.status, got.body)
			}
		}
	}
	// What is more than anybody means is refused, and says so.
	more := strings.Repeat("kind=x,", 5000)
	if got := p.do("GET", "/api/catalog/entities?filter="+more, "", bearer(wideToken)); got.status != http.StatusBadRequest {
		t.Errorf("five thousand conditions: %d %.200s", got.status, got.body)
	}
	for name, predicate := range map[string]string{"many": `{"$any":[` + strings.Repeat(`{"kind":"x"},`, 3000) + `{}]}`, "deep": strings.Repeat(`{"$not":`, 60) + "{}" + strings.Repeat("}", 60)} {
		if got := p.do("POST", "/api/catalog/entities/by-query", `{"query":`+predicate+`}`, bearer(wideToken)); got.status != http.StatusBadRequest {
			t.Errorf("%s conditions in a body: %d %.200s", name, got.status, got.body)
		}
	}
	body := `{"filter":{"__proto__":{"x":1}},"query":{"constructor.prototype":"x","$all":[{"__proto__.x":"y"}]},"entityRefs":["__proto__"],"facets":["__proto__"]}`
	for _, at := range []string{"entities/by-query", "entity-facets", "entities/by-refs", "locations/by-query", "validate-entity"} {
		if got := p.do("POST", "/api/catalog/"+at, body, bearer(wideToken)); got.status >= 500 {
			t.Errorf("%s: %d %.200s", at, got.status, got.body)
		}
	}
	if got := p.do("GET", "/api/catalog/entities?filter=kind=component", "", bearer(wideToken)); !strings.Contains(string(got.body), "lighthouse") {
		t.Error("the next question is not answered")
	}
	count(t, "S1", "requests: filters", len(oddFilters()))
}

// A secret that a variable of the environment gave does not reach whoever is not signed in: neither the page nor its data.
func TestAdv_GHSA_qc4v_xq2m_65wc(t *testing.T) {
	t.Setenv("APP_CONFIG_app_secret", canary(1))
	p := start(t, setup{config: []string{"app: {title: the wall, customSecret: '" + canary(2) + "', nested: {apiKey: '" + canary(3) + "'}}\norganization: {name: org, token: '" + canary(4) + "'}\n"}})
	for _, at := range []string{"/", "/index.html", "/catalog", "/api/portico/session", "/api/app/config", "/static/config.js", "/config.json"} {
		for _, o := range []option{as()(p), bearer(wideToken), session("ann", "")(p)} {
			got := p.do("GET", at, "", o)
			for n := range 5 {
				for how, needle := range needles(canary(n)) {
					if strings.Contains(string(got.body), needle) {
						t.Errorf("%s holds the secret %d, %s", at, n, how)
					}
				}
			}
		}
	}
}

// listening counts the connections to an address of this machine until the test ends.
func listening(t *testing.T) (address string, n *atomic.Int32) {
	t.Helper()
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	n = new(atomic.Int32)
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			n.Add(1)
			_ = c.Close()
		}
	}()
	return l.Addr().String(), n
}

// A host that may be read leads to none that may not: each hop is judged as the first is.
func TestAdv_GHSA_q2x5_4xjx_c6p9(t *testing.T) {
	inner, connected := listening(t)
	_, port, _ := net.SplitHostPort(inner)
	var to string
	host := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var status int
		_, _ = fmt.Sscanf(r.URL.Path, "/%d", &status)
		w.Header().Set("Location", to)
		w.Header().Set("Refresh", "0; url="+to)
		w.WriteHeader(status)
	}))
	defer host.Close()
	open := strings.TrimPrefix(host.URL, "http://")
	c, err := outbound.New(outbound.Options{Allow: []outbound.Rule{{Host: open, HTTP: true, AllowPrivate: true}, {Host: "localhost:" + port, HTTP: true}}, Timeout: 5 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	tried := 0
	for _, to = range []string{"http://" + inner, "http://localhost:" + port, "//" + inner, "http://127.0.0.1:" + port + "#@" + open, "http://" + open + "@" + inner, "file:///etc/passwd", "gopher://" + inner + "/_x", "http://[::ffff:127.0.0.1]:" + port} {
		for _, status := range []int{200, 301, 302, 303, 307, 308} {
			tried++
			if got, err := c.Get(t.Context(), fmt.Sprintf("%s/%d", host.URL, status)); err == nil && status != 200 {
				t.Errorf("%d to %s: %d", status, to, got.Status)
			}
		}
	}
	if n := connected.Load(); n > 0 {
		t.Errorf("%d connections", n)
	}
	count(t, "S6", "redirects of a host that may be read", tried)
}

// The address that is connected to is judged, whatever the name led to before.
func TestAdv_GHSA_qp4c_xg64_7c6x(t *testing.T) {
	inner, connected := listening(t)
	_, port, _ := net.SplitHostPort(inner)
	answers := [][]string{{"93.184.216.34", "127.0.0.1"}, {"127.0.0.1"}, {"::1"}, {"::ffff:127.0.0.1"}, {"127.0.0.1", "93.184.216.34"}, {"169.254.169.254"}, {"10.0.0.5"}}
	for _, answer := range answers {
		turn := 0
		c, err := outbound.New(outbound.Options{
			Allow: []outbound.Rule{{Host: "idp.example:" + port, HTTP: true}}, Timeout: 5 * time.Second,
			Lookup: func(context.Context, string) ([]netip.Addr, error) { turn++; return addrs(answer...), nil },
		})
		if err != nil {
			t.Fatal(err)
		}
		for _, get := range []func() error{
			func() error {
				_, err := c.Get(t.Context(), "http://idp.example:"+port+"/.well-known/openid-configuration")
				return err
			},
			func() error {
				resp, err := c.HTTP().Get("http://idp.example:" + port + "/keys")
				if err == nil {
					_ = resp.Body.Close()
				}
				return err
			},
		} {
			if get() == nil {
				t.Errorf("%v was reached", answer)
			}
		}
		c.Close()
		if turn != 2 {
			t.Errorf("%v: the name was looked up %d times for two requests", answer, turn)
		}
	}
	if n := connected.Load(); n > 0 {
		t.Errorf("%d connections", n)
	}
}

// An address at a Git host is taken apart once, and the host is asked for that repository's files alone.
func TestAdv_CVE_2026_29185(t *testing.T) {
	var mu sync.Mutex
	var asked []string
	host := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		asked = append(asked, r.URL.EscapedPath())
		mu.Unlock()
		http.NotFound(w, r)
	}))
	defer host.Close()
	at := strings.TrimPrefix(host.URL, "http://")
	p := start(t, setup{config: []string{fmt.Sprintf("portico: {reading: {allowPrivateHosts: [%q]}}\nintegrations: {github: [{host: %q, apiBaseUrl: %q, token: wall-token}]}\n", at, at, host.URL+"/api/v3")}})
	hostile := []string{"o/r%%2F..%%2F..%%2Fuser/blob/main/x.yaml", "o/r%252F..%252Fuser/blob/main/x.yaml", "o/../user/blob/main/x.yaml", "o/%2e%2e/blob/main/x.yaml", `o\r/blob/main/x.yaml`, "o/r/blob/main/..%2f..%2f..%2fuser", "o/r/blob/main/../../../user",
		"o/r/blob/..%2f..%2fuser/x.yaml", "o/r/blob/main/%2e%2e/%2e%2e/x.yaml", "o/r/blob/main/x.yaml%00", "o/r/blob/main/x%0d%0aHost:%20evil/x.yaml", "o/r/blob/main/x.yaml?ref=evil&path=../../user", "o/r/blob/main/x.yaml#/../../user", "o/r/blob/main/..;/..;/user", "o;x/r/blob/main/x.yaml",
		"@evil.example/r/blob/main/x.yaml", "o/r@evil/blob/main/x.yaml", "o/./r/blob/main/x.yaml", "/o/r/blob/main/x.yaml", "o//r/blob/main/x.yaml", "o/r/blob/main/", "o/r/blob/-oProxy/x.yaml", "o/r/blob/main/%c0%ae%c0%ae/x.yaml", "user", "api/v3/user", "o/r/raw/main/../../../../user"}
	for _, path := range hostile {
		for _, scheme := range []string{"http://", "https://"} {
			body := fmt.Sprintf(`{"type":"url","target":%q}`, scheme+at+"/"+strings.ReplaceAll(path, "%%", "%"))
			p.do("POST", "/api/catalog/locations?dryRun=true", body, bearer(wideToken))
			p.do("POST", "/api/catalog/analyze-location", `{"location":`+body+`}`, bearer(wideToken))
		}
	}
	p.do("POST", "/api/catalog/locations?dryRun=true", fmt.Sprintf(`{"type":"url","target":"https://%s/o/r/blob/main/x.yaml"}`, at), bearer(wideToken))
	mu.Lock()
	defer mu.Unlock()
	for _, path := range asked {
		plain, _ := url.PathUnescape(path)
		if !strings.HasPrefix(path, "/api/v3/repos/") || strings.Contains(plain, "..") || strings.Contains(plain, `\`) {
			t.Errorf("the host was asked for %s", path)
		}
	}
	if len(asked) == 0 {
		t.Error("the host was not asked at all: this test proves nothing")
	}
	count(t, "S1", "addresses: at a Git host", len(hostile))
}

// Nothing registers a client, and sign-in leads back to a path of this portal or to its first page.
func TestAdv_GHSA_wqvh_63mv_9w92(t *testing.T) {
	p := start(t, setup{})
	for _, at := range []string{"/api/auth/v1/register", "/api/auth/v1/authorize", "/api/auth/.well-known/oauth-authorization-server", "/api/auth/v1/token", "/api/mcp-actions/v1"} {
		for _, method := range []string{"GET", "POST"} {
			if got := p.do(method, at, "{}", bearer(wideToken)); got.status != http.StatusNotFound {
				t.Errorf("%s %s: %d", method, at, got.status)
			}
		}
	}
	leadsHome(t, p, []string{"https://evil.example/cb", "https://evil/x.example.com/cb", "https://localhost.evil.example", "http://localhost@evil.example/", `https://localhost\@evil.example`, "localhost/cb", "//evil.example", `/\evil.example`, "/%09/evil.example", "https:evil.example"})
}

// However a foreign address is dressed up, it is none of this portal's paths.
func TestAdv_GHSA_38hq_7x33_php4(t *testing.T) {
	p := start(t, setup{})
	var list []string
	for _, h := range []string{"evil.example", "localhost.evil.example", "localhost@evil.example", "localhost:x@evil.example", "evil.example#localhost", "evil.example?localhost", `evil.example\localhost`, "localhost%2eevil.example", "evil.example.", "EVIL.example", "evil.example:80", "[::1]", "xn--80ak6aa92e.com", "еvil.example", "127.0.0.1"} {
		list = append(list, "https://"+h+"/cb", "http://"+h, "//"+h+"/cb", `/\`+h)
	}
	leadsHome(t, p, append(list, "/\t/evil.example", "/%0a/evil.example", "javascript:alert(1)", "data:text/html,x", "/\x00"))
}

// leadsHome has sign-in fail with each address as where to go on, and sees where the browser is sent.
func leadsHome(t *testing.T, p *portal, list []string) {
	t.Helper()
	for _, to := range list {
		got := p.do("GET", "/api/auth/oidc/start?"+url.Values{"redirectUrl": {to}}.Encode(), "", ownName(p))
		at, err := url.Parse(got.header.Get("Location"))
		if err != nil || got.status/100 != 3 || at.Host != "" && !strings.HasPrefix(at.Host, "localhost:") || at.Path != "/sign-in" {
			t.Fatalf("%q: %d %s", to, got.status, got.header.Get("Location"))
		}
		// A path may hold anything, as long as browsers read it as a path of this portal.
		back := at.Query().Get("to")
		if on, err := at.Parse(back); err != nil || on.Host != at.Host || strings.ContainsAny(back, "\\\t\r\n\x00") || strings.HasPrefix(back, "//") {
			t.Errorf("%q: the page is told to go to %q", to, back)
		}
	}
	count(t, "S10", "addresses to go back to", len(list))
}

// Who may not see how the catalog comes about sees neither faults, nor sources, nor texts, by any route.
func TestAdv_GHSA_p7g9_rp3g_mgfg(t *testing.T) {
	p := start(t, setup{config: []string{guestToo}, files: map[string]string{"broken.yaml": "apiVersion: backstage.io/v1alpha1\nkind: Component\nmetadata: {name: wall-broken, description: [wall-canary]}\n"}})
	guest := as(sameOrigin, with("X-Forwarded-For", "203.0.113.9"))(p)
	for _, q := range questions() {
		if q.method != "GET" {
			continue
		}
		got := p.do("GET", q.path, "", guest)
		perm, needed := q.Access.Permission()
		if needed && !is("viewer")(perm) && got.status != http.StatusForbidden {
			t.Errorf("%s: %d", q.path, got.status)
		}
		if strings.Contains(string(got.body), "wall-canary") || strings.Contains(string(got.body), p.dir) && needed && !is("viewer")(perm) {
			t.Errorf("%s tells of the sources: %.300s", q.path, got.body)
		}
	}
}

// Who asks what they may is told yes or no. On what it hangs, here on who owns what, stays with the portal.
func TestAdv_GHSA_f8j4_p5cr_p777(t *testing.T) {
	p := start(t, staffed(t, "", ""))
	item := func(more string) string {
		return `{"items":[{"id":"1","permission":{"type":"resource","name":"catalog.entity.delete","attributes":{"action":"delete"},"resourceType":"catalog-entity"}` + more + `}]}`
	}
	for _, tt := range []struct {
		name, who, ref, want string
		status               int
	}{
		{"one's own", "olga", `,"resourceRef":"component:default/lighthouse"`, `{"items":[{"id":"1","result":"ALLOW"}]}`, http.StatusOK},
		{"another's", "oleg", `,"resourceRef":"component:default/lighthouse"`, `{"items":[{"id":"1","result":"DENY"}]}`, http.StatusOK},
		{"several", "olga", `,"resourceRef":["component:default/lighthouse","component:default/none"]`, `{"items":[{"id":"1","result":["ALLOW","DENY"]}]}`, http.StatusOK},
		{"of nothing, which would be a condition", "olga", "", "", http.StatusBadRequest},
	} {
		got := p.do("POST", "/api/permission/authorize", item(tt.ref), session(tt.who, "")(p))
		text := strings.TrimSpace(string(got.body))
		if got.status != tt.status || tt.want != "" && text != tt.want {
			t.Errorf("%s: %d %s, want %d %s", tt.name, got.status, text, tt.status, tt.want)
		}
		for _, word := range []string{"CONDITIONAL", "conditions", "owners", "keepers", "cedar"} {
			if strings.Contains(text, word) {
				t.Errorf("%s: the answer tells of %s: %s", tt.name, word, text)
			}
		}
	}
}
