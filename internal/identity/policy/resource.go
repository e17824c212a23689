package policy

import (
	"bytes"
	"encoding/json"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/cedar-policy/cedar-go/types"

	"portico/internal/errs"
)

// The keys of the read model that attributes of an entity stand for.
const (
	keyKind        = "kind"
	keyNamespace   = "metadata.namespace"
	keyName        = "metadata.name"
	keyType        = "spec.type"
	keyLifecycle   = "spec.lifecycle"
	keyOwners      = "relations.ownedby"
	keyTags        = "metadata.tags"
	keyLabels      = "metadata.labels"
	keyAnnotations = "metadata.annotations"
)

// textKeys are the attributes that hold one text, setKeys those that hold several.
var (
	textKeys = map[types.String]string{"kind": keyKind, "namespace": keyNamespace, "name": keyName, "type": keyType, "lifecycle": keyLifecycle}
	setKeys  = map[types.String]string{"owners": keyOwners, "tags": keyTags, "labels": keyLabels, "annotations": keyAnnotations}
)

// As the read model: a longer key is not there, and of a longer value only that it is there.
const (
	maxKey   = 200 // code points
	maxValue = 200 // UTF-16 units
)

// unlike stands for a value that is there and cannot be compared. No policy can write it.
const unlike = "\x00"

// Resource is one entity as policies see it. It never changes.
type Resource struct {
	Ref string // kind:namespace/name in lower case

	values map[string][]string // by key, in lower case; a key without values is there
	items  map[string][]string // the texts of lists, by the list's key

	once   sync.Once
	entity types.Entity // once Cedar was asked
}

// NewResource makes a resource of an entity: its ref, its JSON as declared, and the refs of those who own it. Errors:
// errs.Invalid when the JSON is no object.
func NewResource(ref string, declared []byte, owners []string) (*Resource, error) {
	return resourceOf(ref, essentials(declared), owners)
}

func resourceOf(ref string, declared []byte, owners []string) (*Resource, error) {
	var tree struct {
		Kind     any
		Metadata map[string]any
		Spec     map[string]any
	}
	d := json.NewDecoder(bytes.NewReader(declared))
	d.UseNumber()
	if err := d.Decode(&tree); err != nil {
		return nil, errs.Public(errs.Invalid, "the entity is not a JSON object", err)
	}
	r := &Resource{Ref: fold(ref), values: make(map[string][]string, 16)}
	r.walk(keyKind, tree.Kind)
	for _, part := range []struct {
		name string
		of   map[string]any
	}{{"metadata", tree.Metadata}, {"spec", tree.Spec}} {
		for _, k := range slices.Sorted(maps.Keys(part.of)) {
			switch key := part.name + "." + fold(k); key {
			case keyName, keyNamespace, keyTags, keyLabels, keyAnnotations, keyType, keyLifecycle:
				r.walk(key, part.of[k])
			}
		}
	}
	if ns := r.values[keyNamespace]; len(ns) == 0 || ns[0] == "" && len(ns) == 1 {
		r.values[keyNamespace] = append(ns, "default")
	}
	for _, o := range owners {
		r.values[keyOwners] = append(r.values[keyOwners], fold(o))
	}
	return r, nil
}

// Absent is an entity that is not there, or not for whoever asks: nothing is known of it but its ref.
func Absent(ref string) *Resource {
	ref = fold(ref)
	kind, rest, _ := strings.Cut(ref, ":")
	namespace, name, _ := strings.Cut(rest, "/")
	r := &Resource{Ref: ref, values: map[string][]string{keyKind: {kind}, keyNamespace: {namespace}, keyName: {name}}}
	return r
}

// walk notes the values at a key and below it, as the read model does.
func (r *Resource) walk(key string, v any) {
	if utf8.RuneCountInString(key) > maxKey {
		return
	}
	switch v := v.(type) {
	case map[string]any:
		for _, k := range slices.Sorted(maps.Keys(v)) {
			r.walk(key+"."+fold(k), v[k])
		}
	case []any:
		for _, item := range v {
			r.walk(key, item)
			if s, ok := item.(string); ok && comparable(s) && len(key)+1+len(fold(s)) <= maxKey {
				if r.items == nil {
					r.items = map[string][]string{}
				}
				r.items[key] = append(r.items[key], fold(s))
			}
		}
	case string:
		r.note(key, v)
	case json.Number:
		r.note(key, numberText(v.String()))
	case bool:
		r.note(key, strconv.FormatBool(v))
	case nil:
		if _, there := r.values[key]; !there {
			r.values[key] = nil
		}
	}
}

func (r *Resource) note(key, value string) {
	if !comparable(value) {
		if _, there := r.values[key]; !there {
			r.values[key] = nil
		}
		return
	}
	r.values[key] = append(r.values[key], fold(value))
}

func comparable(value string) bool {
	n := 0
	for _, c := range fold(value) {
		if n++; c > 0xffff {
			n++
		}
	}
	return n <= maxValue
}

// fold makes texts that differ in case alone equal.
func fold(s string) string { return strings.ToLower(s) }

func (r *Resource) uid() types.EntityUID { return types.NewEntityUID(typeEntity, types.String(r.Ref)) }

// cedar is the entity as Cedar's own evaluation sees it.
func (r *Resource) cedar() types.Entity {
	r.once.Do(func() { r.entity = r.forCedar() })
	return r.entity
}

func (r *Resource) forCedar() types.Entity {
	attrs := types.RecordMap{}
	for name, key := range textKeys {
		if text, there := r.text(key); there {
			attrs[name] = text
		}
	}
	var owners []types.Value
	for _, o := range r.values[keyOwners] {
		owners = append(owners, types.NewEntityUID(typeGroup, types.String(o)))
	}
	attrs["owners"] = types.NewSet(owners...)
	var tags []types.Value
	for _, t := range r.values[keyTags] {
		tags = append(tags, types.String(t))
	}
	attrs["tags"] = types.NewSet(tags...)
	attrs["labels"] = r.pairs(keyLabels)
	attrs["annotations"] = r.pairs(keyAnnotations)
	return types.Entity{UID: r.uid(), Attributes: types.NewRecord(attrs)}
}

// text is an attribute that holds one text, as Cedar compares it.
func (r *Resource) text(key string) (text types.String, there bool) {
	v, there := r.values[key]
	if len(v) == 1 {
		return types.String(v[0]), true
	}
	return unlike, there
}

// pairs lists what is below a key: each name by itself, and as name=value.
func (r *Resource) pairs(key string) types.Set {
	var out []types.Value
	for path, values := range r.values {
		name, ok := strings.CutPrefix(path, key+".")
		if !ok || strings.Contains(name, "=") {
			continue
		}
		out = append(out, types.String(name))
		for _, v := range values {
			out = append(out, types.String(name+"="+v))
		}
	}
	return types.NewSet(out...)
}

// numberText writes a JSON number as the read model does: 1.0 is "1", 1e3 is "1000".
func numberText(lit string) string {
	f, err := strconv.ParseFloat(lit, 64)
	a := math.Abs(f)
	switch {
	case err != nil && math.IsInf(f, 1):
		return "infinity"
	case err != nil && math.IsInf(f, -1):
		return "-infinity"
	case err != nil:
		return lit
	case f == 0:
		return "0"
	case a >= 1e-6 && a < 1e21:
		return strconv.FormatFloat(f, 'f', -1, 64)
	}
	s := strconv.FormatFloat(f, 'e', -1, 64)
	if mantissa, exp, ok := strings.Cut(s, "e"); ok && len(exp) == 3 && exp[1] == '0' {
		return mantissa + "e" + exp[:1] + exp[2:]
	}
	return s
}
