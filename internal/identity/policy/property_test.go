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

// What no filter of the catalog has is asked of Cedar condition by condition, and comes out as Cedar decides whole policies:
// also where conditions fail, and what is around them decides whether that matters.
func TestConditionsWithoutFilterAreExact(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	atoms := []string{
		`resource.name like "*-web"`, `resource.name like "*e*"`, `resource.name == resource.namespace`, `resource.tags == ["java"]`, `["java", "go"].containsAll(resource.tags)`,
		`(9223372036854775807 + (if resource.name like "*t*" then 1 else 0)) > 0`, `(if resource.tags.contains("go") then 9223372036854775807 else 0) + 1 > 0`, // these fail
		`(resource has type && resource.type == resource.name)`, `resource.tags.contains("java")`, `resource.kind == "component"`, `principal in resource.owners`,
		`principal in Group::"group:default/payments"`, `principal.name == "bob"`, `(principal is User && resource.name == principal.name)`,
	}
	var condition func(depth int) string
	condition = func(depth int) string {
		if depth == 0 || rng.IntN(4) == 0 {
			return atoms[rng.IntN(len(atoms))]
		}
		a, b := condition(depth-1), condition(depth-1)
		switch rng.IntN(5) {
		case 0:
			return "(" + a + " && " + b + ")"
		case 1:
			return "(" + a + " || " + b + ")"
		case 2:
			return "!(" + a + ")"
		case 3:
			return "(if " + a + " then " + b + " else " + condition(depth-1) + ")"
		}
		return a
	}
	remove, ok := ByName("catalog.entity.delete")
	if !ok {
		t.Fatal("there is no such permission")
	}
	checked, allowed, asked, refused := 0, 0, 0, 0
	for range 150 {
		text := ""
		for range 1 + rng.IntN(4) {
			text += []string{"permit", "permit", "forbid"}[rng.IntN(3)] + ` (principal, action == Action::"catalog.entity.delete", resource is Entity) when { ` + condition(3) + " }"
			if rng.IntN(3) == 0 {
				text += " unless { " + condition(2) + " }"
			}
			text += ";\n"
		}
		e, err := New(Options{Paths: []string{written(t, text)}, Directory: groups(policytest.Groups), Assignments: Assignments{SignedIn: []string{}}})
		if err != nil {
			if refused++; refused < 3 {
				t.Logf("refused: %v", err)
			}
			continue
		}
		for n := range 40 {
			ref, declared, owners := policytest.Entity(rng, n)
			if policytest.Odd(declared) {
				continue
			}
			res := entity(t, ref, string(declared), owners...)
			for _, who := range policytest.People {
				f := e.current.Load().factsOf(e, Subject{Type: "user", Ref: who, Role: Author})
				p := remove.Permission
				got, want := f.on(p, res), f.ask(p, res, f.rules.of(p.Name, p.Action))
				if got.Allowed != want.Allowed || len(got.Because) != len(want.Because) {
					t.Fatalf("%s removing %s %s owned by %v: condition by condition %v (%s), Cedar %v (%s)\n%s", who, ref, declared, owners, got.Allowed, got.Why(), want.Allowed, want.Why(), text)
				}
				checked++
				if got.Allowed {
					allowed++
				}
				for _, c := range f.clauses(p) {
					if c.unsure {
						asked++
						break
					}
				}
			}
		}
	}
	t.Logf("%d decisions, %d of them allowed, %d with conditions without a filter; %d texts refused", checked, allowed, asked, refused)
	if checked < 5000 || allowed < checked/20 || allowed > checked*19/20 || asked < checked/3 {
		t.Errorf("%d decisions, %d of them allowed, %d with conditions without a filter, and %d texts refused: that shows little", checked, allowed, asked, refused)
	}
}
