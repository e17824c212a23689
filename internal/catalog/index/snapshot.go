package index

import (
	"iter"
	"strings"
	"sync"
	"sync/atomic"
)

// Snapshot is the catalog at one revision. It never changes; any number of goroutines may read it.
//
// Every read takes a Restriction: nil shows everything.
type Snapshot struct {
	state
	reg      *registry
	orders   *keeper
	revision int64
	digest   uint64
	serial   uint64
	memo     *memos
	scanners *sync.Pool // of *docScanner
}

// docScanner is a scanner with room for what it finds.
type docScanner struct {
	*scanner
	out scanned
}

// serials counts the snapshots of this process.
var serials atomic.Uint64

// newSnapshot shows the state at hand. m is what an earlier snapshot of the same state remembers, or nil.
func (x *Index) newSnapshot(revision int64, m *memos) *Snapshot {
	if m == nil {
		m = newMemos()
	}
	return &Snapshot{
		state: x.state, reg: x.reg, orders: x.orders, revision: revision, serial: serials.Add(1), memo: m,
		scanners: &sync.Pool{New: func() any { return &docScanner{scanner: newScanner(x.reg)} }},
	}
}

func (s *Snapshot) scanner() *docScanner   { return s.scanners.Get().(*docScanner) }
func (s *Snapshot) release(sc *docScanner) { s.scanners.Put(sc) }

// warm works out, before anybody asks, the orders that nearly every request needs.
func (s *Snapshot) warm() {
	var wg sync.WaitGroup
	for _, id := range []fieldID{fieldName, fieldUID} {
		if s.field(id) != nil {
			wg.Go(func() { s.orderOf(id) })
		}
	}
	wg.Wait()
}

// Revision is the revision of the catalog that the snapshot shows.
func (s *Snapshot) Revision() int64 { return s.revision }

// Digest is the same for snapshots that show the same entities, in any process and by whatever changes they came
// about. It is no defence against entities that were made up to have one digest.
func (s *Snapshot) Digest() uint64 { return s.digest }

// Serial is another one for each snapshot of this process, whatever it shows; the greater is the later. Who keeps what
// they read of a snapshot keeps this with it: nobody who writes entities can bring back one that was.
func (s *Snapshot) Serial() uint64 { return s.serial }

// digestAfter works the digest out from that of an earlier snapshot.
func (s *Snapshot) digestAfter(prev *Snapshot) uint64 {
	sum := prev.digest
	for i, now := range s.docs.page {
		var was *page[*Doc]
		if i < len(prev.docs.page) {
			was = prev.docs.page[i]
		}
		if now == was {
			continue
		}
		for k, d := range now.at {
			sum += d.digest()
			if was != nil {
				sum -= was.at[k].digest()
			}
		}
	}
	return sum
}

// Len is the number of entities, whoever may see them.
func (s *Snapshot) Len() int { return s.live.n }

// Refs yields the ref of every entity, in no order.
func (s *Snapshot) Refs() iter.Seq[string] {
	return func(yield func(string) bool) {
		for doc := range s.All() {
			if !yield(doc.ref) {
				return
			}
		}
	}
}

// All yields every entity, in no order.
func (s *Snapshot) All() iter.Seq[*Doc] {
	return func(yield func(*Doc) bool) {
		for id := range s.live.all() {
			if !yield(s.docs.get(id)) {
				return
			}
		}
	}
}

// ByRef finds an entity by kind:namespace/name in any case. It returns nil when there is none that may
// be seen.
func (s *Snapshot) ByRef(ref string, r *Restriction) *Doc { return s.one(fieldRef, lower(ref), r) }

// ByUID finds an entity by metadata.uid. It returns nil when there is none that may be seen.
func (s *Snapshot) ByUID(uid string, r *Restriction) *Doc { return s.one(fieldUID, lower(uid), r) }

func (s *Snapshot) one(in fieldID, text string, r *Restriction) *Doc {
	f := s.field(in)
	if f == nil {
		return nil
	}
	p, ok := f.terms.get(text)
	v := s.veil(r)
	if !ok || !v.sees(p.one) {
		return nil
	}
	return v.doc(s.docs.get(p.one))
}

// field returns nil for a key that no entity ever had.
func (s *Snapshot) field(id fieldID) *field {
	if int(id) >= len(s.fields) {
		return nil
	}
	return s.fields[id]
}

// resolve finds what a key in lower case means: the field of that name, and the documents that have it
// as the string of a list: "metadata.tags.java" is there, with the value true, where metadata.tags
// holds "java".
func (s *Snapshot) resolve(key string) (f *field, id fieldID, items []docset) {
	id, ok := s.reg.lookup(key)
	if ok {
		f = s.field(id)
	}
	for i := range len(key) {
		if key[i] != '.' {
			continue
		}
		of, ok := s.reg.lookupItems(key[:i])
		if !ok {
			continue
		}
		if list := s.field(of); list != nil {
			if docs := list.equals(key[i+1:]); !docs.empty() {
				items = append(items, docs)
			}
		}
	}
	return f, id, items
}

// Batch finds entities by their refs: one result for each ref, in their order, nil where there is none
// that matches filters and may be seen.
func (s *Snapshot) Batch(refs []string, filters Filters, r *Restriction) []*Doc {
	out := make([]*Doc, len(refs))
	within, v := s.filtered(filters, r), s.veil(r)
	for i, ref := range refs {
		if doc := s.ByRef(strings.TrimSpace(ref), nil); doc != nil && within.has(doc.id) {
			out[i] = v.doc(doc)
		}
	}
	return out
}
