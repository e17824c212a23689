package config

import (
	"regexp"
	"slices"
	"strings"
)

// PorticoOrganization says what is made of the teams and people of one provider, beside what Backstage's keys say.
type PorticoOrganization struct {
	// Source is the kind and the id of the provider: "githubOrg:default", "gitlab:acme", "gitea:acme". Of gitea, whose
	// provider knows no people in Backstage, it is what has them imported.
	Source string `config:"source,required"`
	// NameFromEmail are the domains of addresses of which the part before the @ becomes the name of the user; default none.
	NameFromEmail []string `config:"nameFromEmail"`
	OnlyMembers   bool     `config:"onlyMembers"` // leave out who is in no group
	Users         struct {
		Namespace string `config:"namespace"`
		Include   string `config:"include,narrows"` // of logins
		Exclude   string `config:"exclude,narrows"`
	} `config:"users"`
	Groups struct {
		Namespace string `config:"namespace"`
		Type      string `config:"type"`            // default team
		Include   string `config:"include,narrows"` // of slugs, at GitLab of paths
		Exclude   string `config:"exclude,narrows"`
	} `config:"groups"`
	Position Position
}

var organizationKinds = []string{"githubOrg", "gitlab", "gitea"}

func (o *PorticoOrganization) checkConfig(d *decoder, n Node) bool {
	o.Position = n.pos
	kind, id, _ := strings.Cut(o.Source, ":")
	ok := id != "" && slices.Contains(organizationKinds, kind)
	if !ok {
		d.fault(n.Get("source"), "write the kind and the id of a provider below catalog.providers, for example githubOrg:default, gitlab:ID or gitea:ID",
			"%s names no provider that has teams and people", show(n.Get("source")))
	}
	for _, of := range []string{"users", "groups"} {
		for _, key := range []string{"include", "exclude"} {
			at := n.Get(of).Get(key)
			text := at.Text()
			if _, err := regexp.Compile(text); err != nil {
				d.fault(at, "write a regular expression without looking ahead or behind", "%s is not a regular expression that can be used", show(at))
				ok = false
			}
		}
	}
	return ok
}
