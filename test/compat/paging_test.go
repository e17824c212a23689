package compat

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// next asks for the page that a cursor leads to, by GET or by POST.
func (p *portal) next(post bool, cursor, limit, fields string) *page {
	p.t.Helper()
	if post {
		body := fmt.Sprintf(`{"cursor":%q,"limit":%s`, cursor, limit)
		if fields != "" {
			body += fmt.Sprintf(`,"fields":["%s"]`, strings.ReplaceAll(fields, ",", `","`))
		}
		return p.postPage(body + "}")
	}
	q := "cursor=" + url.QueryEscape(cursor) + "&limit=" + limit
	if fields != "" {
		q += "&fields=" + fields
	}
	return p.page(q)
}

// Nine entities by name, in pages of four: there and back again, whichever method a page is asked with.
func TestCursors(t *testing.T) {
	p := startSmall(t, "")
	want := [][]string{
		{"user:ana", "user:ben", "component:cart", "user:cyd"},
		{"component:old.tool_1", "component:prices", "group:team-a", "group:team-b"},
		{"component:web"},
	}
	begin := map[string]func() *page{
		"GET": func() *page {
			return p.page("filter=kind=component,kind=user,kind=group,metadata.namespace=default&orderField=metadata.name,asc&limit=4")
		},
		"POST": func() *page {
			return p.postPage(`{"query":{"kind":{"$in":["component","user","group"]},"metadata.namespace":"default"},"orderBy":[{"field":"metadata.name","order":"asc"}],"limit":4}`)
		},
	}
	for how, first := range begin {
		for _, post := range []bool{false, true} {
			t.Run(fmt.Sprintf("begun by %s, continued by POST %t", how, post), func(t *testing.T) {
				p := p.in(t)
				at := first()
				check := func(n int, more, less bool) {
					t.Helper()
					if d := cmp.Diff(want[n], shorts(at.Items)); d != "" {
						t.Errorf("page %d (-want +got):\n%s", n, d)
					}
					if at.TotalItems != 9 {
						t.Errorf("page %d: totalItems is %d, want 9", n, at.TotalItems)
					}
					if (at.PageInfo.NextCursor != "") != more || (at.PageInfo.PrevCursor != "") != less {
						t.Fatalf("page %d: cursors %+v, want a next one %t, a previous one %t", n, at.PageInfo, more, less)
					}
				}
				check(0, true, false)
				at = p.next(post, at.PageInfo.NextCursor, "4", "")
				check(1, true, true)
				at = p.next(post, at.PageInfo.NextCursor, "4", "")
				check(2, false, true)
				at = p.next(post, at.PageInfo.PrevCursor, "4", "")
				check(1, true, true)
				at = p.next(post, at.PageInfo.PrevCursor, "4", "kind,metadata.name")
				check(0, true, false)
				if at.Items[0].Metadata.UID != "" {
					t.Error("fields did not count beside a cursor")
				}
				at = p.next(post, at.PageInfo.NextCursor, "4", "kind,metadata.name")
				check(1, true, true)
			})
		}
	}
}

func TestCursorsInEveryOrder(t *testing.T) {
	p := startSmall(t, "")
	tests := []struct {
		name, query, want string // want: in order; empty: everything, in any
	}{
		{"none", "limit=3", ""},
		{"down", "filter=kind=component,metadata.namespace=default&orderField=metadata.name,desc&limit=3", "component:web component:prices component:old.tool_1 component:cart"},
		{"many are equal", "filter=metadata.namespace&orderField=apiVersion,asc&limit=3", ""},
		{"many are equal, down", "filter=metadata.namespace&orderField=apiVersion,desc&limit=5", ""},
		{"by text", "fullTextFilterTerm=cart&fullTextFilterFields=metadata.name,metadata.title&orderField=metadata.name,asc&filter=metadata.namespace=default&limit=1", "component:cart api:cart-api resource:cart-db"},
		{"with an offset", "filter=kind=component,metadata.namespace=default&orderField=metadata.name,asc&offset=1&limit=2", "component:old.tool_1 component:prices component:web"},
		{"without a total", "filter=kind=component,metadata.namespace=default&orderField=metadata.name,asc&totalItems=exclude&limit=2", "component:cart component:old.tool_1 component:prices component:web"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p := p.in(t)
			at := p.page(tt.query)
			pages := [][]string{shorts(at.Items)}
			for at.PageInfo.NextCursor != "" && len(pages) < 50 {
				at = p.next(false, at.PageInfo.NextCursor, "2", "")
				pages = append(pages, shorts(at.Items))
			}
			all := slices.Concat(pages...)
			want := words(tt.want)
			if tt.want == "" {
				want = words(everything)
				all = slices.Sorted(slices.Values(all))
				slices.Sort(want)
			}
			if d := cmp.Diff(want, all); d != "" {
				t.Errorf("forwards (-want +got):\n%s", d)
			}
			// Backwards from the last page: the same, from where the first page began.
			forwards := slices.Concat(pages...)
			back := shorts(at.Items)
			for n := 0; at.PageInfo.PrevCursor != "" && n < 50; n++ {
				at = p.next(true, at.PageInfo.PrevCursor, "2", "")
				back = append(shorts(at.Items), back...)
			}
			if tt.name == "with an offset" {
				return // what the offset skipped is met on the way back, as in Backstage
			}
			if d := cmp.Diff(forwards, back); d != "" {
				t.Errorf("backwards (-forwards +backwards):\n%s", d)
			}
		})
	}
}

// Backstage's client decodes a cursor to see whether to ask by POST: it looks for the key query.
func TestCursorsAreWhatBackstagesAre(t *testing.T) {
	p := startSmall(t, "")
	decode := func(cursor string) map[string]any {
		raw, err := base64.StdEncoding.DecodeString(cursor)
		if err != nil {
			t.Fatal(err)
		}
		var v map[string]any
		if err := json.Unmarshal(raw, &v); err != nil {
			t.Fatalf("%v in %s", err, raw)
		}
		return v
	}
	byFilter := decode(p.page("filter=kind=component&orderField=metadata.name,asc&limit=1").PageInfo.NextCursor)
	byPredicate := decode(p.postPage(`{"query":{"kind":"component"},"limit":1}`).PageInfo.NextCursor)
	if _, has := byFilter["query"]; has {
		t.Errorf("the cursor of a GET holds query: %v", byFilter)
	}
	if d := cmp.Diff(map[string]any{"kind": "component"}, byPredicate["query"]); d != "" {
		t.Errorf("the query of a POST's cursor (-want +got):\n%s", d)
	}
	for _, key := range []string{"orderFields", "orderFieldValues", "firstSortFieldValues", "isPrevious", "totalItems"} {
		if _, has := byFilter[key]; !has {
			t.Errorf("the cursor lacks %s: %v", key, byFilter)
		}
	}
	// One that Backstage wrote: filter as its parser builds it, values as it writes them.
	theirs := base64.StdEncoding.EncodeToString([]byte(`{"orderFields":[{"field":"metadata.name","order":"asc"}],"orderFieldValues":["cart","0"],` +
		`"firstSortFieldValues":["cart","0"],"filter":{"anyOf":[{"allOf":[{"key":"kind","values":["component"]},{"key":"metadata.namespace","values":["default"]}]}]},"isPrevious":false,"totalItems":4}`))
	got := p.next(false, theirs, "2", "")
	if d := cmp.Diff(words("component:cart component:old.tool_1"), shorts(got.Items)); d != "" {
		t.Errorf("continuing Backstage's cursor (-want +got):\n%s", d)
	}
}

var nextLink = regexp.MustCompile(`^<(/[^>]*)>; rel="next"$`)

func TestListsPageByLink(t *testing.T) {
	p := startSmall(t, "")
	var all []string
	path := "/api/catalog/entities?filter=kind=component&filter=kind=api&limit=2&offset=1&fields=kind,metadata"
	for n := 0; path != ""; n++ {
		if n == 10 {
			t.Fatal("the links do not end")
		}
		var list []*entity
		r := p.get(path).ok().into(&list)
		all = append(all, shorts(list)...)
		path = ""
		if link := r.header.Get("Link"); link != "" {
			m := nextLink.FindStringSubmatch(link)
			if m == nil {
				t.Fatalf("the Link header is %q", link)
			}
			path = m[1]
			u, err := url.Parse(path)
			if err != nil || u.Query().Has("offset") || !u.Query().Has("after") || len(u.Query()["filter"]) != 2 {
				t.Errorf("the link is %s", path)
			}
		}
	}
	if d := cmp.Diff(words(components), all); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
	if r := p.get("/api/catalog/entities?filter=kind=component").ok(); r.header.Get("Link") != "" {
		t.Errorf("an answer with everything has the Link %q", r.header.Get("Link"))
	}
	if r := p.get("/api/catalog/entities?limit=0").ok(); r.header.Get("Link") != "" {
		t.Errorf("a page of nothing leads to itself: %q", r.header.Get("Link"))
	}
	// after holds the limit, and wins over one that is given beside it.
	after := url.QueryEscape(base64.StdEncoding.EncodeToString([]byte(`{"limit":2,"offset":1}`)))
	var list []*entity
	p.get("/api/catalog/entities?filter=kind=component&limit=1&after=" + after).ok().into(&list)
	if d := cmp.Diff(words("component:old.tool_1 component:prices"), shorts(list)); d != "" {
		t.Errorf("after (-want +got):\n%s", d)
	}
}
