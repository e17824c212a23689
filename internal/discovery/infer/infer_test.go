package infer

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"portico/internal/catalog/layer"
)

// tree is a tree in memory.
func tree(files map[string]string) Tree {
	t := Tree{Read: func(p string) ([]byte, error) {
		if data, ok := files[p]; ok {
			return []byte(data), nil
		}
		return nil, errors.New("absent")
	}}
	for _, p := range sortedKeys(files) {
		t.Files = append(t.Files, File{p, int64(len(files[p]))})
	}
	return t
}

// brief is each entity on a line: kind, name, folder, type, and what it has to do with others.
func brief(res *Result) (list []string) {
	for _, e := range res.Entities {
		line := strings.ToLower(e.Kind) + " " + e.Name
		if e.Path != "." {
			line += " in " + e.Path
		}
		if e.DeclaredIn != "" {
			line += " declared"
		}
		spec := e.Object["spec"].(map[string]any)
		if typ, _ := spec["type"].(string); typ != "" {
			line += ": " + typ
		}
		for _, key := range []string{"providesApis", "consumesApis", "dependsOn"} {
			if refs, ok := spec[key].([]string); ok {
				line += " " + key + " " + strings.Join(refs, ",")
			}
		}
		list = append(list, line)
	}
	return list
}

var nameRule = regexp.MustCompile(`^([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]$`)

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
		{"what leads to code is left out", "# T\n\nSends mails that nobody reads. It wants this JSON:\n", "T", "Sends mails that nobody reads.", 1, 3},
		{"nothing but what leads to code", "# T\n\nRun the following command first of all:\n", "T", "", 1, 0},
		{"empty", "", "", "", 0, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := parseReadme(tt.in)
			want := readme{title: tt.title, text: tt.text, titleLine: tt.titleLine, textLine: tt.textLine, deep: strings.Contains(tt.in, "## ")}
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

// What one component is.
func TestType(t *testing.T) {
	const pod = "apiVersion: apps/v1\nkind: %s\nmetadata: {name: r}\nspec: {template: {spec: {containers: [{image: r}]}}}\n"
	tests := []struct {
		name, want string
		files      map[string]string
	}{
		{"go service", "service ← Dockerfile", map[string]string{"go.mod": "module r", "cmd/api/main.go": "", "Dockerfile": ""}},
		{"go tool", "tool ← main.go", map[string]string{"go.mod": "module r", "main.go": ""}},
		{"go command with an image", "tool ← go.mod:3", map[string]string{"go.mod": "module r\nrequire (\n\tgithub.com/spf13/cobra v1.0.0\n)", "main.go": "", "Dockerfile": ""}},
		{"go server that nobody ships", "service ← go.mod:2", map[string]string{"go.mod": "module r\nrequire github.com/gin-gonic/gin v1.0.0", "main.go": ""}},
		{"go command that people install", "tool ← .goreleaser.yml", map[string]string{"go.mod": "module r", "main.go": "", "Dockerfile": "FROM scratch", ".goreleaser.yml": ""}},
		{"go library with helpers", "library ← go.mod:1", map[string]string{"go.mod": "module r", "r.go": "", "cmd/helper/main.go": ""}},
		{"go library whose image is for tests", "library ← go.mod:1", map[string]string{"go.mod": "module r", "r.go": "", "Dockerfile": "FROM golang"}},
		{"go library with a page", "library ← go.mod:1", map[string]string{"go.mod": "module r", "r.go": "", "docs/Gemfile": "gem 'github-pages'"}},
		{"go library", "library ← go.mod:1", map[string]string{"go.mod": "module r", "x.go": "", "internal/y.go": ""}},
		{"an example's image is no deployment", "library ← go.mod:1", map[string]string{"go.mod": "module r", "examples/Dockerfile": ""}},
		{"react page", "website ← package.json:1", map[string]string{"package.json": `{"private":true,"dependencies":{"react-dom":"1"}}`}},
		{"react components", "library ← package.json:1", map[string]string{"package.json": `{"name":"x","main":"index.js","devDependencies":{"react-dom":"1"}}`}},
		{"express", "service ← package.json:2", map[string]string{"package.json": "{\"dependencies\":{\"react-dom\":\"1\",\n\"express\":\"4\"}}"}},
		{"node module", "library ← package.json:1", map[string]string{"package.json": `{"name":"x","exports":{".":"x"}}`}},
		{"node command", "tool ← package.json:1", map[string]string{"package.json": `{"name":"x","bin":"x.js"}`}},
		{"broken manifest", "other ← ", map[string]string{"package.json": `{`}},
		{"spring", "service ← pom.xml:1", map[string]string{"pom.xml": "<project><dependencies><dependency><artifactId>spring-boot-starter</artifactId></dependency></dependencies></project>"}},
		{"java library", "library ← build.gradle:1", map[string]string{"build.gradle": "plugins {\n id 'java'\n}"}},
		{"android", "mobile-app ← build.gradle:1", map[string]string{"build.gradle": "  id 'com.android.application'"}},
		{"rust", "tool ← src/main.rs", map[string]string{"Cargo.toml": "[package]\nname = \"r\"", "src/main.rs": ""}},
		{"rust server", "service ← Cargo.toml:4", map[string]string{"Cargo.toml": "[package]\nname = \"r\"\n[dependencies]\naxum = \"1\"", "src/main.rs": ""}},
		{"crate", "library ← src/lib.rs", map[string]string{"Cargo.toml": "[package]\nname = \"r\"", "src/lib.rs": ""}},
		{"django", "service ← requirements.txt:2", map[string]string{"requirements.txt": "a==1\nDjango>=4 # x", "manage.py": "", "Dockerfile": ""}},
		{"python package", "library ← pyproject.toml", map[string]string{"pyproject.toml": "[build-system]\nbuild-backend = \"hatchling.build\""}},
		{"dotnet", "service ← R.csproj:1", map[string]string{"R.csproj": `<Project Sdk="Microsoft.NET.Sdk.Web">`, "Program.cs": ""}},
		{"flutter", "mobile-app ← pubspec.yaml:3", map[string]string{"pubspec.yaml": "name: r\ndependencies:\n  flutter: {sdk: flutter}"}},
		{"gem", "library ← r.gemspec", map[string]string{"r.gemspec": "x"}},
		{"job", "job ← k8s/job.yaml:3", map[string]string{"go.mod": "module r", "main.go": "", "k8s/job.yaml": "apiVersion: batch/v1\nkind: CronJob\nmetadata: {name: r}\nspec: {jobTemplate: {spec: {template: {spec: {containers: [{image: r}]}}}}}"}},
		{"service by manifest alone", "service ← k8s/d.yaml:3", map[string]string{"go.mod": "module r", "main.go": "", "k8s/d.yaml": fmt.Sprintf(pod, "Deployment")}},
		{"book", "documentation ← mkdocs.yml", map[string]string{"mkdocs.yml": "", "docs/index.md": ""}},
		{"site", "website ← hugo.toml", map[string]string{"hugo.toml": ""}},
		{"infrastructure", "infrastructure ← main.tf:2", map[string]string{"main.tf": "\nresource \"aws_vpc\" \"x\" {"}},
		{"manifests of what is built elsewhere", "infrastructure ← k8s/d.yaml:3", map[string]string{"k8s/d.yaml": fmt.Sprintf(pod, "Deployment")}},
		{"page of static files", "website ← html/index.html", map[string]string{"Dockerfile": "FROM nginx", "html/index.html": ""}},
		{"nothing", "other ← ", map[string]string{"README.md": ""}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			res := Look(Input{Tree: tree(tt.files), Folder: "r"})
			if len(res.Entities) != 1 {
				t.Fatalf("%s", res.Text())
			}
			e := res.Entities[0]
			at := ""
			for _, ev := range e.Evidence {
				if ev.Field == "spec.type" {
					at = place(ev)
				}
			}
			if got := fmt.Sprintf("%s ← %s", e.Object["spec"].(map[string]any)["type"], at); got != tt.want {
				t.Errorf("got %s, want %s", got, tt.want)
			}
		})
	}
}

// What a repository of several parts comes to.
func TestParts(t *testing.T) {
	const main = "package main"
	tests := []struct {
		name  string
		files map[string]string
		want  []string
	}{
		{"parts that are shipped", map[string]string{"services/cart/go.mod": "module x/cart", "services/cart/main.go": main, "services/cart/Dockerfile": "", "services/web/package.json": `{"private":true,"dependencies":{"next":"1"}}`, "services/web/Dockerfile": ""},
			[]string{"system shop", "component shop-cart in services/cart: service", "component shop-web in services/web: website"}},
		{"the carrier's name is not said twice", map[string]string{"shop-cart/go.mod": "module x", "shop-cart/Dockerfile": "", "web/Dockerfile": ""},
			[]string{"system shop", "component shop-cart in shop-cart: service", "component shop-web in web: website"}},
		{"pieces of one program", map[string]string{"go.mod": "module shop", "main.go": main, "Dockerfile": "", "web/package.json": `{"private":true,"dependencies":{"vue":"1"}}`, "docs/package.json": `{"dependencies":{"vitepress":"1"}}`},
			[]string{"component shop: service"}},
		{"one program in a folder", map[string]string{"app/go.mod": "module shop", "app/main.go": main, "app/Dockerfile": "", "README.md": "# S"},
			[]string{"component shop: service"}},
		{"recipes in a folder of recipes", map[string]string{"go.mod": "module shop", "main.go": main, "build/docker/Dockerfile": ""},
			[]string{"component shop: service"}},
		{"npm workspace", map[string]string{"package.json": `{"private":true,"workspaces":["apps/*","libs/ui"]}`, "apps/api/package.json": `{"name":"@shop/api","private":true,"dependencies":{"express":"1","@shop/ui":"1"}}`, "apps/site/package.json": `{"private":true,"dependencies":{"next":"1"}}`, "libs/ui/package.json": `{"name":"@shop/ui","exports":"./x"}`},
			[]string{"system shop", "component shop-api in apps/api: service dependsOn component:default/shop-ui", "component shop-site in apps/site: website", "component shop-ui in libs/ui: library"}},
		{"pnpm workspace", map[string]string{"package.json": `{"private":true}`, "pnpm-workspace.yaml": "packages:\n  - 'packages/**'", "packages/a/b/package.json": `{"name":"b","main":"x"}`, "packages/c/package.json": `{"name":"c","main":"x"}`},
			[]string{"system shop", "component shop-b in packages/a/b: library", "component shop-c in packages/c: library"}},
		{"maven modules", map[string]string{"pom.xml": "<project><packaging>pom</packaging><modules><module>shop-orders</module><module>shop-mails</module></modules></project>",
			"shop-orders/pom.xml": "<project><artifactId>shop-orders</artifactId><build><plugins><plugin><artifactId>spring-boot-maven-plugin</artifactId></plugin></plugins></build></project>", "shop-orders/src/main/java/samples/OrdersApplication.java": "", "shop-mails/pom.xml": "", "shop-mails/src/main/java/MailsApplication.java": ""},
			[]string{"system shop", "component shop-mails in shop-mails: service", "component shop-orders in shop-orders: service"}},
		{"gradle projects", map[string]string{"settings.gradle.kts": "rootProject.name = \"shop\"\ninclude(\":orders\", \":mails\")", "orders/build.gradle.kts": "plugins {\n id(\"org.springframework.boot\")\n}", "mails/build.gradle.kts": "plugins {\n id(\"io.quarkus\")\n}"},
			[]string{"system shop", "component shop-mails in mails: service", "component shop-orders in orders: service"}},
		{"crates of a tool", map[string]string{"Cargo.toml": "[workspace]\nmembers = [\n  \"crates/*\",\n]\n[package]\nname = \"shop\"", "src/main.rs": "", "crates/a/Cargo.toml": "[package]\nname = \"a\"", "crates/a/src/lib.rs": "", "crates/b/Cargo.toml": "[package]\nname = \"b\"", "crates/b/src/lib.rs": ""},
			[]string{"component shop: tool"}},
		{"solution", map[string]string{"Shop.sln": "Project(\"{X}\") = \"Api\", \"src\\Api\\Api.csproj\", \"{Y}\"\nProject(\"{X}\") = \"W\", \"src\\Worker\\Worker.csproj\", \"{Y}\"", "src/Api/Api.csproj": `<Project Sdk="Microsoft.NET.Sdk.Web">`, "src/Worker/Worker.csproj": `<Project Sdk="Microsoft.NET.Sdk.Worker">`, "tests/Api.Tests/Api.Tests.csproj": `<Project Sdk="Microsoft.NET.Sdk.Web">`},
			[]string{"system shop", "component shop-Api in src/Api: service", "component shop-Worker in src/Worker: service"}},
		{"what others wrote is not ours", map[string]string{"go.mod": "module shop", "main.go": main, "vendor/a/Dockerfile": "", "vendor/a/go.mod": "module a", "third_party/b/Dockerfile": "", "examples/c/Dockerfile": "", "test/d/Dockerfile": "", "node_modules/e/package.json": `{"bin":"x"}`, "deploy/charts/shop/charts/redis/Chart.yaml": "name: redis", "deploy/charts/shop/Chart.yaml": "name: shop"},
			[]string{"component shop: tool"}},
		{"products and stores", map[string]string{"api/go.mod": "module a", "api/main.go": main, "api/Dockerfile": "", "web/Dockerfile": "", "grafana/Dockerfile": "FROM grafana/grafana", "proxy/Dockerfile": "FROM prom/prometheus", "mysql/Dockerfile": "", "orders-db/Dockerfile": "FROM postgres:16"},
			[]string{"system shop", "component shop-api in api: service", "component shop-web in web: website", "resource shop-mysql: database", "resource shop-orders-db: database"}},
		{"same names", map[string]string{"red/api/Dockerfile": "", "blue/api/Dockerfile": ""},
			[]string{"system shop", "component shop-blue-api in blue/api: service", "component shop-red-api in red/api: service"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, brief(Look(Input{Tree: tree(tt.files), Folder: "shop"}))); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// Who uses whom, and what.
func TestRelations(t *testing.T) {
	two := func(more map[string]string) map[string]string {
		files := map[string]string{"cart/go.mod": "module cart", "cart/main.go": "", "cart/Dockerfile": "", "orders/go.mod": "module orders", "orders/main.go": "", "orders/Dockerfile": ""}
		for k, v := range more {
			files[k] = v
		}
		return files
	}
	tests := []struct {
		name  string
		files map[string]string
		want  []string
	}{
		{"a workload by another spelling", two(map[string]string{"k8s/x.yaml": "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: order-s-service}\nspec: {template: {spec: {containers: [{env: [{name: CART_URL, value: 'http://cart'}]}]}}}"}),
			[]string{"system shop", "component shop-cart in cart: service", "component shop-orders in orders: service dependsOn component:default/shop-cart"}},
		{"who knows a store is none", two(map[string]string{"compose.yaml": "services:\n  jobs:\n    image: example.com/jobs\n    environment: {POSTGRES_DB: x}\n  psql-client: {image: postgres}\n  main-db:\n    image: example.com/own\n    environment: {POSTGRES_DB: x}\n"}),
			[]string{"system shop", "component shop-cart in cart: service", "component shop-orders in orders: service", "resource shop-main-db: database"}},
		{"what a library's tests run is none", map[string]string{"go.mod": "module shop", "x.go": "", "compose.yaml": "services: {db: {image: postgres}}"}, []string{"component shop: library"}},
		{"compose", two(map[string]string{".env": "DB=db\nDB_URL=postgres://u:p@${DB}:5432/x\n", "compose.yaml": `services:
  cart:
    build: ./cart
    environment:
      - CACHE=redis://cache:6379
      - DB_URL
    depends_on: {queue: {condition: service_started}}
  orders:
    build: {context: ., dockerfile: orders/Dockerfile}
    environment: {CART_HOST: cart, HOME: cart}
    links: ["db:database"]
  db: {image: "postgres:${PG:-16}"}
  cache: {image: docker.io/bitnami/redis}
  queue: {image: rabbitmq}
  watch: {image: prom/postgres-exporter}
`}),
			[]string{"system shop", "component shop-cart in cart: service dependsOn resource:default/shop-cache,resource:default/shop-db,resource:default/shop-queue", "component shop-orders in orders: service dependsOn component:default/shop-cart,resource:default/shop-db",
				"resource shop-cache: cache", "resource shop-db: database", "resource shop-queue: queue"}},
		{"manifests", two(map[string]string{"k8s/all.yaml": `apiVersion: v1
kind: ConfigMap
metadata: {name: orders}
data: {DB: "jdbc:postgresql://orders-db.prod.svc:5432/x"}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: orders}
spec:
  template:
    metadata: {labels: {app: orders, backstage.io/kubernetes-id: shop-orders}}
    spec:
      containers:
      - image: example.com/orders:1
        args: [--cart=http://cart:80]
        envFrom: [{configMapRef: {name: orders}}]
---
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: orders-db}
spec: {template: {spec: {containers: [{image: example.com/own-image, env: [{name: POSTGRES_DB, value: x}]}]}}}
`}),
			[]string{"system shop", "component shop-cart in cart: service", "component shop-orders in orders: service dependsOn resource:default/shop-orders-db,component:default/shop-cart", "resource shop-orders-db: database"}},
		{"chart", map[string]string{"go.mod": "module shop", "main.go": "", "Dockerfile": "", "chart/Chart.yaml": "name: shop\ndependencies:\n- name: postgresql\n- name: common", "chart/values.yaml": "cache: {name: sessions, image: valkey}",
			"chart/templates/x.yaml": "{{- if .Values.cache }}\napiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: {{ .Values.cache.name | quote }}\nspec:\n  template:\n    spec:\n      containers:\n      - image: \"{{ .Values.cache.image }}:{{ .Values.cache.tag }}\"\n{{- end }}"},
			[]string{"component shop: service dependsOn resource:default/shop-postgresql", "resource shop-postgresql: database", "resource shop-sessions: cache"}},
		{"terraform", map[string]string{"infra/main.tf": "resource \"aws_s3_bucket\" \"invoices\" {\n}\nresource \"aws_db_instance\" \"this\" {}\nresource \"aws_s3_bucket\" \"tf_state\" {}\nresource \"aws_iam_role\" \"x\" {}"},
			[]string{"component shop: infrastructure", "resource shop-invoices: bucket", "resource shop-rds: database"}},
		{"settings and clients", two(map[string]string{"cart/nginx.conf": "# http://nobody\nproxy_pass http://orders:80/;", "orders/src/main/java/CartClient.java": "// http://orders\n@FeignClient(name = \"cart\", path = \"/x\")", "orders/src/main/resources/application.yml": "spring: {application: {name: bookings}}\nurl: lb://bookings"}),
			[]string{"system shop", "component shop-cart in cart: service dependsOn component:default/shop-orders", "component shop-orders in orders: service dependsOn component:default/shop-cart"}},
		{"services of protobuf, and copies", two(map[string]string{"proto/shop.proto": "package shop;\nservice CartService {\n rpc Add(A) returns (A);\n}\nservice Orders {}", "orders/shop.proto": "package shop;\nservice CartService {}", "orders/health.proto": "package grpc.health.v1;\nservice Health {}",
			"k8s/o.yaml": "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: orders}\nspec: {template: {spec: {containers: [{env: [{name: CART_ADDR, value: 'cart:7070'}]}]}}}"}),
			[]string{"system shop", "component shop-cart in cart: service providesApis shop-cart-grpc", "component shop-orders in orders: service providesApis shop-orders-grpc consumesApis shop-cart-grpc", "api shop-cart-grpc in cart: grpc", "api shop-orders-grpc in orders: grpc"}},
		{"descriptions", map[string]string{"go.mod": "module shop", "main.go": "", "Dockerfile": "", "api/openapi.yaml": "openapi: 3.1.0\ninfo:\n  title: Shop\npaths: {}\n", "api/openapi.json": `{"openapi":"3.1.0","info":{"title":"Shop"},"paths":{}}`, "api/schemas/part.yaml": "type: object", "events/any.yaml": "asyncapi: '2.0'\ninfo: {title: Events}\nchannels: {}\n",
			"schema.graphqls": "type Query {\n a: Int }", "query.graphql": "query { a }", "docs/swagger.yaml": "generator: x", "examples/openapi.yaml": "openapi: 3.1.0\ninfo: {}\npaths: {}\n", "proto/a.proto": "package a;\nservice A {}", "proto/b.proto": "package a;\nservice B {}"},
			[]string{"component shop: service providesApis shop-graphql,shop-api,shop-events,shop-grpc", "api shop-graphql: graphql", "api shop-api: openapi", "api shop-events: asyncapi", "api shop-grpc: grpc"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			res := Look(Input{Tree: tree(tt.files), Folder: "shop"})
			if diff := cmp.Diff(tt.want, brief(res)); diff != "" {
				t.Error(diff)
			}
			for _, e := range res.Entities {
				for _, ev := range e.Evidence {
					if ev.Says == "" || ev.Sure == "" || ev.File != "" && tt.files[ev.File] == "" && !isImage(strings.ToLower(ev.File[strings.LastIndexByte(ev.File, '/')+1:])) && !strings.HasSuffix(ev.File, ".go") {
						t.Errorf("%s: %+v", e.Ref, ev)
					}
					if text := strings.Split(tt.files[ev.File], "\n"); ev.Line > len(text) {
						t.Errorf("%s: %s has no line %d", e.Ref, ev.File, ev.Line)
					}
				}
			}
		})
	}
}

// place is where a piece of evidence is, as people write it: "go.mod:3", or who says it.
func place(ev layer.Evidence) string {
	switch {
	case ev.File == "":
		return ev.Says
	case ev.Line > 0:
		return ev.File + ":" + itoa(ev.Line)
	}
	return ev.File
}
