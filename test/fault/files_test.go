package fault

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"portico/internal/app/apptest"
	"portico/internal/pg/pgtest"
)

// seen is how long a change of a local file may take to be served: watching, reading, writing and
// following. On an idle machine it takes a tenth of it.
const seen = 2 * time.Second

func TestFileVanishesAndReturns(t *testing.T) {
	dir := t.TempDir()
	one, two := filepath.Join(dir, "one.yaml"), filepath.Join(dir, "two.yaml")
	write(t, one, declare("first", "one-a", "one-b"))
	write(t, two, declare("second", "two-a"))
	p := start(t, pgtest.DSN(t), fileSource(filepath.Join(dir, "*.yaml")))
	p.settle(30 * time.Second)
	uid := p.component("one-a").Metadata.UID
	base := len(p.changes(0))

	if err := os.Remove(one); err != nil {
		t.Fatal(err)
	}
	took := apptest.Until(t, seen, "the entities of the deleted file are shown as missing", func() bool {
		a, b := p.component("one-a"), p.component("one-b")
		return a != nil && a.missing() && b != nil && b.missing()
	})
	t.Logf("missing after %s", took)
	if p.component("two-a").missing() {
		t.Error("an entity of another file is missing too")
	}

	write(t, one, declare("first", "one-a", "one-b"))
	took = apptest.Until(t, seen, "the entities are back", func() bool {
		return !p.component("one-a").missing() && !p.component("one-b").missing()
	})
	t.Logf("back after %s", took)
	if now := p.component("one-a").Metadata.UID; now != uid {
		t.Errorf("the uid changed from %s to %s", uid, now)
	}
	if got, want := ops(p.history("component:default/one-a")), "created missing returned"; got != want {
		t.Errorf("history is %q, want %q", got, want)
	}
	if got := len(p.changes(0)) - base; got != 4 {
		t.Errorf("%d changes were logged, want 4: missing and returned, twice", got)
	}
}

func TestNamedFileVanishesAndReturns(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "catalog-info.yaml")
	write(t, file, declare("first", "alone"))
	p := start(t, pgtest.DSN(t), fileSource(file))
	p.settle(30 * time.Second)
	if err := os.Remove(file); err != nil {
		t.Fatal(err)
	}
	t.Logf("missing after %s", apptest.Until(t, seen, "the entity is missing and its source failed", func() bool {
		return p.component("alone").missing() && p.source(file).State == "failed"
	}))
	if m := p.source(file).Message; m == "" {
		t.Error("the source does not say what is wrong")
	}
	write(t, file, declare("first", "alone"))
	t.Logf("back after %s", apptest.Until(t, seen, "the entity is back and its source current", func() bool {
		return !p.component("alone").missing() && p.source(file).State == "current"
	}))
	if got, want := ops(p.history("component:default/alone")), "created missing returned"; got != want {
		t.Errorf("history is %q, want %q", got, want)
	}
}

func TestFolderRenamedAwayAndBack(t *testing.T) {
	dir := t.TempDir()
	team := filepath.Join(dir, "teams", "a")
	if err := os.MkdirAll(filepath.Join(team, "deep"), 0o755); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(dir, "stays.yaml"), declare("x", named("stays", 30)...))
	write(t, filepath.Join(team, "one.yaml"), declare("x", "moved-a"))
	write(t, filepath.Join(team, "deep", "two.yaml"), declare("x", "moved-b"))
	p := start(t, pgtest.DSN(t), fileSource(filepath.Join(dir, "**", "*.yaml")))
	p.settle(30 * time.Second)
	away := filepath.Join(t.TempDir(), "a")
	if err := os.Rename(team, away); err != nil {
		t.Fatal(err)
	}
	t.Logf("missing after %s", apptest.Until(t, seen, "what was in the folder is missing", func() bool {
		return p.component("moved-a").missing() && p.component("moved-b").missing()
	}))
	if err := os.Rename(away, team); err != nil {
		t.Fatal(err)
	}
	t.Logf("back after %s", apptest.Until(t, seen, "what is in the folder is back", func() bool {
		return !p.component("moved-a").missing() && !p.component("moved-b").missing()
	}))
	write(t, filepath.Join(team, "deep", "two.yaml"), declare("changed after the move", "moved-b"))
	t.Logf("a change in it after %s", apptest.Until(t, seen, "a change in the folder that came back is seen", func() bool {
		return p.component("moved-b").Metadata.Description == "changed after the move"
	}))
	if got, want := ops(p.history("component:default/moved-b")), "created missing returned updated"; got != want {
		t.Errorf("history is %q, want %q", got, want)
	}
}

func TestSavedAsEditorsDo(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "one.yaml")
	write(t, file, declare("before", "saved", "neighbour"))
	p := start(t, pgtest.DSN(t), fileSource(filepath.Join(dir, "*.yaml")))
	p.settle(30 * time.Second)
	base := p.revision()
	for _, text := range []string{"by rename", "by rename again"} {
		save(t, file, declare(text, "saved", "neighbour"))
		t.Logf("seen after %s", apptest.Until(t, seen, "a save by rename is served", func() bool { return p.component("saved").Metadata.Description == text }))
	}
	// Emptied, then written: what some editors and `>` do.
	for _, text := range []string{"in place", "in place again"} {
		write(t, file, "")
		time.Sleep(200 * time.Millisecond) // longer than the watcher waits for quiet
		write(t, file, declare(text, "saved", "neighbour"))
		apptest.Until(t, seen, "a save in place is served", func() bool { return p.component("saved").Metadata.Description == text })
	}
	for _, c := range p.changes(base) {
		if c.Op != "updated" {
			t.Errorf("saving a file logged %s of %s", c.Op, c.Ref)
		}
	}
}
