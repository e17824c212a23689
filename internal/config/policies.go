package config

import (
	"regexp"
	"strings"
)

// PorticoPolicies say where the policies are and who has which role.
type PorticoPolicies struct {
	Paths    []PolicyPath        `config:"paths"`    // files, and folders with *.cedar in and below them
	Roles    map[string][]string `config:"roles"`    // by role the refs of users, groups and services that have it
	SignedIn []string            `config:"signedIn"` // roles of everybody who is signed in; not written: author
	Guest    []string            `config:"guest"`    // roles of a guest; not written: viewer
}

// PolicyPath is a path as it was written, and where.
type PolicyPath struct {
	Path     string
	Position Position
}

func (p *PolicyPath) decodeConfig(d *decoder, n Node) bool {
	text, ok := d.text(n)
	if ok && text == "" {
		d.fault(n, "write a file, or a folder with files called *.cedar", "an empty path")
		return false
	}
	p.Path, p.Position = text, n.pos
	return ok
}

var (
	roleName  = regexp.MustCompile(`^[a-z][a-z0-9-]{0,62}$`)
	memberRef = regexp.MustCompile(`(?i)^(?:(?:user|group):[^/:\s]+/[^/:\s]+|service:\S+)$`)
)

func (p *PorticoPolicies) checkConfig(d *decoder, n Node) bool {
	ok := true
	fault := func(at Node, remedy, format string, args ...any) {
		d.fault(at, remedy, format, args...)
		ok = false
	}
	for _, key := range []string{"paths", "signedIn", "guest"} {
		if why := n.Get(key).Unset(); why != "" {
			fault(n.Get(key), "set it, or take the key out", "%s, and what counts without it would not be what was meant", why)
		}
	}
	for _, item := range n.Get("paths").slots() {
		if why := item.Unset(); why != "" { // without what a file forbids, more would be allowed
			fault(item, "set it, or take the entry out", "%s, so these policies would not count", why)
		}
	}
	for role, members := range p.Roles {
		at := n.Get("roles").Get(role)
		if !roleName.MatchString(role) {
			fault(at, "write small letters, digits and dashes", "%q is no name of a role", role)
		}
		for i, ref := range members {
			if !memberRef.MatchString(ref) {
				remedy := "write for example user:default/ana, group:default/platform or service:ci"
				if !strings.Contains(ref, ":") {
					remedy = "write for example user:default/" + ref + " or group:default/" + ref
				}
				fault(at, remedy, "entry %d, %q, names nobody", i+1, ref)
			}
		}
	}
	for key, roles := range map[string][]string{"signedIn": p.SignedIn, "guest": p.Guest} {
		for _, role := range roles {
			if !roleName.MatchString(role) {
				fault(n.Get(key), "write viewer, author, owner, operator or admin, or a role that your policies name", "%q is no name of a role", role)
			}
		}
	}
	return ok
}
