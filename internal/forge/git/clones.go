package git

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

// Used marks a clone as needed now, for PruneClones.
func (r Repo) Used() {
	now := time.Now()
	_ = os.Chtimes(r.Dir, now, now) // one that is not there yet is new enough when it is
}

// PruneClones removes the clones in dir that were not needed for a while. A dir that is not there holds none.
func PruneClones(dir string, unused time.Duration, now time.Time) error {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	var faults []error
	for _, e := range entries {
		info, err := e.Info()
		if err == nil && info.IsDir() && now.Sub(info.ModTime()) > unused {
			faults = append(faults, os.RemoveAll(filepath.Join(dir, e.Name())))
		}
	}
	return errors.Join(faults...)
}
