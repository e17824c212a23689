package entity

import (
	"math"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v4"
)

// valueType is what a YAML node is once read by the core schema of YAML 1.2.
type valueType uint8

const (
	absent valueType = iota
	null
	boolean
	number
	textual
	list
	object
)

var typeNames = [...]string{"missing", "empty", "true or false", "a number", "text", "a list", "a map"}

func (t valueType) String() string { return typeNames[t] }

// deref follows aliases; a nil node stays nil.
func deref(n *yaml.Node) *yaml.Node {
	for n != nil && n.Kind == yaml.AliasNode {
		n = n.Alias
	}
	return n
}

// typeOf returns the type of a node.
func typeOf(n *yaml.Node) valueType {
	n = deref(n)
	if n == nil {
		return absent
	}
	switch n.Kind {
	case yaml.MappingNode:
		return object
	case yaml.SequenceNode:
		return list
	}
	const quoted = yaml.DoubleQuotedStyle | yaml.SingleQuotedStyle | yaml.LiteralStyle | yaml.FoldedStyle
	if n.Style&(quoted|yaml.TaggedStyle) == 0 {
		if n.Tag == "!" {
			return textual
		}
		return plainType(n.Value)
	}
	if n.Style&yaml.TaggedStyle == 0 {
		return textual
	}
	t := plainType(n.Value)
	switch {
	case t == null && n.Tag == "!!null", t == boolean && n.Tag == "!!bool":
		return t
	case t == number && n.Tag == "!!int" && isInt(n.Value), t == number && n.Tag == "!!float" && !isInt(n.Value):
		return t
	}
	return textual // a tag that says nothing here, or does not fit its value
}

// plainType is the type of an unquoted scalar.
func plainType(s string) valueType {
	if s == "" {
		return null
	}
	switch c := s[0]; {
	case c == '~' && len(s) == 1:
		return null
	case c == 'n' || c == 'N':
		if s == "null" || s == "Null" || s == "NULL" {
			return null
		}
	case c == 't' || c == 'T':
		if s == "true" || s == "True" || s == "TRUE" {
			return boolean
		}
	case c == 'f' || c == 'F':
		if s == "false" || s == "False" || s == "FALSE" {
			return boolean
		}
	case c >= '0' && c <= '9' || c == '-' || c == '+' || c == '.':
		if isInt(s) || isFloat(s) {
			return number
		}
	}
	return textual
}

func all(s string, in func(byte) bool) bool {
	for i := range len(s) {
		if !in(s[i]) {
			return false
		}
	}
	return s != ""
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }
func isOctal(c byte) bool { return c >= '0' && c <= '7' }
func isHex(c byte) bool   { return isDigit(c) || c|0x20 >= 'a' && c|0x20 <= 'f' }

func unsigned(s string) string {
	if s != "" && (s[0] == '-' || s[0] == '+') {
		return s[1:]
	}
	return s
}

func isInt(s string) bool {
	if len(s) > 2 && s[0] == '0' {
		switch s[1] {
		case 'o':
			return all(s[2:], isOctal)
		case 'x':
			return all(s[2:], isHex)
		}
	}
	return all(unsigned(s), isDigit)
}

// isFloat accepts .5, 1., 1.5, 1e3, .inf and .nan.
func isFloat(s string) bool {
	switch s {
	case ".nan", ".NaN", ".NAN":
		return true
	}
	s = unsigned(s)
	switch s {
	case ".inf", ".Inf", ".INF":
		return true
	}
	mantissa := s
	if i := strings.IndexAny(s, "eE"); i >= 0 {
		if !all(unsigned(s[i+1:]), isDigit) {
			return false
		}
		mantissa = s[:i]
		if all(mantissa, isDigit) {
			return true
		}
	}
	whole, fraction, dot := strings.Cut(mantissa, ".")
	switch {
	case !dot:
		return false
	case whole == "":
		return all(fraction, isDigit)
	}
	return all(whole, isDigit) && (fraction == "" || all(fraction, isDigit))
}

// float is the value of a number as JavaScript holds it.
func float(s string) float64 {
	if len(s) > 2 && s[0] == '0' && (s[1] == 'o' || s[1] == 'x') {
		base := 8.0
		if s[1] == 'x' {
			base = 16
		}
		if v, err := strconv.ParseUint(s[2:], int(base), 64); err == nil {
			return float64(v)
		}
		f := 0.0
		for _, c := range []byte(s[2:]) {
			d, _ := strconv.ParseUint(string(c), 16, 8)
			f = f*base + float64(d)
		}
		return f
	}
	if i := strings.IndexByte(s, '.'); i >= 0 && i+1 < len(s) {
		switch s[i+1] {
		case 'n', 'N':
			return math.NaN()
		case 'i', 'I':
			if s[0] == '-' {
				return math.Inf(-1)
			}
			return math.Inf(1)
		}
	}
	f, _ := strconv.ParseFloat(s, 64) // out of range is ±Inf, as in JavaScript
	return f
}

// get returns the value of a key of a map, or nil.
func get(n *yaml.Node, key string) *yaml.Node {
	_, v := pair(n, key)
	return v
}

// pair returns the nodes of a key and of its value, or nils.
func pair(n *yaml.Node, key string) (k, v *yaml.Node) {
	n = deref(n)
	if n == nil || n.Kind != yaml.MappingNode {
		return nil, nil
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		if k := n.Content[i]; k.Value == key && k.Kind == yaml.ScalarNode || k.Kind != yaml.ScalarNode && keyText(k) == key {
			return k, n.Content[i+1]
		}
	}
	return nil, nil
}

// text returns the value of a text node, "" for any other.
func text(n *yaml.Node) string {
	if typeOf(n) != textual {
		return ""
	}
	return deref(n).Value
}

// keyText is a key as JSON will carry it.
func keyText(k *yaml.Node) string {
	if k.Kind == yaml.ScalarNode && k.Tag == "!!str" && k.Style&yaml.TaggedStyle == 0 {
		return k.Value // nearly all keys
	}
	k = deref(k)
	switch typeOf(k) {
	case null:
		return ""
	case boolean:
		return strings.ToLower(k.Value)
	case number:
		f := float(k.Value)
		switch {
		case math.IsNaN(f):
			return "NaN"
		case math.IsInf(f, 1):
			return "Infinity"
		case math.IsInf(f, -1):
			return "-Infinity"
		}
		return string(appendFloat(nil, f))
	case textual:
		return k.Value
	}
	return string(appendFlow(nil, k, 0))
}

// appendFlow writes a list or a map that is used as a key, in flow style. What is deep is cut.
func appendFlow(b []byte, n *yaml.Node, depth int) []byte {
	n = deref(n)
	if depth > 4 || len(b) > 200 {
		return append(b, "…"...)
	}
	switch n.Kind {
	case yaml.MappingNode:
		b = append(b, "{ "...)
		for i := 0; i+1 < len(n.Content) && len(b) <= 200; i += 2 {
			if i > 0 {
				b = append(b, ", "...)
			}
			b = appendFlow(b, n.Content[i], depth+1)
			if typeOf(n.Content[i+1]) != null {
				b = append(b, ": "...)
				b = appendFlow(b, n.Content[i+1], depth+1)
			}
		}
		return append(b, " }"...)
	case yaml.SequenceNode:
		b = append(b, "[ "...)
		for i, c := range n.Content {
			if len(b) > 200 {
				break
			}
			if i > 0 {
				b = append(b, ", "...)
			}
			b = appendFlow(b, c, depth+1)
		}
		return append(b, " ]"...)
	}
	return append(b, n.Value...)
}
