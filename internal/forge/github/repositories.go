package github

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"portico/internal/errs"
	"portico/internal/forge"
)

// said is a repository as GraphQL has it.
type said struct {
	Typename         string `json:"__typename"`
	ID               string
	NameWithOwner    string
	Description      *string
	Owner            struct{ Login string }
	IsArchived       bool
	IsFork           bool
	Visibility       string
	PushedAt         *time.Time
	UpdatedAt        string
	RepositoryTopics struct {
		Nodes []struct{ Topic struct{ Name string } }
	}
	Languages *struct {
		Edges []struct {
			Size int64
			Node struct{ Name string }
		}
	}
	DefaultBranchRef *struct {
		Name   string
		Target *target
	}
}

// fields are what is asked of a repository. The files are those of the commit that is named, not of what the branch has
// become meanwhile.
func (f *Forge) fields(glance bool) string {
	text := `__typename id nameWithOwner description owner { login } isArchived isFork visibility pushedAt updatedAt
repositoryTopics(first: 20) { nodes { topic { name } } }
languages(first: 10, orderBy: {field: SIZE, direction: DESC}) { edges { size node { name } } }
defaultBranchRef { name target { oid`
	if glance {
		text += f.glanceFields()
	}
	return text + " } }"
}

const pageQuery = `query ($login: String!, $first: Int!, $after: String) { repositoryOwner(login: $login) {
repositories(first: $first, after: $after, ownerAffiliations: [OWNER], orderBy: {field: CREATED_AT, direction: ASC}) {
totalCount pageInfo { hasNextPage endCursor } nodes { %s } } }` + limits + ` }`

// Repositories returns a page, oldest first: what is made meanwhile is at the end, and what goes moves no other.
func (f *Forge) Repositories(ctx context.Context, cursor string) (_ *forge.Page, err error) {
	defer errs.Wrap(&err, "github: repositories of %s", f.o.Organization)
	var page *forge.Page
	err = f.sized(ctx, func(size int, glance bool) (err error) {
		page, err = f.page(ctx, cursor, size, glance)
		return err
	})
	return page, err
}

func (f *Forge) page(ctx context.Context, cursor string, size int, glance bool) (*forge.Page, error) {
	variables := map[string]any{"login": f.o.Organization, "first": size}
	if cursor != "" {
		variables["after"] = cursor
	}
	var got struct {
		RepositoryOwner *struct {
			Repositories *struct {
				TotalCount *int
				PageInfo   struct {
					HasNextPage bool
					EndCursor   string
				}
				Nodes []*said
			}
		}
	}
	blind := map[int]bool{} // whose files could not be had
	err := f.query(ctx, fmt.Sprintf(pageQuery, f.fields(glance)), variables, &got, func(p problem) bool {
		return p.ofGlance(blind)
	})
	if err != nil {
		return nil, err
	}
	host := hostOf(f.api.graphql)
	if got.RepositoryOwner == nil {
		return nil, errs.WithRemedy(errs.New(errs.NotFound, "%s has no organisation or person %s, or does not show it to us", host, f.o.Organization),
			"check the name, and that the token or App may see it")
	}
	list := got.RepositoryOwner.Repositories
	switch {
	case list == nil || list.TotalCount == nil || list.Nodes == nil:
		return nil, garbled(host, errors.New("no list of repositories"))
	case len(list.Nodes) == 0 && (list.PageInfo.HasNextPage || cursor == "" && *list.TotalCount > 0):
		return nil, garbled(host, fmt.Errorf("an empty page of %d repositories", *list.TotalCount))
	case list.PageInfo.HasNextPage && (list.PageInfo.EndCursor == "" || list.PageInfo.EndCursor == cursor):
		return nil, garbled(host, errors.New("a page that leads to no other"))
	}
	page := &forge.Page{Total: *list.TotalCount}
	if list.PageInfo.HasNextPage {
		page.Next = list.PageInfo.EndCursor
	}
	for i, s := range list.Nodes {
		r, err := f.repository(s, glance && !blind[i])
		if err != nil {
			return nil, garbled(host, err)
		}
		page.Repositories = append(page.Repositories, r)
	}
	return page, nil
}

const someQuery = `query ($ids: [ID!]!) { nodes(ids: $ids) { __typename ... on Repository { %s } }` + limits + ` }`

// Some returns repositories by their node IDs.
func (f *Forge) Some(ctx context.Context, ids []string) (found []forge.Repository, gone []string, err error) {
	defer errs.Wrap(&err, "github: %d repositories of %s by their ids", len(ids), f.o.Organization)
	for len(ids) > 0 {
		var some []forge.Repository
		var less []string
		n := 0
		err = f.sized(ctx, func(size int, glance bool) (err error) {
			n = min(size, len(ids))
			some, less, err = f.some(ctx, ids[:n], glance)
			return err
		})
		if err != nil {
			return nil, nil, err
		}
		found, gone, ids = append(found, some...), append(gone, less...), ids[n:]
	}
	return found, gone, nil
}

func (f *Forge) some(ctx context.Context, ids []string, glance bool) (found []forge.Repository, gone []string, err error) {
	var got struct{ Nodes []*said }
	blind, absent := map[int]bool{}, map[int]bool{}
	err = f.query(ctx, fmt.Sprintf(someQuery, f.fields(glance)), map[string]any{"ids": ids}, &got, func(p problem) bool {
		if i, ok := p.node(); ok && p.Type == "NOT_FOUND" && len(p.Path) == 2 && i < len(ids) {
			absent[i] = true
			return true
		}
		return p.ofGlance(blind)
	})
	if err != nil {
		return nil, nil, err
	}
	host := hostOf(f.api.graphql)
	if len(got.Nodes) != len(ids) {
		return nil, nil, garbled(host, fmt.Errorf("%d answers to %d ids", len(got.Nodes), len(ids)))
	}
	for i, s := range got.Nodes {
		switch {
		case s == nil && absent[i], s != nil && s.Typename != "Repository" && s.Typename != "":
			gone = append(gone, ids[i])
			continue
		case s != nil && !strings.EqualFold(s.Owner.Login, f.o.Organization) && s.Owner.Login != "":
			gone = append(gone, ids[i]) // transferred
			continue
		}
		r, err := f.repository(s, glance && !blind[i])
		if err != nil {
			return nil, nil, garbled(host, err)
		}
		r.ID = ids[i] // GitHub has two forms of ids, and takes either: the caller's is the one that is kept
		found = append(found, r)
	}
	return found, gone, nil
}

var fullName = regexp.MustCompile(`^[A-Za-z0-9_.-]{1,100}/[A-Za-z0-9_.-]{1,100}$`)

// repository makes the noun of what was said. What lacks a part that every repository has is an error.
func (f *Forge) repository(s *said, glance bool) (forge.Repository, error) {
	switch {
	case s == nil || s.ID == "":
		return forge.Repository{}, errors.New("a repository is left out")
	case !fullName.MatchString(s.NameWithOwner) || strings.HasSuffix(s.NameWithOwner, "/.") || strings.HasSuffix(s.NameWithOwner, "/.."):
		return forge.Repository{}, fmt.Errorf("%q is no name of a repository", shown(s.NameWithOwner))
	case s.DefaultBranchRef != nil && (s.DefaultBranchRef.Name == "" || s.DefaultBranchRef.Target == nil || !isCommit(s.DefaultBranchRef.Target.OID)):
		return forge.Repository{}, fmt.Errorf("%s has a default branch without a commit", s.NameWithOwner)
	}
	r := forge.Repository{
		ID: s.ID, Name: s.NameWithOwner, URL: f.o.BaseURL + "/" + s.NameWithOwner, CloneURL: f.o.BaseURL + "/" + s.NameWithOwner + ".git",
		Archived: s.IsArchived, Fork: s.IsFork, Stamp: s.UpdatedAt,
	}
	switch v := strings.ToLower(s.Visibility); v {
	case "public", "internal", "private":
		r.Visibility = v
	default:
		return forge.Repository{}, fmt.Errorf("%s has the visibility %q", s.NameWithOwner, shown(s.Visibility))
	}
	if s.Description != nil {
		r.Description = *s.Description
	}
	if s.PushedAt != nil {
		r.PushedAt = *s.PushedAt
	}
	for _, t := range s.RepositoryTopics.Nodes {
		r.Topics = append(r.Topics, t.Topic.Name)
	}
	if s.Languages != nil {
		r.Languages = []forge.Language{}
		for _, e := range s.Languages.Edges {
			r.Languages = append(r.Languages, forge.Language{Name: e.Node.Name, Bytes: e.Size})
		}
	}
	if b := s.DefaultBranchRef; b != nil {
		r.DefaultBranch, r.Head = b.Name, b.Target.OID
		r.Stamp += " " + b.Target.OID
		if glance {
			r.Glance = f.glance(b.Target)
		}
	}
	return r, nil
}

var commitPattern = regexp.MustCompile(`^(?:[0-9a-f]{40}|[0-9a-f]{64})$`)

func isCommit(s string) bool { return commitPattern.MatchString(s) }

// node is the index of the node that the problem is of.
func (p problem) node() (int, bool) {
	at := slices.IndexFunc(p.Path, func(e any) bool { return e == "nodes" })
	if at < 0 || at+1 >= len(p.Path) {
		return 0, false
	}
	n, ok := p.Path[at+1].(float64)
	return int(n), ok && n >= 0 && n <= maxPageSize
}

// ofGlance reports whether the problem is of a repository's files alone. Its head is known then, and the files can be read
// in another way: blind notes that they could not be had. A file that is not there is none.
func (p problem) ofGlance(blind map[int]bool) bool {
	i, ok := p.node()
	at := slices.Index(p.Path, any("target"))
	switch {
	case !ok || at < 0 || at+1 >= len(p.Path) || p.Path[at+1] == "oid":
		return false
	case p.Type == "FORBIDDEN" || p.Type == "RATE_LIMITED" || p.Type == "RATE_LIMIT" || p.Type == "RESOURCE_LIMITS_EXCEEDED":
		return false
	}
	blind[i] = blind[i] || p.Type != "NOT_FOUND" || at+2 != len(p.Path)
	return true
}

// tries bounds how often a page that GitHub gives up on is asked for anew, each time by half.
const tries = 4

// sized runs do with the size that pages have now. What GitHub gives up on is asked for again in smaller pages, in the end
// without files; after some good pages they grow again.
func (f *Forge) sized(ctx context.Context, do func(size int, glance bool) error) error {
	for try := 1; ; try++ {
		size := f.size.Load()
		err := do(int(size), true)
		if err == nil {
			if f.good.Add(1) >= 4 && size < int64(f.o.PageSize) {
				f.size.CompareAndSwap(size, min(size*2, int64(f.o.PageSize)))
				f.good.Store(0)
			}
			return nil
		}
		if !tooMuch(err) {
			return err
		}
		f.good.Store(0)
		f.size.CompareAndSwap(size, max(size/2, 1))
		if errors.Is(err, errDeadline) || ctx.Err() != nil {
			return err // it may be the host that is stuck, and to wait on would take many times as long
		}
		if size == 1 {
			return do(1, false)
		}
		if try == tries {
			return err
		}
	}
}

// tooMuch reports whether a smaller page may succeed where this one did not.
func tooMuch(err error) bool {
	var q *queryError
	if errors.As(err, &q) {
		low := strings.ToLower(q.Message)
		return q.Type == "RESOURCE_LIMITS_EXCEEDED" || q.Type == "MAX_NODE_LIMIT_EXCEEDED" ||
			strings.Contains(low, "timeout") || strings.Contains(low, "something went wrong while executing your query")
	}
	return errors.Is(err, errTime) || errors.Is(err, errTooLarge)
}

// target is the commit of a branch, with what was asked of its tree.
type target struct {
	OID   string
	parts map[string]json.RawMessage
}

func (t *target) UnmarshalJSON(text []byte) error {
	if err := json.Unmarshal(text, &t.parts); err != nil {
		return err
	}
	return json.Unmarshal(t.parts["oid"], &t.OID)
}
