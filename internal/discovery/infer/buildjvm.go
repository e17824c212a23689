package infer

import (
	"encoding/xml"
	"io"
	"path"
	"regexp"
	"strings"

	"portico/internal/catalog/layer"
)

var jvmHints = []hint{
	{"com.android.*", "mobile-app"}, {"spring-boot-maven-plugin", "service"}, {"org.springframework.boot", "service"}, {"spring-boot-starter-web*", "service"}, {"spring-boot-starter-actuator", "service"},
	{"quarkus-*", "service"}, {"io.quarkus", "service"}, {"micronaut-http-server*", "service"}, {"io.micronaut.*", "service"}, {"dropwizard-core", "service"}, {"helidon-*", "service"}, {"ktor-server-*", "service"},
	{"jib-maven-plugin", "service"}, {"com.google.cloud.tools.jib", "service"}, {"grpc-netty*", "service"}, {"spring-boot-starter*", "service"},
}

// maven reads a pom.xml as a stream, and of it what a build file says of a project.
func (p *project) maven(text string) {
	p.tool = "maven"
	dec := xml.NewDecoder(strings.NewReader(text))
	dec.Strict = false
	var at []string
	packaging := ""
	for n := 0; n < 50_000; n++ {
		tok, err := dec.Token()
		if err == io.EOF || err != nil {
			break
		}
		switch t := tok.(type) {
		case xml.StartElement:
			if len(at) >= 32 {
				return
			}
			at = append(at, t.Name.Local)
		case xml.EndElement:
			if len(at) > 0 {
				at = at[:len(at)-1]
			}
		case xml.CharData:
			value := strings.TrimSpace(string(t))
			if value == "" || len(value) > 2_000 {
				continue
			}
			l := lineAt(text, int(dec.InputOffset())-len(strings.TrimRight(string(t), " \n\t")))
			switch where := strings.Join(at, "/"); {
			case where == "project/artifactId":
				p.name, p.nameLine = value, l
			case where == "project/description":
				p.describe(value, l)
			case where == "project/packaging":
				packaging = value
			case where == "project/version":
				p.version(value, l)
			case strings.HasSuffix(where, "/modules/module"):
				p.member(value, l)
			case strings.HasSuffix(where, "/dependency/artifactId") && !strings.Contains(where, "dependencyManagement"), strings.HasSuffix(where, "/plugin/artifactId") && !strings.Contains(where, "pluginManagement"):
				if len(p.deps) < maxItems {
					p.deps[value] = l
				}
			}
		}
	}
	if packaging == "pom" && len(p.members) > 0 {
		p.solution = true
		return
	}
	p.byDeps(jvmHints)
	if packaging == "war" {
		p.is("service", lineOf(text, "<packaging>"), "is packaged as a web application", layer.Likely)
	}
	if packaging == "jar" || strings.Contains(text, "<project") {
		p.published = strings.Contains(text, "<distributionManagement>")
	}
}

var (
	gradlePlugin  = regexp.MustCompile(`(?m)^\s*(?:id|apply plugin:|alias|kotlin)\s*[( ]\s*["']?([A-Za-z0-9.:_-]+)`)
	gradleDep     = regexp.MustCompile(`(?m)^\s*(?:implementation|api|compile|runtimeOnly|compileOnly)\s*[( ]+\s*(?:platform\()?["']([A-Za-z0-9._-]+):([A-Za-z0-9._-]+)`)
	gradleProject = regexp.MustCompile(`project\(\s*(?:path:\s*)?["'](:[A-Za-z0-9_.:-]+)["']`)
	gradleInclude = regexp.MustCompile(`(?m)^\s*include\b\s*\(?([^\n)]*(?:,\s*\n[^\n)]*)*)`)
	gradleName    = regexp.MustCompile(`(?m)^\s*rootProject\.name\s*=\s*["']([^"'\n]+)`)
)

func (p *project) gradle(text string) {
	p.tool = "gradle"
	for _, m := range gradlePlugin.FindAllStringSubmatchIndex(text, 200) {
		p.deps[text[m[2]:m[3]]] = lineAt(text, m[2])
	}
	for _, m := range gradleDep.FindAllStringSubmatchIndex(text, maxItems) {
		p.deps[text[m[4]:m[5]]] = lineAt(text, m[4])
	}
	for _, m := range gradleProject.FindAllStringSubmatchIndex(text, 200) {
		p.deps[path.Base(strings.ReplaceAll(text[m[2]:m[3]], ":", "/"))] = lineAt(text, m[2])
	}
	p.byDeps(jvmHints)
	for _, plugin := range []string{"application", "org.gradle.application"} {
		if l, ok := p.deps[plugin]; ok {
			p.is("service", l, "is built as an application", layer.Guess)
		}
	}
	for _, plugin := range []string{"java-library", "maven-publish", "com.vanniktech.maven.publish"} {
		if l, ok := p.deps[plugin]; ok {
			p.published = true
			p.is("library", l, "is built as a library", layer.Likely)
		}
	}
}

func (p *project) gradleSettings(text string) {
	p.tool, p.solution = "gradle", true
	if m := gradleName.FindStringSubmatchIndex(text); m != nil {
		p.name, p.nameLine = text[m[2]:m[3]], lineAt(text, m[2])
	}
	for _, m := range gradleInclude.FindAllStringSubmatchIndex(text, maxParts) {
		for _, name := range unquoted(text[m[2]:m[3]]) {
			p.member(strings.ReplaceAll(strings.TrimPrefix(name, ":"), ":", "/"), lineAt(text, m[2]))
		}
	}
}
