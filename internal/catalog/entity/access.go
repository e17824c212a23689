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

// LocationOf returns what a Location entity points to, from its canonical JSON.
func LocationOf(canonical []byte) (LocationSpec, error) {
	var e struct {
		Spec struct {
			Type     string   `json:"type"`
			Target   string   `json:"target"`
			Targets  []string `json:"targets"`
			Presence string   `json:"presence"`
		} `json:"spec"`
	}
	if err := json.Unmarshal(canonical, &e); err != nil {
		return LocationSpec{}, fmt.Errorf("entity: location: %w", err)
	}
	spec := LocationSpec{Type: e.Spec.Type, Presence: or(e.Spec.Presence, "required")}
	if e.Spec.Target != "" {
		spec.Targets = append(spec.Targets, e.Spec.Target)
	}
	spec.Targets = append(spec.Targets, e.Spec.Targets...)
	return spec, nil
}
