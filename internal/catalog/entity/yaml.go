package entity

import (
	"bytes"
	"slices"
	"strings"
	"unicode"

	"go.yaml.in/yaml/v4"
)

// YAML writes the JSON of an entity as a descriptor that could have declared it: one document, without what the catalog
// writes into it of where it comes from. Parse reads the same entity from it.
func YAML(entity []byte) (_ []byte, err error) {
	n, err := NodeOf(entity)
	if err != nil {
		return nil, err
	}
	without(get(n, "metadata"), "annotations", AnnotationManagedByLocation, AnnotationManagedByOriginLocation)
	var b bytes.Buffer
	enc := yaml.NewEncoder(&b)
	enc.SetIndent(2)
	if err := enc.Encode(n); err != nil {
		return nil, err
	}
	if err := enc.Close(); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

// NodeOf is JSON as nodes that are written as people write YAML: in lines, with quotes where they are needed.
func NodeOf(content []byte) (*yaml.Node, error) {
	n, err := jsonNode(content)
	if err != nil {
		return nil, err
	}
	block(n)
	return n, nil
}

// without takes keys out of the object at key of an object, and that where nothing else is left of it.
func without(of *yaml.Node, key string, keys ...string) {
	if of == nil || of.Kind != yaml.MappingNode {
		return
	}
	for i := 0; i+1 < len(of.Content); i += 2 {
		m := of.Content[i+1]
		if of.Content[i].Value != key || m.Kind != yaml.MappingNode {
			continue
		}
		before := len(m.Content)
		for k := 0; k+1 < len(m.Content); {
			if slices.Contains(keys, m.Content[k].Value) {
				m.Content = slices.Delete(m.Content, k, k+2)
			} else {
				k += 2
			}
		}
		if before > 0 && len(m.Content) == 0 {
			of.Content = slices.Delete(of.Content, i, i+2)
		}
		return
	}
}

// block takes from nodes the looks of JSON.
func block(n *yaml.Node) {
	n.Style = 0
	switch {
	case n.Kind != yaml.ScalarNode && len(n.Content) == 0:
		n.Style = yaml.FlowStyle // [] and {}
	case n.Tag == "!!float":
		n.Tag = "" // as the digits say
	case n.Tag == "!!str" && quoted(n.Value):
		n.Style = yaml.DoubleQuotedStyle
	}
	for _, c := range n.Content {
		block(c)
	}
}

// quoted reports whether a text is to stand in quotes, with escapes: it has characters that are no letters to look at, or
// lines of which one could be read otherwise.
func quoted(s string) bool {
	if strings.ContainsFunc(s, func(r rune) bool { return r != '\n' && !unicode.IsPrint(r) }) {
		return true
	}
	if !strings.Contains(s, "\n") {
		return false
	}
	for line := range strings.SplitSeq(s, "\n") {
		if strings.HasSuffix(line, " ") || strings.HasPrefix(line, "---") || strings.HasPrefix(line, "...") {
			return true
		}
	}
	return s[0] == ' ' || s[0] == '\n'
}
