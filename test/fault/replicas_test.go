package fault

import (
	"encoding/json"
	"net/http"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"portico/internal/app/apptest"
	"portico/internal/pg"
	"portico/internal/pg/pgtest"
)

// other is how long a write may take to be read on another replica.
const other = time.Second

func TestTwoReplicas(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "one.yaml")
	write(t, file, declare("first", named("shared", 20)...))
	dsn, text := pgtest.DSN(t), fileSource(filepath.Join(dir, "*.yaml"))
	a, b := start(t, dsn, text), start(t, dsn, text)
	a.settle(30 * time.Second)
	apptest.Until(t, other, "the second replica shows what the first read", func() bool { return b.component("shared-0000") != nil })

	// Both watch the file, and each change of it is one change.
	base := a.revision()
	for i := range 5 {
		text := "edit " + strconv.Itoa(i)
		save(t, file, declare(text, named("shared", 20)...))
		apptest.Until(t, seen, "both show the edit", func() bool {
			return a.component("shared-0007").Metadata.Description == text && b.component("shared-0007").Metadata.Description == text
		})
	}
	time.Sleep(500 * time.Millisecond) // for the other replica's request, should it do something
	if got := len(a.changes(base)); got != 5*20 {
		t.Errorf("five edits of 20 entities logged %d changes, want 100", got)
	}

	// A write on one, read on the other: in time, and always when the reader says what it must see.
	uid := a.component("shared-0003").Metadata.UID
	var slowest time.Duration
	for i := range 10 {
		writer, reader := a, b
		if i%2 == 1 {
			writer, reader = b, a
		}
		head, _ := writer.must(http.StatusNoContent, "POST", "/api/catalog/entities/by-uid/"+uid+"/remove", "")
		if e := reader.component("shared-0003", "Portico-Min-Revision", revisionOf(t, head)); e != nil {
			t.Fatal("a read that demands the revision of the removal shows the entity")
		}
		if writer.component("shared-0003") != nil {
			t.Fatal("the writing replica does not show its own write")
		}
		head, _ = reader.must(http.StatusOK, "POST", "/api/catalog/entities/by-uid/"+uid+"/restore", "")
		if reader.component("shared-0003") == nil {
			t.Fatal("the writing replica does not show its own write")
		}
		took := apptest.Until(t, other, "the restored entity is shown by the other replica", func() bool { return writer.component("shared-0003") != nil })
		slowest = max(slowest, took)
		if e := writer.component("shared-0003", "Portico-Min-Revision", revisionOf(t, head)); e == nil {
			t.Fatal("a read that demands the revision of the restoring does not show the entity")
		}
	}
	t.Logf("a write is read on the other replica after %s at most", slowest)

	// A registration on one is known on the other.
	_, body := a.must(http.StatusCreated, "POST", "/api/catalog/locations", `{"type":"url","target":"https://nobody.invalid/catalog-info.yaml"}`)
	var made struct{ Location struct{ ID string } }
	if err := json.Unmarshal(body, &made); err != nil {
		t.Fatal(err)
	}
	b.must(http.StatusOK, "GET", "/api/catalog/locations/"+made.Location.ID, "")
	apptest.Until(t, 5*time.Second, "the registered source is read", func() bool { return b.source("https://nobody.invalid/catalog-info.yaml").State == "failed" })
	b.must(http.StatusNoContent, "DELETE", "/api/catalog/locations/"+made.Location.ID, "")
	a.must(http.StatusNotFound, "GET", "/api/catalog/locations/"+made.Location.ID, "")

	// Removing a source asks all others to be read again, which must not hide a file that changes now.
	save(t, file, declare("after the removal", named("shared", 20)...))
	t.Logf("a change right after an unregistration is served after %s", apptest.Until(t, seen, "it is served", func() bool {
		return b.component("shared-0007").Metadata.Description == "after the removal"
	}))

	// Nobody listens any more: the replicas find out by themselves.
	pool, err := pg.Open(t.Context(), pg.Options{DSN: dsn, MaxConns: 2})
	if err != nil {
		t.Fatal(err)
	}
	defer pool.Close()
	tag, err := pool.Exec(t.Context(), `
		SELECT pg_terminate_backend(pid) FROM pg_stat_activity
		WHERE datname = current_database() AND pid <> pg_backend_pid() AND query LIKE 'LISTEN%'`)
	if err != nil {
		t.Fatal(err)
	}
	if tag.RowsAffected() < 2 {
		t.Fatalf("%d listening connections were found, want one a replica at least", tag.RowsAffected())
	}
	head, _ := a.must(http.StatusNoContent, "POST", "/api/catalog/entities/by-uid/"+uid+"/remove", "")
	t.Logf("without LISTEN the other replica converged after %s", apptest.Until(t, 5*time.Second, "the other replica converges", func() bool { return b.component("shared-0003") == nil }))
	_ = revisionOf(t, head)
	save(t, file, declare("after the cut", named("shared", 20)...))
	apptest.Until(t, 5*time.Second, "a change of the file is served by both", func() bool {
		return a.component("shared-0007").Metadata.Description == "after the cut" && b.component("shared-0007").Metadata.Description == "after the cut"
	})

	// One goes in the midst of it, so hard that its job still looks as if it ran and a request as if somebody
	// would act on it. The other carries on with all duties.
	b.stop()
	if _, err := pool.Exec(t.Context(), `
		INSERT INTO river_job (kind, queue, state, attempt, max_attempts, args, attempted_at, attempted_by)
		SELECT 'catalog_refresh', 'catalog', 'running', 1, 5, jsonb_build_object('sourceId', id, 'actor', 'somebody'), now(), ARRAY['gone'] FROM catalog_sources`); err != nil {
		t.Fatal(err)
	}
	if _, err := pool.Exec(t.Context(), `UPDATE catalog_sources SET requested_at = clock_timestamp()`); err != nil {
		t.Fatal(err)
	}
	save(t, file, declare("alone", named("shared", 20)...))
	apptest.Until(t, seen, "the remaining replica reads on", func() bool { return a.component("shared-0007").Metadata.Description == "alone" })
}

func revisionOf(t *testing.T, h http.Header) string {
	t.Helper()
	rev := h.Get("Portico-Revision")
	if n, err := strconv.ParseInt(rev, 10, 64); err != nil || n < 1 {
		t.Fatalf("a write answered with Portico-Revision %q", rev)
	}
	return strings.TrimSpace(rev)
}
