package index

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"portico/internal/catalog/entity"
	"portico/internal/errs"
)

// Options are what an index can be told. The zero value is fine.
type Options struct {
	// Edges derives the outgoing relations of an entity from its spec; nil means entity.Edges. It is
	// called from several goroutines. values gives the strings of one key of spec and may be used
	// until Edges returns.
	Edges func(self entity.Ref, values func(specField string) []string) []entity.Edge
	// Broken is told of a row that is no entity (its JSON is no object with an object metadata). Such
	// a row is left out, and what was there before stays. nil: nobody is told.
	Broken func(ref string, err error)
	// Alone gives no entity the relations that others' specs give to it: each stands as if it were the only one.
	Alone bool
}

// Row is one entity as the store has it.
type Row struct {
	UID      string
	Ref      string // kind:namespace/name in lower case
	Revision int64
	// JSON is {"apiVersion","kind","metadata":{…},"spec":{…}}, valid, without uid, etag, relations and
	// status. The index keeps the bytes: they must not be written to any more.
	JSON    []byte
	Parent  string    // ref of the Location entity whose target declared it; "": none
	Status  []byte    // JSON array of status items, or nil
	Changed time.Time // when JSON became what it is
	// Deleted takes the entity away; of the other fields only Ref counts.
	Deleted bool
}

func (r *Row) changed() int64 {
	if r.Changed.IsZero() {
		return 0
	}
	return r.Changed.UnixMilli()
}

// Index holds the current snapshot and makes the next one.
type Index struct {
	edges   func(self entity.Ref, values func(string) []string) []entity.Edge
	alone   bool
	broken  func(ref string, err error)
	reg     *registry
	orders  *keeper
	current atomic.Pointer[Snapshot]

	published struct {
		sync.Mutex
		next chan struct{} // closed when the next snapshot is there
	}

	mu sync.Mutex // held by the writer; guards what follows
	state
	targets  map[string]*target // what relations lead to, whether it is there or not
	types    map[string]int     // by name: the place in typeList
	typeList []*relationType
	free     []uint32 // numbers of documents that went
	next     uint32   // the first number never used
	gen      generation
}

// state is what a snapshot consists of. The writer has its own copy, and so has each snapshot.
type state struct {
	docs   pages[*Doc]
	text   pages[textEntry]
	live   docset
	fields []*field // by fieldID; nil where no entity ever had the key
}

// target is an entity that others relate to.
type target struct {
	ref   string
	edges []inEdge
}

// inEdge is one relation that another entity's spec gives to a target.
type inEdge struct {
	src uint32
	typ uint32 // place in typeList; as the target sees it
}

// New returns an index with an empty snapshot of revision 0.
func New(o Options) *Index {
	x := &Index{
		edges:   o.Edges,
		alone:   o.Alone,
		broken:  o.Broken,
		reg:     newRegistry(),
		orders:  newKeeper(),
		targets: map[string]*target{},
		types:   map[string]int{},
	}
	if x.edges == nil {
		x.edges = entity.Edges
	}
	if x.broken == nil {
		x.broken = func(string, error) {}
	}
	x.published.next = make(chan struct{})
	x.current.Store(x.newSnapshot(0, nil))
	return x
}

// Snapshot returns the current snapshot.
func (x *Index) Snapshot() *Snapshot { return x.current.Load() }

// Apply takes rows over and publishes the snapshot of the given revision, which it returns. Rows replace
// what the index has of the same ref; what no row names stays. An entity whose relations change because
// a neighbour did is served anew as well. The first call, with every row there is, is the quickest way
// to fill an index.
func (x *Index) Apply(rows []Row, revision int64) *Snapshot {
	x.mu.Lock()
	defer x.mu.Unlock()
	b := x.begin(len(rows))
	b.declare(rows)
	b.relate()
	b.lack()
	prev := x.Snapshot()
	m := prev.memo
	if b.changed {
		m = newMemos()
		m.carried = b.carry(prev)
	}
	s := x.newSnapshot(revision, m)
	s.digest = s.digestAfter(prev)
	if b.bulk {
		s.warm()
	}
	x.current.Store(s)
	x.published.Lock()
	close(x.published.next)
	x.published.next = make(chan struct{})
	x.published.Unlock()
	return s
}

// Next returns the current snapshot once it is another than prev. When ctx ends before, the error is
// ctx's.
func (x *Index) Next(ctx context.Context, prev *Snapshot) (*Snapshot, error) {
	for {
		x.published.Lock()
		next := x.published.next
		x.published.Unlock()
		if s := x.Snapshot(); s != prev {
			return s, nil
		}
		select {
		case <-next:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// Wait returns the current snapshot once its revision is at least the given one. When ctx ends before,
// the error is errs.Unavailable.
func (x *Index) Wait(ctx context.Context, revision int64) (*Snapshot, error) {
	for {
		x.published.Lock()
		next := x.published.next
		x.published.Unlock()
		s := x.Snapshot()
		if s.revision >= revision {
			return s, nil
		}
		select {
		case <-next:
		case <-ctx.Done():
			err := errs.Public(errs.Unavailable, fmt.Sprintf("the catalog shows revision %d and was asked for %d", x.Snapshot().revision, revision), ctx.Err())
			return nil, errs.WithRemedy(err, "ask again in a moment")
		}
	}
}
