package entity

import (
	"bytes"
	"fmt"
	"unicode/utf8"

	"go.yaml.in/yaml/v4"
)

// oddities are characters that the YAML parser refuses or misreads and other readers of YAML 1.2 do
// not. They are hidden from the parser and put back into the values.
type oddities struct {
	utf16  bool
	mapped bool // stand-ins are in the text
	marks  []oddMark
}

type oddMark struct {
	line, column int
	invalid      bool // not UTF-8; otherwise a control character
	r            rune
}

const maxMarks = 20 // reported in a file

// standIn is the first of the private-use characters that stand for a control character each, and
// for the line separators of Unicode, which YAML 1.1 took for line ends.
const standIn = 0xF700

func hide(r rune) (rune, bool) {
	switch {
	case r < 0x20 && r != '\t' && r != '\n' && r != '\r', r >= 0x7F && r < 0xA0:
		return standIn + r, true
	case r == 0x2028 || r == 0x2029:
		return standIn + 0xA0 + r - 0x2028, true
	}
	return r, false
}

func unhide(r rune) rune {
	switch {
	case r < standIn || r > standIn+0xA1:
		return r
	case r >= standIn+0xA0:
		return r - standIn - 0xA0 + 0x2028
	}
	return r - standIn
}

// clean returns text that is UTF-8 without a byte order mark and without characters that the YAML
// parser refuses. Nearly always that is data itself.
func clean(data []byte) ([]byte, oddities) {
	if len(data) >= 2 && (data[0] == 0xFF && data[1] == 0xFE || data[0] == 0xFE && data[1] == 0xFF) {
		return nil, oddities{utf16: true}
	}
	data = bytes.TrimPrefix(data, []byte("\uFEFF"))
	if n := len(data); n > 0 && data[n-1] != '\n' {
		data = append(data[:n:n], '\n') // a text block at the very end then ends as it does anywhere else
	}
	if firstOdd(data) < 0 {
		return data, oddities{}
	}
	return rewrite(data)
}

// firstOdd returns the offset of the first character to be hidden or replaced, or -1.
func firstOdd(data []byte) int {
	for i := 0; i < len(data); {
		c := data[i]
		if c >= 0x20 && c < 0x7F || c == '\n' || c == '\r' || c == '\t' {
			i++
			continue
		}
		r, n := utf8.DecodeRune(data[i:])
		if r == utf8.RuneError && n == 1 {
			return i
		}
		if _, odd := hide(r); odd {
			return i
		}
		i += n
	}
	return -1
}

func rewrite(data []byte) ([]byte, oddities) {
	var odd oddities
	out := make([]byte, 0, len(data)+16)
	line, column := 1, 1
	for i := 0; i < len(data); {
		r, n := utf8.DecodeRune(data[i:])
		i += n
		shown, hidden := hide(r)
		invalid := r == utf8.RuneError && n == 1
		if hidden {
			odd.mapped = true
		}
		if (invalid || hidden && r < 0x80) && len(odd.marks) < maxMarks {
			odd.marks = append(odd.marks, oddMark{line, column, invalid, r})
		}
		out = utf8.AppendRune(out, shown)
		column++
		if r == '\n' {
			line, column = line+1, 1
		}
	}
	return out, odd
}

// restore puts hidden characters back.
func restore(n *yaml.Node) {
	if n.Kind == yaml.ScalarNode {
		n.Value = string(bytes.Map(unhide, []byte(n.Value)))
	}
	for _, c := range n.Content {
		restore(c)
	}
}

// report warns in each document of what was odd in it.
func (o oddities) report(docs []*Document) {
	for _, m := range o.marks {
		for _, d := range docs {
			if m.line < d.Line || m.line > d.EndLine {
				continue
			}
			p := Problem{Position: Position{d.File, m.line, m.column}, EndLine: m.line, EndColumn: m.column + 1, Level: Warning,
				Message: fmt.Sprintf("there is a control character here (U+%04X)", m.r), Remedy: "remove it"}
			if m.invalid {
				p.Message, p.Remedy = "this byte is not UTF-8 text; it is shown as \uFFFD", "save the file as UTF-8"
			}
			d.Problems = append(d.Problems, p)
			d.found = d.Problems
			break
		}
	}
}
