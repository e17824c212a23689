// Package catalog owns the software catalog: sources and the units they yield, applying what a unit
// asserts, the change log, and the catalog's REST API.
//
// The noun itself (parsing, rules, refs, relations) is in catalog/entity; the read model that
// answers every read is in catalog/index. Reading files, URLs and repositories is discovery's
// business: this package states the Reader that it needs.
package catalog
