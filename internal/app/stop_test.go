package app

import (
	"context"
	"log/slog"
	"net"
	"testing"

	"portico/internal/config"
	"portico/internal/pg/pgtest"
)

// startApp starts a portal on a free port and an empty database. Whoever calls it stops it.
func startApp(t *testing.T, change func(*Options)) *App {
	t.Helper()
	cfg, err := config.Load(config.Options{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	o := Options{Config: cfg, DatabaseURL: pgtest.Empty(t), Listener: l, Version: "test", Log: slog.New(slog.DiscardHandler)}
	if change != nil {
		change(&o)
	}
	a, err := Start(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// TestStopIsBounded has somebody who never gives a connection back. Without a bound this hangs.
func TestStopIsBounded(t *testing.T) {
	t.Parallel()
	a := startApp(t, nil)
	held, err := a.pool.Acquire(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	_ = a.Stop(ended)
	<-a.stopped // the rest is stopped all the same
	if _, err := held.Exec(t.Context(), "SELECT 1"); err != nil {
		t.Errorf("the connection that is held: %v", err)
	}
	held.Release()
	if err := a.Stop(t.Context()); err != nil {
		t.Errorf("again: %v", err)
	}
}

// TestStopReturns has a step that hangs for good, and two who stop.
func TestStopReturns(t *testing.T) {
	t.Parallel()
	a := startApp(t, nil)
	begun, goOn := make(chan struct{}), make(chan struct{})
	a.cleanup(func(context.Context) {
		close(begun)
		<-goOn
	})
	first, cancel := context.WithCancel(t.Context())
	go func() {
		<-begun
		cancel()
	}()
	if err := a.Stop(first); err != context.Canceled {
		t.Errorf("got %v", err)
	}
	if err := a.Stop(first); err != context.Canceled {
		t.Errorf("the second: %v", err)
	}
	close(goOn)
	if err := a.Stop(t.Context()); err != nil {
		t.Errorf("when it goes on: %v", err)
	}
}

func TestConnections(t *testing.T) {
	t.Parallel()
	for param, want := range map[string]int32{"": 24, "pool_max_conns=7": 7} {
		o := Options{Config: &config.Config{}, DatabaseURL: pgtest.Empty(t) + "&" + param}
		pool, err := (&App{o: o}).connect(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if got := pool.Config().MaxConns; got != want {
			t.Errorf("%q: %d connections, want %d", param, got, want)
		}
		pool.Close()
	}
}
