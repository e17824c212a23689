package config

import (
	"slices"
	"testing"
)

func TestSecrets(t *testing.T) {
	cfg := files{"a.yaml": `
app: {title: not-a-secret}
backend:
  database: {client: pg, connection: 'postgresql://portico:the-password@db.example.com/portico'}
  auth: {externalAccess: [{type: static, options: {token: a-static-token, subject: not-a-subject}}], keys: [{secret: bm90IGEga2V5IGF0IGFsbCE=}]}
auth: {providers: {oidc: {production: {clientId: not-an-id, clientSecret: a-client-secret, metadataUrl: 'https://id.example'}}}}
integrations: {gitea: [{host: git.example.com, username: not-a-name, password: a-git-password}]}
proxy: {endpoints: {/a: {target: 'https://not.example', credentials: require, headers: {Authorization: Bearer of-the-proxy}}}}
catalog: {providers: {okta: [{token: "${SOME_VARIABLE}"}]}}
portico: {secrets: {key: a-key-of-the-operator}}
`}.mustLoad(t, "SOME_VARIABLE=from-the-environment")
	var got []string
	for _, s := range cfg.Secrets() {
		got = append(got, s.Reveal())
	}
	for _, want := range []string{
		"the-password", "postgresql://portico:the-password@db.example.com/portico", "a-static-token", "bm90IGEga2V5IGF0IGFsbCE=", "a-client-secret", "a-git-password",
		"Bearer of-the-proxy", "from-the-environment", "a-key-of-the-operator",
	} {
		if !slices.Contains(got, want) {
			t.Errorf("%s is not among the secrets", want)
		}
	}
	for _, s := range got {
		if len(s) > 3 && s[:4] == "not-" || s == "require" {
			t.Errorf("%s is taken for a secret", s)
		}
	}
	if len((&Config{}).Secrets()) != 0 {
		t.Error("an empty configuration has secrets")
	}
}
