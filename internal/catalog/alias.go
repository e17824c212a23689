package catalog

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"portico/internal/catalog/entity"
	"portico/internal/errs"
	"portico/internal/identity/audit"
	"portico/internal/pg"
)

// Alias is an old ref of an owner that stands for a new one, so that a team that is renamed or merged is one operation, and
// nobody edits files. What a file says stays in it; what comes of it names the new owner.
type Alias struct {
	OldRef string    `json:"oldRef"`
	NewRef string    `json:"newRef"`
	By     string    `json:"by"`
	At     time.Time `json:"at"`
	// Entities is how many are the new one's because a layer of them names the old one; nil where that was not asked for.
	Entities *int `json:"entities,omitempty"`
}

// maxAliases bounds them: teams are renamed by hand.
const maxAliases = 10_000

// Aliases returns all of them, by their old refs.
func (s *Store) Aliases(ctx context.Context) (_ []Alias, err error) {
	defer errs.Wrap(&err, "catalog: aliases of owners")
	return pg.Collect(ctx, s.db, func(row pgx.CollectableRow) (a Alias, err error) {
		err = row.Scan(&a.OldRef, &a.NewRef, &a.By, &a.At)
		a.At = a.At.UTC()
		return a, err
	}, `SELECT old_ref, new_ref, by, at FROM owner_aliases ORDER BY old_ref`)
}

// tallyAliases counts for each alias the entities that are the new owner's by it.
func (s *Store) tallyAliases(ctx context.Context, list []Alias) (err error) {
	defer errs.Wrap(&err, "catalog: count what old names of owners stand in")
	at, names := map[string]*Alias{}, make([]string, len(list))
	for i := range list {
		list[i].Entities = new(int)
		at[list[i].OldRef] = &list[i]
		_, names[i], _ = strings.Cut(list[i].OldRef, "/")
	}
	type said struct{ Ref, Owner, Shown string }
	rows, err := pg.Collect(ctx, s.db, pgx.RowToStructByPos[said], `
		SELECT l.ref, (l.entity->'spec'->'owner')::text, (e.entity->'spec'->'owner')::text
		FROM catalog_layers AS l
		JOIN catalog_entities AS e ON e.ref = l.ref AND e.state <> 'removed' AND (e.entity->'spec'->'owner') IS NOT NULL
		WHERE lower(regexp_replace((l.entity->'spec'->'owner')::text, '^"(.*[/:])?([^"]*)"$', '\2')) = ANY($1)`, names)
	if err != nil {
		return err
	}
	counted := map[[2]string]bool{}
	for _, r := range rows {
		old := resolveOwner(jsonText([]byte(r.Owner)), r.Ref)
		if a := at[old]; a != nil && jsonText([]byte(r.Shown)) == a.NewRef && !counted[[2]string{old, r.Ref}] {
			counted[[2]string{old, r.Ref}] = true
			*a.Entities++
		}
	}
	return nil
}

// SetAlias makes an old ref of an owner stand for a new one: everything that names the old one belongs to the new one, at once
// and where it is read later. Aliases that led to the old ref lead to the new one. n is how many entities changed hands.
// Errors: errs.Invalid for refs that are none of a Group or User; errs.Conflict where the new one stands for the old one.
func (s *Store) SetAlias(ctx context.Context, oldRef, newRef string, by audit.Author) (n int, revision int64, err error) {
	defer errs.Wrap(&err, "catalog: let %s stand for %s", newRef, oldRef)
	if oldRef, err = ownerRef("oldRef", oldRef); err != nil {
		return 0, 0, err
	}
	if newRef, err = ownerRef("newRef", newRef); err != nil {
		return 0, 0, err
	}
	if oldRef == newRef {
		return 0, 0, errs.New(errs.Invalid, "newRef: %s cannot stand for itself", newRef)
	}
	revision, err = s.change(ctx, by, func(t *settler) error {
		// The new one may be an old one itself: what is meant is where that leads. Aliases are never longer than one step.
		var further string
		err := t.tx.QueryRow(t.ctx, `SELECT new_ref FROM owner_aliases WHERE old_ref = $1`, newRef).Scan(&further)
		switch {
		case err == nil && further == oldRef:
			return errs.WithRemedy(errs.New(errs.Conflict, "%s stands for %s already: each would stand for the other", oldRef, newRef), "remove that alias first")
		case err == nil:
			newRef = further
		case !errs.Is(pg.Err(err), errs.NotFound):
			return err
		}
		var count int
		if err := t.tx.QueryRow(t.ctx, `SELECT count(*) FROM owner_aliases`).Scan(&count); err != nil {
			return err
		}
		if count >= maxAliases {
			return errs.WithRemedy(errs.New(errs.Conflict, "there are %d aliases of owners; no more are kept", count), "change the owner in the files, and remove aliases that nothing names any more")
		}
		old, err := pg.Collect(t.ctx, t.tx, pgx.RowTo[string], `UPDATE owner_aliases SET new_ref = $2 WHERE new_ref = $1 RETURNING old_ref`, oldRef, newRef)
		if err != nil {
			return err
		}
		if _, err := t.tx.Exec(t.ctx, `
			INSERT INTO owner_aliases (old_ref, new_ref, by, at) VALUES ($1, $2, $3, $4)
			ON CONFLICT (old_ref) DO UPDATE SET new_ref = EXCLUDED.new_ref, by = EXCLUDED.by, at = EXCLUDED.at`, oldRef, newRef, t.actor, t.now); err != nil {
			return err
		}
		if n, err = t.reown(append(old, oldRef), aliasSource(oldRef)); err != nil {
			return err
		}
		t.recorded(oldRef, map[string]any{"stands_for": newRef, "entities": n})
		return t.renamed()
	})
	return n, revision, err
}

// RemoveAlias lets an old ref stand for itself again. Error: errs.NotFound.
func (s *Store) RemoveAlias(ctx context.Context, oldRef string, by audit.Author) (n int, revision int64, err error) {
	defer errs.Wrap(&err, "catalog: remove the alias %s", oldRef)
	if oldRef, err = ownerRef("oldRef", oldRef); err != nil {
		return 0, 0, err
	}
	revision, err = s.change(ctx, by, func(t *settler) error {
		var newRef string
		err := t.tx.QueryRow(t.ctx, `DELETE FROM owner_aliases WHERE old_ref = $1 RETURNING new_ref`, oldRef).Scan(&newRef)
		if errs.Is(pg.Err(err), errs.NotFound) {
			return noAlias(oldRef)
		}
		if err != nil {
			return err
		}
		if n, err = t.reown([]string{oldRef}, aliasSource(oldRef)); err != nil {
			return err
		}
		t.recorded(oldRef, map[string]any{"stood_for": newRef, "entities": n})
		return t.renamed()
	})
	return n, revision, err
}

// renamed has whoever keeps what owners decided read it anew: under the old name it was decided for the new one.
func (t *settler) renamed() error {
	_, err := t.tx.Exec(t.ctx, `SELECT pg_notify('portico_ownership', '')`)
	return err
}

func noAlias(oldRef string) error { return errs.New(errs.NotFound, "nothing stands for %s", oldRef) }

// aliasSource is what the history of an entity names as the source of a change by an alias: "alias:group:default/old".
func aliasSource(oldRef string) string { return "alias:" + oldRef }

// reown composes everything anew that names one of the owners, in whatever layer, and counts what that changes.
func (t *settler) reown(owners []string, source string) (int, error) {
	// Texts of an owner are short for a ref: "team-a", "default/team-a", "group:team-a". Those that end in the name are
	// candidates, and composing resolves them.
	names := make([]string, len(owners))
	for i, o := range owners {
		_, names[i], _ = strings.Cut(o, "/")
	}
	refs, err := pg.Collect(t.ctx, t.tx, pgx.RowTo[string], `
		SELECT ref FROM catalog_entities
		WHERE state <> 'removed' AND lower(regexp_replace((entity->'spec'->'owner')::text, '^"(.*[/:])?([^"]*)"$', '\2')) = ANY($1)
		UNION
		SELECT ref FROM catalog_layers -- ->> would read all texts of spec, and stumble over those that a text of the database cannot hold
		WHERE lower(regexp_replace((entity->'spec'->'owner')::text, '^"(.*[/:])?([^"]*)"$', '\2')) = ANY($1)
		ORDER BY 1`, names)
	if err != nil {
		return 0, err
	}
	before := t.rev
	for part := range slices.Chunk(refs, recomposeBatch) {
		if err := t.recompose(part, source); err != nil {
			return 0, err
		}
	}
	return int(t.rev - before), nil
}

// recomposeBatch is how many entities are held at once.
const recomposeBatch = 1000

// ownerRef is the canonical form of a ref of somebody who can own.
func ownerRef(field, s string) (string, error) {
	r, err := parseRef(field, s)
	if err != nil {
		return "", errs.WithRemedy(errs.New(errs.Invalid, "%s: %s", field, sentence(err)), "write it as group:default/team-a")
	}
	if k := strings.ToLower(r.Kind); (k != "group" && k != "user") || len(s) > maxRef {
		return "", errs.WithRemedy(errs.New(errs.Invalid, "%s: %s is no Group and no User", field, cut(s)), "write it as group:default/team-a")
	}
	if !entity.ValidRef(r) {
		return "", errs.WithRemedy(errs.New(errs.Invalid, "%s: %s cannot be the name of an entity", field, cut(fmt.Sprintf("%q", s))), "write it as group:default/team-a")
	}
	return r.String(), nil
}
