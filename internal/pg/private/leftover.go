//go:build unix && !aix && !solaris

package private

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"portico/internal/errs"
)

// leftover is what postmaster.pid says.
type leftover struct {
	pid       int
	socketDir string
}

// readLeftover returns nil when there is no postmaster.pid, or none that can be read as one.
func readLeftover(dataDir string) (*leftover, error) {
	text, err := os.ReadFile(filepath.Join(dataDir, "postmaster.pid"))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	// pid, data directory, start time, port, socket directory, …; a crash may leave fewer lines.
	lines := strings.Split(string(text), "\n")
	l := &leftover{}
	if l.pid, err = strconv.Atoi(strings.TrimSpace(lines[0])); err != nil {
		l.pid = 0
	}
	if len(lines) > 4 {
		l.socketDir = strings.TrimSpace(lines[4])
	}
	return l, nil
}

// clearLeftover deals with what a portal that was killed left behind: a server that is still
// stopping, or has not noticed, is waited for, then stopped; its pid file and socket are removed.
// The caller holds the directory's lock, so no portal is using that server. It reports whether
// there was anything.
func clearLeftover(ctx context.Context, dataDir string, log func(string)) (bool, error) {
	l, err := readLeftover(dataDir)
	if err != nil || l == nil {
		return false, err
	}
	steps := []struct {
		signal syscall.Signal
		wait   time.Duration
	}{
		{0, 500 * time.Millisecond}, // it may be on its way already
		{syscall.SIGINT, 10 * time.Second},
		{syscall.SIGQUIT, 5 * time.Second},
		{syscall.SIGKILL, 5 * time.Second},
	}
	for _, s := range steps {
		if !isPostmaster(l.pid, dataDir) {
			break
		}
		if s.signal != 0 {
			log(fmt.Sprintf("stopping a PostgreSQL that an earlier portal left behind (pid %d)", l.pid))
			if err := syscall.Kill(l.pid, s.signal); err != nil && !errors.Is(err, syscall.ESRCH) {
				return true, fmt.Errorf("stop the left-over server, pid %d: %w", l.pid, err)
			}
		}
		if err := waitGone(ctx, l.pid, dataDir, s.wait); err != nil {
			return true, err
		}
	}
	if isPostmaster(l.pid, dataDir) {
		return true, errs.WithRemedy(errs.New(errs.Unavailable, "a PostgreSQL that an earlier portal left behind (pid %d) does not stop", l.pid),
			fmt.Sprintf("end it by hand, then start again: it uses %s", dataDir))
	}
	// The pid may belong to something else by now (small numbers come back soon in a container);
	// PostgreSQL would then refuse to start for ever.
	if err := os.Remove(filepath.Join(dataDir, "postmaster.pid")); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return true, err
	}
	removeSocketDir(l.socketDir)
	return true, nil
}

// removeSocketDir removes a socket's temporary folder: nothing that does not look like one.
func removeSocketDir(dir string) {
	if strings.HasPrefix(filepath.Base(dir), socketPrefix) {
		os.Remove(filepath.Join(dir, ".s.PGSQL."+port))
		os.Remove(filepath.Join(dir, ".s.PGSQL."+port+".lock"))
		os.Remove(dir)
	}
}

func waitGone(ctx context.Context, pid int, dataDir string, limit time.Duration) error {
	for end := time.Now().Add(limit); time.Now().Before(end) && isPostmaster(pid, dataDir); {
		select {
		case <-time.After(10 * time.Millisecond):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}

// isPostmaster reports whether pid is a live server on dataDir, as far as can be found out: a
// process that says postgres and that cannot be told to be elsewhere counts as one.
func isPostmaster(pid int, dataDir string) bool {
	if pid <= 1 || pid == os.Getpid() || errors.Is(syscall.Kill(pid, 0), syscall.ESRCH) {
		return false
	}
	proc := filepath.Join("/proc", strconv.Itoa(pid))
	if _, err := os.Stat(proc); err != nil {
		// No /proc here.
		out, err := exec.Command("ps", "-o", "stat=,comm=", "-p", strconv.Itoa(pid)).Output()
		text := strings.TrimSpace(string(out))
		return err == nil && !strings.HasPrefix(text, "Z") && strings.Contains(text, "postgres")
	}
	if stat, err := os.ReadFile(filepath.Join(proc, "stat")); err == nil {
		// "pid (name) state …"; a zombie has ended, only its parent has not asked how.
		name, rest, ok := strings.Cut(string(stat), ") ")
		if ok && (strings.HasPrefix(rest, "Z") || strings.HasPrefix(rest, "X")) {
			return false
		}
		if ok && !strings.Contains(name, "postgres") && !strings.Contains(name, "postmaster") {
			return false
		}
	}
	cwd, err1 := os.Stat(filepath.Join(proc, "cwd"))
	data, err2 := os.Stat(dataDir)
	if err1 != nil || err2 != nil {
		return !errors.Is(err1, fs.ErrNotExist)
	}
	return os.SameFile(cwd, data)
}

// Discard removes a directory of a server that nobody uses any more, after stopping what may still
// run on it. It is errs.Conflict where a portal uses it, and where a part of it is a link; no error
// where there is none.
func Discard(ctx context.Context, dir string) error {
	o := Options{Dir: dir}
	if err := o.setDefaults(); err != nil {
		return err
	}
	if err := o.refuseLinkedData(); err != nil {
		return err
	}
	if _, err := os.Lstat(o.lockFile()); errors.Is(err, fs.ErrNotExist) {
		return os.RemoveAll(o.Dir)
	}
	lock, err := lockDir(o.Dir, o.lockFile(), o.Program)
	if err != nil {
		return err
	}
	defer lock.release()
	if _, err := clearLeftover(ctx, o.dataDir(), o.Log); err != nil {
		return err
	}
	return os.RemoveAll(o.Dir)
}

// Sweep discards the directories below parent that match a glob pattern relative to it and whose
// portals are gone, such as those that throwaway servers leave when they are killed, and returns
// those. It keeps what is in use or was made just now, and says nothing of what it cannot remove: the
// next one will try again.
//
// parent may be a folder that everybody writes, as the temporary one is. What others planted there is
// not touched: each level of the pattern must be a folder of our own, and no link.
func Sweep(ctx context.Context, parent, pattern string) (discarded []string) {
	dirs, _ := filepath.Glob(filepath.Join(parent, pattern)) // a bad pattern matches nothing
	for _, dir := range dirs {
		if ctx.Err() != nil {
			break
		}
		fi, err := ownFolder(parent, dir)
		if err != nil {
			continue
		}
		// The lock is taken at once when the file is made. Without the file somebody is about to
		// start, or was cut off before.
		age := 10 * time.Minute
		if lock, err := os.Lstat(filepath.Join(dir, "portico.lock")); err == nil {
			age, fi = 3*time.Second, lock
		}
		if time.Since(fi.ModTime()) > age && Discard(ctx, dir) == nil {
			discarded = append(discarded, dir)
		}
	}
	return discarded
}

// ownFolder returns what is known of dir where it and all above it, up to parent, are folders of our
// own that nobody else may write: what is below them is then ours too, and stays so while we look.
func ownFolder(parent, dir string) (fs.FileInfo, error) {
	rel, err := filepath.Rel(parent, dir)
	if err != nil {
		return nil, err
	}
	var fi fs.FileInfo
	for at := parent; rel != ""; {
		name, rest, _ := strings.Cut(rel, string(filepath.Separator))
		at, rel = filepath.Join(at, name), rest
		if fi, err = os.Lstat(at); err != nil {
			return nil, err
		}
		if !fi.IsDir() || int(fi.Sys().(*syscall.Stat_t).Uid) != os.Geteuid() || fi.Mode().Perm()&0o022 != 0 {
			return nil, fmt.Errorf("%s is not a folder of ours", at)
		}
	}
	return fi, nil
}
