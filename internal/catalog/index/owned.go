package index

import (
	"cmp"
	"encoding/json"
	"math"
	"slices"
	"strings"
)

// Standing is an entity with what it asks of whoever owns it.
type Standing struct {
	Doc *Doc
	// Users counts the entities that are seen to depend on it or to consume it.
	Users int
	Needs []Need // the worst first
	// More is how many further needs there are beyond Needs.
	More int
	// Deprecated is set where its own lifecycle says so.
	Deprecated bool

	kind string // of its ref
}

// Kind is its kind, in lower case.
func (s *Standing) Kind() string { return s.kind }

// Need is one thing that an entity asks of whoever owns it.
type Need struct {
	What    What   `json:"what"`
	Ref     string `json:"ref,omitempty"`     // the other entity that it is about
	Message string `json:"message,omitempty"` // of the status
}

// What is the sort of a need.
type What string

// The sorts of needs, the worst first.
const (
	Faulty     What = "error"      // its file cannot be used, and it stands as it last could
	Vanishing  What = "missing"    // no source declares it now
	Contested  What = "conflict"   // another file claims it
	Absent     What = "absent"     // it names something that is not in the catalog
	Deprecated What = "deprecated" // it needs something that is deprecated
	Ownerless  What = "ownerless"  // it needs something that nobody owns
)

var whats = []What{Faulty, Vanishing, Contested, Absent, Deprecated, Ownerless}

// Level is 3 for what is broken, 2 for what is about to be, 1 for what can wait, and 0 for nothing.
func (s *Standing) Level() int {
	if len(s.Needs) == 0 {
		return 0
	}
	return s.Needs[0].level()
}

func (n Need) level() int {
	switch n.What {
	case Faulty:
		return 3
	case Vanishing, Contested, Absent:
		return 2
	}
	return 1
}

// maxNeeds bounds what one entity lists: a component may name hundreds of things that are not there.
const maxNeeds = 5

// needed are the relations by which an entity cannot do without another; named are those whose target should be there.
var (
	needed = []string{"consumesApi", "dependsOn"}
	named  = []string{"consumesApi", "dependsOn", "partOf", "providesApi"}
	users  = []string{"apiConsumedBy", "dependencyOf"}
)

// Owned lists what the owners own, the worst first, then by kind and name.
func (s *Snapshot) Owned(owners []string, r *Restriction) []Standing {
	v := s.veil(r)
	owned := s.ownedBy(owners, v)
	deprecated := s.lifecycle("deprecated")
	var kept docset
	if id, ok := s.reg.lookup(relationKeys + "ownedby"); ok && s.field(id) != nil {
		kept = s.having(v, id, s.field(id))
	}
	out := make([]Standing, 0, owned.n)
	for id := range owned.all() {
		doc := s.docs.get(id)
		one := Standing{Doc: v.doc(doc), Needs: statusNeeds(doc.status), Deprecated: deprecated.has(id)}
		one.kind, _, _ = strings.Cut(doc.ref, ":")
		for i := range doc.rels {
			rel := &doc.rels[i]
			if v != nil && v.hides(rel) {
				continue
			}
			if slices.Contains(users, rel.typ.name) {
				one.Users++
				continue
			}
			if !slices.Contains(named, rel.typ.name) {
				continue
			}
			target := s.ByRef(rel.target, r)
			switch {
			case target == nil:
				one.Needs = append(one.Needs, Need{What: Absent, Ref: rel.target})
			case !slices.Contains(needed, rel.typ.name):
			case deprecated.has(target.id):
				one.Needs = append(one.Needs, Need{What: Deprecated, Ref: rel.target})
			case !kept.has(target.id) && ownable(rel.target):
				one.Needs = append(one.Needs, Need{What: Ownerless, Ref: rel.target})
			}
		}
		slices.SortStableFunc(one.Needs, func(a, b Need) int {
			return cmp.Compare(slices.Index(whats, a.What), slices.Index(whats, b.What))
		})
		one.Needs = slices.CompactFunc(one.Needs, func(a, b Need) bool { return a == b })
		one.More = max(0, len(one.Needs)-maxNeeds)
		one.Needs = one.Needs[:len(one.Needs)-one.More]
		out = append(out, one)
	}
	slices.SortFunc(out, func(a, b Standing) int {
		if c := cmp.Compare(b.Level(), a.Level()); c != 0 {
			return c
		}
		if a.kind != b.kind {
			return cmp.Or(cmp.Compare(kindRank(a.kind), kindRank(b.kind)), strings.Compare(a.kind, b.kind))
		}
		return strings.Compare(a.Doc.ref, b.Doc.ref) // of one kind: by namespace and name
	})
	return out
}

// Below lists the owners and the teams that are seen to be below them, at any depth, the nearest first. cut is set where
// there may be more than the most that were asked for.
func (s *Snapshot) Below(owners []string, most int, r *Restriction) (refs []string, cut bool) {
	v := s.veil(r)
	known := make(map[string]bool, len(owners))
	for _, ref := range owners {
		if ref = lower(ref); !known[ref] {
			known[ref] = true
			refs = append(refs, ref)
		}
	}
	for at := 0; at < len(refs); at++ {
		doc := s.ByRef(refs[at], r)
		if doc == nil {
			continue
		}
		for i := range doc.rels {
			rel := &doc.rels[i]
			if rel.typ.name != "parentOf" || known[rel.target] || v != nil && v.hides(rel) || s.ByRef(rel.target, r) == nil {
				continue
			}
			if len(refs) >= most {
				return refs, true
			}
			known[rel.target] = true
			refs = append(refs, rel.target)
		}
	}
	return refs, false
}

// ownable reports whether somebody should own an entity: nobody owns a team, or a person.
func ownable(ref string) bool {
	kind, _, _ := strings.Cut(ref, ":")
	return kind != "group" && kind != "user" && kind != "location"
}

func (s *Snapshot) lifecycle(value string) docset {
	id, ok := s.reg.lookup("spec.lifecycle")
	if !ok || s.field(id) == nil {
		return docset{}
	}
	return s.field(id).equals(value)
}

// needsKey is the index key of what needs somebody soon: error, missing or conflict by the status of an entity, and absent
// where it names something that is not there. These are the needs that Level calls broken, or about to be.
const needsKey = "portico.needs"

// statusNeeds reads the status of an entity as needs.
func statusNeeds(status string) (needs []Need) {
	if status == "" {
		return nil
	}
	var items []struct{ Type, Level, Message string }
	if json.Unmarshal([]byte(status), &items) != nil {
		return nil
	}
	for _, item := range items {
		n := Need{What: Faulty, Message: item.Message}
		switch item.Type {
		case "portico.dev/missing":
			n.What = Vanishing
		case "portico.dev/conflict":
			n.What = Contested
		default:
			if item.Level != "error" {
				continue
			}
		}
		needs = append(needs, n)
	}
	return needs
}

// Near is an entity that the owners own, or that something of theirs needs.
type Near struct {
	Ref string
	Own bool
	// For are those of theirs that need it, the first few by ref.
	For []string

	revision int64
}

// maxFor bounds the names that a Near lists, and maxGone how many refs are followed that are not in the catalog: what was
// removed is remembered by those alone who still name it.
const (
	maxFor  = 3
	maxGone = 50
)

// Around lists what the owners own and what that needs, the last changed first, at most limit. What is not in the
// catalog comes first. To whom an entity is hidden it is not there.
func (s *Snapshot) Around(owners []string, limit int, r *Restriction) []Near {
	v := s.veil(r)
	at := map[string]*Near{}
	gone := 0
	owned := s.ownedBy(owners, v)
	for id := range owned.all() {
		doc := s.docs.get(id)
		at[doc.ref] = &Near{Ref: doc.ref, Own: true, revision: doc.revision}
	}
	for id := range owned.all() {
		doc := s.docs.get(id)
		for i := range doc.rels {
			rel := &doc.rels[i]
			if v != nil && v.hides(rel) || !slices.Contains(needed, rel.typ.name) {
				continue
			}
			n := at[rel.target]
			if n == nil {
				n = &Near{Ref: rel.target, revision: math.MaxInt64}
				if target := s.ByRef(rel.target, r); target != nil {
					n.revision = target.revision
				} else if gone++; gone > maxGone {
					continue
				}
				at[rel.target] = n
			}
			n.For = append(n.For, doc.ref)
		}
	}
	out := make([]Near, 0, len(at))
	for _, n := range at {
		slices.Sort(n.For)
		n.For = slices.Compact(n.For)
		n.For = n.For[:min(len(n.For), maxFor)]
		out = append(out, *n)
	}
	slices.SortFunc(out, func(a, b Near) int {
		return cmp.Or(cmp.Compare(b.revision, a.revision), strings.Compare(a.Ref, b.Ref))
	})
	return out[:min(len(out), limit)]
}
