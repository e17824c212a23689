package config

import (
	"slices"
	"strings"
)

// otherwise is a key that decides in Backstage who gets in, for how long or how far, and here does not.
type otherwise struct {
	path    string // with * for the environment of a provider that counts
	happens string // here, instead
	remedy  string
	same    []string // values of the key, or of enabled below it, that say what happens here anyway
}

const (
	sessionsEnd = "a session ends after 8 hours without a request, after 24 hours in any case, and when somebody signs out"
	noClients   = "remove it; programs get tokens by `portico login`, from the page Tokens, or in backend.auth.externalAccess"
)

var off = []string{"false", "no", "off"}

// otherwises are told to whoever wrote one: that the key is ignored would not say what that means. Keys that the decoders
// read warn there.
var otherwises = []otherwise{
	{"permission.enabled", "permissions are always on, so this changes nothing", "remove it; roles and policies are in portico.policies", []string{"true", "yes", "on"}},
	{"permission.rbac", "roles and policies of this plugin do not count", "write them into portico.policies", nil},
	{"backend.https", "the portal serves plain http, so this changes nothing", "put a proxy that speaks TLS before it", off},
	{"backend.rateLimit", "portico.limits bounds what one caller may have, so this changes nothing", "remove it, and set portico.limits where its defaults do not fit", nil},
	{"auth.autologout", sessionsEnd + ", so this changes nothing", "remove it", off},
	{"auth.session", "the portal keeps nothing in a session that a secret would sign, so this changes nothing", "remove it", nil},
	{"auth.experimentalRefreshToken", "there are no refresh tokens, so this changes nothing: a token of a user ends after auth.backstageTokenExpiration", noClients, off},
	{"auth.experimentalDynamicClientRegistration", "no client can register itself, so this changes nothing", noClients, off},
	{"auth.clientIdMetadataDocuments", "no client is let in by a document of its own, so this changes nothing", noClients, off},
	{"auth.experimentalClientIdMetadataDocuments", "no client is let in by a document of its own, so this changes nothing", noClients, off},
	{"auth.providers.oidc.*.tokenEndpointAuthMethod", "the portal sends the client's secret, as client_secret_basic and else as client_secret_post, so this changes nothing",
		"let the provider take the secret in one of these ways", []string{"client_secret_basic", "client_secret_post"}},
	{"auth.providers.oidc.*.timeout", "a provider has 10 seconds for an answer, so this changes nothing", "remove it", nil},
	{"auth.providers.microsoft.*.skipUserProfile", "the portal reads no profile in Microsoft Graph: names and addresses are what OpenID Connect gives, so this changes nothing", "remove it", []string{"true", "yes", "on"}},
	{"auth.providers.microsoft.*.graphApiVersion", "the portal reads no profile in Microsoft Graph, so this changes nothing", "remove it", nil},
	{"auth.providers.microsoft.*.additionalScopes", "people are asked to consent to these, but the portal keeps no token of Microsoft's, so nobody uses them", "remove it", nil},
}

// warnOfOtherwise says what happens in place of what some keys say in Backstage.
func (rep *report) warnOfOtherwise(root Node, environment string) {
	for _, o := range otherwises {
		path := strings.ReplaceAll(o.path, "*", environment)
		parent := root
		keys := strings.Split(path, ".")
		for _, key := range keys[:len(keys)-1] {
			parent = parent.Get(key)
		}
		key := keys[len(keys)-1]
		n := parent.Get(key)
		said := n
		if n.Kind() == Map && n.Get("enabled").Exists() {
			said = n.Get("enabled")
		}
		if n.Kind() <= Null || n.Kind() == List && len(n.Items()) == 0 || slices.Contains(o.same, strings.ToLower(said.Text())) {
			continue
		}
		rep.warn(keyPosition(parent, key), path, o.remedy, "%s", o.happens)
	}
	oidc := root.Get("auth").Get("providers").Get("oidc").Get(environment)
	switch alg := oidc.Get("tokenSignedResponseAlg"); {
	case alg.Kind() <= Null:
	case strings.HasPrefix(strings.ToUpper(alg.Text()), "HS") || strings.EqualFold(alg.Text(), "none"):
		rep.warn(alg.pos, alg.path, "let the provider sign with a key that it publishes: RS256, ES256 or EdDSA", "ID tokens that anybody with the client's secret could have made are refused, so nobody signs in with %s", show(alg))
	default:
		rep.warn(alg.pos, alg.path, "remove it", "the portal takes what the provider's metadata announce with RSA, ECDSA and EdDSA keys, so this narrows nothing")
	}
}
