// Package edit changes fields of an entity in the text of the descriptor that declares it, and nothing else of that text:
// comments, the order of keys, blank lines, quotes and the other documents of the file stay as people wrote them. It is pure.
//
// A field is changed where it stands, line by line. Where the text does not allow that (a map in braces, an anchor), the
// document is written anew from its nodes, which keeps comments but not the looks. Either way what comes out is read again,
// and is only given back when it says exactly what was asked for.
package edit

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"
	"strings"

	"go.yaml.in/yaml/v4"

	"portico/internal/catalog/entity"
	"portico/internal/errs"
)

// Field is a field of an entity, and what it is to be.
type Field struct {
	Path  []string        // "metadata", "annotations", "backstage.io/techdocs-ref"
	Value json.RawMessage // JSON; nil or null takes the field away
}

func (f Field) name() string { return strings.Join(f.Path, ".") }

func (f Field) removes() bool { return len(f.Value) == 0 || string(f.Value) == "null" }

// MaxFields is how many fields one call changes at most.
const MaxFields = 100

// Set returns the descriptor with fields of the entity ref set. Errors: errs.NotFound where no document declares ref;
// errs.Invalid where the file, the fields, or what lies on the way to one of them cannot be edited.
func Set(file string, data []byte, ref string, fields []Field) ([]byte, error) {
	if len(fields) > MaxFields {
		return nil, errs.New(errs.Invalid, "%d fields are too many to be set at once; the limit is %d", len(fields), MaxFields)
	}
	if len(data) > entity.MaxFileSize {
		return nil, errs.New(errs.TooLarge, "%s is larger than %d MiB", file, entity.MaxFileSize>>20)
	}
	text := string(data)
	// Lines end as most of them do now.
	windows := strings.Count(text, "\r\n")*2 > strings.Count(text, "\n")
	text = strings.ReplaceAll(text, "\r\n", "\n")
	for _, f := range fields {
		if len(f.Path) < 2 {
			return nil, errs.New(errs.Invalid, "%s is not a field that can be set", f.name())
		}
		var value any
		if err := decode(f.Value, &value); !f.removes() && err != nil {
			return nil, errs.Public(errs.Invalid, fmt.Sprintf("%s is not set to JSON", f.name()), err)
		}
		next, err := setOne(file, text, ref, f)
		if err != nil {
			return nil, err
		}
		text = next
	}
	if windows {
		text = strings.ReplaceAll(text, "\n", "\r\n")
	}
	return []byte(text), nil
}

// Append adds a document to a descriptor.
func Append(data, document []byte) []byte {
	data = bytes.TrimRight(data, " \t\r\n")
	if len(data) == 0 {
		return document
	}
	out := append(bytes.Clone(data), "\n---\n"...)
	return append(out, bytes.TrimPrefix(document, []byte("---\n"))...)
}

// setOne sets one field: in place where that says what it should, else by writing the document anew.
func setOne(file, text, ref string, f Field) (string, error) {
	doc, err := find(file, text, ref)
	if err != nil {
		return "", err
	}
	want, err := wanted(doc, f)
	if err != nil {
		return "", err
	}
	if same(values(doc.Node), want) {
		return text, nil
	}
	if out, ok := inPlace(text, doc, f); ok && says(file, text, out, doc.Index, want) {
		return out, nil
	}
	out, err := anew(text, doc, f)
	if err != nil {
		return "", err
	}
	if !says(file, text, out, doc.Index, want) {
		return "", errs.WithRemedy(errs.New(errs.Invalid, "%s cannot be set in %s without changing something else", f.name(), file), "edit the file by hand")
	}
	return out, nil
}

// find returns the one document that declares ref.
func find(file, text, ref string) (*entity.Document, error) {
	var found *entity.Document
	for _, d := range entity.Parse(file, []byte(text)) {
		switch {
		case d.Node == nil || d.Ref.Kind == "" || d.Ref.Name == "" || d.Ref.String() != ref:
		case found != nil:
			return nil, errs.WithRemedy(errs.New(errs.Invalid, "%s declares %s twice, in line %d and in line %d", file, ref, found.Line, d.Line), "remove one of them")
		default:
			found = d
		}
	}
	if found == nil {
		return nil, errs.New(errs.NotFound, "%s does not declare %s", file, ref)
	}
	if root(found.Node).Kind != yaml.MappingNode {
		return nil, errs.New(errs.Invalid, "%s: what declares %s is not a map", file, ref)
	}
	return found, nil
}

func root(n *yaml.Node) *yaml.Node {
	for n.Kind == yaml.DocumentNode && len(n.Content) == 1 {
		n = n.Content[0]
	}
	return n
}

// wanted is what the document should say afterwards.
func wanted(doc *entity.Document, f Field) (any, error) {
	v := values(doc.Node)
	m, ok := v.(map[string]any)
	if !ok {
		return nil, errs.New(errs.Invalid, "line %d: the entity cannot be read as a map", doc.Line)
	}
	var value any
	if !f.removes() {
		if err := decode(f.Value, &value); err != nil {
			return nil, err
		}
		value = values2(value)
	}
	at := m
	for i, key := range f.Path[:len(f.Path)-1] {
		switch below := at[key].(type) {
		case map[string]any:
			at = below
		case nil:
			if f.removes() {
				return v, nil
			}
			next := map[string]any{}
			at[key], at = next, next
		default:
			return nil, errs.New(errs.Invalid, "%s is not a map, so %s cannot be set", strings.Join(f.Path[:i+1], "."), f.name())
		}
	}
	last := f.Path[len(f.Path)-1]
	if f.removes() {
		delete(at, last)
		return pruned(m, f.Path[:len(f.Path)-1]), nil
	}
	at[last] = value
	return v, nil
}

// pruned takes away maps that a removal left empty, but for the first level.
func pruned(m map[string]any, path []string) any {
	for n := len(path); n > 1; n-- {
		at := m
		for _, key := range path[:n-1] {
			at, _ = at[key].(map[string]any)
		}
		if below, ok := at[path[n-1]].(map[string]any); !ok || len(below) > 0 {
			break
		}
		delete(at, path[n-1])
	}
	return m
}

// says reports whether the text now has want in the document, and in all others what it had.
func says(file, before, after string, index int, want any) bool {
	old, now := entity.Parse(file, []byte(before)), entity.Parse(file, []byte(after))
	if len(old) != len(now) {
		return false
	}
	for i := range old {
		if now[i].Node == nil || old[i].Node == nil {
			if (now[i].Node == nil) != (old[i].Node == nil) {
				return false
			}
			continue
		}
		expected := values(old[i].Node)
		if old[i].Index == index {
			expected = want
		}
		if !same(values(now[i].Node), expected) {
			return false
		}
	}
	return true
}

func same(a, b any) bool { return reflect.DeepEqual(a, b) }

// values is what a node says; anything that cannot be told is nil, which then equals nothing that is wanted.
func values(n *yaml.Node) any {
	var v any
	if err := n.Decode(&v); err != nil {
		return nil
	}
	return values2(v)
}

// values2 brings numbers and keys of YAML and JSON to one form.
func values2(v any) any {
	switch v := v.(type) {
	case map[string]any:
		for k := range v {
			v[k] = values2(v[k])
		}
		return v
	case map[any]any:
		m := make(map[string]any, len(v))
		for k := range v {
			m[fmt.Sprint(k)] = values2(v[k])
		}
		return m
	case []any:
		for i := range v {
			v[i] = values2(v[i])
		}
		return v
	case json.Number, int, int64, uint64, float64:
		return fmt.Sprint(v)
	}
	return v
}

func decode(data json.RawMessage, v any) error {
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	return d.Decode(v)
}
