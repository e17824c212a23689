package discovery

import (
	"log/slog"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/bmatcuk/doublestar/v4"
	"github.com/fsnotify/fsnotify"

	"portico/internal/catalog"
	"portico/internal/errs"
)

// WatcherOptions configure a Watcher. Zero values mean the defaults.
type WatcherOptions struct {
	// Debounce is how long it must be quiet before changes are told; 50 ms by default. They are told
	// after eight times that at the latest.
	Debounce time.Duration
	// Poll is the time between looks at folders that the system does not watch for us; 2 s by default.
	Poll time.Duration
	// MaxDirs bounds the folders that are watched; 50,000 by default. The rest is polled.
	MaxDirs int
	// Log is told when watching is replaced by polling; nothing when nil.
	Log *slog.Logger
}

// Watcher tells when local files change. Folders are watched rather than files, so that a save by
// rename, a file that is deleted and comes back, and a folder that does so, are all seen.
type Watcher struct {
	opts    WatcherOptions
	fs      *fsnotify.Watcher
	add     func(dir string) error // fs.Add, but for tests
	set     chan []string
	changes chan []string
	done    chan struct{}
	ended   chan struct{}
	once    sync.Once

	mu      sync.Mutex
	polling string
}

var _ catalog.Watcher = (*Watcher)(nil)

// NewWatcher starts a watcher. It watches nothing until Set. Errors: errs.Unavailable when the
// system offers no watching at all.
func NewWatcher(opts WatcherOptions) (*Watcher, error) {
	w, err := newWatcher(opts)
	if err != nil {
		return nil, err
	}
	go w.run()
	return w, nil
}

func newWatcher(opts WatcherOptions) (*Watcher, error) {
	if opts.Debounce <= 0 {
		opts.Debounce = 50 * time.Millisecond
	}
	if opts.Poll <= 0 {
		opts.Poll = 2 * time.Second
	}
	if opts.MaxDirs <= 0 {
		opts.MaxDirs = 50_000
	}
	if opts.Log == nil {
		opts.Log = slog.New(slog.DiscardHandler)
	}
	n, err := fsnotify.NewWatcher()
	if err != nil {
		return nil, errs.WithRemedy(errs.Public(errs.Unavailable, "local files cannot be watched", err),
			"raise the limit fs.inotify.max_user_instances of the system")
	}
	return &Watcher{opts: opts, fs: n, add: n.Add, set: make(chan []string), changes: make(chan []string), done: make(chan struct{}), ended: make(chan struct{})}, nil
}

// Set implements catalog.Watcher. Paths that are not absolute are ignored: they are no local files.
// Files that changed in the last seconds before they were watched are told as changed.
func (w *Watcher) Set(paths []string) error {
	select {
	case w.set <- paths:
		return nil
	case <-w.done:
		return errs.New(errs.Unavailable, "the watcher is closed")
	}
}

// Changes implements catalog.Watcher.
func (w *Watcher) Changes() <-chan []string { return w.changes }

// Polling says why some folders are looked at every few seconds instead of being watched, "" when
// all are watched.
func (w *Watcher) Polling() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.polling
}

// Close ends the watcher and closes Changes.
func (w *Watcher) Close() error {
	w.once.Do(func() { close(w.done) })
	<-w.ended
	return nil
}

// overlap is how far back Set looks for changes that happened before it.
const overlap = 5 * time.Second

func (w *Watcher) run() {
	defer close(w.ended)
	defer close(w.changes)
	defer w.fs.Close()
	p := newPlan(w)
	quiet := time.NewTimer(time.Hour)
	quiet.Stop()
	poll := time.NewTimer(w.opts.Poll)
	defer poll.Stop()
	var first time.Time
	note := func() {
		if len(p.pending) == 0 && !p.stale {
			return
		}
		if first.IsZero() {
			first = time.Now()
		}
		quiet.Reset(min(w.opts.Debounce, time.Until(first.Add(8*w.opts.Debounce))))
	}
	var ready []string
	for {
		var out chan<- []string
		if len(ready) > 0 {
			out = w.changes
		}
		select {
		case <-w.done:
			return
		case paths := <-w.set:
			p.target(paths)
			note()
		case e := <-w.fs.Events:
			p.event(e)
			note()
		case err := <-w.fs.Errors:
			p.failed(err)
			note()
		case <-poll.C:
			start := time.Now()
			p.poll()
			note()
			// A tree so large that looking at it takes long is looked at less often.
			poll.Reset(max(w.opts.Poll, 10*time.Since(start)))
		case <-quiet.C:
			first = time.Time{}
			if p.stale {
				p.arrange(time.Time{})
			}
			for _, r := range ready {
				p.pending[r] = true
			}
			ready = slices.Sorted(maps.Keys(p.pending))
			clear(p.pending)
		case out <- ready:
			ready = nil
		}
	}
}

// plan is what is watched, and what has changed. It belongs to the goroutine of run.
type plan struct {
	w       *Watcher
	files   map[string]bool // wanted as they are
	trees   []tree          // wanted with what is below them
	dirs    map[string]bool // watched
	polled  map[string]bool // folders that should be watched and are not
	seen    map[string]stamp
	pending map[string]bool
	stale   bool // folders came or went: what is watched must be arranged anew
}

type tree struct {
	base    string // a folder
	pattern string // absolute; "" means everything below base
	depth   int
}

func newPlan(w *Watcher) *plan {
	return &plan{w: w, files: map[string]bool{}, dirs: map[string]bool{}, polled: map[string]bool{}, seen: map[string]stamp{}, pending: map[string]bool{}}
}

// maxWatchDepth is how deep folders are watched.
const maxWatchDepth = 16

func (p *plan) target(paths []string) {
	p.files, p.trees = map[string]bool{}, nil
	for _, path := range paths {
		if !filepath.IsAbs(path) {
			continue
		}
		path = filepath.Clean(path)
		switch {
		case isPattern(path):
			// Should it come as it is written, it is that file.
			p.files[path] = true
			t := tree{base: fixedPart(path), pattern: path, depth: maxWatchDepth}
			if !strings.Contains(path, "**") {
				t.depth = strings.Count(path, "/") - strings.Count(t.base, "/")
			}
			p.trees = append(p.trees, t)
		case isFolder(path):
			p.trees = append(p.trees, tree{base: path, depth: maxWatchDepth})
		default:
			p.files[path] = true
		}
	}
	p.merge()
	p.arrange(time.Now().Add(-overlap))
}

// merge leaves out folders inside others: they are watched with those.
func (p *plan) merge() {
	bases := map[string]bool{}
	for _, t := range p.trees {
		if t.pattern == "" {
			bases[t.base] = true
		}
	}
	seen := map[string]bool{}
	p.trees = slices.DeleteFunc(p.trees, func(t tree) bool {
		if t.pattern != "" {
			return false
		}
		if seen[t.base] {
			return true
		}
		seen[t.base] = true
		for up := filepath.Dir(t.base); up != filepath.Dir(up); up = filepath.Dir(up) {
			if rel, ok := within(up, t.base); ok && bases[up] && !scratch(rel) {
				return true
			}
		}
		return false
	})
}

// wants reports whether a change of path is to be told.
func (p *plan) wants(path string) bool {
	if p.files[path] {
		return true
	}
	for _, t := range p.trees {
		rel, ok := within(t.base, path)
		if !ok {
			continue
		}
		if t.pattern == "" {
			if !scratch(rel) {
				return true
			}
		} else if ok, err := doublestar.PathMatch(t.pattern, path); err == nil && ok {
			return true
		}
	}
	return false
}

// scratch is true for what editors, git and builds leave behind in a folder, and for hidden folders
// but those in which something is read.
func scratch(rel string) bool {
	dir, base := filepath.Split(rel)
	for part := range strings.SplitSeq(strings.Trim(dir, "/"), "/") {
		if unwatched(part) {
			return true
		}
	}
	return unwatched(base) || strings.HasSuffix(base, "~") || strings.HasSuffix(base, ".swp") || strings.HasSuffix(base, ".swx") || strings.HasSuffix(base, ".tmp") ||
		strings.HasPrefix(base, ".#") || strings.HasPrefix(base, "#") || base == "4913"
}

func unwatched(name string) bool {
	switch name {
	case "", ".github", ".gitlab", "..data":
		return false
	}
	return holdsNoDescriptors(name)
}

// event takes in what the system tells.
func (p *plan) event(e fsnotify.Event) {
	if e.Op == fsnotify.Chmod || e.Name == "" {
		return
	}
	path := filepath.Clean(e.Name)
	if p.dirs[path] && e.Op.Has(fsnotify.Remove|fsnotify.Rename) {
		// A watched folder went: so did what is in it, and its watch.
		p.gone(path)
		return
	}
	if filepath.Base(path) == "..data" {
		// Kubernetes swaps this link to change all files of a mounted volume at once.
		dir := filepath.Dir(path)
		for f := range p.files {
			if filepath.Dir(f) == dir {
				p.pending[f] = true
			}
		}
	}
	if e.Op.Has(fsnotify.Create) && p.leadsTo(path) && isFolder(path) {
		p.stale = true
		return
	}
	if p.wants(path) {
		p.pending[path] = true
	}
}

// leadsTo reports whether a new folder may hold something wanted.
func (p *plan) leadsTo(dir string) bool {
	for _, t := range p.trees {
		if _, ok := within(dir, t.base); ok {
			return true
		}
		if rel, ok := within(t.base, dir); ok && !scratch(rel) {
			return true
		}
	}
	for f := range p.files {
		if _, ok := within(dir, f); ok {
			return true
		}
	}
	return false
}

func (p *plan) gone(dir string) {
	p.stale = true
	for d := range p.dirs {
		if _, ok := within(dir, d); ok {
			delete(p.dirs, d)
			_ = p.w.fs.Remove(d) // the system may have done so already
		}
	}
	for f := range p.files {
		if _, ok := within(dir, f); ok {
			p.pending[f] = true
		}
	}
	for _, t := range p.trees {
		if _, ok := within(t.base, dir); ok {
			p.pending[dir] = true
		} else if _, ok := within(dir, t.base); ok {
			p.pending[t.base] = true
		}
	}
}

// failed takes in an error of the system's watching: after an overflow nobody knows what changed,
// so everything may have.
func (p *plan) failed(err error) {
	p.w.opts.Log.Warn("changes of local files were missed; all watched files are looked at again", "error", err)
	for f := range p.files {
		p.pending[f] = true
	}
	for _, t := range p.trees {
		p.pending[t.base] = true
	}
	p.stale = true
}
