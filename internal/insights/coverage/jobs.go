package coverage

import (
	"context"
	"time"

	"github.com/riverqueue/river"
)

// Queue is the River queue of the job.
const Queue = "insights"

// KeepEvery is the time between two measurements: the last of a day is the one that is kept of it.
const KeepEvery = time.Hour

// KeepArgs asks for coverage to be measured and kept as that of the day.
type KeepArgs struct{}

// Kind names the job.
func (KeepArgs) Kind() string { return "coverage_keep" }

// InsertOpts puts the job into its queue.
func (KeepArgs) InsertOpts() river.InsertOpts { return river.InsertOpts{Queue: Queue, MaxAttempts: 3} }

// KeepWorker runs KeepArgs. A day that is kept again is what the later says.
type KeepWorker struct {
	river.WorkerDefaults[KeepArgs]
	Coverage *Coverage
}

// Timeout bounds one measurement.
func (w *KeepWorker) Timeout(*river.Job[KeepArgs]) time.Duration { return 2 * time.Minute }

// Work measures and keeps.
func (w *KeepWorker) Work(ctx context.Context, _ *river.Job[KeepArgs]) error {
	days, err := w.Coverage.days(ctx)
	if err != nil {
		return err
	}
	return w.Coverage.Store.Keep(ctx, dayOf(w.Coverage.now()), days)
}

// dayOf is the day of a time, in UTC.
func dayOf(t time.Time) time.Time { return t.UTC().Truncate(24 * time.Hour) }
