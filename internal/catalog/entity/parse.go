package entity

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"

	"go.yaml.in/yaml/v4"
	"go.yaml.in/yaml/v4/plugin/loaderlimits"
)

// What a descriptor may be at most. A document past a limit is Unreadable.
const (
	MaxFileSize   = 10 << 20 // bytes of a file
	MaxDepth      = 64       // levels of lists and maps within each other
	MaxAliasNodes = 100_000  // nodes that the aliases (*name) of a document stand for, all together
	MaxAliasBytes = MaxFileSize
)

// Document is one YAML document of a file.
type Document struct {
	Index   int // from 0, empty documents counted
	File    string
	Line    int        // the first line of the document, from 1
	EndLine int        // the last one
	Node    *yaml.Node // the root; nil when the document is empty or unreadable
	// Ref names the entity where kind and name can be told; its namespace is filled in.
	Ref Ref
	// Verdict is Empty or Unreadable after Parse, otherwise "" until Validate has been called.
	Verdict  Verdict
	Problems []Problem

	found []Problem // of Problems, those that Parse found
}

// Usable reports whether a validated document may become an entity: it has no errors.
func (d *Document) Usable() bool {
	switch d.Verdict {
	case Valid, UnknownKind, OtherModule:
	default:
		return false
	}
	for i := range d.Problems {
		if d.Problems[i].Level == Error {
			return false
		}
	}
	return true
}

// Parse reads every document of a file. It never fails as a whole: what cannot be read becomes a
// document with the verdict Unreadable and a problem that says where and why, and the documents
// before and after it are read all the same. A file without any document yields none.
func Parse(file string, data []byte) []*Document {
	if len(data) > MaxFileSize {
		d := &Document{File: file, Line: 1, EndLine: 1}
		d.unreadable(Position{file, 0, 0}, "",
			fmt.Sprintf("the file is %d MiB; at most %d MiB are read", len(data)>>20, MaxFileSize>>20),
			"split it into several files and list them in a Location, or move API definitions out with $text")
		return []*Document{d}
	}
	text, odd := clean(data)
	src := &source{file: file, text: text, odd: odd}
	if odd.utf16 {
		d := &Document{File: file, Line: 1, EndLine: 1}
		d.unreadable(Position{file, 1, 1}, "", "the file is UTF-16 text", "save it as UTF-8")
		return []*Document{d}
	}
	if docs, err := src.load(text, 0, true); err == nil {
		return src.finish(docs)
	}
	if src.hideDirectives() {
		if docs, err := src.load(src.text, 0, true); err == nil {
			return src.finish(docs)
		}
	}
	// One document is broken. A line "---" or "..." ends a document wherever it stands, even within
	// quotes, so each piece can be read on its own.
	var docs []*Document
	for _, p := range src.pieces() {
		part, err := src.load(p.text, p.line, false)
		docs = append(docs, part...)
		if err != nil {
			docs = append(docs, src.broken(p, err))
		}
	}
	return src.finish(docs)
}

// source is a file while it is being parsed.
type source struct {
	file string
	text []byte
	odd  oddities
	at   []int // offset of each line of text; made by offsets
}

// load reads the documents of text, before which there are lines of the file. whole says that text is
// the file and not a piece of it.
func (s *source) load(text []byte, lines int, whole bool) (docs []*Document, err error) {
	l, err := yaml.NewLoader(bytes.NewReader(text), yaml.WithPlugin(loaderlimits.New(loaderlimits.DepthValue(MaxDepth))))
	if err != nil {
		return nil, err
	}
	for {
		var n yaml.Node
		err := l.Load(&n)
		if err == io.EOF {
			return docs, nil
		}
		if err != nil {
			return docs, err
		}
		if lines > 0 {
			shift(&n, lines)
		}
		d := &Document{File: s.file, Line: n.Line}
		if len(n.Content) > 0 {
			d.Node = n.Content[0]
		}
		if whole && swallowed(d.Node) {
			return docs, errSwallowed
		}
		docs = append(docs, d)
	}
}

// errSwallowed makes Parse read piece by piece.
var errSwallowed = errors.New("a text block holds the documents that follow it")

// swallowed recognises a document that is one text block without indentation: the YAML parser does
// not see that a document marker ends it.
func swallowed(root *yaml.Node) bool {
	return root != nil && root.Kind == yaml.ScalarNode && root.Style&(yaml.LiteralStyle|yaml.FoldedStyle) != 0 &&
		(strings.Contains(root.Value, "---") || strings.Contains(root.Value, "..."))
}

// shift moves nodes down by lines. Aliases are leaves here: their targets are met once, in place.
func shift(n *yaml.Node, lines int) {
	n.Line += lines
	for _, c := range n.Content {
		shift(c, lines)
	}
}

// piece is what stands between two document markers.
type piece struct {
	text []byte
	line int // lines before it
}

func (s *source) pieces() []piece {
	var ps []piece
	from := 0
	for i := range s.offsets() {
		if i == from || !isMarker(s.line(i)) && !isEnd(s.line(i-1)) {
			continue
		}
		if s.onlyPreamble(from, i) && !isMarker(s.line(from)) {
			continue // comments and directives belong to the document that follows
		}
		ps = append(ps, piece{s.text[s.at[from]:s.at[i]], from})
		from = i
	}
	if s.onlyPreamble(from, len(s.at)) && !isMarker(s.line(from)) {
		return ps
	}
	return append(ps, piece{s.text[s.at[from]:], from})
}

func (s *source) onlyPreamble(from, to int) bool {
	for i := from; i < to; i++ {
		l := bytes.TrimSpace(s.line(i))
		if len(l) > 0 && l[0] != '#' && l[0] != '%' {
			return false
		}
	}
	return true
}

// hideDirectives turns directives such as %YAML 1.2, which the YAML parser takes for those of another
// language, into comments. It reports whether there were any.
func (s *source) hideDirectives() bool {
	found, preamble := false, true
	for i := range s.offsets() {
		l := s.line(i)
		switch {
		case isEnd(l):
			preamble = true
		case preamble && len(l) > 0 && l[0] == '%' && !bytes.HasPrefix(l, []byte("%TAG")):
			if !found {
				s.text = bytes.Clone(s.text)
			}
			found = true
			s.text[s.at[i]] = '#'
		case !isBlank(l) && l[0] != '#' && l[0] != '%':
			preamble = false
		}
	}
	return found
}

// isMarker reports whether a line starts a document: "---", then nothing or a blank.
func isMarker(line []byte) bool {
	return len(line) >= 3 && string(line[:3]) == "---" && (len(line) == 3 || line[3] == ' ' || line[3] == '\t' || line[3] == '\r')
}

func isEnd(line []byte) bool {
	return len(line) >= 3 && string(line[:3]) == "..." && len(bytes.TrimSpace(line[3:])) == 0
}

// offsets returns where each line starts.
func (s *source) offsets() []int {
	if s.at == nil {
		s.at = make([]int, 1, 1+bytes.Count(s.text, []byte{'\n'}))
		for i := 0; ; {
			n := bytes.IndexByte(s.text[i:], '\n')
			if n < 0 {
				break
			}
			i += n + 1
			s.at = append(s.at, i)
		}
	}
	return s.at
}

// line returns a line, from 0, without its end.
func (s *source) line(i int) []byte {
	end := len(s.text)
	if i+1 < len(s.at) {
		end = s.at[i+1] - 1
	}
	return s.text[s.at[i]:end]
}

// broken is the document for a piece that the YAML parser refuses.
func (s *source) broken(p piece, err error) *Document {
	d := &Document{File: s.file, Line: p.line + 1}
	line, column, message, remedy := explain(err, p.text)
	if line > 0 {
		line += p.line
	}
	d.unreadable(Position{s.file, line, column}, "", message, remedy)
	return d
}

// finish numbers the documents, finds where they end and looks at what the YAML parser does not.
func (s *source) finish(docs []*Document) []*Document {
	if len(docs) == 0 {
		return docs
	}
	lines := len(s.offsets())
	if lines > 1 && s.at[lines-1] == len(s.text) {
		lines-- // nothing follows the last line end
	}
	for i, d := range docs {
		d.Index = i
		last := lines
		if i+1 < len(docs) {
			last = docs[i+1].Line - 1
		}
		s.extent(d, last, i == 0)
		if d.Verdict == "" {
			s.inspect(d)
		}
	}
	s.odd.report(docs)
	return docs
}

// extent sets the first and the last line of a document whose lines end at last at the latest.
func (s *source) extent(d *Document, last int, first bool) {
	start := d.Line - 1
	if first {
		start = 0 // comments above the first line are the document's, too
	}
	for start < last-1 && (isBlank(s.line(start)) || (isMarker(s.line(start)) && len(bytes.TrimSpace(s.line(start)[3:])) == 0)) {
		start++
	}
	end := last
	for end-1 > start && (isBlank(s.line(end-1)) || isEnd(s.line(end-1))) {
		end--
	}
	d.Line, d.EndLine = start+1, max(end, start+1)
}

func isBlank(line []byte) bool { return len(bytes.TrimSpace(line)) == 0 }

// inspect decides whether a parsed document is empty or unreadable, and finds its ref.
func (s *source) inspect(d *Document) {
	if s.odd.mapped && d.Node != nil {
		restore(d.Node)
	}
	if d.Node == nil || typeOf(d.Node) == null {
		d.Node, d.Verdict = nil, Empty
		return
	}
	in := inspector{doc: d}
	if !in.node(d.Node, 1) {
		d.Node = nil
		return
	}
	d.found = d.Problems
	d.Ref = refOf(d.Node)
}

// unreadable makes d a document that cannot be used, for one reason.
func (d *Document) unreadable(at Position, path, message, remedy string) {
	d.Verdict = Unreadable
	d.Problems = append(d.Problems, Problem{Position: at, EndLine: at.Line, EndColumn: at.Column, Path: path, Message: message, Remedy: remedy})
	d.found = d.Problems
}

// refOf returns the ref of a root node, or the zero Ref when kind or name is not text.
func refOf(root *yaml.Node) Ref {
	kind, meta := get(root, "kind"), get(root, "metadata")
	name := get(meta, "name")
	if text(kind) == "" || text(name) == "" {
		return Ref{}
	}
	r := Ref{Kind: text(kind), Namespace: text(get(meta, "namespace")), Name: text(name)}
	if r.Namespace == "" {
		r.Namespace = DefaultNamespace
	}
	return r
}
