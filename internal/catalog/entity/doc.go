// Package entity is the noun of the catalog: YAML documents become validated entities with refs,
// relations and placeholders. It reads nothing, stores nothing and knows no HTTP.
//
// The way of a descriptor through it:
//
//	for _, d := range entity.Parse(name, data) {        // never fails as a whole
//		for _, p := range d.Placeholders() { … d.Resolve(p, content) }
//		d.Validate()                                    // verdict and problems
//		if d.Usable() {
//			e, err := d.Entity(annotations)             // canonical JSON, ready to be stored and served
//		}
//	}
//
// Rules are those of Backstage 1.55, so a verdict here is the verdict there; what is checked beyond
// them becomes warnings, or errors for the kinds that Backstage leaves to other modules. YAML is read
// as YAML 1.2 with the core schema: "yes" is text, 0o17 a number, "<<" an ordinary key.
//
// Not here: reading files and URLs (discovery), locations and conflicts (catalog), the inverse
// relations and queries (catalog/index).
package entity
