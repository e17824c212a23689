package entity

import "testing"

func TestSafeURL(t *testing.T) {
	safe := []string{"https://example.com", "http://example.com:8080/a?b=c#d", "HTTPS://example.com", "mailto:jane@example.com", "slack://channel?id=1", "tel:+49", "https://münchen.de/ä",
		"https://example.com/a:b", "ssh://git@example.com/x", "https://user@example.com/"}
	unsafe := []string{"", "x", "/a", "//evil.example", "///evil", "javascript:alert(1)", "JaVaScRiPt:alert(1)", "java\tscript:alert(1)", "java\nscript:alert(1)", " javascript:alert(1)", "\x00javascript:alert(1)",
		"\x01javascript:alert(1)", "&#106;avascript:alert(1)", "javascript&colon;alert(1)", "%6Aavascript:alert(1)", "data:text/html,<script>", "DATA:text/html;base64,x", "vbscript:x", "blob:https://a/b", "file:///etc/passwd",
		"about:blank", "view-source:javascript:x", "feed:javascript:x", "https://example.com/\u202Egnp.exe", "https://example.com/\u200B", "https://example.com/\x7f", "https://a b", "http:evil", `https:\\evil.example`, `https://a\@b`,
		"https://", "https://[", "https://\uFFFD", "\uFEFFhttps://example.com", ":", "a:"}
	for _, s := range safe {
		if !SafeURL(s) {
			t.Errorf("SafeURL(%q) = false", s)
		}
	}
	for _, s := range unsafe {
		if SafeURL(s) {
			t.Errorf("SafeURL(%q) = true", s)
		}
	}
}

func TestUnsafeAnnotations(t *testing.T) {
	tests := []struct {
		key, value string
		want       bool
	}{
		{AnnotationViewURL, "https://example.com/x", false},
		{AnnotationViewURL, "javascript:alert(1)", true},
		{AnnotationViewURL, "//evil", true},
		{AnnotationEditURL, "", false},
		{AnnotationSourceLocation, "url:https://example.com/x/", false},
		{AnnotationSourceLocation, "url:javascript:alert(1)", true},
		{AnnotationSourceLocation, "url: java\tscript:alert(1)", true},
		{AnnotationSourceLocation, "javascript:alert(1)", true},
		{AnnotationSourceLocation, "file:/srv/x/", false},
		{AnnotationTechDocsRef, "dir:.", false},
		{AnnotationTechDocsRef, "dir:./docs", false},
		{AnnotationTechDocsRef, "url:./docs", false},
		{AnnotationTechDocsRef, "url:https://github.com/a/b/tree/main", false},
		{AnnotationTechDocsRef, "url://evil", true},
		{"example.com/anything", "javascript:alert(1)", false},
	}
	for _, tt := range tests {
		if got := unsafeAnnotation(tt.key, tt.value); got != tt.want {
			t.Errorf("unsafeAnnotation(%s, %q) = %v", tt.key, tt.value, got)
		}
	}
}

// TestValidURL compares with what the URL parser of browsers and of Node accepts.
func TestValidURL(t *testing.T) {
	valid := []string{"https://example.com", "http://a", "mailto:a@b", "http:a", "http:/a", "https:///a", "file:", "file:///c:/x", "file://c:/x", "file://", "foo://", "foo:", "foo:///x", "http://a:80", "http://a:",
		"http://u:p@h", "http://[::1]:80/", "http://[1:2:3:4:5:6:7:8]", "http://[::1.2.3.4]", "http://[1:2:3:4:5:6:1.2.3.4]", "http://1.2.3.4", "http://0x7f.1", "http://256", "http://4294967295", "http://a..b", "http://1.a", "http://0x",
		"http://a_b", "http://-a", "http://a%41b", "http://ä.de", "http://xn--mnchen-3ya.de", "http://😀", "http://a`b", "http://a{b", "\thttp://a", "h\tttp://a", "http://a\n.b", `http:\\a\b`, "javascript:alert(1)",
		"data:text/html,x", "http://a?x#y", "foo://[::1]", "foo://%zz", "foo://u@h", "foo://a:", "https://example.com:443/ä?x=ö#ü", "http://a。b", "http://１.２.３.４", "http://1.", "http://a.", "https://a:00080", "http://a/%", "git:x"}
	invalid := []string{"http://", "x", "", "   ", "/a", "//a.b", "http", "file://host:80/", "foo://a b", "foo://a:b", "http://a:99999", "http://a:x", "http://:80", "http://@", "http://u@", "http://[::1", "http://[1:2:3:4:5:6:7]",
		"http://[1::2::3]", "http://[:1]", "http://[::01.2.3.4]", "http://[::1.2.3]", "http://[1:2:3:4:5:6:7:1.2.3.4]", "http://[1:]", "http://1.2.3.256", "http://1.2.3.4.5", "http://4294967296", "http://a.1", "http://09", "http://a b",
		"http://a%20b", "http://a%zzb", "http://xn--", "http://xn--a", "http://%", "http://a%00b", "http://a|b", "http://a^b", `http://a"b@`, "http://a<b", "ht!tp://a", "1http://a", `http:\\`, "ws://", "http://?x", "foo://[x]", "foo://a<b",
		"foo://@", "foo://:80", "git@github.com:a/b", "http://\u00ad", "https://{{ x }}/y", "https://a:+80", "file://a b/"}
	for _, s := range valid {
		if !validURL(s) {
			t.Errorf("validURL(%q) = false", s)
		}
	}
	for _, s := range invalid {
		if validURL(s) {
			t.Errorf("validURL(%q) = true", s)
		}
	}
}
