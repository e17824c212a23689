package policy

import (
	"fmt"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"portico/internal/app"
)

// live has a catalog live through changes: something is changed, and something is removed.
func (p *portal) live(hidden bool) {
	p.t.Helper()
	texts := files(hidden)
	shop := strings.ReplaceAll(texts["shop.yaml"], "type: service", "type: website")
	var kept []string
	for _, d := range strings.SplitAfter(shop, "\n---\n") {
		if !strings.Contains(d, "name: old") {
			kept = append(kept, d)
		}
	}
	gone := []string{"component:default/old"}
	if hidden {
		gone = append(gone, "component:default/old-secret")
	}
	uids := map[string]string{}
	for _, ref := range gone {
		uids[ref] = p.uid(ref)
	}
	p.write("catalog/shop.yaml", strings.TrimSuffix(strings.Join(kept, ""), "---\n"))
	p.until("what is no longer declared is missing", func() bool {
		for _, ref := range gone {
			if !strings.Contains(p.ops("GET", pathOf(ref), "").body, "portico.dev/missing") {
				return false
			}
		}
		return true
	})
	for _, ref := range gone {
		p.ops("DELETE", "/api/catalog/entities/by-uid/"+uids[ref], "").ok()
	}
}

// question is a request to a route of the registry.
type question struct{ pattern, path, body string }

// unasked are the routes that show nothing of entities to whoever reads, each with its reason.
var unasked = map[string]string{
	"POST /api/catalog/refresh":                 "a change: TestOwners",
	"DELETE /api/catalog/entities/by-uid/{uid}": "a change: TestOwners",
	"PUT /api/catalog/owner-aliases":            "a change: the catalog's own worlds",

	"PATCH /api/catalog/entities/by-name/{kind}/{namespace}/{name}/overlay": "a change: the catalog's own worlds",
	"DELETE /api/catalog/owner-aliases/{kind}/{namespace}/{name}":           "a change: the catalog's own worlds",

	"GET /api/portico/entities/{kind}/{namespace}/{name}/proposal":  "for those who may edit the entity: TestEditable in internal/catalog",
	"POST /api/portico/entities/{kind}/{namespace}/{name}/proposal": "the same",

	"POST /api/catalog/entities/by-uid/{uid}/remove":  "a change: the handler of DELETE",
	"POST /api/catalog/entities/by-uid/{uid}/restore": "a change: the catalog's own worlds",
	"POST /api/catalog/locations":                     "a change: TestRegister",
	"PUT /api/catalog/locations/{id}":                 "a change: the catalog's own worlds",
	"DELETE /api/catalog/locations/{id}":              "a change: the catalog's own worlds",
	"POST /api/catalog/analyze-location":              "it reads from elsewhere: the catalog's own worlds",
	"POST /api/catalog/removed/restore":               "a change: the catalog's own worlds",
	"POST /api/catalog/missing/restore":               "a change: the catalog's own worlds",
	"POST /api/catalog/sources/{id}/refresh":          "a change: the catalog's own worlds",
	"POST /api/catalog/sources/{id}/held":             "a change: the catalog's own worlds",
	"POST /api/portico/ownership/decisions":           "a change: the package's own tests",
	"POST /api/portico/ownership/claims":              "a change: the package's own tests",
	"POST /api/portico/session/end":                   "it ends the session",
	"DELETE /api/portico/me/sessions/{id}":            "it ends a session",
	"POST /api/portico/me/sessions/end-others":        "it ends sessions",
	"POST /api/portico/me/tokens":                     "it makes a token",
	"DELETE /api/portico/me/tokens/{id}":              "it ends a token",
	"POST /api/portico/people/end":                    "it ends what somebody holds, whether or not the catalog has them",
	"POST /api/portico/me/login":                      "it makes a code",
	"POST /api/portico/tokens":                        "it makes a token",
	"POST /api/portico/tokens/{id}/rotate":            "it makes a token",
	"DELETE /api/portico/tokens/{id}":                 "it ends a token",
	"POST /api/portico/token":                         "it makes a token",
	"DELETE /api/portico/token":                       "it ends a token",
	"GET /api/auth/{provider}/start":                  "it leads to the provider",
	"GET /api/auth/{provider}/handler/frame":          "it comes from the provider",
	"POST /api/auth/{provider}/logout":                "it ends the session",
	"POST /api/auth/{provider}/refresh":               "the handler of GET",
	"GET /api/auth/.well-known/jwks.json":             "keys, which each portal has its own of",
	"GET /api/{plugin}/.backstage/auth/v1/jwks.json":  "keys, which each portal has its own of",
	"DELETE /api/{plugin}/.backstage/auth/v1/cookie":  "it takes a cookie",
}

// questions ask every route that reads.
func questions(token string) (qs []question) {
	add := func(pattern, path string, body ...string) {
		qs = append(qs, question{pattern, path, strings.Join(body, "")})
	}
	get := func(pattern string, queries ...string) {
		if len(queries) == 0 {
			queries = []string{""}
		}
		for _, q := range queries {
			add("GET "+pattern, strings.ReplaceAll(pattern, "{provider}", "oidc")+q)
		}
	}
	const c = "/api/catalog"
	refs := append([]string{
		"component:default/tide-table", "component:default/depot", "component:default/old", "user:default/ben", "user:default/ann", "group:default/contractors", "location:default/all", "component:default/none",
	}, hiddenRefs...)
	var authorize []string
	for _, ref := range refs {
		by := strings.Replace(ref, ":", "/", 1)
		const name = c + "/entities/by-name/{kind}/{namespace}/{name}"
		for _, of := range []string{"", "/ancestry", "/history", "/source", "/provenance", "/consequences", "/stars"} {
			add("GET "+name+of, pathOf(ref)+of)
		}
		add("GET "+name+"/history", pathOf(ref)+"/history?field=spec.owner&summary=true")
		add("GET "+name+"/history/compare", pathOf(ref)+"/history/compare?from=0")
		add("GET "+c+"/locations/by-entity/{kind}/{namespace}/{name}", c+"/locations/by-entity/"+by)
		get(c+"/changes", "?ref="+ref, "?order=desc&ref="+ref)
		get(c+"/graph", "?depth=8&ref="+ref, "?depth=2&direction=upstream&limit=3&ref="+ref)
		get(c+"/graph/path", "?to=component:default/depot&from="+ref)
		for _, perm := range []string{"read", "refresh", "edit", "delete"} {
			get("/api/portico/policy/explain", "?permission=catalog.entity."+perm+"&entity="+ref)
			authorize = append(authorize, fmt.Sprintf(`{"id":"%d","permission":{"type":"resource","name":"catalog.entity.%s","resourceType":"catalog-entity"},"resourceRef":%q}`, len(authorize), perm, ref))
		}
		add("GET /api/portico/ownership/entities/{kind}/{namespace}/{name}", "/api/portico/ownership/entities/"+strings.Replace(ref, ":", "/", 1))
		get("/api/portico/ownership/findings", "?owner="+ref, "?system="+ref)
		get("/api/portico/ownership/inbox", "?owner="+ref)
		get(c+"/removed", "?q="+url.QueryEscape(ref))
	}
	add("POST /api/permission/authorize", "/api/permission/authorize", `{"items":[`+strings.Join(authorize, ",")+`]}`)
	get(c + "/owner-aliases")
	get("/api/portico/policy/explain", "?permission=catalog.location.create", "?permission=catalog.entity.read&principal=user:default/ann")
	get(c+"/entities", "?order=asc:metadata.name", "?filter=kind=component&order=asc:metadata.name", "?order=desc:metadata.name&limit=2")
	add("GET "+c+"/entities/by-uid/{uid}", c+"/entities/by-uid/none")
	add("POST "+c+"/entities/by-refs", c+"/entities/by-refs", `{"entityRefs":["`+strings.Join(refs, `","`)+`"]}`)
	add("POST "+c+"/entities/by-refs", c+"/entities/by-refs", `{"entityRefs":["`+strings.Join(refs, `","`)+`"],"mostRelations":1}`)
	texts := []string{"by", "secret", "watched", "vault", "old", "java", "depot"}
	for i, word := range texts {
		get(c+"/entity-facets", "?facet=kind&facet=metadata.tags&fullTextFilterFields=metadata.name,metadata.tags,relations.ownedBy&fullTextFilterWords=true&fullTextFilterTerm="+word+"+"+texts[(i+1)%len(texts)])
		get(c+"/entities/by-query", "?orderField=metadata.name,asc&fullTextFilterTerm="+word+"&fullTextFilterFields=metadata.name,metadata.tags,metadata.namespace,spec.owner")
		get(c+"/entity-facets", "?facet=kind&facet=metadata.tags&facet=spec.type&facet=metadata.namespace&fullTextFilterTerm="+word)
	}
	get(c+"/entities/by-query", "?orderField=metadata.name,asc", "?limit=0", "?limit=2&orderField=metadata.name,asc", "?filter=relations.dependsOn=component:default/depot", "?filter=metadata.namespace=vault", "?filter=relations.ownedBy=group:default/deals&limit=0")
	get(c+"/entities/by-query", "?fields=kind,metadata.name,portico.absent&orderField=metadata.name,asc")
	add("POST "+c+"/entities/by-query", c+"/entities/by-query", `{"query":{},"fields":["metadata.name","relations","portico.absent"],"mostRelations":1,"orderBy":[{"field":"metadata.name","order":"asc"}]}`)
	add("POST "+c+"/entities/by-query", c+"/entities/by-query", `{"query":{"metadata.tags":{"$contains":"secret"}},"limit":5}`)
	add("POST "+c+"/entities/by-query", c+"/entities/by-query", `{"query":{"$not":{"kind":"user"}},"orderBy":[{"field":"metadata.name","order":"desc"}]}`)
	get(c+"/entity-facets", "?facet=kind&facet=metadata.tags&facet=relations.ownedBy&facet=relations.dependencyOf&facet=spec.owner")
	add("POST "+c+"/entity-facets", c+"/entity-facets", `{"facets":["kind","relations.hasMember"]}`)
	get(c + "/locations")
	add("POST "+c+"/locations/by-query", c+"/locations/by-query", `{}`)
	add("GET "+c+"/locations/{id}", c+"/locations/none")
	add("POST "+c+"/validate-entity", c+"/validate-entity", `{"location":"url:https://example.com/x","entity":{"apiVersion":"backstage.io/v1alpha1","kind":"Component","metadata":{"name":"by-tag"},"spec":{"type":"service","lifecycle":"x","owner":"watched"}}}`)
	get(c+"/changes", "", "?limit=3", "?order=desc", "?order=desc&limit=2")
	get(c+"/entities/export", "?format=csv", "?format=json", "?format=yaml&filter=kind=component")
	get(c+"/find", "?q=by", "?q=secret", "?q=%23java", "?q=vault&scope=catalog", "?q=w&scope=people&owner=group:default/deals")
	get(c+"/owned", "?owner=group:default/deals", "?owner=group:default/contractors&owner=user:default/ann", "?owner=group:default/deals&below=true&kind=component")
	get(c+"/owned/changes", "?owner=group:default/deals", "?owner=group:default/contractors&owner=user:default/ann&limit=2")
	const cover = "/api/portico/coverage"
	get(cover, "", "?weighted=true", "?scope=group:default/deals", "?scope=group:default/contractors&below=false", "?scope=nobody")
	get(cover+"/teams", "", "?weighted=true")
	get(cover+"/trend", "?measure=ownership")
	get(cover+"/gaps", "?measure=ownership", "?measure=ownership.declared&list=counted", "?measure=docs&limit=2", "?measure=apis&scope=nobody", "?measure=repositories")
	get("/api/portico/ownership/findings", "", "?limit=2")
	get("/api/portico/ownership/inbox", "", "?scope=all")
	get(c + "/sources")
	get(c+"/problems", "", "?limit=0")
	get(c+"/removed", "", "?limit=1")
	get("/api/portico/providers")
	add("POST /api/portico/webhooks/{provider}", "/api/portico/webhooks/none", `{}`)
	add("POST /api/events/http/{topic}", "/api/events/http/none", `{}`)
	add("GET /api/portico/providers/{provider}/repositories", "/api/portico/providers/none/repositories")
	get(c + "/.well-known/backstage/permissions/metadata")
	for _, one := range []string{
		"/api/portico/session", "/api/portico/audit", "/api/portico/audit/export", "/api/portico/audit/status", "/api/portico/policy", "/api/permission/health", "/api/portico/me", "/api/portico/me/sessions", "/api/portico/me/tokens", "/api/portico/tokens",
		"/.backstage/health/v1/liveness", "/.backstage/health/v1/readiness", "/api/auth/{provider}/refresh", "/api/auth/.well-known/openid-configuration",
	} {
		get(one)
	}
	const setting = "/api/user-settings/buckets/{bucket}/keys/{key}"
	stars := strings.NewReplacer("{bucket}", "default.starredEntities", "{key}", "entityRefs").Replace(setting)
	add("PUT "+setting, stars, `{"value":["`+strings.Join(refs, `","`)+`"]}`)
	add("GET "+setting, stars)
	add("POST /api/user-settings/multiget", "/api/user-settings/multiget", `{"items":[{"bucket":"default.starredEntities","key":"entityRefs"}]}`)
	get("/api/portico/me/settings")
	add("GET /api/catalog/entities/by-name/{kind}/{namespace}/{name}/stars", pathOf(hiddenRefs[0])+"/stars")
	add("DELETE "+setting, stars)
	add("GET /api/auth/v1/userinfo", "/api/auth/v1/userinfo", "token:"+token)
	add("GET /api/{plugin}/.backstage/auth/v1/cookie", "/api/catalog/.backstage/auth/v1/cookie", "token:"+token)
	return qs
}

// random is what differs from one portal to the next: ids, times, and counters. The catalog's own two worlds, in which
// these are the same, compare every byte.
var random = regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|\d{4}-\d\d-\d\dT[\d:.]+Z|"(id|etag|revision|change|next|token|expiresInSeconds)":("[^"]*"|\d+)|eyJ[\w.-]+|127\.0\.0\.1:\d+|localhost:\d+|generated-[0-9a-f]+|src_\w+|"(nextCursor|prevCursor|ended|createdAt)":"[^"]*"`)

// script is what a page's script says of itself.
var script = with("X-Requested-With", "XMLHttpRequest")

func (p *portal) comparable(text string) string {
	return random.ReplaceAllString(strings.ReplaceAll(text, p.dir, "DIR"), "…")
}

// Whoever is restricted asks every route that reads, in a catalog that holds what policies hide from them, and in one
// that never did.
func TestTwoWorlds(t *testing.T) {
	t.Parallel()
	full, bare := start(t, files(true), rules), start(t, files(false), rules)
	full.live(true)
	bare.live(false)
	left := map[string]bool{}
	for _, r := range app.Routes() {
		left[r.Pattern] = true
	}
	for pattern, why := range unasked {
		if !left[pattern] || why == "" {
			t.Errorf("%s is no route, or is left out without a reason", pattern)
		}
		delete(left, pattern)
	}
	for _, hidden := range hiddenRefs {
		if hidden != "component:default/old-secret" {
			full.ops("GET", pathOf(hidden), "").ok()
		}
	}
	// Somebody who sees it all has starred what is hidden.
	full.do("PUT", "/api/user-settings/buckets/default.starredEntities/keys/entityRefs", `{"value":["`+strings.Join(hiddenRefs, `","`)+`"]}`, full.signIn("ann")).ok()
	inFull, inBare := full.signIn("ben"), bare.signIn("ben")
	tokenOf := func(p *portal, o option) string {
		var answer struct{ BackstageIdentity struct{ Token string } }
		p.do("GET", "/api/auth/oidc/refresh", "", o, script).ok().into(&answer)
		return answer.BackstageIdentity.Token
	}
	a, b := questions(tokenOf(full, inFull)), questions(tokenOf(bare, inBare))
	good := 0
	for i, q := range a {
		delete(left, q.pattern)
		method, _, _ := strings.Cut(q.pattern, " ")
		ask := func(p *portal, o option, body string) *reply {
			if token, ok := strings.CutPrefix(body, "token:"); ok {
				return p.do(method, q.path, "", bearer(token))
			}
			return p.do(method, q.path, body, o, script)
		}
		got, want := ask(full, inFull, q.body), ask(bare, inBare, b[i].body)
		if got.status == 200 {
			good++
		}
		if got.status >= 500 {
			t.Errorf("%s: %d %s", got.asked, got.status, got.body)
		}
		if d := cmp.Diff(fmt.Sprint(want.status, bare.comparable(want.body)), fmt.Sprint(got.status, full.comparable(got.body))); d != "" {
			t.Errorf("%s %s\n(-without +with) %s", got.asked, q.body, d)
		}
		if want, got := want.header.Get("Content-Type"), got.header.Get("Content-Type"); want != got {
			t.Errorf("%s: %s and %s", q.path, want, got)
		}
	}
	for pattern := range left {
		t.Errorf("%s is not asked: say in this test what it shows of entities", pattern)
	}
	if good < 100 {
		t.Errorf("%d questions were answered: this tests little", good)
	}
}
