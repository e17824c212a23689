package gitlabtest

import (
	"encoding/base64"
	"fmt"
	"slices"
	"strconv"

	"github.com/vektah/gqlparser/v2/ast"
)

// object is a thing of the schema by its fields; a field with arguments is a func of them.
type object map[string]any

type arguments map[string]any

func (a arguments) text(name string) string {
	s, _ := a[name].(string)
	return s
}

func (a arguments) texts(name string) (list []string, given bool) {
	items, given := a[name].([]any)
	for _, i := range items {
		list = append(list, fmt.Sprint(i))
	}
	return list, given
}

func (a arguments) number(name string, otherwise int) int {
	switch n := a[name].(type) {
	case int64:
		return int(n)
	case float64:
		return int(n)
	case int:
		return n
	case interface{ Int64() (int64, error) }:
		if v, err := n.Int64(); err == nil {
			return int(v)
		}
	}
	return otherwise
}

// run answers a selection of an object. Faults are of the stand-in: answers that the schema does not permit.
type run struct {
	schema    *ast.Schema
	variables map[string]any
	faults    []string
}

func (r *run) object(of *ast.Definition, selection ast.SelectionSet, from object) map[string]any {
	out := map[string]any{}
	for _, s := range selection {
		f, ok := s.(*ast.Field)
		if !ok {
			r.faults = append(r.faults, "fragments are not understood")
			continue
		}
		if d := f.Directives.ForName("include"); d != nil && d.ArgumentMap(r.variables)["if"] != true {
			continue
		}
		value, ok := from[f.Name]
		if !ok {
			r.faults = append(r.faults, fmt.Sprintf("%s.%s is not answered", of.Name, f.Name))
		}
		if resolve, ok := value.(func(arguments) any); ok {
			value = resolve(f.ArgumentMap(r.variables))
		}
		out[f.Alias] = r.value(of.Name+"."+f.Name, f.Definition.Type, f.SelectionSet, value)
	}
	return out
}

func (r *run) value(at string, of *ast.Type, selection ast.SelectionSet, value any) any {
	if o, ok := value.(object); value == nil || ok && o == nil {
		if of.NonNull {
			r.faults = append(r.faults, at+" is null")
		}
		return nil
	}
	if of.Elem != nil {
		list, ok := value.([]any)
		if !ok {
			r.faults = append(r.faults, fmt.Sprintf("%s is %T and no list", at, value))
		}
		out := []any{}
		for _, v := range list {
			out = append(out, r.value(at, of.Elem, selection, v))
		}
		return out
	}
	definition := r.schema.Types[of.NamedType]
	good := false
	switch v := value.(type) {
	case object:
		if definition.Kind == ast.Object {
			return r.object(definition, selection, v)
		}
	case string:
		good = slices.Contains([]string{"ID", "String", "Time", "BigInt"}, of.NamedType) || definition.EnumValues.ForName(v) != nil
		if _, err := strconv.ParseInt(v, 10, 64); of.NamedType == "BigInt" && err != nil {
			good = false
		}
	case int:
		good = of.NamedType == "Int"
	case float64:
		good = of.NamedType == "Float"
	case bool:
		good = of.NamedType == "Boolean"
	}
	if !good {
		r.faults = append(r.faults, fmt.Sprintf("%s is %T and no %s", at, value, of.NamedType))
	}
	return value
}

const mostOfPage = 100

// connection is a page of items in the order of their keys. Its cursors name the last key, so that what goes in between
// moves nothing.
func connection(items []object, key func(object) int, args arguments) object {
	after := -1
	if cursor := args.text("after"); cursor != "" {
		raw, _ := base64.StdEncoding.DecodeString(cursor)
		after, _ = strconv.Atoi(string(raw))
	}
	nodes, end, more := []any{}, "", false
	for _, item := range items {
		switch {
		case key(item) <= after:
		case len(nodes) == min(args.number("first", mostOfPage), mostOfPage):
			more = true
		default:
			nodes = append(nodes, item)
			end = base64.StdEncoding.EncodeToString([]byte(strconv.Itoa(key(item))))
		}
	}
	info := object{"hasNextPage": more, "hasPreviousPage": after >= 0, "endCursor": any(nil), "startCursor": any(nil)}
	if end != "" {
		info["endCursor"] = end
	}
	return object{"count": len(items), "nodes": nodes, "pageInfo": info}
}

// maxComplexity is what GitLab permits a query without credentials; with them it is 250.
const maxComplexity = 200

// Those that call Gitaly cost one more.
var callGitaly = []string{"tree", "blobs", "lastCommit", "rawBlob", "empty", "rootRef"}

// complexity counts a query as GitLab's source does: one for a field, what is below a list once more for each hundred
// items that it may have, ten more for projects, and one more for each path of blobs.
func complexity(selection ast.SelectionSet, variables map[string]any) float64 {
	total := 0.0
	for _, s := range selection {
		f, ok := s.(*ast.Field)
		if !ok {
			continue
		}
		cost := 1 + complexity(f.SelectionSet, variables)
		if slices.Contains(callGitaly, f.Name) {
			cost++
		}
		args := arguments(f.ArgumentMap(variables))
		if f.Name == "projects" {
			cost += 10
		}
		paths, _ := args.texts("paths")
		cost += float64(len(paths))
		if f.SelectionSet != nil && hasField(f.SelectionSet, "nodes") {
			cost *= 1 + 0.01*float64(min(args.number("first", mostOfPage), mostOfPage))
		}
		total += cost
	}
	return total
}

func hasField(selection ast.SelectionSet, name string) bool {
	return slices.ContainsFunc(selection, func(s ast.Selection) bool {
		f, ok := s.(*ast.Field)
		return ok && f.Name == name
	})
}
