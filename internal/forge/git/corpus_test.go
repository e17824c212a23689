package git_test

import (
	"bytes"
	"compress/zlib"
	"crypto/sha1"
	"encoding/hex"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"portico/internal/errs"
	"portico/internal/forge/git"
	"portico/internal/outbound"
)

// A made repository is written object by object, so that it may hold what git itself would never write.
type made struct {
	t         testing.TB
	dir, mark string
}

// object writes one and returns its id.
func (m made) object(kind, body string) string {
	m.t.Helper()
	if kind == "blob" {
		body = strings.ReplaceAll(body, "MARK", m.mark)
	}
	text := fmt.Sprintf("%s %d\x00%s", kind, len(body), body)
	sum := sha1.Sum([]byte(text))
	id := hex.EncodeToString(sum[:])
	var b bytes.Buffer
	z := zlib.NewWriter(&b)
	_, _ = z.Write([]byte(text))
	_ = z.Close()
	m.file("objects/"+id[:2]+"/"+id[2:], b.String())
	return id
}

func (m made) file(name, text string) {
	m.t.Helper()
	at := filepath.Join(m.dir, ".git", name)
	if err := os.MkdirAll(filepath.Dir(at), 0o755); err != nil {
		m.t.Fatal(err)
	}
	if err := os.WriteFile(at, []byte(text), 0o644); err != nil {
		m.t.Fatal(err)
	}
}

// entry is one of a tree, as git stores it.
func entry(mode, name, id string) string {
	raw, _ := hex.DecodeString(id)
	return mode + " " + name + "\x00" + string(raw)
}

// commit makes the tree, with a descriptor that is good, what main is at.
func (m made) commit(entries ...string) {
	good := entry("100644", "catalog-info.yaml", m.object("blob", "good: true\n"))
	m.main(m.object("commit", "tree "+m.object("tree", strings.Join(entries, "")+good)+"\nauthor a <a@b> 1 +0000\ncommitter a <a@b> 1 +0000\n\nx\n"))
}

func (m made) main(id string) { m.file("refs/heads/main", id+"\n") }

// hostileRepositories are what a repository's writer may push by hand: each fills one. MARK in a
// file is the path of one that must not come to be.
func hostileRepositories() map[string]func(made) {
	list := map[string]func(made){}
	for _, name := range []string{"..", ".", ".git", ".GIT", ".git ", ".git.", "git~1", ".g\u200cit", ".git\\config", ".git/config", "a/b", "/etc/passwd", "../../outside", `a\..\..\outside`, "\x01", "-rf", "--exec=touch MARK", "--upload-pack=touch MARK", "CON", "a\nb", "\xff\xfe", strings.Repeat("x", 5000), ":(top)x", "$(touch MARK)", "`touch MARK`", "a;touch MARK", "HEAD", "\u202etxt.exe"} {
		list[fmt.Sprintf("a file called %.40q", name)] = func(m made) { m.commit(entry("100644", name, m.object("blob", "evil\n"))) }
		if len(list)%3 == 0 {
			list[fmt.Sprintf("a folder called %.40q", name)] = func(m made) {
				m.commit(entry("40000", name, m.object("tree", entry("100755", "post-checkout", m.object("blob", "#!/bin/sh\ntouch MARK\n")))))
			}
		}
	}
	for _, to := range []string{"/etc/passwd", "../../../../etc/passwd", "../../outside/canary", ".git/config", "a", "", "/proc/self/environ", "/dev/zero", strings.Repeat("x/", 3000)} {
		list[fmt.Sprintf("a link to %.40q", to)] = func(m made) { m.commit(entry("120000", "a", m.object("blob", to))) }
	}
	for _, mode := range []string{"160000", "100664", "104755", "0100644", "000000", "777777777", "", "120000x", "10644", "40000"} {
		list["a file of the mode "+mode] = func(m made) { m.commit(entry(mode, "a", m.object("blob", "evil\n"))) }
	}
	for name, url := range map[string]string{"a command": "ext::sh -c touch% MARK", "a file": "file:///etc", "an option": "-u./evil", "an option with --": "--upload-pack=touch MARK", "ssh": "ssh://-oProxyCommand=touch MARK/x", "a path": "../../outside", "lines": "x\\n[core]\\n\\tfsmonitor = touch MARK"} {
		list["a submodule of "+name] = func(m made) {
			text := "[submodule \"../../x\"]\n\tpath = sub\n\turl = \"" + url + "\"\n\tupdate = !touch MARK\n"
			m.commit(entry("100644", ".gitmodules", m.object("blob", text)), entry("160000", "sub", strings.Repeat("1", 40)))
		}
	}
	for name, text := range map[string]string{"a filter": "* filter=evil diff=evil merge=evil\n", "another encoding": "* working-tree-encoding=UTF-7\n", "a macro": "[attr]evil filter=evil\n* evil export-subst ident\n", "a million lines": strings.Repeat("* a\n", 1<<20)} {
		list["attributes with "+name] = func(m made) { m.commit(entry("100644", ".gitattributes", m.object("blob", text))) }
	}
	for name, commit := range map[string]string{
		"without a tree": "author a <a@b> 1 +0000\n\nx\n", "of a tree that is not there": "tree " + strings.Repeat("2", 40) + "\nauthor a <a@b> 1 +0000\ncommitter a <a@b> 1 +0000\n\nx\n", "of a tree that is none": "tree main\n\n", "of nothing": "", "of NULs": strings.Repeat("\x00", 1000),
		"in the far future": "tree TREE\nauthor a <a@b> 99999999999999999999 +9999\ncommitter a <a@b> 99999999999999999999 +9999\n\nx\n", "by markup": "tree TREE\nauthor <script> <\x1b[2J> 1 +0000\ncommitter a <a@b> 1 +0000\n\n\x1b]0;x\x07\n", "with a long message": "tree TREE\nauthor a <a@b> 1 +0000\ncommitter a <a@b> 1 +0000\n\n" + strings.Repeat("x", 8<<20),
	} {
		list["a commit "+name] = func(m made) {
			tree := m.object("tree", entry("100644", "catalog-info.yaml", m.object("blob", "good: true\n")))
			m.main(m.object("commit", strings.Replace(commit, "TREE", tree, 1)))
		}
	}
	for _, ref := range []string{"refs/heads/--upload-pack=x", "refs/heads/$(touch MARK)", "refs/heads/a;b", "refs/heads/main.lock", "refs/portico/main", "refs/heads/\u202e", "refs/heads/a'b"} {
		list["a branch called "+ref] = func(m made) {
			m.commit()
			id, _ := os.ReadFile(filepath.Join(m.dir, ".git", "refs/heads/main"))
			m.file(ref, string(id))
		}
	}
	for _, head := range []string{"ref: refs/heads/../../../outside/canary", "ref: -rf", "ref: refs/heads/--x", "ref: /etc/passwd", strings.Repeat("0", 40), "\x00", strings.Repeat("ref: ", 10_000)} {
		list[fmt.Sprintf("a HEAD of %.40q", head)] = func(m made) { m.commit(); m.file("HEAD", head+"\n") }
	}
	list["main is a file"] = func(m made) { m.main(m.object("blob", "x")) }
	list["main is a folder"] = func(m made) { m.main(m.object("tree", "")) }
	list["tags of tags"] = func(m made) {
		kind, id := "blob", m.object("blob", "x")
		for i := range 300 {
			kind, id = "tag", m.object("tag", fmt.Sprintf("object %s\ntype %s\ntag t%d\ntagger a <a@b> 1 +0000\n\nx\n", id, kind, i))
		}
		m.main(id)
	}
	list["a name twice"] = func(m made) {
		m.commit(entry("100644", "a", m.object("blob", "1")), entry("40000", "a", m.object("tree", "")))
	}
	list["a folder that is a file"] = func(m made) { m.commit(entry("40000", "a", m.object("blob", "x"))) }
	list["a file that is a folder"] = func(m made) { m.commit(entry("100644", "a", m.object("tree", ""))) }
	list["two thousand folders deep"] = func(m made) {
		id := m.object("tree", "")
		for range 2000 {
			id = m.object("tree", entry("40000", "a", id))
		}
		m.commit(entry("40000", "a", id))
	}
	list["ten thousand million files"] = func(m made) {
		id := m.object("blob", "x")
		mode := "100644"
		for range 10 {
			var b strings.Builder
			for i := range 10 {
				b.WriteString(entry(mode, fmt.Sprint("f", i), id))
			}
			mode, id = "40000", m.object("tree", b.String())
		}
		m.commit(entry("40000", "a", id))
	}
	return list
}

// What somebody pushed by hand is read as text or refused: nothing of it is run, nothing outside is read or written.
func TestHostileRepositories(t *testing.T) {
	work := t.TempDir()
	canary := filepath.Join(work, "outside", "canary")
	if err := os.Mkdir(filepath.Dir(canary), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(canary, []byte("wall-canary"), 0o644); err != nil {
		t.Fatal(err)
	}
	root := filepath.Join(work, "o", "r")
	if err := os.MkdirAll(root, 0o755); err != nil {
		t.Fatal(err)
	}
	srv := serve(t, root, true, "", "")
	c := client(t, git.Options{Timeout: 20 * time.Second}, []outbound.Rule{{Host: srv.host(), AllowPrivate: true}}, srv)
	tried, read := 0, 0
	for name, fill := range hostileRepositories() {
		tried++
		t.Run(name, func(t *testing.T) {
			m := made{t, root, filepath.Join(filepath.Dir(canary), "MARK")}
			if err := os.RemoveAll(filepath.Join(root, ".git")); err != nil {
				t.Fatal(err)
			}
			m.file("HEAD", "ref: refs/heads/main\n")
			m.file("config", "[core]\n\trepositoryformatversion = 0\n\tbare = false\n")
			m.file("objects/pack/.keep", "")
			fill(m)
			repo := git.Repo{URL: srv.repoURL(), Dir: filepath.Join(t.TempDir(), "c.git")}
			sane := func(err error) {
				if err != nil && (errs.Sentence(err) == "" || errs.KindOf(err) == errs.Internal || strings.Contains(errs.Sentence(err), "wall-canary")) {
					t.Errorf("the error is %v (%q)", err, errs.Sentence(err))
				}
			}
			commit, err := c.Fetch(t.Context(), repo, "main")
			sane(err)
			if err != nil {
				return
			}
			entries, err := c.ListTree(t.Context(), repo, commit, "")
			sane(err)
			paths := []string{"catalog-info.yaml", "../outside/canary"}
			for _, e := range entries[:min(len(entries), 2)] {
				if e.Path != paths[0] {
					paths = append(paths, e.Path)
				}
			}
			for i, p := range paths {
				got, err := c.ReadFile(t.Context(), repo, commit, p, 1<<20)
				sane(err)
				if err == nil && i == 0 && string(got) == "good: true\n" {
					read++
				}
				if bytes.Contains(got, []byte("wall-canary")) || bytes.Contains(got, []byte("root:")) {
					t.Errorf("%q reads what is outside: %.100q", p, got)
				}
			}
		})
		if left, err := filepath.Glob(filepath.Join(filepath.Dir(canary), "*")); err != nil || len(left) != 1 {
			t.Fatalf("%s: outside there is %q now", name, left)
		}
	}
	if got, err := os.ReadFile(canary); err != nil || string(got) != "wall-canary" {
		t.Error("the canary changed")
	}
	if read < 10 {
		t.Errorf("of %d repositories the good file of %d was read: the rest proves little", tried, read)
	}
	t.Logf("the good file of %d was read", read)
	t.Logf("wall: S1 | repositories: written by hand | %d", tried)
}

// What a server answers in git's name leads nowhere else, and ends.
func TestHostileGitServers(t *testing.T) {
	var elsewhere atomic.Int32
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	go func() {
		for {
			conn, err := ln.Accept()
			if err != nil {
				return
			}
			elsewhere.Add(1)
			_ = conn.Close()
		}
	}()
	there := "http://" + ln.Addr().String() + "/x"
	pkt := func(s string) string { return fmt.Sprintf("%04x%s", len(s)+4, s) }
	const id = "1111111111111111111111111111111111111111"
	const service = "001e# service=git-upload-pack\n0000"
	answers := map[string]string{
		"a page": "<html><script>x</script>", "nothing": "", "a length that is none": "zzzz", "a length past the end": "ffff" + "x", "a negative length": "-001", "zeros": strings.Repeat("0000", 100_000),
		"an error with colours":   service + pkt("ERR \x1b[2J\x1b]0;x\x07 "+there+"\n") + "0000",
		"another bundle":          service + pkt("version 2\n") + pkt("bundle-uri\n") + pkt("fetch=packfile-uris shallow filter\n") + pkt("ls-refs\n") + "0000",
		"another digest":          service + pkt("version 2\n") + pkt("object-format=md5\n") + "0000",
		"a version of the future": service + pkt("version 99999999999\n") + "0000",
		"a ref that leaves":       service + pkt(id+" refs/heads/../../../x\x00symref=HEAD:refs/heads/../x\n") + "0000",
		"a ref that is an option": service + pkt(id+" --upload-pack=touch MARK\x00 symref=HEAD:--x\n") + "0000",
		"an id that is none":      service + pkt("../../../../etc/passwd HEAD\n") + "0000",
		"no refs":                 service + pkt("0000000000000000000000000000000000000000 capabilities^{}\x00 agent=\x1b[0m\n") + "0000",
		"a hundred thousand refs": service + strings.Repeat(pkt(id+" refs/heads/"+strings.Repeat("x", 50)+"\n"), 100_000) + "0000",
		"an alternate":            service + pkt(id+" .have\x00 x\n") + "0000",
	}
	tried := 0
	for name, answer := range answers {
		tried++
		t.Run(name, func(t *testing.T) {
			host := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if !strings.HasSuffix(r.URL.Path, "/info/refs") {
					http.Redirect(w, r, there, http.StatusTemporaryRedirect)
					return
				}
				w.Header().Set("Content-Type", "application/x-git-upload-pack-advertisement")
				_, _ = w.Write([]byte(answer))
			}))
			defer host.Close()
			b := &backend{Server: host}
			_, b.port, _ = net.SplitHostPort(host.Listener.Addr().String())
			c := client(t, git.Options{Timeout: 10 * time.Second, MaxTransfer: 8 << 20}, []outbound.Rule{{Host: b.host(), AllowPrivate: true}}, b)
			commit, err := c.Fetch(t.Context(), git.Repo{URL: b.repoURL(), Dir: filepath.Join(t.TempDir(), "c.git")}, "main")
			if err == nil || errs.Sentence(err) == "" || strings.ContainsAny(errs.Sentence(err), "\x1b\x07") {
				t.Errorf("%q, %v", commit, err)
			}
		})
	}
	if n := elsewhere.Load(); n > 0 {
		t.Errorf("%d connections to another host", n)
	}
	t.Logf("wall: S1 | repositories: answers in git's name | %d", tried)
}
