// Package security is the wall: what a hostile caller, repository, host or proxy may try, generated from the registry of
// routes rather than listed, so that a new route stands behind it or fails a test.
//
// Tests are named after the goals that they prove (S1 to S21 of docs/dev/security.md). What they count they log as
// lines "wall: GOAL | what | figure", of which `make security` prints the table; what has no part of the portal to
// stand on yet is logged as pending, by name. [guards_test.go] takes one guard of the portal away at a time and
// requires the test that names it to fail.
package security
