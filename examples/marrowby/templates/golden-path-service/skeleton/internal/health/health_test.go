package health

import (
	"context"
	"errors"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestReady(t *testing.T) {
	failing := Check{Name: "database", Run: func(context.Context) error { return errors.New("no answer") }}
	tests := []struct {
		name   string
		health *Health
		stop   bool
		status int
		body   string
	}{
		{name: "nothing to check", health: New(), status: 200, body: "ready"},
		{name: "check fails", health: New(failing), status: 503, body: "database: no answer"},
		{name: "stopping", health: New(), stop: true, status: 503, body: "stopping"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if tt.stop {
				tt.health.Stop()
			}
			w := httptest.NewRecorder()
			tt.health.Ready(w, httptest.NewRequest("GET", "/readyz", nil))
			if w.Code != tt.status || strings.TrimSpace(w.Body.String()) != tt.body {
				t.Errorf("got %d %q, want %d %q", w.Code, w.Body, tt.status, tt.body)
			}
		})
	}
}
