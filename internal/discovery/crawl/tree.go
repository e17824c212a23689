package crawl

import (
	"context"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"portico/internal/catalog"
	"portico/internal/catalog/layer"
	"portico/internal/discovery/infer"
	"portico/internal/errs"
	"portico/internal/forge"
	"portico/internal/forge/git"
)

// Bounds of what is looked at of one repository.
const (
	maxPaths       = 50_000
	maxDescriptors = 200
	maxDescriptor  = 1 << 20 // bytes
	maxRead        = 256 << 10
	maxBeside      = 5 << 20 // bytes of what a placeholder refers to
)

// tree is a repository at one commit.
type tree struct {
	files []infer.File      // in the order of names
	ids   map[string]string // of their contents, as git counts them
	read  func(ctx context.Context, path string, limit int64) ([]byte, error)
}

// blobID is git's name for a content.
func blobID(data []byte) string {
	h := sha1.New()
	fmt.Fprintf(h, "blob %d\x00", len(data))
	h.Write(data)
	return hex.EncodeToString(h.Sum(nil))
}

// glanced is the tree that a list brought; nil where it says too little to make anything of.
func glanced(g *forge.Glance) *tree {
	if g == nil || len(g.Files) == 0 {
		return nil
	}
	data := map[string][]byte{}
	t := &tree{ids: map[string]string{}}
	for _, f := range g.Files {
		t.files = append(t.files, infer.File{Path: f.Path, Size: f.Size})
		if f.Data != nil {
			data[f.Path], t.ids[f.Path] = f.Data, blobID(f.Data)
		}
	}
	slices.SortFunc(t.files, func(a, b infer.File) int { return strings.Compare(a.Path, b.Path) })
	t.read = func(_ context.Context, p string, limit int64) ([]byte, error) {
		d, ok := data[p]
		if !ok || int64(len(d)) > limit {
			return nil, errs.New(errs.NotFound, "%s was not read yet", p)
		}
		return d, nil
	}
	return t
}

// clone is where a repository is kept between readings.
func (c *Crawler) clone(p *Provider, r *row) git.Repo {
	sum := sha256.Sum256([]byte(p.ID + "\n" + r.ID + "\n" + r.CloneURL))
	return git.Repo{URL: r.CloneURL, Dir: filepath.Join(c.CloneDir, "forge-"+hex.EncodeToString(sum[:12])+".git")}
}

// fetched is the whole tree. No request of the host's API is spent on it.
func (c *Crawler) fetched(ctx context.Context, p *Provider, r *row) (*tree, error) {
	if c.Git == nil {
		return nil, errs.WithRemedy(errs.New(errs.NotImplemented, "repositories cannot be read: there is no git command"), "install git 2.30 or later")
	}
	repo := c.clone(p, r)
	repo.Used()
	commit, err := c.Git.FetchBelow(ctx, repo, p.Filters.branch(&r.Repository), maxRead)
	if err != nil {
		return nil, err
	}
	entries, err := c.Git.ListTree(ctx, repo, commit, "")
	if err != nil {
		return nil, err
	}
	t := &tree{ids: make(map[string]string, len(entries))}
	byPath := make(map[string]git.Entry, len(entries))
	for _, e := range entries {
		if !e.Regular() || len(t.files) >= maxPaths {
			continue
		}
		t.files = append(t.files, infer.File{Path: e.Path})
		t.ids[e.Path], byPath[e.Path] = e.ID, e
	}
	t.read = func(ctx context.Context, name string, limit int64) ([]byte, error) {
		e, ok := byPath[name]
		if !ok {
			return nil, errs.New(errs.NotFound, "%s is not in %s", name, r.Name)
		}
		return c.Git.ReadEntry(ctx, repo, e, limit)
	}
	return t, nil
}

// yields makes files for the catalog of a repository's tree: its descriptors, or what can be seen of it. glance is true of a
// tree of which only a part is known; then nothing is returned where the rest may be needed.
func (c *Crawler) yields(ctx context.Context, p *Provider, r *row, t *tree, glance bool) ([]catalog.File, error) {
	branch := p.Filters.branch(&r.Repository)
	var files []catalog.File
	for _, f := range t.files {
		if !p.Filters.descriptor(f.Path) {
			continue
		}
		if len(files) == maxDescriptors {
			return nil, errs.WithRemedy(errs.New(errs.TooLarge, "%s holds more than %d descriptors", r.Name, maxDescriptors), "narrow catalogPath")
		}
		cf := catalog.File{
			Location:       catalog.Location{Type: "url", Target: p.page(r.Name, "blob", branch, f.Path)},
			Name:           r.Name[strings.LastIndexByte(r.Name, '/')+1:] + "/" + f.Path,
			SourceLocation: "url:" + p.page(r.Name, "tree", branch, strings.TrimSuffix(path.Dir(f.Path), ".")) + "/",
			ViewURL:        p.page(r.Name, "blob", branch, f.Path),
			EditURL:        p.page(r.Name, "edit", branch, f.Path),
		}
		cf.Data, cf.Err = t.read(ctx, f.Path, maxDescriptor)
		switch {
		case ctx.Err() != nil:
			return nil, ctx.Err()
		case glance && (cf.Err != nil || placeholder.Match(cf.Data)):
			return nil, nil
		case cf.Err != nil && passes(cf.Err):
			return nil, cf.Err // it may work in a moment: that is no fault of the file
		}
		cf.Revision = "blob:" + t.ids[f.Path]
		cf.Beside = c.beside(p, r, t, f.Path, cf.Location)
		files = append(files, cf)
	}
	if len(files) > 0 {
		return files, nil
	}
	return c.seen(ctx, p, r, t)
}

func passes(err error) bool { return errs.Is(err, errs.Unavailable) || errs.Is(err, errs.Internal) }

// seen is what a tree without descriptors yields: the one place that asks for an inference.
func (c *Crawler) seen(ctx context.Context, p *Provider, r *row, t *tree) ([]catalog.File, error) {
	home := p.home(r.Name)
	e := infer.Look(infer.Input{
		Tree:   infer.Tree{Files: t.files, Read: func(name string) ([]byte, error) { return t.read(ctx, name, maxRead) }},
		Folder: r.EntityName, RemoteURL: home, SourceLocation: "url:" + p.page(r.Name, "tree", p.Filters.branch(&r.Repository), "") + "/",
	})
	e.Name = r.EntityName
	if e.Description == "" && r.Description != "" {
		e.Description, e.Evidence["metadata.description"] = r.Description, "the host"
	}
	data, err := e.YAML()
	var layers []layer.Layer
	if err != nil {
		return nil, errs.Public(errs.Internal, "what was seen of "+r.Name+" could not be written down", err)
	}
	sum := sha256.Sum256(data)
	return []catalog.File{{
		Location: catalog.Location{Type: "inferred", Target: home}, Name: r.EntityName + " (seen, not declared)",
		Data: data, Revision: hex.EncodeToString(sum[:16]), Layers: layers,
		SourceLocation: "url:" + p.page(r.Name, "tree", p.Filters.branch(&r.Repository), "") + "/", ViewURL: home,
	}}, nil
}

// beside reads what placeholders of a descriptor refer to from the same tree; what lies elsewhere as of any other file.
func (c *Crawler) beside(p *Provider, r *row, t *tree, of string, base catalog.Location) func(context.Context, string) (*catalog.File, error) {
	return func(ctx context.Context, target string) (*catalog.File, error) {
		if strings.Contains(target, "://") {
			if c.Elsewhere == nil {
				return nil, errs.New(errs.Forbidden, "it leads out of the repository")
			}
			return c.Elsewhere(ctx, base, target, "")
		}
		name := path.Join("/", path.Dir(of), target)[1:]
		if strings.HasPrefix(target, "/") || name != path.Join(path.Dir(of), target) {
			return nil, errs.WithRemedy(errs.New(errs.Forbidden, "%.200q leads out of the repository", target), "refer to a file beside the descriptor, or below it")
		}
		data, err := t.read(ctx, name, maxBeside)
		if err != nil {
			return nil, err
		}
		return &catalog.File{
			Location: catalog.Location{Type: "url", Target: p.page(r.Name, "blob", p.Filters.branch(&r.Repository), name)},
			Name:     name, Data: data, Revision: "blob:" + t.ids[name],
		}, nil
	}
}
