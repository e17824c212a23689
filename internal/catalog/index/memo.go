package index

import (
	"sync"
	"sync/atomic"
)

// memo remembers results under a key, up to a number of bytes; past that it forgets everything and
// starts anew. Whoever asks for what another is just working out waits for it.
type memo[V any] struct {
	mu    sync.RWMutex
	cells map[string]*cell[V]
	size  int
	limit int
}

type cell[V any] struct {
	once sync.Once
	v    V
	done atomic.Bool
}

const cellBytes = 200 // about what a cell takes, and its place in the map

// get returns what is remembered under key, or what work returns, together with its size in bytes.
func (m *memo[V]) get(key []byte, work func() (V, int)) V {
	m.mu.RLock()
	c := m.cells[string(key)]
	m.mu.RUnlock()
	if c == nil {
		m.mu.Lock()
		if c = m.cells[string(key)]; c == nil {
			if m.cells == nil {
				m.cells = map[string]*cell[V]{}
			}
			c = new(cell[V])
			m.cells[string(key)] = c
		}
		m.mu.Unlock()
	}
	c.once.Do(func() {
		v, size := work()
		c.v = v
		c.done.Store(true)
		m.mu.Lock()
		defer m.mu.Unlock()
		if m.size += size + len(key) + cellBytes; m.size > m.limit {
			clear(m.cells)
			m.size = 0
		}
	})
	return c.v
}

// all returns what is remembered by now.
func (m *memo[V]) all() (list []V) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	for _, c := range m.cells {
		if c.done.Load() {
			list = append(list, c.v)
		}
	}
	return list
}

// memos is everything that one snapshot remembers.
type memos struct {
	sets   memo[docset]   // documents, by filter
	places memo[places]   // positions, by filter and order
	lists  memo[[]uint32] // documents in order, for List
	facets memo[Facet]
	veils  memo[*veil]  // by restriction
	orders memo[*order] // of relations, by field and restriction

	carried map[string]carriedVeil // of earlier snapshots, by restriction; it never changes
}

func newMemos() *memos {
	return &memos{
		sets:   memo[docset]{limit: 8 << 20},
		places: memo[places]{limit: 8 << 20},
		lists:  memo[[]uint32]{limit: 8 << 20},
		facets: memo[Facet]{limit: 8 << 20},
		veils:  memo[*veil]{limit: 32 << 20},
		orders: memo[*order]{limit: 16 << 20},
	}
}
