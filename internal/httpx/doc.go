// Package httpx is the one way in: a registry of routes that each carry their access rule, handlers
// that return errors, one place that turns an error into an answer, and the request log.
//
// It knows no domain. Who somebody is and what they may do is asked of a [Gate], which identity
// implements.
package httpx
