package ownership

import (
	"context"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"portico/internal/catalog/index"
	"portico/internal/errs"
	"portico/internal/pg"
)

// channel tells all replicas about which entity something was decided; "" where the old names of owners changed.
const channel = "portico_ownership"

// Book knows what was decided, and keeps the standing of every entity, on each replica. Nothing of it is worked out while
// somebody waits for an answer, but the standing of a single entity.
type Book struct {
	DB    *pg.Pool
	Index *index.Index
	Log   *slog.Logger
	Now   func() time.Time // nil: time.Now

	mu     sync.RWMutex
	last   map[string][]decided // by ref
	loaded bool

	changed chan struct{} // holds one: what was decided changed
	table   atomic.Pointer[Table]
}

// NewBook returns an empty book. Run fills it.
func NewBook(db *pg.Pool, x *index.Index, log *slog.Logger) *Book {
	b := &Book{DB: db, Index: x, Log: log, last: map[string][]decided{}, changed: make(chan struct{}, 1)}
	b.table.Store(&Table{at: map[string]int32{}})
	return b
}

func (b *Book) now() time.Time {
	if b.Now != nil {
		return b.Now()
	}
	return time.Now()
}

// Table is the last one that was worked out; it may be a second older than the catalog.
func (b *Book) Table() *Table { return b.table.Load() }

// Standing says who owns an entity of a snapshot.
func (b *Book) Standing(snap *index.Snapshot, doc *index.Doc) Standing {
	return Of(snap, doc, b.lastOf(doc.Ref()), b.now())
}

// standingFor is Standing as a reader sees it.
func (b *Book) standingFor(snap *index.Snapshot, doc *index.Doc, seen *index.Restriction) Standing {
	return ofSeen(snap, doc, b.lastOf(doc.Ref()), b.now(), seen)
}

func (b *Book) lastOf(ref string) []decided {
	b.mu.RLock()
	defer b.mu.RUnlock()
	return b.last[ref] // replaced, and never changed
}

// Load reads what was decided of some entities, or of all where refs is nil.
func (b *Book) Load(ctx context.Context, refs []string) (err error) {
	defer errs.Wrap(&err, "ownership: read what was decided")
	got, err := decisions(ctx, b.DB, refs)
	if err != nil {
		return err
	}
	b.mu.Lock()
	if refs == nil {
		b.last, b.loaded = got, true
	} else {
		for _, ref := range refs {
			if d := got[ref]; len(d) > 0 {
				b.last[ref] = d
			} else {
				delete(b.last, ref)
			}
		}
	}
	b.mu.Unlock()
	select {
	case b.changed <- struct{}{}:
	default:
	}
	return nil
}

// Tabulate works the table out of what there is now.
func (b *Book) Tabulate() error {
	b.mu.RLock()
	last := make(map[string][]decided, len(b.last))
	for ref, d := range b.last {
		last[ref] = d
	}
	b.mu.RUnlock()
	t, err := tableOf(b.Index.Snapshot(), last, b.now(), nil)
	if err != nil {
		return err
	}
	b.table.Store(t)
	return nil
}

// The table is worked out anew at most this often, or, where that takes long, a tenth of the time. Whether confirmations
// are over is looked at once a minute.
const (
	tabulateEvery = 500 * time.Millisecond
	lapsesEvery   = time.Minute
	loadAgain     = 2 * time.Second
)

// Run follows the catalog and what is decided until ctx ends.
func (b *Book) Run(ctx context.Context) error {
	var wg sync.WaitGroup
	wg.Go(func() { b.listen(ctx) })
	wg.Go(func() { b.tabulate(ctx) })
	wg.Wait()
	return ctx.Err()
}

func (b *Book) listen(ctx context.Context) {
	told := make(chan string, 1000)
	all := make(chan struct{}, 1)
	everything := func() {
		select {
		case all <- struct{}{}:
		default:
		}
	}
	var wg sync.WaitGroup
	wg.Go(func() {
		_ = pg.Listen(ctx, b.DB, channel, func(ref string) { // it ends with ctx
			if ref == "" {
				everything()
				return
			}
			select {
			case told <- ref:
			default:
				everything()
			}
		}, everything)
	})
	defer wg.Wait()
	var refs []string
	whole := false
	again := time.NewTimer(loadAgain)
	again.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-all:
			whole = true
		case ref := <-told:
			refs = append(refs, ref)
			for len(told) > 0 {
				refs = append(refs, <-told)
			}
		case <-again.C:
		}
		var err error
		switch {
		case whole:
			err = b.Load(ctx, nil)
		case len(refs) > 0:
			slices.Sort(refs)
			err = b.Load(ctx, slices.Compact(refs))
		}
		if err == nil {
			refs, whole = nil, false
			continue
		}
		if ctx.Err() == nil {
			b.Log.Warn("what was decided about owners cannot be read at the moment; it is tried again", "error", err)
		}
		whole = true
		again.Reset(loadAgain)
	}
}

func (b *Book) tabulate(ctx context.Context) {
	moved := make(chan struct{}, 1)
	var wg sync.WaitGroup
	wg.Go(func() {
		prev := b.Index.Snapshot()
		for {
			next, err := b.Index.Next(ctx, prev)
			if err != nil {
				return
			}
			prev = next
			select {
			case moved <- struct{}{}:
			default:
			}
		}
	})
	defer wg.Wait()
	rest := time.NewTimer(0)
	lapse := time.NewTicker(lapsesEvery)
	defer lapse.Stop()
	due, resting := true, true
	for {
		select {
		case <-ctx.Done():
			return
		case <-moved:
			due = true
		case <-b.changed:
			due = true
		case <-lapse.C:
			until := b.Table().until
			due = due || !until.IsZero() && !b.now().Before(until)
		case <-rest.C:
			resting = false
		}
		if !due || resting {
			continue
		}
		start := time.Now()
		if err := b.Tabulate(); err != nil {
			b.Log.Error("who owns what cannot be worked out; this is a fault of the portal", "error", err)
		}
		due, resting = false, true
		rest.Reset(max(tabulateEvery, 10*time.Since(start)))
	}
}
