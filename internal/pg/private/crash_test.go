//go:build unix

package private_test

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"portico/internal/errs"
	"portico/internal/pg/private"
)

// TestKilledPortal kills a portal that writes: its server goes too, the directory starts again, and
// every row that was acknowledged is there.
func TestKilledPortal(t *testing.T) {
	t.Parallel()
	eachServer(t, func(t *testing.T, bin private.Binaries) {
		dir := shortDir(t)
		for _, tt := range []struct {
			name string
			kill func(p *portal)
		}{
			{"portal", func(p *portal) { p.kill() }},
			{"portal, then the server at once", func(p *portal) { p.kill(); syscall.Kill(p.postmaster, syscall.SIGKILL) }},
			{"server, then the portal", func(p *portal) { syscall.Kill(p.postmaster, syscall.SIGKILL); p.kill() }},
		} {
			p := startPortal(t, helperTask{Do: "write", Dir: dir, Binaries: bin}, nil)
			p.readAcks(200)
			_, err := private.Start(t.Context(), fast(dir, bin))
			if want := "portico helper (pid " + strconv.Itoa(p.cmd.Process.Pid); !errs.Is(err, errs.Conflict) || !strings.Contains(errs.Sentence(err), want) {
				t.Errorf("%s: while it runs: %v; want %q", tt.name, err, want)
			}
			tt.kill(p)
			began := time.Now()
			srv := start(t, fast(dir, bin))
			t.Logf("%s: %d rows acknowledged; started again in %s", tt.name, p.acked, time.Since(began).Round(time.Millisecond))
			if alive(p.postmaster) {
				t.Errorf("%s: the server of the killed portal is still there", tt.name)
			}
			got, err := strconv.Atoi(query(t, srv, "SELECT count(DISTINCT n)::text FROM acked"))
			if err != nil || got < p.acked {
				t.Errorf("%s: %d rows, error %v; %d were acknowledged", tt.name, got, err, p.acked)
			}
			query(t, srv, "TRUNCATE acked")
			stop(t, srv)
		}
	})
}

// TestServerEndsWithPortal has no new start that could help.
func TestServerEndsWithPortal(t *testing.T) {
	t.Parallel()
	eachServer(t, func(t *testing.T, bin private.Binaries) {
		p := startPortal(t, helperTask{Do: "write", Dir: shortDir(t), Binaries: bin}, nil)
		p.readAcks(1)
		p.kill()
		eventually(t, "the server ends", 10*time.Second, func() bool { return !alive(p.postmaster) })
	})
}

// TestWatchByShell is the same for systems where the kernel does not do it.
func TestWatchByShell(t *testing.T) {
	t.Parallel()
	victim := exec.Command("sleep", "100")
	if err := victim.Start(); err != nil {
		t.Fatal(err)
	}
	defer victim.Process.Kill()
	p := startPortal(t, helperTask{Do: "watch", PID: victim.Process.Pid}, nil)
	p.kill()
	ended := make(chan error, 1)
	go func() { ended <- victim.Wait() }()
	select {
	case err := <-ended:
		var ee *exec.ExitError
		if !errors.As(err, &ee) || ee.Sys().(syscall.WaitStatus).Signal() != syscall.SIGINT {
			t.Errorf("it ended with %v", err)
		}
	case <-time.After(10 * time.Second):
		t.Error("not told")
	}

	spared := exec.Command("sleep", "100")
	if err := spared.Start(); err != nil {
		t.Fatal(err)
	}
	unwatch, err := private.WatchByShell(spared.Process.Pid)
	if err != nil {
		t.Fatal(err)
	}
	unwatch()
	if !alive(spared.Process.Pid) {
		t.Error("unwatching is no death")
	}
	spared.Process.Kill()
	spared.Wait()
}

// TestServerDies kills the server under a living portal: it comes back by itself, at the same place.
func TestServerDies(t *testing.T) {
	t.Parallel()
	eachServer(t, func(t *testing.T, bin private.Binaries) {
		for _, dir := range []string{shortDir(t), filepath.Join(t.TempDir(), "out of reach")} {
			srv := start(t, fast(dir, bin))
			query(t, srv, "CREATE TABLE kept AS SELECT 1 AS n")
			pid := srv.PID()
			if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
				t.Fatal(err)
			}
			eventually(t, "the server is back", 20*time.Second, func() bool {
				conn, err := pgx.Connect(t.Context(), srv.DSN(""))
				if err == nil {
					conn.Close(t.Context())
				}
				return err == nil && srv.PID() != 0 && srv.PID() != pid
			})
			if got := query(t, srv, "SELECT count(*)::text FROM kept"); got != "1" {
				t.Errorf("got %s", got)
			}
			stop(t, srv)
		}
	})
}

func TestNoRestart(t *testing.T) {
	t.Parallel()
	eachServer(t, func(t *testing.T, bin private.Binaries) {
		srv := start(t, private.Options{Dir: shortDir(t), Binaries: &bin, NoRestart: true, Settings: unsafe})
		if err := syscall.Kill(srv.PID(), syscall.SIGKILL); err != nil {
			t.Fatal(err)
		}
		select {
		case <-srv.Done():
		case <-time.After(10 * time.Second):
			t.Error("Done is not told")
		}
	})
}

// TestLeftovers are what a crash may leave besides: half an initialisation, a pid that is somebody
// else's by now, and a server that lives on because nothing told it.
func TestLeftovers(t *testing.T) {
	t.Parallel()
	eachServer(t, func(t *testing.T, bin private.Binaries) {
		dir := shortDir(t)
		data := filepath.Join(dir, "data")
		if err := os.MkdirAll(filepath.Join(dir, "data.new", "base"), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(dir, 0o755); err != nil { // for the lone server below, which has but the path
			t.Fatal(err)
		}
		o := fast(dir, bin)
		stop(t, start(t, o))
		if _, err := os.Stat(data + ".new"); !os.IsNotExist(err) {
			t.Errorf("data.new: %v", err)
		}

		other := exec.Command("sleep", "100")
		if err := other.Start(); err != nil {
			t.Fatal(err)
		}
		defer func() { other.Process.Kill(); other.Wait() }()
		pidFile := filepath.Join(data, "postmaster.pid")
		text := strconv.Itoa(other.Process.Pid) + "\n" + data + "\n1\n5432\n/nowhere\n\n  1 1\nready   \n"
		if err := os.WriteFile(pidFile, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		stop(t, start(t, o))
		if !alive(other.Process.Pid) {
			t.Error("a process that is no server was ended")
		}

		lone := exec.Command(filepath.Join(bin.Dir, "postgres"), "-D", data, "-c", "listen_addresses=", "-c", "unix_socket_directories="+data)
		lone.Dir = "/"
		if fi, err := os.Stat(data); err != nil {
			t.Fatal(err)
		} else if st := fi.Sys().(*syscall.Stat_t); os.Geteuid() == 0 {
			lone.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: st.Uid, Gid: st.Gid}}
		}
		if err := lone.Start(); err != nil {
			t.Fatal(err)
		}
		gone := make(chan struct{})
		go func() { lone.Wait(); close(gone) }()
		eventually(t, "the lone server is ready", 10*time.Second, func() bool {
			text, _ := os.ReadFile(pidFile)
			return strings.Contains(string(text), "ready")
		})
		srv := start(t, o)
		select {
		case <-gone:
		case <-time.After(5 * time.Second):
			t.Error("the lone server was not stopped")
		}
		if got := query(t, srv, "SELECT 'here'"); got != "here" {
			t.Error(got)
		}
	})
}

func TestSweep(t *testing.T) {
	t.Parallel()
	eachServer(t, func(t *testing.T, bin private.Binaries) {
		parent := filepath.Dir(shortDir(t))
		used, dead, young := filepath.Join(parent, "x-used"), filepath.Join(parent, "x-dead"), filepath.Join(parent, "x-young")
		start(t, fast(used, bin))
		p := startPortal(t, helperTask{Do: "write", Dir: dead, Binaries: bin}, nil)
		p.readAcks(1)
		p.kill()
		if err := os.Mkdir(young, 0o700); err != nil {
			t.Fatal(err)
		}
		old := time.Now().Add(-time.Minute)
		for _, dir := range []string{used, dead} {
			if err := os.Chtimes(filepath.Join(dir, "portico.lock"), old, old); err != nil {
				t.Fatal(err)
			}
		}
		if got := private.Sweep(t.Context(), parent, "x-*"); !slices.Equal(got, []string{dead}) {
			t.Errorf("discarded %v, want %s", got, dead)
		}
		for dir, want := range map[string]bool{used: true, dead: false, young: true} {
			if _, err := os.Stat(dir); (err == nil) != want {
				t.Errorf("%s: %v", dir, err)
			}
		}
		if err := private.Discard(t.Context(), used); !errs.Is(err, errs.Conflict) {
			t.Errorf("discarded one in use: %v", err)
		}
	})
}

// TestOrdinaryUser runs all of it as nobody, where the tests run as root. Elsewhere every test does.
func TestOrdinaryUser(t *testing.T) {
	t.Parallel()
	eachServer(t, func(t *testing.T, bin private.Binaries) {
		parent := filepath.Dir(shortDir(t))
		exe := filepath.Join(parent, "portal.exe")
		self, err := os.Executable()
		if err != nil {
			t.Fatal(err)
		}
		text, err := os.ReadFile(self)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(exe, text, 0o755); err != nil {
			t.Fatal(err)
		}
		home := filepath.Join(parent, "home")
		if err := os.Mkdir(home, 0o700); err != nil {
			t.Fatal(err)
		}
		root := os.Geteuid() == 0
		if root {
			if err := os.Chown(home, 65534, 65534); err != nil {
				t.Fatal(err)
			}
		}
		dir := filepath.Join(home, "pg")
		for range 2 { // made, and started again
			p := startPortal(t, helperTask{Do: "once", Dir: dir, Binaries: bin}, func(cmd *exec.Cmd) {
				cmd.Path, cmd.Dir = exe, "/"
				if root {
					cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
				}
			})
			for p.out.Scan() {
				t.Error(p.out.Text())
			}
			if err := p.cmd.Wait(); err != nil {
				t.Error(err)
			}
		}
		if root && runtime.GOOS == "linux" {
			// And root takes the directory over without changing whose it is.
			stop(t, start(t, fast(dir, bin)))
			fi, err := os.Stat(filepath.Join(dir, "data"))
			if err != nil || fi.Sys().(*syscall.Stat_t).Uid != 65534 {
				t.Errorf("data belongs to %v, %v", fi.Sys(), err)
			}
		}
	})
}
