package catalog

import (
	"context"
	"strings"
	"testing"
	"unicode/utf8"
)

// panicky is a reader with a fault of its own: some files make it panic.
type panicky struct{ *memory }

func (p panicky) Read(ctx context.Context, loc Location, known Known) (*Reading, error) {
	if strings.Contains(loc.Target, "read-me-not") {
		panic("a fault in reading " + loc.Target)
	}
	return p.memory.Read(ctx, loc, known)
}

func (p panicky) ReadRelative(ctx context.Context, base Location, target, known string) (*File, error) {
	if strings.Contains(target, "include-me-not") {
		panic("a fault in including " + target)
	}
	return p.memory.ReadRelative(ctx, base, target, known)
}

// A file that makes the portal panic is a file with a problem: the process and all other files live on, and
// what the file declared before stays.
func TestPanicIsOneFilesProblem(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.refresher.Reader = panicky{w.memory}
	w.set("/all.yaml", location("all", "./good.yaml", "./bad.yaml"))
	w.set("/good.yaml", component("good", ""))
	w.set("/bad.yaml", component("bad", ""))
	src := w.source("/all.yaml")[0]
	w.refresh(src)
	w.wantRefs("component:default/bad", "component:default/good", "location:default/all")

	w.set("/all.yaml", location("all", "./good.yaml", "./bad.yaml", "./read-me-not.yaml"))
	w.set("/bad.yaml", component("bad", "  annotations:\n    note: {$text: ./include-me-not.txt}\n"))
	if o := w.refresh(src); o.State != "degraded" {
		t.Errorf("the source is %+v, want degraded", o)
	}
	w.wantRefs("component:default/bad", "component:default/good", "location:default/all")
	w.wantOps("component:default/bad", "created", "updated")
	found := map[string]string{}
	for _, p := range w.inbox().Errors {
		found[p.Location] = p.Message + " " + p.Remedy
	}
	for _, loc := range []string{"file:/bad.yaml", "file:/read-me-not.yaml"} {
		if !strings.Contains(found[loc], "fault of the portal") || !strings.Contains(found[loc], "report it") {
			t.Errorf("%s: the problem says %q", loc, found[loc])
		}
	}

	w.set("/bad.yaml", component("bad", "  description: mended\n"))
	w.refresh(src)
	w.wantOps("component:default/bad", "created", "updated", "updated")
}

// What the database cannot keep as it is gets a name of its own, and different ones different names.
func TestStorable(t *testing.T) {
	t.Parallel()
	seen := map[string]string{}
	for _, s := range []string{"", "file:/plain.yaml", "/with\nbreak", "/not\xfftext", "/not\xfetext", "/nul\x00", "/nul\x00\x00", strings.Repeat("x", 2000), strings.Repeat("x", 2001), strings.Repeat("x", 3000), strings.Repeat("é", 1500)} {
		out := storable(s)
		if before, twice := seen[out]; twice {
			t.Errorf("%.20q and %.20q are both kept as %q", before, s, out)
		}
		seen[out] = s
		if len(out) > maxLocation || !utf8.ValidString(out) || strings.Contains(out, "\x00") {
			t.Errorf("%.20q is kept as %.20q, %d bytes", s, out, len(out))
		}
	}
}
