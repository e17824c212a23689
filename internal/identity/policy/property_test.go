package policy

import (
	"math/rand/v2"
	"testing"

	"portico/internal/identity/policy/policytest"
)

// What a restriction shows is what Cedar itself decides, for policies and entities of every kind.
func TestTranslationIsExact(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	checked, allowed, refused := 0, 0, 0
	for range 200 {
		text := policytest.Policies(rng)
		e, err := New(Options{Paths: []string{written(t, text)}, Directory: groups(policytest.Groups), Assignments: Assignments{SignedIn: []string{}, Guest: []string{Viewer}}})
		if err != nil {
			refused++ // by Cedar's validation: a condition that is never true
			if refused < 3 {
				t.Logf("refused: %v", err)
			}
			continue
		}
		for n := range 60 {
			ref, declared, owners := policytest.Entity(rng, n)
			if policytest.Odd(declared) {
				continue
			}
			res := entity(t, ref, string(declared), owners...)
			for _, who := range policytest.People {
				s := Subject{Type: "user", Ref: who, Role: Author}
				f := e.current.Load().factsOf(e, s)
				got, want := f.on(EntityRead, res), f.ask(EntityRead, res, f.rules.of(EntityRead.Name, EntityRead.Action))
				if got.Allowed != want.Allowed || len(got.Because) != len(want.Because) {
					t.Fatalf("%s reading %s %s owned by %v: translated %v (%s), Cedar %v (%s)\n%s", who, ref, declared, owners, got.Allowed, got.Why(), want.Allowed, want.Why(), text)
				}
				checked++
				if got.Allowed {
					allowed++
				}
			}
		}
	}
	if checked < 15_000 || allowed < checked/20 || allowed > checked*19/20 {
		t.Errorf("%d decisions, %d of them allowed, and %d texts refused: that shows little", checked, allowed, refused)
	}
}
