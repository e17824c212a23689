package entity

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"

	"go.yaml.in/yaml/v4"
)

// ParseJSON reads one entity in JSON, such as a request carries. It never fails: what is not JSON
// becomes a document with the verdict Unreadable. It takes all of JSON, where Parse stumbles over
// tabs and over escapes in pairs. Of repeated keys the last one counts.
func ParseJSON(file string, data []byte) *Document {
	d := &Document{File: file, Line: 1, EndLine: 1}
	if len(data) > MaxFileSize {
		d.unreadable(Position{File: file}, "", fmt.Sprintf("the entity is %d MiB; at most %d MiB are read", len(data)>>20, MaxFileSize>>20), "move what is large into a file and refer to it with $text")
		return d
	}
	d.EndLine += bytes.Count(bytes.TrimRight(data, "\n"), []byte{'\n'})
	r := newJSONReader(data)
	n, err := r.document()
	if err != nil {
		r.advance(r.offset(err))
		d.unreadable(Position{file, r.line, r.column()}, "", "this is not JSON: "+err.Error(), "send one entity as a JSON object: {\"apiVersion\": …, \"kind\": …, \"metadata\": …, \"spec\": …}")
		return d
	}
	d.Node = n
	(&source{file: file}).inspect(d)
	return d
}

// jsonNode parses JSON into nodes.
func jsonNode(content []byte) (*yaml.Node, error) { return newJSONReader(content).document() }

// jsonReader makes nodes of JSON, with their places.
type jsonReader struct {
	data  []byte
	dec   *json.Decoder
	line  int // of at, from 1
	start int // offset of the line of at
	at    int
}

func newJSONReader(data []byte) *jsonReader {
	data = bytes.TrimPrefix(data, []byte("\uFEFF"))
	r := &jsonReader{data: data, dec: json.NewDecoder(bytes.NewReader(data)), line: 1}
	r.dec.UseNumber()
	return r
}

// advance moves the place to an offset further on.
func (r *jsonReader) advance(to int) {
	for to = min(to, len(r.data)); r.at < to; r.at++ {
		if r.data[r.at] == '\n' {
			r.line, r.start = r.line+1, r.at+1
		}
	}
}

func (r *jsonReader) column() int { return r.at - r.start + 1 }

// offset is where an error was found.
func (r *jsonReader) offset(err error) int {
	var syntax *json.SyntaxError
	if errors.As(err, &syntax) {
		return max(0, int(syntax.Offset)-1)
	}
	return int(r.dec.InputOffset())
}

// token returns the next token, having moved to where it starts.
func (r *jsonReader) token() (json.Token, error) {
	from := int(r.dec.InputOffset())
	for from < len(r.data) && bytes.IndexByte([]byte(" \t\r\n,:"), r.data[from]) >= 0 {
		from++
	}
	t, err := r.dec.Token()
	if err == io.EOF {
		err = io.ErrUnexpectedEOF
	}
	r.advance(from)
	return t, err
}

func (r *jsonReader) document() (*yaml.Node, error) {
	n, err := r.value(0)
	if err != nil {
		return nil, err
	}
	if _, err := r.dec.Token(); err != io.EOF {
		return nil, errors.New("there is more after the value")
	}
	return n, nil
}

func (r *jsonReader) value(depth int) (*yaml.Node, error) {
	if depth > MaxDepth {
		return nil, fmt.Errorf("it is nested more than %d levels deep", MaxDepth)
	}
	t, err := r.token()
	if err != nil {
		return nil, err
	}
	n := &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!null", Line: r.line, Column: r.column()}
	switch t := t.(type) {
	case json.Delim:
		if t == '[' {
			return n, r.list(n, depth)
		}
		return n, r.object(n, depth)
	case string:
		n.Tag, n.Value, n.Style = "!!str", t, yaml.DoubleQuotedStyle
	case json.Number:
		n.Tag, n.Value = "!!float", t.String()
	case bool:
		n.Tag, n.Value = "!!bool", strconv.FormatBool(t)
	}
	return n, nil
}

func (r *jsonReader) list(n *yaml.Node, depth int) error {
	n.Kind, n.Tag, n.Style = yaml.SequenceNode, "!!seq", yaml.FlowStyle
	for r.dec.More() {
		c, err := r.value(depth + 1)
		if err != nil {
			return err
		}
		n.Content = append(n.Content, c)
	}
	_, err := r.token()
	return err
}

func (r *jsonReader) object(n *yaml.Node, depth int) error {
	n.Kind, n.Tag, n.Style = yaml.MappingNode, "!!map", yaml.FlowStyle
	at := map[string]int{}
	for r.dec.More() {
		t, err := r.token()
		if err != nil {
			return err
		}
		key := textNode(t.(string)) // the decoder takes nothing else for a key
		key.Line, key.Column = r.line, r.column()
		c, err := r.value(depth + 1)
		if err != nil {
			return err
		}
		if i, ok := at[key.Value]; ok {
			n.Content[i] = c
			continue
		}
		at[key.Value] = len(n.Content) + 1
		n.Content = append(n.Content, key, c)
	}
	_, err := r.token()
	return err
}
