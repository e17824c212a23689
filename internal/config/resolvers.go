package config

import (
	"net/url"
	"slices"
	"strings"
)

// Resolvers by Backstage's names.
const (
	ByEmail             = "emailMatchingUserEntityProfileEmail"
	ByLocalPart         = "emailLocalPartMatchingUserEntityName"
	ByAnnotatedEmail    = "emailMatchingUserEntityAnnotation"
	ByLogin             = "usernameMatchingUserEntityName"
	ByUsername          = "preferredUsernameMatchingUserEntityName"
	ByID                = "userIdMatchingUserEntityAnnotation"
	BySubject           = "oidcSubClaimMatchingUserEntityAnnotation"
	ByForwardedUser     = "forwardedUserMatchingUserEntityName"
	ByForwardedUsername = "forwardedPreferredUsernameMatchingUserEntityName"
)

// ownResolvers are those of each provider beside the two by e-mail address, which all have.
var ownResolvers = map[string][]string{
	"oidc":        {ByUsername, BySubject},
	"okta":        {ByAnnotatedEmail, ByUsername, BySubject},
	"google":      {ByAnnotatedEmail, BySubject},
	"gitlab":      {ByLogin, ByID, ByUsername, BySubject},
	"microsoft":   {ByAnnotatedEmail, ByID},
	"github":      {ByLogin, ByID},
	"oauth2Proxy": {ByForwardedUser, ByForwardedUsername},
	"proxy":       {ByForwardedUser, ByForwardedUsername},
}

// decodeSignIn keeps what leads to users of the catalog. Without anything that does, nobody signs in with the provider.
func (p *SignInProvider) decodeSignIn(d *decoder, n Node, list []SignInResolver, create CreateUser) bool {
	if create.Enabled {
		at, remedy := n.Get("signIn").Get("createUser"), "list the domains of your company's addresses in allowedDomains"
		switch {
		case len(create.AllowedDomains) > 0:
			p.Create = &create
		case p.chosenNames():
			// Members of one company's organisation too: ann may be renamed to bob before her first sign-in.
			d.warn(at, remedy, "people choose any free name at %s, and with it who they would be here, so nobody who signs in with it becomes a user", p.Title)
		case p.anybody():
			d.warn(at, remedy, "anybody can have an account at %s, so nobody who signs in with it becomes a user", p.Issuer)
		default:
			p.Create = &create
		}
	}
	p.Resolvers = p.usable(d, n.Get("signIn").Get("resolvers"), list)
	if len(p.Resolvers) == 0 && p.Create == nil {
		d.warn(n, "name one in signIn.resolvers, for example "+ByEmail, "no resolver leads to a user of the catalog, so nobody signs in with it")
		return false
	}
	return true
}

// usable leaves out, with a warning, the resolvers that must not be used as they are written.
func (p *SignInProvider) usable(d *decoder, n Node, list []SignInResolver) (out []SignInResolver) {
	known := append([]string{ByEmail, ByLocalPart}, ownResolvers[p.ID]...)
	for i, r := range list {
		at := n
		if items := n.Items(); len(items) == len(list) {
			at = items[i]
		}
		switch {
		case !slices.Contains(known, r.Resolver):
			d.warn(at, "name one of "+strings.Join(known, ", "), "there is no resolver %q here, so it is left out", r.Resolver)
			continue
		case r.Resolver == ByLocalPart && len(r.AllowedDomains) == 0:
			// ann@one.example and ann@two.example are two people.
			d.warn(at, "list the domains of your company's addresses in allowedDomains", "whoever has the same name at any other domain would be let in, so it is left out")
			continue
		case r.WithoutUser && p.anybody() && len(r.AllowedDomains) == 0:
			d.warn(at, p.narrower(), "whoever has an account at %s is let in", p.Title)
		}
		out = append(out, r)
	}
	return out
}

// chosenNames reports whether people give themselves the names by which the provider knows them, at a server of one's own
// too. Addresses it verifies.
func (p *SignInProvider) chosenNames() bool { return p.ID == "github" || p.ID == "gitlab" }

// anybody reports whether the provider lets in others than one company's people.
func (p *SignInProvider) anybody() bool {
	if p.Protocol == ByProxy || len(p.Organizations)+len(p.Teams) > 0 {
		return false
	}
	u, err := url.Parse(p.Issuer)
	if err != nil {
		return true
	}
	switch strings.ToLower(u.Hostname()) {
	case "accounts.google.com", "gitlab.com", "github.com", "appleid.apple.com", "www.facebook.com", "www.linkedin.com":
		return true
	case "login.microsoftonline.com":
		tenant, _, _ := strings.Cut(strings.TrimPrefix(u.Path, "/"), "/")
		return slices.Contains([]string{"common", "organizations", "consumers"}, strings.ToLower(tenant))
	}
	return false
}

func (p *SignInProvider) narrower() string {
	if p.Protocol == ByGitHub {
		return "name your organisation in allowedOrganizations, or remove dangerouslyAllowSignInWithoutUserInCatalog"
	}
	return "use a resolver of e-mail addresses with allowedDomains, or remove dangerouslyAllowSignInWithoutUserInCatalog"
}
