package crawl

import (
	"cmp"
	"context"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"portico/internal/catalog"
	"portico/internal/discovery"
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
	// bring fetches contents together that are about to be read; nil where all are here.
	bring func(ctx context.Context, paths []string)
	// part is set where files, or contents of some, may be missing. Where a list brought every file with its content there is
	// nothing to fetch.
	part bool
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
	t.part = !g.Whole || len(data) < len(g.Files)
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

// glanced is what a list brought of the branch that is read; nil where it brought too little.
func (p *Provider) glanced(r *row) *tree {
	if p.Filters.Branch != "" && p.Filters.Branch != r.DefaultBranch {
		return nil
	}
	return glanced(r.Glance)
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
	commit, err := c.Git.Fetch(ctx, repo, p.Filters.branch(&r.Repository))
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
	t.bring = func(ctx context.Context, paths []string) {
		wanted := make([]git.Entry, 0, len(paths))
		for _, name := range paths {
			if e, ok := byPath[name]; ok {
				wanted = append(wanted, e)
			}
		}
		if err := c.Git.Bring(ctx, repo, wanted); err != nil {
			c.Log.Debug("files of a repository are fetched one by one", "repository", r.Name, "error", err)
		}
	}
	return t, nil
}

// yields makes files for the catalog of a repository's tree: its descriptors, and what can be seen of it beside them. Of a tree
// of which only a part is known there are the descriptors alone, and nothing where the rest may be needed for one: what was
// seen of a part would be something else a moment later.
func (c *Crawler) yields(ctx context.Context, p *Provider, r *row, t *tree) ([]catalog.File, error) {
	var names []string
	for _, f := range t.files {
		if !p.Filters.descriptor(f.Path) {
			continue
		}
		if len(names) == maxDescriptors {
			return nil, errs.WithRemedy(errs.New(errs.TooLarge, "%s holds more than %d descriptors", r.Name, maxDescriptors), "narrow catalogPath")
		}
		names = append(names, f.Path)
	}
	if t.bring != nil && len(names) > 0 {
		t.bring(ctx, names)
	}
	branch := p.Filters.branch(&r.Repository)
	var files []catalog.File
	for _, name := range names {
		cf := catalog.File{
			Location:       catalog.Location{Type: "url", Target: p.page(r.Name, "blob", branch, name)},
			Name:           r.Name[strings.LastIndexByte(r.Name, '/')+1:] + "/" + name,
			SourceLocation: "url:" + p.page(r.Name, "tree", branch, strings.TrimSuffix(path.Dir(name), ".")) + "/",
			ViewURL:        p.page(r.Name, "blob", branch, name),
			EditURL:        p.page(r.Name, "edit", branch, name),
		}
		cf.Data, cf.Err = t.read(ctx, name, maxDescriptor)
		switch {
		case ctx.Err() != nil:
			return nil, ctx.Err()
		case t.part && (cf.Err != nil || placeholder.Match(cf.Data)):
			return nil, nil
		case cf.Err != nil && passes(cf.Err):
			return nil, cf.Err // it may work in a moment: that is no fault of the file
		}
		cf.Revision = "blob:" + t.ids[name]
		cf.Beside = c.beside(p, r, t, name, cf.Location)
		files = append(files, cf)
	}
	if t.part {
		return files, nil
	}
	seen, err := c.seen(ctx, p, r, t)
	if err != nil || seen == nil {
		return files, err
	}
	return append(files, *seen), nil
}

func passes(err error) bool { return errs.Is(err, errs.Unavailable) || errs.Is(err, errs.Internal) }

// dormant is how long nobody pushed to what is taken to be given up, or done.
const dormant = 2 * 365 * 24 * time.Hour

func activity(r *forge.Repository, now time.Time) infer.Activity {
	switch at := r.PushedAt; {
	case at.IsZero() || at.Unix() == 0:
		return infer.Unknowable
	case now.Sub(at) > dormant:
		return infer.Dormant
	}
	return infer.Active
}

// seen is what a tree shows; nil where that is nothing.
func (c *Crawler) seen(ctx context.Context, p *Provider, r *row, t *tree) (*catalog.File, error) {
	home := p.home(r.Name)
	var broken error // why a file that is there could not be read just now: it would look as if it were not there
	in := infer.Input{
		Tree: infer.Tree{Files: t.files, Read: func(name string) ([]byte, error) {
			data, err := t.read(ctx, name, maxRead)
			if err != nil && passes(err) {
				broken = err
			}
			return data, err
		}},
		Name: r.EntityName, Folder: r.EntityName, RemoteURL: home,
		// An account holds many repositories, and parts of several may have one name.
		FullNames:      true,
		SourceLocation: "url:" + p.page(r.Name, "tree", p.Filters.branch(&r.Repository), "") + "/",
		IsDescriptor:   p.Filters.descriptor,
		Description:    r.Description, Topics: r.Topics, Archived: r.Archived, Languages: r.Languages, Teams: r.Teams,
	}
	if t.bring != nil {
		in.Expect = func(paths []string) { t.bring(ctx, paths) }
	}
	in.Activity = activity(&r.Repository, c.now())
	found := infer.Look(in)
	if err := cmp.Or(ctx.Err(), broken); err != nil {
		return nil, err
	}
	if len(found.Entities) == 0 {
		return nil, nil
	}
	f, err := discovery.InferredFile(found, home)
	if err != nil {
		return nil, err
	}
	f.Beside = c.beside(p, r, t, "", catalog.Location{Type: "url", Target: p.page(r.Name, "blob", p.Filters.branch(&r.Repository), "")})
	return &f, nil
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
