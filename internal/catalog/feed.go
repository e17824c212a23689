package catalog

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"sort"
	"sync"

	"portico/internal/catalog/index"
)

// Feed reads the change log once for all the streams of a replica: each change is read and encoded
// once, however many pages are open.
type Feed struct {
	Store *Store
	Log   *slog.Logger

	mu     sync.Mutex
	subs   map[chan struct{}]bool
	closed bool
	// events are the changes with a revision in (from, to], oldest first.
	events   []feedEvent
	from, to int64
}

// feedEvent is a change as streams write it.
type feedEvent struct {
	revision int64
	ref, uid string
	frame    []byte
}

// feedKept is how many changes are kept for streams that are slow; one that is slower still reads the
// database itself.
const feedKept = 2 * feedPage

// pathsTold is how many changed fields a frame names. A rewritten definition changes thousands, and each
// frame is kept and goes to every stream.
const pathsTold = 50

func eventOf(n Notice) feedEvent {
	if more := len(n.Paths) - pathsTold; more > 0 {
		n.Paths, n.More = n.Paths[:pathsTold], more
	}
	b, err := json.Marshal(n)
	if err != nil {
		panic(fmt.Errorf("catalog: encode a change: %w", err)) // strings and numbers
	}
	return feedEvent{n.Revision, n.Ref, n.UID, fmt.Appendf(nil, "id: %d\nevent: change\ndata: %s\n\n", n.Revision, b)}
}

// Run follows the publications of the index until ctx ends, and then ends all streams.
func (f *Feed) Run(ctx context.Context, ix *index.Index) {
	snap := ix.Snapshot()
	f.restart(snap.Revision())
	for {
		next, err := ix.Next(ctx, snap)
		if err != nil {
			break
		}
		if next.Revision() < snap.Revision() {
			// The database was restored: what streams were told is no more. They resume, and are told so.
			f.endStreams()
			f.restart(next.Revision())
		}
		snap = next
		f.advance(ctx, snap.Revision())
	}
	f.Close()
}

// restart forgets the changes that are kept.
func (f *Feed) restart(revision int64) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.events, f.from, f.to = nil, revision, revision
}

// advance reads the changes up to a revision, and tells the streams.
func (f *Feed) advance(ctx context.Context, revision int64) {
	f.mu.Lock()
	after, wanted := f.to, len(f.subs) > 0
	f.mu.Unlock()
	var fresh []feedEvent
	// Where more came than is kept, streams read it from the database, at their own pace.
	for wanted && after < revision && len(fresh) <= feedKept {
		page, err := f.Store.Notices(ctx, Stretch{After: after, UpTo: revision, Limit: feedPage})
		if err != nil {
			if ctx.Err() == nil {
				f.Log.Warn("changes could not be read for the streams that are open; each reads them itself", "after", after, "error", err)
			}
			wanted = false
			break
		}
		for _, n := range page {
			fresh = append(fresh, eventOf(n))
			after = n.Revision
		}
		if len(page) < feedPage {
			after = revision
		}
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if !wanted || after < revision {
		f.events, f.from, f.to = nil, revision, revision
	} else {
		f.events, f.to = append(f.events, fresh...), after
		if n := len(f.events) - feedKept; n > 0 {
			f.from = f.events[n-1].revision
			f.events = append([]feedEvent(nil), f.events[n:]...) // streams may hold the old array
		}
	}
	f.wake()
}

// Wake has all streams look anew at what their readers may see: policies changed, and the catalog did not.
func (f *Feed) Wake() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.wake()
}

func (f *Feed) wake() {
	for c := range f.subs {
		select {
		case c <- struct{}{}:
		default: // it has not yet acted on the last one
		}
	}
}

// Since returns the changes after a revision, oldest first, and the revision up to which they are
// complete. ok is false where they are not kept any more. The events must not be changed.
func (f *Feed) Since(after int64) (events []feedEvent, to int64, ok bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if after < f.from {
		return nil, after, false
	}
	i := sort.Search(len(f.events), func(i int) bool { return f.events[i].revision > after })
	return f.events[i:len(f.events):len(f.events)], max(after, f.to), true
}

// Close ends all streams and those that are still to come, so that the server can stop.
func (f *Feed) Close() {
	f.mu.Lock()
	f.closed = true
	f.mu.Unlock()
	f.endStreams()
}

func (f *Feed) endStreams() {
	f.mu.Lock()
	defer f.mu.Unlock()
	for c := range f.subs {
		close(c)
		delete(f.subs, c)
	}
}

// Subscribe returns a channel that receives after each publication and is closed when the server
// stops. Call stop when done.
func (f *Feed) Subscribe() (updates <-chan struct{}, stop func()) {
	f.mu.Lock()
	defer f.mu.Unlock()
	c := make(chan struct{}, 1)
	if f.closed {
		close(c)
		return c, func() {}
	}
	if f.subs == nil {
		f.subs = map[chan struct{}]bool{}
	}
	f.subs[c] = true
	return c, func() {
		f.mu.Lock()
		defer f.mu.Unlock()
		if f.subs[c] {
			delete(f.subs, c)
			close(c)
		}
	}
}
