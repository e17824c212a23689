package catalog

import (
	"compress/gzip"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"portico/internal/catalog/index"
	"portico/internal/httpx"
)

// TestAnswersThatComeAgain asks for the same things several times, with and without compression, before and
// after a change: what is remembered must be what would be answered anew.
func TestAnswersThatComeAgain(t *testing.T) {
	t.Parallel()
	rows := benchRows(300)
	ix := index.New(index.Options{})
	ix.Apply(rows[:200], 1)
	h := &Handler{Index: ix}
	g := new(httpx.Registry)
	h.Mount(g)
	handler, err := g.Handler(httpx.Options{Gate: benchGate{}, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	ask := func(path, encoding string) string {
		t.Helper()
		r := httptest.NewRequest("GET", "/api/catalog"+path, nil)
		if encoding != "" {
			r.Header.Set("Accept-Encoding", encoding)
		}
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, r)
		var body io.Reader = w.Body
		if w.Header().Get("Content-Encoding") == "gzip" {
			if body, err = gzip.NewReader(w.Body); err != nil {
				t.Fatal(err)
			}
		} else if encoding != "" {
			t.Errorf("%s is not compressed", path)
		}
		b, err := io.ReadAll(body)
		if err != nil || w.Code != http.StatusOK {
			t.Fatalf("%s: %v, status %d, %s", path, err, w.Code, b)
		}
		return string(b)
	}
	paths := []string{
		"/entities/by-query?filter=kind=component&limit=20&orderField=metadata.name,asc",
		"/entity-facets?facet=metadata.tags&facet=spec.system",
		"/entities/by-name/component/default/payment-service-00007/ancestry",
	}
	for range 2 {
		for _, p := range paths {
			fresh := ask(p, "")
			for range 3 {
				if got := ask(p, ""); got != fresh {
					t.Errorf("%s comes again as\n%s, first it was\n%s", p, got, fresh)
				}
			}
			if len(fresh) > 2000 {
				for range 2 {
					if got := ask(p, "gzip"); got != fresh {
						t.Errorf("%s comes compressed as\n%s", p, got)
					}
				}
			}
		}
		if n := len(h.answers.of(ix.Snapshot(), "").bodies); n != len(paths) {
			t.Errorf("%d answers are remembered, want %d", n, len(paths))
		}
		ix.Apply(rows[200:], 2)
	}
	if p := ask(paths[0], ""); !strings.Contains(p, `"totalItems":300`) {
		t.Errorf("after a change the page says %s", p)
	}
}

func TestAnswersAreBounded(t *testing.T) {
	t.Parallel()
	a := new(answers).of(index.New(index.Options{}).Snapshot(), "")
	body := make([]byte, answersLargest)
	for i := range 2 * answersSize / len(body) {
		key := []byte{byte(i), byte(i >> 8)}
		a.put(key, body, "")
		a.put(key, body, "")
	}
	n := 0
	for range a.bodies {
		n += len(body)
	}
	if n == 0 || n > answersSize {
		t.Errorf("%d bytes are remembered, want some and at most %d", n, answersSize)
	}
	a.put([]byte("large"), make([]byte, answersLargest+1), "")
	a.put([]byte("large"), make([]byte, answersLargest+1), "")
	if a.get([]byte("large")).Body != nil {
		t.Error("a large body is remembered")
	}
	if a.put([]byte("once"), body, ""); a.get([]byte("once")).Body != nil {
		t.Error("what was asked once is remembered")
	}
}
