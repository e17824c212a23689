package github

import (
	"context"
	"crypto/sha1" // it is how Git names contents
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"path"
	"strings"

	"portico/internal/errs"
	"portico/internal/forge"
)

const (
	maxChangedFiles = 100
	maxChangedBytes = 5 << 20
)

type (
	saidRef struct {
		ID     string
		Target *target
	}
	saidPull struct {
		ID, URL, State, HeadRefOID string
		Number                     int
		IsCrossRepository          bool
	}
	// place is a repository as one who proposes needs it.
	place struct {
		ID, NameWithOwner string
		IsArchived        bool
		DefaultBranchRef  *struct{ Name string }
		Base, Branch      *saidRef
		PullRequests      *struct{ Nodes []*saidPull }
	}
)

const placeQuery = `query ($owner: String!, $name: String!, $base: String!, $branch: String!, $head: String!) { repository(owner: $owner, name: $name) {
id nameWithOwner isArchived defaultBranchRef { name }
base: ref(qualifiedName: $base) { id target { oid %s } }
branch: ref(qualifiedName: $branch) { id target { oid %s } }
pullRequests(headRefName: $head, first: 20, orderBy: {field: CREATED_AT, direction: DESC}) { nodes { id number url state isCrossRepository headRefOid } } }` + limits + ` }`

const (
	createRef  = `mutation ($input: CreateRefInput!) { done: createRef(input: $input) { ref { id } } }`
	updateRef  = `mutation ($input: UpdateRefInput!) { done: updateRef(input: $input) { ref { id } } }`
	commitOn   = `mutation ($input: CreateCommitOnBranchInput!) { done: createCommitOnBranch(input: $input) { commit { oid } } }`
	createPull = `mutation ($input: CreatePullRequestInput!) { done: createPullRequest(input: $input) { pullRequest { id number url state isCrossRepository } } }`
	updatePull = `mutation ($input: UpdatePullRequestInput!) { done: updatePullRequest(input: $input) { pullRequest { id number url state isCrossRepository } } }`
)

// Propose commits the files of c at once to its branch and opens a pull request, or brings the one that is open up to
// date. A branch that was left behind by a pull request that is closed begins anew at the base, unless somebody has
// committed to it since.
func (f *Forge) Propose(ctx context.Context, c forge.Change) (_ *forge.PullRequest, err error) {
	defer errs.Wrap(&err, "github: pull request to %s", shown(c.Repository))
	if err := f.checkChange(c); err != nil {
		return nil, err
	}
	at, err := f.place(ctx, &c)
	if err != nil {
		return nil, err
	}
	var open, last *saidPull
	for _, p := range at.PullRequests.Nodes {
		switch {
		case p == nil || p.IsCrossRepository: // of a fork whose branch has the same name
		case p.State == "OPEN" && open == nil:
			open = p
		case p.State != "OPEN" && last == nil:
			last = p
		}
	}
	tip, mutate := at.Branch, f.mutate
	switch {
	case tip == nil:
		tip = at.Base
		err = mutate(ctx, createRef, map[string]any{"repositoryId": at.ID, "name": branchRef + c.Branch, "oid": tip.Target.OID}, nil)
	case open == nil && last != nil && last.HeadRefOID == tip.Target.OID:
		err = mutate(ctx, updateRef, map[string]any{"refId": tip.ID, "oid": at.Base.Target.OID, "force": true}, nil)
		tip = at.Base
	}
	if err != nil {
		return nil, err
	}
	if additions := changed(tip.Target, c.Files); len(additions) > 0 {
		headline, body, _ := strings.Cut(c.Message, "\n")
		if err := mutate(ctx, commitOn, map[string]any{
			"branch":          map[string]any{"repositoryNameWithOwner": at.NameWithOwner, "branchName": c.Branch},
			"expectedHeadOid": tip.Target.OID, "fileChanges": map[string]any{"additions": additions},
			"message": map[string]any{"headline": headline, "body": strings.TrimSpace(body)},
		}, nil); err != nil {
			return nil, err
		}
	} else if open == nil && tip.Target.OID == at.Base.Target.OID {
		return nil, errs.New(errs.Conflict, "%s has these files already on %s", c.Repository, c.Base)
	}
	var done struct{ PullRequest *saidPull }
	if open != nil {
		err = mutate(ctx, updatePull, map[string]any{"pullRequestId": open.ID, "title": c.Title, "body": c.Body}, &done)
	} else {
		err = mutate(ctx, createPull, map[string]any{"repositoryId": at.ID, "baseRefName": c.Base, "headRefName": c.Branch, "title": c.Title, "body": c.Body}, &done)
	}
	if err != nil {
		return nil, err
	}
	p := done.PullRequest
	if p == nil || p.Number <= 0 {
		return nil, garbled(hostOf(f.api.graphql), errors.New("no pull request"))
	}
	return &forge.PullRequest{Number: p.Number, URL: fmt.Sprintf("%s/%s/pull/%d", f.o.BaseURL, at.NameWithOwner, p.Number), Existing: open != nil}, nil
}

func (f *Forge) checkChange(c forge.Change) error {
	size := 0
	for _, file := range c.Files {
		if size += len(file.Data); file.Path == "" || path.Clean("/"+file.Path) != "/"+file.Path || strings.HasPrefix(file.Path, ".git/") {
			return errs.New(errs.Invalid, "%q is not the path of a file in a repository", shown(file.Path))
		}
	}
	switch {
	case !fullName.MatchString(c.Repository):
		return errs.New(errs.Invalid, "%q is not a repository; it is written owner/name", shown(c.Repository))
	case c.Branch == "" || c.Branch == c.Base || c.Title == "" || c.Message == "":
		return errs.New(errs.Invalid, "a pull request needs a branch other than its base, a title, and a message for the commit")
	case len(c.Files) == 0 || len(c.Files) > maxChangedFiles || size > maxChangedBytes:
		return errs.New(errs.Invalid, "a pull request changes 1 to %d files of together at most %d bytes", maxChangedFiles, maxChangedBytes)
	}
	return nil
}

// place reads what is there: the branches with the ids of c's files, and the pull requests of the branch. It sets c.Base.
func (f *Forge) place(ctx context.Context, c *forge.Change) (*place, error) {
	var b strings.Builder
	b.WriteString("... on Commit {")
	for i, file := range c.Files {
		quoted, _ := json.Marshal(file.Path)
		fmt.Fprintf(&b, " f%d: file(path: %s) { oid }", i, quoted)
	}
	b.WriteString(" }")
	owner, name, _ := strings.Cut(c.Repository, "/")
	base := "HEAD"
	if c.Base != "" {
		base = branchRef + c.Base
	}
	for {
		var got struct{ Repository *place }
		if err := f.query(ctx, fmt.Sprintf(placeQuery, b.String(), b.String()), map[string]any{
			"owner": owner, "name": name, "base": base, "branch": branchRef + c.Branch, "head": c.Branch,
		}, &got, nil); err != nil {
			return nil, err
		}
		at := got.Repository
		switch {
		case at == nil || at.ID == "" || at.PullRequests == nil || !fullName.MatchString(at.NameWithOwner):
			return nil, garbled(hostOf(f.api.graphql), errors.New("no repository"))
		case at.IsArchived:
			return nil, errs.New(errs.Conflict, "%s is archived: it takes no pull requests", c.Repository)
		case at.DefaultBranchRef == nil:
			return nil, errs.New(errs.Conflict, "%s is empty: there is nothing to propose a change to", c.Repository)
		case c.Base == "": // the name of the default branch was not known
			c.Base = at.DefaultBranchRef.Name
			if base = branchRef + c.Base; c.Branch == c.Base {
				return nil, errs.New(errs.Invalid, "the branch of a pull request must not be the default branch, %s", c.Base)
			}
			continue
		case at.Base == nil || at.Base.Target == nil:
			return nil, errs.New(errs.NotFound, "%s has no branch %s", c.Repository, c.Base)
		case at.Branch != nil && at.Branch.Target == nil:
			return nil, garbled(hostOf(f.api.graphql), errors.New("a branch without a commit"))
		}
		return at, nil
	}
}

// mutate sends one change. done reads what came of it.
func (f *Forge) mutate(ctx context.Context, text string, input map[string]any, done any) error {
	var got struct{ Done json.RawMessage }
	err := f.query(ctx, text, map[string]any{"input": input}, &got, nil)
	var q *queryError
	switch {
	case errors.As(err, &q) && (q.Type == "UNPROCESSABLE" || q.Type == "STALE_DATA" || q.Type == "BRANCH_PROTECTION_RULE_VIOLATION"):
		return errs.WithRemedy(errs.Public(errs.Conflict, fmt.Sprintf("%s refuses the change: %s", hostOf(f.api.graphql), shown(q.Message)), err), "look at the branch, and try again")
	case err != nil:
		return err
	case len(got.Done) == 0 || string(got.Done) == "null":
		return garbled(hostOf(f.api.graphql), errors.New("the change was not made"))
	case done == nil:
		return nil
	}
	if err := json.Unmarshal(got.Done, done); err != nil {
		return garbled(hostOf(f.api.graphql), err)
	}
	return nil
}

// changed are the files that a commit does not have as they are to be.
func changed(at *target, files []forge.ChangedFile) (additions []any) {
	for i, file := range files {
		var e *struct{ OID string }
		_ = json.Unmarshal(at.parts[fmt.Sprintf("f%d", i)], &e)
		sum := sha1.Sum(append(fmt.Appendf(nil, "blob %d\x00", len(file.Data)), file.Data...))
		if e == nil || e.OID != hex.EncodeToString(sum[:]) {
			additions = append(additions, map[string]any{"path": file.Path, "contents": base64.StdEncoding.EncodeToString(file.Data)})
		}
	}
	return additions
}
