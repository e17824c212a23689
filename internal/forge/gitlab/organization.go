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
	DescendantGroups                           *struct {
		PageInfo pageInfo
		Nodes    []*group
	}
}

// Organization returns the group itself and those below it as teams, with their direct members: one request for each 50
// groups, and one more for each 100 members of a group past the first 100. Bots of tokens are no people. An e-mail address
// is there only where somebody made it public.
func (f *Forge) Organization(ctx context.Context) (_ *forge.Organization, err error) {
	defer errs.Wrap(&err, "gitlab: groups of %s", f.group)
	org := &forge.Organization{}
	people := map[string]bool{}
	for after := ""; ; {
		variables := map[string]any{"group": f.group}
		if after != "" {
			variables["after"] = after
		}
		answer, err := ask[struct{ Group *group }](ctx, f, groupsQuery, variables)
		if err != nil {
			return nil, err
		}
		top := answer.Group
		if top == nil {
			return nil, f.missing()
		}
		if top.DescendantGroups == nil {
			return nil, errs.New(errs.Unavailable, "%s does not show the groups below %s", f.graphql.Host(), f.group)
		}
		groups := top.DescendantGroups.Nodes
		if after == "" {
			groups = append([]*group{top}, groups...)
		}
		for _, g := range groups {
			if err := f.team(ctx, org, people, g); err != nil {
				return nil, err
			}
		}
		next := top.DescendantGroups.PageInfo
		switch {
		case !next.HasNextPage:
			return org, nil
		case next.EndCursor == "" || next.EndCursor == after || len(top.DescendantGroups.Nodes) == 0:
			return nil, errs.New(errs.Unavailable, "%s says that its list of groups goes on, and not where", f.graphql.Host())
		case len(org.Teams) > maxGroups:
			return nil, errs.New(errs.TooLarge, "%s has more than %d groups, the limit", f.group, maxGroups)
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
