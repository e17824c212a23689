package ldap

import (
	"encoding/json"
	"slices"
	"strings"

	"portico/internal/errs"
)

// fields are those that every entity of the search begins with, each time others.
func (s *Search) fields() (map[string]any, error) {
	fields := map[string]any{
		"metadata": map[string]any{"annotations": map[string]any{}},
		"spec":     map[string]any{"profile": map[string]any{}},
	}
	for key, value := range s.Set {
		path := steps(key)
		if len(path) < 2 || path[0] != "metadata" && path[0] != "spec" || slices.Contains(path, "") || len(path) > 10 {
			return nil, errs.WithRemedy(errs.New(errs.Invalid, "set has %q, which is no path of a field", key), "write it as metadata.namespace, or metadata.annotations[\"x.example/y\"]")
		}
		// A copy, as JSON has it: entities share nothing, and hold what a descriptor can.
		text, err := json.Marshal(value)
		if err == nil {
			err = json.Unmarshal(text, &value)
		}
		if err != nil {
			return nil, errs.New(errs.Invalid, "set.%s has a value that no entity can have", key)
		}
		at := fields
		for _, step := range path[:len(path)-1] {
			below, ok := at[step].(map[string]any)
			if !ok && at[step] != nil {
				return nil, errs.New(errs.Invalid, "set.%s leads through a value that is no object", key)
			}
			if below == nil {
				below = map[string]any{}
				at[step] = below
			}
			at = below
		}
		at[path[len(path)-1]] = value
	}
	for _, top := range []string{"metadata", "spec"} {
		inner := map[string]string{"metadata": "annotations", "spec": "profile"}[top]
		if o, ok := fields[top].(map[string]any); ok {
			if _, ok := o[inner].(map[string]any); ok {
				continue
			}
		}
		return nil, errs.New(errs.Invalid, "set.%s.%s is not an object", top, inner)
	}
	return fields, nil
}

// steps cuts a path: a.b["c.d"].e
func steps(path string) (out []string) {
	for path != "" {
		if rest, ok := strings.CutPrefix(path, "["); ok {
			name, after, found := strings.Cut(rest, "]")
			if !found {
				return nil
			}
			out = append(out, strings.Trim(name, `"'`))
			path = strings.TrimPrefix(after, ".")
			continue
		}
		end := strings.IndexAny(path, ".[")
		if end < 0 {
			return append(out, path)
		}
		out = append(out, path[:end])
		if path[end] == '.' {
			if path = path[end+1:]; path == "" {
				return nil
			}
		} else {
			path = path[end:]
		}
	}
	return out
}
