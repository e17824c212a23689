package githubtest

import (
	"context"
	"encoding/base64"
	"fmt"
	"strings"

	graphql "github.com/graph-gophers/graphql-go"
)

// mutations is the Mutation of the schema.
type mutations struct{}

func (q *asked) writable(r *Repository) error {
	switch {
	case r == nil || !q.g.sees(q.a, r):
		return unresolved("a Repository", "id")
	case !q.a.has("repo"):
		return refusal{"FORBIDDEN", "Resource not accessible by personal access token"}
	case r.Archived:
		return refusal{"UNPROCESSABLE", "Repository was archived so is read-only."}
	}
	return nil
}

func (q *asked) repositoryOf(id graphql.ID) *Repository {
	for _, r := range q.g.repositories {
		if r.node() == string(id) {
			return r
		}
	}
	return nil
}

type refPayload struct{ Ref *ref }

func (mutations) CreateRef(ctx context.Context, args struct {
	Input struct {
		Name         string
		OID          scalar
		RepositoryID graphql.ID
	}
}) (*refPayload, error) {
	q, in := of(ctx), args.Input
	r := q.repositoryOf(in.RepositoryID)
	if err := q.writable(r); err != nil {
		return nil, err
	}
	name, ok := strings.CutPrefix(in.Name, "refs/heads/")
	switch {
	case !ok || r.commits[string(in.OID)] == nil:
		return nil, refusal{"UNPROCESSABLE", "Reference does not point at a commit, or is no branch"}
	case r.branches[name] != "":
		return nil, refusal{"UNPROCESSABLE", fmt.Sprintf("A ref named %q already exists in the repository.", in.Name)}
	}
	r.branches[name] = string(in.OID)
	return &refPayload{(&repository{q, r}).branch(name)}, nil
}

func (mutations) UpdateRef(ctx context.Context, args struct {
	Input struct {
		Force bool
		OID   scalar
		RefID graphql.ID
	}
}) (*refPayload, error) {
	q, in := of(ctx), args.Input
	for _, r := range q.g.repositories {
		for name, at := range r.branches {
			if (&repository{q, r}).branch(name).ID != in.RefID {
				continue
			}
			if err := q.writable(r); err != nil {
				return nil, err
			}
			if r.commits[string(in.OID)] == nil {
				return nil, refusal{"UNPROCESSABLE", "Object does not exist"}
			}
			forward := false
			for c := r.commits[string(in.OID)]; c != nil; c = r.commits[c.parent] {
				forward = forward || c.oid == at
			}
			if !forward && !in.Force {
				return nil, refusal{"UNPROCESSABLE", "Update is not a fast forward"}
			}
			r.branches[name] = string(in.OID)
			return &refPayload{(&repository{q, r}).branch(name)}, nil
		}
	}
	return nil, unresolved("a node", fmt.Sprintf("global id of '%s'", in.RefID))
}

type commitPayload struct {
	Commit *gitCommit
	Ref    *ref
}

func (mutations) CreateCommitOnBranch(ctx context.Context, args struct {
	Input struct {
		Branch          struct{ BranchName, RepositoryNameWithOwner *string }
		ExpectedHeadOID scalar
		FileChanges     *struct {
			Additions []struct {
				Contents scalar
				Path     string
			}
		}
		Message struct {
			Body     *string
			Headline string
		}
	}
}) (*commitPayload, error) {
	q, in := of(ctx), args.Input
	if in.Branch.BranchName == nil || in.Branch.RepositoryNameWithOwner == nil {
		return nil, refusal{"UNPROCESSABLE", "A branch is needed"}
	}
	name := *in.Branch.BranchName
	r := q.g.repository(*in.Branch.RepositoryNameWithOwner)
	if err := q.writable(r); err != nil {
		return nil, err
	}
	if r.branches[name] != string(in.ExpectedHeadOID) {
		return nil, refusal{"STALE_DATA", fmt.Sprintf("Expected branch to point to %q but it did not. Pull and try again.", in.ExpectedHeadOID)}
	}
	files := map[string][]byte{}
	if in.FileChanges != nil {
		for _, a := range in.FileChanges.Additions {
			data, err := base64.StdEncoding.DecodeString(string(a.Contents))
			if err != nil {
				return nil, refusal{"UNPROCESSABLE", "The contents are not base64"}
			}
			files[a.Path] = append([]byte{}, data...)
		}
	}
	message := in.Message.Headline + "\n"
	if in.Message.Body != nil && *in.Message.Body != "" {
		message += "\n" + *in.Message.Body + "\n"
	}
	c := q.g.push(r, name, message, files)
	return &commitPayload{&gitCommit{c}, (&repository{q, r}).branch(name)}, nil
}

type pullPayload struct{ PullRequest *pullRequest }

func (mutations) CreatePullRequest(ctx context.Context, args struct {
	Input struct {
		BaseRefName  string
		Body         *string
		HeadRefName  string
		RepositoryID graphql.ID
		Title        string
	}
}) (*pullPayload, error) {
	q, in := of(ctx), args.Input
	r := q.repositoryOf(in.RepositoryID)
	if err := q.writable(r); err != nil {
		return nil, err
	}
	base, head := r.branches[in.BaseRefName], r.branches[in.HeadRefName]
	switch {
	case base == "" || head == "":
		return nil, refusal{"UNPROCESSABLE", "Head sha can't be blank, Base sha can't be blank"}
	case base == head:
		return nil, refusal{"UNPROCESSABLE", fmt.Sprintf("No commits between %s and %s", in.BaseRefName, in.HeadRefName)}
	}
	for _, p := range r.pulls {
		if p.head == in.HeadRefName && p.state == "OPEN" && !p.fork {
			return nil, refusal{"UNPROCESSABLE", fmt.Sprintf("A pull request already exists for %s:%s.", r.Owner, in.HeadRefName)}
		}
	}
	p := &pull{number: int64(len(r.pulls) + 1), base: in.BaseRefName, head: in.HeadRefName, title: in.Title, state: "OPEN"}
	if in.Body != nil {
		p.body = *in.Body
	}
	r.pulls = append(r.pulls, p)
	return &pullPayload{&pullRequest{&repository{q, r}, p}}, nil
}

func (mutations) UpdatePullRequest(ctx context.Context, args struct {
	Input struct {
		Body          *string
		PullRequestID graphql.ID
		State, Title  *string
	}
}) (*pullPayload, error) {
	q, in := of(ctx), args.Input
	for _, r := range q.g.repositories {
		for _, p := range r.pulls {
			pr := &pullRequest{&repository{q, r}, p}
			if pr.ID() != in.PullRequestID {
				continue
			}
			if err := q.writable(r); err != nil {
				return nil, err
			}
			if in.Title != nil {
				p.title = *in.Title
			}
			if in.Body != nil {
				p.body = *in.Body
			}
			if in.State != nil {
				p.state = *in.State
			}
			return &pullPayload{pr}, nil
		}
	}
	return nil, unresolved("a node", fmt.Sprintf("global id of '%s'", in.PullRequestID))
}
