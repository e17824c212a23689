package house

import (
	"fmt"
	"path"
	"slices"
	"strings"
	"testing"
)

// A room is a part of the tree: the package at path and those below it that are no room themselves. It may import
// itself, the standard library, other modules, and the rooms in may.
type room struct {
	path string
	may  []string
	why  string // why it may import nothing else
}

var (
	ground  = []string{"internal/errs", "internal/secret", "internal/secret/keyring", "internal/cage", "internal/outbound", "internal/forge", "internal/forge/budget", "internal/pg", "internal/httpx"}
	catalog = []string{"internal/identity", "internal/catalog", "internal/catalog/entity", "internal/catalog/index", "internal/catalog/layer"}
	middle  = []string{"internal/discovery", "internal/ownership", "internal/search", "internal/techdocs", "internal/scaffold", "internal/kube"}
	top     = []string{"internal/plugins", "internal/insights"}
)

const (
	baseKnowsNone  = "what everything stands on knows no domain and no neighbour"
	forgeKnowsNone = "a forge is a client and knows no domain; the domain states the few methods that it needs"
	pure           = "it is pure: no SQL, no HTTP, so it can be used, and proved, alone"
	downward       = "domains import only downward; declare a small interface where it is used and let internal/app plug it in"
)

// rooms is the whole house. A package that is in none of them fails the test, so this table is where a new one is argued.
var rooms = []room{
	{"internal/errs", nil, baseKnowsNone},
	{"internal/secret", []string{"internal/errs"}, "it knows no database, so that configuration may use it"},
	{"internal/secret/keyring", []string{"internal/errs", "internal/secret", "internal/pg"}, baseKnowsNone},
	{"internal/cage", []string{"internal/errs"}, baseKnowsNone},
	{"internal/outbound", []string{"internal/errs"}, baseKnowsNone},
	{"internal/browser", nil, "it runs one program, for a command"},
	{"internal/pg", []string{"internal/errs"}, baseKnowsNone},
	{"internal/httpx", []string{"internal/errs"}, baseKnowsNone},
	{"internal/forge", []string{"internal/errs", "internal/cage", "internal/outbound", "internal/forge/budget"}, forgeKnowsNone},
	{"internal/forge/budget", []string{"internal/errs", "internal/pg"}, "it counts requests of any room, and keeps what is left where all replicas see it"},
	{"internal/config", []string{"internal/errs", "internal/secret"}, "configuration is data; internal/app hands each domain its part"},
	{"web", nil, "the built user interface is files, nothing else"},

	{"internal/identity", ground, downward},
	{"internal/identity/signin", slices.Concat(ground, []string{"internal/identity"}), downward},
	{"internal/catalog/entity", []string{"internal/errs"}, pure},
	{"internal/catalog/index", []string{"internal/errs", "internal/catalog/entity"}, pure},
	{"internal/catalog/layer", []string{"internal/errs", "internal/catalog/entity"}, pure},
	{"internal/catalog", slices.Concat(ground, catalog), downward},
	{"internal/settings", slices.Concat(ground, []string{"internal/identity"}), downward},
	{"internal/discovery", slices.Concat(ground, catalog), downward},
	{"internal/ownership", slices.Concat(ground, catalog), downward},
	{"internal/search", slices.Concat(ground, catalog), downward},
	{"internal/techdocs", slices.Concat(ground, catalog), downward},
	{"internal/scaffold", slices.Concat(ground, catalog), downward},
	{"internal/kube", slices.Concat(ground, catalog), downward},
	{"internal/plugins", slices.Concat(ground, catalog, middle), downward},
	{"internal/insights", slices.Concat(ground, catalog, middle), downward},

	{"internal/app", slices.Concat(ground, catalog, middle, top, []string{"internal/identity/signin", "internal/settings", "internal/config", "web"}), "only commands stand above the app"},
	{"cmd", slices.Concat(ground, catalog, middle, top, []string{"internal/browser", "internal/config", "internal/app", "web"}), "no command imports another"},

	// Tests that cross domains, tools of the build, and helpers of tests.
	{"test", slices.Concat(ground, catalog, middle, top, []string{"internal/config", "internal/app", "internal/testenv", "web"}), "no test imports a command: it runs the binary"},
	{"internal/testenv", nil, "every package's tests use it"},
	{"internal/house", nil, "it looks at files"},
}

// roomOf returns the room of a package's folder: the one with the longest path.
func roomOf(dir string) (found room, ok bool) {
	for _, r := range rooms {
		if below(dir, r.path) && len(r.path) >= len(found.path) {
			found, ok = r, true
		}
	}
	return found, ok
}

// drawers are names that say nothing of what is inside.
var drawers = []string{"base", "common", "core", "helper", "helpers", "lib", "misc", "model", "models", "shared", "types", "util", "utils"}

func direction(files []*goFile) (faults []string) {
	for _, f := range files {
		from, ok := roomOf(f.dir)
		if !ok {
			faults = append(faults, fmt.Sprintf("%s is in no room of the house: say in internal/house/direction_test.go where it belongs", f.dir))
			continue
		}
		if slices.Contains(drawers, path.Base(f.dir)) {
			faults = append(faults, fmt.Sprintf("%s: %q is a drawer, not a name; call the package after the noun it owns", f.dir, path.Base(f.dir)))
		}
		for _, imp := range f.imports() {
			dir, ours := strings.CutPrefix(imp.path, module+"/")
			if !ours {
				continue
			}
			to, ok := roomOf(dir)
			switch {
			case !ok:
				faults = append(faults, fmt.Sprintf("%s: %s imports %s, which is in no room of the house", f.at(imp.pos), f.dir, dir))
			case forTests(dir):
				if f.ships() {
					faults = append(faults, fmt.Sprintf("%s: %s must not import %s: helpers of tests never ship", f.at(imp.pos), f.dir, dir))
				}
			case to.path != from.path && !slices.Contains(from.may, to.path):
				faults = append(faults, fmt.Sprintf("%s: %s must not import %s: %s", f.at(imp.pos), f.dir, dir, from.why))
			}
		}
	}
	return faults
}

func TestDirection(t *testing.T) { report(t, direction(goFiles(t))) }

func TestDirectionBites(t *testing.T) {
	tests := []struct {
		name, path, imports, want string
	}{
		{"down is fine", "internal/catalog/store.go", "portico/internal/pg", ""},
		{"the same room is fine", "internal/pg/private/start.go", "portico/internal/pg", ""},
		{"a base knows no domain", "internal/pg/pool.go", "portico/internal/catalog", "internal/pg must not import internal/catalog: what everything"},
		{"a forge knows no domain", "internal/forge/github/x.go", "portico/internal/discovery", "must not import internal/discovery: a forge"},
		{"up among domains", "internal/catalog/x.go", "portico/internal/discovery", "internal/catalog must not import internal/discovery: domains import only downward"},
		{"a neighbour", "internal/search/x.go", "portico/internal/techdocs", "internal/search must not import internal/techdocs"},
		{"identity is below the catalog", "internal/identity/x.go", "portico/internal/catalog", "must not import internal/catalog"},
		{"the index knows no SQL", "internal/catalog/index/x.go", "portico/internal/pg", "it is pure"},
		{"entities know no HTTP", "internal/catalog/entity/x.go", "portico/internal/httpx", "it is pure"},
		{"a domain knows no configuration", "internal/discovery/x.go", "portico/internal/config", "must not import internal/config"},
		{"nor the app", "internal/kube/x.go", "portico/internal/app", "must not import internal/app"},
		{"tests keep the direction", "internal/catalog/x_test.go", "portico/internal/discovery", "must not import internal/discovery"},
		{"tests may use helpers", "internal/catalog/x_test.go", "portico/internal/pg/pgtest", ""},
		{"code may not", "internal/catalog/x.go", "portico/internal/pg/pgtest", "helpers of tests never ship"},
		{"nor test code beside the house", "cmd/portico/x.go", "portico/test/fault", "helpers of tests never ship"},
		{"helpers may use helpers", "internal/pg/pgtest/x.go", "portico/internal/testenv", ""},
		{"no room", "internal/queue/x.go", "fmt", "internal/queue is in no room"},
		{"a drawer", "internal/catalog/util/x.go", "fmt", "is a drawer"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			expect(t, direction(source(t, tt.path, "package x\n\nimport _ \""+tt.imports+"\"\n")), tt.want)
		})
	}
}

// What a command reaches, by way of whatever it imports, holds no helper of tests.
func TestNoTestPackageInABinary(t *testing.T) {
	imports := map[string][]string{} // package folder → folders of ours that its shipping files import
	for _, f := range goFiles(t) {
		if f.test {
			continue
		}
		for _, imp := range f.imports() {
			if dir, ours := strings.CutPrefix(imp.path, module+"/"); ours {
				imports[f.dir] = append(imports[f.dir], dir)
			}
		}
	}
	for dir := range imports {
		if !below(dir, "cmd") {
			continue
		}
		from := map[string]string{dir: ""}
		for queue := []string{dir}; len(queue) > 0; queue = queue[1:] {
			for _, next := range imports[queue[0]] {
				if _, seen := from[next]; seen {
					continue
				}
				from[next] = queue[0]
				queue = append(queue, next)
				if forTests(next) {
					chain := next
					for at := from[next]; at != ""; at = from[at] {
						chain = at + " → " + chain
					}
					t.Errorf("a binary holds a package for tests: %s", chain)
				}
			}
		}
	}
}
