package policy

import (
	"context"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/fsnotify/fsnotify"
)

const (
	// Files are read anew when it was quiet for this long: editors and volumes write in several steps.
	settle = 100 * time.Millisecond
	// Where the system does not tell, files are looked at this often.
	lookAgain = 10 * time.Second
)

// Watch loads the policies anew whenever their files change, until ctx ends. Files that cannot be used change nothing:
// the log and Status say what is wrong with them.
func (e *Engine) Watch(ctx context.Context) {
	var changed <-chan fsnotify.Event
	var lost <-chan error
	w, err := fsnotify.NewWatcher()
	if err != nil {
		e.o.Log.Warn("files of policies cannot be watched; they are looked at every few seconds", "error", err)
	} else {
		defer w.Close()
		changed, lost = w.Events, w.Errors
		e.follow(w)
	}
	_ = e.Load() // what changed before there was a watch; Load tells of errors itself
	quiet := time.NewTimer(settle)
	quiet.Stop()
	poll := time.NewTicker(lookAgain)
	defer poll.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-changed:
			quiet.Reset(settle)
		case <-lost:
			quiet.Reset(settle)
		case <-poll.C:
			_ = e.Load()
		case <-quiet.C:
			e.follow(w)
			_ = e.Load()
		}
	}
}

// follow watches the folders of the files, and those below named folders, so that files that are replaced or come
// anew are seen. What cannot be watched is still looked at now and then.
func (e *Engine) follow(w *fsnotify.Watcher) {
	for _, path := range e.o.Paths {
		_ = w.Add(filepath.Dir(path))
		info, err := os.Stat(path)
		if err != nil || !info.IsDir() {
			continue
		}
		root := path + string(filepath.Separator)
		_ = filepath.WalkDir(root, func(name string, d fs.DirEntry, err error) error {
			switch {
			case err != nil:
				return nil
			case d.IsDir() && name != root && strings.HasPrefix(d.Name(), "."):
				return fs.SkipDir
			case d.IsDir():
				_ = w.Add(name)
			}
			return nil
		})
	}
}
