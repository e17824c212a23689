package gitea

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"portico/internal/errs"
	"portico/internal/forge"
	"portico/internal/forge/gitea/giteatest"
)

type delivery struct {
	header http.Header
	body   []byte
}

// receiver takes what a hook sends.
func receiver(t *testing.T) (address string, next func() delivery) {
	t.Helper()
	came := make(chan delivery, 100)
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err == nil {
			came <- delivery{r.Header, body}
		}
	}))
	t.Cleanup(server.Close)
	return server.URL, func() delivery {
		t.Helper()
		select {
		case d := <-came:
			return d
		case <-time.After(30 * time.Second):
			t.Fatal("no delivery came")
			return delivery{}
		}
	}
}

func TestRealDeliveries(t *testing.T) {
	s := giteatest.Shared(t)
	s.Organization(t, "hooked", false)
	s.Organization(t, "afar", false)
	address, next := receiver(t)
	s.Hook(t, "hooked", address, hookSecret)
	f, _ := room(t, s.URL, "hooked", s.Token)
	seen := map[string]bool{}
	// until reads deliveries up to the wanted one; those that come beside it must be readable, too.
	until := func(want forge.Event) {
		t.Helper()
		for range 20 {
			d := next()
			event, err := f.Webhook(d.header, d.body)
			if err != nil {
				t.Fatalf("%v in %v %s", err, d.header, d.body)
			}
			if event.Delivery == "" || seen[event.Delivery] {
				t.Errorf("the delivery %q is unnamed, or came before", event.Delivery)
			}
			seen[event.Delivery] = true
			event.Delivery = ""
			if cmp.Equal(want, *event) {
				return
			}
			t.Logf("beside it: %+v", *event)
			// The same bytes by another hand.
			other, _ := room(t, s.URL, "hooked", s.Token)
			other.secrets = []string{"another secret"}
			if got, err := other.Webhook(d.header, d.body); got != nil || !errs.Is(err, errs.Unauthenticated) {
				t.Fatalf("another secret accepts it: %+v, %v", got, err)
			}
		}
		t.Fatalf("it never came: %+v", want)
	}
	id := fmt.Sprint(s.Repository(t, "hooked", "app", nil))
	until(forge.Event{Name: "repository", What: forge.RepositoryChanged, RepositoryID: id, Repository: "hooked/app"})
	commit := s.Commit(t, "hooked/app", "main", "Begin", map[string]string{"README.md": "# App\n"})
	until(forge.Event{Name: "push", What: forge.Pushed, RepositoryID: id, Repository: "hooked/app", Branch: "main", Commit: commit})
	s.Call(t, s.Token, "POST", "/repos/hooked/app/branches", map[string]any{"new_branch_name": "feature/x", "old_branch_name": "main"}, nil)
	until(forge.Event{Name: "create", What: forge.Pushed, RepositoryID: id, Repository: "hooked/app", Branch: "feature/x", Commit: commit})
	s.Call(t, s.Token, "DELETE", "/repos/hooked/app/branches/feature/x", nil, nil)
	until(forge.Event{Name: "delete", What: forge.RepositoryChanged, RepositoryID: id, Repository: "hooked/app", Branch: "feature/x"})
	s.Call(t, s.Token, "POST", "/repos/hooked/app/tags", map[string]any{"tag_name": "v1"}, nil)
	until(forge.Event{Name: "create", What: forge.Ignored, RepositoryID: id, Repository: "hooked/app"})
	s.Call(t, s.Token, "POST", "/repos/hooked/app/issues", map[string]any{"title": "one"}, nil)
	until(forge.Event{Name: "issues", What: forge.Ignored})
	// A rename sends nothing; the next push has the new name.
	s.Call(t, s.Token, "PATCH", "/repos/hooked/app", map[string]any{"name": "app2"}, nil)
	commit = s.Commit(t, "hooked/app2", "main", "Go on", map[string]string{"README.md": "# App 2\n"})
	until(forge.Event{Name: "push", What: forge.Pushed, RepositoryID: id, Repository: "hooked/app2", Branch: "main", Commit: commit})
	s.Call(t, s.Token, "DELETE", "/repos/hooked/app2", nil, nil)
	until(forge.Event{Name: "repository", What: forge.RepositoryGone, RepositoryID: id, Repository: "hooked/app2"})
}

func sign(secret string, body []byte) string {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write(body)
	return hex.EncodeToString(mac.Sum(nil))
}

const pushBody = `{"ref":"refs/heads/main","after":"1111111111111111111111111111111111111111","repository":{"id":7,"name":"app","owner":{"login":"Quay"}}}`

func TestWebhook(t *testing.T) {
	tests := []struct {
		name, event, body string
		header            map[string]string // beside a right signature; "-" takes one away
		want              forge.Event
		kind              errs.Kind
	}{
		{name: "a push", event: "push", body: pushBody,
			want: forge.Event{Name: "push", What: forge.Pushed, RepositoryID: "7", Repository: "Quay/app", Branch: "main", Commit: strings.Repeat("1", 40)}},
		{name: "signed as GitHub does", event: "push", body: pushBody, header: map[string]string{"X-Gitea-Signature": "-", "X-Hub-Signature-256": "sha256=" + sign(hookSecret, []byte(pushBody))},
			want: forge.Event{Name: "push", What: forge.Pushed, RepositoryID: "7", Repository: "Quay/app", Branch: "main", Commit: strings.Repeat("1", 40)}},
		{name: "of Forgejo", event: "-", body: pushBody, header: map[string]string{"X-Gitea-Signature": "-", "X-Forgejo-Event": "push", "X-Forgejo-Signature": sign(hookSecret, []byte(pushBody))},
			want: forge.Event{Name: "push", What: forge.Pushed, RepositoryID: "7", Repository: "Quay/app", Branch: "main", Commit: strings.Repeat("1", 40)}},
		{name: "a branch that went", event: "push", body: strings.Replace(pushBody, strings.Repeat("1", 40), strings.Repeat("0", 40), 1),
			want: forge.Event{Name: "push", What: forge.RepositoryChanged, RepositoryID: "7", Repository: "Quay/app", Branch: "main"}},
		{name: "of another account", event: "push", body: strings.Replace(pushBody, "Quay", "Dock", 1),
			want: forge.Event{Name: "push", What: forge.RepositoryGone, RepositoryID: "7", Repository: "Dock/app"}},
		{name: "what means nothing", event: "wiki", body: `[]`, want: forge.Event{Name: "wiki"}},

		{name: "not signed", event: "push", body: pushBody, header: map[string]string{"X-Gitea-Signature": "-"}, kind: errs.Unauthenticated},
		{name: "not signed, and no JSON", event: "push", body: "{", header: map[string]string{"X-Gitea-Signature": "-"}, kind: errs.Unauthenticated},
		{name: "wrongly signed", event: "push", body: pushBody, header: map[string]string{"X-Gitea-Signature": sign("x", []byte(pushBody))}, kind: errs.Unauthenticated},
		{name: "wrongly signed beside a right one", event: "push", body: pushBody,
			header: map[string]string{"X-Gitea-Signature": sign("x", []byte(pushBody)), "X-Hub-Signature-256": "sha256=" + sign(hookSecret, []byte(pushBody))}, kind: errs.Unauthenticated},
		{name: "signed with half", event: "push", body: pushBody, header: map[string]string{"X-Gitea-Signature": sign(hookSecret, []byte(pushBody))[:32]}, kind: errs.Unauthenticated},
		{name: "signed with what is no hex", event: "push", body: pushBody, header: map[string]string{"X-Gitea-Signature": "sha256=zz"}, kind: errs.Unauthenticated},

		{name: "no event", event: "-", body: pushBody, kind: errs.Invalid},
		{name: "no JSON", event: "push", body: "{", kind: errs.Invalid},
		{name: "null", event: "push", body: "null", kind: errs.Invalid},
		{name: "no repository", event: "push", body: `{"ref":"refs/heads/main"}`, kind: errs.Invalid},
		{name: "null for a repository", event: "repository", body: `{"action":"deleted","repository":null}`, kind: errs.Invalid},
		{name: "no owner", event: "push", body: `{"repository":{"id":7,"name":"app"}}`, kind: errs.Invalid},
		{name: "no id", event: "push", body: `{"repository":{"name":"app","owner":{"login":"quay"}}}`, kind: errs.Invalid},
		{name: "a name up the tree", event: "push", body: strings.Replace(pushBody, `"app"`, `".."`, 1), kind: errs.Invalid},
		{name: "a name with an address", event: "push", body: strings.Replace(pushBody, `"app"`, `"https://x/y"`, 1), kind: errs.Invalid},
		{name: "a branch up the tree", event: "push", body: strings.Replace(pushBody, "heads/main", "heads/../../x", 1), kind: errs.Invalid},
		{name: "no ref", event: "push", body: strings.Replace(pushBody, "refs/heads/main", "", 1), kind: errs.Invalid},
		{name: "no commit", event: "push", body: strings.Replace(pushBody, strings.Repeat("1", 40), "-x", 1), kind: errs.Invalid},
		{name: "no action", event: "repository", body: `{"repository":{"id":7,"name":"app","owner":{"login":"quay"}}}`, kind: errs.Invalid},
		{name: "another type", event: "push", body: strings.Replace(pushBody, `"id":7`, `"id":"7"`, 1), kind: errs.Invalid},
	}
	f, _ := room(t, "https://git.example.com", "quay", "")
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			header := http.Header{}
			header.Set("X-Gitea-Signature", sign(hookSecret, []byte(tt.body)))
			header.Set("X-Gitea-Event", tt.event)
			if tt.event == "-" {
				header.Del("X-Gitea-Event")
			}
			for k, v := range tt.header {
				if header.Set(k, v); v == "-" {
					header.Del(k)
				}
			}
			got, err := f.Webhook(header, []byte(tt.body))
			if tt.kind != errs.Internal {
				if got != nil || !errs.Is(err, tt.kind) || errs.Sentence(err) == "" {
					t.Errorf("%+v, %v (%s)", got, err, errs.KindOf(err).Name())
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, *got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
	t.Run("without a secret", func(t *testing.T) {
		open, err := New(Options{BaseURL: "https://git.example.com", Owner: "quay", Client: http.DefaultClient, WebhookSecrets: []string{""}})
		if err != nil {
			t.Fatal(err)
		}
		header := http.Header{"X-Gitea-Event": {"push"}, "X-Gitea-Signature": {sign("", []byte(pushBody))}}
		if got, err := open.Webhook(header, []byte(pushBody)); got != nil || !errs.Is(err, errs.Unauthenticated) {
			t.Errorf("%+v, %v", got, err)
		}
	})
}

func FuzzWebhook(f *testing.F) {
	for _, event := range []string{"push", "create", "delete", "repository", "wiki", ""} {
		for _, body := range []string{pushBody, "{}", "null", `{"repository":{}}`, `{"repository":{"id":1e99}}`, `{"ref":null,"repository":{"id":7,"name":"a","owner":null}}`,
			`{"ref":"v1","ref_type":"tag","action":"deleted","repository":{"id":7,"name":"app","owner":{"login":"quay"}}}`} {
			f.Add(event, []byte(body))
		}
	}
	room, err := New(Options{BaseURL: "https://git.example.com", Owner: "quay", Client: http.DefaultClient, WebhookSecrets: []string{"an older secret", hookSecret}})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, name string, body []byte) {
		header := http.Header{"X-Gitea-Event": {name}, "X-Gitea-Signature": {sign(hookSecret, body)}}
		event, err := room.Webhook(header, body)
		switch {
		case err != nil && (event != nil || !errs.Is(err, errs.Invalid)):
			t.Fatalf("%+v, %v", event, err)
		case err == nil && event.What != forge.Ignored && (event.RepositoryID == "" || event.RepositoryID == "0" || strings.Count(event.Repository, "/") != 1):
			t.Fatalf("an event of no repository: %+v", event)
		case err == nil && strings.ContainsAny(event.Name+event.Branch+event.Repository+event.Delivery, "\x00\n\r"):
			t.Fatalf("an event with control characters: %+v", event)
		}
		header.Set("X-Gitea-Signature", sign("x", body))
		if event, err := room.Webhook(header, body); event != nil || !errs.Is(err, errs.Unauthenticated) {
			t.Fatalf("%+v, %v", event, err)
		}
	})
}

// The receiver above must see whole payloads, so that these tests are of what Gitea really sends.
func TestPayloadIsJSON(t *testing.T) {
	s := giteatest.Shared(t)
	s.Organization(t, "payload", false)
	address, next := receiver(t)
	s.Hook(t, "payload", address, hookSecret, "repository")
	s.Repository(t, "payload", "app", nil)
	d := next()
	if !json.Valid(d.body) || d.header.Get("X-Gitea-Event-Type") != "repository" || !bytes.Contains(d.body, []byte(`"action": "created"`)) {
		t.Errorf("%v %s", d.header, d.body)
	}
}
