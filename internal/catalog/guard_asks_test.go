package catalog

import (
	"encoding/json"
	"math/rand/v2"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"
)

// reads is every question that shows entities, and some hundred made up of all that can be asked.
func (a *guarded) reads(hidden []string) (qs []ask) {
	r := rand.New(rand.NewPCG(7, 7))
	pick := func(list ...string) string { return list[r.IntN(len(list))] }
	refs := []string{
		"component:default/shop", "component:default/broken", "component:default/half", "component:default/miss", "component:default/gone", "component:default/keep",
		"group:default/team-a", "user:default/pat", "system:default/checkout", "api:default/cart", "resource:default/db", "component:default/remote",
		"component:default/secret-core", "component:default/shop-secret", "component:default/secret-miss", "component:default/secret-gone", "component:default/secret-old",
		"component:default/secret-new", "component:default/secret-bad", "component:default/half-secret", "component:default/broken-secret", "group:default/secret-team", "user:default/secret-user", "domain:default/secret-domain",
		"api:default/secret-api", "component:default/secret-held-a", "component:default/never", "location:default/never",
	}
	for _, s := range a.srcs {
		refs = append(refs, s.EntityRef())
	}
	slices.Sort(refs)
	add := func(pattern, path, body string) { qs = append(qs, ask{pattern: pattern, path: path, body: body}) }
	for _, ref := range refs {
		kind, rest, _ := strings.Cut(ref, ":")
		p := api + "/entities/by-name/" + kind + "/" + rest
		add("GET "+byNameRoute, p, "")
		add("GET "+byNameRoute+"/ancestry", p+"/ancestry", "")
		add("GET "+byNameRoute+"/source", p+"/source", "")
		add("GET "+byNameRoute+"/provenance", p+"/provenance", "")
		add("GET "+byNameRoute+"/consequences", p+"/consequences", "")
		add("GET "+byNameRoute+"/consequences", p+"/consequences?of=location", "")
		for _, q := range []string{"", "&depth=8&limit=500", "&depth=3&limit=4", "&depth=2&direction=upstream", "&depth=4&direction=downstream&relation=ownedBy,dependsOn", "&depth=2&relation=hasPart", "&ref=group:team-a"} {
			add("GET "+api+"/graph", api+"/graph?ref="+url.QueryEscape(ref)+q, "")
		}
		for _, to := range []string{"group:default/team-a", "component:default/remote", "resource:default/db", "component:default/secret-core"} {
			for _, q := range []string{"", "&direction=along", "&relation=dependsOn&relation=partOf", "&without=ownedBy,memberOf", "&avoid=component:default/secret-core"} {
				add("GET "+api+"/graph/path", api+"/graph/path?from="+url.QueryEscape(ref)+"&to="+to+q, "")
			}
		}
		for _, q := range []string{"", "?limit=1", "?before=40", "?limit=200&before=9", "?limit=1&summary=true", "?field=spec.owner", "?field=parent&limit=1", "?actor=system:refresh&limit=2", "?until=2026-01-01T00:00:00Z&summary=true"} {
			add("GET "+byNameRoute+"/history", p+"/history"+q, "")
		}
		for _, q := range []string{"?from=0", "?from=5&to=20", "?from=30&to=9", "?from=12"} {
			add("GET "+byNameRoute+"/history/compare", p+"/history/compare"+q, "")
		}
		add("GET "+api+"/locations/by-entity/{kind}/{namespace}/{name}", api+"/locations/by-entity/"+kind+"/"+rest, "")
		add("GET "+api+"/changes", api+"/changes?ref="+url.QueryEscape(ref), "")
		add("GET "+api+"/changes", api+"/changes?order=desc&limit=2&ref="+url.QueryEscape(ref), "")
	}
	uids := append(slices.Clone(hidden), uidsIn(a, `entity->'metadata'->'labels'->>'hidden' IS NULL`)...)
	for _, uid := range append(uids, "00000000-0000-0000-0000-000000000001", "none") {
		add("GET "+api+"/entities/by-uid/{uid}", api+"/entities/by-uid/"+uid, "")
	}
	for _, q := range []string{"", "?limit=1", "?limit=2&after=0", "?limit=500", "?after=7&limit=3", "?order=desc", "?order=desc&limit=1", "?order=desc&limit=500&before=30", "?limit=0", "?order=desc&before=1"} {
		add("GET "+api+"/changes", api+"/changes"+q, "")
	}
	for _, q := range []string{"format=csv", "format=json", "format=yaml", "format=csv&columns=ref,owner,system,uid,metadata.labels.hidden&filter=relations.ownedBy=group:default/team-a", "format=json&orderField=relations.ownedBy,desc", "format=csv&query=" + url.QueryEscape(`{"relations.dependencyOf":{"$exists":true}}`), "format=csv&fullTextFilterTerm=secret&fullTextFilterFields=metadata.name,relations.dependsOn"} {
		add("GET "+api+"/entities/export", api+"/entities/export?"+q, "")
	}
	add("GET "+api+"/sources", api+"/sources", "")
	add("GET "+api+"/owner-aliases", api+"/owner-aliases", "")
	for _, q := range []string{"", "?limit=0", "?limit=1", "?limit=2", "?limit=500"} {
		add("GET "+api+"/problems", api+"/problems"+q, "")
	}
	for _, q := range []string{"", "?limit=1", "?limit=1&q=gone", "?q=secret", "?q=gone2", "?limit=500", "?limit=0"} {
		add("GET "+api+"/removed", api+"/removed"+q, "")
	}
	for _, owners := range []string{"owner=group:default/team-a", "owner=group:default/secret-team", "owner=user:default/pat&owner=group:default/team-a", "owner=group:default/never"} {
		for _, more := range []string{"&below=true", "&below=true&kind=component&limit=200", "&kind=api"} {
			add("GET "+api+"/owned", api+"/owned?"+owners+more, "")
		}
		for _, more := range []string{"", "&limit=1", "&limit=200"} {
			add("GET "+api+"/owned", api+"/owned?"+owners+more, "")
			add("GET "+api+"/owned/changes", api+"/owned/changes?"+owners+more, "")
		}
	}
	for _, q := range []string{"secret", "s", "shop", "core", "team", "secret-core", "%23java", "%23secret", "%23java+mis", "e+c", "old"} {
		for _, scope := range []string{"", "&scope=catalog&limit=2", "&scope=people&owner=group:default/team-a", "&scope=apis&limit=0"} {
			add("GET "+api+"/find", api+"/find?q="+q+scope, "")
		}
	}
	add("GET "+api+"/locations", api+"/locations", "")
	for _, b := range []string{"", `{}`, `{"limit":1}`, `{"query":{"target":{"$hasPrefix":"https://hidden."}}}`, `{"query":{"$not":{"type":"file"}},"limit":500}`} {
		add("POST "+api+"/locations/by-query", api+"/locations/by-query", b)
	}
	for _, s := range a.srcs {
		add("GET "+api+"/locations/{id}", api+"/locations/"+s.LocationID.String(), "")
	}
	add("GET "+api+"/locations/{id}", api+"/locations/00000000-0000-0000-0000-000000000001", "")
	for _, target := range []string{"https://example.com/all.yaml", "https://example.com/claims.yaml", "https://hidden.example.com/all.yaml", "https://hidden.example.com/none.yaml"} {
		add("POST "+api+"/analyze-location", api+"/analyze-location", `{"location":{"type":"url","target":"`+target+`"}}`)
		for _, c := range []string{"", "&plan=true", "&onConflict=reject", "&onConflict=refresh", "&plan=true&onConflict=refresh"} {
			add("POST "+api+"/locations", api+"/locations?dryRun=true"+c, `{"type":"url","target":"`+target+`"}`)
		}
	}
	for _, name := range []string{"shop", "secret-core"} {
		add("POST "+api+"/validate-entity", api+"/validate-entity", `{"location":"url:https://example.com/x","entity":{"apiVersion":"backstage.io/v1alpha1","kind":"Component","metadata":{"name":"`+name+`"},"spec":{"type":"service","lifecycle":"x","owner":"secret-team"}}}`)
	}

	// Everything that can be asked of the read model, in any mixture.
	keys := []string{
		"kind", "metadata.name", "metadata.namespace", "metadata.uid", "metadata.tags", "metadata.tags.java", "metadata.tags.secret-core", "metadata.labels.hidden", "metadata.labels.shown",
		"metadata.annotations.backstage.io/managed-by-location", "metadata.annotations.backstage.io/managed-by-origin-location", "spec.type", "spec.owner", "spec.system", "spec.lifecycle", "spec.dependsOn", "spec.target",
		"relations.ownedBy", "relations.ownerOf", "relations.dependsOn", "relations.dependencyOf", "relations.partOf", "relations.hasPart", "relations.apiProvidedBy", "relations.apiConsumedBy", "relations.providesApi",
		"relations.memberOf", "relations.hasMember", "relations.parentOf", "relations.childOf", "none.such",
	}
	values := append(slices.Clone(refs), "component", "api", "true", "java", "team-a", "secret-team", "service", "website", "deprecated", "grpc", "default", "")
	condition := func() string {
		if r.IntN(4) == 0 {
			return pick(keys...)
		}
		return pick(keys...) + "=" + pick(values...)
	}
	filter := func() (out []string) {
		for range r.IntN(3) {
			c := condition()
			for range r.IntN(2) {
				c += "," + condition()
			}
			out = append(out, c)
		}
		return out
	}
	var predicate func(depth int) any
	predicate = func(depth int) any {
		switch n := r.IntN(8); {
		case n == 0 && depth < 3:
			return map[string]any{"$all": []any{predicate(depth + 1), predicate(depth + 1)}}
		case n == 1 && depth < 3:
			return map[string]any{"$any": []any{predicate(depth + 1), predicate(depth + 1)}}
		case n == 2 && depth < 3:
			return map[string]any{"$not": predicate(depth + 1)}
		case n == 3:
			return map[string]any{pick(keys...): map[string]any{"$exists": r.IntN(2) == 0}}
		case n == 4:
			return map[string]any{pick(keys...): map[string]any{"$in": []string{pick(values...), pick(values...)}}}
		case n == 5:
			return map[string]any{pick(keys...): map[string]any{"$hasPrefix": pick("c", "component:", "group:default/s", "secret", "t", "")}}
		case n == 6:
			return map[string]any{"relations": map[string]any{"$contains": map[string]any{"type": pick("ownerOf", "hasPart", "dependencyOf", "dependsOn", "memberOf"), "targetRef": pick(refs...)}}}
		}
		return map[string]any{pick(keys...): pick(values...)}
	}
	number := func() string { return pick("0", "1", "2", "20", "500") }
	term := func() string { return pick("secret", "sh", "component:default", "e", "java", "core", "tru", "team") }
	encode := func(v any) string {
		b, err := json.Marshal(v)
		if err != nil {
			a.t.Fatal(err)
		}
		return string(b)
	}
	for range 220 {
		v := url.Values{}
		for _, f := range filter() {
			v.Add("filter", f)
		}
		if r.IntN(2) == 0 {
			v.Set("limit", number())
		}
		if r.IntN(3) == 0 {
			v.Set("offset", number())
		}
		if r.IntN(3) == 0 {
			v.Set("fields", pick("kind", "metadata.name,relations", "metadata", "relations"))
		}
		list := url.Values{}
		for k := range v {
			list[k] = v[k]
		}
		if r.IntN(2) == 0 {
			list.Add("order", pick("asc:", "desc:")+pick(keys...))
		}
		add("GET "+api+"/entities", api+"/entities?"+list.Encode(), "")
		if r.IntN(2) == 0 {
			v.Add("orderField", pick(keys...)+pick(",asc", ",desc"))
		}
		if r.IntN(3) == 0 {
			v.Set("fullTextFilterTerm", term())
			if r.IntN(2) == 0 {
				v.Set("fullTextFilterFields", pick(keys...)+","+pick(keys...))
			}
			if r.IntN(2) == 0 {
				v.Set("fullTextFilterTerm", term()+" "+term())
				v.Set("fullTextFilterWords", "true")
			}
		}
		if r.IntN(4) == 0 {
			v.Set("totalItems", "exclude")
		}
		add("GET "+api+"/entities/by-query", api+"/entities/by-query?"+v.Encode(), "")
		body := map[string]any{"query": predicate(0), "limit": 1 + r.IntN(9), "offset": r.IntN(3)}
		if r.IntN(2) == 0 {
			body["orderBy"] = []any{map[string]any{"field": pick(keys...), "order": pick("asc", "desc")}}
		}
		if r.IntN(3) == 0 {
			body["fullTextFilter"] = map[string]any{"term": term() + pick("", " "+term()), "fields": []string{pick(keys...)}, "words": r.IntN(2) == 0}
		}
		if r.IntN(2) == 0 {
			body["fields"] = []string{"kind", "metadata.name", "relations", "portico.absent"}
			body["mostRelations"] = 1 + r.IntN(2)
		}
		add("POST "+api+"/entities/by-query", api+"/entities/by-query", encode(body))
		f := url.Values{"facet": {pick(keys...), pick(keys...)}}
		for _, one := range filter() {
			f.Add("filter", one)
		}
		if r.IntN(4) == 0 {
			f.Set("fullTextFilterTerm", term())
			f.Set("fullTextFilterFields", pick(keys...))
		}
		add("GET "+api+"/entity-facets", api+"/entity-facets?"+f.Encode(), "")
		add("POST "+api+"/entity-facets", api+"/entity-facets", encode(map[string]any{"facets": []string{pick(keys...), pick(keys...)}, "query": predicate(0)}))
		batch := map[string]any{"entityRefs": []string{pick(refs...), pick(refs...), pick(refs...), pick(refs...)}}
		if r.IntN(3) == 0 {
			batch["query"] = predicate(1)
		}
		add("POST "+api+"/entities/by-refs", api+"/entities/by-refs", encode(batch))
		batch["mostRelations"] = 1 + r.IntN(3)
		add("POST "+api+"/entities/by-refs", api+"/entities/by-refs", encode(batch))
	}
	for i := range qs { // some come again, of what is remembered
		if r.IntN(5) == 0 {
			qs = append(qs, qs[i], qs[i])
		}
	}
	return qs
}

// writes asks for the change of what is hidden, and then of what is seen.
func (a *guarded) writes(t *testing.T, hidden []string) (qs []ask) {
	add := func(pattern, path, body string) { qs = append(qs, ask{pattern: pattern, path: path, body: body}) }
	at := func(column, ref string) string {
		var when time.Time
		if err := a.store.db.QueryRow(t.Context(), `SELECT `+column+` FROM catalog_entities WHERE ref = $1`, ref).Scan(&when); err != nil {
			t.Fatal(err)
		}
		return when.UTC().Format(time.RFC3339Nano)
	}
	for _, uid := range append(slices.Clone(hidden), "00000000-0000-0000-0000-000000000001", "none") {
		add("DELETE "+api+"/entities/by-uid/{uid}", api+"/entities/by-uid/"+uid, "")
		add("POST "+api+"/entities/by-uid/{uid}/remove", api+"/entities/by-uid/"+uid+"/remove", "")
		add("POST "+api+"/entities/by-uid/{uid}/restore", api+"/entities/by-uid/"+uid+"/restore", "")
	}
	for _, ref := range []string{"component:default/secret-core", "component:default/never", "component:default/shop-secret", "component:default/secret-gone", "component:default/shop"} {
		add("POST "+api+"/refresh", api+"/refresh", `{"entityRef":"`+ref+`"}`)
	}
	for _, ref := range []string{"component:default/secret-core", "component:default/never", "component:default/shop"} {
		kind, rest, _ := strings.Cut(ref, ":")
		add("PATCH "+byNameRoute+"/overlay", api+"/entities/by-name/"+kind+"/"+rest+"/overlay", `{"fields":{"metadata.title":null}}`) // what is set has a time, which differs
	}
	for _, refs := range [][2]string{{"group:default/team-a", "group:default/secret-team"}, {"group:default/old", "group:default/team-a"}, {"group:default/secret-team", "group:default/team-a"}, {"group:default/secret-team", "group:default/nobody"}} {
		add("PUT "+api+"/owner-aliases", api+"/owner-aliases", `{"oldRef":"`+refs[0]+`","newRef":"`+refs[1]+`"}`)
	}
	for _, name := range []string{"secret-team", "never"} {
		add("DELETE "+api+"/owner-aliases/{kind}/{namespace}/{name}", api+"/owner-aliases/group/default/"+name, "")
	}
	for _, target := range []string{"/hidden/*.yaml", "https://hidden.example.com/all.yaml", "/pub/*.yaml"} {
		s := a.srcs[target]
		add("POST "+api+"/sources/{id}/refresh", api+"/sources/"+s.ID+"/refresh", "")
		add("POST "+api+"/sources/{id}/held", api+"/sources/"+s.ID+"/held", `{"decision":"apply","digest":"d"}`)
	}
	for _, target := range []string{"https://hidden.example.com/all.yaml", "https://hidden.example.com/new.yaml", "https://example.com/all.yaml"} {
		for _, c := range []string{"", "?onConflict=refresh", "?onConflict=reject"} {
			add("POST "+api+"/locations", api+"/locations"+c, `{"type":"url","target":"`+target+`"}`)
		}
	}
	for _, target := range []string{"https://hidden.example.com/all.yaml", "/hidden/*.yaml"} {
		id := a.srcs[target].LocationID.String()
		add("PUT "+api+"/locations/{id}", api+"/locations/"+id, `{"type":"url","target":"https://example.com/other.yaml"}`)
		add("DELETE "+api+"/locations/{id}", api+"/locations/"+id, "")
	}
	seen := a.srcs["https://example.com/second.yaml"].LocationID.String()
	for _, target := range []string{"https://hidden.example.com/all.yaml", "https://hidden.example.com/new.yaml", "https://example.com/all.yaml", "https://example.com/third.yaml"} {
		add("PUT "+api+"/locations/{id}", api+"/locations/"+seen, `{"type":"url","target":"`+target+`"}`)
	}
	for _, ref := range []string{"component:default/secret-gone", "component:default/gone2", "component:default/never-was"} {
		when := "2020-01-01T00:00:00Z"
		if ref != "component:default/never-was" {
			when = at("removed_at", ref)
		}
		add("POST "+api+"/removed/restore", api+"/removed/restore", `{"removedAt":"`+when+`"}`)
	}
	for _, ref := range []string{"component:default/secret-miss", "component:default/miss2"} {
		add("POST "+api+"/missing/restore", api+"/missing/restore", `{"since":"`+at("missing_since", ref)+`"}`)
	}
	for _, uid := range uidsIn(a, `ref IN ('component:default/remote')`) {
		add("DELETE "+api+"/entities/by-uid/{uid}", api+"/entities/by-uid/"+uid, "")
		add("POST "+api+"/entities/by-uid/{uid}/restore", api+"/entities/by-uid/"+uid+"/restore", "")
	}
	add("DELETE "+api+"/locations/{id}", api+"/locations/"+seen, "")
	return qs
}
