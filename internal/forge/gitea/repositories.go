package gitea

import (
	"context"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"portico/internal/errs"
	"portico/internal/forge"
	"portico/internal/forge/wire"
)

const (
	pageSize = 50 // what Gitea gives at most, unless its operator says otherwise
	maxPages = 4000
	maxSome  = 1000
	atOnce   = 4 // requests for repositories one by one
)

// place is where a listing stands. The list is in the order of IDs and counted in pages, so one that goes from an earlier
// page moves those behind it forward, over the edge of what was read. That is seen by the total, which falls: then as many
// pages are read once more as may have been touched. Whoever lists sees those twice.
type place struct {
	page, total, steps int
}

func (p place) String() string { return fmt.Sprintf("%d.%d.%d", p.page, p.total, p.steps) }

func parsePlace(cursor string) (place, error) {
	if cursor == "" {
		return place{page: 1, total: -1}, nil
	}
	parts := strings.Split(cursor, ".")
	var n [3]int
	for i := range n {
		var err error
		if len(parts) == len(n) {
			n[i], err = strconv.Atoi(parts[i])
		}
		if len(parts) != len(n) || err != nil || n[i] < -1 || n[i] > 1<<30 {
			return place{}, errs.New(errs.Invalid, "%.40q is no cursor of a listing", cursor)
		}
	}
	if n[0] < 1 {
		return place{}, errs.New(errs.Invalid, "%.40q is no cursor of a listing", cursor)
	}
	return place{n[0], n[1], n[2]}, nil
}

// Repositories returns one page of 50. Total counts those, too, that the token may not see.
func (f *Forge) Repositories(ctx context.Context, cursor string) (_ *forge.Page, err error) {
	defer errs.Wrap(&err, "gitea: repositories of %s", f.owner)
	at, err := parsePlace(cursor)
	if err != nil {
		return nil, err
	}
	list, header, err := f.page(ctx, at.page)
	if err != nil {
		return nil, f.missing(err)
	}
	access, err := f.access.get(ctx, f)
	if err != nil {
		return nil, err
	}
	page := &forge.Page{Total: -1}
	for i := range list {
		if !f.owns(&list[i]) {
			continue
		}
		r, err := f.checked(&list[i])
		if err != nil {
			return nil, err
		}
		r.Stamp, r.Teams = settled(r.Stamp, header), access.of(list[i].ID)
		page.Repositories = append(page.Repositories, r)
	}
	if total, err := strconv.Atoi(header.Get("X-Total-Count")); err == nil && total >= 0 {
		page.Total = total
	}
	if len(list) == 0 {
		// Gitea answers so, too, where the token may see nothing, even of a private organisation.
		if err := f.exists(ctx); err != nil {
			return nil, err
		}
		if at.page == 1 && page.Total > 0 {
			return nil, errs.WithRemedy(errs.New(errs.Forbidden, "%s has %d repositories of %s and shows none of them", f.api.Host(), page.Total, f.owner),
				"let the token's account read them, as a member of a team that may")
		}
	}
	next := place{page: at.page + 1, total: page.Total, steps: at.steps + 1}
	switch fell := at.total - page.Total; {
	case next.steps > maxPages:
		return nil, errs.New(errs.Unavailable, "the list of repositories at %s does not end: %d pages were read", f.api.Host(), maxPages)
	case at.page > 1 && page.Total >= 0 && fell > 0:
		next.page = max(1, at.page-(fell+pageSize-1)/pageSize)
	case !more(header, page.Total, len(list)):
		return page, nil
	}
	page.Next = next.String()
	return page, nil
}

// page asks for an organisation, and where there is none for a user.
func (f *Forge) page(ctx context.Context, n int) (list []repository, header http.Header, err error) {
	ask := func(kind string) error {
		header, err = f.api.Get(ctx, fmt.Sprintf("/%s/%s/repos?limit=%d&page=%d", kind, f.owner, pageSize, n), &list)
		if err == nil && list == nil {
			err = errs.New(errs.Unavailable, "%s answered with no list", f.api.Host())
		}
		return err
	}
	if !f.user.Load() {
		if err := ask("orgs"); !errs.Is(err, errs.NotFound) {
			return list, header, err
		}
		if err := f.exists(ctx); err != nil {
			return nil, nil, err
		}
		f.user.Store(true)
	}
	err = ask("users")
	return list, header, err
}

// settled is the stamp of a repository in an answer. The host's times have whole seconds, and a push that follows another
// in the same second would not move it: what changed in the moment of the answer gets a stamp that does not come again.
func settled(stamp string, header http.Header) string {
	updated, err := time.Parse(time.RFC3339, stamp)
	asked, unknown := http.ParseTime(header.Get("Date"))
	if err != nil || unknown != nil || asked.Sub(updated) > 2*time.Second {
		return stamp
	}
	return stamp + ", seen " + asked.UTC().Format(time.RFC3339)
}

// more reports whether another page follows, as the host says. The address that it names for it is not used. Where a proxy
// took the headers away, only an empty page is the end.
func more(header http.Header, total, got int) bool {
	if link := strings.Join(header.Values("Link"), ","); link != "" {
		return strings.Contains(link, `rel="next"`)
	}
	return total < 0 && got > 0
}

// Some asks for each with its branch. PushedAt is the time of the
// branch's commit, which is as near as Gitea comes.
func (f *Forge) Some(ctx context.Context, ids []string) (found []forge.Repository, gone []string, err error) {
	defer errs.Wrap(&err, "gitea: %d repositories of %s", len(ids), f.owner)
	if len(ids) > maxSome {
		return nil, nil, errs.New(errs.TooLarge, "%d repositories are more than %d, the limit of one question", len(ids), maxSome)
	}
	access, err := f.access.get(ctx, f)
	if err != nil {
		return nil, nil, err
	}
	results := make([]*forge.Repository, len(ids))
	g, gctx := errgroup.WithContext(ctx)
	g.SetLimit(atOnce)
	for i, id := range ids {
		g.Go(func() error {
			r, err := f.one(gctx, id)
			if errs.Is(err, errs.NotFound) {
				return nil
			}
			results[i] = r
			return err
		})
	}
	if err := g.Wait(); err != nil {
		return nil, nil, err
	}
	for i, id := range ids {
		if results[i] != nil {
			r := results[i]
			n, _ := strconv.ParseInt(id, 10, 64)
			r.Teams = access.of(n)
			found = append(found, *r)
		} else {
			gone = append(gone, id)
		}
	}
	if len(gone) > 0 {
		// A token that lost its rights is told of every repository that there is none.
		if err := f.exists(ctx); err != nil {
			return nil, nil, err
		}
	}
	return found, gone, nil
}

// one returns nil for a repository that is not the account's.
func (f *Forge) one(ctx context.Context, id string) (*forge.Repository, error) {
	if n, err := strconv.ParseInt(id, 10, 64); err != nil || n <= 0 {
		return nil, errs.New(errs.Invalid, "%.40q is not the id of a repository", id)
	}
	var r repository
	if _, err := f.api.Get(ctx, "/repositories/"+id, &r); err != nil {
		return nil, err
	}
	if fmt.Sprint(r.ID) != id {
		return nil, errs.New(errs.Unavailable, "%s was asked for repository %s and answered with %d", f.api.Host(), id, r.ID)
	}
	if !f.owns(&r) {
		return nil, nil
	}
	out, err := f.checked(&r)
	if err != nil {
		return nil, err
	}
	if !r.Empty && out.DefaultBranch != "" {
		commit, at, err := f.branch(ctx, out.Name, out.DefaultBranch)
		switch {
		case errs.Is(err, errs.NotFound):
			// Its default branch was deleted, or it went this moment; the next listing says which.
		case err != nil:
			return nil, err
		default:
			out.Head, out.PushedAt, out.HeadUnknown = commit, at, false
		}
	}
	return &out, nil
}

func (f *Forge) branch(ctx context.Context, name, branch string) (commit string, at time.Time, err error) {
	var b struct {
		Commit struct {
			ID        string    `json:"id"`
			Timestamp time.Time `json:"timestamp"`
		} `json:"commit"`
	}
	if _, err := f.api.Get(ctx, "/repos/"+wire.Escape(name)+"/branches/"+wire.Escape(branch), &b); err != nil {
		return "", time.Time{}, err
	}
	if commit = wire.Commit(b.Commit.ID); commit == "" {
		return "", time.Time{}, errs.New(errs.Unavailable, "%s gave no commit for the branch %s of %s", f.api.Host(), branch, name)
	}
	return commit, b.Commit.Timestamp, nil
}
