// Package wire is how rooms of hosts that are asked by REST or GraphQL speak JSON over HTTP: bounded, without following
// redirects, and with errors that say what to do next. What a host answers is checked here before it goes on: names,
// commits and addresses that cannot be any, and texts that cannot be kept.
//
// It brings no credentials and no budget: these are in the http.Client that the caller gives.
package wire
