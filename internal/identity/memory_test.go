package identity

import (
	"context"
	"errors"
	"testing"
	"time"
)

// While it cannot be asked what holds, requests under way go on for a moment, and no longer: it may have ended meanwhile.
func TestHeldWhileTheDatabaseIsAway(t *testing.T) {
	t.Parallel()
	if most := heldAtMost + heldEvery; most > 5*time.Second { // the next look is a tick later
		t.Errorf("a request may go on for %s, and five seconds are promised", most)
	}
	away := func(context.Context, [][]byte) (map[digest]bool, error) {
		return nil, errors.New("the database is away")
	}
	for _, tt := range []struct {
		name string
		sure time.Duration // how long ago it was known to hold
		ends bool
	}{
		{"just known", 0, false},
		{"known a while ago", heldAtMost - heldEvery, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var m memory
			var ended error
			d := digest{1}
			defer m.watch(d, func(err error) { ended = err })()
			for o := range m.open {
				o.sure = time.Now().Add(-tt.sure)
			}
			m.known = map[digest]known{d: {principal: &Principal{}, until: time.Now().Add(time.Hour)}}
			m.hold(t.Context(), away)
			_, kept := m.known[d]
			if (ended != nil) != tt.ends || kept == tt.ends {
				t.Errorf("it ended with %v, and whose it is, is known: %t", ended, kept)
			}
			if ended = nil; !tt.ends {
				m.hold(t.Context(), func(context.Context, [][]byte) (map[digest]bool, error) { return map[digest]bool{d: true}, nil })
			}
			if ended != nil || (len(m.open) == 1) == tt.ends {
				t.Errorf("afterwards it ended with %v, and %d are open", ended, len(m.open))
			}
		})
	}
}

// What is asked again and holds is sure from then on.
func TestHeldIsSureAgain(t *testing.T) {
	t.Parallel()
	var m memory
	d := digest{1}
	defer m.watch(d, func(err error) { t.Error(err) })()
	for o := range m.open {
		o.sure = time.Now().Add(-time.Hour)
	}
	m.hold(t.Context(), func(context.Context, [][]byte) (map[digest]bool, error) { return map[digest]bool{d: true}, nil })
	m.hold(t.Context(), func(context.Context, [][]byte) (map[digest]bool, error) { return nil, errors.New("away") })
}
