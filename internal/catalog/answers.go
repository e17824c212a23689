package catalog

import (
	"bytes"
	"fmt"
	"hash/fnv"
	"hash/maphash"
	"io"
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
	tag  string // of every list

	mu     sync.RWMutex
	bodies map[string]kept
	once   map[uint64]struct{} // hashes of what was asked once: who walks through all pages comes by each but once
	size   int                 // bytes
}

// kept is an answer.
type kept struct {
	*httpx.Body
	tag string // of this one alone; "": that of every list
}

const (
	answersSize    = 12 << 20  // bytes, after which all are forgotten
	answersLargest = 128 << 10 // bytes of one body
	answersOnce    = 8192
)

var answersSeed = maphash.MakeSeed()

// tagOf is the ETag of all lists of one snapshot. A revision alone would not do: a database that was restored counts
// from where it stood, another one from 1, and another build may write the same entities differently. Replicas
// of one build over one database agree.
func tagOf(snap *index.Snapshot, build string) string {
	h := fnv.New64a()
	_, _ = io.WriteString(h, build) // never fails
	return fmt.Sprintf(`W/"r%d-%016x"`, snap.Revision(), snap.Digest()^h.Sum64())
}

func (a *answers) of(snap *index.Snapshot, build string) *answersOf {
	c := a.current.Load()
	if c != nil && c.snap == snap {
		return c
	}
	fresh := &answersOf{snap: snap, tag: tagOf(snap, build), bodies: map[string]kept{}, once: map[uint64]struct{}{}}
	if c == nil || c.snap.Revision() <= snap.Revision() {
		a.current.CompareAndSwap(c, fresh)
	}
	return fresh
}

// get returns a Body of nil where nothing is remembered.
func (a *answersOf) get(key []byte) kept {
	a.mu.RLock()
	defer a.mu.RUnlock()
	return a.bodies[string(key)]
}

// put remembers a copy of body, if it was asked for before.
func (a *answersOf) put(key, body []byte, tag string) {
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
	a.bodies[string(key)] = kept{httpx.NewBody(bytes.Clone(body)), tag}
}
