package docs

import (
	"io/fs"
	"os"
	"path"
	"regexp"
	"strings"
	"testing"

	"portico/internal/config"
	"portico/internal/testenv"
)

var (
	yamlBlock = regexp.MustCompile("(?ms)^```yaml\n(.*?)^```$")
	variable  = regexp.MustCompile(`\$\{(\w+)\}`)
)

// Whoever pastes a block of the pages on sign-in has one way in, and is warned of nothing.
func TestSignInBlocks(t *testing.T) {
	t.Parallel()
	root := os.DirFS(testenv.Repo(t))
	names, err := fs.Glob(root, "docs/user/sign-in/*.md")
	if err != nil {
		t.Fatal(err)
	}
	ids := map[string]string{"entra": "microsoft", "proxy": "oauth2Proxy"}
	seen := 0
	for _, name := range names {
		text, err := fs.ReadFile(root, name)
		if err != nil {
			t.Fatal(err)
		}
		id := strings.TrimSuffix(path.Base(name), ".md")
		if ids[id] != "" {
			id = ids[id]
		}
		blocks := yamlBlock.FindAllStringSubmatch(string(text), -1)
		if len(blocks) == 0 && id != "index" {
			t.Errorf("%s has nothing to paste", name)
		}
		callback := "/api/auth/" + id + "/handler/frame"
		if id != "oauth2Proxy" && id != "index" && !strings.Contains(string(text), "https://portal.example.com"+callback+"`") {
			t.Errorf("%s does not name the address that the provider sends people back to, …%s", name, callback)
		}
		for i, block := range blocks {
			seen++
			var environ []string
			for _, m := range variable.FindAllStringSubmatch(block[1], -1) {
				environ = append(environ, m[1]+"=0123456789abcdef")
			}
			cfg, err := config.Load(config.Options{Files: []string{"/app-config.yaml"}, RequireFiles: true, Environ: environ, ReadFile: func(string) ([]byte, error) { return []byte(block[1]), nil }})
			if err != nil {
				t.Errorf("%s: block %d: %v", name, i+1, err)
				continue
			}
			want := id
			if i == 1 && id == "oauth2Proxy" {
				want = "proxy"
			}
			if len(cfg.Auth.SignIn) != 1 || cfg.Auth.SignIn[0].ID != want || len(cfg.Warnings) != 0 || len(cfg.Ignored) != 0 {
				t.Errorf("%s: block %d: providers %v, warnings %v, ignored %v; want %s alone", name, i+1, cfg.Auth.SignIn, cfg.Warnings, cfg.Ignored, want)
			}
			if p := cfg.Auth.SignIn; len(p) == 1 && len(p[0].Resolvers) != strings.Count(block[1], "- resolver:") {
				t.Errorf("%s: block %d: resolvers %v", name, i+1, p[0].Resolvers)
			}
		}
	}
	if seen < 8 {
		t.Errorf("%d blocks in %v", seen, names)
	}
}

// Whoever pastes a block in which signing in makes users has it on, and is warned of nothing.
func TestCreateUserBlocks(t *testing.T) {
	t.Parallel()
	seen := 0
	for name, text := range pages(t, os.DirFS(testenv.Repo(t))) {
		for _, block := range yamlBlock.FindAllStringSubmatch(text, -1) {
			if !strings.Contains(block[1], "createUser:") {
				continue
			}
			seen++
			cfg := loaded(t, name, block[1])
			if len(cfg.Auth.SignIn) != 1 || cfg.Auth.SignIn[0].Create == nil || len(cfg.Warnings)+len(cfg.Ignored) != 0 {
				t.Errorf("%s: providers %+v, warnings %v, ignored %v", name, cfg.Auth.SignIn, cfg.Warnings, cfg.Ignored)
			}
		}
	}
	if seen < 3 {
		t.Errorf("%d blocks", seen)
	}
}

var guardTest = regexp.MustCompile("`(Test\\w+|…)(?:/([^`]+))?`")

// The tests that the page on guards names are there.
func TestGuards(t *testing.T) {
	t.Parallel()
	root := os.DirFS(testenv.Repo(t))
	var code strings.Builder
	for _, pattern := range []string{"internal/identity/*_test.go", "internal/identity/*/*_test.go", "internal/app/*_test.go", "internal/catalog/*_test.go", "internal/pg/*_test.go", "internal/httpx/*_test.go", "cmd/portico/login_test.go", "test/policy/*_test.go", "internal/config/signin_test.go"} {
		names, err := fs.Glob(root, pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range names {
			text, err := fs.ReadFile(root, name)
			if err != nil {
				t.Fatal(err)
			}
			code.Write(text)
		}
	}
	page, err := fs.ReadFile(root, "docs/dev/sign-in-guards.md")
	if err != nil {
		t.Fatal(err)
	}
	named := guardTest.FindAllStringSubmatch(string(page), -1)
	for _, m := range named {
		if m[1] != "…" && !strings.Contains(code.String(), "func "+m[1]+"(") {
			t.Errorf("there is no test %s", m[1])
		}
		if m[2] != "" && !strings.Contains(code.String(), `"`+m[2]+`"`) {
			t.Errorf("no test has the case %q", m[2])
		}
	}
	if len(named) < 60 {
		t.Errorf("the page names %d tests", len(named))
	}
}
