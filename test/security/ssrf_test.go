package security

import (
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"os"
	"strings"
	"testing"

	"portico/internal/outbound"
	"portico/internal/pg/pgtest"
)

// forbidden are addresses that nothing of the portal may connect to, one at least for each network of the table in
// internal/outbound, and those that predicates of libraries pass.
var forbidden = addrs(
	"127.0.0.1", "127.8.8.8", "0.0.0.0", "0.1.2.3", "10.0.0.5", "10.255.255.254", "172.16.0.1", "172.31.255.254", "192.168.1.1", "100.64.0.1", "100.127.255.254",
	"169.254.169.254", "169.254.170.2", "169.254.0.1", "100.100.100.200", "168.63.129.16", "192.0.0.192", "192.0.2.1", "192.88.99.1", "198.18.0.1", "198.19.255.254",
	"198.51.100.1", "203.0.113.1", "224.0.0.1", "240.0.0.1", "255.255.255.255",
	"::1", "::", "::ffff:127.0.0.1", "::ffff:169.254.169.254", "::127.0.0.1", "64:ff9b::a9fe:a9fe", "64:ff9b:1::a00:5", "2002:7f00:1::", "2002:a9fe:a9fe::1", "2001::1",
	"2001:db8::1", "fc00::1", "fd00:ec2::254", "fd20:ce::254", "fec0::1", "ff02::1", "3fff::1", "5f00::1", "100::1",
)

func addrs(list ...string) (out []netip.Addr) {
	for _, s := range list {
		out = append(out, netip.MustParseAddr(s))
	}
	return out
}

// urls are addresses that lead, or are meant to lead, where nothing may go.
func urls() (list []string) {
	for _, a := range forbidden {
		bare := a.String()
		if a.Is6() {
			bare = "[" + bare + "]"
		}
		list = append(list,
			"https://"+bare+"/catalog-info.yaml",
			"https://"+named("ip", a)+"/catalog-info.yaml",
			"https://"+named("ip", host, a)+"/catalog-info.yaml",
			"https://"+named("flip", host, a)+"/catalog-info.yaml",
		)
	}
	for _, spelt := range []string{
		"2130706433", "0x7f000001", "0x7f.1", "0177.0.0.1", "127.1", "127.0.1", "0", "127.0.0.1.", "localhost", "localhost.", "LOCALHOST", "localhost.localdomain", "ip6-localhost",
		"2852039166", "0xa9fea9fe", "0251.0376.0251.0376", "169.254.43518", "169.16689662", "0x0a.0.0.5", "012.0.0.5", "167772165",
		"１２７.０.０.１", "①②⑦.⓪.⓪.①", "127。0。0。1", "127.0.0.1%00.evil.example", "[::ffff:7f00:1]", "[0:0:0:0:0:0:0:1]", "[::1%25lo]", "[fe80::1%25lo]", "[::]",
		"metadata.google.internal", "kubernetes.default.svc",
	} {
		list = append(list, "https://"+spelt+"/catalog-info.yaml", "http://"+spelt+"/catalog-info.yaml")
	}
	ok := named("ip", host)
	for _, target := range []string{"127.0.0.1", "169.254.169.254", "[::1]"} {
		list = append(list,
			"https://"+ok+"@"+target+"/x.yaml", "https://"+ok+":443@"+target+"/x.yaml", `https://`+ok+`\@`+target+"/x.yaml", "https://"+target+"#@"+ok+"/x.yaml", "https://"+target+"?@"+ok+"/x.yaml",
			"https://"+ok+"%2f@"+target+"/x.yaml", "https://"+ok+"\t@"+target+"/x.yaml", "https:/"+target+"/x.yaml", "https:"+target+"/x.yaml", "https:///"+target+"/x.yaml", "//"+target+"/x.yaml",
			"https://"+target+":8080/x.yaml", "http://"+target+":2375/containers/json", "https://"+target+":6443/api",
		)
	}
	for _, scheme := range []string{"file", "gopher", "ftp", "dict", "ldap", "jar:http", "ssh", "git", "git+ssh", "ext", "unix", "netdoc", "ws", "tftp", "sftp", "view-source:http"} {
		list = append(list, scheme+"://127.0.0.1:6379/x.yaml")
	}
	return append(list, "ext::sh -c touch% /tmp/wall", "data:text/yaml,kind: Component", "git@127.0.0.1:o/r.git", "-oProxyCommand=touch /tmp/wall", "--upload-pack=touch /tmp/wall")
}

// redirects are answers of a host that may be read, to where nothing may go: a path that it serves each.
func redirects() (paths []string, serve http.HandlerFunc) {
	var targets []string
	for _, a := range []string{"http://127.0.0.1/", "https://127.0.0.1/", "https://169.254.169.254/latest/", "http://169.254.169.254/", "https://[::1]/", "//10.0.0.5/", "file:///etc/passwd", "gopher://127.0.0.1:6379/_x",
		"https://" + named("ip", forbidden[0]) + "/", "https://" + named("flip", host, forbidden[0]) + "/", "https://0x7f.1/"} {
		for _, code := range []int{301, 302, 303, 307, 308} {
			targets = append(targets, fmt.Sprint(code)+" "+a)
		}
	}
	targets = append(targets, "200 refresh", "200 meta", "302 loop")
	for i := range targets {
		paths = append(paths, fmt.Sprintf("/r/%d/catalog-info.yaml", i))
	}
	return paths, func(w http.ResponseWriter, r *http.Request) {
		var i int
		if _, err := fmt.Sscanf(r.URL.Path, "/r/%d/", &i); err != nil || i >= len(targets) {
			w.Header().Set("Content-Type", "text/yaml")
			fmt.Fprint(w, "apiVersion: backstage.io/v1alpha1\nkind: Component\nmetadata: {name: far}\nspec: {type: service, lifecycle: production, owner: keepers}\n")
			return
		}
		code, to, _ := strings.Cut(targets[i], " ")
		switch to {
		case "refresh":
			w.Header().Set("Refresh", "0; url=https://127.0.0.1/")
			return
		case "meta":
			fmt.Fprint(w, `<meta http-equiv="refresh" content="0; url=https://127.0.0.1/">`)
			return
		case "loop":
			to = r.URL.Path
		}
		w.Header().Set("Location", to)
		var status int
		_, _ = fmt.Sscan(code, &status)
		w.WriteHeader(status)
	}
}

// S6: through none of the doors that lead out is anything reached that must not be: every address of a network namespace
// is listened on, and the connections are counted.
func TestS6NothingForbiddenIsReached(t *testing.T) {
	if !inNamespace(t, func() string {
		if dsn := pgtest.DSN(t); strings.Contains(dsn, "host=%2F") || strings.Contains(dsn, "host=/") {
			return dsn
		}
		return pgtest.NewServer(t).DSN() // one that a socket leads to: addresses lead nowhere in there
	}) {
		return
	}
	w := newWorld(t)
	inputs := urls()
	paths, serve := redirects()
	for _, p := range paths {
		inputs = append(inputs, "https://"+named("ip", host)+p)
	}
	w.answer(serve)

	// Whatever the portal read, it read before it was asked: what files include, and what they put in place.
	var include, placed strings.Builder
	for i, u := range inputs {
		quoted, _ := json.Marshal(u)
		fmt.Fprintf(&include, "---\napiVersion: backstage.io/v1alpha1\nkind: Location\nmetadata: {name: l%d}\nspec: {target: %s}\n", i, quoted)
		fmt.Fprintf(&placed, "---\napiVersion: backstage.io/v1alpha1\nkind: API\nmetadata: {name: a%d}\nspec: {type: openapi, lifecycle: production, owner: keepers, definition: {%s: %s}}\n",
			i, []string{"$text", "$json", "$yaml"}[i%3], quoted)
	}
	p := start(t, setup{
		dsn:   os.Getenv("PORTICO_WALL_DSN"),
		files: map[string]string{"include.yaml": include.String(), "placed.yaml": placed.String()},
		config: []string{`
backend: {reading: {allow: [{host: "*.evil.example"}, {host: "*.evil.example:8080"}, {host: 127.0.0.1}, {host: localhost}, {host: 169.254.169.254}, {host: 10.0.0.5}, {host: "93.184.216.34"}]}}
integrations:
  github: [{host: ghe.evil.example, apiBaseUrl: "https://` + named("ip", forbidden[11]) + `/api/v3", token: wall-github-token}]
  gitlab: [{host: ` + named("flip", host, forbidden[0]) + `, token: wall-gitlab-token}]
catalog: {locations: [{type: file, target: ./catalog.yaml}, {type: file, target: ./include.yaml}, {type: file, target: ./placed.yaml}]}
`}})
	inputs = append(inputs, "https://ghe.evil.example/o/r/blob/main/catalog-info.yaml", "https://"+named("flip", host, forbidden[0])+"/g/p/-/blob/main/catalog-info.yaml")

	// The listeners count, and what may be read is read.
	c, err := net.Dial("tcp", "169.254.169.254:80")
	if err != nil {
		t.Fatal(err)
	}
	_ = c.Close()
	p.until("a connection to a forbidden address is counted", func() bool { return len(w.taken()) > 0 })
	ok := `{"type":"url","target":"https://` + named("ip", host) + `/catalog-info.yaml"}`
	if got := p.do("POST", "/api/catalog/locations?dryRun=true", ok, bearer(wideToken)); got.status != http.StatusCreated || !strings.Contains(string(got.body), `"far"`) {
		t.Fatalf("what may be read is not: %d %s", got.status, got.body)
	}

	doors := 0
	door := func(name string, open func()) {
		open()
		doors++
		if hits := w.taken(); len(hits) > 0 {
			t.Errorf("%s: %d connections to %v", name, len(hits), hits)
		}
	}
	for i, u := range inputs {
		target, _ := json.Marshal(u)
		for _, typ := range []string{"url", "git"} {
			if typ == "git" && i%3 > 0 {
				continue // each is a process
			}
			body := fmt.Sprintf(`{"type":%q,"target":%s}`, typ, target)
			door("preview of "+typ+":"+u, func() {
				if got := p.do("POST", "/api/catalog/locations?dryRun=true", body, bearer(wideToken)); got.status/100 == 2 && !strings.HasSuffix(u, "/r/x") {
					if !strings.Contains(u, "/r/") && !strings.Contains(u, "flip-") {
						t.Errorf("preview of %s:%s: %d %.200s", typ, u, got.status, got.body)
					}
				}
			})
			door("registration of "+typ+":"+u, func() { p.do("POST", "/api/catalog/locations", body, bearer(wideToken)) })
		}
		door("analysis of "+u, func() {
			p.do("POST", "/api/catalog/analyze-location", fmt.Sprintf(`{"location":{"type":"url","target":%s}}`, target), bearer(wideToken))
		})
		door("validation of "+u, func() {
			loc, _ := json.Marshal("url:" + u)
			p.do("POST", "/api/catalog/validate-entity", fmt.Sprintf(`{"location":%s,"entity":{"apiVersion":"backstage.io/v1alpha1","kind":"API","metadata":{"name":"x"},"spec":{"type":"openapi","lifecycle":"x","owner":"x","definition":{"$text":%s}}}}`, loc, target), bearer(wideToken))
		})
	}
	p.until("everything registered was tried", func() bool {
		return p.value(`SELECT count(*)::text FROM catalog_sources WHERE last_attempt_at IS NULL`) == "0"
	})
	door("what was registered, included and put in place", func() {})
	count(t, "S1", "addresses: through every door", len(inputs))
	count(t, "S6", "inputs", len(inputs))
	count(t, "S6", "doors tried", doors+2*len(inputs))
	count(t, "S6", "forbidden addresses connected to", len(w.taken()))
	if len(inputs) < 260 {
		t.Errorf("only %d inputs", len(inputs))
	}
	w.mu.Lock()
	if w.good < 10 {
		t.Errorf("the host that may be read was asked %d times: this test proves nothing", w.good)
	}
	w.mu.Unlock()
}

// S6: a host that some resolver reads as an address, each in its own way, cannot even be opened.
func TestS6OddNumbersAreNoHosts(t *testing.T) {
	odd := []string{"2130706433", "0x7f000001", "0x7f.1", "0177.0.0.1", "127.1", "127.0.1", "0", "2852039166", "0xa9fea9fe", "0251.0376.0251.0376", "169.254.43518", "169.16689662", "x.1", "a.0x7f", "127.0.0.1.1"}
	for _, h := range odd {
		if c, err := outbound.New(outbound.Options{Allow: []outbound.Rule{{Host: h}}}); err == nil {
			c.Close()
			t.Errorf("%s can be opened", h)
		}
	}
	count(t, "S6", "odd numbers", len(odd))
}
