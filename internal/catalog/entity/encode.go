package entity

import (
	"encoding/hex"
	"math"
	"slices"
	"strconv"
	"unicode/utf8"

	"github.com/cespare/xxhash/v2"
	"go.yaml.in/yaml/v4"

	"portico/internal/errs"
)

// maxJSON is the size of an entity's JSON, in bytes.
const maxJSON = 2 * MaxFileSize

// Entity is a document that has become part of the catalog's language.
type Entity struct {
	Ref                    Ref // as written, namespace filled in
	APIVersion, Kind       string
	Name, Namespace, Title string
	// JSON is canonical: compact; apiVersion, kind, metadata, spec in this order and the keys below
	// them as written; metadata.namespace filled in; values typed by YAML 1.2.
	JSON []byte
	// Digest changes when JSON does: 16 hexadecimal digits. It is no proof against forgery.
	Digest string

	location     LocationSpec
	hasLocations bool
}

// LocationSpec is what a Location entity points to.
type LocationSpec struct {
	Type     string   // "" means the type of the location that declares it
	Targets  []string // target first, then targets
	Presence string   // "required" or "optional"
}

// Location returns the spec of a Location entity; false for every other kind.
func (e *Entity) Location() (LocationSpec, bool) { return e.location, e.hasLocations }

// Entity encodes a validated document. annotations are set over those in metadata.annotations.
//
// What the catalog gives out itself is dropped: metadata.uid and metadata.etag. Addresses that may not
// become links (see SafeURL) are left empty. The lists that relate an entity (providesApis, dependsOn,
// memberOf …) are sorted, as Backstage does, so that their order is no change. The error is
// errs.Invalid for a document that is not Usable or that grows past the limit.
func (d *Document) Entity(annotations map[string]string) (*Entity, error) {
	if !d.Usable() {
		return nil, errs.New(errs.Invalid, "document %d of %s cannot become an entity: it is %s", d.Index, d.File, or(string(d.Verdict), "not validated"))
	}
	return d.entity(annotations)
}

// entity is Entity of a document whose faults somebody else has seen to.
func (d *Document) entity(annotations map[string]string) (*Entity, error) {
	root := deref(d.Node)
	meta, spec := deref(get(root, "metadata")), get(root, "spec")
	e := &Entity{
		APIVersion: text(get(root, "apiVersion")), Kind: text(get(root, "kind")),
		Name: text(get(meta, "name")), Namespace: or(text(get(meta, "namespace")), DefaultNamespace), Title: text(get(meta, "title")),
	}
	e.Ref = Ref{e.Kind, e.Namespace, e.Name}
	if e.Name == "" {
		return nil, errs.New(errs.Invalid, "document %d of %s has a placeholder for its name", d.Index, d.File)
	}

	w := writer{b: make([]byte, 0, 1024)}
	w.b = append(w.b, `{"apiVersion":`...)
	w.text(e.APIVersion)
	w.b = append(w.b, `,"kind":`...)
	w.text(e.Kind)
	w.b = append(w.b, `,"metadata":`...)
	w.metadata(meta, e.Namespace, annotations)
	if spec != nil {
		w.b = append(w.b, `,"spec":`...)
		w.spec(deref(spec))
	}
	w.b = append(w.b, '}')
	if w.full {
		return nil, errs.WithRemedy(errs.New(errs.Invalid, "%s grows to more than %d MiB, or %d levels", e.Ref, maxJSON>>20, 2*MaxDepth), "use fewer aliases, or smaller files for $json and $yaml")
	}
	e.JSON = slices.Clip(w.b)
	var sum [8]byte
	h := xxhash.Sum64(e.JSON)
	for i := range sum {
		sum[i] = byte(h >> (56 - 8*i))
	}
	e.Digest = hex.EncodeToString(sum[:])
	if e.Kind == "Location" {
		e.setLocation(spec)
	}
	return e, nil
}

func (e *Entity) setLocation(spec *yaml.Node) {
	e.hasLocations = true
	e.location = LocationSpec{Type: text(get(spec, "type")), Presence: or(text(get(spec, "presence")), "required")}
	if t := text(get(spec, "target")); t != "" {
		e.location.Targets = append(e.location.Targets, t)
	}
	if l := get(spec, "targets"); typeOf(l) == list {
		for _, c := range deref(l).Content {
			if t := text(c); t != "" {
				e.location.Targets = append(e.location.Targets, t)
			}
		}
	}
}

// writer appends JSON.
type writer struct {
	b    []byte
	full bool
}

func (w *writer) metadata(meta *yaml.Node, namespace string, annotations map[string]string) {
	first, annotated := true, false
	named := typeOf(get(meta, "namespace")) != absent
	w.b = append(w.b, '{')
	for i := 0; i+1 < len(meta.Content); i += 2 {
		key, n := keyText(meta.Content[i]), meta.Content[i+1]
		if key == "uid" || key == "etag" {
			continue
		}
		w.key(key, &first)
		switch key {
		case "annotations":
			annotated = true
			w.annotations(deref(n), annotations)
		case "links":
			w.links(deref(n))
		default:
			w.value(n, 2)
		}
		if key == "name" && !named {
			w.key("namespace", &first)
			w.text(namespace)
		}
	}
	if !annotated && len(annotations) > 0 {
		w.key("annotations", &first)
		w.annotations(nil, annotations)
	}
	w.b = append(w.b, '}')
}

// annotations writes those of the document, then the given ones that it does not have, sorted.
func (w *writer) annotations(n *yaml.Node, given map[string]string) {
	if n != nil && n.Kind != yaml.MappingNode {
		w.value(n, 3) // a placeholder; the validator has spoken
		return
	}
	first := true
	w.b = append(w.b, '{')
	written := 0
	if n != nil {
		for i := 0; i+1 < len(n.Content); i += 2 {
			key, v := keyText(n.Content[i]), n.Content[i+1]
			w.key(key, &first)
			if s, ok := given[key]; ok {
				written++
				w.text(s)
			} else if unsafeAnnotation(key, text(v)) {
				w.b = append(w.b, `""`...)
			} else {
				w.value(v, 4)
			}
		}
	}
	if written < len(given) {
		for _, k := range missing(n, given) {
			w.key(k, &first)
			w.text(given[k])
		}
	}
	w.b = append(w.b, '}')
}

func (w *writer) links(n *yaml.Node) {
	if n.Kind != yaml.SequenceNode {
		w.value(n, 3)
		return
	}
	w.b = append(w.b, '[')
	for i, l := range n.Content {
		if i > 0 {
			w.b = append(w.b, ',')
		}
		l = deref(l)
		if l.Kind != yaml.MappingNode || SafeURL(text(get(l, "url"))) {
			w.value(l, 4)
			continue
		}
		first := true
		w.b = append(w.b, '{')
		for j := 0; j+1 < len(l.Content); j += 2 {
			key := keyText(l.Content[j])
			w.key(key, &first)
			if key == "url" {
				w.b = append(w.b, `""`...)
			} else {
				w.value(l.Content[j+1], 5)
			}
		}
		w.b = append(w.b, '}')
	}
	w.b = append(w.b, ']')
}

// sorted are the spec fields whose order means nothing.
var sorted = map[string]bool{"providesApis": true, "consumesApis": true, "dependsOn": true, "dependencyOf": true, "memberOf": true, "children": true, "members": true}

func (w *writer) spec(n *yaml.Node) {
	if n.Kind != yaml.MappingNode {
		w.value(n, 2)
		return
	}
	first := true
	w.b = append(w.b, '{')
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, v := keyText(n.Content[i]), n.Content[i+1]
		w.key(key, &first)
		if sorted[key] {
			w.sorted(v)
		} else {
			w.value(v, 2)
		}
	}
	w.b = append(w.b, '}')
}

// sorted writes a list of texts in order; anything else as it is.
func (w *writer) sorted(n *yaml.Node) {
	l := deref(n)
	if l.Kind != yaml.SequenceNode || slices.ContainsFunc(l.Content, func(c *yaml.Node) bool { return typeOf(c) != textual }) {
		w.value(n, 2)
		return
	}
	values := make([]string, len(l.Content))
	for i, c := range l.Content {
		values[i] = text(c)
	}
	slices.Sort(values)
	w.b = append(w.b, '[')
	for i, s := range values {
		if i > 0 {
			w.b = append(w.b, ',')
		}
		w.text(s)
	}
	w.b = append(w.b, ']')
}

func (w *writer) key(key string, first *bool) {
	if !*first {
		w.b = append(w.b, ',')
	}
	*first = false
	w.text(key)
	w.b = append(w.b, ':')
}

func (w *writer) value(n *yaml.Node, depth int) {
	n = deref(n)
	if w.full || len(w.b) > maxJSON || depth > 2*MaxDepth {
		w.full = true
		return
	}
	switch typeOf(n) {
	case object:
		first := true
		w.b = append(w.b, '{')
		for i := 0; i+1 < len(n.Content); i += 2 {
			w.key(keyText(n.Content[i]), &first)
			w.value(n.Content[i+1], depth+1)
		}
		w.b = append(w.b, '}')
	case list:
		w.b = append(w.b, '[')
		for i, c := range n.Content {
			if i > 0 {
				w.b = append(w.b, ',')
			}
			w.value(c, depth+1)
		}
		w.b = append(w.b, ']')
	case textual:
		w.text(n.Value)
	case number:
		w.number(n.Value)
	case boolean:
		if n.Value[0]|0x20 == 't' {
			w.b = append(w.b, "true"...)
		} else {
			w.b = append(w.b, "false"...)
		}
	default:
		w.b = append(w.b, "null"...)
	}
}

func (w *writer) number(s string) {
	if len(s) <= 15 && all(s, isDigit) && (s[0] != '0' || len(s) == 1) {
		w.b = append(w.b, s...) // nearly all numbers
		return
	}
	f := float(s)
	if math.IsNaN(f) || math.IsInf(f, 0) {
		w.b = append(w.b, "null"...)
		return
	}
	w.b = appendFloat(w.b, f)
}

// appendFloat writes a number as JavaScript does.
func appendFloat(b []byte, f float64) []byte {
	if f == 0 {
		return append(b, '0') // -0, too
	}
	if a := math.Abs(f); a >= 1e-6 && a < 1e21 {
		return strconv.AppendFloat(b, f, 'f', -1, 64)
	}
	b = strconv.AppendFloat(b, f, 'e', -1, 64)
	if n := len(b); n >= 4 && b[n-4] == 'e' && b[n-2] == '0' {
		b[n-2] = b[n-1] // e-07 is e-7
		b = b[:n-1]
	}
	return b
}

const hexDigits = "0123456789abcdef"

// text appends a JSON string. Bytes that are not UTF-8 become U+FFFD.
func (w *writer) text(s string) {
	b := append(w.b, '"')
	from := 0
	for i := 0; i < len(s); {
		c := s[i]
		if c >= 0x20 && c < utf8.RuneSelf && c != '"' && c != '\\' {
			i++
			continue
		}
		if c >= utf8.RuneSelf {
			r, n := utf8.DecodeRuneInString(s[i:])
			if r == utf8.RuneError && n == 1 {
				b = append(b, s[from:i]...)
				b = append(b, "\uFFFD"...)
				from = i + 1
			}
			i += n
			continue
		}
		b = append(b, s[from:i]...)
		switch c {
		case '"', '\\':
			b = append(b, '\\', c)
		case '\n':
			b = append(b, '\\', 'n')
		case '\r':
			b = append(b, '\\', 'r')
		case '\t':
			b = append(b, '\\', 't')
		default:
			b = append(b, '\\', 'u', '0', '0', hexDigits[c>>4], hexDigits[c&15])
		}
		i++
		from = i
	}
	b = append(b, s[from:]...)
	w.b = append(b, '"')
}

// missing lists the given keys that a map does not have, sorted.
func missing(n *yaml.Node, given map[string]string) []string {
	var keys []string
	for key := range given {
		if k, _ := pair(n, key); k == nil {
			keys = append(keys, key)
		}
	}
	slices.Sort(keys)
	return keys
}
