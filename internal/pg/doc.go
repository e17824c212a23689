// Package pg is the way to PostgreSQL: a pool, transactions, scanning, notifications and the
// schema's migrations. It knows no domain; each table belongs to the package that names it.
//
// Stores take a [DB], which a [*Pool] and a transaction both satisfy, so they compose inside
// [Transact]. SQL stays visible; the helpers only remove what every caller would repeat.
//
// What is guaranteed:
//   - the extended protocol is always used, so arguments never become SQL text;
//   - an operation on the pool waits a bounded time for a connection, and when the server is not
//     there the error is errs.Unavailable, with a sentence that names no host;
//   - a transaction is rolled back when its function fails or panics, and repeated only when the
//     caller says that this is safe.
//
// Connections carry settings in their start-up message and hold prepared statements and LISTEN, so
// a pooler in transaction mode (PgBouncer) may not stand between.
//
// The private server is internal/pg/private, databases for tests are internal/pg/pgtest.
package pg
