package policy

import (
	"math/rand/v2"
	"testing"

	"portico/internal/identity/policy/policytest"
)

// Whatever a file holds, it is refused with words, or decides as Cedar does.
func FuzzPolicies(f *testing.F) {
	f.Add(string(shipped))
	f.Add(`forbid (principal is Guest, action, resource is Entity) when { resource.name like "a*" && !resource.tags.isEmpty() };`)
	rng := rand.New(rand.NewPCG(7, 8))
	for range 20 {
		f.Add(policytest.Policies(rng))
	}
	var some []*Resource
	for n := len(some); len(some) < 20; n++ {
		ref, declared, owners := policytest.Entity(rng, n)
		if policytest.Odd(declared) {
			continue
		}
		r, err := NewResource(ref, declared, owners)
		if err != nil {
			f.Fatal(err)
		}
		some = append(some, r)
	}
	f.Fuzz(func(t *testing.T, text string) {
		rules, err := compile([]File{{Name: "fuzz.cedar", Text: []byte(text)}}, nil, func([]byte) error { return nil })
		if err != nil {
			return
		}
		for _, s := range []Subject{guest, bob, ci} {
			facts := newFacts(rules, s, withImplied([]string{s.Role}), []string{fold(s.Ref), "group:default/payments"})
			for _, res := range some {
				got, want := facts.on(EntityRead, res), facts.ask(EntityRead, res, rules.of(EntityRead.Name, EntityRead.Action))
				if got.Allowed != want.Allowed {
					t.Fatalf("%s reading %s: %v (%s), Cedar %v (%s)\n%s", s.Ref, res.Ref, got.Allowed, got.Why(), want.Allowed, want.Why(), text)
				}
			}
		}
	})
}
