package index

import (
	"cmp"
	"slices"
	"sync"
	"sync/atomic"
)

// keeper bounds what orders take. A portal sorts by a handful of fields, and by those all the time; but
// a request may name any key that any entity has, and an order takes as much as all the values it sorts.
// So those of the fields used last are kept, and the others are worked out again when they are asked for.
type keeper struct {
	tick     atomic.Int64  // grows with each order that is kept
	building chan struct{} // holds one for each order being worked out

	mu   sync.Mutex
	kept map[fieldID]*keptOrder // of the newest version of the field that was asked for
	size int                    // bytes
}

// keptOrder is the place of an order that may be forgotten at any time.
type keptOrder struct {
	order atomic.Pointer[order] // nil: forgotten
	used  atomic.Int64          // the tick of its last use
	gen   generation            // of the field
	size  int
}

const (
	fullOrders   = 16   // the orders that are kept, in orders of every document there is
	fewDocuments = 4096 // a smaller catalog counts as one of so many
	orderBytes   = 24   // that an order takes for a document
	buildsAtOnce = 2    // each takes a few times the memory of its order while it runs
)

func newKeeper() *keeper {
	return &keeper{building: make(chan struct{}, buildsAtOnce), kept: map[fieldID]*keptOrder{}}
}

// get returns nil where there is none, or none any more.
func (h *keptOrder) get() *order {
	if h == nil {
		return nil
	}
	return h.order.Load()
}

// use is get by somebody who sorts by it.
func (k *keeper) use(h *keptOrder) *order {
	o := h.get()
	if o != nil {
		if now := k.tick.Load(); h.used.Load() != now {
			h.used.Store(now)
		}
	}
	return o
}

// keep takes in the order of one version of a field, and forgets others where there come to be too many.
// It returns nil for what is not worth keeping: a newer version of the field is being asked for already.
func (k *keeper) keep(id fieldID, gen generation, o *order, documents int) *keptOrder {
	h := &keptOrder{gen: gen, size: o.size()}
	h.order.Store(o)
	k.mu.Lock()
	defer k.mu.Unlock()
	if earlier := k.kept[id]; earlier != nil {
		if earlier.gen > gen {
			return nil
		}
		k.size -= earlier.size // it goes with the snapshots that show it
	}
	h.used.Store(k.tick.Add(1))
	k.kept[id] = h
	k.size += h.size
	if most := fullOrders * orderBytes * max(documents, fewDocuments); k.size > most {
		k.forget(most * 3 / 4)
	}
	return h
}

// forget drops what was not used for longest, until what stays takes at most so many bytes.
func (k *keeper) forget(most int) {
	var ids []fieldID
	for id := range k.kept {
		if id != fieldName && id != fieldUID && id != fieldRef { // nearly every request needs these
			ids = append(ids, id)
		}
	}
	slices.SortFunc(ids, func(a, b fieldID) int { return cmp.Compare(k.kept[a].used.Load(), k.kept[b].used.Load()) })
	for _, id := range ids {
		if k.size <= most {
			return
		}
		h := k.kept[id]
		h.order.Store(nil)
		k.size -= h.size
		delete(k.kept, id)
	}
}
