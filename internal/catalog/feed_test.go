package catalog

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"
)

// feed runs a feed on the world's read model.
func (w *world) feed() *Feed {
	w.t.Helper()
	f := &Feed{Store: w.store, Log: slog.New(slog.DiscardHandler)}
	ctx, cancel := context.WithCancel(w.t.Context())
	done := make(chan struct{})
	w.catchUp()
	f.restart(w.ix.Snapshot().Revision())
	go func() { defer close(done); f.Run(ctx, w.ix) }()
	w.t.Cleanup(func() { cancel(); <-done })
	return f
}

// told waits until the feed has told of the current revision.
func (w *world) told(f *Feed, updates <-chan struct{}) {
	w.t.Helper()
	late := time.After(5 * time.Second)
	for {
		f.mu.Lock()
		to := f.to
		f.mu.Unlock()
		if to >= w.ix.Snapshot().Revision() {
			return
		}
		select {
		case _, open := <-updates:
			if !open {
				w.t.Fatal("the streams were ended")
			}
		case <-late:
			w.t.Fatal("the feed does not get on within five seconds")
		}
	}
}

func TestFeedReadsEachChangeOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	src := w.source("/d/*.yaml")[0]
	w.refresh(src)
	f := w.feed()
	updates, stop := f.Subscribe()
	defer stop()
	from := w.ix.Snapshot().Revision()
	for i := range 3 {
		w.set(fmt.Sprintf("/d/%d.yaml", i), component(fmt.Sprintf("c%d", i), ""))
		w.refresh(src)
	}
	w.told(f, updates)
	events, to, ok := f.Since(from)
	if !ok || to != w.ix.Snapshot().Revision() {
		t.Fatalf("Since(%d) is complete: %v, up to %d", from, ok, to)
	}
	var refs []string
	for _, e := range events {
		refs = append(refs, e.ref)
		if !strings.HasPrefix(string(e.frame), fmt.Sprintf("id: %d\nevent: change\ndata: {", e.revision)) {
			t.Errorf("a frame is %q", e.frame)
		}
	}
	if got := strings.Join(refs, " "); got != "component:default/c0 component:default/c1 component:default/c2" {
		t.Errorf("the feed tells of %s", got)
	}
	if events, _, ok := f.Since(events[1].revision); !ok || len(events) != 1 {
		t.Errorf("after the second there are %d events, %v", len(events), ok)
	}
	if _, _, ok := f.Since(from - 1); ok {
		t.Error("what came before the feed was asked is in the database alone")
	}
}

func TestFeedKeepsNoMoreThanItMay(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	src := w.source("/d/*.yaml")[0]
	w.refresh(src)
	f := w.feed()
	updates, stop := f.Subscribe()
	defer stop()
	from := w.ix.Snapshot().Revision()
	var many strings.Builder
	for i := range feedKept + 10 {
		many.WriteString("---\n" + component(fmt.Sprintf("c%d", i), ""))
	}
	w.set("/d/many.yaml", many.String())
	w.refresh(src)
	w.told(f, updates)
	if _, _, ok := f.Since(from); ok {
		t.Error("more changes are kept than there is room for")
	}
	if n := len(f.events); n > feedKept {
		t.Errorf("%d changes are kept", n)
	}
}

func TestAFrameNamesABoundedNumberOfPaths(t *testing.T) {
	t.Parallel()
	n := Notice{Revision: 1, Ref: "api:default/a", Op: Updated}
	for i := range pathsTold + 7 {
		n.Paths = append(n.Paths, fmt.Sprintf("spec.definition.paths.%d", i))
	}
	frame := string(eventOf(n).frame)
	if got := strings.Count(frame, "spec.definition"); got != pathsTold || !strings.Contains(frame, `"morePaths":7,`) {
		t.Errorf("%d paths in %s", got, frame)
	}
	n.Paths = n.Paths[:pathsTold]
	if frame := string(eventOf(n).frame); strings.Contains(frame, "morePaths") {
		t.Errorf("all are told, and more announced: %s", frame)
	}
}
