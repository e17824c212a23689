package entity

import (
	"encoding/json"
	"fmt"
	"strings"

	"go.yaml.in/yaml/v4"
)

// Annotation returns an annotation as the document writes it, "" when it does not.
func (d *Document) Annotation(name string) string {
	return text(get(get(get(d.Node, "metadata"), "annotations"), name))
}

// SpecString returns a text field of spec, "" when it is absent or something else.
func (d *Document) SpecString(field string) string { return text(get(get(d.Node, "spec"), field)) }

// At returns where the value at a path of plain keys (kind, metadata.name) stands, or the nearest
// thing above it that is there.
func (d *Document) At(path string) Position {
	pos := Position{File: d.File, Line: d.Line, Column: 1}
	var n *yaml.Node = d.Node
	for key := range strings.SplitSeq(path, ".") {
		if n = get(n, key); n == nil {
			break
		}
		pos.Line, pos.Column = n.Line, n.Column
	}
	return pos
}

// LineOf returns the line where the value under some keys stands, each below the one before; 0 where it is not there.
func (d *Document) LineOf(keys []string) int {
	n := d.Node
	line := 0
	for _, key := range keys {
		k, v := pair(n, key)
		if v == nil {
			return 0
		}
		n, line = v, v.Line
		if k != nil {
			line = k.Line // a list or a map begins below its key
		}
	}
	return line
}

// LocationOf returns what a Location entity points to, from its canonical JSON. As everywhere, a key
// counts as it is written: Targets is a field of somebody else's. What is of another shape than it has
// to be is left out.
func LocationOf(canonical []byte) (LocationSpec, error) {
	// encoding/json fills the fields of a struct without looking at case; the keys of a map are exact.
	var e map[string]json.RawMessage
	if err := json.Unmarshal(canonical, &e); err != nil {
		return LocationSpec{}, fmt.Errorf("entity: location: %w", err)
	}
	var fields map[string]json.RawMessage
	_ = json.Unmarshal(e["spec"], &fields)
	spec := LocationSpec{Type: jsonText(fields["type"]), Presence: or(jsonText(fields["presence"]), "required")}
	var targets []json.RawMessage
	_ = json.Unmarshal(fields["targets"], &targets)
	for _, target := range append([]json.RawMessage{fields["target"]}, targets...) {
		if t := jsonText(target); t != "" {
			spec.Targets = append(spec.Targets, t)
		}
	}
	return spec, nil
}

// jsonText is a JSON string, "" for anything else.
func jsonText(raw json.RawMessage) string {
	var s string
	if json.Unmarshal(raw, &s) != nil {
		return ""
	}
	return s
}
