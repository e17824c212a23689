package discovery

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"path"
	"path/filepath"
	"strings"
	"time"

	"github.com/bmatcuk/doublestar/v4"

	"portico/internal/cage"
	"portico/internal/catalog"
	"portico/internal/discovery/infer"
	"portico/internal/errs"
	"portico/internal/forge/git"
	"portico/internal/outbound"
)

// gitTarget is the target of a location of type git: a clone URL, a ref and a path.
type gitTarget struct {
	url  string
	ref  string // "" for the default branch
	path string // "" for the whole repository; may be a pattern
}

func (g gitTarget) String() string {
	switch {
	case g.path != "":
		return g.url + "#" + g.ref + ":" + g.path
	case g.ref != "":
		return g.url + "#" + g.ref
	}
	return g.url
}

func parseGitTarget(target string) (gitTarget, error) {
	u, fragment, _ := strings.Cut(target, "#")
	ref, p, hasPath := strings.Cut(fragment, ":")
	g := gitTarget{url: u, ref: ref, path: p}
	if err := git.CheckRef(ref); err != nil {
		return g, err
	}
	if hasPath && (cage.CheckName(p) != nil || p == ".") {
		return g, errs.WithRemedy(errs.New(errs.Forbidden, "the path %q after # is not a plain path inside the repository", p),
			"write git:https://host/owner/repo.git#branch:folder/catalog-info.yaml")
	}
	return g, nil
}

// commitsFor is how long the commit of a branch is taken for current.
const commitsFor = 10 * time.Second

// clones is the folder of the clones, one a repository.
func (r *Reader) clones() string { return filepath.Join(r.opts.CacheDir, "git") }

func (r *Reader) repo(g gitTarget) git.Repo {
	sum := sha256.Sum256([]byte(g.url))
	return git.Repo{URL: g.url, Dir: filepath.Join(r.clones(), hex.EncodeToString(sum[:12])+".git")}
}

// unusedFor is the time after which a clone that no reading looked into is removed. A source that is
// read at all is read far more often.
const unusedFor = 7 * 24 * time.Hour

// PruneClones removes the clones that no source has needed for a week: of sources that were removed, or
// point elsewhere.
func (r *Reader) PruneClones(now time.Time) error { return git.PruneClones(r.clones(), unusedFor, now) }

// tip asks for the commit that the target's branch is at.
func (r *Reader) tip(ctx context.Context, g gitTarget) (string, error) {
	if r.opts.Git == nil {
		return "", errs.New(errs.NotImplemented, "this portal does not read Git repositories")
	}
	r.repo(g).Used()
	key := g.url + "#" + g.ref
	r.mu.Lock()
	known, ok := r.commits[key]
	r.mu.Unlock()
	if ok && time.Since(known.at) < commitsFor {
		return known.commit, nil
	}
	commit, err := r.opts.Git.LsRemote(ctx, g.url, g.ref)
	if err != nil {
		return "", err
	}
	r.mu.Lock()
	r.commits[key] = commitAt{commit, time.Now()}
	r.mu.Unlock()
	return commit, nil
}

// checkout makes the files of the target's branch readable.
func (r *Reader) checkout(ctx context.Context, g gitTarget) (git.Repo, string, error) {
	want, err := r.tip(ctx, g)
	if err != nil {
		return git.Repo{}, "", err
	}
	repo := r.repo(g)
	// The clone is asked, and not remembered: it may have been removed since, as one that was not needed
	// for a while or by a cleaner of temporary files.
	if r.opts.Git.Holds(ctx, repo, g.ref, want) {
		return repo, want, nil
	}
	commit, err := r.opts.Git.Fetch(ctx, repo, g.ref)
	if err != nil {
		return git.Repo{}, "", err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.commits[g.url+"#"+g.ref] = commitAt{commit, time.Now()}
	return repo, commit, nil
}

// readGit reads a file, a pattern, or the descriptors of a repository and what can be seen of it beside.
func (r *Reader) readGit(ctx context.Context, target string, known catalog.Known) (*catalog.Reading, error) {
	g, err := parseGitTarget(target)
	if err != nil {
		return nil, err
	}
	if g.path == "" {
		commit, err := r.tip(ctx, g)
		if err != nil {
			return nil, err
		}
		if commit == known.Revision {
			return nil, catalog.ErrUnchanged
		}
	}
	return r.readGitFiles(ctx, g, "", known)
}

func (r *Reader) readGitFiles(ctx context.Context, g gitTarget, filename string, known catalog.Known) (*catalog.Reading, error) {
	repo, commit, err := r.checkout(ctx, g)
	if err != nil {
		return nil, err
	}
	prefix := ""
	if g.path != "" && !isGlob(g.path) {
		prefix = g.path
	}
	entries, err := r.opts.Git.ListTree(ctx, repo, commit, prefix)
	if err != nil {
		return nil, err
	}
	reading := &catalog.Reading{Revision: commit}
	var tree infer.Tree
	byPath := map[string]git.Entry{}
	for _, e := range entries {
		ok := e.Regular() && isDescriptor(e.Path, filename)
		switch {
		case isGlob(g.path):
			if ok, err = doublestar.Match(g.path, e.Path); err != nil {
				return nil, errs.Public(errs.Invalid, "the pattern is malformed", err)
			}
			ok = ok && e.Regular()
		case g.path != "":
			ok = e.Path == g.path
		}
		if e.Regular() && len(tree.Files) < maxInferFiles {
			tree.Files = append(tree.Files, infer.File{Path: e.Path})
			byPath[e.Path] = e
		}
		if !ok {
			continue
		}
		if len(reading.Files) >= maxHostFiles {
			return nil, errs.WithRemedy(errs.New(errs.TooLarge, "%s yields more than %d files, the limit", g, maxHostFiles), "use a narrower pattern")
		}
		reading.Files = append(reading.Files, r.gitFile(g, e))
	}
	if g.path != "" {
		reading.Revision = combined(reading.Files)
		if len(reading.Files) == 1 && !isGlob(g.path) {
			reading.Revision = reading.Files[0].Revision
		}
		if len(reading.Files) == 0 && !isGlob(g.path) {
			return nil, errs.New(errs.NotFound, "%s is not in %s", g.path, g.url)
		}
	}
	if reading.Revision == known.Revision {
		return nil, catalog.ErrUnchanged
	}
	for i := range reading.Files {
		f := &reading.Files[i]
		if f.Unchanged = known.Has(f); f.Unchanged {
			continue
		}
		p := strings.TrimPrefix(f.Location.Target, gitTarget{g.url, g.ref, "x"}.prefix())
		f.Data, f.Err = r.opts.Git.ReadFile(ctx, repo, commit, p, r.opts.MaxFile)
		if errs.Is(f.Err, errs.Unavailable) || ctx.Err() != nil {
			return nil, f.Err
		}
	}
	if g.path != "" {
		return reading, nil
	}
	var broken error // a file that could not be read just now would look as if it were not there
	tree.Read = func(p string) ([]byte, error) {
		data, err := r.opts.Git.ReadEntry(ctx, repo, byPath[p], maxInferRead)
		if errs.Is(err, errs.Unavailable) || errs.Is(err, errs.Internal) {
			broken = err
		}
		return data, err
	}
	tree.Expect = func(paths []string) {
		var wanted []git.Entry
		for _, p := range paths {
			wanted = append(wanted, byPath[p])
		}
		if err := r.opts.Git.Bring(ctx, repo, wanted); err != nil {
			r.opts.Log.Debug("files of a repository are fetched one by one", "repository", outbound.Masked(g.url), "error", err)
		}
	}
	found := infer.Look(infer.Input{
		Tree: tree, Folder: path.Base(strings.TrimSuffix(g.url, ".git")), RemoteURL: g.url, SourceLocation: r.gitSource(g, ""),
		IsDescriptor: func(p string) bool { return isDescriptor(p, filename) },
	})
	if broken != nil {
		return nil, broken
	}
	if len(found.Entities) > 0 {
		f, err := InferredFile(found, g.String())
		if err != nil {
			return nil, err
		}
		reading.Files = append(reading.Files, f)
	}
	return reading, ctx.Err()
}

// prefix is what stands before the path in the target of any file of the same branch.
func (g gitTarget) prefix() string { return g.url + "#" + g.ref + ":" }

func (r *Reader) gitFile(g gitTarget, e git.Entry) catalog.File {
	dir := path.Dir(e.Path)
	if dir == "." {
		dir = ""
	}
	f := catalog.File{
		Location:       catalog.Location{Type: "git", Target: gitTarget{g.url, g.ref, e.Path}.String()},
		Name:           shortName(path.Base(strings.TrimSuffix(g.url, ".git")) + "/" + e.Path),
		Revision:       "blob:" + e.ID,
		SourceLocation: r.gitSource(g, dir),
	}
	if h := r.hostOf(g); h != nil {
		f.ViewURL, f.EditURL = h.web(e.Path, false), h.webAs("edit", e.Path)
	}
	return f
}

// hostOf is the repository at its Git host, nil when the host is none of the integrations.
func (r *Reader) hostOf(g gitTarget) *hostURL {
	h, err := r.parseHostURL(strings.TrimSuffix(g.url, ".git"))
	if err != nil || h == nil {
		return nil
	}
	if g.ref != "" {
		h.ref = g.ref
	}
	return h
}

// gitSource is where the source of a folder can be seen: at the host, else the repository itself.
func (r *Reader) gitSource(g gitTarget, dir string) string {
	if h := r.hostOf(g); h != nil {
		return "url:" + strings.TrimSuffix(h.web(dir, true), "/") + "/"
	}
	if dir != "" {
		dir += "/"
	}
	return "git:" + g.prefix() + dir
}
