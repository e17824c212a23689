package fault

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"portico/internal/app"
	"portico/internal/app/apptest"
	"portico/internal/errs"
	"portico/internal/pg"
	"portico/internal/pg/pgtest"
	"portico/internal/pg/private"
)

// A start that fails half-way says what is wrong and what to do, and leaves nothing behind.
func TestStartFails(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	good := pgtest.DSN(t)
	broken := pgtest.Empty(t)
	pool, err := pg.Open(t.Context(), pg.Options{DSN: broken, MaxConns: 1})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := pool.Exec(t.Context(), `CREATE TABLE catalog_sources (nobody int)`); err != nil {
		t.Fatal(err)
	}
	pool.Close()
	inUse := shortDir(t)
	holder, err := private.Start(t.Context(), private.Options{Dir: inUse, Program: "another portal"})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = holder.Stop(context.Background()) }()
	dir := t.TempDir()
	write(t, filepath.Join(dir, "file"), "")

	noServer := func(o *app.Options) {
		t.Setenv(private.EnvBinDir, dir)
		o.DatabaseURL, o.PrivatePostgres = "", filepath.Join(dir, "postgres")
	}
	tests := []struct {
		name    string
		config  string
		change  func(*app.Options)
		says    string
		advises string
	}{
		{"port taken", "backend: {listen: '" + taken.Addr().String() + "'}", func(o *app.Options) { _ = o.Listener.Close(); o.Listener = nil }, "cannot listen on", "backend.listen"},
		{"no database", "app: {title: x}", func(o *app.Options) { o.DatabaseURL = "" }, "no database is configured", "--private-postgres"},
		{"database refuses", "app: {title: x}", func(o *app.Options) { o.DatabaseURL = "postgres://portico@127.0.0.1:1/portico" }, "does not answer", "running"},
		{"no such database", "app: {title: x}", func(o *app.Options) { o.DatabaseURL = strings.Replace(good, "portico_test", "portico_gone", 1) }, "has no database", "createdb"},
		{"not a connection string", "app: {title: x}", func(o *app.Options) { o.DatabaseURL = "postgres://%zz" }, "connection string", "postgres://"},
		{"schema is another's", "app: {title: x}", func(o *app.Options) { o.DatabaseURL = broken }, "catalog_sources", "of its own"},
		{"directory in use", "app: {title: x}", func(o *app.Options) { o.DatabaseURL, o.PrivatePostgres = "", inUse }, "another portal", ""},
		{"directory is a file", "app: {title: x}", func(o *app.Options) { o.DatabaseURL, o.PrivatePostgres = "", filepath.Join(dir, "file") }, "", ""},
		{"no PostgreSQL", "app: {title: x}", noServer, "PostgreSQL", ""},
		{"whole file system", "catalog: {locations: [{type: file, target: '/*.yaml'}]}", func(*app.Options) {}, "whole file system", "folder of their own"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			o, _ := options(t, good, tt.config)
			addr := o.Listener.Addr().String()
			tt.change(&o)
			time.Sleep(20 * time.Millisecond)
			before := goroutines()
			begun := time.Now()
			a, err := app.Start(t.Context(), o)
			if err == nil {
				_ = a.Stop(t.Context())
				t.Fatal("it started")
			}
			if took := time.Since(begun); took > 5*time.Second {
				t.Errorf("it took %s to fail", took)
			}
			sentence, remedy := errs.Sentence(err), errs.Remedy(err)
			t.Logf("%s → %s", sentence, remedy)
			if sentence == "" || !strings.Contains(sentence, tt.says) {
				t.Errorf("the error says %q (%v), want something with %q", sentence, err, tt.says)
			}
			if remedy == "" || !strings.Contains(remedy, tt.advises) {
				t.Errorf("the error advises %q, want something with %q", remedy, tt.advises)
			}
			noLeak(t, before)
			l, err := net.Listen("tcp", addr)
			if err != nil {
				t.Fatalf("the port is still taken: %v", err)
			}
			_ = l.Close()
		})
	}
	// The other portal's server was not harmed.
	p, err := pg.Open(t.Context(), pg.Options{DSN: holder.DSN(""), MaxConns: 1})
	if err != nil {
		t.Fatal(err)
	}
	p.Close()
}

// Whatever a start was doing when it is called off, it ends and leaves nothing behind.
func TestStartCalledOff(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "one.yaml"), declare("x", named("one", 50)...))
	dsn := pgtest.DSN(t)
	started := 0
	for _, after := range []time.Duration{0, time.Millisecond, 3 * time.Millisecond, 8 * time.Millisecond, 15 * time.Millisecond, 30 * time.Millisecond, 60 * time.Millisecond, 3 * time.Second} {
		o, out := options(t, dsn, fileSource(filepath.Join(dir, "*.yaml")))
		before := goroutines()
		ctx, cancel := context.WithTimeout(t.Context(), after)
		begun := time.Now()
		a, err := app.Start(ctx, o)
		if took := time.Since(begun); took > after+3*time.Second {
			t.Errorf("called off after %s, it took %s", after, took)
		}
		if err == nil {
			started++
			stop(t, a)
		}
		cancel()
		noLeak(t, before)
		if out.contains("panic") {
			t.Errorf("called off after %s:\n%s", after, out)
		}
	}
	t.Logf("%d of 8 were quick enough to start", started)
}

func stop(t *testing.T, a *app.App) time.Duration {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	begun := time.Now()
	if err := a.Stop(ctx); err != nil {
		t.Errorf("stop: %v", err)
	}
	return time.Since(begun)
}

// Three lives on one database, each stopped twice and by several at once, with change streams open and a
// reading under way. Nothing is left over, and the last life finds all that the first left undone.
func TestStartAndStopThrice(t *testing.T) {
	const files, each, streams = 60, 100, 8
	dir := t.TempDir()
	for f := range files {
		write(t, filepath.Join(dir, fmt.Sprintf("file-%02d.yaml", f)), declare("x", named(fmt.Sprintf("life-%02d", f), each)...))
	}
	dsn := pgtest.DSN(t)
	tmp := t.TempDir()
	t.Setenv("TMPDIR", tmp)
	httpClient.CloseIdleConnections()
	time.Sleep(50 * time.Millisecond)
	before, files0 := goroutines(), openFiles()
	for life := range 3 {
		o, out := options(t, dsn, fileSource(filepath.Join(dir, "*.yaml")))
		a, err := app.Start(t.Context(), o)
		if err != nil {
			t.Fatal(err)
		}
		c := client{t: t, url: "http://" + o.Listener.Addr().String()}
		ended := make(chan error, streams)
		for range streams {
			r, err := http.NewRequestWithContext(t.Context(), "GET", c.url+"/api/catalog/changes?after=0", nil)
			if err != nil {
				t.Fatal(err)
			}
			r.Header.Set("Authorization", "Bearer "+token)
			r.Header.Set("Accept", "text/event-stream")
			resp, err := (&http.Client{Transport: httpClient.Transport}).Do(r)
			if err != nil {
				t.Fatal(err)
			}
			if resp.StatusCode != http.StatusOK {
				t.Fatalf("a stream answered %d", resp.StatusCode)
			}
			go func() {
				defer resp.Body.Close()
				s := bufio.NewScanner(resp.Body)
				for s.Scan() {
				}
				ended <- s.Err()
			}()
		}
		if life == 2 {
			c.settle(time.Minute)
			if n := c.count("kind=component"); n != files*each {
				t.Errorf("the last life has %d components, want %d", n, files*each)
			}
		} else {
			apptest.Until(t, 10*time.Second, "the reading is under way", func() bool { return c.count("kind=component") > 0 })
		}
		others := make(chan time.Duration, 3)
		for range 3 {
			go func() { others <- stop(t, a) }()
		}
		took := stop(t, a)
		for range 3 {
			<-others
		}
		stop(t, a)
		t.Logf("life %d: stopped in %s", life+1, took.Round(time.Millisecond))
		if took > 2*time.Second {
			t.Errorf("with streams open and a reading under way it took %s to stop", took)
		}
		for range streams {
			select {
			case err := <-ended:
				if err != nil {
					t.Errorf("a stream was cut off: %v", err)
				}
			case <-time.After(2 * time.Second):
				t.Fatal("a stream did not end")
			}
		}
		if out.contains("panic") || out.contains("did not stop cleanly") {
			t.Errorf("the log of life %d:\n%s", life+1, out)
		}
		noLeak(t, before)
	}
	if now := openFiles(); now > files0+3 {
		t.Errorf("there were %d open files before, and there are %d", files0, now)
	}
	if left, _ := filepath.Glob(filepath.Join(tmp, "*")); len(left) > 0 {
		t.Errorf("folders are left over: %v", left)
	}
}

// openFiles counts the descriptors of this process, where the system tells.
func openFiles() int {
	list, _ := os.ReadDir("/proc/self/fd")
	return len(list)
}
