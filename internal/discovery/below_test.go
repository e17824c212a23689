package discovery

import (
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"portico/internal/catalog"
	"portico/internal/errs"
)

// A repository that links to another opens nothing of it, also where the link is named as a folder on the way.
func TestLinksToRepositories(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, map[string]string{"in/a/catalog-info.yaml": "A", "out/catalog-info.yaml": secret, "out/.git/HEAD": "ref: refs/heads/main\n", "real/catalog-info.yaml": entityYAML})
	in := filepath.Join(dir, "in")
	for at, to := range map[string]string{"in/link": filepath.Join(dir, "out"), "in/up": "../out", "in/same": "a", "named": "real"} {
		if err := os.Symlink(to, filepath.Join(dir, at)); err != nil {
			t.Fatal(err)
		}
	}
	if err := syscall.Mkfifo(filepath.Join(in, "pipe"), 0o600); err != nil {
		t.Fatal(err)
	}
	named := filepath.Join(dir, "named")
	r := reader(t, Options{Local: []string{in, named}})
	for _, name := range []string{"link", "up"} {
		at := filepath.Join(in, name)
		for _, loc := range []catalog.Location{file(at + "/catalog-info.yaml"), file(at + "/*.yaml"), folder(at), {Type: "inferred", Target: at}} {
			if got, err := r.Read(t.Context(), loc, catalog.Known{}); !errs.Is(err, errs.Forbidden) && (err != nil || len(got.Files) > 0) {
				t.Errorf("%s: got %v, %v; want errs.Forbidden", loc, got, err)
			}
		}
	}
	if _, err := r.Read(t.Context(), folder(filepath.Join(in, "pipe")), catalog.Known{}); !errs.Is(err, errs.Invalid) {
		t.Errorf("a pipe as a folder: %v", err)
	}
	if _, got := read(t, r, file(filepath.Join(in, "same", "catalog-info.yaml"))); len(got) != 1 {
		t.Errorf("a link inside: %v", got)
	}
	if _, got := read(t, r, folder(named)); len(got) != 1 {
		t.Errorf("a link that the operator named: %v", got)
	}
}

// What is open to others is that folder alone, whatever repository is around it and whatever else the operator named.
func TestBelow(t *testing.T) {
	dir := t.TempDir()
	files := map[string]string{"repo/.git/HEAD": "ref: refs/heads/main\n", "repo/secret.yaml": secret, "repo/open/a.yaml": "A", "repo/open/b/.git/HEAD": "ref: refs/heads/main\n", "repo/open/b/catalog-info.yaml": "B"}
	for i := range catalog.RegisteredFiles + 1 {
		files[fmt.Sprintf("repo/open/many/%d.yaml", i)] = entityYAML
	}
	write(t, dir, files)
	repo, open := filepath.Join(dir, "repo"), filepath.Join(dir, "repo", "open")
	whole := reader(t, Options{Local: []string{repo}})
	r, err := whole.Below([]string{open + "/"}, errs.WithRemedy(errs.New(errs.Forbidden, "it is closed"), "open it"))
	if err != nil {
		t.Fatal(err)
	}
	if _, got := read(t, r, file(open+"/a.yaml")); got["file:"+open+"/a.yaml"] != "A" {
		t.Errorf("what is open: %v", got)
	}
	_, err = r.Read(t.Context(), file(repo+"/secret.yaml"), catalog.Known{})
	if !errs.Is(err, errs.Forbidden) || errs.Sentence(err) != repo+"/secret.yaml is not read: it is closed" || errs.Remedy(err) != "open it" {
		t.Errorf("what is beside: %v; %s", err, errs.Remedy(err))
	}
	for base, target := range map[string]string{"a.yaml": "../secret.yaml", "b/catalog-info.yaml": "../a.yaml"} {
		if _, err := r.Resolve(file(filepath.Join(open, base)), "file", target); !errs.Is(err, errs.Forbidden) {
			t.Errorf("%s leads from %s: %v", target, base, err)
		}
	}
	for _, loc := range []catalog.Location{file(open + "/many/*.yaml"), folder(open + "/many")} {
		if _, err := r.Read(t.Context(), loc, catalog.Known{}); !errs.Is(err, errs.TooLarge) {
			t.Errorf("%s: %v, want errs.TooLarge", loc, err)
		}
		if got, err := whole.Read(t.Context(), loc, catalog.Known{}); err != nil || len(got.Files) != catalog.RegisteredFiles+1 {
			t.Errorf("%s of the operator's own: %v", loc, err)
		}
	}
	for path, want := range map[string]bool{open: true, open + "/b": true, open + "/a.yaml": false, open + "/none": false, repo: false, "/": false} {
		if got := r.IsFolder(path); got != want {
			t.Errorf("%s is a folder: %v", path, got)
		}
	}
	for path, want := range map[string]bool{open: true, open + "/none": true, open + "ed/a": false, repo: false} {
		if got := r.Covers(path); got != want {
			t.Errorf("%s is covered: %v", path, got)
		}
	}
	none, err := whole.Below(nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := none.Read(t.Context(), file(open+"/a.yaml"), catalog.Known{}); !errs.Is(err, errs.Forbidden) {
		t.Errorf("with no folder open: %v", err)
	}
	for _, bad := range []string{"/", "/proc/self", "/dev", "open", "/a\x00"} {
		if _, err := whole.Below([]string{bad}, nil); !errs.Is(err, errs.Invalid) {
			t.Errorf("%s is open to others: %v", bad, err)
		}
	}
}
