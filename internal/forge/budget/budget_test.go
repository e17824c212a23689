package budget

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"portico/internal/pg"
	"portico/internal/pg/pgtest"
)

// clock is time as a test wants it: sleeping moves it.
type clock struct{ now time.Time }

func (c *clock) sleep(_ context.Context, d time.Duration) error {
	c.now = c.now.Add(d)
	return nil
}

// answers is a host that answers as it is told, and notes when it was asked.
type answers struct {
	clock *clock
	say   func(r *http.Request) (int, http.Header)
	at    []time.Time
}

func (a *answers) RoundTrip(r *http.Request) (*http.Response, error) {
	a.at = append(a.at, a.clock.now)
	status, h := a.say(r)
	if h == nil {
		h = http.Header{}
	}
	return &http.Response{StatusCode: status, Header: h, Body: io.NopCloser(strings.NewReader("")), Request: r}, nil
}

func header(kv ...string) http.Header {
	h := http.Header{}
	for i := 0; i < len(kv); i += 2 {
		h.Set(kv[i], kv[i+1])
	}
	return h
}

func setUp(t *testing.T, db *pg.Pool) (*clock, *answers, *Budget) {
	t.Helper()
	c := &clock{time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)}
	a := &answers{clock: c}
	l := &Ledger{DB: db, Log: slog.New(slog.DiscardHandler), Now: func() time.Time { return c.now }, Sleep: c.sleep}
	return c, a, l.Budget("git.test", "cred", a)
}

func ask(b *Budget, who Purpose, path string) error {
	ctx := For(context.Background(), "github:acme", who)
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, "https://api.git.test"+path, nil)
	if err != nil {
		return err
	}
	resp, err := b.RoundTrip(r)
	if err == nil {
		_ = resp.Body.Close()
	}
	return err
}

func retryIn(err error) time.Duration {
	var w interface{ RetryIn() time.Duration }
	if !errors.As(err, &w) {
		return 0
	}
	return w.RetryIn()
}

func TestHeaders(t *testing.T) {
	now := time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)
	at := func(d time.Duration) string { return strconv.FormatInt(now.Add(d).Unix(), 10) }
	tests := []struct {
		name   string
		status int
		header http.Header
		want   said
	}{
		{"none", 200, nil, said{resource: "core"}},
		{"github", 200, header("X-RateLimit-Limit", "5000", "X-RateLimit-Remaining", "4990", "X-RateLimit-Reset", at(time.Hour), "X-RateLimit-Resource", "graphql"),
			said{resource: "graphql", quota: 5000, remaining: 4990, known: true, resetsAt: now.Add(time.Hour)}},
		{"gitlab", 200, header("RateLimit-Limit", "600", "RateLimit-Remaining", "599", "RateLimit-Reset", at(time.Minute)),
			said{resource: "core", quota: 600, remaining: 599, known: true, resetsAt: now.Add(time.Minute)}},
		{"used up", 403, header("X-RateLimit-Limit", "60", "X-RateLimit-Remaining", "0", "X-RateLimit-Reset", at(time.Minute)),
			said{resource: "core", quota: 60, known: true, resetsAt: now.Add(time.Minute), retryAt: now.Add(time.Minute)}},
		{"secondary limit", 403, header("Retry-After", "7"), said{resource: "core", retryAt: now.Add(7 * time.Second)}},
		{"a date", 503, header("Retry-After", now.Add(9*time.Second).Format(http.TimeFormat)), said{resource: "core", retryAt: now.Add(9 * time.Second)}},
		{"too many, and no more", 429, nil, said{resource: "core", retryAt: now.Add(unsaid)}},
		{"forbidden for another reason", 403, nil, said{resource: "core"}},
		{"a year", 429, header("Retry-After", "31536000"), said{resource: "core", retryAt: now.Add(longestAsked)}},
		{"nonsense", 429, header("Retry-After", "soon", "X-RateLimit-Limit", "-1", "X-RateLimit-Remaining", "x"), said{resource: "core"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := read(&http.Response{StatusCode: tt.status, Header: tt.header}, "core", now)
			if diff := cmp.Diff(tt.want, got, cmp.AllowUnexported(said{})); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// A host that asks to be left alone is, by everybody, and for no longer than it asked.
func TestRetryAfter(t *testing.T) {
	c, a, b := setUp(t, nil)
	status := 429
	a.say = func(*http.Request) (int, http.Header) { return status, header("Retry-After", "20") }
	if err := ask(b, Crawl, "/orgs/acme/repos"); err != nil {
		t.Fatal(err)
	}
	status = 200
	if err := ask(b, Person, "/repos/a/b"); retryIn(err) != 20*time.Second {
		t.Errorf("a person who would wait for 20 s is told %v", err)
	}
	if err := ask(b, Crawl, "/orgs/acme/repos"); err != nil {
		t.Errorf("a crawl does not wait: %v", err)
	}
	if len(a.at) != 2 || a.at[1].Sub(a.at[0]) != 20*time.Second || c.now != a.at[1] {
		t.Errorf("the host was asked at %v", a.at)
	}
	if err := ask(b, Crawl, "/graphql"); err != nil {
		t.Errorf("another limit of the same host: %v", err)
	}
}

// Who matters less leaves something to those who matter more.
func TestPriorities(t *testing.T) {
	c, a, b := setUp(t, nil)
	left := 1001
	reset := c.now.Add(time.Hour)
	a.say = func(*http.Request) (int, http.Header) {
		left--
		return 200, header("X-RateLimit-Limit", "1000", "X-RateLimit-Remaining", strconv.Itoa(left), "X-RateLimit-Reset", strconv.FormatInt(reset.Unix(), 10))
	}
	count := func(who Purpose) (n int) {
		for ask(b, who, "/x") == nil {
			n++
		}
		return n
	}
	if n := count(Crawl); n != 801 {
		t.Errorf("a crawl spent %d of 1000", n)
	}
	if err := ask(b, Crawl, "/x"); retryIn(err) != time.Hour || !strings.Contains(err.Error(), "kept for webhooks and people") {
		t.Errorf("it is told %v", err)
	}
	if n := count(Webhook); n != 150 {
		t.Errorf("webhooks spent %d of the rest", n)
	}
	if n := count(Person); n != 50 {
		t.Errorf("people spent %d of the rest", n)
	}
	c.now = reset
	left, reset = 1001, reset.Add(time.Hour)
	if err := ask(b, Crawl, "/x"); err != nil {
		t.Errorf("after the reset: %v", err)
	}
}

// What one replica learns others keep to, and what was spent is counted by source and purpose.
func TestShared(t *testing.T) {
	db := pgtest.New(t)
	c, a, one := setUp(t, db)
	a.say = func(*http.Request) (int, http.Header) {
		return 429, header("Retry-After", "3600", "X-RateLimit-Limit", "10", "X-RateLimit-Remaining", "9", "X-RateLimit-Reset", strconv.FormatInt(c.now.Add(time.Hour).Unix(), 10))
	}
	_, other, two := setUp(t, db)
	other.say = func(*http.Request) (int, http.Header) { return 200, nil }
	if err := ask(one, Crawl, "/x"); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := one.ledger.Flush(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if err := ask(two, Webhook, "/x"); retryIn(err) != time.Hour || len(other.at) != 0 {
		t.Errorf("another replica is told %v, and asked %d times", err, len(other.at))
	}
	ctx := For(t.Context(), "github:acme", Webhook)
	n := new(Counter)
	r, err := http.NewRequestWithContext(Counted(ctx, n), http.MethodPost, "https://api.git.test/graphql", nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := two.RoundTrip(r); err != nil {
		t.Fatal(err)
	}
	if err := two.ledger.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	rows, err := db.Query(t.Context(), `SELECT resource || ' ' || provider || ' ' || purpose || ' ' || requests FROM forge_spending ORDER BY 1`)
	if err != nil {
		t.Fatal(err)
	}
	got, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if diff := cmp.Diff([]string{"core github:acme crawl 1", "graphql github:acme webhook 1"}, got); diff != "" || err != nil {
		t.Errorf("spent (-want +got):\n%s%v", diff, err)
	}
	if n.Take() != 1 || n.Take() != 0 {
		t.Error("a request was not counted once")
	}
}
