package config

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// Position is where a value was written. Line and Column count from 1; both are 0 where the value
// has no line of its own (a file as a whole, an environment variable).
type Position struct {
	File   string
	Line   int
	Column int
}

func (p Position) String() string {
	if p.Line == 0 {
		return p.File
	}
	return p.File + ":" + strconv.Itoa(p.Line) + ":" + strconv.Itoa(p.Column)
}

func (p Position) compare(q Position) int {
	return cmp.Or(strings.Compare(p.File, q.File), cmp.Compare(p.Line, q.Line), cmp.Compare(p.Column, q.Column))
}

// Kind says what a [Node] holds.
type Kind uint8

// The kinds. Absent is the zero value: nothing was written, or the variable that was named is unset.
const (
	Absent Kind = iota
	Null
	Bool
	Number
	String
	List
	Map
)

var kindNames = [...]string{"nothing", "null", "a boolean", "a number", "a string", "a list", "an object"}

func (k Kind) String() string { return kindNames[k] }

// value is one node of the merged tree. It is never changed once it is part of a tree, so trees
// may share values.
type value struct {
	kind   Kind
	pos    Position
	text   string // String, Number, Bool: as written
	items  []*value
	fields []field
	index  map[string]int // key → place in fields
	unset  string         // Absent: why, when a substitution came to nothing
	file   bool           // the text came from $file
	vars   []string       // the environment variables that the text came from
}

type field struct {
	key string
	pos Position
	val *value
}

func newMap(pos Position) *value { return &value{kind: Map, pos: pos, index: map[string]int{}} }

func (v *value) get(key string) *value {
	if v == nil || v.kind != Map {
		return nil
	}
	if i, ok := v.index[key]; ok {
		return v.fields[i].val
	}
	return nil
}

func (v *value) set(key string, pos Position, val *value) {
	if i, ok := v.index[key]; ok {
		v.fields[i] = field{key, pos, val}
		return
	}
	v.index[key] = len(v.fields)
	v.fields = append(v.fields, field{key, pos, val})
}

// merge lays over on top of base: objects merge key by key, everything else replaces. An unset
// value replaces nothing; a null one stays in the tree as null and so hides what was there.
func merge(base, over *value) *value {
	switch {
	case base == nil:
		return over
	case over == nil, over.kind == Absent:
		return base
	case base.kind != Map || over.kind != Map:
		return over
	}
	out := newMap(over.pos)
	for _, f := range base.fields {
		out.set(f.key, f.pos, f.val)
	}
	for _, f := range over.fields {
		out.set(f.key, f.pos, merge(out.get(f.key), f.val))
	}
	return out
}

// Node is a value of the configuration together with its path and position. The zero Node is
// absent, and every method may be called on it.
type Node struct {
	v    *value
	path string
	pos  Position // of the value, or of the nearest thing around it that exists
}

// Path is the key path, such as catalog.locations[0].target.
func (n Node) Path() string { return n.path }

// Position is where the value was written; for an absent value, where its parent was.
func (n Node) Position() Position { return n.pos }

// Kind says what the node holds.
func (n Node) Kind() Kind {
	if n.v == nil {
		return Absent
	}
	return n.v.kind
}

// Exists reports whether there is a value other than null.
func (n Node) Exists() bool { return n.Kind() > Null }

// Unset says why the value is absent though something was written, for example "the environment
// variable X is not set". It is "" for a value that exists or was never written.
func (n Node) Unset() string {
	if n.Kind() != Absent || n.v == nil {
		return ""
	}
	return n.v.unset
}

// Get returns the value of a key, or an absent Node.
func (n Node) Get(key string) Node {
	c := Node{v: n.v.get(key), path: joinPath(n.path, key), pos: n.pos}
	if c.v != nil {
		c.pos = c.v.pos
	}
	return c
}

// Keys returns the keys of an object that have a value other than null, in the order they were written.
func (n Node) Keys() []string {
	var keys []string
	if n.Kind() == Map {
		for _, f := range n.v.fields {
			if f.val.kind > Null {
				keys = append(keys, f.key)
			}
		}
	}
	return keys
}

// Items returns the elements of a list that have a value other than null.
func (n Node) Items() []Node {
	return slices.DeleteFunc(n.slots(), func(c Node) bool { return !c.Exists() })
}

// slots are the elements of a list with the unset and null ones.
func (n Node) slots() []Node {
	if n.Kind() != List {
		return nil
	}
	out := make([]Node, len(n.v.items))
	for i, item := range n.v.items {
		out[i] = Node{v: item, path: fmt.Sprintf("%s[%d]", n.path, i), pos: item.pos}
	}
	return out
}

// Text returns a scalar as it was written, and "" for anything else. It may be a secret.
func (n Node) Text() string {
	switch n.Kind() {
	case String, Number, Bool:
		return n.v.text
	}
	return ""
}

// String describes the node by path and kind only, so that no secret is printed by accident.
func (n Node) String() string { return n.path + " (" + n.Kind().String() + ")" }

// GoString is String: %#v would otherwise walk the tree.
func (n Node) GoString() string { return n.String() }

// MarshalJSON writes the node with its secrets redacted.
func (n Node) MarshalJSON() ([]byte, error) { return jsonOf(redactNode(n)), nil }

// MarshalYAML writes the node with its secrets redacted.
func (n Node) MarshalYAML() (any, error) { return yamlOf(redactNode(n)), nil }

var plainKey = regexp.MustCompile(`^[A-Za-z0-9_$-]+$`)

func joinPath(path, key string) string {
	switch {
	case !plainKey.MatchString(key):
		return path + "[" + strconv.Quote(scrub(key)) + "]"
	case path == "":
		return key
	default:
		return path + "." + key
	}
}

// at finds the value at a dotted path; keys that hold dots cannot be reached this way.
func (n Node) at(path string) Node {
	for key := range strings.SplitSeq(path, ".") {
		n = n.Get(key)
	}
	return n
}
