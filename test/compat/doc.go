// Package compat holds the tests that ask a started portal what clients of Backstage ask, and hold the
// answers against what Backstage says: its OpenAPI document, its own catalog client, its rules for
// filters, and its error envelope. They stand here because they cross all domains.
//
// There is nothing to import: the package is its tests.
package compat
