package catalog

import (
	"cmp"
	"context"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"portico/internal/errs"
	"portico/internal/pg"
)

// What is wrong, missing or removed, as somebody restricted sees it. Lists are read whole and then judged, so that
// totals count what is seen alone; they hold what needs a person, and not the catalog. What was removed is judged once.

// inbox is Store.Inbox of what is seen. A problem is one of an entity: what is wrong with a file as a whole, or with
// what never became an entity, is not shown, nor the lines around a problem, which may be of a neighbour.
func (v *sight) inbox(ctx context.Context, r Retention, limit int) (in *Inbox, err error) {
	defer errs.Wrap(&err, "catalog: inbox of what is seen")
	in = new(Inbox)
	err = pg.Transact(ctx, v.store.db, pg.TxOptions{Isolation: pgx.RepeatableRead, ReadOnly: true, Idempotent: true}, func(tx pgx.Tx) error {
		units, err := v.problems(ctx, tx)
		if err != nil {
			return err
		}
		in.Totals.Errors = 0
		for _, u := range units {
			in.Totals.Errors += len(u.problems)
		}
		in.Errors = share(units[:min(len(units), limit)], limit)
		all, err := conflicts(ctx, tx, everything)
		if err != nil {
			return err
		}
		if all, err = onlySeen(ctx, v, tx, all, func(c Conflict) string { return c.uid }); err != nil {
			return err
		}
		in.Totals.Conflicts, in.Conflicts = len(all), all[:min(len(all), limit)]
		missing, err := missingEntities(ctx, tx, r.Grace, everything)
		if err != nil {
			return err
		}
		if missing, err = onlySeen(ctx, v, tx, missing, func(m MissingEntity) string { return m.UID }); err != nil {
			return err
		}
		in.Totals.Missing, in.Missing = len(missing), missing[:min(len(missing), limit)]
		removed, err := v.removed(ctx, tx, r.Removed, removedPart{limit: everything})
		if err != nil {
			return err
		}
		in.Totals.Removed, in.Removed = len(removed), removed[:min(len(removed), limit)]
		return nil
	})
	return in, err
}

// everything is a limit that nothing reaches.
const everything = 1 << 30

// onlySeen leaves the items whose entities are seen; never nil.
func onlySeen[T any](ctx context.Context, v *sight, db pg.DB, all []T, uid func(T) string) ([]T, error) {
	uids := make([]string, len(all))
	for i := range all {
		uids[i] = uid(all[i])
	}
	docs, err := v.docs(ctx, db, uids)
	if err != nil {
		return nil, err
	}
	out := []T{}
	for i := range all {
		if docs[uids[i]] != nil {
			out = append(out, all[i])
		}
	}
	return out, nil
}

// problems returns what is wrong with entities that are seen, file by file, in the order of the inbox.
func (v *sight) problems(ctx context.Context, tx pgx.Tx) (units []unitProblems, err error) {
	all, err := unitsWithProblems(ctx, tx, everything)
	if err != nil {
		return nil, err
	}
	for _, u := range all {
		u.problems = slices.DeleteFunc(u.problems, func(p Problem) bool { return p.Ref == nil || !v.hasRef(*p.Ref) })
		if len(u.problems) == 0 {
			continue
		}
		for i := range u.problems {
			u.problems[i].Excerpt = nil
		}
		u.failed = hasErrors(u.problems)
		units = append(units, u)
	}
	slices.SortFunc(units, func(a, b unitProblems) int {
		if a.failed != b.failed {
			if a.failed {
				return -1
			}
			return 1
		}
		return cmp.Or(b.since.Compare(a.since), strings.Compare(a.location, b.location))
	})
	return units, nil
}

// removedPage is how many removed entities are looked at first, and removedPages at most at a time: each page sorts anew
// what there is.
const (
	removedPage  = 500
	removedPages = 8000
)

// removed is removedEntities of what is seen.
func (v *sight) removed(ctx context.Context, db pg.DB, keep time.Duration, part removedPart) ([]RemovedEntity, error) {
	out := []RemovedEntity{}
	want := part.limit
	part.limit = removedPage
	for {
		page, err := removedEntities(ctx, db, keep, part)
		if err != nil {
			return nil, err
		}
		seen, err := v.onlySeenRemoved(ctx, db, page)
		if err != nil {
			return nil, err
		}
		if out = append(out, seen...); len(out) >= want {
			return out[:want], nil
		}
		if len(page) < part.limit {
			return out, nil
		}
		part.limit = min(4*part.limit, removedPages)
		last := page[len(page)-1]
		part.after = &removedCursor{last.RemovedAt, last.Ref}
	}
}

// tallies counts anew what each source yields of what is seen, and says of it only what that accounts for. What is
// held is about a source as a whole, and so for those who see all of it.
func (v *sight) tallies(ctx context.Context, sources []*Source) (err error) {
	defer errs.Wrap(&err, "catalog: count what is seen")
	type one struct{ source, location, uid, state string }
	return pg.Transact(ctx, v.store.db, pg.TxOptions{Isolation: pgx.RepeatableRead, ReadOnly: true, Idempotent: true}, func(tx pgx.Tx) error {
		list, err := pg.Collect(ctx, tx, func(row pgx.CollectableRow) (o one, err error) {
			err = row.Scan(&o.source, &o.location, &o.uid, &o.state)
			return o, err
		}, `
			SELECT u.source_id, u.location, e.uid::text, e.state
			FROM catalog_entities AS e JOIN catalog_units AS u ON u.id = e.unit_id
			WHERE e.state <> 'removed' AND u.source_id = ANY($1)`, sourceIDs(sources))
		if err != nil {
			return err
		}
		units, err := v.problems(ctx, tx)
		if err != nil {
			return err
		}
		tallies, files, failed := map[string]*Tally{}, map[string]bool{}, map[string]int{}
		for _, s := range sources {
			tallies[s.ID] = new(Tally)
		}
		for _, o := range list {
			if v.snap.ByUID(o.uid, v.seen) == nil {
				continue
			}
			t := tallies[o.source]
			if o.state == "active" {
				t.Entities++
			} else {
				t.Missing++
			}
			if !files[o.location] && !strings.HasPrefix(o.location, "bootstrap:") && o.state == "active" {
				files[o.location] = true
				t.Units++
			}
		}
		for _, u := range units {
			if t := tallies[u.source]; t != nil {
				t.Problems += len(u.problems)
				if u.failed {
					failed[u.source]++
				}
			}
		}
		for _, s := range sources {
			s.Tally, s.Held = *tallies[s.ID], nil
			switch n := failed[s.ID]; {
			case s.State == "failed": // the location itself, which they see
			case s.State == "reading":
				s.Message = ""
			case n > 0:
				s.State, s.Message = "degraded", plural(n, "file has problems", "files have problems")
			default:
				s.State, s.Message = "current", ""
			}
		}
		return nil
	})
}

func sourceIDs(sources []*Source) []string {
	ids := make([]string, len(sources))
	for i, s := range sources {
		ids[i] = s.ID
	}
	return ids
}

// unitProblems is what is wrong with one file.
type unitProblems struct {
	source, location string
	failed           bool
	since            time.Time
	problems         []Problem
}

// unitsWithProblems returns the files that have problems: failed ones first, then the newest.
func unitsWithProblems(ctx context.Context, tx pgx.Tx, limit int) ([]unitProblems, error) {
	return pg.Collect(ctx, tx, func(row pgx.CollectableRow) (u unitProblems, err error) {
		var body []byte
		if err = row.Scan(&u.source, &u.location, &u.failed, &body, &u.since); err != nil {
			return u, err
		}
		u.since = u.since.UTC()
		return u, json.Unmarshal(body, &u.problems)
	}, `
		SELECT source_id, location, state = 'failed' AS failed, problems, coalesce(problems_since, read_at, now()) AS since
		FROM catalog_units
		WHERE problems::text <> '[]'
		ORDER BY failed DESC, since DESC, location
		LIMIT $1`, limit)
}

// share lists at most limit problems. Each file has its share: one with thousands of faults must not hide the others.
func share(units []unitProblems, limit int) []Problem {
	out := []Problem{}
	for i, u := range units {
		for _, p := range u.problems[:min(len(u.problems), (limit-len(out))/(len(units)-i))] {
			p.Since = u.since
			out = append(out, p)
		}
	}
	return out
}
