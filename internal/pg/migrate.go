package pg

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/rivermigrate"

	"portico/internal/errs"
)

const (
	// migrateLock is the advisory lock of whoever migrates; any number, as long as it stays.
	migrateLock = 0x706f727469636f // "portico"

	migrateLockTimeout = 2 * time.Second  // so that a migration never makes readers queue for longer
	migratePatience    = 90 * time.Second // after which a lock that does not come is an error
)

// Migrate brings the schema to what this program needs and returns what it applied: our migrations
// first, then those of River. Where nothing is to be done it costs three short
// queries and takes no lock.
//
// Several programs may call it at once: one works under an advisory lock, the others wait and find
// nothing left. Each migration is one transaction; a program killed on the way leaves whole
// migrations behind. No statement waits more than 2 s for a lock, for those who come after wait
// behind it; then the migration is rolled back and tried again, for 90 s at most.
//
// A schema newer than this program is left as it is: the release before may run on it. A migration
// that was applied with another content is errs.Conflict and nothing is applied.
func Migrate(ctx context.Context, pool *Pool) (applied []Migration, err error) {
	return defaultMigrator.migrate(ctx, pool)
}

// Plan returns the migrations that [Migrate] would apply, in their order. It changes nothing.
func Plan(ctx context.Context, pool *Pool) ([]Migration, error) {
	return defaultMigrator.plan(ctx, pool)
}

// Check returns an errs.Unavailable error, with the remedy, when the schema is older than this
// program needs.
func Check(ctx context.Context, pool *Pool) error {
	return defaultMigrator.check(ctx, pool)
}

// migrator applies the files of one folder, and River's. Tests use folders of their own.
type migrator struct {
	files    fs.FS // NNNN_name.sql
	patience time.Duration
}

var defaultMigrator = &migrator{files: embedded(), patience: migratePatience}

func (m *migrator) plan(ctx context.Context, db DB) (_ []Migration, err error) {
	defer errs.Wrap(&err, "pg: plan the migrations")
	ours, err := loadMigrations(m.files)
	if err != nil {
		return nil, err
	}
	done, err := readApplied(ctx, db)
	if err != nil {
		return nil, err
	}
	pending, err := pendingOf(ours, done.ours)
	if err != nil {
		return nil, err
	}
	for _, r := range riverMigrations() {
		if !done.river[r.Version] {
			pending = append(pending, r)
		}
	}
	return pending, nil
}

func (m *migrator) check(ctx context.Context, pool *Pool) error {
	pending, err := m.plan(ctx, pool)
	if err != nil || len(pending) == 0 {
		return err
	}
	return errs.WithRemedy(errs.New(errs.Unavailable, "the database's schema is older than this program: %d migrations are missing, the first is %s",
		len(pending), pending[0]), "run `portico migrate`")
}

func (m *migrator) migrate(ctx context.Context, pool *Pool) (applied []Migration, err error) {
	pending, err := m.plan(ctx, pool)
	if err != nil || len(pending) == 0 {
		return nil, err
	}
	defer errs.Wrap(&err, "pg: migrate")

	own, err := migrationPool(ctx, pool)
	if err != nil {
		return nil, err
	}
	defer own.Close()
	conn, err := own.Acquire(ctx)
	if err != nil {
		return nil, Err(err)
	}
	defer conn.Release()

	err = m.retryLocked(ctx, "another portal is migrating this database", func() error {
		_, err := conn.Exec(ctx, "SELECT pg_advisory_lock($1)", int64(migrateLock))
		return err
	})
	if err != nil {
		return nil, err
	}
	// The lock goes with its connection; own is closed on return, whatever happens.

	// Once more, now that nobody else can be at it.
	if pending, err = m.plan(ctx, conn.Conn()); err != nil {
		return nil, err
	}
	river := false
	for _, mig := range pending {
		if mig.Line == LineRiver {
			river = true
			continue
		}
		err := m.retryLocked(ctx, fmt.Sprintf("migration %s did not get the locks that it needs", mig), func() error {
			return applyOne(ctx, conn.Conn(), mig)
		})
		if err != nil {
			return applied, err
		}
		applied = append(applied, mig)
	}
	if !river {
		return applied, nil
	}
	err = m.retryLocked(ctx, "the job queue's migrations did not get the locks that they need", func() error {
		done, err := applyRiver(ctx, own)
		applied = append(applied, done...)
		return err
	})
	return applied, err
}

// migrationPool opens two connections (one holds the lock, one is for River) that wait briefly for
// locks and as long as it takes for statements.
func migrationPool(ctx context.Context, pool *Pool) (*pgxpool.Pool, error) {
	cfg := pool.Config()
	cfg.MinConns, cfg.MinIdleConns, cfg.MaxConns = 0, 0, 2
	p := cfg.ConnConfig.RuntimeParams
	p["application_name"] += " migrate"
	p["lock_timeout"] = millis(migrateLockTimeout)
	p["statement_timeout"] = "0"
	p["idle_in_transaction_session_timeout"] = "0"
	// DDL makes prepared statements of the same connection stale.
	cfg.ConnConfig.DefaultQueryExecMode = pgx.QueryExecModeExec
	return pgxpool.NewWithConfig(ctx, cfg)
}

// retryLocked runs f until it ends with anything but a lock that did not come in time, or patience
// is over. The wait is the server's own, so the pause between may be short.
func (m *migrator) retryLocked(ctx context.Context, sentence string, f func() error) error {
	began := time.Now()
	for {
		err := f()
		if !hasCode(err, codeLockNotAvailable, codeDeadlock) {
			return Err(err)
		}
		if time.Since(began) > m.patience {
			return errs.WithRemedy(errs.Public(errs.Unavailable, sentence, err),
				"see who holds them: SELECT pid, application_name, state, query FROM pg_stat_activity WHERE state <> 'idle'")
		}
		select {
		case <-time.After(250 * time.Millisecond):
		case <-ctx.Done():
			return errors.Join(ctx.Err(), err)
		}
	}
}

// applyOne runs one of our migrations and notes it, in one transaction.
func applyOne(ctx context.Context, conn *pgx.Conn, mig Migration) error {
	return Transact(ctx, conn, TxOptions{}, func(tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `
			CREATE TABLE IF NOT EXISTS portico_migrations (
			    version    integer     PRIMARY KEY,
			    name       text        NOT NULL,
			    digest     text        NOT NULL,
			    applied_at timestamptz NOT NULL DEFAULT now()
			)`)
		if err != nil {
			return err
		}
		// Several statements in one go, hence the connection's own method. It takes no arguments,
		// and the text is ours.
		if _, err := tx.Conn().PgConn().Exec(ctx, mig.sql).ReadAll(); err != nil {
			return migrationError(mig, err)
		}
		_, err = tx.Exec(ctx, `
			INSERT INTO portico_migrations (version, name, digest)
			VALUES ($1, $2, $3)`,
			mig.Version, mig.Name, mig.Digest)
		return err
	})
}

func riverMigrator(pool *pgxpool.Pool) (*rivermigrate.Migrator[pgx.Tx], error) {
	return rivermigrate.New(riverpgxv5.New(pool), &rivermigrate.Config{Logger: slog.New(slog.DiscardHandler)})
}

// riverMigrations lists what the linked release of River wants. A driver without a pool is enough.
func riverMigrations() []Migration {
	m, err := riverMigrator(nil)
	if err != nil {
		panic("pg: river: " + err.Error()) // its main line of migrations does not exist: a broken build
	}
	var list []Migration
	for _, v := range m.AllVersions() {
		list = append(list, Migration{Line: LineRiver, Version: v.Version, Name: strings.ReplaceAll(v.Name, " ", "_")})
	}
	return list
}

func applyRiver(ctx context.Context, pool *pgxpool.Pool) ([]Migration, error) {
	m, err := riverMigrator(pool)
	if err != nil {
		return nil, err
	}
	// One at a time, so that what was applied is known when a later one fails.
	var applied []Migration
	for range m.AllVersions() {
		res, err := m.Migrate(ctx, rivermigrate.DirectionUp, &rivermigrate.MigrateOpts{MaxSteps: 1})
		if err != nil {
			return applied, fmt.Errorf("river: %w", err)
		}
		if len(res.Versions) == 0 {
			break
		}
		v := res.Versions[0]
		applied = append(applied, Migration{Line: LineRiver, Version: v.Version, Name: strings.ReplaceAll(v.Name, " ", "_"), AppliedAt: time.Now()})
	}
	return applied, nil
}
