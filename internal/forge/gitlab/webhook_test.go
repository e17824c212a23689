package gitlab

import (
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"portico/internal/errs"
	"portico/internal/forge"
)

var (
	ones  = strings.Repeat("1", 40)
	zeros = strings.Repeat("0", 40)
)

// The fields are those of the examples in GitLab's documentation of group webhooks and of system hooks.
const (
	pushBody = `{"object_kind":"push","event_name":"push","before":"2222222222222222222222222222222222222222","after":"1111111111111111111111111111111111111111",
		"ref":"refs/heads/main","checkout_sha":"1111111111111111111111111111111111111111","user_username":"jsmith","project_id":15,
		"project":{"id":15,"name":"Lift","path_with_namespace":"quay/cranes/lift","default_branch":"main","visibility_level":0},"commits":[],"total_commits_count":1}`
	projectBody = `{"event_name":"EVENT","created_at":"2012-07-21T07:30:58Z","name":"Lift","path":"lift","path_with_namespace":"quay/cranes/lift","project_id":15,
		"project_namespace_id":23,"old_path_with_namespace":"quay/cranes/hoist","project_visibility":"internal"}`
	updateBody = `{"event_name":"repository_update","user_id":1,"project_id":15,"project":{"name":"Lift","path_with_namespace":"quay/cranes/lift"},
		"changes":[{"before":"8205ea8d81ce0c6b90fbe8280d118cc9fdad6130","after":"4045ea7a3df38697b3730a20fb73c8bed8a3e69e","ref":"refs/heads/master"}],"refs":["refs/heads/master"]}`
	memberBody = `{"event_name":"user_add_to_group","group_access":"Maintainer","group_id":78,"group_name":"Cranes","group_path":"cranes","user_username":"ann","user_id":41}`
)

func TestWebhook(t *testing.T) {
	project := func(event string) string { return strings.Replace(projectBody, "EVENT", event, 1) }
	is := func(name string, what forge.What) forge.Event {
		return forge.Event{Delivery: "d1", Name: name, What: what, RepositoryID: "15", Repository: "quay/cranes/lift"}
	}
	push := is("push", forge.Pushed)
	push.Branch, push.Commit = "main", ones
	went := is("push", forge.RepositoryChanged)
	went.Branch = "main"
	elsewhere := is("project_transfer", forge.RepositoryGone)
	elsewhere.Repository = "dock/cranes/lift"
	byEvent := push
	byEvent.Delivery = "e1"
	tests := []struct {
		name, event, body string
		header            map[string]string // "-" takes one away
		want              forge.Event
		kind              errs.Kind
	}{
		{name: "a push", event: "Push Hook", body: pushBody, want: push},
		{name: "a push by a system hook", event: "System Hook", body: pushBody, want: push},
		{name: "without a key for retries", event: "Push Hook", body: pushBody, header: map[string]string{"Idempotency-Key": "-", "X-Gitlab-Event-UUID": "e1"}, want: byEvent},
		{name: "a branch that went", event: "Push Hook", body: strings.Replace(pushBody, `"after":"`+ones, `"after":"`+zeros, 1), want: went},
		{name: "created", event: "Project Hook", body: project("project_create"), want: is("project_create", forge.RepositoryChanged)},
		{name: "renamed", event: "System Hook", body: project("project_rename"), want: is("project_rename", forge.RepositoryChanged)},
		{name: "transferred within", event: "System Hook", body: project("project_transfer"), want: is("project_transfer", forge.RepositoryChanged)},
		{name: "transferred away", event: "System Hook", body: strings.Replace(project("project_transfer"), `"path_with_namespace":"quay`, `"path_with_namespace":"dock`, 1), want: elsewhere},
		{name: "edited", event: "System Hook", body: project("project_update"), want: is("project_update", forge.RepositoryChanged)},
		{name: "deleted", event: "Project Hook", body: project("project_destroy"), want: is("project_destroy", forge.RepositoryGone)},
		{name: "branches and tags", event: "System Hook", body: updateBody, want: is("repository_update", forge.RepositoryChanged)},
		{name: "a member", event: "Member Hook", body: memberBody, want: forge.Event{Delivery: "d1", Name: "user_add_to_group", What: forge.TeamsChanged}},
		{name: "a subgroup", event: "Subgroup Hook", body: `{"event_name":"subgroup_create","full_path":"quay/new"}`, want: forge.Event{Delivery: "d1", Name: "subgroup_create", What: forge.TeamsChanged}},
		{name: "a group renamed", event: "System Hook", body: `{"event_name":"group_rename","full_path":"quay/cranes","old_full_path":"quay/hoists","group_id":64}`, want: forge.Event{Delivery: "d1", Name: "group_rename", What: forge.RepositoryChanged}},
		{name: "a tag", event: "Tag Push Hook", body: strings.ReplaceAll(pushBody, `"push"`, `"tag_push"`), want: forge.Event{Delivery: "d1", Name: "tag_push"}},
		{name: "what means nothing", event: "Issue Hook", body: `{"object_kind":"issue"}`, want: forge.Event{Delivery: "d1", Name: "issue"}},

		{name: "no token", event: "Push Hook", body: pushBody, header: map[string]string{"X-Gitlab-Token": "-"}, kind: errs.Unauthenticated},
		{name: "no token, and no JSON", event: "Push Hook", body: "{", header: map[string]string{"X-Gitlab-Token": "-"}, kind: errs.Unauthenticated},
		{name: "a wrong token", event: "Push Hook", body: pushBody, header: map[string]string{"X-Gitlab-Token": hookToken + "x"}, kind: errs.Unauthenticated},
		{name: "half a token", event: "Push Hook", body: pushBody, header: map[string]string{"X-Gitlab-Token": hookToken[:5]}, kind: errs.Unauthenticated},

		{name: "no event", event: "-", body: pushBody, kind: errs.Invalid},
		{name: "no JSON", event: "Push Hook", body: "{", kind: errs.Invalid},
		{name: "null", event: "Push Hook", body: "null", kind: errs.Invalid},
		{name: "nothing", event: "Push Hook", body: "{}", kind: errs.Invalid},
		{name: "no project", event: "Push Hook", body: `{"event_name":"push","ref":"refs/heads/main"}`, kind: errs.Invalid},
		{name: "null for a project", event: "Push Hook", body: `{"event_name":"push","project_id":1,"project":null}`, kind: errs.Invalid},
		{name: "no id", event: "System Hook", body: strings.Replace(project("project_destroy"), `"project_id":15`, `"project_id":null`, 1), kind: errs.Invalid},
		{name: "a path up the tree", event: "System Hook", body: strings.Replace(project("project_destroy"), "quay/cranes/lift", "quay/../lift", 1), kind: errs.Invalid},
		{name: "a path that is an address", event: "System Hook", body: strings.Replace(project("project_destroy"), "quay/cranes/lift", "https://x/y", 1), kind: errs.Invalid},
		{name: "another type", event: "Push Hook", body: strings.Replace(pushBody, `"project_id":15`, `"project_id":"15"`, 1), kind: errs.Invalid},
		{name: "no ref", event: "Push Hook", body: strings.Replace(pushBody, "refs/heads/main", "", 1), kind: errs.Invalid},
		{name: "a branch up the tree", event: "Push Hook", body: strings.Replace(pushBody, "heads/main", "heads/../x", 1), kind: errs.Invalid},
		{name: "no commit", event: "Push Hook", body: strings.Replace(pushBody, `"after":"`+ones, `"after":"`, 1), kind: errs.Invalid},
	}
	f := room(t, "https://git.example.com", "quay", "")
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			header := http.Header{}
			for k, v := range map[string]string{"X-Gitlab-Token": hookToken, "X-Gitlab-Event": tt.event, "Idempotency-Key": "d1"} {
				header.Set(k, v)
			}
			for k, v := range tt.header {
				header.Set(k, v)
			}
			for k := range header {
				if header.Get(k) == "-" {
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
	t.Run("without a token of one's own", func(t *testing.T) {
		open, err := New(Options{BaseURL: "https://git.example.com", Group: "quay", Client: http.DefaultClient, WebhookTokens: []string{""}})
		if err != nil {
			t.Fatal(err)
		}
		if got, err := open.Webhook(http.Header{"X-Gitlab-Event": {"Push Hook"}, "X-Gitlab-Token": {""}}, []byte(pushBody)); got != nil || !errs.Is(err, errs.Unauthenticated) {
			t.Errorf("%+v, %v", got, err)
		}
	})
}

func FuzzWebhook(f *testing.F) {
	for _, body := range []string{pushBody, projectBody, updateBody, memberBody, "{}", "null", `[]`, `{"event_name":"push"}`, `{"object_kind":"push","project":{}}`,
		`{"event_name":"project_destroy","project_id":1e99}`, `{"event_name":"project_destroy","project_id":7,"path_with_namespace":"dock/a"}`} {
		f.Add("Push Hook", []byte(body))
		f.Add("", []byte(body))
	}
	room, err := New(Options{BaseURL: "https://git.example.com", Group: "quay", Client: http.DefaultClient, WebhookTokens: []string{"an older token", hookToken}})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, name string, body []byte) {
		header := http.Header{"X-Gitlab-Event": {name}, "X-Gitlab-Token": {hookToken}}
		event, err := room.Webhook(header, body)
		switch {
		case err != nil && (event != nil || !errs.Is(err, errs.Invalid)):
			t.Fatalf("%+v, %v", event, err)
		case err == nil && event.What != forge.Ignored && event.What != forge.TeamsChanged && event.Name != "group_rename" && (event.RepositoryID == "" || !strings.Contains(event.Repository, "/")):
			t.Fatalf("an event of no project: %+v", event)
		case err == nil && strings.ContainsAny(event.Name+event.Branch+event.Repository+event.Delivery, "\x00\n\r"):
			t.Fatalf("an event with control characters: %+v", event)
		}
		header.Set("X-Gitlab-Token", "x")
		if event, err := room.Webhook(header, body); event != nil || !errs.Is(err, errs.Unauthenticated) {
			t.Fatalf("%+v, %v", event, err)
		}
	})
}
