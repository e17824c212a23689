package gitea

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"portico/internal/errs"
	"portico/internal/forge"
	"portico/internal/forge/gitea/giteatest"
)

func TestMain(m *testing.M) { os.Exit(giteatest.Main(m)) }

// credentials are a client that brings a token, and counts.
type credentials struct {
	token string
	asked atomic.Int64
}

func (c *credentials) RoundTrip(r *http.Request) (*http.Response, error) {
	c.asked.Add(1)
	r = r.Clone(r.Context())
	r.Header.Set("Authorization", "token "+c.token)
	return http.DefaultTransport.RoundTrip(r)
}

const hookSecret = "a-secret-of-hooks"

func room(t *testing.T, base, owner, token string) (*Forge, *credentials) {
	t.Helper()
	c := &credentials{token: token}
	f, err := New(Options{BaseURL: base, Owner: owner, Client: &http.Client{Transport: c}, WebhookSecrets: []string{"an older secret", hookSecret}, Entry: "integrations.gitea[0]"})
	if err != nil {
		t.Fatal(err)
	}
	return f, c
}

// all reads a whole listing, doing between after the first page.
func all(t *testing.T, f *Forge, between func()) (names []string, total int) {
	t.Helper()
	for cursor, pages := "", 0; ; {
		page, err := f.Repositories(t.Context(), cursor)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range page.Repositories {
			names = append(names, r.Name)
		}
		if pages++; pages == 1 && between != nil {
			between()
		}
		if cursor = page.Next; cursor == "" {
			return names, page.Total
		}
		if pages > 50 {
			t.Fatal("the listing does not end")
		}
	}
}

func TestRepositories(t *testing.T) {
	s := giteatest.Shared(t)
	s.Organization(t, "listed", true)
	var want []string
	for i := range 23 {
		name := fmt.Sprintf("r%02d", i)
		files := map[string]string{}
		if i == 3 {
			files = map[string]string{"go.mod": "module m\n", "main.go": "package main\n"}
		}
		s.Repository(t, "listed", name, files)
		want = append(want, "listed/"+name)
	}
	s.Call(t, s.Token, "PUT", "/repos/listed/r03/topics", map[string]any{"topics": []string{"payments"}}, nil)
	s.Call(t, s.Token, "PATCH", "/repos/listed/r04", map[string]any{"archived": true}, nil)
	// A user may have the same repositories' names.
	s.User(t, "reader", "Rea Der")
	s.Call(t, s.Token, "PUT", fmt.Sprintf("/teams/%d/members/reader", s.Team(t, "listed", "readers", "read")), nil, nil)
	f, asked := room(t, s.URL, "listed", s.UserToken(t, "reader", "read:repository", "read:user", "read:organization"))

	names, total := all(t, f, nil)
	if diff := cmp.Diff(want, names); diff != "" || total != 23 {
		t.Errorf("listed %d of %d (-want +got):\n%s", len(names), total, diff)
	}
	// One is for the teams, none of which may write but the owners.
	if n := asked.asked.Load(); n != 4 {
		t.Errorf("23 repositories in pages of %d cost %d requests, not 4", giteatest.PageSize, n)
	}
	page, err := f.Repositories(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	got := page.Repositories[3]
	wantOne := forge.Repository{
		ID: got.ID, Name: "listed/r03", URL: s.URL + "/listed/r03", CloneURL: s.URL + "/listed/r03.git", Description: "What r03 is",
		DefaultBranch: "main", HeadUnknown: true, Stamp: got.Stamp, Visibility: "internal", Topics: []string{"payments"},
		Teams: []forge.Access{},
	}
	if diff := cmp.Diff(wantOne, got, cmpopts.IgnoreFields(forge.Repository{}, "Languages")); diff != "" || got.Stamp == "" {
		t.Errorf("a repository with files (-want +got):\n%s", diff)
	}
	if r := page.Repositories[4]; !r.Archived || r.Head != "" || r.HeadUnknown {
		t.Errorf("an archived empty repository is %+v", r)
	}

	before := asked.asked.Load()
	found, gone, err := f.Some(t.Context(), []string{got.ID})
	if err != nil || len(found) != 1 || len(gone) != 0 {
		t.Fatalf("found %v, gone %v: %v", found, gone, err)
	}
	if n := asked.asked.Load() - before; n != 2 {
		t.Errorf("one repository cost %d requests, not 2", n)
	}
	var branch struct {
		Commit struct{ ID string }
	}
	s.Call(t, s.Token, "GET", "/repos/listed/r03/branches/main", nil, &branch)
	if r := found[0]; r.Head != branch.Commit.ID || r.HeadUnknown || r.PushedAt.IsZero() {
		t.Errorf("its head is %q, not %q; unknown: %v; pushed at %v", r.Head, branch.Commit.ID, r.HeadUnknown, r.PushedAt)
	}
}

func TestWhoMayWrite(t *testing.T) {
	s := giteatest.Shared(t)
	s.Organization(t, "shared", false)
	one := fmt.Sprint(s.Repository(t, "shared", "one", nil))
	s.Repository(t, "shared", "two", nil)
	s.Team(t, "shared", "Platform", "write")
	s.Team(t, "shared", "readers", "read")
	some := s.TeamOf(t, "shared", "cranes", "admin", "one")
	f, asked := room(t, s.URL, "shared", s.Token)
	now := time.Unix(1_000_000, 0)
	f.access.now = func() time.Time { return now }
	both := map[string][]forge.Access{
		"shared/one": {{Team: "platform", Permission: "write"}, {Team: "cranes", Permission: "admin"}},
		"shared/two": {{Team: "platform", Permission: "write"}},
	}
	check := func(want map[string][]forge.Access, requests int64) {
		t.Helper()
		before := asked.asked.Load()
		page, err := f.Repositories(t.Context(), "")
		if err != nil {
			t.Fatal(err)
		}
		got := map[string][]forge.Access{}
		for _, r := range page.Repositories {
			got[r.Name] = r.Teams
		}
		if diff := cmp.Diff(want, got); diff != "" || asked.asked.Load()-before != requests {
			t.Errorf("for %d requests (-want +got):\n%s", asked.asked.Load()-before, diff)
		}
	}
	check(both, 3)
	s.Call(t, s.Token, "DELETE", fmt.Sprintf("/teams/%d/repos/shared/one", some), nil, nil)
	check(both, 1)
	now = now.Add(accessFor)
	both["shared/one"] = both["shared/two"]
	check(both, 3)
	found, _, err := f.Some(t.Context(), []string{one})
	if err != nil || len(found) != 1 || !cmp.Equal(found[0].Teams, both["shared/one"]) {
		t.Errorf("%+v, %v", found, err)
	}
	s.User(t, "nobody-there", "")
	f, _ = room(t, s.URL, "shared", s.UserToken(t, "nobody-there", "read:repository", "read:user", "read:organization"))
	check(map[string][]forge.Access{"shared/one": nil, "shared/two": nil}, 0)
}

func TestStampMovesWithAPush(t *testing.T) {
	s := giteatest.Shared(t)
	s.Organization(t, "stamped", false)
	id := fmt.Sprint(s.Repository(t, "stamped", "one", map[string]string{"a": "1"}))
	f, _ := room(t, s.URL, "stamped", s.Token)
	seen := map[string]bool{}
	for i := range 3 {
		s.Commit(t, "stamped/one", "main", "again", map[string]string{"a": fmt.Sprint(i + 2)})
		page, err := f.Repositories(t.Context(), "")
		if err != nil || len(page.Repositories) != 1 || page.Repositories[0].ID != id {
			t.Fatalf("%+v: %v", page, err)
		}
		seen[page.Repositories[0].Stamp] = true
	}
	// Several pushes may be within one second, and answers, too; then the stamp must not look settled.
	for stamp := range seen {
		if len(seen) < 3 && !strings.Contains(stamp, ", seen ") {
			t.Errorf("three pushes gave the stamps %v", seen)
		}
	}
}

func TestStampSettles(t *testing.T) {
	var date string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Date", date)
		text("application/json", `[{"id":1,"name":"a","owner":{"login":"quay"},"updated_at":"2026-01-02T04:04:05+01:00"}]`)(w)
	}))
	t.Cleanup(server.Close)
	f, _ := room(t, server.URL, "quay", "")
	tests := []struct{ date, want string }{
		{"Fri, 02 Jan 2026 03:04:05 GMT", "2026-01-02T04:04:05+01:00, seen 2026-01-02T03:04:05Z"},
		{"Fri, 02 Jan 2026 03:04:07 GMT", "2026-01-02T04:04:05+01:00, seen 2026-01-02T03:04:07Z"},
		{"Fri, 02 Jan 2026 03:04:08 GMT", "2026-01-02T04:04:05+01:00"},
		{"Fri, 02 Jan 2026 09:04:08 GMT", "2026-01-02T04:04:05+01:00"},
		{"", "2026-01-02T04:04:05+01:00"},
	}
	for _, tt := range tests {
		date = tt.date
		page, err := f.Repositories(t.Context(), "")
		if err != nil || page.Repositories[0].Stamp != tt.want {
			t.Errorf("at %s: %+v, %v", tt.date, page, err)
		}
	}
}

func TestNothingIsMissedWhenOneGoes(t *testing.T) {
	s := giteatest.Shared(t)
	s.Organization(t, "shrinking", false)
	for i := range 12 {
		s.Repository(t, "shrinking", fmt.Sprintf("r%02d", i), nil)
	}
	f, _ := room(t, s.URL, "shrinking", s.Token)
	names, _ := all(t, f, func() { s.Call(t, s.Token, "DELETE", "/repos/shrinking/r01", nil, nil) })
	if !slices.Contains(names, "shrinking/r10") {
		t.Errorf("the repository that moved over the edge of a page was missed: %v", names)
	}
}

func TestRenameTransferArchiveDelete(t *testing.T) {
	s := giteatest.Shared(t)
	s.Organization(t, "moving", false)
	s.Organization(t, "elsewhere", false)
	ids := map[string]string{}
	for _, name := range []string{"renamed", "transferred", "archived", "deleted", "empty"} {
		files := map[string]string{"README.md": "# " + name + "\n"}
		if name == "empty" {
			files = nil
		}
		ids[name] = fmt.Sprint(s.Repository(t, "moving", name, files))
	}
	s.Call(t, s.Token, "PATCH", "/repos/moving/renamed", map[string]any{"name": "called-anew"}, nil)
	s.Call(t, s.Token, "POST", "/repos/moving/transferred/transfer", map[string]any{"new_owner": "elsewhere"}, nil)
	s.Call(t, s.Token, "PATCH", "/repos/moving/archived", map[string]any{"archived": true}, nil)
	s.Call(t, s.Token, "DELETE", "/repos/moving/deleted", nil, nil)
	f, _ := room(t, s.URL, "moving", s.Token)
	asked := []string{ids["renamed"], ids["transferred"], ids["archived"], ids["deleted"], ids["empty"]}
	found, gone, err := f.Some(t.Context(), asked)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{ids["transferred"], ids["deleted"]}, gone); diff != "" {
		t.Errorf("gone (-want +got):\n%s", diff)
	}
	var names []string
	for _, r := range found {
		names = append(names, fmt.Sprintf("%s archived=%v head=%v unknown=%v", r.Name, r.Archived, r.Head != "", r.HeadUnknown))
	}
	want := []string{
		"moving/called-anew archived=false head=true unknown=false",
		"moving/archived archived=true head=true unknown=false",
		"moving/empty archived=false head=false unknown=false",
	}
	if diff := cmp.Diff(want, names); diff != "" {
		t.Errorf("found (-want +got):\n%s", diff)
	}
}

func TestRefusalIsNoEmptyList(t *testing.T) {
	s := giteatest.Shared(t)
	s.Organization(t, "hidden", true)
	id := fmt.Sprint(s.Repository(t, "hidden", "one", nil))
	s.User(t, "stranger", "")
	s.User(t, "scopeless", "")
	stranger := s.UserToken(t, "stranger", "read:repository", "read:user", "read:organization")
	tests := []struct {
		name, owner, token string
		want               errs.Kind
		says               string
	}{
		{"a wrong token", "hidden", "0123456789012345678901234567890123456789", errs.Forbidden, "does not accept the credentials"},
		{"a token without the scopes", "hidden", s.UserToken(t, "scopeless", "read:misc"), errs.Forbidden, "refuses"},
		{"an unknown organisation", "nobody-has-this", s.Token, errs.NotFound, "shows no organisation or user"},
		{"a private organisation", "hidden", stranger, errs.NotFound, "shows no organisation or user"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f, _ := room(t, s.URL, tt.owner, tt.token)
			page, err := f.Repositories(t.Context(), "")
			checkError(t, "repositories", page, err, tt.want, tt.says)
			org, err := f.Organization(t.Context())
			if tt.token == stranger {
				checkError(t, "teams", org, err, errs.Forbidden, "refuses")
			} else {
				checkError(t, "teams", org, err, tt.want, tt.says)
			}
			found, gone, err := f.Some(t.Context(), []string{id})
			if !errs.Is(err, tt.want) || found != nil || gone != nil {
				t.Errorf("one: found %v, gone %v, %v", found, gone, err)
			}
		})
	}
}

func TestNothingShownIsRefusal(t *testing.T) {
	s := giteatest.Shared(t)
	s.Organization(t, "shut", false)
	id := s.Repository(t, "shut", "one", nil)
	s.Call(t, s.Token, "PATCH", "/repos/shut/one", map[string]any{"private": true}, nil)
	s.User(t, "passer-by", "")
	f, _ := room(t, s.URL, "shut", s.UserToken(t, "passer-by", "read:repository", "read:user", "read:organization"))
	page, err := f.Repositories(t.Context(), "")
	checkError(t, "repositories", page, err, errs.Forbidden, "has 1 repositories of shut and shows none of them")
	s.Call(t, s.Token, "DELETE", "/repos/shut/one", nil, nil)
	page, err = f.Repositories(t.Context(), "")
	if err != nil || len(page.Repositories) != 0 || page.Total != 0 {
		t.Errorf("an organisation that is empty has %+v: %v", page, err)
	}
	if _, gone, err := f.Some(t.Context(), []string{fmt.Sprint(id)}); err != nil || len(gone) != 1 {
		t.Errorf("gone %v: %v", gone, err)
	}
}

func checkError[T any](t *testing.T, what string, got *T, err error, want errs.Kind, says string) {
	t.Helper()
	if got != nil || !errs.Is(err, want) || !strings.Contains(errs.Sentence(err), says) || errs.Remedy(err) == "" {
		t.Errorf("%s: %+v with %q (%s; remedy %q), not an error %s that says %q", what, got, errs.Sentence(err), errs.KindOf(err).Name(), errs.Remedy(err), want.Name(), says)
	}
}

func TestCredentials(t *testing.T) {
	s := giteatest.Shared(t)
	s.Organization(t, "locked", true)
	s.Repository(t, "locked", "one", nil)
	s.User(t, "keeper", "")
	s.Owner(t, "locked", "keeper")
	token := s.UserToken(t, "keeper", "read:repository", "read:user", "read:organization")
	for name, o := range map[string]Options{
		"a token":                       {Token: token},
		"a name and a password":         {Username: "keeper", Token: giteatest.Password},
		"a token in a password's place": {Username: "keeper", Token: token},
	} {
		o.BaseURL, o.Owner, o.Client = s.URL, "locked", http.DefaultClient
		f, err := New(o)
		if err != nil {
			t.Fatal(err)
		}
		if page, err := f.Repositories(t.Context(), ""); err != nil || len(page.Repositories) != 1 {
			t.Errorf("%s: %+v, %v", name, page, err)
		}
	}
}

func TestOrganization(t *testing.T) {
	s := giteatest.Shared(t)
	s.Organization(t, "crewed", true)
	var many []string
	for i := range 13 {
		name := fmt.Sprintf("crew%02d", i)
		s.User(t, name, "Crew "+fmt.Sprint(i))
		many = append(many, name)
	}
	s.Team(t, "crewed", "Deck-Hands", "write", many...)
	s.Team(t, "crewed", "empty", "read")
	s.User(t, "captain", "Cap Tain")
	s.Owner(t, "crewed", "captain")
	f, _ := room(t, s.URL, "crewed", s.UserToken(t, "captain", "read:organization", "read:user"))
	org, err := f.Organization(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	teams := map[string]forge.Team{}
	for _, team := range org.Teams {
		teams[team.Slug] = team
	}
	hands := teams["deck-hands"]
	want := forge.Team{
		ID: hands.ID, Slug: "deck-hands", Name: "Deck-Hands", Description: "The team Deck-Hands",
		URL: s.URL + "/org/crewed/teams/deck-hands", Members: many,
	}
	if diff := cmp.Diff(want, hands); diff != "" {
		t.Errorf("a team over two pages (-want +got):\n%s", diff)
	}
	if e, ok := teams["empty"]; !ok || len(e.Members) != 0 || len(teams) != 3 {
		t.Errorf("the teams are %v", org.Teams)
	}
	i := slices.IndexFunc(org.People, func(p forge.Person) bool { return p.Login == "crew03" })
	if len(org.People) != 15 || i < 0 {
		t.Fatalf("the people are %v", org.People)
	}
	p := org.People[i]
	if p.Name != "Crew 3" || p.Email != "crew03@localhost.example" || p.URL != s.URL+"/crew03" || p.Suspended {
		t.Errorf("a person is %+v", p)
	}

	t.Run("of a user", func(t *testing.T) {
		f, _ := room(t, s.URL, "crew01", s.UserToken(t, "crew01", "read:organization", "read:user", "read:repository"))
		org, err := f.Organization(t.Context())
		if err != nil || len(org.Teams) != 0 || len(org.People) != 1 || org.People[0].Login != "crew01" {
			t.Errorf("the organisation of a user is %+v: %v", org, err)
		}
		page, err := f.Repositories(t.Context(), "")
		if err != nil || len(page.Repositories) != 0 || page.Total != 0 {
			t.Errorf("a user without repositories has %+v: %v", page, err)
		}
	})
	t.Run("one who may not see a team", func(t *testing.T) {
		f, _ := room(t, s.URL, "crewed", s.UserToken(t, "crew00", "read:organization", "read:user"))
		org, err := f.Organization(t.Context())
		checkError(t, "teams", org, err, errs.Forbidden, "does not show who is in the team")
	})
	t.Run("one who is no member", func(t *testing.T) {
		s.User(t, "outsider", "")
		s.Organization(t, "open-crew", false)
		s.Team(t, "open-crew", "secret-team", "write", "crew02")
		f, _ := room(t, s.URL, "open-crew", s.UserToken(t, "outsider", "read:organization", "read:user"))
		org, err := f.Organization(t.Context())
		if org != nil || !errs.Is(err, errs.Forbidden) {
			t.Errorf("who may not see the teams got %+v: %v", org, err)
		}
	})
}
