package pg_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"portico/internal/pg"
	"portico/internal/pg/pgtest"
)

// listener runs pg.Listen and hands its calls out.
func listener(t *testing.T, pool *pg.Pool, channel string) (payloads <-chan string, connects <-chan struct{}, stop func() error) {
	got, connected, ended := make(chan string, 10), make(chan struct{}, 10), make(chan error, 1)
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		ended <- pg.Listen(ctx, pool, channel, func(p string) { got <- p }, func() { connected <- struct{}{} })
	}()
	return got, connected, func() error {
		cancel()
		return <-ended
	}
}

func within[T any](t *testing.T, what string, limit time.Duration, c <-chan T) T {
	t.Helper()
	select {
	case v := <-c:
		return v
	case <-time.After(limit):
		t.Fatalf("no %s within %s", what, limit)
		panic("unreachable")
	}
}

func TestListen(t *testing.T) {
	t.Parallel()
	srv := pgtest.NewServer(t)
	pool := srv.Pool()
	const channel = `odd "name"`
	notify := func(payload string) {
		t.Helper()
		// The pool may still hold connections of the server before.
		for end := time.Now().Add(5 * time.Second); ; {
			_, err := pool.Exec(t.Context(), "SELECT pg_notify($1, $2)", channel, payload)
			if err == nil {
				return
			}
			if time.Now().After(end) {
				t.Fatal(err)
			}
		}
	}
	payloads, connects, stop := listener(t, pool, channel)
	within(t, "connection", 5*time.Second, connects)
	notify("one")
	if got := within(t, "notification", 5*time.Second, payloads); got != "one" {
		t.Errorf("got %q", got)
	}

	if _, err := pool.Exec(t.Context(), "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'portico listen'"); err != nil {
		t.Fatal(err)
	}
	within(t, "reconnection after it was cut", 2*time.Second, connects)
	notify("two")
	if got := within(t, "notification", 5*time.Second, payloads); got != "two" {
		t.Errorf("got %q", got)
	}

	srv.Kill9()
	srv.Start()
	within(t, "reconnection after a crash", 4*time.Second, connects)
	notify("three")
	if got := within(t, "notification", 5*time.Second, payloads); got != "three" {
		t.Errorf("got %q", got)
	}
	if err := stop(); !errors.Is(err, context.Canceled) {
		t.Errorf("it ended with %v", err)
	}
}

// TestListenOutlivesSilence is longer than the time after which the connection is tested.
func TestListenOutlivesSilence(t *testing.T) {
	t.Parallel()
	pool := pgtest.New(t)
	payloads, connects, stop := listener(t, pool, "quiet")
	within(t, "connection", 5*time.Second, connects)
	select {
	case <-time.After(5500 * time.Millisecond):
	case <-connects:
		t.Error("a healthy connection was given up")
	}
	if _, err := pool.Exec(t.Context(), "SELECT pg_notify('quiet', 'still')"); err != nil {
		t.Fatal(err)
	}
	if got := within(t, "notification", 5*time.Second, payloads); got != "still" {
		t.Errorf("got %q", got)
	}
	_ = stop()
}
