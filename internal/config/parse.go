package config

import (
	"bytes"
	"errors"
	"io"
	"strings"

	"go.yaml.in/yaml/v4"
)

// Bounds against files that would take the loader's time or memory rather than configure anything.
// Real configurations have a few thousand values.
const (
	maxValues   = 200_000  // values in the whole configuration, aliases and includes expanded; 100 bytes of text count as one
	maxDepth    = 64       // nesting of objects and lists
	maxFileSize = 10 << 20 // bytes of one file
)

// parser turns one document into values.
type parser struct {
	rep    *report
	file   string
	budget *int // values that may still be made, shared by all files of a load
}

// parse reads YAML (and so JSON). It returns nil when the document cannot be used, having said why.
func (p *parser) parse(data []byte) *value {
	loader, err := yaml.NewLoader(bytes.NewReader(data), yaml.WithUniqueKeys(false))
	if err != nil {
		p.syntax(err)
		return nil
	}
	var doc yaml.Node
	switch err := loader.Load(&doc); {
	case errors.Is(err, io.EOF):
		return &value{kind: Null, pos: p.at(1, 1)}
	case err != nil:
		p.syntax(err)
		return nil
	}
	var more yaml.Node
	switch err := loader.Load(&more); {
	case err == nil:
		p.rep.fault(p.at(more.Line, more.Column), "", "keep one document in each file, without a --- line between", "a second YAML document in one file")
		return nil
	case !errors.Is(err, io.EOF):
		p.syntax(err)
		return nil
	}
	root := &doc
	if doc.Kind == yaml.DocumentNode {
		if len(doc.Content) == 0 {
			return &value{kind: Null, pos: p.at(1, 1)}
		}
		root = doc.Content[0]
	}
	before := len(p.rep.faults)
	v := p.value(root, 0)
	if len(p.rep.faults) > before {
		return nil
	}
	return v
}

func (p *parser) at(line, column int) Position {
	return Position{p.file, max(line, 1), max(column, 1)}
}

func (p *parser) syntax(err error) {
	var le *yaml.LoadError
	if !errors.As(err, &le) {
		p.rep.fault(p.at(1, 1), "", "correct the file", "not YAML: %s", strings.TrimPrefix(err.Error(), "yaml: "))
		return
	}
	pos := p.at(le.Mark.Line, le.Mark.Column)
	context := ""
	if le.ContextMsg != "" {
		context = " " + le.ContextMsg
	}
	p.rep.fault(pos, "", "correct the file at this place", "not YAML: %s%s", le.Message, context)
}

func (p *parser) value(n *yaml.Node, depth int) *value {
	pos := p.at(n.Line, n.Column)
	before := *p.budget
	*p.budget -= 1 + len(n.Value)/100
	if *p.budget < 0 {
		if before >= 0 {
			p.rep.fault(pos, "", "split or shorten it", "the configuration has more than %d values", maxValues)
		}
		return &value{pos: pos}
	}
	if depth > maxDepth {
		p.rep.fault(pos, "", "flatten it", "nested more than %d levels deep", maxDepth)
		return &value{pos: pos}
	}
	switch n.Kind {
	case yaml.AliasNode:
		if n.Alias == nil {
			return &value{kind: Null, pos: pos}
		}
		return p.value(n.Alias, depth+1)
	case yaml.SequenceNode:
		v := &value{kind: List, pos: pos}
		for _, c := range n.Content {
			v.items = append(v.items, p.value(c, depth+1))
		}
		return v
	case yaml.MappingNode:
		return p.mapping(n, pos, depth)
	default:
		return scalar(n, pos)
	}
}

func (p *parser) mapping(n *yaml.Node, pos Position, depth int) *value {
	v := newMap(pos)
	var merged []*value
	for i := 0; i+1 < len(n.Content); i += 2 {
		k, c := n.Content[i], n.Content[i+1]
		if k.Kind == yaml.AliasNode && k.Alias != nil {
			k = k.Alias
		}
		kpos := p.at(n.Content[i].Line, n.Content[i].Column)
		if k.Kind != yaml.ScalarNode {
			p.rep.fault(kpos, "", "write a plain key", "a key that is itself a list or an object")
			continue
		}
		val := p.value(c, depth+1)
		if k.ShortTag() == "!!merge" {
			merged = append(merged, val)
			continue
		}
		if at, ok := v.index[k.Value]; ok {
			first := v.fields[at].pos
			p.rep.fault(kpos, "", "keep one of the two, or put their contents together",
				"the key %q is already written at line %d, column %d", scrub(k.Value), first.Line, first.Column)
			continue
		}
		v.set(k.Value, kpos, val)
	}
	return withMerged(v, merged)
}

// withMerged adds what `<<:` brings in: keys that the object does not have itself.
func withMerged(v *value, merged []*value) *value {
	for _, m := range merged {
		sources := []*value{m}
		if m.kind == List {
			sources = m.items
		}
		for _, s := range sources {
			for _, f := range s.fields {
				if v.get(f.key) == nil {
					v.set(f.key, f.pos, f.val)
				}
			}
		}
	}
	return v
}

func scalar(n *yaml.Node, pos Position) *value {
	v := &value{kind: String, pos: pos, text: n.Value}
	switch n.ShortTag() {
	case "!!null":
		return &value{kind: Null, pos: pos}
	case "!!bool":
		var b bool
		if n.Decode(&b) == nil {
			v.kind, v.text = Bool, "false"
			if b {
				v.text = "true"
			}
		}
	case "!!int", "!!float":
		var f float64
		if n.Decode(&f) == nil {
			v.kind = Number
		}
	}
	return v
}
