package compat

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

type change struct {
	Revision  int64
	Ref, Op   string
	Diff      []struct{ Path string } // in pages
	Paths     []string                // in streams
	Actor, At string
}

// event is one of a stream; a comment has only comment.
type event struct{ id, name, data, comment string }

// stream is an open event stream.
type stream struct {
	t      *testing.T
	resp   *http.Response
	events chan event // closed when the stream ends
	cancel context.CancelFunc
}

// follow opens the change stream.
func (p *portal) follow(t *testing.T, query string, o ...option) *stream {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	r, err := http.NewRequestWithContext(ctx, "GET", p.URL+"/api/catalog/changes"+query, nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Accept", "text/event-stream")
	bearer(fullToken)(r)
	for _, change := range o {
		change(r)
	}
	resp, err := (&http.Client{}).Do(r)
	if err != nil {
		t.Fatal(err)
	}
	if resp.StatusCode != 200 || resp.Header.Get("Content-Type") != "text/event-stream" {
		t.Fatalf("the stream is %d %q", resp.StatusCode, resp.Header.Get("Content-Type"))
	}
	s := &stream{t: t, resp: resp, events: make(chan event, 1000), cancel: cancel}
	go s.read()
	t.Cleanup(s.close)
	return s
}

func (s *stream) close() {
	s.cancel()
	s.resp.Body.Close()
}

func (s *stream) read() {
	defer close(s.events)
	var e event
	lines := bufio.NewScanner(s.resp.Body)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		name, value, _ := strings.Cut(lines.Text(), ":")
		value = strings.TrimPrefix(value, " ")
		switch {
		case lines.Text() == "":
			s.events <- e
			e = event{}
		case name == "":
			e.comment = value
		case name == "id":
			e.id = value
		case name == "event":
			e.name = value
		case name == "data":
			e.data += value
		}
	}
}

// next is the next change, within five seconds.
func (s *stream) next() change {
	s.t.Helper()
	for late := time.After(5 * time.Second); ; {
		select {
		case e, open := <-s.events:
			if !open {
				s.t.Fatal("the stream has ended")
			}
			if e.name == "" {
				continue // the greeting, a heartbeat
			}
			var c change
			if err := json.Unmarshal([]byte(e.data), &c); err != nil || e.name != "change" || e.id != strconv.FormatInt(c.Revision, 10) {
				s.t.Fatalf("%v in the event %+v", err, e)
			}
			return c
		case <-late:
			s.t.Fatal("no change within five seconds")
		}
	}
}

// edit changes a file of the small catalog, as an editor does.
func (p *portal) edit(file, old, text string) {
	p.t.Helper()
	path := filepath.Join(p.Dir, "catalog", file)
	was, err := os.ReadFile(path)
	if err != nil {
		p.t.Fatal(err)
	}
	now := strings.Replace(string(was), old, text, 1)
	if now == string(was) {
		p.t.Fatalf("%s does not hold %q", file, old)
	}
	if err := os.WriteFile(path, []byte(now), 0o600); err != nil {
		p.t.Fatal(err)
	}
}

type changes struct {
	Items          []change
	Revision, Next int64
}

func TestChanges(t *testing.T) {
	p := startSmall(t, "")
	var all changes
	p.get("/api/catalog/changes?limit=500").ok().into(&all)
	var refs []string
	for i, c := range all.Items {
		if c.Op != "created" || c.Actor == "" || i > 0 && c.Revision <= all.Items[i-1].Revision {
			t.Errorf("change %d: %+v", i, c)
		}
		if _, err := time.Parse(time.RFC3339, c.At); err != nil {
			t.Errorf("change %d: %v", i, err)
		}
		refs = append(refs, strings.Replace(c.Ref, ":default/", ":", 1))
	}
	slices.Sort(refs)
	want := words(strings.Replace(everything, "GENERATED", "", 1))
	slices.Sort(want)
	if d := cmp.Diff(want, slices.DeleteFunc(refs, generated.MatchString)); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
	last := all.Items[len(all.Items)-1].Revision
	if all.Next != last || all.Revision != last {
		t.Errorf("next %d, revision %d, the last change is %d", all.Next, all.Revision, last)
	}

	// Newest first, for whoever shows the last ones.
	var newest changes
	p.get(fmt.Sprintf("/api/catalog/changes?order=desc&limit=3&before=%d", last)).ok().into(&newest)
	back := slices.Clone(all.Items[len(all.Items)-4 : len(all.Items)-1])
	slices.Reverse(back)
	if d := cmp.Diff(back, newest.Items); d != "" || newest.Revision != last {
		t.Errorf("newest first, at revision %d (-want +got):\n%s", newest.Revision, d)
	}

	// In pages, the same; nothing after the last; one entity's own.
	var paged []change
	for after := int64(0); ; {
		var c changes
		p.get(fmt.Sprintf("/api/catalog/changes?after=%d&limit=5", after)).ok().into(&c)
		if len(c.Items) == 0 {
			if c.Next != last {
				t.Errorf("at the end next is %d, want %d", c.Next, last)
			}
			break
		}
		paged = append(paged, c.Items...)
		after = c.Next
	}
	if d := cmp.Diff(all.Items, paged); d != "" {
		t.Errorf("in pages (-want +got):\n%s", d)
	}
	var one changes
	if p.get("/api/catalog/changes?ref=Component:Cart").ok().into(&one); len(one.Items) != 1 || one.Items[0].Ref != "component:default/cart" {
		t.Errorf("of one entity: %+v", one)
	}
}

func TestChangeStream(t *testing.T) {
	p := startSmall(t, "")
	var all changes
	p.get("/api/catalog/changes?limit=500").ok().into(&all)

	fromNow := p.follow(t, "")
	ofWeb := p.follow(t, "?ref=component:default/web")
	resumed := p.follow(t, fmt.Sprintf("?after=%d", all.Items[9].Revision))
	byID := p.follow(t, "?after=0", with("Last-Event-ID", strconv.FormatInt(all.Items[12].Revision, 10))) // a browser keeps its URL
	for _, want := range all.Items[10:] {
		if got := resumed.next(); got.Revision != want.Revision || got.Ref != want.Ref {
			t.Fatalf("resumed by after: got %+v, want %+v", got, want)
		}
	}
	for _, want := range all.Items[13:] {
		if got := byID.next(); got.Revision != want.Revision {
			t.Fatalf("resumed by Last-Event-ID: got %+v, want %+v", got, want)
		}
	}

	// A file that is saved is seen without anybody asking.
	begun := time.Now()
	p.edit("shop.yaml", "description: Adds up a shopping cart", "description: Adds up")
	for name, s := range map[string]*stream{"from now": fromNow, "after": resumed, "Last-Event-ID": byID} {
		c := s.next()
		if c.Ref != "component:default/prices" || c.Op != "updated" || c.Diff != nil || !slices.Equal(c.Paths, []string{"metadata.description"}) {
			t.Errorf("%s: %+v", name, c)
		}
	}
	t.Logf("a saved file was in the stream after %s", time.Since(begun).Round(time.Millisecond))
	p.edit("shop.yaml", "title: The Web Shop", "title: The Shop")
	if c := ofWeb.next(); c.Ref != "component:default/web" {
		t.Errorf("the stream of one entity has %+v", c)
	}
	var history struct {
		Items []change
		Next  *int64
	}
	p.get("/api/catalog/entities/by-name/component/default/web/history").ok().into(&history)
	if len(history.Items) != 2 || history.Items[0].Op != "updated" || history.Items[1].Op != "created" || history.Next != nil {
		t.Errorf("the history is %+v", history)
	}
	p.get("/api/catalog/entities/by-name/component/default/web/history?limit=1").ok().into(&history)
	if len(history.Items) != 1 || history.Next == nil || *history.Next != history.Items[0].Revision {
		t.Fatalf("the history's first page is %+v", history)
	}
	p.get(fmt.Sprintf("/api/catalog/entities/by-name/component/default/web/history?limit=1&before=%d", *history.Next)).ok().into(&history)
	if len(history.Items) != 1 || history.Items[0].Op != "created" || history.Next != nil {
		t.Errorf("the history's last page is %+v", history)
	}

	p.get("/api/catalog/changes", with("Accept", "text/event-stream"), with("Last-Event-ID", "x")).refused(400, "Last-Event-ID")
	p.get("/api/catalog/changes", with("Accept", "text/event-stream"), anonymous).refused(401)
}

// An idle stream says every 15 seconds that it lives, so that proxies leave it open; and before it has anything to say
// it names the place from which a browser resumes. The sign of life names it too: an entity that rarely changes must not
// keep the place of whoever follows it where it was.
func TestChangeStreamWhenNothingHappens(t *testing.T) {
	t.Parallel()
	p := startSmall(t, "")
	var all changes
	p.get("/api/catalog/changes?limit=500").ok().into(&all)
	s := p.follow(t, "?ref=component:default/cart")
	begun := time.Now()
	web := p.page("filter=metadata.name=web").Items[0].Metadata.UID
	now := p.do("DELETE", "/api/catalog/entities/by-uid/"+web, "").is(204).header.Get("Portico-Revision")
	for i, want := range []struct {
		after time.Duration
		id    string
	}{{0, strconv.FormatInt(all.Revision, 10)}, {14 * time.Second, now}} {
		select {
		case e := <-s.events:
			if took := time.Since(begun); e.comment == "" || e.data != "" || e.id != want.id || took < want.after {
				t.Errorf("sign of life %d after %s: %+v", i, took, e)
			}
		case <-time.After(17 * time.Second):
			t.Fatalf("no sign of life %d", i)
		}
	}
}

// Streams must not keep a portal from stopping.
func TestChangeStreamEndsWithThePortal(t *testing.T) {
	p := startSmall(t, "")
	streams := []*stream{p.follow(t, ""), p.follow(t, "?after=0"), p.follow(t, "?ref=component:default/cart")}
	begun := time.Now()
	p.Stop()
	if took := time.Since(begun); took > 5*time.Second {
		t.Errorf("stopping took %s", took)
	}
	for i, s := range streams {
		for ended := false; !ended; {
			select {
			case _, open := <-s.events:
				ended = !open
			case <-time.After(time.Second):
				t.Fatalf("stream %d is still open", i)
			}
		}
	}
	r, err := http.NewRequestWithContext(t.Context(), "GET", p.URL+"/api/catalog/changes", nil)
	if err != nil {
		t.Fatal(err)
	}
	if resp, err := client.Do(r); err == nil {
		resp.Body.Close()
		t.Errorf("the stopped portal answered %d", resp.StatusCode)
	}
}

func TestRevisions(t *testing.T) {
	p := startSmall(t, "")
	web := p.page("filter=metadata.name=web").Items[0].Metadata.UID
	r := p.do("DELETE", "/api/catalog/entities/by-uid/"+web, "").is(204)
	revision, err := strconv.ParseInt(r.header.Get("Portico-Revision"), 10, 64)
	if err != nil || revision < 1 {
		t.Fatalf("a write answered with the revision %q", r.header.Get("Portico-Revision"))
	}
	reached := strconv.FormatInt(revision, 10)
	for _, path := range []string{"/entities?filter=kind=component", "/entities/by-query?filter=kind=component", "/entity-facets?facet=kind", "/entities/by-uid/" + web,
		"/entities/by-name/component/default/cart", "/entities/by-name/component/default/cart/ancestry", "/locations/by-entity/component/default/cart"} {
		want := 200
		if strings.HasSuffix(path, web) {
			want = 404
		}
		p.get("/api/catalog"+path, with("Portico-Min-Revision", reached)).is(want)
		mark := "?"
		if strings.Contains(path, "?") {
			mark = "&"
		}
		p.get("/api/catalog" + path + mark + "min-revision=" + reached).is(want)
		p.get("/api/catalog"+path, with("Portico-Min-Revision", "soon")).refused(400, "min-revision", "soon")
	}
	if r := p.post("/api/catalog/entities/by-uid/"+web+"/restore", "").is(200); r.header.Get("Portico-Revision") <= reached {
		t.Errorf("the revision after %s is %s", reached, r.header.Get("Portico-Revision"))
	}
	p.get("/api/catalog/entities/by-uid/"+web, with("Portico-Min-Revision", reached)).is(200)
}

// A revision that does not come is waited for, not for ever, and is no fault of the portal's: the client is told to
// come again.
func TestRevisionsThatAreNotThereYet(t *testing.T) {
	s := smallSetup(t, "")
	s.logs = "has not reached this replica"
	p := start(t, s)
	var now changes
	p.get("/api/catalog/changes?limit=1").ok().into(&now)
	begun := time.Now()
	r := p.get("/api/catalog/entities?limit=1", with("Portico-Min-Revision", "1000000"))
	if r.status != 503 || r.header.Get("Retry-After") == "" || time.Since(begun) < time.Second || time.Since(begun) > 4*time.Second {
		t.Errorf("got %d after %s: %s", r.status, time.Since(begun), r.body)
	}
	// One that is just being written is waited for.
	answered := make(chan *reply)
	go func() {
		answered <- p.get(fmt.Sprintf("/api/catalog/entities/by-name/component/default/prices?min-revision=%d", now.Revision+1))
	}()
	p.edit("shop.yaml", "description: Adds up a shopping cart", "description: Adds up")
	if r := <-answered; r.status != 200 || !strings.Contains(string(r.body), `"Adds up"`) {
		t.Errorf("got %d %s", r.status, r.body)
	}
}

func TestTags(t *testing.T) {
	p := startSmall(t, "")
	paths := map[string]bool{ // true: the change below is not its own
		"/entities/by-name/component/default/web": true, "/entities/by-uid/" + p.page("filter=metadata.name=web").Items[0].Metadata.UID: true,
		"/entities/by-name/component/default/prices": false, "/entities?filter=kind=api": false, "/entities/by-query?limit=1": false, "/entity-facets?facet=kind": false,
	}
	tags := map[string]string{}
	for path := range paths {
		r := p.get("/api/catalog" + path).is(200)
		tag := r.header.Get("ETag")
		if !strings.HasPrefix(tag, `W/"`) {
			t.Fatalf("%s has the tag %q", path, tag)
		}
		tags[path] = tag
		for _, known := range []string{tag, `"x", ` + tag, strings.TrimPrefix(tag, "W/"), "*"} {
			r := p.get("/api/catalog"+path, with("If-None-Match", known)).is(304)
			if len(r.body) != 0 || r.header.Get("ETag") != tag {
				t.Errorf("%s: a 304 with the tag %q and the body %s", path, r.header.Get("ETag"), r.body)
			}
		}
		p.get("/api/catalog"+path, with("If-None-Match", `W/"other"`)).is(200)
		p.get("/api/catalog"+path, with("If-None-Match", tag), anonymous).refused(401)
	}
	p.edit("shop.yaml", "description: Adds up a shopping cart", "description: Adds up")
	p.until("the saved file is shown", func() bool {
		return p.page("fullTextFilterTerm=adds%20up%20a&fullTextFilterFields=metadata.description").TotalItems == 0
	})
	for path, own := range paths {
		want := 200
		if own {
			want = 304
		}
		p.get("/api/catalog"+path, with("If-None-Match", tags[path])).is(want)
	}
}
