package propose

import (
	"encoding/json"
	"path"
	"reflect"
	"slices"
	"strings"

	"portico/internal/catalog"
	"portico/internal/catalog/edit"
	"portico/internal/catalog/entity"
	"portico/internal/catalog/layer"
	"portico/internal/errs"
)

// declared is the document of a file that declares an entity; nil where none does.
func declared(file string, data []byte, ref string) *entity.Document {
	for _, d := range entity.Parse(file, data) {
		if d.Node != nil && d.Ref.Kind != "" && d.Ref.Name != "" && d.Ref.String() == ref {
			return d
		}
	}
	return nil
}

// refsOf are the entities that a file declares.
func refsOf(file string, data []byte) (refs []string) {
	for _, d := range entity.Parse(file, data) {
		if d.Node != nil && d.Ref.Kind != "" && d.Ref.Name != "" {
			refs = append(refs, d.Ref.String())
		}
	}
	return refs
}

// object is a document as a map: what it says, with placeholders as they stand there.
func object(d *entity.Document) (map[string]any, error) {
	var m map[string]any
	if err := d.Node.Decode(&m); err != nil || m == nil {
		return nil, errs.New(errs.Invalid, "%s: what declares %s cannot be read as a map", d.File, d.Ref)
	}
	return m, nil
}

func child(m map[string]any, key string) map[string]any {
	c, _ := m[key].(map[string]any)
	return c
}

// change is a field that a file is to have.
type change struct {
	catalog.SetField
	before, after json.RawMessage
}

// changes are the fields that people set and the file does not say. Tags and links are added to those of the file.
func changes(l *catalog.Layers, doc *entity.Document) ([]change, error) {
	m, err := object(doc)
	if err != nil {
		return nil, err
	}
	var out []change
	for _, f := range l.Set {
		part, key, _ := strings.Cut(f.Path, ".")
		had := child(m, part)[key]
		var want any
		if err := json.Unmarshal(f.Value, &want); err != nil {
			return nil, err
		}
		if entries, ok := want.([]any); ok {
			if want = joined(had, entries); want == nil {
				continue
			}
		}
		before, err := encoded(had)
		if err != nil {
			return nil, errs.New(errs.Invalid, "%s: %s cannot be read", doc.File, f.Path)
		}
		after, err := encoded(want)
		if err != nil {
			return nil, err
		}
		if sameJSON(before, after) {
			continue
		}
		out = append(out, change{SetField: f, before: before, after: after})
	}
	return out, nil
}

// joined is a list of a file with the entries that it lacks; nil where it lacks none. Links are told apart by their addresses.
func joined(had any, entries []any) any {
	id := func(v any) any {
		if m, ok := v.(map[string]any); ok {
			return m["url"]
		}
		return v
	}
	list, _ := had.([]any)
	out := slices.Clone(list)
	for _, e := range entries {
		if !slices.ContainsFunc(out, func(o any) bool { return reflect.DeepEqual(id(o), id(e)) }) {
			out = append(out, e)
		}
	}
	if len(out) == len(list) {
		return nil
	}
	return out
}

// encoded is a value as JSON; nil for nothing.
func encoded(v any) (json.RawMessage, error) {
	if v == nil {
		return nil, nil
	}
	return json.Marshal(v)
}

func sameJSON(a, b json.RawMessage) bool {
	var x, y any
	if len(a) == 0 || len(b) == 0 {
		return len(a) == len(b)
	}
	return json.Unmarshal(a, &x) == nil && json.Unmarshal(b, &y) == nil && reflect.DeepEqual(x, y)
}

// set writes changes into a file.
func set(file string, data []byte, ref string, list []change) ([]byte, error) {
	fields := make([]edit.Field, 0, len(list))
	for _, c := range list {
		fields = append(fields, edit.Field{Path: strings.SplitN(c.Path, ".", 2), Value: c.after})
	}
	return edit.Set(file, data, ref, fields)
}

// Annotations that the catalog writes itself, or that say where a file is.
const (
	ofPortal             = "portico.dev/"
	annotationSource     = "backstage.io/source-location"
	annotationViewURL    = "backstage.io/view-url"
	annotationEditURL    = "backstage.io/edit-url"
	annotationEntityFile = "backstage.io/managed-by-location"
	annotationOrigin     = "backstage.io/managed-by-origin-location"
)

// composed is the entity that nobody declares as a file would declare it: what was inferred, with its placeholders as they
// stand, under what people set. Errors: errs.Conflict where it is not seen any more.
func composed(l *catalog.Layers) (map[string]any, error) {
	var base json.RawMessage
	if d := declared(l.File, l.Text, l.Ref); d != nil {
		m, err := object(d)
		if err != nil {
			return nil, err
		}
		if base, err = encoded(m); err != nil {
			return nil, errs.New(errs.Invalid, "what was inferred of %s cannot be written down", l.Ref)
		}
	} else {
		return nil, errs.WithRemedy(errs.New(errs.Conflict, "%s is no longer seen in its repository", l.Ref), "remove it from the catalog, or declare it by hand")
	}
	p := l.Parts
	p.Base = base
	var m map[string]any
	if err := json.Unmarshal(layer.Compose(p), &m); err != nil {
		return nil, err
	}
	delete(m, "relations")
	delete(m, "status")
	meta := child(m, "metadata")
	delete(meta, "uid")
	delete(meta, "etag")
	if meta["namespace"] == entity.DefaultNamespace {
		delete(meta, "namespace")
	}
	notes := child(meta, "annotations")
	for key := range notes {
		if strings.HasPrefix(key, ofPortal) || slices.Contains([]string{annotationViewURL, annotationEditURL, annotationEntityFile, annotationOrigin}, key) {
			delete(notes, key)
		}
	}
	return m, nil
}

// sourceOf is where an entity says that its source is.
func sourceOf(m map[string]any) string {
	s, _ := child(child(m, "metadata"), "annotations")[annotationSource].(string)
	return s
}

// document is an entity as it stands in a file of the folder dir, "" for the top. What the file's place says anyway is left
// out; what placeholders name, from the top of the repository, is named from there.
func document(m map[string]any, dir, sourceHere string) ([]byte, error) {
	meta := child(m, "metadata")
	notes := child(meta, "annotations")
	if strings.TrimSuffix(sourceOf(m), "/") == strings.TrimSuffix(sourceHere, "/") {
		delete(notes, annotationSource)
	}
	if len(notes) == 0 {
		delete(meta, "annotations")
	}
	m["spec"] = moved(m["spec"], dir)
	raw, err := json.Marshal(ordered{m, []string{"apiVersion", "kind", "metadata", "spec"}, map[string][]string{
		"metadata": {"name", "namespace", "title", "description", "labels", "annotations", "tags", "links"},
		"spec":     {"type", "lifecycle", "owner", "system", "subcomponentOf"},
	}})
	if err != nil {
		return nil, err
	}
	d := entity.ParseJSON("catalog-info.yaml", raw)
	d.Validate()
	for _, p := range d.Problems {
		if p.Level == entity.Error {
			return nil, errs.WithRemedy(errs.New(errs.Invalid, "%s: %s", p.Path, p.Message), p.Remedy)
		}
	}
	return entity.YAML(raw)
}

// moved names what placeholders refer to from the folder of the file that they stand in.
func moved(v any, dir string) any {
	switch v := v.(type) {
	case map[string]any:
		for key, inner := range v {
			if target, ok := inner.(string); ok && len(v) == 1 && strings.HasPrefix(key, "$") && !strings.Contains(target, "://") {
				return map[string]any{key: relative(dir, target)}
			}
			v[key] = moved(inner, dir)
		}
	case []any:
		for i := range v {
			v[i] = moved(v[i], dir)
		}
	}
	return v
}

// relative is a path below the repository as it is written in a file of the folder dir.
func relative(dir, target string) string {
	from, to := strings.Split(path.Clean(dir), "/"), strings.Split(path.Clean(target), "/")
	if dir == "" {
		from = nil
	}
	n := 0
	for n < len(from) && n < len(to)-1 && from[n] == to[n] {
		n++
	}
	rel := strings.Repeat("../", len(from)-n) + strings.Join(to[n:], "/")
	if !strings.HasPrefix(rel, "../") {
		rel = "./" + rel
	}
	return rel
}

// ordered is a map whose keys come in an order that people are used to, the others after them.
type ordered struct {
	m     map[string]any
	first []string
	below map[string][]string
}

// MarshalJSON writes the map.
func (o ordered) MarshalJSON() ([]byte, error) {
	keys := make([]string, 0, len(o.m))
	for k := range o.m {
		keys = append(keys, k)
	}
	rank := func(k string) int {
		if i := slices.Index(o.first, k); i >= 0 {
			return i
		}
		return len(o.first)
	}
	slices.SortFunc(keys, func(a, b string) int {
		if d := rank(a) - rank(b); d != 0 {
			return d
		}
		return strings.Compare(a, b)
	})
	out := []byte("{")
	for i, k := range keys {
		if i > 0 {
			out = append(out, ',')
		}
		var v any = o.m[k]
		if inner, ok := v.(map[string]any); ok {
			v = ordered{inner, o.below[k], nil}
		}
		key, err := json.Marshal(k)
		if err != nil {
			return nil, err
		}
		value, err := json.Marshal(v)
		if err != nil {
			return nil, err
		}
		out = append(append(append(out, key...), ':'), value...)
	}
	return append(out, '}'), nil
}

// readable says why nothing can be added to a file.
func readable(file string, data []byte) error {
	for _, d := range entity.Parse(file, data) {
		if d.Verdict == entity.Unreadable {
			return errs.WithRemedy(errs.New(errs.Conflict, "line %d of %s cannot be read as YAML, so nothing can be added to it", d.Line, file), "mend the file first")
		}
	}
	return nil
}

// adds appends documents to a file.
func adds(data []byte, documents [][]byte) []byte {
	for _, d := range documents {
		data = edit.Append(data, d)
	}
	return data
}
