package catalog

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"

	"portico/internal/catalog/index"
	"portico/internal/errs"
	"portico/internal/pg"
)

// Follower keeps a replica's read model equal to the database.
type Follower struct {
	Store *Store
	Index *index.Index
	Log   *slog.Logger

	loaded   atomic.Bool
	failing  atomic.Bool  // the last look at the database failed
	lastSeen atomic.Int64 // unix milliseconds of the last successful one
}

// Ready reports whether the read model has once caught up.
func (f *Follower) Ready() bool { return f.loaded.Load() }

// Failing reports whether the database could not be asked the last time.
func (f *Follower) Failing() bool { return f.failing.Load() }

// Behind is the time since the database was last asked successfully.
func (f *Follower) Behind() time.Duration {
	ms := f.lastSeen.Load()
	if ms == 0 {
		return time.Duration(1<<63 - 1)
	}
	return time.Since(time.UnixMilli(ms))
}

// The database is asked this often besides, so that a lost notification costs no more than that, and
// more often while it does not answer, or answers and cannot be listened to again yet: whoever writes first after
// an outage waits for what they wrote to be shown.
const (
	lookEvery  = 2 * time.Second
	retryEvery = 250 * time.Millisecond
	// A listening connection that did not outlive the database is found within this.
	listensWithin = 10 * time.Second
	// The longest time for which a change waits for others. A replica rests three times as long as it worked.
	longestRest = 100 * time.Millisecond
)

// Run follows until ctx ends. A notification is acted on at once.
func (f *Follower) Run(ctx context.Context) error {
	wake := make(chan struct{}, 1)
	signal := func() {
		select {
		case wake <- struct{}{}:
		default:
		}
	}
	var listening atomic.Int64 // how often it began
	done := make(chan error, 1)
	go func() {
		done <- pg.Listen(ctx, f.Store.db, Channel, func(string) { signal() }, func() {
			listening.Add(1)
			signal()
		})
	}()
	tick := time.NewTimer(lookEvery)
	defer tick.Stop()
	told := false
	var failed time.Time // last
	var heard int64      // how often listening had begun then
	for {
		start, began := time.Now(), listening.Load()
		err := f.CatchUp(ctx)
		rest := min(3*time.Since(start), longestRest)
		f.failing.Store(err != nil)
		if err != nil {
			failed, heard = start, began
		}
		tick.Reset(lookEvery)
		if heard == listening.Load() && start.Sub(failed) < listensWithin || err != nil {
			tick.Reset(retryEvery)
		}
		switch {
		case ctx.Err() != nil:
		case err != nil && !told: // one line an outage
			f.Log.Warn("the catalog cannot be followed at the moment; what is shown may be old", "error", err)
			told = true
		case err == nil && told:
			f.Log.Warn("the catalog is followed again")
			told = false
		}
		select {
		case <-ctx.Done():
			<-done
			return ctx.Err()
		case <-wake:
			// While sources are being read, changes come without end. What comes during a rest is published
			// with one snapshot; a single change is quick, and so is what follows it.
			time.Sleep(rest)
		case <-tick.C:
		}
	}
}

// CatchUp applies what the database has and the read model has not, and publishes it.
func (f *Follower) CatchUp(ctx context.Context) (err error) {
	defer errs.Wrap(&err, "catalog: follow")
	mine := f.Index.Snapshot().Revision()
	first := !f.loaded.Load()
	var rows []index.Row
	var revision int64
	err = pg.Transact(ctx, f.Store.db, pg.TxOptions{Isolation: pgx.RepeatableRead, ReadOnly: true, Idempotent: true}, func(tx pgx.Tx) error {
		rows = rows[:0]
		var purged int64
		if err := tx.QueryRow(ctx, `SELECT revision, purged_revision FROM catalog_state`).Scan(&revision, &purged); err != nil {
			return err
		}
		if revision == mine && !first {
			return nil
		}
		reload := !first && (mine < purged || revision < mine)
		if reload {
			f.Log.Warn("the catalog is loaded anew: removals were forgotten meanwhile, or the database was restored", "at", mine, "purged", purged, "database", revision)
			mine = 0
		}
		if rows, err = readRows(ctx, tx, mine, first || reload); err != nil {
			return err
		}
		if reload {
			rows = append(rows, f.forgotten(rows)...)
		}
		return nil
	})
	if err != nil {
		return err
	}
	f.lastSeen.Store(time.Now().UnixMilli())
	if len(rows) > 0 || revision != f.Index.Snapshot().Revision() {
		f.Index.Apply(rows, revision)
	}
	f.loaded.Store(true)
	return nil
}

// forgotten returns deletions for what the read model has and a complete reload has not.
func (f *Follower) forgotten(rows []index.Row) (gone []index.Row) {
	here := make(map[string]bool, len(rows))
	for i := range rows {
		here[rows[i].Ref] = true
	}
	for ref := range f.Index.Snapshot().Refs() {
		if !here[ref] {
			gone = append(gone, index.Row{Ref: ref, Deleted: true})
		}
	}
	return gone
}

// readRows reads the entities that changed after a revision; living leaves out the removed ones.
func readRows(ctx context.Context, tx pgx.Tx, after int64, living bool) ([]index.Row, error) {
	q := `
		SELECT uid, ref, revision, parent_ref, state, missing_since, reason, status, changed_at, CASE WHEN state <> 'removed' THEN entity END
		FROM catalog_entities
		WHERE revision > $1`
	if living {
		q += ` AND state <> 'removed'`
	}
	rs, err := tx.Query(ctx, q, after)
	if err != nil {
		return nil, err
	}
	defer rs.Close()
	var rows []index.Row
	var refs []string
	for rs.Next() {
		var r index.Row
		var uid [16]byte
		var state, reason string
		var since *time.Time
		var status []byte
		if err := rs.Scan(&uid, &r.Ref, &r.Revision, &r.Parent, &state, &since, &reason, &status, &r.Changed, &r.JSON); err != nil {
			return nil, err
		}
		r.UID = formatUID(uid)
		r.Deleted = state == "removed"
		if r.Status, err = withMissing(status, since, reason); err != nil {
			return nil, errors.Join(fmt.Errorf("entity %s: status", r.Ref), err)
		}
		rows = append(rows, r)
		if !living {
			refs = append(refs, r.Ref)
		}
	}
	if err := rs.Err(); err != nil || len(rows) == 0 {
		return rows, err
	}
	claims, err := claimsTo(ctx, tx, refs)
	if err != nil {
		return nil, err
	}
	for i := range rows {
		if locations := claims[rows[i].Ref]; len(locations) > 0 {
			if rows[i].Status, err = withItems(rows[i].Status, claimItems(locations)...); err != nil {
				return nil, errors.Join(fmt.Errorf("entity %s: status", rows[i].Ref), err)
			}
		}
	}
	return rows, nil
}

// withMissing adds the status item of an entity in its grace period.
func withMissing(status []byte, since *time.Time, reason string) ([]byte, error) {
	if since == nil {
		return status, nil
	}
	return withItems(status, statusItem{
		Type: "portico.dev/missing", Level: "warning",
		Message: fmt.Sprintf("missing since %s: %s", since.UTC().Format(time.RFC3339), reason),
	})
}

// withItems adds items to a status.
func withItems(status []byte, more ...statusItem) ([]byte, error) {
	var items []json.RawMessage
	if status != nil {
		if err := json.Unmarshal(status, &items); err != nil {
			return nil, err
		}
	}
	for _, m := range more {
		item, err := json.Marshal(m)
		if err != nil {
			return nil, err
		}
		items = append(items, item)
	}
	return json.Marshal(items)
}

func formatUID(u [16]byte) string {
	var b [36]byte
	hex.Encode(b[0:8], u[0:4])
	b[8] = '-'
	hex.Encode(b[9:13], u[4:6])
	b[13] = '-'
	hex.Encode(b[14:18], u[6:8])
	b[18] = '-'
	hex.Encode(b[19:23], u[8:10])
	b[23] = '-'
	hex.Encode(b[24:36], u[10:16])
	return string(b[:])
}
