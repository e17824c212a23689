package pg

import (
	"context"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// DB runs statements. A [*Pool], a pgx.Tx and a *pgx.Conn are DBs.
type DB interface {
	Exec(ctx context.Context, sql string, args ...any) (pgconn.CommandTag, error)
	Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error)
	QueryRow(ctx context.Context, sql string, args ...any) pgx.Row
	CopyFrom(ctx context.Context, table pgx.Identifier, columns []string, src pgx.CopyFromSource) (int64, error)
	SendBatch(ctx context.Context, b *pgx.Batch) pgx.BatchResults
}

// Collect runs a query and scans every row, as pgx.CollectRows does. The slice is never nil, so it
// becomes [] in JSON. scan is usually pgx.RowToStructByName[T], pgx.RowTo[T] or a function of the
// store's.
func Collect[T any](ctx context.Context, db DB, scan pgx.RowToFunc[T], sql string, args ...any) ([]T, error) {
	rows, err := db.Query(ctx, sql, args...)
	if err != nil {
		return nil, Err(err)
	}
	items, err := pgx.CollectRows(rows, scan)
	if err != nil {
		return nil, Err(err)
	}
	return items, nil
}

// Collect1 runs a query that yields one row and scans it. No row is an errs.NotFound error whose
// sentence the caller should replace by one that names what was looked for; several rows are an
// internal error.
func Collect1[T any](ctx context.Context, db DB, scan pgx.RowToFunc[T], sql string, args ...any) (T, error) {
	rows, err := db.Query(ctx, sql, args...)
	if err != nil {
		var zero T
		return zero, Err(err)
	}
	item, err := pgx.CollectExactlyOneRow(rows, scan)
	if err != nil {
		var zero T
		return zero, Err(err)
	}
	return item, nil
}
