package coverage

import (
	"context"
	"sync"
	"time"

	"portico/internal/catalog/index"
)

// Coverage measures the catalog as its readers see it. A snapshot is measured once for each restriction, by whoever asks first;
// others wait for it.
type Coverage struct {
	Store *Store
	Index *index.Index
	// Now tells the time; nil is time.Now.
	Now func() time.Time

	mu      sync.Mutex
	outside *outside
	views   []*cell // the last used first
}

// outside is what the database says.
type outside struct {
	at        time.Time
	providers []Provider
	verified  map[string][]string
}

type cell struct {
	serial      uint64
	restriction string
	outside     *outside
	once        sync.Once
	view        *view
}

const (
	// freshFor is how long what the database says is taken for true: counting repositories looks at all of them.
	freshFor = 30 * time.Second
	// maxViews bounds what is kept: of a catalog of 100,000 entities each takes less than a megabyte.
	maxViews = 16
)

func (c *Coverage) now() time.Time {
	if c.Now != nil {
		return c.Now()
	}
	return time.Now()
}

// beside asks the database, at most once in a while. The lock is held meanwhile, so that one asks for all.
func (c *Coverage) beside(ctx context.Context) (*outside, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := c.now()
	if o := c.outside; o != nil && now.Sub(o.at) < freshFor {
		return o, nil
	}
	o := &outside{at: now}
	var err error
	if o.providers, err = c.Store.Providers(ctx, now); err != nil {
		return nil, err
	}
	if o.verified, err = c.Store.Verified(ctx, now); err != nil {
		return nil, err
	}
	c.outside = o
	return o, nil
}

// view measures what a reader sees now.
func (c *Coverage) view(ctx context.Context, seen *index.Restriction) (*view, *outside, error) {
	o, err := c.beside(ctx)
	if err != nil {
		return nil, nil, err
	}
	snap := c.Index.Snapshot()
	key := string(seen.AppendKey(nil))
	if seen == nil {
		key = "\x00"
	}
	one := c.cell(snap.Serial(), key, o)
	one.once.Do(func() { one.view = newView(snap, seen, o.verified, c.now()) })
	return one.view, o, nil
}

func (c *Coverage) cell(serial uint64, restriction string, o *outside) *cell {
	c.mu.Lock()
	defer c.mu.Unlock()
	for i, v := range c.views {
		if v.serial == serial && v.restriction == restriction && v.outside == o {
			copy(c.views[1:i+1], c.views[:i])
			c.views[0] = v
			return v
		}
	}
	v := &cell{serial: serial, restriction: restriction, outside: o}
	kept := []*cell{v}
	for _, old := range c.views { // those of earlier snapshots are asked for no more
		if len(kept) < maxViews && old.serial == serial && old.outside == o {
			kept = append(kept, old)
		}
	}
	c.views = kept
	return v
}

// days is the history of now: of everything and of each team with those below it, each measure that is a share at all.
func (c *Coverage) days(ctx context.Context) ([]Day, error) {
	v, o, err := c.view(ctx, nil)
	if err != nil {
		return nil, err
	}
	var out []Day
	add := func(scope, measure string, s Share) {
		if s.Denominator > 0 {
			out = append(out, Day{Scope: scope, Measure: measure, Numerator: s.Numerator, Denominator: s.Denominator})
		}
	}
	if r := repositories(o.providers); r.AsOf != nil {
		add("", string(Repositories), Share{float64(r.Linked), float64(r.Active)})
	}
	scopes := []string{""}
	for ref := range v.groups {
		scopes = append(scopes, ref)
	}
	for _, ref := range scopes {
		set, _ := v.within(Scope{Ref: ref})
		for _, m := range append(append([]Measure{}, ofEntities...), partsOf...) {
			add(ref, string(m), v.share(m, set, false))
			add(ref, weightedAs(m), v.share(m, set, true))
		}
	}
	return out, nil
}

// repositories adds providers up. It is as old as the oldest of them; nil where one never answered in full.
func repositories(list []Provider) (sum Provider) {
	whole := len(list) > 0
	for _, p := range list {
		sum.Active += p.Active
		sum.Linked += p.Linked
		sum.Unknown += p.Unknown
		if whole = whole && p.AsOf != nil; whole && (sum.AsOf == nil || p.AsOf.Before(*sum.AsOf)) {
			sum.AsOf = p.AsOf
		}
	}
	if !whole {
		sum.AsOf = nil
	}
	return sum
}
