package git

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"portico/internal/errs"
	"portico/internal/outbound"
)

// Repo is a remote repository and the folder that caches it.
type Repo struct {
	URL string // https://host/owner/repo.git
	Dir string // a bare repository that Fetch makes, with the folders above it
}

// tipOf is the ref of ours that holds what was fetched for a branch or a tag. Each has its own, so that
// two that are read from one repository do not take turns in being fetched; hashed, for "a" and "a/b"
// cannot both be refs.
func tipOf(ref string) string {
	sum := sha256.Sum256([]byte(ref))
	return "refs/portico/tip-" + hex.EncodeToString(sum[:12])
}

// LsRemote asks which commit a branch or tag is at; "" is the default branch. A whole commit ID is
// its own answer. Errors: errs.Invalid for a bad ref; errs.Forbidden; errs.NotFound for the
// repository or the ref; errs.Unavailable.
func (c *Client) LsRemote(ctx context.Context, rawURL, ref string) (commit string, err error) {
	_, commit, err = c.resolve(ctx, rawURL, ref)
	return commit, err
}

// resolve finds the full name of a ref and its commit.
func (c *Client) resolve(ctx context.Context, rawURL, ref string) (name, commit string, err error) {
	if err := CheckRef(ref); err != nil {
		return "", "", err
	}
	u, err := c.checkURL(rawURL)
	if err != nil {
		return "", "", err
	}
	if IsCommit(ref) {
		return ref, ref, nil
	}
	// git matches a bare name against the end of any ref: only whole names are asked for. A tag
	// that is an object of its own is followed to its commit by ^{}.
	names := []string{"HEAD"}
	if strings.HasPrefix(ref, "refs/") {
		names = []string{ref + "^{}", ref}
	} else if ref != "" && ref != "HEAD" {
		names = []string{"refs/heads/" + ref, "refs/tags/" + ref + "^{}", "refs/tags/" + ref}
	}
	args := append([]string{"ls-remote", "--quiet", "--", rawURL}, names...)
	out, err := c.run(ctx, command{args: args, url: u, limit: 1 << 20})
	if err != nil {
		return "", "", err
	}
	found := map[string]string{}
	for line := range strings.Lines(string(out)) {
		if id, name, ok := strings.Cut(strings.TrimSpace(line), "\t"); ok && IsCommit(id) {
			found[name] = id
		}
	}
	for _, n := range names {
		if id := found[n]; id != "" {
			return strings.TrimSuffix(n, "^{}"), id, nil
		}
	}
	if ref == "" || ref == "HEAD" {
		return "", "", errs.New(errs.NotFound, "%s has no commit yet", outbound.Shown(rawURL))
	}
	return "", "", errs.WithRemedy(errs.New(errs.NotFound, "%s has no branch or tag %s", outbound.Shown(rawURL), ref), "check the name after #")
}

// Fetch brings the commit that ref is at into repo.Dir: that commit alone, without history, and
// without file contents where the server can leave them out (ReadFile then asks for them one by
// one). It returns the commit. Errors: as LsRemote; errs.TooLarge past Options.MaxTransfer.
func (c *Client) Fetch(ctx context.Context, repo Repo, ref string) (commit string, err error) {
	return c.fetch(ctx, repo, ref, "blob:none")
}

// FetchBelow is Fetch with the contents of all files of at most size bytes, for who reads many of them: one transfer brings
// them, where the server can leave the others out.
func (c *Client) FetchBelow(ctx context.Context, repo Repo, ref string, size int64) (commit string, err error) {
	return c.fetch(ctx, repo, ref, fmt.Sprintf("blob:limit=%d", size+1))
}

func (c *Client) fetch(ctx context.Context, repo Repo, ref, filter string) (commit string, err error) {
	name, want, err := c.resolve(ctx, repo.URL, ref)
	if err != nil {
		return "", err
	}
	u, err := c.checkURL(repo.URL)
	if err != nil {
		return "", err
	}
	defer c.lock(repo.Dir)()
	if err := c.prepare(ctx, repo); err != nil {
		return "", err
	}
	if c.Holds(ctx, repo, ref, want) {
		return want, nil
	}
	tip := tipOf(ref)
	_, err = c.run(ctx, command{
		args: []string{"fetch", "--quiet", "--depth=1", "--filter=" + filter, "--no-tags", "--no-recurse-submodules", "--no-write-fetch-head", "--force", "--", "origin", "+" + name + ":" + tip},
		dir:  repo.Dir, url: u, limit: 1 << 20,
	})
	if err != nil {
		return "", err
	}
	out, err := c.run(ctx, command{args: []string{"rev-parse", "--verify", "--quiet", "--end-of-options", tip + "^{commit}"}, dir: repo.Dir, limit: 1 << 10})
	if err != nil {
		return "", err
	}
	commit = strings.TrimSpace(string(out))
	if !IsCommit(commit) {
		return "", errs.New(errs.Unavailable, "git gave no commit for %s", outbound.Shown(repo.URL))
	}
	return commit, nil
}

// prepare makes the bare repository, or makes it anew when it is not whole or another's. A cleaner of
// temporary files takes what nobody touched for a while: the config may be there, and objects not.
func (c *Client) prepare(ctx context.Context, repo Repo) error {
	const done = "portico.origin" // set last: it says that what is before it was done
	if out, err := c.run(ctx, command{args: []string{"config", "--get", done}, dir: repo.Dir, limit: 1 << 14}); err == nil && strings.TrimSpace(string(out)) == repo.URL {
		// The type of an object cannot be told without the object.
		if _, err := c.run(ctx, command{args: []string{"for-each-ref", "--format=%(objecttype)", "refs/portico/"}, dir: repo.Dir, limit: 1 << 20}); err == nil {
			return nil
		}
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if err := os.RemoveAll(repo.Dir); err != nil {
		return errs.Public(errs.Unavailable, fmt.Sprintf("the cache %s could not be cleared", repo.Dir), err)
	}
	if err := os.MkdirAll(filepath.Dir(repo.Dir), 0o700); err != nil {
		return errs.Public(errs.Unavailable, fmt.Sprintf("no folder for the cache %s could be made", repo.Dir), err)
	}
	if _, err := c.run(ctx, command{args: []string{"init", "--quiet", "--bare", "--template=", "--", repo.Dir}, limit: 1 << 20}); err != nil {
		return err
	}
	for _, key := range []string{"remote.origin.url", done} {
		if _, err := c.run(ctx, command{args: []string{"config", key, repo.URL}, dir: repo.Dir, limit: 1 << 10}); err != nil {
			return err
		}
	}
	return nil
}

// Holds reports whether the commit is what Fetch brought for ref last, and is still there.
func (c *Client) Holds(ctx context.Context, repo Repo, ref, commit string) bool {
	// Only what Fetch finished counts: the tip is set after the objects are there. It may be a tag that is
	// an object of its own, and following it needs the commit.
	out, err := c.run(ctx, command{args: []string{"rev-parse", "--verify", "--quiet", "--end-of-options", tipOf(ref) + "^{commit}"}, dir: repo.Dir, limit: 1 << 10})
	return err == nil && strings.TrimSpace(string(out)) == commit
}

// Entry is one file of a tree.
type Entry struct {
	Path string
	Mode string // "100644", "100755", "120000" (link), "160000" (submodule)
	ID   string // of the content
}

// Regular reports whether the entry is a file, executable or not.
func (e Entry) Regular() bool { return e.Mode == "100644" || e.Mode == "100755" }

// ListTree lists all files of a fetched commit below prefix ("" for all), in the order of names.
// Errors: errs.Invalid, errs.Forbidden for bad arguments; errs.TooLarge past 64 MiB of names.
func (c *Client) ListTree(ctx context.Context, repo Repo, commit, prefix string) ([]Entry, error) {
	args := []string{"ls-tree", "-r", "-z", "--full-tree", commit}
	if prefix != "" {
		if err := checkPath(prefix); err != nil {
			return nil, err
		}
		args = append(args, "--", prefix)
	}
	return c.lsTree(ctx, repo, commit, args)
}

func (c *Client) lsTree(ctx context.Context, repo Repo, commit string, args []string) ([]Entry, error) {
	if !IsCommit(commit) {
		return nil, errs.New(errs.Invalid, "%.80q is not a commit", commit)
	}
	out, err := c.run(ctx, command{args: args, dir: repo.Dir, limit: 64 << 20})
	if err != nil {
		return nil, err
	}
	var entries []Entry
	for rec := range strings.SplitSeq(string(out), "\x00") {
		meta, name, ok := strings.Cut(rec, "\t")
		fields := strings.Fields(meta)
		if !ok || len(fields) != 3 {
			continue
		}
		entries = append(entries, Entry{Path: name, Mode: fields[0], ID: fields[2]})
	}
	return entries, nil
}

// ReadFile reads a regular file of a fetched commit, at most limit bytes. Links are not followed.
// Errors: errs.Forbidden for a path that leads out and for links and submodules; errs.NotFound;
// errs.TooLarge; errs.Unavailable when the content must still be fetched and cannot be.
func (c *Client) ReadFile(ctx context.Context, repo Repo, commit, path string, limit int64) ([]byte, error) {
	if err := checkPath(path); err != nil {
		return nil, err
	}
	entries, err := c.lsTree(ctx, repo, commit, []string{"ls-tree", "-z", "--full-tree", commit, "--", path})
	if err != nil {
		return nil, err
	}
	if len(entries) != 1 || entries[0].Path != path {
		return nil, errs.New(errs.NotFound, "%s is not in %s", path, outbound.Shown(repo.URL))
	}
	if !entries[0].Regular() {
		return nil, errs.New(errs.Forbidden, "%s in %s is not a regular file; links, folders and submodules are not read", path, outbound.Shown(repo.URL))
	}
	return c.ReadEntry(ctx, repo, entries[0], limit)
}

// ReadEntry is ReadFile of an entry that ListTree returned.
func (c *Client) ReadEntry(ctx context.Context, repo Repo, e Entry, limit int64) ([]byte, error) {
	if !e.Regular() || !IsCommit(e.ID) {
		return nil, errs.New(errs.Forbidden, "%s in %s is not a regular file; links, folders and submodules are not read", e.Path, outbound.Shown(repo.URL))
	}
	u, err := c.checkURL(repo.URL)
	if err != nil {
		return nil, err
	}
	defer c.lock(repo.Dir)()
	return c.run(ctx, command{args: []string{"cat-file", "blob", e.ID}, dir: repo.Dir, url: u, limit: limit})
}
