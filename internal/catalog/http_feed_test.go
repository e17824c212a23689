package catalog

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"portico/internal/errs"
	"portico/internal/identity/audit"
)

// operator serves the routes of an operator.
func (w *world) operator() *Handler {
	return &Handler{Store: w.store, Index: w.ix, Log: w.follower.Log, Retention: Retention{Grace: time.Hour, Removed: time.Hour}}
}

type changesPage struct {
	Items          []Change
	Revision, Next int64
}

func (h *Handler) changesFor(t *testing.T, query string) (page changesPage, err error) {
	t.Helper()
	rec := httptest.NewRecorder()
	if err := h.getChanges(rec, httptest.NewRequestWithContext(t.Context(), "GET", "/"+query, nil)); err != nil {
		return page, err
	}
	if err := json.Unmarshal(rec.Body.Bytes(), &page); err != nil {
		t.Fatal(err)
	}
	return page, nil
}

// A change is told when this replica can show it: whoever is told reads the entity at once.
func TestChangesDoNotRunAheadOfTheReplica(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.set("/a.yaml", component("a", ""))
	src := w.source("/a.yaml")[0]
	w.refresh(src)
	shown := w.ix.Snapshot().Revision()
	h := w.operator()
	h.Feed = w.feed()

	// Another replica writes.
	uid := mustUUID(t, w.get("component:default/a").Metadata.UID)
	rev, err := w.store.Remove(t.Context(), uid, "", audit.System("user:default/ana"))
	if err != nil || rev <= shown {
		t.Fatalf("removed at %d after %d, %v", rev, shown, err)
	}
	for query, want := range map[string]int{"?limit=500": int(shown), "?order=desc": int(shown), "?after=1": int(shown) - 1} {
		page, err := h.changesFor(t, query)
		if err != nil || len(page.Items) != want || page.Revision != shown {
			t.Errorf("%s: %d changes at revision %d, want %d at %d; %v", query, len(page.Items), page.Revision, want, shown, err)
		}
	}
	h.Feed.advance(t.Context(), shown)
	if events, to, ok := h.Feed.Since(shown); !ok || len(events) != 0 || to != shown {
		t.Errorf("the feed has %d changes up to %d, %v", len(events), to, ok)
	}
	server := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) { _ = h.getChanges(rw, r) }))
	defer server.Close()
	r, err := http.NewRequestWithContext(t.Context(), "GET", server.URL+"?after=0", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Accept", "text/event-stream")
	resp, err := server.Client().Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	h.Feed.Close() // the stream ends after what it has to tell
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(string(text), "event: change\n"); n != int(shown) {
		t.Errorf("the stream tells of %d changes, want %d:\n%s", n, shown, text)
	}
	if m := regexp.MustCompile(`(?m)^data: (.*)$`).FindSubmatch(text); m == nil {
		t.Errorf("no data in %s", text)
	} else {
		var fields map[string]any
		if err := json.Unmarshal(m[1], &fields); err != nil {
			t.Fatal(err)
		}
		got := map[string]bool{}
		for name := range fields {
			got[name] = true
		}
		want := map[string]bool{"revision": true, "ref": true, "uid": true, "op": true, "paths": true, "source": true, "actor": true, "at": true}
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("fields of an event (-want +got):\n%s", d)
		}
	}
	w.catchUp()
	if page, err := h.changesFor(t, "?order=desc&limit=1"); err != nil || len(page.Items) != 1 || page.Items[0].Op != Removed {
		t.Errorf("caught up: %+v, %v", page, err)
	}
}

func TestATrimmedLogSaysSo(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.set("/a.yaml", component("a", ""))
	src := w.source("/a.yaml")[0]
	w.refresh(src)
	if err := w.store.Expire(t.Context(), Retention{Grace: time.Hour, Removed: time.Hour, ChangeAge: 0, ChangeCount: 100}); err != nil {
		t.Fatal(err)
	}
	w.set("/a.yaml", component("a", "  description: new\n"))
	w.refresh(src)
	h := w.operator()
	for _, query := range []string{"?after=0", "?after=1"} {
		if _, err := h.changesFor(t, query); !errs.Is(err, errs.Gone) {
			t.Errorf("%s: %v", query, err)
		}
	}
	page, err := h.changesFor(t, "?ref=component:default/other")
	if err != nil || len(page.Items) != 0 || page.Next != page.Revision {
		t.Errorf("of another: %+v, %v", page, err)
	}
	page, err = h.changesFor(t, "")
	if err != nil || len(page.Items) != 1 || page.Items[0].Op != Updated {
		t.Errorf("from the oldest kept: %+v, %v", page, err)
	}
	if page, err = h.changesFor(t, "?after="+strconv.FormatInt(page.Next, 10)); err != nil || len(page.Items) != 0 {
		t.Errorf("the next page: %+v, %v", page, err)
	}
	for _, query := range []string{"?order=up", "?order=desc&after=1"} {
		if _, err := h.changesFor(t, query); !errs.Is(err, errs.Invalid) {
			t.Errorf("%s: %v", query, err)
		}
	}
}

func TestLargeValuesStayInTheDatabase(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	long := strings.Repeat("0123456789", 1000)
	w.set("/a.yaml", component("a", "  annotations: {note: \""+long+"\"}\n"))
	src := w.source("/a.yaml")[0]
	w.refresh(src)
	w.set("/a.yaml", component("a", "  annotations: {note: short}\n"))
	w.refresh(src)
	list, err := w.store.Latest(t.Context(), 1<<60, 1, "")
	if err != nil {
		t.Fatal(err)
	}
	want := fmt.Sprintf(`[{"path":"metadata.annotations.note","from":{"truncated":true,"bytes":10002,"start":"%s"},"to":"short"}]`, long[:1024])
	if got, err := json.Marshal(list[0].Diff); err != nil || string(got) != want {
		t.Errorf("the diff is %s, %v", got, err)
	}
	notices, err := w.store.Notices(t.Context(), Stretch{After: list[0].Revision - 1, UpTo: list[0].Revision, Limit: 1})
	if err != nil || len(notices) != 1 || !slices.Equal(notices[0].Paths, []string{"metadata.annotations.note"}) || notices[0].Ref != "component:default/a" {
		t.Errorf("the notice is %+v, %v", notices, err)
	}
	var kept string
	if err := w.store.db.QueryRow(t.Context(), `SELECT diff->0->>'from' FROM catalog_changes WHERE revision = $1`, list[0].Revision).Scan(&kept); err != nil || kept != long {
		t.Errorf("the log keeps %d bytes of %d, %v", len(kept), len(long), err)
	}
}

func TestLatestChanges(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, name := range []string{"a", "b", "c"} {
		w.set("/d/"+name+".yaml", component(name, ""))
		w.refresh(w.source("/d/*.yaml")[0])
	}
	rev := w.ix.Snapshot().Revision()
	tests := []struct {
		name   string
		before int64
		ref    string
		want   []string
	}{
		{"all", rev + 1, "", []string{"component:default/c", "component:default/b"}},
		{"before the last", rev, "", []string{"component:default/b", "component:default/a"}},
		{"of one", rev + 1, "component:default/a", []string{"component:default/a"}},
	}
	for _, tt := range tests {
		list, err := w.store.Latest(t.Context(), tt.before, 2, tt.ref)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, c := range list {
			got = append(got, c.Ref)
		}
		if d := cmp.Diff(tt.want, got); d != "" {
			t.Errorf("%s (-want +got):\n%s", tt.name, d)
		}
	}
}
