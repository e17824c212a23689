// Package crawl makes the repositories of a provider, one configured account of a host, a source of the catalog. It keeps
// what the host said of each, asks for many at a time, and reads those that may have changed; webhooks are kept before they
// are answered and worked off once.
//
// How a host is asked is internal/forge's, what a tree means internal/discovery/infer's, and what becomes of files the
// catalog's.
package crawl
