package catalog

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"portico/internal/catalog/index"
	"portico/internal/errs"
	"portico/internal/httpx"
	"portico/internal/pg"
)

// What people ask who come without a question: what of ours needs us, and what changed around it.

const maxOwners = 100 // a person is in few teams; each is one look-up

// ownersOf reads the parameter owner, which may come several times.
func ownersOf(q url.Values, required bool) ([]string, error) {
	list := q["owner"]
	switch {
	case required && len(list) == 0:
		return nil, errs.New(errs.Invalid, "owner is missing; write owner=group:default/a, as often as there are owners")
	case len(list) > maxOwners:
		return nil, errs.WithRemedy(errs.New(errs.Invalid, "owner comes %d times; at most %d are read", len(list), maxOwners), "ask in several requests")
	}
	owners := make([]string, 0, len(list))
	for _, one := range list {
		ref, err := parseRef("owner", one)
		if err != nil {
			return nil, err
		}
		if o := strings.ToLower(ref.String()); !slices.Contains(owners, o) {
			owners = append(owners, o)
		}
	}
	return owners, nil
}

// standingJSON is an entity of somebody, with what it asks of them.
type standingJSON struct {
	Entity    json.RawMessage `json:"entity"`
	ChangedAt *time.Time      `json:"changedAt"`
	Users     int             `json:"users"`
	Level     int             `json:"level"`
	Needs     []index.Need    `json:"needs"`
	MoreNeeds int             `json:"moreNeeds,omitempty"`
}

// maxTeams is how many owners below=true comes to: no organisation has more teams below one.
const maxTeams = 500

// getOwned lists what somebody owns, the worst first.
func (h *Handler) getOwned(w http.ResponseWriter, r *http.Request) error {
	q, err := queryOf(r)
	if err != nil {
		return err
	}
	owners, err := ownersOf(q, true)
	if err != nil {
		return err
	}
	below, err := boolParam(q, "below")
	if err != nil {
		return err
	}
	limit, err := intParam(r, "limit", 12, 0, 200)
	if err != nil {
		return err
	}
	only := strings.ToLower(q.Get("kind"))
	rd, err := h.read(w, r)
	if err != nil || rd.again() {
		return err
	}
	snap, seen := rd.snap, rd.seen
	answer := map[string]any{"revision": snap.Revision()}
	if below {
		var cut bool
		owners, cut = snap.Below(owners, maxTeams, seen)
		answer["owners"], answer["ownersCut"] = owners, cut
	}
	all := snap.Owned(owners, seen)
	kinds, levels, deprecated := map[string]int{}, [4]int{}, 0
	asked := all[:0] // of the kind; all is read no more
	for _, s := range all {
		kinds[s.Kind()]++
		if only != "" && only != s.Kind() {
			continue
		}
		levels[s.Level()]++
		if s.Deprecated {
			deprecated++
		}
		asked = append(asked, s)
	}
	shown := asked[:min(len(asked), int(limit))]
	items := make([]standingJSON, len(shown))
	for i, s := range shown {
		items[i] = standingJSON{
			Entity: s.Doc.AppendFields(nil, shownFields), Users: s.Users, Level: s.Level(), Needs: emptyNotNull(s.Needs), MoreNeeds: s.More,
		}
		if at := s.Doc.Changed(); !at.IsZero() {
			items[i].ChangedAt = &at
		}
	}
	answer["total"], answer["kinds"], answer["deprecated"], answer["items"] = len(all), kinds, deprecated, items
	answer["levels"] = map[string]int{"bad": levels[3], "warn": levels[2], "later": levels[1]}
	body, err := json.Marshal(answer)
	if err != nil {
		return err
	}
	rd.answer(func(dst []byte, _ index.Spill) []byte { return append(dst, body...) })
	return nil
}

// boolParam reads a parameter that is true or false; absent is false.
func boolParam(q url.Values, name string) (bool, error) {
	switch v := q.Get(name); v {
	case "", "false":
		return false, nil
	case "true":
		return true, nil
	default:
		return false, errs.New(errs.Invalid, `%s must be "true" or "false", not %q`, name, cut(v))
	}
}

// Of so many entities around somebody changes are looked up, the last changed first; of each, at most so many.
const (
	aroundRefs = 300
	aroundEach = 4
)

// nearChange is a change with what it is to those who asked.
type nearChange struct {
	Change
	Own bool     `json:"own"`
	For []string `json:"for"`
}

// getOwnedChanges lists what changed of what somebody owns, and of what that needs, newest first.
func (h *Handler) getOwnedChanges(w http.ResponseWriter, r *http.Request) error {
	q, err := queryOf(r)
	if err != nil {
		return err
	}
	owners, err := ownersOf(q, true)
	if err != nil {
		return err
	}
	days, err := intParam(r, "days", 7, 1, 31)
	if err != nil {
		return err
	}
	limit, err := intParam(r, "limit", 100, 1, 200)
	if err != nil {
		return err
	}
	snap, err := h.snapshot(r)
	if err != nil {
		return err
	}
	near := snap.Around(owners, aroundRefs, h.seen(r.Context()))
	refs := make([]string, len(near))
	at := make(map[string]*index.Near, len(near))
	for i := range near {
		refs[i], at[near[i].Ref] = near[i].Ref, &near[i]
	}
	since := time.Now().Add(-time.Duration(days) * 24 * time.Hour)
	changes, err := h.changesOf(r.Context(), refs, snap.Revision(), since, int(limit))
	if err != nil {
		return err
	}
	items := make([]nearChange, len(changes))
	for i, c := range changes {
		n := at[c.Ref]
		items[i] = nearChange{Change: c, Own: n.Own, For: emptyNotNull(n.For)}
	}
	httpx.JSON(w, http.StatusOK, map[string]any{"revision": snap.Revision(), "items": items})
	return nil
}

// changesOf returns the last changes of some entities since a time, newest first, of each the last few, as they are seen.
// It costs one look-up in an index for each entity, however long the log is.
func (h *Handler) changesOf(ctx context.Context, refs []string, upTo int64, since time.Time, limit int) (_ []Change, err error) {
	defer errs.Wrap(&err, "catalog: changes of %d entities", len(refs))
	type entry struct {
		revision int64
		uid      string
	}
	list, err := pg.Collect(ctx, h.Store.db, func(row pgx.CollectableRow) (e entry, err error) {
		err = row.Scan(&e.revision, &e.uid)
		return e, err
	}, `
		SELECT c.revision, c.uid::text
		FROM unnest($1::text[]) AS near(ref)
		CROSS JOIN LATERAL (
			SELECT revision, uid, at
			FROM catalog_changes
			WHERE ref = near.ref AND revision <= $2
			ORDER BY revision DESC
			LIMIT $4
		) AS c
		WHERE c.at >= $3
		ORDER BY c.revision DESC`, refs, upTo, since, aroundEach)
	if err != nil {
		return nil, err
	}
	v := h.sight(ctx)
	if v.restricted() { // before the list is cut: what is hidden takes nobody's place
		if list, err = onlySeen(ctx, v, h.Store.db, list, func(e entry) string { return e.uid }); err != nil {
			return nil, err
		}
	}
	list = list[:min(len(list), limit)]
	revisions := make([]int64, len(list))
	for i, e := range list {
		revisions[i] = e.revision
	}
	changes, err := pg.Collect(ctx, h.Store.db, scanChange, `
		SELECT `+changeColumns+`
		FROM catalog_changes
		WHERE revision = ANY($1)
		ORDER BY revision DESC`, revisions)
	if v.restricted() {
		for i := range changes {
			v.trim(&changes[i])
		}
	}
	return changes, err
}
