package docs

import (
	"io/fs"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"portico/internal/catalog/entity"
	"portico/internal/config"
	"portico/internal/testenv"
)

var titledBlock = regexp.MustCompile("(?ms)^```yaml title=\"([^\"]+)\"\n(.*?)^```$")

// loaded is a block as whoever pastes it has it, every variable set.
func loaded(t *testing.T, name, text string) *config.Config {
	t.Helper()
	var environ []string
	for _, m := range variable.FindAllStringSubmatch(text, -1) {
		environ = append(environ, m[1]+"=0123456789abcdef")
	}
	cfg, err := config.Load(config.Options{Files: []string{"/app-config.yaml"}, RequireFiles: true, Environ: environ, ReadFile: func(string) ([]byte, error) { return []byte(text), nil }})
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return cfg
}

// The pages on sign-in end with people in the catalog and an admin among them.
func TestFirstAdmin(t *testing.T) {
	t.Parallel()
	root := os.DirFS(testenv.Repo(t))
	page, err := fs.ReadFile(root, "docs/user/sign-in/index.md")
	if err != nil {
		t.Fatal(err)
	}
	var users, allowed, admins []string
	for _, block := range titledBlock.FindAllStringSubmatch(string(page), -1) {
		if !strings.HasPrefix(block[1], "app-config") {
			for _, d := range entity.Parse(block[1], []byte(block[2])) {
				users = append(users, strings.ToLower(d.Ref.String()))
			}
			continue
		}
		cfg := loaded(t, "index.md", block[2])
		admins = append(admins, cfg.Portico.Policies.Roles["admin"]...)
		for _, l := range cfg.Catalog.Locations {
			for _, rule := range l.Rules {
				for _, kind := range rule.Allow {
					allowed = append(allowed, strings.ToLower(kind.Kind))
				}
			}
		}
	}
	if len(admins) != 1 || !slices.Contains(users, admins[0]) {
		t.Errorf("the admin %v is none of %v", admins, users)
	}
	for _, user := range users {
		if kind, _, _ := strings.Cut(user, ":"); !slices.Contains(allowed, kind) {
			t.Errorf("%s does not come in: the rules allow %v", user, allowed)
		}
	}
	names, err := fs.Glob(root, "docs/user/sign-in/*.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range append(names, "docs/tokens.md", "docs/operating.md", "docs/signing-in.md") {
		text, err := fs.ReadFile(root, name)
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(string(text), "#the-first-admin)") && !strings.Contains(string(text), "## The first admin") {
			t.Errorf("%s does not lead to the first admin", name)
		}
	}
}
