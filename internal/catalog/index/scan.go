package index

import (
	"bytes"
	"strings"
	"unicode/utf8"
)

// A longer key is not indexed at all; of a longer value only that it exists. Both count as
// JavaScript counts, in UTF-16 units.
const (
	maxKey   = 200
	maxValue = 200
)

// maxNesting bounds the recursion of the scanner. Every object on the way adds to the key, so what lies
// deeper has a key that is too long, but for arrays in arrays in arrays.
const maxNesting = 120

// leaf is one index entry of one entity.
type leaf struct {
	field fieldID
	null  bool   // the key is there, without a value that could be compared
	text  string // the value in lower case
	orig  string // the value as written
}

// specValue is one string under spec, or one string of a list there, as relations are derived from.
type specValue struct{ key, text string }

// scanned is what one entity holds, as far as the index is concerned. Strings may point into its JSON.
type scanned struct {
	leaves  []leaf
	spec    []specValue
	metaEnd int // offset after the last member of metadata
}

// place is where in an entity the scanner stands; elsewhere nothing is special.
type place int

const (
	elsewhere place = iota
	inRoot
	inMetadata
	inSpec
)

// scanner collects the leaves of entities. It is for one goroutine.
type scanner struct {
	reg   *registry
	names map[string]fieldID // what this scanner has already asked the registry
	items map[string]fieldID

	s         string
	path      []byte // the key so far, in lower case
	out       *scanned
	namespace bool // metadata.namespace is there and not empty
}

func newScanner(reg *registry) *scanner {
	return &scanner{reg: reg, names: map[string]fieldID{}, items: map[string]fieldID{}}
}

// scan fills out with what base holds and reports whether base is an entity: an object with an object
// metadata.
func (sc *scanner) scan(base string, out *scanned) bool {
	sc.s, sc.path, sc.out, sc.namespace = base, sc.path[:0], out, false
	out.leaves, out.spec, out.metaEnd = out.leaves[:0], out.spec[:0], -1
	i := skipSpace(base, 0)
	if i >= len(base) || base[i] != '{' {
		return false
	}
	end := sc.object(i, 0, inRoot)
	if end < 0 || out.metaEnd < 0 || end != len(base) {
		return false
	}
	if !sc.namespace {
		out.leaves = append(out.leaves, leaf{field: fieldNamespace, text: "default", orig: "default"})
	}
	return true
}

func (sc *scanner) object(i, depth int, in place) int {
	s := sc.s
	for i = skipSpace(s, i+1); i < len(s); {
		if s[i] == '}' {
			return i + 1
		}
		end := stringEnd(s, i)
		if end < 0 {
			return -1
		}
		key := unquote(s[i+1 : end-1])
		if i = skipSpace(s, end); i >= len(s) || s[i] != ':' {
			return -1
		}
		if i = sc.member(key, skipSpace(s, i+1), depth, in); i < 0 {
			return -1
		}
		if i = skipSpace(s, i); i < len(s) && s[i] == ',' {
			i = skipSpace(s, i+1)
		}
	}
	return -1
}

// member scans the value of one key of an object.
func (sc *scanner) member(key string, i, depth int, in place) int {
	inner, specKey := elsewhere, ""
	switch in {
	case inRoot:
		switch key {
		case "relations", "status", "attachments": // derived, or not for the index
			return skipValue(sc.s, i)
		case "metadata":
			inner = inMetadata
		case "spec":
			inner = inSpec
		}
	case inMetadata:
		if key == "uid" || key == "etag" { // ours to say
			return skipValue(sc.s, i)
		}
	case inSpec:
		specKey = key
	}
	mark := len(sc.path)
	if mark > 0 {
		sc.path = append(sc.path, '.')
	}
	sc.path = appendLower(sc.path, key)
	end := -1
	if bytes.HasPrefix(sc.path, []byte(relationKeys)) || string(sc.path) == "relations" || bytes.HasPrefix(sc.path, []byte(needsKey)) || bytes.HasPrefix(sc.path, []byte(changedKey)) {
		end = skipValue(sc.s, i) // nobody is related, in need or changed by saying so, however the key is written
	} else {
		end = sc.value(i, depth+1, inner, specKey)
	}
	sc.path = sc.path[:mark]
	if inner == inMetadata && end > 0 && sc.s[end-1] == '}' {
		sc.out.metaEnd = len(strings.TrimRight(sc.s[:end-1], " \t\r\n"))
	}
	return end
}

func (sc *scanner) value(i, depth int, in place, specKey string) int {
	s := sc.s
	if i >= len(s) {
		return -1
	}
	if depth > maxNesting || len(sc.path) > maxKey && utf8.RuneCount(sc.path) > maxKey {
		return skipValue(s, i)
	}
	switch s[i] {
	case '{':
		return sc.object(i, depth, in)
	case '[':
		return sc.array(i, depth, specKey)
	case '"':
		end := stringEnd(s, i)
		if end > 0 {
			sc.text(s[i+1:end-1], specKey)
		}
		return end
	}
	end := literalEnd(s, i)
	switch lit := s[i:end]; lit {
	case "null":
		sc.out.leaves = append(sc.out.leaves, leaf{field: sc.field(), null: true})
	case "true", "false":
		sc.out.leaves = append(sc.out.leaves, leaf{field: sc.field(), text: lit, orig: lit})
	default:
		n := numberText(lit)
		sc.out.leaves = append(sc.out.leaves, leaf{field: sc.field(), text: lower(n), orig: n})
	}
	return end
}

func (sc *scanner) array(i, depth int, specKey string) int {
	s := sc.s
	for i = skipSpace(s, i+1); i < len(s); {
		if s[i] == ']' {
			return i + 1
		}
		if s[i] == '"' {
			end := stringEnd(s, i)
			if end < 0 {
				return -1
			}
			// "tags: [java]" is both tags=java and tags.java=true.
			if l := sc.text(s[i+1:end-1], specKey); !l.null && len(sc.path)+1+len(l.text) <= maxKey {
				sc.out.leaves = append(sc.out.leaves, leaf{field: sc.itemField(), text: l.text, orig: l.text})
			}
			i = end
		} else if i = sc.value(i, depth+1, elsewhere, ""); i < 0 {
			return -1
		}
		if i = skipSpace(s, i); i < len(s) && s[i] == ',' {
			i = skipSpace(s, i+1)
		}
	}
	return -1
}

// text adds the leaf of a string, given as it stands between its quotes.
func (sc *scanner) text(raw, specKey string) leaf {
	l := leaf{field: sc.field()}
	const longest = 6 * maxValue // "\u0041" takes six bytes for one unit
	if len(raw) > longest {
		l.null = true
	} else {
		l.orig = unquote(raw)
		if specKey != "" {
			sc.out.spec = append(sc.out.spec, specValue{specKey, l.orig})
		}
		l.text = lower(l.orig)
		if len(l.text) > maxValue && utf16Length(l.text) > maxValue {
			l = leaf{field: l.field, null: true}
		}
	}
	if l.field == fieldNamespace && (l.null || l.text != "") {
		sc.namespace = true
	}
	sc.out.leaves = append(sc.out.leaves, l)
	return l
}

// known adds what is known of the entity that was scanned beside what it declares: what its status says, and when it
// changed. What its relations lack is found out later.
func (sc *scanner) known(status string, changed int64, out *scanned) {
	for _, n := range statusNeeds(status) {
		out.leaves = append(out.leaves, leaf{field: fieldNeeds, text: string(n.What), orig: string(n.What)})
	}
	if changed != 0 {
		at := changedText(changed)
		out.leaves = append(out.leaves, leaf{field: fieldChanged, text: at, orig: at})
	}
}

func (sc *scanner) field() fieldID {
	id, ok := sc.names[string(sc.path)]
	if !ok {
		id = sc.reg.field(string(sc.path))
		sc.names[string(sc.path)] = id
	}
	return id
}

func (sc *scanner) itemField() fieldID {
	id, ok := sc.items[string(sc.path)]
	if !ok {
		id = sc.reg.itemsOf(string(sc.path))
		sc.items[string(sc.path)] = id
	}
	return id
}

// values returns the strings of one field of spec, for deriving relations.
func (s *scanned) values(field string) (out []string) {
	for i := range s.spec {
		if s.spec[i].key == field {
			out = append(out, s.spec[i].text)
		}
	}
	return out
}

func appendLower(dst []byte, s string) []byte {
	mark := len(dst)
	for i := range len(s) {
		c := s[i]
		if c >= utf8.RuneSelf {
			return append(dst[:mark], strings.ToLower(s)...)
		}
		if 'A' <= c && c <= 'Z' {
			c += 'a' - 'A'
		}
		dst = append(dst, c)
	}
	return dst
}
