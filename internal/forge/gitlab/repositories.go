package gitlab

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"portico/internal/errs"
	"portico/internal/forge"
	"portico/internal/forge/wire"
)

const (
	pageSize       = 50
	maxSome        = 1000
	maxDescription = 4000
	maxTopics      = 100
	maxBlob        = 256 << 10 // bytes of a file that a page brings
)

// smaller are the sizes in which a page is asked for until its answer is small enough.
var smaller = []int{pageSize, 10, 2}

// The cost that GitLab counts for a query stays below the 200 that it permits without credentials.
const (
	projectsOfGroup = `
query($group: ID!, $first: Int!, $after: String, $ids: [ID!], $paths: [String!]!, $files: Boolean!) {
  group(fullPath: $group) {
    projects(includeSubgroups: true, first: $first, after: $after, ids: $ids) {` + projectFields + `}
  }
}`
	projectsOfHost = `
query($membership: Boolean!, $first: Int!, $after: String, $ids: [ID!], $paths: [String!]!, $files: Boolean!) {
  projects(membership: $membership, first: $first, after: $after, ids: $ids) {` + projectFields + `}
}`
	projectFields = `
      count
      pageInfo { hasNextPage endCursor }
      nodes {
        id fullPath description visibility archived isForked lastActivityAt topics
        group { fullPath }
        languages { name share }
        repository {
          empty rootRef
          tree { lastCommit { sha } blobs { nodes { path } pageInfo { hasNextPage } } trees(first: 1) { nodes { path } } }
          blobs(paths: $paths) @include(if: $files) { nodes { path rawSize rawBlob } }
        }
      }
    `
)

type pageInfo struct {
	HasNextPage bool
	EndCursor   string
}

type project struct {
	ID, FullPath, Description, Visibility string
	Archived, IsForked                    bool
	LastActivityAt                        time.Time
	Topics                                []string
	Group                                 *struct{ FullPath string }
	Languages                             []struct {
		Name  string
		Share float64
	}
	Repository *struct {
		Empty   bool
		RootRef string
		Tree    *struct {
			LastCommit *struct{ SHA string }
			Blobs      struct {
				Nodes    []struct{ Path string }
				PageInfo pageInfo
			}
			Trees struct{ Nodes []struct{ Path string } }
		}
		Blobs *struct {
			Nodes []struct {
				Path    string
				RawSize wire.Number
				RawBlob *string
			}
		}
	}
}

type projectList struct {
	Count    int
	PageInfo pageInfo
	Nodes    []*project
}

// projects asks for a page, or for those with the IDs.
func (f *Forge) projects(ctx context.Context, first int, after string, ids []string, files bool) (*projectList, error) {
	variables := map[string]any{"first": first, "paths": f.files, "files": files && len(f.files) > 0}
	if after != "" {
		variables["after"] = after
	}
	if ids != nil {
		variables["ids"] = ids
	}
	query := projectsOfGroup
	if variables["group"] = f.group; f.group == "" {
		delete(variables, "group")
		query, variables["membership"] = projectsOfHost, f.member
	}
	send := func() (*projectsAnswer, error) {
		if f.old.Load() {
			query = strings.Replace(query, " isForked ", " ", 1)
		}
		return ask[projectsAnswer](ctx, f, query, variables)
	}
	answer, err := send()
	if e, ok := asFaults(err); ok && e.unknown("isForked") && !f.old.Swap(true) {
		answer, err = send()
	}
	if err != nil {
		return nil, err
	}
	list := answer.Projects
	if f.group != "" {
		if answer.Group == nil {
			return nil, f.missing()
		}
		list = answer.Group.Projects
	}
	if list == nil || list.Nodes == nil {
		return nil, errs.New(errs.Unavailable, "%s answered with no list of projects", f.graphql.Host())
	}
	return list, nil
}

// projectsAnswer has the list of a group, or of the host.
type projectsAnswer struct {
	Group    *struct{ Projects *projectList }
	Projects *projectList
}

// Repositories returns one page of at most 50, with the contents of Options.Files as they were when it was asked: a push
// in that moment may give a file that is newer than Head. Versions before 17 do not say of a project that it is a fork.
// Languages have shares and no bytes: Bytes are ten-thousandths. Teams is the group that the project is in, whose members
// are the project's.
func (f *Forge) Repositories(ctx context.Context, cursor string) (_ *forge.Page, err error) {
	defer errs.Wrap(&err, "gitlab: projects of %s", f.group)
	if len(cursor) > 2000 || wire.Line(cursor, 2000) != cursor {
		return nil, errs.New(errs.Invalid, "%.40q is no cursor of a listing", cursor)
	}
	var list *projectList
	for _, size := range smaller {
		if list, err = f.projects(ctx, size, cursor, nil, true); !errors.Is(err, wire.ErrTooLarge) {
			break
		}
	}
	if errors.Is(err, wire.ErrTooLarge) {
		list, err = f.projects(ctx, pageSize, cursor, nil, false)
	}
	if err != nil {
		return nil, err
	}
	found := list
	page := &forge.Page{Total: found.Count}
	for _, p := range found.Nodes {
		r, err := f.checked(p)
		if err != nil {
			return nil, err
		}
		page.Repositories = append(page.Repositories, *r)
	}
	if found.PageInfo.HasNextPage {
		if page.Next = found.PageInfo.EndCursor; page.Next == "" || page.Next == cursor || len(found.Nodes) == 0 {
			return nil, errs.New(errs.Unavailable, "%s says that its list goes on, and not where", f.graphql.Host())
		}
	}
	return page, nil
}

// Some asks for 50 at a time, below the group: those that are elsewhere now are gone.
func (f *Forge) Some(ctx context.Context, ids []string) (found []forge.Repository, gone []string, err error) {
	defer errs.Wrap(&err, "gitlab: %d projects of %s", len(ids), f.group)
	if len(ids) > maxSome {
		return nil, nil, errs.New(errs.TooLarge, "%d repositories are more than %d, the limit of one question", len(ids), maxSome)
	}
	for _, id := range ids {
		if !isID(id) {
			return nil, nil, errs.New(errs.Invalid, "%.40q is not the id of a project", id)
		}
	}
	byID := map[string]*forge.Repository{}
	for rest := ids; len(rest) > 0; {
		some := rest[:min(pageSize, len(rest))]
		rest = rest[len(some):]
		if err := f.someOf(ctx, some, byID); err != nil {
			return nil, nil, err
		}
	}
	for _, id := range ids {
		if r := byID[id]; r != nil {
			found = append(found, *r)
		} else {
			gone = append(gone, id)
		}
	}
	return found, gone, nil
}

func (f *Forge) someOf(ctx context.Context, ids []string, into map[string]*forge.Repository) error {
	var gids []string
	for _, id := range ids {
		gids = append(gids, "gid://gitlab/Project/"+id)
	}
	list, err := f.projects(ctx, pageSize, "", gids, true)
	if errors.Is(err, wire.ErrTooLarge) {
		list, err = f.projects(ctx, pageSize, "", gids, false)
	}
	if err != nil {
		return err
	}
	for _, p := range list.Nodes {
		r, err := f.checked(p)
		if err != nil {
			return err
		}
		if !slices.Contains(ids, r.ID) {
			return errs.New(errs.Unavailable, "%s answered with project %s, which nobody asked for", f.graphql.Host(), r.ID)
		}
		into[r.ID] = r
	}
	if list.PageInfo.HasNextPage {
		return errs.New(errs.Unavailable, "%s answered with more projects than were asked for", f.graphql.Host())
	}
	return nil
}

// checked turns what the host says into what can be kept. A path that can be none is an error, for no member can give one.
func (f *Forge) checked(p *project) (*forge.Repository, error) {
	if p == nil {
		return nil, errs.New(errs.Unavailable, "%s left a project out of its list", f.graphql.Host())
	}
	id, ok := localID(p.ID, "Project")
	if !ok || !wire.IsPath(p.FullPath, 2) || !f.owns(p.FullPath) {
		return nil, errs.WithRemedy(errs.New(errs.Unavailable, "%s named a project %q with the id %q, which can be none of %s", f.graphql.Host(),
			wire.Line(p.FullPath, 200), wire.Line(p.ID, 100), f.group), "check that the address is that of a GitLab")
	}
	r := &forge.Repository{
		ID: id, Name: p.FullPath, URL: f.base + "/" + wire.Escape(p.FullPath), CloneURL: f.base + "/" + wire.Escape(p.FullPath) + ".git",
		Description: wire.Text(p.Description, maxDescription), HeadUnknown: true, Stamp: p.LastActivityAt.UTC().Format(time.RFC3339Nano),
		Archived: p.Archived, Fork: p.IsForked, Visibility: "private", PushedAt: p.LastActivityAt,
	}
	if p.Visibility == "public" || p.Visibility == "internal" {
		r.Visibility = p.Visibility
	}
	for _, t := range p.Topics[:min(len(p.Topics), maxTopics)] {
		if t = wire.Line(t, 100); t != "" {
			r.Topics = append(r.Topics, t)
		}
	}
	for _, l := range p.Languages[:min(len(p.Languages), maxTopics)] {
		if name := wire.Line(l.Name, 100); name != "" && l.Share > 0 && l.Share <= 100 {
			r.Languages = append(r.Languages, forge.Language{Name: name, Bytes: int64(l.Share * 100)})
		}
	}
	slices.SortStableFunc(r.Languages, func(a, b forge.Language) int { return int(b.Bytes - a.Bytes) })
	if p.Group != nil && wire.IsPath(p.Group.FullPath, 1) {
		r.Teams = []forge.Access{{Team: p.Group.FullPath, Permission: "write"}}
	}
	f.glance(p, r)
	return r, nil
}

// glance reads what came of the repository. Whoever may not see the code is given none of it, and Head stays unknown.
func (f *Forge) glance(p *project, r *forge.Repository) {
	repo := p.Repository
	if repo == nil {
		return
	}
	r.DefaultBranch = wire.Branch(repo.RootRef)
	if repo.Empty {
		r.HeadUnknown = false
		return
	}
	if repo.Tree == nil || repo.Tree.LastCommit == nil {
		return
	}
	if r.Head = wire.Commit(repo.Tree.LastCommit.SHA); r.Head == "" {
		return
	}
	r.HeadUnknown = false
	if repo.Blobs == nil {
		return
	}
	// Whole where there is no folder, and no more names than came.
	g := &forge.Glance{Whole: !repo.Tree.Blobs.PageInfo.HasNextPage && len(repo.Tree.Trees.Nodes) == 0}
	at := map[string]int{}
	add := func(path string) int {
		i, ok := at[path]
		if !ok {
			i = len(g.Files)
			at[path] = i
			g.Files = append(g.Files, forge.GlanceFile{Path: path})
		}
		return i
	}
	for _, b := range repo.Tree.Blobs.Nodes {
		if wire.IsFile(b.Path) {
			add(b.Path)
		}
	}
	for _, b := range repo.Blobs.Nodes {
		if !slices.Contains(f.files, b.Path) || !wire.IsFile(b.Path) {
			continue
		}
		file := &g.Files[add(b.Path)]
		file.Size = int64(b.RawSize)
		if b.RawBlob != nil && len(*b.RawBlob) <= maxBlob {
			file.Data = []byte(*b.RawBlob)
			file.Size = max(file.Size, int64(len(file.Data)))
		}
	}
	r.Glance = g
}
