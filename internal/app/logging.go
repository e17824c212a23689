package app

import (
	"bufio"
	"context"
	"io"
	"log/slog"
	"sync"
	"time"
)

// LogOptions say how the log looks.
type LogOptions struct {
	JSON    bool
	Verbose bool // requests and details too, in the text form; the JSON form always has requests
}

// NewLog returns a logger that writes to w, and a function that writes out what is buffered.
//
// Lines are buffered for a tenth of a second, warnings and errors not at all: a line a request must
// not cost a system call a request.
func NewLog(w io.Writer, o LogOptions) (*slog.Logger, func()) {
	b := &bufferedLog{w: bufio.NewWriterSize(w, 64<<10)}
	var h slog.Handler
	if o.JSON {
		h = slog.NewJSONHandler(b, nil)
	} else {
		level := slog.LevelWarn
		if o.Verbose {
			level = slog.LevelDebug
		}
		h = slog.NewTextHandler(b, &slog.HandlerOptions{Level: level})
	}
	return slog.New(urgent{Handler: h, flush: b.flush}), b.flush
}

type bufferedLog struct {
	mu    sync.Mutex
	w     *bufio.Writer
	timer bool
}

func (b *bufferedLog) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if !b.timer {
		b.timer = true
		time.AfterFunc(100*time.Millisecond, b.flush)
	}
	return b.w.Write(p)
}

func (b *bufferedLog) flush() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.timer = false
	_ = b.w.Flush() // nobody is left to tell when the log cannot be written
}

// urgent writes warnings and errors out at once.
type urgent struct {
	slog.Handler
	flush func()
}

func (u urgent) Handle(ctx context.Context, r slog.Record) error {
	err := u.Handler.Handle(ctx, r)
	if r.Level >= slog.LevelWarn {
		u.flush()
	}
	return err
}

func (u urgent) WithAttrs(as []slog.Attr) slog.Handler {
	return urgent{Handler: u.Handler.WithAttrs(as), flush: u.flush}
}

func (u urgent) WithGroup(name string) slog.Handler {
	return urgent{Handler: u.Handler.WithGroup(name), flush: u.flush}
}
