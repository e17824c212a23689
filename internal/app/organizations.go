package app

import (
	"context"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"

	"portico/internal/catalog"
	"portico/internal/config"
	"portico/internal/discovery/org"
	"portico/internal/discovery/org/ldap"
	"portico/internal/errs"
	"portico/internal/forge"
	"portico/internal/forge/budget"
	"portico/internal/identity/audit"
	"portico/internal/outbound"
)

// organization is a source of teams and people.
type organization struct {
	loc  catalog.Location
	next func(time.Time) time.Time
	// providers are the accounts whose webhooks tell of its teams.
	providers []string
}

// newOrganizations makes readers of the teams and people that the configuration names.
func (a *App) newOrganizations() (*org.Reader, error) {
	cfg := a.o.Config
	r := &org.Reader{Sources: map[string]org.Source{}}
	add := func(kind, id string, position config.Position, schedule *config.Schedule, source org.Source, providers ...string) error {
		loc := catalog.Location{Type: kind, Target: id}
		acc := account{key: "catalog.providers." + kind + "." + id, position: position, schedule: schedule}
		next, err := acc.next()
		if err != nil {
			return err
		}
		if r.Sources[loc.String()] != nil {
			return errs.New(errs.Invalid, "%s: another provider of people has the id %q", position, id)
		}
		r.Sources[loc.String()] = source
		a.organizations = append(a.organizations, organization{loc, next, providers})
		return nil
	}
	d := cfg.Catalog.Discovery
	for _, p := range d.GitHubOrg {
		u, err := url.Parse(p.GitHubURL)
		if err != nil {
			return nil, errs.Public(errs.Invalid, fmt.Sprintf("%s: githubUrl cannot be read", p.Position), err)
		}
		if len(p.Orgs) == 0 {
			a.o.Log.Warn("teams and people of GitHub are not read: the provider names no organisation; list them below orgs", "at", p.Position.String(), "key", "catalog.providers.githubOrg")
			continue
		}
		f := &org.Forge{Kind: "github", Host: u.Host, GroupsByAccount: len(p.Orgs) > 1 || len(d.GitHubOrg) > 1, ExcludeSuspended: p.ExcludeSuspendedUsers}
		if f.Transform, err = transformOf(cfg, "githubOrg:"+p.ID); err != nil {
			return nil, err
		}
		var tells []string
		for _, name := range p.Orgs {
			acc := account{kind: "github", id: "org-" + p.ID + "-" + name, key: "catalog.providers.githubOrg", position: p.Position, host: u.Host, o: forgeOptions{Account: name}}
			if err := a.orgAccount(f, &acc); err != nil {
				return nil, err
			}
			tells = append(tells, a.crawler.Providers.Of("github", u.Host, name)...)
		}
		if err := f.Check(); err != nil {
			return nil, at(p.Position, "catalog.providers.githubOrg", err)
		}
		if err := add("github-org", p.ID, p.Position, p.Schedule, f.Directory, tells...); err != nil {
			return nil, err
		}
	}
	for _, p := range d.GitLab {
		if !p.OrgEnabled {
			continue
		}
		f := &org.Forge{Kind: "gitlab", Host: p.Host, Group: p.Group}
		var err error
		if f.Transform, err = transformOf(cfg, "gitlab:"+p.ID); err != nil {
			return nil, err
		}
		f.Transform.OnlyMembers = f.Transform.OnlyMembers || p.RestrictUsersToGroup
		if p.UserPattern != "" {
			f.UserPattern = regexp.MustCompile(p.UserPattern) // that it is one was checked when it was read
		}
		for _, pattern := range p.GroupPattern {
			f.GroupPatterns = append(f.GroupPatterns, regexp.MustCompile(pattern))
		}
		acc := account{kind: "gitlab", id: p.ID, key: "catalog.providers.gitlab." + p.ID, position: p.Position, host: p.Host, o: forgeOptions{Account: p.Group, GitLab: &p}}
		if err := a.orgAccount(f, &acc); err != nil {
			return nil, err
		}
		if err := f.Check(); err != nil {
			return nil, at(p.Position, acc.key, err)
		}
		if err := add("gitlab-org", p.ID, p.Position, p.Schedule, f.Directory, "gitlab:"+p.ID); err != nil {
			return nil, err
		}
	}
	for _, p := range d.Gitea {
		if !slices.ContainsFunc(cfg.Portico.Catalog.Organizations, func(o config.PorticoOrganization) bool { return o.Source == "gitea:"+p.ID }) {
			continue // Backstage's key knows no people; naming it there is what asks for them
		}
		f := &org.Forge{Kind: "gitea", Host: p.Host}
		var err error
		if f.Transform, err = transformOf(cfg, "gitea:"+p.ID); err != nil {
			return nil, err
		}
		acc := account{kind: "gitea", id: p.ID, key: "catalog.providers.gitea." + p.ID, position: p.Position, host: p.Host, o: forgeOptions{Account: p.Organization}}
		if err := a.orgAccount(f, &acc); err != nil {
			return nil, err
		}
		if err := f.Check(); err != nil {
			return nil, at(p.Position, acc.key, err)
		}
		if err := add("gitea-org", p.ID, p.Position, p.Schedule, f.Directory, "gitea:"+p.ID); err != nil {
			return nil, err
		}
	}
	for _, p := range d.LDAPOrg {
		server, err := a.newDirectory(&p)
		if err != nil {
			return nil, at(p.Position, "catalog.providers.ldapOrg."+p.ID, err)
		}
		if err := add("ldap-org", p.ID, p.Position, p.Schedule, server.Directory); err != nil {
			return nil, err
		}
	}
	return r, nil
}

func at(p config.Position, key string, err error) error {
	return errs.WithRemedy(errs.Public(errs.KindOf(err), fmt.Sprintf("%s: %s: %s", p, key, errs.Sentence(err)), err), errs.Remedy(err))
}

// orgAccount adds an account whose teams and people are read by the integration of its host.
func (a *App) orgAccount(f *org.Forge, acc *account) error {
	if err := acc.reach(a.o.Config); err != nil {
		return err
	}
	open := forges[acc.kind]
	if open == nil {
		return errs.New(errs.Invalid, "%s: %s: people of this kind of host are not read", acc.position, acc.key)
	}
	digest := budget.Digest(acc.host, acc.credential())
	var err error
	if acc.o.HTTP, err = a.forgeClient(acc, digest); err != nil {
		return err
	}
	room, err := open(acc.o)
	if err != nil {
		return at(acc.position, acc.key, err)
	}
	name := acc.kind + "-org:" + acc.id
	tells := a.crawler.Providers.Of(acc.kind, acc.host, acc.o.Account)
	f.Accounts = append(f.Accounts, org.Account{Name: acc.o.Account, Read: func(ctx context.Context) (*forge.Organization, error) {
		o, err := room.Organization(budget.For(ctx, name, budget.Organization))
		if err != nil {
			return nil, err
		}
		if slices.ContainsFunc(o.Teams, func(t forge.Team) bool { return t.Repositories != nil }) {
			for _, provider := range tells {
				if err := a.crawler.Grants(ctx, provider, o.Teams); err != nil {
					return nil, err
				}
			}
		}
		return o, nil
	}})
	return nil
}

// transformOf is what portico.catalog.organizations says of a provider.
func transformOf(cfg *config.Config, source string) (t org.Transform, err error) {
	for _, o := range cfg.Portico.Catalog.Organizations {
		if o.Source != source {
			continue
		}
		t = org.Transform{NameDomains: o.NameFromEmail, OnlyMembers: o.OnlyMembers, UserNamespace: o.Users.Namespace, GroupNamespace: o.Groups.Namespace, GroupType: o.Groups.Type}
		if t.Users, err = org.NewPick(o.Users.Include, o.Users.Exclude); err != nil {
			return t, at(o.Position, "portico.catalog.organizations", err)
		}
		if t.Groups, err = org.NewPick(o.Groups.Include, o.Groups.Exclude); err != nil {
			return t, at(o.Position, "portico.catalog.organizations", err)
		}
	}
	return t, nil
}

// newDirectory is the client of an LDAP server.
func (a *App) newDirectory(p *config.LDAPOrgProvider) (*ldap.Server, error) {
	u, err := url.Parse(p.Target)
	if err != nil {
		return nil, errs.Public(errs.Invalid, "target cannot be read", err)
	}
	rule, err := ldap.Rule(p.Target, isPrivate(a.o.Config.Portico.Reading.AllowPrivateHosts, u.Host) || isPrivate(a.o.Config.Portico.Reading.AllowPrivateHosts, u.Hostname()))
	if err != nil {
		return nil, err
	}
	client, err := outbound.New(outbound.Options{Allow: []outbound.Rule{rule}})
	if err != nil {
		return nil, err
	}
	a.cleanup(func(context.Context) { client.Close() })
	o := ldap.Options{
		Target: p.Target, Dial: client.DialContext,
		TLS:    ldap.TLS{Insecure: p.TLS.RejectUnauthorized != nil && !*p.TLS.RejectUnauthorized, CA: p.TLS.CA, Certs: p.TLS.Certs, Keys: p.TLS.Keys},
		Vendor: ldap.Vendor{DNAttribute: p.Vendor.DNAttributeName, UUIDAttribute: p.Vendor.UUIDAttributeName, LowerDN: p.Vendor.DNCaseSensitive},
	}
	if p.Bind != nil {
		o.Bind = &ldap.Bind{DN: p.Bind.DN, Secret: p.Bind.Secret.Reveal()}
	}
	if o.Users, err = searches(p.Users); err != nil {
		return nil, err
	}
	if o.Groups, err = searches(p.Groups); err != nil {
		return nil, err
	}
	return ldap.New(o)
}

func searches(list config.LDAPSearches) (out []ldap.Search, err error) {
	for _, s := range list {
		if s.DN == "" {
			continue
		}
		m, err := ldap.MapOf(s.Map)
		if err != nil {
			return nil, err
		}
		one := ldap.Search{DN: s.DN, Scope: s.Options.Scope, Filter: s.Options.Filter, Attributes: s.Options.Attributes, SizeLimit: s.Options.SizeLimit, Map: m}
		switch paged := s.Options.Paged; {
		case paged.Text() == "false":
			one.PageSize = -1
		case paged.Kind() == config.Map:
			if _, err := fmt.Sscan(paged.Get("pageSize").Text(), &one.PageSize); err != nil || one.PageSize < 1 {
				return nil, errs.New(errs.Invalid, "options.paged.pageSize is not a number above 0")
			}
		}
		if len(s.Set) > 0 {
			one.Set = map[string]any{}
		}
		for path, value := range s.Set {
			one.Set[path] = plainValue(value)
		}
		out = append(out, one)
	}
	return out, nil
}

// plainValue is what a node of the configuration holds: texts, lists and maps of them.
func plainValue(n config.Node) any {
	switch n.Kind() {
	case config.List:
		list := []any{}
		for _, item := range n.Items() {
			list = append(list, plainValue(item))
		}
		return list
	case config.Map:
		m := map[string]any{}
		for _, key := range n.Keys() {
			m[key] = plainValue(n.Get(key))
		}
		return m
	}
	return n.Text()
}

// organizationSources declares who is imported as sources.
func (a *App) organizationSources() (declared []catalog.Declared) {
	for _, o := range a.organizations {
		declared = append(declared, catalog.Declared{Location: o.loc, Rules: []catalog.Rule{{Kind: "User"}, {Kind: "Group"}}})
	}
	return declared
}

// changed asks for the sources of a provider to be read again after its host said that something changed: its teams, or which
// repositories it has.
func (a *App) changed(ctx context.Context, provider string, teams bool) error {
	var ids []string
	ask := func(loc catalog.Location) error {
		id, err := a.store.SourceAt(ctx, loc)
		if err == nil {
			ids = append(ids, id)
		}
		return err
	}
	for _, o := range a.organizations {
		if teams && slices.Contains(o.providers, provider) {
			if err := ask(o.loc); err != nil {
				return err
			}
		}
	}
	if !teams {
		for _, p := range a.crawler.Providers {
			if p.ID == provider {
				if err := ask(p.Location()); err != nil {
					return err
				}
			}
		}
	}
	return a.requests.Refresh(ctx, ids, audit.System("system:webhook"), strings.Join(ids, " "))
}
