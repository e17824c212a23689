package compat

import (
	"bytes"
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"testing"
	"time"

	"portico/internal/testenv"
)

var verdict = regexp.MustCompile(`(?m)^(\d+) passed, (\d+) failed$`)

// Backstage's own catalog client, every method of it, against a portal with the sample organisation.
func TestCatalogClient(t *testing.T) {
	git := startHost(t, map[string]string{"acme/billing/catalog-info.yaml": descriptor, "acme/plain/go.mod": "module example.com/plain\n"})
	p := start(t, setup{files: []string{filepath.Join(testenv.Repo(t), "examples", "app-config.yaml")}, config: git.config()})
	runClient(t, "client", p.URL, fullToken, git.page("acme/billing", "catalog-info.yaml"), git.repo("acme/plain"))
}

// What Backstage's plugins verify tokens with, against a portal that lets a guest in.
func TestTokenVerifiers(t *testing.T) {
	p := startSmall(t, guest)
	runClient(t, "tokens", p.App.URL()) // the issuer is what the portal calls itself
}

// runClient runs run.mjs in a folder beside this file, and fails the test unless it passes.
func runClient(t *testing.T, folder string, args ...string) {
	t.Helper()
	node, err := exec.LookPath("node")
	if err != nil {
		t.Fatalf("this test runs packages of Backstage and needs Node.js (20 or later) on PATH: %v", err)
	}
	dir := filepath.Join(testenv.Repo(t), "test", "compat", folder)
	install(t, dir)
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, node, append([]string{"run.mjs"}, args...)...)
	cmd.Dir = dir
	out, err := cmd.CombinedOutput()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	m := verdict.FindSubmatch(out)
	if m == nil {
		t.Fatalf("the client ended without a verdict (%v):\n%s", err, out)
	}
	if string(m[1]) == "0" || string(m[2]) != "0" || err != nil {
		t.Errorf("%s (%v):\n%s", m[0], err, out)
	}
	t.Logf("%s", m[0])
}

// install brings the packages that the lock file pins into the folder, unless they are there.
func install(t *testing.T, dir string) {
	t.Helper()
	lock, err := os.ReadFile(filepath.Join(dir, "package-lock.json"))
	if err != nil {
		t.Fatal(err)
	}
	done := filepath.Join(dir, "node_modules", ".portico-lock.json") // what was installed, written last
	if have, err := os.ReadFile(done); err == nil && bytes.Equal(have, lock) {
		return
	}
	npm, err := exec.LookPath("npm")
	if err != nil {
		t.Fatalf("npm is not on PATH: %v", err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error")
	cmd.Dir = dir
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("npm ci in %s: %v\n%s", dir, err, out)
	}
	if err := os.WriteFile(done, lock, 0o644); err != nil {
		t.Fatal(err)
	}
}
