package catalog

import (
	"context"

	"github.com/jackc/pgx/v5"

	"portico/internal/errs"
)

// limits of one source. Past those on depth and files the rest is not read, and the source says so; past the others a
// file is not taken, what it declared before stays, and the file's problem says so. 0 is none.
type limits struct {
	depth    int // of Location entities that lead to others
	files    int // that Location entities lead to
	size     int // bytes of a file, beside what readers refuse to read at all
	entities int
}

var (
	// declaredLimits are for what an operator named: more is a slip.
	declaredLimits = limits{depth: 10, files: 100_000}
	// registeredLimits are for what anybody with a repository may have led to. Trying and registering have the same.
	registeredLimits = limits{depth: 5, files: RegisteredFiles, size: 1 << 20, entities: 500}
)

// RegisteredFiles is how many files a registered location may lead to, and how many one of its paths may stand for.
const RegisteredFiles = 500

func limitsOf(o Origin) limits {
	if o == FromRegister {
		return registeredLimits
	}
	return declaredLimits
}

// split is what to do about a registered location that is too large.
const split = "register its parts, or ask an operator to name it in catalog.locations of the configuration"

// tooFar is an error where depth or files are past the limits.
func (l limits) tooFar(depth, files int) error {
	switch {
	case depth > l.depth:
		return errs.WithRemedy(errs.New(errs.Invalid, "its Location entities lead more than %d deep", l.depth), split)
	case files > l.files:
		return errs.WithRemedy(errs.New(errs.Invalid, "its Location entities lead to more than %d files", l.files), split)
	}
	return nil
}

func (l limits) tooLarge(f *File) error {
	if l.size == 0 || len(f.Data) <= l.size {
		return nil
	}
	return errs.WithRemedy(errs.New(errs.Invalid, "it has %d bytes, and a file of a registered location at most %d", len(f.Data), l.size),
		"split it into several files, or ask an operator to name it in catalog.locations of the configuration")
}

// room keeps a source from growing past its limit: a file that declares no more than before is always taken, so that
// what is there can change.
func (w *walk) room(unit string, n int) error {
	if w.limits.entities == 0 {
		return nil
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	before := w.has[unit]
	if after := w.entities + n - before; n <= before || after <= w.limits.entities {
		w.entities, w.has[unit] = after, n
		return nil
	}
	return errs.WithRemedy(errs.New(errs.Invalid, "with it the registered location would have more than %d entities", w.limits.entities), split)
}

// count looks up how many entities the units of a source have that is limited in them. Those that are going leave room
// for others.
func (w *walk) count(ctx context.Context) (err error) {
	if w.limits.entities == 0 {
		return nil
	}
	defer errs.Wrap(&err, "catalog: entities of %s", w.src.ID)
	rows, err := w.Store.db.Query(ctx, `
		SELECT u.location, count(*)
		FROM catalog_units AS u JOIN catalog_entities AS e ON e.unit_id = u.id
		WHERE u.source_id = $1 AND u.state <> 'missing' AND e.state = 'active' AND u.location NOT LIKE 'bootstrap:%'
		GROUP BY u.location`, w.src.ID)
	if err != nil {
		return err
	}
	var loc string
	var n int
	_, err = pgx.ForEachRow(rows, []any{&loc, &n}, func() error {
		w.has[loc] = n
		w.entities += n
		return nil
	})
	return err
}
