package fault

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
	"unicode/utf16"

	"portico/internal/app/apptest"
	"portico/internal/pg/pgtest"
)

// poison is one hostile file among good ones.
type poison struct {
	name string
	file string                         // its content, in poison/NAME.yaml
	make func(t *testing.T, dir string) // or whatever else it takes, in poison/NAME.d
	// served are components that it must yield all the same; with none it must be a problem.
	served []string
}

func head(kind, name string) string {
	return "apiVersion: backstage.io/v1alpha1\nkind: " + kind + "\nmetadata:\n  name: " + name + "\n"
}

const spec = "spec:\n  type: service\n  lifecycle: production\n  owner: team-a\n"

func location(name string, targets ...string) string {
	text := head("Location", name) + "spec:\n  type: file\n  targets:\n"
	for _, t := range targets {
		text += "    - " + t + "\n"
	}
	return text
}

func aliasBomb() string {
	var b strings.Builder
	b.WriteString(head("Component", "alias-bomb"))
	b.WriteString("  x0: &x0 [a, a, a, a, a, a, a, a, a, a]\n")
	for i := 1; i < 12; i++ {
		fmt.Fprintf(&b, "  x%d: &x%d [%s]\n", i, i, strings.Repeat(fmt.Sprintf("*x%d, ", i-1), 9)+fmt.Sprintf("*x%d", i-1))
	}
	return b.String() + spec
}

func utf16Text(order binary.ByteOrder, text string) string {
	var b bytes.Buffer
	for _, u := range utf16.Encode([]rune("\uFEFF" + text)) {
		_ = binary.Write(&b, order, u)
	}
	return b.String()
}

func poisons(outside string) []poison {
	comp := func(name string) string { return head("Component", name) + spec }
	list := []poison{
		{name: "null-document", file: "null\n---\n~\n---\n" + comp("after-null"), served: []string{"after-null"}},
		{name: "null-fields", file: "apiVersion: null\nkind: null\nmetadata: null\nspec: null\n"},
		{name: "null-metadata", file: "apiVersion: backstage.io/v1alpha1\nkind: Component\nmetadata: ~\n" + spec},
		{name: "list", file: "- a\n- b\n"},
		{name: "scalar", file: "just words\n"},
		{name: "number", file: "42\n"},
		{name: "deep-flow", file: head("Component", "deep-flow") + "spec: " + strings.Repeat("[", 100_000) + strings.Repeat("]", 100_000) + "\n"},
		{name: "deep-block", file: head("Component", "deep-block") + "spec:\n" + deepBlock(3000)},
		{name: "json-bomb", file: `{"apiVersion":"backstage.io/v1alpha1","kind":"Component","metadata":{"name":"json-bomb"},"spec":` + strings.Repeat(`{"a":`, 50_000) + "1" + strings.Repeat("}", 50_000) + "}"},
		{name: "alias-bomb", file: aliasBomb()},
		{name: "alias-cycle", file: head("Component", "alias-cycle") + "  a: &a\n    b: *a\n" + spec},
		{name: "alias-unknown", file: head("Component", "alias-unknown") + "  description: *nowhere\n" + spec},
		{name: "merge-key-cycle", file: head("Component", "merge-key-cycle") + "  a: &a\n    <<: *a\n" + spec},
		{name: "huge", file: head("Component", "huge") + "  description: " + strings.Repeat("x", 11<<20) + "\n" + spec},
		{name: "many-documents", file: strings.Repeat("---\n{}\n", 20_000)},
		{name: "many-keys", file: head("Component", "many-keys") + "  labels:\n" + manyKeys(5_000) + spec, served: []string{"many-keys"}},
		{name: "bad-utf8", file: head("Component", "bad-utf8") + "  description: \"\xff\xfe\xc0\xaf\"\n" + spec},
		{name: "bad-utf8-name", file: head("Component", "bad-\xff-name") + spec},
		{name: "nul-bytes", file: head("Component", "nul-bytes") + "  description: a\x00b\n" + spec},
		{name: "nul-escaped", file: head("Component", "nul-escaped") + "  description: \"a\\0b\"\n" + spec, served: []string{"nul-escaped"}},
		{name: "nul-in-name", file: head("Component", "\"a\\0b\"") + spec},
		{name: "only-nul", file: strings.Repeat("\x00", 4096)},
		{name: "control-characters", file: head("Component", "control-characters") + "  description: a\x01\x02\x1b[31mb\n" + spec},
		{name: "control-escaped", file: head("Component", "control-escaped") + "  description: \"\\e[2J\\x07\\u202e\\ud800\"\n" + spec},
		{name: "surrogates", file: head("Component", "surrogates") + "  description: \"\\U0010FFFF \\u2028\"\n" + spec, served: []string{"surrogates"}},
		{name: "tabs", file: "apiVersion: backstage.io/v1alpha1\nkind: Component\nmetadata:\n\tname: tabs\n" + spec},
		{name: "unterminated-quote", file: head("Component", "unterminated-quote") + "  description: \"no end\n" + spec},
		{name: "unterminated-flow", file: head("Component", "unterminated-flow") + "  tags: [a, b\n" + spec},
		{name: "twice-in-one-file", file: comp("twice-in-one-file") + "---\n" + comp("twice-in-one-file")},
		{name: "twice-a-key", file: head("Component", "twice-a-key") + "  name: twice-a-key-b\n" + spec},
		{name: "name-of-64", file: comp(strings.Repeat("n", 64))},
		{name: "name-of-10000", file: comp(strings.Repeat("n", 10_000))},
		{name: "name-with-slash", file: comp("../../etc/passwd")},
		{name: "name-is-a-list", file: head("Component", "[a]") + spec},
		{name: "kind-of-1000", file: head(strings.Repeat("K", 1000), "kind-of-1000") + spec},
		{name: "namespace-of-1000", file: head("Component", "namespace-of-1000") + "  namespace: " + strings.Repeat("n", 1000) + "\n" + spec},
		{name: "enormous-number", file: head("Component", "enormous-number") + "  n: 1e999999999\n  m: " + strings.Repeat("9", 5000) + "\n  h: 0x" + strings.Repeat("f", 500) + "\n" + spec, served: []string{"enormous-number"}},
		{name: "not-a-number", file: head("Component", "not-a-number") + "  n: .nan\n  i: .inf\n" + spec, served: []string{"not-a-number"}},
		{name: "very-long-line", file: head("Component", "very-long-line") + "  description: " + strings.Repeat("word ", 400_000) + "\n" + spec, served: []string{"very-long-line"}},
		{name: "very-long-broken-line", file: "kind: [" + strings.Repeat("word, ", 400_000) + "\n"},
		{name: "crlf", file: strings.ReplaceAll(comp("crlf"), "\n", "\r\n"), served: []string{"crlf"}},
		{name: "bom", file: "\uFEFF" + comp("bom"), served: []string{"bom"}},
		{name: "utf16-le", file: utf16Text(binary.LittleEndian, comp("utf16-le"))},
		{name: "utf16-be", file: utf16Text(binary.BigEndian, comp("utf16-be"))},
		{name: "self-owner", file: head("Component", "self-owner") + "spec:\n  type: service\n  lifecycle: production\n  owner: component:default/self-owner\n  dependsOn: [component:self-owner]\n  subcomponentOf: self-owner\n", served: []string{"self-owner"}},
		{name: "cyclic-relations", served: []string{"cycle-a", "cycle-b"}, file: head("Component", "cycle-a") + spec + "  subcomponentOf: cycle-b\n  dependsOn: [component:cycle-b]\n---\n" +
			head("Component", "cycle-b") + spec + "  subcomponentOf: cycle-a\n  dependsOn: [component:cycle-a]\n"},
		{name: "cyclic-groups", served: []string{"beside-groups"}, file: comp("beside-groups") + "---\n" + head("Group", "g-a") + "spec: {type: team, parent: g-b, children: [g-b]}\n---\n" + head("Group", "g-b") + "spec: {type: team, parent: g-a, children: [g-a, g-b]}\n"},
		{name: "million-relations", file: head("Component", "million-relations") + spec + "  dependsOn:\n" + strings.Repeat("    - component:million-relations\n", 50_000), served: []string{"million-relations"}},
		{name: "broken-references", file: head("Component", "broken-references") + "spec:\n  type: service\n  lifecycle: production\n  owner: \"::://\"\n  dependsOn: [\"a:b:c:d\", \"\", \"\\0\"]\n"},
		{name: "location-to-itself", served: []string{"beside-itself"}, make: func(t *testing.T, dir string) {
			write(t, filepath.Join(dir, "self.yaml"), comp("beside-itself")+"---\n"+location("to-itself", "./self.yaml", "self.yaml", "../location-to-itself.d/self.yaml"))
		}},
		{name: "location-cycle", served: []string{"beside-cycle"}, make: func(t *testing.T, dir string) {
			write(t, filepath.Join(dir, "a.yaml"), comp("beside-cycle")+"---\n"+location("cycle-to-b", "./b.yaml"))
			write(t, filepath.Join(dir, "b.yaml"), location("cycle-to-a", "./a.yaml"))
		}},
		{name: "glob-of-itself", served: []string{"beside-glob"}, make: func(t *testing.T, dir string) {
			write(t, filepath.Join(dir, "all.yaml"), comp("beside-glob")+"---\n"+location("to-all", "./*.yaml", "./**/*.yaml"))
		}},
		{name: "target-folder", file: location("to-folder", "../poison")},
		{name: "target-nothing", file: location("to-nothing", "./nothing-is-here.yaml")},
		{name: "target-outside", file: location("to-outside", "../../../../../../../etc/passwd", "/etc/passwd", outside)},
		{name: "target-device", file: location("to-device", "/dev/zero", "/proc/self/environ")},
		{name: "target-nul", file: location("to-nul", `"./a\0b.yaml"`)},
		{name: "target-not-text", file: location("to-bytes", `"./a\xffb.yaml"`, `"./line\nbreak.yaml"`)},
		{name: "target-long", file: location("to-far", "./"+strings.Repeat("far/", 3000)+"x.yaml")},
		{name: "target-long-url", file: head("Location", "to-long-url") + "spec:\n  type: url\n  target: https://example.com/" + randomText(9000) + "\n"},
		{name: "target-odd-urls", file: head("Location", "to-odd-urls") + "spec:\n  type: url\n  targets: [\"http://[::1\", \"https://a\\0b/\", \"file:///etc/passwd\", \"javascript:alert(1)\", \"https://169.254.169.254/x\", \"\"]\n"},
		{name: "location-type", file: head("Location", "to-type") + "spec:\n  type: \"x\\0y\"\n  target: nowhere\n"},
		{name: "fifo", make: func(t *testing.T, dir string) {
			if err := syscall.Mkfifo(filepath.Join(dir, "fifo.yaml"), 0o644); err != nil {
				t.Fatal(err)
			}
			write(t, filepath.Join(dir, "to.yaml"), location("to-fifo", "./fifo.yaml"))
		}},
		{name: "link-outside", make: func(t *testing.T, dir string) {
			link(t, outside, filepath.Join(dir, "link.yaml"))
			write(t, filepath.Join(dir, "to.yaml"), location("to-link", "./link.yaml"))
		}},
		{name: "link-cycle", make: func(t *testing.T, dir string) {
			link(t, "b.yaml", filepath.Join(dir, "a.yaml"))
			link(t, "a.yaml", filepath.Join(dir, "b.yaml"))
			write(t, filepath.Join(dir, "to.yaml"), location("to-link-cycle", "./a.yaml"))
		}},
		{name: "link-to-own-folder", served: []string{"beside-link"}, make: func(t *testing.T, dir string) {
			link(t, ".", filepath.Join(dir, "again"))
			write(t, filepath.Join(dir, "one.yaml"), comp("beside-link"))
		}},
		{name: "folder-named-yaml", served: []string{"in-folder-named-yaml"}, make: func(t *testing.T, dir string) {
			if err := os.MkdirAll(filepath.Join(dir, "folder.yaml"), 0o755); err != nil {
				t.Fatal(err)
			}
			write(t, filepath.Join(dir, "folder.yaml", "one.yaml"), comp("in-folder-named-yaml"))
		}},
		{name: "odd-file-names", served: []string{"in-line-break", "in-spaces"}, make: func(t *testing.T, dir string) {
			write(t, filepath.Join(dir, "line\nbreak.yaml"), comp("in-line-break"))
			write(t, filepath.Join(dir, " sp ace .yaml"), comp("in-spaces"))
		}},
		{name: "file-name-not-text", make: func(t *testing.T, dir string) {
			write(t, filepath.Join(dir, "not\xfftext.yaml"), comp("in-bad-name"))
		}},
		{name: "text-of-passwd", file: head("Component", "text-of-passwd") + spec + "  a: {$text: /etc/passwd}\n  b: {$text: ../../../../../../../../etc/passwd}\n"},
		{name: "text-of-itself", file: head("Component", "text-of-itself") + spec + "  a: {$yaml: ./text-of-itself.yaml}\n", served: []string{"text-of-itself"}},
		{name: "text-of-nul", file: head("Component", "text-of-nul") + spec + "  a: {$text: \"./a\\0b\"}\n"},
		{name: "yaml-of-several", make: func(t *testing.T, dir string) {
			write(t, filepath.Join(dir, "several.txt"), "a: 1\n---\nb: 2\n")
			write(t, filepath.Join(dir, "one.yaml"), head("Component", "yaml-of-several")+spec+"  a: {$yaml: ./several.txt}\n")
		}},
		{name: "json-of-garbage", make: func(t *testing.T, dir string) {
			write(t, filepath.Join(dir, "garbage.txt"), "{\"a\": \x00\xff")
			write(t, filepath.Join(dir, "one.yaml"), head("Component", "json-of-garbage")+spec+"  a: {$json: ./garbage.txt}\n")
		}},
	}
	return list
}

func deepBlock(n int) string {
	var b strings.Builder
	for i := range n {
		b.WriteString(strings.Repeat(" ", i+2) + "a:\n")
	}
	return b.String()
}

func manyKeys(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "    key-%d: v\n", i)
	}
	return b.String()
}

// randomText does not compress: a database may store what is long and regular, and not this.
func randomText(n int) string {
	b := make([]byte, n)
	x := uint32(7)
	for i := range b {
		x = x*1664525 + 1013904223
		b[i] = "abcdefghijklmnopqrstuvwxyz0123456789"[x>>16%36]
	}
	return string(b)
}

func link(t *testing.T, target, name string) {
	t.Helper()
	if err := os.Symlink(target, name); err != nil {
		t.Fatal(err)
	}
}

// watchHeap reports the largest heap seen until stop is called.
func watchHeap() (stop func() uint64) {
	var peak atomic.Uint64
	done := make(chan struct{})
	go func() {
		var m runtime.MemStats
		for {
			runtime.ReadMemStats(&m)
			peak.Store(max(peak.Load(), m.HeapInuse))
			select {
			case <-done:
				return
			case <-time.After(50 * time.Millisecond):
			}
		}
	}()
	return func() uint64 { close(done); return peak.Load() }
}

func TestPoisonAmongTenThousand(t *testing.T) {
	const files, each = 100, 100
	dir, outside := t.TempDir(), filepath.Join(t.TempDir(), "secret.yaml")
	write(t, outside, declare("canary-4711", "from-outside"))
	for f := range files {
		write(t, filepath.Join(dir, fmt.Sprintf("good-%03d.yaml", f)), declare("good", named(fmt.Sprintf("good-%03d", f), each)...))
	}
	bad := filepath.Join(dir, "poison")
	if err := os.Mkdir(bad, 0o755); err != nil {
		t.Fatal(err)
	}
	list := poisons(outside)
	if len(list) < 50 {
		t.Fatalf("only %d shapes of poison", len(list))
	}
	for _, p := range list {
		if p.make == nil {
			write(t, filepath.Join(bad, p.name+".yaml"), p.file)
			continue
		}
		own := filepath.Join(bad, p.name+".d")
		if err := os.Mkdir(own, 0o755); err != nil {
			t.Fatal(err)
		}
		p.make(t, own)
	}
	heap := watchHeap()
	begun := time.Now()
	glob := filepath.Join(dir, "**", "*.yaml")
	portal := start(t, pgtest.DSN(t), fileSource(glob))
	portal.settle(2 * time.Minute)
	peak := heap()
	t.Logf("%d good entities and %d shapes of poison read in %s, heap at most %d MiB", files*each, len(list), time.Since(begun).Round(time.Millisecond), peak>>20)
	if peak > 700<<20 {
		t.Errorf("the heap grew to %d MiB", peak>>20)
	}

	all := portal.components()
	lost := 0
	for f := range files {
		for _, n := range named(fmt.Sprintf("good-%03d", f), each) {
			if e := all[n]; e == nil || e.missing() {
				lost++
			}
		}
	}
	if lost > 0 {
		t.Errorf("%d of %d good entities are not served", lost, files*each)
	}
	if all["from-outside"] != nil || all["in-bad-name"] != nil {
		t.Error("something was read that must not be")
	}
	problems := portal.problems()
	for _, p := range list {
		for _, name := range p.served {
			if all[name] == nil {
				t.Errorf("%s: %s is not served", p.name, name)
			}
		}
		var found *problem
		for i, pr := range problems {
			if strings.Contains(pr.Location+pr.File, "/poison/"+p.name+".") || pr.Ref != nil && strings.HasSuffix(*pr.Ref, "/"+strings.Replace(p.name, "target-", "to-", 1)) {
				found = &problems[i]
				break
			}
		}
		switch {
		case p.served != nil:
		case found == nil:
			t.Errorf("%s: there is no problem that names its file", p.name)
		case found.Message == "" || found.Level == "" || found.File == "":
			t.Errorf("%s: the problem lacks words: %+v", p.name, *found)
		case strings.Contains(found.Message, "the log has the cause"):
			t.Errorf("%s: the problem does not say what is wrong: %+v", p.name, *found)
		}
	}
	for _, pr := range problems {
		if strings.Contains(pr.Message+pr.Remedy, "canary-4711") || strings.Contains(pr.Message, "root:x:") {
			t.Errorf("a problem shows what must not be read: %+v", pr)
		}
		if len(pr.Message) > 2000 {
			t.Errorf("a problem of %s has %d characters", pr.Location, len(pr.Message))
		}
	}
	src := portal.source(glob)
	if src.State != "degraded" || src.Message == "" {
		t.Errorf("the source is %s (%q), want degraded", src.State, src.Message)
	}
	if portal.log.contains("panic") {
		t.Error("the log speaks of a panic")
	}

	// Nothing moves when nothing changed, and one change among all this is still seen at once.
	base, before := portal.revision(), portal.source(glob).LastSuccessAt
	portal.must(202, "POST", "/api/catalog/sources/"+src.ID+"/refresh", "")
	took := apptest.Until(t, 20*time.Second, "the second reading is over", func() bool { return portal.source(glob).LastSuccessAt.After(*before) })
	if more := portal.changes(base); len(more) > 0 {
		t.Errorf("a second reading changed %d entities, the first: %+v", len(more), more[0])
	}
	if again := portal.problems(); len(again) != len(problems) {
		t.Errorf("there were %d problems, and %d after a second reading", len(problems), len(again))
	}
	save(t, filepath.Join(dir, "good-050.yaml"), declare("changed", named("good-050", each)...))
	seen := apptest.Until(t, 5*time.Second, "a change among the poison is served", func() bool {
		return portal.component("good-050-0007").Metadata.Description == "changed"
	})
	t.Logf("second reading %s, a change seen after %s", took.Round(time.Millisecond), seen.Round(time.Millisecond))

	// The poison must not have reached what other requests do either.
	for _, path := range []string{"/api/catalog/entity-facets?facet=kind&facet=spec.owner&facet=metadata.tags", "/api/catalog/entities/by-query?limit=500&fullTextFilterTerm=" + url.QueryEscape("\x00\xff"),
		"/api/catalog/entities/by-name/component/default/cycle-a/ancestry", "/api/catalog/problems", "/api/catalog/entities?filter=kind=location"} {
		if status, _, text, err := portal.ask("GET", path, ""); err != nil || status >= 500 {
			t.Errorf("GET %s: %d %s %v", path, status, cut(text), err)
		}
	}
}
