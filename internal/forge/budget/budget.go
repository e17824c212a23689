package budget

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"portico/internal/errs"
	"portico/internal/pg"
)

// Ledger keeps budgets in the database, for all replicas.
type Ledger struct {
	DB  *pg.Pool
	Log *slog.Logger
	// Now and Sleep are the clock; time's own when nil.
	Now   func() time.Time
	Sleep func(context.Context, time.Duration) error

	mu      sync.Mutex
	budgets map[string]*Budget
	spent   map[spending]amount
	urgent  chan struct{}
	once    sync.Once
}

type spending struct {
	credential, resource, provider, purpose string
	hour                                    time.Time
}

type amount struct{ requests, points int }

// Budget is what one credential may ask of its host. It is an http.RoundTripper.
type Budget struct {
	ledger     *Ledger
	credential string
	host       string
	next       http.RoundTripper

	mu      sync.Mutex
	buckets map[string]*bucket
	loaded  time.Time // when what other replicas know was looked up
}

// bucket is one limit of a host.
type bucket struct {
	quota, remaining int
	resetsAt         time.Time
	retryAt          time.Time
	seenAt           time.Time
	dirty            bool
}

const (
	flushEvery  = time.Second
	lookUpEvery = 5 * time.Second
	// longestWait is how long a request is held back before it fails with RetryIn instead: a person does not wait.
	longestWait = 30 * time.Second
)

// Digest names a credential without saying it.
func Digest(host, secret string) string {
	sum := sha256.Sum256([]byte("portico budget\n" + host + "\n" + secret))
	return hex.EncodeToString(sum[:12])
}

func (l *Ledger) init() {
	l.once.Do(func() {
		l.budgets, l.spent, l.urgent = map[string]*Budget{}, map[spending]amount{}, make(chan struct{}, 1)
		if l.Now == nil {
			l.Now = time.Now
		}
		if l.Sleep == nil {
			l.Sleep = sleep
		}
	})
}

func sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Budget returns that of a credential, by its digest; next sends the requests.
func (l *Ledger) Budget(host, credential string, next http.RoundTripper) *Budget {
	l.init()
	l.mu.Lock()
	defer l.mu.Unlock()
	b := l.budgets[credential]
	if b == nil {
		b = &Budget{ledger: l, credential: credential, host: host, next: next, buckets: map[string]*bucket{}}
		l.budgets[credential] = b
	}
	return b
}

// Wait is an error that says when to ask again.
type Wait struct {
	error
	in time.Duration
}

// RetryIn is the time until then.
func (w *Wait) RetryIn() time.Duration { return w.in }

func (w *Wait) Unwrap() error { return w.error }

// RoundTrip sends a request when its purpose may, and keeps what the answer says.
func (b *Budget) RoundTrip(r *http.Request) (*http.Response, error) {
	ctx, who, resource := r.Context(), payerOf(r.Context()), resourceOf(r)
	if err := b.admit(ctx, who, resource); err != nil {
		if r.Body != nil {
			_ = r.Body.Close()
		}
		return nil, err
	}
	Note(ctx)
	resp, err := b.next.RoundTrip(r)
	if err != nil {
		b.ledger.spend(b.credential, resource, who, 1)
		return nil, err
	}
	s := read(resp, resource, b.ledger.Now())
	b.ledger.spend(b.credential, s.resource, who, b.learn(s))
	return resp, nil
}

// admit waits, for a while, until the purpose may ask.
func (b *Budget) admit(ctx context.Context, who payer, resource string) error {
	b.lookUp(ctx)
	var waited time.Duration
	for {
		wait, why := b.mustWait(who, resource)
		if wait <= 0 {
			return nil
		}
		most := longestWait
		if who.purpose == Person {
			most = 2 * time.Second
		}
		if waited+wait > most {
			return &Wait{errs.WithRemedy(errs.New(errs.Unavailable, "%s: %s", b.host, why),
				fmt.Sprintf("it goes on by itself in %s", wait.Round(time.Second))), wait}
		}
		b.ledger.Log.Info("a request waits for its host", "host", b.host, "purpose", who.purpose, "provider", who.provider, "wait", wait, "why", why)
		if err := b.ledger.Sleep(ctx, wait); err != nil {
			return err
		}
		waited += wait
	}
}

// mustWait says for how long a purpose must not ask, and why; 0 where it may. It takes the request from what is left.
func (b *Budget) mustWait(who payer, resource string) (time.Duration, string) {
	now := b.ledger.Now()
	b.mu.Lock()
	defer b.mu.Unlock()
	k := b.buckets[resource]
	if k == nil {
		return 0, ""
	}
	if k.retryAt.After(now) {
		return k.retryAt.Sub(now), "the host asked to be left alone for a while"
	}
	if k.quota == 0 || !k.resetsAt.After(now) {
		return 0, ""
	}
	if float64(k.remaining) <= who.purpose.reserve()*float64(k.quota) {
		why := "the requests that the host allows are used up"
		if k.remaining > 0 {
			why = fmt.Sprintf("%d of %d requests are left until the host counts anew, and those are kept for webhooks and people", k.remaining, k.quota)
		}
		return k.resetsAt.Sub(now), why
	}
	k.remaining--
	return 0, ""
}

// learn keeps what an answer said and returns what the request cost.
func (b *Budget) learn(s said) (points int) {
	now := b.ledger.Now()
	b.mu.Lock()
	defer b.mu.Unlock()
	k := b.buckets[s.resource]
	if k == nil {
		k = &bucket{}
		b.buckets[s.resource] = k
	}
	points = 1
	if s.known {
		if k.quota == s.quota && k.resetsAt.Equal(s.resetsAt) && s.resetsAt.After(now) {
			// One was taken when it was let through. What others asked meanwhile counts as theirs, too; the host's own number
			// is what is kept.
			if cost := k.remaining + 1 - s.remaining; cost > 1 && cost <= 1000 {
				points = cost
			}
		}
		k.quota, k.remaining, k.resetsAt = s.quota, s.remaining, s.resetsAt
	}
	if s.retryAt.After(k.retryAt) {
		k.retryAt = s.retryAt
		select {
		case b.ledger.urgent <- struct{}{}:
		default:
		}
	}
	k.seenAt, k.dirty = now, true
	return points
}

func (l *Ledger) spend(credential, resource string, who payer, points int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	key := spending{credential, resource, who.provider, string(who.purpose), l.Now().UTC().Truncate(time.Hour)}
	a := l.spent[key]
	a.requests, a.points = a.requests+1, a.points+points
	l.spent[key] = a
}
