//go:build unix && !aix && !solaris

package private

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"

	"portico/internal/errs"
)

// State is what Check found.
type State struct {
	Major    int      // that wrote the data; 0 where there is none yet
	Binaries Binaries // that Start would run
}

// Check looks whether Start would get on with o, without starting, making or changing anything. The
// errors are those of Start: errs.Conflict when another portal uses the directory or it holds something
// else, errs.Unavailable for what cannot be written, for binaries that are missing or of another
// version than the data.
func Check(ctx context.Context, o Options) (State, error) {
	var st State
	if err := o.setDefaults(); err != nil {
		return st, err
	}
	if err := mayKeepIn(o.Dir); err != nil {
		return st, err
	}
	if err := lockFree(&o); err != nil {
		return st, err
	}
	if err := o.refuseLinkedData(); err != nil {
		return st, err
	}
	acct, err := accountFor(o.dataDir())
	if err != nil {
		return st, err
	}
	if st.Major, err = dataState(o.dataDir()); err != nil {
		return st, err
	}
	s := &Server{opts: o, acct: acct}
	st.Binaries, err = s.binaries(ctx, st.Major)
	return st, err
}

// mayKeepIn finds out whether the directory, or the closest folder above it that is there, can be
// written.
func mayKeepIn(dir string) error {
	const writeAndEnter = 0o2 | 0o1
	at := dir
	for {
		fi, err := os.Stat(at)
		if err == nil && !fi.IsDir() {
			err = &fs.PathError{Op: "open", Path: at, Err: syscall.ENOTDIR}
		}
		if errors.Is(err, fs.ErrNotExist) && at != filepath.Dir(at) {
			at = filepath.Dir(at)
			continue
		}
		if err == nil {
			err = syscall.Access(at, writeAndEnter)
		}
		if err != nil {
			return cannotKeep(dir, err)
		}
		return nil
	}
}

func cannotKeep(dir string, err error) error {
	return errs.WithRemedy(errs.Public(errs.Unavailable, "the private PostgreSQL cannot be kept in "+dir, err),
		"name a directory that this user may write")
}

// lockFree is errs.Conflict, naming the holder, when a portal uses the directory. It takes the lock for
// a moment, shared: only a portal that starts in that moment would notice.
func lockFree(o *Options) error {
	f, err := os.OpenFile(o.lockFile(), os.O_RDONLY|syscall.O_NOFOLLOW|syscall.O_NONBLOCK, 0)
	if fi, serr := os.Lstat(o.lockFile()); serr == nil && !fi.Mode().IsRegular() {
		if err == nil {
			f.Close()
		}
		return notOurLock(o.lockFile())
	}
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return cannotKeep(o.Dir, err)
	}
	defer f.Close()
	if err := syscall.Access(o.lockFile(), 0o2); err != nil {
		return cannotKeep(o.Dir, err)
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_SH|syscall.LOCK_NB); errors.Is(err, syscall.EWOULDBLOCK) {
		return inUse(o.Dir, f)
	} else if err != nil {
		return err
	}
	return syscall.Flock(int(f.Fd()), syscall.LOCK_UN)
}
