package compat

import (
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// The expected answers of this file are worked out by hand from testdata/catalog and from Backstage's rules: index keys
// are the dotted paths of leaves, in lower case; an item of a list is a value of the list's key and, when it is a text,
// a key of its own with the value true; values that are null or longer than 200 characters only exist; objects do not.
//
// Refs stand without "default/"; GENERATED is the Location that stands for the configured source.

var generated = regexp.MustCompile(`^location:generated-[0-9a-f]{40}$`)

func short(e *entity) string {
	ref := strings.Replace(e.ref(), ":default/", ":", 1)
	if generated.MatchString(ref) {
		return "GENERATED"
	}
	return ref
}

func shorts(list []*entity) []string {
	out := []string{}
	for _, e := range list {
		out = append(out, short(e))
	}
	return out
}

// words splits a list as the tables write it.
func words(s string) []string { return append([]string{}, strings.Fields(s)...) }

const (
	components = "component:cart component:old.tool_1 component:prices component:web component:lab/cart"
	users      = "user:ana user:ben user:cyd"
	groups     = "group:team-a group:team-b"
	everything = "api:cart-api " + components + " domain:commerce " + groups + " GENERATED location:root resource:cart-db system:shop " + users
	ofTeamA    = "api:cart-api component:cart domain:commerce resource:cart-db system:shop"
	ofTeamB    = "component:old.tool_1 component:web component:lab/cart"
)

// page is a page of by-query.
type page struct {
	Items      []*entity
	TotalItems int
	PageInfo   struct{ NextCursor, PrevCursor string }
}

func (p *portal) page(path string) *page {
	p.t.Helper()
	got := new(page)
	p.get("/api/catalog/entities/by-query?" + path).ok().into(got)
	return got
}

func (p *portal) postPage(body string) *page {
	p.t.Helper()
	got := new(page)
	p.post("/api/catalog/entities/by-query", body).ok().into(got)
	return got
}

func TestFilters(t *testing.T) {
	p := startSmall(t, "")
	const or = " | " // between several filter parameters
	tests := []struct{ filter, want string }{
		{"kind=component", components},
		{"KIND=COMPONENT", components},
		{"kind=component,kind=api", "api:cart-api " + components},
		{"kind=user" + or + "kind=group", groups + " " + users},
		{"kind=user,metadata.namespace=default" + or + "kind=group,spec.type", groups + " " + users},
		{"spec.type=library" + or + "kind=domain" + or + "metadata.name=web", "component:old.tool_1 component:web domain:commerce"},
		{"kind=component,spec.type=service", "component:cart component:prices component:lab/cart"},
		{"kind=component,spec.type=service,metadata.namespace=default", "component:cart component:prices"},
		{" kind = component , spec.type = website ", "component:web"},
		{"", everything},
		{",", everything},
		{"kind=component,nothing", ""},
		{"kind=component,kind", components}, // the key without a value adds nothing to the one with
		{"kind=", ""},
		{"kind", everything},
		{"apiVersion=backstage.io/v1alpha1", everything},

		{"metadata.name=cart", "component:cart component:lab/cart"},
		{"metadata.name=CART", "component:cart component:lab/cart"},
		{"metadata.name=old.tool_1", "component:old.tool_1"},
		{"metadata.namespace=lab", "component:lab/cart"},
		{"metadata.namespace=default,kind=component", "component:cart component:old.tool_1 component:prices component:web"},
		{"metadata.title=the web shop", "component:web"},
		{"metadata.uid", everything},
		{"metadata.etag", ""}, // not among the keys
		{"metadata.description", "component:cart component:prices"},

		{"metadata.tags=java", "component:cart component:web"},
		{"metadata.tags.java", "component:cart component:web"},
		{"metadata.tags.java=true", "component:cart component:web"},
		{"metadata.tags.java=false", ""},
		{"metadata.tags=go,metadata.tags=rust", "component:cart component:prices component:lab/cart"},
		{"metadata.tags.go,metadata.tags.java", "component:cart"},
		{"metadata.tags", "component:cart component:prices component:web component:lab/cart"},
		{"metadata.tags.web-shop", "component:cart"},
		{"metadata.tags=web", ""}, // no part of a value
		{"metadata.links.url=https://cart.example.com", "component:cart"},
		{"spec.targets=./people.yaml", "location:root"},
		{"spec.memberof=team-b", "user:ana user:ben"},
		{"spec.memberOf.team-a", "user:ana"},
		{"spec.children", ""}, // an empty list has no leaf

		{"metadata.annotations.example.com/runbook", "component:cart"},
		{"metadata.annotations.example.com/runbook=https://wiki.example.com/run?page=cart", "component:cart"}, // the first = divides
		{"metadata.annotations.example.com/runbook=https://wiki.example.com/run?page", ""},
		{"metadata.annotations.backstage.io/techdocs-ref=dir:.", "component:cart"},
		{"metadata.annotations.backstage.io/managed-by-location", everything},
		{"metadata.labels.example.com/tier=gold", "component:cart"},
		{"metadata.labels.example.com/tier", "component:cart component:prices"},
		{"metadata.labels.stage=beta", "component:cart"},
		{"metadata.labels", ""}, // an object is no leaf
		{"metadata.annotations", ""},

		{"spec.profile.displayname=team alpha", "group:team-a"},
		{"spec.profile.displayName=ANA ÁMBAR", "user:ana"},
		{"spec.profile.displayName", "group:team-a user:ana user:cyd"},
		{"spec.profile", ""},
		{"spec.owner=team-a", ofTeamA},
		{"spec.owner=group:default/team-b", "component:web component:lab/cart"}, // as it was written
		{"spec.retired=true", "component:old.tool_1"},
		{"spec.retired=TRUE", "component:old.tool_1"},
		{"spec.ports=443", "component:old.tool_1"},
		{"spec.ports.443", ""}, // only texts become keys
		{"spec.weight=3.5", "component:old.tool_1"},
		{"spec.empty", "component:old.tool_1"},
		{"spec.empty=", "component:old.tool_1"},
		{"spec.nothing", "component:old.tool_1"},
		{"spec.nothing=", ""},
		{"spec.nothing=null", ""},
		{"spec.nested.a.b", "component:old.tool_1"},
		{"spec.nested.a.b=c", "component:old.tool_1"},
		{"spec.nested.a.b.c", "component:old.tool_1"},
		{"spec.nested.a.b.c=true", "component:old.tool_1"},
		{"spec.nested.a.b.d", "component:old.tool_1"},
		{"spec.nested.a.b.d=1", "component:old.tool_1"},
		{"spec.nested.a.e=7", "component:old.tool_1"},
		{"spec.nested.a", ""},
		{"spec.definition", "api:cart-api"},
		{"spec.definition=openapi: 3.1.0", ""},

		{"relations.ownedBy=group:default/team-a", ofTeamA},
		{"relations.ownedby=GROUP:DEFAULT/TEAM-A", ofTeamA},
		{"relations.ownedBy=team-a", ""},
		{"kind=user,relations.memberof=group:default/team-b", "user:ana user:ben"},
		{"relations.dependencyOf", "component:prices resource:cart-db"},
		{"relations.dependsOn=component:default/prices", "component:cart"},
		{"relations.hasPart=component:default/old.tool_1", "component:web"},
		{"relations.apiConsumedBy=component:default/web", "api:cart-api"},
		{"relations.childOf,relations.hasMember=user:default/ben", "group:team-b"},
		{"relations", ""},
		{"status", ""},
	}
	for _, tt := range tests {
		t.Run(tt.filter, func(t *testing.T) {
			p := p.in(t)
			q := url.Values{}
			for f := range strings.SplitSeq(tt.filter, or) {
				q.Add("filter", f)
			}
			var list []*entity
			p.get("/api/catalog/entities?" + q.Encode()).ok().into(&list)
			if d := cmp.Diff(words(tt.want), shorts(list)); d != "" {
				t.Errorf("GET /entities, by ref (-want +got):\n%s", d)
			}
			got := p.page(q.Encode())
			p.same("GET by-query", got, tt.want)
			if n := p.page(q.Encode() + "&limit=0"); n.TotalItems != got.TotalItems || len(n.Items) != 0 {
				t.Errorf("limit=0: %d items, total %d, want %d", len(n.Items), n.TotalItems, got.TotalItems)
			}
		})
	}
}

// in is the portal for a subtest.
func (p *portal) in(t *testing.T) *portal {
	sub := *p
	sub.t = t
	return &sub
}

// same compares a page that is in no order of ours.
func (p *portal) same(what string, got *page, want string) {
	p.t.Helper()
	list, wanted := shorts(got.Items), words(want)
	slices.Sort(list)
	slices.Sort(wanted)
	if d := cmp.Diff(wanted, list); d != "" {
		p.t.Errorf("%s (-want +got):\n%s", what, d)
	}
	if got.TotalItems != len(wanted) {
		p.t.Errorf("%s: totalItems is %d, want %d", what, got.TotalItems, len(wanted))
	}
}

func TestFiltersAsPredicates(t *testing.T) {
	p := startSmall(t, "")
	tests := []struct{ query, want string }{
		{`{"kind":"component"}`, components},
		{`{"KIND":"Component"}`, components},
		{`{}`, everything},
		{`{"kind":"component","spec.type":"website"}`, "component:web"},
		{`{"$all":[{"kind":"component"},{"$not":{"spec.lifecycle":"production"}}]}`, "component:old.tool_1 component:prices component:lab/cart"},
		{`{"$any":[{"kind":"domain"},{"kind":"system"}]}`, "domain:commerce system:shop"},
		{`{"$not":{"$any":[{"kind":"component"},{"kind":"location"},{"kind":"user"},{"kind":"group"}]}}`, "api:cart-api domain:commerce resource:cart-db system:shop"},
		{`{"$not":{"$not":{"kind":"api"}}}`, "api:cart-api"},
		{`{"$any":[]}`, ""},
		{`{"spec.type":{"$in":["Service","LIBRARY"]}}`, "component:cart component:old.tool_1 component:prices component:lab/cart"},
		{`{"kind":{"$in":[]}}`, ""},
		{`{"kind":"component","metadata.title":{"$exists":false}}`, "component:prices component:lab/cart"},
		{`{"metadata.title":{"$exists":true}}`, "component:cart component:old.tool_1 component:web"},
		{`{"metadata.name":{"$hasPrefix":"CART"}}`, "api:cart-api component:cart component:lab/cart resource:cart-db"},
		{`{"metadata.name":{"$hasPrefix":"c_rt"}}`, ""}, // no pattern
		{`{"metadata.tags":{"$contains":"java"}}`, "component:cart component:web"},
		{`{"metadata.tags":"java"}`, "component:cart component:web"},
		{`{"metadata.tags.go":"true"}`, "component:cart component:prices"},
		{`{"relations":{"$contains":{"type":"ownedBy","targetRef":"group:default/team-b"}}}`, ofTeamB},
		{`{"relations":{"$contains":{"type":"OWNEDBY","targetRef":"Group:default/Team-B"}}}`, ofTeamB},
		{`{"relations":{"$contains":{"type":"ownedBy","targetRef":{"$in":["user:default/ana","group:default/team-b"]}}}}`, "component:prices " + ofTeamB},
		{`{"relations":{"$contains":{"type":"dependsOn"}}}`, "component:cart"},
		{`{"relations.ownedBy":"group:default/team-b"}`, ofTeamB},
		{`{"spec.retired":true}`, "component:old.tool_1"},
		{`{"spec.retired":"true"}`, "component:old.tool_1"},
		{`{"spec.weight":3.5}`, "component:old.tool_1"},
		{`{"spec.ports":80}`, "component:old.tool_1"},
		{`{"spec.nothing":{"$exists":true}}`, "component:old.tool_1"},
		{`{"metadata.annotations.example.com/runbook":{"$hasPrefix":"https://wiki."}}`, "component:cart"},
		{`{"metadata.namespace":"default","metadata.name":"cart"}`, "component:cart"},
	}
	for _, tt := range tests {
		t.Run(tt.query, func(t *testing.T) {
			p := p.in(t)
			p.same("POST by-query", p.postPage(`{"query":`+tt.query+`}`), tt.want)
			var refs struct{ Items []*entity }
			p.post("/api/catalog/entities/by-refs", fmt.Sprintf(`{"entityRefs":["component:default/cart","component:default/web"],"query":%s}`, tt.query)).ok().into(&refs)
			for i, ref := range []string{"component:cart", "component:web"} {
				wanted := "null"
				if slices.Contains(words(tt.want), ref) {
					wanted = ref
				}
				if got := short(refs.Items[i]); got != wanted {
					t.Errorf("POST by-refs: %s: got %s, want %s", ref, got, wanted)
				}
			}
		})
	}
}

func TestFiltersWithOrderAndText(t *testing.T) {
	p := startSmall(t, "")
	ordered := []struct{ path, want string }{
		{"by-query?filter=kind=component,metadata.namespace=default&orderField=metadata.name,asc", "component:cart component:old.tool_1 component:prices component:web"},
		{"by-query?filter=kind=component,metadata.namespace=default&orderField=metadata.name", "component:cart component:old.tool_1 component:prices component:web"},
		{"by-query?filter=kind=component,metadata.namespace=default&orderField=metadata.name,desc", "component:web component:prices component:old.tool_1 component:cart"},
		// Without the field an entity is left out; titles compare without case.
		{"by-query?filter=kind=component&orderField=metadata.title,asc", "component:old.tool_1 component:cart component:web"},
		{"by-query?filter=kind=user&orderField=spec.profile.displayName,desc", "user:cyd user:ana"},
		{"by-query?filter=kind=component,metadata.namespace=default&orderField=metadata.name,asc&offset=1&limit=2", "component:old.tool_1 component:prices"},
		// The list keeps them, at the end in both directions.
		{"?filter=kind=component,metadata.namespace=default&order=asc:metadata.title", "component:old.tool_1 component:cart component:web component:prices"},
		{"?filter=kind=component,metadata.namespace=default&order=desc:metadata.title", "component:web component:cart component:old.tool_1 component:prices"},
		{"?filter=kind=component,metadata.namespace=default&order=desc:spec.type&order=asc:metadata.name", "component:web component:cart component:prices component:old.tool_1"},
		{"?filter=kind=component&offset=1&limit=2", "component:old.tool_1 component:prices"},
		{"?filter=kind=component&limit=0", ""},
		{"?filter=kind=component&offset=99", ""},
	}
	for _, tt := range ordered {
		t.Run(tt.path, func(t *testing.T) {
			p := p.in(t)
			var list []*entity
			if strings.HasPrefix(tt.path, "?") {
				p.get("/api/catalog/entities" + tt.path).ok().into(&list)
			} else {
				list = p.page(strings.TrimPrefix(tt.path, "by-query?")).Items
			}
			if d := cmp.Diff(words(tt.want), shorts(list)); d != "" {
				t.Errorf("(-want +got):\n%s", d)
			}
		})
	}

	uid := p.page("filter=metadata.name=prices").Items[0].Metadata.UID
	texts := []struct {
		term, fields, more, want string
	}{
		{"cart", "metadata.name", "", "api:cart-api component:cart component:lab/cart resource:cart-db"},
		{" cart ", "metadata.name", "", "api:cart-api component:cart component:lab/cart resource:cart-db"},
		{"ART-", "metadata.name", "", "api:cart-api resource:cart-db"},
		{"SHOP", "metadata.name,metadata.title", "", "component:cart component:web system:shop"},
		{"shopping", "metadata.title,metadata.description", "", "component:cart component:prices"},
		{"cart", "metadata.name", "filter=kind=component", "component:cart component:lab/cart"},
		{"cart", "", "orderField=metadata.title,asc", "component:cart"}, // without fields it is the field of the order
		{uid, "", "", "component:prices"},                               // and without an order the uid
		{"100%", "spec.profile.displayName", "", "user:cyd"},
		{"ÁMB", "spec.profile.displayname", "", "user:ana"},
		{"jav", "metadata.tags", "", "component:cart component:web"},
		{"/team-b", "relations.ownedBy", "", ofTeamB},
		{"cart", "metadata.nothing", "", ""},
		{"", "metadata.nothing", "", everything},
	}
	for _, tt := range texts {
		t.Run(tt.term+" in "+tt.fields, func(t *testing.T) {
			p := p.in(t)
			q := "fullTextFilterTerm=" + url.QueryEscape(tt.term)
			body := fmt.Sprintf(`"fullTextFilter":{"term":%q}`, tt.term)
			if tt.fields != "" {
				q += "&fullTextFilterFields=" + tt.fields
				body = fmt.Sprintf(`"fullTextFilter":{"term":%q,"fields":["%s"]}`, tt.term, strings.ReplaceAll(tt.fields, ",", `","`))
			}
			p.same("GET", p.page(q+"&"+tt.more), tt.want)
			switch tt.more {
			case "filter=kind=component":
				body += `,"query":{"kind":"component"}`
			case "orderField=metadata.title,asc":
				body += `,"orderBy":[{"field":"metadata.title","order":"asc"}]`
			}
			p.same("POST", p.postPage("{"+body+"}"), tt.want)
		})
	}
}
