package policy

import (
	"encoding/json"
	"slices"
	"strings"
)

// formula is a condition on an entity, in the terms of the read model.
type formula struct {
	op     op
	key    string   // of opExists, opIn, opPrefix
	values []string // of opIn; of opPrefix, one
	subs   []*formula
	ask    func(*Resource) bool // of opMaybe: Cedar
}

type op byte

const (
	opExists op = iota + 1
	opIn
	opPrefix
	opAll   // without subs: always
	opAny   // without subs: never
	opNot   // of subs[0]
	opMaybe // has no counterpart in the read model; only where lists are not made of it
)

var (
	always = &formula{op: opAll}
	never  = &formula{op: opAny}
)

func constant(b bool) *formula {
	if b {
		return always
	}
	return never
}

func (f *formula) isAlways() bool { return f.op == opAll && len(f.subs) == 0 }
func (f *formula) isNever() bool  { return f.op == opAny && len(f.subs) == 0 }

func not(f *formula) *formula {
	switch {
	case f.isAlways():
		return never
	case f.isNever():
		return always
	case f.op == opNot:
		return f.subs[0]
	}
	return &formula{op: opNot, subs: []*formula{f}}
}

func all(fs ...*formula) *formula    { return join(opAll, fs) }
func either(fs ...*formula) *formula { return join(opAny, fs) }

// join combines by "and" or "or", without what changes nothing.
func join(o op, fs []*formula) *formula {
	out := &formula{op: o}
	for _, f := range fs {
		switch {
		case o == opAll && f.isNever():
			return never
		case o == opAny && f.isAlways():
			return always
		case f.op == o:
			out.subs = append(out.subs, f.subs...)
		default:
			out.subs = append(out.subs, f)
		}
	}
	if len(out.subs) == 1 {
		return out.subs[0]
	}
	return out
}

func in(key string, values ...string) *formula {
	if len(values) == 0 {
		return never
	}
	values = slices.Clone(values)
	slices.Sort(values)
	return &formula{op: opIn, key: key, values: slices.Compact(values)}
}

// holds reports whether the formula is true of an entity, as the read model would.
func (f *formula) holds(r *Resource) bool {
	switch f.op {
	case opAll:
		for _, s := range f.subs {
			if !s.holds(r) {
				return false
			}
		}
		return true
	case opAny:
		return slices.ContainsFunc(f.subs, func(s *formula) bool { return s.holds(r) })
	case opNot:
		return !f.subs[0].holds(r)
	case opExists:
		_, there := r.values[f.key]
		return there || r.listed(f.key)
	case opIn:
		for _, v := range r.values[f.key] {
			if _, found := slices.BinarySearch(f.values, v); found {
				return true
			}
		}
		_, isTrue := slices.BinarySearch(f.values, "true")
		return isTrue && r.listed(f.key)
	case opPrefix:
		for _, v := range r.values[f.key] {
			if strings.HasPrefix(v, f.values[0]) {
				return true
			}
		}
		return strings.HasPrefix("true", f.values[0]) && r.listed(f.key)
	}
	return f.ask(r)
}

// listed reports whether the key is that of a list and one of its texts: "metadata.tags.java".
func (r *Resource) listed(key string) bool {
	for i := range len(key) {
		if key[i] == '.' && slices.Contains(r.items[key[:i]], key[i+1:]) {
			return true
		}
	}
	return false
}

// predicate is the formula as a filter predicate of the read model, in JSON.
func (f *formula) predicate() []byte {
	out, _ := json.Marshal(f.tree()) // maps of texts
	return out
}

func (f *formula) tree() map[string]any {
	switch f.op {
	case opAll, opAny:
		subs := make([]map[string]any, len(f.subs))
		for i, s := range f.subs {
			subs[i] = s.tree()
		}
		if f.op == opAll {
			return map[string]any{"$all": subs}
		}
		return map[string]any{"$any": subs}
	case opNot:
		return map[string]any{"$not": f.subs[0].tree()}
	case opExists:
		return map[string]any{f.key: map[string]any{"$exists": true}}
	case opPrefix:
		return map[string]any{f.key: map[string]any{"$hasPrefix": f.values[0]}}
	}
	return map[string]any{f.key: map[string]any{"$in": f.values}}
}
