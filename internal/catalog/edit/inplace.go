package edit

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"

	"portico/internal/catalog/entity"
)

// place is a block map in the text, by its lines.
type place struct {
	lines []string // of the text, without their ends
	last  int      // the last line, from 0, that may belong to the map
	node  *yaml.Node
}

// entry is a key of a block map, and what stands at it.
type entry struct {
	key, value *yaml.Node
	first, end int // its lines, from 0; end is the one after the last
	indent     int // spaces before the key
}

// inPlace sets a field by changing its lines alone; false where the text does not allow that.
func inPlace(text string, doc *entity.Document, f Field) (string, bool) {
	p := place{lines: strings.Split(text, "\n"), last: doc.EndLine - 1, node: root(doc.Node)}
	p.last = min(p.last, len(p.lines)-1)
	for depth, key := range f.Path {
		entries, ok := p.entries()
		if !ok {
			return "", false
		}
		i := slices.IndexFunc(entries, func(e entry) bool { return e.key.Value == key })
		if i < 0 {
			if f.removes() {
				return text, true
			}
			return p.insert(entries, f.Path[depth:], f.Value)
		}
		e := entries[i]
		last := depth == len(f.Path)-1
		switch {
		case last && f.removes():
			return p.remove(e, len(entries) == 1 && depth > 0)
		case last:
			return p.replace(e, f.Value)
		case e.value.Kind == yaml.MappingNode && e.value.Style&yaml.FlowStyle == 0 && e.value.Anchor == "" && len(e.value.Content) > 0:
			p.node, p.last = e.value, e.end-1
			if depth == len(f.Path)-2 && f.removes() && len(e.value.Content) == 2 && e.value.Content[0].Value == f.Path[depth+1] && depth > 0 {
				return p.cut(e) // the map would be left empty
			}
		case isNothing(e.value) && !f.removes():
			nested, err := nest(f.Path[depth+1:], f.Value)
			if err != nil {
				return "", false
			}
			return p.replace(e, nested)
		default:
			return "", false
		}
	}
	return "", false
}

func isNothing(n *yaml.Node) bool {
	return n.Kind == yaml.ScalarNode && n.Tag == "!!null" && n.Value == "" && n.Anchor == "" ||
		n.Kind == yaml.MappingNode && len(n.Content) == 0 && n.Anchor == ""
}

// entries returns the keys of the map with their lines; false where one does not begin a line of its own.
func (p place) entries() ([]entry, bool) {
	n := p.node
	if n.Kind != yaml.MappingNode || n.Style&yaml.FlowStyle != 0 || len(n.Content) == 0 {
		return nil, false
	}
	var list []entry
	for i := 0; i+1 < len(n.Content); i += 2 {
		k := n.Content[i]
		e := entry{key: k, value: n.Content[i+1], first: k.Line - 1, end: p.last + 1}
		if i+2 < len(n.Content) {
			e.end = n.Content[i+2].Line - 1
		}
		if k.Kind != yaml.ScalarNode || k.Anchor != "" || e.first < 0 || e.first >= len(p.lines) || e.end <= e.first || e.end > len(p.lines) {
			return nil, false
		}
		line := p.lines[e.first]
		e.indent = len(line) - len(strings.TrimLeft(line, " "))
		if len(list) > 0 && e.indent != list[0].indent {
			return nil, false
		}
		if _, ok := afterKey(line, k); !ok {
			return nil, false
		}
		// Blank lines, and comments that stand no deeper than the key, belong to what comes next.
		for e.end > e.first+1 && notOf(p.lines[e.end-1], e.indent) {
			e.end--
		}
		list = append(list, e)
	}
	return list, true
}

// notOf reports whether a line at the end of an entry is none of its value: a blank one, a comment, or the end of the document.
func notOf(line string, indent int) bool {
	trimmed := strings.TrimLeft(line, " \t")
	return strings.TrimSpace(line) == "" || trimmed[0] == '#' && len(line)-len(trimmed) <= indent ||
		strings.HasPrefix(line, "---") || strings.HasPrefix(line, "...")
}

// afterKey returns where, in its line, what follows a key and its colon begins.
func afterKey(line string, key *yaml.Node) (int, bool) {
	i := len(line) - len(strings.TrimLeft(line, " "))
	if i == len(line) {
		return 0, false
	}
	end := i
	switch line[i] {
	case '"', '\'':
		n := quotedEnd(line[i:])
		if n < 0 {
			return 0, false
		}
		end += n
	default:
		if !strings.HasPrefix(line[i:], key.Value) {
			return 0, false
		}
		end += len(key.Value)
	}
	rest := strings.TrimLeft(line[end:], " \t")
	if !strings.HasPrefix(rest, ":") || len(rest) > 1 && rest[1] != ' ' && rest[1] != '\t' {
		return 0, false
	}
	return len(line) - len(rest) + 1, true
}

// quotedEnd is the length of the quoted scalar that s begins with, -1 where it does not end in s.
func quotedEnd(s string) int {
	q := s[0]
	for i := 1; i < len(s); i++ {
		switch {
		case q == '"' && s[i] == '\\':
			i++
		case s[i] == q && q == '\'' && i+1 < len(s) && s[i+1] == q:
			i++
		case s[i] == q:
			return i + 1
		}
	}
	return -1
}

// scalarEnd is the length of the scalar that s, the rest of a line, begins with; -1 where it goes on in the next line.
func scalarEnd(s string, n *yaml.Node) int {
	if n.Kind != yaml.ScalarNode || n.Anchor != "" || n.Style&(yaml.TaggedStyle|yaml.LiteralStyle|yaml.FoldedStyle) != 0 {
		return -1
	}
	if n.Style&(yaml.DoubleQuotedStyle|yaml.SingleQuotedStyle) != 0 {
		if s == "" {
			return -1
		}
		return quotedEnd(s)
	}
	if strings.HasPrefix(s, "#") {
		return 0
	}
	end := len(s)
	for _, mark := range []string{" #", "\t#"} {
		if i := strings.Index(s, mark); i >= 0 {
			end = min(end, i)
		}
	}
	return len(strings.TrimRight(s[:end], " \t"))
}

// replace gives an entry another value.
func (p place) replace(e entry, value json.RawMessage) (string, bool) {
	line := p.lines[e.first]
	at, ok := afterKey(line, e.key)
	if !ok {
		return "", false
	}
	if e.value.Kind == yaml.SequenceNode {
		if lines, ok := p.items(e, value); ok {
			return p.with(e.first, e.end, lines), true
		}
	}
	lines, err := p.written(e.key.Value, value, e.indent)
	if err != nil {
		return "", false
	}
	newAt, ok := afterKey(lines[0], &yaml.Node{Value: e.key.Value})
	if !ok {
		return "", false
	}
	// The key stays as it is written, and a comment behind the old value where it is in the same line.
	first := line[:at] + lines[0][newAt:]
	rest := strings.TrimLeft(line[at:], " \t")
	if e.end == e.first+1 && len(lines) == 1 {
		if n := scalarEnd(rest, e.value); n >= 0 {
			first += line[len(line)-len(rest)+n:]
		}
	} else if strings.HasPrefix(rest, "#") && strings.TrimSpace(lines[0][newAt:]) == "" {
		first += " " + rest
	}
	out := []string{first}
	if isNothing(e.value) {
		out = append(out, p.lines[e.first+1:e.end]...) // what is commented out there
	}
	return p.with(e.first, e.end, append(out, lines[1:]...)), true
}

// items changes a list item by item, so that what stays keeps its lines and comments. It is false where the list is not one
// of block style, or the items that stay are in another order.
func (p place) items(e entry, value json.RawMessage) ([]string, bool) {
	var want []json.RawMessage
	seq := e.value
	if json.Unmarshal(value, &want) != nil || len(want) == 0 || seq.Style&yaml.FlowStyle != 0 || len(seq.Content) == 0 || seq.Anchor != "" {
		return nil, false
	}
	type item struct {
		value any
		lines []string
	}
	var have []item
	dash := -1
	for i, n := range seq.Content {
		first, end := n.Line-1, e.end
		if i+1 < len(seq.Content) {
			end = seq.Content[i+1].Line - 1
		}
		if n.Kind == yaml.AliasNode || n.Anchor != "" || first <= e.first || first >= end || end > len(p.lines) {
			return nil, false
		}
		line := p.lines[first]
		indent := len(line) - len(strings.TrimLeft(line, " "))
		if !strings.HasPrefix(line[indent:], "- ") || dash >= 0 && dash != indent {
			return nil, false
		}
		dash = indent
		have = append(have, item{values(n), p.lines[first:end]})
	}
	out := slices.Clone(p.lines[e.first : seq.Content[0].Line-1])
	next := 0
	for _, w := range want {
		var v any
		if decode(w, &v) != nil {
			return nil, false
		}
		v = values2(v)
		if i := slices.IndexFunc(have[next:], func(h item) bool { return same(h.value, v) }); i >= 0 {
			out = append(out, have[next+i].lines...)
			next += i + 1
			continue
		}
		if slices.ContainsFunc(have[:next], func(h item) bool { return same(h.value, v) }) {
			return nil, false
		}
		added, err := encoded([]json.RawMessage{w})
		if err != nil {
			return nil, false
		}
		out = append(out, indented(added, dash)...)
	}
	return out, true
}

// order says after which keys a new one is put, nearest first; others come last in their map.
var order = map[string][]string{
	"title": {"namespace", "name"}, "description": {"title", "namespace", "name"},
	"spec": {"metadata"}, "metadata": {"kind", "apiVersion"},
	"lifecycle": {"type"}, "owner": {"lifecycle", "type"},
}

// insert adds what is not there.
func (p place) insert(entries []entry, path []string, value json.RawMessage) (string, bool) {
	after := entries[len(entries)-1]
	for _, key := range order[path[0]] {
		if i := slices.IndexFunc(entries, func(e entry) bool { return e.key.Value == key }); i >= 0 {
			after = entries[i]
			break
		}
	}
	value, err := nest(path[1:], value)
	if err != nil {
		return "", false
	}
	lines, err := p.written(path[0], value, entries[0].indent)
	if err != nil {
		return "", false
	}
	return p.with(after.end, after.end, lines), true
}

// remove takes an entry away; where nothing would be left of its map, that is not done here.
func (p place) remove(e entry, alone bool) (string, bool) {
	if alone {
		return "", false
	}
	return p.cut(e)
}

func (p place) cut(e entry) (string, bool) { return p.with(e.first, e.end, nil), true }

func (p place) with(first, end int, lines []string) string {
	return strings.Join(slices.Concat(p.lines[:first], lines, p.lines[end:]), "\n")
}

// written is a key and its value as lines of a block map.
func (p place) written(key string, value json.RawMessage, indent int) ([]string, error) {
	k, err := json.Marshal(key)
	if err != nil {
		return nil, err
	}
	text, err := encoded(json.RawMessage("{" + string(k) + ":" + string(value) + "}"))
	if err != nil {
		return nil, err
	}
	return indented(text, indent), nil
}

// nest wraps a value into maps of one key each.
func nest(path []string, value json.RawMessage) (json.RawMessage, error) {
	for _, key := range slices.Backward(path) {
		b, err := json.Marshal(map[string]json.RawMessage{key: value})
		if err != nil {
			return nil, err
		}
		value = b
	}
	return value, nil
}

// encoded is JSON as block YAML.
func encoded(v any) (string, error) {
	raw, err := json.Marshal(v)
	if err != nil {
		return "", err
	}
	n, err := entity.NodeOf(raw)
	if err != nil {
		return "", err
	}
	var b bytes.Buffer
	enc := yaml.NewEncoder(&b)
	enc.SetIndent(2)
	if err := enc.Encode(n); err != nil {
		return "", err
	}
	if err := enc.Close(); err != nil {
		return "", err
	}
	return strings.TrimSuffix(b.String(), "\n"), nil
}

func indented(text string, by int) []string {
	lines := strings.Split(text, "\n")
	for i, l := range lines {
		if l != "" {
			lines[i] = strings.Repeat(" ", by) + l
		}
	}
	return lines
}
