// Package index is the read model of the catalog: everything that a read needs, in memory, answered
// without a query to anything else. It knows JSON and sets of documents; no SQL, no HTTP, no YAML.
//
// One writer calls [Index.Apply] with changed rows; each call publishes the next [Snapshot]. A
// snapshot never changes, so readers take it without a lock and keep it as long as they like. What a
// change does not touch is shared between one snapshot and the next (copy on write: cowMap, pages).
//
// How it is laid out:
//
//   - A [Doc] is one entity, numbered by a small integer. Its JSON is kept once, as it was declared;
//     what is derived (uid, etag, relations, status) is written into it on the way out, so that a
//     change of a neighbour copies nothing but a list of relations.
//   - A field is one index key of Backstage ("spec.owner", "relations.ownedby", …): a dictionary from
//     each value, in lower case, to the set of documents that have it. A filter is a few set operations.
//   - A set of documents (docset) is a short sorted list or a bitmap, whichever is smaller. Both are
//     plain slices: a catalog has up to some hundred thousand entities, so that a bitmap takes
//     kilobytes and one intersection a microsecond. Compressed bitmaps would save nothing here.
//   - An order keeps the documents of one field by value and then uid. Results are sorted by setting
//     bits at positions of the order, not by comparing, so a page costs the same anywhere in it.
//   - Substring search looks at one signature of 512 bits for each document before it looks
//     at text.
//   - What a snapshot has worked out (sets, sorted results, facets) it remembers, within a limit.
//
// What is derived for a field (its order, the sorted list of its values) hangs on the field and
// outlives the snapshot as long as the field does not change.
//
// Compatibility: filters, predicates, orders, cursors, facets, fields and ancestry mean what they mean
// in Backstage 1.55, with these differences on purpose. A full-text term is taken literally ("_" and
// "%" are no wildcards). An entity is listed once, by its smallest value, when the order field holds a
// list. A facet counts entities, so the same value twice in one entity counts once. An ancestor that
// the reader may not see is not named.
package index
