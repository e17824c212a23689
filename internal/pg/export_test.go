package pg

import (
	"context"
	"io/fs"
	"time"
)

// Migrator lets tests of the package migrate by files of their own.
type Migrator struct{ m *migrator }

func NewMigrator(files fs.FS, patience time.Duration) Migrator {
	return Migrator{&migrator{files: files, patience: patience}}
}

func (m Migrator) Migrate(ctx context.Context, p *Pool) ([]Migration, error) {
	return m.m.migrate(ctx, p)
}
func (m Migrator) Plan(ctx context.Context, p *Pool) ([]Migration, error) { return m.m.plan(ctx, p) }
func (m Migrator) Check(ctx context.Context, p *Pool) error               { return m.m.check(ctx, p) }

// MigrateLock is the advisory lock's number.
const MigrateLock = migrateLock

// Files are the migrations that ship.
var Files = migrationFiles
