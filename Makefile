# make help lists the targets. `check` and `test` are exactly what CI runs (.ci/run).

SHELL := bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
# Two cores are enough for everything here, and go and npm use both by themselves.
.NOTPARALLEL:

# What the binary calls itself. A source archive has no tags: say VERSION=… then.
VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo unversioned)
# More arguments for `make run`, as in: make run ARGS='--config app-config.local.yaml'
ARGS ?=

goversion = $(shell go env GOVERSION)
# Tools are built by the Go at hand and kept by its version: a linter refuses code newer than the Go that built it.
tools = .cache/tools/$(goversion)
linters = $(tools)/staticcheck $(tools)/govulncheck
npm = cd web && npm
# Folders stand beside files, so that a file that went is noticed too.
uisources = $(shell find web/src web/public 2>/dev/null) \
	$(wildcard web/index.html web/vite.config.ts web/tsconfig*.json web/package.json web/scripts/clean-dist.mjs web/scripts/size.mjs)
# Not what templates are filled in from: it is Go only afterwards.
gofiles = $(shell find . \( -name node_modules -o -name '.?*' -o -path ./examples -o -path ./templates \) -prune -o -name '*.go' -print)
# The packages that run under the race detector: every one that synchronises anything, in its code or in its tests, but for
# test/discovery, which counts tens of thousands of requests of parts that run under it in their own packages.
synchronises = {{define "x"}}{{range .}}{{if or (eq . "sync") (eq . "sync/atomic") \
	(eq . "golang.org/x/sync/errgroup") (eq . "golang.org/x/sync/singleflight")}}+{{end}}{{end}}{{end}}$(strip \
	){{.ImportPath}} {{template "x" .Imports}}{{template "x" .TestImports}}{{template "x" .XTestImports}}
summary = go run ./test/tools/testsummary $(if $(CI),-strict)

step = @printf '\033[1m%s\033[0m\n' "$(1)"
ifneq ($(CI)$(NO_COLOR),)
step = @printf '%s\n' "$(1)"
endif

.PHONY: help
help: ## Say what can be made
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: run
run: build ## Build everything and start the sample portal
	$(call step,run: looking for PostgreSQL)
	@scripts/postgres-or-npm.sh
	$(call step,run: starting the portal)
	@exec bin/portico serve --config examples/app-config.yaml $(if $(DATABASE_URL),,--private-postgres) $(ARGS)

.PHONY: build
build: toolchain web/dist/index.html ## Build bin/portico, the user interface inside
	$(call step,build: the binary bin/portico $(VERSION))
	@CGO_ENABLED=0 go build -trimpath -buildvcs=false -ldflags '-s -w -X main.version=$(VERSION)' -o bin/portico ./cmd/portico

.PHONY: toolchain
toolchain:
	@scripts/toolchain.sh

# npm writes this file at the end of every install, so it tells when node_modules is older than the lock file.
web/node_modules/.package-lock.json: web/package.json web/package-lock.json | toolchain
	$(call step,web: installing the packages of the user interface)
	@$(npm) ci --ignore-scripts --no-audit --no-fund --loglevel=error </dev/null
	@touch $@

web/dist/index.html: web/node_modules/.package-lock.json $(uisources)
	$(call step,web: building the user interface)
	@$(npm) run --silent build </dev/null
	@$(npm) run --silent size </dev/null
	@touch $@

$(linters): test/tools/lint/go.mod test/tools/lint/go.sum | toolchain
	$(call step,tools: building staticcheck and govulncheck)
	@mkdir -p $(tools)
	@cd test/tools/lint && CGO_ENABLED=0 GOFLAGS= GOBIN='$(abspath $(tools))' go install tool
	@touch $(linters)

.PHONY: check
check: check-format check-vet check-static check-house check-web check-vuln ## Formatting, vet, linters, known vulnerabilities, the rules of the house

.PHONY: check-format
check-format: toolchain
	$(call step,check: gofmt)
	@unformatted=$$(gofmt -l $(gofiles)); \
	if [ -n "$$unformatted" ]; then printf 'not formatted (make fmt does it):\n%s\n' "$$unformatted"; exit 1; fi

.PHONY: check-vet
check-vet: toolchain
	$(call step,check: go vet)
	@go vet ./...

.PHONY: check-static
check-static: $(linters)
	$(call step,check: staticcheck)
	@$(tools)/staticcheck ./...

.PHONY: check-house
check-house: toolchain
	$(call step,check: the rules of the house)
	@go test -count=1 ./internal/house

.PHONY: check-web
check-web: web/node_modules/.package-lock.json
	@failed=; for task in typecheck lint format:check contrast; do \
		printf '%s\n' "check: the user interface: $$task"; \
		(cd web && npm run --silent $$task </dev/null) || failed="$$failed $$task"; \
	done; \
	if [ -n "$$failed" ]; then printf 'the user interface fails:%s\n' "$$failed"; exit 1; fi

.PHONY: check-vuln
check-vuln: $(linters)
	$(call step,check: govulncheck)
	@scripts/vulncheck.sh $(tools)/govulncheck

.PHONY: test
test: test-go test-race test-fuzz test-web test-e2e ## Every test, with what it needs found or installed

.PHONY: test-go
test-go: build
	$(call step,test: looking for PostgreSQL)
	@DATABASE_URL= scripts/postgres-or-npm.sh
	@scripts/dex.sh >/dev/null
	@scripts/gitea.sh >/dev/null
	@scripts/slapd.sh >/dev/null
	@scripts/github-openapi.sh >/dev/null
	@scripts/gitlab-schema.sh >/dev/null
	@scripts/github-graphql.sh >/dev/null
	@scripts/github-webhooks.sh >/dev/null
	$(call step,test: Go)
	@go test -json -timeout 20m $(if $(CI),-shuffle=on) ./... | $(summary) -name go -corpus

.PHONY: test-race
test-race: toolchain
	@scripts/c-compiler.sh
	@DATABASE_URL= scripts/postgres-or-npm.sh
	@scripts/gitea.sh >/dev/null
	$(call step,test: Go with the race detector)
	@packages=$$(go list -f '$(synchronises)' ./... | awk '$$2 && $$1 != "portico/test/discovery" { print $$1 }'); \
		go test -race -json -vet=off -timeout 30m $${packages:?no package synchronises anything} | $(summary) -name race

# What is fuzzed in a change's own time: seven targets a day in turn, so that each has its turn every three days.
.PHONY: test-fuzz
test-fuzz: toolchain
	$(call step,test: seven fuzz targets of today)
	@TODAY=7 FUZZTIME=30s scripts/fuzz.sh

.PHONY: test-web
test-web: web/node_modules/.package-lock.json
	$(call step,test: units of the user interface)
	@$(npm) run --silent test </dev/null

.PHONY: test-e2e
test-e2e: build
	$(call step,test: the browser on the built binary)
	@DATABASE_URL= scripts/postgres-or-npm.sh
	@scripts/dex.sh >/dev/null
	@PORTICO_CHROMIUM=$$(scripts/chromium.sh); export PORTICO_CHROMIUM PORTICO_BIN='$(abspath bin/portico)'; \
		$(npm) run --silent e2e </dev/null

# Beside test/security, the tests that stand where what they test does. test/tools/securitytable says of which goal.
wall = ./test/security ./test/signin ./test/compat ./internal/identity/... ./internal/outbound ./internal/config ./internal/cage \
	./internal/forge/git ./internal/app ./internal/house
# The table fails when a test did. Of the catalog, what shows that the hidden is like the absent, and that no change is without its record.
worlds = TestTwoWorlds|TestPagesInTwoWorlds|TestHiddenLocations|TestNothingSeen|TestTextAround|TestListsOfRestricted|TestNoChangeWithoutItsRecord

.PHONY: security
security: build ## Everything that a hostile caller may try, each guard taken away once, and the table of figures
	@DATABASE_URL= scripts/postgres-or-npm.sh
	@scripts/dex.sh >/dev/null
	$(call step,security: the wall)
	@{ PORTICO_WALL=all go test -count=1 -json -timeout 30m $(wall) || true; \
		go test -count=1 -json -timeout 10m -run '^($(worlds))$$' ./internal/catalog ./internal/catalog/index || true; } | go run ./test/tools/securitytable

.PHONY: sbom
sbom: build ## List what bin/portico consists of, as CycloneDX: bin/portico.cdx.json
	@go run -C test/tools/sbom . -binary '$(abspath bin/portico)' -lock '$(abspath web/package-lock.json)' -version '$(VERSION)' >bin/portico.cdx.json || \
		{ rm -f bin/portico.cdx.json; exit 1; }

.PHONY: fuzz
fuzz: toolchain ## Fuzz every target for 30 seconds; FUZZTIME=… each, FUZZ=… which
	@scripts/fuzz.sh

.PHONY: bench
bench: build ## Measure Portico with N entities, N=10000 by default, beside the bare handler
	@scripts/bench-tools.sh
	@test/bench/run.sh $(or $(N),10000)

.PHONY: bench-ui
bench-ui: build ## Measure the pages in Chromium with N entities behind them, N=100000 by default
	@scripts/bench-tools.sh
	@PORTICO_CHROMIUM=$$(scripts/chromium.sh); export PORTICO_CHROMIUM; test/bench/ui.sh $(or $(N),100000)

.PHONY: screenshots
screenshots: build ## Write a picture of every page in both themes, wide and as on a phone, into bin/screenshots
	@DATABASE_URL= scripts/postgres-or-npm.sh
	@scripts/dex.sh >/dev/null
	@PORTICO_CHROMIUM=$$(scripts/chromium.sh); export PORTICO_CHROMIUM PORTICO_BIN='$(abspath bin/portico)'; \
		$(npm) run --silent screenshots </dev/null
	$(call step,screenshots: in bin/screenshots)

.PHONY: fmt
fmt: web/node_modules/.package-lock.json ## Format Go and TypeScript
	@gofmt -w $(gofiles)
	@$(npm) run --silent format

.PHONY: gen
gen: web/node_modules/.package-lock.json ## Generate what is generated (go generate, TypeScript types)
	@go generate ./...
	@$(npm) run --silent --if-present gen

.PHONY: clean
clean: ## Remove what make made; the data in .portico stays
	rm -rf bin .cache web/node_modules web/e2e/results
	find web/dist -mindepth 1 ! -name placeholder.html -delete
