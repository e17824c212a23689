package compat

import (
	"bufio"
	"encoding/base64"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"
)

// envelope is Backstage's error body, with our id and remedy.
type envelope struct {
	Error struct {
		Name, Message, ID, Remedy string
	}
	Request  struct{ Method, URL string }
	Response struct{ StatusCode int }
}

// names are Backstage's error names by status; clients switch on them.
var names = map[int]string{
	400: "InputError", 401: "AuthenticationError", 403: "NotAllowedError", 404: "NotFoundError", 409: "ConflictError", 410: "GoneError",
	413: "PayloadTooLargeError", 501: "NotImplementedError", 503: "ServiceUnavailableError",
}

// inner is what no sentence for people may hold.
var inner = regexp.MustCompile(`struct \{|json:|strconv|SQLSTATE|ERROR:|goroutine|\.go:\d|context deadline|<nil>|%!`)

// refused checks what every refusal must be: the status with its name, the envelope, a sentence that says the wanted
// words and nothing of our insides, and an answer within a second.
func (r *reply) refused(status int, says ...string) *envelope {
	r.t.Helper()
	r.is(status)
	e := new(envelope)
	r.into(e)
	asked := strings.SplitN(r.asked, " ", 2)
	switch {
	case e.Error.Name != names[status]:
		r.t.Errorf("%s: the error is called %q, want %q", r.asked, e.Error.Name, names[status])
	case e.Response.StatusCode != status || e.Request.Method != asked[0] || !strings.HasSuffix(asked[1], "…") && e.Request.URL != asked[1]:
		r.t.Errorf("%s: the envelope says %+v %+v", r.asked, e.Request, e.Response)
	case e.Error.Message == "" || inner.MatchString(e.Error.Message+e.Error.Remedy):
		r.t.Errorf("%s: no sentence for people: %q (%s)", r.asked, e.Error.Message, e.Error.Remedy)
	case len(e.Error.Message) > 600:
		r.t.Errorf("%s: the sentence has %d bytes", r.asked, len(e.Error.Message))
	case !strings.HasPrefix(r.header.Get("Content-Type"), "application/json"):
		r.t.Errorf("%s: the content type is %q", r.asked, r.header.Get("Content-Type"))
	case r.took > time.Second:
		r.t.Errorf("%s: the answer took %s", r.asked, r.took)
	}
	for _, word := range says {
		if !strings.Contains(e.Error.Message+"\n"+e.Error.Remedy, word) {
			r.t.Errorf("%s: %q (%s) does not say %q", r.asked, e.Error.Message, e.Error.Remedy, word)
		}
	}
	return e
}

func cursorOf(json string) string {
	return url.QueryEscape(base64.StdEncoding.EncodeToString([]byte(json)))
}

// What a request says wrongly is answered by a refusal that names the place, per route.
func TestErrorsByRoute(t *testing.T) {
	p := startSmall(t, "")
	var configured struct{ ID string }
	p.get("/api/catalog/locations/by-entity/component/default/cart").ok().into(&configured)
	deep := strings.Repeat(`{"$not":`, 100_000) + `{}` + strings.Repeat(`}`, 100_000)
	long := strings.Repeat("x", 2000)
	const entities, byQuery, byRefs, facets, locations = "/entities", "/entities/by-query", "/entities/by-refs", "/entity-facets", "/locations"
	const remedy = true
	tests := []struct {
		method, path, body string
		status             int
		says               string // words that the message must have
		remedy             bool   // what to do must be said apart
	}{
		{"GET", entities + "?filter==component", "", 400, "filter", remedy},
		{"GET", entities + "?filter=kind=component,=x", "", 400, "filter", remedy},
		{"GET", entities + "?filter=%zz", "", 400, "%", false},
		{"GET", entities + "?limit=-1", "", 400, "limit", false},
		{"GET", entities + "?limit=1.5", "", 400, "limit", false},
		{"GET", entities + "?limit=99999999999999999999", "", 400, "limit", false},
		{"GET", entities + "?offset=-1", "", 400, "offset", false},
		{"GET", entities + "?offset=many", "", 400, "offset", false},
		{"GET", entities + "?after=%25%25", "", 400, "after", remedy},
		{"GET", entities + "?after=" + cursorOf("[]"), "", 400, "after", remedy},
		{"GET", entities + "?after=" + cursorOf(`{"limit":-5,"offset":0}`), "", 400, "after", remedy},
		{"GET", entities + "?order=metadata.name", "", 400, "order", remedy},
		{"GET", entities + "?order=up:metadata.name", "", 400, "order", remedy},
		{"GET", entities + "?fields=metadata.tags%5B0%5D", "", 400, "fields", remedy},
		{"GET", entities + "?min-revision=new", "", 400, "min-revision", false},

		{"GET", entities + "/by-uid/none", "", 404, "none", false},
		{"GET", entities + "/by-uid/%00", "", 400, "path", false},
		{"DELETE", entities + "/by-uid/none", "", 404, "none", false},
		{"DELETE", entities + "/by-uid/00000000-0000-0000-0000-000000000000", "", 404, "0000", false},
		{"POST", entities + "/by-uid/none/restore", "", 404, "none", false},
		{"POST", entities + "/by-uid/00000000-0000-0000-0000-000000000000/restore", "", 404, "0000", false},
		{"POST", entities + "/by-uid/none/remove", "", 404, "none", false},
		{"GET", entities + "/by-name/component/default/none", "", 404, "No entity named 'none' found, with kind 'component' in namespace 'default'", false},
		{"GET", entities + "/by-name/component/default/%00", "", 400, "path", false},
		{"GET", entities + "/by-name/component/default/" + long, "", 404, "", false},
		{"GET", entities + "/by-name/component/default/none/ancestry", "", 404, "none", false},
		{"GET", entities + "/by-name/component/default/none/history", "", 404, "none", false},
		{"GET", entities + "/by-name/component/default/%00%ff/history", "", 400, "path", false},
		{"GET", entities + "/by-name/component/default/cart/history?limit=0", "", 400, "limit", false},
		{"GET", entities + "/by-name/component/default/cart/history?before=x", "", 400, "before", false},
		{"GET", entities + "/by-name/component/default/cart/history/compare", "", 400, "from", true},
		{"GET", entities + "/by-name/component/default/cart/history/compare?from=0&to=999999", "", 400, "999999", false},
		{"GET", entities + "/by-name/component/default/none/history/compare?from=0", "", 404, "none", false},
		{"GET", entities + "/by-name/component/default/none/source", "", 404, "none", false},
		{"GET", entities + "/by-name/component/default/%00%ff/source", "", 400, "path", false},
		{"GET", entities + "/by-name/component/default/none/consequences", "", 404, "none", false},
		{"GET", entities + "/by-name/component/default/cart/consequences?of=all", "", 400, "location", false},
		{"GET", entities + "/by-name/component/default/cart/consequences?of=location", "", 403, "configuration", remedy},

		{"GET", "/graph", "", 400, "ref is missing", false},
		{"GET", "/graph?ref=cart", "", 400, "which kind", remedy},
		{"GET", "/graph?ref=component:none", "", 404, "No entity named 'none' found, with kind 'component' in namespace 'default'", false},
		{"GET", "/graph?ref=component:cart&ref=component:none", "", 404, "none", false},
		{"GET", "/graph?ref=%00", "", 400, "ref", false},
		{"GET", "/graph?ref=component:cart&depth=0", "", 400, "depth must be from 1 to 8", false},
		{"GET", "/graph?ref=component:cart&depth=9", "", 400, "depth must be from 1 to 8", false},
		{"GET", "/graph?ref=component:cart&limit=501", "", 400, "limit must be from 1 to 500", false},
		{"GET", "/graph?ref=component:cart&limit=many", "", 400, "limit", false},
		{"GET", "/graph?ref=component:cart&direction=left", "", 400, "upstream", false},
		{"GET", "/graph?ref=component:cart" + strings.Repeat("&ref=component:cart", 50), "", 400, "51", remedy},
		{"GET", "/graph?ref=component:cart&relation=" + strings.Repeat("a,", 51), "", 400, "51", false},
		{"GET", "/graph?ref=component:cart&relation=" + strings.Repeat("a", 201), "", 400, "relation", false},
		{"GET", "/graph/path?from=component:cart", "", 400, "to is missing", false},
		{"GET", "/graph/path?from=component:none&to=component:cart", "", 404, "none", false},
		{"GET", "/graph/path?from=component:cart&to=component:cart&direction=both", "", 400, "along", false},
		{"GET", "/graph/path?from=component:cart&to=component:cart&without=" + strings.Repeat("a,", 51), "", 400, "without names 51", false},
		{"GET", "/graph/path?from=component:cart&to=component:cart&avoid=cart", "", 400, "which kind", remedy},
		{"GET", "/graph/path?from=component:cart&to=component:cart" + strings.Repeat("&avoid=component:a", 51), "", 400, "51", remedy},

		{"GET", entities + "/export", "", 400, "csv", false},
		{"GET", entities + "/export?format=csv&columns=size", "", 400, "size", remedy},
		{"GET", entities + "/export?format=csv&filter==", "", 400, "filter", remedy},
		{"GET", entities + "/export?format=json&query=%5B%5D", "", 400, "query", remedy},
		{"GET", entities + "/export?format=json&orderField=a,up", "", 400, "orderField", remedy},

		{"POST", byRefs, `{}`, 400, "entityRefs", false},
		{"POST", byRefs, `{"entityRefs":null}`, 400, "entityRefs", false},
		{"POST", byRefs, `{"entityRefs":"component:default/cart"}`, 400, "entityRefs", false},
		{"POST", byRefs, `{"entityRefs":[1]}`, 400, "entityRefs", false},
		{"POST", byRefs, `{"entityRefs":["` + strings.Repeat(`a","`, 10_000) + `b"]}`, 400, "10001", false},
		{"POST", byRefs, `{"entityRefs":[],"query":[]}`, 400, "query", remedy},
		{"POST", byRefs, `{"entityRefs":[],"fields":["a["]}`, 400, "fields", remedy},
		{"POST", byRefs + "?filter==", `{"entityRefs":[]}`, 400, "filter", remedy},

		{"GET", byQuery + "?cursor=x", "", 400, "cursor", remedy},
		{"GET", byQuery + "?cursor=%00", "", 400, "cursor", remedy},
		{"GET", byQuery + "?cursor=" + cursorOf("["), "", 400, "cursor", remedy},
		{"GET", byQuery + "?cursor=" + cursorOf(`{"orderFieldValues":7}`), "", 400, "cursor", remedy},
		{"GET", byQuery + "?cursor=" + cursorOf(`{"orderFields":[{"field":"kind","order":"up"}]}`), "", 400, "cursor", remedy},
		{"GET", byQuery + "?cursor=" + cursorOf(`{"filter":{"allOf":7}}`), "", 400, "cursor", remedy},
		{"GET", byQuery + "?cursor=" + cursorOf(`{"query":7}`), "", 400, "cursor", remedy},
		{"GET", byQuery + "?orderField=metadata.name,up", "", 400, "orderField", remedy},
		{"GET", byQuery + "?orderField=,asc", "", 400, "orderField", remedy},
		{"GET", byQuery + "?totalItems=all", "", 400, "totalItems", false},
		{"GET", byQuery + "?limit=-1", "", 400, "limit", false},
		{"GET", byQuery + "?fields=%5B", "", 400, "fields", remedy},
		{"GET", byQuery + "?filter=a;b", "", 400, ";", false},
		{"GET", byQuery + "?fullTextFilterTerm=" + long, "", 400, "term", remedy},
		{"POST", byQuery, `{"limit":-1}`, 400, "limit", false},
		{"POST", byQuery, `{"limit":1.5}`, 400, "limit", false},
		{"POST", byQuery, `{"limit":"5"}`, 400, "limit", false},
		{"POST", byQuery, `{"offset":-1}`, 400, "offset", false},
		{"POST", byQuery, `{"cursor":"x"}`, 400, "cursor", remedy},
		{"POST", byQuery, `{"orderBy":[{"field":"kind","order":"up"}]}`, 400, "orderBy[0].order", false},
		{"POST", byQuery, `{"orderBy":[{"order":"asc"}]}`, 400, "orderBy[0].field", false},
		{"POST", byQuery, `{"orderBy":{"field":"kind"}}`, 400, "orderBy", false},
		{"POST", byQuery, `{"totalItems":"all"}`, 400, "totalItems", false},
		{"POST", byQuery, `{"fullTextFilter":{"term":"` + long + `"}}`, 400, "term", remedy},
		{"POST", byQuery, `{"query":"kind"}`, 400, "query", remedy},
		{"POST", byQuery, `{"query":[{"kind":"component"}]}`, 400, "query", remedy},
		{"POST", byQuery, `{"query":{"kind":null}}`, 400, "query.kind", remedy},
		{"POST", byQuery, `{"query":{"kind":["a"]}}`, 400, "query.kind", remedy},
		{"POST", byQuery, `{"query":{"kind":{"$in":"a"}}}`, 400, "query.kind.$in", remedy},
		{"POST", byQuery, `{"query":{"kind":{"$in":[{}]}}}`, 400, "query.kind.$in[0]", remedy},
		{"POST", byQuery, `{"query":{"kind":{"$exists":"yes"}}}`, 400, "query.kind.$exists", remedy},
		{"POST", byQuery, `{"query":{"kind":{"$matches":"a"}}}`, 400, "query.kind.$matches", remedy},
		{"POST", byQuery, `{"query":{"kind":{}}}`, 400, "query.kind", remedy},
		{"POST", byQuery, `{"query":{"$all":{}}}`, 400, "query.$all", remedy},
		{"POST", byQuery, `{"query":{"$any":["a"]}}`, 400, "query.$any[0]", remedy},
		{"POST", byQuery, `{"query":{"$not":[]}}`, 400, "query.$not", remedy},
		{"POST", byQuery, `{"query":{"$nor":[]}}`, 400, "query.$nor", remedy},
		{"POST", byQuery, `{"query":{"$all":[],"kind":"a"}}`, 400, "$all", remedy},
		{"POST", byQuery, `{"query":{"relations":{"$contains":{"targetRef":"a"}}}}`, 400, "query.relations", remedy},
		{"POST", byQuery, `{"query":` + deep + `}`, 400, "", false},

		{"GET", facets, "", 400, "facet", remedy},
		{"GET", facets + "?facet=", "", 400, "facet", remedy},
		{"GET", facets + "?facet=kind&filter==", "", 400, "filter", remedy},
		{"GET", facets + "?facet=a" + manyFacets(), "", 400, "facets", remedy},
		{"POST", facets, `{}`, 400, "facet", remedy},
		{"POST", facets, `{"facets":"kind"}`, 400, "facets", false},
		{"POST", facets, `{"facets":["kind"],"query":7}`, 400, "query", remedy},
		{"POST", facets, `{"facets":["kind"],"query":` + deep + `}`, 400, "", false},

		{"POST", "/refresh", `{}`, 400, "entityRef is missing", false},
		{"POST", "/refresh", `{"entityRef":"component:default/\u0000"}`, 400, "entityRef", false},
		{"POST", "/refresh", `{"entityRef":7}`, 400, "entityRef", false},
		{"POST", "/refresh", `{"entityRef":"cart"}`, 400, "cart", false},
		{"POST", "/refresh", `{"entityRef":"component:default/none"}`, 404, "component:default/none", false},

		{"POST", locations, `{}`, 400, "target", false},
		{"POST", locations, `{"type":"url"}`, 400, "target", false},
		{"POST", locations, `{"type":"url","target":"catalog-info.yaml"}`, 400, "catalog-info.yaml", false},
		{"POST", locations, `{"type":"url","target":"ftp://example.com/x"}`, 400, "ftp", false},
		{"POST", locations, `{"type":"url","target":"https://ana:secret@example.com/x"}`, 400, "password", remedy},
		{"POST", locations, `{"type":"url","target":"https://example.com/\u0000"}`, 400, "target", false},
		{"POST", locations, `{"type":"file","target":"/etc/passwd"}`, 400, `"file"`, remedy},
		{"POST", locations, `{"type":"url","target":"https://example.com/x","presence":"maybe"}`, 400, "presence", false},
		{"POST", locations + "?onConflict=ignore", `{"type":"url","target":"https://example.com/x"}`, 400, "onConflict", false},
		{"POST", locations + "?plan=true", `{"type":"url","target":"https://example.com/x"}`, 400, "dry run", true},
		{"POST", locations + "?dryRun=perhaps", `{"type":"url","target":"https://example.com/x"}`, 400, "dryRun", false},
		{"POST", locations + "?dryRun=true", `{"type":"url","target":"https://unknown.example.com/x"}`, 403, "unknown.example.com", remedy},
		{"POST", locations + "?dryRun=yes", `{"type":"url","target":"https://unknown.example.com/x"}`, 403, "unknown.example.com", remedy},
		{"POST", locations + "/by-query", `{"limit":0}`, 400, "limit", false},
		{"POST", locations + "/by-query", `{"cursor":"x"}`, 400, "cursor", remedy},
		{"POST", locations + "/by-query", `{"cursor":"e30="}`, 400, "cursor", remedy},
		{"POST", locations + "/by-query", `{"query":[]}`, 400, "query", false},
		{"POST", locations + "/by-query", `{"query":{"owner":"a"}}`, 400, "owner", remedy},
		{"POST", locations + "/by-query", `{"query":{"type":7}}`, 400, "type", false},
		{"POST", locations + "/by-query", `{"query":{"$all":{}}}`, 400, "$all", false},
		{"POST", locations + "/by-query", `{"query":{"$nor":[]}}`, 400, "$nor", false},
		{"POST", locations + "/by-query", `{"query":` + deep + `}`, 400, "", false},
		{"GET", locations + "/none", "", 404, "none", false},
		{"PUT", locations + "/none", `{"type":"url","target":"https://example.com/x"}`, 404, "none", false},
		{"PUT", locations + "/" + configured.ID, `{"type":"url","target":"https://example.com/x"}`, 403, "configuration", remedy},
		{"PUT", locations + "/" + configured.ID, `{"type":"url","target":""}`, 400, "target", false},
		{"DELETE", locations + "/none", "", 404, "none", false},
		{"DELETE", locations + "/" + configured.ID, "", 403, "configuration", remedy},
		{"GET", locations + "/by-entity/component/default/none", "", 404, "none", false},

		{"POST", "/analyze-location", `{}`, 400, "target", false},
		{"POST", "/analyze-location", `{"location":"https://example.com"}`, 400, "location", false},
		{"POST", "/analyze-location", `{"location":{"type":"file","target":"/etc"}}`, 400, `"file"`, remedy},
		{"POST", "/analyze-location", `{"location":{"type":"url","target":"https://unknown.example.com/a/b"}}`, 403, "unknown.example.com", remedy},
		{"POST", "/analyze-location", `{"location":{"type":"url","target":"https://169.254.169.254/latest/meta-data"}}`, 403, "169.254.169.254", remedy},
		{"POST", "/analyze-location", `{"location":{"type":"url","target":"https://github.com/a/b"},"catalogFilename":"../x"}`, 400, "../x", false},

		{"GET", "/changes?after=x", "", 400, "after", false},
		{"GET", "/changes?after=-1", "", 400, "after", false},
		{"GET", "/changes?limit=0", "", 400, "limit", false},
		{"GET", "/changes?order=up", "", 400, "up", false},
		{"GET", "/changes?order=desc&after=1", "", 400, "after", remedy},
		{"GET", "/removed?limit=0", "", 400, "limit", false},
		{"GET", "/removed?cursor=x", "", 400, "cursor", remedy},
		{"GET", "/removed?q=%00", "", 400, "q", false},
		{"POST", "/removed/restore", `{}`, 400, "removedAt", remedy},
		{"POST", "/removed/restore", `{"removedAt":"soon"}`, 400, "", false},
		{"POST", "/removed/restore", `{"removedAt":"0001-01-01T00:00:00Z"}`, 404, "0001-01-01", remedy},
		{"POST", "/missing/restore", `{}`, 400, "since", remedy},
		{"POST", "/missing/restore", `{"since":"9999-12-31T23:59:59.999999Z"}`, 404, "9999", remedy},
		{"GET", "/changes?ref=::", "", 400, "::", false},
		{"GET", "/changes?ref=component:default/%00", "", 400, "", false},
		{"POST", "/sources/none/refresh", "", 404, "none", false},
		{"POST", "/sources/%00%ff/refresh", "", 400, "path", false},
		{"POST", "/sources/none/held", `{"decision":"apply","digest":"x"}`, 404, "none", false},
		{"POST", "/sources/none/held", `{"decision":"perhaps"}`, 400, "decision", false},
		{"POST", "/sources/%00%ff/held", `{"decision":"keep","digest":"x"}`, 400, "path", false},

		{"GET", "", "", 404, "/api/catalog", remedy},
		{"GET", "/", "", 404, "/api/catalog/", remedy},
		{"GET", "/nothing", "", 404, "GET /api/catalog/nothing", remedy},
		{"GET", "/entities/", "", 404, "", remedy},
		{"GET", "/locations/by-query", "", 404, "", false},
		{"PATCH", "/entities", "", 404, "PATCH", remedy},
		{"DELETE", "/entities", "", 404, "DELETE", remedy},
		{"TRACE", "/entities", "", 404, "TRACE", remedy},
	}
	for _, tt := range tests {
		name := tt.method + " " + tt.path + " " + tt.body
		t.Run(name[:min(len(name), 120)], func(t *testing.T) {
			e := p.in(t).do(tt.method, "/api/catalog"+tt.path, tt.body).refused(tt.status, tt.says)
			if tt.remedy && e.Error.Remedy == "" {
				t.Errorf("%q: nothing says what to do", e.Error.Message)
			}
		})
	}
	if n := p.page("limit=0").TotalItems; n != len(words(everything)) {
		t.Errorf("after all that the catalog has %d entities, want %d", n, len(words(everything)))
	}
	var left []any
	if p.get("/api/catalog/locations").ok().into(&left); len(left) != 0 {
		t.Errorf("something was registered: %v", left)
	}
}

func manyFacets() string {
	var b strings.Builder
	for i := range 70 {
		fmt.Fprintf(&b, "&facet=f%d", i)
	}
	return b.String()
}

// Every route that reads a body refuses the same things in the same way.
func TestErrorsInBodies(t *testing.T) {
	p := startSmall(t, "")
	routes := []string{
		"POST /refresh", "POST /entities/by-refs", "POST /entities/by-query", "POST /entity-facets", "POST /locations", "PUT /locations/none",
		"POST /locations/by-query", "POST /analyze-location", "POST /validate-entity", "POST /sources/none/held",
	}
	tests := []struct {
		name, body string
		o          option
		status     int
		says       string
	}{
		{"cut off", `{"a":`, nil, 400, "ends in the middle"},
		{"no JSON", `kind: Component`, nil, 400, "not JSON"},
		{"an array", `[]`, nil, 400, "object"},
		{"a text", `"a"`, nil, 400, "object"},
		{"null bytes", "\x00\x00", nil, 400, "not JSON"},
		{"an unknown field", `{"no-such-field":1}`, nil, 400, "no-such-field"},
		{"two values", `{}{}`, nil, 400, "more than one"},
		{"a form", `a=1`, with("Content-Type", "application/x-www-form-urlencoded"), 400, "application/x-www-form-urlencoded"},
		{"plain text", `{}`, with("Content-Type", "text/plain"), 400, "text/plain"},
		{"a content type that is none", `{}`, with("Content-Type", "application/json;;"), 400, "application/json"},
		{"too large", `{"a":"` + strings.Repeat("x", 1<<20) + `"}`, nil, 413, "1048576"},
		{"too large, after spaces", strings.Repeat(" ", 1<<20) + `{}`, nil, 413, "1048576"},
		{"too deep", strings.Repeat(`[`, 100_000), nil, 400, ""},
		{"too deep below a key", `{"a":` + strings.Repeat(`{"a":`, 100_000), nil, 400, ""},
	}
	for _, route := range routes {
		method, path, _ := strings.Cut(route, " ")
		for _, tt := range tests {
			t.Run(route+" "+tt.name, func(t *testing.T) {
				var o []option
				if tt.o != nil {
					o = append(o, tt.o)
				}
				r := p.in(t).do(method, "/api/catalog"+path, tt.body, o...)
				r.refused(tt.status, tt.says)
				if path == "/validate-entity" && tt.status == 400 {
					var v struct {
						Errors []struct{ Name, Message string }
					}
					if r.into(&v); len(v.Errors) != 1 || v.Errors[0].Message == "" {
						t.Errorf("its list of errors is missing: %s", r.body)
					}
				}
			})
		}
		switch path { // the others may have none
		case "/entities/by-query", "/locations/by-query":
			p.do(method, "/api/catalog"+path, "").ok()
		case "/validate-entity", "/refresh", "/entities/by-refs", "/entity-facets", "/locations", "/locations/none", "/analyze-location", "/sources/none/held":
			p.do(method, "/api/catalog"+path, "").refused(400, "empty")
		}
	}
}

// A GET is a GET, whatever headers say that it meant to be.
func TestMethods(t *testing.T) {
	p := startSmall(t, "")
	uid := p.page("filter=metadata.name=web").Items[0].Metadata.UID
	for _, header := range []string{"X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override"} {
		p.get("/api/catalog/entities/by-uid/"+uid, with(header, "DELETE")).is(200)
		p.post("/api/catalog/entities/by-uid/"+uid, "", with(header, "DELETE")).refused(404)
	}
	p.get("/api/catalog/entities/by-uid/" + uid + "?_method=DELETE").is(200)
	p.get("/api/catalog/entities/by-uid/" + uid).is(200)
	for _, path := range []string{"/entities", "/entities/by-query?limit=1", "/entities/by-uid/" + uid, "/entity-facets?facet=kind", "/locations", "/sources", "/problems", "/changes"} {
		r := p.do("HEAD", "/api/catalog"+path, "").is(200)
		if len(r.body) != 0 || !strings.HasPrefix(r.header.Get("Content-Type"), "application/json") {
			t.Errorf("%s: %d bytes of %q", r.asked, len(r.body), r.header.Get("Content-Type"))
		}
	}
	if r := p.do("HEAD", "/api/catalog/entities/by-uid/none", "").is(404); len(r.body) != 0 {
		t.Errorf("%s: a body", r.asked)
	}
	// A HEAD of the stream ends, and leaves the connection to the next request.
	for range 3 {
		p.do("HEAD", "/api/catalog/changes", "", with("Accept", "text/event-stream")).is(200)
	}
}

// What net/http refuses before any handler is reached.
func TestErrorsBelowHTTP(t *testing.T) {
	p := startSmall(t, "")
	tests := []struct {
		name, request string
		want          int
	}{
		{"a path that cannot be decoded", "GET /api/catalog/entities/by-uid/%zz HTTP/1.1\r\nHost: localhost\r\n\r\n", 400},
		{"no host", "GET /api/catalog/entities HTTP/1.1\r\n\r\n", 400},
		{"no HTTP", "hello\r\n\r\n", 400},
		{"a header that is too long", "GET /api/catalog/entities?filter=" + strings.Repeat("a", 64<<10) + " HTTP/1.1\r\nHost: localhost\r\n\r\n", 431},
		{"two lengths", "POST /api/catalog/entities/by-query HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}", 400},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			conn, err := net.Dial("tcp", strings.TrimPrefix(p.URL, "http://"))
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
			_ = conn.SetDeadline(time.Now().Add(5 * time.Second))
			if _, err := conn.Write([]byte(tt.request)); err != nil {
				t.Fatal(err)
			}
			resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
			if err != nil {
				t.Fatal(err)
			}
			defer resp.Body.Close()
			if resp.StatusCode != tt.want {
				t.Errorf("got %d, want %d", resp.StatusCode, tt.want)
			}
		})
	}
}
