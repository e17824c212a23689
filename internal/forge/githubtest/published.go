package githubtest

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"

	graphql "github.com/graph-gophers/graphql-go"

	"portico/internal/testenv"
)

// Published returns the path of what GitHub publishes: "openapi", "graphql" or "webhooks". The first test that asks for it
// may fetch it.
func Published(t testing.TB, what string) string {
	t.Helper()
	script := exec.Command(filepath.Join(testenv.Repo(t), "scripts", "github-"+what+".sh"))
	script.Stderr = os.Stderr
	path, err := script.Output()
	if err != nil {
		t.Fatalf("what GitHub publishes cannot be read (%s): %v", what, err)
	}
	return strings.TrimSpace(string(path))
}

var deprecated = regexp.MustCompile(`@deprecated\(\s*reason:\s*"(?:[^"\\]|\\.)*"\s*\)`)

var publishedSchema struct {
	sync.Mutex
	schema *graphql.Schema
}

// PublishedSchema is GitHub's GraphQL schema, all of it, for validation alone.
func PublishedSchema(t testing.TB) *graphql.Schema {
	t.Helper()
	publishedSchema.Lock()
	defer publishedSchema.Unlock()
	if publishedSchema.schema == nil {
		text, err := os.ReadFile(Published(t, "graphql"))
		if err != nil {
			t.Fatal(err)
		}
		// The parser refuses what GitHub does: a field of an interface that only some types call deprecated.
		s, err := graphql.ParseSchema(string(deprecated.ReplaceAll(text, nil)), nil)
		if err != nil {
			t.Fatal(err)
		}
		publishedSchema.schema = s
	}
	return publishedSchema.schema
}

// Query is a GraphQL query as it came.
type Query struct {
	Text      string
	Variables map[string]any
}

// Queries are those that came so far, whatever was answered.
func (g *GitHub) Queries() []Query {
	g.mu.Lock()
	defer g.mu.Unlock()
	return append([]Query(nil), g.queries...)
}
