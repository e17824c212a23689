// Package compat holds the tests that ask a started portal what clients of Backstage ask, and hold the
// answers against what Backstage says: its OpenAPI document, its own catalog client, its rules for
// filters, and its error envelope. They stand here because they cross all domains.
//
// There is nothing to import: the package is its tests.
//
// # Where we differ on purpose
//
//   - A path that is not there answers with the error envelope; Backstage answers 404 without a body.
//   - A field of a body that is not known is refused by its name. Backstage leaves out of account what its document does
//     not forbid, so a slip such as "filter" for "query" there answers with everything.
//   - An entity with several values of the field that a page is ordered by comes once, at its smallest value; in
//     Backstage it comes once for each.
//   - In a full-text term % and _ stand for themselves.
//   - {"$all":[]} chooses everything, as Backstage's own evaluator has it; its SQL chooses nothing.
//   - The Link header of a list holds the whole path, and a page of nothing (limit=0) has none that leads to itself.
//   - locations/by-entity and locations/{id} also show locations of the configuration. They are not in the lists, and
//     who would change or remove one is told where to do it.
//   - dryRun takes yes and no in the usual words and refuses any other, which Backstage takes for no.
//   - validate-entity takes any type of location, and all faults of an entity are in its list, not the first.
//   - An entity that is removed while its file still declares it comes back when that file changes, or when somebody
//     restores it; in Backstage at the next time that the file is processed, changed or not.
//   - Errors carry an id, which the log has too, and a remedy.
package compat
