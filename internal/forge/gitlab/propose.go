package gitlab

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"net/url"

	"portico/internal/errs"
	"portico/internal/forge"
	"portico/internal/forge/wire"
)

// Propose opens a merge request, with all files in one commit. A branch that is there already is gone on with, whatever
// made it; files that are as they should be are left out of the commit, and without any no commit is made. Errors: those
// of the API; errs.Conflict where the base has all files as they should be, so that there is nothing to propose.
func (f *Forge) Propose(ctx context.Context, c forge.Change) (_ *forge.PullRequest, err error) {
	defer errs.Wrap(&err, "gitlab: a merge request to %s", wire.Line(c.Repository, 200))
	if err := wire.CheckChange(c); err != nil {
		return nil, err
	}
	if !f.owns(c.Repository) {
		return nil, errs.New(errs.Forbidden, "%s is not a project of %s", c.Repository, f.group)
	}
	var p struct {
		ID            int64  `json:"id"`
		Path          string `json:"path_with_namespace"`
		DefaultBranch string `json:"default_branch"`
		Archived      bool   `json:"archived"`
		EmptyRepo     bool   `json:"empty_repo"`
	}
	if _, err := f.rest.Get(ctx, "/projects/"+url.PathEscape(c.Repository), &p); err != nil {
		return nil, err
	}
	switch {
	case p.ID <= 0 || !f.owns(p.Path):
		return nil, errs.New(errs.Unavailable, "%s answered with another project than %s", f.rest.Host(), c.Repository)
	case p.Archived:
		return nil, errs.WithRemedy(errs.New(errs.Conflict, "%s is archived: nothing can be proposed to it", c.Repository), "bring it back from the archive first")
	case p.EmptyRepo:
		return nil, errs.WithRemedy(errs.New(errs.Conflict, "%s is empty: there is no branch to propose to", c.Repository), "push a first commit")
	}
	if c.Base == "" {
		if c.Base = wire.Branch(p.DefaultBranch); c.Base == "" || c.Base == c.Branch {
			return nil, errs.New(errs.Invalid, "base: the default branch of %s, %q, cannot be proposed to", c.Repository, wire.Line(p.DefaultBranch, 200))
		}
	}
	project := fmt.Sprintf("/projects/%d", p.ID)
	type mergeRequest struct {
		IID             int    `json:"iid"`
		State           string `json:"state"`
		SourceBranch    string `json:"source_branch"`
		TargetBranch    string `json:"target_branch"`
		SourceProjectID int64  `json:"source_project_id"`
	}
	var open []mergeRequest
	query := url.Values{"state": {"opened"}, "source_branch": {c.Branch}, "target_branch": {c.Base}}
	if _, err := f.rest.Get(ctx, project+"/merge_requests?"+query.Encode(), &open); err != nil {
		return nil, err
	}
	var found *mergeRequest
	for i, m := range open {
		// A fork may have a branch of the same name.
		if m.State == "opened" && m.SourceBranch == c.Branch && m.TargetBranch == c.Base && m.SourceProjectID == p.ID {
			found = &open[i]
		}
	}
	_, err = f.rest.Get(ctx, project+"/repository/branches/"+url.PathEscape(c.Branch), nil)
	exists := err == nil
	if err != nil && !errs.Is(err, errs.NotFound) {
		return nil, err
	}
	if err := f.commit(ctx, project, c, exists); err != nil {
		return nil, err
	}
	existing := found != nil
	if !existing {
		found = &mergeRequest{}
		body := map[string]any{
			"source_branch": c.Branch, "target_branch": c.Base, "title": wire.Line(c.Title, 250), "description": c.Body, "remove_source_branch": true,
		}
		if _, err := f.rest.Do(ctx, http.MethodPost, project+"/merge_requests", body, found); err != nil {
			return nil, err
		}
	}
	if found.IID <= 0 {
		return nil, errs.New(errs.Unavailable, "%s gave a merge request without a number", f.rest.Host())
	}
	return &forge.PullRequest{Number: found.IID, URL: fmt.Sprintf("%s/%s/-/merge_requests/%d", f.base, wire.Escape(p.Path), found.IID), Existing: existing}, nil
}

// commit writes the files to the branch, which it makes from the base where it does not exist. GitLab refuses the commit
// where a file changed since it was looked at.
func (f *Forge) commit(ctx context.Context, project string, c forge.Change, exists bool) error {
	from := c.Base
	if exists {
		from = c.Branch
	}
	type action struct {
		Action       string `json:"action"`
		FilePath     string `json:"file_path"`
		Content      []byte `json:"content"` // in base64, as Encoding says
		Encoding     string `json:"encoding"`
		LastCommitID string `json:"last_commit_id,omitempty"`
	}
	var actions []action
	for _, file := range c.Files {
		header, err := f.rest.Do(ctx, http.MethodHead, project+"/repository/files/"+url.PathEscape(file.Path)+"?ref="+url.QueryEscape(from), nil, nil)
		switch sum := sha256.Sum256(file.Data); {
		case errs.Is(err, errs.NotFound):
			actions = append(actions, action{Action: "create", FilePath: file.Path, Content: file.Data, Encoding: "base64"})
		case err != nil:
			return err
		case header.Get("X-Gitlab-Content-Sha256") != hex.EncodeToString(sum[:]):
			actions = append(actions, action{"update", file.Path, file.Data, "base64", wire.Commit(header.Get("X-Gitlab-Last-Commit-Id"))})
		}
	}
	if len(actions) == 0 {
		if exists {
			return nil
		}
		return errs.New(errs.Conflict, "%s of %s has these files as they should be: there is nothing to propose", c.Base, c.Repository)
	}
	body := map[string]any{"branch": c.Branch, "commit_message": wire.Text(c.Message, 10_000), "actions": actions}
	if !exists {
		body["start_branch"] = c.Base
	}
	_, err := f.rest.Do(ctx, http.MethodPost, project+"/repository/commits", body, nil)
	return err
}
