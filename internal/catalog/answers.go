package catalog

import (
	"bytes"
	"hash/maphash"
	"net/http"
	"sync"
	"sync/atomic"

	"portico/internal/catalog/index"
	"portico/internal/httpx"
)

// answers remembers what requests that come again were answered, for as long as the snapshot is the current
// one. Portals are asked the same few things by everybody: a page that nothing has changed on is written once.
type answers struct{ current atomic.Pointer[answersOf] }

// answersOf is what one snapshot was asked.
type answersOf struct {
	snap *index.Snapshot

	mu     sync.RWMutex
	bodies map[string]*httpx.Body
	once   map[uint64]struct{} // hashes of what was asked once: who walks through all pages comes by each but once
	size   int                 // bytes
}

const (
	answersSize    = 12 << 20  // bytes, after which all are forgotten
	answersLargest = 128 << 10 // bytes of one body
	answersOnce    = 8192
)

var answersSeed = maphash.MakeSeed()

func (a *answers) of(snap *index.Snapshot) *answersOf {
	c := a.current.Load()
	if c != nil && c.snap == snap {
		return c
	}
	fresh := &answersOf{snap: snap, bodies: map[string]*httpx.Body{}, once: map[uint64]struct{}{}}
	if c == nil || c.snap.Revision() <= snap.Revision() {
		a.current.CompareAndSwap(c, fresh)
	}
	return fresh
}

func (a *answersOf) get(key []byte) *httpx.Body {
	a.mu.RLock()
	defer a.mu.RUnlock()
	return a.bodies[string(key)]
}

// put remembers a copy of body, if it was asked for before.
func (a *answersOf) put(key, body []byte) {
	if len(body) > answersLargest {
		return
	}
	hash := maphash.Bytes(answersSeed, key)
	a.mu.Lock()
	defer a.mu.Unlock()
	if _, again := a.once[hash]; !again {
		if len(a.once) >= answersOnce {
			clear(a.once)
		}
		a.once[hash] = struct{}{}
		return
	}
	if a.size += len(body)*5/4 + len(key) + 200; a.size > answersSize { // a quarter for the compressed form
		clear(a.bodies)
		a.size = len(body)
	}
	a.bodies[string(key)] = httpx.NewBody(bytes.Clone(body))
}

// again answers a GET of a list from what is remembered for its query. Where it does not, it returns what
// remember has to be told the answer with; nil where it need not be told.
func (h *Handler) again(w http.ResponseWriter, r *http.Request, snap *index.Snapshot, seen *index.Restriction) (done bool, remember func(body []byte)) {
	if len(r.URL.RawQuery) > maxQuery {
		return false, nil
	}
	key := make([]byte, 0, 512)
	key = append(key, r.URL.Path...)
	key = append(seen.AppendKey(append(key, 0)), 0)
	key = append(key, r.URL.RawQuery...)
	all := h.answers.of(snap)
	if body := all.get(key); body != nil {
		if !unchanged(w, r, revisionTag(snap)) {
			body.Send(w, r, http.StatusOK)
		}
		return true, nil
	}
	return false, func(body []byte) { all.put(key, body) }
}
