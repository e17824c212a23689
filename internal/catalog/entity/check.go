package entity

import (
	"strconv"
	"strings"

	"go.yaml.in/yaml/v4"
)

// Result is what checking one document says, as `portico catalog validate --json` prints it.
type Result struct {
	File     string    `json:"file"`
	Document int       `json:"document"` // from 0, empty documents counted
	Ref      string    `json:"ref"`      // "Component:my-service" as written; "-" where there is nothing to name
	Verdict  Verdict   `json:"verdict"`
	Errors   []Problem `json:"errors"`
	Warnings []Problem `json:"warnings,omitempty"`

	Entity Ref `json:"-"` // zero where kind or name cannot be told
	Line   int `json:"-"` // where the document starts

	name Position // where it is named
}

// Duplicates marks every entity that the results declare more than once. Within a file that is an
// error, as it is when a catalog reads the file; of two files it is a warning, for they need not come
// to the same catalog, which would keep one.
func Duplicates(results []Result) {
	first := make(map[string]*Result, len(results))
	within := make(map[[2]string]*Result, len(results)) // by file and ref
	for i := range results {
		r := &results[i]
		if r.Entity.IsZero() || len(r.Errors) > 0 {
			continue
		}
		ref := r.Entity.String()
		key := [2]string{r.File, ref}
		if twin, ok := within[key]; ok {
			r.Verdict = Invalid
			r.Errors = append(r.Errors, Problem{
				Position: r.name, EndLine: r.name.Line, EndColumn: r.name.Column, Path: "metadata.name", Level: Error,
				Message: ref + " is declared twice in this file, first in line " + strconv.Itoa(twin.Line),
				Remedy:  "remove one of them or give it another name",
			})
			continue
		}
		within[key] = r
		kept, ok := first[ref]
		if !ok {
			first[ref] = r
			continue
		}
		r.Warnings = append(r.Warnings, Problem{
			Position: Position{File: r.File, Line: r.Line, Column: 1}, EndLine: r.Line, EndColumn: 1, Path: "metadata.name", Level: Warning,
			Message: ref + " is declared here and at " + kept.File + ":" + strconv.Itoa(kept.Line) + "; a catalog keeps the one it reads first",
			Remedy:  "give one of the two another name, or a namespace of its own",
		})
	}
}

// Check parses and validates a file, a result a document. Placeholders are left as they are.
func Check(file string, data []byte) []Result { return CheckResolved(file, data, nil) }

// CheckResolved is Check with a function that resolves the placeholders of each document first.
func CheckResolved(file string, data []byte, resolve func(*Document)) []Result {
	docs := Parse(file, data)
	results := make([]Result, len(docs))
	for i, d := range docs {
		if resolve != nil {
			resolve(d)
		}
		d.Validate()
		r := Result{File: file, Document: d.Index, Ref: d.label(), Verdict: d.Verdict, Errors: []Problem{}, Entity: d.Ref, Line: d.Line, name: d.At("metadata.name")}
		for _, p := range d.Problems {
			if p.Level == Error {
				r.Errors = append(r.Errors, p)
			} else {
				r.Warnings = append(r.Warnings, p)
			}
		}
		results[i] = r
	}
	return results
}

// label names a document by what it says, with ? for what it does not.
func (d *Document) label() string {
	if d.Node == nil {
		return "-"
	}
	part := func(key string) string {
		n := get(d.Node, key)
		if key == "name" {
			n = get(get(d.Node, "metadata"), "name")
		}
		switch t := typeOf(n); t {
		case absent, null:
			return "?"
		case textual, number, boolean:
			return keyText(deref(n))
		default:
			return jsString(deref(n))
		}
	}
	label := part("kind") + ":" + part("name")
	if len(label) > 200 {
		label = strings.ToValidUTF8(label[:200], "") + "…"
	}
	return label
}

// jsString is what JavaScript makes of a list or a map where it wants text; refs in Backstage's own
// results look like that, and ours are compared with them.
func jsString(n *yaml.Node) string {
	switch typeOf(n) {
	case object:
		return "[object Object]"
	case list:
		var parts []string
		for i, c := range n.Content {
			if i == 20 {
				break
			}
			part := ""
			if t := typeOf(c); t != null {
				if part = "[object Object]"; t != object && t != list {
					part = keyText(deref(c))
				}
			}
			parts = append(parts, part)
		}
		return strings.Join(parts, ",")
	}
	return keyText(n)
}
