package discovery

import (
	"context"
	"io/fs"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/bmatcuk/doublestar/v4"

	"portico/internal/cage"
	"portico/internal/catalog"
	"portico/internal/errs"
	"portico/internal/forge/git"
)

// local knows which files of this machine may be read.
type local struct {
	mu      sync.Mutex
	roots   []string          // absolute and clean
	named   map[string]bool   // what the operator named, in so many words
	tops    map[string]topped // folder → top of its working copy
	outside error             // the words for a path outside the roots; nil for the usual ones
}

type topped struct {
	top string
	at  time.Time
}

// topsFor is how long the place of a .git folder is remembered.
const topsFor = 5 * time.Second

// AllowLocal opens what the operator named: files, globs and folders, absolute. What may be read is
// the Git working copy around each, or, where there is none, the folder of the file, the fixed part
// of the glob, the folder itself. Errors: errs.Invalid for a path that is not absolute or a whole
// file system.
func (r *Reader) AllowLocal(targets ...string) error {
	for _, t := range targets {
		root, err := RootOf(t)
		if err != nil {
			return err
		}
		r.local.mu.Lock()
		if !slices.Contains(r.local.roots, root) {
			r.local.roots = append(r.local.roots, root)
		}
		r.local.named[filepath.Clean(t)] = true
		r.local.mu.Unlock()
	}
	return nil
}

// RootOf is the folder that naming target opens: see AllowLocal.
func RootOf(target string) (string, error) {
	if !filepath.IsAbs(target) || strings.ContainsRune(target, 0) {
		return "", errs.New(errs.Invalid, "%q is not an absolute path", target)
	}
	dir := fixedPart(filepath.Clean(target))
	if !isPattern(target) && !isFolder(dir) {
		dir = filepath.Dir(dir)
	}
	if top := git.Top(dir); top != "" {
		dir = top
	}
	if dir == filepath.Dir(dir) {
		return "", errs.WithRemedy(errs.New(errs.Invalid, "%s would open the whole file system", target), "put the files into a folder of their own")
	}
	return dir, nil
}

// fixedPart is the folder that a glob begins at, and any other path itself.
func fixedPart(target string) string {
	if !isPattern(target) {
		return target
	}
	base, _ := doublestar.SplitPattern(filepath.ToSlash(target))
	return filepath.FromSlash(base)
}

// isPattern is true for a path of this machine that stands for several. One that is there as it is
// written is itself, whatever characters it has.
func isPattern(target string) bool {
	if !cage.IsPattern(target) {
		return false
	}
	root, err := cage.Open(filepath.Dir(target))
	if err != nil {
		return true
	}
	defer root.Close()
	_, err = root.Stat(filepath.Base(target))
	return err != nil
}

func isFolder(dir string) bool {
	root, err := cage.Open(dir)
	if err != nil {
		return false
	}
	_ = root.Close()
	return true
}

// within is p below root, with slashes; ok is false when it is not.
func within(root, p string) (rel string, ok bool) {
	if p == root {
		return ".", true
	}
	rel, ok = strings.CutPrefix(p, strings.TrimSuffix(root, string(filepath.Separator))+string(filepath.Separator))
	return filepath.ToSlash(rel), ok
}

// rootFor is the folder that a path may not leave: the innermost working copy around it, else the
// innermost root. It lies in that root, as outer. Errors: errs.Forbidden outside all roots.
func (r *Reader) rootFor(p string) (dir, outer string, err error) {
	l := &r.local
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, candidate := range l.roots {
		if _, ok := within(candidate, p); ok && len(candidate) > len(outer) {
			outer = candidate
		}
	}
	if outer == "" {
		return "", "", l.refused(p)
	}
	if top := l.top(filepath.Dir(p), outer); top != "" {
		return top, outer, nil
	}
	return outer, outer, nil
}

func (l *local) refused(p string) error {
	if l.outside != nil {
		return errs.WithRemedy(errs.New(errs.Forbidden, "%s is not read: %s", p, errs.Sentence(l.outside)), errs.Remedy(l.outside))
	}
	return errs.WithRemedy(errs.New(errs.Forbidden, "%s is not read: it is outside the folders that the configuration names", p),
		"name it in catalog.locations")
}

// top is the innermost working copy around dir, not looking above root; "" when there is none.
// Folders on the way are remembered: they are shared by many files.
func (l *local) top(dir, root string) string {
	if l.tops == nil || len(l.tops) > 100_000 {
		l.tops = map[string]topped{}
	}
	now := time.Now()
	var passed []string
	var open *cage.Root
	top := ""
	for {
		if known, ok := l.tops[dir]; ok && now.Sub(known.at) < topsFor {
			top = known.top
			break
		}
		rel, ok := within(root, dir)
		if !ok {
			break
		}
		passed = append(passed, dir)
		if open == nil {
			var err error
			if open, err = cage.Open(root); err != nil {
				break
			}
			defer open.Close()
		}
		if isRepository(open, rel) {
			top = dir
			break
		}
		if dir == root {
			break
		}
		dir = filepath.Dir(dir)
	}
	for _, d := range passed {
		l.tops[d] = topped{top, now}
	}
	return top
}

// isRepository is git.IsRepository of a folder of a root. A link that leads out of the root leads to none.
func isRepository(root *cage.Root, rel string) bool {
	info, err := root.Stat(path.Join(rel, ".git"))
	return err == nil && (info.IsDir() || info.Mode().IsRegular())
}

// open opens a folder that lies in a root, and nothing that links make of it outside.
func (r *Reader) open(dir, outer string) (*cage.Root, error) {
	root, err := cage.Open(outer)
	if err != nil || dir == outer {
		return root, err
	}
	defer root.Close()
	rel, _ := within(outer, dir)
	return root.Sub(rel)
}

// openFolder opens a folder that a location names. One that the operator named may be a link.
func (r *Reader) openFolder(target string) (*cage.Root, error) {
	target = filepath.Clean(target)
	_, outer, err := r.rootFor(filepath.Join(target, "x"))
	if err != nil {
		return nil, err
	}
	r.local.mu.Lock()
	named := r.local.named[target]
	r.local.mu.Unlock()
	if named {
		return cage.Open(target)
	}
	return r.open(target, outer)
}

// caged opens the root of an absolute path, and says where the path is in it.
func (r *Reader) caged(target string) (root *cage.Root, rel string, err error) {
	if !filepath.IsAbs(target) || strings.ContainsRune(target, 0) {
		return nil, "", errs.WithRemedy(errs.New(errs.Invalid, "%q is not an absolute path", target), "write the whole path, from /")
	}
	target = filepath.Clean(target)
	dir, outer, err := r.rootFor(target)
	if err != nil {
		return nil, "", err
	}
	root, err = r.open(dir, outer)
	if err != nil {
		return nil, "", err
	}
	rel, _ = within(dir, target)
	return root, rel, nil
}

// stamp tells whether a file may have changed without reading it.
type stamp struct {
	size, mtime int64
	inode       uint64
}

func stampOf(info fs.FileInfo) stamp {
	return stamp{info.Size(), info.ModTime().UnixNano(), inode(info)}
}

type stamped struct {
	stamp
	revision string
}

// stamps remembers the revision of each file by its stamp, so that a tree which did not change costs
// one stat a file.
type stamps struct {
	mu    sync.Mutex
	known map[string]stamped
}

// settled is how old a file must be for its stamp to be believed: two writes within one tick of the
// file system's clock leave the same time.
const settled = 100 * time.Millisecond

func (s *stamps) revision(p string, info fs.FileInfo) (string, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	k, ok := s.known[p]
	return k.revision, ok && k.stamp == stampOf(info)
}

func (s *stamps) keep(p string, info fs.FileInfo, revision string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if time.Since(info.ModTime()) < settled {
		delete(s.known, p)
		return
	}
	s.known[p] = stamped{stampOf(info), revision}
}

func (s *stamps) forget(p string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.known, p)
}

// readLocal reads a file or a glob.
func (r *Reader) readLocal(ctx context.Context, target string, known catalog.Known) (*catalog.Reading, error) {
	if isPattern(target) {
		return r.readGlob(ctx, target, known)
	}
	root, rel, err := r.caged(target)
	if err != nil {
		return nil, err
	}
	defer root.Close()
	info, err := root.Stat(rel)
	if err != nil {
		r.stamps.forget(target)
		return nil, err
	}
	if info.IsDir() {
		return nil, errs.WithRemedy(errs.New(errs.Invalid, "%s is a folder", target), "name a file in it, a pattern such as "+target+"/**/*.yaml, or use a location of type folder")
	}
	f, err := r.movedFile(root, rel, known.Revision)
	if err != nil {
		return nil, err
	}
	return &catalog.Reading{Files: []catalog.File{*f}, Revision: f.Revision}, nil
}

// movedFile reads one file unless it is at the known revision: then it is catalog.ErrUnchanged.
func (r *Reader) movedFile(root *cage.Root, rel, known string) (*catalog.File, error) {
	abs := filepath.Join(root.Dir(), filepath.FromSlash(rel))
	if info, err := root.Stat(rel); err == nil {
		if revision, ok := r.stamps.revision(abs, info); ok && revision == known {
			return nil, catalog.ErrUnchanged
		}
	}
	f, err := r.localFile(root, rel)
	if err != nil {
		return nil, err
	}
	if f.Revision == known {
		return nil, catalog.ErrUnchanged
	}
	return &f, nil
}

// localFile reads one file and remembers its stamp.
func (r *Reader) localFile(root *cage.Root, rel string) (catalog.File, error) {
	abs := filepath.Join(root.Dir(), filepath.FromSlash(rel))
	data, info, err := root.ReadFileInfo(rel, r.opts.MaxFile)
	if err != nil {
		r.stamps.forget(abs)
		return catalog.File{}, err
	}
	revision := digest(data)
	r.stamps.keep(abs, info, revision)
	return fileAt(abs, data, revision), nil
}

func fileAt(abs string, data []byte, revision string) catalog.File {
	return catalog.File{
		Location:       catalog.Location{Type: "file", Target: abs},
		Name:           shortName(filepath.ToSlash(abs)),
		Data:           data,
		Revision:       revision,
		SourceLocation: "file:" + strings.TrimSuffix(filepath.Dir(abs), string(filepath.Separator)) + string(filepath.Separator),
	}
}

// readGlob reads all files that match. Those that are at a known revision are only named.
func (r *Reader) readGlob(ctx context.Context, pattern string, known catalog.Known) (*catalog.Reading, error) {
	// Before cleaning: within braces ".." is not what cleaning takes it for.
	if strings.Contains(pattern, "..") {
		return nil, errs.New(errs.Forbidden, "the pattern %q must not contain \"..\"", pattern)
	}
	root, _, err := r.caged(fixedPart(pattern) + string(filepath.Separator) + "x")
	if err != nil {
		return nil, err
	}
	defer root.Close()
	rel, _ := within(root.Dir(), filepath.Clean(pattern))
	var names []string
	var infos []fs.FileInfo
	err = root.GlobInfo(ctx, rel, r.opts.MaxFiles, func(name string, info fs.FileInfo) error {
		names, infos = append(names, name), append(infos, info)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return r.readAll(ctx, root, names, infos, known)
}

// maxTotal bounds what one location holds in memory, in bytes.
const maxTotal = 1 << 30

// readAll reads files of a root; infos may be nil.
func (r *Reader) readAll(ctx context.Context, root *cage.Root, names []string, infos []fs.FileInfo, known catalog.Known) (*catalog.Reading, error) {
	files := make([]catalog.File, len(names))
	total := 0
	read := func(i int) error {
		if err := ctx.Err(); err != nil {
			return err
		}
		f, err := r.localFile(root, names[i])
		if err != nil {
			abs := filepath.Join(root.Dir(), filepath.FromSlash(names[i]))
			f = fileAt(abs, nil, "")
			f.Err = err
		}
		if f.Unchanged = known.Has(&f); f.Unchanged {
			f.Data = nil
		}
		if total += len(f.Data); total > maxTotal {
			return errs.WithRemedy(errs.New(errs.TooLarge, "the files below %s hold more than 1 GiB together", root.Dir()), "use a narrower pattern")
		}
		files[i] = f
		return nil
	}
	for i, name := range names {
		abs := filepath.Join(root.Dir(), filepath.FromSlash(name))
		if infos != nil && (known.Revision != "" || len(known.Files) > 0) {
			if revision, ok := r.stamps.revision(abs, infos[i]); ok {
				files[i] = fileAt(abs, nil, revision)
				files[i].Unchanged = known.Has(&files[i])
				continue
			}
		}
		if err := read(i); err != nil {
			return nil, err
		}
	}
	revision := combined(files)
	if revision == known.Revision {
		return nil, catalog.ErrUnchanged
	}
	for i := range files {
		if files[i].Data == nil && files[i].Err == nil && !files[i].Unchanged {
			if err := read(i); err != nil {
				return nil, err
			}
		}
	}
	// What was read last may differ from what the stamps promised.
	return &catalog.Reading{Files: files, Revision: combined(files)}, nil
}
