// Package outbound is the one HTTP client with which the portal reaches other hosts.
//
// Nothing may be reached unless a [Rule] names its host. Each request, and each hop of a redirect,
// is checked against the rules; each connection is checked again on the address that is really
// dialled, so that neither a DNS answer nor a redirect nor an odd spelling of an address leads to
// loopback, to a private network or to a cloud's metadata service. Proxies of the environment are
// ignored, sizes and times are bounded, credentials belong to one rule and never follow a redirect
// to another host.
//
// The package knows no forge and no format; whoever needs a host states the rule for it.
package outbound
