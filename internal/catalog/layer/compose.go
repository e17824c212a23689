package layer

import (
	"encoding/json"
	"slices"
	"strings"
)

// Annotations that say what was made of an entity, and that composing sees to.
const (
	annotationInferred      = "portico.dev/inferred"
	annotationOwnerInferred = "portico.dev/owner-inferred"
)

// Parts are what is known of one entity.
type Parts struct {
	// Base is the whole entity as the unit that it belongs to has it, in canonical JSON.
	Base json.RawMessage
	// Guessed says that Base is of the layer Inferred, and not Declared.
	Guessed bool
	// Inferred is what a repository adds to an entity that a file of it declares; nil where there is nothing.
	Inferred json.RawMessage
	// Overlay is what people set; nil where there is nothing.
	Overlay json.RawMessage
	// Owner says who owns what the text of spec.owner names: another text where that is an old name. It may be nil.
	Owner func(text string) string
}

// stack is the parts, highest first.
func (p Parts) stack() []named {
	var s []named
	add := func(name string, raw json.RawMessage) {
		if raw != nil {
			s = append(s, readPart(name, raw))
		}
	}
	if p.Guessed {
		add(Overlay, p.Overlay)
		add(Inferred, p.Base)
		return s
	}
	add(Declared, p.Base)
	add(Overlay, p.Overlay)
	add(Inferred, p.Inferred)
	return s
}

// named is one layer, taken apart.
type named struct {
	name                                string
	metadata, annotations, labels, spec object
}

func readPart(name string, raw json.RawMessage) named {
	root := objectOf(raw)
	n := named{name: name, metadata: objectOf(root.values["metadata"]), spec: objectOf(root.values["spec"])}
	n.annotations, n.labels = objectOf(n.metadata.values["annotations"]), objectOf(n.metadata.values["labels"])
	return n
}

// identity are the fields of metadata that say which entity it is: no layer has a say in them.
var identity = []string{"name", "namespace", "uid", "etag"}

// ofUnit are annotations that say which file an entity comes from, or that composing gives itself.
var ofUnit = []string{
	"backstage.io/managed-by-location", "backstage.io/managed-by-origin-location", "backstage.io/view-url", "backstage.io/edit-url",
	annotationInferred, annotationOwnerInferred,
}

// joined are the lists of metadata that are joined, by what tells their entries apart.
var joined = map[string]func(json.RawMessage) string{
	"tags":  text,
	"links": func(l json.RawMessage) string { return text(objectOf(l).values["url"]) },
}

// lends reports whether a layer that is not the base may give a field of metadata or spec: what it says must be something,
// and no placeholder that only the reading of a file could resolve.
func lends(o object, key string) bool {
	if !o.has(key) {
		return false
	}
	inner := objectOf(o.values[key])
	return len(inner.keys) != 1 || !strings.HasPrefix(inner.keys[0], "$")
}

// Compose lays the parts over each other. The result is an entity in JSON that nobody has validated.
func Compose(p Parts) json.RawMessage {
	root := objectOf(p.Base)
	stack := p.stack()
	base := slices.IndexFunc(stack, func(n named) bool { return n.name == baseName(p) })

	metadata := merge(stack, base, func(n named) object { return n.metadata }, func(key string) bool {
		return slices.Contains(identity, key) || key == "annotations" || key == "labels" || joined[key] != nil
	})
	for _, key := range []string{"tags", "links"} {
		if entries, changed := join(stack, base, key); changed {
			setOrRemove(&metadata, key, entries)
		}
	}
	labels := merge(stack, base, func(n named) object { return n.labels }, func(string) bool { return false })
	annotations := merge(stack, base, func(n named) object { return n.annotations }, func(key string) bool { return slices.Contains(ofUnit, key) })
	spec := merge(stack, base, func(n named) object { return n.spec }, func(string) bool { return false })

	switch from := source(stack, "owner"); {
	case from == Overlay || from == Declared:
		annotations.remove(annotationOwnerInferred)
	case from == Inferred && !p.Guessed:
		annotations.set(annotationOwnerInferred, encoded("true"))
	}
	if p.Owner != nil && spec.has("owner") {
		if was := text(spec.values["owner"]); was != "" {
			if is := p.Owner(was); is != was {
				spec.set("owner", encoded(is))
			}
		}
	}
	for _, part := range []struct {
		key string
		of  object
	}{{"annotations", annotations}, {"labels", labels}} {
		if had, ok := metadata.values[part.key]; len(part.of.keys) > 0 || ok && isObject(had) {
			metadata.set(part.key, part.of.json())
		}
	}
	root.set("metadata", metadata.json())
	if _, had := root.values["spec"]; had && isObject(root.values["spec"]) || !had && len(spec.keys) > 0 {
		root.set("spec", spec.json())
	}
	return root.json()
}

func baseName(p Parts) string {
	if p.Guessed {
		return Inferred
	}
	return Declared
}

func isObject(raw json.RawMessage) bool { return len(raw) > 0 && raw[0] == '{' }

// sortTail puts the keys that were added in order, so that the same layers make the same JSON.
func (o *object) sortTail(from int) {
	if from < len(o.keys) {
		slices.Sort(o.keys[from:])
	}
}

// merge takes each field from the highest layer that has it, in the order of the base; what the base does not have follows,
// sorted. fixed are the keys that are the base's alone.
func merge(stack []named, base int, part func(named) object, fixed func(key string) bool) object {
	own := part(stack[base])
	out := object{values: map[string]json.RawMessage{}}
	for _, key := range own.keys {
		out.set(key, own.values[key])
	}
	for i, n := range stack {
		if i == base {
			continue
		}
		o := part(n)
		for _, key := range o.keys {
			if fixed(key) || !lends(o, key) || i > base && own.has(key) || taken(stack[:i], base, part, key) {
				continue
			}
			out.set(key, o.values[key])
		}
	}
	out.sortTail(len(own.keys))
	return out
}

// taken reports whether a higher layer that is not the base gives the field.
func taken(higher []named, base int, part func(named) object, key string) bool {
	for i, n := range higher {
		if i != base && lends(part(n), key) {
			return true
		}
	}
	return false
}

// join is the list of metadata under a key. What a file declares is joined with what people set, and with what was inferred
// only where people set nothing: they have seen that, and what they left out is to go.
func join(stack []named, base int, key string) (entries []json.RawMessage, changed bool) {
	seen := map[string]bool{}
	for i, n := range stack {
		if n.name == Inferred && overlays(stack, key) {
			changed = changed || i == base
			continue
		}
		for _, e := range list(n.metadata.values[key]) {
			id := joined[key](e)
			if i != base && (id == "" || seen[id]) {
				continue
			}
			seen[id] = true
			entries = append(entries, e)
			changed = changed || i != base
		}
	}
	return entries, changed
}

// overlays reports whether people set a list, be it to nothing.
func overlays(stack []named, key string) bool {
	return slices.ContainsFunc(stack, func(n named) bool {
		_, has := n.metadata.values[key]
		return n.name == Overlay && has
	})
}

func setOrRemove(o *object, key string, entries []json.RawMessage) {
	if len(entries) == 0 {
		o.remove(key)
		return
	}
	o.set(key, encoded(entries))
}

// source is the layer that a field of spec is taken from; "" where none has it.
func source(stack []named, key string) string {
	for _, n := range stack {
		if n.spec.has(key) {
			return n.name
		}
	}
	return ""
}
