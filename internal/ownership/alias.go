package ownership

import (
	"context"

	"github.com/jackc/pgx/v5"

	"portico/internal/errs"
	"portico/internal/pg"
)

// aliases are the old names of owners and who stands for them. What was asked and decided under an old name counts for the
// new one as long as the alias is there; the rows of claims keep the name that they were written with, so that an alias that
// was a mistake leaves nothing behind.
type aliases map[string]string

// standsFor is the expression of SQL for who stands for the owner in a column.
func standsFor(column string) string {
	return `coalesce((SELECT new_ref FROM owner_aliases WHERE old_ref = ` + column + `), ` + column + `)`
}

// calledSo is the expression of SQL for an array of owners with all their old names.
func calledSo(array string) string {
	return array + ` || ARRAY(SELECT old_ref FROM owner_aliases WHERE new_ref = ANY(` + array + `))`
}

func aliasesIn(ctx context.Context, db pg.DB) (_ aliases, err error) {
	defer errs.Wrap(&err, "ownership: old names of owners")
	type alias struct{ Old, New string }
	rows, err := pg.Collect(ctx, db, pgx.RowToStructByPos[alias], `SELECT old_ref, new_ref FROM owner_aliases`)
	out := aliases{}
	for _, a := range rows {
		out[a.Old] = a.New
	}
	return out, err
}

// of is who stands for an owner: mostly themselves.
func (a aliases) of(owner string) string {
	if to, ok := a[owner]; ok {
		return to
	}
	return owner
}
