package security

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"portico/internal/testenv"
)

// targets are what is fuzzed, with what reads it; "" is what has no part of the portal to stand on yet.
var targets = map[string]string{
	"entity YAML": "FuzzParse", "entities written as YAML": "FuzzYAML", "entity ref": "FuzzRef", "filter query": "FuzzFilter", "predicate query": "FuzzPredicate", "cursor": "FuzzCursor", "fields": "FuzzFields", "layers of an entity": "FuzzCompose", "search text": "FuzzScan", "refs in a query": "FuzzPlainRefs",
	"URL guard": "FuzzCheck", "addresses at Git hosts": "FuzzGitHostURL", "path cage": "FuzzCage", "configuration": "FuzzLoad", "claims": "FuzzClaims", "where sign-in leads": "FuzzLocalPath", "requests": "FuzzRequest",
	"policies": "FuzzPolicies", "what policies read of an entity": "FuzzEssentials", "tokens of users and programs": "FuzzBearer", "secrets in texts": "FuzzMasked",
	"a descriptor that is edited": "FuzzSet", "trees of repositories": "FuzzLook", "webhooks": "FuzzWebhook", "what hosts answer": "FuzzAnswers", "texts of hosts": "FuzzText", "names of people": "FuzzName",
	"template expression": "", "template output": "", "Markdown": "", "archives": "", "proxy path": "",
}

var fuzzName = regexp.MustCompile(`(?m)^func (Fuzz\w+)\(`)

// S2: what reads what others wrote is fuzzed. `make fuzz` runs the targets in turn.
func TestS2Targets(t *testing.T) {
	root, have := testenv.Repo(t), map[string]bool{}
	err := fs.WalkDir(os.DirFS(root), "internal", func(p string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(p, "_test.go") {
			return err
		}
		text, err := os.ReadFile(filepath.Join(root, filepath.FromSlash(p)))
		for _, m := range fuzzName.FindAllStringSubmatch(string(text), -1) {
			have[m[1]] = true
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for what, name := range targets {
		switch {
		case name == "":
			pending(t, "S2", what, "its part is not there yet")
		case !have[name]:
			t.Errorf("%s: there is no %s", what, name)
		default:
			n++
			delete(have, name)
		}
	}
	for name := range have {
		t.Errorf("%s is in no line of targets", name)
	}
	count(t, "S2", "targets", n)
	if n < 14 {
		t.Errorf("only %d targets", n)
	}
}
