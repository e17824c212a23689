package infer

import (
	"encoding/json"
	"path"
	"regexp"
	"sort"
	"strings"

	"portico/internal/catalog/layer"
)

// spot is where a fact was seen, and what it says.
type spot struct {
	file string
	line int
	says string
	sure string
}

func (s spot) seen() bool { return s.file != "" }

// project is what one build file says.
type project struct {
	dir, file, tool string
	name            string
	nameLine        int
	about           string // its own description
	aboutLine       int
	kind            string // of the component, "" where the file does not tell
	why             spot
	members         []string // folders, or patterns of folders, of the workspace that it is the head of
	memberLine      int
	deps            map[string]int // names of what it depends on → line
	published       bool           // meant for a registry
	released        spot           // a version of 1.0.0 or more
	solution        bool           // names others, and is no project itself
}

// projects finds what the build files say, in the order of their paths.
func (v *view) projects() []*project {
	var list []*project
	for _, file := range v.chosen[forBuild] {
		p := &project{dir: path.Dir(file), file: file, deps: map[string]int{}}
		text, base := v.text(file), strings.ToLower(path.Base(file))
		switch {
		case base == "go.mod":
			p.golang(text)
		case base == "go.work":
			p.goWork(text)
		case base == "package.json":
			p.npm(text)
		case base == "pnpm-workspace.yaml":
			p.pnpm(text)
		case base == "lerna.json":
			p.lerna(text)
		case base == "pom.xml":
			p.maven(text)
		case strings.HasPrefix(base, "build.gradle"):
			p.gradle(text)
		case strings.HasPrefix(base, "settings.gradle"):
			p.gradleSettings(text)
		case base == "pyproject.toml", base == "setup.py", base == "setup.cfg", base == "requirements.txt", base == "pipfile":
			p.python(base, text)
		case base == "cargo.toml":
			p.cargo(text)
		case strings.HasSuffix(base, "proj"):
			p.dotnet(text)
		case strings.HasSuffix(base, ".sln"), strings.HasSuffix(base, ".slnx"):
			p.tool, p.solution = "dotnet", true
			p.sln(text)
		default:
			p.other(base, text)
		}
		list = append(list, p)
	}
	return list
}

// is notes the kind of component and why.
func (p *project) is(kind string, line int, says, sure string) {
	if p.kind == "" {
		p.kind, p.why = kind, spot{p.file, line, says, sure}
	}
}

// hint is a dependency that tells what something is.
type hint struct{ dep, kind string }

// byDeps takes the first of the hints that the project depends on. Hints end in "/" or "*" where a beginning is enough.
func (p *project) byDeps(hints []hint) {
	names := make([]string, 0, len(p.deps))
	for d := range p.deps {
		names = append(names, d)
	}
	sort.Strings(names)
	for _, h := range hints {
		start, open := strings.CutSuffix(h.dep, "*")
		for _, d := range names {
			if d == h.dep || open && strings.HasPrefix(d, start) {
				p.is(h.kind, p.deps[d], "depends on "+d, layer.Likely)
				return
			}
		}
	}
}

func (p *project) describe(text string, line int) {
	text = plain(text)
	if len(text) >= 10 && p.about == "" && !strings.EqualFold(text, p.name) && !strings.Contains(text, "${") {
		p.about, p.aboutLine = shorten(text), line
	}
}

var firstVersion = regexp.MustCompile(`^v?([1-9]\d*)\.\d+(\.\d+)?$`)

func (p *project) version(v string, line int) {
	if firstVersion.MatchString(v) {
		p.released = spot{p.file, line, "has version " + v, layer.Likely}
	}
}

var (
	goModule  = regexp.MustCompile(`(?m)^module\s+"?([^\s"]+)"?`)
	goRequire = regexp.MustCompile(`(?m)^(?:require)?\s+([A-Za-z0-9][A-Za-z0-9._~/-]*\.[A-Za-z0-9._~/-]+)\s+v[0-9]`)
	goUse     = regexp.MustCompile(`(?m)^(?:use)?\s+(\.\.?/[^\s()]+)`)
	goMajor   = regexp.MustCompile(`^v[0-9]+$`)
)

func (p *project) golang(text string) {
	p.tool = "go"
	if m := goModule.FindStringSubmatchIndex(text); m != nil {
		p.name, p.nameLine = text[m[2]:m[3]], lineAt(text, m[2])
		if base := path.Base(p.name); goMajor.MatchString(base) {
			p.name = path.Dir(p.name)
		}
	}
	for _, m := range goRequire.FindAllStringSubmatchIndex(text, maxItems) {
		l := lineAt(text, m[2])
		if !strings.Contains(lineText(text, m[2]), "// indirect") {
			p.deps[text[m[2]:m[3]]] = l
		}
	}
}

func lineText(text string, at int) string {
	rest := text[at:]
	if i := strings.IndexByte(rest, '\n'); i >= 0 {
		return rest[:i]
	}
	return rest
}

func (p *project) goWork(text string) {
	p.tool, p.solution = "go", true
	for _, m := range goUse.FindAllStringSubmatch(text, maxParts) {
		p.member(m[1], lineOf(text, m[1]))
	}
}

// member adds a folder of the workspace, or a pattern of folders.
func (p *project) member(dir string, line int) {
	dir = path.Join(p.dir, strings.TrimSuffix(strings.ReplaceAll(dir, `\`, "/"), "/"))
	if dir == p.dir || strings.HasPrefix(dir, "..") || len(p.members) >= maxItems {
		return
	}
	p.members = append(p.members, dir)
	if p.memberLine == 0 {
		p.memberLine = line
	}
}

type packageJSON struct {
	Name         string                     `json:"name"`
	Description  string                     `json:"description"`
	Version      string                     `json:"version"`
	Private      bool                       `json:"private"`
	Main         string                     `json:"main"`
	Module       string                     `json:"module"`
	Bin          json.RawMessage            `json:"bin"`
	Exports      json.RawMessage            `json:"exports"`
	Workspaces   json.RawMessage            `json:"workspaces"`
	Scripts      map[string]json.RawMessage `json:"scripts"`
	Dependencies map[string]json.RawMessage `json:"dependencies"`
	Development  map[string]json.RawMessage `json:"devDependencies"`
}

var (
	npmServers = []hint{{"@nestjs/core", "service"}, {"express", "service"}, {"fastify", "service"}, {"koa", "service"}, {"@hapi/hapi", "service"}, {"hono", "service"}, {"restify", "service"}, {"@grpc/grpc-js", "service"}, {"grpc", "service"}, {"apollo-server*", "service"}, {"@apollo/server", "service"}}
	npmMobile  = []hint{{"expo", "mobile-app"}, {"react-native", "mobile-app"}, {"@capacitor/core", "mobile-app"}, {"@ionic/*", "mobile-app"}}
	npmDocs    = []hint{{"@docusaurus/core", "documentation"}, {"vitepress", "documentation"}, {"@vuepress/*", "documentation"}, {"vuepress", "documentation"}, {"nextra", "documentation"}}
	npmFull    = []hint{{"next", "website"}, {"nuxt", "website"}, {"gatsby", "website"}, {"astro", "website"}, {"@angular/core", "website"}, {"@sveltejs/kit", "website"}, {"@remix-run/react", "website"}}
	npmPages   = []hint{{"react-dom", "website"}, {"vue", "website"}, {"svelte", "website"}, {"preact", "website"}, {"solid-js", "website"}, {"ember-source", "website"}, {"elm*", "website"}, {"jquery", "website"}}
)

func (p *project) npm(text string) {
	p.tool = "npm"
	var j packageJSON
	if json.Unmarshal([]byte(text), &j) != nil {
		return
	}
	if j.Name != "" {
		p.name, p.nameLine = j.Name, lineOf(text, `"name"`)
	}
	p.describe(j.Description, lineOf(text, `"description"`))
	for _, deps := range []map[string]json.RawMessage{j.Dependencies, j.Development} {
		for d := range deps {
			if len(p.deps) < maxItems {
				p.deps[d] = lineOf(text, `"`+d+`"`)
			}
		}
	}
	var list []string
	if json.Unmarshal(j.Workspaces, &list) != nil {
		var packages struct {
			Packages []string `json:"packages"`
		}
		_ = json.Unmarshal(j.Workspaces, &packages)
		list = packages.Packages
	}
	for _, w := range list {
		p.member(w, lineOf(text, `"workspaces"`))
	}
	exports := j.Main != "" || j.Module != "" || len(j.Exports) > 0
	p.published = !j.Private && (exports || len(j.Bin) > 0) && j.Name != ""
	if !j.Private {
		p.version(j.Version, lineOf(text, `"version"`))
	}
	runs := j.Private || j.Scripts["start"] != nil || j.Scripts["dev"] != nil || j.Scripts["serve"] != nil
	used := func(list []hint, only map[string]json.RawMessage) {
		for _, h := range list {
			if start, open := strings.CutSuffix(h.dep, "*"); open {
				for d := range only {
					if strings.HasPrefix(d, start) {
						p.byDeps([]hint{h})
						break
					}
				}
			} else if _, ok := only[h.dep]; ok {
				p.byDeps([]hint{h})
			}
		}
	}
	used(npmMobile, j.Dependencies)
	used(npmDocs, j.Dependencies)
	used(npmFull, j.Dependencies)
	used(npmServers, j.Dependencies)
	if runs {
		used(npmPages, j.Dependencies)
		used(npmPages, j.Development)
		used(npmDocs, j.Development)
		used(npmFull, j.Development)
	}
	switch {
	case len(j.Bin) > 0:
		p.is("tool", lineOf(text, `"bin"`), "installs a command", layer.Likely)
	case exports && !j.Private && len(p.members) == 0:
		p.is("library", max(lineOf(text, `"exports"`), lineOf(text, `"module"`), lineOf(text, `"main"`)), "exports a module", layer.Likely)
	}
}

func (p *project) pnpm(text string) {
	p.tool, p.solution = "npm", true
	for _, d := range documents(text) {
		for _, m := range items(get(d, "packages")) {
			p.member(str(m), line(m))
		}
	}
}

func (p *project) lerna(text string) {
	p.tool, p.solution = "npm", true
	var j struct {
		Packages []string `json:"packages"`
	}
	_ = json.Unmarshal([]byte(text), &j)
	for _, m := range j.Packages {
		p.member(m, lineOf(text, `"packages"`))
	}
}
