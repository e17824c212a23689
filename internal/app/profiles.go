package app

import (
	"context"
	"encoding/json"
	"strings"

	"portico/internal/catalog/index"
	"portico/internal/identity"
	"portico/internal/identity/backstage"
	"portico/internal/identity/me"
	"portico/internal/identity/policy"
)

// profiles tell of people what they may see themselves: a team that policies hide from its own members is not named to
// them, although what it may do counts for them.
type profiles struct {
	index    *index.Index
	policies *policy.Engine
}

// member is a User entity as a reader sees it.
type member struct {
	displayName, email, picture string
	teams                       []string // refs, in the order of the entity
}

func memberOf(doc *index.Doc) (m member, ok bool) {
	if doc == nil {
		return m, false
	}
	var u user
	if json.Unmarshal(doc.JSON(), &u) == nil {
		m.displayName, m.email, m.picture = u.named(doc.Ref()).DisplayName, u.Spec.Profile.Email, u.Spec.Profile.Picture
	}
	for _, rel := range doc.Relations() {
		if rel.Type == "memberOf" {
			m.teams = append(m.teams, rel.TargetRef)
		}
	}
	return m, true
}

// mine tells whoever makes a request what the catalog knows of them.
func (p profiles) mine(ctx context.Context, ref string) me.Profile {
	about := me.Profile{Ref: ref, Teams: []string{}, Owns: []me.Owned{}}
	snap, seen := p.index.Snapshot(), guard{p.policies}.Seen(ctx)
	m, ok := memberOf(snap.ByRef(ref, seen))
	if !ok {
		return about
	}
	about.DisplayName, about.Email, about.InCatalog = m.displayName, m.email, true
	about.Teams = append(about.Teams, m.teams...)
	var owners []string
	for _, owner := range append([]string{ref}, m.teams...) {
		if !strings.ContainsAny(owner, ", \t\r\n") {
			owners = append(owners, "relations.ownedBy="+owner)
		}
	}
	filter, err := index.ParseFilters(owners)
	if err != nil {
		return about
	}
	for _, v := range snap.Facets([]string{"kind"}, index.Filters{Filter: filter}, seen)[0].Values {
		about.Owns = append(about.Owns, me.Owned{Kind: strings.ToLower(v.Value), Count: v.Count})
	}
	return about
}

// Profile implements backstage.Directory. Who asks may be the user's own token, which says no more than the user sees.
func (p profiles) Profile(ref string) backstage.Profile {
	about := backstage.Profile{Ownership: []string{ref}}
	m, ok := memberOf(p.index.Snapshot().ByRef(ref, guard{p.policies}.seenBy(identity.PersonSubject(ref))))
	if !ok {
		return about
	}
	about.DisplayName, about.Email, about.Picture = m.displayName, m.email, m.picture
	for _, team := range m.teams {
		if strings.HasPrefix(team, "group:") {
			about.Ownership = append(about.Ownership, team)
		}
	}
	return about
}
