package audit

import (
	"context"
	"log/slog"
	"net/netip"
	"sync"
	"time"

	"portico/internal/httpx"
)

// Bounds of what denied attempts may write, so that nobody can fill the disk with them: the first attempt of a kind is
// recorded at once, and those that follow within the window are counted in one record at its end.
const (
	window    = time.Minute
	perCaller = 20  // kinds of attempts of one caller at a time that are recorded singly
	burst     = 500 // records at once, of all callers
	perMinute = 10  // records that fill the burst again
)

// Denials records denied attempts. Beyond its bounds attempts are counted together, in one record a minute; that makes
// at most 11 records a minute in the long run.
type Denials struct {
	Store *Store
	Log   *slog.Logger

	mu      sync.Mutex
	open    map[attempt]*counted
	callers map[caller]int // how many of open each has
	left    float64        // of burst
	filled  time.Time
	rest    int // attempts beyond the bounds
	restAt  time.Time
}

// caller is who tries: whom we know by name, and everybody else by what one subscriber has of addresses.
type caller struct {
	name    string
	network netip.Prefix
}

// attempt is what makes two of them the same. What it was on is not part of it: that is anything one likes to send.
type attempt struct {
	caller
	action, code string
	status       int
	token        used // zero: none
}

type counted struct {
	since time.Time
	first Record
	token *used
	again int // beyond the one that is recorded
}

// Note records a denied attempt, or counts it.
func (d *Denials) Note(ctx context.Context, n httpx.Denial) {
	if r, ok := d.admit(n, time.Now()); ok {
		d.write(ctx, r)
	}
}

// admit returns what is to be written now, if anything is.
func (d *Denials) admit(n httpx.Denial, now time.Time) (Record, bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	token := usedBy(n.Caller)
	key := attempt{caller: callerOf(n.Caller), action: n.Action, code: n.Code, status: n.Status}
	if token != nil {
		key.token = *token
	}
	if c := d.open[key]; c != nil {
		c.again++
		return Record{}, false
	}
	if d.callers[key.caller] >= perCaller || !d.take(now) {
		d.more(1, now)
		return Record{}, false
	}
	r := draft(n.Caller, n.Action)
	r.Target, r.Outcome, r.Status = n.Path, Denied, n.Status
	said := map[string]any{"method": n.Method, "reason": clean(n.Reason)}
	if n.Code != "" {
		said["code"] = n.Code
	}
	for name, v := range n.Detail {
		said[name] = v
	}
	r.Detail, _ = detail(said, token) // texts can be encoded
	if d.open == nil {
		d.open, d.callers = map[attempt]*counted{}, map[caller]int{}
	}
	d.open[key] = &counted{since: now, first: r, token: token}
	d.callers[key.caller]++
	return r, true
}

func callerOf(c httpx.Caller) caller {
	if c.Name != "" && !c.Ambient {
		return caller{name: c.Name}
	}
	bits := 32
	if c.Address.Is6() {
		bits = 64
	}
	p, _ := c.Address.WithZone("").Prefix(bits) // of no address, none
	return caller{name: c.Name, network: p}
}

// take takes one of the records that may be written.
func (d *Denials) take(now time.Time) bool {
	if d.filled.IsZero() {
		d.left = burst
	} else {
		d.left = min(burst, d.left+now.Sub(d.filled).Minutes()*perMinute)
	}
	d.filled = now
	if d.left < 1 {
		return false
	}
	d.left--
	return true
}

func (d *Denials) more(n int, now time.Time) {
	if d.rest == 0 {
		d.restAt = now
	}
	d.rest += n
}

// due returns the counts whose window is over, or all of them, and forgets them.
func (d *Denials) due(now time.Time, all bool) (list []Record) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for key, c := range d.open {
		if !all && now.Sub(c.since) < window {
			continue
		}
		delete(d.open, key)
		if d.callers[key.caller]--; d.callers[key.caller] == 0 {
			delete(d.callers, key.caller)
		}
		switch {
		case c.again == 0:
		case d.take(now):
			r := c.first
			again := map[string]any{"times": c.again, "since": c.since.UTC(), "after": r.RequestID}
			if key.code != "" {
				again["code"] = key.code
			}
			r.Detail, _ = detail(again, c.token) // as above
			r.RequestID = ""
			list = append(list, r)
		default:
			d.more(c.again, now)
		}
	}
	if d.rest > 0 && (all || now.Sub(d.restAt) >= window) {
		r := Record{Actor: "several", Action: "several", Outcome: Denied}
		r.Detail, _ = detail(map[string]any{"times": d.rest, "since": d.restAt.UTC(), "reason": "more denied attempts than are recorded singly"}, nil)
		list = append(list, r)
		d.rest = 0
	}
	return list
}

// writeWithin bounds how long whoever was denied something waits for the record of it.
const writeWithin = 2 * time.Second

// write does not fail the request, which was refused anyway; the log has what the database did not take.
func (d *Denials) write(ctx context.Context, r Record) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), writeWithin)
	defer cancel()
	if err := d.Store.write(ctx, r); err != nil {
		d.Log.Error("a denied attempt could not be recorded", "actor", r.Actor, "action", r.Action, "target", r.Target, "status", r.Status,
			"detail", string(r.Detail), "address", r.Address, "request", r.RequestID, "error", err)
	}
}

// Run writes counts until ctx ends, and what is left then.
func (d *Denials) Run(ctx context.Context) {
	tick := time.NewTicker(window / 6)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			for _, r := range d.due(time.Now(), true) {
				d.write(ctx, r)
			}
			return
		case now := <-tick.C:
			for _, r := range d.due(now, false) {
				d.write(ctx, r)
			}
		}
	}
}
