package catalog

import (
	"encoding/json"
	"fmt"
	"strings"

	"portico/internal/errs"
)

// locationPredicate compiles a predicate over locations: an object of field → value, {"$exists"},
// {"$in"} or {"$hasPrefix"}, and $all, $any, $not of such objects. Nothing matches everything.
func locationPredicate(raw json.RawMessage) (func(locationJSON) bool, error) {
	if len(raw) == 0 || string(raw) == "null" {
		return func(locationJSON) bool { return true }, nil
	}
	return compileLocation(raw, 0)
}

func compileLocation(raw json.RawMessage, depth int) (func(locationJSON) bool, error) {
	if depth > 16 {
		return nil, errs.New(errs.Invalid, "the query is nested deeper than 16 levels")
	}
	var obj map[string]json.RawMessage
	if err := json.Unmarshal(raw, &obj); err != nil || obj == nil {
		return nil, errs.New(errs.Invalid, `query must be an object such as {"type": "url"}`)
	}
	var parts []func(locationJSON) bool
	for key, value := range obj {
		p, err := compileLocationTerm(key, value, depth)
		if err != nil {
			return nil, err
		}
		parts = append(parts, p)
	}
	return func(l locationJSON) bool {
		for _, p := range parts {
			if !p(l) {
				return false
			}
		}
		return true
	}, nil
}

func compileLocationTerm(key string, value json.RawMessage, depth int) (func(locationJSON) bool, error) {
	switch key {
	case "$not":
		p, err := compileLocation(value, depth+1)
		if err != nil {
			return nil, err
		}
		return func(l locationJSON) bool { return !p(l) }, nil
	case "$all", "$any":
		var list []json.RawMessage
		if err := json.Unmarshal(value, &list); err != nil {
			return nil, errs.New(errs.Invalid, "%s must be a list of objects", key)
		}
		var parts []func(locationJSON) bool
		for _, item := range list {
			p, err := compileLocation(item, depth+1)
			if err != nil {
				return nil, err
			}
			parts = append(parts, p)
		}
		all := key == "$all"
		return func(l locationJSON) bool {
			for _, p := range parts {
				if p(l) != all {
					return !all
				}
			}
			return all
		}, nil
	}
	field, err := locationField(key)
	if err != nil {
		return nil, err
	}
	var op struct {
		Exists    *bool     `json:"$exists"`
		In        *[]string `json:"$in"`
		HasPrefix *string   `json:"$hasPrefix"`
	}
	var text string
	switch {
	case json.Unmarshal(value, &text) == nil:
		return func(l locationJSON) bool { return strings.EqualFold(field(l), text) }, nil
	case json.Unmarshal(value, &op) != nil:
	case op.Exists != nil:
		return func(locationJSON) bool { return *op.Exists }, nil
	case op.In != nil:
		return func(l locationJSON) bool {
			for _, v := range *op.In {
				if strings.EqualFold(field(l), v) {
					return true
				}
			}
			return false
		}, nil
	case op.HasPrefix != nil:
		prefix := strings.ToLower(*op.HasPrefix)
		return func(l locationJSON) bool { return strings.HasPrefix(strings.ToLower(field(l)), prefix) }, nil
	}
	return nil, errs.New(errs.Invalid, `%s must be compared with a string, {"$exists": true}, {"$in": ["a"]} or {"$hasPrefix": "a"}`, key)
}

func locationField(key string) (func(locationJSON) string, error) {
	switch strings.ToLower(key) {
	case "id":
		return func(l locationJSON) string { return l.ID }, nil
	case "type":
		return func(l locationJSON) string { return l.Type }, nil
	case "target":
		return func(l locationJSON) string { return l.Target }, nil
	case "entityref":
		return func(l locationJSON) string { return l.EntityRef }, nil
	}
	return nil, errs.WithRemedy(errs.New(errs.Invalid, "locations have no field %q", key), fmt.Sprintf("use %s", "id, type, target or entityRef"))
}
