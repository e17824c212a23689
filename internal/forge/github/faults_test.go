package github

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"portico/internal/errs"
	"portico/internal/forge/faulttest"
	"portico/internal/forge/githubtest"
)

const canary = "canary-of-a-token"

// retryIn is how long the error says to wait.
func retryIn(err error) time.Duration {
	var w interface{ RetryIn() time.Duration }
	if errors.As(err, &w) {
		return w.RetryIn()
	}
	return 0
}

// behind is a room whose host goes wrong as h plays it.
func behind(t *testing.T, h *faulttest.Host, token string, timeout time.Duration) *Forge {
	t.Helper()
	c := client("")
	c.Transport = h.Transport(c.Transport)
	f, err := New(Options{BaseURL: h.URL, Organization: "marrowby", Token: token, Client: c, PageSize: 4, Timeout: timeout})
	if err != nil {
		t.Fatal(err)
	}
	return f
}

var kinds = map[faulttest.Kind]errs.Kind{
	faulttest.Later: errs.Unavailable, faulttest.Refused: errs.Forbidden, faulttest.Absent: errs.NotFound,
	faulttest.Nothing: errs.Unavailable, // GraphQL has no answer that is a list
}

// Under each script every question ends, as an error of the right kind, and none as a shorter list.
func TestFaults(t *testing.T) {
	t.Parallel()
	for _, script := range faulttest.Scripts {
		t.Run(script.Name, func(t *testing.T) {
			t.Parallel()
			g, _ := githubtest.Start(t, githubtest.Person{ID: 1, Login: "ann", Organizations: map[string]string{"marrowby": "active"}, Teams: []string{"marrowby/quay"}})
			var ids []string
			for i := range 8 {
				name := fmt.Sprintf("r%d", i)
				g.AddRepository(githubtest.Repository{Owner: "marrowby", Name: name, Files: map[string]string{"README.md": name}})
				ids = append(ids, g.NodeID("marrowby/"+name))
			}
			h := faulttest.Start(t, g)
			timeout := 20 * time.Second
			if script.Deadline {
				timeout = 300 * time.Millisecond
			}
			token := g.Token("repo", "read:org", "read:user")
			check := func(what string, err error, got any) {
				t.Helper()
				if err == nil {
					t.Errorf("%s is no error, but %v", what, got)
					return
				}
				if !errs.Is(err, kinds[script.Kind]) || retryIn(err) != script.RetryIn || errs.Sentence(err) == "" {
					t.Errorf("%s: %s, %q, retry in %s: %v", what, errs.KindOf(err).Name(), errs.Sentence(err), retryIn(err), err)
				}
				if strings.Contains(err.Error()+errs.Sentence(err)+errs.Remedy(err), token) {
					t.Errorf("%s: the error tells the token", what)
				}
			}
			f := behind(t, h, token, timeout)
			first, err := f.Repositories(t.Context(), "")
			if err != nil || len(first.Repositories) != 4 || first.Next == "" {
				t.Fatalf("before: %v, %v", first, err)
			}
			h.Play(script, nil)
			page, err := f.Repositories(t.Context(), "")
			check("the first page", err, page)
			page, err = f.Repositories(t.Context(), first.Next)
			check("the second page", err, page)
			some, gone, err := f.Some(t.Context(), ids)
			check("some", err, fmt.Sprint(some, gone))
			if some != nil || gone != nil {
				t.Errorf("some: %v, and gone: %v", some, gone)
			}
			org, err := f.Organization(t.Context())
			check("people", err, org)
			if n := h.Asked(); n < 4 || n > 16 {
				t.Errorf("%d requests for four questions", n)
			}

			// A fault that comes in the middle of one question makes the whole of it an error.
			h.Stop()
			f = behind(t, h, token, timeout)
			n := 0
			h.Play(script, func(*http.Request) bool { n++; return n > 1 })
			some, gone, err = f.Some(t.Context(), ids)
			check("the second half of some", err, fmt.Sprint(some, gone))
			if some != nil || gone != nil {
				t.Errorf("some: %v, and gone: %v", some, gone)
			}

			h.Stop()
			if page, err = f.Repositories(t.Context(), ""); err != nil || page.Total != 8 {
				t.Errorf("after: %v, %v", page, err)
			}
		})
	}
}

// says is a room whose host answers everything so.
func says(t *testing.T, status int, header http.Header, body string) *Forge {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		for k, v := range header {
			w.Header()[k] = v
		}
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}))
	t.Cleanup(s.Close)
	at := time.Unix(1_800_000_000, 0)
	f, err := New(Options{BaseURL: s.URL, Organization: "marrowby", Client: client(canary), Now: func() time.Time { return at }})
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// GraphQL says with 200 what REST says with a status, and more.
func TestRefusalsOfGraphQL(t *testing.T) {
	t.Parallel()
	problem := func(kind, message string, path ...any) string {
		text, _ := json.Marshal(map[string]any{"type": kind, "message": message, "path": path})
		return string(text)
	}
	with := func(data string, problems ...string) string {
		return `{"data":` + data + `,"errors":[` + strings.Join(problems, ",") + `]}`
	}
	list := func(nodes string) string {
		return `{"repositoryOwner":{"repositories":{"totalCount":1,"pageInfo":{"hasNextPage":false},"nodes":[` + nodes + `]}}}`
	}
	node := func(change string) string {
		return `{"__typename":"Repository","id":"R1","nameWithOwner":"marrowby/quay","owner":{"login":"marrowby"},"visibility":"PUBLIC"` + change + `}`
	}
	reset := http.Header{"X-Ratelimit-Remaining": {"0"}, "X-Ratelimit-Reset": {"1800000090"}}
	tests := []struct {
		name   string
		status int
		header http.Header
		body   string
		want   errs.Kind
		retry  time.Duration
		said   string
	}{
		{"the quota is used up", 200, reset, `{"errors":[` + problem("RATE_LIMITED", "API rate limit exceeded") + `]}`, errs.Unavailable, 90 * time.Second, "limits our requests"},
		{"without a time", 200, nil, `{"errors":[` + problem("RATE_LIMIT", "API rate limit exceeded") + `]}`, errs.Unavailable, time.Minute, ""},
		{"the quota of REST", 403, reset, `{"message":"API rate limit exceeded"}`, errs.Unavailable, 90 * time.Second, ""},
		{"a limit without a time", 403, nil, `{"message":"You have exceeded a secondary rate limit"}`, errs.Unavailable, time.Minute, ""},
		{"a reset far away", 429, http.Header{"Retry-After": {"999999"}}, ``, errs.Unavailable, time.Hour, ""},
		{"a date", 429, http.Header{"Retry-After": {time.Unix(1_800_000_030, 0).UTC().Format(http.TimeFormat)}}, ``, errs.Unavailable, 30 * time.Second, ""},
		{"single sign-on", 200, nil, with(`{"repositoryOwner":null}`, problem("FORBIDDEN", "Resource protected by organization SAML enforcement.", "repositoryOwner")), errs.Forbidden, 0, "SAML"},
		{"an allow list", 403, nil, `{"message":"Although you appear to have the correct authorization credentials, the organization has an IP allow list enabled"}`, errs.Forbidden, 0, "IP allow list"},
		{"too few scopes", 200, nil, `{"errors":[` + problem("INSUFFICIENT_SCOPES", "Your token has not been granted the required scopes") + `]}`, errs.Forbidden, 0, ""},
		{"not allowed", 403, nil, `{"message":"Resource not accessible by integration"}`, errs.Forbidden, 0, "Resource not accessible"},
		{"no account", 200, nil, `{"data":{"repositoryOwner":null}}`, errs.NotFound, 0, ""},
		{"no account, said", 200, nil, with(`{"repositoryOwner":null}`, problem("NOT_FOUND", "Could not resolve", "repositoryOwner")), errs.NotFound, 0, ""},
		{"no list", 200, nil, `{"data":{"repositoryOwner":{"repositories":null}}}`, errs.Unavailable, 0, ""},
		{"no total", 200, nil, `{"data":{"repositoryOwner":{"repositories":{"pageInfo":{},"nodes":[]}}}}`, errs.Unavailable, 0, ""},
		{"an empty list of some", 200, nil, `{"data":{"repositoryOwner":{"repositories":{"totalCount":3,"pageInfo":{},"nodes":[]}}}}`, errs.Unavailable, 0, ""},
		{"an empty page with a next", 200, nil, `{"data":{"repositoryOwner":{"repositories":{"totalCount":0,"pageInfo":{"hasNextPage":true,"endCursor":"x"},"nodes":[]}}}}`, errs.Unavailable, 0, ""},
		{"a page without a cursor", 200, nil, strings.Replace(`{"data":`+list(node(``))+`}`, `"hasNextPage":false`, `"hasNextPage":true`, 1), errs.Unavailable, 0, ""},
		{"nothing", 200, nil, `{}`, errs.Unavailable, 0, ""},
		{"null", 200, nil, `{"data":null}`, errs.Unavailable, 0, ""},
		{"a page of a login form", 200, nil, `<html>`, errs.Unavailable, 0, "cannot be read"},
		{"a repository left out", 200, nil, with(list("null"), problem("FORBIDDEN", "no", "repositoryOwner", "repositories", "nodes", 0)), errs.Forbidden, 0, ""},
		{"left out and not said", 200, nil, `{"data":` + list("null") + `}`, errs.Unavailable, 0, ""},
		{"partial", 200, nil, with(list(node(``)), problem("SERVICE_UNAVAILABLE", "Something went wrong", "repositoryOwner", "repositories", "nodes", 0, "repositoryTopics")), errs.Unavailable, 0, ""},
		{"a head that failed", 200, nil, with(list(node(`,"defaultBranchRef":{"name":"main","target":null}`)), problem("", "timeout of git", "repositoryOwner", "repositories", "nodes", 0, "defaultBranchRef", "target")), errs.Unavailable, 0, ""},
		{"a head that is none", 200, nil, `{"data":` + list(node(`,"defaultBranchRef":{"name":"main","target":{"oid":"--upload-pack=x"}}`)) + `}`, errs.Unavailable, 0, ""},
		{"a name that is none", 200, nil, `{"data":` + list(strings.Replace(node(``), "marrowby/quay", "marrowby/../..", 1)) + `}`, errs.Unavailable, 0, ""},
		{"a name that is a way up", 200, nil, `{"data":` + list(strings.Replace(node(``), "marrowby/quay", "marrowby/..", 1)) + `}`, errs.Unavailable, 0, ""},
		{"an odd visibility", 200, nil, `{"data":` + list(strings.Replace(node(``), "PUBLIC", "SOLD", 1)) + `}`, errs.Unavailable, 0, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			f := says(t, tt.status, tt.header, tt.body)
			page, err := f.Repositories(t.Context(), "")
			if err == nil || !errs.Is(err, tt.want) || retryIn(err) != tt.retry || !strings.Contains(errs.Sentence(err), tt.said) {
				t.Fatalf("%+v, %v (%s, retry in %s)", page, err, errs.KindOf(err).Name(), retryIn(err))
			}
			if strings.Contains(err.Error()+errs.Remedy(err), canary) {
				t.Error("the error tells the token")
			}
			if _, _, err := f.Some(t.Context(), []string{"R1"}); err == nil {
				t.Error("some is no error")
			}
		})
	}
	// The same repository, with nothing wrong.
	page, err := says(t, 200, nil, `{"data":`+list(node(``))+`}`).Repositories(t.Context(), "")
	if err != nil || len(page.Repositories) != 1 || page.Repositories[0].Name != "marrowby/quay" {
		t.Errorf("%v, %v", page, err)
	}
}

// What fails of the files alone costs the files alone: the head is known, and they can be fetched.
func TestFilesThatFail(t *testing.T) {
	t.Parallel()
	oid := strings.Repeat("a", 40)
	node := func(name string) string {
		return `{"__typename":"Repository","id":"` + name + `","nameWithOwner":"marrowby/` + name + `","owner":{"login":"marrowby"},"visibility":"PUBLIC","defaultBranchRef":{"name":"main","target":{"oid":"` + oid + `","tree":{"entries":[]}` + strings.Join(nulls(), "") + `}}}`
	}
	body := func(kind string) string {
		return `{"data":{"repositoryOwner":{"repositories":{"totalCount":2,"pageInfo":{"hasNextPage":false},"nodes":[` + node("quay") + `,` + node("crane") + `]}}},
"errors":[{"type":"` + kind + `","message":"something","path":["repositoryOwner","repositories","nodes",1,"defaultBranchRef","target","f4","object","text"]}]}`
	}
	page, err := says(t, 200, nil, body("")).Repositories(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	quay, crane := page.Repositories[0], page.Repositories[1]
	if quay.Glance == nil || crane.Glance != nil || crane.Head != oid {
		t.Errorf("%+v", page)
	}
	absent := strings.Replace(body("NOT_FOUND"), `,"object","text"]`, `]`, 1)
	if page, err := says(t, 200, nil, absent).Repositories(t.Context(), ""); err != nil || page.Repositories[1].Glance == nil {
		t.Errorf("a file that is not there: %+v, %v", page, err)
	}
	for _, kind := range []string{"FORBIDDEN", "RATE_LIMITED"} {
		if page, err := says(t, 200, nil, body(kind)).Repositories(t.Context(), ""); err == nil {
			t.Errorf("%s: %+v", kind, page)
		}
	}
}

func nulls() (list []string) {
	for i := range len(glanced) + 1 {
		list = append(list, fmt.Sprintf(`,"f%d":null`, i))
	}
	return list
}
