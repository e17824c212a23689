package config

import (
	"regexp"
	"slices"
	"strings"
)

// Discovery are the providers of catalog.providers that are honoured, each a list in the order of their ids.
type Discovery struct {
	GitHub    []GitHubProvider
	GitHubOrg []GitHubOrgProvider
	GitLab    []GitLabProvider
	Gitea     []GiteaProvider
	LDAPOrg   []LDAPOrgProvider
}

// providerKinds names the kinds that are honoured.
var providerKinds = []string{"gitea", "github", "githubOrg", "gitlab", "ldapOrg"}

// GitHubProvider is catalog.providers.github.<id>.
type GitHubProvider struct {
	ID                     string
	Position               Position
	Host                   string        `config:"host,narrows"`
	Organization           string        `config:"organization,narrows"`
	App                    int64         `config:"app,narrows"`
	CatalogPath            string        `config:"catalogPath,narrows"`
	ValidateLocationsExist bool          `config:"validateLocationsExist"`
	Filters                GitHubFilters `config:"filters,narrows"`
	PageSizes              struct {
		Repositories int `config:"repositories"`

		_ struct{} `config:",open"`
	} `config:"pageSizes"`
	Schedule *Schedule `config:"schedule"`

	_ struct{} `config:",open"`
}

// GitHubFilters are the filters of a GitHubProvider.
type GitHubFilters struct {
	Branch       string   `config:"branch,narrows"`
	Repository   string   `config:"repository,narrows"` // a regular expression for the whole name
	AllowForks   bool     `config:"allowForks"`         // default true
	Archived     bool     `config:"allowArchived"`
	Visibility   []string `config:"visibility,narrows"`
	TopicFilters struct {
		Include []string `config:"include,narrows"`
		Exclude []string `config:"exclude,narrows"`

		_ struct{} `config:",open"`
	} `config:"topic,narrows"`

	_ struct{} `config:",open"`
}

func (p *GitHubProvider) checkConfig(d *decoder, n Node) bool {
	p.Position = n.pos
	p.Host = or(p.Host, "github.com")
	if p.Organization == "" && p.App == 0 {
		d.fault(n, "add organization: the account whose repositories are to be read", "neither organization nor app is there")
		return false
	}
	for _, v := range p.Filters.Visibility {
		if !slices.Contains([]string{"private", "internal", "public"}, v) {
			d.fault(n.Get("filters").Get("visibility"), "write private, internal or public", "%q is no visibility", v)
			return false
		}
	}
	return d.pattern(n.Get("filters").Get("repository"), p.Filters.Repository)
}

// pattern checks a regular expression. Backstage's are JavaScript's, which are the same but for looking around.
func (d *decoder) pattern(n Node, text string) bool {
	if _, err := regexp.Compile(text); err != nil {
		d.fault(n, "write a regular expression without looking ahead or behind", "%s is not a regular expression that can be used", show(n))
		return false
	}
	return true
}

// GitHubOrgProvider is catalog.providers.githubOrg: teams and people.
type GitHubOrgProvider struct {
	ID                    string     `config:"id,narrows"` // default "default"
	GitHubURL             string     `config:"githubUrl,url,narrows"`
	Orgs                  StringList `config:"orgs,narrows"` // none: all that the credential sees
	ExcludeSuspendedUsers bool       `config:"excludeSuspendedUsers"`
	UserTransformer       struct {
		UseVerifiedEmails bool `config:"useVerifiedEmails"`

		_ struct{} `config:",open"`
	} `config:"defaultUserTransformer"`
	PageSizes struct {
		Teams               int `config:"teams"`
		TeamMembers         int `config:"teamMembers"`
		OrganizationMembers int `config:"organizationMembers"`
	} `config:"pageSizes"`
	Schedule *Schedule `config:"schedule"`
	Position Position

	_ struct{} `config:",open"`
}

func (p *GitHubOrgProvider) checkConfig(_ *decoder, n Node) bool {
	p.Position, p.ID, p.GitHubURL = n.pos, or(p.ID, "default"), trimSlash(or(p.GitHubURL, "https://github.com"))
	return true
}

// GitLabProvider is catalog.providers.gitlab.<id>.
type GitLabProvider struct {
	ID                      string
	Position                Position
	Host                    string     `config:"host,required"`
	Group                   string     `config:"group,narrows"` // "": all that the token sees
	Branch                  string     `config:"branch,narrows"`
	FallbackBranch          string     `config:"fallbackBranch"` // default master
	EntityFilename          string     `config:"entityFilename"`
	CatalogFile             string     `config:"catalogFile"` // the old name of entityFilename
	ProjectPattern          string     `config:"projectPattern,narrows"`
	UserPattern             string     `config:"userPattern,narrows"`
	GroupPattern            StringList `config:"groupPattern,narrows"`
	OrgEnabled              bool       `config:"orgEnabled"`
	RestrictUsersToGroup    bool       `config:"restrictUsersToGroup"`
	Relations               []string   `config:"relations"`
	SkipForkedRepos         bool       `config:"skipForkedRepos"`
	IncludeArchivedRepos    bool       `config:"includeArchivedRepos"`
	ExcludeRepos            []string   `config:"excludeRepos,narrows"`
	Membership              bool       `config:"membership"`
	Topics                  string     `config:"topics,narrows"` // with commas between
	IncludeUsersWithoutSeat bool       `config:"includeUsersWithoutSeat"`
	Schedule                *Schedule  `config:"schedule"`

	_ struct{} `config:",open"`
}

func (p *GitLabProvider) checkConfig(d *decoder, n Node) bool {
	p.Position = n.pos
	p.FallbackBranch, p.EntityFilename = or(p.FallbackBranch, "master"), or(p.EntityFilename, p.CatalogFile)
	ok := d.pattern(n.Get("projectPattern"), p.ProjectPattern) && d.pattern(n.Get("userPattern"), p.UserPattern)
	for _, g := range p.GroupPattern {
		ok = ok && d.pattern(n.Get("groupPattern"), g)
	}
	return ok
}

// TopicList is Topics, taken apart.
func (p *GitLabProvider) TopicList() (list []string) {
	for t := range strings.SplitSeq(p.Topics, ",") {
		if t = strings.TrimSpace(t); t != "" {
			list = append(list, t)
		}
	}
	return list
}

// GiteaProvider is catalog.providers.gitea.<id>.
type GiteaProvider struct {
	ID           string
	Position     Position
	Host         string    `config:"host,required"`
	Organization string    `config:"organization,required"`
	Branch       string    `config:"branch,narrows"`
	CatalogPath  string    `config:"catalogPath,narrows"`
	Schedule     *Schedule `config:"schedule"`

	_ struct{} `config:",open"`
}

func (p *GiteaProvider) checkConfig(_ *decoder, n Node) bool {
	p.Position = n.pos
	return true
}

// LDAPOrgProvider is catalog.providers.ldapOrg.<id>: groups and people of a directory.
type LDAPOrgProvider struct {
	ID       string
	Position Position
	Target   string `config:"target,required"` // ldaps://…
	Bind     *struct {
		DN     string `config:"dn,required"`
		Secret Secret `config:"secret,required"`
	} `config:"bind"`
	TLS struct {
		RejectUnauthorized *bool  `config:"rejectUnauthorized"`
		CA                 string `config:"ca"`
		Certs              string `config:"certs"`
		Keys               string `config:"keys"`

		_ struct{} `config:",open"`
	} `config:"tls"`
	Users  LDAPSearches `config:"users"`
	Groups LDAPSearches `config:"groups"`
	Vendor struct {
		DNAttributeName   string `config:"dnAttributeName"`
		UUIDAttributeName string `config:"uuidAttributeName"`
		DNCaseSensitive   bool   `config:"dnCaseSensitive"`

		_ struct{} `config:",open"`
	} `config:"vendor"`
	Schedule *Schedule `config:"schedule"`

	_ struct{} `config:",open"`
}

func (p *LDAPOrgProvider) checkConfig(d *decoder, n Node) bool {
	p.Position = n.pos
	if !strings.HasPrefix(p.Target, "ldap://") && !strings.HasPrefix(p.Target, "ldaps://") {
		d.fault(n.Get("target"), "write for example ldaps://ds.example.com", "%s is not the address of a directory", show(n.Get("target")))
		return false
	}
	return true
}

// LDAPSearches is one search, or a list of them.
type LDAPSearches []LDAPSearch

func (s *LDAPSearches) decodeConfig(d *decoder, n Node) bool {
	if n.Kind() == List {
		var list []LDAPSearch
		ok := d.into(n, &list)
		*s = list
		return ok
	}
	var one LDAPSearch
	ok := d.into(n, &one)
	*s = LDAPSearches{one}
	return ok
}

// LDAPSearch says where in a directory something is, and what its attributes mean.
type LDAPSearch struct {
	DN      string `config:"dn,required"`
	Options struct {
		Scope      string   `config:"scope,enum=base|one|sub"`
		Filter     string   `config:"filter,narrows"`
		Attributes []string `config:"attributes"`
		SizeLimit  int      `config:"sizeLimit"`
		Paged      Node     `config:"paged"`

		_ struct{} `config:",open"`
	} `config:"options,narrows"`
	Set map[string]Node   `config:"set"` // path in the entity → value
	Map map[string]string `config:"map"` // field of the entity → attribute

	_ struct{} `config:",open"`
}

// discovery decodes catalog.providers. Kinds that are not honoured are told as ignored.
func (d *decoder) discovery(n Node) (out Discovery) {
	if n.Kind() != Map {
		return out
	}
	gh := n.Get("github")
	one := gh.Get("organization").Exists() || gh.Get("app").Exists() // the form for one provider
	if one && gh.Kind() == Map && gh.Get("organization").Kind() != Map && gh.Get("app").Kind() != Map {
		p := newGitHub()
		if p.ID = "default"; d.into(gh, &p) {
			out.GitHub = append(out.GitHub, p)
		}
	} else {
		each(d, gh, newGitHub, func(p GitHubProvider, id string) { p.ID = id; out.GitHub = append(out.GitHub, p) })
	}
	switch org := n.Get("githubOrg"); org.Kind() {
	case List:
		d.into(org, &out.GitHubOrg)
	case Map:
		var p GitHubOrgProvider
		if d.into(org, &p) {
			out.GitHubOrg = append(out.GitHubOrg, p)
		}
	}
	each(d, n.Get("gitlab"), func() GitLabProvider { return GitLabProvider{} }, func(p GitLabProvider, id string) { p.ID = id; out.GitLab = append(out.GitLab, p) })
	each(d, n.Get("gitea"), func() GiteaProvider { return GiteaProvider{} }, func(p GiteaProvider, id string) { p.ID = id; out.Gitea = append(out.Gitea, p) })
	each(d, n.Get("ldapOrg"), func() LDAPOrgProvider { return LDAPOrgProvider{} }, func(p LDAPOrgProvider, id string) { p.ID = id; out.LDAPOrg = append(out.LDAPOrg, p) })
	return out
}

func newGitHub() GitHubProvider { return GitHubProvider{Filters: GitHubFilters{AllowForks: true}} }

// each decodes the entries of an object, by their keys.
func each[T any](d *decoder, n Node, fresh func() T, add func(T, string)) {
	if !n.Exists() {
		return
	}
	if n.Kind() != Map {
		d.fault(n, "write an id below it, and the provider's keys below that", "%s where an object was expected", n.Kind())
		return
	}
	for _, id := range n.Keys() {
		c := n.Get(id)
		if !c.Exists() {
			continue
		}
		p := fresh()
		if d.into(c, &p) {
			add(p, id)
		}
	}
}

// WebhookSecret is what Backstage's events modules verify deliveries of a kind of host by: events.modules.<kind>.webhookSecret.
// For Gitea, which Backstage has no module of, it is the same key.
func (c *Config) WebhookSecret(kind string) Secret {
	n := c.Node("events.modules." + kind + ".webhookSecret")
	if n.Kind() != String && n.Kind() != Number {
		return Secret{}
	}
	return NewSecret(n.Text())
}
