package gitea

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"portico/internal/errs"
	"portico/internal/forge"
	"portico/internal/forge/wire"
)

const (
	maxTeams   = 5000
	maxMembers = 50_000 // of an organisation, or of a team
)

type team struct {
	ID          int64             `json:"id"`
	Name        string            `json:"name"`
	Description string            `json:"description"`
	Permission  string            `json:"permission"`
	Units       map[string]string `json:"units_map"`
	All         bool              `json:"includes_all_repositories"`
}

// slug is the name in addresses; within an organisation no two differ by case alone.
func (t *team) slug() string { return strings.ToLower(t.Name) }

// Organization returns teams and members of an organisation: one request for each 50 teams, one for each 50 members, and
// at least one a team for who is in it. Gitea shows the members of a team to those who are in it and to the owners of the
// organisation alone; a team that does not show them is an error of all, for nobody is to take it for empty. Of a user it
// returns that person.
func (f *Forge) Organization(ctx context.Context) (_ *forge.Organization, err error) {
	defer errs.Wrap(&err, "gitea: teams of %s", f.owner)
	members, err := list[user](ctx, f, "/orgs/"+f.owner+"/members", maxMembers)
	if errs.Is(err, errs.NotFound) {
		return f.person(ctx, err)
	}
	if err != nil {
		return nil, err
	}
	org := &forge.Organization{}
	people := map[string]bool{}
	add := func(u *user) (string, bool) {
		p, ok := f.checkedPerson(u)
		if ok && !people[p.Login] {
			people[p.Login] = true
			org.People = append(org.People, p)
		}
		return p.Login, ok
	}
	for i := range members {
		add(&members[i])
	}
	teams, err := list[team](ctx, f, "/orgs/"+f.owner+"/teams", maxTeams)
	if err != nil {
		return nil, f.missing(err)
	}
	if len(teams) == 0 {
		// That of its owners cannot be deleted.
		return nil, errs.WithRemedy(errs.New(errs.Unavailable, "%s answered with no team of %s, which no organisation is without", f.api.Host(), f.owner), "it is tried again")
	}
	for _, t := range teams {
		if !wire.IsName(t.Name) || t.ID <= 0 {
			return nil, errs.New(errs.Unavailable, "%s named a team %q, which can be none", f.api.Host(), wire.Line(t.Name, 200))
		}
		in, err := list[user](ctx, f, fmt.Sprintf("/teams/%d/members", t.ID), maxMembers)
		if errs.Is(err, errs.Forbidden) {
			return nil, errs.WithRemedy(errs.Public(errs.Forbidden, fmt.Sprintf("%s does not show who is in the team %s", f.api.Host(), t.Name), err),
				"make the token's account an owner of the organisation, or leave teams out of the import")
		}
		if err != nil {
			return nil, err
		}
		out := forge.Team{
			ID: fmt.Sprint(t.ID), Slug: t.slug(), Name: t.Name, Description: wire.Text(t.Description, maxDescription),
			URL: f.base + "/org/" + f.owner + "/teams/" + wire.Escape(t.slug()), Members: []string{},
		}
		for i := range in {
			if login, ok := add(&in[i]); ok {
				out.Members = append(out.Members, login)
			}
		}
		slices.Sort(out.Members)
		org.Teams = append(org.Teams, out)
	}
	return org, nil
}

// person is the organisation of a user. refused is why it is none.
func (f *Forge) person(ctx context.Context, refused error) (*forge.Organization, error) {
	var u user
	if _, err := f.api.Get(ctx, "/users/"+f.owner, &u); err != nil {
		return nil, f.missing(err)
	}
	// An organisation is among the users, too. Only a user has no page there.
	if _, err := f.api.Get(ctx, "/orgs/"+f.owner, nil); !errs.Is(err, errs.NotFound) {
		return nil, f.missing(refused)
	}
	p, ok := f.checkedPerson(&u)
	if !ok || !strings.EqualFold(p.Login, f.owner) {
		return nil, f.missing(refused)
	}
	return &forge.Organization{People: []forge.Person{p}}, nil
}

func (f *Forge) checkedPerson(u *user) (forge.Person, bool) {
	if u.ID <= 0 || !wire.IsName(u.Login) {
		return forge.Person{}, false
	}
	return forge.Person{
		ID: fmt.Sprint(u.ID), Login: u.Login, Name: wire.Line(u.FullName, 200), Email: wire.Mail(u.Email),
		URL: f.base + "/" + wire.Escape(u.Login), Picture: wire.Address(u.AvatarURL), Suspended: u.ProhibitLogin,
	}, true
}

// list reads all pages of a list, of at most most items.
func list[T any](ctx context.Context, f *Forge, path string, most int) ([]T, error) {
	var all []T
	for page := 1; ; page++ {
		var items []T
		header, err := f.api.Get(ctx, fmt.Sprintf("%s?limit=%d&page=%d", path, pageSize, page), &items)
		if err != nil {
			return nil, err
		}
		all = append(all, items...)
		total, err := strconv.Atoi(header.Get("X-Total-Count"))
		if err != nil || total < 0 {
			total = -1
		}
		switch {
		case len(all) > most || page > most:
			return nil, errs.New(errs.TooLarge, "%s at %s is longer than %d, the limit", path, f.api.Host(), most)
		case !more(header, total, len(items)):
			return all, nil
		}
	}
}
