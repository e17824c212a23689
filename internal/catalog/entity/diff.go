package entity

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
)

// FieldChange is one field that differs between two states of an entity.
type FieldChange struct {
	Path string          `json:"path"`           // "spec.owner"; keys are joined by dots as they are
	From json.RawMessage `json:"from,omitempty"` // absent: it was not there
	To   json.RawMessage `json:"to,omitempty"`   // absent: it is gone
}

// Diff lists the fields that differ between two entities in canonical JSON. Maps are descended into;
// a list counts as one value. The order is that of after, with what is gone last at each level. That
// keys stand in another order is no difference. nil for before or after means that there was none.
func Diff(before, after []byte) []FieldChange {
	var changes []FieldChange
	diffValue("", before, after, &changes)
	return changes
}

// What is shown of a value that differs: a definition of a megabyte has no place in a list of changes.
const (
	longestShown = 4 << 10 // bytes of JSON
	startShown   = 1 << 10 // of one that has more
)

// Shorten replaces the long values of a diff by what tells them from others: their length and how they begin.
func Shorten(changes []FieldChange) {
	for i := range changes {
		changes[i].From, changes[i].To = shorten(changes[i].From), shorten(changes[i].To)
	}
}

func shorten(value json.RawMessage) json.RawMessage {
	if len(value) <= longestShown {
		return value
	}
	var text string
	if json.Unmarshal(value, &text) != nil {
		text = string(value) // a map or a list
	}
	b, err := json.Marshal(struct {
		Truncated bool   `json:"truncated"`
		Bytes     int    `json:"bytes"`
		Start     string `json:"start"`
	}{true, len(value), strings.ToValidUTF8(text[:min(len(text), startShown)], "")})
	if err != nil {
		panic(fmt.Errorf("entity: shorten a value: %w", err)) // a string and a number
	}
	return b
}

func diffValue(path string, before, after json.RawMessage, changes *[]FieldChange) {
	if bytes.Equal(before, after) {
		return
	}
	if !isObject(before) || !isObject(after) {
		if same(before, after) {
			return
		}
		*changes = append(*changes, FieldChange{Path: path, From: before, To: after})
		return
	}
	was, is := members(before), members(after)
	old := make(map[string]json.RawMessage, len(was))
	for _, m := range was {
		old[m.key] = m.value
	}
	for _, m := range is {
		diffValue(join(path, m.key), old[m.key], m.value, changes)
		delete(old, m.key)
	}
	for _, m := range was {
		if v, ok := old[m.key]; ok {
			diffValue(join(path, m.key), v, nil, changes)
		}
	}
}

func join(path, key string) string {
	if path == "" {
		return key
	}
	return path + "." + key
}

func isObject(raw []byte) bool { return len(raw) > 0 && raw[0] == '{' }

// same compares values that are not both maps: equal but for the order of keys within lists.
func same(a, b json.RawMessage) bool {
	if len(a) == 0 || len(b) == 0 || a[0] != '[' || b[0] != '[' {
		return false
	}
	x, y := entries(a), entries(b)
	if len(x) != len(y) {
		return false
	}
	for i := range x {
		var deeper []FieldChange
		if diffValue("", x[i], y[i], &deeper); len(deeper) > 0 {
			return false
		}
	}
	return true
}

type member struct {
	key   string
	value json.RawMessage
}

// members splits a JSON object, in order.
func members(raw []byte) []member {
	dec := json.NewDecoder(bytes.NewReader(raw))
	if _, err := dec.Token(); err != nil {
		return nil
	}
	var ms []member
	for dec.More() {
		t, err := dec.Token()
		if err != nil {
			return ms
		}
		key, _ := t.(string)
		var v json.RawMessage
		if dec.Decode(&v) != nil {
			return ms
		}
		ms = append(ms, member{key, v})
	}
	return ms
}

// entries splits a JSON array.
func entries(raw []byte) []json.RawMessage {
	var es []json.RawMessage
	if json.Unmarshal(raw, &es) != nil {
		return nil
	}
	return es
}
