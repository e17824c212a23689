package discovery

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path/filepath"
	"slices"
	"syscall"
	"time"

	"portico/internal/cage"
)

// arrange watches the folders that matter now, and no others. Wanted files in folders that are new to
// it are told when they changed after since.
func (p *plan) arrange(since time.Time) {
	p.stale = false
	want := map[string]bool{}
	parents := map[string]string{} // memory: many files share a folder
	for f := range p.files {
		dir := filepath.Dir(f)
		at, ok := parents[dir]
		if !ok {
			at = existing(dir)
			parents[dir] = at
		}
		want[at] = true
	}
	truncated := false
	for _, t := range p.trees {
		if at := existing(t.base); at != t.base {
			want[at] = true
			continue
		}
		want[t.base] = true
		truncated = !foldersBelow(t, p.w.opts.MaxDirs, want) || truncated
	}
	for d := range p.dirs {
		if !want[d] {
			delete(p.dirs, d)
			_ = p.w.fs.Remove(d)
		}
	}
	polled, reason := map[string]bool{}, ""
	if truncated {
		reason = fmt.Sprintf("there are more than %d folders", p.w.opts.MaxDirs)
	}
	for _, d := range slices.Sorted(maps.Keys(want)) {
		if p.dirs[d] {
			continue
		}
		fresh := !p.polled[d]
		err := errors.New("limit")
		if len(p.dirs) < p.w.opts.MaxDirs {
			err = p.w.add(d)
		} else if reason == "" {
			reason = fmt.Sprintf("there are more than %d folders", p.w.opts.MaxDirs)
		}
		switch {
		case err == nil:
			p.dirs[d] = true
		case errors.Is(err, fs.ErrNotExist):
			p.stale = true // it went meanwhile; the next event or look arranges anew
			continue
		default:
			polled[d] = true
			if reason == "" {
				reason = why(err)
			}
		}
		if fresh {
			p.scan(d, polled[d], func(path string, info fs.FileInfo) {
				if info.ModTime().After(since) {
					p.pending[path] = true
				}
			})
		}
	}
	p.polled = polled
	for f := range p.seen {
		if !polled[filepath.Dir(f)] {
			delete(p.seen, f)
		}
	}
	p.say(reason, len(polled))
}

func why(err error) string {
	switch {
	case errors.Is(err, syscall.ENOSPC):
		return "the system's limit fs.inotify.max_user_watches is reached"
	case errors.Is(err, syscall.EMFILE):
		return "the limit of open files is reached"
	}
	return err.Error()
}

func (p *plan) say(reason string, n int) {
	p.w.mu.Lock()
	before := p.w.polling
	p.w.polling = reason
	p.w.mu.Unlock()
	if reason != "" && reason != before {
		p.w.opts.Log.Warn("some folders are looked at every few seconds instead of being watched", "reason", reason, "folders", n, "every", p.w.opts.Poll)
	}
}

// scan hands out the wanted files of one folder. With remember it keeps their stamps for poll.
func (p *plan) scan(dir string, remember bool, fn func(path string, info fs.FileInfo)) {
	root, err := cage.Open(dir)
	if err != nil {
		return
	}
	defer root.Close()
	_ = root.Walk(context.Background(), cage.WalkOptions{MaxDepth: 1}, func(name string, info fs.FileInfo) error {
		path := filepath.Join(dir, name)
		if !info.IsDir() && p.wants(path) {
			if remember {
				p.seen[path] = stampOf(info)
			}
			fn(path, info)
		}
		return nil
	})
}

// poll looks at what is not watched.
func (p *plan) poll() {
	if len(p.polled) == 0 && !p.stale {
		return
	}
	before := maps.Clone(p.seen)
	p.arrange(time.Time{}) // folders may have come and gone
	for d := range p.polled {
		p.scan(d, true, func(path string, info fs.FileInfo) {
			if old, ok := before[path]; !ok || old != stampOf(info) {
				p.pending[path] = true
			}
			delete(before, path)
		})
	}
	for path := range before {
		if p.wants(path) {
			p.pending[path] = true // gone
		}
		delete(p.seen, path)
	}
}

// existing is the closest folder at or above dir that is there.
func existing(dir string) string {
	for !isFolder(dir) {
		up := filepath.Dir(dir)
		if up == dir {
			break
		}
		dir = up
	}
	return dir
}

// foldersBelow adds the folders of a tree that may hold something wanted. It reports false when there
// are more than limit.
func foldersBelow(t tree, limit int, into map[string]bool) bool {
	if t.depth <= 1 {
		return true
	}
	root, err := cage.Open(t.base)
	if err != nil {
		return true
	}
	defer root.Close()
	n := 0
	err = root.Walk(context.Background(), cage.WalkOptions{MaxDepth: t.depth, MaxEntries: 1_000_000, SkipDir: func(name string) bool {
		return cage.SkipDir(name) || t.pattern == "" && unwatched(filepath.Base(name))
	}}, func(name string, info fs.FileInfo) error {
		if info.IsDir() {
			if n++; n > limit {
				return fs.SkipAll
			}
			into[filepath.Join(t.base, filepath.FromSlash(name))] = true
		}
		return nil
	})
	return err == nil && n <= limit
}
