package git_test

import (
	"context"
	"encoding/pem"
	"fmt"
	"net"
	"net/http"
	"net/http/cgi"
	"net/http/httptest"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"portico/internal/errs"
	"portico/internal/forge/git"
	"portico/internal/outbound"
)

// run runs git for the test itself, away from the user's configuration.
func run(t testing.TB, dir string, args ...string) string {
	t.Helper()
	cmd := exec.Command("git", args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GIT_CONFIG_NOSYSTEM=1", "GIT_CONFIG_GLOBAL=/dev/null",
		"GIT_AUTHOR_NAME=t", "GIT_AUTHOR_EMAIL=t@example.com", "GIT_COMMITTER_NAME=t", "GIT_COMMITTER_EMAIL=t@example.com")
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("git %v: %v: %s", args, err, out)
	}
	return strings.TrimSpace(string(out))
}

// repository makes a working copy with a commit on main.
func repository(t testing.TB, files map[string]string) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "o", "r")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	run(t, dir, "init", "-q", "-b", "main")
	commit(t, dir, files)
	return dir
}

func commit(t testing.TB, dir string, files map[string]string) string {
	t.Helper()
	for name, data := range files {
		p := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(p), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(p, []byte(data), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	run(t, dir, "add", "-A")
	run(t, dir, "commit", "-q", "-m", "x", "--allow-empty")
	return run(t, dir, "rev-parse", "HEAD")
}

// backend serves the folder above o/r by git's own smart HTTP, behind a password when one is set.
type backend struct {
	*httptest.Server
	port     string
	user     string
	password string
	redirect atomic.Pointer[string]

	mu   sync.Mutex
	auth []string // Authorization of each request
}

func serve(t testing.TB, workingCopy string, secure bool, user, password string) *backend {
	t.Helper()
	root := filepath.Dir(filepath.Dir(workingCopy))
	execPath := run(t, "/", "--exec-path")
	b := &backend{user: user, password: password}
	backendCGI := &cgi.Handler{
		Path: filepath.Join(execPath, "git-http-backend"), Stderr: t.Output(),
		Env: []string{"GIT_PROJECT_ROOT=" + root, "GIT_HTTP_EXPORT_ALL=1", "GIT_CONFIG_COUNT=3", "GIT_CONFIG_KEY_0=uploadpack.allowFilter", "GIT_CONFIG_VALUE_0=true", "GIT_CONFIG_KEY_1=safe.directory", "GIT_CONFIG_VALUE_1=*", "GIT_CONFIG_KEY_2=uploadpack.allowAnySHA1InWant", "GIT_CONFIG_VALUE_2=true"},
	}
	h := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b.mu.Lock()
		b.auth = append(b.auth, r.Header.Get("Authorization"))
		b.mu.Unlock()
		if to := b.redirect.Load(); to != nil {
			http.Redirect(w, r, *to+r.URL.RequestURI(), http.StatusFound)
			return
		}
		if u, p, _ := r.BasicAuth(); password != "" && (u != user || p != password) {
			w.Header().Set("WWW-Authenticate", `Basic realm="git"`)
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		r.URL.Path = strings.Replace(r.URL.Path, "/o/r.git/", "/o/r/.git/", 1)
		backendCGI.ServeHTTP(w, r)
	})
	if secure {
		b.Server = httptest.NewTLSServer(h)
	} else {
		b.Server = httptest.NewServer(h)
	}
	t.Cleanup(b.Close)
	_, b.port, _ = net.SplitHostPort(b.Listener.Addr().String())
	return b
}

func (b *backend) host() string { return "example.com:" + b.port }

func (b *backend) repoURL() string {
	scheme, _, _ := strings.Cut(b.URL, ":")
	return scheme + "://" + b.host() + "/o/r.git"
}

// client reaches the backends under the name example.com.
func client(t testing.TB, o git.Options, rules []outbound.Rule, servers ...*backend) *git.Client {
	t.Helper()
	out, err := outbound.New(outbound.Options{Allow: rules, Lookup: func(context.Context, string) ([]netip.Addr, error) {
		return []netip.Addr{netip.MustParseAddr("127.0.0.1")}, nil
	}})
	if err != nil {
		t.Fatal(err)
	}
	o.Outbound = out
	o.CAFile = filepath.Join(t.TempDir(), "ca.pem")
	var ca []byte
	for _, s := range servers {
		if s.Certificate() != nil {
			ca = append(ca, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.Certificate().Raw})...)
		}
	}
	if err := os.WriteFile(o.CAFile, ca, 0o644); err != nil {
		t.Fatal(err)
	}
	c, err := git.New(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	})
	return c
}

func TestOperations(t *testing.T) {
	wc := repository(t, map[string]string{"catalog-info.yaml": "kind: Component", "docs/a b.md": "# A", "big": strings.Repeat("x", 5000)})
	first := run(t, wc, "rev-parse", "HEAD")
	run(t, wc, "tag", "-a", "v1", "-m", "v1")
	run(t, wc, "branch", "feature/main")
	if err := os.Symlink("/etc/passwd", filepath.Join(wc, "link")); err != nil {
		t.Fatal(err)
	}
	second := commit(t, wc, map[string]string{"new": "N"})

	const password = "canary-token"
	tls := serve(t, wc, true, "x-access-token", password)
	plain := serve(t, wc, false, "", "")
	rules := []outbound.Rule{
		{Host: tls.host(), AllowPrivate: true},
		{Host: plain.host(), AllowPrivate: true, HTTP: true},
	}
	c := client(t, git.Options{AllowFile: true, Credentials: []git.Credential{{Host: tls.host(), Username: "x-access-token", Password: password}}}, rules, tls)

	for name, url := range map[string]string{"https": tls.repoURL(), "http": plain.repoURL(), "file": "file://" + wc} {
		t.Run(name, func(t *testing.T) {
			ctx := t.Context()
			for _, tt := range []struct {
				ref, want string
				kind      errs.Kind
			}{
				{ref: "", want: second}, {ref: "HEAD", want: second}, {ref: "main", want: second}, {ref: "refs/heads/main", want: second},
				{ref: "v1", want: first}, {ref: "feature/main", want: first}, {ref: first, want: first},
				{ref: "absent", kind: errs.NotFound},
				{ref: "--upload-pack=touch /tmp/x", kind: errs.Invalid}, {ref: "-x", kind: errs.Invalid}, {ref: "a..b", kind: errs.Invalid},
				{ref: "main:evil", kind: errs.Invalid}, {ref: "a\nb", kind: errs.Invalid}, {ref: "*", kind: errs.Invalid}, {ref: "/main", kind: errs.Invalid},
			} {
				got, err := c.LsRemote(ctx, url, tt.ref)
				if got != tt.want || tt.kind != 0 && !errs.Is(err, tt.kind) || tt.kind == 0 && err != nil {
					t.Errorf("LsRemote %q: got %q, %v; want %q", tt.ref, got, err, tt.want)
				}
			}
			repo := git.Repo{URL: url, Dir: filepath.Join(t.TempDir(), "cache.git")}
			for _, step := range []struct{ ref, want string }{{"v1", first}, {"", second}, {"", second}, {first, first}} {
				if got, err := c.Fetch(ctx, repo, step.ref); err != nil || got != step.want {
					t.Fatalf("Fetch %q: got %s, %v; want %s", step.ref, got, err, step.want)
				}
			}
			// All of them are held at once: none is fetched again because another was.
			for ref, commit := range map[string]string{"v1": first, "": second, first: first} {
				if !c.Holds(ctx, repo, ref, commit) {
					t.Errorf("%q was fetched, and is not held", ref)
				}
			}
			if c.Holds(ctx, repo, "", first) || c.Holds(ctx, repo, "main", second) || c.Holds(ctx, git.Repo{URL: url, Dir: repo.Dir + "x"}, "", second) {
				t.Error("what was not fetched is held")
			}
			entries, err := c.ListTree(ctx, repo, second, "")
			if err != nil || len(entries) != 5 {
				t.Fatalf("ListTree: got %v, %v", entries, err)
			}
			if entries, err := c.ListTree(ctx, repo, second, "docs"); err != nil || len(entries) != 1 || entries[0].Path != "docs/a b.md" {
				t.Errorf("ListTree docs: got %v, %v", entries, err)
			}
			for _, tt := range []struct {
				path, want string
				kind       errs.Kind
			}{
				{path: "catalog-info.yaml", want: "kind: Component"}, {path: "docs/a b.md", want: "# A"}, {path: "new", want: "N"},
				{path: "absent", kind: errs.NotFound}, {path: "docs", kind: errs.Forbidden}, {path: "link", kind: errs.Forbidden},
				{path: "big", kind: errs.TooLarge}, {path: "*", kind: errs.NotFound}, {path: ":(glob)*", kind: errs.NotFound},
				{path: "../x", kind: errs.Forbidden}, {path: "/etc/passwd", kind: errs.Forbidden}, {path: "docs/../new", kind: errs.Forbidden}, {path: "a\nb", kind: errs.Forbidden}, {path: "", kind: errs.Forbidden},
			} {
				got, err := c.ReadFile(ctx, repo, second, tt.path, 1000)
				if string(got) != tt.want || tt.kind != 0 && !errs.Is(err, tt.kind) || tt.kind == 0 && err != nil {
					t.Errorf("ReadFile %q: got %q, %v; want %q", tt.path, got, err, tt.want)
				}
			}
			if _, err := c.ReadFile(ctx, repo, "--help", "new", 1000); !errs.Is(err, errs.Invalid) {
				t.Errorf("an option for a commit: got %v", err)
			}
			// The credential must be nowhere on disk.
			_ = filepath.WalkDir(filepath.Dir(repo.Dir), func(p string, d os.DirEntry, _ error) error {
				if info, err := d.Info(); err == nil && p != filepath.Dir(repo.Dir) && info.Mode().Perm()&0o077 != 0 {
					t.Errorf("%s may be read by others: %s", p, info.Mode())
				}
				if !d.IsDir() {
					if data, _ := os.ReadFile(p); strings.Contains(string(data), password) || strings.Contains(string(data), "Authorization") {
						t.Errorf("%s holds the credential", p)
					}
				}
				return nil
			})
		})
	}
	for _, a := range plain.auth {
		if a != "" {
			t.Errorf("a credential of another host reached %s: %q", plain.host(), a)
		}
	}
}

func TestErrors(t *testing.T) {
	wc := repository(t, map[string]string{"a": "A"})
	srv := serve(t, wc, true, "u", "right")
	rule := outbound.Rule{Host: srv.host(), AllowPrivate: true}
	wrong := git.Credential{Host: srv.host(), Username: "u", Password: "canary-wrong"}
	with := func(o git.Options, r outbound.Rule) *git.Client { return client(t, o, []outbound.Rule{r}, srv) }
	allowed := with(git.Options{Credentials: []git.Credential{{Host: srv.host(), Username: "u", Password: "right"}}}, rule)
	tests := []struct {
		name   string
		client *git.Client
		url    string
		kind   errs.Kind
	}{
		{"no credential", with(git.Options{}, rule), srv.repoURL(), errs.Forbidden},
		{"wrong credential", with(git.Options{Credentials: []git.Credential{wrong}}, rule), srv.repoURL(), errs.Forbidden},
		{"absent repository", allowed, strings.Replace(srv.repoURL(), "/o/r.git", "/o/x.git", 1), errs.NotFound},
		{"private address", with(git.Options{}, outbound.Rule{Host: srv.host()}), srv.repoURL(), errs.Forbidden},
		{"host without a rule", allowed, "https://other.example/o/r.git", errs.Forbidden},
		{"http", allowed, strings.Replace(srv.repoURL(), "https", "http", 1), errs.Forbidden},
		{"file", allowed, "file://" + wc, errs.Forbidden},
		{"path", allowed, wc, errs.Forbidden},
		{"ext", allowed, "ext::sh -c touch% /tmp/x", errs.Forbidden},
		{"ssh", allowed, "ssh://git@example.com/o/r.git", errs.Forbidden},
		{"scp", allowed, "git@example.com:o/r.git", errs.Forbidden},
		{"option", allowed, "--upload-pack=x", errs.Forbidden},
		{"helper", allowed, "https::" + srv.repoURL(), errs.Forbidden},
		{"userinfo", allowed, strings.Replace(srv.repoURL(), "https://", "https://u:canary@", 1), errs.Forbidden},
		{"nothing listens", with(git.Options{}, outbound.Rule{Host: "example.com:1", AllowPrivate: true}), "https://example.com:1/o/r.git", errs.Unavailable},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := tt.client.LsRemote(t.Context(), tt.url, "")
			if !errs.Is(err, tt.kind) || errs.Sentence(err) == "" {
				t.Fatalf("got %v (%s), want %s", err, errs.KindOf(err).Name(), tt.kind.Name())
			}
			if strings.Contains(err.Error(), "canary") {
				t.Errorf("the error tells a secret: %v", err)
			}
			if _, err := tt.client.Fetch(t.Context(), git.Repo{URL: tt.url, Dir: filepath.Join(t.TempDir(), "c")}, ""); !errs.Is(err, tt.kind) {
				t.Errorf("Fetch: got %v", err)
			}
		})
	}
	small := with(git.Options{MaxTransfer: 100, Credentials: []git.Credential{{Host: srv.host(), Username: "u", Password: "right"}}}, rule)
	if _, err := small.LsRemote(t.Context(), srv.repoURL(), ""); !errs.Is(err, errs.TooLarge) {
		t.Errorf("past the transfer limit: got %v", err)
	}
}

// A host that sends git elsewhere gets it nowhere, and no credential goes along.
func TestRedirectToAnotherHost(t *testing.T) {
	wc := repository(t, map[string]string{"a": "A"})
	first, second := serve(t, wc, true, "", ""), serve(t, wc, true, "", "")
	to := "https://" + second.host()
	first.redirect.Store(&to)
	c := client(t, git.Options{Credentials: []git.Credential{{Host: first.host(), Username: "u", Password: "p"}}},
		[]outbound.Rule{{Host: first.host(), AllowPrivate: true}, {Host: second.host(), AllowPrivate: true}}, first, second)
	_, err := c.LsRemote(t.Context(), first.repoURL(), "")
	if !errs.Is(err, errs.Forbidden) {
		t.Errorf("got %v, want Forbidden", err)
	}
	if len(second.auth) != 0 {
		t.Errorf("%d requests reached the second host", len(second.auth))
	}
}

func TestSilentHostTimesOut(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	_, port, _ := net.SplitHostPort(ln.Addr().String())
	c := client(t, git.Options{Timeout: 500 * time.Millisecond}, []outbound.Rule{{Host: "example.com:" + port, AllowPrivate: true}})
	start := time.Now()
	if _, err := c.LsRemote(t.Context(), "https://example.com:"+port+"/o/r.git", ""); !errs.Is(err, errs.Unavailable) {
		t.Errorf("got %v", err)
	}
	if d := time.Since(start); d > 10*time.Second {
		t.Errorf("it took %s", d)
	}
}

// Neither the environment nor the served repository makes git run anything.
func TestHostileConfigurationHasNoEffect(t *testing.T) {
	evil := filepath.Join(t.TempDir(), "evil")
	marker := filepath.Join(t.TempDir(), "marker")
	if err := os.WriteFile(evil, []byte("#!/bin/sh\ntouch "+marker+"\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	config := filepath.Join(t.TempDir(), "config")
	if err := os.WriteFile(config, []byte("[core]\n\tfsmonitor = "+evil+"\n\tsshCommand = "+evil+"\n[credential]\n\thelper = !"+evil+"\n[uploadpack]\n\tpackObjectsHook = "+evil+"\n[url \"file:///nowhere\"]\n\tinsteadOf = file:///\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	for k, v := range map[string]string{"GIT_CONFIG_GLOBAL": config, "GIT_CONFIG_SYSTEM": config, "GIT_SSH_COMMAND": evil, "GIT_ASKPASS": evil, "GIT_EXTERNAL_DIFF": evil, "GIT_PROXY_COMMAND": evil, "HOME": filepath.Dir(config)} {
		t.Setenv(k, v)
	}
	wc := repository(t, map[string]string{"a": "A"})
	// The served repository is hostile as well: its hooks and configuration belong to its author.
	data, _ := os.ReadFile(config)
	f, err := os.OpenFile(filepath.Join(wc, ".git", "config"), os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		t.Fatal(err)
	}
	_, _ = f.Write(data)
	_ = f.Close()
	for _, hook := range []string{"post-checkout", "reference-transaction", "post-index-change", "fsmonitor-watchman", "pre-auto-gc"} {
		_ = os.MkdirAll(filepath.Join(wc, ".git", "hooks"), 0o755)
		if err := os.Symlink(evil, filepath.Join(wc, ".git", "hooks", hook)); err != nil {
			t.Fatal(err)
		}
	}
	c := client(t, git.Options{AllowFile: true}, nil)
	repo := git.Repo{URL: "file://" + wc, Dir: filepath.Join(t.TempDir(), "c")}
	commit, err := c.Fetch(t.Context(), repo, "")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.ReadFile(t.Context(), repo, commit, "a", 100); err != nil {
		t.Fatal(err)
	}
	if branch, id, err := git.Head(wc); err != nil || branch != "main" || id != commit {
		t.Errorf("Head: %s %s %v", branch, id, err)
	}
	if _, err := git.RemoteURL(wc); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(marker); err == nil {
		t.Error("a foreign command was run")
	}
}

// What a repository holds has no effect when it is fetched and read: no filters, no submodules, no
// links, no names that lead elsewhere.
func TestHostileContentHasNoEffect(t *testing.T) {
	marker := filepath.Join(t.TempDir(), "marker")
	wc := repository(t, map[string]string{
		".gitattributes": "* filter=evil diff=evil export-subst\n", ".lfsconfig": "[lfs]\n\turl = https://evil.example\n",
		".gitmodules": "[submodule \"x\"]\n\tpath = x\n\turl = ext::sh -c touch% " + marker + "\n\tupdate = !touch " + marker + "\n",
		"plain.yaml":  "$Format:%H$", "dir/-rf": "dash", "a\\b": "backslash", "weird\nname": "newline", ":(top)x": "magic",
	})
	run(t, wc, "config", "filter.evil.smudge", "touch "+marker)
	run(t, wc, "config", "filter.evil.clean", "cat")
	id := run(t, wc, "rev-parse", "HEAD")
	run(t, wc, "update-index", "--add", "--cacheinfo", "160000,"+id+",x") // a submodule
	for name, to := range map[string]string{"link": "/etc/passwd", "dirlink": "/etc", "deep/link": "../../../../etc/passwd"} {
		if err := os.MkdirAll(filepath.Dir(filepath.Join(wc, name)), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.Symlink(to, filepath.Join(wc, name)); err != nil {
			t.Fatal(err)
		}
		run(t, wc, "add", "--", name)
	}
	run(t, wc, "commit", "-q", "-m", "hostile")
	srv := serve(t, wc, true, "", "")
	c := client(t, git.Options{}, []outbound.Rule{{Host: srv.host(), AllowPrivate: true}}, srv)
	repo := git.Repo{URL: srv.repoURL(), Dir: filepath.Join(t.TempDir(), "c.git")}
	commit, err := c.Fetch(t.Context(), repo, "")
	if err != nil {
		t.Fatal(err)
	}
	for p, want := range map[string]string{"plain.yaml": "$Format:%H$", "dir/-rf": "dash", "a\\b": "backslash", ":(top)x": "magic"} {
		if got, err := c.ReadFile(t.Context(), repo, commit, p, 1000); err != nil || string(got) != want {
			t.Errorf("%q: got %q, %v; want %q", p, got, err, want)
		}
	}
	for _, p := range []string{"link", "dirlink", "dirlink/passwd", "deep/link", "x", "x/y", "weird\nname", ".git/config", "-rf", "--help", "HEAD", "dir/../plain.yaml", "./plain.yaml", "dir/"} {
		if got, err := c.ReadFile(t.Context(), repo, commit, p, 1000); err == nil || errs.Sentence(err) == "" {
			t.Errorf("%q: got %q, %v; want a refusal", p, got, err)
		}
	}
	if _, err := os.Stat(marker); err == nil {
		t.Error("a command of the repository was run")
	}
}

// What a repository says of git's configuration, its filters, hooks and submodules, is never asked; no credential leaves.
func TestAdv_GHSA_qmc2_jpr5_7rg9(t *testing.T) {
	t.Run("configuration", TestHostileConfigurationHasNoEffect)
	t.Run("content", TestHostileContentHasNoEffect)
	t.Run("a redirect", TestRedirectToAnotherHost)
}

// What is brought at once is read without asking again; without that each file is a request of its own.
func TestBring(t *testing.T) {
	files := map[string]string{}
	for i := range 20 {
		files[fmt.Sprintf("f%02d", i)] = fmt.Sprintf("text %d", i)
	}
	wc := repository(t, files)
	b := serve(t, wc, true, "", "")
	c := client(t, git.Options{}, []outbound.Rule{{Host: b.host(), AllowPrivate: true}}, b)
	requests := func() int {
		b.mu.Lock()
		defer b.mu.Unlock()
		return len(b.auth)
	}
	repo := git.Repo{URL: b.repoURL(), Dir: filepath.Join(t.TempDir(), "r.git")}
	tip, err := c.Fetch(t.Context(), repo, "")
	if err != nil {
		t.Fatal(err)
	}
	entries, err := c.ListTree(t.Context(), repo, tip, "")
	if err != nil || len(entries) != len(files) {
		t.Fatalf("%d entries, %v", len(entries), err)
	}
	before := requests()
	if err := c.Bring(t.Context(), repo, append(entries, git.Entry{Path: "link", Mode: "120000", ID: entries[0].ID}, git.Entry{Path: "bad", Mode: "100644", ID: "--help"})); err != nil {
		t.Fatal(err)
	}
	brought := requests()
	if n := brought - before; n < 1 || n > 4 {
		t.Errorf("%d requests for all files", n)
	}
	for _, e := range entries {
		if data, err := c.ReadEntry(t.Context(), repo, e, 100); err != nil || string(data) != files[e.Path] {
			t.Errorf("%s: %q, %v", e.Path, data, err)
		}
	}
	if n := requests() - brought; n != 0 {
		t.Errorf("%d more requests to read them", n)
	}
	if _, err := c.ReadEntry(t.Context(), repo, git.Entry{Path: "link", Mode: "120000", ID: entries[0].ID}, 100); !errs.Is(err, errs.Forbidden) {
		t.Errorf("a link: %v", err)
	}
	if err := c.Bring(t.Context(), repo, nil); err != nil || requests() != brought {
		t.Errorf("nothing to bring: %v", err)
	}
}
