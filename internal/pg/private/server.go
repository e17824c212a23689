//go:build unix && !aix && !solaris

package private

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"runtime"
	"sync"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"

	"portico/internal/errs"
)

// Server is a running server. Stop it.
type Server struct {
	opts      Options
	bin       Binaries
	acct      account
	socketDir string
	tempDir   bool // the socket's folder goes with us
	lock      *dirLock

	stopOnce sync.Once
	stopping chan struct{} // closed by Stop
	done     chan struct{} // closed when the server has ended for good

	mu    sync.Mutex
	proc  *os.Process // nil between two lives
	ready bool        // it has answered once: from now on it is restarted
	exit  error       // why it ended
}

// Start starts the server in o.Dir, making the directory and the database where they are missing,
// and returns when it takes connections. What an earlier portal that was killed left there is
// cleared up first.
//
// Errors: errs.Conflict when another portal uses the directory (named with its pid) or it holds
// something else; errs.Unavailable when there are no binaries, none of the version that wrote the
// data, or the server does not start (with the end of its log). Each has a remedy.
func Start(ctx context.Context, o Options) (_ *Server, err error) {
	if err := o.setDefaults(); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, o.StartTimeout)
	defer cancel()
	if err := makeDir(o.Dir); err != nil {
		return nil, err
	}
	s := &Server{opts: o, stopping: make(chan struct{}), done: make(chan struct{})}
	if s.lock, err = lockDir(o.Dir, o.lockFile(), o.Program); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			s.cleanUp()
		}
	}()
	if err := o.refuseLinkedData(); err != nil {
		return nil, err
	}
	if s.acct, err = accountFor(o.dataDir()); err != nil {
		return nil, err
	}
	major, err := dataState(o.dataDir())
	if err != nil {
		return nil, err
	}
	if s.bin, err = s.binaries(ctx, major); err != nil {
		return nil, err
	}
	if major == 0 {
		o.Log(fmt.Sprintf("creating the database in %s with %s", o.Dir, s.bin))
		if err := initialise(ctx, &o, s.bin, s.acct); err != nil {
			return nil, errs.WithRemedy(errs.Public(errs.Unavailable, "the private PostgreSQL could not be created in "+o.Dir, err),
				"see whether the disk has room; "+EnvBinDir+" may name other binaries")
		}
	} else if fi, err := os.Stat(o.dataDir()); err == nil && s.acct.become && fi.Sys().(*syscall.Stat_t).Uid == 0 {
		if err := s.acct.own(o.dataDir()); err != nil { // a copy that root made
			return nil, err
		}
	}
	crashed, err := clearLeftover(ctx, o.dataDir(), o.Log)
	if err != nil {
		return nil, err
	}
	if crashed {
		o.Log("the server was not stopped last time; it will recover")
	}
	if s.socketDir, s.tempDir, err = makeSocketDir(&o, s.acct); err != nil {
		return nil, err
	}
	if err := s.firstStart(ctx, crashed); err != nil {
		return nil, err
	}
	if err := s.makeDatabase(ctx); err != nil {
		s.Stop(context.WithoutCancel(ctx))
		return nil, err
	}
	return s, nil
}

func (s *Server) binaries(ctx context.Context, major int) (Binaries, error) {
	bin, err := Binaries{}, error(nil)
	if s.opts.Binaries != nil {
		bin = *s.opts.Binaries
		if major != 0 && bin.Major != major {
			err = &versionError{major: major, others: []string{bin.String()}}
		}
	} else {
		bin, err = find(ctx, s.opts.Search, major, s.acct)
	}
	var ve *versionError
	if errors.As(err, &ve) {
		return bin, errs.WithRemedy(
			errs.Public(errs.Unavailable, fmt.Sprintf("the data in %s was written by PostgreSQL %d; %s", s.opts.dataDir(), major, ve.Error()), err),
			fmt.Sprintf("install PostgreSQL %d beside the other, or name its directory in %s; to begin anew, move %s away", major, EnvBinDir, s.opts.Dir))
	}
	return bin, err
}

// firstStart starts the server and waits until it answers. After a crash the first attempts may
// fail: processes of the old server go a moment after it and hold its memory until then.
func (s *Server) firstStart(ctx context.Context, crashed bool) error {
	began := time.Now()
	for {
		from := logSize(s.opts.logFile())
		s.done = make(chan struct{})
		go s.keep(s.done)
		err := s.waitReady(ctx)
		if err == nil {
			s.mu.Lock()
			s.ready = true
			s.mu.Unlock()
			return nil
		}
		select {
		case <-s.done:
			if crashed && time.Since(began) < 10*time.Second && ctx.Err() == nil {
				time.Sleep(100 * time.Millisecond)
				continue
			}
			err = errors.Join(err, s.exit)
		default:
			s.halt(time.Second)
		}
		err = fmt.Errorf("%w: %s", err, logTail(s.opts.logFile(), from))
		return errs.WithRemedy(errs.Public(errs.Unavailable, "the private PostgreSQL in "+s.opts.Dir+" did not start", err), "read "+s.opts.logFile())
	}
}

// keep starts the server and waits for it, again and again, on a thread of its own: on Linux the
// server gets its signal when that thread ends, so it is never given back.
func (s *Server) keep(done chan struct{}) {
	runtime.LockOSThread()
	defer close(done)
	const shortest, longest = 100 * time.Millisecond, 5 * time.Second
	for wait := shortest; ; {
		began := time.Now()
		err := s.live()
		s.mu.Lock()
		s.exit = err
		again := s.ready && !s.opts.NoRestart
		s.mu.Unlock()
		if time.Since(began) > 30*time.Second {
			wait = shortest
		}
		if again {
			select {
			case <-s.stopping:
				again = false
			case <-time.After(wait):
				wait = min(2*wait, longest)
			}
		}
		if !again {
			return
		}
		s.opts.Log(fmt.Sprintf("PostgreSQL ended unasked (%v); starting it again", err))
		// What it left is ours to clear; if that fails the server says why, in its log.
		if _, err := clearLeftover(context.Background(), s.opts.dataDir(), s.opts.Log); err != nil {
			s.opts.Log(err.Error())
		}
		if err := os.MkdirAll(s.socketDir, 0o700); err == nil {
			err = s.acct.own(s.socketDir)
			if err != nil {
				s.opts.Log(err.Error())
			}
		}
	}
}

// live is one life of the server. It returns when the server has ended, saying how.
func (s *Server) live() error {
	log, err := openLog(s.opts.logFile())
	if err != nil {
		return err
	}
	defer log.Close()
	arg, inherit, err := dataArg(s.opts.dataDir(), s.acct)
	if err != nil {
		return err
	}
	args := []string{"-D", arg}
	for _, kv := range s.opts.settings(s.socketDir) {
		args = append(args, "-c", kv)
	}
	cmd := exec.Command(s.bin.postgres(), args...)
	s.acct.prepare(cmd)
	if inherit != nil {
		defer inherit.Close()
		cmd.ExtraFiles = []*os.File{inherit}
	}
	// The file itself, not a pipe: the server can say its last words when we are gone.
	cmd.Stdout, cmd.Stderr = log, log
	dieWithUs(cmd)

	s.mu.Lock()
	select {
	case <-s.stopping:
		s.mu.Unlock()
		return nil
	default:
	}
	if err := cmd.Start(); err != nil {
		s.mu.Unlock()
		return err
	}
	s.proc = cmd.Process
	s.mu.Unlock()

	unwatch, err := watch(cmd.Process.Pid)
	if err != nil {
		s.opts.Log("PostgreSQL will not notice if the portal is killed: " + err.Error())
		unwatch = func() {}
	}
	err = cmd.Wait()
	s.mu.Lock()
	s.proc = nil
	s.mu.Unlock()
	unwatch()
	return err
}

// waitReady returns nil once the server takes connections, and an error when it has ended before
// or ctx is over.
func (s *Server) waitReady(ctx context.Context) error {
	var last error
	for wait := 5 * time.Millisecond; ; wait = min(wait*3/2, 50*time.Millisecond) {
		select {
		case <-s.done:
			return errors.New("it ended while starting")
		case <-ctx.Done():
			return errors.Join(fmt.Errorf("it did not answer in time: %w", ctx.Err()), last)
		case <-time.After(wait):
		}
		cctx, cancel := context.WithTimeout(ctx, 2*time.Second)
		conn, err := pgx.Connect(cctx, s.DSN("postgres"))
		if err == nil {
			conn.Close(cctx)
		}
		cancel()
		if err == nil {
			return nil
		}
		last = err
	}
}

func (s *Server) makeDatabase(ctx context.Context) error {
	conn, err := pgx.Connect(ctx, s.DSN("postgres"))
	if err != nil {
		return err
	}
	defer conn.Close(context.WithoutCancel(ctx))
	var there bool
	if err := conn.QueryRow(ctx, "SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)", s.opts.Database).Scan(&there); err != nil {
		return err
	}
	if there {
		return nil
	}
	_, err = conn.Exec(ctx, "CREATE DATABASE "+pgx.Identifier{s.opts.Database}.Sanitize())
	return err
}

// DSN is the connection string for a database, as URL; "" stands for Options.Database. It stays the
// same when the server is started again by itself, not by another Start.
func (s *Server) DSN(database string) string {
	if database == "" {
		database = s.opts.Database
	}
	q := url.Values{"host": {s.socketDir}, "port": {port}, "sslmode": {"disable"}}
	u := url.URL{Scheme: "postgres", User: url.User("postgres"), Path: "/" + database, RawQuery: q.Encode()}
	return u.String()
}

// Binaries are those that the server runs from.
func (s *Server) Binaries() Binaries { return s.bin }

// Dir is Options.Dir, absolute.
func (s *Server) Dir() string { return s.opts.Dir }

// PID is the server's main process, 0 when it is not running.
func (s *Server) PID() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.proc == nil {
		return 0
	}
	return s.proc.Pid
}

// Done is closed when the server has ended and is not started again.
func (s *Server) Done() <-chan struct{} { return s.done }

// Stop stops the server and gives the directory free. It breaks connections off, rolls back what
// they were doing and waits for the server to write everything (SIGINT: a "fast" shutdown) until ctx
// is over, or 15 s; then it insists, and the next start will recover. Stopping twice is fine.
func (s *Server) Stop(ctx context.Context) error {
	limit := 15 * time.Second
	if end, ok := ctx.Deadline(); ok {
		limit = min(limit, time.Until(end))
	}
	var err error
	s.stopOnce.Do(func() {
		close(s.stopping)
		err = s.halt(limit)
		s.cleanUp()
	})
	return err
}

// halt ends the server within limit and a few seconds, and waits for it.
func (s *Server) halt(limit time.Duration) error {
	steps := []struct {
		signal syscall.Signal
		wait   time.Duration
	}{
		{syscall.SIGINT, limit},
		{syscall.SIGQUIT, 5 * time.Second},
		{syscall.SIGKILL, 5 * time.Second},
	}
	for i, step := range steps {
		s.signal(step.signal)
		select {
		case <-s.done:
			if i > 0 {
				return fmt.Errorf("the private PostgreSQL did not stop within %s and was ended (%s); it will recover at the next start", limit, step.signal)
			}
			return nil
		case <-time.After(step.wait):
		}
	}
	return errs.WithRemedy(errs.New(errs.Unavailable, "the private PostgreSQL (pid %d) cannot be ended", s.PID()), "end it by hand")
}

func (s *Server) signal(sig syscall.Signal) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.proc != nil {
		_ = s.proc.Signal(sig) // it may have ended meanwhile, which is what we want
	}
}

func (s *Server) cleanUp() {
	if s.tempDir {
		removeSocketDir(s.socketDir)
	}
	s.lock.release()
}
