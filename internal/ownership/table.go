package ownership

import (
	"iter"
	"slices"
	"sync"
	"time"

	"portico/internal/catalog/index"
)

// Table is the standing of every entity that somebody should own, at one revision. It never changes.
type Table struct {
	Revision int64

	snap *index.Snapshot
	last map[string][]decided
	now  time.Time

	list   []Standing
	faulty []*Standing      // those with a fault, in the order of findings
	at     map[string]int32 // by ref: the place in list
	// until is when the first confirmation ends that holds now; zero where none does.
	until time.Time

	mu   sync.Mutex
	seen map[*index.Restriction]*Table // as readers see it who do not see everything
}

// maxSeen bounds how many such tables are kept: people who see the same share one.
const maxSeen = 16

// seenBy is the table as a reader sees it. It is worked out once for all who see the same.
func (t *Table) seenBy(seen *index.Restriction) (*Table, error) {
	if seen == nil || t.snap == nil {
		return t, nil
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if one := t.seen[seen]; one != nil {
		return one, nil
	}
	one, err := tableOf(t.snap, t.last, t.now, seen)
	if err != nil {
		return nil, err
	}
	if len(t.seen) >= maxSeen || t.seen == nil {
		t.seen = map[*index.Restriction]*Table{}
	}
	t.seen[seen] = one
	return one, nil
}

// Of returns nil for what is not there, or what nobody owns.
func (t *Table) Of(ref string) *Standing {
	i, ok := t.at[ref]
	if !ok {
		return nil
	}
	return &t.list[i]
}

// Len is the number of standings.
func (t *Table) Len() int { return len(t.list) }

// All yields every standing, in no order.
func (t *Table) All() iter.Seq[*Standing] {
	return func(yield func(*Standing) bool) {
		for i := range t.list {
			if !yield(&t.list[i]) {
				return
			}
		}
	}
}

// inferredFilter finds the entities whose owner is inferred.
var inferredFilter = mustFilter(`{"metadata.annotations.` + annotationInferred + `":"true"}`)

func mustFilter(predicate string) *index.Filter {
	f, err := index.ParsePredicate([]byte(predicate))
	if err != nil {
		panic(err) // the predicate is written above
	}
	return f
}

// tableOf makes the table of a snapshot. It looks at each owner once.
func tableOf(snap *index.Snapshot, last map[string][]decided, now time.Time, seen *index.Restriction) (*Table, error) {
	inferred := map[string]bool{}
	docs, _, err := snap.List(index.Filters{Filter: inferredFilter}, nil, 0, max(1, snap.Len()), seen)
	if err != nil {
		return nil, err
	}
	for _, d := range docs {
		inferred[d.Ref()] = true
	}
	faults := map[string]Fault{}
	resolved := func(owner string) Fault {
		f, ok := faults[owner]
		if !ok {
			f = resolve(snap, owner, seen)
			faults[owner] = f
		}
		return f
	}
	all := snap.All()
	if seen != nil {
		docs, _, err := snap.List(index.Filters{}, nil, 0, max(1, snap.Len()), seen)
		if err != nil {
			return nil, err
		}
		all = slices.Values(docs)
	}
	t := &Table{Revision: snap.Revision(), snap: snap, last: last, now: now, list: make([]Standing, 0, snap.Len()), at: make(map[string]int32, snap.Len())}
	for doc := range all {
		ref := doc.Ref()
		if !Ownable(ref) {
			continue
		}
		s := standingOf(doc, inferred[ref], last[ref], now, resolved)
		if s.State == Verified && (t.until.IsZero() || s.Answer.Until.Before(t.until)) {
			t.until = s.Answer.Until
		}
		t.at[ref] = int32(len(t.list))
		t.list = append(t.list, s)
	}
	for i := range t.list {
		if t.list[i].Fault != "" {
			t.faulty = append(t.faulty, &t.list[i])
		}
	}
	sortFaulty(t.faulty)
	return t, nil
}
