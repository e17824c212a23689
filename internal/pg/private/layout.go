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
	"runtime"
	"strconv"
	"strings"
	"syscall"

	"portico/internal/errs"
)

// maxSocketPath is what the smallest sun_path among our systems (macOS: 104 bytes) holds.
const maxSocketPath = 103

// makeDir creates Options.Dir. Root lets others pass through what it creates (not look into it), for
// the server's user must come to its folders.
func makeDir(dir string) error {
	if _, err := os.Stat(dir); err == nil {
		return nil
	}
	mode := fs.FileMode(0o700)
	if os.Geteuid() == 0 {
		mode = 0o711
	}
	if err := os.MkdirAll(dir, mode); err != nil {
		return cannotKeep(dir, err)
	}
	return os.Chmod(dir, mode) // the umask may have taken the x away
}

// refuseLinkedData is errs.Conflict where the data is a link: what it leads to may be the data of a
// server that is not ours, which clearing up would stop.
func (o *Options) refuseLinkedData() error {
	if fi, err := os.Lstat(o.dataDir()); err == nil && fi.Mode()&fs.ModeSymlink != 0 {
		return errs.WithRemedy(errs.New(errs.Conflict, "%s is a link", o.dataDir()),
			"move what it leads to in its place, or name the directory of the private PostgreSQL where that shall be")
	}
	return nil
}

// dataState tells which major version wrote the data; 0: there is none yet.
func dataState(dataDir string) (major int, err error) {
	text, err := os.ReadFile(filepath.Join(dataDir, "PG_VERSION"))
	if err == nil {
		major, err := strconv.Atoi(strings.TrimSpace(string(text)))
		if err != nil || major < 10 {
			return 0, fmt.Errorf("%s: not a version: %q", filepath.Join(dataDir, "PG_VERSION"), text)
		}
		return major, nil
	}
	if errors.Is(err, fs.ErrPermission) {
		return 0, errs.WithRemedy(errs.Public(errs.Unavailable, "the data in "+dataDir+" belongs to another user", err),
			"start the portal as the user who started it before, or as root; or name another directory")
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return 0, err
	}
	entries, err := os.ReadDir(dataDir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return 0, err
	}
	if len(entries) > 0 {
		return 0, errs.WithRemedy(errs.New(errs.Conflict, "%s holds files, but none of PostgreSQL's data", dataDir),
			"move them away, or name another directory")
	}
	return 0, nil
}

// dataArg is how the server is told its data directory, and the file that it must inherit as its
// first extra one, if any.
//
// Where root keeps the data under a folder that the server's user may not pass through (a checkout
// in root's home, say), no path leads there for it. Linux lets it go through an open descriptor.
func dataArg(dataDir string, a account) (arg string, inherit *os.File, err error) {
	if a.reaches(dataDir) {
		return dataDir, nil, nil
	}
	if runtime.GOOS != "linux" {
		return "", nil, errs.WithRemedy(errs.New(errs.Unavailable, "%s, which the server runs as, may not enter %s", a, dataDir),
			"name a directory that everybody may pass through, or start the portal as an ordinary user")
	}
	f, err := os.Open(dataDir)
	return "/proc/self/fd/3", f, err
}

// initialise makes the data directory. A start that is cut off leaves data.new, never half of data.
func initialise(ctx context.Context, o *Options, b Binaries, a account) error {
	fresh := o.dataDir() + ".new"
	if err := os.RemoveAll(fresh); err != nil {
		return err
	}
	if err := os.Mkdir(fresh, 0o700); err != nil {
		return err
	}
	if err := a.own(fresh); err != nil {
		return err
	}
	arg, inherit, err := dataArg(fresh, a)
	if err != nil {
		return err
	}
	args := []string{"-D", arg, "-A", "trust", "-U", "postgres", "-E", "UTF8"}
	args = append(args, localeArgs(b.Major)...)
	if !o.durable() {
		args = append(args, "--no-sync")
	}
	cmd := exec.CommandContext(ctx, b.initdb(), append(args, o.InitArgs...)...)
	a.prepare(cmd)
	if inherit != nil {
		defer inherit.Close()
		cmd.ExtraFiles = []*os.File{inherit}
	}
	// initdb removes what it made when it is asked to end.
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	runtime.LockOSThread() // dieWithUs counts from this thread
	defer runtime.UnlockOSThread()
	dieWithUs(cmd)
	out, err := cmd.CombinedOutput()
	if err != nil {
		return fmt.Errorf("%s: %w: %s", b.initdb(), err, lastLines(string(out), 8))
	}
	return os.Rename(fresh, o.dataDir())
}

// localeArgs choose UTF-8 with the order of code points, so that the same query sorts the same way
// on each machine.
func localeArgs(major int) []string {
	switch {
	case major >= 17:
		return []string{"--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"}
	case runtime.GOOS == "darwin":
		return []string{"--locale=C", "--lc-ctype=UTF-8"}
	default:
		return []string{"--locale=C.UTF-8"}
	}
}

// makeSocketDir returns a folder of the account's for the socket, mode 0700, whose path is short
// enough and leads there for everyone concerned; and whether it is to be removed in the end.
func makeSocketDir(o *Options, a account) (dir string, temporary bool, err error) {
	run := filepath.Join(o.Dir, "run")
	if socketPathFits(run) && a.reaches(o.Dir) {
		if err := os.MkdirAll(run, 0o700); err != nil {
			return "", false, err
		}
		if err := os.Chmod(run, 0o700); err != nil {
			return "", false, err
		}
		return run, false, a.own(run)
	}
	for _, parent := range []string{os.TempDir(), "/tmp", "/var/tmp"} {
		if !socketPathFits(filepath.Join(parent, socketPrefix+"0123456789")) || !a.reaches(parent) {
			continue
		}
		dir, err := os.MkdirTemp(parent, socketPrefix) // 0700
		if err != nil {
			continue
		}
		return dir, true, a.own(dir)
	}
	return "", false, errs.WithRemedy(errs.New(errs.Unavailable, "no folder is short enough for the private PostgreSQL's socket (%s would be too long)", run),
		"name a shorter directory, or set TMPDIR to a short one")
}

const socketPrefix = "portico-pg-"

func socketPathFits(dir string) bool {
	// A comma separates folders in the server's setting, and the connection string knows it too.
	return len(filepath.Join(dir, ".s.PGSQL."+port+".lock")) <= maxSocketPath && !strings.ContainsAny(dir, `,"' `)
}
