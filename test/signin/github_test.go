package signin

import (
	"fmt"
	"net"
	"net/url"
	"strings"
	"testing"

	"portico/internal/app/apptest"
	"portico/internal/forge/githubtest"
)

const gitHubConfig = `
auth:
  providers:
    github:
      development:
        enterpriseInstanceUrl: %s
        clientId: portico
        clientSecret: a-secret-of-tests
        allowedTeams: [marrowby/quay]
        signIn: {resolvers: [{resolver: userIdMatchingUserEntityAnnotation}, {resolver: usernameMatchingUserEntityName}]}
portico: {reading: {allowPrivateHosts: [%q]}}
catalog:
  rules: [{allow: [User]}]
  locations: [{type: file, target: ./people.yaml}]
`

const gitHubPeople = people + `---
apiVersion: backstage.io/v1alpha1
kind: User
metadata: {name: robert, annotations: {github.com/user-id: "1002"}}
spec: {profile: {displayName: Bob of the Crane}, memberOf: []}
`

// A whole portal leads from GitHub's accounts to the users of its catalog: by name, and by id.
func TestGitHub(t *testing.T) {
	l := apptest.Listen(t)
	_, port, _ := net.SplitHostPort(l.Addr().String())
	address := "http://localhost:" + port
	team := []string{"marrowby/quay"}
	g, hub := githubtest.Start(t,
		githubtest.Person{ID: 1001, Login: "Ann", Teams: team}, githubtest.Person{ID: 1002, Login: "bob", Teams: team},
		githubtest.Person{ID: 1003, Login: "cleo", Teams: team}, githubtest.Person{ID: 1004, Login: "ann-2"},
	)
	g.Register(githubtest.App{ClientID: "portico", ClientSecret: "a-secret-of-tests", CallbackURL: address + "/api/auth/github/handler/frame"})
	serve(t, l, fmt.Sprintf(gitHubConfig, hub, strings.TrimPrefix(hub, "http://")), gitHubPeople)

	signIn := func(b *browser, login string) *url.URL {
		at, status, body := b.do("GET", address+"/api/auth/github/start?redirectUrl=/catalog", nil)
		if status != 200 || !strings.Contains(string(body), "Continue as "+login) {
			t.Fatalf("no form at %s: %d %s", at, status, body)
		}
		at, _, _ = b.do("POST", at.String(), url.Values{"login": {login}})
		return at
	}
	ann := newBrowser(t, address)
	until(t, "the catalog knows Ann", func() bool { return signIn(ann, "Ann").Path == "/catalog" })
	if s := ann.session(); s.Principal.Ref != "user:default/ann" || s.Principal.DisplayName != "Ann of the Quay" {
		t.Errorf("the session is %+v", s)
	}
	bob := newBrowser(t, address)
	if at := signIn(bob, "bob"); at.Path != "/catalog" || bob.session().Principal.Ref != "user:default/robert" {
		t.Errorf("bob is led to %s, and the session is %+v", at, bob.session())
	}
	for login, code := range map[string]string{"cleo": "unknown", "ann-2": "denied"} {
		b := newBrowser(t, address)
		if at := signIn(b, login); at.Query().Get("error") != code || b.session().SignedIn {
			t.Errorf("%s is led to %s, want the error %s", login, at, code)
		}
	}
}
