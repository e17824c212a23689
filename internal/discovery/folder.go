package discovery

import (
	"bytes"
	"context"
	"fmt"
	"io/fs"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"portico/internal/cage"
	"portico/internal/catalog"
	"portico/internal/discovery/infer"
	"portico/internal/errs"
)

const (
	maxRepoDepth  = 6       // folders down in which working copies are looked for
	maxInferFiles = 50_000  // of a repository that are looked at for a guess
	maxInferRead  = 1 << 20 // bytes of a file that a guess reads
	maxSniff      = 1 << 20 // bytes of a YAML file that is looked into for entities
	maxSniffed    = 1000    // of them
)

// found is what a folder holds.
type found struct {
	repos       []string // tops of working copies, "." for the folder itself
	descriptors []string // outside of them
	yaml        []string // other YAML files outside of them, near the top
	projects    []string // folders at the top with a README or a manifest
	project     bool     // whether the folder itself has one
}

// readFolder reads a folder of repositories. Each repository yields its descriptors, or a guess when
// it has none; descriptors outside of repositories are read as well. Descriptors by other names (YAML
// files near the top that hold entities) count in a repository that has no catalog-info.yaml, and in
// a folder without repositories. Where there is nothing of all that, folders that look like projects
// are guessed at.
func (r *Reader) readFolder(ctx context.Context, target, known string) (*catalog.Reading, error) {
	return r.readFolderNamed(ctx, target, "", known)
}

func (r *Reader) readFolderNamed(ctx context.Context, target, filename, known string) (*catalog.Reading, error) {
	root, err := r.openFolder(target)
	if err != nil {
		return nil, err
	}
	defer root.Close()
	f, err := explore(ctx, root, filename)
	if err != nil {
		return nil, err
	}
	files, guesses, err := r.collect(ctx, root, f, filename)
	if err != nil {
		return nil, err
	}
	if len(files) == 0 && len(guesses) == 0 {
		return nil, errs.WithRemedy(errs.New(errs.NotFound, "%s holds no repository, no descriptor and no project", target),
			"name a Git repository, a folder of them, or a folder with catalog-info.yaml files")
	}
	distinct(guesses)
	for _, g := range guesses {
		gf, err := inferredFile(g.entity, g.dir)
		if err != nil {
			return nil, err
		}
		files = append(files, gf)
	}
	if len(files) > r.opts.MaxFiles {
		return nil, errs.WithRemedy(errs.New(errs.TooLarge, "%s yields %d files; the limit is %d", target, len(files), r.opts.MaxFiles), "name a smaller folder")
	}
	revision := combined(files)
	if revision == known {
		return nil, catalog.ErrUnchanged
	}
	return &catalog.Reading{Files: files, Revision: revision}, nil
}

// explore finds repositories, and what lies outside of them.
func explore(ctx context.Context, root *cage.Root, filename string) (*found, error) {
	f := &found{}
	self := isRepository(root, ".")
	if self {
		f.repos = append(f.repos, ".")
	}
	err := root.Walk(ctx, cage.WalkOptions{MaxDepth: maxRepoDepth, SkipDir: holdsNoDescriptors}, func(name string, info fs.FileInfo) error {
		if info.IsDir() {
			dot, err := root.Stat(path.Join(name, ".git"))
			// Inside a repository a file .git is a submodule: it belongs to that repository.
			if err == nil && (dot.IsDir() || !self && dot.Mode().IsRegular()) {
				f.repos = append(f.repos, name)
				return fs.SkipDir
			}
			return nil
		}
		switch {
		case self:
		case isDescriptor(name, filename):
			f.descriptors = append(f.descriptors, name)
		case mayHoldEntities(name, info) && len(f.yaml) < maxSniffed:
			f.yaml = append(f.yaml, name)
		}
		if strings.Count(name, "/") <= 1 && marksProject(path.Base(name)) {
			// Files of one folder below come in a row, those of the folder itself do not.
			switch dir := path.Dir(name); {
			case dir == ".":
				f.project = true
			case len(f.projects) == 0 || f.projects[len(f.projects)-1] != dir:
				f.projects = append(f.projects, dir)
			}
		}
		return nil
	})
	return f, err
}

func marksProject(base string) bool {
	switch strings.ToLower(base) {
	case "readme", "readme.md", "readme.rst", "readme.adoc", "readme.txt", "go.mod", "package.json", "pom.xml", "build.gradle", "build.gradle.kts",
		"cargo.toml", "pyproject.toml", "setup.py", "requirements.txt", "composer.json", "gemfile", "dockerfile", "mkdocs.yml", "chart.yaml":
		return true
	}
	return false
}

// collect reads what explore found.
func (r *Reader) collect(ctx context.Context, root *cage.Root, f *found, filename string) ([]catalog.File, []*guess, error) {
	var files []catalog.File
	var guesses []*guess
	guessAt := func(rel string) error {
		sub, err := root.Sub(rel)
		if err != nil {
			return err
		}
		defer sub.Close()
		g, err := r.guess(ctx, sub)
		if err == nil {
			guesses = append(guesses, g)
		}
		return err
	}
	for _, rel := range f.repos {
		dir := filepath.Join(root.Dir(), filepath.FromSlash(rel))
		declared, err := r.repository(ctx, root, rel, filename)
		if err == nil && len(declared) == 0 {
			err = guessAt(rel)
		}
		switch {
		case err == nil:
			files = append(files, declared...)
		case ctx.Err() != nil || errs.Is(err, errs.Unavailable) || errs.Is(err, errs.Internal):
			// It may work in a moment: nothing is said, rather than that the others are all there is.
			return nil, nil, err
		case !errs.Is(err, errs.NotFound): // gone between two looks
			r.opts.Log.Warn("a repository could not be read", "folder", dir, "error", err)
			files = append(files, catalog.File{Location: catalog.Location{Type: "inferred", Target: dir}, Name: shortName(filepath.ToSlash(dir)), Err: err})
		}
	}
	loose := f.descriptors
	if len(f.repos) == 0 {
		loose = append(loose, entityFiles(root, f.yaml)...)
		slices.Sort(loose)
	}
	if len(loose) > 0 {
		reading, err := r.readAll(ctx, root, loose, nil, catalog.Known{})
		if err != nil {
			return nil, nil, err
		}
		files = append(files, reading.Files...)
	}
	if len(files) > 0 || len(guesses) > 0 {
		return files, guesses, nil
	}
	projects := f.projects
	if f.project && (len(projects) == 0 || hasManifest(root)) {
		projects = []string{"."}
	}
	for _, dir := range projects {
		if err := guessAt(dir); err != nil {
			return nil, nil, err
		}
	}
	return files, guesses, nil
}

// hasManifest reports whether the folder itself is one project rather than a folder of them: it has
// more than a README.
func hasManifest(root *cage.Root) bool {
	for _, m := range []string{"go.mod", "package.json", "pom.xml", "build.gradle", "build.gradle.kts", "Cargo.toml", "pyproject.toml", "Dockerfile"} {
		if _, err := root.Stat(m); err == nil {
			return true
		}
	}
	return false
}

// mayHoldEntities is true for a YAML file near the top.
func mayHoldEntities(name string, info fs.FileInfo) bool {
	ext := path.Ext(name)
	return strings.Count(name, "/") <= 2 && (ext == ".yaml" || ext == ".yml") && info.Size() <= maxSniff
}

// entityFiles are those of the files that hold entities.
func entityFiles(root *cage.Root, names []string) (list []string) {
	for _, name := range names {
		if data, err := root.ReadFile(name, maxSniff); err == nil && holdsEntities(data) {
			list = append(list, name)
		}
	}
	return list
}

// holdsEntities reports whether a YAML file looks like a descriptor by another name.
func holdsEntities(data []byte) bool {
	for line := range bytes.Lines(data) {
		rest, ok := bytes.CutPrefix(line, []byte("apiVersion:"))
		if ok && bytes.Contains(rest, []byte("backstage.io/")) {
			return true
		}
	}
	return false
}

// repository reads the descriptors of one working copy. Links that leave it are not followed.
func (r *Reader) repository(ctx context.Context, folder *cage.Root, rel, filename string) ([]catalog.File, error) {
	root, err := folder.Sub(rel)
	if err != nil {
		return nil, err
	}
	defer root.Close()
	var names, yaml []string
	err = root.Walk(ctx, cage.WalkOptions{MaxDepth: maxDescriptorDepth, SkipDir: holdsNoDescriptors}, func(name string, info fs.FileInfo) error {
		if info.IsDir() {
			if _, err := root.Stat(path.Join(name, ".git")); err == nil {
				return fs.SkipDir // a repository of its own
			}
			return nil
		}
		switch {
		case isDescriptor(name, filename):
			names = append(names, name)
		case mayHoldEntities(name, info) && len(yaml) < maxSniffed:
			yaml = append(yaml, name)
		}
		return nil
	})
	if len(names) == 0 && err == nil && filename == "" {
		names = entityFiles(root, yaml)
	}
	if err != nil || len(names) == 0 {
		return nil, err
	}
	reading, err := r.readAll(ctx, root, names, nil, catalog.Known{})
	if err != nil {
		return nil, err
	}
	return reading.Files, nil
}

// guess is an inferred entity, with what would make it change.
type guess struct {
	dir    string
	entity *infer.Entity
	stamp  string
}

// guess looks at a folder, or remembers what it looked like.
func (r *Reader) guess(ctx context.Context, root *cage.Root) (*guess, error) {
	dir, now := root.Dir(), glance(root)
	r.mu.Lock()
	g, ok := r.inferred[dir]
	r.mu.Unlock()
	if !ok || g.stamp != now {
		e, err := look(ctx, root)
		if err != nil {
			return nil, err
		}
		g = guess{dir: dir, entity: e, stamp: now}
		r.mu.Lock()
		r.inferred[dir] = g
		r.mu.Unlock()
	}
	// A copy: its name may be changed to be distinct among others.
	entity := *g.entity
	return &guess{dir: dir, entity: &entity}, nil
}

// glance is a stamp over the few files that decide what is guessed. Languages may lag behind: they
// are counted again when one of these changes.
func glance(root *cage.Root) string {
	var b strings.Builder
	for _, name := range []string{".", ".git/HEAD", ".git/config", ".git/index", "README.md", "readme.md", "README", "README.rst", "CODEOWNERS", ".github", ".github/CODEOWNERS",
		"docs", "docs/CODEOWNERS", "cmd", "go.mod", "package.json", "pom.xml", "build.gradle", "Cargo.toml", "pyproject.toml", "Dockerfile", "mkdocs.yml"} {
		if info, err := root.Stat(name); err == nil {
			fmt.Fprintf(&b, "%s %v\n", name, stampOf(info))
		}
	}
	return b.String()
}

// look makes a guess at what a folder is.
func look(ctx context.Context, root *cage.Root) (*infer.Entity, error) {
	in := infer.Input{
		Folder:         filepath.Base(root.Dir()),
		RemoteURL:      remoteOf(root.Dir()),
		SourceLocation: "file:" + strings.TrimSuffix(root.Dir(), string(filepath.Separator)) + string(filepath.Separator),
	}
	in.Read = func(p string) ([]byte, error) { return root.ReadFile(p, maxInferRead) }
	skip := func(name string) bool {
		return cage.SkipDir(name) || path.Base(name) == "vendor" || strings.HasPrefix(path.Base(name), ".") && path.Base(name) != ".github" && path.Base(name) != ".gitlab"
	}
	err := root.Walk(ctx, cage.WalkOptions{MaxDepth: 12, SkipDir: skip}, func(name string, info fs.FileInfo) error {
		if info.IsDir() {
			return nil
		}
		if in.Files = append(in.Files, infer.File{Path: name, Size: info.Size()}); len(in.Files) >= maxInferFiles {
			return fs.SkipAll
		}
		return nil
	})
	if err != nil && !errs.Is(err, errs.TooLarge) { // a huge one is judged by what was seen
		return nil, err
	}
	return infer.Look(in), nil
}

// distinct gives guesses with the same name the name of the folder above in front, and a number when
// that is not enough.
func distinct(guesses []*guess) {
	count := map[string]int{}
	for _, g := range guesses {
		count[strings.ToLower(g.entity.Name)]++
	}
	taken := map[string]bool{}
	for _, g := range guesses {
		name := g.entity.Name
		if count[strings.ToLower(name)] > 1 {
			name = infer.CleanName(filepath.Base(filepath.Dir(g.dir)) + "-" + name)
		}
		unique := name
		for n := 2; taken[strings.ToLower(unique)]; n++ {
			suffix := fmt.Sprintf("-%d", n)
			unique = infer.CleanName(name[:min(len(name), 63-len(suffix))]) + suffix
		}
		taken[strings.ToLower(unique)] = true
		g.entity.Name = unique
	}
}

// readInferred reads what a location of a guess leads to: a folder, or a Git repository.
func (r *Reader) readInferred(ctx context.Context, target, known string) (*catalog.Reading, error) {
	if isURL(target) {
		reading, err := r.readGit(ctx, target, catalog.Known{})
		if err == nil && len(reading.Files) == 1 && reading.Files[0].Revision == known {
			return nil, catalog.ErrUnchanged
		}
		return reading, err
	}
	root, err := r.openFolder(target)
	if err != nil {
		return nil, err
	}
	defer root.Close()
	g, err := r.guess(ctx, root)
	if err != nil {
		return nil, err
	}
	f, err := inferredFile(g.entity, target)
	if err != nil {
		return nil, err
	}
	if f.Revision == known {
		return nil, catalog.ErrUnchanged
	}
	return &catalog.Reading{Files: []catalog.File{f}, Revision: f.Revision}, nil
}
