// Package cage reads files of a folder that others may write: a repository, a tree of them, the
// place of a configured file. Nothing outside the folder can be read through it, whatever names and
// symbolic links are in there; devices, pipes and sockets are never opened; sizes, counts and
// depths are bounded.
//
// It stands on os.Root, which resolves each name below the folder's descriptor, so that a link
// swapped between check and use changes nothing.
package cage

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"portico/internal/errs"
)

// Root is an open folder. It is safe for concurrent use.
type Root struct {
	root *os.Root
	dir  string
}

// Open opens a folder. The folder itself may be reached through links: the operator named it.
// Errors: errs.NotFound; errs.Invalid when it is not a folder; errs.Forbidden when the portal's
// user may not enter it.
func Open(dir string) (*Root, error) {
	// The dot makes the system refuse what is no folder: opening a FIFO would wait for its other end.
	at := dir
	if at != "" {
		at += string(filepath.Separator) + "."
	}
	r, err := os.OpenRoot(at)
	if err != nil {
		if info, statErr := os.Stat(dir); statErr == nil && !info.IsDir() {
			return nil, errs.Public(errs.Invalid, fmt.Sprintf("%s is not a folder", dir), err)
		}
		return nil, explain(dir, err)
	}
	return &Root{root: r, dir: dir}, nil
}

// Close releases the folder.
func (r *Root) Close() error { return r.root.Close() }

// Dir is the folder as it was given to Open.
func (r *Root) Dir() string { return r.dir }

// Sub opens a folder in the folder, following links inside it. Errors: as Stat, and errs.Invalid when it is not a folder.
func (r *Root) Sub(name string) (*Root, error) {
	info, err := r.Stat(name)
	if err != nil {
		return nil, err
	}
	if !info.IsDir() {
		return nil, errs.New(errs.Invalid, "%s is not a folder", r.path(name))
	}
	sub, err := r.root.OpenRoot(filepath.FromSlash(name) + string(filepath.Separator) + ".") // the dot as in Open
	if err != nil {
		return nil, r.explain(name, err)
	}
	return &Root{root: sub, dir: r.path(name)}, nil
}

// CheckName refuses a name that is not a plain path below a folder: slashes between the parts, none
// of them empty, "." or "..", no NUL. "." alone is the folder itself.
func CheckName(name string) error {
	switch {
	case strings.ContainsRune(name, 0):
		return errs.New(errs.Forbidden, "the path %q contains a NUL character", name)
	case strings.HasPrefix(name, "/") || filepath.IsAbs(name):
		return errs.New(errs.Forbidden, "the path %q is absolute; only paths inside the folder are read", name)
	case !fs.ValidPath(name) || !filepath.IsLocal(filepath.FromSlash(name)):
		return errs.New(errs.Forbidden, "the path %q is not a plain path inside the folder", name)
	}
	return nil
}

// Stat describes a file, following links inside the folder. Errors: errs.Forbidden for a name or a
// link that leads out, errs.NotFound.
func (r *Root) Stat(name string) (fs.FileInfo, error) {
	if err := CheckName(name); err != nil {
		return nil, err
	}
	info, err := r.root.Stat(filepath.FromSlash(name))
	if err != nil {
		return nil, r.explain(name, err)
	}
	return info, nil
}

// ReadFile reads a regular file of at most limit bytes. Errors: errs.Forbidden for a name or a link
// that leads out and for anything but a regular file, errs.NotFound, errs.TooLarge.
func (r *Root) ReadFile(name string, limit int64) ([]byte, error) {
	data, _, err := r.ReadFileInfo(name, limit)
	return data, err
}

// ReadFileInfo is ReadFile, and describes the very file that was read.
func (r *Root) ReadFileInfo(name string, limit int64) ([]byte, fs.FileInfo, error) {
	// Looked at before it is opened, because opening a device can already do something; opened
	// without blocking and looked at again, because it may have been swapped for a pipe meanwhile.
	info, err := r.Stat(name)
	if err != nil {
		return nil, nil, err
	}
	if err := r.regular(name, info); err != nil {
		return nil, nil, err
	}
	f, err := r.root.OpenFile(filepath.FromSlash(name), os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, nil, r.explain(name, err)
	}
	defer f.Close()
	if info, err = f.Stat(); err != nil {
		return nil, nil, r.explain(name, err)
	}
	if err := r.regular(name, info); err != nil {
		return nil, nil, err
	}
	tooLarge := func() error {
		return errs.New(errs.TooLarge, "%s is larger than %d bytes, the limit", r.path(name), limit)
	}
	if info.Size() > limit {
		return nil, nil, tooLarge()
	}
	// One byte more than it had: it may have grown, and that must be noticed.
	buf := make([]byte, 0, info.Size()+1)
	for {
		n, err := f.Read(buf[len(buf):cap(buf)])
		buf = buf[:len(buf)+n]
		if int64(len(buf)) > limit {
			return nil, nil, tooLarge()
		}
		if errors.Is(err, io.EOF) {
			return buf, info, nil
		}
		if err != nil {
			return nil, nil, r.explain(name, err)
		}
		if len(buf) == cap(buf) {
			buf = append(buf, 0)[:len(buf)]
		}
	}
}

func (r *Root) regular(name string, info fs.FileInfo) error {
	switch {
	case info.Mode().IsRegular():
		return nil
	case info.IsDir():
		return errs.New(errs.Forbidden, "%s is a folder, not a file", r.path(name))
	}
	return errs.New(errs.Forbidden, "%s is not a regular file; pipes, sockets and devices are not read", r.path(name))
}

func (r *Root) path(name string) string { return filepath.Join(r.dir, filepath.FromSlash(name)) }

func (r *Root) explain(name string, err error) error { return explain(r.path(name), err) }

func explain(path string, err error) error {
	switch {
	case errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR):
		return errs.Public(errs.NotFound, fmt.Sprintf("%s is not there", path), err)
	case errors.Is(err, fs.ErrPermission):
		return errs.WithRemedy(errs.Public(errs.Forbidden, fmt.Sprintf("%s cannot be read: the portal's user has no permission", path), err),
			"give the user that runs the portal permission to read it")
	// os keeps its error for this to itself; TestSymlinks holds the text.
	case strings.Contains(err.Error(), "path escapes from parent"):
		return errs.WithRemedy(errs.Public(errs.Forbidden, fmt.Sprintf("%s is not read: it is a link that leads out of its folder", path), err),
			"put the file itself there")
	case errors.Is(err, syscall.ELOOP) || strings.Contains(err.Error(), "too many"):
		return errs.Public(errs.Forbidden, fmt.Sprintf("%s is not read: its links go in circles", path), err)
	case errors.Is(err, syscall.ENAMETOOLONG) || errors.Is(err, syscall.EINVAL):
		return errs.Public(errs.Invalid, fmt.Sprintf("%.120q is not a usable file name", path), err)
	default:
		return errs.Public(errs.Unavailable, fmt.Sprintf("%s could not be read", path), err)
	}
}
