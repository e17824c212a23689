package infer

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.yaml.in/yaml/v4"

	"portico/internal/catalog/layer"
	"portico/internal/forge"
)

// field is what a layer says of a field, and why: "value ← place (sure)".
func field(t *testing.T, res *Result, ref, name string) string {
	t.Helper()
	for _, e := range res.Entities {
		if e.Ref != ref {
			continue
		}
		var list []string
		for _, ev := range e.Evidence {
			if ev.Field == name {
				list = append(list, fmt.Sprintf("%s ← %s (%s)", ev.Value, place(ev), ev.Sure))
			}
		}
		return strings.Join(list, ", ")
	}
	t.Errorf("there is no %s in\n%s", ref, res.Text())
	return ""
}

var parts = map[string]string{
	"cart/go.mod": "module cart", "cart/main.go": "", "cart/Dockerfile": "", "cart/README.md": "# Cart\n\nKeeps what somebody wants to buy.", "cart/api/openapi.yaml": "openapi: 3.0.0\ninfo: {title: Cart}\npaths: {}",
	"web/package.json": `{"private":true,"dependencies":{"next":"1"}}`, "web/Dockerfile": "", "web/mkdocs.yml": "site_name: x",
	"compose.yaml": "services:\n  db:\n    image: postgres\n  cart:\n    build: cart\n    depends_on: [db]",
}

func with(files map[string]string, more ...string) map[string]string {
	all := map[string]string{}
	for k, v := range files {
		all[k] = v
	}
	for i := 0; i+1 < len(more); i += 2 {
		all[more[i]] = more[i+1]
	}
	return all
}

func TestDeclared(t *testing.T) {
	const component = "apiVersion: backstage.io/v1alpha1\nkind: Component\nmetadata: {name: %s}\nspec: {}\n"
	tests := []struct {
		name  string
		files map[string]string
		want  []string
	}{
		{"nothing", parts, []string{"system shop", "component shop-cart in cart: service providesApis shop-cart-api dependsOn resource:default/shop-db", "component shop-web in web: website", "api shop-cart-api in cart: openapi", "resource shop-db: database"}},
		{"a part by another name", with(parts, "cart/catalog-info.yaml", fmt.Sprintf(component, "basket")),
			[]string{"system shop", "component basket in cart declared: service providesApis shop-cart-api dependsOn resource:default/shop-db", "component shop-web in web: website", "api shop-cart-api in cart: openapi", "resource shop-db: database"}},
		{"all at the top", with(parts, "catalog-info.yaml", fmt.Sprintf(component, "cart")+"---\n"+fmt.Sprintf(component, "other")),
			[]string{"component cart in cart declared: service providesApis shop-cart-api dependsOn resource:default/shop-db", "api shop-cart-api in cart: openapi", "resource shop-db: database"}},
		{"APIs and resources are declared", with(parts, "cart/catalog-info.yaml", fmt.Sprintf(component, "cart")+"---\napiVersion: backstage.io/v1alpha1\nkind: API\nmetadata: {name: cart-api}\n---\napiVersion: backstage.io/v1alpha1\nkind: Resource\nmetadata: {name: cache}\n"),
			[]string{"system shop", "component cart in cart declared: service providesApis cart-api", "component shop-web in web: website", "api cart-api in cart declared: openapi"}},
		{"a descriptor that cannot be read", with(parts, "catalog-info.yaml", "{{"), nil},
		{"something else at the top", with(parts, "catalog-info.yaml", fmt.Sprintf(component, "other")), []string{"api shop-api: openapi", "resource shop-db: database"}},
		{"the one component is declared below", map[string]string{"go.mod": "module shop", "main.go": "", "docs/catalog-info.yaml": fmt.Sprintf(component, "store")}, []string{"component store declared: tool"}},
		{"an organisation", map[string]string{"README.md": "# All", "org/catalog-info.yaml": "apiVersion: backstage.io/v1alpha1\nkind: Group\nmetadata: {name: x}"}, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			res := Look(Input{Tree: tree(tt.files), Folder: "shop"})
			if diff := cmp.Diff(tt.want, brief(res)); diff != "" {
				t.Error(diff)
			}
			data, err := res.YAML()
			if err != nil {
				t.Fatal(err)
			}
			layers := res.Layers()
			if len(layers) != len(res.Entities) {
				t.Errorf("%d layers of %d entities", len(layers), len(res.Entities))
			}
			for i, e := range res.Entities {
				text := string(layers[i].Entity)
				if e.DeclaredIn != "" && (strings.Contains(string(data), "name: "+e.Name+"\n") || strings.Contains(text, `"name"`) || strings.Contains(text, "portico.dev/inferred") || strings.Contains(text, Unknown)) {
					t.Errorf("%s is declared, and said again: %s\n%s", e.Name, text, data)
				}
				if layers[i].Ref != e.Ref || !json.Valid(layers[i].Entity) {
					t.Errorf("%s: %+v", e.Ref, layers[i])
				}
			}
		})
	}
	named := Look(Input{Tree: tree(map[string]string{"go.mod": "module x", "all.yaml": fmt.Sprintf(component, "x")}), Folder: "x", IsDescriptor: func(p string) bool { return p == "all.yaml" }})
	if diff := cmp.Diff([]string{"component x declared: library"}, brief(named)); diff != "" {
		t.Error(diff)
	}
}

func TestOwners(t *testing.T) {
	owned := with(parts, ".github/CODEOWNERS", "* @org/all\n/cart/ @ann @org/Carts\n*.md @org/docs\n/web/ ann@example.com\n")
	res := Look(Input{Tree: tree(owned), Folder: "shop", Teams: []forge.Access{{Team: "writers"}}})
	for ref, want := range map[string]string{
		"system:default/shop":         "group:all ← .github/CODEOWNERS:1 (stated)",
		"component:default/shop-cart": "group:carts ← .github/CODEOWNERS:2 (stated)",
		"api:default/shop-cart-api":   "group:carts ← .github/CODEOWNERS:2 (stated)",
		"component:default/shop-web":  "group:writers ← the host says that writers is the only team that may write (likely)",
	} {
		if got := field(t, res, ref, "spec.owner"); got != want {
			t.Errorf("%s: got %q, want %q", ref, got, want)
		}
	}
	two := Look(Input{Tree: tree(map[string]string{"go.mod": ""}), Folder: "x", Teams: []forge.Access{{Team: "a"}, {Team: "b"}}})
	if got := field(t, two, "component:default/x", "spec.owner"); got != "" {
		t.Errorf("two teams may write: %s", got)
	}
	for in, want := range map[string]string{"* @org/payments-team": "group:payments-team", "* @Ann-Lee @bob": "user:ann-lee", "* @group/sub/team": "group:team", "* ann@example.com": "", "*.go @org/x": "", "*": "", "": ""} {
		res := Look(Input{Tree: tree(map[string]string{"CODEOWNERS": in}), Folder: "x"})
		owner, _, _ := strings.Cut(field(t, res, "component:default/x", "spec.owner"), " ")
		if owner != want {
			t.Errorf("%q: got %q, want %q", in, owner, want)
		}
	}
}

// What a host says counts where it knows best.
func TestHost(t *testing.T) {
	in := Input{Tree: tree(map[string]string{"go.mod": "module x", "CHANGELOG.md": "# Changes\n\n## v2.1.0\n"}), Folder: "x", RemoteURL: "https://gitlab.com/g/s/ledger.git", SourceLocation: "url:https://gitlab.com/g/s/ledger/-/tree/main/",
		Description: "Books every payment that there is.", Topics: []string{"Money", "not a tag!"}, System: "Payments", Languages: []forge.Language{{Name: "COBOL", Bytes: 90}, {Name: "Go", Bytes: 1}}}
	const ref = "component:default/ledger"
	for _, tt := range []struct {
		name, field, want string
		change            func(*Input)
	}{
		{"released", "spec.lifecycle", "production ← CHANGELOG.md:3 (likely)", func(*Input) {}},
		{"archived", "spec.lifecycle", "deprecated ← the host says that the repository is archived (stated)", func(in *Input) { in.Archived, in.Activity = true, Active }},
		{"asleep", "spec.lifecycle", "deprecated ← the host says that nobody has pushed for long (guess)", func(in *Input) { in.Activity = Dormant }},
		{"description", "metadata.description", "Books every payment that there is. ← the host's description of the repository (stated)", func(*Input) {}},
		{"topics and languages", "metadata.tags", "money ← a topic of the repository at its host (stated), cobol ← the languages of its files: the host counted them (likely)", func(*Input) {}},
		{"system", "spec.system", "payments ← the host's groups or topics say so (likely)", func(*Input) {}},
		{"slug", "metadata.annotations.gitlab.com/project-slug", "g/s/ledger ← the remote origin (stated)", func(*Input) {}},
	} {
		changed := in
		tt.change(&changed)
		if got := field(t, Look(changed), ref, tt.field); got != tt.want {
			t.Errorf("%s: got %q, want %q", tt.name, got, tt.want)
		}
	}
	in.Name = "books"
	if res := Look(in); res.Name != "books" || res.Entities[0].Name != "books" {
		t.Errorf("the name that is given: %s", res.Text())
	}
}

// What tells parts apart is kept where names are long.
func TestLongNames(t *testing.T) {
	long := strings.Repeat("very-", 11) + "long"
	got := brief(Look(Input{Tree: tree(map[string]string{"a/Dockerfile": "", "services/rather-long-too/Dockerfile": ""}), Folder: long}))
	want := []string{"system " + long, "component " + long + "-a in a: service", "component " + long[:47] + "-rather-long-too in services/rather-long-too: service"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// The annotations that other parts of the portal use.
func TestAnnotations(t *testing.T) {
	files := with(parts, "k8s/all.yaml", "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: cart\nspec:\n  template:\n    metadata:\n      labels:\n        tier: x\n        app: cart\n---\napiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web, labels: {backstage.io/kubernetes-id: shop-web}}\n")
	res := Look(Input{Tree: tree(files), Folder: "shop", RemoteURL: "git@github.com:o/shop.git", SourceLocation: "url:https://github.com/o/shop/tree/main/"})
	notes := map[string]map[string]any{}
	for _, e := range res.Entities {
		notes[e.Ref], _ = e.Object["metadata"].(map[string]any)["annotations"].(map[string]any)
	}
	want := map[string]any{
		"backstage.io/kubernetes-label-selector": "app=cart", "backstage.io/techdocs-ref": "dir:.", "backstage.io/source-location": "url:https://github.com/o/shop/tree/main/cart/",
		"github.com/project-slug": "o/shop", "portico.dev/inferred": "true", "portico.dev/owner-inferred": "false", "portico.dev/languages": "Go 100%",
	}
	if diff := cmp.Diff(want, notes["component:default/shop-cart"]); diff != "" {
		t.Error(diff)
	}
	if got := notes["component:default/shop-web"]; got["backstage.io/kubernetes-id"] != "shop-web" || got["backstage.io/kubernetes-label-selector"] != nil {
		t.Errorf("%v", got)
	}
	if got := field(t, res, "component:default/shop-cart", "metadata.annotations.backstage.io/kubernetes-label-selector"); got != "app=cart ← k8s/all.yaml:10 (likely)" {
		t.Error(got)
	}
	if got := field(t, res, "component:default/shop-web", "metadata.annotations.backstage.io/kubernetes-id"); got != "shop-web ← k8s/all.yaml:14 (stated)" {
		t.Error(got)
	}
}

// Of a huge tree a bounded number of files is read, and those that say most are among them.
func TestBounds(t *testing.T) {
	files := map[string]string{"go.mod": "module big", "main.go": "", "Dockerfile": "", "README.md": "# Big\n\nIs as large as it gets.", "k8s/z.yaml": "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: big}\n"}
	for i := range 60_000 {
		files[fmt.Sprintf("data/%05d/x.yaml", i)] = "a: b"
		if i < 3_000 {
			files[fmt.Sprintf("k8s/%05d.yaml", i)] = "kind: x"
			files[fmt.Sprintf("zz/%05d/go.mod", i)] = "module x"
		}
	}
	in := tree(files)
	read := map[string]int{}
	inner := in.Read
	in.Read = func(p string) ([]byte, error) {
		read[p]++
		return inner(p)
	}
	var expected []string
	in.Expect = func(paths []string) { expected = append(expected, paths...) }
	slices.SortFunc(in.Files, func(a, b File) int { return -strings.Compare(a.Path, b.Path) }) // any order will do
	in.Files = append([]File{{"go.mod", 1}, {"README.md", 1}, {"Dockerfile", 1}, {"main.go", 1}}, in.Files...)
	res := Look(Input{Tree: in, Folder: "big"})
	if len(expected) > maxRead || len(read) > maxRead || len(read) < 100 {
		t.Errorf("%d files were read", len(read))
	}
	for p, n := range read {
		if !slices.Contains(expected, p) {
			t.Errorf("%s was not expected to be read", p)
		}
		if n > 1 {
			t.Errorf("%s was read %d times", p, n)
		}
	}
	if read["go.mod"] != 1 || read["README.md"] != 1 || len(res.Entities) == 0 || len(res.Entities) > maxParts+2*maxOfAKind+2 {
		t.Errorf("%d entities; %v", len(res.Entities), read["go.mod"])
	}
	long := map[string]string{"README.md": "# Long\n\nIs what it says it is.\n" + strings.Repeat("text\n", maxBytes)}
	if v := newView(Tree{Files: []File{{"README.md", 0}}, Read: tree(long).Read}, func(string) bool { return false }); len(v.text("README.md")) > maxBytes {
		t.Errorf("%d bytes are kept", len(v.text("README.md")))
	}
}

// bomb is a file of a few lines that would be billions of them.
func bomb() string {
	var b strings.Builder
	b.WriteString("a0: &a0 [x,x,x,x,x,x,x,x,x]\n")
	for i := 1; i < 12; i++ {
		fmt.Fprintf(&b, "a%d: &a%d [%s]\n", i, i, strings.TrimSuffix(strings.Repeat(fmt.Sprintf("*a%d,", i-1), 9), ","))
	}
	return b.String() + "services: *a11\nkind: Deployment\napiVersion: v1\nmetadata: {name: *a11, labels: *a11}\nspec: {template: *a11}\n<<: *a11\n"
}

var hostile = map[string]string{
	"compose.yaml": bomb(), "k8s/bomb.yaml": bomb(), "docker-compose.yml": "services:\n  cart: &a\n    <<: *a\n    image: x\n", "k8s/deep.yaml": "kind: " + strings.Repeat("[", 100_000), "k8s/indent.yaml": "kind: x\n" + indents(3_000), "api/openapi.yaml": "openapi: 3\ninfo: &a\n  x: *a\n  title: [*a]\npaths: {}",
	"api/openapi.json": `{"openapi":"3","info":` + strings.Repeat("[", 50_000), "pom.xml": strings.Repeat("<a>", 80_000), "package.json": `{"workspaces":["../../../etc/*","**/**/**/[","!x"],"dependencies":{"":{}}}`, "Cargo.toml": "[workspace]\nmembers = [" + strings.Repeat("\"*\",", 20_000),
	"catalog-info.yaml": bomb() + "---\n\xff\xfe", ".github/CODEOWNERS": strings.Repeat("**/", 160) + "* @x\n* @" + strings.Repeat("y", 3_000), "README.md": strings.Repeat("[![", 30_000) + strings.Repeat("<h1>", 5_000), "x.proto": strings.Repeat("service A {", 10_000),
	"go.mod": "module \x00\xff", "a\nb/Dockerfile": "", "../etc/Dockerfile": "", "/abs/Dockerfile": "", "\xff/Dockerfile": "", strings.Repeat("d/", 200) + "Dockerfile": "", "\u202egnp.exe/Dockerfile": "FROM " + strings.Repeat("${", 5_000), "-rf/Dockerfile": "", "'; DROP TABLE x; --/Dockerfile": "",
	"charts/x/Chart.yaml": "name: {{ .x }}", "charts/x/values.yaml": bomb(), "charts/x/templates/d.yaml": strings.Repeat("{{", 50_000) + "\n" + strings.Repeat("{{ .Values.a.b }}\n", 5_000), "main.tf": strings.Repeat("resource \"aws_s3_bucket\" \"x\" {", 5_000), "settings.gradle": "include " + strings.Repeat("':a',\n", 20_000),
}

func indents(n int) string {
	var b strings.Builder
	for i := range n {
		b.WriteString(strings.Repeat(" ", i%700) + "a:\n")
	}
	return b.String()
}

// Whatever is in a tree, what comes out is valid: names, refs, YAML, lines.
func valid(t *testing.T, res *Result) {
	t.Helper()
	data, err := res.YAML()
	if err != nil {
		t.Fatal(err)
	}
	dec := yaml.NewDecoder(bytes.NewReader(data))
	for i := range res.Entities {
		e := &res.Entities[i]
		if e.DeclaredIn == "" {
			var doc struct {
				Kind     string
				Metadata struct{ Name, Title, Description string }
			}
			if err := dec.Decode(&doc); err != nil {
				t.Fatalf("%v in\n%s", err, data)
			}
			meta := e.Object["metadata"].(map[string]any)
			if doc.Kind != e.Kind || doc.Metadata.Name != e.Name || len(e.Name) > 63 || !nameRule.MatchString(e.Name) || meta["title"] != nil && doc.Metadata.Title != meta["title"] || meta["description"] != nil && doc.Metadata.Description != meta["description"] {
				t.Errorf("%+v came out as %+v", e.Object, doc)
			}
		}
		for _, ev := range e.Evidence {
			if ev.Field == "" || ev.Says == "" || ev.Line < 0 || strings.Contains(ev.File, "..") || !slices.Contains([]string{layer.Stated, layer.Likely, layer.Guess}, ev.Sure) {
				t.Errorf("%s: %+v", e.Ref, ev)
			}
		}
	}
	for _, l := range res.Layers() {
		if !json.Valid(l.Entity) || l.Ref == "" {
			t.Errorf("%+v", l)
		}
	}
	_ = res.Text()
}

func TestHostileTree(t *testing.T) {
	res := Look(Input{Tree: tree(hostile), Folder: "\x00", RemoteURL: "ssh://\x00", Description: "\x1b[31m", Topics: []string{"\n"}, Teams: []forge.Access{{Team: "\xff/.."}}})
	valid(t, res)
	without := with(hostile)
	delete(without, "catalog-info.yaml")
	valid(t, Look(Input{Tree: tree(without), Folder: "x"}))
	valid(t, Look(Input{Tree: Tree{Files: []File{{"go.mod", -1}, {"go.mod", 9}, {"", 0}}}}))
	evil := "yes: {a: [b]} # c 'd' \"e\" | > & * ! % @ `f` \u2028 g"
	valid(t, Look(Input{Tree: tree(map[string]string{"README.md": "# " + evil + "\n\n" + evil + "\n", "package.json": `{"description":"--- !!binary x\u0007 *a &b and more"}`}), Folder: "null"}))
}

// FuzzLook puts the same text into files of every kind, at odd places.
func FuzzLook(f *testing.F) {
	for _, text := range hostile {
		f.Add([]byte(text[:min(len(text), 2_000)]), "a/b")
	}
	for _, text := range parts {
		f.Add([]byte(text), "services/cart")
	}
	f.Add([]byte("apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: b}\nspec: {template: {spec: {containers: [{image: redis, env: [{name: A_HOST, value: 'http://b:1'}]}]}}}\n"), "b")
	kinds := []string{"go.mod", "go.work", "package.json", "pnpm-workspace.yaml", "lerna.json", "pom.xml", "build.gradle", "settings.gradle", "pyproject.toml", "setup.py", "requirements.txt", "Cargo.toml", "x.csproj", "x.sln", "composer.json", "Gemfile", "x.gemspec", "mix.exs", "pubspec.yaml", "serverless.yml",
		"Dockerfile", "compose.yaml", ".env", "skaffold.yaml", "azure.yaml", "Chart.yaml", "values.yaml", "templates/x.yaml", "k8s/x.yaml", "openapi.yaml", "openapi.json", "x.proto", "x.graphql", "main.tf", "CODEOWNERS", "README.md", "CHANGELOG.md", ".github/workflows/x.yml", "application.yml", "nginx.conf", "any.yaml"}
	f.Fuzz(func(t *testing.T, data []byte, dir string) {
		if len(data) > 20_000 {
			return
		}
		tr := Tree{Read: func(string) ([]byte, error) { return data, nil }}
		for _, k := range kinds {
			tr.Files = append(tr.Files, File{k, int64(len(data))}, File{dir + "/" + k, 0})
		}
		valid(t, Look(Input{Tree: tr, Folder: dir, RemoteURL: dir}))
		tr.Files = append(tr.Files, File{"catalog-info.yaml", 1}, File{dir + "/catalog-info.yaml", 1})
		valid(t, Look(Input{Tree: tr, Folder: dir}))
	})
}
