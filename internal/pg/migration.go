package pg

import (
	"bytes"
	"context"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"portico/internal/errs"
)

//go:embed migrations/*.sql
var migrationFiles embed.FS

func embedded() fs.FS {
	sub, err := fs.Sub(migrationFiles, "migrations")
	if err != nil {
		panic(err) // the name is a constant
	}
	return sub
}

// The lines of migrations: each has its own numbers.
const (
	LinePortico = "portico"
	LineRiver   = "river"
)

// Migration is one step of the schema.
type Migration struct {
	Line      string    `json:"line"`             // LinePortico or LineRiver
	Version   int       `json:"version"`          // counts from 1 in its line
	Name      string    `json:"name"`             // from the file's name
	Digest    string    `json:"digest,omitempty"` // SHA-256 of the file, hex; empty for River's
	AppliedAt time.Time `json:"appliedAt,omitzero"`

	sql string
}

// String is the migration's name for people: "0001_meta", "river 006_bulk_unique".
func (m Migration) String() string {
	if m.Line == LineRiver {
		return fmt.Sprintf("river %03d_%s", m.Version, m.Name)
	}
	return fmt.Sprintf("%04d_%s", m.Version, m.Name)
}

var migrationName = regexp.MustCompile(`^(\d{4})_([a-z0-9_]+)\.sql$`)

// loadMigrations reads the files of a folder in the order of their numbers, which must be 1, 2, 3 …
func loadMigrations(files fs.FS) ([]Migration, error) {
	entries, err := fs.ReadDir(files, ".")
	if err != nil {
		return nil, err
	}
	var list []Migration
	for _, e := range entries {
		parts := migrationName.FindStringSubmatch(e.Name())
		if parts == nil {
			return nil, fmt.Errorf("migrations/%s: name it NNNN_name.sql", e.Name())
		}
		text, err := fs.ReadFile(files, e.Name())
		if err != nil {
			return nil, err
		}
		// A checkout with other line ends is the same migration.
		text = bytes.ReplaceAll(text, []byte("\r\n"), []byte("\n"))
		sum := sha256.Sum256(text)
		version, err := strconv.Atoi(parts[1])
		if err != nil {
			return nil, err
		}
		list = append(list, Migration{
			Line:    LinePortico,
			Version: version,
			Name:    parts[2],
			Digest:  hex.EncodeToString(sum[:]),
			sql:     string(text),
		})
	}
	slices.SortFunc(list, func(a, b Migration) int { return a.Version - b.Version })
	for i, m := range list {
		if m.Version != i+1 {
			return nil, fmt.Errorf("migrations/%s.sql: expected number %04d here; numbers follow on one another and none is used twice", m, i+1)
		}
	}
	return list, nil
}

// Digest identifies the schema that this program's migrations make: it changes when any does.
func Digest() (string, error) {
	ours, err := loadMigrations(defaultMigrator.files)
	if err != nil {
		return "", err
	}
	h := sha256.New()
	for _, m := range append(ours, riverMigrations()...) {
		fmt.Fprintln(h, m, m.Digest)
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

// appliedState is what a database says about itself.
type appliedState struct {
	ours  []Migration
	river map[int]bool
}

// readApplied asks which migrations there are, of tables that need not exist yet.
func readApplied(ctx context.Context, db DB) (appliedState, error) {
	st := appliedState{river: map[int]bool{}}
	var ours, river, riverLine bool
	err := db.QueryRow(ctx, `
		SELECT to_regclass('portico_migrations') IS NOT NULL,
		       to_regclass('river_migration') IS NOT NULL,
		       EXISTS (SELECT FROM pg_attribute
		               WHERE attrelid = to_regclass('river_migration')
		                 AND attname = 'line'
		                 AND NOT attisdropped)`).Scan(&ours, &river, &riverLine)
	if err != nil {
		return st, Err(err)
	}
	if ours {
		st.ours, err = Collect(ctx, db, func(row pgx.CollectableRow) (Migration, error) {
			m := Migration{Line: LinePortico}
			return m, row.Scan(&m.Version, &m.Name, &m.Digest, &m.AppliedAt)
		}, `
			SELECT version, name, digest, applied_at
			FROM portico_migrations
			ORDER BY version`)
		if err != nil {
			return st, err
		}
	}
	if river {
		query := "SELECT version FROM river_migration"
		if riverLine { // which the first four migrations of River did not have
			query += " WHERE line = 'main'"
		}
		versions, err := Collect(ctx, db, pgx.RowTo[int], query)
		if err != nil {
			return st, err
		}
		for _, v := range versions {
			st.river[v] = true
		}
	}
	return st, nil
}

// pendingOf compares what we have with what was applied. Versions that we do not know come from a
// newer release, which is allowed.
func pendingOf(ours, applied []Migration) ([]Migration, error) {
	done := make(map[int]Migration, len(applied))
	for _, a := range applied {
		done[a.Version] = a
	}
	pending := []Migration{}
	for _, m := range ours {
		a, ok := done[m.Version]
		switch {
		case !ok:
			pending = append(pending, m)
		case a.Digest != m.Digest:
			return nil, errs.WithRemedy(
				errs.New(errs.Conflict, "migration %s was applied to this database with another content (as %s, digest %.8s, here %.8s)", m, a, a.Digest, m.Digest),
				"put its file back as it was and make the change in a new migration; a database without anything worth keeping may be dropped instead")
		}
	}
	return pending, nil
}

// migrationError names the migration and, where the server told, the line in its file.
func migrationError(m Migration, err error) error {
	var pe *pgconn.PgError
	if errors.As(err, &pe) && pe.Position > 0 {
		// Position counts characters from 1.
		text := []rune(m.sql)
		at := min(int(pe.Position)-1, len(text))
		return fmt.Errorf("migrations/%s.sql:%d: %w", m, 1+strings.Count(string(text[:at]), "\n"), err)
	}
	return fmt.Errorf("migrations/%s.sql: %w", m, err)
}
