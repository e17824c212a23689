package security

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
)

// markup are texts that run something where they are taken for HTML, an attribute, a script, a style or an address.
var markup = func() (list []string) {
	for _, tag := range []string{"img src=x", "svg", "body", "video src=x", "audio src=x", "iframe", "input autofocus", "select autofocus", "textarea autofocus", "details open", "marquee", "object data=x", "embed src=x", "math", "a href=#", "form", "button", "style", "link rel=x", "base href=x"} {
		for _, on := range []string{"onerror", "onload", "onfocus", "ontoggle", "onmouseover", "onanimationstart"} {
			list = append(list, "<"+tag+" "+on+"=wall()>")
		}
	}
	for _, open := range []string{"", "'", `"`, "`", "-->", "]]>", "*/", "</title>", "</textarea>", "</script>", "</style>", "}}", "${", "\\", "\u2028", "&quot;", "%22", "\x7f"} {
		list = append(list, open+"<script>wall()</script>", open+" onmouseover=wall() x="+open, open+"><svg/onload=wall()>")
	}
	return append(list,
		"<script src=//evil.example/x.js></script>", "<scr<script>ipt>wall()</script>", "<SCRIPT>wall()</SCRIPT>", "<script\n>wall()</script\n>", "<svg><script>wall()</script></svg>", "<svg><use href=data:image/svg+xml;base64,x#x>", "<math><mi xlink:href=javascript:wall()>",
		"<meta http-equiv=refresh content='0;url=javascript:wall()'>", "<base href=//evil.example/>", "<link rel=stylesheet href=//evil.example/x.css>", "<style>@import '//evil.example'</style>", "<template><script>wall()</script></template>", "<noscript><p title='</noscript><img src=x onerror=wall()>'>",
		"[x](javascript:wall())", "![x](x\"onerror=\"wall())", "<javascript:wall()>", "{{constructor.constructor('wall()')()}}", "${{ wall() }}", "#{wall()}", "<%= wall() %>", "+ADw-script+AD4-wall()+ADw-/script+AD4-", "&lt;script&gt;wall()&lt;/script&gt;", "&#60;script&#62;wall()",
		"\\u003cscript\\u003ewall()", "%3Cscript%3Ewall()", "＜script＞wall()", "<a href=javascript:wall()>x</a>", "<a href='java&#9;script:wall()'>x</a>", "<iframe srcdoc='<script>wall()</script>'>", "<iframe src=javascript:wall()>", "<object data=data:text/html,<script>wall()</script>>", "<isindex action=javascript:wall()>")
}()

// S7: whatever the texts of entities hold, no answer is a page but the portal's own, which loads nothing of others.
func TestS7EveryAnswerIsHarmless(t *testing.T) {
	var text strings.Builder
	fields := 0
	for i, x := range markup {
		q, _ := json.Marshal(x)
		spec := fmt.Sprintf(`{type: %[1]s, lifecycle: %[1]s, owner: %[1]s, definition: %[1]s, custom: {deep: [%[1]s, {%[1]s: %[1]s}]}}`, q)
		fmt.Fprintf(&text, "---\napiVersion: backstage.io/v1alpha1\nkind: API\nmetadata: {name: m%d, title: %[2]s, description: %[2]s, annotations: {example.com/a: %[2]s}, links: [{url: \"https://example.com/\", title: %[2]s, icon: %[2]s, type: %[2]s}]}\nspec: %[3]s\n", i, q, spec)
		fields += 13
	}
	p := start(t, setup{files: map[string]string{"markup.yaml": text.String()}, config: []string{"catalog: {locations: [{type: file, target: ./catalog.yaml}, {type: file, target: ./markup.yaml}]}"}})
	p.until("the entities are shown", func() bool {
		return p.do("GET", "/api/catalog/entities/by-name/api/default/m7", "", bearer(wideToken)).status == http.StatusOK
	})
	if n := p.value(`SELECT count(*)::text FROM catalog_entities WHERE ref LIKE 'api:default/m%'`); n < "150" {
		t.Errorf("only %s of %d entities are shown: the rest proves nothing", n, len(markup))
	}
	pages, answers := 0, 0
	look := func(method, at string, o ...option) {
		got := p.do(method, at, "", append(o, bearer(wideToken))...)
		answers++
		kind := got.header.Get("Content-Type")
		csp := got.header.Get("Content-Security-Policy")
		if got.header.Get("X-Content-Type-Options") != "nosniff" || csp == "" {
			t.Errorf("%s %s: nosniff %q, policy %q", method, at, got.header.Get("X-Content-Type-Options"), csp)
		}
		switch {
		case strings.HasPrefix(kind, "text/html") && got.status/100 != 3:
			pages++
			for _, need := range []string{"default-src 'none'", "script-src 'self';", "style-src 'self' 'nonce-", "img-src 'self' data:;", "connect-src 'self';", "object-src 'none'", "base-uri 'none'", "form-action 'self'", "frame-ancestors 'none'", "require-trusted-types-for 'script'"} {
				if !strings.Contains(csp, need) {
					t.Errorf("%s: the policy lacks %s: %s", at, need, csp)
				}
			}
			if strings.Contains(csp, "unsafe-") || strings.Contains(csp, "*") {
				t.Errorf("%s: the policy is %s", at, csp)
			}
			if bytes.Contains(got.body, []byte("wall()")) {
				t.Errorf("%s: the page holds the text of an entity", at)
			}
		case strings.HasPrefix(at, "/api/"):
			if !strings.Contains(csp, "default-src 'none'") || !strings.Contains(csp, "sandbox") {
				t.Errorf("%s: the policy is %s", at, csp)
			}
			if kind != "" && !strings.HasPrefix(kind, "application/json") && !strings.HasPrefix(kind, "application/x-ndjson") && !strings.HasPrefix(kind, "text/html") {
				t.Errorf("%s: it is %s", at, kind)
			}
		}
	}
	for _, q := range questions() {
		if q.method == "GET" {
			look("GET", strings.ReplaceAll(strings.ReplaceAll(q.path, "component", "api"), "lighthouse", "m7"))
			look("GET", q.path, with("Accept", "text/html"))
			look("HEAD", q.path)
		}
	}
	for i, x := range markup {
		look("GET", fmt.Sprintf("/api/catalog/entities/by-name/api/default/m%d", i))
		at := "/" + strings.NewReplacer(" ", "%20", "\n", "%0A", "#", "%23", "?", "%3F", "\x7f", "%7F", "%", "%25").Replace(x)
		look("GET", at)
		look("GET", "/api"+at)
		look("GET", "/api/catalog/entities?filter="+strings.TrimPrefix(at, "/"))
	}
	count(t, "S1", "markup: in every field", len(markup))
	count(t, "S7", "payloads", len(markup))
	count(t, "S7", "fields that hold one", fields)
	count(t, "S7", "pages with the policy", pages)
	count(t, "S7", "answers looked at", answers)
	if len(markup) < 200 {
		t.Errorf("only %d payloads", len(markup))
	}
}
