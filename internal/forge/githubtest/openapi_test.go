package githubtest

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
)

var answered = []string{"/user", "/user/emails", "/user/memberships/orgs", "/user/teams"}

var component = regexp.MustCompile(`"#/components/(\w+)/([^"]+)"`)

// published returns what GitHub publishes of the paths, and of what that refers to: the whole document takes seconds to load.
func published(t *testing.T, paths []string) *openapi3.T {
	t.Helper()
	text, err := os.ReadFile(Published(t, "openapi"))
	if err != nil {
		t.Fatal(err)
	}
	var all struct {
		OpenAPI    string                                `json:"openapi"`
		Info       json.RawMessage                       `json:"info"`
		Paths      map[string]json.RawMessage            `json:"paths"`
		Components map[string]map[string]json.RawMessage `json:"components"`
	}
	if err := json.Unmarshal(text, &all); err != nil {
		t.Fatal(err)
	}
	kept := map[string]map[string]json.RawMessage{}
	var follow func(text []byte)
	follow = func(text []byte) {
		for _, m := range component.FindAllStringSubmatch(string(text), -1) {
			if kept[m[1]] == nil {
				kept[m[1]] = map[string]json.RawMessage{}
			}
			if _, seen := kept[m[1]][m[2]]; !seen {
				kept[m[1]][m[2]] = all.Components[m[1]][m[2]]
				follow(all.Components[m[1]][m[2]])
			}
		}
	}
	some := map[string]json.RawMessage{}
	for _, p := range paths {
		if all.Paths[p] == nil {
			t.Fatalf("GitHub publishes no %s", p)
		}
		some[p] = all.Paths[p]
		follow(all.Paths[p])
	}
	text, err = json.Marshal(map[string]any{"openapi": all.OpenAPI, "info": all.Info, "paths": some, "components": kept})
	if err != nil {
		t.Fatal(err)
	}
	doc, err := openapi3.NewLoader().LoadFromData(text)
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

// conforms says what of a request and its answer is not as GitHub documents it.
func conforms(doc *openapi3.T, path string, query url.Values, status int, kind string, body []byte) error {
	op := doc.Paths.Value(path).Get
	for name := range query {
		if op.Parameters.GetByInAndName(openapi3.ParameterInQuery, name) == nil {
			return fmt.Errorf("there is no parameter %s", name)
		}
	}
	resp := op.Responses.Status(status)
	if resp == nil {
		return fmt.Errorf("it never answers %d", status)
	}
	as := resp.Value.Content.Get(kind)
	if as == nil {
		return fmt.Errorf("it does not answer with %q", kind)
	}
	var v any
	if err := json.Unmarshal(body, &v); err != nil {
		return err
	}
	return as.Schema.Value.VisitJSON(v, openapi3.MultiErrors(), openapi3.EnableFormatValidation())
}

func TestAnswersAreGitHubs(t *testing.T) {
	t.Parallel()
	doc := published(t, answered)
	ann := Person{
		ID: 1001, Login: "ann", Name: "Ann", Emails: []Email{{"ann@marrowby.example", true, true}, {"ann@home.example", false, false}},
		Organizations: map[string]string{}, Teams: []string{"marrowby/quay"},
	}
	for i := range 130 {
		ann.Organizations[fmt.Sprintf("org-%03d", i)] = []string{"active", "pending"}[i%2]
	}
	g, base := Start(t, ann, Person{ID: 1002, Login: "bob"})
	app := App{"id", "secret", "http://localhost/back"}
	g.Register(app)
	token := func(login string, scopes string) string {
		q := url.Values{"client_id": {app.ClientID}, "redirect_uri": {app.CallbackURL}, "scope": {scopes}}
		code := g.Authorize(&url.URL{RawQuery: q.Encode()}, login)
		resp, err := http.PostForm(base+"/login/oauth/access_token", url.Values{"client_id": {"id"}, "client_secret": {"secret"}, "code": {code}})
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		body, _ := io.ReadAll(resp.Body)
		said, err := url.ParseQuery(string(body))
		if err != nil || said.Get("access_token") == "" {
			t.Fatalf("%s, %v", body, err)
		}
		return said.Get("access_token")
	}
	all := "read:user user:email read:org"
	tests := []struct {
		name, token, path, query string
		status, items            int
	}{
		{"a person", token("ann", all), "/user", "", 200, -1},
		{"a person without a name", token("bob", all), "/user", "", 200, -1},
		{"addresses", token("ann", all), "/user/emails", "per_page=100&page=1", 200, 2},
		{"no address", token("bob", all), "/user/emails", "", 200, 0},
		{"organisations", token("ann", all), "/user/memberships/orgs", "per_page=100", 200, 100},
		{"more of them", token("ann", all), "/user/memberships/orgs", "per_page=100&page=2", 200, 30},
		{"past the end", token("ann", all), "/user/memberships/orgs", "per_page=100&page=3", 200, 0},
		{"active ones", token("ann", all), "/user/memberships/orgs", "state=active&per_page=100", 200, 65},
		{"teams", token("ann", all), "/user/teams", "page=1", 200, 1},
		{"nobody", "none", "/user", "", 401, -1},
		{"addresses without the scope", token("ann", "read:user"), "/user/emails", "", 403, -1},
		{"organisations without the scope", token("ann", "read:user"), "/user/memberships/orgs", "", 403, -1},
		{"teams without the scope", token("ann", "read:user"), "/user/teams", "", 403, -1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, base+"/api/v3"+tt.path+"?"+tt.query, nil)
			if err != nil {
				t.Fatal(err)
			}
			r.Header.Set("Authorization", "Bearer "+tt.token)
			resp, err := http.DefaultClient.Do(r)
			if err != nil {
				t.Fatal(err)
			}
			defer resp.Body.Close()
			body, err := io.ReadAll(resp.Body)
			if err != nil {
				t.Fatal(err)
			}
			kind, _, _ := strings.Cut(resp.Header.Get("Content-Type"), ";")
			if resp.StatusCode != tt.status {
				t.Errorf("status %d, want %d: %s", resp.StatusCode, tt.status, body)
			}
			if err := conforms(doc, tt.path, r.URL.Query(), resp.StatusCode, kind, body); err != nil {
				t.Errorf("not as GitHub documents it: %v", err)
			}
			var items []any
			if tt.items >= 0 && (json.Unmarshal(body, &items) != nil || len(items) != tt.items) {
				t.Errorf("%d items, want %d", len(items), tt.items)
			}
			if next := strings.Contains(resp.Header.Get("Link"), `rel="next"`); next != (tt.items == 100) {
				t.Errorf("Link: %s", resp.Header.Get("Link"))
			}
		})
	}
}

// The document is not one that lets everything pass.
func TestConformsBites(t *testing.T) {
	t.Parallel()
	doc := published(t, answered)
	good, _ := json.Marshal(privateUser("http://x.example", &Person{ID: 1, Login: "ann"}))
	for name, tt := range map[string]struct {
		query url.Values
		code  int
		kind  string
		body  string
	}{
		"an unknown parameter": {url.Values{"sort": {"name"}}, 200, "application/json", string(good)},
		"an unknown status":    {nil, 418, "application/json", string(good)},
		"another kind":         {nil, 200, "text/html", string(good)},
		"a text as the id":     {nil, 200, "application/json", strings.Replace(string(good), `"id":1`, `"id":"1"`, 1)},
		"no login":             {nil, 200, "application/json", strings.Replace(string(good), `"login"`, `"logout"`, 1)},
		"null for a URL":       {nil, 200, "application/json", strings.Replace(string(good), `"gists_url":"`, `"gists_url":null,"x":"`, 1)},
	} {
		if err := conforms(doc, "/user", tt.query, tt.code, tt.kind, []byte(tt.body)); err == nil {
			t.Errorf("%s passes", name)
		}
	}
	if err := conforms(doc, "/user", nil, 200, "application/json", good); err != nil {
		t.Error(err)
	}
}
