package pg_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"portico/internal/errs"
	"portico/internal/pg"
	"portico/internal/pg/pgtest"
)

var (
	_ pg.DB = (*pg.Pool)(nil)
	_ pg.DB = pgx.Tx(nil)
	_ pg.DB = (*pgx.Conn)(nil)
)

func TestCollect(t *testing.T) {
	t.Parallel()
	pool := pgtest.New(t)
	ctx := t.Context()
	none, err := pg.Collect(ctx, pool, pgx.RowTo[int], "SELECT 1 WHERE false")
	if err != nil || none == nil || len(none) != 0 {
		t.Errorf("no rows: got %#v, %v; want an empty slice", none, err)
	}
	if _, err := pg.Collect1(ctx, pool, pgx.RowTo[int], "SELECT 1 WHERE false"); !errs.Is(err, errs.NotFound) || !errors.Is(err, pgx.ErrNoRows) {
		t.Errorf("one of none: %v", err)
	}
	if _, err := pg.Collect1(ctx, pool, pgx.RowTo[int], "SELECT generate_series(1, 2)"); !errs.Is(err, errs.Internal) {
		t.Errorf("one of two: %v", err)
	}
	if n, err := pg.Collect1(ctx, pool, pgx.RowTo[int], "SELECT $1::int", 7); n != 7 || err != nil {
		t.Errorf("one: %d, %v", n, err)
	}
	if _, err := pg.Collect(ctx, pool, pgx.RowTo[int], "SELECT 1 / n FROM (VALUES (1), (0)) AS v (n)"); err == nil {
		t.Error("an error after the first row is lost")
	}
}

func TestIsUnique(t *testing.T) {
	t.Parallel()
	pool := pgtest.New(t)
	if _, err := pool.Exec(t.Context(), "CREATE TABLE named (name text CONSTRAINT one_name UNIQUE, size integer CHECK (size > 0))"); err != nil {
		t.Fatal(err)
	}
	insert := func(name string, size int) error {
		_, err := pool.Exec(t.Context(), "INSERT INTO named VALUES ($1, $2)", name, size)
		return err
	}
	if err := insert("a", 1); err != nil {
		t.Fatal(err)
	}
	twice := fmt.Errorf("store: %w", insert("a", 1))
	tests := []struct {
		name       string
		err        error
		constraint string
		want       bool
	}{
		{"the constraint", twice, "one_name", true},
		{"any", twice, "", true},
		{"another constraint", twice, "other", false},
		{"a check", insert("b", 0), "", false},
		{"no error", nil, "", false},
	}
	for _, tt := range tests {
		if got := pg.IsUnique(tt.err, tt.constraint); got != tt.want {
			t.Errorf("%s: got %v for %v", tt.name, got, tt.err)
		}
	}
}

func TestErr(t *testing.T) {
	t.Parallel()
	code := func(c string) error { return fmt.Errorf("store: %w", &pgconn.PgError{Code: c}) }
	mine := errs.New(errs.Conflict, "it changed")
	tests := []struct {
		name string
		err  error
		want errs.Kind
	}{
		{"no rows", pgx.ErrNoRows, errs.NotFound},
		{"starting up", code("57P03"), errs.Unavailable},
		{"shut down", code("57P01"), errs.Unavailable},
		{"too many connections", code("53300"), errs.Unavailable},
		{"disk full", code("53100"), errs.Unavailable},
		{"statement timeout", code("57014"), errs.Unavailable},
		{"standby", code("25006"), errs.Unavailable},
		{"serialization", code("40001"), errs.Unavailable},
		{"connection closed", fmt.Errorf("x: %w", pgconn.ErrConnClosed), errs.Unavailable},
		{"end of file", fmt.Errorf("x: %w", io.ErrUnexpectedEOF), errs.Unavailable},
		{"syntax error", code("42601"), errs.Internal},
		{"unique", code("23505"), errs.Internal},
		{"caller gone", context.Canceled, errs.Internal},
		{"a kind already", fmt.Errorf("x: %w", mine), errs.Conflict},
	}
	for _, tt := range tests {
		got := pg.Err(tt.err)
		if !errors.Is(got, tt.err) || errs.KindOf(got) != tt.want {
			t.Errorf("%s: got %v (%v), want %v", tt.name, got, errs.KindOf(got), tt.want)
		}
		if tt.want == errs.Unavailable && (errs.Sentence(got) == "" || errs.Remedy(got) == "") {
			t.Errorf("%s: sentence %q, remedy %q", tt.name, errs.Sentence(got), errs.Remedy(got))
		}
	}
	if pg.Err(nil) != nil {
		t.Error("nil became an error")
	}
}
