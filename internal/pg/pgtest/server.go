//go:build unix

package pgtest

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"portico/internal/pg"
	"portico/internal/pg/private"
)

// Server is a PostgreSQL of one test's own, which may stop and kill it. It is always a private one,
// also where EnvURL is set. Its methods fail the test; they are not for concurrent use.
type Server struct {
	t   testing.TB
	srv *private.Server
	dsn string
	opt private.Options
}

// NewServer starts a server with a migrated database. It is stopped and removed when the test ends.
func NewServer(t testing.TB) *Server {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	srv, err := startCopy(ctx, true)
	if err != nil {
		fatal(t, "start a server", err)
	}
	bin := srv.Binaries()
	s := &Server{t: t, srv: srv, dsn: srv.DSN("portico"), opt: private.Options{
		Dir: srv.Dir(), Binaries: &bin, Settings: settings, Database: "postgres", NoRestart: true,
	}}
	t.Cleanup(func() {
		s.stop()
		if err := os.RemoveAll(s.opt.Dir); err != nil {
			t.Errorf("pgtest: %v", err)
		}
	})
	admin, err := openAdmin(ctx, srv.DSN("postgres"))
	if err != nil {
		fatal(t, "start a server", err)
	}
	defer admin.Close()
	if err := createDatabase(ctx, admin, "portico", templateName); err != nil {
		fatal(t, "create the server's database", err)
	}
	return s
}

// DSN is the connection string of the migrated database. It stays the same over restarts.
func (s *Server) DSN() string { return s.dsn }

// Pool opens the database; the pool is closed when the test ends.
func (s *Server) Pool() *pg.Pool {
	s.t.Helper()
	return open(s.t, s.dsn)
}

// Stop is a fast shutdown: connections are broken off, the data is written.
func (s *Server) Stop() {
	s.t.Helper()
	s.stop()
}

// StopImmediate ends all processes of the server at once, as after a fault: it will recover.
func (s *Server) StopImmediate() {
	s.t.Helper()
	s.signal(syscall.SIGQUIT)
}

// Kill9 kills the server's main process and waits until the others, which notice by themselves, are
// gone too: until then one may still answer.
func (s *Server) Kill9() {
	s.t.Helper()
	admin, err := openAdmin(s.t.Context(), s.srv.DSN("postgres"))
	if err != nil {
		fatal(s.t, "look at the server before killing it", err)
	}
	pids, err := pg.Collect(s.t.Context(), admin, pgx.RowTo[int], "SELECT pid FROM pg_stat_activity")
	admin.Close()
	if err != nil {
		fatal(s.t, "look at the server before killing it", err)
	}
	s.signal(syscall.SIGKILL)
	for end := time.Now().Add(10 * time.Second); slices.ContainsFunc(pids, runs); time.Sleep(2 * time.Millisecond) {
		if time.Now().After(end) {
			s.t.Fatal("pgtest: processes of the killed server do not end")
		}
	}
}

// runs reports whether there is such a process and it has not ended: nobody may have asked how.
func runs(pid int) bool {
	if errors.Is(syscall.Kill(pid, 0), syscall.ESRCH) {
		return false
	}
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	_, state, found := strings.Cut(string(stat), ") ")
	return err != nil || !found || state[0] != 'Z' && state[0] != 'X'
}

// Start starts the server again, recovery included. It has stopped, or was killed.
func (s *Server) Start() {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(s.t.Context(), time.Minute)
	defer cancel()
	srv, err := private.Start(ctx, s.opt)
	if err != nil {
		fatal(s.t, "start the server again", err)
	}
	s.srv = srv
	if dsn := srv.DSN("portico"); dsn != s.dsn {
		s.t.Fatalf("pgtest: the server moved from %s to %s: set TMPDIR to a shorter path", s.dsn, dsn)
	}
}

// Restart is Stop and Start.
func (s *Server) Restart() {
	s.t.Helper()
	s.stop()
	s.Start()
}

func (s *Server) signal(sig syscall.Signal) {
	s.t.Helper()
	pid := s.srv.PID()
	if pid == 0 {
		s.t.Fatal("pgtest: the server is not running")
	}
	if err := syscall.Kill(pid, sig); err != nil {
		s.t.Fatalf("pgtest: %v", err)
	}
	select {
	case <-s.srv.Done():
	case <-time.After(20 * time.Second):
		s.t.Fatalf("pgtest: the server did not end within 20 s of %s", sig)
	}
	s.stop() // gives the directory free
}

func (s *Server) stop() {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	if err := s.srv.Stop(ctx); err != nil {
		s.t.Errorf("pgtest: %v", err)
	}
}
