package infer

import (
	"errors"
	"io"
	"regexp"
	"strings"

	"go.yaml.in/yaml/v4"
)

const (
	maxDocuments = 200
	maxNesting   = 200 // opening brackets, and columns of indentation by two, of YAML that is read
	maxItems     = 2_000
)

// documents parses YAML; what stands before a mistake is kept. Aliases are not expanded: whoever follows one does it
// once, so a bomb stays as small as it was written.
func documents(text string) (list []*yaml.Node) {
	if text == "" || tooDeep(text) {
		return nil
	}
	// A parser of other people's files: a panic of it is a file that cannot be read.
	defer func() { _ = recover() }()
	dec := yaml.NewDecoder(strings.NewReader(text))
	for len(list) < maxDocuments {
		var n yaml.Node
		if err := dec.Decode(&n); errors.Is(err, io.EOF) || err != nil {
			return list
		}
		if n.Kind == yaml.DocumentNode && len(n.Content) > 0 && n.Content[0].Kind == yaml.MappingNode {
			list = append(list, n.Content[0])
		}
	}
	return list
}

func tooDeep(text string) bool {
	depth := 0
	for _, c := range []byte(text) {
		switch c {
		case '[', '{':
			if depth++; depth > maxNesting {
				return true
			}
		case ']', '}':
			depth = max(0, depth-1)
		}
	}
	for line := range strings.Lines(text) {
		if len(line)-len(strings.TrimLeft(line, " -?:")) > 2*maxNesting {
			return true
		}
	}
	return false
}

// real is what an alias stands for.
func real(n *yaml.Node) *yaml.Node {
	for range 4 {
		if n == nil || n.Kind != yaml.AliasNode {
			return n
		}
		n = n.Alias
	}
	return nil
}

// get walks down maps; nil where there is nothing. Merged maps are looked into once.
func get(n *yaml.Node, keys ...string) *yaml.Node {
	for _, key := range keys {
		if n = child(real(n), key, 4); n == nil {
			return nil
		}
	}
	return real(n)
}

func child(n *yaml.Node, key string, merges int) *yaml.Node {
	if n == nil || n.Kind != yaml.MappingNode {
		return nil
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		if n.Content[i].Value == key {
			return n.Content[i+1]
		}
	}
	for i := 0; i+1 < len(n.Content) && merges > 0; i += 2 {
		if n.Content[i].Value == "<<" {
			if found := child(real(n.Content[i+1]), key, merges-1); found != nil {
				return found
			}
		}
	}
	return nil
}

// str is a scalar's text.
func str(n *yaml.Node) string {
	if n = real(n); n == nil || n.Kind != yaml.ScalarNode || n.Tag == "!!null" {
		return ""
	}
	return strings.TrimSpace(n.Value)
}

// items are a list's entries.
func items(n *yaml.Node) []*yaml.Node {
	if n = real(n); n == nil || n.Kind != yaml.SequenceNode {
		return nil
	}
	return n.Content[:min(len(n.Content), maxItems)]
}

// pair is an entry of a map.
type pair struct {
	key   string
	value *yaml.Node
	line  int
}

func pairs(n *yaml.Node) (list []pair) {
	if n = real(n); n == nil || n.Kind != yaml.MappingNode {
		return nil
	}
	for i := 0; i+1 < len(n.Content) && len(list) < maxItems; i += 2 {
		list = append(list, pair{n.Content[i].Value, n.Content[i+1], n.Content[i].Line})
	}
	return list
}

func line(n *yaml.Node) int {
	if n == nil {
		return 0
	}
	return n.Line
}

var (
	templateLine = regexp.MustCompile(`^\s*\{\{.*\}\}\s*$`)
	templateExpr = regexp.MustCompile(`\{\{-?\s*([^{}]*?)\s*-?\}\}`)
	valuePath    = regexp.MustCompile(`^(?:\(?\s*)?\.Values\.([A-Za-z0-9_.]+)`)
)

// rendered makes YAML of a Helm template as far as that goes without running it: lines that are instructions alone are
// left blank, and values that stand in values.yaml are put in. Lines keep their numbers.
func rendered(text string, values *yaml.Node, chart string) string {
	if !strings.Contains(text, "{{") {
		return text
	}
	var b strings.Builder
	for l := range strings.Lines(text) {
		l = strings.TrimRight(l, "\n")
		switch {
		case templateLine.MatchString(l):
			l = ""
		case strings.Contains(l, "{{"):
			l = templateExpr.ReplaceAllStringFunc(l, func(m string) string {
				expr := templateExpr.FindStringSubmatch(m)[1]
				if p := valuePath.FindStringSubmatch(expr); p != nil {
					if v := str(get(values, strings.Split(p[1], ".")...)); v != "" && len(v) < 200 && !strings.ContainsAny(v, "\"'\n{}") {
						return v
					}
				}
				if expr == ".Chart.Name" || expr == ".Release.Name" {
					return chart
				}
				return unknownValue
			})
			if strings.Contains(l, "{{") || strings.Contains(l, "}}") {
				l = ""
			}
		}
		b.WriteString(l + "\n")
	}
	return b.String()
}

// unknownValue stands where a template's value is not known.
const unknownValue = "portico-unknown"
