package budget

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"portico/internal/errs"
)

// Run writes what was learnt and spent until ctx ends: once a second, and at once when a host asks to be left alone.
func (l *Ledger) Run(ctx context.Context) {
	l.init()
	tick := time.NewTicker(flushEvery)
	defer tick.Stop()
	prune := time.NewTicker(time.Hour)
	defer prune.Stop()
	for {
		select {
		case <-ctx.Done():
			last, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*time.Second)
			defer cancel()
			_ = l.Flush(last) // what is lost are counts of a second
			return
		case <-prune.C:
			_, _ = l.DB.Exec(ctx, `DELETE FROM forge_spending WHERE hour < now() - interval '30 days'`)
			continue
		case <-l.urgent:
		case <-tick.C:
		}
		if err := l.Flush(ctx); err != nil && ctx.Err() == nil {
			l.Log.Warn("what hosts say of their limits is not kept at the moment", "error", err)
		}
	}
}

// Flush writes what was learnt and spent since the last time.
func (l *Ledger) Flush(ctx context.Context) (err error) {
	defer errs.Wrap(&err, "budget: flush")
	l.init()
	l.mu.Lock()
	spent := l.spent
	l.spent = map[spending]amount{}
	budgets := make([]*Budget, 0, len(l.budgets))
	for _, b := range l.budgets {
		budgets = append(budgets, b)
	}
	l.mu.Unlock()
	var batch pgx.Batch
	for _, b := range budgets {
		b.mu.Lock()
		for resource, k := range b.buckets {
			if !k.dirty {
				continue
			}
			k.dirty = false
			batch.Queue(`
				INSERT INTO forge_budgets AS f (credential, resource, host, quota, remaining, resets_at, retry_at, seen_at)
				VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
				ON CONFLICT (credential, resource) DO UPDATE
				SET host = EXCLUDED.host, retry_at = greatest(f.retry_at, EXCLUDED.retry_at),
				    quota = CASE WHEN f.seen_at <= EXCLUDED.seen_at THEN EXCLUDED.quota ELSE f.quota END,
				    remaining = CASE
				      WHEN f.resets_at = EXCLUDED.resets_at THEN least(f.remaining, EXCLUDED.remaining)
				      WHEN f.seen_at <= EXCLUDED.seen_at THEN EXCLUDED.remaining ELSE f.remaining END,
				    resets_at = CASE WHEN f.seen_at <= EXCLUDED.seen_at THEN EXCLUDED.resets_at ELSE f.resets_at END,
				    seen_at = greatest(f.seen_at, EXCLUDED.seen_at)`,
				b.credential, resource, b.host, k.quota, k.remaining, orNull(k.resetsAt), orNull(k.retryAt), k.seenAt)
		}
		b.mu.Unlock()
	}
	for s, a := range spent {
		batch.Queue(`
			INSERT INTO forge_spending AS f (credential, resource, provider, purpose, hour, requests, points)
			VALUES ($1, $2, $3, $4, $5, $6, $7)
			ON CONFLICT (credential, resource, provider, purpose, hour) DO UPDATE
			SET requests = f.requests + EXCLUDED.requests, points = f.points + EXCLUDED.points`,
			s.credential, s.resource, s.provider, s.purpose, s.hour, a.requests, a.points)
	}
	if batch.Len() == 0 {
		return nil
	}
	if err = l.DB.SendBatch(ctx, &batch).Close(); err == nil {
		return nil
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	for s, a := range spent { // for the next time
		now := l.spent[s]
		l.spent[s] = amount{now.requests + a.requests, now.points + a.points}
	}
	for _, b := range budgets {
		b.mu.Lock()
		for _, k := range b.buckets {
			k.dirty = true
		}
		b.mu.Unlock()
	}
	return err
}

func orNull(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

// lookUp learns what other replicas know, now and then. Where the database is away, what is known here counts.
func (b *Budget) lookUp(ctx context.Context) {
	now := b.ledger.Now()
	b.mu.Lock()
	fresh := now.Sub(b.loaded) < lookUpEvery
	if !fresh {
		b.loaded = now
	}
	b.mu.Unlock()
	if fresh || b.ledger.DB == nil {
		return
	}
	rows, err := b.ledger.DB.Query(ctx, `
		SELECT resource, quota, remaining, coalesce(resets_at, 'epoch'), coalesce(retry_at, 'epoch'), seen_at FROM forge_budgets WHERE credential = $1`, b.credential)
	if err != nil {
		return
	}
	var resource string
	var k bucket
	_, _ = pgx.ForEachRow(rows, []any{&resource, &k.quota, &k.remaining, &k.resetsAt, &k.retryAt, &k.seenAt}, func() error {
		b.mu.Lock()
		defer b.mu.Unlock()
		mine := b.buckets[resource]
		if mine == nil {
			mine = &bucket{}
			b.buckets[resource] = mine
		}
		if k.seenAt.After(mine.seenAt) {
			mine.quota, mine.remaining, mine.resetsAt, mine.seenAt = k.quota, k.remaining, k.resetsAt, k.seenAt
		}
		if k.retryAt.After(mine.retryAt) {
			mine.retryAt = k.retryAt
		}
		return nil
	})
}
