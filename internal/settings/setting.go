package settings

import (
	"bytes"
	"encoding/json"
	"strings"
	"unicode"
	"unicode/utf8"

	"portico/internal/errs"
	"portico/internal/identity"
)

// The most that one person may keep.
const (
	mostSettings = 1000
	mostValue    = 64 << 10 // of one value, as JSON without spaces
	mostBytes    = 4 << 20  // of all values together: they are read in one answer
	mostName     = 255      // characters of a bucket and of a key, as in Backstage's tables
	mostDepth    = 100      // lists and objects inside each other
)

// Owner is whose settings they are.
type Owner struct {
	Ref     string // in lower case
	Account int64  // of somebody who was let in without a User; else 0
}

// ownerOf is whose settings a person has who makes a request; nobody else has any.
func ownerOf(p *identity.Principal) Owner {
	return Owner{Ref: strings.ToLower(p.Ref), Account: p.Account}
}

// Place is where a setting is.
type Place struct {
	Bucket string `json:"bucket"`
	Key    string `json:"key"`
}

// Setting is one value of a person.
type Setting struct {
	Place
	Value json.RawMessage `json:"value"`
}

// check refuses what can be no name of a setting. Errors: errs.Invalid.
func (p Place) check() error {
	for _, n := range []struct{ what, text string }{{"bucket", p.Bucket}, {"key", p.Key}} {
		switch {
		case n.text == "" || !utf8.ValidString(n.text) || utf8.RuneCountInString(n.text) > mostName:
			return errs.New(errs.Invalid, "the %s of a setting is a text of 1 to %d characters", n.what, mostName)
		case strings.ContainsFunc(n.text, unicode.IsControl):
			return errs.New(errs.Invalid, "the %s of a setting has no control characters", n.what)
		}
	}
	return nil
}

// compact returns the value without spaces. Errors: errs.Invalid, errs.TooLarge.
func compact(value json.RawMessage) (json.RawMessage, error) {
	if !utf8.Valid(value) {
		return nil, errs.New(errs.Invalid, "the value has bytes that are not UTF-8")
	}
	var b bytes.Buffer
	if err := json.Compact(&b, value); err != nil {
		return nil, errs.Public(errs.Invalid, "the value is not JSON", err)
	}
	if b.Len() > mostValue {
		return nil, errs.WithRemedy(errs.New(errs.TooLarge, "the value has %d bytes; a setting has at most %d", b.Len(), mostValue), "keep less in it")
	}
	if depth(b.Bytes()) > mostDepth {
		return nil, errs.New(errs.Invalid, "the value has more than %d lists and objects inside each other", mostDepth)
	}
	return b.Bytes(), nil
}

// depth is how many lists and objects are inside each other in JSON that is well formed.
func depth(value []byte) (most int) {
	now, quoted := 0, false
	for i := 0; i < len(value); i++ {
		switch c := value[i]; {
		case quoted && c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '[', c == '{':
			now++
			most = max(most, now)
		case c == ']', c == '}':
			now--
		}
	}
	return most
}
