package app

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"time"
)

// quieter keeps notes of libraries about their own life out of the log, and says the same thing once in a
// while only: in an outage of the database River's parts complain several times a second. That something was
// cancelled is no complaint: the portal stops, and cancelled it itself.
type quieter struct {
	slog.Handler
	said *sync.Map // message → time.Time
}

func quiet(l *slog.Logger) quieter { return quieter{l.Handler(), new(sync.Map)} }

// sayAgain is the time after which a library's complaint is logged again.
const sayAgain = 30 * time.Second

func (q quieter) Enabled(ctx context.Context, l slog.Level) bool {
	return l >= slog.LevelWarn && q.Handler.Enabled(ctx, l)
}

func (q quieter) Handle(ctx context.Context, r slog.Record) error {
	if cancelled(r) {
		return nil
	}
	if at, ok := q.said.Load(r.Message); ok && r.Time.Sub(at.(time.Time)) < sayAgain {
		return nil
	}
	q.said.Store(r.Message, r.Time)
	return q.Handler.Handle(ctx, r)
}

func (q quieter) WithAttrs(as []slog.Attr) slog.Handler {
	return quieter{q.Handler.WithAttrs(as), q.said}
}

func (q quieter) WithGroup(name string) slog.Handler {
	return quieter{q.Handler.WithGroup(name), q.said}
}

// cancelled reports whether a record tells of work that ended because its context did.
func cancelled(r slog.Record) (yes bool) {
	r.Attrs(func(a slog.Attr) bool {
		err, _ := a.Value.Any().(error)
		yes = errors.Is(err, context.Canceled) || a.Value.Kind() == slog.KindString && strings.HasSuffix(a.Value.String(), context.Canceled.Error())
		return !yes
	})
	return yes
}
