package app

import (
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"portico/internal/config"
	"portico/internal/testenv"
)

// The policy lets no text become markup or script but through the one policy that trust.js makes, and before anything
// that draws.
func TestPagesNeedTrustedTypes(t *testing.T) {
	w := httptest.NewRecorder()
	newUI(fstest.MapFS{"index.html": {Data: []byte("<!doctype html>")}}, nil, nil).ServeHTTP(w, httptest.NewRequest("GET", "/catalog", nil))
	policy := w.Header().Get("Content-Security-Policy")
	for _, want := range []string{"require-trusted-types-for 'script'", "trusted-types default"} {
		if !strings.Contains(policy, want) {
			t.Errorf("the policy lacks %s: %s", want, policy)
		}
	}
	page, err := os.ReadFile(filepath.Join(testenv.Repo(t), "web", "index.html"))
	if err != nil {
		t.Fatal(err)
	}
	if first := strings.Index(string(page), "<script "); !strings.HasPrefix(string(page)[first:], `<script src="/trust.js">`) {
		t.Error("trust.js is not the first script of the page")
	}
}

// A worker lives by the policy of its own script, and no browser starts one in a sandbox. Every other file stays in one, and
// none may load anything.
func TestOnlyWorkersAreOutOfTheSandbox(t *testing.T) {
	files := fstest.MapFS{
		"index.html":                {Data: []byte("<!doctype html>")},
		"assets/reader-worker-a.js": {},
		"assets/worker-a.svg":       {},
		"assets/index-a.js":         {},
	}
	for name, want := range map[string]string{
		"/assets/reader-worker-a.js": "default-src 'none'",
		"/assets/worker-a.svg":       "default-src 'none'; sandbox",
		"/assets/index-a.js":         "default-src 'none'; sandbox",
	} {
		w := httptest.NewRecorder()
		newUI(files, nil, nil).ServeHTTP(w, httptest.NewRequest("GET", name, nil))
		if got := w.Header().Get("Content-Security-Policy"); w.Code != 200 || got != want {
			t.Errorf("%s: %d with %q, want %q", name, w.Code, got, want)
		}
	}
}

// A page may ask the servers that the operator listed beside the portal, and no others.
func TestPagesAskOnlyWhatIsListed(t *testing.T) {
	for _, tt := range []struct {
		servers []config.TryItServer
		want    string
	}{
		{nil, "; connect-src 'self';"},
		{[]config.TryItServer{{Origin: "https://a.example"}, {Origin: "http://127.0.0.1:8080", APIs: []string{"api:default/x"}}, {Origin: "https://a.example", APIs: []string{"api:default/y"}}}, "; connect-src 'self' https://a.example http://127.0.0.1:8080;"},
	} {
		w := httptest.NewRecorder()
		newUI(fstest.MapFS{"index.html": {Data: []byte("<!doctype html>")}}, nil, tryItOrigins(tt.servers)).ServeHTTP(w, httptest.NewRequest("GET", "/catalog", nil))
		if policy := w.Header().Get("Content-Security-Policy"); !strings.Contains(policy, tt.want) {
			t.Errorf("the policy lacks %q: %s", tt.want, policy)
		}
	}
}
