package discovery

import (
	"net/url"
	"strings"
	"testing"

	"portico/internal/errs"
	"portico/internal/outbound"
)

func hosts() []Integration {
	return []Integration{
		{Kind: "github", Host: "github.com", Token: "canary-gh"},
		{Kind: "github", Host: "ghe.example.com"},
		{Kind: "gitlab", Host: "gitlab.com", Token: "canary-gl"},
		{Kind: "gitlab", Host: "git.example.com", BaseURL: "https://git.example.com/gitlab"},
		{Kind: "gitea", Host: "gitea.example.com", Username: "bot", Password: "canary-gt"},
	}
}

func TestParseHostURL(t *testing.T) {
	r := reader(t, Options{Integrations: hosts()})
	tests := []struct {
		in  string
		api string // of its file; "" for folders
		web string
	}{
		{"https://github.com/o/r/blob/main/catalog-info.yaml", "https://api.github.com/repos/o/r/contents/catalog-info.yaml?ref=main", "https://github.com/o/r/blob/main/catalog-info.yaml"},
		{"https://GitHub.com/o/r/raw/v1.2/a%20b/c%23d.yaml?x=1#L3", "https://api.github.com/repos/o/r/contents/a%20b/c%23d.yaml?ref=v1.2", "https://github.com/o/r/blob/v1.2/a%20b/c%23d.yaml"},
		{"https://github.com/o/r/blob/feature%2Fx/a.yaml", "https://api.github.com/repos/o/r/contents/a.yaml?ref=feature%2Fx", "https://github.com/o/r/blob/feature%2Fx/a.yaml"},
		{"https://raw.githubusercontent.com/o/r/main/a/b.yaml", "https://api.github.com/repos/o/r/contents/a/b.yaml?ref=main", "https://github.com/o/r/blob/main/a/b.yaml"},
		{"https://raw.githubusercontent.com/o/r/refs/heads/main/a.yaml", "https://api.github.com/repos/o/r/contents/a.yaml?ref=main", "https://github.com/o/r/blob/main/a.yaml"},
		{"https://github.com/o/r", "", "https://github.com/o/r/tree/HEAD"},
		{"https://github.com/o/r.git", "", "https://github.com/o/r/tree/HEAD"},
		{"https://github.com/o/r/tree/main/services/", "", "https://github.com/o/r/tree/main/services"},
		{"https://github.com/o/r/blob/main/**/catalog-info.yaml", "https://api.github.com/repos/o/r/contents/%2A%2A/catalog-info.yaml?ref=main", "https://github.com/o/r/blob/main/**/catalog-info.yaml"},
		{"https://ghe.example.com/o/r/blob/main/x.yaml", "https://ghe.example.com/api/v3/repos/o/r/contents/x.yaml?ref=main", "https://ghe.example.com/o/r/blob/main/x.yaml"},
		{"https://gitlab.com/g/sub/p/-/blob/main/d/x.yaml", "https://gitlab.com/api/v4/projects/g%2Fsub%2Fp/repository/files/d%2Fx.yaml/raw?ref=main", "https://gitlab.com/g/sub/p/-/blob/main/d/x.yaml"},
		{"https://gitlab.com/g/p/blob/main/x.yaml", "https://gitlab.com/api/v4/projects/g%2Fp/repository/files/x.yaml/raw?ref=main", "https://gitlab.com/g/p/-/blob/main/x.yaml"},
		{"https://gitlab.com/g/sub/p", "", "https://gitlab.com/g/sub/p/-/tree/HEAD"},
		{"https://gitlab.com/g/p/-/tree/main", "", "https://gitlab.com/g/p/-/tree/main"},
		{"https://git.example.com/gitlab/g/p/-/blob/main/x.yaml", "https://git.example.com/gitlab/api/v4/projects/g%2Fp/repository/files/x.yaml/raw?ref=main", "https://git.example.com/gitlab/g/p/-/blob/main/x.yaml"},
		{"https://gitea.example.com/o/r/src/branch/main/d/x.yaml", "https://gitea.example.com/api/v1/repos/o/r/raw/d/x.yaml?ref=main", "https://gitea.example.com/o/r/src/branch/main/d/x.yaml"},
		{"https://gitea.example.com/o/r/raw/tag/v1/x.yaml", "https://gitea.example.com/api/v1/repos/o/r/raw/x.yaml?ref=v1", "https://gitea.example.com/o/r/src/branch/v1/x.yaml"},
		{"https://gitea.example.com/o/r", "", "https://gitea.example.com/o/r/src/branch/HEAD"},
	}
	for _, tt := range tests {
		h, err := r.parseHostURL(tt.in)
		if err != nil || h == nil {
			t.Errorf("%s: got %v, %v", tt.in, h, err)
			continue
		}
		if got := h.web(h.path, h.tree); got != tt.web {
			t.Errorf("%s: web %s, want %s", tt.in, got, tt.web)
		}
		if api, _ := h.api(h.path, false); tt.api != "" && api != tt.api {
			t.Errorf("%s: api %s, want %s", tt.in, api, tt.api)
		}
		if h.tree != (tt.api == "") {
			t.Errorf("%s: tree is %v", tt.in, h.tree)
		}
	}
	if h, err := r.parseHostURL("https://elsewhere.example/o/r/blob/main/x"); h != nil || err != nil {
		t.Errorf("another host: got %v, %v", h, err)
	}
	anonymous, _ := (&hostURL{in: &r.opts.Integrations[0], owner: "o", repo: "r", ref: "main", path: "a b"}).api("a b", true)
	if anonymous != "https://raw.githubusercontent.com/o/r/main/a%20b" {
		t.Errorf("anonymous: %s", anonymous)
	}
}

// hostile are URLs at Git hosts that want to be two things at once.
var hostile = []string{
	"https://github.com/o/repo%2F..%2F..%2Fuser/blob/main/x", "https://github.com/o%2Fx/r/blob/main/x", "https://github.com/o/r%252F..%252Fuser/blob/main/x",
	"https://github.com/o/../r/blob/main/x", "https://github.com/./r/blob/main/x", "https://github.com/o/%2e%2e/blob/main/x", "https://github.com/o/..%2f..%2fuser",
	`https://github.com/o/r\..\user/blob/main/x`, "https://github.com/o/r/blob/main/a%5c..%5cb", "https://github.com/o/r/blob/main/../../../user", "https://github.com/o/r/blob/main/a%2f..%2f..%2fb",
	"https://github.com/o/r/blob/main/%2e%2e/%2e%2e/x", "https://github.com/o/r/blob/main/%252e%252e/x", "https://github.com/o/r/blob/main/%25252e%25252e%25252fx", "https://github.com/o/r/blob/..%2f..%2fx/y", "https://github.com/o/r/blob/--upload-pack/y",
	"https://github.com/o/r/blob/main/%2e%252f0", "https://github.com/o/r/blob/main@%7b1%7d/y", "https://github.com/o/r/blob/main/x%00", "https://github.com/o/r/blob/main/x%0d%0aHost:%20evil", "https://github.com/o/r/blob/main//x", "https://github.com//r/blob/main/x",
	"https://user@github.com/o/r/blob/main/x", "https://u:p@github.com/o/r/blob/main/x", "https://github.com/o/r/blob/main", "https://github.com/o/r/blob", "https://github.com/o/r/settings/secrets", "https://github.com/o", "https://github.com/",
	"https://github.com", "https://github.com/user", "https://github.com/o/r?x/blob/main/y/../../..", "ftp://github.com/o/r/blob/main/x", "https://github.com/o/r%09/blob/main/x", "https://github.com/o/r%20/blob/main/x", "https://github.com/o/r%3F/blob/main/x", "https://github.com/o/r%23/blob/main/x",
	"https://raw.githubusercontent.com/o/r/main", "https://raw.githubusercontent.com/o/..%2f/main/x", "https://gitlab.com/g/-/p/-/blob/main/x", "https://gitlab.com/g/%2e%2e/p/-/blob/main/x", "https://gitlab.com/g/p/-/blob/main", "https://gitlab.com/g/p/-/settings", "https://gitlab.com/-/p/-/blob/main/x",
	"https://gitlab.com/g%2F..%2F..%2Fuser/p/-/blob/main/x", "https://git.example.com/g/p/-/blob/main/x", "https://gitea.example.com/o/r/src/branch/../x", "https://gitea.example.com/o/r/settings", "https://gitea.example.com/o/r/src/other/main/x", "https://gitea.example.com/o/%2e%2e/src/branch/main/x",
}

func TestHostileHostURLs(t *testing.T) {
	r := reader(t, Options{Integrations: hosts()})
	for _, raw := range hostile {
		h, err := r.parseHostURL(raw)
		if h != nil {
			// One that is understood all the same must be understood as something harmless.
			checkRebuilt(t, raw, h)
			continue
		}
		if err != nil && (errs.Sentence(err) == "" || errs.KindOf(err) == errs.Internal) {
			t.Errorf("%q: got %v", raw, err)
		}
	}
}

// checkRebuilt holds every address that is built from a parsed URL to the repository that it names.
func checkRebuilt(t *testing.T, raw string, h *hostURL) {
	t.Helper()
	rules, err := Rules(hosts())
	if err != nil {
		t.Fatal(err)
	}
	guard, err := outbound.New(outbound.Options{Allow: rules})
	if err != nil {
		t.Fatal(err)
	}
	api, err := url.Parse(h.in.APIBaseURL)
	if err != nil {
		t.Fatal(err)
	}
	for _, anonymous := range []bool{false, true} {
		if h.path == "" {
			continue
		}
		address, _ := h.api(h.path, anonymous)
		u, err := url.Parse(address)
		if err != nil {
			t.Fatalf("%q became %q: %v", raw, address, err)
		}
		prefix := api.Path + "/repos/" + h.owner + "/" + h.repo + "/contents/"
		switch {
		case h.in.Kind == "gitlab":
			prefix = api.Path + "/projects/" + url.PathEscape(h.owner+"/"+h.repo) + "/repository/files/"
		case h.in.Kind == "gitea":
			prefix = api.Path + "/repos/" + h.owner + "/" + h.repo + "/raw/"
		case h.in.RawBaseURL != "" && u.Host != api.Host:
			prefix = "/" + h.owner + "/" + h.repo + "/" + pathOnly(h.ref) + "/"
		}
		if !strings.HasPrefix(u.EscapedPath(), prefix) || strings.Contains(h.repo, "/") || u.User != nil || u.Fragment != "" {
			t.Fatalf("%q became %q, outside of %s", raw, address, prefix)
		}
		for p := u.EscapedPath(); ; {
			if strings.Contains(p+"/", "/../") || strings.Contains(p+"/", "/./") || strings.Contains(p, `\`) {
				t.Fatalf("%q became %q with a way up", raw, address)
			}
			next, err := url.PathUnescape(p)
			if err != nil || next == p {
				break
			}
			p = next
		}
		// The client has the last word, and must agree with us.
		if err := guard.Check(address); err != nil && !strings.Contains(raw, "%") {
			t.Fatalf("%q became %q, which the client refuses: %v", raw, address, err)
		}
	}
	again, err := reader(t, Options{Integrations: hosts()}).parseHostURL(h.web(h.path, h.tree))
	if err != nil || again == nil || !again.sameRepo(h) || again.path != h.path || again.ref != h.ref {
		t.Fatalf("%q: its page %q is understood as %+v, %v", raw, h.web(h.path, h.tree), again, err)
	}
}

func FuzzGitHostURL(f *testing.F) {
	for _, s := range hostile {
		f.Add(s)
	}
	f.Add("https://gitlab.com/g/sub/p/-/blob/main/d/x.yaml")
	f.Add("https://gitea.example.com/o/r/src/branch/main/d/x.yaml")
	f.Add("https://raw.githubusercontent.com/o/r/refs/heads/main/a.yaml")
	r := reader(f, Options{Integrations: hosts()})
	f.Fuzz(func(t *testing.T, raw string) {
		h, err := r.parseHostURL(raw)
		if err != nil || h == nil {
			return
		}
		checkRebuilt(t, raw, h)
	})
}

func TestRulesAndCredentials(t *testing.T) {
	rules, err := Rules(hosts())
	if err != nil {
		t.Fatal(err)
	}
	c, err := outbound.New(outbound.Options{Allow: rules})
	if err != nil {
		t.Fatal(err)
	}
	for u, want := range map[string]bool{
		"https://api.github.com/repos/o/r/contents/x": true, "https://api.github.com/user": false, "https://api.github.com/reposx": false, "https://github.com/o/r.git": true,
		"https://gitlab.com/api/v4/projects/g%2Fp/repository/tree": true, "https://git.example.com/gitlab/api/v4/projects/1": true, "https://git.example.com/other": false,
		"http://github.com/o/r.git": false, "https://elsewhere.example/": false,
		"https://api.github.com/graphql": true, "https://api.github.com/graphqlx": false, "https://ghe.example.com/api/graphql": true, "https://api.github.com/orgs/o/installation": true,
		"https://api.github.com/users/o/installation": true, "https://api.github.com/app/installations/1/access_tokens": true, "https://ghe.example.com/api/v3/app/installations": true,
		"https://api.github.com/notifications": false,
	} {
		if err := c.Check(u); (err == nil) != want {
			t.Errorf("%s: %v", u, err)
		}
	}
	for _, rule := range rules {
		if len(rule.Header) > 0 && len(rule.PathPrefixes) == 0 {
			t.Errorf("credentials for all of %s", rule.Host)
		}
		for _, p := range rule.PathPrefixes {
			if own := strings.HasSuffix(p, "/app") || strings.HasSuffix(p, "/orgs") || strings.HasSuffix(p, "/users"); own && rule.Host == "api.github.com" && len(rule.Header) > 0 {
				t.Errorf("credentials for %s, where an App signs", p)
			}
		}
	}
	creds := Credentials(hosts())
	if len(creds) != 3 || creds[0].Username != "x-access-token" || creds[1].Username != "oauth2" || creds[2].Username != "bot" {
		t.Errorf("credentials: %+v", creds)
	}
	if _, err := New(Options{Integrations: []Integration{{Kind: "svn", Host: "x"}}}); !errs.Is(err, errs.Invalid) {
		t.Errorf("an unknown kind: %v", err)
	}
}
