package git

import (
	"net/url"
	"path"
	"regexp"
	"strings"

	"portico/internal/errs"
	"portico/internal/outbound"
)

var (
	refPattern    = regexp.MustCompile(`^[A-Za-z0-9._/-]+$`)
	commitPattern = regexp.MustCompile(`^(?:[0-9a-f]{40}|[0-9a-f]{64})$`)
)

// CheckRef refuses what is not the plain name of a branch, a tag or a commit. "" means the default
// branch.
func CheckRef(ref string) error {
	if ref == "" {
		return nil
	}
	if len(ref) > 200 || !refPattern.MatchString(ref) || strings.HasPrefix(ref, "-") || strings.Contains(ref, "..") ||
		strings.Contains(ref, "//") || strings.HasPrefix(ref, "/") || strings.HasSuffix(ref, "/") || strings.HasSuffix(ref, ".lock") {
		return errs.WithRemedy(errs.New(errs.Invalid, "%.80q is not a usable branch, tag or commit", ref),
			"a name has letters, digits and . _ / - and does not begin with a dash")
	}
	return nil
}

// IsCommit reports whether s is a whole commit ID.
func IsCommit(s string) bool { return commitPattern.MatchString(s) }

// checkPath refuses what is not a plain path inside a repository.
func checkPath(p string) error {
	if p == "" || p != path.Clean(p) || strings.HasPrefix(p, "/") || p == ".." || strings.HasPrefix(p, "../") ||
		strings.ContainsFunc(p, func(r rune) bool { return r < ' ' || r == 0x7f }) {
		return errs.New(errs.Forbidden, "the path %q is not a plain path inside the repository", p)
	}
	return nil
}

// checkURL admits an URL that git may be given.
func (c *Client) checkURL(raw string) (*url.URL, error) {
	u, err := url.Parse(raw)
	if err != nil || strings.ContainsAny(raw, " \t\r\n\\") || strings.HasPrefix(raw, "-") {
		return nil, errs.New(errs.Forbidden, "%s is not a clone URL that is read", outbound.Shown(raw))
	}
	switch u.Scheme {
	case "https", "http":
		if u.RawQuery != "" || u.Fragment != "" {
			return nil, errs.New(errs.Forbidden, "the clone URL %s must have no query and no fragment", outbound.Shown(raw))
		}
		if c.opts.Outbound == nil {
			return nil, errs.New(errs.Forbidden, "%s is not read: no host is open", outbound.Shown(raw))
		}
		return u, c.opts.Outbound.Check(raw)
	case "file":
		if c.opts.AllowFile && u.Host == "" && path.IsAbs(u.Path) {
			return u, nil
		}
	}
	return nil, errs.WithRemedy(errs.New(errs.Forbidden, "%s is not read: only https is open for git", outbound.Shown(raw)),
		"use the https clone URL")
}
