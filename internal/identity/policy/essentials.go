package policy

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
)

// Of an entity policies know these alone. What else it holds, such as the definition of an API, can be a thousand times
// as large, and is passed over unread.
var (
	metadataKnown = []string{"name", "namespace", "tags", "labels", "annotations"}
	specKnown     = []string{"type", "lifecycle"}
)

// essentials is the entity without the fields that policies do not know. What is not a whole JSON object comes back as it is,
// for whoever decodes it to say what is wrong.
func essentials(declared []byte) []byte {
	p := picker{in: declared}
	if !p.object(func(key string) use {
		switch { // as encoding/json matches them
		case strings.EqualFold(key, "kind"):
			return keep
		case strings.EqualFold(key, "metadata"), strings.EqualFold(key, "spec"):
			return enter
		}
		return drop
	}) {
		return declared
	}
	return p.out
}

// use is what becomes of a member of an object.
type use int

const (
	drop use = iota
	keep
	enter // keeps of the object below it what is known
)

// picker copies a part of a JSON text. The text is looked at only as closely as that needs.
type picker struct {
	in  []byte
	at  int
	out []byte
}

func known(names []string) func(string) use {
	return func(key string) use {
		if slices.Contains(names, fold(key)) {
			return keep
		}
		return drop
	}
}

// object copies an object. It reports false for what is none.
func (p *picker) object(of func(key string) use) bool {
	if !p.take('{') {
		return false
	}
	p.out = append(p.out, '{')
	first := true
	for p.space(); !p.take('}'); p.space() {
		if !first && !p.take(',') {
			return false
		}
		p.space()
		from := p.at
		if !p.text() {
			return false
		}
		raw := p.in[from:p.at]
		key, ok := unquoted(raw)
		p.space()
		if !ok || !p.take(':') {
			return false
		}
		p.space()
		comma := func() {
			if p.out[len(p.out)-1] != '{' {
				p.out = append(p.out, ',')
			}
			p.out = append(append(p.out, raw...), ':')
		}
		value := p.at
		switch u := of(key); {
		case u == enter && value < len(p.in) && p.in[value] == '{':
			comma()
			names := specKnown
			if strings.EqualFold(key, "metadata") {
				names = metadataKnown
			}
			if !p.object(known(names)) {
				return false
			}
		case !p.value():
			return false
		case u != drop:
			comma()
			p.out = append(p.out, p.in[value:p.at]...)
		}
		first = false
	}
	p.out = append(p.out, '}')
	return true
}

func unquoted(raw []byte) (string, bool) {
	if bytes.IndexByte(raw, '\\') < 0 {
		return string(raw[1 : len(raw)-1]), true
	}
	var s string
	err := json.Unmarshal(raw, &s)
	return s, err == nil
}

func (p *picker) space() {
	for p.at < len(p.in) && strings.IndexByte(" \t\r\n", p.in[p.at]) >= 0 {
		p.at++
	}
}

func (p *picker) take(c byte) bool {
	if p.at < len(p.in) && p.in[p.at] == c {
		p.at++
		return true
	}
	return false
}

// text passes over a string.
func (p *picker) text() bool {
	if !p.take('"') {
		return false
	}
	for from := p.at; ; {
		n := bytes.IndexByte(p.in[p.at:], '"')
		if n < 0 {
			return false
		}
		end := p.at + n
		escapes := 0
		for end-escapes > from && p.in[end-escapes-1] == '\\' {
			escapes++
		}
		if p.at = end + 1; escapes%2 == 0 {
			return true
		}
	}
}

// value passes over a value.
func (p *picker) value() bool {
	for depth := 0; p.at < len(p.in); {
		switch p.in[p.at] {
		case '"':
			if !p.text() {
				return false
			}
		case '{', '[':
			depth++
			p.at++
		case '}', ']':
			if depth--; depth < 0 {
				return false
			}
			p.at++
		case ',', ':', ' ', '\t', '\r', '\n': // only within
			p.at++
		default:
			for p.at < len(p.in) && strings.IndexByte(",:{}[]\" \t\r\n", p.in[p.at]) < 0 {
				p.at++
			}
		}
		if depth == 0 {
			return true
		}
	}
	return false
}
