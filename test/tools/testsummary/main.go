// Command testsummary reads what go test -json writes and prints what a person needs: a line a package, the whole output
// of what failed, why anything was skipped, and a closing line with the counts.
//
//	go test -json ./... | go run ./test/tools/testsummary -name go
//
// It exits 1 when a test failed, when a package did not build, when no test ran, and, with -strict, when a test was
// skipped for another reason than the one that this project permits (missing shared corpora: see internal/testenv), and,
// with -corpus, when the tests tried fewer hostile inputs than the goal S1 of docs/dev/security.md asks for.
package main

import (
	"bufio"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"
	"sort"
	"strings"

	"portico/test/tools/corpus"
)

// permitted is what the reason of a permitted skip holds.
const permitted = "PORTICO_SHARED"

// event is one line of go test -json (go doc test2json).
type event struct {
	Action     string
	Package    string
	ImportPath string // of build-output and build-fail
	Test       string
	Output     string
}

type test struct{ pkg, name string }

type summary struct {
	out     io.Writer
	output  map[test]*strings.Builder // of tests that have not ended, and of packages (name "")
	parents map[test]bool             // tests that have subtests: their leaves are counted, not they
	verdict map[test]string
	skips   map[string][]string // reason → tests
	broken  int                 // packages that failed without a failing test: a build, a panic, a time-out
	failing map[string]bool     // packages with a failing test
	hostile corpus.Sum
}

func main() {
	name := flag.String("name", "tests", "the word before the closing counts")
	strict := flag.Bool("strict", false, "fail on a skip whose reason does not name "+permitted)
	hostile := flag.Bool("corpus", false, "fail when fewer hostile inputs were tried than the goal S1 asks for")
	flag.Parse()
	ok, err := run(os.Stdin, os.Stdout, *name, *strict, *hostile)
	if err != nil {
		fmt.Fprintln(os.Stderr, "testsummary:", err)
	}
	if err != nil || !ok {
		os.Exit(1)
	}
}

func run(in io.Reader, out io.Writer, name string, strict, hostile bool) (ok bool, err error) {
	s := &summary{
		out:     out,
		output:  map[test]*strings.Builder{},
		parents: map[test]bool{},
		verdict: map[test]string{},
		skips:   map[string][]string{},
		failing: map[string]bool{},
	}
	lines := bufio.NewReader(in)
	for {
		line, err := lines.ReadString('\n')
		if line != "" {
			var e event
			// A line that is no event comes from the go command itself, and is for people as it stands.
			if json.Unmarshal([]byte(line), &e) != nil || e.Action == "" {
				fmt.Fprint(out, line)
			} else {
				s.take(e)
				if err := s.hostile.Take(e.Output); err != nil {
					return false, err
				}
			}
		}
		if err == io.EOF {
			break
		}
		if err != nil {
			return false, err
		}
	}
	ok = s.close(name, strict)
	if hostile {
		for _, fault := range s.hostile.Short() {
			fmt.Fprintln(out, fault)
			ok = false
		}
		fmt.Fprintf(out, "%s: %d hostile inputs, of at least %d\n", name, s.hostile.Total(), corpus.Least)
	}
	return ok, nil
}

func (s *summary) take(e event) {
	key := test{e.Package, e.Test}
	switch e.Action {
	case "build-output":
		fmt.Fprint(s.out, e.Output)
	case "run":
		if i := strings.LastIndexByte(e.Test, '/'); i >= 0 {
			s.parents[test{e.Package, e.Test[:i]}] = true
		}
	case "output":
		if s.output[key] == nil {
			s.output[key] = &strings.Builder{}
		}
		s.output[key].WriteString(e.Output)
	case "pass", "fail", "skip":
		if e.Test == "" {
			s.endPackage(e)
			return
		}
		s.endTest(key, e.Action)
	}
}

func (s *summary) endTest(key test, verdict string) {
	s.verdict[key] = verdict
	text := ""
	if b := s.output[key]; b != nil {
		text = b.String()
	}
	delete(s.output, key)
	switch verdict {
	case "fail":
		s.failing[key.pkg] = true
		fmt.Fprint(s.out, text)
	case "skip":
		reason := skipReason(text)
		s.skips[reason] = append(s.skips[reason], key.pkg+"."+key.name)
	}
}

// skipReason finds the message among the frame that testing puts around it: "=== RUN", "--- SKIP" and file:line.
func skipReason(output string) string {
	reason := "no reason given"
	for line := range strings.Lines(output) {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "=== ") || strings.HasPrefix(line, "--- ") {
			continue
		}
		reason = line
		if file, rest, ok := strings.Cut(line, ".go:"); ok && !strings.ContainsAny(file, " \t") {
			if _, message, ok := strings.Cut(rest, ": "); ok {
				reason = message
			}
		}
	}
	return reason
}

func (s *summary) endPackage(e event) {
	key := test{e.Package, ""}
	if b := s.output[key]; b != nil {
		for line := range strings.Lines(b.String()) {
			word := strings.TrimSpace(line)
			// "?" is a package without tests.
			if word == "PASS" || word == "FAIL" || strings.HasPrefix(word, "? ") || strings.HasPrefix(word, "?\t") ||
				strings.HasPrefix(word, "-test.shuffle") && e.Action == "pass" {
				continue
			}
			fmt.Fprint(s.out, line)
		}
	}
	delete(s.output, key)
	if e.Action != "fail" {
		return
	}
	// Tests that never ended: a panic elsewhere, a time-out, os.Exit.
	var cut []test
	for k := range s.output {
		if k.pkg == e.Package {
			cut = append(cut, k)
		}
	}
	sort.Slice(cut, func(i, j int) bool { return cut[i].name < cut[j].name })
	for _, k := range cut {
		fmt.Fprintf(s.out, "%s: %s did not end\n%s", k.pkg, k.name, s.output[k])
		s.failing[k.pkg] = true
		s.verdict[k] = "fail"
		delete(s.output, k)
	}
	if !s.failing[e.Package] {
		s.broken++
	}
}

func (s *summary) close(name string, strict bool) bool {
	var passed, failed, skipped int
	for key, verdict := range s.verdict {
		switch {
		case verdict == "fail" && !(s.parents[key] && s.failedBelow(key)):
			failed++
		case s.parents[key]:
		case verdict == "pass":
			passed++
		case verdict == "skip":
			skipped++
		}
	}
	failed += s.broken

	reasons := make([]string, 0, len(s.skips))
	for reason := range s.skips {
		reasons = append(reasons, reason)
	}
	sort.Strings(reasons)
	forbidden := 0
	for _, reason := range reasons {
		word := "skipped"
		if !strings.Contains(reason, permitted) {
			forbidden += len(s.skips[reason])
			word = "SKIPPED without leave"
		}
		tests := s.skips[reason]
		sort.Strings(tests)
		fmt.Fprintf(s.out, "%s: %d for this reason: %s\n", word, len(tests), reason)
		for _, t := range tests[:min(len(tests), 10)] {
			fmt.Fprintf(s.out, "  %s\n", t)
		}
	}

	ok := failed == 0
	if passed+failed == 0 {
		fmt.Fprintln(s.out, "no test ran")
		ok = false
	}
	if strict && forbidden > 0 {
		fmt.Fprintf(s.out, "%d tests skipped for a reason that does not name %s: what they need must be installed or made here\n", forbidden, permitted)
		ok = false
	}
	fmt.Fprintf(s.out, "%s: %d passed, %d failed, %d skipped\n", name, passed, failed, skipped)
	return ok
}

// failedBelow reports whether a subtest of key failed, which is then the failure to count.
func (s *summary) failedBelow(key test) bool {
	for k, verdict := range s.verdict {
		if verdict == "fail" && k.pkg == key.pkg && strings.HasPrefix(k.name, key.name+"/") {
			return true
		}
	}
	return false
}
