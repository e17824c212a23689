// Package discovery holds the tests that have a whole portal fill its catalog from hosts: what that costs the host, what a
// real Gitea tells, and what becomes of the catalog when a host fails, shrinks, storms or is hostile.
//
// There is nothing to import: the package is its tests.
package discovery
