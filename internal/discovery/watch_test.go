package discovery

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/fsnotify/fsnotify"
)

func watcher(t *testing.T, o WatcherOptions) *Watcher {
	t.Helper()
	w, err := NewWatcher(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := w.Close(); err != nil {
			t.Error(err)
		}
		if _, open := <-w.Changes(); open {
			t.Error("Changes is open after Close")
		}
	})
	return w
}

func set(t *testing.T, w *Watcher, paths ...string) {
	t.Helper()
	if err := w.Set(paths); err != nil {
		t.Fatal(err)
	}
	settle(w)
}

// settle takes what is told of the past, so that a test sees only what it does itself.
func settle(w *Watcher) {
	for {
		select {
		case <-w.Changes():
		case <-time.After(150 * time.Millisecond):
			return
		}
	}
}

// soon is far more than the second that is promised: a busy machine is no fault of ours.
const soon = 20 * time.Second

// expectChange waits until all paths are told.
func expectChange(t *testing.T, w *Watcher, paths ...string) {
	t.Helper()
	missing := map[string]bool{}
	for _, p := range paths {
		missing[p] = true
	}
	deadline := time.After(soon)
	for len(missing) > 0 {
		select {
		case batch := <-w.Changes():
			for _, p := range batch {
				delete(missing, p)
			}
		case <-deadline:
			t.Fatalf("not told: %v", missing)
		}
	}
}

// expectNothing holds that nothing is told until a change of after, which is made now: the system
// tells changes in their order.
func expectNothing(t *testing.T, w *Watcher, after string) {
	t.Helper()
	put(t, after, time.Now().String())
	deadline := time.After(soon)
	for {
		select {
		case batch := <-w.Changes():
			if len(batch) == 1 && batch[0] == after {
				return
			}
			t.Errorf("told without a reason: %v", batch)
			return
		case <-deadline:
			t.Fatalf("%s was not told", after)
		}
	}
}

func put(t *testing.T, p, data string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(p), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(p, []byte(data), 0o644); err != nil {
		t.Fatal(err)
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestWatchFiles(t *testing.T) {
	dir := t.TempDir()
	a, b := filepath.Join(dir, "x", "a.yaml"), filepath.Join(dir, "x", "b.yaml")
	write(t, dir, map[string]string{"x/a.yaml": "A", "x/b.yaml": "B"})
	w := watcher(t, WatcherOptions{})
	set(t, w, a, "https://example.com/not-local", "relative")

	put(t, a, "A2")
	expectChange(t, w, a)
	settle(w)
	put(t, b, "B2")
	expectNothing(t, w, a)

	// As editors save: a new file takes the place of the old, again and again.
	for i := range 3 {
		put(t, a+".new", fmt.Sprint(i))
		must(t, os.Rename(a+".new", a))
		expectChange(t, w, a)
	}
	must(t, os.Remove(a))
	expectChange(t, w, a)
	put(t, a, "A3")
	expectChange(t, w, a)

	// The folder goes, and comes back.
	must(t, os.RemoveAll(filepath.Dir(a)))
	expectChange(t, w, a)
	settle(w)
	put(t, a, "A4")
	expectChange(t, w, a)
	settle(w)
	put(t, a, "A5")
	expectChange(t, w, a)

	// As Kubernetes does: the file is a link through a link to a folder that is swapped.
	mount := filepath.Join(dir, "mount")
	put(t, filepath.Join(mount, "..1", "c.yaml"), "C")
	put(t, filepath.Join(mount, "..2", "c.yaml"), "C2")
	must(t, os.Symlink("..1", filepath.Join(mount, "..data")))
	must(t, os.Symlink("..data/c.yaml", filepath.Join(mount, "c.yaml")))
	set(t, w, filepath.Join(mount, "c.yaml"), b)
	must(t, os.Symlink("..2", filepath.Join(mount, "..tmp")))
	must(t, os.Rename(filepath.Join(mount, "..tmp"), filepath.Join(mount, "..data")))
	expectChange(t, w, filepath.Join(mount, "c.yaml"))
	settle(w)
	put(t, a, "no longer watched")
	expectNothing(t, w, b)
}

func TestWatchFolders(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "repos")
	write(t, dir, map[string]string{"one/catalog-info.yaml": "A", "one/.git/HEAD": "", "one/node_modules/m/x": ""})
	w := watcher(t, WatcherOptions{})
	set(t, w, dir, filepath.Join(dir, "one")) // the second is in the first

	p := filepath.Join(dir, "one", "catalog-info.yaml")
	put(t, p, "A2")
	expectChange(t, w, p)
	settle(w)
	for _, name := range []string{"one/.git/HEAD", "one/node_modules/m/x", "one/target/catalog-info.yaml", "one/.catalog-info.yaml.swp", "one/x~", "one/4913"} {
		put(t, filepath.Join(dir, name), "x")
	}
	expectNothing(t, w, p)

	// New folders, several deep, with files that are there before anybody can watch.
	deep := filepath.Join(dir, "two", "a", "b", "c", "catalog-info.yaml")
	put(t, deep, "D")
	expectChange(t, w, deep)
	put(t, deep, "D2")
	expectChange(t, w, deep)
	put(t, filepath.Join(dir, "two", ".github", "CODEOWNERS"), "* @x")
	expectChange(t, w, filepath.Join(dir, "two", ".github", "CODEOWNERS"))

	// A folder moves away, another takes its place.
	must(t, os.Rename(filepath.Join(dir, "two"), filepath.Join(dir, "three")))
	expectChange(t, w, filepath.Join(dir, "two"), filepath.Join(dir, "three", "a", "b", "c", "catalog-info.yaml"))
	settle(w)
	put(t, filepath.Join(dir, "three", "a", "b", "c", "catalog-info.yaml"), "D3")
	expectChange(t, w, filepath.Join(dir, "three", "a", "b", "c", "catalog-info.yaml"))

	// All of it goes, and comes back.
	must(t, os.RemoveAll(dir))
	expectChange(t, w, dir)
	settle(w)
	put(t, p, "A3")
	expectChange(t, w, p)
	settle(w)
	put(t, p, "A4")
	expectChange(t, w, p)
	if why := w.Polling(); why != "" {
		t.Errorf("polling: %s", why)
	}
}

func TestWatchGlobs(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, map[string]string{"a/catalog-info.yaml": "A", "a/b/catalog-info.yaml": "B"})
	w := watcher(t, WatcherOptions{})
	set(t, w, filepath.Join(dir, "*", "catalog-info.yaml"), filepath.Join(dir, "later", "**", "*.yaml"), filepath.Join(dir, "team-{a,b}.yaml"), filepath.Join(dir, "lit[a].yaml"))
	put(t, filepath.Join(dir, "a", "b", "catalog-info.yaml"), "B2")
	put(t, filepath.Join(dir, "a", "other.yaml"), "x")
	expectNothing(t, w, filepath.Join(dir, "a", "catalog-info.yaml"))
	for _, name := range []string{"a/catalog-info.yaml", "new/catalog-info.yaml", "later/x/y/z.yaml", "team-b.yaml", "lita.yaml", "lit[a].yaml"} {
		put(t, filepath.Join(dir, name), "x")
		expectChange(t, w, filepath.Join(dir, name))
	}
}

// A file that changed between reading it and watching it must not be missed.
func TestWatchLooksBack(t *testing.T) {
	dir := t.TempDir()
	old, fresh := filepath.Join(dir, "old.yaml"), filepath.Join(dir, "fresh.yaml")
	write(t, dir, map[string]string{"old.yaml": "A"})
	put(t, fresh, "B")
	w := watcher(t, WatcherOptions{})
	must(t, w.Set([]string{old, fresh}))
	select {
	case batch := <-w.Changes():
		if len(batch) != 1 || batch[0] != fresh {
			t.Errorf("told %v, want %s", batch, fresh)
		}
	case <-time.After(soon):
		t.Error("the fresh file was not told")
	}
}

func TestWatchBatches(t *testing.T) {
	dir := t.TempDir()
	w := watcher(t, WatcherOptions{})
	set(t, w, dir)
	var want []string
	for i := range 300 {
		p := filepath.Join(dir, fmt.Sprintf("f%d.yaml", i))
		put(t, p, "x")
		want = append(want, p)
	}
	batches := 0
	seen := map[string]bool{}
	deadline := time.After(soon)
	for len(seen) < len(want) {
		select {
		case batch := <-w.Changes():
			batches++
			for _, p := range batch {
				seen[p] = true
			}
		case <-deadline:
			t.Fatalf("%d of %d told", len(seen), len(want))
		}
	}
	if batches > 100 {
		t.Errorf("%d batches for one burst", batches)
	}
	if err := w.Close(); err != nil {
		t.Error(err)
	}
	if err := w.Set(nil); err == nil {
		t.Error("a closed watcher takes paths")
	}
}

// At the system's limit folders are polled, and the watcher says so; when there is room again they
// are watched.
func TestWatchFallsBackToPolling(t *testing.T) {
	dir := t.TempDir()
	p := filepath.Join(dir, "full", "a.yaml")
	write(t, dir, map[string]string{"full/a.yaml": "A", "fine/b.yaml": "B"})
	w, err := newWatcher(WatcherOptions{Poll: 50 * time.Millisecond})
	must(t, err)
	var full atomic.Bool
	full.Store(true)
	add := w.add
	w.add = func(d string) error {
		if full.Load() && strings.Contains(d, "full") {
			return fmt.Errorf("watching %s: %w", d, syscall.ENOSPC)
		}
		return add(d)
	}
	go w.run()
	defer w.Close()
	set(t, w, dir)
	if why := w.Polling(); !strings.Contains(why, "max_user_watches") {
		t.Errorf("it does not say why it polls: %q", why)
	}
	for _, step := range []func(){
		func() { put(t, p, "longer than before") },
		func() { must(t, os.Remove(p)) },
		func() { put(t, p, "A") },
	} {
		step()
		expectChange(t, w, p)
		settle(w)
	}
	put(t, filepath.Join(dir, "fine", "b.yaml"), "B2")
	expectChange(t, w, filepath.Join(dir, "fine", "b.yaml"))
	deep := filepath.Join(dir, "full", "new", "c.yaml")
	put(t, deep, "C")
	expectChange(t, w, deep)

	full.Store(false)
	for deadline := time.Now().Add(soon); w.Polling() != "" && time.Now().Before(deadline); {
		settle(w)
	}
	if why := w.Polling(); why != "" {
		t.Errorf("it still polls: %s", why)
	}
}

func TestWatchBoundsFolders(t *testing.T) {
	dir := t.TempDir()
	for i := range 20 {
		write(t, dir, map[string]string{fmt.Sprintf("d%02d/a.yaml", i): "A"})
	}
	w := watcher(t, WatcherOptions{MaxDirs: 5, Poll: 50 * time.Millisecond})
	var files []string
	for i := range 20 {
		files = append(files, filepath.Join(dir, fmt.Sprintf("d%02d", i), "a.yaml"))
	}
	set(t, w, files...)
	if why := w.Polling(); !strings.Contains(why, "5 folders") {
		t.Errorf("it does not say why it polls: %q", why)
	}
	for _, p := range files {
		put(t, p, "changed")
	}
	expectChange(t, w, files...)
}

// After an overflow of the system's queue everything may have changed.
func TestWatchOverflow(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, map[string]string{"a.yaml": "A", "tree/b.yaml": "B"})
	w := watcher(t, WatcherOptions{})
	a, tree := filepath.Join(dir, "a.yaml"), filepath.Join(dir, "tree")
	set(t, w, a, tree)
	w.fs.Errors <- fsnotify.ErrEventOverflow
	expectChange(t, w, a, tree)
}
