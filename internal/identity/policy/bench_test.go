package policy

import (
	"fmt"
	"testing"

	"portico/internal/httpx"
)

// house is a set of policies as a company may have: thirty beside the shipped ones.
func house() string {
	text := ""
	for i := range 15 {
		text += fmt.Sprintf(`
			forbid (principal, action in [Action::"catalog.entity.read", Action::"catalog.entity.delete"], resource is Entity)
			when { resource.labels.contains("example.com/area=%d") && resource.kind == "component" } unless { principal in Group::"group:default/area-%[1]d" };
			permit (principal in Group::"group:default/area-%[1]d", action == Action::"catalog.entity.delete", resource is Entity)
			when { resource has type && ["service", "website"].contains(resource.type) && principal in resource.owners };`, i)
	}
	return text
}

func benchmarkDecide(b *testing.B, p httpx.Permission) {
	var in []string
	for i := range 20 {
		in = append(in, fmt.Sprintf("group:default/area-%d", i))
	}
	e := engine(b, house(), Options{Directory: groups{"user:default/ana": in}})
	res := entity(b, "component:default/checkout", `{"kind":"Component","metadata":{"name":"checkout","labels":{"example.com/area":"7"},"tags":["go","pci"]},"spec":{"type":"service","lifecycle":"production"}}`, "group:default/area-7")
	if d := e.Decide(ana, p, res); !d.Allowed {
		b.Fatal(d.Why())
	}
	b.ReportAllocs()
	for b.Loop() {
		e.Decide(ana, p, res)
	}
}

func BenchmarkDecideRead(b *testing.B) { benchmarkDecide(b, EntityRead) }
func BenchmarkDecideDelete(b *testing.B) {
	benchmarkDecide(b, httpx.Permission{Name: "catalog.entity.delete", Action: "delete"})
}

// Conditions that the read model has no filter for, in each of thirty policies: patterns, and what only Cedar can say.
func BenchmarkDecideWithoutFilter(b *testing.B) {
	b.Run("patterns", func(b *testing.B) {
		benchmarkWithoutFilter(b, `resource.name like "*-%d"`, `resource.name like "*k*t"`)
	})
	b.Run("sets", func(b *testing.B) {
		benchmarkWithoutFilter(b, `resource.tags == ["area-%d"]`, `["go", "pci", "x"].containsAll(resource.tags)`)
	})
}

func benchmarkWithoutFilter(b *testing.B, forbidden, permitted string) {
	text := ""
	for i := range 15 {
		text += fmt.Sprintf(`
			forbid (principal, action in [Action::"catalog.entity.refresh", Action::"catalog.entity.delete"], resource is Entity)
			when { `+forbidden+` } unless { principal in Group::"group:default/area-%[1]d" };
			permit (principal in Group::"group:default/area-%[1]d", action == Action::"catalog.entity.delete", resource is Entity)
			when { `+permitted+` };`, i)
	}
	var in []string
	for i := range 20 {
		in = append(in, fmt.Sprintf("group:default/area-%d", i+5))
	}
	e := engine(b, text, Options{Directory: groups{"user:default/ana": in}})
	res := entity(b, "component:default/checkout", `{"kind":"Component","metadata":{"name":"checkout","tags":["go","pci"]}}`, "group:default/area-7")
	p := httpx.Permission{Name: "catalog.entity.delete", Action: "delete"}
	if d := e.Decide(ana, p, res); !d.Allowed {
		b.Fatal(d.Why())
	}
	b.Run("here", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			e.Decide(ana, p, res)
		}
	})
	b.Run("whole-policies-by-Cedar", func(b *testing.B) { // what it would take otherwise
		f := e.current.Load().factsOf(e, ana)
		b.ReportAllocs()
		for b.Loop() {
			f.ask(p, res, f.rules.of(p.Name, p.Action))
		}
	})
}

// A resource is made of an entity for each decision about one.
func BenchmarkResource(b *testing.B) {
	declared := []byte(`{"apiVersion":"backstage.io/v1alpha1","kind":"Component","metadata":{"name":"checkout","description":"Takes what customers put into their baskets, and their money.","labels":{"example.com/area":"7"},"annotations":{"github.com/project-slug":"acme/checkout","backstage.io/techdocs-ref":"dir:."},"tags":["go","pci"]},"spec":{"type":"service","lifecycle":"production","owner":"payments","providesApis":["checkout-api"]}}`)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := NewResource("component:default/checkout", declared, []string{"group:default/payments"}); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkAllow(b *testing.B) {
	e := engine(b, house(), Options{})
	create := httpx.Permission{Name: "catalog.location.create", Action: "create"}
	b.ReportAllocs()
	for b.Loop() {
		e.Allow(ana, create)
	}
}

// A view is worked out once for each generation, set of groups and roles.
func BenchmarkViewAnew(b *testing.B) {
	e := engine(b, house(), Options{})
	f := e.current.Load().factsOf(e, ana)
	b.ReportAllocs()
	for b.Loop() {
		clear(f.translated)
		f.viewed()
	}
}
