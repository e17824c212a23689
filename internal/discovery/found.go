package discovery

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"path/filepath"
	"strings"

	"github.com/cespare/xxhash/v2"

	"portico/internal/cage"
	"portico/internal/catalog"
	"portico/internal/discovery/infer"
	"portico/internal/errs"
)

// guess is what was found in a folder, with what would make it change.
type guess struct {
	dir      string
	remote   string
	declared map[string]bool // paths of descriptors
	called   called
	result   *infer.Result
	stamp    string
}

// called is what a repository is called among others.
type called struct {
	name string
	full bool // so are its parts
}

// guess looks at a folder, or remembers what it looked like. The name may still change; see settle.
func (r *Reader) guess(ctx context.Context, root *cage.Root, declared map[string]bool) (*guess, error) {
	g := &guess{dir: root.Dir(), remote: remoteOf(root.Dir()), declared: declared}
	r.mu.Lock()
	g.called = r.names[g.dir]
	r.mu.Unlock()
	return g, r.look(ctx, root, g)
}

// look finds what a folder holds, unless that was done since any of its files changed.
func (r *Reader) look(ctx context.Context, root *cage.Root, g *guess) error {
	in := infer.Input{
		Name:           g.called.name,
		FullNames:      g.called.full,
		Folder:         filepath.Base(root.Dir()),
		RemoteURL:      g.remote,
		SourceLocation: "file:" + strings.TrimSuffix(root.Dir(), string(filepath.Separator)) + string(filepath.Separator),
		IsDescriptor:   func(p string) bool { return g.declared[p] || isDescriptor(p, "") },
	}
	in.Read = func(p string) ([]byte, error) { return root.ReadFile(p, maxInferRead) }
	h := xxhash.New()
	fmt.Fprintf(h, "%q %v %q", g.called.name, g.called.full, g.remote)
	err := root.Walk(ctx, cage.WalkOptions{MaxDepth: 14, SkipDir: skipped}, func(name string, info fs.FileInfo) error {
		if info.IsDir() {
			if _, err := root.Stat(path.Join(name, ".git")); err == nil {
				return fs.SkipDir // a repository of its own
			}
			return nil
		}
		fmt.Fprintf(h, "%s\x00%v\n", name, stampOf(info))
		if in.Files = append(in.Files, infer.File{Path: name, Size: info.Size()}); len(in.Files) >= maxInferFiles {
			return fs.SkipAll
		}
		return nil
	})
	if err != nil && !errs.Is(err, errs.TooLarge) { // a huge one is judged by what was seen
		return err
	}
	g.stamp = fmt.Sprintf("%016x", h.Sum64())
	r.mu.Lock()
	before, ok := r.inferred[g.dir]
	r.mu.Unlock()
	if ok && before.stamp == g.stamp && sameKeys(before.declared, g.declared) {
		g.result = before.result
		return nil
	}
	g.result = infer.Look(in)
	r.mu.Lock()
	r.inferred[g.dir] = *g
	r.mu.Unlock()
	return nil
}

func sameKeys(a, b map[string]bool) bool {
	if len(a) != len(b) {
		return false
	}
	for k := range a {
		if !b[k] {
			return false
		}
	}
	return true
}

// skipped are folders in which nothing of a repository's own lies.
func skipped(name string) bool {
	base := path.Base(name)
	switch base {
	case ".github", ".gitlab", ".gitea", ".forgejo", ".circleci", ".backstage":
		return false
	}
	return cage.SkipDir(name) || base == "vendor" || strings.HasPrefix(base, ".")
}

// settle gives repositories of the same name the name of the folder above in front, and a number when that is not enough.
// Where parts of two repositories would still be the same entity, those of the later one carry its name.
func (r *Reader) settle(ctx context.Context, root *cage.Root, guesses []*guess) error {
	count := map[string]int{}
	for _, g := range guesses {
		count[strings.ToLower(infer.RepositoryName(g.remote, filepath.Base(g.dir)))]++
	}
	taken := map[string]bool{}
	for _, g := range guesses {
		name := infer.RepositoryName(g.remote, filepath.Base(g.dir))
		unique := name
		if count[strings.ToLower(name)] > 1 {
			unique = infer.CleanName(filepath.Base(filepath.Dir(g.dir)) + "-" + name)
		}
		base := unique
		for n := 2; taken[strings.ToLower(unique)]; n++ {
			suffix := fmt.Sprintf("-%d", n)
			unique = infer.CleanName(base[:min(len(base), 63-len(suffix))]) + suffix
		}
		taken[strings.ToLower(unique)] = true
		if unique == name {
			unique = "" // what the repository gives itself
		}
		if err := r.rename(ctx, root, g, called{name: unique}); err != nil {
			return err
		}
	}
	refs := map[string]bool{}
	for _, g := range guesses {
		if clash(g, refs) {
			if err := r.rename(ctx, root, g, called{g.called.name, true}); err != nil {
				return err
			}
		}
		for i := range g.result.Entities {
			refs[g.result.Entities[i].Ref] = true
		}
	}
	return nil
}

// rename looks again at a repository that is to be called otherwise, and remembers that for when it is read alone.
func (r *Reader) rename(ctx context.Context, root *cage.Root, g *guess, c called) error {
	r.mu.Lock()
	r.names[g.dir] = c
	r.mu.Unlock()
	if g.called == c {
		return nil
	}
	g.called = c
	rel, ok := within(root.Dir(), g.dir)
	if !ok {
		return errs.New(errs.Internal, "%s is not below %s", g.dir, root.Dir())
	}
	sub, err := root.Sub(rel)
	if err != nil {
		return err
	}
	defer sub.Close()
	return r.look(ctx, sub, g)
}

func clash(g *guess, refs map[string]bool) bool {
	for i := range g.result.Entities {
		if e := &g.result.Entities[i]; e.DeclaredIn == "" && refs[e.Ref] {
			return true
		}
	}
	return false
}

// Found is what was found in one repository of a folder.
type Found struct {
	Folder string // absolute
	*infer.Result
	below string // the path from the folder that was asked for
}

// Within is the repository's folder as somebody sees it who calls the folder that was asked for so.
func (f Found) Within(folder string) string { return filepath.Join(folder, f.below) }

// Discover finds what the repositories in a folder hold, as the catalog would be given it. Errors: as Read.
func (r *Reader) Discover(ctx context.Context, target string) (list []Found, err error) {
	defer errs.Wrap(&err, "discovery.Discover(%s)", target)
	root, err := r.openFolder(target)
	if err != nil {
		return nil, err
	}
	defer root.Close()
	f, err := explore(ctx, root, "")
	if err != nil {
		return nil, err
	}
	files, guesses, err := r.collect(ctx, root, f, "")
	if err != nil {
		return nil, err
	}
	for i := range files {
		if files[i].Location.Type == "inferred" && files[i].Err != nil {
			return nil, files[i].Err // here, somebody asked for it
		}
	}
	if err := r.settle(ctx, root, guesses); err != nil {
		return nil, err
	}
	for _, g := range guesses {
		rel, _ := within(root.Dir(), g.dir)
		list = append(list, Found{g.dir, g.result, filepath.FromSlash(rel)})
	}
	if len(list) == 0 {
		return nil, nothingIn(target)
	}
	return list, nil
}

func nothingIn(target string) error {
	return errs.WithRemedy(errs.New(errs.NotFound, "%s holds no repository, no descriptor and no project", target),
		"name a Git repository, a folder of them, or a folder with catalog-info.yaml files")
}

// readInferred reads what a location of a guess leads to: a folder, or a Git repository.
func (r *Reader) readInferred(ctx context.Context, target, known string) (*catalog.Reading, error) {
	if isURL(target) {
		reading, err := r.readGit(ctx, target, catalog.Known{})
		if err != nil {
			return nil, err
		}
		for _, f := range reading.Files {
			if f.Location.Type == "inferred" {
				if f.Revision == known {
					return nil, catalog.ErrUnchanged
				}
				return &catalog.Reading{Files: []catalog.File{f}, Revision: f.Revision}, nil
			}
		}
		return nil, errs.New(errs.NotFound, "nothing is inferred from %s: its descriptors declare all there is", target)
	}
	root, err := r.openFolder(target)
	if err != nil {
		return nil, err
	}
	defer root.Close()
	_, names, err := r.repository(ctx, root, ".", "")
	if err != nil {
		return nil, err
	}
	g, err := r.guess(ctx, root, names)
	if err != nil {
		return nil, err
	}
	f, err := InferredFile(g.result, target)
	if err != nil {
		return nil, err
	}
	if f.Revision == known {
		return nil, catalog.ErrUnchanged
	}
	return &catalog.Reading{Files: []catalog.File{f}, Revision: f.Revision}, nil
}

// InferredFile makes a file of what was found; target says where the repository is. Where descriptors declare all of it, it
// holds layers and no data.
func InferredFile(res *infer.Result, target string) (catalog.File, error) {
	data, err := res.YAML()
	if err != nil {
		return catalog.File{}, errors.Join(errs.New(errs.Internal, "what was found at %s could not be written down", target), err)
	}
	layers := res.Layers()
	all, err := json.Marshal(layers)
	if err != nil {
		return catalog.File{}, err
	}
	return catalog.File{
		Location:       catalog.Location{Type: "inferred", Target: target},
		Name:           res.Name + " (seen, not declared)",
		Data:           data,
		Layers:         layers,
		Revision:       digest(bytes.Join([][]byte{data, all}, []byte{0})),
		SourceLocation: res.SourceLocation,
		ViewURL:        res.RepositoryURL,
	}, nil
}

// inferredTarget is where a file is that an inferred entity refers to: always in the repository that it was inferred from.
func (r *Reader) inferredTarget(base catalog.Location, target string) (catalog.Location, error) {
	p, err := inRepo("", target)
	if err != nil {
		return catalog.Location{}, err
	}
	if filepath.IsAbs(base.Target) {
		return catalog.Location{Type: "file", Target: filepath.Join(base.Target, filepath.FromSlash(p))}, nil
	}
	h, err := r.parseHostURL(base.Target)
	if err == nil && h != nil && h.tree {
		return catalog.Location{Type: "url", Target: h.web(path.Join(h.path, p), false)}, nil
	}
	g, err := parseGitTarget(base.Target)
	if err != nil {
		return catalog.Location{}, err
	}
	g.path = p
	return catalog.Location{Type: "git", Target: g.String()}, nil
}

// readBeside reads a file that an inferred entity refers to.
func (r *Reader) readBeside(ctx context.Context, base catalog.Location, target, known string) (*catalog.File, error) {
	loc, err := r.inferredTarget(base, target)
	if err != nil {
		return nil, err
	}
	if loc.Type != "file" {
		return r.content(ctx, loc, known)
	}
	root, err := r.openFolder(base.Target)
	if err != nil {
		return nil, err
	}
	defer root.Close()
	rel, ok := within(root.Dir(), loc.Target)
	if !ok {
		return nil, errs.New(errs.Forbidden, "%q leads out of %s", target, root.Dir())
	}
	return r.movedFile(root, rel, known)
}
