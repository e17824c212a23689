package policy

import "testing"

// What a role or a policy says of somebody, whoever gets the name would have.
func TestNames(t *testing.T) {
	t.Parallel()
	e := engine(t, `
permit (principal == User::"user:default/Ana", action, resource);
permit (principal in Group::"user:default/bob", action, resource);
permit (principal, action, resource is Entity) when { resource.owners.contains(Group::"user:default/carl") };
permit (principal, action, resource) when { principal.name == "dora" };
forbid (principal, action, resource) unless { ["eve", "finn"].contains(principal.name) };
permit (principal, action, resource) when { principal.name like "svc-*" };
permit (principal, action, resource is Entity) when { resource.name like "*" };
permit (principal in Group::"group:default/gus", action, resource);
`, Options{Assignments: Assignments{Roles: map[string][]string{"admin": {"User:default/Hana", "group:default/ivo"}}}})
	for _, name := range []string{"ana", "bob", "carl", "dora", "eve", "finn", "svc-x", "hana", "Ana"} {
		if !e.Names("user:default/" + name) {
			t.Errorf("%s is not named", name)
		}
	}
	for _, name := range []string{"gus", "ivo", "svc", "jon", "portal", "group", "an"} {
		if e.Names("user:default/" + name) {
			t.Errorf("%s is named", name)
		}
	}
	if engine(t, "", Options{}).Names("user:default/system") {
		t.Error("what ships names nobody")
	}
}
