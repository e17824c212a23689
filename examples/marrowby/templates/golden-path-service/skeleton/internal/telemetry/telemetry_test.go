package telemetry

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestMiddlewareLogsAndCounts(t *testing.T) {
	var out strings.Builder
	metrics := NewMetrics()
	mux := http.NewServeMux()
	mux.HandleFunc("GET /trips/{id}", func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusTeapot)
	})
	h := Middleware(NewLogger(&out, "test", slog.LevelInfo), metrics, mux)
	h.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", "/trips/secret", nil))

	if !strings.Contains(out.String(), `"status":418`) {
		t.Errorf("log = %s, want the status", &out)
	}
	if strings.Contains(out.String(), "secret") {
		t.Errorf("log = %s, want no path", &out)
	}
	w := httptest.NewRecorder()
	metrics.ServeHTTP(w, httptest.NewRequest("GET", "/metrics", nil))
	want := `http_request_duration_seconds_count{route="GET /trips/{id}",class="4xx"} 1`
	if !strings.Contains(w.Body.String(), want) {
		t.Errorf("metrics lack %s:\n%s", want, w.Body)
	}
}
