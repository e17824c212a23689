package pg_test

import (
	"fmt"
	"io/fs"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"github.com/jackc/pgx/v5"

	"portico/internal/errs"
	"portico/internal/pg"
	"portico/internal/pg/pgtest"
)

func empty(t *testing.T) *pg.Pool {
	t.Helper()
	pool, err := pg.Open(t.Context(), pg.Options{DSN: pgtest.Empty(t), AcquireTimeout: 10 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	return pool
}

func files(pairs ...string) fs.FS {
	m := fstest.MapFS{}
	for i := 0; i < len(pairs); i += 2 {
		m[pairs[i]] = &fstest.MapFile{Data: []byte(pairs[i+1])}
	}
	return m
}

func count(t *testing.T, pool *pg.Pool, sql string) int {
	t.Helper()
	n, err := pg.Collect1(t.Context(), pool, pgx.RowTo[int], sql)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// TestMigrate applies what the program ships to an empty database.
func TestMigrate(t *testing.T) {
	t.Parallel()
	pool := empty(t)
	ctx := t.Context()
	if err := pg.Check(ctx, pool); !errs.Is(err, errs.Unavailable) || errs.Remedy(err) != "run `portico migrate`" {
		t.Errorf("an empty database: %v, remedy %q", err, errs.Remedy(err))
	}
	plan, err := pg.Plan(ctx, pool)
	if err != nil {
		t.Fatal(err)
	}
	if plan[0].String() != "0001_meta" || plan[len(plan)-1].Line != pg.LineRiver {
		t.Errorf("the plan is %v", plan)
	}
	applied, err := pg.Migrate(ctx, pool)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := fmt.Sprint(applied), fmt.Sprint(plan); got != want {
		t.Errorf("applied %s, planned %s", got, want)
	}
	if err := pg.Check(ctx, pool); err != nil {
		t.Error(err)
	}
	if n := count(t, pool, "SELECT count(*) FROM river_job"); n != 0 {
		t.Errorf("%d jobs", n)
	}

	// With nothing to do it needs no lock, so another program that holds it is not waited for.
	conn, err := pool.Acquire(ctx)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Release()
	if _, err := conn.Exec(ctx, "SELECT pg_advisory_lock($1)", int64(pg.MigrateLock)); err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	applied, err = pg.Migrate(ctx, pool)
	if err != nil || len(applied) != 0 {
		t.Errorf("the second time: %v, %v", applied, err)
	}
	if took := time.Since(began); took > time.Second {
		t.Errorf("nothing to do took %s", took)
	}
}

func TestMigrateTogether(t *testing.T) {
	t.Parallel()
	pool := empty(t)
	m := pg.NewMigrator(files("0001_a.sql", "CREATE TABLE a (n integer); SELECT pg_sleep(0.2);", "0002_b.sql", "INSERT INTO a VALUES (1)"), time.Minute)
	var wg sync.WaitGroup
	applied := make([]int, 4)
	for i := range applied {
		wg.Go(func() {
			list, err := m.Migrate(t.Context(), pool)
			if err != nil {
				t.Error(err)
			}
			applied[i] = len(list)
		})
	}
	wg.Wait()
	if n := count(t, pool, "SELECT count(*) FROM a"); n != 1 {
		t.Errorf("the second migration ran %d times", n)
	}
	workers := 0
	for _, n := range applied {
		if n > 0 {
			workers++
		}
	}
	if workers != 1 {
		t.Errorf("%d programs applied something: %v", workers, applied)
	}
}

// TestMigrateFails leaves the migrations before the bad one, and nothing of that one.
func TestMigrateFails(t *testing.T) {
	t.Parallel()
	pool := empty(t)
	bad := files("0001_a.sql", "CREATE TABLE a (n integer);", "0002_b.sql", "CREATE TABLE b (n integer);\nINSERT INTO b\n  VALUES (nonsense);\n")
	applied, err := pg.NewMigrator(bad, time.Minute).Migrate(t.Context(), pool)
	if err == nil || !strings.Contains(err.Error(), "migrations/0002_b.sql:3: ") {
		t.Errorf("got %v", err)
	}
	if fmt.Sprint(applied) != "[0001_a]" {
		t.Errorf("applied %v", applied)
	}
	if n := count(t, pool, "SELECT count(*) FROM pg_class WHERE relname = 'b'"); n != 0 {
		t.Error("half a migration is left")
	}
	// Mended, it goes on.
	good := files("0001_a.sql", "CREATE TABLE a (n integer);", "0002_b.sql", "CREATE TABLE b (n integer);")
	applied, err = pg.NewMigrator(good, time.Minute).Migrate(t.Context(), pool)
	if err != nil || applied[0].String() != "0002_b" {
		t.Errorf("applied %v, %v", applied, err)
	}
}

func TestMigrateHistory(t *testing.T) {
	t.Parallel()
	pool := empty(t)
	ctx := t.Context()
	first := pg.NewMigrator(files("0001_a.sql", "CREATE TABLE a (n integer);\n"), time.Minute)
	if _, err := first.Migrate(ctx, pool); err != nil {
		t.Fatal(err)
	}
	otherEnds := pg.NewMigrator(files("0001_a.sql", "CREATE TABLE a (n integer);\r\n"), time.Minute)
	if err := otherEnds.Check(ctx, pool); err != nil {
		t.Errorf("other line ends: %v", err)
	}
	newer := pg.NewMigrator(files("0001_a.sql", "CREATE TABLE a (n integer);\n", "0002_b.sql", "CREATE TABLE b (n integer);"), time.Minute)
	if err := newer.Check(ctx, pool); !errs.Is(err, errs.Unavailable) || !strings.Contains(errs.Sentence(err), "0002_b") {
		t.Errorf("an older schema: %v", err)
	}
	if _, err := newer.Migrate(ctx, pool); err != nil {
		t.Fatal(err)
	}
	if err := first.Check(ctx, pool); err != nil {
		t.Errorf("a newer schema: %v", err)
	}
	if applied, err := first.Migrate(ctx, pool); err != nil || len(applied) != 0 {
		t.Errorf("a newer schema: applied %v, %v", applied, err)
	}
	changed := pg.NewMigrator(files("0001_a.sql", "CREATE TABLE a (n bigint);", "0002_b.sql", "CREATE TABLE b (n integer);", "0003_c.sql", "CREATE TABLE c (n integer);"), time.Minute)
	for _, err := range []error{changed.Check(ctx, pool), func() error { _, err := changed.Migrate(ctx, pool); return err }()} {
		if !errs.Is(err, errs.Conflict) || !strings.Contains(errs.Sentence(err), "0001_a") || errs.Remedy(err) == "" {
			t.Errorf("changed after it was applied: %v", err)
		}
	}
	if n := count(t, pool, "SELECT count(*) FROM pg_class WHERE relname = 'c'"); n != 0 {
		t.Error("migrated in spite of a changed history")
	}
}

// TestMigrateWaitsForLocks has a reader hold a table that a migration changes.
func TestMigrateWaitsForLocks(t *testing.T) {
	t.Parallel()
	pool := empty(t)
	ctx := t.Context()
	one := []string{"0001_a.sql", "CREATE TABLE a (n integer);"}
	if _, err := pg.NewMigrator(files(one...), time.Minute).Migrate(ctx, pool); err != nil {
		t.Fatal(err)
	}
	two := files(append(one, "0002_b.sql", "ALTER TABLE a ADD COLUMN m integer;")...)
	reader, err := pool.Begin(ctx)
	if err != nil {
		t.Fatal(err)
	}
	defer reader.Rollback(ctx)
	if _, err := reader.Exec(ctx, "SELECT * FROM a"); err != nil {
		t.Fatal(err)
	}
	_, err = pg.NewMigrator(two, 0).Migrate(ctx, pool)
	if !errs.Is(err, errs.Unavailable) || !strings.Contains(errs.Sentence(err), "0002_b") || errs.Remedy(err) == "" {
		t.Errorf("without patience: %v", err)
	}

	migrated := make(chan error, 1)
	go func() {
		_, err := pg.NewMigrator(two, time.Minute).Migrate(ctx, pool)
		migrated <- err
	}()
	// It waits in the queue before us; once its 2 s are over, a second reader gets through.
	waiting := `SELECT count(*) FROM pg_stat_activity WHERE application_name = 'portico migrate' AND wait_event_type = 'Lock' AND datname = current_database()`
	for end := time.Now().Add(10 * time.Second); count(t, pool, waiting) == 0; {
		if time.Now().After(end) {
			t.Fatal("the migration does not wait for the reader")
		}
	}
	if n := count(t, pool, "SELECT count(*) FROM a"); n != 0 {
		t.Errorf("%d rows", n)
	}
	if err := reader.Rollback(ctx); err != nil {
		t.Fatal(err)
	}
	if err := within(t, "migration after the reader went", 10*time.Second, migrated); err != nil {
		t.Error(err)
	}
}

func TestMigrationFiles(t *testing.T) {
	t.Parallel()
	pool := empty(t)
	tests := []struct {
		name  string
		files fs.FS
		want  string
	}{
		{"not a number", files("a.sql", ""), "migrations/a.sql: name it NNNN_name.sql"},
		{"twice", files("0001_a.sql", "", "0001_b.sql", ""), "expected number 0002"},
		{"a gap", files("0001_a.sql", "", "0003_b.sql", ""), "expected number 0002"},
		{"from two", files("0002_a.sql", ""), "expected number 0001"},
	}
	for _, tt := range tests {
		if _, err := pg.NewMigrator(tt.files, 0).Plan(t.Context(), pool); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: got %v, want %q", tt.name, err, tt.want)
		}
	}
}
