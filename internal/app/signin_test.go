package app

import (
	"strings"
	"testing"

	"portico/internal/config"
	"portico/internal/identity/signin"
)

// Every resolver that the configuration takes compares what its name says, with what it says.
func TestResolvers(t *testing.T) {
	t.Parallel()
	const client = ", clientId: c, clientSecret: s"
	const trusts = "trustedPeers: [10.0.0.1], secret: 0123456789abcdef"
	blocks := map[string]string{
		"oidc": "metadataUrl: 'https://id.example'" + client, "okta": "audience: 'https://x.okta.com'" + client, "google": "additionalScopes: []" + client,
		"gitlab": "audience: 'https://git.example:8443'" + client, "microsoft": "tenantId: 1a2b3c4d-0000-1111-2222-333344445555" + client,
		"github": "allowedOrganizations: [acme]" + client, "oauth2Proxy": trusts, "proxy": trusts,
	}
	tests := []struct {
		provider, resolver string
		want               signin.Resolver
	}{
		{"oidc", config.ByEmail, signin.Resolver{By: signin.Email}},
		{"oidc", config.ByUsername, signin.Resolver{By: signin.Username, Pinned: true}},
		{"oidc", config.BySubject, signin.Resolver{By: signin.ID, Annotation: "oidc.io/sub"}},
		{"okta", config.ByAnnotatedEmail, signin.Resolver{By: signin.Email, Annotation: "okta.com/email"}},
		{"google", config.ByAnnotatedEmail, signin.Resolver{By: signin.Email, Annotation: "google.com/email"}},
		{"gitlab", config.ByLogin, signin.Resolver{By: signin.Username, Pinned: true}},
		{"gitlab", config.ByID, signin.Resolver{By: signin.ID, Annotation: "git.example/user-id"}},
		{"microsoft", config.ByEmail, signin.Resolver{By: signin.Email}},
		{"microsoft", config.ByAnnotatedEmail, signin.Resolver{By: signin.Email, Annotation: "microsoft.com/email"}},
		{"microsoft", config.ByID, signin.Resolver{By: signin.ID, Annotation: "graph.microsoft.com/user-id"}},
		{"github", config.ByEmail, signin.Resolver{By: signin.Email}},
		{"github", config.ByLogin, signin.Resolver{By: signin.Username, Pinned: true}},
		{"github", config.ByID, signin.Resolver{By: signin.ID, Annotation: "github.com/user-id"}},
		{"oauth2Proxy", config.ByForwardedUser, signin.Resolver{By: signin.ID}},
		{"oauth2Proxy", config.ByForwardedUsername, signin.Resolver{By: signin.Username, Pinned: true}},
		{"proxy", config.ByEmail, signin.Resolver{By: signin.Email}},
	}
	for _, tt := range tests {
		t.Run(tt.provider+" "+tt.resolver, func(t *testing.T) {
			cfg := loaded(t, "auth: {providers: {"+tt.provider+": {development: {"+blocks[tt.provider]+", signIn: {resolvers: [{resolver: "+tt.resolver+
				", allowedDomains: [a.example], dangerouslyAllowSignInWithoutUserInCatalog: true}]}}}}}")
			if len(cfg.Auth.SignIn) != 1 {
				t.Fatalf("providers %v, warnings %v", cfg.Auth.SignIn, cfg.Warnings)
			}
			got := resolversOf(cfg.Auth.SignIn[0])
			if len(got) != 1 || got[0].By != tt.want.By || got[0].Annotation != tt.want.Annotation || got[0].Pinned != tt.want.Pinned ||
				!got[0].WithoutUser || strings.Join(got[0].Domains, " ") != "a.example" {
				t.Errorf("%+v, want %+v", got, tt.want)
			}
		})
	}
}

func TestProtocols(t *testing.T) {
	t.Parallel()
	cfg := loaded(t, `auth: {providers: {
		github: {development: {enterpriseInstanceUrl: 'https://ghe.example/', allowedOrganizations: [acme], allowedTeams: [x/y], clientId: c, clientSecret: s, signIn: {resolvers: [{resolver: usernameMatchingUserEntityName}]}}},
		microsoft: {development: {tenantId: 1a2b3c4d-0000-1111-2222-333344445555, clientId: c, clientSecret: s, signIn: {resolvers: [{resolver: userIdMatchingUserEntityAnnotation}]}}},
		oidc: {development: {metadataUrl: 'https://id.example', clientId: c, clientSecret: s, signIn: {resolvers: [{resolver: oidcSubClaimMatchingUserEntityAnnotation}]}}},
		proxy: {development: {trustedPeers: [10.0.0.0/8], secret: 0123456789abcdef, signOutUrl: /out, signIn: {resolvers: [{resolver: forwardedUserMatchingUserEntityName}]}}}}}`)
	seen := map[string]bool{}
	for _, c := range cfg.Auth.SignIn {
		seen[c.ID] = true
		switch p := protocolOf(c, nil).(type) {
		case *signin.GitHub:
			if c.ID != "github" || p.URL != "https://ghe.example" || p.Organizations[0] != "acme" || p.Teams[0] != "x/y" || p.ClientSecret != "s" {
				t.Errorf("%s: %+v", c.ID, c)
			}
		case *signin.Proxy:
			if c.ID != "proxy" || p.ID != "proxy" || p.Secret != "0123456789abcdef" || p.Peers[0].String() != "10.0.0.0/8" || p.SignOutURL != "/out" || p.User != "X-Forwarded-User" {
				t.Errorf("%s: %+v", c.ID, p)
			}
		case *signin.OIDC:
			if p.Entra != (c.ID == "microsoft") || p.ClientSecret != "s" {
				t.Errorf("%s: %+v", c.ID, c)
			}
		}
	}
	if len(seen) != 4 {
		t.Errorf("providers %v, warnings %v", seen, cfg.Warnings)
	}
}

func loaded(t *testing.T, text string) *config.Config {
	t.Helper()
	cfg, err := config.Load(config.Options{Files: []string{"/app-config.yaml"}, ReadFile: func(string) ([]byte, error) { return []byte(text), nil }})
	if err != nil {
		t.Fatal(err)
	}
	return cfg
}
