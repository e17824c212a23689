package security

import (
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
	"testing"
)

// sql are texts that would be part of a statement where somebody had put them into one.
var sql = func() (list []string) {
	for _, quote := range []string{"'", `"`, "", "')", "'))", "$$", `\'`, "%27", "''"} {
		for _, rest := range []string{" OR true --", " OR 1=1 /*", "; DROP TABLE catalog_entities; --", " UNION SELECT NULL, NULL --", " AND pg_sleep(9) IS NULL --", " || (SELECT version()) || ", ";SELECT pg_terminate_backend(pg_backend_pid())--", "; COPY audit_log TO PROGRAM 'touch /tmp/wall'; --", " LIMIT ALL --", " IN (SELECT digest FROM identity_sessions)--", "/**/OR/**/true"} {
			list = append(list, quote+rest)
		}
	}
	return append(list, "$1", "$1::regclass", "%", "_%", `\`, "{}", "{1,2}", "NULL", "1e309", "-1", "0x41", "\u0000", "\xff", "E'\\x41'", "U&'\\0041'", "1;", "now()", "(SELECT 1)", "[1]", "'::int")
}()

// S18: what a request says is compared with, and is no part of any statement.
func TestS18NoTextIsSQL(t *testing.T) {
	p := start(t, setup{})
	total := func() string {
		return p.value(`SELECT (SELECT count(*) FROM catalog_entities) || ' ' || (SELECT count(*) FROM catalog_sources) || ' ' || (SELECT count(*) FROM identity_accounts)`)
	}
	before, asked := total(), 0
	params := []string{"filter", "orderField", "fields", "facet", "cursor", "limit", "offset", "after", "before", "order", "ref", "q", "fullTextFilterTerm", "fullTextFilterFields", "actor", "action", "target", "outcome", "from", "to", "since", "until", "id", "min-revision", "redirectUrl", "code", "state", "iss"}
	rows := func(body []byte) int {
		var list []any
		var page struct{ Items []any }
		if json.Unmarshal(body, &list) == nil {
			return len(list)
		}
		_ = json.Unmarshal(body, &page)
		return len(page.Items)
	}
	for _, q := range questions() {
		if q.method != "GET" {
			continue
		}
		for i, x := range sql {
			for j, param := range params {
				if (i+j)%4 > 0 && param != "filter" && param != "orderField" {
					continue // every text meets every route, and every parameter
				}
				asked++
				if got := p.do("GET", q.path+"?"+url.Values{param: {x}}.Encode(), "", bearer(wideToken)); got.status >= 500 && !idpAway(got) {
					t.Errorf("%s?%s=%s: %d %.200s", q.path, param, x, got.status, got.body)
				}
			}
			_, raw, _ := strings.Cut(q.Pattern, " ")
			for strings.Contains(raw, "{") {
				head, rest, _ := strings.Cut(raw, "{")
				_, tail, _ := strings.Cut(rest, "}")
				raw = head + url.PathEscape(x) + tail
			}
			asked++
			if got := p.do("GET", raw, "", bearer(wideToken)); got.status >= 500 && !idpAway(got) {
				t.Errorf("%s: %d %.200s", raw, got.status, got.body)
			}
		}
	}
	// None of them finds a row that it does not name.
	for _, x := range sql {
		for _, at := range []string{"entities?filter=metadata.name=%s", "entities/by-query?filter=metadata.name=%s", "entities/by-query?fullTextFilterFields=metadata.name&fullTextFilterTerm=%s", "changes?ref=%s", "removed?q=%s", "find?q=%s", "owned?owner=%s", "owned?owner=group:default/a&kind=%s", "entities/by-name/component/default/lighthouse/history?field=%s", "entities/by-name/component/default/lighthouse/history?actor=%s", "owned/changes?owner=%s"} {
			asked++
			if strings.ContainsAny(x, ",") || len(strings.Trim(x, "%_\x00\ufffd \\")) < 4 {
				continue // several conditions, or a piece that names have
			}
			if got := p.do("GET", "/api/catalog/"+fmt.Sprintf(at, url.QueryEscape(x)), "", bearer(wideToken)); got.status == 200 && rows(got.body) > 0 {
				t.Errorf("%s of %q: %d rows: %.200s", at, x, rows(got.body), got.body)
			}
		}
	}
	if now := total(); now != before {
		t.Errorf("the database had %s rows, and has %s", before, now)
	}
	count(t, "S1", "requests: texts that would be SQL", len(sql))
	count(t, "S18", "texts", len(sql))
	count(t, "S18", "requests", asked)
	if len(sql) < 100 {
		t.Errorf("only %d texts", len(sql))
	}
}
