package app

import (
	"testing"
	"time"

	"portico/internal/catalog"
)

func TestSettled(t *testing.T) {
	now := time.Now()
	at := func(ago time.Duration) *time.Time {
		then := now.Add(-ago)
		return &then
	}
	tests := []struct {
		name string
		s    catalog.Source
		want bool
	}{
		{"never read", catalog.Source{State: "reading", RequestedAt: *at(time.Second)}, false},
		{"being read for the first time", catalog.Source{State: "reading", RequestedAt: *at(2 * time.Second), LastAttemptAt: at(time.Second)}, false},
		{"asked for since", catalog.Source{State: "current", RequestedAt: *at(time.Second), LastAttemptAt: at(time.Minute), LastSuccessAt: at(time.Minute)}, false},
		{"read", catalog.Source{State: "current", RequestedAt: *at(2 * time.Second), LastAttemptAt: at(time.Second), LastSuccessAt: at(0)}, true},
		{"read, with problems", catalog.Source{State: "degraded", RequestedAt: *at(2 * time.Second), LastAttemptAt: at(time.Second), LastSuccessAt: at(0)}, true},
		{"being read, problems of the last time", catalog.Source{State: "degraded", RequestedAt: *at(2 * time.Second), LastAttemptAt: at(time.Second), LastSuccessAt: at(time.Hour)}, false},
		{"failed the last time, begun just now", catalog.Source{State: "failed", RequestedAt: *at(2 * time.Second), LastAttemptAt: at(0)}, false},
		{"failed", catalog.Source{State: "failed", RequestedAt: *at(3 * time.Second), LastAttemptAt: at(2 * time.Second)}, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := settled(&tt.s); got != tt.want {
				t.Errorf("settled = %v, want %v", got, tt.want)
			}
		})
	}
}
