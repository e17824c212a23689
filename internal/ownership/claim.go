package ownership

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"portico/internal/catalog/layer"
	"portico/internal/errs"
)

// Reason says how a claim came about.
type Reason string

// The reasons.
const (
	Proposed Reason = "proposed" // the portal found evidence
	Passed   Reason = "passed"   // another team said that it is theirs
	Claimed  Reason = "claimed"  // they want it, and another owns it
	Verify   Reason = "verify"   // they confirmed it, and it is time to ask again
)

// Claim asks a team whether something is theirs.
type Claim struct {
	ID    int64  `json:"id"`
	Ref   string `json:"ref"`
	Owner string `json:"owner"` // who is to own it
	// Asked is whose inbox it is in: the owner's, and where they claim what another owns, that one's.
	Asked      string           `json:"asked"`
	Reason     Reason           `json:"reason"`
	State      string           `json:"state"` // open, confirmed, passed, rejected or withdrawn
	Evidence   []layer.Evidence `json:"evidence"`
	ProposedBy string           `json:"proposedBy"`
	ProposedAt time.Time        `json:"proposedAt"`
	DecidedBy  string           `json:"decidedBy,omitempty"`
	DecidedAt  *time.Time       `json:"decidedAt,omitempty"`
	Note       string           `json:"note,omitempty"`
	PassedTo   string           `json:"passedTo,omitempty"`
	Until      *time.Time       `json:"verifyUntil,omitempty"`

	digest    string
	setsOwner bool
}

// proposer is who makes claims of evidence.
const proposer = "system:ownership"

// Bounds of what a claim holds.
const (
	maxNote     = 1000 // characters
	maxEvidence = 20
	maxSays     = 300
	maxFile     = 500
)

// bounded cuts evidence to what a claim holds: names and texts in repositories are anybody's.
func bounded(list []layer.Evidence) []layer.Evidence {
	out := slices.Clone(list[:min(len(list), maxEvidence)])
	for i := range out {
		e := &out[i]
		e.Field, e.Value, e.Says, e.File = cut(e.Field, maxSays), cut(e.Value, maxSays), cut(e.Says, maxSays), cut(e.File, maxFile)
	}
	return out
}

// digestOf is another one when evidence says something else. Lines move, and numbers in sentences grow, without anybody
// having said anything new.
func digestOf(list []layer.Evidence) string {
	var keys []string
	for _, e := range bounded(list) {
		keys = append(keys, strings.Join([]string{e.Field, e.Value, e.File, e.Sure}, "\x00"))
	}
	slices.Sort(keys)
	sum := sha256.Sum256([]byte(strings.Join(slices.Compact(keys), "\x01")))
	return hex.EncodeToString(sum[:12])
}

// checkNote reads what somebody wrote beside a decision.
func checkNote(note string) (string, error) {
	note = strings.TrimSpace(note)
	switch {
	case !utf8.ValidString(note) || strings.ContainsRune(note, 0):
		return "", errs.New(errs.Invalid, "note holds bytes that are no text")
	case utf8.RuneCountInString(note) > maxNote:
		return "", errs.WithRemedy(errs.New(errs.Invalid, "note has %d characters; at most %d are kept", utf8.RuneCountInString(note), maxNote), "shorten it")
	}
	return note, nil
}

// cut shortens a text, and makes it one that PostgreSQL takes.
func cut(s string, most int) string {
	s = strings.ReplaceAll(strings.ToValidUTF8(s, "\uFFFD"), "\x00", "\uFFFD")
	if len(s) <= most {
		return s
	}
	return strings.ToValidUTF8(s[:most], "") + "…"
}
