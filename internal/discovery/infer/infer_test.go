package infer

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.yaml.in/yaml/v4"

	"portico/internal/testenv"
)

// tree is a tree in memory.
func tree(files map[string]string) Tree {
	t := Tree{Read: func(p string) ([]byte, error) {
		if data, ok := files[p]; ok {
			return []byte(data), nil
		}
		return nil, errors.New("absent")
	}}
	for p, data := range files {
		t.Files = append(t.Files, File{p, int64(len(data))})
	}
	return t
}

func TestKind(t *testing.T) {
	tests := []struct {
		name, want, evidence string
		files                map[string]string
	}{
		{"go service", "service", "cmd/api/main.go, Dockerfile", map[string]string{"go.mod": "", "cmd/api/main.go": "", "Dockerfile": ""}},
		{"go tool", "tool", "main.go", map[string]string{"go.mod": "", "main.go": ""}},
		{"go library", "library", "go.mod, no main package", map[string]string{"go.mod": "", "x.go": "", "internal/y.go": ""}},
		{"an example's image is no deployment", "library", "go.mod, no main package", map[string]string{"go.mod": "", "examples/Dockerfile": ""}},
		{"react page", "website", "package.json depends on react-dom", map[string]string{"package.json": `{"private":true,"dependencies":{"react-dom":"1"}}`}},
		{"react components", "library", "package.json exports a module", map[string]string{"package.json": `{"main":"index.js","devDependencies":{"react-dom":"1"}}`}},
		{"express", "service", "package.json depends on express", map[string]string{"package.json": `{"dependencies":{"express":"4","react-dom":"1"}}`}},
		{"node module", "library", "package.json exports a module", map[string]string{"package.json": `{"exports":{".":"x"}}`}},
		{"broken manifest", "", "", map[string]string{"package.json": `{`}},
		{"spring", "service", "pom.xml", map[string]string{"pom.xml": "<artifactId>spring-boot-starter</artifactId>"}},
		{"java library", "library", "build.gradle", map[string]string{"build.gradle": "plugins {}"}},
		{"rust", "tool", "src/main.rs", map[string]string{"Cargo.toml": "", "src/main.rs": ""}},
		{"crate", "library", "src/lib.rs", map[string]string{"Cargo.toml": "", "src/lib.rs": ""}},
		{"django", "service", "requirements.txt, manage.py, Dockerfile", map[string]string{"requirements.txt": "", "manage.py": "", "Dockerfile": ""}},
		{"python package", "library", "pyproject.toml", map[string]string{"pyproject.toml": ""}},
		{"many images", "service", "src/a/Dockerfile and 1 more", map[string]string{"src/a/Dockerfile": "", "src/b/Dockerfile": ""}},
		{"site", "website", "hugo.toml", map[string]string{"hugo.toml": ""}},
		{"nothing", "", "", map[string]string{"README.md": ""}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			tr := tree(tt.files)
			// The order of names is the tree's promise.
			for i := range tr.Files {
				for j := range i {
					if tr.Files[i].Path < tr.Files[j].Path {
						tr.Files[i], tr.Files[j] = tr.Files[j], tr.Files[i]
					}
				}
			}
			if got, evidence := newView(tr).kind(); got != tt.want || evidence != tt.evidence {
				t.Errorf("got %q by %q, want %q by %q", got, evidence, tt.want, tt.evidence)
			}
		})
	}
}

func TestReadme(t *testing.T) {
	tests := []struct {
		name, in, title, text string
		titleLine, textLine   int
	}{
		{"plain", "# Ledger\n\nBooks every payment of the ferry company.\n\nMore.\n", "Ledger", "Books every payment of the ferry company.", 1, 3},
		{"badges first", "# Ledger\n[![CI](a.svg)](b) ![x](y)\n\n[![CI][ci]][ci-url]\n\nBooks every **payment** of the [ferry](x) company.", "Ledger", "Books every payment of the ferry company.", 1, 6},
		{"html head", "<!-- generated\nby x -->\n<h1 align=\"center\">\n  <img src=\"x\"> Ledger\n</h1>\n<p align=\"center\">Books every <b>payment</b> &amp; refund there is.</p>\n", "Ledger", "Books every payment & refund there is.", 3, 6},
		{"underlined", "Ledger\n======\n\nBooks every payment of the\nferry company.\n", "Ledger", "Books every payment of the ferry company.", 1, 4},
		{"front matter", "---\ntitle: no\n---\n\n# Yes\n\nBooks every payment of the ferry company.", "Yes", "Books every payment of the ferry company.", 5, 7},
		{"code, list and quote are no prose", "# T\n\n```\nnot this one at all here\n```\n\n- nor this one at all here\n\n> nor this one at all here\n\n| a | b |\n\nBut this is the paragraph.", "T", "But this is the paragraph.", 1, 13},
		{"menu", "# T\n\n[Docs](a) | [Demo](b) | [Chat](c) | more here too\n\nThis is the real paragraph.", "T", "This is the real paragraph.", 1, 5},
		{"no heading", "This is a paragraph without heading.", "", "This is a paragraph without heading.", 0, 1},
		{"section only", "## Setup\n\nRun this and then run that.", "", "Run this and then run that.", 0, 3},
		{"crlf and control characters", "# T\r\n\r\nOne \x1b[31mtwo three\x00 four five.\r\n", "T", "One [31mtwo three four five.", 1, 3},
		{"empty", "", "", "", 0, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := parseReadme(tt.in)
			want := readme{title: tt.title, text: tt.text, titleLine: tt.titleLine, textLine: tt.textLine}
			if diff := cmp.Diff(want, got, cmp.AllowUnexported(readme{})); diff != "" {
				t.Error(diff)
			}
		})
	}
	long := parseReadme(strings.Repeat("many words here ", 100))
	if n := len([]rune(long.text)); n > 301 || !strings.HasSuffix(long.text, "…") {
		t.Errorf("a long paragraph came out with %d characters: %q", n, long.text)
	}
}

func TestOwner(t *testing.T) {
	tests := []struct {
		in, want string
		line     int
	}{
		{"* @org/payments-team", "group:payments-team", 1},
		{"# all\n*.js @org/web\n*  @ann @org/core # x\n", "group:core", 3},
		{"* @org/first\n* @org/last\n", "group:last", 2},
		{"* @Ann-Lee @bob", "user:ann-lee", 1},
		{"* @group/sub/team", "group:team", 1},
		{"* ann@example.com", "", 0},
		{"*.go @org/x", "", 0},
		{"*", "", 0},
		{"", "", 0},
	}
	for _, tt := range tests {
		owner, _, line := newView(tree(map[string]string{".github/CODEOWNERS": tt.in})).owner()
		if owner != tt.want || line != tt.line {
			t.Errorf("%q: got %q in line %d, want %q in %d", tt.in, owner, line, tt.want, tt.line)
		}
	}
}

var nameRule = regexp.MustCompile(`^([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]$`)

func TestNamesAndSlugs(t *testing.T) {
	for in, want := range map[string]string{
		"payments": "payments", "Payments API (v2)": "Payments-API-v2", "--x--": "x", ".hidden": "hidden", "é": "repository", "": "repository",
		"a  b": "a-b", "r.git": "r", strings.Repeat("long-", 20): strings.TrimSuffix(strings.Repeat("long-", 20)[:63], "-"),
	} {
		got := CleanName(in)
		if got != want || !nameRule.MatchString(got) || len(got) > 63 {
			t.Errorf("CleanName(%q) = %q, want %q", in, got, want)
		}
	}
	for in, want := range map[string][2]string{
		"https://github.com/o/r.git":             {"github.com", "o/r"},
		"git@github.com:o/r.git":                 {"github.com", "o/r"},
		"ssh://git@Git.example.com:22/g/s/r.git": {"git.example.com", "g/s/r"},
		"https://git.example.com:8443/o/r/":      {"git.example.com:8443", "o/r"},
		"https://github.com/o":                   {"", ""},
		"https://github.com/o/../r":              {"", ""},
		"https://github.com/o/r<script>":         {"", ""},
		"":                                       {"", ""},
	} {
		if host, slug := Slug(in); host != want[0] || slug != want[1] {
			t.Errorf("Slug(%q) = %q, %q; want %v", in, host, slug, want)
		}
	}
}

func TestLook(t *testing.T) {
	e := Look(Input{
		Tree: tree(map[string]string{
			"go.mod": "", "main.go": strings.Repeat("x", 900), "web/app.ts": strings.Repeat("x", 300), "x.pb.go": strings.Repeat("x", 9000), "Dockerfile": "", "tiny.sh": "x",
			"README.md": "# The ledger\n\nBooks every payment of the ferry company.", "CODEOWNERS": "* @marrowby/payments", "docs/index.md": "# x",
		}),
		Folder: "folder", RemoteURL: "git@github.com:marrowby/ledger.git", SourceLocation: "file:/srv/ledger/",
	})
	want := &Entity{
		Name: "ledger", Title: "The ledger", Description: "Books every payment of the ferry company.",
		Type: "service", Lifecycle: "unknown", Owner: "group:payments", Tags: []string{"go", "typescript"},
		RepositoryURL: "https://github.com/marrowby/ledger",
		Annotations: map[string]string{
			"github.com/project-slug": "marrowby/ledger", "portico.dev/languages": "Go 75%, TypeScript 25%", "portico.dev/owner-inferred": "true",
			"backstage.io/techdocs-ref": "dir:.", "backstage.io/source-location": "file:/srv/ledger/", "portico.dev/inferred": "true",
		},
		Evidence: map[string]string{
			"metadata.name": "the remote origin", "metadata.title": "README.md:1", "metadata.description": "README.md:3", "metadata.tags": "1 .go files",
			"spec.type": "main.go, Dockerfile", "spec.owner": "CODEOWNERS:1", "metadata.annotations.backstage.io/techdocs-ref": "docs/index.md",
		},
	}
	if diff := cmp.Diff(want, e); diff != "" {
		t.Error(diff)
	}
	bare := Look(Input{Tree: tree(nil), Folder: "x y"})
	if bare.Name != "x-y" || bare.Owner != "unknown" || bare.Type != "other" || bare.Annotations["portico.dev/owner-inferred"] != "false" {
		t.Errorf("an empty repository: %+v", bare)
	}
}

// Whatever a README and the file names say, the result is YAML that holds it as text.
func TestYAMLHoldsAnyText(t *testing.T) {
	evil := "yes: {a: [b]} # c 'd' \"e\" | > & * ! % @ `f` \u2028 g"
	e := &Entity{Name: "null", Title: evil, Description: evil + "\n---\nkind: User", Type: "1e3", Lifecycle: "true", Owner: "user:no", Tags: []string{"c++", "f#"},
		Annotations: map[string]string{"a": evil}, Evidence: map[string]string{"spec.type": evil}}
	data, err := e.YAML()
	if err != nil {
		t.Fatal(err)
	}
	var got struct {
		Metadata struct{ Name, Title, Description string }
		Spec     struct{ Type, Lifecycle string }
	}
	if err := yaml.Unmarshal(data, &got); err != nil {
		t.Fatalf("%v in\n%s", err, data)
	}
	if got.Metadata.Name != "null" || got.Metadata.Title != evil || got.Metadata.Description != e.Description || got.Spec.Type != "1e3" || got.Spec.Lifecycle != "true" {
		t.Errorf("read back: %+v from\n%s", got, data)
	}
}

// The nine real repositories: what a person would say of each at a glance.
func TestRealRepositories(t *testing.T) {
	dir := testenv.Shared(t, "corpus", "repos")
	want := map[string]struct{ kind, language, owner string }{
		"Azure-Samples__aks-store-demo":                    {"service", "", ""},
		"GoogleCloudPlatform__bank-of-anthos":              {"service", "", "group:"},
		"GoogleCloudPlatform__microservices-demo":          {"service", "", "group:"},
		"instana__robot-shop":                              {"service", "", ""},
		"open-telemetry__opentelemetry-demo":               {"service", "", "group:"},
		"prometheus__alertmanager":                         {"service", "go", "group:"},
		"spring-petclinic__spring-petclinic-microservices": {"service", "java", ""},
		"stefanprodan__podinfo":                            {"service", "go", ""},
		"usememos__memos":                                  {"service", "typescript", ""},
	}
	for name, w := range want {
		t.Run(name, func(t *testing.T) {
			root := filepath.Join(dir, name)
			in := Input{Folder: name, Tree: Tree{Read: func(p string) ([]byte, error) { return os.ReadFile(filepath.Join(root, p)) }}}
			err := filepath.WalkDir(root, func(p string, d fs.DirEntry, err error) error {
				if err != nil || d.IsDir() {
					return err
				}
				info, err := d.Info()
				if err != nil {
					return err
				}
				rel, _ := filepath.Rel(root, p)
				in.Files = append(in.Files, File{filepath.ToSlash(rel), info.Size()})
				return nil
			})
			if err != nil {
				t.Fatal(err)
			}
			e := Look(in)
			data, err := e.YAML()
			if err != nil {
				t.Fatal(err)
			}
			t.Logf("%s", data)
			if e.Type != w.kind || !strings.HasPrefix(e.Owner, w.owner) || !nameRule.MatchString(e.Name) || len(e.Description) < 30 || len(e.Tags) == 0 {
				t.Errorf("got type %s, owner %s, tags %v, description %q", e.Type, e.Owner, e.Tags, e.Description)
			}
			if w.language != "" && e.Tags[0] != w.language {
				t.Errorf("got language %s, want %s", e.Tags[0], w.language)
			}
			if strings.ContainsAny(e.Description, "<>[]") {
				t.Errorf("markup is left in the description: %q", e.Description)
			}
		})
	}
}
