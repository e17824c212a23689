package githubtest

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"net/http"
	"net/http/cgi"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

// serveGit serves a repository to the git command, by git's own program, from a bare repository that is made when somebody
// asks. It has the very commits that the API tells of. It takes no pushes.
func (g *GitHub) serveGit(w http.ResponseWriter, r *http.Request) {
	full, rest, ok := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), ".git/")
	if !ok || rest != "info/refs" && rest != "git-upload-pack" || rest == "info/refs" && r.URL.Query().Get("service") != "git-upload-pack" {
		refuse(w, http.StatusNotFound, "Not Found")
		return
	}
	_, token, named := r.BasicAuth()
	g.mu.Lock()
	repo := g.repository(full)
	a := g.access[token]
	visible := repo != nil && g.sees(a, repo)
	folder, err := "", error(nil)
	if visible {
		folder, err = g.export(repo)
	}
	g.mu.Unlock()
	switch {
	case !visible && !named:
		w.Header().Set("WWW-Authenticate", `Basic realm="GitHub"`)
		http.Error(w, "Authentication required", http.StatusUnauthorized)
		return
	case !visible:
		http.Error(w, "Repository not found.", http.StatusNotFound)
		return
	case err != nil:
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	git, err := exec.LookPath("git")
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	h := cgi.Handler{
		Path: git, Args: []string{"http-backend"}, Dir: folder,
		Env: append(bareEnv(), "GIT_PROJECT_ROOT="+folder, "GIT_HTTP_EXPORT_ALL=1", "GIT_PROTOCOL="+r.Header.Get("Git-Protocol")),
	}
	sub := r.Clone(r.Context())
	sub.URL.Path = "/" + rest
	h.ServeHTTP(w, sub)
}

// bareEnv keeps the settings of whoever runs the tests out.
func bareEnv() []string {
	return []string{"PATH=" + os.Getenv("PATH"), "HOME=/nonexistent", "GIT_CONFIG_NOSYSTEM=1", "GIT_CONFIG_COUNT=1", "GIT_CONFIG_KEY_0=safe.directory", "GIT_CONFIG_VALUE_0=*"}
}

// export makes the bare repository what the repository is now, and returns its folder; the caller holds the lock.
func (g *GitHub) export(r *Repository) (string, error) {
	state := bytes.NewBufferString(r.Branch + "\n")
	var commits []*commit
	seen := map[string]bool{}
	branches := make([]string, 0, len(r.branches))
	for b := range r.branches {
		branches = append(branches, b)
	}
	slices.Sort(branches)
	for _, b := range branches {
		fmt.Fprintf(state, "%s %s\n", b, r.branches[b])
		var line []*commit
		for c := r.commits[r.branches[b]]; c != nil && !seen[c.oid]; c = r.commits[c.parent] {
			seen[c.oid] = true
			line = append(line, c)
		}
		slices.Reverse(line)
		commits = append(commits, line...)
	}
	if r.exported != "" && r.exportedState == state.String() {
		return r.exported, nil
	}
	if g.folder == "" {
		folder, err := os.MkdirTemp("", "githubtest")
		if err != nil {
			return "", err
		}
		g.folder = folder
	}
	folder := filepath.Join(g.folder, fmt.Sprintf("%x.git", sha256.Sum256(state.Bytes())))
	if _, err := os.Stat(folder); err == nil { // that of another with the same commits
		r.exported, r.exportedState = folder, state.String()
		return folder, nil
	}
	folder, made := folder+".new", folder
	if err := os.RemoveAll(folder); err != nil {
		return "", err
	}
	run := func(in []byte, args ...string) (string, error) {
		cmd := exec.Command("git", args...)
		cmd.Env, cmd.Stdin = bareEnv(), bytes.NewReader(in)
		out, err := cmd.CombinedOutput()
		if err != nil {
			return "", fmt.Errorf("git %s: %w: %s", args[0], err, out)
		}
		return string(out), nil
	}
	if _, err := run(nil, "init", "--quiet", "--bare", "--initial-branch="+r.Branch, folder); err != nil {
		return "", err
	}
	var in bytes.Buffer
	marks := map[string]int{}
	for i, c := range commits {
		marks[c.oid] = i + 1
		fmt.Fprintf(&in, "commit refs/standin\nmark :%d\nauthor %s %d +0000\ncommitter %s %d +0000\ndata %d\n%s\n", i+1, author, c.at.Unix(), author, c.at.Unix(), len(c.message), c.message)
		if c.parent != "" {
			fmt.Fprintf(&in, "from :%d\n", marks[c.parent])
		} else if i > 0 {
			return "", fmt.Errorf("two beginnings in %s", r.full())
		}
		in.WriteString("deleteall\n")
		for p, f := range c.files {
			fmt.Fprintf(&in, "M %o inline %s\ndata %d\n%s\n", f.mode, quoted(p), len(f.data), f.data)
		}
	}
	for _, b := range branches {
		fmt.Fprintf(&in, "reset refs/heads/%s\nfrom :%d\n\n", b, marks[r.branches[b]])
	}
	fmt.Fprintf(&in, "reset refs/standin\nfrom %s\n\n", strings.Repeat("0", 40))
	if _, err := run(in.Bytes(), "-C", folder, "fast-import", "--quiet", "--force"); err != nil {
		return "", err
	}
	for _, b := range branches {
		out, err := run(nil, "-C", folder, "rev-parse", "refs/heads/"+b)
		if err != nil {
			return "", err
		}
		if strings.TrimSpace(out) != r.branches[b] {
			return "", fmt.Errorf("%s of %s is %s to git, and %s to the API", b, r.full(), strings.TrimSpace(out), r.branches[b])
		}
	}
	if err := os.Rename(folder, made); err != nil {
		return "", err
	}
	r.exported, r.exportedState = made, state.String()
	return made, nil
}

// quoted is a path as fast-import reads it.
func quoted(p string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`).Replace(path.Clean(p)) + `"`
}

// Close removes what was written for git.
func (g *GitHub) Close() {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.folder != "" {
		_ = os.RemoveAll(g.folder)
		g.folder = ""
	}
}

// Basic is the Authorization by which git shows a token.
func Basic(token string) string {
	return "Basic " + base64.StdEncoding.EncodeToString([]byte("x-access-token:"+token))
}
