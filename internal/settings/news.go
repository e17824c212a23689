package settings

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"sync"

	"portico/internal/pg"
)

// told is what replicas tell each other.
type told struct {
	Owner Owner
	Place Place
}

// News tells people's open pages which setting of theirs changed, on whatever replica. Its zero value is ready to use.
type News struct {
	mu        sync.Mutex
	followers map[Owner]map[*Follower]bool
}

// Follower hears of the changes of one person's settings.
type Follower struct {
	news  *News
	owner Owner
	wake  chan struct{}

	mu     sync.Mutex
	places map[Place]bool
	missed bool
}

// mostPending is how many changes wait for a follower; of more it is told that there were some.
const mostPending = 100

// Run hears what changes until ctx ends.
func (n *News) Run(ctx context.Context, pool *pg.Pool) error {
	return pg.Listen(ctx, pool, channel, func(payload string) {
		var t told
		if err := json.Unmarshal([]byte(payload), &t); err != nil {
			slog.WarnContext(ctx, "settings: a change cannot be read; a newer release may tell it", "err", err)
			return
		}
		n.tell(t.Owner, &t.Place)
	}, n.miss)
}

// Follow has a page hear of its owner's changes. Call Stop when done.
func (n *News) Follow(o Owner) *Follower {
	f := &Follower{news: n, owner: o, wake: make(chan struct{}, 1), places: map[Place]bool{}}
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.followers == nil {
		n.followers = map[Owner]map[*Follower]bool{}
	}
	if n.followers[o] == nil {
		n.followers[o] = map[*Follower]bool{}
	}
	n.followers[o][f] = true
	return f
}

// tell wakes the followers of a person; without a place, something may have been missed.
func (n *News) tell(o Owner, p *Place) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for f := range n.followers[o] {
		f.add(p)
	}
}

// miss wakes everybody: what was told while nobody listened is lost.
func (n *News) miss() {
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, all := range n.followers {
		for f := range all {
			f.add(nil)
		}
	}
}

func (f *Follower) add(p *Place) {
	f.mu.Lock()
	if p == nil || len(f.places) >= mostPending {
		f.missed = true
	} else {
		f.places[*p] = true
	}
	f.mu.Unlock()
	select {
	case f.wake <- struct{}{}:
	default: // it has not yet acted on the last one
	}
}

// Wake receives when there is something to take.
func (f *Follower) Wake() <-chan struct{} { return f.wake }

// Frames returns what changed since the last time as events of a stream: of each setting its place, and where some may have
// been missed, one without, which says that all are to be read again.
func (f *Follower) Frames() []byte {
	f.mu.Lock()
	defer f.mu.Unlock()
	var b bytes.Buffer
	if f.missed {
		b.WriteString("event: setting\ndata: {}\n\n")
	}
	for p := range f.places {
		text, err := json.Marshal(p)
		if err != nil {
			continue // two texts
		}
		fmt.Fprintf(&b, "event: setting\ndata: %s\n\n", text)
	}
	clear(f.places)
	f.missed = false
	return b.Bytes()
}

// Stop ends it.
func (f *Follower) Stop() {
	f.news.mu.Lock()
	defer f.news.mu.Unlock()
	delete(f.news.followers[f.owner], f)
	if len(f.news.followers[f.owner]) == 0 {
		delete(f.news.followers, f.owner)
	}
}
