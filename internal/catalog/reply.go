package catalog

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"

	"github.com/cespare/xxhash/v2"

	"portico/internal/catalog/index"
	"portico/internal/httpx"
)

// reading is one request for what the index holds.
type reading struct {
	w    http.ResponseWriter
	r    *http.Request
	snap *index.Snapshot
	seen *index.Restriction
	all  *answersOf // what the snapshot was asked
	one  bool       // what is answered is one entity, and has its tag
	key  []byte     // what all is to remember the answer under; nil: it is not
}

func (h *Handler) read(w http.ResponseWriter, r *http.Request) (reading, error) {
	snap, err := h.snapshot(r)
	if err != nil {
		return reading{}, err
	}
	return reading{w: w, r: r, snap: snap, seen: h.seen(r.Context()), all: h.answers.of(snap, h.Build)}, nil
}

// again answers a GET of a list from what is remembered for its query. Where it does not, what is answered is
// remembered.
func (rd *reading) again() bool {
	if len(rd.r.URL.RawQuery) > maxQuery {
		return false
	}
	key := make([]byte, 0, 512)
	key = append(key, rd.r.URL.Path...)
	key = append(rd.seen.AppendKey(append(key, 0)), 0)
	rd.key = append(key, rd.r.URL.RawQuery...)
	body := rd.all.get(rd.key)
	if body.Body == nil {
		return false
	}
	if body.tag == "" && !rd.unchanged() || body.tag != "" && !unchanged(rd.w, rd.r, body.tag) {
		body.Send(rd.w, rd.r, http.StatusOK)
	}
	return true
}

// unchanged is for lists: what they show is the snapshot's, and so is their tag. Somebody restricted would learn by it
// that something changed which they do not see, so their lists have a tag of what they hold.
func (rd *reading) unchanged() bool { return rd.seen == nil && unchanged(rd.w, rd.r, rd.all.tag) }

// ownTag is the tag of a list by what it holds; "" where it has that of all lists, or none.
func (rd *reading) ownTag(body []byte) string {
	if rd.seen == nil || rd.one || rd.r.Method != http.MethodGet && rd.r.Method != http.MethodHead {
		return ""
	}
	return fmt.Sprintf(`W/"%016x"`, xxhash.Sum64(body))
}

// unchanged tells the caller the tag of what would be answered, and answers 304 when they have that
// already.
func unchanged(w http.ResponseWriter, r *http.Request, tag string) bool {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		return false
	}
	w.Header()["Etag"] = []string{tag}
	if match := r.Header["If-None-Match"]; len(match) == 0 || match[0] != tag && !listsTag(match, tag) {
		return false
	}
	w.WriteHeader(http.StatusNotModified)
	return true
}

// listsTag compares weakly: a proxy may have made the tag strong, and a client may know several.
func listsTag(match []string, tag string) bool {
	for _, header := range match {
		for one := range strings.SplitSeq(header, ",") {
			if one = strings.TrimSpace(one); one == "*" || strings.TrimPrefix(one, "W/") == strings.TrimPrefix(tag, "W/") {
				return true
			}
		}
	}
	return false
}

// doc answers with one entity.
func (rd *reading) doc(doc *index.Doc) {
	if rd.one = true; !unchanged(rd.w, rd.r, `W/"`+doc.ETag()+`"`) {
		rd.answer(func(b []byte, _ index.Spill) []byte { return doc.AppendJSON(b) })
	}
}

// reply is an answer on its way. It is put together in a buffer and sent at once, or, once it is larger than
// atOnce, piece by piece: a request that names everything, or the same many times, costs no more memory than
// one for a page.
type reply struct {
	buf   []byte
	spill index.Spill // over, bound once
	w     http.ResponseWriter
	r     *http.Request
	out   io.WriteCloser // nil: nothing has been sent
}

const (
	atOnce     = 512 << 10 // bytes
	piece      = 32 << 10
	keepBuffer = 1 << 20 // a larger one is left to the garbage collector
)

var replies = sync.Pool{New: func() any {
	a := &reply{buf: make([]byte, 0, 64<<10)}
	a.spill = a.over
	return a
}}

// answer writes what fill appends, and remembers it if it is small.
func (rd *reading) answer(fill func(dst []byte, spill index.Spill) []byte) {
	a := replies.Get().(*reply)
	a.w, a.r = rd.w, rd.r
	b := fill(a.buf[:0], a.spill)
	if a.out != nil {
		_, _ = a.out.Write(b) // the client may be gone; there is nobody to tell
		_ = a.out.Close()
	} else {
		tag := rd.ownTag(b)
		if tag == "" || !unchanged(rd.w, rd.r, tag) {
			httpx.RawFor(rd.w, rd.r, http.StatusOK, b)
		}
		if rd.key != nil {
			rd.all.put(rd.key, b, tag)
		}
	}
	if cap(b) <= keepBuffer {
		a.buf = b
	}
	a.w, a.r, a.out = nil, nil, nil
	replies.Put(a)
}

// over sends what is in the buffer when that is enough for a piece.
func (a *reply) over(written []byte) (dst []byte, more bool) {
	switch {
	case a.out == nil && len(written) < atOnce, a.out != nil && len(written) < piece:
		return written, true
	case a.out == nil:
		a.out = httpx.StreamFor(a.w, a.r)
	}
	_, err := a.out.Write(written)
	return written[:0], err == nil
}
