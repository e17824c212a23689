package catalog

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"log/slog"
	"maps"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river"

	"portico/internal/errs"
	"portico/internal/identity/audit"
	"portico/internal/pg"
)

// The River queues of the catalog's jobs. Readings of what lies elsewhere have one of their own: hosts
// that do not answer keep a worker for half a minute each, and a file saved here must not wait for them.
const (
	Queue       = "catalog"
	RemoteQueue = "catalog_remote"
)

// RefreshArgs asks for a source to be read. Asking is [Requests.Refresh]: it joins requests that
// wait already.
type RefreshArgs struct {
	SourceID string `json:"sourceId"`
	Actor    string `json:"actor"`
}

// Kind names the job.
func (RefreshArgs) Kind() string { return "catalog_refresh" }

// InsertOpts puts the job into the catalog's queue.
func (RefreshArgs) InsertOpts() river.InsertOpts {
	return river.InsertOpts{Queue: Queue, MaxAttempts: 5}
}

// Inserter puts jobs into the queue; a River client is one.
type Inserter interface {
	InsertManyFastTx(ctx context.Context, tx pgx.Tx, params []river.InsertManyParams) (int, error)
}

// Requests asks for sources to be read.
type Requests struct {
	Store *Store
	Jobs  Inserter
}

// Refresh asks for the sources to be read soon. Requests for a source join the job that waits for it
// already, if there is one. A job that is running may have looked before, so it does not count: it reads
// again when it sees the request, and one that only looks as if it ran, after a crash, hinders nobody. What was named
// to be read again is what the audit log says.
func (q *Requests) Refresh(ctx context.Context, ids []string, by audit.Author, named string) (err error) {
	defer errs.Wrap(&err, "catalog: request refresh")
	if len(ids) == 0 {
		return nil
	}
	return pg.Transact(ctx, q.Store.db, pg.TxOptions{Idempotent: true}, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `
			WITH asked AS (
				SELECT id FROM catalog_sources WHERE id = ANY($1) ORDER BY id FOR NO KEY UPDATE
			)
			UPDATE catalog_sources AS s
			SET requested_at = clock_timestamp(), next_at = now() + make_interval(secs => $2)
			FROM asked WHERE s.id = asked.id`, ids, lease.Seconds()); err != nil {
			return err
		}
		// A statement of its own: only what it sees now, with the sources locked, cannot have begun.
		due, err := pg.Collect(ctx, tx, pgx.RowToStructByPos[struct {
			ID     string
			Remote bool
		}], `
			SELECT id, type NOT IN ('file', 'folder') FROM catalog_sources AS s
			WHERE id = ANY($1) AND NOT EXISTS (
				SELECT FROM river_job
				WHERE state = 'available' AND queue IN ($2, $3) AND kind = $4 AND args->>'sourceId' = s.id
			)`, ids, Queue, RemoteQueue, RefreshArgs{}.Kind())
		if err != nil {
			return err
		}
		params := make([]river.InsertManyParams, len(due))
		for i, d := range due {
			params[i].Args = RefreshArgs{SourceID: d.ID, Actor: by.Name}
			if d.Remote {
				params[i].InsertOpts = &river.InsertOpts{Queue: RemoteQueue}
			}
		}
		if len(due) > 0 {
			if _, err := q.Jobs.InsertManyFastTx(ctx, tx, params); err != nil {
				return err
			}
		}
		return by.Record(ctx, tx, named, map[string]any{"sources": ids})
	})
}

// lease is the time after which a reading that nobody renews counts as lost with its process: the
// source is then due again.
const lease = time.Minute

// SourceOf returns the id of the source that yielded an entity.
func (s *Store) SourceOf(ctx context.Context, ref string) (_ string, err error) {
	defer errs.Wrap(&err, "catalog: source of %s", ref)
	var id string
	err = s.db.QueryRow(ctx, `
		SELECT u.source_id FROM catalog_entities AS e JOIN catalog_units AS u ON u.id = e.unit_id
		WHERE e.ref = $1 AND e.state <> 'removed'`, ref).Scan(&id)
	if errs.Is(err, errs.NotFound) {
		return "", noSource(ref)
	}
	return id, err
}

func noSource(ref string) error {
	return errs.New(errs.NotFound, "there is no entity %s whose source could be read again", ref)
}

// refreshLimit bounds one reading of a source.
const refreshLimit = 30 * time.Minute

// RefreshWorker runs RefreshArgs.
type RefreshWorker struct {
	river.WorkerDefaults[RefreshArgs]
	Refresher *Refresher
	// Done is called after each refresh; it may be nil.
	Done func()
}

// NextRetry is soon: what fails a job is the database, which mostly is back in seconds.
func (w *RefreshWorker) NextRetry(job *river.Job[RefreshArgs]) time.Time {
	return time.Now().Add(time.Duration(job.Attempt) * time.Second)
}

// Timeout bounds one refresh.
func (w *RefreshWorker) Timeout(*river.Job[RefreshArgs]) time.Duration { return refreshLimit }

// Work reads the source, again if it was asked for meanwhile. One process reads a source at a time.
func (w *RefreshWorker) Work(ctx context.Context, job *river.Job[RefreshArgs]) (err error) {
	s := w.Refresher.Store
	done, err := s.lockSource(ctx, job.Args.SourceID)
	if errors.Is(err, ErrReading) {
		// Whoever reads it now may have looked before we were asked. It mostly is about to end, but may
		// also be a clone of half an hour.
		return river.JobSnooze(min(max(time.Since(job.CreatedAt)/2, 100*time.Millisecond), time.Second))
	}
	if err != nil {
		return err
	}
	defer done()
	for range 20 { // a source that changes all the time is the next job's again
		src, err := s.begin(ctx, job.Args.SourceID)
		if errs.Is(err, errs.NotFound) {
			return river.JobCancel(err)
		}
		if err != nil {
			return err
		}
		start := time.Now()
		o, err := w.refresh(ctx, src, job.Args.Actor)
		if err != nil {
			switch {
			case errors.Is(ctx.Err(), context.DeadlineExceeded):
				w.giveUp(ctx, src, fmt.Sprintf("reading it took longer than %s; split it into several sources", refreshLimit))
			case ctx.Err() == nil && job.Attempt >= job.MaxAttempts:
				w.Refresher.Log.Error("a source could not be read", "source", src.Location.Shown(), "attempts", job.Attempt, "error", err)
				w.giveUp(ctx, src, fmt.Sprintf("it could not be read in %d attempts because of a fault of the portal or of its database; the log has the cause", job.Attempt))
			}
			return err
		}
		again, err := s.finish(ctx, src, o)
		if err != nil {
			return err
		}
		w.Refresher.Log.Info("source read", "source", src.Location.Shown(), "state", o.State, "message", o.Message, "ms", time.Since(start).Milliseconds())
		if w.Done != nil {
			w.Done()
		}
		if !again {
			return nil
		}
	}
	return nil
}

// giveUp says of a source why its reading did not end: otherwise it would look as it did before, for
// good.
func (w *RefreshWorker) giveUp(ctx context.Context, src *Source, why string) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	o := Outcome{State: "failed", Message: why, NextAt: w.Refresher.nextAt(src)}
	if _, err := w.Refresher.Store.end(ctx, src.ID, o); err != nil {
		w.Refresher.Log.Warn("a source that could not be read does not say so", "source", src.Location.Shown(), "error", err)
	}
}

// refresh reads the source and says meanwhile that somebody still does.
func (w *RefreshWorker) refresh(ctx context.Context, src *Source, actor string) (Outcome, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	go func() {
		tick := time.NewTicker(lease / 3)
		defer tick.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
				_ = w.Refresher.Store.renew(ctx, src.ID) // the next tick tries again, and a lease that lapses costs one reading
			}
		}
	}()
	return w.Refresher.Refresh(ctx, src, actor)
}

func sourceLock(id string) int64 {
	h := fnv.New64a()
	_, _ = h.Write([]byte("portico catalog source " + id))
	return int64(h.Sum64())
}

// SweepArgs asks for what is due: sources to be read again, grace periods to end, logs to trim.
type SweepArgs struct{}

// Kind names the job.
func (SweepArgs) Kind() string { return "catalog_sweep" }

// InsertOpts puts the job into the catalog's queue.
func (SweepArgs) InsertOpts() river.InsertOpts {
	return river.InsertOpts{Queue: Queue, MaxAttempts: 1}
}

// SweepWorker runs SweepArgs.
type SweepWorker struct {
	river.WorkerDefaults[SweepArgs]
	Requests  *Requests
	Retention Retention
	Log       *slog.Logger
}

// Timeout bounds one sweep.
func (w *SweepWorker) Timeout(*river.Job[SweepArgs]) time.Duration { return 5 * time.Minute }

// Work enqueues what is due and expires what is over.
func (w *SweepWorker) Work(ctx context.Context, _ *river.Job[SweepArgs]) error {
	s := w.Requests.Store
	due, err := pg.Collect(ctx, s.db, pgx.RowTo[string], `SELECT id FROM catalog_sources WHERE next_at <= now()`)
	if err != nil {
		return err
	}
	if err := w.Requests.Refresh(ctx, due, audit.System("system:schedule"), ""); err != nil {
		return err
	}
	return s.Expire(ctx, w.Retention)
}

// SweepEvery is the time between sweeps.
const SweepEvery = 15 * time.Second

// watchRetry is the time until what the database could not be asked is asked again.
const watchRetry = time.Second

// Watch asks for sources to be read when their local files change, until ctx ends. What is to be
// watched comes from the database and is looked up again on rewatch. Changes that are told while the
// database is away are acted on when it is back.
func (q *Requests) Watch(ctx context.Context, w Watcher, rewatch <-chan struct{}, log *slog.Logger) {
	changed := map[string]bool{}
	stale := true
	retry := time.NewTimer(0)
	defer retry.Stop()
	failing := false
	for {
		select {
		case <-ctx.Done():
			return
		case <-retry.C:
		case <-rewatch:
			stale = true
		case paths, ok := <-w.Changes():
			if !ok {
				return
			}
			for _, p := range paths {
				changed[p] = true
			}
		}
		err := q.act(ctx, changed)
		if err == nil && stale {
			if err = q.arrange(ctx, w); err == nil {
				stale = false
			}
		}
		switch {
		case err == nil:
			failing = false
		case ctx.Err() != nil:
			return
		default:
			if !failing {
				log.Warn("changed files cannot be acted on at the moment; they will be", "files", len(changed), "error", err)
			}
			failing = true
			retry.Reset(watchRetry)
		}
	}
}

// act asks for the sources of changed files to be read, and empties changed.
func (q *Requests) act(ctx context.Context, changed map[string]bool) error {
	if len(changed) == 0 {
		return nil
	}
	ids, err := q.Store.SourcesOfPaths(ctx, slices.Sorted(maps.Keys(changed)))
	if err != nil {
		return err
	}
	if err := q.Refresh(ctx, ids, audit.System("system:watch"), ""); err != nil {
		return err
	}
	clear(changed)
	return nil
}

func (q *Requests) arrange(ctx context.Context, w Watcher) error {
	paths, err := q.Store.WatchPaths(ctx)
	if err != nil {
		return err
	}
	return w.Set(paths)
}
