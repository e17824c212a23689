package httpx

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"reflect"
	"strconv"
	"strings"
	"sync"

	"portico/internal/errs"
)

// JSON answers with v. Values that cannot be encoded are a programming error and panic.
func JSON(w http.ResponseWriter, status int, v any) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		panic(fmt.Errorf("httpx: encode %T: %w", v, err))
	}
	Raw(w, status, b.Bytes())
}

// Raw answers with JSON that is already encoded.
func Raw(w http.ResponseWriter, status int, body []byte) {
	h := w.Header()
	h["Content-Type"] = jsonType
	h["Content-Length"] = []string{strconv.Itoa(len(body))}
	w.WriteHeader(status)
	_, _ = w.Write(body) // the client may be gone; there is nobody to tell
}

// worthZipping is the size of a body from which on compressing it saves a packet.
const worthZipping = 1400

// RawFor answers as Raw does, compressed when the client asks for gzip and the body is worth it.
func RawFor(w http.ResponseWriter, r *http.Request, status int, body []byte) {
	if len(body) < worthZipping || !acceptsGzip(r) {
		Raw(w, status, body)
		return
	}
	z := zippers.Get().(*zipper)
	rawGzip(w, status, z.zip(body))
	zippers.Put(z)
}

func rawGzip(w http.ResponseWriter, status int, zipped []byte) {
	h := w.Header()
	h.Set("Content-Encoding", "gzip")
	h.Add("Vary", "Accept-Encoding")
	Raw(w, status, zipped)
}

// Body is JSON that is sent more than once. It is compressed at most once. Nobody may change the bytes.
type Body struct {
	plain []byte
	once  sync.Once
	gz    []byte
}

// NewBody takes the bytes over.
func NewBody(plain []byte) *Body { return &Body{plain: plain} }

// Send answers with the body, as RawFor does.
func (b *Body) Send(w http.ResponseWriter, r *http.Request, status int) {
	if len(b.plain) < worthZipping || !acceptsGzip(r) {
		Raw(w, status, b.plain)
		return
	}
	b.once.Do(func() {
		z := zippers.Get().(*zipper)
		b.gz = bytes.Clone(z.zip(b.plain))
		zippers.Put(z)
	})
	rawGzip(w, status, b.gz)
}

// StreamFor answers with JSON that the caller writes piece by piece, compressed when the client asks for gzip.
// Close ends it.
func StreamFor(w http.ResponseWriter, r *http.Request) io.WriteCloser {
	w.Header()["Content-Type"] = jsonType
	return StreamAs(w, r)
}

// StreamAs is StreamFor of what the header Content-Type says.
func StreamAs(w http.ResponseWriter, r *http.Request) io.WriteCloser {
	h := w.Header()
	if !acceptsGzip(r) {
		w.WriteHeader(http.StatusOK)
		return plainStream{w}
	}
	h.Set("Content-Encoding", "gzip")
	h.Add("Vary", "Accept-Encoding")
	w.WriteHeader(http.StatusOK)
	gz, _ := gzip.NewWriterLevel(w, gzip.BestSpeed) // the level is one that it knows
	return gz
}

type plainStream struct{ io.Writer }

func (plainStream) Close() error { return nil }

type zipper struct {
	buf bytes.Buffer
	gz  *gzip.Writer
}

// zip returns bytes that the next call overwrites.
func (z *zipper) zip(body []byte) []byte {
	z.buf.Reset()
	z.gz.Reset(&z.buf)
	_, _ = z.gz.Write(body)
	_ = z.gz.Close()
	return z.buf.Bytes()
}

var zippers = sync.Pool{New: func() any {
	gz, _ := gzip.NewWriterLevel(io.Discard, gzip.BestSpeed)
	return &zipper{gz: gz}
}}

func acceptsGzip(r *http.Request) bool {
	v := r.Header["Accept-Encoding"]
	return len(v) > 0 && strings.Contains(v[0], "gzip")
}

// Decode reads a JSON object from the body into v. Fields that v does not have are refused by name.
func Decode(r *http.Request, v any) error {
	if ct := r.Header.Get("Content-Type"); ct != "" {
		if mt, _, err := mime.ParseMediaType(ct); err != nil || (mt != "application/json" && !strings.HasSuffix(mt, "+json")) {
			return errs.New(errs.Invalid, "the body must be application/json, not %s", ct)
		}
	}
	dec := json.NewDecoder(r.Body)
	dec.DisallowUnknownFields()
	if err := dec.Decode(v); err != nil {
		return decodeError(err)
	}
	if dec.More() {
		return errs.New(errs.Invalid, "the body holds more than one JSON value")
	}
	return nil
}

func decodeError(err error) error {
	var syntax *json.SyntaxError
	var typ *json.UnmarshalTypeError
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &tooLarge):
		return err
	case errors.Is(err, io.EOF):
		return errs.Public(errs.Invalid, "the body is empty; send a JSON object", err)
	case errors.As(err, &syntax):
		return errs.Public(errs.Invalid, fmt.Sprintf("the body is not JSON: %s at byte %d", syntax.Error(), syntax.Offset), err)
	case errors.As(err, &typ):
		where := "the body"
		if typ.Field != "" {
			where += "'s " + typ.Field
		}
		// Where the number itself does not fit, Value is "number 1.5".
		return errs.Public(errs.Invalid, fmt.Sprintf("%s must be %s, not %s", where, jsonWord(typ.Type), typ.Value), err)
	case errors.Is(err, io.ErrUnexpectedEOF):
		return errs.Public(errs.Invalid, "the body ends in the middle of a JSON value", err)
	case strings.HasPrefix(err.Error(), "json: unknown field "):
		return errs.Public(errs.Invalid, "the body has a field that is not known here: "+strings.TrimPrefix(err.Error(), "json: unknown field "), err)
	default:
		return errs.Public(errs.Invalid, "the body could not be read", err)
	}
}

// jsonWord says in the words of JSON what a Go type is read from.
func jsonWord(t reflect.Type) string {
	switch t.Kind() {
	case reflect.Pointer:
		return jsonWord(t.Elem())
	case reflect.String:
		return "a string"
	case reflect.Bool:
		return "true or false"
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return "a whole number"
	case reflect.Float32, reflect.Float64:
		return "a number"
	case reflect.Slice, reflect.Array:
		return "a list"
	default:
		return "an object"
	}
}

func asMaxBytes(err error, target **http.MaxBytesError) bool { return errors.As(err, target) }
