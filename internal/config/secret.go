package config

import "portico/internal/secret"

// Redacted stands for a secret wherever one would be printed.
const Redacted = secret.Redacted

// Secret is a string of the configuration that must not be seen.
type Secret = secret.Text

// NewSecret wraps a text; "" gives the zero Secret.
func NewSecret(text string) Secret { return secret.New(text) }
