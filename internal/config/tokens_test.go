package config

import (
	"strings"
	"testing"
	"time"
)

// What would let in more than anybody meant is left out, and said.
func TestExternalAccessThatIsLeftOut(t *testing.T) {
	tests := []struct{ name, entry, warning string }{
		{"a secret that can be guessed", "{type: legacy, options: {secret: c2VjcmV0, subject: a}}", "could be guessed"},
		{"a secret that is no base64", "{type: legacy, options: {secret: 'not base64 at all!', subject: a}}", "not base64"},
		{"keys without https", "{type: jwks, options: {url: 'http://id.example/keys', audience: a}}", "without https"},
		{"an issuer's every token", "{type: jwks, options: {url: 'https://id.example/keys', issuer: 'https://id.example'}}", "every token of that issuer"},
		{"an algorithm with a shared key", "{type: jwks, options: {url: 'https://id.example/keys', audience: a, algorithm: HS256}}", "does not sign"},
		{"no algorithm", "{type: jwks, options: {url: 'https://id.example/keys', audience: a, algorithm: [RS256, none]}}", "does not sign"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			cfg := files{"a.yaml": "backend: {auth: {externalAccess: [" + tt.entry + "]}}\n"}.mustLoad(t)
			if n := len(cfg.Backend.Auth.ExternalAccess); n != 0 {
				t.Errorf("%d entries are kept", n)
			}
			if len(cfg.Warnings) != 1 || !strings.Contains(cfg.Warnings[0].String(), tt.warning) || strings.Contains(cfg.Warnings[0].String(), "c2Vj") {
				t.Errorf("the warnings are %v", cfg.Warnings)
			}
		})
	}
	cfg := files{"a.yaml": "backend: {auth: {keys: [{secret: c2VjcmV0}, {secret: bm90IGEga2V5IGF0IGFsbCE}]}}\n"}.mustLoad(t)
	if keys := cfg.Backend.Auth.Keys; len(keys) != 1 || string(SharedKeyBytes(keys[0].Secret)) != "not a key at all!" {
		t.Errorf("the keys are %v", keys)
	}
}

func TestTokenSettings(t *testing.T) {
	tests := []struct {
		name, auth string
		life       time.Duration
		omit       bool
		store      string
		warnings   int
	}{
		{"nothing written", "{}", time.Hour, true, "", 0},
		{"as Backstage writes them", "{backstageTokenExpiration: {minutes: 30}, omitIdentityTokenOwnershipClaim: false, identityTokenAlgorithm: ES256, keyStore: {provider: memory}}", 30 * time.Minute, false, "memory", 0},
		{"too short", "{backstageTokenExpiration: {seconds: 5}}", 10 * time.Minute, true, "", 1},
		{"too long", "{backstageTokenExpiration: {days: 5}}", 24 * time.Hour, true, "", 1},
		{"what there is not", "{identityTokenAlgorithm: RS256, keyStore: {provider: static, static: {keys: []}}, experimentalExtraAllowedOrigins: ['https://*.example.com']}", time.Hour, true, "database", 3},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			cfg := files{"a.yaml": "auth: " + tt.auth + "\n"}.mustLoad(t)
			if a := cfg.Auth; a.TokenExpiration != tt.life || a.OmitOwnership != tt.omit || a.KeyStore.Provider != tt.store || len(cfg.Warnings) != tt.warnings || len(a.ExtraOrigins) != 0 {
				t.Errorf("%+v, %v", a, cfg.Warnings)
			}
		})
	}
}

func TestKeyIsASecret(t *testing.T) {
	cfg := files{"a.yaml": "portico: {secrets: {key: '" + canary + "'}}\n"}.mustLoad(t)
	var out strings.Builder
	if err := cfg.Print(&out, YAML); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(out.String(), canary) || cfg.Portico.Secrets.Key.Reveal() != canary {
		t.Errorf("%s", out.String())
	}
}
