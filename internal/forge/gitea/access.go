package gitea

import (
	"context"
	"fmt"
	"sync"
	"time"

	"portico/internal/errs"
	"portico/internal/forge"
	"portico/internal/forge/wire"
)

const (
	accessFor      = time.Hour // what is known of teams is kept so long
	maxAccessTeams = 200       // that are asked for one by one
	maxTeamRepos   = 20_000
)

// access is which teams may write to which repositories. Gitea says it of one repository, or of one team, at a time; asked
// by teams it is one request for the list and one for each 50 repositories of a team that has not all. The owners of an
// organisation are left out: they may write to everything, which says nothing of any one repository.
type access struct {
	all []forge.Access
	one map[int64][]forge.Access
}

// of is nil where it is not known.
func (a *access) of(repository int64) []forge.Access {
	if a == nil {
		return nil
	}
	return append(append([]forge.Access{}, a.all...), a.one[repository]...)
}

// accessCache keeps an access for a while, and that it is not to be known as well.
type accessCache struct {
	now func() time.Time

	mu    sync.Mutex
	known *access
	until time.Time
}

// get returns nil where the account is a user, where the token may not know, and where there are too many teams to ask.
// Errors: those after which asking for anything else is of no use.
func (c *accessCache) get(ctx context.Context, f *Forge) (*access, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.now().Before(c.until) {
		return c.known, nil
	}
	known, err := readAccess(ctx, f)
	switch {
	case errs.Is(err, errs.NotFound), errs.Is(err, errs.Forbidden), errs.Is(err, errs.TooLarge):
		known = nil
	case err != nil:
		return nil, err
	}
	c.known, c.until = known, c.now().Add(accessFor)
	return known, nil
}

func readAccess(ctx context.Context, f *Forge) (*access, error) {
	if f.user.Load() {
		return nil, nil
	}
	teams, err := list[team](ctx, f, "/orgs/"+f.owner+"/teams", maxTeams)
	if err != nil {
		return nil, err
	}
	a := &access{one: map[int64][]forge.Access{}}
	asked := 0
	for _, t := range teams {
		permission := t.mayWrite()
		if permission == "" || !wire.IsName(t.Name) || t.ID <= 0 {
			continue
		}
		may := forge.Access{Team: t.slug(), Permission: permission}
		if t.All {
			a.all = append(a.all, may)
			continue
		}
		if asked++; asked > maxAccessTeams {
			return nil, errs.New(errs.TooLarge, "%s has more than %d teams with repositories of their own", f.owner, maxAccessTeams)
		}
		repositories, err := list[struct{ ID int64 }](ctx, f, fmt.Sprintf("/teams/%d/repos", t.ID), maxTeamRepos)
		if err != nil {
			return nil, err
		}
		for _, r := range repositories {
			a.one[r.ID] = append(a.one[r.ID], may)
		}
	}
	return a, nil
}

// mayWrite is the permission for code: "admin", "write" or "", as it is for the owners. A team has one for each unit of a
// repository, and the general one stands for those that say nothing.
func (t *team) mayWrite() string {
	permission := t.Permission
	if unit := t.Units["repo.code"]; unit != "" && permission != "admin" {
		permission = unit
	}
	if permission == "admin" || permission == "write" {
		return permission
	}
	return ""
}
