package crawl

import (
	"context"
	"net/url"
	"strings"

	"portico/internal/errs"
)

// Home is a repository that a provider reads, as it was listed last.
type Home struct {
	Provider *Provider
	Name     string // "owner/name"
	Branch   string // that is read
	Archived bool

	c   *Crawler
	row *row
}

// RepositoryOf finds the repository that yielded a file of the catalog, by the file's location. Errors: errs.NotFound where no
// configured provider reads it.
func (c *Crawler) RepositoryOf(ctx context.Context, unit string) (_ *Home, err error) {
	defer errs.Wrap(&err, "crawl: the repository of a file")
	for _, p := range c.Providers {
		rows, err := c.rowsBy(ctx, p, `units @> ARRAY[$2::text] ORDER BY repo_id LIMIT 1`, unit)
		if err != nil {
			return nil, err
		}
		if len(rows) == 1 {
			r := rows[0]
			return &Home{Provider: p, Name: r.Name, Branch: p.Filters.branch(&r.Repository), Archived: r.Archived, c: c, row: r}, nil
		}
	}
	return nil, errs.New(errs.NotFound, "no provider reads the repository of this file")
}

// PathOf is the path of a file or a folder of the repository, from its location: "url:https://…". ok is false where the location
// leads elsewhere.
func (h *Home) PathOf(location string) (path string, ok bool) {
	target, ok := strings.CutPrefix(location, "url:")
	if !ok {
		return "", false
	}
	for _, kind := range []string{"blob", "tree"} {
		rest, ok := strings.CutPrefix(strings.TrimSuffix(target, "/")+"/", h.Provider.page(h.Name, kind, h.Branch, "")+"/")
		if !ok {
			continue
		}
		var names []string
		for s := range strings.SplitSeq(strings.TrimSuffix(rest, "/"), "/") {
			name, err := url.PathUnescape(s)
			if err != nil || name == "." || name == ".." || strings.Contains(name, "/") {
				return "", false
			}
			names = append(names, name)
		}
		return strings.Join(names, "/"), true
	}
	return "", false
}

// Reads reports whether the provider would take a file of that path for a descriptor.
func (h *Home) Reads(path string) bool { return h.Provider.Filters.descriptor(path) }

// Page is the address of a file at the host.
func (h *Home) Page(path string) string { return h.Provider.page(h.Name, "blob", h.Branch, path) }

// Head is a repository as it is now at its host.
type Head struct {
	home *Home
	tree *tree
}

// Head fetches the branch that is read. Errors: those of the host and of git.
func (h *Home) Head(ctx context.Context) (_ *Head, err error) {
	defer errs.Wrap(&err, "crawl: the head of %s", h.Name)
	t, err := h.c.fetched(ctx, h.Provider, h.row)
	if err != nil {
		return nil, err
	}
	return &Head{h, t}, nil
}

// File reads a descriptor. Errors: errs.NotFound; errs.TooLarge.
func (h *Head) File(ctx context.Context, path string) ([]byte, error) {
	return h.tree.read(ctx, path, maxDescriptor)
}
