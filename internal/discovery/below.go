package discovery

import (
	"path/filepath"
	"slices"
	"strings"

	"portico/internal/catalog"
	"portico/internal/errs"
)

var _ catalog.Paths = (*Reader)(nil)

// Below is a reader of the same hosts that reads no other local files than those below dirs, which are absolute, and
// of one pattern or folder at most catalog.RegisteredFiles. A working copy around one of them opens nothing more: these
// are folders that the operator opened for others. outside says why a path elsewhere is not read, and what to do.
// Errors: errs.Invalid for a folder that cannot be opened to others.
func (r *Reader) Below(dirs []string, outside error) (*Reader, error) {
	o := r.opts
	o.Local, o.MaxFiles = nil, catalog.RegisteredFiles
	below, err := New(o)
	if err != nil {
		return nil, err
	}
	for _, dir := range dirs {
		if err := checkBelow(dir); err != nil {
			return nil, err
		}
		below.local.roots = append(below.local.roots, filepath.Clean(dir))
	}
	below.local.outside = outside
	return below, nil
}

// checkBelow refuses folders through which somebody could read what is not there to be read.
func checkBelow(dir string) error {
	if !filepath.IsAbs(dir) || strings.ContainsRune(dir, 0) {
		return errs.New(errs.Invalid, "%q is not an absolute path", dir)
	}
	where := filepath.Clean(dir)
	if where == filepath.Dir(where) {
		return errs.WithRemedy(errs.New(errs.Invalid, "%s would open the whole file system", dir), "name the folder that holds the descriptors")
	}
	for _, system := range []string{"/proc", "/sys", "/dev"} {
		if _, ok := within(system, where); ok {
			return errs.WithRemedy(errs.New(errs.Invalid, "%s holds the system's own files, and secrets of the portal's process", dir), "name the folder that holds the descriptors")
		}
	}
	return nil
}

// Folders implements catalog.Paths.
func (r *Reader) Folders() []string { return r.local.roots }

// IsFolder implements catalog.Paths.
func (r *Reader) IsFolder(target string) bool {
	root, rel, err := r.caged(target)
	if err != nil {
		return false
	}
	defer root.Close()
	info, err := root.Stat(rel)
	return err == nil && info.IsDir()
}

// Covers implements catalog.Paths. It looks at the words alone, and at nothing that is there: what is below a folder by
// its words is read from that folder, and no link leads out of it.
func (r *Reader) Covers(target string) bool {
	return slices.ContainsFunc(r.local.roots, func(root string) bool {
		_, ok := within(root, target)
		return ok
	})
}
