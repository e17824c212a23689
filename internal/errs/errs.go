// Package errs gives every error a kind for machines, a sentence for people and a chain for
// whoever reads the log.
//
// A kind decides the HTTP status and Backstage's error name; it is found through any amount of
// wrapping. A public sentence is the only text that may leave the process: everything else in the
// chain is for the log. Errors without a kind are [Internal] and show no text of their own.
package errs

import (
	"context"
	"errors"
	"fmt"
	"net/http"
)

// Kind classifies an error. The zero value is Internal.
type Kind int

// The kinds, with the HTTP status that each becomes.
const (
	Internal        Kind = iota // 500: our fault; the cause is in the log under the error's ID
	Invalid                     // 400: the caller's input cannot be used as it is
	Unauthenticated             // 401: nobody is signed in, or the token is not valid
	Forbidden                   // 403: signed in, but not allowed
	NotFound                    // 404: absent, or not visible to the caller
	Conflict                    // 409: it exists already, or changed meanwhile
	Gone                        // 410: it was here and is no longer kept
	TooLarge                    // 413: a limit on size was passed
	TooMany                     // 429: a limit on rate was passed
	NotImplemented              // 501: a documented operation that this server does not offer
	Unavailable                 // 503: something that we depend on does not answer; try again
)

var kinds = [...]struct {
	name   string // Backstage's error name where it has one: clients switch on it
	status int
}{
	Internal:        {"Error", http.StatusInternalServerError},
	Invalid:         {"InputError", http.StatusBadRequest},
	Unauthenticated: {"AuthenticationError", http.StatusUnauthorized},
	Forbidden:       {"NotAllowedError", http.StatusForbidden},
	NotFound:        {"NotFoundError", http.StatusNotFound},
	Conflict:        {"ConflictError", http.StatusConflict},
	Gone:            {"GoneError", http.StatusGone},
	TooLarge:        {"PayloadTooLargeError", http.StatusRequestEntityTooLarge},
	TooMany:         {"TooManyRequestsError", http.StatusTooManyRequests},
	NotImplemented:  {"NotImplementedError", http.StatusNotImplemented},
	Unavailable:     {"ServiceUnavailableError", http.StatusServiceUnavailable},
}

// Name is the error name in the response envelope.
func (k Kind) Name() string { return kinds[k].name }

// Status is the HTTP status code.
func (k Kind) Status() int { return kinds[k].status }

// Error carries a kind, an optional public sentence and an optional cause.
type Error struct {
	Kind   Kind
	Public string // may be shown to anyone who may make the request; empty: not for the public
	Remedy string // what to do next; may be empty
	Cause  error  // for the log only
}

func (e *Error) Error() string {
	switch {
	case e.Public == "" && e.Cause == nil:
		return e.Kind.Name()
	case e.Cause == nil:
		return e.Public
	case e.Public == "":
		return e.Cause.Error()
	default:
		return e.Public + ": " + e.Cause.Error()
	}
}

func (e *Error) Unwrap() error { return e.Cause }

// New returns an error of the kind with a public sentence, formatted as by fmt.Sprintf.
func New(k Kind, format string, args ...any) error {
	return &Error{Kind: k, Public: fmt.Sprintf(format, args...)}
}

// Public gives cause a kind and a sentence that may be shown.
func Public(k Kind, sentence string, cause error) error {
	return &Error{Kind: k, Public: sentence, Cause: cause}
}

// WithRemedy adds what to do next to the sentence of err, which keeps its kind.
func WithRemedy(err error, remedy string) error {
	if err == nil {
		return nil
	}
	return &Error{Kind: KindOf(err), Public: Sentence(err), Remedy: remedy, Cause: err}
}

// Wrap adds context to *errp when it is not nil. Use it deferred, as a function's first line:
//
//	defer errs.Wrap(&err, "catalog: entity %s", ref)
func Wrap(errp *error, format string, args ...any) {
	if *errp != nil {
		*errp = fmt.Errorf("%s: %w", fmt.Sprintf(format, args...), *errp)
	}
}

// KindOf finds the kind of err. Deadlines are Unavailable.
func KindOf(err error) Kind {
	var e *Error
	if errors.As(err, &e) {
		return e.Kind
	}
	if errors.Is(err, context.DeadlineExceeded) {
		return Unavailable
	}
	return Internal
}

// Sentence returns the outermost public sentence of err, or "".
func Sentence(err error) string {
	for err != nil {
		var e *Error
		if !errors.As(err, &e) {
			return ""
		}
		if e.Public != "" {
			return e.Public
		}
		err = e.Cause
	}
	return ""
}

// Remedy returns the outermost remedy of err, or "".
func Remedy(err error) string {
	for err != nil {
		var e *Error
		if !errors.As(err, &e) {
			return ""
		}
		if e.Remedy != "" {
			return e.Remedy
		}
		err = e.Cause
	}
	return ""
}

// Is reports whether err is of the kind.
func Is(err error, k Kind) bool { return err != nil && KindOf(err) == k }
