package githubtest

import (
	"context"
	"encoding/base64"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"
	"unicode/utf8"

	graphql "github.com/graph-gophers/graphql-go"
)

// anyNode is a Node.
type anyNode struct {
	ID   graphql.ID
	repo *repository
	team *team
	acc  *owner
}

func (n *anyNode) ToRepository() (*repository, bool) { return n.repo, n.repo != nil }
func (n *anyNode) ToTeam() (*team, bool)             { return n.team, n.team != nil }
func (n *anyNode) ToUser() (*person, bool) {
	if n.acc == nil || n.acc.person == nil {
		return nil, false
	}
	return &person{*n.acc}, true
}
func (n *anyNode) ToOrganization() (*org, bool) {
	if n.acc == nil || n.acc.person != nil {
		return nil, false
	}
	return &org{*n.acc}, true
}

// node finds what has an id and may be seen.
func (q *asked) node(id graphql.ID) (*anyNode, error) {
	for _, r := range q.g.repositories {
		if r.node() == string(id) && q.g.sees(q.a, r) {
			return &anyNode{ID: id, repo: &repository{q, r}}, nil
		}
	}
	for _, t := range q.g.allTeams() {
		if t := (&team{q, t}); t.ID() == id {
			return &anyNode{ID: id, team: t}, nil
		}
	}
	for _, p := range q.g.people {
		if o := q.owner(p.Login); o.ID() == id {
			return &anyNode{ID: id, acc: o}, nil
		}
	}
	for _, login := range q.g.organizations {
		if o := q.owner(login); o.ID() == id {
			return &anyNode{ID: id, acc: o}, nil
		}
	}
	return nil, unresolved("a node", fmt.Sprintf("global id of '%s'", id))
}

// owner is a RepositoryOwner: an organisation where it is no person.
type owner struct {
	q      *asked
	login  string
	person *Person
}

func (q *asked) owner(login string) *owner {
	if p := q.g.person(login); p != nil {
		return &owner{q, p.Login, p}
	}
	if name, ok := q.g.organizations[strings.ToLower(login)]; ok {
		return &owner{q, name, nil}
	}
	for _, p := range q.g.people {
		for name := range p.Organizations {
			if strings.EqualFold(name, login) {
				return &owner{q, name, nil}
			}
		}
	}
	return nil
}

func (o *owner) id() int64 {
	if o.person != nil {
		return o.person.ID
	}
	return number(o.login)
}

func (o *owner) ID() graphql.ID {
	if o.person != nil {
		return graphql.ID(node("U", o.id()))
	}
	return graphql.ID(node("O", o.id()))
}
func (o *owner) Login() string { return o.login }
func (o *owner) URL() scalar   { return scalar(o.q.g.base + "/" + url.PathEscape(o.login)) }
func (o *owner) AvatarURL(struct{ Size *int32 }) scalar {
	return scalar(fmt.Sprintf("%s/avatars/u/%d?v=4", o.q.g.base, o.id()))
}
func (o *owner) ToOrganization() (*org, bool) { return &org{*o}, o.person == nil }
func (o *owner) ToUser() (*person, bool)      { return &person{*o}, o.person != nil }

type order struct{ Direction, Field string }

type connection[T any] struct {
	Nodes      *[]T // nil is what GitHub calls null
	PageInfo   pageInfo
	TotalCount int32
}

func connect[T, N any](list []T, after *string, first *int32, key func(T) string, as func(T) N) (connection[N], error) {
	some, info, err := part(list, after, first, key)
	nodes := []N{}
	for _, v := range some {
		nodes = append(nodes, as(v))
	}
	return connection[N]{Nodes: &nodes, PageInfo: info, TotalCount: int32(len(list))}, err
}

// Repositories are in the order in which they were made, whatever is asked for.
func (o *owner) Repositories(args struct {
	After             *string
	First             *int32
	OrderBy           *order
	OwnerAffiliations []*string
}) (connection[*repository], error) {
	var list []*Repository
	for _, r := range o.q.g.repositories {
		if strings.EqualFold(r.Owner, o.login) && o.q.g.sees(o.q.a, r) {
			list = append(list, r)
		}
	}
	return connect(list, args.After, args.First, func(r *Repository) string { return fmt.Sprintf("%020d", r.id) }, func(r *Repository) *repository { return &repository{o.q, r} })
}

type org struct{ owner }

func (o *org) Name() *string { return &o.login }

func (o *org) MembersWithRole(args struct {
	After *string
	First *int32
}) (connection[*person], error) {
	if !o.q.a.has("read:org") {
		return connection[*person]{}, refusal{"INSUFFICIENT_SCOPES", "Your token has not been granted the required scopes to execute this query. The 'membersWithRole' field requires one of the following scopes: ['read:org']."}
	}
	list := slices.DeleteFunc(slices.Clone(o.q.g.people), func(p *Person) bool { return p.Organizations[o.login] != "active" })
	return connect(byLogin(list), args.After, args.First, personKey, o.q.person)
}

func personKey(p *Person) string { return strings.ToLower(p.Login) }

func byLogin(list []*Person) []*Person {
	slices.SortFunc(list, func(a, b *Person) int { return strings.Compare(personKey(a), personKey(b)) })
	return list
}

func (q *asked) person(p *Person) *person { return &person{owner{q, p.Login, p}} }

func (o *org) Teams(args struct {
	After   *string
	First   *int32
	OrderBy *order
}) (connection[*team], error) {
	if !o.q.a.has("read:org") {
		return connection[*team]{}, refusal{"INSUFFICIENT_SCOPES", "Your token has not been granted the required scopes to execute this query. The 'teams' field requires one of the following scopes: ['read:org']."}
	}
	list := slices.DeleteFunc(o.q.g.allTeams(), func(t Team) bool { return !strings.EqualFold(t.Organization, o.login) })
	return connect(list, args.After, args.First, func(t Team) string { return t.Slug }, func(t Team) *team { return &team{o.q, t} })
}

// allTeams are those that were added and those that people are in, by slug.
func (g *GitHub) allTeams() []Team {
	list := slices.Clone(g.teams)
	for _, p := range g.people {
		for _, name := range p.Teams {
			login, slug, _ := strings.Cut(name, "/")
			if !slices.ContainsFunc(list, func(t Team) bool { return strings.EqualFold(t.Organization, login) && t.Slug == slug }) {
				list = append(list, Team{Organization: login, Slug: slug, Name: slug})
			}
		}
	}
	slices.SortFunc(list, func(a, b Team) int {
		return strings.Compare(a.Slug+"/"+a.Organization, b.Slug+"/"+b.Organization)
	})
	return list
}

type team struct {
	q *asked
	t Team
}

func (t *team) full() string                           { return t.t.Organization + "/" + t.t.Slug }
func (t *team) ID() graphql.ID                         { return graphql.ID(node("T", number(t.full()))) }
func (t *team) Slug() string                           { return t.t.Slug }
func (t *team) Name() string                           { return t.t.Name }
func (t *team) AvatarURL(struct{ Size int32 }) *scalar { return nil }
func (t *team) URL() scalar {
	return scalar(t.q.g.base + "/orgs/" + url.PathEscape(t.t.Organization) + "/teams/" + url.PathEscape(t.t.Slug))
}
func (t *team) Description() *string {
	if t.t.Description == "" {
		return nil
	}
	return &t.t.Description
}
func (t *team) ParentTeam() *team {
	for _, o := range t.q.g.allTeams() {
		if t.t.Parent != "" && o.Slug == t.t.Parent && o.Organization == t.t.Organization {
			return &team{t.q, o}
		}
	}
	return nil
}

func (t *team) Members(args struct {
	After      *string
	First      *int32
	Membership string
}) (connection[*person], error) {
	slugs := map[string]bool{t.t.Slug: args.Membership != "CHILD_TEAM"}
	if args.Membership != "IMMEDIATE" {
		for range t.q.g.allTeams() { // as deep as there are teams
			for _, o := range t.q.g.allTeams() {
				if _, below := slugs[o.Parent]; below && o.Organization == t.t.Organization && o.Slug != t.t.Slug {
					slugs[o.Slug] = true
				}
			}
		}
	}
	list := slices.DeleteFunc(slices.Clone(t.q.g.people), func(p *Person) bool {
		return !slices.ContainsFunc(p.Teams, func(name string) bool {
			login, slug, _ := strings.Cut(name, "/")
			return strings.EqualFold(login, t.t.Organization) && slugs[slug]
		})
	})
	return connect(byLogin(list), args.After, args.First, personKey, t.q.person)
}

type teamRepositories struct {
	Edges      *[]*teamRepository
	PageInfo   pageInfo
	TotalCount int32
}

type teamRepository struct {
	Node       *repository
	Permission string
}

func (t *team) Repositories(args struct {
	After *string
	First *int32
}) (teamRepositories, error) {
	var list []*Repository
	for _, r := range t.q.g.repositories {
		if strings.EqualFold(r.Owner, t.t.Organization) && r.Teams[t.t.Slug] != "" && t.q.g.sees(t.q.a, r) {
			list = append(list, r)
		}
	}
	some, info, err := part(list, args.After, args.First, func(r *Repository) string { return fmt.Sprintf("%020d", r.id) })
	edges := []*teamRepository{}
	for _, r := range some {
		edges = append(edges, &teamRepository{&repository{t.q, r}, r.Teams[t.t.Slug]})
	}
	return teamRepositories{&edges, info, int32(len(list))}, err
}

type person struct{ owner }

// DatabaseID is the number that REST calls id.
func (p *person) DatabaseID() *int32 {
	n := int32(p.id())
	return &n
}

func (p *person) Name() *string {
	if p.person.Name == "" {
		return nil
	}
	return &p.person.Name
}

func (p *person) SuspendedAt() *scalar {
	if !p.person.Suspended {
		return nil
	}
	s := scalar(made)
	return &s
}

// Email is the one that a person shows: the primary one of the stand-in's people.
func (p *person) Email() (string, error) {
	if !p.q.a.has("user:email", "read:user") {
		return "", refusal{"INSUFFICIENT_SCOPES", "Your token has not been granted the required scopes to execute this query. The 'email' field requires one of the following scopes: ['user:email', 'read:user']."}
	}
	for _, e := range p.person.Emails {
		if e.Primary {
			return e.Address, nil
		}
	}
	return "", nil
}

func (p *person) OrganizationVerifiedDomainEmails(args struct{ Login string }) ([]string, error) {
	list := []string{}
	domain := p.q.g.verified[strings.ToLower(args.Login)]
	for _, e := range p.person.Emails {
		if e.Verified && domain != "" && strings.HasSuffix(e.Address, "@"+domain) {
			list = append(list, e.Address)
		}
	}
	return list, nil
}

type repository struct {
	q *asked
	r *Repository
}

func (r *repository) ID() graphql.ID        { return graphql.ID(r.r.node()) }
func (r *repository) DatabaseID() *int32    { id := int32(r.r.id); return &id }
func (r *repository) Name() string          { return r.r.Name }
func (r *repository) NameWithOwner() string { return r.r.full() }
func (r *repository) Description() *string {
	if r.r.Description == "" {
		return nil
	}
	return &r.r.Description
}
func (r *repository) IsArchived() bool   { return r.r.Archived }
func (r *repository) IsDisabled() bool   { return false }
func (r *repository) IsEmpty() bool      { return r.r.head() == nil }
func (r *repository) IsFork() bool       { return r.r.Fork }
func (r *repository) Visibility() string { return strings.ToUpper(r.r.Visibility) }
func (r *repository) Owner() *owner      { return r.q.owner(r.r.Owner) }
func (r *repository) URL() scalar        { return scalar(r.q.g.base + "/" + r.r.full()) }
func (r *repository) UpdatedAt() scalar  { return when(r.r.updated) }
func (r *repository) PushedAt() *scalar  { s := when(r.r.pushed); return &s }

type (
	named     struct{ Name string }
	topic     struct{ Topic named }
	topicList struct{ Nodes *[]*topic }
	langEdge  struct {
		Node named
		Size int32
	}
	langList struct{ Edges *[]*langEdge }
)

func (r *repository) RepositoryTopics(args struct{ First *int32 }) (topicList, error) {
	some, _, err := part(r.r.Topics, nil, args.First, func(s string) string { return s })
	list := []*topic{}
	for _, t := range some {
		list = append(list, &topic{named{t}})
	}
	return topicList{&list}, err
}

func (r *repository) Languages(args struct {
	First   *int32
	OrderBy *order
}) (*langList, error) {
	names := slices.Collect(maps.Keys(r.r.Languages))
	slices.SortFunc(names, func(a, b string) int { return int(r.r.Languages[b] - r.r.Languages[a]) })
	some, _, err := part(names, nil, args.First, func(s string) string { return s })
	list := []*langEdge{}
	for _, n := range some {
		list = append(list, &langEdge{named{n}, int32(r.r.Languages[n])})
	}
	return &langList{&list}, err
}

type ref struct {
	ID           graphql.ID
	Name, Prefix string
	Target       *gitObject
}

func (r *repository) branch(name string) *ref {
	c := r.r.commits[r.r.branches[name]]
	if c == nil {
		return nil
	}
	id := base64.StdEncoding.EncodeToString(fmt.Appendf(nil, "Ref%d:%s", r.r.id, name))
	return &ref{graphql.ID(id), name, "refs/heads/", &gitObject{c: c}}
}

func (r *repository) DefaultBranchRef() *ref { return r.branch(r.r.Branch) }

func (r *repository) Ref(args struct{ QualifiedName string }) *ref {
	name, ok := strings.CutPrefix(args.QualifiedName, "refs/heads/")
	if !ok {
		return nil
	}
	return r.branch(name)
}

// gitObject is a GitObject: a commit, a folder of one, or a file's content.
type gitObject struct {
	c    *commit
	dir  string
	blob *child
}

func (o *gitObject) ToCommit() (*gitCommit, bool) {
	return &gitCommit{o.c}, o.c != nil && o.dir == "" && o.blob == nil
}
func (o *gitObject) ToTree() (*gitTree, bool) {
	return &gitTree{o.c, strings.TrimSuffix(o.dir, "/")}, o.dir != ""
}
func (o *gitObject) ToBlob() (*gitBlob, bool) { return &gitBlob{o.blob}, o.blob != nil }
func (o *gitObject) OID() scalar {
	switch {
	case o.blob != nil:
		return scalar(o.blob.oid)
	case o.dir != "":
		return scalar(treeOID(o.c.files, strings.TrimSuffix(o.dir, "/")))
	}
	return scalar(o.c.oid)
}

type gitCommit struct{ c *commit }

func (c *gitCommit) OID() scalar    { return scalar(c.c.oid) }
func (c *gitCommit) Tree() *gitTree { return &gitTree{c.c, ""} }
func (c *gitCommit) File(args struct{ Path string }) *treeEntry {
	dir, name := "", args.Path
	if i := strings.LastIndexByte(args.Path, '/'); i >= 0 {
		dir, name = args.Path[:i], args.Path[i+1:]
	}
	for _, e := range c.c.list(dir) {
		if e.name == name {
			return &treeEntry{c.c, dir, e}
		}
	}
	return nil
}

type gitTree struct {
	c   *commit
	dir string
}

func (t *gitTree) OID() scalar { return scalar(treeOID(t.c.files, t.dir)) }
func (t *gitTree) Entries() *[]*treeEntry {
	list := []*treeEntry{}
	for _, e := range t.c.list(t.dir) {
		list = append(list, &treeEntry{t.c, t.dir, e})
	}
	return &list
}

type treeEntry struct {
	c   *commit
	dir string
	e   child
}

func (e *treeEntry) path() string {
	if e.dir == "" {
		return e.e.name
	}
	return e.dir + "/" + e.e.name
}
func (e *treeEntry) Mode() int32   { return int32(e.e.mode) }
func (e *treeEntry) Name() string  { return e.e.name }
func (e *treeEntry) OID() scalar   { return scalar(e.e.oid) }
func (e *treeEntry) Path() *string { p := e.path(); return &p }
func (e *treeEntry) Size() int32   { return int32(e.e.size) }
func (e *treeEntry) Type() string  { return e.e.kind }
func (e *treeEntry) Object() *gitObject {
	if e.e.kind == "tree" {
		return &gitObject{c: e.c, dir: e.path() + "/"}
	}
	return &gitObject{c: e.c, blob: &e.e}
}

type gitBlob struct{ e *child }

// largestText is where GitHub cuts a text off.
const largestText = 512_000

func (b *gitBlob) OID() scalar     { return scalar(b.e.oid) }
func (b *gitBlob) ByteSize() int32 { return int32(len(b.e.data)) }
func (b *gitBlob) IsBinary() *bool {
	v := !utf8.Valid(b.e.data) || strings.Contains(string(b.e.data), "\x00")
	return &v
}
func (b *gitBlob) IsTruncated() bool { return len(b.e.data) > largestText }
func (b *gitBlob) Text() *string {
	if *b.IsBinary() {
		return nil
	}
	s := string(b.e.data[:min(len(b.e.data), largestText)])
	return &s
}

type pullRequest struct {
	r *repository
	p *pull
}

func (p *pullRequest) ID() graphql.ID {
	return graphql.ID(base64.StdEncoding.EncodeToString(fmt.Appendf(nil, "PR%d:%d", p.r.r.id, p.p.number)))
}
func (p *pullRequest) Number() int32           { return int32(p.p.number) }
func (p *pullRequest) State() string           { return p.p.state }
func (p *pullRequest) Title() string           { return p.p.title }
func (p *pullRequest) IsCrossRepository() bool { return p.p.fork }
func (p *pullRequest) URL() scalar {
	return scalar(fmt.Sprintf("%s/%s/pull/%d", p.r.q.g.base, p.r.r.full(), p.p.number))
}
func (p *pullRequest) HeadRefOID() scalar {
	if p.p.headOID != "" {
		return scalar(p.p.headOID)
	}
	return scalar(p.r.r.branches[p.p.head])
}

type pullList struct{ Nodes *[]*pullRequest }

func (r *repository) PullRequests(_ context.Context, args struct {
	First       *int32
	HeadRefName *string
	OrderBy     *order
	States      *[]string
}) (pullList, error) {
	list := slices.Clone(r.r.pulls)
	list = slices.DeleteFunc(list, func(p *pull) bool {
		return args.HeadRefName != nil && p.head != *args.HeadRefName || args.States != nil && !slices.Contains(*args.States, p.state)
	})
	if args.OrderBy != nil && args.OrderBy.Direction == "DESC" {
		slices.Reverse(list)
	}
	some, _, err := part(list, nil, args.First, func(*pull) string { return "" })
	out := []*pullRequest{}
	for _, p := range some {
		out = append(out, &pullRequest{r, p})
	}
	return pullList{&out}, err
}
