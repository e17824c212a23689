package discovery

import (
	"context"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"sort"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"portico/internal/catalog"
	"portico/internal/errs"
	"portico/internal/outbound"
)

// fakeHost stands for a Git host: the shapes of its API as the hosts document them.
type fakeHost struct {
	*httptest.Server
	host  string // example.com:PORT, for which the certificate holds
	kind  string
	token string // that repository o/private asks for
	files map[string]map[string]string

	mu   sync.Mutex
	seen []string // "METHOD PATH auth"
	sent []string // files whose content was sent
}

func newFakeHost(t *testing.T, kind string) *fakeHost {
	t.Helper()
	f := &fakeHost{kind: kind, token: "canary-token", files: map[string]map[string]string{
		"o/r":       {"catalog-info.yaml": "root", "a/catalog-info.yaml": "a", "a/b c.yaml": "bc", "skeleton/catalog-info.yaml": "no", "README.md": "# R\n\nThe repository of the test."},
		"o/other":   {"x.yaml": "other"},
		"o/private": {"x.yaml": secret},
		"o/bare":    {"README.md": "# Bare\n\nA service without any descriptor.", "go.mod": "module x", "main.go": "package main", "Dockerfile": "FROM x", "CODEOWNERS": "* @o/team"},
	}}
	f.Server = httptest.NewTLSServer(http.HandlerFunc(f.serve))
	t.Cleanup(f.Close)
	_, port, _ := net.SplitHostPort(f.Listener.Addr().String())
	f.host = "example.com:" + port
	return f
}

func (f *fakeHost) serve(w http.ResponseWriter, r *http.Request) {
	auth := r.Header.Get("Authorization") + r.Header.Get("Private-Token")
	f.mu.Lock()
	f.seen = append(f.seen, strings.TrimSpace(r.Method+" "+r.URL.EscapedPath()+" "+auth))
	f.mu.Unlock()
	var repo, file, list string
	switch p := r.URL.EscapedPath(); f.kind {
	case "gitlab": // /api/v4/projects/:id/repository/{files/:path/raw,tree}
		rest, ok := strings.CutPrefix(p, "/api/v4/projects/")
		id, rest, ok2 := strings.Cut(rest, "/repository/")
		if !ok || !ok2 {
			http.NotFound(w, r)
			return
		}
		repo, _ = url.PathUnescape(id)
		if name, ok := strings.CutPrefix(rest, "files/"); ok {
			file, _ = url.PathUnescape(strings.TrimSuffix(name, "/raw"))
		} else {
			list = "gitlab"
		}
	default: // /api/v3/repos/:owner/:repo/{contents,raw,git/trees}
		prefix := map[string]string{"github": "/api/v3/repos/", "gitea": "/api/v1/repos/"}[f.kind]
		parts := strings.SplitN(strings.TrimPrefix(r.URL.Path, prefix), "/", 4)
		if !strings.HasPrefix(r.URL.Path, prefix) || len(parts) < 2 {
			http.NotFound(w, r)
			return
		}
		repo = parts[0] + "/" + parts[1]
		switch {
		case len(parts) == 2:
			list = "about"
		case parts[2] == map[string]string{"github": "contents", "gitea": "raw"}[f.kind]:
			file = parts[3]
		case parts[2] == "git":
			list = "tree"
		}
	}
	files := f.files[repo]
	if files == nil || repo == "o/private" && !strings.Contains(auth, f.token) {
		w.WriteHeader(http.StatusNotFound)
		return
	}
	if ref := r.URL.Query().Get("ref"); ref != "" && ref != "main" && ref != "HEAD" {
		w.WriteHeader(http.StatusNotFound)
		return
	}
	switch list {
	case "about":
		_ = json.NewEncoder(w).Encode(map[string]any{"default_branch": "main"})
		return
	case "tree", "gitlab":
		f.list(w, r, files, list)
		return
	}
	data, ok := files[file]
	if !ok || f.kind == "github" && r.Header.Get("Accept") != "application/vnd.github.raw" {
		w.WriteHeader(http.StatusNotFound)
		return
	}
	etag := fmt.Sprintf("%q", digest([]byte(data)))
	w.Header().Set("ETag", etag)
	if r.Header.Get("If-None-Match") == etag {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	f.mu.Lock()
	f.sent = append(f.sent, file)
	f.mu.Unlock()
	_, _ = w.Write([]byte(data))
}

// list answers in pages of two, but for GitHub, which has one.
func (f *fakeHost) list(w http.ResponseWriter, r *http.Request, files map[string]string, shape string) {
	var names []string
	for n := range files {
		if strings.HasPrefix(n, r.URL.Query().Get("path")) {
			names = append(names, n)
		}
	}
	sort.Strings(names)
	names = append(names, "link", "../evil") // a link, and a name that no host should give
	page, more := names, false
	if f.kind != "github" {
		var n int
		_, _ = fmt.Sscan(r.URL.Query().Get("page"), &n)
		from := min((n-1)*2, len(names))
		page = names[from:min(from+2, len(names))]
		more = from+2 < len(names)
	}
	type entry map[string]any
	var entries []entry
	for _, n := range page {
		e := entry{"path": n, "type": "blob", "mode": "100644", "id": digest([]byte(files[n])), "sha": digest([]byte(files[n])), "size": len(files[n])}
		if n == "link" {
			e["mode"] = "120000"
		}
		entries = append(entries, e)
	}
	if shape == "gitlab" {
		if more {
			w.Header().Set("X-Next-Page", "next")
		}
		_ = json.NewEncoder(w).Encode(entries)
		return
	}
	_ = json.NewEncoder(w).Encode(map[string]any{"sha": "x", "truncated": more, "tree": entries})
}

func (f *fakeHost) requests() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	out := f.seen
	f.seen = nil
	return out
}

// page is the address of a file as a browser shows it.
func (f *fakeHost) page(repo, p string) string {
	return "https://" + f.host + "/" + repo + map[string]string{"github": "/blob/main/", "gitlab": "/-/blob/main/", "gitea": "/src/branch/main/"}[f.kind] + p
}

// contents are the files whose content was sent since the last call, sorted.
func (f *fakeHost) contents() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	out := f.sent
	f.sent = nil
	sort.Strings(out)
	return out
}

func outboundFor(t *testing.T, rules []outbound.Rule, servers ...*httptest.Server) *outbound.Client {
	t.Helper()
	pool := x509.NewCertPool()
	for _, s := range servers {
		if s.Certificate() != nil {
			pool.AddCert(s.Certificate())
		}
	}
	c, err := outbound.New(outbound.Options{Allow: rules, RootCAs: pool, Lookup: func(context.Context, string) ([]netip.Addr, error) {
		return []netip.Addr{netip.MustParseAddr("127.0.0.1")}, nil
	}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

// reader knows this host, with or without its token.
func (f *fakeHost) reader(t *testing.T, token string, more ...outbound.Rule) *Reader {
	t.Helper()
	ins := []Integration{{Kind: f.kind, Host: f.host, Token: token, AllowPrivate: true, Name: "integrations." + f.kind + "[0]"}}
	rules, err := Rules(ins)
	if err != nil {
		t.Fatal(err)
	}
	return reader(t, Options{Integrations: ins, Outbound: outboundFor(t, append(rules, more...), f.Server)})
}

func URL(s string) catalog.Location { return catalog.Location{Type: "url", Target: s} }

func TestHosts(t *testing.T) {
	for _, kind := range []string{"github", "gitlab", "gitea"} {
		t.Run(kind, func(t *testing.T) {
			f := newFakeHost(t, kind)
			r := f.reader(t, f.token)
			ctx := t.Context()

			loc := URL(f.page("o/r", "a/catalog-info.yaml"))
			reading, got := read(t, r, loc)
			if diff := cmp.Diff(map[string]string{loc.String(): "a"}, got); diff != "" {
				t.Error(diff)
			}
			one := reading.Files[0]
			if one.Name != "a/catalog-info.yaml" || one.ViewURL != loc.Target || !strings.Contains(one.EditURL, "edit") || !strings.HasPrefix(one.SourceLocation, "url:https://"+f.host+"/o/r/") || !strings.HasSuffix(one.SourceLocation, "/a/") {
				t.Errorf("file: %+v", one)
			}
			if _, got := read(t, r, URL(f.page("o/r", "**/catalog-info.yaml"))); len(got) != 3 {
				t.Errorf("pattern: %v", got)
			}
			if _, got := read(t, r, URL(f.page("o/r", "a/*.yaml"))); len(got) != 2 || got["url:"+f.page("o/r", "a/b%20c.yaml")] != "bc" {
				t.Errorf("pattern below: %v", got)
			}
			if _, got := read(t, r, URL("https://"+f.host+"/o/r")); len(got) != 2 {
				t.Errorf("repository: %v", got)
			}
			if _, got := read(t, r, URL(f.page("o/private", "x.yaml"))); len(got) != 1 {
				t.Errorf("private with token: %v", got)
			}
			for target, kind := range map[string]errs.Kind{
				f.page("o/r", "absent.yaml"):       errs.NotFound,
				f.page("o/absent", "x.yaml"):       errs.NotFound,
				"https://" + f.host + "/o/bare":    errs.NotFound,
				"https://" + f.host + "/settings":  errs.Invalid,
				"https://elsewhere.example/x.yaml": errs.Forbidden,
				"http://169.254.169.254/latest":    errs.Forbidden,
				"https://elsewhere.example/*/x":    errs.Invalid,
				"file:///etc/passwd":               errs.Forbidden,
			} {
				if _, err := r.Read(ctx, URL(target), catalog.Known{}); !errs.Is(err, kind) || errs.Sentence(err) == "" {
					t.Errorf("%s: got %v (%s)", target, err, errs.KindOf(err).Name())
				}
			}
			f.requests()
			if _, err := f.reader(t, "").Read(ctx, URL(f.page("o/private", "x.yaml")), catalog.Known{}); !errs.Is(err, errs.NotFound) || !strings.Contains(errs.Remedy(err), "integrations."+kind+"[0]") {
				t.Errorf("private without token: %v, remedy %q", err, errs.Remedy(err))
			}

			// What descriptors refer to.
			base := URL(f.page("o/r", "a/catalog-info.yaml"))
			for _, tt := range []struct{ target, want string }{
				{"./b c.yaml", "bc"}, {"../catalog-info.yaml", "root"}, {"/catalog-info.yaml", "root"}, {f.page("o/r", "catalog-info.yaml"), "root"},
				{"../../../private/blob/main/x.yaml", ""}, {"../..", ""}, {f.page("o/private", "x.yaml"), ""}, {f.page("o/other", "x.yaml"), ""},
				{"https://" + f.host + "/o/r", ""}, {"https://elsewhere.example/x", ""}, {"%2e%2e/x", ""}, {"..%2f..%2fx", ""}, {"*", ""}, {".", ""},
				{"https://" + f.host + "/api/v3/repos/o/private/contents/x.yaml", ""}, {"//elsewhere.example/x", ""},
			} {
				data, loc, err := include(ctx, r, base, tt.target)
				if tt.want == "" {
					if err == nil || errs.Sentence(err) == "" || strings.Contains(string(data)+err.Error(), "canary") {
						t.Errorf("%q: got %q, %v", tt.target, data, err)
					}
				} else if err != nil || string(data) != tt.want || loc.Type != "url" {
					t.Errorf("%q: got %q at %s, %v", tt.target, data, loc, err)
				}
			}
			for _, seen := range f.requests() {
				if strings.Contains(seen, "private") && strings.Contains(seen, "canary") || strings.Contains(seen, "user") {
					t.Errorf("asked with credentials: %s", seen)
				}
			}

			// A base on this machine reads what everybody may read, without credentials.
			dir := t.TempDir()
			if err := r.AllowLocal(dir); err != nil {
				t.Fatal(err)
			}
			local := file(dir + "/catalog-info.yaml")
			if data, _, err := include(ctx, r, local, f.page("o/other", "x.yaml")); err != nil || string(data) != "other" {
				t.Errorf("public from here: %q, %v", data, err)
			}
			if data, _, err := include(ctx, r, local, f.page("o/private", "x.yaml")); !errs.Is(err, errs.NotFound) {
				t.Errorf("private from here: %q, %v", data, err)
			}
			for _, seen := range f.requests() {
				if strings.Contains(seen, "canary") {
					t.Errorf("asked with credentials: %s", seen)
				}
			}
		})
	}
}

func TestResolveAtHosts(t *testing.T) {
	r := reader(t, Options{Integrations: hosts()})
	gh := URL("https://github.com/o/r/blob/main/a/all.yaml")
	plain := URL("https://files.example.com/c/all.yaml")
	repo := catalog.Location{Type: "git", Target: "https://github.com/o/r.git#main:a/all.yaml"}
	for _, tt := range []struct {
		base              catalog.Location
		typ, target, want string
	}{
		{gh, "url", "./b/x.yaml", "url:https://github.com/o/r/blob/main/a/b/x.yaml"},
		{gh, "", "../x.yaml", "url:https://github.com/o/r/blob/main/x.yaml"},
		{gh, "url", "/x.yaml", "url:https://github.com/o/r/blob/main/x.yaml"},
		{gh, "url", "./*/catalog-info.yaml", "url:https://github.com/o/r/blob/main/a/*/catalog-info.yaml"},
		{gh, "url", "https://github.com/p/q/blob/main/x.yaml", "url:https://github.com/p/q/blob/main/x.yaml"},
		{gh, "git", "https://github.com/p/q.git", "git:https://github.com/p/q.git"},
		{gh, "url", "../../x.yaml", ""}, {gh, "file", "/etc/passwd", ""}, {gh, "file", "./x.yaml", ""}, {gh, "folder", "/srv", ""}, {gh, "git", "./x", ""},
		{plain, "url", "x/y.yaml", "url:https://files.example.com/c/x/y.yaml"},
		{plain, "url", "../y.yaml", ""}, {plain, "url", "/y.yaml", ""}, {plain, "url", "//evil.example/y.yaml", ""}, {plain, "file", "y.yaml", ""},
		{repo, "git", "./b.yaml", "git:https://github.com/o/r.git#main:a/b.yaml"},
		{repo, "", "../b.yaml", "git:https://github.com/o/r.git#main:b.yaml"},
		{repo, "", "*/b.yaml", "git:https://github.com/o/r.git#main:a/*/b.yaml"},
		{repo, "", "https://github.com/p/q/blob/main/x.yaml", "url:https://github.com/p/q/blob/main/x.yaml"},
		{repo, "", "https://github.com/p/q.git", "git:https://github.com/p/q.git"},
		{repo, "", "../../b.yaml", ""}, {repo, "file", "b.yaml", ""}, {repo, "git", "https://github.com/p/q.git#main:../x", ""}, {repo, "git", "https://github.com/p/q.git#-x", ""},
	} {
		got, err := r.Resolve(tt.base, tt.typ, tt.target)
		if tt.want == "" {
			if err == nil || errs.Sentence(err) == "" {
				t.Errorf("%s: %s %q: got %s, want a refusal", tt.base, tt.typ, tt.target, got)
			}
		} else if err != nil || got.String() != tt.want {
			t.Errorf("%s: %s %q: got %s, %v; want %s", tt.base, tt.typ, tt.target, got, err, tt.want)
		}
	}
}

func TestPlainURL(t *testing.T) {
	content := map[string]string{"/c/all.yaml": "A", "/c/api.yaml": "api", "/secret.yaml": secret}
	srv := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		data, ok := content[r.URL.Path]
		if !ok || r.Header.Get("Authorization") != "" {
			w.WriteHeader(http.StatusNotFound)
			return
		}
		_, _ = w.Write([]byte(data)) // without an ETag
	}))
	defer srv.Close()
	_, port, _ := net.SplitHostPort(srv.Listener.Addr().String())
	host := "example.com:" + port
	r := reader(t, Options{Outbound: outboundFor(t, []outbound.Rule{{
		Host: host, PathPrefixes: []string{"/c"}, AllowPrivate: true, Header: http.Header{"Authorization": {"canary"}},
	}}, srv)})
	loc := URL("https://" + host + "/c/all.yaml")
	reading, _ := read(t, r, loc)
	if f := reading.Files[0]; f.SourceLocation != "url:https://"+host+"/c/" || f.ViewURL != loc.Target || string(f.Data) != "A" {
		t.Errorf("%+v", f)
	}
	content["/c/all.yaml"] = "B"
	if again, err := r.Read(t.Context(), loc, catalog.Known{Revision: reading.Revision}); err != nil || string(again.Files[0].Data) != "B" {
		t.Errorf("after a change: %v, %v", again, err)
	}
	delete(content, "/c/all.yaml")
	if _, err := r.Read(t.Context(), loc, catalog.Known{Revision: reading.Revision}); !errs.Is(err, errs.NotFound) {
		t.Errorf("after it went: %v", err)
	}
	if data, _, err := include(t.Context(), r, loc, "./api.yaml"); err != nil || string(data) != "api" {
		t.Errorf("relative: %q, %v", data, err)
	}
	for _, target := range []string{"../secret.yaml", "/secret.yaml", "https://" + host + "/secret.yaml", "https://elsewhere.example/c/x"} {
		if data, _, err := include(t.Context(), r, loc, target); !errs.Is(err, errs.Forbidden) {
			t.Errorf("%s: got %q, %v", target, data, err)
		}
	}
	if _, err := reader(t, Options{}).Read(t.Context(), loc, catalog.Known{}); !errs.Is(err, errs.Forbidden) {
		t.Errorf("without a client: %v", err)
	}
}

// What a host sends as an ETag is kept in a column of text.
func TestTagsThatAreNoText(t *testing.T) {
	for _, tag := range []string{"\"\xff\xfe\"", "\"" + strings.Repeat("x", 5000) + "\""} {
		srv := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header()["Etag"] = []string{tag}
			_, _ = w.Write([]byte("A"))
		}))
		defer srv.Close()
		_, port, _ := net.SplitHostPort(srv.Listener.Addr().String())
		r := reader(t, Options{Outbound: outboundFor(t, []outbound.Rule{{Host: "example.com:" + port, AllowPrivate: true}}, srv)})
		reading, _ := read(t, r, URL("https://example.com:"+port+"/x.yaml")) // and again, unchanged
		if want := digest([]byte("A")); reading.Revision != want || reading.Files[0].Revision != want {
			t.Errorf("%.10q: got %q, want the digest of the content", tag, reading.Revision)
		}
	}
}

func TestAnalyze(t *testing.T) {
	for _, kind := range []string{"github", "gitlab", "gitea"} {
		f := newFakeHost(t, kind)
		r := f.reader(t, f.token)
		files, err := r.Analyze(t.Context(), URL("https://"+f.host+"/o/r"), "")
		if err != nil || len(files) != 2 {
			t.Errorf("%s: got %v, %v", kind, files, err)
		}
		files, err = r.Analyze(t.Context(), URL("https://"+f.host+"/o/r"), "b c.yaml")
		if err != nil || len(files) != 1 || string(files[0].Data) != "bc" {
			t.Errorf("%s by name: got %v, %v", kind, files, err)
		}
		files, err = r.Analyze(t.Context(), URL("https://"+f.host+"/o/bare"), "")
		if err != nil || len(files) != 1 || files[0].Location.Type != "inferred" {
			t.Fatalf("%s without descriptor: got %v, %v", kind, files, err)
		}
		for _, want := range []string{"name: bare", "A service without any descriptor.", "type: service", "owner: group:team", catalog.AnnotationInferred} {
			if !strings.Contains(string(files[0].Data), want) {
				t.Errorf("%s: %q is not in\n%s", kind, want, files[0].Data)
			}
		}
		if _, err := r.Analyze(t.Context(), URL("https://"+f.host+"/o/absent"), ""); !errs.Is(err, errs.NotFound) {
			t.Errorf("%s absent: %v", kind, err)
		}
		if _, err := r.Analyze(t.Context(), URL("https://"+f.host+"/o/r"), "../x"); !errs.Is(err, errs.Invalid) {
			t.Errorf("%s bad name: %v", kind, err)
		}
	}
}
