package index

import (
	"crypto/sha256"
	"slices"
	"strconv"
	"strings"

	"portico/internal/errs"
)

// Filter chooses entities. It belongs to no snapshot. The nil Filter chooses all.
type Filter struct {
	root *expr
	key  string // the same for filters that choose the same way
	json string // as it stands in a cursor
}

// Filters are the two ways to choose that one request may combine; an entity must pass both.
type Filters struct {
	Filter *Filter // from the parameter filter, by ParseFilters
	Query  *Filter // from the body's query, by ParsePredicate
}

// appendKey writes the part of a memo key that stands for the filters and the restriction.
func (f Filters) appendKey(dst []byte, r *Restriction) []byte {
	for _, one := range [...]*Filter{f.Filter, f.Query, r.filter()} {
		if one != nil {
			dst = append(dst, one.key...)
		}
		dst = append(dst, 0)
	}
	return dst
}

// Restriction is what a reader may see. It belongs to no snapshot; each works out its documents once.
// The nil Restriction shows everything.
type Restriction struct{ allow *Filter }

// Restrict shows only what allow chooses. The nil Filter, which chooses all elsewhere, chooses nothing here: it is what
// becomes of a list of rules without rules.
func Restrict(allow *Filter) *Restriction {
	if allow == nil {
		allow = newFilter(&expr{op: opAny}, "")
	}
	return &Restriction{allow: allow}
}

// AppendKey appends what is the same for restrictions that show the same.
func (r *Restriction) AppendKey(dst []byte) []byte {
	if f := r.filter(); f != nil {
		dst = append(dst, f.key...)
	}
	return dst
}

func (r *Restriction) filter() *Filter {
	if r == nil {
		return nil
	}
	return r.allow
}

// Relational reports whether an entity that has fewer relations may be shown where it would not be with all of them:
// the restriction excludes by relation.
func (r *Restriction) Relational() bool {
	f := r.filter()
	return f != nil && f.root.excludesRelations(false)
}

func (e *expr) excludesRelations(negated bool) bool {
	negated = negated || e.op == opNot
	return negated && strings.HasPrefix(e.key, relationKeys) ||
		slices.ContainsFunc(e.subs, func(sub *expr) bool { return sub.excludesRelations(negated) })
}

// expr is one node of a filter.
type expr struct {
	op     op
	key    string   // in lower case
	values []string // in lower case
	subs   []*expr
}

type op byte

const (
	opExists op = 'e'
	opIn     op = 'i'
	opPrefix op = 'p' // of values[0]
	opAll    op = 'a'
	opAny    op = 'o'
	opNot    op = 'n' // of subs[0]
)

func newFilter(root *expr, json string) *Filter {
	key := root.appendKey(nil)
	if len(key) > 2*sha256.Size { // what is looked up at every request had better be short
		sum := sha256.Sum256(key)
		key = append([]byte{'#'}, sum[:]...)
	}
	return &Filter{root: root, key: string(key), json: json}
}

func (e *expr) appendKey(dst []byte) []byte {
	dst = append(dst, byte(e.op))
	if e.op == opExists || e.op == opIn || e.op == opPrefix {
		dst = appendCounted(dst, e.key)
	}
	dst = strconv.AppendInt(dst, int64(len(e.values)+len(e.subs)), 10)
	dst = append(dst, ':')
	for _, v := range e.values {
		dst = appendCounted(dst, v)
	}
	for _, sub := range e.subs {
		dst = sub.appendKey(dst)
	}
	return dst
}

// appendCounted writes s so that what follows cannot be taken for a part of it.
func appendCounted(dst []byte, s string) []byte {
	dst = strconv.AppendInt(dst, int64(len(s)), 10)
	dst = append(dst, ':')
	return append(dst, s...)
}

// filtered is the set of documents that pass the filters and may be seen.
func (s *Snapshot) filtered(f Filters, r *Restriction) docset {
	var parts []*expr
	for _, one := range [...]*Filter{f.Filter, f.Query} {
		if one != nil {
			parts = append(parts, one.root)
		}
	}
	v := s.veil(r)
	switch {
	case len(parts) > 0:
	case v != nil:
		return v.visible
	default:
		return s.live
	}
	return s.memo.sets.get(f.appendKey(make([]byte, 0, 256), r), func() (docset, int) {
		set := s.every(parts, v)
		if v != nil {
			set = set.and(v.visible)
		}
		return set, set.size()
	})
}

func (s *Snapshot) every(subs []*expr, v *veil) docset {
	sets := make([]docset, len(subs))
	for i, sub := range subs {
		if sets[i] = s.eval(sub, v); sets[i].empty() {
			return docset{}
		}
	}
	slices.SortFunc(sets, func(a, b docset) int { return a.n - b.n })
	if len(sets) == 0 {
		return s.live
	}
	out := sets[0]
	for _, set := range sets[1:] {
		out = out.and(set)
	}
	return out
}

// eval returns a set that may be shared and so must not be changed.
func (s *Snapshot) eval(e *expr, v *veil) docset {
	switch e.op {
	case opAll:
		return s.every(e.subs, v)
	case opAny:
		sets := make([]docset, len(e.subs))
		for i, sub := range e.subs {
			sets[i] = s.eval(sub, v)
		}
		return union(sets)
	case opNot:
		return s.live.andNot(s.eval(e.subs[0], v))
	}
	f, id, items := s.resolve(e.key)
	var sets []docset
	switch e.op {
	case opExists:
		if f != nil {
			sets = append(sets, s.having(v, id, f))
		}
		sets = append(sets, items...)
	case opIn:
		for _, value := range e.values {
			if f != nil {
				sets = append(sets, s.equals(v, id, f, value))
			}
			if value == "true" {
				sets = append(sets, items...)
			}
		}
	case opPrefix:
		prefix := e.values[0]
		if f != nil {
			sets = append(sets, s.matching(v, id, f, func(text string) bool { return strings.HasPrefix(text, prefix) }))
		}
		if strings.HasPrefix("true", prefix) {
			sets = append(sets, items...)
		}
	}
	return union(sets)
}

// What one request may hold. Far more than anybody writes, and little enough to be answered at once.
const (
	maxFilterBytes = 64 << 10
	maxTerms       = 2000 // conditions and values together
	maxPrefixes    = 16   // each looks at every value of its field
	maxDepth       = 32   // operators within operators
	maxFields      = 200
	maxTextFields  = 16
	maxOrders      = 8
	maxFacets      = 64
	maxTextTerm    = 1000 // bytes
	maxTextWords   = 16   // each looks at every value of its fields
)

// invalid is an errs.Invalid that says what is wrong and what to write instead.
func invalid(remedy, format string, args ...any) error {
	return errs.WithRemedy(errs.New(errs.Invalid, format, args...), remedy)
}

const filterRemedy = `write conditions as key=value, or a key alone for "has any value", with commas between: filter=kind=component,spec.type=service`

// ParseFilters reads the values of the parameter filter. Within one value, commas mean "and", and a key
// that comes twice means any of its values; several values mean "or". It returns nil when there are no
// conditions. Errors are errs.Invalid.
func ParseFilters(params []string) (*Filter, error) {
	size, terms := 0, 0
	for _, p := range params {
		size += len(p)
	}
	if size > maxFilterBytes {
		return nil, invalid("ask for less at once, or in several requests", "the parameter filter is %d bytes long; at most %d are read", size, maxFilterBytes)
	}
	any := &expr{op: opAny}
	for _, p := range params {
		all := &expr{op: opAll}
		index := map[string]int{} // by the key as written: Backstage joins only what is written alike
		for part := range strings.SplitSeq(p, ",") {
			part = strings.TrimSpace(part)
			if part == "" {
				continue
			}
			if terms++; terms > maxTerms {
				return nil, invalid("ask for less at once, or in several requests", "the parameter filter has more than %d conditions", maxTerms)
			}
			key, value, valued := strings.Cut(part, "=")
			key, value = strings.TrimSpace(key), strings.TrimSpace(value)
			if key == "" {
				return nil, invalid(filterRemedy, "the parameter filter has the condition %s, which names no key", quoteShort(part))
			}
			i, again := index[key]
			if !again {
				i = len(all.subs)
				index[key] = i
				all.subs = append(all.subs, &expr{op: opExists, key: key})
			}
			if valued {
				all.subs[i].op = opIn
				all.subs[i].values = append(all.subs[i].values, value)
			}
		}
		if len(all.subs) > 0 {
			any.subs = append(any.subs, all)
		}
	}
	if len(any.subs) == 0 {
		return nil, nil
	}
	json := string(appendFilterJSON(nil, any))
	any.fold()
	return newFilter(any.simplify(), json), nil
}

// fold puts keys and values into lower case.
func (e *expr) fold() {
	e.key = lower(e.key)
	for i := range e.values {
		e.values[i] = lower(e.values[i])
	}
	for _, sub := range e.subs {
		sub.fold()
	}
}

// simplify takes away operators over a single operand.
func (e *expr) simplify() *expr {
	for i := range e.subs {
		e.subs[i] = e.subs[i].simplify()
	}
	if (e.op == opAll || e.op == opAny) && len(e.subs) == 1 {
		return e.subs[0]
	}
	return e
}

// appendFilterJSON writes a filter, before it was folded, in the form that Backstage's cursors have.
func appendFilterJSON(dst []byte, e *expr) []byte {
	switch e.op {
	case opAll, opAny:
		if e.op == opAll {
			dst = append(dst, `{"allOf":[`...)
		} else {
			dst = append(dst, `{"anyOf":[`...)
		}
		for i, sub := range e.subs {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = appendFilterJSON(dst, sub)
		}
		return append(dst, "]}"...)
	case opNot:
		dst = append(dst, `{"not":`...)
		return append(appendFilterJSON(dst, e.subs[0]), '}')
	}
	dst = append(dst, `{"key":`...)
	dst = appendString(dst, e.key)
	if e.op == opIn {
		dst = append(dst, `,"values":`...)
		dst = appendStrings(dst, e.values)
	}
	return append(dst, '}')
}

func appendStrings(dst []byte, list []string) []byte {
	dst = append(dst, '[')
	for i, v := range list {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = appendString(dst, v)
	}
	return append(dst, ']')
}

// quoteShort quotes what a message repeats of the input, which may be long.
func quoteShort(s string) string {
	const most = 80
	if len(s) > most {
		s = strings.ToValidUTF8(s[:most], "") + "…"
	}
	return strconv.Quote(s)
}
