package entity

import (
	"bytes"
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"

	"portico/internal/errs"
)

// Placeholder is a value that stands in a file of its own: {$text: ./openapi.yaml}.
type Placeholder struct {
	Path     string // of the value that is replaced: spec.definition
	Kind     string // "$text", "$json", "$yaml", "$openapi", "$asyncapi"
	Target   string // as written: a relative path or a URL; "" when it is not text
	Position Position

	node *yaml.Node
}

var placeholderKinds = []string{"$text", "$json", "$yaml", "$openapi", "$asyncapi"}

// placeholderOf returns the kind of placeholder that a value is, or "". A placeholder is a map whose
// only key is one of the kinds; any other key that starts with $ means nothing here, so the $ref of a
// JSON schema stays what it is.
func placeholderOf(n *yaml.Node) string {
	n = deref(n)
	if n == nil || n.Kind != yaml.MappingNode || len(n.Content) != 2 {
		return ""
	}
	if k := keyText(n.Content[0]); slices.Contains(placeholderKinds, k) {
		return k
	}
	return ""
}

// placeholderTarget is the target as written, whatever its type.
func placeholderTarget(n *yaml.Node) string { return deref(deref(n).Content[1]).Value }

// Placeholders lists what has to be read before the document is whole, in source order. Maps that
// hold any other key that starts with $ are not looked into, as in Backstage.
func (d *Document) Placeholders() []Placeholder {
	var found []Placeholder
	if d.Node != nil {
		d.placeholders(d.Node, nil, &found, 0)
	}
	return found
}

const maxPlaceholders = 1000 // in a document

func (d *Document) placeholders(n *yaml.Node, p *place, found *[]Placeholder, depth int) {
	if len(*found) >= maxPlaceholders || depth > MaxDepth {
		return
	}
	switch at := n; {
	case n.Kind == yaml.AliasNode:
		return // what it stands for is replaced where it is written
	case n.Kind == yaml.SequenceNode:
		for i, c := range n.Content {
			d.placeholders(c, &place{up: p, index: i}, found, depth+1)
		}
	case n.Kind == yaml.MappingNode && placeholderOf(n) != "":
		*found = append(*found, Placeholder{Path: p.String(), Kind: placeholderOf(n), Target: text(n.Content[1]),
			Position: Position{d.File, at.Line, at.Column}, node: n})
	case n.Kind == yaml.MappingNode:
		for i := 0; i+1 < len(n.Content); i += 2 {
			if strings.HasPrefix(keyText(n.Content[i]), "$") {
				return
			}
		}
		for i := 0; i+1 < len(n.Content); i += 2 {
			d.placeholders(n.Content[i+1], &place{up: p, key: keyText(n.Content[i])}, found, depth+1)
		}
	}
}

// Resolve puts what a placeholder stands for in its place: the text for $text, $openapi and
// $asyncapi, the parsed value for $json and $yaml. p comes from Placeholders of the same document.
// The error is errs.Invalid; its sentence and remedy are fit for Refuse.
func (d *Document) Resolve(p Placeholder, content []byte) error {
	if p.node == nil {
		return errs.New(errs.Internal, "the placeholder %s does not belong to this document", p.Path)
	}
	if p.Target == "" {
		return errs.WithRemedy(errs.New(errs.Invalid, "%s needs the path or the URL of a file", p.Kind), "write "+p.Kind+": ./file")
	}
	if len(content) > MaxFileSize {
		return errs.WithRemedy(errs.New(errs.Invalid, "%s is %d MiB; at most %d MiB are read", p.Target, len(content)>>20, MaxFileSize>>20), "split the file, or refer to a smaller one")
	}
	value, err := placeholderValue(p, content)
	if err != nil {
		return err
	}
	settle(value, p.node.Line, p.node.Column)
	anchor := p.node.Anchor
	*p.node = *value
	p.node.Anchor = anchor
	return nil
}

// Refuse adds an error to the document: a placeholder that could not be read or resolved. Call it
// before Validate.
func (d *Document) Refuse(p Placeholder, message, remedy string) {
	pr := Problem{Position: p.Position, EndLine: p.Position.Line, EndColumn: p.Position.Column, Path: p.Path, Level: Error, Message: message, Remedy: remedy}
	d.found = append(slices.Clip(d.found), pr)
	d.Problems = append(slices.Clip(d.Problems), pr)
}

func placeholderValue(p Placeholder, content []byte) (*yaml.Node, error) {
	switch p.Kind {
	case "$json":
		n, err := jsonNode(content)
		if err != nil {
			return nil, errs.WithRemedy(errs.New(errs.Invalid, "%s is not JSON: %v", p.Target, err), "mend the file, or use $text to take it as it is")
		}
		return n, nil
	case "$yaml":
		docs := Parse(p.Target, content)
		if len(docs) != 1 {
			return nil, errs.WithRemedy(errs.New(errs.Invalid, "%s holds %d YAML documents; $yaml takes a file with exactly one", p.Target, len(docs)), "split the file, or use $text to take it as it is")
		}
		if docs[0].Verdict == Unreadable {
			pr := docs[0].Problems[0]
			return nil, errs.WithRemedy(errs.New(errs.Invalid, "%s cannot be read: line %d: %s", p.Target, pr.Line, pr.Message), pr.Remedy)
		}
		if docs[0].Node == nil {
			return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!null"}, nil
		}
		return docs[0].Node, nil
	}
	content, _ = bytes.CutPrefix(content, []byte("\uFEFF"))
	return textNode(strings.ToValidUTF8(string(content), "\uFFFD")), nil
}

func textNode(s string) *yaml.Node {
	return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Style: yaml.DoubleQuotedStyle, Value: s}
}

// settle gives nodes that were read from another file a place in this one.
func settle(n *yaml.Node, line, column int) {
	n.Line, n.Column = line, column
	for _, c := range n.Content {
		settle(c, line, column)
	}
}
