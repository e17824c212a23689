package gitea

import (
	"context"
	"crypto/sha1"
	"encoding/hex"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"portico/internal/errs"
	"portico/internal/forge"
	"portico/internal/forge/wire"
)

const maxPullPages = 20 // of open pull requests, the latest first

type pull struct {
	Number int    `json:"number"`
	State  string `json:"state"`
	Merged bool   `json:"merged"`
	Base   side   `json:"base"`
	Head   side   `json:"head"`
}

type side struct {
	Ref    string `json:"ref"`
	RepoID int64  `json:"repo_id"`
}

// Propose writes all files in one commit. A branch that is there already is gone on with, whatever made it; files that are
// as they should be are left out of the commit, and without any no commit is made. Errors: those of the API;
// errs.Conflict where the base has all files as they should be, so that there is nothing to propose.
func (f *Forge) Propose(ctx context.Context, c forge.Change) (_ *forge.PullRequest, err error) {
	defer errs.Wrap(&err, "gitea: a pull request to %s", wire.Line(c.Repository, 200))
	if err := wire.CheckChange(c); err != nil {
		return nil, err
	}
	if owner, _, _ := strings.Cut(c.Repository, "/"); !strings.EqualFold(owner, f.owner) || strings.Count(c.Repository, "/") != 1 {
		return nil, errs.New(errs.Forbidden, "%s is not a repository of %s", c.Repository, f.owner)
	}
	repo := "/repos/" + wire.Escape(c.Repository)
	var r repository
	if _, err := f.api.Get(ctx, repo, &r); err != nil {
		return nil, err
	}
	switch {
	case r.Archived:
		return nil, errs.WithRemedy(errs.New(errs.Conflict, "%s is archived: nothing can be proposed to it", c.Repository), "bring it back from the archive first")
	case r.Empty:
		return nil, errs.WithRemedy(errs.New(errs.Conflict, "%s is empty: there is no branch to propose to", c.Repository), "push a first commit")
	}
	if c.Base == "" {
		if c.Base = wire.Branch(r.DefaultBranch); c.Base == "" || c.Base == c.Branch {
			return nil, errs.New(errs.Invalid, "base: the default branch of %s, %q, cannot be proposed to", c.Repository, wire.Line(r.DefaultBranch, 200))
		}
	}
	open, err := f.open(ctx, repo, r.ID, c)
	if err != nil {
		return nil, err
	}
	_, _, err = f.branch(ctx, c.Repository, c.Branch)
	exists := err == nil
	if err != nil && !errs.Is(err, errs.NotFound) {
		return nil, err
	}
	if err := f.commit(ctx, repo, c, exists); err != nil {
		return nil, err
	}
	if open == nil {
		open = &pull{}
		body := map[string]any{"title": wire.Line(c.Title, 250), "body": c.Body, "head": c.Branch, "base": c.Base}
		if _, err := f.api.Do(ctx, http.MethodPost, repo+"/pulls", body, open); err != nil {
			return nil, err
		}
		return f.pullRequest(c.Repository, open, false)
	}
	return f.pullRequest(c.Repository, open, true)
}

func (f *Forge) pullRequest(repo string, p *pull, existing bool) (*forge.PullRequest, error) {
	if p.Number <= 0 {
		return nil, errs.New(errs.Unavailable, "%s gave a pull request without a number", f.api.Host())
	}
	return &forge.PullRequest{Number: p.Number, URL: fmt.Sprintf("%s/%s/pulls/%d", f.base, wire.Escape(repo), p.Number), Existing: existing}, nil
}

// open finds the open pull request of the branch, nil where there is none. The question by base and head is one request,
// but it answers with any one of those that ever were.
func (f *Forge) open(ctx context.Context, repo string, id int64, c forge.Change) (*pull, error) {
	is := func(p *pull) bool {
		return p.State == "open" && !p.Merged && p.Base.Ref == c.Base && p.Head.Ref == c.Branch && p.Head.RepoID == id
	}
	var some pull
	_, err := f.api.Get(ctx, repo+"/pulls/"+url.PathEscape(c.Base)+"/"+wire.Escape(c.Branch), &some)
	switch {
	case errs.Is(err, errs.NotFound):
		return nil, nil
	case err != nil:
		return nil, err
	case is(&some):
		return &some, nil
	}
	for page := 1; page <= maxPullPages; page++ {
		var list []pull
		if _, err := f.api.Get(ctx, fmt.Sprintf("%s/pulls?state=open&sort=recentupdate&limit=%d&page=%d", repo, pageSize, page), &list); err != nil {
			return nil, err
		}
		for i := range list {
			if is(&list[i]) {
				return &list[i], nil
			}
		}
		if len(list) == 0 {
			break
		}
	}
	return nil, nil
}

// commit writes the files to the branch, which it makes from the base where it does not exist.
func (f *Forge) commit(ctx context.Context, repo string, c forge.Change, exists bool) error {
	from := c.Base
	if exists {
		from = c.Branch
	}
	type operation struct {
		Operation string `json:"operation"`
		Path      string `json:"path"`
		Content   []byte `json:"content"`
		SHA       string `json:"sha,omitempty"`
	}
	var operations []operation
	for _, file := range c.Files {
		sha, err := f.blob(ctx, repo, file.Path, from)
		if err != nil {
			return err
		}
		switch sha {
		case blobID(file.Data, len(sha)):
		case "":
			operations = append(operations, operation{Operation: "create", Path: file.Path, Content: file.Data})
		default:
			operations = append(operations, operation{Operation: "update", Path: file.Path, Content: file.Data, SHA: sha})
		}
	}
	if len(operations) == 0 {
		if exists {
			return nil
		}
		return errs.New(errs.Conflict, "%s of %s has these files as they should be: there is nothing to propose", c.Base, c.Repository)
	}
	body := map[string]any{"branch": from, "message": wire.Text(c.Message, 10_000), "files": operations}
	if !exists {
		body["new_branch"] = c.Branch
	}
	_, err := f.api.Do(ctx, http.MethodPost, repo+"/contents", body, nil)
	return err
}

// blob is the ID of a file's content on a branch, "" where there is no file.
func (f *Forge) blob(ctx context.Context, repo, path, branch string) (string, error) {
	var entry struct {
		Type string `json:"type"`
		SHA  string `json:"sha"`
	}
	_, err := f.api.Get(ctx, repo+"/contents/"+wire.Escape(path)+"?ref="+url.QueryEscape(branch), &entry)
	switch {
	case errs.Is(err, errs.NotFound):
		return "", nil
	case err != nil:
		return "", err
	case entry.Type != "file" || wire.Commit(entry.SHA) == "":
		return "", errs.New(errs.Conflict, "%s is no file at %s, but %s", path, branch, wire.Line(entry.Type, 40))
	}
	return entry.SHA, nil
}

// blobID is the name that Git gives to a content, in a repository whose names are so long. It is only known for SHA-1:
// elsewhere every file counts as changed.
func blobID(data []byte, length int) string {
	if length != 40 {
		return "?"
	}
	h := sha1.New()
	fmt.Fprintf(h, "blob %d\x00", len(data))
	h.Write(data)
	return hex.EncodeToString(h.Sum(nil))
}
