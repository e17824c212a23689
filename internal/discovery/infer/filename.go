package infer

import (
	"path"
	"strings"
)

// What files are, by their names. Names of files are lower case here.

func isReadme(base string) bool {
	stem, _, _ := strings.Cut(base, ".")
	return stem == "readme" && (path.Ext(base) == "" || strings.HasSuffix(base, ".md") || strings.HasSuffix(base, ".markdown") || strings.HasSuffix(base, ".rst") || strings.HasSuffix(base, ".adoc") || strings.HasSuffix(base, ".txt")) && strings.Count(base, ".") <= 1
}

func isBuildFile(base string) bool {
	switch base {
	case "go.mod", "go.work", "package.json", "pnpm-workspace.yaml", "lerna.json", "pom.xml", "build.gradle", "build.gradle.kts", "settings.gradle", "settings.gradle.kts",
		"pyproject.toml", "setup.py", "setup.cfg", "requirements.txt", "pipfile", "cargo.toml", "composer.json", "gemfile", "mix.exs", "pubspec.yaml", "cmakelists.txt", "package.swift",
		"build.sbt", "project.clj", "deno.json", "serverless.yml", "serverless.yaml", "procfile", "fly.toml":
		return true
	}
	switch path.Ext(base) {
	case ".csproj", ".fsproj", ".sln", ".slnx", ".gemspec", ".cabal":
		return true
	}
	return false
}

func isCompose(base string) bool {
	ext := path.Ext(base)
	stem := strings.TrimSuffix(base, ext)
	return (ext == ".yaml" || ext == ".yml") && (stem == "compose" || stem == "docker-compose" || stem == "podman-compose" || strings.HasPrefix(stem, "compose.") || strings.HasPrefix(stem, "docker-compose"))
}

func isImage(base string) bool {
	switch {
	case base == "dockerfile" || base == "containerfile":
		return true
	case strings.HasPrefix(base, "dockerfile.") || strings.HasPrefix(base, "dockerfile-"):
		return !strings.HasSuffix(base, "ignore") && !strings.Contains(base, "test") && !strings.Contains(base, "cypress") && !strings.Contains(base, "dev")
	}
	return strings.HasSuffix(base, ".dockerfile")
}

// namesAPI is true for a YAML or JSON file whose name or folder says that it describes an API.
func namesAPI(p string) bool {
	l := strings.ToLower(p)
	base := path.Base(l)
	for _, word := range []string{"openapi", "swagger", "asyncapi", "apidoc", "api-spec", "apispec", "-api.", "_api.", ".api."} {
		if strings.Contains(base, word) {
			return true
		}
	}
	if base == "api.yaml" || base == "api.yml" || base == "api.json" {
		return true
	}
	for dir := range strings.SplitSeq(path.Dir(l), "/") {
		switch dir {
		case "openapi", "swagger", "asyncapi", "apis", "specs", "api-specs", "api-docs":
			return true
		case "api", "docs", "spec":
			return strings.HasSuffix(base, ".yaml") || strings.HasSuffix(base, ".yml")
		}
	}
	return false
}

func isPipeline(p string) bool {
	l := strings.ToLower(p)
	base, dir := path.Base(l), path.Dir(l)
	ext := path.Ext(base)
	if dir == ".github/workflows" || dir == ".gitea/workflows" || dir == ".forgejo/workflows" {
		return ext == ".yml" || ext == ".yaml"
	}
	switch l {
	case ".gitlab-ci.yml", "jenkinsfile", "azure-pipelines.yml", "azure-pipelines.yaml", ".circleci/config.yml", ".travis.yml", ".drone.yml", "bitbucket-pipelines.yml", "cloudbuild.yaml", "cloudbuild.yml",
		".buildkite/pipeline.yml", ".goreleaser.yml", ".goreleaser.yaml", ".woodpecker.yml", "buildspec.yml":
		return true
	}
	return false
}

// isConfig is true for a program's own settings, in which the addresses of others stand.
func isConfig(p string) bool {
	base := strings.ToLower(path.Base(p))
	ext := path.Ext(base)
	stem := strings.TrimSuffix(base, ext)
	switch {
	case (ext == ".yml" || ext == ".yaml" || ext == ".properties") && (stem == "application" || stem == "bootstrap" || strings.HasPrefix(stem, "application-") && !strings.Contains(stem, "test")):
		return true
	case base == "appsettings.json", base == "nginx.conf", base == "nginx.conf.template", base == "default.conf.template", base == "default.conf", base == "envoy.yaml", base == "envoy.tmpl.yaml":
		return true
	case (ext == ".java" || ext == ".kt") && strings.HasSuffix(stem, "client"):
		return true
	}
	return false
}
