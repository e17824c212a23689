// Command securitytable reads what go test -json writes of the tests of test/security and of those that stand beside what
// they test, and prints the goals S1 to S21 with their figures: what was tried, what was found, what is owed.
//
//	PORTICO_WALL=all go test -json ./test/security … | go run ./test/tools/securitytable
//
// It exits 1 when a test failed, when a goal has no figure, when a part that was to run did not, or when the hostile inputs
// are fewer than S1 asks for.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"sort"
	"strconv"
	"strings"

	"portico/test/tools/corpus"
)

// A goal is one line of the table.
type goal struct {
	id, what string
	tests    []string // of other packages: how many of their cases ran is a figure
	owed     []string // what has no part of the portal to stand on yet
}

var goals = []goal{
	{"S1", "hostile inputs: no panic, no escape, each within a second", []string{"TestHostileConfigurationHasNoEffect", "TestHostileContentHasNoEffect", "TestSymlinks", "TestOddFiles"},
		[]string{"templates, 160 inputs", "Markdown and HTML of docs", "archives", "git repositories that templates push to"}},
	{"S2", "fuzz targets", nil, nil},
	{"S3", "every route for every role", []string{"TestAccess"}, nil},
	{"S4", "forbidden is told like absent", []string{"TestTwoWorlds", "TestPagesInTwoWorlds", "TestHiddenLocations", "TestNothingSeen", "TestTextAround", "TestListsOfRestricted"}, nil},
	{"S5", "however a request is written", nil, nil},
	{"S6", "connections to where nothing may go", []string{"TestAddresses"}, []string{"templates' fetch, webhooks, proxy, clusters, avatars, plugins: doors that are not there yet"}},
	{"S7", "markup in every field", nil, []string{"docs in a sandbox of their own"}},
	{"S8", "secrets that come out again", []string{"TestSecretPrintsNowhere"}, []string{"tasks' inputs, metrics, pprof"}},
	{"S9", "other sites' requests", []string{"TestAnotherSiteDoesNotSignOut", "TestSessionEnds", "TestSessionCookie", "TestSessions", "TestEndingOnesOwn"}, nil},
	{"S10", "bad sign-ins: none makes a session", []string{"TestBadFlows", "TestMoreBadFlows", "TestBadGitHubFlows", "TestForgedProxy", "TestForgedTokens", "TestRefusedTokens", "TestJWKSThatDoesWrong"}, nil},
	{"S11", "scopes of tokens", []string{"TestScopes", "TestPersonalToken", "TestServiceToken", "TestRightsAreTheOwners", "TestOnlyPeopleHandleTokens", "TestWhatIsRefused"}, nil},
	{"S12", "the cage of templates", nil, []string{"templates"}},
	{"S13", "plugins", nil, []string{"plugins"}},
	{"S14", "clusters", nil, []string{"kubernetes"}},
	{"S15", "the audit log", []string{"TestVerifyFindsWhatWasDone", "TestARecordIsPartOfTheChange", "TestEveryRouteThatChangesIsAudited", "TestEveryAuditedRouteWritesOneRecord", "TestNothingWithoutItsRecord", "TestNoSessionWithoutItsRecord", "TestNoChangeWithoutItsRecord"}, nil},
	{"S16", "the supply chain", []string{"TestVersionFloors", "TestModules", "TestCalls", "TestUncheckedCertificatesBite", "TestS16TwoBuildsAreOne"}, nil},
	{"S17", "cheap requests", nil, nil},
	{"S18", "SQL in every parameter", nil, nil},
	{"S19", "a fresh installation", nil, nil},
	{"S20", "what a stranger says of itself", nil, nil},
	{"S21", "what others had to repair", nil, nil},
}

// event is one line of go test -json (go doc test2json).
type event struct {
	Action, Package, Test, Output string
}

func main() {
	ok, err := run(os.Stdin, os.Stdout)
	if err != nil {
		fmt.Fprintln(os.Stderr, "securitytable:", err)
	}
	if err != nil || !ok {
		os.Exit(1)
	}
}

func run(in io.Reader, out io.Writer) (ok bool, err error) {
	figures := map[string][]string{} // goal → "what: n", in the order of coming
	sums := map[string]map[string]int{}
	owed := map[string][]string{}
	cases := map[string]int{}       // test → its leaves that passed
	failed := map[string][]string{} // test, package → what it said
	said := map[string][]string{}
	var hostile corpus.Sum
	ran := 0
	lines := bufio.NewScanner(in)
	lines.Buffer(nil, 16<<20)
	for lines.Scan() {
		var e event
		if err := json.Unmarshal(lines.Bytes(), &e); err != nil {
			return false, fmt.Errorf("%q is no line of go test -json", cut(lines.Text()))
		}
		key := e.Package + " " + e.Test
		switch e.Action {
		case "output", "build-output":
			said[key] = append(said[key], e.Output)
			if err := hostile.Take(e.Output); err != nil {
				return false, err
			}
			if _, text, found := strings.Cut(e.Output, "wall: "); found {
				if part := strings.Split(strings.TrimSpace(text), " | "); len(part) == 3 {
					n, err := strconv.Atoi(part[2])
					if err != nil {
						return false, fmt.Errorf("%q is no figure", text)
					}
					if sums[part[0]] == nil {
						sums[part[0]] = map[string]int{}
					}
					if _, known := sums[part[0]][part[1]]; !known {
						figures[part[0]] = append(figures[part[0]], part[1])
					}
					sums[part[0]][part[1]] += n
				}
			}
			if _, text, found := strings.Cut(e.Output, "pending: "); found {
				if part := strings.SplitN(strings.TrimSpace(text), " | ", 3); len(part) == 3 {
					owed[part[0]] = append(owed[part[0]], part[1]+" ("+part[2]+")")
				}
			}
		case "pass":
			if e.Test != "" {
				ran++
				name, _, _ := strings.Cut(e.Test, "/")
				cases[name]++
			}
		case "fail", "build-fail":
			failed[key] = said[key]
		}
	}
	if err := lines.Err(); err != nil {
		return false, err
	}
	missing := 0
	for _, g := range goals {
		var parts []string
		for _, what := range figures[g.id] {
			parts = append(parts, fmt.Sprintf("%s: %d", what, sums[g.id][what]))
		}
		for _, name := range g.tests {
			if cases[name] == 0 {
				missing++
				parts = append(parts, name+" DID NOT RUN")
				continue
			}
			parts = append(parts, fmt.Sprintf("%s: %d cases", name, max(1, cases[name]-1)))
		}
		list := append(append([]string{}, g.owed...), owed[g.id]...)
		if len(parts) == 0 && len(list) == 0 {
			missing++
			parts = []string{"NO FIGURE"}
		}
		if g.id == "S1" {
			parts = append(parts, fmt.Sprintf("in all: %d, of at least %d", hostile.Total(), corpus.Least))
		}
		fmt.Fprintf(out, "%-4s %s\n", g.id, g.what)
		for _, p := range parts {
			fmt.Fprintf(out, "       %s\n", p)
		}
		for _, o := range list {
			fmt.Fprintf(out, "       pending: %s\n", o)
		}
	}
	for _, fault := range hostile.Short() {
		missing++
		fmt.Fprintf(out, "\nTOO FEW %s\n", fault)
	}
	names := make([]string, 0, len(failed))
	for name := range failed {
		names = append(names, name)
	}
	sort.Strings(names)
	for _, name := range names {
		fmt.Fprintf(out, "\nFAILED %s\n%s", name, strings.Join(failed[name], ""))
	}
	fmt.Fprintf(out, "\nsecurity: %d tests passed, %d failed, %d goals or tests without a figure\n", ran, len(failed), missing)
	return len(failed) == 0 && missing == 0 && ran > 0, nil
}

func cut(s string) string { return s[:min(len(s), 200)] }
