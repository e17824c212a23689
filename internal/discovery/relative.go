package discovery

import (
	"context"
	"net/url"
	"path"
	"path/filepath"
	"strings"

	"portico/internal/cage"
	"portico/internal/catalog"
	"portico/internal/errs"
	"portico/internal/forge/git"
	"portico/internal/outbound"
)

// Resolve implements catalog.Reader. A target without a scheme is relative to base and stays in its
// repository; errs.Forbidden otherwise, and when a descriptor that came over the network names a
// file of this machine.
func (r *Reader) Resolve(base catalog.Location, typ, target string) (catalog.Location, error) {
	none := catalog.Location{}
	if target == "" || strings.ContainsFunc(target, func(c rune) bool { return c < ' ' || c == 0x7f }) {
		return none, errs.New(errs.Invalid, "the target %q is empty or has control characters", target)
	}
	if typ == "" {
		typ = base.Type
	}
	if base.Type == "inferred" && typ == base.Type && !isURL(target) {
		return r.inferredTarget(base, target)
	}
	if isURL(target) {
		switch typ {
		case "file":
			typ = "url" // the type was left out, and is that of the base
		case "git":
			// As above, when it is the address of a file at a Git host.
			if h, err := r.parseHostURL(target); err == nil && h != nil && h.path != "" {
				typ = "url"
			}
		}
		if typ != "url" && typ != "git" {
			return none, errs.New(errs.Invalid, "a location of type %s cannot have the target %s", typ, outbound.Shown(target))
		}
		if typ == "git" {
			if _, err := parseGitTarget(target); err != nil {
				return none, err
			}
		}
		return catalog.Location{Type: typ, Target: target}, nil
	}
	if base.Type == "file" && (typ == "file" || typ == "folder") {
		p, err := r.localTarget(base, target)
		return catalog.Location{Type: typ, Target: p}, err
	}
	if typ == "file" || typ == "folder" {
		return none, errs.WithRemedy(errs.New(errs.Forbidden, "%q is not read: a descriptor from elsewhere cannot name files of this machine", target),
			"leave the type out; the target is then read from where the descriptor is")
	}
	if typ != base.Type {
		return none, errs.WithRemedy(errs.New(errs.Invalid, "the target %q of type %s is not an absolute URL", target, typ), "write the whole URL")
	}
	switch base.Type {
	case "url":
		t, err := r.urlTarget(base, target)
		return catalog.Location{Type: "url", Target: t}, err
	case "git":
		g, err := gitRelative(base, target)
		return catalog.Location{Type: "git", Target: g.String()}, err
	}
	return none, errs.New(errs.Invalid, "nothing is relative to a location of type %q", base.Type)
}

// localTarget makes a path absolute and holds it below the root of base.
func (r *Reader) localTarget(base catalog.Location, target string) (string, error) {
	p := filepath.FromSlash(target)
	if !filepath.IsAbs(p) {
		p = filepath.Join(filepath.Dir(base.Target), p)
	}
	p = filepath.Clean(p)
	root, _, err := r.rootFor(base.Target)
	if err != nil {
		return "", err
	}
	if _, ok := within(root, fixedPart(p)); !ok || isPattern(p) && strings.Contains(p, "..") {
		return "", errs.WithRemedy(errs.New(errs.Forbidden, "%q leads out of %s, where the descriptor is", target, root),
			"name files of other folders in catalog.locations")
	}
	return p, nil
}

// urlTarget makes a relative target absolute: in the same repository and ref at a Git host, by the
// rules of URLs anywhere else.
func (r *Reader) urlTarget(base catalog.Location, target string) (string, error) {
	h, err := r.parseHostURL(base.Target)
	if err != nil {
		return "", err
	}
	if h == nil {
		u, err := url.Parse(base.Target)
		if err != nil {
			return "", errs.Public(errs.Invalid, "the base cannot be read as an URL", err)
		}
		out, err := u.Parse(target)
		if err != nil || out.Host != u.Host || out.Scheme != u.Scheme {
			return "", errs.New(errs.Forbidden, "%q leads to another host", target)
		}
		// Relative targets stay below the folder that the base is in.
		if dir, err := u.Parse("./"); err != nil || !strings.HasPrefix(out.EscapedPath(), dir.EscapedPath()) {
			return "", errs.WithRemedy(errs.New(errs.Forbidden, "%q leads out of %s, where the descriptor is", target, outbound.Shown(dir.String())),
				"write the whole URL")
		}
		return out.String(), nil
	}
	p, err := inRepo(h.dir(), target)
	if err != nil {
		return "", err
	}
	return h.web(p, false), nil
}

// inRepo is the path of a target that is relative to a folder of a repository; a leading slash means
// the repository's top.
func inRepo(dir, target string) (string, error) {
	p := path.Join(dir, target)
	if strings.HasPrefix(target, "/") {
		p = path.Clean(strings.TrimLeft(target, "/"))
	}
	if cage.CheckName(p) != nil || p == "." || strings.ContainsAny(p, "\\") {
		return "", errs.WithRemedy(errs.New(errs.Forbidden, "%q leads out of the repository", target), "put the file into the repository of the descriptor")
	}
	return p, nil
}

func gitRelative(base catalog.Location, target string) (gitTarget, error) {
	g, err := parseGitTarget(base.Target)
	if err != nil {
		return gitTarget{}, err
	}
	g.path, err = inRepo(path.Dir(g.path), target)
	return g, err
}

// ReadRelative implements catalog.Reader. An absolute URL at a Git host must be in base's
// repository; for a base on this machine other repositories are read too, but without credentials.
// Any other URL is read without credentials where the outbound rules open it.
func (r *Reader) ReadRelative(ctx context.Context, base catalog.Location, target, known string) (*catalog.File, error) {
	if isURL(target) {
		return r.readAbsolute(ctx, base, target, known)
	}
	if base.Type == "inferred" {
		return r.readBeside(ctx, base, target, known)
	}
	loc, err := r.Resolve(base, base.Type, target)
	if err != nil {
		return nil, err
	}
	if loc.Type != "file" {
		return r.content(ctx, loc, known)
	}
	if isPattern(loc.Target) {
		return nil, errs.New(errs.Invalid, "%q is a pattern; name one file", target)
	}
	root, _, err := r.caged(base.Target)
	if err != nil {
		return nil, err
	}
	defer root.Close()
	// The cage is base's own repository, whatever lies below the target's folder.
	rel, ok := within(root.Dir(), loc.Target)
	if !ok {
		return nil, errs.New(errs.Forbidden, "%q leads out of %s", target, root.Dir())
	}
	return r.movedFile(root, rel, known)
}

// content reads the one file that a location of type url or git names.
func (r *Reader) content(ctx context.Context, loc catalog.Location, known string) (*catalog.File, error) {
	if isGlob(loc.Target) {
		return nil, errs.New(errs.Invalid, "%q is a pattern; name one file", loc.Target)
	}
	reading, err := r.Read(ctx, loc, catalog.Known{Revision: known})
	if err != nil {
		return nil, err
	}
	if len(reading.Files) != 1 || reading.Files[0].Location.Type == "inferred" {
		return nil, errs.New(errs.Invalid, "%s is not one file", loc)
	}
	f := &reading.Files[0]
	f.Location = loc
	return f, f.Err
}

func (r *Reader) readAbsolute(ctx context.Context, base catalog.Location, target, known string) (*catalog.File, error) {
	h, err := r.parseHostURL(target)
	if err != nil {
		return nil, err
	}
	f := &catalog.File{Location: catalog.Location{Type: "url", Target: target}}
	if h == nil {
		f.Data, f.Revision, err = r.fetch(ctx, target, "", known, true)
		return f, err
	}
	if h.tree || isGlob(h.path) {
		return nil, errs.New(errs.Invalid, "%s is not one file", outbound.Shown(target))
	}
	own := r.repositoryOf(base)
	switch {
	case own != nil && own.sameRepo(h):
		f.Data, f.Revision, err = r.readHostFile(ctx, h, h.path, known, false)
		return f, err
	case base.Type == "file":
		// Whoever may write this machine's files may read what everybody may read.
		f.Data, f.Revision, err = r.readHostFile(ctx, h, h.path, known, true)
		return f, err
	}
	return nil, errs.WithRemedy(errs.New(errs.Forbidden, "%s is in another repository than the descriptor", outbound.Shown(target)),
		"put the file into the repository of the descriptor")
}

// repositoryOf is the repository at a Git host that a base belongs to, nil when there is none.
func (r *Reader) repositoryOf(base catalog.Location) *hostURL {
	switch base.Type {
	case "url":
		h, err := r.parseHostURL(base.Target)
		if err != nil {
			return nil
		}
		return h
	case "git":
		g, err := parseGitTarget(base.Target)
		if err != nil {
			return nil
		}
		return r.hostOf(g)
	}
	return nil
}

// remoteOf is the remote of a local working copy, "" when there is none.
func remoteOf(dir string) string {
	remote, err := git.RemoteURL(dir)
	if err != nil {
		return ""
	}
	return remote
}
