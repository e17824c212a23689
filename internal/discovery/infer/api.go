package infer

import (
	"cmp"
	"encoding/json"
	"path"
	"regexp"
	"slices"
	"strings"

	"portico/internal/catalog/layer"
)

// definition is a file that describes an API.
type definition struct {
	file, dir, kind string // openapi, asyncapi, graphql, grpc
	line            int
	title, about    string
	titleLine       int
	services        []seenText // of protobuf
	pkg             string     // of protobuf
	why             string
	calls           int
}

var (
	apiHead    = regexp.MustCompile(`(?m)^\s{0,4}"?(openapi|swagger|asyncapi)"?\s*:\s*["']?([0-9]+(?:\.[0-9]+)*)`)
	protoPkg   = regexp.MustCompile(`(?m)^\s*package\s+([A-Za-z0-9_.]+)\s*;`)
	protoSvc   = regexp.MustCompile(`(?m)^\s*service\s+([A-Za-z_][A-Za-z0-9_]*)\s*\{`)
	protoRPC   = regexp.MustCompile(`(?m)^\s*rpc\s+[A-Za-z_]`)
	graphqlTop = regexp.MustCompile(`(?m)^\s*(?:(?:extend\s+)?type\s+(?:Query|Mutation|Subscription)\b|schema\s*(?:@[^{]*)?\{)`)
)

// definitions finds descriptions of APIs by what they begin with: a name alone says nothing. Of the same description in two
// forms (swagger.yaml, swagger.json), and of copies, the first is taken.
func (v *view) definitions() (list []*definition) {
	for _, s := range []subject{forAPI, forYAML} {
		for _, file := range v.chosen[s] {
			if aside(file) || notOurs(file) || len(list) >= maxOfAKind {
				continue
			}
			text := v.text(file)
			d := &definition{file: file, dir: path.Dir(file)}
			ok := false
			switch ext := strings.ToLower(path.Ext(file)); ext {
			case ".proto":
				ok = d.proto(text)
			case ".graphql", ".graphqls", ".gql":
				if m := graphqlTop.FindStringIndex(text); m != nil {
					d.kind, d.line, d.why, ok = "graphql", lineAt(text, m[0]), "defines a GraphQL schema", true
				}
			case ".json", ".yaml", ".yml":
				ok = d.openAPI(text, ext)
			}
			if ok {
				list = append(list, d)
			}
		}
	}
	slices.SortStableFunc(list, func(a, b *definition) int {
		return cmp.Or(cmp.Compare(strings.Count(a.file, "/"), strings.Count(b.file, "/")), -cmp.Compare(path.Ext(a.file), path.Ext(b.file)), strings.Compare(a.file, b.file))
	})
	seen := map[string]bool{}
	return slices.DeleteFunc(list, func(d *definition) bool {
		stem := strings.TrimSuffix(d.file, path.Ext(d.file))
		twice := d.kind != "grpc" && d.kind != "graphql" && (seen[stem] || d.title != "" && seen[d.kind+d.title])
		seen[stem] = true
		if d.title != "" {
			seen[d.kind+d.title] = true
		}
		return twice
	})
}

// openAPI reads the head of a description; parts of one, and settings of generators, have none.
func (d *definition) openAPI(text, ext string) bool {
	m := apiHead.FindStringSubmatchIndex(text[:min(len(text), 16<<10)])
	if m == nil || !strings.Contains(text, "info") {
		return false
	}
	d.kind, d.line = text[m[2]:m[3]], lineAt(text, m[2])
	version := text[m[4]:m[5]]
	if d.kind == "swagger" {
		d.kind = "openapi"
	}
	d.why = "describes an API by OpenAPI " + version
	if d.kind == "asyncapi" {
		d.why = "describes events by AsyncAPI " + version
	}
	if ext == ".json" {
		var j map[string]json.RawMessage
		if len(text) < maxBytes && json.Unmarshal([]byte(text), &j) != nil || len(text) < maxBytes && j["paths"] == nil && j["channels"] == nil && j["components"] == nil {
			return false
		}
		var info struct{ Title, Description string }
		_ = json.Unmarshal(j["info"], &info)
		d.title, d.titleLine, d.about = info.Title, lineOf(text, `"title"`), info.Description
	} else if !d.head(text) {
		return false
	}
	d.title = cleanTitle(d.title)
	if d.about = prose(firstParagraph(d.about)); len(d.about) < 10 {
		d.about = ""
	}
	return true
}

// head reads title and description without parsing a file of thousands of lines where its beginning will do.
func (d *definition) head(text string) bool {
	body := false
	for l := range strings.Lines(text) {
		if strings.HasPrefix(l, "paths:") || strings.HasPrefix(l, "channels:") || strings.HasPrefix(l, "components:") || strings.HasPrefix(l, "webhooks:") {
			body = true
		}
	}
	if !body {
		return false
	}
	i := strings.Index("\n"+text, "\ninfo:")
	if i < 0 {
		return false
	}
	block := text[i:]
	end := len(block)
	for at := strings.IndexByte(block, '\n') + 1; at > 0 && at < len(block); {
		if c := block[at]; c != ' ' && c != '\n' && c != '#' && c != '\t' {
			end = at
			break
		}
		next := strings.IndexByte(block[at:], '\n')
		if next < 0 {
			break
		}
		at += next + 1
	}
	for _, doc := range documents(block[:min(end, 64<<10)]) {
		d.title, d.about = str(get(doc, "info", "title")), str(get(doc, "info", "description"))
		if t := get(doc, "info", "title"); t != nil {
			d.titleLine = lineAt(text, i) + t.Line - 1
		}
	}
	return true
}

func firstParagraph(s string) string {
	first, _, _ := strings.Cut(strings.TrimSpace(s), "\n\n")
	return strings.Join(strings.Fields(first), " ")
}

// others are packages of protobuf that everybody copies.
var othersProtos = []string{"grpc.", "google.", "envoy.", "gogoproto", "validate", "buf.", "protoc_gen_", "opentelemetry.", "cosmos", "k8s.io"}

func (d *definition) proto(text string) bool {
	if m := protoPkg.FindStringSubmatch(text); m != nil {
		d.pkg = m[1]
	}
	for _, o := range othersProtos {
		if strings.HasPrefix(d.pkg+".", o) || strings.HasPrefix(d.pkg, o) {
			return false
		}
	}
	for _, m := range protoSvc.FindAllStringSubmatchIndex(text, 100) {
		d.services = append(d.services, seenText{text[m[2]:m[3]], lineAt(text, m[2])})
	}
	if len(d.services) == 0 {
		return false
	}
	d.kind, d.line, d.why = "grpc", d.services[0].line, "defines the service "+d.services[0].text
	d.calls = len(protoRPC.FindAllStringIndex(text, 1_000))
	return true
}

// sure is how sure it is that a definition is of an API that the repository has.
func (d *definition) spot() spot { return spot{d.file, d.line, d.why, layer.Likely} }
