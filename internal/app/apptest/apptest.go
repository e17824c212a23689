// Package apptest starts whole portals for the tests of other packages. It is for tests alone; no program may import it.
package apptest

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"portico/internal/app"
	"portico/internal/config"
	"portico/internal/pg/pgtest"
	"portico/internal/secret"
)

// Setup says what portal a test wants. The zero one is without configuration and on a database of its own.
type Setup struct {
	Dir      string                // where Texts are written, and what their relative paths start from; "" is a new folder
	Files    []string              // of the configuration
	Texts    []string              // more of it; what comes later wins
	Config   func(*config.Options) // changes how the configuration is read: the environment, as a rule
	DSN      string                // "" is a database of the test's own
	Key      secret.Text           // of the operator; unset is none
	Listener net.Listener          // nil is at a free port of 127.0.0.1
	Log      slog.Handler          // nil writes to the test's output
}

// Portal runs until its test ends.
type Portal struct {
	*app.App
	URL string // http://127.0.0.1:PORT, whatever the configuration calls the portal
	Dir string
	DSN string

	t    testing.TB
	once sync.Once
}

// Start runs a portal.
func Start(t testing.TB, s Setup) *Portal {
	t.Helper()
	if s.Dir == "" {
		s.Dir = t.TempDir()
	}
	o := Options(t, s)
	a, err := app.Start(t.Context(), o)
	if err != nil {
		t.Fatalf("start the portal: %v", err)
	}
	_, port, err := net.SplitHostPort(o.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	p := &Portal{App: a, URL: "http://127.0.0.1:" + port, Dir: s.Dir, DSN: o.DatabaseURL, t: t}
	t.Cleanup(p.Stop)
	return p
}

// Options are what Start starts, for tests of starting itself.
func Options(t testing.TB, s Setup) app.Options {
	t.Helper()
	if s.Dir == "" {
		s.Dir = t.TempDir()
	}
	read := config.Options{Files: s.Files}
	for i, text := range s.Texts {
		file := filepath.Join(s.Dir, fmt.Sprintf("app-config.%d.yaml", i))
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		read.Files = append(read.Files, file)
	}
	read.RequireFiles = len(read.Files) > 0
	if s.Config != nil {
		s.Config(&read)
	}
	cfg, err := config.Load(read)
	if err != nil {
		t.Fatalf("the configuration of the test: %v", err)
	}
	if s.Listener == nil {
		s.Listener = Listen(t)
	}
	if s.DSN == "" {
		s.DSN = pgtest.DSN(t)
	}
	if s.Log == nil {
		s.Log = slog.NewTextHandler(t.Output(), nil)
	}
	return app.Options{Config: cfg, DatabaseURL: s.DSN, Key: s.Key, Listener: s.Listener, Version: "test", Log: slog.New(s.Log)}
}

// Listen takes a free port of 127.0.0.1.
func Listen(t testing.TB) net.Listener {
	t.Helper()
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// Stop ends the portal, once, in at most 20 seconds.
func (p *Portal) Stop() {
	p.once.Do(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
		defer cancel()
		if err := p.App.Stop(ctx); err != nil {
			p.t.Errorf("stop the portal: %v", err)
		}
	})
}

// NewKey is an operator's key.
func NewKey() secret.Text { return secret.New(secret.NewKey()) }

// Until asks again and again until done says so, and fails the test after limit. It returns how long that took.
func Until(t testing.TB, limit time.Duration, what string, done func() bool) time.Duration {
	t.Helper()
	begun := time.Now()
	every := time.NewTicker(10 * time.Millisecond)
	defer every.Stop()
	for !done() {
		if time.Since(begun) > limit {
			t.Fatalf("after %s it is still not so that %s", limit, what)
		}
		<-every.C
	}
	return time.Since(begun)
}
