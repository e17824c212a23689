package config

import (
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

func TestCreateUser(t *testing.T) {
	const sign = "clientId: c, clientSecret: s, signIn: {createUser: "
	tests := []struct{ name, text, domains, warning string }{
		{"off", "oidc: {development: {metadataUrl: 'https://id.example', " + sign + "{enabled: false}}}}", "off", "no resolver leads to a user"},
		{"one company's provider", "oidc: {development: {metadataUrl: 'https://id.example', " + sign + "{enabled: true}}}}", "", ""},
		{"one tenant", "oidc: {development: {metadataUrl: 'https://login.microsoftonline.com/6b1c/v2.0', " + sign + "{enabled: true}}}}", "", ""},
		{"any tenant", "oidc: {development: {metadataUrl: 'https://login.microsoftonline.com/Common/v2.0', " + sign + "{enabled: true}}}}", "off", "anybody can have an account"},
		{"anybody's provider", "google: {development: {" + sign + "{enabled: true}}}}", "off", "anybody can have an account"},
		{"anybody's provider as any", "oidc: {development: {metadataUrl: 'https://accounts.google.com', " + sign + "{enabled: true}}}}", "off", "anybody can have an account"},
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
	cfg := files{"a.yaml": "auth: {providers: {google: {development: {clientId: c, clientSecret: s, signIn: {resolvers: " +
		"[{resolver: emailLocalPartMatchingUserEntityName}, {resolver: usernameMatchingUserEntityName}, {resolver: preferredUsernameMatchingUserEntityName}]}}}}}"}.mustLoad(t)
	if len(cfg.Auth.SignIn) != 1 || len(cfg.Auth.SignIn[0].Resolvers) != 1 || cfg.Auth.SignIn[0].Resolvers[0].Resolver != ByUsername {
		t.Fatalf("providers %+v", cfg.Auth.SignIn)
	}
	if len(cfg.Warnings) != 2 || !strings.Contains(cfg.Warnings[0].String(), "any other domain") || !strings.Contains(cfg.Warnings[1].String(), "usernameMatchingUserEntityName") {
		t.Errorf("warnings %v", cfg.Warnings)
	}
}
