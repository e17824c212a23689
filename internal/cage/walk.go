package cage

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/bmatcuk/doublestar/v4"

	"portico/internal/errs"
)

// WalkOptions bound a walk. Zero values mean the defaults.
type WalkOptions struct {
	// Dir is where to begin, "." by default.
	Dir string
	// MaxEntries bounds the files and folders looked at; 200,000 by default. Passing it is an error.
	MaxEntries int
	// MaxDepth bounds how far below Dir files are reported: 1 is Dir's own files. What lies deeper
	// is left out without an error. 32 by default.
	MaxDepth int
	// SkipDir leaves out a folder, given its path below the root. By default [SkipDir].
	SkipDir func(name string) bool
}

// SkipDir is true for folders that hold no source of the repository's own: .git and node_modules.
func SkipDir(name string) bool {
	base := path.Base(name)
	return base == ".git" || base == "node_modules"
}

// Walk calls fn for each regular file, in the order of names, folder by folder, and for each folder
// but Dir before its files. Links to folders are not followed; a link to a regular file inside the
// root is reported as that file, other links are left out, as are pipes, sockets and devices.
// fn may return fs.SkipDir for a folder, fs.SkipAll to end the walk.
// A folder below Dir that may not be read or vanishes meanwhile is left out.
// Errors: errs.NotFound and errs.Forbidden for Dir itself, errs.TooLarge past MaxEntries.
func (r *Root) Walk(ctx context.Context, opts WalkOptions, fn func(name string, info fs.FileInfo) error) error {
	if opts.Dir == "" {
		opts.Dir = "."
	}
	if opts.MaxEntries <= 0 {
		opts.MaxEntries = 200_000
	}
	if opts.MaxDepth <= 0 {
		opts.MaxDepth = 32
	}
	if opts.SkipDir == nil {
		opts.SkipDir = SkipDir
	}
	if err := CheckName(opts.Dir); err != nil {
		return err
	}
	w := &walker{Root: r, WalkOptions: opts, fn: fn, left: opts.MaxEntries}
	err := w.dir(ctx, opts.Dir, 1)
	if errors.Is(err, fs.SkipAll) {
		return nil
	}
	return err
}

type walker struct {
	*Root
	WalkOptions
	fn   func(string, fs.FileInfo) error
	left int
}

func (w *walker) dir(ctx context.Context, dir string, depth int) error {
	entries, err := w.entries(ctx, dir)
	if err != nil {
		if dir != w.WalkOptions.Dir && (errs.Is(err, errs.NotFound) || errs.Is(err, errs.Forbidden)) {
			return nil
		}
		return err
	}
	for _, e := range entries {
		if err := ctx.Err(); err != nil {
			return err
		}
		name := path.Join(dir, e.Name())
		mode := e.Type()
		if mode.IsDir() && (depth >= w.MaxDepth || w.SkipDir(name)) {
			continue
		}
		if !mode.IsDir() && !mode.IsRegular() && mode&fs.ModeSymlink == 0 {
			continue
		}
		info, err := e.Info()
		if mode&fs.ModeSymlink != 0 {
			info, err = w.root.Stat(filepath.FromSlash(name))
		}
		if err != nil || info.IsDir() != mode.IsDir() || !info.IsDir() && !info.Mode().IsRegular() {
			continue // gone, changed, or a link that leads out or to a folder
		}
		switch err := w.fn(name, info); {
		case errors.Is(err, fs.SkipDir) && info.IsDir():
			continue
		case err != nil:
			return err
		}
		if info.IsDir() {
			if err := w.dir(ctx, name, depth+1); err != nil {
				return err
			}
		}
	}
	return nil
}

// entries lists a folder in the order of names. It reads in batches, so that a folder with a
// million entries costs no more than the bound.
func (w *walker) entries(ctx context.Context, dir string) ([]fs.DirEntry, error) {
	f, err := w.root.OpenFile(filepath.FromSlash(dir), os.O_RDONLY, 0)
	if err != nil {
		return nil, w.explain(dir, err)
	}
	defer f.Close()
	var all []fs.DirEntry
	for {
		batch, err := f.ReadDir(1024)
		all = append(all, batch...)
		if w.left -= len(batch); w.left < 0 {
			return nil, errs.WithRemedy(errs.New(errs.TooLarge, "%s holds more than %d files and folders, the limit", w.Root.dir, w.MaxEntries),
				"name a smaller folder")
		}
		if errors.Is(err, io.EOF) {
			break
		}
		if err == nil {
			err = ctx.Err()
		}
		if err != nil {
			return nil, w.explain(dir, err)
		}
	}
	slices.SortFunc(all, func(a, b fs.DirEntry) int { return strings.Compare(a.Name(), b.Name()) })
	return all, nil
}

// Glob lists the regular files that match a pattern with *, ?, [a-z], {a,b} and ** in the order of
// names. .git and node_modules are not looked into. Errors: errs.Forbidden for a pattern that leads
// out, errs.Invalid for one that is malformed, errs.NotFound when its fixed part is not there,
// errs.TooLarge when more than limit files match.
func (r *Root) Glob(ctx context.Context, pattern string, limit int) ([]string, error) {
	var names []string
	err := r.GlobInfo(ctx, pattern, limit, func(name string, _ fs.FileInfo) error {
		names = append(names, name)
		return nil
	})
	return names, err
}

// GlobInfo is Glob, and hands out what the search knows of each file.
func (r *Root) GlobInfo(ctx context.Context, pattern string, limit int, fn func(name string, info fs.FileInfo) error) error {
	if err := CheckPattern(pattern); err != nil {
		return err
	}
	base, _ := doublestar.SplitPattern(pattern)
	opts := WalkOptions{Dir: base}
	if !strings.Contains(pattern, "**") {
		opts.MaxDepth = strings.Count(pattern, "/") + 1
		if base != "." {
			opts.MaxDepth -= strings.Count(base, "/") + 1
		}
	}
	count := 0
	return r.Walk(ctx, opts, func(name string, info fs.FileInfo) error {
		if info.IsDir() {
			return nil
		}
		if ok, err := doublestar.Match(pattern, name); err != nil || !ok {
			return err
		}
		if count++; count > limit {
			return errs.WithRemedy(errs.New(errs.TooLarge, "the pattern %s matches more than %d files, the limit", pattern, limit), "use a narrower pattern")
		}
		return fn(name, info)
	})
}

// IsPattern reports whether a path has characters that [Root.Glob] takes for more than themselves.
func IsPattern(p string) bool { return strings.ContainsAny(p, "*?[{") }

// CheckPattern refuses a pattern that is malformed or could match outside the folder.
func CheckPattern(pattern string) error {
	if !doublestar.ValidatePattern(pattern) {
		return errs.New(errs.Invalid, "the pattern %q is malformed: a bracket or brace is not closed", pattern)
	}
	if strings.Contains(pattern, "..") {
		return errs.New(errs.Forbidden, "the pattern %q must not contain \"..\"", pattern)
	}
	if strings.ContainsRune(pattern, 0) || strings.HasPrefix(pattern, "/") || filepath.IsAbs(pattern) {
		return errs.New(errs.Forbidden, "the pattern %q must be a path inside the folder", pattern)
	}
	return nil
}
