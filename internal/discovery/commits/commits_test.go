package commits

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"portico/internal/catalog/layer"
)

var now = time.Date(2026, 11, 30, 0, 0, 0, 0, time.UTC)

func log(authors ...string) (out []Commit) {
	var b strings.Builder
	for i, a := range authors {
		fmt.Fprintf(&b, "%d %s\n", now.Add(-time.Duration(i)*time.Hour).Unix(), a)
	}
	return Parse([]byte(b.String()))
}

func TestParse(t *testing.T) {
	t.Parallel()
	text := "1764460800 Ann@Marrowby.example\n1764460800  two@spaces.example\nx ann@x\n-1 ann@x\n1764460800 nobody\n1764460800\n\n1764460800 a\xff@x\n" +
		"1764460800 " + strings.Repeat("a", 300) + "@x\n99999999999999999999 ann@x\n1764460801 \"a b\"@x"
	got := Parse([]byte(text))
	want := []Commit{{time.Unix(1764460800, 0), "ann@marrowby.example"}, {time.Unix(1764460800, 0), "two@spaces.example"}, {time.Unix(1764460801, 0), `"a b"@x`}}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
	if n := len(Parse([]byte(strings.Repeat("1764460800 a@x\n", 3*Most)))); n != Most {
		t.Errorf("%d commits", n)
	}
}

func TestAuthors(t *testing.T) {
	t.Parallel()
	commits := log("bob@x", "ann@x", "ann@x", "49699333+dependabot[bot]@users.noreply.github.com", "renovate@whitesource.example", "noreply@github.com",
		"1001+cleo@users.noreply.github.com", "7-dora@users.noreply.gitlab.com", "ci+bot@x", "robot.smith@x")
	commits = append(commits, Commit{now.Add(-Window - time.Hour), "old@x"}, Commit{now.Add(72 * time.Hour), "future@x"})
	want := []Author{
		{Email: "ann@x", Commits: 2, Share: 2. / 6}, {Email: "1001+cleo@users.noreply.github.com", Login: "cleo", ID: "1001", Commits: 1, Share: 1. / 6},
		{Email: "7-dora@users.noreply.gitlab.com", Login: "dora", ID: "7", Commits: 1, Share: 1. / 6}, {Email: "bob@x", Commits: 1, Share: 1. / 6},
		{Email: "robot.smith@x", Commits: 1, Share: 1. / 6},
	}
	got := Authors(commits, now)
	slices.SortStableFunc(want[1:], func(a, b Author) int { return strings.Compare(a.Email, b.Email) })
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
	if got := Authors(nil, now); len(got) != 0 {
		t.Errorf("%v", got)
	}
}

func TestPropose(t *testing.T) {
	t.Parallel()
	members := map[string][]string{
		"group:default/everyone": {"ann", "bob", "cleo", "dora", "emil"}, "group:default/quay": {"ann", "bob"}, "group:default/pair": {"ann", "cleo"}, "group:default/solo": {"dora"},
	}
	people := People{
		User: func(a Author) string {
			name, _, _ := strings.Cut(a.Email, "@")
			if len(name) < 3 {
				return ""
			}
			return "user:default/" + name
		},
		Teams: func(user string) (out []string) {
			for team, list := range members {
				if slices.Contains(list, strings.TrimPrefix(user, "user:default/")) {
					out = append(out, team, team) // said twice, by the user and by the group
				}
			}
			return out
		},
		Size: func(team string) int { return len(members[team]) },
	}
	of := func(counts ...any) (out []string) {
		for i := 0; i < len(counts); i += 2 {
			for range counts[i+1].(int) {
				out = append(out, counts[i].(string)+"@x")
			}
		}
		return out
	}
	tests := []struct {
		name, want, says string
		commits          []string
	}{
		{"the smallest that made most", "group:default/quay", "2 of its people made 8 of the 10 commits of the last 90 days", of("ann", 4, "bob", 4, "dora", 2)},
		{"two of a size: who made more", "group:default/quay", "2 of its people made 9 of the 10 commits of the last 90 days", of("ann", 8, "bob", 1, "emil", 1)},
		{"one person", "group:default/solo", "its member user:default/dora made 6 of the 8 commits of the last 90 days", of("dora", 6, "ann", 2)},
		{"only together", "group:default/everyone", "3 of its people made 9 of the 9 commits of the last 90 days", of("bob", 3, "cleo", 3, "dora", 3)},
		{"half is not most", "", "", of("dora", 5, "xx", 5)},
		{"too few", "", "", of("dora", 4)},
		{"nobody known", "", "", of("xx", 50)},
		{"nothing", "", "", nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, ok := Propose(Authors(log(tt.commits...), now), people)
			if ok != (tt.want != "") || got.Team != tt.want {
				t.Fatalf("%+v, %v", got, ok)
			}
			if ok {
				want := layer.Evidence{Field: "spec.owner", Value: tt.want, Says: tt.says, Sure: layer.Guess}
				if d := cmp.Diff(want, got.Evidence); d != "" || got.Share <= most || got.Share > 1 {
					t.Errorf("%v (-want +got):\n%s", got.Share, d)
				}
			}
		})
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte("1764460800 ann@x\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		for _, a := range Authors(Parse(text), now) {
			if a.Commits < 1 || a.Share <= 0 || a.Share > 1 || strings.ContainsAny(a.Email, "\n") {
				t.Errorf("%+v", a)
			}
		}
	})
}
