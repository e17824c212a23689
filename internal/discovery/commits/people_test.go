package commits

import (
	"encoding/json"
	"fmt"
	"testing"

	"portico/internal/catalog/index"
)

func TestPeopleOf(t *testing.T) {
	t.Parallel()
	x := index.New(index.Options{})
	var rows []index.Row
	add := func(kind, name string, annotations map[string]string, spec map[string]any) {
		text, err := json.Marshal(map[string]any{"apiVersion": "backstage.io/v1alpha1", "kind": kind, "metadata": map[string]any{"name": name, "annotations": annotations}, "spec": spec})
		if err != nil {
			t.Fatal(err)
		}
		ref := map[string]string{"User": "user", "Group": "group", "Component": "component"}[kind] + ":default/" + name
		rows = append(rows, index.Row{UID: fmt.Sprint(len(rows)), Ref: ref, Revision: 1, JSON: text})
	}
	user := func(name, email string, annotations map[string]string, teams ...string) {
		add("User", name, annotations, map[string]any{"profile": map[string]any{"email": email}, "memberOf": teams})
	}
	user("ann", "Ann@x.example", map[string]string{"github.com/user-id": "1001", "github.com/user-login": "ann-at-work"}, "quay", "everyone", "gone")
	user("bob", "bob@x.example", map[string]string{"gitlab.example/user-id": "7"}, "everyone")
	user("twin1", "twin@x.example", nil)
	user("twin2", "TWIN@x.example", nil)
	add("Group", "quay", nil, map[string]any{"type": "team", "children": []string{}})
	add("Group", "everyone", nil, map[string]any{"type": "all", "children": []string{}, "members": []string{"ann", "twin1"}})
	add("Component", "ann2", nil, map[string]any{"profile": map[string]any{"email": "component@x.example"}})
	p := PeopleOf(x.Apply(rows, 1))
	for email, want := range map[string]string{
		"ann@x.example": "user:default/ann", "1001+renamed@users.noreply.github.com": "user:default/ann", "ann-at-work@users.noreply.github.com": "user:default/ann",
		"1002+ann-at-work@users.noreply.github.com": "", "7-bob@users.noreply.gitlab.example": "user:default/bob", "7-bob@users.noreply.gitlab.com": "",
		"twin@x.example": "", "component@x.example": "", "nobody@x.example": "", "a,kind=component@x.example": "", "x y@x.example": "",
	} {
		authors := Authors(log(email), now)
		if len(authors) != 1 {
			t.Fatalf("%s: %v", email, authors)
		}
		if got := p.User(authors[0]); got != want {
			t.Errorf("%s: %q, want %q", email, got, want)
		}
	}
	if got := fmt.Sprint(p.Teams("user:default/ann"), p.Teams("user:default/nobody")); got != "[group:default/everyone group:default/quay] []" {
		t.Error(got)
	}
	if p.Size("group:default/everyone") != 3 || p.Size("group:default/quay") != 1 || p.Size("group:default/gone") != 0 {
		t.Error(p.Size("group:default/everyone"), p.Size("group:default/quay"))
	}
	got, ok := Propose(Authors(log("ann@x.example", "1001+ann@users.noreply.github.com", "ann@x.example", "ann@x.example", "bob@x.example"), now), p)
	if !ok || got.Team != "group:default/quay" || got.Evidence.Says != "its member user:default/ann made 4 of the 5 commits of the last 90 days" {
		t.Errorf("%+v, %v", got, ok)
	}
}
