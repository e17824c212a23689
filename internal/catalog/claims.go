package catalog

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"portico/internal/catalog/entity"
	"portico/internal/pg"
)

// refused is a claim to a ref that another unit had first.
type refused struct{ ref, location string }

func scanRefused(row pgx.CollectableRow) (r refused, err error) {
	err = row.Scan(&r.ref, &r.location)
	return r, err
}

// claimsShown bounds the status items of an entity that many others claim.
const claimsShown = 10

// claimItem is what the status of an entity says of one claim to its ref.
func claimItem(location string) statusItem {
	return statusItem{
		Type: "portico.dev/conflict", Level: "warning",
		Message: location + " declares it too and was refused; rename one of the two, or take it out of one file",
	}
}

// claimItems is what the status of an entity says of all claims to its ref, the oldest first.
func claimItems(locations []string) (items []statusItem) {
	for _, l := range locations[:min(len(locations), claimsShown)] {
		items = append(items, claimItem(l))
	}
	if more := len(locations) - len(items); more > 0 {
		items = append(items, statusItem{
			Type: "portico.dev/conflict", Level: "warning",
			Message: fmt.Sprintf("%s declare it too and were refused; the list of conflicts has them", plural(more, "more place", "more places")),
		})
	}
	return items
}

// claimsTo returns the locations whose claim to a ref was refused, by ref and the oldest first. No refs
// means all.
func claimsTo(ctx context.Context, tx pgx.Tx, refs []string) (map[string][]string, error) {
	list, err := pg.Collect(ctx, tx, scanRefused, `
		SELECT c.ref, u.location
		FROM catalog_conflicts AS c JOIN catalog_units AS u ON u.id = c.unit_id
		WHERE $1::text[] IS NULL OR c.ref = ANY($1)
		ORDER BY c.ref, c.since, u.id`, refs)
	if err != nil || len(list) == 0 {
		return nil, err
	}
	m := map[string][]string{}
	for _, r := range list {
		m[r.ref] = append(m[r.ref], r.location)
	}
	return m, nil
}

// tellClaims gives the entities whose refused claims came or went a new revision each, because their
// status says so, and returns the last one.
func tellClaims(ctx context.Context, tx pgx.Tx, rev int64, came, went []refused, actor string, now time.Time) (int64, error) {
	if len(came)+len(went) == 0 {
		return rev, nil
	}
	type change struct {
		from, to []statusItem
		source   string
	}
	byRef := map[string]*change{}
	of := func(r refused) *change {
		if byRef[r.ref] == nil {
			byRef[r.ref] = &change{source: r.location}
		}
		return byRef[r.ref]
	}
	for _, r := range came {
		c := of(r)
		c.to = append(c.to, claimItem(r.location))
	}
	for _, r := range went {
		c := of(r)
		c.from = append(c.from, claimItem(r.location))
	}
	type holder struct {
		uid uuid.UUID
		ref string
	}
	holders, err := pg.Collect(ctx, tx, func(row pgx.CollectableRow) (h holder, err error) {
		err = row.Scan(&h.uid, &h.ref)
		return h, err
	}, `
		SELECT uid, ref FROM catalog_entities
		WHERE ref = ANY($1) AND state <> 'removed'
		ORDER BY ref`, slices.Collect(maps.Keys(byRef)))
	if err != nil {
		return rev, err
	}
	uids, revs, rows := make([]uuid.UUID, len(holders)), make([]int64, len(holders)), make([][]any, len(holders))
	for i, h := range holders {
		rev++
		c := byRef[h.ref]
		uids[i], revs[i] = h.uid, rev
		rows[i] = []any{rev, h.ref, h.uid, string(Updated), mustDiff(statusChange(itemsJSON(c.from), itemsJSON(c.to))), c.source, actor, now}
	}
	if _, err := tx.Exec(ctx, `
		UPDATE catalog_entities AS e
		SET revision = u.revision
		FROM unnest($1::uuid[], $2::bigint[]) AS u (uid, revision)
		WHERE e.uid = u.uid`, uids, revs); err != nil {
		return rev, err
	}
	_, err = tx.CopyFrom(ctx, changeTable, logColumns, pgx.CopyFromRows(rows))
	return rev, err
}

// itemsJSON encodes status items; none is nil, SQL's NULL.
func itemsJSON(items []statusItem) []byte {
	if len(items) == 0 {
		return nil
	}
	b, err := json.Marshal(items)
	if err != nil {
		panic(fmt.Errorf("catalog: encode status: %w", err)) // strings only
	}
	return b
}

// statusChange is what a diff says of the status: the items that went, and those that came.
func statusChange(went, came []byte) []entity.FieldChange {
	if string(went) == "[]" {
		went = nil
	}
	if len(went) == 0 && len(came) == 0 {
		return nil
	}
	return []entity.FieldChange{{Path: "status", From: went, To: came}}
}
