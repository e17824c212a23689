package config

import (
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

// decodeResolvers keeps what leads to users of the catalog. Without anything that does, nobody signs in with the provider.
func (p *SignInProvider) decodeResolvers(d *decoder, n Node, list []SignInResolver) bool {
	p.Resolvers = p.usable(d, n.Get("signIn").Get("resolvers"), list)
	if len(p.Resolvers) == 0 {
		d.warn(n, "name one in signIn.resolvers, for example "+ByEmail, "no resolver leads to a user of the catalog, so nobody signs in with it")
	}
	return len(p.Resolvers) > 0
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
		case r.WithoutUser && p.public() && len(r.AllowedDomains) == 0:
			d.warn(at, p.narrower(), "whoever has an account at %s is let in", p.Title)
		}
		out = append(out, r)
	}
	return out
}

// public reports whether everybody in the world can get an account.
func (p *SignInProvider) public() bool {
	switch p.Issuer {
	case "https://accounts.google.com", "https://gitlab.com":
		return true
	case "https://github.com":
		return len(p.Organizations)+len(p.Teams) == 0
	}
	return false
}

func (p *SignInProvider) narrower() string {
	if p.Protocol == ByGitHub {
		return "name your organisation in allowedOrganizations, or remove dangerouslyAllowSignInWithoutUserInCatalog"
	}
	return "use a resolver of e-mail addresses with allowedDomains, or remove dangerouslyAllowSignInWithoutUserInCatalog"
}
