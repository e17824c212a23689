package index

// Ancestry is how an entity came into the catalog: itself, the Location that led to it, the Location
// that led to that, and so on.
type Ancestry struct {
	Root  string // the ref of the entity that was asked for
	Items []Ancestor
}

// Ancestor is one entity on the way.
type Ancestor struct {
	Doc     *Doc
	Parents []string // refs; empty at the end of the way
}

// maxAncestors ends a way that is longer than any real one.
const maxAncestors = 1000

// Ancestry returns nil when there is no such entity that may be seen. The way ends at an ancestor that
// may not be seen, or that is not there.
func (s *Snapshot) Ancestry(ref string, r *Restriction) *Ancestry {
	doc := s.ByRef(ref, r)
	if doc == nil {
		return nil
	}
	a := &Ancestry{Root: doc.ref}
	seen := map[uint32]bool{doc.id: true}
	for doc != nil && len(a.Items) < maxAncestors {
		item := Ancestor{Doc: doc}
		parent := s.ByRef(doc.parent, r)
		if parent != nil {
			item.Parents = []string{parent.ref}
			if seen[parent.id] {
				parent = nil
			} else {
				seen[parent.id] = true
			}
		}
		a.Items = append(a.Items, item)
		doc = parent
	}
	return a
}
