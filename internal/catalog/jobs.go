package catalog

import (
	"context"
	"hash/fnv"
	"log/slog"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river"

	"portico/internal/errs"
	"portico/internal/pg"
)

// Queue is the River queue of the catalog's jobs.
const Queue = "catalog"

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

// Refresh asks for the sources to be read soon. Requests for a source that waits already are one
// request, unless force: after a crash a job may look as if it still ran.
func (q *Requests) Refresh(ctx context.Context, ids []string, actor string, force bool) (err error) {
	defer errs.Wrap(&err, "catalog: request refresh")
	if len(ids) == 0 {
		return nil
	}
	return pg.Transact(ctx, q.Store.db, pg.TxOptions{Idempotent: true}, func(tx pgx.Tx) error {
		due, err := pg.Collect(ctx, tx, pgx.RowTo[string], `
			WITH old AS (
				SELECT id, requested_at > coalesce(last_attempt_at, '-infinity') AND last_attempt_at IS NOT NULL AS waiting
				FROM catalog_sources WHERE id = ANY($1) ORDER BY id FOR UPDATE
			)
			UPDATE catalog_sources AS s SET requested_at = clock_timestamp()
			FROM old WHERE s.id = old.id AND ($2 OR NOT old.waiting)
			RETURNING s.id`, ids, force)
		if err != nil || len(due) == 0 {
			return err
		}
		params := make([]river.InsertManyParams, len(due))
		for i, id := range due {
			params[i].Args = RefreshArgs{SourceID: id, Actor: actor}
		}
		_, err = q.Jobs.InsertManyFastTx(ctx, tx, params)
		return err
	})
}

// SourceOf returns the id of the source that yielded an entity.
func (s *Store) SourceOf(ctx context.Context, ref string) (_ string, err error) {
	defer errs.Wrap(&err, "catalog: source of %s", ref)
	var id string
	err = s.db.QueryRow(ctx, `
		SELECT u.source_id FROM catalog_entities AS e JOIN catalog_units AS u ON u.id = e.unit_id
		WHERE e.ref = $1 AND e.state <> 'removed'`, ref).Scan(&id)
	if errs.Is(err, errs.NotFound) {
		return "", errs.New(errs.NotFound, "there is no entity %s whose source could be read again", ref)
	}
	return id, err
}

// RefreshWorker runs RefreshArgs.
type RefreshWorker struct {
	river.WorkerDefaults[RefreshArgs]
	Refresher *Refresher
	// Done is called after each refresh; it may be nil.
	Done func()
}

// Timeout bounds one refresh.
func (w *RefreshWorker) Timeout(*river.Job[RefreshArgs]) time.Duration { return 30 * time.Minute }

// Work reads the source, again if it was asked for meanwhile. One process reads a source at a time.
func (w *RefreshWorker) Work(ctx context.Context, job *river.Job[RefreshArgs]) (err error) {
	s := w.Refresher.Store
	conn, err := s.db.Acquire(ctx)
	if err != nil {
		return err
	}
	defer conn.Release()
	lock := sourceLock(job.Args.SourceID)
	var mine bool
	if err := conn.QueryRow(ctx, `SELECT pg_try_advisory_lock($1)`, lock).Scan(&mine); err != nil {
		return err
	}
	if !mine {
		return river.JobSnooze(time.Second) // whoever reads it now may have looked before we were asked
	}
	defer func() {
		cctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*time.Second)
		defer cancel()
		if _, uerr := conn.Exec(cctx, `SELECT pg_advisory_unlock($1)`, lock); uerr != nil {
			_ = conn.Conn().Close(cctx) // the lock goes with the connection
		}
	}()
	for range 20 { // a source that changes all the time is the next job's again
		src, err := s.begin(ctx, job.Args.SourceID)
		if errs.Is(err, errs.NotFound) {
			return river.JobCancel(err)
		}
		if err != nil {
			return err
		}
		start := time.Now()
		o, err := w.Refresher.Refresh(ctx, src, job.Args.Actor)
		if err != nil {
			return err
		}
		again, err := s.finish(ctx, s.db, src, o)
		if err != nil {
			return err
		}
		w.Refresher.Log.Info("source read", "source", src.Location.String(), "state", o.State, "message", o.Message, "ms", time.Since(start).Milliseconds())
		if w.Done != nil {
			w.Done()
		}
		if !again {
			return nil
		}
	}
	return nil
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
	due, err := pg.Collect(ctx, s.db, pgx.RowTo[string], `
		UPDATE catalog_sources SET next_at = NULL WHERE next_at <= now() RETURNING id`)
	if err != nil {
		return err
	}
	if err := w.Requests.Refresh(ctx, due, "system:schedule", true); err != nil {
		return err
	}
	return s.Expire(ctx, w.Retention)
}

// SweepEvery is the time between sweeps.
const SweepEvery = 15 * time.Second

// Watch asks for sources to be read when their local files change, until ctx ends. paths returns
// what is to be watched; it is asked again on rewatch.
func (q *Requests) Watch(ctx context.Context, w Watcher, rewatch <-chan struct{}, log *slog.Logger) {
	set := func() {
		paths, err := q.Store.WatchPaths(ctx)
		if err == nil {
			err = w.Set(paths)
		}
		if err != nil && ctx.Err() == nil {
			log.Warn("local files cannot be watched; they are read again every few minutes", "error", err)
		}
	}
	set()
	for {
		select {
		case <-ctx.Done():
			return
		case <-rewatch:
			set()
		case paths, ok := <-w.Changes():
			if !ok {
				return
			}
			ids, err := q.Store.SourcesOfPaths(ctx, paths)
			if err == nil {
				err = q.Refresh(ctx, ids, "system:watch", false)
			}
			if err != nil && ctx.Err() == nil {
				log.Warn("changed files could not be acted on; they are read again later", "files", len(paths), "error", err)
			}
		}
	}
}
