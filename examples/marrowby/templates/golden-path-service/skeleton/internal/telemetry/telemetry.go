// Package telemetry writes one structured line for each request and counts it.
package telemetry

import (
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"sort"
	"strings"
	"sync"
	"time"
)

// NewLogger returns a logger that writes JSON, one object a line, with the service's name.
func NewLogger(w io.Writer, service string, level slog.Level) *slog.Logger {
	h := slog.NewJSONHandler(w, &slog.HandlerOptions{Level: level})
	return slog.New(h).With(slog.String("service", service))
}

// Bounds of the duration histogram, in seconds. The SLO is measured at 0.5.
var bounds = []float64{0.005, 0.025, 0.1, 0.25, 0.5, 1, 2.5, 5}

// Metrics counts requests and serves the counts in the text format of Prometheus.
type Metrics struct {
	mu     sync.Mutex
	series map[key]*histogram
}

type key struct {
	route string
	class string // "2xx", "5xx", …
}

type histogram struct {
	buckets [8]uint64
	sum     float64
	count   uint64
}

// NewMetrics returns empty metrics.
func NewMetrics() *Metrics { return &Metrics{series: map[key]*histogram{}} }

func (m *Metrics) observe(route string, status int, took time.Duration) {
	k := key{route, fmt.Sprintf("%dxx", status/100)}
	m.mu.Lock()
	defer m.mu.Unlock()
	h := m.series[k]
	if h == nil {
		h = &histogram{}
		m.series[k] = h
	}
	s := took.Seconds()
	for i, b := range bounds {
		if s <= b {
			h.buckets[i]++
		}
	}
	h.sum += s
	h.count++
}

func (m *Metrics) ServeHTTP(w http.ResponseWriter, _ *http.Request) {
	m.mu.Lock()
	defer m.mu.Unlock()
	keys := make([]key, 0, len(m.series))
	for k := range m.series {
		keys = append(keys, k)
	}
	sort.Slice(keys, func(i, j int) bool {
		return keys[i].route+keys[i].class < keys[j].route+keys[j].class
	})
	var b strings.Builder
	b.WriteString("# HELP http_request_duration_seconds Time to answer, by route and class of status.\n")
	b.WriteString("# TYPE http_request_duration_seconds histogram\n")
	for _, k := range keys {
		h := m.series[k]
		labels := fmt.Sprintf("route=%q,class=%q", k.route, k.class)
		for i, bound := range bounds {
			fmt.Fprintln(&b, series("bucket", fmt.Sprintf("%s,le=\"%g\"", labels, bound)), h.buckets[i])
		}
		fmt.Fprintln(&b, series("bucket", labels+`,le="+Inf"`), h.count)
		fmt.Fprintln(&b, series("sum", labels), h.sum)
		fmt.Fprintln(&b, series("count", labels), h.count)
	}
	w.Header().Set("Content-Type", "text/plain; version=0.0.4")
	io.WriteString(w, b.String())
}

func series(suffix, labels string) string {
	return "http_request_duration_seconds_" + suffix + "{" + labels + "}"
}

// Middleware logs and counts each request. The route is the pattern that matched, never the
// path: paths carry personal data and have no end.
func Middleware(log *slog.Logger, m *Metrics, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		start := time.Now()
		rec := &recorder{ResponseWriter: w, status: http.StatusOK}
		next.ServeHTTP(rec, r)
		route := r.Pattern
		if route == "" {
			route = "unmatched"
		}
		took := time.Since(start)
		m.observe(route, rec.status, took)
		log.LogAttrs(r.Context(), slog.LevelInfo, "request",
			slog.String("route", route),
			slog.Int("status", rec.status),
			slog.Duration("took", took),
			slog.String("trace", r.Header.Get("Traceparent")),
		)
	})
}

type recorder struct {
	http.ResponseWriter
	status int
}

func (r *recorder) WriteHeader(status int) {
	r.status = status
	r.ResponseWriter.WriteHeader(status)
}

// Unwrap lets http.ResponseController reach the writer below.
func (r *recorder) Unwrap() http.ResponseWriter { return r.ResponseWriter }
