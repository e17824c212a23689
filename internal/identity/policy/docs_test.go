package policy

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"portico/internal/testenv"
)

var fenced = regexp.MustCompile("(?s)```(cedar|yaml)\n(.*?)```")

// The policies and cases of the documentation are policies and cases.
func TestDocumentedPolicies(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(testenv.Repo(t), "docs", "permissions.md"))
	if err != nil {
		t.Fatal(err)
	}
	var first string
	policies, cases := 0, 0
	for _, block := range fenced.FindAllStringSubmatch(string(text), -1) {
		switch {
		case block[1] == "cedar":
			policies++
			if first == "" {
				first = block[2]
			}
			if _, err := New(Options{Paths: []string{written(t, block[2])}}); err != nil {
				t.Errorf("%v\n%s", err, block[2])
			}
		case strings.HasPrefix(block[2], "cases:"):
			e := engine(t, first, Options{})
			list, err := ParseCases("permissions.md", []byte(block[2]))
			if err != nil {
				t.Fatal(err)
			}
			for _, c := range list {
				cases++
				if _, wrong, err := e.Check(c); wrong != "" || err != nil {
					t.Errorf("%s: %s, %v", c.Name, wrong, err)
				}
			}
		}
	}
	if policies < 11 || cases < 2 {
		t.Errorf("%d policies and %d cases in the documentation", policies, cases)
	}
	for _, p := range Permissions() {
		if !strings.Contains(string(text), "`"+p.Name+"`") {
			t.Errorf("docs/permissions.md does not name %s", p.Name)
		}
	}
	for _, role := range roleNames {
		if !strings.Contains(string(text), "| `"+role+"` |") {
			t.Errorf("docs/permissions.md does not say what %s may", role)
		}
	}
}
