package httpx

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"sync"
	"time"
)

// Deadlines of what a client sends and takes. Both end a connection whose other side stands still.
const (
	headersWithin = 10 * time.Second
	bodyWithin    = 30 * time.Second // for the whole body
	pieceWithin   = 30 * time.Second // for each piece of the answer
	pieceSize     = 256 << 10
)

// NewServer serves what [Registry.Handler] built. The deadlines of the two belong together: an answer that is written
// at once has the server's, and what is longer renews it.
func NewServer(h http.Handler, log *slog.Logger) *http.Server {
	return &http.Server{
		Handler: h, ReadHeaderTimeout: headersWithin, WriteTimeout: pieceWithin, IdleTimeout: 2 * time.Minute,
		MaxHeaderBytes: 32 << 10, ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelWarn),
	}
}

// Of net/http's responses. Asked for directly, as http.ResponseController makes an error for the log of each that has none.
type (
	readDeadliner  interface{ SetReadDeadline(time.Time) error }
	writeDeadliner interface{ SetWriteDeadline(time.Time) error }
)

// setReadDeadline does what it can: a connection that is gone shows when it is read.
func setReadDeadline(w http.ResponseWriter, t time.Time) {
	if d, ok := w.(readDeadliner); ok {
		_ = d.SetReadDeadline(t)
	}
}

// recorder remembers status, size and error for the log, and renews the deadline of what is written.
type recorder struct {
	http.ResponseWriter
	status  int
	bytes   int64
	failure failure
	id      string // of the request, where the audit log may have a record of it
	body    timedBody
	within  time.Duration // to take a piece of the answer
	renewed time.Time     // when the deadline was last set; at first, by the server
}

// failure is what the log says of a request that failed.
type failure struct {
	id, kind string
	cause    string // "" where a line of its own says it
}

var recorders = sync.Pool{New: func() any { return new(recorder) }}

func (r *recorder) WriteHeader(status int) {
	if r.status == 0 {
		r.status = status
		r.renew()
	}
	r.ResponseWriter.WriteHeader(status)
}

func (r *recorder) Write(p []byte) (n int, err error) {
	if r.status == 0 {
		r.status = http.StatusOK
	}
	for {
		piece := p[n:min(len(p), n+pieceSize)]
		if r.bytes > 0 { // at the first, WriteHeader did, or the server
			r.renew()
		}
		m, err := r.ResponseWriter.Write(piece)
		n += m
		r.bytes += int64(m)
		if err != nil || n == len(p) {
			return n, err
		}
	}
}

// renew gives the client time for what is written next. A deadline that is almost new is left as it is, so that short
// answers and streams of short events seldom pay for one.
func (r *recorder) renew() {
	now := time.Now()
	if now.Sub(r.renewed) < r.within/32 {
		return
	}
	r.renewed = now
	if d, ok := r.ResponseWriter.(writeDeadliner); ok {
		_ = d.SetWriteDeadline(now.Add(r.within)) // a connection that is gone shows when it is written to
	}
}

// Unwrap lets http.ResponseController reach the connection, for streams.
func (r *recorder) Unwrap() http.ResponseWriter { return r.ResponseWriter }

// timedBody takes the deadline away once the body is there: with it, net/http would take the client of a handler that
// works for longer to be gone.
type timedBody struct {
	io.ReadCloser
	w      http.ResponseWriter
	within time.Duration
}

func (b *timedBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	switch {
	case err == nil:
	case err == io.EOF:
		setReadDeadline(b.w, time.Time{})
	case errors.Is(err, os.ErrDeadlineExceeded):
		err = &slowBodyError{b.within}
	}
	return n, err
}

// slowBodyError is of a body that did not arrive in time.
type slowBodyError struct{ within time.Duration }

func (e *slowBodyError) Error() string {
	return fmt.Sprintf("the request body did not arrive within %s", e.within)
}
