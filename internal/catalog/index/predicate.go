package index

import (
	"fmt"
	"strings"
)

// ParsePredicate reads a filter predicate, the JSON object of the field query: {"kind":"component"},
// {"$all":[…]}, {"spec.type":{"$in":[…]}} and so on. It returns nil when raw is empty. Errors are
// errs.Invalid.
func ParsePredicate(raw []byte) (*Filter, error) {
	if len(raw) == 0 {
		return nil, nil
	}
	if len(raw) > maxFilterBytes {
		return nil, invalid("ask for less at once, or in several requests", "query is %d bytes long; at most %d are read", len(raw), maxFilterBytes)
	}
	text, ok := compactJSON(raw)
	if !ok {
		return nil, invalid(predicateRemedy, "query is not valid JSON")
	}
	return parsePredicate(text)
}

const predicateRemedy = `write an object of fields, such as {"kind":"component","spec.type":{"$in":["service","website"]}}, or one of {"$all":[…]}, {"$any":[…]}, {"$not":{…}}`

// parsePredicate reads compact JSON.
func parsePredicate(text string) (*Filter, error) {
	p := predicateParser{reader: reader{s: text}}
	root, err := p.predicate("query", 0)
	if err != nil {
		return nil, err
	}
	return newFilter(root.simplify(), text), nil
}

// reader walks JSON that is valid and has no white space.
type reader struct {
	s string
	i int
}

func (r *reader) peek() byte { return r.s[r.i] }

func (r *reader) str() string {
	v, end := stringAt(r.s, r.i)
	r.i = end
	return v
}

// literal returns the value at hand as it is written, whatever it is.
func (r *reader) literal() string {
	start := r.i
	r.i = skipValue(r.s, r.i)
	return r.s[start:r.i]
}

// object calls member at the value of each key.
func (r *reader) object(member func(key string) error) error {
	for r.i++; r.peek() != '}'; {
		key := r.str()
		r.i++ // the colon
		if err := member(key); err != nil {
			return err
		}
		if r.peek() == ',' {
			r.i++
		}
	}
	r.i++
	return nil
}

// array calls item at each item.
func (r *reader) array(item func(n int) error) error {
	n := 0
	for r.i++; r.peek() != ']'; n++ {
		if err := item(n); err != nil {
			return err
		}
		if r.peek() == ',' {
			r.i++
		}
	}
	r.i++
	return nil
}

// primitive reads a string, a number or a boolean as the text that it is compared by.
func (r *reader) primitive() (text string, ok bool) {
	switch c := r.peek(); {
	case c == '"':
		return r.str(), true
	case c == '{' || c == '[' || c == 'n':
		return "", false
	case c == 't' || c == 'f':
		return r.literal(), true
	}
	return numberText(r.literal()), true
}

type predicateParser struct {
	reader
	terms    int
	prefixes int
}

func (p *predicateParser) count(at string) error {
	if p.terms++; p.terms > maxTerms {
		return invalid("ask for less at once, or in several requests", "query has more than %d conditions and values, counted up to %s", maxTerms, at)
	}
	return nil
}

// shown is what stands at hand, for a message.
func (p *predicateParser) shown() string {
	start := p.i
	end := skipValue(p.s, start)
	const most = 80
	if end-start > most {
		return strings.ToValidUTF8(p.s[start:start+most], "") + "…"
	}
	return p.s[start:end]
}

// predicate reads the predicate at hand; at says where it stands.
func (p *predicateParser) predicate(at string, depth int) (*expr, error) {
	if p.peek() != '{' {
		return nil, invalid(predicateRemedy, "%s must be an object and is %s", at, p.shown())
	}
	if depth > maxDepth {
		return nil, invalid("put what belongs together into one list", "query has operators nested more than %d deep", maxDepth)
	}
	if err := p.count(at); err != nil {
		return nil, err
	}
	all := &expr{op: opAll}
	var operator string
	err := p.object(func(key string) (err error) {
		if err := p.count(at); err != nil {
			return err
		}
		var e *expr
		if strings.HasPrefix(key, "$") {
			operator = key
			e, err = p.operator(at+"."+key, key, depth)
		} else {
			e, err = p.condition(at+"."+shortKey(key), key)
		}
		all.subs = append(all.subs, e)
		return err
	})
	if err != nil {
		return nil, err
	}
	if operator != "" && len(all.subs) > 1 {
		return nil, invalid(`combine them as {"$all":[{"`+operator+`":…},{…}]}`, "%s mixes %s with other keys", at, operator)
	}
	return all, nil
}

func (p *predicateParser) operator(at, name string, depth int) (*expr, error) {
	e := &expr{}
	switch name {
	case "$not":
		e.op = opNot
		sub, err := p.predicate(at, depth+1)
		e.subs = []*expr{sub}
		return e, err
	case "$all":
		e.op = opAll
	case "$any":
		e.op = opAny
	default:
		return nil, invalid("use $all, $any or $not here; $exists, $in, $hasPrefix and $contains belong under a field", "%s is not an operator that stands by itself", at)
	}
	if p.peek() != '[' {
		return nil, invalid(`write {"`+name+`":[{…},{…}]}`, "%s must be a list of predicates and is %s", at, p.shown())
	}
	err := p.array(func(n int) error {
		sub, err := p.predicate(fmt.Sprintf("%s[%d]", at, n), depth+1)
		e.subs = append(e.subs, sub)
		return err
	})
	return e, err
}

const conditionRemedy = `write a text, a number or a boolean, or one of {"$exists":true}, {"$in":[…]}, {"$hasPrefix":"…"}, {"$contains":…}`

// condition reads what is asked of one field.
func (p *predicateParser) condition(at, field string) (*expr, error) {
	e := &expr{op: opIn, key: lower(field)}
	if v, ok := p.primitive(); ok {
		e.values = []string{lower(v)}
		return e, nil
	}
	if p.peek() != '{' {
		return nil, invalid(conditionRemedy, "%s is %s, which cannot be compared", at, p.shown())
	}
	var found *expr
	keys := 0
	err := p.object(func(name string) (err error) {
		keys++
		at := at + "." + shortKey(name)
		switch name {
		case "$exists":
			found, err = p.exists(at, e)
		case "$in":
			e.values, err = p.list(at)
			found = e
		case "$hasPrefix":
			found, err = p.prefix(at, e)
		case "$contains":
			found, err = p.contains(at, e)
		default:
			err = invalid(conditionRemedy, "%s is not an operator", at)
		}
		return err
	})
	if err == nil && keys != 1 {
		err = invalid(`ask for several things with {"$all":[…]}`, "%s must hold one operator and holds %d", at, keys)
	}
	return found, err
}

func (p *predicateParser) exists(at string, e *expr) (*expr, error) {
	e.op = opExists
	switch p.peek() {
	case 't':
		p.literal()
		return e, nil
	case 'f':
		p.literal()
		return &expr{op: opNot, subs: []*expr{e}}, nil
	}
	return nil, invalid("write true or false", "%s must be a boolean and is %s", at, p.shown())
}

func (p *predicateParser) prefix(at string, e *expr) (*expr, error) {
	if p.peek() != '"' {
		return nil, invalid(`write {"$hasPrefix":"start of the value"}`, "%s must be a text and is %s", at, p.shown())
	}
	if p.prefixes++; p.prefixes > maxPrefixes {
		return nil, invalid("ask in several requests", "query has more than %d times $hasPrefix", maxPrefixes)
	}
	e.op = opPrefix
	e.values = []string{lower(p.str())}
	return e, nil
}

// list reads the values of $in.
func (p *predicateParser) list(at string) ([]string, error) {
	if p.peek() != '[' {
		return nil, invalid(`write {"$in":["one","two"]}`, "%s must be a list and is %s", at, p.shown())
	}
	var values []string
	err := p.array(func(n int) error {
		if err := p.count(at); err != nil {
			return err
		}
		v, ok := p.primitive()
		if !ok {
			return invalid(`write {"$in":["one","two"]}`, "%s[%d] must be a text, a number or a boolean and is %s", at, n, p.shown())
		}
		values = append(values, lower(v))
		return nil
	})
	return values, err
}

const containsRemedy = `write {"metadata.tags":{"$contains":"java"}}, or for relations {"relations":{"$contains":{"type":"ownedBy","targetRef":"group:default/x"}}}`

// contains reads what a list must hold: a value, or for relations a type and targets.
func (p *predicateParser) contains(at string, e *expr) (*expr, error) {
	if v, ok := p.primitive(); ok {
		e.values = []string{lower(v)}
		return e, nil
	}
	if p.peek() != '{' || e.key != "relations" {
		return nil, invalid(containsRemedy, "%s is %s, which is understood for relations only", at, p.shown())
	}
	rel := &expr{op: opExists}
	err := p.object(func(name string) (err error) {
		switch at := at + "." + shortKey(name); lower(name) {
		case "type":
			if p.peek() != '"' || rel.key != "" {
				return invalid(containsRemedy, "%s must be one text", at)
			}
			if t := p.str(); t != "" {
				rel.key = "relations." + lower(t)
			}
		case "targetref":
			if rel.op == opIn {
				return invalid(containsRemedy, "%s is there twice", at)
			}
			rel.op = opIn
			rel.values, err = p.targets(at)
		default:
			err = invalid(containsRemedy, "%s is not understood; a relation has type and targetRef", at)
		}
		return err
	})
	if err == nil && rel.key == "" {
		err = invalid(containsRemedy, "%s does not say which type of relation", at)
	}
	return rel, err
}

// targets reads a targetRef: one, or {"$in":[…]}.
func (p *predicateParser) targets(at string) ([]string, error) {
	if p.peek() == '"' {
		return []string{lower(p.str())}, nil
	}
	remedy := `write "group:default/x" or {"$in":["group:default/x","group:default/y"]}`
	if p.peek() != '{' {
		return nil, invalid(remedy, "%s is %s", at, p.shown())
	}
	var values []string
	err := p.object(func(name string) (err error) {
		if name != "$in" || values != nil {
			return invalid(remedy, "%s has %s, which is not understood", at, quoteShort(name))
		}
		values, err = p.list(at + ".$in")
		return err
	})
	if err == nil && len(values) == 0 {
		err = invalid(remedy, "%s names no target", at)
	}
	return values, err
}

// shortKey is a key as it stands in a message.
func shortKey(key string) string {
	const most = 60
	if len(key) > most {
		return strings.ToValidUTF8(key[:most], "") + "…"
	}
	return key
}
