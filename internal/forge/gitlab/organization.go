package gitlab

import (
	"context"
	"slices"

	"portico/internal/errs"
	"portico/internal/forge"
	"portico/internal/forge/wire"
)

const (
	maxGroups  = 5000
	maxMembers = 50_000
)

// Members are asked for as those of the group itself: who is a member of a group above is not one of each below.
const memberFields = `
    groupMembers(relations: [DIRECT], first: 100, after: $members) {
      pageInfo { hasNextPage endCursor }
      nodes { user { id username name publicEmail state bot avatarUrl } }
    }`

const groupFields = ` id fullPath name description avatarUrl ` + memberFields

const groupsQuery = `
query($group: ID!, $after: String, $members: String) {
  group(fullPath: $group) {` + groupFields + `
    descendantGroups(first: 50, after: $after) {
      pageInfo { hasNextPage endCursor }
      nodes { parent { fullPath } ` + groupFields + ` }
    }
  }
}`

const groupsOfHost = `
query($after: String, $members: String) {
  groups(first: 50, after: $after) {
    pageInfo { hasNextPage endCursor }
    nodes { parent { fullPath } ` + groupFields + ` }
  }
}`

const membersQuery = `
query($group: ID!, $members: String) {
  group(fullPath: $group) {` + memberFields + ` }
}`

type memberList struct {
	PageInfo pageInfo
	Nodes    []*struct {
		User *struct {
			ID, Username, Name, PublicEmail, State, AvatarURL string
			Bot                                               bool
		}
	}
}

type group struct {
	ID, FullPath, Name, Description, AvatarURL string
	Parent                                     *struct{ FullPath string }
	GroupMembers                               *memberList
	DescendantGroups                           *groupList
}

type groupList struct {
	PageInfo pageInfo
	Nodes    []*group
}

// groups asks for a page of the groups below the group, which comes before the first, or of those of the host.
func (f *Forge) groups(ctx context.Context, after string) (top *group, list *groupList, err error) {
	variables := map[string]any{}
	if after != "" {
		variables["after"] = after
	}
	query := groupsOfHost
	if f.group != "" {
		query, variables["group"] = groupsQuery, f.group
	}
	answer, err := ask[struct {
		Group  *group
		Groups *groupList
	}](ctx, f, query, variables)
	if err != nil {
		return nil, nil, err
	}
	if list = answer.Groups; f.group != "" {
		if top = answer.Group; top == nil {
			return nil, nil, f.missing()
		}
		list = top.DescendantGroups
	}
	if list == nil {
		return nil, nil, errs.New(errs.Unavailable, "%s does not show the groups below %s", f.graphql.Host(), f.group)
	}
	return top, list, nil
}

// Organization returns the group itself and those below it, or all of a whole host, as teams, with their direct members: one request for each 50
// groups, and one more for each 100 members of a group past the first 100. Bots of tokens are no people. An e-mail address
// is there only where somebody made it public.
func (f *Forge) Organization(ctx context.Context) (_ *forge.Organization, err error) {
	defer errs.Wrap(&err, "gitlab: groups of %s", f.group)
	org := &forge.Organization{}
	people := map[string]bool{}
	if f.group == "" && f.member {
		return nil, errs.WithRemedy(errs.New(errs.Invalid, "the teams of a whole host are not those that an account is a member of"), "name a group to read its teams")
	}
	for after := ""; ; {
		top, list, err := f.groups(ctx, after)
		if err != nil {
			return nil, err
		}
		groups := list.Nodes
		if top != nil && after == "" {
			groups = append([]*group{top}, groups...)
		}
		for _, g := range groups {
			if err := f.team(ctx, org, people, g); err != nil {
				return nil, err
			}
		}
		next := list.PageInfo
		switch {
		case !next.HasNextPage:
			return org, nil
		case next.EndCursor == "" || next.EndCursor == after || len(list.Nodes) == 0:
			return nil, errs.New(errs.Unavailable, "%s says that its list of groups goes on, and not where", f.graphql.Host())
		case len(org.Teams) > maxGroups:
			return nil, errs.New(errs.TooLarge, "%s has more than %d groups, the limit", f.graphql.Host(), maxGroups)
		}
		after = next.EndCursor
	}
}

// team adds a group, and who is in it.
func (f *Forge) team(ctx context.Context, org *forge.Organization, people map[string]bool, g *group) error {
	if g == nil {
		return errs.New(errs.Unavailable, "%s left a group out of its list", f.graphql.Host())
	}
	id, ok := localID(g.ID, "Group")
	if !ok || !wire.IsPath(g.FullPath, 1) || g.Parent != nil && !f.owns(g.FullPath) {
		return errs.New(errs.Unavailable, "%s named a group %q with the id %q, which can be none of %s", f.graphql.Host(),
			wire.Line(g.FullPath, 200), wire.Line(g.ID, 100), f.group)
	}
	t := forge.Team{
		ID: id, Slug: g.FullPath, Name: wire.Line(g.Name, 200), Description: wire.Text(g.Description, maxDescription),
		URL: f.base + "/groups/" + wire.Escape(g.FullPath), Picture: wire.Address(g.AvatarURL), Members: []string{},
	}
	if g.Parent != nil && wire.IsPath(g.Parent.FullPath, 1) {
		t.Parent = g.Parent.FullPath
	}
	list := g.GroupMembers
	for after := ""; ; {
		if list == nil {
			return errs.WithRemedy(errs.New(errs.Forbidden, "%s does not show who is in the group %s", f.graphql.Host(), g.FullPath),
				"let the token's account see the members, or leave groups out of the import")
		}
		for _, m := range list.Nodes {
			if m == nil || m.User == nil || m.User.Bot {
				continue
			}
			u := m.User
			uid, ok := localID(u.ID, "User")
			if !ok || !wire.IsName(u.Username) {
				return errs.New(errs.Unavailable, "%s named a member %q, who can be none", f.graphql.Host(), wire.Line(u.Username, 200))
			}
			t.Members = append(t.Members, u.Username)
			if !people[u.Username] {
				people[u.Username] = true
				org.People = append(org.People, forge.Person{
					ID: uid, Login: u.Username, Name: wire.Line(u.Name, 200), Email: wire.Mail(u.PublicEmail),
					URL: f.base + "/" + wire.Escape(u.Username), Picture: wire.Address(u.AvatarURL), Suspended: u.State != "active",
				})
			}
		}
		next := list.PageInfo
		switch {
		case !next.HasNextPage:
			slices.Sort(t.Members)
			org.Teams = append(org.Teams, t)
			return nil
		case next.EndCursor == "" || next.EndCursor == after || len(list.Nodes) == 0:
			return errs.New(errs.Unavailable, "%s says that its list of members goes on, and not where", f.graphql.Host())
		case len(t.Members) > maxMembers:
			return errs.New(errs.TooLarge, "%s has more than %d members, the limit", g.FullPath, maxMembers)
		}
		after = next.EndCursor
		answer, err := ask[struct{ Group *group }](ctx, f, membersQuery, map[string]any{"group": g.FullPath, "members": after})
		if err != nil {
			return err
		}
		if list = nil; answer.Group != nil {
			list = answer.Group.GroupMembers
		}
	}
}
