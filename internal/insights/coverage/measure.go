package coverage

import (
	"portico/internal/catalog/index"
)

// Measure is one of the shares.
type Measure string

// The measures. The three of ownership that follow it are parts of it.
const (
	Repositories Measure = "repositories"
	Ownership    Measure = "ownership"
	Declared     Measure = "ownership.declared"
	Inferred     Measure = "ownership.inferred"
	Verified     Measure = "ownership.verified"
	Docs         Measure = "docs"
	Definitions  Measure = "definitions"
	APIs         Measure = "apis"
)

// ofEntities are the measures of a snapshot, in the order in which they are shown.
var ofEntities = []Measure{Ownership, Docs, Definitions, APIs}

// partsOf are the parts of ownership.
var partsOf = []Measure{Declared, Inferred, Verified}

func known(m Measure) bool {
	switch m {
	case Repositories, Ownership, Declared, Inferred, Verified, Docs, Definitions, APIs:
		return true
	}
	return false
}

// Share is one measure: numerator of denominator. A denominator of 0 is no share at all.
type Share struct {
	Numerator   float64 `json:"numerator"`
	Denominator float64 `json:"denominator"`
}

// pair is what a measure is of, and those of it that have what is asked for.
type pair struct{ of, have index.Set }

// The weights of tiers: what is most critical counts four times as much as what has no tier.
//
// A tier is the value of spec.tier or spec.criticality, or of a label or annotation whose name, after a prefix or without one,
// is tier, service-tier or criticality. Of several the highest counts. Other values, such as "backend", are no tier.
var weights = []struct {
	weight float64
	values []string
}{
	{4, []string{"1", "tier-1", "tier1", "t1", "critical", "mission-critical"}},
	{3, []string{"2", "tier-2", "tier2", "t2", "high"}},
	{2, []string{"3", "tier-3", "tier3", "t3", "medium"}},
}

// noTier is the weight of the fourth tier, of a low one, and of none.
const noTier = 1

// tierKeys are the index keys that may hold a tier.
func tierKeys(snap *index.Snapshot) []string {
	keys := []string{"spec.tier", "spec.criticality"}
	for _, in := range []string{"metadata.labels.", "metadata.annotations."} {
		for _, name := range []string{"tier", "service-tier", "criticality"} {
			keys = append(keys, in+name)
			keys = append(keys, snap.Keys(in, "/"+name)...)
		}
	}
	return keys
}

// tier is a set of entities with one weight.
type tier struct {
	weight float64
	set    index.Set
}

func tiersOf(snap *index.Snapshot, all index.Set) (tiers []tier) {
	keys := tierKeys(snap)
	left := all
	for _, w := range weights {
		one := left.Without(left)
		for _, key := range keys {
			one = one.Or(left.With(key, w.values...))
		}
		left = left.Without(one)
		tiers = append(tiers, tier{w.weight, one})
	}
	return append(tiers, tier{noTier, left})
}
