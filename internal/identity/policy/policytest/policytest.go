// Package policytest makes policies and entities by chance, for tests that compare two ways to decide.
package policytest

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"
)

// Groups are the groups of the people of [People].
var Groups = map[string][]string{
	"user:default/ana": {"group:default/payments", "group:default/division"},
	"user:default/bob": {"group:default/platform"},
}

// People are refs of users; the last belongs to no group.
var People = []string{"user:default/ana", "user:default/bob", "user:default/cem"}

// Texts with which policies and entities are made. Some are alike but for case, some are what a filter could mistake.
var (
	kinds      = []string{"Component", "API", "Template", "component"}
	names      = []string{"checkout", "Checkout-web", "vault", "ledger", "true"}
	namespaces = []string{"default", "Prod", "prod-eu", ""}
	types      = []string{"service", "Website", "web", "library", "true", ""}
	lifecycles = []string{"production", "experimental", "Prod"}
	tags       = []string{"java", "Go", "pci", "true", "java-17"}
	keys       = []string{"tier", "example.com/Visibility", "a.b", "tags"}
	values     = []string{"gold", "Secret", "true", "x=y", ""}
	owners     = []string{"group:default/payments", "group:default/platform", "Group:default/Division", "user:default/cem", "group:default/other"}
)

func one[T any](r *rand.Rand, list []T) T { return list[r.IntN(len(list))] }

// Entity makes an entity: its ref, its JSON as declared and its owners, which stand in spec.owners too. Some fields hold what they should not.
func Entity(r *rand.Rand, n int) (ref string, declared []byte, ownedBy []string) {
	kind, name, ns := one(r, kinds), fmt.Sprintf("%s-%d", one(r, names), n), one(r, namespaces)
	if r.IntN(3) == 0 {
		name = one(r, names)
	}
	meta := map[string]any{"name": name}
	switch r.IntN(4) {
	case 0:
	case 1:
		meta["namespace"] = "default"
	default:
		meta["namespace"] = ns
	}
	if ns == "" || meta["namespace"] == nil || meta["namespace"] == "" {
		ns = "default"
	} else {
		ns = meta["namespace"].(string)
	}
	meta["tags"] = some(r, tags)
	if r.IntN(5) == 0 {
		delete(meta, "tags")
	}
	for _, field := range []string{"labels", "annotations"} {
		m := map[string]any{}
		for range r.IntN(3) {
			m[one(r, keys)] = one(r, values)
		}
		if r.IntN(6) == 0 {
			m[one(r, keys)] = strings.Repeat("long", 60)
		}
		meta[field] = m
	}
	spec := map[string]any{}
	if r.IntN(4) > 0 {
		spec["type"] = one(r, types)
	}
	if r.IntN(3) > 0 {
		spec["lifecycle"] = one(r, lifecycles)
	}
	switch r.IntN(20) {
	case 0:
		spec["type"] = []any{one(r, types), one(r, types)}
	case 1:
		spec["type"] = 1.50
	case 2:
		spec["type"] = nil
	case 3:
		spec["type"] = map[string]any{"service": "true"}
	case 4:
		spec["Type"] = one(r, types)
	case 5:
		spec["type"] = strings.Repeat("web", 90)
	}
	for _, o := range some(r, owners) {
		ownedBy = append(ownedBy, o.(string))
	}
	spec["owners"] = ownedBy
	declared, _ = json.Marshal(map[string]any{"apiVersion": "backstage.io/v1alpha1", "kind": kind, "metadata": meta, "spec": spec})
	return strings.ToLower(kind + ":" + ns + "/" + name), declared, ownedBy
}

// Odd reports whether the entity holds a list or the like where Cedar's own evaluation expects a text.
func Odd(declared []byte) bool {
	var e struct{ Metadata, Spec map[string]any }
	if json.Unmarshal(declared, &e) != nil {
		return true
	}
	_, twice := e.Spec["Type"]
	t, there := e.Spec["type"]
	text, isText := t.(string)
	ns, named := e.Metadata["namespace"]
	return twice || named && ns == "" || there && (!isText || len(text) > 200)
}

func some(r *rand.Rand, list []string) []any {
	out := []any{}
	for range r.IntN(4) {
		out = append(out, one(r, list))
	}
	return out
}

// Policies writes policies about reading entities.
func Policies(r *rand.Rand) string {
	var b strings.Builder
	for range 1 + r.IntN(4) {
		effect := "permit"
		if r.IntN(3) == 0 {
			effect = "forbid"
		}
		who := one(r, []string{"principal", "principal", `principal in Group::"group:default/Payments"`, `principal is User`, `principal == User::"user:default/bob"`, `principal in Role::"viewer"`})
		what := one(r, []string{`action == Action::"catalog.entity.read"`, `action in [Action::"catalog.entity.read", Action::"catalog.entity.delete"]`})
		on := one(r, []string{"resource", "resource is Entity", "resource", `resource == Entity::"component:default/Vault"`})
		fmt.Fprintf(&b, "%s (%s, %s, %s)", effect, who, what, on)
		for range r.IntN(3) {
			fmt.Fprintf(&b, "\n  %s { %s }", one(r, []string{"when", "when", "unless"}), condition(r, 3))
		}
		b.WriteString(";\n")
	}
	return b.String()
}

func condition(r *rand.Rand, depth int) string {
	if depth > 0 {
		switch r.IntN(6) {
		case 0:
			return "(" + condition(r, depth-1) + " && " + condition(r, depth-1) + ")"
		case 1:
			return "(" + condition(r, depth-1) + " || " + condition(r, depth-1) + ")"
		case 2:
			return "!(" + condition(r, depth-1) + ")"
		case 3:
			return "(if " + condition(r, depth-1) + " then " + condition(r, depth-1) + " else " + condition(r, depth-1) + ")"
		}
	}
	q := func(list []string) string { return fmt.Sprintf("%q", one(r, list)) }
	pair := func() string {
		if r.IntN(3) == 0 {
			return q(keys)
		}
		return fmt.Sprintf("%q", one(r, keys)+"="+one(r, values))
	}
	group := func() string { return fmt.Sprintf("Group::%q", one(r, owners)) }
	switch r.IntN(20) {
	case 0:
		return "resource.kind == " + q(kinds)
	case 1:
		return q(namespaces) + " != resource.namespace"
	case 2:
		return "[" + q(names) + ", " + q(names) + "].contains(resource.name)"
	case 3:
		return "(resource has type && resource.type == " + q(types) + ")"
	case 4:
		return "(resource has type && resource.type like \"" + one(r, []string{"w*", "", "*", "web", "T*"}) + "\")"
	case 5:
		return "(if resource has lifecycle then resource.lifecycle != " + q(lifecycles) + " else true)"
	case 6:
		return "resource.tags.contains(" + q(tags) + ")"
	case 7:
		return "resource.tags.containsAny([" + q(tags) + ", " + q(tags) + "])"
	case 8:
		return "resource.tags.containsAll([" + q(tags) + ", " + q(tags) + "])"
	case 9:
		return "resource.tags.isEmpty()"
	case 10:
		return "resource.labels.contains(" + pair() + ")"
	case 11:
		return "resource.annotations.containsAny([" + pair() + ", " + pair() + "])"
	case 12, 13:
		return "principal in resource.owners"
	case 14:
		return "resource.owners.contains(" + group() + ")"
	case 15:
		return "resource.owners.isEmpty()"
	case 16:
		return group() + " in resource.owners"
	case 17:
		return "resource == Entity::\"component:default/" + one(r, names) + "\""
	case 18:
		return "principal in " + group()
	}
	return "resource.name == principal.name"
}
