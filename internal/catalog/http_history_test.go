package catalog

import (
	"encoding/json"
	"fmt"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"portico/internal/errs"
)

// pastPage is a page of a history as it is sent, each change as "title of field@revision".
type pastPage struct {
	Items []struct {
		Revision int64
		Actor    string
		Diff     []struct{ Path string }
	}
	Next    *int64
	Summary *struct {
		Changes int
		Oldest  string
		Since   int64
		Fields  []struct {
			Path  string
			Count int
		}
		Actors []struct {
			Actor string
			Count int
		}
	}
}

func (p *pastPage) shown() (out []string) {
	for _, c := range p.Items {
		var paths []string
		for _, d := range c.Diff {
			paths = append(paths, d.Path)
		}
		out = append(out, fmt.Sprintf("%d %s", c.Revision, strings.Join(paths, ",")))
	}
	return out
}

func (w *world) pastOf(h *Handler, name, query string) (p pastPage, err error) {
	w.t.Helper()
	r := httptest.NewRequestWithContext(w.t.Context(), "GET", "/"+query, nil)
	r.SetPathValue("kind", "component")
	r.SetPathValue("namespace", "default")
	r.SetPathValue("name", name)
	rec := httptest.NewRecorder()
	if err := h.getHistory(rec, r); err != nil {
		return p, err
	}
	if err := json.Unmarshal(rec.Body.Bytes(), &p); err != nil {
		w.t.Fatal(err)
	}
	return p, nil
}

// The history can be asked for by field, by person and by time, and says what it is about, all of it by the server.
func TestHistoryNarrowed(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.set("/a.yaml", component("a", ""))
	src := w.source("/a.yaml")[0]
	w.refresh(src)
	first := w.ix.Snapshot().Revision()
	for _, more := range []string{"  title: One\n", "  title: Two\n  labels: {x: \"1\"}\n", "  title: Two\n  labels: {x: \"2\", y: \"1\"}\n", "  title: Three\n"} {
		w.set("/a.yaml", component("a", more))
		w.refresh(src)
	}
	last := w.ix.Snapshot().Revision()
	if last != first+4 {
		t.Fatalf("four changes came to revisions %d to %d", first, last)
	}
	w.exec(`UPDATE catalog_changes SET actor = 'user:default/ana' WHERE revision = $1`, first+2)
	w.exec(`UPDATE catalog_changes SET at = '2026-01-01T12:00:00Z'::timestamptz + (revision - $1) * interval '1 day'`, first)
	h := w.operator()
	at := func(n int64, paths string) string { return fmt.Sprintf("%d %s", first+n, paths) }
	tests := []struct {
		query string
		want  []string
	}{
		{"?field=metadata.title", []string{at(4, "metadata.title,metadata.labels"), at(2, "metadata.title,metadata.labels"), at(1, "metadata.title")}},
		{"?field=metadata.labels", []string{at(4, "metadata.title,metadata.labels"), at(3, "metadata.labels.x,metadata.labels.y"), at(2, "metadata.title,metadata.labels")}},
		{"?field=metadata.labels.y", []string{at(3, "metadata.labels.x,metadata.labels.y")}},
		{"?field=metadata.lab", nil},
		{"?actor=user:default/ana", []string{at(2, "metadata.title,metadata.labels")}},
		{"?actor=user:default/ana&field=metadata.labels.x", nil},
		{"?until=2026-01-02T12:00:00Z", []string{at(1, "metadata.title"), at(0, "")}},
		{"?field=metadata.title&until=2026-01-04T00:00:00Z", []string{at(2, "metadata.title,metadata.labels"), at(1, "metadata.title")}},
		{fmt.Sprintf("?field=metadata.title&before=%d", first+2), []string{at(1, "metadata.title")}},
	}
	for _, tt := range tests {
		p, err := w.pastOf(h, "a", tt.query)
		if err != nil {
			t.Errorf("%s: %v", tt.query, err)
			continue
		}
		if d := cmp.Diff(tt.want, p.shown()); d != "" || p.Next != nil {
			t.Errorf("%s (-want +got), next %v:\n%s", tt.query, p.Next, d)
		}
	}
	p, err := w.pastOf(h, "a", "?field=metadata.title&limit=2&summary=true")
	if err != nil || p.Next == nil || *p.Next != first+2 {
		t.Fatalf("next is %v, %v", p.Next, err)
	}
	sum := fmt.Sprint(p.Summary.Changes, " ", p.Summary.Oldest, " ", p.Summary.Since, " ", p.Summary.Fields, " ", p.Summary.Actors)
	if want := "5 2026-01-01T12:00:00Z 0 [{metadata.title 3} {metadata.labels 2} {metadata.labels.x 1} {metadata.labels.y 1}] "; !strings.HasPrefix(sum, want) || !strings.HasSuffix(sum, " {user:default/ana 1}]") {
		t.Errorf("the summary is %s, want %s…", sum, want)
	}
	for _, query := range []string{"?until=yesterday", "?summary=yes", "?field=%00", "?limit=0"} {
		if _, err := w.pastOf(h, "a", query); !errs.Is(err, errs.Invalid) {
			t.Errorf("%s: %v", query, err)
		}
	}
	if _, err := w.pastOf(h, "never", "?field=metadata.title"); !errs.Is(err, errs.NotFound) {
		t.Errorf("of what never was: %v", err)
	}
	w.removeByHand("component:default/a")
	w.catchUp()
	if p, err := w.pastOf(h, "a", "?field=spec.owner"); err != nil || len(p.Items) > 0 {
		t.Errorf("of what went: %v, %v", p.Items, err)
	}
}

// An entity that flaps costs a question no more than a part of its changes; the pages lead to the rest.
func TestHistoryNarrowedOfManyChanges(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.set("/a.yaml", component("a", ""))
	w.refresh(w.source("/a.yaml")[0])
	w.exec(`
		INSERT INTO catalog_changes (revision, ref, uid, op, diff, source, actor)
		SELECT 1000 + n, c.ref, c.uid, 'updated', json_build_array(json_build_object('path', CASE WHEN n = 1 THEN 'spec.rare' ELSE 'spec.often' END)), '', 'system:watch'
		FROM generate_series(1, 2 * $1::int) AS n, (SELECT ref, uid FROM catalog_changes WHERE ref = 'component:default/a' LIMIT 1) AS c`, mostLooked)
	h := w.operator()
	pages, before := 0, ""
	for {
		p, err := w.pastOf(h, "a", "?field=spec.rare"+before)
		if err != nil {
			t.Fatal(err)
		}
		if pages++; len(p.Items) == 1 && p.Items[0].Revision == 1001 {
			break
		}
		if len(p.Items) > 0 || p.Next == nil || pages > 3 {
			t.Fatalf("page %d is %v, and leads to %v", pages, p.shown(), p.Next)
		}
		before = fmt.Sprintf("&before=%d", *p.Next)
	}
	if pages != 2 {
		t.Errorf("it took %d pages", pages)
	}
	p, err := w.pastOf(h, "a", "?limit=1&summary=true")
	if err != nil || p.Summary.Changes != mostLooked || p.Summary.Since != int64(1001+mostLooked) {
		t.Errorf("%+v, %v", p.Summary, err)
	}
	// Large diffs are told by their size, and not read: the first is looked at whatever it weighs.
	w.exec(`
		UPDATE catalog_changes
		SET diff = json_build_array(json_build_object('path', 'spec.large', 'to', (SELECT string_agg(md5(i::text || revision::text), '') FROM generate_series(1, 290000) AS i)))
		WHERE revision > 1000 + 2 * $1::int - 3`, mostLooked)
	p, err = w.pastOf(h, "a", "?field=spec.large&limit=200")
	if err != nil || len(p.Items) == 0 || len(p.Items) >= 3 || p.Next == nil {
		t.Fatalf("%d of three changes of 9 MB each at once, next %v, %v", len(p.Items), p.Next, err)
	}
}
