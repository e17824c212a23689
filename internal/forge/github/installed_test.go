package github

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"portico/internal/errs"
	"portico/internal/forge"
	"portico/internal/forge/githubtest"
)

// An App that is installed in several accounts is one account with the repositories of all.
func TestInstalled(t *testing.T) {
	g, base := githubtest.Start(t)
	for _, owner := range []string{"marrowby", "quay"} {
		for _, name := range []string{"a", "b", "c"} {
			g.AddRepository(githubtest.Repository{Owner: owner, Name: name})
		}
	}
	g.AddRepository(githubtest.Repository{Owner: "elsewhere", Name: "a"})
	app, _ := appOf(t, g, base, g.RegisterApp("marrowby", "quay"), "marrowby", &clock{at: time.Now()})
	f, err := Installed(app, Options{BaseURL: base, Client: client(""), PageSize: 2, WebhookSecrets: []string{"secret"}})
	if err != nil {
		t.Fatal(err)
	}
	var names, ids []string
	cursor := ""
	for range 10 {
		page, err := f.Repositories(t.Context(), cursor)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range page.Repositories {
			names, ids = append(names, r.Name), append(ids, r.ID)
		}
		if cursor = page.Next; cursor == "" {
			break
		}
	}
	if diff := cmp.Diff([]string{"marrowby/a", "marrowby/b", "marrowby/c", "quay/a", "quay/b", "quay/c"}, names); diff != "" {
		t.Errorf("what is listed (-want +got):\n%s", diff)
	}
	found, gone, err := f.Some(t.Context(), append(ids, "R_gone"))
	if err != nil || len(found) != len(ids) || cmp.Diff([]string{"R_gone"}, gone) != "" {
		t.Errorf("by their ids: %d found, %q gone, %v", len(found), gone, err)
	}

	// A delivery of any of the accounts is ours.
	body := []byte(`{"ref":"refs/heads/main","after":"a94a8fe5ccb19ba61c4c0873d391e987982fbbd3","repository":{"node_id":"R_1","full_name":"quay/a","name":"a","owner":{"login":"quay"}}}`)
	e, err := f.Webhook(headers("push", "secret", body), body)
	if err != nil || e.What != forge.Pushed || e.Repository != "quay/a" {
		t.Errorf("a delivery of the second account is %+v, %v", e, err)
	}
	if _, err := f.Organization(t.Context()); !errs.Is(err, errs.Invalid) {
		t.Errorf("the teams of all accounts together: %v", err)
	}
}
