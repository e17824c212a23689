package github

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"portico/internal/errs"
	"portico/internal/forge"
	"portico/internal/forge/githubtest"
)

func signature(secret string, body []byte) string {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write(body)
	return "sha256=" + hex.EncodeToString(mac.Sum(nil))
}

func headers(event, secret string, body []byte) http.Header {
	return http.Header{"X-Github-Event": {event}, "X-Github-Delivery": {"d-1"}, "X-Hub-Signature-256": {signature(secret, body)}, "Content-Type": {"application/json"}}
}

func listener(t *testing.T, org string, secrets ...string) *Forge {
	t.Helper()
	f, err := New(Options{Organization: org, Client: client(""), WebhookSecrets: secrets})
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func TestWebhookIsVerifiedFirst(t *testing.T) {
	t.Parallel()
	body := []byte(`{"zen":"x"}`)
	f := listener(t, "marrowby", "old", "new")
	good := signature("new", body)
	for name, tt := range map[string]struct {
		f         *Forge
		signature []string
		body      string
		ok        bool
	}{
		"the new secret":         {f, []string{good}, string(body), true},
		"the old secret":         {f, []string{signature("old", body)}, string(body), true},
		"another secret":         {f, []string{signature("other", body)}, string(body), false},
		"another body":           {f, []string{good}, string(body) + " ", false},
		"none":                   {f, nil, string(body), false},
		"an empty one":           {f, []string{""}, string(body), false},
		"its name alone":         {f, []string{"sha256="}, string(body), false},
		"half of it":             {f, []string{good[:40]}, string(body), false},
		"SHA-1":                  {f, []string{strings.Replace(good, "sha256=", "sha1=", 1)}, string(body), false},
		"no hex":                 {f, []string{"sha256=" + strings.Repeat("zz", 32)}, string(body), false},
		"two, the wrong first":   {f, []string{signature("other", body), good}, string(body), false},
		"no secret is known":     {listener(t, "marrowby"), []string{signature("", body)}, string(body), false},
		"an empty secret":        {listener(t, "marrowby", ""), []string{signature("", body)}, string(body), false},
		"unsigned and no JSON":   {f, nil, "{", false},
		"signed by the old with": {listener(t, "marrowby", "new"), []string{signature("old", body)}, string(body), false},
	} {
		h := headers("ping", "", nil)
		h["X-Hub-Signature-256"] = tt.signature
		e, err := tt.f.Webhook(h, []byte(tt.body))
		if tt.ok && (err != nil || e.Name != "ping" || e.Delivery != "d-1" || e.What != forge.Ignored) || !tt.ok && (e != nil || !errs.Is(err, errs.Unauthenticated)) {
			t.Errorf("%s: %+v, %v", name, e, err)
		}
		if err != nil && (strings.Contains(err.Error(), good) || strings.Contains(err.Error(), "new")) {
			t.Errorf("%s: the error tells too much: %v", name, err)
		}
	}
	for name, text := range map[string]string{"no JSON": "{", "a list": "[]", "another type": `{"ref":1}`, "null for all": `null`} {
		e, err := f.Webhook(headers("push", "new", []byte(text)), []byte(text))
		if name == "null for all" {
			if err != nil || e.What != forge.Ignored {
				t.Errorf("%s: %+v, %v", name, e, err)
			}
		} else if e != nil || !errs.Is(err, errs.Invalid) {
			t.Errorf("%s: %+v, %v", name, e, err)
		}
	}
	h := headers("", "new", body)
	if _, err := f.Webhook(h, body); !errs.Is(err, errs.Invalid) {
		t.Errorf("no event: %v", err)
	}
	form := []byte(url.Values{"payload": {`{"ref":"refs/heads/main","after":"c0","repository":{"node_id":"R1","full_name":"marrowby/quay","owner":{"login":"marrowby"}}}`}}.Encode())
	h = headers("push", "new", form)
	h.Set("Content-Type", "application/x-www-form-urlencoded")
	if e, err := f.Webhook(h, form); err != nil || e.What != forge.Pushed || e.Branch != "main" {
		t.Errorf("a form: %+v, %v", e, err)
	}
}

type published []struct {
	Name     string
	Examples []json.RawMessage
}

// Every published example is understood, by whatever account.
func TestPublishedWebhooks(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(githubtest.Published(t, "webhooks"))
	if err != nil {
		t.Fatal(err)
	}
	var all published
	if err := json.Unmarshal(text, &all); err != nil {
		t.Fatal(err)
	}
	word := map[forge.What]string{forge.Ignored: "ignored", forge.Pushed: "pushed", forge.RepositoryChanged: "changed", forge.RepositoryGone: "gone", forge.TeamsChanged: "teams"}
	ours := map[string]*Forge{}
	for _, org := range []string{"Octocoders", "Codertocat", "octocat"} {
		ours[org] = listener(t, org, "secret")
	}
	n, got := 0, map[string]int{}
	for _, event := range all {
		for _, body := range event.Examples {
			n++
			for org, f := range ours {
				e, err := f.Webhook(headers(event.Name, "secret", body), body)
				if err != nil {
					t.Errorf("%s: %v", event.Name, err)
					continue
				}
				if e.What != forge.Ignored {
					var a struct{ Action string }
					_ = json.Unmarshal(body, &a)
					got[strings.TrimRight(fmt.Sprintf("%s %s: %s %s", org, event.Name, a.Action, word[e.What]), " ")]++
					if e.RepositoryID == "" && (e.What == forge.Pushed || e.What == forge.RepositoryGone) {
						t.Errorf("%s: of no repository", event.Name)
					}
				}
			}
		}
	}
	if n < 250 {
		t.Errorf("%d examples are too few", n)
	}
	want := map[string]int{
		"Codertocat installation: created changed": 2, "Codertocat installation: new_permissions_accepted changed": 1, "Codertocat installation: suspend changed": 1,
		"Codertocat installation: unsuspend changed": 1, "octocat installation: deleted changed": 2, "Codertocat installation_repositories: added changed": 2,
		"octocat installation_repositories: removed changed": 1, "Octocoders membership: added teams": 1, "Octocoders membership: removed teams": 4,
		"Octocoders organization: member_added teams": 3, "Octocoders organization: renamed teams": 1, "Codertocat public:  changed": 3, "Codertocat push:  pushed": 2,
		"Codertocat repository: publicized changed": 2, "Codertocat repository: privatized changed": 1, "Octocoders repository: created changed": 2, "Octocoders repository: edited changed": 2,
		"Octocoders repository: privatized changed": 1, "Octocoders repository: publicized changed": 1, "Octocoders repository: renamed changed": 1, "Octocoders repository: transferred changed": 3,
		"octocat repository: transferred gone": 3, "Octocoders team: added_to_repository changed": 2, "Octocoders team: removed_from_repository changed": 1, "Octocoders team: created teams": 1,
		"Octocoders team: deleted teams": 1, "Octocoders team: edited teams": 1, "Octocoders team_add:  changed": 3,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("what they mean (-want +got)\n%s", diff)
	}
}

// What no example shows.
func TestWebhookMeans(t *testing.T) {
	t.Parallel()
	f := listener(t, "Marrowby", "secret")
	of := func(owner string, more string) string {
		return `{"repository":{"node_id":"R1","full_name":"` + owner + `/quay","default_branch":"main","owner":{"login":"` + owner + `"}}` + more + `}`
	}
	zero := strings.Repeat("0", 40)
	for name, tt := range map[string]struct {
		event, body string
		want        forge.What
		branch      string
	}{
		"a push":                    {"push", of("marrowby", `,"ref":"refs/heads/a/b","after":"c1"`), forge.Pushed, "a/b"},
		"by an old server":          {"push", `{"ref":"refs/heads/x","after":"c1","repository":{"node_id":"R1","owner":{"name":"marrowby"}}}`, forge.Pushed, "x"},
		"a tag":                     {"push", of("marrowby", `,"ref":"refs/tags/v1","after":"c1"`), forge.Ignored, ""},
		"a branch ends":             {"push", of("marrowby", `,"ref":"refs/heads/x","after":"`+zero+`","deleted":true`), forge.Ignored, ""},
		"the default branch ends":   {"push", of("marrowby", `,"ref":"refs/heads/main","after":"`+zero+`","deleted":true`), forge.RepositoryChanged, ""},
		"it is made":                {"create", of("marrowby", `,"ref":"main","ref_type":"branch"`), forge.RepositoryChanged, ""},
		"another is made":           {"create", of("marrowby", `,"ref":"x","ref_type":"branch"`), forge.Ignored, ""},
		"a tag of its name is made": {"create", of("marrowby", `,"ref":"main","ref_type":"tag"`), forge.Ignored, ""},
		"archived":                  {"repository", of("marrowby", `,"action":"archived"`), forge.RepositoryChanged, ""},
		"deleted":                   {"repository", of("marrowby", `,"action":"deleted"`), forge.RepositoryGone, ""},
		"given away":                {"repository", of("elsewhere", `,"action":"transferred","changes":{"owner":{"from":{"organization":{"login":"marrowby"}}}}`), forge.RepositoryGone, ""},
		"given to us":               {"repository", of("marrowby", `,"action":"transferred","changes":{"owner":{"from":{"organization":{"login":"elsewhere"}}}}`), forge.RepositoryChanged, ""},
		"given among others":        {"repository", of("elsewhere", `,"action":"transferred","changes":{"owner":{"from":{"user":{"login":"ann"}}}}`), forge.Ignored, ""},
		"another's push":            {"push", of("elsewhere", `,"ref":"refs/heads/main","after":"c1"`), forge.Ignored, ""},
		"another's team":            {"team", `{"action":"created","organization":{"login":"elsewhere"}}`, forge.Ignored, ""},
		"invited":                   {"organization", `{"action":"member_invited","organization":{"login":"marrowby"}}`, forge.Ignored, ""},
		"removed":                   {"organization", `{"action":"member_removed","organization":{"login":"marrowby"}}`, forge.TeamsChanged, ""},
		"a star":                    {"star", of("marrowby", `,"action":"created"`), forge.Ignored, ""},
		"an event of tomorrow":      {"quantum", of("marrowby", ``), forge.Ignored, ""},
	} {
		e, err := f.Webhook(headers(tt.event, "secret", []byte(tt.body)), []byte(tt.body))
		if err != nil || e.What != tt.want || e.Branch != tt.branch || tt.want == forge.Pushed && e.Commit != "c1" {
			t.Errorf("%s: %+v, %v", name, e, err)
		}
	}
}

// The stand-in's own deliveries mean what they are to.
func TestDeliveries(t *testing.T) {
	t.Parallel()
	g, base := githubtest.Start(t)
	f := room(t, g, base, "marrowby", func(o *Options) { o.WebhookSecrets = []string{"secret"} })
	var got []string
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		e, err := f.Webhook(r.Header, body)
		if err != nil {
			t.Error(err)
			return
		}
		got = append(got, fmt.Sprintf("%s %d %s %s", e.Name, e.What, e.Repository, e.Branch))
		if e.RepositoryID != "" && e.What == forge.Pushed && e.Commit != g.Head(e.Repository) {
			t.Errorf("%+v", e)
		}
	}))
	t.Cleanup(s.Close)
	g.Hook(s.URL, "secret")
	g.AddRepository(githubtest.Repository{Owner: "marrowby", Name: "quay", Files: map[string]string{"a": "b"}})
	g.Push("marrowby/quay", map[string][]byte{"a": []byte("c")})
	g.Rename("marrowby/quay", "pier")
	g.Archive("marrowby/pier")
	g.Transfer("marrowby/pier", "elsewhere")
	g.Transfer("elsewhere/pier", "marrowby")
	g.Delete("marrowby/pier")
	want := []string{
		"repository 2 marrowby/quay ", "push 1 marrowby/quay main", "repository 2 marrowby/pier ", "repository 2 marrowby/pier ", "repository 3 elsewhere/pier ",
		"repository 2 marrowby/pier ", "repository 3 marrowby/pier ",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	for _, d := range g.Deliveries() {
		if d.Status != 200 {
			t.Errorf("%s was answered with %d", d.Event, d.Status)
		}
	}
}

// Whoever knows the secret may still send anything.
func FuzzWebhook(f *testing.F) {
	f.Add("push", []byte(`{"ref":"refs/heads/main","after":"c1","repository":{"node_id":"R1","full_name":"marrowby/quay","owner":{"login":"marrowby"}}}`), false)
	f.Add("repository", []byte(`{"action":"transferred","changes":{"owner":{"from":{"user":null}}},"repository":null}`), false)
	f.Add("installation", []byte(`{"installation":{"account":null}}`), true)
	f.Add("team", []byte(`payload=%7B%7D`), true)
	room, err := New(Options{Organization: "marrowby", Client: client(""), WebhookSecrets: []string{"secret"}})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, event string, body []byte, form bool) {
		h := headers(event, "secret", body)
		if form {
			h.Set("Content-Type", "application/x-www-form-urlencoded")
		}
		e, err := room.Webhook(h, body)
		switch {
		case err != nil && !errs.Is(err, errs.Invalid):
			t.Errorf("%v", err)
		case err == nil && (e.What == forge.Pushed || e.What == forge.RepositoryGone) && e.RepositoryID == "":
			t.Errorf("of no repository: %+v", e)
		}
		if _, err := room.Webhook(h, append(body, ' ')); !errs.Is(err, errs.Unauthenticated) {
			t.Errorf("another body: %v", err)
		}
	})
}

// What a host says is data, whatever it is.
func FuzzAnswers(f *testing.F) {
	f.Add([]byte(`{"data":{"repositoryOwner":{"repositories":{"totalCount":1,"pageInfo":{"hasNextPage":false},"nodes":[{"id":"R1","nameWithOwner":"marrowby/quay","owner":{"login":"marrowby"},"visibility":"PUBLIC","defaultBranchRef":{"name":"main","target":{"oid":"` + strings.Repeat("a", 40) + `","tree":{"entries":[null]}}}}]}}}}`))
	f.Add([]byte(`{"data":{"nodes":[null]},"errors":[{"type":"NOT_FOUND","path":["nodes",0]}]}`))
	f.Add([]byte(`{"errors":[{"path":["nodes",1e300,"target"]}]}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		room, err := New(Options{Organization: "marrowby", Client: &http.Client{Transport: answers(body)}})
		if err != nil {
			t.Fatal(err)
		}
		page, err := room.Repositories(t.Context(), "")
		if (page == nil) == (err == nil) {
			t.Errorf("%v, %v", page, err)
		}
		found, gone, err := room.Some(t.Context(), []string{"R1", "R2"})
		if err == nil && len(found)+len(gone) != 2 || err != nil && found != nil {
			t.Errorf("%v, %v, %v", found, gone, err)
		}
		_, _ = room.Organization(t.Context())
	})
}

// answers says the same to every request.
type answers []byte

func (a answers) RoundTrip(r *http.Request) (*http.Response, error) {
	return &http.Response{StatusCode: 200, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(string(a))), Request: r}, nil
}
