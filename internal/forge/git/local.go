package git

import (
	"bufio"
	"bytes"
	"fmt"
	"net/url"
	"path/filepath"
	"regexp"
	"strings"

	"portico/internal/cage"
	"portico/internal/errs"
)

// IsRepository reports whether dir is the top of a working copy: it holds .git.
func IsRepository(dir string) bool {
	root, err := cage.Open(dir)
	if err != nil {
		return false
	}
	defer root.Close()
	info, err := root.Stat(".git")
	return err == nil && (info.IsDir() || info.Mode().IsRegular())
}

// Top is the closest folder at or above dir that is the top of a working copy, or "".
func Top(dir string) string {
	for range 256 {
		if IsRepository(dir) {
			return dir
		}
		up := filepath.Dir(dir)
		if up == dir {
			return ""
		}
		dir = up
	}
	return ""
}

// Head is the branch and the commit that the working copy in dir is at; branch is "" for a detached
// head, commit is "" before the first commit. Nothing is executed. Errors: errs.NotFound when dir is
// not the top of a working copy that can be understood.
func Head(dir string) (branch, commit string, err error) {
	own, common, err := gitDirs(dir)
	if err != nil {
		return "", "", err
	}
	head, err := small(own, "HEAD", 4096)
	if err != nil {
		return "", "", errs.Public(errs.NotFound, fmt.Sprintf("%s is not a Git working copy", dir), err)
	}
	text := strings.TrimSpace(string(head))
	if IsCommit(text) {
		return "", text, nil
	}
	ref, ok := strings.CutPrefix(text, "ref: ")
	if !ok || !strings.HasPrefix(ref, "refs/") || CheckRef(ref) != nil {
		return "", "", errs.New(errs.NotFound, "the head of %s cannot be understood", dir)
	}
	branch = strings.TrimPrefix(ref, "refs/heads/")
	if data, err := small(common, ref, 4096); err == nil {
		if id := strings.TrimSpace(string(data)); IsCommit(id) {
			return branch, id, nil
		}
	}
	packed, err := small(common, "packed-refs", 32<<20)
	if err != nil {
		return branch, "", nil // no commit yet
	}
	for line := range bytes.Lines(packed) {
		if id, name, ok := strings.Cut(strings.TrimSpace(string(line)), " "); ok && name == ref && IsCommit(id) {
			return branch, id, nil
		}
	}
	return branch, "", nil
}

// RemoteURL is the URL of the remote "origin" of the working copy in dir, without credentials, or ""
// when there is none. Forms like git@host:owner/repo.git come back as they are. Includes, insteadOf
// and all else in the configuration have no effect.
func RemoteURL(dir string) (string, error) {
	_, common, err := gitDirs(dir)
	if err != nil {
		return "", err
	}
	data, err := small(common, "config", 1<<20)
	if err != nil {
		return "", nil
	}
	section := ""
	sc := bufio.NewScanner(bytes.NewReader(data))
	sc.Buffer(nil, 1<<20)
	for sc.Scan() {
		line := strings.TrimSpace(sc.Text())
		if strings.HasPrefix(line, "[") {
			section = strings.TrimSpace(strings.TrimSuffix(strings.TrimPrefix(line, "["), "]"))
			continue
		}
		key, value, ok := strings.Cut(line, "=")
		if ok && section == `remote "origin"` && strings.EqualFold(strings.TrimSpace(key), "url") {
			return cleanRemote(strings.Trim(strings.TrimSpace(value), `"`)), nil
		}
	}
	return "", nil
}

var scpForm = regexp.MustCompile(`^[A-Za-z0-9._-]+@[A-Za-z0-9.-]+:[A-Za-z0-9._/~-]+$`)

// cleanRemote takes credentials out of a remote; what is no remote that leads to a host is "".
func cleanRemote(s string) string {
	if scpForm.MatchString(s) {
		return s
	}
	u, err := url.Parse(s)
	if err != nil || u.Host == "" {
		return ""
	}
	switch u.Scheme {
	case "http", "https":
		u.User, u.RawQuery, u.Fragment = nil, "", ""
	case "ssh", "git":
		u.User, u.RawQuery, u.Fragment = url.User("git"), "", ""
	default:
		return ""
	}
	return u.String()
}

// gitDirs finds the folder of the working copy and the one that it shares with its siblings: a
// worktree or a submodule has a file .git that names the first, which may name the second.
func gitDirs(dir string) (own, common string, err error) {
	root, err := cage.Open(dir)
	if err != nil {
		return "", "", err
	}
	defer root.Close()
	own = filepath.Join(dir, ".git")
	info, err := root.Stat(".git")
	if err != nil {
		return "", "", errs.Public(errs.NotFound, fmt.Sprintf("%s is not a Git working copy", dir), err)
	}
	if !info.IsDir() {
		data, err := root.ReadFile(".git", 4096)
		if err != nil {
			return "", "", errs.Public(errs.NotFound, fmt.Sprintf("%s is not a Git working copy", dir), err)
		}
		target, ok := strings.CutPrefix(strings.TrimSpace(string(data)), "gitdir: ")
		// Whoever wrote the file chooses where we look, so it must at least be inside a .git folder;
		// all that leaves this package is a commit ID, a ref name or a clean URL.
		if !ok || !strings.Contains(filepath.ToSlash(filepath.Clean(target))+"/", ".git/") {
			return "", "", errs.New(errs.NotFound, "the file .git in %s cannot be understood", dir)
		}
		own = target
		if !filepath.IsAbs(own) {
			own = filepath.Join(dir, own)
		}
	}
	common = own
	if data, err := small(own, "commondir", 4096); err == nil {
		common = strings.TrimSpace(string(data))
		if !filepath.IsAbs(common) {
			common = filepath.Join(own, common)
		}
	}
	return own, common, nil
}

// small reads one file of a folder.
func small(dir, name string, limit int64) ([]byte, error) {
	root, err := cage.Open(dir)
	if err != nil {
		return nil, err
	}
	defer root.Close()
	return root.ReadFile(name, limit)
}
