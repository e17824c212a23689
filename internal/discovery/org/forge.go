package org

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"portico/internal/catalog/entity"
	"portico/internal/errs"
	"portico/internal/forge"
)

// Account is the organisation, or the group, of a Git host whose teams and people are read.
type Account struct {
	Name string // as the host calls it: "acme"
	Read func(context.Context) (*forge.Organization, error)
}

// Forge is a Git host that keeps teams and people.
type Forge struct {
	Kind     string // "github", "gitlab" or "gitea"
	Host     string // "github.com"; a port does not matter
	Accounts []Account

	// GroupsByAccount puts the groups of an account into the namespace of its name. People are one entity, whichever
	// accounts they are in.
	GroupsByAccount bool
	// Group is GitLab's: the group that is read, whose path is left out of the names of those below it.
	Group string
	// ExcludeSuspended leaves out who may not sign in at the host. GitLab's and Gitea's are always left out.
	ExcludeSuspended bool
	// UserPattern is what the e-mail of a person has to match, or their login where there is none; nil is all.
	UserPattern *regexp.Regexp
	// GroupPatterns are what the path of a team may match; none is all.
	GroupPatterns []*regexp.Regexp

	Transform Transform
}

// Transform is what Backstage's users write in code, as far as it can be said in configuration.
type Transform struct {
	// NameDomains are the domains of e-mail addresses of which the part before the @ becomes the name of the user. Others
	// are called by their login. Only hosts that verify addresses may have any.
	NameDomains []string
	// UserNamespace and GroupNamespace are where the entities are to be; "" is the default.
	UserNamespace, GroupNamespace string
	// Users and Groups leave out by login, and by slug.
	Users, Groups Pick
	// GroupType is the type of the groups; "team" when "".
	GroupType string
	// OnlyMembers leaves out who is in no team that is taken.
	OnlyMembers bool
}

// Pick takes what Include matches, or all where that is nil, and leaves out of it what Exclude matches.
type Pick struct{ Include, Exclude *regexp.Regexp }

// NewPick reads expressions; "" is none. Errors: errs.Invalid.
func NewPick(include, exclude string) (p Pick, err error) {
	for _, x := range []struct {
		text string
		into **regexp.Regexp
	}{{include, &p.Include}, {exclude, &p.Exclude}} {
		if x.text == "" {
			continue
		}
		if *x.into, err = regexp.Compile(x.text); err != nil {
			return Pick{}, errs.New(errs.Invalid, "%s is not a regular expression that can be used", shown(x.text))
		}
	}
	return p, nil
}

func (p Pick) takes(s string) bool {
	return (p.Include == nil || p.Include.MatchString(s)) && (p.Exclude == nil || !p.Exclude.MatchString(s))
}

// What is read of all accounts together.
const (
	maxPeople = 500_000
	maxGroups = 100_000
)

// Check returns errs.Invalid where the settings cannot work.
func (f *Forge) Check() error {
	for _, ns := range []string{f.Transform.UserNamespace, f.Transform.GroupNamespace} {
		if ns != "" && NamespaceOf(ns) != ns {
			return errs.New(errs.Invalid, "%s cannot be a namespace", shown(ns))
		}
	}
	if !slices.Contains([]string{"github", "gitlab", "gitea"}, f.Kind) {
		return errs.New(errs.Invalid, "there are no organisations of the kind %s", shown(f.Kind))
	}
	return nil
}

// Directory is a [Source].
func (f *Forge) Directory(ctx context.Context) (*Directory, error) {
	orgs := make([]*forge.Organization, len(f.Accounts))
	for i, a := range f.Accounts {
		o, err := a.Read(ctx)
		if err != nil {
			return nil, fmt.Errorf("the organisation %s: %w", a.Name, err)
		}
		// Whoever has an organisation is in it.
		if o == nil || len(o.People) == 0 {
			return nil, errs.WithRemedy(errs.New(errs.Unavailable, "%s shows nobody in %s, not even an owner: the credential may not list its members", f.Host, shown(a.Name)),
				"give the credential the right to read members and teams")
		}
		orgs[i] = o
	}
	return f.directory(orgs)
}

// directory is pure.
func (f *Forge) directory(orgs []*forge.Organization) (*Directory, error) {
	people, teams := 0, 0
	for _, o := range orgs {
		people, teams = people+len(o.People), teams+len(o.Teams)
	}
	if people > maxPeople || teams > maxGroups {
		return nil, errs.WithRemedy(errs.New(errs.TooLarge, "%s has %d people and %d teams; at most %d and %d are read of one source", f.Host, people, teams, maxPeople, maxGroups),
			"make a source of each organisation")
	}
	d := &Directory{}
	byLogin := map[string]*Entry{}
	for _, o := range orgs {
		for i := range o.People {
			p := &o.People[i]
			key := strings.ToLower(p.Login)
			if byLogin[key] == nil && f.takes(p) {
				byLogin[key] = f.person(p)
				d.People = append(d.People, byLogin[key])
			}
		}
	}
	for i, o := range orgs {
		f.groups(d, f.Accounts[i].Name, o.Teams, byLogin)
	}
	if f.Transform.OnlyMembers {
		d.People = slices.DeleteFunc(d.People, func(e *Entry) bool { return len(e.Within) == 0 })
	}
	return d, nil
}

func (f *Forge) takes(p *forge.Person) bool {
	if p.Suspended && (f.ExcludeSuspended || f.Kind != "github") {
		return false
	}
	by := p.Login
	if p.Email != "" {
		by = p.Email
	}
	return (f.UserPattern == nil || f.UserPattern.MatchString(by)) && f.Transform.Users.takes(p.Login)
}

func (f *Forge) person(p *forge.Person) *Entry {
	host := annotationHost(f.Host)
	annotations, profile := map[string]any{}, map[string]any{}
	link := Link(p.URL)
	switch f.Kind {
	case "github":
		annotations[entity.AnnotationGitHubUserLogin] = p.Login
		set(annotations, entity.AnnotationGitHubUserID, ifNumber(p.ID))
	case "gitlab":
		// Backstage has the address of the person here.
		set(annotations, host+"/user-login", link)
		set(annotations, host+"/user-id", ifNumber(p.ID))
	default:
		annotations[host+"/user-login"] = p.Login
		set(annotations, host+"/user-id", ifNumber(p.ID))
	}
	set(annotations, entity.AnnotationViewURL, link)
	set(profile, "displayName", Text(p.Name, MaxTitle))
	set(profile, "email", Email(p.Email))
	set(profile, "picture", Link(p.Picture))
	e := &Entry{
		Key: key(p.ID, p.Login), Label: p.Login, Chosen: true, Namespace: f.Transform.UserNamespace,
		Fields: map[string]any{"metadata": map[string]any{"annotations": annotations}, "spec": map[string]any{"profile": profile}},
	}
	if local, domain, ok := strings.Cut(Email(p.Email), "@"); ok && slices.ContainsFunc(f.Transform.NameDomains, func(s string) bool { return strings.EqualFold(s, domain) }) {
		e.Label, e.Chosen = local, false
	}
	return e
}

func (f *Forge) groups(d *Directory, account string, teams []forge.Team, people map[string]*Entry) {
	namespace := f.Transform.GroupNamespace
	if namespace == "" && f.GroupsByAccount {
		namespace = NamespaceOf(account)
	}
	typ := f.Transform.GroupType
	if typ == "" {
		typ = "team"
	}
	bySlug := map[string]*Entry{}
	for i := range teams {
		t := &teams[i]
		if !f.takesGroup(t.Slug) || bySlug[t.Slug] != nil {
			continue
		}
		e := &Entry{Key: key(t.ID, account+"/"+t.Slug), Label: f.groupLabel(t.Slug), Namespace: namespace, Fields: f.group(account, t, typ)}
		bySlug[t.Slug] = e
		d.Groups = append(d.Groups, e)
		for _, login := range t.Members {
			if p := people[strings.ToLower(login)]; p != nil {
				p.Within = append(p.Within, e)
			}
		}
	}
	for i := range teams {
		if e, above := bySlug[teams[i].Slug], bySlug[teams[i].Parent]; e != nil && above != nil && len(e.Within) == 0 {
			e.Within = []*Entry{above}
		}
	}
}

func (f *Forge) takesGroup(slug string) bool {
	if f.Kind == "gitlab" && f.Group != "" && !strings.HasPrefix(slug, f.Group+"/") {
		return false // Backstage takes those below the group, and not the group
	}
	if len(f.GroupPatterns) > 0 && !slices.ContainsFunc(f.GroupPatterns, func(r *regexp.Regexp) bool { return r.MatchString(slug) }) {
		return false
	}
	return f.Transform.Groups.takes(slug)
}

func (f *Forge) groupLabel(slug string) string {
	if f.Kind != "gitlab" {
		return slug
	}
	if f.Group != "" {
		slug = strings.TrimPrefix(slug, f.Group+"/")
	}
	return strings.ReplaceAll(slug, "/", "-")
}

func (f *Forge) group(account string, t *forge.Team, typ string) map[string]any {
	annotations, profile, metadata := map[string]any{}, map[string]any{}, map[string]any{}
	link := Link(t.URL)
	switch f.Kind {
	case "github":
		annotations[entity.AnnotationGitHubTeamSlug] = account + "/" + t.Slug
		if link != "" {
			annotations[entity.AnnotationEditURL] = link + "/edit"
		}
	case "gitlab":
		annotations[annotationHost(f.Host)+"/team-path"] = t.Slug
	default:
		annotations[annotationHost(f.Host)+"/team-slug"] = account + "/" + t.Slug
	}
	set(annotations, entity.AnnotationViewURL, link)
	metadata["annotations"] = annotations
	set(metadata, "description", Text(t.Description, MaxDescription))
	set(profile, "displayName", Text(t.Name, MaxTitle))
	set(profile, "picture", Link(t.Picture))
	return map[string]any{"metadata": metadata, "spec": map[string]any{"type": typ, "profile": profile}}
}

// annotationHost is a host as annotations have it: without a port.
func annotationHost(host string) string {
	name, _, _ := strings.Cut(strings.ToLower(host), ":")
	return name
}

func set(m map[string]any, key, value string) {
	if value != "" {
		m[key] = value
	}
}

func key(id, name string) string {
	if id != "" {
		return id
	}
	return name
}

// ifNumber is an id that is a number: a sign-in compares it with the one that the host says of who came.
func ifNumber(id string) string {
	if digits(id) {
		return id
	}
	return ""
}
