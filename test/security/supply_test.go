package security

import (
	"crypto/sha256"
	"debug/buildinfo"
	"encoding/hex"
	"encoding/json"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"portico/internal/testenv"
)

var buildLine = regexp.MustCompile(`(?m)^\t@(CGO_ENABLED=0 go build -trimpath .*main\.version=)\$\(VERSION\)(' -o )bin/portico ( ?\./cmd/portico)$`)

// S16: who builds the same text builds the same binary, wherever they do it, and can tell what it consists of.
func TestS16TwoBuildsAreOne(t *testing.T) {
	root := testenv.Repo(t)
	makefile, err := os.ReadFile(filepath.Join(root, "Makefile"))
	if err != nil {
		t.Fatal(err)
	}
	line := buildLine.FindStringSubmatch(string(makefile))
	if line == nil {
		t.Fatal("the Makefile no longer builds bin/portico as this test expects: bring buildLine in step with it")
	}
	sh := func(dir, command string) {
		t.Helper()
		cmd := exec.CommandContext(t.Context(), "bash", "-c", command)
		cmd.Dir = dir
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%s: %v\n%s", command, err, out)
		}
	}
	digests := map[string]bool{}
	var binary string
	for _, name := range []string{"one", "another/and much longer"} {
		dir := filepath.Join(t.TempDir(), name)
		for _, part := range []string{"cmd", "internal", "web/dist"} {
			if err := os.CopyFS(filepath.Join(dir, part), os.DirFS(filepath.Join(root, part))); err != nil {
				t.Fatal(err)
			}
		}
		sh(root, `cp go.mod go.sum '`+dir+`' && cp web/*.go '`+dir+`/web'`)
		if os.Getenv("PORTICO_WALL") == "all" { // the user interface too: that takes Node and its packages
			for _, part := range []string{"src", "public", "scripts"} {
				if err := os.CopyFS(filepath.Join(dir, "web", part), os.DirFS(filepath.Join(root, "web", part))); err != nil {
					t.Fatal(err)
				}
			}
			sh(root, `cp web/*.json web/*.ts web/index.html '`+dir+`/web' && ln -s "$PWD/web/node_modules" '`+dir+`/web/node_modules'`)
			sh(filepath.Join(dir, "web"), "npm run --silent build </dev/null")
		}
		binary = filepath.Join(dir, "portico")
		sh(dir, line[1]+"wall"+line[2]+`"`+binary+`" `+line[3])
		text, err := os.ReadFile(binary)
		if err != nil {
			t.Fatal(err)
		}
		sum := sha256.Sum256(text)
		digests[hex.EncodeToString(sum[:])] = true
	}
	if len(digests) != 1 {
		t.Errorf("two builds of one text are %v", digests)
	}
	count(t, "S16", "digests of two builds in two folders", len(digests))
	partsOf(t, root, binary)
}

// partsOf sees that the list of parts has what the binary and the user interface's lock file have.
func partsOf(t *testing.T, root, binary string) {
	t.Helper()
	tool := filepath.Join(root, "test", "tools", "sbom")
	for _, args := range [][]string{{"vet", "."}, {"test", "."}} {
		cmd := exec.CommandContext(t.Context(), "go", args...)
		cmd.Dir = tool
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("go %s in test/tools/sbom: %v\n%s", strings.Join(args, " "), err, out)
		}
	}
	cmd := exec.CommandContext(t.Context(), "go", "run", ".", "-binary", binary, "-lock", filepath.Join(root, "web", "package-lock.json"), "-version", "wall")
	cmd.Dir, cmd.Stderr = tool, t.Output()
	text, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	var list struct {
		Components []struct {
			PURL string
		}
	}
	if err := json.Unmarshal(text, &list); err != nil {
		t.Fatal(err)
	}
	have := map[string]bool{}
	for _, c := range list.Components {
		have[c.PURL] = true
	}
	info, err := buildinfo.ReadFile(binary)
	if err != nil {
		t.Fatal(err)
	}
	need := []string{"pkg:golang/std@" + strings.TrimPrefix(info.GoVersion, "go")}
	for _, m := range info.Deps {
		need = append(need, "pkg:golang/"+m.Path+"@"+m.Version)
	}
	var ui struct{ Dependencies, DevDependencies map[string]string }
	packages, err := fs.ReadFile(os.DirFS(root), "web/package.json")
	if err == nil {
		err = json.Unmarshal(packages, &ui)
	}
	if err != nil {
		t.Fatal(err)
	}
	purl := func(name, version string) string {
		return "pkg:npm/" + strings.Replace(name, "@", "%40", 1) + "@" + version
	}
	for name, version := range ui.Dependencies {
		need = append(need, purl(name, version))
	}
	for _, ref := range need {
		if !have[ref] {
			t.Errorf("the list of parts lacks %s", ref)
		}
	}
	for name, version := range ui.DevDependencies {
		if have[purl(name, version)] {
			t.Errorf("the list of parts has %s, which is not in the binary", name)
		}
	}
	count(t, "S16", "parts in the list", len(have))
	if len(have) < len(need) || len(info.Deps) < 10 {
		t.Errorf("%d parts, %d of them looked for", len(have), len(need))
	}
}
