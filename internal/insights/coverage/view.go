package coverage

import (
	"cmp"
	"slices"
	"strings"
	"sync"
	"time"

	"portico/internal/catalog/index"
)

const (
	inferredKey  = "metadata.annotations.portico.dev/owner-inferred"
	suspendedKey = "metadata.annotations.portico.dev/suspended"
	docsKey      = "metadata.annotations.backstage.io/techdocs-ref"
	docsAtKey    = "metadata.annotations.backstage.io/techdocs-entity"
	ownedBy      = "relations.ownedby"
	partOf       = "relations.partof"
	provides     = "relations.providesapi"
)

// view is one snapshot as one reader sees it, measured. It never changes, but for what it works out when it is asked for.
type view struct {
	snap *index.Snapshot
	seen *index.Restriction
	at   time.Time

	all      index.Set
	pairs    map[Measure]pair
	tiers    []tier
	groups   map[string]bool     // that are there
	people   map[string]bool     // of groups: there is somebody in it or below
	below    map[string][]string // of groups: the teams right below
	verified map[string][]string // owners that confirmed it, by ref
	defined  index.Set           // APIs

	teams struct {
		sync.Once
		rows []Row
	}
}

func newView(snap *index.Snapshot, seen *index.Restriction, verified map[string][]string, at time.Time) *view {
	all := snap.Set(seen)
	v := &view{snap: snap, seen: seen, at: at, all: all, verified: verified}
	v.teamsOf()
	v.tiers = tiersOf(snap, all)

	owned := all.Without(all.With("kind", "group", "user", "location"))
	teams := make([]string, 0, len(v.people))
	for ref := range v.people {
		teams = append(teams, ref)
	}
	have := owned.Without(owned)
	if len(teams) > 0 { // without values it would be all that have any owner
		have = owned.With(ownedBy, teams...)
	}
	inferred := have.With(inferredKey, "true")
	confirmed := have.And(snap.Named(func(yield func(string) bool) {
		for ref := range verified {
			if v.confirms(ref) && !yield(ref) {
				return
			}
		}
	}, seen))

	components := all.With("kind", "component")
	apis := all.With("kind", "api")
	v.defined = filled(apis, "spec.definition")
	services := components.With("spec.type", "service")
	serving := services.Without(services)
	var served []string
	for ref := range services.Values(provides) {
		if doc := snap.ByRef(ref, seen); doc != nil && v.defined.Has(doc) {
			served = append(served, ref)
		}
	}
	if len(served) > 0 {
		serving = services.With(provides, served...)
	}
	v.pairs = map[Measure]pair{
		Ownership:   {owned, have},
		Declared:    {owned, have.Without(inferred)},
		Inferred:    {owned, inferred},
		Verified:    {owned, confirmed},
		Docs:        {components, filled(components, docsKey).Or(filled(components, docsAtKey))},
		Definitions: {apis, v.defined},
		APIs:        {services, serving},
	}
	return v
}

// filled are those that have something under a key, and not the empty text.
func filled(set index.Set, key string) index.Set {
	return set.With(key).Without(set.With(key, ""))
}

// teamsOf finds the teams, what is below each, and which have somebody in them.
func (v *view) teamsOf() {
	v.groups, v.people, v.below = map[string]bool{}, map[string]bool{}, map[string][]string{}
	groups := v.all.With("kind", "group")
	for doc := range groups.All() {
		v.groups[doc.Ref()] = true
	}
	above := map[string][]string{}
	for parent, children := range groups.Values("relations.childof") {
		if !v.groups[parent] {
			continue
		}
		for child := range children.All() {
			v.below[parent] = append(v.below[parent], child.Ref())
			above[child.Ref()] = append(above[child.Ref()], parent)
		}
		slices.Sort(v.below[parent])
	}
	active := v.all.With("kind", "user")
	active = active.Without(active.With("portico.needs", string(index.Vanishing))).Without(active.With(suspendedKey, "true"))
	var todo []string
	for group := range active.Values("relations.memberof") {
		if v.groups[group] {
			todo = append(todo, group)
		}
	}
	for len(todo) > 0 { // whoever is in a team is in those above it, too
		ref := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		if !v.people[ref] {
			v.people[ref] = true
			todo = append(todo, above[ref]...)
		}
	}
}

// confirms reports whether one of those who confirmed that an entity is theirs owns it now.
func (v *view) confirms(ref string) bool {
	doc := v.snap.ByRef(ref, v.seen)
	if doc == nil {
		return false
	}
	for _, rel := range doc.Relations() {
		if rel.Type == "ownedBy" && v.people[rel.TargetRef] && slices.Contains(v.verified[ref], rel.TargetRef) {
			return true
		}
	}
	return false
}

// maxWithin bounds the teams, or the systems and domains, that one scope comes to.
const maxWithin = 500

// Scope is what is measured: everything (the zero Scope), a team, a system or a domain, or what no team owns.
type Scope struct {
	Ref    string // in lower case
	Nobody bool
	// Own leaves out what the teams below a team own.
	Own bool
}

// within is the set of a scope. ok is false where there is none of that ref to be seen.
func (v *view) within(s Scope) (_ index.Set, ok bool) {
	switch {
	case s.Nobody:
		own := v.pairs[Ownership]
		nobody := own.of.Without(own.have)
		for ref, set := range nobody.Values(ownedBy) {
			if v.groups[ref] { // with nobody in it: it stands with that team
				nobody = nobody.Without(set)
			}
		}
		return nobody, true
	case s.Ref == "":
		return v.all, true
	case v.snap.ByRef(s.Ref, v.seen) == nil:
		return index.Set{}, false
	case v.groups[s.Ref]:
		refs := []string{s.Ref}
		if !s.Own {
			refs = v.withBelow(s.Ref)
		}
		return v.all.With(ownedBy, refs...), true
	}
	refs := []string{s.Ref}
	set := v.all.With(partOf, refs...)
	for at := 0; at < len(refs) && len(refs) < maxWithin; at++ {
		parts := v.all.With(partOf, refs[at])
		set = set.Or(parts)
		for doc := range parts.With("kind", "system", "domain").All() {
			if !slices.Contains(refs, doc.Ref()) && len(refs) < maxWithin {
				refs = append(refs, doc.Ref())
			}
		}
	}
	return set, true
}

// withBelow is a team and those below it.
func (v *view) withBelow(ref string) []string {
	refs, seen := []string{ref}, map[string]bool{ref: true}
	for at := 0; at < len(refs); at++ {
		for _, child := range v.below[refs[at]] {
			if !seen[child] && len(refs) < maxWithin {
				seen[child] = true
				refs = append(refs, child)
			}
		}
	}
	return refs
}

// share measures within a set.
func (v *view) share(m Measure, within index.Set, weighted bool) Share {
	p := v.pairs[m]
	if !weighted {
		return Share{float64(p.have.Both(within)), float64(p.of.Both(within))}
	}
	of, have := p.of.And(within), p.have.And(within)
	var s Share
	for _, t := range v.tiers {
		s.Numerator += t.weight * float64(have.Both(t.set))
		s.Denominator += t.weight * float64(of.Both(t.set))
	}
	return s
}

// Row is a team in the table of teams. What no team owns is the row with the ref "".
type Row struct {
	Ref      string
	Shares   map[Measure]Share
	Weighted map[Measure]Share
	Gaps     float64 // of all measures together
	GapsW    float64
}

// table measures what each team owns itself; what the teams below it own is in their rows.
func (v *view) table() []Row {
	v.teams.Do(func() {
		row := func(ref string, set index.Set) {
			r := Row{Ref: ref, Shares: map[Measure]Share{}, Weighted: map[Measure]Share{}}
			asked := false
			for _, m := range ofEntities {
				s, w := v.share(m, set, false), v.share(m, set, true)
				r.Shares[m], r.Weighted[m] = s, w
				r.Gaps += s.Denominator - s.Numerator
				r.GapsW += w.Denominator - w.Numerator
				asked = asked || s.Denominator > 0
			}
			if asked {
				v.teams.rows = append(v.teams.rows, r)
			}
		}
		for ref, set := range v.pairs[Ownership].of.Values(ownedBy) {
			if v.groups[ref] {
				row(ref, set)
			}
		}
		nobody, _ := v.within(Scope{Nobody: true})
		row("", nobody)
		slices.SortFunc(v.teams.rows, func(a, b Row) int {
			return cmp.Or(cmp.Compare(b.Gaps, a.Gaps), strings.Compare(a.Ref, b.Ref))
		})
	})
	return v.teams.rows
}
