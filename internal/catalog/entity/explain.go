package entity

import (
	"bytes"
	"errors"
	"fmt"
	"strings"

	"go.yaml.in/yaml/v4"
)

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
	{"Unicode character escape", "", false, "this escape names no character, or half of one", "write the character itself, or the escape of the whole one: \\U0001F600"},
	{"unknown escape character", "", false, "a backslash in double quotes starts an escape that YAML does not know", "use single quotes, or double the backslash: \"C:\\\\temp\""},
}
