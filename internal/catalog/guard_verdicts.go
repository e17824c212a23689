package catalog

import (
	"context"
	"sync"

	"portico/internal/pg"
)

// verdicts remember which removed entities a restriction shows. What was removed stays as it was until it comes back, which is
// another revision: so each is read and judged once for each restriction, and not for each look at the list.
type verdicts struct {
	mu    sync.Mutex
	known map[verdictKey]bool
}

type verdictKey struct {
	restriction, uid string
	revision         int64
}

// maxVerdicts bounds what is remembered: about 10 MB.
const maxVerdicts = 50_000

// onlySeenRemoved is onlySeen of removed entities.
func (v *sight) onlySeenRemoved(ctx context.Context, db pg.DB, page []RemovedEntity) ([]RemovedEntity, error) {
	restriction := string(v.seen.AppendKey(nil))
	keyOf := func(m *RemovedEntity) verdictKey { return verdictKey{restriction, m.UID, m.revision} }
	verdict := make([]bool, len(page))
	var unknown []string
	var at []int
	known := &v.store.verdicts
	known.mu.Lock()
	for i := range page {
		sees, ok := known.known[keyOf(&page[i])]
		// One that the snapshot shows still, or again, is judged as that shows it.
		if !ok || v.snap.ByUID(page[i].UID, nil) != nil {
			unknown, at = append(unknown, page[i].UID), append(at, i)
		}
		verdict[i] = sees
	}
	known.mu.Unlock()
	if len(unknown) > 0 {
		docs, err := v.docs(ctx, db, unknown)
		if err != nil {
			return nil, err
		}
		known.mu.Lock()
		defer known.mu.Unlock()
		if known.known == nil || len(known.known)+len(at) > maxVerdicts {
			known.known = map[verdictKey]bool{}
		}
		for k, i := range at {
			verdict[i] = docs[unknown[k]] != nil
			if v.snap.ByUID(unknown[k], nil) == nil {
				known.known[keyOf(&page[i])] = verdict[i]
			}
		}
	}
	out := []RemovedEntity{}
	for i := range page {
		if verdict[i] {
			out = append(out, page[i])
		}
	}
	return out, nil
}
