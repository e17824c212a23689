//go:build unix && !aix && !solaris

package private

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"syscall"
	"time"

	"portico/internal/errs"
)

// dirLock is held as long as a portal uses a directory. The kernel gives it back when the process
// ends, however it ends; the file stays and tells who had it last.
type dirLock struct{ file *os.File }

type holder struct {
	Program string    `json:"program"`
	PID     int       `json:"pid"`
	Started time.Time `json:"started"`
}

// lockDir takes the lock at path for program, or returns errs.Conflict naming dir and the holder.
func lockDir(dir, path, program string) (*dirLock, error) {
	for range 100 {
		// Never through a link: the file is written, and somebody else may have put the link there.
		f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|syscall.O_NOFOLLOW|syscall.O_NONBLOCK, 0o644)
		if fi, serr := os.Lstat(path); serr == nil && !fi.Mode().IsRegular() {
			if err == nil {
				f.Close()
			}
			return nil, notOurLock(path)
		}
		if err != nil {
			return nil, cannotKeep(dir, err)
		}
		err = syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		if errors.Is(err, syscall.EWOULDBLOCK) {
			defer f.Close()
			return nil, inUse(dir, f)
		}
		if err != nil {
			f.Close()
			return nil, fmt.Errorf("lock %s: %w", path, err)
		}
		// Somebody may have removed the directory between our opening and locking.
		ours, err1 := f.Stat()
		there, err2 := os.Lstat(path)
		if err1 != nil || err2 != nil || !os.SameFile(ours, there) {
			f.Close()
			if err := os.MkdirAll(dir, 0o700); err != nil {
				return nil, err
			}
			continue
		}
		l := &dirLock{f}
		if err := l.sign(program); err != nil {
			l.release()
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		return l, nil
	}
	return nil, fmt.Errorf("%s: it is removed again and again", path)
}

func notOurLock(path string) error {
	return errs.WithRemedy(errs.New(errs.Conflict, "%s is not a file of the portal's", path), "remove it, or name another directory")
}

func inUse(dir string, f *os.File) error {
	var h holder
	text, err := io.ReadAll(io.LimitReader(f, 4096))
	if err == nil {
		err = json.Unmarshal(text, &h)
	}
	who := "another portal"
	if err == nil {
		who = fmt.Sprintf("%s (pid %d, since %s)", h.Program, h.PID, h.Started.Local().Format("2006-01-02 15:04:05"))
	}
	return errs.WithRemedy(errs.New(errs.Conflict, "the private PostgreSQL in %s is in use by %s", dir, who),
		"stop that one, or name another directory")
}

func (l *dirLock) sign(program string) error {
	text, err := json.Marshal(holder{program, os.Getpid(), time.Now().Truncate(time.Second)})
	if err != nil {
		return err
	}
	if err := l.file.Truncate(0); err != nil {
		return err
	}
	_, err = l.file.WriteAt(append(text, '\n'), 0)
	return err
}

func (l *dirLock) release() {
	// Closing would do, unless a child that was just forked still holds the descriptor.
	syscall.Flock(int(l.file.Fd()), syscall.LOCK_UN)
	l.file.Close()
}
