// Package fault holds the tests that break what the portal stands on while it works: files, Git hosts,
// PostgreSQL, the connection to it, and the portal's own process. Nothing that was good before may be
// lost, nothing may stay broken afterwards, and the portal says what is wrong.
//
// There is nothing to import: the package is its tests.
package fault
