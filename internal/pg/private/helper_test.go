//go:build unix

package private_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"portico/internal/errs"
	"portico/internal/pg/pgtest"
	"portico/internal/pg/private"
)

// The test binary is also the portal that the tests kill: with this variable set it does what that
// says instead of running tests.
const helperEnv = "PORTICO_TEST_HELPER"

type helperTask struct {
	Do       string // "write" rows until killed, "once": start and stop, "watch" a pid until killed
	Dir      string
	Binaries private.Binaries
	PID      int
}

func TestMain(m *testing.M) {
	text := os.Getenv(helperEnv)
	if text == "" {
		os.Exit(m.Run())
	}
	var task helperTask
	err := json.Unmarshal([]byte(text), &task)
	if err == nil {
		err = help(task)
	}
	if err != nil {
		fmt.Println("failed:", err)
		os.Exit(1)
	}
}

func help(task helperTask) error {
	ctx := context.Background()
	if task.Do == "watch" {
		if _, err := private.WatchByShell(task.PID); err != nil {
			return err
		}
		fmt.Println("ready 0")
		select {}
	}
	srv, err := private.Start(ctx, private.Options{Dir: task.Dir, Binaries: &task.Binaries, Program: "portico helper", Settings: unsafe})
	if err != nil {
		return err
	}
	fmt.Println("ready", srv.PID())
	conn, err := pgx.Connect(ctx, srv.DSN(""))
	if err != nil {
		return err
	}
	if _, err := conn.Exec(ctx, "CREATE TABLE IF NOT EXISTS acked (n integer)"); err != nil {
		return err
	}
	if task.Do == "once" {
		return srv.Stop(ctx)
	}
	for n := 1; ; n++ {
		if _, err := conn.Exec(ctx, "INSERT INTO acked VALUES ($1)", n); err != nil {
			select {} // the server is gone; so will we be
		}
		fmt.Println("acked", n)
	}
}

// portal is a helper process.
type portal struct {
	t          *testing.T
	cmd        *exec.Cmd
	out        *bufio.Scanner
	postmaster int
	acked      int
}

func startPortal(t *testing.T, task helperTask, change func(*exec.Cmd)) *portal {
	t.Helper()
	text, err := json.Marshal(task)
	if err != nil {
		t.Fatal(err)
	}
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	p := &portal{t: t, cmd: exec.Command(exe)}
	p.cmd.Env = append(os.Environ(), helperEnv+"="+string(text))
	if change != nil {
		change(p.cmd)
	}
	pipe, err := p.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.kill() })
	p.out = bufio.NewScanner(pipe)
	if !p.out.Scan() || !strings.HasPrefix(p.out.Text(), "ready ") {
		t.Fatalf("the portal said %q", p.out.Text())
	}
	p.postmaster, _ = strconv.Atoi(strings.TrimPrefix(p.out.Text(), "ready "))
	return p
}

// readAcks reads n acknowledgements.
func (p *portal) readAcks(n int) {
	p.t.Helper()
	for range n {
		if !p.out.Scan() {
			p.t.Fatal("the portal ended")
		}
		p.note()
	}
}

func (p *portal) note() {
	if n, err := strconv.Atoi(strings.TrimPrefix(p.out.Text(), "acked ")); err == nil {
		p.acked = n
	}
}

// kill kills the portal, and reads what it had acknowledged until then.
func (p *portal) kill() {
	if p.cmd.ProcessState != nil {
		return
	}
	_ = p.cmd.Process.Kill()
	for p.out.Scan() {
		p.note()
	}
	_ = p.cmd.Wait()
}

// eachServer runs a test with the system's server, if there is one, and with that of the npm package.
func eachServer(t *testing.T, f func(t *testing.T, bin private.Binaries)) {
	t.Helper()
	for _, bin := range servers(t) {
		t.Run(fmt.Sprint(bin.Major), func(t *testing.T) {
			t.Parallel()
			f(t, bin)
		})
	}
}

// servers are those of the npm package and of the system, if it has one.
func servers(t *testing.T) []private.Binaries {
	t.Helper()
	npm, err := private.Find(t.Context(), private.Search{NPMOnly: true, NodeModules: []string{pgtest.NPM(t)}}, 0)
	if err != nil {
		t.Fatalf("%v (%s)", err, errs.Remedy(err))
	}
	system, err := private.Find(t.Context(), private.Search{NodeModules: []string{}}, 0)
	if errs.Is(err, errs.Unavailable) {
		return []private.Binaries{npm}
	}
	if err != nil {
		t.Fatal(err)
	}
	return []private.Binaries{npm, system}
}

// shortDir is a folder with a short path that everybody may pass through. t.TempDir's are root's
// alone and long, which other tests want.
func shortDir(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "portico-private-test-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := os.RemoveAll(dir); err != nil {
			t.Error(err)
		}
	})
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	return filepath.Join(dir, "pg")
}

// unsafe saves the time that being safe against power cuts takes; TestStart goes without it.
var unsafe = map[string]string{"fsync": "off"}

func fast(dir string, bin private.Binaries) private.Options {
	return private.Options{Dir: dir, Binaries: &bin, Settings: unsafe}
}

func start(t *testing.T, o private.Options) *private.Server {
	t.Helper()
	o.Log = func(msg string) { t.Log(msg) }
	srv, err := private.Start(t.Context(), o)
	if err != nil {
		t.Fatalf("%v (%s)", err, errs.Remedy(err))
	}
	t.Cleanup(func() { stop(t, srv) })
	return srv
}

func stop(t *testing.T, srv *private.Server) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	if err := srv.Stop(ctx); err != nil {
		t.Error(err)
	}
}

// query runs one statement and returns its only value, "" where it has none.
func query(t *testing.T, srv *private.Server, sql string) string {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), srv.DSN(""))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.Background())
	rows, err := conn.Query(t.Context(), sql)
	if err != nil {
		t.Fatal(err)
	}
	values, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		t.Fatal(err)
	}
	return strings.Join(values, " ")
}

// alive reports whether a process runs; one that has ended and was not waited for does not.
func alive(pid int) bool {
	if syscall.Kill(pid, 0) != nil {
		return false
	}
	out, err := exec.Command("ps", "-o", "stat=", "-p", strconv.Itoa(pid)).Output()
	return err == nil && !strings.HasPrefix(strings.TrimSpace(string(out)), "Z")
}

func eventually(t *testing.T, what string, limit time.Duration, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(limit); !ok(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("not within %s: %s", limit, what)
		}
	}
}
