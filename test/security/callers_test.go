package security

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"portico/internal/httpx"
)

// The catalog's people beside Ann, who is an author: Olga owns what keepers do, Oleg is as much of an owner and of another
// group, Olive is an operator and Ada an admin.
const peopleText = `
apiVersion: backstage.io/v1alpha1
kind: Group
metadata: {name: strangers}
spec: {type: team, children: []}
---
apiVersion: backstage.io/v1alpha1
kind: User
metadata: {name: olga}
spec: {memberOf: [keepers]}
---
apiVersion: backstage.io/v1alpha1
kind: User
metadata: {name: oleg}
spec: {memberOf: [strangers]}
---
apiVersion: backstage.io/v1alpha1
kind: User
metadata: {name: olive}
spec: {memberOf: []}
---
apiVersion: backstage.io/v1alpha1
kind: User
metadata: {name: ada}
spec: {memberOf: []}
`

const staffText = `
portico:
  reading: {allowPrivateHosts: [%q]}
  policies: {roles: {owner: [user:default/olga, user:default/oleg], operator: [user:default/olive], admin: [user:default/ada]}}
catalog: {locations: [{type: file, target: ./catalog.yaml}, {type: file, target: ./people.yaml}]}
backend:
  auth:
    externalAccess:
` + staticTokens + `
      - {type: legacy, options: {secret: ` + sharedKey + `, subject: old-backend}}
      - type: jwks
        options: {url: %q, issuer: 'https://ci.example', audience: [portal], algorithm: ES256, subjectPrefix: ci}
        accessRestrictions: [{plugin: catalog, permission: catalog.entity.read}]
`

// sharedKey signs the tokens of a program, in Backstage's old form.
const sharedKey = "d2FsbC1pcy1uby1rZXktYXQtYWxs"

// ciKey signs the tokens of programs whose keys are published.
var ciKey = func() *ecdsa.PrivateKey {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		panic(err)
	}
	return key
}()

// staffed is the setup of a portal before which every role can stand, with more configuration and more of the catalog.
func staffed(t *testing.T, more, catalog string) setup {
	t.Helper()
	keys := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write([]byte(ciKeys(t)))
	}))
	t.Cleanup(keys.Close)
	u, err := url.Parse(keys.URL)
	if err != nil {
		t.Fatal(err)
	}
	return setup{config: []string{fmt.Sprintf(staffText, u.Host, keys.URL), more}, files: map[string]string{"people.yaml": peopleText + catalog}}
}

var b64 = base64.RawURLEncoding.EncodeToString

// legacy is the token of a program that shares a key with the portal.
func legacy(*portal) option {
	raw, err := base64.StdEncoding.DecodeString(sharedKey)
	if err != nil {
		panic(err)
	}
	text := rawJSON(map[string]any{"alg": "HS256"}) + "." + rawJSON(map[string]any{"sub": "backstage-server", "exp": time.Now().Add(time.Hour).Unix()})
	mac := hmac.New(sha256.New, raw)
	mac.Write([]byte(text))
	return bearer(text + "." + b64(mac.Sum(nil)))
}

// published is the token of a program whose keys are published.
func published(p *portal) option {
	return bearer(es256(p.t, map[string]any{"iss": "https://ci.example", "aud": "portal", "sub": "deploy", "exp": time.Now().Add(time.Hour).Unix()}))
}

// everyScope are the scopes that a token can be made for.
const everyScope = "catalog:read catalog:write ownership:write sources:read sources:manage audit:read"

// personal makes a token of somebody's own, then does to it what the SQL says of the row $1.
func personal(name, scopes, sql string) func(*portal) option {
	return func(p *portal) option { return p.made("/api/portico/me/tokens", name, scopes, sql) }
}

// service has an admin make a token of a service.
func service(scopes string) func(*portal) option {
	return func(p *portal) option { return p.made("/api/portico/tokens", "ada", scopes, "") }
}

// made makes a token, and with it ends what was made before: nobody has more than some.
func (p *portal) made(path, name, scopes, sql string) option {
	p.t.Helper()
	if _, err := p.pool.Exec(p.t.Context(), `DELETE FROM identity_tokens`); err != nil {
		p.t.Fatal(err)
	}
	var made struct {
		Token string
		ID    int64
	}
	p.answer(p.do("POST", path, rawText(map[string]any{"name": "wall", "scopes": strings.Fields(scopes)}), session(name, "")(p)), &made)
	if sql != "" {
		if _, err := p.pool.Exec(p.t.Context(), sql, made.ID); err != nil {
			p.t.Fatal(err)
		}
	}
	return bearer(made.Token)
}

// answer decodes the answer that something was made.
func (p *portal) answer(r *reply, into any) {
	p.t.Helper()
	if err := json.Unmarshal(r.body, into); err != nil || r.status/100 != 2 {
		p.t.Fatalf("nothing is made: %d %s", r.status, r.body)
	}
}

func rawText(v any) string {
	text, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return string(text)
}

// code is what `portico login` has before it has a token.
func code(p *portal) option {
	var made struct{ Code string }
	challenge := sha256.Sum256([]byte("wall"))
	p.answer(p.do("POST", "/api/portico/me/login", rawText(map[string]any{"name": "wall", "scopes": []string{"catalog:read"}, "challenge": b64(challenge[:])}), session("ann", "")(p)), &made)
	return bearer(made.Code)
}

// backstageToken is what a page of Backstage has of whoever signed in, and may have signed out since.
func backstageToken(name string, signedOut bool) func(*portal) option {
	return func(p *portal) option {
		p.t.Helper()
		var made struct {
			BackstageIdentity struct{ Token string }
		}
		browser := session(name, "")(p)
		p.answer(p.do("POST", "/api/auth/oidc/refresh", "", browser, with("X-Requested-With", "XMLHttpRequest")), &made)
		if signedOut {
			if got := p.do("POST", "/api/portico/session/end", "", browser); got.status/100 != 2 {
				p.t.Fatalf("%s is not signed out: %d %s", name, got.status, got.body)
			}
		}
		return bearer(made.BackstageIdentity.Token)
	}
}

// least says which of the roles that ship has a permission; those after it have it too. It is written down apart from
// the policies: a mistake in one of the two is told by the other.
var least = map[string]string{
	"catalog.entity.read": "viewer", "catalog.entity.validate": "viewer", "ownership.claim.read": "viewer", "ownership.claim.decide": "author", "ownership.claim.create": "author", "catalog.location.read": "viewer", "portico.me.read": "viewer", "portico.settings.read": "viewer",
	"catalog.entity.refresh": "author", "catalog.location.create": "author", "catalog.location.analyze": "author", "catalog.ingestion.read": "author", "portico.audit.read": "author",
	"portico.me.manage": "author", "portico.settings.manage": "author", "portico.token.end": "author", "portico.token.redeem": "author",
	"catalog.entity.edit": "operator", "catalog.entity.delete": "operator", "catalog.location.delete": "operator", "catalog.ingestion.manage": "operator", "portico.policy.read": "operator",
	"portico.token.manage": "admin",
}

// owners are the permissions that an owner has on what is theirs; byHand are those that no token has.
var (
	owners = names("catalog.entity.refresh catalog.entity.edit catalog.entity.delete")
	byHand = names("portico.me.read portico.me.manage portico.token.manage")
	// persons are those that only people have, and their tokens.
	persons = names("portico.settings.read portico.settings.manage")
)

func names(list string) map[string]bool {
	out := map[string]bool{}
	for _, name := range strings.Fields(list) {
		out[name] = true
	}
	return out
}

type may func(httpx.Permission) bool

// is what a role may.
func is(role string) may {
	const order = "viewer author operator admin"
	return func(p httpx.Permission) bool {
		need, known := least[p.Name]
		return known && strings.Index(order, need) <= strings.Index(order, role)
	}
}

// owning is what an author may who is an owner too: there may be something of theirs.
func owning(p httpx.Permission) bool { return is("author")(p) || owners[p.Name] }

// byToken is what is left of it for a token.
func byToken(m may) may { return func(p httpx.Permission) bool { return m(p) && !byHand[p.Name] } }

// nobodys is what is left of it for who is no person.
func nobodys(m may) may { return func(p httpx.Permission) bool { return m(p) && !persons[p.Name] } }

// scoped is what scopes leave. A token always may end itself.
func scoped(m may, list string) may {
	left := names(list + " portico.token.end")
	return func(p httpx.Permission) bool { return byToken(m)(p) && left[p.Name] }
}

// What the scopes open, written down apart from them.
const (
	readScope  = "catalog.entity.read catalog.entity.validate catalog.location.read ownership.claim.read"
	everything = readScope + " catalog.entity.refresh catalog.entity.edit catalog.entity.delete catalog.location.create catalog.location.delete catalog.location.analyze" +
		" ownership.claim.decide ownership.claim.create catalog.ingestion.read catalog.ingestion.manage portico.audit.read"
)
