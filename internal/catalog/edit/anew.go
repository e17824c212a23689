package edit

import (
	"bytes"
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"

	"portico/internal/catalog/entity"
	"portico/internal/errs"
)

// anew sets a field in the nodes of the document and writes it from them.
func anew(text string, doc *entity.Document, f Field) (string, error) {
	n := root(doc.Node)
	var way []*yaml.Node // the maps that lead to the field
	for _, key := range f.Path[:len(f.Path)-1] {
		way = append(way, n)
		below := at(n, key)
		switch {
		case below == nil && f.removes():
			return text, nil
		case below == nil || isNothing(below):
			next := &yaml.Node{Kind: yaml.MappingNode, Tag: "!!map"}
			put(n, key, next)
			below = next
		case below.Kind != yaml.MappingNode:
			return "", errs.WithRemedy(errs.New(errs.Invalid, "line %d: %s cannot be set, because %q is an alias or not a map", below.Line, f.name(), key), "edit the file by hand")
		}
		n = below
	}
	last := f.Path[len(f.Path)-1]
	if f.removes() {
		drop(n, last)
		for i, above := range slices.Backward(way) {
			if i == 0 || len(n.Content) > 0 {
				break
			}
			drop(above, f.Path[i])
			n = above
		}
	} else {
		value, err := entity.NodeOf(f.Value)
		if err != nil {
			return "", err
		}
		if n.Style&yaml.FlowStyle != 0 && value.Kind != yaml.ScalarNode {
			value.Style = yaml.FlowStyle
		}
		if old := at(n, last); old != nil {
			value.LineComment, value.HeadComment, value.FootComment = old.LineComment, old.HeadComment, old.FootComment
		}
		put(n, last, value)
	}
	var b bytes.Buffer
	enc := yaml.NewEncoder(&b)
	enc.SetIndent(2)
	if err := enc.Encode(root(doc.Node)); err != nil {
		return "", err
	}
	if err := enc.Close(); err != nil {
		return "", err
	}
	lines := strings.Split(text, "\n")
	first, end := doc.Line-1, min(doc.EndLine, len(lines))
	if first < 0 || first >= end {
		return "", errs.New(errs.Invalid, "the document has no lines")
	}
	// Markers between documents stay; what stands beside one ("--- {…}") is the document's.
	for first < end-1 && strings.TrimSpace(lines[first]) == "---" {
		first++
	}
	written := strings.Split(strings.TrimSuffix(b.String(), "\n"), "\n")
	if strings.HasPrefix(lines[first], "--- ") {
		written = append([]string{"---"}, written...)
	}
	for end > first+1 && notOf(lines[end-1], -1) {
		end--
	}
	return strings.Join(slices.Concat(lines[:first], written, lines[end:]), "\n"), nil
}

func at(n *yaml.Node, key string) *yaml.Node {
	for i := 0; i+1 < len(n.Content); i += 2 {
		if n.Content[i].Value == key {
			return n.Content[i+1]
		}
	}
	return nil
}

func put(n *yaml.Node, key string, value *yaml.Node) {
	for i := 0; i+1 < len(n.Content); i += 2 {
		if n.Content[i].Value == key {
			n.Content[i+1] = value
			return
		}
	}
	n.Content = append(n.Content, &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: key}, value)
}

func drop(n *yaml.Node, key string) {
	for i := 0; i+1 < len(n.Content); i += 2 {
		if n.Content[i].Value == key {
			n.Content = slices.Delete(n.Content, i, i+2)
			return
		}
	}
}
