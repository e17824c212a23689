package config

import (
	"fmt"
	"strings"
	"testing"
)

func TestSignInProviders(t *testing.T) {
	const sign = ", clientId: c, clientSecret: s, signIn: {resolvers: [{resolver: emailMatchingUserEntityProfileEmail, allowedDomains: [a.example]}]}"
	tests := []struct{ name, text, issuer, warning string }{
		{"any", "oidc: {development: {metadataUrl: 'https://id.example/x/.well-known/openid-configuration'" + sign + "}}", "https://id.example/x", ""},
		{"any, by its issuer", "oidc: {development: {metadataUrl: 'https://id.example/x/'" + sign + "}}", "https://id.example/x/", ""},
		{"on this machine", "oidc: {development: {metadataUrl: 'http://127.0.0.1:5556/dex'" + sign + "}}", "http://127.0.0.1:5556/dex", ""},
		{"google", "google: {development: {additionalScopes: a b" + sign + "}}", "https://accounts.google.com", ""},
		{"okta", "okta: {development: {audience: 'https://x.okta.com/'" + sign + "}}", "https://x.okta.com", ""},
		{"okta with a server of its own", "okta: {development: {audience: 'https://x.okta.com', authServerId: default" + sign + "}}", "https://x.okta.com/oauth2/default", ""},
		{"gitlab.com", "gitlab: {development: {additionalScopes: []" + sign + "}}", "https://gitlab.com", ""},
		{"another GitLab", "gitlab: {development: {audience: 'https://git.example'" + sign + "}}", "https://git.example", ""},
		{"Entra ID", "microsoft: {development: {tenantId: 1A2B3C4D-0000-1111-2222-333344445555" + sign + "}}", "https://login.microsoftonline.com/1a2b3c4d-0000-1111-2222-333344445555/v2.0", ""},
		{"every tenant", "microsoft: {development: {tenantId: common" + sign + "}}", "", "people of tenants that anybody can make"},
		{"organisations' tenants", "microsoft: {development: {tenantId: Organizations" + sign + "}}", "", "people of tenants that anybody can make"},
		{"people's own tenants", "microsoft: {development: {tenantId: consumers" + sign + "}}", "", "people of tenants that anybody can make"},
		{"a tenant's name", "microsoft: {development: {tenantId: marrowby.onmicrosoft.com" + sign + "}}", "", "is no tenant's id"},
		{"github.com", "github: {development: {allowedOrganizations: acme, allowedTeams: [acme/platform]" + sign + "}}", "https://github.com", ""},
		{"an Enterprise Server", "github: {development: {enterpriseInstanceUrl: 'https://ghe.example/'" + sign + "}}", "https://ghe.example", ""},
		{"an Enterprise Server without https", "github: {development: {enterpriseInstanceUrl: 'http://ghe.example'" + sign + "}}", "", "without https"},
		{"no organisation", "github: {development: {allowedOrganizations: []" + sign + "}}", "", "the list is empty"},
		{"another provider of Backstage", "gcpIap: {audience: x}", "", "configure auth.providers.google"},
		{"what else the provider is told", "oidc: {development: {metadataUrl: 'https://id.example', prompt: auto, startUrlSearchParams: {organization: o}" + sign + "}}", "https://id.example", ""},
		{"another environment", "google: {production: {additionalScopes: []" + sign + "}}", "", "has no settings for the environment development"},
		{"without https", "oidc: {development: {metadataUrl: 'http://id.example'" + sign + "}}", "", "without https"},
		{"without a resolver", "google: {development: {clientId: c, clientSecret: s}}", "", "no resolver leads to a user"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			cfg := files{"a.yaml": "auth: {providers: {" + tt.text + "}}"}.mustLoad(t)
			if tt.warning != "" {
				if len(cfg.Auth.SignIn) != 0 || len(cfg.Warnings) == 0 || !strings.Contains(cfg.Warnings[0].String(), tt.warning) {
					t.Errorf("providers %v, warnings %v; want none, and one of %q", cfg.Auth.SignIn, cfg.Warnings, tt.warning)
				}
				return
			}
			if len(cfg.Auth.SignIn) != 1 || len(cfg.Warnings) != 0 {
				t.Fatalf("providers %v, warnings %v", cfg.Auth.SignIn, cfg.Warnings)
			}
			if p := cfg.Auth.SignIn[0]; p.Issuer != tt.issuer || p.ClientSecret.Reveal() != "s" || p.Resolvers[0].AllowedDomains[0] != "a.example" {
				t.Errorf("%+v, want the issuer %s", p, tt.issuer)
			}
		})
	}
}

func TestSignInFaults(t *testing.T) {
	const sign = ", clientId: c, clientSecret: s, signIn: {resolvers: [{resolver: emailMatchingUserEntityProfileEmail}]}}}"
	const trusts = "trustedPeers: [10.0.0.1], secret: 0123456789abcdef, "
	for text, want := range map[string]string{
		"microsoft: {development: {x: y" + sign:                                                           "auth.providers.microsoft.development.tenantId: missing",
		"github: {development: {allowedTeams: [platform]" + sign:                                          `"platform" is not a team`,
		"github: {development: {allowedTeams: [a/b/c]" + sign:                                             `"a/b/c" is not a team`,
		"github: {development: {allowedOrganizations: ['https://github.com/acme']" + sign:                 "is not an organisation",
		"oauth2Proxy: {development: {trustedPeers: [proxy.example]}}":                                     `"proxy.example" is not an address`,
		"oauth2Proxy: {development: {trustedPeers: [0.0.0.0/0]}}":                                         `"0.0.0.0/0" is everybody`,
		"oauth2Proxy: {development: {trustedPeers: ['::/0']}}":                                            `"::/0" is everybody`,
		"proxy: {development: {" + trusts + "headerNames: {user: X_User}}}":                               `"X_User" cannot be such a header`,
		"proxy: {development: {" + trusts + "headerNames: {user: Cookie}}}":                               `"Cookie" cannot be such a header`,
		"proxy: {development: {" + trusts + "headerNames: {email: x-forwarded-user}}}":                    `"x-forwarded-user" cannot be such a header`,
		"proxy: {development: {" + trusts + "secretHeader: x-forwarded-for}}":                             `"x-forwarded-for" cannot be such a header`,
		"proxy: {development: {" + trusts + "signOutUrl: //evil.example}}":                                "is not where a proxy signs people out",
		"proxy: {development: {" + trusts + "signOutUrl: 'javascript:alert(1)'}}":                         "is not where a proxy signs people out",
		"proxy: {development: {" + trusts + "signOutUrl: 'http://evil.example/sign_out'}}":                "is not where a proxy signs people out",
		"oidc: {development: {metadataUrl: 'https://id.example', startUrlSearchParams: {state: x}" + sign: `"state" is the protocol's own`,
		"oidc: {development: {metadataUrl: 'https://id.example', startUrlSearchParams: {nonce: x}" + sign: `"nonce" is the protocol's own`,
	} {
		_, err := files{"a.yaml": "auth: {providers: {" + text + "}}"}.load()
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s\n%v\nwant %q", text, err, want)
		}
	}
}

func TestParams(t *testing.T) {
	const sign = ", clientId: c, clientSecret: s, signIn: {resolvers: [{resolver: emailMatchingUserEntityProfileEmail}]}}}"
	for text, want := range map[string]string{
		"oidc: {development: {metadataUrl: 'https://id.example', prompt: auto" + sign:                                           "map[]",
		"oidc: {development: {metadataUrl: 'https://id.example', prompt: login, startUrlSearchParams: {organization: o}" + sign: "map[organization:o prompt:login]",
		"okta: {development: {audience: 'https://x.okta.com', idp: 0oa1" + sign:                                                 "map[idp:0oa1]",
		"microsoft: {development: {tenantId: 1a2b3c4d-0000-1111-2222-333344445555, domainHint: marrowby.example" + sign:         "map[domain_hint:marrowby.example]",
	} {
		cfg := files{"a.yaml": "auth: {providers: {" + text + "}}"}.mustLoad(t)
		if len(cfg.Auth.SignIn) != 1 || fmt.Sprint(cfg.Auth.SignIn[0].Params) != want {
			t.Errorf("%s: %+v, want %s", text, cfg.Auth.SignIn, want)
		}
	}
	cfg := files{"a.yaml": "auth: {providers: {google: {development: {sessionDuration: {hours: 72}" + sign + "}}"}.mustLoad(t)
	if len(cfg.Warnings) != 1 || !strings.Contains(cfg.Warnings[0].String(), "after 24 in any case") {
		t.Errorf("warnings %v", cfg.Warnings)
	}
}

func TestTrustedProxy(t *testing.T) {
	const sign = ", signIn: {resolvers: [{resolver: forwardedUserMatchingUserEntityName}]}"
	for text, warning := range map[string]string{
		"oauth2Proxy: {development: {trustedPeers: [10.0.3.7, 'fd00::/8'], secret: 0123456789abcdef" + sign + "}}": "",
		"oauth2Proxy: {trustedPeers: [10.0.3.7, 'fd00::/8'], secret: 0123456789abcdef" + sign + "}":                "",
		"oauth2Proxy: {development: {}}":                                                   "everybody can write the headers",
		"oauth2Proxy: {development: {secret: 0123456789abcdef" + sign + "}}":               "everybody can write the headers",
		"oauth2Proxy: {development: {trustedPeers: [10.0.3.7]" + sign + "}}":               "without a secret of 16 characters",
		"oauth2Proxy: {development: {trustedPeers: [10.0.3.7], secret: 0123" + sign + "}}": "without a secret of 16 characters",
		"oauth2Proxy: {development: {trustedPeers: [10.0.3.7], secret: 0123456789abcdef}}": "no resolver leads to a user",
		"oauth2Proxy: {production: {trustedPeers: [10.0.3.7], secret: 0123456789abcdef}}":  "has no settings for the environment",
	} {
		cfg := files{"a.yaml": "auth: {providers: {" + text + "}}"}.mustLoad(t)
		if warning != "" {
			if len(cfg.Auth.SignIn) != 0 || len(cfg.Warnings) == 0 || !strings.Contains(cfg.Warnings[0].String(), warning) {
				t.Errorf("%s: providers %v, warnings %v; want none, and %q", text, cfg.Auth.SignIn, cfg.Warnings, warning)
			}
			continue
		}
		if len(cfg.Auth.SignIn) != 1 || len(cfg.Warnings) != 0 {
			t.Fatalf("%s: providers %v, warnings %v", text, cfg.Auth.SignIn, cfg.Warnings)
		}
		p := cfg.Auth.SignIn[0].Proxy
		if len(p.Peers) != 2 || p.Peers[0].String() != "10.0.3.7/32" || p.UserHeader != "X-Forwarded-User" || p.SecretHeader != "X-Portico-Proxy-Secret" {
			t.Errorf("%s: %+v", text, p)
		}
	}
}

// Where everybody can have an account, whoever lets in people without a user is told whom that lets in.
func TestWholeWorld(t *testing.T) {
	const anybody = "clientId: c, clientSecret: s, signIn: {resolvers: [{resolver: emailMatchingUserEntityProfileEmail, dangerouslyAllowSignInWithoutUserInCatalog: true"
	for text, warned := range map[string]bool{
		"github: {development: {" + anybody + "}]}}}":                                               true,
		"github: {development: {allowedTeams: [a/b], " + anybody + "}]}}}":                          false,
		"github: {development: {enterpriseInstanceUrl: 'https://ghe.example', " + anybody + "}]}}}": false,
		"google: {development: {" + anybody + "}]}}}":                                               true,
		"google: {development: {" + anybody + ", allowedDomains: a.example}]}}}":                    false,
		"gitlab: {development: {" + anybody + "}]}}}":                                               true,
		"gitlab: {development: {audience: 'https://git.example', " + anybody + "}]}}}":              false,
	} {
		cfg := files{"a.yaml": "auth: {providers: {" + text + "}}"}.mustLoad(t)
		if len(cfg.Auth.SignIn) != 1 || (len(cfg.Warnings) == 1) != warned || warned && !strings.Contains(cfg.Warnings[0].String(), "is let in") {
			t.Errorf("%s: providers %v, warnings %v", text, cfg.Auth.SignIn, cfg.Warnings)
		}
	}
}

func TestCreateUser(t *testing.T) {
	const sign = "clientId: c, clientSecret: s, signIn: {createUser: "
	tests := []struct{ name, text, domains, warning string }{
		{"off", "oidc: {development: {metadataUrl: 'https://id.example', " + sign + "{enabled: false}}}}", "off", "no resolver leads to a user"},
		{"one company's provider", "oidc: {development: {metadataUrl: 'https://id.example', " + sign + "{enabled: true}}}}", "", ""},
		{"one tenant", "oidc: {development: {metadataUrl: 'https://login.microsoftonline.com/6b1c/v2.0', " + sign + "{enabled: true}}}}", "", ""},
		{"any tenant", "oidc: {development: {metadataUrl: 'https://login.microsoftonline.com/Common/v2.0', " + sign + "{enabled: true}}}}", "off", "anybody can have an account"},
		{"anybody's provider", "google: {development: {" + sign + "{enabled: true}}}}", "off", "anybody can have an account"},
		{"anybody's provider as any", "oidc: {development: {metadataUrl: 'https://accounts.google.com', " + sign + "{enabled: true}}}}", "off", "anybody can have an account"},
		{"free names", "github: {development: {" + sign + "{enabled: true}}}}", "off", "people choose any free name at GitHub"},
		{"free names of members", "github: {development: {allowedOrganizations: acme, allowedTeams: [acme/a], " + sign + "{enabled: true}}}}", "off", "list the domains of your company's addresses in allowedDomains"},
		{"free names at an Enterprise Server", "github: {development: {enterpriseInstanceUrl: 'https://ghe.example', " + sign + "{enabled: true}}}}", "off", "people choose any free name at GitHub"},
		{"free names at a GitLab of one's own", "gitlab: {development: {audience: 'https://git.example', " + sign + "{enabled: true}}}}", "off", "people choose any free name at GitLab"},
		{"free names, an empty list of domains", "github: {development: {" + sign + "{enabled: true, allowedDomains: []}}}}", "off", "people choose any free name at GitHub"},
		{"free names, some domains", "github: {development: {allowedOrganizations: acme, " + sign + "{enabled: true, allowedDomains: a.example}}}}", "a.example", ""},
		{"anybody's provider, some domains", "gitlab: {development: {" + sign + "{enabled: true, allowedDomains: [a.example, b.example]}}}}", "a.example b.example", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			cfg := files{"a.yaml": "auth: {providers: {" + tt.text + "}}"}.mustLoad(t)
			got := "off"
			if len(cfg.Auth.SignIn) == 1 && cfg.Auth.SignIn[0].Create != nil {
				got = strings.Join(cfg.Auth.SignIn[0].Create.AllowedDomains, " ")
			}
			said := ""
			for _, w := range cfg.Warnings {
				said += w.String()
			}
			if got != tt.domains || (tt.warning == "") != (said == "") || !strings.Contains(said, tt.warning) {
				t.Errorf("domains %q, warnings %q", got, said)
			}
		})
	}
}

func TestResolversThatAreLeftOut(t *testing.T) {
	cfg := files{"a.yaml": "auth: {providers: {okta: {development: {audience: 'https://x.okta.com', clientId: c, clientSecret: s, signIn: {resolvers: " +
		"[{resolver: emailLocalPartMatchingUserEntityName}, {resolver: usernameMatchingUserEntityName}, {resolver: preferredUsernameMatchingUserEntityName}]}}}}}"}.mustLoad(t)
	if len(cfg.Auth.SignIn) != 1 || len(cfg.Auth.SignIn[0].Resolvers) != 1 || cfg.Auth.SignIn[0].Resolvers[0].Resolver != ByUsername {
		t.Fatalf("providers %+v", cfg.Auth.SignIn)
	}
	if len(cfg.Warnings) != 2 || !strings.Contains(cfg.Warnings[0].String(), "any other domain") || !strings.Contains(cfg.Warnings[1].String(), "usernameMatchingUserEntityName") {
		t.Errorf("warnings %v", cfg.Warnings)
	}
}
