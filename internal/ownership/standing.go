package ownership

import (
	"encoding/json"
	"strings"
	"time"

	"portico/internal/catalog/index"
)

// State says how well an entity's owner is known.
type State string

// The states, the best first.
const (
	Verified State = "verified" // its owner has said so, and need not be asked again yet
	Declared State = "declared" // its file, or somebody in the portal, says so
	Inferred State = "inferred" // it follows from what its repository holds; nobody has said so
	None     State = "none"     // nobody knows, or the owner that was inferred has said that it is not theirs
)

// Fault is why nobody may answer for an entity.
type Fault string

// The faults, the worst first.
const (
	Unknown  Fault = "unknown"  // it has no owner
	Absent   Fault = "absent"   // its owner is not in the catalog, or is neither a team nor a person
	Gone     Fault = "gone"     // its owner is a team of which every member has left the catalog
	Empty    Fault = "empty"    // its owner is a team that nobody belongs to
	Disputed Fault = "disputed" // its owner has said that it is not theirs
	Person   Fault = "person"   // its owner is a person: it holds as long as they stay
)

// Faults lists the faults, the worst first.
func Faults() []Fault { return []Fault{Unknown, Absent, Gone, Empty, Disputed, Person} }

// Standing is what is known of who owns an entity.
type Standing struct {
	Ref   string // kind:namespace/name in lower case
	Owner string // ref in lower case; "" where there is none
	State State
	// Resolves is set where the owner is a team with a member in the catalog, of its own or of a team below it, or a person
	// in the catalog.
	Resolves bool
	Fault    Fault // "" where all is well
	// Answer is the owner's last confirmation, also one that is over; nil where there was none.
	Answer *Answer
}

// Answer is a confirmation that something is somebody's.
type Answer struct {
	By    string    `json:"by"`
	At    time.Time `json:"at"`
	Until time.Time `json:"until"`
}

// decided is what was last decided about one entity and owner.
type decided struct {
	owner    string
	answer   *Answer // nil where they said that it is not theirs
	digest   string  // of the evidence that was before them
	rejected bool
}

// annotationInferred is on an entity whose owner was inferred ("true") or could not be ("false").
const annotationInferred = "portico.dev/owner-inferred"

// Ownable reports whether somebody should own an entity: nobody owns a team, or a person.
func Ownable(ref string) bool {
	kind, _, _ := strings.Cut(ref, ":")
	return kind != "group" && kind != "user" && kind != "location"
}

// Of says who owns the entity of a document. It looks at the document, and at its owner with the teams below it.
func Of(snap *index.Snapshot, doc *index.Doc, last []decided, now time.Time) Standing {
	return ofSeen(snap, doc, last, now, nil)
}

// ofSeen is Of for a reader: what they may not see is not there.
func ofSeen(snap *index.Snapshot, doc *index.Doc, last []decided, now time.Time, seen *index.Restriction) Standing {
	return standingOf(doc, inferredIn(doc), last, now, func(owner string) Fault { return resolve(snap, owner, seen) })
}

func standingOf(doc *index.Doc, inferred bool, last []decided, now time.Time, resolved func(owner string) Fault) Standing {
	s := Standing{Ref: doc.Ref(), Owner: ownerOf(doc)}
	if s.Owner == "" {
		s.State, s.Fault = None, Unknown
		return s
	}
	s.Fault = resolved(s.Owner)
	if s.Fault == Absent && strings.HasSuffix(s.Owner, "/unknown") { // what descriptors say that have to name an owner
		return Standing{Ref: s.Ref, State: None, Fault: Unknown}
	}
	s.Resolves = s.Fault == "" || s.Fault == Person
	s.State = Declared
	if inferred {
		s.State = Inferred
	}
	for _, d := range last {
		switch {
		case d.owner != s.Owner:
		case d.rejected:
			s.Fault = Disputed
			if inferred {
				s.State = None
			}
		case d.answer != nil:
			s.Answer, s.State = d.answer, Declared
			if now.Before(d.answer.Until) {
				s.State = Verified
			}
		}
	}
	return s
}

// Answerable reports whether there is an owner who can be asked about the entity.
func (s *Standing) Answerable() bool { return s.State != None && s.Resolves && s.Fault != Disputed }

// ownerOf is the first owner of an entity. Backstage's model has one.
func ownerOf(doc *index.Doc) string {
	for _, r := range doc.Relations() {
		if r.Type == "ownedBy" {
			return r.TargetRef
		}
	}
	return ""
}

func inferredIn(doc *index.Doc) bool {
	if !strings.Contains(doc.Declared(), annotationInferred) {
		return false
	}
	var e struct {
		Metadata struct{ Annotations map[string]any }
	}
	return json.Unmarshal([]byte(doc.Declared()), &e) == nil && e.Metadata.Annotations[annotationInferred] == "true"
}

// maxTeams bounds how many teams below one are looked at, in case they form a ring or the catalog is hostile.
const maxTeams = 2000

// resolve says what is wrong with an owner: "" for a team that has a member in the catalog, itself or in a team below it.
func resolve(snap *index.Snapshot, owner string, seen *index.Restriction) Fault {
	doc := snap.ByRef(owner, seen)
	kind, _, _ := strings.Cut(owner, ":")
	switch {
	case doc == nil:
		return Absent
	case kind == "user":
		return Person
	case kind != "group":
		return Absent
	}
	named := false
	teams, known := []*index.Doc{doc}, map[string]bool{owner: true}
	for i := 0; i < len(teams); i++ {
		for _, r := range teams[i].Relations() {
			switch r.Type {
			case "hasMember":
				if snap.ByRef(r.TargetRef, seen) != nil {
					return ""
				}
				named = true
			case "parentOf":
				below := snap.ByRef(r.TargetRef, seen)
				if below != nil && !known[r.TargetRef] && len(teams) < maxTeams {
					known[r.TargetRef] = true
					teams = append(teams, below)
				}
			}
		}
	}
	if named {
		return Gone
	}
	return Empty
}
