package app

import (
	"log/slog"
	"net/url"
	"strings"
	"testing"
	"time"

	"portico/internal/discovery/crawl"
	"portico/internal/discovery/org/ldap/slapdtest"
	"portico/internal/errs"
	"portico/internal/forge/budget"
	"portico/internal/forge/githubtest"
)

// Teams and people of a directory and of an organisation are in the catalog as the configuration says.
func TestOrganizations(t *testing.T) {
	dir := slapdtest.Start(t)
	people, groups := "ou=people,"+slapdtest.Suffix, "ou=groups,"+slapdtest.Suffix
	for _, ou := range []string{people, groups} {
		dir.Add(ou, "objectClass: organizationalUnit")
	}
	dir.Person("ann", people, "mail: ann@marrowby.example", "employeeType: staff")
	dir.Person("guest", people)
	dir.Add("cn=Quay Team,"+groups, "objectClass: groupOfNames", "member: uid=ann,"+people)

	g, base := githubtest.Start(t,
		githubtest.Person{ID: 7, Login: "bob", Organizations: map[string]string{"marrowby": "active"}, Teams: []string{"marrowby/cranes"}},
		githubtest.Person{ID: 8, Login: "deploy-bot", Organizations: map[string]string{"marrowby": "active"}})
	g.AddTeam(githubtest.Team{Organization: "marrowby", Slug: "cranes", Name: "Cranes"})
	g.AddRepository(githubtest.Repository{Owner: "marrowby", Name: "pier", Teams: map[string]string{"cranes": "ADMIN"}, Files: map[string]string{"go.mod": "module pier\n", "main.go": "package main\n"}})
	at, err := url.Parse(base)
	if err != nil {
		t.Fatal(err)
	}
	host, ldapHost := at.Host, strings.TrimPrefix(dir.Plain, "ldap://")
	a := startApp(t, func(o *Options) {
		o.Config = load(t, `
integrations:
  github: [{host: '`+host+`', apiBaseUrl: '`+base+`/api/v3', token: '`+g.Token("repo", "read:org", "read:user", "user:email")+`'}]
catalog:
  providers:
    github: {marrowby: {host: '`+host+`', organization: marrowby}}
    githubOrg: {id: main, githubUrl: '`+base+`', orgs: [marrowby]}
    ldapOrg:
      staff:
        target: '`+dir.Plain+`'
        bind: {dn: '`+slapdtest.Reader+`', secret: '`+slapdtest.Password+`'}
        users: {dn: '`+people+`', options: {scope: one, filter: '(employeeType=staff)'}, map: {name: uid, email: mail}}
        groups: {dn: '`+groups+`', options: {filter: '(objectClass=groupOfNames)', paged: false}, map: {members: member}, set: {spec.type: squad}}
portico:
  reading: {allowPrivateHosts: ['`+host+`', '`+ldapHost+`']}
  guest: {operator: true}
  catalog: {organizations: [{source: 'githubOrg:main', users: {exclude: '-bot$'}}]}
auth: {providers: {guest: {}}}
`)
	})
	defer func() { _ = a.Stop(t.Context()) }()
	await(t, a, "/api/catalog/entities/by-name/user/default/ann", `"ann@marrowby.example"`)
	await(t, a, "/api/catalog/entities?filter=kind=group", `"squad"`)
	await(t, a, "/api/catalog/entities/by-name/user/default/bob", `/user-id":"7"`)
	await(t, a, "/api/catalog/entities/by-name/group/default/cranes", `"hasMember"`)
	if list := ask(t, a, "/api/catalog/entities?filter=kind=user"); strings.Contains(list, "deploy-bot") || strings.Contains(list, `"name":"guest"`) {
		t.Errorf("who is to be left out is in %s", list)
	}
	// Whichever of the two is read first: what an organisation says of repositories is kept once both are known.
	var teams string
	for start := time.Now(); !strings.Contains(teams, "cranes") && time.Since(start) < 20*time.Second; time.Sleep(50 * time.Millisecond) {
		if err := a.pool.QueryRow(t.Context(), `SELECT coalesce(max(teams::text), '') FROM forge_repositories WHERE name = 'marrowby/pier'`).Scan(&teams); err != nil {
			t.Fatal(err)
		}
	}
	if !strings.Contains(teams, "cranes") || !strings.Contains(teams, "admin") {
		t.Errorf("who may write to the repository is kept as %q", teams)
	}
}

// What cannot be read says which line of the configuration is wrong.
func TestOrganizationFaults(t *testing.T) {
	for _, tt := range []struct{ name, text, want string }{
		{"a host without an integration", "githubOrg: {githubUrl: 'https://ghe.example.com', orgs: [a]}", "no integration names the host ghe.example.com"},
		{"pages of no size", "ldapOrg: {d: {target: 'ldap://127.0.0.1:1', users: {dn: 'a=b', options: {paged: {pageSize: none}}}}}", "options.paged.pageSize is not a number"},
		{"a field that is none", "ldapOrg: {d: {target: 'ldap://127.0.0.1:1', users: {dn: 'a=b', map: {shoe: size}}}}", "shoe"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			a := &App{o: Options{Config: load(t, "catalog: {providers: {"+tt.text+"}}\n"), Log: slog.New(slog.DiscardHandler)}}
			a.ledger, a.crawler = &budget.Ledger{Log: a.o.Log}, &crawl.Crawler{}
			_, err := a.newOrganizations()
			if err == nil || !strings.Contains(errs.Sentence(err), tt.want) || !strings.Contains(errs.Sentence(err), "app-config.yaml:1:") {
				t.Errorf("got %v, want %q with its place", err, tt.want)
			}
		})
	}
}
