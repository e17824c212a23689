package config

import (
	"strings"
	"testing"
)

// Whoever wrote a key that changes in Backstage who gets in is told what happens here, where it is written.
func TestKeysThatMeanSomethingElse(t *testing.T) {
	const sign = ", clientId: c, clientSecret: s, signIn: {resolvers: [{resolver: emailMatchingUserEntityProfileEmail}]}}}}}"
	const oidc = "auth: {environment: production, providers: {oidc: {production: {metadataUrl: 'https://id.example', "
	const microsoft = "auth: {providers: {microsoft: {development: {tenantId: 11111111-2222-3333-4444-555555555555, "
	for text, want := range map[string]string{
		"permission: {enabled: false}":                                                                               "a.yaml:1:14: permission.enabled: permissions are always on, so this changes nothing; remove it; roles and policies are in portico.policies",
		"permission: {enabled: true}":                                                                                "",
		"permission: {enabled: 'no'}":                                                                                "permissions are always on",
		"permission: {rbac: {policies-csv-file: a.csv}}":                                                             "permission.rbac: roles and policies of this plugin do not count",
		"backend: {https: true}":                                                                                     "serves plain http",
		"backend: {https: {certificate: {cert: c, key: k}}}":                                                         "serves plain http",
		"backend: {rateLimit: {incomingRequestLimit: 5}}":                                                            "portico.limits",
		"auth: {autologout: {enabled: true, idleTimeoutMinutes: 5}}":                                                 "a.yaml:1:8: auth.autologout: a session ends after 8 hours",
		"auth: {autologout: {enabled: false}}":                                                                       "",
		"auth: {session: {secret: 0123456789}}":                                                                      "auth.session: the portal keeps nothing",
		"auth: {experimentalRefreshToken: {enabled: true}}":                                                          "there are no refresh tokens",
		"auth: {experimentalDynamicClientRegistration: {enabled: true}}":                                             "no client can register itself",
		"auth: {clientIdMetadataDocuments: {enabled: true}}":                                                         "no client is let in",
		"auth: {clientIdMetadataDocuments: {enabled: false}}":                                                        "",
		"auth: {experimentalClientIdMetadataDocuments: {enabled: true}}":                                             "no client is let in",
		"auth: {keyStore: {provider: static}}":                                                                       "is not a key store here",
		"auth: {identityTokenAlgorithm: RS256}":                                                                      "signed with ES256",
		oidc + "tokenEndpointAuthMethod: private_key_jwt" + sign:                                                     "a.yaml:1:100: auth.providers.oidc.production.tokenEndpointAuthMethod: the portal sends the client's secret",
		oidc + "tokenEndpointAuthMethod: client_secret_post" + sign:                                                  "",
		oidc + "timeout: {seconds: 30}" + sign:                                                                       "has 10 seconds for an answer",
		oidc + "tokenSignedResponseAlg: HS256" + sign:                                                                `are refused, so nobody signs in with "HS256"`,
		oidc + "tokenSignedResponseAlg: none" + sign:                                                                 "are refused",
		oidc + "tokenSignedResponseAlg: ES256" + sign:                                                                "narrows nothing",
		"auth: {providers: {oidc: {production: {timeout: 1}, development: {metadataUrl: 'https://id.example'" + sign: "",
		microsoft + "skipUserProfile: false" + sign:                                                                  "names and addresses are what OpenID Connect gives",
		microsoft + "skipUserProfile: true" + sign:                                                                   "",
		microsoft + "graphApiVersion: beta" + sign:                                                                   "reads no profile in Microsoft Graph, so this",
		microsoft + "additionalScopes: [Mail.Read]" + sign:                                                           "so nobody uses them",
		microsoft + "additionalScopes: []" + sign:                                                                    "",
		"auth: {providers: {saml: {entryPoint: x}}}":                                                                 "a.yaml:1:20: auth.providers.saml: this way to sign in is not built, so nobody signs in with it; configure auth.providers.oidc",
		"auth: {providers: {gogle: {development: {clientId: x}}}}":                                                   "auth.providers.gogle: there is no such provider, so nobody signs in with it; write google if that is what you mean; those that there are: guest, oidc,",
		"auth: {providers: {guset: {}}}":                                                                             "write guest if that is what you mean",
		"auth: {providers: {acme-sso: {}}}":                                                                          "nobody signs in with it; those that there are: guest, oidc,",
		"auth: {providers: {saml: , gogle: }}":                                                                       "",
	} {
		cfg := files{"a.yaml": text}.mustLoad(t)
		if want == "" && len(cfg.Warnings) != 0 || want != "" && (len(cfg.Warnings) != 1 || !strings.Contains(cfg.Warnings[0].String(), want)) {
			t.Errorf("%s\nwarnings %v\nwant %q", text, cfg.Warnings, want)
		}
	}
}

// Every key of the table is one that Backstage's installations can have: none is misspelt.
func TestOtherwisesAreKeysOfBackstage(t *testing.T) {
	for _, o := range otherwises {
		if strings.HasPrefix(o.path, "auth.providers.") {
			continue // their keys are in no list
		}
		if at := unknownFrom(o.path); at != "" {
			t.Errorf("%s is unknown from %s on", o.path, at)
		}
	}
}
