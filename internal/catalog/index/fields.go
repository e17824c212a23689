package index

import (
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Fields is which parts of an entity to keep. The nil Fields keeps all.
type Fields struct {
	paths   []string
	changed bool // changedField was asked for
	absent  bool // absentField was asked for

	whole bool // all is kept but for relations
	most  int  // of each type, so many relations at most; 0: all

	snap *Snapshot    // where absentField looks for what is named
	seen *Restriction // and for whom
}

// Most is the same with at most so many relations of each type; whole entities, too, come so.
func (f *Fields) Most(most int) *Fields {
	if f == nil {
		return &Fields{whole: true, most: most}
	}
	cut := *f
	cut.most = most
	return &cut
}

// For is the same as a reader has it: what is not there for them hangs on what they see.
func (f *Fields) For(s *Snapshot, r *Restriction) *Fields {
	if f == nil || !f.absent {
		return f
	}
	theirs := *f
	theirs.snap, theirs.seen = s, r
	return &theirs
}

// changedField stands for when the entity changed. It is no part of the entity: only who asks for it by name has it.
const changedField = "portico.changedAt"

// absentField stands for what an entity names that is not in the catalog, or not for the reader to see: how many, and the
// first of them, as its owner is told.
const absentField = "portico.absent"

// changedKey is the same as an index key: lists are sorted by it.
const changedKey = "portico.changedat"

// changedText is a time as its index has it: texts in the order of the times, without a letter that could be written large or small.
func changedText(ms int64) string { return time.UnixMilli(ms).UTC().Format("2006-01-02 15:04:05.000") }

// ParseFields reads the values of the parameter fields: dotted paths with commas between, each of which
// keeps a value or everything below it. It returns nil when there are none. Errors are errs.Invalid.
func ParseFields(params []string) (*Fields, error) {
	var f Fields
	size := 0
	for _, p := range params {
		if size += len(p); size > maxFilterBytes {
			return nil, invalid("ask for fewer fields", "the parameter fields is longer than %d bytes", maxFilterBytes)
		}
		for path := range strings.SplitSeq(p, ",") {
			if path = strings.TrimSpace(path); path == "" {
				continue
			}
			if strings.ContainsAny(path, "[]") {
				return nil, invalid("name the whole list: fields=metadata.tags", "the parameter fields has %s; single items of a list cannot be chosen", quoteShort(path))
			}
			if path == changedField {
				f.changed = true
				continue
			}
			if path == absentField {
				f.absent = true
				continue
			}
			if f.paths = append(f.paths, path); len(f.paths) > maxFields {
				return nil, invalid("ask for fewer fields, or for a common parent such as spec", "the parameter fields names more than %d paths", maxFields)
			}
		}
	}
	if len(f.paths) == 0 && !f.changed && !f.absent {
		return nil, nil
	}
	return &f, nil
}

var projectors = sync.Pool{New: func() any { return new(projector) }}

// projector copies parts of a JSON text.
type projector struct {
	json []byte
	s    string
	dst  []byte
	want []string // a stack: for each object on the way, what is still wanted below it
}

// AppendFields appends the parts of the entity that f keeps, as an object.
func (d *Doc) AppendFields(dst []byte, f *Fields) []byte {
	if f == nil {
		return d.AppendJSON(dst)
	}
	if f.whole {
		return d.AppendBrief(dst, f.most)
	}
	var buf [128]byte
	own := buf[:0]
	if f.changed && d.changed != 0 {
		own = append(d.Changed().AppendFormat(append(own, `"changedAt":"`...), time.RFC3339Nano), `",`...)
	}
	if f.absent {
		if n, first := f.snap.absentOf(d, f.seen); n > 0 {
			own = append(strconv.AppendInt(append(own, `"absent":{"count":`...), int64(n), 10), `,"first":`...)
			own = append(appendString(own, first), "},"...)
		}
	}
	if f.most > 0 && slices.Contains(f.paths, "relations") {
		brief, counts := d.brief(f.most)
		if d = brief; counts != nil {
			own = append(append(append(own, `"relations":{`...), counts...), "},"...)
		}
	}
	p := projectors.Get().(*projector)
	defer projectors.Put(p)
	p.json = d.AppendJSON(p.json[:0])
	p.s, p.dst = view(p.json), dst
	p.object(0, f.paths)
	dst, p.s, p.dst = p.dst, "", nil
	if len(own) > 0 {
		dst = dst[:len(dst)-1]
		if dst[len(dst)-1] != '{' {
			dst = append(dst, ',')
		}
		dst = append(append(append(dst, `"portico":{`...), own[:len(own)-1]...), "}}"...)
	}
	return dst
}

// object copies what is wanted of the object at s[i] and returns the offset after it.
func (p *projector) object(i int, want []string) int {
	p.dst = append(p.dst, '{')
	empty := true
	for i = skipSpace(p.s, i+1); i < len(p.s) && p.s[i] != '}'; {
		quoted := i
		end := stringEnd(p.s, i)
		if end < 0 {
			break
		}
		key := unquote(p.s[i+1 : end-1])
		i = skipSpace(p.s, skipSpace(p.s, end)+1) // past the colon
		mark := len(p.dst)
		if !empty {
			p.dst = append(p.dst, ',')
		}
		p.dst = append(append(p.dst, p.s[quoted:end]...), ':')
		next, kept := p.member(i, key, want)
		if kept {
			empty = false
		} else {
			p.dst = p.dst[:mark]
		}
		if next < 0 {
			break
		}
		if i = skipSpace(p.s, next); i < len(p.s) && p.s[i] == ',' {
			i = skipSpace(p.s, i+1)
		}
	}
	p.dst = append(p.dst, '}')
	return i + 1
}

// member copies what is wanted of the value at s[i], which stands under key.
func (p *projector) member(i int, key string, want []string) (next int, kept bool) {
	base := len(p.want)
	for _, path := range want {
		if len(path) < len(key) || path[:len(key)] != key {
			continue
		}
		if len(path) == len(key) {
			p.want = p.want[:base]
			next = skipValue(p.s, i)
			if next > 0 {
				p.dst = append(p.dst, p.s[i:next]...)
			}
			return next, next > 0
		}
		if path[len(key)] == '.' { // keys may hold dots: this one may be all of the path, or a part
			p.want = append(p.want, path[len(key)+1:])
		}
	}
	below := p.want[base:]
	if len(below) > 0 && i < len(p.s) && p.s[i] == '{' {
		mark := len(p.dst)
		next = p.object(i, below)
		kept = len(p.dst) > mark+len("{}")
	} else {
		next = skipValue(p.s, i)
	}
	p.want = p.want[:base]
	return next, kept
}
