package infer

import (
	"encoding/json"
	"path"
	"regexp"
	"strconv"
	"strings"
)

// view answers questions about a tree.
type view struct {
	Tree
	byPath  map[string]bool
	byLower map[string]string // lower-case path → path
}

func newView(t Tree) *view {
	v := &view{Tree: t, byPath: make(map[string]bool, len(t.Files)), byLower: make(map[string]string, len(t.Files))}
	for _, f := range t.Files {
		v.byPath[f.Path] = true
		if l := strings.ToLower(f.Path); v.byLower[l] == "" {
			v.byLower[l] = f.Path
		}
	}
	return v
}

// first returns the first of the paths that is there, whatever its case.
func (v *view) first(paths ...string) string {
	for _, p := range paths {
		if found := v.byLower[strings.ToLower(p)]; found != "" {
			return found
		}
	}
	return ""
}

// matching returns the first path that satisfies ok, and how many do.
func (v *view) matching(ok func(p string) bool) (first string, count int) {
	for _, f := range v.Files {
		if ok(f.Path) {
			if count == 0 {
				first = f.Path
			}
			count++
		}
	}
	return first, count
}

func (v *view) text(p string) string {
	if p == "" {
		return ""
	}
	data, err := v.Read(p)
	if err != nil {
		return ""
	}
	return strings.ToValidUTF8(string(data), "")
}

// owner is the owner of everything by CODEOWNERS: the first team of the last rule for *, else its
// first user.
func (v *view) owner() (owner, file string, line int) {
	file = v.first(".github/CODEOWNERS", "CODEOWNERS", "docs/CODEOWNERS", ".gitlab/CODEOWNERS")
	n := 0
	for text := range strings.Lines(v.text(file)) {
		n++
		rule, _, _ := strings.Cut(text, "#")
		fields := strings.Fields(rule)
		if len(fields) < 2 || fields[0] != "*" && fields[0] != "**" && fields[0] != "/**" {
			continue
		}
		if o := ownerRef(fields[1:]); o != "" {
			owner, line = o, n
		}
	}
	return owner, file, line
}

func ownerRef(names []string) string {
	user := ""
	for _, n := range names {
		n, ok := strings.CutPrefix(n, "@")
		if !ok {
			continue // an e-mail address names nobody whom the catalog knows
		}
		if org, team, isTeam := strings.Cut(n, "/"); isTeam && org != "" && team != "" {
			return "group:" + strings.ToLower(CleanName(path.Base(team)))
		}
		if user == "" && n != "" {
			user = "user:" + strings.ToLower(CleanName(n))
		}
	}
	return user
}

// docs returns the file that shows that there is something to read.
func (v *view) docs() string {
	if f := v.first("mkdocs.yml", "mkdocs.yaml"); f != "" {
		return f
	}
	if f, n := v.matching(func(p string) bool { return strings.HasPrefix(p, "docs/") && path.Ext(p) == ".md" }); n > 0 {
		return f
	}
	return v.first("README.md")
}

var (
	tomlDescription = regexp.MustCompile(`(?m)^description\s*=\s*"([^"\n]{10,300})"`)
	pomDescription  = regexp.MustCompile(`(?s)<description>\s*([^<]{10,300}?)\s*</description>`)
)

// manifestDescription is what a root manifest says of itself.
func (v *view) manifestDescription() (text, file string) {
	if f := v.first("package.json"); f != "" {
		if p := parsePackage(v.text(f)); len(p.Description) >= 10 {
			return shorten(p.Description), f
		}
	}
	for _, m := range []struct {
		file string
		re   *regexp.Regexp
	}{{"pyproject.toml", tomlDescription}, {"Cargo.toml", tomlDescription}, {"pom.xml", pomDescription}} {
		if f := v.first(m.file); f != "" {
			if found := m.re.FindStringSubmatch(v.text(f)); found != nil {
				return shorten(strings.Join(strings.Fields(found[1]), " ")), f
			}
		}
	}
	return "", ""
}

type packageJSON struct {
	Description  string            `json:"description"`
	Private      bool              `json:"private"`
	Main         string            `json:"main"`
	Module       string            `json:"module"`
	Exports      json.RawMessage   `json:"exports"`
	Scripts      map[string]string `json:"scripts"`
	Dependencies map[string]any    `json:"dependencies"`
	Development  map[string]any    `json:"devDependencies"`
}

func parsePackage(text string) (p packageJSON) {
	if err := json.Unmarshal([]byte(text), &p); err != nil {
		return packageJSON{}
	}
	return p
}

func (p packageJSON) uses(names ...string) string {
	for _, n := range names {
		if _, ok := p.Dependencies[n]; ok {
			return n
		}
		if _, ok := p.Development[n]; ok {
			return n
		}
	}
	return ""
}

// kind guesses the component's type, with the evidence. "" means that nothing hints at one.
func (v *view) kind() (kind, evidence string) {
	container := v.container()
	service := func(program string) (string, string) {
		if container != "" {
			return "service", both(program, container)
		}
		return "tool", program
	}
	if f := v.first("go.mod"); f != "" {
		program, n := v.matching(func(p string) bool {
			return p == "main.go" || strings.HasPrefix(p, "cmd/") && (path.Base(p) == "main.go" || strings.Count(p, "/") == 1 && path.Ext(p) == ".go")
		})
		if n > 0 {
			return service(program)
		}
		if container == "" {
			return "library", f + ", no main package"
		}
		return "service", both(f, container)
	}
	if f := v.first("package.json"); f != "" {
		p := parsePackage(v.text(f))
		server := p.uses("express", "fastify", "koa", "@nestjs/core", "@hapi/hapi", "hono")
		page := p.uses("next", "nuxt", "gatsby", "astro", "@angular/core", "react-dom", "vue", "svelte", "@docusaurus/core", "vitepress")
		switch {
		case server != "":
			return "service", f + " depends on " + server
		case page != "" && (container != "" || p.Private || p.Scripts["start"] != "" || p.Scripts["dev"] != ""):
			return "website", f + " depends on " + page
		case container != "":
			return "service", both(f, container)
		case p.Main != "" || p.Module != "" || len(p.Exports) > 0:
			return "library", f + " exports a module"
		}
	}
	if f := v.first("pom.xml", "build.gradle", "build.gradle.kts"); f != "" {
		text := v.text(f)
		switch {
		case strings.Contains(text, "spring-boot") || strings.Contains(text, "quarkus") || strings.Contains(text, "micronaut"):
			return "service", both(f, container)
		case container != "":
			return "service", both(f, container)
		case text != "":
			return "library", f
		}
	}
	if f := v.first("Cargo.toml"); f != "" {
		if program := v.first("src/main.rs"); program != "" {
			return service(program)
		}
		if lib := v.first("src/lib.rs"); lib != "" {
			return "library", lib
		}
	}
	if f := v.first("pyproject.toml", "setup.py", "requirements.txt", "Pipfile"); f != "" {
		if program := v.first("manage.py", "app.py", "main.py", "wsgi.py", "app/main.py"); container != "" || program != "" {
			return "service", both(f, both(program, container))
		}
		if f != "requirements.txt" {
			return "library", f
		}
	}
	if container != "" {
		return "service", container
	}
	if f := v.first("docusaurus.config.js", "docusaurus.config.ts", "hugo.toml", "_config.yml", "index.html"); f != "" {
		return "website", f
	}
	if f, n := v.matching(func(p string) bool { return strings.HasSuffix(p, ".gemspec") || strings.HasSuffix(p, ".nuspec") }); n > 0 {
		return "library", f
	}
	return "", ""
}

// both joins two pieces of evidence, one of which may be missing.
func both(a, b string) string {
	if a == "" || b == "" {
		return a + b
	}
	return a + ", " + b
}

// container is the evidence that the repository is deployed: an image, a chart, manifests.
func (v *view) container() string {
	rules := []func(p string) bool{
		func(p string) bool {
			b := strings.ToLower(path.Base(p))
			return b == "dockerfile" || b == "containerfile" || strings.HasPrefix(b, "dockerfile.") && !strings.HasSuffix(b, "ignore")
		},
		func(p string) bool { return path.Base(p) == "Chart.yaml" },
		func(p string) bool {
			switch path.Base(p) {
			case "compose.yaml", "compose.yml", "docker-compose.yaml", "docker-compose.yml", "skaffold.yaml", "kustomization.yaml":
				return true
			}
			return false
		},
	}
	for _, ok := range rules {
		first, n := v.matching(func(p string) bool { return !aside(p) && ok(p) })
		switch {
		case n == 1:
			return first
		case n > 1:
			return first + " and " + strconv.Itoa(n-1) + " more"
		}
	}
	return ""
}

// aside is true below folders that are not what the repository is about.
func aside(p string) bool {
	for dir := range strings.SplitSeq(path.Dir(p), "/") {
		switch strings.ToLower(dir) {
		case ".devcontainer", "example", "examples", "test", "tests", "testdata", "hack", "ci", ".github", ".ci", "node_modules", "vendor", "third_party":
			return true
		}
	}
	return false
}
