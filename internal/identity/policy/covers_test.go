package policy

import (
	"math/rand/v2"
	"strings"
	"testing"

	"portico/internal/identity/policy/policytest"
)

// Whoever may make a token of a service may all that it can.
func TestCovers(t *testing.T) {
	service := Subject{Type: "service", Ref: "service:ci", Role: Admin}
	admin := Subject{Type: "user", Ref: "user:default/ana", Role: Admin}
	for _, tt := range []struct {
		name, text, permission string
		who                    Subject
		want                   string // "yes", or the policy that says no
	}{
		{"an admin", ``, "catalog.entity.delete", admin, "yes"},
		{"an author reads everything", ``, "catalog.entity.read", ana, "yes"},
		{"an author deletes nothing", ``, "catalog.entity.delete", ana, ""},
		{"an owner deletes some", `permit (principal is User, action == Action::"catalog.entity.delete", resource is Entity) when { principal in resource.owners };`, "catalog.entity.delete", ana, ""},
		{"about the portal", ``, "catalog.location.create", ana, "yes"},
		{"about the portal, not", ``, "catalog.location.delete", ana, ""},
		{"hidden from them alone", `@id("hide") forbid (principal == User::"user:default/ana", action == Action::"catalog.entity.read", resource is Entity) when { resource.tags.contains("secret") };`, "catalog.entity.read", ana, "hide"},
		{"hidden from all", `forbid (principal, action == Action::"catalog.entity.read", resource is Entity) when { resource.tags.contains("secret") || resource.kind == "API" };`, "catalog.entity.read", ana, "yes"},
		{"hidden from all but owners, which no service is", `forbid (principal, action == Action::"catalog.entity.read", resource is Entity) when { resource.tags.contains("secret") } unless { principal in resource.owners };`, "catalog.entity.read", ana, "yes"},
		{"hidden from all but services", `@id("hide") forbid (principal, action == Action::"catalog.entity.read", resource is Entity) when { resource.tags.contains("secret") } unless { principal is Service };`, "catalog.entity.read", admin, "hide"},
		{"more hidden from them", `@id("hide") forbid (principal is User, action == Action::"catalog.entity.read", resource is Entity) when { ["API", "Template"].contains(resource.kind) }; forbid (principal is Service, action == Action::"catalog.entity.read", resource is Entity) when { resource.kind == "API" };`, "catalog.entity.read", ana, "hide"},
		{"less hidden from them", `forbid (principal is Service, action == Action::"catalog.entity.read", resource is Entity) when { ["API", "Template"].contains(resource.kind) }; forbid (principal is User, action == Action::"catalog.entity.read", resource is Entity) when { resource.kind == "API" };`, "catalog.entity.read", ana, "yes"},
		{"what no filter says, for all", `forbid (principal, action == Action::"catalog.entity.delete", resource is Entity) when { resource.name like "*-prod" };`, "catalog.entity.delete", admin, "yes"},
		{"what no filter says, for them", `@id("odd") forbid (principal is User, action == Action::"catalog.entity.delete", resource is Entity) when { resource.name like "*-prod" };`, "catalog.entity.delete", admin, "odd"},
		{"a permit that no filter says", `permit (principal is User, action == Action::"catalog.entity.delete", resource is Entity) when { resource.name like "*-dev" };`, "catalog.entity.delete", ana, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			d := engine(t, tt.text, Options{}).Covers(tt.who, service, perm(t, tt.permission))
			switch {
			case d.Allowed != (tt.want == "yes"):
				t.Errorf("%v: %s", d.Allowed, d.Why())
			case !d.Allowed && tt.want != "" && !strings.Contains(d.Why(), `"`+tt.want+`"`), tt.want == "" && len(d.Because) > 0:
				t.Errorf("why: %s", d.Why())
			}
		})
	}
}

// What is covered by comparing conditions is so for every entity.
func TestCoversIsSound(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	service := Subject{Type: "service", Ref: "service:ci", Role: Admin}
	covered, not := 0, 0
	for range 300 {
		text := policytest.Policies(rng)
		e, err := New(Options{Paths: []string{written(t, text)}, Directory: groups(policytest.Groups), Assignments: Assignments{SignedIn: []string{}}})
		if err != nil {
			continue
		}
		for _, a := range append([]string{service.Ref}, policytest.People...) {
			for _, b := range append([]string{service.Ref}, policytest.People...) {
				s, other := Subject{Type: "user", Ref: a, Role: Author}, Subject{Type: "user", Ref: b, Role: Author}
				if a == service.Ref {
					s = service
				}
				if b == service.Ref {
					other = service
				}
				if !e.Covers(s, other, EntityRead).Allowed {
					not++
					continue
				}
				if a != b {
					covered++
				}
				for n := range 25 {
					ref, declared, owners := policytest.Entity(rng, n)
					res := entity(t, ref, string(declared), owners...)
					if e.Decide(other, EntityRead, res).Allowed && !e.Decide(s, EntityRead, res).Allowed {
						t.Fatalf("%s is said to read all that %s does, and not %s %s owned by %v\n%s", a, b, ref, declared, owners, text)
					}
				}
			}
		}
	}
	if covered < 200 || not < 200 {
		t.Errorf("%d are covered, %d not: that shows little", covered, not)
	}
}
