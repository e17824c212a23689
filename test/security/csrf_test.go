package security

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
)

// forgeries are the headers with which a browser sends what another site made it send, or from which that cannot be told.
// The scheme alone tells no site apart here: behind a proxy with TLS every Origin is https, and the portal's own is not;
// a page of the same name without TLS is told by Sec-Fetch-Site, which browsers send wherever the portal has TLS.
var forgeries = []struct {
	name string
	o    []option
}{
	{"another site", []option{with("Origin", "https://evil.example"), with("Sec-Fetch-Site", "cross-site")}},
	{"another site, no Sec-Fetch", []option{with("Origin", "https://evil.example")}},
	{"another site, no Origin", []option{with("Sec-Fetch-Site", "cross-site")}},
	{"a sandboxed frame", []option{with("Origin", "null"), with("Sec-Fetch-Site", "cross-site")}},
	{"Origin null alone", []option{with("Origin", "null")}},
	{"a host beside the portal's", []option{with("Sec-Fetch-Site", "same-site"), with("Origin", "https://other.example")}},
	{"same-site alone", []option{with("Sec-Fetch-Site", "same-site")}},
	{"no headers", nil},
	{"another port", []option{with("Origin", "http://127.0.0.1:1")}},
	{"a name that begins like the portal's", []option{with("Origin", "http://HOST.evil.example")}},
	{"a word nobody knows", []option{with("Sec-Fetch-Site", "trust-me")}},
	{"the header in another case of values", []option{with("Sec-Fetch-Site", "SAME-ORIGIN")}},
	{"a foreign Referer", []option{with("Referer", "https://evil.example/")}},
	{"the portal's Referer alone", []option{with("Referer", "http://HOST/")}},
	{"a form", []option{with("Content-Type", "application/x-www-form-urlencoded"), with("Origin", "https://evil.example")}},
	{"a form with files", []option{with("Content-Type", "multipart/form-data; boundary=x"), with("Origin", "https://evil.example")}},
	{"text", []option{with("Content-Type", "text/plain"), with("Origin", "https://evil.example")}},
	{"text that says nothing", []option{with("Content-Type", "text/plain")}},
	{"no type", []option{with("Content-Type", ""), with("Origin", "https://evil.example")}},
	{"a script's mark", []option{with("X-Requested-With", "XMLHttpRequest"), with("Origin", "https://evil.example")}},
	{"a method in a header", []option{with("X-HTTP-Method-Override", "GET"), with("Origin", "https://evil.example")}},
}

// atHost puts the portal's address where a forgery says HOST.
func atHost(p *portal) option {
	return func(r *http.Request) {
		for _, name := range []string{"Origin", "Referer"} {
			if v := r.Header.Get(name); v != "" {
				r.Header.Set(name, strings.ReplaceAll(v, "HOST", p.addr))
			}
		}
	}
}

// changing are bodies with which an unsafe route does what it is for; others get {}.
var changing = map[string]string{
	"POST /api/catalog/refresh":      `{"entityRef":"component:default/lighthouse"}`,
	"POST /api/catalog/locations":    `{"type":"url","target":"https://git.invalid/catalog-info.yaml"}`,
	"PUT /api/catalog/owner-aliases": `{"oldRef":"group:default/once","newRef":"group:default/keepers"}`,
	"POST /api/portico/session/end":  `{"all":true}`,

	"PATCH /api/catalog/entities/by-name/{kind}/{namespace}/{name}/overlay": `{"fields":{"metadata.title":"Forged"}}`,

	"PUT /api/user-settings/buckets/{bucket}/keys/{key}": `{"value":["component:default/lighthouse"]}`,
	"POST /api/catalog/entity-facets":                    `{"facets":["kind"]}`,
	"POST /api/catalog/entities/by-refs":                 `{"entityRefs":["component:default/lighthouse"]}`,
}

// S9: with the cookie of a session, and without any proof as a guest, nothing that another site could have sent is done.
func TestS9AnotherSiteChangesNothing(t *testing.T) {
	closed, open := start(t, setup{}), start(t, setup{config: []string{guestToo}})
	cookie := session("ann", "")(closed)
	callers := []struct {
		name string
		p    *portal
		o    option
	}{
		{"a session", closed, func(r *http.Request) { cookie(r); r.Header.Del("Sec-Fetch-Site") }},
		{"a guest who may do everything", open, func(*http.Request) {}},
	}
	ids := map[string]string{"{uid}": open.value(`SELECT uid::text FROM catalog_entities WHERE ref = 'component:default/lighthouse'`)}
	cells, unsafe := 0, 0
	for _, who := range callers {
		before := who.p.contents()
		sessions := who.p.value(`SELECT count(*)::text FROM identity_sessions`)
		var list []asked
		for _, q := range questions() {
			if q.method == "GET" {
				continue
			}
			if id := ids["{uid}"]; who.p == open && strings.Contains(q.Pattern, "{uid}") {
				q.path = strings.ReplaceAll(q.path, "00000000-0000-4000-8000-000000000000", id)
			}
			if body, ok := changing[q.Pattern]; ok {
				q.body = body
			}
			list = append(list, q)
			for _, f := range forgeries {
				got := who.p.do(q.method, q.path, q.body, append(append([]option{who.o}, f.o...), atHost(who.p))...)
				cells++
				if q.Signed { // nothing that a browser adds counts there: it is the signature that says whose a request is
					if got.status < 400 {
						t.Errorf("%s by %s, from %s: %d", q.Pattern, who.name, f.name, got.status)
					}
					continue
				}
				if got.status != http.StatusForbidden {
					t.Errorf("%s by %s, from %s: %d, want 403: %.200s", q.Pattern, who.name, f.name, got.status, got.body)
				}
			}
		}
		unsafe = len(list)
		if now := who.p.contents(); !maps.Equal(before, now) {
			t.Errorf("the database of %s changed: %v → %v", who.name, before, now)
		}
		if now := who.p.value(`SELECT count(*)::text FROM identity_sessions`); now != sessions {
			t.Errorf("%s sessions, and before %s", now, sessions)
		}
		// It was the origin that was refused, and nothing else.
		for _, q := range list {
			if who.p == open {
				perm, _ := q.Access.Permission()
				if got := who.p.do(q.method, q.path, q.body, who.o, sameOrigin); got.refused() && ownWay[q.Pattern] == "" && !persons[perm.Name] {
					t.Errorf("%s by %s, from the portal's own pages: %d %.200s", q.Pattern, who.name, got.status, got.body)
				}
			}
		}
		if who.p == open && maps.Equal(before, who.p.contents()) {
			t.Error("the portal's own pages change nothing either: this test proves nothing")
		}
	}
	count(t, "S9", "unsafe routes", unsafe)
	count(t, "S9", "cells unsafe route × origin", cells)
}

// fromFrontEnds are what a front end of Backstage on an origin of its own may do with the cookie of a session.
var fromFrontEnds = []string{"POST /api/auth/{provider}/logout", "POST /api/auth/{provider}/refresh", "DELETE /api/{plugin}/.backstage/auth/v1/cookie"}

// S9: a page of an origin that is listed may sign out and have a token, by a script, and do nothing else.
func TestS9FrontEndsOfTheirOwn(t *testing.T) {
	const listed = "https://app.front.example"
	cors := func(credentials bool) *portal {
		return start(t, setup{config: []string{fmt.Sprintf("backend: {cors: {origin: [%q, 'https://*.wild.example'], credentials: %v}}", listed, credentials)}})
	}
	p, without := cors(true), cors(false)
	from := func(origin string, more ...option) option {
		return func(r *http.Request) {
			r.Header.Set("Sec-Fetch-Site", "same-site")
			r.Header.Set("Origin", origin)
			for _, o := range more {
				o(r)
			}
		}
	}
	mark := with("X-Requested-With", "XMLHttpRequest")
	ways := []struct {
		name string
		p    *portal
		o    option
		in   bool
	}{
		{"a script of the origin", p, from(listed, mark), true},
		{"without the mark", p, from(listed), false},
		{"another mark", p, from(listed, with("X-Requested-With", "xmlhttprequest")), false},
		{"the mark twice", p, from(listed, func(r *http.Request) { r.Header["X-Requested-With"] = []string{"x", "XMLHttpRequest"} }), false},
		{"by a name with a star", p, from("https://app.wild.example", mark), false},
		{"the name with the star itself", p, from("https://*.wild.example", mark), false},
		{"without TLS", p, from("http://app.front.example", mark), false},
		{"another port", p, from(listed+":8443", mark), false},
		{"a name below", p, from("https://x.app.front.example", mark), false},
		{"a name that begins alike", p, from(listed+".evil.example", mark), false},
		{"in other letters", p, from("https://APP.front.example", mark), false},
		{"no origin", p, from("", mark), false},
		{"null", p, from("null", mark), false},
		{"two origins", p, from(listed, mark, func(r *http.Request) { r.Header["Origin"] = []string{listed, "https://evil.example"} }), false},
		{"where credentials may not come along", without, from(listed, mark), false},
	}
	cells := 0
	for _, w := range ways {
		cookie := session("ann", "")(w.p)
		before, sessions := w.p.contents(), w.p.value(`SELECT count(*)::text FROM identity_sessions`)
		for _, q := range questions() {
			if q.method == "GET" {
				continue
			}
			if body, ok := changing[q.Pattern]; ok {
				q.body = body
			}
			if strings.Contains(q.Pattern, "/api/{plugin}/") {
				q.path = strings.Replace(q.path, "/api/x/", "/api/catalog/", 1)
			}
			mine := cookie
			if w.in {
				mine = session("ann", "")(w.p)
			}
			got := w.p.do(q.method, q.path, q.body, mine, w.o)
			cells++
			want := []int{http.StatusForbidden}
			if q.Signed {
				want = []int{http.StatusNotFound, http.StatusUnauthorized}
			}
			if w.in && slices.Contains(fromFrontEnds, q.Pattern) {
				want = []int{http.StatusOK, http.StatusNoContent}
			}
			if !slices.Contains(want, got.status) {
				t.Errorf("%s, %s: %d, want %v: %.200s", q.Pattern, w.name, got.status, want, got.body)
			}
			if w.in && q.Pattern == fromFrontEnds[0] && w.p.do("GET", "/api/catalog/entities", "", mine).status != http.StatusUnauthorized {
				t.Error("who signed out is still in")
			}
		}
		if now := w.p.contents(); !w.in && !maps.Equal(before, now) {
			t.Errorf("%s: the database changed: %v → %v", w.name, before, now)
		}
		if now := w.p.value(`SELECT count(*)::text FROM identity_sessions`); !w.in && now != sessions {
			t.Errorf("%s: %s sessions, and before %s", w.name, now, sessions)
		}
	}
	count(t, "S9", "cells unsafe route × front end", cells)
}

// value is one text of the portal's database.
func (p *portal) value(sql string) (v string) {
	p.t.Helper()
	if err := p.pool.QueryRow(p.t.Context(), sql).Scan(&v); err != nil {
		p.t.Fatalf("%s: %v", sql, err)
	}
	return v
}

// S9: a link does nothing. A sign-in that it begins is the browser's own.
func TestS9NoReadChangesAnything(t *testing.T) {
	p := start(t, setup{config: []string{guestToo}})
	before := p.contents()
	reads := 0
	for _, q := range questions() {
		if q.method != "GET" {
			continue
		}
		for _, query := range []string{"", "?dryRun=false&onConflict=refresh&decision=apply&refresh=true&action=delete&_method=DELETE"} {
			reads++
			p.do("GET", q.path+query, "", sameOrigin)
			p.do("HEAD", q.path+query, "", bearer(wideToken))
		}
	}
	if now := p.contents(); !maps.Equal(before, now) {
		t.Errorf("a read changed the database: %v → %v", before, now)
	}
	count(t, "S9", "reads that change nothing", reads)
}

// S9: the cookie of a session, where browsers come by https.
func TestS9TheCookie(t *testing.T) {
	p := start(t, setup{})
	for _, secure := range []bool{true, false} {
		c := cookieOf(p, "ann", secure)
		if !c.HttpOnly || c.SameSite != http.SameSiteLaxMode || c.Domain != "" || c.Path != "/" || c.Secure != secure ||
			strings.HasPrefix(c.Name, "__Host-") != secure || len(c.Value) != 43 {
			t.Errorf("the cookie is %s", c)
		}
		if p.value(`SELECT count(*)::text FROM identity_sessions WHERE digest::text LIKE '%`+c.Value+`%'`) != "0" {
			t.Error("the database keeps the session's id itself")
		}
	}
}
