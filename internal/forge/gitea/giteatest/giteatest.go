// Package giteatest runs a real Gitea for tests: of its own, in its own folder, with an account of an administrator, and
// gone when the test, or the tests of the package, end. scripts/gitea.sh builds the program.
//
// It gives lists in pages of ten, so that few things make several pages. Webhooks reach loopback and nothing else. Its
// pages have no style, for the Go module has no built ones; the API, Git over HTTP and webhooks are whole.
package giteatest

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"portico/internal/testenv"
)

// nobody runs Gitea where the tests run as root, which it refuses.
const nobody = 65534

// PageSize is how long the server's pages are at most.
const PageSize = 10

// Admin is the administrator.
const Admin = "warden"

// Server is a running Gitea. Its methods fail the test that they are given.
type Server struct {
	// URL is where the pages begin, without a slash at the end.
	URL string
	// Token is the administrator's, for everything.
	Token string

	dir  string
	stop func()
}

var shared struct {
	sync.Mutex
	server *Server
}

// Main runs the tests of a package, and ends what Shared started.
//
//	func TestMain(m *testing.M) { os.Exit(giteatest.Main(m)) }
func Main(m *testing.M) int {
	code := m.Run()
	shared.Lock()
	defer shared.Unlock()
	if shared.server != nil {
		shared.server.end()
	}
	return code
}

// Shared is one server for all tests of a package whose TestMain is Main. Tests keep out of each other's way by the names
// of their organisations.
func Shared(t testing.TB) *Server {
	t.Helper()
	shared.Lock()
	defer shared.Unlock()
	if shared.server == nil {
		shared.server = start(t)
	}
	return shared.server
}

// Start runs a server until the test ends.
func Start(t testing.TB) *Server {
	t.Helper()
	s := start(t)
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("Gitea said:\n%s", s.said())
		}
		s.end()
	})
	return s
}

func (s *Server) end() {
	s.stop()
	_ = os.RemoveAll(s.dir)
}

// said is the end of the server's log.
func (s *Server) said() []byte {
	text, _ := os.ReadFile(filepath.Join(s.dir, "said"))
	return text[max(0, len(text)-8<<10):]
}

func start(t testing.TB) *Server {
	t.Helper()
	script := exec.CommandContext(t.Context(), filepath.Join(testenv.Repo(t), "scripts", "gitea.sh"), "built")
	var why bytes.Buffer
	script.Stderr = &why
	path, err := script.Output()
	if err != nil {
		t.Fatalf("scripts/gitea.sh: %v\n%s", err, why.Bytes())
	}
	dir, err := os.MkdirTemp("", "portico-gitea-")
	if err != nil {
		t.Fatal(err)
	}
	s := &Server{dir: dir}
	if err := s.launch(t.Context(), strings.TrimSpace(string(path))); err != nil {
		said := s.said()
		_ = os.RemoveAll(dir)
		t.Fatalf("Gitea does not start: %v\n%s", err, said)
	}
	return s
}

func (s *Server) launch(ctx context.Context, binary string) error {
	binary, err := s.reachable(binary)
	if err != nil {
		return err
	}
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	addr := l.Addr().String()
	_, port, _ := net.SplitHostPort(addr)
	if err := l.Close(); err != nil {
		return err
	}
	s.URL = "http://" + addr
	config := fmt.Sprintf(`
APP_NAME = Gitea of tests
WORK_PATH = %[1]s
[server]
HTTP_ADDR = 127.0.0.1
HTTP_PORT = %[2]s
ROOT_URL = %[3]s/
STATIC_ROOT_PATH = %[4]s
OFFLINE_MODE = true
DISABLE_SSH = true
[database]
DB_TYPE = sqlite3
PATH = %[1]s/gitea.db
[security]
INSTALL_LOCK = true
SECRET_KEY = of-tests
PASSWORD_HASH_ALGO = pbkdf2_v1
[api]
MAX_RESPONSE_ITEMS = %[5]d
DEFAULT_PAGING_NUM = %[5]d
[webhook]
ALLOWED_HOST_LIST = loopback
[indexer]
ISSUE_INDEXER_TYPE = db
[actions]
ENABLED = false
[cron]
ENABLED = false
[service]
DEFAULT_ALLOW_CREATE_ORGANIZATION = true
[log]
LEVEL = Warn
`, s.dir, port, s.URL, filepath.Join(filepath.Dir(binary), "static"), PageSize)
	ini := filepath.Join(s.dir, "app.ini")
	if err := os.WriteFile(ini, []byte(config), 0o600); err != nil {
		return err
	}
	if os.Getuid() == 0 {
		err := filepath.WalkDir(s.dir, func(path string, _ fs.DirEntry, err error) error {
			return errors.Join(err, os.Lchown(path, nobody, nobody))
		})
		if err != nil {
			return err
		}
	}
	run := func(args ...string) (string, error) {
		var said bytes.Buffer
		cmd := s.command(binary, append(args, "--config", ini)...)
		cmd.Stdout, cmd.Stderr = &said, &said
		if err := cmd.Run(); err != nil {
			return "", fmt.Errorf("gitea %s: %w\n%s", args[0], err, said.Bytes())
		}
		return said.String(), nil
	}
	if _, err := run("migrate"); err != nil {
		return err
	}
	text, err := run("admin", "user", "create", "--admin", "--username", Admin, "--email", Admin+"@localhost", "--random-password",
		"--must-change-password=false", "--access-token", "--access-token-scopes", "all")
	if err != nil {
		return err
	}
	const before = "Access token was successfully created... "
	_, token, ok := strings.Cut(text, before)
	if s.Token, _, _ = strings.Cut(strings.TrimSpace(token), "\n"); !ok || s.Token == "" {
		return fmt.Errorf("no access token in %q", text)
	}
	out, err := os.Create(filepath.Join(s.dir, "said"))
	if err != nil {
		return err
	}
	web := s.command(binary, "web", "--config", ini)
	web.Stdout, web.Stderr = out, out
	started, ended := make(chan error, 1), make(chan struct{})
	go func() {
		defer close(ended)
		defer out.Close()
		// The end of the thread that started it is what Linux takes for the end of its parent.
		runtime.LockOSThread()
		err := web.Start()
		if started <- err; err == nil {
			_ = web.Wait()
		}
	}()
	if err := <-started; err != nil {
		return err
	}
	s.stop = func() {
		_ = web.Process.Signal(syscall.SIGTERM)
		select {
		case <-ended:
		case <-time.After(10 * time.Second):
			_ = web.Process.Kill()
			<-ended
		}
	}
	if err := s.ready(ctx, ended); err != nil {
		s.stop()
		return err
	}
	return nil
}

// ready waits until the server answers.
func (s *Server) ready(ctx context.Context, ended <-chan struct{}) error {
	ctx, cancel := context.WithTimeout(ctx, 60*time.Second)
	defer cancel()
	again := time.NewTicker(20 * time.Millisecond)
	defer again.Stop()
	for {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, s.URL+"/api/v1/version", nil)
		if err != nil {
			return err
		}
		resp, err := http.DefaultClient.Do(req)
		if err == nil && resp.Body.Close() == nil && resp.StatusCode == http.StatusOK {
			return nil
		}
		select {
		case <-ended:
			return errors.New("it ended by itself")
		case <-ctx.Done():
			return errors.New("it does not answer")
		case <-again.C:
		}
	}
}

// command runs the program as somebody who is not root, knowing nothing of our environment.
func (s *Server) command(binary string, args ...string) *exec.Cmd {
	cmd := exec.Command(binary, args...)
	cmd.Dir = s.dir
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + s.dir, "GITEA_WORK_DIR=" + s.dir, "TMPDIR=" + s.dir}
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if os.Getuid() == 0 {
		cmd.SysProcAttr.Credential = &syscall.Credential{Uid: nobody, Gid: nobody}
	}
	dieWithUs(cmd)
	return cmd
}

// reachable returns the program where the one who runs it may come to: where it is, or a copy.
func (s *Server) reachable(binary string) (string, error) {
	real, err := filepath.EvalSymlinks(binary)
	if err != nil || os.Getuid() != 0 {
		return binary, err
	}
	open := true
	for at := real; at != filepath.Dir(at); at = filepath.Dir(at) {
		info, err := os.Stat(at)
		if err != nil {
			return "", err
		}
		open = open && info.Mode().Perm()&0o001 != 0
	}
	if open {
		return real, nil
	}
	copied := filepath.Join(s.dir, "program", "gitea")
	if err := os.CopyFS(filepath.Join(s.dir, "program"), os.DirFS(filepath.Dir(real))); err != nil {
		return "", err
	}
	return copied, os.Chmod(copied, 0o700)
}

// Call asks the API as whoever's token it is, and reads the answer into out, if it is not nil. An answer that is no
// success fails the test.
func (s *Server) Call(t testing.TB, token, method, path string, in, out any) {
	t.Helper()
	body, err := json.Marshal(in)
	if err != nil {
		t.Fatal(err)
	}
	req, err := http.NewRequestWithContext(t.Context(), method, s.URL+"/api/v1"+path, bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Authorization", "token "+token)
	s.send(t, req, out)
}

func (s *Server) send(t testing.TB, req *http.Request, out any) {
	t.Helper()
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	if resp.StatusCode > 299 {
		t.Fatalf("%s %s: Gitea answered %d: %s", req.Method, req.URL.Path, resp.StatusCode, text)
	}
	if out != nil {
		if err := json.Unmarshal(text, out); err != nil {
			t.Fatalf("%s %s: %v in %s", req.Method, req.URL.Path, err, text)
		}
	}
}
