package ownership

import (
	"cmp"
	"slices"
	"strings"

	"portico/internal/catalog/index"
)

// Finding is an entity for which nobody may answer, or not for long, with what to do.
type Finding struct {
	Kind  Fault  `json:"kind"`
	Ref   string `json:"ref"`
	Owner string `json:"owner,omitempty"`
	State State  `json:"state"`
	Says  string `json:"says"`
	Todo  string `json:"todo"`
}

// Findings narrows them down. The zero value does not.
type Findings struct {
	Kind   Fault
	Owner  string // ref in lower case
	System string // ref in lower case
}

// list returns findings, the worst first, and how many there are of each kind, whatever kind is asked for. It looks at what is
// wrong and not at the whole catalog.
func (f Findings) list(t *Table) (out []*Standing, counts map[Fault]int) {
	counts = map[Fault]int{}
	for _, k := range Faults() {
		counts[k] = 0
	}
	for _, s := range t.faulty {
		if f.Owner != "" && s.Owner != f.Owner {
			continue
		}
		if f.System != "" {
			if doc := t.snap.ByRef(s.Ref, nil); doc == nil || !partOf(doc, f.System) {
				continue
			}
		}
		counts[s.Fault]++
		if f.Kind == "" || s.Fault == f.Kind {
			out = append(out, s)
		}
	}
	return out, counts
}

func partOf(doc *index.Doc, system string) bool {
	return slices.ContainsFunc(doc.Relations(), func(r index.Relation) bool { return r.Type == "partOf" && r.TargetRef == system })
}

// sortFaulty sorts by fault, the worst first, and then by ref.
func sortFaulty(list []*Standing) {
	rank := map[Fault]int{}
	for i, f := range Faults() {
		rank[f] = i
	}
	slices.SortFunc(list, func(a, b *Standing) int {
		return cmp.Or(cmp.Compare(rank[a.Fault], rank[b.Fault]), strings.Compare(a.Ref, b.Ref))
	})
}

// finding puts a standing into words.
func finding(s *Standing) Finding {
	f := Finding{Kind: s.Fault, Ref: s.Ref, Owner: s.Owner, State: s.State}
	f.Says, f.Todo = words(s)
	return f
}

func words(s *Standing) (says, todo string) {
	switch s.Fault {
	case Unknown:
		return "nobody is known to own it", "claim it for your team, or write spec.owner in its descriptor"
	case Absent:
		return "its owner " + s.Owner + " is not in the catalog", "register the team, correct spec.owner, or say what the team is called now"
	case Gone:
		return "every member of " + s.Owner + " has left the catalog", "claim it for the team that looks after it now, or add people to " + s.Owner
	case Empty:
		return s.Owner + " has no members", "add people to the team where it comes from, or claim what it owns for another"
	case Disputed:
		return s.Owner + " says that it is not theirs", "claim it for your team, or correct spec.owner in its descriptor"
	case Person:
		return "its owner is a person, " + s.Owner, "name a team that will be there when they are not"
	}
	return "", ""
}
