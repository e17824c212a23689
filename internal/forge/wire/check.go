package wire

import (
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"portico/internal/cage"
	"portico/internal/errs"
	"portico/internal/forge"
	"portico/internal/forge/git"
)

var segment = regexp.MustCompile(`^[A-Za-z0-9_.-]+$`)

// IsName reports whether s can be the name of a repository, an account or a group: one segment of an address.
func IsName(s string) bool {
	return len(s) <= 255 && segment.MatchString(s) && s != "." && s != ".." && s != "-"
}

// IsPath reports whether s is at least least names with slashes between them: "owner/name" is two.
func IsPath(s string, least int) bool {
	parts := strings.Split(s, "/")
	if len(parts) < least || len(parts) > 21 {
		return false
	}
	for _, p := range parts {
		if !IsName(p) {
			return false
		}
	}
	return true
}

// Escape escapes the segments of a path.
func Escape(path string) string {
	parts := strings.Split(path, "/")
	for i, p := range parts {
		parts[i] = url.PathEscape(p)
	}
	return strings.Join(parts, "/")
}

// Branch is s where git can be given it as a branch, else "". Members of a repository name branches, so an odd one must
// not keep the others of its page from being read.
func Branch(s string) string {
	if git.CheckRef(s) != nil {
		return ""
	}
	return s
}

// Commit is s where it is a whole commit ID other than the one of zeros, which hosts write for "none", else "".
func Commit(s string) string {
	if !git.IsCommit(s) || strings.Trim(s, "0") == "" {
		return ""
	}
	return s
}

// Text is s in valid UTF-8, without control characters other than line breaks and tabs, and no longer than most bytes.
func Text(s string, most int) string {
	if len(s) > 4*most {
		s = s[:4*most]
	}
	s = strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\t':
			return r
		case r == utf8.RuneError, unicode.IsControl(r):
			return -1
		}
		return r
	}, s)
	for len(s) > most {
		_, size := utf8.DecodeLastRuneInString(s)
		s = s[:len(s)-size]
	}
	return strings.TrimSpace(s)
}

// Line is Text in one line.
func Line(s string, most int) string { return strings.Join(strings.Fields(Text(s, most)), " ") }

// Address is raw where it is an absolute http or https URL without credentials, else "". A page would open it.
func Address(raw string) string {
	u, err := url.Parse(raw)
	if err != nil || len(raw) > 2000 || u.Host == "" || u.User != nil || u.Scheme != "https" && u.Scheme != "http" ||
		strings.ContainsFunc(raw, func(r rune) bool { return unicode.IsControl(r) || r == ' ' || r == utf8.RuneError }) {
		return ""
	}
	return raw
}

// Mail is s where it looks like an e-mail address, else "".
func Mail(s string) string {
	local, domain, ok := strings.Cut(s, "@")
	if !ok || local == "" || domain == "" || len(s) > 320 || !utf8.ValidString(s) ||
		strings.ContainsFunc(s, func(r rune) bool {
			return unicode.IsControl(r) || unicode.IsSpace(r) || strings.ContainsRune("<>,;", r)
		}) {
		return ""
	}
	return s
}

const (
	maxFiles    = 50      // of one pull request
	maxProposed = 5 << 20 // bytes of its files together
)

// CheckChange says whether a host can be asked for a change, so that no request is made with names that mean something
// else to it. Errors: errs.Invalid, errs.TooLarge.
func CheckChange(c forge.Change) error {
	switch {
	case !IsPath(c.Repository, 2):
		return errs.New(errs.Invalid, "repository: %.200q is not the name of one", c.Repository)
	case c.Branch == "" || git.CheckRef(c.Branch) != nil:
		return errs.New(errs.Invalid, "branch: %.200q is not a usable branch", c.Branch)
	case git.CheckRef(c.Base) != nil:
		return errs.New(errs.Invalid, "base: %.200q is not a usable branch", c.Base)
	case c.Base == c.Branch:
		return errs.New(errs.Invalid, "branch: %s is the branch that the change is for; name another one", c.Branch)
	case Line(c.Title, 250) == "":
		return errs.New(errs.Invalid, "title: a pull request has one")
	case len(c.Files) == 0:
		return errs.New(errs.Invalid, "files: a change has at least one")
	case len(c.Files) > maxFiles:
		return errs.New(errs.TooLarge, "files: a change has at most %d, not %d", maxFiles, len(c.Files))
	}
	size, seen := 0, map[string]bool{}
	for _, f := range c.Files {
		// A path below .git is one that git itself reads.
		if err := cage.CheckName(f.Path); err != nil || f.Path == "." || len(f.Path) > 500 || seen[f.Path] ||
			strings.EqualFold(f.Path, ".git") || strings.HasPrefix(strings.ToLower(f.Path), ".git/") {
			return errs.Public(errs.Invalid, "files: "+Line(f.Path, 200)+" is not a path of a file, or is there twice", err)
		}
		seen[f.Path] = true
		size += len(f.Data)
	}
	if size > maxProposed {
		return errs.New(errs.TooLarge, "files: %d bytes are more than %d, the limit of a change", size, maxProposed)
	}
	return nil
}

// IsFile reports whether path can be that of a file in a repository.
func IsFile(path string) bool {
	return cage.CheckName(path) == nil && path != "." && len(path) <= 1000 && utf8.ValidString(path) && !strings.ContainsFunc(path, unicode.IsControl)
}

// Number is a whole number that a host may write as a text.
type Number int64

// UnmarshalJSON reads both, and null as zero.
func (n *Number) UnmarshalJSON(raw []byte) error {
	s := strings.Trim(string(raw), `"`)
	if s == "null" {
		s = "0"
	}
	v, err := strconv.ParseInt(s, 10, 64)
	*n = Number(v)
	return err
}
