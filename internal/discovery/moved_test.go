package discovery

import (
	"fmt"
	"log/slog"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"portico/internal/catalog"
	"portico/internal/identity/audit"
	"portico/internal/pg/pgtest"
)

func descriptor(name, note string) string {
	return "apiVersion: backstage.io/v1alpha1\nkind: Component\nmetadata:\n  name: " + name + "\n  annotations:\n    example.com/note: " + note +
		"\nspec:\n  type: service\n  lifecycle: production\n  owner: team\n"
}

// A source is looked at every few minutes for good: what did not move must not be asked for, whatever
// its neighbours refer to.
func TestHostsAreAskedForWhatMoved(t *testing.T) {
	t.Parallel()
	for _, kind := range []string{"github", "gitlab", "gitea"} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			f := newFakeHost(t, kind)
			files := map[string]string{"s07/note.txt": "first"}
			for i := range 20 {
				name := fmt.Sprintf("s%02d", i)
				files[name+"/catalog-info.yaml"] = descriptor(name, "none")
			}
			files["s07/catalog-info.yaml"] = descriptor("s07", "{$text: ./note.txt}")
			f.files["o/tree"] = files
			store := catalog.NewStore(pgtest.New(t))
			refresher := &catalog.Refresher{Store: store, Reader: f.reader(t, f.token), Every: time.Hour, Log: slog.New(slog.DiscardHandler)}
			src, _, err := store.Register(t.Context(), URL("https://"+f.host+"/o/tree"), false, audit.System("user:default/ana"))
			if err != nil {
				t.Fatal(err)
			}
			refresh := func(step string, want ...string) {
				t.Helper()
				if src, err = store.Source(t.Context(), src.ID); err != nil {
					t.Fatal(err)
				}
				o, err := refresher.Refresh(t.Context(), src, "test")
				if err != nil || o.State != "current" {
					t.Fatalf("%s: %+v, %v", step, o, err)
				}
				if diff := cmp.Diff(want, f.contents()); diff != "" {
					t.Errorf("%s: files sent (-want +got):\n%s", step, diff)
				}
			}
			set := func(name, text string) {
				f.mu.Lock()
				defer f.mu.Unlock()
				files[name] = text
			}
			refresh("first", slices.Sorted(maps.Keys(files))...)
			refresh("nothing moved")
			set("s03/catalog-info.yaml", descriptor("s03", "other"))
			refresh("one descriptor", "s03/catalog-info.yaml")
			set("s07/note.txt", "second")
			refresh("what a descriptor refers to", "s07/catalog-info.yaml", "s07/note.txt")
			refresh("nothing more")
			d, err := store.DeclarationOf(t.Context(), "component:default/s03")
			if err != nil || !strings.Contains(d.Text, "note: other") {
				t.Errorf("%v, %v", d, err)
			}
		})
	}
}

func TestReadsOnlyWhatMoved(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write(t, dir, map[string]string{"g/a.yaml": "a", "g/b.yaml": "b", "g/c.yaml": "c", "repo/a.yaml": "a", "repo/b.yaml": "b"})
	gitInit(t, filepath.Join(dir, "repo"))
	commitAll(t, filepath.Join(dir, "repo"))
	r := gitReader(t)
	if err := r.AllowLocal(dir); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name string
		loc  catalog.Location
		move func()
	}{
		{"pattern", file(filepath.Join(dir, "g", "*.yaml")), func() { write(t, dir, map[string]string{"g/b.yaml": "bb"}) }},
		{"git", catalog.Location{Type: "git", Target: "file://" + filepath.Join(dir, "repo") + "#main:*.yaml"}, func() {
			write(t, dir, map[string]string{"repo/b.yaml": "bb"})
			commitAll(t, filepath.Join(dir, "repo"))
			r.forget()
		}},
	} {
		reading, _ := read(t, r, tt.loc)
		known := catalog.Known{Revision: reading.Revision, Files: map[string]string{}}
		for _, f := range reading.Files {
			known.Files[f.Location.String()] = f.Revision
		}
		tt.move()
		again, err := r.Read(t.Context(), tt.loc, known)
		if err != nil || len(again.Files) != len(reading.Files) {
			t.Fatalf("%s: %+v, %v", tt.name, again, err)
		}
		for i, f := range again.Files {
			if moved := i == 1; f.Unchanged == moved || moved && string(f.Data) != "bb" || !moved && f.Data != nil || !moved && f.Revision != reading.Files[i].Revision {
				t.Errorf("%s: %+v", tt.name, f)
			}
		}
	}
}
