package identity

import (
	"context"
	"sync"
	"time"

	"portico/internal/errs"
	"portico/internal/pg"
)

const (
	// A credential is looked up again after this time, should the news of its end be lost.
	fresh = 2 * time.Second
	// Credentials are kept in memory up to this many; then the memory is emptied.
	mostKept = 10_000
	// Requests that are under way are held to the life of their credentials this often, and whenever one ended.
	heldEvery = time.Second
	// Those whose credentials cannot be looked up end after this time.
	heldAtMost = 4 * time.Second
	// That a credential is in use is written down once in this time.
	seenEvery = time.Minute
	// channel tells all replicas that a credential ended.
	channel = "portico_identity"
)

// memory keeps who holds which credential, and the requests that are under way with each. Its zero value is ready to use.
type memory struct {
	mu    sync.Mutex
	known map[digest]known
	turn  int // of emptying; what was looked up in an earlier one is not kept
	open  map[*open]struct{}
}

type known struct {
	principal *Principal
	until     time.Time
}

// open is a request under way.
type open struct {
	digest digest
	sure   time.Time // when the credential was last known to hold
	end    func(error)
}

// of returns whom the credential stands for, by lookUp where that is not known or no longer fresh. Errors: those of lookUp.
func (m *memory) of(d digest, lookUp func() (*Principal, error)) (*Principal, error) {
	now := time.Now()
	m.mu.Lock()
	k, ok := m.known[d]
	turn := m.turn
	m.mu.Unlock()
	if ok && now.Before(k.until) {
		return k.principal, nil
	}
	p, err := lookUp()
	if err != nil {
		return nil, err
	}
	p.watch = func(end func(error)) func() { return m.watch(d, end) }
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.turn == turn {
		if m.known == nil || len(m.known) >= mostKept {
			m.known = map[digest]known{}
		}
		m.known[d] = known{p, now.Add(fresh)}
	}
	return p, nil
}

// watch calls end when the credential does, until stop is called.
func (m *memory) watch(d digest, end func(error)) (stop func()) {
	o := &open{digest: d, sure: time.Now(), end: end}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.open == nil {
		m.open = map[*open]struct{}{}
	}
	m.open[o] = struct{}{}
	return func() {
		m.mu.Lock()
		defer m.mu.Unlock()
		delete(m.open, o)
	}
}

// forget makes the next request with each credential look it up again.
func (m *memory) forget() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.known = nil
	m.turn++
}

// errEnded is why a request under way ends before it is done.
var errEnded = errs.WithRemedy(errs.New(errs.Unauthenticated, "what this request was let in by has ended"), "sign in again, or use another token")

// hold ends the requests under way whose credentials do not hold any more; holding asks the database which do.
func (m *memory) hold(ctx context.Context, holding func(context.Context, [][]byte) (map[digest]bool, error)) {
	m.mu.Lock()
	asked := make(map[digest]bool, len(m.open))
	list := make([][]byte, 0, len(m.open))
	for o := range m.open {
		if !asked[o.digest] {
			asked[o.digest] = true
			list = append(list, append([]byte(nil), o.digest[:]...))
		}
	}
	m.mu.Unlock()
	if len(list) == 0 {
		return
	}
	began := time.Now()
	ctx, cancel := context.WithTimeout(ctx, heldEvery)
	defer cancel()
	hold, err := holding(ctx, list)
	var over []*open
	m.mu.Lock()
	for o := range m.open {
		switch {
		case err == nil && hold[o.digest]:
			o.sure = began
		case err == nil && asked[o.digest], err != nil && time.Since(o.sure) > heldAtMost-heldEvery:
			over = append(over, o)
			delete(m.open, o)
			delete(m.known, o.digest) // whoever's stream ended is let in nowhere else either
			m.turn++
		}
	}
	m.mu.Unlock()
	for _, o := range over { // outside the lock, which the end of a request takes
		o.end(errEnded)
	}
}

// keeper is what follows the end of credentials.
type keeper interface {
	Forget()
	holdOpen(ctx context.Context)
}

// Follow keeps what a replica knows of sessions and tokens in step with the database until ctx ends: what ended on any
// replica lets nobody in here, and requests that are under way with it end.
func Follow(ctx context.Context, db *pg.Pool, keepers ...keeper) {
	news := make(chan struct{}, 1)
	done := make(chan struct{})
	go func() {
		defer close(done)
		every := time.NewTicker(heldEvery)
		defer every.Stop()
		for {
			for _, k := range keepers {
				k.holdOpen(ctx)
			}
			select {
			case <-ctx.Done():
				return
			case <-every.C:
			case <-news:
			}
		}
	}()
	heard := func() {
		for _, k := range keepers {
			k.Forget()
		}
		select {
		case news <- struct{}{}:
		default:
		}
	}
	_ = pg.Listen(ctx, db, channel, func(string) { heard() }, heard)
	<-done
}
