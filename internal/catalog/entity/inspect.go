package entity

import (
	"fmt"
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"
)

// inspector finds what YAML allows and a catalog does not: repeated keys, and aliases that stand for
// more than the limits allow (or for themselves).
type inspector struct {
	doc          *Document
	aliases      int // depth of aliases that are being followed
	nodes, bytes int
	anchor       *yaml.Node // the outermost alias being followed
	following    []*yaml.Node
}

// node returns false when it has made the document unreadable.
func (in *inspector) node(n *yaml.Node, depth int) bool {
	if depth > MaxDepth {
		in.refuse(n, fmt.Sprintf("lists and maps are nested more than %d levels deep", MaxDepth), "move the deep part into a file of its own and refer to it with $text")
		return false
	}
	if in.aliases > 0 {
		in.nodes++
		in.bytes += len(n.Value)
		if in.nodes > MaxAliasNodes || in.bytes > MaxAliasBytes {
			in.refuse(in.anchor, fmt.Sprintf("the aliases of this document stand for more than %d values", MaxAliasNodes), "write the values out, or move them into a file and refer to it with $yaml")
			return false
		}
	}
	switch n.Kind {
	case yaml.AliasNode:
		if in.aliases == 0 {
			in.anchor = n
		}
		if slices.Contains(in.following, n.Alias) {
			in.refuse(in.anchor, fmt.Sprintf("the alias *%s stands for something that holds the alias itself", in.anchor.Value), "write the value out")
			return false
		}
		in.aliases++
		in.following = append(in.following, n.Alias)
		ok := n.Alias != nil && in.node(n.Alias, depth+1)
		in.following = in.following[:len(in.following)-1]
		in.aliases--
		return ok
	case yaml.MappingNode:
		if in.aliases == 0 && !in.keys(n) {
			return false
		}
	}
	for _, c := range n.Content {
		if c.Kind == yaml.ScalarNode && in.aliases == 0 {
			continue
		}
		if !in.node(c, depth+1) {
			return false
		}
	}
	return true
}

func (in *inspector) refuse(n *yaml.Node, message, remedy string) {
	in.doc.unreadable(Position{in.doc.File, n.Line, n.Column}, "", message, remedy)
}

// keys looks for repeated keys, which are errors, and for keys that differ only by case, which
// cannot be told apart in a query.
func (in *inspector) keys(n *yaml.Node) bool {
	if len(n.Content) <= 32 {
		for i := 2; i < len(n.Content); i += 2 {
			for j := 0; j < i; j += 2 {
				if a, b := n.Content[j], n.Content[i]; !in.pair(a, b) {
					return false
				}
			}
		}
		return true
	}
	seen := make(map[string]*yaml.Node, len(n.Content)/2)
	for i := 0; i < len(n.Content); i += 2 {
		k := n.Content[i]
		low := strings.ToLower(keyText(k))
		if first, ok := seen[low]; ok {
			if !in.pair(first, k) {
				return false
			}
			continue
		}
		seen[low] = k
	}
	return true
}

func (in *inspector) pair(a, b *yaml.Node) bool {
	if len(a.Value) != len(b.Value) && a.Kind == yaml.ScalarNode && b.Kind == yaml.ScalarNode && a.Tag == "!!str" && b.Tag == "!!str" {
		return true // nearly all pairs
	}
	ka, kb := keyText(a), keyText(b)
	if ka == kb {
		in.refuse(b, fmt.Sprintf("the key %s is there twice, first on line %d", quote(ka), a.Line), "remove one of the two, or merge what they hold")
		return false
	}
	if strings.EqualFold(ka, kb) {
		in.doc.Problems = append(in.doc.Problems, Problem{
			Position: Position{in.doc.File, b.Line, b.Column}, EndLine: b.Line, EndColumn: b.Column + len(b.Value), Path: pathOf(in.doc.Node, nil, b), Level: Warning,
			Message: fmt.Sprintf("%s and %s (line %d) differ only by case: filters cannot tell them apart, and Backstage refuses such an entity", kb, ka, a.Line),
			Remedy:  "keep one of the two",
		})
	}
	return true
}

// pathOf finds a key below n, "" when it is not there. It is for messages: it looks at every node.
func pathOf(n *yaml.Node, at *place, key *yaml.Node) string {
	for i, c := range n.Content {
		p := &place{up: at, index: i}
		if n.Kind == yaml.MappingNode {
			if i%2 == 0 && c != key {
				continue
			}
			p.key = keyText(n.Content[i&^1])
			if c == key {
				return p.String()
			}
		}
		if found := pathOf(c, p, key); found != "" {
			return found
		}
	}
	return ""
}
