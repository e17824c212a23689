package gitea

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"portico/internal/errs"
)

// A host that is no Gitea, or not one's own: what a real one never answers.
func TestHostileAnswers(t *testing.T) {
	one := func(r string) string { return `[` + r + `]` }
	const owner = `"owner":{"login":"quay"}`
	tests := []struct {
		name   string
		answer func(w http.ResponseWriter)
		want   errs.Kind
		says   string
	}{
		{"a page of HTML", text("text/html", "<html>Sign in"), errs.Unavailable, "no JSON"},
		{"HTML that calls itself JSON", text("application/json", "<html>"), errs.Unavailable, "cannot be read"},
		{"cut short", text("application/json", `[{"id":1,"na`), errs.Unavailable, "cannot be read"},
		{"fewer bytes than said", func(w http.ResponseWriter) {
			w.Header().Set("Content-Type", "application/json")
			w.Header().Set("Content-Length", "100")
			_, _ = w.Write([]byte("[]"))
		}, errs.Unavailable, "does not answer"},
		{"null for a list", text("application/json", "null"), errs.Unavailable, "no list"},
		{"an object for a list", text("application/json", "{}"), errs.Unavailable, "cannot be read"},
		{"more than the limit", text("application/json", `["`+strings.Repeat("x", 10<<20)+`"]`), errs.Unavailable, "the limit"},
		{"a name up the tree", text("application/json", one(`{"id":1,"name":"..",`+owner+`}`)), errs.Unavailable, "can be none"},
		{"a name with a slash", text("application/json", one(`{"id":1,"name":"a/b",`+owner+`}`)), errs.Unavailable, "can be none"},
		{"a name with control characters", text("application/json", one(`{"id":1,"name":"a\u0000\u001b[31mb",`+owner+`}`)), errs.Unavailable, "can be none"},
		{"no name", text("application/json", one(`{"id":1,`+owner+`}`)), errs.Unavailable, "can be none"},
		{"no id", text("application/json", one(`{"name":"a",`+owner+`}`)), errs.Unavailable, "can be none"},
		{"elsewhere", func(w http.ResponseWriter) {
			w.Header().Set("Location", "http://169.254.169.254/")
			w.WriteHeader(http.StatusFound)
		}, errs.Unavailable, "somewhere else"},
		{"broken", func(w http.ResponseWriter) { w.WriteHeader(http.StatusBadGateway) }, errs.Unavailable, "answered 502"},
		{"limited", func(w http.ResponseWriter) {
			w.Header().Set("Retry-After", "120")
			w.WriteHeader(http.StatusTooManyRequests)
		}, errs.Unavailable, "limits our requests"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { tt.answer(w) }))
			t.Cleanup(server.Close)
			f, _ := room(t, server.URL, "quay", "a-token-of-tests")
			page, err := f.Repositories(t.Context(), "")
			if page != nil || !errs.Is(err, tt.want) || !strings.Contains(errs.Sentence(err), tt.says) {
				t.Fatalf("%+v, %v (%s)", page, err, errs.KindOf(err).Name())
			}
			if strings.ContainsAny(err.Error(), "\x00\x1b") || strings.Contains(err.Error(), "a-token-of-tests") {
				t.Errorf("the error has what it must not: %q", err)
			}
			if wait := retryIn(err); tt.name == "limited" && wait != 2*time.Minute {
				t.Errorf("it is to be tried again in %v", wait)
			}
		})
	}
}

func text(kind, body string) func(http.ResponseWriter) {
	return func(w http.ResponseWriter) {
		w.Header().Set("Content-Type", kind)
		_, _ = w.Write([]byte(body))
	}
}

func retryIn(err error) time.Duration {
	for err != nil {
		if w, ok := err.(interface{ RetryIn() time.Duration }); ok {
			return w.RetryIn()
		}
		switch u := err.(type) {
		case interface{ Unwrap() error }:
			err = u.Unwrap()
		default:
			return 0
		}
	}
	return 0
}

// A list that claims to go on for ever ends, and one whose total falls and rises does.
func TestListsEnd(t *testing.T) {
	asked := 0
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked++
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("X-Total-Count", fmt.Sprint(1000-500*(asked%2)))
		w.Header().Set("Link", `<http://169.254.169.254/x>; rel="next"`)
		fmt.Fprintf(w, `[{"id":1,"name":"a","owner":{"login":"quay"}}]`)
	}))
	t.Cleanup(server.Close)
	f, _ := room(t, server.URL, "quay", "")
	cursor := ""
	for range maxPages + 2 {
		page, err := f.Repositories(t.Context(), cursor)
		if err != nil {
			if !errs.Is(err, errs.Unavailable) || !strings.Contains(err.Error(), "does not end") {
				t.Fatal(err)
			}
			return
		}
		cursor = page.Next
	}
	t.Fatal("a list without an end was read for ever")
}

// An organisation has a team of its owners at least.
func TestNoTeamsIsNoAnswer(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { text("application/json", "[]")(w) }))
	t.Cleanup(server.Close)
	f, _ := room(t, server.URL, "quay", "")
	if org, err := f.Organization(t.Context()); org != nil || !errs.Is(err, errs.Unavailable) {
		t.Errorf("%+v, %v", org, err)
	}
}

// Members name branches, write descriptions and topics: an odd one spoils no other repository.
func TestHostileTexts(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		text("application/json", `[{"id":1,"name":"a","owner":{"login":"quay"},"default_branch":"--upload-pack=x","description":"a\u0000b\u001b[31m","topics":["\u0007","ok"],
			"clone_url":"file:///etc/passwd","html_url":"javascript:alert(1)","language":"`+strings.Repeat("x", 5000)+`"}]`)(w)
	}))
	t.Cleanup(server.Close)
	f, _ := room(t, server.URL, "quay", "")
	page, err := f.Repositories(t.Context(), "")
	if err != nil || len(page.Repositories) != 1 {
		t.Fatalf("%+v: %v", page, err)
	}
	r := page.Repositories[0]
	if r.DefaultBranch != "" || r.Description != "ab[31m" || len(r.Topics) != 1 || r.Topics[0] != "ok" || len(r.Languages[0].Name) > 100 ||
		r.URL != server.URL+"/quay/a" || r.CloneURL != server.URL+"/quay/a.git" {
		t.Errorf("%+v", r)
	}
}

func TestNewRefuses(t *testing.T) {
	good := Options{BaseURL: "https://git.example.com/forge/", Owner: "quay", Client: http.DefaultClient}
	if _, err := New(good); err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name string
		edit func(*Options)
	}{
		{"no address", func(o *Options) { o.BaseURL = "" }},
		{"another scheme", func(o *Options) { o.BaseURL = "file:///etc" }},
		{"an address with credentials", func(o *Options) { o.BaseURL = "https://me:pass@git.example.com" }},
		{"an address of the API with a query", func(o *Options) { o.APIBaseURL = "https://git.example.com/api?x=" }},
		{"no owner", func(o *Options) { o.Owner = "" }},
		{"an owner up the tree", func(o *Options) { o.Owner = ".." }},
		{"an owner that is a path", func(o *Options) { o.Owner = "quay/x" }},
		{"no client", func(o *Options) { o.Client = nil }},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			o := good
			tt.edit(&o)
			if f, err := New(o); f != nil || !errs.Is(err, errs.Invalid) {
				t.Errorf("%+v, %v", f, err)
			}
		})
	}
}

func TestCursors(t *testing.T) {
	f, asked := room(t, "https://git.example.com", "quay", "")
	for _, cursor := range []string{"x", "1", "1.2", "0.1.1", "-1.1.1", "1.1.1.1", "99999999999.1.1", "1.-2.0"} {
		if page, err := f.Repositories(t.Context(), cursor); page != nil || !errs.Is(err, errs.Invalid) {
			t.Errorf("%q: %+v, %v", cursor, page, err)
		}
	}
	if asked.asked.Load() != 0 {
		t.Error("a cursor that is none was asked for")
	}
}
