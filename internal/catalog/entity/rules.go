package entity

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v4"
)

// shape is what the value of a field has to be.
type shape uint8

const (
	aText shape = iota
	texts       // a list of texts
	aMap
	maps       // a list of maps
	mapOrMaps  // one map, or a list of maps
	textOrFlag // text, or true or false
	anything
)

// rule is what one field of a spec has to be. Fields that no rule names are allowed.
type rule struct {
	name    string
	shape   shape
	need    bool   // the field has to be there
	why     string // of a needed field: what it is for, completing "owner is missing: "
	example string // completing "owner: "; for lists without the brackets
	without string // of a needed list: what to write when there is nothing to list
	blank   bool   // a text, or a text of the list, may be empty
	enum    []string
	most    int    // characters of a text; 0: no limit
	least   int    // entries of a list
	of      []rule // of the map, or of each map of the list
	rest    *rule  // of the entries of a map that of does not name
}

// value checks the value of a field by its rule.
func (v *validator) value(n *yaml.Node, p *place, r *rule) {
	if v.ours && placeholderOf(n) != "" {
		return
	}
	switch r.shape {
	case aText:
		v.aText(n, p, r)
	case texts:
		if v.list(n, p, r.example) {
			for i, c := range deref(n).Content {
				v.aText(c, &place{up: p, index: i}, r)
			}
		}
	case aMap:
		if v.object(n, p, "write "+p.name()+" as a map: "+or(r.example, "key: value")) {
			v.fields(n, p, r)
		}
	case mapOrMaps:
		if typeOf(n) == object {
			v.fields(n, p, r)
			return
		}
		v.maps(n, p, r)
	case maps:
		v.maps(n, p, r)
	case textOrFlag:
		if typeOf(n) != boolean {
			v.aText(n, p, r)
		}
	}
}

// sample is the field as it is written.
func (r *rule) sample() string {
	value := r.example
	switch {
	case r.without != "":
		value = r.without
	case r.shape == texts || r.shape == maps:
		value = "[" + value + "]"
	}
	return r.name + ": " + value
}

func (v *validator) aText(n *yaml.Node, p *place, r *rule) {
	if !v.text(n, p, r.blank, first(r.example)) {
		return
	}
	s := text(n)
	if r.enum != nil && !slices.Contains(r.enum, s) {
		v.fail(n, p, fmt.Sprintf("%s is %s; it can only be %s", p.name(), quote(s), strings.Join(r.enum, " or ")), "write "+line(p, or(suggest(s, r.enum), r.enum[0])))
	}
	if r.most > 0 && utf8.RuneCountInString(s) > r.most {
		v.fail(n, p, fmt.Sprintf("%s is %d characters long; at most %d fit", p.name(), utf8.RuneCountInString(s), r.most), "shorten it")
	}
}

// first is the first entry of an example for a list.
func first(example string) string {
	one, _, _ := strings.Cut(example, ", ")
	return one
}

func (v *validator) maps(n *yaml.Node, p *place, r *rule) {
	if !v.list(n, p, r.example) {
		return
	}
	entries := deref(n).Content
	if len(entries) < r.least {
		v.fail(n, p, p.name()+" is an empty list; it needs at least "+strconv.Itoa(r.least)+" entry", "add one: "+line(p, "["+r.example+"]"))
	}
	for i, c := range entries {
		at := &place{up: p, index: i}
		if v.ours && placeholderOf(c) != "" {
			continue
		}
		if v.object(c, at, "write each entry as a map: "+or(r.example, "key: value")) {
			v.fields(c, at, r)
		}
	}
}

// fields checks the entries of a map.
func (v *validator) fields(n *yaml.Node, p *place, r *rule) {
	for i := range r.of {
		f := &r.of[i]
		child := get(n, f.name)
		if child == nil {
			if f.need {
				v.fail(n, &place{up: p, key: f.name}, f.name+" is missing: "+f.why, "add below "+p.name()+": "+f.sample())
			}
			continue
		}
		v.value(child, &place{up: p, key: f.name}, f)
	}
	if r.rest == nil {
		return
	}
	m := deref(n)
	for i := 0; i+1 < len(m.Content); i += 2 {
		key := keyText(m.Content[i])
		if !slices.ContainsFunc(r.of, func(f rule) bool { return f.name == key }) {
			v.value(m.Content[i+1], &place{up: p, key: key}, r.rest)
		}
	}
}
