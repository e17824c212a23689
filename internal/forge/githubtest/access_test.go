package githubtest

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
)

// ask makes a request and returns what is said, with its status and headers.
func ask(t *testing.T, method, address, token, body string) (int, http.Header, []byte) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, address, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+token)
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	said, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, resp.Header, said
}

func appToken(t *testing.T, a GitHubApp, from, to time.Time) string {
	t.Helper()
	block, _ := pem.Decode(a.PrivateKey)
	key, err := x509.ParsePKCS1PrivateKey(block.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	return signedBy(t, key, a.ID, from, to)
}

func signedBy(t *testing.T, key *rsa.PrivateKey, id int64, from, to time.Time) string {
	t.Helper()
	s, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.RS256, Key: key}, nil)
	if err != nil {
		t.Fatal(err)
	}
	text, err := jwt.Signed(s).Claims(jwt.Claims{Issuer: strconv.FormatInt(id, 10), IssuedAt: jwt.NewNumericDate(from), Expiry: jwt.NewNumericDate(to)}).Serialize()
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func TestAppAnswersAreGitHubs(t *testing.T) {
	t.Parallel()
	paths := []string{"/app/installations", "/orgs/{org}/installation", "/users/{username}/installation", "/app/installations/{installation_id}/access_tokens", "/rate_limit"}
	doc := published(t, paths)
	g, base := Start(t, Person{ID: 7, Login: "ann"})
	a := g.RegisterApp("marrowby", "ann")
	at := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	g.Clock(func() time.Time { return at })
	good := appToken(t, a, at.Add(-time.Minute), at.Add(9*time.Minute))
	other, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	var list []struct{ ID int64 }
	_, _, said := ask(t, "GET", base+"/api/v3/app/installations", good, "")
	if err := json.Unmarshal(said, &list); err != nil || len(list) != 2 {
		t.Fatalf("%s, %v", said, err)
	}
	tokens := fmt.Sprintf("/app/installations/%d/access_tokens", list[0].ID)
	pat := g.Token("repo")
	for _, tt := range []struct {
		name, method, path, asked, token string
		status                           int
	}{
		{"installations", "GET", paths[0], "/app/installations?per_page=100&page=1", good, 200},
		{"an organisation's", "GET", paths[1], "/orgs/Marrowby/installation", good, 200},
		{"a person's", "GET", paths[2], "/users/ann/installation", good, 200},
		{"a token", "POST", paths[3], tokens, good, 201},
		{"quotas", "GET", paths[4], "/rate_limit", pat, 200},
		{"no installation", "GET", paths[1], "/orgs/elsewhere/installation", good, 404},
		{"a person is no organisation", "GET", paths[1], "/orgs/ann/installation", good, 404},
		{"no such number", "POST", paths[3], "/app/installations/1/access_tokens", good, 404},
		{"another key", "POST", paths[3], tokens, signedBy(t, other, a.ID, at, at.Add(time.Minute)), 401},
		{"another id", "POST", paths[3], tokens, signedBy(t, other, 1, at, at.Add(time.Minute)), 401},
		{"over", "POST", paths[3], tokens, appToken(t, a, at.Add(-time.Hour), at), 401},
		{"too long", "POST", paths[3], tokens, appToken(t, a, at, at.Add(11*time.Minute)), 401},
		{"of tomorrow", "POST", paths[3], tokens, appToken(t, a, at.Add(time.Minute), at.Add(2*time.Minute)), 401},
		{"a person's token", "POST", paths[3], tokens, pat, 401},
	} {
		status, h, said := ask(t, tt.method, base+"/api/v3"+tt.asked, tt.token, "")
		if status != tt.status {
			t.Errorf("%s: %d, want %d: %s", tt.name, status, tt.status, said)
		}
		op := doc.Paths.Value(tt.path).GetOperation(tt.method)
		resp := op.Responses.Status(status)
		if resp == nil || resp.Value.Content == nil {
			if status < 400 {
				t.Errorf("%s: %s never answers %d", tt.name, tt.path, status)
			}
			continue // GitHub documents no refusal of JWTs
		}
		kind, _, _ := strings.Cut(h.Get("Content-Type"), ";")
		var v any
		if err := json.Unmarshal(said, &v); err != nil {
			t.Fatal(err)
		}
		if err := resp.Value.Content.Get(kind).Schema.Value.VisitJSON(v, openapi3.MultiErrors()); err != nil {
			t.Errorf("%s is not as GitHub documents it: %v", tt.name, err)
		}
	}
}

const heads = `{"query":"query ($login: String!, $first: Int!) { repositoryOwner(login: $login) { repositories(first: $first) { totalCount nodes { name defaultBranchRef { target { oid } } } } } }","variables":{"login":"marrowby","first":%d}}`

func TestQuota(t *testing.T) {
	t.Parallel()
	g, base := Start(t)
	at := time.Date(2026, 1, 2, 3, 0, 0, 0, time.UTC)
	g.Clock(func() time.Time { return at })
	g.Quota(5)
	g.AddRepository(Repository{Owner: "marrowby", Name: "quay"})
	token, other := g.Token("repo"), g.Token("repo")
	query := func(token string, first int) (http.Header, string) {
		t.Helper()
		status, h, said := ask(t, "POST", base+"/api/graphql", token, fmt.Sprintf(heads, first))
		if status != 200 {
			t.Errorf("%d: %s", status, said)
		}
		return h, string(said)
	}
	for i, want := range []string{"3", "1", "0", "0"} {
		h, said := query(token, 100) // two points
		if h.Get("X-RateLimit-Remaining") != want || h.Get("X-RateLimit-Limit") != "5" || h.Get("X-RateLimit-Resource") != "graphql" || h.Get("X-RateLimit-Reset") != strconv.FormatInt(at.Add(time.Hour).Unix(), 10) {
			t.Errorf("%d: %v", i, h)
		}
		if refused := strings.Contains(said, "RATE_LIMITED"); refused != (i >= 2) || refused == strings.Contains(said, `"data"`) {
			t.Errorf("%d: %s", i, said)
		}
	}
	if h, said := query(other, 10); h.Get("X-RateLimit-Remaining") != "4" || !strings.Contains(said, `"totalCount":1`) {
		t.Errorf("another token: %s", said)
	}
	at = at.Add(time.Hour)
	if h, said := query(token, 10); h.Get("X-RateLimit-Remaining") != "4" || !strings.Contains(said, `"totalCount":1`) {
		t.Errorf("after an hour: %s", said)
	}
	if n := g.Counts(); n != (Counts{GraphQL: 6}) {
		t.Errorf("%+v", n)
	}
}

// What may be seen is by the token, and what is no query of the schema is refused.
func TestQueries(t *testing.T) {
	t.Parallel()
	g, base := Start(t)
	g.AddRepository(Repository{Owner: "marrowby", Name: "quay"})
	g.AddRepository(Repository{Owner: "marrowby", Name: "pier", Visibility: "public"})
	for name, tt := range map[string]struct{ token, query, want string }{
		"all":            {g.Token("repo"), fmt.Sprintf(heads, 10), `"totalCount":2`},
		"public ones":    {g.Token(), fmt.Sprintf(heads, 10), `"totalCount":1`},
		"nobody's":       {"none", fmt.Sprintf(heads, 10), `Bad credentials`},
		"without a size": {g.Token("repo"), strings.NewReplacer("Int!", "Int", `"first":0`, `"first":null`).Replace(fmt.Sprintf(heads, 0)), `You must provide a`},
		"too many":       {g.Token("repo"), fmt.Sprintf(heads, 101), `You must provide a`},
		"no such field":  {g.Token("repo"), strings.Replace(fmt.Sprintf(heads, 10), "totalCount", "totalMoons", 1), `totalMoons`},
		"no query":       {g.Token("repo"), `{"query":"query {"}`, `"errors"`},
	} {
		if _, _, said := ask(t, "POST", base+"/api/graphql", tt.token, tt.query); !strings.Contains(string(said), tt.want) {
			t.Errorf("%s: %s", name, said)
		}
	}
}

// Git fetches the very commits that the API tells of.
func TestGitFetches(t *testing.T) {
	t.Parallel()
	g, base := Start(t)
	g.AddRepository(Repository{
		Owner: "marrowby", Name: "quay", Branch: "trunk", Files: map[string]string{"README.md": "# Quay\n", "a/b/c.txt": "c", "a.txt": "a", "a b\"c.txt": "odd", "empty": ""},
		Links: map[string]string{"link": "README.md"},
	})
	token := g.Token("repo")
	git := func(args ...string) (string, error) {
		cmd := exec.Command("git", args...)
		cmd.Env = append(bareEnv(), "GIT_TERMINAL_PROMPT=0")
		out, err := cmd.CombinedOutput()
		return strings.TrimSpace(string(out)), err
	}
	dir := filepath.Join(t.TempDir(), "quay")
	if out, err := git("clone", "--quiet", base+"/marrowby/quay.git", dir); err == nil {
		t.Errorf("a private repository is anybody's: %s", out)
	}
	header := "http.extraHeader=Authorization: " + Basic(token)
	if out, err := git("-c", header, "clone", "--quiet", "--depth=1", base+"/marrowby/quay.git", dir); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	if head, _ := git("-C", dir, "rev-parse", "HEAD"); head != g.Head("marrowby/quay") {
		t.Errorf("the head is %s, and %s to the API", head, g.Head("marrowby/quay"))
	}
	if text, err := os.ReadFile(filepath.Join(dir, "link")); err != nil || string(text) != "# Quay\n" {
		t.Errorf("through the link: %q, %v", text, err)
	}
	next := g.Push("marrowby/quay", map[string][]byte{"a/b/c.txt": []byte("d"), "empty": nil})
	g.PushTo("marrowby/quay", "side", map[string][]byte{"x": []byte("y")})
	if out, err := git("-C", dir, "-c", header, "fetch", "--quiet", "origin", "trunk"); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	if head, _ := git("-C", dir, "rev-parse", "FETCH_HEAD"); head != next {
		t.Errorf("after a push the head is %s, and %s to the API", head, next)
	}
	g.Rename("marrowby/quay", "pier")
	if out, err := git("-c", header, "ls-remote", base+"/marrowby/quay.git"); err != nil || !strings.Contains(out, next+"\trefs/heads/trunk") || strings.Contains(out, "standin") {
		t.Errorf("by the old name: %s, %v", out, err)
	}
	if out, err := git("-c", header, "ls-remote", base+"/marrowby/none.git"); err == nil {
		t.Errorf("no repository: %s", out)
	}
	if g.Counts().Git < 6 || g.Counts().GraphQL+g.Counts().REST != 0 {
		t.Errorf("%+v", g.Counts())
	}
}

// Payloads have no part that GitHub's have not, and none of another type.
func TestPayloadsAreGitHubs(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(Published(t, "webhooks"))
	if err != nil {
		t.Fatal(err)
	}
	var all []struct {
		Name     string
		Examples []map[string]any
	}
	if err := json.Unmarshal(text, &all); err != nil {
		t.Fatal(err)
	}
	// What an event's examples have, joined. Fields of today that the examples, of some years ago, have not: they are REST's.
	shape := map[string]map[string]any{}
	for _, e := range all {
		shape[e.Name] = map[string]any{}
		for _, x := range e.Examples {
			join(shape[e.Name], x)
		}
	}
	g, base := Start(t, Person{ID: 1, Login: "ann"})
	_ = base
	g.Hook(sink(t), "secret")
	g.AddRepository(Repository{Owner: "marrowby", Name: "quay", Topics: []string{"a"}, Files: map[string]string{"a": "b"}})
	g.Push("marrowby/quay", map[string][]byte{"a": []byte("c")})
	g.Rename("marrowby/quay", "pier")
	g.Transfer("marrowby/pier", "ann")
	g.Transfer("ann/pier", "marrowby")
	sent := g.Deliveries()
	if len(sent) != 5 {
		t.Fatalf("%d deliveries", len(sent))
	}
	for _, d := range sent {
		var v map[string]any
		if err := json.Unmarshal(d.Body, &v); err != nil {
			t.Fatal(err)
		}
		for _, fault := range strange("", v, shape[d.Event]) {
			t.Errorf("%s: %s", d.Event, fault)
		}
	}
	g.Redeliver(sent[0])
	if again := g.Deliveries(); len(again) != 6 || again[5].ID != sent[0].ID || again[5].Status != 200 {
		t.Errorf("delivered again: %d", len(again))
	}
}

func sink(t *testing.T) string {
	s := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	t.Cleanup(s.Close)
	return s.URL
}

func join(into, from map[string]any) {
	for k, v := range from {
		a, isMap := v.(map[string]any)
		b, wasMap := into[k].(map[string]any)
		switch {
		case isMap && wasMap:
			join(b, a)
		case isMap:
			c := map[string]any{}
			join(c, a)
			into[k] = c
		case into[k] == nil:
			into[k] = v
		}
	}
}

// newer are parts that the examples, which are some years old, have not.
var newer = []string{"user_view_type", "organization"}

func strange(at string, v, shape map[string]any) (faults []string) {
	for k, x := range v {
		s, known := shape[k]
		a, isMap := x.(map[string]any)
		b, wasMap := s.(map[string]any)
		switch {
		case !known && slices.Contains(newer, k):
		case !known:
			faults = append(faults, fmt.Sprintf("there is no %s.%s", at, k))
		case isMap && wasMap:
			faults = append(faults, strange(at+"."+k, a, b)...)
		case x != nil && s != nil && fmt.Sprintf("%T", x) != fmt.Sprintf("%T", s) && !strings.HasSuffix(k, "_at"):
			faults = append(faults, fmt.Sprintf("%s.%s is %T, and %T at GitHub", at, k, x, s))
		}
	}
	return faults
}
