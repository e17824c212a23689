package index

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/cespare/xxhash/v2"
)

// Doc is one entity as one snapshot shows it. It never changes.
type Doc struct {
	uid, ref, parent string
	base             string     // as declared
	status           string     // JSON array of status items, or empty
	rels             []relation // sorted by type and target
	etag             uint64
	revision         int64
	changed          int64 // when base became what it is, in milliseconds since 1970; 0: nobody knows
	id               uint32
	metaEnd          uint32 // offset in base after the last member of metadata
	escapes          bool   // uid or a target must be escaped in JSON
	lacks            bool   // it names something that should be in the catalog and is not
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

// Changed is when the declared entity became what it is; zero where nobody knows.
func (d *Doc) Changed() time.Time {
	if d.changed == 0 {
		return time.Time{}
	}
	return time.UnixMilli(d.changed).UTC()
}

// ETag is metadata.etag: 16 hexadecimal digits that change whenever JSON does.
func (d *Doc) ETag() string { return string(appendHex(nil, d.etag)) }

// Declared is the entity as it was declared: without uid, etag, relations and status.
func (d *Doc) Declared() string { return d.base }

// JSON is the entity as it is served.
func (d *Doc) JSON() []byte { return d.AppendJSON(make([]byte, 0, d.size())) }

func (d *Doc) size() int { return len(d.base) + 64*len(d.rels) + len(d.status) + 128 }

// AppendJSON appends the entity as it is served.
func (d *Doc) AppendJSON(dst []byte) []byte {
	dst = append(dst, d.base[:d.metaEnd]...)
	if d.base[d.metaEnd-1] != '{' {
		dst = append(dst, ',')
	}
	dst = append(dst, `"uid":`...)
	dst = d.appendText(dst, d.uid)
	dst = append(dst, `,"etag":"`...)
	dst = appendHex(dst, d.etag)
	dst = append(dst, '"')
	dst = append(dst, d.base[d.metaEnd:len(d.base)-1]...)
	return d.appendDerived(dst)
}

// AppendBrief appends the entity with at most so many relations of each type. Where that leaves some out, what follows the
// entity says how many there are of such a type, and to how many entities all of them lead:
// "portico":{"related":10002,"relations":{"ownerOf":10000}}.
func (d *Doc) AppendBrief(dst []byte, most int) []byte {
	brief, counts := d.brief(most)
	dst = brief.AppendJSON(dst)
	if counts == nil {
		return dst
	}
	related := make(map[string]bool, len(d.rels))
	for i := range d.rels {
		related[d.rels[i].target] = true
	}
	dst = strconv.AppendInt(append(dst[:len(dst)-1], `,"portico":{"related":`...), int64(len(related)), 10)
	dst = append(append(dst, `,"relations":{`...), counts...)
	return append(dst, "}}}"...)
}

// brief is the entity with at most so many relations of each type, and of the types that were cut how many there are, as
// members of an object; nil where none was.
func (d *Doc) brief(most int) (_ *Doc, counts []byte) {
	if len(d.rels) <= most {
		return d, nil
	}
	brief := *d
	brief.rels = make([]relation, 0, min(len(d.rels), 4*most))
	for rest := d.rels; len(rest) > 0; { // they stand by type
		typ := rest[0].typ
		n := slices.IndexFunc(rest, func(r relation) bool { return r.typ != typ })
		if n < 0 {
			n = len(rest)
		}
		brief.rels = append(brief.rels, rest[:min(n, most)]...)
		if n > most {
			if counts != nil {
				counts = append(counts, ',')
			}
			counts = strconv.AppendInt(append(appendString(counts, typ.name), ':'), int64(n), 10)
		}
		rest = rest[n:]
	}
	return &brief, counts
}

// appendDerived appends what follows the last thing that was declared.
func (d *Doc) appendDerived(dst []byte) []byte {
	dst = append(dst, `,"relations":[`...)
	for i := range d.rels {
		r := &d.rels[i]
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(dst, r.typ.json...)
		dst = d.appendText(dst, r.target)
		dst = append(dst, '}')
	}
	dst = append(dst, ']')
	if d.status != "" {
		dst = append(dst, `,"status":{"items":`...)
		dst = append(dst, d.status...)
		dst = append(dst, '}')
	}
	return append(dst, '}')
}

// appendText appends a text of which it is known whether any needs escaping: nearly never.
func (d *Doc) appendText(dst []byte, s string) []byte {
	if d.escapes {
		return appendString(dst, s)
	}
	dst = append(dst, '"')
	dst = append(dst, s...)
	return append(dst, '"')
}

// Relations lists the relations in the order in which they are served: by type, then by target.
func (d *Doc) Relations() []Relation {
	out := make([]Relation, len(d.rels))
	for i, r := range d.rels {
		out[i] = Relation{Type: r.typ.name, TargetRef: r.target}
	}
	return out
}

// relation is one relation of an entity.
type relation struct {
	typ    *relationType
	target string
	from   uint32 // the document whose spec gives it: another one, or declared
}

// declared stands for the document that has the relation.
const declared = ^uint32(0)

// relationKeys is what the index keys of relations begin with.
const relationKeys = "relations."

// relationType is a type of relation with the index key that it has.
type relationType struct {
	name  string
	field fieldID
	json  string // `{"type":"…","targetRef":`

	need  string // the type as who needs or belongs has it
	other string // the type as the other end has it; "": nobody knows
	back  bool   // the target is who needs or belongs
	names bool   // the target should be in the catalog
}

func compareRelations(a, b relation) int {
	if a.typ != b.typ {
		return strings.Compare(a.typ.name, b.typ.name)
	}
	return strings.Compare(a.target, b.target)
}

// sortRelations sorts by type and target and drops repeats: what a document declares itself counts as its own.
func sortRelations(rels []relation) []relation {
	slices.SortFunc(rels, func(a, b relation) int { return cmp.Or(compareRelations(a, b), cmp.Compare(b.from, a.from)) })
	return slices.CompactFunc(rels, func(a, b relation) bool { return compareRelations(a, b) == 0 })
}

// finish works out what hangs on everything else.
func (d *Doc) finish(h *xxhash.Digest, buf []byte) []byte {
	d.escapes = !plain(d.uid)
	for i := range d.rels {
		d.escapes = d.escapes || !plain(d.rels[i].target)
	}
	buf = d.appendDerived(append(buf[:0], d.uid...))
	h.Reset()
	_, _ = h.WriteString(d.base) // never fails
	_, _ = h.Write(buf)
	d.etag = h.Sum64()
	return buf
}

// digest is what a document adds to that of a snapshot. nil adds nothing.
func (d *Doc) digest() uint64 {
	if d == nil {
		return 0
	}
	return d.etag ^ xxhash.Sum64String(d.parent)
}

// plain reports whether s stands in JSON as it is.
func plain(s string) bool {
	for i := range len(s) {
		if c := s[i]; c < ' ' || c == '"' || c == '\\' || c >= 0x80 {
			return false
		}
	}
	return true
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
