package compat

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"log/slog"
	"net/url"
	"strings"
	"sync"
	"testing"
)

// lines is a log that several may write to.
type lines struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// Whoever makes the portal repeat what they send learns of no secret, and the log has none, however it came there.
func TestSecretsAreNowhere(t *testing.T) {
	canaries := map[string]string{}
	for _, name := range []string{"token", "client", "github", "gitea", "proxy", "okta"} {
		canaries[name] = "c4n4ry+" + name + "/of=the portal"
	}
	canaries["token"] = "c4n4ry+token/of=the-portal" // it has no spaces
	var log lines
	p := start(t, setup{log: slog.NewJSONHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}), config: fmt.Sprintf(`
auth: {providers: {guest: {}, oidc: {development: {metadataUrl: 'https://id.example', clientId: a, clientSecret: %q, signIn: {resolvers: [{resolver: emailMatchingUserEntityProfileEmail}]}}}}}
integrations: {github: [{host: git.example.com, token: %q}], gitea: [{host: gitea.example.com, username: a, password: %q}]}
proxy: {endpoints: {/a: {target: 'https://x.example', headers: {Authorization: %q}}}}
catalog: {providers: {okta: [{token: %q}]}}
backend: {auth: {externalAccess: [{type: static, options: {token: %q, subject: canary}}, {type: static, options: {token: %s, subject: compat}}]}}
`, canaries["client"], canaries["github"], canaries["gitea"], canaries["proxy"], canaries["okta"], canaries["token"], fullToken)})
	seen := 0
	for name, secret := range canaries {
		forms := map[string]string{
			"as it is": secret, "base64": base64.StdEncoding.EncodeToString([]byte(secret)), "base64url": base64.RawURLEncoding.EncodeToString([]byte(secret)),
			"in base64": base64.StdEncoding.EncodeToString([]byte("a:" + secret)), "hex": hex.EncodeToString([]byte(secret)), "HEX": strings.ToUpper(hex.EncodeToString([]byte(secret))),
			"a query": url.QueryEscape(secret), "a path": url.PathEscape(secret),
		}
		for form, text := range forms {
			left := []string{secret, text}
			if !strings.HasPrefix(form, "a ") { // what is escaped twice is not looked for
				left = append(left, url.PathEscape(text))
			}
			for _, r := range []*reply{
				p.in(t).do("GET", "/api/catalog/entities/by-name/component/default/"+url.PathEscape(text), ""),
				p.in(t).do("GET", "/api/catalog/entities?filter="+url.QueryEscape(text)+"&limit="+url.QueryEscape(text), ""),
				p.in(t).do("GET", "/api/"+url.PathEscape(text)+"/x", ""),
				p.in(t).do("GET", "/api/auth/"+url.PathEscape(text)+"/start", "", anonymous),
			} {
				if r.status < 300 {
					continue // it is a search, and finds nothing
				}
				seen++
				for _, left := range left {
					if bytes.Contains(r.body, []byte(left)) {
						t.Errorf("%s, %s: the answer has it: %s", name, form, r.body)
					}
				}
			}
			for _, left := range left {
				if strings.Contains(log.String(), left) {
					t.Errorf("%s, %s: it is in the log", name, form)
				}
			}
		}
	}
	if seen < 100 || strings.Count(log.String(), "•••") < 100 {
		t.Errorf("only %d answers were looked at, and %d masks are in the log", seen, strings.Count(log.String(), "•••"))
	}
}
