package catalog

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"runtime/debug"
	"slices"
	"time"

	"portico/internal/errs"
)

// crawls reports whether a source comes in parts.
func (r *Refresher) crawls(src *Source) bool {
	return r.Crawler != nil && r.Crawler.Crawls(src.Location.Type)
}

// crawl is Refresh of a source that comes in parts. Each is applied as it comes; only a whole crawl may find that something
// vanished.
func (r *Refresher) crawl(ctx context.Context, src *Source, actor string) (Outcome, error) {
	w, root, err := r.begun(ctx, src, actor)
	if err != nil {
		return Outcome{}, err
	}
	o := Outcome{State: "current", NextAt: r.nextAt(src)}
	end, err := w.parts(ctx, root, r.Crawler.Crawl)
	switch {
	case ctx.Err() != nil:
		return Outcome{}, ctx.Err()
	case w.writeErr != nil:
		return Outcome{}, w.writeErr
	case err != nil:
		if _, err := w.unreadable(ctx, root, w.targets[root.loc.String()], err); err != nil {
			return Outcome{}, err
		}
		o.State, o.Message = "failed", sentence(err)
		if w.wait > 0 {
			o.NextAt = time.Now().Add(w.wait)
		}
		return o, nil
	case w.truncated != "":
		o.State, o.Message = "degraded", w.truncated
	case end.Message != "":
		o.State, o.Message = "degraded", end.Message
	case w.failed > 0:
		o.State, o.Message = "degraded", plural(w.failed, "file has problems", "files have problems")
	}
	if end.GoesOn > 0 {
		o.NextAt = time.Now().Add(end.GoesOn)
	}
	if w.truncated != "" {
		return o, nil // what was not looked at is not gone
	}
	if end.Partial {
		w.keepOthers(end.Gone)
	}
	for _, loc := range end.Gone {
		delete(w.visited, loc)
	}
	if o.Held, _, err = r.Store.Vanish(ctx, src, w.reading(), actor); err != nil {
		return Outcome{}, err
	}
	if end.Applied != nil {
		err = end.Applied(ctx)
	}
	return o, err
}

// ErrReading is returned where somebody else reads the source at the moment.
var ErrReading = errs.New(errs.Conflict, "the source is being read")

// News applies what a crawler was told of since, for a source that no reading is on: only that, so that nothing else vanishes
// and the source's schedule stays. It returns ErrReading while the source is being read, which takes the news along.
func (r *Refresher) News(ctx context.Context, sourceID, actor string) (err error) {
	defer errs.Wrap(&err, "catalog: news of %s", sourceID)
	done, err := r.Store.lockSource(ctx, sourceID)
	if err != nil {
		return err
	}
	defer done()
	src, err := r.Store.Source(ctx, sourceID)
	if err != nil {
		return err
	}
	if !r.crawls(src) {
		return errs.New(errs.Invalid, "%s is not crawled", src.Location.Shown())
	}
	w, root, err := r.begun(ctx, src, actor)
	if err != nil {
		return err
	}
	end, err := w.parts(ctx, root, r.Crawler.News)
	if w.writeErr != nil {
		return w.writeErr
	}
	if err != nil {
		return err
	}
	w.keepOthers(end.Gone)
	if _, _, err = r.Store.Vanish(ctx, src, w.reading(), actor); err != nil {
		return err
	}
	if end.Applied != nil {
		if err := end.Applied(ctx); err != nil {
			return err
		}
	}
	return r.Store.told(ctx, src.ID)
}

// begun is what comes before a source's first file.
func (r *Refresher) begun(ctx context.Context, src *Source, actor string) (w *walk, root target, err error) {
	w = r.walk(src, known{}, actor)
	by, err := w.judges()
	if err != nil {
		return nil, root, err
	}
	if src.ReadBy != by {
		if err := r.Store.judgeBy(ctx, src.ID, by); err != nil {
			return nil, root, err
		}
		src.ReadBy = by
	}
	if w.known, err = r.Store.knownOf(ctx, src.ID); err != nil {
		return nil, root, err
	}
	if err := w.count(ctx); err != nil {
		return nil, root, err
	}
	root, err = w.root(ctx)
	return w, root, err
}

// crawling is Crawl or News of a Crawler.
type crawling func(context.Context, Location, Known, func([]File) error) (Crawled, error)

// parts applies what a crawl hands over, and then reads what that leads to.
func (w *walk) parts(ctx context.Context, root target, crawl crawling) (end Crawled, err error) {
	before := w.targets[root.loc.String()]
	k := Known{Files: make(map[string]string, len(before.units))}
	for loc, u := range w.units {
		// What placeholders read is of the same commit: nobody has to ask whether it moved.
		if u.state != "missing" && u.revision != "" && u.parent == root.parent {
			k.Files[loc] = u.revision
		}
	}
	now := knownTarget{parent: root.parent}
	var children []target
	handed := map[string]bool{}
	w.named[root.loc.String()] = append(w.named[root.loc.String()], root.parent)
	end, err = crawlSafely(ctx, w, root.loc, k, crawl, func(part []File) error {
		for i := range part {
			cs, _, err := w.file(ctx, root, &part[i])
			if err != nil {
				w.writeErr = err
				return err
			}
			children = append(children, cs...)
			if loc := part[i].Location.String(); !handed[loc] {
				handed[loc] = true
				now.units = append(now.units, loc)
			}
		}
		return ctx.Err()
	})
	if ctx.Err() != nil || w.writeErr != nil {
		return end, errors.Join(ctx.Err(), w.writeErr)
	}
	if err != nil || end.Partial {
		gone := map[string]bool{}
		for _, loc := range end.Gone {
			gone[loc] = true
		}
		for _, loc := range before.units {
			if !handed[loc] && !gone[loc] {
				now.units = append(now.units, loc)
			}
		}
	}
	w.note(root, now)
	// What was handed over is there already.
	children = slices.DeleteFunc(children, func(t target) bool { return handed[t.loc.String()] })
	if rerr := w.run(ctx, children); rerr != nil {
		w.writeErr = rerr
		return end, rerr
	}
	return end, err
}

// crawlSafely is the crawler's; a panic in it is a fault of this source alone.
func crawlSafely(ctx context.Context, w *walk, loc Location, k Known, crawl crawling, yield func([]File) error) (end Crawled, err error) {
	defer func() {
		if v := recover(); v != nil {
			w.Log.Error("crawling a source failed; this is a fault of the portal", "location", loc.Shown(), "panic", v, "stack", string(debug.Stack()))
			end, err = Crawled{}, errs.WithRemedy(errs.New(errs.Internal, "it could not be read because of a fault of the portal"), "report it, with the lines of the log that name it")
		}
	}()
	return crawl(ctx, loc, k, yield)
}

// keepOthers takes everything that was not handed over to be as it was, but for what is gone.
func (w *walk) keepOthers(gone []string) {
	goes := map[string]bool{}
	for _, loc := range gone {
		goes[loc] = true
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	for loc, u := range w.units {
		if !goes[loc] && u.state != "missing" {
			w.visited[loc] = true
		}
	}
	noted := maps.Clone(w.targets)
	maps.Copy(noted, w.noted)
	w.noted = noted
}

func (r *Refresher) nextAt(src *Source) time.Time {
	if r.Next != nil {
		if at, ok := r.Next(src.Location); ok {
			return at
		}
	}
	return time.Now().Add(r.Every)
}

// lockSource is for one process at a time. Errors: ErrReading.
func (s *Store) lockSource(ctx context.Context, id string) (done func(), err error) {
	conn, err := s.db.Acquire(ctx)
	if err != nil {
		return nil, err
	}
	var mine bool
	if err := conn.QueryRow(ctx, `SELECT pg_try_advisory_lock($1)`, sourceLock(id)).Scan(&mine); err != nil || !mine {
		conn.Release()
		if err == nil {
			err = ErrReading
		}
		return nil, err
	}
	return func() {
		cctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*time.Second)
		defer cancel()
		if _, err := conn.Exec(cctx, `SELECT pg_advisory_unlock($1)`, sourceLock(id)); err != nil {
			_ = conn.Conn().Close(cctx) // the lock goes with the connection
		}
		conn.Release()
	}, nil
}

// told counts a source after news, and says so where they made it hold something.
func (s *Store) told(ctx context.Context, id string) error {
	if err := s.tally(ctx, []string{id}); err != nil {
		return err
	}
	_, err := s.db.Exec(ctx, `
		UPDATE catalog_sources
		SET state = 'held', message = (held->>'missing') || ' of ' || (held->>'of') || ' entities would disappear; nothing was removed'
		WHERE id = $1 AND held IS NOT NULL AND state = 'current'`, id)
	if err != nil {
		return fmt.Errorf("catalog: say what %s holds: %w", id, err)
	}
	return nil
}
