package infer

import (
	"encoding/json"
	"path"
	"regexp"
	"strings"

	"portico/internal/catalog/layer"
)

var pyHints = []hint{
	{"locust", "tool"}, {"mkdocs", "documentation"}, {"mkdocs-material", "documentation"}, {"sphinx", ""},
	{"django", "service"}, {"flask", "service"}, {"fastapi", "service"}, {"starlette", "service"}, {"tornado", "service"}, {"aiohttp", ""}, {"sanic", "service"}, {"falcon", "service"}, {"grpcio", "service"}, {"uvicorn", "service"}, {"gunicorn", "service"}, {"uwsgi", "service"}, {"streamlit", "website"}, {"gradio", "website"}, {"chainlit", "website"},
}

var pyRequirement = regexp.MustCompile(`^\s*([A-Za-z0-9][A-Za-z0-9._-]*)\s*(?:\[[^\]]*\])?\s*(?:[=<>~!;@ ]|$)`)

func (p *project) python(base, text string) {
	p.tool = "python"
	requirement := func(s string, line int) {
		if m := pyRequirement.FindStringSubmatch(s); m != nil && len(p.deps) < maxItems {
			p.deps[strings.ToLower(m[1])] = line
		}
	}
	switch base {
	case "requirements.txt":
		n := 0
		for l := range strings.Lines(text) {
			n++
			requirement(strings.TrimRight(l, "\n"), n)
		}
	case "pyproject.toml", "pipfile":
		for _, e := range tomlEntries(text) {
			switch {
			case (e.table == "project" || e.table == "tool.poetry") && e.key == "name":
				p.name, p.nameLine = firstQuoted(e.value), e.line
			case (e.table == "project" || e.table == "tool.poetry") && e.key == "description":
				p.describe(firstQuoted(e.value), e.line)
			case (e.table == "project" || e.table == "tool.poetry") && e.key == "version":
				p.version(firstQuoted(e.value), e.line)
			case e.table == "project" && e.key == "dependencies":
				for _, d := range unquoted(e.value) {
					requirement(d, e.line)
				}
			case strings.HasSuffix(e.table, "dependencies") || e.table == "packages":
				p.deps[strings.ToLower(e.key)] = e.line
			case e.table == "project.scripts" || e.table == "tool.poetry.scripts":
				p.deps["[scripts]"] = e.line
			case e.table == "tool.uv.workspace" && e.key == "members":
				for _, m := range unquoted(e.value) {
					p.member(m, e.line)
				}
			case e.table == "build-system" && e.key == "build-backend":
				p.published = true
			}
		}
	default: // setup.py, setup.cfg
		p.published = true
		for _, q := range unquoted(text) {
			requirement(q, lineOf(text, q))
		}
	}
	p.byDeps(pyHints)
	if l := p.deps["[scripts]"]; l > 0 {
		p.is("tool", l, "installs a command", layer.Likely)
	}
	if p.published && p.kind == "" {
		p.is("library", 0, "is built as a package", layer.Likely)
	}
}

var rustHints = []hint{{"actix-web", "service"}, {"axum", "service"}, {"rocket", "service"}, {"warp", "service"}, {"tonic", "service"}, {"poem", "service"}, {"clap", "tool"}, {"structopt", "tool"}}

func (p *project) cargo(text string) {
	p.tool = "cargo"
	pkg := false
	for _, e := range tomlEntries(text) {
		switch {
		case e.table == "package" && e.key == "name":
			pkg = true
			p.name, p.nameLine = firstQuoted(e.value), e.line
		case e.table == "package" && e.key == "description":
			p.describe(firstQuoted(e.value), e.line)
		case e.table == "package" && e.key == "version":
			p.version(firstQuoted(e.value), e.line)
		case e.table == "package" && e.key == "publish":
			p.deps["[publish]"] = e.line
		case e.table == "workspace" && e.key == "members":
			for _, m := range unquoted(e.value) {
				p.member(m, e.line)
			}
		case strings.HasSuffix(e.table, "dependencies"):
			p.deps[e.key] = e.line
		}
	}
	p.solution = text != "" && !pkg
	p.byDeps(rustHints)
}

var (
	csReference = regexp.MustCompile(`<(?:Package|Framework)Reference\s+Include="([^"]+)"`)
	csProject   = regexp.MustCompile(`<ProjectReference\s+Include="([^"]+)"`)
	slnProject  = regexp.MustCompile(`(?:Project\("[^"]*"\)\s*=\s*"[^"]*",\s*|<Project\s+Path=)"([^"]+proj)"`)
)

func (p *project) dotnet(text string) {
	p.tool = "dotnet"
	p.name = strings.TrimSuffix(path.Base(p.file), path.Ext(p.file))
	for _, m := range csReference.FindAllStringSubmatchIndex(text, maxItems) {
		p.deps[text[m[2]:m[3]]] = lineAt(text, m[2])
	}
	for _, m := range csProject.FindAllStringSubmatchIndex(text, maxItems) {
		base := path.Base(strings.ReplaceAll(text[m[2]:m[3]], `\`, "/"))
		p.deps[strings.TrimSuffix(base, path.Ext(base))] = lineAt(text, m[2])
	}
	switch {
	case strings.Contains(text, "Microsoft.NET.Sdk.BlazorWebAssembly"):
		p.is("website", lineOf(text, "Microsoft.NET.Sdk.BlazorWebAssembly"), "is a Blazor application", layer.Likely)
	case strings.Contains(text, "Microsoft.NET.Sdk.Web"):
		p.is("service", lineOf(text, "Microsoft.NET.Sdk.Web"), "is built with the web SDK", layer.Likely)
	case strings.Contains(text, "Microsoft.NET.Sdk.Worker"):
		p.is("service", lineOf(text, "Microsoft.NET.Sdk.Worker"), "is built as a worker", layer.Likely)
	case strings.Contains(text, "<OutputType>Exe"):
		p.is("tool", lineOf(text, "<OutputType>Exe"), "is built as a program", layer.Guess)
	case strings.Contains(text, "<IsPackable>true") || strings.Contains(text, "<PackageId>"):
		p.published = true
		p.is("library", max(lineOf(text, "<IsPackable>true"), lineOf(text, "<PackageId>")), "is built as a package", layer.Likely)
	}
	p.byDeps([]hint{{"Microsoft.Maui*", "mobile-app"}, {"Microsoft.AspNetCore*", "service"}, {"Grpc.AspNetCore", "service"}})
}

func (p *project) sln(text string) {
	for _, m := range slnProject.FindAllStringSubmatchIndex(text, maxParts) {
		if f := strings.ReplaceAll(text[m[2]:m[3]], `\`, "/"); !strings.Contains(strings.ToLower(f), "test") {
			p.member(path.Dir(f), lineAt(text, m[2]))
		}
	}
}

var (
	rubyGem      = regexp.MustCompile(`(?m)^\s*gem\s*[( ]\s*["']([A-Za-z0-9_-]+)`)
	gemSummary   = regexp.MustCompile(`(?m)\.(?:summary|description)\s*=\s*["']([^"'\n]{10,300})["']`)
	mixDep       = regexp.MustCompile(`\{:([a-z0-9_]+),`)
	serverlessFn = regexp.MustCompile(`(?m)^functions:`)
)

// other reads build files that say little.
func (p *project) other(base, text string) {
	find := func(re interface {
		FindAllStringSubmatchIndex(string, int) [][]int
	}) {
		for _, m := range re.FindAllStringSubmatchIndex(text, 500) {
			p.deps[text[m[2]:m[3]]] = lineAt(text, m[2])
		}
	}
	switch {
	case base == "composer.json":
		p.tool = "composer"
		var j struct {
			Name, Description, Type string
			Require                 map[string]json.RawMessage
		}
		if json.Unmarshal([]byte(text), &j) == nil {
			p.name, p.nameLine = j.Name, lineOf(text, `"name"`)
			p.describe(j.Description, lineOf(text, `"description"`))
			for d := range j.Require {
				p.deps[d] = lineOf(text, `"`+d+`"`)
			}
			p.byDeps([]hint{{"laravel/framework", "service"}, {"symfony/framework-bundle", "service"}, {"symfony/http-kernel", "service"}, {"slim/slim", "service"}, {"laminas/*", "service"}, {"yiisoft/yii2", "service"}, {"drupal/core*", "website"}})
			if j.Type == "library" {
				p.published = true
				p.is("library", lineOf(text, `"type"`), "is a package of type library", layer.Stated)
			}
		}
	case base == "gemfile":
		p.tool = "ruby"
		find(rubyGem)
		p.byDeps([]hint{{"rails", "service"}, {"sinatra", "service"}, {"hanami", "service"}, {"grape", "service"}, {"jekyll", "website"}, {"github-pages", "website"}})
	case strings.HasSuffix(base, ".gemspec"):
		p.tool, p.published = "ruby", true
		if m := gemSummary.FindStringSubmatchIndex(text); m != nil {
			p.describe(text[m[2]:m[3]], lineAt(text, m[2]))
		}
		p.is("library", 0, "is built as a gem", layer.Likely)
	case base == "mix.exs":
		p.tool = "mix"
		find(mixDep)
		p.byDeps([]hint{{"phoenix", "service"}, {"plug_cowboy", "service"}, {"bandit", "service"}})
	case base == "pubspec.yaml":
		p.tool = "dart"
		for _, d := range documents(text) {
			p.name, p.nameLine = str(get(d, "name")), line(get(d, "name"))
			p.describe(str(get(d, "description")), line(get(d, "description")))
			if f := get(d, "dependencies", "flutter"); f != nil {
				p.is("mobile-app", f.Line, "depends on flutter", layer.Likely)
			}
		}
	case strings.HasPrefix(base, "serverless."):
		p.tool = "serverless"
		if l := serverlessFn.FindStringIndex(text); l != nil {
			p.is("service", lineAt(text, l[0]), "deploys functions", layer.Likely)
		}
	case base == "procfile", base == "fly.toml":
		p.tool = "platform"
	case base == "cmakelists.txt":
		p.tool = "cmake"
	case base == "package.swift":
		p.tool = "swift"
	default:
		p.tool = strings.TrimPrefix(path.Ext(base), ".")
	}
}
