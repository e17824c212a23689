package compat

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestFields(t *testing.T) {
	p := startSmall(t, "")
	tests := []struct{ fields, want string }{
		{"kind,metadata.name", `{"kind":"Component","metadata":{"name":"cart"}}`},
		{" kind , metadata.name ", `{"kind":"Component","metadata":{"name":"cart"}}`},
		{"metadata.tags", `{"metadata":{"tags":["go","java","web-shop"]}}`},
		{"metadata.labels", `{"metadata":{"labels":{"example.com/tier":"Gold","stage":"beta"}}}`},
		{"metadata.labels.example.com/tier", `{"metadata":{"labels":{"example.com/tier":"Gold"}}}`},
		{"metadata.annotations.example.com/runbook,spec.type", `{"metadata":{"annotations":{"example.com/runbook":"https://wiki.example.com/run?page=cart"}},"spec":{"type":"service"}}`},
		{"metadata.links", `{"metadata":{"links":[{"url":"https://cart.example.com","title":"Production"}]}}`},
		{"spec.providesApis,spec.system", `{"spec":{"system":"shop","providesApis":["cart-api"]}}`},
		{"spec,spec.type", // lists of refs are kept sorted
			`{"spec":{"type":"service","lifecycle":"production","owner":"team-a","system":"shop","providesApis":["cart-api"],"dependsOn":["component:prices","resource:cart-db"]}}`},
		{"relations", `{"relations":[{"type":"dependsOn","targetRef":"component:default/prices"},{"type":"dependsOn","targetRef":"resource:default/cart-db"},` +
			`{"type":"ownedBy","targetRef":"group:default/team-a"},{"type":"partOf","targetRef":"system:default/shop"},{"type":"providesApi","targetRef":"api:default/cart-api"}]}`},
		{"metadata.nothing,spec.profile.email,nowhere", `{}`},
		{"metadata.name.x", `{}`},
	}
	for _, tt := range tests {
		t.Run(tt.fields, func(t *testing.T) {
			p := p.in(t)
			q := "filter=kind=component,metadata.name=cart,metadata.namespace=default&fields=" + strings.ReplaceAll(tt.fields, " ", "%20")
			list := "[" + tt.want + "]"
			same(t, "GET /entities", p.get("/api/catalog/entities?"+q).ok().body, list)
			same(t, "GET by-query", p.get("/api/catalog/entities/by-query?"+q).ok().body, `{"items":`+list+`,"totalItems":1,"pageInfo":{}}`)
			body := fmt.Sprintf(`"fields":["%s"]`, strings.ReplaceAll(tt.fields, ",", `","`))
			same(t, "POST by-refs", p.post("/api/catalog/entities/by-refs", `{"entityRefs":["component:default/cart"],`+body+`}`).ok().body, `{"items":`+list+`}`)
			same(t, "POST by-query", p.post("/api/catalog/entities/by-query", `{"query":{"metadata.name":"cart","metadata.namespace":"default"},`+body+`}`).ok().body,
				`{"items":`+list+`,"totalItems":1,"pageInfo":{}}`)
		})
	}
}

// same compares JSON by what it says.
func same(t *testing.T, what string, got []byte, want string) {
	t.Helper()
	var g, w any
	if err := json.Unmarshal(got, &g); err != nil {
		t.Fatalf("%s: %v in %s", what, err, got)
	}
	if err := json.Unmarshal([]byte(want), &w); err != nil {
		t.Fatalf("the test: %v in %s", err, want)
	}
	if d := cmp.Diff(w, g); d != "" {
		t.Errorf("%s (-want +got):\n%s", what, d)
	}
}

func TestFacets(t *testing.T) {
	p := startSmall(t, "")
	tests := []struct{ facet, filter, query, want string }{
		{"kind", "", "", "API 1, Component 5, Domain 1, Group 2, Location 2, Resource 1, System 1, User 3"},
		{"KIND", "kind=api", `{"kind":"api"}`, "API 1"},
		{"spec.type", "kind=component", `{"kind":"component"}`, "Service 1, library 1, service 2, website 1"}, // as written
		{"metadata.tags", "", "", "go 2, java 2, rust 1, web-shop 1"},
		{"metadata.tags.java", "", "", "true 2"},
		{"metadata.namespace", "", "", "default 15, lab 1"},
		{"metadata.labels.example.com/tier", "", "", "Gold 1, silver 1"},
		{"metadata.annotations.example.com/runbook", "", "", "https://wiki.example.com/run?page=cart 1"},
		{"relations.ownedBy", "", "", "group:default/team-a 5, group:default/team-b 3, user:default/ana 1"},
		{"relations.ownedBy", "kind=component", `{"kind":"component"}`, "group:default/team-a 1, group:default/team-b 3, user:default/ana 1"},
		{"relations.memberof", "", "", "group:default/team-a 1, group:default/team-b 2"},
		{"spec.lifecycle", "relations.ownedBy=group:default/team-b", `{"relations":{"$contains":{"type":"ownedBy","targetRef":"group:default/team-b"}}}`, "deprecated 1, experimental 1, production 1"},
		{"spec.retired", "", "", "true 1"},
		{"spec.ports", "", "", "443 1, 80 1"},
		{"spec.weight", "", "", "3.5 1"},
		{"spec.nothing", "", "", ""},
		{"spec.definition", "", "", ""}, // too long to compare
		{"metadata.nothing", "", "", ""},
		{"kind", "kind=nothing", `{"kind":"nothing"}`, ""},
	}
	for _, tt := range tests {
		t.Run(tt.facet+" "+tt.filter, func(t *testing.T) {
			p := p.in(t)
			got := func(r *reply) string {
				var v struct {
					Facets map[string][]struct {
						Value string
						Count int
					}
				}
				r.ok().into(&v)
				values, there := v.Facets[tt.facet]
				if !there || values == nil || len(v.Facets) != 1 {
					t.Fatalf("%s: %s", r.asked, r.body)
				}
				var list []string
				for _, f := range values {
					list = append(list, fmt.Sprintf("%s %d", f.Value, f.Count))
				}
				return strings.Join(list, ", ")
			}
			if g := got(p.get("/api/catalog/entity-facets?facet=" + tt.facet + "&filter=" + tt.filter)); g != tt.want {
				t.Errorf("GET: got %s, want %s", g, tt.want)
			}
			body := fmt.Sprintf(`{"facets":[%q]`, tt.facet)
			if tt.query != "" {
				body += `,"query":` + tt.query
			}
			if g := got(p.post("/api/catalog/entity-facets", body+"}")); g != tt.want {
				t.Errorf("POST: got %s, want %s", g, tt.want)
			}
		})
	}
}

func TestByRefs(t *testing.T) {
	p := startSmall(t, "")
	tests := []struct{ name, query, body, want string }{
		{"in the order of the question", "", `{"entityRefs":["user:default/ana","component:default/none","component:lab/cart"]}`, "user:ana null component:lab/cart"},
		{"twice, and in any case", "", `{"entityRefs":["component:default/cart","COMPONENT:Default/Cart"]}`, "component:cart component:cart"},
		{"without a namespace", "", `{"entityRefs":["component:cart"]}`, "component:cart"},
		{"what is no ref is nobody", "", `{"entityRefs":["cart","","a:b:c/d/e","component:default/cart"]}`, "null null null component:cart"},
		{"none", "", `{"entityRefs":[]}`, ""},
		{"with a filter", "?filter=kind=component,spec.lifecycle=production", `{"entityRefs":["component:default/cart","component:default/prices","user:default/ana"]}`, "component:cart null null"},
		{"with several filters", "?filter=kind=user&filter=kind=component", `{"entityRefs":["component:default/cart","api:default/cart-api","user:default/ana"]}`, "component:cart null user:ana"},
		{"with filter and query", "?filter=kind=component", `{"entityRefs":["component:default/cart","component:default/prices"],"query":{"spec.lifecycle":"experimental"}}`, "null component:prices"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var got struct{ Items []*entity }
			p.in(t).post("/api/catalog/entities/by-refs"+tt.query, tt.body).ok().into(&got)
			if d := cmp.Diff(words(tt.want), shorts(got.Items)); d != "" {
				t.Errorf("(-want +got):\n%s", d)
			}
		})
	}
	refs := make([]string, 1000) // as many as Backstage's client sends at once
	for i := range refs {
		refs[i] = fmt.Sprintf(`"component:default/none-%d"`, i)
	}
	refs[999] = `"component:default/cart"`
	var got struct{ Items []*entity }
	p.post("/api/catalog/entities/by-refs", `{"entityRefs":[`+strings.Join(refs, ",")+`]}`).ok().into(&got)
	if len(got.Items) != 1000 || short(got.Items[999]) != "component:cart" || slices.ContainsFunc(got.Items[:999], func(e *entity) bool { return e != nil }) {
		t.Errorf("a thousand refs: %d items", len(got.Items))
	}
}

func TestAncestry(t *testing.T) {
	p := startSmall(t, "")
	var got struct {
		RootEntityRef string
		Items         []struct {
			Entity           *entity
			ParentEntityRefs []string
		}
	}
	p.get("/api/catalog/entities/by-name/component/default/cart/ancestry").ok().into(&got)
	var way []string
	for _, item := range got.Items {
		if item.ParentEntityRefs == nil {
			t.Errorf("%s: parentEntityRefs is not a list", short(item.Entity))
		}
		for _, parent := range item.ParentEntityRefs {
			kind, name, _ := strings.Cut(parent, ":default/")
			up := &entity{Kind: kind}
			up.Metadata.Name = name
			way = append(way, short(item.Entity)+" of "+short(up))
		}
	}
	if d := cmp.Diff([]string{"component:cart of location:root", "location:root of GENERATED"}, way); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
	if len(got.Items) != 3 || short(got.Items[2].Entity) != "GENERATED" || got.RootEntityRef != "component:default/cart" {
		t.Errorf("root %s, %d items", got.RootEntityRef, len(got.Items))
	}
}
