package app

import "testing"

func TestPercentFor(t *testing.T) {
	for _, tt := range []struct {
		name string
		live uint64
		want int
	}{
		{"nothing yet", 0, 800},
		{"a small catalog", 16 << 20, 400},
		{"a middling one", 64 << 20, 100},
		{"a large one", 512 << 20, 50},
	} {
		if got := percentFor(tt.live); got != tt.want {
			t.Errorf("%s: %d, want %d", tt.name, got, tt.want)
		}
	}
}
