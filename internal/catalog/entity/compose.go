package entity

import (
	"bytes"
	"encoding/json"
	"iter"
	"slices"
	"strings"
)

// Composed is many diffs in a row as one: for each path what it was before the first, and what it is after the last.
// The zero value is no diff.
type Composed struct {
	paths map[string]*FieldChange
	order []string                   // paths as they came; some are gone again, some came twice
	below map[string]map[string]bool // by what lies above them
	work  int
}

// mostComposed bounds the bytes of maps that are written anew, of which many small changes of a large one take a lot.
const mostComposed = 64 << 20

// Then adds the diff that came next. A diff of a map's field is taken into one of the whole map, and the other way round,
// so that no path of the result lies below another. It is false where that takes too much, and then there is no result.
func (c *Composed) Then(diff []FieldChange) bool {
	if c.paths == nil {
		c.paths, c.below = map[string]*FieldChange{}, map[string]map[string]bool{}
	}
	for _, d := range diff {
		if at, ok := c.paths[d.Path]; ok {
			at.To = d.To
			continue
		}
		if above := c.above(d.Path); above != nil {
			above.To = c.put(above.To, d.Path[len(above.Path)+1:], d.To)
		} else {
			first := d
			for _, path := range c.under(d.Path) {
				first.From = c.put(first.From, path[len(d.Path)+1:], c.paths[path].From)
				c.drop(path)
			}
			c.add(&first)
		}
		if c.work > mostComposed {
			return false
		}
	}
	return true
}

func (c *Composed) put(object json.RawMessage, path string, value json.RawMessage) json.RawMessage {
	c.work += len(object) + len(value)
	return put(object, path, value)
}

func (c *Composed) add(d *FieldChange) {
	c.paths[d.Path] = d
	c.order = append(c.order, d.Path)
	for above := range prefixes(d.Path) {
		if c.below[above] == nil {
			c.below[above] = map[string]bool{}
		}
		c.below[above][d.Path] = true
	}
}

func (c *Composed) drop(path string) {
	delete(c.paths, path)
	for above := range prefixes(path) {
		delete(c.below[above], path)
	}
}

func (c *Composed) under(path string) (list []string) {
	for p := range c.below[path] {
		list = append(list, p)
	}
	slices.Sort(list)
	return list
}

// prefixes are what may lie above a path, the nearest first.
func prefixes(path string) iter.Seq[string] {
	return func(yield func(string) bool) {
		for i := len(path) - 1; i > 0; i-- {
			if path[i] == '.' && !yield(path[:i]) {
				return
			}
		}
	}
}

// above is the change of a map that has the path in it.
func (c *Composed) above(path string) *FieldChange {
	for prefix := range prefixes(path) {
		if at, ok := c.paths[prefix]; ok && isObject(at.To) {
			return at
		}
	}
	return nil
}

// Diff is what differs between before the first diff and after the last, in the order in which the paths changed first.
func (c *Composed) Diff() []FieldChange {
	out := []FieldChange{}
	told := map[string]bool{}
	for _, path := range c.order {
		if d := c.paths[path]; d != nil && !told[path] {
			told[path] = true
			diffValue(path, d.From, d.To, &out)
		}
	}
	return out
}

// put returns an object with another value at a path; nil takes it away. Keys may hold dots: of those that the object has
// the one that covers most of the path is meant, as Diff went into maps that stood on both sides.
func put(object json.RawMessage, path string, value json.RawMessage) json.RawMessage {
	var ms []member
	if isObject(object) {
		ms = members(object)
	}
	best := -1
	for i, m := range ms {
		switch {
		case m.key == path:
			if value == nil {
				return encode(slices.Delete(ms, i, i+1))
			}
			ms[i].value = value
			return encode(ms)
		case strings.HasPrefix(path, m.key+".") && isObject(m.value) && (best < 0 || len(m.key) > len(ms[best].key)):
			best = i
		}
	}
	switch {
	case best >= 0:
		ms[best].value = put(ms[best].value, path[len(ms[best].key)+1:], value)
	case value != nil:
		ms = append(ms, member{path, value})
	}
	return encode(ms)
}

func encode(ms []member) json.RawMessage {
	var b bytes.Buffer
	b.WriteByte('{')
	for i, m := range ms {
		if i > 0 {
			b.WriteByte(',')
		}
		key, err := json.Marshal(m.key)
		if err != nil {
			panic(err) // a string
		}
		b.Write(key)
		b.WriteByte(':')
		b.Write(m.value)
	}
	b.WriteByte('}')
	return b.Bytes()
}
