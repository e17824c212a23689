package entity

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v4"
)

// Validate sets the verdict and the problems of a document. It may be called again after Resolve.
//
// A placeholder that has not been resolved counts as text, as it does for Backstage's validators.
func (d *Document) Validate() {
	if d.Verdict == Empty || d.Verdict == Unreadable {
		return
	}
	d.Problems = slices.Clone(d.found)
	v := validator{doc: d}
	v.root(d.Node)
	switch {
	case v.refused:
		d.Verdict = Invalid
	case v.module:
		d.Verdict = OtherModule
	case !v.builtin:
		d.Verdict = UnknownKind
	default:
		d.Verdict = Valid
	}
	slices.SortStableFunc(d.Problems, func(a, b Problem) int {
		if a.Line != b.Line {
			return a.Line - b.Line
		}
		return a.Column - b.Column
	})
}

// validator checks one document.
type validator struct {
	doc *Document
	// refused is set by problems that Backstage's own validators have, too.
	refused bool
	builtin bool // a built-in kind claims the entity
	module  bool // a kind that Backstage validates elsewhere
	ours    bool // the rules being checked are not part of the verdict
}

// place is where in a document a value stands. It is made on the stack and written out only when
// there is something to say.
type place struct {
	up    *place
	key   string
	index int // used when key is ""
}

func (p *place) String() string {
	if p == nil {
		return ""
	}
	step := p.key
	if step == "" {
		step = strconv.Itoa(p.index)
	}
	if p.up == nil {
		return step
	}
	return p.up.String() + "." + step
}

// name is what messages call the place: the field, or "entry 2 of tags".
func (p *place) name() string {
	if p.key == "" && p.up != nil {
		return "entry " + strconv.Itoa(p.index+1) + " of " + p.up.name()
	}
	return p.key
}

// fail reports an error at a node.
func (v *validator) fail(n *yaml.Node, p *place, message, remedy string) {
	if !v.ours {
		v.refused = true
	}
	v.add(n, p, Error, message, remedy)
}

// warn reports something that does not keep the entity out.
func (v *validator) warn(n *yaml.Node, p *place, message, remedy string) {
	v.add(n, p, Warning, message, remedy)
}

func (v *validator) add(n *yaml.Node, p *place, level Level, message, remedy string) {
	pr := Problem{Position: Position{File: v.doc.File}, Path: p.String(), Level: level, Message: message, Remedy: remedy}
	if n != nil {
		pr.Line, pr.Column = n.Line, n.Column
		pr.EndLine, pr.EndColumn = n.Line, n.Column
		if n.Kind == yaml.ScalarNode && n.Style&(yaml.LiteralStyle|yaml.FoldedStyle) == 0 && !strings.Contains(n.Value, "\n") {
			pr.EndColumn += len([]rune(n.Value))
			if n.Style&(yaml.DoubleQuotedStyle|yaml.SingleQuotedStyle) != 0 {
				pr.EndColumn += 2
			}
		}
	}
	v.doc.Problems = append(v.doc.Problems, pr)
}

var rootFields = []string{"apiVersion", "kind", "metadata", "spec"}

const rootExample = "start it with apiVersion: backstage.io/v1alpha1 and kind: Component, then metadata with a name, then spec"

// root checks the envelope, then what the kind asks for.
func (v *validator) root(n *yaml.Node) {
	if typeOf(n) != object {
		v.fail(n, nil, fmt.Sprintf("the document is %s; an entity is a map with apiVersion, kind, metadata and spec", typeOf(n)), rootExample)
		return
	}
	n = deref(n)
	apiVersion, kind, meta, spec := get(n, "apiVersion"), get(n, "kind"), get(n, "metadata"), get(n, "spec")
	if apiVersion == nil && kind == nil {
		v.notAnEntity(n)
		return
	}
	v.foreign(n)
	v.required(n, nil, "apiVersion", apiVersion, "it says by which rules the entity is read", "add a line at the top: apiVersion: backstage.io/v1alpha1")
	v.required(n, nil, "kind", kind, "it says what the entity is", "add a line below apiVersion: kind: Component")
	v.required(n, nil, "metadata", meta, "it holds the name", "add: metadata, and indented below it: name: my-service")
	if v.text(apiVersion, &place{key: "apiVersion"}, false, "backstage.io/v1alpha1") {
		v.apiVersion(apiVersion)
	}
	if v.text(kind, &place{key: "kind"}, false, "Component") {
		v.kind(kind)
	}
	v.metadata(n, meta)
	specOK := spec == nil || v.object(spec, &place{key: "spec"}, "indent what the entity is made of below it: type, lifecycle, owner")
	if typeOf(kind) == textual && typeOf(apiVersion) == textual {
		v.kindRules(n, text(apiVersion), text(kind), spec, specOK)
	}
}

// notAnEntity says what a map without apiVersion and kind may be instead.
func (v *validator) notAnEntity(n *yaml.Node) {
	for _, f := range []string{"openapi", "swagger", "asyncapi"} {
		if k, _ := pair(n, f); k != nil {
			v.fail(k, nil, "this is an API definition, not an entity: apiVersion, kind and metadata are missing",
				"leave it in its file and declare an API entity whose spec has definition: {$text: ./openapi.yaml}")
			return
		}
	}
	v.fail(n, nil, "this is not an entity: apiVersion, kind and metadata are missing", rootExample)
}

// required reports a missing value. parent is the map that it belongs to.
func (v *validator) required(parent *yaml.Node, up *place, name string, value *yaml.Node, why, remedy string) {
	if value == nil {
		v.fail(parent, &place{up: up, key: name}, name+" is missing: "+why, remedy)
	}
}

var metadataFields = []string{"name", "namespace", "title", "description", "labels", "annotations", "tags", "links"}

// foreign refuses root keys that an entity does not have.
func (v *validator) foreign(n *yaml.Node) {
	for i := 0; i+1 < len(n.Content); i += 2 {
		k := n.Content[i]
		name := keyText(k)
		if slices.Contains(rootFields, name) {
			continue
		}
		p := &place{key: name}
		if name == "" {
			p.key = `""`
		}
		switch low := strings.ToLower(name); {
		case low == "relations" || low == "status":
			v.fail(k, p, name+" is worked out by the catalog and cannot be declared", "remove it; relations come from spec fields such as owner, system and dependsOn")
		case slices.Contains(metadataFields, low):
			v.fail(k, p, name+" stands at the top level, where it does not belong", "move it below metadata")
		case low == "<<":
			v.fail(k, p, "the merge key << is not applied here: it counts as a field of its own", "write the fields out")
		case suggest(name, rootFields) != "":
			v.fail(k, p, fmt.Sprintf("there is no field %s", quote(name)), "did you mean "+suggest(name, rootFields)+"?")
		case isSpecField(low):
			v.fail(k, p, name+" stands at the top level, where it does not belong", "move it below spec")
		default:
			v.fail(k, p, fmt.Sprintf("%s stands at the top level, where only apiVersion, kind, metadata and spec may", quote(name)), "move it below spec or metadata, or remove it")
		}
	}
}

// text reports whether a value is text, and complains when it is neither absent nor text. A
// placeholder is text of which nothing more can be said: false without complaint.
func (v *validator) text(n *yaml.Node, p *place, mayBeEmpty bool, example string) bool {
	switch t := typeOf(n); t {
	case absent:
		return false
	case textual:
		if deref(n).Value == "" && !mayBeEmpty {
			v.fail(n, p, p.name()+" is an empty text", "write a value, or remove the line: "+line(p, example))
			return false
		}
		return true
	default:
		if placeholderOf(n) != "" {
			return false
		}
		message := p.name() + " is " + describe(n) + ", not text"
		if t == null {
			message = p.name() + " is empty"
		}
		v.fail(n, p, message, v.asText(n, p, t, example))
		return false
	}
}

func (v *validator) asText(n *yaml.Node, p *place, t valueType, example string) string {
	switch {
	case t == number || t == boolean:
		return "put it in quotes: " + line(p, `"`+deref(n).Value+`"`)
	case t == null:
		return "write a value, or remove the line: " + line(p, example)
	case t == list && len(deref(n).Content) == 1 && typeOf(deref(n).Content[0]) == textual:
		return "write the value without a list: " + line(p, deref(deref(n).Content[0]).Value)
	case isExpression(n):
		return "put the template expression in quotes, or fill it in: " + line(p, `"`+strings.NewReplacer("{ {", "{{", "} }", "}}").Replace(keyText(n))+`"`)
	}
	if p.key == "definition" {
		return "write | after definition: to take the lines below it as text, or refer to a file: " + line(p, example)
	}
	return "write one value: " + line(p, example)
}

// line is how a field is written: "owner: x", or "- x" for an entry of a list.
func line(p *place, value string) string {
	if p.key == "" {
		return "- " + value
	}
	return p.key + ": " + value
}

// isExpression recognises {{ x }}, which YAML reads as a map with a map for a key.
func isExpression(n *yaml.Node) bool {
	n = deref(n)
	return n.Kind == yaml.MappingNode && n.Style&yaml.FlowStyle != 0 && len(n.Content) > 0 && n.Content[0].Kind == yaml.MappingNode
}

// object reports whether a value is a map, and complains when it is something else.
func (v *validator) object(n *yaml.Node, p *place, remedy string) bool {
	return v.shape(n, p, object, "a map", remedy)
}

// list reports whether a value is a list, and complains when it is something else.
func (v *validator) list(n *yaml.Node, p *place, example string) bool {
	remedy := "write a list: " + line(p, "["+example+"]")
	if t := typeOf(n); t == textual && !strings.ContainsAny(text(n), "\n\"") && len(text(n)) < 60 {
		remedy = "write a list: " + line(p, "["+text(n)+"]")
	} else if t == null {
		remedy = "remove the line, or write an empty list: " + line(p, "[]")
	}
	return v.shape(n, p, list, "a list", remedy)
}

func (v *validator) shape(n *yaml.Node, p *place, want valueType, wanted, remedy string) bool {
	t := typeOf(n)
	if kind := placeholderOf(n); kind != "" {
		if v.ours {
			return false
		}
		v.fail(n, p, fmt.Sprintf("%s has to be %s, and %s was not read here", p.name(), wanted, quote(placeholderTarget(n))),
			kind+" is resolved when the file is read from its place; from here, write the value out to check it")
		return false
	}
	switch {
	case t == want:
		return true
	case t == null && want == object:
		v.fail(n, p, p.name()+" is empty: nothing is indented below it", "indent its entries below it, or remove the line")
	default:
		v.fail(n, p, p.name()+" is "+describe(n)+", not "+wanted, remedy)
	}
	return false
}

// describe says what a value is: "the number 12", "empty", "a list".
func describe(n *yaml.Node) string {
	n = deref(n)
	switch t := typeOf(n); t {
	case boolean:
		return n.Value
	case number:
		return "the number " + n.Value
	case textual:
		return "the text " + quote(n.Value)
	case object:
		if isExpression(n) {
			return "a template expression"
		}
		return t.String()
	default:
		return t.String()
	}
}

// quote shows a value from a document in a message, cut to what people read.
func quote(s string) string {
	const longest = 60
	if r := []rune(s); len(r) > longest {
		return strconv.Quote(string(r[:longest])) + "…"
	}
	return strconv.Quote(s)
}
