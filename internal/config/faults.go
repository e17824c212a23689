package config

import (
	"fmt"
	"slices"
	"strings"
)

// Problem is one thing that is wrong with the configuration: where, which key, what, and what to
// write instead. Neither text ever holds a secret.
type Problem struct {
	Position Position
	Path     string // key path; "" when the file as a whole is meant
	Message  string
	Remedy   string
}

// String is "file:line:column: key.path: what is wrong; what to write instead".
func (p Problem) String() string {
	var b strings.Builder
	if at := p.Position.String(); at != "" {
		b.WriteString(at + ": ")
	}
	if p.Path != "" {
		b.WriteString(p.Path + ": ")
	}
	b.WriteString(p.Message)
	if p.Remedy != "" {
		b.WriteString("; " + p.Remedy)
	}
	return b.String()
}

// Faults is the error of [Load]: everything that is wrong, ordered by file and line.
type Faults struct {
	Items []Problem
}

// Error is a line for the count and one for every fault.
func (f *Faults) Error() string {
	var b strings.Builder
	noun := "faults"
	if len(f.Items) == 1 {
		noun = "fault"
	}
	fmt.Fprintf(&b, "the configuration has %d %s:", len(f.Items), noun)
	for _, p := range f.Items {
		b.WriteString("\n  " + p.String())
	}
	return b.String()
}

// Ignored is a key that was written but that changes nothing here.
type Ignored struct {
	Path     string
	Position Position
	Known    bool // a key of Backstage's core; else of a plugin, or misspelt
}

// report gathers what a load has to say.
type report struct {
	faults   []Problem
	warnings []Problem
	ignored  []Ignored
}

// maxProblems bounds a report: past it, nobody reads on.
const maxProblems = 200

func (r *report) fault(pos Position, path, remedy, format string, args ...any) {
	if len(r.faults) < maxProblems {
		r.faults = append(r.faults, Problem{pos, path, fmt.Sprintf(format, args...), remedy})
	}
}

func (r *report) warn(pos Position, path, remedy, format string, args ...any) {
	if len(r.warnings) < maxProblems {
		r.warnings = append(r.warnings, Problem{pos, path, fmt.Sprintf(format, args...), remedy})
	}
}

// err returns the faults in order, or nil.
func (r *report) err() error {
	if len(r.faults) == 0 {
		return nil
	}
	return &Faults{Items: inOrder(r.faults)}
}

// inOrder sorts by position and drops repetitions: an alias or a file that is included twice
// yields the same problem twice.
func inOrder(ps []Problem) []Problem {
	slices.SortStableFunc(ps, func(a, b Problem) int { return a.Position.compare(b.Position) })
	return slices.Compact(ps)
}
