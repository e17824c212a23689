package org

import (
	"bytes"
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"portico/internal/catalog/entity"
	"portico/internal/errs"
	"portico/internal/forge"
	"portico/internal/testenv"
)

// marrowby is a small organisation in which everything occurs.
func marrowby() *forge.Organization {
	return &forge.Organization{
		Teams: []forge.Team{
			{ID: "11", Slug: "platform", Name: "Platform", Description: "Runs\nwhat the others run", URL: "https://git.example/orgs/marrowby/teams/platform", Picture: "https://git.example/p.png", Members: []string{"ann", "BOB"}},
			{ID: "12", Slug: "quay", Name: "Quay", Parent: "platform", Members: []string{"ann", "somebody-outside"}},
			{ID: "13", Slug: "empty", Name: "Empty"},
		},
		People: []forge.Person{
			{ID: "1001", Login: "ann", Name: "Ann Ó'Brien: #1", Email: "ann@marrowby.example", URL: "https://git.example/ann", Picture: "https://git.example/ann.png"},
			{ID: "1002", Login: "bob", Suspended: true, Email: "bob@elsewhere.example"},
			{ID: "1003", Login: "Cleo-", Name: "Cleo"},
		},
	}
}

func account(name string, o *forge.Organization) Account {
	return Account{Name: name, Read: func(context.Context) (*forge.Organization, error) { return o, nil }}
}

func read(t testing.TB, f *Forge) *Directory {
	t.Helper()
	if err := f.Check(); err != nil {
		t.Fatal(err)
	}
	d, err := f.Directory(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func rendered(t testing.TB, entities []Entity) string {
	t.Helper()
	var b bytes.Buffer
	for _, e := range entities {
		write(&b, e)
	}
	for _, d := range entity.Parse("org.yaml", b.Bytes()) {
		d.Validate()
		for _, p := range d.Problems {
			t.Errorf("%s: %+v", d.Ref, p)
		}
	}
	return b.String()
}

func refs(entities []Entity) (out []string) {
	for _, e := range entities {
		out = append(out, e.Ref)
	}
	return out
}

// What each kind of host makes is held as a file that a reader can look at, and has no fault in the eyes of the catalog.
func TestForges(t *testing.T) {
	gitlab := marrowby()
	for i := range gitlab.Teams {
		gitlab.Teams[i].Slug, gitlab.Teams[i].Parent = "marrowby/"+gitlab.Teams[i].Slug, ""
	}
	gitlab.Teams[1].Slug, gitlab.Teams[1].Parent = "marrowby/platform/quay", "marrowby/platform"
	gitlab.Teams = append(gitlab.Teams, forge.Team{ID: "10", Slug: "marrowby", Name: "Marrowby"}, forge.Team{ID: "9", Slug: "other/team", Name: "Other"})
	for _, f := range []*Forge{
		{Kind: "github", Host: "github.com", Accounts: []Account{account("marrowby", marrowby())}},
		{Kind: "gitlab", Host: "gitlab.example:8443", Group: "marrowby", Accounts: []Account{account("marrowby", gitlab)}},
		{Kind: "gitea", Host: "git.example", Accounts: []Account{account("marrowby", marrowby())}},
	} {
		t.Run(f.Kind, func(t *testing.T) {
			testenv.Golden(t, f.Kind+".yaml", rendered(t, read(t, f).Entities()))
		})
	}
}

func TestForgeSettings(t *testing.T) {
	t.Parallel()
	re := regexp.MustCompile
	all := []string{"group:default/empty", "group:default/platform", "group:default/quay", "user:default/ann", "user:default/bob", "user:default/cleo-8c9a01"}
	without := func(gone ...string) []string {
		return slices.DeleteFunc(slices.Clone(all), func(s string) bool { return slices.Contains(gone, s) })
	}
	tests := []struct {
		name string
		set  func(*Forge)
		want []string
	}{
		{"nothing", func(*Forge) {}, all},
		{"suspended", func(f *Forge) { f.ExcludeSuspended = true }, without("user:default/bob")},
		{"suspended at another host", func(f *Forge) { f.Kind = "gitea" }, without("user:default/bob")},
		{"pattern of people is of the address first", func(f *Forge) { f.UserPattern = re(`@marrowby|^Cleo`) }, without("user:default/bob")},
		{"patterns of groups", func(f *Forge) { f.GroupPatterns = []*regexp.Regexp{re(`^q`), re(`^e`)} }, without("group:default/platform")},
		{"picked people", func(f *Forge) { f.Transform.Users = Pick{re(`.`), re(`^(ann|bob)$`)} }, without("user:default/ann", "user:default/bob")},
		{"picked groups", func(f *Forge) { f.Transform.Groups = Pick{Exclude: re(`^q`)} }, without("group:default/quay")},
		{"members only", func(f *Forge) { f.Transform.OnlyMembers = true }, without("user:default/cleo-8c9a01")},
		{"members of what is taken", func(f *Forge) { f.Transform.OnlyMembers, f.Transform.Groups.Include = true, re(`quay`) }, []string{"group:default/quay", "user:default/ann"}},
		{"namespaces", func(f *Forge) {
			f.Transform.UserNamespace, f.Transform.GroupNamespace, f.GroupsByAccount = "people", "teams", true
		},
			[]string{"group:teams/empty", "group:teams/platform", "group:teams/quay", "user:people/ann", "user:people/bob", "user:people/cleo-8c9a01"}},
		{"names by address", func(f *Forge) {
			f.Transform.NameDomains = []string{"Elsewhere.example"}
			f.Transform.Users.Include = re(`bob`)
			f.Transform.Groups.Include = re(`quay`)
		},
			[]string{"group:default/quay", "user:default/bob"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f := &Forge{Kind: "github", Host: "github.com", Accounts: []Account{account("marrowby", marrowby())}}
			tt.set(f)
			if d := cmp.Diff(tt.want, refs(read(t, f).Entities())); d != "" {
				t.Errorf("(-want +got):\n%s", d)
			}
		})
	}
	if p, err := NewPick("^a", "b$"); err != nil || !p.takes("ax") || p.takes("ab") || p.takes("x") {
		t.Errorf("%+v, %v", p, err)
	}
	if p, err := NewPick("", ""); err != nil || !p.takes("anything") {
		t.Errorf("%+v, %v", p, err)
	}
	if _, err := NewPick("", "(?=x)"); !errs.Is(err, errs.Invalid) {
		t.Errorf("%v", err)
	}
	for _, f := range []*Forge{{Kind: "svn"}, {Kind: "github", Transform: Transform{UserNamespace: "A b"}}, {Kind: "github", Transform: Transform{GroupNamespace: "-"}}} {
		if err := f.Check(); !errs.Is(err, errs.Invalid) {
			t.Errorf("%+v: %v", f, err)
		}
	}
}

// A person of several organisations is one, with the groups of all of them; groups are in the namespaces of theirs.
func TestSeveralOrganisations(t *testing.T) {
	t.Parallel()
	other := &forge.Organization{
		Teams:  []forge.Team{{ID: "21", Slug: "platform", Name: "Platform", Members: []string{"ANN", "dora"}}},
		People: []forge.Person{{ID: "1001", Login: "Ann"}, {ID: "1004", Login: "dora"}},
	}
	f := &Forge{Kind: "github", Host: "github.com", GroupsByAccount: true, Accounts: []Account{account("Marrowby", marrowby()), account("acme.io", other)}}
	all := read(t, f).Entities()
	want := []string{"group:acme-io/platform", "group:marrowby/empty", "group:marrowby/platform", "group:marrowby/quay",
		"user:default/ann", "user:default/bob", "user:default/cleo-8c9a01", "user:default/dora"}
	if d := cmp.Diff(want, refs(all)); d != "" {
		t.Fatalf("(-want +got):\n%s", d)
	}
	if d := cmp.Diff([]any{"group:acme-io/platform", "group:marrowby/platform", "group:marrowby/quay"}, all[4].Fields["spec"].(map[string]any)["memberOf"]); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
	if parent := all[3].Fields["spec"].(map[string]any)["parent"]; parent != "platform" { // of its own namespace
		t.Errorf("parent %v", parent)
	}
	rendered(t, all)
}

// An organisation that shows nobody is one that may not be seen.
func TestNobodyIsAnError(t *testing.T) {
	t.Parallel()
	for _, o := range []*forge.Organization{nil, {}, {Teams: marrowby().Teams}} {
		f := &Forge{Kind: "github", Host: "github.com", Accounts: []Account{account("marrowby", marrowby()), account("acme", o)}}
		if d, err := f.Directory(t.Context()); !errs.Is(err, errs.Unavailable) || errs.Remedy(err) == "" || !strings.Contains(errs.Sentence(err), `"acme"`) {
			t.Errorf("%+v, %v", d, err)
		}
	}
}

// Whatever people write about themselves is text, and no name, link or address of theirs is more than it may be.
func TestHostilePeople(t *testing.T) {
	t.Parallel()
	evil := []string{
		"javascript:alert(1)", "data:text/html,x", "//evil.example/x", "https://a.example/\u202e", "https://a.example/ x", "ftp://a.example/x", "file:///etc/passwd",
		"https://" + strings.Repeat("a", 3000) + ".example",
	}
	o := &forge.Organization{}
	for i, u := range evil {
		o.People = append(o.People, forge.Person{ID: fmt.Sprint(i + 1), Login: fmt.Sprintf("p%d", i), URL: u, Picture: u, Email: u})
		o.Teams = append(o.Teams, forge.Team{ID: fmt.Sprint(i + 1), Slug: fmt.Sprintf("t%d", i), URL: u, Picture: u})
	}
	names := []string{
		"../../etc/passwd", "a\nkind: Component", "---", "{{x}}", `"quoted": yes`, "日本", "-", "ab\x00c", "\xff\xfe", "$text", "user:default/ann", strings.Repeat("n", 5000),
	}
	for i, n := range names {
		o.People = append(o.People, forge.Person{ID: fmt.Sprint(100 + i), Login: n, Name: n, Email: n + "@x", Picture: n})
		o.Teams = append(o.Teams, forge.Team{ID: fmt.Sprint(100 + i), Slug: n, Name: n, Description: n, Members: []string{n}, Parent: n})
	}
	for _, kind := range []string{"github", "gitlab", "gitea"} {
		all := read(t, &Forge{Kind: kind, Host: "git.example", Accounts: []Account{account("x/../y", o)}}).Entities()
		if len(all) != len(o.People)+len(o.Teams) {
			t.Errorf("%s: %d entities", kind, len(all))
		}
		text := rendered(t, all)
		for _, d := range entity.Parse("x", []byte(text)) {
			profile := d.SpecString("profile.picture")
			if profile != "" || d.Annotation("backstage.io/view-url") != "" || d.Annotation("backstage.io/edit-url") != "" {
				t.Errorf("%s: %s has a link", kind, d.Ref)
			}
		}
		for _, forbidden := range []string{"javascript:", "data:text", "//evil", "\u202e"} {
			for line := range strings.Lines(text) {
				if strings.Contains(line, forbidden) {
					t.Errorf("%s: %s", kind, line)
				}
			}
		}
	}
}

// Nobody becomes somebody else by the name that they choose, and leaving makes nobody the one who left.
func TestNamesOfOthers(t *testing.T) {
	t.Parallel()
	person := func(id, login string) forge.Person { return forge.Person{ID: id, Login: login} }
	names := func(people ...forge.Person) (out []string) {
		f := &Forge{Kind: "gitea", Host: "git.example", Transform: Transform{NameDomains: []string{"x.example"}}, Accounts: []Account{account("a", &forge.Organization{People: people})}}
		for _, e := range read(t, f).Entities() {
			out = append(out, e.Ref+" "+e.Fields["metadata"].(map[string]any)["annotations"].(map[string]any)["git.example/user-id"].(string))
		}
		return out
	}
	mallory := "user:default/ann-d4735e 2"
	if got := names(person("1", "ann"), person("2", "ann.")); !slices.Equal(got, []string{"user:default/ann 1", mallory}) {
		t.Errorf("%q", got)
	}
	if got := names(person("2", "ann.")); !slices.Equal(got, []string{mallory}) {
		t.Errorf("ann left: %q", got)
	}
	// Whoever calls himself what another is called by a digest.
	if got := names(person("2", "ann."), person("1", "ann-d4735e")); !slices.Contains(got, "user:default/ann-d4735e 2") || len(got) != 2 || slices.Contains(got, "user:default/ann-d4735e 1") {
		t.Errorf("%q", got)
	}
	// An address that the host verified comes before a login.
	boss := forge.Person{ID: "9", Login: "quiet", Email: "boss@x.example"}
	if got := names(person("1", "boss"), boss); !slices.Contains(got, "user:default/boss 9") || len(got) != 2 {
		t.Errorf("%q", got)
	}
}

// Groups that would have one name: the older keeps it, whoever comes first in the list.
func TestGroupsOfOneName(t *testing.T) {
	t.Parallel()
	teams := []forge.Team{{ID: "100", Slug: "a-b/c"}, {ID: "99", Slug: "a/b-c"}, {ID: "3", Slug: "x y"}, {ID: "4", Slug: "x-y"}}
	for range 2 {
		f := &Forge{Kind: "gitlab", Host: "gitlab.com", Accounts: []Account{account("a", &forge.Organization{Teams: teams, People: marrowby().People})}}
		got := map[string]string{}
		for _, e := range read(t, f).Entities() {
			if path, ok := e.Fields["metadata"].(map[string]any)["annotations"].(map[string]any)["gitlab.com/team-path"].(string); ok {
				got[path] = e.Ref
			}
		}
		want := map[string]string{"a/b-c": "group:default/a-b-c", "a-b/c": "group:default/a-b-c-ad5736", "x-y": "group:default/x-y", "x y": "group:default/x-y-4e0740"}
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("(-want +got):\n%s", d)
		}
		slices.Reverse(teams)
	}
}

// A circle of parents loses one line, the same whatever the order.
func TestCirclesOfGroups(t *testing.T) {
	t.Parallel()
	teams := []forge.Team{
		{ID: "1", Slug: "a", Parent: "c"}, {ID: "2", Slug: "b", Parent: "a"}, {ID: "3", Slug: "c", Parent: "b"},
		{ID: "4", Slug: "self", Parent: "self"}, {ID: "5", Slug: "lost", Parent: "nowhere"}, {ID: "6", Slug: "tail", Parent: "a"},
	}
	for range 3 {
		f := &Forge{Kind: "github", Host: "github.com", Accounts: []Account{account("x", &forge.Organization{Teams: teams, People: marrowby().People})}}
		got := map[string]any{}
		for _, e := range read(t, f).Entities() {
			if spec := e.Fields["spec"].(map[string]any); spec["children"] != nil {
				got[e.Ref] = fmt.Sprint(spec["parent"], spec["children"])
			}
		}
		want := map[string]any{"group:default/a": "c[tail]", "group:default/b": "<nil> [c]", "group:default/c": "b[a]",
			"group:default/self": "<nil> []", "group:default/lost": "<nil> []", "group:default/tail": "a[]"}
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("(-want +got):\n%s", d)
		}
		teams = append(teams[1:], teams[0])
	}
}

// Twenty thousand groups, one below the other, and a hundred thousand people in one of them.
func TestLargeOrganisation(t *testing.T) {
	t.Parallel()
	o := &forge.Organization{}
	for i := range 20_000 {
		o.Teams = append(o.Teams, forge.Team{ID: fmt.Sprint(i + 1), Slug: fmt.Sprintf("t%d", i), Parent: fmt.Sprintf("t%d", i+1)})
	}
	for i := range 100_000 {
		login := fmt.Sprintf("p%d", i)
		o.People = append(o.People, forge.Person{ID: fmt.Sprint(i + 1), Login: login})
		o.Teams[7].Members = append(o.Teams[7].Members, login)
	}
	all := read(t, &Forge{Kind: "github", Host: "github.com", Accounts: []Account{account("x", o)}}).Entities()
	if len(all) != 120_000 {
		t.Errorf("%d entities", len(all))
	}
	o.People = make([]forge.Person, maxPeople+1)
	f := &Forge{Kind: "github", Host: "github.com", Accounts: []Account{account("x", o)}}
	if _, err := f.Directory(t.Context()); !errs.Is(err, errs.TooLarge) {
		t.Errorf("%v", err)
	}
}

func FuzzName(f *testing.F) {
	for _, s := range []string{"ann", "a b", "", "-", "日本", strings.Repeat("x", 80), "a.\x00b"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		o := &forge.Organization{People: []forge.Person{{ID: "1", Login: s, Name: s, Email: s, URL: s, Picture: s}}, Teams: []forge.Team{{ID: "1", Slug: s, Name: s, Description: s, URL: s, Picture: s}}}
		for _, kind := range []string{"github", "gitlab", "gitea"} {
			d, err := (&Forge{Kind: kind, Host: "git.example", Accounts: []Account{account(s, o)}, GroupsByAccount: true}).Directory(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if all := d.Entities(); s != "" && len(all) != 2 {
				t.Errorf("%q: %v, %v", s, refs(all), d.LeftOut)
			} else {
				rendered(t, all)
			}
		}
	})
}
