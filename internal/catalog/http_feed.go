package catalog

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"portico/internal/catalog/entity"
	"portico/internal/errs"
	"portico/internal/httpx"
)

const (
	feedPage    = 500
	streamStuck = 30 * time.Second // to take what was written; the sign of life comes every 15
)

func (h *Handler) getChanges(w http.ResponseWriter, r *http.Request) error {
	// A HEAD has no body that could end, so its connection would be lost to a stream.
	stream := r.Method == http.MethodGet && strings.Contains(r.Header.Get("Accept"), "text/event-stream")
	after, err := intParam(r, "after", fromOldest, 0, 1<<62)
	if err != nil {
		return err
	}
	sight := "" // that of the stream that is resumed
	if id := r.Header.Get("Last-Event-ID"); stream && id != "" {
		at, mark, _ := strings.Cut(id, ".")
		if after, err = strconv.ParseInt(at, 10, 64); err != nil || after < 0 {
			return errs.New(errs.Invalid, "Last-Event-ID must be a revision such as 1234, or what a stream gave as the id of an event, not %q", cut(id))
		}
		sight = mark
	}
	ref := strings.ToLower(r.URL.Query().Get("ref"))
	if ref != "" {
		parsed, err := parseRef("ref", ref)
		if err != nil {
			return err
		}
		ref = parsed.String()
	}
	order := r.URL.Query().Get("order")
	switch {
	case order != "" && order != "asc" && order != "desc":
		return errs.New(errs.Invalid, `order must be "asc" (oldest first) or "desc", not %q`, cut(order))
	case order == "desc" && (stream || after != fromOldest):
		return errs.WithRemedy(errs.New(errs.Invalid, "newest first there is no stream and no after"), "leave out order=desc, or ask for the changes before a revision")
	}
	if stream {
		return h.streamChanges(w, r, after, ref, sight)
	}
	limit, err := intParam(r, "limit", 100, 1, feedPage)
	if err != nil {
		return err
	}
	revision := h.Index.Snapshot().Revision() // a change is told when this replica can show it
	if order == "desc" {
		before, err := intParam(r, "before", revision+1, 1, revision+1)
		if err != nil {
			return err
		}
		items, err := h.latest(r.Context(), before, int(limit), ref)
		if err != nil {
			return err
		}
		httpx.JSON(w, http.StatusOK, map[string]any{"items": items, "revision": revision})
		return nil
	}
	items, err := h.Store.Changes(r.Context(), Stretch{After: after, UpTo: revision, Ref: ref, Limit: int(limit), seen: h.sight(r.Context())})
	if err != nil {
		return err
	}
	next := max(after, revision)
	if n := len(items); n == int(limit) {
		next = items[n-1].Revision
	}
	httpx.JSON(w, http.StatusOK, map[string]any{"items": items, "revision": revision, "next": next})
	return nil
}

// streamChanges follows the change log until the client goes; resumed is the mark of the stream that it goes on from.
func (h *Handler) streamChanges(w http.ResponseWriter, r *http.Request, after int64, ref, resumed string) error {
	ctx := r.Context()
	rc := http.NewResponseController(w)
	if after < 0 {
		after = h.Index.Snapshot().Revision()
	}
	updates, stop := h.Feed.Subscribe() // before the first look, or a change in between would wait for the next
	defer stop()
	own, wake := h.own(ctx, ref)
	if own != nil {
		defer own.Stop()
	}
	seen := h.Index.Snapshot().Revision() // what comes of the database is complete up to here, and goes no further
	watch := h.sight(ctx).watcher()
	read := func() ([]Notice, error) {
		return h.Store.Notices(ctx, Stretch{After: after, UpTo: seen, Ref: ref, Limit: feedPage, seen: h.sight(ctx)})
	}
	page, err := read() // errors while there can still be a status
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("X-Accel-Buffering", "no")
	w.WriteHeader(http.StatusOK)
	const sight = "event: resync\ndata: {\"reason\":\"visibility\"}\n\n"
	mark := watch.mark()
	if resumed != "" && (resumed != mark || after < seen) {
		// What this reader lost sight of while they were away is in no change that they may be told. That something changed
		// says no more than the revision, which everybody is told. The id is that of now, and the stream goes on from there: if
		// it ended, whoever comes back would be told the same again where something changes every few seconds.
		after, page = seen, nil
		fmt.Fprintf(w, ": portico\nretry: 2000\nid: %s\n"+sight, idOf(after, mark))
	} else {
		// The id lets a browser that reconnects before the first change resume from here too.
		fmt.Fprintf(w, ": portico\nretry: 2000\nid: %s\n\n", idOf(after, mark))
	}
	beat := time.NewTicker(15 * time.Second)
	defer beat.Stop()
	// The last event of a stream whose reader may see other things than before: only reading anew tells what.
	resync := func() error {
		fmt.Fprint(w, sight)
		_ = rc.Flush() // the stream ends either way
		return nil
	}
	for {
		_ = rc.SetWriteDeadline(time.Now().Add(streamStuck)) // or a client that reads nothing keeps us for ever
		for len(page) > 0 {
			for _, n := range page {
				_, _ = w.Write(eventOf(n).marked(mark)) // Flush tells whether it arrives
				after = n.Revision
			}
			if len(page) < feedPage {
				break
			}
			if page, err = read(); err != nil {
				return err
			}
		}
		if rc.Flush() != nil {
			return nil // the client is gone
		}
		after, page = max(after, seen), nil
		select {
		case <-ctx.Done():
			return nil
		case <-beat.C:
			if watch.changed(h.seen(ctx)) {
				return resync()
			}
			// An id without data is no event, but a client resumes from it: one that follows an entity which
			// rarely changes would else come back with a place that the log has long left behind.
			fmt.Fprintf(w, "id: %s\n: beat\n\n", idOf(after, mark))
		case <-wake:
			_, _ = w.Write(own.Frames())
		case _, open := <-updates:
			if !open {
				return nil // the server stops; the client resumes elsewhere
			}
			// What somebody may see is asked anew: it may be less than when the stream began.
			v := h.sight(ctx)
			if watch.changed(h.seen(ctx)) {
				return resync()
			}
			events, to, ok := h.Feed.Since(after)
			if !ok && v.restricted() {
				return resync() // what went out of sight meanwhile is not in the database
			}
			if !ok { // it could not keep up, and the database has what it missed
				seen = h.Index.Snapshot().Revision()
				if page, err = read(); err != nil {
					h.Log.Warn("a change stream ends early; its client resumes", "error", err)
					return nil
				}
				continue
			}
			events, lost, err := watch.events(ctx, v, events, to)
			if lost {
				return resync()
			}
			if err != nil {
				h.Log.Warn("a change stream ends early; its client resumes", "error", err)
				return nil
			}
			for _, e := range events {
				if ref == "" || ref == e.ref {
					_, _ = w.Write(e.marked(mark))
				}
			}
			after = to
		}
	}
}

// own is what a stream of all changes tells of its reader's own; nil, and a channel that never receives, for nothing.
func (h *Handler) own(ctx context.Context, ref string) (OwnNews, <-chan struct{}) {
	if h.Own == nil || ref != "" {
		return nil, nil
	}
	own := h.Own(ctx)
	if own == nil {
		return nil, nil
	}
	return own, own.Wake()
}

// latest are changes with a revision below before, newest first.
func (h *Handler) latest(ctx context.Context, before int64, limit int, ref string) ([]Change, error) {
	if v := h.sight(ctx); v.restricted() {
		return v.latest(ctx, before, limit, ref)
	}
	return h.Store.Latest(ctx, before, limit, ref)
}

// history is latest of one entity; before 0 is from the newest.
func (h *Handler) history(ctx context.Context, ref string, before int64, limit int) ([]Change, error) {
	if v := h.sight(ctx); v.restricted() {
		return v.latest(ctx, before, limit, ref)
	}
	return h.Store.History(ctx, ref, before, limit)
}

func (h *Handler) getSource(w http.ResponseWriter, r *http.Request) error {
	ref := entity.Ref{Kind: r.PathValue("kind"), Namespace: r.PathValue("namespace"), Name: r.PathValue("name")}
	var d *Declaration
	err := h.asJudged(r.Context(), ref.String(), func(ctx context.Context, v *sight) (err error) {
		d, err = h.Store.declarationOf(ctx, ref.String(), v)
		return err
	})
	if err != nil {
		return err
	}
	httpx.JSON(w, http.StatusOK, d)
	return nil
}

// asJudged runs fn with what this replica shows. Where fn finds another version of the entity in the database, which is an
// *otherVersion, it runs again once the replica shows that. Errors: also errs.Unavailable, where that does not end.
func (h *Handler) asJudged(ctx context.Context, ref string, fn func(context.Context, *sight) error) error {
	wait, cancel := context.WithTimeout(ctx, minRevisionWait)
	defer cancel()
	const tries = 5 // of an entity that changes faster than it can be judged
	for range tries {
		err := fn(ctx, h.sight(ctx))
		var other *otherVersion
		if !errors.As(err, &other) {
			return err
		}
		if _, err := h.Index.Wait(wait, other.revision); err != nil {
			return err
		}
	}
	return errs.WithRemedy(errs.New(errs.Unavailable, "%s is changing", cut(ref)), "ask again in a moment")
}

func notFound(ref entity.Ref) error {
	return errs.New(errs.NotFound, "No entity named '%s' found, with kind '%s' in namespace '%s'",
		cut(ref.Name), cut(strings.ToLower(ref.Kind)), cut(strings.ToLower(ref.Namespace)))
}
