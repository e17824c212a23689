package corpus

import (
	"fmt"
	"strings"
	"testing"
)

func TestSum(t *testing.T) {
	var s Sum
	take := func(part string, n int) {
		t.Helper()
		if err := s.Take(fmt.Sprintf("    x_test.go:1: wall: S1 | %s | %d\n", part, n)); err != nil {
			t.Error(err)
		}
	}
	if n := len(s.Short()); n != len(floors)+1 {
		t.Errorf("of nothing %d are short", n)
	}
	for _, f := range floors {
		take(f.part+": a test", f.least)
	}
	if got := s.Short(); len(got) != 1 || !strings.Contains(got[0], "in all: 1040, fewer than 1200") {
		t.Errorf("with each part at its least: %q", got)
	}
	take("paths: another test", 160)
	if got := s.Short(); got != nil || s.Total() != Least {
		t.Errorf("with all of them: %q, %d", got, s.Total())
	}
	take("paths: another test", 160)
	if s.Total() != Least {
		t.Errorf("a test that ran twice counts twice: %d", s.Total())
	}
	take("documents: a test", 99)
	take("paths: another test", 1000)
	if got := s.Short(); len(got) != 1 || !strings.Contains(got[0], "documents: 99, fewer than 100") {
		t.Errorf("with a part short: %q", got)
	}
	for _, line := range []string{"wall: S1 | templates: x | 4\n", "wall: S1 | paths | x\n", "wall: S1 | paths: x\n"} {
		if s.Take(line) == nil {
			t.Errorf("%q is a figure", line)
		}
	}
	if s.Take("wall: S2 | targets | 3\n") != nil || s.Take("no figure") != nil {
		t.Error("what is none of these is a fault")
	}
}
