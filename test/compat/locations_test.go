package compat

import (
	"fmt"
	"net/url"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// What the pages of Backstage do to register a repository and to unregister it again.
func TestLocationsFromRegisterToUnregister(t *testing.T) {
	git := startHost(t, map[string]string{
		"acme/shop/catalog-info.yaml": "apiVersion: backstage.io/v1alpha1\nkind: Location\nmetadata: {name: shop-files}\nspec: {targets: [./billing.yaml, ./ledger.yaml]}\n",
		"acme/shop/billing.yaml":      descriptor,
		"acme/shop/ledger.yaml":       "apiVersion: backstage.io/v1alpha1\nkind: Component\nmetadata: {name: ledger}\nspec: {type: service, lifecycle: production, owner: team-a}\n",
	})
	p := startSmall(t, git.config())
	target := git.page("acme/shop", "catalog-info.yaml")
	body := fmt.Sprintf(`{"type":"url","target":%q}`, target)
	type location struct{ ID, Type, Target, EntityRef string }
	var answer struct {
		Exists   *bool
		Location location
		Entities []*entity
	}
	p.post("/api/catalog/locations?dryRun=true", body).is(201).into(&answer)
	if answer.Exists == nil || *answer.Exists {
		t.Errorf("the dry run says exists %v", answer.Exists)
	}
	found := map[string]bool{}
	for _, e := range answer.Entities {
		found[short(e)] = true
	}
	for _, ref := range []string{"location:shop-files", "component:billing", "component:ledger"} {
		if !found[ref] {
			t.Errorf("the dry run does not show %s: %v", ref, found)
		}
	}

	answer.Exists = nil
	p.post("/api/catalog/locations", body).is(201).into(&answer)
	if answer.Exists != nil || len(answer.Entities) != 0 || answer.Location.Target != target {
		t.Errorf("registering answered %+v", answer)
	}
	ofOrigin := "filter=" + url.QueryEscape("metadata.annotations.backstage.io/managed-by-origin-location=url:"+target)
	p.until("the registered entities are shown", func() bool { return p.page(ofOrigin).TotalItems == 4 })
	p.same("by origin", p.page(ofOrigin), "GENERATED component:billing component:ledger location:shop-files")
	var billing struct {
		Metadata struct{ Annotations map[string]string }
	}
	p.get("/api/catalog/entities/by-name/component/default/billing").ok().into(&billing)
	want := map[string]string{
		"backstage.io/managed-by-location":        "url:" + git.page("acme/shop", "billing.yaml"),
		"backstage.io/managed-by-origin-location": "url:" + target,
		"backstage.io/view-url":                   git.page("acme/shop", "billing.yaml"),
		"backstage.io/source-location":            "url:" + git.repo("acme/shop") + "/src/branch/main/",
	}
	for name, value := range want {
		if got := billing.Metadata.Annotations[name]; got != value {
			t.Errorf("%s is %q, want %q", name, got, value)
		}
	}
	var one, listed location
	p.get("/api/catalog/locations/by-entity/component/default/ledger").ok().into(&one)
	p.get("/api/catalog/locations/" + answer.Location.ID).ok().into(&listed)
	if one != answer.Location || listed != answer.Location {
		t.Errorf("by entity %+v, by id %+v, registered %+v", one, listed, answer.Location)
	}
	var list []struct{ Data location }
	p.get("/api/catalog/locations").ok().into(&list)
	if d := cmp.Diff([]struct{ Data location }{{answer.Location}}, list); d != "" {
		t.Errorf("the list (-want +got):\n%s", d)
	}

	p.do("DELETE", "/api/catalog/locations/"+answer.Location.ID, "").is(204)
	if n := p.page(ofOrigin).TotalItems; n != 0 {
		t.Errorf("%d entities are left of what was unregistered", n)
	}
	p.get("/api/catalog/locations/" + answer.Location.ID).refused(404)
	p.get("/api/catalog/entities/by-name/component/default/ledger").refused(404)
}

// Pages of locations, while some come and go.
func TestLocationsInPages(t *testing.T) {
	p := startSmall(t, "")
	ids := map[string]string{}
	for _, name := range []string{"a", "b", "c", "d", "e"} {
		var r struct{ Location struct{ ID string } }
		p.post("/api/catalog/locations", fmt.Sprintf(`{"type":"url","target":"https://unknown.example.com/%s.yaml"}`, name)).is(201).into(&r)
		ids[r.Location.ID] = name
	}
	type page struct {
		Items      []struct{ ID, Target string }
		TotalItems int
		PageInfo   struct{ NextCursor string }
	}
	ask := func(body string) (got page) {
		p.post("/api/catalog/locations/by-query", body).ok().into(&got)
		return got
	}
	var seen []string
	at := ask(`{"limit":2,"query":{"target":{"$hasPrefix":"HTTPS://unknown."}}}`)
	for n := 0; ; n++ {
		if len(at.Items) > 2 {
			t.Fatalf("a page has %d items: the cursor has forgotten the limit", len(at.Items))
		}
		for _, l := range at.Items {
			seen = append(seen, l.ID)
		}
		if at.PageInfo.NextCursor == "" {
			break
		}
		if n == 0 { // one that was shown already goes: nobody is passed over for it
			p.do("DELETE", "/api/catalog/locations/"+seen[0], "").is(204)
		}
		at = ask(fmt.Sprintf(`{"cursor":%q}`, at.PageInfo.NextCursor))
	}
	got := map[string]string{}
	for _, id := range seen {
		got[id] = ids[id]
	}
	if d := cmp.Diff(ids, got); d != "" || len(seen) != 5 {
		t.Errorf("%d seen (-want +got):\n%s", len(seen), d)
	}
	for query, want := range map[string]int{
		``: 4, `{}`: 4, `{"type":"URL"}`: 4, `{"type":"file"}`: 0, `{"$not":{"type":"url"}}`: 0, `{"$all":[{"type":"url"},{"target":{"$hasPrefix":"https://"}}]}`: 4,
		`{"$any":[]}`: 0, `{"type":{"$in":["git","url"]}}`: 4, `{"entityRef":{"$exists":true}}`: 4, `{"target":{"$exists":false}}`: 0,
	} {
		body := "{}"
		if query != "" {
			body = `{"query":` + query + `}`
		}
		if got := ask(body); got.TotalItems != want || len(got.Items) != want {
			t.Errorf("%s: %d items, total %d, want %d", body, len(got.Items), got.TotalItems, want)
		}
	}
}

// Removing what a file still declares holds until the file changes.
func TestRemovedWhileItsFileDeclaresIt(t *testing.T) {
	p := startSmall(t, "")
	web := p.page("filter=metadata.name=web").Items[0].Metadata.UID
	r := p.do("DELETE", "/api/catalog/entities/by-uid/"+web, "").is(204)
	var sources struct {
		Items []struct{ ID, LastAttemptAt string }
	}
	p.get("/api/catalog/sources").ok().into(&sources)
	was := sources.Items[0].LastAttemptAt
	p.post("/api/catalog/sources/"+sources.Items[0].ID+"/refresh", "").is(202)
	p.until("the source was read again", func() bool {
		p.get("/api/catalog/sources").ok().into(&sources)
		return sources.Items[0].LastAttemptAt != was
	})
	p.settle()
	p.get("/api/catalog/entities/by-name/component/default/web").refused(404)
	var after changes
	if p.get("/api/catalog/changes?after=" + r.header.Get("Portico-Revision")).ok().into(&after); len(after.Items) != 0 {
		t.Errorf("reading an unchanged source changed %+v", after.Items)
	}
	p.edit("shop.yaml", "title: The Web Shop", "title: The Shop")
	p.until("the entity is back", func() bool { return p.get("/api/catalog/entities/by-name/component/default/web").status == 200 })
	if p.get("/api/catalog/changes?ref=component:default/web&after=" + r.header.Get("Portico-Revision")).ok().into(&after); len(after.Items) != 1 || after.Items[0].Op != "returned" {
		t.Errorf("it came back as %+v", after.Items)
	}
	p.get("/api/catalog/entities/by-uid/" + web).is(200) // the same one as before
}

// catalog.readonly closes what changes locations, and nothing else.
func TestLocationsOfAReadOnlyCatalog(t *testing.T) {
	git := startHost(t, map[string]string{"acme/billing/catalog-info.yaml": descriptor})
	s := smallSetup(t, git.config())
	s.config = "catalog:\n  readonly: true" + s.config[len("\ncatalog:"):]
	p := start(t, s)
	body := fmt.Sprintf(`{"type":"url","target":%q}`, git.page("acme/billing", "catalog-info.yaml"))
	p.post("/api/catalog/locations", body).refused(403, "read-only", "catalog.readonly")
	p.do("PUT", "/api/catalog/locations/none", body).refused(403, "read-only")
	p.do("DELETE", "/api/catalog/locations/none", "").refused(403, "read-only")
	p.post("/api/catalog/locations?dryRun=true", body).is(201)
	p.post("/api/catalog/refresh", `{"entityRef":"component:default/cart"}`).is(200)
}
