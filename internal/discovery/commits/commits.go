// Package commits proposes who owns a repository by who changed it lately. It is pure, and what it says is a guess: authors
// write any address, so it is for the inbox of the team that it proposes, and for nothing that happens by itself.
package commits

import (
	"cmp"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"portico/internal/catalog/layer"
)

// What of a history is looked at.
const (
	Window = 90 * 24 * time.Hour
	Most   = 500 // commits
)

// Commit is one, as far as it matters: when, and the address of its author.
type Commit struct {
	At    time.Time
	Email string
}

// Parse reads lines of "seconds address", the newest first, as git log prints them with --format="%at %ae". Lines of another
// form, and those past Most, are left out: authors write what they like.
func Parse(log []byte) (out []Commit) {
	for line := range strings.Lines(string(log)) {
		when, email, ok := strings.Cut(strings.TrimRight(line, "\n"), " ")
		email = strings.TrimSpace(email)
		at, err := strconv.ParseInt(when, 10, 64)
		if !ok || err != nil || at < 0 || len(email) > 254 || !utf8.ValidString(email) || !strings.Contains(email, "@") {
			continue
		}
		if out = append(out, Commit{time.Unix(at, 0), strings.ToLower(email)}); len(out) == Most {
			break
		}
	}
	return out
}

// Author is somebody who made commits.
type Author struct {
	Email string
	// Login and ID are those at the host, where the address is one that it gives its people: "" where it is not.
	Login, ID string
	Commits   int
	Share     float64 // of all commits that are counted
}

var (
	// Addresses that GitHub and GitLab give: 12345+ann@users.noreply.github.com, 12345-ann@users.noreply.gitlab.com.
	given = regexp.MustCompile(`^(?:(\d+)[+-])?([a-z0-9][a-z0-9_.-]*)@users\.noreply\.(?:[a-z0-9-]+\.)+[a-z]+$`)
	robot = regexp.MustCompile(`\[bot\]@|^(?:no-?reply|dependabot|renovate|github-actions|gitlab-bot|bot)(?:[+-][^@]*)?@|[+.-]bot@|^noreply@github\.com$`)
)

// Authors counts commits of the window before now, without those of robots, whoever has most first.
func Authors(commits []Commit, now time.Time) []Author {
	count, all := map[string]int{}, 0
	for _, c := range commits {
		if c.At.Before(now.Add(-Window)) || c.At.After(now.Add(24*time.Hour)) || robot.MatchString(c.Email) {
			continue
		}
		count[c.Email]++
		all++
	}
	out := make([]Author, 0, len(count))
	for email, n := range count {
		a := Author{Email: email, Commits: n, Share: float64(n) / float64(all)}
		if m := given.FindStringSubmatch(email); m != nil {
			a.ID, a.Login = m[1], m[2]
		}
		out = append(out, a)
	}
	slices.SortFunc(out, func(a, b Author) int { return cmp.Or(b.Commits-a.Commits, strings.Compare(a.Email, b.Email)) })
	return out
}

// People is what a catalog knows of authors.
type People struct {
	// User returns the ref of the user who an author is; "" where there is none, or more than one.
	User func(Author) string
	// Teams returns the refs of the groups that a user is a member of.
	Teams func(user string) []string
	// Size is how many members a group has.
	Size func(team string) int
}

// What a proposal needs: fewer commits say nothing of who cares for a repository, and a team has to have made most of them.
const (
	fewest = 5
	most   = 0.5
)

// Proposal is a team that may own a repository.
type Proposal struct {
	Team     string // ref
	Share    float64
	Evidence layer.Evidence
}

// Propose returns the smallest team whose members made more than half of the commits: everybody is in the large ones. Where
// there is none, ok is false.
func Propose(authors []Author, p People) (_ Proposal, ok bool) {
	all := 0
	byTeam, people := map[string]int{}, map[string]map[string]bool{}
	for _, a := range authors {
		all += a.Commits
		user := p.User(a)
		if user == "" {
			continue
		}
		teams := p.Teams(user)
		slices.Sort(teams)
		for _, team := range slices.Compact(teams) {
			byTeam[team] += a.Commits
			if people[team] == nil {
				people[team] = map[string]bool{}
			}
			people[team][user] = true
		}
	}
	if all < fewest {
		return Proposal{}, false
	}
	var teams []string
	for team, n := range byTeam {
		if float64(n) > most*float64(all) {
			teams = append(teams, team)
		}
	}
	if len(teams) == 0 {
		return Proposal{}, false
	}
	team := slices.MinFunc(teams, func(a, b string) int {
		return cmp.Or(cmp.Compare(p.Size(a), p.Size(b)), byTeam[b]-byTeam[a], strings.Compare(a, b))
	})
	who := slices.Sorted(maps.Keys(people[team]))
	says := fmt.Sprintf("%d of its people made %d of the %d commits of the last 90 days", len(who), byTeam[team], all)
	if len(who) == 1 {
		says = fmt.Sprintf("its member %s made %d of the %d commits of the last 90 days", who[0], byTeam[team], all)
	}
	return Proposal{
		Team: team, Share: float64(byTeam[team]) / float64(all),
		Evidence: layer.Evidence{Field: "spec.owner", Value: team, Says: says, Sure: layer.Guess},
	}, true
}
