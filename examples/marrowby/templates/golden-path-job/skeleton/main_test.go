package main

import (
	"context"
	"testing"
)

func TestWork(t *testing.T) {
	tests := []struct {
		name   string
		dryRun bool
		want   int
	}{
		{name: "does all", want: 2},
		{name: "dry run does nothing", dryRun: true, want: 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := work(context.Background(), tt.dryRun)
			if err != nil || got != tt.want {
				t.Errorf("work() = %d, %v, want %d", got, err, tt.want)
			}
		})
	}
	t.Run("stops when told", func(t *testing.T) {
		ctx, cancel := context.WithCancel(context.Background())
		cancel()
		if _, err := work(ctx, false); err == nil {
			t.Error("work() went on after its context ended")
		}
	})
}
