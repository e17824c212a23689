package crawl

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"net/http"
	"sync"
	"time"

	"portico/internal/catalog"
	"portico/internal/errs"
	"portico/internal/forge"
	"portico/internal/pg"
)

// Channel is the PostgreSQL channel that says for which provider a delivery was kept.
const Channel = "portico_forge"

// keep verifies a delivery and keeps it, once; nothing is read before. Errors: as forge.Forge.Webhook.
func (c *Crawler) keep(ctx context.Context, p *Provider, header http.Header, body []byte) (err error) {
	e, err := p.Forge.Webhook(header, body)
	if err != nil {
		return err
	}
	defer errs.Wrap(&err, "crawl: keep a delivery for %s", p.ID)
	id := text(e.Delivery)
	if id == "" || len(id) > 200 {
		sum := sha256.Sum256(body)
		id = "sha256:" + hex.EncodeToString(sum[:])
	}
	_, err = c.DB.Exec(ctx, `
		WITH kept AS (
			INSERT INTO forge_deliveries (provider, delivery_id, event, what, repo_id, repository, done_at)
			VALUES ($1, $2, $3, $4, $5, $6, CASE WHEN $7 THEN now() END)
			ON CONFLICT DO NOTHING
			RETURNING done_at
		)
		SELECT pg_notify($8, $1) FROM kept WHERE done_at IS NULL`,
		p.ID, id, cut(text(e.Name), 100), int(e.What), cut(text(e.RepositoryID), 200), cut(text(e.Repository), 500), e.What == forge.Ignored, Channel)
	return err
}

func cut(s string, n int) string { return text(s[:min(len(s), n)]) }

// Deliveries works off what hosts told, as it comes.
type Deliveries struct {
	Crawler *Crawler
	// News applies what was told of a source; Source finds the one that a provider is.
	News   func(ctx context.Context, sourceID, actor string) error
	Source func(ctx context.Context, loc catalog.Location) (id string, err error)
	// Done is called when something was applied; it may be nil.
	Done func()
}

const (
	lookEvery = 30 * time.Second       // in case nobody says that something waits
	busyWait  = 300 * time.Millisecond // while a crawl is on, which takes deliveries along
	breath    = 100 * time.Millisecond // between two looks at what waits
	nextRound = time.Second            // while deliveries wait for repositories that rest
	keptFor   = 7 * 24 * time.Hour
)

// Run works until ctx ends.
func (d *Deliveries) Run(ctx context.Context) {
	wake := map[string]chan struct{}{}
	var all sync.WaitGroup
	for _, p := range d.Crawler.Providers {
		wake[p.ID] = make(chan struct{}, 1)
		all.Go(func() { d.follow(ctx, p, wake[p.ID]) })
	}
	all.Go(func() { d.prune(ctx) })
	poke := func(id string) {
		select {
		case wake[id] <- struct{}{}:
		default:
		}
	}
	_ = pg.Listen(ctx, d.Crawler.DB, Channel, poke, func() {
		for id := range wake {
			poke(id)
		}
	})
	all.Wait()
}

// follow works off the deliveries of one provider.
func (d *Deliveries) follow(ctx context.Context, p *Provider, wake <-chan struct{}) {
	wait := time.NewTimer(0)
	defer wait.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-wake:
		case <-wait.C:
		}
		next := d.round(ctx, p)
		// In a storm each delivery says that it came.
		select {
		case <-ctx.Done():
			return
		case <-time.After(breath):
		}
		wait.Reset(next)
	}
}

// round applies what waits, and returns when to look again unprompted.
func (d *Deliveries) round(ctx context.Context, p *Provider) time.Duration {
	var waits int
	if err := d.Crawler.DB.QueryRow(ctx, `SELECT count(*) FROM (SELECT FROM forge_deliveries WHERE provider = $1 AND done_at IS NULL LIMIT 1) AS w`, p.ID).Scan(&waits); err != nil || waits == 0 {
		return lookEvery
	}
	list, err := d.Crawler.waiting(ctx, p)
	if err != nil || len(list) == 0 {
		return nextRound
	}
	id, err := d.Source(ctx, p.Location())
	if err == nil {
		err = d.News(ctx, id, "system:webhook")
	}
	switch {
	case err == nil:
		if d.Done != nil {
			d.Done()
		}
		return nextRound
	case errors.Is(err, catalog.ErrReading):
		return busyWait
	case ctx.Err() == nil:
		d.Crawler.Log.Warn("what a host told is not applied yet", "provider", p.ID, "error", err)
	}
	return nextRound
}

// prune forgets old deliveries.
func (d *Deliveries) prune(ctx context.Context) {
	for {
		if _, err := d.Crawler.DB.Exec(ctx, `DELETE FROM forge_deliveries WHERE received_at < now() - make_interval(secs => $1)`, keptFor.Seconds()); err != nil && ctx.Err() == nil {
			d.Crawler.Log.Warn("old deliveries are not forgotten", "error", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(time.Hour):
		}
	}
}
