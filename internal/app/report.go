package app

import (
	"context"
	"fmt"
	"time"

	"portico/internal/catalog"
)

// ReportReading tells progress when all sources have been read for the first time since the start,
// with what they held. It returns then, or when ctx ends, or after five minutes.
func (a *App) ReportReading(ctx context.Context, progress func(string)) {
	start := time.Now()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	shown := -1
	for time.Since(start) < 5*time.Minute {
		select {
		case <-ctx.Done():
			return
		case <-a.stopped:
			return
		case <-tick.C:
		}
		sources, err := a.store.Sources(ctx)
		if err != nil {
			return
		}
		left, bad := 0, 0
		for _, s := range sources {
			switch {
			case !settled(s):
				left++
			case s.State != "current":
				bad++
			}
		}
		n := a.index.Snapshot().Len()
		if left > 0 {
			if elapsed := time.Since(start); elapsed > time.Second && shown != n {
				shown = n
				progress(fmt.Sprintf("catalog: %d entities so far, %s still being read", n, count(left, "source")))
				tick.Reset(time.Second)
			}
			continue
		}
		text := fmt.Sprintf("catalog: %d entities from %s", n, count(len(sources), "source"))
		if bad > 0 {
			text += fmt.Sprintf("; %s with problems, see %s/operate/sources", count(bad, "source"), a.url)
		}
		progress(text)
		return
	}
}

// settled reports whether the source has been read since that was last asked for. While it is read, its
// state is that of the reading before; one that failed then is given a second to do better.
func settled(s *catalog.Source) bool {
	if s.LastAttemptAt == nil || s.LastAttemptAt.Before(s.RequestedAt) || s.State == "reading" {
		return false
	}
	read := s.LastSuccessAt != nil && !s.LastSuccessAt.Before(*s.LastAttemptAt)
	return read || s.State == "failed" && time.Since(*s.LastAttemptAt) > time.Second
}

func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}
