package crawl

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"portico/internal/discovery/commits"
)

// Of a repository without CODEOWNERS is kept which team's people commit most to it, and of one with, nothing.
func TestWhoCommits(t *testing.T) {
	w := newWorld(t)
	w.crawler.Now = func() time.Time { return time.Unix(1700000000, 0).Add(time.Hour) } // as the host has it
	var authors []string
	w.crawler.People = func() (commits.People, bool) {
		return commits.People{
			User:  func(a commits.Author) string { authors = append(authors, a.Email); return "user:default/somebody" },
			Teams: func(string) []string { return []string{"group:default/everybody", "group:default/payments"} },
			Size: func(team string) int {
				return len(team) * map[bool]int{true: 1, false: 9}[strings.HasSuffix(team, "payments")]
			},
		}, true
	}
	loose := w.host.Create("acme/loose", map[string]string{"main.go": "package main\n"})
	w.host.Create("acme/owned", map[string]string{"main.go": "package main\n", "CODEOWNERS": "* @acme/core\n"})
	for i := range 6 {
		w.host.Push(loose, map[string]string{"main.go": fmt.Sprintf("package main // %d\n", i)})
	}
	w.crawl()
	if len(authors) == 0 {
		t.Fatal("nobody's commits were looked at")
	}
	if got := value[string](w, `SELECT committers->0->>'value' || ': ' || (committers->0->>'says') FROM forge_repositories WHERE name = 'acme/loose'`); got != "group:default/payments: its member user:default/somebody made 7 of the 7 commits of the last 90 days" {
		t.Errorf("of the one without CODEOWNERS is kept %q", got)
	}
	if n := value[int](w, `SELECT count(*)::int FROM forge_repositories WHERE name = 'acme/owned' AND committers IS NOT NULL`); n != 0 {
		t.Error("somebody is guessed although CODEOWNERS names an owner")
	}
}
