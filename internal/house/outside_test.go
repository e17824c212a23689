package house

import (
	"fmt"
	"testing"
)

// An outsider is a package from elsewhere that only some of ours may import.
type outsider struct {
	path  string   // an import path, or the start of one up to a slash
	only  []string // rooms, packages or files that may; empty with never unset means tests alone
	in    []string // where the rule holds; empty: everywhere
	never bool     // tests may not either
	why   string
}

var outsiders = []outsider{
	// The read model keeps each entity's JSON once and looks into it as a string; calls_test.go holds it to that one use.
	{path: "unsafe", only: []string{"internal/catalog/index/json.go"}, never: true, why: "memory safety is worth more than what it saves"},
	{path: "C", never: true, why: "the binary is built without cgo"},
	{path: "io/ioutil", never: true, why: "os and io have what it had"},
	{path: "database/sql", never: true, why: "one driver, pgx, and internal/pg around it"},
	{path: "github.com/lib/pq", never: true, why: "one driver, pgx, and internal/pg around it"},
	{path: "gopkg.in", never: true, why: "one YAML library, go.yaml.in/yaml/v4"},
	{path: "sigs.k8s.io/yaml", never: true, why: "one YAML library, go.yaml.in/yaml/v4"},
	{path: "go.yaml.in/yaml/v2", never: true, why: "one YAML library, go.yaml.in/yaml/v4"},
	{path: "go.yaml.in/yaml/v3", never: true, why: "one YAML library, go.yaml.in/yaml/v4"},
	{path: "github.com/gorilla/csrf", never: true, why: "it has an advisory without a fix; use http.CrossOriginProtection and the rule for header-less requests"},
	{path: "github.com/getkin/kin-openapi", why: "it validates responses in tests"},
	{path: "github.com/vektah/gqlparser/v2", why: "it checks the queries and the answers of a stand-in of tests"},
	{path: "github.com/graph-gophers/graphql-go", why: "it answers queries in a stand-in of tests"},
	{path: "github.com/google/go-cmp", why: "it panics on unexported fields: for tests"},
	{path: "github.com/rogpeppe/go-internal", why: "it runs scripts in tests"},
	{path: "net/http/httptest", why: "it is for tests"},
	{path: "os/exec", only: []string{"internal/browser", "internal/forge/git", "internal/pg/private"}, why: "a program is run by the git cage, by the private PostgreSQL, and by a command that opens the browser of whoever runs it"},
	{path: "net/http", in: []string{"internal/catalog/entity", "internal/catalog/index"}, why: pure},
	{path: "github.com/jackc", in: []string{"internal/catalog/entity", "internal/catalog/index"}, why: pure},
}

func outside(files []*goFile) (faults []string) {
	for _, f := range files {
		for _, imp := range f.imports() {
			for _, o := range outsiders {
				if !below(imp.path, o.path) || len(o.in) > 0 && !belowAny(f.dir, o.in...) || belowAny(f.path, o.only...) {
					continue
				}
				if !o.never && !f.ships() {
					continue
				}
				faults = append(faults, fmt.Sprintf("%s: %s must not import %s: %s", f.at(imp.pos), f.dir, imp.path, o.why))
			}
		}
	}
	return faults
}

func TestOutside(t *testing.T) { report(t, outside(goFiles(t))) }

func TestOutsideBites(t *testing.T) {
	tests := []struct {
		name, path, imports, want string
	}{
		{"plain", "internal/pg/x.go", "strings", ""},
		{"unsafe", "internal/catalog/index/x.go", "unsafe", "must not import unsafe"},
		{"unsafe in a test", "internal/catalog/index/x_test.go", "unsafe", "must not import unsafe"},
		{"another driver", "internal/pg/x.go", "database/sql/driver", "one driver"},
		{"another YAML", "internal/config/x.go", "gopkg.in/yaml.v3", "one YAML library"},
		{"a test library in code", "internal/httpx/x.go", "github.com/google/go-cmp/cmp", "for tests"},
		{"a test library in a test", "internal/httpx/x_test.go", "github.com/google/go-cmp/cmp", ""},
		{"a test library in a helper", "internal/pg/pgtest/x.go", "github.com/google/go-cmp/cmp", ""},
		{"a program", "internal/scaffold/x.go", "os/exec", "the git cage"},
		{"git", "internal/forge/git/x.go", "os/exec", ""},
		{"the index speaks no HTTP", "internal/catalog/index/x.go", "net/http", "it is pure"},
		{"the catalog does", "internal/catalog/http.go", "net/http", ""},
		{"nor SQL", "internal/catalog/entity/x.go", "github.com/jackc/pgx/v5", "it is pure"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			expect(t, outside(source(t, tt.path, "package x\n\nimport _ \""+tt.imports+"\"\n")), tt.want)
		})
	}
}
