// Package corpus adds up the hostile inputs of the goal S1, which the tests that try them log as lines
//
//	wall: S1 | part: what | figure
//
// and says where they are fewer than the goal asks for. The gate (test/tools/testsummary) and the table of `make
// security` (test/tools/securitytable) both fail then.
package corpus

import (
	"fmt"
	"strconv"
	"strings"
)

// Least is how many inputs the goal asks for in all.
const Least = 1200

// floors are the parts whose readers exist, and the least of each.
var floors = []struct {
	part  string
	least int
}{
	{"paths", 220}, {"addresses", 260}, {"markup", 200}, {"documents", 100}, {"requests", 120}, {"sign-ins", 80}, {"repositories", 60},
}

// Sum is what was tried: the zero value is nothing. A test that ran twice counts once.
type Sum struct{ parts map[string]int }

// Take reads a line that a test said; it need not be one of these.
func (s *Sum) Take(line string) error {
	_, text, found := strings.Cut(line, "wall: S1 | ")
	if !found {
		return nil
	}
	what, figure, _ := strings.Cut(strings.TrimSpace(text), " | ")
	n, err := strconv.Atoi(figure)
	if err != nil || partOf(what) == "" {
		return fmt.Errorf("%q is no figure of a part of the corpus", text)
	}
	if s.parts == nil {
		s.parts = map[string]int{}
	}
	s.parts[what] = n
	return nil
}

// partOf is the part that "part: what" names, "" for none.
func partOf(what string) string {
	part, _, _ := strings.Cut(what, ": ")
	for _, f := range floors {
		if f.part == part {
			return part
		}
	}
	return ""
}

// Total is how many inputs there were.
func (s *Sum) Total() (n int) {
	for _, figure := range s.parts {
		n += figure
	}
	return n
}

// Short says what is missing.
func (s *Sum) Short() (faults []string) {
	have := map[string]int{}
	for what, n := range s.parts {
		have[partOf(what)] += n
	}
	for _, f := range floors {
		if have[f.part] < f.least {
			faults = append(faults, fmt.Sprintf("hostile inputs, %s: %d, fewer than %d", f.part, have[f.part], f.least))
		}
	}
	if n := s.Total(); n < Least {
		faults = append(faults, fmt.Sprintf("hostile inputs in all: %d, fewer than %d", n, Least))
	}
	return faults
}
