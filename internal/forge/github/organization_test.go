package github

import (
	"fmt"
	"net/http"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"portico/internal/errs"
	"portico/internal/forge"
	"portico/internal/forge/githubtest"
)

func TestOrganization(t *testing.T) {
	t.Parallel()
	member := map[string]string{"marrowby": "active"}
	people := []githubtest.Person{
		{ID: 1, Login: "ann", Name: "Ann", Organizations: member, Teams: []string{"marrowby/quay"}, Emails: []githubtest.Email{{Address: "ann@home.example", Primary: true, Verified: true}, {Address: "ann@marrowby.example", Verified: true}}},
		{ID: 2, Login: "bob", Organizations: member, Teams: []string{"marrowby/crane", "elsewhere/quay"}, Emails: []githubtest.Email{{Address: "bob@home.example", Primary: true, Verified: true}}},
		{ID: 3, Login: "cleo", Organizations: map[string]string{"marrowby": "pending"}},
		{ID: 4, Login: "dan", Organizations: map[string]string{"elsewhere": "active"}},
	}
	g, base := githubtest.Start(t, people...)
	g.VerifiedDomain("marrowby", "marrowby.example")
	g.AddTeam(githubtest.Team{Organization: "marrowby", Slug: "quay", Name: "The Quay", Description: "Ships"})
	g.AddTeam(githubtest.Team{Organization: "marrowby", Slug: "crane", Name: "Cranes", Parent: "quay"})
	g.AddTeam(githubtest.Team{Organization: "marrowby", Slug: "empty", Name: "Nobody"})
	for i := range 101 { // more than one page
		g.AddRepository(githubtest.Repository{Owner: "marrowby", Name: fmt.Sprintf("ship-%03d", i), Teams: map[string]string{"crane": "READ", "quay": "TRIAGE"}})
	}
	g.AddRepository(githubtest.Repository{Owner: "marrowby", Name: "pier", Teams: map[string]string{"crane": "ADMIN", "quay": "WRITE"}})
	f := room(t, g, base, "marrowby")
	got, err := f.Organization(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for i := range got.Teams {
		if got.Teams[i].ID == "" {
			t.Errorf("%s has no id", got.Teams[i].Slug)
		}
		got.Teams[i].ID = ""
	}
	picture := func(id int) string { return fmt.Sprintf("%s/avatars/u/%d?v=4", base, id) }
	want := &forge.Organization{
		Teams: []forge.Team{
			{Slug: "crane", Name: "Cranes", Parent: "quay", URL: base + "/orgs/marrowby/teams/crane", Members: []string{"bob"}, Repositories: []forge.Grant{{Repository: "marrowby/pier", Permission: "admin"}}},
			{Slug: "empty", Name: "Nobody", URL: base + "/orgs/marrowby/teams/empty", Repositories: []forge.Grant{}},
			{Slug: "quay", Name: "The Quay", Description: "Ships", URL: base + "/orgs/marrowby/teams/quay", Members: []string{"ann"}, Repositories: []forge.Grant{{Repository: "marrowby/pier", Permission: "write"}}},
		},
		People: []forge.Person{
			{ID: "1", Login: "ann", Name: "Ann", Email: "ann@marrowby.example", URL: base + "/ann", Picture: picture(1)},
			{ID: "2", Login: "bob", Email: "bob@home.example", URL: base + "/bob", Picture: picture(2)},
		},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}

	// A token that may not see addresses sees people all the same, and is not asked twice.
	f = room(t, g, base, "marrowby", func(o *Options) { o.Token = g.Token("repo", "read:org") })
	for _, requests := range []int{5, 4} { // two of them for the second pages of what two teams may do
		before := g.Counts().GraphQL
		got, err = f.Organization(t.Context())
		if err != nil || len(got.People) != 2 || got.People[0].Email != "" || g.Counts().GraphQL-before != requests {
			t.Errorf("without addresses: %+v, %v, %d requests", got, err, g.Counts().GraphQL-before)
		}
	}
	// Who is suspended is asked of servers that can say it.
	g.Change("bob", func(p *githubtest.Person) { p.Suspended = true })
	f, err = New(Options{BaseURL: base, Organization: "marrowby", Client: client(g.Token("read:org")), Suspended: true})
	if err != nil {
		t.Fatal(err)
	}
	if got, err = f.Organization(t.Context()); err != nil || got.People[0].Suspended || !got.People[1].Suspended {
		t.Errorf("suspended: %+v, %v", got, err)
	}
	// One that may not see the organisation has no people, and says so.
	f = room(t, g, base, "marrowby", func(o *Options) { o.Token = g.Token("repo") })
	if got, err = f.Organization(t.Context()); got != nil || !errs.Is(err, errs.Forbidden) {
		t.Errorf("without read:org: %+v, %v", got, err)
	}
}

// A verified address that may not be seen costs that alone.
func TestAddressesThatAreRefused(t *testing.T) {
	t.Parallel()
	member := `{"data":{"repositoryOwner":{"__typename":"Organization","teams":{"pageInfo":{},"nodes":[]},"membersWithRole":{"pageInfo":{},"nodes":[{"id":"U1","login":"ann","email":"","verified":null}]}}},"errors":[{"type":"FORBIDDEN","message":"no","path":["repositoryOwner","membersWithRole","nodes",0,%q]}]}`
	if org, err := says(t, 200, nil, fmt.Sprintf(member, "verified")).Organization(t.Context()); err != nil || len(org.People) != 1 {
		t.Errorf("%+v, %v", org, err)
	}
	if org, err := says(t, 200, nil, fmt.Sprintf(member, "login")).Organization(t.Context()); !errs.Is(err, errs.Forbidden) {
		t.Errorf("%+v, %v", org, err)
	}
}

func TestManyTeamsAndMembers(t *testing.T) {
	t.Parallel()
	var people []githubtest.Person
	for i := range 230 {
		p := githubtest.Person{ID: int64(i + 1), Login: fmt.Sprintf("p%03d", i), Organizations: map[string]string{"marrowby": "active"}, Teams: []string{"marrowby/all"}}
		if i < 120 {
			p.Teams = append(p.Teams, fmt.Sprintf("marrowby/team-%03d", i))
		}
		people = append(people, p)
	}
	g, base := githubtest.Start(t, people...)
	org, err := room(t, g, base, "marrowby").Organization(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	all := org.Teams[slices.IndexFunc(org.Teams, func(t forge.Team) bool { return t.Slug == "all" })]
	if len(org.Teams) != 121 || len(org.People) != 230 || len(all.Members) != 230 || all.Members[229] != "p229" {
		t.Errorf("%d teams, %d people, %d in the team of all", len(org.Teams), len(org.People), len(all.Members))
	}
	// Three pages of teams, two more of one team's members, three of people.
	if n := g.Counts().GraphQL; n != 8 {
		t.Errorf("%d requests", n)
	}
}

// asking answers each request by its number.
type asking func(n int) string

func (a asking) client() *http.Client {
	n := 0
	return &http.Client{Transport: trip(func(r *http.Request) (*http.Response, error) {
		n++
		return answers(a(n)).RoundTrip(r)
	})}
}

type trip func(*http.Request) (*http.Response, error)

func (t trip) RoundTrip(r *http.Request) (*http.Response, error) { return t(r) }

// A host that has always one page more keeps nobody for ever.
func TestListsWithoutEnd(t *testing.T) {
	t.Parallel()
	team := `{"id":"T1","slug":"quay","name":"Quay","members":{"pageInfo":{%s},"nodes":[{"login":"ann"}]},"repositories":{"pageInfo":{},"edges":[]}}`
	teams := `{"data":{"repositoryOwner":{"__typename":"Organization","teams":{"pageInfo":{%s},"nodes":[%s]},"membersWithRole":{"pageInfo":{%s},"nodes":[{"id":"U1","login":"ann"}]}},"node":%s}}`
	more := func(n int) string { return fmt.Sprintf(`"hasNextPage":true,"endCursor":"c%d"`, n) }
	for name, tt := range map[string]struct {
		said asking
		want errs.Kind
	}{
		"teams":          {func(n int) string { return fmt.Sprintf(teams, more(n), fmt.Sprintf(team, ""), "", "null") }, errs.TooLarge},
		"the same teams": {func(int) string { return fmt.Sprintf(teams, more(1), fmt.Sprintf(team, ""), "", "null") }, errs.Unavailable},
		"members": {func(n int) string {
			return fmt.Sprintf(teams, "", fmt.Sprintf(team, more(n)), "", fmt.Sprintf(team, more(n)))
		}, errs.TooLarge},
		"people": {func(n int) string { return fmt.Sprintf(teams, "", "", more(n), "null") }, errs.TooLarge},
	} {
		f, err := New(Options{Organization: "marrowby", Client: tt.said.client()})
		if err != nil {
			t.Fatal(err)
		}
		if org, err := f.Organization(t.Context()); org != nil || !errs.Is(err, tt.want) {
			t.Errorf("%s: %v, %v", name, org, err)
		}
	}
}
