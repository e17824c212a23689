package config

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestOrganizations(t *testing.T) {
	cfg := files{"a.yaml": `
portico:
  catalog:
    organizations:
      - source: githubOrg:default
        nameFromEmail: [marrowby.example]
        onlyMembers: true
        users: {namespace: people, include: '^[a-z]', exclude: '-bot$'}
        groups: {namespace: teams, type: squad, include: '^p', exclude: x}
      - {source: 'gitea:acme'}
`}.mustLoad(t)
	got := cfg.Portico.Catalog.Organizations
	if len(got) != 2 || got[1].Source != "gitea:acme" {
		t.Fatalf("%+v", got)
	}
	want := PorticoOrganization{Source: "githubOrg:default", NameFromEmail: []string{"marrowby.example"}, OnlyMembers: true, Position: Position{"a.yaml", 5, 9}}
	want.Users.Namespace, want.Users.Include, want.Users.Exclude = "people", "^[a-z]", "-bot$"
	want.Groups.Namespace, want.Groups.Type, want.Groups.Include, want.Groups.Exclude = "teams", "squad", "^p", "x"
	if d := cmp.Diff(want, got[0]); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
	for text, says := range map[string]string{
		"{source: svn:x}":        "names no provider that has teams and people",
		"{source: githubOrg}":    "names no provider that has teams and people",
		"{source: 'githubOrg:'}": "names no provider that has teams and people",
		"{}":                     "organizations[0].source: missing",
		"{source: 'gitlab:x', users: {include: '('}}":             "users.include: \"(\" is not a regular expression",
		"{source: 'gitlab:x', groups: {exclude: '(?=x)'}}":        "groups.exclude: \"(?=x)\" is not a regular expression",
		"{source: 'gitlab:x', group: {}}":                         "there is no such key; write groups",
		"{source: 'gitlab:x', groups: {exclude: '${NOT_SET}'}}":   "NOT_SET",
		"{source: 'gitlab:x', users: {include: '${NOT_SET_EI}'}}": "NOT_SET_EI",
	} {
		cfg, err := files{"a.yaml": "portico: {catalog: {organizations: [" + text + "]}}"}.load()
		said := ""
		if err != nil {
			said = err.Error()
		} else {
			for _, w := range cfg.Warnings {
				said += w.String()
			}
		}
		if !strings.Contains(said, says) {
			t.Errorf("%s: %s", text, said)
		}
	}
}
