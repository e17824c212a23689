package config

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestProviders(t *testing.T) {
	cfg := files{"a.yaml": `
catalog:
  providers:
    github:
      yourOrg:
        organization: your-org
        catalogPath: /catalog-info.yaml
      filtered:
        host: ghe.example.com
        organization: other
        validateLocationsExist: true
        filters:
          branch: develop
          repository: 'svc-.*'
          allowForks: false
          allowArchived: true
          topic: {include: [a], exclude: [b]}
          visibility: [public, internal]
        schedule: {frequency: {minutes: 35}, timeout: PT3M, initialDelay: 15s, scope: local}
    githubOrg:
      - id: acme
        githubUrl: https://github.com
        orgs: acme
        schedule: {frequency: '0 */2 * * *', timeout: {minutes: 10}}
    gitlab:
      main: {host: gitlab.example.com, group: a/b, projectPattern: '^a/', excludeRepos: [a/b/c], topics: 'x, y', schedule: {frequency: manual}}
    gitea:
      own: {host: gitea.example.com, organization: o, branch: main, schedule: {frequency: {cron: '5 4 * * *'}}}
    ldapOrg:
      default:
        target: ldaps://ds.example.com
        bind: {dn: 'uid=reader', secret: s3cret}
        users: {dn: 'ou=people', options: {filter: '(uid=*)', paged: {pageSize: 500}}, map: {rdn: uid}}
        groups: [{dn: 'ou=access', set: {metadata.namespace: x}}]
    azureDevOps: {x: {organization: o}}
events:
  modules: {github: {webhookSecret: hush}}
`}.mustLoad(t)
	d := cfg.Catalog.Discovery
	for i := range d.GitHub {
		d.GitHub[i].Position = Position{}
	}
	one, two := GitHubProvider{ID: "yourOrg", Host: "github.com", Organization: "your-org", CatalogPath: "/catalog-info.yaml"}, GitHubProvider{
		ID: "filtered", Host: "ghe.example.com", Organization: "other", ValidateLocationsExist: true,
		Schedule: &Schedule{Every: 35 * time.Minute, Timeout: 3 * time.Minute, InitialDelay: 15 * time.Second, Scope: "local"},
	}
	one.Filters.AllowForks = true
	two.Filters = GitHubFilters{Branch: "develop", Repository: "svc-.*", Archived: true, Visibility: []string{"public", "internal"}}
	two.Filters.TopicFilters.Include, two.Filters.TopicFilters.Exclude = []string{"a"}, []string{"b"}
	tests := []struct {
		name      string
		got, want any
	}{
		{"github", d.GitHub, []GitHubProvider{one, two}},
		{"githubOrg", []any{d.GitHubOrg[0].ID, d.GitHubOrg[0].Orgs, d.GitHubOrg[0].Schedule.Cron}, []any{"acme", StringList{"acme"}, "0 */2 * * *"}},
		{"gitlab", []any{d.GitLab[0].ID, d.GitLab[0].Group, d.GitLab[0].TopicList(), d.GitLab[0].FallbackBranch, d.GitLab[0].Schedule.Manual}, []any{"main", "a/b", []string{"x", "y"}, "master", true}},
		{"gitea", []any{d.Gitea[0].ID, d.Gitea[0].Branch, d.Gitea[0].Schedule.Cron}, []any{"own", "main", "5 4 * * *"}},
		{"ldapOrg", []any{d.LDAPOrg[0].Bind.Secret.Reveal(), d.LDAPOrg[0].Users[0].Map["rdn"], d.LDAPOrg[0].Groups[0].DN}, []any{"s3cret", "uid", "ou=access"}},
		{"webhook secret", cfg.WebhookSecret("github").Reveal(), "hush"},
		{"no webhook secret", cfg.WebhookSecret("gitea").Reveal(), ""},
		{"ignored", ignoredPaths(cfg), []string{"catalog.providers.azureDevOps"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, tt.got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// The form for one provider, as Backstage's documentation has it.
func TestOneGitHubProvider(t *testing.T) {
	cfg := files{"a.yaml": "catalog: {providers: {github: {organization: acme, schedule: {frequency: {minutes: 30}, timeout: {minutes: 3}}}}}"}.mustLoad(t)
	if d := cfg.Catalog.Discovery.GitHub; len(d) != 1 || d[0].ID != "default" || d[0].Organization != "acme" || d[0].Schedule.Every != 30*time.Minute {
		t.Errorf("got %+v", d)
	}
}

func TestProviderFaults(t *testing.T) {
	for text, want := range map[string]string{
		"github: {a: {host: x}}": "catalog.providers.github.a: neither organization nor app is there",
		"github: {a: {organization: o, filters: {repository: '(?=x)'}}}":       "is not a regular expression",
		"github: {a: {organization: o, filters: {visibility: [secret]}}}":      `"secret" is no visibility`,
		"github: {a: {organization: o, schedule: {frequency: 5}}}":             "a number without a unit of time",
		"gitlab: {a: {group: x}}":                                              "catalog.providers.gitlab.a.host: missing",
		"gitea: {a: {host: x}}":                                                "catalog.providers.gitea.a.organization: missing",
		"gitlab: x":                                                            "catalog.providers.gitlab: ",
		"ldapOrg: {a: {target: 'https://x', users: {dn: a}, groups: {dn: b}}}": "is not the address of a directory",
	} {
		_, err := files{"a.yaml": "catalog: {providers: {" + text + "}}"}.load()
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %q", text, err, want)
		}
	}
	cfg := files{"a.yaml": "catalog: {providers: {github: {a: {organization: o, catalogpath: x}}}}"}.mustLoad(t)
	if len(cfg.Warnings) != 1 || !strings.Contains(cfg.Warnings[0].String(), "catalogpath") {
		t.Errorf("a slip is told as %v", cfg.Warnings)
	}
}
