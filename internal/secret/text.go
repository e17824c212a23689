package secret

import (
	"crypto/subtle"
	"fmt"
	"log/slog"
)

// Redacted stands for a secret wherever one would be printed.
const Redacted = "‹redacted›"

// Text is a string that prints as [Redacted] with every verb of fmt, in JSON, in YAML and in
// slog, also as a field of a struct. The text lies behind a pointer, so even a reflective printer
// that cannot call methods shows an address at most.
type Text struct {
	text *string
}

// New wraps a text; "" gives the zero Text.
func New(text string) Text {
	if text == "" {
		return Text{}
	}
	return Text{&text}
}

// Reveal returns the text. Hand it to whatever authenticates, never to a log or an answer.
func (s Text) Reveal() string {
	if s.text == nil {
		return ""
	}
	return *s.text
}

// IsSet reports whether there is a text.
func (s Text) IsSet() bool { return s.text != nil }

// Equal compares two texts in time that depends on their lengths only.
func (s Text) Equal(t Text) bool {
	return subtle.ConstantTimeCompare([]byte(s.Reveal()), []byte(t.Reveal())) == 1
}

// String is "" for the zero Text and [Redacted] for any other.
func (s Text) String() string {
	if s.text == nil {
		return ""
	}
	return Redacted
}

// GoString is String.
func (s Text) GoString() string { return s.String() }

// Format writes String whatever the verb.
func (s Text) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(s.String())) }

// MarshalText serves JSON, YAML and map keys.
func (s Text) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// MarshalYAML returns String.
func (s Text) MarshalYAML() (any, error) { return s.String(), nil }

// LogValue is String.
func (s Text) LogValue() slog.Value { return slog.StringValue(s.String()) }
