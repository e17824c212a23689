package github

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"portico/internal/errs"
	"portico/internal/forge"
)

type pageInfo struct {
	HasNextPage bool
	EndCursor   string
}

// pages counts the pages of one question, whatever lists they are of: a host may not keep us for ever.
type pages int

// next is the cursor of the page after one with n entries that came at the cursor before, "" at the end.
func (left *pages) next(host string, p pageInfo, n int, before string) (string, error) {
	*left--
	switch {
	case !p.HasNextPage:
		return "", nil
	case p.EndCursor == "" || p.EndCursor == before || n == 0:
		return "", garbled(host, errors.New("a page that leads to no other"))
	case *left <= 0:
		return "", errs.New(errs.TooLarge, "%s lists teams and people without end", host)
	}
	return p.EndCursor, nil
}

type (
	logins struct {
		PageInfo pageInfo
		Nodes    []*struct{ Login string }
	}
	saidTeam struct {
		ID, Slug, Name, URL string
		Description         *string
		AvatarURL           *string
		ParentTeam          *struct{ Slug string }
		Members             *logins
		Repositories        *grants
	}
	grants struct {
		PageInfo pageInfo
		Edges    []*struct {
			Permission string
			Node       *struct{ NameWithOwner string }
		}
	}
	saidPerson struct {
		ID, Login, URL, AvatarURL, Email string
		DatabaseID                       int64
		Name, SuspendedAt                *string
		Verified                         []string
	}
	saidOwner struct {
		Typename string `json:"__typename"`
		saidPerson
		Teams *struct {
			PageInfo pageInfo
			Nodes    []*saidTeam
		}
		MembersWithRole *struct {
			PageInfo pageInfo
			Nodes    []*saidPerson
		}
	}
)

const teamsQuery = `query ($login: String!, $after: String) { repositoryOwner(login: $login) { __typename
... on Organization { teams(first: 50, after: $after, orderBy: {field: NAME, direction: ASC}) { pageInfo { hasNextPage endCursor }
nodes { id slug name description url avatarUrl parentTeam { slug }
members(first: 100, membership: IMMEDIATE) { pageInfo { hasNextPage endCursor } nodes { login } }
repositories(first: 100) { pageInfo { hasNextPage endCursor } edges { permission node { nameWithOwner } } } } } }
... on User { id databaseId login url avatarUrl name } }` + limits + ` }`

const teamQuery = `query ($id: ID!, $after: String) { node(id: $id) { ... on Team {
members(first: 100, membership: IMMEDIATE, after: $after) { pageInfo { hasNextPage endCursor } nodes { login } } } }` + limits + ` }`

const grantsQuery = `query ($id: ID!, $after: String) { node(id: $id) { ... on Team {
repositories(first: 100, after: $after) { pageInfo { hasNextPage endCursor } edges { permission node { nameWithOwner } } } } }` + limits + ` }`

const membersQuery = `query ($login: String!, $after: String, $addresses: Boolean!) { repositoryOwner(login: $login) { __typename
... on Organization { membersWithRole(first: 100, after: $after) { pageInfo { hasNextPage endCursor }
nodes { id databaseId login url avatarUrl name email @include(if: $addresses)
verified: organizationVerifiedDomainEmails(login: $login) @include(if: $addresses) %s } } } }` + limits + ` }`

// Organization returns the teams and people of an organisation. A personal account has one person, and no team. An address
// is one of the organisation's verified domains, else the one that the person shows to all.
func (f *Forge) Organization(ctx context.Context) (_ *forge.Organization, err error) {
	defer errs.Wrap(&err, "github: people of %s", f.o.Organization)
	org := &forge.Organization{}
	host := hostOf(f.api.graphql)
	left := pages(maxPages)
	for after := ""; ; {
		owner, err := f.owner(ctx, teamsQuery, at(after, map[string]any{"login": f.o.Organization}))
		if err != nil {
			return nil, err
		}
		if owner.Typename == "User" {
			p, err := owner.person()
			if err != nil {
				return nil, garbled(host, err)
			}
			return &forge.Organization{People: []forge.Person{p}}, nil
		}
		if owner.Teams == nil || owner.Teams.Nodes == nil {
			return nil, garbled(host, errors.New("no list of teams"))
		}
		for _, t := range owner.Teams.Nodes {
			team, err := f.team(ctx, t, &left)
			if err != nil {
				return nil, err
			}
			org.Teams = append(org.Teams, team)
		}
		if after, err = left.next(host, owner.Teams.PageInfo, len(owner.Teams.Nodes), after); err != nil {
			return nil, err
		}
		if after == "" {
			break
		}
	}
	org.People, err = f.people(ctx, &left)
	if err != nil {
		return nil, err
	}
	return org, nil
}

// at adds the cursor of a page to a query's variables.
func at(after string, variables map[string]any) map[string]any {
	if after != "" {
		variables["after"] = after
	}
	return variables
}

// owner asks for a part of the account.
func (f *Forge) owner(ctx context.Context, query string, variables map[string]any) (*saidOwner, error) {
	var got struct{ RepositoryOwner *saidOwner }
	// An address that may not be seen is none. Its whole person would be missing otherwise.
	if err := f.query(ctx, query, variables, &got, func(p problem) bool { return p.Type != "INSUFFICIENT_SCOPES" && p.at("email", "verified") }); err != nil {
		return nil, err
	}
	if got.RepositoryOwner == nil {
		return nil, errs.WithRemedy(errs.New(errs.NotFound, "%s has no organisation or person %s, or does not show it to us", hostOf(f.api.graphql), f.o.Organization),
			"check the name, and that the token or App may see it")
	}
	return got.RepositoryOwner, nil
}

// team makes the noun of a team, with all of its members.
func (f *Forge) team(ctx context.Context, s *saidTeam, left *pages) (forge.Team, error) {
	host := hostOf(f.api.graphql)
	if s == nil || s.ID == "" || s.Slug == "" || s.Members == nil || s.Members.Nodes == nil {
		return forge.Team{}, garbled(host, errors.New("a team is left out"))
	}
	t := forge.Team{ID: s.ID, Slug: s.Slug, Name: s.Name, URL: s.URL}
	if s.Description != nil {
		t.Description = *s.Description
	}
	if s.AvatarURL != nil {
		t.Picture = *s.AvatarURL
	}
	if s.ParentTeam != nil {
		t.Parent = s.ParentTeam.Slug
	}
	var err error
	if t.Repositories, err = f.grants(ctx, s, left); err != nil {
		return forge.Team{}, err
	}
	for m, after := s.Members, ""; ; {
		for _, l := range m.Nodes {
			if l == nil || l.Login == "" {
				return forge.Team{}, garbled(host, fmt.Errorf("a member of %s is left out", s.Slug))
			}
			t.Members = append(t.Members, l.Login)
		}
		if after, err = left.next(host, m.PageInfo, len(m.Nodes), after); err != nil || after == "" {
			return t, err
		}
		var got struct{ Node *saidTeam }
		if err := f.query(ctx, teamQuery, map[string]any{"id": s.ID, "after": after}, &got, nil); err != nil {
			return forge.Team{}, err
		}
		if got.Node == nil || got.Node.Members == nil || got.Node.Members.Nodes == nil {
			return forge.Team{}, garbled(host, fmt.Errorf("no members of %s", s.Slug))
		}
		m = got.Node.Members
	}
}

// grants are the repositories that a team may write to.
func (f *Forge) grants(ctx context.Context, s *saidTeam, left *pages) ([]forge.Grant, error) {
	host, list := hostOf(f.api.graphql), []forge.Grant{}
	for g, after := s.Repositories, ""; ; {
		if g == nil || g.Edges == nil {
			return nil, garbled(host, fmt.Errorf("no repositories of %s", s.Slug))
		}
		for _, e := range g.Edges {
			if e == nil || e.Node == nil {
				return nil, garbled(host, fmt.Errorf("a repository of %s is left out", s.Slug))
			}
			if p := strings.ToLower(e.Permission); p == "admin" || p == "maintain" || p == "write" {
				list = append(list, forge.Grant{Repository: e.Node.NameWithOwner, Permission: p})
			}
		}
		var err error
		if after, err = left.next(host, g.PageInfo, len(g.Edges), after); err != nil || after == "" {
			return list, err
		}
		var got struct{ Node *saidTeam }
		if err := f.query(ctx, grantsQuery, map[string]any{"id": s.ID, "after": after}, &got, nil); err != nil {
			return nil, err
		}
		if got.Node == nil {
			return nil, garbled(host, fmt.Errorf("no repositories of %s", s.Slug))
		}
		g = got.Node.Repositories
	}
}

func (s *saidPerson) person() (forge.Person, error) {
	if s == nil || s.ID == "" || s.Login == "" {
		return forge.Person{}, errors.New("a person is left out")
	}
	// The number is what accounts are known by everywhere else: by sign-in, and in REST.
	id := s.ID
	if s.DatabaseID > 0 {
		id = strconv.FormatInt(s.DatabaseID, 10)
	}
	p := forge.Person{ID: id, Login: s.Login, Email: s.Email, URL: s.URL, Picture: s.AvatarURL, Suspended: s.SuspendedAt != nil}
	if s.Name != nil {
		p.Name = *s.Name
	}
	if len(s.Verified) > 0 {
		p.Email = s.Verified[0]
	}
	return p, nil
}

func (f *Forge) people(ctx context.Context, left *pages) (list []forge.Person, err error) {
	host := hostOf(f.api.graphql)
	suspended := ""
	if f.o.Suspended {
		suspended = "suspendedAt"
	}
	for after := ""; ; {
		addresses := !f.bare.Load()
		owner, err := f.owner(ctx, fmt.Sprintf(membersQuery, suspended), at(after, map[string]any{"login": f.o.Organization, "addresses": addresses}))
		if addresses && unscoped(err) {
			f.bare.Store(true) // for good: a token does not grow
			continue
		}
		if err != nil {
			return nil, err
		}
		if owner.MembersWithRole == nil || owner.MembersWithRole.Nodes == nil {
			return nil, garbled(host, errors.New("no list of members"))
		}
		for _, s := range owner.MembersWithRole.Nodes {
			p, err := s.person()
			if err != nil {
				return nil, garbled(host, err)
			}
			list = append(list, p)
		}
		if after, err = left.next(host, owner.MembersWithRole.PageInfo, len(owner.MembersWithRole.Nodes), after); err != nil || after == "" {
			return list, err
		}
	}
}

// unscoped reports whether a query was refused because a classic token lacks a scope for one of its fields.
func unscoped(err error) bool {
	var q *queryError
	return errors.As(err, &q) && q.Type == "INSUFFICIENT_SCOPES"
}
