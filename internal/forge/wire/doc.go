// Package wire is how rooms of hosts that are asked by REST or GraphQL speak JSON over HTTP: bounded, without following
// redirects, and with errors that say what to do next. What a host answers is checked here before it goes on: names,
// commits and addresses that cannot be any, and texts that cannot be kept.
//
// Budget and guards are in the http.Client that the caller gives, and credentials may be.
package wire
