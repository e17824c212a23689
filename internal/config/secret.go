package config

import (
	"crypto/subtle"
	"fmt"
	"log/slog"
)

// Redacted stands for a secret wherever one would be printed.
const Redacted = "‹redacted›"

// Secret is a string that prints as [Redacted] with every verb of fmt, in JSON, in YAML and in
// slog, also as a field of a struct. The text lies behind a pointer, so even a reflective printer
// that cannot call methods shows an address at most.
type Secret struct {
	text *string
}

// NewSecret wraps a text; "" gives the zero Secret.
func NewSecret(text string) Secret {
	if text == "" {
		return Secret{}
	}
	return Secret{&text}
}

// Reveal returns the text. Hand it to whatever authenticates, never to a log or an answer.
func (s Secret) Reveal() string {
	if s.text == nil {
		return ""
	}
	return *s.text
}

// IsSet reports whether there is a text.
func (s Secret) IsSet() bool { return s.text != nil }

// Equal compares two secrets in time that depends on their lengths only.
func (s Secret) Equal(t Secret) bool {
	return subtle.ConstantTimeCompare([]byte(s.Reveal()), []byte(t.Reveal())) == 1
}

// String is "" for the zero Secret and [Redacted] for any other.
func (s Secret) String() string {
	if s.text == nil {
		return ""
	}
	return Redacted
}

// GoString is String.
func (s Secret) GoString() string { return s.String() }

// Format writes String whatever the verb.
func (s Secret) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(s.String())) }

// MarshalText serves JSON, YAML and map keys.
func (s Secret) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// MarshalYAML returns String.
func (s Secret) MarshalYAML() (any, error) { return s.String(), nil }

// LogValue is String.
func (s Secret) LogValue() slog.Value { return slog.StringValue(s.String()) }
