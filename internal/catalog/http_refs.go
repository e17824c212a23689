package catalog

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"strings"

	"portico/internal/httpx"
)

// refsBody is the body of by-refs.
type refsBody struct {
	EntityRefs []string        `json:"entityRefs"`
	Fields     []string        `json:"fields"`
	Query      json.RawMessage `json:"query"`
	// MostRelations is Portico's own: of each type, so many relations at most.
	MostRelations *int `json:"mostRelations"`
}

// readRefs reads the body of by-refs. Clients send hundreds of refs at a time and nothing else, and
// reading that form by hand costs a tenth of decoding it; every other form goes to the decoder.
func readRefs(r *http.Request) (body refsBody, err error) {
	var b bytes.Buffer
	if r.ContentLength > 0 && r.ContentLength <= 1<<20 {
		b.Grow(int(r.ContentLength) + bytes.MinRead)
	}
	if _, err := b.ReadFrom(r.Body); err != nil {
		return body, err
	}
	text := b.String()
	if ct := r.Header.Get("Content-Type"); ct == "" || ct == "application/json" {
		if refs, ok := plainRefs(text); ok {
			body.EntityRefs = refs
			return body, nil
		}
	}
	r.Body = io.NopCloser(&b)
	return body, httpx.Decode(r, &body)
}

// plainRefs reads {"entityRefs":["…",…]} when that is all, without escapes in it; ok is false for
// anything else. The refs share the memory of the text.
func plainRefs(text string) (refs []string, ok bool) {
	rest, ok := skip(text, "{", `"entityRefs"`, ":", "[")
	if !ok {
		return nil, false
	}
	refs = make([]string, 0, strings.Count(rest, ",")+1)
	if after, empty := skip(rest, "]", "}"); empty {
		return refs, after == ""
	}
	for {
		if rest, ok = strings.CutPrefix(rest, `"`); !ok {
			return nil, false
		}
		end := strings.IndexByte(rest, '"')
		if end < 0 {
			return nil, false
		}
		ref := rest[:end]
		for i := range len(ref) {
			if c := ref[i]; c == '\\' || c < ' ' || c >= 0x80 {
				return nil, false
			}
		}
		refs = append(refs, ref)
		if rest, ok = skip(rest[end+1:], ","); ok {
			continue
		}
		rest, ok = skip(rest, "]", "}")
		return refs, ok && rest == ""
	}
}

// skip takes the tokens off the front of text, with white space before and after each.
func skip(text string, tokens ...string) (rest string, ok bool) {
	text = strings.TrimLeft(text, " \t\r\n")
	for _, t := range tokens {
		if text, ok = strings.CutPrefix(text, t); !ok {
			return text, false
		}
		text = strings.TrimLeft(text, " \t\r\n")
	}
	return text, true
}
