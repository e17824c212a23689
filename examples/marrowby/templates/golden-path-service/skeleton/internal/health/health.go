// Package health answers the probes of Kubernetes.
package health

import (
	"context"
	"fmt"
	"net/http"
	"sync/atomic"
	"time"
)

// Check says whether something that the service needs is there.
type Check struct {
	Name string
	Run  func(context.Context) error
}

// Health is ready until Stop is called, as long as all checks pass.
type Health struct {
	checks  []Check
	stopped atomic.Bool
}

// New returns a Health over checks.
func New(checks ...Check) *Health { return &Health{checks: checks} }

// Stop makes Ready answer 503, so that no new requests come.
func (h *Health) Stop() { h.stopped.Store(true) }

// Live answers 200 while the process can answer at all. It looks at nothing else: a
// database that is away must not restart every pod.
func (h *Health) Live(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, "ok") }

// Ready answers 200 when requests may come, otherwise 503 and the reason.
func (h *Health) Ready(w http.ResponseWriter, r *http.Request) {
	if h.stopped.Load() {
		http.Error(w, "stopping", http.StatusServiceUnavailable)
		return
	}
	ctx, cancel := context.WithTimeout(r.Context(), 2*time.Second)
	defer cancel()
	for _, c := range h.checks {
		if err := c.Run(ctx); err != nil {
			http.Error(w, c.Name+": "+err.Error(), http.StatusServiceUnavailable)
			return
		}
	}
	fmt.Fprintln(w, "ready")
}
