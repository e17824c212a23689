package secret

import (
	"context"
	"fmt"
	"log/slog"
)

// Handler is a log that secrets are taken out of before they reach h.
func (n *Net) Handler(h slog.Handler) slog.Handler { return handler{h, n} }

type handler struct {
	slog.Handler
	net *Net
}

func (h handler) Handle(ctx context.Context, r slog.Record) error {
	message, found := h.net.Replace(r.Message)
	r.Attrs(func(a slog.Attr) bool {
		_, dirty := h.value(a.Value)
		found = found || dirty
		return !found
	})
	if !found {
		return h.Handler.Handle(ctx, r)
	}
	clean := slog.NewRecord(r.Time, r.Level, message, r.PC)
	r.Attrs(func(a slog.Attr) bool {
		a.Value, _ = h.value(a.Value)
		clean.AddAttrs(a)
		return true
	})
	return h.Handler.Handle(ctx, clean)
}

// value returns a value without secrets, and whether it had one.
func (h handler) value(v slog.Value) (slog.Value, bool) {
	v = v.Resolve()
	switch v.Kind() {
	case slog.KindString:
		return h.text(v, v.String())
	case slog.KindGroup:
		attrs, found := h.attrs(v.Group())
		if !found {
			return v, false
		}
		return slog.GroupValue(attrs...), true
	case slog.KindAny:
		switch x := v.Any().(type) {
		case nil:
			return v, false
		case error:
			return h.text(v, x.Error())
		case fmt.Stringer:
			return h.text(v, x.String())
		default:
			return h.text(v, fmt.Sprintf("%+v", x))
		}
	}
	return v, false
}

// text is the value as it was, unless the text that it becomes holds a secret.
func (h handler) text(v slog.Value, text string) (slog.Value, bool) {
	clean, found := h.net.Replace(text)
	if !found {
		return v, false
	}
	return slog.StringValue(clean), true
}

func (h handler) attrs(list []slog.Attr) (out []slog.Attr, found bool) {
	for _, a := range list {
		v, dirty := h.value(a.Value)
		out = append(out, slog.Attr{Key: a.Key, Value: v})
		found = found || dirty
	}
	return out, found
}

func (h handler) WithAttrs(as []slog.Attr) slog.Handler {
	clean, _ := h.attrs(as)
	return handler{h.Handler.WithAttrs(clean), h.net}
}

func (h handler) WithGroup(name string) slog.Handler {
	return handler{h.Handler.WithGroup(name), h.net}
}
