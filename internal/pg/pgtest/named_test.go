//go:build unix

package pgtest

import (
	"strings"
	"sync"
	"testing"

	"portico/internal/pg"
)

// TestNamedServer does what the environment variable would: two processes come at once, a third later.
func TestNamedServer(t *testing.T) {
	t.Parallel()
	base := strings.Replace(NewServer(t).DSN(), "/portico?", "/postgres?", 1)
	use := func() {
		h, err := namedHost(t.Context(), base)
		if err != nil {
			t.Error(err)
			return
		}
		defer h.admin.Close()
		t.Run("database", func(t *testing.T) {
			dsn := h.create(t, h.template)
			if !strings.Contains(dsn, "/"+namePrefix) {
				t.Errorf("got %s", dsn)
			}
			if err := pg.Check(t.Context(), open(t, dsn)); err != nil {
				t.Error(err)
			}
		})
	}
	var wg sync.WaitGroup
	wg.Go(use)
	wg.Go(use)
	wg.Wait()
	use()

	h, err := namedHost(t.Context(), base)
	if err != nil {
		t.Fatal(err)
	}
	defer h.admin.Close()
	for name, want := range map[string]int{namePrefix + "1000_old": 0, namePrefix + "9999999999_new": 1, "portico_other": 1} {
		if err := createDatabase(t.Context(), h.admin, name, "template0"); err != nil {
			t.Fatal(err)
		}
		if err := sweepOld(t.Context(), h.admin); err != nil {
			t.Fatal(err)
		}
		var n int
		if err := h.admin.QueryRow(t.Context(), "SELECT count(*) FROM pg_database WHERE datname = $1", name).Scan(&n); err != nil || n != want {
			t.Errorf("%s: %d left, %v; want %d", name, n, err, want)
		}
	}
	if _, err := namedHost(t.Context(), "host=/tmp"); err == nil {
		t.Error("a connection string that is no URL was taken")
	}
}
