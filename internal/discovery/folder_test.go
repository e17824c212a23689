package discovery

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sort"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.yaml.in/yaml/v4"

	"portico/internal/cage"
	"portico/internal/catalog"
	"portico/internal/errs"
	"portico/internal/testenv"
)

func folder(p string) catalog.Location { return catalog.Location{Type: "folder", Target: p} }

const entityYAML = "apiVersion: backstage.io/v1alpha1\nkind: Component\n"

func TestReadFolder(t *testing.T) {
	tests := []struct {
		name  string
		files map[string]string
		repos []string
		want  []string // locations below the folder, sorted
	}{
		{
			"one repository",
			map[string]string{"catalog-info.yaml": "A", ".backstage/catalog-info.yaml": "B", "services/a/catalog-info.yml": "C", ".github/catalog-info.yaml": "no", "node_modules/x/catalog-info.yaml": "no", "a/skeleton/catalog-info.yaml": "no", "b/{{cookiecutter.name}}/catalog-info.yaml": "no", "1/2/3/4/5/catalog-info.yaml": "no", "other.yaml": entityYAML},
			[]string{"."},
			[]string{"file:.backstage/catalog-info.yaml", "file:catalog-info.yaml", "file:services/a/catalog-info.yml"},
		},
		{
			"a tree of repositories",
			map[string]string{"one/catalog-info.yaml": "A", "deep/er/two/README.md": "# Two", "org/catalog-info.yaml": "O", "plain/README.md": "# not a repository", "node_modules/x/README.md": "no"},
			[]string{"one", "deep/er/two"},
			[]string{"file:one/catalog-info.yaml", "file:org/catalog-info.yaml", "inferred:deep/er/two"},
		},
		{
			"a repository in a repository",
			map[string]string{"catalog-info.yaml": "A", "clones/x/catalog-info.yaml": "X"},
			[]string{".", "clones/x"},
			[]string{"file:catalog-info.yaml", "file:clones/x/catalog-info.yaml"},
		},
		{
			"descriptors alone",
			map[string]string{"a/catalog-info.yaml": "A", "b/README.md": "# B", "all.yaml": entityYAML},
			nil,
			[]string{"file:a/catalog-info.yaml", "file:all.yaml"},
		},
		{
			"a repository with descriptors by other names",
			map[string]string{"org/groups.yaml": entityYAML, "README.md": "# Org", "deploy.yaml": "apiVersion: v1\n"},
			[]string{"."},
			[]string{"file:org/groups.yaml"},
		},
		{
			"descriptors by other names",
			map[string]string{"all.yaml": "---\n" + entityYAML, "org/users.yml": entityYAML, "k8s/deploy.yaml": "apiVersion: apps/v1\nkind: Deployment\n", "README.md": "# x"},
			nil,
			[]string{"file:all.yaml", "file:org/users.yml"},
		},
		{
			"plain projects",
			map[string]string{"README.md": "# All", "a/README.md": "# A", "b/go.mod": "module b", "c/notes.txt": "", "d/sub/README.md": "no"},
			nil,
			[]string{"inferred:a", "inferred:b"},
		},
		{
			"one plain project",
			map[string]string{"README.md": "# All", "go.mod": "module x", "docs/README.md": "# Docs"},
			nil,
			[]string{"inferred:."},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			dir := t.TempDir()
			write(t, dir, tt.files)
			for _, repo := range tt.repos {
				gitInit(t, filepath.Join(dir, repo))
			}
			r := reader(t, Options{Local: []string{dir}})
			reading, _ := read(t, r, folder(dir))
			var got []string
			for _, f := range reading.Files {
				if f.Err != nil || f.Revision == "" || len(f.Data) == 0 {
					t.Errorf("%s: %+v", f.Location, f)
				}
				rel, err := filepath.Rel(dir, f.Location.Target)
				if err != nil {
					t.Fatal(err)
				}
				got = append(got, f.Location.Type+":"+rel)
			}
			sort.Strings(got)
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestReadFolderRefusals(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, map[string]string{"in/notes.txt": "", "out/catalog-info.yaml": secret, "file": ""})
	r := reader(t, Options{Local: []string{filepath.Join(dir, "in"), filepath.Join(dir, "in", "absent")}})
	for p, kind := range map[string]errs.Kind{
		filepath.Join(dir, "in"):           errs.NotFound,
		filepath.Join(dir, "in", "absent"): errs.NotFound,
		filepath.Join(dir, "out"):          errs.Forbidden,
		filepath.Join(dir, "in", ".."):     errs.Forbidden,
		"/etc":                             errs.Forbidden,
		"/":                                errs.Forbidden,
	} {
		if _, err := r.Read(t.Context(), folder(p), catalog.Known{}); !errs.Is(err, kind) || errs.Sentence(err) == "" {
			t.Errorf("%s: got %v", p, err)
		}
	}
	gitInit(t, filepath.Join(dir, "in"))
	if err := os.Symlink(filepath.Join(dir, "out", "catalog-info.yaml"), filepath.Join(dir, "in", "catalog-info.yaml")); err != nil {
		t.Fatal(err)
	}
	reading, err := r.Read(t.Context(), folder(filepath.Join(dir, "in")), catalog.Known{})
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range reading.Files {
		if strings.Contains(string(f.Data), "canary") {
			t.Errorf("a link out of the repository was read: %s", f.Location)
		}
	}
}

func TestFolderFollowsChanges(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, map[string]string{"a/README.md": "# A\n\nThe first text of it all.", "b/catalog-info.yaml": "B"})
	gitInit(t, filepath.Join(dir, "a"))
	gitInit(t, filepath.Join(dir, "b"))
	r := reader(t, Options{Local: []string{dir}})
	reading, _ := read(t, r, folder(dir))
	if err := os.WriteFile(filepath.Join(dir, "a", "README.md"), []byte("# A\n\nThe second text of it all."), 0o644); err != nil {
		t.Fatal(err)
	}
	again, err := r.Read(t.Context(), folder(dir), catalog.Known{Revision: reading.Revision})
	if err != nil || !strings.Contains(string(again.Files[len(again.Files)-1].Data), "second text") {
		t.Fatalf("after the README changed: %v", err)
	}
	one, err := r.Read(t.Context(), catalog.Location{Type: "inferred", Target: filepath.Join(dir, "a")}, catalog.Known{})
	if err != nil || !strings.Contains(string(one.Files[0].Data), "second text") {
		t.Errorf("the inferred location itself: %v, %v", one, err)
	}
	if _, err := r.Read(t.Context(), one.Files[0].Location, catalog.Known{Revision: one.Revision}); !errors.Is(err, catalog.ErrUnchanged) {
		t.Errorf("again: %v", err)
	}
	write(t, dir, map[string]string{"a/catalog-info.yaml": "now declared"})
	declared, err := r.Read(t.Context(), folder(dir), catalog.Known{Revision: again.Revision})
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range declared.Files {
		if f.Location.Type == "inferred" {
			t.Errorf("%s is declared and still inferred", f.Location)
		}
	}
}

func TestDistinctNames(t *testing.T) {
	dir := t.TempDir()
	for _, d := range []string{"team-a/api", "team-b/api", "team-b/API", "web"} {
		write(t, dir, map[string]string{d + "/README.md": "# x"})
		gitInit(t, filepath.Join(dir, d))
	}
	reading, _ := read(t, reader(t, Options{Local: []string{dir}}), folder(dir))
	names := map[string]bool{}
	for _, f := range reading.Files {
		var e struct{ Metadata struct{ Name string } }
		if err := yaml.Unmarshal(f.Data, &e); err != nil {
			t.Fatal(err)
		}
		names[strings.ToLower(e.Metadata.Name)] = true
	}
	want := map[string]bool{"team-a-api": true, "team-b-api": true, "team-b-api-2": true, "web": true}
	if diff := cmp.Diff(want, names); diff != "" {
		t.Error(diff)
	}
}

// The nine real repositories as a folder of working copies: each becomes entities that the
// catalog's own annotations mark as inferred.
func TestRealRepositories(t *testing.T) {
	source := testenv.Shared(t, "corpus", "repos")
	dir := t.TempDir()
	count := 0
	err := filepath.WalkDir(source, func(p string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, _ := filepath.Rel(source, p)
		to := filepath.Join(dir, rel)
		switch {
		case d.IsDir():
			if strings.Count(rel, string(filepath.Separator)) == 0 && rel != "." {
				count++
			}
			return os.MkdirAll(to, 0o755)
		case d.Type().IsRegular():
			data, err := os.ReadFile(p)
			if err != nil {
				return err
			}
			return os.WriteFile(to, data, 0o644)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if e.IsDir() {
			gitInit(t, filepath.Join(dir, e.Name()))
			gitRun(t, filepath.Join(dir, e.Name()), "remote", "add", "origin", "https://github.com/"+strings.Replace(e.Name(), "__", "/", 1)+".git")
		}
	}
	r := reader(t, Options{Local: []string{dir}})
	reading, _ := read(t, r, folder(dir))
	if len(reading.Files) != count || count < 9 {
		t.Fatalf("%d files of %d repositories", len(reading.Files), count)
	}
	kinds, texts := map[string]int{}, 0
	for _, f := range reading.Files {
		if f.Location.Type != "inferred" || !strings.HasPrefix(f.ViewURL, "https://github.com/") || len(f.Layers) == 0 {
			t.Errorf("%s: %s", f.Location, f.Data)
		}
		docs := yaml.NewDecoder(bytes.NewReader(f.Data))
		n := 0
		for ; ; n++ {
			var e struct {
				Kind     string
				Metadata struct {
					Name, Description string
					Annotations       map[string]string
				}
				Spec struct {
					Type, Lifecycle, Owner string
					Definition             any
				}
			}
			if err := docs.Decode(&e); err != nil {
				break
			}
			kinds[e.Kind]++
			a := e.Metadata.Annotations
			if e.Metadata.Name == "" || e.Spec.Owner == "" || a[catalog.AnnotationInferred] != "true" {
				t.Errorf("%s: %+v", f.Location, e)
			}
			if e.Kind == "Component" && (e.Spec.Type == "" || e.Spec.Lifecycle == "" || !strings.HasPrefix(a["backstage.io/source-location"], f.SourceLocation)) {
				t.Errorf("%s: %+v", f.Location, e)
			}
			// What a placeholder refers to can be read.
			if at, ok := e.Spec.Definition.(map[string]any); ok {
				texts++
				beside, err := r.ReadRelative(t.Context(), f.Location, at["$text"].(string), "")
				if err != nil || len(beside.Data) == 0 || beside.Revision == "" {
					t.Errorf("%s of %s: %v, %v", at, e.Metadata.Name, beside, err)
				}
			}
		}
		if n != len(f.Layers) {
			t.Errorf("%s: %d documents and %d layers", f.Location, n, len(f.Layers))
		}
	}
	if kinds["Component"] < 60 || kinds["API"] < 20 || kinds["Resource"] < 10 || kinds["System"] < 6 || texts < 20 {
		t.Errorf("%v, %d definitions", kinds, texts)
	}
}

func TestReadBesideInferred(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, map[string]string{"a/go.mod": "module a", "a/api/openapi.yaml": "openapi: 3.0.0", "b/secret.txt": "no"})
	gitInit(t, filepath.Join(dir, "a"))
	r := reader(t, Options{Local: []string{dir}})
	base := catalog.Location{Type: "inferred", Target: filepath.Join(dir, "a")}
	f, err := r.ReadRelative(t.Context(), base, "./api/openapi.yaml", "")
	if err != nil || string(f.Data) != "openapi: 3.0.0" {
		t.Fatalf("%v, %v", f, err)
	}
	if _, err := r.ReadRelative(t.Context(), base, "./api/openapi.yaml", f.Revision); !errors.Is(err, catalog.ErrUnchanged) {
		t.Errorf("again: %v", err)
	}
	for _, target := range []string{"../b/secret.txt", "/../b/secret.txt", "./api/../../b/secret.txt", "."} {
		if f, err := r.ReadRelative(t.Context(), base, target, ""); !errs.Is(err, errs.Forbidden) {
			t.Errorf("%s: %v, %v", target, f, err)
		}
	}
}

// A repository whose parts are declared gives what was seen of them as layers below what they declare.
func TestDeclaredPartsAndOthers(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, map[string]string{
		"shop/cart/catalog-info.yaml": entityYAML + "metadata: {name: basket}\nspec: {type: service, lifecycle: production, owner: x}\n", "shop/cart/go.mod": "module cart", "shop/cart/main.go": "package main", "shop/cart/Dockerfile": "FROM scratch",
		"shop/web/package.json": `{"private": true, "dependencies": {"next": "1"}}`, "shop/web/Dockerfile": "FROM node",
	})
	gitInit(t, filepath.Join(dir, "shop"))
	reading, _ := read(t, reader(t, Options{Local: []string{dir}}), folder(dir))
	if len(reading.Files) != 2 {
		t.Fatalf("%+v", reading.Files)
	}
	f := reading.Files[1]
	var refs []string
	for _, l := range f.Layers {
		refs = append(refs, l.Ref)
	}
	if diff := cmp.Diff([]string{"system:default/shop", "component:default/basket", "component:default/shop-web"}, refs); diff != "" {
		t.Error(diff)
	}
	if strings.Contains(string(f.Data), "basket") || !strings.Contains(string(f.Data), "name: shop-web") {
		t.Errorf("%s", f.Data)
	}
}

// Two repositories with parts of the same names do not speak of the same entities.
func TestSamePartsOfTwoRepositories(t *testing.T) {
	dir := t.TempDir()
	for _, repo := range []string{"pet-clinic-one", "pet-clinic-two"} {
		for _, part := range []string{"pet-clinic-web", "pet-clinic-api"} {
			write(t, dir, map[string]string{repo + "/" + part + "/Dockerfile": "FROM scratch", repo + "/" + part + "/go.mod": "module x", repo + "/" + part + "/main.go": "package main"})
		}
		gitInit(t, filepath.Join(dir, repo))
	}
	found, err := reader(t, Options{Local: []string{dir}}).Discover(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	var refs []string
	for _, f := range found {
		for _, e := range f.Entities {
			refs = append(refs, e.Ref)
		}
	}
	want := []string{"system:default/pet-clinic-one", "component:default/pet-clinic-api", "component:default/pet-clinic-web",
		"system:default/pet-clinic-two", "component:default/pet-clinic-two-pet-clinic-api", "component:default/pet-clinic-two-pet-clinic-web"}
	if diff := cmp.Diff(want, refs); diff != "" {
		t.Error(diff)
	}
}

// One repository that cannot be read does not hide the others.
func TestBrokenRepositoryAmongOthers(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, map[string]string{"good/catalog-info.yaml": "A", "broken": "no folder at all"})
	gitInit(t, filepath.Join(dir, "good"))
	root, err := cage.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	files, guesses, err := reader(t, Options{Local: []string{dir}}).collect(t.Context(), root, &found{repos: []string{"absent", "broken", "good"}}, "")
	if err != nil || len(guesses) != 1 || len(guesses[0].result.Entities) != 0 || len(files) != 2 || files[0].Err == nil || string(files[1].Data) != "A" {
		t.Errorf("got %+v, %v, %v", files, guesses, err)
	}
}

// BenchmarkUnchanged is what a look at a tree costs in which nothing changed: one glob over it, and
// each file as a location of its own.
func BenchmarkUnchanged(b *testing.B) {
	dir := b.TempDir()
	const n = 10_000
	files := map[string]string{}
	for i := range n {
		files[fmt.Sprintf("team-%d/c-%d/catalog-info.yaml", i%50, i)] = entityYAML
	}
	write(b, dir, files)
	r := reader(b, Options{Local: []string{dir}})
	glob := file(filepath.Join(dir, "**", "*.yaml"))
	reading, err := r.Read(b.Context(), glob, catalog.Known{})
	if err != nil || len(reading.Files) != n {
		b.Fatal(len(reading.Files), err)
	}
	b.Run("glob", func(b *testing.B) {
		for b.Loop() {
			if _, err := r.Read(b.Context(), glob, catalog.Known{Revision: reading.Revision}); !errors.Is(err, catalog.ErrUnchanged) {
				b.Fatal(err)
			}
		}
	})
	b.Run("files", func(b *testing.B) {
		for b.Loop() {
			for _, f := range reading.Files {
				if _, err := r.Read(b.Context(), f.Location, catalog.Known{Revision: f.Revision}); !errors.Is(err, catalog.ErrUnchanged) {
					b.Fatal(err)
				}
			}
		}
	})
	b.Run("changed-glob", func(b *testing.B) {
		for b.Loop() {
			if _, err := r.Read(b.Context(), glob, catalog.Known{}); err != nil {
				b.Fatal(err)
			}
		}
	})
}
