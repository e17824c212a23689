package discovery

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"unicode/utf8"

	"github.com/bmatcuk/doublestar/v4"
	"golang.org/x/sync/errgroup"

	"portico/internal/cage"
	"portico/internal/catalog"
	"portico/internal/errs"
	"portico/internal/outbound"
)

const (
	maxHostFiles = 1000     // that one pattern at a Git host may match
	maxTreePages = 200      // of a listing
	maxTreeBody  = 64 << 20 // bytes of one page of it
	maxTag       = 1000     // bytes of an ETag that is remembered
)

// api is the address of a file's content at the host's API.
func (h *hostURL) api(p string, anonymous bool) (address, accept string) {
	owner, repo := escape(h.owner), escape(h.repo)
	query := "?ref=" + url.QueryEscape(h.ref)
	switch h.in.Kind {
	case "gitlab":
		return h.in.APIBaseURL + "/projects/" + url.PathEscape(h.owner+"/"+h.repo) + "/repository/files/" + url.PathEscape(p) + "/raw" + query, ""
	case "gitea":
		if h.ref == "HEAD" {
			query = ""
		}
		return h.in.APIBaseURL + "/repos/" + owner + "/" + repo + "/raw/" + pathOnly(p) + query, ""
	}
	if h.in.RawBaseURL != "" && (anonymous || h.in.authorization() == nil) {
		return h.in.RawBaseURL + "/" + owner + "/" + repo + "/" + pathOnly(h.ref) + "/" + pathOnly(p), ""
	}
	return h.in.APIBaseURL + "/repos/" + owner + "/" + repo + "/contents/" + pathOnly(p) + query, "application/vnd.github.raw"
}

// pathOnly escapes the segments of a path, stars too.
func pathOnly(p string) string { return strings.ReplaceAll(escape(p), "*", "%2A") }

// readHostFile reads one file. revision is "" when it is still at known.
func (r *Reader) readHostFile(ctx context.Context, h *hostURL, p, known string, anonymous bool) (data []byte, revision string, err error) {
	address, accept := h.api(p, anonymous)
	return r.fetch(ctx, address, accept, known, anonymous)
}

// fetch reads an URL. Its revision is the ETag, else the digest of the content. An unchanged one
// gives catalog.ErrUnchanged.
func (r *Reader) fetch(ctx context.Context, address, accept, known string, anonymous bool) (data []byte, revision string, err error) {
	if r.opts.Outbound == nil {
		return nil, "", errs.New(errs.Forbidden, "%s is not read: no host is open", outbound.Shown(address))
	}
	req := outbound.Request{URL: address, Anonymous: anonymous, MaxBody: r.opts.MaxFile}
	if accept != "" {
		req.Header = http.Header{"Accept": {accept}}
	}
	if etag, ok := strings.CutPrefix(known, "etag:"); ok {
		req.IfNoneMatch = etag
	}
	resp, err := r.opts.Outbound.Do(ctx, req)
	if err != nil {
		return nil, "", err
	}
	if resp.NotModified {
		return nil, known, catalog.ErrUnchanged
	}
	revision = digest(resp.Body)
	if storableTag(resp.ETag) {
		revision = "etag:" + resp.ETag
	}
	if revision == known {
		return nil, known, catalog.ErrUnchanged
	}
	return resp.Body, revision, nil
}

// storableTag reports whether an ETag can be kept as text and sent back. Hosts may send any bytes.
func storableTag(etag string) bool {
	return etag != "" && len(etag) <= maxTag && utf8.ValidString(etag) && !strings.ContainsFunc(etag, func(c rune) bool { return c < ' ' || c == 0x7f })
}

// hostFile is a file of the place's repository, without content.
func (h *hostURL) file(p string) catalog.File {
	dir := ""
	if i := strings.LastIndexByte(p, '/'); i >= 0 {
		dir = p[:i]
	}
	return catalog.File{
		Location:       catalog.Location{Type: "url", Target: h.web(p, false)},
		Name:           shortName(h.repo + "/" + p),
		SourceLocation: "url:" + strings.TrimSuffix(h.web(dir, true), "/") + "/",
		ViewURL:        h.web(p, false),
		EditURL:        h.webAs("edit", p),
	}
}

// treeFile is one file of a listing.
type treeFile struct {
	path, id string
	size     int64
}

// listHost lists the files of the place's repository below its fixed part.
func (r *Reader) listHost(ctx context.Context, h *hostURL) ([]treeFile, error) {
	get := func(address string, into any) (http.Header, error) {
		if r.opts.Outbound == nil {
			return nil, errs.New(errs.Forbidden, "%s is not read: no host is open", outbound.Shown(address))
		}
		resp, err := r.opts.Outbound.Do(ctx, outbound.Request{URL: address, Header: http.Header{"Accept": {"application/json"}}, MaxBody: maxTreeBody})
		if err != nil {
			return nil, err
		}
		if err := json.Unmarshal(resp.Body, into); err != nil {
			return nil, errs.Public(errs.Unavailable, fmt.Sprintf("%s gave a listing that cannot be read", outbound.Shown(address)), err)
		}
		return resp.Header, nil
	}
	if h.in.Kind == "gitlab" {
		return h.listGitLab(get)
	}
	return h.listTrees(get)
}

type getter func(address string, into any) (http.Header, error)

func (h *hostURL) listGitLab(get getter) ([]treeFile, error) {
	var files []treeFile
	base := h.in.APIBaseURL + "/projects/" + url.PathEscape(h.owner+"/"+h.repo) + "/repository/tree?recursive=true&per_page=100&ref=" + url.QueryEscape(h.ref)
	if fixed := h.fixed(); fixed != "" {
		base += "&path=" + url.QueryEscape(fixed)
	}
	for page := 1; page <= maxTreePages; page++ {
		var entries []struct{ ID, Path, Type, Mode string }
		header, err := get(fmt.Sprintf("%s&page=%d", base, page), &entries)
		if err != nil {
			return nil, err
		}
		for _, e := range entries {
			if e.Type == "blob" && e.Mode != "120000" {
				files = append(files, treeFile{path: e.Path, id: e.ID})
			}
		}
		if header.Get("X-Next-Page") == "" {
			return plain(files), nil
		}
	}
	return nil, h.tooMany()
}

// listTrees speaks GitHub's "git trees", which Gitea has as well, in pages.
func (h *hostURL) listTrees(get getter) ([]treeFile, error) {
	repo := h.in.APIBaseURL + "/repos/" + escape(h.owner) + "/" + escape(h.repo)
	ref := h.ref
	if h.in.Kind == "gitea" && ref == "HEAD" {
		var about struct {
			DefaultBranch string `json:"default_branch"`
		}
		if _, err := get(repo, &about); err != nil {
			return nil, err
		}
		ref = about.DefaultBranch
	}
	var files []treeFile
	for page := 1; page <= maxTreePages; page++ {
		address := repo + "/git/trees/" + url.PathEscape(ref) + "?recursive=1"
		if h.in.Kind == "gitea" {
			address += fmt.Sprintf("&per_page=1000&page=%d", page)
		}
		var listing struct {
			Truncated bool
			Tree      []struct {
				Path, Type, Mode, SHA string
				Size                  int64
			}
		}
		if _, err := get(address, &listing); err != nil {
			return nil, err
		}
		for _, e := range listing.Tree {
			if e.Type == "blob" && e.Mode != "120000" {
				files = append(files, treeFile{e.Path, e.SHA, e.Size})
			}
		}
		switch {
		case !listing.Truncated:
			return plain(files), nil
		case h.in.Kind == "github":
			return nil, h.tooMany()
		}
	}
	return nil, h.tooMany()
}

func (h *hostURL) tooMany() error {
	return errs.WithRemedy(errs.New(errs.TooLarge, "%s has more files than its host lists at once", h.web("", true)),
		"name the files one by one, or use a location of type git: git:"+h.cloneURL())
}

// plain leaves out paths that are no plain paths: the host is not trusted either.
func plain(files []treeFile) []treeFile {
	out := files[:0]
	for _, f := range files {
		if cage.CheckName(f.path) == nil && f.path != "." {
			out = append(out, f)
		}
	}
	return out
}

// fixed is the folder that the place's pattern begins at.
func (h *hostURL) fixed() string {
	if !isGlob(h.path) {
		return h.dir()
	}
	base, _ := doublestar.SplitPattern(h.path)
	if base == "." {
		return ""
	}
	return base
}

// readURL reads an URL: a file, a pattern or a folder at a Git host, else the URL itself.
func (r *Reader) readURL(ctx context.Context, target string, known catalog.Known) (*catalog.Reading, error) {
	h, err := r.parseHostURL(target)
	if err != nil {
		return nil, err
	}
	if h == nil {
		return r.readPlain(ctx, target, known.Revision)
	}
	if isGlob(h.path) || h.tree {
		return r.readHostTree(ctx, h, "", known)
	}
	data, revision, err := r.readHostFile(ctx, h, h.path, known.Revision, false)
	if err != nil {
		return nil, err
	}
	f := h.file(h.path)
	f.Location.Target = target // as it was written: it names the unit
	f.Data, f.Revision = data, revision
	return &catalog.Reading{Files: []catalog.File{f}, Revision: revision}, nil
}

func (r *Reader) readPlain(ctx context.Context, target, known string) (*catalog.Reading, error) {
	if isGlob(target) {
		return nil, errs.WithRemedy(errs.New(errs.Invalid, "%s has a pattern, which only Git hosts of the integrations understand", outbound.Shown(target)),
			"name one file, or add the host under integrations")
	}
	// Anonymous: a location may be anybody's, and must not make us ask an API in our name.
	data, revision, err := r.fetch(ctx, target, "", known, true)
	if err != nil {
		return nil, err
	}
	u, err := url.Parse(target)
	if err != nil {
		return nil, errs.Public(errs.Invalid, "the URL cannot be read", err)
	}
	f := catalog.File{
		Location: catalog.Location{Type: "url", Target: target}, Name: shortName(u.Host + u.Path),
		Data: data, Revision: revision, ViewURL: target,
	}
	if dir, err := u.Parse("./"); err == nil {
		dir.RawQuery, dir.Fragment = "", ""
		f.SourceLocation = "url:" + dir.String()
	}
	return &catalog.Reading{Files: []catalog.File{f}, Revision: revision}, nil
}

// readHostTree reads the files of a repository that match its pattern, or the descriptors below its
// folder; those that are at a known revision are only named. filename is what descriptors are called;
// "" is catalog-info.yaml.
func (r *Reader) readHostTree(ctx context.Context, h *hostURL, filename string, known catalog.Known) (*catalog.Reading, error) {
	all, err := r.listHost(ctx, h)
	if err != nil {
		return nil, err
	}
	var match []treeFile
	for _, f := range all {
		ok := isDescriptor(relativeTo(h.path, f.path), filename)
		if isGlob(h.path) {
			if ok, err = doublestar.Match(h.path, f.path); err != nil {
				return nil, errs.Public(errs.Invalid, fmt.Sprintf("the pattern %s is malformed", h.path), err)
			}
		}
		if ok {
			match = append(match, f)
		}
	}
	if len(match) > maxHostFiles {
		return nil, errs.WithRemedy(errs.New(errs.TooLarge, "%s matches %d files; the limit is %d", h.web(h.path, h.tree), len(match), maxHostFiles), "use a narrower pattern")
	}
	if len(match) == 0 && !isGlob(h.path) {
		return nil, errs.WithRemedy(errs.New(errs.NotFound, "%s has no descriptor", h.web(h.path, true)), "add a catalog-info.yaml to it")
	}
	files := make([]catalog.File, len(match))
	for i, m := range match {
		files[i] = h.file(m.path)
		files[i].Revision = "blob:" + m.id
	}
	revision := combined(files)
	if revision == known.Revision {
		return nil, catalog.ErrUnchanged
	}
	g, gctx := errgroup.WithContext(ctx)
	g.SetLimit(4)
	for i := range files {
		if files[i].Unchanged = known.Has(&files[i]); files[i].Unchanged {
			continue
		}
		g.Go(func() error {
			files[i].Data, _, files[i].Err = r.readHostFile(gctx, h, match[i].path, "", false)
			if errs.Is(files[i].Err, errs.Unavailable) {
				return files[i].Err // the host is in trouble: asking on helps nobody
			}
			return gctx.Err()
		})
	}
	if err := g.Wait(); err != nil {
		return nil, err
	}
	for _, f := range files {
		if f.Err != nil {
			revision = "" // some could not be read: try again although nothing changed
		}
	}
	return &catalog.Reading{Files: files, Revision: revision}, nil
}

// relativeTo is p below dir, or "" when it is not below it.
func relativeTo(dir, p string) string {
	if dir == "" || isGlob(dir) {
		return p
	}
	rest, ok := strings.CutPrefix(p, dir+"/")
	if !ok {
		return ""
	}
	return rest
}
