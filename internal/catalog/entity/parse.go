package entity

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
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
	if docs, err := src.load(text, 0); err == nil {
		return src.finish(docs)
	}
	if src.hideDirectives() {
		if docs, err := src.load(src.text, 0); err == nil {
			return src.finish(docs)
		}
	}
	// One document is broken. A line "---" or "..." ends a document wherever it stands, even within
	// quotes, so each piece can be read on its own.
	var docs []*Document
	for _, p := range src.pieces() {
		part, err := src.load(p.text, p.line)
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

func (s *source) load(text []byte, lines int) (docs []*Document, err error) {
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
		docs = append(docs, d)
	}
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

// explain puts an error of the YAML parser into words. text is what was parsed.
func explain(err error, text []byte) (line, column int, message, remedy string) {
	var le *yaml.LoadError
	if !errors.As(err, &le) {
		return 0, 0, "this is not YAML: " + err.Error(), ""
	}
	line, column = le.Mark.Line, le.Mark.Column
	if m, r := explainChar(text, line, column); m != "" {
		return line, column, m, r
	}
	for _, k := range known {
		if !strings.Contains(le.Message, k.contains) || !strings.Contains(le.ContextMsg, k.context) {
			continue
		}
		if k.atContext && le.ContextMark.Line > 0 {
			line, column = le.ContextMark.Line, le.ContextMark.Column
		}
		return line, column, k.message, k.remedy
	}
	message = "this is not YAML: " + le.Message
	if le.ContextMsg != "" {
		message += " " + le.ContextMsg
	}
	return line, column, message, "compare the indentation and the quotes of this line with the lines above it"
}

// explainChar knows mistakes by the character at which the parser gave up, and by its line.
func explainChar(text []byte, line, column int) (message, remedy string) {
	for range line - 1 {
		_, text, _ = bytes.Cut(text, []byte("\n"))
	}
	text, _, _ = bytes.Cut(text, []byte("\n"))
	rs := []rune(string(text))
	if column < 1 || column > len(rs) {
		return "", ""
	}
	before := string(rs[:column-1])
	switch c := rs[column-1]; {
	case c == '\t' && strings.TrimSpace(before) == "":
		return "the line is indented with a tab", "indent with spaces: two for each level"
	case (c == '@' || c == '`' || c == '%') && !strings.HasSuffix(strings.TrimRight(before, " "), `"`):
		return fmt.Sprintf("a value cannot start with %c", c), fmt.Sprintf("put the value in quotes: owner: \"%cpayments\"", c)
	case strings.Contains(before, "{{") || strings.HasPrefix(strings.TrimSpace(string(text)), "{%"):
		return "there is a template expression on this line that is not in quotes", "fill it in, or put the whole value in quotes: title: \"{{ name }} service\""
	}
	return "", ""
}

// known is what the YAML parser says, in our words.
var known = []struct {
	contains, context string
	atContext         bool // the place to mend is where the construct starts
	message, remedy   string
}{
	{"tab character", "", false, "there is a tab where the indentation has to be spaces", "indent with spaces: two for each level"},
	{"mapping values are not allowed", "", false, "there is a second \": \" on the line, or the line is indented further than the one above it",
		"put a value with a colon in quotes (title: \"Billing: the API\"), or align the line with its neighbours"},
	{"could not find expected ':'", "", true, "the line is neither \"key: value\" nor part of the value above it",
		"write \"key: value\", and indent the lines of a long text below the key that they belong to"},
	{"cannot start any token", "", false, "a value cannot start with this character", "put the value in quotes"},
	{"unexpected end of stream", "quoted scalar", true, "the quote that opens here is never closed", "close the quote, or double it inside single quotes ('it''s')"},
	{"unexpected document indicator", "quoted scalar", true, "the quote that opens here is never closed", "close the quote, or double it inside single quotes ('it''s')"},
	{"unknown anchor", "", false, "the alias refers to a name that is not defined above it in this document", "define it with &name in the same document, or write the value out"},
	{"did not find expected ',' or ']'", "", true, "the list that opens with [ here is not closed", "close it with ], with commas between the entries: tags: [java, payments]"},
	{"did not find expected ',' or '}'", "", true, "the map that opens with { here is not closed, or more text follows it",
		"close it with }; put a value that starts with { in quotes: name: \"{{ name }}\""},
	{"did not find expected '-' indicator", "", false, "a list goes on with something that is not an entry of it", "start every entry with \"- \" in the same column, and move other keys out of the list"},
	{"block sequence entries are not allowed", "", false, "a list entry cannot stand here", "put the first \"- \" on a line of its own below the key"},
	{"did not find expected key", "", false, "the line does not fit the map above it", "align its key with the other keys; close any quote that was opened above"},
	{"did not find expected <document start>", "", false, "more text follows after the end of the document", "align the line with the other top-level keys, or start a new document with a line ---"},
	{"exceeded max depth", "", false, fmt.Sprintf("lists and maps are nested more than %d levels deep", MaxDepth), "move the deep part into a file of its own and refer to it with $text"},
	{"did not find expected node content", "", false, "a value is missing here, or a [ or { above is not closed", "close the bracket; write an empty list as [] and an empty map as {}"},
	{"unknown escape character", "", false, "a backslash in double quotes starts an escape that YAML does not know", "use single quotes, or double the backslash: \"C:\\\\temp\""},
}
