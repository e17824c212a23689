package index

import (
	"cmp"
	"slices"
	"strings"

	"github.com/cespare/xxhash/v2"
)

// Doc is one entity as one snapshot shows it. It never changes.
type Doc struct {
	uid, ref, parent string
	base             string // as declared
	tail             string // what is derived: `,"relations":[…],"status":{…}}`
	status           string // JSON array of status items, or empty
	etag             uint64
	revision         int64
	id               uint32
	metaEnd          uint32 // offset in base of the brace that closes metadata
}

// Relation is one relation of an entity, as it stands on the wire.
type Relation struct {
	Type      string
	TargetRef string // kind:namespace/name in lower case
}

// UID is the entity's metadata.uid.
func (d *Doc) UID() string { return d.uid }

// Ref is kind:namespace/name in lower case.
func (d *Doc) Ref() string { return d.ref }

// Parent is the ref of the Location entity that led to this one, or "".
func (d *Doc) Parent() string { return d.parent }

// Revision is the revision at which the entity itself last changed.
func (d *Doc) Revision() int64 { return d.revision }

// ETag is metadata.etag: 16 hexadecimal digits that change whenever JSON does.
func (d *Doc) ETag() string { return string(appendHex(nil, d.etag)) }

// Declared is the entity as it was declared: without uid, etag, relations and status.
func (d *Doc) Declared() string { return d.base }

// JSON is the entity as it is served.
func (d *Doc) JSON() []byte { return d.AppendJSON(make([]byte, 0, d.size())) }

func (d *Doc) size() int { return len(d.base) + len(d.tail) + len(d.uid) + 48 }

// AppendJSON appends the entity as it is served.
func (d *Doc) AppendJSON(dst []byte) []byte {
	dst = append(dst, d.base[:d.metaEnd]...)
	if d.base[d.metaEnd-1] != '{' {
		dst = append(dst, ',')
	}
	dst = append(dst, `"uid":`...)
	dst = appendString(dst, d.uid)
	dst = append(dst, `,"etag":"`...)
	dst = appendHex(dst, d.etag)
	dst = append(dst, '"')
	dst = append(dst, d.base[d.metaEnd:len(d.base)-1]...)
	return append(dst, d.tail...)
}

// Relations lists the relations in the order in which they are served: by type, then by target.
func (d *Doc) Relations() []Relation {
	var out []Relation
	for typ, target := range d.relations() {
		out = append(out, Relation{Type: typ, TargetRef: target})
	}
	return out
}

const tailHead = `,"relations":[`

// relations reads back what appendTail wrote.
func (d *Doc) relations() func(yield func(typ, target string) bool) {
	return func(yield func(typ, target string) bool) {
		s := d.tail
		for i := len(tailHead); i < len(s) && s[i] != ']'; {
			typ, next := stringAt(s, i+len(`{"type":`))
			target, end := stringAt(s, next+len(`,"targetRef":`))
			if !yield(typ, target) {
				return
			}
			if i = end + 1; i < len(s) && s[i] == ',' {
				i++
			}
		}
	}
}

// stringAt decodes the JSON string at s[i], which is there, and returns the offset after it.
func stringAt(s string, i int) (string, int) {
	end := stringEnd(s, i)
	return unquote(s[i+1 : end-1]), end
}

// relation is one relation of an entity while it is worked out.
type relation struct {
	typ    *relationType
	target string
}

// relationType is a type of relation with the index key that it has.
type relationType struct {
	name  string
	field fieldID
}

func compareRelations(a, b relation) int {
	if a.typ != b.typ {
		return cmp.Compare(a.typ.name, b.typ.name)
	}
	return cmp.Compare(a.target, b.target)
}

// sortRelations sorts by type and target and drops repeats.
func sortRelations(rels []relation) []relation {
	slices.SortFunc(rels, compareRelations)
	return slices.Compact(rels)
}

func appendTail(dst []byte, rels []relation, status string) []byte {
	dst = append(dst, tailHead...)
	for i, r := range rels {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(dst, `{"type":`...)
		dst = appendString(dst, r.typ.name)
		dst = append(dst, `,"targetRef":`...)
		dst = appendString(dst, r.target)
		dst = append(dst, '}')
	}
	dst = append(dst, ']')
	if status != "" {
		dst = append(dst, `,"status":{"items":`...)
		dst = append(dst, status...)
		dst = append(dst, '}')
	}
	return append(dst, '}')
}

// sum is the digest of what is served, but for the digest itself.
func (d *Doc) sum(h *xxhash.Digest) uint64 {
	h.Reset()
	_, _ = h.WriteString(d.base) // never fails
	_, _ = h.WriteString(d.uid)
	_, _ = h.WriteString(d.tail)
	return h.Sum64()
}

func appendHex(dst []byte, v uint64) []byte {
	const digits = "0123456789abcdef"
	for shift := 60; shift >= 0; shift -= 4 {
		dst = append(dst, digits[v>>shift&15])
	}
	return dst
}

// statusOf checks what a row says of its status: anything but a JSON array with items counts as none.
func statusOf(raw []byte) string {
	s := strings.TrimSpace(string(raw))
	if len(s) < 2 || s[0] != '[' || strings.TrimSpace(s[1:len(s)-1]) == "" {
		return ""
	}
	return s
}
