package layer

import (
	"encoding/json"
	"slices"
	"strings"
)

// Field is one field of a composed entity, and what each layer says of it.
type Field struct {
	Path  string // "spec.owner", "metadata.annotations.backstage.io/techdocs-ref", "metadata.tags[go]"
	Layer string // that the value is taken from
	Value json.RawMessage
	// Others are what other layers say that is not the same, highest first. Of the entry of a list there are none.
	Others []Other
}

// Other is a value that is not shown, because a higher layer has another.
type Other struct {
	Layer string
	Value json.RawMessage
}

// Fields says of each field of what Compose makes of the parts where it comes from, sorted by path. What says which entity
// it is, and which file it comes from, is left out.
func Fields(p Parts) []Field {
	stack := p.stack()
	at := map[string]*Field{}
	add := func(path, layer string, value json.RawMessage) {
		f := at[path]
		switch {
		case f == nil:
			at[path] = &Field{Path: path, Layer: layer, Value: value}
		case f.Layer != layer && string(f.Value) != string(value):
			f.Others = append(f.Others, Other{layer, value})
		}
	}
	for _, n := range stack {
		guess := n.name == Inferred && !p.Guessed
		for _, key := range n.metadata.keys {
			if n.metadata.has(key) && !slices.Contains(identity, key) && key != "annotations" && key != "labels" && joined[key] == nil && (!guess || lends(n.metadata, key)) {
				add("metadata."+key, n.name, n.metadata.values[key])
			}
		}
		for key, id := range joined {
			if n.name == Inferred && overlays(stack, key) {
				continue
			}
			for _, e := range list(n.metadata.values[key]) {
				if id := id(e); id != "" {
					add("metadata."+key+"["+id+"]", n.name, e)
				}
			}
		}
		for _, key := range n.labels.keys {
			if n.labels.has(key) {
				add("metadata.labels."+key, n.name, n.labels.values[key])
			}
		}
		for _, key := range n.annotations.keys {
			if n.annotations.has(key) && !slices.Contains(ofUnit, key) {
				add("metadata.annotations."+key, n.name, n.annotations.values[key])
			}
		}
		for _, key := range n.spec.keys {
			if n.spec.has(key) && (!guess || lends(n.spec, key)) {
				add("spec."+key, n.name, n.spec.values[key])
			}
		}
	}
	out := make([]Field, 0, len(at))
	for _, f := range at {
		if strings.Contains(f.Path, "[") {
			f.Others = nil
		}
		out = append(out, *f)
	}
	slices.SortFunc(out, func(a, b Field) int { return strings.Compare(a.Path, b.Path) })
	return out
}

// EvidenceOf finds what an evidence says of a field: of the field itself first, then of entries of the list that it is.
func EvidenceOf(all []Evidence, path string) []Evidence {
	list, _, entry := strings.Cut(path, "[")
	var out, around []Evidence
	for _, e := range all {
		switch {
		case e.Field == path:
			out = append(out, e)
		case strings.HasPrefix(e.Field, path+"["), entry && e.Field == list:
			around = append(around, e)
		}
	}
	return append(out, around...)
}

// Without leaves out of a list that is joined what an entity has itself: "metadata.tags", "metadata.links". Other values stay.
func Without(path string, value, entity json.RawMessage) json.RawMessage {
	key, ok := strings.CutPrefix(path, "metadata.")
	id := joined[key]
	if !ok || id == nil {
		return value
	}
	has := map[string]bool{}
	for _, e := range list(objectOf(objectOf(entity).values["metadata"]).values[key]) {
		has[id(e)] = true
	}
	left := slices.DeleteFunc(list(value), func(e json.RawMessage) bool { return has[id(e)] })
	if len(left) == 0 {
		return json.RawMessage("[]")
	}
	return encoded(left)
}
