// Package config reads Backstage's app-config.yaml files into one typed [Config].
//
// It owns the format: how files merge, how environment variables and other files are substituted,
// which keys Portico honours, what is wrong with them, and how the result is printed without its
// secrets. It opens nothing but the files that are named, directly or by $file and $include, and
// looks at no environment but the one it is handed.
//
// The rule for what counts as wrong: a configuration that makes Backstage refuse to start is a
// fault, one that Backstage accepts but that cannot work here is a warning, and a key that only
// Backstage or one of its plugins reads is listed as ignored. Faults are reported all at once.
//
// A value that comes from an unset variable is absent, as in Backstage. Where its absence would
// widen what is allowed or send a credential to another host, the whole list entry is left out,
// and a warning says so.
//
// Sections that belong to other rooms (search, techdocs, kubernetes, …) are kept as a [Node] each,
// which their packages decode strictly with [Node.Decode].
package config
