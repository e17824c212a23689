package discovery

import (
	"bytes"
	"context"
	"io/fs"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"portico/internal/cage"
	"portico/internal/catalog"
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

// readFolder reads a folder of repositories. Each repository yields its descriptors, and what can be
// seen of it beside; descriptors outside of repositories are read as well. Descriptors by other names (YAML
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
		return nil, nothingIn(target)
	}
	if err := r.settle(ctx, root, guesses); err != nil {
		return nil, err
	}
	for _, g := range guesses {
		if len(g.result.Entities) == 0 {
			continue // its descriptors say all there is to say
		}
		gf, err := InferredFile(g.result, g.dir)
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
	guessAt := func(rel string, names map[string]bool) error {
		sub, err := root.Sub(rel)
		if err != nil {
			return err
		}
		defer sub.Close()
		g, err := r.guess(ctx, sub, names)
		if err == nil {
			guesses = append(guesses, g)
		}
		return err
	}
	for _, rel := range f.repos {
		dir := filepath.Join(root.Dir(), filepath.FromSlash(rel))
		declared, names, err := r.repository(ctx, root, rel, filename)
		if err == nil {
			err = guessAt(rel, names)
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
		if err := guessAt(dir, nil); err != nil {
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

// repository reads the descriptors of one working copy, and says which of its files they are. Links that leave it are not
// followed.
func (r *Reader) repository(ctx context.Context, folder *cage.Root, rel, filename string) ([]catalog.File, map[string]bool, error) {
	root, err := folder.Sub(rel)
	if err != nil {
		return nil, nil, err
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
		return nil, nil, err
	}
	reading, err := r.readAll(ctx, root, names, nil, catalog.Known{})
	if err != nil {
		return nil, nil, err
	}
	declared := make(map[string]bool, len(names))
	for _, name := range names {
		declared[name] = true
	}
	return reading.Files, declared, nil
}
