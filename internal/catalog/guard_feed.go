package catalog

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strconv"

	"github.com/jackc/pgx/v5"

	"portico/internal/catalog/index"
	"portico/internal/pg"
)

// pickPart is a part of the change log that is looked through for what is seen.
type pickPart struct {
	after, before int64  // both left out
	ref           string // "": of all
	desc          bool
	limit         int
}

// pickPage is how many changes are judged at a time.
const pickPage = 2000

// pick returns the revisions of the first changes of entities that are seen. It goes through the log without what
// changed, which is most of it.
func (v *sight) pick(ctx context.Context, part pickPart) (revisions []int64, err error) {
	type entry struct {
		revision int64
		uid      string
	}
	order := `revision`
	if part.desc {
		order = `revision DESC`
	}
	known := map[string]bool{}
	for {
		page, err := pg.Collect(ctx, v.store.db, func(row pgx.CollectableRow) (e entry, err error) {
			err = row.Scan(&e.revision, &e.uid)
			return e, err
		}, `
			SELECT revision, uid::text
			FROM catalog_changes
			WHERE revision > $1 AND revision < $2 AND ($3 = '' OR ref = $3)
			ORDER BY `+order+`
			LIMIT $4`, part.after, part.before, part.ref, pickPage)
		if err != nil {
			return nil, err
		}
		var uids []string
		for _, e := range page {
			if _, judged := known[e.uid]; !judged {
				known[e.uid] = false
				uids = append(uids, e.uid)
			}
		}
		docs, err := v.docs(ctx, v.store.db, uids)
		if err != nil {
			return nil, err
		}
		for uid := range docs {
			known[uid] = true
		}
		for _, e := range page {
			if known[e.uid] {
				if revisions = append(revisions, e.revision); len(revisions) == part.limit {
					return revisions, nil
				}
			}
		}
		if len(page) < pickPage {
			return revisions, nil
		}
		if last := page[len(page)-1].revision; part.desc {
			part.before = last
		} else {
			part.after = last
		}
	}
}

// picked reads changes by their revisions, in that order.
func picked[T any](ctx context.Context, v *sight, scan pgx.RowToFunc[T], columns string, part pickPart) ([]T, error) {
	revisions, err := v.pick(ctx, part)
	if err != nil {
		return nil, err
	}
	items, err := pg.Collect(ctx, v.store.db, scan, `
		SELECT `+columns+`
		FROM catalog_changes
		WHERE revision = ANY($1)
		ORDER BY revision`, emptyNotNull(revisions))
	if part.desc {
		slices.Reverse(items)
	}
	return items, err
}

// latest is Store.Latest of what is seen.
func (v *sight) latest(ctx context.Context, before int64, limit int, ref string) ([]Change, error) {
	// What is newer than the snapshot is not judged by it.
	if shown := v.snap.Revision() + 1; before <= 0 || before > shown {
		before = shown
	}
	items, err := picked(ctx, v, scanChange, changeColumns, pickPart{before: before, ref: ref, desc: true, limit: limit})
	for i := range items {
		v.trim(&items[i])
	}
	return items, err
}

// watcher is what a stream knows of the sight of its reader.
type watcher struct {
	seen *index.Restriction // as the stream began
	snap *index.Snapshot    // up to which its reader was told; nil where nothing may be hidden
}

func (v *sight) watcher() watcher {
	if !v.restricted() {
		return watcher{}
	}
	return watcher{v.seen, v.snap}
}

// mark is another one for readers who may see other things, and "" for those who may see everything. It stands behind the
// revision in the ids of a stream's events, and comes back with a client that was cut off.
func (w watcher) mark() string {
	if w.seen == nil {
		return ""
	}
	sum := sha256.Sum256(w.seen.AppendKey([]byte("stream ")))
	return hex.EncodeToString(sum[:8])
}

func idOf(revision int64, mark string) string {
	if mark == "" {
		return strconv.FormatInt(revision, 10)
	}
	return strconv.FormatInt(revision, 10) + "." + mark
}

// marked is the frame of an event with the mark in its id, which is its first line.
func (e feedEvent) marked(mark string) []byte {
	if mark == "" {
		return e.frame
	}
	_, rest, _ := bytes.Cut(e.frame, []byte("\n"))
	return append([]byte("id: "+idOf(e.revision, mark)+"\n"), rest...)
}

// changed reports whether the reader may see other things than when the stream began.
func (w watcher) changed(now *index.Restriction) bool {
	if w.seen == nil || now == nil {
		return w.seen != now
	}
	return w.seen != now && !bytes.Equal(w.seen.AppendKey(nil), now.AppendKey(nil))
}

// events leaves those of a stream that are seen. lost is true where one is of an entity that the reader saw, and sees no
// more: that cannot be told by a change, which would tell what is hidden now.
func (w *watcher) events(ctx context.Context, v *sight, all []feedEvent, to int64) (out []feedEvent, lost bool, err error) {
	if !v.restricted() || len(all) == 0 {
		return all, false, nil
	}
	uids := make([]string, len(all))
	for i, e := range all {
		uids[i] = e.uid
	}
	docs, err := v.docs(ctx, v.store.db, uids)
	if err != nil {
		return nil, false, err
	}
	for _, e := range all {
		switch {
		case docs[e.uid] != nil:
			out = append(out, e)
		case w.snap != nil && w.snap.ByUID(e.uid, w.seen) != nil:
			return nil, true, nil
		}
	}
	if v.snap.Revision() <= to { // else it already shows changes whose events are still to come
		w.snap = v.snap
	}
	return out, false, nil
}
