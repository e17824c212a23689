//go:build unix

package private_test

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"portico/internal/errs"
	"portico/internal/pg/private"
)

func TestStart(t *testing.T) {
	t.Parallel()
	eachServer(t, func(t *testing.T, bin private.Binaries) {
		dir := shortDir(t)
		o := private.Options{Dir: dir, Binaries: &bin, Settings: map[string]string{"work_mem": "7MB"}}
		srv := start(t, o)
		got := map[string]string{}
		for _, name := range []string{"fsync", "synchronous_commit", "full_page_writes", "listen_addresses", "jit", "max_connections", "work_mem", "server_encoding", "timezone"} {
			got[name] = query(t, srv, "SHOW "+name)
		}
		want := map[string]string{"fsync": "on", "synchronous_commit": "on", "full_page_writes": "on", "listen_addresses": "", "jit": "off",
			"max_connections": "60", "work_mem": "7MB", "server_encoding": "UTF8", "timezone": "UTC"}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
		// The order of code points, case by Unicode.
		if got := query(t, srv, "SELECT string_agg(x, '' ORDER BY x) || lower('ÄÉ') FROM unnest('{b,ä,B,a}'::text[]) AS x"); got != "Babääé" {
			t.Errorf("order and case: %q", got)
		}
		if got := query(t, srv, "SELECT current_database() || ' ' || current_user"); got != "portico postgres" {
			t.Errorf("connected to %s", got)
		}
		query(t, srv, "CREATE TABLE kept (n integer)")

		if fi, err := os.Stat(filepath.Join(dir, "data")); err != nil || fi.Mode().Perm() != 0o700 {
			t.Errorf("data: %v, %v", fi.Mode(), err)
		}
		socket := socketDir(t, srv)
		if fi, err := os.Stat(socket); err != nil || fi.Mode().Perm() != 0o700 {
			t.Errorf("%s: %v, %v", socket, fi.Mode(), err)
		}

		pid := srv.PID()
		stop(t, srv)
		stop(t, srv) // twice is fine
		select {
		case <-srv.Done():
		default:
			t.Error("stopped, yet not done")
		}
		if srv.PID() != 0 || alive(pid) {
			t.Errorf("process %d outlived Stop", pid)
		}
		again := start(t, o)
		if again.DSN("") != srv.DSN("") {
			t.Errorf("moved from %s to %s", srv.DSN(""), again.DSN(""))
		}
		if got := query(t, again, "SELECT count(*)::text FROM kept"); got != "0" {
			t.Errorf("got %s", got)
		}
	})
}

func socketDir(t *testing.T, srv *private.Server) string {
	t.Helper()
	u, err := url.Parse(srv.DSN(""))
	if err != nil {
		t.Fatal(err)
	}
	return u.Query().Get("host")
}

// TestStartOutOfReach keeps data where, as root, the server's user has no way to; the path is also
// too long for a socket.
func TestStartOutOfReach(t *testing.T) {
	t.Parallel()
	eachServer(t, func(t *testing.T, bin private.Binaries) {
		dir := filepath.Join(t.TempDir(), strings.Repeat("long/", 20), "with space, comma", "pg")
		if err := os.Chmod(t.TempDir(), 0o700); err != nil {
			t.Fatal(err)
		}
		srv := start(t, fast(dir, bin))
		query(t, srv, "CREATE TABLE kept (n integer)")
		socket := socketDir(t, srv)
		stop(t, srv)
		if _, err := os.Stat(socket); !os.IsNotExist(err) {
			t.Errorf("%s is left: %v", socket, err)
		}
		if got := query(t, start(t, fast(dir, bin)), "SELECT count(*)::text FROM kept"); got != "0" {
			t.Errorf("got %s", got)
		}
	})
}

func TestStartRefuses(t *testing.T) {
	t.Parallel()
	bins := servers(t)
	bin := bins[0]
	refused := func(t *testing.T, o private.Options, kind errs.Kind, sentence, remedy string) {
		t.Helper()
		srv, err := private.Start(t.Context(), o)
		if err == nil {
			stop(t, srv)
			t.Fatal("it started")
		}
		if !errs.Is(err, kind) || !strings.Contains(errs.Sentence(err), sentence) || !strings.Contains(errs.Remedy(err), remedy) {
			t.Errorf("got %v: %v\nremedy: %s", errs.KindOf(err), err, errs.Remedy(err))
		}
		if strings.Contains(sentence, "did not start") {
			return // which only starting shows
		}
		if _, cerr := private.Check(t.Context(), o); !errs.Is(cerr, kind) || errs.Sentence(cerr) != errs.Sentence(err) || errs.Remedy(cerr) != errs.Remedy(err) {
			t.Errorf("Check says %v, and Start %v", cerr, err)
		}
	}

	t.Run("in use", func(t *testing.T) {
		t.Parallel()
		o := private.Options{Dir: shortDir(t), Binaries: &bin, Program: "portico first", Settings: unsafe}
		srv := start(t, o)
		second := o
		second.Program = "portico second"
		want := fmt.Sprintf("the private PostgreSQL in %s is in use by portico first (pid %d, since ", o.Dir, os.Getpid())
		refused(t, second, errs.Conflict, want, "name another directory")
		if got := query(t, srv, "SELECT 'still'"); got != "still" {
			t.Error("the first one suffered")
		}
	})
	t.Run("another version's data", func(t *testing.T) {
		t.Parallel()
		if len(bins) < 2 || bins[0].Major == bins[1].Major {
			// One kind of server on this machine: the data says another version then.
			dir := shortDir(t)
			stop(t, start(t, fast(dir, bin)))
			if err := os.WriteFile(filepath.Join(dir, "data", "PG_VERSION"), []byte("12\n"), 0o600); err != nil {
				t.Fatal(err)
			}
			refused(t, fast(dir, bin), errs.Unavailable, "was written by PostgreSQL 12", private.EnvBinDir)
			return
		}
		dir := shortDir(t)
		stop(t, start(t, fast(dir, bins[0])))
		refused(t, private.Options{Dir: dir, Search: private.Search{BinDir: bins[1].Dir}}, errs.Unavailable,
			fmt.Sprintf("was written by PostgreSQL %d; PostgreSQL %d is needed, found only: PostgreSQL %s", bins[0].Major, bins[0].Major, bins[1].Version), private.EnvBinDir)
		refused(t, private.Options{Dir: dir, Binaries: &bins[1]}, errs.Unavailable, "was written by PostgreSQL", private.EnvBinDir)
	})
	t.Run("something else there", func(t *testing.T) {
		t.Parallel()
		dir := shortDir(t)
		if err := os.MkdirAll(filepath.Join(dir, "data"), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, "data", "thesis.txt"), []byte("mine"), 0o600); err != nil {
			t.Fatal(err)
		}
		refused(t, fast(dir, bin), errs.Conflict, "holds files", "move them away")
		if _, err := os.Stat(filepath.Join(dir, "data", "thesis.txt")); err != nil {
			t.Error(err)
		}
	})
	t.Run("data that is a link", func(t *testing.T) {
		t.Parallel()
		theirs := shortDir(t)
		srv := start(t, fast(theirs, bin))
		dir := shortDir(t)
		if err := os.MkdirAll(dir, 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.Symlink(filepath.Join(theirs, "data"), filepath.Join(dir, "data")); err != nil {
			t.Fatal(err)
		}
		refused(t, fast(dir, bin), errs.Conflict, "is a link", "move what it leads to")
		if err := private.Discard(t.Context(), dir); !errs.Is(err, errs.Conflict) {
			t.Errorf("discarded: %v", err)
		}
		if got := query(t, srv, "SELECT 'still'"); got != "still" {
			t.Error("the server that it leads to was stopped")
		}
	})
	t.Run("a lock that is a link", func(t *testing.T) {
		t.Parallel()
		dir := shortDir(t)
		file := filepath.Join(filepath.Dir(dir), "file")
		if err := os.MkdirAll(dir, 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte("mine"), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Symlink(file, filepath.Join(dir, "portico.lock")); err != nil {
			t.Fatal(err)
		}
		refused(t, fast(dir, bin), errs.Conflict, "is not a file of the portal's", "remove it")
		if text, err := os.ReadFile(file); err != nil || string(text) != "mine" {
			t.Errorf("it holds %q now, %v", text, err)
		}
	})
	t.Run("a setting that the server refuses", func(t *testing.T) {
		t.Parallel()
		dir := shortDir(t)
		o := private.Options{Dir: dir, Binaries: &bin, Settings: map[string]string{"shared_buffers": "plenty"}}
		refused(t, o, errs.Unavailable, "did not start", "postgres.log")
		_, err := private.Start(t.Context(), o)
		if err == nil || !strings.Contains(err.Error(), "shared_buffers") {
			t.Errorf("the log's end is not in the chain: %v", err)
		}
	})
	t.Run("a file in the way", func(t *testing.T) {
		t.Parallel()
		dir := shortDir(t)
		if err := os.WriteFile(dir, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		refused(t, fast(dir, bin), errs.Unavailable, "cannot be kept in", "directory")
	})
}

// TestStopInAHurry stops with a context that has ended.
func TestStopInAHurry(t *testing.T) {
	t.Parallel()
	eachServer(t, func(t *testing.T, bin private.Binaries) {
		o := fast(shortDir(t), bin)
		srv := start(t, o)
		pid := srv.PID()
		ended, cancel := context.WithCancel(context.Background())
		cancel()
		_ = srv.Stop(ended)
		if alive(pid) {
			t.Error("it is still there")
		}
		start(t, o)
	})
}

// TestCheck looks at directories that will do, and leaves them as they are.
func TestCheck(t *testing.T) {
	t.Parallel()
	eachServer(t, func(t *testing.T, bin private.Binaries) {
		dir := shortDir(t)
		o := fast(dir, bin)
		if st, err := private.Check(t.Context(), o); err != nil || st.Major != 0 || st.Binaries != bin {
			t.Errorf("before it is there: %+v, %v", st, err)
		}
		if _, err := os.Stat(dir); !os.IsNotExist(err) {
			t.Errorf("it was made: %v", err)
		}
		stop(t, start(t, o))
		if st, err := private.Check(t.Context(), o); err != nil || st.Major != bin.Major {
			t.Errorf("after it was used: %+v, %v", st, err)
		}
		stop(t, start(t, o))
	})
}
