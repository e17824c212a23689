package gitlabtest

import (
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"

	"portico/internal/testenv"
)

// kept are the types of the schema that the stand-in answers with; fields of others are left out.
var kept = []string{
	"Query", "Group", "GroupConnection", "GroupMember", "GroupMemberConnection", "UserCore", "Project", "ProjectConnection", "PageInfo",
	"Repository", "RepositoryBlob", "RepositoryBlobConnection", "RepositoryLanguage", "Tree", "TreeEntry", "TreeEntryConnection", "Blob",
	"BlobConnection", "Commit", "AccessLevel", "AccessLevelEnum", "GroupMemberRelation", "MemberSort", "NamespaceProjectSort", "UserState", "RefType",
}

// later are fields that versions after the schema's have, as GitLab's reference of its GraphQL API describes them.
const later = "extend type Project { isForked: Boolean! }\n"

var (
	comments  = regexp.MustCompile(`(?s)/\*\*.*?\*/`)
	objects   = regexp.MustCompile(`(?s)export type (\w+) = (?:\w+ & )*\{\n(.*?)\n\};`)
	enums     = regexp.MustCompile(`(?s)export type (\w+) =\s*((?:\|?\s*'\w+'\s*)+);`)
	enumValue = regexp.MustCompile(`'(\w+)'`)
	fields    = regexp.MustCompile(`(?m)^ +(\w+)\??: (.*);$`)
	scalar    = regexp.MustCompile(`^Scalars\['(\w+)'\]\['\w+'\]$`)
	wrapped   = regexp.MustCompile(`^(Maybe|InputMaybe|Array)<(.*)>$`)
)

var once struct {
	sync.Mutex
	schema, newer *ast.Schema
}

// published returns what GitLab publishes of the kept types, and the same with the later fields.
func published(t testing.TB) (schema, newer *ast.Schema) {
	t.Helper()
	once.Lock()
	defer once.Unlock()
	if once.newer == nil {
		once.schema, once.newer = read(t)
	}
	return once.schema, once.newer
}

func read(t testing.TB) (schema, newer *ast.Schema) {
	t.Helper()
	script := exec.CommandContext(t.Context(), filepath.Join(testenv.Repo(t), "scripts", "gitlab-schema.sh"))
	script.Stderr = os.Stderr
	file, err := script.Output()
	if err != nil {
		t.Fatalf("GitLab's GraphQL schema cannot be read: %v", err)
	}
	text, err := os.ReadFile(strings.TrimSpace(string(file)))
	if err != nil {
		t.Fatal(err)
	}
	sdl := sdlOf(string(text))
	for out, source := range map[**ast.Schema]string{&schema: sdl, &newer: sdl + later} {
		s, err := gqlparser.LoadSchema(&ast.Source{Name: "gitlab", Input: source})
		if err != nil {
			t.Fatalf("GitLab's GraphQL schema: %v", err)
		}
		*out = s
	}
	return schema, newer
}

// sdlOf writes TypeScript's types of a schema as the schema that they were made of.
func sdlOf(text string) string {
	text = comments.ReplaceAllString(text, "")
	bodies := map[string]string{}
	for _, m := range objects.FindAllStringSubmatch(text, -1) {
		bodies[m[1]] = m[2]
	}
	var b strings.Builder
	scalars := map[string]bool{}
	known := map[string]bool{}
	for _, name := range kept {
		known[name] = true
	}
	// typeOf is "" for a type that is not kept.
	var typeOf func(ts string) string
	typeOf = func(ts string) string {
		if m := wrapped.FindStringSubmatch(ts); m != nil {
			inner := typeOf(m[2])
			switch {
			case inner == "":
				return ""
			case m[1] == "Array":
				return "[" + inner + "]!"
			}
			return strings.TrimSuffix(inner, "!")
		}
		if m := scalar.FindStringSubmatch(ts); m != nil {
			scalars[m[1]] = true
			return m[1] + "!"
		}
		if known[ts] {
			return ts + "!"
		}
		return ""
	}
	for _, m := range enums.FindAllStringSubmatch(text, -1) {
		if !known[m[1]] {
			continue
		}
		fmt.Fprintf(&b, "enum %s {", m[1])
		for _, v := range enumValue.FindAllStringSubmatch(m[2], -1) {
			fmt.Fprintf(&b, " %s", v[1])
		}
		b.WriteString(" }\n")
	}
	for _, name := range kept {
		body, ok := bodies[name]
		if !ok {
			continue
		}
		fmt.Fprintf(&b, "type %s {\n", name)
		for _, f := range fields.FindAllStringSubmatch(body, -1) {
			if f[1] == "__typename" {
				continue
			}
			result, args := typeOf(f[2]), ""
			for _, a := range fields.FindAllStringSubmatch(bodies[name+strings.ToUpper(f[1][:1])+f[1][1:]+"Args"], -1) {
				of := typeOf(a[2])
				if of == "" && !strings.HasPrefix(a[2], "InputMaybe<") {
					result = ""
				}
				if of != "" {
					args += " " + a[1] + ": " + of
				}
			}
			if args != "" {
				args = "(" + args + " )"
			}
			if result != "" {
				fmt.Fprintf(&b, "  %s%s: %s\n", f[1], args, result)
			}
		}
		b.WriteString("}\n")
	}
	for _, s := range slices.Sorted(maps.Keys(scalars)) {
		if !slices.Contains([]string{"ID", "String", "Boolean", "Int", "Float"}, s) {
			fmt.Fprintf(&b, "scalar %s\n", s)
		}
	}
	return b.String()
}
