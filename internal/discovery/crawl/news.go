package crawl

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"

	"portico/internal/catalog"
	"portico/internal/errs"
	"portico/internal/forge"
	"portico/internal/forge/budget"
	"portico/internal/pg"
)

const (
	// restFor is the time between two readings of a repository that deliveries ask for: a storm of pushes to one is few
	// readings, and the last of them is after the last push.
	restFor = 5 * time.Second
	// newsAtOnce is how many repositories one look at deliveries takes.
	newsAtOnce = 100
	// triesOf is how often a delivery is tried before it is left to the next crawl.
	triesOf = 12
)

// told is the repository that deliveries speak of, and the newest of them.
type told struct {
	id, name string
	newest   int64
	teams    bool
}

// News implements catalog.Crawler: it reads the repositories that waiting deliveries speak of.
func (c *Crawler) News(ctx context.Context, loc catalog.Location, known catalog.Known, yield func([]catalog.File) error) (end catalog.Crawled, err error) {
	p, err := c.Providers.at(loc)
	if err != nil {
		return end, err
	}
	x := c.pass(p, known, yield)
	if err := x.DB.QueryRow(ctx, `SELECT coalesce(max(id), 0) FROM forge_crawls WHERE provider = $1`, p.ID).Scan(&x.id); err != nil {
		return end, err
	}
	if err := x.take(ctx); err != nil {
		return end, err
	}
	end.Partial = true
	return x.ended(end), nil
}

// news takes deliveries along while a crawl is on: what they tell must not wait for its end.
func (x *pass) news(ctx context.Context) error {
	if time.Since(x.lastNews) < newsEvery {
		return nil
	}
	x.lastNews = time.Now()
	err := x.take(ctx)
	if err != nil && x.broken == nil && ctx.Err() == nil {
		return nil // the deliveries say so, and wait
	}
	return err
}

// waiting are the deliveries to be taken, by repository, but for repositories that rest.
func (c *Crawler) waiting(ctx context.Context, p *Provider) (_ []told, err error) {
	defer errs.Wrap(&err, "crawl: waiting deliveries of %s", p.ID)
	return pg.Collect(ctx, c.DB, func(row pgx.CollectableRow) (t told, err error) {
		return t, row.Scan(&t.id, &t.name, &t.teams, &t.newest)
	}, `
		WITH d AS (
			SELECT coalesce(nullif(d.repo_id, ''), (
			         SELECT repo_id FROM forge_repositories AS f WHERE f.provider = $1 AND lower(f.name) = lower(d.repository) LIMIT 1), '') AS repo_id,
			       d.repository, d.what = $3 AS teams, d.id
			FROM forge_deliveries AS d
			WHERE d.provider = $1 AND d.done_at IS NULL AND (d.retry_at IS NULL OR d.retry_at <= now())
			ORDER BY d.id LIMIT 10000
		)
		SELECT d.repo_id, CASE WHEN d.repo_id = '' THEN d.repository ELSE '' END, d.teams, max(d.id)
		FROM d LEFT JOIN forge_repositories AS f ON f.provider = $1 AND f.repo_id = d.repo_id
		WHERE d.repo_id = '' OR f.told_at IS NULL OR f.told_at < now() - make_interval(secs => $2)
		GROUP BY 1, 2, 3 ORDER BY max(d.id) LIMIT $4`, p.ID, restFor.Seconds(), int(forge.TeamsChanged), newsAtOnce)
}

// take reads what deliveries speak of, once for all of them.
func (x *pass) take(ctx context.Context) error {
	list, err := x.waiting(ctx, x.p)
	if err != nil || len(list) == 0 {
		return err
	}
	ctx = budget.For(ctx, x.p.ID, budget.Webhook)
	var ids []string
	teams, account := false, false
	for _, t := range list {
		teams = teams || t.teams
		account = account || !t.teams && t.id == "" && t.name == ""
		if t.id != "" && !t.teams {
			ids = append(ids, t.id)
		}
	}
	for _, said := range []struct{ so, teams bool }{{teams, true}, {account, false}} {
		if said.so && x.Changed != nil {
			if err := x.Changed(ctx, x.p.ID, said.teams); err != nil {
				return x.postpone(ctx, list, err)
			}
		}
	}
	if len(ids) > 0 {
		if err := x.ask(ctx, ids); err != nil {
			if x.broken != nil || ctx.Err() != nil {
				return errors.Join(x.broken, ctx.Err())
			}
			return x.postpone(ctx, list, err)
		}
	}
	for _, t := range list {
		done, err := pg.Collect(ctx, x.DB, pgx.RowTo[int64], `
			SELECT d.id FROM forge_deliveries AS d
			WHERE d.provider = $1 AND d.done_at IS NULL AND d.id <= $2 AND (d.what = $5) = $6
			  AND (d.repo_id = $3 AND ($3 <> '' OR lower(d.repository) = lower($4)) OR d.repo_id = '' AND $3 <> '' AND EXISTS (
			        SELECT FROM forge_repositories AS f WHERE f.provider = $1 AND f.repo_id = $3 AND lower(f.name) = lower(d.repository)))`,
			x.p.ID, t.newest, t.id, t.name, int(forge.TeamsChanged), t.teams)
		if err != nil {
			x.broken = err
			return err
		}
		x.pending = append(x.pending, done...)
	}
	return nil
}

// ask reads repositories by their ids.
func (x *pass) ask(ctx context.Context, ids []string) error {
	found, gone, err := x.p.Forge.Some(ctx, ids)
	if err != nil {
		return err
	}
	fail := func(err error) error { x.broken = err; return err }
	rows, err := x.upsert(ctx, x.p, x.id, found)
	if err != nil {
		return fail(err)
	}
	var read []*row
	var part []catalog.File
	for _, r := range rows {
		if r.LeftOut != "" {
			x.leave(r)
			continue
		}
		if files, ok := x.unchanged(r); ok && !r.stale() && r.Error == "" {
			x.done[r.ID] = true
			part = append(part, files...)
			continue
		}
		read = append(read, r)
	}
	if err := x.hand(part); err != nil {
		return err
	}
	failed, err := x.readAll(ctx, read)
	if err != nil {
		return fail(err)
	}
	if len(gone) > 0 {
		rows, err := x.rowsBy(ctx, x.p, `repo_id = ANY($2)`, gone)
		if err != nil {
			return fail(err)
		}
		for _, r := range rows {
			x.leave(r)
			x.lost = append(x.lost, r.ID)
		}
	}
	if _, err := x.DB.Exec(ctx, `UPDATE forge_repositories SET told_at = now() WHERE provider = $1 AND repo_id = ANY($2)`, x.p.ID, ids); err != nil {
		return fail(err)
	}
	if failed > 0 {
		return errs.New(errs.Unavailable, "%d of %d repositories could not be read", failed, len(read))
	}
	return nil
}

// postpone lets deliveries wait, longer each time, and says why. One that was tried often is left to the next crawl.
func (x *pass) postpone(ctx context.Context, list []told, why error) error {
	wait := 0.0
	var asked interface{ RetryIn() time.Duration }
	if errors.As(why, &asked) {
		wait = asked.RetryIn().Seconds()
	}
	var newest int64
	for _, t := range list {
		newest = max(newest, t.newest)
	}
	x.Log.Warn("deliveries wait: the host could not be asked", "provider", x.p.ID, "error", why)
	if _, err := x.DB.Exec(ctx, `
		UPDATE forge_deliveries
		SET attempts = attempts + 1, error = $3, retry_at = now() + make_interval(secs => greatest($4, least(300, 2 ^ attempts))),
		    done_at = CASE WHEN attempts + 1 >= $5 THEN now() END
		WHERE provider = $1 AND done_at IS NULL AND id <= $2`, x.p.ID, newest, sentence(why), wait, triesOf); err != nil {
		x.broken = err
		return err
	}
	return why
}

// applied says of deliveries that what they told is in the catalog.
func (x *pass) applied(ctx context.Context) (err error) {
	defer errs.Wrap(&err, "crawl: end deliveries of %s", x.p.ID)
	if len(x.lost) > 0 {
		if _, err := x.DB.Exec(ctx, `DELETE FROM forge_repositories WHERE provider = $1 AND repo_id = ANY($2)`, x.p.ID, x.lost); err != nil {
			return err
		}
	}
	if len(x.pending) > 0 {
		_, err = x.DB.Exec(ctx, `UPDATE forge_deliveries SET done_at = now(), error = '' WHERE id = ANY($1)`, x.pending)
	}
	return err
}
